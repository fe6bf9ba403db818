// SPDX-License-Identifier: BSD-2-Clause
/*
 * One block per thread, found through a TLS word. It is mapped together with
 * the stack that events run on, below a guard page. Blocks are never unmapped:
 * a thread that exits leaves its block behind, and a later thread takes it
 * once the kernel knows no such thread any more (until then the exiting thread
 * may still stand on its stack).
 *
 * Two threads that share one thread pointer (a raw clone with CLONE_VM and
 * without CLONE_SETTLS) share the TLS word. From then on the word of that
 * thread pointer stays NULL and every event looks its block up by thread id.
 */
#include "agent/agent.h"

#define OFF(m) __builtin_offsetof(struct block, m)
_Static_assert(OFF(regs) + __builtin_offsetof(struct core_regs, ip) == R_IP, "layout.h");
_Static_assert(OFF(regs) + __builtin_offsetof(struct core_regs, sp) == R_SP, "layout.h");
_Static_assert(OFF(resume) == B_RESUME && OFF(stack_top) == B_STACK, "layout.h");
_Static_assert(OFF(head) == B_HEAD && OFF(mask) == B_MASK, "layout.h");
_Static_assert(OFF(deferred) == B_DEFERRED && OFF(deciding) == B_DECIDING, "layout.h");
_Static_assert(OFF(in_vdso) == B_IN_VDSO, "layout.h");
_Static_assert(offsetof(struct stub_head, at_syscall) == H_AT_SYSCALL &&
		       offsetof(struct stub_head, at_after) == H_AT_AFTER,
	       "layout.h");
_Static_assert(ARENA_BYTES == STUB_SLOTS * STUB_BYTES, "layout.h");
_Static_assert(sizeof(struct stub_head) <= STUB_HEAD_BYTES, "a head fits its slot");

#define BLOCK_BYTES ROUND_UP(sizeof(struct block), 4096ul)
#define GUARD_BYTES 4096ul
#define MAP_BYTES   (GUARD_BYTES + AGENT_STACK_BYTES + BLOCK_BYTES)

static struct block *blocks;

static u64 thread_pointer(void)
{
	u64 tp;

	__asm__("mov %%fs:0, %0" : "=r"(tp));
	return tp;
}

/* 0 behind a seccomp filter, which may not allow even this: not known. */
u32 own_tid(void)
{
	return agent.sealed ? 0 : (u32)sys3(__NR_gettid, 0, 0, 0);
}

u64 own_tsc(void)
{
	return agent.no_tsc ? 0 : __builtin_ia32_rdtsc();
}

u32 own_tgid(void)
{
	return agent.sealed ? 0 : (u32)sys3(__NR_getpid, 0, 0, 0);
}

struct block *block_self(void)
{
	struct block *b = agent_block_get();

	if (b || !agent.shared_tls)
		return b;
	u32 tid = (u32)sys3(__NR_gettid, 0, 0, 0);

	for (b = __atomic_load_n(&blocks, __ATOMIC_ACQUIRE); b; b = b->next)
		if (b->in_use && b->tid == tid && b->tp == thread_pointer())
			return b;
	return NULL;
}

/* Whether thread `tid` of this process is gone. */
static bool thread_gone(u32 tid)
{
	return sys3(__NR_tgkill, agent.tgid, tid, 0) == -3;
}

/* in_use: 0 free, 1 a thread's, 2 its thread is exiting; whoever looks closer claims it first. */
static struct block *block_reuse(void)
{
	for (struct block *b = __atomic_load_n(&blocks, __ATOMIC_ACQUIRE); b; b = b->next) {
		u32 state = __atomic_load_n(&b->in_use, __ATOMIC_ACQUIRE);

		if (state == 1 || (state == 2 && agent.sealed) ||
		    !__atomic_compare_exchange_n(&b->in_use, &state, 1, false, __ATOMIC_ACQ_REL,
						 __ATOMIC_RELAXED))
			continue;
		if (state == 0 || thread_gone(b->tid))
			return b;
		__atomic_store_n(&b->in_use, 2, __ATOMIC_RELEASE);
	}
	return NULL;
}

