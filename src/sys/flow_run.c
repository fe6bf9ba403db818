// SPDX-License-Identifier: BSD-2-Clause
/*
 * PROG_TEST_RUN of programs that decide about packets and change none: which
 * flow one belongs to, which socket a connection goes to.
 */
#include <linux/if_ether.h>
#include "core/handle.h"
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

#define NF_DATA_LEAST 20
#define NF_DATA_MOST  (PAGE_BYTES - 64 - 320) /* what fits a page beside the kernel's own */
#define NF_LOCAL_OUT  3

/* The kernel's struct nf_hook_state, as far as a caller may set it. */
struct hook_state {
	u8 hook, family;
	u8 padding[6];
	u64 others[5];
};

/* What comes in has a protocol that the state must agree with; what is sent has none yet. */
static int check_hook(const struct hook_state *s, const u8 *packet)
{
	u16 protocol;

	if (!call_is_zero(s->others, sizeof(s->others)) ||
	    (s->family != AF_INET && s->family != AF_INET6))
		return -EINVAL;
	if (s->hook == NF_LOCAL_OUT)
		return 0;
	memcpy(&protocol, packet + ETH_HLEN - sizeof(protocol), sizeof(protocol));
	protocol = __builtin_bswap16(protocol);
	if (protocol != ETH_P_IP && protocol != ETH_P_IPV6)
		return -EPROTO;
	return (protocol == ETH_P_IP) == (s->family == AF_INET) ? 0 : -EINVAL;
}

/* The program gets two kernel objects of which nothing is known. */
long test_run_netfilter(struct test *t)
{
	const union bpf_attr *a = t->k->attr;
	u32 size = a->test.data_size_in;
	struct hook_state *state = NULL;
	u64 *ctx;
	int err;

	if (a->test.flags || a->test.cpu || a->test.batch_size)
		return -EINVAL;
	if (size < NF_DATA_LEAST || size > NF_DATA_MOST || a->test.ctx_out)
		return -EINVAL;
	t->ctx_size = 2 * sizeof(*ctx);
	t->buffer = base_alloc(size);
	t->ctx = t->own_ctx = ctx = base_zalloc(t->ctx_size);
	if (!t->buffer || !ctx)
		return -ENOMEM;
	err = call_read(t->k, t->buffer, a->test.data_in, size);
	err = err ?: test_ctx_in(t, sizeof(*state), (void **)&state);
	if (!err && state)
		err = check_hook(state, t->buffer);
	ctx[0] = handle_make(HANDLE_HOOK_STATE, 0);
	ctx[1] = handle_make(HANDLE_SKB, 0);
	err = err ?: test_run_all(t, a->test.repeat);
	return err ?: test_finish(t, NULL, 0, NULL, 0);
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
