// SPDX-License-Identifier: BSD-2-Clause
/*
 * Bodies of helpers in an environment made up for the test, and the number
 * parsers against the running kernel's where bpf(2) is allowed.
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

#include <cygnet/abi.h>
#include "core/handle.h"
#include "core/helper.h"
#include "core/prog.h"
#include "core/run.h"

/* --- the environment ------------------------------------------------------------------------ */

static char user_memory[64] = "user memory";
static char line[2048];
static u32 line_len, signals;

static u64 env_clock(struct run *run, enum env_clock which)
{
	return 1000 + which;
}

static u64 env_ids(struct run *run)
{
	return 77ull << 32 | 78;
}

static void env_comm(struct run *run, char comm[16])
{
	memcpy(comm, "fifteen-letters\0", 16);
}

static u64 env_task(struct run *run)
{
	return handle_make(HANDLE_TASK, 0);
}

static u64 env_random(struct run *run)
{
	return 0xaabbccdd11223344ull;
}

/* User memory is at its own address; everything else of user space is not there. */
static int env_read_user(struct run *run, void *dst, u32 size, u64 addr)
{
	u64 base = ptr_to_u64(user_memory);

	if (addr < base || size > sizeof(user_memory) || addr - base > sizeof(user_memory) - size)
		return -EFAULT;
	memcpy(dst, u64_to_ptr(addr), size);
	return 0;
}

/* The kernel holds one byte, 'k', everywhere in handles. */
static int env_read_kernel(struct run *run, void *dst, u32 size, u64 addr)
{
	if (!handle_is(addr))
		return -EFAULT;
	memset(dst, 'k', size);
	return 0;
}

static int env_write_user(struct run *run, u64 addr, const void *src, u32 size)
{
	char was[64];

	if (env_read_user(run, was, size, addr))
		return -EFAULT;
	memcpy(u64_to_ptr(addr), src, size);
	return 0;
}

static long env_read_user_str(struct run *run, char *dst, u32 size, u64 addr)
{
	u32 n = 0;

	do
		if (env_read_user(run, dst + n, 1, addr + n))
			return -EFAULT;
	while (dst[n++] && n < size);
	dst[n - 1] = 0;
	return n;
}

static long env_read_kernel_str(struct run *run, char *dst, u32 size, u64 addr)
{
	return -EFAULT;
}

static long env_user_stack(struct run *run, u64 *ips, u32 max, u32 skip)
{
	u32 n = 0;

	for (u32 i = skip; i < 5 && n < max; i++)
		ips[n++] = 0x1000 + i;
	return n;
}

static long env_send_signal(struct run *run, u32 sig, bool thread)
{
	signals = sig << 1 | thread;
	return 0;
}

static void env_trace(struct run *run, const char *text, u32 len)
{
	memcpy(line, text, len);
	line[len] = 0;
	line_len = len;
}

static int env_pid_ns(struct run *run, u64 *dev, u64 *ino)
{
	*dev = 4;
	*ino = 4026531836u;
	return 0;
}

static u64 env_ancestor(struct run *run, u32 level)
{
	return level ? 0 : 1;
}

static const struct env_ops full = {
	.clock = env_clock,
	.pid_tgid = env_ids,
	.uid_gid = env_ids,
	.comm = env_comm,
	.task = env_task,
	.cgroup_id = env_ids,
	.random = env_random,
	.read_user = env_read_user,
	.read_kernel = env_read_kernel,
	.write_user = env_write_user,
	.read_user_str = env_read_user_str,
	.read_kernel_str = env_read_kernel_str,
	.user_stack = env_user_stack,
	.send_signal = env_send_signal,
	.trace = env_trace,
	.ancestor_cgroup_id = env_ancestor,
	.pid_ns = env_pid_ns,
};
static const struct env_ops nothing;

static struct image image;

static struct run run_with(const struct env_ops *env)
{
	return (struct run){
		.image = &image, .env = env, .cpu = 3, .cookie = 0xc0de, .func_ip = 0x401000};
}

