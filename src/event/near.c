// SPDX-License-Identifier: BSD-2-Clause
/*
 * A place for near pieces. What is moved there must reach whatever the file
 * refers to in its own mappings, so the place is at most REACH away from where
 * it is wanted; the rest of 2 GiB is left to the file itself.
 *
 * Candidates touch a mapping: right below one, or above one with room between
 * (a program's heap grows upwards). The nearest that is free wins, those below
 * before those above.
 */
#include "event/code.h"

#define REACH      (1ull << 30)
#define LOWEST     (1ull << 16) /* vm.mmap_min_addr's usual value */
#define HIGHEST    ((1ull << 47) - PAGE_BYTES)
#define HEAP_LEAVE (64ull << 20)

static u64 distance(u64 a, u64 b)
{
	return a < b ? b - a : a - b;
}

/* Whether [at, at + size) is free and within reach. */
static bool is_usable(const struct plan_mapping *maps, u32 n, u64 around, u64 at, u64 size)
{
	if (at < LOWEST || at > HIGHEST - size || distance(at, around) > REACH ||
	    distance(at + size, around) > REACH)
		return false;
	for (u32 i = 0; i < n; i++)
		if (at < maps[i].end && maps[i].start < at + size)
			return false;
	return true;
}

u64 code_pick_near(const struct plan_mapping *maps, u32 n, u64 around, u64 size)
{
	u64 below = 0, above = 0;

	size = ROUND_UP(size, PAGE_BYTES);
	if (!size || size > REACH / 2)
		return 0;
	for (u32 i = 0; i < n; i++) {
		u64 lo = maps[i].start < size ? 0 : (maps[i].start - size) & -(u64)PAGE_BYTES;
		u64 hi = ROUND_UP(maps[i].end, PAGE_BYTES) + HEAP_LEAVE;

		if (lo < around && lo > below && is_usable(maps, n, around, lo, size))
			below = lo;
		if (hi > around && (!above || hi < above) && is_usable(maps, n, around, hi, size))
			above = hi;
	}
	return below ?: above;
}
