// SPDX-License-Identifier: BSD-2-Clause
/*
 * Intervals through operations and conditions. Sums and differences are followed
 * around the end of their width only when all values go around; of bitwise
 * operations what the number of bits tells is kept.
 */
#include "jit/interval.h"

static const struct interval all = {0, ~0ull};

static struct interval at_most(u64 max)
{
	return (struct interval){0, max};
}

static u64 width_mask(u32 bits)
{
	return bits == 32 ? 0xffffffff : ~0ull;
}

/* The low halves. */
static struct interval low(struct interval x)
{
	if (x.min >> 32 == x.max >> 32)
		return (struct interval){(u32)x.min, (u32)x.max};
	return at_most(0xffffffff);
}

/* All bits up to the highest. */
static u64 filled(u64 max)
{
	return max ? ~0ull >> __builtin_clzll(max) : 0;
}

static struct interval sum(struct interval x, struct interval y, u64 mask)
{
	unsigned __int128 min = (unsigned __int128)x.min + y.min,
			  max = (unsigned __int128)x.max + y.max;

	if (max <= mask || min > mask)
		return (struct interval){(u64)min & mask, (u64)max & mask};
	return at_most(mask);
}

static struct interval difference(struct interval x, struct interval y, u64 mask)
{
	if (x.min >= y.max || x.max < y.min)
		return (struct interval){(x.min - y.max) & mask, (x.max - y.min) & mask};
	return at_most(mask);
}

static struct interval product(struct interval x, struct interval y, u64 mask)
{
	if ((unsigned __int128)x.max * y.max <= mask)
		return (struct interval){x.min * y.min, x.max * y.max};
	return at_most(mask);
}

static struct interval high_product(struct interval x, struct interval y, u32 bits)
{
	return (struct interval){(u64)((unsigned __int128)x.min * y.min >> bits),
				 (u64)((unsigned __int128)x.max * y.max >> bits)};
}

static struct interval left(struct interval x, struct interval n, u32 bits, u64 mask)
{
	u64 count = n.min & (bits - 1);

	if (n.min != n.max || x.max > mask >> count)
		return at_most(mask);
	return (struct interval){x.min << count, x.max << count};
}

static struct interval right(struct interval x, struct interval n, u32 bits)
{
	if (n.max >= bits) {
		if (n.min != n.max)
			return at_most(x.max);
		n.min = n.max = n.min & (bits - 1);
	}
	return (struct interval){x.min >> n.max, x.max >> n.min};
}

static struct interval quotient(struct interval x, struct interval y)
{
	return (struct interval){y.min ? x.min / y.max : 0, x.max / MAX(y.min, 1ull)};
}

static struct interval remainder_of(struct interval x, struct interval y)
{
	if (!y.min)
		return at_most(x.max);
	if (x.max < y.min)
		return x;
	return at_most(MIN(x.max, y.max - 1));
}

static struct interval extended(const struct ir_ins *i, struct interval x)
{
	u64 mask = i->size >= 8 ? ~0ull : (1ull << i->size * 8) - 1;

	if (i->op == IR_ZEXT)
		return x.max <= mask ? x : at_most(mask);
	return x.max <= mask >> 1 ? x : at_most(width_mask(i->bits));
}

static struct interval of_memory(const struct ir_ins *i)
{
	if (i->op == IR_LOADS || i->size >= 8 || !i->size)
		return all;
	return at_most((1ull << i->size * 8) - 1);
}

/* Addresses of user space: what is added to one stays within its object. */
static const struct interval pointers = {4096, (1ull << 56) - 1};

/* Two operands, of the operation's width. */
static struct interval binary(const struct ir_ins *i, struct interval x, struct interval y)
{
	u64 mask = width_mask(i->bits);

	switch (i->op) {
	case IR_ADD: return sum(x, y, mask);
	case IR_SUB: return difference(x, y, mask);
	case IR_MUL: return product(x, y, mask);
	case IR_MULHU: return high_product(x, y, i->bits);
	case IR_UDIV: return quotient(x, y);
	case IR_UMOD: return remainder_of(x, y);
	case IR_AND: return at_most(MIN(x.max, y.max));
	case IR_OR: return (struct interval){MAX(x.min, y.min), filled(x.max | y.max)};
	case IR_XOR: return at_most(filled(x.max | y.max));
	case IR_SHL: return left(x, y, i->bits, mask);
	case IR_SHR: return right(x, y, i->bits);
	case IR_SAR: return x.max <= mask >> 1 ? right(x, y, i->bits) : at_most(mask);
	case IR_SDIV:
		return x.max <= mask >> 1 && y.max <= mask >> 1 ? quotient(x, y) : at_most(mask);
	case IR_SMOD:
		return x.max <= mask >> 1 && y.max <= mask >> 1 ? remainder_of(x, y)
								: at_most(mask);
	default: return at_most(mask);
	}
}