static s64 call(struct run *run, u32 id, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	const struct helper_proto *p = core_helper(id);

	assert_non_null(p);
	return (s64)p->fn(run, r1, r2, r3, r4, r5);
}

#define CALL(run, name, ...) CALL_(run, name, __VA_ARGS__, 0, 0, 0, 0, 0)
#define CALL_(run, name, a, b, c, d, e, ...) \
	call(run, BPF_FUNC_##name, (u64)(a), (u64)(b), (u64)(c), (u64)(d), (u64)(e))

/* --- tests ---------------------------------------------------------------------------------- */

static void test_task(void **state)
{
	struct run run = run_with(&full);
	struct bpf_pidns_info ids;
	char comm[20];

	assert_int_equal(CALL(&run, get_current_pid_tgid, 0), 77ll << 32 | 78);
	assert_int_equal(CALL(&run, get_current_uid_gid, 0), 77ll << 32 | 78);
	assert_int_equal(CALL(&run, get_prandom_u32, 0), 0x11223344);
	assert_int_equal(CALL(&run, get_smp_processor_id, 0), 3);
	assert_int_equal(CALL(&run, get_current_task, 0), handle_make(HANDLE_TASK, 0));
	memset(comm, 'x', sizeof(comm));
	assert_int_equal(CALL(&run, get_current_comm, comm, sizeof(comm)), 0);
	assert_memory_equal(comm, "fifteen-letters\0\0\0\0", 20);
	memset(comm, 'x', sizeof(comm));
	assert_int_equal(CALL(&run, get_current_comm, comm, 5), 0);
	assert_memory_equal(comm, "fift\0xx", 7);
	assert_int_equal(CALL(&run, get_ns_current_pid_tgid, 4, 4026531836u, &ids, 8), 0);
	assert_int_equal(ids.pid, 78);
	assert_int_equal(ids.tgid, 77);
	assert_int_equal(CALL(&run, get_ns_current_pid_tgid, 5, 4026531836u, &ids, 8), -EINVAL);
	assert_int_equal(ids.pid, 0);
	assert_int_equal(CALL(&run, get_ns_current_pid_tgid, 4, 4026531836u, &ids, 4), -EINVAL);
	assert_int_equal(CALL(&run, get_current_ancestor_cgroup_id, 0), 1);
	assert_int_equal(CALL(&run, get_current_ancestor_cgroup_id, -1), 0);
	assert_int_equal(CALL(&run, send_signal, 10), 0);
	assert_int_equal(signals, 10 << 1);
	assert_int_equal(CALL(&run, send_signal_thread, 12), 0);
	assert_int_equal(signals, 12 << 1 | 1);
	assert_int_equal(CALL(&run, send_signal, 65), -EINVAL);
	assert_int_equal(CALL(&run, ktime_get_ns, 0), 1000);
	assert_int_equal(CALL(&run, jiffies64, 0), 1000 + ENV_CLOCK_JIFFIES);
	assert_int_equal(run.unknown, 0);
}

static void test_memory(void **state)
{
	struct run run = run_with(&full);
	char buf[16], own[8] = "context";
	u64 task = handle_make(HANDLE_TASK, 0);

	assert_int_equal(CALL(&run, probe_read_user, buf, 4, user_memory), 0);
	assert_memory_equal(buf, "user", 4);
	memset(buf, 'x', sizeof(buf));
	assert_int_equal(CALL(&run, probe_read_user, buf, 8, 4096), -EFAULT);
	assert_memory_equal(buf, "\0\0\0\0\0\0\0\0x", 9);
	assert_int_equal(CALL(&run, probe_read_user_str, buf, 16, user_memory), 12);
	assert_string_equal(buf, "user memory");
	assert_int_equal(CALL(&run, probe_read_user_str, buf, 5, user_memory), 5);
	assert_string_equal(buf, "user");
	assert_int_equal(CALL(&run, probe_read_user_str, buf, 0, 0), 0);
	assert_int_equal(CALL(&run, probe_read_kernel, buf, 2, task + 8), 0);
	assert_memory_equal(buf, "kk", 2);
	/* The old form goes by the address. */
	assert_int_equal(CALL(&run, probe_read, buf, 2, task), 0);
	assert_memory_equal(buf, "kk", 2);
	assert_int_equal(CALL(&run, probe_read, buf, 4, user_memory), 0);
	assert_memory_equal(buf, "user", 4);
	/* The program's own stack is the kernel's memory, not the task's. */
	run.stack = ptr_to_u64(own);
	run.stack_size = sizeof(own);
	assert_int_equal(CALL(&run, probe_read_kernel, buf, 8, own), 0);
	assert_memory_equal(buf, "context", 8);
	assert_int_equal(CALL(&run, probe_read_kernel, buf, 8, own + 1), -ERANGE);
	assert_int_equal(CALL(&run, probe_read_user, buf, 8, own), -EFAULT);
	assert_int_equal(CALL(&run, probe_read_kernel_str, buf, 16, own + 3), 5);
	assert_string_equal(buf, "text");
	memset(own, 'x', sizeof(own));
	assert_int_equal(CALL(&run, probe_read_kernel_str, buf, 16, own + 3), 6);
	assert_string_equal(buf, "xxxxx");
	memcpy(own, "context", 8);
	assert_int_equal(CALL(&run, copy_from_user, buf, 4, user_memory + 5), 0);
	assert_memory_equal(buf, "memo", 4);
	assert_int_equal(CALL(&run, probe_write_user, user_memory, own, 3), 0);
	assert_string_equal(user_memory, "conr memory");
	memcpy(user_memory, "use", 3);
	assert_int_equal(CALL(&run, probe_write_user, 4096, own, 3), -EFAULT);
}

/* Without an answer: zeroes or an error, and the question is counted. */
static void test_unknown(void **state)
{
	struct run run = run_with(&nothing);
	char buf[16] = "xxxxxxxxxxxxxxx";

	assert_int_equal(CALL(&run, get_current_pid_tgid, 0), 0);
	assert_int_equal(CALL(&run, ktime_get_ns, 0), 0);
	assert_int_equal(CALL(&run, get_current_comm, buf, 16), 0);
	assert_string_equal(buf, "");
	assert_int_equal(CALL(&run, probe_read_kernel, buf, 8, -4096), -EFAULT);
	assert_int_equal(CALL(&run, probe_read_user, buf, 8, 1), -EFAULT);
	assert_int_equal(CALL(&run, probe_write_user, 1, buf, 8), -EPERM);
	assert_int_equal(CALL(&run, get_stack, 0, buf, 16, BPF_F_USER_STACK), -EFAULT);
	assert_int_equal(run.unknown, 7);
}

static void test_stack(void **state)
{
	struct run run = run_with(&full);
	struct bpf_stack_build_id ids[2];
	u64 ips[8];

	memset(ips, 0xff, sizeof(ips));
	assert_int_equal(CALL(&run, get_stack, 0, ips, sizeof(ips), BPF_F_USER_STACK), 40);
	assert_int_equal(ips[0], 0x1000);
	assert_int_equal(ips[4], 0x1004);
	assert_int_equal(ips[5], 0);
	assert_int_equal(CALL(&run, get_stack, 0, ips, 16, BPF_F_USER_STACK | 2), 16);
	assert_int_equal(ips[0], 0x1002);
	assert_int_equal(CALL(&run, get_stack, 0, ips, 16, BPF_F_USER_STACK | 5), -EFAULT);
	assert_int_equal(CALL(&run, get_stack, 0, ips, 12, BPF_F_USER_STACK), -EINVAL);
	assert_int_equal(CALL(&run, get_stack, 0, ips, 16, 1 << 10), -EINVAL);
	assert_int_equal(CALL(&run, get_stack, 0, ips, 16, BPF_F_USER_BUILD_ID), -EINVAL);
	assert_int_equal(run.unknown, 0);
	assert_int_equal(CALL(&run, get_stack, 0, ips, 16, 0), -EFAULT);
	assert_int_equal(ips[0], 0);
	assert_int_equal(run.unknown, 1);
	assert_int_equal(
		CALL(&run, get_stack, 0, ids, sizeof(ids), BPF_F_USER_STACK | BPF_F_USER_BUILD_ID),
		sizeof(ids));
	assert_int_equal(ids[1].status, BPF_STACK_BUILD_ID_IP);
	assert_int_equal(ids[1].ip, 0x1001);
}

static void test_trace(void **state)
{
	struct run run = run_with(&full);
	u64 args[4] = {1, 2, 3, 4};

	assert_int_equal(CALL(&run, trace_printk, "%d %d %d\n", 10, 1, 2, 3), 6);
	assert_string_equal(line, "1 2 3");
	assert_int_equal(CALL(&run, trace_printk, "%d %d %d\n", 9, 1, 2, 3), -EINVAL);
	assert_int_equal(CALL(&run, trace_printk, "%d%d%d%d", 9, 1, 2, 3), -EINVAL);
	assert_int_equal(CALL(&run, trace_printk, "", 1), 0);
	assert_string_equal(line, "");
	assert_int_equal(CALL(&run, trace_vprintk, "%d%d%d%d", 9, args, 32), 4);
	assert_string_equal(line, "1234");
	assert_int_equal(CALL(&run, trace_vprintk, "%d", 3, args, 12), -EINVAL);
	assert_int_equal(CALL(&run, trace_vprintk, "%d", 3, 0, 8), -EINVAL);
	assert_int_equal(CALL(&run, trace_vprintk, "none", 5, 0, 0), 4);
	assert_int_equal(CALL(&run, trace_vprintk, "%d", 3, args, 104), -EINVAL);
	/* What does not fit a line is cut, the result is not. */
	assert_int_equal(CALL(&run, trace_printk, "%2000d", 7, 5), 2000);
	assert_int_equal(line_len, 1023);
	assert_int_equal(CALL(&run, get_attach_cookie, 0), 0xc0de);
	assert_int_equal(CALL(&run, get_func_ip, 0), 0x401000);
}

static void test_strncmp(void **state)
{
	struct run run = run_with(&full);

	assert_int_equal(CALL(&run, strncmp, "abc", 3, "abcd"), 0);
	assert_int_equal(CALL(&run, strncmp, "abc", 4, "abcd"), -1);
	assert_int_equal(CALL(&run, strncmp, "abd", 3, "abc"), 1);
	assert_int_equal(CALL(&run, strncmp, "a\xff", 2, "a\x01"), 1);
	assert_int_equal(CALL(&run, strncmp, "a\0b", 3, "a\0c"), 0);
}

/* --- numbers, beside the kernel -------------------------------------------------------------- */

struct number {
	const char *text;
	u64 flags;
	s64 ret, value; /* strtol */
	s64 uret;
	u64 uvalue;
};

#define NONE -EINVAL, 0, -EINVAL, 0
static const struct number numbers[] = {
	{"0", 0, 1, 0, 1, 0},
	{"123", 0, 3, 123, 3, 123},
	{"-5", 0, 2, -5, -EINVAL, 0},
	{" \t\n-5x", 0, 5, -5, -EINVAL, 0},
	{"+5", 0, NONE},
	{"0x1f", 0, 4, 31, 4, 31},
	{"0X1F", 16, 4, 31, 4, 31},
	{"1f", 16, 2, 31, 2, 31},
	{"017", 0, 3, 15, 3, 15},
	{"017", 10, 3, 17, 3, 17},
	{"08", 0, 1, 0, 1, 0},
	{"0xg", 0, 1, 0, 1, 0},
	{"0xg", 16, NONE},
	{"0x", 0, 1, 0, 1, 0},
	{"0x1", 10, 1, 0, 1, 0},
	{"", 0, NONE},
	{"-", 0, NONE},
	{"- 5", 0, NONE},
	{"--5", 0, NONE},
	{"   ", 0, NONE},
	{"abc", 10, NONE},
	{"12", 2, NONE},
	{"12", 36, NONE},
	{"12", 1ull << 5, NONE},
	{"12", 1ull << 32, NONE},
	{"9223372036854775807", 10, 19, INT64_MAX, 19, INT64_MAX},
	{"9223372036854775808", 10, -ERANGE, 0, 19, 1ull << 63},
	{"-9223372036854775808", 10, 20, INT64_MIN, -EINVAL, 0},
	{"-9223372036854775809", 10, -ERANGE, 0, -EINVAL, 0},
	{"18446744073709551615", 10, -ERANGE, 0, 20, UINT64_MAX},
	{"18446744073709551616", 10, -ERANGE, 0, -ERANGE, 0},
	{"-18446744073709551616", 10, -ERANGE, 0, -ERANGE, 0},
	{"12_3", 0, 2, 12, 2, 12},
	{"1234567z", 8, 7, 01234567, 7, 01234567},
	{"\xa0"
	 "7",
	 0, 2, 7, 2, 7},
	{"00000000000000000000000000000000000000000000000000000000000000000000005", 10, 63, 0, 63,
	 0},
	{"                                                                      5", 10, 71, 5, 71,
	 5},
};

/* The kernel's answers: a map value holds length, flags, value, result and the text. */
static int map_new(void)
{
	union bpf_attr a = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 256, .max_entries = 1};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a));
}

