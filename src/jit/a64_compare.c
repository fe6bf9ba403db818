// SPDX-License-Identifier: BSD-2-Clause
/* aarch64: comparisons, and what is chosen by them. */
#include "jit/a64_lower.h"

static void set_flags(struct lowering *l, u32 op, u32 bits, u32 a, u64 imm)
{
	struct mach_ins *i = lower_put(l, op, bits / 8);

	i->src[0] = a;
	i->imm = (s64)imm;
}

static u64 low(u32 bits, u64 v)
{
	return bits == 32 ? (u32)v : v;
}

static u64 negated(u32 bits, u64 v)
{
	return low(bits, -v);
}

static bool takes_const(u32 bits, u64 value)
{
	return a64_is_addsub_imm(low(bits, value)) ||
	       (low(bits, value) && a64_is_addsub_imm(negated(bits, value)));
}

void a64_compare_const(struct lowering *l, u32 bits, u32 reg, u64 value)
{
	value = low(bits, value);
	if (a64_is_addsub_imm(value)) {
		set_flags(l, A64_CMP, bits, reg, value);
	} else if (a64_is_addsub_imm(negated(bits, value))) {
		set_flags(l, A64_CMN, bits, reg, negated(bits, value));
	} else {
		u32 t = lower_const_register(l, (s64)value);
		struct mach_ins *i = lower_put(l, A64_CMP, bits / 8);

		i->src[0] = reg;
		i->src[1] = t;
	}
}

/* x < n is x <= n - 1, and so on: perhaps that constant is one the machine takes. */
static void nearer_const(u32 bits, u32 *cond, u64 *value)
{
	u64 sign = 1ull << (bits - 1), v = low(bits, *value), other;

	if (takes_const(bits, v))
		return;
	switch (*cond) {
	case COND_LT:
	case COND_GE: other = v ? v - 1 : v; break;
	case COND_SLT:
	case COND_SGE: other = v != sign ? v - 1 : v; break;
	case COND_GT:
	case COND_LE: other = v != low(bits, ~0ull) ? v + 1 : v; break;
	case COND_SGT:
	case COND_SLE: other = v != sign - 1 ? v + 1 : v; break;
	default: return;
	}
	if (other == v || !takes_const(bits, other))
		return;
	*value = low(bits, other);
	*cond = *cond == COND_LT    ? COND_LE
		: *cond == COND_GE  ? COND_GT
		: *cond == COND_SLT ? COND_SLE
		: *cond == COND_SGE ? COND_SGT
		: *cond == COND_GT  ? COND_GE
		: *cond == COND_LE  ? COND_LT
		: *cond == COND_SGT ? COND_SGE
				    : COND_SLT;
}

static u32 test_bits(struct lowering *l, ir_ref x, ir_ref y, u32 bits, u32 cond)
{
	struct a64_operand o = {0};
	struct mach_ins *i;
	u32 fields, a;
	s64 n;

	if (lower_constant(l, y, &n) && a64_logical_fields((u64)n, bits == 64, &fields)) {
		set_flags(l, A64_TST, bits, lower_use(l, x), low(bits, (u64)n));
		return cond;
	}
	o = a64_shifted(l, y, IR_AND, bits);
	a = lower_use(l, x);
	i = lower_put(l, A64_TST, bits / 8);
	i->src[0] = a;
	a64_set_operand(i, &o);
	return cond;
}

static u32 exchanged(u32 cond)
{
	static const u8 other[] = {COND_EQ, COND_NE,  COND_GT,  COND_LE,  COND_LT,
				   COND_GE, COND_SGT, COND_SLE, COND_SLT, COND_SGE};

	return other[cond];
}

static bool is_shifted(const struct lowering *l, ir_ref r)
{
	u32 op = lower_val(l, r)->op;

	return (op == IR_SHL || op == IR_SHR || op == IR_SAR || op == IR_ZEXT || op == IR_SEXT) &&
	       a64_takes(l, r);
}

u32 a64_compare(struct lowering *l, ir_ref x, ir_ref y, u32 bits, u32 cond)
{
	struct a64_operand o;
	struct mach_ins *i;
	u32 a;
	s64 n;

	if (cond >= COND_TEST)
		return test_bits(l, x, y, bits, cond);
	if (lower_constant(l, y, &n)) {
		u64 value = (u64)n;

		nearer_const(bits, &cond, &value);
		if (takes_const(bits, value)) {
			a64_compare_const(l, bits, lower_use(l, x), value);
			return cond;
		}
	}
	if (is_shifted(l, x) && !is_shifted(l, y)) {
		ir_ref t = x;

		x = y;
		y = t;
		cond = exchanged(cond);
	}
	o = a64_shifted(l, y, IR_SUB, bits);
	a = o.shift >= A64_UXTB ? lower_use(l, x) : a64_use_zero(l, x);
	i = lower_put(l, A64_CMP, bits / 8);
	i->src[0] = a;
	a64_set_operand(i, &o);
	return cond;
}

