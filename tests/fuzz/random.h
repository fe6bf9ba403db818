/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers from a seed: the same seed makes the same program on every machine. */
#ifndef FUZZ_RANDOM_H
#define FUZZ_RANDOM_H

#include "base/types.h"

struct rng {
	u64 state;
};

static inline struct rng rng_seeded(u64 seed)
{
	return (struct rng){seed * 0x9e3779b97f4a7c15ull + 0x1234567};
}

/* splitmix64 */
static inline u64 rng_next(struct rng *r)
{
	u64 z = r->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static inline u32 rng_below(struct rng *r, u32 n) /* n > 0 */
{
	return (u32)((rng_next(r) >> 32) * n >> 32);
}

static inline s32 rng_range(struct rng *r, s32 lo, s32 hi) /* both included */
{
	return lo + (s32)rng_below(r, (u32)(hi - lo) + 1);
}

static inline bool rng_chance(struct rng *r, u32 of) /* once in `of` */
{
	return rng_below(r, of) == 0;
}

#define rng_pick(r, ...) \
	((const s64[]){  \
		__VA_ARGS__}[rng_below((r), sizeof((const s64[]){__VA_ARGS__}) / sizeof(s64))])

/* A number as programs have them: small, near a power of two, near a limit, or anything. */
u64 rng_number(struct rng *r);

#endif
