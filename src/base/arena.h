/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An arena: allocations that die together, such as those of one verification
 * or one compilation. Zero-initialised is an empty arena. Not for run-time code.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/types.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* newest first */
	u8 *at, *end;               /* what is free of the newest */
	size_t bytes;               /* of all chunks */
	struct arena_chunk *spare;  /* of before arena_reset(), smallest first */
};

/* Zeroed, aligned for any type; NULL when memory ran out. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_memdup(struct arena *a, const void *p, size_t size);
char *arena_strdup(struct arena *a, const char *s);
/*
 * Everything allocated is gone; up to `keep` bytes of the memory stay with the arena for what comes
 * next (fresh memory costs a page fault per 4 KiB, which can be more than the work done in it).
 */
void arena_reset(struct arena *a, size_t keep);
/* Frees everything; the arena is empty and usable again. */
void arena_fini(struct arena *a);

#endif
