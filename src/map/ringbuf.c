// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_RINGBUF: many producers, one consumer that nobody here controls
 * (libbpf's), which may read a record's header as soon as the producer
 * position is past it.
 *
 *	contents | consumer page | producer page | data | data again |
 *	metadata | tail |
 *
 * In a file the second half does not alias the first: a record that wraps
 * simply goes on into it, and the consumer, which reads on across the border
 * too, finds it there. Headers always lie in the first half.
 *
 * Reserving, without a lock, so that a producer may die at any instant:
 *
 *  1. `tail`, | end of the last reservation / 8 : 44 | its owner + 1 : 20 |, is
 *     swapped from the end that is also the producer position to a new end.
 *     The record between the two is then the new owner's.
 *  2. The owner writes the header, BUSY with its name in the second word.
 *  3. The producer position is swapped on to the new end.
 *
 * Whoever comes before 2 and 3 are done does them, from what tail says. A
 * helper that was delayed must not turn a record busy again that has been
 * committed since: it swaps the header against the word that it read while the
 * tail was still the same, and a committed header is unlike any that was at
 * the place before, since its second word counts positions. (The kernel keeps
 * a page offset there, for itself; consumers do not read it.)
 *
 * A record whose producer died is found by its name in the header, and
 * discarded by the sweep.
 */
#include "core/run.h"
#include "map/attr.h"
#include "core/helper.h"
#include "map/ringbuf.h"

#define BUSY       BPF_RINGBUF_BUSY_BIT
#define DISCARD    BPF_RINGBUF_DISCARD_BIT
#define OWNER_MASK ((1u << RING_OWNER_BITS) - 1)

struct ring {
	u64 *cons, *prod;
	u64 *tail;
	u8 *data;
	u64 mask;
};

static inline struct ring ring_of(const struct map *m)
{
	return (struct ring){
		.cons = (u64 *)m->contents,
		.prod = (u64 *)(m->contents + PAGE_BYTES),
		.tail = (u64 *)m->meta,
		.data = m->contents + RING_DATA,
		.mask = m->max_entries - 1,
	};
}

static inline u64 load(const u64 *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline bool swap(u64 *p, u64 old, u64 new)
{
	return __atomic_compare_exchange_n(p, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE);
}

/* Header words: length and bits below, owner or lap above. */
static inline u64 *header_at(const struct ring *r, u64 pos)
{
	return (u64 *)(r->data + (pos & r->mask & ~7ull));
}

static inline u64 header_busy(u32 len, u32 owner)
{
	return (u64)owner << 32 | BUSY | len;
}

static inline bool header_is_busy(u64 word, u32 owner, u64 bytes)
{
	u32 len = (u32)word & ~BUSY;

	return word >> 32 == owner && (word & BUSY) && ROUND_UP((u64)len + RING_HEADER, 8) == bytes;
}

static inline u64 header_done(u32 len, u64 pos)
{
	return (u64)(u32)(pos / 8) << 32 | len;
}

static int check(const struct map_attr *attr, struct diag *diag)
{
	if (attr->flags & ~BPF_F_NUMA_NODE)
		return -EINVAL;
	if (attr->key_size || attr->value_size || !IS_POW2(attr->max_entries) ||
	    attr->max_entries % PAGE_BYTES)
		return -EINVAL;
	return 0;
}

static int layout(const struct map_attr *attr, u64 *contents, u64 *meta)
{
	*contents = RING_DATA + 2ull * attr->max_entries;
	*meta = 64;
	return 0;
}

static int view(struct map *m)
{
	return IS_POW2(m->max_entries) && m->owner < OWNER_MASK ? 0 : -EINVAL;
}

u64 map_ringbuf_pending(const struct map *m)
{
	struct ring r = ring_of(m);
	u64 prod = load(r.prod), cons = load(r.cons);

	return prod > cons ? prod - cons : 0;
}

/* Steps 2 and 3 for the reservation [prod, end) that `tail` tells of. */
static void finish(struct ring *r, u64 tail, u64 prod)
{
	u64 end = (tail >> RING_OWNER_BITS) * 8, bytes = end - prod, old;
	u32 owner = tail & OWNER_MASK;
	u64 *header = header_at(r, prod);

	if (end <= prod || bytes > r->mask + 1 || bytes < RING_HEADER)
		return; /* hostile */
	old = load(header);
	if (load(r->tail) != tail || load(r->prod) != prod)
		return;
	/* The owner's own header, if it is there, has the exact length: let it be. */
	if (!header_is_busy(old, owner, bytes))
		swap(header, old, header_busy(bytes - RING_HEADER, owner));
	swap(r->prod, prod, end);
}

/* The sample's address, or NULL: no room. */
static void *reserve(struct map *m, u64 size)
{
	struct ring r = ring_of(m);
	u64 bytes = ROUND_UP(size + RING_HEADER, 8);

	if (size > RING_MAX_RECORD || bytes > r.mask + 1)
		return NULL;
	for (u32 tries = 0; tries < 10000; tries++) {
		u64 tail = load(r.tail), prod = load(r.prod), end = (tail >> RING_OWNER_BITS) * 8;
		u64 *header = header_at(&r, prod);

		if (unlikely(end != prod)) {
			finish(&r, tail, prod);
			continue;
		}
		if (prod + bytes - load(r.cons) > r.mask)
			return NULL;
		if (!swap(r.tail, tail,
			  (prod + bytes) / 8 << RING_OWNER_BITS | ((m->owner + 1) & OWNER_MASK)))
			continue;
		__atomic_store_n(header, header_busy(size, m->owner + 1), __ATOMIC_RELEASE);
		swap(r.prod, prod, prod + bytes);
		return header + 1;
	}
	return NULL;
}

static void wake(struct run *run, struct map *m)
{
	if (run->env && run->env->wake)
		run->env->wake(run, m);
}

/* The consumer may have gone to sleep at this very record: only then it needs to be told. */
static void commit(struct map *m, struct run *run, u64 *header, u64 flags, bool discard)
{
	struct ring r = ring_of(m);
	u64 off = (u8 *)header - r.data, prod = load(r.prod), pos;
	u32 len = (u32)__atomic_load_n(header, __ATOMIC_RELAXED) & ~(BUSY | DISCARD);

	pos = prod - 1 - ((prod - 1 - off) & r.mask);
	__atomic_exchange_n(header, header_done(len | (discard ? DISCARD : 0), pos),
			    __ATOMIC_SEQ_CST);
	if ((flags & BPF_RB_FORCE_WAKEUP) ||
	    ((load(r.cons) & r.mask) == off && !(flags & BPF_RB_NO_WAKEUP)))
		wake(run, m);
}

/* The ring that a sample lies in, by the program's maps; its header. */
static struct map *ring_at(struct run *run, u64 sample, u64 **header)
{
	for (u32 i = 0; i < run->image->map_count; i++) {
		struct map *m = run->maps[i];
		u64 off = m && m->type == BPF_MAP_TYPE_RINGBUF
				  ? sample - RING_HEADER - ptr_to_u64(m->contents + RING_DATA)
				  : UINT64_MAX;

		if (m && off < m->max_entries && !(off & 7)) {
			*header = u64_to_ptr(sample - RING_HEADER);
			return m;
		}
	}
	return NULL;
}

static void finish_sample(struct run *run, u64 sample, u64 flags, bool discard)
{
	u64 *header;
	struct map *m = ring_at(run, sample, &header);

	if (m)
		commit(m, run, header, flags, discard);
}

static void release(struct run *run, u64 base)
{
	finish_sample(run, base, 0, true);
}

/* ---- helpers ---- */
static u64 ringbuf_reserve(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct map *m = u64_to_ptr(r1);
	void *sample;

	if (r3 || ((run->flags & RUN_CHECKED) && run->region_count >= RUN_MAX_REGIONS))
		return 0;
	sample = reserve(m, r2);
	if (sample && (run->flags & RUN_CHECKED))
		run_region_hold(run, ptr_to_u64(sample), r2, release);
	return ptr_to_u64(sample);
}

static u64 ringbuf_submit(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	run_region_del(run, r1);
	finish_sample(run, r1, r2, false);
	return 0;
}

static u64 ringbuf_discard(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	run_region_del(run, r1);
	finish_sample(run, r1, r2, true);
	return 0;
}

static u64 ringbuf_output(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct map *m = u64_to_ptr(r1);
	u8 *sample;

	if (r4 & ~(u64)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return -EINVAL;
	sample = reserve(m, r3);
	if (!sample)
		return -EAGAIN;
	__builtin_memcpy(sample, u64_to_ptr(r2), r3);
	commit(m, run, (u64 *)(sample - RING_HEADER), r4, false);
	return 0;
}

static u64 ringbuf_query(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct map *m = u64_to_ptr(r1);
	struct ring r = ring_of(m);

	switch (r2) {
	case BPF_RB_AVAIL_DATA: return load(r.prod) - load(r.cons);
	case BPF_RB_RING_SIZE: return m->max_entries;
	case BPF_RB_CONS_POS: return load(r.cons);
	case BPF_RB_PROD_POS: return load(r.prod);
	default: return 0;
	}
}

/* ---- after deaths ---- */
static void sweep(struct map *m, bool (*dead)(void *data, u32 owner), void *data)
{
	struct ring r = ring_of(m);
	u64 tail = load(r.tail), prod = load(r.prod), pos = load(r.cons), steps = r.mask / 8 + 1;

	if ((tail >> RING_OWNER_BITS) * 8 != prod && (tail & OWNER_MASK) &&
	    dead(data, (tail & OWNER_MASK) - 1))
		finish(&r, tail, prod);
	prod = load(r.prod);
	while (pos < prod && steps--) {
		u64 *header = header_at(&r, pos), word = load(header);
		u32 len = (u32)word & ~(BUSY | DISCARD), owner = word >> 32;

		/* What the consumer has passed may hold another lap's bytes already. */
		if (load(r.cons) > pos) {
			pos = load(r.cons);
			continue;
		}
		if ((word & BUSY) && owner && dead(data, owner - 1))
			swap(header, word, header_done(len | DISCARD, pos));
		pos += ROUND_UP((u64)len + RING_HEADER, 8);
	}
}

/* Records in flight are regions of their run; a consumer's memory is nobody else's. */
static u64 memory(const struct map *m)
{
	return RING_DATA + m->max_entries;
}

const struct map_ops map_ringbuf_ops = {
	.type = BPF_MAP_TYPE_RINGBUF,
	.name = "ringbuf",
	.since = 0x0508,
	.check = check,
	.layout = layout,
	.view = view,
	.memory = memory,
	.sweep = sweep,
};

static const struct helper_proto protos[] = {
	{
		.id = BPF_FUNC_ringbuf_output,
		.name = "bpf_ringbuf_output",
		.fn = ringbuf_output,
		.ret = RET_INT,
		.args = {ARG_MAP, ARG_MEM, ARG_SIZE_OR_ZERO, ARG_ANY},
		.since = 0x0508,
		.map_type = BPF_MAP_TYPE_RINGBUF,
		.doc = "Copies data into a ring buffer as one record",
	},
	{
		.id = BPF_FUNC_ringbuf_reserve,
		.name = "bpf_ringbuf_reserve",
		.fn = ringbuf_reserve,
		.ret = RET_RINGBUF_MEM_OR_NULL,
		.args = {ARG_MAP, ARG_ALLOC_SIZE, ARG_ANY},
		.since = 0x0508,
		.map_type = BPF_MAP_TYPE_RINGBUF,
		.doc = "Reserves a record in a ring buffer, to be filled in place",
	},
	{
		.id = BPF_FUNC_ringbuf_submit,
		.name = "bpf_ringbuf_submit",
		.fn = ringbuf_submit,
		.ret = RET_VOID,
		.args = {ARG_RINGBUF_MEM, ARG_ANY},
		.flags = HELPER_RELEASES_ARG1,
		.since = 0x0508,
		.doc = "Shows a reserved record to the consumer",
	},
	{
		.id = BPF_FUNC_ringbuf_discard,
		.name = "bpf_ringbuf_discard",
		.fn = ringbuf_discard,
		.ret = RET_VOID,
		.args = {ARG_RINGBUF_MEM, ARG_ANY},
		.flags = HELPER_RELEASES_ARG1,
		.since = 0x0508,
		.doc = "Drops a reserved record; the consumer skips it",
	},
	{
		.id = BPF_FUNC_ringbuf_query,
		.name = "bpf_ringbuf_query",
		.fn = ringbuf_query,
		.ret = RET_INT,
		.args = {ARG_MAP, ARG_ANY},
		.since = 0x0508,
		.map_type = BPF_MAP_TYPE_RINGBUF,
		.doc = "A ring buffer's unread bytes, size, consumer or producer position",
	},
};

HELPER_FAMILY(map_ringbuf_family, protos);
