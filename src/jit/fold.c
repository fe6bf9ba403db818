// SPDX-License-Identifier: BSD-2-Clause
/*
 * Constants, identities and known bits.
 *
 * In reverse postorder every value learns which of its bits are surely 0 from its
 * operands (phis: from all that are known so far, back edges not), and is then
 * replaced where something simpler is the same: a constant, an operand, a cheaper
 * operation. Extensions of what is extended already go; masks that keep all there
 * is go; multiplications and divisions by powers of two become shifts. Repeated
 * until nothing changes, a few times at most.
 */
#include <errno.h>
#include "isa/sem.h"
#include "jit/ir.h"

#define ROUNDS 4

struct folding {
	struct ir_function *f;
	ir_ref *is; /* by value: what it was replaced by; 0: itself */
	bool changed;
};

static u64 low_mask(u32 bits)
{
	return bits >= 64 ? ~0ull : (1ull << bits) - 1;
}

static ir_ref resolve(const struct folding *p, ir_ref r)
{
	while (p->is[r])
		r = p->is[r];
	return r;
}

static void resolve_operand(void *data, ir_ref *operand)
{
	*operand = resolve(data, *operand);
}

static const struct ir_ins *val(const struct folding *p, ir_ref r)
{
	return &p->f->ins.data[r];
}

static bool constant(const struct folding *p, ir_ref r, u64 *value)
{
	return ir_is_const(p->f, r, value);
}

static void become(struct folding *p, ir_ref r, ir_ref by)
{
	p->is[r] = by;
	p->changed = true;
	ir_remove(p->f, r);
}

static bool become_const(struct folding *p, ir_ref r, u64 value)
{
	ir_ref c = ir_const(p->f, 1, value);

	if (!c)
		return false;
	if (c >= p->f->ins.len)
		return false;
	become(p, r, c);
	return true;
}

/* known bits --------------------------------------------------------------------------- */

/* As many high bits as a number of at most these needs not. */
static u64 zeros_above(u64 max)
{
	return max ? ~(~0ull >> __builtin_clzll(max)) : ~0ull;
}

static u64 zeros_of(const struct folding *p, ir_ref r)
{
	const struct ir_ins *i = val(p, r);

	return i->op == IR_CONST ? ~(u64)i->imm : i->zeros;
}

static u64 phi_zeros(const struct folding *p, const struct ir_ins *phi)
{
	const struct ir_block *b = &p->f->blocks.data[phi->block];
	u64 zeros = ~0ull;

	for (u32 k = 0; k < b->preds.len; k++) {
		if (p->f->blocks.data[b->preds.data[k]].order >= b->order)
			return 0;
		zeros &= zeros_of(p, resolve(p, p->f->phis.data[phi->imm + k]));
	}
	return b->preds.len ? zeros : 0;
}

static u64 shifted_zeros(u32 op, u64 za, u64 n, u32 bits)
{
	u64 mask = low_mask(bits);

	n &= bits - 1;
	if (op == IR_SHL)
		return (za << n | low_mask((u32)n)) & mask;
	return (((za & mask) >> n) | ~(mask >> n)) & mask;
}

static u64 operation_zeros(const struct folding *p, const struct ir_ins *i)
{
	u64 za = zeros_of(p, i->a), zb = ir_operands(i->op) > 1 ? zeros_of(p, i->b) : 0, n;
	u64 max_a = ~za, max_b = ~zb;

	switch (i->op) {
	case IR_AND: return za | zb;
	case IR_OR:
	case IR_XOR: return za & zb;
	case IR_ADD:
		if (i->bits == 32) {
			max_a = (u32)max_a;
			max_b = (u32)max_b;
		}
		return max_a + max_b < max_a ? 0 : zeros_above(max_a + max_b);
	case IR_SHL:
	case IR_SHR: return constant(p, i->b, &n) ? shifted_zeros(i->op, za, n, i->bits) : 0;
	case IR_UDIV: return zeros_above(i->bits == 32 ? (u32)max_a : max_a);
	case IR_UMOD: return zeros_above(i->bits == 32 ? (u32)max_a : max_a);
	case IR_ZEXT: return za | ~low_mask(i->size * 8u);
	case IR_BSWAP: return ~low_mask(i->size * 8u);
	case IR_CMP: return ~1ull;
	case IR_POPCNT: return ~127ull;
	case IR_SELECT: return zb & zeros_of(p, i->c);
	default: return 0;
	}
}