static int load(int map, u32 helper)
{
	struct bpf_insn prog[] = {
		{.code = 0x18, .dst_reg = 6, .src_reg = BPF_PSEUDO_MAP_VALUE, .imm = map},
		{0},
		{.code = 0x79, .dst_reg = 2, .src_reg = 6},
		{.code = 0x79, .dst_reg = 3, .src_reg = 6, .off = 8},
		{.code = 0x15, .dst_reg = 2, .off = 8},
		{.code = 0x25, .dst_reg = 2, .imm = 100, .off = 7},
		{.code = 0xbf, .dst_reg = 1, .src_reg = 6},
		{.code = 0x07, .dst_reg = 1, .imm = 64},
		{.code = 0xbf, .dst_reg = 4, .src_reg = 6},
		{.code = 0x07, .dst_reg = 4, .imm = 16},
		{.code = 0x85, .imm = helper},
		{.code = 0x7b, .dst_reg = 6, .src_reg = 0, .off = 24},
		{.code = 0x05},
		{.code = 0xb7},
		{.code = 0x95},
	};
	union bpf_attr a = {.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
			    .insns = (u64)prog,
			    .insn_cnt = ARRAY_SIZE(prog),
			    .license = (u64) "GPL"};

	return syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));
}

static s64 kernels(int map, int prog, const char *text, u64 flags, u64 *value)
{
	u64 v[32] = {strlen(text), flags, ~0ull};
	u32 key = 0;
	union bpf_attr set = {.map_fd = map, .key = (u64)&key, .value = (u64)v};
	union bpf_attr run = {.test.prog_fd = prog};

	memcpy(v + 8, text, strlen(text));
	assert_int_equal(syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &set, sizeof(set)), 0);
	assert_int_equal(syscall(SYS_bpf, BPF_PROG_TEST_RUN, &run, sizeof(run)), 0);
	assert_int_equal(syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &set, sizeof(set)), 0);
	*value = v[2];
	return v[3];
}

