// SPDX-License-Identifier: BSD-2-Clause
/*
 * Interval arithmetic on a pair of intervals.
 *
 * Numbers of n bits form a circle. An unsigned interval is an arc that does not
 * cross from the greatest number to 0, a signed one an arc that does not cross
 * from the greatest signed number to the least. Addition turns the circle:
 * after adding two arcs the result is an arc again, and it is an interval if it
 * does not cross the seam; what crosses it is given up (the whole circle).
 *
 * Bit-wise operations take their ends from the result's tnum and from the
 * simple bounds a & b <= a, a | b >= a (all unsigned). The signed interval is
 * then the unsigned one read as signed, if it stays on one side of the sign
 * seam.
 */
#include "verify/range.h"

struct range range_unbounded(u32 bits)
{
	return (struct range){
		.smin = range_smin(bits),
		.smax = range_smax(bits),
		.umin = 0,
		.umax = range_umax(bits),
	};
}

struct range range_const(u64 value, u32 bits)
{
	s64 s = range_signed(value, bits);
	u64 u = range_unsigned(value, bits);

	return (struct range){.smin = s, .smax = s, .umin = u, .umax = u};
}

bool range_is_empty(const struct range *r)
{
	return r->smin > r->smax || r->umin > r->umax;
}

bool range_is_const(const struct range *r)
{
	return r->smin == r->smax && r->umin == r->umax;
}

bool range_has(const struct range *r, u64 x, u32 bits)
{
	s64 s = range_signed(x, bits);
	u64 u = range_unsigned(x, bits);

	return r->smin <= s && s <= r->smax && r->umin <= u && u <= r->umax;
}

bool range_within(const struct range *a, const struct range *b)
{
	return a->smin <= b->smin && b->smax <= a->smax && a->umin <= b->umin && b->umax <= a->umax;
}

void range_meet_signed(struct range *r, s64 min, s64 max)
{
	r->smin = MAX(r->smin, min);
	r->smax = MIN(r->smax, max);
}

void range_meet_unsigned(struct range *r, u64 min, u64 max)
{
	r->umin = MAX(r->umin, min);
	r->umax = MIN(r->umax, max);
}

/* The least member has the unknown bits 0, the greatest 1; signed, the sign bit the other way. */
void range_learn_tnum(struct range *r, struct tnum t, u32 bits)
{
	u64 sign = 1ull << (bits - 1);

	range_meet_signed(r, range_signed(t.value | (t.mask & sign), bits),
			  range_signed(t.value | (t.mask & ~sign), bits));
	range_meet_unsigned(r, t.value, t.value | t.mask);
}

/*
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
void range_deduce(struct range *r, u32 bits)
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

static void forget_signed(struct range *r, u32 bits)
{
	r->smin = range_smin(bits);
	r->smax = range_smax(bits);
}

static void forget_unsigned(struct range *r, u32 bits)
{
	r->umin = 0;
	r->umax = range_umax(bits);
}

/* Signed arithmetic at a width: false when the result does not fit. */
static bool fits(s64 x, u32 bits)
{
	return range_signed((u64)x, bits) == x;
}

static bool signed_add(s64 a, s64 b, s64 *out, u32 bits)
{
	return !__builtin_add_overflow(a, b, out) && fits(*out, bits);
}

static bool signed_sub(s64 a, s64 b, s64 *out, u32 bits)
{
	return !__builtin_sub_overflow(a, b, out) && fits(*out, bits);
}

static bool signed_mul(s64 a, s64 b, s64 *out, u32 bits)
{
	return !__builtin_mul_overflow(a, b, out) && fits(*out, bits);
}

