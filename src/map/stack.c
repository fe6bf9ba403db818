// SPDX-License-Identifier: BSD-2-Clause
/* BPF_MAP_TYPE_STACK: last in, first out. The ring is the queue's (queue.c). */
#include "map/queue.h"

static long pop(struct map *m, struct run *run, void *value)
{
	return queue_get(m, value, true, true);
}

static long peek(struct map *m, struct run *run, void *value)
{
	return queue_get(m, value, true, false);
}

static int sys_lookup(struct map *m, const void *key, void *value, u64 flags)
{
	return queue_get(m, value, true, false);
}

static int sys_lookup_and_delete(struct map *m, const void *key, void *value, u64 flags)
{
	return queue_get(m, value, true, true);
}

const struct map_ops map_stack_ops = {
	.type = BPF_MAP_TYPE_STACK,
	.name = "stack",
	.since = 0x0414,
	.check = queue_check,
	.layout = queue_layout,
	.view = map_plain_view,
	.update = queue_update,
	.remove = queue_remove,
	.push = queue_push,
	.pop = pop,
	.peek = peek,
	.sys_lookup = sys_lookup,
	.sys_update = queue_sys_update,
	.sys_delete = queue_sys_delete,
	.sys_lookup_and_delete = sys_lookup_and_delete,
	.next_key = queue_next_key,
	.sweep = queue_sweep,
};
