// SPDX-License-Identifier: BSD-2-Clause
/*
 * Memory handed to helpers and kfuncs: a pointer and a size, constant or in the
 * register behind it. A size between bounds is checked at its largest.
 */
#include "verify/memory.h"

/* A context whose layout nobody translates (programs run by bpf(2)) is plain memory. */
static bool is_plain_context(const struct verifier *v)
{
	return v->type->type == BPF_PROG_TYPE_SYSCALL;
}

static int check_context(struct verifier *v, u32 regno, u32 size, enum verify_access access,
			 bool zero_ok)
{
	if (!size)
		return zero_ok ? 0 : verify_fail_reg(v, regno, MSG_ARG_CTX_ZERO, regno);
	return verify_mem_access(v, v->insn, regno, (s32)size - 1, 1, access, -1, false, false);
}

static int fail_type(struct verifier *v, u32 regno)
{
	return verify_fail_reg(v, regno, MSG_ARG_MEM_TYPE, regno,
			       reg_type_name(verify_reg(v, regno)->type).s, "fp");
}

static int check_read_only(struct verifier *v, u32 regno, enum verify_access access)
{
	u32 type = verify_reg(v, regno)->type;

	if (access == ACCESS_WRITE && type & REG_RDONLY)
		return verify_fail_reg(v, regno, MSG_MEM_READ_ONLY, regno, reg_type_name(type).s);
	return 0;
}

static int check_memory(struct verifier *v, u32 regno, u32 size, enum verify_access access,
			bool zero_ok)
{
	const struct vreg *r = verify_reg(v, regno);
	int err = check_read_only(v, regno, access);

	return err ? err : mem_check_span(v, regno, r->off, size, r->mem_size, zero_ok);
}

static int check_key(struct verifier *v, u32 regno, u32 size, enum verify_access access)
{
	const struct vreg *r = verify_reg(v, regno);

	if (access == ACCESS_WRITE)
		return verify_fail_reg(v, regno, MSG_MEM_READ_ONLY, regno,
				       reg_type_name(r->type).s);
	return mem_check_span(v, regno, r->off, size, r->map->key_size, false);
}

static int check_stack(struct verifier *v, u32 regno, u32 size, enum verify_access access,
		       bool zero_ok, struct call_meta *meta)
{
	if (!size && !zero_ok)
		return verify_fail_reg(v, regno, MSG_ARG_MEM_ZERO);
	return verify_stack_range(v, regno, verify_reg(v, regno)->off, size, access, meta);
}

int verify_mem_region(struct verifier *v, u32 regno, u32 size, enum verify_access access,
		      bool zero_ok, struct call_meta *meta)
{
	const struct vreg *r = verify_reg(v, regno);

	switch (reg_kind(r->type)) {
	case REG_PACKET:
	case REG_PACKET_META: return verify_packet_access(v, regno, r->off, size, zero_ok);
	case REG_MAP_KEY: return check_key(v, regno, size, access);
	case REG_MAP_VALUE: return verify_map_access(v, regno, r->off, size, zero_ok, access);
	case REG_MEM: return check_memory(v, regno, size, access, zero_ok);
	case REG_BUF: return mem_check_buf(v, regno, r->off, size, access);
	case REG_STACK: return check_stack(v, regno, size, access, zero_ok, meta);
	case REG_BTF_ID: return verify_btf_access(v, regno, r->off, size, ACCESS_READ, -1);
	case REG_CTX:
		if (is_plain_context(v))
			return check_context(v, regno, size, access, zero_ok);
		break;
	default: break;
	}
	/* No bytes of nothing. */
	if (zero_ok && !size && r->type == REG_SCALAR && reg_is_null_const(r))
		return 0;
	return fail_type(v, regno);
}

int verify_mem_size(struct verifier *v, u32 regno, u32 size_regno, enum verify_access access,
		    bool zero_ok, struct call_meta *meta)
{
	const struct vreg *size = verify_reg(v, size_regno);
	int err;

	if (meta)
		meta->msize_max = size->s.umax;
	/* How much gets filled is not known: all has to be initialised before. */
	if (!reg_is_const(size))
		meta = NULL;
	if (size->s.smin < 0)
		return verify_fail_reg(v, size_regno, MSG_SIZE_NEGATIVE, size_regno);
	if (!size->s.umin && !zero_ok)
		return verify_fail_reg(v, size_regno, MSG_SIZE_ZERO, size_regno, size->s.umin,
				       size->s.umax);
	if (size->s.umax >= MEM_MAX_VAR_OFF)
		return verify_fail_reg(v, size_regno, MSG_SIZE_UNBOUNDED, size_regno);
	err = verify_mem_region(v, regno, (u32)size->s.umax, access, zero_ok, meta);
	return err ? err : verify_mark_precise(v, size_regno);
}
