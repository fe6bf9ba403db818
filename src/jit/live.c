// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where registers live.
 *
 * Positions: instruction i reads at 2i and writes at 2i+1. Going backwards through
 * the blocks, each virtual register gets the ranges [from, to) in which it lives;
 * machine registers get theirs from what instructions clobber, read and write by
 * themselves.
 */
#include <errno.h>
#include <string.h>
#include "jit/allocate.h"

#define MAX_WORDS (1u << 25) /* of the sets, all in all: 256 MiB */

/* operands ---------------------------------------------------------------------- */

void mach_each_use(struct mach_function *m, struct mach_ins *i, operand_fn *fn, void *data)
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

void mach_each_def(struct mach_function *m, struct mach_ins *i, operand_fn *fn, void *data)
{
	if (i->def != MACH_NONE)
		fn(data, &i->def);
	if (i->op == MACH_PARALLEL)
		for (u32 k = 0; k < i->count; k++)
			if (!(m->copies.data[i->args + k].to & MACH_SLOT))
				fn(data, &m->copies.data[i->args + k].to);
}

/* liveness ------------------------------------------------------------------------ */

/*
 * Registers that live across blocks, by a flow backwards over all of them. Most live
 * within one block: those have no bit in the sets, only what is read in a block that
 * did not write it first.
 */
struct liveness {
	struct allocation *a;
	u32 *number;    /* by register: its bit + 1; 0: lives within blocks */
	u32 *registers; /* by bit */
	u32 *written;   /* by register: block + 1 that wrote it last */
	u32 count, words, block;
	u64 **in; /* by block */
	u64 *set;
};

static void look_at_use(void *data, u32 *reg)
{
	struct liveness *l = data;

	if (*reg >= MACH_VREG && l->written[*reg] != l->block + 1 && !l->number[*reg]) {
		l->registers[l->count] = *reg;
		l->number[*reg] = ++l->count;
	}
}

static void look_at_def(void *data, u32 *reg)
{
	struct liveness *l = data;

	l->written[*reg] = l->block + 1;
}

static void find_global(struct liveness *l)
{
	struct mach_function *m = l->a->m;

	for (l->block = 0; l->block < m->blocks.len; l->block++) {
		const struct mach_block *b = &m->blocks.data[l->block];

		for (u32 k = 0; k < b->count; k++) {
			struct mach_ins *i = &m->ins.data[b->first + k];

			mach_each_use(m, i, look_at_use, l);
			mach_each_def(m, i, look_at_def, l);
		}
	}
	l->words = (l->count + 63) / 64;
}

static void use_bit(void *data, u32 *reg)
{
	struct liveness *l = data;
	u32 n = l->number[*reg] - 1;

	if (*reg >= MACH_VREG && l->number[*reg])
		l->set[n / 64] |= 1ull << (n % 64);
}

static void clear_bit(void *data, u32 *reg)
{
	struct liveness *l = data;
	u32 n = l->number[*reg] - 1;

	if (l->number[*reg])
		l->set[n / 64] &= ~(1ull << (n % 64));
}

static u32 successor_count(const struct mach_block *b)
{
	return b->succ_count + b->case_count;
}

static u32 successor(const struct mach_function *m, const struct mach_block *b, u32 i)
{
	return i < b->succ_count ? b->succ[i] : m->cases.data[b->cases + i - b->succ_count];
}

static void live_out(struct liveness *l, const struct mach_block *b)
{
	memset(l->set, 0, l->words * sizeof(u64));
	for (u32 i = 0; i < successor_count(b); i++) {
		const u64 *in = l->in[successor(l->a->m, b, i)];

		for (u32 w = 0; w < l->words; w++)
			l->set[w] |= in[w];
	}
}

static void flow_back(struct liveness *l)
{
	struct mach_function *m = l->a->m;
	bool changed = l->words;

	while (changed) {
		changed = false;
		for (u32 i = (u32)m->blocks.len; i-- > 0;) {
			struct mach_block *b = &m->blocks.data[i];

			live_out(l, b);
			for (u32 k = b->count; k-- > 0;) {
				struct mach_ins *ins = &m->ins.data[b->first + k];

				mach_each_def(m, ins, clear_bit, l);
				mach_each_use(m, ins, use_bit, l);
			}
			if (memcmp(l->set, l->in[i], l->words * sizeof(u64))) {
				memcpy(l->in[i], l->set, l->words * sizeof(u64));
				changed = true;
			}
		}
	}
}

static void live_fini(struct liveness *l)
{
	if (l->in)
		base_free(l->in[0]);
	base_free(l->in);
	base_free(l->number);
	base_free(l->registers);
	base_free(l->written);
}

static int find_live(struct liveness *l)
{
	struct allocation *a = l->a;
	size_t blocks = a->m->blocks.len;
	u64 *memory;

	l->number = base_calloc(a->count, sizeof(u32));
	l->registers = base_calloc(a->count, sizeof(u32));
	l->written = base_calloc(a->count, sizeof(u32));
	if (!l->number || !l->registers || !l->written)
		return -ENOMEM;
	find_global(l);
	if ((u64)(blocks + 1) * l->words > MAX_WORDS)
		return -E2BIG;
	l->in = base_calloc(blocks + 1, sizeof(u64 *));
	memory = base_calloc((blocks + 1) * MAX(l->words, 1u), sizeof(u64));
	if (!l->in || !memory) {
		base_free(memory);
		return -ENOMEM;
	}
	for (u32 i = 0; i < blocks; i++)
		l->in[i] = memory + (size_t)i * l->words;
	l->in[0] = memory;
	l->set = memory + blocks * l->words;
	flow_back(l);
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
static int block_ranges(struct liveness *l, u32 index)
{
	struct allocation *a = l->a;
	struct mach_function *m = a->m;
	struct mach_block *b = &m->blocks.data[index];
	u32 start = b->first * 2, end = (b->first + b->count) * 2;
	struct walk w = {.a = a, .block_start = start, .weight = 1};

	for (u32 d = 0; d < MIN(b->depth, 6u); d++)
		w.weight *= 8;
	live_out(l, b);
	for (u32 n = 0; n < l->words; n++)
		for (u64 left = l->set[n]; left && !w.err; left &= left - 1) {
			u32 bit = n * 64 + (u32)__builtin_ctzll(left);

			w.err = add_range(a, l->registers[bit], start, end);
		}
	for (u32 k = b->count; k-- > 0 && !w.err;) {
		struct mach_ins *i = &m->ins.data[b->first + k];

		w.at = (b->first + k) * 2;
		mach_each_def(m, i, def_range, &w);
		implicit_ranges(&w, i);
		mach_each_use(m, i, use_range, &w);
	}
	return w.err;
}

int mach_find_ranges(struct allocation *a)
{
	struct liveness l = {.a = a};
	int err = vec_push(&a->pool, ((struct range){0})) ? -ENOMEM : find_live(&l);

	for (u32 i = (u32)a->m->blocks.len; i-- > 0 && !err;)
		err = block_ranges(&l, i);
	live_fini(&l);
	return err;
}
