// SPDX-License-Identifier: BSD-2-Clause
/*
 * New threads and processes. The call runs natively in its stub; what differs
 * is who comes out of it:
 *
 *	a thread		a TLS word of its own, still NULL: a fresh block
 *	a forked child		a copy of everything; only this thread lives
 *	a vfork child		the parent's memory, TLS and block; the parent waits.
 *				What the parent needs when it is back is pushed
 *				before, and popped when a call returns at the same
 *				place in the thread that pushed it
 *	a raw clone that shares the TLS with a running parent: see block.c
 *
 * Dispatch is off in every child: it is armed again.
 */
#include "agent/agent.h"

#define CLONE_VM      0x100ul
#define CLONE_SIGHAND 0x800ul
#define CLONE_VFORK   0x4000ul
#define CLONE_THREAD  0x10000ul
#define CLONE_SETTLS  0x80000ul

static bool makes_child(s64 nr)
{
	return nr == __NR_clone || nr == __NR_clone3 || nr == __NR_fork || nr == __NR_vfork;
}

static u64 clone_flags(const struct block *b)
{
	u64 flags = 0;

	switch (b->now.nr) {
	case __NR_vfork: return CLONE_VM | CLONE_VFORK;
	case __NR_clone: return b->now.arg[0];
	case __NR_clone3: user_read(&flags, b->now.arg[0], sizeof(flags)); return flags;
	default: return 0;
	}
}

void thread_enter(struct block *b)
{
	u64 flags = clone_flags(b);

	b->now.out = flags;
	if (!(flags & CLONE_VM))
		return;
	if (flags & CLONE_VFORK) {
		struct vfork_save *s;

		if (b->vfork_depth >= VFORK_DEPTH)
			return;
		b->now.flags |= PENDING_VFORK;
		s = &b->vfork[b->vfork_depth++];
		s->pending = b->now;
		s->head = b->now.head;
		s->sp = b->regs.sp;
		s->tid = b->tid;
		s->tgid = b->tgid;
		s->hidden = b->hidden;
		s->signals = b->signals;
	} else if (!(flags & CLONE_SETTLS)) {
		agent.shared_tls = true;
		agent_block_set(NULL);
	}
}

/* Is this the parent of a vfork, back where it waited? */
void thread_resume(struct block *b)
{
	struct vfork_save *s = &b->vfork[b->vfork_depth - 1];
	struct sig_table *childs = b->signals;

	if (s->head != u64_to_ptr(b->head) || s->sp != b->regs.sp ||
	    (!agent.sealed && own_tid() != s->tid) || (agent.sealed && !b->regs.ax))
		return;
	if (b->now.scratch && b->now.flags & PENDING_ACTIVE) /* of the child's exec */
		sys_munmap(u64_to_ptr(b->now.scratch), b->now.scratch_size);
	b->now = s->pending;
	b->tid = s->tid;
	b->tgid = s->tgid;
	b->hidden = s->hidden;
	b->signals = s->signals;
	b->vfork_depth--;
	b->armed = 0;             /* or the child's */
	if (childs != b->signals) /* only now: signals that arrive meanwhile look there */
		sys_munmap(childs, sizeof(*childs));
	/* The child may have been killed in the middle of a run. */
	slot_release(b);
	run_prepare(b);
	b->running = 0;
}

/* A child with the parent's memory but handlers of its own. */
static void copy_signals(struct block *b)
{
	struct sig_table *t = sys_mmap(NULL, sizeof(*t), 3, 0x22, -1, 0);

	if (sys_failed(t))
		return;
	*t = *b->signals;
	b->signals = t;
}

static void vfork_child(struct block *b, u64 flags)
{
	b->tid = own_tid();
	if (!(flags & CLONE_THREAD))
		b->tgid = own_tgid();
	if (!(flags & CLONE_SIGHAND))
		copy_signals(b);
	run_prepare(b);
	dispatch_arm(b);
}

static void fork_child(struct block *b)
{
	u32 parent = agent.participant;

	block_fork_child(b);
	plan_fork_child();
	if (!agent.sealed)
		hello_send(HELLO_FORK, 0, 0, parent);
	dispatch_arm(b);
}

void thread_exit(struct block *b, s64 *nr)
{
	u64 ret = b->regs.ax;

	if (!(b->now.flags & PENDING_ACTIVE)) {
		if (ret) {
			*nr = -1;
			return;
		}
		/* A new thread: clone3's second argument is a size, clone's a stack. */
		*nr = b->regs.si >= 64 && b->regs.si <= 4096 ? __NR_clone3 : __NR_clone;
		b->tgid = own_tgid();
		run_prepare(b);
		dispatch_arm(b);
		return;
	}
	if (ret || !makes_child(b->now.nr))
		return;
	if (b->now.flags & PENDING_VFORK || b->now.out & CLONE_VM)
		vfork_child(b, b->now.out);
	else
		fork_child(b);
}