static u64 known_zeros(const struct folding *p, const struct ir_ins *i)
{
	u64 zeros = 0;

	switch (i->op) {
	case IR_PHI: return phi_zeros(p, i);
	case IR_LOAD:
	case IR_ACQUIRE:
	case IR_LOADX: return ~low_mask(i->size * 8u);
	case IR_ATOMIC:
	case IR_CAS: return i->size == 4 ? ~0ull << 32 : 0;
	case IR_HELPER:
	case IR_KFUNC:
	case IR_CALL:
	case IR_CCALL:
	case IR_PARAM: return 0;
	}
	if (ir_operands(i->op))
		zeros = operation_zeros(p, i);
	return i->bits == 32 ? zeros | ~0ull << 32 : zeros;
}

/* constants ------------------------------------------------------------------------------- */

static u64 divide(u32 op, u32 bits, u64 a, u64 b)
{
	switch (op) {
	case IR_UDIV: return bits == 32 ? isa_DIV32(a, b) : isa_DIV64(a, b);
	case IR_UMOD: return bits == 32 ? isa_MOD32(a, b) : isa_MOD64(a, b);
	case IR_SDIV: return bits == 32 ? isa_SDIV32(a, b) : isa_SDIV64(a, b);
	default: return bits == 32 ? isa_SMOD32(a, b) : isa_SMOD64(a, b);
	}
}

static u64 extend(const struct ir_ins *i, u64 a)
{
	u32 shift = 64 - i->size * 8u;
	u64 v = i->op == IR_ZEXT ? a << shift >> shift : (u64)((s64)(a << shift) >> shift);

	return i->bits == 32 ? (u32)v : v;
}

static u64 swap(const struct ir_ins *i, u64 a)
{
	return i->size == 2   ? __builtin_bswap16((u16)a)
	       : i->size == 4 ? __builtin_bswap32((u32)a)
			      : __builtin_bswap64(a);
}

bool ir_compute(const struct ir_ins *i, u64 a, u64 b, u64 *result)
{
	u32 bits = i->bits, n = (u32)b & (bits - 1);
	u64 v;

	switch (i->op) {
	case IR_ADD: v = a + b; break;
	case IR_SUB: v = a - b; break;
	case IR_MUL: v = a * b; break;
	case IR_MULHU:
		v = bits == 32 ? (u64)(u32)a * (u32)b >> 32 : (u64)((unsigned __int128)a * b >> 64);
		break;
	case IR_UDIV:
	case IR_UMOD:
	case IR_SDIV:
	case IR_SMOD: v = divide(i->op, bits, a, b); break;
	case IR_AND: v = a & b; break;
	case IR_OR: v = a | b; break;
	case IR_XOR: v = a ^ b; break;
	case IR_SHL: v = a << n; break;
	case IR_SHR: v = bits == 32 ? (u64)((u32)a >> n) : a >> n; break;
	case IR_SAR: v = bits == 32 ? (u64)(u32)((s32)a >> n) : (u64)((s64)a >> n); break;
	case IR_ROL:
		v = bits == 32 ? (u64)((u32)a << n | (u32)a >> (-n & 31)) : a << n | a >> (-n & 63);
		break;
	case IR_NEG: v = -a; break;
	case IR_NOT: v = ~a; break;
	case IR_BSWAP: v = swap(i, a); break;
	case IR_ZEXT:
	case IR_SEXT: v = extend(i, a); break;
	case IR_POPCNT: v = (u64)__builtin_popcountll(bits == 32 ? (u32)a : a); break;
	case IR_CMP: v = ir_cond_holds((enum ir_cond)i->imm, bits, a, b); break;
	default: return false;
	}
	*result = bits == 32 ? (u32)v : v;
	return true;
}

static bool fold_constants(struct folding *p, ir_ref r)
{
	const struct ir_ins *i = val(p, r);
	u32 n = ir_operands(i->op);
	u64 a = 0, b = 0, result;

	if (!(ir_flags(i->op) & IR_PURE) || !n || n > 2 || !constant(p, i->a, &a) ||
	    (n == 2 && !constant(p, i->b, &b)) || !ir_compute(i, a, b, &result))
		return false;
	return become_const(p, r, result);
}

