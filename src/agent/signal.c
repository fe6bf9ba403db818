// SPDX-License-Identifier: BSD-2-Clause
/*
 * Signals. The kernel knows one handler, agent_signal_entry, for every signal
 * that the application handles; the application's own handlers are kept in a
 * table and shown back to it. Four signals must always reach us (SIGSYS,
 * SIGTRAP, SIGSEGV, SIGBUS): they are never blocked for the kernel; `hidden`
 * remembers which of them the application believes blocked.
 *
 * When a signal arrives, the interrupted PC decides:
 *
 *	application code		its handler runs
 *	agent code (or busy)		deferred: siginfo kept, everything blocked;
 *					the hook's tail queues it again and unblocks
 *	a tail				its handler runs, in the context of the block,
 *					once that is on the application's stack
 *	a stub, syscall not executed	the call is given back: agent_again reports
 *	(or to be restarted)		it as interrupted, then the handler runs, then
 *					it is entered anew; deferred until there
 *	a stub, syscall returned	deferred until its exit was reported
 *	a stub, elsewhere		its handler runs (the unwind rule covers it)
 *
 * Alternate stacks. Events run on the block's stack, where the kernel cannot see
 * that a handler is on the alternate stack: it would start the next handler at
 * that stack's top, over the first. So only signals that faults cause (which
 * may need it: a stack overflow) ask the kernel for the alternate stack; for
 * the others we move the frame there ourselves when the handler starts.
 *
 * So no state of a call in flight ever lies below a handler: whatever a
 * handler does, siglongjmp and cancellation included, leaves nothing behind.
 */
#include "agent/agent.h"

#define SA_SIGINFO   0x4ul
#define SA_RESTORER  0x04000000ul
#define SA_ONSTACK   0x08000000ul
#define SA_NODEFER   0x40000000ul
#define SA_RESETHAND 0x80000000ul

static long raw_action(u64 sig, const struct sig_action *act, struct sig_action *old)
{
	return sys4(__NR_rt_sigaction, (long)sig, SYS_ARG(act), SYS_ARG(old), 8);
}

/* Caused by the instruction itself, in the application's context. */
#define SIG_FAULTS (SIG_OURS | SIG_BIT(4 /* SIGILL */) | SIG_BIT(8 /* SIGFPE */))

static bool ours(u64 sig)
{
	return SIG_OURS & SIG_BIT(sig);
}

static void wrap(u64 sig, const struct sig_action *app, struct sig_action *out)
{
	bool handled = app->handler > SIG_IGNORE;

	out->handler = ptr_to_u64(agent_signal_entry);
	out->flags = (handled ? app->flags : 0) & ~(SA_NODEFER | SA_RESETHAND);
	out->flags |= SA_SIGINFO | SA_RESTORER;
	if (!(SIG_FAULTS & SIG_BIT(sig)))
		out->flags &= ~SA_ONSTACK;
	out->restorer = ptr_to_u64(agent_signal_restorer);
	out->mask = ~SIG_OURS;
	if (ours(sig))
		out->flags |= SA_NODEFER | (handled ? 0 : SA_ONSTACK);
	if (sig == SIG_SYS)
		out->flags |= SA_ONSTACK;
}

/* Takes over handlers that exist already, and our four signals. */
void signal_start(void)
{
	for (u64 sig = 1; sig <= SIG_COUNT; sig++) {
		struct sig_action *a = &agent.signals.action[sig], k;

		if (sig == SIG_KILL || sig == SIG_STOP || raw_action(sig, NULL, a))
			continue;
		if (a->handler <= SIG_IGNORE && !ours(sig))
			continue;
		wrap(sig, a, &k);
		raw_action(sig, &k, NULL);
	}
}

