// SPDX-License-Identifier: BSD-2-Clause
/*
 * Branches that are decided by where one comes from.
 *
 *	p:  if (c) goto j			p:  if (c) goto t
 *	x:  ...					x:  ...
 *	j:  v = phi(1, 2)		->	j':  if (c) goto t, which is false: goes on
 *	    if (c) goto t			t:  v = phi(1, ...)
 *
 * A block of phis and a branch is passed by those predecessors from where the branch
 * is known to go one way: because a phi has a constant, or an address that cannot be
 * NULL, on that edge; or because the same two values were compared on the way there
 * (the edge itself, and upwards while there is one way in). Their edges lead to the
 * target directly. What the block's phis are behind it is then found anew (repair.c).
 * This is what selections by one condition after another, as compilers for BPF write
 * them, and tests for NULL after lookups made of several blocks, come down to. Loops
 * keep their heads and their one latch.
 *
 * And a diamond that only chooses between 0 and 1 becomes the comparison itself.
 */
#include <errno.h>
#include "jit/ir.h"

#define UPWARDS 8          /* conditions looked at on the way to a block */
#define EDGES   16         /* predecessors looked at */
#define MOST    400        /* blocks passed by in one function */
#define WORK    (1u << 22) /* instructions looked at for that, all in all */

struct test {
	ir_ref a, b;
	u32 cond, bits;
};

/* Only phis (and constants) and a branch? */
static bool is_small(const struct ir_function *f, u32 block)
{
	ir_ref r = f->blocks.data[block].first;

	while (r && (f->ins.data[r].op == IR_PHI || f->ins.data[r].op == IR_CONST))
		r = f->ins.data[r].next;
	return r && f->ins.data[r].op == IR_BRANCH;
}

static bool is_phi_of(const struct ir_function *f, ir_ref r, u32 block)
{
	return f->ins.data[r].op == IR_PHI && f->ins.data[r].block == block;
}

/* The value a phi of the block has when coming by its k-th edge; others: themselves. */
static ir_ref by_edge(const struct ir_function *f, ir_ref r, u32 block, u32 k)
{
	return is_phi_of(f, r, block) ? f->phis.data[f->ins.data[r].imm + k] : r;
}

/* 1, 0: decided by the values alone; -1 */
static int by_values(const struct ir_function *f, const struct test *t)
{
	u64 x, y;

	if (!ir_is_const(f, t->b, &y))
		return -1;
	if (ir_is_const(f, t->a, &x))
		return ir_cond_holds((enum ir_cond)t->cond, t->bits, x, y);
	if (!y && t->bits == 64 && ir_is_address(f, t->a)) {
		if (t->cond == COND_EQ || t->cond == COND_NE)
			return t->cond == COND_NE;
	}
	return -1;
}

/* The condition that leads from block `from` to `to`; false: none, or both ways do. */
static bool condition(const struct ir_function *f, u32 from, u32 to, struct test *t)
{
	const struct ir_block *b = &f->blocks.data[from];
	const struct ir_ins *end = &f->ins.data[b->last];

	if (end->op != IR_BRANCH || b->succ[0] == b->succ[1])
		return false;
	*t = (struct test){end->a, end->b, (u32)end->imm, end->bits};
	if (b->succ[0] != to)
		t->cond = ir_cond_not((enum ir_cond)t->cond);
	return true;
}

/* What is known of a test when `known` holds. */
static int by_condition(const struct ir_function *f, const struct test *known, const struct test *t)
{
	u64 x, y;

	if (known->bits != t->bits)
		return -1;
	if (known->a == t->a && known->b == t->b)
		return ir_cond_follows(known->cond, t->cond);
	if (known->a == t->b && known->b == t->a)
		return ir_cond_follows(ir_cond_flip(known->cond), t->cond);
	/* v == 3 tells of v == 5, too */
	if (known->a == t->a && known->cond == COND_EQ && ir_is_const(f, known->b, &x) &&
	    ir_is_const(f, t->b, &y))
		return ir_cond_holds((enum ir_cond)t->cond, t->bits, x, y);
	return -1;
}

static int by_way(const struct ir_function *f, u32 from, u32 to, const struct test *t)
{
	for (u32 i = 0; i < UPWARDS; i++) {
		struct test known;
		int way = condition(f, from, to, &known) ? by_condition(f, &known, t) : -1;

		if (way >= 0)
			return way;
		/* Its own definition: before it the value was another round's. */
		if (f->ins.data[t->a].block == from || f->ins.data[t->b].block == from ||
		    f->blocks.data[from].preds.len != 1)
			return -1;
		to = from;
		from = f->blocks.data[from].preds.data[0];
	}
	return -1;
}

