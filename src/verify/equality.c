// SPDX-License-Identifier: BSD-2-Clause
/*
 * When one state covers another: whatever happens from the current one on, the
 * old one has shown to be safe.
 *
 * Both are at the same instruction, in the same chain of calls. A register that
 * the old state's paths never read may hold anything. One that they read must be
 * of the same type, with bounds inside the old ones'; of a number nothing but
 * that it is one matters unless a verdict hung on its value (`precise`). Ids say
 * which registers are known to be equal, null or released together: what was
 * together in the old state must be so now, and what was apart, apart. So ids
 * are compared by a one-to-one map that grows with the comparison. A number
 * without an id was equal to nothing as far as old knew, and may be to anything now.
 *
 * MATCH_EXACT is for the suspicion that nothing has moved (an infinite loop).
 * MATCH_WITHIN is for states of a loop that is still being walked: their marks
 * of precision may be incomplete, so all numbers count as precise, and slots
 * must hold the same kinds of bytes.
 */
#include <stddef.h>
#include <string.h>
#include "verify/prune.h"

static bool ids_match(struct id_map *map, u32 old, u32 cur)
{
	if (!old != !cur)
		return false;
	if (!old)
		return true;
	for (u32 i = 0; i < map->count; i++) {
		if (map->pairs[i].old == old)
			return map->pairs[i].cur == cur;
		if (map->pairs[i].cur == cur)
			return false;
	}
	if (map->count == ID_MAP_SIZE)
		return false;
	map->pairs[map->count++] = (struct id_pair){old, cur};
	return true;
}

static bool number_ids_match(struct id_map *map, u32 old, u32 cur)
{
	old &= REG_ID_MASK;
	cur &= REG_ID_MASK;
	if (!cur)
		cur = ++map->fresh;
	return ids_match(map, old, cur);
}

/* All that is neither bounds nor an id. */
static bool same_kind(const struct vreg *a, const struct vreg *b)
{
	return a->type == b->type && a->off == b->off && a->map == b->map &&
	       a->map_uid == b->map_uid && a->dynptr_id == b->dynptr_id;
}

static bool same_bounds(const struct vreg *a, const struct vreg *b)
{
	return !memcmp(&a->s, &b->s, sizeof(a->s));
}

static bool same_reg(struct id_map *ids, const struct vreg *old, const struct vreg *cur)
{
	return same_kind(old, cur) && same_bounds(old, cur) && ids_match(ids, old->id, cur->id) &&
	       ids_match(ids, old->ref, cur->ref);
}

static bool number_covers(struct verifier *v, const struct vreg *old, const struct vreg *cur,
			  enum match match)
{
	struct id_map *ids = &v->prune->ids;

	if (v->explore_alu_limits)
		return same_kind(old, cur) && same_bounds(old, cur) &&
		       number_ids_match(ids, old->id, cur->id);
	if (!old->precise && match == MATCH_SAFE && verify_tracks_precision(v) && !v->in->claims)
		return true;
	if (!scalar_within(&old->s, &cur->s))
		return false;
	/* Equal to nothing else in old: what cur knows beyond that does no harm. */
	if (!old->id)
		return true;
	if ((old->id ^ cur->id) & ~REG_ID_MASK)
		return false;
	if (old->id & REG_ADD_CONST && old->off != cur->off)
		return false;
	return number_ids_match(ids, old->id, cur->id);
}

/*
 * At least the range that the old pointer had, or the same knowledge of being at
 * or beyond the end (negative ranges).
 */
static bool packet_covers(struct id_map *ids, const struct vreg *old, const struct vreg *cur)
{
	s32 had = (s32)old->range, has = (s32)cur->range;

	if (had < 0 || has < 0 ? had != has : had > has)
		return false;
	return old->off == cur->off && ids_match(ids, old->id, cur->id) &&
	       scalar_within(&old->s, &cur->s);
}

bool verify_reg_covers(struct verifier *v, const struct vreg *old, const struct vreg *cur,
		       enum match match)
{
	struct id_map *ids = &v->prune->ids;

