// SPDX-License-Identifier: BSD-2-Clause
/*
 * Segments shared by processes: concurrent updates, writers killed in the
 * middle, a participant that scribbles over everything.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "../segment.h"

#define KILLS   200
#define ENTRIES 64

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

/* All words of a value say whose it is: a torn one shows. */
struct value {
	u64 key, w[7];
};

static void make_value(struct value *v, u64 key, u64 n)
{
	v->key = key;
	for (u32 i = 0; i < 7; i++)
		v->w[i] = n * 8 + i;
}

static bool value_whole(const struct value *v, u64 key)
{
	if (v->key != key)
		return false;
	for (u32 i = 1; i < 7; i++)
		if (v->w[i] != v->w[0] + i)
			return false;
	return true;
}

/* A child: its own participant; cmocka's handlers are not for it. */
static pid_t fork_participant(struct map *m, u32 owner)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		m->owner = owner;
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		signal(SIGABRT, SIG_DFL);
	}
	return pid;
}

/* Random work for ever; what it reads must be whole. Ends the process with 1 when it is not. */
static void work(struct map *m, u32 owner, u64 seed, u64 steps)
{
	struct run run = {.possible_cpus = TEST_CPUS, .cpu = owner % TEST_CPUS};
	struct value v;

	for (u64 n = 0; !steps || n < steps; n++) {
		u64 r = next_random(&seed), k = r % (ENTRIES + 16);
		int err = 0;

		make_value(&v, k, n);
		switch (r >> 32 & 7) {
		case 0 ... 2: err = m->ops->update(m, &run, &k, &v, 0); break;
		case 3: err = m->ops->sys_update(m, &k, &v, r >> 40 & 1); break;
		case 4:
		case 5: err = m->ops->remove(m, &run, &k); break;
		default:
			err = m->ops->sys_lookup(m, &k, &v, 0);
			if (!err && !value_whole(&v, k))
				_exit(1);
		}
		if (err && err != -ENOENT && err != -E2BIG && err != -EEXIST && err != -EBUSY &&
		    err != -ENOMEM)
			_exit(2);
	}
}

static bool owner_dead(void *data, u32 owner)
{
	return owner != 0;
}

/* Elements within bounds, all whole, none twice, and every free slot can be used. */
static void check_consistent(struct map *m, bool exact)
{
	bool seen[ENTRIES + 16] = {false};
	struct run run = {.possible_cpus = TEST_CPUS};
	u64 next, key, *prev = NULL;
	struct value v;
	u32 count = 0, room;
	int err;

	while (!(err = m->ops->next_key(m, prev, &next))) {
		assert_true(next < ENTRIES + 16);
		assert_false(seen[next]);
		seen[next] = true;
		count++;
		assert_int_equal(m->ops->sys_lookup(m, &next, &v, 0), 0);
		assert_true(value_whole(&v, next));
		key = next;
		prev = &key;
	}
	assert_int_equal(err, -ENOENT);
	assert_true(count <= ENTRIES);
	if (!exact)
		return;
	for (key = 0, room = 0; key < ENTRIES + 16; key++) {
		make_value(&v, key, 1);
		if (!seen[key] && !m->ops->update(m, &run, &key, &v, BPF_NOEXIST))
			room++;
	}
	assert_int_equal(count + room, ENTRIES);
	/* Replacing works in a full map. */
	for (key = 0; key < ENTRIES + 16; key++) {
		make_value(&v, key, 2);
		err = m->ops->update(m, &run, &key, &v, BPF_EXIST);
		assert_true(!err || err == -ENOENT);
	}
	for (key = 0; key < ENTRIES + 16; key++)
		m->ops->remove(m, &run, &key);
	assert_int_equal(m->ops->next_key(m, NULL, &next), -ENOENT);
	for (key = 0; key < ENTRIES; key++) {
		make_value(&v, key, 1);
		assert_int_equal(m->ops->update(m, &run, &key, &v, BPF_NOEXIST), 0);
	}
	make_value(&v, key, 1);
	if (m->type == BPF_MAP_TYPE_HASH)
		assert_int_equal(m->ops->update(m, &run, &key, &v, BPF_NOEXIST), -E2BIG);
}

static void test_concurrent(void **state)
{
	static const u32 types[] = {BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH};

	for (u32 i = 0; i < ARRAY_SIZE(types); i++) {
		struct map_attr attr = segment_attr(types[i], 8, sizeof(struct value), ENTRIES, 0);
		struct map m;
		pid_t pid[3];
		int status;

		assert_int_equal(segment_new(&m, &attr), 0);
		for (u32 c = 0; c < 3; c++) {
			pid[c] = fork_participant(&m, c + 1);
			if (!pid[c]) {
				work(&m, c + 1, 1234567 + c * 991, 400000);
				_exit(0);
			}
		}
		for (u32 c = 0; c < 3; c++) {
			assert_int_equal(waitpid(pid[c], &status, 0), pid[c]);
			assert_int_equal(status, 0);
		}
		/* Nobody died: nothing to sweep. */
		check_consistent(&m, types[i] == BPF_MAP_TYPE_HASH);
		segment_free(&m);
	}
}

