// SPDX-License-Identifier: BSD-2-Clause
/*
 * Socket buffers made longer and shorter: at their ends, and between their
 * headers. Where bytes go in or out behind the link header, what is before moves:
 *
 *	| link |      network ...   ->   | link | new | network ...
 */
#include "helper/skb.h"

#define LINK_HEADER  14
#define VLAN_HEADER  4
#define IP_HEADER    20
#define IP6_HEADER   40
#define ROOM_MOST    0xfff
#define ROOM_STEP    64u
#define NO_TRANSPORT 0xffff
#define ENOTSUPP     524

/* Makes room of `len` zeroes at `off`, which may lie behind the end; the headers before it move. */
static int push(struct packet *p, u32 off, u32 len)
{
	u8 *data = packet_data(p);

	if (len > data - p->head || off > p->limit - data)
		return -ENOMEM;
	if (len > p->spare) {
		u32 more = ROUND_UP(len - p->spare, ROOM_STEP);

		p->spare += more;
		p->transport += more;
	}
	p->spare -= len;
	__builtin_memmove(data - len, data, off);
	__builtin_memset(data - len + off, 0, len);
	p->data -= len;
	skb_moved(p);
	return 0;
}

/* Takes `len` bytes at `off` away. */
static int pop(struct packet *p, u32 off, u32 len)
{
	u8 *data = packet_data(p);

	if (!skb_holds(p, (u64)off + len))
		return -ENOMEM;
	skb_sum_sub(p, data + off, len, 0);
	__builtin_memmove(data + len, data, off);
	p->data += len;
	p->spare += len;
	skb_moved(p);
	return 0;
}

/* The same behind the link header, or further in: both headers' places move. */
static int push_headers(struct packet *p, u32 off, u32 len)
{
	int err = push(p, off, len);

	if (!err) {
		p->link -= len;
		p->net -= len;
	}
	return err;
}

static int pop_headers(struct packet *p, u32 off, u32 len)
{
	int err = pop(p, off, len);

	if (!err) {
		p->link += len;
		p->net += len;
	}
	return err;
}

static void forget_hash(struct packet *p)
{
	p->skb.hash = 0;
	p->hashed = false;
}

/* --- The ends. */

static s32 least_len(const struct packet *p)
{
	s32 net = skb_net_offset(p), transport = (s32)p->transport - (s32)p->spare;

	if (p->transport != NO_TRANSPORT && transport > 0)
		return transport;
	return MAX(net, 0);
}

HELPER_BODY(skb_change_tail)
{
	struct packet *p = skb_of(run);
	u32 len = r2;

	if (!p || r3 || len > p->max_len || (s32)len < least_len(p))
		return HELPER_RESULT(-EINVAL);
	if (p->encapsulated)
		return HELPER_RESULT(-ENOTSUPP);
	if (len > packet_linear(p)) {
		if (len - packet_linear(p) > p->limit - packet_end(p))
			return HELPER_RESULT(-ENOMEM);
		__builtin_memset(packet_end(p), 0, len - packet_linear(p));
	}
	if (len != packet_linear(p) && p->summed == PACKET_SUM_COMPLETE)
		p->summed = PACKET_SUM_NONE;
	p->end = p->data + len;
	skb_moved(p);
	p->skb.gso_size = 0;
	p->skb.gso_segs = 0;
	return 0;
}

HELPER_BODY(skb_change_head)
{
	struct packet *p = skb_of(run);
	u32 len = r2;
	int err;

	if (!p || r3 || (u64)packet_linear(p) + len > p->max_len)
		return HELPER_RESULT(-EINVAL);
	err = push(p, 0, len);
	if (!err) {
		p->link = packet_data(p) - p->head;
		p->link_len = p->net - p->link;
	}
	return HELPER_RESULT(err);
}

/* --- Protocols. */

HELPER_BODY(skb_change_proto)
{
	struct packet *p = skb_of(run);
	u16 to = r2;
	int err;

	if (!p || r3)
		return HELPER_RESULT(-EINVAL);
	if (p->skb.protocol == PROTO_IP && to == PROTO_IPV6)
		err = push_headers(p, skb_net_offset(p), IP6_HEADER - IP_HEADER);
	else if (p->skb.protocol == PROTO_IPV6 && to == PROTO_IP)
		err = pop_headers(p, skb_net_offset(p), IP6_HEADER - IP_HEADER);
	else
		err = -ENOTSUPP;
	if (!err) {
		p->skb.protocol = to;
		forget_hash(p);
	}
	return HELPER_RESULT(err);
}

static bool is_vlan(u32 protocol)
{
	return protocol == PROTO_VLAN || protocol == PROTO_VLANS;
}

