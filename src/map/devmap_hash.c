// SPDX-License-Identifier: BSD-2-Clause
/* BPF_MAP_TYPE_DEVMAP_HASH: network devices by a number of choice (devmap.c). */
#include "map/hash.h"
#include "map/sockets.h"

static int check(const struct map_attr *attr, struct diag *diag)
{
	return !attr->max_entries || attr->key_size != sizeof(u32) || !sockets_value_ok(attr) ||
			       attr->flags & ~SOCKETS_FLAGS || attr->max_entries > 1u << 31
		       ? -EINVAL
		       : 0;
}

/* `value` holds the device and the program's id, as lookups tell them. */
static int sys_update(struct map *m, const void *key, const void *value, u64 flags)
{
	return flags > BPF_EXIST ? -EINVAL : hash_sys_update(m, key, value, flags & BPF_NOEXIST);
}

const struct map_ops map_devmap_hash_ops = {
	.type = BPF_MAP_TYPE_DEVMAP_HASH,
	.name = "devmap_hash",
	.since = 0x0504,
	.types = MAP_TYPES_NONE,
	.adds_flags = BPF_F_RDONLY_PROG,
	.check = check,
	.layout = table_layout,
	.init = map_table_init,
	.view = table_view,
	.lookup = hash_lookup,
	.sys_lookup = hash_sys_lookup,
	.sys_update = sys_update,
	.sys_delete = table_sys_delete,
	.next_key = table_next_key,
	.span = hash_span,
	.sweep = table_sweep,
};
