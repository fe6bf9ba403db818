// SPDX-License-Identifier: BSD-2-Clause
/*
 * Numbers that are one: a copy gets the id of its original, a copy plus a
 * constant also the distance (REG_ADD_CONST, off). What a comparison tells of
 * one is then true of all, each by its distance. At most six are followed;
 * whoever is left out loses the id, for a stale one would lie. The set is kept
 * with the step, so that precision, walking back, knows who was meant.
 */
#include "verify/verifier.h"

void verify_unlink(struct vreg *r)
{
	r->id = 0;
	if (r->type == REG_SCALAR)
		r->off = 0;
}

void verify_link(struct verifier *v, struct vreg *r)
{
	if (r->type != REG_SCALAR || !verify_has(v, KERNEL_LINKED_SCALARS))
		return;
	/* One distance per register: a copy of a copy-plus-constant starts a new family. */
	if (r->id & REG_ADD_CONST)
		verify_unlink(r);
	if (!r->id && !reg_is_const(r))
		r->id = ++v->next_id;
}

static void collect(struct vlinked *set, struct vreg *r, u32 id, struct vlink_at at)
{
	if (r->type != REG_SCALAR || (r->id & REG_ID_MASK) != id)
		return;
	if (set->count < VERIFY_MAX_LINKED)
		set->at[set->count++] = at;
	else
		r->id = 0;
}

/* Registers that nothing reads any more neither learn nor take the place of others. */
void verify_linked_collect(struct verifier *v, u32 id, struct vlinked *set)
{
	struct vstate *s = v->state;

	id &= REG_ID_MASK;
	for (u32 n = s->curframe + 1; n-- > 0;) {
		struct vframe *f = s->frames[n];
		u32 at = n == s->curframe ? v->insn : s->frames[n + 1]->callsite;
		u32 live = v->insns[at].live_before & ~ISA_R(10);

		if (!verify_has(v, KERNEL_LIVE_REGS))
			live = ~0u >> 22;
		for (; live; live &= live - 1) {
			u32 i = (u32)__builtin_ctz(live);

			collect(set, &f->regs[i], id, (struct vlink_at){n, i, true});
		}
		for (u32 i = 0; i < f->slot_count; i++)
			if (f->slots[i].type[7] == SLOT_SPILL)
				collect(set, &f->slots[i].reg, id, (struct vlink_at){n, i, false});
	}
}

static struct vreg *linked_reg(struct vstate *s, struct vlink_at at)
{
	struct vframe *f = s->frames[at.frame];

	return at.is_reg ? &f->regs[at.index] : &f->slots[at.index].reg;
}

/* r = known + (their distance) */
static void learn(struct vreg *r, const struct vreg *known)
{
	static const struct isa_op add = {.op = ISA_OP_ADD64_REG};
	bool halves = (r->id | known->id) & REG_ADD_CONST32;
	u32 id = r->id;
	s32 off = r->off;
	struct scalar by;

	if ((!(id & REG_ADD_CONST) && !(known->id & REG_ADD_CONST)) || off == known->off) {
		*r = *known;
		return;
	}
	by = scalar_const((u64)((s64)off - known->off));
	*r = *known;
	r->id = id;
	r->off = off;
	scalar_alu(&r->s, &add, &by);
	if (halves)
		scalar_zero_extend(&r->s, 4);
}

void verify_linked_learn(struct vstate *s, const struct vreg *known, const struct vlinked *set)
{
	for (u32 i = 0; i < set->count; i++) {
		struct vreg *r = linked_reg(s, set->at[i]);

		if (r != known && r->type == REG_SCALAR &&
		    (r->id & REG_ID_MASK) == (known->id & REG_ID_MASK))
			learn(r, known);
	}
}

/* Ten bits each: 1 register?, 3 frame, 6 register or slot; the count above. */
u64 verify_linked_pack(const struct vlinked *set)
{
	u64 packed = (u64)set->count << 60;

	for (u32 i = 0; i < set->count; i++)
		packed |= (u64)(set->at[i].is_reg | set->at[i].frame << 1 | set->at[i].index << 4)
			  << (10 * i);
	return packed;
}

void verify_linked_unpack(u64 packed, struct vlinked *set)
{
	set->count = (u32)(packed >> 60);
	for (u32 i = 0; i < set->count; i++) {
		u32 e = packed >> (10 * i) & 0x3ff;

		set->at[i] = (struct vlink_at){e >> 1 & 7, e >> 4, e & 1};
	}
}
