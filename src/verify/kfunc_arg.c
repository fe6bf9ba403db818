// SPDX-License-Identifier: BSD-2-Clause
/* The arguments of a kfunc call, one after the other, by their kinds. */
#include <string.h>
#include "verify/function.h"
#include "verify/kfunc.h"

#define ACQUIRES_TRUST (KF_TRUSTED_ARGS | KF_RELEASE | KF_RCU)

struct at { /* one argument */
	u32 i, regno;
	const char *name;
	u32 to; /* what a pointer points to, modifiers stripped */
	struct vreg *r;
	enum kfunc_arg kind;
};

static bool is_allocated(const struct vreg *r, u32 more)
{
	return r->type == (u32)(REG_BTF_ID | REG_ALLOC | more);
}

static const char *kind_name(const struct btf_info *btf, u32 id)
{
	return btf_kind_word(btf_kind_of(btf, id));
}

/* numbers -------------------------------------------------------------------- */

static int take_constant(struct verifier *v, struct kfunc_call *c, u32 regno)
{
	const struct vreg *r = verify_reg(v, regno);
	int err;

	if (c->has_constant)
		return verify_bug(v, "only one constant argument permitted");
	if (!reg_is_const(r))
		return verify_fail_reg(v, regno, MSG_KARG_NOT_CONST, regno);
	err = verify_mark_precise(v, regno);
	c->has_constant = true;
	c->constant = r->s.bits.value;
	return err;
}

static int check_number(struct verifier *v, struct kfunc_call *c, const struct at *a)
{
	bool rdonly = !strcmp(a->name, "rdonly_buf_size");

	if (a->r->type != REG_SCALAR)
		return verify_fail_reg(v, a->regno, MSG_KARG_NOT_SCALAR, a->regno);
	if (btf_name_ends(a->name, "__k"))
		return take_constant(v, c, a->regno);
	c->r0_rdonly |= rdonly;
	if (!rdonly && strcmp(a->name, "rdwr_buf_size"))
		return 0;
	if (c->r0_size)
		return verify_fail(v, MSG_KARG_TWO_SIZES);
	if (!reg_is_const(a->r))
		return verify_fail_reg(v, a->regno, MSG_KARG_SIZE_NOT_CONST, a->regno);
	c->r0_size = (u32)a->r->s.bits.value;
	return verify_mark_precise(v, a->regno);
}

/* what any pointer must satisfy ------------------------------------------------ */

static int check_trust(struct verifier *v, const struct kfunc_call *c, const struct at *a)
{
	bool map_object = a->kind == KARG_MAP && reg_kind(a->r->type) == REG_BTF_ID;

	if (a->kind != KARG_ALLOCATED && a->kind != KARG_OBJECT && !map_object)
		return 0;
	if (!(c->flags & ACQUIRES_TRUST) || verify_is_trusted(a->r))
		return 0;
	if (!(c->flags & KF_RCU))
		return verify_fail_reg(v, a->regno, MSG_KARG_UNTRUSTED, a->regno);
	if (!(a->r->type & REG_RCU))
		return verify_fail_reg(v, a->regno, MSG_KARG_NOT_RCU, a->regno);
	return 0;
}

static int check_offset(struct verifier *v, const struct kfunc_call *c, const struct at *a)
{
	const struct vreg *r = a->r;
	bool released = c->flags & KF_RELEASE && r->ref;

	if (a->kind == KARG_DYNPTR && reg_kind(r->type) == REG_STACK)
		return 0;
	if (released) {
		if (r->off)
			return verify_fail_reg(v, a->regno, MSG_KARG_RELEASE_OFFSET, a->regno);
		return verify_ptr_off(v, r, a->regno, false);
	}
	switch (reg_kind(r->type)) {
	case REG_STACK:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
	case REG_MEM:
	case REG_BUF:
	case REG_ARENA:
	case REG_SCALAR: return 0;
	case REG_BTF_ID: return verify_ptr_off(v, r, a->regno, verify_object_may_have_offset(r));
	case REG_CTX:
		if (a->kind != KARG_CTX && v->in->prog_type == BPF_PROG_TYPE_SYSCALL)
			return 0;
		return verify_ptr_off(v, r, a->regno, false);
	default: return verify_ptr_off(v, r, a->regno, false);
	}
}

