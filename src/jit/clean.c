// SPDX-License-Identifier: BSD-2-Clause
/*
 * Tidying up: values nobody uses, branches on constants, blocks that only jump,
 * blocks with one way in that follow their predecessor. Uses are counted here.
 */
#include <errno.h>
#include <string.h>
#include "jit/ir.h"

static void count_use(void *data, ir_ref *operand)
{
	struct ir_function *f = data;

	ir_at(f, *operand)->uses++;
}

static bool may_go(u32 op)
{
	return ir_flags(op) & (IR_PURE | IR_READS);
}

/* An instruction lost a use; when it was the last, it follows. */
struct dropping {
	struct ir_function *f;
	VEC(ir_ref) todo;
};

static void drop_use(void *data, ir_ref *operand)
{
	struct dropping *d = data;
	struct ir_ins *ins = ir_at(d->f, *operand);

	if (ins->uses && !--ins->uses && ins->block && may_go(ins->op))
		d->f->failed |= vec_push(&d->todo, *operand) != 0;
}

static void drop_unused(struct ir_function *f)
{
	struct dropping d = {.f = f};

	for (ir_ref r = 1; r < f->ins.len; r++)
		if (ir_at(f, r)->block && !ir_at(f, r)->uses && may_go(ir_at(f, r)->op))
			f->failed |= vec_push(&d.todo, r) != 0;
	while (d.todo.len) {
		ir_ref r = d.todo.data[--d.todo.len];

		if (!ir_at(f, r)->block || r == f->frame)
			continue;
		ir_each_operand(f, r, drop_use, &d);
		ir_remove(f, r);
	}
	vec_fini(&d.todo);
}

static void count_uses(struct ir_function *f)
{
	for (ir_ref r = 1; r < f->ins.len; r++)
		ir_at(f, r)->uses = 0;
	/* What no way leads to is in no block any more, and uses nothing. */
	for (ir_ref r = 1; r < f->ins.len; r++)
		if (ir_at(f, r)->block && !f->blocks.data[ir_at(f, r)->block].order)
			ir_at(f, r)->block = 0;
	for (ir_ref r = 1; r < f->ins.len; r++)
		if (ir_at(f, r)->block)
			ir_each_operand(f, r, count_use, f);
	for (ir_ref r = 1; r < f->ins.len; r++)
		ir_at(f, r)->used_result = ir_at(f, r)->uses != 0;
}

/* branches ------------------------------------------------------------------------ */

static bool holds(enum ir_cond cond, u32 bits, u64 x, u64 y)
{
	s64 sx = bits == 32 ? (s32)x : (s64)x, sy = bits == 32 ? (s32)y : (s64)y;

	if (bits == 32) {
		x = (u32)x;
		y = (u32)y;
	}
	switch (cond) {
	case COND_EQ: return x == y;
	case COND_NE: return x != y;
	case COND_LT: return x < y;
	case COND_GE: return x >= y;
	case COND_GT: return x > y;
	case COND_LE: return x <= y;
	case COND_SLT: return sx < sy;
	case COND_SGE: return sx >= sy;
	case COND_SGT: return sx > sy;
	case COND_SLE: return sx <= sy;
	case COND_TEST: return x & y;
	default: return !(x & y);
	}
}

bool ir_cond_holds(enum ir_cond cond, u32 bits, u64 x, u64 y)
{
	return holds(cond, bits, x, y);
}

u32 ir_cond_flip(u32 cond)
{
	static const u8 flipped[] = {
		[COND_EQ] = COND_EQ,   [COND_NE] = COND_NE,     [COND_LT] = COND_GT,
		[COND_GE] = COND_LE,   [COND_GT] = COND_LT,     [COND_LE] = COND_GE,
		[COND_SLT] = COND_SGT, [COND_SGE] = COND_SLE,   [COND_SGT] = COND_SLT,
		[COND_SLE] = COND_SGE, [COND_TEST] = COND_TEST, [COND_NTEST] = COND_NTEST,
	};

	return flipped[cond];
}

/* Of one pair: bit 0 less, 1 equal, 2 greater. */
static u32 outcomes(u32 cond)
{
	static const u8 of[] = {
		[COND_EQ] = 2, [COND_NE] = 5,  [COND_LT] = 1,  [COND_GE] = 6,  [COND_GT] = 4,
		[COND_LE] = 3, [COND_SLT] = 1, [COND_SGE] = 6, [COND_SGT] = 4, [COND_SLE] = 3,
	};

	return of[cond];
}

int ir_cond_follows(u32 known, u32 asked)
{
	u32 may;

	if (known >= COND_TEST || asked >= COND_TEST)
		return known == asked ? 1 : known == (asked ^ 1) ? 0 : -1;
	if (known > COND_NE && asked > COND_NE && (known >= COND_SLT) != (asked >= COND_SLT))
		return -1;
	may = outcomes(known);
	if (!(may & ~outcomes(asked)))
		return 1;
	return may & outcomes(asked) ? -1 : 0;
}

