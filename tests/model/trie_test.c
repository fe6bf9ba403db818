// SPDX-License-Identifier: BSD-2-Clause
/*
 * The prefix trie against a list of all elements; its order of keys against the
 * running kernel's, where bpf(2) may be asked; read while others write; writers
 * killed in the middle; segments full of nonsense.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "../segment.h"

#define DATA    6 /* bytes of a key's prefix */
#define ENTRIES 200

struct key {
	u32 bits;
	u8 data[DATA];
} __attribute__((packed));

struct element {
	struct key key;
	u64 value;
};

static struct element list[ENTRIES];
static u32 count;

/* A trie of keys of `data` bytes. */
static void make_trie(struct map *m, u32 data, u32 value, u32 entries)
{
	struct map_attr a = segment_attr(BPF_MAP_TYPE_LPM_TRIE, sizeof(u32) + data, value, entries,
					 BPF_F_NO_PREALLOC);

	assert_int_equal(segment_new(m, &a), 0);
}

static u32 bit(const u8 *data, u32 i)
{
	return data[i / 8] >> (7 - i % 8) & 1;
}

static bool begins(const struct key *a, const struct key *b)
{
	if (a->bits > b->bits)
		return false;
	for (u32 i = 0; i < a->bits; i++)
		if (bit(a->data, i) != bit(b->data, i))
			return false;
	return true;
}

static struct element *list_find(const struct key *k)
{
	for (u32 i = 0; i < count; i++)
		if (list[i].key.bits == k->bits && begins(&list[i].key, k))
			return &list[i];
	return NULL;
}

static struct element *list_lookup(const struct key *k)
{
	struct element *best = NULL;

	if (k->bits > DATA * 8)
		return NULL;
	for (u32 i = 0; i < count; i++)
		if (begins(&list[i].key, k) && (!best || list[i].key.bits > best->key.bits))
			best = &list[i];
	return best;
}

static int list_put(const struct key *k, u64 value, u64 flags)
{
	struct element *e;

	if (flags > BPF_EXIST || k->bits > DATA * 8)
		return -EINVAL;
	e = list_find(k);
	if (e && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!e && flags == BPF_EXIST)
		return -ENOENT;
	if (!e && count == ENTRIES)
		return -ENOSPC;
	if (!e)
		e = &list[count++];
	e->key = *k;
	e->value = value;
	return 0;
}

static int list_delete(const struct key *k)
{
	struct element *e = k->bits > DATA * 8 ? NULL : list_find(k);

	if (!e)
		return k->bits > DATA * 8 ? -EINVAL : -ENOENT;
	*e = list[--count];
	return 0;
}

/* Near each other, so that forks, prefixes of prefixes and equal keys are common. */
static struct key random_key(u64 *seed)
{
	struct key k;
	u64 r = next_random(seed);

	k.bits = r % 100 == 99 ? r >> 8 & 0x7fffffff : (r >> 8) % (DATA * 8 + 1);
	for (u32 i = 0; i < DATA; i++) {
		u64 x = next_random(seed);

		k.data[i] = x % 4 ? (x >> 8 & 1 ? 0xff : 0) : x >> 16;
	}
	return k;
}

/* Every element once, each after all that it begins (its children), and none else. */
static void check_keys(struct map *m)
{
	struct key next, prev, seen[ENTRIES];
	u32 n = 0;
	int err;

	for (;;) {
		err = m->ops->next_key(m, n ? (void *)&prev : NULL, &next);
		if (err)
			break;
		assert_true(n < count);
		assert_non_null(list_find(&next));
		for (u32 i = 0; i < n; i++)
			assert_false(begins(&seen[i], &next));
		seen[n++] = prev = next;
	}
	assert_int_equal(err, -ENOENT);
	assert_int_equal(n, count);
}

static void test_against_list(void **state)
{
	struct run run = {.possible_cpus = TEST_CPUS};
	u64 seed = 0x1234567, found = 0, full = 0;
	struct map m;

	count = 0;
	make_trie(&m, DATA, 8, ENTRIES);
	for (u32 i = 0; i < 300000; i++) {
		struct key k = random_key(&seed);
		u64 r = next_random(&seed), value = r, got;
		struct element *e;
		const u64 *p;
		u32 op = r % 8;

		if (i / 20000 % 2 && op < 4) /* alternately growing and shrinking */
			op = 4;
		switch (op) {
		case 0 ... 3: {
			u64 flags = r >> 8 & 15 ? r >> 8 & 1 ? 0 : r >> 12 & 3 : 7;
			int want = list_put(&k, value, flags);

			full += want == -ENOSPC;
			assert_int_equal(r >> 20 & 1 ? m.ops->sys_update(&m, &k, &value, flags)
						     : m.ops->update(&m, &run, &k, &value, flags),
					 want);
			break;
		}
		case 4: assert_int_equal(m.ops->sys_delete(&m, &k), list_delete(&k)); break;
		case 5: assert_int_equal(m.ops->remove(&m, &run, &k), list_delete(&k)); break;
		default:
			e = list_lookup(&k);
			p = m.ops->lookup(&m, &run, &k);
			assert_int_equal(!e, !p);
			found += !!e;
			if (e)
				assert_int_equal(*p, e->value);
			assert_int_equal(m.ops->sys_lookup(&m, &k, &got, 0), e ? 0 : -ENOENT);
			if (e)
				assert_int_equal(got, e->value);
		}
		if (i % 1000 == 0)
			check_keys(&m);
	}
	assert_true(found > 1000 && full > 100);
	segment_free(&m);
}