/* ---- what the application asks ---- */
static void enter_action(struct block *b)
{
	struct core_regs *r = &b->regs;
	struct sig_action *app = &b->now.action;
	u64 sig = r->di;

	b->now.out = r->dx;
	b->now.mask = 0;
	if (sig - 1 >= SIG_COUNT || sig == SIG_KILL || sig == SIG_STOP || r->r10 != 8)
		return;
	b->now.mask = 1; /* valid */
	/* The old view, before anything changes. */
	b->old_action = b->signals->action[sig];
	if (!r->si || user_read(app, r->si, sizeof(*app)))
		return;
	b->now.mask = 2; /* sets */
	app->mask &= ~(SIG_BIT(SIG_KILL) | SIG_BIT(SIG_STOP));
	if (app->handler <= SIG_IGNORE && !ours(sig))
		return;
	b->signals->action[sig] = *app; /* a signal may come before our exit */
	wrap(sig, app, &b->kernel_action);
	r->si = ptr_to_u64(&b->kernel_action);
}

static void exit_action(struct block *b, s64 ret)
{
	u64 sig = b->now.arg[0];

	if (!b->now.mask)
		return;
	if (ret) {
		if (b->now.mask == 2)
			b->signals->action[sig] = b->old_action;
		return;
	}
	if (b->now.mask == 2)
		b->signals->action[sig] = b->now.action;
	if (b->now.out)
		user_write(b->now.out, &b->old_action, sizeof(b->old_action));
}

/*
 * One of our signals, sent by somebody, that the application believes blocked
 * is kept until it unblocks it.
 */
static u32 held_index(u64 sig)
{
	return sig == SIG_TRAP ? 0 : sig == SIG_BUS ? 1 : sig == SIG_SEGV ? 2 : 3;
}

static void hold_blocked(struct block *b, const struct sig_info *info)
{
	struct sig_info *at = &b->held[held_index((u64)info->signo)];

	if (!at->signo)
		*at = *info;
}

static void set_hidden(struct block *b, u64 hidden)
{
	b->hidden = hidden;
	for (u32 i = 0; i < ARRAY_SIZE(b->held); i++) {
		struct sig_info info = b->held[i];

		if (!info.signo || hidden & SIG_BIT(info.signo))
			continue;
		b->held[i].signo = 0;
		sys4(__NR_rt_tgsigqueueinfo, b->tgid, b->tid, info.signo, SYS_ARG(&info));
	}
}

static void enter_mask(struct block *b)
{
	struct core_regs *r = &b->regs;

	b->now.mask = 0;
	b->now.out = r->r10 == 8 ? r->dx : 0;
	if (r->r10 != 8 || !r->si || user_read(&b->now.mask, r->si, 8))
		return;
	b->scratch_mask = b->now.mask & ~SIG_OURS;
	r->si = ptr_to_u64(&b->scratch_mask);
}

static void exit_mask(struct block *b, s64 ret)
{
	u64 shown = b->hidden, old;

	if (ret)
		return;
	if (b->now.arg[1] && b->now.arg[3] == 8) {
		u64 set = b->now.mask & SIG_OURS;

		switch ((s32)b->now.arg[0]) {
		case 0: set_hidden(b, shown | set); break;
		case 1: set_hidden(b, shown & ~set); break;
		default: set_hidden(b, set);
		}
	}
	if (shown && b->now.out && !user_read(&old, b->now.out, 8)) {
		old |= shown;
		user_write(b->now.out, &old, 8);
	}
}

/* A call that waits under a mask of its own: *mask is the argument that points to it. */
static void enter_temp(struct block *b, u64 *mask, u64 size)
{
	if (!*mask || size != 8 || user_read(&b->scratch_mask, *mask, 8))
		return;
	b->scratch_mask &= ~SIG_OURS;
	b->now.mask = b->scratch_mask;
	b->now.flags |= PENDING_MASK;
	*mask = ptr_to_u64(&b->scratch_mask);
}

/* pselect6, io_pgetevents: the argument points to { mask, size }. */
static void enter_temp_pair(struct block *b, u64 *arg)
{
	if (!*arg || user_read(b->scratch_args, *arg, sizeof(b->scratch_args)))
		return;
	enter_temp(b, &b->scratch_args[0], b->scratch_args[1]);
	if (b->now.flags & PENDING_MASK)
		*arg = ptr_to_u64(b->scratch_args);
}

