/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of core/wire.h on a non-blocking socket: received piecemeal, sent whole or not at all.
 */
#ifndef WORLD_WIRE_H
#define WORLD_WIRE_H

#include "core/wire.h"

/* A message on its way in. Zero-initialised: none yet. */
struct wire_in {
	struct wire_header h;
	size_t got; /* bytes, header included */
	u8 *body;
	size_t cap;
};

/*
 * Reads what there is. 1: a message is complete, in h and body; call wire_in_next
 * when done with it. 0: not yet. -EPIPE: the peer closed; -EPROTO: not a message.
 * Memory grows with what arrives, never with what a header claims. Descriptors
 * that ride along are not taken.
 */
int wire_in_read(struct wire_in *in, int sock);
void wire_in_next(struct wire_in *in);
void wire_in_fini(struct wire_in *in);

struct wire_part {
	const void *data;
	size_t size;
};

/* 0, or -errno: the connection is of no use any more. */
int wire_send(int sock, u16 type, const struct wire_part *parts, u32 count, const int *fds,
	      u32 nfds);

#endif
