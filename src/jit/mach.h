/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Machine code before registers are known, and the allocation of registers: the
 * same for all targets. A target (x86*.c, a64*.c) lowers IR to these, says what
 * each needs beyond its fields, and emits them when registers are assigned.
 *
 * Operands are virtual registers (numbers from MACH_VREG) or machine registers
 * (below it). This is no SSA: a two-address operation has one virtual register as
 * result and first source. Machine registers live within a block only, from where
 * an instruction sets them to their last use. Phis are PARALLEL copies at the end
 * of predecessors, whose edges are split where needed.
 */
#ifndef JIT_MACH_H
#define JIT_MACH_H

#include "jit/ir.h"

#define MACH_VREG 64
#define MACH_NONE 0xffffffffu /* no register */
#define MACH_SLOT 0x80000000u /* of a copy, after allocation: spill slot + n */

enum mach_common { /* operations all targets have; a target's own start at MACH_TARGET */
	MACH_NOP,
	MACH_MOVE,     /* def = src[0], all 64 bits; size 4: the upper half is 0 or becomes it */
	MACH_CONST,    /* def = imm: made anew instead of spilled */
	MACH_SPILL,    /* slot imm = src[0] */
	MACH_FILL,     /* def = slot imm */
	MACH_PARALLEL, /* copies[args..+count] at once; gone after allocation */
	MACH_TARGET,
};

struct mach_ins {
	u16 op;
	u8 size;    /* 1, 2, 4, 8 bytes */
	u8 cond;    /* enum ir_cond */
	u8 scale;   /* of the address: 1, 2, 4, 8 */
	bool keeps; /* stays though its result is unused; x86: of a test: the upper half is 0 */
	u32 def;    /* register, or MACH_NONE */
	u32 src[3];
	u32 base, index; /* of an address: base + index * scale + disp; MACH_NONE */
	s32 disp;
	s64 imm;         /* constant; block; slot */
	u32 args, count; /* PARALLEL: copies */
	u32 reloc;       /* what imm stands for: enum native_slot_kind + 1; 0: itself */
	u32 insn;        /* the image's */
};

struct mach_copy {
	u32 to, from; /* registers; from MACH_NONE: the constant */
	s64 value;
	bool narrow; /* its upper half is 0 */
};

struct mach_block {
	u32 first, count; /* instructions */
	u32 succ[2], succ_count;
	u32 cases, case_count; /* switches: m->cases, block indexes */
	u32 depth;
};

struct mach_function {
	const struct ir_function *ir;
	VEC(struct mach_ins) ins;
	VEC(struct mach_block) blocks; /* in the order they are laid out */
	VEC(struct mach_copy) copies;
	VEC(u32) cases;
	u32 vregs; /* next free one */
	u32 slots; /* 8-byte spill slots used: allocate.c */
	u64 used;  /* machine registers it writes: allocate.c */
	bool calls;
};

struct mach_target {
	const char *name;
	u64 allocatable; /* machine registers that may hold values */
	const u8 *order; /* in order of preference; ends with 0xff */
	u32 scratch;     /* never allocated: breaks cycles of copies */
	/* Operations from branch to jump lead to block imm; the last of them always. */
	u16 branch, jump;
	/* Machine registers an instruction reads and writes beyond its fields. */
	void (*implicit)(const struct mach_ins *i, u64 *uses, u64 *defs);
};

/*
 * Linear scan over live ranges: copies are joined where the two never live at
 * once; what finds no register is spilled by loop-weighted cost and the scan
 * repeated; constants are made anew instead. Afterwards only machine registers
 * are left, and no PARALLEL. 0, -ENOMEM, -E2BIG (did not settle).
 */
int mach_allocate(struct mach_function *m, const struct mach_target *target);
/* Equal blocks once, when registers are assigned. 0, -ENOMEM. */
int mach_merge(struct mach_function *m, const struct mach_target *target);
void mach_fini(struct mach_function *m);

#endif
