// SPDX-License-Identifier: BSD-2-Clause
/*
 * The same programs through cygnet_bpf() and through the running kernel's
 * bpf(2): what helpers return must be alike. The programs call one helper with
 * given arguments; r0 at the end is compared with the fact in the table, in
 * both. Programs are written with two maps in reach: @data, an array whose
 * value a program may write, and @text, frozen and read-only.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "cygnet/cygnet.h"
#include "isa/asm.h"
#include "isa/decode.h"

#define ANSWER 0x7eedbeef /* r0 may be anything that both agree on */

struct call_case {
	const char *name;
	s64 want;
	const char *text;
};

/* r6 = @data's value; r7 = @text's; the stack's 64 bytes below r10 are zero. */
#define BUFFER "r1 = r10\nr1 += -64\n"

static const struct call_case cases[] = {
	{"pid_tgid", ANSWER, "call 14\n"},
	{"uid_gid", ANSWER, "call 15\n"},
	{"comm of 16", 0, BUFFER "r2 = 16\ncall 16\n"},
	{"comm, its text", ANSWER, BUFFER "r2 = 16\ncall 16\nr0 = *(u64 *)(r10 - 64)\n"},
	{"comm cut to 4", ANSWER, BUFFER "r2 = 4\ncall 16\nr0 = *(u64 *)(r10 - 64)\n"},
	{"numa node", 0, "call 42\n"},
	{"random has 32 bits", 0, "call 7\nr0 >>= 32\n"},
	{"time goes on", 1,
	 "call 5\nr8 = r0\ncall 5\nr1 = 1\nif r0 >= r8 goto +1\nr1 = 0\nr0 = r1\n"},
	{"boot time is not before monotonic", 1,
	 "call 5\nr8 = r0\ncall 125\nr1 = 1\nif r0 >= r8 goto +1\nr1 = 0\nr0 = r1\n"},
	{"own namespace of nothing", -EINVAL,
	 "r1 = 0\nr2 = 0\nr3 = r10\nr3 += -64\nr4 = 8\ncall 120\n"},
	{"namespace, wrong size", -EINVAL,
	 "r1 = 0\nr2 = 0\nr3 = r10\nr3 += -64\nr4 = 16\ncall 120\n"},
	{"probe_read_kernel of 0", -ERANGE, BUFFER "r2 = 8\nr3 = 0\ncall 113\n"},
	{"probe_read_kernel of nothing", -ERANGE, BUFFER "r2 = 0\nr3 = 0\ncall 113\n"},
	{"probe_read_kernel of the stack", 0, BUFFER "r2 = 8\nr3 = r10\nr3 += -32\ncall 113\n"},
	{"probe_read_kernel of a map", 0x6c6c6568,
	 BUFFER "r2 = 4\nr3 = r7\ncall 113\nr0 = *(u32 *)(r10 - 64)\n"},
	{"probe_read_user of 0", -EFAULT, BUFFER "r2 = 8\nr3 = 0\ncall 112\n"},
	{"probe_read_user leaves zeroes", 0,
	 "*(u64 *)(r10 - 64) = 5\n" BUFFER "r2 = 8\nr3 = 0\ncall 112\nr0 = *(u64 *)(r10 - 64)\n"},
	{"probe_read_user of kernel memory", -EFAULT, BUFFER "r2 = 8\nr3 = -4096\ncall 112\n"},
	{"probe_read of 0", -EFAULT, BUFFER "r2 = 8\nr3 = 0\ncall 4\n"},
	{"probe_read_user_str of 0", -EFAULT, BUFFER "r2 = 8\nr3 = 0\ncall 114\n"},
	{"probe_read_user_str of nothing", 0, BUFFER "r2 = 0\nr3 = 0\ncall 114\n"},
	{"probe_read_kernel_str of 0", -ERANGE, BUFFER "r2 = 8\nr3 = 0\ncall 115\n"},
	{"probe_read_kernel_str of nothing", 0, BUFFER "r2 = 0\nr3 = 0\ncall 115\n"},
	{"probe_read_kernel_str", 6, BUFFER "r2 = 16\nr3 = r7\ncall 115\n"},
	{"probe_read_kernel_str, cut", 3, BUFFER "r2 = 3\nr3 = r7\ncall 115\n"},
	{"probe_read_str", 6, BUFFER "r2 = 16\nr3 = r7\ncall 45\n"},
	{"strncmp, equal", 0, "r1 = r6\nr2 = 5\nr3 = r7\ncall 182\n"},
	{"strncmp, below", -1, "r1 = r6\nr1 += 16\nr2 = 5\nr3 = r7\ncall 182\n"},
	{"strncmp, above", 1, "r1 = r6\nr1 += 24\nr2 = 5\nr3 = r7\ncall 182\n"},
	{"strncmp, longer", 1, "r1 = r6\nr1 += 8\nr2 = 6\nr3 = r7\ncall 182\n"},
	{"strncmp, up to there equal", 0, "r1 = r6\nr1 += 8\nr2 = 5\nr3 = r7\ncall 182\n"},
	{"snprintf", 6, "r1 = r10\nr1 += -64\nr2 = 16\nr3 = r7\nr4 = 0\nr5 = 0\ncall 165\n"},
	{"snprintf into nothing", 6, "r1 = 0\nr2 = 0\nr3 = r7\nr4 = 0\nr5 = 0\ncall 165\n"},
	{"snprintf, cut", 0x6568,
	 "r1 = r10\nr1 += -64\nr2 = 3\nr3 = r7\nr4 = 0\nr5 = 0\ncall 165\nr0 = *(u32 *)(r10 - "
	 "64)\n"},
	{"trace_printk", 2, "*(u64 *)(r10 - 64) = 0x206425\n" BUFFER "r2 = 4\nr3 = 7\ncall 6\n"},
	{"trace_printk, no end", -EINVAL,
	 "*(u64 *)(r10 - 64) = 0x206425\n" BUFFER "r2 = 3\nr3 = 7\ncall 6\n"},
	{"trace_printk, no such conversion", -EINVAL,
	 "*(u64 *)(r10 - 64) = 0x206625\n" BUFFER "r2 = 8\nr3 = 7\ncall 6\n"},
	{"trace_vprintk", 11,
	 "*(u64 *)(r10 - 64) = 0x206425\n" BUFFER "r2 = 8\nr3 = r6\nr4 = 8\ncall 177\n"},
	{"trace_vprintk, odd size", -EINVAL,
	 "*(u64 *)(r10 - 64) = 0x206425\n" BUFFER "r2 = 8\nr3 = r6\nr4 = 9\ncall 177\n"},
	{"trace_vprintk, too many", -EINVAL,
	 "*(u64 *)(r10 - 64) = 0x206425\n" BUFFER "r2 = 8\nr3 = r6\nr4 = 104\ncall 177\n"},
	{"trace_vprintk, no arguments", -EINVAL,
	 "*(u64 *)(r10 - 64) = 0x206425\n" BUFFER "r2 = 8\nr3 = 0\nr4 = 0\ncall 177\n"},
	{"get_stack, unknown flag", -EINVAL,
	 "r2 = r10\nr2 += -64\nr3 = 16\nr4 = 1024\nr1 = r9\ncall 67\n"},
	{"get_stack, odd size", -EINVAL,
	 "r2 = r10\nr2 += -64\nr3 = 12\nr4 = 256\nr1 = r9\ncall 67\n"},
	{"get_stack, build ids of the kernel", -EINVAL,
	 "r2 = r10\nr2 += -64\nr3 = 32\nr4 = 2048\nr1 = r9\ncall 67\n"},
	{"get_stack, odd build ids", -EINVAL,
	 "r2 = r10\nr2 += -64\nr3 = 40\nr4 = 2304\nr1 = r9\ncall 67\n"},
	{"probe_read_kernel of no canonical address", -ERANGE,
	 BUFFER "r2 = 8\nr3 = 1\nr3 <<= 50\ncall 113\n"},
	{"probe_read_kernel of the last page", -EFAULT, BUFFER "r2 = 8\nr3 = -4096\ncall 113\n"},
	{"probe_read of the last page", -EFAULT, BUFFER "r2 = 8\nr3 = -4096\ncall 4\n"},
	{"probe_read of no canonical address", -ERANGE,
	 BUFFER "r2 = 8\nr3 = 1\nr3 <<= 50\ncall 4\n"},
	{"probe_read_user of nothing", 0, BUFFER "r2 = 0\nr3 = 0\ncall 112\n"},
	{"probe_read_user of nothing of the kernel", -EFAULT,
	 BUFFER "r2 = 0\nr3 = -4096\ncall 112\n"},
	{"probe_read of nothing", 0, BUFFER "r2 = 0\nr3 = 0\ncall 4\n"},
	{"probe_read_str of 0", -EFAULT, BUFFER "r2 = 8\nr3 = 0\ncall 45\n"},
};

