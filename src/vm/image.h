/* SPDX-License-Identifier: BSD-2-Clause */
/* What PROG_LOAD yields: operations, maps, functions and facts in one block. */
#ifndef VM_IMAGE_H
#define VM_IMAGE_H

#include "verify/verify.h"
#include "vm/object.h"

/*
 * Makes p->image of p->insn_count operations. `trusted`: what was proven of them
 * need not be tested again. 0 or -ENOMEM.
 */
int prog_image_make(struct prog_object *p, const struct isa_op *ops,
		    const struct verify_output *proven, bool trusted);

#endif
