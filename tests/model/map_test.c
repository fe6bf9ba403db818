// SPDX-License-Identifier: BSD-2-Clause
/* Map types against obvious twins: random operations, several seeds, maps that fill up. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "../segment.h"
#include "map/table.h"

#define KEYS  64 /* the twin: what each possible key maps to */
#define SEEDS 6
#define STEPS 30000

struct twin {
	bool here[KEYS];
	u64 value[KEYS][TEST_CPUS];
	u32 count;
};

struct shape {
	u32 type, key_size, value_size, entries, flags;
};

static const struct shape shapes[] = {
	{BPF_MAP_TYPE_HASH, 8, 8, 40, 0},
	{BPF_MAP_TYPE_HASH, 4, 8, 1, 0},
	{BPF_MAP_TYPE_HASH, 4, 20, 33, BPF_F_NO_PREALLOC},
	{BPF_MAP_TYPE_HASH, 13, 100, 48, BPF_F_ZERO_SEED},
	{BPF_MAP_TYPE_HASH, 1, 8, KEYS, 0},
	{BPF_MAP_TYPE_HASH, 512, 9, 17, 0},
	{BPF_MAP_TYPE_PERCPU_HASH, 8, 8, 40, 0},
	{BPF_MAP_TYPE_PERCPU_HASH, 6, 12, 20, BPF_F_NO_PREALLOC},
	{BPF_MAP_TYPE_LRU_HASH, 8, 8, KEYS, 0},
	{BPF_MAP_TYPE_LRU_PERCPU_HASH, 8, 8, KEYS, 0},
};

static void make_key(const struct shape *s, u32 k, u8 *key)
{
	memset(key, 0xa5, s->key_size);
	key[0] = k;
	key[s->key_size - 1] = k; /* and in the tail */
}

/* A value says which it is in all its bytes. */
static void make_value(u32 size, u64 v, u8 *value)
{
	for (u32 i = 0; i < size; i++)
		value[i] = (u8)(v >> 8 * (i % 8)) + i / 8;
}

static void check_value(u32 size, u64 v, const u8 *value)
{
	u8 want[4096];

	make_value(size, v, want);
	assert_memory_equal(value, want, size);
}

static void check_all(struct map *m, const struct shape *s, const struct twin *t)
{
	bool seen[KEYS] = {false};
	u8 key[512], next[512], *prev = NULL;
	u32 n = 0;
	int err;

	while (!(err = m->ops->next_key(m, prev, next))) {
		assert_true(next[0] < KEYS);
		assert_true(t->here[next[0]]);
		assert_false(seen[next[0]]);
		seen[next[0]] = true;
		n++;
		memcpy(key, next, s->key_size);
		prev = key;
	}
	assert_int_equal(err, -ENOENT);
	assert_int_equal(n, t->count);
}

static long count_one(void *data, const void *key, void *value)
{
	++*(u32 *)data;
	return 0;
}

/* In which ways an update may fail, and how. */
static int expect_update(const struct shape *s, const struct twin *t, u32 k, u64 flags)
{
	if (flags > BPF_EXIST)
		return -EINVAL;
	if (t->here[k])
		return flags == BPF_NOEXIST ? -EEXIST : 0;
	if (flags == BPF_EXIST)
		return -ENOENT;
	return t->count >= s->entries ? -E2BIG : 0;
}

