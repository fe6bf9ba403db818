// SPDX-License-Identifier: BSD-2-Clause
/*
 * PROG_TEST_RUN of programs that see a socket buffer: the packet with its link
 * header for traffic control, from the network header on for all others. It
 * belongs to a socket that is nobody's.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include "core/prog.h"
#include "sys/test_run.h"

#define ETH_HEADER 14
#define IP_HEADER  20
#define IP6_HEADER 40
#define PAD        64                       /* bytes before a packet in the kernel */
#define DATA_MOST  (PAGE_BYTES - PAD - 320) /* what fits a page beside the kernel's own */
#define LEN_MOST   16064                    /* helpers make no packet longer */
#define ROOM       (68u << 10)              /* before and behind: helpers make packets longer */

#define FIELD_END(f) (offsetof(struct __sk_buff, f) + sizeof(((struct __sk_buff *)0)->f))

/* What a caller may set; all other bytes of its context must be zero. */
static const struct {
	u16 lo, hi;
} may_set[] = {
	{offsetof(struct __sk_buff, mark), FIELD_END(mark)},
	{offsetof(struct __sk_buff, priority), FIELD_END(priority)},
	{offsetof(struct __sk_buff, ingress_ifindex), FIELD_END(ingress_ifindex)},
	{offsetof(struct __sk_buff, ifindex), FIELD_END(ifindex)},
	{offsetof(struct __sk_buff, cb), FIELD_END(cb)},
	{offsetof(struct __sk_buff, tstamp), FIELD_END(tstamp)},
	{offsetof(struct __sk_buff, wire_len), FIELD_END(wire_len)},
	{offsetof(struct __sk_buff, gso_segs), FIELD_END(gso_segs)},
	{offsetof(struct __sk_buff, gso_size), FIELD_END(gso_size)},
	{offsetof(struct __sk_buff, hwtstamp), FIELD_END(hwtstamp)},
};

static bool sets_others(const struct __sk_buff *skb)
{
	u32 at = 0;

	for (u32 i = 0; i < ARRAY_SIZE(may_set); i++) {
		if (!call_is_zero((const u8 *)skb + at, may_set[i].lo - at))
			return true;
		at = may_set[i].hi;
	}
	return !call_is_zero((const u8 *)skb + at, sizeof(*skb) - at);
}

/* The caller's context into the packet's. */
static int apply_ctx(struct packet *p, const struct __sk_buff *skb)
{
	if (!skb)
		return 0;
	if (sets_others(skb))
		return -EINVAL;
	p->skb.mark = skb->mark;
	p->skb.priority = skb->priority;
	p->skb.ingress_ifindex = skb->ingress_ifindex;
	memcpy(p->skb.cb, skb->cb, sizeof(skb->cb));
	p->skb.tstamp = skb->tstamp;
	p->skb.wire_len = p->skb.len;
	if (skb->wire_len) {
		if (skb->wire_len < p->skb.len || skb->wire_len > 65536)
			return -EINVAL;
		p->skb.wire_len = skb->wire_len;
	}
	if (skb->gso_segs > 65535)
		return -EINVAL;
	p->skb.gso_segs = skb->gso_segs;
	p->skb.gso_size = (u16)skb->gso_size;
	p->skb.hwtstamp = skb->hwtstamp;
	return 0;
}

/* ... and back. */
static void report_ctx(const struct packet *p, struct __sk_buff *skb)
{
	skb->mark = p->skb.mark;
	skb->priority = p->skb.priority;
	skb->ingress_ifindex = p->skb.ingress_ifindex;
	skb->ifindex = p->skb.ifindex;
	memcpy(skb->cb, p->skb.cb, sizeof(skb->cb));
	skb->tstamp = p->skb.tstamp;
	skb->wire_len = p->skb.wire_len;
	skb->gso_segs = p->skb.gso_segs;
	skb->hwtstamp = p->skb.hwtstamp;
}

static int make_packet(struct test *t)
{
	u32 size = t->k->attr->test.data_size_in, total = 2 * ROOM + size;
	struct packet *p = t->packet = base_zalloc(sizeof(*p));

	t->buffer = base_zalloc(total);
	if (!p || !t->buffer)
		return -ENOMEM;
	p->kind = PACKET_SKB;
	p->head = t->buffer;
	p->limit = t->buffer + total;
	p->data = ptr_to_u64(t->buffer + ROOM);
	p->end = p->data + size;
	p->link = ROOM;
	p->net = ROOM + ETH_HEADER;
	p->spare = PAD;
	p->transport = 0xffff;
	p->max_len = LEN_MOST;
	if (call_read(t->k, packet_data(p), t->k->attr->test.data_in, size))
		return -EFAULT;
	t->ctx = &p->skb;
	t->ctx_size = sizeof(p->skb);
	return 0;
}

