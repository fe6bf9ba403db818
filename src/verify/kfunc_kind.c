// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a kfunc's argument is: by the type and name in the kernel's BTF, and where
 * those leave it open by what is passed. The first rule that fits decides.
 */
#include <string.h>
#include "verify/function.h"
#include "verify/kfunc.h"

enum kfunc_special kfunc_special_of(const char *name)
{
	static const char *const names[] = {
		[KF_NOT_SPECIAL] = "",
#define SPECIAL(name) [KF_##name] = #name,
#include "verify/kfunc_special.def"
#undef SPECIAL
	};

	if (strncmp(name, "bpf_", 4))
		return KF_NOT_SPECIAL;
	for (u32 i = 1; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name + 4))
			return i;
	return KF_NOT_SPECIAL;
}

bool kfunc_under_lock(const struct kfunc_call *c)
{
	switch (c->special) {
	case KF_list_push_front_impl:
	case KF_list_push_back_impl:
	case KF_list_pop_front:
	case KF_list_pop_back:
	case KF_list_front:
	case KF_list_back:
	case KF_rbtree_add_impl:
	case KF_rbtree_remove:
	case KF_rbtree_first:
	case KF_rbtree_root:
	case KF_rbtree_left:
	case KF_rbtree_right:
	case KF_refcount_acquire_impl:
	case KF_iter_num_new:
	case KF_iter_num_next:
	case KF_iter_num_destroy:
	case KF_res_spin_lock:
	case KF_res_spin_unlock:
	case KF_res_spin_lock_irqsave:
	case KF_res_spin_unlock_irqrestore:
	case KF_stream_vprintk_impl: return true;
	default: return false;
	}
}

/* The argument being looked at. */
struct looked {
	const struct btf_info *btf;
	const char *name; /* of the parameter */
	u32 type;         /* modifiers stripped */
	u32 to;           /* what it points to, stripped */
	const char *to_name;
	const struct vreg *r;
};

static bool suffix(const struct looked *a, const char *s)
{
	return btf_name_ends(a->name, s);
}

static bool points_to(const struct looked *a, const char *name)
{
	return btf_kind_of(a->btf, a->to) == BTF_KIND_STRUCT && !strcmp(a->to_name, name);
}

static bool is_scalar(const struct btf_info *btf, u32 id)
{
	u32 kind = btf_kind_of(btf, id);

	return kind == BTF_KIND_INT || kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64;
}

