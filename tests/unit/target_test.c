// SPDX-License-Identifier: BSD-2-Clause
/* Hellos, honest and hostile, and how long a participant lives. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/perf_event.h>
#include <cmocka.h>
#include "core/attach.h"
#include "cygnet/cygnet.h"
#include "sys/sys.h"
#include "world/target.h"

#define ARENA 0x7f0000000000ull

struct message {
	struct plan_hello h;
	u8 rest[1 << 18];
};

static struct cygnet *inst;
static struct message msg;
static struct target_answer answer;

static int setup(void **state)
{
	return cygnet_new(NULL, &inst);
}

static int teardown(void **state)
{
	target_close(inst);
	cygnet_free(inst);
	return 0;
}

static size_t add_mapping(size_t at, u64 start, u64 end, u64 off, u32 prot, const char *path)
{
	struct plan_mapping m = {.start = start, .end = end, .offset = off, .prot = prot};
	struct stat st;

	m.path_len = (u32)strlen(path);
	if (path[0] == '/' && !stat(path, &st)) {
		m.dev = st.st_dev;
		m.ino = st.st_ino;
	}
	memcpy(msg.rest + at, &m, sizeof(m));
	memset(msg.rest + at + sizeof(m), 0, ROUND_UP(m.path_len, 8u));
	memcpy(msg.rest + at + sizeof(m), path, m.path_len);
	msg.h.mapping_count++;
	return at + sizeof(m) + ROUND_UP(m.path_len, 8u);
}

/* This process' own mappings. */
static size_t own_hello(u32 why)
{
	char line[4400], path[4200], prot[5];
	u64 start, end, off;
	size_t at = 0;
	FILE *f = fopen("/proc/self/maps", "r");

	memset(&msg.h, 0, sizeof(msg.h));
	msg.h.why = why;
	msg.h.pid = (u32)getpid();
	msg.h.participant = msg.h.parent = ~0u;
	msg.h.arena = ARENA;
	msg.h.syscall_enter = ARENA - 4096;
	msg.h.syscall_exit = ARENA - 4000;
	msg.h.probe_entry = ARENA - 3900;
	while (f && fgets(line, sizeof(line), f)) {
		path[0] = 0;
		if (sscanf(line, "%lx-%lx %4s %lx %*s %*s %4199s", &start, &end, prot, &off, path) <
		    4)
			continue;
		at = add_mapping(at, start, end, off,
				 (prot[0] == 'r') | (prot[1] == 'w') * 2 | (prot[2] == 'x') * 4,
				 path);
	}
	if (f)
		fclose(f);
	return offsetof(struct message, rest) + at;
}

static const struct plan *map_plan(void)
{
	struct stat st;
	void *p;

	assert_int_equal(answer.reply.error, 0);
	assert_int_equal(fstat(answer.fds[0], &st), 0);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, answer.fds[0], 0);
	assert_ptr_not_equal(p, MAP_FAILED);
	return p;
}

static void test_plan(void **state)
{
	const struct plan *p;
	const struct plan_write *w;
	size_t n = own_hello(HELLO_START);
	u32 stubs = 0, patches = 0;

	/* Near enough to what is mapped for jumps: as the agent's image is. */
	msg.h.arena = ((u64)(uintptr_t)&stat & ~0xfffull) - (64u << 20);
	msg.h.syscall_enter = msg.h.arena - 4096;
	msg.h.syscall_exit = msg.h.arena - 4000;
	target_answer(inst, &msg, n, getpid(), &answer);
	p = map_plan();
	assert_int_equal(p->magic, PLAN_MAGIC);
	assert_true(answer.reply.participant > 0);
	assert_true(p->map_count >= 1); /* the notes */
	w = (const struct plan_write *)((const u8 *)p + p->write_off);
	for (u32 i = 0; i < p->write_count; i++) {
		const struct stub_head *h = (const void *)((const u8 *)p + w[i].off);

		assert_true(w[i].off + w[i].len <= p->size);
		if (w[i].kind == PLAN_PATCH)
			patches++;
		if (w[i].kind != PLAN_STUB)
			continue;
		assert_int_equal(w[i].address, msg.h.arena + (u64)stubs++ * STUB_BYTES);
		assert_int_equal(h->kind, STUB_SYSCALL);
		assert_int_equal(h->unwind, h->site + 2);
		assert_memory_equal((const u8 *)h + h->at_syscall, "\x0f\x05", 2);
		/* What the patch replaces is what this process has there. */
		assert_memory_equal((const void *)h->site, "\x0f\x05", 2);
	}
	assert_true(patches > 300);
	assert_int_equal(patches, stubs);
	munmap((void *)p, p->size);
	target_answer_fini(&answer);
}

/* The file and offset of code of this process. */
static u64 code_offset(u64 addr, char path[4200])
{
	u64 start, end, off, found = 0;
	FILE *f = fopen("/proc/self/maps", "r");
	char line[4400];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx %*s %lx %*s %*s %4199s", &start, &end, &off, path) == 4 &&
		    addr >= start && addr < end) {
			found = addr - start + off;
			break;
		}
	fclose(f);
	assert_int_not_equal(found, 0);
	return found;
}

