// SPDX-License-Identifier: BSD-2-Clause
/*
 * The allocation of registers, by linear scan.
 *
 * Positions: instruction i reads at 2i and writes at 2i+1. Going backwards
 * through the blocks, each virtual register gets the ranges [from, to) in which
 * it lives; machine registers get theirs from what instructions clobber, read
 * and write by themselves. First copies are joined: two registers that are copied
 * into one another and never live at once become one. Then registers are taken
 * in order of their starts, each the first machine register none of whose ranges
 * it crosses, a hinted one before others. Where none is free, whoever costs least
 * (uses weighted by loop depth over length) is spilled: its uses become short-lived
 * registers of their own, filled from a slot, or made anew when it is a constant,
 * and all starts over. That settles, since short ones are never spilled.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "jit/mach.h"

#define MAX_ROUNDS 24 /* far more than any program was seen to need */

struct range {
	u32 from, to, next; /* next: index of the following range, 0: none */
};

struct vreg_state {
	u32 ranges; /* first; in order */
	u32 end;    /* of the last */
	u32 rep;    /* joined into this one (itself: not joined) */
	u32 reg;    /* assigned; MACH_NONE */
	u32 hint;   /* another vreg or machine register; MACH_NONE */
	float cost;
	bool spilled, fixed_short; /* fixed_short: made by a spill, never spilled again */
	bool is_const, many_defs;
	s64 value;
	u32 reloc;
	u32 slot; /* + 1 */
};

struct allocation {
	struct mach_function *m;
	const struct mach_target *target;
	struct vreg_state *v; /* by number; machine registers too (below MACH_VREG) */
	u32 count;
	VEC(struct range) pool;
	u64 **live_in; /* by block: bits of vregs */
	u32 words;
	VEC(u32) in_reg[MACH_VREG]; /* vregs assigned there, still of interest */
	u32 *order;
	u32 order_len;
};

/* operands ---------------------------------------------------------------------- */

typedef void operand_fn(void *data, u32 *reg);

static void each_use(struct mach_function *m, struct mach_ins *i, operand_fn *fn, void *data)
{
	for (u32 k = 0; k < 3; k++)
		if (i->src[k] != MACH_NONE)
			fn(data, &i->src[k]);
	if (i->base != MACH_NONE)
		fn(data, &i->base);
	if (i->index != MACH_NONE)
		fn(data, &i->index);
	if (i->op == MACH_PARALLEL)
		for (u32 k = 0; k < i->count; k++)
			if (!(m->copies.data[i->args + k].from & MACH_SLOT))
				fn(data, &m->copies.data[i->args + k].from);
}

static void each_def(struct mach_function *m, struct mach_ins *i, operand_fn *fn, void *data)
{
	if (i->def != MACH_NONE)
		fn(data, &i->def);
	if (i->op == MACH_PARALLEL)
		for (u32 k = 0; k < i->count; k++)
			if (!(m->copies.data[i->args + k].to & MACH_SLOT))
				fn(data, &m->copies.data[i->args + k].to);
}

void mach_fini(struct mach_function *m)
{
	vec_fini(&m->ins);
	vec_fini(&m->blocks);
	vec_fini(&m->copies);
	vec_fini(&m->cases);
}

/* liveness ------------------------------------------------------------------------ */

static bool bit(const u64 *set, u32 n)
{
	return set[n / 64] >> (n % 64) & 1;
}

static void set_bit(void *set, u32 n)
{
	((u64 *)set)[n / 64] |= 1ull << (n % 64);
}

static void use_bit(void *set, u32 *reg)
{
	if (*reg >= MACH_VREG)
		set_bit(set, *reg);
}

static void clear_bit(void *set, u32 *reg)
{
	((u64 *)set)[*reg / 64] &= ~(1ull << (*reg % 64));
}

static u32 successor_count(const struct mach_block *b)
{
	return b->succ_count + b->case_count;
}

static u32 successor(const struct mach_function *m, const struct mach_block *b, u32 i)
{
	return i < b->succ_count ? b->succ[i] : m->cases.data[b->cases + i - b->succ_count];
}

