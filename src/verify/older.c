// SPDX-License-Identifier: BSD-2-Clause
/*
 * What older kernels did not yet derive of numbers. The scalar domain is 6.18's;
 * here its answers are taken back where an imitated version would have had none:
 * a result becomes unknown (its known bits stay where they were computed before),
 * a branch is not decided, or less is learned from it. Until 6.8 bounds that contradict one another
 * (of a path that no run takes) stayed as they were, and let such paths end where a
 * state was known; that is so here.
 * Finer steps of the domain (which bound was deduced from which in what order)
 * are 6.18's for every version.
 */
#include "verify/range.h"
#include "verify/scalar_parts.h"
#include "verify/verifier.h"

static bool is_newest(const struct verifier *v)
{
	return core_kernel_since(v->in->kernel, CORE_KERNEL_NEWEST >> 8);
}

/* What the kernel forgets of each of four pairs of bounds, when it does. */
enum {
	SIGNED = 1 << 0,
	UNSIGNED = 1 << 1,
	SIGNED32 = 1 << 2,
	UNSIGNED32 = 1 << 3,
};

static void forget(struct scalar *s, u32 pairs)
{
	struct scalar all = scalar_unknown();

	if (pairs & SIGNED)
		s->smin = all.smin, s->smax = all.smax;
	if (pairs & UNSIGNED)
		s->umin = all.umin, s->umax = all.umax;
	if (pairs & SIGNED32)
		s->s32min = all.s32min, s->s32max = all.s32max;
	if (pairs & UNSIGNED32)
		s->u32min = all.u32min, s->u32max = all.u32max;
	if (pairs)
		scalar_sync(s);
}

/* Pairs of which an end's sum leaves the type: the newest keeps them where both ends' sums do. */
static u32 overflown_sum(const struct scalar *a, const struct scalar *b)
{
	s64 s;
	u64 u;
	s32 i;
	u32 n;

	return (__builtin_add_overflow(a->smin, b->smin, &s) ||
				__builtin_add_overflow(a->smax, b->smax, &s)
			? SIGNED
			: 0) |
	       (__builtin_add_overflow(a->umax, b->umax, &u) ? UNSIGNED : 0) |
	       (__builtin_add_overflow(a->s32min, b->s32min, &i) ||
				__builtin_add_overflow(a->s32max, b->s32max, &i)
			? SIGNED32
			: 0) |
	       (__builtin_add_overflow(a->u32max, b->u32max, &n) ? UNSIGNED32 : 0);
}

static u32 overflown_difference(const struct scalar *a, const struct scalar *b)
{
	s64 s;
	s32 i;

	return (__builtin_sub_overflow(a->smin, b->smax, &s) ||
				__builtin_sub_overflow(a->smax, b->smin, &s)
			? SIGNED
			: 0) |
	       (a->umin < b->umax ? UNSIGNED : 0) |
	       (__builtin_sub_overflow(a->s32min, b->s32max, &i) ||
				__builtin_sub_overflow(a->s32max, b->s32min, &i)
			? SIGNED32
			: 0) |
	       (a->u32min < b->u32max ? UNSIGNED32 : 0);
}

/* Products of what may be negative, or of 64-bit numbers that may be large. */
static u32 unknown_product(const struct scalar *a, const struct scalar *b)
{
	return (a->smin < 0 || b->smin < 0 || a->umax > UINT32_MAX || b->umax > UINT32_MAX
			? SIGNED | UNSIGNED
			: 0) |
	       (a->s32min < 0 || b->s32min < 0 || a->u32max > UINT16_MAX || b->u32max > UINT16_MAX
			? SIGNED32 | UNSIGNED32
			: 0);
}

/* What an older kernel would not know after this operation on numbers. */
static u32 unknown_pairs(const struct verifier *v, u32 operation, const struct scalar *a,
			 const struct scalar *b)
{
	switch (operation) {
	case BPF_ADD: return verify_has(v, KERNEL_ADD_OVERFLOW) ? 0 : overflown_sum(a, b);
	case BPF_SUB: return verify_has(v, KERNEL_ADD_OVERFLOW) ? 0 : overflown_difference(a, b);
	case BPF_MUL: return verify_has(v, KERNEL_MUL_SIGNED) ? 0 : unknown_product(a, b);
	default: return 0;
	}
}

static bool is_number(const struct scalar *s, u32 width)
{
	u64 value;

	return scalar_is_const(s, width, &value);
}

