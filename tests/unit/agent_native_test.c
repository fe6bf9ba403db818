// SPDX-License-Identifier: BSD-2-Clause
/*
 * A plan's native code as an agent takes it: it runs, it is one file for all, and
 * plans that lie are interpreted.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "agent/agent.h"
#include "cygnet/cygnet.h"
#include "vm/engine.h"
#include "vm/instance.h"
#include "world/target.h"

struct process agent;

/* The agent's own, in this process. */
#include "agent/native.c"

static struct cygnet *inst;
static struct target_answer answer;
static struct plan *plan; /* a copy that may be written */
static struct prog_ref ref;
static struct map *views[4];
static int map_fd, prog_fd, link_fd;

static u64 insn(u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	return code | (u64)dst << 8 | (u64)src << 12 | (u64)(u16)off << 16 | (u64)(u32)imm << 32;
}

/* Adds 3 to the map's value; returns the sum. */
static void load(void)
{
	const u64 insns[] = {
		insn(0x62, 10, 0, -4, 0), /* key = 0 */
		insn(0xbf, 2, 10, 0, 0),
		insn(0x07, 2, 0, 0, -4),
		insn(0x18, 1, 1, 0, map_fd),
		0,
		insn(0x85, 0, 0, 0, BPF_FUNC_map_lookup_elem),
		insn(0x55, 0, 0, 1, 0),
		insn(0x95, 0, 0, 0, 0),
		insn(0x79, 6, 0, 0, 0),
		insn(0x07, 6, 0, 0, 3),
		insn(0x7b, 0, 6, 0, 0),
		insn(0xbf, 0, 6, 0, 0),
		insn(0x95, 0, 0, 0, 0),
	};
	union bpf_attr a = {.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
			    .insn_cnt = ARRAY_SIZE(insns),
			    .insns = ptr_to_u64(insns),
			    .license = ptr_to_u64("GPL")};
	union bpf_attr t = {0};

	prog_fd = cygnet_bpf(inst, BPF_PROG_LOAD, &a, sizeof(a));
	assert_true(prog_fd >= 0);
	t.raw_tracepoint.name = ptr_to_u64("sys_enter");
	t.raw_tracepoint.prog_fd = (u32)prog_fd;
	link_fd = cygnet_bpf(inst, BPF_RAW_TRACEPOINT_OPEN, &t, sizeof(t));
	assert_true(link_fd >= 0);
}

static void ask(void)
{
	struct plan_hello h = {.why = HELLO_START,
			       .pid = (u32)getpid(),
			       .parent = ~0u,
			       .participant = ~0u,
			       .arena = 0x7f0000000000ull};
	struct stat st;

	target_answer(inst, &h, sizeof(h), getpid(), &answer);
	assert_int_equal(answer.reply.error, 0);
	assert_int_equal(fstat(answer.fds[0], &st), 0);
	plan = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, answer.fds[0],
		    0);
	assert_ptr_not_equal(plan, MAP_FAILED);
}

static const struct plan_prog *first_prog(void)
{
	return (const struct plan_prog *)((u8 *)plan + plan->prog_off);
}

static struct plan_native *first_native(void)
{
	return (struct plan_native *)((u8 *)plan + first_prog()->native_off);
}

static int setup(void **state)
{
	union bpf_attr m = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1};

	assert_int_equal(cygnet_new(NULL, &inst), 0);
	map_fd = cygnet_bpf(inst, BPF_MAP_CREATE, &m, sizeof(m));
	assert_true(map_fd >= 0);
	load();
	ask();
	ref.image = (const struct image *)((u8 *)plan + first_prog()->image_off);
	views[0] = &object_map(object_by_id(inst, OBJECT_MAP, image_maps(ref.image)[0]))->map;
	ref.maps = views;
	return 0;
}

static int teardown(void **state)
{
	munmap(plan, plan->size);
	target_answer_fini(&answer);
	close(link_fd);
	close(prog_fd);
	close(map_fd);
	target_close(inst);
	cygnet_free(inst);
	return 0;
}

static u64 run_once(void)
{
	struct run run = {.image = ref.image, .maps = ref.maps};
	u64 ret = ~0ull;

	assert_int_equal(native_run(&ref.native, &run, &ret), 0);
	return ret;
}

static void test_runs(void **state)
{
	struct native_area area;
	u32 last = 0;

	assert_int_equal(plan->prog_count, 1);
	assert_int_not_equal(first_prog()->native_off, 0);
	assert_int_equal(native_open(plan, answer.fds, answer.reply.fd_count, &area), 0);
	native_add(plan, plan->size, first_prog()->native_off, &area, &ref);
	native_close(&area);
	assert_int_not_equal(ref.native.code, 0);
	assert_int_equal(run_once(), 3);
	assert_int_equal(run_once(), 6);
	for (u32 i = 0; i < ref.native.size; i++) {
		u32 at = native_insn(&ref.native, ref.native.code + i);

		assert_true(at == RUN_INSN_HERE || at < ref.image->op_count);
		last = at != RUN_INSN_HERE && at > last ? at : last;
	}
	assert_true(last > 6); /* behind the lookup */
	munmap(u64_to_ptr(area.base), area.code_size + area.table_size);
}

