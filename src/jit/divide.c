// SPDX-License-Identifier: BSD-2-Clause
/*
 * Division by constants, by multiplication.
 *
 * With m = floor(2^(w+s) / d) + 1 the product m * d exceeds 2^(w+s) by some
 * e in 1..d. Then x * m / 2^(w+s) = x/d + (x * e) / (d * 2^(w+s)), and its floor is
 * that of x/d when x * e < 2^(w+s), since fractions of x/d are at most 1 - 1/d. For
 * x < 2^n, e <= 2^(w+s-n) is enough. Three forms, by preference:
 *
 *	x below 2^32, m below 2^32:  (x * m) >> (32 + s)         one 64-bit product
 *	m below 2^64:                mulhu(x >> k, m) >> s       k: trailing zeros of d
 *	m = 2^64 + m':               t = mulhu(x, m'), (((x - t) >> 1) + t) >> (s - 1)
 *
 * For x below 2^32 the second always exists with s = 0. A divisor above 2^63 is in x
 * once or not at all. A signed quotient is that of the absolute values with the sign
 * put back: (x ^ sign) - sign, sign being x s>> (bits - 1). Remainders are
 * x - quotient * d.
 */
#include <errno.h>
#include "jit/ir.h"

typedef unsigned __int128 u128;

struct dividing {
	struct ir_function *f;
	ir_ref *is; /* by value: what it became */
	u32 limit;  /* values below it have an entry there */
	ir_ref at;  /* the division */
};

static ir_ref put(struct dividing *p, u32 op, u32 bits, ir_ref a, ir_ref b)
{
	ir_ref r = ir_new(p->f, op, bits);
	struct ir_ins *i;

	if (!r)
		return 0;
	i = ir_at(p->f, r);
	i->a = a;
	i->b = b;
	i->insn = ir_at(p->f, p->at)->insn;
	i->zeros = bits == 32 ? ~0ull << 32 : 0;
	ir_insert_before(p->f, p->at, r);
	return r;
}

static ir_ref put_const(struct dividing *p, u32 op, u32 bits, ir_ref a, u64 n)
{
	ir_ref c = ir_const(p->f, 1, n);

	return c ? put(p, op, bits, a, c) : 0;
}

static ir_ref shifted(struct dividing *p, ir_ref a, u32 n)
{
	return n ? put_const(p, IR_SHR, 64, a, n) : a;
}

/*
 * The least s that makes m, below 2^w, right for all x < 2^n; m = 0 when there is
 * none. d is no power of two and below 2^(w-1).
 */
static u64 magic(u32 w, u32 n, u64 d, u32 *s)
{
	for (u32 k = 0; k < w && w + k < 128; k++) {
		u128 power = (u128)1 << (w + k), m = power / d + 1, e = m * d - power;

		if (m >> w)
			return 0;
		if (e <= (u128)1 << (w + k - n)) {
			*s = k;
			return (u64)m;
		}
	}
	return 0;
}

/* m' of m = 2^64 + m', and its s; d is below 2^63. */
static u64 magic_65(u64 d, u32 *s)
{
	u32 k = 64 - (u32)__builtin_clzll(d); /* d < 2^k */

	/* 2^(64 + k) / d = 2^64 + 2^64 * (2^k - d) / d */
	*s = k;
	return (u64)(((u128)((1ull << k) - d) << 64) / d) + 1;
}

/* x / d, x < 2^n, both as 64 bits. */
static ir_ref divide_unsigned(struct dividing *p, ir_ref x, u32 n, u64 d)
{
	u32 s = 0, k = (u32)__builtin_ctzll(d);
	ir_ref t;
	u64 m;

	if (!(d & (d - 1)))
		return shifted(p, x, k);
	if (d >> 63) {
		t = put_const(p, IR_CMP, 64, x, d);
		if (t)
			ir_at(p->f, t)->imm = COND_GE;
		return t;
	}
	if (n <= 32 && !(d >> 31)) {
		m = magic(32, n, d, &s);
		if (m)
			return shifted(p, put_const(p, IR_MUL, 64, x, m), 32 + s);
	}
	m = magic(64, n, d, &s);
	if (m)
		return shifted(p, put_const(p, IR_MULHU, 64, x, m), s);
	m = k ? magic(64, n - k, d >> k, &s) : 0;
	if (m)
		return shifted(p, put_const(p, IR_MULHU, 64, shifted(p, x, k), m), s);
	m = magic_65(d, &s);
	t = put_const(p, IR_MULHU, 64, x, m);
	x = put(p, IR_SUB, 64, x, t);
	x = put(p, IR_ADD, 64, shifted(p, x, 1), t);
	return shifted(p, x, s - 1);
}

