// SPDX-License-Identifier: BSD-2-Clause
/*
 * Contexts by BTF: an array of the arguments, eight bytes each (structs by value
 * take as many as they need), and behind them, where the program runs after the
 * function, what it returned. Numbers are numbers; pointers to void and to
 * integers too, as nobody knows how much lies behind them; pointers to structs
 * are kernel objects.
 */
#include "verify/memory.h"
#include "verify/target.h"

#include <string.h>

#define CTX_BYTES (12 * 8)

/* Arguments that the context has; the prototype's first ones may not be among them. */
static u32 arg_count(const struct verify_target *t)
{
	return t->func.arg_count - MIN(t->skip, t->func.arg_count);
}

u32 verify_target_arg_count(const struct verifier *v)
{
	return v->target ? arg_count(v->target) : 0;
}

static const struct btf_param *arg_at(const struct verify_target *t, u32 i)
{
	return &t->func.args[t->skip + i];
}

static u32 slots_of(const struct btf_info *b, u32 type)
{
	u32 size;

	return btf_size_of(b, type, &size) ? 8 : (size + 7) & ~7u;
}

/*
 * Which argument an offset lies in; arg_count: the result; more: none. The kernel
 * counts the prototype's own slots here, those that the context skips too.
 */
static u32 arg_index(const struct verify_target *t, u32 off)
{
	u32 end = 0, n = t->func.arg_count;

	for (u32 i = 0; i < n; i++) {
		end += slots_of(t->btf, t->func.args[i].type);
		if (off < end)
			return i;
	}
	if (btf_strip(t->btf, t->func.ret))
		end += slots_of(t->btf, t->func.ret);
	return off < end ? n : n + 1;
}

static bool is_number(const struct btf_info *b, u32 type)
{
	u32 kind = btf_kind_of(b, type);

	if (kind == BTF_KIND_INT)
		return btf_at(b, type)->size <= 8 && IS_POW2(btf_at(b, type)->size);
	return kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64 || kind == BTF_KIND_STRUCT ||
	       kind == BTF_KIND_UNION;
}

/* Refused: `why` has been said. */
static int refuse(struct verifier *v, s32 off, u32 size)
{
	return verify_fail(v, MSG_CTX_ACCESS, off, size);
}

static void set(struct verifier *v, int value, struct vreg r)
{
	if (value < 0)
		return;
	if (r.type & REG_MAYBE_NULL)
		r.id = ++v->next_id;
	*verify_reg(v, (u32)value) = r;
}

static int set_number(struct verifier *v, int value)
{
	set(v, value, verify_unknown(v));
	return 0;
}

/* What the hook is about to return: known to be in its range. */
static int set_hook_result(struct verifier *v, int value)
{
	struct vreg r = verify_unknown(v);

	if (verify_has(v, KERNEL_LSM_RETURN))
		r.s = v->target->returns_bool ? scalar_unsigned(0, 1) : scalar_signed(-4095, 0);
	set(v, value, r);
	return 0;
}

static u32 iterator_type(const struct verifier *v, u32 arg)
{
	const struct verify_target *t = v->target;
	u32 trusted = verify_has(v, KERNEL_TRUSTED) ? REG_TRUSTED : 0;

	if (!t->iter || arg >= ARRAY_SIZE(t->iter->args))
		return 0;
	switch ((enum hook_iter_kind)t->iter->args[arg]) {
	case HOOK_ITER_NONE: return 0;
	case HOOK_ITER_OBJECT: return REG_BTF_ID | REG_MAYBE_NULL;
	case HOOK_ITER_TRUSTED_OBJECT: return REG_BTF_ID | REG_MAYBE_NULL | trusted;
	case HOOK_ITER_RDONLY: return REG_BUF | REG_RDONLY | REG_MAYBE_NULL;
	case HOOK_ITER_WRITABLE: return REG_BUF | REG_MAYBE_NULL;
	}
	return 0;
}

int verify_target_enter(struct verifier *v)
{
	struct verify_target *t = v->target;
	int err = 0;

	for (u32 i = 0; t && i < ARRAY_SIZE(t->refs) && !err; i++)
		if (t->refcounted >> i & 1)
			err = verify_ref_acquire(v, &t->refs[i]);
	return err;
}

