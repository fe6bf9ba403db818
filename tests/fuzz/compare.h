/* SPDX-License-Identifier: BSD-2-Clause */
/* Two sides' verdicts of one program, and a small program on which they differ alike. */
#ifndef FUZZ_COMPARE_H
#define FUZZ_COMPARE_H

#include "fuzz/side.h"

enum kinship {
	ALIKE,
	OTHER_TEXT,
	OTHER_ERRNO,
	DISAGREE,
	KINSHIPS
};

struct compared {
	enum kinship kinship;
	struct verdict ours, kernels;
};

struct comparison {
	struct side *ours, *kernel;
	bool words; /* texts are compared too */
	struct program small, tried;
};

/*
 * Texts are asked for only where they may be all that differs, or tell what does: a log costs more
 * than a verdict.
 */
void compare(struct comparison *c, const struct program *p, struct compared *out);
/* c->small: p without the instructions that the difference does not need. */
void compare_minimise(struct comparison *c, const struct program *p);
/* Writes c->small with both verdicts, as a file for `soundness replay`. */
void compare_tell(struct comparison *c, u64 seed, FILE *out);

#endif
