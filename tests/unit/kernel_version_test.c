// SPDX-License-Identifier: BSD-2-Clause
/* Versions as people write them, and the dated rows. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <cygnet/abi.h>
#include "core/kernel.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int err;
		u32 version;
	} cases[] = {
		{"4.19", 0, CORE_KERNEL(4, 19, 255)},
		{"4.20", 0, CORE_KERNEL(4, 20, 255)},
		{"5.0", 0, CORE_KERNEL(5, 0, 255)},
		{"6.18", 0, CORE_KERNEL(6, 18, 255)},
		{"v6.1.192", 0, CORE_KERNEL(6, 1, 192)},
		{"6.12.0", 0, CORE_KERNEL(6, 12, 0)},
		{"5.4.300", 0, CORE_KERNEL(5, 4, 255)},
		{"4.18", -ERANGE, 0},
		{"6.19", -ERANGE, 0},
		{"4.21", -ERANGE, 0},
		{"5.20", -ERANGE, 0},
		{"7.0", -ERANGE, 0},
		{"6.18.9999", 0, CORE_KERNEL(6, 18, 255)},
		{"6", -EINVAL, 0},
		{"6.", -EINVAL, 0},
		{"6.1.", -EINVAL, 0},
		{"6.1-rc3", -EINVAL, 0},
		{" 6.1", -EINVAL, 0},
		{"6.12345", -EINVAL, 0},
		{"", -EINVAL, 0},
		{"v", -EINVAL, 0},
		{"-6.1", -EINVAL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u32 v = 7;

		assert_int_equal(core_kernel_parse(cases[i].text, &v), cases[i].err);
		assert_int_equal(v, cases[i].err ? 7 : cases[i].version);
	}
}

static void test_features(void **state)
{
	assert_false(core_kernel_has(CORE_KERNEL(5, 1, 255), KERNEL_INSNS_1M));
	assert_true(core_kernel_has(CORE_KERNEL(5, 2, 0), KERNEL_INSNS_1M));
	assert_true(core_kernel_has(0, KERNEL_INSNS_1M));
	/* Carried back to one series, not to those between. */
	assert_true(core_kernel_has(CORE_KERNEL(5, 10, 255), KERNEL_SPEC_STORE_BYPASS));
	assert_false(core_kernel_has(CORE_KERNEL(5, 11, 255), KERNEL_SPEC_STORE_BYPASS));
	assert_false(core_kernel_has(0, KERNEL_FEATURE_COUNT));
}

/* Rows are dated within what is modelled, and say something. */
static void test_rows(void **state)
{
	for (u32 i = 0; i < KERNEL_FEATURE_COUNT; i++) {
		const struct kernel_row *r = core_kernel_row(i);

		assert_non_null(r);
		assert_true(r->doc && strlen(r->doc) > 4);
		assert_true(r->since > 0x0413 && r->since <= 0x0613);
		assert_true(!r->until || r->until > r->since);
		for (u32 j = 0; j < ARRAY_SIZE(r->also); j++)
			assert_true(r->also[j] < r->since);
		/* What came after the newest must at least have been carried back to it. */
		assert_true(r->since <= 0x0612 || core_kernel_has(0, i));
	}
	assert_null(core_kernel_row(KERNEL_FEATURE_COUNT));
}

static void test_attach_types(void **state)
{
	for (u32 t = 0; t < __MAX_BPF_ATTACH_TYPE; t++) {
		assert_true(core_kernel_attach_since(t) >= 0x040a);
		assert_true(core_kernel_attach_type(0, t));
	}
	assert_false(core_kernel_attach_type(0, __MAX_BPF_ATTACH_TYPE));
	assert_false(core_kernel_attach_type(CORE_KERNEL(5, 8, 255), BPF_XDP));
	assert_true(core_kernel_attach_type(CORE_KERNEL(5, 9, 0), BPF_XDP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_features),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_attach_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
