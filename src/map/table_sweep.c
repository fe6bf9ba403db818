// SPDX-License-Identifier: BSD-2-Clause
/*
 * Hash tables after deaths. Suspicious slots are few: owned by a dead
 * participant, or marked and not freed. Each is looked for in its bucket, and
 * what is not there becomes free: by a swap of the state that was seen, so
 * that nothing happens when its owner, alive after all, comes first.
 */
#include "map/redo.h"
#include "map/walk.h"

static void sweep_owned(struct map *m, u32 idx, u64 state, u64 *budget)
{
	struct table *t = table_of(m);
	struct table_node *n = table_node(t, idx);
	struct table_walk w;

	/* Marked: by its last life. Else it may have been published. */
	if (link_mark(load(&n->next)) == MARK_NONE) {
		int r = walk_find(m, &w, table_hash(m, n->key), NULL, idx, budget);

		if (r > 0)
			swap(&n->state, state, state_make(state, SLOT_LIVE, 0));
		if (r)
			return;
	}
	slot_free(t, idx, state, state_kind(state) == SLOT_OWNED_SPARE ? SLOT_SPARE : SLOT_ENTRY);
}

/* Marked, yet not freed: unlinked by walking past, or unlinked already and then forgotten. */
static void sweep_marked(struct map *m, u32 idx, u64 state, u64 next, u64 *budget)
{
	struct table *t = table_of(m);
	struct table_node *n = table_node(t, idx);
	struct table_walk w;

	if (walk_find(m, &w, table_hash(m, n->key), NULL, UINT32_MAX, budget) == 0 &&
	    load(&n->next) == next)
		slot_free(t, idx, state, link_mark(next) == MARK_SPARE ? SLOT_SPARE : SLOT_ENTRY);
}

static void sweep_slot(struct map *m, u32 idx, bool (*dead)(void *data, u32 owner), void *data,
		       u64 *budget)
{
	struct table *t = table_of(m);
	struct table_node *n = table_node(t, idx);
	u64 state = load(&n->state), next = load(&n->next);

	switch (state_kind(state)) {
	case SLOT_ENTRY:
	case SLOT_SPARE: slot_sweep_free(t, idx, state); break;
	case SLOT_OWNED_ENTRY:
	case SLOT_OWNED_SPARE:
		if (dead(data, state & 0x1fffffff))
			sweep_owned(m, idx, state, budget);
		break;
	case SLOT_LIVE:
		if (link_mark(next))
			sweep_marked(m, idx, state, next, budget);
		else if (m->spin_lock_off >= 0)
			map_sweep_lock(m, table_value(t, idx), dead, data);
		break;
	}
}

static void replay(struct map *m, u64 target, u64 check, const void *value)
{
	struct table *t = table_of(m);

	if (target >= t->slots || !table_same(m, target, check))
		return;
	for (u32 cpu = 0; cpu < m->possible_cpus; cpu++)
		__builtin_memcpy((u8 *)table_value(t, target) + table_cpu_off(m, cpu),
				 (const u8 *)value + (u64)cpu * m->value_stride, m->value_size);
}

void table_sweep(struct map *m, bool (*dead)(void *data, u32 owner), void *data)
{
	struct table *t = table_of(m);
	u64 budget = 16 * walk_budget(t), words = ((u64)t->slots + 63) / 64;

	if (map_type_is_percpu(m->type))
		redo_sweep(m, t->redo, dead, data, replay);
	for (u64 w = 0; w < words; w++) {
		u64 bits = __atomic_load_n(&t->used[0][w], __ATOMIC_RELAXED);

		for (; bits && budget; bits &= bits - 1) {
			u64 idx = w * 64 + __builtin_ctzll(bits);

			if (idx < t->slots)
				sweep_slot(m, idx, dead, data, &budget);
		}
	}
	slot_sweep_hints(t);
}
