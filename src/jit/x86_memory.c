// SPDX-License-Identifier: BSD-2-Clause
/* x86-64: loads, stores, atomics, calls. */
#include "jit/x86_lower.h"

/* memory ---------------------------------------------------------------- */

void x86_load(struct lowering *l, const struct ir_ins *v, u32 d)
{
	struct place p = x86_address(l, v->a, v->imm);
	struct mach_ins *i = x86_put(l, v->op == IR_LOADS ? X86_LOADS : X86_LOAD, v->size);

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
	const struct ir_ins *sum = x86_val(l, v->b), *x;
	struct operand o = {.reg = MACH_NONE};
	struct place p;
	struct mach_ins *i;
	u32 op = x86_alu_op(sum->op);
	s64 n;

	if (op == MACH_NOP || !x86_alone(l, v->b) || sum->block != v->block || v->size < 4)
		return false;
	x = x86_val(l, sum->a);
	if (!x86_can_take(l, sum->a) || !same_place(x, v) || (v->size == 8 && sum->bits != 64))
		return false;
	if (x86_immediate(l, sum->b, v->size * 8u, &n)) {
		o.is_imm = true;
		o.imm = n;
	} else {
		o.reg = x86_use(l, sum->b);
	}
	p = x86_address(l, v->a, v->imm);
	i = x86_put(l, X86_MADD + (op - X86_ADD), v->size);
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
	const struct ir_ins *x = x86_val(l, v->b);

	if ((x->op == IR_ZEXT || x->op == IR_SEXT) && x->size >= v->size)
		return x->a;
	return v->b;
}

void x86_store(struct lowering *l, const struct ir_ins *v)
{
	ir_ref value = stored(l, v);
	const struct ir_ins *x = x86_val(l, value);
	struct mach_ins *i;
	struct place p;
	u32 reg = MACH_NONE, op = X86_STORE;
	s64 n = 0;

	if (update_memory(l, v))
		return;
	if (l->opts->features & JIT_X86_MOVBE && x->op == IR_BSWAP && x->size == v->size &&
	    v->size >= 4 && x86_alone(l, value)) {
		reg = x86_use(l, x->a);
		op = X86_MOVBE_STORE;
	} else if (!x86_constant(l, value, &n) || (v->size == 8 && !x86_fits32(n))) {
		reg = x86_use(l, value);
		n = 0;
	}
	p = x86_address(l, v->a, v->imm);
	i = x86_put(l, op, v->size);
	i->src[0] = reg;
	i->imm = n;
	x86_set_place(i, &p);
}

static void zero_upper(struct lowering *l, u32 reg, u32 size)
{
	struct mach_ins *i;

	if (size == 8)
		return;
	i = x86_put(l, X86_MOVZX, 4);
	i->def = i->src[0] = reg;
}

void x86_atomic(struct lowering *l, const struct ir_ins *v, u32 d)
{
	static const u16 plain[] = {X86_LADD, X86_LOR, X86_LAND, X86_LXOR};
	u32 b = x86_use(l, v->b);
	struct place p = x86_address(l, v->a, v->imm);
	struct mach_ins *i;

	if (v->aux == ATOMIC_XCHG || (v->aux == ATOMIC_ADD && d != MACH_NONE)) {
		u32 reg = d == MACH_NONE ? x86_fresh(l) : d;

		x86_move(l, reg, b);
		i = x86_put(l, v->aux == ATOMIC_XCHG ? X86_XCHG : X86_XADD, v->size);
		i->def = i->src[0] = reg;
		i->keeps = true;
		x86_set_place(i, &p);
		zero_upper(l, reg, v->size);
		return;
	}
	if (d == MACH_NONE) {
		i = x86_put(l, plain[v->aux], v->size);
		i->src[0] = b;
		x86_set_place(i, &p);
		return;
	}
	/* By compare and exchange: rax holds the old value, so nothing else may. */
	i = x86_put(l, X86_LOAD, v->size);
	i->def = RAX;
	x86_set_place(i, &p);
	i = x86_put(l, X86_FETCH, v->size);
	i->src[0] = b;
	i->cond = v->aux;
	x86_set_place(i, &p);
	x86_move(l, d, RAX);
}