static void test_numbers(void **state)
{
	struct run run = run_with(&full);

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		const struct number *n = &numbers[i];
		s64 value = 1;
		u64 uvalue = 1;

		if (!*n->text)
			continue;
		assert_int_equal(CALL(&run, strtol, n->text, strlen(n->text), n->flags, &value),
				 n->ret);
		assert_int_equal(value, n->value);
		assert_int_equal(CALL(&run, strtoul, n->text, strlen(n->text), n->flags, &uvalue),
				 n->uret);
		assert_int_equal(uvalue, n->uvalue);
	}
}

static void test_numbers_kernel(void **state)
{
	int map = map_new(), prog = map < 0 ? -1 : load(map, BPF_FUNC_strtol), uprog;
	u64 value;

	if (prog < 0)
		skip();
	uprog = load(map, BPF_FUNC_strtoul);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		const struct number *n = &numbers[i];

		if (!*n->text)
			continue;
		assert_int_equal(kernels(map, prog, n->text, n->flags, &value), n->ret);
		assert_int_equal(value, n->value);
		assert_int_equal(kernels(map, uprog, n->text, n->flags, &value), n->uret);
		assert_int_equal(value, n->uvalue);
	}
	close(prog);
	close(uprog);
	close(map);
}

/* --- callbacks and locks ---------------------------------------------------------------------- */

