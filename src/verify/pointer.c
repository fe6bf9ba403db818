// SPDX-License-Identifier: BSD-2-Clause
/*
 * Arithmetic on pointers: a pointer plus or minus a number.
 *
 * A known number moves the fixed part of the offset; an unknown one its variable
 * part, the scalar in the register. What the number's bounds allow is checked
 * here only roughly (nothing beyond +-2^29); the access checks the rest.
 *
 * For loaders whom speculation concerns (ordinary users) more holds: a processor
 * may run ahead with a number that a branch would have refused. The kernel
 * masks each variable offset to a limit taken from the pointer, which must then
 * be the same on all paths, and explores what masking to zero would do. Engines
 * here mask nothing, since a program reads no memory but its user's own; the
 * verdicts are the kernel's all the same.
 */
#include "btf/fields.h"
#include "verify/verifier.h"

#define MAX_OFFSET (1 << 29)

/* Of vinsn.alu_state: how the kernel would mask here. */
enum alu_state {
	ALU_SET = 1 << 0, /* some path has decided */
	ALU_NEGATIVE = 1 << 1,
	ALU_IMMEDIATE = 1 << 2,
	ALU_MASK_SRC = 1 << 3,
	ALU_MASK_DST = 1 << 4,
	ALU_NUMBER = 1 << 5, /* no pointer: nothing to mask */
};

bool verify_is_masked(const struct vinsn *insn)
{
	return insn->alu_state & ALU_SET && !(insn->alu_state & ALU_NUMBER);
}

/* A pointer addition being checked twice: before and after the offset moved. */
struct masking {
	const struct isa_op *op;
	struct vreg ptr, off; /* as they came */
	bool ptr_is_dst, to_left;
	u32 state;
	s64 limit;
};

static const char *type_name(u32 type, char *buf, size_t size)
{
	struct text t;

	text_init(&t, buf, size);
	reg_type_format(&t, type);
	return buf;
}

const char *verify_operator_name(const struct isa_op *op)
{
	static const char *const names[16] = {"+=",  "-=",  "*=", "/=", "|=", "&=",   "<<=",
					      ">>=", "neg", "%=", "^=", "=",  "s>>=", "endian"};

	return names[isa_info(op->op)->code >> 4] ?: "?";
}

static bool is_add(const struct isa_op *op)
{
	return isa_info(op->op)->code >> 4 == BPF_ADD >> 4;
}

static bool is_sub(const struct isa_op *op)
{
	return isa_info(op->op)->code >> 4 == BPF_SUB >> 4;
}

static bool by_register(const struct isa_op *op)
{
	return isa_info(op->op)->kind == ISA_KIND_ALU_REG;
}

/* An offset out of reasonable bounds. */
static int check_sane_offset(struct verifier *v, const struct vreg *r, u32 type)
{
	s64 value = (s64)r->s.bits.value, smin = r->s.smin;
	char name[64];

	type_name(type, name, sizeof(name));
	if (reg_is_const(r) && (value >= MAX_OFFSET || value <= -MAX_OFFSET))
		return verify_fail(v, MSG_PTR_MATH_CONST, name, (long long)value);
	if (r->off >= MAX_OFFSET || r->off <= -MAX_OFFSET)
		return verify_fail(v, MSG_PTR_OFFSET, name, (int)r->off);
	if (smin == INT64_MIN)
		return verify_fail(v, MSG_PTR_MATH_UNBOUNDED, name);
	if (smin >= MAX_OFFSET || smin <= -MAX_OFFSET)
		return verify_fail(v, MSG_PTR_VALUE_RANGE, (long long)smin, name);
	return 0;
}

int verify_ptr_off(struct verifier *v, const struct vreg *r, u32 regno, bool fixed_ok)
{
	char name[64], bits[64];
	struct text t;

	type_name(r->type, name, sizeof(name));
	if (r->off < 0)
		return verify_fail_reg(v, regno, MSG_PTR_NEGATIVE, name, regno, (int)r->off);
	if (!fixed_ok && r->off)
		return verify_fail_reg(v, regno, MSG_PTR_MODIFIED, name, regno, (int)r->off);
	if (reg_is_const(r) && !r->s.bits.value)
		return 0;
	text_init(&t, bits, sizeof(bits));
	tnum_format(&t, r->s.bits);
	return verify_fail_reg(v, regno, MSG_PTR_VARIABLE, name, bits);
}

