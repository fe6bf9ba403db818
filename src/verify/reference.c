// SPDX-License-Identifier: BSD-2-Clause
/*
 * References: what a program has been given and must give back (sockets, ring
 * buffer records, kernel objects, allocated ones), and what it has entered and
 * must leave (locks, sections with interrupts off).
 *
 * A state holds one list of them, in order of acquisition. A reference has an id
 * that every register and stack slot carries in `ref` that holds the object or
 * was made from it; when it is released they all become worthless. Locks count
 * in the same list, told apart by what they are in (`object`: a map or a type's
 * BTF) and by the id of the pointer that leads there, so that two lookups of one
 * map's values are two locks. Locks and interrupt flags are left in the reverse
 * order they were entered in: the newest of each is kept beside the list.
 */
#include "verify/verifier.h"

static struct vref *push(struct verifier *v, enum vref_kind kind, u32 id, const void *object)
{
	struct vstate *s = v->state;
	struct vref *ref;

	if (verify_block_grow(v, (void **)&s->refs, &s->ref_cap, s->ref_count + 1,
			      sizeof(*s->refs)))
		return NULL;
	ref = &s->refs[s->ref_count++];
	*ref = (struct vref){.kind = kind, .id = id, .insn = v->insn, .object = object};
	return ref;
}

int verify_ref_push(struct verifier *v, enum vref_kind kind, u32 id, const void *object)
{
	struct vstate *s = v->state;

	if (!push(v, kind, id, object))
		return -ENOMEM;
	if (kind & VREF_ANY_LOCK) {
		s->active_locks++;
		s->active_lock_id = id;
		s->active_lock_object = object;
	} else if (kind == VREF_IRQ) {
		s->active_irq = id;
	}
	return 0;
}

int verify_ref_acquire(struct verifier *v, u32 *id)
{
	u32 fresh = ++v->next_id;

	if (!push(v, VREF_PTR, fresh, NULL))
		return -ENOMEM;
	*id = fresh;
	return 0;
}

static struct vref *find(const struct vstate *s, u32 kinds, u32 id, const void *object)
{
	for (u32 i = 0; i < s->ref_count; i++)
		if (s->refs[i].kind & kinds && s->refs[i].id == id && s->refs[i].object == object)
			return &s->refs[i];
	return NULL;
}

const struct vref *verify_ref_find(const struct verifier *v, u32 kinds, u32 id, const void *object)
{
	return find(v->state, kinds, id, object);
}

/* The newest of kinds `kinds`, or NULL. */
static const struct vref *newest(const struct vstate *s, u32 kinds)
{
	for (u32 i = s->ref_count; i-- > 0;)
		if (s->refs[i].kind & kinds)
			return &s->refs[i];
	return NULL;
}

static void remove_at(struct vstate *s, struct vref *ref)
{
	u32 behind = s->ref_count - 1 - (u32)(ref - s->refs);
	u32 kind = ref->kind;
	const struct vref *last;

	__builtin_memmove(ref, ref + 1, behind * sizeof(*ref));
	s->ref_count--;
	if (kind & VREF_ANY_LOCK) {
		last = newest(s, VREF_ANY_LOCK);
		s->active_locks--;
		s->active_lock_id = last ? last->id : 0;
		s->active_lock_object = last ? last->object : NULL;
	} else if (kind == VREF_IRQ) {
		last = newest(s, VREF_IRQ);
		s->active_irq = last ? last->id : 0;
	}
}

bool verify_ref_remove(struct verifier *v, enum vref_kind kind, u32 id)
{
	struct vstate *s = v->state;

	for (u32 i = 0; i < s->ref_count; i++)
		if (s->refs[i].kind == kind && s->refs[i].id == id) {
			remove_at(s, &s->refs[i]);
			return true;
		}
	return false;
}

bool verify_ref_unlock(struct verifier *v, enum vref_kind kind, u32 id, const void *object)
{
	struct vref *ref = find(v->state, kind, id, object);

	if (ref)
		remove_at(v->state, ref);
	return ref;
}

void verify_reg_invalidate(const struct verifier *v, struct vreg *r)
{
	*r = v->ptr_leaks ? verify_unknown(v) : vreg_not_init();
}

int verify_ref_release(struct verifier *v, u32 id)
{
	if (!verify_ref_remove(v, VREF_PTR, id))
		return -EINVAL;
	verify_each_reg(v, frame, reg, {
		if (reg->ref == id)
			verify_reg_invalidate(v, reg);
	});
	return 0;
}

void verify_non_owning_gone(struct verifier *v)
{
	verify_each_reg(v, frame, reg, {
		if (reg->type & REG_NON_OWN)
			verify_reg_invalidate(v, reg);
	});
}

/* A struct_ops program may return a reference to the kernel: its exit checks which. */
static bool is_returned(const struct verifier *v, u32 id)
{
	const struct vstate *s = v->state;

	return v->in->prog_type == BPF_PROG_TYPE_STRUCT_OPS &&
	       s->frames[s->curframe]->regs[0].ref == id;
}

int verify_ref_leaks(struct verifier *v, bool exception)
{
	const struct vstate *s = v->state;
	int err = 0;

	if (!exception && s->curframe)
		return 0;
	for (u32 i = 0; i < s->ref_count; i++) {
		const struct vref *ref = &s->refs[i];

		if (ref->kind != VREF_PTR || (!exception && is_returned(v, ref->id)))
			continue;
		if (!err)
			err = verify_fail(v, MSG_REFERENCE_LEAK, ref->id, ref->insn);
		else
			verify_say(v, "Unreleased reference id=%u alloc_insn=%u\n", ref->id,
				   ref->insn);
	}
	return err;
}
