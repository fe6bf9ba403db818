// SPDX-License-Identifier: BSD-2-Clause
/*
 * The state of a scalar: construction, what its parts tell one another, and
 * its text.
 *
 * The parts are the known bits of the whole register (of which the low half's
 * are simply the low half), a range of 64 bits and a range of 32. Each derives
 * from the others what it can:
 *
 *	known bits --> both ranges	least and greatest member
 *	range 64   --> range 32		when the upper half is one number, or two
 *					in a row (around the sign seam of 32 bits)
 *	range 32   --> range 64		low halves of the ends
 *	signed    <--> unsigned		range_deduce()
 *	ranges     --> known bits	common leading bits
 *
 * The kernel runs the middle three times and the ends around it once; a fixed
 * point would be sharper, and therefore wrong here.
 */
#include "verify/scalar.h"
#include "verify/scalar_parts.h"

struct scalar scalar_unknown(void)
{
	struct scalar s = {.bits = TNUM_UNKNOWN};

	scalar_forget_bounds(&s);
	return s;
}

struct scalar scalar_const(u64 value)
{
	struct scalar s = {.bits = tnum_const(value)};
	struct range whole = range_const(value, 64), low = range_const(value, 32);

	scalar_set_whole(&s, &whole);
	scalar_set_low(&s, &low);
	return s;
}

struct scalar scalar_signed(s64 min, s64 max)
{
	struct scalar s = scalar_unknown();

	s.smin = min;
	s.smax = max;
	scalar_sync(&s);
	return s;
}

struct scalar scalar_unsigned(u64 min, u64 max)
{
	struct scalar s = scalar_unknown();

	s.umin = min;
	s.umax = max;
	scalar_sync(&s);
	return s;
}

void scalar_forget_whole(struct scalar *s)
{
	struct range r = range_unbounded(64);

	scalar_set_whole(s, &r);
}

void scalar_forget_low(struct scalar *s)
{
	struct range r = range_unbounded(32);

	scalar_set_low(s, &r);
}

void scalar_forget_bounds(struct scalar *s)
{
	scalar_forget_whole(s);
	scalar_forget_low(s);
}

bool scalar_is_const(const struct scalar *s, u32 width, u64 *value)
{
	struct tnum t = width == 32 ? tnum_subreg(s->bits) : s->bits;

	if (!tnum_is_const(t))
		return false;
	*value = t.value;
	return true;
}

bool scalar_has(const struct scalar *s, u64 x)
{
	struct range whole = scalar_whole(s), low = scalar_low(s);

	return tnum_has(s->bits, x) && range_has(&whole, x, 64) && range_has(&low, x, 32);
}

bool scalar_within(const struct scalar *old, const struct scalar *cur)
{
	struct range whole = scalar_whole(old), cur_whole = scalar_whole(cur);
	struct range low = scalar_low(old), cur_low = scalar_low(cur);

	return range_within(&whole, &cur_whole) && range_within(&low, &cur_low) &&
	       tnum_in(old->bits, cur->bits);
}

/* ---- deduction ---- */

void scalar_learn_bits_low(struct scalar *s)
{
	struct range low = scalar_low(s);

	range_learn_tnum(&low, tnum_subreg(s->bits), 32);
	scalar_set_low(s, &low);
}

/*
 * Known bits and umin..umax may have a single number in common: umin, the
 * greatest member, or the first member after umin. (Where they have none the
 * path cannot be taken, and any answer does; this is the kernel's.)
 */
static void learn_single_member(struct scalar *s)
{
	u64 next = tnum_next(s->bits, s->umin);
	bool umin_fits = tnum_has(s->bits, s->umin);

	if (umin_fits) {
		if (next > s->umax)
			*s = scalar_const(s->umin);
	} else if (next == (s->bits.value | s->bits.mask) ||
		   (next <= s->umax && tnum_next(s->bits, next) > s->umax)) {
		*s = scalar_const(next);
	}
}

static void learn_bits(struct scalar *s)
{
	struct range whole = scalar_whole(s);

	scalar_learn_bits_low(s);
	range_learn_tnum(&whole, s->bits, 64);
	scalar_set_whole(s, &whole);
	learn_single_member(s);
}

