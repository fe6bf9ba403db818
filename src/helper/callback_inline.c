// SPDX-License-Identifier: BSD-2-Clause
/*
 * bpf_loop with a body that is known, in native code: a loop around a call of the
 * subprogram, so that compilers see both, and may put the body in place.
 */
#include <errno.h>
#include <cygnet/abi.h>
#include "core/builder.h"

#define MAX_LOOPS (8u << 20) /* as callback.c's */

static bool emit_loop(struct builder *b, bvalue *result)
{
	const struct builder_ops *o = b->ops;
	bool no_flags = (b->is_constant >> 3 & 1) && !b->constants[3];
	bvalue rounds, none, round, next, ret;
	bvar at, value;
	blabel again, done;

	if (!no_flags || !(b->is_function >> 1 & 1))
		return false;
	at = o->var(b);
	value = o->var(b);
	again = o->label(b, false);
	done = o->label(b, false);
	none = o->constant(b, 0);
	rounds = o->alu(b, B_AND, 64, b->args[0], o->constant(b, UINT32_MAX));
	o->set(b, at, none);
	o->set(b, value, o->constant(b, (u64)-E2BIG));
	o->branch(b, B_GT, 64, rounds, o->constant(b, MAX_LOOPS), done);
	o->set(b, value, none);
	o->branch(b, B_EQ, 64, rounds, none, done);
	o->bind(b, again);
	round = o->get(b, at);
	ret = o->call_function(b, 1, (bvalue[]){round, b->args[2]}, 2);
	next = o->alu(b, B_ADD, 64, round, o->constant(b, 1));
	o->set(b, at, next);
	o->set(b, value, next);
	o->branch(b, B_NE, 64, ret, none, done);
	o->branch(b, B_LT, 64, next, rounds, again);
	o->bind(b, done);
	*result = o->get(b, value);
	return true;
}

const struct inline_row helper_loop_inline = {
	.helper = BPF_FUNC_loop,
	.map_type = ~0u,
	.emit = emit_loop,
	.doc = "A loop around a call of the subprogram, when that is known",
};
