// SPDX-License-Identifier: BSD-2-Clause
/* Packets as programs see them: bytes and marks. */
#include "helper/skb.h"

#define OFFSET_MOST  0x7fffffffu
#define HEADERS_MOST 0xffffu

/* Copies, or leaves zeroes and -EFAULT. */
static u64 give(void *to, const u8 *from, u32 size)
{
	if (!from) {
		__builtin_memset(to, 0, size);
		return HELPER_RESULT(-EFAULT);
	}
	__builtin_memcpy(to, from, size);
	return 0;
}

HELPER_BODY(skb_load_bytes)
{
	const struct packet *p = run->packet;
	u32 off = r2, size = r4;
	bool holds;

	run->unknown += !p;
	/* A dissector may ask only where there is more of the packet than it sees. */
	holds = p && p->kind == PACKET_SKB && off <= OFFSET_MOST && skb_holds(p, (u64)off + size);
	return give(u64_to_ptr(r3), holds ? packet_data(p) + off : NULL, size);
}

HELPER_BODY(skb_load_bytes_relative)
{
	const struct packet *p = skb_of(run);
	u32 off = r2, size = r4;
	const u8 *from = NULL;

	if (p && off <= HEADERS_MOST && (u32)r5 == BPF_HDR_START_MAC)
		from = p->head + p->link + off;
	else if (p && off <= HEADERS_MOST && (u32)r5 == BPF_HDR_START_NET)
		from = p->head + p->net + off;
	if (from && (from > packet_end(p) || size > packet_end(p) - from))
		from = NULL;
	return give(u64_to_ptr(r3), from, size);
}

static void forget_hash(struct packet *p)
{
	p->skb.hash = 0;
	p->hashed = false;
}

HELPER_BODY(skb_store_bytes)
{
	struct packet *p = skb_of(run);
	u32 off = r2, size = r4;

	if (r5 & ~(u64)(BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH))
		return HELPER_RESULT(-EINVAL);
	if (!p || off > OFFSET_MOST || !skb_holds(p, (u64)off + size))
		return HELPER_RESULT(-EFAULT);
	if (r5 & BPF_F_RECOMPUTE_CSUM)
		skb_sum_sub(p, packet_data(p) + off, size, off);
	__builtin_memcpy(packet_data(p) + off, u64_to_ptr(r3), size);
	if (r5 & BPF_F_RECOMPUTE_CSUM)
		skb_sum_add(p, packet_data(p) + off, size, off);
	if (r5 & BPF_F_INVALIDATE_HASH)
		forget_hash(p);
	return 0;
}

HELPER_BODY(skb_pull_data)
{
	const struct packet *p = skb_of(run);

	return HELPER_RESULT(p && skb_holds(p, (u32)r2) ? 0 : -ENOMEM);
}

#define PACKET_TYPES 3 /* for us, for all, for many, for another */

HELPER_BODY(skb_change_type)
{
	struct packet *p = skb_of(run);

	if (!p || p->skb.pkt_type > PACKET_TYPES || (u32)r2 > PACKET_TYPES)
		return HELPER_RESULT(-EINVAL);
	p->skb.pkt_type = (u32)r2;
	return 0;
}

/* --- The flow's hash. */

/* Where the transport header begins, and what it is; 0: nowhere. */
static u32 transport(const u8 *net, u32 size, u16 protocol, u8 *kind)
{
	if (protocol == PROTO_IP && size >= 20 && (net[0] & 15) >= 5) {
		bool later = (net[6] & 0x1f) || net[7]; /* a fragment that is not the first */

		*kind = net[9];
		return later ? 0 : (net[0] & 15) * 4;
	}
	if (protocol == PROTO_IPV6 && size >= 40) {
		*kind = net[6];
		return 40;
	}
	return 0;
}

static u64 hash_bytes(u64 h, const u8 *p, u32 size)
{
	for (u32 i = 0; i < size; i++)
		h = (h ^ p[i]) * 0x100000001b3;
	return h;
}

/*
 * Of addresses, protocol and ports, as flows are told apart. The kernel's is of the same but keyed
 * at random, so no value is the right one.
 */
static u32 flow_hash(const struct packet *p)
{
	const u8 *net = p->head + p->net;
	u32 size = net < packet_end(p) ? packet_end(p) - net : 0, at;
	u64 h = hash_bytes(0xcbf29ce484222325, (const u8 *)&p->skb.protocol, 2);
	u8 kind = 0;

	if (p->skb.protocol == PROTO_IP && size >= 20)
		h = hash_bytes(h, net + 12, 8);
	else if (p->skb.protocol == PROTO_IPV6 && size >= 40)
		h = hash_bytes(h, net + 8, 32);
	else if (p->skb.protocol == PROTO_IP || p->skb.protocol == PROTO_IPV6)
		return 0;
	at = transport(net, size, p->skb.protocol, &kind);
	h = hash_bytes(h, &kind, 1);
	if (at && at + 4 <= size && (kind == 6 || kind == 17 || kind == 132 || kind == 136))
		h = hash_bytes(h, net + at, 4);
	h ^= h >> 32;
	return (u32)h ?: 1;
}

