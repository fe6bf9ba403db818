// SPDX-License-Identifier: BSD-2-Clause
/*
 * Invented events: each attachment runs as agent/fire.c would run it, with the
 * contexts of its kind, in this process and in the environment of PROG_TEST_RUN.
 */
#include <stdio.h>

#include "core/regs.h"
#include "core/run.h"
#include "fuzz/events.h"
#include "sys/run_env.h"

#define TIMES  4
#define BUDGET (1u << 18) /* instructions of a run: mutants love to loop */

struct firing {
	struct call call;
	struct mutant *m;
	u32 runs;
};

static const char path[] = "/etc/hostname";

/* What a register or argument may hold: a pointer that can be read, or anything. */
static u64 argument(struct mutant *m)
{
	switch (mutant_below(m, 4)) {
	case 0: return mutant_below(m, 0);
	case 1: return mutant_below(m, 4096);
	default: return ptr_to_u64(path);
	}
}

static void run(struct firing *f, struct prog_object *p, const struct attach *a, void *ctx,
		u32 size, const struct core_regs *regs)
{
	struct world_page *page = f->call.inst->page;
	struct world_prog *stats = p->stats < WORLD_PROGS ? &page->prog[p->stats] : NULL;
	struct map **maps = base_calloc(p->maps.len + 1, sizeof(*maps));
	struct run r = {
		.image = p->image,
		.maps = maps,
		.env = &sys_run_env,
		.env_data = &f->call,
		.ctx = ctx,
		.ctx_size = size,
		.possible_cpus = f->call.inst->possible_cpus,
		.flags = RUN_CHECKED,
		.cookie = a->cookie,
		.regs = regs,
		.budget = BUDGET,
	};
	u64 ret;

	vec_each (&p->maps, i)
		maps[i] = &p->maps.data[i]->map;
	r.cpu = run_env_claim(f->call.inst, -1);
	if (ctx != regs)
		run_region_add(&r, ptr_to_u64(regs), sizeof(*regs), false, REGION_PLAIN);
	if (interp_run_checked(&r, &ret) && stats)
		world_count_fault(stats, r.fault.kind, r.fault.insn, r.fault.addr, r.fault.size,
				  r.fault.arg);
	if (stats)
		stats->unknown += r.unknown;
	run_env_release(f->call.inst, r.cpu);
	base_free(maps);
	f->runs++;
}

static int fire(void *data, struct prog_object *p, const struct attach *a)
{
	struct firing *f = data;

	for (int n = 0; n < TIMES; n++) {
		struct core_regs regs;
		u64 ctx[8] = {a->tp_id, a->nr};

		for (u32 i = 0; i < sizeof(regs) / sizeof(u64); i++)
			((u64 *)&regs)[i] = argument(f->m);
		for (u32 i = 2; i < ARRAY_SIZE(ctx); i++)
			ctx[i] = argument(f->m);
		switch (a->kind) {
		case ATTACH_SYSCALL_ENTER:
		case ATTACH_SYS_ENTER: run(f, p, a, ctx, 64, &regs); break;
		case ATTACH_SYSCALL_EXIT:
		case ATTACH_SYS_EXIT: run(f, p, a, ctx, 24, &regs); break;
		case ATTACH_RAW_SYS_ENTER:
		case ATTACH_RAW_SYS_EXIT:
			ctx[0] = ptr_to_u64(&regs);
			run(f, p, a, ctx, 16, &regs);
			break;
		case ATTACH_UPROBE:
		case ATTACH_URETPROBE: run(f, p, a, &regs, sizeof(regs), &regs); break;
		}
	}
	return 0;
}

u32 events_fire(struct cygnet *inst, struct mutant *m)
{
	struct firing f = {.call = {.inst = inst, .c = sys_self(inst)}, .m = m};

	if (!f.call.c)
		return 0;
	instance_lock(inst);
	instance_each_attach(inst, fire, &f);
	instance_unlock(inst);
	return f.runs;
}