static bool is_struct(const struct btf_info *btf, u32 id)
{
	u32 kind = btf_kind_of(btf, id);

	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

/* Structs of numbers, of such structs, and of arrays of either. */
static bool is_scalar_struct(const struct btf_info *btf, u32 id, u32 depth)
{
	if (!is_struct(btf, id) || depth > 3)
		return false;
	for (u32 i = 0; i < btf_field_count(btf, id); i++) {
		struct btf_field f;
		u32 type, count;

		if (btf_field_at(btf, id, i, &f))
			return false;
		type = btf_strip(btf, f.type);
		if (is_struct(btf, type)) {
			if (!is_scalar_struct(btf, type, depth + 1))
				return false;
			continue;
		}
		if (btf_kind_of(btf, type) == BTF_KIND_ARRAY) {
			if (btf_array_of(btf, type, &type, &count) || !count)
				return false;
			type = btf_strip(btf, type);
		}
		if (!is_scalar(btf, type))
			return false;
	}
	return true;
}

bool kfunc_is_scalar_struct(const struct btf_info *btf, u32 id)
{
	return is_scalar_struct(btf, id, 0);
}

static const char *kind_name(const struct btf_info *btf, u32 id)
{
	return btf_kind_word(btf_kind_of(btf, id));
}

/* By a suffix of the parameter's name, or by the struct's. */
static bool by_name(const struct looked *a, const struct kfunc_call *c, u32 arg,
		    enum kfunc_arg *kind)
{
	static const struct {
		const char *suffix, *name; /* either */
		enum kfunc_arg kind;
	} rules[] = {
		{"__alloc", NULL, KARG_ALLOCATED},
		{"__refcounted_kptr", NULL, KARG_REFCOUNTED},
		{NULL, "bpf_dynptr", KARG_DYNPTR},
		{NULL, "bpf_dynptr_kern", KARG_DYNPTR},
		{NULL, "bpf_list_head", KARG_LIST_HEAD},
		{NULL, "bpf_list_node", KARG_LIST_NODE},
		{NULL, "bpf_rb_root", KARG_TREE_ROOT},
		{NULL, "bpf_rb_node", KARG_TREE_NODE},
		{"__str", NULL, KARG_STRING},
		{"__map", NULL, KARG_MAP},
		{NULL, "bpf_wq", KARG_WORKQUEUE},
		{NULL, "bpf_task_work", KARG_TASK_WORK},
		{"__irq_flag", NULL, KARG_IRQ_FLAG},
		{NULL, "bpf_res_spin_lock", KARG_LOCK},
	};
	bool iter = c->flags & (KF_ITER_NEW | KF_ITER_NEXT | KF_ITER_DESTROY) && !arg;

	for (u32 i = 0; i < ARRAY_SIZE(rules); i++) {
		if (i == 4 && (iter || suffix(a, "__iter"))) {
			*kind = KARG_ITER;
			return true;
		}
		if ((rules[i].suffix && suffix(a, rules[i].suffix)) ||
		    (rules[i].name && points_to(a, rules[i].name))) {
			*kind = rules[i].kind;
			return true;
		}
	}
	return false;
}

/* Does the next argument say how long this memory is? */
static bool has_size(struct verifier *v, const struct kfunc_call *c, u32 arg)
{
	const struct btf_param *next;
	const char *name;

	if (arg + 1 >= c->func.arg_count)
		return false;
	next = &c->func.args[arg + 1];
	name = btf_str(c->k->btf, next->name_off);
	return is_scalar(c->k->btf, btf_strip(c->k->btf, next->type)) &&
	       verify_reg(v, arg + 2)->type == REG_SCALAR &&
	       (btf_name_ends(name, "__sz") || btf_name_ends(name, "__szk"));
}

static bool is_kernel_object(const struct vreg *r)
{
	switch (reg_kind(r->type)) {
	case REG_BTF_ID:
	case REG_SOCKET:
	case REG_SOCK_COMMON:
	case REG_TCP_SOCK:
	case REG_MAP_PTR: return true;
	default: return false;
	}
}

static int by_register(struct verifier *v, const struct kfunc_call *c, const struct looked *a,
		       u32 arg, enum kfunc_arg *kind)
{
	u32 to_kind = btf_kind_of(a->btf, a->to);
	bool sized;

	if (is_kernel_object(a->r)) {
		if (to_kind != BTF_KIND_STRUCT && to_kind != BTF_KIND_UNION)
			return verify_fail(v, MSG_KARG_POINTER_TYPE, c->name, arg,
					   kind_name(a->btf, a->to), a->to_name);
		*kind = KARG_OBJECT;
		return 0;
	}
	if (to_kind == BTF_KIND_FUNC_PROTO) {
		*kind = KARG_CALLBACK;
		return 0;
	}
	sized = has_size(v, c, arg);
	if (!is_scalar(a->btf, a->to) && !is_scalar_struct(a->btf, a->to, 0) && !(sized && !a->to))
		return verify_fail(v, MSG_KARG_MUST_POINT, arg, kind_name(a->btf, a->to),
				   a->to_name, sized ? "void, " : "");
	*kind = sized ? KARG_MEMORY_SIZED : KARG_MEMORY;
	return 0;
}

int kfunc_arg_kind(struct verifier *v, const struct kfunc_call *c, u32 arg, enum kfunc_arg *kind)
{
	const struct btf_param *p = &c->func.args[arg];
	struct looked a = {
		.btf = c->k->btf,
		.name = btf_str(c->k->btf, p->name_off),
		.type = btf_strip(c->k->btf, p->type),
		.r = verify_reg(v, arg + 1),
	};

	*kind = KARG_IGNORED;
	if (suffix(&a, "__ign") || suffix(&a, "__prog"))
		return 0;
	*kind = KARG_NUMBER;
	if (is_scalar(a.btf, a.type))
		return 0;
	if (btf_kind_of(a.btf, a.type) != BTF_KIND_PTR)
		return verify_fail(v, MSG_KARG_TYPE, arg, kind_name(a.btf, a.type));
	a.to = btf_strip(a.btf, btf_at(a.btf, a.type)->type);
	a.to_name = btf_name(a.btf, a.to);
	*kind = KARG_CTX;
	if (c->special == KF_cast_to_kern_ctx ||
	    verify_is_context_type(a.btf, btf_at(a.btf, a.type)->type, v->in->prog_type))
		return 0;
	*kind = KARG_NULL;
	if (suffix(&a, "__nullable") && reg_is_null_const(a.r) && !has_size(v, c, arg))
		return 0;
	if (by_name(&a, c, arg, kind))
		return 0;
	return by_register(v, c, &a, arg, kind);
}
