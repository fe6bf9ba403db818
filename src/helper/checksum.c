// SPDX-License-Identifier: BSD-2-Clause
/*
 * The Internet's checksum: corrected for what a program changes, and compared.
 *
 * A field of a header holds ~sum of all u16s the header covers, in one's
 * complement. Replacing `from` by `to` under it adds (to - from) to that sum.
 * Arithmetic is on 32 bits with end-around carry, folded to 16 at the end; the
 * kernel does it in the same order, which decides between the two zeroes.
 */
#include "helper/skb.h"

#define HEADERS_MOST 0xffffu
#define LEVEL_MOST   3
#define ENOTSUPP     524

/* A byte at an odd offset is the other half of its u16. */
static u32 at_offset(u32 sum, u32 off)
{
	return off & 1 ? sum << 24 | sum >> 8 : sum;
}

void skb_sum_add(struct packet *p, const void *bytes, u32 size, u32 off)
{
	if (p->summed == PACKET_SUM_COMPLETE)
		p->sum = packet_sum_add(p->sum, at_offset(packet_sum(bytes, size, 0), off));
}

void skb_sum_sub(struct packet *p, const void *bytes, u32 size, u32 off)
{
	if (p->summed == PACKET_SUM_COMPLETE)
		p->sum = packet_sum_add(p->sum, ~at_offset(packet_sum(bytes, size, 0), off));
}

void skb_sum_reset(struct packet *p)
{
	if (p->summed == PACKET_SUM_UNNECESSARY) {
		p->summed = PACKET_SUM_NONE;
		p->sum_level = 0;
	}
}

static u32 sub(u32 a, u32 b)
{
	return packet_sum_add(a, ~b);
}

static u16 replace4(u16 field, u32 from, u32 to)
{
	return packet_sum_fold(packet_sum_add(sub((u16)~field, from), to));
}

static u16 add16(u16 a, u16 b)
{
	u16 sum = a + b;

	return sum + (sum < b);
}

static u16 replace2(u16 field, u16 from, u16 to)
{
	return ~add16(add16(~field, ~from), to);
}

static u16 replace_by_diff(u16 field, u32 diff)
{
	return packet_sum_fold(packet_sum_add(diff, (u16)~field));
}

/* The checksum field at `off`: NULL with *err where there can be none. */
static u8 *field_at(struct packet *p, u32 off, int *err)
{
	*err = -EFAULT;
	if (!p || off > HEADERS_MOST || off & 1 || !skb_holds(p, off + 2))
		return NULL;
	return packet_data(p) + off;
}

HELPER_BODY(l3_csum_replace)
{
	struct packet *p = skb_of(run);
	u16 sum;
	u8 *field;
	int err;

	if (r5 & ~(u64)BPF_F_HDR_FIELD_MASK)
		return HELPER_RESULT(-EINVAL);
	field = field_at(p, r2, &err);
	if (!field)
		return HELPER_RESULT(err);
	__builtin_memcpy(&sum, field, sizeof(sum));
	switch (r5 & BPF_F_HDR_FIELD_MASK) {
	case 0:
		if (r3)
			return HELPER_RESULT(-EINVAL);
		sum = replace_by_diff(sum, r4);
		break;
	case 2: sum = replace2(sum, r3, r4); break;
	case 4: sum = replace4(sum, r3, r4); break;
	default: return HELPER_RESULT(-EINVAL);
	}
	__builtin_memcpy(field, &sum, sizeof(sum));
	return 0;
}

#define L4_FLAGS                                                               \
	(u64)(BPF_F_HDR_FIELD_MASK | BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0 | \
	      BPF_F_MARK_ENFORCE | BPF_F_IPV6)