void verify_older_alu(const struct verifier *v, const struct isa_op *op, const struct scalar *was,
		      const struct scalar *src, struct scalar *dst)
{
	const struct isa_info *info = isa_info(op->op);
	struct scalar imm = scalar_const((u64)op->imm);
	u32 operation = info->code & 0xf0;
	bool wide = (info->code & 7) == BPF_ALU64;
	u32 pairs;

	if (is_newest(v))
		return;
	if (info->kind == ISA_KIND_ALU_IMM)
		src = &imm;
	if ((operation == BPF_NEG && !verify_has(v, KERNEL_NEG_BOUNDS)) ||
	    (operation == BPF_END && !verify_has(v, KERNEL_END_TNUM))) {
		*dst = scalar_unknown();
		return;
	}
	if ((operation == BPF_OR || operation == BPF_XOR || operation == BPF_MUL) &&
	    !is_number(src, wide ? 64 : 32) && !verify_has(v, KERNEL_UNKNOWN_OPERANDS)) {
		*dst = scalar_unknown();
		return;
	}
	pairs = unknown_pairs(v, operation, was, src);
	/* The upper half of a 32-bit result is 0. */
	forget(dst, wide ? pairs : pairs & (SIGNED32 | UNSIGNED32));
}

/* Numbers of 32 bits had no bounds of their own. */
static bool has_no_bounds(const struct verifier *v, u32 width, const struct scalar *a,
			  const struct scalar *b)
{
	return width == 32 && !verify_has(v, KERNEL_BOUNDS32) &&
	       (a->umax > UINT32_MAX || b->umax > UINT32_MAX);
}

bool verify_older_decides(const struct verifier *v, struct scalar_test test, const struct scalar *a,
			  const struct scalar *b)
{
	bool left = is_number(a, test.width), right = is_number(b, test.width);

	if (is_newest(v) || (left && right))
		return true;
	if (has_no_bounds(v, test.width, a, b))
		return false;
	if (!right && !verify_has(v, left ? KERNEL_BRANCH_CONST_LEFT : KERNEL_BRANCH_RANGES))
		return false;
	return (test.cond != SCALAR_EQ && test.cond != SCALAR_NE) ||
	       verify_has(v, KERNEL_BRANCH_EQUAL_RANGE);
}

/* Signed and unsigned ends agree where the sign is known. */
static void deduce_older(struct range *r, u32 bits)
{
	u64 low = range_unsigned((u64)r->smin, bits), high = range_unsigned((u64)r->smax, bits);

	if (r->smin >= 0 || r->smax < 0) {
		range_meet_unsigned(r, low, high);
		r->smin = range_signed(r->umin, bits);
		r->smax = range_signed(r->umax, bits);
	} else if (range_signed(r->umax, bits) >= 0) {
		r->smin = range_signed(r->umin, bits);
		r->umax = MIN(r->umax, high);
		r->smax = range_signed(r->umax, bits);
	} else if (range_signed(r->umin, bits) < 0) {
		r->umin = MAX(r->umin, low);
		r->smin = range_signed(r->umin, bits);
		r->smax = range_signed(r->umax, bits);
	}
}

/*
 * Before 6.8: bounds and known bits learn from each other, 64 and 32 bits apart; then the pair that
 * a test was of tells the other what fits it whole.
 */
static void sync_apart(struct scalar *s)
{
	struct range whole = scalar_whole(s), low = scalar_low(s);
	struct tnum bits;

	range_learn_tnum(&whole, s->bits, 64);
	range_learn_tnum(&low, tnum_subreg(s->bits), 32);
	deduce_older(&whole, 64);
	deduce_older(&low, 32);
	s->bits = tnum_intersect(s->bits, tnum_range(whole.umin, whole.umax));
	bits = tnum_intersect(tnum_subreg(s->bits), tnum_range(low.umin, low.umax));
	s->bits = tnum_with_subreg(s->bits, bits);
	range_learn_tnum(&whole, s->bits, 64);
	range_learn_tnum(&low, tnum_subreg(s->bits), 32);
	scalar_set_whole(s, &whole);
	scalar_set_low(s, &low);
}

static void sync_older(struct scalar *s, u32 width)
{
	struct range whole, low;

	sync_apart(s);
	whole = scalar_whole(s);
	low = scalar_low(s);
	if (width == 64) {
		if (whole.smin >= INT32_MIN && whole.smax <= INT32_MAX)
			range_meet_signed(&low, whole.smin, whole.smax);
		if (whole.umax <= UINT32_MAX)
			range_meet_unsigned(&low, whole.umin, whole.umax);
	} else if (!(s->bits.value >> 32) && !(s->bits.mask >> 32)) {
		/* Whatever was known of it. */
		whole = (struct range){0, UINT32_MAX, low.umin, low.umax};
		if (low.smin >= 0)
			range_meet_signed(&whole, low.smin, low.smax);
	}
	scalar_set_whole(s, &whole);
	scalar_set_low(s, &low);
	sync_apart(s);
}

