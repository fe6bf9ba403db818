/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a program was refused, for people: the place, the path that leads there
 * and how the value that is wrong came about. Made by verifying once more with
 * the path recorded, so that verification itself pays nothing for it.
 */
#ifndef VERIFY_EXPLAIN_H
#define VERIFY_EXPLAIN_H

#include "base/arena.h"
#include "base/vec.h"
#include "verify/verify.h"

/* The path being walked: one step per instruction, cut back with the log. */
struct verify_trace_step {
	u32 insn, frame;
	size_t line;   /* where its line begins in the log */
	size_t values; /* where the registers it changed stand; 0: nothing printed */
};

struct verify_trace {
	VEC(struct verify_trace_step) steps;
	char failing[512]; /* what the refused instruction reads: "r1=pkt(r=14)" */
	bool lost;         /* memory ran out: earlier steps may be missing */
};

#define EXPLAIN_MAX_PLACES 10

enum explain_role {
	EXPLAIN_FAILS, /* the instruction that was refused */
	EXPLAIN_SETS,  /* sets a value the failure depends on */
	EXPLAIN_TAKEN, /* a condition on such a value: the jump was taken */
	EXPLAIN_NOT_TAKEN,
	EXPLAIN_CALLS, /* into a function */
};

/* One source line of the path (or one instruction, where there is no source). */
struct explain_place {
	enum explain_role role;
	u32 insn;
	const char *file, *source; /* NULL: no line information */
	u32 line, column;          /* from 1; column 0: unknown */
	const char *text;          /* the instruction: "r3 = *(u32 *)(r1 +0)" */
	const char *values;        /* "r3=scalar(umax=255)"; "" */
};

struct explanation {
	struct arena arena; /* holds all strings */
	int err;            /* -errno of the verdict; 0: accepted, and nothing below is set */
	u16 id;             /* diagnostic: verify_message_name() */
	const char *name;   /* its stable name; "" when it is not the verifier's */
	s32 insn, reg;      /* -1: none */
	const char *what, *why, *hint;
	const char *function; /* the subprogram it lies in; "" */
	u32 place_count;
	struct explain_place
		places[EXPLAIN_MAX_PLACES]; /* in the order they are run; the last fails */
	u32 path_length;                    /* instructions on the whole path */
	bool more;                          /* there were more places than are shown */
};

/*
 * Explains what verify_program(in) refused with `err` and `diag`. 0 or -ENOMEM;
 * *out is the caller's, to explanation_fini(), in either case.
 */
int verify_explain(const struct verify_input *in, int err, const struct diag *diag,
		   struct explanation *out);
void explanation_fini(struct explanation *e);

#endif
