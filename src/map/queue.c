// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_QUEUE: first in, first out; and the ring that the stack is made
 * of too.
 *
 *	contents | value 0 | ... | value max_entries |
 *	metadata | lock | ends |
 *
 * `ends` is one word, the indexes of the oldest value and of the slot that the
 * next one goes to; equal, the ring is empty. There is one slot more than values
 * allowed, so that what is being written is never what can be read. A change
 * writes that slot, if any, and then `ends`, in one store: who dies in between
 * has done nothing. Everything is done under a lock (holder.h).
 */
#include "map/queue.h"
#include "map/holder.h"

struct queue_meta {
	u64 lock;
	u64 ends;
};

static inline struct queue_meta *meta_of(const struct map *m)
{
	return (struct queue_meta *)m->meta;
}

struct ends {
	u32 first, next;
};

/* Of a segment that others can write: whatever it says, indexes are in range. */
static inline struct ends ends_read(const struct map *m)
{
	u64 ends = __atomic_load_n(&meta_of(m)->ends, __ATOMIC_ACQUIRE);
	struct ends e = {(u32)ends, ends >> 32};

	if (unlikely(e.first > m->max_entries || e.next > m->max_entries))
		e = (struct ends){0};
	return e;
}

static inline void ends_write(const struct map *m, struct ends e)
{
	__atomic_store_n(&meta_of(m)->ends, (u64)e.next << 32 | e.first, __ATOMIC_RELEASE);
}

static inline u32 after(const struct map *m, u32 index)
{
	return index == m->max_entries ? 0 : index + 1;
}

static inline u32 before(const struct map *m, u32 index)
{
	return index ? index - 1 : m->max_entries;
}

static inline u8 *value_at(const struct map *m, u32 index)
{
	return m->contents + (u64)index * m->value_size;
}

int queue_check(const struct map_attr *attr, struct diag *diag)
{
	if (!attr->max_entries || attr->key_size || !attr->value_size ||
	    attr->flags & ~(BPF_F_NUMA_NODE | MAP_ACCESS_FLAGS) || !map_access_ok(attr->flags))
		return -EINVAL;
	return attr->value_size > MAP_KMALLOC_MAX ? -E2BIG : 0;
}

int queue_layout(const struct map_attr *attr, u64 *contents, u64 *meta)
{
	int err = map_slots_layout(attr->max_entries + 1ull, attr->value_size, contents, meta);

	if (err || attr->max_entries == UINT32_MAX)
		return -ENOMEM;
	*meta = sizeof(struct queue_meta);
	return 0;
}

static int push(struct map *m, const void *value, u64 flags)
{
	struct ends e;
	int err;

	if (flags & BPF_NOEXIST || flags > BPF_EXIST)
		return -EINVAL;
	err = holder_lock(m, &meta_of(m)->lock);
	if (err)
		return err;
	e = ends_read(m);
	if (after(m, e.next) == e.first) {
		if (!(flags & BPF_EXIST))
			err = -E2BIG;
		e.first = after(m, e.first);
	}
	if (!err) {
		__builtin_memcpy(value_at(m, e.next), value, m->value_size);
		e.next = after(m, e.next);
		ends_write(m, e);
	}
	holder_unlock(&meta_of(m)->lock);
	return err;
}

int queue_get(struct map *m, void *value, bool newest, bool take)
{
	struct ends e;
	int err = holder_lock(m, &meta_of(m)->lock);

	if (err)
		return err;
	e = ends_read(m);
	if (e.first == e.next) {
		__builtin_memset(value, 0, m->value_size);
		err = -ENOENT;
	} else {
		u32 index = newest ? before(m, e.next) : e.first;

		__builtin_memcpy(value, value_at(m, index), m->value_size);
		if (newest)
			e.next = index;
		else
			e.first = after(m, index);
		if (take)
			ends_write(m, e);
	}
	holder_unlock(&meta_of(m)->lock);
	return err;
}

long queue_push(struct map *m, struct run *run, const void *value, u64 flags)
{
	return push(m, value, flags);
}

long queue_update(struct map *m, struct run *run, const void *key, const void *value, u64 flags)
{
	return -EINVAL;
}

long queue_remove(struct map *m, struct run *run, const void *key)
{
	return -EINVAL;
}

int queue_sys_update(struct map *m, const void *key, const void *value, u64 flags)
{
	return push(m, value, flags);
}

int queue_sys_delete(struct map *m, const void *key)
{
	return -EINVAL;
}

int queue_next_key(struct map *m, const void *key, void *next)
{
	return -EINVAL;
}

/* Whatever its holder was at, the ring is whole. */
void queue_sweep(struct map *m, bool (*dead)(void *data, u32 owner), void *data)
{
	if (holder_inherit(m, &meta_of(m)->lock, dead, data))
		holder_unlock(&meta_of(m)->lock);
}

static long pop(struct map *m, struct run *run, void *value)
{
	return queue_get(m, value, false, true);
}

static long peek(struct map *m, struct run *run, void *value)
{
	return queue_get(m, value, false, false);
}

static int sys_lookup(struct map *m, const void *key, void *value, u64 flags)
{
	return queue_get(m, value, false, false);
}

static int sys_lookup_and_delete(struct map *m, const void *key, void *value, u64 flags)
{
	return queue_get(m, value, false, true);
}

const struct map_ops map_queue_ops = {
	.type = BPF_MAP_TYPE_QUEUE,
	.name = "queue",
	.since = 0x0414,
	.check = queue_check,
	.layout = queue_layout,
	.view = map_plain_view,
	.update = queue_update,
	.remove = queue_remove,
	.push = queue_push,
	.pop = pop,
	.peek = peek,
	.sys_lookup = sys_lookup,
	.sys_update = queue_sys_update,
	.sys_delete = queue_sys_delete,
	.sys_lookup_and_delete = sys_lookup_and_delete,
	.next_key = queue_next_key,
	.sweep = queue_sweep,
};
