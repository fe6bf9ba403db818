// SPDX-License-Identifier: BSD-2-Clause
/* Hash tables from bucket to bucket: keys one after the other, and all elements for a program. */
#include "core/run.h"
#include "map/walk.h"

/* The first element from bucket `b` on. 0, -ENOENT, -EAGAIN or -EBUSY. */
static int first_key(struct map *m, u64 b, void *out, u64 *budget)
{
	struct table *t = table_of(m);
	struct table_walk w;
	int r;

	for (; b <= t->mask; b++) {
		if (!link_index(__atomic_load_n(&t->heads[b], __ATOMIC_RELAXED)))
			continue;
		do {
			walk_begin(t, &w, b, budget);
			r = walk_step(t, &w);
			if (r > 0) {
				__builtin_memcpy(out, table_node(t, w.idx)->key, m->key_size);
				if (walk_valid(&w))
					return 0;
				r = -EAGAIN;
			}
		} while (r == -EAGAIN && *budget && --*budget);
		if (r < 0)
			return -EBUSY;
	}
	return -ENOENT;
}

int table_next_key(struct map *m, const void *key, void *next)
{
	struct table *t = table_of(m);
	u64 budget = walk_budget(t);
	struct table_walk w;
	u32 hash;
	int r;

	if (!key)
		return first_key(m, 0, next, &budget);
	hash = table_hash(m, key);
	do {
		r = walk_find(m, &w, hash, key, 0, &budget);
		if (r < 0)
			return r;
		if (!r) /* gone: the walk begins again */
			return first_key(m, 0, next, &budget);
		walk_on(t, &w);
		r = walk_step(t, &w);
		if (!r)
			return first_key(m, (u64)(hash & t->mask) + 1, next, &budget);
		if (r > 0) {
			__builtin_memcpy(next, table_node(t, w.idx)->key, m->key_size);
			if (walk_valid(&w))
				return 0;
			r = -EAGAIN;
		}
	} while (r == -EAGAIN && budget && --budget);
	return -EBUSY;
}

#define SNAPSHOT 32

/*
 * A bucket's elements, noted before the first is shown, since `fn` may delete,
 * replace and insert: at most SNAPSHOT behind the `skip` first ones.
 */
static u32 snapshot(struct map *m, u32 bucket, u32 skip, u32 idx[SNAPSHOT], u64 state[SNAPSHOT],
		    u64 *budget)
{
	struct table *t = table_of(m);
	struct table_walk w;
	u32 n, seen;
	int r;

	do {
		n = seen = 0;
		walk_begin(t, &w, bucket, budget);
		while (n < SNAPSHOT && (r = walk_step(t, &w)) > 0) {
			u64 s = load(&table_node(t, w.idx)->state);

			if (!walk_valid(&w)) {
				r = -EAGAIN;
				break;
			}
			if (seen++ >= skip) {
				idx[n] = w.idx;
				state[n++] = s;
			}
			walk_on(t, &w);
		}
	} while (n < SNAPSHOT && r == -EAGAIN && *budget && --*budget);
	return n;
}

static bool still_there(struct map *m, u32 idx, u64 state)
{
	return table_same(m, idx, state) &&
	       link_mark(load(&table_node(table_of(m), idx)->next)) == MARK_NONE;
}

static void *value_for(struct map *m, struct run *run, u32 idx)
{
	u8 *value = table_value(table_of(m), idx);

	return map_type_is_percpu(m->type) ? value + table_cpu_off(m, run->cpu) : value;
}

long table_for_each(struct map *m, struct run *run,
		    long (*fn)(void *data, const void *key, void *value), void *data)
{
	struct table *t = table_of(m);
	u64 budget = 16 * walk_budget(t), state[SNAPSHOT];
	u32 idx[SNAPSHOT];
	long count = 0;

	if (map_type_is_percpu(m->type) && run->cpu >= m->possible_cpus)
		return 0;
	for (u64 b = 0; b <= t->mask; b++) {
		u32 n, skip = 0;

		if (!link_index(__atomic_load_n(&t->heads[b], __ATOMIC_RELAXED)))
			continue;
		do {
			n = snapshot(m, b, skip, idx, state, &budget);
			for (u32 i = 0; i < n; i++) {
				if (!still_there(m, idx[i], state[i]))
					continue;
				count++;
				if (fn(data, table_node(t, idx[i])->key, value_for(m, run, idx[i])))
					return count;
			}
			/* More: behind those of them that are left. */
			for (u32 i = 0; n == SNAPSHOT && i < n; i++)
				skip += still_there(m, idx[i], state[i]);
		} while (n == SNAPSHOT && budget);
	}
	return count;
}
