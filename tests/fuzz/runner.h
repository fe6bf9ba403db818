/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads and runs programs in an instance as bpf(2) does, but without a
 * descriptor for each, and looks on while they run: a fault, a claim of the
 * verifier's that does not hold, something not given back.
 */
#ifndef FUZZ_RUNNER_H
#define FUZZ_RUNNER_H

#include "core/run.h"
#include "fuzz/side.h"

#define RUNNER_DATA 512

enum finding {
	FOUND_NOTHING,
	FOUND_FAULT, /* in `fault` */
	FOUND_CLAIM, /* `reg` (11: the walk never came here) held `value` at `insn` */
	FOUND_LEAK,
	FOUND_DEPENDENCE, /* what nobody has set shows in the result */
};

struct runner {
	struct run_watch watch; /* first */
	struct side *side;
	struct prog_object *prog;
	u32 without;       /* enum verify_right that programs are loaded without */
	u64 steps, checks; /* instructions run, claims held against them */
	bool claims;
	enum finding found;
	struct run_fault fault;
	u32 insn, reg;
	u64 value;
	u8 data[RUNNER_DATA], ctx[RUNNER_DATA];
	u32 retval;
	int cpu; /* runs on it; -1: on any */
	u8 *out; /* RUNNER_DATA bytes for the packet afterwards; NULL: nobody asks */
};

void runner_init(struct runner *r, struct side *s);
/* 0 or -errno; `claims`: with what the verification claims. */
int runner_load(struct runner *r, const struct program *p, bool claims);
/* Puts an accepted program away. */
void runner_drop(struct runner *r);
/*
 * One run on an input that `seed` stands for: 0 or -errno; r->found says what was wrong.
 * -EOPNOTSUPP: of its type nothing can be run here.
 */
long runner_run(struct runner *r, const struct program *p, u64 seed);
/* In one line. */
void runner_tell(const struct runner *r, FILE *out);

#endif
