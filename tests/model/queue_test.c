// SPDX-License-Identifier: BSD-2-Clause
/*
 * Queue, stack and filter against what is obvious; queues filled and drained by
 * several processes at once, killed in the middle, full of nonsense.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "../segment.h"

#define WORDS 20 /* of a value: long enough to be caught half written */

static void make(struct map *m, u32 type, u32 value, u32 entries)
{
	struct map_attr a = segment_attr(type, 0, value, entries, 0);

	assert_int_equal(segment_new(m, &a), 0);
}

/* The obvious twin: values by age. */
static u64 twin[64];
static u32 twin_count;

static int twin_push(u64 value, u32 most, u64 flags)
{
	if (flags != BPF_ANY && flags != BPF_EXIST)
		return -EINVAL;
	if (twin_count == most) {
		if (flags != BPF_EXIST)
			return -E2BIG;
		memmove(twin, twin + 1, --twin_count * sizeof(*twin));
	}
	twin[twin_count++] = value;
	return 0;
}

static int twin_get(u64 *value, bool newest, bool take)
{
	*value = 0;
	if (!twin_count)
		return -ENOENT;
	*value = twin[newest ? twin_count - 1 : 0];
	if (take && !newest)
		memmove(twin, twin + 1, (twin_count - 1) * sizeof(*twin));
	twin_count -= take;
	return 0;
}

static void against_twin(u32 type, u32 entries)
{
	struct run run = {.possible_cpus = TEST_CPUS};
	bool newest = type == BPF_MAP_TYPE_STACK;
	u64 seed = type * 1000 + entries, full = 0, empty = 0;
	struct map m;

	twin_count = 0;
	make(&m, type, 8, entries);
	for (u32 i = 0; i < 50000; i++) {
		u64 r = next_random(&seed), value = r, got = 1, want;
		int err;

		/* alternately growing and shrinking */
		switch (i / 500 % 2 && r % 8 < 3 ? 4 : r % 8) {
		case 0 ... 3: {
			u64 flags = r >> 8 & 15 ? r >> 12 & 7 ? 0 : 2 : r >> 16 & 7;

			err = twin_push(value, entries, flags);
			full += err == -E2BIG;
			assert_int_equal(r & 64 ? m.ops->push(&m, &run, &value, flags)
						: m.ops->sys_update(&m, NULL, &value, flags),
					 err);
			break;
		}
		case 4:
		case 5:
			err = twin_get(&want, newest, true);
			empty += err == -ENOENT;
			assert_int_equal(r & 64 ? m.ops->pop(&m, &run, &got)
						: m.ops->sys_lookup_and_delete(&m, NULL, &got, 0),
					 err);
			assert_true(got == want);
			break;
		default:
			err = twin_get(&want, newest, false);
			assert_int_equal(r & 64 ? m.ops->peek(&m, &run, &got)
						: m.ops->sys_lookup(&m, NULL, &got, 0),
					 err);
			assert_true(got == want);
		}
	}
	assert_true(full && empty);
	segment_free(&m);
}

static void test_twins(void **state)
{
	for (u32 entries = 1; entries < 20; entries++) {
		against_twin(BPF_MAP_TYPE_QUEUE, entries);
		against_twin(BPF_MAP_TYPE_STACK, entries);
	}
}

static void test_attributes(void **state)
{
	struct map_attr a = segment_attr(BPF_MAP_TYPE_QUEUE, 0, 1, UINT32_MAX, 0);
	struct map m;

	/* One slot more than entries: the indexes would not fit. */
	assert_int_equal(segment_new(&m, &a), -ENOMEM);
	a.max_entries = 1u << 31;
	a.value_size = 4096;
	assert_int_equal(segment_new(&m, &a), -ENOMEM);
}

/* ---- sharing ---- */
static pid_t fork_participant(struct map *m, u32 owner)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		m->owner = owner;
		signal(SIGSEGV, SIG_DFL);
		signal(SIGABRT, SIG_DFL);
	}
	return pid;
}

static void fill(u64 value[WORDS], u64 who, u64 n)
{
	for (u32 i = 0; i < WORDS; i++)
		value[i] = who << 32 | n;
}

static bool whole(const u64 value[WORDS])
{
	for (u32 i = 1; i < WORDS; i++)
		if (value[i] != value[0])
			return false;
	return true;
}

static void produce(struct map *m, u32 who, u32 steps)
{
	u64 value[WORDS];

	for (u32 n = 1; !steps || n <= steps;) {
		fill(value, who, n);
		if (!m->ops->sys_update(m, NULL, value, 0))
			n++;
	}
}

/* Each producer's values come out in its order, each once. */
static void test_order(void **state)
{
	const u32 producers = 3, steps = 30000;
	u64 value[WORDS], last[4] = {0};
	struct map m;
	u32 left;
	int status;

	make(&m, BPF_MAP_TYPE_QUEUE, sizeof(value), 16);
	for (u32 i = 1; i <= producers; i++)
		if (!fork_participant(&m, i)) {
			produce(&m, i, steps);
			_exit(0);
		}
	left = producers * steps;
	while (left) {
		u64 who;

		if (m.ops->sys_lookup_and_delete(&m, NULL, value, 0))
			continue;
		assert_true(whole(value));
		who = value[0] >> 32;
		assert_true(who >= 1 && who <= producers);
		assert_true((u32)value[0] == ++last[who]);
		left--;
	}
	while (wait(&status) > 0)
		assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	segment_free(&m);
}

