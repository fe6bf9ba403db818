// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_STACK_TRACE: stacks by the bucket that their hash falls into,
 * put there by bpf_get_stackid, one each; the bucket's number is the stack's id.
 *
 *	metadata | hints | bucket 0 | bucket 1 | ... | slot 0 | slot 1 | ...
 *
 * Buckets are max_entries rounded up to a power of two, slots are max_entries.
 * A bucket is one word, | tag:32 | slot + 1:32 |, written by compare-and-swap
 * only, its tag going up each time: a trace is there whole or not at all, and
 * a reader who finds the word unchanged after copying has copied one trace.
 *
 * A slot's state word, | generation:32 | kind:3 | owner:29 |, says who has it:
 * free, owned by a participant that fills it, or live. It becomes live only
 * after it was put into its bucket. So a live slot that its bucket does not
 * name was taken out, and may be freed by whoever finds it; an owned one, only
 * when its owner is dead. The generation makes that happen once. What the dead
 * left is found by sweeping; nobody waits for it.
 *
 * The first slot to try for a bucket is the one with its number, which is free
 * unless max_entries is no power of two or others raced. Finding that none is
 * free takes a pass over all; the hints spare those who come after it until
 * one was freed.
 */
#include "core/helper.h"
#include "core/run.h"
#include "map/attr.h"

#define STACK_FLAGS (BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_STACK_BUILD_ID)
#define STACKID_FLAGS \
	(BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP | BPF_F_REUSE_STACKID)
#define MAX_DEPTH 127 /* the default of kernel.perf_event_max_stack */
#define TRIES     1000

enum slot_kind {
	SLOT_FREE,
	SLOT_OWNED,
	SLOT_LIVE
};

struct stack_slot {
	u64 state;
	u32 bucket;
	u32 hash;
	u32 size; /* bytes of data in use */
	u32 pad;
	u8 data[];
};

struct stack_hints {
	u64 freed; /* slots freed so far */
	u64 full;  /* what `freed` was, plus 1, when none was found free */
};

/* A process' view, in map.priv_space. */
struct stacks {
	struct stack_hints *hints;
	u64 *buckets;
	u8 *slots;
	u32 mask, count;
	u64 slot_size;
};
_Static_assert(sizeof(struct stacks) <= sizeof(((struct map *)0)->priv_space), "fits the view");

static inline struct stacks *stacks_of(const struct map *m)
{
	return m->priv;
}