static void live_out(const struct allocation *a, const struct mach_block *b, u64 *set)
{
	memset(set, 0, a->words * sizeof(u64));
	for (u32 i = 0; i < successor_count(b); i++) {
		const u64 *in = a->live_in[successor(a->m, b, i)];

		for (u32 w = 0; w < a->words; w++)
			set[w] |= in[w];
	}
}

static int find_live(struct allocation *a)
{
	struct mach_function *m = a->m;
	u64 *set, *memory;
	bool changed = true;

	a->words = (m->vregs + 63) / 64;
	a->live_in = base_calloc(m->blocks.len, sizeof(u64 *));
	memory = base_calloc((m->blocks.len + 1) * a->words, sizeof(u64));
	if (!a->live_in || !memory) {
		base_free(memory);
		return -ENOMEM;
	}
	for (u32 i = 0; i < m->blocks.len; i++)
		a->live_in[i] = memory + (size_t)i * a->words;
	set = memory + (size_t)m->blocks.len * a->words;
	while (changed) {
		changed = false;
		for (u32 i = (u32)m->blocks.len; i-- > 0;) {
			struct mach_block *b = &m->blocks.data[i];

			live_out(a, b, set);
			for (u32 k = b->count; k-- > 0;) {
				struct mach_ins *ins = &m->ins.data[b->first + k];

				each_def(m, ins, clear_bit, set);
				each_use(m, ins, use_bit, set);
			}
			if (memcmp(set, a->live_in[i], a->words * sizeof(u64))) {
				memcpy(a->live_in[i], set, a->words * sizeof(u64));
				changed = true;
			}
		}
	}
	return 0;
}

/* ranges --------------------------------------------------------------------------- */

/* Adds [from, to) before what is known; they come from the end. */
static int add_range(struct allocation *a, u32 reg, u32 from, u32 to)
{
	struct vreg_state *v = &a->v[reg];
	struct range *first = v->ranges ? &a->pool.data[v->ranges] : NULL;
	struct range r = {from, to, v->ranges};

	if (from >= to)
		return 0;
	if (first && to >= first->from) {
		first->from = MIN(first->from, from);
		first->to = MAX(first->to, to);
		return 0;
	}
	if (vec_push(&a->pool, r))
		return -ENOMEM;
	v->ranges = (u32)(a->pool.len - 1);
	v->end = MAX(v->end, to);
	return 0;
}

struct walk {
	struct allocation *a;
	u32 at, block_start;
	float weight;
	int err;
};

static void shorten(struct walk *w, u32 reg, u32 at)
{
	struct vreg_state *v = &w->a->v[reg];

	/* A write begins the range; one that nobody reads still needs its register there. */
	if (v->ranges && w->a->pool.data[v->ranges].from <= at &&
	    at < w->a->pool.data[v->ranges].to)
		w->a->pool.data[v->ranges].from = at;
	else
		w->err = w->err ?: add_range(w->a, reg, at, at + 1);
}

static void def_range(void *data, u32 *reg)
{
	struct walk *w = data;

	shorten(w, *reg, w->at + 1);
	w->a->v[*reg].cost += w->weight;
}

static void use_range(void *data, u32 *reg)
{
	struct walk *w = data;

	w->err = w->err ?: add_range(w->a, *reg, w->block_start, w->at + 1);
	w->a->v[*reg].cost += w->weight;
}

static void implicit_ranges(struct walk *w, const struct mach_ins *i)
{
	u64 uses = 0, defs = 0;

	if (w->a->target->implicit)
		w->a->target->implicit(i, &uses, &defs);
	for (u32 r = 0; r < MACH_VREG; r++)
		if (defs >> r & 1)
			shorten(w, r, w->at + 1);
	for (u32 r = 0; r < MACH_VREG; r++)
		if (uses >> r & 1)
			w->err = w->err ?: add_range(w->a, r, w->block_start, w->at + 1);
}

