// SPDX-License-Identifier: BSD-2-Clause
/*
 * Ranges at widths at which everything can be tried: every pair of intervals
 * that has a member, every pair of members; and by the way the same code at 64
 * bits at its edges.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "verify/range.h"

#define BITS  3
#define COUNT (1u << BITS)

/* All ranges of BITS that stand for something, and what they stand for as a set of bits. */
static struct range ranges[2000];
static u32 members[2000];
static u32 range_count;

static u32 members_of(const struct range *r)
{
	u32 set = 0;

	for (u32 x = 0; x < COUNT; x++)
		set |= (u32)range_has(r, x, BITS) << x;
	return set;
}

static int setup(void **state)
{
	struct range r;

	for (r.smin = range_smin(BITS); r.smin <= range_smax(BITS); r.smin++)
		for (r.smax = r.smin; r.smax <= range_smax(BITS); r.smax++)
			for (r.umin = 0; r.umin < COUNT; r.umin++)
				for (r.umax = r.umin; r.umax < COUNT; r.umax++)
					if ((members[range_count] = members_of(&r)))
						ranges[range_count++] = r;
	return 0;
}

static u64 do_add(u64 a, u64 b)
{
	return a + b;
}

static u64 do_sub(u64 a, u64 b)
{
	return a - b;
}

static u64 do_mul(u64 a, u64 b)
{
	return a * b;
}

static u64 do_and(u64 a, u64 b)
{
	return a & b;
}

static u64 do_or(u64 a, u64 b)
{
	return a | b;
}

static u64 do_xor(u64 a, u64 b)
{
	return a ^ b;
}

static struct tnum hull(const struct range *r)
{
	return tnum_range(r->umin, r->umax);
}

static void and_hulls(struct range *d, const struct range *s, u32 bits)
{
	range_and(d, s, tnum_and(hull(d), hull(s)), bits);
}

static void or_hulls(struct range *d, const struct range *s, u32 bits)
{
	range_or(d, s, tnum_or(hull(d), hull(s)), bits);
}

static void xor_hulls(struct range *d, const struct range *s, u32 bits)
{
	range_xor(d, tnum_xor(hull(d), hull(s)), bits);
}

static const struct {
	const char *name;
	void (*abstract)(struct range *d, const struct range *s, u32 bits);
	u64 (*concrete)(u64 a, u64 b);
} binaries[] = {
	{"add", range_add, do_add}, {"sub", range_sub, do_sub}, {"mul", range_mul, do_mul},
	{"and", and_hulls, do_and}, {"or", or_hulls, do_or},    {"xor", xor_hulls, do_xor},
};

static void test_pairs(void **state)
{
	for (u32 o = 0; o < ARRAY_SIZE(binaries); o++) {
		for (u32 i = 0; i < range_count; i++) {
			for (u32 j = 0; j < range_count; j++) {
				struct range d = ranges[i];
				u32 got;

				binaries[o].abstract(&d, &ranges[j], BITS);
				got = members_of(&d);
				for (u32 xy = 0; xy < COUNT * COUNT; xy++) {
					u64 x = xy / COUNT, y = xy % COUNT;

					if (members[i] >> x & members[j] >> y & 1 &&
					    !(got >> (binaries[o].concrete(x, y) % COUNT) & 1))
						fail_msg("%s: %u, %u", binaries[o].name, (u32)x,
							 (u32)y);
				}
			}
		}
	}
}

static void check_shift(u32 i, u32 count, void (*shift)(struct range *d, u32 n, u32 bits), int way)
{
	struct range d = ranges[i];
	u32 got;

	shift(&d, count, BITS);
	got = members_of(&d);
	for (u64 x = 0; x < COUNT; x++) {
		u64 want = way > 0    ? x << count
			   : way == 0 ? x >> count
				      : (u64)(range_signed(x, BITS) >> count);

		if (members[i] >> x & 1)
			assert_true(got >> (want % COUNT) & 1);
	}
}

