// SPDX-License-Identifier: BSD-2-Clause
/* Sockets and packets of a cgroup's processes. */
#include "base/diag.h"
#include "prog/type.h"

static const u8 sock_helpers[] = {BPF_FUNC_perf_event_output, BPF_FUNC_get_socket_cookie,
				  BPF_FUNC_get_local_storage, BPF_FUNC_sk_storage_get,
				  BPF_FUNC_get_netns_cookie,  BPF_FUNC_ktime_get_coarse_ns};
static const u8 skb_helpers[] = {BPF_FUNC_perf_event_output,
				 BPF_FUNC_skb_load_bytes,
				 BPF_FUNC_get_socket_cookie,
				 BPF_FUNC_get_socket_uid,
				 BPF_FUNC_skb_load_bytes_relative,
				 BPF_FUNC_skb_cgroup_id,
				 BPF_FUNC_get_local_storage,
				 BPF_FUNC_skb_ancestor_cgroup_id,
				 BPF_FUNC_sk_fullsock,
				 BPF_FUNC_tcp_sock,
				 BPF_FUNC_skb_ecn_set_ce,
				 BPF_FUNC_get_listener_sock,
				 BPF_FUNC_sk_storage_get,
				 BPF_FUNC_sk_storage_delete,
				 BPF_FUNC_get_netns_cookie,
				 BPF_FUNC_sk_cgroup_id,
				 BPF_FUNC_sk_ancestor_cgroup_id,
				 BPF_FUNC_ktime_get_coarse_ns,
				 PROG_FINDS_SOCKETS,
				 PROG_CONVERTS_SOCKETS};

static bool sock_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_base_allows(proto->id) || PROG_LISTED(sock_helpers, proto->id) ||
	       prog_has_retval(proto->id, attach_type ?: BPF_CGROUP_INET_SOCK_CREATE);
}

static bool skb_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_base_allows(proto->id) || PROG_LISTED(skb_helpers, proto->id);
}

/* 0 stands for BPF_CGROUP_INET_SOCK_CREATE: what loaders older than the field ask for. */
static int check_sock_attach(u32 attach_type, struct diag *diag)
{
	switch (attach_type) {
	case 0:
	case BPF_CGROUP_INET_SOCK_CREATE:
	case BPF_CGROUP_INET_SOCK_RELEASE:
	case BPF_CGROUP_INET4_POST_BIND:
	case BPF_CGROUP_INET6_POST_BIND: return 0;
	default: return prog_attach_refused(attach_type, diag);
	}
}

static int check_skb_attach(u32 attach_type, struct diag *diag)
{
	if (attach_type == BPF_CGROUP_INET_INGRESS || attach_type == BPF_CGROUP_INET_EGRESS)
		return 0;
	return prog_attach_refused(attach_type, diag);
}

/* Bit 1 of what leaves: congestion. */
static bool skb_returns(u32 attach_type, struct prog_range *out)
{
	*out = (struct prog_range){0, attach_type == BPF_CGROUP_INET_EGRESS ? 3 : 1};
	return true;
}

const struct prog_type_ops prog_cgroup_sock_ops = {
	.type = BPF_PROG_TYPE_CGROUP_SOCK,
	.name = "cgroup_sock",
	.doc = "Sockets that processes of a cgroup create, bind or close",
	.ctx_size = sizeof(struct bpf_sock),
	.ctx_write_lo = offsetof(struct bpf_sock, bound_dev_if),
	.ctx_write_hi = offsetof(struct bpf_sock, priority) + sizeof(u32),
	.check_attach = check_sock_attach,
	.allows = sock_allows,
	.returns = prog_returns_bool,
};

const struct prog_type_ops prog_cgroup_skb_ops = {
	.type = BPF_PROG_TYPE_CGROUP_SKB,
	.name = "cgroup_skb",
	.doc = "Packets to and from processes of a cgroup",
	.ctx_size = sizeof(struct __sk_buff),
	.ctx_write_lo = offsetof(struct __sk_buff, mark),
	.ctx_write_hi = offsetof(struct __sk_buff, cb) + sizeof(((struct __sk_buff *)0)->cb),
	.check_attach = check_skb_attach,
	.allows = skb_allows,
	.returns = skb_returns,
};