void signal_enter(struct block *b)
{
	struct core_regs *r = &b->regs;

	switch (b->now.nr) {
	case __NR_rt_sigaction: enter_action(b); break;
	case __NR_rt_sigprocmask: enter_mask(b); break;
	case __NR_rt_sigsuspend: enter_temp(b, &r->di, r->si); break;
	case __NR_ppoll: enter_temp(b, &r->r10, r->r8); break;
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2: enter_temp(b, &r->r8, r->r9); break;
	case __NR_pselect6:
	case __NR_io_pgetevents: enter_temp_pair(b, &r->r9); break;
	}
}

void signal_exit(struct block *b, s64 ret)
{
	if (b->now.nr == __NR_rt_sigaction)
		exit_action(b, ret);
	else if (b->now.nr == __NR_rt_sigprocmask)
		exit_mask(b, ret);
	b->has_temp = false;
	if (b->now.flags & PENDING_MASK && ret == -4) {
		b->has_temp = true;
		b->temp_mask = b->now.mask;
	}
}

/* rt_sigreturn: the frame may have been edited; our signals stay unblocked. */
void signal_sigreturn(struct block *b)
{
	struct sig_context uc;

	if (user_read(&uc, b->regs.sp, sizeof(uc)))
		return;
	set_hidden(b, uc.mask & SIG_OURS);
	if (b->hidden) {
		uc.mask &= ~SIG_OURS;
		user_write(b->regs.sp + __builtin_offsetof(struct sig_context, mask), &uc.mask, 8);
	}
}

/* The raw exit event of rt_sigreturn: the restored context, number -1. */
s64 signal_sigreturn_regs(struct block *b, struct core_regs *out)
{
	struct sig_context uc;

	*out = b->regs;
	if (user_read(&uc, b->regs.sp, sizeof(uc)))
		return 0;
	out->r15 = uc.r15, out->r14 = uc.r14, out->r13 = uc.r13, out->r12 = uc.r12;
	out->r11 = uc.r11, out->r10 = uc.r10, out->r9 = uc.r9, out->r8 = uc.r8;
	out->bp = uc.bp, out->bx = uc.bx, out->ax = uc.ax, out->cx = uc.cx, out->dx = uc.dx;
	out->si = uc.si, out->di = uc.di, out->ip = uc.ip, out->sp = uc.sp, out->flags = uc.flags;
	out->orig_ax = ~0ull;
	return (s64)uc.ax;
}

/* An image that comes next must find dispositions and mask as the application left them. */
void signal_exec(struct block *b, bool back)
{
	for (u64 sig = 1; sig <= SIG_COUNT; sig++) {
		const struct sig_action *a = &b->signals->action[sig];
		struct sig_action k;

		if (!ours(sig) || a->handler != SIG_IGNORE)
			continue;
		wrap(sig, a, &k);
		if (!back)
			k = (struct sig_action){.handler = SIG_IGNORE};
		raw_action(sig, &k, NULL);
	}
	if (b->hidden)
		sys4(__NR_rt_sigprocmask, back ? 1 : 0, SYS_ARG(&b->hidden), 0, 8);
}

/* ---- delivery ---- */
static bool within(u64 pc, const void *start, const void *end)
{
	return pc >= ptr_to_u64(start) && pc < ptr_to_u64(end);
}

static bool defer(struct block *b, const struct sig_info *info, struct sig_context *uc)
{
	u32 n = b->deferred & 0x7fffffff;

	if (n >= DEFER_MAX)
		return false;
	if (!n)
		b->mask = uc->mask;
	b->defer[n] = *info;
	b->deferred++;
	uc->mask = ~SIG_OURS;
	return true;
}

/* One of our signals, sent by somebody, is about to be queued again: not before it is unblocked. */
static void hold_ours(u64 sig)
{
	u64 bit = SIG_BIT(sig);

	if (ours(sig))
		sys4(__NR_rt_sigprocmask, 0 /* SIG_BLOCK */, SYS_ARG(&bit), 0, 8);
}

