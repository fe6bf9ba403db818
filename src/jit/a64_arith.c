// SPDX-License-Identifier: BSD-2-Clause
/* aarch64: arithmetic. */
#include "jit/a64_lower.h"

static u32 machine_op(u32 op)
{
	switch (op) {
	case IR_ADD: return A64_ADD;
	case IR_SUB: return A64_SUB;
	case IR_AND: return A64_AND;
	case IR_OR: return A64_ORR;
	default: return A64_EOR;
	}
}

static u64 mask(u32 bits)
{
	return bits >= 64 ? ~0ull : (1ull << bits) - 1;
}

static void bitfield(struct lowering *l, u32 op, u32 bits, u32 d, u32 a, u32 immr, u32 imms)
{
	struct mach_ins *i = a64_put3(l, op, bits, d, a, MACH_NONE);

	i->imm = immr;
	i->disp = (s32)imms;
}

/* sums ---------------------------------------------------------------- */

/* c +- a * b in one. */
static bool multiply_add(struct lowering *l, const struct ir_ins *v, u32 d)
{
	ir_ref product = v->b, other = v->a;
	const struct ir_ins *p = lower_val(l, product);
	struct mach_ins *i;
	u32 a, b, c;
	s64 n;

	if (v->op == IR_ADD && (p->op != IR_MUL || !a64_takes(l, product))) {
		product = v->a;
		other = v->b;
		p = lower_val(l, product);
	}
	if (p->op != IR_MUL || p->bits < v->bits || !a64_takes(l, product) ||
	    lower_constant(l, p->b, &n))
		return false;
	a = lower_use(l, p->a);
	b = lower_use(l, p->b);
	c = a64_use_zero(l, other);
	i = a64_put3(l, v->op == IR_ADD ? A64_MADD : A64_MSUB, v->bits, d, a, b);
	i->src[2] = c;
	return true;
}

/* (x >> n) & mask, x & mask: a bit field. */
static bool field(struct lowering *l, const struct ir_ins *v, u32 d, u64 value)
{
	const struct ir_ins *x = lower_val(l, v->a);
	u32 width = (u32)__builtin_ctzll(~value), fields;
	s64 n;

	if (!value || !~value || value & (value + 1))
		return false;
	if (x->op == IR_SHR && x->bits >= v->bits && lower_constant(l, x->b, &n) &&
	    a64_takes(l, v->a)) {
		n &= x->bits - 1;
		width = MIN(width, x->bits - (u32)n);
		bitfield(l, A64_UBFM, x->bits, d, lower_use(l, x->a), (u32)n, (u32)n + width - 1);
		return true;
	}
	if (a64_logical_fields(value, v->bits == 64, &fields))
		return false; /* as a constant of and */
	bitfield(l, A64_UBFM, v->bits, d, lower_use(l, v->a), 0, width - 1);
	return true;
}

static bool with_constant(struct lowering *l, const struct ir_ins *v, u32 d)
{
	struct mach_ins *i;
	u32 fields;
	s64 n;

	if (!lower_constant(l, v->b, &n))
		return false;
	if (v->bits == 32)
		n = (s64)(u32)n;
	if (v->op == IR_ADD || v->op == IR_SUB) {
		u64 positive;

		if (v->bits == 32)
			n = (s32)n;
		if (v->op == IR_SUB)
			n = (s64) - (u64)n;
		positive = (u64)(n < 0 ? -(u64)n : (u64)n);
		if (positive >= 1u << 24)
			return false;
		if (lower_val(l, v->a)->op == IR_FRAME && a64_is_addsub_imm(positive))
			a64_add_const(l, v->bits, d, A64_FRAME, n);
		else
			a64_add_const(l, v->bits, d, lower_use(l, v->a), n);
		return true;
	}
	if (v->op == IR_AND && field(l, v, d, (u64)n))
		return true;
	if (v->op == IR_XOR && (u64)n == mask(v->bits)) {
		a64_put3(l, A64_ORN, v->bits, d, A64_ZR, lower_use(l, v->a));
		return true;
	}
	if (!a64_logical_fields((u64)n, v->bits == 64, &fields))
		return false;
	i = a64_put3(l, machine_op(v->op), v->bits, d, lower_use(l, v->a), MACH_NONE);
	i->imm = n;
	return true;
}

