/* SPDX-License-Identifier: BSD-2-Clause */
/* Which engine runs a program in this process. */
#ifndef VM_ENGINE_H
#define VM_ENGINE_H

#include "vm/object.h"

struct run;

enum vm_engine {
	ENGINE_AUTO,     /* native once it has run a few times */
	ENGINE_INTERP,   /* never native */
	ENGINE_JIT,      /* optimised native code from the first run */
	ENGINE_BASELINE, /* native code of one pass from the first run */
};

/*
 * Makes the program native when that is due: `runs` more runs are coming. The
 * instance's lock is held. What cannot be native is interpreted.
 */
void prog_object_warm(struct prog_object *p, u64 runs);
/* One run, on whatever the program has: as interp_run(). */
int prog_object_run(const struct prog_object *p, struct run *run, u64 *ret);
void prog_object_cool(struct prog_object *p); /* frees the native code */

#endif
