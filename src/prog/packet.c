// SPDX-License-Identifier: BSD-2-Clause
/* Program types that see packets: sockets, traffic control, XDP. */
#include "prog/type.h"

bool prog_net_allows(const struct helper_proto *proto, u32 attach_type)
{
	return !(proto->flags & HELPER_TRACING);
}

#define SKB_OFF(field) offsetof(struct __sk_buff, field)
#define SKB_END(field) (SKB_OFF(field) + sizeof(((struct __sk_buff *)0)->field))

const struct prog_type_ops prog_socket_filter_ops = {
	.type = BPF_PROG_TYPE_SOCKET_FILTER,
	.name = "socket_filter",
	.doc = "Packets that arrive at a socket: keep, cut or drop",
	.ctx_size = sizeof(struct __sk_buff),
	.ctx_write_lo = SKB_OFF(cb),
	.ctx_write_hi = SKB_END(cb),
	.allows = prog_net_allows,
};

const struct prog_type_ops prog_sched_cls_ops = {
	.type = BPF_PROG_TYPE_SCHED_CLS,
	.name = "sched_cls",
	.doc = "Packets in traffic control: classify, change, redirect",
	.ctx_size = sizeof(struct __sk_buff),
	/* From the first field a classifier may write to the last; those between read as they were.
	 */
	.ctx_write_lo = SKB_OFF(mark),
	.ctx_write_hi = SKB_END(tstamp),
	.allows = prog_net_allows,
};

const struct prog_type_ops prog_xdp_ops = {
	.type = BPF_PROG_TYPE_XDP,
	.name = "xdp",
	.doc = "Packets at a device's driver, before anything else",
	.ctx_size = sizeof(struct xdp_md),
	.allows = prog_net_allows,
};
