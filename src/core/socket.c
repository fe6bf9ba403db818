// SPDX-License-Identifier: BSD-2-Clause
/* Sockets as programs see them: which bytes may be loaded, in which sizes. */
#include <cygnet/abi.h>
#include "core/prog.h"
#include "core/socket.h"

#define FIELDS(type, first, last)           \
	.lo = offsetof(struct type, first), \
	.hi = offsetof(struct type, last) + sizeof(((struct type *)0)->last)

/* A whole field, or its low bytes from its start. */
#define FIELD(field)                                                            \
	{                                                                       \
		FIELDS(bpf_sock, field, field), .reads = CTX_NARROW | CTX_AT_LO \
	}

/* What all sockets have, full ones or not. */
#define COMMON_ROWS                                                                          \
	{FIELDS(bpf_sock, bound_dev_if, bound_dev_if), .reads = CTX_WORD}, FIELD(family),    \
		{FIELDS(bpf_sock, src_ip4, src_ip6), .reads = CTX_NARROW}, FIELD(src_port),  \
		{FIELDS(bpf_sock, dst_port, dst_port), .reads = CTX_BYTE | CTX_HALF},        \
		{.lo = offsetof(struct bpf_sock, dst_port), /* once a field of four bytes */ \
		 .hi = offsetof(struct bpf_sock, dst_port) + 4,                              \
		 .reads = CTX_WORD},                                                         \
		{FIELDS(bpf_sock, dst_ip4, dst_ip6), .reads = CTX_NARROW}, FIELD(state),     \
		FIELD(rx_queue_mapping)

static const struct prog_ctx_range common_rows[] = {COMMON_ROWS};

static const struct prog_ctx_range full_rows[] = {
	COMMON_ROWS,
	FIELD(type),
	FIELD(protocol),
	{FIELDS(bpf_sock, mark, priority), .reads = CTX_WORD},
};

static const struct prog_ctx_range tcp_rows[] = {
	{FIELDS(bpf_tcp_sock, snd_cwnd, sacked_out), .reads = CTX_WORD},
	{FIELDS(bpf_tcp_sock, bytes_received, bytes_acked), .reads = CTX_LONG},
	{FIELDS(bpf_tcp_sock, dsack_dups, icsk_retransmits), .reads = CTX_WORD},
};

static const struct prog_ctx_range xdp_rows[] = {
	{FIELDS(bpf_xdp_sock, queue_id, queue_id), .reads = CTX_WORD},
};

static const struct {
	const struct prog_ctx_range *rows;
	u32 count;
} kinds[] = {
	[CORE_SOCK] = {full_rows, ARRAY_SIZE(full_rows)},
	[CORE_SOCK_COMMON] = {common_rows, ARRAY_SIZE(common_rows)},
	[CORE_SOCK_TCP] = {tcp_rows, ARRAY_SIZE(tcp_rows)},
	[CORE_SOCK_XDP] = {xdp_rows, ARRAY_SIZE(xdp_rows)},
};

bool core_sock_readable(enum core_sock_kind kind, u32 off, u32 size)
{
	return core_ctx_row(kinds[kind].rows, kinds[kind].count, 0, off, size, false);
}
