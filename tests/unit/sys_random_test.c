// SPDX-License-Identifier: BSD-2-Clause
/*
 * Random bpf(2) calls: any command, any attr, made of values that hit something
 * (descriptors, ids, sizes, addresses good, bad and half-good). Every call
 * returns a descriptor, 0 or an error of the kernel's; nothing crashes, and in
 * the end nothing is left. The seed is printed by a failure; SEED repeats it.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <cygnet/cygnet.h>
#include <cmocka.h>
#include <linux/perf_event.h>
#include <sys/stat.h>
#include "sys/sys.h"
#include "vm/instance.h"

#define ROUNDS    60000
#define BUF_BYTES (64u << 10)

static struct cygnet *inst;
static u64 seed, state_word;
static u8 *buf; /* the page behind it is not mapped */
static int fds[64];
static u32 fd_count;

static u64 next(void)
{
	state_word += 0x9e3779b97f4a7c15ull;
	u64 x = state_word;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static u32 some_fd(void)
{
	return fd_count && next() % 8 ? fds[next() % fd_count] : (u32[]){0, 999, ~0u}[next() % 3];
}

static u32 some_u32(void)
{
	switch (next() % 8) {
	case 0: return 0;
	case 1: return some_fd();
	case 2: return next() % 8;
	case 3: return 1u << next() % 32;
	case 4: return next() % 70;
	case 5: return 4096u << next() % 3;
	case 6: return some_fd();
	default: return next() % 16 ? 4 : next();
	}
}

static u64 some_address(void)
{
	switch (next() % 6) {
	case 0: return 0;
	case 1: return 8;
	case 2: return ptr_to_u64(buf + BUF_BYTES - next() % 16);
	default: return ptr_to_u64(buf + next() % BUF_BYTES);
	}
}

/* Programs and type information worth looking at twice, somewhere in the buffer. */
static void fill_buf(void)
{
	static const u8 codes[] = {0x18, 0x95, 0xb7, 0x85, 0x05, 0xbf,
				   0x61, 0x7b, 0x15, 0x07, 0xdb, 0x00};
	u64 *w = (u64 *)buf;

	for (u32 i = 0; i < BUF_BYTES / 8; i++)
		switch (next() % 4) {
		case 0:
			w[i] = codes[next() % sizeof(codes)] | (next() & 0xff) << 8 |
			       (u64)some_u32() << 32;
			break;
		case 1: w[i] = 0; break;
		case 2: w[i] = some_u32() | (u64)some_u32() << 32; break;
		default: w[i] = some_address();
		}
}

static void put(union bpf_attr *a, u32 off, u64 v, u32 size)
{
	memcpy((u8 *)a + off, &v, size);
}

/* Mostly well-formed for the commands that make things; any words for the others. */
static void some_attr(int cmd, union bpf_attr *a)
{
	memset(a, 0, sizeof(*a));
	for (u32 off = 0; off < 80; off += 8)
		if (next() % 3 == 0)
			put(a, off, some_address(), 8);
		else if (next() % 2)
			put(a, off, some_u32() | (u64)(next() % 2 ? some_u32() : 0) << 32, 8);
	if (next() % 4)
		memset((u8 *)a + 24 + next() % 40, 0, sizeof(*a) - 64);
	if (cmd == BPF_MAP_CREATE && next() % 4) {
		memset(a, 0, sizeof(*a));
		a->map_type = (u32[]){1, 2, 4, 5, 6, 9, 27}[next() % 7];
		a->key_size = a->map_type == 27 ? 0 : 4;
		a->value_size = a->map_type == 27 ? 0 : a->map_type == 4 ? 4 : 1 + next() % 64;
		a->max_entries = a->map_type == 27 ? 4096 : 1 + next() % 64;
		a->map_flags = next() % 4 ? 0 : 1u << next() % 16;
	}
	if (cmd == BPF_PROG_LOAD && next() % 2) {
		memset(a, 0, sizeof(*a));
		a->prog_type = (u32[]){1, 2, 5, 17, 31, 9}[next() % 6];
		a->insns = some_address();
		a->insn_cnt = 1 + next() % 8;
		a->license = ptr_to_u64("GPL");
		a->log_level = next() % 5;
		a->log_buf = a->log_level ? some_address() : 0;
		a->log_size = a->log_buf ? some_u32() : 0;
		if (next() % 4) {
			static const u64 minimal[] = {0xb7, 0x95};

			a->insns = ptr_to_u64(minimal);
			a->insn_cnt = 2;
		}
	}
}

static void keep_or_close(long fd)
{
	if (fd_count == ARRAY_SIZE(fds)) {
		u32 i = next() % fd_count;

		close(fds[i]);
		fds[i] = fds[--fd_count];
	}
	fds[fd_count++] = fd;
}

static void one_round(void)
{
	int cmd = next() % 40;
	union bpf_attr a;
	u32 size = next() % 8 ? sizeof(a) : next() % (sizeof(a) + 1);
	struct stat st;
	bool is_fd;
	long ret;

	some_attr(cmd, &a);
	ret = sys_bpf(inst, sys_self(inst), cmd, ptr_to_u64(&a), size, &is_fd);
	assert_true(ret >= -524);
	assert_true(is_fd ? ret >= 3 : ret <= 0);
	if (is_fd)
		keep_or_close(ret);
	if (next() % 16)
		return;
	if (fd_count && !fstat(fds[next() % fd_count], &st)) {
		sys_mmap(inst, st.st_dev, st.st_ino, next() % 3 * 4096, 4096 * (1 + next() % 5),
			 next() % 4, 1);
		sys_perf_ioctl(inst, sys_self(inst), st.st_dev, st.st_ino,
			       next() % 2 ? PERF_EVENT_IOC_SET_BPF : PERF_EVENT_IOC_QUERY_BPF,
			       next() % 2 ? some_fd() : some_address());
		sys_poll_settle(inst, st.st_dev, st.st_ino);
	}
	struct perf_event_attr pa = {.type = (u32[]){1, 2, 8}[next() % 3],
				     .size = next() % 4 ? sizeof(pa) : some_u32(),
				     .config = next() % 2 ? PERF_COUNT_SW_BPF_OUTPUT : some_u32(),
				     .config1 = next() % 2 ? ptr_to_u64("/proc/self/exe")
							   : some_address(),
				     .config2 = some_u32()};

	ret = sys_perf_event_open(inst, sys_self(inst), ptr_to_u64(&pa), -1, next() % 8, -1, 8,
				  &is_fd);
	if (is_fd)
		keep_or_close(ret);
}

static void test_random(void **state)
{
	const char *env = getenv("SEED");

	seed = env ? strtoull(env, NULL, 0) : (u64)time(NULL) << 20 ^ getpid();
	state_word = seed;
	print_message("SEED=%llu\n", (unsigned long long)seed);
	buf = mmap(NULL, BUF_BYTES + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0);
	assert_ptr_not_equal(buf, MAP_FAILED);
	munmap(buf + BUF_BYTES, 4096);
	assert_int_equal(cygnet_new(NULL, &inst), 0);
	for (u32 i = 0; i < ROUNDS; i++) {
		if (i % 64 == 0)
			fill_buf();
		one_round();
	}
	while (fd_count)
		close(fds[--fd_count]);
	vec_each (&inst->pins, i)
		object_put(inst->pins.data[i].object), base_free(inst->pins.data[i].path);
	inst->pins.len = 0;
	sys_settle(inst);
	for (u32 k = 0; k < OBJECT_NOTES; k++)
		assert_int_equal(inst->objects[k].live, k == OBJECT_BTF);
	cygnet_free(inst);
	munmap(buf, BUF_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};

	return cmocka_run_group_tests_name("random bpf(2) calls", tests, NULL, NULL);
}
