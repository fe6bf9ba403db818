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
 * simple bounds a & b <= a, a | b >= a (all unsigned). The signed ends are left
 * to range_deduce(): they follow from the unsigned ones, if from anything.
 */
#include "verify/range.h"

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
	u64 umax;
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
	if (__builtin_mul_overflow(d->umax, s->umax, &umax) || umax > range_umax(bits)) {
		forget_unsigned(d, bits);
	} else {
		d->umin *= s->umin;
		d->umax = umax;
	}
}

void range_and(struct range *d, const struct range *s, struct tnum result, u32 bits)
{
	d->umin = result.value;
	d->umax = MIN(d->umax, s->umax);
	forget_signed(d, bits);
}

void range_or(struct range *d, const struct range *s, struct tnum result, u32 bits)
{
	d->umin = MAX(d->umin, s->umin);
	d->umax = result.value | result.mask;
	forget_signed(d, bits);
}

void range_xor(struct range *d, struct tnum result, u32 bits)
{
	d->umin = result.value;
	d->umax = result.value | result.mask;
	forget_signed(d, bits);
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
