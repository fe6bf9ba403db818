// SPDX-License-Identifier: BSD-2-Clause
/*
 * x86-64: from values to operations.
 *
 * Blocks are taken last to first, and each from its end, so that whoever uses a
 * value is seen before the value itself: a user may take it into its own operation
 * (an address, a constant, memory as an operand, a comparison into its jump), and
 * what nobody asked for is never made. A value asked for has a virtual register.
 * Each instruction's operations are a chunk; chunks are put in order when a block
 * is complete.
 */
#include <errno.h>
#include <string.h>
#include "jit/x86.h"

#define CALLER_SAVED                                                                       \
	(1u << RAX | 1u << RCX | 1u << RDX | 1u << RSI | 1u << RDI | 1u << R8 | 1u << R9 | \
	 1u << R10 | 1u << R11)
#define FOLD_DISTANCE 48 /* a load is taken into an operation at most so far away */

static const u8 sub_args[] = {RDI, RSI, RDX, RCX, R8};
static const u8 helper_args[] = {RSI, RDX, RCX, R8, R9};

struct chunk {
	u32 first, count;
};

/* A block of the machine function: an IR block, or an edge with copies of its own. */
struct laid {
	u32 block;    /* 0: an edge */
	u32 from, to; /* IR blocks */
	VEC(struct mach_ins) ins;
};

struct lowering {
	const struct ir_function *f;
	const struct jit_options *opts;
	struct mach_function *m;
	u32 *vreg; /* by value: 0 not asked for */
	VEC(struct laid) laid;
	u32 *place;                /* by IR block: its index in laid */
	VEC(struct mach_ins) work; /* chunks of the block being lowered */
	VEC(struct chunk) chunks;
	u32 insn;
	ir_ref at;
	int err;
};

/* making -------------------------------------------------------------------------------- */

static const struct ir_ins *val(const struct lowering *l, ir_ref r)
{
	return &l->f->ins.data[r];
}

static u32 fresh(struct lowering *l)
{
	return l->m->vregs++;
}

/* The next operation; valid until the one after. */
static struct mach_ins *put(struct lowering *l, u32 op, u32 size)
{
	static struct mach_ins nowhere;
	struct mach_ins i = {.op = (u16)op,
			     .size = (u8)size,
			     .def = MACH_NONE,
			     .src = {MACH_NONE, MACH_NONE, MACH_NONE},
			     .base = MACH_NONE,
			     .index = MACH_NONE,
			     .scale = 1,
			     .insn = l->insn};

	l->err = l->err ?: vec_push(&l->work, i);
	return l->err ? &nowhere : &l->work.data[l->work.len - 1];
}

static void move(struct lowering *l, u32 to, u32 from)
{
	struct mach_ins *i = put(l, MACH_MOVE, 8);

	i->def = to;
	i->src[0] = from;
}

static bool constant(const struct lowering *l, ir_ref r, s64 *value)
{
	const struct ir_ins *i = val(l, r);

	if (i->op != IR_CONST)
		return false;
	*value = i->imm;
	return true;
}

static bool fits32(s64 v)
{
	return v == (s32)v;
}

/* A constant as the immediate of an operation of `bits`. */
static bool immediate(const struct lowering *l, ir_ref r, u32 bits, s64 *value)
{
	if (!constant(l, r, value))
		return false;
	if (bits == 32)
		*value = (s32)*value;
	return fits32(*value);
}

/* The register that will hold the value; constants and the frame's address are made here. */
static u32 use(struct lowering *l, ir_ref r)
{
	const struct ir_ins *v = val(l, r);
	struct mach_ins *i;
	u32 reg;

	switch (v->op) {
	case IR_CONST:
	case IR_CODE:
		reg = fresh(l);
		i = put(l, MACH_CONST, 8);
		i->def = reg;
		i->imm = v->imm;
		return reg;
	case IR_FRAME:
		reg = fresh(l);
		i = put(l, X86_LEA, 8);
		i->def = reg;
		i->base = X86_FRAME;
		return reg;
	case IR_RUN: return X86_RUN;
	}
	if (!l->vreg[r])
		l->vreg[r] = fresh(l);
	return l->vreg[r];
}

static bool upper_zero(const struct lowering *l, ir_ref r)
{
	const struct ir_ins *i = val(l, r);

	if (i->op == IR_CONST)
		return !((u64)i->imm >> 32);
	return i->zeros >> 32 == 0xffffffff;
}

/* addresses --------------------------------------------------------------------------------- */

struct place {
	u32 base, index, scale;
	s64 disp;
};

static bool alone(const struct lowering *l, ir_ref r)
{
	return val(l, r)->uses == 1 && !l->vreg[r];
}

/* index or index * 2, 4, 8 */
static void scaled(struct lowering *l, ir_ref r, struct place *p)
{
	const struct ir_ins *v = val(l, r);
	s64 n;

	if (v->op == IR_SHL && v->bits == 64 && constant(l, v->b, &n) && n > 0 && n <= 3 &&
	    (alone(l, r) || !l->vreg[r])) {
		p->index = use(l, v->a);
		p->scale = 1u << n;
		return;
	}
	p->index = use(l, r);
	p->scale = 1;
}

static struct place address(struct lowering *l, ir_ref r, s64 disp)
{
	struct place p = {MACH_NONE, MACH_NONE, 1, disp};
	const struct ir_ins *v = val(l, r);
	s64 n;