/* A machine register that is read must have been written in the block: clip its range there. */
static int block_ranges(struct allocation *a, u32 index, u64 *set)
{
	struct mach_function *m = a->m;
	struct mach_block *b = &m->blocks.data[index];
	u32 start = b->first * 2, end = (b->first + b->count) * 2;
	struct walk w = {.a = a, .block_start = start, .weight = 1};

	for (u32 d = 0; d < MIN(b->depth, 6u); d++)
		w.weight *= 8;
	live_out(a, b, set);
	for (u32 r = MACH_VREG; r < a->count && !w.err; r++)
		if (bit(set, r))
			w.err = add_range(a, r, start, end);
	for (u32 k = b->count; k-- > 0 && !w.err;) {
		struct mach_ins *i = &m->ins.data[b->first + k];

		w.at = (b->first + k) * 2;
		each_def(m, i, def_range, &w);
		implicit_ranges(&w, i);
		each_use(m, i, use_range, &w);
	}
	return w.err;
}

static int find_ranges(struct allocation *a)
{
	u64 *set = base_calloc(a->words, sizeof(u64));
	int err = set ? vec_push(&a->pool, ((struct range){0})) : -ENOMEM;

	for (u32 i = (u32)a->m->blocks.len; i-- > 0 && !err;)
		err = block_ranges(a, i, set);
	base_free(set);
	return err;
}

static bool cross(const struct allocation *a, u32 x, u32 y)
{
	while (x && y) {
		const struct range *p = &a->pool.data[x], *q = &a->pool.data[y];

		if (p->from < q->to && q->from < p->to)
			return true;
		if (p->to <= q->to)
			x = p->next;
		else
			y = q->next;
	}
	return false;
}

/* joining ---------------------------------------------------------------------------- */

static u32 rep(const struct allocation *a, u32 reg)
{
	while (a->v[reg].rep != reg)
		reg = a->v[reg].rep;
	return reg;
}

/* y's ranges go into x's, in order. */
static void unite(struct allocation *a, u32 x, u32 y)
{
	struct vreg_state *vx = &a->v[x], *vy = &a->v[y];
	u32 p = vx->ranges, q = vy->ranges, *tail = &vx->ranges;

	while (p || q) {
		if (p && (!q || a->pool.data[p].from <= a->pool.data[q].from)) {
			*tail = p;
			tail = &a->pool.data[p].next;
			p = *tail;
		} else {
			*tail = q;
			tail = &a->pool.data[q].next;
			q = *tail;
		}
	}
	*tail = 0;
	vx->end = MAX(vx->end, vy->end);
	vx->cost += vy->cost;
	vx->is_const = false;
	vx->fixed_short &= vy->fixed_short;
	vx->many_defs = true;
	if (vx->hint == MACH_NONE)
		vx->hint = vy->hint;
	vy->rep = x;
}

static void join(struct allocation *a, u32 to, u32 from)
{
	if (to & MACH_SLOT || from & MACH_SLOT)
		return;
	if (to >= MACH_VREG)
		to = rep(a, to);
	if (from >= MACH_VREG)
		from = rep(a, from);
	if (to == from)
		return;
	if (to < MACH_VREG || from < MACH_VREG) {
		u32 v = to < MACH_VREG ? from : to, r = to < MACH_VREG ? to : from;

		if (v >= MACH_VREG && a->v[v].hint == MACH_NONE)
			a->v[v].hint = r;
		return;
	}
	if (a->v[to].fixed_short || a->v[from].fixed_short)
		return;
	if (!cross(a, a->v[to].ranges, a->v[from].ranges))
		unite(a, to, from);
}

/* Deeper copies first: they cost most. */
static void join_copies(struct allocation *a)
{
	struct mach_function *m = a->m;

	for (u32 depth = 8; depth-- > 0;)
		for (u32 n = 0; n < m->blocks.len; n++) {
			struct mach_block *b = &m->blocks.data[n];

			if (MIN(b->depth, 7u) != depth)
				continue;
			for (u32 k = 0; k < b->count; k++) {
				struct mach_ins *i = &m->ins.data[b->first + k];

				if (i->op == MACH_MOVE)
					join(a, i->def, i->src[0]);
				if (i->op != MACH_PARALLEL)
					continue;
				for (u32 c = 0; c < i->count; c++)
					join(a, m->copies.data[i->args + c].to,
					     m->copies.data[i->args + c].from);
			}
		}
}

