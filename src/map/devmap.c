// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_DEVMAP: network devices by index, each with a program to run on
 * what is sent there. Programs only read what a lookup finds.
 *
 *	contents | struct bpf_devmap_val | ...    (ifindex 0: none)
 */
#include "map/sockets.h"

static int check(const struct map_attr *attr, struct diag *diag)
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

const struct map_ops map_devmap_ops = {
	.type = BPF_MAP_TYPE_DEVMAP,
	.name = "devmap",
	.since = 0x040e,
	.types = MAP_TYPES_NONE,
	.adds_flags = BPF_F_RDONLY_PROG,
	.check_late = check,
	.layout = layout,
	.view = map_plain_view,
	.next_key = array_next_key,
};
