// SPDX-License-Identifier: BSD-2-Clause
/* x86-64: arithmetic, comparisons and what they set. */
#include "jit/x86_lower.h"

/* arithmetic ---------------------------------------------------------------- */

u32 x86_alu_op(u32 op)
{
	switch (op) {
	case IR_ADD: return X86_ADD;
	case IR_SUB: return X86_SUB;
	case IR_AND: return X86_AND;
	case IR_OR: return X86_OR;
	case IR_XOR: return X86_XOR;
	default: return MACH_NOP;
	}
}

/* Into where an operation of `size` bytes works on it. */
static void move_operand(struct lowering *l, u32 size, u32 to, u32 from)
{
	if (size == 4)
		lower_move_low(l, to, from);
	else
		lower_move(l, to, from);
}

static void two_address(struct lowering *l, u32 op, u32 size, u32 d, u32 a, const struct operand *o)
{
	struct mach_ins *i;

	move_operand(l, size, d, a);
	i = lower_put(l, op, size);
	i->def = i->src[0] = d;
	x86_set_operand(i, o);
}

void x86_lea(struct lowering *l, u32 size, u32 d, const struct place *p)
{
	struct mach_ins *i = lower_put(l, X86_LEA, size);

	i->def = d;
	x86_set_place(i, p);
}

/* The sum of a value that lives on: by lea, which leaves it alone. */
static bool add_by_lea(struct lowering *l, const struct ir_ins *v, u32 d)
{
	struct place p = {MACH_NONE, MACH_NONE, 1, 0};
	s64 n;

	if (v->bits == 64 && x86_frame_sum(l, v, &p)) {
		x86_lea(l, 8, d, &p);
		return true;
	}
	if (x86_immediate(l, v->b, v->bits, &n)) {
		if (lower_val(l, v->a)->op == IR_FRAME) {
			p.base = X86_FRAME;
			p.disp = n;
			x86_lea(l, v->bits / 8, d, &p);
			return true;
		}
		if (lower_val(l, v->a)->uses < 2)
			return false;
		p.base = lower_use(l, v->a);
		p.disp = n;
		x86_lea(l, v->bits / 8, d, &p);
		return true;
	}
	if (v->bits == 64 && x86_scaled_sum(l, v, &p)) {
		x86_lea(l, 8, d, &p);
		return true;
	}
	if (lower_val(l, v->a)->uses < 2 || lower_val(l, v->b)->uses < 2 ||
	    lower_val(l, v->a)->op == IR_FRAME || lower_val(l, v->b)->op == IR_FRAME)
		return false;
	p.base = lower_use(l, v->a);
	p.index = lower_use(l, v->b);
	x86_lea(l, v->bits / 8, d, &p);
	return true;
}

/*
 * How good an operand is to be worked on in place: a phi whose successor the result
 * is, which then needs no copy; what was made of one; what dies here.
 */
static u32 in_place(const struct lowering *l, ir_ref r)
{
	const struct ir_ins *v = lower_val(l, r);

	if (v->op == IR_PHI && l->feeds_phi[l->at])
		return 3;
	if (v->uses == 1 && l->feeds_phi[l->at] && ir_operands(v->op) &&
	    lower_val(l, v->a)->op == IR_PHI && lower_val(l, v->a)->uses == 1)
		return 2;
	return v->uses == 1;
}

void x86_binary(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 size = v->bits / 8, a;
	ir_ref x = v->a, y = v->b;
	struct operand o;
	s64 n;

	if (v->op == IR_ADD && add_by_lea(l, v, d))
		return;
	/* What is memory had better be the other. */
	if (ir_flags(v->op) & IR_COMM && !lower_constant(l, y, &n) && !lower_can_take(l, y) &&
	    (lower_can_take(l, x) || in_place(l, y) > in_place(l, x))) {
		x = v->b;
		y = v->a;
	}
	o = x86_operand(l, y, v->bits);
	a = lower_use(l, x);
	two_address(l, x86_alu_op(v->op), size, d, a, &o);
}

