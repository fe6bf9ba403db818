// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_ARRAY_OF_MAPS: maps by index, as object ids. A program's lookup
 * yields the map itself, to be looked up in.
 */
#include "map/id_array.h"
#include "map/inner_map.h"

static void *lookup(struct map *m, struct run *run, const void *key)
{
	u32 index = array_index(key);

	return index < m->max_entries ? inner_map(run, id_array_at(m, index)) : NULL;
}

const struct map_ops map_array_of_maps_ops = {
	.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
	.name = "array_of_maps",
	.since = 0x040c,
	.types = MAP_TYPES_NONE,
	.check = id_array_check,
	.batch = MAP_BATCH_SOME,
	.layout = id_array_layout,
	.view = map_plain_view,
	.lookup = lookup,
	.sys_lookup = id_array_lookup,
	.sys_update = id_array_update,
	.sys_delete = id_array_delete,
	.next_key = array_next_key,
};