/* the scan ----------------------------------------------------------------------------- */

static const struct allocation *sorting;

static int by_start(const void *x, const void *y)
{
	const struct allocation *a = sorting;
	u32 p = a->v[*(const u32 *)x].ranges, q = a->v[*(const u32 *)y].ranges;
	u32 from = a->pool.data[p].from, to = a->pool.data[q].from;

	return from < to ? -1 : from > to;
}

/* Does the register suit? *rival: the cheapest way to make it so, by the dearest occupant. */
static bool is_free(struct allocation *a, u32 reg, u32 v, float *rival)
{
	u32 start = a->pool.data[a->v[v].ranges].from, n = 0;

	*rival = 1e30f;
	if (cross(a, a->v[reg].ranges, a->v[v].ranges))
		return false;
	*rival = 0;
	for (u32 i = 0; i < a->in_reg[reg].len; i++) {
		u32 other = a->in_reg[reg].data[i];

		if (a->v[other].spilled || a->v[other].end <= start)
			continue;
		a->in_reg[reg].data[n++] = other;
		if (!cross(a, a->v[other].ranges, a->v[v].ranges))
			continue;
		*rival = MAX(*rival, a->v[other].fixed_short ? 1e30f : a->v[other].cost);
	}
	a->in_reg[reg].len = n;
	return *rival == 0;
}

static int assign(struct allocation *a, u32 v, u32 reg)
{
	a->v[v].reg = reg;
	return vec_push(&a->in_reg[reg], v);
}

static void evict(struct allocation *a, u32 reg, u32 v)
{
	for (u32 i = 0; i < a->in_reg[reg].len; i++) {
		u32 other = a->in_reg[reg].data[i];

		if (!a->v[other].spilled && cross(a, a->v[other].ranges, a->v[v].ranges)) {
			a->v[other].spilled = true;
			a->v[other].reg = MACH_NONE;
		}
	}
}

static u32 hinted(const struct allocation *a, u32 v)
{
	u32 h = a->v[v].hint;

	if (h != MACH_NONE && h >= MACH_VREG)
		h = a->v[rep(a, h)].reg;
	return h != MACH_NONE && h < MACH_VREG && a->target->allocatable >> h & 1 ? h : MACH_NONE;
}

static int place(struct allocation *a, u32 v)
{
	float cost = a->v[v].fixed_short ? 1e29f : a->v[v].cost, rival, best = 1e30f;
	u32 h = hinted(a, v), weakest = MACH_NONE;

	if (h != MACH_NONE && is_free(a, h, v, &rival))
		return assign(a, v, h);
	for (const u8 *o = a->target->order; *o != 0xff; o++) {
		if (is_free(a, *o, v, &rival))
			return assign(a, v, *o);
		if (rival < best) {
			best = rival;
			weakest = *o;
		}
	}
	if (weakest != MACH_NONE && best < cost) {
		evict(a, weakest, v);
		return assign(a, v, weakest);
	}
	a->v[v].spilled = true;
	return a->v[v].fixed_short ? -E2BIG : 0;
}

static int scan(struct allocation *a)
{
	int err = 0;

	a->order = base_calloc(a->count, sizeof(u32));
	if (!a->order)
		return -ENOMEM;
	for (u32 r = MACH_VREG; r < a->count; r++)
		if (a->v[r].rep == r && a->v[r].ranges)
			a->order[a->order_len++] = r;
	sorting = a;
	qsort(a->order, a->order_len, sizeof(u32), by_start);
	for (u32 i = 0; i < a->order_len; i++) {
		struct vreg_state *v = &a->v[a->order[i]];
		u32 length = v->end - a->pool.data[v->ranges].from;

		v->cost = v->cost / (float)(length + 8);
	}
	for (u32 i = 0; i < a->order_len && !err; i++)
		err = place(a, a->order[i]);
	return err;
}

/* spilling ------------------------------------------------------------------------------ */