static bool has_pred(const struct ir_function *f, u32 block, u32 pred)
{
	for (u32 i = 0; i < f->blocks.data[block].preds.len; i++)
		if (f->blocks.data[block].preds.data[i] == pred)
			return true;
	return false;
}

/* Does the branch of block j go a known way when coming by its k-th edge? */
static int way_from(const struct ir_function *f, u32 j, u32 k)
{
	const struct ir_ins *end = &f->ins.data[f->blocks.data[j].last];
	struct test t = {by_edge(f, end->a, j, k), by_edge(f, end->b, j, k), (u32)end->imm,
			 end->bits};
	int way = by_values(f, &t);

	return way >= 0 ? way : by_way(f, f->blocks.data[j].preds.data[k], j, &t);
}

static bool may_lead(const struct ir_function *f, u32 pred, u32 j, u32 to)
{
	u32 op = f->ins.data[f->blocks.data[pred].last].op;

	return (op == IR_JUMP || op == IR_BRANCH) && pred != j && to != j &&
	       !has_pred(f, to, pred) && f->blocks.data[to].loop != to;
}

/* pred, the k-th of j, leads to `to` instead. */
static void lead(struct ir_function *f, u32 j, u32 k, u32 to)
{
	u32 pred = f->blocks.data[j].preds.data[k], from_j = 0;
	struct ir_block *p = &f->blocks.data[pred];

	while (f->blocks.data[to].preds.data[from_j] != j)
		from_j++;
	for (ir_ref r = f->blocks.data[to].first; r; r = ir_at(f, r)->next) {
		u32 n = (u32)f->blocks.data[to].preds.len;
		struct ir_ins *phi = ir_at(f, r);
		ir_ref v;

		if (phi->op != IR_PHI)
			break;
		/* The operands move to where there is room for one more. */
		v = by_edge(f, f->phis.data[phi->imm + from_j], j, k);
		for (u32 i = 0; i < n; i++)
			f->failed |= vec_push(&f->phis, f->phis.data[phi->imm + i]) != 0;
		f->failed |= vec_push(&f->phis, v) != 0;
		if (f->failed)
			return;
		phi->imm = (s64)(f->phis.len - n - 1);
	}
	f->failed |= vec_push(&f->blocks.data[to].preds, pred) != 0;
	for (u32 i = 0; i < p->succ_count; i++)
		if (p->succ[i] == j)
			p->succ[i] = to;
	ir_pred_remove(f, j, pred);
}

/* Nothing leads here any more. */
static void bury(struct ir_function *f, u32 block)
{
	struct ir_block *b = &f->blocks.data[block];

	while (b->succ_count)
		ir_edge_remove(f, block, b->succ[0]);
	while (b->first)
		ir_remove(f, b->first);
	b->order = 0;
}

struct passing {
	struct ir_function *f;
	u32 j;
	VEC(struct ir_def) defs; /* phis.len of them per phi of j */
	VEC(ir_ref) phis;
	u32 edges;
};

/* What j's phis were on the edge that no longer comes by. */
static void note_values(struct passing *p, u32 k)
{
	struct ir_function *f = p->f;
	u32 pred = f->blocks.data[p->j].preds.data[k];

	for (u32 i = 0; i < p->phis.len; i++)
		f->failed |= vec_push(&p->defs, ((struct ir_def){pred, by_edge(f, p->phis.data[i],
									       p->j, k)})) != 0;
	p->edges++;
}

static void note_phis(struct passing *p)
{
	ir_each(p->f, p->j, r)
	{
		if (ir_at(p->f, r)->op == IR_PHI)
			p->f->failed |= vec_push(&p->phis, r) != 0;
	}
}

static int repair(struct passing *p, bool dead)
{
	struct ir_function *f = p->f;
	int err = 0;

	for (u32 i = 0; i < p->phis.len && !err; i++) {
		struct ir_def defs[EDGES + 1];
		u32 n = 0;

		for (u32 e = 0; e < p->edges; e++)
			defs[n++] = p->defs.data[e * p->phis.len + i];
		if (!dead)
			defs[n++] = (struct ir_def){p->j, p->phis.data[i]};
		err = ir_repair(f, p->phis.data[i], defs, n);
	}
	return err;
}