static int check_reference(struct verifier *v, struct kfunc_call *c, const struct at *a)
{
	if (!a->r->ref)
		return 0;
	if (c->flags & KF_RELEASE && c->ref)
		return verify_bug(v, "more than one argument with a reference");
	c->ref = a->r->ref;
	if (c->flags & KF_RELEASE)
		c->release_regno = a->regno;
	return 0;
}

/* kinds ---------------------------------------------------------------------- */

static int check_context(struct verifier *v, struct kfunc_call *c, const struct at *a)
{
	if (a->r->type != REG_CTX)
		return verify_fail_reg(v, a->regno, MSG_KARG_NOT_CTX, a->i,
				       reg_type_name(a->r->type).s);
	if (c->special != KF_cast_to_kern_ctx)
		return 0;
	c->ret_type = verify_kernel_context(v);
	return c->ret_type ? 0 : verify_fail(v, MSG_KARG_NO_CTX_TYPE);
}

static int check_allocated(struct verifier *v, struct kfunc_call *c, const struct at *a)
{
	if (is_allocated(a->r, 0)) {
		if (c->special != KF_obj_drop_impl)
			return verify_fail_reg(v, a->regno, MSG_KARG_ONLY_DROP, a->i);
	} else if (is_allocated(a->r, REG_PERCPU)) {
		if (c->special != KF_percpu_obj_drop_impl)
			return verify_fail_reg(v, a->regno, MSG_KARG_ONLY_PERCPU_DROP, a->i);
	} else {
		return verify_fail_reg(v, a->regno, MSG_KARG_NOT_ALLOCATED, a->i);
	}
	if (!a->r->ref)
		return verify_fail_reg(v, a->regno, MSG_KARG_NOT_REFERENCED);
	c->arg_btf = a->r->btf;
	c->arg_type = a->r->btf_id;
	return 0;
}

static int check_refcounted(struct verifier *v, struct kfunc_call *c, const struct at *a)
{
	const struct btf_fields *fields;
	struct btf_fields room;

	if (reg_kind(a->r->type) != REG_BTF_ID || !(a->r->type & REG_ALLOC))
		return verify_fail_reg(v, a->regno, MSG_KARG_NO_REF_KIND, a->i);
	c->owning |= !(a->r->type & REG_NON_OWN);
	fields = verify_fields_of(v, a->r, &room);
	if (!fields || !(fields->mask & BTF_SPECIAL_REFCOUNT))
		return verify_fail_reg(v, a->regno, MSG_KARG_NO_REFCOUNT, a->i);
	c->arg_btf = a->r->btf;
	c->arg_type = a->r->btf_id;
	return 0;
}

static enum dynptr_kind made_kind(const struct kfunc_call *c)
{
	switch (c->special) {
	case KF_dynptr_from_skb: return DYNPTR_SKB;
	case KF_dynptr_from_xdp: return DYNPTR_XDP;
	case KF_dynptr_from_skb_meta: return DYNPTR_SKB_META;
	case KF_dynptr_from_file: return DYNPTR_FILE;
	case KF_dynptr_clone: return c->dynptr.dynptr_kind;
	default: return DYNPTR_LOCAL;
	}
}

static int check_dynptr(struct verifier *v, struct kfunc_call *c, const struct at *a)
{
	const struct vreg *d;
	int err;

	if (btf_name_ends(a->name, "__uninit"))
		return verify_dynptr_new(v, a->regno, made_kind(c),
					 c->special == KF_dynptr_clone ? c->dynptr.ref : 0);
	err = verify_dynptr_arg(v, a->regno,
				c->special == KF_dynptr_file_discard ? DYNPTR_FILE : DYNPTR_NONE,
				false);
	if (err)
		return err;
	d = verify_dynptr_of(v, a->regno);
	if (!d)
		return verify_bug(v, "a dynptr that is none");
	c->dynptr = *d;
	return 0;
}