	while (v->op == IR_ADD && v->bits == 64 && constant(l, v->b, &n) && fits32(p.disp + n)) {
		p.disp += n;
		r = v->a;
		v = val(l, r);
	}
	if (v->op == IR_FRAME) {
		p.base = X86_FRAME;
		return p;
	}
	if (v->op == IR_ADD && v->bits == 64 && alone(l, r) && val(l, v->b)->op != IR_CONST &&
	    val(l, v->a)->op != IR_FRAME && val(l, v->b)->op != IR_FRAME) {
		const struct ir_ins *a = val(l, v->a);

		if (a->op == IR_SHL && val(l, v->b)->op != IR_SHL) {
			p.base = use(l, v->b);
			scaled(l, v->a, &p);
		} else {
			p.base = use(l, v->a);
			scaled(l, v->b, &p);
		}
		return p;
	}
	p.base = use(l, r);
	return p;
}

static void set_place(struct mach_ins *i, const struct place *p)
{
	i->base = p->base;
	i->index = p->index;
	i->scale = (u8)p->scale;
	i->disp = (s32)p->disp;
}

/* Does nothing that writes stand between the load and where its value is used? */
static bool can_take(const struct lowering *l, ir_ref load)
{
	const struct ir_ins *v = val(l, load);
	u32 n = 0;

	if (v->op != IR_LOAD || !alone(l, load) || v->block != val(l, l->at)->block)
		return false;
	for (ir_ref r = v->next; r && r != l->at; r = val(l, r)->next)
		if (ir_flags(val(l, r)->op) & IR_EFFECT || ++n > FOLD_DISTANCE)
			return false;
	return true;
}

/* Operand 2 of an operation of `size` bytes: constant, memory, or register. */
struct operand {
	bool is_imm, is_mem;
	s64 imm;
	struct place place;
	u32 reg;
};

static struct operand operand(struct lowering *l, ir_ref r, u32 bits)
{
	struct operand o = {.reg = MACH_NONE};

	if (immediate(l, r, bits, &o.imm)) {
		o.is_imm = true;
	} else if (val(l, r)->size * 8u == bits && can_take(l, r)) {
		o.is_mem = true;
		o.place = address(l, val(l, r)->a, val(l, r)->imm);
	} else {
		o.reg = use(l, r);
	}
	return o;
}

static void set_operand(struct mach_ins *i, const struct operand *o)
{
	if (o->is_imm)
		i->imm = o->imm;
	else if (o->is_mem)
		set_place(i, &o->place);
	else
		i->src[1] = o->reg;
}

/* arithmetic ----------------------------------------------------------------------------------- */

static u32 alu_op(u32 op)
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

static void two_address(struct lowering *l, u32 op, u32 size, u32 d, u32 a, const struct operand *o)
{
	struct mach_ins *i;

	move(l, d, a);
	i = put(l, op, size);
	i->def = i->src[0] = d;
	set_operand(i, o);
}

static void lea(struct lowering *l, u32 size, u32 d, const struct place *p)
{
	struct mach_ins *i = put(l, X86_LEA, size);

	i->def = d;
	set_place(i, p);
}

/* The sum of a value that lives on: by lea, which leaves it alone. */
static bool add_by_lea(struct lowering *l, const struct ir_ins *v, u32 d)
{
	struct place p = {MACH_NONE, MACH_NONE, 1, 0};
	s64 n;

	if (immediate(l, v->b, v->bits, &n)) {
		if (val(l, v->a)->op == IR_FRAME) {
			p.base = X86_FRAME;
			p.disp = n;
			lea(l, v->bits / 8, d, &p);
			return true;
		}
		if (val(l, v->a)->uses < 2)
			return false;
		p.base = use(l, v->a);
		p.disp = n;
		lea(l, v->bits / 8, d, &p);
		return true;
	}
	if (val(l, v->a)->uses < 2 || val(l, v->b)->uses < 2 || val(l, v->a)->op == IR_FRAME ||
	    val(l, v->b)->op == IR_FRAME)
		return false;
	p.base = use(l, v->a);
	p.index = use(l, v->b);
	lea(l, v->bits / 8, d, &p);
	return true;
}

static void binary(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 size = v->bits / 8, a;
	ir_ref x = v->a, y = v->b;
	struct operand o;
	s64 n;

	if (v->op == IR_ADD && add_by_lea(l, v, d))
		return;
	/* What dies here, or is memory, had better be where the operation wants it. */
	if (ir_flags(v->op) & IR_COMM && !constant(l, y, &n) &&
	    ((val(l, x)->uses > 1 && val(l, y)->uses == 1) || can_take(l, x))) {
		x = v->b;
		y = v->a;
	}
	o = operand(l, y, v->bits);
	a = use(l, x);
	two_address(l, alu_op(v->op), size, d, a, &o);
}

static void multiply(struct lowering *l, const struct ir_ins *v, u32 d)
{
	struct mach_ins *i;
	struct operand o;
	u32 a;
	s64 n;

	if (immediate(l, v->b, v->bits, &n)) {
		a = use(l, v->a);
		if (n == 3 || n == 5 || n == 9) {
			struct place p = {a, a, (u32)n - 1, 0};

			lea(l, v->bits / 8, d, &p);
			return;
		}
		i = put(l, X86_IMUL_IMM, v->bits / 8);
		i->def = d;
		i->src[0] = a;
		i->imm = n;
		return;
	}
	o = operand(l, v->b, v->bits);
	a = use(l, v->a);
	two_address(l, X86_IMUL, v->bits / 8, d, a, &o);
}

