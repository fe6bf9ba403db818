// SPDX-License-Identifier: BSD-2-Clause
/* aarch64: loads, stores, atomics. */
#include "jit/a64_lower.h"

/* addresses ---------------------------------------------------------------- */

/* An index, times the access's size when it is shifted so, extended when it was narrow. */
static bool as_index(struct lowering *l, ir_ref r, u32 size, struct a64_place *p)
{
	const struct ir_ins *v = lower_val(l, r), *x;
	s64 n;

	p->scale = 1;
	p->extend = A64_UXTX;
	if (v->op == IR_SHL && v->bits == 64 && size > 1 && lower_constant(l, v->b, &n) &&
	    (n & 63) == a64_size(size) && lower_val(l, r)->block == lower_val(l, l->at)->block) {
		p->scale = size;
		r = v->a;
	} else if (v->op == IR_CONST || v->op == IR_FRAME) {
		return false;
	}
	x = lower_val(l, r);
	if ((x->op == IR_ZEXT || (x->op == IR_SEXT && x->bits == 64)) && x->size == 4 &&
	    a64_takes(l, r)) {
		p->extend = x->op == IR_ZEXT ? A64_UXTW : A64_SXTW;
		r = x->a;
	}
	p->index = lower_use(l, r);
	return p->scale > 1 || p->extend != A64_UXTX;
}

static bool prefers_index(const struct lowering *l, ir_ref r, u32 size)
{
	const struct ir_ins *v = lower_val(l, r);
	s64 n;

	return (v->op == IR_SHL && lower_constant(l, v->b, &n) && (n & 63) == a64_size(size)) ||
	       ((v->op == IR_ZEXT || v->op == IR_SEXT) && v->size == 4);
}

static bool encodable(s64 disp, u32 size)
{
	return a64_is_scaled(disp, size) || a64_is_unscaled(disp);
}

static struct a64_place address(struct lowering *l, ir_ref r, s64 disp, u32 size)
{
	struct a64_place p = {.base = MACH_NONE, .index = MACH_NONE, .scale = 1};
	const struct ir_ins *v = lower_val(l, r);
	s64 n, upper;

	while (v->op == IR_ADD && v->bits == 64 && lower_constant(l, v->b, &n) &&
	       disp + n == (s32)(disp + n)) {
		disp += n;
		r = v->a;
		v = lower_val(l, r);
	}
	p.disp = disp;
	if (v->op == IR_FRAME) {
		p.base = A64_FRAME;
		return p;
	}
	if (!disp && v->op == IR_ADD && v->bits == 64 && lower_alone(l, r) &&
	    lower_val(l, v->b)->op != IR_CONST && lower_val(l, v->a)->op != IR_FRAME &&
	    lower_val(l, v->b)->op != IR_FRAME) {
		ir_ref base = v->a, index = v->b;

		if (prefers_index(l, base, size) && !prefers_index(l, index, size)) {
			base = v->b;
			index = v->a;
		}
		as_index(l, index, size, &p);
		p.base = lower_use(l, base);
		return p;
	}
	p.base = lower_use(l, r);
	if (encodable(disp, size))
		return p;
	/* The upper part is added first, where the rest then fits. */
	upper = disp & ~(s64)(size * 4096 - 1);
	if (!encodable(disp - upper, size))
		upper = disp & ~(s64)0xff;
	n = upper < 0 ? -upper : upper;
	if (a64_is_addsub_imm((u64)n)) {
		u32 t = lower_fresh(l);

		a64_add_const(l, 64, t, p.base, upper);
		p.base = t;
		p.disp = disp - upper;
	} else {
		p.index = lower_const_register(l, disp);
		p.extend = A64_UXTX;
		p.disp = 0;
	}
	return p;
}

static void set_place(struct mach_ins *i, const struct a64_place *p)
{
	i->base = p->base;
	i->index = p->index;
	i->scale = (u8)p->scale;
	i->cond = (u8)p->extend;
	i->disp = (s32)p->disp;
}

/* The address in a register of its own, where instructions take no other. */
static u32 address_register(struct lowering *l, ir_ref r, s64 disp)
{
	const struct ir_ins *v = lower_val(l, r);
	u32 t, base;
	s64 n;

	while (v->op == IR_ADD && v->bits == 64 && lower_constant(l, v->b, &n) &&
	       disp + n == (s32)(disp + n)) {
		disp += n;
		r = v->a;
		v = lower_val(l, r);
	}
	if (!disp)
		return lower_use(l, r);
	t = lower_fresh(l);
	base = v->op == IR_FRAME && a64_is_addsub_imm((u64)(disp < 0 ? -disp : disp))
		       ? A64_FRAME
		       : lower_use(l, r);
	a64_add_const(l, 64, t, base, disp);
	return t;
}