void x86_compare_exchange(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 b = x86_use(l, v->b), c = x86_use(l, v->c);
	struct place p = x86_address(l, v->a, v->imm);
	struct mach_ins *i;

	x86_move(l, RAX, c);
	i = x86_put(l, X86_CMPXCHG, v->size);
	i->src[0] = b;
	x86_set_place(i, &p);
	if (d == MACH_NONE)
		return;
	x86_move(l, d, RAX);
	zero_upper(l, d, v->size);
}

/* calls ---------------------------------------------------------------- */

/* Arguments into their registers at once; returns the mask of registers. */
u32 x86_pass(struct lowering *l, const u8 *regs, const u32 *values, u32 n, bool with_run)
{
	struct mach_ins *i;
	u32 first = (u32)l->m->copies.len, mask = 0;

	for (u32 k = 0; k < n; k++) {
		struct mach_copy c = {.to = regs[k], .from = values[k]};

		l->err = l->err ?: vec_push(&l->m->copies, c);
		mask |= 1u << regs[k];
	}
	if (with_run) {
		struct mach_copy c = {.to = RDI, .from = X86_RUN};

		l->err = l->err ?: vec_push(&l->m->copies, c);
		mask |= 1u << RDI;
	}
	i = x86_put(l, MACH_PARALLEL, 8);
	i->args = first;
	i->count = (u32)l->m->copies.len - first;
	return mask;
}

/* Constants go into their registers by the copies themselves. */
static void take_args(struct lowering *l, const struct ir_ins *v, u32 n, u32 values[5])
{
	for (u32 k = 0; k < n; k++)
		values[k] = x86_use(l, l->f->args.data[v->args + k]);
}

void x86_call_address(struct lowering *l, u32 kind, u32 index, u32 mask, u32 d)
{
	struct mach_ins *i = x86_put(l, X86_CALL, 8);

	i->reloc = kind + 1;
	i->imm = (s64)((u64)index << 32);
	i->args = mask;
	l->m->calls = true;
	if (d != MACH_NONE)
		x86_move(l, d, RAX);
}

static u32 helper_arg_count(u32 id)
{
	const struct helper_proto *p = core_helper(id);
	u32 n = 0;

	while (p && n < 5 && p->args[n] != ARG_NONE)
		n++;
	return p ? n : 5;
}

void x86_call(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 values[5], n = v->count, mask;
	struct mach_ins *i;

	switch (v->op) {
	case IR_HELPER:
		n = helper_arg_count((u32)v->imm);
		take_args(l, v, n, values);
		mask = x86_pass(l, x86_helper_args, values, n, true);
		x86_call_address(l, NATIVE_HELPER, (u32)v->imm, mask, d);
		return;
	case IR_CCALL:
		take_args(l, v, n, values);
		mask = x86_pass(l, x86_helper_args, values, n, true);
		x86_call_address(l, NATIVE_CALL, (u32)v->imm, mask, d);
		return;
	default:
		take_args(l, v, n, values);
		mask = x86_pass(l, x86_sub_args, values, n, false);
		i = x86_put(l, X86_CALL_SUB, 8);
		i->imm = v->imm;
		i->args = mask;
		l->m->calls = true;
		if (d != MACH_NONE)
			x86_move(l, d, RAX);
	}
}

/* A load the runtime makes: what cannot be read is 0. */
void x86_load_carefully(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 values[2], mask;
	struct place p = x86_address(l, v->a, v->imm);

	values[0] = x86_fresh(l);
	x86_lea(l, 8, values[0], &p);
	values[1] = x86_const_register(l, v->size);
	mask = x86_pass(l, x86_helper_args, values, 2, true);
	x86_call_address(l, NATIVE_CALL, NATIVE_LOAD, mask, d == MACH_NONE ? x86_fresh(l) : d);
}
