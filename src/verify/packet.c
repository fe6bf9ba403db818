// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packets. A packet pointer that was compared with the packet's end has a
 * `range`: so many bytes exist from its variable offset on. Pointers of one id
 * have the same variable offset, so they share the range. (Comparisons set it:
 * branch.c; a range below 0 says that the pointer lies at or behind the end.)
 */
#include "verify/memory.h"

int verify_packet_access(struct verifier *v, u32 regno, s32 off, u32 size, bool zero_ok)
{
	const struct vreg *r = verify_reg(v, regno);

	if (r->s.smin < 0)
		return verify_fail_reg(v, regno, MSG_MEM_MIN_NEGATIVE, regno);
	if ((s32)r->range < 0)
		return verify_fail_reg(v, regno, MSG_PACKET_END_PASSED, regno);
	return mem_check_inside(v, regno, off, size, r->range, zero_ok);
}

int mem_access_packet(struct verifier *v, const struct mem_access *a)
{
	int err;

	if (mem_writes(a) && !verify_may_write_packet(v, NULL))
		return verify_fail_reg(v, a->regno, MSG_PACKET_WRITE);
	if (mem_writes(a))
		v->seen_direct_write = true;
	if (mem_leaks(v, a))
		return verify_fail_reg(v, a->regno, MSG_MEM_LEAK, a->value, "packet");
	err = verify_packet_access(v, a->regno, a->off, a->size, false);
	if (!err)
		mem_loaded(v, a);
	return err;
}

/* Types whose packets (or options' values) helpers may get as memory. */
static bool has_packets(const struct verifier *v)
{
	switch (v->type->type) {
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_SEG6LOCAL:
	case BPF_PROG_TYPE_SK_REUSEPORT:
	case BPF_PROG_TYPE_FLOW_DISSECTOR:
	case BPF_PROG_TYPE_CGROUP_SKB: return true;
	default: return v->type->writes_packet;
	}
}

bool verify_may_write_packet(const struct verifier *v, const struct call_meta *meta)
{
	if (meta && v->type->type != BPF_PROG_TYPE_CGROUP_SOCKOPT)
		return has_packets(v) && meta->packet_access;
	return v->type->writes_packet;
}

static bool is_of_packet(const struct vreg *r)
{
	return reg_is_packet(r->type) || reg_kind(r->type) == REG_PACKET_END ||
	       (reg_kind(r->type) == REG_MEM && r->type & REG_OF_PACKET);
}

void verify_packet_gone(struct verifier *v)
{
	verify_each_reg(v, f, r, {
		if (is_of_packet(r))
			verify_reg_invalidate(v, r);
	});
}
