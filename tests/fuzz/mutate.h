/* SPDX-License-Identifier: BSD-2-Clause */
/* Mutants of ELF objects, the same for the same seed. */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include <stddef.h>
#include "base/types.h"

struct mutant {
	u8 *data;
	size_t size;
	u64 random; /* state of the generator */
};

void mutant_seed(struct mutant *m, u64 seed);
u64 mutant_below(struct mutant *m, u64 n); /* 0 when n is */

/* Changes the (so far valid) object in one to some dozen places; may cut it. */
void mutant_change(struct mutant *m);

#endif
