/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads and stores through the context, found and turned into what engines run. */
#ifndef VM_CONTEXT_H
#define VM_CONTEXT_H

#include "core/prog.h"
#include "isa/op.h"

/*
 * Rewrites (prog_ctx_rewrite) all of `ops` whose base register holds the context on every path.
 * `ops` are structurally checked. 0 or -ENOMEM.
 */
int context_rewrite(const struct prog_type_ops *type, struct isa_op *ops, u32 count);

#endif
