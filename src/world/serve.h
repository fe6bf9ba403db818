/* SPDX-License-Identifier: BSD-2-Clause */
/* One message, answered. */
#ifndef WORLD_SERVE_H
#define WORLD_SERVE_H

#include "world/peer.h"
#include "world/wire.h"

struct cygnet;

/*
 * Answers the complete message in `in` on `sock`. 0, or -errno: close the
 * connection. *greeted says whether the client's hello was accepted.
 */
int serve_message(struct cygnet *inst, struct peer *p, const struct wire_in *in, int sock,
		  bool *greeted);

#endif
