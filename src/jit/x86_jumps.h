/* SPDX-License-Identifier: BSD-2-Clause */
/* Jumps of a function whose blocks are encoded without them (x86_emit.c). */
#ifndef JIT_X86_JUMPS_H
#define JIT_X86_JUMPS_H

#include "base/types.h"

struct x86_jump {
	u32 at;     /* in the body, which has no jumps */
	u32 target; /* block */
	u8 cond;    /* 0-15; 0xff: always */
	bool is_long;
	bool gone; /* takes no bytes */
};

struct x86_flow {
	struct x86_jump *jumps; /* in the order they stand */
	u32 jump_count;
	const u32 *block_at, *first_jump; /* of block_count blocks, and the body's end */
	u32 block_count;
	u32 *cases; /* blocks that switches lead to */
	u32 case_count;
};

/* Shortens ways over jumps; cases too then lead to where they end. 0, -ENOMEM. */
int x86_jumps_thread(struct x86_flow *f);

#endif
