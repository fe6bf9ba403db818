/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Participants of an instance: targets by index. A participant's liveness is an
 * OFD lock on byte `index` of one file, on a description that only the target
 * keeps (through a mapping), so it ends with the target's memory: by exit, exec
 * or SIGKILL.
 */
#ifndef WORLD_PARTICIPANT_H
#define WORLD_PARTICIPANT_H

#include "base/vec.h"
#include "core/plan.h"
#include "vm/instance.h"
#include "world/native_file.h"

/* What is kept per instance. */
struct targets {
	struct cygnet *inst;
	struct targets *next;
	int lock_fd;
	VEC(bool) used; /* by participant */
	bool fields_known;
	bool asks_where; /* some program asks for cgroups or the pid namespace */
	s32 field[FIELD_COUNT];
	struct native_files native;
};

/* Made by the first call; NULL when memory or descriptors ran out. */
struct targets *targets_of(struct cygnet *inst);

/* The instance's lock is held. A free index and the description that holds its lock. */
int participant_new(struct targets *t, u32 *index, int *fd);
/* Frees what dead ones held when indexes or slots grow scarce. */
void participants_make_room(struct cygnet *inst, struct targets *t);

#endif
