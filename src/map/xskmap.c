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

const struct map_ops map_xskmap_ops = {
	.type = BPF_MAP_TYPE_XSKMAP,
	.name = "xskmap",
	.since = 0x0412,
	.types = MAP_TYPES_NONE,
	.check_late = check_late,
	.layout = layout,
	.view = map_plain_view,
	.next_key = array_next_key,
};
