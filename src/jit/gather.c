// SPDX-License-Identifier: BSD-2-Clause
/*
 * Words read byte by byte.
 *
 *	p[0] | p[1] << 8 | p[2] << 16 | p[3] << 24	->	*(u32 *)p
 *	p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]	->	bswap32(*(u32 *)p)
 *
 * which is how compilers for BPF read fields that may not be aligned. The operands of
 * a tree of ORs are loads shifted by constants, all of one base, of one block, with
 * nothing between the first and the last of them that writes. When they cover 2, 4 or
 * 8 bytes without a gap, each once, in either order, one load takes their place, where
 * the last of them stands: each byte was read on the same way, so the whole may be.
 * In the other order the pieces must be bytes.
 */
#include <errno.h>
#include "jit/ir.h"

#define LEAVES 8

struct leaf {
	ir_ref load;
	s64 offset;
	u32 size, shift; /* bytes, bits */
};

struct gathering {
	struct ir_function *f;
	struct leaf leaves[LEAVES];
	u32 count;
	ir_ref base;
};

static bool constant_shift(const struct ir_function *f, const struct ir_ins *i, u32 *n)
{
	u64 v;

	if (i->op != IR_SHL || !ir_is_const(f, i->b, &v))
		return false;
	*n = (u32)v & (i->bits - 1u);
	return true;
}

/* A load, shifted perhaps, of which nothing is cut off within `bits`. */
static bool take_leaf(struct gathering *g, ir_ref r, u32 bits, u32 block)
{
	const struct ir_ins *i = &g->f->ins.data[r];
	struct leaf leaf = {0};

	if (constant_shift(g->f, i, &leaf.shift)) {
		if (i->uses != 1)
			return false;
		bits = MIN(bits, (u32)i->bits);
		r = i->a;
		i = &g->f->ins.data[r];
	}
	if (i->op != IR_LOAD || i->uses != 1 || i->block != block || g->count == LEAVES ||
	    leaf.shift + i->size * 8u > bits || (g->count && i->a != g->base))
		return false;
	g->base = i->a;
	leaf.load = r;
	leaf.offset = i->imm;
	leaf.size = i->size;
	g->leaves[g->count++] = leaf;
	return true;
}

static bool collect(struct gathering *g, ir_ref r, u32 bits, u32 block, u32 depth)
{
	const struct ir_ins *i = &g->f->ins.data[r];
	const ir_ref parts[2] = {i->a, i->b};

	bits = MIN(bits, (u32)i->bits);
	for (u32 k = 0; k < 2; k++) {
		const struct ir_ins *p = &g->f->ins.data[parts[k]];
		bool tree = p->op == IR_OR && p->uses == 1 && p->block == block && depth;

		if (!(tree ? collect(g, parts[k], bits, block, depth - 1)
			   : take_leaf(g, parts[k], bits, block)))
			return false;
	}
	return true;
}

static void sort(struct gathering *g)
{
	for (u32 i = 1; i < g->count; i++)
		for (u32 k = i; k && g->leaves[k - 1].offset > g->leaves[k].offset; k--) {
			struct leaf t = g->leaves[k];

			g->leaves[k] = g->leaves[k - 1];
			g->leaves[k - 1] = t;
		}
}

/* The bytes that the leaves cover, in order; *swapped: the last is the lowest. 0: not. */
static u32 covered(const struct gathering *g, bool *swapped)
{
	u32 size = 0, done = 0;
	bool forwards = true, backwards = true;

	for (u32 i = 0; i < g->count; i++)
		size += g->leaves[i].size;
	if (size != 2 && size != 4 && size != 8)
		return 0;
	for (u32 i = 0; i < g->count; i++) {
		const struct leaf *l = &g->leaves[i];

		if (l->offset != g->leaves[0].offset + done)
			return 0;
		forwards &= l->shift == done * 8;
		backwards &= l->size == 1 && l->shift == (size - 1 - done) * 8;
		done += l->size;
	}
	*swapped = !forwards;
	return forwards || backwards ? size : 0;
}

static bool is_leaf(const struct gathering *g, ir_ref r)
{
	for (u32 i = 0; i < g->count; i++)
		if (g->leaves[i].load == r)
			return true;
	return false;
}

/* The last of the loads, going back from `root`; 0: something writes between them. */
static ir_ref last_load(const struct gathering *g, ir_ref root)
{
	ir_ref last = 0, r = root;
	u32 left = g->count;

	while (left && r) {
		if (is_leaf(g, r)) {
			last = last ?: r;
			left--;
		} else if (last && ir_flags(g->f->ins.data[r].op) & IR_EFFECT) {
			return 0;
		}
		r = g->f->ins.data[r].prev;
	}
	return left ? 0 : last;
}

static bool gather(struct gathering *g, ir_ref root)
{
	struct ir_function *f = g->f;
	ir_ref at, load;
	bool swapped;
	u32 size;

	g->count = 0;
	if (!collect(g, root, 64, ir_at(f, root)->block, LEAVES))
		return false;
	sort(g);
	size = covered(g, &swapped);
	at = size ? last_load(g, root) : 0;
	if (!at)
		return false;
	load = ir_new(f, IR_LOAD, 64);
	if (!load)
		return false;
	ir_at(f, load)->a = g->base;
	ir_at(f, load)->imm = g->leaves[0].offset;
	ir_at(f, load)->size = (u8)size;
	ir_at(f, load)->insn = ir_at(f, at)->insn;
	ir_at(f, load)->zeros = size < 8 ? ~0ull << (size * 8) : 0;
	ir_insert_before(f, at, load);
	/* The OR becomes what the word is. */
	ir_at(f, root)->op = swapped ? IR_BSWAP : IR_COPY;
	ir_at(f, root)->bits = 64;
	ir_at(f, root)->size = (u8)size;
	ir_at(f, root)->a = load;
	ir_at(f, root)->b = 0;
	return true;
}

int ir_gather(struct ir_function *f)
{
	struct gathering g = {.f = f};
	bool changed = false;

	ir_each_block(f, b)
	{
		/* Backwards: the whole tree before its parts. */
		for (ir_ref r = f->blocks.data[b].last; r && !f->failed; r = ir_at(f, r)->prev)
			if (ir_at(f, r)->op == IR_OR)
				changed |= gather(&g, r);
	}
	if (f->failed)
		return -ENOMEM;
	return changed ? ir_clean(f) : 0;
}
