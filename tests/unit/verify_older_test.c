// SPDX-License-Identifier: BSD-2-Clause
/* What older kernels do not derive: arithmetic, decided branches, what is learned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "verify/verifier.h"

static struct verify_input in;
static struct verifier v = {.in = &in};

static void imitate(u32 major, u32 minor)
{
	in.kernel = CORE_KERNEL(major, minor, 255);
}

/* dst op= src, as the imitated kernel knows the result. */
static struct scalar compute(u16 op, struct scalar dst, struct scalar src)
{
	struct isa_op o = {.op = op};
	struct scalar was = dst;

	scalar_alu(&dst, &o, &src);
	verify_older_alu(&v, &o, &was, &src, &dst);
	return dst;
}

static bool is_unknown(struct scalar s)
{
	return tnum_is_unknown(s.bits) && s.umin == 0 && s.umax == UINT64_MAX;
}

static void test_results(void **state)
{
	struct scalar few = scalar_unsigned(0, 7), five = scalar_const(5);
	u64 tops = 1ull << 63 | 1u << 31;
	struct scalar top = scalar_const(tops);
	struct scalar high = scalar_unsigned(tops + 1, tops + 8), minus;

	imitate(6, 9);
	assert_true(is_unknown(compute(ISA_OP_OR64_REG, five, few)));
	assert_true(is_unknown(compute(ISA_OP_NEG64, five, five)));
	assert_true(is_unknown(compute(ISA_OP_BE16, five, five)));
	assert_int_equal(compute(ISA_OP_OR64_REG, few, five).umax, 7);
	assert_int_equal(compute(ISA_OP_AND64_REG, five, few).umax, 5);
	/* Both ends overflow: the known bits alone are left. */
	assert_int_equal(compute(ISA_OP_ADD64_REG, high, top).umax, 0x10000000f);
	imitate(6, 10);
	assert_int_equal(compute(ISA_OP_OR64_REG, five, few).umax, 7);
	assert_true(is_unknown(compute(ISA_OP_NEG64, five, five)));
	imitate(6, 17);
	assert_int_equal(compute(ISA_OP_ADD64_REG, high, top).umax, 0x100000008);
	imitate(6, 18);
	minus = compute(ISA_OP_NEG64, five, five);
	assert_true(tnum_is_const(minus.bits) && minus.smin == -5);
	assert_int_equal(compute(ISA_OP_BE16, five, five).umax, 0x500);
	in.kernel = 0;
	assert_true(tnum_is_const(compute(ISA_OP_NEG64, five, five).bits));
}

static void test_decisions(void **state)
{
	struct scalar_test gt = {SCALAR_GT, 64}, eq = {SCALAR_EQ, 64};
	struct scalar few = scalar_unsigned(0, 7), many = scalar_unsigned(8, 99);
	struct scalar five = scalar_const(5);

	imitate(6, 1);
	assert_true(verify_older_decides(&v, gt, &few, &five));
	assert_true(verify_older_decides(&v, eq, &five, &five));
	assert_false(verify_older_decides(&v, gt, &five, &few));
	assert_false(verify_older_decides(&v, gt, &many, &few));
	assert_false(verify_older_decides(&v, eq, &many, &five));
	imitate(6, 6);
	assert_true(verify_older_decides(&v, gt, &five, &few));
	assert_true(verify_older_decides(&v, eq, &many, &five));
	assert_false(verify_older_decides(&v, gt, &many, &few));
	imitate(6, 8);
	assert_true(verify_older_decides(&v, gt, &many, &few));
}

static void test_learning(void **state)
{
	struct scalar_test lt = {SCALAR_LT, 64}, ne = {SCALAR_NE, 64}, eq32 = {SCALAR_EQ, 32};
	struct scalar a, b;

	imitate(6, 1);
	a = scalar_unsigned(0, 99), b = scalar_const(10);
	assert_true(verify_older_refine(&v, lt, true, &a, &b));
	assert_int_equal(a.umax, 9);
	/* Nothing is below 0, and nothing is learned from it. */
	a = scalar_unsigned(0, 99), b = scalar_const(0);
	verify_older_refine(&v, lt, true, &a, &b);
	assert_int_equal(a.umax, 99);
	/* Bounds that contradict one another stay. */
	a = scalar_unsigned(40, 41), b = scalar_const(35);
	assert_true(verify_older_refine(&v, lt, true, &a, &b));
	assert_true(a.umin == 40 && a.umax == 34);
	/* != takes nothing off a range; == of the low half makes it that number. */
	a = scalar_unsigned(0, 10), b = scalar_const(10);
	verify_older_refine(&v, ne, true, &a, &b);
	assert_int_equal(a.umax, 10);
	a = scalar_unsigned(563, UINT32_MAX), b = scalar_const(8);
	verify_older_refine(&v, eq32, true, &a, &b);
	assert_true(a.umin == 8 && a.umax == 8);
	/* The constant may stand on the left; two ranges teach nothing. */
	a = scalar_const(10), b = scalar_unsigned(0, 99);
	verify_older_refine(&v, lt, true, &a, &b);
	assert_int_equal(b.umin, 11);
	a = scalar_unsigned(50, 99), b = scalar_unsigned(0, 60);
	verify_older_refine(&v, lt, true, &a, &b);
	assert_int_equal(a.umax, 99);
	imitate(6, 8);
	verify_older_refine(&v, lt, true, &a, &b);
	assert_int_equal(a.umax, 59);
	a = scalar_unsigned(0, 10), b = scalar_const(10);
	verify_older_refine(&v, ne, true, &a, &b);
	assert_int_equal(a.umax, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_decisions),
		cmocka_unit_test(test_learning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