/* The unsigned sum wraps at both ends or at neither: then it is one arc, and no seam inside. */
void range_add(struct range *d, const struct range *s, u32 bits)
{
	u64 umin = range_unsigned(d->umin + s->umin, bits);
	u64 umax = range_unsigned(d->umax + s->umax, bits);
	bool min_wraps = umin < d->umin, max_wraps = umax < d->umax;
	s64 smin, smax;

	if (signed_add(d->smin, s->smin, &smin, bits) &&
	    signed_add(d->smax, s->smax, &smax, bits)) {
		d->smin = smin;
		d->smax = smax;
	} else {
		forget_signed(d, bits);
	}
	d->umin = umin;
	d->umax = umax;
	if (max_wraps && !min_wraps)
		forget_unsigned(d, bits);
}

void range_sub(struct range *d, const struct range *s, u32 bits)
{
	bool min_wraps = d->umin < s->umax, max_wraps = d->umax < s->umin;
	s64 smin, smax;

	if (signed_sub(d->smin, s->smax, &smin, bits) &&
	    signed_sub(d->smax, s->smin, &smax, bits)) {
		d->smin = smin;
		d->smax = smax;
	} else {
		forget_signed(d, bits);
	}
	d->umin = range_unsigned(d->umin - s->umax, bits);
	d->umax = range_unsigned(d->umax - s->umin, bits);
	if (min_wraps && !max_wraps)
		forget_unsigned(d, bits);
}

/* A product is extreme where both factors are: four corners for signed numbers, two for unsigned.
 */
void range_mul(struct range *d, const struct range *s, u32 bits)
{
	u64 umin, umax;
	s64 p[4];

	if (signed_mul(d->smin, s->smin, &p[0], bits) &&
	    signed_mul(d->smin, s->smax, &p[1], bits) &&
	    signed_mul(d->smax, s->smin, &p[2], bits) &&
	    signed_mul(d->smax, s->smax, &p[3], bits)) {
		d->smin = MIN(MIN(p[0], p[1]), MIN(p[2], p[3]));
		d->smax = MAX(MAX(p[0], p[1]), MAX(p[2], p[3]));
	} else {
		forget_signed(d, bits);
	}
	if (__builtin_mul_overflow(d->umax, s->umax, &umax) || umax > range_umax(bits) ||
	    __builtin_mul_overflow(d->umin, s->umin, &umin) || umin > range_umax(bits)) {
		forget_unsigned(d, bits);
	} else {
		d->umin = umin;
		d->umax = umax;
	}
}

static void signed_from_unsigned(struct range *d, u32 bits)
{
	forget_signed(d, bits);
	if (range_signed(d->umin, bits) <= range_signed(d->umax, bits)) {
		d->smin = range_signed(d->umin, bits);
		d->smax = range_signed(d->umax, bits);
	}
}

void range_and(struct range *d, const struct range *s, struct tnum result, u32 bits)
{
	d->umin = result.value;
	d->umax = MIN(d->umax, s->umax);
	signed_from_unsigned(d, bits);
}

void range_or(struct range *d, const struct range *s, struct tnum result, u32 bits)
{
	d->umin = MAX(d->umin, s->umin);
	d->umax = result.value | result.mask;
	signed_from_unsigned(d, bits);
}

void range_xor(struct range *d, struct tnum result, u32 bits)
{
	d->umin = result.value;
	d->umax = result.value | result.mask;
	signed_from_unsigned(d, bits);
}

/* When the top bit may be shifted out, nothing is known; of signs nothing ever. */
void range_lsh(struct range *d, u32 count, u32 bits)
{
	forget_signed(d, bits);
	if (count >= bits || d->umax > 1ull << (bits - 1 - count)) {
		forget_unsigned(d, bits);
	} else {
		d->umin <<= count;
		d->umax <<= count;
	}
}

void range_rsh(struct range *d, u32 count, u32 bits)
{
	forget_signed(d, bits);
	d->umin >>= count;
	d->umax >>= count;
}

void range_arsh(struct range *d, u32 count, u32 bits)
{
	d->smin >>= count;
	d->smax >>= count;
	forget_unsigned(d, bits);
}
