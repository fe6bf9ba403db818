// SPDX-License-Identifier: BSD-2-Clause
/* Versions as people write them, and the dated rows. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <cygnet/abi.h>
#include "core/helper.h"
#include "core/kernel.h"
#include "core/map.h"
#include "core/prog.h"
#include "isa/decode.h"

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
	assert_true(core_kernel_has(CORE_KERNEL(6, 6, 255), KERNEL_TAIL_CALL_PACKET));
	assert_false(core_kernel_has(CORE_KERNEL(6, 11, 255), KERNEL_TAIL_CALL_PACKET));
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

/* Every helper's date beside the facts; those not named are older than 4.19. */
static void test_helpers(void **state)
{
	FILE *f = fopen("tests/data/since.facts", "r");
	u32 want[256] = {0}, named = 0;
	char line[512], name[64];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		unsigned int major, minor;
		int at;

		if (sscanf(line, "helper %u.%u%n", &major, &minor, &at) != 2)
			continue;
		for (char *t = strtok(line + at, " \n"); t; t = strtok(NULL, " \n")) {
			const struct helper_proto *p = core_helper_by_name(t);

			assert_non_null(p);
			want[p->id] = major << 8 | minor;
			named++;
		}
	}
	fclose(f);
	assert_true(named > 100);
	for (u32 id = 0; id < ARRAY_SIZE(want); id++) {
		const struct helper_proto *p = core_helper(id);

		snprintf(name, sizeof(name), "%s", p ? p->name : "");
		if (p && p->since != want[id])
			fail_msg("%s: %x, not %x", name, p->since, want[id]);
	}
}

static u32 load_op(u32 code, u32 regs, s32 off, s32 imm)
{
	struct {
		u8 code, regs;
		s16 off;
		s32 imm;
	} insns[2] = {{code, regs, off, imm}, {0}};
	struct isa_op ops[2];

	assert_int_equal(isa_decode(insns, code == 0x18 ? 2 : 1, ops, NULL), 0);
	return isa_since(ops[0].op);
}

static void test_instructions(void **state)
{
	static const u32 series[] = {0x0413, 0x0501, 0x0502, 0x050a, 0x050c, 0x050d,
				     0x050e, 0x0606, 0x0609, 0x060f, 0x0612};
	struct isa_op op = {.op = ISA_OP_LOAD_ACQ64};
	struct diag d;

	assert_int_equal(load_op(0x0f, 0x10, 0, 0), 0);
	assert_int_equal(load_op(0x3f, 0x10, 1, 0), 0x0606);
	assert_int_equal(load_op(0x1e, 0x10, 1, 0), 0x0501);
	assert_int_equal(load_op(0xdb, 0x10, 0, 0), 0);
	assert_int_equal(load_op(0xdb, 0x10, 0, 1), 0x050c);
	assert_int_equal(load_op(0x18, 0x40, 0, 1), 0x050d);
	assert_int_equal(load_op(0xe5, 0, 1, 0), 0x0609);
	for (size_t i = 0; i < ARRAY_SIZE(series); i++) {
		int err;

		diag_init(&d);
		err = isa_check_kernel(&op, 1, series[i] << 8, &d);
		assert_int_equal(err, series[i] >= 0x060f ? 0 : -EINVAL);
		assert_string_equal(d.what, !err ? ""
					    : series[i] >= 0x050c
						    ? "BPF_ATOMIC uses invalid atomic opcode 100"
						    : "BPF_STX uses reserved fields");
	}
	assert_int_equal(isa_check_kernel(&op, 1, 0, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),   cmocka_unit_test(test_features),
		cmocka_unit_test(test_rows),    cmocka_unit_test(test_attach_types),
		cmocka_unit_test(test_helpers), cmocka_unit_test(test_instructions),
	};

	core_helpers_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
