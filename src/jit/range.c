// SPDX-License-Identifier: BSD-2-Clause
/*
 * Least and greatest values, and what follows from them.
 *
 * Every value has an interval. They are found by going over the blocks in reverse
 * postorder until nothing changes, phis beginning with what their forward edges
 * bring; a phi that still grows in the third round goes to the end of its width at
 * once, so that few rounds do, except when its loop is counted (count.c): then its
 * interval is known beforehand. One more round takes back what that was too much:
 * every solution stays one when all its equations are applied to it again.
 *
 * A value has a narrower interval where a test of it has been passed: a block with
 * one way in knows the condition on it. These facts are linked along the dominator
 * tree; whoever asks for a value's interval in a block goes along the link. Two
 * values that were compared already are not compared again.
 *
 * What is gained: tests decided; divisors known not to be 0; upper halves known to be
 * 0, and with that operations of 32 bits, which are shorter and, divisions, faster.
 * An interval holds where the value stands, because of the tests before it. So
 * nothing may move or be shared once that is noted: ir_range() is the last pass.
 * ir_decide(), before, takes only tests whose outcome is known.
 */
#include <errno.h>
#include "jit/interval.h"

#define ROUNDS 12
#define WIDEN  3  /* rounds a phi may grow step by step */
#define FACTS  12 /* looked at per question */

struct ranging {
	struct ir_function *f;
	struct interval *at;      /* by value */
	struct interval *counted; /* by value: of phis; NONE: not known beforehand */
	u32 *fact;                /* by block: the nearest one up the dominators with a condition */
	bool *tested;             /* by value: stands in some branch */
	u32 room;                 /* of the above */
	u32 round;
	bool changed;
};

/* facts ------------------------------------------------------------------------------- */

/* The branch that alone leads to the block, and whether it holds there. */
static const struct ir_ins *condition_of(const struct ir_function *f, u32 block, u32 *cond)
{
	const struct ir_block *b = &f->blocks.data[block], *p;
	const struct ir_ins *end;

	if (b->preds.len != 1)
		return NULL;
	p = &f->blocks.data[b->preds.data[0]];
	end = &f->ins.data[p->last];
	if (end->op != IR_BRANCH || p->succ[0] == p->succ[1])
		return NULL;
	*cond = p->succ[0] == block ? (u32)end->imm : ir_cond_not((enum ir_cond)end->imm);
	return end;
}

static struct interval narrowed(const struct ranging *p, struct interval x, ir_ref r,
				const struct ir_ins *test, u32 cond)
{
	struct interval y = x;

	if (test->a == test->b)
		return x;
	if (test->a == r)
		y = interval_where(x, cond, test->bits, p->at[test->b]);
	else if (test->b == r)
		y = interval_where(x, ir_cond_flip(cond), test->bits, p->at[test->a]);
	/* What cannot be is not reached; nothing need be claimed of it. */
	return interval_is_none(y) ? x : y;
}

static struct interval interval_at(const struct ranging *p, ir_ref r, u32 block)
{
	struct interval x = p->at[r];
	u32 looked = 0;

	if (!p->tested[r] || interval_is_none(x))
		return x;
	for (u32 b = p->fact[block]; b && looked++ < FACTS; b = p->fact[p->f->blocks.data[b].dom]) {
		u32 cond;
		const struct ir_ins *test = condition_of(p->f, b, &cond);

		x = narrowed(p, x, r, test, cond);
	}
	return x;
}

static void find_facts(struct ranging *p)
{
	struct ir_function *f = p->f;
	u32 cond;

	ir_each_block(f, b)
	{
		const struct ir_ins *end = ir_at(f, f->blocks.data[b].last);
		u32 dom = f->blocks.data[b].dom;

		p->fact[b] = condition_of(f, b, &cond) ? b : dom != b ? p->fact[dom] : 0;
		if (end->op == IR_BRANCH)
			p->tested[end->a] = p->tested[end->b] = true;
	}
}

/* intervals ---------------------------------------------------------------------------- */

static struct interval on_edge(const struct ranging *p, ir_ref r, u32 from, u32 to)
{
	const struct ir_block *b = &p->f->blocks.data[from];
	const struct ir_ins *end = &p->f->ins.data[b->last];
	struct interval x = interval_at(p, r, from);

	if (end->op != IR_BRANCH || b->succ[0] == b->succ[1] || interval_is_none(x))
		return x;
	return narrowed(p, x, r, end,
			b->succ[0] == to ? (u32)end->imm : ir_cond_not((enum ir_cond)end->imm));
}

static struct interval of_phi(const struct ranging *p, ir_ref r)
{
	const struct ir_ins *phi = &p->f->ins.data[r];
	const struct ir_block *b = &p->f->blocks.data[phi->block];
	struct interval x = INTERVAL_NONE, old = p->at[r];