	if (match == MATCH_EXACT)
		return same_reg(ids, old, cur) && old->frame == cur->frame;
	if (old->type == REG_NOT_INIT)
		return match == MATCH_SAFE || cur->type == REG_NOT_INIT;
	if (old->type != cur->type)
		return false;
	switch (reg_kind(old->type)) {
	case REG_SCALAR: return number_covers(v, old, cur, match);
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
	case REG_MEM:
	case REG_BUF:
	case REG_TP_BUFFER:
		return same_kind(old, cur) && scalar_within(&old->s, &cur->s) &&
		       ids_match(ids, old->id, cur->id) && ids_match(ids, old->ref, cur->ref);
	case REG_PACKET:
	case REG_PACKET_META: return packet_covers(ids, old, cur);
	case REG_STACK: return same_reg(ids, old, cur) && old->frame == cur->frame;
	case REG_ARENA: return true;
	default: return same_reg(ids, old, cur);
	}
}

/* Slots ---------------------------------------------------------------- */

static u64 slot_types(const struct vslot *s)
{
	u64 types;

	memcpy(&types, s->type, sizeof(types));
	return types;
}

#define EVERY_BYTE(type) ((u64)(type)*0x0101010101010101ull)

/* Not compared: nothing there, or bytes that may just as well be uninitialised. */
static bool is_moot(const struct verifier *v, u8 type)
{
	return type == SLOT_INVALID || (type == SLOT_MISC && v->uninit_stack);
}

static bool all_moot(const struct verifier *v, const struct vslot *s)
{
	u64 types = slot_types(s);

	if (!types)
		return true;
	if (!v->uninit_stack)
		return false;
	_Static_assert(SLOT_INVALID == 0 && SLOT_MISC == 2, "one bit tells them apart");
	return !(types & ~EVERY_BYTE(SLOT_MISC));
}

/* Eight bytes that a load would make a number of; unknown: when nothing is known of it. */
static const struct vreg *slot_number(const struct verifier *v, const struct vslot *s,
				      const struct vreg *unknown)
{
	if (s->type[0] == SLOT_SPILL)
		return s->reg.type == REG_SCALAR ? &s->reg : NULL;
	for (u32 i = 0; i < 8; i++)
		if (s->type[i] != SLOT_MISC && !(s->type[i] == SLOT_INVALID && v->uninit_stack))
			return NULL;
	return unknown;
}

static bool bytes_cover(const struct verifier *v, const struct vslot *old, const struct vslot *cur)
{
	if (slot_types(old) == slot_types(cur))
		return true;
	for (u32 i = 0; i < 8; i++) {
		u8 o = old->type[i], c = cur->type[i];

		if (o != c && !is_moot(v, o) && !(o == SLOT_MISC && c == SLOT_ZERO))
			return false;
	}
	return true;
}

static bool special_covers(struct verifier *v, const struct vslot *old, const struct vslot *cur,
			   enum match match)
{
	struct id_map *ids = &v->prune->ids;
	const struct vreg *o = &old->reg, *c = &cur->reg;

	if (old->type[7] != cur->type[7])
		return true; /* the bytes were found to do */
	switch (old->type[7]) {
	case SLOT_SPILL: return verify_reg_covers(v, o, c, match);
	case SLOT_DYNPTR:
		return o->dynptr_kind == c->dynptr_kind && o->first_slot == c->first_slot &&
		       ids_match(ids, o->ref, c->ref);
	case SLOT_ITER: /* not its depth: loops would never converge */
		return o->btf == c->btf && o->btf_id == c->btf_id &&
		       o->iter_state == c->iter_state && ids_match(ids, o->ref, c->ref);
	case SLOT_IRQ: return ids_match(ids, o->ref, c->ref) && o->irq_kind == c->irq_kind;
	default: return true;
	}
}

static bool slot_covers(struct verifier *v, const struct vslot *old, const struct vslot *cur,
			enum match match)
{
	const struct vreg *o, *c, *unknown = &v->prune->unknown;

