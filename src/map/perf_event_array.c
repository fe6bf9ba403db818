// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_PERF_EVENT_ARRAY: object ids of perf events, put there by
 * bpf(2) (sys/ translates descriptors). A program that writes asks its
 * environment for the ring with that id; one not known here yet is a miss,
 * which the environment counts.
 *
 *	contents | id 0 | id 1 | ...    (u32, 0: none)
 */
#include "core/helper.h"
#include "core/run.h"
#include "map/id_array.h"
#include "map/perf_ring.h"

const struct map_ops map_perf_event_array_ops = {
	.type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
	.name = "perf_event_array",
	.since = 0x0403,
	.types = MAP_TYPES_NONE,
	.check = id_array_check,
	.layout = id_array_layout,
	.view = map_plain_view,
	.sys_update = id_array_update,
	.sys_delete = id_array_delete,
	.next_key = array_next_key,
};

/* ---- helpers ---- */
/* The ring at the index in `flags`: 0 or -errno; -ENOSPC: an event without one (here, yet). */
static int find_ring(struct run *run, struct map *m, u64 flags, struct map **out)
{
	u64 index = flags & BPF_F_INDEX_MASK;
	u32 id;

	if (flags & ~(u64)BPF_F_INDEX_MASK)
		return -EINVAL;
	if (index == BPF_F_CURRENT_CPU)
		index = run->cpu;
	if (index >= m->max_entries)
		return -E2BIG;
	id = id_array_at(m, index);
	if (!id)
		return -ENOENT;
	*out = run->env && run->env->object ? run->env->object(run, id) : NULL;
	return *out && (*out)->type == MAP_TYPE_PERF_RING ? 0 : -ENOSPC;
}

static u64 perf_event_output(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct map *ring;
	int err = find_ring(run, u64_to_ptr(r2), r3, &ring);

	if (!err && r5 > UINT16_MAX)
		err = -E2BIG;
	err = err ?: perf_ring_write(ring, run->cpu, u64_to_ptr(r4), r5);
	if (!err && run->env->wake)
		run->env->wake(run, ring);
	return err;
}

/* An event that programs write to counts nothing: 0, on its own cpu. */
static int read_counter(struct run *run, struct map *m, u64 flags)
{
	struct map *ring;
	int err = find_ring(run, m, flags, &ring);

	if (!err && ring->key_size && ring->key_size != run->cpu + 1)
		return -EINVAL;
	return err == -ENOSPC ? 0 : err;
}

static u64 perf_event_read(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	return read_counter(run, u64_to_ptr(r1), r2);
}

static u64 perf_event_read_value(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	__builtin_memset(u64_to_ptr(r3), 0, r4);
	return r4 == sizeof(struct bpf_perf_event_value) ? read_counter(run, u64_to_ptr(r1), r2)
							 : -EINVAL;
}

static const struct helper_proto protos[] = {
	{
		.id = BPF_FUNC_perf_event_read,
		.name = "bpf_perf_event_read",
		.fn = perf_event_read,
		.ret = RET_INT,
		.args = {ARG_MAP, ARG_ANY},
		.flags = HELPER_GPL_ONLY,
		.map_type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
		.doc = "A perf counter's value; the events of an instance count nothing",
	},
	{
		.id = BPF_FUNC_perf_event_output,
		.name = "bpf_perf_event_output",
		.fn = perf_event_output,
		.ret = RET_INT,
		.args = {ARG_CTX, ARG_MAP, ARG_ANY, ARG_MEM, ARG_SIZE_OR_ZERO},
		.flags = HELPER_GPL_ONLY,
		.map_type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
		.doc = "Writes a sample with raw data to a perf event's ring",
	},
	{
		.id = BPF_FUNC_perf_event_read_value,
		.name = "bpf_perf_event_read_value",
		.fn = perf_event_read_value,
		.ret = RET_INT,
		.args = {ARG_MAP, ARG_ANY, ARG_MEM_WRITE, ARG_SIZE},
		.flags = HELPER_GPL_ONLY,
		.map_type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
		.doc = "A perf counter's value and running times; the events here count nothing",
	},
};

HELPER_FAMILY(map_perf_event_family, protos);