/* Queues deferred signals again; all are blocked until the tail sets b->mask. */
void agent_flush(struct block *b)
{
	u32 n = b->deferred & 0x7fffffff;

	b->after_mask = b->mask;
	for (u32 i = 0; i < n; i++)
		hold_ours(b->defer[i].signo);
	for (u32 i = 0; i < n; i++) {
		sys4(__NR_rt_tgsigqueueinfo, b->tgid, b->tid, b->defer[i].signo,
		     SYS_ARG(&b->defer[i]));
		b->mask &= ~SIG_BIT(b->defer[i].signo);
	}
	b->fix_mask = n != 0;
	b->deferred = 0;
}

static void context_of_block(struct block *b, struct sig_context *uc)
{
	const struct core_regs *r = &b->regs;

	uc->r15 = r->r15, uc->r14 = r->r14, uc->r13 = r->r13, uc->r12 = r->r12;
	uc->r11 = r->r11, uc->r10 = r->r10, uc->r9 = r->r9, uc->r8 = r->r8;
	uc->bp = r->bp, uc->bx = r->bx, uc->ax = r->ax, uc->cx = r->cx, uc->dx = r->dx;
	uc->si = r->si, uc->di = r->di, uc->sp = r->sp, uc->flags = r->flags;
	uc->ip = b->resume;
}

/* In a stub: what must happen first? Returns false to defer. */
static bool settle_stub(struct stub_head *h, struct sig_context *uc)
{
	u64 pc = uc->ip;

	if (h->kind == STUB_SYSCALL) {
		if (pc == stub_pc(h, h->at_syscall)) {
			uc->ip = ptr_to_u64(agent_syscall_again);
			uc->cx = ptr_to_u64(h);
			return false;
		}
		return pc < stub_pc(h, h->at_exit) || pc >= stub_pc(h, h->at_after);
	}
	if (h->kind == STUB_PROBE) {
		u64 start = stub_pc(h, STUB_HEAD_BYTES);

		if (pc == stub_pc(h, h->at_return)) {
			uc->sp += 128;
			uc->ip = stub_pc(h, h->at_after);
		} else if (pc > start && pc < stub_pc(h, h->at_return)) {
			uc->sp += 128;
			uc->ip = start;
		}
	}
	return true;
}

static struct stub_head *stub_at(u64 pc)
{
	if (within(pc, agent_arena, agent_gate_code))
		return u64_to_ptr(pc & ~(u64)(STUB_BYTES - 1));
	if (within(pc, agent_gate_code, agent_thunk_code))
		return (struct stub_head *)(agent_gate_data + ((pc - ptr_to_u64(agent_gate_code)) &
							       ~(u64)(GATE_BYTES - 1)));
	return NULL;
}

enum settled {
	RUN,    /* the handler may run in this context (which may have been changed) */
	DEFER,  /* at the end of the hook */
	BOUNCE, /* queue it again and return: it comes back in the application's context */
};

static enum settled settle(struct block *b, struct sig_context *uc)
{
	struct stub_head *h;

	if (within(uc->ip, agent_direct_start, agent_direct_end) ||
	    within(uc->ip, agent_restorer, agent_restorer_syscall + 2) || !b)
		return RUN;
	if (within(uc->ip, agent_tail_start, agent_tail_end)) {
		bool own_stack = b->stack_top - uc->sp <= AGENT_STACK_BYTES;

		context_of_block(b, uc);
		if (own_stack)
			return BOUNCE;
		if (b->fix_mask)
			uc->mask = b->after_mask;
		b->fix_mask = false;
	} else if (b->busy) {
		return DEFER;
	}
	if (within(uc->ip, agent_text_start, agent_text_end))
		return within(uc->ip, agent_restorer, agent_restorer_syscall + 2) ? RUN : DEFER;
	if (within(uc->ip, agent_thunk_code, agent_code_end) &&
	    (uc->ip - ptr_to_u64(agent_thunk_code)) % THUNK_BYTES == THUNK_PUSHED) {
		uc->ip -= THUNK_PUSHED;
		uc->sp += 8;
	}
	h = stub_at(uc->ip);
	return !h || settle_stub(h, uc) ? RUN : DEFER;
}

