// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_PERCPU_ARRAY. Each cpu has a plane with all elements, so that
 * two cpus' counters never share a cache line, and planes of cpus that never
 * ran take no memory.
 *
 *	contents | cpu 0: value 0, value 1, ... | cpu 1: value 0, ... | ...
 *	metadata | redo records |
 */
#include "core/run.h"
#include "map/array.h"
#include "map/redo.h"

#define CACHE_LINE 64

static u64 plane_bytes(u32 stride, u32 max_entries)
{
	return ROUND_UP((u64)stride * max_entries, CACHE_LINE);
}

static int layout(const struct map_attr *attr, u64 *contents, u64 *meta)
{
	u32 stride = ROUND_UP(attr->value_size, 8);
	u64 plane = plane_bytes(stride, attr->max_entries);

	if (plane > MAP_MAX_BYTES / attr->possible_cpus)
		return -ENOMEM;
	*contents = ROUND_UP(plane * attr->possible_cpus, PAGE_BYTES);
	*meta = redo_bytes((u64)stride * attr->possible_cpus);
	return 0;
}

static int view(struct map *m)
{
	m->priv_space[0] = plane_bytes(m->value_stride, m->max_entries);
	return 0;
}

static inline void *value_at(const struct map *m, u32 index, u32 cpu)
{
	return m->contents + cpu * m->priv_space[0] + (u64)index * m->value_stride;
}

static void *lookup_percpu(struct map *m, const void *key, u32 cpu)
{
	u32 index = array_index(key);

	if (unlikely(index >= m->max_entries || cpu >= m->possible_cpus))
		return NULL;
	return value_at(m, index, cpu);
}

static void *lookup(struct map *m, struct run *run, const void *key)
{
	return lookup_percpu(m, key, run->cpu);
}

static long update(struct map *m, struct run *run, const void *key, const void *value, u64 flags)
{
	u32 index = array_index(key);

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (index >= m->max_entries)
		return -E2BIG;
	if (flags & BPF_NOEXIST)
		return -EEXIST;
	if (run->cpu >= m->possible_cpus)
		return -EINVAL;
	map_copy_value(m, value_at(m, index, run->cpu), value);
	return 0;
}

static void write_all(struct map *m, u64 index, u64 check, const void *value)
{
	if (index >= m->max_entries)
		return;
	for (u32 cpu = 0; cpu < m->possible_cpus; cpu++)
		map_copy_value(m, value_at(m, index, cpu),
			       (const u8 *)value + (u64)cpu * m->value_stride);
}

static int sys_update(struct map *m, const void *key, const void *value, u64 flags)
{
	u32 index = array_index(key);
	struct redo *r;

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (index >= m->max_entries)
		return -E2BIG;
	if (flags == BPF_NOEXIST)
		return -EEXIST;
	r = redo_begin(m, m->meta, index, 0, value);
	write_all(m, index, 0, value);
	redo_end(r);
	return 0;
}

static int sys_lookup(struct map *m, const void *key, void *value, u64 flags)
{
	u32 index = array_index(key);

	if (index >= m->max_entries)
		return -ENOENT;
	for (u32 cpu = 0; cpu < m->possible_cpus; cpu++) {
		u8 *to = (u8 *)value + (u64)cpu * m->value_stride;

		__builtin_memcpy(to, value_at(m, index, cpu), m->value_stride);
		map_clear_fields(m, to);
	}
	return 0;
}

static long for_each(struct map *m, struct run *run,
		     long (*fn)(void *data, const void *key, void *value), void *data)
{
	if (run->cpu >= m->possible_cpus)
		return 0;
	for (u32 i = 0; i < m->max_entries; i++) {
		u32 key = i;

		if (fn(data, &key, value_at(m, i, run->cpu)))
			return i + 1l;
	}
	return m->max_entries;
}

static int span(struct map *m, u64 addr, struct map_span *out)
{
	u64 off = addr - ptr_to_u64(m->contents), within;

	if (off >= m->priv_space[0] * m->possible_cpus)
		return -EACCES;
	within = off % m->priv_space[0];
	if (within >= (u64)m->value_stride * m->max_entries ||
	    within % m->value_stride >= m->value_size)
		return -EACCES;
	*out = (struct map_span){addr - within % m->value_stride, m->value_size,
				 !(m->flags & BPF_F_RDONLY_PROG)};
	return 0;
}

static void sweep(struct map *m, bool (*dead)(void *data, u32 owner), void *data)
{
	redo_sweep(m, m->meta, dead, data, write_all);
}

const struct map_ops map_percpu_array_ops = {
	.type = BPF_MAP_TYPE_PERCPU_ARRAY,
	.name = "percpu_array",
	.since = 0x0406,
	.types = MAP_TYPES_INDEX,
	.check = array_check,
	.batch = MAP_BATCH_SOME,
	.layout = layout,
	.view = view,
	.lookup = lookup,
	.update = update,
	.remove = array_remove,
	.lookup_percpu = lookup_percpu,
	.for_each = for_each,
	.sys_lookup = sys_lookup,
	.sys_update = sys_update,
	.sys_delete = array_delete,
	.next_key = array_next_key,
	.span = span,
	.sweep = sweep,
};
