// SPDX-License-Identifier: BSD-2-Clause
/* Packets in traffic control. */
#include "prog/type.h"

#define SKB_OFF(field) offsetof(struct __sk_buff, field)
#define SKB_END(field) (SKB_OFF(field) + sizeof(((struct __sk_buff *)0)->field))

static const u8 helpers[] = {BPF_FUNC_skb_store_bytes,
			     BPF_FUNC_l3_csum_replace,
			     BPF_FUNC_l4_csum_replace,
			     BPF_FUNC_clone_redirect,
			     BPF_FUNC_skb_vlan_push,
			     BPF_FUNC_skb_vlan_pop,
			     BPF_FUNC_skb_get_tunnel_key,
			     BPF_FUNC_skb_set_tunnel_key,
			     BPF_FUNC_redirect,
			     BPF_FUNC_get_route_realm,
			     BPF_FUNC_perf_event_output,
			     BPF_FUNC_skb_load_bytes,
			     BPF_FUNC_csum_diff,
			     BPF_FUNC_skb_get_tunnel_opt,
			     BPF_FUNC_skb_set_tunnel_opt,
			     BPF_FUNC_skb_change_proto,
			     BPF_FUNC_skb_change_type,
			     BPF_FUNC_skb_under_cgroup,
			     BPF_FUNC_get_hash_recalc,
			     BPF_FUNC_skb_change_tail,
			     BPF_FUNC_skb_pull_data,
			     BPF_FUNC_csum_update,
			     BPF_FUNC_set_hash_invalid,
			     BPF_FUNC_skb_change_head,
			     BPF_FUNC_get_socket_cookie,
			     BPF_FUNC_get_socket_uid,
			     BPF_FUNC_set_hash,
			     BPF_FUNC_skb_adjust_room,
			     BPF_FUNC_skb_get_xfrm_state,
			     BPF_FUNC_skb_load_bytes_relative,
			     BPF_FUNC_fib_lookup,
			     BPF_FUNC_skb_cgroup_id,
			     BPF_FUNC_skb_ancestor_cgroup_id,
			     BPF_FUNC_sk_fullsock,
			     BPF_FUNC_tcp_sock,
			     BPF_FUNC_skb_ecn_set_ce,
			     BPF_FUNC_get_listener_sock,
			     BPF_FUNC_tcp_check_syncookie,
			     BPF_FUNC_sk_storage_get,
			     BPF_FUNC_sk_storage_delete,
			     BPF_FUNC_tcp_gen_syncookie,
			     BPF_FUNC_get_netns_cookie,
			     BPF_FUNC_sk_assign,
			     BPF_FUNC_csum_level,
			     BPF_FUNC_skb_cgroup_classid,
			     BPF_FUNC_redirect_neigh,
			     BPF_FUNC_redirect_peer,
			     BPF_FUNC_ktime_get_coarse_ns,
			     BPF_FUNC_check_mtu,
			     BPF_FUNC_skb_set_tstamp,
			     PROG_FINDS_SOCKETS,
			     PROG_CONVERTS_SOCKETS,
			     PROG_RAW_SYNCOOKIES};

PROG_ALLOWS(helpers)

const struct prog_type_ops prog_sched_cls_ops = {
	.type = BPF_PROG_TYPE_SCHED_CLS,
	.name = "sched_cls",
	.doc = "Packets in traffic control: classify, change, redirect",
	.ctx_size = sizeof(struct __sk_buff),
	.ctx_write_lo = /* the fields between read as they were */ SKB_OFF(mark),
	.ctx_write_hi = SKB_END(tstamp),
	.allows = allows,
};

const struct prog_type_ops prog_sched_act_ops = {
	.type = BPF_PROG_TYPE_SCHED_ACT,
	.name = "sched_act",
	.doc = "Packets that a classifier chose: what becomes of them",
	.ctx_size = sizeof(struct __sk_buff),
	.ctx_write_lo = /* the fields between read as they were */ SKB_OFF(mark),
	.ctx_write_hi = SKB_END(tstamp),
	.allows = allows,
};
