// SPDX-License-Identifier: BSD-2-Clause
/* BPF_MAP_TYPE_XSKMAP: AF_XDP sockets by queue. The sockets come with packets. */
#include "map/array.h"

static int check_late(const struct map_attr *attr, struct diag *diag)
{
	return !attr->max_entries || attr->key_size != sizeof(u32) ||
			       attr->value_size != sizeof(u32) ||
			       attr->flags & ~(BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY)
		       ? -EINVAL
		       : 0;
}

static int layout(const struct map_attr *attr, u64 *contents, u64 *meta)
{
	return map_slots_layout(attr->max_entries, sizeof(u64), contents, meta);
}

static int sys_lookup(struct map *m, const void *key, void *value, u64 flags)
{
	return -EOPNOTSUPP;
}

static int sys_update(struct map *m, const void *key, const void *value, u64 flags)
{
	return -EOPNOTSUPP;
}

static int sys_delete(struct map *m, const void *key)
{
	return array_index(key) < m->max_entries ? 0 : -EINVAL;
}

const struct map_ops map_xskmap_ops = {
	.type = BPF_MAP_TYPE_XSKMAP,
	.name = "xskmap",
	.since = 0x0412,
	.types = MAP_TYPES_NONE,
	.check_late = check_late,
	.layout = layout,
	.view = map_plain_view,
	.sys_lookup = sys_lookup,
	.sys_update = sys_update,
	.sys_delete = sys_delete,
	.next_key = array_next_key,
};