/* Counts every addition: inserts by NOEXIST are never both told they were the first. */
static void test_noexist_once(void **state)
{
	struct map_attr attr = segment_attr(BPF_MAP_TYPE_HASH, 8, 8, 4096, 0);
	u64 *wins = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct run run = {.possible_cpus = TEST_CPUS};
	struct map m;
	pid_t pid[2];

	assert_int_equal(segment_new(&m, &attr), 0);
	for (u32 c = 0; c < 2; c++) {
		pid[c] = fork_participant(&m, c + 1);
		if (!pid[c]) {
			u64 v = c;

			for (u32 round = 0; round < 20; round++)
				for (u64 k = 0; k < 4096; k++) {
					if (!m.ops->update(&m, &run, &k, &v, BPF_NOEXIST))
						__atomic_fetch_add(&wins[0], 1, __ATOMIC_RELAXED);
					if (k % 3 == c && !m.ops->remove(&m, &run, &k))
						__atomic_fetch_add(&wins[1], 1, __ATOMIC_RELAXED);
				}
			_exit(0);
		}
	}
	for (u32 c = 0; c < 2; c++)
		waitpid(pid[c], NULL, 0);
	u64 n = 0, k, *prev = NULL, at;

	while (!m.ops->next_key(&m, prev, &k)) {
		at = k;
		prev = &at;
		n++;
	}
	assert_int_equal(wins[0] - wins[1], n);
	munmap(wins, 4096);
	segment_free(&m);
}

/* Replaced all the time, among others that come and go and reuse slots, but never absent. */
static void test_always_there(void **state)
{
	struct map_attr attr = segment_attr(BPF_MAP_TYPE_HASH, 8, sizeof(struct value), 12, 0);
	struct run run = {.possible_cpus = TEST_CPUS};
	struct value v;
	struct map m;
	pid_t pid[2];

	assert_int_equal(segment_new(&m, &attr), 0);
	for (u64 k = 0; k < 4; k++) {
		make_value(&v, k, 1);
		assert_int_equal(m.ops->update(&m, &run, &k, &v, 0), 0);
	}
	for (u32 c = 0; c < 2; c++) {
		pid[c] = fork_participant(&m, c + 1);
		for (u64 n = 0, seed = c + 5; !pid[c]; n++) {
			u64 r = next_random(&seed), k = r % 4;

			make_value(&v, k, n);
			if (m.ops->update(&m, &run, &k, &v, BPF_EXIST) ||
			    m.ops->update(&m, &run, &k, &v, BPF_NOEXIST) != -EEXIST)
				_exit(1);
			k = 4 + (r >> 8) % 12;
			make_value(&v, k, n);
			if (r >> 20 & 1)
				m.ops->update(&m, &run, &k, &v, 0);
			else
				m.ops->remove(&m, &run, &k);
		}
	}
	for (u64 n = 0, k; n < 1500000; n++) {
		k = n % 4;
		assert_non_null(m.ops->lookup(&m, &run, &k));
		if (n % 8)
			continue;
		assert_int_equal(m.ops->sys_lookup(&m, &k, &v, 0), 0);
		assert_true(value_whole(&v, k));
	}
	for (u32 c = 0; c < 2; c++) {
		int status;

		kill(pid[c], SIGKILL);
		waitpid(pid[c], &status, 0);
		assert_true(WIFSIGNALED(status));
	}
	segment_free(&m);
}

static void kill_writers(u32 type)
{
	struct map_attr attr = segment_attr(type, 8, sizeof(struct value), ENTRIES, 0);
	u64 rnd = 42 + type;
	struct map m;
	pid_t pid;

	assert_int_equal(segment_new(&m, &attr), 0);
	for (u32 k = 0; k < KILLS; k++) {
		pid_t mate = fork_participant(&m, 2);
		int status;

		if (!mate) {
			work(&m, 2, k * 31 + 7, 20000);
			_exit(0);
		}
		pid = fork_participant(&m, 1);
		if (!pid) {
			work(&m, 1, k * 17 + 3, 0);
			_exit(0);
		}
		usleep(next_random(&rnd) % 2000);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		waitpid(mate, &status, 0);
		assert_int_equal(status, 0);
		m.ops->sweep(&m, owner_dead, NULL);
		check_consistent(&m, k % 4 == 0 && type == BPF_MAP_TYPE_HASH);
	}
	check_consistent(&m, type == BPF_MAP_TYPE_HASH);
	segment_free(&m);
}

static void test_killed_hash(void **state)
{
	kill_writers(BPF_MAP_TYPE_HASH);
}

static void test_killed_lru(void **state)
{
	kill_writers(BPF_MAP_TYPE_LRU_HASH);
}

