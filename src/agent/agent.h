/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The target's side. One shared object, preloaded, without libc: it says hello
 * to the world, maps what the plan names, writes the plan's bytes, and from
 * then on fires programs where the application makes system calls or passes a
 * probe. The parts:
 *
 *	entry.S    where patched code and signals come in, and the unwind rules
 *	start.c    the constructor; hello.c talks to the world
 *	plan.c     maps, programs, attachments; writes stubs and patches
 *	block.c    one block per thread: registers of the event, a stack, state
 *	syscall.c  before and after every system call: what the agent itself needs
 *	thread.c   clone, fork, vfork     exec.c  execve
 *	signal.c   the application's handlers and masks behind ours
 *	fire.c     runs programs          env.c   what they may ask
 *
 * An event runs on the block's own stack, never on the application's, whose
 * stack may be tiny, shared with a vfork parent or already unmapped.
 */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include "agent/layout.h"
#include "agent/sys.h"
#include "core/native.h"
#include "core/note.h"
#include "core/plan.h"
#include "core/run.h"
#include "core/world_page.h"

/* ---- memory and strings: no libc here ---- */
#define mem_copy(d, s, n) __builtin_memcpy(d, s, n)
#define mem_zero(d, n)    __builtin_memset(d, 0, n)
#define mem_same(a, b, n) (__builtin_memcmp(a, b, n) == 0)

