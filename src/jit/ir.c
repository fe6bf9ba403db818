// SPDX-License-Identifier: BSD-2-Clause
/* The intermediate form: making, changing and ordering it. */
#include <errno.h>
#include <string.h>
#include "jit/ir.h"

static const struct {
	const char *name, *text;
	u8 operands, flags;
} table[] = {
#define IR(name, operands, flags, text) {#name, text, operands, flags},
#include "jit/ir.def"
#undef IR
};

const char *ir_name(u32 op)
{
	return op < IR_COUNT ? table[op].name : "?";
}

const char *ir_text(u32 op)
{
	return op < IR_COUNT ? table[op].text : "?";
}

u32 ir_flags(u32 op)
{
	return op < IR_COUNT ? table[op].flags : 0;
}

u32 ir_operands(u32 op)
{
	return op < IR_COUNT ? table[op].operands : 0;
}

/* making ---------------------------------------------------------------------- */

ir_ref ir_new(struct ir_function *f, u32 op, u32 bits)
{
	struct ir_ins ins = {.op = (u8)op, .bits = (u8)bits};

	if (f->failed || vec_push(&f->ins, ins)) {
		f->failed = true;
		return 0;
	}
	return (ir_ref)(f->ins.len - 1);
}

static void link_between(struct ir_function *f, u32 block, ir_ref prev, ir_ref r, ir_ref next)
{
	struct ir_ins *ins = ir_at(f, r);

	ins->block = block;
	ins->prev = prev;
	ins->next = next;
	if (prev)
		ir_at(f, prev)->next = r;
	else
		f->blocks.data[block].first = r;
	if (next)
		ir_at(f, next)->prev = r;
	else
		f->blocks.data[block].last = r;
}

ir_ref ir_append(struct ir_function *f, u32 block, ir_ref r)
{
	ir_ref last = f->blocks.data[block].last;

	if (!r)
		return 0;
	if (last && ir_flags(ir_at(f, last)->op) & IR_END)
		link_between(f, block, ir_at(f, last)->prev, r, last);
	else
		link_between(f, block, last, r, 0);
	return r;
}

void ir_insert_before(struct ir_function *f, ir_ref at, ir_ref r)
{
	if (r)
		link_between(f, ir_at(f, at)->block, ir_at(f, at)->prev, r, at);
}

void ir_insert_first(struct ir_function *f, u32 block, ir_ref r)
{
	if (r)
		link_between(f, block, 0, r, f->blocks.data[block].first);
}

void ir_remove(struct ir_function *f, ir_ref r)
{
	struct ir_ins *ins = ir_at(f, r);
	struct ir_block *b = &f->blocks.data[ins->block];

	if (!ins->block)
		return;
	if (ins->prev)
		ir_at(f, ins->prev)->next = ins->next;
	else
		b->first = ins->next;
	if (ins->next)
		ir_at(f, ins->next)->prev = ins->prev;
	else
		b->last = ins->prev;
	ins->block = 0;
	ins->prev = ins->next = 0;
}

/* Constants by value: open addressing, at most half full. */
static u32 const_place(const struct ir_function *f, u64 value)
{
	u32 at = (u32)(value * 0x9e3779b97f4a7c15ull >> 32) & (f->const_room - 1);

	while (f->consts[at] && (u64)ir_at(f, f->consts[at])->imm != value)
		at = (at + 1) & (f->const_room - 1);
	return at;
}

static bool grow_consts(struct ir_function *f)
{
	u32 room = f->const_room, count = f->const_count;
	ir_ref *old = f->consts, *table;

	if (count * 2 < room)
		return true;
	table = base_calloc(MAX(room * 2, 64u), sizeof(*table));
	if (!table)
		return false;
	f->consts = table;
	f->const_room = MAX(room * 2, 64u);
	for (u32 i = 0; i < room; i++)
		if (old[i])
			table[const_place(f, (u64)ir_at(f, old[i])->imm)] = old[i];
	base_free(old);
	return true;
}

ir_ref ir_const(struct ir_function *f, u32 block, u64 value)
{
	ir_ref r;
	u32 at;

	/* All constants stand at the head of the entry, where they dominate all. */
	(void)block;
	if (!grow_consts(f)) {
		f->failed = true;
		return 0;
	}
	at = const_place(f, value);
	r = f->consts[at];
	if (!r) {
		r = ir_new(f, IR_CONST, 64);
		if (!r)
			return 0;
		ir_at(f, r)->imm = (s64)value;
		f->consts[at] = r;
		f->const_count++;
	}
	if (!ir_at(f, r)->block) /* new, or tidied away */
		ir_insert_first(f, 1, r);
	return r;
}

