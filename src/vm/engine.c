// SPDX-License-Identifier: BSD-2-Clause
/*
 * The choice of engine. Verified programs become native code when they have run,
 * or will run, often enough to pay for compiling; the rest, and what no compiler
 * takes, is interpreted.
 */
#include "core/run.h"
#include "jit/jit.h"
#include "vm/engine.h"
#include "vm/instance.h"

#define WARM_RUNS 8
/* Larger programs stay interpreted: compiling takes longer than linear time. */
#define MOST_OPS (32u << 10)

static void compile(struct prog_object *p)
{
	struct jit_options host = jit_host();
	struct jit_linked *linked = NULL;
	struct jit_code *code = NULL;
	struct map *const *maps;
	struct diag why;
	int err = prog_object_views(p, &maps);

	if (p->o.inst->engine == ENGINE_BASELINE)
		host.tier = JIT_TIER_BASELINE;
	diag_init(&why);
	err = err ?: jit_compile(p->image, maps, &host, &code, &why);
	err = err ?: jit_link(code, p->image, maps, &linked);
	jit_code_free(code);
	if (!err)
		__atomic_store_n(&p->native, linked, __ATOMIC_RELEASE);
	p->native_tried = true;
}

void prog_object_warm(struct prog_object *p, u64 runs)
{
	struct cygnet *inst = p->o.inst;

	if (inst->engine == ENGINE_INTERP || inst->checked || p->native_tried ||
	    !(p->image->flags & IMAGE_VERIFIED) || p->image->op_count > MOST_OPS)
		return;
	if (inst->engine == ENGINE_AUTO &&
	    __atomic_add_fetch(&p->warmth, runs, __ATOMIC_RELAXED) < WARM_RUNS)
		return;
	compile(p);
}

int prog_object_run(const struct prog_object *p, struct run *run, u64 *ret)
{
	const struct jit_linked *native = __atomic_load_n(&p->native, __ATOMIC_ACQUIRE);

	return native ? native_run(jit_prog(native), run, ret) : interp_start(run, ret);
}

void prog_object_cool(struct prog_object *p)
{
	jit_linked_free(p->native);
	p->native = NULL;
}
