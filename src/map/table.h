/* SPDX-License-Identifier: BSD-2-Clause */
/* The lock-free hash table that all hash types are made of; see table.c. Freestanding. */
#ifndef MAP_TABLE_H
#define MAP_TABLE_H

#include "map/attr.h"

#define TABLE_LEVELS 6
#define TABLE_TRIES  1000 /* of copying an element that others keep changing */

/* A process' view of the table, in map.priv_space: addresses here, sizes from trusted attributes.
 */
struct table {
	u64 *heads;              /* a link per bucket */
	u8 *nodes;               /* `slots` of node_size bytes */
	u64 *used[TABLE_LEVELS]; /* hints: slots in use; above, words that are full */
	u32 *cells;              /* hints: where spare slots are (index + 1) */
	u8 *ref;                 /* LRU: looked up since the hand last passed */
	u8 *redo;                /* per-CPU types */
	u32 mask;                /* buckets - 1 */
	u32 slots;               /* entries + spares */
	u32 entries;
	u32 node_size, value_off;
	u32 levels;
	u32 cell_count;
	u32 cpu_step; /* per-CPU types: bytes between cpus' values, of consecutive cpus */
};

struct table_node {
	u64 next;  /* link */
	u64 state; /* who has the slot */
	u8 key[];  /* rounded up to 8, then the value or values */
};

/* A place in a bucket's list: `*prev` held `cur`, the link to node `idx`, whose link was `next`. */
struct table_walk {
	u64 *head_at, head;
	u64 *prev, cur;
	u64 next;
	u32 idx;
	u64 *budget; /* steps left: lists are hostile */
};

/* One change by table_put(). */
struct table_change {
	const void *value;
	u64 flags;
	u32 cpu;
	/* Writes a new element's value; the slot is the caller's own. */
	void (*fill)(struct map *m, void *value, const struct table_change *c);
	/* Changes a present element in place; NULL: it is replaced as a whole. `state` proves it.
	 */
	int (*write)(struct map *m, u32 idx, u64 state, const struct table_change *c);
};

_Static_assert(sizeof(struct table) <= sizeof(((struct map *)0)->priv_space), "fits the view");

static inline struct table *table_of(const struct map *m)
{
	return m->priv;
}

static inline struct table_node *table_node(const struct table *t, u32 idx)
{
	return (struct table_node *)(t->nodes + (u64)idx * t->node_size);
}

static inline void *table_value(const struct table *t, u32 idx)
{
	return (u8 *)table_node(t, idx) + t->value_off;
}

/*
 * Where a cpu's value lies among a node's values. Neighbouring cpus' values
 * are kept eight apart, so that small ones do not share a cache line.
 */
static inline u64 table_cpu_off(const struct map *m, u32 cpu)
{
	return (u64)(cpu % 8) * table_of(m)->cpu_step + (u64)(cpu / 8) * m->value_stride;
}

int table_check(const struct map_attr *attr, struct diag *diag);
int table_layout(const struct map_attr *attr, u64 *contents, u64 *meta);
int table_view(struct map *m);
int map_table_init(struct map *m);

/* The element's slot, with the state that proves it; -ENOENT, -EBUSY (a hostile table). */
int table_find(struct map *m, const void *key, u32 *idx, u64 *state);
/* The element's slot or -1; for programs. */
s64 table_lookup(struct map *m, const void *key);
/* Does the slot still hold the same element as when `state` was read? */
bool table_same(struct map *m, u32 idx, u64 state);
int table_put(struct map *m, const void *key, const struct table_change *c);
/* `copy`, if not NULL, takes the value out just before the element goes. */
int table_delete(struct map *m, const void *key, void *out,
		 int (*copy)(struct map *m, u32 idx, void *out));
int table_next_key(struct map *m, const void *key, void *next);
long table_for_each(struct map *m, struct run *run,
		    long (*fn)(void *data, const void *key, void *value), void *data);
/* Which node's value area does `addr` lie in? *off from its start. -EACCES: none. */
int table_value_of(struct map *m, u64 addr, u32 *idx, u64 *off);
void table_sweep(struct map *m, bool (*dead)(void *data, u32 owner), void *data);

/* What hash types share of their ops. */
long table_remove(struct map *m, struct run *run, const void *key);
int table_sys_delete(struct map *m, const void *key);

#endif
