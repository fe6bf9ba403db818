// SPDX-License-Identifier: BSD-2-Clause
/* What a kfunc leaves in r0. */
#include <string.h>
#include "verify/kfunc.h"

#define MAX_PERCPU_OBJECT 512

static bool is_struct(const struct btf_info *btf, u32 id)
{
	return btf_kind_of(btf, id) == BTF_KIND_STRUCT || btf_kind_of(btf, id) == BTF_KIND_UNION;
}

static struct vreg object(u32 flags, const struct btf_info *btf, u32 id)
{
	struct vreg r = vreg_pointer(REG_BTF_ID | flags);

	r.btf = btf;
	r.btf_id = id;
	return r;
}

static int new_object(struct verifier *v, const struct kfunc_call *c, struct vreg *r0)
{
	const struct btf_info *btf = v->in->btf;
	bool percpu = c->special == KF_percpu_obj_new_impl;
	u32 id = (u32)c->constant, size;

	if (c->constant != id)
		return verify_fail(v, MSG_KRET_TYPE_RANGE);
	if (!btf)
		return verify_fail(v, MSG_KRET_NO_BTF);
	if (btf_kind_of(btf, id) != BTF_KIND_STRUCT || btf_size_of(btf, id, &size))
		return verify_fail(v, MSG_KRET_NOT_STRUCT);
	if (percpu && size > MAX_PERCPU_OBJECT)
		return verify_fail(v, MSG_KRET_PERCPU_SIZE, size, MAX_PERCPU_OBJECT);
	if (percpu && !kfunc_is_scalar_struct(btf, id))
		return verify_fail(v, MSG_KRET_PERCPU_SCALARS);
	if (percpu && btf_fields_in_object(btf, id))
		return verify_fail(v, MSG_KRET_PERCPU_SPECIAL);
	*r0 = object(REG_ALLOC | (percpu ? REG_PERCPU : 0), btf, id);
	return 0;
}

static int cast_readonly(struct verifier *v, const struct kfunc_call *c, struct vreg *r0)
{
	const struct btf_info *btf = c->k->btf;
	u32 id = (u32)c->constant;

	if (c->constant != id || (id && !btf_at(btf, id)))
		return verify_fail(v, MSG_KRET_CAST_UNKNOWN, (long long)c->constant);
	if (id && is_struct(btf, id)) {
		*r0 = object(REG_UNTRUSTED, btf, id);
		return 0;
	}
	if (id || !verify_has(v, KERNEL_MEM_RDONLY_CAST))
		return verify_fail(v, MSG_KRET_CAST_TYPE);
	*r0 = vreg_pointer(REG_MEM | REG_RDONLY | REG_UNTRUSTED);
	return 0;
}

static int slice(struct verifier *v, const struct kfunc_call *c, struct vreg *r0)
{
	u32 kind = c->dynptr.dynptr_kind;
	bool packet = kind == DYNPTR_SKB || kind == DYNPTR_XDP || kind == DYNPTR_SKB_META;

	if (!c->has_constant || !c->dynptr.id)
		return verify_bug(v, "a slice without a size or a dynptr");
	*r0 = vreg_pointer(REG_MEM | (packet ? REG_OF_PACKET : 0));
	r0->mem_size = (u32)c->constant;
	r0->dynptr_id = c->dynptr.id;
	if (c->special == KF_dynptr_slice) {
		r0->type |= REG_RDONLY;
		return 0;
	}
	if (!verify_may_write_packet(v, NULL))
		return verify_fail(v, MSG_KRET_PACKET_WRITE);
	v->seen_direct_write = true;
	return 0;
}

/* The element of a list or tree: a pointer to its node. */
static struct vreg element(const struct graph_root *root)
{
	struct vreg r = object(REG_ALLOC, root->btf, root->at.type);

	r.off = (s32)root->at.node_offset;
	return r;
}

static bool returns_node(const struct kfunc_call *c, u32 to)
{
	const char *name = btf_name(c->k->btf, to);

	return is_struct(c->k->btf, to) &&
	       (!strcmp(name, "bpf_list_node") || !strcmp(name, "bpf_rb_node"));
}