static void test_shifts(void **state)
{
	for (u32 i = 0; i < range_count; i++) {
		for (u32 n = 0; n < BITS; n++) {
			check_shift(i, n, range_lsh, 1);
			check_shift(i, n, range_rsh, 0);
			check_shift(i, n, range_arsh, -1);
		}
		check_shift(i, BITS, range_lsh, 1);
		check_shift(i, 40, range_lsh, 1);
	}
}

/* Deduction keeps the members, narrows, and leaves ends that are members where it can. */
static void test_deduce(void **state)
{
	u32 exact = 0;

	for (u32 i = 0; i < range_count; i++) {
		struct range r = ranges[i], best = {BITS, -BITS, COUNT, 0};

		range_deduce(&r, BITS);
		range_deduce(&r, BITS);
		assert_int_equal(members_of(&r), members[i]);
		assert_true(range_within(&ranges[i], &r));
		best = (struct range){range_smax(BITS), range_smin(BITS), range_umax(BITS), 0};
		for (u64 x = 0; x < COUNT; x++) {
			if (!(members[i] >> x & 1))
				continue;
			best.smin = MIN(best.smin, range_signed(x, BITS));
			best.smax = MAX(best.smax, range_signed(x, BITS));
			best.umin = MIN(best.umin, x);
			best.umax = MAX(best.umax, x);
		}
		exact += range_within(&best, &r);
	}
	print_message("deduce: %u of %u exact after two rounds\n", exact, range_count);
	assert_int_equal(exact, range_count);
}

static void test_tnum(void **state)
{
	for (u32 mask = 0; mask < COUNT; mask++) {
		for (u32 value = 0; value < COUNT; value++) {
			struct tnum t = {value & ~mask, mask};

			for (u32 i = 0; i < range_count; i++) {
				struct range r = ranges[i];
				u32 want = members[i];

				for (u32 x = 0; x < COUNT; x++)
					if (!tnum_has(t, x))
						want &= ~(1u << x);
				range_learn_tnum(&r, t, BITS);
				assert_int_equal(members_of(&r) & want, want);
				assert_true(range_within(&ranges[i], &r) || range_is_empty(&r));
			}
		}
	}
}

static void test_edges(void **state)
{
	struct range a = range_unbounded(64), one = range_const(1, 64), all = range_unbounded(64);
	struct range minus = range_const(~0ull, 64), x = range_const(1ull << 63, 64);

	range_add(&a, &one, 64);
	assert_true(range_within(&a, &all) && range_within(&all, &a));
	/* all sums wrap: still an interval */
	range_add(&minus, &one, 64);
	assert_true(minus.umin == 0 && minus.umax == 0 && minus.smin == 0 && minus.smax == 0);
	range_mul(&x, &x, 64);
	assert_true(range_within(&x, &all));
	a = range_const(1ull << 63, 64);
	range_sub(&a, &one, 64);
	assert_true(a.umin == INT64_MAX && a.umax == INT64_MAX);
	assert_true(a.smin == INT64_MIN && a.smax == INT64_MAX);
	a = range_const(1, 64);
	range_lsh(&a, 63, 64);
	assert_true(a.umin == 1ull << 63 && a.umax == 1ull << 63);
	a = range_const(0x80000000, 32);
	assert_true(a.smin == INT32_MIN && a.umin == 0x80000000);
	assert_false(range_is_empty(&a));
	range_meet_unsigned(&a, 5, 6);
	assert_true(range_is_empty(&a));
	a = (struct range){1, 1, 1, 2};
	assert_false(range_is_const(&a));
	a = (struct range){0, 1, 1, 1};
	assert_false(range_is_const(&a));
	assert_true(range_is_const(&one));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),  cmocka_unit_test(test_shifts),
		cmocka_unit_test(test_deduce), cmocka_unit_test(test_tnum),
		cmocka_unit_test(test_edges),
	};

	return cmocka_run_group_tests_name("range", tests, setup, NULL);
}