static bool css_tasks_allowed(const struct verifier *v)
{
	if (v->in->prog_type == BPF_PROG_TYPE_LSM || v->state->sleepable)
		return true;
	return v->in->prog_type == BPF_PROG_TYPE_TRACING && v->in->attach_type == BPF_TRACE_ITER;
}

static int check_iter(struct verifier *v, struct kfunc_call *c, const struct at *a)
{
	struct iter_kind kind = {
		.btf = c->k->btf, .id = a->to, .rcu = c->flags & KF_RCU_PROTECTED, .func = c->name};
	u32 size = 0;

	if (c->special == KF_iter_css_task_new && !css_tasks_allowed(v))
		return verify_fail(v, MSG_KARG_CSS_TASK);
	if (btf_size_of(c->k->btf, a->to, &size))
		return verify_bug(v, "an iterator without a size");
	kind.slots = size / 8;
	c->iter_slots = kind.slots;
	if (c->flags & KF_ITER_NEW)
		return verify_iter_new(v, a->regno, &kind);
	c->has_iter = true;
	return verify_iter_arg(v, a->regno, &kind, &c->iter);
}

static int check_iter_end(struct verifier *v, const struct kfunc_call *c)
{
	return c->flags & KF_ITER_DESTROY && c->has_iter
		       ? verify_iter_destroy(v, &c->iter, c->iter_slots)
		       : 0;
}

static int check_root(struct verifier *v, struct kfunc_call *c, const struct at *a, u32 kind)
{
	if (a->r->type != REG_MAP_VALUE && !is_allocated(a->r, 0))
		return verify_fail_reg(v, a->regno, MSG_KARG_NOT_VALUE_OR_OBJECT, a->i);
	if (is_allocated(a->r, 0) && !a->r->ref)
		return verify_fail_reg(v, a->regno, MSG_KARG_NOT_REFERENCED);
	return verify_graph_root(v, a->regno, kind, &c->root);
}

static int check_owned_node(struct verifier *v, const struct at *a)
{
	if (!is_allocated(a->r, 0))
		return verify_fail_reg(v, a->regno, MSG_KARG_NOT_ALLOCATED, a->i);
	if (!a->r->ref)
		return verify_fail_reg(v, a->regno, MSG_KARG_NOT_REFERENCED);
	return 0;
}

static int check_node(struct verifier *v, struct kfunc_call *c, const struct at *a, u32 kind)
{
	bool gives = kind == BTF_SPECIAL_LIST_NODE || c->special == KF_rbtree_add_impl;
	int err = 0;

	if (gives)
		err = check_owned_node(v, a);
	else if (!(a->r->type & REG_NON_OWN) && !a->r->ref)
		return verify_fail_reg(v, a->regno, MSG_KARG_TREE_NODE_OWNED, c->name);
	else if (verify_in_rbtree_callback(v))
		return verify_fail_reg(v, a->regno, MSG_KARG_TREE_IN_CALLBACK, c->name);
	err = err ?: verify_graph_node(v, a->regno, kind, &c->root);
	c->arg_btf = a->r->btf;
	c->arg_type = a->r->btf_id;
	return err;
}

/* The kernel's struct of a socket or map pointer; 0: it has none. */
static u32 struct_of(const struct verifier *v, const struct vreg *r)
{
	const char *name;

	switch (reg_kind(r->type)) {
	case REG_BTF_ID: return r->btf_id;
	case REG_SOCKET: name = "sock"; break;
	case REG_SOCK_COMMON: name = "sock_common"; break;
	case REG_TCP_SOCK: name = "tcp_sock"; break;
	case REG_MAP_PTR: name = "bpf_map"; break;
	default: return 0;
	}
	return btf_find(v->in->vmlinux, name, BTF_KIND_STRUCT);
}