static void step(struct map *m, const struct shape *s, struct twin *t, u64 *seed)
{
	bool percpu = map_type_is_percpu(s->type);
	struct run run = {.possible_cpus = TEST_CPUS};
	u64 r = next_random(seed), v = next_random(seed);
	u32 k = r % KEYS, op = (r >> 8) % 16, n = 0;
	u64 flags = (r >> 16) % 8 ? 0 : (r >> 20) % 4;
	u8 key[512], value[4096], *p;
	int want, err;

	run.cpu = (r >> 32) % TEST_CPUS;
	make_key(s, k, key);
	switch (op) {
	case 0 ... 3: /* a program's update */
		make_value(s->value_size, v, value);
		want = expect_update(s, t, k, flags);
		err = m->ops->update(m, &run, key, value, flags);
		assert_int_equal(err, want);
		if (err)
			break;
		for (u32 c = 0; c < TEST_CPUS && !t->here[k]; c++)
			t->value[k][c] = UINT64_MAX; /* zeroes */
		t->count += !t->here[k];
		t->here[k] = true;
		t->value[k][percpu ? run.cpu : 0] = v;
		break;
	case 4: /* bpf(2)'s update: all cpus at once */
		for (u32 c = 0; c < (percpu ? TEST_CPUS : 1); c++)
			make_value(s->value_size, v + c, value + c * m->value_stride);
		want = expect_update(s, t, k, flags);
		err = m->ops->sys_update(m, key, value, flags);
		assert_int_equal(err, want);
		if (err)
			break;
		t->count += !t->here[k];
		t->here[k] = true;
		for (u32 c = 0; c < TEST_CPUS; c++)
			t->value[k][c] = v + c;
		break;
	case 5 ... 7: /* delete */
		err = op == 5 ? m->ops->sys_delete(m, key) : m->ops->remove(m, &run, key);
		assert_int_equal(err, t->here[k] ? 0 : -ENOENT);
		t->count -= t->here[k];
		t->here[k] = false;
		break;
	case 8:
	case 9: /* bpf(2)'s lookup, with or without delete */
		memset(value, 0xcc, sizeof(value));
		err = op == 8 ? m->ops->sys_lookup(m, key, value, 0)
			      : m->ops->sys_lookup_and_delete(m, key, value, 0);
		assert_int_equal(err, t->here[k] ? 0 : -ENOENT);
		for (u32 c = 0; !err && c < (percpu ? TEST_CPUS : 1); c++)
			if (t->value[k][c] != UINT64_MAX)
				check_value(s->value_size, t->value[k][c],
					    value + c * m->value_stride);
		assert_int_equal(value[map_sys_value_size(m)], 0xcc);
		if (op == 9) {
			t->count -= t->here[k];
			t->here[k] = false;
		}
		break;
	case 10:
		if (r >> 40 & 15)
			break;
		check_all(m, s, t);
		assert_int_equal(m->ops->for_each(m, &run, count_one, &n), t->count);
		assert_int_equal(n, t->count);
		break;
	default: /* lookup */
		p = m->ops->lookup(m, &run, key);
		assert_int_equal(p != NULL, t->here[k]);
		if (p && t->value[k][percpu ? run.cpu : 0] != UINT64_MAX)
			check_value(s->value_size, t->value[k][percpu ? run.cpu : 0], p);
		for (u32 i = 0; p && i < s->value_size; i++)
			if (t->value[k][percpu ? run.cpu : 0] == UINT64_MAX)
				assert_int_equal(p[i], 0);
		break;
	}
}

static void test_hashes(void **state)
{
	for (u32 i = 0; i < ARRAY_SIZE(shapes); i++)
		for (u64 seed = 1; seed <= SEEDS; seed++) {
			const struct shape *s = &shapes[i];
			struct map_attr attr = segment_attr(s->type, s->key_size, s->value_size,
							    s->entries, s->flags);
			struct twin t = {.count = 0};
			u64 rnd = seed * 0x9e3779b97f4a7c15ull;
			struct map m;

			assert_int_equal(segment_new(&m, &attr), 0);
			for (u32 n = 0; n < STEPS; n++)
				step(&m, s, &t, &rnd);
			check_all(&m, s, &t);
			segment_free(&m);
		}
}

