// SPDX-License-Identifier: BSD-2-Clause
/* Arrays of a number and a program (pair_array.h). */
#include "map/pair_array.h"

static inline u64 *pair_at(const struct map *m, u32 index)
{
	return (u64 *)m->contents + index;
}

int pair_array_layout(const struct map_attr *attr, u64 *contents, u64 *meta)
{
	return map_slots_layout(attr->max_entries, sizeof(u64), contents, meta);
}

void *pair_array_lookup(struct map *m, struct run *run, const void *key)
{
	u32 index = array_index(key);

	return index < m->max_entries && (u32)__atomic_load_n(pair_at(m, index), __ATOMIC_ACQUIRE)
		       ? pair_at(m, index)
		       : NULL;
}

int pair_array_sys_lookup(struct map *m, const void *key, void *value, u64 flags)
{
	u32 index = array_index(key);
	u64 pair = 0;

	if (index < m->max_entries)
		pair = __atomic_load_n(pair_at(m, index), __ATOMIC_ACQUIRE);
	if (!(u32)pair)
		return -ENOENT;
	__builtin_memcpy(value, &pair, m->value_size);
	return 0;
}

int pair_array_sys_update(struct map *m, const void *key, const void *value, u64 flags)
{
	u32 index = array_index(key);
	u64 pair;

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (index >= m->max_entries)
		return -E2BIG;
	if (flags == BPF_NOEXIST)
		return -EEXIST;
	__builtin_memcpy(&pair, value, sizeof(pair));
	__atomic_store_n(pair_at(m, index), pair, __ATOMIC_RELEASE);
	return 0;
}

int pair_array_sys_delete(struct map *m, const void *key)
{
	u32 index = array_index(key);

	if (index >= m->max_entries)
		return -EINVAL;
	__atomic_store_n(pair_at(m, index), 0, __ATOMIC_RELEASE);
	return 0;
}

/* Programs never write there. */
int pair_array_span(struct map *m, u64 addr, struct map_span *out)
{
	u64 off = addr - ptr_to_u64(m->contents);

	if (off >= (u64)m->max_entries * sizeof(u64) || off % sizeof(u64) >= m->value_size)
		return -EACCES;
	*out = (struct map_span){addr - off % sizeof(u64), m->value_size, false};
	return 0;
}
