/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations as text: the syntax column of insn.def. */
#ifndef ISA_DISASM_H
#define ISA_DISASM_H

#include "base/text.h"
#include "isa/op.h"

/*
 * Names for what instructions refer to. `name` returns the text that stands
 * for the target of a call or jump, or for the constant of a 16-byte load (a
 * map's or variable's name); NULL: the numbers are printed. It is asked once
 * per instruction, and its result is used before it is asked again.
 */
struct isa_names {
	const char *(*name)(void *data, u32 index, const struct isa_op *op);
	void *data;
};

/* Appends one raw op (isa/decode.h), without a newline. `names` may be NULL; HIGH prints nothing.
 */
void isa_format(struct text *t, const struct isa_op *op, u32 index, const struct isa_names *names);

/* The same in the second spelling where there is one: of atomics, the kernel's own. No names. */
void isa_format_second(struct text *t, const struct isa_op *op);

/* Appends a program, one instruction per line, as isa_assemble() takes it back. */
void isa_format_program(struct text *t, const struct isa_op *ops, u32 count);

#endif
