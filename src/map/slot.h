/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words of a hash table: links and slot states (see table.c), and who has
 * which slot. Freestanding.
 */
#ifndef MAP_SLOT_H
#define MAP_SLOT_H

#include "map/table.h"

enum link_mark {
	MARK_NONE,
	MARK_ENTRY,
	MARK_SPARE
};
enum slot_kind {
	SLOT_ENTRY,
	SLOT_SPARE,
	SLOT_LIVE,
	SLOT_OWNED_ENTRY,
	SLOT_OWNED_SPARE
};

static inline u32 link_index(u64 link)
{
	return (u32)link;
}

static inline u32 link_mark(u64 link)
{
	return link >> 62;
}

/* The word that follows `old` in the same place. */
static inline u64 link_after(u64 old, u32 index, u32 mark)
{
	return (u64)mark << 62 | ((old + (1ull << 32)) & (0x3fffffffull << 32)) | index;
}

static inline u32 state_kind(u64 state)
{
	return (u32)state >> 29;
}

static inline u64 state_make(u64 gen_of, u32 kind, u32 owner)
{
	return (gen_of & ~0xffffffffull) | kind << 29 | (owner & 0x1fffffff);
}

static inline u64 load(const u64 *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline bool swap(u64 *p, u64 old, u64 new)
{
	return __atomic_compare_exchange_n(p, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE);
}

static inline bool is_lru(const struct map *m)
{
	return m->type == BPF_MAP_TYPE_LRU_HASH || m->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* A free slot for a new element, tried near the cpu's own; -1: none. */
s64 slot_claim_entry(struct map *m, u32 cpu);
/* A spare one; -1: none. */
s64 slot_claim_spare(struct map *m, u32 cpu);
/* The slot in `state` becomes free; whoever swaps the state does it, so it happens once. */
void slot_free(struct table *t, u32 idx, u64 state, u32 free_kind);
/* Gives back a claimed slot that was not published. */
void slot_unclaim(struct map *m, u32 idx);
/* Makes the hints of a free slot right. */
void slot_sweep_free(struct table *t, u32 idx, u64 state);
void slot_sweep_hints(struct table *t);

#endif
