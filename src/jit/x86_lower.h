/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that lower values to x86-64's operations. */
#ifndef JIT_X86_LOWER_H
#define JIT_X86_LOWER_H

#include "jit/x86.h"

/* r1-r5 of subprograms; of helpers, behind the run. */
static const u8 x86_sub_args[] = {RDI, RSI, RDX, RCX, R8};
static const u8 x86_helper_args[] = {RSI, RDX, RCX, R8, R9};

struct chunk {
	u32 first, count;
};

/* A block of the machine function: an IR block, or an edge with copies of its own. */
struct laid {
	u32 block;    /* 0: an edge */
	u32 from, to; /* IR blocks */
	VEC(struct mach_ins) ins;
};

struct lowering {
	const struct ir_function *f;
	const struct jit_options *opts;
	struct mach_function *m;
	u32 *vreg; /* by value: 0 not asked for */
	VEC(struct laid) laid;
	u32 *place;                /* by IR block: its index in laid */
	VEC(struct mach_ins) work; /* chunks of the block being lowered */
	VEC(struct chunk) chunks;
	u32 insn;
	ir_ref at;
	int err;
};

struct place {
	u32 base, index, scale;
	s64 disp;
};

/* Operand 2 of an operation of `size` bytes: constant, memory, or register. */
struct operand {
	bool is_imm, is_mem;
	s64 imm;
	struct place place;
	u32 reg;
};

const struct ir_ins *x86_val(const struct lowering *l, ir_ref r);
u32 x86_fresh(struct lowering *l);
struct mach_ins *x86_put(struct lowering *l, u32 op, u32 size);
void x86_move(struct lowering *l, u32 to, u32 from);
bool x86_constant(const struct lowering *l, ir_ref r, s64 *value);
bool x86_fits32(s64 v);
bool x86_immediate(const struct lowering *l, ir_ref r, u32 bits, s64 *value);
u32 x86_use(struct lowering *l, ir_ref r);
bool x86_upper_zero(const struct lowering *l, ir_ref r);
bool x86_alone(const struct lowering *l, ir_ref r);
struct place x86_address(struct lowering *l, ir_ref r, s64 disp);
void x86_set_place(struct mach_ins *i, const struct place *p);
bool x86_can_take(const struct lowering *l, ir_ref load);
struct operand x86_operand(struct lowering *l, ir_ref r, u32 bits);
void x86_set_operand(struct mach_ins *i, const struct operand *o);
u32 x86_alu_op(u32 op);
void x86_lea(struct lowering *l, u32 size, u32 d, const struct place *p);
void x86_binary(struct lowering *l, const struct ir_ins *v, u32 d);
void x86_multiply(struct lowering *l, const struct ir_ins *v, u32 d);
void x86_shift(struct lowering *l, const struct ir_ins *v, u32 d);
void x86_high_product(struct lowering *l, const struct ir_ins *v, u32 d);
void x86_compare_const(struct lowering *l, u32 size, u32 reg, s64 n);
u32 x86_const_register(struct lowering *l, s64 value);
void x86_divide(struct lowering *l, const struct ir_ins *v, u32 d);
void x86_extend(struct lowering *l, const struct ir_ins *v, u32 d);
void x86_swap_bytes(struct lowering *l, const struct ir_ins *v, u32 d);
void x86_unary(struct lowering *l, const struct ir_ins *v, u32 d);
u32 x86_compare(struct lowering *l, ir_ref x, ir_ref y, u32 bits, u32 cond);
void x86_set_flag(struct lowering *l, const struct ir_ins *v, u32 d);
void x86_select_value(struct lowering *l, const struct ir_ins *v, u32 d);
void x86_load(struct lowering *l, const struct ir_ins *v, u32 d);
void x86_store(struct lowering *l, const struct ir_ins *v);
void x86_atomic(struct lowering *l, const struct ir_ins *v, u32 d);
void x86_compare_exchange(struct lowering *l, const struct ir_ins *v, u32 d);
u32 x86_pass(struct lowering *l, const u8 *regs, const u32 *values, u32 n, bool with_run);
void x86_call_address(struct lowering *l, u32 kind, u32 index, u32 mask, u32 d);
void x86_call(struct lowering *l, const struct ir_ins *v, u32 d);
void x86_load_carefully(struct lowering *l, const struct ir_ins *v, u32 d);

#endif
