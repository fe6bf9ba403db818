// SPDX-License-Identifier: BSD-2-Clause
/*
 * Code for traced processes: an attached program runs at every event, so it is
 * optimised at once, without vector registers, which hold the process' values at
 * any probe. What the optimising compiler does not take, or takes too long for, the
 * baseline does.
 */
#include "core/run.h"
#include "jit/jit.h"
#include "vm/engine.h"
#include "vm/instance.h"

/* Larger programs get the baseline's code: optimising takes longer than linear time. */
#define OPTIMISE_MOST (32u << 10)

static int compile(struct prog_object *p, enum jit_tier tier)
{
	struct jit_options o = prog_object_jit_options(p, tier);
	struct map *const *maps;
	struct diag why;
	int err = prog_object_views(p, &maps);

	o.flags |= JIT_GPR_ONLY;
	o.features &= ~(u32)JIT_X86_AVX2;
	diag_init(&why);
	return err ?: jit_compile(p->image, maps, &o, &p->target_code, &why);
}

const struct jit_code *prog_object_target_code(struct prog_object *p)
{
	const struct cygnet *inst = p->o.inst;

	if (p->target_tried)
		return p->target_code;
	p->target_tried = true;
	if (inst->engine == ENGINE_INTERP || inst->checked || !(p->image->flags & IMAGE_VERIFIED))
		return NULL;
	if (inst->engine != ENGINE_BASELINE && p->image->op_count <= OPTIMISE_MOST &&
	    !compile(p, JIT_TIER_OPTIMISE))
		return p->target_code;
	compile(p, JIT_TIER_BASELINE);
	return p->target_code;
}

void prog_object_target_code_free(struct prog_object *p)
{
	jit_code_free(p->target_code);
	p->target_code = NULL;
}