HELPER_BODY(l4_csum_replace)
{
	bool whole = r5 & BPF_F_PSEUDO_HDR, ipv6 = r5 & BPF_F_IPV6;
	struct packet *p = skb_of(run);
	u16 sum;
	u8 *field;
	int err;

	if (r5 & ~L4_FLAGS)
		return HELPER_RESULT(-EINVAL);
	field = field_at(p, r2, &err);
	if (!field)
		return HELPER_RESULT(err);
	whole &= p->summed == PACKET_SUM_COMPLETE;
	__builtin_memcpy(&sum, field, sizeof(sum));
	if (r5 & BPF_F_MARK_MANGLED_0 && !(r5 & BPF_F_MARK_ENFORCE) && !sum)
		return 0;
	switch (r5 & BPF_F_HDR_FIELD_MASK) {
	case 0:
		if (r3)
			return HELPER_RESULT(-EINVAL);
		sum = replace_by_diff(sum, r4);
		if (whole && !ipv6)
			p->sum = ~packet_sum_add(r4, ~p->sum);
		break;
	case 2:
		r3 = (u16)r3;
		r4 = (u16)r4;
		/* fallthrough */
	case 4:
		sum = replace4(sum, r3, r4);
		if (whole)
			p->sum = ~packet_sum_add(sub(~p->sum, r3), r4);
		break;
	default: return HELPER_RESULT(-EINVAL);
	}
	if (r5 & BPF_F_MARK_MANGLED_0 && !sum)
		sum = 0xffff;
	__builtin_memcpy(field, &sum, sizeof(sum));
	return 0;
}

/* To 16 bits, not inverted. */
static u16 shorten(u32 sum)
{
	return ~packet_sum_fold(sum);
}

HELPER_BODY(csum_diff)
{
	const void *from = u64_to_ptr(r1), *to = u64_to_ptr(r3);
	u32 from_size = r2, to_size = r4, seed = r5;

	if (to_size)
		seed = packet_sum(to, to_size, seed);
	if (from_size && to_size)
		seed = sub(seed, packet_sum(from, from_size, 0));
	else if (from_size)
		seed = ~packet_sum(from, from_size, ~seed);
	return shorten(seed);
}

HELPER_BODY(csum_update)
{
	struct packet *p = skb_of(run);

	if (!p || p->summed != PACKET_SUM_COMPLETE)
		return HELPER_RESULT(-ENOTSUPP);
	p->sum = packet_sum_add(p->sum, r2);
	return p->sum;
}

HELPER_BODY(csum_level)
{
	struct packet *p = skb_of(run);

	if (!p)
		return HELPER_RESULT(-EACCES);
	switch (r2) {
	case BPF_CSUM_LEVEL_INC:
		if (p->summed == PACKET_SUM_UNNECESSARY) {
			p->sum_level += p->sum_level < LEVEL_MOST;
		} else if (p->summed == PACKET_SUM_NONE) {
			p->summed = PACKET_SUM_UNNECESSARY;
			p->sum_level = 0;
		}
		return 0;
	case BPF_CSUM_LEVEL_DEC:
		if (p->summed == PACKET_SUM_UNNECESSARY && p->sum_level)
			p->sum_level--;
		else
			skb_sum_reset(p);
		return 0;
	case BPF_CSUM_LEVEL_RESET: skb_sum_reset(p); return 0;
	case BPF_CSUM_LEVEL_QUERY:
		return p->summed == PACKET_SUM_UNNECESSARY ? p->sum_level : HELPER_RESULT(-EACCES);
	default: return HELPER_RESULT(-EINVAL);
	}
}

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_l3_csum_replace,
	 .name = "bpf_l3_csum_replace",
	 .fn = l3_csum_replace,
	 .args = {ARG_CTX, ARG_ANY, ARG_ANY, ARG_ANY, ARG_ANY},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Corrects the network header's checksum for a changed field"},
	{.id = BPF_FUNC_l4_csum_replace,
	 .name = "bpf_l4_csum_replace",
	 .fn = l4_csum_replace,
	 .args = {ARG_CTX, ARG_ANY, ARG_ANY, ARG_ANY, ARG_ANY},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Corrects the transport header's checksum for a changed field"},
	{.id = BPF_FUNC_csum_diff,
	 .name = "bpf_csum_diff",
	 .fn = csum_diff,
	 .args = {ARG_MEM_OR_NULL, ARG_SIZE_OR_ZERO, ARG_MEM_OR_NULL, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .flags = HELPER_TAKES_PACKET,
	 .doc = "The checksum of what was replaced by what"},
	{.id = BPF_FUNC_csum_update,
	 .name = "bpf_csum_update",
	 .fn = csum_update,
	 .args = {ARG_CTX, ARG_ANY},
	 .doc = "Adds to the packet's checksum"},
	{.id = BPF_FUNC_csum_level,
	 .name = "bpf_csum_level",
	 .fn = csum_level,
	 .args = {ARG_CTX, ARG_ANY},
	 .since = 0x0508,
	 .doc = "How many checksums have been verified, changed or asked"},
};
HELPER_FAMILY(helper_checksum_family, protos);