/* identities -------------------------------------------------------------------------------- */

/* A value that is 32 bits wide already, where the operation would cut it. */
static bool stays(const struct folding *p, const struct ir_ins *i, ir_ref x)
{
	return i->bits == 64 || zeros_of(p, x) >> 32 == 0xffffffff;
}

static void change(struct folding *p, ir_ref r, u32 op, u64 b)
{
	ir_ref c = ir_const(p->f, 1, b);
	struct ir_ins *i = ir_at(p->f, r);

	if (!c)
		return;
	i->op = (u8)op;
	i->b = c;
	p->changed = true;
}

static bool by_right_constant(struct folding *p, ir_ref r, u64 n)
{
	struct ir_ins *i = ir_at(p->f, r);
	u64 mask = low_mask(i->bits);
	ir_ref a = i->a;

	n &= mask;
	switch (i->op) {
	case IR_ADD:
	case IR_SUB:
	case IR_OR:
	case IR_XOR:
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
	case IR_ROL:
		if (!n && stays(p, i, a)) {
			become(p, r, a);
			return true;
		}
		break;
	case IR_AND:
		if (!n)
			return become_const(p, r, 0);
		if (!(~zeros_of(p, a) & ~n & (i->bits == 32 ? ~0ull : mask)) && stays(p, i, a)) {
			become(p, r, a);
			return true;
		}
		break;
	case IR_MUL:
		if (!n)
			return become_const(p, r, 0);
		if (n == 1 && stays(p, i, a)) {
			become(p, r, a);
			return true;
		}
		if (!(n & (n - 1)))
			change(p, r, IR_SHL, (u64)__builtin_ctzll(n));
		return false;
	case IR_UDIV:
		if (n == 1 && stays(p, i, a)) {
			become(p, r, a);
			return true;
		}
		if (n && !(n & (n - 1)))
			change(p, r, IR_SHR, (u64)__builtin_ctzll(n));
		return false;
	case IR_UMOD:
		if (n && !(n & (n - 1)))
			change(p, r, IR_AND, n - 1);
		return false;
	}
	/* x - n is x + -n: one form for addresses and chains. */
	if (i->op == IR_SUB)
		change(p, r, IR_ADD, -n & mask);
	return false;
}

/* (x + m) + n, (x & m) & n, (x << m) << n ... */
static bool chain(struct folding *p, ir_ref r, u64 n)
{
	struct ir_ins *i = ir_at(p->f, r);
	const struct ir_ins *a = val(p, i->a);
	ir_ref x = a->a;
	u64 m;

	if (a->op != i->op || a->bits != i->bits || ir_operands(a->op) != 2 ||
	    !constant(p, a->b, &m))
		return false;
	switch (i->op) {
	case IR_ADD: n += m; break;
	case IR_AND: n &= m; break;
	case IR_OR: n |= m; break;
	case IR_XOR: n ^= m; break;
	case IR_SHL:
	case IR_SHR:
		n = (n & (i->bits - 1)) + (m & (i->bits - 1));
		if (n >= i->bits)
			return become_const(p, r, 0);
		break;
	default: return false;
	}
	if (i->bits == 32)
		n = (u32)n;
	change(p, r, i->op, n);
	ir_at(p->f, r)->a = x;
	return false;
}

/* (x << 32) >> 32 and the like: what clang writes for a cut to 32 bits. */
static bool cut(struct folding *p, ir_ref r, u64 n)
{
	struct ir_ins *i = ir_at(p->f, r);
	const struct ir_ins *a = val(p, i->a);
	u64 m;
	u32 keep;

	if ((i->op != IR_SHR && i->op != IR_SAR) || i->bits != 64 || a->op != IR_SHL ||
	    a->bits != 64 || !constant(p, a->b, &m) || m != n)
		return false;
	keep = 64 - (u32)(n & 63);
	if (keep != 8 && keep != 16 && keep != 32)
		return false;
	i->op = i->op == IR_SHR ? IR_ZEXT : IR_SEXT;
	i->size = (u8)(keep / 8);
	i->a = a->a;
	i->b = 0;
	p->changed = true;
	return false;
}