void ir_take_way(struct ir_function *f, u32 block, u32 way)
{
	struct ir_block *b = &f->blocks.data[block];
	struct ir_ins *end = ir_at(f, b->last);
	u32 to = b->succ[way], other = b->succ[!way];

	ir_edge_remove(f, block, other);
	b = &f->blocks.data[block];
	b->succ[0] = to;
	b->succ_count = 1;
	end->op = IR_JUMP;
	end->a = end->b = 0;
	end->imm = 0;
}

static bool decide_branches(struct ir_function *f)
{
	bool changed = false;

	for (u32 i = 0; i < f->order.len; i++) {
		u32 block = f->order.data[i];
		const struct ir_block *b = &f->blocks.data[block];
		const struct ir_ins *end = ir_at(f, b->last);
		u64 x, y;

		if (end->op != IR_BRANCH)
			continue;
		if (b->succ[0] == b->succ[1] ||
		    (ir_is_const(f, end->a, &x) && ir_is_const(f, end->b, &y))) {
			bool way = b->succ[0] == b->succ[1] ||
				   holds((enum ir_cond)end->imm, end->bits, x, y);

			ir_take_way(f, block, !way);
			changed = true;
		}
	}
	return changed;
}

/* blocks --------------------------------------------------------------------------- */

/* `block` ends in a jump to one that nothing else leads to: they are one. */
static bool merge(struct ir_function *f, u32 block)
{
	struct ir_block *b = &f->blocks.data[block], *t;
	u32 to = b->succ[0];
	ir_ref jump = b->last;

	if (ir_at(f, jump)->op != IR_JUMP || to == block)
		return false;
	t = &f->blocks.data[to];
	if (t->preds.len != 1 || to == 1)
		return false;
	while (t->first && ir_at(f, t->first)->op == IR_PHI) {
		ir_ref phi = t->first, v = f->phis.data[ir_at(f, phi)->imm];

		ir_remove(f, phi);
		ir_replace(f, phi, v);
	}
	ir_remove(f, jump);
	for (ir_ref r = t->first; r; r = ir_at(f, r)->next)
		ir_at(f, r)->block = block;
	if (b->last)
		ir_at(f, b->last)->next = t->first;
	else
		b->first = t->first;
	if (t->first)
		ir_at(f, t->first)->prev = b->last;
	b->last = t->last;
	b->succ_count = t->succ_count;
	memcpy(b->succ, t->succ, sizeof(b->succ));
	b->rare |= t->rare;
	t->first = t->last = 0;
	t->succ_count = 0;
	t->preds.len = 0;
	for (u32 i = 0; i < ir_successor_count(f, block); i++) {
		struct ir_block *s = &f->blocks.data[ir_successor(f, block, i)];

		for (u32 k = 0; k < s->preds.len; k++)
			if (s->preds.data[k] == to)
				s->preds.data[k] = block;
	}
	return true;
}

static bool leads_to(const struct ir_function *f, u32 from, u32 to)
{
	const struct ir_block *b = &f->blocks.data[to];

	for (u32 k = 0; k < b->preds.len; k++)
		if (b->preds.data[k] == from)
			return true;
	return false;
}

/*
 * A block that only jumps is passed by, if one edge alone leads to it: phis where it
 * leads get from there what they got from it. Not when the two would be joined by
 * two edges.
 */
static bool pass_by(struct ir_function *f, u32 block)
{
	struct ir_block *b = &f->blocks.data[block], *p;
	u32 to = b->succ[0], from;

	if (!b->first || b->first != b->last || ir_at(f, b->last)->op != IR_JUMP ||
	    b->preds.len != 1 || to == block)
		return false;
	from = b->preds.data[0];
	p = &f->blocks.data[from];
	if (ir_at(f, p->last)->op != IR_BRANCH || p->succ[0] == p->succ[1] || leads_to(f, from, to))
		return false;
	p->succ[p->succ[0] == block ? 0 : 1] = to;
	for (u32 k = 0; k < f->blocks.data[to].preds.len; k++)
		if (f->blocks.data[to].preds.data[k] == block)
			f->blocks.data[to].preds.data[k] = from;
	ir_remove(f, b->last);
	b->succ_count = 0;
	b->preds.len = 0;
	return true;
}

static bool merge_blocks(struct ir_function *f)
{
	bool changed = false;

	for (u32 i = 0; i < f->order.len; i++)
		while (f->blocks.data[f->order.data[i]].last && merge(f, f->order.data[i]))
			changed = true;
	for (u32 i = 1; i < f->order.len; i++)
		changed |= pass_by(f, f->order.data[i]);
	return changed;
}

int ir_clean(struct ir_function *f)
{
	bool changed = true;
	int err = 0;

	while (changed && !err) {
		changed = decide_branches(f);
		if (changed)
			err = ir_order(f) ?: ir_simplify_phis(f);
		if (!err && merge_blocks(f)) {
			changed = true;
			err = ir_order(f);
		}
	}
	if (err)
		return err;
	count_uses(f);
	drop_unused(f);
	return f->failed ? -ENOMEM : 0;
}
