/* SPDX-License-Identifier: BSD-2-Clause */
/* What the checked interpreter tests: accesses, helper arguments. */
#ifndef INTERP_ARGUMENTS_H
#define INTERP_ARGUMENTS_H

#include "core/helper.h"
#include "core/kfunc.h"
#include "interp/state.h"

/* Whether `size` bytes (> 0) at `addr` are live memory of this run. */
bool interp_may_access(struct interp *in, u64 addr, u64 size, bool write);
/* Whether regs r1-r5 are what the prototype asks for; else the fault is set. */
bool interp_check_arguments(struct interp *in, const struct helper_proto *proto, const u64 *regs,
			    u32 pc);
/* The same of a kfunc, by its body. */
bool interp_check_kfunc(struct interp *in, const struct kfunc_body *body, const u64 *regs, u32 pc);
/*
 * What is not live memory: where `size` bytes are accessed instead; 0: it is a fault. Arenas are
 * at their addresses for other processes; where a field of a kernel object is not known its
 * pointers are NULL, and what hangs from them reads 0, as does what else there is of kernel
 * objects.
 */
u64 interp_elsewhere(struct interp *in, const struct isa_op *op, u64 addr, u32 size, bool load);

#endif
