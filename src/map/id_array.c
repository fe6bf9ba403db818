// SPDX-License-Identifier: BSD-2-Clause
/* Arrays of object ids (id_array.h). */
#include "map/id_array.h"

int id_array_check(const struct map_attr *attr, struct diag *diag)
{
	return attr->value_size != sizeof(u32) ||
			       (attr->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		       ? -EINVAL
		       : array_check(attr, diag);
}

int id_array_layout(const struct map_attr *attr, u64 *contents, u64 *meta)
{
	return map_slots_layout(attr->max_entries, sizeof(u32), contents, meta);
}

int id_array_update(struct map *m, const void *key, const void *value, u64 flags)
{
	u32 index = array_index(key), id;

	if (flags != BPF_ANY)
		return -EINVAL;
	if (index >= m->max_entries)
		return -E2BIG;
	__builtin_memcpy(&id, value, sizeof(id));
	__atomic_store_n((u32 *)m->contents + index, id, __ATOMIC_RELEASE);
	return 0;
}

int id_array_lookup(struct map *m, const void *key, void *value, u64 flags)
{
	u32 index = array_index(key), id = index < m->max_entries ? id_array_at(m, index) : 0;

	if (!id)
		return -ENOENT;
	__builtin_memcpy(value, &id, sizeof(id));
	return 0;
}

int id_array_delete(struct map *m, const void *key)
{
	u32 index = array_index(key);

	if (index >= m->max_entries)
		return -E2BIG;
	return __atomic_exchange_n((u32 *)m->contents + index, 0, __ATOMIC_ACQ_REL) ? 0 : -ENOENT;
}
