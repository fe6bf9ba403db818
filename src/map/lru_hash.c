// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_LRU_HASH: a hash that makes room by itself (table.c, evict).
 * There is one list for all cpus, also with BPF_F_NO_COMMON_LRU: what goes
 * first is then a better guess, and elements are never fewer than they may be.
 */
#include "map/hash.h"

const struct map_ops map_lru_hash_ops = {
	.type = BPF_MAP_TYPE_LRU_HASH,
	.name = "lru_hash",
	.since = 0x040a,
	.check = table_check,
	.batch = MAP_BATCH_ALL,
	.layout = table_layout,
	.init = map_table_init,
	.view = table_view,
	.lookup = hash_lookup,
	.update = hash_update,
	.remove = table_remove,
	.for_each = table_for_each,
	.sys_lookup = hash_sys_lookup,
	.sys_update = hash_sys_update,
	.sys_delete = table_sys_delete,
	.sys_lookup_and_delete = hash_sys_lookup_and_delete,
	.next_key = table_next_key,
	.span = hash_span,
	.sweep = table_sweep,
};