/* LRU: never more elements than allowed, never refused, and what is used stays. */
static void test_lru(void **state)
{
	static const u32 types[] = {BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH};

	for (u32 i = 0; i < ARRAY_SIZE(types); i++) {
		struct map_attr attr = segment_attr(types[i], 8, 8, 100, 0);
		struct run run = {.possible_cpus = TEST_CPUS, .cpu = 1};
		u64 key, next, hot = 1, v, n;
		struct map m;

		assert_int_equal(segment_new(&m, &attr), 0);
		for (key = 1; key <= 5000; key++) {
			v = key * 3;
			assert_int_equal(m.ops->update(&m, &run, &key, &v, BPF_NOEXIST), 0);
			assert_non_null(m.ops->lookup(&m, &run, &hot));
			assert_int_equal(*(u64 *)m.ops->lookup(&m, &run, &key), v);
			n = 0;
			if (key % 50 == 0) {
				u64 *prev = NULL, at;

				while (!m.ops->next_key(&m, prev, &next)) {
					assert_true(next == hot || next + 300 > key);
					at = next;
					prev = &at;
					n++;
				}
				assert_int_equal(n, MIN(key, 100u));
			}
		}
		assert_int_equal(*(u64 *)m.ops->lookup(&m, &run, &hot), 3);
		segment_free(&m);
	}
}

/* Elements that stay are met exactly once, whatever happens to others meanwhile. */
static void test_iteration_under_change(void **state)
{
	for (u64 seed = 1; seed <= 20; seed++) {
		struct map_attr attr = segment_attr(BPF_MAP_TYPE_HASH, 8, 8, 400, 0);
		struct run run = {.possible_cpus = TEST_CPUS};
		u64 rnd = seed * 77777, k, v = 1, next, at, *prev = NULL;
		u8 seen[200] = {0};
		struct map m;

		assert_int_equal(segment_new(&m, &attr), 0);
		for (k = 0; k < 200; k++)
			assert_int_equal(m.ops->update(&m, &run, &k, &v, 0), 0);
		while (!m.ops->next_key(&m, prev, &next)) {
			assert_true(next < 400);
			if (next < 200)
				seen[next]++;
			at = next;
			prev = &at;
			for (u32 i = 0; i < 5; i++) {
				k = 200 + next_random(&rnd) % 200;
				if (k == at)
					continue;
				if (next_random(&rnd) & 1)
					m.ops->update(&m, &run, &k, &v, 0);
				else
					m.ops->remove(&m, &run, &k);
				/* Replaced, an element keeps its place. */
				k = next_random(&rnd) % 200;
				assert_int_equal(m.ops->update(&m, &run, &k, &v, BPF_EXIST), 0);
			}
		}
		for (k = 0; k < 200; k++)
			assert_int_equal(seen[k], 1);
		/* A key that is gone leads to the first. */
		prev = NULL;
		assert_int_equal(m.ops->next_key(&m, NULL, &next), 0);
		k = 100000;
		assert_int_equal(m.ops->next_key(&m, &k, &at), 0);
		assert_int_equal(at, next);
		segment_free(&m);
	}
}

struct deleter {
	struct map *m;
	struct run *run;
	u32 seen;
};

static long delete_it(void *data, const void *key, void *value)
{
	struct deleter *d = data;
	u64 k;

	memcpy(&k, key, sizeof(k));
	assert_int_equal(*(u64 *)value, k * 5);
	assert_int_equal(d->m->ops->remove(d->m, d->run, &k), 0);
	d->seen++;
	return d->seen == 1000;
}

/* Keys that all fall into one bucket: a longer list than for_each notes down at once. */
static u32 colliding_keys(struct map *m, u64 *keys, u32 want)
{
	const struct table *t = m->priv;
	struct run run = {.possible_cpus = TEST_CPUS};
	u32 bucket = 0, n = 0;
	u64 v = 0;

	for (u64 k = 0; n < want && k < 1000000; k++) {
		assert_int_equal(m->ops->update(m, &run, &k, &v, 0), 0);
		for (u32 b = 0; !k && b <= t->mask; b++)
			bucket = t->heads[b] << 32 ? b : bucket;
		if (t->heads[bucket] << 32)
			keys[n++] = k;
		assert_int_equal(m->ops->remove(m, &run, &k), 0);
	}
	return n;
}

