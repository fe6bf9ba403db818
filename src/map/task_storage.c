// SPDX-License-Identifier: BSD-2-Clause
/* BPF_MAP_TYPE_TASK_STORAGE: a value per task (storage.h). */
#include "map/storage.h"

const struct map_ops map_task_storage_ops = {
	.type = BPF_MAP_TYPE_TASK_STORAGE,
	.name = "task_storage",
	.since = 0x050b,
	.types = MAP_TYPES_INT,
	.check = storage_check,
	.layout = map_empty_layout,
	.view = map_plain_view,
	.sys_lookup = storage_sys_lookup,
	.sys_update = storage_sys_update,
	.sys_delete = storage_sys_delete,
	.next_key = storage_next_key,
};