static void shift(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 op = v->op == IR_SHL   ? X86_SHL
		 : v->op == IR_SHR ? X86_SHR
		 : v->op == IR_SAR ? X86_SAR
				   : X86_ROL;
	u32 size = v->bits / 8, a, count;
	struct mach_ins *i;
	s64 n;

	if (constant(l, v->b, &n)) {
		n &= v->bits - 1;
		a = use(l, v->a);
		if (op == X86_SHL && n && n <= 3 && val(l, v->a)->uses > 1) {
			struct place p = {MACH_NONE, a, 1u << n, 0};

			if (n == 1) {
				p.base = a;
				p.scale = 1;
			}
			lea(l, size, d, &p);
			return;
		}
		move(l, d, a);
		i = put(l, op, size);
		i->def = i->src[0] = d;
		i->imm = n;
		return;
	}
	a = use(l, v->a);
	count = use(l, v->b);
	if (l->opts->features & JIT_X86_BMI2 && op != X86_ROL) {
		i = put(l, X86_SHLX + (op - X86_SHL), size);
		i->def = d;
		i->src[0] = a;
		i->src[1] = count;
		return;
	}
	move(l, d, a);
	move(l, RCX, count);
	i = put(l, op, size);
	i->def = i->src[0] = d;
	i->src[1] = RCX;
}

static void high_product(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 a = use(l, v->a), b = use(l, v->b);
	struct mach_ins *i;

	move(l, RAX, a);
	i = put(l, X86_MULH, v->bits / 8);
	i->src[0] = b;
	move(l, d, RDX);
}

static void conditional(struct lowering *l, u32 d, u32 from, u32 cond)
{
	struct mach_ins *i = put(l, X86_CMOV, 8);

	i->def = i->src[0] = d;
	i->src[1] = from;
	i->cond = (u8)cond;
}

static void compare_const(struct lowering *l, u32 size, u32 reg, s64 n)
{
	struct mach_ins *i = put(l, n ? X86_CMP : X86_TEST, size);

	i->src[0] = reg;
	if (n)
		i->imm = n;
	else
		i->src[1] = reg;
}

static u32 const_register(struct lowering *l, s64 value)
{
	struct mach_ins *i = put(l, MACH_CONST, 8);
	u32 reg = fresh(l);

	i = l->err ? i : &l->work.data[l->work.len - 1];
	i->def = reg;
	i->imm = value;
	return reg;
}

/* A divisor that the machine takes: 1 in place of 0, and of -1 where the result is special. */
static u32 safe_divisor(struct lowering *l, u32 b, u32 size, bool is_signed)
{
	u32 one = const_register(l, 1), s = fresh(l);

	move(l, s, b);
	compare_const(l, size, b, 0);
	conditional(l, s, one, COND_EQ);
	if (is_signed) {
		compare_const(l, size, b, -1);
		conditional(l, s, one, COND_EQ);
	}
	return s;
}

/* The machine's division; divisor not 0. Result in rax, remainder in rdx. */
static void divide_machine(struct lowering *l, u32 a, u32 b, u32 size, bool is_signed)
{
	struct mach_ins *i;

	move(l, RAX, a);
	if (is_signed) {
		put(l, X86_CQO, size);
	} else {
		i = put(l, MACH_CONST, 8);
		i->def = RDX;
	}
	i = put(l, is_signed ? X86_IDIV : X86_DIV, size);
	i->src[0] = b;
}

/* BPF's answers where the machine has none: x / 0 = 0, x % 0 = x, x / -1 = -x, x % -1 = 0. */
static void divide(struct lowering *l, const struct ir_ins *v, u32 d)
{
	bool is_signed = v->op == IR_SDIV || v->op == IR_SMOD;
	bool is_mod = v->op == IR_UMOD || v->op == IR_SMOD;
	u32 size = v->bits / 8, a, b, s, other;
	s64 n = 0;
	bool known = constant(l, v->b, &n);

	if (!is_signed && size == 8 && upper_zero(l, v->a) && upper_zero(l, v->b))
		size = 4;
	if (known && size == 4)
		n = (s32)n;
	a = use(l, v->a);
	b = use(l, v->b);
	if (known && n && !(is_signed && n == -1)) {
		divide_machine(l, a, b, size, is_signed);
		move(l, d, is_mod ? RDX : RAX);
		if (size == 4 && is_signed) {
			struct mach_ins *i = put(l, X86_MOVZX, 4);

			i->def = i->src[0] = d;
		}
		return;
	}
	s = safe_divisor(l, b, size, is_signed);
	other = fresh(l);
	divide_machine(l, a, s, size, is_signed);
	move(l, d, is_mod ? RDX : RAX);
	if (is_signed) {
		if (is_mod) {
			move(l, other, const_register(l, 0));
		} else {
			struct mach_ins *i;

			move(l, other, a);
			i = put(l, X86_NEG, size);
			i->def = i->src[0] = other;
		}
		compare_const(l, size, b, -1);
		conditional(l, d, other, COND_EQ);
	}
	s = is_mod ? a : const_register(l, 0);
	compare_const(l, size, b, 0);
	conditional(l, d, s, COND_EQ);
	if (size == 4) {
		struct mach_ins *i = put(l, X86_MOVZX, 4);

		i->def = i->src[0] = d;
	}
}