static void test_for_each_deletes(void **state)
{
	struct map_attr attr = segment_attr(BPF_MAP_TYPE_HASH, 8, 8, 300, 0);
	struct run run = {.possible_cpus = TEST_CPUS};
	struct map m;
	struct deleter d = {&m, &run, 0};
	static u64 keys[100];
	u64 k, v;

	assert_int_equal(segment_new(&m, &attr), 0);
	assert_int_equal(colliding_keys(&m, keys, 100), 100);
	for (u32 i = 0; i < 300; i++) {
		k = i < 100 ? keys[i] : 2000000 + i;
		v = k * 5;
		assert_int_equal(m.ops->update(&m, &run, &k, &v, 0), 0);
	}
	assert_int_equal(m.ops->for_each(&m, &run, count_one, &d.seen), 300);
	assert_int_equal(d.seen, 300);
	d.seen = 0;
	assert_int_equal(m.ops->for_each(&m, &run, delete_it, &d), 300);
	assert_int_equal(d.seen, 300);
	assert_int_equal(m.ops->next_key(&m, NULL, &k), -ENOENT);
	segment_free(&m);
}

static void test_arrays(void **state)
{
	static const u32 types[] = {BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY};
	static const u32 sizes[] = {1, 4, 8, 12, 64, 1000};

	for (u32 i = 0; i < ARRAY_SIZE(types) * ARRAY_SIZE(sizes); i++) {
		u32 size = sizes[i / 2], n = 37;
		bool percpu = types[i % 2] == BPF_MAP_TYPE_PERCPU_ARRAY;
		struct map_attr attr = segment_attr(types[i % 2], 4, size, n, 0);
		static u64 twin[37][TEST_CPUS];
		struct run run = {.possible_cpus = TEST_CPUS};
		u64 rnd = i + 99;
		u8 value[8192], *p;
		struct map_span span;
		struct map m;

		assert_int_equal(segment_new(&m, &attr), 0);
		memset(twin, 0xff, sizeof(twin));
		for (u32 s = 0; s < STEPS; s++) {
			u64 r = next_random(&rnd), v = next_random(&rnd) >> 1;
			u32 k = r % (n + 3), c;

			run.cpu = (r >> 32) % TEST_CPUS;
			c = percpu ? run.cpu : 0;
			switch (r >> 40 & 3) {
			case 0:
				make_value(size, v, value);
				assert_int_equal(m.ops->update(&m, &run, &k, value, 0),
						 k < n ? 0 : -E2BIG);
				if (k < n)
					twin[k][c] = v;
				break;
			case 1:
				for (u32 a = 0; a < (percpu ? TEST_CPUS : 1); a++)
					make_value(size, v + a, value + a * m.value_stride);
				assert_int_equal(m.ops->sys_update(&m, &k, value, 0),
						 k < n ? 0 : -E2BIG);
				for (u32 a = 0; k < n && a < TEST_CPUS; a++)
					twin[k][a] = v + a;
				break;
			case 2:
				assert_int_equal(m.ops->sys_lookup(&m, &k, value, 0),
						 k < n ? 0 : -ENOENT);
				for (u32 a = 0; k < n && a < (percpu ? TEST_CPUS : 1); a++)
					if (twin[k][a] != UINT64_MAX)
						check_value(size, twin[k][a],
							    value + a * m.value_stride);
				break;
			default:
				p = m.ops->lookup(&m, &run, &k);
				assert_int_equal(p != NULL, k < n);
				if (!p)
					break;
				if (twin[k][c] != UINT64_MAX)
					check_value(size, twin[k][c], p);
				assert_int_equal(m.ops->span(&m, ptr_to_u64(p), &span), 0);
				assert_int_equal(span.base, ptr_to_u64(p));
				assert_int_equal(span.size, size);
				assert_int_equal(m.ops->span(&m, ptr_to_u64(p) + size - 1, &span),
						 0);
			}
		}
		segment_free(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_lru),
		cmocka_unit_test(test_iteration_under_change),
		cmocka_unit_test(test_for_each_deletes),
		cmocka_unit_test(test_arrays),
	};

	return cmocka_run_group_tests_name("map model", tests, NULL, NULL);
}
