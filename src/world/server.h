/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A world: an instance served to other processes of the same user, clients of
 * bpf(2) and targets alike, over a socket (core/wire.h). One thread serves it.
 */
#ifndef WORLD_SERVER_H
#define WORLD_SERVER_H

#include "base/types.h"

struct cygnet;
struct world;

/*
 * Serves `inst` (not owned, it must outlive the world). The socket is `path`,
 * which must not exist yet, or lies in a private directory made for it under
 * XDG_RUNTIME_DIR, TMPDIR or /tmp. *out is the caller's until world_stop().
 * 0 or -errno: -ENAMETOOLONG, -EADDRINUSE, what mkdir(2) and bind(2) say.
 */
int world_start(struct cygnet *inst, const char *path, struct world **out);

/* What CYGNET_WORLD has to be for those that join; valid until world_stop(). */
const char *world_address(const struct world *w);

/*
 * A problem its clients ran into that the user can do something about, with the
 * remedy, one line; each is told once. False: nothing new. Any thread.
 */
bool world_trouble(struct world *w, char *out, size_t size);

/* Ends the service: targets stop firing, clients are cut off, socket and directory go. NULL is
 * fine. */
void world_stop(struct world *w);

#endif
