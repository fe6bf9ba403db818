// SPDX-License-Identifier: BSD-2-Clause
/*
 * The checked interpreter: nothing of the program is trusted. Each access is
 * tested against the memory that is live for this run, each helper argument
 * against its prototype, each step against the budget. A violation ends the
 * run and releases what it held. It is the oracle of the verifier's soundness,
 * and it runs programs that nobody verified.
 */
#include <linux/errno.h>
#include "interp/arguments.h"

/* One dispatch for all, so that what a step checks is there once: targets carry it. */
#define INTERP_SWITCH
#define EXEC  checked_exec
#define CALL  checked_call
#define INNER checked_inner
#define START checked_start
#define LOCALS                                          \
	const struct isa_op *end = in->ops + in->count; \
	u64 budget = in->run->budget;
#define STEP                                       \
	do {                                       \
		if (unlikely(op == end))           \
			FAULT(FAULT_JUMP, PC, 0);  \
		if (unlikely(budget == 0))         \
			FAULT(FAULT_BUDGET, 0, 0); \
		budget--;                          \
		if (unlikely(in->run->watch))      \
			watch_step(in, PC, r);     \
	} while (0)
#define VERIFIED                 false
#define SWITCHED                 end = in->ops + in->count
#define TARGET(index)            ((u64)(index) < (in)->count)
#define ACCESS(addr, size, kind) may_access(in, addr, size, kind)
#define ELSEWHERE(addr, size, l) (addr = interp_elsewhere(in, op, addr, size, l))
#define HELPER(proto, regs)      interp_check_arguments(in, proto, regs, PC)
#define KFUNC(body, regs)        interp_check_kfunc(in, body, regs, PC)
#define BEFORE_CALL              run->budget = budget
#define AFTER_CALL                                   \
	do {                                         \
		budget = run->budget;                \
		if (proto && proto->ret == RET_VOID) \
			r[0] = 0;                    \
	} while (0)

#define SPOIL(first, last)                                      \
	do {                                                    \
		if (unlikely(in->run->watch))                   \
			for (u32 i = (first); i <= (last); i++) \
				r[i] = in->run->watch->poison;  \
	} while (0)
#define ENDED                                             \
	do {                                              \
		if (run->watch && run->watch->end)        \
			run->watch->end(run->watch, run); \
	} while (0)

static void watch_step(struct interp *in, u32 pc, const u64 *regs)
{
	struct run_watch *w = in->run->watch;

	if (w->step)
		w->step(w, in->run, pc, regs);
}

static inline bool may_access(struct interp *in, u64 addr, u32 size, enum interp_access kind)
{
	if ((kind & ACCESS_ALIGNED) && addr & (size - 1))
		return false;
	return likely(addr - in->frame <= ISA_STACK_SIZE - size) ||
	       interp_may_access(in, addr, size, kind & ACCESS_WRITE);
}

#include "interp/body.h"

int interp_run_checked(struct run *run, u64 *ret)
{
	run->flags |= RUN_CHECKED;
	return checked_start(run, ret);
}

u64 interp_inner_checked(struct run *run)
{
	const u32 flags = run->flags;
	u64 r0;

	run->flags |= RUN_CHECKED;
	r0 = checked_inner(run);
	run->flags = flags;
	return r0;
}
