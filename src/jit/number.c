// SPDX-License-Identifier: BSD-2-Clause
/*
 * Equal values once, and loop-invariant values before their loop.
 *
 * Numbering: blocks in reverse postorder, so that a value's operands are numbered
 * before it (phis apart, which are left alone). A pure value is looked up by its
 * operation, parameters and numbered operands; one of the same that stands where
 * it dominates takes its place.
 *
 * Motion: a value in a loop whose operands all stand outside (in blocks that
 * strictly dominate the loop's head) is as good at the end of the head's immediate
 * dominator, if that is less deeply nested; from there perhaps again one loop
 * further out. Pure values never trap, so it does not matter that the loop may not
 * be entered; only divisions wait for a dominator that leads nowhere else. Each
 * value moved holds a register throughout the loop: as many move as registers are
 * left beside the loop's phis and the values it uses already. Constants stand in the entry and
 * are made where they are used; a wide one becomes a copy before the loop.
 */
#include <errno.h>
#include "jit/ir.h"

#define CHAIN            16 /* of equal hashes looked at */
#define REGISTERS        11 /* for values in a loop */
#define REGISTERS_CALLED 4  /* ... that calls something */

struct numbering {
	struct ir_function *f;
	ir_ref *is;    /* by value: the one that takes its place; 0: itself */
	ir_ref *chain; /* by value: the next with the same hash */
	ir_ref *heads; /* by hash */
	u32 mask;
};

static void resolve(void *data, ir_ref *operand)
{
	const struct numbering *n = data;

	if (n->is[*operand])
		*operand = n->is[*operand];
}

static bool shared(const struct ir_ins *i)
{
	if (i->op == IR_LOAD)
		return i->aux == LOAD_FIXED;
	return ir_flags(i->op) & IR_PURE && i->op != IR_PHI && i->op != IR_CONST;
}

static u32 hash(const struct ir_ins *i)
{
	u64 h = (u64)i->op << 24 | (u64)i->bits << 16 | (u64)i->size << 8;

	h = (h ^ i->a) * 0x9e3779b97f4a7c15ull;
	h = (h ^ h >> 29 ^ i->b) * 0x9e3779b97f4a7c15ull;
	h = (h ^ h >> 29 ^ i->c ^ (u64)i->imm << 8 ^ i->map) * 0x9e3779b97f4a7c15ull;
	return (u32)(h >> 32);
}

static bool equal(const struct ir_ins *x, const struct ir_ins *y)
{
	return x->op == y->op && x->bits == y->bits && x->size == y->size && x->aux == y->aux &&
	       x->map == y->map && x->a == y->a && x->b == y->b && x->c == y->c && x->imm == y->imm;
}

static void number_value(struct numbering *n, ir_ref r)
{
	struct ir_function *f = n->f;
	struct ir_ins *i = ir_at(f, r);
	ir_ref *head, a = i->a;
	u32 looked = 0;

	if (ir_flags(i->op) & IR_COMM && i->a > i->b && ir_at(f, i->b)->op != IR_CONST) {
		i->a = i->b;
		i->b = a;
	}
	head = &n->heads[hash(i) & n->mask];
	for (ir_ref o = *head; o && looked++ < CHAIN; o = n->chain[o]) {
		if (!equal(ir_at(f, o), i) || !ir_dominates(f, ir_at(f, o)->block, i->block))
			continue;
		ir_at(f, o)->zeros |= i->zeros;
		n->is[r] = o;
		ir_remove(f, r);
		return;
	}
	n->chain[r] = *head;
	*head = r;
}

static int number(struct ir_function *f)
{
	struct numbering n = {.f = f, .mask = 15};
	int err = 0;

	while (n.mask < f->ins.len)
		n.mask = n.mask * 2 + 1;
	n.is = base_calloc(f->ins.len, sizeof(ir_ref));
	n.chain = base_calloc(f->ins.len, sizeof(ir_ref));
	n.heads = base_calloc((size_t)n.mask + 1, sizeof(ir_ref));
	if (!n.is || !n.chain || !n.heads)
		err = -ENOMEM;
	for (u32 b = 0; b < f->order.len && !err; b++) {
		ir_ref next;

		for (ir_ref r = f->blocks.data[f->order.data[b]].first; r; r = next) {
			next = ir_at(f, r)->next;
			if (ir_at(f, r)->op == IR_PHI)
				continue;
			ir_each_operand(f, r, resolve, &n);
			if (shared(ir_at(f, r)))
				number_value(&n, r);
		}
	}
	for (ir_ref r = 1; r < f->ins.len && !err; r++)
		if (ir_at(f, r)->block && ir_at(f, r)->op == IR_PHI)
			ir_each_operand(f, r, resolve, &n);
	base_free(n.is);
	base_free(n.chain);
	base_free(n.heads);
	return err;
}

/* motion ----------------------------------------------------------------------- */

struct moving {
	struct ir_function *f;
	s32 *room; /* by head of a loop: registers left */
	u32 *seen; /* by value: the head that counted it last */
	u32 head;
	bool outside;
};

/* Where values of this loop go; 0: nowhere. */
static u32 place_before(const struct ir_function *f, u32 head)
{
	u32 to = f->blocks.data[head].dom;

	return to && to != head && f->blocks.data[to].depth < f->blocks.data[head].depth ? to : 0;
}

static bool stands_before(const struct ir_function *f, ir_ref r, u32 head)
{
	u32 block = f->ins.data[r].block;

	return block != head && ir_dominates(f, block, head);
}