/* How many bits the value may need. */
static u32 width(const struct ir_function *f, ir_ref r)
{
	const struct ir_ins *i = &f->ins.data[r];
	u64 may = i->op == IR_CONST ? (u64)i->imm : ~i->zeros;

	return may ? 64 - (u32)__builtin_clzll(may) : 1;
}

static ir_ref unsigned_quotient(struct dividing *p, ir_ref x, u32 bits, u64 d)
{
	u32 n = width(p->f, x);
	ir_ref q;

	if (bits == 32 && n > 32) {
		x = put(p, IR_ZEXT, 64, x, 0);
		if (!x)
			return 0;
		ir_at(p->f, x)->size = 4;
		ir_at(p->f, x)->zeros = ~0ull << 32;
		n = 32;
	}
	q = divide_unsigned(p, x, n, d);
	/* Shared with others when the divisor is 1: what is known of it holds anyway. */
	if (q && n <= 32)
		ir_at(p->f, q)->zeros |= ~0ull << 32;
	return q;
}

static ir_ref signed_quotient(struct dividing *p, ir_ref x, u32 bits, s64 d)
{
	ir_ref sign = put_const(p, IR_SAR, bits, x, bits - 1);
	ir_ref q = put(p, IR_SUB, bits, put(p, IR_XOR, bits, x, sign), sign);

	q = divide_unsigned(p, q, bits, d < 0 ? -(u64)d : (u64)d);
	q = put(p, IR_XOR, bits, q, sign);
	return d < 0 ? put(p, IR_SUB, bits, sign, q) : put(p, IR_SUB, bits, q, sign);
}

static bool is_division(u32 op)
{
	return op == IR_UDIV || op == IR_UMOD || op == IR_SDIV || op == IR_SMOD;
}

static void divide(struct dividing *p, ir_ref r)
{
	struct ir_ins i = *ir_at(p->f, r);
	bool is_signed = i.op == IR_SDIV || i.op == IR_SMOD;
	u64 d;
	ir_ref q;

	if (!ir_is_const(p->f, i.b, &d))
		return;
	if (i.bits == 32)
		d = is_signed ? (u64)(s32)d : (u32)d;
	if (!d)
		return;
	p->at = r;
	q = is_signed ? signed_quotient(p, i.a, i.bits, (s64)d)
		      : unsigned_quotient(p, i.a, i.bits, d);
	if (i.op == IR_UMOD || i.op == IR_SMOD)
		q = put(p, IR_SUB, i.bits, i.a, put_const(p, IR_MUL, i.bits, q, d));
	if (p->f->failed)
		return;
	ir_at(p->f, q)->zeros |= i.zeros;
	p->is[r] = q;
	ir_remove(p->f, r);
}

static void resolve(void *data, ir_ref *operand)
{
	const struct dividing *p = data;

	while (*operand < p->limit && p->is[*operand])
		*operand = p->is[*operand];
}

int ir_divide(struct ir_function *f)
{
	struct dividing p = {.f = f, .limit = (u32)f->ins.len};

	p.is = base_calloc(p.limit, sizeof(ir_ref));
	if (!p.is)
		return -ENOMEM;
	ir_each_block(f, b)
	{
		ir_ref next;

		for (ir_ref r = f->blocks.data[b].first; r && !f->failed; r = next) {
			next = ir_at(f, r)->next;
			if (r >= p.limit || !is_division(ir_at(f, r)->op))
				continue;
			ir_each_operand(f, r, resolve, &p);
			divide(&p, r);
		}
	}
	for (ir_ref r = 1; r < f->ins.len && !f->failed; r++)
		if (ir_at(f, r)->block)
			ir_each_operand(f, r, resolve, &p);
	base_free(p.is);
	return f->failed ? -ENOMEM : ir_clean(f);
}
