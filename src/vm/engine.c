// SPDX-License-Identifier: BSD-2-Clause
/*
 * The choice of engine. The baseline compiler takes less time than making a
 * program's descriptor, so a verified program is native from its first run. The
 * optimising one takes a few hundred nanoseconds for each instruction: it is asked
 * when the time spent in a program, with what its coming runs will take, is as
 * much as that; then no choice would have been twice as good. Until a run was
 * measured, one takes as many nanoseconds as the program has instructions.
 *
 * What one compiler does not take the next one does, down to the interpreter.
 *
 * Runs in this process happen with the instance's lock held, and so does this: no
 * run is in the code that is replaced.
 */
#include <sys/random.h>
#include "core/run.h"
#include "jit/jit.h"
#include "jit/pages.h"
#include "vm/engine.h"
#include "vm/instance.h"
#include "vm/perf_map.h"

/* Nanoseconds of the optimising compiler. */
#define OPTIMISE_START 10000
#define OPTIMISE_EACH  500
/* Larger programs get no more than the baseline: optimising takes longer than linear time. */
#define OPTIMISE_MOST (32u << 10)

struct jit_options prog_object_jit_options(const struct prog_object *p, enum jit_tier tier)
{
	struct jit_options o = jit_host();
	u8 harden = p->o.inst->harden;

	o.tier = tier;
	if (harden == 2 || (harden == 1 && p->unprivileged))
		o.flags |= JIT_BLIND;
	/* Without random numbers what is blinded is still no constant that stands there. */
	if (o.flags & JIT_BLIND && getrandom(&o.seed, sizeof(o.seed), 0) != sizeof(o.seed))
		o.seed = p->loaded_ns ^ ptr_to_u64(p);
	return o;
}

static int compile(struct prog_object *p, enum jit_tier tier, struct jit_linked **out)
{
	struct cygnet *inst = p->o.inst;
	struct jit_options host = prog_object_jit_options(p, tier);
	struct jit_code *code = NULL;
	struct map *const *maps;
	struct diag why;
	int err = prog_object_views(p, &maps);

	diag_init(&why);
	if (!inst->code)
		err = err ?: jit_pages_new(&inst->code);
	err = err ?: jit_compile(p->image, maps, &host, &code, &why);
	err = err ?: jit_link_in(inst->code, code, p->image, maps, out);
	jit_code_free(code);
	return err;
}

/* Once for each tier: what a compiler does not take today it will not take tomorrow. */
static bool make_native(struct prog_object *p, enum jit_tier tier)
{
	struct jit_linked *linked = NULL;

	if (p->native_tried >> tier & 1)
		return p->native && p->native_tier == tier;
	p->native_tried |= 1u << tier;
	if (compile(p, tier, &linked))
		return false;
	jit_linked_free(p->native);
	p->native = linked;
	p->native_tier = (u8)tier;
	if (p->o.inst->perf)
		perf_map_add(p);
	return true;
}

/* Has the program run, or will it run, for as long as optimising it takes? */
static bool is_hot(const struct prog_object *p, u64 runs)
{
	u64 ops = p->image->op_count, each = p->runs ? p->run_ns / p->runs : ops;
	u64 cost = OPTIMISE_START + ops * OPTIMISE_EACH, spent = p->run_ns;

	return spent >= cost || (each && runs >= (cost - spent) / each);
}

static bool wants_optimised(const struct prog_object *p, u64 runs)
{
	if (p->image->op_count > OPTIMISE_MOST)
		return false;
	return p->o.inst->engine == ENGINE_JIT ||
	       (p->o.inst->engine == ENGINE_AUTO && is_hot(p, runs));
}

void prog_object_warm(struct prog_object *p, u64 runs)
{
	struct cygnet *inst = p->o.inst;

	if (inst->engine == ENGINE_INTERP || inst->checked || !(p->image->flags & IMAGE_VERIFIED))
		return;
	if (wants_optimised(p, runs) && make_native(p, JIT_TIER_OPTIMISE))
		return;
	if (!p->native)
		make_native(p, JIT_TIER_BASELINE);
}

void prog_object_ran(struct prog_object *p, u64 runs, u64 ns)
{
	p->runs += runs;
	p->run_ns += ns;
}

const struct native_prog *prog_object_native(struct prog_object *p)
{
	/* Code that there is may be what is running. */
	if (!p->native)
		prog_object_warm(p, 1);
	return p->native ? jit_prog(p->native) : NULL;
}

int prog_object_run(const struct prog_object *p, struct run *run, u64 *ret)
{
	return p->native ? native_run(jit_prog(p->native), run, ret) : interp_start(run, ret);
}

void prog_object_cool(struct prog_object *p)
{
	jit_linked_free(p->native);
	p->native = NULL;
}