struct interval interval_of(const struct ir_ins *i, const struct interval o[3])
{
	struct interval x = o[0], y = o[1];

	switch (i->op) {
	case IR_CONST: return (struct interval){(u64)i->imm, (u64)i->imm};
	case IR_FRAME:
	case IR_RUN:
	case IR_MAP:
	case IR_MAPVAL:
	case IR_MAPMEM: return pointers;
	case IR_LOAD:
	case IR_LOADS:
	case IR_LOADX:
	case IR_ACQUIRE:
	case IR_ATOMIC:
	case IR_CAS: return of_memory(i);
	case IR_COPY: return x;
	case IR_ZEXT:
	case IR_SEXT: return extended(i, x);
	case IR_BSWAP: return i->size >= 8 ? all : at_most((1ull << i->size * 8) - 1);
	case IR_CMP: return at_most(1);
	case IR_POPCNT: return at_most(i->bits);
	case IR_SELECT: return interval_union(y, o[2]);
	}
	if (!(ir_flags(i->op) & IR_PURE) || !ir_operands(i->op))
		return all;
	if (i->bits == 32) {
		x = low(x);
		y = low(y);
	}
	if (ir_operands(i->op) == 1)
		return at_most(width_mask(i->bits));
	return binary(i, x, y);
}

/* conditions ------------------------------------------------------------------------ */

static struct interval crossed(struct interval x, u64 min, u64 max)
{
	return (struct interval){MAX(x.min, min), MIN(x.max, max)};
}

static struct interval without(struct interval x, struct interval y)
{
	if (y.min != y.max)
		return x;
	if (x.min == x.max && x.min == y.min)
		return INTERVAL_NONE;
	if (x.min == y.min)
		x.min++;
	else if (x.max == y.min)
		x.max--;
	return x;
}

static struct interval where_unsigned(struct interval x, u32 cond, struct interval y)
{
	switch (cond) {
	case COND_EQ: return crossed(x, y.min, y.max);
	case COND_NE: return without(x, y);
	case COND_LT: return y.max ? crossed(x, 0, y.max - 1) : INTERVAL_NONE;
	case COND_LE: return crossed(x, 0, y.max);
	case COND_GT: return y.min + 1 ? crossed(x, y.min + 1, ~0ull) : INTERVAL_NONE;
	case COND_GE: return crossed(x, y.min, ~0ull);
	case COND_TEST: return crossed(x, 1, ~0ull);
	default: return x;
	}
}

struct interval interval_where(struct interval x, u32 cond, u32 bits, struct interval y)
{
	u64 mask = width_mask(bits), most = mask >> 1;

	/* Only of the low half something is told. */
	if (x.max > mask)
		return x;
	if (bits == 32)
		y = low(y);
	if (cond >= COND_SLT && cond <= COND_SLE) {
		if (x.max <= most && y.max <= most)
			cond = cond - COND_SLT + COND_LT;
		else if ((cond == COND_SGE || cond == COND_SGT) && y.max <= most)
			return crossed(x, y.min + (cond == COND_SGT), most);
		else
			return x;
	}
	return where_unsigned(x, cond, y);
}

int interval_holds(struct interval x, u32 cond, u32 bits, struct interval y)
{
	u64 most = width_mask(bits) >> 1;

	if (bits == 32) {
		x = low(x);
		y = low(y);
	}
	if (cond >= COND_SLT && cond <= COND_SLE) {
		if (x.max > most || y.max > most)
			return -1;
		cond = cond - COND_SLT + COND_LT;
	}
	switch (cond) {
	case COND_EQ:
	case COND_NE:
		if (x.max < y.min || y.max < x.min)
			return cond == COND_NE;
		return x.min == x.max && y.min == y.max ? cond == COND_EQ : -1;
	case COND_LT:
	case COND_GE:
		if (x.max < y.min)
			return cond == COND_LT;
		return x.min >= y.max ? cond == COND_GE : -1;
	case COND_LE:
	case COND_GT:
		if (x.max <= y.min)
			return cond == COND_LE;
		return x.min > y.max ? cond == COND_GT : -1;
	default: return -1;
	}
}
