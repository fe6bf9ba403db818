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

/* Where the socket is new, or about to go. */
#define NEW_OR_GONE                                                        \
	(CTX_FOR(CGROUP_INET_INGRESS) | CTX_FOR(CGROUP_INET_SOCK_CREATE) | \
	 CTX_FOR(CGROUP_INET_SOCK_RELEASE))

static const struct prog_ctx_range sock_ctx[] = {
	{CTX_FIELD(bpf_sock, bound_dev_if), .reads = CTX_WORD, .writes = CTX_WORD,
	 .attach = NEW_OR_GONE},
	{CTX_FIELD(bpf_sock, family), .reads = CTX_NARROW | CTX_AT_LO},
	{CTX_FIELD(bpf_sock, type), .reads = CTX_NARROW | CTX_AT_LO},
	{CTX_FIELD(bpf_sock, protocol), .reads = CTX_NARROW | CTX_AT_LO},
	{CTX_FIELDS(bpf_sock, mark, priority), .reads = CTX_WORD, .writes = CTX_WORD,
	 .attach = NEW_OR_GONE},
	{CTX_FIELD(bpf_sock, src_ip4), .reads = CTX_NARROW,
	 .attach = CTX_FOR(CGROUP_INET4_POST_BIND)},
	{CTX_FIELD(bpf_sock, src_ip6), .reads = CTX_NARROW,
	 .attach = CTX_FOR(CGROUP_INET6_POST_BIND)},
	{CTX_FIELD(bpf_sock, src_port), .reads = CTX_NARROW | CTX_AT_LO,
	 .attach = CTX_FOR(CGROUP_INET4_POST_BIND) | CTX_FOR(CGROUP_INET6_POST_BIND)},
	{.lo = CTX_OFF(bpf_sock, dst_port),
	 .hi = CTX_OFF(bpf_sock, dst_ip4),
	 .reads = CTX_NARROW | CTX_AT_LO},
	{.lo = CTX_OFF(bpf_sock, dst_port) + 1,
	 .hi = CTX_END(bpf_sock, dst_port),
	 .reads = CTX_BYTE},
	{CTX_FIELDS(bpf_sock, dst_ip4, dst_ip6), .reads = CTX_NARROW},
	{CTX_FIELD(bpf_sock, state), .reads = CTX_NARROW | CTX_AT_LO},
	{CTX_FIELD(bpf_sock, rx_queue_mapping), .reads = CTX_NARROW | CTX_AT_LO},
};

static const struct prog_ctx_range skb_ctx[] = {
	{CTX_FIELDS(__sk_buff, len, pkt_type), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, mark), .reads = CTX_NARROW, .writes = CTX_WORD},
	{CTX_FIELDS(__sk_buff, queue_mapping, vlan_proto), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, priority), .reads = CTX_NARROW, .writes = CTX_WORD},
	{CTX_FIELDS(__sk_buff, ingress_ifindex, tc_index), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, cb), .reads = CTX_ANY, .writes = CTX_ANY},
	{CTX_FIELD(__sk_buff, hash), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, data), .reads = CTX_WORD, .kind = CTX_PACKET, .reads_bpf = true},
	{CTX_FIELD(__sk_buff, data_end), .reads = CTX_WORD, .kind = CTX_PACKET_END,
	 .reads_bpf = true},
	{CTX_FIELDS(__sk_buff, napi_id, family), .reads = CTX_NARROW},
	{CTX_FIELDS(__sk_buff, remote_ip4, local_ip6), .reads = CTX_WORD},
	{CTX_FIELDS(__sk_buff, remote_port, local_port), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, tstamp), .reads = CTX_LONG, .writes = CTX_LONG, .writes_bpf = true},
	{CTX_FIELD(__sk_buff, gso_segs), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, sk), .reads = CTX_LONG, .kind = CTX_SOCK_COMMON_OR_NULL},
	{CTX_FIELD(__sk_buff, gso_size), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, hwtstamp), .reads = CTX_LONG},
};

const struct prog_type_ops prog_cgroup_sock_ops = {
	.type = BPF_PROG_TYPE_CGROUP_SOCK,
	.name = "cgroup_sock",
	.doc = "Sockets that processes of a cgroup create, bind or close",
	.ctx_size = sizeof(struct bpf_sock),
	.check_attach = check_sock_attach,
	.allows = sock_allows,
	.returns = prog_returns_bool,
	PROG_CTX(sock_ctx),
};

const struct prog_type_ops prog_cgroup_skb_ops = {
	.type = BPF_PROG_TYPE_CGROUP_SKB,
	.name = "cgroup_skb",
	.doc = "Packets to and from processes of a cgroup",
	.ctx_size = sizeof(struct __sk_buff),
	.check_attach = check_skb_attach,
	.allows = skb_allows,
	.returns = skb_returns,
	PROG_CTX(skb_ctx),
};
