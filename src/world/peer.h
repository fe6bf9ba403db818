/* SPDX-License-Identifier: BSD-2-Clause */
/* Another process as a client of bpf(2): its memory and its descriptors. */
#ifndef WORLD_PEER_H
#define WORLD_PEER_H

#include "core/client.h"

struct peer {
	struct client c;
	int mem_fd;   /* /proc/PID/mem, when the direct calls are filtered; -1 */
	bool refused; /* its memory may not be reached at all */
	s32 untraced; /* a target's hello could not be answered: -errno */
};

void peer_init(struct peer *p, s32 pid, u32 uid);
void peer_fini(struct peer *p);

#endif
