// SPDX-License-Identifier: BSD-2-Clause
/* x86-64: loads, stores, atomics. */
#include "jit/x86_lower.h"

/* memory ---------------------------------------------------------------- */

void x86_load(struct lowering *l, const struct ir_ins *v, u32 d)
{
	struct place p = x86_address(l, v->a, v->imm);
	struct mach_ins *i = lower_put(l, v->op == IR_LOADS ? X86_LOADS : X86_LOAD, v->size);

	i->def = d;
	x86_set_place(i, &p);
}

static bool same_place(const struct ir_ins *x, const struct ir_ins *y)
{
	return x->a == y->a && x->imm == y->imm && x->size == y->size;
}

/* memory += value: the load, the sum and the store are one. */
static bool update_memory(struct lowering *l, const struct ir_ins *v)
{
	const struct ir_ins *sum = lower_val(l, v->b), *x;
	struct operand o = {.reg = MACH_NONE};
	struct place p;
	struct mach_ins *i;
	u32 op = x86_alu_op(sum->op);
	s64 n;

	if (op == MACH_NOP || !lower_alone(l, v->b) || sum->block != v->block || v->size < 4)
		return false;
	x = lower_val(l, sum->a);
	if (!lower_can_take(l, sum->a) || !same_place(x, v) || (v->size == 8 && sum->bits != 64))
		return false;
	if (x86_immediate(l, sum->b, v->size * 8u, &n)) {
		o.is_imm = true;
		o.imm = n;
	} else {
		o.reg = lower_use(l, sum->b);
	}
	p = x86_address(l, v->a, v->imm);
	i = lower_put(l, X86_MADD + (op - X86_ADD), v->size);
	x86_set_place(i, &p);
	if (o.is_imm)
		i->imm = o.imm;
	else
		i->src[0] = o.reg;
	return true;
}

/* What a narrower store does not keep needs not be made. */
static ir_ref stored(const struct lowering *l, const struct ir_ins *v)
{
	const struct ir_ins *x = lower_val(l, v->b);

	if ((x->op == IR_ZEXT || x->op == IR_SEXT) && x->size >= v->size)
		return x->a;
	return v->b;
}

void x86_store(struct lowering *l, const struct ir_ins *v)
{
	ir_ref value = stored(l, v);
	const struct ir_ins *x = lower_val(l, value);
	struct mach_ins *i;
	struct place p;
	u32 reg = MACH_NONE, op = X86_STORE;
	s64 n = 0;

	if (update_memory(l, v))
		return;
	if (l->opts->features & JIT_X86_MOVBE && x->op == IR_BSWAP && x->size == v->size &&
	    v->size >= 4 && lower_alone(l, value)) {
		reg = lower_use(l, x->a);
		op = X86_MOVBE_STORE;
	} else if (!lower_constant(l, value, &n) || (v->size == 8 && !x86_fits32(n))) {
		reg = lower_use(l, value);
		n = 0;
	}
	p = x86_address(l, v->a, v->imm);
	i = lower_put(l, op, v->size);
	i->src[0] = reg;
	i->imm = n;
	x86_set_place(i, &p);
}

static void zero_upper(struct lowering *l, u32 reg, u32 size)
{
	struct mach_ins *i;

	if (size == 8)
		return;
	i = lower_put(l, X86_MOVZX, 4);
	i->def = i->src[0] = reg;
}

void x86_atomic(struct lowering *l, const struct ir_ins *v, u32 d)
{
	static const u16 plain[] = {X86_LADD, X86_LOR, X86_LAND, X86_LXOR};
	u32 b = lower_use(l, v->b);
	struct place p = x86_address(l, v->a, v->imm);
	struct mach_ins *i;

	if (v->aux == ATOMIC_XCHG || (v->aux == ATOMIC_ADD && d != MACH_NONE)) {
		u32 reg = d == MACH_NONE ? lower_fresh(l) : d;

		lower_move(l, reg, b);
		i = lower_put(l, v->aux == ATOMIC_XCHG ? X86_XCHG : X86_XADD, v->size);
		i->def = i->src[0] = reg;
		i->keeps = true;
		x86_set_place(i, &p);
		zero_upper(l, reg, v->size);
		return;
	}
	if (d == MACH_NONE) {
		i = lower_put(l, plain[v->aux], v->size);
		i->src[0] = b;
		x86_set_place(i, &p);
		return;
	}
	/* By compare and exchange: rax holds the old value, so nothing else may. */
	i = lower_put(l, X86_LOAD, v->size);
	i->def = RAX;
	x86_set_place(i, &p);
	i = lower_put(l, X86_FETCH, v->size);
	i->src[0] = b;
	i->cond = v->aux;
	x86_set_place(i, &p);
	lower_move(l, d, RAX);
}

void x86_compare_exchange(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 b = lower_use(l, v->b), c = lower_use(l, v->c);
	struct place p = x86_address(l, v->a, v->imm);
	struct mach_ins *i;

	lower_move(l, RAX, c);
	i = lower_put(l, X86_CMPXCHG, v->size);
	i->src[0] = b;
	x86_set_place(i, &p);
	if (d == MACH_NONE)
		return;
	lower_move(l, d, RAX);
	zero_upper(l, d, v->size);
}

/* A load the runtime makes: what cannot be read is 0. */
void x86_load_carefully(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 values[2], mask;
	struct place p = x86_address(l, v->a, v->imm);

	values[0] = lower_fresh(l);
	x86_lea(l, 8, values[0], &p);
	values[1] = lower_const_register(l, v->size);
	mask = lower_pass(l, values, 2, true);
	lower_call_address(l, NATIVE_CALL, NATIVE_LOAD, mask, d == MACH_NONE ? lower_fresh(l) : d);
}