static struct block *block_map(void)
{
	u8 *base = sys_mmap(NULL, MAP_BYTES, 3, 0x22 | 0x4000 /* NORESERVE */, -1, 0);
	struct block *b;

	if (sys_failed(base))
		return NULL;
	sys3(__NR_mprotect, SYS_ARG(base), GUARD_BYTES, 0);
	b = (struct block *)(base + GUARD_BYTES + AGENT_STACK_BYTES);
	b->in_use = 1;
	b->next = __atomic_load_n(&blocks, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&blocks, &b->next, b, false, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED))
		;
	return b;
}

static void block_init(struct block *b)
{
	mem_zero(b, OFF(in_use));
	b->stack_top = ptr_to_u64(b);
	b->signals = &agent.signals;
	b->regs.cs = 0x33;
	b->regs.ss = 0x2b;
	b->tid = own_tid();
	b->tgid = agent.tgid;
	b->tp = thread_pointer();
	b->random = (u64)b->tid * 0x9e3779b97f4a7c15ull ^ own_tsc();
	run_prepare(b);
}

/* A pc inside a stub's code. */
u64 stub_pc(const struct stub_head *h, u32 off)
{
	const u8 *p = (const u8 *)h;

	if (h == &agent_restorer_head)
		return ptr_to_u64(agent_restorer_syscall);
	if (p >= agent_gate_data && p < agent_gate_data + GATE_COUNT * GATE_BYTES)
		p = agent_gate_code + (p - agent_gate_data);
	return ptr_to_u64(p) + off;
}

/* Where execution goes on when there can be no block: as if nothing was traced. */
static u64 resume_untraced(struct stub_head *head, u64 phase)
{
	u64 at = ptr_to_u64(head);

	switch (phase) {
	case 0: return stub_pc(head, head->at_syscall);
	case 1: return stub_pc(head, head->at_after);
	case 2: return stub_pc(head, head->at_enter);
	case 3:
		head = u64_to_ptr(at & ~(u64)(STUB_BYTES - 1));
		return stub_pc(head, head->at_after);
	default: return *(u64 *)(agent_thunk_data + at * THUNK_BYTES);
	}
}

/*
 * Signals are blocked from before the block can be seen until the hook's tail,
 * which restores the mask as it does for deferred ones.
 */
struct made agent_block_make(struct stub_head *head, u64 phase)
{
	u64 all = ~SIG_OURS, old;
	struct block *b;
	bool fresh = false;

	if (!agent.sealed)
		sys4(__NR_rt_sigprocmask, 2, SYS_ARG(&all), SYS_ARG(&old), 8);
	b = block_self();
	if (!b) {
		b = block_reuse();
		if (!b)
			b = block_map();
		if (b) {
			block_init(b);
			fresh = true;
			if (!agent.shared_tls)
				agent_block_set(b);
		}
	}
	if (!b || agent.sealed || (!fresh && b->deferred)) {
		if (!agent.sealed)
			sys4(__NR_rt_sigprocmask, 2, SYS_ARG(&old), 0, 8);
		return (struct made){b, b ? 0 : resume_untraced(head, phase)};
	}
	b->mask = old;
	b->deferred |= 0x80000000u; /* nothing queued, but the mask is to be restored */
	return (struct made){b, 0};
}

void block_release(struct block *b)
{
	slot_give_up(b);
	__atomic_store_n(&b->in_use, 2, __ATOMIC_RELEASE);
}

/* In a forked child only this thread lives. */
void block_fork_child(struct block *b)
{
	for (struct block *o = blocks; o; o = o->next)
		if (o != b)
			o->in_use = 0;
	b->tid = own_tid();
	agent.tgid = own_tgid();
	b->tgid = agent.tgid;
	b->vfork_depth = 0;
	b->slot_held = b->slot_kept = 0; /* the parent's */
	b->slot_hint = b->tid;
	mem_zero(b->held, sizeof(b->held));
	b->armed = 0;
	b->deferred &= 0x80000000u;
	b->random ^= (u64)b->tid << 32 ^ own_tsc();
	run_prepare(b);
}
