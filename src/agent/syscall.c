// SPDX-License-Identifier: BSD-2-Clause
/*
 * Around every system call: fire, and what the agent itself needs. Programs
 * see the application's arguments: they run before the agent replaces any and
 * after it put them back.
 */
#include "agent/agent.h"

struct stub_head agent_restorer_head = {.kind = STUB_SYSCALL};

static bool counted(const struct block *b)
{
	return b->deferred & 0x7fffffff;
}

/* Calls that concern the agent itself: own_enter(), own_exit(), thread_exit(). */
static bool is_own(s64 nr)
{
	switch (nr) {
	case __NR_rt_sigreturn:
	case __NR_rt_sigaction:
	case __NR_rt_sigprocmask:
	case __NR_rt_sigsuspend:
	case __NR_ppoll:
	case __NR_pselect6:
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
	case __NR_io_pgetevents:
	case __NR_clone:
	case __NR_clone3:
	case __NR_fork:
	case __NR_vfork:
	case __NR_execve:
	case __NR_execveat:
	case __NR_exit:
	case __NR_mmap:
	case __NR_mprotect:
	case __NR_pkey_mprotect:
	case __NR_personality:
	case __NR_shmat:
	case __NR_seccomp:
	case __NR_prctl: return true;
	default: return false;
	}
}

static void args_keep(struct block *b)
{
	const struct core_regs *r = &b->regs;
	u64 *a = b->now.arg;

	a[0] = r->di, a[1] = r->si, a[2] = r->dx, a[3] = r->r10, a[4] = r->r8, a[5] = r->r9;
}

static void args_back(struct block *b)
{
	struct core_regs *r = &b->regs;
	const u64 *a = b->now.arg;

	r->di = a[0], r->si = a[1], r->dx = a[2], r->r10 = a[3], r->r8 = a[4], r->r9 = a[5];
}

/* What hardware and kernel would show at this point of a call. */
static void regs_complete(struct block *b, const struct stub_head *h)
{
	struct core_regs *r = &b->regs;

	r->ip = h->site + 2;
	r->cx = r->ip;
	r->r11 = r->flags;
}

static void own_enter(struct block *b)
{
	switch (b->now.nr) {
	case __NR_rt_sigreturn: {
		struct core_regs keep = b->regs;
		s64 ret = signal_sigreturn_regs(b, &b->regs);

		fire_exit(b, -1, ret);
		b->regs = keep;
		signal_sigreturn(b);
		b->now.flags = 0;
		break;
	}
	case __NR_rt_sigaction:
	case __NR_rt_sigprocmask:
	case __NR_rt_sigsuspend:
	case __NR_ppoll:
	case __NR_pselect6:
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
	case __NR_io_pgetevents: signal_enter(b); break;
	case __NR_clone:
	case __NR_clone3:
	case __NR_fork:
	case __NR_vfork: thread_enter(b); break;
	case __NR_execve:
	case __NR_execveat: exec_enter(b); break;
	case __NR_exit:
		if (!b->vfork_depth)
			block_release(b);
		break;
	}
}

static void own_exit(struct block *b, s64 ret)
{
	const u64 *a = b->now.arg;

	switch (b->now.nr) {
	case __NR_rt_sigaction:
	case __NR_rt_sigprocmask:
	case __NR_rt_sigsuspend:
	case __NR_ppoll:
	case __NR_pselect6:
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
	case __NR_io_pgetevents: signal_exit(b, ret); break;
	case __NR_execve:
	case __NR_execveat: exec_exit(b, ret == 0); break;
	case __NR_mmap:
		if (sys_failed(ret))
			break;
		if (!(a[3] & 0x20 /* MAP_ANONYMOUS */))
			plan_mapped((u64)ret, a[1], a[2]);
		else if (a[2] & 4)
			agent.dispatch = true;
		break;
	case __NR_mprotect:
	case __NR_pkey_mprotect: /* code that nobody has seen */
		if (!ret && a[2] & 4)
			agent.dispatch = true;
		break;
	case __NR_personality: /* READ_IMPLIES_EXEC */
		if (a[0] != ~0u && a[0] & 0x400000)
			agent.dispatch = true;
		break;
	case __NR_shmat:
		if (!sys_failed(ret) && a[2] & 0100000 /* SHM_EXEC */)
			agent.dispatch = true;
		break;
	case __NR_seccomp:
		if (ret >= 0 && a[0] <= 1)
			agent.sealed = true;
		if (!ret && !a[0] /* SECCOMP_SET_MODE_STRICT */)
			agent.no_tsc = true;
		break;
	case __NR_prctl:
		if (!ret && a[0] == 22 /* PR_SET_SECCOMP */)
			agent.sealed = true;
		if (!ret && ((a[0] == 22 && a[1] == 1 /* SECCOMP_MODE_STRICT */) ||
			     (a[0] == 26 && a[1] == 2 /* PR_SET_TSC, PR_TSC_SIGSEGV */)))
			agent.no_tsc = true;
		break;
	}
}

void agent_enter(struct block *b)
{
	struct stub_head *h = u64_to_ptr(b->head);

	b->busy = 1;
	if (unlikely(agent.dispatch && !b->armed))
		dispatch_arm(b);
	b->now.head = h;
	b->now.nr = (s32)b->regs.ax;
	b->now.flags = PENDING_ACTIVE;
	b->now.scratch = 0;
	b->has_temp = false;
	b->regs.orig_ax = b->regs.ax;
	b->resume = stub_pc(h, h->at_syscall);
	regs_complete(b, h);
	if (is_own(b->now.nr)) {
		b->now.flags |= PENDING_OWN;
		args_keep(b);
	}
	fire_enter(b, b->now.nr);
	if (b->now.flags & PENDING_OWN)
		own_enter(b);
	if (unlikely(counted(b)) && b->now.nr != __NR_rt_sigreturn)
		agent_again(b);
	b->busy = 0;
}

/* The call did not happen, or the kernel restarts it: a handler runs first. */
void agent_again(struct block *b)
{
	struct stub_head *h = u64_to_ptr(b->head);

	b->busy = 1;
	if (b->now.flags & PENDING_ACTIVE) {
		if (b->now.scratch)
			exec_exit(b, false);
		if (b->now.flags & PENDING_OWN)
			args_back(b);
		b->regs.ax = (u64)-512; /* ERESTARTSYS, as the kernel's own event has it */
		fire_exit(b, b->now.nr, -512);
		b->regs.ax = (u64)b->now.nr;
	}
	b->now.flags = 0;
	b->resume = stub_pc(h, h->at_enter);
	b->busy = 0;
}

void agent_exit(struct block *b)
{
	struct stub_head *h = u64_to_ptr(b->head);
	s64 ret = (s64)b->regs.ax, nr;

	b->busy = 1;
	/* No instruction was moved behind the syscall: continue in place, where unwinders expect
	 * it. */
	b->resume = h->back == h->site + 2 ? h->back : stub_pc(h, h->at_after);
	if (b->vfork_depth)
		thread_resume(b);
	nr = b->now.nr;
	if (!(b->now.flags & PENDING_ACTIVE) || !ret)
		thread_exit(b, &nr);
	if (b->now.flags & PENDING_OWN) {
		args_back(b);
		own_exit(b, ret);
	}
	regs_complete(b, h);
	b->regs.orig_ax = (u64)nr;
	fire_exit(b, nr, ret);
	if (unlikely(agent.dispatch && !b->armed))
		dispatch_arm(b);
	b->now.flags = 0;
	b->busy = 0;
}
