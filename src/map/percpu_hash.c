// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_PERCPU_HASH: a value per element and cpu. What a program
 * updates is its own cpu's value, in place; bpf(2) writes all of them, in a
 * present element through a redo record.
 */
#include "core/run.h"
#include "map/hash.h"
#include "map/redo.h"

static inline u8 *value_at(struct map *m, u32 idx, u32 cpu)
{
	return (u8 *)table_value(table_of(m), idx) + table_cpu_off(m, cpu);
}

void *percpu_hash_lookup_percpu(struct map *m, const void *key, u32 cpu)
{
	s64 idx = cpu < m->possible_cpus ? table_lookup(m, key) : -1;

	return idx < 0 ? NULL : value_at(m, idx, cpu);
}

void *percpu_hash_lookup(struct map *m, struct run *run, const void *key)
{
	return percpu_hash_lookup_percpu(m, key, run->cpu);
}

/* A program's new element: its own value, zero for the other cpus. */
static void fill_one(struct map *m, void *value, const struct table_change *c)
{
	__builtin_memset(value, 0, 8ull * table_of(m)->cpu_step);
	map_copy_value(m, (u8 *)value + table_cpu_off(m, c->cpu), c->value);
}

static int write_one(struct map *m, u32 idx, u64 state, const struct table_change *c)
{
	if (c->flags == BPF_NOEXIST)
		return -EEXIST;
	map_copy_value(m, value_at(m, idx, c->cpu), c->value);
	return 0;
}

static void copy_in(struct map *m, u8 *value, const void *all)
{
	for (u32 cpu = 0; cpu < m->possible_cpus; cpu++)
		map_copy_value(m, value + table_cpu_off(m, cpu),
			       (const u8 *)all + (u64)cpu * m->value_stride);
}

static void fill_all(struct map *m, void *value, const struct table_change *c)
{
	for (u32 cpu = 0; m->field_count && cpu < m->possible_cpus; cpu++)
		map_clear_fields(m, (u8 *)value + table_cpu_off(m, cpu));
	copy_in(m, value, c->value);
}

static int write_all(struct map *m, u32 idx, u64 state, const struct table_change *c)
{
	struct redo *r;

	if (c->flags == BPF_NOEXIST)
		return -EEXIST;
	r = redo_begin(m, table_of(m)->redo, idx, state, c->value);
	copy_in(m, table_value(table_of(m), idx), c->value);
	redo_end(r);
	return 0;
}

long percpu_hash_update(struct map *m, struct run *run, const void *key, const void *value,
			u64 flags)
{
	struct table_change c = {.value = value,
				 .flags = flags,
				 .cpu = run->cpu,
				 .fill = fill_one,
				 .write = write_one};

	return flags > BPF_EXIST || run->cpu >= m->possible_cpus ? -EINVAL : table_put(m, key, &c);
}

int percpu_hash_sys_update(struct map *m, const void *key, const void *value, u64 flags)
{
	struct table_change c = {
		.value = value, .flags = flags, .fill = fill_all, .write = write_all};

	return flags > BPF_EXIST ? -EINVAL : table_put(m, key, &c);
}

static int copy_out(struct map *m, u32 idx, void *out)
{
	for (u32 cpu = 0; cpu < m->possible_cpus; cpu++) {
		u8 *to = (u8 *)out + (u64)cpu * m->value_stride;

		map_clear_fields(m, to);
		map_copy_value(m, to, value_at(m, idx, cpu));
		__builtin_memset(to + m->value_size, 0, m->value_stride - m->value_size);
	}
	return 0;
}

int percpu_hash_sys_lookup(struct map *m, const void *key, void *value, u64 flags)
{
	u32 idx, tries = TABLE_TRIES;
	u64 state;
	int err;

	do {
		err = table_find(m, key, &idx, &state);
		if (!err)
			copy_out(m, idx, value);
	} while (!err && !table_same(m, idx, state) && --tries);
	return err;
}

int percpu_hash_sys_lookup_and_delete(struct map *m, const void *key, void *value, u64 flags)
{
	return table_delete(m, key, value, copy_out);
}

int percpu_hash_span(struct map *m, u64 addr, struct map_span *out)
{
	u64 off, within;
	u32 idx;

	if (table_value_of(m, addr, &idx, &off))
		return -EACCES;
	within = off % m->value_stride;
	if (off >= 8ull * table_of(m)->cpu_step || within >= m->value_size)
		return -EACCES;
	*out = (struct map_span){addr - within, m->value_size, !(m->flags & BPF_F_RDONLY_PROG)};
	return 0;
}

const struct map_ops map_percpu_hash_ops = {
	.type = BPF_MAP_TYPE_PERCPU_HASH,
	.name = "percpu_hash",
	.since = 0x0406,
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