/* Behind the link header: what the protocol is, by the two bytes where its number is. */
static u16 protocol_of(const u8 *eth)
{
	u16 number;

	memcpy(&number, eth + 12, sizeof(number));
	if (ntohs(number) >= ETH_P_802_3_MIN)
		return number;
	return htons(eth[ETH_HEADER] == 0xff && eth[ETH_HEADER + 1] == 0xff ? ETH_P_802_3
									    : ETH_P_802_2);
}

/* What receiving the packet from the device sets. */
static void receive(struct packet *p, const struct test_device *dev)
{
	const u8 *eth = packet_data(p);

	p->skb.protocol = protocol_of(eth);
	p->skb.ifindex = dev->ifindex;
	p->mtu = dev->mtu;
	if (!memcmp(eth, dev->addr, sizeof(dev->addr)))
		return;
	if (eth[0] & 1)
		p->skb.pkt_type = memcmp(eth, dev->broadcast, sizeof(dev->broadcast))
					  ? PACKET_MULTICAST
					  : PACKET_BROADCAST;
	else
		p->skb.pkt_type = PACKET_OTHERHOST;
}

/* The socket: closed, unbound, its addresses the packet's. */
static void make_socket(struct packet *p, const u8 *net)
{
	struct bpf_sock *sk = &p->sock;

	*sk = (struct bpf_sock){.state = BPF_TCP_CLOSE, .rx_queue_mapping = -1};
	if (p->skb.protocol == htons(ETH_P_IP)) {
		sk->family = AF_INET;
		memcpy(&sk->src_ip4, net + 12, 4);
		memcpy(&sk->dst_ip4, net + 16, 4);
	} else if (p->skb.protocol == htons(ETH_P_IPV6)) {
		sk->family = AF_INET6;
		memcpy(sk->src_ip6, net + 8, 16);
		memcpy(sk->dst_ip6, net + 24, 16);
	}
	p->skb.family = sk->family;
	p->skb.local_ip4 = sk->src_ip4;
	p->skb.remote_ip4 = sk->dst_ip4;
	memcpy(p->skb.local_ip6, sk->src_ip6, sizeof(p->skb.local_ip6));
	memcpy(p->skb.remote_ip6, sk->dst_ip6, sizeof(p->skb.remote_ip6));
	p->skb.sk = sk;
	p->sock_cookie = 1;
}

/* The sum of all from the network header on: what a device that sums reports. */
static u32 sum_of(const struct packet *p)
{
	const u8 *net = p->head + p->net, *end = packet_end(p);

	return net < end ? packet_sum(net, end - net, 0) : 0;
}

/* The least that its protocol's header takes. */
static u32 least_size(const struct packet *p)
{
	return ETH_HEADER + (p->skb.protocol == htons(ETH_P_IPV6) ? IP6_HEADER : IP_HEADER);
}

long test_run_skb(struct test *t)
{
	const union bpf_attr *a = t->k->attr;
	u32 type = t->p->type;
	bool at_link = type == BPF_PROG_TYPE_SCHED_CLS || type == BPF_PROG_TYPE_SCHED_ACT;
	bool summed = a->test.flags & BPF_F_TEST_SKB_CHECKSUM_COMPLETE;
	struct __sk_buff *skb = NULL;
	struct packet *p;
	struct test_device dev;
	int err;

	if (a->test.flags & ~BPF_F_TEST_SKB_CHECKSUM_COMPLETE || a->test.cpu || a->test.batch_size)
		return -EINVAL;
	if (a->test.data_size_in < ETH_HEADER || a->test.data_size_in > DATA_MOST)
		return -EINVAL;
	err = make_packet(t);
	err = err ?: test_ctx_in(t, sizeof(*skb), (void **)&skb);
	if (err)
		return err;
	p = t->packet;
	err = test_device_find(skb && skb->ifindex ? skb->ifindex : LOOPBACK, &dev);
	if (err)
		return err;
	receive(p, &dev);
	if (a->test.data_size_in < least_size(p))
		return -EINVAL;
	make_socket(p, packet_data(p) + ETH_HEADER);
	p->writable = core_prog_ops(type)->writes_packet;
	if (!at_link) {
		p->data += ETH_HEADER;
		p->spare += ETH_HEADER;
	}
	p->meta = p->data;
	p->skb.len = packet_len(p);
	if (summed) {
		p->summed = PACKET_SUM_COMPLETE;
		p->sum = sum_of(p);
	}
	err = apply_ctx(p, skb);
	err = err ?: test_run_all(t, a->test.repeat);
	if (err)
		return err;
	if (!at_link) {
		p->data -= ETH_HEADER;
		memset(packet_data(p), 0, ETH_HEADER);
	}
	if (summed && packet_sum_fold(p->sum) != packet_sum_fold(sum_of(p)))
		return -EBADMSG;
	if (skb)
		report_ctx(p, skb);
	err = test_finish(t, packet_data(p), packet_linear(p), NULL, 0);
	return err ?: test_ctx_out(t, skb, sizeof(*skb));
}
