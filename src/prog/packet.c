// SPDX-License-Identifier: BSD-2-Clause
/* Packets at a socket, at a device's driver, and where they are dissected. */
#include "prog/type.h"

#define SKB_OFF(field) offsetof(struct __sk_buff, field)
#define SKB_END(field) (SKB_OFF(field) + sizeof(((struct __sk_buff *)0)->field))

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

const struct prog_type_ops prog_socket_filter_ops = {
	.type = BPF_PROG_TYPE_SOCKET_FILTER,
	.name = "socket_filter",
	.doc = "Packets that arrive at a socket: keep, cut or drop",
	.ctx_size = sizeof(struct __sk_buff),
	.ctx_write_lo = SKB_OFF(cb),
	.ctx_write_hi = SKB_END(cb),
	.allows = socket_allows,
};

const struct prog_type_ops prog_xdp_ops = {
	.type = BPF_PROG_TYPE_XDP,
	.name = "xdp",
	.doc = "Packets at a device's driver, before anything else",
	.ctx_size = sizeof(struct xdp_md),
	.allows = xdp_allows,
};

const struct prog_type_ops prog_flow_dissector_ops = {
	.type = BPF_PROG_TYPE_FLOW_DISSECTOR,
	.name = "flow_dissector",
	.since = 0x0414,
	.doc = "Which flow a packet belongs to",
	.ctx_size = sizeof(struct __sk_buff),
	.allows = flow_allows,
};
