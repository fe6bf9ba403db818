/* SPDX-License-Identifier: BSD-2-Clause */
/* What program types share. Freestanding. */
#ifndef PROG_TYPE_H
#define PROG_TYPE_H

#include <linux/errno.h>
#include <cygnet/abi.h>
#include "core/prog.h"

/* Helpers that every program type may call (but one, lirc_mode2). */
bool prog_base_allows(u32 id);
/* Is `id` in an array of helper ids? */
#define PROG_LISTED(list, id) prog_listed(list, ARRAY_SIZE(list), id)
bool prog_listed(const u8 *list, u32 count, u32 id);
/* A type whose helpers are the base's and a list, whatever it attaches to. */
#define PROG_ALLOWS(list)                                                           \
	static bool allows(const struct helper_proto *proto, u32 attach_type)       \
	{                                                                           \
		return prog_base_allows(proto->id) || PROG_LISTED(list, proto->id); \
	}

/* Parts of such lists. */
#define PROG_CONVERTS_SOCKETS                                                                   \
	BPF_FUNC_skc_to_tcp6_sock, BPF_FUNC_skc_to_tcp_sock, BPF_FUNC_skc_to_tcp_timewait_sock, \
		BPF_FUNC_skc_to_tcp_request_sock, BPF_FUNC_skc_to_udp6_sock,                    \
		BPF_FUNC_skc_to_unix_sock, BPF_FUNC_skc_to_mptcp_sock
#define PROG_FINDS_SOCKETS \
	BPF_FUNC_sk_lookup_tcp, BPF_FUNC_sk_lookup_udp, BPF_FUNC_skc_lookup_tcp, BPF_FUNC_sk_release
#define PROG_RAW_SYNCOOKIES                                                       \
	BPF_FUNC_tcp_raw_gen_syncookie_ipv4, BPF_FUNC_tcp_raw_gen_syncookie_ipv6, \
		BPF_FUNC_tcp_raw_check_syncookie_ipv4, BPF_FUNC_tcp_raw_check_syncookie_ipv6
/* Lightweight tunnels, whichever way. */
#define PROG_LWT                                                                         \
	BPF_FUNC_get_route_realm, BPF_FUNC_perf_event_output, BPF_FUNC_skb_load_bytes,   \
		BPF_FUNC_csum_diff, BPF_FUNC_skb_under_cgroup, BPF_FUNC_get_hash_recalc, \
		BPF_FUNC_skb_pull_data, BPF_FUNC_ktime_get_coarse_ns, PROG_CONVERTS_SOCKETS

/* Programs of process events: the base set and what asks about the event. */
bool prog_tracing_allows(const struct helper_proto *proto, u32 attach_type);
/* The same for programs attached by BTF, which see kernel objects. */
bool prog_btf_allows(u32 id);
/* get_retval and set_retval: where what the program returns is not the call's own result. */
bool prog_has_retval(u32 id, u32 attach_type);

/* Rows of a context's layout. */
#define CTX_OFF(type, field)          offsetof(struct type, field)
#define CTX_END(type, field)          (CTX_OFF(type, field) + sizeof(((struct type *)0)->field))
#define CTX_FIELDS(type, first, last) .lo = CTX_OFF(type, first), .hi = CTX_END(type, last)
#define CTX_FIELD(type, field)        CTX_FIELDS(type, field, field)
#define CTX_FOR(attach)               (1ull << BPF_##attach)
#define PROG_CTX(rows)                .ctx = rows, .ctx_count = ARRAY_SIZE(rows)

/* PROG_LOAD's -EINVAL for an expected_attach_type. */
int prog_attach_refused(u32 attach_type, struct diag *diag);
int prog_attach_none(u32 attach_type, struct diag *diag); /* only 0 */

bool prog_returns_bool(u32 attach_type, struct prog_range *out); /* 0 or 1 */

#endif