/* masks for speculation -------------------------------------------------- */

/* What keeps a mask from being one. */
enum mask_problem {
	MASK_FINE,
	MASK_MIXED,
	MASK_TYPE,
	MASK_PATHS,
	MASK_LIMIT,
};

static int fail_mask(struct verifier *v, const struct masking *m, enum mask_problem problem)
{
	const struct isa_op *op = m->op;
	const char *what = is_add(op) ? "add" : "sub";

	switch (problem) {
	case MASK_MIXED: return verify_fail(v, MSG_SPEC_MIXED, m->ptr_is_dst ? op->src : op->dst);
	case MASK_TYPE: return verify_fail(v, MSG_SPEC_TYPE, m->ptr_is_dst ? op->dst : op->src);
	case MASK_PATHS: return verify_fail(v, MSG_SPEC_PATHS, op->dst, what);
	default: return verify_fail(v, MSG_SPEC_LIMIT, op->dst, what);
	}
}

static bool needs_no_mask(const struct verifier *v, const struct isa_op *op)
{
	return v->no_spec_v1 || !by_register(op);
}

static enum mask_problem settle_mask(struct verifier *v, u32 state, s64 limit)
{
	struct vinsn *in = &v->insns[v->insn];

	if (in->alu_state && (in->alu_state != state || in->alu_limit != limit))
		return MASK_PATHS;
	in->alu_state = state;
	in->alu_limit = limit;
	return MASK_FINE;
}

/* How far the pointer may move in the direction it moves. */
static enum mask_problem mask_limit(const struct vreg *ptr, bool to_left, s64 *limit)
{
	u32 max, room;

	switch (ptr->type) {
	case REG_STACK:
		max = ISA_STACK_SIZE + to_left;
		room = (u32) - ((s32)ptr->s.bits.value + ptr->off);
		break;
	case REG_MAP_VALUE:
		max = ptr->map->value_size;
		room = (u32)((to_left ? (u64)ptr->s.smin : ptr->s.umax) + (u64)(s64)ptr->off);
		break;
	default: return MASK_TYPE;
	}
	if (room >= max)
		return MASK_LIMIT;
	*limit = room;
	return MASK_FINE;
}

/* The path on which the mask made the offset 0. */
static int push_masked(struct verifier *v, const struct masking *m)
{
	struct vreg *dst = verify_reg(v, m->op->dst), saved = *dst;
	struct vstate *other;
	int err;

	if (!m->ptr_is_dst)
		*dst = m->ptr;
	err = verify_push_branch(v, v->insn + 1, v->insn, true, &other);
	*dst = saved;
	return err;
}

static int mask_before(struct verifier *v, struct masking *m)
{
	const struct scalar *off = &m->off.s;
	bool constant = tnum_is_const(off->bits);
	enum mask_problem problem = MASK_FINE;

	if (needs_no_mask(v, m->op))
		return 0;
	if (!v->state->speculative) {
		if (!constant && (off->smin < 0) != (off->smax < 0))
			return fail_mask(v, m, MASK_MIXED);
		m->to_left = is_add(m->op) == (off->smin < 0);
		problem = mask_limit(&m->ptr, m->to_left, &m->limit);
		if (problem)
			return fail_mask(v, m, problem);
		m->state = ALU_SET | (off->smin < 0 ? ALU_NEGATIVE : 0) |
			   (constant ? ALU_IMMEDIATE : 0) |
			   (m->ptr_is_dst ? ALU_MASK_SRC : ALU_MASK_DST);
		if (!constant)
			v->explore_alu_limits = true;
	}
	return constant ? 0 : push_masked(v, m);
}

/* The window is the way the pointer went: from here back to there. */
static int mask_after(struct verifier *v, struct masking *m)
{
	enum mask_problem problem;
	s64 limit = 0;

	if (needs_no_mask(v, m->op) || v->state->speculative)
		return 0;
	problem = mask_limit(verify_reg(v, m->op->dst), m->to_left, &limit);
	problem = problem
			  ?: settle_mask(v, m->state,
					 m->limit > limit ? m->limit - limit : limit - m->limit);
	return problem ? fail_mask(v, m, problem) : 0;
}

