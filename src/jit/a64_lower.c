// SPDX-License-Identifier: BSD-2-Clause
/*
 * aarch64: from values to operations (lower.h).
 *
 * The machine has three operands, so nothing is copied first; a second operand may
 * be shifted or extended on its way, which saves the instruction that did so.
 */
#include <errno.h>
#include "jit/a64_lower.h"

#define CALLER_SAVED 0x4003ffffu /* x0-x17, lr */

/* values ---------------------------------------------------------------- */

u32 a64_use_zero(struct lowering *l, ir_ref r)
{
	s64 n;

	return lower_constant(l, r, &n) && !n ? A64_ZR : lower_use(l, r);
}

bool a64_takes(const struct lowering *l, ir_ref r)
{
	return lower_alone(l, r) && lower_val(l, r)->block == lower_val(l, l->at)->block;
}

struct mach_ins *a64_put3(struct lowering *l, u32 op, u32 bits, u32 d, u32 a, u32 b)
{
	struct mach_ins *i = lower_put(l, op, bits / 8);

	i->def = d;
	i->src[0] = a;
	i->src[1] = b;
	return i;
}

static void put_imm(struct lowering *l, u32 op, u32 bits, u32 d, u32 a, u64 imm)
{
	struct mach_ins *i = a64_put3(l, op, bits, d, a, MACH_NONE);

	i->imm = (s64)imm;
}

void a64_add_const(struct lowering *l, u32 bits, u32 d, u32 a, s64 value)
{
	u32 op = A64_ADD, t;
	u64 n;

	if (bits == 32)
		value = (s32)value;
	if (value < 0) {
		op = A64_SUB;
		value = (s64) - (u64)value;
	}
	n = (u64)value;
	if (!n && a != A64_FRAME && bits == 64) {
		lower_move(l, d, a);
	} else if (a64_is_addsub_imm(n)) {
		put_imm(l, op, bits, d, a, n);
	} else if (n < 1u << 24) {
		t = lower_fresh(l);
		put_imm(l, op, bits, t, a, n & ~0xfffull);
		put_imm(l, op, bits, d, t, n & 0xfff);
	} else {
		t = lower_const_register(l, op == A64_ADD ? value : -value);
		a64_put3(l, A64_ADD, bits, d, a, t);
	}
}

/* second operands ---------------------------------------------------------------- */

static bool by_shift(struct lowering *l, ir_ref r, u32 op, u32 bits, struct a64_operand *o)
{
	const struct ir_ins *v = lower_val(l, r);
	bool logical = op == IR_AND || op == IR_OR || op == IR_XOR;
	s64 n;

	if (v->bits != bits || (v->op != IR_SHL && v->op != IR_SHR && v->op != IR_SAR &&
				!(v->op == IR_ROL && logical)))
		return false;
	if (!lower_constant(l, v->b, &n) || !a64_takes(l, r))
		return false;
	n &= bits - 1;
	o->shift = v->op == IR_SHL   ? A64_LSL
		   : v->op == IR_SHR ? A64_LSR
		   : v->op == IR_SAR ? A64_ASR
				     : A64_ROR;
	o->imm = v->op == IR_ROL ? (bits - n) & (bits - 1) : n;
	o->reg = lower_use(l, v->a);
	return true;
}

/* A register extended, and perhaps times 2, 4, ... 16. */
static bool by_extension(struct lowering *l, ir_ref r, u32 op, u32 bits, struct a64_operand *o)
{
	const struct ir_ins *v = lower_val(l, r), *x = v;
	s64 n = 0;

	if (op != IR_ADD && op != IR_SUB)
		return false;
	if (v->op == IR_SHL && v->bits == bits && lower_constant(l, v->b, &n) && a64_takes(l, r)) {
		if (n < 1 || n > 4)
			return false;
		x = lower_val(l, v->a);
		r = v->a;
	}
	if ((x->op != IR_ZEXT && x->op != IR_SEXT) || x->bits < bits || !a64_takes(l, r))
		return false;
	o->shift = (x->op == IR_ZEXT ? A64_UXTB : A64_SXTB) + a64_size(x->size);
	o->imm = n;
	o->reg = lower_use(l, x->a);
	return true;
}

struct a64_operand a64_shifted(struct lowering *l, ir_ref r, u32 op, u32 bits)
{
	struct a64_operand o = {0};

	if (!by_extension(l, r, op, bits, &o) && !by_shift(l, r, op, bits, &o))
		o.reg = a64_use_zero(l, r);
	return o;
}

void a64_set_operand(struct mach_ins *i, const struct a64_operand *o)
{
	i->imm = o->imm;
	i->src[1] = o->is_imm ? MACH_NONE : o->reg;
	i->cond = (u8)o->shift;
}

/* ends ---------------------------------------------------------------- */

static void leave(struct lowering *l, const struct ir_ins *v)
{
	u32 to = lower_use(l, v->a), ctx = lower_use(l, v->b);
	struct mach_ins *i;

	lower_move(l, 0, ctx);
	i = lower_put(l, A64_LEAVE, 8);
	i->src[0] = to;
	i->src[1] = 0;
}

