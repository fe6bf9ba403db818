// SPDX-License-Identifier: BSD-2-Clause
/*
 * Local storage: a value per socket, inode, task or cgroup, kept by that object
 * and gone with it. The map is no more than its name: nothing counts or lists
 * elements.
 */
#include "map/storage.h"

#define STORAGE_FLAGS (BPF_F_NO_PREALLOC | BPF_F_CLONE)

int storage_check(const struct map_attr *attr, struct diag *diag)
{
	if (attr->flags & ~STORAGE_FLAGS || !(attr->flags & BPF_F_NO_PREALLOC) ||
	    attr->max_entries || attr->key_size != sizeof(u32) || !attr->value_size || !attr->typed)
		return -EINVAL;
	return attr->value_size > STORAGE_VALUE_MOST ? -E2BIG : 0;
}

int storage_next_key(struct map *m, const void *key, void *next)
{
	return -MAP_ENOTSUPP;
}

int storage_sys_lookup(struct map *m, const void *key, void *value, u64 flags)
{
	return -ENOENT;
}

int storage_sys_update(struct map *m, const void *key, const void *value, u64 flags)
{
	return (flags & ~(u64)BPF_F_LOCK) > BPF_EXIST ? -EINVAL : -EOPNOTSUPP;
}

int storage_sys_delete(struct map *m, const void *key)
{
	return -ENOENT;
}
