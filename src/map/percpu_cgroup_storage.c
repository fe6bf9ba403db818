// SPDX-License-Identifier: BSD-2-Clause
/* BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE: a value per cgroup and cpu (cgroup_storage.c). */
#include "map/cgroup_storage.h"

const struct map_ops map_percpu_cgroup_storage_ops = {
	.type = BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE,
	.name = "percpu_cgroup_storage",
	.since = 0x0414,
	.types = MAP_TYPES_CGROUP,
	.check_late = cgroup_storage_check,
	.layout = map_empty_layout,
	.view = map_plain_view,
	.sys_lookup = cgroup_storage_lookup,
	.sys_update = cgroup_storage_update,
	.sys_delete = cgroup_storage_delete,
	.next_key = cgroup_storage_next_key,
};
