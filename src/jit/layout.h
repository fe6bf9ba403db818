/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Laying jumps into code that was encoded without them: each is as short as it
 * can be.
 */
#ifndef JIT_LAYOUT_H
#define JIT_LAYOUT_H

#include "jit/backend.h"
#include "jit/jumps.h"
#include "jit/mach.h"

/* A target's jumps: short or long (is_long), never gone. */
struct mach_jump_forms {
	u32 (*size)(const struct mach_jump *j);
	/* Does the short one reach? Distances are from the jump's own start. */
	bool (*reaches)(const struct mach_jump *j, s64 distance);
	u8 *(*put)(u8 *p, const struct mach_jump *j, s64 distance); /* what follows it */
	u8 *(*pad)(u8 *p, u32 n); /* NULL: the target has no padding */
};

/* Where jumps lead to: a place of the body, and how many jumps stand before it. */
struct mach_label {
	u32 at, jumps;
};

struct mach_layout {
	const struct mach_jump_forms *forms;
	const u8 *body;
	u32 size;
	struct mach_jump *jumps; /* in the order they stand */
	u32 jump_count;
	const struct mach_label *labels; /* by the jumps' targets */
	u32 start;                       /* mach_lay_out(): where the code begins in the buffer */
	u32 *before;                     /* ... by jump: the bytes of those before it */
};

struct mach_jumps {
	struct mach_jump *data;
	size_t len, cap;
};
/*
 * Loops that fit into a line of the instruction cache but would lie across two are
 * moved behind padding: entries of *jumps, which grows; the labels of m's blocks and
 * of the end are kept right. Code will begin at `start` of memory that is aligned to
 * lines. 0, -ENOMEM.
 */
int mach_align_loops(struct mach_layout *l, struct mach_jumps *jumps, struct mach_label *labels,
		     const struct mach_function *m, u32 start);
/* Appends the body with its jumps to code->bytes. 0, -ENOMEM. */
int mach_lay_out(struct mach_layout *l, struct jit_buffer *code);
void mach_layout_fini(struct mach_layout *l);

/* Where it is in code->bytes. */
static inline u32 mach_label_place(const struct mach_layout *l, const struct mach_label *to)
{
	return l->start + to->at + l->before[to->jumps];
}

/*
 * The same of any byte within an instruction of the body. Places are asked for in ascending
 * order: *next is 0 at first.
 */
static inline u32 mach_byte_place(const struct mach_layout *l, u32 *next, u32 at)
{
	while (*next < l->jump_count && l->jumps[*next].at <= at)
		++*next;
	return l->start + at + l->before[*next];
}

#endif
