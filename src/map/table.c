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
 */
#include "core/run.h"
#include "map/walk.h"

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

u32 table_hash(const struct map *m, const void *key)
{
	const u8 *p = key;
	u32 n = m->key_size;
	u64 h = m->seed * TABLE_HASH_B + n;

	if (n == 8)
		return (u32)fold(h ^ word_at(p, 8), TABLE_HASH_A);
	if (n == 4) {
		u32 v;

		__builtin_memcpy(&v, p, 4);
		return (u32)fold(h ^ v, TABLE_HASH_A);
	}
	for (; n >= 8; n -= 8, p += 8)
		h = fold(h ^ word_at(p, 8), TABLE_HASH_A) + TABLE_HASH_B;
	return (u32)fold(h ^ word_at(p, n), TABLE_HASH_A);
}

static inline bool key_equal(const u8 *a, const void *b, u32 size)
{
	if (size == 8)
		return word_at(a, 8) == word_at(b, 8);
	return !__builtin_memcmp(a, b, size);
}

/* ---- walking ---- */
void walk_begin(struct table *t, struct table_walk *w, u32 bucket, u64 *budget)
{
	w->head_at = w->prev = &t->heads[bucket];
	w->head = w->cur = load(w->prev);
	w->budget = budget;
}

int walk_step(struct table *t, struct table_walk *w)
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

int walk_find(struct map *m, struct table_walk *w, u32 hash, const void *key, u32 idx, u64 *budget)
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
	return walk_find(m, w, table_hash(m, key), key, 0, budget);
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
	u32 hash = table_hash(m, key);
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
	u32 hash = table_hash(m, n->key);
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
		if (walk_find(m, &w, table_hash(m, n->key), NULL, i, budget) > 0 &&
		    retire(m, &w, link_index(w.next), MARK_ENTRY, budget))
			return true;
	}
	return false;
}

/* A slot for a new element, or for a value that replaces another. -1: none. */
static s64 claim(struct map *m, u32 cpu, bool replaces, u64 *budget)
{
	s64 idx = replaces ? slot_claim_spare(m, cpu) : -1;
	u64 steps = 2ull * table_of(m)->slots + 64;

	if (idx < 0)
		idx = slot_claim_entry(m, cpu);
	while (idx < 0 && is_lru(m) && evict(m, &steps, budget))
		idx = slot_claim_entry(m, cpu);
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
		slot_unclaim(m, *idx);
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
		slot_unclaim(m, idx);
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
