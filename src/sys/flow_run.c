// SPDX-License-Identifier: BSD-2-Clause
/*
 * PROG_TEST_RUN of programs that decide about packets and change none: which
 * flow one belongs to, which socket a connection goes to.
 */
#include <linux/if_ether.h>
#include "sys/test_run.h"

#define AF_INET    2
#define AF_INET6   10
#define KEYS_ROOM  ROUND_UP(sizeof(struct bpf_flow_keys), 8)
#define PORTS_MOST 0xffff

/* Of the keys given only the flags may be set. */
static bool sets_others(const struct bpf_flow_keys *keys)
{
	struct bpf_flow_keys rest = *keys;

	rest.flags = 0;
	return !call_is_zero(&rest, sizeof(rest));
}

/* The packet, and behind it where the keys go. */
static int make_packet(struct test *t, struct bpf_flow_keys **keys)
{
	u32 size = t->k->attr->test.data_size_in;
	struct packet *p = t->packet = base_zalloc(sizeof(*p));

	t->buffer = base_zalloc(KEYS_ROOM + size);
	if (!p || !t->buffer)
		return -ENOMEM;
	*keys = (struct bpf_flow_keys *)t->buffer;
	p->kind = PACKET_FLOW;
	p->head = t->buffer + KEYS_ROOM;
	p->limit = p->head + size;
	p->data = p->meta = ptr_to_u64(p->head);
	p->end = p->data + size;
	p->keys = ptr_to_u64(*keys);
	p->skb.flow_keys = *keys;
	t->ctx = &p->skb;
	t->ctx_size = sizeof(p->skb);
	return call_read(t->k, p->head, t->k->attr->test.data_in, size);
}

/* What the kernel makes of what the program left in the keys: both offsets in the packet. */
static void clamp_offsets(struct bpf_flow_keys *keys, u16 size)
{
	keys->nhoff = MAX(MIN(keys->nhoff, size), (u16)ETH_HLEN);
	keys->thoff = MAX(MIN(keys->thoff, size), keys->nhoff);
}

long test_run_flow(struct test *t)
{
	const union bpf_attr *a = t->k->attr;
	u32 repeat = MAX(a->test.repeat, 1u), flags = 0;
	struct bpf_flow_keys *given = NULL, *keys;
	u16 protocol;
	int err;

	if (a->test.flags || a->test.cpu || a->test.batch_size)
		return -EINVAL;
	if (a->test.data_size_in < ETH_HLEN || a->test.data_size_in > PAGE_BYTES)
		return -EINVAL;
	err = make_packet(t, &keys);
	err = err ?: test_ctx_in(t, sizeof(*given), (void **)&given);
	if (!err && given && sets_others(given))
		err = -EINVAL;
	if (err)
		return err;
	flags = given ? given->flags : 0;
	memcpy(&protocol, t->packet->head + ETH_HLEN - sizeof(protocol), sizeof(protocol));
	while (!err && repeat--) {
		*keys = (struct bpf_flow_keys){
			.n_proto = protocol, .nhoff = ETH_HLEN, .thoff = ETH_HLEN, .flags = flags};
		err = test_run_all(t, 1);
		clamp_offsets(keys, a->test.data_size_in);
	}
	err = err ?: test_finish(t, (u8 *)keys, sizeof(*keys), NULL, 0);
	return err ?: test_ctx_out(t, given, sizeof(*given));
}

/* The context as the program sees it: addresses of the family only. */
static int make_lookup(struct test *t, const struct bpf_sk_lookup *given)
{
	struct bpf_sk_lookup *ctx = t->own_ctx = base_zalloc(sizeof(*ctx));

	if (!ctx)
		return -ENOMEM;
	if (given->sk || given->ingress_ifindex)
		return -EINVAL;
	if (given->local_port > PORTS_MOST)
		return -ERANGE;
	*ctx = *given;
	ctx->family = (u16)given->family;
	ctx->protocol = (u16)given->protocol;
	if (ctx->family == AF_INET) {
		memset(ctx->remote_ip6, 0, sizeof(ctx->remote_ip6));
		memset(ctx->local_ip6, 0, sizeof(ctx->local_ip6));
	} else if (ctx->family == AF_INET6) {
		ctx->remote_ip4 = ctx->local_ip4 = 0;
	} else {
		return -EAFNOSUPPORT;
	}
	t->ctx = ctx;
	t->ctx_size = sizeof(*ctx);
	return 0;
}

long test_run_lookup(struct test *t)
{
	const union bpf_attr *a = t->k->attr;
	struct bpf_sk_lookup *given = NULL;
	int err;

	if (a->test.flags || a->test.cpu || a->test.batch_size)
		return -EINVAL;
	if (a->test.data_in || a->test.data_size_in || a->test.data_out || a->test.data_size_out)
		return -EINVAL;
	err = test_ctx_in(t, sizeof(*given), (void **)&given);
	if (!err && !given)
		err = -EINVAL;
	err = err ?: make_lookup(t, given);
	err = err ?: test_run_all(t, a->test.repeat);
	if (err)
		return err;
	given->cookie = 0; /* no socket was chosen: there are none */
	err = test_finish(t, NULL, 0, NULL, 0);
	return err ?: test_ctx_out(t, given, sizeof(*given));
}