static void extend(struct lowering *l, const struct ir_ins *v, u32 d)
{
	struct mach_ins *i;
	u32 a;

	if (v->op == IR_ZEXT && v->size == 4 && upper_zero(l, v->a)) {
		move(l, d, use(l, v->a));
		return;
	}
	a = use(l, v->a);
	i = put(l, v->op == IR_ZEXT ? X86_MOVZX : X86_MOVSX, v->size);
	i->def = d;
	i->src[0] = a;
	i->scale = v->bits / 8;
}

static void swap_bytes(struct lowering *l, const struct ir_ins *v, u32 d)
{
	struct mach_ins *i;
	u32 a;

	if (l->opts->features & JIT_X86_MOVBE && val(l, v->a)->size == v->size && v->size >= 4 &&
	    can_take(l, v->a)) {
		struct place p = address(l, val(l, v->a)->a, val(l, v->a)->imm);

		i = put(l, X86_MOVBE_LOAD, v->size);
		i->def = d;
		set_place(i, &p);
		return;
	}
	a = use(l, v->a);
	move(l, d, a);
	i = put(l, v->size == 2 ? X86_ROL16 : X86_BSWAP, v->size);
	i->def = i->src[0] = d;
	if (v->size == 2) {
		i = put(l, X86_MOVZX, 2);
		i->def = i->src[0] = d;
	}
}

static void unary(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 a = use(l, v->a);
	struct mach_ins *i;

	if (v->op == IR_POPCNT) {
		i = put(l, X86_POPCNT, v->bits / 8);
		i->def = d;
		i->src[0] = a;
		return;
	}
	move(l, d, a);
	i = put(l, v->op == IR_NEG ? X86_NEG : X86_NOT, v->bits / 8);
	i->def = i->src[0] = d;
}

/* comparisons -----------------------------------------------------------------------------------
 */

static bool is_unsigned_test(u32 cond)
{
	return cond <= COND_LE;
}

/* Memory against a constant that its width can hold. */
static bool compare_memory(struct lowering *l, ir_ref x, u32 bits, u32 cond, s64 n)
{
	const struct ir_ins *v = val(l, x);
	struct place p;
	struct mach_ins *i;

	if (!can_take(l, x) || v->size * 8u > bits)
		return false;
	if (v->size < 8 && v->size * 8u < bits &&
	    (!is_unsigned_test(cond) || (u64)n >> (8 * v->size)))
		return false;
	if (v->size == 2 || (cond >= COND_TEST && v->size != bits / 8))
		return false; /* a 16-bit constant stalls decoders */
	p = address(l, v->a, v->imm);
	i = put(l, cond >= COND_TEST ? X86_TEST : X86_CMP, v->size);
	set_place(i, &p);
	i->imm = v->size == 1 ? (s8)n : (s32)n;
	return true;
}

/* Sets the flags; the condition that then tells. */
static u32 compare(struct lowering *l, ir_ref x, ir_ref y, u32 bits, u32 cond)
{
	u32 size = bits / 8, a;
	struct mach_ins *i;
	struct operand o;
	s64 n;

	if (immediate(l, y, bits, &n)) {
		if (compare_memory(l, x, bits, cond, n))
			return cond;
		a = use(l, x);
		if (cond >= COND_TEST) {
			i = put(l, X86_TEST, size);
			i->src[0] = a;
			i->imm = n;
		} else {
			compare_const(l, size, a, n);
		}
		return cond;
	}
	o = cond >= COND_TEST ? (struct operand){.reg = use(l, y)} : operand(l, y, bits);
	a = use(l, x);
	i = put(l, cond >= COND_TEST ? X86_TEST : X86_CMP, size);
	i->src[0] = a;
	set_operand(i, &o);
	return cond;
}

static void set_flag(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 cond = compare(l, v->a, v->b, v->bits, (u32)v->imm);
	struct mach_ins *i = put(l, X86_SETCC, 1);

	i->def = d;
	i->cond = (u8)cond;
}

static void select_value(struct lowering *l, const struct ir_ins *v, u32 d)
{
	const struct ir_ins *c = val(l, v->a);
	u32 yes = use(l, v->b), no = use(l, v->c), cond = COND_NE;

	move(l, d, no);
	if (c->op == IR_CMP && alone(l, v->a))
		cond = compare(l, c->a, c->b, c->bits, (u32)c->imm);
	else
		compare_const(l, 8, use(l, v->a), 0);
	conditional(l, d, yes, cond);
}

/* memory -----------------------------------------------------------------------------------------
 */

static void load(struct lowering *l, const struct ir_ins *v, u32 d)
{
	struct place p = address(l, v->a, v->imm);
	struct mach_ins *i = put(l, v->op == IR_LOADS ? X86_LOADS : X86_LOAD, v->size);

	i->def = d;
	set_place(i, &p);
}

static bool same_place(const struct ir_ins *x, const struct ir_ins *y)
{
	return x->a == y->a && x->imm == y->imm && x->size == y->size;
}

/* memory += value: the load, the sum and the store are one. */
static bool update_memory(struct lowering *l, const struct ir_ins *v)
{
	const struct ir_ins *sum = val(l, v->b), *x;
	struct operand o = {.reg = MACH_NONE};
	struct place p;
	struct mach_ins *i;
	u32 op = alu_op(sum->op);
	s64 n;

	if (op == MACH_NOP || !alone(l, v->b) || sum->block != v->block || v->size < 4)
		return false;
	x = val(l, sum->a);
	if (!can_take(l, sum->a) || !same_place(x, v) || (v->size == 8 && sum->bits != 64))
		return false;
	if (immediate(l, sum->b, v->size * 8u, &n)) {
		o.is_imm = true;
		o.imm = n;
	} else {
		o.reg = use(l, sum->b);
	}
	p = address(l, v->a, v->imm);
	i = put(l, X86_MADD + (op - X86_ADD), v->size);
	set_place(i, &p);
	if (o.is_imm)
		i->imm = o.imm;
	else
		i->src[0] = o.reg;
	return true;
}

