// SPDX-License-Identifier: BSD-2-Clause
/*
 * What an ordinary user may ask of bpf(2) where the system lets him load programs at all: the
 * kernel's rules for a caller without CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and CAP_SYS_ADMIN. A
 * client is asked only when it says so itself (core/client.h); an instance belongs to one user, who
 * is root in it.
 */
#include "sys/rights.h"

bool rights_for_command(const struct client *c, u32 cmd)
{
	if (!c->unprivileged)
		return true;
	switch (cmd) {
	case BPF_PROG_GET_NEXT_ID:
	case BPF_MAP_GET_NEXT_ID:
	case BPF_BTF_GET_NEXT_ID:
	case BPF_LINK_GET_NEXT_ID:
	case BPF_PROG_GET_FD_BY_ID:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_BTF_GET_FD_BY_ID:
	case BPF_LINK_GET_FD_BY_ID:
	case BPF_PROG_QUERY:
	case BPF_TASK_FD_QUERY:
	case BPF_ENABLE_STATS: return false;
	default: return true;
	}
}

bool rights_for_map(const struct client *c, u32 type)
{
	if (!c->unprivileged)
		return true;
	switch (type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF: return true;
	default: return false;
	}
}

bool rights_for_prog(const struct client *c, u32 type)
{
	return !c->unprivileged || type == BPF_PROG_TYPE_SOCKET_FILTER ||
	       type == BPF_PROG_TYPE_CGROUP_SKB;
}
