/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unsigned intervals [min, max] of 64-bit values, and what operations and
 * conditions make of them. Always sound: in doubt the interval is all values.
 */
#ifndef JIT_INTERVAL_H
#define JIT_INTERVAL_H

#include "jit/ir.h"

struct interval {
	u64 min, max; /* min > max: no value at all */
};

#define INTERVAL_ALL  ((struct interval){0, ~0ull})
#define INTERVAL_NONE ((struct interval){~0ull, 0})

static inline bool interval_is_none(struct interval x)
{
	return x.min > x.max;
}

static inline struct interval interval_union(struct interval x, struct interval y)
{
	if (interval_is_none(x))
		return y;
	if (interval_is_none(y))
		return x;
	return (struct interval){MIN(x.min, y.min), MAX(x.max, y.max)};
}

/* Of a pure operation, load or call, from those of its operands (a, b, c; none are empty). */
struct interval interval_of(const struct ir_ins *i, const struct interval operands[3]);
/* x, where `x cond y` holds in `bits`; NONE when it cannot. */
struct interval interval_where(struct interval x, u32 cond, u32 bits, struct interval y);
/* 1: x cond y holds of all values; 0: of none; -1: not decided. */
int interval_holds(struct interval x, u32 cond, u32 bits, struct interval y);

#endif