/* At every step an ordinary user's pointer stays inside. */
static int check_inside(struct verifier *v, const struct isa_op *op)
{
	struct vreg *dst = verify_reg(v, op->dst);
	s64 off = (s64)dst->off + (s64)dst->s.bits.value;
	char bits[64];
	struct text t;

	if (v->no_spec_v1)
		return 0;
	if (dst->type == REG_MAP_VALUE)
		return verify_map_access(v, op->dst, dst->off, 1, false, ACCESS_READ)
			       ? verify_fail(v, MSG_SPEC_MAP_RANGE, op->dst)
			       : 0;
	if (dst->type != REG_STACK)
		return 0;
	if (!reg_is_const(dst)) {
		text_init(&t, bits, sizeof(bits));
		tnum_format(&t, dst->s.bits);
		return verify_fail(v, MSG_SPEC_STACK_VAR, op->dst, bits, (int)off);
	}
	if (off >= 0 || off < -ISA_STACK_SIZE)
		return verify_fail(v, MSG_SPEC_STACK_RANGE, op->dst, (int)off);
	return 0;
}

int verify_spec_scalar(struct verifier *v, const struct isa_op *op)
{
	struct masking m = {.op = op, .ptr_is_dst = true};

	if (needs_no_mask(v, op) || (!is_add(op) && !is_sub(op)))
		return 0;
	return settle_mask(v, ALU_SET | ALU_NUMBER, 0) ? fail_mask(v, &m, MASK_PATHS) : 0;
}

/* the operation ----------------------------------------------------------- */

static int check_operands(struct verifier *v, const struct isa_op *op, const struct vreg *ptr,
			  const struct vreg *off)
{
	bool known = reg_is_const(off), adds_0 = known && off->s.smin == 0 && is_add(op);
	char name[64];

	type_name(ptr->type, name, sizeof(name));
	if (ptr->type & REG_MAYBE_NULL)
		return verify_fail_reg(v, op->dst, MSG_PTR_ARITH_NULL, op->dst, name);
	switch (reg_kind(ptr->type)) {
	case REG_CTX:
	case REG_MAP_VALUE:
	case REG_MAP_KEY:
	case REG_STACK:
	case REG_PACKET_META:
	case REG_PACKET:
	case REG_TP_BUFFER:
	case REG_BTF_ID:
	case REG_MEM:
	case REG_BUF:
	case REG_FUNC:
	case REG_DYNPTR: return 0;
	case REG_FLOW_KEYS:
		if (known)
			return 0;
		break;
	case REG_MAP_PTR:
		if (adds_0)
			return 0;
		break;
	}
	return verify_fail_reg(v, op->dst, MSG_PTR_ARITH_KIND, op->dst, name);
}

static bool fits(s64 off)
{
	return off == (s64)(s32)off;
}

/* Packet pointers that moved by an unknown way are a family of their own. */
static void move_packet(struct verifier *v, struct vreg *dst, bool keeps_range)
{
	if (!reg_is_packet(dst->type))
		return;
	dst->id = ++v->next_id;
	if (!keeps_range) {
		dst->range = 0;
		dst->map = NULL;
	}
}

static void add(struct verifier *v, struct vreg *dst, const struct vreg *off)
{
	struct scalar a = dst->s;
	const struct scalar *b = &off->s;

	if (reg_is_const(off) && fits(dst->off + b->smin)) {
		dst->off += (s32)b->smin;
		return;
	}
	if (__builtin_add_overflow(a.smin, b->smin, &dst->s.smin) ||
	    __builtin_add_overflow(a.smax, b->smax, &dst->s.smax)) {
		dst->s.smin = INT64_MIN;
		dst->s.smax = INT64_MAX;
	}
	if (__builtin_add_overflow(a.umin, b->umin, &dst->s.umin) ||
	    __builtin_add_overflow(a.umax, b->umax, &dst->s.umax)) {
		dst->s.umin = 0;
		dst->s.umax = UINT64_MAX;
	}
	dst->s.bits = tnum_add(a.bits, b->bits);
	move_packet(v, dst, false);
}

