// SPDX-License-Identifier: BSD-2-Clause
/*
 * Runs the programs of an event. Contexts are the bytes that the kernel's
 * tracepoint formats describe; the registers of the event lie in the block and
 * are live memory for the program.
 *
 * A run claims a per-CPU slot of the world page by compare-and-swap, starting
 * at the one this thread had last. Signals are deferred while it runs, so only
 * death can leave a slot claimed; the instance sweeps those.
 */
#include "agent/agent.h"

struct enter_ctx { /* syscalls:sys_enter_X and raw_syscalls:sys_enter */
	u16 type;
	u8 flags, preempt;
	s32 pid;
	s64 nr;
	u64 args[6];
};

struct exit_ctx {
	u16 type;
	u8 flags, preempt;
	s32 pid;
	s64 nr;
	s64 ret;
};

/* Index of the claimed slot, or -1: none free. */
static int slot_claim(struct block *b)
{
	struct world_page *page = agent.page;
	u32 n = MIN(agent.possible_cpus, WORLD_SLOTS), at = b->slot_hint;

	for (u32 i = 0; i < n; i++, at++) {
		u32 none = 0;

		if (at >= n)
			at = 0;
		if (__atomic_load_n(&page->slot[at].owner, __ATOMIC_RELAXED) ||
		    !__atomic_compare_exchange_n(&page->slot[at].owner, &none,
						 agent.participant + 1, false, __ATOMIC_ACQUIRE,
						 __ATOMIC_RELAXED))
			continue;
		b->slot_hint = at;
		b->slot_held = at + 1;
		page->slot[at].tid = b->tid;
		return (int)at;
	}
	return -1;
}

void slot_release(struct block *b)
{
	u32 mine = agent.participant + 1;

	if (b->slot_held)
		__atomic_compare_exchange_n(&agent.page->slot[b->slot_held - 1].owner, &mine, 0,
					    false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
	b->slot_held = 0;
}

static void count(u64 *c, u64 n)
{
	__atomic_fetch_add(c, n, __ATOMIC_RELAXED);
}

static void fire(struct block *b, const struct attach_ref *a, void *ctx, u32 ctx_size, u64 func_ip)
{
	struct world_prog *stats = a->prog->stats;
	struct run run;
	u64 ret = 0;
	int slot;

	if (a->a.pid > 0 && (u32)a->a.pid != b->tgid)
		return;
	slot = b->running ? -1 : slot_claim(b);
	if (slot < 0) {
		count(&stats->recursion_misses, 1);
		return;
	}
	mem_zero(&run, sizeof(run));
	run.image = a->prog->image;
	run.maps = a->prog->maps;
	run.env = &agent_env;
	run.env_data = b;
	run.ctx = ctx;
	run.ctx_size = ctx_size;
	run.cpu = (u32)slot;
	run.possible_cpus = agent.possible_cpus;
	run.cookie = a->a.cookie;
	run.func_ip = func_ip;
	run.regs = &b->regs;
	run.budget = RUN_BUDGET;
	if (ctx != &b->regs)
		run_region_add(&run, ptr_to_u64(&b->regs), sizeof(b->regs), false, REGION_PLAIN);
	b->running = 1;
	count(&stats->runs, 1);
	if (a->prog->native.code ? native_run(&a->prog->native, &run, &ret)
				 : interp_start(&run, &ret))
		world_count_fault(stats, run.fault.kind, run.fault.insn, run.fault.addr,
				  run.fault.size, run.fault.arg);
	if (run.unknown)
		count(&stats->unknown, run.unknown);
	b->running = 0;
	slot_release(b);
}

static bool closed(void)
{
	return !agent.live || __atomic_load_n(&agent.page->closed, __ATOMIC_RELAXED);
}

/* Each attachment of a list gets its own copy of the context. */
static void fire_list(struct block *b, const struct fire_list *l, const void *ctx, u32 size,
		      bool typed)
{
	u64 copy[8];

	for (u32 i = l->first; i; i = agent.attach[i - 1].next) {
		const struct attach_ref *a = &agent.attach[i - 1];

		mem_copy(copy, ctx, size);
		if (typed) {
			u16 type = (u16)a->a.tp_id;

			mem_copy(copy, &type, sizeof(type));
		}
		fire(b, a, copy, size, 0);
	}
}

void fire_enter(struct block *b, s64 nr)
{
	const struct fire_list *own = nr >= 0 && nr < NR_MAX ? &agent.enter[nr] : NULL;
	struct enter_ctx ctx = {.pid = (s32)b->tid, .nr = nr};
	struct core_regs *r = &b->regs;
	u64 ax = r->ax;

	if (!(own && own->first) && !agent.raw_enter.first && !agent.sys_enter.first)
		return;
	if (closed())
		return;
	r->ax = (u64)-38; /* as the kernel has it at this point */
	if (agent.raw_enter.first) {
		u64 raw[2] = {ptr_to_u64(r), (u64)nr};

		fire_list(b, &agent.raw_enter, raw, sizeof(raw), false);
	}
	ctx.args[0] = r->di;
	ctx.args[1] = r->si;
	ctx.args[2] = r->dx;
	ctx.args[3] = r->r10;
	ctx.args[4] = r->r8;
	ctx.args[5] = r->r9;
	fire_list(b, &agent.sys_enter, &ctx, sizeof(ctx), true);
	if (own)
		fire_list(b, own, &ctx, sizeof(ctx), true);
	r->ax = ax;
}

void fire_exit(struct block *b, s64 nr, s64 ret)
{
	const struct fire_list *own = nr >= 0 && nr < NR_MAX ? &agent.exit[nr] : NULL;
	struct exit_ctx ctx = {.pid = (s32)b->tid, .nr = nr, .ret = ret};

	if (!(own && own->first) && !agent.raw_exit.first && !agent.sys_exit.first)
		return;
	if (closed())
		return;
	if (agent.raw_exit.first) {
		u64 raw[2] = {ptr_to_u64(&b->regs), (u64)ret};

		fire_list(b, &agent.raw_exit, raw, sizeof(raw), false);
	}
	fire_list(b, &agent.sys_exit, &ctx, sizeof(ctx), true);
	if (own)
		fire_list(b, own, &ctx, sizeof(ctx), true);
}

void fire_probe(struct block *b, struct probe_ref *p, u64 func_ip, bool ret)
{
	if (closed())
		return;
	for (u32 i = p->first; i; i = agent.attach[i - 1].next) {
		const struct attach_ref *a = &agent.attach[i - 1];
		struct core_regs copy = b->regs;

		if ((a->a.kind == ATTACH_URETPROBE) != ret)
			continue;
		fire(b, a, &copy, sizeof(copy), func_ip);
	}
}
