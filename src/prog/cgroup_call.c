// SPDX-License-Identifier: BSD-2-Clause
/* System calls of a cgroup's processes: addresses, socket options, devices, settings. */
#include "prog/type.h"

static const u8 address_helpers[] = {
	BPF_FUNC_perf_event_output, BPF_FUNC_get_socket_cookie, BPF_FUNC_setsockopt,
	BPF_FUNC_getsockopt,        BPF_FUNC_get_local_storage, BPF_FUNC_sk_storage_get,
	BPF_FUNC_sk_storage_delete, BPF_FUNC_get_netns_cookie,  BPF_FUNC_ktime_get_coarse_ns,
	PROG_FINDS_SOCKETS,         PROG_CONVERTS_SOCKETS};
static const u8 option_helpers[] = {BPF_FUNC_perf_event_output, BPF_FUNC_get_local_storage,
				    BPF_FUNC_tcp_sock,          BPF_FUNC_sk_storage_get,
				    BPF_FUNC_sk_storage_delete, BPF_FUNC_get_netns_cookie};
static const u8 device_helpers[] = {BPF_FUNC_perf_event_output, BPF_FUNC_get_local_storage};
static const u8 setting_helpers[] = {
	BPF_FUNC_perf_event_output,    BPF_FUNC_get_local_storage,
	BPF_FUNC_sysctl_get_name,      BPF_FUNC_sysctl_get_current_value,
	BPF_FUNC_sysctl_get_new_value, BPF_FUNC_sysctl_set_new_value,
	BPF_FUNC_ktime_get_coarse_ns};

static bool address_allows(const struct helper_proto *proto, u32 attach_type)
{
	if (proto->id == BPF_FUNC_bind)
		return attach_type == BPF_CGROUP_INET4_CONNECT ||
		       attach_type == BPF_CGROUP_INET6_CONNECT;
	return prog_base_allows(proto->id) || PROG_LISTED(address_helpers, proto->id) ||
	       prog_has_retval(proto->id, attach_type);
}

static bool option_allows(const struct helper_proto *proto, u32 attach_type)
{
	if (proto->id == BPF_FUNC_setsockopt || proto->id == BPF_FUNC_getsockopt)
		return attach_type == BPF_CGROUP_SETSOCKOPT;
	return prog_base_allows(proto->id) || PROG_LISTED(option_helpers, proto->id) ||
	       prog_has_retval(proto->id, attach_type);
}

static bool device_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_base_allows(proto->id) || PROG_LISTED(device_helpers, proto->id) ||
	       prog_has_retval(proto->id, attach_type);
}

static bool setting_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_base_allows(proto->id) || PROG_LISTED(setting_helpers, proto->id) ||
	       prog_has_retval(proto->id, attach_type);
}

static int check_address_attach(u32 attach_type, struct diag *diag)
{
	switch (attach_type) {
	case BPF_CGROUP_INET4_BIND:
	case BPF_CGROUP_INET6_BIND:
	case BPF_CGROUP_INET4_CONNECT:
	case BPF_CGROUP_INET6_CONNECT:
	case BPF_CGROUP_UNIX_CONNECT:
	case BPF_CGROUP_UDP4_SENDMSG:
	case BPF_CGROUP_UDP6_SENDMSG:
	case BPF_CGROUP_UNIX_SENDMSG:
	case BPF_CGROUP_UDP4_RECVMSG:
	case BPF_CGROUP_UDP6_RECVMSG:
	case BPF_CGROUP_UNIX_RECVMSG:
	case BPF_CGROUP_INET4_GETPEERNAME:
	case BPF_CGROUP_INET6_GETPEERNAME:
	case BPF_CGROUP_UNIX_GETPEERNAME:
	case BPF_CGROUP_INET4_GETSOCKNAME:
	case BPF_CGROUP_INET6_GETSOCKNAME:
	case BPF_CGROUP_UNIX_GETSOCKNAME: return 0;
	default: return prog_attach_refused(attach_type, diag);
	}
}

static int check_option_attach(u32 attach_type, struct diag *diag)
{
	if (attach_type == BPF_CGROUP_GETSOCKOPT || attach_type == BPF_CGROUP_SETSOCKOPT)
		return 0;
	return prog_attach_refused(attach_type, diag);
}

/* What cannot be refused any more returns 1; a bind may ask to skip a capability (bit 1). */
static bool address_returns(u32 attach_type, struct prog_range *out)
{
	switch (attach_type) {
	case BPF_CGROUP_INET4_BIND:
	case BPF_CGROUP_INET6_BIND: *out = (struct prog_range){0, 3}; break;
	case BPF_CGROUP_INET4_CONNECT:
	case BPF_CGROUP_INET6_CONNECT:
	case BPF_CGROUP_UNIX_CONNECT:
	case BPF_CGROUP_UDP4_SENDMSG:
	case BPF_CGROUP_UDP6_SENDMSG:
	case BPF_CGROUP_UNIX_SENDMSG: *out = (struct prog_range){0, 1}; break;
	default: *out = (struct prog_range){1, 1};
	}
	return true;
}

#define OF_IP4                                                         \
	(CTX_FOR(CGROUP_INET4_BIND) | CTX_FOR(CGROUP_INET4_CONNECT) |  \
	 CTX_FOR(CGROUP_UDP4_SENDMSG) | CTX_FOR(CGROUP_UDP4_RECVMSG) | \
	 CTX_FOR(CGROUP_INET4_GETPEERNAME) | CTX_FOR(CGROUP_INET4_GETSOCKNAME))
