/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that lower values to aarch64's operations. */
#ifndef JIT_A64_LOWER_H
#define JIT_A64_LOWER_H

#include "jit/a64.h"
#include "jit/lower.h"

/* base + disp, or base + index extended and perhaps times the access's size. */
struct a64_place {
	u32 base, index, scale, extend;
	s64 disp;
};

/* Operand 2: a constant, or a register shifted or extended. */
struct a64_operand {
	bool is_imm;
	s64 imm; /* or the amount */
	u32 reg, shift;
};

/* The value's register; of the constant 0, the zero register. */
u32 a64_use_zero(struct lowering *l, ir_ref r);
/* Does the value stand in the block of what is being lowered, for it alone? */
bool a64_takes(const struct lowering *l, ir_ref r);
struct mach_ins *a64_put3(struct lowering *l, u32 op, u32 bits, u32 d, u32 a, u32 b);
/* d = a + value, any */
void a64_add_const(struct lowering *l, u32 bits, u32 d, u32 a, s64 value);
/* A register shifted or extended, for op: IR_ADD, IR_SUB, IR_AND... */
struct a64_operand a64_shifted(struct lowering *l, ir_ref r, u32 op, u32 bits);
void a64_set_operand(struct mach_ins *i, const struct a64_operand *o);

void a64_binary_value(struct lowering *l, const struct ir_ins *v, u32 d);
void a64_multiply(struct lowering *l, const struct ir_ins *v, u32 d);
void a64_high_product(struct lowering *l, const struct ir_ins *v, u32 d);
void a64_divide(struct lowering *l, const struct ir_ins *v, u32 d);
void a64_shift_value(struct lowering *l, const struct ir_ins *v, u32 d);
void a64_unary_value(struct lowering *l, const struct ir_ins *v, u32 d);
void a64_swap_bytes(struct lowering *l, const struct ir_ins *v, u32 d);
void a64_extend(struct lowering *l, const struct ir_ins *v, u32 d);
void a64_count_bits(struct lowering *l, const struct ir_ins *v, u32 d);

/* Sets the flags; the condition that then tells. */
u32 a64_compare(struct lowering *l, ir_ref x, ir_ref y, u32 bits, u32 cond);
void a64_compare_const(struct lowering *l, u32 bits, u32 reg, u64 value);
void a64_set_flag(struct lowering *l, const struct ir_ins *v, u32 d);
void a64_select_value(struct lowering *l, const struct ir_ins *v, u32 d);
void a64_branch(struct lowering *l, const struct ir_ins *v);

void a64_load_value(struct lowering *l, const struct ir_ins *v, u32 d);
void a64_store_value(struct lowering *l, const struct ir_ins *v);
void a64_acquire(struct lowering *l, const struct ir_ins *v, u32 d);
void a64_release(struct lowering *l, const struct ir_ins *v);
void a64_atomic(struct lowering *l, const struct ir_ins *v, u32 d);
void a64_compare_exchange(struct lowering *l, const struct ir_ins *v, u32 d);
void a64_load_carefully(struct lowering *l, const struct ir_ins *v, u32 d);

#endif
