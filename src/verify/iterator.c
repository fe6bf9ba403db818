// SPDX-License-Identifier: BSD-2-Clause
/*
 * Iterators of kfuncs: a struct bpf_iter_x on the stack that new, next and
 * destroy work on and nothing else may look into.
 *
 *	fp-16  slot 1, the first: type STACK, `ref` the iterator's reference,
 *	       btf and btf_id its struct, iter_state, iter_depth
 *	fp-8   slot 0: the same without the reference
 *
 * next returns an element or, at the end, NULL. Both are followed: on the way
 * with an element the iterator stays active, one round deeper; here it is
 * drained. Rounds end because a state at the same next that an earlier one
 * covers is not followed (prune.c), and numbers that change from round to round
 * and matter to nobody are forgotten (verify_widen).
 */
#include "verify/verifier.h"

/* "num" of struct bpf_iter_num. */
static const char *kind_name(const struct iter_kind *kind)
{
	const char *name = btf_name(kind->btf, kind->id);

	return __builtin_strncmp(name, "bpf_iter_", 9) ? name : name + 9;
}

static bool has_iter_byte(const struct vslot *slot)
{
	for (u32 k = 0; k < 8; k++)
		if (slot->type[k] == SLOT_ITER)
			return true;
	return false;
}

static bool is_iter_slot(const struct vslot *slot)
{
	for (u32 k = 0; k < 8; k++)
		if (slot->type[k] != SLOT_ITER)
			return false;
	return true;
}

static u64 slot_bits(u32 slot, u32 count)
{
	return (count < 64 ? (1ull << count) - 1 : ~0ull) << (slot + 1 - count);
}

static void touch(struct verifier *v, const struct vframe *f, u64 slots)
{
	if (f->number == v->state->curframe)
		v->touched_slots |= slots;
}

/* Room for a new one: no iterator lives there yet. */
static bool is_room(struct verifier *v, const struct vreg *r, u32 count)
{
	const struct vframe *f = verify_frame_of(v, r);
	u32 slot = 0;
	int err = verify_slot_of(v, r, "iter", count, &slot);

	if (err)
		return err == -ERANGE;
	for (u32 i = 0; i < count; i++)
		if (has_iter_byte(&f->slots[slot - i]))
			return false;
	return true;
}

static int check_pointer(struct verifier *v, u32 regno)
{
	if (reg_kind(verify_reg(v, regno)->type) == REG_STACK)
		return 0;
	return verify_fail_reg(v, regno, MSG_ITER_POINTER, regno - 1);
}

int verify_iter_new(struct verifier *v, u32 regno, const struct iter_kind *kind)
{
	const struct vreg *r = verify_reg(v, regno);
	u32 slot = 0, count = kind->slots, id, rcu = 0;
	struct vframe *f;
	int err = check_pointer(v, regno);

	if (err)
		return err;
	if (!is_room(v, r, count))
		return verify_fail_reg(v, regno, MSG_ITER_NOT_NEW, kind_name(kind), regno - 1);
	for (u32 i = 0; i < count && !err; i++)
		err = verify_mem_access(v, v->insn, regno, (s32)i * 8, 8, ACCESS_WRITE, -1, false,
					false);
	err = err ?: verify_slot_of(v, r, "iter", count, &slot);
	err = err ?: verify_ref_acquire(v, &id);
	if (err)
		return err;
	if (kind->rcu)
		rcu = verify_in_rcu(v) ? REG_RCU : REG_UNTRUSTED;
	f = verify_frame_of(v, r);
	for (u32 i = 0; i < count; i++) {
		struct vslot *s = &f->slots[slot - i];

		s->reg = vreg_pointer(REG_STACK | rcu);
		s->reg.ref = i ? 0 : id;
		s->reg.btf = kind->btf;
		s->reg.btf_id = kind->id;
		s->reg.iter_state = ITER_ACTIVE;
		__builtin_memset(s->type, SLOT_ITER, sizeof(s->type));
	}
	verify_slots_written(v, f->number, slot_bits(slot, count));
	touch(v, f, slot_bits(slot, count));
	return 0;
}