/* bpf(2)'s updates of an array: whole after the sweep, whenever their writer died. */
static void test_killed_array(void **state)
{
	struct map_attr attr = segment_attr(BPF_MAP_TYPE_ARRAY, 4, 4096, 8, 0);
	u64 value[512], rnd = 9;
	struct map m;

	assert_int_equal(segment_new(&m, &attr), 0);
	for (u32 k = 0; k < KILLS; k++) {
		pid_t pid = fork_participant(&m, 1);

		if (!pid) {
			for (u64 n = 1;; n++) {
				u32 key = n % 8;

				for (u32 i = 0; i < 512; i++)
					value[i] = n;
				m.ops->sys_update(&m, &key, value, 0);
			}
		}
		usleep(next_random(&rnd) % 1000);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		m.ops->sweep(&m, owner_dead, NULL);
		for (u32 key = 0; key < 8; key++) {
			assert_int_equal(m.ops->sys_lookup(&m, &key, value, 0), 0);
			for (u32 i = 1; i < 512; i++)
				assert_int_equal(value[i], value[0]);
		}
	}
	segment_free(&m);
}

/* Another process fills the whole segment with noise, again and again. */
static void hostile(u32 type, u32 key_size, u32 value_size)
{
	struct map_attr attr = segment_attr(type, key_size, value_size,
					    type == BPF_MAP_TYPE_RINGBUF ? 8192 : 256, 0);
	const struct helper_proto *out;
	struct map m, *maps[1] = {&m};
	struct image img = {.map_count = 1};
	struct run run = {
		.possible_cpus = TEST_CPUS, .maps = maps, .image = &img, .flags = RUN_CHECKED};
	u64 seed = 5, key[2] = {0}, n = 0;
	double start = seconds(CLOCK_MONOTONIC), worst = 0;
	u8 value[4096];
	pid_t pid;

	core_helpers_init();
	out = core_helper(BPF_FUNC_ringbuf_output);
	assert_int_equal(segment_new(&m, &attr), 0);
	pid = fork_participant(&m, 1);
	if (!pid) {
		u64 s = 77;

		for (;;) {
			u64 *p = (u64 *)m.contents, words = m.size / 8;
			u64 r = next_random(&s), at = r % words, len = r >> 32 & 127;

			if (at < words - len)
				for (u64 i = 0; i < len; i++)
					p[at + i] = r & 1 << 20 ? next_random(&s)
								: next_random(&s) % 300;
		}
	}
	while (seconds(CLOCK_MONOTONIC) - start < 1.5) {
		double t = seconds(CLOCK_THREAD_CPUTIME_ID);

		key[0] = next_random(&seed) % 300;
		switch (next_random(&seed) % 9) {
		case 0:
			if (m.ops->update)
				m.ops->update(&m, &run, key, value, 0);
			break;
		case 1:
			if (m.ops->remove)
				m.ops->remove(&m, &run, key);
			break;
		case 2:
			if (m.ops->lookup && m.ops->lookup(&m, &run, key))
				memset(m.ops->lookup(&m, &run, key) ?: value, 1, value_size);
			break;
		case 3:
			if (m.ops->sys_lookup)
				m.ops->sys_lookup(&m, key, value, 0);
			break;
		case 4:
			if (m.ops->next_key)
				m.ops->next_key(&m, key, value);
			break;
		case 5:
			if (m.ops->sys_update)
				m.ops->sys_update(&m, key, value, 0);
			break;
		case 6:
			if (next_random(&seed) % 16 == 0)
				m.ops->sweep(&m, owner_dead, NULL);
			break;
		case 7:
			if (m.ops->sys_lookup_and_delete)
				m.ops->sys_lookup_and_delete(&m, key, value, 0);
			break;
		default:
			if (type == BPF_MAP_TYPE_RINGBUF) {
				u64 s = core_helper(BPF_FUNC_ringbuf_reserve)
						->fn(&run, ptr_to_u64(&m), 200, 0, 0, 0);

				out->fn(&run, ptr_to_u64(&m), ptr_to_u64(value), 100, 0, 0);
				if (s) {
					memset(u64_to_ptr(s), 3, 200);
					core_helper(BPF_FUNC_ringbuf_submit)
						->fn(&run, s, 0, 0, 0, 0);
				}
			}
		}
		worst = MAX(worst, seconds(CLOCK_THREAD_CPUTIME_ID) - t);
		n++;
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(n > 1000);
	/* A bound on each operation, of its own time: the machine may be busy. */
	assert_true(worst < 0.1);
	segment_free(&m);
}

static void test_hostile(void **state)
{
	hostile(BPF_MAP_TYPE_HASH, 8, 8);
	hostile(BPF_MAP_TYPE_PERCPU_HASH, 8, 16);
	hostile(BPF_MAP_TYPE_LRU_HASH, 8, 40);
	hostile(BPF_MAP_TYPE_ARRAY, 4, 64);
	hostile(BPF_MAP_TYPE_RINGBUF, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_concurrent),   cmocka_unit_test(test_noexist_once),
		cmocka_unit_test(test_always_there), cmocka_unit_test(test_killed_hash),
		cmocka_unit_test(test_killed_lru),   cmocka_unit_test(test_killed_array),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests_name("shared maps", tests, NULL, NULL);
}
