// SPDX-License-Identifier: BSD-2-Clause
/*
 * A hash table in shared memory, without locks, whose users may die at any
 * instant.
 *
 * Buckets are singly linked lists of nodes (slots). A link is one word,
 *
 *	| mark:2 | tag:30 | index + 1:32 |
 *
 * written only by compare-and-swap, its tag going up each time, so that a word
 * seen unchanged is a word that did not change.
 *
 *  - Insert: new elements go in at the head, by a swap against the head that
 *    was read before the list was searched. Whoever inserted meanwhile has
 *    changed the head; so a key is never there twice.
 *  - Delete: the mark in the node's own link. From then on it is not there;
 *    anyone who passes unlinks it and frees the slot.
 *  - Replace: marks the old node's link and at once points it to the new node,
 *    which points to what followed. One word: a reader finds the old value or
 *    the new one, and the element keeps its place in the list.
 *  - Search: the link that led to a node is read again after the node was
 *    looked at. Unchanged, the node was in this list all the while, however
 *    often slots were reused; else the search starts over. A budget of steps
 *    ends walks through lists that a hostile participant bent into a circle.
 *
 * A slot's state word, | generation:32 | kind:3 | owner:29 |, says who has it:
 * free (an element's, or a spare one's), owned by a participant that is about
 * to publish it, or live. It is the authority; the generation goes up when a
 * slot is freed, so that it is freed once. A node is made live before it is
 * marked: a mark on an owned slot is left from its last life. What dead
 * participants left (owned and unpublished; marked and unlinked but not freed)
 * is found by table_sweep(), which nobody waits for.
 *
 * Replacing needs a slot while all may be taken, so there are spares. The mark
 * of a replaced node says what the slot that took its place had been, and the
 * old one becomes the same: elements never exceed max_entries.
 *
 * Where free slots are is told by hints: a bitmap of slots in use under
 * levels of bitmaps of full words, and a few cells for spares. They are
 * allowed to be wrong; a claim is made on the state word.
 */
#include "core/run.h"
#include "map/redo.h"
#include "map/table.h"

#define HASH_FLAGS                                                                     \
	(BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | \
	 MAP_ACCESS_FLAGS)
#define MAX_KEY     512        /* the program's stack */
#define ELEM_HEADER 48         /* what the kernel puts in front of each element */
#define SPARES      16         /* beside one per cpu */
#define MAX_BUCKETS (1u << 27) /* 4 GiB of them in the kernel */

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

/* ---- keys ---- */
static inline u64 word_at(const u8 *p, u32 size)
{
	u64 v = 0;

	if (size >= 8)
		__builtin_memcpy(&v, p, 8);
	else
		for (u32 i = 0; i < size; i++)
			v |= (u64)p[i] << 8 * i;
	return v;
}

static inline u64 fold(u64 a, u64 b)
{
	unsigned __int128 p = (unsigned __int128)a * b;

	return (u64)p ^ (u64)(p >> 64);
}

#define HASH_A 0x9e3779b97f4a7c15ull
#define HASH_B 0xd6e8feb86659fd93ull

static inline u32 hash_key(const struct map *m, const void *key)
{
	const u8 *p = key;
	u32 n = m->key_size;
	u64 h = m->seed * HASH_B + n;

	if (n == 8)
		return (u32)fold(h ^ word_at(p, 8), HASH_A);
	if (n == 4) {
		u32 v;

		__builtin_memcpy(&v, p, 4);
		return (u32)fold(h ^ v, HASH_A);
	}
	for (; n >= 8; n -= 8, p += 8)
		h = fold(h ^ word_at(p, 8), HASH_A) + HASH_B;
	return (u32)fold(h ^ word_at(p, n), HASH_A);
}

static inline bool key_equal(const u8 *a, const void *b, u32 size)
{
	if (size == 8)
		return word_at(a, 8) == word_at(b, 8);
	return !__builtin_memcmp(a, b, size);
}

