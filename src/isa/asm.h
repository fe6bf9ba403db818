/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text to operations: what isa_format(), the kernel's verifier log and
 * llvm-objdump print. One instruction per line; white space between tokens is
 * free. Beside instructions:
 *
 *	name:			a label, for goto and call; also before an instruction
 *	12: (b7) r0 = 0		index and opcode as listings have them: ignored
 *	; comment  // comment	to the end of the line, # at its start
 *	goto +3 <name>		what listings append in angle brackets: ignored
 */
#ifndef ISA_ASM_H
#define ISA_ASM_H

#include "base/diag.h"
#include "isa/op.h"

/*
 * Assembles `len` bytes of text (hostile) into raw ops (isa/decode.h). *ops
 * is the caller's to base_free(). -EINVAL with a diagnostic that gives line
 * and column; -E2BIG above a million instructions; -ENOMEM.
 */
int isa_assemble(const char *text, size_t len, struct isa_op **ops, u32 *count, struct diag *diag);

#endif
