// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_ARRAY: values side by side at offset 0, so that a client that
 * maps the descriptor, a program with a global's address and bpf(2) all see
 * the same bytes. Programs store in place; bpf(2) through a redo record.
 *
 *	contents | value 0 | value 1 | ...        (stride: value_size rounded up to 8)
 *	metadata | redo records |
 */
#include "map/array.h"
#include "map/redo.h"

#define ARRAY_FLAGS                                                                   \
	(BPF_F_NUMA_NODE | BPF_F_MMAPABLE | MAP_ACCESS_FLAGS | BPF_F_PRESERVE_ELEMS | \
	 BPF_F_INNER_MAP)

int array_check(const struct map_attr *attr, struct diag *diag)
{
	bool percpu = map_type_is_percpu(attr->type);

	if (!attr->max_entries || attr->key_size != 4 || !attr->value_size ||
	    (attr->flags & ~ARRAY_FLAGS) || !map_access_ok(attr->flags) ||
	    (percpu && (attr->flags & BPF_F_NUMA_NODE)))
		return -EINVAL;
	if (attr->type != BPF_MAP_TYPE_ARRAY && (attr->flags & (BPF_F_MMAPABLE | BPF_F_INNER_MAP)))
		return -EINVAL;
	if (attr->type != BPF_MAP_TYPE_PERF_EVENT_ARRAY && (attr->flags & BPF_F_PRESERVE_ELEMS))
		return -EINVAL;
	if (attr->value_size > INT32_MAX)
		return -E2BIG;
	if (percpu && ROUND_UP(attr->value_size, 8) > MAP_PERCPU_MAX)
		return -E2BIG;
	return 0;
}

int array_check_update(const struct map *m, u32 index, u64 flags)
{
	if ((flags & ~(u64)BPF_F_LOCK) > BPF_EXIST)
		return -EINVAL;
	if (index >= m->max_entries)
		return -E2BIG;
	if (flags & BPF_NOEXIST)
		return -EEXIST;
	return (flags & BPF_F_LOCK) && m->spin_lock_off < 0 ? -EINVAL : 0;
}

int array_next_key(struct map *m, const void *key, void *next)
{
	u32 index = key ? array_index(key) : UINT32_MAX;

	if (index < m->max_entries && index == m->max_entries - 1)
		return -ENOENT;
	index = index >= m->max_entries ? 0 : index + 1;
	__builtin_memcpy(next, &index, sizeof(index));
	return 0;
}

int array_delete(struct map *m, const void *key)
{
	return -EINVAL;
}

long array_remove(struct map *m, struct run *run, const void *key)
{
	return -EINVAL;
}

static int layout(const struct map_attr *attr, u64 *contents, u64 *meta)
{
	u64 bytes = (u64)ROUND_UP((u64)attr->value_size, 8) * attr->max_entries;

	if (bytes > MAP_MAX_BYTES)
		return -ENOMEM;
	*contents = ROUND_UP(bytes, PAGE_BYTES);
	*meta = redo_bytes(attr->value_size);
	return 0;
}

static int view(struct map *m)
{
	return 0;
}

static inline void *value_at(const struct map *m, u32 index)
{
	return m->contents + (u64)index * m->value_stride;
}

static void *lookup(struct map *m, struct run *run, const void *key)
{
	u32 index = array_index(key);

	return likely(index < m->max_entries) ? value_at(m, index) : NULL;
}

static long update(struct map *m, struct run *run, const void *key, const void *value, u64 flags)
{
	u32 index = array_index(key);
	int err = array_check_update(m, index, flags);

	if (err)
		return err;
	if (flags & BPF_F_LOCK)
		return map_copy_locked(m, value_at(m, index), value_at(m, index), value);
	map_copy_value(m, value_at(m, index), value);
	return 0;
}

static int sys_update(struct map *m, const void *key, const void *value, u64 flags)
{
	u32 index = array_index(key);
	int err = array_check_update(m, index, flags);
	struct redo *r;

	if (err)
		return err;
	if (flags & BPF_F_LOCK)
		return map_copy_locked(m, value_at(m, index), value_at(m, index), value);
	r = redo_begin(m, m->meta, index, 0, value);
	map_copy_value(m, value_at(m, index), value);
	redo_end(r);
	return 0;
}

static int sys_lookup(struct map *m, const void *key, void *value, u64 flags)
{
	u32 index = array_index(key);

	if (index >= m->max_entries)
		return -ENOENT;
	map_clear_fields(m, value);
	if (flags & BPF_F_LOCK)
		return map_copy_locked(m, value_at(m, index), value, value_at(m, index));
	map_copy_value(m, value, value_at(m, index));
	return 0;
}

static long for_each(struct map *m, struct run *run,
		     long (*fn)(void *data, const void *key, void *value), void *data)
{
	for (u32 i = 0; i < m->max_entries; i++) {
		u32 key = i;

		if (fn(data, &key, value_at(m, i)))
			return i + 1l;
	}
	return m->max_entries;
}

static int span(struct map *m, u64 addr, struct map_span *out)
{
	u64 off = addr - ptr_to_u64(m->contents);
	u32 index;

	if (off >= (u64)m->value_stride * m->max_entries)
		return -EACCES;
	index = off / m->value_stride;
	if (off % m->value_stride >= m->value_size)
		return -EACCES;
	*out = (struct map_span){ptr_to_u64(value_at(m, index)), m->value_size,
				 !(m->flags & BPF_F_RDONLY_PROG)};
	return 0;
}

static int direct(struct map *m, u64 off, u64 *addr)
{
	if (m->max_entries != 1)
		return -MAP_ENOTSUPP;
	if (off >= m->value_size)
		return -EINVAL;
	*addr = ptr_to_u64(m->contents) + off;
	return 0;
}

static void replay(struct map *m, u64 target, u64 check, const void *value)
{
	if (target < m->max_entries)
		map_copy_value(m, value_at(m, target), value);
}

static void sweep(struct map *m, bool (*dead)(void *data, u32 owner), void *data)
{
	redo_sweep(m, m->meta, dead, data, replay);
	for (u32 i = 0; m->spin_lock_off >= 0 && i < m->max_entries; i++)
		map_sweep_lock(m, value_at(m, i), dead, data);
}

const struct map_ops map_array_ops = {
	.type = BPF_MAP_TYPE_ARRAY,
	.name = "array",
	.since = 0x0313,
	.types = MAP_TYPES_INDEX,
	.check = array_check,
	.batch = MAP_BATCH_SOME,
	.layout = layout,
	.view = view,
	.lookup = lookup,
	.update = update,
	.remove = array_remove,
	.for_each = for_each,
	.sys_lookup = sys_lookup,
	.sys_update = sys_update,
	.sys_delete = array_delete,
	.next_key = array_next_key,
	.span = span,
	.direct = direct,
	.sweep = sweep,
};
