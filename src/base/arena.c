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

static bool add_chunk(struct arena *a, size_t size)
{
	size_t want = a->chunks ? MIN(a->chunks->size * 2, MAX_CHUNK) : FIRST_CHUNK;
	struct arena_chunk *c;

	want = MAX(want, size);
	c = base_alloc(sizeof(*c) + want);
	if (!c)
		return false;
	c->next = a->chunks;
	c->size = want;
	a->chunks = c;
	a->at = c->bytes;
	a->end = c->bytes + want;
	a->bytes += want;
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

void arena_fini(struct arena *a)
{
	for (struct arena_chunk *c = a->chunks, *next; c; c = next) {
		next = c->next;
		base_free(c);
	}
	*a = (struct arena){0};
}
