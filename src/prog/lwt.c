// SPDX-License-Identifier: BSD-2-Clause
/* Lightweight tunnels: packets whose route runs a program. */
#include "prog/type.h"

static const u8 out_helpers[] = {PROG_LWT};
static const u8 in_helpers[] = {BPF_FUNC_lwt_push_encap, PROG_LWT};
static const u8 seg6_helpers[] = {BPF_FUNC_lwt_seg6_store_bytes, BPF_FUNC_lwt_seg6_adjust_srh,
				  BPF_FUNC_lwt_seg6_action, PROG_LWT};
static const u8 xmit_helpers[] = {BPF_FUNC_skb_store_bytes,    BPF_FUNC_l3_csum_replace,
				  BPF_FUNC_l4_csum_replace,    BPF_FUNC_clone_redirect,
				  BPF_FUNC_skb_get_tunnel_key, BPF_FUNC_skb_set_tunnel_key,
				  BPF_FUNC_skb_get_tunnel_opt, BPF_FUNC_skb_set_tunnel_opt,
				  BPF_FUNC_redirect,           BPF_FUNC_skb_change_tail,
				  BPF_FUNC_skb_change_head,    BPF_FUNC_csum_update,
				  BPF_FUNC_csum_level,         BPF_FUNC_set_hash_invalid,
				  BPF_FUNC_lwt_push_encap,     PROG_LWT};

static bool in_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_base_allows(proto->id) || PROG_LISTED(in_helpers, proto->id);
}

static bool out_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_base_allows(proto->id) || PROG_LISTED(out_helpers, proto->id);
}

static bool xmit_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_base_allows(proto->id) || PROG_LISTED(xmit_helpers, proto->id);
}

static bool seg6_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_base_allows(proto->id) || PROG_LISTED(seg6_helpers, proto->id);
}

static const struct prog_ctx_range ctx[] = {
	{CTX_FIELDS(__sk_buff, len, pkt_type), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, mark), .reads = CTX_NARROW, .writes = CTX_WORD},
	{CTX_FIELDS(__sk_buff, queue_mapping, vlan_proto), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, priority), .reads = CTX_NARROW, .writes = CTX_WORD},
	{CTX_FIELDS(__sk_buff, ingress_ifindex, tc_index), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, cb), .reads = CTX_ANY, .writes = CTX_ANY},
	{CTX_FIELD(__sk_buff, hash), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, data), .reads = CTX_WORD, .kind = CTX_PACKET},
	{CTX_FIELD(__sk_buff, data_end), .reads = CTX_WORD, .kind = CTX_PACKET_END},
	{CTX_FIELD(__sk_buff, napi_id), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, gso_segs), .reads = CTX_NARROW},
	{CTX_FIELD(__sk_buff, sk), .reads = CTX_LONG, .kind = CTX_SOCK_COMMON_OR_NULL},
	{CTX_FIELD(__sk_buff, gso_size), .reads = CTX_NARROW},
};

const struct prog_type_ops prog_lwt_in_ops = {
	.type = BPF_PROG_TYPE_LWT_IN,
	.name = "lwt_in",
	.doc = "Packets that arrive by a route",
	.ctx_size = sizeof(struct __sk_buff),
	.allows = in_allows,
	PROG_CTX(ctx),
};

const struct prog_type_ops prog_lwt_out_ops = {
	.type = BPF_PROG_TYPE_LWT_OUT,
	.name = "lwt_out",
	.doc = "Packets that leave by a route",
	.ctx_size = sizeof(struct __sk_buff),
	.allows = out_allows,
	PROG_CTX(ctx),
};

const struct prog_type_ops prog_lwt_xmit_ops = {
	.type = BPF_PROG_TYPE_LWT_XMIT,
	.name = "lwt_xmit",
	.writes_packet = true,
	.doc = "Packets about to be sent by a route",
	.ctx_size = sizeof(struct __sk_buff),
	.allows = xmit_allows,
	PROG_CTX(ctx),
};

const struct prog_type_ops prog_lwt_seg6local_ops = {
	.type = BPF_PROG_TYPE_LWT_SEG6LOCAL,
	.name = "lwt_seg6local",
	.doc = "Packets of a segment routing endpoint",
	.ctx_size = sizeof(struct __sk_buff),
	.allows = seg6_allows,
	PROG_CTX(ctx),
};
