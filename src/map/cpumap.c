// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_CPUMAP: cpus that XDP programs hand packets to. An element is a
 * queue's size and a program to run there (pair_array.h).
 */
#include "map/pair_array.h"

#define CPUS_MOST 256 /* NR_CPUS of the kernel imitated */

static bool value_ok(u32 size)
{
	return size == offsetof(struct bpf_cpumap_val, bpf_prog) ||
	       size == sizeof(struct bpf_cpumap_val);
}

static int check_late(const struct map_attr *attr, struct diag *diag)
{
	if (!attr->max_entries || attr->key_size != sizeof(u32) || !value_ok(attr->value_size) ||
	    attr->flags & ~BPF_F_NUMA_NODE)
		return -EINVAL;
	return attr->max_entries > MAX(attr->possible_cpus, (u32)CPUS_MOST) ? -E2BIG : 0;
}

const struct map_ops map_cpumap_ops = {
	.type = BPF_MAP_TYPE_CPUMAP,
	.name = "cpumap",
	.since = 0x040f,
	.types = MAP_TYPES_NONE,
	.check_late = check_late,
	.layout = pair_array_layout,
	.view = map_plain_view,
	.lookup = pair_array_lookup,
	.sys_lookup = pair_array_sys_lookup,
	.sys_update = pair_array_sys_update,
	.sys_delete = pair_array_sys_delete,
	.next_key = array_next_key,
	.span = pair_array_span,
};