HELPER_BODY(get_hash_recalc)
{
	struct packet *p = skb_of(run);

	if (!p)
		return 0;
	if (!p->hashed) {
		p->skb.hash = flow_hash(p);
		p->hashed = p->skb.hash != 0;
	}
	return p->skb.hash;
}

HELPER_BODY(set_hash_invalid)
{
	struct packet *p = skb_of(run);

	if (p)
		forget_hash(p);
	return 0;
}

HELPER_BODY(set_hash)
{
	struct packet *p = skb_of(run);

	if (!p)
		return HELPER_RESULT(-EFAULT);
	p->skb.hash = (u32)r2;
	p->hashed = true;
	return 0;
}

/* --- Congestion, time. */

#define ECN_CE 3

/* One's complement sum of two u16s. */
static u16 add16(u16 a, u16 b)
{
	u16 sum = a + b;

	return sum + (sum < a);
}

/* The protocol behind VLAN tags; where they are not whole, 0. */
static u16 inner_protocol(const struct packet *p)
{
	u32 at = p->link_len ? p->link_len - MIN(p->link_len, 4u) : 14;
	u16 protocol = p->skb.protocol;

	while (protocol == PROTO_VLAN || protocol == PROTO_VLANS) {
		if (!packet_read(p, at + 2, &protocol, sizeof(protocol)))
			return 0;
		at += 4;
	}
	return protocol;
}

HELPER_BODY(skb_ecn_set_ce)
{
	struct packet *p = skb_of(run);
	u8 *net = p ? p->head + p->net : NULL;
	u16 protocol = p ? inner_protocol(p) : 0, check;

	if (protocol == PROTO_IP && net + 20 <= packet_end(p)) {
		u8 ecn = net[1] & ECN_CE;

		if (!ecn || ecn == ECN_CE)
			return ecn == ECN_CE;
		/* The header's sum goes up by what the byte does: its checksum down. */
		__builtin_memcpy(&check, net + 10, sizeof(check));
		check = add16(check, ~BE16(ECN_CE - ecn));
		__builtin_memcpy(net + 10, &check, sizeof(check));
		net[1] |= ECN_CE;
		return 1;
	}
	if (protocol == PROTO_IPV6 && net + 40 <= packet_end(p)) {
		u8 old[2] = {net[0], net[1]};

		if (!(net[1] & ECN_CE << 4))
			return 0;
		net[1] |= ECN_CE << 4;
		skb_sum_sub(p, old, 2, 0);
		skb_sum_add(p, net, 2, 0);
		return 1;
	}
	return 0;
}

HELPER_BODY(skb_set_tstamp)
{
	struct packet *p = skb_of(run);

	if (!p || (p->skb.protocol != PROTO_IP && p->skb.protocol != PROTO_IPV6))
		return HELPER_RESULT(-EOPNOTSUPP);
	switch ((u32)r3) {
	case BPF_SKB_CLOCK_REALTIME: break;
	case BPF_SKB_CLOCK_MONOTONIC:
	case BPF_SKB_CLOCK_TAI:
		if (!r2)
			return HELPER_RESULT(-EINVAL);
		break;
	default: return HELPER_RESULT(-EINVAL);
	}
	p->skb.tstamp = r2;
	p->skb.tstamp_type = (u32)r3;
	return 0;
}

/* --- Tunnels, IPsec, routes: no packet here came by one. */

HELPER_BODY(skb_get_tunnel_key)
{
	__builtin_memset(u64_to_ptr(r2), 0, (u32)r3);
	return HELPER_RESULT(-EINVAL);
}

HELPER_BODY(skb_get_tunnel_opt)
{
	__builtin_memset(u64_to_ptr(r2), 0, (u32)r3);
	return HELPER_RESULT(-ENOENT);
}

HELPER_BODY(skb_get_xfrm_state)
{
	__builtin_memset(u64_to_ptr(r3), 0, (u32)r4);
	return HELPER_RESULT(-EINVAL);
}