	if (!interval_is_none(p->counted[r]))
		return p->counted[r];
	for (u32 k = 0; k < b->preds.len; k++)
		x = interval_union(
			x, on_edge(p, p->f->phis.data[phi->imm + k], b->preds.data[k], phi->block));
	if (p->round >= WIDEN && !interval_is_none(old)) {
		if (x.min < old.min)
			x.min = 0;
		if (x.max > old.max)
			x.max = x.max >> 32 ? ~0ull : old.max < 0xffffffff ? 0xffffffff : ~0ull;
	}
	return x;
}

static struct interval of_value(const struct ranging *p, ir_ref r)
{
	const struct ir_ins *i = &p->f->ins.data[r];
	struct interval o[3] = {INTERVAL_ALL, INTERVAL_ALL, INTERVAL_ALL}, x;
	const ir_ref refs[3] = {i->a, i->b, i->c};

	if (i->op == IR_PHI)
		return of_phi(p, r);
	for (u32 k = 0; k < ir_operands(i->op); k++) {
		o[k] = interval_at(p, refs[k], i->block);
		if (interval_is_none(o[k]))
			return INTERVAL_NONE;
	}
	x = interval_of(i, o);
	x.max = MIN(x.max, ~i->zeros);
	return x;
}

static void go_over(struct ranging *p)
{
	struct ir_function *f = p->f;

	p->changed = false;
	ir_each_block(f, b)
	{
		ir_each(f, b, r)
		{
			struct interval x;

			if (ir_flags(ir_at(f, r)->op) & IR_END)
				continue;
			x = of_value(p, r);
			p->changed |= x.min != p->at[r].min || x.max != p->at[r].max;
			p->at[r] = x;
		}
	}
}

static void find_counted(struct ranging *p)
{
	struct ir_function *f = p->f;
	struct ir_count c;

	ir_each_block(f, b)
	{
		u64 last, mask;
		bool down;

		if (f->blocks.data[b].loop != b || !ir_count(f, b, &c))
			continue;
		mask = ir_at(f, c.next)->bits == 32 ? 0xffffffff : ~0ull;
		down = c.step > mask / 2;
		last = (c.start + (c.rounds - 1) * c.step) & mask;
		/* Once around its width or further: nothing is told. */
		if (c.rounds - 1 > mask / 2 / (down ? -c.step & mask : c.step) ||
		    (down ? last > c.start : last < c.start))
			continue;
		p->counted[c.phi] =
			down ? (struct interval){last, c.start} : (struct interval){c.start, last};
	}
}

/* Intervals that satisfy all equations; false: not found within the rounds. */
static bool solve(struct ranging *p)
{
	bool settled;

	for (ir_ref r = 0; r < p->f->ins.len; r++)
		p->at[r] = p->counted[r] = INTERVAL_NONE;
	find_facts(p);
	find_counted(p);
	do
		go_over(p);
	while (p->changed && ++p->round < ROUNDS);
	settled = !p->changed;
	p->round = 0;
	if (settled)
		go_over(p);
	return settled;
}

/* what follows --------------------------------------------------------------------------- */

static int passed(const struct ranging *p, const struct ir_ins *i)
{
	u32 looked = 0;

	for (u32 b = p->fact[i->block]; b && looked++ < FACTS;
	     b = p->fact[p->f->blocks.data[b].dom]) {
		u32 cond;
		const struct ir_ins *test = condition_of(p->f, b, &cond);
		int known = -1;

		if (test->bits != i->bits)
			continue;
		if (test->a == i->a && test->b == i->b)
			known = ir_cond_follows(cond, (u32)i->imm);
		else if (test->a == i->b && test->b == i->a)
			known = ir_cond_follows(ir_cond_flip(cond), (u32)i->imm);
		if (known >= 0)
			return known;
	}
	return -1;
}

/* A test that always ends the same becomes one of constants; a comparison its result. */
static void decide(struct ranging *p, ir_ref r)
{
	struct ir_ins *i = ir_at(p->f, r);
	struct interval x = interval_at(p, i->a, i->block), y = interval_at(p, i->b, i->block);
	int way = interval_is_none(x) || interval_is_none(y)
			  ? -1
			  : interval_holds(x, (u32)i->imm, i->bits, y);
	ir_ref c;

	if (way < 0)
		way = passed(p, i);
	if (way < 0)
		return;
	c = ir_const(p->f, 1, i->op == IR_CMP && way);
	if (!c)
		return;
	i = ir_at(p->f, r);
	i->imm = i->op == IR_CMP ? 0 : way ? COND_EQ : COND_NE;
	i->a = c;
	i->b = i->op == IR_CMP ? 0 : c;
	if (i->op == IR_CMP)
		i->op = IR_COPY;
}

static bool fits32(const struct ranging *p, ir_ref r, u32 block)
{
	return interval_at(p, r, block).max <= 0xffffffff;
}

static bool not_negative(const struct ranging *p, ir_ref r, u32 block, u32 bits)
{
	return interval_at(p, r, block).max <= (bits == 32 ? 0x7fffffffull : ~0ull >> 1);
}

