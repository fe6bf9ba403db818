/* SPDX-License-Identifier: BSD-2-Clause */
/* What `cygnet verify` found of one program, and how it is told. */
#ifndef CLI_VERDICT_H
#define CLI_VERDICT_H

#include "base/text.h"
#include "cli/witness.h"
#include "verify/explain.h"

struct verdict {
	const char *file, *program, *section; /* as the user and the object name them; borrowed */
	const char *type;                     /* "xdp"; NULL: unknown */
	u32 kernel;                           /* imitated */
	bool skipped;                         /* not loaded at all: `reason` says why */
	int err;                              /* 0: accepted */
	char reason[512];                     /* what libbpf said where no verdict was reached */
	struct explanation why;               /* of a refusal */
	struct witness witness;               /* an input that shows it */
	struct verify_stats stats;
	u32 insns, stack;
	u32 oldest;        /* first series that takes it; 0: not asked, or none */
	u32 below;         /* the newest that does not; 0: none in range */
	char missing[512]; /* what it says */
};

void verdict_text(const struct verdict *v, struct text *t);
void verdict_json(const struct verdict *v, struct text *t);
void verdict_fini(struct verdict *v);

/* Series whose verdicts were compared with the kernel itself. */
bool verdict_is_compared(u32 kernel);

#endif
