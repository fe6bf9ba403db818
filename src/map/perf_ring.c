// SPDX-License-Identifier: BSD-2-Clause
/*
 * A perf event's ring:
 *
 *	contents | struct perf_event_mmap_page | data, a power of two of bytes |
 *	metadata | head, lost, lock |
 *
 * Records do not wrap by themselves: they are copied in pieces, and the head is
 * published when one is whole; a writer that dies before leaves nothing. An
 * event of one cpu has one writer at a time, whose run leases that cpu. One of
 * any cpu takes a lock that names its owner; who finds it taken drops its
 * record.
 */
#include <linux/errno.h>
#include <linux/perf_event.h>
#include "map/perf_ring.h"

struct ring_meta {
	u64 head; /* the writers' own: the page's is for the consumer, who may write it */
	u64 lost;
	u32 lock; /* owner + 1 */
};

static int check(const struct map_attr *attr, struct diag *diag)
{
	return -EINVAL; /* MAP_CREATE has no such type */
}

static int layout(const struct map_attr *attr, u64 *contents, u64 *meta)
{
	*contents = PAGE_BYTES + (u64)attr->max_entries;
	*meta = sizeof(struct ring_meta);
	return 0;
}

static int view(struct map *m)
{
	return IS_POW2(m->max_entries) && m->max_entries >= PAGE_BYTES ? 0 : -EINVAL;
}

static int init(struct map *m)
{
	struct perf_event_mmap_page *page = (void *)m->contents;

	page->data_offset = PAGE_BYTES;
	page->data_size = m->max_entries;
	page->size = sizeof(*page);
	return 0;
}

static void put(struct map *m, u64 *at, const void *data, u32 size)
{
	u8 *base = m->contents + PAGE_BYTES;
	u32 off = *at & (m->max_entries - 1), first = MIN(size, m->max_entries - off);

	__builtin_memcpy(base + off, data, first);
	__builtin_memcpy(base, (const u8 *)data + first, size - first);
	*at += size;
}

static void put_lost(struct map *m, u64 *at, u64 lost)
{
	struct {
		struct perf_event_header h;
		u64 id, lost;
	} rec = {{PERF_RECORD_LOST, 0, sizeof(rec)}, m->id, lost};

	put(m, at, &rec, sizeof(rec));
}

/* All of it, or nothing: `total` bytes of sample, and of what tells of lost ones. */
static int write_record(struct map *m, const void *data, u32 size, u32 total)
{
	struct ring_meta *meta = (void *)m->meta;
	struct perf_event_mmap_page *page = (void *)m->contents;
	u64 head = __atomic_load_n(&meta->head, __ATOMIC_RELAXED);
	u64 tail = __atomic_load_n(&page->data_tail, __ATOMIC_ACQUIRE);
	u64 lost = __atomic_load_n(&meta->lost, __ATOMIC_RELAXED);
	u32 need = total + (lost ? 24 : 0), raw = total - sizeof(struct perf_event_header) - 4;
	struct {
		struct perf_event_header h;
		u32 size;
	} rec = {{PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL, (u16)total}, raw};
	static const u8 zero[8];

	if (((tail - head - 1) & (m->max_entries - 1)) < need) {
		__atomic_fetch_add(&meta->lost, 1, __ATOMIC_RELAXED);
		return -ENOSPC;
	}
	if (lost) {
		put_lost(m, &head, lost);
		__atomic_fetch_sub(&meta->lost, lost, __ATOMIC_RELAXED);
	}
	put(m, &head, &rec, 12);
	put(m, &head, data, size);
	put(m, &head, zero, raw - size);
	__atomic_store_n(&meta->head, head, __ATOMIC_RELAXED);
	__atomic_store_n(&page->data_head, head, __ATOMIC_RELEASE);
	return 0;
}

int perf_ring_write(struct map *m, u32 cpu, const void *data, u32 size)
{
	struct ring_meta *meta = (void *)m->meta;
	u64 total = ROUND_UP(sizeof(struct perf_event_header) + 4ull + size, 8);
	u32 old = 0;
	int err;

	if (total > UINT16_MAX)
		return -E2BIG;
	if (m->key_size)
		return m->key_size == cpu + 1 ? write_record(m, data, size, total) : -EOPNOTSUPP;
	if (!__atomic_compare_exchange_n(&meta->lock, &old, m->owner + 1, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED)) {
		__atomic_fetch_add(&meta->lost, 1, __ATOMIC_RELAXED);
		return -ENOSPC;
	}
	err = write_record(m, data, size, total);
	__atomic_store_n(&meta->lock, 0, __ATOMIC_RELEASE);
	return err;
}

static void sweep(struct map *m, bool (*dead)(void *data, u32 owner), void *data)
{
	struct ring_meta *meta = (void *)m->meta;
	u32 held = __atomic_load_n(&meta->lock, __ATOMIC_RELAXED);

	if (held && dead(data, held - 1))
		__atomic_compare_exchange_n(&meta->lock, &held, 0, false, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED);
}

const struct map_ops map_perf_ring_ops = {
	.type = MAP_TYPE_PERF_RING,
	.name = "perf_ring",
	.check = check,
	.layout = layout,
	.init = init,
	.view = view,
	.sweep = sweep,
};