/* The instructions, rewritten: spilled registers live around each use only. */
struct rewriting {
	struct allocation *a;
	struct mach_function *m;
	VEC(struct mach_ins) out;
	VEC(u8) is_short; /* by new vreg */
	u32 first_new;
	u32 from[8], to[8], n; /* of this instruction */
	int err;
};

static u32 new_short(struct rewriting *w)
{
	w->err = w->err ?: vec_push(&w->is_short, 1);
	return w->m->vregs++;
}

static struct mach_ins blank(u32 op, u32 insn)
{
	return (struct mach_ins){.op = (u16)op,
				 .size = 8,
				 .def = MACH_NONE,
				 .src = {MACH_NONE, MACH_NONE, MACH_NONE},
				 .base = MACH_NONE,
				 .index = MACH_NONE,
				 .scale = 1,
				 .insn = insn};
}

static struct vreg_state *spilled_state(struct allocation *a, u32 reg)
{
	struct vreg_state *v;

	if (reg < MACH_VREG || reg & MACH_SLOT || reg >= a->count)
		return NULL;
	v = &a->v[rep(a, reg)];
	return v->spilled ? v : NULL;
}

static u32 slot_of(struct allocation *a, struct vreg_state *v)
{
	if (!v->slot)
		v->slot = ++a->m->slots;
	return v->slot - 1;
}

/* A use: filled, or made anew, into a short register just before. */
static void rewrite_use(void *data, u32 *reg)
{
	struct rewriting *w = data;
	struct vreg_state *v = spilled_state(w->a, *reg);
	struct mach_ins fill;

	if (!v)
		return;
	for (u32 i = 0; i < w->n; i++)
		if (w->from[i] == *reg) {
			*reg = w->to[i];
			return;
		}
	fill = blank(v->is_const ? MACH_CONST : MACH_FILL, 0);
	fill.def = new_short(w);
	fill.imm = v->is_const ? v->value : (s64)slot_of(w->a, v);
	fill.reloc = v->is_const ? v->reloc : 0;
	w->err = w->err ?: vec_push(&w->out, fill);
	if (w->n < ARRAY_SIZE(w->from)) {
		w->from[w->n] = *reg;
		w->to[w->n++] = fill.def;
	}
	*reg = fill.def;
}

static void rewrite_ins(struct rewriting *w, struct mach_ins i)
{
	struct vreg_state *v = spilled_state(w->a, i.def);
	struct mach_ins spill;
	u32 old = i.def;

	w->n = 0;
	if (i.op == MACH_PARALLEL) { /* copies know slots themselves */
		w->err = w->err ?: vec_push(&w->out, i);
		return;
	}
	if (v && v->is_const && i.op == MACH_CONST)
		return;
	each_use(w->m, &i, rewrite_use, w);
	if (!v) {
		w->err = w->err ?: vec_push(&w->out, i);
		return;
	}
	i.def = MACH_NONE;
	for (u32 k = 0; k < w->n; k++)
		if (w->from[k] == old)
			i.def = w->to[k];
	if (i.def == MACH_NONE)
		i.def = new_short(w);
	w->err = w->err ?: vec_push(&w->out, i);
	spill = blank(MACH_SPILL, i.insn);
	spill.src[0] = i.def;
	spill.imm = slot_of(w->a, v);
	w->err = w->err ?: vec_push(&w->out, spill);
}

/* Copies at once: an operand that is spilled becomes its slot, a constant itself. */
static void rewrite_copies(struct allocation *a)
{
	for (u32 i = 0; i < a->m->copies.len; i++) {
		struct mach_copy *c = &a->m->copies.data[i];
		struct vreg_state *from = spilled_state(a, c->from), *to = spilled_state(a, c->to);

		if (from && from->is_const && !from->reloc) {
			c->from = MACH_NONE;
			c->value = from->value;
		} else if (from) {
			/* An address of the table is kept, then: copies cannot make it. */
			from->is_const = false;
			c->from = MACH_SLOT | slot_of(a, from);
		}
		if (to)
			c->to = MACH_SLOT | slot_of(a, to);
	}
}

