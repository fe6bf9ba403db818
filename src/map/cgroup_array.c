// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_CGROUP_ARRAY: ids of cgroups (v2), put there by bpf(2) (sys/
 * translates descriptors of their directories). Whether the current task lies
 * under one is the environment's to say.
 *
 *	contents | id 0 | id 1 | ...    (u64, 0: none)
 */
#include "core/helper.h"
#include "core/run.h"
#include "map/array.h"

/* A value is a descriptor's number to bpf(2). */
static int check(const struct map_attr *attr, struct diag *diag)
{
	return attr->value_size != sizeof(u32) ||
			       (attr->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		       ? -EINVAL
		       : array_check(attr, diag);
}

static int layout(const struct map_attr *attr, u64 *contents, u64 *meta)
{
	*contents = ROUND_UP((u64)attr->max_entries * sizeof(u64), PAGE_BYTES);
	*meta = 0;
	return 0;
}

static int view(struct map *m)
{
	return 0;
}

static inline u64 *id_at(const struct map *m, u32 index)
{
	return (u64 *)m->contents + index;
}

/* `value` holds the id already. */
static int sys_update(struct map *m, const void *key, const void *value, u64 flags)
{
	u32 index = array_index(key);
	u64 id;

	if (flags != BPF_ANY)
		return -EINVAL;
	if (index >= m->max_entries)
		return -E2BIG;
	__builtin_memcpy(&id, value, sizeof(id));
	__atomic_store_n(id_at(m, index), id, __ATOMIC_RELEASE);
	return 0;
}

static int sys_delete(struct map *m, const void *key)
{
	u32 index = array_index(key);

	if (index >= m->max_entries)
		return -E2BIG;
	return __atomic_exchange_n(id_at(m, index), 0, __ATOMIC_ACQ_REL) ? 0 : -ENOENT;
}

const struct map_ops map_cgroup_array_ops = {
	.type = BPF_MAP_TYPE_CGROUP_ARRAY,
	.name = "cgroup_array",
	.since = 0x0408,
	.types = MAP_TYPES_NONE,
	.check = check,
	.layout = layout,
	.view = view,
	.sys_update = sys_update,
	.sys_delete = sys_delete,
	.next_key = array_next_key,
};

static u64 current_task_under_cgroup(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct map *m = u64_to_ptr(r1);
	u32 index = (u32)r2;
	u64 id;

	if (index >= m->max_entries)
		return -E2BIG;
	id = __atomic_load_n(id_at(m, index), __ATOMIC_ACQUIRE);
	if (!id)
		return -EAGAIN;
	if (!run->env || !run->env->under_cgroup) {
		run->unknown++;
		return -EFAULT;
	}
	return run->env->under_cgroup(run, id);
}

static const struct helper_proto protos[] = {
	{
		.id = BPF_FUNC_current_task_under_cgroup,
		.name = "bpf_current_task_under_cgroup",
		.fn = current_task_under_cgroup,
		.ret = RET_INT,
		.args = {ARG_MAP, ARG_ANY},
		.map_type = BPF_MAP_TYPE_CGROUP_ARRAY,
		.doc = "Whether the current task is in a cgroup of the map, or below it: 1 or 0",
	},
};

HELPER_FAMILY(map_cgroup_array_family, protos);