static void subtract(struct verifier *v, struct vreg *dst, const struct vreg *off)
{
	struct scalar a = dst->s;
	const struct scalar *b = &off->s;

	if (reg_is_const(off) && fits(dst->off - b->smin)) {
		dst->off -= (s32)b->smin;
		return;
	}
	if (__builtin_sub_overflow(a.smin, b->smax, &dst->s.smin) ||
	    __builtin_sub_overflow(a.smax, b->smin, &dst->s.smax)) {
		dst->s.smin = INT64_MIN;
		dst->s.smax = INT64_MAX;
	}
	if (a.umin < b->umax) {
		dst->s.umin = 0;
		dst->s.umax = UINT64_MAX;
	} else {
		dst->s.umin = a.umin - b->umax;
		dst->s.umax = a.umax - b->umin;
	}
	dst->s.bits = tnum_sub(a.bits, b->bits);
	move_packet(v, dst, b->smin >= 0);
}

static int move(struct verifier *v, const struct isa_op *op, const struct masking *m)
{
	struct vreg *dst = verify_reg(v, op->dst);

	switch (isa_info(op->op)->code & 0xf0) {
	case BPF_ADD: add(v, dst, &m->off); return 0;
	case BPF_SUB:
		if (!m->ptr_is_dst)
			return verify_fail(v, MSG_PTR_FROM_SCALAR, op->dst);
		if (m->ptr.type == REG_STACK)
			return verify_fail(v, MSG_PTR_STACK_SUB, op->dst);
		subtract(v, dst, &m->off);
		return 0;
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR: return verify_fail(v, MSG_PTR_BITWISE, op->dst, verify_operator_name(op));
	default: return verify_fail(v, MSG_PTR_OPERATOR, op->dst, verify_operator_name(op));
	}
}

/* Bounds that contradict one another come from branches never taken. */
static bool is_impossible(const struct scalar *s)
{
	return (tnum_is_const(s->bits) && (s->smin != s->smax || s->umin != s->umax)) ||
	       s->smin > s->smax || s->umin > s->umax;
}

static void forget_low(struct scalar *s)
{
	s->s32min = INT32_MIN;
	s->s32max = INT32_MAX;
	s->u32min = 0;
	s->u32max = UINT32_MAX;
}

static int check_arithmetic(struct verifier *v, const struct isa_op *op, struct masking *m)
{
	struct vreg *dst = verify_reg(v, op->dst);
	u32 type = m->ptr.type;
	bool masks = is_add(op) || is_sub(op);
	int err = check_operands(v, op, &m->ptr, &m->off);

	err = err ?: check_sane_offset(v, &m->off, type);
	err = err ?: check_sane_offset(v, &m->ptr, type);
	err = err ?: masks ? mask_before(v, m) : 0;
	if (err)
		return err;
	*dst = m->ptr;
	forget_low(&dst->s);
	err = move(v, op, m);
	err = err ?: check_sane_offset(v, dst, type);
	if (err)
		return err;
	scalar_sync(&dst->s);
	err = check_inside(v, op);
	return err ?: masks ? mask_after(v, m) : 0;
}

int verify_pointer_alu(struct verifier *v, const struct isa_op *op, const struct vreg *ptr,
		       const struct vreg *off)
{
	struct vreg *dst = verify_reg(v, op->dst);
	struct masking m = {.op = op, .ptr = *ptr, .off = *off, .ptr_is_dst = ptr == dst};

	if (is_impossible(&off->s)) {
		*dst = verify_unknown(v);
		return 0;
	}
	if (isa_info(op->op)->bits != 64) {
		if (!is_sub(op) || !v->ptr_leaks)
			return verify_fail_reg(v, op->dst, MSG_PTR_ARITH_32, op->dst);
		*dst = verify_unknown(v);
		return 0;
	}
	/* Untrusted memory is read with care wherever it is. */
	if (reg_kind(ptr->type) == REG_MEM && ptr->type & REG_UNTRUSTED &&
	    !(ptr->type & REG_MAYBE_NULL)) {
		*dst = *ptr;
		return 0;
	}
	return check_arithmetic(v, op, &m);
}