static bool same_operands(struct folding *p, ir_ref r)
{
	const struct ir_ins *i = val(p, r);

	if (ir_operands(i->op) != 2 || i->a != i->b)
		return false;
	switch (i->op) {
	case IR_SUB:
	case IR_XOR: return become_const(p, r, 0);
	case IR_AND:
	case IR_OR:
		if (!stays(p, i, i->a))
			return false;
		become(p, r, i->a);
		return true;
	default: return false;
	}
}

static bool fold_extension(struct folding *p, ir_ref r)
{
	struct ir_ins *i = ir_at(p->f, r);
	const struct ir_ins *a = val(p, i->a);
	u64 above = ~low_mask(i->size * 8u);

	if (i->op == IR_ZEXT && (zeros_of(p, i->a) & above) == above) {
		become(p, r, i->a);
		return true;
	}
	if (i->op == IR_SEXT && i->bits == 64 &&
	    (zeros_of(p, i->a) & (above | 1ull << (i->size * 8u - 1))) ==
		    (above | 1ull << (i->size * 8u - 1))) {
		become(p, r, i->a);
		return true;
	}
	/* zext(zext(x)), zext(sext(x)) of no less */
	if ((a->op == IR_ZEXT || a->op == IR_SEXT) && a->size >= i->size) {
		i->a = a->a;
		p->changed = true;
	}
	return false;
}

/* Constants go right. */
static void turn(struct folding *p, ir_ref r)
{
	struct ir_ins *i = ir_at(p->f, r);
	ir_ref a = i->a;
	u64 n;

	if (!(ir_flags(i->op) & IR_COMM) || !constant(p, i->a, &n) || constant(p, i->b, &n))
		return;
	i->a = i->b;
	i->b = a;
	p->changed = true;
}

/* What can be no greater than known bits let it may decide: then a constant is tested. */
static void decide_by_range(struct folding *p, struct ir_ins *i, u64 n)
{
	u64 max = ~zeros_of(p, i->a), least = i->imm == COND_LT || i->imm == COND_GE ? 1 : 0;

	if (i->bits == 32) {
		max = (u32)max;
		n = (u32)n;
	}
	if (i->imm < COND_LT || i->imm > COND_LE || n < least || max > n - least)
		return;
	i->imm = i->imm == COND_LT || i->imm == COND_LE ? COND_EQ : COND_NE;
	i->a = i->b;
	p->changed = true;
}

static void decide_address(struct folding *p, struct ir_ins *i, u64 n)
{
	if (n || i->bits != 64 || (i->imm != COND_EQ && i->imm != COND_NE) ||
	    !ir_is_address(p->f, i->a))
		return;
	i->imm = i->imm == COND_EQ ? COND_NE : COND_EQ;
	i->a = i->b;
	p->changed = true;
}

/* if (x & m) ...; 64-bit tests of narrow values; tests of comparisons. */
static void fold_test(struct folding *p, ir_ref r)
{
	struct ir_ins *i = ir_at(p->f, r);
	const struct ir_ins *a;
	u64 n, m;

	if (constant(p, i->a, &n) && !constant(p, i->b, &m)) {
		ir_ref t = i->a;

		i->a = i->b;
		i->b = t;
		i->imm = ir_cond_flip(i->imm);
	}
	if (!constant(p, i->b, &n))
		return;
	a = val(p, i->a);
	if (a->op == IR_AND && (i->imm == COND_EQ || i->imm == COND_NE) && !n &&
	    (i->bits == 64 ? a->bits == 64 : true) && constant(p, a->b, &m)) {
		i->imm = i->imm == COND_EQ ? COND_NTEST : COND_TEST;
		i->b = a->b;
		i->a = a->a;
		p->changed = true;
		return;
	}
	/* Narrow values compare the same in 32 bits, unsigned. */
	if (i->bits == 64 && i->imm <= COND_LE && !(n >> 32) &&
	    zeros_of(p, i->a) >> 32 == 0xffffffff)
		i->bits = 32;
	/* Of 0 and 1, one is as good a question as the other. */
	if (n == 1 && i->imm <= COND_NE && zeros_of(p, i->a) == ~1ull) {
		ir_ref zero = ir_const(p->f, 1, 0);

		i = ir_at(p->f, r);
		if (!zero)
			return;
		i->imm ^= 1;
		i->b = zero;
		n = 0;
		p->changed = true;
	}
	decide_by_range(p, i, n);
	decide_address(p, i, n);
}

