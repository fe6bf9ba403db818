// SPDX-License-Identifier: BSD-2-Clause
/* What hash types accept, and where the parts of their table lie. */
#include "map/redo.h"
#include "map/table.h"

#define HASH_FLAGS                                                                     \
	(BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | \
	 MAP_ACCESS_FLAGS)
#define ELEM_HEADER 48         /* what the kernel puts in front of each element */
#define SPARES      16         /* beside one per cpu */
#define MAX_BUCKETS (1u << 27) /* 4 GiB of them in the kernel */

int table_check(const struct map_attr *a, struct diag *diag)
{
	bool percpu = map_type_is_percpu(a->type);
	bool lru = a->type == BPF_MAP_TYPE_LRU_HASH || a->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;

	if ((a->flags & ~HASH_FLAGS) || !map_access_ok(a->flags))
		return -EINVAL;
	if (!lru && (a->flags & BPF_F_NO_COMMON_LRU))
		return -EINVAL;
	if (lru && (a->flags & BPF_F_NO_PREALLOC))
		return -MAP_ENOTSUPP;
	/* Memory of each cpu is on that cpu's node. */
	if ((percpu || (a->flags & BPF_F_NO_COMMON_LRU)) && (a->flags & BPF_F_NUMA_NODE))
		return -EINVAL;
	if (!a->max_entries || !a->key_size || !a->value_size)
		return -EINVAL;
	if ((u64)a->key_size + a->value_size >= MAP_KMALLOC_MAX - ELEM_HEADER)
		return -E2BIG;
	if (percpu && ROUND_UP(a->value_size, 8) > MAP_PERCPU_MAX)
		return -E2BIG;
	return 0;
}

struct plan {
	u64 heads, used[TABLE_LEVELS], cells, ref, redo, nodes, end;
	u64 words[TABLE_LEVELS];
	u64 node_size, cpu_step;
	u32 buckets, slots, levels, cells_count;
};

static u64 take(u64 *at, u64 bytes)
{
	u64 here = *at;

	*at += ROUND_UP(bytes, 64);
	return here;
}

/* Offsets from the metadata's start; its first 64 bytes are the hand of LRU types. */
static int plan_table(u32 type, u32 key_size, u32 value_size, u32 entries, u32 cpus, struct plan *p)
{
	bool percpu = map_type_is_percpu(type);
	u64 stride = ROUND_UP((u64)value_size, 8), at = 64, rows = ROUND_UP(cpus, 8u) / 8;

	if (entries > MAX_BUCKETS)
		return -E2BIG;
	*p = (struct plan){.buckets = 1, .slots = entries + cpus + SPARES};
	while (p->buckets < entries)
		p->buckets <<= 1;
	p->cpu_step = percpu ? rows * stride : 0;
	p->node_size = sizeof(struct table_node) + ROUND_UP((u64)key_size, 8) +
		       (percpu ? 8 * p->cpu_step : stride);
	if (p->node_size > UINT32_MAX || p->node_size > MAP_MAX_BYTES / p->slots)
		return -ENOMEM;
	p->cells_count = 2 * (cpus + SPARES);
	p->heads = take(&at, (u64)p->buckets * 8);
	for (u64 n = p->slots; n > 1 || !p->levels; p->levels++) {
		n = (n + 63) / 64;
		p->words[p->levels] = n;
		p->used[p->levels] = take(&at, n * 8);
	}
	p->cells = take(&at, p->cells_count * 4ull);
	p->ref = take(&at, p->slots);
	p->redo = take(&at, percpu ? redo_bytes(stride * cpus) : 0);
	p->nodes = take(&at, p->node_size * p->slots);
	p->end = at;
	return 0;
}

int table_layout(const struct map_attr *a, u64 *contents, u64 *meta)
{
	struct plan p;
	int err = plan_table(a->type, a->key_size, a->value_size, a->max_entries, a->possible_cpus,
			     &p);

	if (err)
		return err;
	*contents = 0;
	*meta = p.end;
	return 0;
}

int table_view(struct map *m)
{
	struct table *t = table_of(m);
	struct plan p;
	int err = plan_table(m->type, m->key_size, m->value_size, m->max_entries, m->possible_cpus,
			     &p);

	if (err)
		return -EINVAL;
	t->heads = (u64 *)(m->meta + p.heads);
	t->nodes = m->meta + p.nodes;
	for (u32 l = 0; l < p.levels; l++)
		t->used[l] = (u64 *)(m->meta + p.used[l]);
	t->cells = (u32 *)(m->meta + p.cells);
	t->ref = m->meta + p.ref;
	t->redo = m->meta + p.redo;
	t->mask = p.buckets - 1;
	t->slots = p.slots;
	t->entries = m->max_entries;
	t->node_size = p.node_size;
	t->value_off = sizeof(struct table_node) + ROUND_UP(m->key_size, 8);
	t->levels = p.levels;
	t->cell_count = p.cells_count;
	t->cpu_step = p.cpu_step;
	return 0;
}
