// SPDX-License-Identifier: BSD-2-Clause
/* bpf(2) of instances that imitate older kernels: what they do not know yet. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <cygnet/cygnet.h>
#include "base/types.h"
#include "core/kernel.h"

#define ADDR(x) ((u64)(uintptr_t)(x))

static struct cygnet *inst;
static char log_text[4096];

static void imitate(u32 major, u32 minor)
{
	struct cygnet_opts o = {.sz = sizeof(o), .kernel = CORE_KERNEL(major, minor, 255)};

	cygnet_free(inst);
	inst = NULL;
	assert_int_equal(cygnet_new(&o, &inst), 0);
}

static int call(int cmd, union bpf_attr *a, u32 size)
{
	int ret = cygnet_bpf(inst, cmd, a, size);

	if (ret >= 0 && (cmd == BPF_MAP_CREATE || cmd == BPF_PROG_LOAD))
		close(ret);
	return ret < 0 ? ret : 0;
}

static int load_sized(const struct bpf_insn *insns, u32 count, union bpf_attr a, u32 size)
{
	a.insns = ADDR(insns);
	a.insn_cnt = count;
	a.license = ADDR("GPL");
	a.log_buf = ADDR(log_text);
	a.log_size = sizeof(log_text);
	a.log_level = 1;
	log_text[0] = 0;
	a.prog_type = a.prog_type ?: BPF_PROG_TYPE_SOCKET_FILTER;
	return call(BPF_PROG_LOAD, &a, size);
}
#define LOAD(insns, ...) \
	load_sized(insns, ARRAY_SIZE(insns), (union bpf_attr){__VA_ARGS__}, sizeof(union bpf_attr))

static int map_of(u32 type, u32 flags, u32 value)
{
	union bpf_attr a = {.map_type = type,
			    .key_size = type == BPF_MAP_TYPE_RINGBUF ? 0 : 4,
			    .value_size = value,
			    .max_entries = 4096,
			    .map_flags = flags};

	return call(BPF_MAP_CREATE, &a, 72);
}

#define INSN(code, dst, src, off, imm)   \
	{                                \
		code, dst, src, off, imm \
	}
#define RETURN_0 INSN(0xb7, 0, 0, 0, 0), INSN(0x95, 0, 0, 0, 0)

static const struct bpf_insn plain[] = {RETURN_0};

static void test_range(void **state)
{
	struct cygnet_opts o = {.sz = sizeof(o)};
	struct cygnet *none = NULL;

	o.kernel = CORE_KERNEL(4, 18, 255);
	assert_int_equal(cygnet_new(&o, &none), -EINVAL);
	o.kernel = CORE_KERNEL(6, 19, 0);
	assert_int_equal(cygnet_new(&o, &none), -EINVAL);
	assert_null(none);
}

static void test_attr(void **state)
{
	union bpf_attr a = {0};

	imitate(4, 19);
	assert_int_equal(LOAD(plain), 0);
	/* line_info_cnt is behind what 4.19 knows of any command. */
	assert_int_equal(LOAD(plain, .line_info_cnt = 1), -E2BIG);
	imitate(5, 0);
	assert_int_equal(LOAD(plain, .attach_prog_fd = 1), -E2BIG);
	/* 6.1 has bytes up to 144 for other ends, PROG_LOAD's own is 140. */
	imitate(6, 1);
	a.log_true_size = 1;
	assert_int_equal(load_sized(plain, 2, a, sizeof(a)), -EINVAL);
	imitate(6, 4);
	assert_int_equal(load_sized(plain, 2, a, sizeof(a)), 0);
}

static void test_commands(void **state)
{
	union bpf_attr a = {0};

	imitate(4, 19);
	assert_int_equal(call(BPF_MAP_FREEZE, &a, sizeof(a)), -EINVAL);
	assert_int_equal(call(BPF_LINK_GET_NEXT_ID, &a, sizeof(a)), -EINVAL);
	assert_int_equal(call(BPF_PROG_GET_NEXT_ID, &a, sizeof(a)), -ENOENT);
	imitate(5, 8);
	assert_int_equal(call(BPF_LINK_GET_NEXT_ID, &a, sizeof(a)), -ENOENT);
}

static void test_types(void **state)
{
	imitate(5, 7);
	assert_int_equal(map_of(BPF_MAP_TYPE_RINGBUF, 0, 0), -EINVAL);
	assert_int_equal(map_of(BPF_MAP_TYPE_ARRAY, BPF_F_INNER_MAP, 4), -EINVAL);
	assert_int_equal(map_of(BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE, 4), 0);
	assert_int_equal(LOAD(plain, .prog_type = BPF_PROG_TYPE_SK_LOOKUP,
			      .expected_attach_type = BPF_SK_LOOKUP),
			 -EINVAL);
	assert_int_equal(LOAD(plain, .prog_flags = BPF_F_XDP_HAS_FRAGS), -EINVAL);
	imitate(5, 8);
	assert_int_equal(map_of(BPF_MAP_TYPE_RINGBUF, 0, 0), 0);
	imitate(5, 10);
	assert_int_equal(map_of(BPF_MAP_TYPE_ARRAY, BPF_F_INNER_MAP, 4), 0);
}

static void test_program(void **state)
{
	static const struct bpf_insn loop[] = {INSN(0xb7, 1, 0, 0, 3), INSN(0x17, 1, 0, 0, 1),
					       INSN(0x55, 1, 0, -2, 0), RETURN_0};
	static const struct bpf_insn jmp32[] = {INSN(0xb7, 0, 0, 0, 0), INSN(0x16, 0, 0, 0, 0),
						INSN(0x95, 0, 0, 0, 0)};
	static const struct bpf_insn boot_time[] = {INSN(0x85, 0, 0, 0, 125), RETURN_0};
	struct bpf_insn *many = calloc(5000, sizeof(*many));

	for (u32 i = 0; i < 5000; i++)
		many[i] = (struct bpf_insn)INSN(0xb7, 0, 0, 0, 0);
	many[4999] = plain[1];

	imitate(4, 19);
	assert_int_equal(LOAD(loop), -EINVAL);
	assert_non_null(strstr(log_text, "back-edge from insn 2 to 1"));
	assert_int_equal(LOAD(jmp32), -EINVAL);
	assert_non_null(strstr(log_text, "unknown opcode 16"));
	assert_int_equal(LOAD(boot_time), -EINVAL);
	assert_non_null(strstr(log_text, "invalid func unknown#125"));
	assert_int_equal(load_sized(many, 5000, (union bpf_attr){0}, 72), -E2BIG);
	imitate(5, 2);
	assert_int_equal(LOAD(loop), -EINVAL);
	assert_int_equal(LOAD(jmp32), 0);
	assert_int_equal(load_sized(many, 5000, (union bpf_attr){0}, 72), 0);
	imitate(5, 8);
	assert_int_equal(LOAD(loop), 0);
	assert_int_equal(LOAD(boot_time), 0);
	free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_range),    cmocka_unit_test(test_attr),
		cmocka_unit_test(test_commands), cmocka_unit_test(test_types),
		cmocka_unit_test(test_program),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	cygnet_free(inst);
	return failed;
}
