// SPDX-License-Identifier: BSD-2-Clause
/*
 * Allocation through one gate. A test arms the gate to refuse the Nth
 * allocation; the counter is process-wide and atomic, so that threads may
 * allocate meanwhile.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/vec.h"

static unsigned long count;
static unsigned long fail_at; /* 0: never */

static bool refused(void)
{
	unsigned long n = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);

	return unlikely(n == __atomic_load_n(&fail_at, __ATOMIC_RELAXED));
}

void base_alloc_fail_nth(unsigned long nth)
{
	__atomic_store_n(&fail_at, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&count, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&fail_at, nth, __ATOMIC_RELAXED);
}

unsigned long base_alloc_count(void)
{
	return __atomic_load_n(&count, __ATOMIC_RELAXED);
}

/* Size 0 yields a pointer too: NULL always means that memory ran out. */
void *base_alloc(size_t size)
{
	return refused() ? NULL : malloc(size ?: 1);
}

void *base_zalloc(size_t size)
{
	return base_calloc(1, size);
}

void *base_calloc(size_t n, size_t size)
{
	if (!n || !size)
		n = size = 1;
	return refused() ? NULL : calloc(n, size);
}

void *base_realloc(void *p, size_t size)
{
	return refused() ? NULL : realloc(p, size ?: 1);
}

void *base_memdup(const void *p, size_t size)
{
	void *copy = base_alloc(size);

	if (copy && size)
		memcpy(copy, p, size);
	return copy;
}

char *base_strdup(const char *s)
{
	return base_memdup(s, strlen(s) + 1);
}

void base_free(void *p)
{
	free(p);
}

#define VEC_FIRST 8

int vec_grow_(void **data, size_t *cap, size_t need, size_t elem)
{
	size_t bytes, want;
	void *p;

	if (need <= *cap)
		return 0;
	want = MAX(need, VEC_FIRST);
	if (*cap <= SIZE_MAX / 2)
		want = MAX(want, *cap * 2);
	if (__builtin_mul_overflow(want, elem, &bytes))
		return -ENOMEM;
	p = base_realloc(*data, bytes);
	if (!p)
		return -ENOMEM;
	*data = p;
	*cap = want;
	return 0;
}
