/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that lower values to x86-64's operations. */
#ifndef JIT_X86_LOWER_H
#define JIT_X86_LOWER_H

#include "jit/lower.h"
#include "jit/x86.h"

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

bool x86_fits32(s64 v);
bool x86_immediate(const struct lowering *l, ir_ref r, u32 bits, s64 *value);
/* A 64-bit sum of the frame, a constant perhaps, and another value: its place. */
bool x86_frame_sum(struct lowering *l, const struct ir_ins *v, struct place *p);
/* A 64-bit sum with a factor of 2, 4 or 8 that has no other use: its place. */
bool x86_scaled_sum(struct lowering *l, const struct ir_ins *v, struct place *p);
struct place x86_address(struct lowering *l, ir_ref r, s64 disp);
void x86_set_place(struct mach_ins *i, const struct place *p);
struct operand x86_operand(struct lowering *l, ir_ref r, u32 bits);
void x86_set_operand(struct mach_ins *i, const struct operand *o);
u32 x86_alu_op(u32 op);
void x86_lea(struct lowering *l, u32 size, u32 d, const struct place *p);
void x86_binary(struct lowering *l, const struct ir_ins *v, u32 d);
void x86_multiply(struct lowering *l, const struct ir_ins *v, u32 d);
void x86_shift(struct lowering *l, const struct ir_ins *v, u32 d);
void x86_high_product(struct lowering *l, const struct ir_ins *v, u32 d);
void x86_compare_const(struct lowering *l, u32 size, u32 reg, s64 n);
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
void x86_load_carefully(struct lowering *l, const struct ir_ins *v, u32 d);

#endif
