// SPDX-License-Identifier: BSD-2-Clause
/* BPF_MAP_TYPE_SOCKMAP: sockets by index. The sockets come with socket programs. */
#include "map/sockets.h"

static int check_late(const struct map_attr *attr, struct diag *diag)
{
	return !attr->max_entries || attr->key_size != sizeof(u32) || !sockets_value_ok(attr) ||
			       attr->flags & ~SOCKETS_FLAGS
		       ? -EINVAL
		       : 0;
}

static int layout(const struct map_attr *attr, u64 *contents, u64 *meta)
{
	return map_slots_layout(attr->max_entries, sizeof(u64), contents, meta);
}

static int sys_delete(struct map *m, const void *key)
{
	return -EINVAL;
}

const struct map_ops map_sockmap_ops = {
	.type = BPF_MAP_TYPE_SOCKMAP,
	.name = "sockmap",
	.since = 0x040e,
	.types = MAP_TYPES_NONE,
	.check_late = check_late,
	.layout = layout,
	.view = map_plain_view,
	.sys_lookup = sockets_lookup,
	.sys_update = sockets_update,
	.sys_delete = sys_delete,
	.next_key = array_next_key,
};