/* ---- attributes and layout ---- */
int table_check(const struct map_attr *a, struct diag *diag)
{
	bool percpu = map_type_is_percpu(a->type);
	bool lru = a->type == BPF_MAP_TYPE_LRU_HASH || a->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;

	if ((a->flags & ~HASH_FLAGS) || !map_access_ok(a->flags))
		return -EINVAL;
	if (!lru && (a->flags & BPF_F_NO_COMMON_LRU))
		return -EINVAL;
	if (lru && (a->flags & BPF_F_NO_PREALLOC))
		return -MAP_ENOTSUPP;
	/* Memory of each cpu is on that cpu's node. */
	if ((percpu || (a->flags & BPF_F_NO_COMMON_LRU)) && (a->flags & BPF_F_NUMA_NODE))
		return -EINVAL;
	if (!a->max_entries || !a->key_size || !a->value_size)
		return -EINVAL;
	if ((u64)a->key_size + a->value_size >= MAP_KMALLOC_MAX - ELEM_HEADER)
		return -E2BIG;
	if (percpu && ROUND_UP(a->value_size, 8) > MAP_PERCPU_MAX)
		return -E2BIG;
	return 0;
}

struct plan {
	u64 heads, used[TABLE_LEVELS], cells, ref, redo, nodes, end;
	u64 words[TABLE_LEVELS];
	u64 node_size, cpu_step;
	u32 buckets, slots, levels, cells_count;
};

static u64 take(u64 *at, u64 bytes)
{
	u64 here = *at;

	*at += ROUND_UP(bytes, 64);
	return here;
}

/* Offsets from the metadata's start; its first 64 bytes are the hand of LRU types. */
static int plan_table(u32 type, u32 key_size, u32 value_size, u32 entries, u32 cpus, struct plan *p)
{
	bool percpu = map_type_is_percpu(type);
	u64 stride = ROUND_UP((u64)value_size, 8), at = 64, rows = ROUND_UP(cpus, 8u) / 8;

	if (entries > MAX_BUCKETS)
		return -E2BIG;
	*p = (struct plan){.buckets = 1, .slots = entries + cpus + SPARES};
	while (p->buckets < entries)
		p->buckets <<= 1;
	p->cpu_step = percpu ? rows * stride : 0;
	p->node_size = sizeof(struct table_node) + ROUND_UP((u64)key_size, 8) +
		       (percpu ? 8 * p->cpu_step : stride);
	if (p->node_size > UINT32_MAX || p->node_size > MAP_MAX_BYTES / p->slots)
		return -ENOMEM;
	p->cells_count = 2 * (cpus + SPARES);
	p->heads = take(&at, (u64)p->buckets * 8);
	for (u64 n = p->slots; n > 1 || !p->levels; p->levels++) {
		n = (n + 63) / 64;
		p->words[p->levels] = n;
		p->used[p->levels] = take(&at, n * 8);
	}
	p->cells = take(&at, p->cells_count * 4ull);
	p->ref = take(&at, p->slots);
	p->redo = take(&at, percpu ? redo_bytes(stride * cpus) : 0);
	p->nodes = take(&at, p->node_size * p->slots);
	p->end = at;
	return 0;
}

int table_layout(const struct map_attr *a, u64 *contents, u64 *meta)
{
	struct plan p;
	int err = plan_table(a->type, a->key_size, a->value_size, a->max_entries, a->possible_cpus,
			     &p);

	if (err)
		return err;
	*contents = 0;
	*meta = p.end;
	return 0;
}

