/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signed and unsigned intervals of one number, side by side, at any width from
 * 2 to 64 bits: the signed ends sign-extended, the unsigned ones zero-extended.
 * A range stands for the numbers in both. scalar.c uses two of them per
 * register, 64 and 32 bits; tests use widths at which all cases can be tried.
 *
 * The rules are Linux 6.18's; where they are coarser than they could be, that
 * is on purpose.
 */
#ifndef VERIFY_RANGE_H
#define VERIFY_RANGE_H

#include "verify/tnum.h"

struct range {
	s64 smin, smax;
	u64 umin, umax;
};

/* The least and greatest numbers of a width. */
static inline u64 range_umax(u32 bits)
{
	return ~0ull >> (64 - bits);
}

static inline s64 range_smax(u32 bits)
{
	return (s64)(range_umax(bits) >> 1);
}

static inline s64 range_smin(u32 bits)
{
	return -range_smax(bits) - 1;
}

/* The low bits of x, as a signed and as an unsigned number of that width. */
static inline s64 range_signed(u64 x, u32 bits)
{
	return (s64)(x << (64 - bits)) >> (64 - bits);
}

static inline u64 range_unsigned(u64 x, u32 bits)
{
	return x & range_umax(bits);
}

static inline struct range range_unbounded(u32 bits)
{
	return (struct range){
		.smin = range_smin(bits),
		.smax = range_smax(bits),
		.umin = 0,
		.umax = range_umax(bits),
	};
}

static inline struct range range_const(u64 value, u32 bits)
{
	s64 s = range_signed(value, bits);
	u64 u = range_unsigned(value, bits);

	return (struct range){.smin = s, .smax = s, .umin = u, .umax = u};
}

/* An interval ends before it begins. */
static inline bool range_is_empty(const struct range *r)
{
	return r->smin > r->smax || r->umin > r->umax;
}

static inline bool range_is_const(const struct range *r)
{
	return r->smin == r->smax && r->umin == r->umax;
}

static inline bool range_has(const struct range *r, u64 x, u32 bits)
{
	s64 s = range_signed(x, bits);
	u64 u = range_unsigned(x, bits);

	return r->smin <= s && s <= r->smax && r->umin <= u && u <= r->umax;
}

/* All four ends of b lie inside a's. */
static inline bool range_within(const struct range *a, const struct range *b)
{
	return a->smin <= b->smin && b->smax <= a->smax && a->umin <= b->umin && b->umax <= a->umax;
}

/* Narrows r to the other interval, where that is one. */
static inline void range_meet_signed(struct range *r, s64 min, s64 max)
{
	r->smin = MAX(r->smin, min);
	r->smax = MIN(r->smax, max);
}

static inline void range_meet_unsigned(struct range *r, u64 min, u64 max)
{
	r->umin = MAX(r->umin, min);
	r->umax = MIN(r->umax, max);
}

/*
 * What the known bits of `t` (its low `bits`) say of the ends: the least member
 * has the unknown bits 0, the greatest 1; signed, the sign bit the other way.
 */
static inline void range_learn_tnum(struct range *r, struct tnum t, u32 bits)
{
	u64 sign = 1ull << (bits - 1);

	range_meet_signed(r, range_signed(t.value | (t.mask & sign), bits),
			  range_signed(t.value | (t.mask & ~sign), bits));
	range_meet_unsigned(r, t.value, t.value | t.mask);
}

/*
 * What the signed interval says of the unsigned one and the other way round.
 *
 * An interval that stays on one side of the other order's seam is an interval
 * there too. A signed interval that holds both -1 and 0 is, unsigned, the two
 * arcs 0..smax and smin..max:
 *
 *	0                                                    max
 *	|xxxxxx|                                       |xxxxxx|
 *	     smax                                      smin
 *
 * When the unsigned interval meets only one of them, that one is the answer.
 */
static inline void range_deduce(struct range *r, u32 bits)
{
	u64 low, high;

	if (range_signed(r->umin, bits) <= range_signed(r->umax, bits))
		range_meet_signed(r, range_signed(r->umin, bits), range_signed(r->umax, bits));
	low = range_unsigned((u64)r->smin, bits);
	high = range_unsigned((u64)r->smax, bits);
	if (low <= high) {
		range_meet_unsigned(r, low, high);
	} else if (r->umax < low) {
		r->smin = range_signed(r->umin, bits);
		r->umax = MIN(r->umax, high);
	} else if (high < r->umin) {
		r->smax = range_signed(r->umax, bits);
		r->umin = MAX(r->umin, low);
	}
}

/* d = d op s. The bit-wise ones take the tnum of the result, of `bits`. */
void range_add(struct range *d, const struct range *s, u32 bits);
void range_sub(struct range *d, const struct range *s, u32 bits);
void range_mul(struct range *d, const struct range *s, u32 bits);
void range_and(struct range *d, const struct range *s, struct tnum result, u32 bits);
void range_or(struct range *d, const struct range *s, struct tnum result, u32 bits);
void range_xor(struct range *d, struct tnum result, u32 bits);
/* Known counts; lsh takes any below 64, the others below `bits`. */
void range_lsh(struct range *d, u32 count, u32 bits);
void range_rsh(struct range *d, u32 count, u32 bits);
void range_arsh(struct range *d, u32 count, u32 bits);

#endif
