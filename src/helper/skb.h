/* SPDX-License-Identifier: BSD-2-Clause */
/* What the helpers that work on socket buffers share. Freestanding. */
#ifndef HELPER_SKB_H
#define HELPER_SKB_H

#include "core/packet.h"
#include "helper/helper.h"

#define BE16(x) __builtin_bswap16(x) /* a constant in network order */

#define PROTO_IP    BE16(0x0800)
#define PROTO_IPV6  BE16(0x86dd)
#define PROTO_VLAN  BE16(0x8100)
#define PROTO_VLANS BE16(0x88a8) /* service tags, around others */

/* The run's socket buffer, or NULL: the question is counted. */
static inline struct packet *skb_of(struct run *run)
{
	if (run->packet && run->packet->kind == PACKET_SKB)
		return run->packet;
	run->unknown++;
	return NULL;
}

/* Bytes from data to the network header; it may lie before. */
static inline s32 skb_net_offset(const struct packet *p)
{
	return p->net - (s32)(packet_data(p) - p->head);
}

/* Its first `len` bytes can be written: within the packet? */
static inline bool skb_holds(const struct packet *p, u64 len)
{
	return len <= packet_linear(p);
}

/* Data or end moved: what the context says of it. */
static inline void skb_moved(struct packet *p)
{
	p->meta = p->data;
	p->skb.len = packet_len(p);
}

/* Sums a block at `off`, or takes it out, where the sum of the whole is kept. */
void skb_sum_add(struct packet *p, const void *bytes, u32 size, u32 off);
void skb_sum_sub(struct packet *p, const void *bytes, u32 size, u32 off);
/* Forgets that one more header's checksum was verified. */
void skb_sum_reset(struct packet *p);

#endif
