// SPDX-License-Identifier: BSD-2-Clause
/*
 * Chains of equality tests of one value on constants:
 *
 *	if (v == 1) goto a; if (v == 7) goto b; if (v == 3) goto c; ...
 *
 * A chain is a block and, along the ways on which no test held, those that have
 * no other way in and do nothing but the next test. Where the constants lie close
 * together, one SWITCH takes the chain's place. Otherwise the tests are sorted and
 * found by a balanced search, a few at each leaf; their blocks stay, only what
 * leads to them changes. Where a target has phis, its edge keeps a block of its own
 * (which the edge's copies need in any case), so no phi has to be touched.
 */
#include <errno.h>
#include <stdlib.h>
#include "jit/ir.h"
#include "jit/jit.h"

#define LEAST 5    /* tests that are worth it */
#define MOST  250  /* cases are counted in a byte */
#define SPAN  1024 /* entries of a table */
#define LEAF  3    /* tests in a row at a leaf of the search */

struct test {
	u64 value;
	u32 block, to;
};

struct chain {
	ir_ref value;
	u32 bits, head, last, none; /* the last test leads to none */
	u32 count;
	struct test tests[MOST];
};

static bool has_phis(const struct ir_function *f, u32 block)
{
	for (ir_ref r = f->blocks.data[block].first; r; r = f->ins.data[r].next) {
		if (f->ins.data[r].op == IR_PHI)
			return true;
		if (f->ins.data[r].op != IR_CONST)
			return false;
	}
	return false;
}

/* The test that a block ends in; false: another end, or of something else. */
static bool read_test(const struct ir_function *f, u32 block, struct test *t, u32 *otherwise)
{
	const struct ir_block *b = &f->blocks.data[block];
	const struct ir_ins *end = &f->ins.data[b->last];
	u32 way = end->imm == COND_NE;

	if (end->op != IR_BRANCH || (end->imm != COND_EQ && end->imm != COND_NE) ||
	    !ir_is_const(f, end->b, &t->value))
		return false;
	if (end->bits == 32)
		t->value = (u32)t->value;
	t->block = block;
	t->to = b->succ[way];
	*otherwise = b->succ[!way];
	return t->to != *otherwise;
}

static bool known(const struct chain *c, u64 value)
{
	for (u32 i = 0; i < c->count; i++)
		if (c->tests[i].value == value)
			return true;
	return false;
}

static void find_chain(const struct ir_function *f, u32 head, struct chain *c)
{
	u32 block = head;
	struct test t;

	c->count = 0;
	c->head = head;
	c->value = f->ins.data[f->blocks.data[head].last].a;
	c->bits = f->ins.data[f->blocks.data[head].last].bits;
	while (c->count < MOST) {
		const struct ir_block *b = &f->blocks.data[block];
		const struct ir_ins *end = &f->ins.data[b->last];
		u32 next;

		if (block != head && (b->preds.len != 1 || b->first != b->last))
			return;
		if (end->a != c->value || end->bits != c->bits || !read_test(f, block, &t, &next))
			return;
		/* A second test of a constant never holds. */
		if (!known(c, t.value))
			c->tests[c->count++] = t;
		c->last = block;
		c->none = block = next;
		if (next == head)
			return;
	}
}

static int by_value(const void *a, const void *b)
{
	const struct test *x = a, *y = b;

	return x->value < y->value ? -1 : x->value > y->value;
}

static void replace_pred(struct ir_function *f, u32 block, u32 old, u32 by)
{
	struct ir_block *b = &f->blocks.data[block];

	for (u32 i = 0; i < b->preds.len; i++)
		if (b->preds.data[i] == old) {
			b->preds.data[i] = by;
			return;
		}
}

static bool has_pred(const struct ir_function *f, u32 block, u32 pred)
{
	for (u32 i = 0; i < f->blocks.data[block].preds.len; i++)
		if (f->blocks.data[block].preds.data[i] == pred)
			return true;
	return false;
}

/* The end of a new block, from the same instruction as block `like`. */
static ir_ref put_end(struct ir_function *f, u32 block, u32 op, u32 bits, u32 like)
{
	ir_ref r = ir_new(f, op, bits);

	if (!r)
		return 0;
	ir_at(f, r)->insn = ir_at(f, f->blocks.data[like].last)->insn;
	return ir_append(f, block, r);
}

/* A block that only jumps: the edge from `old` to `to`, its phis' operands kept. */
static u32 put_jump(struct ir_function *f, u32 old, u32 to)
{
	u32 block = ir_block_new(f);

	if (!block || !put_end(f, block, IR_JUMP, 64, old))
		return 0;
	f->blocks.data[block].rare = f->blocks.data[to].rare;
	f->blocks.data[block].succ[0] = to;
	f->blocks.data[block].succ_count = 1;
	replace_pred(f, to, old, block);
	return block;
}

static void lead(struct ir_function *f, u32 from, u32 to)
{
	f->failed |= vec_push(&f->blocks.data[to].preds, from) != 0;
}

/* tables ------------------------------------------------------------------------- */

static bool is_dense(const struct chain *c)
{
	u64 min = c->tests[0].value, max = c->tests[c->count - 1].value;

	return max <= INT32_MAX && max - min < SPAN && c->count * 3 > max - min;
}

