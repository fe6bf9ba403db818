/* SPDX-License-Identifier: BSD-2-Clause */
/* Jumps of a function whose blocks are encoded without them. */
#ifndef JIT_JUMPS_H
#define JIT_JUMPS_H

#include "base/types.h"

#define JUMP_ALWAYS 0xff

struct mach_jump {
	u32 at;       /* in the body, which has no jumps */
	u32 target;   /* block */
	u8 cond;      /* the target's: with bit 0 changed the opposite; JUMP_ALWAYS */
	u8 reg, bit;  /* of jumps that test a register */
	bool is_long; /* the target's longer form */
	bool gone;    /* takes no bytes */
	u8 pad;       /* no jump at all: so many bytes that do nothing (layout.c) */
};

struct mach_flow {
	struct mach_jump *jumps; /* in the order they stand */
	u32 jump_count;
	const u32 *block_at, *first_jump; /* of block_count blocks, and the body's end */
	u32 block_count;
	u32 *cases; /* blocks that switches lead to */
	u32 case_count;
};

/* Shortens ways over jumps; cases too then lead to where they end. 0, -ENOMEM. */
int mach_thread_jumps(struct mach_flow *f);

#endif