static int rewrite(struct allocation *a, u8 **is_short, u32 *short_len)
{
	struct mach_function *m = a->m;
	struct rewriting w = {.a = a, .m = m, .first_new = m->vregs};

	rewrite_copies(a);
	for (u32 n = 0; n < m->blocks.len && !w.err; n++) {
		struct mach_block *b = &m->blocks.data[n];
		u32 first = (u32)w.out.len;

		for (u32 k = 0; k < b->count && !w.err; k++)
			rewrite_ins(&w, m->ins.data[b->first + k]);
		b->first = first;
		b->count = (u32)w.out.len - first;
	}
	if (w.err) {
		vec_fini(&w.out);
		vec_fini(&w.is_short);
		return w.err;
	}
	vec_fini(&m->ins);
	memcpy(&m->ins, &w.out, sizeof(m->ins));
	*is_short = base_realloc(*is_short, w.first_new + w.is_short.len);
	if (!*is_short) {
		vec_fini(&w.is_short);
		return -ENOMEM;
	}
	memset(*is_short + *short_len, 0, w.first_new - *short_len);
	if (w.is_short.len)
		memset(*is_short + w.first_new, 1, w.is_short.len);
	*short_len = w.first_new + (u32)w.is_short.len;
	vec_fini(&w.is_short);
	return 0;
}

/* the end: registers in place, copies one after the other ------------------------------------ */

static void put_reg(void *data, u32 *reg)
{
	struct allocation *a = data;

	if (*reg < MACH_VREG || *reg & MACH_SLOT)
		return;
	*reg = a->v[rep(a, *reg)].reg;
}

struct sequence {
	VEC(struct mach_ins) out;
	const struct mach_target *target;
	u32 insn;
	int err;
};

static void put_copy(struct sequence *s, u32 to, const struct mach_copy *c)
{
	struct mach_ins i;
	bool from_slot = c->from != MACH_NONE && c->from & MACH_SLOT, to_slot = to & MACH_SLOT;

	if (c->from != MACH_NONE && c->from == to)
		return;
	if (to_slot && (from_slot || c->from == MACH_NONE)) { /* through the scratch register */
		put_copy(s, s->target->scratch, c);
		put_copy(s, to, &(struct mach_copy){.from = s->target->scratch});
		return;
	}
	i = blank(c->from == MACH_NONE ? MACH_CONST
		  : from_slot          ? MACH_FILL
		  : to_slot            ? MACH_SPILL
				       : MACH_MOVE,
		  s->insn);
	if (to_slot) {
		i.src[0] = c->from;
		i.imm = to & ~MACH_SLOT;
	} else {
		i.def = to;
		i.imm = c->from == MACH_NONE ? c->value
			: from_slot          ? (s64)(c->from & ~MACH_SLOT)
					     : 0;
		i.src[0] = c->from == MACH_NONE || from_slot ? MACH_NONE : c->from;
		i.size = i.op == MACH_MOVE && c->narrow ? 4 : 8;
	}
	s->err = s->err ?: vec_push(&s->out, i);
}

static bool is_read(const struct mach_copy *c, u32 n, const bool *done, u32 reg)
{
	for (u32 i = 0; i < n; i++)
		if (!done[i] && c[i].from == reg && c[i].to != reg)
			return true;
	return false;
}

/*
 * Copies whose target nobody reads any more go first; when all targets are still
 * read there is a circle: one source moves to the scratch register and is read there.
 */
static void put_parallel(struct sequence *s, struct mach_copy *c, u32 n)
{
	bool *done = base_calloc(n + 1, sizeof(bool));
	u32 left = n;

	if (!done) {
		s->err = -ENOMEM;
		return;
	}
	while (left && !s->err) {
		bool any = false;

		for (u32 i = 0; i < n; i++) {
			if (done[i] || (c[i].from != c[i].to && is_read(c, n, done, c[i].to)))
				continue;
			put_copy(s, c[i].to, &c[i]);
			done[i] = any = true;
			left--;
		}
		for (u32 i = 0; i < n && !any; i++) {
			u32 from = c[i].from;

			if (done[i])
				continue;
			put_copy(s, s->target->scratch, &c[i]);
			for (u32 k = 0; k < n; k++)
				if (!done[k] && c[k].from == from)
					c[k].from = s->target->scratch;
			any = true;
		}
	}
	base_free(done);
}

