// SPDX-License-Identifier: BSD-2-Clause
/*
 * What programs write in many operations since BPF has none for it, and the machine
 * has: the number of bits set, summed in fields of 2, 4 and 8 bits,
 *
 *	a = x - ((x >> 1) & 0x55..)
 *	b = (a & 0x33..) + ((a >> 2) & 0x33..)
 *	c = (b + (b >> 4)) & 0x0f..
 *	n = c * 0x01.. >> 56		(of 32 bits: >> 24)
 *
 * as the well-known form has it, which compilers also make of __builtin_popcount.
 */
#include <errno.h>
#include "jit/ir.h"
#include "jit/jit.h"

/* Of 32 bits the constants are cut off; wide ones stand before loops as copies. */
static bool is_number(const struct ir_function *f, ir_ref r, u32 bits, u64 n)
{
	u64 value;

	if (f->ins.data[r].op == IR_COPY)
		r = f->ins.data[r].a;
	return ir_is_const(f, r, &value) && (bits == 32 ? (u32)value == (u32)n : value == n);
}

static const struct ir_ins *is_op(const struct ir_function *f, ir_ref r, u32 op, u32 bits)
{
	const struct ir_ins *i = &f->ins.data[r];

	return i->op == op && i->bits == bits ? i : NULL;
}

/* x of x op n; 0: it is not. */
static ir_ref by_number(const struct ir_function *f, ir_ref r, u32 op, u32 bits, u64 n)
{
	const struct ir_ins *i = is_op(f, r, op, bits);

	return i && is_number(f, i->b, bits, n) ? i->a : 0;
}

/* Are they one in their low `bits`? */
static bool same(const struct ir_function *f, ir_ref x, ir_ref y, u32 bits)
{
	ir_ref both[] = {x, y};

	for (u32 k = 0; k < 2 && bits == 32; k++)
		if (f->ins.data[both[k]].op == IR_ZEXT && f->ins.data[both[k]].size == 4)
			both[k] = f->ins.data[both[k]].a;
	return both[0] == both[1];
}

/* Is it (x >> by) & mask? */
static bool is_field(const struct ir_function *f, ir_ref r, u32 bits, ir_ref x, u32 by, u64 mask)
{
	ir_ref shifted = by_number(f, r, IR_AND, bits, mask);

	return shifted && same(f, by_number(f, shifted, IR_SHR, bits, by), x, bits);
}

static ir_ref bits_of_2(const struct ir_function *f, ir_ref r, u32 bits)
{
	const struct ir_ins *i = is_op(f, r, IR_SUB, bits);

	return i && is_field(f, i->b, bits, i->a, 1, 0x5555555555555555ull) ? i->a : 0;
}

static ir_ref bits_of_4(const struct ir_function *f, ir_ref r, u32 bits)
{
	const u64 mask = 0x3333333333333333ull;
	const struct ir_ins *i = is_op(f, r, IR_ADD, bits);

	for (u32 k = 0; i && k < 2; k++) {
		ir_ref low = k ? i->b : i->a, high = k ? i->a : i->b;
		ir_ref x = by_number(f, low, IR_AND, bits, mask);

		if (x && is_field(f, high, bits, x, 2, mask))
			return bits_of_2(f, x, bits);
	}
	return 0;
}

static ir_ref bits_of_8(const struct ir_function *f, ir_ref r, u32 bits)
{
	ir_ref sum = by_number(f, r, IR_AND, bits, 0x0f0f0f0f0f0f0f0full);
	const struct ir_ins *i = sum ? is_op(f, sum, IR_ADD, bits) : NULL;

	for (u32 k = 0; i && k < 2; k++) {
		ir_ref x = k ? i->b : i->a, high = k ? i->a : i->b;

		if (same(f, by_number(f, high, IR_SHR, bits, 4), x, bits))
			return bits_of_4(f, x, bits);
	}
	return 0;
}

static bool count_bits(struct ir_function *f, ir_ref r)
{
	u32 bits = ir_at(f, r)->bits;
	ir_ref product = by_number(f, r, IR_SHR, bits, bits - 8);
	ir_ref fields = product ? by_number(f, product, IR_MUL, bits, 0x0101010101010101ull) : 0;
	ir_ref x = fields ? bits_of_8(f, fields, bits) : 0;
	struct ir_ins *i = ir_at(f, r);

	if (!x)
		return false;
	i->op = IR_POPCNT;
	i->a = x;
	i->b = 0;
	i->zeros = ~127ull;
	return true;
}

int ir_idiom(struct ir_function *f)
{
	bool changed = false;

	if (!f->opts || f->opts->target != JIT_X86_64 || !(f->opts->features & JIT_X86_POPCNT))
		return 0;
	for (u32 i = 0; i < f->order.len; i++)
		for (ir_ref r = f->blocks.data[f->order.data[i]].first; r; r = ir_at(f, r)->next)
			if (ir_at(f, r)->op == IR_SHR)
				changed |= count_bits(f, r);
	return changed ? ir_clean(f) : 0;
}
