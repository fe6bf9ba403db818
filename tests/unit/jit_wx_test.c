// SPDX-License-Identifier: BSD-2-Clause
/*
 * No page is ever writable and executable: one thread reads this process's
 * mappings over and over while another compiles, links, runs and frees programs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <cygnet/cygnet.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/alloc.h"
#include "vm/engine.h"

#define ADDR(p) ((u64)(uintptr_t)(p))

static struct {
	bool stop;
	u32 rounds, bad, code; /* code: most mappings seen that are nobody's file and executable */
	char line[512];
} seen;

/* Mappings that are both, of whatever file; the first is kept. */
static u32 look(u32 *code)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];
	u32 bad = 0;

	*code = 0;
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		char mode[8] = "", *path = strchr(line, '/');

		if (sscanf(line, "%*s %7s", mode) != 1)
			continue;
		if (mode[2] == 'x' && (!path || strstr(path, "memfd:")) && !strchr(line, '['))
			++*code;
		if (mode[1] != 'w' || mode[2] != 'x')
			continue;
		if (!bad++)
			memcpy(seen.line, line, sizeof(line));
	}
	fclose(f);
	return bad;
}

static void *watch(void *arg)
{
	while (!__atomic_load_n(&seen.stop, __ATOMIC_RELAXED)) {
		u32 code;

		seen.bad += look(&code);
		seen.code = MAX(seen.code, code);
		__atomic_add_fetch(&seen.rounds, 1, __ATOMIC_RELAXED);
	}
	return arg;
}

static int load(struct cygnet *inst, u32 n, u32 size)
{
	struct bpf_insn *insns = calloc(size, sizeof(*insns));
	union bpf_attr a = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
			    .insns = ADDR(insns),
			    .insn_cnt = size,
			    .license = ADDR("GPL")};
	int fd;

	for (u32 i = 0; i < size - 1; i++)
		insns[i] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = (s32)n};
	insns[size - 1] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
	fd = cygnet_bpf(inst, BPF_PROG_LOAD, &a, sizeof(a));
	assert_true(fd >= 0);
	free(insns);
	return fd;
}

static u32 run(struct cygnet *inst, int fd)
{
	u8 packet[64] = {0};
	union bpf_attr a = {.test = {.prog_fd = (u32)fd,
				     .data_in = ADDR(packet),
				     .data_size_in = sizeof(packet)}};

	assert_int_equal(cygnet_bpf(inst, BPF_PROG_TEST_RUN, &a, sizeof(a)), 0);
	return a.test.retval;
}

static void use(u32 engine)
{
	const struct cygnet_opts opts = {.sz = sizeof(opts), .engine = engine, .possible_cpus = 2};
	struct cygnet *inst;
	int fd[32];

	assert_int_equal(cygnet_new(&opts, &inst), 0);
	for (u32 i = 0; i < ARRAY_SIZE(fd); i++)
		fd[i] = -1;
	for (u32 n = 1; n <= 600; n++) {
		u32 i = n * 7 % ARRAY_SIZE(fd);

		if (fd[i] >= 0)
			close(fd[i]);
		fd[i] = load(inst, n, n % 50 ? 2 + n % 40 : 20000);
		assert_int_equal(run(inst, fd[i]), n);
	}
	for (u32 i = 0; i < ARRAY_SIZE(fd); i++)
		if (fd[i] >= 0)
			close(fd[i]);
	cygnet_free(inst);
}

/* The watch would notice. */
static void test_noticed(void **state)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	u32 code;

	if (p == MAP_FAILED) /* the system itself forbids it */
		skip();
	assert_int_equal(look(&code), 1);
	munmap(p, 4096);
	assert_int_equal(look(&code), 0);
}

static void test_engines(void **state)
{
	pthread_t thread;

	seen.line[0] = 0;
	assert_int_equal(pthread_create(&thread, NULL, watch, NULL), 0);
	use(ENGINE_BASELINE);
	use(ENGINE_JIT);
	use(ENGINE_AUTO);
	__atomic_store_n(&seen.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	if (seen.bad)
		fail_msg("%s", seen.line);
	assert_true(seen.rounds > 20);
#ifdef __x86_64__
	assert_true(seen.code > 0);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_noticed),
		cmocka_unit_test(test_engines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
