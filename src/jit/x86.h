/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x86-64: machine operations between lowering (x86_lower.c) and encoding
 * (x86_emit.c).
 *
 * Operand 2 of the binary operations is src[1], or memory when base or index is
 * set, or else imm. Two-address: def and src[0] are one register.
 *
 *	r15	struct run *, throughout
 *	rsp	frame: [spill slots][BPF stack]; X86_FRAME stands for its end, r10
 *	rdi rsi rdx rcx r8	r1-r5 of subprograms; helpers get run first, so r1-r5
 *				in rsi rdx rcx r8 r9
 */
#ifndef JIT_X86_H
#define JIT_X86_H

#include "core/helper.h"
#include "jit/backend.h"
#include "jit/x86_encode.h"

#define X86_FRAME   62 /* as a base: the end of the BPF stack */
#define X86_RUN     R15
#define X86_SCRATCH R11 /* copies, far constants */

enum x86_op {
	X86_ADD = MACH_TARGET, /* the eight in the order of their encoding */
	X86_OR,
	X86_ADC,
	X86_SBB,
	X86_AND,
	X86_SUB,
	X86_XOR,
	X86_CMP,
	X86_TEST,
	X86_MADD, /* memory op= src[0] or imm: the same order */
	X86_MOR,
	X86_MADC,
	X86_MSBB,
	X86_MAND,
	X86_MSUB,
	X86_MXOR,
	X86_IMUL,     /* two operands */
	X86_IMUL_IMM, /* def = src[0] * imm */
	X86_LEA,
	X86_LOAD,  /* zero-extended */
	X86_LOADS, /* sign-extended to 64 bits */
	X86_STORE, /* src[0], or imm */
	X86_MOVZX, /* def = low `size` bytes of src[0] */
	X86_MOVSX, /* ... sign-extended to `scale` * 8 bits: 4 or 8 */
	X86_NEG,
	X86_NOT,
	X86_BSWAP, /* size 4, 8 */
	X86_ROL16, /* the low half-word's bytes exchanged */
	X86_ROL,   /* by src[1], which is rcx, or imm; in the order of their encoding */
	X86_SHL,
	X86_SHR,
	X86_SAR,
	X86_SHLX, /* def = src[0] << src[1] (BMI2) */
	X86_SHRX,
	X86_SARX,
	X86_MULH, /* rdx:rax = rax * src[0] */
	X86_DIV,  /* rax, rdx = rdx:rax / src[0] */
	X86_IDIV,
	X86_CQO, /* sign of rax into rdx */
	X86_SETCC,
	X86_CMOV, /* def = src[1] when cond holds */
	X86_POPCNT,
	X86_MOVBE_LOAD,
	X86_MOVBE_STORE,
	X86_JCC, /* to block imm */
	X86_JMP,
	X86_SWITCH,   /* src[0] < number of m->cases[args..+count]; def: a free register */
	X86_CALL,     /* address imm with reloc; args: mask of registers it reads */
	X86_CALL_SUB, /* subprogram imm; args: the same */
	X86_RET,      /* rax */
	X86_LEAVE,    /* leaves the frame and jumps to src[0] (rax), rdi set */
	X86_XADD,     /* def = old: src[0] the same register */
	X86_XCHG,
	X86_CMPXCHG, /* rax expected and old; src[0] new */
	X86_FETCH,   /* rax: the value there, then the old one; cond: enum ir_atomic with src[0] */
	X86_LADD,    /* lock op= src[0] */
	X86_LOR,
	X86_LAND,
	X86_LXOR,
	X86_MFENCE,
	X86_LFENCE,
	X86_VECTOR, /* f->vectors[imm]; arguments src[0..2], base, index */
	X86_TRAP,
};

/* COND_TEST and COND_NTEST are taken as "not zero" and "zero". */
int x86_lower(const struct ir_function *f, const struct jit_options *opts,
	      struct mach_function *out);

extern const struct mach_target x86_target;

/* Appends the function, whose registers are assigned. 0, -ENOMEM, -E2BIG. */
int x86_emit(const struct mach_function *m, const struct jit_options *opts,
	     struct jit_buffer *code);

/* x86_baseline.c: jit_backend.baseline. */
int x86_baseline(const struct image *image, struct map *const *maps, const struct jit_options *opts,
		 struct jit_buffer *code);

#endif
