// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which helpers a program may call: by its type, attach point and license, the
 * loader's rights and the kernel's version.
 */
#include <string.h>
#include "verify/call.h"
#include "verify/target.h"

/*
 * Helpers that the loader needs a right for, whatever the program's type.
 * Without it the answer is the same as for a type that does not have them.
 */
static const u8 for_bpf[] = {
	BPF_FUNC_get_cgroup_classid,
	BPF_FUNC_current_task_under_cgroup,
	BPF_FUNC_get_current_cgroup_id,
	BPF_FUNC_spin_lock,
	BPF_FUNC_spin_unlock,
	BPF_FUNC_jiffies64,
	BPF_FUNC_get_current_ancestor_cgroup_id,
	BPF_FUNC_per_cpu_ptr,
	BPF_FUNC_this_cpu_ptr,
	BPF_FUNC_task_storage_get,
	BPF_FUNC_task_storage_delete,
	BPF_FUNC_for_each_map_elem,
	BPF_FUNC_timer_init,
	BPF_FUNC_timer_set_callback,
	BPF_FUNC_timer_start,
	BPF_FUNC_timer_cancel,
	BPF_FUNC_loop,
	BPF_FUNC_kptr_xchg,
	BPF_FUNC_dynptr_from_mem,
	BPF_FUNC_ringbuf_reserve_dynptr,
	BPF_FUNC_ringbuf_submit_dynptr,
	BPF_FUNC_ringbuf_discard_dynptr,
	BPF_FUNC_dynptr_read,
	BPF_FUNC_dynptr_write,
	BPF_FUNC_dynptr_data,
	BPF_FUNC_user_ringbuf_drain,
	BPF_FUNC_cgrp_storage_get,
	BPF_FUNC_cgrp_storage_delete,
};

static const u8 for_perfmon[] = {
	BPF_FUNC_trace_printk,
	BPF_FUNC_get_current_comm,
	BPF_FUNC_perf_event_read,
	BPF_FUNC_get_current_task,
	BPF_FUNC_perf_event_read_value,
	BPF_FUNC_send_signal,
	BPF_FUNC_probe_read_user,
	BPF_FUNC_probe_read_kernel,
	BPF_FUNC_probe_read_user_str,
	BPF_FUNC_probe_read_kernel_str,
	BPF_FUNC_send_signal_thread,
	BPF_FUNC_skc_to_tcp6_sock,
	BPF_FUNC_skc_to_tcp_sock,
	BPF_FUNC_skc_to_tcp_timewait_sock,
	BPF_FUNC_skc_to_tcp_request_sock,
	BPF_FUNC_skc_to_udp6_sock,
	BPF_FUNC_get_task_stack,
	BPF_FUNC_copy_from_user,
	BPF_FUNC_snprintf_btf,
	BPF_FUNC_get_current_task_btf,
	BPF_FUNC_snprintf,
	BPF_FUNC_task_pt_regs,
	BPF_FUNC_get_branch_snapshot,
	BPF_FUNC_trace_vprintk,
	BPF_FUNC_skc_to_unix_sock,
	BPF_FUNC_find_vma,
	BPF_FUNC_copy_from_user_task,
	BPF_FUNC_skc_to_mptcp_sock,
};

static bool is_listed(const u8 *list, u32 count, u32 id)
{
	for (u32 i = 0; i < count; i++)
		if (list[i] == id)
			return true;
	return false;
}

u32 verify_helper_rights(u32 id)
{
	if (is_listed(for_perfmon, sizeof(for_perfmon), id))
		return RIGHT_BPF | RIGHT_PTR_LEAKS;
	return is_listed(for_bpf, sizeof(for_bpf), id) ? RIGHT_BPF : 0;
}

static bool has_rights(const struct verifier *v, u32 id)
{
	if ((v->in->rights & RIGHT_PRIVILEGED) == RIGHT_PRIVILEGED)
		return true;
	return !(verify_helper_rights(id) & ~v->in->rights);
}

const char *verify_helper_name(const struct verifier *v, u32 id)
{
	const struct helper_proto *proto = core_helper(id);

	return proto ? proto->name : "unknown";
}

/* ---- where the attach point decides ---- */

/* Functions at whose entry and exit a path may be printed. */
static const char *const with_path[] = {
	"security_file_permission",
	"security_inode_getattr",
	"security_file_open",
	"security_path_truncate",
	"vfs_truncate",
	"vfs_fallocate",
	"dentry_open",
	"vfs_getattr",
	"filp_close",
};

static bool is_hook(const struct verify_target *t)
{
	return t->kind == TARGET_LSM || t->kind == TARGET_LSM_CGROUP;
}

static bool is_sleepable_hook(const struct verify_target *t)
{
	return is_hook(t) && !strncmp(t->name, "bpf_lsm_", 8) &&
	       hook_lsm(t->name + 8) & HOOK_SLEEPABLE;
}