/* What a narrower store does not keep needs not be made. */
static ir_ref stored(const struct lowering *l, const struct ir_ins *v)
{
	const struct ir_ins *x = val(l, v->b);

	if ((x->op == IR_ZEXT || x->op == IR_SEXT) && x->size >= v->size)
		return x->a;
	return v->b;
}

static void store(struct lowering *l, const struct ir_ins *v)
{
	ir_ref value = stored(l, v);
	const struct ir_ins *x = val(l, value);
	struct mach_ins *i;
	struct place p;
	u32 reg = MACH_NONE, op = X86_STORE;
	s64 n = 0;

	if (update_memory(l, v))
		return;
	if (l->opts->features & JIT_X86_MOVBE && x->op == IR_BSWAP && x->size == v->size &&
	    v->size >= 4 && alone(l, value)) {
		reg = use(l, x->a);
		op = X86_MOVBE_STORE;
	} else if (!constant(l, value, &n) || (v->size == 8 && !fits32(n))) {
		reg = use(l, value);
		n = 0;
	}
	p = address(l, v->a, v->imm);
	i = put(l, op, v->size);
	i->src[0] = reg;
	i->imm = n;
	set_place(i, &p);
}

static void zero_upper(struct lowering *l, u32 reg, u32 size)
{
	struct mach_ins *i;

	if (size == 8)
		return;
	i = put(l, X86_MOVZX, 4);
	i->def = i->src[0] = reg;
}

static void atomic(struct lowering *l, const struct ir_ins *v, u32 d)
{
	static const u16 plain[] = {X86_LADD, X86_LOR, X86_LAND, X86_LXOR};
	u32 b = use(l, v->b);
	struct place p = address(l, v->a, v->imm);
	struct mach_ins *i;

	if (v->aux == ATOMIC_XCHG || (v->aux == ATOMIC_ADD && d != MACH_NONE)) {
		u32 reg = d == MACH_NONE ? fresh(l) : d;

		move(l, reg, b);
		i = put(l, v->aux == ATOMIC_XCHG ? X86_XCHG : X86_XADD, v->size);
		i->def = i->src[0] = reg;
		i->keeps = true;
		set_place(i, &p);
		zero_upper(l, reg, v->size);
		return;
	}
	if (d == MACH_NONE) {
		i = put(l, plain[v->aux], v->size);
		i->src[0] = b;
		set_place(i, &p);
		return;
	}
	/* By compare and exchange: rax holds the old value, so nothing else may. */
	i = put(l, X86_LOAD, v->size);
	i->def = RAX;
	set_place(i, &p);
	i = put(l, X86_FETCH, v->size);
	i->src[0] = b;
	i->cond = v->aux;
	set_place(i, &p);
	move(l, d, RAX);
}

static void compare_exchange(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 b = use(l, v->b), c = use(l, v->c);
	struct place p = address(l, v->a, v->imm);
	struct mach_ins *i;

	move(l, RAX, c);
	i = put(l, X86_CMPXCHG, v->size);
	i->src[0] = b;
	set_place(i, &p);
	if (d == MACH_NONE)
		return;
	move(l, d, RAX);
	zero_upper(l, d, v->size);
}

/* calls ------------------------------------------------------------------------------------------
 */

/* Arguments into their registers at once; returns the mask of registers. */
static u32 pass(struct lowering *l, const u8 *regs, const u32 *values, u32 n, bool with_run)
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
	i = put(l, MACH_PARALLEL, 8);
	i->args = first;
	i->count = (u32)l->m->copies.len - first;
	return mask;
}

/* Constants go into their registers by the copies themselves. */
static void take_args(struct lowering *l, const struct ir_ins *v, u32 n, u32 values[5])
{
	for (u32 k = 0; k < n; k++)
		values[k] = use(l, l->f->args.data[v->args + k]);
}

static void call_address(struct lowering *l, u32 kind, u32 index, u32 mask, u32 d)
{
	struct mach_ins *i = put(l, X86_CALL, 8);

	i->reloc = kind + 1;
	i->imm = (s64)((u64)index << 32);
	i->args = mask;
	l->m->calls = true;
	if (d != MACH_NONE)
		move(l, d, RAX);
}

static u32 helper_arg_count(u32 id)
{
	const struct helper_proto *p = core_helper(id);
	u32 n = 0;

	while (p && n < 5 && p->args[n] != ARG_NONE)
		n++;
	return p ? n : 5;
}

static void call(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 values[5], n = v->count, mask;
	struct mach_ins *i;

	switch (v->op) {
	case IR_HELPER:
		n = helper_arg_count((u32)v->imm);
		take_args(l, v, n, values);
		mask = pass(l, helper_args, values, n, true);
		call_address(l, JIT_RELOC_HELPER, (u32)v->imm, mask, d);
		return;
	case IR_CCALL:
		take_args(l, v, n, values);
		mask = pass(l, helper_args, values, n, true);
		call_address(l, JIT_RELOC_RUNTIME, (u32)v->imm, mask, d);
		return;
	default:
		take_args(l, v, n, values);
		mask = pass(l, sub_args, values, n, false);
		i = put(l, X86_CALL_SUB, 8);
		i->imm = v->imm;
		i->args = mask;
		l->m->calls = true;
		if (d != MACH_NONE)
			move(l, d, RAX);
	}
}