/* x & ~y and the like. */
static bool inverted(struct lowering *l, const struct ir_ins *v, ir_ref x, ir_ref y, u32 d)
{
	const struct ir_ins *b = lower_val(l, y);
	struct a64_operand o;
	ir_ref inner = b->a;
	struct mach_ins *i;
	s64 n;
	u32 a;

	if (v->op == IR_ADD || v->op == IR_SUB || b->bits < v->bits || !a64_takes(l, y))
		return false;
	if (b->op != IR_NOT && !(b->op == IR_XOR && lower_constant(l, b->b, &n) &&
				 ((u64)n & mask(v->bits)) == mask(v->bits)))
		return false;
	o = a64_shifted(l, inner, v->op, v->bits);
	a = lower_use(l, x);
	i = lower_put(l, A64_BIC + (machine_op(v->op) - A64_AND), v->bits / 8);
	i->def = d;
	i->src[0] = a;
	a64_set_operand(i, &o);
	return true;
}

/* What shifts or extends had better be the second operand. */
static bool is_shift(const struct lowering *l, ir_ref r)
{
	u32 op = lower_val(l, r)->op;

	return op == IR_SHL || op == IR_SHR || op == IR_SAR || op == IR_ZEXT || op == IR_SEXT ||
	       op == IR_NOT || op == IR_ROL;
}

void a64_binary_value(struct lowering *l, const struct ir_ins *v, u32 d)
{
	ir_ref x = v->a, y = v->b;
	struct a64_operand o;
	struct mach_ins *i;
	u32 a;

	if (with_constant(l, v, d))
		return;
	if ((v->op == IR_ADD || v->op == IR_SUB) && multiply_add(l, v, d))
		return;
	if (ir_flags(v->op) & IR_COMM && !is_shift(l, y) && is_shift(l, x)) {
		x = v->b;
		y = v->a;
	}
	if (inverted(l, v, x, y, d))
		return;
	o = a64_shifted(l, y, v->op, v->bits);
	/* With an extended second operand, register 31 is sp. */
	a = o.shift >= A64_UXTB ? lower_use(l, x) : a64_use_zero(l, x);
	i = lower_put(l, machine_op(v->op), v->bits / 8);
	i->def = d;
	i->src[0] = a;
	a64_set_operand(i, &o);
}

/* products ---------------------------------------------------------------- */

/* By 2^n + 1 or 2^n - 1: a shift and a sum. */
static bool by_sum(struct lowering *l, u32 bits, u32 d, u32 a, u64 n)
{
	struct mach_ins *i;
	u32 t;

	if (n > 2 && !((n - 1) & (n - 2))) {
		i = a64_put3(l, A64_ADD, bits, d, a, a);
		i->imm = __builtin_ctzll(n - 1);
		return true;
	}
	if (n > 2 && !((n + 1) & n)) {
		t = lower_fresh(l);
		bitfield(l, A64_UBFM, bits, t, a, bits - (u32)__builtin_ctzll(n + 1),
			 bits - 1 - (u32)__builtin_ctzll(n + 1));
		a64_put3(l, A64_SUB, bits, d, t, a);
		return true;
	}
	return false;
}

void a64_multiply(struct lowering *l, const struct ir_ins *v, u32 d)
{
	struct mach_ins *i;
	u32 a, b;
	s64 n;

	if (lower_constant(l, v->b, &n)) {
		u64 value = (u64)n & mask(v->bits);

		if (value > 2 && (!((value - 1) & (value - 2)) ||
				  (!((value + 1) & value) && value != mask(v->bits)))) {
			by_sum(l, v->bits, d, lower_use(l, v->a), value);
			return;
		}
	}
	a = lower_use(l, v->a);
	b = lower_use(l, v->b);
	i = a64_put3(l, A64_MADD, v->bits, d, a, b);
	i->src[2] = A64_ZR;
}

void a64_high_product(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 a = lower_use(l, v->a), b = lower_use(l, v->b), t;

	if (v->bits == 64) {
		a64_put3(l, A64_UMULH, 64, d, a, b);
		return;
	}
	t = lower_fresh(l);
	a64_put3(l, A64_UMULL, 64, t, a, b);
	bitfield(l, A64_UBFM, 64, d, t, 32, 63);
}

/* The machine's rules are BPF's: x / 0 is 0, the most negative by -1 itself. */
void a64_divide(struct lowering *l, const struct ir_ins *v, u32 d)
{
	bool is_signed = v->op == IR_SDIV || v->op == IR_SMOD;
	bool is_mod = v->op == IR_UMOD || v->op == IR_SMOD;
	u32 bits = v->bits, a, b, q;
	struct mach_ins *i;

	if (!is_signed && lower_upper_zero(l, v->a) && lower_upper_zero(l, v->b))
		bits = 32;
	a = lower_use(l, v->a);
	b = lower_use(l, v->b);
	q = is_mod ? lower_fresh(l) : d;
	a64_put3(l, is_signed ? A64_SDIV : A64_UDIV, bits, q, a, b);
	if (!is_mod)
		return;
	i = a64_put3(l, A64_MSUB, bits, d, q, b);
	i->src[2] = a;
}

