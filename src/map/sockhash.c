// SPDX-License-Identifier: BSD-2-Clause
/* BPF_MAP_TYPE_SOCKHASH: sockets by key. The sockets come with socket programs. */
#include "map/sockets.h"

#define KEY_MOST 512 /* a program's stack */

static int check_late(const struct map_attr *attr, struct diag *diag)
{
	if (!attr->max_entries || !attr->key_size || !sockets_value_ok(attr) ||
	    attr->flags & ~SOCKETS_FLAGS)
		return -EINVAL;
	return attr->key_size > KEY_MOST ? -E2BIG : 0;
}

static int next_key(struct map *m, const void *key, void *next)
{
	return -ENOENT;
}

static int sys_delete(struct map *m, const void *key)
{
	return -ENOENT;
}

const struct map_ops map_sockhash_ops = {
	.type = BPF_MAP_TYPE_SOCKHASH,
	.name = "sockhash",
	.since = 0x0412,
	.types = MAP_TYPES_NONE,
	.check_late = check_late,
	.layout = map_empty_layout,
	.view = map_plain_view,
	.sys_lookup = sockets_lookup,
	.sys_update = sockets_update,
	.sys_delete = sys_delete,
	.next_key = next_key,
};
