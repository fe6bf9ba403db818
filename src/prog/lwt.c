// SPDX-License-Identifier: BSD-2-Clause
/* Lightweight tunnels: packets whose route runs a program. */
#include "prog/type.h"

#define SKB_OFF(field) offsetof(struct __sk_buff, field)
#define SKB_END(field) (SKB_OFF(field) + sizeof(((struct __sk_buff *)0)->field))

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

const struct prog_type_ops prog_lwt_in_ops = {
	.type = BPF_PROG_TYPE_LWT_IN,
	.name = "lwt_in",
	.doc = "Packets that arrive by a route",
	.ctx_size = sizeof(struct __sk_buff),
	.ctx_write_lo = SKB_OFF(mark),
	.ctx_write_hi = SKB_END(cb),
	.allows = in_allows,
};

const struct prog_type_ops prog_lwt_out_ops = {
	.type = BPF_PROG_TYPE_LWT_OUT,
	.name = "lwt_out",
	.doc = "Packets that leave by a route",
	.ctx_size = sizeof(struct __sk_buff),
	.ctx_write_lo = SKB_OFF(mark),
	.ctx_write_hi = SKB_END(cb),
	.allows = out_allows,
};

const struct prog_type_ops prog_lwt_xmit_ops = {
	.type = BPF_PROG_TYPE_LWT_XMIT,
	.name = "lwt_xmit",
	.doc = "Packets about to be sent by a route",
	.ctx_size = sizeof(struct __sk_buff),
	.ctx_write_lo = SKB_OFF(mark),
	.ctx_write_hi = SKB_END(cb),
	.allows = xmit_allows,
};

const struct prog_type_ops prog_lwt_seg6local_ops = {
	.type = BPF_PROG_TYPE_LWT_SEG6LOCAL,
	.name = "lwt_seg6local",
	.doc = "Packets of a segment routing endpoint",
	.ctx_size = sizeof(struct __sk_buff),
	.ctx_write_lo = SKB_OFF(mark),
	.ctx_write_hi = SKB_END(cb),
	.allows = seg6_allows,
};
