// SPDX-License-Identifier: BSD-2-Clause
/* x86-64: from values to operations (lower.h). */
#include <errno.h>
#include "jit/x86_lower.h"

#define CALLER_SAVED                                                                       \
	(1u << RAX | 1u << RCX | 1u << RDX | 1u << RSI | 1u << RDI | 1u << R8 | 1u << R9 | \
	 1u << R10 | 1u << R11)

/* operands ---------------------------------------------------------------- */

bool x86_fits32(s64 v)
{
	return v == (s32)v;
}

/* A constant as the immediate of an operation of `bits`. */
bool x86_immediate(const struct lowering *l, ir_ref r, u32 bits, s64 *value)
{
	if (!lower_constant(l, r, value))
		return false;
	if (bits == 32)
		*value = (s32)*value;
	return x86_fits32(*value);
}

/* index or index * 2, 4, 8 */
static void scaled(struct lowering *l, ir_ref r, struct place *p)
{
	const struct ir_ins *v = lower_val(l, r);
	s64 n;

	if (v->op == IR_SHL && v->bits == 64 && lower_constant(l, v->b, &n) && n > 0 && n <= 3 &&
	    (lower_alone(l, r) || !l->vreg[r])) {
		p->index = lower_use(l, v->a);
		p->scale = 1u << n;
		return;
	}
	p->index = lower_use(l, r);
	p->scale = 1;
}

/* frame + constant, which needs no register */
static bool is_frame_place(const struct lowering *l, ir_ref r, s64 *disp)
{
	const struct ir_ins *v = lower_val(l, r);
	s64 n = 0;

	if (v->op == IR_ADD && v->bits == 64 && lower_constant(l, v->b, &n))
		v = lower_val(l, v->a);
	if (v->op != IR_FRAME || !x86_fits32(*disp + n))
		return false;
	*disp += n;
	return true;
}

bool x86_frame_sum(struct lowering *l, const struct ir_ins *v, struct place *p)
{
	ir_ref index = v->b;

	if (lower_val(l, v->a)->op == IR_CONST || lower_val(l, v->b)->op == IR_CONST)
		return false;
	if (!is_frame_place(l, v->a, &p->disp)) {
		if (!is_frame_place(l, v->b, &p->disp))
			return false;
		index = v->a;
	}
	p->base = X86_FRAME;
	scaled(l, index, p);
	return true;
}

static bool is_scaled(const struct lowering *l, ir_ref r)
{
	const struct ir_ins *v = lower_val(l, r);
	s64 n;

	return v->op == IR_SHL && v->bits == 64 && lower_alone(l, r) &&
	       lower_constant(l, v->b, &n) && n > 0 && n <= 3;
}

bool x86_scaled_sum(struct lowering *l, const struct ir_ins *v, struct place *p)
{
	bool first = is_scaled(l, v->a);

	if (!first && !is_scaled(l, v->b))
		return false;
	if (lower_val(l, first ? v->b : v->a)->op == IR_CONST)
		return false;
	p->base = lower_use(l, first ? v->b : v->a);
	scaled(l, first ? v->a : v->b, p);
	return true;
}

struct place x86_address(struct lowering *l, ir_ref r, s64 disp)
{
	struct place p = {MACH_NONE, MACH_NONE, 1, disp};
	const struct ir_ins *v = lower_val(l, r);
	s64 n;

	while (v->op == IR_ADD && v->bits == 64 && lower_constant(l, v->b, &n) &&
	       x86_fits32(p.disp + n)) {
		p.disp += n;
		r = v->a;
		v = lower_val(l, r);
	}
	if (v->op == IR_FRAME) {
		p.base = X86_FRAME;
		return p;
	}
	if (v->op == IR_ADD && v->bits == 64 && lower_alone(l, r) && x86_frame_sum(l, v, &p))
		return p;
	if (v->op == IR_ADD && v->bits == 64 && lower_alone(l, r) &&
	    lower_val(l, v->b)->op != IR_CONST && lower_val(l, v->a)->op != IR_FRAME &&
	    lower_val(l, v->b)->op != IR_FRAME) {
		const struct ir_ins *a = lower_val(l, v->a);

		if (a->op == IR_SHL && lower_val(l, v->b)->op != IR_SHL) {
			p.base = lower_use(l, v->b);
			scaled(l, v->a, &p);
		} else {
			p.base = lower_use(l, v->a);
			scaled(l, v->b, &p);
		}
		return p;
	}
	p.base = lower_use(l, r);
	return p;
}

