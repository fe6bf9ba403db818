// SPDX-License-Identifier: BSD-2-Clause
/*
 * Edges that do the same become one.
 *
 * Where several branches lead to a block whose phis have the same values from all of
 * them, each edge would get a block of its own for the same copies: a program that
 * returns the same number from many places sets it many times. One new block takes
 * these edges, and those by way of blocks that only jump. Loops keep their heads'
 * edges.
 */
#include <errno.h>
#include "jit/ir.h"

#define EDGES 1024 /* predecessors looked at */

struct merging {
	struct ir_function *f;
	u32 to;
	u32 taken[EDGES]; /* indexes of equal predecessors, ascending */
	u32 count;
	bool changed;
};

static bool has_phis(const struct ir_function *f, u32 block)
{
	ir_ref r = f->blocks.data[block].first;

	return r && f->ins.data[r].op == IR_PHI;
}

/* A way out of a branch, or a block that only jumps here. */
static bool is_edge(const struct ir_function *f, u32 pred)
{
	const struct ir_block *b = &f->blocks.data[pred];
	u32 op = f->ins.data[b->last].op;

	if (op == IR_BRANCH)
		return b->succ[0] != b->succ[1];
	return op == IR_JUMP && b->first == b->last && b->preds.len;
}

static bool same_values(const struct ir_function *f, u32 to, u32 k, u32 n)
{
	for (ir_ref r = f->blocks.data[to].first; r && f->ins.data[r].op == IR_PHI;
	     r = f->ins.data[r].next) {
		const ir_ref *phi = &f->phis.data[f->ins.data[r].imm];

		if (phi[k] != phi[n])
			return false;
	}
	return true;
}

/* Edges like the k-th, from it on. */
static void find_equal(struct merging *p, u32 k)
{
	const struct ir_block *b = &p->f->blocks.data[p->to];

	p->count = 0;
	for (u32 n = k; n < b->preds.len && p->count < EDGES; n++) {
		bool twice = false;

		for (u32 i = k; i < n; i++)
			twice |= b->preds.data[i] == b->preds.data[n];
		if (!twice && is_edge(p->f, b->preds.data[n]) && same_values(p->f, p->to, k, n))
			p->taken[p->count++] = n;
	}
}

/* The phis' operands with one more, that of the k-th edge, in a new place. */
static void add_operands(struct ir_function *f, u32 to, u32 k)
{
	u32 n = (u32)f->blocks.data[to].preds.len;

	for (ir_ref r = f->blocks.data[to].first; r && ir_at(f, r)->op == IR_PHI;
	     r = ir_at(f, r)->next) {
		u32 from = (u32)ir_at(f, r)->imm, at = (u32)f->phis.len;

		for (u32 i = 0; i < n; i++)
			f->failed |= vec_push(&f->phis, f->phis.data[from + i]) != 0;
		f->failed |= vec_push(&f->phis, f->phis.data[from + k]) != 0;
		if (f->failed)
			return;
		ir_at(f, r)->imm = at;
	}
}

static void merge(struct merging *p)
{
	struct ir_function *f = p->f;
	u32 first = f->blocks.data[p->to].preds.data[p->taken[0]], block = ir_block_new(f);
	ir_ref jump = ir_new(f, IR_JUMP, 64);

	if (!block || !jump)
		return;
	ir_at(f, jump)->insn = ir_at(f, f->blocks.data[first].last)->insn;
	ir_append(f, block, jump);
	f->blocks.data[block].succ[0] = p->to;
	f->blocks.data[block].succ_count = 1;
	f->blocks.data[block].rare = f->blocks.data[p->to].rare;
	add_operands(f, p->to, p->taken[0]);
	f->failed |= vec_push(&f->blocks.data[p->to].preds, block) != 0;
	for (u32 i = p->count; i-- > 0 && !f->failed;) {
		u32 pred = f->blocks.data[p->to].preds.data[p->taken[i]];
		struct ir_block *b = &f->blocks.data[pred];

		for (u32 k = 0; k < b->succ_count; k++)
			if (b->succ[k] == p->to)
				b->succ[k] = block;
		ir_pred_remove(f, p->to, pred);
		f->failed |= vec_push(&f->blocks.data[block].preds, pred) != 0;
	}
	p->changed = true;
}

int ir_edges(struct ir_function *f)
{
	struct merging *p = base_zalloc(sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->f = f;
	for (u32 i = 0; i < f->order.len && !f->failed; i++) {
		p->to = f->order.data[i];
		if (f->blocks.data[p->to].loop == p->to || !has_phis(f, p->to) ||
		    f->blocks.data[p->to].preds.len > EDGES)
			continue;
		for (u32 k = 0; k + 1 < f->blocks.data[p->to].preds.len && !f->failed;) {
			find_equal(p, k);
			if (p->count > 1 && p->taken[0] == k)
				merge(p);
			else
				k++;
		}
	}
	if (f->failed || !p->changed) {
		base_free(p);
		return f->failed ? -ENOMEM : 0;
	}
	base_free(p);
	return ir_order(f) ?: ir_clean(f);
}