/* 0; -EINVAL: there is none of the kind; -EPROTO: it outlived its RCU section. */
static int check_alive(const struct vframe *f, u32 slot, const struct iter_kind *kind)
{
	for (u32 i = 0; i < kind->slots; i++) {
		const struct vslot *s = &f->slots[slot - i];

		if (s->type[0] == SLOT_ITER && s->reg.type & REG_UNTRUSTED)
			return -EPROTO;
		if (!is_iter_slot(s) || !s->reg.ref != !!i || s->reg.btf != kind->btf ||
		    s->reg.btf_id != kind->id)
			return -EINVAL;
	}
	return 0;
}

int verify_iter_arg(struct verifier *v, u32 regno, const struct iter_kind *kind, struct iter_at *at)
{
	const struct vreg *r = verify_reg(v, regno);
	struct vframe *f;
	u32 slot = 0;
	int err = check_pointer(v, regno);

	if (err)
		return err;
	f = verify_frame_of(v, r);
	err = verify_slot_of(v, r, "iter", kind->slots, &slot) ?: check_alive(f, slot, kind);
	if (err == -EPROTO)
		return verify_fail_reg(v, regno, MSG_ITER_RCU, kind->func);
	if (err)
		return verify_fail_reg(v, regno, MSG_ITER_NOT_INIT, kind_name(kind), regno - 1);
	verify_slots_read(v, f->number, slot_bits(slot, kind->slots));
	*at = (struct iter_at){.frame = f->number, .slot = slot};
	at->ref = f->slots[slot].reg.ref;
	return 0;
}

int verify_iter_destroy(struct verifier *v, const struct iter_at *at, u32 count)
{
	struct vframe *f = v->state->frames[at->frame];
	int err = verify_ref_release(v, at->ref);

	if (err)
		return verify_bug(v, "an iterator without a reference");
	for (u32 i = 0; i < count; i++) {
		struct vslot *s = &f->slots[at->slot - i];

		s->reg = vreg_not_init();
		__builtin_memset(s->type, SLOT_INVALID, sizeof(s->type));
	}
	verify_slots_written(v, f->number, slot_bits(at->slot, count));
	touch(v, f, slot_bits(at->slot, count));
	return 0;
}

int verify_iter_next(struct verifier *v, const struct iter_at *at)
{
	struct vreg *iter = &v->state->frames[at->frame]->slots[at->slot].reg, *deeper;
	struct vframe *f = verify_frame(v);
	struct vstate *with;
	int err;

	if (iter->iter_state != ITER_ACTIVE && iter->iter_state != ITER_DRAINED)
		return verify_bug(v, "an iterator that is neither active nor drained");
	if (iter->iter_state == ITER_ACTIVE) {
		err = verify_push_branch(v, v->insn + 1, v->insn, false, &with);
		if (err)
			return err;
		deeper = &with->frames[at->frame]->slots[at->slot].reg;
		deeper->iter_depth++;
		err = verify_widen(v, with, v->insn);
		if (err)
			return err;
		with->frames[with->curframe]->regs[0].type &= ~REG_MAYBE_NULL;
		iter->iter_state = ITER_DRAINED;
	}
	touch(v, v->state->frames[at->frame], 1ull << at->slot);
	f->regs[0] = vreg_const(0);
	f->regs[0].precise = !v->bpf;
	return 0;
}

void verify_iters_untrusted(struct verifier *v)
{
	for (u32 i = 0; i <= v->state->curframe; i++) {
		struct vframe *f = v->state->frames[i];

		for (u32 k = 0; k < f->slot_count; k++) {
			struct vreg *r = &f->slots[k].reg;

			if (f->slots[k].type[0] != SLOT_ITER || !(r->type & REG_RCU))
				continue;
			r->type = (r->type & ~REG_RCU) | REG_UNTRUSTED;
		}
	}
}
