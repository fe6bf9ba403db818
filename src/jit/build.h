/* SPDX-License-Identifier: BSD-2-Clause */
/* Between build.c and inline.c: the translation of one subprogram in progress. */
#ifndef JIT_BUILD_H
#define JIT_BUILD_H

#include "core/helper.h"
#include "core/map.h"
#include "jit/ir.h"

#define BUILD_VARS 76 /* r0-r9, r10 is FRAME; 10-73 stack slots; 74 the count of may_goto */

struct build_set { /* of variables */
	u64 lo, hi;
};

/* A basic block of the image's instructions. */
struct build_block {
	u32 start, end;                    /* [start, end) */
	u32 entry;                         /* IR block it begins in */
	struct build_set uses, defs, live; /* live: at its start */
	ir_ref *out;                       /* variables at its end */
};

struct build {
	struct ir_function *f;
	const struct image *image;
	const struct image_sub *sub;
	const struct isa_op *ops;
	struct map *const *maps;
	struct arena *arena;
	struct build_block *blocks;
	u32 block_count;
	u32 *block_of; /* by instruction - sub->start: index of the block that starts there + 1 */
	struct {
		s32 off; /* of the only access pattern */
		u8 size; /* 0: memory */
	} slots[64];
	VEC(u32) exits; /* by IR block: 1 + the block that ends there */
	bool has_may_goto;
	u8 forms[256]; /* inline forms so far, by helper */
	ir_ref run;    /* struct run *, if asked for */
	u8 *single;    /* by block: one edge alone leads to it */
	ir_ref entry_vars[BUILD_VARS];
	/* where the translation is */
	u32 at; /* IR block */
	u32 insn;
	ir_ref vars[BUILD_VARS];
	int err;
};

ir_ref build_var(struct build *b, u32 v);
ir_ref build_reg(struct build *b, u32 r); /* r10 too */
ir_ref build_ins(struct build *b, u32 op, u32 bits, ir_ref x, ir_ref y);
ir_ref build_const(struct build *b, u64 value);

#define BUILD_PHI_WHOLE 0xff /* aux of a phi that has its operands */
ir_ref build_size(struct build *b, u32 op, u32 bits, u32 size, ir_ref x);
ir_ref build_memory(struct build *b, u32 op, u32 size, ir_ref address, s64 disp, ir_ref value);
u32 build_sub(const struct build *b, u32 start); /* the subprogram that begins there */
ir_ref build_call(struct build *b, u32 op, s64 imm, const ir_ref *args, u32 count);

/* build_call.c ------------------------------------------------------------------- */

void build_calls(struct build *b, const struct isa_op *op);
void build_packet_load(struct build *b, const struct isa_op *op);
/* Goes on in a new block, or in a rare one when the condition holds: returned. */
u32 build_unlikely(struct build *b, enum ir_cond cond, u32 bits, ir_ref x, ir_ref y);
/* Jumps to `to` from the block at hand. */
void build_join(struct build *b, u32 to);
/* In a block that two others lead to: what came of each. */
ir_ref build_phi(struct build *b, ir_ref first, ir_ref second);
void build_access(struct build *b, const struct isa_op *op, ir_ref base, s64 off);
bool build_is_throw(const struct isa_op *op); /* a call of bpf_throw: nothing follows */
/* Registers it reads: calls only what their prototype takes. */
u32 build_call_uses(const struct isa_op *op);
/* The helper's body called; a fault that it sets ends the run. */
ir_ref build_helper(struct build *b, u32 id, const ir_ref args[5]);
/* The run ends here by that fault; a value for those who go on nevertheless. */
ir_ref build_stop(struct build *b, u32 kind);

/* build_arena.c -------------------------------------------------------------------- */

/* An access of the arena that the instruction at hand makes: the load's, or the atomic's result. */
void build_arena_access(struct build *b, const struct isa_op *op);
ir_ref build_arena_cast(struct build *b, const struct isa_op *op);
/* What LDDW of a map's byte `off` yields, in an arena too. */
ir_ref build_map_value(struct build *b, u32 map, s64 off);

/* inline.c ------------------------------------------------------------------------ */

/* The map that the call at b->insn always gets, its index in *index; NULL: not known. */
const struct map *build_known_map(const struct build *b, ir_ref arg, u32 *index);
/* struct run *, made once where it dominates all. */
ir_ref build_run(struct build *b);
/* bpf_tail_call: leaves for another program, or goes on in a new block; r0 of that. */
ir_ref build_tail_call(struct build *b, const ir_ref args[5]);

/*
 * The call at b->insn in its inline form, if there is one: true, *result set
 * (0: nothing is returned), b->at the block where the way goes on.
 */
bool build_inline(struct build *b, const ir_ref args[5], ir_ref *result);

#endif