u32 ir_block_new(struct ir_function *f)
{
	struct ir_block b = {0};

	if (f->failed || vec_push(&f->blocks, b)) {
		f->failed = true;
		return 0;
	}
	return (u32)(f->blocks.len - 1);
}

/* the graph --------------------------------------------------------------------- */

u32 ir_successors(const struct ir_function *f, u32 block, u32 *out, u32 room)
{
	const struct ir_block *b = &f->blocks.data[block];
	const struct ir_ins *end = b->last ? ir_at(f, b->last) : NULL;
	u32 n = 0;

	if (!end)
		return 0;
	if (end->op != IR_SWITCH) {
		for (; n < b->succ_count && n < room; n++)
			out[n] = b->succ[n];
		return b->succ_count;
	}
	for (; n < end->count && n < room; n++)
		out[n] = f->cases.data[end->args + n].block;
	return end->count;
}

u32 ir_successor(const struct ir_function *f, u32 block, u32 i)
{
	const struct ir_block *b = &f->blocks.data[block];
	const struct ir_ins *end = ir_at(f, b->last);

	return end->op == IR_SWITCH ? f->cases.data[end->args + i].block : b->succ[i];
}

u32 ir_successor_count(const struct ir_function *f, u32 block)
{
	return ir_successors(f, block, NULL, 0);
}

void ir_edge(struct ir_function *f, u32 from, u32 to)
{
	struct ir_block *b = &f->blocks.data[from];

	if (b->succ_count < 2)
		b->succ[b->succ_count++] = to;
	f->failed |= vec_push(&f->blocks.data[to].preds, from) != 0;
}

static u32 pred_index(const struct ir_block *b, u32 pred)
{
	for (u32 i = 0; i < b->preds.len; i++)
		if (b->preds.data[i] == pred)
			return i;
	return ~0u;
}

void ir_pred_remove(struct ir_function *f, u32 block, u32 pred)
{
	struct ir_block *b = &f->blocks.data[block];
	u32 at = pred_index(b, pred);

	if (at == ~0u)
		return;
	for (ir_ref r = b->first; r && ir_at(f, r)->op == IR_PHI; r = ir_at(f, r)->next) {
		struct ir_ins *phi = ir_at(f, r);

		memmove(&f->phis.data[phi->imm + at], &f->phis.data[phi->imm + at + 1],
			(b->preds.len - at - 1) * sizeof(ir_ref));
	}
	memmove(&b->preds.data[at], &b->preds.data[at + 1],
		(b->preds.len - at - 1) * sizeof(b->preds.data[0]));
	b->preds.len--;
}

void ir_edge_remove(struct ir_function *f, u32 from, u32 to)
{
	struct ir_block *b = &f->blocks.data[from];

	for (u32 i = 0; i < b->succ_count; i++)
		if (b->succ[i] == to) {
			b->succ[i] = b->succ[b->succ_count - 1];
			b->succ_count--;
			break;
		}
	ir_pred_remove(f, to, from);
}

/* order ---------------------------------------------------------------------------- */

/*
 * Reverse postorder by an explicit stack; then dominators by the iteration of
 * Cooper, Harvey and Kennedy; then loops: an edge to a dominator is a back edge,
 * its loop all that reaches it without passing the head.
 */
struct visit {
	u32 block, next;
};

static int postorder(struct ir_function *f)
{
	VEC(struct visit) stack = {0};
	int err = vec_push(&stack, ((struct visit){1, 0}));

	f->order.len = 0;
	for (u32 i = 1; i < f->blocks.len; i++)
		f->blocks.data[i].order = 0;
	f->blocks.data[1].order = 1;
	while (!err && stack.len) {
		struct visit *v = &stack.data[stack.len - 1];

		if (v->next < ir_successor_count(f, v->block)) {
			u32 to = ir_successor(f, v->block, v->next++);

			if (f->blocks.data[to].order)
				continue;
			f->blocks.data[to].order = 1;
			err = vec_push(&stack, ((struct visit){to, 0}));
			continue;
		}
		err = vec_push(&f->order, v->block);
		stack.len--;
	}
	vec_fini(&stack);
	for (u32 i = 0; i < f->order.len / 2; i++) {
		u32 *a = &f->order.data[i], *b = &f->order.data[f->order.len - 1 - i], t = *a;

		*a = *b;
		*b = t;
	}
	for (u32 i = 0; i < f->order.len; i++)
		f->blocks.data[f->order.data[i]].order = i + 1;
	return err;
}

