// SPDX-License-Identifier: BSD-2-Clause
/* Packets at a socket, at a device's driver, and where they are dissected. */
#include "prog/type.h"

static const u8 socket_helpers[] = {BPF_FUNC_perf_event_output,       BPF_FUNC_skb_load_bytes,
				    BPF_FUNC_skb_load_bytes_relative, BPF_FUNC_get_socket_cookie,
				    BPF_FUNC_get_socket_uid,          BPF_FUNC_get_netns_cookie,
				    BPF_FUNC_ktime_get_coarse_ns,     PROG_CONVERTS_SOCKETS};

static const u8 xdp_helpers[] = {BPF_FUNC_redirect,
				 BPF_FUNC_redirect_map,
				 BPF_FUNC_perf_event_output,
				 BPF_FUNC_csum_diff,
				 BPF_FUNC_xdp_adjust_head,
				 BPF_FUNC_xdp_adjust_meta,
				 BPF_FUNC_xdp_adjust_tail,
				 BPF_FUNC_xdp_get_buff_len,
				 BPF_FUNC_xdp_load_bytes,
				 BPF_FUNC_xdp_store_bytes,
				 BPF_FUNC_fib_lookup,
				 BPF_FUNC_check_mtu,
				 BPF_FUNC_tcp_check_syncookie,
				 BPF_FUNC_tcp_gen_syncookie,
				 BPF_FUNC_ktime_get_coarse_ns,
				 PROG_FINDS_SOCKETS,
				 PROG_CONVERTS_SOCKETS,
				 PROG_RAW_SYNCOOKIES};

static const u8 flow_helpers[] = {BPF_FUNC_skb_load_bytes, BPF_FUNC_ktime_get_coarse_ns,
				  PROG_CONVERTS_SOCKETS};

static bool socket_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_base_allows(proto->id) || PROG_LISTED(socket_helpers, proto->id);
}

static bool xdp_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_base_allows(proto->id) || PROG_LISTED(xdp_helpers, proto->id);
}

static bool flow_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_base_allows(proto->id) || PROG_LISTED(flow_helpers, proto->id);
}

static const struct prog_ctx_range socket_ctx[] = {
	{CTX_FIELDS(__sk_buff, len, tc_index), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, cb), .reads = CTX_ANY, .writes = CTX_ANY},
	{CTX_FIELD(__sk_buff, hash), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, napi_id), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, gso_segs), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, sk), .reads = CTX_LONG, .kind = CTX_SOCK_COMMON_OR_NULL},
	{CTX_FIELD(__sk_buff, gso_size), .reads = CTX_NARROW},
};

static const struct prog_ctx_range xdp_ctx[] = {
	{CTX_FIELD(xdp_md, data), .reads = CTX_WORD, .kind = CTX_PACKET},
	{CTX_FIELD(xdp_md, data_end), .reads = CTX_WORD, .kind = CTX_PACKET_END},
	{CTX_FIELD(xdp_md, data_meta), .reads = CTX_WORD, .kind = CTX_PACKET_META},
	{CTX_FIELDS(xdp_md, ingress_ifindex, rx_queue_index), .reads = CTX_WORD},
	{CTX_FIELD(xdp_md, egress_ifindex), .reads = CTX_WORD, .attach = CTX_FOR(XDP_DEVMAP)},
};

static const struct prog_ctx_range flow_ctx[] = {
	{CTX_FIELD(__sk_buff, data), .reads = CTX_WORD, .kind = CTX_PACKET},
	{CTX_FIELD(__sk_buff, data_end), .reads = CTX_WORD, .kind = CTX_PACKET_END},
	{CTX_FIELD(__sk_buff, flow_keys), .reads = CTX_LONG, .kind = CTX_FLOW_KEYS},
};

const struct prog_type_ops prog_socket_filter_ops = {
	.type = BPF_PROG_TYPE_SOCKET_FILTER,
	.name = "socket_filter",
	.doc = "Packets that arrive at a socket: keep, cut or drop",
	.ctx_size = sizeof(struct __sk_buff),
	.allows = socket_allows,
	PROG_CTX(socket_ctx),
};

const struct prog_type_ops prog_xdp_ops = {
	.type = BPF_PROG_TYPE_XDP,
	.name = "xdp",
	.writes_packet = true,
	.doc = "Packets at a device's driver, before anything else",
	.ctx_size = sizeof(struct xdp_md),
	.allows = xdp_allows,
	PROG_CTX(xdp_ctx),
};

const struct prog_type_ops prog_flow_dissector_ops = {
	.type = BPF_PROG_TYPE_FLOW_DISSECTOR,
	.name = "flow_dissector",
	.since = 0x0414,
	.doc = "Which flow a packet belongs to",
	.ctx_size = sizeof(struct __sk_buff),
	.allows = flow_allows,
	PROG_CTX(flow_ctx),
};