void x86_set_place(struct mach_ins *i, const struct place *p)
{
	i->base = p->base;
	i->index = p->index;
	i->scale = (u8)p->scale;
	i->disp = (s32)p->disp;
}

struct operand x86_operand(struct lowering *l, ir_ref r, u32 bits)
{
	struct operand o = {.reg = MACH_NONE};

	if (x86_immediate(l, r, bits, &o.imm)) {
		o.is_imm = true;
	} else if (lower_val(l, r)->size * 8u == bits && lower_can_take(l, r)) {
		o.is_mem = true;
		o.place = x86_address(l, lower_val(l, r)->a, lower_val(l, r)->imm);
	} else {
		o.reg = lower_use(l, r);
	}
	return o;
}

void x86_set_operand(struct mach_ins *i, const struct operand *o)
{
	if (o->is_imm)
		i->imm = o->imm;
	else if (o->is_mem)
		x86_set_place(i, &o->place);
	else
		i->src[1] = o->reg;
}

/* ends ---------------------------------------------------------------- */

static void jump_if(struct lowering *l, u32 cond, u32 to)
{
	struct mach_ins *i = lower_put(l, X86_JCC, 8);

	i->cond = (u8)cond;
	i->imm = to;
}

static void branch(struct lowering *l, const struct ir_ins *v)
{
	const struct ir_block *b = &l->f->blocks.data[v->block];
	u32 cond = x86_compare(l, v->a, v->b, v->bits, (u32)v->imm);

	jump_if(l, cond, lower_edge(l, v->block, b->succ[0]));
	lower_jump(l, lower_edge(l, v->block, b->succ[1]));
}

static void leave_for_another(struct lowering *l, const struct ir_ins *v)
{
	const ir_ref *args = &l->f->args.data[v->args];
	u32 values[2] = {lower_use(l, args[1]), lower_use(l, args[2])}, ctx = lower_use(l, args[0]),
	    mask;
	struct mach_ins *i;

	mask = lower_pass(l, values, 2, true);
	lower_call_address(l, NATIVE_CALL, (u32)v->imm, mask, MACH_NONE);
	x86_compare_const(l, 8, RAX, 0);
	jump_if(l, COND_EQ, lower_edge(l, v->block, l->f->blocks.data[v->block].succ[0]));
	lower_move(l, RDI, ctx);
	i = lower_put(l, X86_LEAVE, 8);
	i->src[0] = RAX;
	i->src[1] = RDI;
}

static void leave(struct lowering *l, const struct ir_ins *v)
{
	u32 to = lower_use(l, v->a), ctx = lower_use(l, v->b);
	struct mach_ins *i;

	lower_move(l, RAX, to);
	lower_move(l, RDI, ctx);
	i = lower_put(l, X86_LEAVE, 8);
	i->src[0] = RAX;
	i->src[1] = RDI;
}

static void switch_to(struct lowering *l, const struct ir_ins *v)
{
	u32 reg = lower_use(l, v->a), t = lower_fresh(l);
	struct lower_cases c = lower_switch(l, v);
	struct mach_ins *i;

	if (c.min) {
		struct place p = {reg, MACH_NONE, 1, -(s64)c.min};

		x86_lea(l, 8, t, &p);
	} else {
		lower_move(l, t, reg);
	}
	x86_compare_const(l, 8, t, (s64)(c.max - c.min));
	jump_if(l, COND_GT, c.none);
	i = lower_put(l, X86_SWITCH, 8);
	i->src[0] = t;
	i->def = lower_fresh(l);
	i->args = c.first;
	i->count = (u32)(c.max - c.min + 1);
}

static void end(struct lowering *l, const struct ir_ins *v)
{
	switch (v->op) {
	case IR_BRANCH: branch(l, v); break;
	case IR_SWITCH: switch_to(l, v); break;
	case IR_LEAVE: leave(l, v); break;
	default: leave_for_another(l, v);
	}
}

/* instructions ---------------------------------------------------------------- */

static void frame_address(struct lowering *l, u32 d)
{
	struct place p = {X86_FRAME, MACH_NONE, 1, 0};

	x86_lea(l, 8, d, &p);
}