void x86_multiply(struct lowering *l, const struct ir_ins *v, u32 d)
{
	struct mach_ins *i;
	struct operand o;
	u32 a;
	s64 n;

	if (x86_immediate(l, v->b, v->bits, &n)) {
		a = lower_use(l, v->a);
		if (n == 3 || n == 5 || n == 9) {
			struct place p = {a, a, (u32)n - 1, 0};

			x86_lea(l, v->bits / 8, d, &p);
			return;
		}
		i = lower_put(l, X86_IMUL_IMM, v->bits / 8);
		i->def = d;
		i->src[0] = a;
		i->imm = n;
		return;
	}
	o = x86_operand(l, v->b, v->bits);
	a = lower_use(l, v->a);
	two_address(l, X86_IMUL, v->bits / 8, d, a, &o);
}

void x86_shift(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 op = v->op == IR_SHL   ? X86_SHL
		 : v->op == IR_SHR ? X86_SHR
		 : v->op == IR_SAR ? X86_SAR
				   : X86_ROL;
	u32 size = v->bits / 8, a, count;
	struct mach_ins *i;
	s64 n;

	if (lower_constant(l, v->b, &n)) {
		n &= v->bits - 1;
		a = lower_use(l, v->a);
		if (op == X86_SHL && n && n <= 3 && lower_val(l, v->a)->uses > 1) {
			struct place p = {MACH_NONE, a, 1u << n, 0};

			if (n == 1) {
				p.base = a;
				p.scale = 1;
			}
			x86_lea(l, size, d, &p);
			return;
		}
		move_operand(l, size, d, a);
		i = lower_put(l, op, size);
		i->def = i->src[0] = d;
		i->imm = n;
		return;
	}
	a = lower_use(l, v->a);
	count = lower_use(l, v->b);
	if (l->opts->features & JIT_X86_BMI2 && op != X86_ROL) {
		i = lower_put(l, X86_SHLX + (op - X86_SHL), size);
		i->def = d;
		i->src[0] = a;
		i->src[1] = count;
		return;
	}
	move_operand(l, size, d, a);
	lower_move_low(l, RCX, count);
	i = lower_put(l, op, size);
	i->def = i->src[0] = d;
	i->src[1] = RCX;
}

void x86_high_product(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 a = lower_use(l, v->a), b = lower_use(l, v->b);
	struct mach_ins *i;

	move_operand(l, v->bits / 8, RAX, a);
	i = lower_put(l, X86_MULH, v->bits / 8);
	i->src[0] = b;
	lower_move(l, d, RDX);
}

static void conditional(struct lowering *l, u32 d, u32 from, u32 cond)
{
	struct mach_ins *i = lower_put(l, X86_CMOV, 8);

	i->def = i->src[0] = d;
	i->src[1] = from;
	i->cond = (u8)cond;
}

void x86_compare_const(struct lowering *l, u32 size, u32 reg, s64 n)
{
	struct mach_ins *i = lower_put(l, n ? X86_CMP : X86_TEST, size);

	i->src[0] = reg;
	if (n)
		i->imm = n;
	else
		i->src[1] = reg;
}

/* A divisor that the machine takes: 1 in place of 0, and of -1 where the result is special. */
static u32 safe_divisor(struct lowering *l, u32 b, u32 size, bool is_signed)
{
	u32 one = lower_const_register(l, 1), s = lower_fresh(l);

	lower_move(l, s, b);
	x86_compare_const(l, size, b, 0);
	conditional(l, s, one, COND_EQ);
	if (is_signed) {
		x86_compare_const(l, size, b, -1);
		conditional(l, s, one, COND_EQ);
	}
	return s;
}