/* A load the runtime makes: what cannot be read is 0. */
static void load_carefully(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 values[2], mask;
	struct place p = address(l, v->a, v->imm);

	values[0] = fresh(l);
	lea(l, 8, values[0], &p);
	values[1] = const_register(l, v->size);
	mask = pass(l, helper_args, values, 2, true);
	call_address(l, JIT_RELOC_RUNTIME, JIT_RT_LOAD_BTF, mask, d == MACH_NONE ? fresh(l) : d);
}

/* ends
 * --------------------------------------------------------------------------------------------- */

/* The laid block an edge leads to: its own, when it has copies to make. */
static u32 edge(const struct lowering *l, u32 from, u32 to)
{
	for (u32 i = l->place[from] + 1; i < l->laid.len && !l->laid.data[i].block; i++)
		if (l->laid.data[i].to == to)
			return i;
	return l->place[to];
}

static void jump(struct lowering *l, u32 to)
{
	struct mach_ins *i = put(l, X86_JMP, 8);

	i->imm = to;
}

static void jump_if(struct lowering *l, u32 cond, u32 to)
{
	struct mach_ins *i = put(l, X86_JCC, 8);

	i->cond = (u8)cond;
	i->imm = to;
}

/* The phis of `to`, as its predecessor `from` sets them. */
static void copies(struct lowering *l, u32 from, u32 to)
{
	const struct ir_block *b = &l->f->blocks.data[to];
	u32 first = (u32)l->m->copies.len, pred = 0;
	struct mach_ins *i;

	while (b->preds.data[pred] != from)
		pred++;
	for (ir_ref r = b->first; r; r = val(l, r)->next) {
		struct mach_copy c = {.to = l->vreg[r], .from = MACH_NONE};
		ir_ref v;

		if (val(l, r)->op != IR_PHI) {
			if (val(l, r)->op == IR_CONST)
				continue;
			break;
		}
		if (!c.to)
			continue;
		v = l->f->phis.data[val(l, r)->imm + pred];
		if (!constant(l, v, &c.value))
			c.from = use(l, v);
		l->err = l->err ?: vec_push(&l->m->copies, c);
	}
	if (l->m->copies.len == first)
		return;
	i = put(l, MACH_PARALLEL, 8);
	i->args = first;
	i->count = (u32)l->m->copies.len - first;
}

static void branch(struct lowering *l, const struct ir_ins *v)
{
	const struct ir_block *b = &l->f->blocks.data[v->block];
	u32 cond = compare(l, v->a, v->b, v->bits, (u32)v->imm);

	jump_if(l, cond, edge(l, v->block, b->succ[0]));
	jump(l, edge(l, v->block, b->succ[1]));
}

static void leave_for_another(struct lowering *l, const struct ir_ins *v)
{
	const ir_ref *args = &l->f->args.data[v->args];
	u32 values[2] = {use(l, args[1]), use(l, args[2])}, ctx = use(l, args[0]), mask;
	struct mach_ins *i;

	mask = pass(l, helper_args, values, 2, true);
	call_address(l, JIT_RELOC_RUNTIME, JIT_RT_TAIL, mask, MACH_NONE);
	compare_const(l, 8, RAX, 0);
	jump_if(l, COND_EQ, edge(l, v->block, l->f->blocks.data[v->block].succ[0]));
	move(l, RDI, ctx);
	i = put(l, X86_LEAVE, 8);
	i->src[0] = RAX;
	i->src[1] = RDI;
}

static void switch_to(struct lowering *l, const struct ir_ins *v)
{
	const struct ir_case *cases = &l->f->cases.data[v->args];
	u32 n = v->count - 1u, none = edge(l, v->block, cases[n].block), reg = use(l, v->a), t;
	u64 min = ~0ull, max = 0;
	struct mach_ins *i;
	u32 first = (u32)l->m->cases.len;

	for (u32 k = 0; k < n; k++) {
		min = MIN(min, cases[k].value);
		max = MAX(max, cases[k].value);
	}
	t = fresh(l);
	if (min) {
		struct place p = {reg, MACH_NONE, 1, -(s64)min};

		lea(l, 8, t, &p);
	} else {
		move(l, t, reg);
	}
	compare_const(l, 8, t, (s64)(max - min));
	jump_if(l, COND_GT, none);
	for (u64 value = min; value <= max; value++) {
		u32 to = none;

		for (u32 k = 0; k < n; k++)
			if (cases[k].value == value)
				to = edge(l, v->block, cases[k].block);
		l->err = l->err ?: vec_push(&l->m->cases, to);
	}
	i = put(l, X86_SWITCH, 8);
	i->src[0] = t;
	i->def = fresh(l);
	i->args = first;
	i->count = (u32)(max - min + 1);
}

static void stop(struct lowering *l, const struct ir_ins *v)
{
	u32 values[2], mask;

	if (v->op == IR_THROW) {
		values[0] = use(l, v->a);
		mask = pass(l, helper_args, values, 1, true);
		call_address(l, JIT_RELOC_RUNTIME, JIT_RT_THROW, mask, MACH_NONE);
	} else {
		values[0] = const_register(l, v->imm);
		values[1] = const_register(l, v->insn);
		mask = pass(l, helper_args, values, 2, true);
		call_address(l, JIT_RELOC_RUNTIME, JIT_RT_STOP, mask, MACH_NONE);
	}
	put(l, X86_TRAP, 8);
}

