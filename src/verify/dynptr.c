// SPDX-License-Identifier: BSD-2-Clause
/*
 * Dynptrs: 16 bytes on the stack that only helpers and kfuncs may look into, or
 * a pointer to such a thing that a callback or a global function was given
 * (REG_DYNPTR, constant).
 *
 *	fp-16  slot 1, first_slot   ┐ both SLOT_DYNPTR; each slot's register says the
 *	fp-8   slot 0               ┘ kind, the dynptr's id and its reference
 *
 * Slices of it (REG_MEM) carry its id in dynptr_id and end with it. One of a ring
 * buffer's record holds a reference, and so does every clone of it: releasing
 * one ends all of them. Any write to a byte of the two slots destroys the dynptr,
 * which one with a reference does not allow.
 */
#include "verify/verifier.h"

#define DYNPTR_SLOTS 2
#define DYNPTR_SIZE  16

/* Does it hold a reference? */
static bool is_counted(u32 kind)
{
	return kind == DYNPTR_RINGBUF || kind == DYNPTR_FILE;
}

int verify_slot_of(struct verifier *v, const struct vreg *r, const char *what, u32 count, u32 *slot)
{
	const struct vframe *f = verify_frame_of(v, r);
	s64 off, at;

	if (!reg_is_const(r))
		return verify_fail(v, MSG_SLOT_VARIES, what);
	off = (s64)r->s.bits.value + r->off;
	at = (-off - 1) / 8;
	if (off % 8 || off >= 0 || at + 1 < count)
		return verify_fail(v, MSG_SLOT_OFFSET, what, (int)off);
	verify_slots_indirect(v, f, off, off + 8 * (s64)count);
	if (at >= f->slot_count)
		return -ERANGE;
	*slot = (u32)at;
	return 0;
}

static int slot_of(struct verifier *v, const struct vreg *r, u32 *slot)
{
	return verify_slot_of(v, r, "dynptr", DYNPTR_SLOTS, slot);
}

/* The same of one that is known to be there. */
static u32 slot_index(const struct vreg *r)
{
	return (u32)(-((s64)r->s.bits.value + r->off) - 1) / 8;
}

static bool is_dynptr_slot(const struct vframe *f, u32 slot)
{
	for (u32 k = 0; k < 8; k++)
		if (f->slots[slot].type[k] != SLOT_DYNPTR)
			return false;
	return true;
}

/* The slots hold nothing any more. `slot` is the first (lower) one. */
static void clear(struct verifier *v, struct vframe *f, u32 slot)
{
	for (u32 i = slot - 1; i <= slot; i++) {
		__builtin_memset(f->slots[i].type, SLOT_INVALID, sizeof(f->slots[i].type));
		f->slots[i].reg = vreg_not_init();
	}
	verify_slots_written(v, f->number, 3ull << (slot - 1));
	if (f->number == v->state->curframe)
		v->touched_slots |= 3ull << (slot - 1);
}

static void end_slices(struct verifier *v, u32 id)
{
	verify_each_reg(v, frame, reg, {
		if ((reg->type & ~REG_MAYBE_NULL) == REG_MEM && reg->dynptr_id == id)
			verify_reg_invalidate(v, reg);
	});
}

int verify_dynptr_destroy_slot(struct verifier *v, struct vframe *f, u32 slot)
{
	const struct vreg *r = &f->slots[slot].reg;
	u32 id;

	if (f->slots[slot].type[0] != SLOT_DYNPTR)
		return 0;
	if (!r->first_slot)
		slot++;
	if (is_counted(r->dynptr_kind))
		return verify_fail(v, MSG_DYNPTR_OVERWRITTEN);
	id = r->id;
	clear(v, f, slot);
	end_slices(v, id);
	return 0;
}

static int mark(struct verifier *v, const struct vreg *r, enum dynptr_kind kind, u32 clone_of_ref)
{
	struct vframe *f = verify_frame_of(v, r);
	u32 slot = 0, id, ref = 0;
	int err;

	err = slot_of(v, r, &slot);
	err = err ?: verify_dynptr_destroy_slot(v, f, slot);
	err = err ?: verify_dynptr_destroy_slot(v, f, slot - 1);
	if (err)
		return err;
	id = ++v->next_id;
	if (is_counted(kind)) {
		ref = clone_of_ref;
		err = ref ? 0 : verify_ref_acquire(v, &ref);
		if (err)
			return err;
	}
	for (u32 i = slot - 1; i <= slot; i++) {
		struct vslot *s = &f->slots[i];

		__builtin_memset(s->type, SLOT_DYNPTR, sizeof(s->type));
		s->reg = vreg_pointer(REG_DYNPTR);
		s->reg.dynptr_kind = kind;
		s->reg.id = id;
		s->reg.ref = ref;
		s->reg.first_slot = i == slot;
	}
	verify_slots_written(v, f->number, 3ull << (slot - 1));
	if (f->number == v->state->curframe)
		v->touched_slots |= 3ull << (slot - 1);
	return 0;
}

