/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses of targets' code by name: file, symbol, offset. */
#ifndef CLI_SYMBOLS_H
#define CLI_SYMBOLS_H

#include "base/types.h"

struct cygnet;
struct symbols;

/* What is known of an address; texts are valid until symbols_free(). */
struct symbol_place {
	const char *file; /* NULL: not known, or not the same in all targets */
	const char *name; /* NULL: no symbol covers it */
	u64 offset;       /* from the symbol, or in the file */
};

/* NULL when out of memory. `inst` must outlive it. */
struct symbols *symbols_new(struct cygnet *inst);
void symbols_free(struct symbols *s); /* NULL is fine */
void symbols_find(struct symbols *s, u64 addr, struct symbol_place *out);

#endif