static void narrow_test(struct ranging *p, ir_ref r)
{
	struct ir_ins *i = ir_at(p->f, r);

	if (i->op != IR_BRANCH && i->op != IR_CMP)
		return;
	if (i->imm >= COND_SLT && i->imm <= COND_SLE && not_negative(p, i->a, i->block, i->bits) &&
	    not_negative(p, i->b, i->block, i->bits))
		i->imm = i->imm - COND_SLT + COND_LT;
	if (i->bits == 64 && (i->imm < COND_SLT || i->imm > COND_SLE) &&
	    fits32(p, i->a, i->block) && fits32(p, i->b, i->block))
		i->bits = 32;
}

static bool is_zero_free(const struct ranging *p, const struct ir_ins *i)
{
	struct interval b = interval_at(p, i->b, i->block);

	return b.min && (i->bits == 64 || (b.max <= 0xffffffff));
}

/* `wide` users take the value into an address, which is of 64 bits. */
static void narrow(struct ranging *p, ir_ref r, bool wide)
{
	struct ir_ins *i = ir_at(p->f, r);
	bool operands = true;

	switch (i->op) {
	case IR_UDIV:
	case IR_UMOD:
	case IR_SDIV:
	case IR_SMOD:
		if (is_zero_free(p, i))
			i->aux |= DIVISION_NONZERO;
		if (i->op >= IR_SDIV && not_negative(p, i->a, i->block, i->bits) &&
		    not_negative(p, i->b, i->block, i->bits))
			i->op = i->op == IR_SDIV ? IR_UDIV : IR_UMOD;
		operands =
			i->op < IR_SDIV && fits32(p, i->a, i->block) && fits32(p, i->b, i->block);
		break;
	case IR_SHR: operands = fits32(p, i->a, i->block) && p->at[i->b].max < 32; break;
	case IR_SHL: operands = p->at[i->b].max < 32 && !wide; break;
	case IR_ADD:
	case IR_SUB: operands = !wide; break;
	case IR_MUL:
	case IR_AND:
	case IR_OR:
	case IR_XOR: break;
	case IR_ZEXT:
		if (p->at[i->a].max >> (i->size * 8))
			return;
		i->op = IR_COPY;
		return;
	default: return;
	}
	if (i->bits == 64 && operands && p->at[r].max <= 0xffffffff)
		i->bits = 32;
}

static void mark_wide(struct ranging *p, bool *wide)
{
	struct ir_function *f = p->f;

	for (ir_ref r = 1; r < f->ins.len; r++) {
		const struct ir_ins *i = ir_at(f, r);

		if (!i->block)
			continue;
		switch (i->op) {
		case IR_LOAD:
		case IR_LOADS:
		case IR_LOADX:
		case IR_STORE:
		case IR_ATOMIC:
		case IR_CAS:
		case IR_ACQUIRE:
		case IR_RELEASE: wide[i->a] = true; break;
		case IR_ADD:
			if (i->bits == 64)
				wide[i->a] = wide[i->b] = true;
		}
	}
}

static void apply(struct ranging *p, bool *wide)
{
	struct ir_function *f = p->f;

	if (wide)
		mark_wide(p, wide);
	ir_each_block(f, b)
	{
		ir_each(f, b, r)
		{
			u32 op = ir_at(f, r)->op;

			if (op == IR_BRANCH || op == IR_CMP)
				decide(p, r);
			if (!wide || r >= p->room)
				continue;
			if (op == IR_BRANCH || op == IR_CMP)
				narrow_test(p, r);
			if (ir_flags(op) & IR_END || interval_is_none(p->at[r]))
				continue;
			narrow(p, r, wide[r]);
			ir_at(f, r)->zeros |=
				p->at[r].max ? ~(~0ull >> __builtin_clzll(p->at[r].max)) : ~0ull;
		}
	}
}

static int run(struct ir_function *f, bool last)
{
	u32 room = (u32)f->ins.len + 2; /* apply() makes two constants at the most */
	struct ranging p = {.f = f, .room = room};
	bool *wide = last ? base_calloc(room, sizeof(*wide)) : NULL;
	int err = 0;

	p.at = base_calloc(room, sizeof(*p.at));
	p.counted = base_calloc(room, sizeof(*p.counted));
	p.fact = base_calloc(f->blocks.len, sizeof(*p.fact));
	p.tested = base_calloc(room, sizeof(*p.tested));
	if (!p.at || !p.counted || !p.fact || !p.tested || (last && !wide))
		err = -ENOMEM;
	else if (solve(&p))
		apply(&p, wide);
	base_free(p.at);
	base_free(p.counted);
	base_free(p.fact);
	base_free(p.tested);
	base_free(wide);
	return err ?: f->failed ? -ENOMEM : ir_clean(f);
}

int ir_decide(struct ir_function *f)
{
	return run(f, false);
}

int ir_range(struct ir_function *f)
{
	return run(f, true);
}