/*
 * Ends of 64 bits whose upper halves are equal: the low half runs from the one
 * low half to the other, in the order in which they ascend.
 */
static void low_from_equal_tops(struct range *low, u64 min, u64 max, bool of_unsigned)
{
	if (min >> 32 != max >> 32)
		return;
	if (of_unsigned || (u32)min <= (u32)max)
		range_meet_unsigned(low, (u32)min, (u32)max);
	if ((s32)min <= (s32)max)
		range_meet_signed(low, (s32)min, (s32)max);
}

/*
 * Upper halves n and n + 1, with a low half that is negative at the lower end
 * and is not at the upper: the low half, signed, ascends through 0.
 */
static void low_from_next_tops(struct range *low, u64 min, u64 max)
{
	if ((u32)(min >> 32) + 1u == (u32)(max >> 32) && (s32)min < 0 && (s32)max >= 0)
		range_meet_signed(low, (s32)min, (s32)max);
}

static void deduce_low(struct range *low, const struct range *whole)
{
	u64 smin = (u64)whole->smin, smax = (u64)whole->smax;

	low_from_equal_tops(low, whole->umin, whole->umax, true);
	low_from_equal_tops(low, smin, smax, false);
	low_from_next_tops(low, whole->umin, whole->umax);
	low_from_next_tops(low, smin, smax);
	range_deduce(low, 32);
}

#define TOP 0xffffffff00000000ull

/* Every end keeps its upper half and cannot be beyond the low half's own end. */
static void deduce_whole(struct scalar *s, struct range *whole, const struct range *low)
{
	range_meet_unsigned(whole, (whole->umin & TOP) | low->umin,
			    (whole->umax & TOP) | low->umax);
	range_meet_signed(whole, (s64)(((u64)whole->smin & TOP) | low->umin),
			  (s64)(((u64)whole->smax & TOP) | low->umax));
	/*
	 * A number of 32 bits, sign-extended, whose low half is not negative: the
	 * upper half is 0. (Upper halves of ones go with negative low halves only.)
	 * The low half's ends replace the others, tighter ones too.
	 */
	if (low->smin >= 0 && whole->smin >= INT32_MIN && whole->smax <= INT32_MAX) {
		*whole = (struct range){
			.smin = low->smin,
			.smax = low->smax,
			.umin = (u64)low->smin,
			.umax = (u64)low->smax,
		};
		s->bits = tnum_intersect(s->bits, tnum_range(whole->umin, whole->umax));
	}
}

static void deduce_once(struct scalar *s)
{
	struct range whole = scalar_whole(s), low = scalar_low(s);

	deduce_low(&low, &whole);
	range_deduce(&whole, 64);
	deduce_whole(s, &whole, &low);
	scalar_set_low(s, &low);
	scalar_set_whole(s, &whole);
}

static void learn_from_bounds(struct scalar *s)
{
	struct tnum whole = tnum_intersect(s->bits, tnum_range(s->umin, s->umax));
	struct tnum low = tnum_intersect(tnum_subreg(whole), tnum_range(s->u32min, s->u32max));

	s->bits = tnum_with_subreg(whole, low);
}

/* Nothing left to learn from one another: one number, as all parts say. */
static bool is_settled_const(const struct scalar *s)
{
	u64 x = s->bits.value;

	return tnum_is_const(s->bits) && s->umin == x && s->umax == x && s->smin == (s64)x &&
	       s->smax == (s64)x && s->u32min == (u32)x && s->u32max == (u32)x &&
	       s->s32min == (s32)x && s->s32max == (s32)x;
}

/* Up to `rounds`; one that changes nothing would not the next time either. */
static void deduce(struct scalar *s, u32 rounds)
{
	while (rounds--) {
		struct scalar before = *s;

		deduce_once(s);
		if (!__builtin_memcmp(&before, s, sizeof(before)))
			return;
	}
}

void scalar_sync(struct scalar *s)
{
	if (is_settled_const(s))
		return;
	learn_bits(s);
	deduce(s, 3);
	learn_from_bounds(s);
	learn_bits(s);
}

