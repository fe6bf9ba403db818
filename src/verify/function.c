// SPDX-License-Identifier: BSD-2-Clause
/*
 * Functions by their BTF signature. A global function is verified on its own,
 * for any arguments its signature allows, and a call of it only compares what is
 * passed with the signature. Decl tags "arg:..." on arguments say more than C
 * types can. Static functions, and the main program, are looked at only to know
 * whether their signature may be believed.
 */
#include <string.h>
#include "btf/walk.h"
#include "verify/function.h"

#define MAX_ARGS 5

enum tag {
	TAG_CTX = 1 << 0,
	TAG_TRUSTED = 1 << 1,
	TAG_NONNULL = 1 << 2,
	TAG_NULLABLE = 1 << 3,
	TAG_ARENA = 1 << 4,
	TAG_UNTRUSTED = 1 << 5,
};

static const struct {
	const char *name;
	u32 tag;
} tags[] = {
	{"ctx", TAG_CTX},           {"trusted", TAG_TRUSTED}, {"nonnull", TAG_NONNULL},
	{"nullable", TAG_NULLABLE}, {"arena", TAG_ARENA},     {"untrusted", TAG_UNTRUSTED},
};

/* One signature being read. */
struct reading {
	struct verifier *v;
	const struct btf_info *btf;
	struct vsub *sub;
	struct btf_function proto;
	u32 func_id;
};

int verify_functions_check(struct verifier *v)
{
	const struct verify_input *in = v->in;

	for (u32 i = 0; i < in->func_count && i < v->sub_count; i++) {
		struct vsub *sub = &v->subs[i];
		const struct btf_type *t = btf_at(in->btf, in->funcs[i].type_id);

		if (!t)
			continue;
		sub->type_id = in->funcs[i].type_id;
		sub->name = btf_name(in->btf, sub->type_id);
		sub->global_linkage = BTF_INFO_VLEN(t->info) == BTF_FUNC_GLOBAL &&
				      verify_has(v, KERNEL_GLOBAL_FUNCS);
		sub->global = sub->global_linkage && i;
	}
	return 0;
}

/* tags -------------------------------------------------------------------- */

static int tag_of(const char *name, u32 *set)
{
	for (u32 i = 0; i < ARRAY_SIZE(tags); i++)
		if (!strcmp(tags[i].name, name)) {
			*set |= tags[i].tag;
			return 0;
		}
	return -EOPNOTSUPP;
}

static int read_tags(struct reading *r, u32 arg, u32 *set)
{
	u32 count = btf_count(r->btf);

	if (!verify_has(r->v, KERNEL_GLOBAL_FUNC_TAGS))
		return 0;
	for (u32 id = btf_first(r->btf); id < count; id++) {
		const struct btf_type *t = btf_at(r->btf, id);
		const char *name;

		if (BTF_INFO_KIND(t->info) != BTF_KIND_DECL_TAG || t->type != r->func_id ||
		    *(const s32 *)(t + 1) != (s32)arg)
			continue;
		name = btf_name(r->btf, id);
		if (strncmp(name, "arg:", 4))
			continue;
		if (!r->sub->global_linkage)
			return verify_fail(r->v, MSG_FUNC_STATIC_TAG, arg);
		if (tag_of(name + 4, set))
			return verify_fail(r->v, MSG_FUNC_TAGS, arg);
	}
	return 0;
}

/* the context -------------------------------------------------------------- */

/* The struct that C programs of a type take; NULL: none by name. */
static const char *context_struct(u32 type)
{
	switch (type) {
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_LWT_SEG6LOCAL:
	case BPF_PROG_TYPE_SK_SKB:
	case BPF_PROG_TYPE_FLOW_DISSECTOR: return "__sk_buff";
	case BPF_PROG_TYPE_XDP: return "xdp_md";
	case BPF_PROG_TYPE_CGROUP_SOCK: return "bpf_sock";
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR: return "bpf_sock_addr";
	case BPF_PROG_TYPE_SOCK_OPS: return "bpf_sock_ops";
	case BPF_PROG_TYPE_SK_MSG: return "sk_msg_md";
	case BPF_PROG_TYPE_KPROBE: return "pt_regs";
	case BPF_PROG_TYPE_PERF_EVENT: return "bpf_perf_event_data";
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE: return "bpf_raw_tracepoint_args";
	case BPF_PROG_TYPE_CGROUP_DEVICE: return "bpf_cgroup_dev_ctx";
	case BPF_PROG_TYPE_CGROUP_SYSCTL: return "bpf_sysctl";
	case BPF_PROG_TYPE_CGROUP_SOCKOPT: return "bpf_sockopt";
	case BPF_PROG_TYPE_SK_REUSEPORT: return "sk_reuseport_md";
	case BPF_PROG_TYPE_SK_LOOKUP: return "bpf_sk_lookup";
	case BPF_PROG_TYPE_NETFILTER: return "bpf_nf_ctx";
	default: return NULL;
	}
}

