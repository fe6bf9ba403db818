// SPDX-License-Identifier: BSD-2-Clause
/* The plain interpreter, for verified images: what the verifier proved is not tested again. */
#include <linux/errno.h>

#define EXEC  plain_exec
#define CALL  plain_call
#define INNER plain_inner
#define START plain_start
#define LOCALS
#define STEP                     (void)0
#define TARGET(index)            true
#define ACCESS(addr, size, kind) true
#define VERIFIED                 true
#define SWITCHED                 (void)0
#define ELSEWHERE(addr, size, l) false
#define HELPER(proto, regs)      true
#define KFUNC(body, regs)        true
#define BEFORE_CALL              (void)0
#define AFTER_CALL               (void)0
#define SPOIL(first, last)       (void)0
#define ENDED                    (void)0
#include "interp/body.h"

int interp_run(struct run *run, u64 *ret)
{
	if (!image_is_plain(run->image))
		return run_fault_set(run, FAULT_INSN, 0, 0, 0, 0);
	return plain_start(run, ret);
}

int interp_inner(struct run *run, u64 *ret)
{
	u64 r0 = image_is_plain(run->image) ? plain_inner(run) : interp_inner_checked(run);

	if (run->fault.kind != FAULT_NONE)
		return -EFAULT;
	*ret = r0;
	return 0;
}
