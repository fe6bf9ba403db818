// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_CGROUP_STORAGE: a value per cgroup that a program is attached to
 * (and kind of attachment, by the longer key). Elements come and go with
 * attachments, never by bpf(2).
 */
#include "map/cgroup_storage.h"

int cgroup_storage_check(const struct map_attr *attr, struct diag *diag)
{
	u32 most = map_type_is_percpu(attr->type) ? MAP_PERCPU_MAX : STORAGE_VALUE_MOST;

	if (attr->key_size != sizeof(u64) &&
	    attr->key_size != sizeof(struct bpf_cgroup_storage_key))
		return -EINVAL;
	if (!attr->value_size)
		return -EINVAL;
	if (attr->value_size > most)
		return -E2BIG;
	return attr->flags & ~(BPF_F_NUMA_NODE | MAP_ACCESS_FLAGS) || !map_access_ok(attr->flags) ||
			       attr->max_entries
		       ? -EINVAL
		       : 0;
}

/* No program is attached to any cgroup yet: there are no elements. */
int cgroup_storage_lookup(struct map *m, const void *key, void *value, u64 flags)
{
	return -ENOENT;
}

int cgroup_storage_update(struct map *m, const void *key, const void *value, u64 flags)
{
	return (flags & ~(u64)BPF_F_LOCK) & ~(u64)BPF_EXIST ? -EINVAL : -ENOENT;
}

int cgroup_storage_delete(struct map *m, const void *key)
{
	return -EINVAL;
}

int cgroup_storage_next_key(struct map *m, const void *key, void *next)
{
	return -ENOENT;
}

const struct map_ops map_cgroup_storage_ops = {
	.type = BPF_MAP_TYPE_CGROUP_STORAGE,
	.name = "cgroup_storage",
	.since = 0x0413,
	.types = MAP_TYPES_CGROUP,
	.check_late = cgroup_storage_check,
	.layout = map_empty_layout,
	.view = map_plain_view,
	.sys_lookup = cgroup_storage_lookup,
	.sys_update = cgroup_storage_update,
	.sys_delete = cgroup_storage_delete,
	.next_key = cgroup_storage_next_key,
};
