// SPDX-License-Identifier: BSD-2-Clause
/*
 * Stack trace maps and cgroup arrays as programs use them: what bpf_get_stackid
 * returns, beside the running kernel; what is left after participants were
 * killed in the middle, or wrote what they liked.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "../segment.h"

#define ADDR(x) ptr_to_u64(x)

static long kernel_bpf(int cmd, union bpf_attr *attr, u32 size)
{
	long r = syscall(SYS_bpf, cmd, attr, size);

	return r < 0 ? -errno : r;
}

/* ---- bpf_get_stackid ---- */
#define USER  BPF_F_USER_STACK
#define FAST  (USER | BPF_F_FAST_STACK_CMP)
#define REUSE (USER | BPF_F_REUSE_STACKID)

/*
 * In order, with a map of one element; stack A or B; 'd': what bpf(2) says to
 * deleting id 0 instead. A map with build ids needs a free element to compare.
 */
static const struct step {
	char who;
	u32 flags;
	s32 want, want_build_ids;
} steps[] = {
	{'A', USER, 0, 0},
	{'A', USER, 0, -ENOMEM},
	{'A', FAST, 0, 0},
	{'B', USER, -EEXIST, -ENOMEM},
	{'B', FAST, -EEXIST, -ENOMEM},
	{'B', REUSE, -ENOMEM, -ENOMEM},
	{'A', REUSE, 0, -ENOMEM},
	{'A', USER | 200, -EFAULT, -EFAULT}, /* fewer frames than that */
	{'A', USER | 1 << 11, -EINVAL, -EINVAL},
	{'A', USER | 1 << 12, -EINVAL, -EINVAL},
	{'d', 0, 0, 0},
	{'d', 0, -ENOENT, -ENOENT},
	{'B', USER, 0, 0},
	{'A', REUSE | BPF_F_FAST_STACK_CMP, -ENOMEM, -ENOMEM},
	{'B', FAST, 0, 0},
};

/* The kernel's answer: a program run once, from one of two places. Their frames tell them apart. */
static __attribute__((noinline)) long run_at_a(union bpf_attr *run)
{
	void *volatile frame = __builtin_frame_address(0);
	long r = kernel_bpf(BPF_PROG_TEST_RUN, run, sizeof(*run));

	return frame && r ? r : (s32)run->test.retval;
}

static __attribute__((noinline)) long run_at_b(union bpf_attr *run)
{
	void *volatile frame = __builtin_frame_address(0);
	long r = kernel_bpf(BPF_PROG_TEST_RUN, run, sizeof(*run));

	return r && frame ? r : (s32)run->test.retval;
}

static long kernel_step(const struct step *s, int map)
{
	struct bpf_insn {
		u8 code, regs;
		s16 off;
		s32 imm;
	} insns[] = {
		{0x18, 0x12, 0, map}, {0}, {0xb7, 0x03, 0, s->flags}, {0x85, 0, 0, 27}, {0x95},
	};
	union bpf_attr load = {.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
			       .insns = ADDR(insns),
			       .insn_cnt = ARRAY_SIZE(insns),
			       .license = ADDR("GPL")};
	union bpf_attr run = {0};
	long fd = kernel_bpf(BPF_PROG_LOAD, &load, sizeof(load)), r;

	if (fd < 0)
		return fd;
	run.test.prog_fd = fd;
	r = s->who == 'A' ? run_at_a(&run) : run_at_b(&run);
	close(fd);
	return r;
}

static long stack_of(struct run *run, u64 *ips, u32 max, u32 skip)
{
	const u64 *all = run->env_data; /* the count, then the frames */
	u32 n = 0;

	for (u64 i = skip; i < all[0] && n < max; i++)
		ips[n++] = all[1 + i];
	return n;
}

static const struct env_ops stack_env = {.user_stack = stack_of};

static long stackid(struct map *m, const u64 *stack, u64 flags)
{
	struct run run = {.env = &stack_env, .env_data = (void *)stack};

	return (long)core_helper(BPF_FUNC_get_stackid)->fn(&run, 0, ptr_to_u64(m), flags, 0, 0);
}

