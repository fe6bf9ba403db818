/* SPDX-License-Identifier: BSD-2-Clause */
/* What the checked interpreter tests: accesses, helper arguments, stack of a chain of calls. */
#ifndef INTERP_ARGUMENTS_H
#define INTERP_ARGUMENTS_H

#include "core/helper.h"
#include "interp/state.h"

/* Whether `size` bytes (> 0) at `addr` are live memory of this run. */
bool interp_may_access(struct interp *in, u64 addr, u64 size, bool write);
/* Whether regs r1-r5 are what the prototype asks for; else the fault is set. */
bool interp_check_arguments(struct interp *in, const struct helper_proto *proto, const u64 *regs,
			    u32 pc);
/* Adds the current frame, running the subprogram at `start`, to its chain: within the limit? */
bool interp_enter(struct interp *in, u32 start);

#endif
