// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_REUSEPORT_SOCKARRAY: listening sockets by index, for
 * bpf_sk_select_reuseport. The sockets come with socket programs.
 */
#include "map/sockets.h"

static int check(const struct map_attr *attr, struct diag *diag)
{
	return attr->value_size != sizeof(u32) && attr->value_size != sizeof(u64)
		       ? -EINVAL
		       : array_check(attr, diag);
}

static int layout(const struct map_attr *attr, u64 *contents, u64 *meta)
{
	return map_slots_layout(attr->max_entries, sizeof(u64), contents, meta);
}

static int sys_delete(struct map *m, const void *key)
{
	return array_index(key) < m->max_entries ? -ENOENT : -E2BIG;
}

const struct map_ops map_reuseport_sockarray_ops = {
	.type = BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,
	.name = "reuseport_sockarray",
	.since = 0x0413,
	.check = check,
	.layout = layout,
	.view = map_plain_view,
	.sys_lookup = sockets_lookup,
	.sys_update = sockets_update,
	.sys_delete = sys_delete,
	.next_key = array_next_key,
};
