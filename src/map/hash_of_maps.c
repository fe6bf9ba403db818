// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_HASH_OF_MAPS: maps by key: a hash of object ids. A program's
 * lookup yields the map itself, to be looked up in.
 */
#include "map/hash.h"
#include "map/inner_map.h"

static int check(const struct map_attr *attr, struct diag *diag)
{
	return attr->value_size != sizeof(u32) ? -EINVAL : table_check(attr, diag);
}

static void *lookup(struct map *m, struct run *run, const void *key)
{
	const u32 *id = hash_lookup(m, run, key);

	return id ? inner_map(run, __atomic_load_n(id, __ATOMIC_ACQUIRE)) : NULL;
}

const struct map_ops map_hash_of_maps_ops = {
	.type = BPF_MAP_TYPE_HASH_OF_MAPS,
	.name = "hash_of_maps",
	.since = 0x040c,
	.types = MAP_TYPES_NONE,
	.check = check,
	.batch = MAP_BATCH_ALL,
	.layout = table_layout,
	.init = map_table_init,
	.view = table_view,
	.lookup = lookup,
	.sys_lookup = hash_sys_lookup,
	.sys_update = hash_sys_update,
	.sys_delete = table_sys_delete,
	.next_key = table_next_key,
	.sweep = table_sweep,
};