/* A program's view of a struct may be given where the kernel's own is asked, and is cast. */
static bool is_projection(const char *want, const char *have)
{
	return (!strcmp(want, "__sk_buff") && !strcmp(have, "sk_buff")) ||
	       (!strcmp(want, "xdp_md") && !strcmp(have, "xdp_buff"));
}

static int check_object(struct verifier *v, const struct kfunc_call *c, const struct at *a,
			u32 want)
{
	const struct vreg *r = a->r;
	u32 flags = r->type & ~(u32)REG_KIND_MASK, safe = REG_ALLOC | REG_TRUSTED | REG_NON_OWN;
	const struct btf_info *btf = reg_kind(r->type) == REG_BTF_ID ? r->btf : v->in->vmlinux;
	u32 have = struct_of(v, r);
	bool strict;

	if (!have || (reg_kind(r->type) == REG_BTF_ID && flags & ~safe && !(flags & REG_RCU)))
		return verify_fail_reg(v, a->regno, MSG_KARG_NOT_OBJECT, a->i,
				       reg_type_name(r->type).s,
				       reg_type_name(reg_kind(r->type) | (flags & safe)).s);
	have = btf_strip(btf, have);
	strict = (c->flags & KF_RELEASE && r->ref) || btf_names_alias(btf, have, c->k->btf, want);
	if (btf_struct_ids_match(btf, have, (u32)r->off, c->k->btf, want, strict) ||
	    is_projection(btf_name(c->k->btf, want), btf_name(btf, have)))
		return 0;
	return verify_fail_reg(v, a->regno, MSG_KARG_OTHER_STRUCT, c->name, a->i,
			       kind_name(c->k->btf, want), btf_name(c->k->btf, want), a->regno,
			       kind_name(btf, have), btf_name(btf, have));
}

static int check_map(struct verifier *v, struct kfunc_call *c, const struct at *a)
{
	u32 want = btf_find(v->in->vmlinux, "bpf_map", BTF_KIND_STRUCT);

	/* As a kernel object: what an iterator of maps gives. */
	if (reg_kind(a->r->type) == REG_BTF_ID)
		return check_object(v, c, a, want);
	if (reg_kind(a->r->type) != REG_MAP_PTR)
		return verify_fail_reg(v, a->regno, MSG_KARG_NOT_MAP, a->regno);
	if (c->map && (c->map != a->r->map || c->map_uid != a->r->map_uid)) {
		bool work = c->special == KF_task_work_schedule_signal_impl ||
			    c->special == KF_task_work_schedule_resume_impl;

		return verify_fail_reg(v, a->regno, work ? MSG_KARG_TASK_WORK_MAP : MSG_KARG_WQ_MAP,
				       c->map_uid, a->r->map_uid);
	}
	c->map = a->r->map;
	c->map_uid = a->r->map_uid;
	return check_object(v, c, a, want);
}

static int check_map_field(struct verifier *v, struct kfunc_call *c, const struct at *a, u32 kind)
{
	if (a->r->type != REG_MAP_VALUE)
		return verify_fail_reg(v, a->regno, MSG_KARG_NOT_VALUE, a->i);
	c->map = a->r->map;
	c->map_uid = a->r->map_uid;
	return verify_map_field(v, a->regno, kind, btf_special_name(kind));
}

static int check_memory(struct verifier *v, const struct kfunc_call *c, const struct at *a)
{
	struct vreg saved = *a->r;
	u32 size;
	int err = btf_size_of(c->k->btf, a->to, &size);

	if (err)
		return verify_fail(v, MSG_KARG_SIZE_UNKNOWN, a->i, kind_name(c->k->btf, a->to),
				   btf_name(c->k->btf, a->to), err);
	if (reg_is_null_const(a->r))
		return 0;
	a->r->type &= ~(u32)REG_MAYBE_NULL;
	err = verify_mem_region(v, a->regno, size, ACCESS_READ, true, NULL);
	err = err ?: verify_mem_region(v, a->regno, size, ACCESS_WRITE, true, NULL);
	if (saved.type & REG_MAYBE_NULL)
		*a->r = saved;
	return err;
}