static void test_one_file(void **state)
{
	struct target_answer before = answer;
	struct stat one, two;
	u32 fd = plan->code_fd;

	assert_int_not_equal(fd, 0);
	munmap(plan, plan->size);
	ask();
	assert_int_equal(fstat(before.fds[fd], &one) | fstat(answer.fds[plan->code_fd], &two), 0);
	assert_int_equal(one.st_ino, two.st_ino);
	assert_int_equal(one.st_size, plan->code_size);
	/* Nobody may write it any more. */
	assert_int_equal(fcntl(answer.fds[plan->code_fd], F_GET_SEALS) &
				 (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL),
			 F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
	target_answer_fini(&before);
}

/* What is believed lies within code and tables. */
static void check_taken(const struct native_area *area)
{
	const struct native_prog *p = &ref.native;

	if (!p->code)
		return;
	assert_true(p->code >= area->base && p->size <= area->code_size &&
		    p->code - area->base <= area->code_size - p->size);
	assert_true(p->entry < p->size);
	for (u32 i = 0; i < p->sub_count; i++)
		assert_true(p->subs[i] < p->size);
	native_insn(p, p->code + p->size / 2);
}

static void test_hostile(void **state)
{
	static const u32 odd[] = {0, 1, 7, 8, 4095, 4096, 0x7fffffff, 0x80000000, ~0u, ~7u};
	struct plan_native good = *first_native(), *n = first_native();
	struct native_slot *slots = (struct native_slot *)((u8 *)plan + good.slot_off);
	struct native_slot *kept = malloc(good.slot_count * sizeof(*kept));
	struct native_area area;
	u64 x = 88172645463325252ull;
	u32 taken = 0;

	memcpy(kept, slots, good.slot_count * sizeof(*kept));
	assert_int_equal(native_open(plan, answer.fds, answer.reply.fd_count, &area), 0);
	assert_true(good.slot_count >= 1);
	for (u32 i = 0; i < 20000; i++) {
		u32 words = sizeof(*n) / 4;

		*n = good;
		memcpy(slots, kept, good.slot_count * sizeof(*kept));
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		if (i % 3)
			((u32 *)n)[(x >> 8) % words] =
				i % 2 ? odd[(x >> 16) % ARRAY_SIZE(odd)] : (u32)(x >> 32);
		else
			((u32 *)slots)[(x >> 8) % 2] =
				i % 2 ? (u32)(x >> 16) % 12 : odd[(x >> 16) % ARRAY_SIZE(odd)];
		native_add(plan, plan->size, first_prog()->native_off, &area, &ref);
		check_taken(&area);
		taken += ref.native.code != 0;
	}
	assert_in_range(taken, 1, 19999);
	*n = good;
	memcpy(slots, kept, good.slot_count * sizeof(*kept));
	free(kept);
	native_add(plan, plan->size, ~7u, &area, &ref);
	assert_int_equal(ref.native.code, 0);
	native_add(plan, sizeof(*plan), first_prog()->native_off, &area, &ref);
	assert_int_equal(ref.native.code, 0);
	munmap(u64_to_ptr(area.base), area.code_size + area.table_size);
}

static void test_no_code(void **state)
{
	struct plan p = *plan;
	struct native_area area;

	p.code_fd = answer.reply.fd_count;
	assert_int_not_equal(native_open(&p, answer.fds, answer.reply.fd_count, &area), 0);
	assert_int_equal(area.base, 0);
	p.code_fd = plan->code_fd;
	p.code_size = 100;
	assert_int_not_equal(native_open(&p, answer.fds, answer.reply.fd_count, &area), 0);
	p.code_fd = 0;
	assert_int_equal(native_open(&p, answer.fds, answer.reply.fd_count, &area), 0);
	native_add(plan, plan->size, first_prog()->native_off, &area, &ref);
	assert_int_equal(ref.native.code, 0);
	/* A descriptor that cannot be executed. */
	p = *plan;
	int fds[8], pipes[2];

	assert_int_equal(pipe(pipes), 0);
	for (u32 i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = pipes[0];
	p.code_fd = 1;
	assert_int_not_equal(native_open(&p, fds, ARRAY_SIZE(fds), &area), 0);
	assert_int_equal(area.base, 0);
	close(pipes[0]);
	close(pipes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_runs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_code, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
