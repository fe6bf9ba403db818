// SPDX-License-Identifier: BSD-2-Clause
/*
 * Locks and sections: places where a program holds something that its other
 * steps must respect.
 *
 * A spin lock lies in a map's value or in an allocated object, at the offset its
 * type says. bpf_spin_lock: one at a time, and nothing is called meanwhile but
 * what is known not to run programs. Resilient locks may be nested, never the
 * same one twice; all are left in reverse order. Leaving one puts the nodes out
 * of reach that its lists and trees lent.
 *
 * Interrupt flags are saved into a stack slot, SLOT_IRQ, whose register has the
 * reference's id and the family of functions (irq_kind) that must restore them.
 */
#include "btf/fields.h"
#include "verify/verifier.h"

bool verify_in_sleepable_place(const struct verifier *v)
{
	const struct vstate *s = v->state;

	return s->sleepable && !s->active_rcu && !s->active_preempt && !s->active_irq &&
	       !s->active_locks;
}

const struct btf_fields *verify_fields_of(struct verifier *v, const struct vreg *r,
					  struct btf_fields *room)
{
	if (reg_kind(r->type) == REG_MAP_VALUE)
		return r->map->fields;
	if (reg_kind(r->type) != REG_BTF_ID || !(r->type & REG_ALLOC))
		return NULL;
	return btf_fields_of_object(r->btf, r->btf_id, v->in->vmlinux, room) ? NULL : room;
}

/* ---- locks ---- */

struct lock {
	const char *name; /* "bpf_spin" */
	u32 field;        /* enum btf_special_kind */
	enum vref_kind kind;
	const void *object; /* the map or BTF it lies in */
	u32 id;
};

/* The register points to a lock of that kind, or the verdict. */
static int check_lock(struct verifier *v, u32 regno, struct lock *lock)
{
	const struct vreg *r = verify_reg(v, regno);
	const struct verify_map *map = reg_kind(r->type) == REG_MAP_VALUE ? r->map : NULL;
	const struct btf_special *at;
	const struct btf_fields *fields;
	struct btf_fields room;
	s64 off;

	if (!reg_is_const(r))
		return verify_fail_reg(v, regno, MSG_LOCK_OFFSET_VARIES, regno, lock->name);
	if (map && !map->btf)
		return verify_fail_reg(v, regno, MSG_LOCK_NO_BTF, map->name, lock->name);
	fields = verify_fields_of(v, r, &room);
	at = fields ? btf_fields_first(fields, lock->field) : NULL;
	if (!at)
		return verify_fail_reg(v, regno, MSG_LOCK_NONE, map ? "map" : "local",
				       map ? map->name : "kptr", lock->name);
	off = (s64)r->s.bits.value + r->off;
	if (off != at->offset)
		return verify_fail_reg(v, regno, MSG_LOCK_OFFSET, (long long)off, lock->name,
				       at->offset);
	lock->object = map ? (const void *)map : r->btf;
	lock->id = r->id;
	return 0;
}

static int take(struct verifier *v, u32 regno, const struct lock *lock)
{
	if (v->state->active_locks) {
		if (lock->kind == VREF_LOCK &&
		    verify_ref_find(v, VREF_LOCK, v->state->active_lock_id,
				    v->state->active_lock_object))
			return verify_fail_reg(v, regno, MSG_LOCK_TWO);
		if (lock->kind != VREF_LOCK &&
		    verify_ref_find(v, VREF_RES_LOCK | VREF_RES_LOCK_IRQ, lock->id, lock->object))
			return verify_fail_reg(v, regno, MSG_LOCK_SAME);
	}
	return verify_ref_push(v, lock->kind, lock->id, lock->object);
}

static int leave(struct verifier *v, u32 regno, const struct lock *lock)
{
	const struct vstate *s = v->state;

	if (!s->active_locks)
		return verify_fail_reg(v, regno, MSG_UNLOCK_NONE, lock->name);
	if (!verify_ref_find(v, lock->kind, lock->id, lock->object))
		return verify_fail_reg(v, regno, MSG_UNLOCK_OTHER, lock->name);
	if (lock->id != s->active_lock_id || lock->object != s->active_lock_object)
		return verify_fail_reg(v, regno, MSG_UNLOCK_ORDER, lock->name);
	verify_ref_unlock(v, lock->kind, lock->id, lock->object);
	verify_non_owning_gone(v);
	return 0;
}

