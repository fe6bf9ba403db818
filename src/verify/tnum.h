/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tristate numbers: 64-bit words of which each bit is 0, 1 or unknown. `value`
 * holds the known ones, `mask` the unknown bits; no bit is set in both. A tnum
 * stands for all x with (x & ~mask) == value. Pure functions.
 *
 * Precision is the kernel's, bit for bit: a sharper result here would accept
 * programs that Linux rejects.
 */
#ifndef VERIFY_TNUM_H
#define VERIFY_TNUM_H

#include "base/text.h"
#include "base/types.h"

struct tnum {
	u64 value, mask;
};

#define TNUM_UNKNOWN ((struct tnum){.value = 0, .mask = ~0ull})

static inline struct tnum tnum_const(u64 value)
{
	return (struct tnum){.value = value};
}

static inline bool tnum_is_const(struct tnum a)
{
	return !a.mask;
}

static inline bool tnum_is_unknown(struct tnum a)
{
	return !~a.mask;
}

/* Is x one of the numbers a stands for? */
static inline bool tnum_has(struct tnum a, u64 x)
{
	return (x & ~a.mask) == a.value;
}

/* Known ones and unknown bits, the unknown ones winning where they meet. */
static inline struct tnum tnum_make(u64 ones, u64 mask)
{
	return (struct tnum){.value = ones & ~mask, .mask = mask};
}

/*
 * The smallest tnum that holds min..max (unsigned); more numbers than those, as
 * a rule. Equal leading bits are known; from the first that differs on, none.
 */
static inline struct tnum tnum_range(u64 min, u64 max)
{
	u64 differ = min ^ max;

	return differ ? tnum_make(min, ~0ull >> __builtin_clzll(differ)) : tnum_const(min);
}

struct tnum tnum_add(struct tnum a, struct tnum b);
struct tnum tnum_sub(struct tnum a, struct tnum b);
struct tnum tnum_neg(struct tnum a);
struct tnum tnum_mul(struct tnum a, struct tnum b);
struct tnum tnum_and(struct tnum a, struct tnum b);
struct tnum tnum_or(struct tnum a, struct tnum b);
struct tnum tnum_xor(struct tnum a, struct tnum b);

/* By a known count, below 64 (below `bits` for tnum_arsh, whose operand is `bits` wide: 32 or 64).
 */
struct tnum tnum_lsh(struct tnum a, u32 count);
struct tnum tnum_rsh(struct tnum a, u32 count);
struct tnum tnum_arsh(struct tnum a, u32 count, u32 bits);

/* The bytes of the low `bits` (16, 32, 64) reversed, the rest zero. */
struct tnum tnum_bswap(struct tnum a, u32 bits);

/* The low `bytes` (1-8), the rest zero. */
static inline struct tnum tnum_cast(struct tnum a, u32 bytes)
{
	u64 keep = ~0ull >> (64 - 8 * bytes);

	return (struct tnum){.value = a.value & keep, .mask = a.mask & keep};
}

/* The low half; all but it; a with its low half replaced by low's. */
static inline struct tnum tnum_subreg(struct tnum a)
{
	return tnum_cast(a, 4);
}

static inline struct tnum tnum_clear_subreg(struct tnum a)
{
	return (struct tnum){.value = a.value >> 32 << 32, .mask = a.mask >> 32 << 32};
}

static inline struct tnum tnum_with_subreg(struct tnum a, struct tnum low)
{
	a = tnum_clear_subreg(a);
	low = tnum_subreg(low);
	return (struct tnum){.value = a.value | low.value, .mask = a.mask | low.mask};
}

/* Numbers in both; where a known 0 meets a known 1 (there are none) the result has a 1. */
static inline struct tnum tnum_intersect(struct tnum a, struct tnum b)
{
	return tnum_make(a.value | b.value, a.mask & b.mask);
}

/* The smallest tnum that holds both. */
struct tnum tnum_union(struct tnum a, struct tnum b);
/* Has some number in both. */
bool tnum_overlap(struct tnum a, struct tnum b);
/* All of b is in a. */
bool tnum_in(struct tnum a, struct tnum b);
/* All are multiples of `size`, a power of two or 0 (then true). */
bool tnum_is_aligned(struct tnum a, u64 size);

/* The least member above x; the greatest member when there is none. */
u64 tnum_next(struct tnum a, u64 x);

/* "(0x1; 0xff0)", as the verifier's log has it. */
void tnum_format(struct text *t, struct tnum a);

#endif
