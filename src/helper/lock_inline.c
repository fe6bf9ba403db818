// SPDX-License-Identifier: BSD-2-Clause
/* Spin locks in native code: the free lock is taken in place, everything else is called. */
#include <cygnet/abi.h>
#include "core/builder.h"
#include "core/run.h"

static bvalue held(struct builder *b)
{
	return b->ops->load(b, b->ops->run(b), offsetof(struct run, held_lock), 8);
}

/* As own_word() in lock.c, of a run that has maps. */
static bvalue own_word(struct builder *b)
{
	const struct builder_ops *o = b->ops;
	bvalue maps = o->load_const(b, o->run(b), offsetof(struct run, maps), 8);
	bvalue first = o->load_const(b, maps, 0, 8);
	bvalue owner = o->load_const(b, first, offsetof(struct map, owner), 4);
	bvalue cpu = o->load_const(b, o->run(b), offsetof(struct run, cpu), 4);

	/* map_lock_word() */
	owner = o->alu(b, B_ADD, 32, owner, o->constant(b, 1));
	cpu = o->alu(b, B_ADD, 32, cpu, o->constant(b, 1));
	return o->alu(b, B_OR, 32, o->alu(b, B_SHL, 32, owner, o->constant(b, 8)),
		      o->alu(b, B_AND, 32, cpu, o->constant(b, 0xff)));
}

static bool emit_lock(struct builder *b, bvalue *result)
{
	const struct builder_ops *o = b->ops;
	blabel rare, done;
	bvalue none;

	if (!b->map_count)
		return false;
	rare = o->label(b, true);
	done = o->label(b, false);
	none = o->constant(b, 0);
	o->branch(b, B_NE, 64, held(b), none, rare);
	o->branch(b, B_NE, 32, o->cas(b, b->args[0], 0, 4, none, own_word(b)), none, rare);
	o->store(b, o->run(b), offsetof(struct run, held_lock), 8, b->args[0]);
	o->jump(b, done);
	o->bind(b, rare);
	o->call_out(b);
	o->bind(b, done);
	*result = none;
	return true;
}

static bool emit_unlock(struct builder *b, bvalue *result)
{
	const struct builder_ops *o = b->ops;
	blabel rare = o->label(b, true), done = o->label(b, false);
	bvalue none = o->constant(b, 0);

	o->branch(b, B_NE, 64, held(b), b->args[0], rare);
	o->store(b, o->run(b), offsetof(struct run, held_lock), 8, none);
	o->store_release(b, b->args[0], 0, 4, none);
	o->jump(b, done);
	o->bind(b, rare);
	o->call_out(b);
	o->bind(b, done);
	*result = none;
	return true;
}

const struct inline_row helper_lock_inline = {
	.helper = BPF_FUNC_spin_lock,
	.map_type = ~0u,
	.emit = emit_lock,
	.doc = "A free lock is taken by one compare-and-swap; waiting is called",
};

const struct inline_row helper_unlock_inline = {
	.helper = BPF_FUNC_spin_unlock,
	.map_type = ~0u,
	.emit = emit_unlock,
	.doc = "The lock held is released by one store",
};