/* Where the switch leads in place of the edge from -> to. */
static u32 take_edge(struct ir_function *f, u32 head, u32 from, u32 to)
{
	u32 jump;

	if (has_phis(f, to)) {
		jump = put_jump(f, from, to);
		if (jump)
			lead(f, head, jump);
		return jump;
	}
	/* The edge from a block that nothing reaches goes by itself. */
	if (from != head && !has_pred(f, to, head))
		replace_pred(f, to, from, head);
	return to;
}

static void put_case(struct ir_function *f, u64 value, u32 block)
{
	f->failed |= vec_push(&f->cases, ((struct ir_case){value, block})) != 0;
}

static void make_table(struct ir_function *f, struct chain *c)
{
	ir_ref end = f->blocks.data[c->head].last, value = c->value;
	u32 cases = (u32)f->cases.len;

	if (c->bits == 32 && ir_at(f, value)->zeros >> 32 != 0xffffffff) {
		value = ir_new(f, IR_ZEXT, 64);
		if (!value)
			return;
		ir_at(f, value)->a = c->value;
		ir_at(f, value)->insn = ir_at(f, end)->insn;
		ir_at(f, value)->size = 4;
		ir_at(f, value)->zeros = ~0ull << 32;
		ir_insert_before(f, end, value);
	}
	for (u32 i = 0; i < c->count && !f->failed; i++)
		put_case(f, c->tests[i].value,
			 take_edge(f, c->head, c->tests[i].block, c->tests[i].to));
	if (!f->failed)
		put_case(f, 0, take_edge(f, c->head, c->last, c->none));
	if (f->failed)
		return;
	ir_at(f, end)->op = IR_SWITCH;
	ir_at(f, end)->a = value;
	ir_at(f, end)->b = 0;
	ir_at(f, end)->imm = 0;
	ir_at(f, end)->bits = 64;
	ir_at(f, end)->args = cases;
	ir_at(f, end)->count = (u8)(c->count + 1);
	f->blocks.data[c->head].succ_count = 0;
}

/* searches ------------------------------------------------------------------------- */

static void set_branch(struct ir_function *f, const struct chain *c, u32 block, u32 cond, u64 value,
		       u32 yes, u32 no)
{
	ir_ref constant = ir_const(f, 1, value), end = f->blocks.data[block].last;

	if (!end)
		end = put_end(f, block, IR_BRANCH, c->bits, c->head);
	if (!constant || !end)
		return;
	ir_at(f, end)->a = c->value;
	ir_at(f, end)->b = constant;
	ir_at(f, end)->imm = cond;
	f->blocks.data[block].succ[0] = yes;
	f->blocks.data[block].succ[1] = no;
	f->blocks.data[block].succ_count = 2;
}

/* The search among tests [from, to); `at`: the block it begins in, 0: any. The block. */
static u32 search(struct ir_function *f, const struct chain *c, u32 from, u32 to, u32 at)
{
	u32 mid = from + (to - from) / 2, yes, no;

	if (f->failed)
		return 0;
	if (to - from > LEAF) {
		at = at ?: ir_block_new(f);
		yes = search(f, c, from, mid, 0);
		no = search(f, c, mid, to, 0);
		if (f->failed)
			return 0;
		set_branch(f, c, at, COND_LT, c->tests[mid].value, yes, no);
		lead(f, at, yes);
		lead(f, at, no);
		return at;
	}
	no = to - from > 1 ? search(f, c, from + 1, to, 0) : c->none;
	if (f->failed)
		return 0;
	at = c->tests[from].block;
	set_branch(f, c, at, COND_EQ, c->tests[from].value, c->tests[from].to, no);
	lead(f, at, no);
	return at;
}

static void make_search(struct ir_function *f, struct chain *c)
{
	u32 none = put_jump(f, c->last, c->none), first = ir_block_new(f);

	if (!none || !first)
		return;
	c->none = none;
	for (u32 i = 0; i < c->count; i++) {
		if (c->tests[i].block == c->head) {
			/* The head's own test gets a block. */
			c->tests[i].block = first;
			replace_pred(f, c->tests[i].to, c->head, first);
			continue;
		}
		f->blocks.data[c->tests[i].block].preds.len = 0;
	}
	search(f, c, 0, c->count, c->head);
}

/* The chain's blocks, which may not be reached any more, are no heads of others. */
static void consume(struct ir_function *f, const struct chain *c)
{
	struct test t;
	u32 next = c->head;

	do {
		u32 block = next;

		read_test(f, block, &t, &next);
		f->blocks.data[next].order = next == c->none ? f->blocks.data[next].order : 0;
	} while (next != c->none);
}

int ir_switch(struct ir_function *f)
{
	struct chain *c;
	bool changed = false;

	if (f->opts && f->opts->flags & JIT_BLIND)
		return 0;
	c = base_alloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	for (u32 i = 0; i < f->order.len && !f->failed; i++) {
		u32 head = f->order.data[i];

		if (!f->blocks.data[head].order ||
		    ir_at(f, f->blocks.data[head].last)->op != IR_BRANCH)
			continue;
		find_chain(f, head, c);
		if (c->count < LEAST)
			continue;
		consume(f, c);
		qsort(c->tests, c->count, sizeof(c->tests[0]), by_value);
		if (is_dense(c))
			make_table(f, c);
		else
			make_search(f, c);
		changed = true;
	}
	base_free(c);
	if (f->failed)
		return -ENOMEM;
	return changed ? ir_order(f) ?: ir_simplify_phis(f) ?: ir_clean(f) : 0;
}