/* loads and stores ---------------------------------------------------------------- */

void a64_load_value(struct lowering *l, const struct ir_ins *v, u32 d)
{
	struct a64_place p = address(l, v->a, v->imm, v->size);
	struct mach_ins *i =
		lower_put(l, v->op == IR_LOADS && v->size < 8 ? A64_LOADS : A64_LOAD, v->size);

	i->def = d;
	set_place(i, &p);
}

/* What a narrower store does not keep needs not be made. */
static ir_ref stored(const struct lowering *l, const struct ir_ins *v)
{
	const struct ir_ins *x = lower_val(l, v->b);

	if ((x->op == IR_ZEXT || x->op == IR_SEXT) && x->size >= v->size)
		return x->a;
	return v->b;
}

/* A constant of no more bits than are stored: whichever is made the easier. */
static u32 stored_register(struct lowering *l, const struct ir_ins *v, ir_ref r)
{
	u64 keep = v->size == 8 ? ~0ull : (1ull << v->size * 8) - 1;
	s64 n;

	if (!lower_constant(l, r, &n) || v->size > 4)
		return a64_use_zero(l, r);
	return (u64)n & keep ? lower_const_register(l, (s64)((u64)n & keep)) : A64_ZR;
}

void a64_store_value(struct lowering *l, const struct ir_ins *v)
{
	u32 reg = stored_register(l, v, stored(l, v));
	struct a64_place p = address(l, v->a, v->imm, v->size);
	struct mach_ins *i = lower_put(l, A64_STORE, v->size);

	i->src[0] = reg;
	set_place(i, &p);
}

void a64_acquire(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 base = address_register(l, v->a, v->imm);
	struct mach_ins *i = lower_put(l, A64_LDAR, v->size);

	i->def = d == MACH_NONE ? lower_fresh(l) : d;
	i->base = base;
}

void a64_release(struct lowering *l, const struct ir_ins *v)
{
	u32 reg = a64_use_zero(l, v->b), base = address_register(l, v->a, v->imm);
	struct mach_ins *i = lower_put(l, A64_STLR, v->size);

	i->src[0] = reg;
	i->base = base;
}

/* atomics ---------------------------------------------------------------- */

/*
 * With a result: ordered with all before and after. Without one, as the kernel's
 * model has it, not at all; then the machine's instruction may drop the old value.
 */
void a64_atomic(struct lowering *l, const struct ir_ins *v, u32 d)
{
	bool lse = l->opts->features & JIT_A64_LSE;
	u32 value = lower_use(l, v->b), base = address_register(l, v->a, v->imm), t;
	bool ordered = d != MACH_NONE || v->aux == ATOMIC_XCHG;
	struct mach_ins *i;

	if (lse && v->aux == ATOMIC_AND) { /* the machine clears bits */
		t = lower_fresh(l);
		a64_put3(l, A64_ORN, v->size * 8u, t, A64_ZR, value);
		value = t;
	}
	t = d != MACH_NONE ? d : ordered && lse ? lower_fresh(l) : MACH_NONE;
	/* The loop then takes lr, too. */
	if (!lse && d != MACH_NONE)
		l->m->calls = true;
	i = lower_put(l, lse ? A64_RMW : A64_RMWX, v->size);
	i->def = t;
	i->src[0] = value;
	i->base = base;
	i->cond = v->aux;
	i->imm = ordered;
}

void a64_compare_exchange(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 value = lower_use(l, v->b), expected = lower_use(l, v->c);
	u32 base = address_register(l, v->a, v->imm), old = d;
	bool lse = l->opts->features & JIT_A64_LSE;
	struct mach_ins *i;

	if (lse && d == MACH_NONE)
		old = lower_fresh(l);

	if (lse)
		lower_move(l, old, expected);
	i = lower_put(l, lse ? A64_CAS : A64_CASX, v->size);
	i->def = old;
	i->src[0] = lse ? old : expected;
	i->src[1] = value;
	i->base = base;
}

/* A load the runtime makes: what cannot be read is 0. */
void a64_load_carefully(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 values[2], mask;

	values[0] = address_register(l, v->a, v->imm);
	values[1] = lower_const_register(l, v->size);
	mask = lower_pass(l, values, 2, true);
	lower_call_address(l, NATIVE_CALL, NATIVE_LOAD, mask, d == MACH_NONE ? lower_fresh(l) : d);
}
