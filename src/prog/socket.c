// SPDX-License-Identifier: BSD-2-Clause
/* Sockets: their events, their choice, and what goes through those in maps. */
#include "prog/type.h"

static const u8 ops_helpers[] = {
	BPF_FUNC_perf_event_output,   BPF_FUNC_get_socket_cookie, BPF_FUNC_setsockopt,
	BPF_FUNC_sock_map_update,     BPF_FUNC_getsockopt,        BPF_FUNC_sock_ops_cb_flags_set,
	BPF_FUNC_sock_hash_update,    BPF_FUNC_get_local_storage, BPF_FUNC_tcp_sock,
	BPF_FUNC_sk_storage_get,      BPF_FUNC_sk_storage_delete, BPF_FUNC_get_netns_cookie,
	BPF_FUNC_load_hdr_opt,        BPF_FUNC_store_hdr_opt,     BPF_FUNC_reserve_hdr_opt,
	BPF_FUNC_ktime_get_coarse_ns, PROG_CONVERTS_SOCKETS};
static const u8 skb_helpers[] = {
	BPF_FUNC_skb_store_bytes,   BPF_FUNC_perf_event_output, BPF_FUNC_skb_load_bytes,
	BPF_FUNC_skb_change_tail,   BPF_FUNC_skb_pull_data,     BPF_FUNC_skb_change_head,
	BPF_FUNC_get_socket_cookie, BPF_FUNC_get_socket_uid,    BPF_FUNC_skb_adjust_room,
	BPF_FUNC_sk_redirect_map,   BPF_FUNC_sk_redirect_hash,  BPF_FUNC_ktime_get_coarse_ns,
	PROG_FINDS_SOCKETS,         PROG_CONVERTS_SOCKETS};
static const u8 msg_helpers[] = {
	BPF_FUNC_perf_event_output, BPF_FUNC_msg_redirect_map, BPF_FUNC_msg_apply_bytes,
	BPF_FUNC_msg_cork_bytes,    BPF_FUNC_msg_pull_data,    BPF_FUNC_msg_redirect_hash,
	BPF_FUNC_msg_push_data,     BPF_FUNC_msg_pop_data,     BPF_FUNC_sk_storage_get,
	BPF_FUNC_sk_storage_delete, BPF_FUNC_get_netns_cookie, BPF_FUNC_ktime_get_coarse_ns,
	PROG_CONVERTS_SOCKETS};
static const u8 reuseport_helpers[] = {BPF_FUNC_skb_load_bytes, BPF_FUNC_get_socket_cookie,
				       BPF_FUNC_skb_load_bytes_relative,
				       BPF_FUNC_sk_select_reuseport, BPF_FUNC_ktime_get_coarse_ns};
static const u8 lookup_helpers[] = {BPF_FUNC_perf_event_output, BPF_FUNC_sk_release,
				    BPF_FUNC_sk_assign, BPF_FUNC_ktime_get_coarse_ns,
				    PROG_CONVERTS_SOCKETS};

static bool ops_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_base_allows(proto->id) || PROG_LISTED(ops_helpers, proto->id) ||
	       prog_has_retval(proto->id, attach_type);
}

static bool skb_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_base_allows(proto->id) || PROG_LISTED(skb_helpers, proto->id);
}

static bool msg_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_base_allows(proto->id) || PROG_LISTED(msg_helpers, proto->id);
}

static bool reuseport_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_base_allows(proto->id) || PROG_LISTED(reuseport_helpers, proto->id);
}

static bool lookup_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_base_allows(proto->id) || PROG_LISTED(lookup_helpers, proto->id);
}

static int check_reuseport_attach(u32 attach_type, struct diag *diag)
{
	switch (attach_type) {
	case 0:
	case BPF_SK_REUSEPORT_SELECT:
	case BPF_SK_REUSEPORT_SELECT_OR_MIGRATE: return 0;
	default: return prog_attach_refused(attach_type, diag);
	}
}

static int check_lookup_attach(u32 attach_type, struct diag *diag)
{
	return attach_type == BPF_SK_LOOKUP ? 0 : prog_attach_refused(attach_type, diag);
}

static const struct prog_ctx_range ops_ctx[] = {
	{CTX_FIELD(bpf_sock_ops, op), .reads = CTX_WORD},
	{.lo = CTX_OFF(bpf_sock_ops, args),
	 .hi = CTX_OFF(bpf_sock_ops, args[1]),
	 .reads = CTX_WORD,
	 .writes = CTX_WORD},
	{.lo = CTX_OFF(bpf_sock_ops, args[1]),
	 .hi = CTX_END(bpf_sock_ops, sacked_out),
	 .reads = CTX_WORD},
	{CTX_FIELD(bpf_sock_ops, sk_txhash), .reads = CTX_WORD, .writes = CTX_WORD},
	{CTX_FIELDS(bpf_sock_ops, bytes_received, bytes_acked), .reads = CTX_LONG},
	{CTX_FIELD(bpf_sock_ops, sk), .reads = CTX_LONG, .kind = CTX_SOCK_OR_NULL},
	{CTX_FIELD(bpf_sock_ops, skb_data), .reads = CTX_LONG, .kind = CTX_PACKET},
	{CTX_FIELD(bpf_sock_ops, skb_data_end), .reads = CTX_LONG, .kind = CTX_PACKET_END},
	{CTX_FIELD(bpf_sock_ops, skb_len), .reads = CTX_WORD},
	{CTX_FIELD(bpf_sock_ops, skb_tcp_flags), .reads = CTX_NARROW | CTX_AT_LO},
	{CTX_FIELD(bpf_sock_ops, skb_hwtstamp), .reads = CTX_LONG},
};

