/* SPDX-License-Identifier: BSD-2-Clause */
/* Loops in vector registers (x86_vector.c). */
#ifndef JIT_X86_VECTOR_H
#define JIT_X86_VECTOR_H

#include "base/types.h"

struct ir_vector;

#define X86_VECTOR_BYTES 512 /* the most that one takes */

/*
 * The machine code of an IR_VECTOR with its arguments in those registers, the
 * result in `d` (MACH_NONE: nobody wants it). Uses the scratch register and
 * all vector registers. Returns its length.
 */
u32 x86_vector(const struct ir_vector *v, const u32 *args, u32 d, u8 out[X86_VECTOR_BYTES]);

#endif
