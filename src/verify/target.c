// SPDX-License-Identifier: BSD-2-Clause
/*
 * Finding what a program is attached to. The checks run in the kernel's order,
 * after control flow and before the walk: first by program type what the BTF id
 * must be, then whether the function can be hooked at all (its arguments have to
 * go into registers and stack slots), then what the attach point itself refuses.
 */
#include "verify/target.h"

#include <string.h>

#define LSM_PREFIX        "bpf_lsm_"
#define TRACEPOINT_PREFIX "btf_trace_"
#define ITER_PREFIX       "bpf_iter_"
#define ARGS_MAX          12
#define STRUCT_ARG_MAX    16 /* bytes of a struct that is passed by value */

static bool has_prefix(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

/* Bytes of an argument or result; -EINVAL for what registers do not hold. */
static int register_size(const struct btf_info *b, u32 id, u32 *size)
{
	u32 real = btf_strip(b, id);

	*size = 0;
	switch (btf_kind_of(b, real)) {
	case BTF_KIND_UNKN: return id ? -EINVAL : 0; /* void */
	case BTF_KIND_PTR:
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: return btf_size_of(b, real, size);
	default: return -EINVAL;
	}
}

static const char *kind_word(const struct btf_info *b, u32 id)
{
	return btf_kind_word(btf_kind_of(b, btf_strip(b, id)));
}

static bool is_compound(const struct btf_info *b, u32 id)
{
	u32 kind = btf_kind_of(b, btf_strip(b, id));

	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

/* Can a trampoline pass its arguments on? */
static int check_prototype(struct verifier *v, const struct verify_target *t)
{
	const struct btf_function *f = &t->func;
	u32 size;

	if (f->arg_count > ARGS_MAX)
		return verify_fail(v, MSG_TARGET_ARGS, t->name, f->arg_count);
	if (register_size(t->btf, f->ret, &size) || is_compound(t->btf, f->ret))
		return verify_fail(v, MSG_TARGET_RETURN, t->name, kind_word(t->btf, f->ret));
	for (u32 i = 0; i < f->arg_count; i++) {
		u32 type = f->args[i].type;

		if (i == f->arg_count - 1 && !type)
			return verify_fail(v, MSG_TARGET_VARIADIC, t->name);
		if (register_size(t->btf, type, &size) ||
		    (is_compound(t->btf, type) && size > STRUCT_ARG_MAX))
			return verify_fail(v, MSG_TARGET_ARG_TYPE, t->name, i,
					   kind_word(t->btf, type));
		if (!size)
			return verify_fail(v, MSG_TARGET_ARG_VOID, t->name);
	}
	return 0;
}

/* --- raw tracepoints, iterators ------------------------------------------------------------- */

static int find_tracepoint(struct verifier *v, struct verify_target *t)
{
	const struct btf_type *type = btf_at(t->btf, t->id);
	u32 proto;

	if (v->in->attach_prog)
		return verify_fail_quiet(v, MSG_TARGET_NO_FUNCTION, t->id);
	if (btf_kind_of(t->btf, t->id) != BTF_KIND_TYPEDEF)
		return verify_fail(v, MSG_TARGET_NO_TYPEDEF, t->id);
	if (!has_prefix(t->name, TRACEPOINT_PREFIX))
		return verify_fail(v, MSG_TARGET_WRONG_NAME, t->id, t->name);
	t->name += strlen(TRACEPOINT_PREFIX);
	if (!btf_pointee(t->btf, type->type, &proto) || btf_function_of(t->btf, proto, &t->func))
		return verify_fail_quiet(v, MSG_TARGET_NO_FUNCTION, t->id);
	t->kind = TARGET_TRACEPOINT;
	t->skip = 1; /* void *__data */
	t->trusted = true;
	if (verify_has(v, KERNEL_RAW_TP_NULLABLE))
		t->nullable = hook_tracepoint_nullable(t->name);
	return 0;
}

static int find_iterator(struct verifier *v, struct verify_target *t)
{
	if (btf_function_of(t->btf, t->id, &t->func) || btf_kind_of(t->btf, t->id) != BTF_KIND_FUNC)
		return verify_fail(v, MSG_TARGET_NO_FUNCTION, t->id);
	if (has_prefix(t->name, ITER_PREFIX))
		t->iter = hook_iter(t->name + strlen(ITER_PREFIX));
	if (!t->iter)
		return verify_fail_quiet(v, MSG_TARGET_ITER, t->name);
	t->kind = TARGET_ITER;
	t->trusted = true;
	return check_prototype(v, t);
}

/* --- functions ------------------------------------------------------------------------------ */

static bool is_hook(const struct btf_info *b, const char *name)
{
	u32 hooks = btf_find(b, "security_list_options", BTF_KIND_UNION);
	struct btf_field f;

	if (!has_prefix(name, LSM_PREFIX))
		return false;
	return !hooks || !btf_field_find(b, hooks, name + strlen(LSM_PREFIX), &f);
}

static int check_hook(struct verifier *v, struct verify_target *t)
{
	u32 flags;

	if (!v->in->gpl)
		return verify_fail(v, MSG_TARGET_LSM_GPL);
	flags = has_prefix(t->name, LSM_PREFIX) ? hook_lsm(t->name + strlen(LSM_PREFIX)) : 0;
	if (flags & HOOK_DISABLED && verify_has(v, KERNEL_LSM_DISABLED_HOOKS))
		return verify_fail(v, MSG_TARGET_DISABLED, t->id, t->name);
	if (!is_hook(t->btf, t->name))
		return verify_fail(v, MSG_TARGET_WRONG_NAME, t->id, t->name);
	t->trusted = !(flags & HOOK_UNTRUSTED);
	t->returns_bool = flags & HOOK_BOOL;
	return 0;
}

/* The kernel's own functions for tests were no exception once. */
static bool has_test_functions(const struct verifier *v, const struct verify_target *t)
{
	return verify_has(v, KERNEL_TEST_FUNCTIONS) ||
	       (!has_prefix(t->name, "bpf_fentry_test") &&
		!has_prefix(t->name, "bpf_modify_return_test"));
}

static bool may_sleep(const struct verifier *v, const struct verify_target *t)
{
	bool sleepable = false;

	if (v->in->attach_prog)
		return false;
	if (v->in->prog_type == BPF_PROG_TYPE_LSM)
		return has_prefix(t->name, LSM_PREFIX) &&
		       hook_lsm(t->name + strlen(LSM_PREFIX)) & HOOK_SLEEPABLE;
	hook_is_modifiable(t->name, &sleepable);
	return sleepable && has_test_functions(v, t);
}

/* What the attach point refuses, once it is known to be a function. */
static int check_function(struct verifier *v, struct verify_target *t)
{
	bool unused, ends = v->in->attach_type == BPF_TRACE_FEXIT ||
			    v->in->attach_type == BPF_MODIFY_RETURN;

	if (v->sleepable && !may_sleep(v, t))
		return verify_fail(v, MSG_TARGET_SLEEPS, t->name);
	if (v->in->attach_type == BPF_MODIFY_RETURN) {
		if (v->in->attach_prog)
			return verify_fail(v, MSG_TARGET_MODIFY_PROG);
		if (!hook_is_modifiable(t->name, &unused) || !has_test_functions(v, t))
			return verify_fail(v, MSG_TARGET_MODIFY, t->name);
	}
	if (v->in->attach_prog || v->in->prog_type == BPF_PROG_TYPE_EXT)
		return 0;
	if (v->in->prog_type == BPF_PROG_TYPE_LSM)
		return check_hook(v, t);
	if (hook_is_denied(t->name))
		return verify_has(v, KERNEL_DENIED_NAMED)
			       ? verify_fail(v, MSG_TARGET_DENIED, t->name)
			       : verify_fail_quiet(v, MSG_TARGET_DENIED, t->name);
	if (ends && hook_is_noreturn(t->name))
		return verify_has(v, KERNEL_DENIED_NAMED)
			       ? verify_fail(v, MSG_TARGET_NORETURN, t->name)
			       : verify_fail(v, MSG_TARGET_NORETURN_OLD);
	return 0;
}

static enum target_kind kind_of(const struct verifier *v)
{
	switch (v->in->attach_type) {
	case BPF_TRACE_FENTRY: return TARGET_ENTRY;
	case BPF_TRACE_FEXIT: return TARGET_EXIT;
	case BPF_MODIFY_RETURN: return TARGET_MODIFY;
	case BPF_LSM_MAC: return TARGET_LSM;
	case BPF_LSM_CGROUP: return TARGET_LSM_CGROUP;
	default: return TARGET_NONE;
	}
}

static int find_function(struct verifier *v, struct verify_target *t)
{
	int err;

	if (btf_kind_of(t->btf, t->id) != BTF_KIND_FUNC)
		return verify_fail(v, MSG_TARGET_NO_FUNCTION, t->id);
	if (btf_function_of(t->btf, t->id, &t->func))
		return verify_fail_quiet(v, MSG_TARGET_NO_FUNCTION, t->id);
	err = check_prototype(v, t);
	err = err ?: check_function(v, t);
	if (!err)
		t->kind = v->in->prog_type == BPF_PROG_TYPE_EXT ? TARGET_EXTENSION : kind_of(v);
	return err;
}

/* --- functions of other programs ------------------------------------------------------------- */

static const struct verify_attach_sub *subprog(const struct verify_attach_prog *p, u32 id)
{
	for (u32 i = 0; i < p->sub_count; i++)
		if (p->subs[i].type_id == id)
			return &p->subs[i];
	return NULL;
}

/* What an extension replaces must be called in the same way. */
static int check_same_signature(struct verifier *v, const struct verify_target *t)
{
	const struct btf_info *own = v->in->btf;
	const char *name;
	struct btf_function f;
	u32 size1, size2;

	if (!own || !v->subs[0].type_id || btf_function_of(own, v->subs[0].type_id, &f))
		return verify_fail(v, MSG_TARGET_NO_BTF);
	name = btf_name(own, v->subs[0].type_id);
	if (f.arg_count != t->func.arg_count)
		return verify_fail(v, MSG_TARGET_EXTEND_ARGS, name, f.arg_count, t->name,
				   t->func.arg_count);
	if (btf_kind_of(own, btf_strip(own, f.ret)) !=
	    btf_kind_of(t->btf, btf_strip(t->btf, t->func.ret)))
		return verify_fail(v, MSG_TARGET_EXTEND_RETURN, kind_word(own, f.ret), name,
				   kind_word(t->btf, t->func.ret), t->name);
	for (u32 i = 0; i < f.arg_count; i++) {
		u32 a = f.args[i].type, b = t->func.args[i].type;

		if (btf_kind_of(own, btf_strip(own, a)) !=
		    btf_kind_of(t->btf, btf_strip(t->btf, b)))
			return verify_fail(v, MSG_TARGET_EXTEND_ARG, i, name, kind_word(own, a),
					   t->name, kind_word(t->btf, b));
		if (register_size(own, a, &size1) || register_size(t->btf, b, &size2))
			continue;
		if (size1 != size2)
			return verify_fail(v, MSG_TARGET_EXTEND_SIZE, i, name, size1, t->name,
					   size2);
	}
	return 0;
}

static int check_other_program(struct verifier *v, struct verify_target *t)
{
	const struct verify_attach_prog *p = v->in->attach_prog;
	const struct verify_attach_sub *sub = subprog(p, t->id);
	bool extends = v->in->prog_type == BPF_PROG_TYPE_EXT;

	if (!sub)
		return verify_fail(v, MSG_TARGET_SUBPROG, t->name);
	if (sub->exception)
		return verify_fail(v, MSG_TARGET_EXCEPTION, extends ? "Extension" : "FENTRY/FEXIT");
	if (extends && !sub->global)
		return verify_fail(v, MSG_TARGET_STATIC);
	if (p->type == v->in->prog_type)
		return verify_fail(v, MSG_TARGET_RECURSIVE);
	if (extends && p->type == BPF_PROG_TYPE_TRACING &&
	    (p->attach_type == BPF_TRACE_FENTRY || p->attach_type == BPF_TRACE_FEXIT))
		return verify_fail(v, MSG_TARGET_EXTEND_TRACING);
	return 0;
}

static int find_in_program(struct verifier *v, struct verify_target *t)
{
	int err;

	if (btf_kind_of(t->btf, t->id) != BTF_KIND_FUNC)
		return verify_fail(v, MSG_TARGET_NO_FUNCTION, t->id);
	err = check_other_program(v, t);
	err = err ?: find_function(v, t);
	if (err || v->in->prog_type != BPF_PROG_TYPE_EXT)
		return err;
	t->prog_type = v->in->attach_prog->type;
	v->type = core_prog_ops(t->prog_type);
	if (!v->type)
		return verify_bug(v, "extension of an unknown program type");
	return check_same_signature(v, t);
}

/* --- tables of operations ------------------------------------------------------------------- */

/* The kernel keeps a value struct for every table it takes. */
static bool is_supported(const struct btf_info *b, const char *ops)
{
	char name[128];
	struct text t;

	text_init(&t, name, sizeof(name));
	text_fmt(&t, "bpf_struct_ops_%s", ops);
	return *ops && !t.lost && btf_find(b, name, BTF_KIND_STRUCT);
}

/* Its stub says by suffixes of parameters what may be NULL, or comes with a reference. */
static void read_stub(struct verifier *v, struct verify_target *t)
{
	struct btf_function stub;
	char name[160];
	struct text text;

	text_init(&text, name, sizeof(name));
	text_fmt(&text, "%s__%s", t->ops, t->name);
	if (text.lost || !verify_has(v, KERNEL_STRUCT_OPS_NULLABLE) ||
	    btf_function_of(t->btf, btf_find(t->btf, name, BTF_KIND_FUNC), &stub))
		return;
	for (u32 i = 0; i < MIN(stub.arg_count, 64u); i++) {
		const char *arg = btf_str(t->btf, stub.args[i].name_off);

		if (btf_name_ends(arg, "__nullable"))
			t->nullable |= 1ull << i;
		else if (btf_name_ends(arg, "__ref") && verify_has(v, KERNEL_STRUCT_OPS_REF))
			t->refcounted |= 1ull << i;
	}
}

/* Only its own member may sleep in the table that tests use. */
static bool member_may_sleep(const struct verify_target *t)
{
	return strcmp(t->ops, "bpf_dummy_ops") || !strcmp(t->name, "test_sleepable");
}

static int find_member(struct verifier *v, struct verify_target *t)
{
	u32 index = v->in->attach_type, proto;
	struct btf_field member;

	if (!v->in->gpl)
		return verify_fail(v, MSG_TARGET_OPS_GPL);
	if (!t->id)
		return verify_fail_quiet(v, MSG_TARGET_OPS_STRUCT, t->id);
	t->ops = btf_kind_of(t->btf, t->id) == BTF_KIND_STRUCT ? btf_name(t->btf, t->id) : "";
	if (!is_supported(t->btf, t->ops))
		return verify_fail(v, MSG_TARGET_OPS_STRUCT, t->id);
	if (btf_field_at(t->btf, t->id, index, &member))
		return verify_fail(v, MSG_TARGET_OPS_INDEX, index, t->ops);
	t->name = member.name;
	if (!btf_pointee(t->btf, member.type, &proto) || btf_function_of(t->btf, proto, &t->func))
		return verify_fail(v, MSG_TARGET_OPS_MEMBER, t->name, index, t->ops);
	if (hook_is_unsupported(t->ops, t->name))
		return verify_fail(v, MSG_TARGET_OPS_UNSUPPORTED, t->name, t->ops);
	if (v->sleepable && !verify_has(v, KERNEL_SLEEPABLE_STRUCT_OPS))
		return -EINVAL;
	if (v->sleepable && !member_may_sleep(t))
		return verify_fail(v, MSG_TARGET_OPS_SLEEPS, t->name, t->ops);
	t->kind = TARGET_OPS;
	t->trusted = true;
	read_stub(v, t);
	return 0;
}

/* --- all of them ---------------------------------------------------------------------------- */

static int find(struct verifier *v, struct verify_target *t)
{
	u32 attach = v->in->attach_type;

	if (!t->id)
		return verify_fail(v, MSG_TARGET_NO_ID);
	if (!t->btf)
		return verify_fail(v, MSG_TARGET_NO_BTF);
	if (!btf_at(t->btf, t->id))
		return verify_fail(v, MSG_TARGET_ID, t->id);
	t->name = btf_name(t->btf, t->id);
	if (!*t->name)
		return verify_fail(v, MSG_TARGET_NO_NAME, t->id);
	if (v->in->attach_prog)
		return find_in_program(v, t);
	if (v->in->prog_type == BPF_PROG_TYPE_EXT)
		return verify_fail(v, MSG_TARGET_REPLACE_KERNEL);
	if (attach == BPF_TRACE_RAW_TP)
		return find_tracepoint(v, t);
	if (attach == BPF_TRACE_ITER)
		return find_iterator(v, t);
	if (kind_of(v) == TARGET_NONE)
		return verify_fail_quiet(v, MSG_TARGET_KIND, attach);
	return find_function(v, t);
}

/* The kinds of tracing programs that run where sleeping is possible at all. */
static bool never_sleeps(const struct verifier *v)
{
	if (v->in->prog_type != BPF_PROG_TYPE_TRACING || kind_of(v) != TARGET_NONE)
		return false;
	switch (v->in->attach_type) {
	case BPF_TRACE_ITER: return !verify_has(v, KERNEL_SLEEPABLE_ITER);
	case BPF_TRACE_RAW_TP: return !verify_has(v, KERNEL_SLEEPABLE_RAW_TP);
	default: return true;
	}
}

int verify_target_find(struct verifier *v)
{
	struct verify_target *t;

	if (!v->type->by_btf)
		return 0;
	if (v->sleepable && never_sleeps(v))
		return verify_fail(v, MSG_SLEEPS_NEVER);
	if (v->sleepable && v->in->attach_type == BPF_LSM_CGROUP)
		return -EINVAL;
	t = arena_alloc(&v->arena, sizeof(*t));
	if (!t)
		return -ENOMEM;
	*t = (struct verify_target){
		.btf = v->in->attach_prog ? v->in->attach_prog->btf
					  : v->in->attach_btf ?: v->in->vmlinux,
		.id = v->in->attach_btf_id,
		.prog_type = v->in->prog_type,
		.name = "",
	};
	v->target = t;
	if (v->in->prog_type != BPF_PROG_TYPE_STRUCT_OPS)
		return find(v, t);
	return t->btf ? find_member(v, t) : verify_fail(v, MSG_TARGET_OPS_STRUCT, t->id);
}

/* --- results -------------------------------------------------------------------------------- */

bool verify_target_is_void(const struct verifier *v)
{
	const struct verify_target *t = v->target;

	if (!t || (t->kind != TARGET_OPS && t->kind != TARGET_LSM))
		return false;
	return !btf_strip(t->btf, t->func.ret);
}

bool verify_target_returns(const struct verifier *v, struct prog_range *out)
{
	const struct verify_target *t = v->target;
	bool is_void = t && !btf_strip(t->btf, t->func.ret);

	switch (t ? t->kind : TARGET_NONE) {
	case TARGET_ENTRY:
	case TARGET_EXIT: *out = (struct prog_range){0, 0}; return true;
	case TARGET_ITER: *out = (struct prog_range){0, 1}; return true;
	case TARGET_LSM_CGROUP: *out = (struct prog_range){is_void, 1}; return true;
	case TARGET_LSM:
		if (is_void || !verify_has(v, KERNEL_LSM_RETURN))
			return false;
		*out = t->returns_bool ? (struct prog_range){0, 1} : (struct prog_range){-4095, 0};
		return true;
	default: return false;
	}
}