static int finish(struct allocation *a)
{
	struct mach_function *m = a->m;
	struct sequence s = {.target = a->target};

	for (u32 i = 0; i < m->ins.len; i++) {
		each_use(m, &m->ins.data[i], put_reg, a);
		each_def(m, &m->ins.data[i], put_reg, a);
	}
	for (u32 n = 0; n < m->blocks.len && !s.err; n++) {
		struct mach_block *b = &m->blocks.data[n];
		u32 first = (u32)s.out.len;

		for (u32 k = 0; k < b->count && !s.err; k++) {
			struct mach_ins *i = &m->ins.data[b->first + k];

			s.insn = i->insn;
			if (i->op == MACH_PARALLEL)
				put_parallel(&s, &m->copies.data[i->args], i->count);
			else if (i->op != MACH_MOVE || i->def != i->src[0])
				s.err = vec_push(&s.out, *i);
		}
		b->first = first;
		b->count = (u32)s.out.len - first;
	}
	if (s.err) {
		vec_fini(&s.out);
		return s.err;
	}
	vec_fini(&m->ins);
	memcpy(&m->ins, &s.out, sizeof(m->ins));
	for (u32 i = 0; i < m->ins.len; i++)
		if (m->ins.data[i].def < MACH_VREG)
			m->used |= 1ull << m->ins.data[i].def;
	return 0;
}

/* What a register is when it has one definition: a constant may be made anew. */
static void find_consts(struct allocation *a)
{
	struct mach_function *m = a->m;

	for (u32 i = 0; i < m->ins.len; i++) {
		struct mach_ins *ins = &m->ins.data[i];
		struct vreg_state *v;

		if (ins->def == MACH_NONE || ins->def < MACH_VREG)
			continue;
		v = &a->v[ins->def];
		if (ins->op == MACH_CONST && !v->many_defs) {
			v->is_const = true;
			v->value = ins->imm;
			v->reloc = ins->reloc;
		} else {
			v->is_const = false;
		}
		v->many_defs = true;
	}
	for (u32 i = 0; i < m->copies.len; i++) {
		u32 to = m->copies.data[i].to;

		if (!(to & MACH_SLOT) && to >= MACH_VREG)
			a->v[to].is_const = false;
	}
}

static void release(struct allocation *a)
{
	if (a->live_in)
		base_free(a->live_in[0]);
	base_free(a->live_in);
	base_free(a->v);
	base_free(a->order);
	vec_fini(&a->pool);
	for (u32 r = 0; r < MACH_VREG; r++)
		vec_fini(&a->in_reg[r]);
}

static int one_round(struct mach_function *m, const struct mach_target *target, u8 **is_short,
		     u32 *short_len, bool *again)
{
	struct allocation a = {.m = m, .target = target, .count = m->vregs};
	int err;

	a.v = base_calloc(a.count, sizeof(*a.v));
	if (!a.v)
		return -ENOMEM;
	for (u32 r = 0; r < a.count; r++) {
		a.v[r].rep = r;
		a.v[r].reg = r < MACH_VREG ? r : MACH_NONE;
		a.v[r].hint = MACH_NONE;
		a.v[r].fixed_short = r < *short_len && (*is_short)[r];
	}
	find_consts(&a);
	err = find_live(&a);
	err = err ?: find_ranges(&a);
	if (!err)
		join_copies(&a);
	err = err ?: scan(&a);
	*again = false;
	for (u32 r = MACH_VREG; r < a.count && !err; r++)
		*again |= a.v[r].spilled;
	if (!err)
		err = *again ? rewrite(&a, is_short, short_len) : finish(&a);
	release(&a);
	return err;
}

int mach_allocate(struct mach_function *m, const struct mach_target *target)
{
	u8 *is_short = NULL;
	u32 short_len = 0, rounds = 0;
	bool again = true;
	int err = 0;

	while (again && !err && rounds++ < MAX_ROUNDS)
		err = one_round(m, target, &is_short, &short_len, &again);
	base_free(is_short);
	return err ?: again ? -E2BIG : 0;
}