static u64 send_again(u64 sig, struct sig_info *info)
{
	hold_ours(sig);
	sys4(__NR_rt_tgsigqueueinfo, sys3(__NR_getpid, 0, 0, 0), sys3(__NR_gettid, 0, 0, 0),
	     (long)sig, SYS_ARG(info));
	return 0;
}

/* The default action of one of our signals, or a race with a change of action. */
static u64 take_default(u64 sig, struct sig_info *info, const struct sig_action *a)
{
	static const struct sig_action dfl;
	bool fault = info->code > 0;

	if (ours(sig)) {
		if (a->handler == SIG_IGNORE && !fault)
			return 0;
		raw_action(sig, &dfl, NULL);
		if (fault && (sig == SIG_SEGV || sig == SIG_BUS))
			return 0; /* the instruction faults again */
	}
	return send_again(sig, info);
}

#define SS_DISABLE    2u
#define SS_AUTODISARM 0x80000000u

/* The kernel's frame: the return address, struct sig_context, siginfo. */
struct frame {
	u64 back;
	struct sig_context uc;
	struct sig_info info;
};
_Static_assert(sizeof(struct sig_context) == 304 && sizeof(struct sig_info) == 128, "entry.S");

/*
 * The frame the handler gets: on the alternate stack when it asks for it and
 * is not on it. Floating point state stays where the kernel put it.
 */
static u64 place_frame(struct block *b, struct sig_context *uc, const struct sig_action *a)
{
	struct frame *f = container_of(uc, struct frame, uc), *to;
	u64 lo = uc->stack_sp, hi = lo + uc->stack_size;
	bool usable = !(uc->stack_flags & SS_DISABLE) && uc->stack_size;

	if (usable && b) {
		b->alt_lo = lo;
		b->alt_hi = hi;
	}
	if (!(a->flags & SA_ONSTACK) || !usable || (uc->sp > lo && uc->sp <= hi) ||
	    (ptr_to_u64(f) >= lo && ptr_to_u64(f) < hi))
		return ptr_to_u64(f);
	to = (struct frame *)(((hi - sizeof(*f)) & ~15ull) - 8);
	if (ptr_to_u64(to) < lo || user_write(ptr_to_u64(to), f, sizeof(*f)))
		return ptr_to_u64(f);
	if (uc->stack_flags & SS_AUTODISARM) {
		u64 off[3] = {0, SS_DISABLE, 0};

		sys3(__NR_sigaltstack, SYS_ARG(off), 0, 0);
	}
	return ptr_to_u64(to);
}

static u64 run_handler(struct block *b, u64 sig, struct sig_context *uc, struct sig_action *a,
		       struct start *out)
{
	u64 handler = a->handler, add = a->mask | (a->flags & SA_NODEFER ? 0 : SIG_BIT(sig));
	u64 base = uc->mask;

	if (b && b->has_temp) {
		base = b->temp_mask;
		b->has_temp = false;
	}
	out->mask = (base | add) & ~SIG_OURS;
	if (b) {
		uc->mask |= b->hidden;
		b->hidden |= add & SIG_OURS;
	}
	out->frame = place_frame(b, uc, a);
	if (a->flags & SA_RESETHAND) {
		struct sig_action k = {.handler = SIG_DEFAULT};

		*a = k;
		if (ours(sig))
			wrap(sig, a, &k);
		raw_action(sig, &k, NULL);
	}
	return handler;
}

/* A syscall instruction that nobody patched. */
static u64 dispatched(struct sig_info *info, struct sig_context *uc)
{
	u64 site = uc->ip - 2;
	struct stub_head *h = gate_for(site);

	uc->ax = (u64)(s64)info->nr;
	if (h) {
		uc->ip = stub_pc(h, h->at_enter);
	} else {
		sys6(__NR_prctl, 59 /* PR_SET_SYSCALL_USER_DISPATCH */, 0, 0, 0, 0, 0);
		uc->ip = site;
	}
	return 0;
}

