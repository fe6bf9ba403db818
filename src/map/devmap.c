// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_DEVMAP: network devices by index, each with a program to run on
 * what is sent there (pair_array.h). Programs only read what a lookup finds.
 */
#include "map/pair_array.h"
#include "map/sockets.h"

static int check(const struct map_attr *attr, struct diag *diag)
{
	return !attr->max_entries || attr->key_size != sizeof(u32) || !sockets_value_ok(attr) ||
			       attr->flags & ~SOCKETS_FLAGS
		       ? -EINVAL
		       : 0;
}

const struct map_ops map_devmap_ops = {
	.type = BPF_MAP_TYPE_DEVMAP,
	.name = "devmap",
	.since = 0x040e,
	.types = MAP_TYPES_NONE,
	.adds_flags = BPF_F_RDONLY_PROG,
	.check = check,
	.layout = pair_array_layout,
	.view = map_plain_view,
	.lookup = pair_array_lookup,
	.sys_lookup = pair_array_sys_lookup,
	.sys_update = pair_array_sys_update,
	.sys_delete = pair_array_sys_delete,
	.next_key = array_next_key,
	.span = pair_array_span,
};
