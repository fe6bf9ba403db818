// SPDX-License-Identifier: BSD-2-Clause
/*
 * Runs the programs of an event. Contexts are the bytes that the kernel's
 * tracepoint formats describe; the registers of the event lie in the block and
 * are live memory for the program.
 *
 * A run needs a per-CPU slot of the world page. The first slots are kept: a thread
 * that has one runs without asking again, and gives it up when it ends. Who has
 * none, because more threads live than there are such slots, claims one of the
 * others for the run, by compare-and-swap from the one it had last. Signals are
 * deferred while a program runs, so only death can leave a slot claimed; the
 * instance sweeps those.
 *
 * An event is a few nanoseconds: the thread's struct run is made once, what may
 * differ is set for each run, and counters of runs belong to the slot.
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

static bool slot_take(struct block *b, u32 at)
{
	struct world_slot *s = &agent.page->slot[at];
	u32 none = 0;

	if (__atomic_load_n(&s->owner, __ATOMIC_RELAXED) ||
	    !__atomic_compare_exchange_n(&s->owner, &none, agent.participant + 1, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	s->tid = b->tid;
	return true;
}

/* A slot of [first, end), looked for from the hint on; its index + 1, or 0: none is free. */
static u32 slot_find(struct block *b, u32 first, u32 end)
{
	u32 n = end - first, at = b->slot_hint % n;

	for (u32 i = 0; i < n; i++, at = at + 1 == n ? 0 : at + 1)
		if (slot_take(b, first + at)) {
			b->slot_hint = at;
			return first + at + 1;
		}
	return 0;
}

/* The slot of a thread that keeps none, + 1; 0: the run is skipped. */
static __attribute__((noinline)) u32 slot_claim(struct block *b)
{
	u32 shared = agent.first_shared;

	if (shared && !b->slot_asked) {
		b->slot_asked = true;
		b->slot_kept = slot_find(b, 0, shared);
		if (b->slot_kept)
			return b->slot_kept;
	}
	b->slot_held = slot_find(b, shared, agent.possible_cpus);
	return b->slot_held;
}

