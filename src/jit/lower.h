/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From values to a target's operations: what all targets share (lower.c), and what
 * each says of itself. A target's functions put operations; which values are made,
 * in what order, and how they get to where others expect them is settled here.
 */
#ifndef JIT_LOWER_H
#define JIT_LOWER_H

#include "core/helper.h"
#include "jit/backend.h"

struct chunk {
	u32 first, count;
};

/* A block of the machine function: an IR block, or an edge with copies of its own. */
struct laid {
	u32 block;    /* 0: an edge */
	u32 from, to; /* IR blocks */
	VEC(struct mach_ins) ins;
};

/* A constant made apart from where it is used: at the end of a block, or at its head. */
struct lower_kept {
	s64 value;
	u32 home, reg;
	bool at_head;
};

struct lowering {
	const struct ir_function *f;
	const struct jit_options *opts;
	const struct lower_target *target;
	struct mach_function *m;
	u32 *vreg;       /* by value: 0 not asked for */
	bool *feeds_phi; /* by value: some phi chooses it */
	VEC(struct laid) laid;
	u32 *place;                /* by IR block: its index in laid */
	VEC(struct mach_ins) work; /* chunks of the block being lowered */
	VEC(struct chunk) chunks;
	VEC(struct lower_kept) kept;
	u32 insn;
	ir_ref at;
	int err;
};

struct lower_target {
	u8 run;           /* machine register of the run, throughout */
	u8 result;        /* of functions and calls */
	const u8 *args;   /* five: r1-r5 of subprograms */
	u8 c_run;         /* first argument of C: the run */
	const u8 *c_args; /* five: those behind it */
	u16 jump;         /* operations: to block imm */
	u16 call;         /* address imm with reloc; args: mask of registers it reads */
	u16 call_sub;     /* subprogram imm; args: the same */
	u16 ret, trap;
	/* Instructions that make a constant; those that cost are made before loops. NULL: none. */
	u32 (*const_cost)(u64 value);
	void (*frame)(struct lowering *l, u32 d); /* d = the end of the BPF stack */
	/* d = the value, of an operation without effect; -EOPNOTSUPP in l->err: none such. */
	void (*value)(struct lowering *l, const struct ir_ins *v, u32 d);
	/* d: MACH_NONE, nobody reads the result. Not calls. */
	void (*effect)(struct lowering *l, const struct ir_ins *v, u32 d);
	void (*end)(struct lowering *l, const struct ir_ins *v); /* BRANCH, SWITCH, TAIL */
};

/* 0, -ENOMEM, -E2BIG, -EOPNOTSUPP. */
int lower_function(const struct ir_function *f, const struct jit_options *opts,
		   const struct lower_target *target, struct mach_function *out);

/* making operations ----------------------------------------------------------- */

static inline const struct ir_ins *lower_val(const struct lowering *l, ir_ref r)
{
	return &l->f->ins.data[r];
}

u32 lower_fresh(struct lowering *l);
/* The next operation; valid until the one after. */
struct mach_ins *lower_put(struct lowering *l, u32 op, u32 size);
void lower_move(struct lowering *l, u32 to, u32 from);
/* ... of which only the low half counts: the upper may become 0. */
void lower_move_low(struct lowering *l, u32 to, u32 from);
void lower_move_value(struct lowering *l, u32 to, ir_ref r);
void lower_const(struct lowering *l, u32 d, s64 value);
u32 lower_const_register(struct lowering *l, s64 value);

/* values ------------------------------------------------------------------------ */

bool lower_constant(const struct lowering *l, ir_ref r, s64 *value);
/* The register that will hold the value; constants and the frame's address are made here. */
u32 lower_use(struct lowering *l, ir_ref r);
/* Is the upper half known to be 0? */
bool lower_upper_zero(const struct lowering *l, ir_ref r);
/* Has the value one user, so that it need not be made when that takes it into itself? */
bool lower_alone(const struct lowering *l, ir_ref r);
/* The same of a load, which moves to where the value is used: nothing that writes is between. */
bool lower_can_take(const struct lowering *l, ir_ref load);

/* control ------------------------------------------------------------------------- */

/* The machine block to which the way from one IR block to another leads. */
u32 lower_edge(const struct lowering *l, u32 from, u32 to);
void lower_jump(struct lowering *l, u32 to);

/* A SWITCH's values from `min` to `max`: machine blocks, m->cases[first..+max - min + 1]. */
struct lower_cases {
	u64 min, max;
	u32 first, none; /* none: the block for all other values */
};
struct lower_cases lower_switch(struct lowering *l, const struct ir_ins *v);

/* Arguments into their registers at once, of C behind the run; the mask of registers. */
u32 lower_pass(struct lowering *l, const u32 *values, u32 n, bool c);
void lower_call_address(struct lowering *l, u32 kind, u32 index, u32 mask, u32 d);

#endif
