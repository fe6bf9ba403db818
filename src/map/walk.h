/* SPDX-License-Identifier: BSD-2-Clause */
/* Walking along a bucket of a hash table (see table.c). Freestanding. */
#ifndef MAP_WALK_H
#define MAP_WALK_H

#include "map/slot.h"

/* The multipliers of table_hash(); hash_inline.c computes the same. */
#define TABLE_HASH_A 0x9e3779b97f4a7c15ull
#define TABLE_HASH_B 0xd6e8feb86659fd93ull

u32 table_hash(const struct map *m, const void *key);
void walk_begin(struct table *t, struct table_walk *w, u32 bucket, u64 *budget);
/*
 * Arrives at the next node that is not marked: 1; 0 at the end, -EAGAIN: start
 * over, -EBUSY: the budget is spent. Unlinks and frees marked ones on the way.
 */
int walk_step(struct table *t, struct table_walk *w);
/* Finds by key, or, when that is NULL, slot `idx`. 1, 0 or -EBUSY. */
int walk_find(struct map *m, struct table_walk *w, u32 hash, const void *key, u32 idx, u64 *budget);

/* Was the node that walk_step() arrived at in this list while it was looked at? */
static inline bool walk_valid(const struct table_walk *w)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return load(w->prev) == w->cur;
}

static inline void walk_on(struct table *t, struct table_walk *w)
{
	w->prev = &table_node(t, w->idx)->next;
	w->cur = w->next;
}

static inline u64 walk_budget(const struct table *t)
{
	return 2ull * t->slots + 4096;
}

#endif
