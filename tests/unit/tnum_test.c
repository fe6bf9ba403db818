// SPDX-License-Identifier: BSD-2-Clause
/*
 * Tristate numbers: every pair of five bits against every pair of members, and
 * random ones of 64 bits. All but multiplication must be optimal too: the
 * result is the smallest tnum with all results in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "verify/tnum.h"

#define BITS  5
#define ALL   ((1u << BITS) - 1)
#define TNUMS 243 /* 3 to the BITS */

static u64 seed = 88172645463325252ull;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static struct tnum all[TNUMS];

static int setup(void **state)
{
	u32 n = 0;

	for (u64 mask = 0; mask <= ALL; mask++)
		for (u64 value = 0; value <= ALL; value++)
			if (!(value & mask))
				all[n++] = (struct tnum){value, mask};
	assert_int_equal(n, TNUMS);
	return 0;
}

/* The smallest tnum that holds the numbers fed to it. */
struct hull {
	u64 ones, any; /* set in all; set in one at least */
	bool used;
};

static void feed(struct hull *h, u64 x)
{
	h->ones = h->used ? h->ones & x : x;
	h->any = h->used ? h->any | x : x;
	h->used = true;
}

static bool is_hull(const struct hull *h, struct tnum t)
{
	return t.value == h->ones && t.mask == (h->any & ~h->ones);
}

static bool members_in(struct tnum t, const struct hull *h)
{
	return tnum_in(t, (struct tnum){h->ones, h->any & ~h->ones});
}

/* ---- operations on two ---- */

struct binary {
	const char *name;
	struct tnum (*abstract)(struct tnum a, struct tnum b);
	u64 (*concrete)(u64 a, u64 b);
	u32 optimal; /* pairs of which the result is the smallest there is */
};

#define CONCRETE(name, expr)               \
	static u64 do_##name(u64 a, u64 b) \
	{                                  \
		return expr;               \
	}
CONCRETE(add, a + b)
CONCRETE(sub, a - b)
CONCRETE(mul, a *b)
CONCRETE(and, a &b)
CONCRETE(or, a | b)
CONCRETE(xor, a ^ b)
CONCRETE(neg, -a)

static struct tnum neg_first(struct tnum a, struct tnum b)
{
	return tnum_neg(a);
}

#define PAIRS (TNUMS * TNUMS)
static const struct binary binaries[] = {
	{"add", tnum_add, do_add, PAIRS},  {"sub", tnum_sub, do_sub, PAIRS},
	{"mul", tnum_mul, do_mul, 55974},  {"and", tnum_and, do_and, PAIRS},
	{"or", tnum_or, do_or, PAIRS},     {"xor", tnum_xor, do_xor, PAIRS},
	{"neg", neg_first, do_neg, PAIRS},
};

static void hull_of(const struct binary *op, struct tnum a, struct tnum b, struct hull *h)
{
	for (u64 x = 0; x <= ALL; x++)
		for (u64 y = 0; tnum_has(a, x) && y <= ALL; y++)
			if (tnum_has(b, y))
				feed(h, op->concrete(x, y) & ALL);
}

static void test_pairs(void **state)
{
	for (u32 o = 0; o < ARRAY_SIZE(binaries); o++) {
		const struct binary *op = &binaries[o];
		u32 optimal = 0;

		for (u32 i = 0; i < PAIRS; i++) {
			struct tnum a = all[i / TNUMS], b = all[i % TNUMS], t = op->abstract(a, b);
			struct hull h = {0};

			assert_false(t.value & t.mask);
			t.value &= ALL;
			t.mask &= ALL;
			hull_of(op, a, b, &h);
			if (!members_in(t, &h))
				fail_msg("%s: pair %u", op->name, i);
			optimal += is_hull(&h, t);
		}
		assert_int_equal(optimal, op->optimal);
	}
}

/* Members of a random tnum: known bits, and any in the mask. */
static struct tnum random_tnum(void)
{
	u64 mask = rnd() & (rnd() % 2 ? rnd() : ~0ull) & (rnd() % 2 ? ~0ull << rnd() % 64 : ~0ull);

	return (struct tnum){rnd() & ~mask, mask};
}

static u64 member(struct tnum t)
{
	return t.value | (rnd() & t.mask);
}

static void test_random(void **state)
{
	for (u32 i = 0; i < 200000; i++) {
		const struct binary *op = &binaries[i % ARRAY_SIZE(binaries)];
		struct tnum a = random_tnum(), b = random_tnum(), t = op->abstract(a, b);

		for (u32 k = 0; k < 16; k++)
			assert_true(tnum_has(t, op->concrete(member(a), member(b))));
		assert_false(t.value & t.mask);
	}
}

/* ---- operations on one ---- */

static void test_shifts(void **state)
{
	for (u32 i = 0; i < TNUMS; i++) {
		for (u32 n = 0; n < BITS; n++) {
			struct tnum a = all[i], top = tnum_lsh(a, 64 - BITS);
			struct tnum l = tnum_lsh(a, n), r = tnum_rsh(a, n);
			struct tnum s = tnum_rsh(tnum_arsh(top, n, 64), 64 - BITS);
			struct tnum low = tnum_arsh(tnum_lsh(a, 32 - BITS), n, 32);
			struct hull hl = {0}, hr = {0}, hs = {0}, hs32 = {0};

			for (u64 x = 0; x <= ALL; x++) {
				if (!tnum_has(a, x))
					continue;
				feed(&hl, x << n);
				feed(&hr, x >> n);
				feed(&hs, (u64)((s64)(x << (64 - BITS)) >> n) >> (64 - BITS));
				feed(&hs32, (u32)((s32)(x << (32 - BITS)) >> n));
			}
			assert_true(is_hull(&hl, l));
			assert_true(is_hull(&hr, r));
			assert_true(is_hull(&hs, s));
			assert_true(is_hull(&hs32, low));
		}
	}
}