static void count_operand(void *data, ir_ref *operand)
{
	struct moving *m = data;
	u32 op = ir_at(m->f, *operand)->op;

	if (op == IR_CONST || op == IR_FRAME || op == IR_RUN || m->seen[*operand] == m->head ||
	    !stands_before(m->f, *operand, m->head))
		return;
	m->seen[*operand] = m->head;
	m->room[m->head]--;
}

static bool is_call(u32 op)
{
	return op == IR_HELPER || op == IR_KFUNC || op == IR_CALL || op == IR_CCALL ||
	       op == IR_LOADX;
}

static void count_room(struct moving *m)
{
	struct ir_function *f = m->f;

	for (u32 b = 0; b < f->order.len; b++) {
		u32 block = f->order.data[b], head = f->blocks.data[block].loop;

		if (!head)
			continue;
		if (head == block)
			m->room[head] += REGISTERS;
		m->head = head;
		ir_each(f, block, r)
		{
			u32 op = ir_at(f, r)->op;

			if (op == IR_PHI) {
				m->room[head]--;
				continue;
			}
			ir_each_operand(f, r, count_operand, m);
			if (is_call(op) && m->room[head] > REGISTERS_CALLED - REGISTERS)
				m->room[head] -= REGISTERS - REGISTERS_CALLED;
		}
	}
}

static void test_operand(void *data, ir_ref *operand)
{
	struct moving *m = data;

	m->outside &= stands_before(m->f, *operand, m->head);
}

static bool may_move(const struct ir_function *f, ir_ref r, u32 to)
{
	const struct ir_ins *i = &f->ins.data[r];

	if (!shared(i) || i->op == IR_COPY)
		return false;
	switch (i->op) {
	case IR_PARAM:
	case IR_FRAME:
	case IR_RUN:
	case IR_CODE: return false;
	case IR_ADD: return f->ins.data[i->a].op != IR_FRAME;
	case IR_UDIV:
	case IR_UMOD:
	case IR_SDIV:
	case IR_SMOD: return f->blocks.data[to].succ_count == 1;
	default: return true;
	}
}

static void move_out(struct moving *m, ir_ref r)
{
	struct ir_function *f = m->f;
	u32 head, to;

	while ((head = f->blocks.data[ir_at(f, r)->block].loop)) {
		to = place_before(f, head);
		if (!to || m->room[head] <= 0 || !may_move(f, r, to))
			return;
		m->head = head;
		m->outside = true;
		ir_each_operand(f, r, test_operand, m);
		if (!m->outside)
			return;
		m->room[head]--;
		ir_remove(f, r);
		ir_append(f, to, r);
	}
}

/* What takes this constant only from a register; a copy of it, before the loop. */
static bool is_wide(const struct ir_function *f, ir_ref r)
{
	return f->ins.data[r].op == IR_CONST && f->ins.data[r].imm != (s32)f->ins.data[r].imm &&
	       (u64)f->ins.data[r].imm >> 32;
}

static ir_ref copied(struct moving *m, ir_ref *copies, ir_ref constant, u32 head)
{
	struct ir_function *f = m->f;
	u32 to = place_before(f, head);
	ir_ref r = copies[constant];

	if (r && ir_at(f, r)->block == to)
		return r;
	if (!to || m->room[head] <= 0)
		return constant;
	r = ir_new(f, IR_COPY, 64);
	if (!r)
		return constant;
	m->room[head]--;
	ir_at(f, r)->a = constant;
	ir_at(f, r)->zeros = ~(u64)ir_at(f, constant)->imm;
	copies[constant] = ir_append(f, to, r);
	return r;
}

static bool takes_copies(const struct ir_ins *i)
{
	switch (i->op) {
	case IR_ADD:
	case IR_SUB:
	case IR_MUL:
	case IR_MULHU:
	case IR_AND:
	case IR_OR:
	case IR_XOR:
	case IR_BRANCH: return i->bits == 64;
	case IR_STORE: return i->size == 8;
	default: return false;
	}
}

static int move_constants(struct moving *m)
{
	struct ir_function *f = m->f;
	u32 count = (u32)f->ins.len;
	ir_ref *copies = base_calloc(count, sizeof(ir_ref));

	if (!copies)
		return -ENOMEM;
	for (u32 b = 0; b < f->order.len; b++) {
		u32 block = f->order.data[b], head = f->blocks.data[block].loop;

		if (!head)
			continue;
		ir_each(f, block, r)
		{
			ir_ref y = ir_at(f, r)->b;

			if (r >= count || !takes_copies(ir_at(f, r)) || !is_wide(f, y))
				continue;
			y = copied(m, copies, y, head);
			ir_at(f, r)->b = y;
		}
	}
	base_free(copies);
	return f->failed ? -ENOMEM : 0;
}

static int move_invariant(struct ir_function *f)
{
	struct moving m = {.f = f};
	int err = 0;

	m.room = base_calloc(f->blocks.len, sizeof(s32));
	m.seen = base_calloc(f->ins.len, sizeof(u32));
	if (!m.room || !m.seen)
		err = -ENOMEM;
	if (!err)
		count_room(&m);
	for (u32 b = 0; b < f->order.len && !err; b++) {
		ir_ref next;

		if (!f->blocks.data[f->order.data[b]].loop)
			continue;
		for (ir_ref r = f->blocks.data[f->order.data[b]].first; r; r = next) {
			next = ir_at(f, r)->next;
			move_out(&m, r);
		}
	}
	err = err ?: move_constants(&m);
	base_free(m.room);
	base_free(m.seen);
	return err;
}

int ir_number(struct ir_function *f)
{
	return number(f) ?: move_invariant(f) ?: ir_clean(f);
}