/* x << n | x >> (width - n) */
static bool rotate(struct folding *p, ir_ref r)
{
	struct ir_ins *i = ir_at(p->f, r);
	const struct ir_ins *x = val(p, i->a), *y = val(p, i->b);
	u64 n, m;

	if (i->op != IR_OR)
		return false;
	if (x->op == IR_SHR) {
		const struct ir_ins *t = x;

		x = y;
		y = t;
	}
	if (x->op != IR_SHL || y->op != IR_SHR || x->bits != y->bits || i->bits < x->bits ||
	    resolve(p, x->a) != resolve(p, y->a) || !constant(p, x->b, &n) ||
	    !constant(p, y->b, &m) || !n || n >= x->bits || n + m != x->bits)
		return false;
	i->op = IR_ROL;
	i->bits = x->bits;
	i->a = x->a;
	i->b = x->b;
	p->changed = true;
	return true;
}

static void fold_ins(struct folding *p, ir_ref r)
{
	struct ir_ins *i = ir_at(p->f, r);
	u64 n;

	i->zeros = known_zeros(p, i);
	if (i->op == IR_COPY && !constant(p, i->a, &n)) {
		become(p, r, i->a);
		return;
	}
	if (i->op == IR_BRANCH || i->op == IR_CMP)
		fold_test(p, r);
	if (fold_constants(p, r))
		return;
	turn(p, r);
	if (rotate(p, r))
		return;
	i = ir_at(p->f, r);
	if (i->op == IR_ZEXT || i->op == IR_SEXT) {
		fold_extension(p, r);
		return;
	}
	if (same_operands(p, r) || ir_operands(i->op) != 2 || !(ir_flags(i->op) & IR_PURE) ||
	    i->op == IR_CMP || !constant(p, i->b, &n))
		return;
	if (by_right_constant(p, r, n))
		return;
	i = ir_at(p->f, r);
	if (!constant(p, i->b, &n) || chain(p, r, n))
		return;
	i = ir_at(p->f, r);
	if (ir_operands(i->op) == 2 && constant(p, i->b, &n))
		cut(p, r, n);
}

/* Addresses take the constants that are added to their bases. */
static void fold_address(struct folding *p, ir_ref r)
{
	struct ir_ins *i = ir_at(p->f, r);
	const struct ir_ins *a;
	u64 n;

	switch (i->op) {
	case IR_LOAD:
	case IR_LOADS:
	case IR_LOADX:
	case IR_STORE:
	case IR_ATOMIC:
	case IR_CAS:
	case IR_ACQUIRE:
	case IR_RELEASE: break;
	default: return;
	}
	a = val(p, i->a);
	if (a->op != IR_ADD || a->bits != 64 || !constant(p, a->b, &n) ||
	    i->imm + (s64)n != (s32)(i->imm + (s64)n))
		return;
	i->imm += (s64)n;
	i->a = a->a;
	p->changed = true;
}

static int round_of(struct ir_function *f, bool *changed)
{
	struct folding p = {.f = f};
	u32 len = (u32)f->ins.len * 2 + 64;

	p.is = base_calloc(len, sizeof(ir_ref));
	if (!p.is)
		return -ENOMEM;
	for (u32 i = 0; i < f->order.len; i++) {
		ir_ref next;

		for (ir_ref r = f->blocks.data[f->order.data[i]].first; r; r = next) {
			next = ir_at(f, r)->next;
			if (f->ins.len + 4 >= len)
				break;
			ir_each_operand(f, r, resolve_operand, &p);
			fold_address(&p, r);
			fold_ins(&p, r);
		}
	}
	for (ir_ref r = 1; r < f->ins.len; r++)
		if (ir_at(f, r)->block)
			ir_each_operand(f, r, resolve_operand, &p);
	*changed = p.changed;
	base_free(p.is);
	return f->failed ? -ENOMEM : 0;
}

int ir_fold(struct ir_function *f)
{
	bool changed = true;
	int err = 0;

	for (u32 i = 0; i < ROUNDS && changed && !err; i++)
		err = round_of(f, &changed);
	return err ?: ir_clean(f);
}
