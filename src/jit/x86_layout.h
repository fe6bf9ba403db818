/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Laying jumps into code that was encoded without them: each is as short as it
 * can be.
 */
#ifndef JIT_X86_LAYOUT_H
#define JIT_X86_LAYOUT_H

#include "jit/backend.h"
#include "jit/jumps.h"

/* Where jumps lead to: a place of the body, and how many jumps stand before it. */
struct x86_label {
	u32 at, jumps;
};

struct x86_layout {
	const u8 *body;
	u32 size;
	struct mach_jump *jumps; /* in the order they stand; conditions as the machine encodes */
	u32 jump_count;
	const struct x86_label *labels; /* by the jumps' targets */
	u32 start;                      /* x86_lay_out(): where the code begins in the buffer */
	u32 *before;                    /* ... by jump: the bytes of those before it */
};

/* Appends the body with its jumps to code->bytes. 0, -ENOMEM. */
int x86_lay_out(struct x86_layout *l, struct jit_buffer *code);
void x86_layout_fini(struct x86_layout *l);

/* Where it is in code->bytes. */
static inline u32 x86_label_place(const struct x86_layout *l, const struct x86_label *to)
{
	return l->start + to->at + l->before[to->jumps];
}

/*
 * The same of any byte within an instruction of the body. Places are asked for in ascending
 * order: *next is 0 at first.
 */
static inline u32 x86_byte_place(const struct x86_layout *l, u32 *next, u32 at)
{
	while (*next < l->jump_count && l->jumps[*next].at <= at)
		++*next;
	return l->start + at + l->before[*next];
}

#endif