HELPER_BODY(get_route_realm)
{
	return 0;
}

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_skb_store_bytes,
	 .name = "bpf_skb_store_bytes",
	 .fn = skb_store_bytes,
	 .args = {ARG_CTX, ARG_ANY, ARG_MEM, ARG_SIZE, ARG_ANY},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Writes bytes into the packet, the checksum kept right where asked"},
	{.id = BPF_FUNC_skb_load_bytes,
	 .name = "bpf_skb_load_bytes",
	 .fn = skb_load_bytes,
	 .args = {ARG_CTX, ARG_ANY, ARG_MEM_WRITE, ARG_SIZE},
	 .doc = "Copies bytes of the packet"},
	{.id = BPF_FUNC_skb_load_bytes_relative,
	 .name = "bpf_skb_load_bytes_relative",
	 .fn = skb_load_bytes_relative,
	 .args = {ARG_CTX, ARG_ANY, ARG_MEM_WRITE, ARG_SIZE, ARG_ANY},
	 .doc = "Copies bytes counted from the link or the network header"},
	{.id = BPF_FUNC_skb_change_type,
	 .name = "bpf_skb_change_type",
	 .fn = skb_change_type,
	 .args = {ARG_CTX, ARG_ANY},
	 .doc = "Changes whom the packet is for"},
	{.id = BPF_FUNC_skb_pull_data,
	 .name = "bpf_skb_pull_data",
	 .fn = skb_pull_data,
	 .args = {ARG_CTX, ARG_ANY},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Makes the first bytes directly accessible"},
	{.id = BPF_FUNC_get_hash_recalc,
	 .name = "bpf_get_hash_recalc",
	 .fn = get_hash_recalc,
	 .args = {ARG_CTX},
	 .doc = "The packet's flow hash, computed where it is missing"},
	{.id = BPF_FUNC_set_hash_invalid,
	 .name = "bpf_set_hash_invalid",
	 .fn = set_hash_invalid,
	 .args = {ARG_CTX},
	 .doc = "Forgets the packet's flow hash"},
	{.id = BPF_FUNC_set_hash,
	 .name = "bpf_set_hash",
	 .fn = set_hash,
	 .args = {ARG_CTX, ARG_ANY},
	 .doc = "Sets the packet's flow hash"},
	{.id = BPF_FUNC_skb_ecn_set_ce,
	 .name = "bpf_skb_ecn_set_ce",
	 .fn = skb_ecn_set_ce,
	 .args = {ARG_CTX},
	 .flags = HELPER_CHANGES_PACKET,
	 .since = 0x0501,
	 .doc = "Marks congestion, where the packet may be so marked"},
	{.id = BPF_FUNC_skb_set_tstamp,
	 .name = "bpf_skb_set_tstamp",
	 .fn = skb_set_tstamp,
	 .args = {ARG_CTX, ARG_ANY, ARG_ANY},
	 .since = 0x0512,
	 .doc = "Sets the packet's time stamp and its clock"},
	{.id = BPF_FUNC_skb_get_tunnel_key,
	 .name = "bpf_skb_get_tunnel_key",
	 .fn = skb_get_tunnel_key,
	 .args = {ARG_CTX, ARG_MEM_WRITE, ARG_SIZE, ARG_ANY},
	 .doc = "The tunnel the packet came through"},
	{.id = BPF_FUNC_skb_set_tunnel_key,
	 .name = "bpf_skb_set_tunnel_key",
	 .args = {ARG_CTX, ARG_MEM, ARG_SIZE, ARG_ANY},
	 .doc = "The tunnel the packet is to leave through"},
	{.id = BPF_FUNC_skb_get_tunnel_opt,
	 .name = "bpf_skb_get_tunnel_opt",
	 .fn = skb_get_tunnel_opt,
	 .args = {ARG_CTX, ARG_MEM_WRITE, ARG_SIZE},
	 .doc = "The tunnel's options"},
	{.id = BPF_FUNC_skb_set_tunnel_opt,
	 .name = "bpf_skb_set_tunnel_opt",
	 .args = {ARG_CTX, ARG_MEM, ARG_SIZE},
	 .doc = "Sets the tunnel's options"},
	{.id = BPF_FUNC_skb_get_xfrm_state,
	 .name = "bpf_skb_get_xfrm_state",
	 .fn = skb_get_xfrm_state,
	 .args = {ARG_CTX, ARG_ANY, ARG_MEM_WRITE, ARG_SIZE, ARG_ANY},
	 .doc = "The IPsec state that handled the packet"},
	{.id = BPF_FUNC_get_route_realm,
	 .name = "bpf_get_route_realm",
	 .fn = get_route_realm,
	 .args = {ARG_CTX},
	 .doc = "The realm of the packet's route"},
};
HELPER_FAMILY(helper_packet_family, protos);