static const struct prog_ctx_range skb_ctx[] = {
	{CTX_FIELDS(__sk_buff, len, pkt_type), .reads = CTX_NARROW},
	{CTX_FIELDS(__sk_buff, queue_mapping, vlan_proto), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, priority), .reads = CTX_NARROW, .writes = CTX_WORD},
	{CTX_FIELDS(__sk_buff, ingress_ifindex, ifindex), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, tc_index), .reads = CTX_NARROW, .writes = CTX_WORD, .keeps = 2},
	{CTX_FIELD(__sk_buff, cb), .reads = CTX_ANY},
	{CTX_FIELD(__sk_buff, hash), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, data), .reads = CTX_WORD, .kind = CTX_PACKET},
	{CTX_FIELD(__sk_buff, data_end), .reads = CTX_WORD, .kind = CTX_PACKET_END},
	{CTX_FIELDS(__sk_buff, napi_id, family), .reads = CTX_NARROW},
	{CTX_FIELDS(__sk_buff, remote_ip4, local_ip6), .reads = CTX_WORD},
	{CTX_FIELDS(__sk_buff, remote_port, local_port), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, gso_segs), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, sk), .reads = CTX_LONG, .kind = CTX_SOCK_COMMON_OR_NULL},
	{CTX_FIELD(__sk_buff, gso_size), .reads = CTX_NARROW},
};

static const struct prog_ctx_range msg_ctx[] = {
	{CTX_FIELD(sk_msg_md, data), .reads = CTX_LONG, .kind = CTX_PACKET},
	{CTX_FIELD(sk_msg_md, data_end), .reads = CTX_LONG, .kind = CTX_PACKET_END},
	{CTX_FIELDS(sk_msg_md, family, size), .reads = CTX_WORD},
	{CTX_FIELD(sk_msg_md, sk), .reads = CTX_LONG, .kind = CTX_SOCK},
};

static const struct prog_ctx_range reuseport_ctx[] = {
	{CTX_FIELD(sk_reuseport_md, data), .reads = CTX_LONG, .kind = CTX_PACKET},
	{CTX_FIELD(sk_reuseport_md, data_end), .reads = CTX_LONG, .kind = CTX_PACKET_END},
	{CTX_FIELD(sk_reuseport_md, len), .reads = CTX_NARROW},
	{CTX_FIELD(sk_reuseport_md, eth_protocol), .reads = CTX_HALF | CTX_WORD},
	{CTX_FIELDS(sk_reuseport_md, ip_protocol, bind_inany), .reads = CTX_NARROW},
	{CTX_FIELD(sk_reuseport_md, hash), .reads = CTX_WORD},
	{CTX_FIELD(sk_reuseport_md, sk), .reads = CTX_LONG, .kind = CTX_SOCK},
	{CTX_FIELD(sk_reuseport_md, migrating_sk), .reads = CTX_LONG,
	 .kind = CTX_SOCK_COMMON_OR_NULL},
};

static const struct prog_ctx_range lookup_ctx[] = {
	{CTX_FIELD(bpf_sk_lookup, sk), .reads = CTX_LONG, .kind = CTX_SOCK_OR_NULL},
	{CTX_FIELDS(bpf_sk_lookup, family, ingress_ifindex), .reads = CTX_NARROW},
};

const struct prog_type_ops prog_sock_ops_ops = {
	.type = BPF_PROG_TYPE_SOCK_OPS,
	.name = "sock_ops",
	.doc = "Events of the TCP connections of a cgroup's processes",
	.ctx_size = sizeof(struct bpf_sock_ops),
	.allows = ops_allows,
	.returns = prog_returns_bool,
	PROG_CTX(ops_ctx),
};

const struct prog_type_ops prog_sk_skb_ops = {
	.type = BPF_PROG_TYPE_SK_SKB,
	.name = "sk_skb",
	.writes_packet = true,
	.doc = "Data that arrives at a socket of a map: where messages end, who gets it",
	.ctx_size = sizeof(struct __sk_buff),
	.allows = skb_allows,
	PROG_CTX(skb_ctx),
};

const struct prog_type_ops prog_sk_msg_ops = {
	.type = BPF_PROG_TYPE_SK_MSG,
	.name = "sk_msg",
	.writes_packet = true,
	.doc = "Messages sent through a socket of a map",
	.ctx_size = sizeof(struct sk_msg_md),
	.allows = msg_allows,
	PROG_CTX(msg_ctx),
};

const struct prog_type_ops prog_sk_reuseport_ops = {
	.type = BPF_PROG_TYPE_SK_REUSEPORT,
	.name = "sk_reuseport",
	.doc = "Which socket of those that share a port gets a packet",
	.ctx_size = sizeof(struct sk_reuseport_md),
	.check_attach = check_reuseport_attach,
	.allows = reuseport_allows,
	PROG_CTX(reuseport_ctx),
};

const struct prog_type_ops prog_sk_lookup_ops = {
	.type = BPF_PROG_TYPE_SK_LOOKUP,
	.name = "sk_lookup",
	.since = 0x0509,
	.doc = "Which socket gets a packet or connection, whatever it is bound to",
	.ctx_size = sizeof(struct bpf_sk_lookup),
	.check_attach = check_lookup_attach,
	.allows = lookup_allows,
	.returns = prog_returns_bool,
	PROG_CTX(lookup_ctx),
};
