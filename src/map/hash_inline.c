// SPDX-License-Identifier: BSD-2-Clause
/*
 * Lookups in hash tables in native code, keys of 4, 8 and 16 bytes: what
 * table_lookup() in table.c does before it walks, with the same loads in the
 * same order. When the bucket's first element is not the one, or anything is
 * being changed, the C body decides.
 */
#include <cygnet/abi.h>
#include "core/builder.h"
#include "core/run.h"
#include "map/walk.h"

static u64 offset_in(const struct map *m, const void *at)
{
	return (u64)((const u8 *)at - m->contents);
}

static bvalue fold(struct builder *b, bvalue x)
{
	const struct builder_ops *o = b->ops;
	bvalue a = o->constant(b, TABLE_HASH_A);

	return o->alu(b, B_XOR, 64, o->alu(b, B_MUL, 64, x, a), o->mulhu(b, x, a));
}

/* As table_hash(). */
static bvalue hash(struct builder *b, const bvalue *words)
{
	const struct builder_ops *o = b->ops;
	const struct map *m = b->map;
	bvalue h = o->constant(b, m->seed * TABLE_HASH_B + m->key_size);

	h = fold(b, o->alu(b, B_XOR, 64, h, words[0]));
	if (m->key_size != 16)
		return h;
	h = o->alu(b, B_ADD, 64, h, o->constant(b, TABLE_HASH_B));
	h = fold(b, o->alu(b, B_XOR, 64, h, words[1]));
	return fold(b, o->alu(b, B_ADD, 64, h, o->constant(b, TABLE_HASH_B)));
}

static void touch(struct builder *b, bvalue first)
{
	const struct builder_ops *o = b->ops;
	const struct table *t = table_of(b->map);
	bvalue ref = o->alu(b, B_ADD, 64, o->contents(b, offset_in(b->map, t->ref) - 1), first);
	blabel touched = o->label(b, false);

	o->branch(b, B_NE, 32, o->load(b, ref, 0, 1), o->constant(b, 0), touched);
	o->store(b, ref, 0, 1, o->constant(b, 1));
	o->bind(b, touched);
}

/* As table_cpu_off(). */
static bvalue cpu_offset(struct builder *b, bvalue cpu)
{
	const struct builder_ops *o = b->ops;
	bvalue low = o->alu(b, B_AND, 64, cpu, o->constant(b, 7));
	bvalue high = o->alu(b, B_SHR, 64, cpu, o->constant(b, 3));

	low = o->alu(b, B_MUL, 64, low, o->constant(b, table_of(b->map)->cpu_step));
	return o->alu(b, B_ADD, 64, low,
		      o->alu(b, B_MUL, 64, high, o->constant(b, b->map->value_stride)));
}

static bvalue value_of(struct builder *b, bvalue node, blabel rare)
{
	const struct builder_ops *o = b->ops;
	bvalue value = o->alu(b, B_ADD, 64, node, o->constant(b, table_of(b->map)->value_off));
	bvalue cpu;

	if (!map_type_is_percpu(b->map->type))
		return value;
	cpu = o->load_const(b, o->run(b), offsetof(struct run, cpu), 4);
	o->branch(b, B_GE, 32, cpu, o->constant(b, b->map->possible_cpus), rare);
	return o->alu(b, B_ADD, 64, value, cpu_offset(b, cpu));
}

/* The node that link index `first` means. */
static bvalue node_of(struct builder *b, bvalue first)
{
	const struct builder_ops *o = b->ops;
	const struct table *t = table_of(b->map);

	return o->alu(b, B_ADD, 64, o->contents(b, offset_in(b->map, t->nodes) - t->node_size),
		      o->alu(b, B_MUL, 64, first, o->constant(b, t->node_size)));
}

static bool emit(struct builder *b, bvalue *result)
{
	const struct builder_ops *o = b->ops;
	const struct table *t = table_of(b->map);
	u32 size = b->map->key_size, bytes = MIN(size, 8u);
	bvalue words[2], at, cur, first, node, mark;
	blabel rare, done;
	bvar value;

	if (size != 4 && size != 8 && size != 16)
		return false;
	rare = o->label(b, true);
	done = o->label(b, false);
	value = o->var(b);
	for (u32 i = 0; i * 8 < size; i++)
		words[i] = o->load(b, b->args[1], (s32)(i * 8), bytes);
	at = o->alu(b, B_AND, 32, hash(b, words), o->constant(b, t->mask));
	at = o->alu(b, B_ADD, 64, o->contents(b, offset_in(b->map, t->heads)),
		    o->alu(b, B_SHL, 64, at, o->constant(b, 3)));
	cur = o->load_acquire(b, at, 0, 8);
	first = o->alu(b, B_AND, 64, cur, o->constant(b, UINT32_MAX));
	o->set(b, value, o->constant(b, 0));
	o->branch(b, B_EQ, 64, first, o->constant(b, 0), done);
	o->branch(b, B_GT, 64, first, o->constant(b, t->slots), rare);
	node = node_of(b, first);
	mark = o->alu(b, B_SHR, 64, o->load_acquire(b, node, offsetof(struct table_node, next), 8),
		      o->constant(b, 62));
	o->branch(b, B_NE, 64, mark, o->constant(b, MARK_NONE), rare);
	/* Acquired, for the head must be read after them. */
	for (u32 i = 0; i * 8 < size; i++)
		o->branch(b, B_NE, bytes * 8, words[i],
			  o->load_acquire(b, node, (s32)(offsetof(struct table_node, key) + i * 8),
					  bytes),
			  rare);
	o->branch(b, B_NE, 64, o->load_acquire(b, at, 0, 8), cur, rare);
	if (is_lru(b->map))
		touch(b, first);
	o->set(b, value, value_of(b, node, rare));
	o->jump(b, done);
	o->bind(b, rare);
	o->set(b, value, o->call_out(b));
	o->bind(b, done);
	*result = o->get(b, value);
	return true;
}

#define HASH_ROW(name, type)                                             \
	const struct inline_row name = {                                 \
		.helper = BPF_FUNC_map_lookup_elem,                      \
		.map_type = type,                                        \
		.emit = emit,                                            \
		.doc = "The bucket's first element; the rest is called", \
	}

HASH_ROW(map_hash_inline, BPF_MAP_TYPE_HASH);
HASH_ROW(map_lru_hash_inline, BPF_MAP_TYPE_LRU_HASH);
HASH_ROW(map_percpu_hash_inline, BPF_MAP_TYPE_PERCPU_HASH);
HASH_ROW(map_lru_percpu_hash_inline, BPF_MAP_TYPE_LRU_PERCPU_HASH);
