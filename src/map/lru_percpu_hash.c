// SPDX-License-Identifier: BSD-2-Clause
/* BPF_MAP_TYPE_LRU_PERCPU_HASH: a per-CPU hash that makes room by itself (table.c, evict). */
#include "map/hash.h"

const struct map_ops map_lru_percpu_hash_ops = {
	.type = BPF_MAP_TYPE_LRU_PERCPU_HASH,
	.name = "lru_percpu_hash",
	.since = 0x040a,
	.check = table_check,
	.batch = MAP_BATCH_ALL,
	.layout = table_layout,
	.init = map_table_init,
	.view = table_view,
	.lookup = percpu_hash_lookup,
	.update = percpu_hash_update,
	.remove = table_remove,
	.lookup_percpu = percpu_hash_lookup_percpu,
	.for_each = table_for_each,
	.sys_lookup = percpu_hash_sys_lookup,
	.sys_update = percpu_hash_sys_update,
	.sys_delete = table_sys_delete,
	.sys_lookup_and_delete = percpu_hash_sys_lookup_and_delete,
	.next_key = table_next_key,
	.span = percpu_hash_span,
	.sweep = table_sweep,
};
