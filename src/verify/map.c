// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which maps a program may name at all, whatever it does with them: by what
 * their values hold, whether it sleeps, and how many of a kind there may be.
 */
#include "verify/verifier.h"

/* Programs that interrupt anything, themselves included. */
static bool is_tracing(u32 type)
{
	switch (type) {
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_PERF_EVENT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE: return true;
	default: return false;
	}
}

static int check_fields(struct verifier *v, const struct verify_map *map)
{
	u32 has = map->fields ? map->fields->mask : 0;
	bool tracing = is_tracing(v->in->prog_type);

	if (has & BTF_SPECIAL_GRAPH_ROOT && tracing)
		return verify_fail(v, MSG_MAP_TRACING, "{list_head,rb_root}");
	if (has & BTF_SPECIAL_LOCK && v->in->prog_type == BPF_PROG_TYPE_SOCKET_FILTER)
		return verify_fail(v, MSG_MAP_FILTER_LOCK);
	if (has & BTF_SPECIAL_LOCK && tracing)
		return verify_fail(v, MSG_MAP_TRACING, "spin_lock");
	if (has & BTF_SPECIAL_TIMER && tracing)
		return verify_fail(v, MSG_MAP_TRACING, "timer");
	if (has & BTF_SPECIAL_WORKQUEUE && tracing)
		return verify_fail(v, MSG_MAP_TRACING, "wq");
	return 0;
}

/* Map types whose elements outlive a program that sleeps. */
static bool may_sleep(u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case BPF_MAP_TYPE_CGRP_STORAGE:
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BPF_MAP_TYPE_ARENA: return true;
	default: return false;
	}
}

static bool is_only_one(u32 type)
{
	return type == BPF_MAP_TYPE_CGROUP_STORAGE || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE ||
	       type == BPF_MAP_TYPE_ARENA;
}

static int check_map(struct verifier *v, u32 index)
{
	const struct verify_map *map = v->in->maps[index];
	int err = check_fields(v, map);

	if (err)
		return err;
	if (map->type == BPF_MAP_TYPE_STRUCT_OPS)
		return verify_fail(v, MSG_MAP_STRUCT_OPS);
	if (v->sleepable && !may_sleep(map->type))
		return verify_fail(v, MSG_MAP_SLEEPABLE);
	for (u32 i = 0; i < index && is_only_one(map->type); i++)
		if (v->in->maps[i]->type == map->type)
			return verify_fail(v, map->type == BPF_MAP_TYPE_ARENA ? MSG_MAP_ARENAS
									      : MSG_MAP_STORAGES);
	if (map->type == BPF_MAP_TYPE_ARENA && !(v->ptr_leaks && v->bpf))
		return verify_fail(v, MSG_MAP_ARENA_RIGHTS);
	return 0;
}

int verify_check_maps(struct verifier *v)
{
	int err = 0;

	for (u32 i = 0; i < v->in->map_count && !err; i++)
		err = check_map(v, i);
	return err;
}
