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
/*
 * Larger programs get no more than the baseline. Optimising takes 1 to 2 us and 500 bytes per
 * instruction (measured up to 345,000), which is time for a long run only.
 */
#define OPTIMISE_MOST (256u << 10)

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

/* What runs that are under way find the program's code by. */
static void make_known(struct prog_object *p, const struct native_prog *code)
{
	struct cygnet *inst = p->o.inst;

	while (inst->natives.len <= p->o.id)
		if (!code || vec_push(&inst->natives, NULL))
			return; /* they ask (env_ops.native) */
	inst->natives.data[p->o.id] = code;
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
	make_known(p, jit_prog(linked));
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
	return p->o.inst->engine == ENGINE_JIT ||
	       (p->o.inst->engine == ENGINE_AUTO && is_hot(p, runs));
}

static bool may_be_native(const struct prog_object *p)
{
	return p->o.inst->engine != ENGINE_INTERP && !p->o.inst->checked &&
	       p->image->flags & IMAGE_VERIFIED;
}

/* What a hot program goes on with by tail calls is as hot. */
static void optimise(struct prog_object *p)
{
	struct cygnet *inst = p->o.inst;

	if (p->native_tried >> JIT_TIER_OPTIMISE & 1 || p->image->op_count > OPTIMISE_MOST ||
	    !may_be_native(p) || !make_native(p, JIT_TIER_OPTIMISE))
		return;
	for (u32 m = 0; m < p->image->map_count; m++) {
		const struct map *array = p->views[m];

		for (u32 i = 0; array->type == BPF_MAP_TYPE_PROG_ARRAY && i < array->max_entries;
		     i++) {
			u32 id =
				__atomic_load_n((const u32 *)array->contents + i, __ATOMIC_ACQUIRE);
			struct prog_object *next = object_prog(object_by_id(inst, OBJECT_PROG, id));

			if (id && next)
				optimise(next);
		}
	}
}

void prog_object_warm(struct prog_object *p, u64 runs)
{
	if (!may_be_native(p))
		return;
	if (wants_optimised(p, runs))
		optimise(p);
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
	bool optimised = p->o.inst->engine == ENGINE_JIT && p->image->op_count <= OPTIMISE_MOST;

	/* Code that there is may be what is running: it stays. */
	if (!p->native && may_be_native(p) && !(optimised && make_native(p, JIT_TIER_OPTIMISE)))
		make_native(p, JIT_TIER_BASELINE);
	return p->native ? jit_prog(p->native) : NULL;
}

int prog_object_run(const struct prog_object *p, struct run *run, u64 *ret)
{
	run->natives = p->o.inst->natives.data;
	run->native_count = (u32)p->o.inst->natives.len;
	return p->native ? native_run(jit_prog(p->native), run, ret) : interp_start(run, ret);
}

void prog_object_cool(struct prog_object *p)
{
	make_known(p, NULL);
	jit_linked_free(p->native);
	p->native = NULL;
}
