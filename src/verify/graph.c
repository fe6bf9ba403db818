// SPDX-License-Identifier: BSD-2-Clause
/*
 * Lists and trees of allocated objects. A root (bpf_list_head, bpf_rb_root) lies
 * in a map value or an object beside the lock that protects it, and says which
 * struct its elements are and where in it their node is. An object put into one
 * is owned by it: the reference is given away, and the pointers to it that the
 * program still has are not owning (REG_NON_OWN), good until the lock is
 * released. What is refcounted stays readable under RCU.
 */
#include "btf/walk.h"
#include "core/kfunc.h"
#include "verify/verifier.h"

bool verify_in_rbtree_callback(const struct verifier *v)
{
	const struct vstate *s = v->state;
	const struct vframe *f = s->frames[s->curframe];
	const struct verify_kfunc *k;

	if (!s->curframe || !f->in_callback || f->callsite >= v->count)
		return false;
	if (v->ops[f->callsite].op != ISA_OP_CALL_KFUNC)
		return false;
	k = verify_kfunc_of(v, &v->ops[f->callsite]);
	return k && k->name && !__builtin_strcmp(k->name, "bpf_rbtree_add_impl");
}

/* Is the lock held that lies in the same object as what the register points to? */
static int check_locked(struct verifier *v, const struct vreg *r)
{
	const void *object = reg_kind(r->type) == REG_MAP_VALUE ? (const void *)r->map : r->btf;

	if (!v->state->active_locks)
		return -EINVAL;
	if (verify_ref_find(v, VREF_ANY_LOCK, r->id, object))
		return 0;
	verify_say(v, "held lock and object are not in the same allocation\n");
	return -EINVAL;
}

int verify_graph_root(struct verifier *v, u32 regno, u32 kind, struct graph_root *root)
{
	const struct vreg *r = verify_reg(v, regno);
	const char *name = btf_special_name(kind);
	const struct btf_special *at = NULL, *lock;
	const struct btf_fields *fields;
	struct btf_fields room;
	u32 off = (u32)r->off + (u32)r->s.bits.value;

	if (!reg_is_const(r))
		return verify_fail_reg(v, regno, MSG_FIELD_VARIES, regno, name, name);
	fields = verify_fields_of(v, r, &room);
	if (fields)
		at = btf_fields_find(fields, off, kind);
	if (!at)
		return verify_fail_reg(v, regno, MSG_GRAPH_NOT_FOUND, name, off);
	if (check_locked(v, r)) {
		lock = btf_fields_first(fields, BTF_SPECIAL_LOCK);
		return verify_fail_reg(v, regno, MSG_GRAPH_UNLOCKED, lock ? (int)lock->offset : -1,
				       name);
	}
	root->at = *at;
	root->btf = reg_kind(r->type) == REG_MAP_VALUE ? r->map->btf : r->btf;
	return 0;
}

int verify_graph_node(struct verifier *v, u32 regno, u32 kind, const struct graph_root *root)
{
	const struct vreg *r = verify_reg(v, regno);
	const char *name = btf_special_name(kind), *element;
	const struct btf_fields *fields;
	struct btf_fields room;
	u32 off = (u32)r->off + (u32)r->s.bits.value;

	if (!reg_is_const(r))
		return verify_fail_reg(v, regno, MSG_FIELD_VARIES, regno, name, name);
	fields = verify_fields_of(v, r, &room);
	if (!fields || !btf_fields_find(fields, off, kind))
		return verify_fail_reg(v, regno, MSG_GRAPH_NOT_FOUND, name, off);
	element = btf_name(root->btf, root->at.type);
	if (!btf_struct_ids_match(r->btf, r->btf_id, 0, root->btf, root->at.type, true))
		return verify_fail_reg(v, regno, MSG_GRAPH_ELEMENT, btf_special_name(root->at.kind),
				       name, root->at.node_offset, element, off,
				       btf_name(r->btf, r->btf_id));
	if (off != root->at.node_offset)
		return verify_fail_reg(v, regno, MSG_GRAPH_NODE, off, name, root->at.node_offset,
				       element);
	return 0;
}

int verify_set_non_owning(struct verifier *v, struct vreg *r)
{
	const struct btf_fields *fields;
	struct btf_fields room;

	if (!v->state->active_locks || r->type & REG_NON_OWN)
		return verify_bug(v, "a pointer to a node without a lock, or twice");
	fields = verify_fields_of(v, r, &room);
	r->type |= REG_NON_OWN;
	if (fields && fields->mask & BTF_SPECIAL_REFCOUNT)
		r->type |= REG_RCU;
	return 0;
}

int verify_give_to_graph(struct verifier *v, u32 ref)
{
	int err = 0;

	if (!verify_ref_find(v, VREF_PTR, ref, NULL))
		return verify_bug(v, "an object without a reference");
	verify_each_reg(v, frame, reg, {
		if (reg->ref == ref && !err) {
			reg->ref = 0;
			err = verify_set_non_owning(v, reg);
		}
	});
	return err ?: verify_ref_release(v, ref);
}