static inline u64 load(const u64 *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline bool swap(u64 *p, u64 old, u64 new)
{
	return __atomic_compare_exchange_n(p, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE);
}

static inline u64 word_after(u64 old, u32 slot)
{
	return ((old >> 32) + 1) << 32 | slot;
}

static inline u32 state_kind(u64 state)
{
	return (u32)state >> 29;
}

static inline u64 state_make(u64 gen_of, u32 kind, u32 owner)
{
	return (gen_of & ~0xffffffffull) | kind << 29 | (owner & 0x1fffffff);
}

static inline struct stack_slot *slot_at(const struct stacks *s, u32 index)
{
	return (struct stack_slot *)(s->slots + index * s->slot_size);
}

/* The slot that a bucket's word names, or NULL. */
static inline struct stack_slot *slot_of(const struct stacks *s, u64 word)
{
	u32 slot = (u32)word;

	return slot && slot <= s->count ? slot_at(s, slot - 1) : NULL;
}

static inline bool has_build_ids(const struct map *m)
{
	return m->flags & BPF_F_STACK_BUILD_ID;
}

static inline u32 record_bytes(u32 flags)
{
	return flags & BPF_F_STACK_BUILD_ID ? sizeof(struct bpf_stack_build_id) : sizeof(u64);
}

/* ---- attributes and layout ---- */
static int check(const struct map_attr *attr, struct diag *diag)
{
	u32 record = record_bytes(attr->flags);

	if ((attr->flags & ~STACK_FLAGS) || !attr->max_entries || attr->key_size != sizeof(u32) ||
	    attr->value_size < sizeof(u64) || attr->value_size % record ||
	    attr->value_size / record > MAX_DEPTH)
		return -EINVAL;
	return attr->max_entries > 1u << 31 ? -E2BIG : 0;
}

static u64 bucket_count(u32 entries)
{
	u64 n = 1;

	while (n < entries)
		n <<= 1;
	return n;
}

static u64 slot_bytes(u32 value_size)
{
	return sizeof(struct stack_slot) + ROUND_UP((u64)value_size, 8);
}

static int layout(const struct map_attr *attr, u64 *contents, u64 *meta)
{
	u64 bytes = 64 + bucket_count(attr->max_entries) * sizeof(u64) +
		    slot_bytes(attr->value_size) * attr->max_entries;

	if (bytes > MAP_MAX_BYTES)
		return -ENOMEM;
	*contents = 0;
	*meta = bytes;
	return 0;
}

static int view(struct map *m)
{
	struct stacks *s = stacks_of(m);
	u64 buckets = bucket_count(m->max_entries);

	s->hints = (struct stack_hints *)m->meta;
	s->buckets = (u64 *)(m->meta + 64);
	s->slots = (u8 *)(s->buckets + buckets);
	s->mask = buckets - 1;
	s->count = m->max_entries;
	s->slot_size = slot_bytes(m->value_size);
	return 0;
}

/* ---- slots ---- */
static bool slot_take(struct map *m, u32 index)
{
	u64 *state = &slot_at(stacks_of(m), index)->state, old = load(state);

	return state_kind(old) == SLOT_FREE &&
	       swap(state, old, state_make(old, SLOT_OWNED, m->owner));
}

/* A slot that is now ours, looked for from `hint` on; -1: none. */
static s64 slot_claim(struct map *m, u32 hint)
{
	struct stacks *s = stacks_of(m);
	u64 freed = load(&s->hints->freed);
	u32 index = hint % s->count;

	if (load(&s->hints->full) == freed + 1)
		return -1;
	for (u32 n = 0; n < s->count; n++) {
		if (slot_take(m, index))
			return index;
		index = index + 1 == s->count ? 0 : index + 1;
	}
	__atomic_store_n(&s->hints->full, freed + 1, __ATOMIC_RELEASE);
	return -1;
}

/* Frees a slot of the generation in `state`, whatever it has become meanwhile; once. */
static void slot_free(struct stacks *s, struct stack_slot *slot, u64 state)
{
	for (u64 now = load(&slot->state); now >> 32 == state >> 32 && state_kind(now) != SLOT_FREE;
	     now = load(&slot->state))
		if (swap(&slot->state, now, state_make(now + (1ull << 32), SLOT_FREE, 0))) {
			__atomic_fetch_add(&s->hints->freed, 1, __ATOMIC_ACQ_REL);
			return;
		}
}

static void slot_live(struct stack_slot *slot)
{
	u64 state = load(&slot->state);

	/* Someone may have taken it out and freed it already. */
	if (state_kind(state) == SLOT_OWNED)
		swap(&slot->state, state, state_make(state, SLOT_LIVE, 0));
}

/* ---- putting a stack in ---- */
struct trace {
	u64 ips[MAX_DEPTH];
	u32 count, hash;
};

static u32 hash_ips(const struct map *m, const u64 *ips, u32 count)
{
	u64 h = ((u64)m->seed << 32 | count) ^ 0x9e3779b97f4a7c15ull;

	for (u32 i = 0; i < count; i++) {
		unsigned __int128 p = (unsigned __int128)(h ^ ips[i]) * 0xd6e8feb86659fd93ull;

		h = (u64)p ^ (u64)(p >> 64);
	}
	return (u32)(h ^ h >> 32);
}

static void slot_fill(struct map *m, struct stack_slot *slot, const struct trace *t)
{
	struct bpf_stack_build_id *record = (void *)slot->data;

	slot->hash = t->hash;
	slot->size = t->count * record_bytes(m->flags);
	if (!has_build_ids(m)) {
		__builtin_memcpy(slot->data, t->ips, slot->size);
		return;
	}
	/* Of which file a frame is, is not known where programs run. */
	__builtin_memset(record, 0, slot->size);
	for (u32 i = 0; i < t->count; i++) {
		record[i].status = BPF_STACK_BUILD_ID_IP;
		record[i].ip = t->ips[i];
	}
}

static bool slot_equals(const struct map *m, const struct stack_slot *slot, const struct trace *t)
{
	const struct bpf_stack_build_id *record = (const void *)slot->data;

	if (slot->size != t->count * record_bytes(m->flags))
		return false;
	if (!has_build_ids(m))
		return !__builtin_memcmp(slot->data, t->ips, slot->size);
	for (u32 i = 0; i < t->count; i++)
		if (record[i].ip != t->ips[i])
			return false;
	return true;
}

/*
 * Puts `mine`, filled, in the place of what `word` names. 0, or -EAGAIN when the
 * bucket has changed.
 */
static int publish(struct stacks *s, u32 id, u64 word, s64 mine)
{
	struct stack_slot *old = slot_of(s, word);
	u64 old_state = old ? load(&old->state) : 0;

	slot_at(s, mine)->bucket = id;
	if (!swap(&s->buckets[id], word, word_after(word, mine + 1)))
		return -EAGAIN;
	slot_live(slot_at(s, mine));
	if (old)
		slot_free(s, old, old_state);
	return 0;
}

/* Has a slot claimed and filled, if there is none yet. 0 or -ENOMEM. */
static int prepare(struct map *m, const struct trace *t, s64 *mine)
{
	if (*mine >= 0)
		return 0;
	*mine = slot_claim(m, t->hash & stacks_of(m)->mask);
	if (*mine < 0)
		return -ENOMEM;
	slot_fill(m, slot_at(stacks_of(m), *mine), t);
	return 0;
}

/* One look at the bucket: its id, -EEXIST, -ENOMEM, or -EAGAIN. */
static long put_once(struct map *m, const struct trace *t, u64 flags, s64 *mine)
{
	struct stacks *s = stacks_of(m);
	u32 id = t->hash & s->mask;
	u64 word = load(&s->buckets[id]);
	const struct stack_slot *there = slot_of(s, word);
	bool same = there && there->hash == t->hash;

	/* Records with build ids are made before they are compared, as in the kernel. */
	if (has_build_ids(m) && !(same && (flags & BPF_F_FAST_STACK_CMP)) && prepare(m, t, mine))
		return -ENOMEM;
	if (there) {
		same = same && ((flags & BPF_F_FAST_STACK_CMP) || slot_equals(m, there, t));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (load(&s->buckets[id]) != word)
			return -EAGAIN;
		if (same)
			return id;
		if (!(flags & BPF_F_REUSE_STACKID))
			return -EEXIST;
	}
	if (prepare(m, t, mine))
		return -ENOMEM;
	if (publish(s, id, word, *mine))
		return -EAGAIN;
	*mine = -1;
	return id;
}

static long put(struct map *m, const struct trace *t, u64 flags)
{
	struct stacks *s = stacks_of(m);
	s64 mine = -1;
	long r = -EAGAIN;

	for (u32 tries = TRIES; tries && r == -EAGAIN; tries--)
		r = put_once(m, t, flags, &mine);
	if (mine >= 0)
		slot_free(s, slot_at(s, mine), load(&slot_at(s, mine)->state));
	return r == -EAGAIN ? -EBUSY : r; /* only a hostile participant goes on for so long */
}

static u64 get_stackid(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct map *m = u64_to_ptr(r2);
	u32 skip = r3 & BPF_F_SKIP_FIELD_MASK, depth = m->value_size / record_bytes(m->flags);
	struct trace t;
	long n;

	if (r3 & ~(u64)STACKID_FLAGS)
		return -EINVAL;
	/* There is a user stack only. */
	if (!(r3 & BPF_F_USER_STACK) || !run->env || !run->env->user_stack) {
		run->unknown++;
		return -EFAULT;
	}
	if (skip >= MAX_DEPTH)
		return -EFAULT;
	if (has_build_ids(m))
		run->unknown++;
	n = run->env->user_stack(run, t.ips, MIN(depth, MAX_DEPTH - skip), skip);
	if (n <= 0)
		return n ? (u64)n : (u64)-EFAULT;
	t.count = n;
	t.hash = hash_ips(m, t.ips, t.count);
	return put(m, &t, r3);
}

/* ---- bpf(2) ---- */
static inline u32 key_of(const void *key)
{
	u32 id;

	__builtin_memcpy(&id, key, sizeof(id));
	return id;
}

/*
 * Copies the trace of `id` out, whole, and takes it out of its bucket if `take`;
 * either may be left out. -ENOENT, -EBUSY (a hostile participant).
 */
static int get(struct map *m, u32 id, void *value, bool take)
{
	struct stacks *s = stacks_of(m);

	for (u32 tries = 0; tries < TRIES; tries++) {
		u64 word = load(&s->buckets[id]);
		struct stack_slot *slot = slot_of(s, word);
		u64 state = slot ? load(&slot->state) : 0;
		u32 size = slot ? MIN(__atomic_load_n(&slot->size, __ATOMIC_RELAXED), m->value_size)
				: 0;

		if (!slot)
			return -ENOENT;
		if (value) {
			__builtin_memcpy(value, slot->data, size);
			__builtin_memset((u8 *)value + size, 0, m->value_size - size);
			__atomic_thread_fence(__ATOMIC_ACQUIRE);
		}
		if (!take && load(&s->buckets[id]) == word)
			return 0;
		if (take && swap(&s->buckets[id], word, word_after(word, 0))) {
			slot_free(s, slot, state);
			return 0;
		}
	}
	return -EBUSY;
}

static int sys_lookup(struct map *m, const void *key, void *value, u64 flags)
{
	return key_of(key) > stacks_of(m)->mask ? -ENOENT : get(m, key_of(key), value, false);
}

static int sys_lookup_and_delete(struct map *m, const void *key, void *value, u64 flags)
{
	return key_of(key) > stacks_of(m)->mask ? -ENOENT : get(m, key_of(key), value, true);
}

static int sys_update(struct map *m, const void *key, const void *value, u64 flags)
{
	return -EINVAL;
}

static int sys_delete(struct map *m, const void *key)
{
	return key_of(key) > stacks_of(m)->mask ? -E2BIG : get(m, key_of(key), NULL, true);
}

/* A key that is not there leads to the first, as in the kernel. */
static int next_key(struct map *m, const void *key, void *next)
{
	struct stacks *s = stacks_of(m);
	u32 after = key ? key_of(key) : UINT32_MAX;
	u64 id = 0;

	if (after <= s->mask && slot_of(s, load(&s->buckets[after])))
		id = (u64)after + 1;
	while (id <= s->mask && !slot_of(s, load(&s->buckets[id])))
		id++;
	if (id > s->mask)
		return -ENOENT;
	__builtin_memcpy(next, &(u32){id}, sizeof(u32));
	return 0;
}

/* ---- what the dead left ---- */
static void sweep_slot(struct stacks *s, u32 index, bool (*dead)(void *data, u32 owner), void *data)
{
	struct stack_slot *slot = slot_at(s, index);
	u64 state = load(&slot->state);
	u32 bucket = __atomic_load_n(&slot->bucket, __ATOMIC_RELAXED);
	bool there = bucket <= s->mask && (u32)load(&s->buckets[bucket]) == index + 1;

	switch (state_kind(state)) {
	case SLOT_OWNED:
		if (!dead(data, state & 0x1fffffff))
			return;
		if (there)
			slot_live(slot);
		else
			slot_free(s, slot, state);
		break;
	case SLOT_LIVE:
		if (!there)
			slot_free(s, slot, state);
		break;
	default: break;
	}
}

static void sweep(struct map *m, bool (*dead)(void *data, u32 owner), void *data)
{
	struct stacks *s = stacks_of(m);

	for (u32 i = 0; i < s->count; i++)
		sweep_slot(s, i, dead, data);
	/* Who died between freeing and saying so left the hints wrong. */
	__atomic_fetch_add(&s->hints->freed, 1, __ATOMIC_ACQ_REL);
}

const struct map_ops map_stack_trace_ops = {
	.type = BPF_MAP_TYPE_STACK_TRACE,
	.name = "stack_trace",
	.since = 0x0406,
	.types = MAP_TYPES_NONE,
	.check_late = check,
	.layout = layout,
	.view = view,
	.sys_lookup = sys_lookup,
	.sys_update = sys_update,
	.sys_delete = sys_delete,
	.sys_lookup_and_delete = sys_lookup_and_delete,
	.next_key = next_key,
	.sweep = sweep,
};

static const struct helper_proto protos[] = {
	{
		.id = BPF_FUNC_get_stackid,
		.name = "bpf_get_stackid",
		.fn = get_stackid,
		.ret = RET_INT,
		.args = {ARG_CTX, ARG_MAP, ARG_ANY},
		.flags = HELPER_GPL_ONLY,
		.map_type = BPF_MAP_TYPE_STACK_TRACE,
		.doc = "Keeps the user stack in a map; its id there",
	},
};

HELPER_FAMILY(map_stack_trace_family, protos);
