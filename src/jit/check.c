// SPDX-License-Identifier: BSD-2-Clause
/*
 * The invariants of the intermediate form: what every pass may rely on and must
 * leave behind. Run between passes in debug builds (-DJIT_CHECK) and by tests.
 */
#include "jit/ir.h"

struct checking {
	const struct ir_function *f;
	ir_ref at;
	const char *wrong;
	u32 *place; /* of instructions within their block */
};

/* The definition comes before this use on every way. */
static void check_operand(void *data, ir_ref *operand)
{
	struct checking *c = data;
	const struct ir_function *f = c->f;
	const struct ir_ins *use = &f->ins.data[c->at], *def;

	if (c->wrong)
		return;
	if (!*operand || *operand >= f->ins.len) {
		c->wrong = "an operand is missing";
		return;
	}
	def = &f->ins.data[*operand];
	if (!def->block)
		c->wrong = "an operand was removed";
	else if (ir_flags(def->op) & IR_END || def->op == IR_STORE || def->op == IR_RELEASE ||
		 def->op == IR_FENCE || def->op == IR_NOSPEC)
		c->wrong = "an operand is no value";
	else if (use->op == IR_PHI)
		return; /* checked by predecessor */
	else if (def->block == use->block ? c->place[*operand] >= c->place[c->at]
					  : !ir_dominates(f, def->block, use->block))
		c->wrong = "a use before its definition";
}

static const char *check_phi(const struct ir_function *f, ir_ref r)
{
	const struct ir_ins *phi = &f->ins.data[r];
	const struct ir_block *b = &f->blocks.data[phi->block];

	if (phi->prev && f->ins.data[phi->prev].op != IR_PHI &&
	    f->ins.data[phi->prev].op != IR_CONST)
		return "a phi after other instructions";
	for (u32 i = 0; i < b->preds.len; i++) {
		ir_ref v = f->phis.data[phi->imm + i];

		if (!v || v >= f->ins.len || !f->ins.data[v].block)
			return "a phi's operand is missing";
		if (!ir_dominates(f, f->ins.data[v].block, b->preds.data[i]))
			return "a phi's operand is not there on its edge";
	}
	return NULL;
}

static const char *check_edges(const struct ir_function *f, u32 block)
{
	u32 n = ir_successor_count(f, block);

	for (u32 i = 0; i < n; i++) {
		u32 to = ir_successor(f, block, i), found = 0;
		const struct ir_block *t = &f->blocks.data[to];

		if (!to || to >= f->blocks.len)
			return "an edge to no block";
		for (u32 k = 0; k < t->preds.len; k++)
			found += t->preds.data[k] == block;
		if (!found)
			return "an edge its target does not know";
	}
	return NULL;
}

static const char *check_end(const struct ir_function *f, u32 block)
{
	const struct ir_block *b = &f->blocks.data[block];
	u32 want[] = {[IR_JUMP] = 1, [IR_BRANCH] = 2, [IR_TAIL] = 1};
	u32 op = b->last ? f->ins.data[b->last].op : IR_NONE;

	if (!(ir_flags(op) & IR_END))
		return "a block without an end";
	if (op == IR_SWITCH)
		return f->ins.data[b->last].count ? NULL : "a switch without ways";
	if (b->succ_count != (op < sizeof(want) / sizeof(want[0]) ? want[op] : 0))
		return "an end with the wrong number of ways";
	return NULL;
}

static const char *check_block(struct checking *c, u32 block)
{
	const struct ir_function *f = c->f;
	const struct ir_block *b = &f->blocks.data[block];
	ir_ref prev = 0;
	u32 n = 0;

	for (ir_ref r = b->first; r; prev = r, r = f->ins.data[r].next) {
		const struct ir_ins *ins = &f->ins.data[r];

		c->at = r;
		c->place[r] = ++n;
		if (ins->block != block || ins->prev != prev || n > f->ins.len)
			return "a broken list";
		if (ir_flags(ins->op) & IR_END && r != b->last)
			return "instructions after a block's end";
		if (ins->bits != 32 && ins->bits != 64)
			return "a width that is none";
		if (ins->op == IR_PHI && check_phi(f, r))
			return check_phi(f, r);
	}
	c->at = b->last;
	return check_end(f, block) ?: check_edges(f, block);
}

const char *ir_check(const struct ir_function *f, ir_ref *where)
{
	struct checking c = {.f = f, .place = base_calloc(f->ins.len, sizeof(u32))};

	if (!c.place)
		return NULL;
	for (u32 i = 0; i < f->order.len && !c.wrong; i++)
		c.wrong = check_block(&c, f->order.data[i]);
	for (u32 i = 0; i < f->order.len && !c.wrong; i++)
		for (ir_ref r = f->blocks.data[f->order.data[i]].first; r && !c.wrong;
		     r = f->ins.data[r].next) {
			c.at = r;
			ir_each_operand((struct ir_function *)f, r, check_operand, &c);
		}
	if (where)
		*where = c.at;
	base_free(c.place);
	return c.wrong;
}