typedef long bpf_fn(int cmd, union bpf_attr *attr);

static struct cygnet *inst;

static long ours(int cmd, union bpf_attr *attr)
{
	return cygnet_bpf(inst, cmd, attr, sizeof(*attr));
}

static long kernels(int cmd, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return r < 0 ? -errno : r;
}

/* A map of one value. */
static int map_of(bpf_fn *bpf, const char *bytes, u32 flags)
{
	union bpf_attr create = {.map_type = BPF_MAP_TYPE_ARRAY,
				 .key_size = 4,
				 .value_size = 128,
				 .max_entries = 1,
				 .map_flags = flags};
	long fd = bpf(BPF_MAP_CREATE, &create);
	union bpf_attr set = {.map_fd = fd}, freeze = {.map_fd = fd};
	u32 key = 0;

	if (fd < 0)
		return fd;
	set.key = (u64)&key;
	set.value = (u64)bytes;
	assert_int_equal(bpf(BPF_MAP_UPDATE_ELEM, &set), 0);
	if (flags)
		assert_int_equal(bpf(BPF_MAP_FREEZE, &freeze), 0);
	return fd;
}

static const char text_bytes[128] = "hello";
static const char data_bytes[128] = "hello\0\0\0hellow\0\0hellm\0\0\0help";