static u16 load16(const u8 *p)
{
	u16 v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

static void store16(u8 *p, u16 v)
{
	__builtin_memcpy(p, &v, sizeof(v));
}

/* A tag that is not in the packet: the context has it. */
static void set_tag(struct packet *p, u16 protocol, u16 tci)
{
	p->skb.vlan_proto = protocol;
	p->skb.vlan_tci = tci;
	p->skb.vlan_present = 1;
}

/* Puts the tag that the context has into the packet. */
static int insert_tag(struct packet *p)
{
	int err = push(p, 2 * 6, VLAN_HEADER);
	u8 *data = packet_data(p);

	if (err)
		return err;
	store16(data + 12, p->skb.vlan_proto);
	store16(data + 14, __builtin_bswap16(p->skb.vlan_tci));
	p->link -= VLAN_HEADER;
	p->net -= VLAN_HEADER; /* to the tag */
	p->link_len += VLAN_HEADER;
	p->skb.protocol = p->skb.vlan_proto;
	skb_sum_add(p, data + 12, VLAN_HEADER, 0);
	return 0;
}

HELPER_BODY(skb_vlan_push)
{
	struct packet *p = skb_of(run);
	u16 protocol = is_vlan((u16)r2) ? r2 : PROTO_VLAN;
	int err = 0;

	if (!p)
		return HELPER_RESULT(-EFAULT);
	if (p->skb.vlan_present)
		err = insert_tag(p);
	if (!err)
		set_tag(p, protocol, r3);
	return HELPER_RESULT(err);
}

/* Takes the packet's own first tag out; what is behind it becomes the protocol. */
static int remove_tag(struct packet *p, u16 *tci)
{
	u8 *data = packet_data(p);
	u16 inner;

	if (!skb_holds(p, LINK_HEADER + VLAN_HEADER))
		return -ENOMEM;
	*tci = __builtin_bswap16(load16(data + 14));
	inner = load16(data + 16);
	pop(p, 2 * 6, VLAN_HEADER);
	p->link += VLAN_HEADER;
	if (skb_net_offset(p) < LINK_HEADER)
		p->net = packet_data(p) - p->head + LINK_HEADER;
	p->link_len = p->net - p->link;
	if (__builtin_bswap16(inner) < 1536)
		inner = skb_holds(p, LINK_HEADER + 2) && load16(data + 18) == 0xffff ? BE16(1)
										     : BE16(4);
	p->skb.protocol = inner;
	return 0;
}

HELPER_BODY(skb_vlan_pop)
{
	struct packet *p = skb_of(run);
	u16 tci, protocol;
	int err;

	if (!p)
		return HELPER_RESULT(-EFAULT);
	if (p->skb.vlan_present) {
		p->skb.vlan_present = p->skb.vlan_tci = p->skb.vlan_proto = 0;
	} else {
		if (!is_vlan(p->skb.protocol))
			return 0;
		err = remove_tag(p, &tci);
		if (err)
			return HELPER_RESULT(err);
	}
	if (!is_vlan(p->skb.protocol)) /* the next one, too, moves out of the packet */
		return 0;
	protocol = p->skb.protocol;
	err = remove_tag(p, &tci);
	if (!err)
		set_tag(p, protocol, tci);
	return HELPER_RESULT(err);
}

/* --- Between headers. */

#define ENCAP_L3 (BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L3_IPV6)
#define ENCAP_L4 (BPF_F_ADJ_ROOM_ENCAP_L4_GRE | BPF_F_ADJ_ROOM_ENCAP_L4_UDP)
#define DECAP_L3 (BPF_F_ADJ_ROOM_DECAP_L3_IPV4 | BPF_F_ADJ_ROOM_DECAP_L3_IPV6)
#define ROOM_FLAGS                                                                       \
	(BPF_F_ADJ_ROOM_FIXED_GSO | ENCAP_L3 | ENCAP_L4 | BPF_F_ADJ_ROOM_NO_CSUM_RESET | \
	 BPF_F_ADJ_ROOM_ENCAP_L2_ETH | DECAP_L3 |                                        \
	 (u64)BPF_ADJ_ROOM_ENCAP_L2_MASK << BPF_ADJ_ROOM_ENCAP_L2_SHIFT)

/* May what the packet is be wrapped so? */
static int check_encap(const struct packet *p, u32 len, u64 flags)
{
	u32 inner_link = flags >> BPF_ADJ_ROOM_ENCAP_L2_SHIFT;

	if ((flags & ENCAP_L3) == ENCAP_L3 || (flags & ENCAP_L4) == ENCAP_L4)
		return -EINVAL;
	if (flags & BPF_F_ADJ_ROOM_ENCAP_L2_ETH && inner_link < LINK_HEADER)
		return -EINVAL;
	if (p->encapsulated)
		return -EALREADY;
	return inner_link > len ? -EINVAL : 0;
}

static int grow(struct packet *p, u32 off, u32 len, u64 flags)
{
	int err = flags & ENCAP_L3 ? check_encap(p, len, flags) : 0;
	s32 link_len = p->net - p->link;

	err = err ?: push_headers(p, off, len);
	if (err || !(flags & ENCAP_L3))
		return err;
	p->encapsulated = true;
	p->net = packet_data(p) - p->head + link_len;
	p->skb.protocol = flags & BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 ? PROTO_IPV6 : PROTO_IP;
	return 0;
}

static int shrink(struct packet *p, u32 off, u32 len, u64 flags)
{
	int err;

	if (flags & ~(BPF_F_ADJ_ROOM_FIXED_GSO | DECAP_L3 | BPF_F_ADJ_ROOM_NO_CSUM_RESET))
		return -EINVAL;
	err = pop_headers(p, off, len);
	if (!err && flags & DECAP_L3)
		p->skb.protocol = flags & BPF_F_ADJ_ROOM_DECAP_L3_IPV6 ? PROTO_IPV6 : PROTO_IP;
	return err;
}

HELPER_BODY(skb_adjust_room)
{
	struct packet *p = skb_of(run);
	s32 diff = r2, cur, off;
	u32 len = diff < 0 ? -(u32)diff : diff, base, least, mode = r3;
	int err;

	if (!p || r4 & ~(u64)ROOM_FLAGS)
		return HELPER_RESULT(-EINVAL);
	if (len > ROOM_MOST)
		return HELPER_RESULT(-EFAULT);
	if (p->skb.protocol != PROTO_IP && p->skb.protocol != PROTO_IPV6)
		return HELPER_RESULT(-ENOTSUPP);
	least = base = p->skb.protocol == PROTO_IP ? IP_HEADER : IP6_HEADER;
	off = p->net - p->link;
	if (mode != BPF_ADJ_ROOM_NET && mode != BPF_ADJ_ROOM_MAC)
		return HELPER_RESULT(-ENOTSUPP);
	if (mode == BPF_ADJ_ROOM_NET)
		off += base;
	if (r4 & DECAP_L3) {
		if (diff >= 0 || (r4 & DECAP_L3) == DECAP_L3)
			return HELPER_RESULT(-EINVAL);
		least = r4 & BPF_F_ADJ_ROOM_DECAP_L3_IPV4 ? IP_HEADER : IP6_HEADER;
	}
	cur = (s32)packet_linear(p) - skb_net_offset(p);
	if (diff < 0 && ((s32)len >= cur || cur - (s32)len < (s32)least))
		return HELPER_RESULT(-ENOTSUPP);
	if (diff >= 0 && packet_linear(p) + len > p->max_len)
		return HELPER_RESULT(-ENOTSUPP);
	if (off < 0)
		return HELPER_RESULT(-ENOMEM);
	err = diff < 0 ? shrink(p, off, len, r4) : grow(p, off, len, r4);
	if (!err && !(r4 & BPF_F_ADJ_ROOM_NO_CSUM_RESET))
		skb_sum_reset(p);
	return HELPER_RESULT(err);
}

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_skb_vlan_push,
	 .name = "bpf_skb_vlan_push",
	 .fn = skb_vlan_push,
	 .args = {ARG_CTX, ARG_ANY, ARG_ANY},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Puts a VLAN tag before the packet"},
	{.id = BPF_FUNC_skb_vlan_pop,
	 .name = "bpf_skb_vlan_pop",
	 .fn = skb_vlan_pop,
	 .args = {ARG_CTX},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Takes the outermost VLAN tag away"},
	{.id = BPF_FUNC_skb_change_proto,
	 .name = "bpf_skb_change_proto",
	 .fn = skb_change_proto,
	 .args = {ARG_CTX, ARG_ANY, ARG_ANY},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Turns IPv4 into IPv6 or back, the header's bytes left to the program"},
	{.id = BPF_FUNC_skb_change_tail,
	 .name = "bpf_skb_change_tail",
	 .fn = skb_change_tail,
	 .args = {ARG_CTX, ARG_ANY, ARG_ANY},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Cuts or extends the packet's end"},
	{.id = BPF_FUNC_skb_change_head,
	 .name = "bpf_skb_change_head",
	 .fn = skb_change_head,
	 .args = {ARG_CTX, ARG_ANY, ARG_ANY},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Makes room before the packet"},
	{.id = BPF_FUNC_skb_adjust_room,
	 .name = "bpf_skb_adjust_room",
	 .fn = skb_adjust_room,
	 .args = {ARG_CTX, ARG_ANY, ARG_ANY, ARG_ANY},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Makes room behind the link or network header"},
};
HELPER_FAMILY(helper_packet_room_family, protos);
