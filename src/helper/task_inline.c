// SPDX-License-Identifier: BSD-2-Clause
/* What helpers of helper/task.c are in native code. */
#include <cygnet/abi.h>
#include "core/builder.h"
#include "core/run.h"

static bool emit_cpu(struct builder *b, bvalue *result)
{
	*result = b->ops->load_const(b, b->ops->run(b), offsetof(struct run, cpu), 4);
	return true;
}

static bool emit_pid_tgid(struct builder *b, bvalue *result)
{
	const struct builder_ops *o = b->ops;
	blabel rare = o->label(b, true), done = o->label(b, false);
	bvalue known = o->load(b, o->run(b), offsetof(struct run, pid_tgid), 8);
	bvar value = o->var(b);

	o->set(b, value, known);
	o->branch(b, B_EQ, 64, known, o->constant(b, 0), rare);
	o->jump(b, done);
	o->bind(b, rare);
	o->set(b, value, o->call_out(b));
	o->bind(b, done);
	*result = o->get(b, value);
	return true;
}

/* As run_random(). */
static bvalue mix(struct builder *b, bvalue x, u32 shift, u64 factor)
{
	const struct builder_ops *o = b->ops;
	bvalue high = o->alu(b, B_SHR, 64, x, o->constant(b, shift));

	x = o->alu(b, B_XOR, 64, x, high);
	return factor ? o->alu(b, B_MUL, 64, x, o->constant(b, factor)) : x;
}

static bool emit_random(struct builder *b, bvalue *result)
{
	const struct builder_ops *o = b->ops;
	blabel rare = o->label(b, true), done = o->label(b, false);
	bvalue state = o->load(b, o->run(b), offsetof(struct run, random), 8), x;
	bvar value = o->var(b);

	o->branch(b, B_EQ, 64, state, o->constant(b, 0), rare);
	x = o->alu(b, B_ADD, 64, o->load(b, state, 0, 8), o->constant(b, RUN_RANDOM_STEP));
	o->store(b, state, 0, 8, x);
	x = mix(b, mix(b, mix(b, x, 30, RUN_RANDOM_MIX1), 27, RUN_RANDOM_MIX2), 31, 0);
	o->set(b, value, o->alu(b, B_AND, 64, x, o->constant(b, UINT32_MAX)));
	o->jump(b, done);
	o->bind(b, rare);
	o->set(b, value, o->call_out(b));
	o->bind(b, done);
	*result = o->get(b, value);
	return true;
}

const struct inline_row helper_random_inline = {
	.helper = BPF_FUNC_get_prandom_u32,
	.map_type = ~0u,
	.emit = emit_random,
	.doc = "The next word of the generator whose state the run points to",
};

const struct inline_row helper_cpu_inline = {
	.helper = BPF_FUNC_get_smp_processor_id,
	.map_type = ~0u,
	.emit = emit_cpu,
	.doc = "The run's cpu slot, read where it lies",
};

const struct inline_row helper_pid_tgid_inline = {
	.helper = BPF_FUNC_get_current_pid_tgid,
	.map_type = ~0u,
	.emit = emit_pid_tgid,
	.doc = "The ids that the run has, or else the environment is asked",
};