static int check_sized(struct verifier *v, struct kfunc_call *c, const struct at *a)
{
	const char *size_name = btf_str(c->k->btf, c->func.args[a->i + 1].name_off);
	struct vreg saved = *a->r;
	int err = 0;

	if (!reg_is_null_const(a->r) || !btf_name_ends(a->name, "__opt")) {
		a->r->type &= ~(u32)REG_MAYBE_NULL;
		err = verify_mem_size(v, a->regno, a->regno + 1, ACCESS_READ, true, NULL);
		err = err ?: verify_mem_size(v, a->regno, a->regno + 1, ACCESS_WRITE, true, NULL);
		if (saved.type & REG_MAYBE_NULL)
			*a->r = saved;
	}
	if (err) {
		verify_say(v, "arg#%u arg#%u memory, len pair leads to invalid memory access\n",
			   a->i, a->i + 1);
		return err;
	}
	return btf_name_ends(size_name, "__szk") ? take_constant(v, c, a->regno + 1) : 0;
}

static int check_irq_flag(struct verifier *v, const struct kfunc_call *c, const struct at *a)
{
	if (a->r->type != REG_STACK)
		return verify_fail_reg(v, a->regno, MSG_KARG_NOT_IRQ, a->i);
	switch (c->special) {
	case KF_local_irq_save: return verify_irq_save(v, a->regno, 0);
	case KF_res_spin_lock_irqsave: return verify_irq_save(v, a->regno, 1);
	case KF_local_irq_restore: return verify_irq_restore(v, a->regno, 0);
	case KF_res_spin_unlock_irqrestore: return verify_irq_restore(v, a->regno, 1);
	default: return verify_bug(v, "unknown irq flags kfunc");
	}
}

static int check_lock(struct verifier *v, const struct kfunc_call *c, const struct at *a)
{
	bool lock = c->special == KF_res_spin_lock || c->special == KF_res_spin_lock_irqsave;
	bool irq = c->special == KF_res_spin_lock_irqsave ||
		   c->special == KF_res_spin_unlock_irqrestore;

	if (a->r->type != REG_MAP_VALUE && !is_allocated(a->r, 0))
		return verify_fail_reg(v, a->regno, MSG_KARG_NOT_LOCK, a->i);
	return verify_spin_lock(v, a->regno, lock, true, irq);
}

static int check_callback(struct verifier *v, struct kfunc_call *c, const struct at *a)
{
	if (a->r->type != REG_FUNC)
		return verify_fail_reg(v, a->regno, MSG_KARG_NOT_FUNC, a->i);
	c->callback = a->r->subprog;
	c->has_callback = true;
	return 0;
}

static int check_string(struct verifier *v, const struct at *a)
{
	if (a->r->type != REG_MAP_VALUE)
		return verify_fail_reg(v, a->regno, MSG_KARG_NOT_STRING, a->i);
	return verify_const_string(v, a->regno, NULL, NULL);
}

