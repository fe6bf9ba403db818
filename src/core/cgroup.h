/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a process stands among the cgroups (v2): the ids of its own and of
 * those above, the outermost first. Found by the instance, which can look; given
 * to targets with their plan, which cannot. Freestanding.
 */
#ifndef CORE_CGROUP_H
#define CORE_CGROUP_H

#include "base/types.h"

#define CGROUP_LEVELS 32

struct cgroup_path {
	u32 count; /* of ids; 0: not known */
	u8 rooted; /* id[0] is the root of all: then an id's index is its level */
	u8 cut;    /* there are more above that did not fit */
	u8 pad[2];
	u64 id[CGROUP_LEVELS];
};

/* The own one's id, or 0. */
static inline u64 cgroup_own(const struct cgroup_path *p)
{
	return p->count ? p->id[p->count - 1] : 0;
}

/* 1: in it or below it; 0: not; -1: not known. */
static inline int cgroup_under(const struct cgroup_path *p, u64 id)
{
	for (u32 i = 0; i < p->count; i++)
		if (p->id[i] == id)
			return 1;
	return p->count && !p->cut ? 0 : -1;
}

#endif