static bool others_dead(void *data, u32 owner)
{
	return owner != 0;
}

static void work_for_ever(struct map *m, u64 seed)
{
	u64 value[WORDS];

	for (u64 n = 0;; n++) {
		u64 r = next_random(&seed);

		fill(value, 7, n);
		if (r % 2)
			m->ops->sys_update(m, NULL, value, r >> 8 & 2);
		else if (!m->ops->sys_lookup_and_delete(m, NULL, value, 0) && !whole(value))
			_exit(1);
	}
}

static void test_killed(void **state)
{
	for (u32 type = BPF_MAP_TYPE_QUEUE; type <= BPF_MAP_TYPE_STACK; type++) {
		u64 value[WORDS];
		struct map m;

		make(&m, type, sizeof(value), 5);
		for (u32 i = 0; i < 100; i++) {
			pid_t pid = fork_participant(&m, i + 1);
			u32 n = 0;
			int err;

			if (!pid)
				work_for_ever(&m, i + 1);
			usleep(500 + i * 13 % 700);
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			m.ops->sweep(&m, others_dead, NULL);
			while (!(err = m.ops->sys_lookup_and_delete(&m, NULL, value, 0))) {
				assert_true(whole(value));
				n++;
			}
			assert_int_equal(err, -ENOENT);
			assert_true(n <= 5);
			for (n = 0; !m.ops->sys_update(&m, NULL, value, 0); n++)
				;
			assert_int_equal(n, 5);
		}
		segment_free(&m);
	}
}

/* A holder that lives on is left alone; others go without. */
static void test_held(void **state)
{
	struct map m;
	u64 value = 1;

	make(&m, BPF_MAP_TYPE_QUEUE, 8, 5);
	*(u64 *)m.meta = 5 + 1;
	assert_int_equal(m.ops->sys_update(&m, NULL, &value, 0), -EBUSY);
	assert_int_equal(m.ops->sys_lookup(&m, NULL, &value, 0), -EBUSY);
	*(u64 *)m.meta = 0 + 1;
	m.ops->sweep(&m, others_dead, NULL); /* 0 is alive */
	assert_int_equal(m.ops->sys_update(&m, NULL, &value, 0), -EBUSY);
	*(u64 *)m.meta = 5 + 1;
	m.ops->sweep(&m, others_dead, NULL);
	assert_int_equal(m.ops->sys_update(&m, NULL, &value, 0), 0);
	segment_free(&m);
}

static void test_nonsense(void **state)
{
	u64 seed = 4711, value;
	struct map m;

	make(&m, BPF_MAP_TYPE_STACK, 8, 5);
	for (u32 i = 0; i < 100000; i++) {
		u64 r = next_random(&seed);

		((u64 *)m.meta)[0] = 0;
		((u64 *)m.meta)[1] = r % 3 ? r >> 8 & 0x700000007 : next_random(&seed);
		value = i;
		m.ops->sys_update(&m, NULL, &value, r >> 4 & 2);
		m.ops->sys_lookup(&m, NULL, &value, 0);
		m.ops->sys_lookup_and_delete(&m, NULL, &value, 0);
	}
	segment_free(&m);
}

/* ---- filters ---- */
/* What was put in is always there; what was not is there about as seldom as promised. */
static void filter(u32 size, u32 entries, u32 hashes, double most)
{
	struct map_attr a = segment_attr(BPF_MAP_TYPE_BLOOM_FILTER, 0, size, entries, 0);
	struct run run = {.possible_cpus = TEST_CPUS};
	u8 value[64];
	u32 wrong = 0;
	struct map m;

	a.extra = hashes;
	assert_int_equal(segment_new(&m, &a), 0);
	memset(value, 0x33, sizeof(value));
	for (u32 i = 0; i < entries; i++) {
		memcpy(value, &i, sizeof(i));
		assert_int_equal(i % 2 ? m.ops->push(&m, &run, value, 0)
				       : m.ops->sys_update(&m, NULL, value, 0),
				 0);
	}
	for (u32 i = 0; i < entries; i++) {
		memcpy(value, &i, sizeof(i));
		assert_int_equal(m.ops->peek(&m, &run, value), 0);
	}
	for (u32 i = entries; i < entries + 20000; i++) {
		memcpy(value, &i, sizeof(i));
		wrong += !m.ops->sys_lookup(&m, NULL, value, 0);
	}
	assert_true(wrong <= most * 20000);
	segment_free(&m);
}

static void test_filters(void **state)
{
	filter(4, 1000, 0, 0.05);
	filter(13, 1000, 0, 0.05);
	filter(64, 10000, 3, 0.15);
	filter(8, 10000, 10, 0.03);
	filter(8, 10000, 15, 0.03);
	filter(8, 1000, 1, 0.6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twins),   cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_order),   cmocka_unit_test(test_killed),
		cmocka_unit_test(test_held),    cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_filters),
	};

	return cmocka_run_group_tests_name("queues and filters", tests, NULL, NULL);
}
