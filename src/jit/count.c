// SPDX-License-Identifier: BSD-2-Clause
/*
 * Counted loops: how often a loop goes round, when constants tell.
 *
 *	head:	i = phi(start, next)
 *		...
 *	test:	leave unless i != end	(or next != end, or <, <=, >, >=)
 *		...
 *		next = i + step
 *	latch:	goes to head
 *
 * The test stands in the loop itself, not in one within, and dominates the latch: so
 * it is made once in each round, of start + k * step in round k (one step further
 * when it is of `next`). The first k for which it leaves follows by division: for !=
 * only when the division is exact, since otherwise the value would wrap around first;
 * for the others when the value stays in its width. Other ways out can only make the
 * rounds fewer: what is told here is the most.
 */
#include "jit/ir.h"

static bool in_loop(const struct ir_function *f, u32 block, u32 head)
{
	u32 loop = f->blocks.data[block].loop;

	while (loop && loop != head)
		loop = f->blocks.data[f->blocks.data[loop].dom].loop;
	return loop == head;
}

/* The one block that leads back to the head; 0: several. */
static u32 latch_of(const struct ir_function *f, u32 head)
{
	const struct ir_block *h = &f->blocks.data[head];
	u32 latch = 0;

	for (u32 k = 0; k < h->preds.len; k++) {
		u32 p = h->preds.data[k];

		if (!ir_dominates(f, head, p))
			continue;
		if (latch)
			return 0;
		latch = p;
	}
	return latch;
}

/* phi's operands: from outside (the same constant on all ways) and from the latch. */
static bool read_phi(const struct ir_function *f, ir_ref phi, u32 latch, u64 *start, ir_ref *next)
{
	const struct ir_ins *i = &f->ins.data[phi];
	const struct ir_block *h = &f->blocks.data[i->block];
	bool any = false;

	for (u32 k = 0; k < h->preds.len; k++) {
		ir_ref v = f->phis.data[i->imm + k];
		u64 n;

		if (h->preds.data[k] == latch) {
			*next = v;
			continue;
		}
		if (!ir_is_const(f, v, &n) || (any && n != *start))
			return false;
		*start = n;
		any = true;
	}
	return any;
}

/* Rounds until `x` (of which each next is `step` more) is `end`; 0: not told. */
static u64 rounds_until(u64 x, u64 end, u64 step, u64 mask)
{
	u64 up = (end - x) & mask, down = (x - end) & mask, back = -step & mask;

	if (up % step == 0 && step <= mask / 2)
		return up / step + 1;
	if (back && down % back == 0 && step > mask / 2)
		return down / back + 1;
	return 0;
}

/* ... while x < end, upwards. */
static u64 rounds_below(u64 x, u64 end, u64 step, u64 mask)
{
	if (step > mask / 2 || end > mask - step)
		return 0;
	return x >= end ? 1 : (end - x + step - 1) / step + 1;
}

/* ... while x >= end > 0, downwards. */
static u64 rounds_above(u64 x, u64 end, u64 step, u64 mask)
{
	u64 back = -step & mask;

	if (step <= mask / 2 || end < back)
		return 0;
	return x < end ? 1 : (x - end) / back + 2;
}

static u64 rounds(u32 stay, u64 x, u64 end, u64 step, u64 mask)
{
	switch (stay) {
	case COND_NE: return rounds_until(x, end, step, mask);
	case COND_LT: return rounds_below(x, end, step, mask);
	case COND_LE: return end == mask ? 0 : rounds_below(x, end + 1, step, mask);
	case COND_GE: return rounds_above(x, end, step, mask);
	case COND_GT: return end == mask ? 0 : rounds_above(x, end + 1, step, mask);
	default: return 0;
	}
}

static u64 width_mask(u32 bits)
{
	return bits == 32 ? 0xffffffff : ~0ull;
}

/* Signed tests of what is not negative all the way are as good as unsigned ones. */
static u32 as_unsigned(u32 cond, u64 x, u64 end, u64 step, u64 mask)
{
	u64 most = mask >> 1;

	if (cond < COND_SLT || cond > COND_SLE)
		return cond;
	if (x > most || end > most || (step <= most ? end + step > most : end < (-step & mask)))
		return COND_TEST;
	return cond - COND_SLT + COND_LT;
}

static bool count_by(const struct ir_function *f, u32 head, u32 block, struct ir_count *c)
{
	const struct ir_block *b = &f->blocks.data[block];
	const struct ir_ins *end = &f->ins.data[b->last], *add;
	u64 mask, x, limit;
	u32 stay;
	ir_ref phi = end->a;

	if (end->op != IR_BRANCH || !ir_is_const(f, end->b, &limit) ||
	    in_loop(f, b->succ[0], head) == in_loop(f, b->succ[1], head))
		return false;
	stay = in_loop(f, b->succ[0], head) ? (u32)end->imm : ir_cond_not((enum ir_cond)end->imm);
	if (f->ins.data[phi].op == IR_ADD)
		phi = f->ins.data[phi].a;
	if (f->ins.data[phi].op != IR_PHI || f->ins.data[phi].block != head ||
	    !read_phi(f, phi, c->latch, &c->start, &c->next) ||
	    (end->a != phi && end->a != c->next))
		return false;
	add = &f->ins.data[c->next];
	if (add->op != IR_ADD || add->a != phi || !ir_is_const(f, add->b, &c->step))
		return false;
	mask = width_mask(add->bits);
	c->step &= mask;
	if (!c->step || c->start > mask)
		return false;
	if (end->bits == 32)
		limit = (u32)limit;
	x = end->a == phi ? c->start : (c->start + c->step) & mask;
	if (limit > mask)
		return false;
	c->rounds = rounds(as_unsigned(stay, x, limit, c->step, mask), x, limit, c->step, mask);
	/* What is tested in 32 bits must be no more. */
	if (end->bits == 32 && add->bits == 64 &&
	    (c->start >> 32 || c->rounds >> 31 || c->step >> 31 ||
	     (c->start + c->rounds * c->step) >> 32))
		return false;
	c->phi = phi;
	c->test = block;
	return c->rounds;
}

bool ir_count(const struct ir_function *f, u32 head, struct ir_count *c)
{
	struct ir_count best = {.head = head}, one;

	best.latch = latch_of(f, head);
	if (!best.latch || f->blocks.data[head].loop != head)
		return false;
	one = best;
	/* Every block that is made in each round: from the latch up to the head. */
	for (u32 b = best.latch;; b = f->blocks.data[b].dom) {
		if (f->blocks.data[b].loop == head && count_by(f, head, b, &one) &&
		    (!best.rounds || one.rounds < best.rounds))
			best = one;
		if (b == head)
			break;
	}
	if (!best.rounds)
		return false;
	*c = best;
	return true;
}