static u32 rounds, stop_at, fail_at;

static int engine_call(struct run *run, u32 start, const u64 args[5], u64 *r0)
{
	assert_int_equal(start, 9);
	if (rounds == fail_at)
		return run_fault_set(run, FAULT_READ, 1, 0, 8, 0);
	*r0 = rounds++ == stop_at;
	return 0;
}

static const struct engine_ops engine = {.call = engine_call};

static void test_loop(void **state)
{
	struct run run = run_with(&full);

	run.engine = &engine;
	rounds = 0;
	stop_at = fail_at = UINT32_MAX;
	assert_int_equal(CALL(&run, loop, 10, 9, 0, 0), 10);
	assert_int_equal(rounds, 10);
	rounds = 0;
	stop_at = 3;
	assert_int_equal(CALL(&run, loop, 10, 9, 0, 0), 4);
	assert_int_equal(CALL(&run, loop, 0, 9, 0, 0), 0);
	assert_int_equal(CALL(&run, loop, 10, 9, 0, 1), -EINVAL);
	assert_int_equal(CALL(&run, loop, (8 << 20) + 1, 9, 0, 0), -E2BIG);
	rounds = 0;
	fail_at = 2;
	CALL(&run, loop, 10, 9, 0, 0);
	assert_int_equal(rounds, 2);
	assert_int_equal(run.fault.kind, FAULT_READ);
}