static inline size_t str_len(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

/* ---- the kernel's signal structures (UAPI, restated: libc's differ) ---- */
#define SIG_COUNT  64
#define SIG_BIT(s) (1ull << ((s)-1))
#define SIG_TRAP   5
#define SIG_BUS    7
#define SIG_KILL   9
#define SIG_SEGV   11
#define SIG_STOP   19
#define SIG_SYS    31
/* Signals that must always reach the agent. */
#define SIG_OURS    (SIG_BIT(SIG_TRAP) | SIG_BIT(SIG_BUS) | SIG_BIT(SIG_SEGV) | SIG_BIT(SIG_SYS))
#define SIG_DEFAULT 0ul
#define SIG_IGNORE  1ul

struct sig_action { /* kernel_sigaction */
	u64 handler, flags, restorer, mask;
};

struct sig_info {
	s32 signo, err, code, pad;
	u64 addr; /* SIGSYS: call address; SIGSEGV: fault address; kill: pid, uid */
	s32 nr;
	u32 arch;
	u64 rest[12];
};

struct sig_context {
	u64 uc_flags, uc_link;
	u64 stack_sp;
	u32 stack_flags, stack_pad;
	u64 stack_size;
	u64 r8, r9, r10, r11, r12, r13, r14, r15, di, si, bp, bx, dx, ax, cx, sp, ip, flags;
	u16 cs, gs, fs, ss;
	u64 err, trapno, oldmask, cr2, fpstate, reserved[8];
	u64 mask;
};

/* ---- one thread ---- */
#define DEFER_MAX 8

/* A system call between its enter and its exit. */
struct pending {
	struct stub_head *head;
	s64 nr;
	u64 arg[6];  /* as the application gave them */
	u32 flags;   /* PENDING_* */
	u64 scratch; /* exec: address and size of what was mapped for it */
	u64 scratch_size;
	u64 out;  /* user address to translate afterwards */
	u64 mask; /* signals: masks handed to the kernel */
	struct sig_action action;
};
enum {
	PENDING_ACTIVE = 1 << 0,
	PENDING_VFORK = 1 << 1, /* the parent's state lies on the vfork stack */
	PENDING_MASK = 1 << 2,  /* a temporary mask is in force during the call */
	PENDING_OWN = 1 << 3,   /* one that concerns the agent: its arguments are kept */
};

struct vfork_save {
	struct pending pending;
	struct stub_head *head;
	u64 sp;
	u32 tid, tgid;
	u64 hidden;
	struct sig_table *signals;
};
#define VFORK_DEPTH   8
#define THUNKS_RECENT 8

struct sig_table { /* the application's view of its handlers */
	struct sig_action action[SIG_COUNT + 1];
};

struct block {
	struct core_regs regs; /* of the application, at the event */
	u64 resume;            /* where it continues */
	u64 stack_top;
	u64 head; /* the stub, or the return address that leads to it */
	u64 mask; /* the kernel's signal mask to restore once deferred signals are queued again */
	u32 deferred;
	u32 in_vdso; /* the agent itself is: its system calls are nobody's events */
	struct sig_context *deciding; /* the signal that agent_signal is about (entry.S) */
	u32 busy; /* inside a hook (also while its code is outside the agent's: the vDSO) */
	struct sig_info defer[DEFER_MAX];
	u64 hidden;              /* those of SIG_OURS that the application believes blocked */
	struct sig_info held[4]; /* sent meanwhile; signo 0: none */
	struct pending now;
	struct sig_table *signals;
	struct sig_action old_action;    /* rt_sigaction: the application's view before */
	struct sig_action kernel_action; /* what the kernel gets instead */
	u64 scratch_mask;
	u64 scratch_args[2];
	u64 alt_lo, alt_hi; /* the alternate stack that a handler was last seen on */
	u64 after_mask;     /* what the frame of a deferred signal's handler returns to */
	bool fix_mask;
	bool has_temp; /* the handler runs under a call's temporary mask */
	u64 temp_mask;
	u32 tid, tgid;
	u32 armed; /* syscall user dispatch is on in this thread */
	u32 running;
	u32 slot_hint;
	u32 slot_held;   /* + 1: for this run; 0: none */
	u32 slot_kept;   /* + 1: between runs as well; 0: none */
	bool slot_asked; /* for one to keep: there is none, or it has it */
	u64 random;
	struct {
		u64 ret, code;
		u32 probe;       /* + 1 */
	} thunks[THUNKS_RECENT]; /* those of this thread's last probed calls */
	struct run run;          /* one after the other */
	u8 selector;
	u32 vfork_depth;
	struct vfork_save vfork[VFORK_DEPTH];
	u64 tp; /* thread pointer it was made for */
	/* From here on: kept when a block is taken again, others may be looking. */
	u32 in_use;
	struct block *next; /* of all blocks */
};

/* ---- the process ---- */
struct prog_ref {
	const struct image *image;
	struct map **maps;
	struct world_prog *stats;
	u32 index;                 /* in world_page.prog */
	bool writes_ctx;           /* its context must be its own */
	struct native_prog native; /* code 0: interpreted */
};

struct attach_ref {
	struct plan_attach a;
	struct prog_ref *prog;
	u32 next; /* index + 1 of the next in its list */
	bool odd; /* not simply native code for every process (fire.c) */
};

struct probe_ref {
	struct plan_probe p;
	u32 first; /* attachments: index + 1 */
	bool has_return;
};

#define NR_MAX     512
#define ATTACH_MAX 4096
#define PROBE_MAX  4096
#define MAP_MAX    512
#define PROG_MAX   512

struct fire_list {
	u32 first, last; /* index + 1 into attach */
};

struct process {
	bool live;     /* a plan is in force */
	bool no_tsc;   /* rdtsc faults (strict seccomp, PR_SET_TSC), and with it the vDSO's clock */
	bool sealed;   /* a seccomp filter came later: no system calls of our own */
	bool dispatch; /* some syscall instruction may not be patched */
	bool shared_tls;
	bool no_code; /* native code was to be had, but may not be mapped */
	u32 tgid;
	u32 participant;
	u32 possible_cpus, first_shared;
	struct world_page *page;
	u64 page_size;
	u32 map_count, prog_count, attach_count, probe_count, slot_count, gate_count;
	struct map maps[MAP_MAX];
	u8 map_kind[MAP_MAX];
	struct prog_ref progs[PROG_MAX];
	struct attach_ref attach[ATTACH_MAX];
	struct probe_ref probes[PROBE_MAX];
	struct fire_list enter[NR_MAX], exit[NR_MAX];
	struct fire_list sys_enter, sys_exit, raw_enter, raw_exit;
	struct map *notes;
	s32 field[FIELD_COUNT];
	struct cgroup_path cgroup;
	u64 pid_ns_dev, pid_ns_ino;
	struct sig_table signals;
	char preload[512], world[256];
	char own_path[256];
	u64 vdso;
	long (*vdso_clock)(int clock, s64 ts[2]);
	u32 random_seed;
};
extern struct process agent;

/* ---- entry.S ---- */
extern u8 agent_arena[], agent_gate_code[], agent_gate_data[], agent_thunk_code[],
	agent_thunk_data[];
extern u8 agent_code_end[];
extern const u8 agent_text_start[] __asm__("__ehdr_start"), agent_text_end[] __asm__("etext");
extern const u8 agent_tail_start[], agent_tail_end[]; /* state is in the block: may be abandoned */
extern const u8 agent_direct_start[], agent_direct_end[]; /* nothing of the agent is in use */
extern const u8 agent_restorer[], agent_restorer_syscall[];
extern const u8 agent_copy_start[], agent_copy_end[], agent_copy_fault[];
void agent_syscall_enter(void), agent_syscall_exit(void), agent_syscall_again(void);
void agent_vdso_enter(void), agent_vdso_exit(void);
void agent_probe_entry(void), agent_probe_return(void), agent_signal_entry(void);
void agent_signal_restorer(void);
/* Copies n bytes that may not be there; 0 or -EFAULT. */
long agent_copy(void *dst, const void *src, u64 n);
extern struct stub_head agent_restorer_head;
/* The initial-exec TLS word: this thread's block, NULL before its first event. */
struct block *agent_block_get(void);
void agent_block_set(struct block *b);

/* ---- hooks, called by entry.S ---- */
struct made {
	struct block *block;
	u64 resume;
};
struct made agent_block_make(struct stub_head *head, u64 phase);
void agent_enter(struct block *b);
void agent_exit(struct block *b);
void agent_again(struct block *b);
void agent_probe(struct block *b, u64 head); /* head: as in the block */
void agent_return(struct block *b);
void agent_flush(struct block *b);
/* What a handler starts with: its mask, and the frame it runs on. */
struct start {
	u64 mask, frame;
};
u64 agent_signal(u64 sig, struct sig_info *info, struct sig_context *uc, struct start *out);

/* ---- block.c ---- */
u32 own_tid(void), own_tgid(void);
u64 own_tsc(void);              /* anything, where it cannot be read */
struct block *block_self(void); /* NULL: none yet */
u64 stub_pc(const struct stub_head *h, u32 off);
void block_fork_child(struct block *b);
void block_release(struct block *b);

/* ---- user memory: 0 or -EFAULT, never a signal ---- */
int user_read(void *dst, u64 addr, u64 n);
int user_write(u64 addr, const void *src, u64 n);

/* ---- start.c, hello.c, plan.c ---- */
int hello_send(u32 why, u64 start, u64 end, u32 parent);
int plan_load(const struct plan *plan, u64 size, const struct plan_reply *reply, const int *fds,
	      u32 fd_count, u32 why);
void plan_mapped(u64 start, u64 len, u64 prot); /* after mmap of a file */
void plan_fork_child(void);
/* Where a return address leads, also one that a return probe replaced. */
u64 plan_return(u64 ret);
/* At a function's entry: the return address becomes a thunk of the stub's probe. */
void probe_take_return(struct block *b, const struct stub_head *h);
/* Address space that a target under mlockall does not fault in. */
void *map_lazily(size_t size, int flags, int fd);
int code_write(u64 addr, const void *src, u32 len);
struct stub_head *gate_for(u64 site);
void dispatch_arm(struct block *b);

/* `count` things of `each` bytes in the plan, or NULL. */
static inline const void *plan_part(const struct plan *p, u64 size, u64 off, u64 count, u64 each)
{
	if (off > size || (count && each > (size - off) / count) || off & 7)
		return NULL;
	return (const u8 *)p + off;
}

/* ---- native.c: the code of one plan ---- */
struct native_area {
	u64 base; /* 0: there is none */
	u32 code_size, table_size;
};
/* 0, or why there is no code: then everything is interpreted. */
int native_open(const struct plan *plan, const int *fds, u32 fd_count, struct native_area *a);
/* Between the two: the code of a program whose image and maps are known, at `off` in the plan. */
void native_add(const struct plan *plan, u64 size, u32 off, const struct native_area *a,
		struct prog_ref *ref);
void native_close(const struct native_area *a);
/* A fault in native code: the context is of where the run goes on, or ends. False: it is not ours.
 */
bool native_faulted(struct block *b, const struct sig_info *info, struct sig_context *uc);

/* ---- syscall.c, thread.c, exec.c, signal.c ---- */
void thread_enter(struct block *b);
/* A new thread or process returns from the call that made it. */
void thread_exit(struct block *b, s64 *nr);
void thread_resume(struct block *b); /* the parent of a vfork is back? */
void exec_enter(struct block *b);
void exec_exit(struct block *b, bool done);
void signal_start(void);
void signal_enter(struct block *b);
void signal_exit(struct block *b, s64 ret);
void signal_sigreturn(struct block *b);
s64 signal_sigreturn_regs(struct block *b, struct core_regs *out);
void signal_exec(struct block *b, bool done);

/* ---- fire.c ---- */
void slot_release(struct block *b);
void slot_give_up(struct block *b); /* also the one that is kept: its thread ends */
void run_prepare(struct block *b);  /* what is the same in all runs of a thread */
void fire_enter(struct block *b, s64 nr);
void fire_exit(struct block *b, s64 nr, s64 ret);
void fire_return(struct block *b, const struct probe_ref *p);
extern const struct env_ops agent_env;

/* ---- notes ---- */
void note_put(struct block *b, u32 kind, const char *text, u32 len);

#endif