/* The machine's division; divisor not 0. Result in rax, remainder in rdx. */
static void divide_machine(struct lowering *l, u32 a, u32 b, u32 size, bool is_signed)
{
	struct mach_ins *i;

	move_operand(l, size, RAX, a);
	if (is_signed) {
		lower_put(l, X86_CQO, size);
	} else {
		i = lower_put(l, MACH_CONST, 8);
		i->def = RDX;
	}
	i = lower_put(l, is_signed ? X86_IDIV : X86_DIV, size);
	i->src[0] = b;
}

/* BPF's answers where the machine has none: x / 0 = 0, x % 0 = x, x / -1 = -x, x % -1 = 0. */
void x86_divide(struct lowering *l, const struct ir_ins *v, u32 d)
{
	bool is_signed = v->op == IR_SDIV || v->op == IR_SMOD;
	bool is_mod = v->op == IR_UMOD || v->op == IR_SMOD;
	u32 size = v->bits / 8, a, b, s, other;
	s64 n = 0;
	bool known = lower_constant(l, v->b, &n);

	if (!is_signed && size == 8 && lower_upper_zero(l, v->a) && lower_upper_zero(l, v->b))
		size = 4;
	if (known && size == 4)
		n = (s32)n;
	a = lower_use(l, v->a);
	b = lower_use(l, v->b);
	if ((known && n && !(is_signed && n == -1)) || (!is_signed && v->aux & DIVISION_NONZERO)) {
		divide_machine(l, a, b, size, is_signed);
		move_operand(l, size, d, is_mod ? RDX : RAX);
		if (size == 4 && is_signed) {
			struct mach_ins *i = lower_put(l, X86_MOVZX, 4);

			i->def = i->src[0] = d;
		}
		return;
	}
	s = safe_divisor(l, b, size, is_signed);
	other = lower_fresh(l);
	divide_machine(l, a, s, size, is_signed);
	move_operand(l, size, d, is_mod ? RDX : RAX);
	if (is_signed) {
		if (is_mod) {
			lower_move(l, other, lower_const_register(l, 0));
		} else {
			struct mach_ins *i;

			lower_move(l, other, a);
			i = lower_put(l, X86_NEG, size);
			i->def = i->src[0] = other;
		}
		x86_compare_const(l, size, b, -1);
		conditional(l, d, other, COND_EQ);
	}
	s = is_mod ? a : lower_const_register(l, 0);
	x86_compare_const(l, size, b, 0);
	conditional(l, d, s, COND_EQ);
	if (size == 4) {
		struct mach_ins *i = lower_put(l, X86_MOVZX, 4);

		i->def = i->src[0] = d;
	}
}

void x86_extend(struct lowering *l, const struct ir_ins *v, u32 d)
{
	struct mach_ins *i;
	u32 a;

	if (v->op == IR_ZEXT && v->size == 4 && lower_upper_zero(l, v->a)) {
		lower_move_low(l, d, lower_use(l, v->a));
		return;
	}
	a = lower_use(l, v->a);
	i = lower_put(l, v->op == IR_ZEXT ? X86_MOVZX : X86_MOVSX, v->size);
	i->def = d;
	i->src[0] = a;
	i->scale = v->bits / 8;
}

void x86_swap_bytes(struct lowering *l, const struct ir_ins *v, u32 d)
{
	struct mach_ins *i;
	u32 a;

	if (l->opts->features & JIT_X86_MOVBE && lower_val(l, v->a)->size == v->size &&
	    v->size >= 4 && lower_can_take(l, v->a)) {
		struct place p = x86_address(l, lower_val(l, v->a)->a, lower_val(l, v->a)->imm);

		i = lower_put(l, X86_MOVBE_LOAD, v->size);
		i->def = d;
		x86_set_place(i, &p);
		return;
	}
	a = lower_use(l, v->a);
	move_operand(l, MAX(v->size, 4u), d, a);
	i = lower_put(l, v->size == 2 ? X86_ROL16 : X86_BSWAP, v->size);
	i->def = i->src[0] = d;
	if (v->size == 2) {
		i = lower_put(l, X86_MOVZX, 2);
		i->def = i->src[0] = d;
	}
}