/* The kernel's own struct behind it. */
static const char *kernel_context_struct(u32 type)
{
	static const struct {
		const char *program, *kernel;
	} pairs[] = {
		{"__sk_buff", "sk_buff"},
		{"xdp_md", "xdp_buff"},
		{"bpf_sock", "sock"},
		{"bpf_sock_addr", "bpf_sock_addr_kern"},
		{"bpf_sock_ops", "bpf_sock_ops_kern"},
		{"sk_msg_md", "sk_msg"},
		{"bpf_perf_event_data", "bpf_perf_event_data_kern"},
		{"bpf_sysctl", "bpf_sysctl_kern"},
		{"bpf_sockopt", "bpf_sockopt_kern"},
		{"sk_reuseport_md", "sk_reuseport_kern"},
		{"bpf_sk_lookup", "bpf_sk_lookup_kern"},
	};
	const char *name = context_struct(type);

	if (type == BPF_PROG_TYPE_FLOW_DISSECTOR)
		return "bpf_flow_dissector";
	for (u32 i = 0; name && i < ARRAY_SIZE(pairs); i++)
		if (!strcmp(pairs[i].program, name))
			return pairs[i].kernel;
	return name;
}

u32 verify_kernel_context(const struct verifier *v)
{
	const char *name = kernel_context_struct(v->in->prog_type);

	return name && v->in->vmlinux ? btf_find(v->in->vmlinux, name, BTF_KIND_STRUCT) : 0;
}

/* Through modifiers but not typedefs: kprobes take their registers by a typedef's name. */
static u32 strip_to_typedef(const struct btf_info *btf, u32 id)
{
	for (u32 hops = 0; hops < 64; hops++) {
		switch (btf_kind_of(btf, id)) {
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG: id = btf_at(btf, id)->type; break;
		default: return id;
		}
	}
	return id;
}

static bool is_regs_typedef(const struct btf_info *btf, u32 id)
{
	id = strip_to_typedef(btf, id);
	return btf_kind_of(btf, id) == BTF_KIND_TYPEDEF &&
	       !strcmp(btf_name(btf, id), "bpf_user_pt_regs_t");
}