static int check_kind(struct verifier *v, struct kfunc_call *c, const struct at *a)
{
	switch (a->kind) {
	case KARG_CTX: return check_context(v, c, a);
	case KARG_ALLOCATED: return check_allocated(v, c, a);
	case KARG_REFCOUNTED: return check_refcounted(v, c, a);
	case KARG_DYNPTR: return check_dynptr(v, c, a);
	case KARG_ITER: return check_iter(v, c, a);
	case KARG_LIST_HEAD: return check_root(v, c, a, BTF_SPECIAL_LIST_HEAD);
	case KARG_TREE_ROOT: return check_root(v, c, a, BTF_SPECIAL_RB_ROOT);
	case KARG_LIST_NODE: return check_node(v, c, a, BTF_SPECIAL_LIST_NODE);
	case KARG_TREE_NODE: return check_node(v, c, a, BTF_SPECIAL_RB_NODE);
	case KARG_STRING: return check_string(v, a);
	case KARG_MAP: return check_map(v, c, a);
	case KARG_WORKQUEUE: return check_map_field(v, c, a, BTF_SPECIAL_WORKQUEUE);
	case KARG_TASK_WORK: return check_map_field(v, c, a, BTF_SPECIAL_TASK_WORK);
	case KARG_IRQ_FLAG: return check_irq_flag(v, c, a);
	case KARG_LOCK: return check_lock(v, c, a);
	case KARG_OBJECT: return check_object(v, c, a, a->to);
	case KARG_CALLBACK: return check_callback(v, c, a);
	case KARG_MEMORY: return check_memory(v, c, a);
	case KARG_MEMORY_SIZED: return check_sized(v, c, a);
	default: return verify_bug(v, "an argument of no kind");
	}
}

static int check_pointer(struct verifier *v, struct kfunc_call *c, const struct at *a)
{
	int err = check_reference(v, c, a);

	if (err || a->kind == KARG_NULL)
		return err;
	err = check_trust(v, c, a);
	err = err ?: check_offset(v, c, a);
	return err ?: check_kind(v, c, a);
}

/* Whatever the pointer is for: who asks for trust takes no NULL. */
static int check_null(struct verifier *v, const struct kfunc_call *c, const struct at *a)
{
	if (!(c->flags & ACQUIRES_TRUST) || btf_name_ends(a->name, "__nullable") ||
	    btf_name_ends(a->name, "__ign") || btf_name_ends(a->name, "__prog"))
		return 0;
	return reg_is_null_const(a->r) || a->r->type & REG_MAYBE_NULL
		       ? verify_fail_reg(v, a->regno, MSG_KARG_NULL, a->i)
		       : 0;
}

static int check_arg(struct verifier *v, struct kfunc_call *c, u32 *i)
{
	const struct btf_param *p = &c->func.args[*i];
	u32 type = btf_strip(c->k->btf, p->type);
	struct at a = {.i = *i, .regno = *i + 1, .name = btf_str(c->k->btf, p->name_off)};
	int err = 0;

	a.r = verify_reg(v, a.regno);
	if (btf_kind_of(c->k->btf, type) == BTF_KIND_PTR) {
		a.to = btf_strip(c->k->btf, btf_at(c->k->btf, type)->type);
		err = check_null(v, c, &a);
	}
	err = err ?: kfunc_arg_kind(v, c, *i, &a.kind);
	if (!err && a.kind == KARG_IGNORED)
		verify_stack_escapes(v, a.r);
	if (err || a.kind == KARG_IGNORED)
		return err;
	if (a.kind == KARG_NUMBER)
		return check_number(v, c, &a);
	if (a.kind == KARG_MEMORY_SIZED)
		(*i)++;
	return check_pointer(v, c, &a);
}

int kfunc_check_args(struct verifier *v, struct kfunc_call *c)
{
	int err = 0;

	if (c->func.arg_count > 5)
		return verify_fail(v, MSG_KFUNC_ARGS, c->name, c->func.arg_count, 5);
	for (u32 i = 0; i < c->func.arg_count && !err; i++) {
		const char *name = btf_str(c->k->btf, c->func.args[i].name_off);

		if (!btf_name_ends(name, "__ign") && !btf_name_ends(name, "__prog"))
			err = verify_reg_read(v, i + 1);
		err = err ?: check_arg(v, c, &i);
	}
	if (err)
		return err;
	if (c->flags & KF_RELEASE && !c->release_regno && c->special != KF_dynptr_file_discard)
		return verify_fail(v, MSG_KFUNC_RELEASE_NONE, c->name);
	return check_iter_end(v, c);
}
