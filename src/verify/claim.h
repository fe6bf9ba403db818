/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What verification says of registers, instruction by instruction, so that a
 * run can be held against it.
 *
 * Ordinarily that says little: where a state covers another, numbers that are
 * not marked precise may differ, and what is recorded behind that point is the
 * covering state's alone. With verify_input.claims set all numbers are compared
 * as precise ones are. Then every run is, at every instruction, inside one of
 * the states that the walk had there, as far as registers are live.
 */
#ifndef VERIFY_CLAIM_H
#define VERIFY_CLAIM_H

#include "base/arena.h"
#include "isa/op.h"
#include "verify/scalar.h"

#define CLAIMS_MOST 8 /* states kept of an instruction; what comes later is joined to the last */

/* One state: the registers that can be held against something. */
struct verify_claim {
	u32 numbers; /* bits of registers that are numbers, in `s` */
	u32 objects; /* ... that point to something: not NULL */
	struct scalar s[ISA_REGS];
};

struct verify_claims {
	struct arena arena;
	u32 count;
	struct claim_list {
		u32 n;
		struct verify_claim *claim[CLAIMS_MOST];
	} * at; /* per instruction */
};

struct vframe;

/* For a program of `count` instructions: 0 or -ENOMEM. */
int verify_claims_new(u32 count, struct verify_claims **out);
void verify_claims_free(struct verify_claims *c); /* NULL is fine */
/* The walk is at `insn` with these registers, of which those in `live` matter. 0 or -ENOMEM. */
int verify_claims_note(struct verify_claims *c, u32 insn, const struct vframe *f, u32 live);
/* Instruction `from` has become instruction `to`, not behind it (vm/trim.c). */
void verify_claims_move(struct verify_claims *c, u32 to, u32 from);
/*
 * Do r0-r9 agree with one of the states at `insn`? If not, *reg is a register
 * that disagrees with the last of them (ISA_REGS: the walk was never here).
 */
bool verify_claims_hold(const struct verify_claims *c, u32 insn, const u64 *regs, u32 *reg);

#endif
