// SPDX-License-Identifier: BSD-2-Clause
/*
 * Faults in native code of this process. A correct verifier makes them impossible;
 * should one happen nevertheless, the run ends with a diagnostic that names program
 * and instruction, and the process lives on.
 *
 * The handler is installed when the first code is linked, and looked after whenever
 * more is: who comes later replaces it, as handlers do, until then. A fault that is
 * not of native code is passed to whoever was there before. The handler looks at the
 * ranges of all code without a lock: a range is cleared before its code goes, and what
 * belongs to a range is only looked at by a thread that runs in it.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>
#include "base/alloc.h"
#include "jit/fault.h"

#define CHUNK 64

struct range {
	u64 code; /* 0: free */
	u32 size;
	const struct native_prog *prog;
};

/* Never given back: a handler may be in it at any time. */
struct chunk {
	struct range ranges[CHUNK];
	struct chunk *next;
};

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
static struct sigaction before[ARRAY_SIZE(signals)];
static struct chunk first;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* What this thread is passing on, and from what frame. */
static _Thread_local struct {
	const void *context;
	u64 frame;
} passing;

static const struct native_prog *prog_at(u64 pc)
{
	for (const struct chunk *c = &first; c; c = __atomic_load_n(&c->next, __ATOMIC_ACQUIRE))
		for (u32 i = 0; i < CHUNK; i++) {
			u64 code = __atomic_load_n(&c->ranges[i].code, __ATOMIC_ACQUIRE);

			if (code && pc - code < c->ranges[i].size)
				return c->ranges[i].prog;
		}
	return NULL;
}

/* the machine's state ------------------------------------------------------------------ */

typedef u64 __attribute__((may_alias)) word; /* however ucontext_t declares them */

#ifdef __x86_64__
static word *machine_register(ucontext_t *u, u32 number)
{
	static const u8 at[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
				REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
				REG_R12, REG_R13, REG_R14, REG_R15};

	return number < ARRAY_SIZE(at) ? (word *)&u->uc_mcontext.gregs[at[number]] : NULL;
}
#define REGISTER_RUN 15
#define REGISTER_C1  7
#define REGISTER_C2  6
#define PC(u)        (*(word *)&(u)->uc_mcontext.gregs[REG_RIP])
/* A page fault's, by a store. */
#define IS_WRITE(u) \
	((u)->uc_mcontext.gregs[REG_TRAPNO] == 14 && (u)->uc_mcontext.gregs[REG_ERR] & 2)
#else
static word *machine_register(ucontext_t *u, u32 number)
{
	return number < 31 ? (word *)&u->uc_mcontext.regs[number] : NULL;
}
#define REGISTER_RUN 28
#define REGISTER_C1  0
#define REGISTER_C2  1
#define PC(u)        (*(word *)&(u)->uc_mcontext.pc)
#define IS_WRITE(u)  is_store(*(const u32 *)(uintptr_t)PC(u))

/* Of the loads and stores that compilers make; atomics write. */
static bool is_store(u32 w)
{
	if ((w & 0x3b200c00) == 0x38200000) /* ldadd and the like */
		return true;
	if ((w & 0x3fa00000) == 0x08a00000) /* cas */
		return true;
	if ((w & 0x3f000000) == 0x08000000 || (w & 0x3a000000) == 0x28000000) /* exclusive, pair */
		return !(w >> 22 & 1);
	return (w & 0x3a000000) == 0x38000000 && !(w >> 22 & 3);
}
#endif

static bool recover(int sig, const siginfo_t *info, ucontext_t *u)
{
	const struct native_prog *p = prog_at(PC(u));
	struct native_resume to;
	struct run *run;
	word *reg;

	if (!p || info->si_code <= 0) /* someone sent it */
		return false;
	run = u64_to_ptr(*machine_register(u, REGISTER_RUN));
	if (sig == SIGFPE || sig == SIGILL)
		run_fault_set(run, FAULT_INSN, native_insn(p, PC(u)), 0, 0, 0);
	if (!native_recover(run, p, PC(u), ptr_to_u64(info->si_addr), IS_WRITE(u), &to))
		return false;
	PC(u) = to.pc;
	reg = machine_register(u, to.clear);
	if (reg)
		*reg = 0;
	if (to.leaves) {
		*machine_register(u, REGISTER_C1) = to.args[0];
		*machine_register(u, REGISTER_C2) = to.args[1];
	}
	return true;
}

/* the handler ---------------------------------------------------------------------------- */

static __attribute__((noinline)) void pass_on(int sig, siginfo_t *info, void *context)
{
	const u64 frame = ptr_to_u64(__builtin_frame_address(0));
	struct sigaction old = {.sa_handler = SIG_DFL};
	/* Who was there before may have us as the one before. */
	bool again = passing.context == context && frame < passing.frame;

	for (u32 i = 0; i < ARRAY_SIZE(signals) && !again; i++)
		if (signals[i] == sig)
			old = before[i];
	if (!(old.sa_flags & SA_SIGINFO) &&
	    (old.sa_handler == SIG_DFL || old.sa_handler == SIG_IGN)) {
		struct sigaction none = {.sa_handler = SIG_DFL};

		if (info->si_code <= 0 && old.sa_handler == SIG_IGN)
			return;
		/* The instruction faults again, or the signal comes again: then without us. */
		sigaction(sig, &none, NULL);
		if (info->si_code <= 0)
			raise(sig);
		return;
	}
	passing.context = context;
	passing.frame = frame;
	if (old.sa_flags & SA_SIGINFO)
		old.sa_sigaction(sig, info, context);
	else
		old.sa_handler(sig);
	passing.context = NULL;
}

static void handle(int sig, siginfo_t *info, void *context)
{
	int err = errno;

	if (!recover(sig, info, context))
		pass_on(sig, info, context);
	errno = err;
}

static void install(void)
{
	struct sigaction ours = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	struct sigaction now;

	for (u32 i = 0; i < ARRAY_SIZE(signals); i++) {
		if (sigaction(signals[i], NULL, &now) ||
		    (now.sa_flags & SA_SIGINFO && now.sa_sigaction == handle))
			continue;
		before[i] = now;
		sigaction(signals[i], &ours, NULL);
	}
}

int jit_fault_watch(const struct native_prog *p)
{
	struct chunk *c = &first;
	int err = 0;
	u32 i = 0;

	pthread_mutex_lock(&lock);
	while (c->ranges[i].code) {
		if (++i < CHUNK)
			continue;
		i = 0;
		if (!c->next) {
			struct chunk *more = base_zalloc(sizeof(*more));

			if (!more) {
				err = -ENOMEM;
				break;
			}
			__atomic_store_n(&c->next, more, __ATOMIC_RELEASE);
		}
		c = c->next;
	}
	if (!err) {
		c->ranges[i].size = p->size;
		c->ranges[i].prog = p;
		__atomic_store_n(&c->ranges[i].code, p->code, __ATOMIC_RELEASE);
		install();
	}
	pthread_mutex_unlock(&lock);
	return err;
}

void jit_fault_forget(const struct native_prog *p)
{
	pthread_mutex_lock(&lock);
	for (struct chunk *c = &first; c; c = c->next)
		for (u32 i = 0; i < CHUNK; i++)
			if (c->ranges[i].code && c->ranges[i].prog == p)
				__atomic_store_n(&c->ranges[i].code, 0, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&lock);
}
