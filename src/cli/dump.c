// SPDX-License-Identifier: BSD-2-Clause
/*
 * The maps of an object at the end of a run: every element is read through
 * bpf(2), per-CPU values are summed where their type allows, and the whole is
 * handed to the output.
 */
#include <errno.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "cli/command.h"
#include "cli/dump.h"
#include "cli/stream.h"
#include "btf/btf.h"

#define MAX_ELEMENTS 1000000      /* more than that is cut, and said, */
#define MAX_BYTES    (256u << 20) /* or more than that of keys and values */

static bool printable(const struct bpf_map *map)
{
	/* globals, and what libbpf keeps for USDT, are nobody's results */
	if (bpf_map__is_internal(map) || !strncmp(bpf_map__name(map), "__bpf_usdt", 10))
		return false;
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_STACK_TRACE:
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH: return true;
	default: return false;
	}
}

static bool is_percpu(u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* Adds each integer of `add` to `sum`, member by member; other members keep the first non-zero
 * value. */
static void sum_value(const struct btf *btf, u32 id, u8 *sum, const u8 *add, u32 size, int depth)
{
	const struct btf_type *t = btf ? btf__type_by_id(btf, id) : NULL;
	u64 a = 0, b = 0;

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	if (t && btf_is_composite(t) && depth < 8) {
		for (int i = 0; i < btf_vlen(t); i++) {
			const struct btf_member *m = btf_members(t) + i;
			u32 off = btf_member_bit_offset(t, i) / 8;
			long len = btf__resolve_size(btf, m->type);

			if (len > 0 && off + len <= size && !btf_member_bitfield_size(t, i))
				sum_value(btf, m->type, sum + off, add + off, len, depth + 1);
			if (btf_is_union(t))
				break;
		}
		return;
	}
	if (t && btf_is_array(t) && depth < 8) {
		long len = btf__resolve_size(btf, btf_array(t)->type);

		for (u32 off = 0; len > 0 && off + len <= size; off += len)
			sum_value(btf, btf_array(t)->type, sum + off, add + off, len, depth + 1);
		return;
	}
	if (size > 8 || (t && !btf_is_int(t)))
		return;
	memcpy(&a, sum, size);
	memcpy(&b, add, size);
	a += b;
	memcpy(sum, &a, size);
}

static void sum_percpu(const struct bpf_unit *u, const struct bpf_map *map, u8 *values, int cpus)
{
	u32 size = bpf_map__value_size(map), stride = ROUND_UP(size, 8);

	for (int c = 1; c < cpus; c++)
		sum_value(bpf_object__btf(u->obj), bpf_map__btf_value_type_id(map), values,
			  values + (size_t)c * stride, size, 0);
}

static int read_elements(struct bpf_unit *u, struct bpf_map *map, struct map_dump *d)
{
	int fd = bpf_map__fd(map), cpus = is_percpu(d->type) ? libbpf_num_possible_cpus() : 1;
	size_t bytes = (size_t)ROUND_UP(d->value_size, 8) * MAX(cpus, 1);
	size_t most = MIN(MAX_BYTES / (d->key_size + (size_t)d->value_size) + 1, MAX_ELEMENTS);
	VEC(struct element) all = {0};
	void *prev = NULL, *value = base_alloc(bytes);
	int err = value ? 0 : -ENOMEM;

	while (!err) {
		struct element e = {base_alloc(d->key_size), NULL};

		if (!e.key || all.len >= most || bpf_map_get_next_key(fd, prev, e.key)) {
			err = e.key ? 0 : -ENOMEM;
			d->cut = all.len >= most;
			base_free(e.key);
			break;
		}
		prev = e.key;
		if (bpf_map_lookup_elem(fd, e.key, value)) {
			/* Gone since; its key still leads on. */
			e.value = base_zalloc(d->value_size);
		} else {
			if (cpus > 1)
				sum_percpu(u, map, value, cpus);
			e.value = base_memdup(value, d->value_size);
		}
		if (!e.value || vec_push(&all, e)) {
			base_free(e.key);
			base_free(e.value);
			err = -ENOMEM;
		}
	}
	base_free(value);
	d->elements = all.data;
	d->count = all.len;
	return err;
}

static void dump_map(struct bpf_unit *u, struct bpf_map *map, struct symbols *symbols,
		     struct output *out)
{
	struct map_dump d = {
		.name = bpf_map__name(map),
		.type = bpf_map__type(map),
		.key_size = bpf_map__key_size(map),
		.value_size = bpf_map__value_size(map),
		.btf = unit_btf(u),
		.key_type = bpf_map__btf_key_type_id(map),
		.value_type = bpf_map__btf_value_type_id(map),
		.build_ids = bpf_map__map_flags(map) & BPF_F_STACK_BUILD_ID,
		.symbols = symbols,
	};

	if (read_elements(u, map, &d))
		command_note("map %s: out of memory, printed in part", d.name);
	output_map(out, &d);
	for (size_t i = 0; i < d.count; i++) {
		base_free(d.elements[i].key);
		base_free(d.elements[i].value);
	}
	base_free(d.elements);
}

void dump_maps(struct cygnet *inst, struct bpf_unit *u, struct output *out)
{
	struct symbols *symbols = NULL;
	struct bpf_map *map;

	bpf_object__for_each_map(map, u->obj)
	{
		if (!printable(map))
			continue;
		if (bpf_map__type(map) == BPF_MAP_TYPE_STACK_TRACE && !symbols)
			symbols = symbols_new(inst);
		dump_map(u, map, symbols, out);
	}
	symbols_free(symbols);
}
