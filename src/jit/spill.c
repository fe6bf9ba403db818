// SPDX-License-Identifier: BSD-2-Clause
/*
 * Registers that found no place, and the end of allocation.
 *
 * A spilled register has a slot; each use and definition of it gets a register of its
 * own that lives just there, filled from the slot, kept in it, or made anew when the
 * value is a constant. Copies at once know slots themselves. When all registers have
 * their place, those copies are put one after the other.
 */
#include <errno.h>
#include <string.h>
#include "jit/allocate.h"

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
	v = &a->v[mach_rep(a, reg)];
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
	mach_each_use(w->m, &i, rewrite_use, w);
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

int mach_spill(struct allocation *a, u8 **is_short, u32 *short_len)
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
	*reg = a->v[mach_rep(a, *reg)].reg;
}

struct sequence {
	VEC(struct mach_ins) out;
	const struct mach_target *target;
	struct mach_function *m;
	u32 spare; /* a slot for circles, 1 + n; 0: none was needed */
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

/* Do copies other than of `from` need the scratch register, on the way to a slot? */
static bool needs_scratch(const struct mach_copy *c, u32 n, const bool *done, u32 from)
{
	for (u32 i = 0; i < n; i++)
		if (!done[i] && c[i].from != from && c[i].to & MACH_SLOT &&
		    (c[i].from == MACH_NONE || c[i].from & MACH_SLOT))
			return true;
	return false;
}

/* Where a circle's source waits: the scratch register, or a slot while that is needed. */
static u32 waiting_place(struct sequence *s, const struct mach_copy *c, u32 n, const bool *done,
			 u32 from)
{
	if (!needs_scratch(c, n, done, from))
		return s->target->scratch;
	if (!s->spare)
		s->spare = ++s->m->slots;
	return MACH_SLOT | (s->spare - 1);
}

/*
 * Copies whose target nobody reads any more go first; when all targets are still
 * read there is a circle: one source moves elsewhere and is read there.
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
			u32 from = c[i].from, place;

			if (done[i])
				continue;
			place = waiting_place(s, c, n, done, from);
			put_copy(s, place, &(struct mach_copy){.from = from});
			for (u32 k = 0; k < n; k++)
				if (!done[k] && c[k].from == from)
					c[k].from = place;
			any = true;
		}
	}
	base_free(done);
}

int mach_finish(struct allocation *a)
{
	struct mach_function *m = a->m;
	struct sequence s = {.target = a->target, .m = m};

	for (u32 i = 0; i < m->ins.len; i++) {
		mach_each_use(m, &m->ins.data[i], put_reg, a);
		mach_each_def(m, &m->ins.data[i], put_reg, a);
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
