// SPDX-License-Identifier: BSD-2-Clause
/*
 * Scalars under a condition: whether it is decided, and what each side of a
 * branch teaches about both operands.
 *
 * An ordered condition compares the ends of two intervals of the order and
 * width in question; equality may be refuted by any part, and a 64-bit one by
 * the low halves too. Afterwards the ends that the condition excludes are moved
 * and the other parts learn from them.
 */
#include "isa/decode.h"
#include "verify/scalar.h"
#include "verify/scalar_parts.h"

bool scalar_test_of(const struct isa_op *op, struct scalar_test *out)
{
	/* by the upper half of the opcode byte */
	static const u8 conds[16] = {
		[0x1] = SCALAR_EQ, [0x2] = SCALAR_GT,  [0x3] = SCALAR_GE,  [0x4] = SCALAR_SET,
		[0x5] = SCALAR_NE, [0x6] = SCALAR_SGT, [0x7] = SCALAR_SGE, [0xa] = SCALAR_LT,
		[0xb] = SCALAR_LE, [0xc] = SCALAR_SLT, [0xd] = SCALAR_SLE,
	};
	const struct isa_info *info = isa_info(op->op);

	if (!info || (info->kind != ISA_KIND_JMP_REG && info->kind != ISA_KIND_JMP_IMM))
		return false;
	*out = (struct scalar_test){(enum scalar_cond)conds[info->code >> 4], info->bits};
	return true;
}

enum scalar_cond scalar_cond_not(enum scalar_cond cond)
{
	static const u8 opposite[] = {
		[SCALAR_EQ] = SCALAR_NE,   [SCALAR_NE] = SCALAR_EQ,     [SCALAR_GT] = SCALAR_LE,
		[SCALAR_GE] = SCALAR_LT,   [SCALAR_LT] = SCALAR_GE,     [SCALAR_LE] = SCALAR_GT,
		[SCALAR_SGT] = SCALAR_SLE, [SCALAR_SGE] = SCALAR_SLT,   [SCALAR_SLT] = SCALAR_SGE,
		[SCALAR_SLE] = SCALAR_SGT, [SCALAR_SET] = SCALAR_CLEAR, [SCALAR_CLEAR] = SCALAR_SET,
	};

	return (enum scalar_cond)opposite[cond];
}

/* GT, GE, SGT, SGE with the operands exchanged. */
static bool is_flipped(enum scalar_cond cond, enum scalar_cond *as_less)
{
	switch (cond) {
	case SCALAR_GT: *as_less = SCALAR_LT; return true;
	case SCALAR_GE: *as_less = SCALAR_LE; return true;
	case SCALAR_SGT: *as_less = SCALAR_SLT; return true;
	case SCALAR_SGE: *as_less = SCALAR_SLE; return true;
	default: return false;
	}
}

/* ---- decided? ---- */

static enum scalar_taken not_taken(enum scalar_taken t)
{
	return t == SCALAR_UNKNOWN ? t : t == SCALAR_YES ? SCALAR_NO : SCALAR_YES;
}

static bool ranges_apart(const struct range *a, const struct range *b)
{
	return a->umin > b->umax || a->umax < b->umin || a->smin > b->smax || a->smax < b->smin;
}

static enum scalar_taken equal(u32 width, const struct scalar *a, const struct scalar *b)
{
	struct range wa = scalar_whole(a), wb = scalar_whole(b);
	struct range la = scalar_low(a), lb = scalar_low(b);
	struct tnum ta = width == 32 ? tnum_subreg(a->bits) : a->bits;
	struct tnum tb = width == 32 ? tnum_subreg(b->bits) : b->bits;

	if (tnum_is_const(ta) && tnum_is_const(tb))
		return ta.value == tb.value ? SCALAR_YES : SCALAR_NO;
	if (!tnum_overlap(ta, tb) || ranges_apart(&la, &lb) ||
	    (width == 64 && ranges_apart(&wa, &wb)))
		return SCALAR_NO;
	return SCALAR_UNKNOWN;
}

static enum scalar_taken any_set(u32 width, const struct scalar *a, const struct scalar *b)
{
	struct tnum t;
	u64 mask;

	if (scalar_is_const(b, width, &mask))
		t = a->bits;
	else if (scalar_is_const(a, width, &mask))
		t = b->bits;
	else
		return SCALAR_UNKNOWN;
	if (t.value & mask)
		return SCALAR_YES;
	return (t.value | t.mask) & mask ? SCALAR_UNKNOWN : SCALAR_NO;
}

/* a < b, or with `or_equal` a <= b, from the ends. */
#define LESS(amin, amax, bmin, bmax, or_equal)                               \
	((amax) < (bmin) || ((or_equal) && (amax) == (bmin))    ? SCALAR_YES \
	 : (amin) > (bmax) || (!(or_equal) && (amin) == (bmax)) ? SCALAR_NO  \
								: SCALAR_UNKNOWN)

static enum scalar_taken less(enum scalar_cond cond, const struct range *a, const struct range *b)
{
	if (cond == SCALAR_LT || cond == SCALAR_LE)
		return LESS(a->umin, a->umax, b->umin, b->umax, cond == SCALAR_LE);
	return LESS(a->smin, a->smax, b->smin, b->smax, cond == SCALAR_SLE);
}

