// SPDX-License-Identifier: BSD-2-Clause
/* Lookups in arrays in native code: a comparison and a product. */
#include <cygnet/abi.h>
#include "core/builder.h"
#include "core/run.h"

/* The address of the value at `index` within one plane of values at `base`. */
static bvalue value_at(struct builder *b, bvalue base, bvalue index)
{
	const struct builder_ops *o = b->ops;

	return o->alu(b, B_ADD, 64, base,
		      o->alu(b, B_MUL, 64, index, o->constant(b, b->map->value_stride)));
}

static bool emit_array(struct builder *b, bvalue *result)
{
	const struct builder_ops *o = b->ops;
	blabel done;
	bvalue index;
	bvar value;

	if (b->key_known) {
		*result = b->key < b->map->max_entries
				  ? o->contents(b, (u64)b->key * b->map->value_stride)
				  : o->constant(b, 0);
		return true;
	}
	done = o->label(b, false);
	value = o->var(b);
	index = o->load(b, b->args[1], 0, 4);
	o->set(b, value, o->constant(b, 0));
	o->branch(b, B_GE, 32, index, o->constant(b, b->map->max_entries), done);
	o->set(b, value, value_at(b, o->contents(b, 0), index));
	o->bind(b, done);
	*result = o->get(b, value);
	return true;
}

/* priv_space[0]: the bytes of a cpu's plane (percpu_array.c). */
static bool emit_percpu(struct builder *b, bvalue *result)
{
	const struct builder_ops *o = b->ops;
	blabel done = o->label(b, false);
	bvar value = o->var(b);
	bvalue cpu = o->load_const(b, o->run(b), offsetof(struct run, cpu), 4);
	bvalue index = b->key_known ? o->constant(b, b->key) : o->load(b, b->args[1], 0, 4);
	bvalue plane;

	o->set(b, value, o->constant(b, 0));
	if (!b->key_known || b->key >= b->map->max_entries)
		o->branch(b, B_GE, 32, index, o->constant(b, b->map->max_entries), done);
	o->branch(b, B_GE, 32, cpu, o->constant(b, b->map->possible_cpus), done);
	plane = o->alu(b, B_MUL, 64, cpu, o->constant(b, b->map->priv_space[0]));
	plane = o->alu(b, B_ADD, 64, plane, o->contents(b, 0));
	o->set(b, value, value_at(b, plane, index));
	o->bind(b, done);
	*result = o->get(b, value);
	return true;
}

const struct inline_row map_array_inline = {
	.helper = BPF_FUNC_map_lookup_elem,
	.map_type = BPF_MAP_TYPE_ARRAY,
	.emit = emit_array,
	.doc = "The value's address computed in place; with a constant key a constant",
};

const struct inline_row map_percpu_array_inline = {
	.helper = BPF_FUNC_map_lookup_elem,
	.map_type = BPF_MAP_TYPE_PERCPU_ARRAY,
	.emit = emit_percpu,
	.doc = "The value's address in the cpu's plane computed in place",
};