static u32 object_type(const struct verifier *v, u32 arg, u32 ptr)
{
	const struct verify_target *t = v->target;
	u32 tags = btf_pointer_tags(t->btf, ptr);
	u32 type = REG_BTF_ID;

	if (t->trusted && verify_has(v, KERNEL_TRUSTED))
		type |= REG_TRUSTED;
	if (arg < 64 && t->nullable >> arg & 1)
		type |= REG_MAYBE_NULL;
	if (tags & BTF_FOUND_USER)
		type |= REG_USER;
	if (tags & BTF_FOUND_PERCPU)
		type |= REG_PERCPU;
	return type;
}

/* Congestion controls get a socket that is known to be TCP's. */
static u32 promoted(const struct verify_target *t, u32 id)
{
	if (t->kind != TARGET_OPS || strcmp(t->ops, "tcp_congestion_ops") ||
	    strcmp(btf_name(t->btf, id), "sock"))
		return id;
	return btf_find(t->btf, "tcp_sock", BTF_KIND_STRUCT) ?: id;
}

static int set_pointer(struct verifier *v, u32 arg, u32 ptr, int value)
{
	const struct verify_target *t = v->target;
	u32 type = iterator_type(v, arg), target;
	struct vreg r;

	btf_pointee(t->btf, ptr, &target);
	if (!type) {
		u32 kind = btf_kind_of(t->btf, target);
		const char *name = btf_name(t->btf, target);

		if (kind != BTF_KIND_STRUCT && kind != BTF_KIND_UNION) {
			verify_fail(v, MSG_TARGET_ARG_STRUCT, t->name, arg, btf_kind_word(kind));
			return -EACCES;
		}
		verify_say(v, "func '%s' arg%u has btf_id %u type %s '%s'\n", t->name, arg, target,
			   btf_kind_word(kind), *name ? name : "(anon)");
		type = object_type(v, arg, ptr);
	}
	r = vreg_pointer(type);
	if (reg_kind(type) == REG_BTF_ID) {
		r.btf = t->btf;
		r.btf_id = promoted(t, target);
		if (arg < ARRAY_SIZE(t->refs) && t->refcounted >> arg & 1)
			r.ref = t->refs[arg];
	}
	set(v, value, r);
	return 0;
}

/* void *, and pointers to integers */
static bool is_address(const struct btf_info *b, u32 ptr)
{
	u32 target, kind;

	if (!btf_pointee(b, ptr, &target))
		return false;
	kind = btf_kind_of(b, target);
	return !target || kind == BTF_KIND_INT;
}

/* The slot behind the arguments. 1: it is the result, of type *type; 0: set already. */
static int check_result(struct verifier *v, u32 index, u32 *type, int value)
{
	const struct verify_target *t = v->target;

	switch (t->kind) {
	case TARGET_EXIT: break;
	case TARGET_MODIFY:
		*type = btf_strip(t->btf, t->func.ret);
		if (btf_kind_of(t->btf, *type) != BTF_KIND_INT || !is_number(t->btf, *type)) {
			verify_fail(v, MSG_TARGET_RET_TYPE,
				    btf_kind_word(btf_kind_of(t->btf, *type)));
			return -EACCES;
		}
		break;
	case TARGET_LSM:
	case TARGET_LSM_CGROUP: return set_hook_result(v, value);
	default: verify_fail(v, MSG_TARGET_ARG_COUNT, t->name, index + 1); return -EACCES;
	}
	*type = btf_strip(t->btf, t->func.ret);
	return 1;
}

static int load_arg(struct verifier *v, u32 off, u32 size, int value)
{
	const struct verify_target *t = v->target;
	u32 index = arg_index(t, off), type;

	if (index > arg_count(t)) {
		verify_fail(v, MSG_TARGET_ARG_COUNT, t->name, index + 1);
		return -EACCES;
	}
	if (index == arg_count(t)) {
		int err = check_result(v, index, &type, value);

		if (err <= 0)
			return err;
	} else {
		type = btf_strip(t->btf, arg_at(t, index)->type);
	}
	if (is_number(t->btf, type))
		return set_number(v, value);
	if (btf_kind_of(t->btf, type) != BTF_KIND_PTR) {
		verify_fail(v, MSG_TARGET_ARG_SCALAR, t->name, index, btf_name(t->btf, type),
			    btf_kind_word(btf_kind_of(t->btf, type)));
		return -EACCES;
	}
	if (size != 8 && verify_has(v, KERNEL_CTX_POINTER_WHOLE)) {
		verify_fail(v, MSG_TARGET_ARG_SIZE, t->name, size);
		return -EACCES;
	}
	if (!iterator_type(v, index) && is_address(t->btf, type))
		return set_number(v, value);
	return set_pointer(v, index, type, value);
}