int verify_dynptr_new(struct verifier *v, u32 regno, enum dynptr_kind kind, u32 clone_of_ref)
{
	const struct vreg *r = verify_reg(v, regno);
	u32 slot = 0;
	int err;

	if (reg_kind(r->type) != REG_STACK && reg_kind(r->type) != REG_DYNPTR)
		return verify_fail_reg(v, regno, MSG_DYNPTR_POINTER, regno - 1);
	if (reg_kind(r->type) == REG_DYNPTR)
		return verify_fail_reg(v, regno, MSG_DYNPTR_NOT_NEW);
	err = slot_of(v, r, &slot);
	if (err && err != -ERANGE)
		return verify_fail_reg(v, regno, MSG_DYNPTR_NOT_NEW);
	for (u32 i = 0; i < DYNPTR_SIZE; i += 8) {
		err = verify_mem_access(v, v->insn, regno, (s32)i, 8, ACCESS_WRITE, -1, false,
					false);
		if (err)
			return err;
	}
	return mark(v, r, kind, clone_of_ref);
}

/* A dynptr of a kind at the register; NULL without a verdict. */
static const struct vreg *find(struct verifier *v, const struct vreg *r)
{
	const struct vframe *f;
	u32 slot = 0;

	if (reg_kind(r->type) == REG_DYNPTR)
		return r;
	if (reg_kind(r->type) != REG_STACK || slot_of(v, r, &slot))
		return NULL;
	f = verify_frame_of(v, r);
	if (!f->slots[slot].reg.first_slot || !is_dynptr_slot(f, slot) ||
	    !is_dynptr_slot(f, slot - 1))
		return NULL;
	return &f->slots[slot].reg;
}

const struct vreg *verify_dynptr_slot(struct verifier *v, const struct vreg *r)
{
	u32 slot = 0;

	return slot_of(v, r, &slot) ? NULL : &verify_frame_of(v, r)->slots[slot].reg;
}

const struct vreg *verify_dynptr_of(struct verifier *v, u32 regno)
{
	return find(v, verify_reg(v, regno));
}

int verify_dynptr_arg(struct verifier *v, u32 regno, u32 want, bool changes)
{
	const struct vreg *r = verify_reg(v, regno), *d;

	if (reg_kind(r->type) != REG_STACK && reg_kind(r->type) != REG_DYNPTR)
		return verify_fail_reg(v, regno, MSG_DYNPTR_POINTER, regno - 1);
	if (changes && reg_kind(r->type) == REG_DYNPTR)
		return verify_fail_reg(v, regno, MSG_DYNPTR_CONST);
	d = find(v, r);
	if (!d)
		return verify_fail_reg(v, regno, MSG_DYNPTR_NOT_INIT, regno - 1);
	if (want && d->dynptr_kind != want)
		return verify_fail_reg(v, regno, MSG_DYNPTR_KIND, dynptr_kind_name(want),
				       regno - 1);
	if (d != r)
		verify_slots_read(v, r->frame, 3ull << (slot_index(r) - 1));
	return 0;
}

int verify_dynptr_release(struct verifier *v, u32 regno)
{
	const struct vreg *r = verify_reg(v, regno);
	struct vframe *f = verify_frame_of(v, r);
	u32 slot = 0, ref;
	int err;

	if (reg_kind(r->type) == REG_DYNPTR)
		return verify_bug(v, "a constant dynptr is released");
	err = slot_of(v, r, &slot);
	if (err)
		return err;
	ref = f->slots[slot].reg.ref;
	if (!is_counted(f->slots[slot].reg.dynptr_kind)) {
		clear(v, f, slot);
		return 0;
	}
	err = verify_ref_release(v, ref);
	for (u32 i = 1; i < f->slot_count; i++)
		if (f->slots[i].type[0] == SLOT_DYNPTR && f->slots[i].reg.first_slot &&
		    f->slots[i].reg.ref == ref)
			clear(v, f, i);
	return err;
}