/* r0 of a case, whole: the program leaves it in @data. */
static s64 run_case(bpf_fn *bpf, const struct call_case *c, int data, int text)
{
	static char log[1 << 14];
	struct isa_op *ops = NULL;
	struct diag d;
	u64 value[16], insns[128];
	u32 count = 0, key = 0;
	char source[4096];
	union bpf_attr load = {.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT}, run = {0};
	union bpf_attr get = {.map_fd = data}, set = {.map_fd = data};
	long fd;

	snprintf(source, sizeof(source),
		 "r9 = r1\nr6 = map[fd:%d][0]+0\nr7 = map[fd:%d][0]+0\n"
		 "r0 = 0\n*(u64 *)(r10 - 64) = r0\n*(u64 *)(r10 - 56) = r0\n"
		 "*(u64 *)(r10 - 48) = r0\n*(u64 *)(r10 - 40) = r0\n*(u64 *)(r10 - 32) = r0\n"
		 "%s*(u64 *)(r6 + 120) = r0\nr0 = 0\nexit\n",
		 data, text, c->text);
	diag_init(&d);
	if (isa_assemble(source, strlen(source), &ops, &count, &d) || count > 128)
		fail_msg("%s: %s", c->name, d.what);
	assert_int_equal(isa_encode(ops, count, insns), 0);
	base_free(ops);
	load.insns = (u64)insns;
	load.insn_cnt = count;
	load.license = (u64) "GPL";
	load.log_buf = (u64)log;
	load.log_size = sizeof(log);
	load.log_level = 1;
	set.key = get.key = (u64)&key;
	set.value = (u64)data_bytes;
	get.value = (u64)value;
	assert_int_equal(bpf(BPF_MAP_UPDATE_ELEM, &set), 0);
	log[0] = 0;
	fd = bpf(BPF_PROG_LOAD, &load);
	if (fd < 0)
		fail_msg("%s: load %ld: %s", c->name, fd, log);
	run.test.prog_fd = fd;
	assert_int_equal(bpf(BPF_PROG_TEST_RUN, &run), 0);
	assert_int_equal(bpf(BPF_MAP_LOOKUP_ELEM, &get), 0);
	close(fd);
	return value[15];
}

static void test_alike(void **state)
{
	int data = map_of(ours, data_bytes, 0);
	int text = map_of(ours, text_bytes, BPF_F_RDONLY_PROG);
	int kernel_data = map_of(kernels, data_bytes, 0), kernel_text = -1;
	unsigned wrong = 0;

	assert_true(data >= 0 && text >= 0);
	if (kernel_data >= 0)
		kernel_text = map_of(kernels, text_bytes, BPF_F_RDONLY_PROG);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct call_case *c = &cases[i];
		s64 want = c->want, got;

		if (kernel_text >= 0) {
			want = run_case(kernels, c, kernel_data, kernel_text);
			if (c->want != ANSWER && c->want != want) {
				print_error("%s: the kernel returns %lld\n", c->name,
					    (long long)want);
				wrong++;
			}
		}
		got = run_case(ours, c, data, text);
		if (want != ANSWER && got != want) {
			print_error("%s: %lld, kernel %lld\n", c->name, (long long)got,
				    (long long)want);
			wrong++;
		}
	}
	close(data);
	close(text);
	assert_int_equal(wrong, 0);
}

static int setup(void **state)
{
	return cygnet_new(NULL, &inst);
}

static int teardown(void **state)
{
	cygnet_free(inst);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_alike)};

	return cmocka_run_group_tests_name("helper_kernel", tests, setup, teardown);
}