/*
 * Two comparisons joined by and, or: the second is made only if the first leaves
 * it open, and else the flags are set so that the second's condition tells the
 * whole. `c`: a CMP, an AND or OR of two. The condition that then tells.
 */
static u32 flags_when(u32 cond, bool holds);

static bool is_compare(const struct lowering *l, ir_ref r)
{
	const struct ir_ins *v = lower_val(l, r);

	return v->op == IR_CMP && a64_takes(l, r);
}

static bool is_joined(const struct lowering *l, ir_ref r)
{
	const struct ir_ins *v = lower_val(l, r);
	const struct ir_ins *second = lower_val(l, v->b);

	return (v->op == IR_AND || v->op == IR_OR) && a64_takes(l, r) && is_compare(l, v->a) &&
	       is_compare(l, v->b) && second->imm < COND_TEST;
}

/* nzcv by which the condition holds, or does not. */
static u32 flags_when(u32 cond, bool holds)
{
	enum {
		V = 1,
		C = 2,
		Z = 4,
		N = 8
	};
	static const u8 when[][2] = {
		[COND_EQ] = {0, Z},  [COND_NE] = {Z, 0},  [COND_LT] = {C, 0},  [COND_GE] = {0, C},
		[COND_GT] = {0, C},  [COND_LE] = {C, 0},  [COND_SLT] = {0, N}, [COND_SGE] = {N, 0},
		[COND_SGT] = {Z, 0}, [COND_SLE] = {0, Z},
	};

	return when[cond][holds];
}

static u32 compare_both(struct lowering *l, const struct ir_ins *v)
{
	const struct ir_ins *x = lower_val(l, v->a), *y = lower_val(l, v->b);
	u32 cond = (u32)y->imm, a = lower_use(l, y->a), b = MACH_NONE, first;
	struct mach_ins *i;
	bool imm;
	s64 n = 0;

	imm = lower_constant(l, y->b, &n) && low(y->bits, (u64)n) < 32;
	if (!imm)
		b = a64_use_zero(l, y->b);
	first = a64_compare(l, x->a, x->b, x->bits, (u32)x->imm);
	i = lower_put(l, A64_CCMP, y->bits / 8);
	i->src[0] = a;
	i->src[1] = b;
	i->imm = imm ? (s64)low(y->bits, (u64)n) : 0;
	/* and: if the first holds the second decides; else it must not hold. */
	i->cond = (u8)(v->op == IR_AND ? first : ir_cond_not((enum ir_cond)first));
	i->scale = (u8)flags_when(cond, v->op == IR_OR);
	return cond;
}

/* Sets the flags by a value that is zero or not; the condition that is "not zero". */
static u32 truth(struct lowering *l, ir_ref r)
{
	const struct ir_ins *c = lower_val(l, r);

	if (is_joined(l, r))
		return compare_both(l, c);
	if (c->op == IR_CMP && lower_alone(l, r))
		return a64_compare(l, c->a, c->b, c->bits, (u32)c->imm);
	if (c->op == IR_AND && a64_takes(l, r))
		return test_bits(l, c->a, c->b, c->bits, COND_TEST);
	a64_compare_const(l, 64, lower_use(l, r), 0);
	return COND_NE;
}

void a64_set_flag(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 cond = a64_compare(l, v->a, v->b, v->bits, (u32)v->imm);
	struct mach_ins *i = a64_put3(l, A64_CSINC, 32, d, A64_ZR, A64_ZR);

	i->cond = (u8)ir_cond_not((enum ir_cond)cond);
}

/* The other value, made of its register by the choice itself. */
static u32 variant(struct lowering *l, ir_ref r, ir_ref *of)
{
	const struct ir_ins *v = lower_val(l, r);
	s64 n;

	*of = v->a;
	if (v->bits != 64 || !a64_takes(l, r))
		return A64_CSEL;
	if (v->op == IR_ADD && lower_constant(l, v->b, &n) && n == 1)
		return A64_CSINC;
	if (v->op == IR_NEG)
		return A64_CSNEG;
	if (v->op == IR_NOT || (v->op == IR_XOR && lower_constant(l, v->b, &n) && n == -1))
		return A64_CSINV;
	return A64_CSEL;
}