int verify_target_ctx_access(struct verifier *v, s32 off, u32 size, enum verify_access access,
			     int value)
{
	const struct verify_target *t = v->target;

	if (!t)
		return verify_bug(v, "context by BTF without a target");
	if (off < 0 || off >= CTX_BYTES || access != ACCESS_READ || (u32)off % size)
		return refuse(v, off, size);
	if (off % 8) {
		verify_fail(v, MSG_TARGET_OFFSET, t->name, off);
		return refuse(v, off, size);
	}
	return load_arg(v, (u32)off, size, value) ? refuse(v, off, size) : 0;
}

/* --- stores into objects that the attach point allows ----------------------------------------- */

static const struct {
	const char *ops;    /* table of operations; NULL: by program type */
	u32 prog_types[2];  /* ... these */
	const char *object; /* struct */
	const char *member; /* as a path: "inet_conn.icsk_ca_priv" */
	bool anywhere;      /* at any offset in it; else at its start */
} writes[] = {
	{"tcp_congestion_ops", {0}, "tcp_sock", "inet_conn.icsk_inet.sk.sk_pacing_rate"},
	{"tcp_congestion_ops", {0}, "tcp_sock", "inet_conn.icsk_inet.sk.sk_pacing_status"},
	{"tcp_congestion_ops", {0}, "tcp_sock", "inet_conn.icsk_ca_priv", true},
	{"tcp_congestion_ops", {0}, "tcp_sock", "inet_conn.icsk_ack.pending"},
	{"tcp_congestion_ops", {0}, "tcp_sock", "snd_cwnd"},
	{"tcp_congestion_ops", {0}, "tcp_sock", "snd_cwnd_cnt"},
	{"tcp_congestion_ops", {0}, "tcp_sock", "snd_cwnd_stamp"},
	{"tcp_congestion_ops", {0}, "tcp_sock", "snd_ssthresh"},
	{"tcp_congestion_ops", {0}, "tcp_sock", "ecn_flags"},
	{"tcp_congestion_ops", {0}, "tcp_sock", "app_limited"},
	{"bpf_dummy_ops", {0}, "bpf_dummy_ops_state", "val"},
	{NULL, {BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SCHED_CLS}, "nf_conn", "mark"},
	{NULL, {BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SCHED_CLS}, "nf_conn___init", "ct.mark"},
};

/* Follows a path of member names. */
static bool find_path(const struct btf_info *b, u32 id, const char *path, u32 *start, u32 *end)
{
	struct btf_field f;
	char name[64];
	u32 size;

	for (*start = 0; *path;) {
		size_t n = strcspn(path, ".");

		if (n >= sizeof(name))
			return false;
		memcpy(name, path, n);
		name[n] = 0;
		if (btf_field_find(b, id, name, &f))
			return false;
		*start += f.bit_offset / 8;
		id = btf_strip(b, f.type);
		path += n + (path[n] == '.');
	}
	if (f.bit_size)
		size = (f.bit_size + 7) / 8;
	else if (btf_size_of(b, f.type, &size))
		return false;
	*end = *start + size;
	return true;
}

static bool writes_apply(const struct verifier *v, u32 row, const char *object)
{
	if (strcmp(writes[row].object, object))
		return false;
	if (writes[row].ops)
		return v->target && v->target->kind == TARGET_OPS &&
		       !strcmp(v->target->ops, writes[row].ops);
	return v->in->prog_type == writes[row].prog_types[0] ||
	       v->in->prog_type == writes[row].prog_types[1];
}

int verify_target_write(struct verifier *v, const struct vreg *r, u32 off, u32 size)
{
	const char *object = btf_name(r->btf, r->btf_id);
	bool any = false;

	for (u32 i = 0; i < ARRAY_SIZE(writes); i++) {
		u32 start, end;

		if (!writes_apply(v, i, object))
			continue;
		any = true;
		if (!find_path(r->btf, r->btf_id, writes[i].member, &start, &end) ||
		    (writes[i].anywhere ? off < start || off >= end : off != start))
			continue;
		if (off + size > end)
			return verify_fail(v, MSG_TARGET_WRITE_END, off, size, object, end);
		return 0;
	}
	return any ? verify_fail(v, MSG_TARGET_WRITE, object, off) : 1;
}
