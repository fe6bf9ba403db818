/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes to operations and back, and what the table says of an operation. All
 * of it reads insn.def and kind.def. Functions are pure and thread-safe.
 */
#ifndef ISA_DECODE_H
#define ISA_DECODE_H

#include "base/diag.h"
#include "isa/op.h"

#define ISA_ANY INT32_MIN /* an operand, in the field columns of insn.def */

/* Register sets: bits 0-10 are r0-r10; the fields stand for the register they hold. */
#define ISA_R(n) (1u << (n))
#define ISA_DST  (1u << 16)
#define ISA_SRC  (1u << 17)

enum isa_class {
	ISA_CLASS_ALU,    /* registers only */
	ISA_CLASS_CONST,  /* two slots: a 64-bit constant or what it names */
	ISA_CLASS_HIGH,   /* the second of two slots; never executed */
	ISA_CLASS_PACKET, /* classic packet loads */
	ISA_CLASS_LOAD,
	ISA_CLASS_STORE,
	ISA_CLASS_ATOMIC,
	ISA_CLASS_JUMP,
	ISA_CLASS_CALL,
	ISA_CLASS_EXIT,
};

enum isa_flow {
	ISA_FLOW_NEXT,
	ISA_FLOW_BRANCH, /* next or target */
	ISA_FLOW_JUMP,   /* target only */
	ISA_FLOW_CALL,   /* next, after the callee */
	ISA_FLOW_EXIT,
};

enum isa_kind {
#define KIND(name, ...) ISA_KIND_##name,
#include "isa/kind.def"
#undef KIND
	ISA_KIND_COUNT
};

/* What the rows of insn.def and kind.def say of one operation. */
struct isa_info {
	const char *name;         /* "ADD64_REG" */
	const char *syntax, *alt; /* alt: "" when there is none */
	u8 code;
	u8 kind;                /* enum isa_kind */
	u8 cls;                 /* enum isa_class */
	u8 flow;                /* enum isa_flow */
	u8 bits;                /* of the operation, or of the memory access; 0: neither */
	s32 dst, src, off, imm; /* what the field must hold, or ISA_ANY */
	u32 uses, defs;         /* with ISA_DST and ISA_SRC */
};

/* Diagnostics of the decoder (struct diag's id). */
enum isa_diag {
	ISA_DIAG_OPCODE = 100, /* no such opcode */
	ISA_DIAG_FIELD,        /* a reserved or selecting field holds what is not defined */
	ISA_DIAG_REGISTER,     /* above r10 */
	ISA_DIAG_PAIR,         /* the second slot of a 16-byte instruction is missing or wrong */
	ISA_DIAG_OPERAND,      /* shift count or divisor no kernel accepts */
	ISA_DIAG_SYNTAX,       /* assembler */
	ISA_DIAG_KERNEL,       /* an instruction of later kernels */
};

/*
 * Decodes a whole program: `count` slots of 8 bytes into `count` ops. Every
 * undefined opcode, field and register is -EINVAL with a diagnostic that names
 * the instruction; `out` is then partly written. Jump targets, register use
 * and operand values are not looked at.
 *
 * What the raw operands of a program (as opposed to an image's) hold:
 *   LDDW_MAP, LDDW_MAP_IDX          imm = descriptor, or index into fd_array
 *   LDDW_MAP_VALUE, .._IDX_VALUE    imm = offset << 32 | descriptor (or index)
 *   LDDW_BTF                        imm = BTF descriptor << 32 | type id
 *   LDDW_FUNC, CALL_SUB             imm = target - (index + 1)
 * isa_low() and isa_high() take the halves.
 */
int isa_decode(const void *insns, u32 count, struct isa_op *out, struct diag *diag);

/* The same; with ISA_DECODE_PLAIN also what is in the ISA but in no kernel (callx). */
enum {
	ISA_DECODE_PLAIN = 1 << 0
};
int isa_decode_flags(const void *insns, u32 count, u32 flags, struct isa_op *out,
		     struct diag *diag);

/*
 * Decodes what isa_decode() refuses: where an instruction is none, out[i] is the operation that
 * comes nearest (of a jump's class one that jumps, with registers that exist), for control flow's
 * sake, and bad[i] how it is wrong, an enum isa_diag; 0: it is right. True: all of them are.
 */
bool isa_decode_nearest(const void *insns, u32 count, struct isa_op *out, u8 *bad);

/*
 * Operand values that no kernel accepts: shifts by the operand's width or
 * more, division by the constant 0. 0, or -EINVAL with a diagnostic.
 */
int isa_check_operands(const struct isa_op *ops, u32 count, struct diag *diag);

/* The first kernel with the operation, 0xMMmm, 0: before 4.19; the first -mcpu version, 1 to 4. */
u32 isa_since(u32 op);
bool isa_in_kernel(u32 op, u32 version); /* KERNEL_VERSION; 0: the newest */
u32 isa_cpu(u32 op);
/*
 * Is every instruction one of that kernel (KERNEL_VERSION; 0: the newest)? 0, or -EINVAL with the
 * diagnostic that such a kernel has for the bytes.
 */
int isa_check_kernel(const struct isa_op *ops, u32 count, u32 version, struct diag *diag);

/*
 * Raw ops (not an image's) back to 8 * count bytes. -EINVAL when an operand
 * does not fit its field or a HIGH is missing.
 */
int isa_encode(const struct isa_op *ops, u32 count, void *insns);

/* NULL for what is not an operation of the table. */
const struct isa_info *isa_info(u32 op);

/* Register sets (bits 0-10) that one operation reads, and writes or clobbers. */
u32 isa_uses(const struct isa_op *op);
u32 isa_defs(const struct isa_op *op);

/* Where a jump (flow BRANCH or JUMP) at `index` goes; not checked against the program. */
static inline s64 isa_target(const struct isa_op *op, u32 index)
{
	return (s64)index + 1 + op->off;
}

static inline bool isa_is_lddw(u32 op)
{
	const struct isa_info *info = isa_info(op);

	return info && info->kind == ISA_KIND_LDDW;
}

static inline s32 isa_low(const struct isa_op *op)
{
	return (s32)op->imm;
}

static inline s32 isa_high(const struct isa_op *op)
{
	return (s32)((u64)op->imm >> 32);
}

#endif
