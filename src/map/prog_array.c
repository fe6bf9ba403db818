// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_PROG_ARRAY: programs to go on with (bpf_tail_call), as object ids.
 * The engine asks its environment for the program with that id; one not known
 * here yet is a miss, and the caller goes on.
 */
#include "map/id_array.h"

const struct map_ops map_prog_array_ops = {
	.type = BPF_MAP_TYPE_PROG_ARRAY,
	.name = "prog_array",
	.since = 0x0402,
	.check = id_array_check,
	.layout = id_array_layout,
	.view = map_plain_view,
	.sys_lookup = id_array_lookup,
	.sys_update = id_array_update,
	.sys_delete = id_array_delete,
	.next_key = array_next_key,
};