static bool may_print_path(const struct verifier *v)
{
	const struct verify_target *t = v->target;

	if (!t)
		return false;
	if (t->kind == TARGET_ITER || is_sleepable_hook(t))
		return true;
	for (u32 i = 0; i < ARRAY_SIZE(with_path) && !is_hook(t); i++)
		if (!strcmp(with_path[i], t->name))
			return true;
	return false;
}

/* Not from within itself. */
static bool may_use_socket_storage(const struct verifier *v)
{
	const struct verify_target *t = v->target;

	switch (t ? t->kind : TARGET_NONE) {
	case TARGET_ITER:
	case TARGET_TRACEPOINT: return true;
	case TARGET_ENTRY:
	case TARGET_EXIT: return strncmp(t->name, "bpf_sk_storage", 14) != 0;
	default: return false;
	}
}

/* Hooks of a whole socket, which then may be locked or not. */
static bool has_socket_options(const struct verifier *v)
{
	static const char *const hooks[] = {
		"bpf_lsm_sock_graft",
		"bpf_lsm_inet_csk_clone",
		"bpf_lsm_inet_conn_established",
		"bpf_lsm_socket_post_create",
		"bpf_lsm_socket_socketpair",
	};

	for (u32 i = 0; i < ARRAY_SIZE(hooks); i++)
		if (v->target && !strcmp(v->target->name, hooks[i]))
			return true;
	return false;
}

/* Program types whose attach point has a say in that. */
static bool has_there(const struct verifier *v, const struct helper_proto *proto)
{
	if (proto->id != BPF_FUNC_setsockopt && proto->id != BPF_FUNC_getsockopt)
		return true;
	return v->in->prog_type != BPF_PROG_TYPE_LSM || has_socket_options(v);
}

/* Iterators over sockets may change them, beside what all of their type may. */
static bool is_allowed_in_iterator(const struct verifier *v, u32 id)
{
	const struct verify_target *t = v->target;

	if (id != BPF_FUNC_setsockopt && id != BPF_FUNC_getsockopt)
		return false;
	return t && t->kind == TARGET_ITER && t->iter &&
	       (!strcmp(t->iter->name, "tcp") || !strcmp(t->iter->name, "unix"));
}

static bool is_allowed_there(const struct verifier *v, const struct helper_proto *proto)
{
	u32 type = v->type->type;

	switch (proto->id) {
	case BPF_FUNC_d_path: return may_print_path(v);
	case BPF_FUNC_ima_inode_hash:
	case BPF_FUNC_ima_file_hash: return v->target && is_sleepable_hook(v->target);
	case BPF_FUNC_sk_storage_get:
	case BPF_FUNC_sk_storage_delete:
		return (type != BPF_PROG_TYPE_TRACING && type != BPF_PROG_TYPE_SYSCALL) ||
		       may_use_socket_storage(v);
	default: return true;
	}
}

/* The prototype of the helper for this program, or the verdict. */
static int find(struct verifier *v, s64 id, const struct helper_proto **out)
{
	const struct verify_input *in = v->in;
	const struct helper_proto *proto;

	if (!id)
		return verify_fail(v, MSG_HELPER_TYPE, "bpf_unspec", 0);
	proto = id > 0 && id <= UINT32_MAX ? core_helper_for((u32)id, v->type->type) : NULL;
	if (!proto || !core_kernel_since(in->kernel, proto->since))
		return verify_fail(v, MSG_INVALID_FUNC, "unknown", (int)id);
	if (!has_rights(v, proto->id) || !has_there(v, proto) ||
	    !(core_prog_allows(v->type, proto, in->attach_type, in->kernel) ||
	      is_allowed_in_iterator(v, proto->id)))
		return verify_fail(v, MSG_HELPER_TYPE, proto->name, (int)id);
	if (proto->flags & HELPER_GPL_ONLY && !in->gpl)
		return verify_fail(v, MSG_HELPER_GPL);
	if (!is_allowed_there(v, proto))
		return verify_fail(v, MSG_HELPER_PLACE);
	*out = proto;
	return 0;
}

/* Which helper a program may call never changes, so it is found out once. */
static int find_once(struct verifier *v, s64 id, const struct helper_proto **out)
{
	bool known = id > 0 && id < __BPF_FUNC_MAX_ID;
	int err;

	if (!v->helpers) {
		v->helpers = arena_alloc(&v->arena, __BPF_FUNC_MAX_ID * sizeof(*v->helpers));
		if (!v->helpers)
			return -ENOMEM;
	}
	if (known && v->helpers[id]) {
		*out = v->helpers[id];
		return 0;
	}
	err = find(v, id, out);
	if (!err && known)
		v->helpers[id] = *out;
	return err;
}

int verify_helper_find(struct verifier *v, s64 id, const struct helper_proto **out)
{
	int err = find_once(v, id, out);

	/* An asynchronous callback of a program that sleeps may not. */
	if (!err && (*out)->flags & HELPER_SLEEPABLE && !v->state->sleepable)
		err = verify_fail(v, MSG_HELPER_SLEEPS);
	return err;
}
