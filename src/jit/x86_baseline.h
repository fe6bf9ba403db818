/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of x86-64's baseline. */
#ifndef JIT_X86_BASELINE_H
#define JIT_X86_BASELINE_H

#include "isa/decode.h"
#include "jit/x86_layout.h"
#include "jit/x86.h"

#define BASE_RUN R15

/* Where r0 to r10 are. Those of calls stand where helpers take them, behind the run in rdi. */
static const u8 base_regs[ISA_REGS] = {RAX, RSI, RDX, RCX, R8, R9, RBX, R13, R14, R12, RBP};
/* Nobody's, for as long as one instruction takes: rdi, r10, r11. */

/* What a row of insn.def says that matters here. */
struct base_row {
	u8 kind, bits;
	u8 code;        /* the operation, without class and source */
	bool is_signed; /* signed division; sign-extending load */
};

extern const struct base_row base_rows[ISA_OP_COUNT];

#define BASE_WORDS  64
#define BASE_LOADER (~0u) /* base_loader(), for base_call() */

struct baseline {
	const struct image *image;
	const struct isa_op *ops;
	const struct image_fact *facts; /* NULL */
	struct map *const *maps;
	const struct jit_options *opts;
	struct jit_buffer *code;
	u8 *p; /* where the next byte of the body goes */
	u8 *body, *end;
	struct mach_label *labels; /* by instruction */
	u8 *marks;                 /* by instruction: jumps lead there */
	VEC(struct mach_jump) jumps;
	VEC(struct jit_ref) refs;
	VEC(struct jit_call) calls; /* `at` in the body */
	struct base_entry {
		struct mach_label outer, inner;
	} * entries; /* by subprogram, and of the loader */
	bool loads;  /* kernel objects */
	struct {     /* of words of the table, by a hash */
		struct native_slot key;
		u32 slot; /* + 1; 0: none yet */
	} words[BASE_WORDS];
	u64 random; /* JIT_BLIND's */
	/* the function being translated */
	u32 used; /* r0-r10 that it names */
	bool is_main, has_calls;
	bool loops; /* has may_goto */
	u32 stack;  /* bytes below rbp, with the count of may_goto at their end */
	u32 pad;    /* below them, so that calls are aligned */
	u32 insn;
	int err;
};

static inline u32 base_here(const struct baseline *b)
{
	return (u32)(b->p - b->body);
}

/* x86_baseline_ops.c */
void base_alu(struct baseline *b, const struct isa_op *op, const struct base_row *row);
void base_load(struct baseline *b, const struct isa_op *op, const struct base_row *row);
void base_store(struct baseline *b, const struct isa_op *op, const struct base_row *row);
void base_atomic(struct baseline *b, const struct isa_op *op, const struct base_row *row);
void base_loader(struct baseline *b); /* BASE_LOADER */

/* x86_baseline_calls.c */
/* op reg, [the table's word] */
void base_word(struct baseline *b, u32 opcode, bool wide, u32 reg, u32 kind, u32 index, s64 addend);
void base_const(struct baseline *b, u32 reg, s64 value); /* another scratch register may change */
u8 *base_skip(struct baseline *b, u32 cond);  /* enum ir_cond; JUMP_ALWAYS: a short jump... */
void base_land(struct baseline *b, u8 *from); /* ... to here */
/* A function of the code: subprogram, or BASE_LOADER. */
void base_call(struct baseline *b, u32 sub);
void base_call_native(struct baseline *b, u32 call); /* of enum native_call; arguments are set */
void base_call_op(struct baseline *b, const struct isa_op *op);
void base_packet_load(struct baseline *b, const struct isa_op *op, const struct base_row *row);
/* The run ends here by that fault; FAULT_NONE: the one that was set. */
void base_stop(struct baseline *b, u32 kind);

/* x86_baseline.c */
void base_leave(struct baseline *b); /* all but the return */
void base_return(struct baseline *b);

#endif
