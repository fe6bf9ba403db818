// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_HASH: one value per element. An update puts a new node in the
 * old one's place; only under BPF_F_LOCK is the value changed where it is.
 */
#include "core/run.h"
#include "map/hash.h"

void *hash_lookup(struct map *m, struct run *run, const void *key)
{
	s64 idx = table_lookup(m, key);

	return idx < 0 ? NULL : table_value(table_of(m), idx);
}

static void fill(struct map *m, void *value, const struct table_change *c)
{
	map_clear_fields(m, value);
	map_copy_value(m, value, c->value);
}

static int write_locked(struct map *m, u32 idx, u64 state, const struct table_change *c)
{
	void *value = table_value(table_of(m), idx);

	if ((c->flags & ~(u64)BPF_F_LOCK) == BPF_NOEXIST)
		return -EEXIST;
	return map_copy_locked(m, value, value, c->value);
}

static int put(struct map *m, u32 cpu, const void *key, const void *value, u64 flags)
{
	struct table_change c = {.value = value, .flags = flags, .cpu = cpu, .fill = fill};

	if (!map_update_flags_ok(m, flags))
		return -EINVAL;
	if (flags & BPF_F_LOCK)
		c.write = write_locked;
	return table_put(m, key, &c);
}

long hash_update(struct map *m, struct run *run, const void *key, const void *value, u64 flags)
{
	return put(m, run->cpu, key, value, flags);
}

int hash_sys_update(struct map *m, const void *key, const void *value, u64 flags)
{
	return put(m, 0, key, value, flags);
}

static int copy_out(struct map *m, u32 idx, void *out, bool locked)
{
	void *value = table_value(table_of(m), idx);

	map_clear_fields(m, out);
	if (locked)
		return map_copy_locked(m, value, out, value);
	map_copy_value(m, out, value);
	return 0;
}

int hash_sys_lookup(struct map *m, const void *key, void *value, u64 flags)
{
	u32 idx, tries = TABLE_TRIES;
	u64 state;
	int err;

	do {
		err = table_find(m, key, &idx, &state);
		err = err ?: copy_out(m, idx, value, flags & BPF_F_LOCK);
	} while (!err && !table_same(m, idx, state) && --tries);
	return err;
}

static int take_plain(struct map *m, u32 idx, void *out)
{
	return copy_out(m, idx, out, false);
}

static int take_locked(struct map *m, u32 idx, void *out)
{
	return copy_out(m, idx, out, true);
}

int hash_sys_lookup_and_delete(struct map *m, const void *key, void *value, u64 flags)
{
	return table_delete(m, key, value, flags & BPF_F_LOCK ? take_locked : take_plain);
}

int hash_span(struct map *m, u64 addr, struct map_span *out)
{
	u32 idx;
	u64 off;

	if (table_value_of(m, addr, &idx, &off) || off >= m->value_size)
		return -EACCES;
	*out = (struct map_span){addr - off, m->value_size, !(m->flags & BPF_F_RDONLY_PROG)};
	return 0;
}

const struct map_ops map_hash_ops = {
	.type = BPF_MAP_TYPE_HASH,
	.name = "hash",
	.since = 0x0313,
	.check = table_check,
	.batch = MAP_BATCH_ALL,
	.layout = table_layout,
	.init = map_table_init,
	.view = table_view,
	.lookup = hash_lookup,
	.update = hash_update,
	.remove = table_remove,
	.for_each = table_for_each,
	.sys_lookup = hash_sys_lookup,
	.sys_update = hash_sys_update,
	.sys_delete = table_sys_delete,
	.sys_lookup_and_delete = hash_sys_lookup_and_delete,
	.next_key = table_next_key,
	.span = hash_span,
	.sweep = table_sweep,
};