static void end(struct lowering *l, const struct ir_ins *v)
{
	const struct ir_block *b = &l->f->blocks.data[v->block];

	switch (v->op) {
	case IR_JUMP:
		if (edge(l, v->block, b->succ[0]) == l->place[b->succ[0]])
			copies(l, v->block, b->succ[0]);
		jump(l, edge(l, v->block, b->succ[0]));
		break;
	case IR_BRANCH: branch(l, v); break;
	case IR_SWITCH: switch_to(l, v); break;
	case IR_RETURN: {
		s64 n;

		if (constant(l, v->a, &n)) {
			struct mach_ins *i = put(l, MACH_CONST, 8);

			i->def = RAX;
			i->imm = n;
		} else {
			move(l, RAX, use(l, v->a));
		}
		put(l, X86_RET, 8);
		break;
	}
	case IR_TAIL: leave_for_another(l, v); break;
	default: stop(l, v);
	}
}

/* instructions
 * ---------------------------------------------------------------------------------------- */

static void relocated(struct lowering *l, const struct ir_ins *v, u32 d)
{
	struct mach_ins *i = put(l, MACH_CONST, 8);

	i->def = d;
	i->reloc = (v->op == IR_MAP ? JIT_RELOC_MAP : JIT_RELOC_MAP_VALUE) + 1;
	i->imm =
		v->op == IR_MAP ? (s64)((u64)v->imm << 32) : (s64)((u64)v->map << 32 | (u32)v->imm);
}

static void value(struct lowering *l, const struct ir_ins *v, u32 d)
{
	switch (v->op) {
	case IR_PARAM: move(l, d, sub_args[v->imm - 1]); break;
	case IR_MAP:
	case IR_MAPVAL: relocated(l, v, d); break;
	case IR_COPY: move(l, d, use(l, v->a)); break;
	case IR_ADD:
	case IR_SUB:
	case IR_AND:
	case IR_OR:
	case IR_XOR: binary(l, v, d); break;
	case IR_MUL: multiply(l, v, d); break;
	case IR_MULHU: high_product(l, v, d); break;
	case IR_UDIV:
	case IR_UMOD:
	case IR_SDIV:
	case IR_SMOD: divide(l, v, d); break;
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
	case IR_ROL: shift(l, v, d); break;
	case IR_NEG:
	case IR_NOT:
	case IR_POPCNT: unary(l, v, d); break;
	case IR_BSWAP: swap_bytes(l, v, d); break;
	case IR_ZEXT:
	case IR_SEXT: extend(l, v, d); break;
	case IR_CMP: set_flag(l, v, d); break;
	case IR_SELECT: select_value(l, v, d); break;
	case IR_LOAD:
	case IR_LOADS:
	case IR_ACQUIRE: load(l, v, d); break;
	default: l->err = l->err ?: -EOPNOTSUPP;
	}
}

static void effect(struct lowering *l, ir_ref r, const struct ir_ins *v)
{
	u32 d = l->vreg[r] ?: MACH_NONE;

	switch (v->op) {
	case IR_STORE:
	case IR_RELEASE: store(l, v); break;
	case IR_ATOMIC: atomic(l, v, d); break;
	case IR_CAS: compare_exchange(l, v, d); break;
	case IR_FENCE: put(l, X86_MFENCE, 8); break;
	case IR_ACQUIRE:
		if (d != MACH_NONE)
			load(l, v, d);
		break;
	case IR_LOADX: load_carefully(l, v, d); break;
	default: call(l, v, d);
	}
}

static void lower_ins(struct lowering *l, ir_ref r)
{
	const struct ir_ins *v = val(l, r);
	struct chunk c = {.first = (u32)l->work.len};

	l->at = r;
	l->insn = v->insn;
	if (ir_flags(v->op) & IR_END)
		end(l, v);
	else if (ir_flags(v->op) & IR_EFFECT)
		effect(l, r, v);
	else if (l->vreg[r] && v->op != IR_PHI)
		value(l, v, l->vreg[r]);
	c.count = (u32)l->work.len - c.first;
	if (c.count)
		l->err = l->err ?: vec_push(&l->chunks, c);
}

/* The block's chunks, last made first. */
static void keep(struct lowering *l, struct laid *out)
{
	for (u32 k = (u32)l->chunks.len; k-- > 0 && !l->err;)
		for (u32 i = 0; i < l->chunks.data[k].count && !l->err; i++)
			l->err = vec_push(&out->ins, l->work.data[l->chunks.data[k].first + i]);
	l->work.len = l->chunks.len = 0;
}

static void lower_block(struct lowering *l, struct laid *out)
{
	const struct ir_block *b = &l->f->blocks.data[out->block];

	for (ir_ref r = b->last; r && !l->err; r = val(l, r)->prev)
		lower_ins(l, r);
	keep(l, out);
}

static void lower_edge(struct lowering *l, struct laid *out)
{
	struct chunk c = {0};

	l->insn = val(l, l->f->blocks.data[out->from].last)->insn;
	copies(l, out->from, out->to);
	jump(l, l->place[out->to]);
	c.count = (u32)l->work.len;
	l->err = l->err ?: vec_push(&l->chunks, c);
	keep(l, out);
}

/* layout
 * --------------------------------------------------------------------------------------------- */

