/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What programs may read of sockets: struct bpf_sock, its part that all sockets
 * have, struct bpf_tcp_sock and struct bpf_xdp_sock. Freestanding.
 */
#ifndef CORE_SOCKET_H
#define CORE_SOCKET_H

#include "base/types.h"

enum core_sock_kind {
	CORE_SOCK,
	CORE_SOCK_COMMON,
	CORE_SOCK_TCP,
	CORE_SOCK_XDP,
};

/* May `size` bytes at `off` be loaded? Nothing may be stored. */
bool core_sock_readable(enum core_sock_kind kind, u32 off, u32 size);

#endif