/* Bytes and halves change places or go: each bit by itself, so one member tells. */
static void test_parts(void **state)
{
	for (u32 i = 0; i < 100000; i++) {
		struct tnum a = random_tnum(), b = random_tnum();
		u64 x = member(a), y = member(b), m = a.mask;

		assert_true(tnum_has(tnum_bswap(a, 16), __builtin_bswap16((u16)x)));
		assert_true(tnum_has(tnum_bswap(a, 32), __builtin_bswap32((u32)x)));
		assert_true(tnum_has(tnum_bswap(a, 64), __builtin_bswap64(x)));
		assert_true(tnum_bswap(a, 16).mask == __builtin_bswap16((u16)m));
		assert_true(tnum_bswap(a, 32).mask == __builtin_bswap32((u32)m));
		assert_true(tnum_bswap(a, 64).mask == __builtin_bswap64(m));
		assert_true(tnum_has(tnum_cast(a, 1), (u8)x) && tnum_cast(a, 1).mask == (u8)m);
		assert_true(tnum_has(tnum_cast(a, 2), (u16)x) && tnum_cast(a, 2).mask == (u16)m);
		assert_true(tnum_has(tnum_subreg(a), (u32)x) && tnum_subreg(a).mask == (u32)m);
		assert_true(tnum_has(tnum_cast(a, 8), x) && tnum_cast(a, 8).mask == m);
		assert_true(tnum_has(tnum_clear_subreg(a), x >> 32 << 32));
		assert_true(tnum_clear_subreg(a).mask == m >> 32 << 32);
		assert_true(tnum_has(tnum_with_subreg(a, b), (x >> 32 << 32) | (u32)y));
		assert_true(tnum_with_subreg(a, b).mask == ((m >> 32 << 32) | (u32)b.mask));
	}
}

static void test_range(void **state)
{
	for (u64 min = 0; min <= ALL; min++) {
		for (u64 max = min; max <= ALL; max++) {
			struct hull h = {0};

			for (u64 x = min; x <= max; x++)
				feed(&h, x);
			assert_true(is_hull(&h, tnum_range(min, max)));
		}
	}
	assert_true(tnum_is_unknown(tnum_range(0, ~0ull)));
	assert_true(tnum_is_unknown(tnum_range(INT64_MAX, 1ull << 63)));
	assert_true(tnum_is_const(tnum_range(~0ull, ~0ull)));
}

static void test_next(void **state)
{
	for (u32 i = 0; i < TNUMS; i++) {
		for (u64 x = 0; x <= ALL; x++) {
			u64 want = all[i].value | all[i].mask;

			for (u64 m = ALL; m > x; m--)
				if (tnum_has(all[i], m))
					want = m;
			assert_int_equal(tnum_next(all[i], x), want);
			/* the same at the other end of the word */
			assert_int_equal(tnum_next(tnum_lsh(all[i], 64 - BITS), x << (64 - BITS)),
					 want << (64 - BITS));
		}
	}
}

/* ---- sets ---- */

static void test_sets(void **state)
{
	for (u32 i = 0; i < PAIRS; i++) {
		struct tnum a = all[i / TNUMS], b = all[i % TNUMS];
		struct hull both = {0}, either = {0};
		bool subset = true;

		for (u64 x = 0; x <= ALL; x++) {
			bool in_a = tnum_has(a, x), in_b = tnum_has(b, x);

			if (in_a && in_b)
				feed(&both, x);
			if (in_a || in_b)
				feed(&either, x);
			subset &= in_a || !in_b;
		}
		assert_int_equal(tnum_overlap(a, b), both.used);
		if (both.used)
			assert_true(is_hull(&both, tnum_intersect(a, b)));
		assert_true(is_hull(&either, tnum_union(a, b)));
		assert_int_equal(tnum_in(a, b), subset);
	}
}

static void test_alignment(void **state)
{
	for (u32 i = 0; i < TNUMS; i++) {
		assert_true(tnum_is_aligned(all[i], 0));
		for (u64 size = 1; size <= 64; size *= 2) {
			bool want = true;

			for (u64 x = 0; x <= ALL; x++)
				want &= !tnum_has(all[i], x) || x % size == 0;
			assert_int_equal(tnum_is_aligned(all[i], size), want);
		}
	}
}

static void test_text(void **state)
{
	char buf[64];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	tnum_format(&t, tnum_const(0));
	tnum_format(&t, TNUM_UNKNOWN);
	tnum_format(&t, tnum_range(0x1000, 0x10ff));
	assert_string_equal(buf, "(0x0; 0x0)(0x0; 0xffffffffffffffff)(0x1000; 0xff)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),  cmocka_unit_test(test_random),
		cmocka_unit_test(test_shifts), cmocka_unit_test(test_parts),
		cmocka_unit_test(test_range),  cmocka_unit_test(test_next),
		cmocka_unit_test(test_sets),   cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests_name("tnum", tests, setup, NULL);
}