int table_view(struct map *m)
{
	struct table *t = table_of(m);
	struct plan p;
	int err = plan_table(m->type, m->key_size, m->value_size, m->max_entries, m->possible_cpus,
			     &p);

	if (err)
		return -EINVAL;
	t->heads = (u64 *)(m->meta + p.heads);
	t->nodes = m->meta + p.nodes;
	for (u32 l = 0; l < p.levels; l++)
		t->used[l] = (u64 *)(m->meta + p.used[l]);
	t->cells = (u32 *)(m->meta + p.cells);
	t->ref = m->meta + p.ref;
	t->redo = m->meta + p.redo;
	t->mask = p.buckets - 1;
	t->slots = p.slots;
	t->entries = m->max_entries;
	t->node_size = p.node_size;
	t->value_off = sizeof(struct table_node) + ROUND_UP(m->key_size, 8);
	t->levels = p.levels;
	t->cell_count = p.cells_count;
	t->cpu_step = p.cpu_step;
	return 0;
}

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

/* ---- hints: where free slots are ---- */
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

/* ---- slots ---- */
static bool slot_take(struct map *m, u32 idx, u32 free_kind)
{
	struct table_node *n = table_node(table_of(m), idx);
	u64 state = load(&n->state);
	u32 kind = free_kind == SLOT_ENTRY ? SLOT_OWNED_ENTRY : SLOT_OWNED_SPARE;

	return state_kind(state) == free_kind &&
	       swap(&n->state, state, state_make(state, kind, m->owner));
}

static s64 claim_entry(struct map *m, u32 cpu)
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

static s64 claim_spare(struct map *m, u32 cpu)
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

/* The slot in `state` becomes free; whoever swaps the state does it, so it happens once. */
static void slot_free(struct table *t, u32 idx, u64 state, u32 free_kind)
{
	if (!swap(&table_node(t, idx)->state, state,
		  state_make(state + (1ull << 32), free_kind, 0)))
		return;
	if (free_kind == SLOT_ENTRY)
		hint_clear(t, 0, idx);
	else
		spare_put(t, idx);
}

/* Gives back a claimed slot that was not published. */
static void unclaim(struct map *m, u32 idx)
{
	struct table *t = table_of(m);
	u64 state = load(&table_node(t, idx)->state);

	slot_free(t, idx, state, state_kind(state) == SLOT_OWNED_SPARE ? SLOT_SPARE : SLOT_ENTRY);
}

/* ---- walking ---- */
static void walk_begin(struct table *t, struct table_walk *w, u32 bucket, u64 *budget)
{
	w->head_at = w->prev = &t->heads[bucket];
	w->head = w->cur = load(w->prev);
	w->budget = budget;
}

/*
 * Arrives at the next node that is not marked: 1; 0 at the end, -EAGAIN: start
 * over, -EBUSY: the budget is spent. Unlinks and frees marked ones on the way.
 */
static int walk_step(struct table *t, struct table_walk *w)
{
	for (;;) {
		u32 at = link_index(w->cur);
		struct table_node *n;
		u64 state, new;

		if (!at)
			return 0;
		if (at > t->slots || !*w->budget)
			return -EBUSY;
		--*w->budget;
		n = table_node(t, at - 1);
		w->next = load(&n->next);
		if (likely(link_mark(w->next) == MARK_NONE)) {
			w->idx = at - 1;
			return 1;
		}
		state = load(&n->state);
		new = link_after(w->cur, link_index(w->next), MARK_NONE);
		if (!swap(w->prev, w->cur, new))
			return -EAGAIN;
		if (state_kind(state) == SLOT_LIVE)
			slot_free(t, at - 1, state,
				  link_mark(w->next) == MARK_SPARE ? SLOT_SPARE : SLOT_ENTRY);
		if (w->prev == w->head_at)
			w->head = new;
		w->cur = new;
	}
}

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

/* Finds by key, or, when that is NULL, slot `idx`. 1, 0 or -EBUSY. */
static int walk_find(struct map *m, struct table_walk *w, u32 hash, const void *key, u32 idx,
		     u64 *budget)
{
	struct table *t = table_of(m);
	int r;

	do {
		walk_begin(t, w, hash & t->mask, budget);
		while ((r = walk_step(t, w)) > 0) {
			bool is = key ? key_equal(table_node(t, w->idx)->key, key, m->key_size)
				      : w->idx == idx;

			if (!walk_valid(w)) {
				r = -EAGAIN;
				break;
			}
			if (is)
				return 1;
			walk_on(t, w);
		}
		/* A hostile writer can have us start over for ever; an honest one hardly. */
	} while (r == -EAGAIN && *budget && --*budget);
	return r == -EAGAIN ? -EBUSY : r;
}