bool scalar_settle(struct scalar *s)
{
	struct range whole = scalar_whole(s), low = scalar_low(s);
	struct tnum low_bits = tnum_subreg(s->bits);
	struct range c;

	if (range_is_empty(&whole) || range_is_empty(&low))
		goto contradiction;
	c = range_const(s->bits.value, 64);
	if (tnum_is_const(s->bits) && !range_within(&c, &whole))
		goto contradiction;
	c = range_const(low_bits.value, 32);
	if (tnum_is_const(low_bits) && !range_within(&c, &low))
		goto contradiction;
	return true;
contradiction:
	scalar_forget_bounds(s);
	return false;
}

/* ---- text ---- */

struct bound {
	const char *name;
	u64 value;
	bool is_signed, silent;
};

/* Small numbers in decimal, others in hexadecimal, where bits show. */
static bool is_small(s64 x)
{
	return x >= INT16_MIN && x <= INT16_MAX;
}

void scalar_format_number(struct text *t, u64 x, bool is_signed)
{
	if (is_signed && is_small((s64)x))
		text_fmt(t, "%lld", (long long)x);
	else if (!is_signed && x <= UINT16_MAX)
		text_fmt(t, "%llu", (unsigned long long)x);
	else
		text_fmt(t, "0x%llx", (unsigned long long)x);
}

/* In hexadecimal a signed bound of the low half has 8 digits, and may equal an unsigned one. */
static u64 low_signed(s32 x)
{
	return is_small(x) ? (u64)(s64)x : (u32)x;
}

static bool is_negative(const struct bound *b)
{
	return b->is_signed && (s64)b->value < 0;
}

/* A bound that equals an earlier one of its side (least or greatest) is named before its number. */
static void format_bounds(struct text *t, const struct scalar *s, const char **sep)
{
	struct bound all[] = {
		{"smin", (u64)s->smin, true, s->smin == INT64_MIN},
		{"smax", (u64)s->smax, true, s->smax == INT64_MAX},
		{"umin", s->umin, false, s->umin == 0},
		{"umax", s->umax, false, s->umax == UINT64_MAX},
		{"smin32", low_signed(s->s32min), true, s->s32min == INT32_MIN},
		{"smax32", low_signed(s->s32max), true, s->s32max == INT32_MAX},
		{"umin32", s->u32min, false, s->u32min == 0},
		{"umax32", s->u32max, false, s->u32max == UINT32_MAX},
	};

	for (u32 i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i].silent)
			continue;
		text_fmt(t, "%s%s=", *sep, all[i].name);
		*sep = ",";
		for (u32 j = i + 2; j < ARRAY_SIZE(all); j += 2) {
			if (all[j].silent || all[j].value != all[i].value ||
			    is_negative(&all[j]) != is_negative(&all[i]))
				continue;
			all[j].silent = true;
			text_fmt(t, "%s=", all[j].name);
		}
		scalar_format_number(t, all[i].value, all[i].is_signed);
	}
}

void scalar_format_parts(struct text *t, const struct scalar *s, const char **sep)
{
	format_bounds(t, s, sep);
	if (tnum_is_unknown(s->bits))
		return;
	text_fmt(t, "%svar_off=", *sep);
	tnum_format(t, s->bits);
	*sep = ",";
}

void scalar_format(struct text *t, const struct scalar *s, const char *first)
{
	const char *sep = "";

	if (tnum_is_const(s->bits)) {
		scalar_format_number(t, s->bits.value, true);
		return;
	}
	text_puts(t, "scalar(");
	if (first && *first) {
		text_puts(t, first);
		sep = ",";
	}
	scalar_format_parts(t, s, &sep);
	text_putc(t, ')');
}

struct tnum_name tnum_name(struct tnum bits)
{
	struct tnum_name name;
	struct text t;

	text_init(&t, name.s, sizeof(name.s));
	if (tnum_is_const(bits))
		scalar_format_number(&t, bits.value, false);
	else
		tnum_format(&t, bits);
	return name;
}