static void value(struct lowering *l, const struct ir_ins *v, u32 d)
{
	switch (v->op) {
	case IR_ADD:
	case IR_SUB:
	case IR_AND:
	case IR_OR:
	case IR_XOR: x86_binary(l, v, d); break;
	case IR_MUL: x86_multiply(l, v, d); break;
	case IR_MULHU: x86_high_product(l, v, d); break;
	case IR_UDIV:
	case IR_UMOD:
	case IR_SDIV:
	case IR_SMOD: x86_divide(l, v, d); break;
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
	case IR_ROL: x86_shift(l, v, d); break;
	case IR_NEG:
	case IR_NOT:
	case IR_POPCNT: x86_unary(l, v, d); break;
	case IR_BSWAP: x86_swap_bytes(l, v, d); break;
	case IR_ZEXT:
	case IR_SEXT: x86_extend(l, v, d); break;
	case IR_CMP: x86_set_flag(l, v, d); break;
	case IR_SELECT: x86_select_value(l, v, d); break;
	case IR_LOAD:
	case IR_LOADS:
	case IR_ACQUIRE: x86_load(l, v, d); break;
	default: l->err = l->err ?: -EOPNOTSUPP;
	}
}

static void vector(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 regs[VECTOR_ARGS];
	struct mach_ins *i;

	for (u32 k = 0; k < VECTOR_ARGS; k++)
		regs[k] = k < v->count ? lower_use(l, l->f->args.data[v->args + k]) : MACH_NONE;
	i = lower_put(l, X86_VECTOR, 8);
	i->imm = v->imm;
	i->def = d;
	i->keeps = true;
	for (u32 k = 0; k < 3; k++)
		i->src[k] = regs[k];
	i->base = regs[3];
	i->index = regs[4];
}

static void effect(struct lowering *l, const struct ir_ins *v, u32 d)
{
	switch (v->op) {
	case IR_STORE:
	case IR_RELEASE: x86_store(l, v); break;
	case IR_ATOMIC: x86_atomic(l, v, d); break;
	case IR_CAS: x86_compare_exchange(l, v, d); break;
	case IR_FENCE: lower_put(l, X86_MFENCE, 8); break;
	case IR_NOSPEC:
		if (l->opts->flags & JIT_FENCE)
			lower_put(l, X86_LFENCE, 8);
		break;
	case IR_ACQUIRE:
		if (d != MACH_NONE)
			x86_load(l, v, d);
		break;
	case IR_LOADX: x86_load_carefully(l, v, d); break;
	case IR_VECTOR: vector(l, v, d); break;
	default: l->err = l->err ?: -EOPNOTSUPP;
	}
}

/* the target ---------------------------------------------------------------- */

static void implicit(const struct mach_ins *i, u64 *uses, u64 *defs)
{
	switch (i->op) {
	case X86_CALL:
	case X86_CALL_SUB:
		*uses = i->args;
		*defs = CALLER_SAVED;
		break;
	case X86_MULH:
		*uses = 1u << RAX;
		*defs = 1u << RAX | 1u << RDX;
		break;
	case X86_DIV:
	case X86_IDIV:
		*uses = 1u << RAX | 1u << RDX;
		*defs = 1u << RAX | 1u << RDX;
		break;
	case X86_CQO:
		*uses = 1u << RAX;
		*defs = 1u << RDX;
		break;
	case X86_CMPXCHG:
	case X86_FETCH:
		*uses = 1u << RAX;
		*defs = 1u << RAX;
		break;
	case X86_RET: *uses = 1u << RAX; break;
	}
}

static const u8 preference[] = {RCX, RDX, RSI, RDI, RAX, R8,  R9,
				R10, RBX, RBP, R12, R13, R14, 0xff};

const struct mach_target x86_target = {
	.name = "x86-64",
	.allocatable = 0x77ff & ~(1u << RSP | 1u << R11),
	.order = preference,
	.scratch = X86_SCRATCH,
	.branch = X86_JCC,
	.jump = X86_JMP,
	.implicit = implicit,
};

/* r1-r5 of subprograms; of helpers, behind the run. */
static const u8 sub_args[] = {RDI, RSI, RDX, RCX, R8};
static const u8 c_args[] = {RSI, RDX, RCX, R8, R9};

/* What no instruction takes: ten bytes of its own. */
static u32 const_cost(u64 value)
{
	return (s64)value != (s32)value && value >> 32 ? 2 : 0;
}

int x86_lower(const struct ir_function *f, const struct jit_options *opts,
	      struct mach_function *out)
{
	static const struct lower_target x86 = {
		.run = X86_RUN,
		.result = RAX,
		.args = sub_args,
		.c_run = RDI,
		.c_args = c_args,
		.jump = X86_JMP,
		.call = X86_CALL,
		.call_sub = X86_CALL_SUB,
		.ret = X86_RET,
		.trap = X86_TRAP,
		.frame = frame_address,
		.const_cost = const_cost,
		.value = value,
		.effect = effect,
		.end = end,
	};

	return lower_function(f, opts, &x86, out);
}
