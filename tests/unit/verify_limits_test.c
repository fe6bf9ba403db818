// SPDX-License-Identifier: BSD-2-Clause
/*
 * How large a verification may get: a million instructions in a program and on
 * all its paths, 8192 branches open at once, logs larger than anybody has room
 * for; and which engine then runs a program. Errors are those of Linux 6.18.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <cygnet/abi.h>
#include <cygnet/cygnet.h>
#include "base/alloc.h"
#include "core/image.h"
#include "vm/instance.h"

#define MOST 1000000

static struct cygnet *inst;
static struct bpf_insn insns[MOST + 1];
static u32 count;
static char log_text[1 << 16];

static void put(u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	assert_true(count < MOST + 1);
	insns[count++] = (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm};
}

static long load_into(struct cygnet *to, u32 level, u32 *true_size)
{
	union bpf_attr a = {.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
			    .insns = (u64)insns,
			    .insn_cnt = count,
			    .license = (u64) "GPL",
			    .log_level = level,
			    .log_buf = level ? (u64)log_text : 0,
			    .log_size = level ? sizeof(log_text) : 0};
	long fd = cygnet_bpf(to, BPF_PROG_LOAD, &a, sizeof(a));

	if (true_size)
		*true_size = a.log_true_size;
	return fd;
}

static long load(u32 level)
{
	long fd = load_into(inst, level, NULL);

	if (fd < 0)
		return fd;
	close((int)fd);
	return 0;
}

static int begin(void **state)
{
	count = 0;
	log_text[0] = 0;
	return 0;
}

static void test_straight(void **state)
{
	while (count < MOST - 1)
		put(0xb7, 0, 0, 0, (s32)count);
	put(0x95, 0, 0, 0, 0);
	assert_int_equal(load(4), 0);
	assert_non_null(strstr(log_text, "processed 1000000 insns (limit 1000000)"));
	put(0x95, 0, 0, 0, 0);
	assert_int_equal(load(0), -E2BIG);
}

static void test_long_loop(void **state)
{
	put(0xb7, 0, 0, 0, 0);
	put(0x07, 0, 0, 0, 1);
	put(0xa5, 0, 0, -2, 2000000);
	put(0x95, 0, 0, 0, 0);
	assert_int_equal(load(4), -E2BIG);
	assert_non_null(strstr(log_text, "BPF program is too large. Processed 1000001 insn"));
}

/* Both ways of many branches. */
static void put_branches(u32 n)
{
	put(0xb7, 0, 0, 0, 0);
	put(0x79, 2, 1, 0, 0);
	for (u32 i = 0; i < n; i++) {
		put(0x15, 2, 0, 1, (s32)i);
		put(0x07, 0, 0, 0, 1);
	}
	put(0x95, 0, 0, 0, 0);
}

static void test_branches(void **state)
{
	put_branches(9000);
	assert_int_equal(load(4), -EFAULT);
	assert_non_null(strstr(log_text, "The sequence of 8193 jumps is too complex."));
}

static void test_fewer_branches(void **state)
{
	put_branches(300);
	assert_int_equal(load(4), 0);
}

/* The end of a log of some hundred megabytes, and how long it would have been. */
static void test_long_log(void **state)
{
	u32 size = 0;

	put(0xb7, 0, 0, 0, 0);
	put(0x07, 0, 0, 0, 1);
	put(0xa5, 0, 0, -2, 100000);
	put(0x95, 0, 0, 0, 0);
	assert_int_equal(load_into(inst, 2, &size), -ENOSPC);
	assert_true(size > 10u << 20);
	assert_int_equal(strlen(log_text), sizeof(log_text) - 1);
	assert_non_null(strstr(log_text, "processed "));
	assert_int_equal(load_into(inst, 2 | 8, &size), -ENOSPC);
	assert_memory_equal(log_text, "func#0 @0\n", 10);
}

/* What a path wrote is cut off when it ended well, but it had to fit all the same. */
static void test_log_of_one_path(void **state)
{
	u32 size = 0;
	long fd;

	for (u32 i = 0; i < 100; i++)
		put(0xb7, 0, 0, 0, (s32)i);
	put(0x95, 0, 0, 0, 0);
	fd = load_into(inst, 1, &size);
	assert_true(fd >= 0);
	close((int)fd);
	assert_memory_equal(log_text, "processed 101 insns", 19);
	assert_true(size > 3000);
	while (count < 5000)
		put(0xb7, 0, 0, 0, 0);
	put(0x95, 0, 0, 0, 0);
	insns[100] = insns[0];
	assert_int_equal(load_into(inst, 1, &size), -ENOSPC);
}

/* Whichever allocation fails, the load does, and nothing else. */
static void test_no_memory(void **state)
{
	static const u8 program[] = {0xbf, 0x16, 0, 0, 0, 0, 0, 0, 0x85, 0x10, 0, 0, 4, 0, 0, 0};
	unsigned long n = 0;
	long err;

	memcpy(insns, program, sizeof(program));
	count = 2;
	put(0x79, 2, 6, 0, 0);
	put(0x15, 2, 0, 1, 7);
	put(0x7b, 10, 2, -8, 0);
	put(0x95, 0, 0, 0, 0);
	put(0x7b, 10, 1, -264, 0);
	put(0xb7, 0, 0, 0, 0);
	put(0x95, 0, 0, 0, 0);
	do {
		base_alloc_fail_nth(++n);
		err = load(2);
		assert_true(err == 0 || err == -ENOMEM);
	} while (base_alloc_count() >= n);
	base_alloc_fail_nth(0);
	assert_int_equal(err, 0);
	assert_true(n > 10);
}

static u32 flags_of(struct cygnet *of)
{
	long fd = load_into(of, 0, NULL);
	struct object *o;
	u32 flags;

	assert_true(fd >= 0);
	o = object_next(of, OBJECT_PROG, 0);
	assert_non_null(object_prog(o));
	flags = object_prog(o)->image->flags;
	close((int)fd);
	object_settle(of);
	return flags;
}

/* The plain interpreter runs what is proven, but for loads of kernel objects, which may fault. */
static void test_engine(void **state)
{
	struct cygnet_opts opts = {.sz = sizeof(opts), .checked = 1};
	struct cygnet *checked, *plain;

	assert_int_equal(cygnet_new(&opts, &checked), 0);
	assert_int_equal(cygnet_new(NULL, &plain), 0);
	put(0xb7, 0, 0, 0, 0);
	put(0x95, 0, 0, 0, 0);
	assert_true(flags_of(plain) & IMAGE_VERIFIED);
	assert_false(flags_of(checked) & IMAGE_VERIFIED);
	if (!access("/sys/kernel/btf/vmlinux", R_OK)) {
		count = 0;
		put(0x85, 0, 0, 0, BPF_FUNC_get_current_task_btf);
		put(0x79, 0, 0, 0, 0);
		put(0x95, 0, 0, 0, 0);
		assert_true(flags_of(plain) & IMAGE_OBJECTS);
	}
	cygnet_free(checked);
	cygnet_free(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_straight, begin),
		cmocka_unit_test_setup(test_long_loop, begin),
		cmocka_unit_test_setup(test_branches, begin),
		cmocka_unit_test_setup(test_fewer_branches, begin),
		cmocka_unit_test_setup(test_long_log, begin),
		cmocka_unit_test_setup(test_log_of_one_path, begin),
		cmocka_unit_test_setup(test_no_memory, begin),
		cmocka_unit_test_setup(test_engine, begin),
	};
	int failed;

	if (cygnet_new(NULL, &inst))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	cygnet_free(inst);
	return failed;
}
