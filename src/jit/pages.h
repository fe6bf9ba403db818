/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages that code is written to and then runs from: never both at once. Kept and
 * used again, for making and removing mappings costs more than a small program.
 * One thread at a time.
 */
#ifndef JIT_PAGES_H
#define JIT_PAGES_H

#include "base/types.h"

struct jit_pages;

int jit_pages_new(struct jit_pages **out); /* 0, -ENOMEM */
/* All that was taken must have been given back. NULL is fine. */
void jit_pages_free(struct jit_pages *p);

/* Writable memory of at least `size` bytes, page-aligned, filled with anything; `p` NULL: pages
 * that are nobody's else, here and below. 0, -ENOMEM. */
int jit_pages_take(struct jit_pages *p, u32 size, u8 **at);
/* Read-execute from now on. 0, -EPERM (the system forbids executable memory). */
int jit_pages_seal(u8 *at, u32 size);
void jit_pages_give(struct jit_pages *p, u8 *at, u32 size);

#endif