void x86_unary(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 a = lower_use(l, v->a);
	struct mach_ins *i;

	if (v->op == IR_POPCNT) {
		i = lower_put(l, X86_POPCNT, v->bits / 8);
		i->def = d;
		i->src[0] = a;
		return;
	}
	move_operand(l, v->bits / 8, d, a);
	i = lower_put(l, v->op == IR_NEG ? X86_NEG : X86_NOT, v->bits / 8);
	i->def = i->src[0] = d;
}

/* comparisons ---------------------------------------------------------------- */

static bool is_unsigned_test(u32 cond)
{
	return cond <= COND_LE;
}

/* Memory against a constant that its width can hold. */
static bool compare_memory(struct lowering *l, ir_ref x, u32 bits, u32 cond, s64 n)
{
	const struct ir_ins *v = lower_val(l, x);
	struct place p;
	struct mach_ins *i;

	if (!lower_can_take(l, x) || v->size * 8u > bits)
		return false;
	if (v->size < 8 && v->size * 8u < bits &&
	    (!is_unsigned_test(cond) || (u64)n >> (8 * v->size)))
		return false;
	if (cond >= COND_TEST && v->size != bits / 8)
		return false;
	if (v->size == 2 && n != (s8)n)
		return false; /* a 16-bit constant stalls decoders */
	p = x86_address(l, v->a, v->imm);
	i = lower_put(l, cond >= COND_TEST ? X86_TEST : X86_CMP, v->size);
	x86_set_place(i, &p);
	i->imm = v->size == 1 ? (s8)n : (s32)n;
	return true;
}

/* Sets the flags; the condition that then tells. */
u32 x86_compare(struct lowering *l, ir_ref x, ir_ref y, u32 bits, u32 cond)
{
	u32 size = bits / 8, a;
	struct mach_ins *i;
	struct operand o;
	s64 n;

	if (x86_immediate(l, y, bits, &n)) {
		if (compare_memory(l, x, bits, cond, n))
			return cond;
		a = lower_use(l, x);
		if (cond >= COND_TEST) {
			i = lower_put(l, X86_TEST, size);
			i->src[0] = a;
			i->imm = n;
		} else {
			x86_compare_const(l, size, a, n);
			if (!n && !l->err)
				l->work.data[l->work.len - 1].keeps = lower_upper_zero(l, x);
		}
		return cond;
	}
	if (cond < COND_TEST && lower_val(l, x)->size == size && lower_can_take(l, x)) {
		ir_ref t = x;

		x = y;
		y = t;
		cond = ir_cond_flip(cond);
	}
	o = cond >= COND_TEST ? (struct operand){.reg = lower_use(l, y)} : x86_operand(l, y, bits);
	a = lower_use(l, x);
	i = lower_put(l, cond >= COND_TEST ? X86_TEST : X86_CMP, size);
	i->src[0] = a;
	x86_set_operand(i, &o);
	return cond;
}

void x86_set_flag(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 cond = x86_compare(l, v->a, v->b, v->bits, (u32)v->imm);
	struct mach_ins *i = lower_put(l, X86_SETCC, 1);

	i->def = d;
	i->cond = (u8)cond;
}

void x86_select_value(struct lowering *l, const struct ir_ins *v, u32 d)
{
	const struct ir_ins *c = lower_val(l, v->a);
	u32 yes = lower_use(l, v->b), no = lower_use(l, v->c), cond = COND_NE;

	lower_move(l, d, no);
	if (c->op == IR_CMP && lower_alone(l, v->a))
		cond = x86_compare(l, c->a, c->b, c->bits, (u32)c->imm);
	else
		x86_compare_const(l, 8, lower_use(l, v->a), 0);
	conditional(l, d, yes, cond);
}
