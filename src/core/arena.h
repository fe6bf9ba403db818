/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arenas, as engines see them. A program holds addresses of the processes that map
 * the arena; what it does at one is done in the contents, as far from their start as
 * the address's low half is from that of `extra`, where those processes have the
 * first page. Whoever settles that address late sets `extra` of every view then: it
 * is read anew each time. Outside, loads yield 0 and stores are dropped. A program
 * has one arena at most. Freestanding.
 */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <cygnet/abi.h>
#include "core/run.h"

static inline u64 arena_bytes(const struct map *m)
{
	return (u64)m->max_entries * PAGE_BYTES;
}

/* The index of the program's arena among its maps; ~0: it has none. */
static inline u32 arena_index(const struct image *img, struct map *const *maps)
{
	for (u32 i = 0; i < img->map_count; i++)
		if (maps[i] && maps[i]->type == BPF_MAP_TYPE_ARENA)
			return i;
	return ~0u;
}

/* Where `size` bytes at addr + off are here; NULL: outside. */
static inline u8 *arena_at(const struct map *m, u64 addr, s32 off, u32 size)
{
	u64 at = (u64)(u32)addr - (u32)m->extra + (u64)(s64)off;

	return at <= arena_bytes(m) - size ? m->contents + at : NULL;
}

/* addr_space_cast to the processes' addresses: NULL stays NULL. */
static inline u64 arena_user_address(const struct map *m, u64 addr)
{
	u64 low = (u32)addr;

	return low && !(m->flags & BPF_F_NO_USER_CONV) ? (m->extra >> 32 << 32) | low : low;
}

#endif
