// SPDX-License-Identifier: BSD-2-Clause
/*
 * Jumps to jumps. Splitting edges for copies that turned out to be none leaves
 * blocks that only jump on. Once all is encoded but the jumps, each is led to
 * where its way ends; what then no way reaches, or leads to the very next
 * place, goes; and a conditional jump over another takes its place, inverted.
 */
#include <errno.h>
#include "base/alloc.h"
#include "jit/jumps.h"

#define ROUNDS 8
#define CHAIN  64 /* blocks followed: an endless loop is a ring of them */

struct threading {
	struct mach_flow *f;
	bool *wanted; /* by block: a jump leads to it */
	bool *label;  /* by jump: such a block begins between the one before and this */
	bool changed;
};

/* Where a jump to the block ends up: past blocks that only jump on. */
static u32 end_of(const struct mach_flow *f, u32 block)
{
	for (u32 n = 0; n < CHAIN && block + 1 < f->block_count; n++) {
		const struct mach_jump *only = NULL;
		u32 count = 0;

		for (u32 k = f->first_jump[block]; k < f->first_jump[block + 1]; k++)
			if (!f->jumps[k].gone) {
				only = &f->jumps[k];
				count++;
			}
		if (f->block_at[block] != f->block_at[block + 1] || count > 1 ||
		    (only && only->cond != JUMP_ALWAYS))
			break;
		block = only ? only->target : block + 1;
	}
	return block;
}

static void find_labels(struct threading *t)
{
	struct mach_flow *f = t->f;

	for (u32 b = 0; b < f->block_count; b++)
		t->wanted[b] = false;
	for (u32 k = 0; k <= f->jump_count; k++)
		t->label[k] = false;
	for (u32 k = 0; k < f->jump_count; k++)
		if (!f->jumps[k].gone)
			t->wanted[f->jumps[k].target] = true;
	for (u32 k = 0; k < f->case_count; k++)
		t->wanted[f->cases[k]] = true;
	for (u32 b = 0; b < f->block_count; b++)
		if (t->wanted[b])
			t->label[f->first_jump[b]] = true;
}

/* The next jump that is still there and stands at the same place; jump_count: none. */
static u32 next_here(const struct mach_flow *f, u32 k)
{
	u32 at = f->jumps[k].at;

	for (k++; k < f->jump_count && f->jumps[k].at == at; k++)
		if (!f->jumps[k].gone)
			return k;
	return f->jump_count;
}

/* Does any way lead to between the two? */
static bool label_between(const struct threading *t, u32 k, u32 next)
{
	for (u32 i = k + 1; i <= next; i++)
		if (t->label[i])
			return true;
	return false;
}

/* Does the block begin right behind jump `k`? */
static bool right_behind(const struct mach_flow *f, u32 block, u32 k)
{
	if (f->block_at[block] != f->jumps[k].at || f->first_jump[block] <= k)
		return false;
	for (u32 i = k + 1; i < f->first_jump[block]; i++)
		if (!f->jumps[i].gone)
			return false;
	return true;
}

static void drop(struct threading *t, u32 k)
{
	t->f->jumps[k].gone = true;
	t->changed = true;
}

static void shorten(struct threading *t, u32 k)
{
	struct mach_flow *f = t->f;
	struct mach_jump *j = &f->jumps[k];
	u32 next = next_here(f, k);

	if (right_behind(f, j->target, k)) {
		drop(t, k);
		return;
	}
	if (next == f->jump_count || label_between(t, k, next))
		return;
	if (j->cond == JUMP_ALWAYS) {
		drop(t, next);
	} else if (f->jumps[next].cond == JUMP_ALWAYS && right_behind(f, j->target, next)) {
		j->cond ^= 1;
		j->target = f->jumps[next].target;
		drop(t, next);
	}
}

static void round_of(struct threading *t)
{
	struct mach_flow *f = t->f;

	t->changed = false;
	for (u32 k = 0; k < f->jump_count; k++) {
		u32 to = end_of(f, f->jumps[k].target);

		t->changed |= to != f->jumps[k].target && !f->jumps[k].gone;
		f->jumps[k].target = to;
	}
	for (u32 k = 0; k < f->case_count; k++)
		f->cases[k] = end_of(f, f->cases[k]);
	find_labels(t);
	for (u32 k = 0; k < f->jump_count; k++)
		if (!f->jumps[k].gone)
			shorten(t, k);
}

int mach_thread_jumps(struct mach_flow *f)
{
	struct threading t = {.f = f};
	int err = 0;

	t.wanted = base_calloc(f->block_count + 1, sizeof(bool));
	t.label = base_calloc(f->jump_count + 1, sizeof(bool));
	if (!t.wanted || !t.label)
		err = -ENOMEM;
	t.changed = true;
	for (u32 i = 0; i < ROUNDS && t.changed && !err; i++)
		round_of(&t);
	base_free(t.wanted);
	base_free(t.label);
	return err;
}