/*
 * Nothing sensible may be left; then the bounds stay as they contradict one another. Below the
 * least or above the greatest number one finds oneself at the other end: nothing is learned.
 */
static void narrow(struct scalar *s, enum scalar_cond cond, u64 value)
{
	switch (cond) {
	case SCALAR_GT: s->umin = MAX(s->umin, value + 1); break;
	case SCALAR_GE: s->umin = MAX(s->umin, value); break;
	case SCALAR_LT: s->umax = MIN(s->umax, value - 1); break;
	case SCALAR_LE: s->umax = MIN(s->umax, value); break;
	case SCALAR_SGT: s->smin = MAX(s->smin, (s64)(value + 1)); break;
	case SCALAR_SGE: s->smin = MAX(s->smin, (s64)value); break;
	case SCALAR_SLT: s->smax = MIN(s->smax, (s64)(value - 1)); break;
	default: s->smax = MIN(s->smax, (s64)value);
	}
}

static void narrow32(struct scalar *s, enum scalar_cond cond, u32 value)
{
	switch (cond) {
	case SCALAR_GT: s->u32min = MAX(s->u32min, value + 1); break;
	case SCALAR_GE: s->u32min = MAX(s->u32min, value); break;
	case SCALAR_LT: s->u32max = MIN(s->u32max, value - 1); break;
	case SCALAR_LE: s->u32max = MIN(s->u32max, value); break;
	case SCALAR_SGT: s->s32min = MAX(s->s32min, (s32)(value + 1)); break;
	case SCALAR_SGE: s->s32min = MAX(s->s32min, (s32)value); break;
	case SCALAR_SLT: s->s32max = MIN(s->s32max, (s32)(value - 1)); break;
	default: s->s32max = MIN(s->s32max, (s32)value);
	}
}

/* `s` equals the number now, whatever was known of it. */
static void become(struct scalar *s, u32 width, u64 value)
{
	struct scalar low = scalar_const(value);

	if (width == 64) {
		*s = low;
		return;
	}
	s->bits.value = (s->bits.value & ~(u64)UINT32_MAX) | value;
	s->bits.mask &= ~(u64)UINT32_MAX;
	s->u32min = s->u32max = low.u32min;
	s->s32min = s->s32max = low.s32min;
	sync_older(s, width);
}

/* A number compared with a constant, as before ranges were compared with ranges. */
static void learn_from_constant(struct scalar *s, enum scalar_cond cond, u32 width, u64 value)
{
	switch (cond) {
	case SCALAR_EQ: become(s, width, value); return;
	case SCALAR_NE: return;
	case SCALAR_SET:
		if (value & (value - 1))
			return;
		s->bits.value |= value;
		s->bits.mask &= ~value;
		break;
	case SCALAR_CLEAR:
		s->bits.value &= ~value;
		s->bits.mask &= ~value;
		break;
	default:
		if (width == 32)
			narrow32(s, cond, (u32)value);
		else
			narrow(s, cond, value);
	}
	sync_older(s, width);
}

/* The same test with its operands exchanged. */
static enum scalar_cond flipped(enum scalar_cond cond)
{
	static const u8 other[] = {
		[SCALAR_EQ] = SCALAR_EQ,   [SCALAR_NE] = SCALAR_NE,   [SCALAR_GT] = SCALAR_LT,
		[SCALAR_GE] = SCALAR_LE,   [SCALAR_LT] = SCALAR_GT,   [SCALAR_LE] = SCALAR_GE,
		[SCALAR_SGT] = SCALAR_SLT, [SCALAR_SGE] = SCALAR_SLE, [SCALAR_SLT] = SCALAR_SGT,
		[SCALAR_SLE] = SCALAR_SGE, [SCALAR_SET] = SCALAR_SET, [SCALAR_CLEAR] = SCALAR_CLEAR,
	};

	return other[cond];
}

bool verify_older_refine(const struct verifier *v, struct scalar_test test, bool taken,
			 struct scalar *a, struct scalar *b)
{
	enum scalar_cond holds = taken ? test.cond : scalar_cond_not(test.cond);
	u64 value;

	if (is_newest(v) || verify_has(v, KERNEL_BRANCH_RANGES))
		return scalar_refine(test, taken, a, b);
	if (has_no_bounds(v, test.width, a, b))
		return true;
	if (scalar_is_const(b, test.width, &value))
		learn_from_constant(a, holds, test.width, value);
	else if (scalar_is_const(a, test.width, &value))
		learn_from_constant(b, flipped(holds), test.width, value);
	else if (holds == SCALAR_EQ && test.width == 64)
		return scalar_refine(test, taken, a, b);
	return true;
}
