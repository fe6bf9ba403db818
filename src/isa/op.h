/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decoded operation: what decode() makes of an instruction, what images
 * hold and engines run. One op per 8-byte slot, so an op's index is the
 * instruction's index; the second slot of a 16-byte instruction is
 * ISA_OP_HIGH and never executed. Freestanding.
 */
#ifndef ISA_OP_H
#define ISA_OP_H

#include "base/types.h"

struct isa_op {
	u16 op; /* enum isa_opcode: a row of insn.def */
	u8 dst;
	u8 src;
	s32 off; /* branches: target - (index + 1); memory: displacement; gotol too */
	s64 imm; /* sign-extended immediate, or the 64 bits of lddw */
};

/*
 * In an image (after the load pipeline resolved it) these hold:
 *   LDDW_MAP        imm = index into the image's map table
 *   LDDW_MAP_VALUE  off = index into the image's map table, imm = offset in the value
 *   LDDW_FUNC       imm = index of the subprogram's first instruction
 *   CALL_HELPER     imm = helper id (BPF_FUNC_*)
 *   CALL_SUB        imm = index of the callee's first instruction
 *   CALL_KFUNC      imm = kfunc BTF id, off = number of its body (core/kfunc.h), 0: none
 */
enum isa_opcode {
	ISA_OP_INVALID,
#define INSN(name, ...) ISA_OP_##name,
#include "isa/insn.def"
#undef INSN
	ISA_OP_COUNT
};

#define ISA_REGS       11 /* r0-r10 */
#define ISA_STACK_SIZE 512
#define ISA_MAX_FRAMES 8

#endif
