// SPDX-License-Identifier: BSD-2-Clause
/*
 * Dead code taken out: what BPF_OBJ_GET_INFO_BY_FD shows of a program afterwards,
 * instruction for instruction what the running kernel shows (where root asks it),
 * and what is stored here; and that it still computes the same.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>
#include <cygnet/abi.h>
#include <cygnet/cygnet.h>
#include "base/alloc.h"
#include "isa/asm.h"
#include "isa/decode.h"

#define MOST 64

static struct cygnet *inst;
static bool kernel;

static long ask(bool of_kernel, int cmd, union bpf_attr *a)
{
	if (!of_kernel)
		return cygnet_bpf(inst, cmd, a, sizeof(*a));
	return syscall(SYS_bpf, cmd, a, sizeof(*a)) < 0 ? -errno : 0;
}

struct program {
	u8 insns[MOST * 8];
	u32 count;
};

static void assemble(const char *text, struct program *p)
{
	struct isa_op *ops = NULL;
	struct diag d;

	diag_init(&d);
	assert_int_equal(isa_assemble(text, strlen(text), &ops, &p->count, &d), 0);
	assert_true(p->count <= MOST);
	assert_int_equal(isa_encode(ops, p->count, p->insns), 0);
	base_free(ops);
}

static long load(bool of_kernel, const struct program *p)
{
	union bpf_attr a = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
			    .insns = (u64)p->insns,
			    .insn_cnt = p->count,
			    .license = (u64) "GPL"};

	if (!of_kernel)
		return cygnet_bpf(inst, BPF_PROG_LOAD, &a, sizeof(a));
	return syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));
}

/* The instructions a descriptor's program has. */
static void show(bool of_kernel, int fd, struct program *out)
{
	struct bpf_prog_info info = {.xlated_prog_len = sizeof(out->insns),
				     .xlated_prog_insns = (u64)out->insns};
	union bpf_attr a = {.info = {.bpf_fd = fd, .info_len = sizeof(info), .info = (u64)&info}};

	memset(out, 0, sizeof(*out));
	assert_int_equal(ask(of_kernel, BPF_OBJ_GET_INFO_BY_FD, &a), 0);
	out->count = info.xlated_prog_len / 8;
}

static u32 run(int fd)
{
	u8 packet[64] = {0};
	union bpf_attr a = {
		.test = {.prog_fd = fd, .data_in = (u64)packet, .data_size_in = sizeof(packet)}};

	assert_int_equal(ask(false, BPF_PROG_TEST_RUN, &a), 0);
	return a.test.retval;
}

static void same(const char *before, const char *after, u32 result)
{
	struct program p, want, got;
	long fd;

	assemble(before, &p);
	assemble(after, &want);
	fd = load(false, &p);
	assert_true(fd >= 0);
	show(false, (int)fd, &got);
	assert_int_equal(got.count, want.count);
	assert_memory_equal(got.insns, want.insns, want.count * 8);
	assert_int_equal(run((int)fd), result);
	close((int)fd);
	if (!kernel)
		return;
	fd = load(true, &p);
	assert_true(fd >= 0);
	show(true, (int)fd, &got);
	close((int)fd);
	assert_int_equal(got.count, want.count);
	/* Of calls of functions the kernel shows what its compiler made. */
	for (u32 i = 0; i < want.count; i++)
		if (want.insns[i * 8] != 0x85)
			assert_memory_equal(got.insns + i * 8, want.insns + i * 8, 8);
}

static void test_nothing_dead(void **state)
{
	same("r0 = 1\nr2 = *(u64 *)(r10 - 8)\nif r2 == 7 goto +1\nr0 = 1\nexit\n",
	     "r0 = 1\nr2 = *(u64 *)(r10 - 8)\nif r2 == 7 goto +1\nr0 = 1\nexit\n", 1);
}

static void test_never_taken(void **state)
{
	same("r0 = 3\nif r0 == 7 goto +1\nexit\nr0 = 1\nexit\n", "r0 = 3\nexit\n", 3);
}

static void test_always_taken(void **state)
{
	same("r0 = 3\nif r0 == 3 goto +2\nr0 = 1\nexit\nr0 += 1\nexit\n", "r0 = 3\nr0 += 1\nexit\n",
	     4);
}

/* Jumps over what goes become shorter; those over nothing go too. */
static void test_shorter_jumps(void **state)
{
	same("r6 = *(u64 *)(r10 - 8)\nr0 = 1\nif r6 == 9 goto +4\nr2 = 5\nif r2 == 5 goto +1\n"
	     "r0 = 2\nr0 += 4\nr0 += 8\nexit\n",
	     "r6 = *(u64 *)(r10 - 8)\nr0 = 1\nif r6 == 9 goto +2\nr2 = 5\nr0 += 4\nr0 += 8\nexit\n",
	     13);
}

static void test_constants(void **state)
{
	same("r0 = 0\nr1 = 1\nif r1 == 1 goto +3\nr2 = 0x1122334455667788 ll\nr0 = r2\n"
	     "r3 = 0x1122334400000001 ll\nw0 = w3\nexit\n",
	     "r0 = 0\nr1 = 1\nr3 = 0x1122334400000001 ll\nw0 = w3\nexit\n", 1);
}

static void test_backward(void **state)
{
	same("r6 = 0\nr7 = 1\nif r7 == 0 goto +4\nr6 += 1\nif r6 < 5 goto -4\nr0 = r6\nexit\n"
	     "r0 = 9\nexit\n",
	     "r6 = 0\nr7 = 1\nr6 += 1\nif r6 < 5 goto -3\nr0 = r6\nexit\n", 5);
}

static void test_long_jump(void **state)
{
	same("r0 = 1\nr2 = 0\nif r2 == 1 goto +1\ngotol +1\nr0 = 2\nexit\n",
	     "r0 = 1\nr2 = 0\ngotol +0\nexit\n", 1);
}

/* A function that only dead code calls is gone; calls of the others find theirs. */
static void test_functions(void **state)
{
	same("r6 = 0\nif r6 == 0 goto +1\ncall f\ncall g\nr0 += 1\nexit\n"
	     "f: r0 = 100\nexit\ng: r0 = 4\nexit\n",
	     "r6 = 0\ncall +2\nr0 += 1\nexit\nr0 = 4\nexit\n", 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_dead), cmocka_unit_test(test_never_taken),
		cmocka_unit_test(test_always_taken), cmocka_unit_test(test_shorter_jumps),
		cmocka_unit_test(test_constants),    cmocka_unit_test(test_backward),
		cmocka_unit_test(test_long_jump),    cmocka_unit_test(test_functions),
	};
	struct program least;
	long fd;

	if (cygnet_new(NULL, &inst))
		return 1;
	memset(&least, 0, sizeof(least));
	memcpy(least.insns, (u8[]){0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95}, 9);
	least.count = 2;
	fd = load(true, &least);
	kernel = fd >= 0;
	if (kernel)
		close((int)fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
