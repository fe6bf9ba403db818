// SPDX-License-Identifier: BSD-2-Clause
/* Chunks of doubling size, handed out front to back. */
#include <string.h>
#include "base/alloc.h"
#include "base/arena.h"

#define FIRST_CHUNK 4096u
#define MAX_CHUNK   (1u << 20)
#define ALIGN       _Alignof(max_align_t)

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
	_Alignas(max_align_t) u8 bytes[];
};

/* The smallest that is large enough, but no giant for a dwarf. */
static struct arena_chunk *take_spare(struct arena *a, size_t want)
{
	struct arena_chunk **at = &a->spare, *c;

	while (*at && (*at)->size < want)
		at = &(*at)->next;
	c = *at;
	if (!c || c->size / 4 > want)
		return NULL;
	*at = c->next;
	return c;
}

static void give_spare(struct arena *a, struct arena_chunk *c)
{
	struct arena_chunk **at = &a->spare;

	while (*at && (*at)->size < c->size)
		at = &(*at)->next;
	c->next = *at;
	*at = c;
}

static bool add_chunk(struct arena *a, size_t size)
{
	size_t want = a->chunks ? MIN(a->chunks->size * 2, MAX_CHUNK) : FIRST_CHUNK;
	struct arena_chunk *c;

	want = MAX(want, size);
	c = take_spare(a, want);
	if (!c) {
		c = base_alloc(sizeof(*c) + want);
		if (!c)
			return false;
		c->size = want;
	}
	c->next = a->chunks;
	a->chunks = c;
	a->at = c->bytes;
	a->end = c->bytes + c->size;
	a->bytes += c->size;
	return true;
}

void *arena_alloc(struct arena *a, size_t size)
{
	void *p;

	if (size > PTRDIFF_MAX - sizeof(struct arena_chunk) - ALIGN)
		return NULL;
	size = ROUND_UP(MAX(size, 1), ALIGN);
	if (size > (size_t)(a->end - a->at) && !add_chunk(a, size))
		return NULL;
	p = a->at;
	a->at += size;
	return memset(p, 0, size);
}

void *arena_memdup(struct arena *a, const void *p, size_t size)
{
	void *copy = arena_alloc(a, size);

	if (copy && size)
		memcpy(copy, p, size);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_memdup(a, s, strlen(s) + 1);
}

void arena_reset(struct arena *a, size_t keep)
{
	struct arena_chunk *chunks = a->chunks;
	struct arena kept = {0};

	/* What was used last is warm, what lay spare before is not. */
	for (u32 pass = 0; pass < 2; pass++, chunks = a->spare) {
		for (struct arena_chunk *c = chunks, *next; c; c = next) {
			next = c->next;
			if (c->size > keep) {
				base_free(c);
				continue;
			}
			keep -= c->size;
			give_spare(&kept, c);
		}
	}
	*a = kept;
}

void arena_fini(struct arena *a)
{
	arena_reset(a, 0);
}