static int find(struct map *m, struct table_walk *w, const void *key, u64 *budget)
{
	return walk_find(m, w, hash_key(m, key), key, 0, budget);
}

/* ---- lookups ---- */
int table_find(struct map *m, const void *key, u32 *idx, u64 *state)
{
	struct table *t = table_of(m);
	u64 budget = walk_budget(t);
	struct table_walk w;
	int r;

	do {
		r = find(m, &w, key, &budget);
		if (r <= 0)
			return r ?: -ENOENT;
		*state = load(&table_node(t, w.idx)->state);
		/* Read while it was there? */
	} while (!walk_valid(&w));
	*idx = w.idx;
	return 0;
}

bool table_same(struct map *m, u32 idx, u64 state)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return load(&table_node(table_of(m), idx)->state) >> 32 == state >> 32;
}

static inline s64 found(struct map *m, struct table *t, u32 idx)
{
	if (is_lru(m) && !__atomic_load_n(&t->ref[idx], __ATOMIC_RELAXED))
		__atomic_store_n(&t->ref[idx], 1, __ATOMIC_RELAXED);
	return idx;
}

s64 table_lookup(struct map *m, const void *key)
{
	struct table *t = table_of(m);
	u32 hash = hash_key(m, key);
	u64 *at = &t->heads[hash & t->mask], cur = load(at), budget;
	u32 first = link_index(cur);
	struct table_walk w;

	/* Nearly always the first one is it, or there is none. */
	if (!first)
		return -1;
	if (likely(first <= t->slots)) {
		struct table_node *n = table_node(t, first - 1);

		if (likely(link_mark(load(&n->next)) == MARK_NONE &&
			   key_equal(n->key, key, m->key_size))) {
			__atomic_thread_fence(__ATOMIC_ACQUIRE);
			if (likely(load(at) == cur))
				return found(m, t, first - 1);
		}
	}
	budget = walk_budget(t);
	return walk_find(m, &w, hash, key, 0, &budget) > 0 ? found(m, t, w.idx) : -1;
}

/* ---- changes ---- */
/*
 * The state of the element at `w`, live: a published slot is, whether or not
 * its publisher came to say so. Nothing else may be made live: the slot may be
 * another's by now. False: look again.
 */
static bool live_state(struct table *t, const struct table_walk *w, u64 *state)
{
	u64 *at = &table_node(t, w->idx)->state;
	u64 is = load(at), live = state_make(is, SLOT_LIVE, 0);

	if (!walk_valid(w))
		return false;
	*state = live;
	return is == live ||
	       ((state_kind(is) == SLOT_OWNED_ENTRY || state_kind(is) == SLOT_OWNED_SPARE) &&
		swap(at, is, live));
}

/* Takes the element at `w` out of sight; its slot becomes free as `mark` says. */
static bool retire(struct map *m, struct table_walk *w, u32 next, u32 mark, u64 *budget)
{
	struct table *t = table_of(m);
	struct table_node *n = table_node(t, w->idx);
	u32 hash = hash_key(m, n->key);
	struct table_walk again;
	u64 state;

	if (!live_state(t, w, &state) || !swap(&n->next, w->next, link_after(w->next, next, mark)))
		return false;
	/* Unlinked here if nothing moved, else by whoever walks past; best at once. */
	if (swap(w->prev, w->cur, link_after(w->cur, next, MARK_NONE)))
		slot_free(t, w->idx, state, mark == MARK_SPARE ? SLOT_SPARE : SLOT_ENTRY);
	else
		walk_find(m, &again, hash, NULL, UINT32_MAX, budget);
	return true;
}