/* Results that no type tells; *done when it was one. */
static int special(struct verifier *v, const struct kfunc_call *c, u32 to, struct vreg *r0,
		   bool *done)
{
	*done = true;
	switch (c->special) {
	case KF_obj_new_impl:
	case KF_percpu_obj_new_impl: return new_object(v, c, r0);
	case KF_refcount_acquire_impl: *r0 = object(REG_ALLOC, c->arg_btf, c->arg_type); return 0;
	case KF_cast_to_kern_ctx: *r0 = object(REG_TRUSTED, c->k->btf, c->ret_type); return 0;
	case KF_rdonly_cast: return cast_readonly(v, c, r0);
	case KF_dynptr_slice:
	case KF_dynptr_slice_rdwr: return slice(v, c, r0);
	default:
		*done = returns_node(c, to);
		if (*done)
			*r0 = element(&c->root);
		return 0;
	}
}

static int by_type(struct verifier *v, struct kfunc_call *c, u32 to, struct vreg *r0)
{
	const struct btf_info *btf = c->k->btf;
	u32 size;

	if (is_struct(btf, to)) {
		*r0 = object(c->special == KF_get_kmem_cache ? REG_UNTRUSTED
			     : c->flags & KF_RCU_PROTECTED   ? REG_RCU
							     : 0,
			     btf, to);
		if (c->flags & KF_ITER_NEXT)
			r0->type |= v->state->frames[c->iter.frame]->slots[c->iter.slot].reg.type &
						    REG_RCU
					    ? REG_RCU
					    : REG_TRUSTED;
		return 0;
	}
	if (!c->r0_size && !btf_size_of(btf, to, &size)) {
		c->r0_size = size;
		c->r0_rdonly = c->special != KF_session_cookie;
	}
	if (!c->r0_size)
		return verify_fail(v, MSG_KRET_POINTER, c->name,
				   btf_kind_word(btf_kind_of(btf, to)), btf_name(btf, to));
	*r0 = vreg_pointer(REG_MEM | (c->r0_rdonly ? REG_RDONLY : 0) |
			   (c->flags & KF_RCU_PROTECTED ? REG_RCU : 0));
	r0->mem_size = c->r0_size;
	r0->ref = c->has_iter ? c->iter.ref : c->ref; /* not to be used once that is released */
	return 0;
}

/* Whoever owns an object can always have another reference to it. */
static bool may_return_null(const struct kfunc_call *c)
{
	return c->flags & KF_RET_NULL && !(c->special == KF_refcount_acquire_impl && c->owning);
}

static int set_pointer(struct verifier *v, struct kfunc_call *c, u32 to, struct vreg *r0)
{
	bool done;
	int err = special(v, c, to, r0, &done);

	if (err)
		return err;
	if (!done && !to)
		*r0 = verify_unknown(v);
	else if (!done)
		err = by_type(v, c, to, r0);
	if (err || r0->type == REG_SCALAR)
		return err;
	if (may_return_null(c)) {
		r0->type |= REG_MAYBE_NULL;
		r0->id = ++v->next_id;
	}
	if (c->flags & KF_ACQUIRE) {
		u32 ref;

		err = verify_ref_acquire(v, &ref);
		if (r0->type & REG_MAYBE_NULL)
			r0->id = ref;
		r0->ref = ref;
	} else if (returns_node(c, to)) {
		err = verify_set_non_owning(v, r0);
	}
	if (!err && verify_may_hold_lock(r0) && !r0->id)
		r0->id = ++v->next_id;
	return err;
}

static bool makes_objects(const struct kfunc_call *c)
{
	return c->special == KF_obj_new_impl || c->special == KF_percpu_obj_new_impl ||
	       c->special == KF_refcount_acquire_impl;
}

int kfunc_set_result(struct verifier *v, struct kfunc_call *c)
{
	u32 type = btf_strip(c->k->btf, c->func.ret), kind = btf_kind_of(c->k->btf, type), to = 0;
	struct vreg r0 = vreg_not_init();
	int err = 0;

	if (kind == BTF_KIND_PTR)
		to = btf_strip(c->k->btf, btf_at(c->k->btf, type)->type);
	if (c->flags & KF_ACQUIRE && !(kind == BTF_KIND_PTR && is_struct(c->k->btf, to)) &&
	    !makes_objects(c))
		return verify_fail(v, MSG_KFUNC_ACQUIRE_TYPE);
	if (kind == BTF_KIND_PTR) {
		err = set_pointer(v, c, to, &r0);
	} else if (type) {
		r0 = verify_unknown(v);
		/* The way on which the lock was taken; the other one is put aside already. */
		if (c->special == KF_res_spin_lock || c->special == KF_res_spin_lock_irqsave)
			r0.s = scalar_const(0);
	}
	*verify_reg(v, 0) = r0;
	return err;
}