static bool is_struct(const struct btf_info *btf, u32 id)
{
	u32 kind = btf_kind_of(btf, id);

	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

/* Is `to`, what an argument points to, the program type's context? */
bool verify_is_context_type(const struct btf_info *btf, u32 to, u32 type)
{
	const char *want = context_struct(type);
	u32 id = btf_strip(btf, to);

	/* A struct of the typedef's name was what older kernels took. */
	if (type == BPF_PROG_TYPE_KPROBE &&
	    (is_regs_typedef(btf, to) ||
	     (is_struct(btf, id) && !strcmp(btf_name(btf, id), "bpf_user_pt_regs_t"))))
		return true;
	return want && is_struct(btf, id) && !strcmp(btf_name(btf, id), want);
}

static bool is_u64(const struct btf_info *btf, u32 id)
{
	return btf_kind_of(btf, id) == BTF_KIND_INT && btf_at(btf, id)->size == 8;
}

/* Types whose contexts have more names than one, or none. */
static bool is_special_context(const struct btf_info *btf, u32 id, u32 type, u32 attach)
{
	const char *name = is_struct(btf, id) ? btf_name(btf, id) : "";

	switch (type) {
	case BPF_PROG_TYPE_PERF_EVENT: return !strcmp(name, "pt_regs");
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
	case BPF_PROG_TYPE_LSM:
	case BPF_PROG_TYPE_STRUCT_OPS: return is_u64(btf, id);
	case BPF_PROG_TYPE_TRACING:
		if (attach == BPF_TRACE_RAW_TP && !strcmp(name, "bpf_raw_tracepoint_args"))
			return true;
		if (attach == BPF_TRACE_ITER)
			return !strncmp(name, "bpf_iter__", 10);
		return is_u64(btf, id);
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_SYSCALL:
	case BPF_PROG_TYPE_EXT: return true;
	default: return false;
	}
}

/* An argument tagged as the context must at least be able to be it. */
static int check_context(struct reading *r, u32 arg, u32 to)
{
	const struct verify_input *in = r->v->in;
	u32 id = btf_strip(r->btf, to);
	const char *name = btf_name(r->btf, id), *want = context_struct(in->prog_type);

	if ((in->prog_type == BPF_PROG_TYPE_KPROBE || in->prog_type == BPF_PROG_TYPE_PERF_EVENT) &&
	    is_regs_typedef(r->btf, to))
		return 0;
	if (!id) /* void */
		return 0;
	if (!*name)
		return verify_fail(r->v, MSG_FUNC_CTX_NO_NAME, arg);
	if (is_special_context(r->btf, id, in->prog_type, in->attach_type) ||
	    verify_is_context_type(r->btf, to, in->prog_type))
		return 0;
	return verify_fail(r->v, MSG_FUNC_CTX_TYPE, arg, want ?: "void", name);
}

/* arguments ----------------------------------------------------------------- */

/* The kernel's struct of the name of `to`; a flavour ("task_struct___x") is its base. */
static int kernel_struct(struct reading *r, u32 arg, u32 to, u32 *out)
{
	u32 id = btf_strip(r->btf, to), kind = btf_kind_of(r->btf, id);
	char name[128];
	const char *full = btf_name(r->btf, id), *flavour = strstr(full, "___");
	size_t len = flavour ? (size_t)(flavour - full) : strlen(full);

	if (is_struct(r->btf, id) && r->v->in->vmlinux && len < sizeof(name)) {
		memcpy(name, full, len);
		name[len] = 0;
		*out = btf_find(r->v->in->vmlinux, name, kind);
		if (*out)
			return 0;
	}
	verify_fail(r->v, MSG_FUNC_ARG_MATCH, arg, btf_kind_word(kind), full);
	return -ENOENT;
}

static int read_trusted(struct reading *r, u32 i, u32 to, u32 set, struct varg *arg)
{
	if (set & TAG_NONNULL)
		return verify_fail(r->v, MSG_FUNC_TAG_SET, i);
	arg->kind = VARG_OBJECT;
	arg->flags = REG_TRUSTED | (set & TAG_NULLABLE ? REG_MAYBE_NULL : 0);
	return kernel_struct(r, i, to, &arg->btf_id);
}

static int read_untrusted(struct reading *r, u32 i, u32 to, u32 set, struct varg *arg)
{
	u32 kind = btf_kind_of(r->btf, btf_strip(r->btf, to));

	if (set & ~TAG_UNTRUSTED)
		return verify_fail(r->v, MSG_FUNC_UNTRUSTED_TAGS, i);
	if (kind == BTF_KIND_UNKN || kind == BTF_KIND_INT || kind == BTF_KIND_FLOAT ||
	    kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64) {
		*arg = (struct varg){.kind = VARG_MEMORY, .flags = REG_RDONLY | REG_UNTRUSTED};
		return 0;
	}
	*arg = (struct varg){.kind = VARG_OBJECT, .flags = REG_UNTRUSTED};
	return kernel_struct(r, i, to, &arg->btf_id);
}

static int read_memory(struct reading *r, u32 i, u32 to, u32 set, struct varg *arg)
{
	u32 id = btf_strip(r->btf, to), size;
	int err = btf_size_of(r->btf, id, &size);

	if (set & TAG_NULLABLE)
		return verify_fail(r->v, MSG_FUNC_TAG_SET, i);
	if (err)
		return verify_fail(r->v, MSG_FUNC_ARG_SIZE, i,
				   btf_kind_word(btf_kind_of(r->btf, id)), btf_name(r->btf, id),
				   err);
	*arg = (struct varg){
		.kind = VARG_MEMORY, .flags = set & TAG_NONNULL ? 0 : REG_MAYBE_NULL, .size = size};
	return 0;
}

static bool is_dynptr(const struct btf_info *btf, u32 to)
{
	u32 id = btf_strip(btf, to);
	const char *name = btf_name(btf, id);

	return btf_kind_of(btf, id) == BTF_KIND_STRUCT &&
	       (!strcmp(name, "bpf_dynptr") || !strcmp(name, "bpf_dynptr_kern"));
}

static int read_pointer(struct reading *r, u32 i, u32 to, u32 set, struct varg *arg)
{
	if (set & TAG_CTX || verify_is_context_type(r->btf, to, r->v->in->prog_type)) {
		if (set & ~TAG_CTX)
			return verify_fail(r->v, MSG_FUNC_TAG_SET, i);
		arg->kind = VARG_CTX;
		return set & TAG_CTX ? check_context(r, i, to) : 0;
	}
	if (is_dynptr(r->btf, to)) {
		arg->kind = VARG_DYNPTR;
		return set ? verify_fail(r->v, MSG_FUNC_TAG_SET, i) : 0;
	}
	if (set & TAG_TRUSTED)
		return read_trusted(r, i, to, set, arg);
	if (set & TAG_UNTRUSTED)
		return read_untrusted(r, i, to, set, arg);
	if (set & TAG_ARENA) {
		arg->kind = VARG_ARENA;
		return set & ~TAG_ARENA ? verify_fail(r->v, MSG_FUNC_ARENA_TAGS, i) : 0;
	}
	return r->sub->global_linkage ? read_memory(r, i, to, set, arg) : -EINVAL;
}

static bool is_number(const struct btf_info *btf, u32 id)
{
	u32 kind = btf_kind_of(btf, id);

	return kind == BTF_KIND_INT || kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64;
}

static int read_argument(struct reading *r, u32 i, struct varg *arg)
{
	u32 id = btf_strip(r->btf, r->proto.args[i].type), set = 0;
	int err = read_tags(r, i, &set);

	if (err)
		return err;
	if (btf_kind_of(r->btf, id) == BTF_KIND_PTR)
		return read_pointer(r, i, btf_at(r->btf, id)->type, set, arg);
	if (set)
		return verify_fail(r->v, MSG_FUNC_TAG_NO_POINTER, i);
	arg->kind = VARG_NUMBER;
	if (is_number(r->btf, id))
		return 0;
	if (!r->sub->global_linkage)
		return -EINVAL;
	return verify_fail(r->v, MSG_FUNC_ARG_TYPE, i, btf_kind_word(btf_kind_of(r->btf, id)),
			   r->sub->name);
}

static int check_signature(struct reading *r)
{
	bool global = r->sub->global_linkage;
	u32 ret = btf_strip(r->btf, r->proto.ret);

	if (r->proto.arg_count > MAX_ARGS)
		return global ? verify_fail(r->v, MSG_FUNC_MANY_ARGS, r->sub->name,
					    r->proto.arg_count, MAX_ARGS)
			      : -EINVAL;
	if (!is_number(r->btf, ret))
		return global ? verify_fail(r->v, MSG_FUNC_RETURN, r->sub->name) : -EINVAL;
	return 0;
}

/* Fills subs[s].args from BTF. */
static int read_args(struct verifier *v, u32 s)
{
	struct vsub *sub = &v->subs[s];
	struct reading r = {.v = v, .btf = v->in->btf, .sub = sub, .func_id = sub->type_id};
	int err;

	if (sub->args_cached)
		return 0;
	if (!sub->type_id || sub->unreliable)
		return -EINVAL;
	err = btf_function_of(r.btf, sub->type_id, &r.proto);
	err = err ?: check_signature(&r);
	if (err)
		return err;
	sub->args = arena_alloc(&v->arena, MAX_ARGS * sizeof(*sub->args));
	if (!sub->args)
		return -ENOMEM;
	for (u32 i = 0; i < r.proto.arg_count && !err; i++)
		err = read_argument(&r, i, &sub->args[i]);
	if (err)
		return err;
	sub->arg_count = r.proto.arg_count;
	sub->args_cached = true;
	return 0;
}

/* entry ---------------------------------------------------------------------- */

static struct vreg entry_register(struct verifier *v, const struct varg *arg)
{
	struct vreg r;

	switch (arg->kind) {
	case VARG_CTX: return vreg_pointer(REG_CTX);
	case VARG_DYNPTR:
		r = vreg_pointer(REG_DYNPTR);
		r.dynptr_kind = DYNPTR_LOCAL;
		r.first_slot = true;
		r.id = ++v->next_id;
		return r;
	case VARG_MEMORY:
		r = vreg_pointer(REG_MEM | arg->flags);
		r.mem_size = arg->size;
		if (arg->flags & REG_MAYBE_NULL)
			r.id = ++v->next_id;
		return r;
	case VARG_OBJECT:
		r = vreg_pointer(REG_BTF_ID | arg->flags);
		r.btf = v->in->vmlinux;
		r.btf_id = arg->btf_id;
		r.id = ++v->next_id;
		return r;
	default: return verify_unknown(v);
	}
}

int verify_function_entry(struct verifier *v, u32 s, struct vframe *f)
{
	struct vsub *sub = &v->subs[s];
	int err = read_args(v, s);

	if (err)
		return err;
	if (sub->exception_callback && (sub->arg_count != 1 || sub->args[0].kind != VARG_NUMBER))
		return verify_fail(v, MSG_FUNC_EXCEPTION_ARG);
	for (u32 i = 0; i < sub->arg_count; i++)
		f->regs[1 + i] = entry_register(v, &sub->args[i]);
	return 0;
}

void verify_function_main(struct verifier *v)
{
	struct vsub *sub = &v->subs[0];
	int err = v->in->func_count ? read_args(v, 0) : 0;

	if (err || sub->arg_count != 1 || sub->args[0].kind != VARG_CTX)
		sub->unreliable = true;
	diag_init(v->diag ?: &(struct diag){0});
}

/* calls ---------------------------------------------------------------------- */

static bool is_null(const struct vreg *r)
{
	return reg_is_null_const(r);
}

static int match_memory(struct verifier *v, u32 i, const struct varg *arg)
{
	struct vreg *r = verify_reg(v, 1 + i), saved = *r;
	bool may_be_null = r->type & REG_MAYBE_NULL;
	int err = 0;

	if (!is_null(r)) {
		if (may_be_null)
			r->type &= ~(u32)REG_MAYBE_NULL;
		err = verify_mem_region(v, 1 + i, arg->size, ACCESS_READ, true, NULL);
		err = err ?: verify_mem_region(v, 1 + i, arg->size, ACCESS_WRITE, true, NULL);
		if (may_be_null)
			*r = saved;
	}
	if (err)
		return err == -ENOMEM || err == -EFAULT ? err : -EINVAL;
	if (!(arg->flags & REG_MAYBE_NULL) && may_be_null)
		return verify_fail_reg(v, 1 + i, MSG_FUNC_NULL, i);
	return 0;
}

static int match_object(struct verifier *v, u32 i, const struct varg *arg)
{
	const struct vreg *r = verify_reg(v, 1 + i);
	u32 flags = r->type & ~(u32)(REG_KIND_MASK | REG_MAYBE_NULL);
	char name[64];
	struct text t;

	if (is_null(r) && arg->flags & REG_MAYBE_NULL)
		return 0;
	if (reg_kind(r->type) != REG_BTF_ID ||
	    (flags && flags != REG_TRUSTED && flags != REG_RCU)) {
		text_init(&t, name, sizeof(name));
		reg_type_format(&t, r->type);
		return verify_fail_reg(v, 1 + i, MSG_FUNC_ARG_OBJECT, 1 + i, name);
	}
	if (r->type & REG_MAYBE_NULL && !(arg->flags & REG_MAYBE_NULL))
		return verify_fail_reg(v, 1 + i, MSG_FUNC_ARG_NULL, 1 + i);
	if (!btf_struct_ids_match(r->btf, r->btf_id, (u32)r->off, v->in->vmlinux, arg->btf_id,
				  false))
		return verify_fail_reg(v, 1 + i, MSG_FUNC_ARG_STRUCT, 1 + i,
				       btf_name(r->btf, r->btf_id),
				       btf_name(v->in->vmlinux, arg->btf_id));
	return verify_ptr_off(v, r, 1 + i, true);
}

static int match(struct verifier *v, u32 i, const struct varg *arg)
{
	const struct vreg *r = verify_reg(v, 1 + i);
	int err;

	if (arg->flags & REG_UNTRUSTED)
		return 0;
	switch (arg->kind) {
	case VARG_NUMBER:
		return r->type == REG_SCALAR
			       ? 0
			       : verify_fail_reg(v, 1 + i, MSG_FUNC_NOT_SCALAR, 1 + i);
	case VARG_CTX:
		err = r->type == REG_CTX ? verify_ptr_off(v, r, 1 + i, false) : 0;
		if (!err && r->type != REG_CTX)
			err = verify_fail_reg(v, 1 + i, MSG_FUNC_NOT_CTX, i);
		return err;
	case VARG_MEMORY: return match_memory(v, i, arg);
	case VARG_ARENA:
		return r->type == REG_ARENA || r->type == REG_SCALAR
			       ? 0
			       : verify_fail_reg(v, 1 + i, MSG_FUNC_NOT_ARENA, 1 + i);
	case VARG_DYNPTR:
		err = reg_kind(r->type) == REG_DYNPTR ? verify_ptr_off(v, r, 1 + i, false) : 0;
		return err ?: verify_dynptr_arg(v, 1 + i, DYNPTR_NONE, false);
	default: return match_object(v, i, arg);
	}
}

int verify_function_call(struct verifier *v, u32 s)
{
	struct vsub *sub = &v->subs[s];
	int err = read_args(v, s);

	for (u32 i = 0; i < sub->arg_count && !err; i++)
		err = match(v, i, &sub->args[i]);
	return err;
}
