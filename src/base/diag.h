/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The diagnostic record: what went wrong, why, and what to do about it. A
 * library function that fails fills the caller's record once (the first
 * cause wins); the command renders it as text or JSON. Freestanding.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include "base/types.h"

struct diag {
	u16 id;   /* a stable number of the diagnostics table; 0: nothing recorded */
	s32 insn; /* instruction index, or -1 */
	s32 reg;  /* register, or -1 */
	char what[160];
	char why[160];
	char hint[160];
};

void diag_init(struct diag *d);
/* Records; `d` may be NULL; a record already filled stays. Formats as text_fmt. Returns `err`. */
int diag_set(struct diag *d, int err, u16 id, s32 insn, const char *what, ...) __printf_like(5, 6);
void diag_why(struct diag *d, const char *why, ...) __printf_like(2, 3);
void diag_hint(struct diag *d, const char *hint, ...) __printf_like(2, 3);

#endif