static bool has_phis(const struct lowering *l, u32 block)
{
	for (ir_ref r = l->f->blocks.data[block].first; r; r = val(l, r)->next) {
		if (val(l, r)->op == IR_PHI)
			return true;
		if (val(l, r)->op != IR_CONST)
			return false;
	}
	return false;
}

static int lay(struct lowering *l, u32 block)
{
	u32 n = ir_successor_count(l->f, block);
	int err;

	l->place[block] = (u32)l->laid.len;
	err = vec_push(&l->laid, ((struct laid){.block = block}));
	for (u32 i = 0; i < n && !err; i++) {
		u32 to = ir_successor(l->f, block, i);
		bool twice = false;

		for (u32 k = 0; k < i; k++)
			twice |= ir_successor(l->f, block, k) == to;
		if (n > 1 && !twice && has_phis(l, to))
			err = vec_push(&l->laid, ((struct laid){.from = block, .to = to}));
	}
	return err;
}

static int lay_out(struct lowering *l)
{
	int err = 0;

	for (u32 rare = 0; rare < 2; rare++)
		for (u32 i = 0; i < l->f->order.len && !err; i++)
			if (l->f->blocks.data[l->f->order.data[i]].rare == rare)
				err = lay(l, l->f->order.data[i]);
	return err;
}

/* Phis that somebody uses, and what flows into them. */
static void want_phis(struct lowering *l)
{
	for (ir_ref r = 1; r < l->f->ins.len; r++)
		if (val(l, r)->block && val(l, r)->op == IR_PHI && val(l, r)->uses)
			use(l, r);
	for (ir_ref r = 1; r < l->f->ins.len; r++) {
		const struct ir_ins *phi = val(l, r);

		if (!phi->block || phi->op != IR_PHI || !l->vreg[r])
			continue;
		for (u32 i = 0; i < l->f->blocks.data[phi->block].preds.len; i++) {
			ir_ref v = l->f->phis.data[phi->imm + i];
			u32 op = val(l, v)->op;

			if (op != IR_CONST && op != IR_FRAME && op != IR_RUN && op != IR_CODE)
				use(l, v);
		}
	}
}

static void successors(struct lowering *l, u32 n, struct mach_block *b)
{
	const struct laid *laid = &l->laid.data[n];

	if (!laid->block) {
		b->succ[b->succ_count++] = l->place[laid->to];
		b->depth =
			MIN(l->f->blocks.data[laid->from].depth, l->f->blocks.data[laid->to].depth);
		return;
	}
	b->depth = l->f->blocks.data[laid->block].depth;
	for (u32 i = 0; i < ir_successor_count(l->f, laid->block); i++) {
		u32 to = edge(l, laid->block, ir_successor(l->f, laid->block, i));

		if (b->succ_count < 2) {
			b->succ[b->succ_count++] = to;
			continue;
		}
		if (!b->case_count)
			b->cases = (u32)l->m->cases.len;
		b->case_count++;
		l->err = l->err ?: vec_push(&l->m->cases, to);
	}
}

static int assemble(struct lowering *l)
{
	for (u32 n = 0; n < l->laid.len && !l->err; n++) {
		struct mach_block b = {.first = (u32)l->m->ins.len};

		successors(l, n, &b);
		b.count = (u32)l->laid.data[n].ins.len;
		l->err = l->err ?: vec_reserve(&l->m->ins, b.count);
		if (!l->err && b.count)
			memcpy(l->m->ins.data + l->m->ins.len, l->laid.data[n].ins.data,
			       b.count * sizeof(struct mach_ins));
		l->m->ins.len += b.count;
		l->err = l->err ?: vec_push(&l->m->blocks, b);
	}
	return l->err;
}

int x86_lower(const struct ir_function *f, const struct jit_options *opts,
	      struct mach_function *out)
{
	struct lowering l = {.f = f, .opts = opts, .m = out};

	*out = (struct mach_function){.ir = f, .vregs = MACH_VREG};
	l.vreg = base_calloc(f->ins.len, sizeof(u32));
	l.place = base_calloc(f->blocks.len, sizeof(u32));
	l.err = l.vreg && l.place ? lay_out(&l) : -ENOMEM;
	if (!l.err)
		want_phis(&l);
	/* Reverse postorder backwards: users come before what they use. */
	for (u32 i = (u32)f->order.len; i-- > 0 && !l.err;) {
		u32 at = l.place[f->order.data[i]];

		for (u32 k = at + 1; k < l.laid.len && !l.laid.data[k].block; k++)
			lower_edge(&l, &l.laid.data[k]);
		lower_block(&l, &l.laid.data[at]);
	}
	if (!l.err)
		assemble(&l);
	for (u32 n = 0; n < l.laid.len; n++)
		vec_fini(&l.laid.data[n].ins);
	vec_fini(&l.laid);
	vec_fini(&l.work);
	vec_fini(&l.chunks);
	base_free(l.vreg);
	base_free(l.place);
	return l.err;
}

/* the target
 * ------------------------------------------------------------------------------------------ */

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

static const u8 preference[] = {RAX, RCX, RDX, RSI, RDI, R8,  R9,
				R10, RBX, RBP, R12, R13, R14, 0xff};

const struct mach_target x86_target = {
	.name = "x86-64",
	.allocatable = 0x77ff & ~(1u << RSP | 1u << R11),
	.order = preference,
	.scratch = X86_SCRATCH,
	.implicit = implicit,
};