static void slot_free(u32 slot)
{
	u32 mine = agent.participant + 1;

	if (slot)
		__atomic_compare_exchange_n(&agent.page->slot[slot - 1].owner, &mine, 0, false,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

void slot_release(struct block *b)
{
	slot_free(b->slot_held);
	b->slot_held = 0;
}

void slot_give_up(struct block *b)
{
	slot_release(b);
	slot_free(b->slot_kept);
	b->slot_kept = 0;
	b->slot_asked = false;
}

static void count(u64 *c, u64 n)
{
	__atomic_fetch_add(c, n, __ATOMIC_RELAXED);
}

void run_prepare(struct block *b)
{
	struct run *run = &b->run;

	mem_zero(run, sizeof(*run));
	run->env = &agent_env;
	run->env_data = b;
	run->possible_cpus = agent.possible_cpus;
	run->regs = &b->regs;
	run->pid_tgid = b->tid ? (u64)b->tgid << 32 | b->tid : 0;
	run->random = &b->random;
	run->regions[0] = (struct run_region){
		.base = ptr_to_u64(&b->regs), .size = sizeof(b->regs), .kind = REGION_PLAIN};
}

/* Faults are of the program that the run was in: a tail call may have led there. */
static struct world_prog *faulty(const struct run *run, struct world_prog *first)
{
	for (u32 i = 0; i < agent.prog_count; i++)
		if (agent.progs[i].image == run->image)
			return agent.progs[i].stats;
	return first;
}

static __attribute__((noinline)) void run_odd(struct run *run, struct world_prog *stats)
{
	if (run->fault.kind)
		world_count_fault(faulty(run, stats), run->fault.kind, run->fault.insn,
				  run->fault.addr, run->fault.size, run->fault.arg);
	if (run->unknown)
		count(&stats->unknown, run->unknown);
	run->fault.kind = FAULT_NONE;
	run->unknown = 0;
}

static void interpret(struct run *run)
{
	u64 ret;

	run->budget = RUN_BUDGET;
	interp_start(run, &ret);
	/* As native code expects them. */
	run->flags = 0;
	run->inner_count = 0;
}

/*
 * One run of a program whose context is the event's registers, or beside them. What of
 * struct run is not set here is as a run in native code leaves it.
 */
static inline __attribute__((always_inline)) void run_one(struct block *b,
							  const struct attach_ref *a, void *ctx,
							  u32 ctx_size, u64 func_ip, bool native)
{
	const struct prog_ref *p = a->prog;
	struct run *run = &b->run;
	u32 slot = b->slot_kept;
	u64 ret;

	if (unlikely(b->running) || (unlikely(!slot) && !(slot = slot_claim(b)))) {
		count(&p->stats->recursion_misses, 1);
		return;
	}
	run->image = p->image;
	run->maps = p->maps;
	run->ctx = ctx;
	run->ctx_size = ctx_size;
	run->cpu = slot - 1;
	run->cookie = a->a.cookie;
	run->func_ip = func_ip;
	run->tail_calls = 0;
	run->region_count = ctx != &b->regs;
	b->running = 1;
	agent.page->slot_runs[slot - 1][p->index]++;
	if (native)
		native_run(&p->native, run, &ret);
	else
		interpret(run);
	if (unlikely(run->unknown || run->fault.kind))
		run_odd(run, p->stats);
	b->running = 0;
	if (unlikely(b->slot_held))
		slot_release(b);
}

/* Programs of one process only, with a context of their own, or without native code. */
static __attribute__((noinline)) void fire_odd(struct block *b, const struct attach_ref *a,
					       void *ctx, u32 size, u64 func_ip)
{
	u64 copy[sizeof(struct core_regs) / 8];

	if (a->a.pid > 0 && (u32)a->a.pid != b->tgid)
		return;
	if (a->prog->writes_ctx) {
		mem_copy(copy, ctx, size);
		ctx = copy;
	}
	if (a->prog->native.code)
		run_one(b, a, ctx, size, func_ip, true);
	else
		run_one(b, a, ctx, size, func_ip, false);
}

static inline __attribute__((always_inline)) void fire(struct block *b, const struct attach_ref *a,
						       void *ctx, u32 size, u64 func_ip)
{
	if (unlikely(a->odd))
		fire_odd(b, a, ctx, size, func_ip);
	else
		run_one(b, a, ctx, size, func_ip, true);
}

static inline bool closed(void)
{
	return !agent.live || __atomic_load_n(&agent.page->closed, __ATOMIC_RELAXED);
}

static __attribute__((noinline)) void fire_list(struct block *b, const struct fire_list *l,
						void *ctx, u32 size)
{
	for (u32 i = l->first; i; i = agent.attach[i - 1].next)
		fire(b, &agent.attach[i - 1], ctx, size, 0);
}

/* The first two bytes are the tracepoint's id, of each attachment its own. */
static __attribute__((noinline)) void fire_typed(struct block *b, const struct fire_list *l,
						 void *ctx, u32 size)
{
	for (u32 i = l->first; i; i = agent.attach[i - 1].next) {
		const struct attach_ref *a = &agent.attach[i - 1];

		*(u16 *)ctx = (u16)a->a.tp_id;
		fire(b, a, ctx, size, 0);
	}
}

static const struct fire_list *own_list(const struct fire_list *lists, s64 nr)
{
	static const struct fire_list none;

	return (u64)nr < NR_MAX ? &lists[nr] : &none;
}

static void enter_typed(struct block *b, const struct fire_list *own, s64 nr)
{
	const struct core_regs *r = &b->regs;
	struct enter_ctx ctx = {
		.pid = (s32)b->tid, .nr = nr, .args = {r->di, r->si, r->dx, r->r10, r->r8, r->r9}};

	fire_typed(b, &agent.sys_enter, &ctx, sizeof(ctx));
	fire_typed(b, own, &ctx, sizeof(ctx));
}

void fire_enter(struct block *b, s64 nr)
{
	const struct fire_list *own = own_list(agent.enter, nr);
	u64 ax = b->regs.ax;

	if (!own->first && !agent.raw_enter.first && !agent.sys_enter.first)
		return;
	if (closed())
		return;
	b->regs.ax = (u64)-38; /* as the kernel has it at this point */
	if (agent.raw_enter.first) {
		u64 raw[2] = {ptr_to_u64(&b->regs), (u64)nr};

		fire_list(b, &agent.raw_enter, raw, sizeof(raw));
	}
	if (own->first || agent.sys_enter.first)
		enter_typed(b, own, nr);
	b->regs.ax = ax;
}

static void exit_typed(struct block *b, const struct fire_list *own, s64 nr, s64 ret)
{
	struct exit_ctx ctx = {.pid = (s32)b->tid, .nr = nr, .ret = ret};

	fire_typed(b, &agent.sys_exit, &ctx, sizeof(ctx));
	fire_typed(b, own, &ctx, sizeof(ctx));
}

void fire_exit(struct block *b, s64 nr, s64 ret)
{
	const struct fire_list *own = own_list(agent.exit, nr);

	if (!own->first && !agent.raw_exit.first && !agent.sys_exit.first)
		return;
	if (closed())
		return;
	if (agent.raw_exit.first) {
		u64 raw[2] = {ptr_to_u64(&b->regs), (u64)ret};

		fire_list(b, &agent.raw_exit, raw, sizeof(raw));
	}
	if (own->first || agent.sys_exit.first)
		exit_typed(b, own, nr, ret);
}

static inline void fire_probe(struct block *b, const struct probe_ref *p, bool ret)
{
	for (u32 i = p->first; i; i = agent.attach[i - 1].next) {
		const struct attach_ref *a = &agent.attach[i - 1];

		if ((a->a.kind == ATTACH_URETPROBE) == ret)
			fire(b, a, &b->regs, sizeof(b->regs), p->p.address);
	}
}

void agent_probe(struct block *b, u64 head)
{
	const struct stub_head *h = u64_to_ptr(head & ~(u64)(STUB_BYTES - 1));
	const struct probe_ref *p = &agent.probes[h->probe];

	b->busy = 1;
	b->resume = ptr_to_u64(h) + h->at_after;
	if (likely(h->probe < agent.probe_count)) {
		b->regs.ip = p->p.address;
		b->regs.orig_ax = ~0ull;
		if (likely(!closed()))
			fire_probe(b, p, false);
		if (p->has_return)
			probe_take_return(b, h);
	}
	b->busy = 0;
}

void fire_return(struct block *b, const struct probe_ref *p)
{
	if (likely(!closed()))
		fire_probe(b, p, true);
}
