/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Machine code before registers are known, and the allocation of registers:
 * the same for all targets. A target (x86.c, a64.c) lowers IR to these, says
 * what each needs, and emits them when registers are assigned.
 *
 * Operands are virtual registers (numbers from MACH_VREG) or fixed machine
 * registers (below it). An instruction has at most one result, up to three
 * sources, and an address (base + index * scale + disp) whose parts are sources
 * too. `tied`: the result must be in the register of source 0 (two-address
 * machines): the allocator copies when source 0 lives on. `clobbers`: machine
 * registers that do not survive it (calls; division). A source or result may be
 * wanted in a fixed register: the target writes it so, with MACH_MOVE around.
 */
#ifndef JIT_MACH_H
#define JIT_MACH_H

#include "jit/ir.h"

#define MACH_VREG 64
#define MACH_NONE 0xffff /* no register */

enum mach_common { /* operations all targets have; a target's own start at MACH_TARGET */
	MACH_NOP,
	MACH_MOVE,     /* def = src[0] */
	MACH_SPILL,    /* slot imm = src[0] */
	MACH_FILL,     /* def = slot imm */
	MACH_PARALLEL, /* moves at once: copies[args..+count]: phis, call arguments */
	MACH_LABEL,    /* block imm starts */
	MACH_TARGET,
};

struct mach_ins {
	u16 op;
	u8 size;    /* 1, 2, 4, 8 bytes; moves: 4 when the upper half is known to be 0 */
	u8 cond;    /* enum ir_cond */
	bool tied;  /* def in src[0]'s register */
	bool keeps; /* may not be removed though its result is unused */
	u32 def;    /* register, or MACH_NONE */
	u32 src[3];
	u32 base, index; /* of an address; MACH_NONE */
	u8 scale;        /* 1, 2, 4, 8 */
	s32 disp;
	s64 imm;         /* constant; label; slot */
	u64 clobbers;    /* machine registers */
	u32 args, count; /* MACH_PARALLEL: copies */
	u32 reloc;       /* what imm or disp stands for: enum jit_reloc_kind + 1; 0 */
	u32 insn;        /* the image's */
};

struct mach_copy {
	u32 to, from; /* registers, or MACH_SLOT + n */
	bool is_const;
	s64 value;
};

#define MACH_SLOT 0x80000000u /* of a copy: a spill slot */

struct mach_block {
	u32 first, count; /* instructions, in order */
	u32 succ[2], succ_count;
	VEC(u32) more_succ; /* of switches */
	u32 depth;
	bool rare;
};

struct mach_function {
	const struct ir_function *ir;
	struct arena *arena;
	VEC(struct mach_ins) ins;
	VEC(struct mach_block) blocks; /* in the order they are laid out */
	VEC(struct mach_copy) copies;
	u32 vregs; /* number in use, from MACH_VREG */
	u32 slots; /* 8-byte spill slots used: allocate.c */
	u64 saved; /* callee-saved machine registers it uses: allocate.c */
};

struct mach_target {
	const char *name;
	u64 allocatable;  /* machine registers that may hold values */
	u64 callee_saved; /* of those */
	const u8 *order;  /* allocation preference, ends with 0xff */
	/* What an instruction reads and writes beyond its fields; NULL: nothing. */
	void (*describe)(const struct mach_ins *i, u64 *uses, u64 *defs);
};

/*
 * Linear scan over live intervals with holes: loop-depth weighted spilling,
 * coalescing of moves and phis by hints, rematerialisation of constants;
 * PARALLELs become sequences of moves. After it only machine registers are left.
 */
int mach_allocate(struct mach_function *m, const struct mach_target *target);
const char *mach_check(const struct mach_function *m); /* NULL, or what is wrong */

#endif
