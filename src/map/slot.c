// SPDX-License-Identifier: BSD-2-Clause
/*
 * Slots of a hash table. The state word says who has one. Where free ones are
 * is told by hints: a bitmap of slots in use under levels of bitmaps of full
 * words, and a few cells for spares. Hints are allowed to be wrong, since a
 * claim is made on the state word: one that calls a used slot free costs a
 * try, one that calls a free slot used hides it until the next sweep.
 */
#include "map/slot.h"

/* A zeroed segment has all slots free; left are the spares and the bits behind the ends. */
int map_table_init(struct map *m)
{
	struct table *t = table_of(m);
	u64 from = t->entries, words = ((u64)t->slots + 63) / 64;

	for (u32 l = 0; l < t->levels; l++) {
		for (u64 w = from / 64; w < words; w++)
			t->used[l][w] = w > from / 64 || !(from % 64) ? ~0ull : ~0ull << from % 64;
		from = (from + 63) / 64;
		words = (words + 63) / 64;
	}
	for (u32 i = t->entries; i < t->slots; i++) {
		table_node(t, i)->state = state_make(0, SLOT_SPARE, 0);
		t->cells[i - t->entries] = i + 1;
	}
	return 0;
}

static inline u64 words_of(const struct table *t, u32 level)
{
	u64 n = t->slots;

	for (u32 l = 0; l <= level; l++)
		n = (n + 63) / 64;
	return n;
}

/* Bit `at` of `level` becomes 0, and with it the bits above that called its word full. */
static void hint_clear(struct table *t, u32 level, u64 at)
{
	__atomic_fetch_and(&t->used[level][at / 64], ~(1ull << at % 64), __ATOMIC_SEQ_CST);
	for (at /= 64; ++level < t->levels; at /= 64) {
		u64 *word = &t->used[level][at / 64], bit = 1ull << at % 64;

		if (!(__atomic_load_n(word, __ATOMIC_SEQ_CST) & bit))
			break;
		__atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST);
	}
}

/* Bit `at` becomes 1, and those above when its word is full. Was it 0? */
static bool hint_set(struct table *t, u32 level, u64 at)
{
	u64 bit = 1ull << at % 64;
	u64 old = __atomic_fetch_or(&t->used[level][at / 64], bit, __ATOMIC_SEQ_CST);
	bool was_clear = !(old & bit);

	for (old |= bit; old == ~0ull && ++level < t->levels; old |= bit) {
		at /= 64;
		bit = 1ull << at % 64;
		old = __atomic_fetch_or(&t->used[level][at / 64], bit, __ATOMIC_SEQ_CST);
		/* Who made room in between may have seen the bit still clear. */
		if (__atomic_load_n(&t->used[level - 1][at], __ATOMIC_SEQ_CST) != ~0ull) {
			hint_clear(t, level, at);
			break;
		}
	}
	return was_clear;
}

/* A slot that looks free, at `hint` or behind it; -1: none. */
static s64 hint_find(struct table *t, u32 hint)
{
	for (u32 tries = 0; tries < 64; tries++) {
		u64 at = 0;
		u32 l = t->levels;

		while (l--) {
			u64 word = __atomic_load_n(&t->used[l][at], __ATOMIC_RELAXED);
			u32 turn = l < 5 ? hint >> 6 * l & 63 : 0;

			if (word == ~0ull) {
				if (l + 1 == t->levels)
					return -1;
				/* It called the word not full. */
				hint_set(t, l + 1, at);
				if (__atomic_load_n(&t->used[l][at], __ATOMIC_SEQ_CST) != ~0ull)
					hint_clear(t, l + 1, at);
				break;
			}
			word = ~word;
			word = turn ? word >> turn | word << (64 - turn) : word;
			at = at * 64 + ((__builtin_ctzll(word) + turn) & 63);
			if (at >= (l ? words_of(t, l - 1) : t->slots))
				return -1; /* a hostile bitmap */
			if (!l)
				return at;
		}
	}
	return -1;
}

static void spare_put(struct table *t, u32 idx)
{
	for (u32 i = 0; i < t->cell_count; i++) {
		u32 *cell = &t->cells[(idx + i) % t->cell_count], old = 0;

		if (__atomic_compare_exchange_n(cell, &old, idx + 1, false, __ATOMIC_SEQ_CST,
						__ATOMIC_RELAXED) ||
		    old == idx + 1)
			return;
	}
}

static bool slot_take(struct map *m, u32 idx, u32 free_kind)
{
	struct table_node *n = table_node(table_of(m), idx);
	u64 state = load(&n->state);
	u32 kind = free_kind == SLOT_ENTRY ? SLOT_OWNED_ENTRY : SLOT_OWNED_SPARE;

	return state_kind(state) == free_kind &&
	       swap(&n->state, state, state_make(state, kind, m->owner));
}

s64 slot_claim_entry(struct map *m, u32 cpu)
{
	struct table *t = table_of(m);
	u32 hint = (u64)t->entries * (cpu % m->possible_cpus) / m->possible_cpus;

	for (u32 tries = 0; tries < 256; tries++) {
		s64 idx = hint_find(t, hint);

		if (idx < 0)
			return -1;
		/* The bit first: a slot that is not free is never hinted to be. */
		if (hint_set(t, 0, idx) && slot_take(m, idx, SLOT_ENTRY))
			return idx;
	}
	return -1;
}

s64 slot_claim_spare(struct map *m, u32 cpu)
{
	struct table *t = table_of(m);

	for (u32 i = 0; i < t->cell_count; i++) {
		u32 *cell = &t->cells[(cpu + i) % t->cell_count];
		u32 at = __atomic_load_n(cell, __ATOMIC_RELAXED), old = at;
		bool mine;

		if (!at || at > t->slots)
			continue;
		mine = slot_take(m, at - 1, SLOT_SPARE);
		__atomic_compare_exchange_n(cell, &old, 0, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED);
		if (mine)
			return at - 1;
	}
	return -1;
}

void slot_free(struct table *t, u32 idx, u64 state, u32 free_kind)
{
	if (!swap(&table_node(t, idx)->state, state,
		  state_make(state + (1ull << 32), free_kind, 0)))
		return;
	if (free_kind == SLOT_ENTRY)
		hint_clear(t, 0, idx);
	else
		spare_put(t, idx);
}

void slot_unclaim(struct map *m, u32 idx)
{
	struct table *t = table_of(m);
	u64 state = load(&table_node(t, idx)->state);

	slot_free(t, idx, state, state_kind(state) == SLOT_OWNED_SPARE ? SLOT_SPARE : SLOT_ENTRY);
}

void slot_sweep_free(struct table *t, u32 idx, u64 state)
{
	if (state_kind(state) == SLOT_ENTRY) {
		hint_clear(t, 0, idx);
		if (load(&table_node(t, idx)->state) != state)
			hint_set(t, 0, idx);
		return;
	}
	for (u32 i = 0; i < t->cell_count; i++)
		if (__atomic_load_n(&t->cells[i], __ATOMIC_RELAXED) == idx + 1)
			return;
	spare_put(t, idx);
}

/* Who clears a bit may die before it clears those above, which call the word full. */
void slot_sweep_hints(struct table *t)
{
	for (u32 l = 1; l < t->levels; l++)
		for (u64 w = 0; w < words_of(t, l - 1); w++)
			if (__atomic_load_n(&t->used[l][w / 64], __ATOMIC_SEQ_CST) >> w % 64 & 1 &&
			    __atomic_load_n(&t->used[l - 1][w], __ATOMIC_SEQ_CST) != ~0ull)
				hint_clear(t, l, w);
}
