/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All allocation of the library, so that a test can fail the Nth one. Not for
 * run-time (freestanding) code.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include "base/types.h"

void *base_alloc(size_t size);            /* uninitialised; NULL when out of memory */
void *base_zalloc(size_t size);           /* zeroed */
void *base_calloc(size_t n, size_t size); /* zeroed, overflow-checked */
void *base_realloc(void *p, size_t size); /* p survives failure */
void *base_memdup(const void *p, size_t size);
char *base_strdup(const char *s);
void base_free(void *p); /* NULL is fine */

/* Tests: the nth allocation from now fails (1 = the next); 0 switches it off. */
void base_alloc_fail_nth(unsigned long nth);
unsigned long base_alloc_count(void); /* allocations since the last fail_nth call */

#endif