/* Passes j by where it can; whether it did. */
static bool pass(struct ir_function *f, u32 j, int *err)
{
	struct passing p = {.f = f, .j = j};
	bool dead;

	if (f->blocks.data[j].succ[0] == f->blocks.data[j].succ[1])
		return false;
	note_phis(&p);
	for (u32 k = 0; k < f->blocks.data[j].preds.len && p.edges < EDGES && !f->failed;) {
		u32 pred = f->blocks.data[j].preds.data[k];
		int way = way_from(f, j, k);
		u32 to = way < 0 ? 0 : f->blocks.data[j].succ[!way];

		if (!to || !may_lead(f, pred, j, to)) {
			k++;
			continue;
		}
		note_values(&p, k);
		lead(f, j, k, to);
	}
	dead = !f->blocks.data[j].preds.len;
	if (dead)
		bury(f, j);
	if (p.edges && !f->failed)
		*err = repair(&p, dead);
	vec_fini(&p.defs);
	vec_fini(&p.phis);
	return p.edges;
}

/* diamonds -------------------------------------------------------------------------------- */

/* The block that branches to this edge of j: a predecessor, or that of an empty one. */
static u32 branching(const struct ir_function *f, u32 j, u32 pred, bool *way)
{
	const struct ir_block *b = &f->blocks.data[pred], *up = b;
	u32 to = j, from = pred;

	if (f->ins.data[b->last].op == IR_JUMP && b->first == b->last && b->preds.len == 1) {
		to = pred;
		from = b->preds.data[0];
		up = &f->blocks.data[from];
	}
	if (f->ins.data[up->last].op != IR_BRANCH || up->succ[0] == up->succ[1])
		return 0;
	*way = up->succ[0] == to;
	return from;
}

/* phi(1, 0) at the end of a diamond becomes the comparison. */
static bool choose(struct ir_function *f, u32 j)
{
	const struct ir_block *b = &f->blocks.data[j];
	ir_ref phi = b->first, cmp, end;
	bool way[2];
	u32 top;
	u64 v[2];

	if (b->preds.len != 2 || ir_at(f, phi)->op != IR_PHI ||
	    ir_at(f, ir_at(f, phi)->next)->op == IR_PHI)
		return false;
	top = branching(f, j, b->preds.data[0], &way[0]);
	if (!top || top != branching(f, j, b->preds.data[1], &way[1]) || way[0] == way[1])
		return false;
	for (u32 k = 0; k < 2; k++)
		if (!ir_is_const(f, f->phis.data[ir_at(f, phi)->imm + k], &v[k]) || v[k] > 1)
			return false;
	if (v[0] == v[1])
		return false;
	end = f->blocks.data[top].last;
	cmp = ir_new(f, IR_CMP, ir_at(f, end)->bits);
	if (!cmp)
		return false;
	ir_at(f, cmp)->a = ir_at(f, end)->a;
	ir_at(f, cmp)->b = ir_at(f, end)->b;
	ir_at(f, cmp)->insn = ir_at(f, end)->insn;
	ir_at(f, cmp)->imm = way[0] == (v[0] == 1) ? ir_at(f, end)->imm
						   : ir_cond_not((enum ir_cond)ir_at(f, end)->imm);
	ir_insert_before(f, end, cmp);
	for (u32 k = 0; k < 2; k++)
		f->phis.data[ir_at(f, phi)->imm + k] = cmp;
	ir_take_way(f, top, 0);
	return true;
}

int ir_thread(struct ir_function *f)
{
	u32 passed = 0, work = 0;
	bool changed = false;
	int err = 0;

	for (u32 i = 0; i < f->order.len && !err && !f->failed; i++) {
		u32 j = f->order.data[i];

		if (!f->blocks.data[j].order || !f->blocks.data[j].first)
			continue;
		if (f->blocks.data[j].preds.len && choose(f, j)) {
			changed = true;
			continue;
		}
		if (f->blocks.data[j].loop == j || !is_small(f, j) || passed >= MOST || work > WORK)
			continue;
		if (pass(f, j, &err)) {
			changed = true;
			passed++;
			work += (u32)f->ins.len;
		}
	}
	if (f->failed)
		return -ENOMEM;
	return err ?: !changed ? 0 : ir_order(f) ?: ir_simplify_phis(f) ?: ir_clean(f);
}