static u32 meet(const struct ir_function *f, u32 a, u32 b)
{
	const struct ir_block *blocks = f->blocks.data;

	while (a != b) {
		while (blocks[a].order > blocks[b].order)
			a = blocks[a].dom;
		while (blocks[b].order > blocks[a].order)
			b = blocks[b].dom;
	}
	return a;
}

static void dominators(struct ir_function *f)
{
	bool changed = true;

	for (u32 i = 1; i < f->blocks.len; i++)
		f->blocks.data[i].dom = 0;
	f->blocks.data[1].dom = 1;
	while (changed) {
		changed = false;
		for (u32 i = 1; i < f->order.len; i++) {
			struct ir_block *b = &f->blocks.data[f->order.data[i]];
			u32 dom = 0;

			for (u32 k = 0; k < b->preds.len; k++) {
				u32 p = b->preds.data[k];

				if (!f->blocks.data[p].dom)
					continue;
				dom = dom ? meet(f, dom, p) : p;
			}
			changed |= dom != b->dom;
			b->dom = dom;
		}
	}
}

bool ir_dominates(const struct ir_function *f, u32 a, u32 b)
{
	const struct ir_block *blocks = f->blocks.data;

	while (blocks[b].order > blocks[a].order)
		b = blocks[b].dom;
	return a == b;
}

/* Adds the blocks of one loop, from its back edge backwards. */
static int add_loop(struct ir_function *f, u32 head, u32 tail, u8 *seen)
{
	VEC(u32) todo = {0};
	int err = 0;

	if (!seen[head]) {
		seen[head] = 1;
		f->blocks.data[head].depth++;
		f->blocks.data[head].loop = head;
	}
	if (!seen[tail])
		err = vec_push(&todo, tail);
	while (!err && todo.len) {
		u32 b = todo.data[--todo.len];

		if (seen[b])
			continue;
		seen[b] = 1;
		f->blocks.data[b].depth++;
		f->blocks.data[b].loop = head;
		for (u32 k = 0; k < f->blocks.data[b].preds.len && !err; k++)
			if (f->blocks.data[f->blocks.data[b].preds.data[k]].order)
				err = vec_push(&todo, f->blocks.data[b].preds.data[k]);
	}
	vec_fini(&todo);
	return err;
}

/* Heads in reverse postorder: outer loops first, so that the innermost is kept. */
static int loops(struct ir_function *f)
{
	u8 *seen = base_zalloc(f->blocks.len);
	int err = seen ? 0 : -ENOMEM;

	for (u32 i = 1; i < f->blocks.len; i++)
		f->blocks.data[i].depth = f->blocks.data[i].loop = 0;
	for (u32 i = 0; i < f->order.len && !err; i++) {
		u32 head = f->order.data[i];
		bool any = false;

		for (u32 k = 0; k < f->blocks.data[head].preds.len && !err; k++) {
			u32 p = f->blocks.data[head].preds.data[k];

			if (!f->blocks.data[p].order || !ir_dominates(f, head, p))
				continue;
			if (!any)
				memset(seen, 0, f->blocks.len);
			any = true;
			err = add_loop(f, head, p, seen);
		}
	}
	base_free(seen);
	return err;
}

/* Edges from blocks that nothing reaches any more go. */
static void drop_unreached(struct ir_function *f)
{
	for (u32 i = 1; i < f->blocks.len; i++) {
		struct ir_block *b = &f->blocks.data[i];

		if (!b->order)
			continue;
		for (u32 k = 0; k < b->preds.len;)
			if (!f->blocks.data[b->preds.data[k]].order)
				ir_pred_remove(f, i, b->preds.data[k]);
			else
				k++;
	}
}

int ir_order(struct ir_function *f)
{
	int err = f->failed ? -ENOMEM : postorder(f);

	if (err)
		return err;
	drop_unreached(f);
	dominators(f);
	return loops(f);
}

/* uses ------------------------------------------------------------------------------- */