int verify_spin_lock(struct verifier *v, u32 regno, bool lock, bool resilient, bool irq)
{
	struct lock l = {
		.name = resilient ? "bpf_res_spin" : "bpf_spin",
		.field = resilient ? BTF_SPECIAL_RES_SPIN_LOCK : BTF_SPECIAL_SPIN_LOCK,
		.kind = irq         ? VREF_RES_LOCK_IRQ
			: resilient ? VREF_RES_LOCK
				    : VREF_LOCK,
	};

	return check_lock(v, regno, &l) ?: lock ? take(v, regno, &l) : leave(v, regno, &l);
}

bool verify_lock_allows_call(const struct verifier *v, u32 func_id)
{
	return !v->state->active_locks || func_id == BPF_FUNC_spin_unlock;
}

/* ---- saved interrupt flags ---- */

/* The slot that a register points to; -ERANGE: none there yet. */
static int irq_slot(struct verifier *v, const struct vreg *r, u32 *slot)
{
	return verify_slot_of(v, r, "irq_flag", 1, slot);
}

static bool has_type(const struct vslot *slot, enum slot_type type, bool all)
{
	for (u32 k = 0; k < 8; k++)
		if ((slot->type[k] == type) != all)
			return !all;
	return all;
}

int verify_irq_save(struct verifier *v, u32 regno, u32 kind)
{
	const struct vreg *r = verify_reg(v, regno);
	struct vslot *slot;
	u32 at, id;
	int err;

	err = irq_slot(v, r, &at);
	if ((err && err != -ERANGE) ||
	    (!err && has_type(&verify_frame_of(v, r)->slots[at], SLOT_IRQ, false)))
		return verify_fail_reg(v, regno, MSG_IRQ_NOT_NEW, regno - 1);
	err = verify_mem_access(v, v->insn, regno, 0, 8, ACCESS_WRITE, -1, false, false);
	err = err ?: irq_slot(v, r, &at);
	if (err)
		return err;
	id = ++v->next_id;
	err = verify_ref_push(v, VREF_IRQ, id, NULL);
	if (err)
		return err;
	slot = &verify_frame_of(v, r)->slots[at];
	slot->reg = vreg_pointer(REG_STACK);
	slot->reg.ref = id;
	slot->reg.irq_kind = kind;
	__builtin_memset(slot->type, SLOT_IRQ, sizeof(slot->type));
	verify_slots_written(v, r->frame, 1ull << at);
	verify_touch_slot(v, at);
	return 0;
}

/* Sections with interrupts off are left in reverse order. */
static int check_irq_order(struct verifier *v, u32 regno, u32 id)
{
	const struct vstate *s = v->state;
	u32 insn = 0;

	if (id == s->active_irq)
		return 0;
	for (u32 i = 0; i < s->ref_count; i++)
		if (s->refs[i].id == s->active_irq)
			insn = s->refs[i].insn;
	return verify_fail_reg(v, regno, MSG_IRQ_ORDER, s->active_irq, insn);
}

int verify_irq_restore(struct verifier *v, u32 regno, u32 kind)
{
	static const char *const kinds[] = {"native", "lock"};
	const struct vreg *r = verify_reg(v, regno);
	struct vslot *slot;
	u32 at;
	int err;

	err = irq_slot(v, r, &at);
	slot = err ? NULL : &verify_frame_of(v, r)->slots[at];
	if (!slot || !slot->reg.ref || !has_type(slot, SLOT_IRQ, true))
		return verify_fail_reg(v, regno, MSG_IRQ_NOT_SAVED, regno - 1);
	verify_slots_read(v, r->frame, 1ull << at);
	if (slot->reg.irq_kind != kind)
		return verify_fail_reg(v, regno, MSG_IRQ_KIND, kinds[!!slot->reg.irq_kind],
				       kinds[!!kind]);
	err = check_irq_order(v, regno, slot->reg.ref);
	if (err)
		return err;
	verify_ref_remove(v, VREF_IRQ, slot->reg.ref);
	slot->reg = vreg_not_init();
	__builtin_memset(slot->type, SLOT_INVALID, sizeof(slot->type));
	verify_slots_written(v, r->frame, 1ull << at);
	verify_touch_slot(v, at);
	return 0;
}
