/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instance's answer to an agent: from a hello (hostile bytes) and the
 * instance's live links to a plan and the descriptors that ride along.
 */
#ifndef WORLD_TARGET_H
#define WORLD_TARGET_H

#include "core/plan.h"
#include "core/wire.h"
#include "vm/instance.h"

struct target_answer {
	struct plan_reply reply;
	int fds[WIRE_MAX_FDS]; /* reply.fd_count of them, owned by the answer */
};

/*
 * Answers the hello in `bytes`. `peer` is the sender's pid as this process
 * sees it (SO_PEERCRED). Takes the instance's lock. Always fills *out: a
 * refusal is out->reply.error. Send reply and descriptors, then fini.
 */
void target_answer(struct cygnet *inst, const void *bytes, size_t size, s32 peer,
		   struct target_answer *out);
void target_answer_fini(struct target_answer *a);

/*
 * Compiles what is attached and not compiled yet, so that no target waits for it.
 * Takes the instance's lock.
 */
void target_prepare(struct cygnet *inst);

/*
 * Frees what participants that died left held: per-CPU slots, ring records.
 * Cheap when nobody died; call it once in a while and before results are read.
 */
void target_sweep(struct cygnet *inst);
/* Ends every target's firing (the page says so); frees what target.c keeps for `inst`. */
void target_close(struct cygnet *inst);

/* LD_PRELOAD and CYGNET_WORLD that targets put back at exec; set before the first hello. */
void target_set_env(const char *preload, const char *world);

#endif