#define OF_IP6                                                         \
	(CTX_FOR(CGROUP_INET6_BIND) | CTX_FOR(CGROUP_INET6_CONNECT) |  \
	 CTX_FOR(CGROUP_UDP6_SENDMSG) | CTX_FOR(CGROUP_UDP6_RECVMSG) | \
	 CTX_FOR(CGROUP_INET6_GETPEERNAME) | CTX_FOR(CGROUP_INET6_GETSOCKNAME))

static const struct prog_ctx_range address_ctx[] = {
	{CTX_FIELD(bpf_sock_addr, user_family), .reads = CTX_WORD},
	{CTX_FIELD(bpf_sock_addr, user_ip4), .reads = CTX_NARROW, .writes = CTX_WORD,
	 .attach = OF_IP4},
	{CTX_FIELD(bpf_sock_addr, user_ip6), .reads = CTX_ANY, .writes = CTX_WORD | CTX_LONG,
	 .attach = OF_IP6},
	{CTX_FIELD(bpf_sock_addr, user_port), .reads = CTX_NARROW, .writes = CTX_WORD},
	{CTX_FIELDS(bpf_sock_addr, family, protocol), .reads = CTX_WORD},
	{CTX_FIELD(bpf_sock_addr, msg_src_ip4), .reads = CTX_NARROW, .writes = CTX_WORD,
	 .attach = CTX_FOR(CGROUP_UDP4_SENDMSG)},
	{CTX_FIELD(bpf_sock_addr, msg_src_ip6), .reads = CTX_ANY, .writes = CTX_WORD | CTX_LONG,
	 .attach = CTX_FOR(CGROUP_UDP6_SENDMSG)},
	{CTX_FIELD(bpf_sock_addr, sk), .reads = CTX_LONG, .kind = CTX_SOCK},
};

static const struct prog_ctx_range option_ctx[] = {
	{CTX_FIELD(bpf_sockopt, sk), .reads = CTX_LONG, .kind = CTX_SOCK},
	{CTX_FIELD(bpf_sockopt, optval), .reads = CTX_LONG, .kind = CTX_PACKET},
	{CTX_FIELD(bpf_sockopt, optval_end), .reads = CTX_LONG, .kind = CTX_PACKET_END},
	{CTX_FIELDS(bpf_sockopt, level, optname), .reads = CTX_WORD,
	 .attach = CTX_FOR(CGROUP_GETSOCKOPT)},
	{CTX_FIELDS(bpf_sockopt, level, optname), .reads = CTX_WORD, .writes = CTX_WORD,
	 .attach = CTX_FOR(CGROUP_SETSOCKOPT)},
	{CTX_FIELD(bpf_sockopt, optlen), .reads = CTX_WORD, .writes = CTX_WORD},
	{CTX_FIELD(bpf_sockopt, retval), .reads = CTX_WORD, .writes = CTX_WORD,
	 .attach = CTX_FOR(CGROUP_GETSOCKOPT)},
};

static const struct prog_ctx_range device_ctx[] = {
	{CTX_FIELD(bpf_cgroup_dev_ctx, access_type), .reads = CTX_NARROW},
	{CTX_FIELDS(bpf_cgroup_dev_ctx, major, minor), .reads = CTX_WORD},
};

static const struct prog_ctx_range setting_ctx[] = {
	{CTX_FIELD(bpf_sysctl, write), .reads = CTX_NARROW},
	{CTX_FIELD(bpf_sysctl, file_pos), .reads = CTX_NARROW, .writes = CTX_WORD},
};

const struct prog_type_ops prog_cgroup_sock_addr_ops = {
	.type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	.name = "cgroup_sock_addr",
	.doc = "Addresses that processes of a cgroup bind, connect and send to",
	.ctx_size = sizeof(struct bpf_sock_addr),
	.check_attach = check_address_attach,
	.allows = address_allows,
	.returns = address_returns,
	PROG_CTX(address_ctx),
};

const struct prog_type_ops prog_cgroup_sockopt_ops = {
	.type = BPF_PROG_TYPE_CGROUP_SOCKOPT,
	.name = "cgroup_sockopt",
	.since = 0x0503,
	.writes_packet = true, /* the option's value */
	.doc = "Socket options that processes of a cgroup get and set",
	.ctx_size = sizeof(struct bpf_sockopt),
	.check_attach = check_option_attach,
	.allows = option_allows,
	.returns = prog_returns_bool,
	PROG_CTX(option_ctx),
};

const struct prog_type_ops prog_cgroup_device_ops = {
	.type = BPF_PROG_TYPE_CGROUP_DEVICE,
	.name = "cgroup_device",
	.doc = "Devices that processes of a cgroup open",
	.ctx_size = sizeof(struct bpf_cgroup_dev_ctx),
	.allows = device_allows,
	.returns = prog_returns_bool,
	PROG_CTX(device_ctx),
};

const struct prog_type_ops prog_cgroup_sysctl_ops = {
	.type = BPF_PROG_TYPE_CGROUP_SYSCTL,
	.name = "cgroup_sysctl",
	.since = 0x0502,
	.doc = "Settings under /proc/sys that processes of a cgroup read and write",
	.ctx_size = sizeof(struct bpf_sysctl),
	.allows = setting_allows,
	.returns = prog_returns_bool,
	PROG_CTX(setting_ctx),
};