static void test_stackid(void **state)
{
	static const u64 a[] = {3, 0x1000, 0x2000, 0x3000}, b[] = {2, 0x1000, 0x4000};

	for (u32 flags = 0; flags <= BPF_F_STACK_BUILD_ID; flags += BPF_F_STACK_BUILD_ID) {
		union bpf_attr create = {.map_type = BPF_MAP_TYPE_STACK_TRACE,
					 .key_size = 4,
					 .value_size = 320,
					 .max_entries = 1,
					 .map_flags = flags};
		struct map_attr attr =
			segment_attr(BPF_MAP_TYPE_STACK_TRACE, 4, create.value_size, 1, flags);
		long kernel = kernel_bpf(BPF_MAP_CREATE, &create, sizeof(create));
		u32 key = 0;
		struct map m;

		assert_int_equal(segment_new(&m, &attr), 0);
		for (u32 i = 0; i < ARRAY_SIZE(steps); i++) {
			const struct step *s = &steps[i];
			s32 want = flags ? s->want_build_ids : s->want;
			union bpf_attr del = {.map_fd = kernel, .key = ADDR(&key)};
			long got = s->who == 'd' ? m.ops->sys_delete(&m, &key)
						 : stackid(&m, s->who == 'A' ? a : b, s->flags);

			if (got != want)
				fail_msg("step %u: %ld, not %d", i, got, want);
			if (kernel < 0)
				continue;
			got = s->who == 'd' ? kernel_bpf(BPF_MAP_DELETE_ELEM, &del, sizeof(del))
					    : kernel_step(s, kernel);
			if (got != want)
				fail_msg("step %u: the kernel %ld, not %d", i, got, want);
		}
		if (kernel >= 0)
			close(kernel);
		segment_free(&m);
	}
}

/* What a lookup gives: the frames, then zeroes; of records with build ids, the addresses. */
static void test_contents(void **state)
{
	static const u64 a[] = {3, 0x1000, 0x2000, 0x3000};
	struct map_attr attr = segment_attr(BPF_MAP_TYPE_STACK_TRACE, 4, 64, 8, 0);
	struct bpf_stack_build_id record[4];
	u64 value[8], expected[8] = {0x2000, 0x3000};
	struct map m;
	u32 id, next = 99;

	assert_int_equal(segment_new(&m, &attr), 0);
	assert_int_equal(stackid(&m, a, 0), -EFAULT); /* a kernel stack */
	id = stackid(&m, a, USER | 1);
	memset(value, 0xff, sizeof(value));
	assert_int_equal(m.ops->sys_lookup(&m, &id, value, 0), 0);
	assert_memory_equal(value, expected, sizeof(value));
	assert_int_equal(m.ops->next_key(&m, NULL, &next), 0);
	assert_int_equal(next, id);
	assert_int_equal(m.ops->next_key(&m, &id, &next), -ENOENT);
	memset(value, 0xff, sizeof(value));
	assert_int_equal(m.ops->sys_lookup_and_delete(&m, &id, value, 0), 0);
	assert_memory_equal(value, expected, sizeof(value));
	assert_int_equal(m.ops->sys_lookup(&m, &id, value, 0), -ENOENT);
	segment_free(&m);

	attr = segment_attr(BPF_MAP_TYPE_STACK_TRACE, 4, sizeof(record), 8, BPF_F_STACK_BUILD_ID);
	assert_int_equal(segment_new(&m, &attr), 0);
	id = stackid(&m, a, USER);
	assert_int_equal(m.ops->sys_lookup(&m, &id, record, 0), 0);
	for (u32 i = 0; i < 4; i++) {
		assert_int_equal(record[i].status, i < 3 ? BPF_STACK_BUILD_ID_IP : 0);
		assert_int_equal(record[i].ip, i < 3 ? a[1 + i] : 0);
	}
	segment_free(&m);
}

/* ---- shared, by those who die ---- */
#define ENTRIES 64
#define KILLS   100

/* All frames of a stack tell whose it is. */
static void make_stack(u64 *stack, u64 n)
{
	stack[0] = 1 + n % 16;
	for (u64 i = 0; i < stack[0]; i++)
		stack[1 + i] = n * 64 + i;
}

static bool is_whole(const u64 *frames)
{
	u64 n = frames[0] / 64, stack[17] = {0};

	make_stack(stack, n);
	return !memcmp(stack + 1, frames, sizeof(u64) * 16);
}

static void work(struct map *m, u64 seed)
{
	static const u64 flags[] = {USER, FAST, REUSE, REUSE};

	for (;;) {
		u64 stack[17], value[16], r = next_random(&seed);
		u32 id = r >> 32 & (ENTRIES - 1);
		int err;

		make_stack(stack, r & 0xff);
		stackid(m, stack, flags[r >> 8 & 3]);
		if (r >> 10 & 1)
			err = m->ops->sys_lookup(m, &id, value, 0);
		else
			err = r >> 11 & 3 ? 0 : m->ops->sys_lookup_and_delete(m, &id, value, 0);
		if ((r >> 10 & 1) && !err && !is_whole(value))
			_exit(1);
	}
}

static bool is_dead(void *data, u32 owner)
{
	return owner != 0;
}