/*
 * LRU: the hand goes round, passing by what was looked up since it came last;
 * the next one goes. False when there is nothing to be had.
 */
static bool evict(struct map *m, u64 *steps, u64 *budget)
{
	struct table *t = table_of(m);
	u32 *hand = (u32 *)m->meta;

	while (*steps) {
		u32 i = __atomic_fetch_add(hand, 1, __ATOMIC_RELAXED) % t->slots;
		struct table_node *n = table_node(t, i);
		struct table_walk w;

		--*steps;
		if (state_kind(load(&n->state)) != SLOT_LIVE)
			continue;
		if (__atomic_load_n(&t->ref[i], __ATOMIC_RELAXED)) {
			__atomic_store_n(&t->ref[i], 0, __ATOMIC_RELAXED);
			continue;
		}
		if (walk_find(m, &w, hash_key(m, n->key), NULL, i, budget) > 0 &&
		    retire(m, &w, link_index(w.next), MARK_ENTRY, budget))
			return true;
	}
	return false;
}

/* A slot for a new element, or for a value that replaces another. -1: none. */
static s64 claim(struct map *m, u32 cpu, bool replaces, u64 *budget)
{
	s64 idx = replaces ? claim_spare(m, cpu) : -1;
	u64 steps = 2ull * table_of(m)->slots + 64;

	if (idx < 0)
		idx = claim_entry(m, cpu);
	while (idx < 0 && is_lru(m) && evict(m, &steps, budget))
		idx = claim_entry(m, cpu);
	if (idx >= 0 && is_lru(m))
		__atomic_store_n(&table_of(m)->ref[idx], 0, __ATOMIC_RELAXED);
	return idx;
}

/* A claimed and filled slot takes its place: behind the element at `w`, or in front of all. */
static bool publish(struct map *m, struct table_walk *w, u32 idx, bool replaces, u64 *budget)
{
	struct table *t = table_of(m);
	struct table_node *n = table_node(t, idx);
	u32 next = link_index(replaces ? w->next : w->head);
	u64 state = load(&n->state);
	u32 mark = state_kind(state) == SLOT_OWNED_SPARE ? MARK_SPARE : MARK_ENTRY;

	__atomic_store_n(&n->next, link_after(n->next, next, MARK_NONE), __ATOMIC_RELEASE);
	if (replaces ? !retire(m, w, idx + 1, mark, budget)
		     : !swap(w->head_at, w->head, link_after(w->head, idx + 1, MARK_NONE)))
		return false;
	/* From the very state that was published: it may be gone again, and another's. */
	swap(&n->state, state, state_make(state, SLOT_LIVE, 0));
	return true;
}

static int check_flags(bool present, u64 flags)
{
	flags &= ~(u64)BPF_F_LOCK;
	if (present && flags == BPF_NOEXIST)
		return -EEXIST;
	return !present && flags == BPF_EXIST ? -ENOENT : 0;
}

/* What a claimed slot was; an element that is new must not sit in a spare. */
static bool fits(struct map *m, s64 idx, bool replaces)
{
	u64 state = load(&table_node(table_of(m), idx)->state);

	return replaces || state_kind(state) == SLOT_OWNED_ENTRY;
}

static int prepare(struct map *m, const void *key, const struct table_change *c, bool replaces,
		   s64 *idx, u64 *budget)
{
	struct table_node *n;

	if (*idx >= 0 && fits(m, *idx, replaces))
		return 0;
	if (*idx >= 0)
		unclaim(m, *idx);
	*idx = claim(m, c->cpu, replaces, budget);
	if (*idx < 0)
		return is_lru(m) ? -ENOMEM : replaces ? -EBUSY : -E2BIG;
	n = table_node(table_of(m), *idx);
	__builtin_memcpy(n->key, key, m->key_size);
	c->fill(m, table_value(table_of(m), *idx), c);
	return 0;
}