static void test_lock(void **state)
{
	struct run run = run_with(&full), other = run_with(&full);
	u32 word = 0;

	CALL(&run, spin_lock, &word);
	assert_int_equal(word, map_lock_word(0, run.cpu));
	/* Another run of the same slot would wait for ever. */
	CALL(&other, spin_lock, &word);
	assert_int_equal(other.fault.kind, FAULT_LOCK);
	CALL(&run, spin_unlock, &word);
	assert_int_equal(word, 0);
	assert_int_equal(run.fault.kind, FAULT_NONE);
	CALL(&run, spin_unlock, &word);
	assert_int_equal(run.fault.kind, FAULT_LOCK);
	run = run_with(&full);
	CALL(&run, spin_lock, &word);
	run_release(&run);
	assert_int_equal(word, 0);
}

/* What tables.def lists is complete: names, doc lines. */
static void test_rows(void **state)
{
	for (u32 id = 0; id < 256; id++) {
		const struct helper_proto *p = core_helper(id);

		if (!p)
			continue;
		assert_int_equal(p->id, id);
		assert_non_null(p->doc);
		assert_ptr_equal(core_helper_by_name(p->name), p);
		assert_ptr_equal(core_helper_by_name(p->name + 4), p);
	}
}

static int setup(void **state)
{
	core_helpers_init();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_task),    cmocka_unit_test(test_memory),
		cmocka_unit_test(test_unknown), cmocka_unit_test(test_stack),
		cmocka_unit_test(test_trace),   cmocka_unit_test(test_strncmp),
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_numbers_kernel),
		cmocka_unit_test(test_loop),    cmocka_unit_test(test_lock),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests_name("helper", tests, setup, NULL);
}