void ir_each_operand(struct ir_function *f, ir_ref r, void (*fn)(void *data, ir_ref *operand),
		     void *data)
{
	struct ir_ins *ins = ir_at(f, r);
	u32 n = ir_operands(ins->op);

	if (n > 0)
		fn(data, &ins->a);
	if (n > 1)
		fn(data, &ins->b);
	if (n > 2)
		fn(data, &ins->c);
	if (ins->op == IR_PHI) {
		for (u32 i = 0; i < f->blocks.data[ins->block].preds.len; i++)
			fn(data, &f->phis.data[ins->imm + i]);
	} else if (ins->op != IR_SWITCH) {
		for (u32 i = 0; i < ins->count; i++)
			fn(data, &f->args.data[ins->args + i]);
	}
}

struct replacing {
	ir_ref old, by;
};

static void replace_one(void *data, ir_ref *operand)
{
	struct replacing *p = data;

	if (*operand == p->old)
		*operand = p->by;
}

void ir_replace(struct ir_function *f, ir_ref old, ir_ref by)
{
	struct replacing p = {old, by};

	for (ir_ref r = 1; r < f->ins.len; r++)
		if (ir_at(f, r)->block)
			ir_each_operand(f, r, replace_one, &p);
}

static bool is_address(const struct ir_function *f, ir_ref r, u32 depth)
{
	const struct ir_ins *i = &f->ins.data[r];

	switch (i->op) {
	case IR_FRAME:
	case IR_RUN:
	case IR_MAP:
	case IR_MAPVAL:
	case IR_MAPMEM: return true;
	case IR_COPY: return is_address(f, i->a, depth);
	case IR_ADD:
		return i->bits == 64 && depth &&
		       (is_address(f, i->a, depth - 1) || is_address(f, i->b, depth - 1));
	default: return false;
	}
}

bool ir_is_address(const struct ir_function *f, ir_ref r)
{
	return is_address(f, r, 4);
}

/* phis --------------------------------------------------------------------------------- */

/*
 * A phi all of whose operands are one value, or itself, is that value. One such
 * find makes others, so it goes on until nothing changes; what a value became is
 * looked up through `is`, and all operands are rewritten once at the end.
 */
static ir_ref resolve(ir_ref *is, ir_ref r)
{
	ir_ref end = r;

	while (is[end])
		end = is[end];
	while (is[r]) {
		ir_ref next = is[r];

		is[r] = end;
		r = next;
	}
	return end;
}

static ir_ref only_value(const struct ir_function *f, ir_ref r, ir_ref *is)
{
	const struct ir_ins *phi = &f->ins.data[r];
	ir_ref only = 0;

	for (u32 i = 0; i < f->blocks.data[phi->block].preds.len; i++) {
		ir_ref v = resolve(is, f->phis.data[phi->imm + i]);

		if (v == r || v == only)
			continue;
		if (only)
			return 0;
		only = v;
	}
	return only;
}

static void resolve_one(void *data, ir_ref *operand)
{
	*operand = resolve(data, *operand);
}

int ir_simplify_phis(struct ir_function *f)
{
	ir_ref *is = base_calloc(f->ins.len, sizeof(*is));
	bool changed = true;

	if (!is)
		return -ENOMEM;
	while (changed) {
		changed = false;
		for (u32 i = 0; i < f->order.len; i++) {
			ir_ref next;

			for (ir_ref r = f->blocks.data[f->order.data[i]].first;
			     r && ir_at(f, r)->op == IR_PHI; r = next) {
				ir_ref v = only_value(f, r, is);

				next = ir_at(f, r)->next;
				if (!v)
					continue;
				is[r] = v;
				ir_remove(f, r);
				changed = true;
			}
		}
	}
	for (ir_ref r = 1; r < f->ins.len; r++)
		if (ir_at(f, r)->block)
			ir_each_operand(f, r, resolve_one, is);
	base_free(is);
	return 0;
}

void ir_fini(struct ir_function *f)
{
	for (u32 i = 1; i < f->blocks.len; i++)
		vec_fini(&f->blocks.data[i].preds);
	vec_fini(&f->ins);
	vec_fini(&f->blocks);
	vec_fini(&f->phis);
	vec_fini(&f->args);
	vec_fini(&f->cases);
	vec_fini(&f->vectors);
	vec_fini(&f->order);
	base_free(f->consts);
}