int table_put(struct map *m, const void *key, const struct table_change *c)
{
	struct table *t = table_of(m);
	u64 budget = walk_budget(t), state;
	bool published = false, written = false;
	struct table_walk w;
	s64 idx = -1;
	int r, err;

	do {
		r = find(m, &w, key, &budget);
		err = r < 0 ? r : check_flags(r, c->flags);
		if (err)
			break;
		if (r && c->write) {
			state = load(&table_node(t, w.idx)->state);
			written = walk_valid(&w);
			err = written ? c->write(m, w.idx, state, c) : 0;
		} else {
			err = prepare(m, key, c, r, &idx, &budget);
			published = !err && publish(m, &w, idx, r, &budget);
		}
		if (err || written || published)
			break;
		/* Something moved; in an LRU table it may be what was pushed out for this. */
	} while (budget && --budget);
	if (idx >= 0 && !published)
		unclaim(m, idx);
	return err || written || published ? err : -EBUSY;
}

int table_delete(struct map *m, const void *key, void *out,
		 int (*copy)(struct map *m, u32 idx, void *out))
{
	u64 budget = walk_budget(table_of(m));
	struct table_walk w;
	int r;

	do {
		r = find(m, &w, key, &budget);
		if (r <= 0)
			return r ?: -ENOENT;
		r = copy ? copy(m, w.idx, out) : 0;
		if (r)
			return r;
		if (retire(m, &w, link_index(w.next), MARK_ENTRY, &budget))
			return 0;
	} while (budget && --budget);
	return -EBUSY;
}

long table_remove(struct map *m, struct run *run, const void *key)
{
	return table_delete(m, key, NULL, NULL);
}

int table_sys_delete(struct map *m, const void *key)
{
	return table_delete(m, key, NULL, NULL);
}

/* ---- iteration ---- */
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
	hash = hash_key(m, key);
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

int table_value_of(struct map *m, u64 addr, u32 *idx, u64 *off)
{
	struct table *t = table_of(m);
	u64 at = addr - ptr_to_u64(t->nodes);

	if (at >= (u64)t->slots * t->node_size || at % t->node_size < t->value_off)
		return -EACCES;
	*idx = at / t->node_size;
	*off = at % t->node_size - t->value_off;
	return 0;
}

/* ---- after deaths ---- */
static void sweep_owned(struct map *m, u32 idx, u64 state, u64 *budget)
{
	struct table *t = table_of(m);
	struct table_node *n = table_node(t, idx);
	struct table_walk w;

	/* Marked: by its last life. Else it may have been published. */
	if (link_mark(load(&n->next)) == MARK_NONE) {
		int r = walk_find(m, &w, hash_key(m, n->key), NULL, idx, budget);

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

	if (walk_find(m, &w, hash_key(m, n->key), NULL, UINT32_MAX, budget) == 0 &&
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
		hint_clear(t, 0, idx);
		if (load(&n->state) != state)
			hint_set(t, 0, idx);
		break;
	case SLOT_SPARE:
		for (u32 i = 0; i < t->cell_count; i++)
			if (__atomic_load_n(&t->cells[i], __ATOMIC_RELAXED) == idx + 1)
				return;
		spare_put(t, idx);
		break;
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

/* Who clears a bit may die before it clears those above, which call the word full. */
static void sweep_hints(struct table *t)
{
	for (u32 l = 1; l < t->levels; l++)
		for (u64 w = 0; w < words_of(t, l - 1); w++)
			if (__atomic_load_n(&t->used[l][w / 64], __ATOMIC_SEQ_CST) >> w % 64 & 1 &&
			    __atomic_load_n(&t->used[l - 1][w], __ATOMIC_SEQ_CST) != ~0ull)
				hint_clear(t, l, w);
}

void table_sweep(struct map *m, bool (*dead)(void *data, u32 owner), void *data)
{
	struct table *t = table_of(m);
	u64 budget = 16 * walk_budget(t), words = words_of(t, 0);

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
	sweep_hints(t);
}
