// SPDX-License-Identifier: BSD-2-Clause
/*
 * Arithmetic on tristate numbers.
 *
 * A tnum a spans value .. value|mask, and both ends are members. Written with
 * bits: a member is value + m for some m that is a subset of mask's bits, so
 * sums and differences of members are sums of a known part and of parts that
 * range over subsets. Two observations carry the rest:
 *
 *  - Carries are monotonic. The carry into bit k of x + y does not fall when
 *    bits are added to x or y. So it is the same for all members exactly if it
 *    is the same for the least and for the greatest ones, and a result bit is
 *    known exactly if no operand bit there is unknown and its carry is known.
 *    Least sum and greatest sum therefore tell by one XOR which carries vary.
 *  - Bit-wise operations act on each bit alone; the truth table with a third
 *    value gives the best result.
 *
 * All operations but multiplication are optimal: no smaller tnum holds all
 * results. (tests/unit/tnum_test.c tries all pairs at small widths.)
 */
#include "verify/tnum.h"

struct tnum tnum_add(struct tnum a, struct tnum b)
{
	u64 least = a.value + b.value;
	u64 greatest = least + a.mask + b.mask;

	/*
	 * A bit of least ^ greatest is the XOR of what varies there: the operands'
	 * unknown bits and the carry. Where no operand varies, it is the carry.
	 */
	return tnum_make(least, (least ^ greatest) | a.mask | b.mask);
}

struct tnum tnum_sub(struct tnum a, struct tnum b)
{
	u64 known = a.value - b.value;
	u64 greatest = known + a.mask; /* greatest a, least b: fewest borrows */
	u64 least = known - b.mask;    /* the reverse: most borrows */

	return tnum_make(known, (greatest ^ least) | a.mask | b.mask);
}

struct tnum tnum_neg(struct tnum a)
{
	return tnum_sub(tnum_const(0), a);
}

/*
 * Long multiplication, from a's lowest bit on. A known 1 adds b at its place; a
 * known 0 adds nothing; an unknown bit does the one or the other, so the sum so
 * far is joined with the sum plus b. By induction the accumulator holds all
 * products of b's members and of a's members cut to the bits seen. Joining loses
 * what the two cases have in common, so this is not the best tnum, and it is not
 * the same with a and b exchanged.
 */
struct tnum tnum_mul(struct tnum a, struct tnum b)
{
	struct tnum sum = tnum_const(0);

	for (u64 left = a.value | a.mask; left; left >>= 1) {
		struct tnum more = tnum_add(sum, b);

		if (a.value & 1)
			sum = more;
		else if (a.mask & 1)
			sum = tnum_union(sum, more);
		a = tnum_rsh(a, 1);
		b = tnum_lsh(b, 1);
	}
	return sum;
}

/* 1 where both are 1; 0 where one is 0, that is where one has no bit at all. */
struct tnum tnum_and(struct tnum a, struct tnum b)
{
	u64 ones = a.value & b.value;
	u64 possible = (a.value | a.mask) & (b.value | b.mask);

	return (struct tnum){.value = ones, .mask = possible & ~ones};
}

/* 1 where one is 1; else unknown where one is unknown. */
struct tnum tnum_or(struct tnum a, struct tnum b)
{
	u64 ones = a.value | b.value;

	return (struct tnum){.value = ones, .mask = (a.mask | b.mask) & ~ones};
}

struct tnum tnum_xor(struct tnum a, struct tnum b)
{
	return tnum_make(a.value ^ b.value, a.mask | b.mask);
}

struct tnum tnum_lsh(struct tnum a, u32 count)
{
	return (struct tnum){.value = a.value << count, .mask = a.mask << count};
}

struct tnum tnum_rsh(struct tnum a, u32 count)
{
	return (struct tnum){.value = a.value >> count, .mask = a.mask >> count};
}

/* The sign bit is copied as what it is: a 0, a 1, or an unknown (all copies alike, which is lost).
 */
struct tnum tnum_arsh(struct tnum a, u32 count, u32 bits)
{
	if (bits == 32)
		return (struct tnum){.value = (u32)((s32)a.value >> count),
				     .mask = (u32)((s32)a.mask >> count)};
	return (struct tnum){.value = (u64)((s64)a.value >> count),
			     .mask = (u64)((s64)a.mask >> count)};
}

struct tnum tnum_bswap(struct tnum a, u32 bits)
{
	return tnum_rsh((struct tnum){.value = __builtin_bswap64(a.value),
				      .mask = __builtin_bswap64(a.mask)},
			64 - bits);
}

struct tnum tnum_union(struct tnum a, struct tnum b)
{
	return tnum_make(a.value & b.value, (a.value ^ b.value) | a.mask | b.mask);
}

bool tnum_overlap(struct tnum a, struct tnum b)
{
	return !((a.value ^ b.value) & ~a.mask & ~b.mask);
}

bool tnum_in(struct tnum a, struct tnum b)
{
	return !(b.mask & ~a.mask) && tnum_has(a, b.value);
}

bool tnum_is_aligned(struct tnum a, u64 size)
{
	return !size || !((a.value | a.mask) & (size - 1));
}

/*
 * The least member m >= y, for y = x + 1. Look at the highest known bit where y
 * is not as it must be; above it y could be a member's.
 *  - None: y is a member.
 *  - y has 0 there and members have 1: keep what is above, take the 1, and below
 *    it the least that is allowed.
 *  - y has 1 and members have 0: keeping all above would give less than y, so one
 *    unknown bit above, 0 in y, has to become 1: the lowest such; what is above
 *    it stays, and below comes the least. There is one, since y <= the greatest.
 */
u64 tnum_next(struct tnum a, u64 x)
{
	u64 greatest = a.value | a.mask;
	u64 y = x + 1, wrong, rise;

	if (x >= greatest)
		return greatest;
	wrong = (y ^ a.value) & ~a.mask;
	if (!wrong)
		return y;
	rise = 1ull << (63 - __builtin_clzll(wrong));
	if (y & rise) {
		u64 zeros = a.mask & ~y & ~(2 * rise - 1);

		rise = zeros & -zeros;
	}
	return (y & ~(2 * rise - 1)) | rise | (a.value & (rise - 1));
}

void tnum_format(struct text *t, struct tnum a)
{
	text_fmt(t, "(0x%llx; 0x%llx)", (unsigned long long)a.value, (unsigned long long)a.mask);
}
