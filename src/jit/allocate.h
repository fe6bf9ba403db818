/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that allocate registers: live.c, allocate.c, spill.c. */
#ifndef JIT_ALLOCATE_H
#define JIT_ALLOCATE_H

#include "jit/mach.h"

struct range {
	u32 from, to, next; /* next: index of the following range, 0: none */
};

struct vreg_state {
	u32 ranges; /* first that matters; in order */
	u32 end;    /* of the last */
	u32 rep;    /* joined into this one (itself: not joined) */
	u32 reg;    /* assigned; MACH_NONE */
	u32 hint;   /* another vreg or machine register; MACH_NONE */
	float cost;
	bool spilled, fixed_short; /* fixed_short: made by a spill, never spilled again */
	bool is_const, many_defs;
	s64 value;
	u32 reloc;
	u32 slot; /* + 1 */
};

struct allocation {
	struct mach_function *m;
	const struct mach_target *target;
	struct vreg_state *v; /* by number; machine registers too (below MACH_VREG) */
	u32 count;
	VEC(struct range) pool;
	VEC(u32) in_reg[MACH_VREG]; /* vregs assigned there, still of interest */
	u32 *order;
	u32 order_len;
};

typedef void operand_fn(void *data, u32 *reg);

/* Registers that the instruction names: read, written; copies' too, slots not. */
void mach_each_use(struct mach_function *m, struct mach_ins *i, operand_fn *fn, void *data);
void mach_each_def(struct mach_function *m, struct mach_ins *i, operand_fn *fn, void *data);
/* Adds the ranges in which each register lives, and what its uses cost. 0, -ENOMEM. */
int mach_find_ranges(struct allocation *a);
/* What a register was joined into. */
u32 mach_rep(struct allocation *a, u32 reg);
/*
 * Spilled registers live around each use only; *is_short tells which registers were
 * made for that.
 */
int mach_spill(struct allocation *a, u8 **is_short, u32 *short_len);
/* Registers in place, copies one after the other. */
int mach_finish(struct allocation *a);

#endif
