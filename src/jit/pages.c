// SPDX-License-Identifier: BSD-2-Clause
/*
 * Pages of code come from chunks of 64: a chunk is mapped writable as a whole,
 * its pages become read-execute when a program takes them, and writable again when
 * it gives them back. What is larger than a chunk is mapped by itself.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/vec.h"
#include "jit/pages.h"

#define CHUNK_PAGES 64
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u
#endif

struct chunk {
	u8 *at;
	u64 taken; /* by page */
};

struct jit_pages {
	VEC(struct chunk) chunks;
};

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t pages_of(u32 size)
{
	return (size + page_bytes() - 1) / page_bytes();
}

int jit_pages_new(struct jit_pages **out)
{
	struct jit_pages *p = base_zalloc(sizeof(*p));

	if (!p)
		return -ENOMEM;
	*out = p;
	return 0;
}

void jit_pages_free(struct jit_pages *p)
{
	if (!p)
		return;
	vec_each (&p->chunks, i)
		munmap(p->chunks.data[i].at, CHUNK_PAGES * page_bytes());
	vec_fini(&p->chunks);
	base_free(p);
}

static u64 mask_of(u32 count, u32 first)
{
	return (count == CHUNK_PAGES ? ~0ull : (1ull << count) - 1) << first;
}

/* The first of `count` free pages in a row; CHUNK_PAGES: there are none. */
static u32 find_row(u64 taken, u32 count)
{
	for (u32 i = 0; i + count <= CHUNK_PAGES; i++)
		if (!(taken & mask_of(count, i)))
			return i;
	return CHUNK_PAGES;
}

static u8 *map_writable(size_t pages)
{
	u8 *at = mmap(NULL, pages * page_bytes(), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static struct chunk *add_chunk(struct jit_pages *p)
{
	struct chunk c = {.at = map_writable(CHUNK_PAGES)};

	if (!c.at)
		return NULL;
	if (vec_push(&p->chunks, c)) {
		munmap(c.at, CHUNK_PAGES * page_bytes());
		return NULL;
	}
	return &p->chunks.data[p->chunks.len - 1];
}

static bool is_apart(const struct jit_pages *p, size_t pages)
{
	return !p || pages > CHUNK_PAGES;
}

int jit_pages_take(struct jit_pages *p, u32 size, u8 **at)
{
	size_t count = pages_of(size);
	struct chunk *c = NULL;
	u32 first = 0;

	if (is_apart(p, count)) {
		u8 *apart = map_writable(count);

		if (apart)
			*at = apart;
		return apart ? 0 : -ENOMEM;
	}
	for (size_t i = p->chunks.len; i-- > 0 && !c;) {
		first = find_row(p->chunks.data[i].taken, (u32)count);
		c = first < CHUNK_PAGES ? &p->chunks.data[i] : NULL;
	}
	if (!c) {
		c = add_chunk(p);
		first = 0;
	}
	if (!c)
		return -ENOMEM;
	c->taken |= mask_of((u32)count, first);
	*at = c->at + first * page_bytes();
	return 0;
}

/*
 * Where the system lets no mapping become executable (PR_SET_MDWE, a policy), a file of memory may
 * still be mapped so from the start.
 */
static int seal_by_file(u8 *at, size_t bytes)
{
	int fd = memfd_create("cygnet code", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	bool done;

	if (fd < 0) /* before Linux 6.3 */
		fd = memfd_create("cygnet code", MFD_CLOEXEC);
	if (fd < 0)
		return -EPERM;
	done = write(fd, at, bytes) == (ssize_t)bytes &&
	       mmap(at, bytes, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0) == at;
	close(fd);
	return done ? 0 : -EPERM;
}

int jit_pages_seal(u8 *at, u32 size)
{
	size_t bytes = pages_of(size) * page_bytes();

	return mprotect(at, bytes, PROT_READ | PROT_EXEC) ? seal_by_file(at, bytes) : 0;
}

void jit_pages_give(struct jit_pages *p, u8 *at, u32 size)
{
	size_t count = pages_of(size), bytes = count * page_bytes();

	/* Pages that do not become writable again stay taken. */
	if (is_apart(p, count))
		munmap(at, bytes);
	else if (!mprotect(at, bytes, PROT_READ | PROT_WRITE))
		vec_each (&p->chunks, i) {
			struct chunk *c = &p->chunks.data[i];

			if (at >= c->at && at < c->at + CHUNK_PAGES * page_bytes())
				c->taken &= ~mask_of((u32)count,
						     (u32)((size_t)(at - c->at) / page_bytes()));
		}
}