/* shifts ---------------------------------------------------------------- */

/* A shift of what is a field already: ubfx, sbfx, ubfiz, sbfiz. */
static bool shift_of_field(struct lowering *l, const struct ir_ins *v, u32 d, u32 n)
{
	const struct ir_ins *x = lower_val(l, v->a);
	u32 bits = v->bits, width;
	bool is_signed;
	u64 m = 0;
	s64 k;

	if (!a64_takes(l, v->a))
		return false;
	if (x->op == IR_SHL && x->bits == bits && v->op != IR_SHL && lower_constant(l, x->b, &k)) {
		u32 op = v->op == IR_SHR ? A64_UBFM : A64_SBFM, a = lower_use(l, x->a);

		k &= bits - 1;
		bitfield(l, op, bits, d, a, (n - (u32)k) & (bits - 1), bits - 1 - (u32)k);
		return true;
	}
	if (x->op == IR_ZEXT || x->op == IR_SEXT) {
		is_signed = x->op == IR_SEXT;
		width = x->size * 8u;
	} else if (x->op == IR_AND && x->bits >= bits && lower_constant(l, x->b, &k) && k &&
		   !((u64)k & ((u64)k + 1)) && v->op == IR_SHL) {
		is_signed = false;
		m = (u64)k;
		width = (u32)__builtin_popcountll(m);
	} else {
		return false;
	}
	/* A narrower sign extension has an upper half of zero. */
	if (is_signed && x->bits != bits)
		return false;
	if (v->op == IR_SHL) {
		width = MIN(width, bits - n);
		bitfield(l, is_signed ? A64_SBFM : A64_UBFM, bits, d, lower_use(l, x->a),
			 (bits - n) & (bits - 1), width - 1);
		return true;
	}
	if (n >= width || width > bits || (v->op == IR_SHR) == is_signed)
		return false;
	bitfield(l, is_signed ? A64_SBFM : A64_UBFM, bits, d, lower_use(l, x->a), n, width - 1);
	return true;
}

void a64_shift_value(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 bits = v->bits, a, count, t;
	struct mach_ins *i;
	s64 n;

	if (lower_constant(l, v->b, &n)) {
		n &= bits - 1;
		if (n && v->op != IR_ROL && shift_of_field(l, v, d, (u32)n))
			return;
		a = lower_use(l, v->a);
		switch (v->op) {
		case IR_SHL:
			bitfield(l, A64_UBFM, bits, d, a, (bits - (u32)n) & (bits - 1),
				 bits - 1 - (u32)n);
			break;
		case IR_SHR: bitfield(l, A64_UBFM, bits, d, a, (u32)n, bits - 1); break;
		case IR_SAR: bitfield(l, A64_SBFM, bits, d, a, (u32)n, bits - 1); break;
		default: i = a64_put3(l, A64_EXTR, bits, d, a, a); i->imm = (bits - n) & (bits - 1);
		}
		return;
	}
	a = lower_use(l, v->a);
	count = lower_use(l, v->b);
	switch (v->op) {
	case IR_SHL: a64_put3(l, A64_LSLV, bits, d, a, count); break;
	case IR_SHR: a64_put3(l, A64_LSRV, bits, d, a, count); break;
	case IR_SAR: a64_put3(l, A64_ASRV, bits, d, a, count); break;
	default:
		t = lower_fresh(l);
		a64_put3(l, A64_SUB, 32, t, A64_ZR, count);
		a64_put3(l, A64_RORV, bits, d, a, t);
	}
}

/* one operand ---------------------------------------------------------------- */

void a64_unary_value(struct lowering *l, const struct ir_ins *v, u32 d)
{
	const struct ir_ins *x = lower_val(l, v->a);
	struct a64_operand o;
	struct mach_ins *i;
	s64 n;

	if (v->op == IR_NEG && x->op == IR_MUL && x->bits >= v->bits && a64_takes(l, v->a) &&
	    !lower_constant(l, x->b, &n)) {
		u32 a = lower_use(l, x->a), b = lower_use(l, x->b);

		i = a64_put3(l, A64_MSUB, v->bits, d, a, b);
		i->src[2] = A64_ZR;
		return;
	}
	/* A logical operation: sums take extended operands, but not with the zero register. */
	o = a64_shifted(l, v->a, IR_AND, v->bits);
	if (o.shift == A64_ROR && v->op == IR_NEG) {
		u32 t = lower_fresh(l);

		i = a64_put3(l, A64_EXTR, v->bits, t, o.reg, o.reg);
		i->imm = o.imm;
		o = (struct a64_operand){.reg = t};
	}
	i = lower_put(l, v->op == IR_NEG ? A64_SUB : A64_ORN, v->bits / 8);
	i->def = d;
	i->src[0] = A64_ZR;
	a64_set_operand(i, &o);
}