/* As many buckets as slots: each can be filled only when no slot is lost. */
static void check_slots(struct map *m)
{
	u64 stack[17], value[16];
	u32 filled = 0, id;
	long r;

	for (u64 n = 0; n < 65536 && filled < ENTRIES; n++) {
		make_stack(stack, n);
		r = stackid(m, stack, USER);
		if (r < 0 && r != -EEXIST)
			fail_msg("bucket %u of %u: %ld", filled, ENTRIES, r);
		for (filled = 0, id = 0; id < ENTRIES; id++)
			filled += !m->ops->sys_lookup(m, &id, value, 0);
	}
	assert_int_equal(filled, ENTRIES);
	for (id = 0; id < ENTRIES; id++) {
		assert_int_equal(m->ops->sys_lookup(m, &id, value, 0), 0);
		assert_true(is_whole(value));
		assert_int_equal(m->ops->sys_delete(m, &id), 0);
	}
}

static void test_kills(void **state)
{
	struct map_attr attr = segment_attr(BPF_MAP_TYPE_STACK_TRACE, 4, 128, ENTRIES, 0);
	struct map m;

	assert_int_equal(segment_new(&m, &attr), 0);
	for (u32 round = 0; round < KILLS; round++) {
		pid_t pid[2];
		int status;

		for (u32 i = 0; i < 2; i++) {
			pid[i] = fork();
			if (!pid[i]) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				m.owner = 1 + i;
				work(&m, round * 2 + i + 1);
			}
		}
		nanosleep(&(struct timespec){.tv_nsec = 1000000 + round * 20011 % 3000000}, NULL);
		for (u32 i = 0; i < 2; i++) {
			kill(pid[i], SIGKILL);
			assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
			assert_true(WIFSIGNALED(status));
		}
		m.ops->sweep(&m, is_dead, NULL);
		check_slots(&m);
	}
	segment_free(&m);
}

/* A participant that writes what it likes harms nobody: every call ends, nothing else is touched.
 */
static void test_hostile(void **state)
{
	struct map_attr attr = segment_attr(BPF_MAP_TYPE_STACK_TRACE, 4, 128, ENTRIES, 0);
	u64 seed = 4711, stack[17], value[16];
	struct map m;

	assert_int_equal(segment_new(&m, &attr), 0);
	for (u32 round = 0; round < 20000; round++) {
		u64 *words = (u64 *)m.meta, count = (m.contents + m.size - m.meta) / 8;
		u64 r = next_random(&seed);
		u32 id = r >> 40, next;

		words[next_random(&seed) % count] = r & 1 ? r >> 8 : r >> 58;
		make_stack(stack, r & 0xff);
		stackid(&m, stack, r & 2 ? REUSE : USER);
		id &= ENTRIES * 2 - 1;
		m.ops->sys_lookup(&m, &id, value, 0);
		m.ops->next_key(&m, &id, &next);
		if (r & 4)
			m.ops->sys_delete(&m, &id);
		if (!(r & 0xff0))
			m.ops->sweep(&m, is_dead, NULL);
	}
	segment_free(&m);
}

/* ---- bpf_current_task_under_cgroup ---- */
static int under(struct run *run, u64 id)
{
	return id == 7;
}

static void test_under_cgroup(void **state)
{
	static const struct env_ops env = {.under_cgroup = under}, none = {0};
	struct map_attr attr = segment_attr(BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 3, 0);
	helper_fn *fn = core_helper(BPF_FUNC_current_task_under_cgroup)->fn;
	struct run run = {.env = &env};
	u64 ids[] = {7, 0x100000008ull};
	struct map m;

	assert_int_equal(segment_new(&m, &attr), 0);
	for (u32 i = 0; i < 2; i++)
		assert_int_equal(m.ops->sys_update(&m, &i, &ids[i], 0), 0);
	assert_int_equal(fn(&run, ptr_to_u64(&m), 0, 0, 0, 0), 1);
	assert_int_equal(fn(&run, ptr_to_u64(&m), 1, 0, 0, 0), 0);
	assert_int_equal(fn(&run, ptr_to_u64(&m), 2, 0, 0, 0), -EAGAIN);
	assert_int_equal(fn(&run, ptr_to_u64(&m), 3, 0, 0, 0), -E2BIG);
	run.env = &none;
	assert_int_equal(fn(&run, ptr_to_u64(&m), 0, 0, 0, 0), -EFAULT);
	assert_int_equal(run.unknown, 1);
	segment_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stackid),      cmocka_unit_test(test_contents),
		cmocka_unit_test(test_kills),        cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_under_cgroup),
	};

	core_helpers_init();
	return cmocka_run_group_tests_name("stack trace maps", tests, NULL, NULL);
}