void a64_select_value(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 yes, no, cond, op = A64_CSEL, t;
	bool inverted = false;
	ir_ref of = 0;
	struct mach_ins *i;
	s64 one;

	if (lower_constant(l, v->c, &one) && one == 1) {
		yes = a64_use_zero(l, v->b);
		no = A64_ZR;
		op = A64_CSINC;
	} else if (lower_constant(l, v->b, &one) && one == 1) {
		yes = a64_use_zero(l, v->c);
		no = A64_ZR;
		op = A64_CSINC;
		inverted = true;
	} else if ((op = variant(l, v->c, &of)) != A64_CSEL) {
		yes = a64_use_zero(l, v->b);
		no = lower_use(l, of);
	} else if ((op = variant(l, v->b, &of)) != A64_CSEL) {
		yes = a64_use_zero(l, v->c);
		no = lower_use(l, of);
		inverted = true;
	} else {
		yes = a64_use_zero(l, v->b);
		no = a64_use_zero(l, v->c);
	}
	cond = truth(l, v->a);
	t = inverted ? ir_cond_not((enum ir_cond)cond) : cond;
	i = a64_put3(l, op, 64, d, yes, no);
	i->cond = (u8)t;
}

/* branches ---------------------------------------------------------------- */

/* By one register's zeroness or one of its bits, without flags. */
static bool branch_on_register(struct lowering *l, const struct ir_ins *v, u32 to)
{
	u32 cond = (u32)v->imm, bit = v->bits - 1u, op, a;
	const struct ir_ins *x = lower_val(l, v->a);
	ir_ref of = v->a;
	struct mach_ins *i;
	u64 value;
	s64 n;

	if (!lower_constant(l, v->b, &n))
		return false;
	value = low(v->bits, (u64)n);
	op = A64_JZ;
	if (cond >= COND_TEST) {
		if (!value || value & (value - 1))
			return false;
		op = A64_JBIT;
		bit = (u32)__builtin_ctzll(value);
	} else if (cond == COND_SLT && !value) {
		op = A64_JBIT;
		cond = COND_TEST;
	} else if (cond == COND_SGE && !value) {
		op = A64_JBIT;
		cond = COND_NTEST;
	} else if (cond == COND_SGT && value == low(v->bits, ~0ull)) {
		op = A64_JBIT;
		cond = COND_NTEST;
	} else if (cond == COND_SLE && value == low(v->bits, ~0ull)) {
		op = A64_JBIT;
		cond = COND_TEST;
	} else if ((cond == COND_GT && !value) || (cond == COND_GE && value == 1)) {
		cond = COND_NE;
	} else if ((cond == COND_LE && !value) || (cond == COND_LT && value == 1)) {
		cond = COND_EQ;
	} else if (cond > COND_NE || value) {
		return false;
	}
	if (op == A64_JZ && (is_joined(l, v->a) || is_compare(l, v->a)))
		return false;
	if (op == A64_JZ && x->op == IR_AND && x->bits >= v->bits && a64_takes(l, v->a)) {
		if (!lower_constant(l, x->b, &n))
			return false;
		value = low(v->bits, (u64)n);
		if (!value || value & (value - 1))
			return false;
		op = A64_JBIT;
		bit = (u32)__builtin_ctzll(value);
		cond = cond == COND_EQ ? COND_NTEST : COND_TEST;
		of = x->a;
	}
	a = lower_use(l, of);
	i = lower_put(l, op, v->bits / 8);
	i->cond = (u8)cond;
	i->src[0] = a;
	i->disp = (s32)bit;
	i->imm = to;
	return true;
}

/* Of a condition's own value: only whether it is zero counts. */
static bool branch_on_truth(struct lowering *l, const struct ir_ins *v, u32 *cond)
{
	const struct ir_ins *x = lower_val(l, v->a);
	s64 n;

	if (v->imm > COND_NE || !lower_constant(l, v->b, &n) || low(v->bits, (u64)n))
		return false;
	if (!is_joined(l, v->a) && !is_compare(l, v->a) &&
	    !(x->op == IR_AND && x->bits == v->bits && a64_takes(l, v->a)))
		return false;
	*cond = truth(l, v->a);
	if (v->imm == COND_EQ)
		*cond = ir_cond_not((enum ir_cond) * cond);
	return true;
}

void a64_branch(struct lowering *l, const struct ir_ins *v)
{
	const struct ir_block *b = &l->f->blocks.data[v->block];
	u32 yes = lower_edge(l, v->block, b->succ[0]), no = lower_edge(l, v->block, b->succ[1]);
	struct mach_ins *i;
	u32 cond;

	if (!branch_on_register(l, v, yes)) {
		if (!branch_on_truth(l, v, &cond))
			cond = a64_compare(l, v->a, v->b, v->bits, (u32)v->imm);
		i = lower_put(l, A64_JCC, 8);
		i->cond = (u8)cond;
		i->imm = yes;
	}
	lower_jump(l, no);
}