/* A program on getpid(), so that there are probes to place. */
static void attach_probe(int fds[2])
{
	static const u64 insns[] = {0xb7, 0x95}; /* r0 = 0; exit */
	union bpf_attr a = {.prog_type = BPF_PROG_TYPE_KPROBE,
			    .insn_cnt = 2,
			    .insns = ptr_to_u64(insns),
			    .license = ptr_to_u64("GPL")};
	char path[4200];
	struct perf_event_attr pa = {.size = sizeof(pa), .type = ATTACH_UPROBE_PMU};
	struct stat st;
	bool is_fd;

	pa.config2 = code_offset(ptr_to_u64(getpid), path);
	pa.config1 = ptr_to_u64(path);
	fds[0] = cygnet_bpf(inst, BPF_PROG_LOAD, &a, sizeof(a));
	fds[1] = sys_perf_event_open(inst, sys_self(inst), ptr_to_u64(&pa), -1, 0, -1, 0, &is_fd);
	assert_true(fds[0] >= 0 && fds[1] >= 0 && !fstat(fds[1], &st));
	assert_int_equal(sys_perf_ioctl(inst, sys_self(inst), st.st_dev, st.st_ino,
					PERF_EVENT_IOC_SET_BPF, fds[0]),
			 0);
}

static void test_hostile(void **state)
{
	size_t n = own_hello(HELLO_START);
	int fds[2];
	static struct message good;
	u64 x = 88172645463325252ull;

	attach_probe(fds);
	target_answer(inst, &msg, n, getpid(), &answer);
	assert_int_equal(map_plan()->probe_count, 1);
	target_answer_fini(&answer);
	good = msg;
	for (size_t cut = 0; cut < n; cut += cut < 600 ? 1 : 97) {
		target_answer(inst, &msg, cut, getpid(), &answer);
		assert_int_equal(answer.reply.error, -EINVAL);
		assert_int_equal(answer.reply.fd_count, 0);
	}
	for (int i = 0; i < 600; i++) {
		static const u64 odd[] = {0, 1, 4096, 1ull << 47, 1ull << 63, ~0ull, ~0xfffull};

		msg = good;
		for (int k = 0; k < 4; k++) {
			x ^= x << 13, x ^= x >> 7, x ^= x << 17;
			if (i % 2)
				((u8 *)&msg)[x % n] = (u8)(x >> 40);
			else
				memcpy((u8 *)&msg + x % (n / 8) * 8,
				       &odd[(x >> 40) % ARRAY_SIZE(odd)], 8);
		}
		target_answer(inst, &msg, n, getpid(), &answer);
		target_answer_fini(&answer);
	}
	msg = good;
	msg.h.mapping_count = ~0u;
	target_answer(inst, &msg, n, getpid(), &answer);
	assert_int_equal(answer.reply.error, -EINVAL);
	msg = good;
	msg.h.slot_base = STUB_SLOTS + 1;
	target_answer(inst, &msg, n, getpid(), &answer);
	assert_int_equal(answer.reply.error, -EINVAL);
	msg.h.slot_base = STUB_SLOTS; /* a full arena: a plan without stubs */
	target_answer(inst, &msg, n, getpid(), &answer);
	assert_int_equal(map_plan()->write_count, 0);
	target_answer_fini(&answer);
	close(fds[0]);
	close(fds[1]);
}

/* What an agent does with the lock: a mapping, no descriptor. */
static void *hold(void)
{
	void *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, answer.fds[1], 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	madvise(p, 4096, MADV_DONTFORK);
	return p;
}

static void test_life(void **state)
{
	size_t n = own_hello(HELLO_FORK);
	u32 first, mine;
	int ready[2], over[2];
	char c;
	pid_t pid;

	msg.h.mapping_count = 0;
	n = offsetof(struct message, rest);
	target_answer(inst, &msg, n, getpid(), &answer);
	mine = answer.reply.participant;
	void *held = hold();
	target_answer_fini(&answer);

	target_answer(inst, &msg, n, getpid(), &answer);
	first = answer.reply.participant;
	assert_int_not_equal(first, mine);
	assert_int_equal(pipe(ready) | pipe(over), 0);
	pid = fork();
	if (!pid) {
		hold();
		target_answer_fini(&answer);
		close(over[1]);
		if (!fork()) { /* a child of the participant: keeps nothing alive */
			while (read(over[0], &c, 1) > 0)
				;
			_exit(0);
		}
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	target_answer_fini(&answer);
	assert_int_equal(read(ready[0], &c, 1), 1);

	/* Both hold a slot; only the dead one's is taken back. */
	inst->page->slot[3].owner = first + 1;
	inst->page->slot[4].owner = mine + 1;
	target_sweep(inst);
	assert_int_equal(inst->page->slot[3].owner, first + 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	target_sweep(inst);
	assert_int_equal(inst->page->slot[3].owner, 0);
	assert_int_equal(inst->page->slot[4].owner, mine + 1);
	/* Its index is given out again. */
	target_answer(inst, &msg, n, getpid(), &answer);
	assert_int_equal(answer.reply.participant, first);
	target_answer_fini(&answer);
	munmap(held, 4096);
	target_sweep(inst);
	assert_int_equal(inst->page->slot[4].owner, 0);
	close(over[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_plan, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_life, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
