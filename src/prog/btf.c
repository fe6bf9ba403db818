// SPDX-License-Identifier: BSD-2-Clause
/* Programs attached by BTF: functions, raw tracepoints and iterators with their types, security
 * hooks, tables of operations, other programs.
 */
#include "prog/type.h"

static const u8 helpers[] = {
	BPF_FUNC_probe_read,        BPF_FUNC_perf_event_output, BPF_FUNC_get_stackid,
	BPF_FUNC_probe_read_str,    BPF_FUNC_get_stack,         BPF_FUNC_get_func_ip,
	BPF_FUNC_get_socket_cookie, BPF_FUNC_sk_storage_get,    BPF_FUNC_sk_storage_delete,
	BPF_FUNC_skb_output,        BPF_FUNC_xdp_output,        BPF_FUNC_d_path,
	BPF_FUNC_sock_from_file,    BPF_FUNC_xdp_get_buff_len,  PROG_CONVERTS_SOCKETS};
static const u8 iterator_helpers[] = {BPF_FUNC_seq_printf, BPF_FUNC_seq_write,
				      BPF_FUNC_seq_printf_btf};
static const u8 security_helpers[] = {BPF_FUNC_inode_storage_get, BPF_FUNC_inode_storage_delete,
				      BPF_FUNC_bprm_opts_set, BPF_FUNC_ima_inode_hash,
				      BPF_FUNC_ima_file_hash};
static const u8 operation_helpers[] = {BPF_FUNC_sk_storage_get, BPF_FUNC_sk_storage_delete,
				       BPF_FUNC_tcp_send_ack, BPF_FUNC_ktime_get_coarse_ns};

bool prog_btf_allows(u32 id)
{
	return prog_base_allows(id) || PROG_LISTED(helpers, id);
}

/* At the entry or exit of a function. */
static bool at_function(u32 attach_type)
{
	return attach_type == BPF_TRACE_FENTRY || attach_type == BPF_TRACE_FEXIT ||
	       attach_type == BPF_MODIFY_RETURN;
}

static bool tracing_allows(const struct helper_proto *proto, u32 attach_type)
{
	switch (proto->id) {
	case BPF_FUNC_get_attach_cookie:
		return at_function(attach_type) || attach_type == BPF_TRACE_RAW_TP;
	case BPF_FUNC_get_func_arg:
	case BPF_FUNC_get_func_arg_cnt:
	case BPF_FUNC_get_func_ret: return at_function(attach_type);
	case BPF_FUNC_probe_write_user: return true;
	}
	if (PROG_LISTED(iterator_helpers, proto->id))
		return attach_type == BPF_TRACE_ITER;
	return prog_btf_allows(proto->id);
}

static bool lsm_allows(const struct helper_proto *proto, u32 attach_type)
{
	switch (proto->id) {
	case BPF_FUNC_get_attach_cookie:
	case BPF_FUNC_get_func_arg:
	case BPF_FUNC_get_func_arg_cnt:
	case BPF_FUNC_get_func_ret: return attach_type == BPF_LSM_MAC;
	case BPF_FUNC_get_local_storage:
	case BPF_FUNC_get_retval:
	case BPF_FUNC_set_retval:
	case BPF_FUNC_setsockopt:
	case BPF_FUNC_getsockopt: return attach_type == BPF_LSM_CGROUP;
	case BPF_FUNC_probe_write_user: return true;
	}
	return prog_btf_allows(proto->id) || PROG_LISTED(security_helpers, proto->id);
}

/*
 * As struct tcp_congestion_ops has it, the first table there was: the member with index 17 is
 * `release`, which may no longer touch the socket's options. Tables with rules of their own come
 * with the verifier.
 */
#define TCP_RELEASE 17

static bool operations_allow(const struct helper_proto *proto, u32 member)
{
	if (proto->id == BPF_FUNC_setsockopt || proto->id == BPF_FUNC_getsockopt)
		return member != TCP_RELEASE;
	return prog_base_allows(proto->id) || PROG_LISTED(operation_helpers, proto->id);
}

/* It may call what the program that it replaces a function of may call; that is not known here. */
static bool extension_allows(const struct helper_proto *proto, u32 attach_type)
{
	return false;
}

static int check_tracing_attach(u32 attach_type, struct diag *diag)
{
	if (at_function(attach_type) || attach_type == BPF_TRACE_RAW_TP ||
	    attach_type == BPF_TRACE_ITER)
		return 0;
	return prog_attach_refused(attach_type, diag);
}

static int check_lsm_attach(u32 attach_type, struct diag *diag)
{
	if (attach_type == BPF_LSM_MAC || attach_type == BPF_LSM_CGROUP)
		return 0;
	return prog_attach_refused(attach_type, diag);
}

static bool tracing_returns(u32 attach_type, struct prog_range *out)
{
	if (attach_type == BPF_TRACE_RAW_TP || attach_type == BPF_MODIFY_RETURN)
		return false;
	*out = (struct prog_range){0, attach_type == BPF_TRACE_ITER ? 1 : 0};
	return true;
}

const struct prog_type_ops prog_tracing_ops = {
	.type = BPF_PROG_TYPE_TRACING,
	.name = "tracing",
	.since = 0x0505,
	.tracing = true,
	.private_stack = true,
	.by_btf = true,
	.sleeps = PROG_SLEEPS_MAY,
	.doc = "Functions of the kernel, raw tracepoints and iterators, with typed arguments",
	.check_attach = check_tracing_attach,
	.allows = tracing_allows,
	.returns = tracing_returns,
};

const struct prog_type_ops prog_lsm_ops = {
	.type = BPF_PROG_TYPE_LSM,
	.name = "lsm",
	.since = 0x0507,
	.tracing = true,
	.by_btf = true,
	.sleeps = PROG_SLEEPS_MAY,
	.doc = "Hooks of security modules: allow or refuse",
	.check_attach = check_lsm_attach,
	.allows = lsm_allows,
};

const struct prog_type_ops prog_struct_ops_ops = {
	.type = BPF_PROG_TYPE_STRUCT_OPS,
	.name = "struct_ops",
	.since = 0x0506,
	.by_btf = true,
	.sleeps = PROG_SLEEPS_MAY,
	.doc = "A member of a table of the kernel's operations, such as a TCP congestion control",
	.allows = operations_allow,
};

const struct prog_type_ops prog_ext_ops = {
	.type = BPF_PROG_TYPE_EXT,
	.name = "ext",
	.since = 0x0506,
	.by_btf = true,
	.doc = "Takes the place of a global function of another program",
	.check_attach = prog_attach_none,
	.allows = extension_allows,
};
