/* SPDX-License-Identifier: BSD-2-Clause */
/* Code that no path reaches, taken out of a verified program. */
#ifndef VM_TRIM_H
#define VM_TRIM_H

#include "verify/verify.h"
#include "vm/object.h"

/*
 * Cuts dead code out of `ops`, the facts and functions in `proven`, and the
 * program's instructions, functions and lines; p->insn_count becomes what is
 * left. 0 or -ENOMEM, then nothing is changed.
 */
int program_trim(struct prog_object *p, struct isa_op *ops, struct verify_output *proven);

/* The older way, and that of ordinary users: what is dead becomes jumps to themselves. */
void program_fill(struct prog_object *p, struct isa_op *ops, const struct verify_output *proven);

#endif