/* An int3 of ours: at a probe, or inside a patch that something jumped into. */
static bool trapped(struct sig_context *uc)
{
	u64 pc = uc->ip - 1;

	for (u32 i = 0; i < agent.slot_count; i++) {
		struct stub_head *h = (struct stub_head *)(agent_arena + (u64)i * STUB_BYTES);

		if (h->kind == STUB_FREE || pc < h->patch || pc - h->patch >= 32)
			continue;
		if (pc == h->patch) {
			uc->ip = stub_pc(h, STUB_HEAD_BYTES);
			return true;
		}
		for (u32 k = 0; k < h->insns && k < 8; k++)
			if (pc == h->patch + h->old_off[k]) {
				uc->ip = h->flags & STUB_NEAR ? h->near + h->new_off[k]
							      : stub_pc(h, h->new_off[k]);
				return true;
			}
	}
	return false;
}

/* A vfork parent is back when it says so; a signal may come before, when the block still is the
 * child's. */
static struct sig_table *table_of(const struct block *b)
{
	u32 n = b ? b->vfork_depth : 0, tid = n ? own_tid() : 0;

	while (tid && n--)
		if (b->vfork[n].tid == tid)
			return b->vfork[n].signals;
	return b ? b->signals : &agent.signals;
}

/*
 * The application's stack ended below us, while we decided about a signal: its
 * stack overflow, just a little earlier. The context is the one that signal
 * interrupted; the signal itself comes again.
 */
static bool ended_below(struct block *b, const struct sig_info *info, struct sig_context *uc)
{
	struct sig_context *outer = b ? b->deciding : NULL;
	size_t from = __builtin_offsetof(struct sig_context, r8);

	if (!outer || outer == uc || b->busy || info->signo != SIG_SEGV ||
	    !within(uc->ip, agent_text_start, agent_text_end))
		return false;
	b->deciding = NULL;
	mem_copy((u8 *)uc + from, (u8 *)outer + from,
		 __builtin_offsetof(struct sig_context, cs) - from);
	uc->mask = outer->mask;
	send_again((u64)container_of(outer, struct frame, uc)->info.signo,
		   &container_of(outer, struct frame, uc)->info);
	return true;
}

static u64 decide(struct block *b, u64 sig, struct sig_info *info, struct sig_context *uc,
		  struct start *out)
{
	struct sig_action *a = &table_of(b)->action[sig & 127];
	bool fault = info->code > 0, blocked = b && b->hidden & SIG_BIT(sig);

	if (sig == SIG_SYS && info->code == 2 /* SYS_USER_DISPATCH */)
		return dispatched(info, uc);
	if (sig == SIG_TRAP && info->code == 0x80 /* SI_KERNEL: int3 */ && trapped(uc))
		return 0;
	if ((sig == SIG_SEGV || sig == SIG_BUS) &&
	    within(uc->ip, agent_copy_start, agent_copy_end) && info->code > 0) {
		uc->ip = ptr_to_u64(agent_copy_fault);
		return 0;
	}
	if (fault && SIG_FAULTS & SIG_BIT(sig) && native_faulted(b, info, uc))
		return 0;
	if (blocked && !fault) {
		hold_blocked(b, info);
		return 0;
	}
	if (a->handler <= SIG_IGNORE || blocked)
		return take_default(sig, info, a);
	if (fault && ended_below(b, info, uc))
		return run_handler(b, sig, uc, a, out);
	switch (settle(b, uc)) {
	case BOUNCE: return send_again(sig, info);
	case DEFER:
		if (defer(b, info, uc))
			return 0;
		break;
	case RUN: break;
	}
	return run_handler(b, sig, uc, a, out);
}

/* From entry.S: the handler to run as *out says, or 0. */
u64 agent_signal(u64 sig, struct sig_info *info, struct sig_context *uc, struct start *out)
{
	struct block *b = block_self();
	u64 start = decide(b, sig, info, uc, out);

	if (b && b->deciding == uc)
		b->deciding = NULL;
	return start;
}
