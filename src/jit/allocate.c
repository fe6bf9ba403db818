// SPDX-License-Identifier: BSD-2-Clause
/*
 * The allocation of registers, by linear scan.
 *
 * Where each virtual register lives is told by ranges (live.c). First copies are
 * joined: two registers that are copied into one another and never live at once
 * become one. Then registers are taken in order of their starts, each the first
 * machine register none of whose ranges it crosses, a hinted one before others.
 * Ranges that ended before are passed by for good, so the lists stay short. Where
 * none is free, whoever costs least (uses weighted by loop depth over length) is
 * spilled (spill.c): its uses become short-lived registers of their own, and all
 * starts over. That settles, since short ones are never spilled.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "jit/allocate.h"

#define MAX_ROUNDS 24 /* far more than any program was seen to need */

void mach_fini(struct mach_function *m)
{
	vec_fini(&m->ins);
	vec_fini(&m->blocks);
	vec_fini(&m->copies);
	vec_fini(&m->cases);
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

u32 mach_rep(struct allocation *a, u32 reg)
{
	u32 end = reg;

	while (a->v[end].rep != end)
		end = a->v[end].rep;
	while (a->v[reg].rep != end) {
		u32 next = a->v[reg].rep;

		a->v[reg].rep = end;
		reg = next;
	}
	return end;
}

/* Range r comes behind `last`, as a part of it where they touch; the last one then. */
static u32 append(struct allocation *a, u32 last, u32 r, u32 *first)
{
	struct range *pool = a->pool.data;

	if (!last) {
		*first = r;
	} else if (pool[last].to == pool[r].from) {
		pool[last].to = pool[r].to;
		return last;
	} else {
		pool[last].next = r;
	}
	return r;
}

/* y's ranges go into x's, in order. */
static void unite(struct allocation *a, u32 x, u32 y)
{
	struct vreg_state *vx = &a->v[x], *vy = &a->v[y];
	u32 p = vx->ranges, q = vy->ranges, last = 0;

	while (p || q) {
		u32 *least = p && (!q || a->pool.data[p].from <= a->pool.data[q].from) ? &p : &q;
		u32 r = *least;

		*least = a->pool.data[r].next;
		last = append(a, last, r, &vx->ranges);
	}
	if (last)
		a->pool.data[last].next = 0;
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
		to = mach_rep(a, to);
	if (from >= MACH_VREG)
		from = mach_rep(a, from);
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

/* Ranges before `start` matter no more: later registers start later. */
static void pass_by(struct allocation *a, u32 v, u32 start)
{
	u32 r = a->v[v].ranges;

	while (r && a->pool.data[r].to <= start)
		r = a->pool.data[r].next;
	a->v[v].ranges = r;
}

/* Does the register suit? *rival: the cheapest way to make it so, by the dearest occupant. */
static bool is_free(struct allocation *a, u32 reg, u32 v, float *rival)
{
	u32 start = a->pool.data[a->v[v].ranges].from, n = 0;

	*rival = 1e30f;
	pass_by(a, reg, start);
	if (cross(a, a->v[reg].ranges, a->v[v].ranges))
		return false;
	*rival = 0;
	for (u32 i = 0; i < a->in_reg[reg].len; i++) {
		u32 other = a->in_reg[reg].data[i];

		if (a->v[other].spilled || a->v[other].end <= start)
			continue;
		a->in_reg[reg].data[n++] = other;
		pass_by(a, other, start);
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

static u32 hinted(struct allocation *a, u32 v)
{
	u32 h = a->v[v].hint;

	if (h != MACH_NONE && h >= MACH_VREG)
		h = a->v[mach_rep(a, h)].reg;
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
	err = mach_find_ranges(&a);
	if (!err)
		join_copies(&a);
	err = err ?: scan(&a);
	*again = false;
	for (u32 r = MACH_VREG; r < a.count && !err; r++)
		*again |= a.v[r].spilled;
	if (!err)
		err = *again ? mach_spill(&a, is_short, short_len) : mach_finish(&a);
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
