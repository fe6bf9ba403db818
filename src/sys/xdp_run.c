// SPDX-License-Identifier: BSD-2-Clause
/*
 * PROG_TEST_RUN of programs at a driver. The packet's start lies in one page,
 * with room before it and, behind it, for what a driver keeps there; the rest in
 * pages of their own, which the program reaches by helpers only.
 */
#include "sys/test_run.h"

#define ETH_HEADER  14
#define HEADROOM    256
#define TAILROOM    320 /* what the kernel keeps behind a packet: struct skb_shared_info */
#define LINEAR_MOST (PAGE_BYTES - HEADROOM - TAILROOM)
#define FRAGS_MOST  17
#define META_MOST   252
#define BATCH_MOST  256

/* The context that the caller gave: where the data begins in what it gave, and where what is
 * linear ends. */
static int check_ctx(struct test *t, const struct xdp_md *md, u32 size)
{
	const union bpf_attr *a = t->k->attr;

	if (md->data_meta || md->data > md->data_end || md->data_end > size)
		return -EINVAL;
	if (md->data & 3 || md->data > META_MOST)
		return -EINVAL;
	if (size - md->data < ETH_HEADER)
		return -EINVAL;
	if (a->test.flags & BPF_F_TEST_XDP_LIVE_FRAMES && (a->test.data_out || a->test.ctx_out))
		return -EINVAL;
	return 0;
}

static int check_device(const struct xdp_md *md, struct test_device *dev)
{
	int err;

	if (md->egress_ifindex)
		return -EINVAL;
	if (!md->ingress_ifindex)
		return md->rx_queue_index ? -EINVAL : 0;
	err = test_device_find(md->ingress_ifindex, dev);
	return err ?: md->rx_queue_index ? -EINVAL : 0;
}

/* Places the caller's bytes: `meta` before the data, `linear` in all in the page. */
static int make_packet(struct test *t, u32 meta, u32 linear)
{
	const union bpf_attr *a = t->k->attr;
	u32 rest = a->test.data_size_in - linear;
	struct packet *p = t->packet = base_zalloc(sizeof(*p));
	u32 frag_room = ROUND_UP(rest, PAGE_BYTES);

	t->buffer = base_zalloc(PAGE_BYTES);
	t->frags = base_zalloc(MAX(frag_room, 1u));
	if (!p || !t->buffer || !t->frags || frag_room > FRAGS_MOST * PAGE_BYTES)
		return -ENOMEM;
	p->kind = PACKET_XDP;
	p->writable = true;
	p->head = t->buffer;
	p->limit = t->buffer + PAGE_BYTES - TAILROOM;
	p->data = ptr_to_u64(t->buffer + HEADROOM);
	p->meta = p->data - meta;
	p->end = p->meta + linear;
	p->frags = t->frags;
	p->frag_size = rest;
	if (call_read(t->k, u64_to_ptr(p->meta), a->test.data_in, linear) ||
	    call_read(t->k, t->frags, a->test.data_in + linear, rest))
		return -EFAULT;
	t->ctx = &p->xdp;
	t->ctx_size = sizeof(p->xdp);
	return 0;
}

static int check_attr(const struct test *t)
{
	const union bpf_attr *a = t->k->attr;
	bool live = a->test.flags & BPF_F_TEST_XDP_LIVE_FRAMES;

	if (a->test.flags & ~BPF_F_TEST_XDP_LIVE_FRAMES)
		return -EINVAL;
	if (t->p->attach_type == BPF_XDP_DEVMAP || t->p->attach_type == BPF_XDP_CPUMAP)
		return -EINVAL;
	if (!live)
		return a->test.batch_size ? -EINVAL : 0;
	if (a->test.batch_size > BATCH_MOST)
		return -E2BIG;
	return -EOPNOTSUPP; /* nothing here to send frames through */
}

long test_run_xdp(struct test *t)
{
	const union bpf_attr *a = t->k->attr;
	u32 size = a->test.data_size_in, linear = MIN(size, LINEAR_MOST), meta = 0;
	struct xdp_md *md = NULL;
	struct test_device dev;
	struct packet *p;
	int err = check_attr(t);

	err = err ?: test_ctx_in(t, sizeof(*md), (void **)&md);
	if (!err && md) {
		err = check_ctx(t, md, size);
		meta = md->data;
		linear = MIN(md->data_end, LINEAR_MOST + meta);
	}
	if (!err && size < ETH_HEADER)
		err = -EINVAL;
	err = err ?: make_packet(t, meta, linear);
	err = err ?: test_device_find(LOOPBACK, &dev);
	if (!err && md)
		err = check_device(md, &dev);
	if (err)
		return err;
	p = t->packet;
	p->xdp.ingress_ifindex = dev.ifindex;
	p->mtu = dev.mtu;
	err = test_run_all(t, a->test.repeat);
	if (err)
		return err;
	if (md) {
		md->data = p->data - p->meta;
		md->data_end = p->end - p->meta;
	}
	err = test_finish(t, u64_to_ptr(p->meta), p->end - p->meta, p->frags, p->frag_size);
	return err ?: test_ctx_out(t, md, sizeof(*md));
}
