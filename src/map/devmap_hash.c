// SPDX-License-Identifier: BSD-2-Clause
/* BPF_MAP_TYPE_DEVMAP_HASH: network devices by a number of choice (devmap.c). */
#include "map/sockets.h"

static int check(const struct map_attr *attr, struct diag *diag)
{
	return !attr->max_entries || attr->key_size != sizeof(u32) || !sockets_value_ok(attr) ||
			       attr->flags & ~SOCKETS_FLAGS || attr->max_entries > 1u << 31
		       ? -EINVAL
		       : 0;
}

static int next_key(struct map *m, const void *key, void *next)
{
	return -ENOENT;
}

const struct map_ops map_devmap_hash_ops = {
	.type = BPF_MAP_TYPE_DEVMAP_HASH,
	.name = "devmap_hash",
	.since = 0x0504,
	.types = MAP_TYPES_NONE,
	.adds_flags = BPF_F_RDONLY_PROG,
	.check_late = check,
	.layout = map_empty_layout,
	.view = map_plain_view,
	.next_key = next_key,
};
