/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * aarch64: machine operations between lowering (a64_lower.c) and encoding
 * (a64_emit.c).
 *
 * Operand 2 of the binary operations is src[1], shifted or extended as `cond`
 * (enum a64_shift) and imm say, or imm when src[1] is none. Register 31 as a source
 * is zero. An address is base + disp, or base + index extended as `cond` and times
 * `scale`.
 *
 *	x28	struct run *, throughout
 *	sp	frame: [saved registers][spill slots][BPF stack]; A64_FRAME, as a base
 *		or as src[0] of A64_ADD, stands for its end, r10
 *	x0-x4	r1-r5 of subprograms; helpers get run first, so r1-r5 in x1-x5
 *	x16 x17	scratch: copies; addresses and what an operation needs within itself
 */
#ifndef JIT_A64_H
#define JIT_A64_H

#include "jit/a64_encode.h"
#include "jit/backend.h"

#define A64_RUN      28
#define A64_SCRATCH  16
#define A64_SCRATCH2 17
#define A64_FRAME    62

enum a64_op {
	A64_ADD = MACH_TARGET,
	A64_SUB,
	A64_AND,
	A64_ORR,
	A64_EOR,
	A64_BIC, /* register only, as the next two */
	A64_ORN,
	A64_EON,
	A64_CMP,
	A64_CMN,
	A64_TST,
	A64_CCMP,  /* if cond: compares src[0] with src[1] or imm (0-31); else flags = scale */
	A64_MADD,  /* def = src[2] + src[0] * src[1] */
	A64_MSUB,  /* def = src[2] - src[0] * src[1] */
	A64_UMULL, /* of 32 bits each */
	A64_UMULH,
	A64_UDIV,
	A64_SDIV,
	A64_LSLV, /* by src[1] */
	A64_LSRV,
	A64_ASRV,
	A64_RORV,
	A64_UBFM, /* immr = imm, imms = disp */
	A64_SBFM,
	A64_BFM,  /* the same, into src[1], which is def */
	A64_EXTR, /* src[0]:src[1] >> imm */
	A64_REV16,
	A64_REV,
	A64_CNT,   /* population count, by vector registers */
	A64_CSEL,  /* def = cond ? src[0] : src[1] */
	A64_CSINC, /* ... src[1] + 1 */
	A64_CSINV,
	A64_CSNEG,
	A64_LOAD,  /* zero-extended */
	A64_LOADS, /* sign-extended to 64 bits */
	A64_STORE, /* src[0] */
	A64_LDAR,  /* base alone, as all that follow */
	A64_STLR,
	A64_RMW,  /* def = the old value; cond: enum ir_atomic, with src[0]. LSE */
	A64_RMWX, /* the same by a loop */
	A64_CAS,  /* def = old; src[0]: def, expected; src[1]: new. LSE */
	A64_CASX, /* the same by a loop; def apart */
	A64_DMB,
	A64_NOSPEC, /* nothing behind runs before all before is done */
	A64_JCC,    /* to block imm */
	A64_JZ,     /* cond EQ, NE: src[0] with zero */
	A64_JBIT,   /* cond NTEST, TEST: bit `disp` of src[0] */
	A64_JMP,
	A64_SWITCH,   /* src[0] < number of m->cases[args..+count] */
	A64_CALL,     /* address imm with reloc; args: mask of registers it reads */
	A64_CALL_SUB, /* subprogram imm; args: the same */
	A64_RET,      /* x0 */
	A64_LEAVE,    /* leaves the frame and jumps to src[0]; src[1]: x0, set */
	A64_TRAP,
};

/* Code beyond this is refused: each jump reaches. */
#define A64_LARGEST (A64_REACH_B / 2)

int a64_lower(const struct ir_function *f, const struct jit_options *opts,
	      struct mach_function *out);

extern const struct mach_target a64_target;

/* Appends the function, whose registers are assigned. 0, -ENOMEM, -E2BIG. */
int a64_emit(const struct mach_function *m, const struct jit_options *opts,
	     struct jit_buffer *code);

#endif