enum scalar_taken scalar_taken(struct scalar_test test, const struct scalar *a,
			       const struct scalar *b)
{
	struct range ra, rb;

	switch (test.cond) {
	case SCALAR_EQ: return equal(test.width, a, b);
	case SCALAR_NE: return not_taken(equal(test.width, a, b));
	case SCALAR_SET: return any_set(test.width, a, b);
	case SCALAR_CLEAR: return not_taken(any_set(test.width, a, b));
	default: break;
	}
	if (is_flipped(test.cond, &test.cond)) {
		const struct scalar *swap = a;

		a = b;
		b = swap;
	}
	ra = test.width == 32 ? scalar_low(a) : scalar_whole(a);
	rb = test.width == 32 ? scalar_low(b) : scalar_whole(b);
	return less(test.cond, &ra, &rb);
}

/* ---- what a branch teaches ---- */

static struct range ends(const struct scalar *s, u32 width)
{
	return width == 32 ? scalar_low(s) : scalar_whole(s);
}

static void set_ends(struct scalar *s, const struct range *r, u32 width)
{
	if (width == 32)
		scalar_set_low(s, r);
	else
		scalar_set_whole(s, r);
}

static void set_bits(struct scalar *s, struct tnum t, u32 width)
{
	s->bits = width == 32 ? tnum_with_subreg(s->bits, t) : t;
}

/* Both are what both have in common. */
static void refine_equal(struct scalar *a, struct scalar *b, u32 width)
{
	struct range ra = ends(a, width), rb = ends(b, width);
	struct tnum t = width == 32 ? tnum_intersect(tnum_subreg(a->bits), tnum_subreg(b->bits))
				    : tnum_intersect(a->bits, b->bits);

	range_meet_signed(&ra, rb.smin, rb.smax);
	range_meet_unsigned(&ra, rb.umin, rb.umax);
	set_ends(a, &ra, width);
	set_ends(b, &ra, width);
	set_bits(a, t, width);
	set_bits(b, t, width);
}

/* An end that is the excluded number moves by one. */
static void refine_differs(struct scalar *s, u64 value, u32 width)
{
	struct range r = ends(s, width);
	s64 sval = range_signed(value, width);

	r.umin += r.umin == value;
	r.umax -= r.umax == value;
	r.smin = (s64)((u64)r.smin + (r.smin == sval));
	r.smax = (s64)((u64)r.smax - (r.smax == sval));
	set_ends(s, &r, width);
}

/* Of a mask of several bits it is not known which one is set. */
static void refine_set(struct scalar *s, u64 mask, u32 width)
{
	if (IS_POW2(mask))
		set_bits(s, tnum_or(s->bits, tnum_const(mask)), width);
}

/* All bits of the mask are 0. On a path that cannot be taken the bounds may disagree: they go. */
static void refine_clear(struct scalar *s, u64 mask, u32 width)
{
	scalar_forget_bounds(s);
	set_bits(s, tnum_and(s->bits, tnum_const(~mask)), width);
}

/*
 * a < b (by: 1) or a <= b (by: 0); wraps where no number satisfies it. First a's
 * end moves, then b's, which matters where they are one register.
 */
static void refine_less(enum scalar_cond cond, struct scalar *a, struct scalar *b, u32 width)
{
	struct range ra = ends(a, width), rb = ends(b, width);
	u64 by = cond == SCALAR_LT || cond == SCALAR_SLT;
	bool is_signed = cond == SCALAR_SLT || cond == SCALAR_SLE;

	if (is_signed)
		ra.smax = MIN(ra.smax, range_signed((u64)rb.smax - by, width));
	else
		ra.umax = MIN(ra.umax, range_unsigned(rb.umax - by, width));
	set_ends(a, &ra, width);
	rb = ends(b, width);
	if (is_signed)
		rb.smin = MAX(rb.smin, range_signed((u64)ra.smin + by, width));
	else
		rb.umin = MAX(rb.umin, range_unsigned(ra.umin + by, width));
	set_ends(b, &rb, width);
}

/* Conditions that teach only where one operand is known: about the other. */
static void refine_by_const(struct scalar_test test, struct scalar *a, struct scalar *b)
{
	u64 value;

	if (!scalar_is_const(b, test.width, &value)) {
		if (!scalar_is_const(a, test.width, &value))
			return;
		a = b;
	}
	if (test.cond == SCALAR_NE)
		refine_differs(a, value, test.width);
	else if (test.cond == SCALAR_SET)
		refine_set(a, value, test.width);
	else
		refine_clear(a, value, test.width);
}

bool scalar_refine(struct scalar_test test, bool taken, struct scalar *a, struct scalar *b)
{
	bool fine;

	if (!taken)
		test.cond = scalar_cond_not(test.cond);
	switch (test.cond) {
	case SCALAR_EQ: refine_equal(a, b, test.width); break;
	case SCALAR_NE:
	case SCALAR_SET:
	case SCALAR_CLEAR: refine_by_const(test, a, b); break;
	default:
		if (is_flipped(test.cond, &test.cond))
			refine_less(test.cond, b, a, test.width);
		else
			refine_less(test.cond, a, b, test.width);
	}
	scalar_sync(a);
	scalar_sync(b);
	fine = scalar_settle(a);
	return scalar_settle(b) && fine;
}