void a64_swap_bytes(struct lowering *l, const struct ir_ins *v, u32 d)
{
	const struct ir_ins *x = lower_val(l, v->a);
	u32 a = lower_use(l, v->a), t;

	if (v->size >= 4) {
		a64_put3(l, A64_REV, v->size * 8u, d, a, MACH_NONE);
		return;
	}
	if (!(~x->zeros >> 16) && x->op != IR_CONST) {
		a64_put3(l, A64_REV16, 32, d, a, MACH_NONE);
		return;
	}
	t = lower_fresh(l);
	a64_put3(l, A64_REV, 32, t, a, MACH_NONE);
	bitfield(l, A64_UBFM, 32, d, t, 16, 31);
}

/* An extension of a field or of a load that extends already is part of it. */
void a64_extend(struct lowering *l, const struct ir_ins *v, u32 d)
{
	const struct ir_ins *x = lower_val(l, v->a);
	bool is_signed = v->op == IR_SEXT;
	u32 width = v->size * 8u, bits = is_signed ? v->bits : 32, from = 0;
	ir_ref of = v->a;
	s64 n;

	if (!is_signed && v->size == 4 && lower_upper_zero(l, v->a)) {
		lower_move(l, d, lower_use(l, v->a));
		return;
	}
	if (x->op == IR_SHR && a64_takes(l, v->a) && lower_constant(l, x->b, &n) &&
	    (n & (x->bits - 1)) + width <= x->bits) {
		from = (u32)n & (x->bits - 1);
		of = x->a;
		if (from + width > 32)
			bits = MAX(bits, 64u);
		/* The result of a narrow sign extension ends at bit 31. */
		if (is_signed && bits != v->bits) {
			from = 0;
			of = v->a;
			bits = v->bits;
		}
	}
	if (!is_signed && width == 32 && !from) {
		a64_put3(l, A64_ORR, 32, d, A64_ZR, lower_use(l, of));
		return;
	}
	bitfield(l, is_signed ? A64_SBFM : A64_UBFM, bits, d, lower_use(l, of), from,
		 from + width - 1);
}

/* bits ---------------------------------------------------------------- */

static u32 masked(struct lowering *l, u32 bits, u32 a, u64 m)
{
	struct mach_ins *i;
	u32 d = lower_fresh(l);

	i = a64_put3(l, A64_AND, bits, d, a, MACH_NONE);
	i->imm = (s64)(m & mask(bits));
	return d;
}

static u32 with_shift(struct lowering *l, u32 op, u32 bits, u32 a, u32 b, u32 amount)
{
	u32 d = lower_fresh(l);
	struct mach_ins *i = a64_put3(l, op, bits, d, a, b);

	i->cond = A64_LSR;
	i->imm = amount;
	return d;
}

/* Without vector registers: sums of neighbouring bits, pairs, fours; then of all bytes. */
static void count_by_sums(struct lowering *l, u32 bits, u32 d, u32 a)
{
	u32 t, u, bytes;
	struct mach_ins *i;

	t = lower_fresh(l);
	bitfield(l, A64_UBFM, bits, t, a, 1, bits - 1);
	t = masked(l, bits, t, 0x5555555555555555);
	u = lower_fresh(l);
	a64_put3(l, A64_SUB, bits, u, a, t);
	t = lower_fresh(l);
	bitfield(l, A64_UBFM, bits, t, u, 2, bits - 1);
	t = masked(l, bits, t, 0x3333333333333333);
	u = masked(l, bits, u, 0x3333333333333333);
	bytes = lower_fresh(l);
	a64_put3(l, A64_ADD, bits, bytes, u, t);
	bytes = with_shift(l, A64_ADD, bits, bytes, bytes, 4);
	bytes = masked(l, bits, bytes, 0x0f0f0f0f0f0f0f0f);
	t = lower_const_register(l, (s64)(0x0101010101010101 & mask(bits)));
	u = lower_fresh(l);
	i = a64_put3(l, A64_MADD, bits, u, bytes, t);
	i->src[2] = A64_ZR;
	bitfield(l, A64_UBFM, bits, d, u, bits - 8, bits - 1);
}

void a64_count_bits(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 a = lower_use(l, v->a);

	if (l->opts->flags & JIT_GPR_ONLY)
		count_by_sums(l, v->bits, d, a);
	else
		a64_put3(l, A64_CNT, v->bits, d, a, MACH_NONE);
}