static long kernel_bpf(int cmd, union bpf_attr *a)
{
	long r = syscall(SYS_bpf, cmd, a, sizeof(*a));

	return r < 0 ? -errno : r;
}

/* What follows each key, those that are no elements included, in a trie filled alike. */
static void test_order(void **state)
{
	union bpf_attr a = {.map_type = BPF_MAP_TYPE_LPM_TRIE,
			    .key_size = sizeof(struct key),
			    .value_size = 8,
			    .max_entries = ENTRIES,
			    .map_flags = BPF_F_NO_PREALLOC};
	long fd = kernel_bpf(BPF_MAP_CREATE, &a);
	u64 seed = 77;
	struct map m;

	if (fd < 0)
		skip();
	make_trie(&m, DATA, 8, ENTRIES);
	for (u32 i = 0; i < 20000; i++) {
		struct key k = random_key(&seed), ours = {0}, theirs = {0};
		u64 r = next_random(&seed), value = r;
		long want;

		if (r % 4 == 0) {
			a = (union bpf_attr){.map_fd = fd,
					     .key = ptr_to_u64(&k),
					     .value = ptr_to_u64(&value),
					     .flags = r >> 8 & 3};
			want = kernel_bpf(BPF_MAP_UPDATE_ELEM, &a);
			assert_int_equal(m.ops->sys_update(&m, &k, &value, r >> 8 & 3), want);
		} else if (r % 4 == 1 && i % 3) {
			a = (union bpf_attr){.map_fd = fd, .key = ptr_to_u64(&k)};
			want = kernel_bpf(BPF_MAP_DELETE_ELEM, &a);
			assert_int_equal(m.ops->sys_delete(&m, &k), want);
		} else {
			for (u32 j = 0; j < 5; j++) {
				a = (union bpf_attr){.map_fd = fd,
						     .key = ptr_to_u64(&k),
						     .next_key = ptr_to_u64(&theirs)};
				want = kernel_bpf(BPF_MAP_GET_NEXT_KEY, &a);
				assert_int_equal(m.ops->next_key(&m, &k, &ours), want);
				if (want)
					break;
				assert_memory_equal(&ours, &theirs, sizeof(ours));
				k = ours;
			}
		}
	}
	segment_free(&m);
	close(fd);
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

/* Elements whose values say their keys: what a lookup finds begins what was asked for. */
static u64 value_of(const struct key *k)
{
	u64 v = k->bits + 1;

	for (u32 i = 0; i < k->bits; i++)
		v = v * 2 + bit(k->data, i);
	return v;
}

static void write_for_ever(struct map *m, u64 seed, u64 steps)
{
	for (u64 i = 0; !steps || i < steps; i++) {
		struct key k = random_key(&seed);
		u64 value;
		int err;

		k.bits %= DATA * 8 + 1;
		value = value_of(&k);
		err = next_random(&seed) % 2 ? m->ops->sys_update(m, &k, &value, 0)
					     : m->ops->sys_delete(m, &k);
		if (err && err != -ENOENT && err != -ENOSPC && err != -EBUSY)
			_exit(2);
	}
}

/*
 * Few elements, always others, with values long enough to be caught half
 * copied: what is found must be whole and of a prefix of what was asked for.
 */
#define WORDS 100

static u32 small_key(u64 *seed)
{
	return next_random(seed) % 64; /* 4 lengths of 16 prefixes */
}

static struct key spread(u32 small)
{
	return (struct key){1 + small % 4, {(u8)(small / 4 << 4)}};
}

static void churn(struct map *m, u64 seed, u32 steps)
{
	u64 value[WORDS];

	for (u32 i = 0; i < steps; i++) {
		struct key k = spread(small_key(&seed));

		for (u32 w = 0; w < WORDS; w++)
			value[w] = value_of(&k);
		if (next_random(&seed) % 2)
			m->ops->sys_update(m, &k, value, 0);
		else
			m->ops->sys_delete(m, &k);
	}
}

static bool is_prefix_value(u64 value, struct key k)
{
	while (k.bits && value_of(&k) != value)
		k.bits--;
	return k.bits;
}

static void test_concurrent(void **state)
{
	u64 seed = 5, found = 0, got[WORDS];
	struct map m;
	pid_t pid[2];
	int status;

	make_trie(&m, DATA, sizeof(got), 8);
	for (u32 i = 0; i < 2; i++) {
		pid[i] = fork_participant(&m, i + 1);
		if (!pid[i]) {
			churn(&m, 1000 + i, 500000);
			_exit(0);
		}
	}
	for (u32 i = 0; i < 500000; i++) {
		struct key k = spread(small_key(&seed));

		k.bits = DATA * 8;
		if (m.ops->sys_lookup(&m, &k, got, 0))
			continue;
		found++;
		assert_true(is_prefix_value(got[0], k));
		for (u32 w = 1; w < WORDS; w++)
			assert_true(got[w] == got[0]);
	}
	for (u32 i = 0; i < 2; i++) {
		waitpid(pid[i], &status, 0);
		assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	}
	assert_true(found > 1000);
	segment_free(&m);
}

static bool others_dead(void *data, u32 owner)
{
	return owner != 0;
}

/* After a sweep the trie takes as many elements as it should, and all of them are found. */
static void check_whole(struct map *m)
{
	struct key next, prev, keys[ENTRIES];
	u64 seed = 99, got;
	u32 n = 0;

	while (!m->ops->next_key(m, n ? (void *)&prev : NULL, &next)) {
		assert_true(n < ENTRIES);
		keys[n++] = prev = next;
		assert_int_equal(m->ops->sys_lookup(m, &next, &got, 0), 0);
		assert_true(got == value_of(&next));
	}
	while (n < ENTRIES) {
		struct key k = random_key(&seed);
		u64 value;

		k.bits = DATA * 8 - seed % 8;
		value = value_of(&k);
		switch (m->ops->sys_update(m, &k, &value, BPF_NOEXIST)) {
		case 0: keys[n++] = k; break;
		case -EEXIST: break;
		default: fail();
		}
	}
	prev = random_key(&seed);
	prev.bits = 47;
	got = 0;
	if (m->ops->sys_lookup(m, &prev, &got, 0) || got != value_of(&prev))
		assert_int_equal(m->ops->sys_update(m, &prev, &got, BPF_NOEXIST), -ENOSPC);
	for (u32 i = 0; i < n; i++)
		assert_int_equal(m->ops->sys_delete(m, &keys[i]), 0);
	assert_int_equal(m->ops->next_key(m, NULL, &next), -ENOENT);
}

static void test_killed(void **state)
{
	struct map m;

	make_trie(&m, DATA, 8, ENTRIES);
	for (u32 i = 0; i < 150; i++) {
		pid_t pid = fork_participant(&m, i + 1);

		if (!pid)
			write_for_ever(&m, i + 1, 0);
		usleep(1000 + i * 7 % 500);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		m.ops->sweep(&m, others_dead, NULL);
		check_whole(&m);
	}
	segment_free(&m);
}

/* Whatever another participant wrote there: no crash, no endless walk, no access outside. */
static void test_nonsense(void **state)
{
	struct run run = {.possible_cpus = TEST_CPUS};
	u64 seed = 31337;
	struct map m;

	make_trie(&m, DATA, 8, 20);
	for (u32 i = 0; i < 20000; i++) {
		u8 *meta = m.meta;
		u64 size = m.size - (meta - m.contents), value = i;
		struct key k = random_key(&seed), next;

		for (u32 j = 0; j < 20; j++) {
			u32 *word =
				(u32 *)(meta + next_random(&seed) % (MIN(size, 2048ull) / 4) * 4);

			*word = next_random(&seed) % 3 ? next_random(&seed) % 44
						       : next_random(&seed);
		}
		*(u64 *)meta = 0; /* the lock */
		m.ops->lookup(&m, &run, &k);
		m.ops->sys_update(&m, &k, &value, 0);
		m.ops->sys_delete(&m, &k);
		m.ops->next_key(&m, &k, &next);
		m.ops->next_key(&m, NULL, &next);
		*(u64 *)meta = 2;
		m.ops->sweep(&m, others_dead, NULL);
	}
	segment_free(&m);
}

/* Keys of every size, with values of some. */
static void test_sizes(void **state)
{
	u8 key[260] = {0}, out[260], value[100];
	struct map m;

	for (u32 data = 1; data <= 256; data++) {
		u32 bits = data * 8;

		make_trie(&m, data, data % 100 + 1, 2 * data + 2);
		for (u32 n = 0; n <= bits; n += 5) {
			memcpy(key, &n, sizeof(n));
			memset(key + 4, 0x5a, data);
			memset(value, n, sizeof(value));
			assert_int_equal(m.ops->sys_update(&m, key, value, 0), 0);
		}
		memcpy(key, &bits, sizeof(bits));
		assert_int_equal(m.ops->sys_lookup(&m, key, out, 0), 0);
		assert_int_equal(out[data % 100], (u8)(bits / 5 * 5));
		bits++;
		memcpy(key, &bits, sizeof(bits));
		assert_int_equal(m.ops->sys_lookup(&m, key, out, 0), -ENOENT);
		assert_int_equal(m.ops->sys_update(&m, key, value, 0), -EINVAL);
		segment_free(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_list), cmocka_unit_test(test_order),
		cmocka_unit_test(test_sizes),        cmocka_unit_test(test_concurrent),
		cmocka_unit_test(test_killed),       cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests_name("prefix trie", tests, NULL, NULL);
}