	if (match != MATCH_SAFE && (!cur || slot_types(old) != slot_types(cur)))
		return false;
	if (all_moot(v, old))
		return true;
	if (!cur)
		return false;
	o = slot_number(v, old, unknown);
	c = o ? slot_number(v, cur, unknown) : NULL;
	if (c)
		return verify_reg_covers(v, o, c, match);
	return bytes_cover(v, old, cur) && special_covers(v, old, cur, match);
}

static bool stack_covers(struct verifier *v, const struct vframe *old, const struct vframe *cur,
			 enum match match, u64 live)
{
	for (u32 i = 0; i < old->slot_count; i++)
		if (live >> i & 1 &&
		    !slot_covers(v, &old->slots[i], i < cur->slot_count ? &cur->slots[i] : NULL,
				 match))
			return false;
	return true;
}

/* States --------------------------------------------------------------- */

static bool refs_cover(struct id_map *ids, const struct vstate *old, const struct vstate *cur)
{
	if (old->ref_count != cur->ref_count || old->active_locks != cur->active_locks ||
	    old->active_preempt != cur->active_preempt || old->active_rcu != cur->active_rcu ||
	    !ids_match(ids, old->active_irq, cur->active_irq) ||
	    !ids_match(ids, old->active_lock_id, cur->active_lock_id) ||
	    old->active_lock_object != cur->active_lock_object)
		return false;
	for (u32 i = 0; i < old->ref_count; i++) {
		const struct vref *o = &old->refs[i], *c = &cur->refs[i];

		if (!ids_match(ids, o->id, c->id) || o->kind != c->kind)
			return false;
		if (o->kind & VREF_ANY_LOCK && o->object != c->object)
			return false;
	}
	return true;
}

static bool frame_covers(struct verifier *v, const struct vframe *old, const struct vframe *cur,
			 u32 live, u64 live_slots, enum match match)
{
	if (old->callback_depth > cur->callback_depth)
		return false;
	for (; live; live &= live - 1) {
		u32 i = __builtin_ctz(live);

		if (!verify_reg_covers(v, &old->regs[i], &cur->regs[i], match))
			return false;
	}
	return stack_covers(v, old, cur, match, live_slots);
}

bool verify_covers(struct verifier *v, const struct vstate *old, const struct vstate *cur,
		   enum match match, const u64 *live)
{
	struct id_map *ids = &v->prune->ids;

	if (old->curframe != cur->curframe || (old->speculative && !cur->speculative) ||
	    old->sleepable != cur->sleepable)
		return false;
	ids->count = 0;
	ids->fresh = v->next_id;
	if (!refs_cover(ids, old, cur) || !verify_same_callsites(old, cur))
		return false;
	for (u32 i = 0; i <= old->curframe; i++)
		if (!frame_covers(v, old->frames[i], cur->frames[i],
				  v->insns[state_insn(old, i)].live_before, live ? live[i] : ~0ull,
				  match))
			return false;
	return true;
}

bool verify_same_callsites(const struct vstate *a, const struct vstate *b)
{
	if (a->curframe != b->curframe)
		return false;
	for (u32 i = 0; i <= a->curframe; i++)
		if (a->frames[i]->callsite != b->frames[i]->callsite)
			return false;
	return true;
}

bool verify_maybe_looping(const struct vstate *old, const struct vstate *cur)
{
	u32 at = old->curframe;

	if (at != cur->curframe)
		return false;
	for (u32 i = 0; i < ISA_REGS; i++)
		if (memcmp(&old->frames[at]->regs[i], &cur->frames[at]->regs[i],
			   offsetof(struct vreg, frame)) != 0)
			return false;
	return true;
}

bool verify_iter_depths_differ(const struct vstate *old, const struct vstate *cur)
{
	for (u32 f = 0; f <= old->curframe; f++) {
		const struct vframe *o = old->frames[f], *c = cur->frames[f];

		for (u32 i = 0; i < MIN(o->slot_count, c->slot_count); i++)
			if (o->slots[i].type[0] == SLOT_ITER &&
			    o->slots[i].reg.iter_state == ITER_ACTIVE &&
			    o->slots[i].reg.iter_depth != c->slots[i].reg.iter_depth)
				return true;
	}
	return false;
}