static void leave_for_another(struct lowering *l, const struct ir_ins *v)
{
	const ir_ref *args = &l->f->args.data[v->args];
	u32 values[2] = {lower_use(l, args[1]), lower_use(l, args[2])}, ctx = lower_use(l, args[0]);
	u32 to = lower_fresh(l), mask = lower_pass(l, values, 2, true);
	struct mach_ins *i;

	lower_call_address(l, NATIVE_CALL, (u32)v->imm, mask, to);
	i = lower_put(l, A64_JZ, 8);
	i->cond = COND_EQ;
	i->src[0] = to;
	i->imm = lower_edge(l, v->block, l->f->blocks.data[v->block].succ[0]);
	lower_move(l, 0, ctx);
	i = lower_put(l, A64_LEAVE, 8);
	i->src[0] = to;
	i->src[1] = 0;
}

static void switch_to(struct lowering *l, const struct ir_ins *v)
{
	u32 reg = lower_use(l, v->a);
	struct lower_cases c = lower_switch(l, v);
	struct mach_ins *i;

	if (c.min) {
		u32 t = lower_fresh(l);

		a64_add_const(l, 64, t, reg, (s64)-c.min);
		reg = t;
	}
	a64_compare_const(l, 64, reg, c.max - c.min);
	i = lower_put(l, A64_JCC, 8);
	i->cond = COND_GT;
	i->imm = c.none;
	i = lower_put(l, A64_SWITCH, 8);
	i->src[0] = reg;
	i->args = c.first;
	i->count = (u32)(c.max - c.min + 1);
}

static void end(struct lowering *l, const struct ir_ins *v)
{
	switch (v->op) {
	case IR_BRANCH: a64_branch(l, v); break;
	case IR_SWITCH: switch_to(l, v); break;
	case IR_LEAVE: leave(l, v); break;
	default: leave_for_another(l, v);
	}
}

/* instructions ---------------------------------------------------------------- */

static void frame_address(struct lowering *l, u32 d)
{
	put_imm(l, A64_ADD, 64, d, A64_FRAME, 0);
}

static void value(struct lowering *l, const struct ir_ins *v, u32 d)
{
	switch (v->op) {
	case IR_ADD:
	case IR_SUB:
	case IR_AND:
	case IR_OR:
	case IR_XOR: a64_binary_value(l, v, d); break;
	case IR_MUL: a64_multiply(l, v, d); break;
	case IR_MULHU: a64_high_product(l, v, d); break;
	case IR_UDIV:
	case IR_UMOD:
	case IR_SDIV:
	case IR_SMOD: a64_divide(l, v, d); break;
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
	case IR_ROL: a64_shift_value(l, v, d); break;
	case IR_NEG:
	case IR_NOT: a64_unary_value(l, v, d); break;
	case IR_POPCNT: a64_count_bits(l, v, d); break;
	case IR_BSWAP: a64_swap_bytes(l, v, d); break;
	case IR_ZEXT:
	case IR_SEXT: a64_extend(l, v, d); break;
	case IR_CMP: a64_set_flag(l, v, d); break;
	case IR_SELECT: a64_select_value(l, v, d); break;
	case IR_LOAD:
	case IR_LOADS: a64_load_value(l, v, d); break;
	default: l->err = l->err ?: -EOPNOTSUPP;
	}
}

static void effect(struct lowering *l, const struct ir_ins *v, u32 d)
{
	switch (v->op) {
	case IR_STORE: a64_store_value(l, v); break;
	case IR_ACQUIRE: a64_acquire(l, v, d); break;
	case IR_RELEASE: a64_release(l, v); break;
	case IR_ATOMIC: a64_atomic(l, v, d); break;
	case IR_CAS: a64_compare_exchange(l, v, d); break;
	case IR_FENCE: lower_put(l, A64_DMB, 8); break;
	case IR_NOSPEC:
		if (l->opts->flags & JIT_FENCE)
			lower_put(l, A64_NOSPEC, 8);
		break;
	case IR_LOADX: a64_load_carefully(l, v, d); break;
	default: l->err = l->err ?: -EOPNOTSUPP;
	}
}

/* the target ---------------------------------------------------------------- */

static void implicit(const struct mach_ins *i, u64 *uses, u64 *defs)
{
	switch (i->op) {
	case A64_CALL:
	case A64_CALL_SUB:
		*uses = i->args;
		*defs = CALLER_SAVED;
		break;
	case A64_RET: *uses = 1; break;
	}
}

static const u8 preference[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,
				13, 14, 15, 19, 20, 21, 22, 23, 24, 25, 26, 27, 0xff};

const struct mach_target a64_target = {
	.name = "aarch64",
	.allocatable = 0x0ff8ffff,
	.order = preference,
	.scratch = A64_SCRATCH,
	.branch = A64_JCC,
	.jump = A64_JMP,
	.implicit = implicit,
};

static const u8 sub_args[] = {0, 1, 2, 3, 4};
static const u8 c_args[] = {1, 2, 3, 4, 5};

static u32 const_cost(u64 value)
{
	u32 words[A64_CONST_WORDS];

	return a64_const(0, value, words);
}

int a64_lower(const struct ir_function *f, const struct jit_options *opts,
	      struct mach_function *out)
{
	static const struct lower_target a64 = {
		.run = A64_RUN,
		.result = 0,
		.args = sub_args,
		.c_run = 0,
		.c_args = c_args,
		.jump = A64_JMP,
		.call = A64_CALL,
		.call_sub = A64_CALL_SUB,
		.ret = A64_RET,
		.trap = A64_TRAP,
		.const_cost = const_cost,
		.frame = frame_address,
		.value = value,
		.effect = effect,
		.end = end,
	};

	return lower_function(f, opts, &a64, out);
}
