/* SPDX-License-Identifier: BSD-2-Clause */
/* Which engine runs a program in this process. */
#ifndef VM_ENGINE_H
#define VM_ENGINE_H

#include "jit/jit.h"
#include "vm/object.h"

struct native_prog;
struct run;

enum vm_engine {
	ENGINE_AUTO,     /* the baseline's code first, optimised code where it pays */
	ENGINE_INTERP,   /* never native */
	ENGINE_JIT,      /* optimised native code from the first run */
	ENGINE_BASELINE, /* native code of one pass from the first run */
};

/*
 * Makes the program native, or better native code of it, when that is due: `runs`
 * more runs are coming. The instance's lock is held. What cannot be native is
 * interpreted.
 */
void prog_object_warm(struct prog_object *p, u64 runs);
/* Native code to go on in, made if need be and never replaced; NULL: the program is interpreted. */
const struct native_prog *prog_object_native(struct prog_object *p);
/* One run, on whatever the program has: as interp_run(). The lock is held. */
int prog_object_run(const struct prog_object *p, struct run *run, u64 *ret);
/* So many runs took so long: what prog_object_warm() decides by. */
void prog_object_ran(struct prog_object *p, u64 runs, u64 ns);
void prog_object_cool(struct prog_object *p); /* frees the native code */

/* How the program is compiled for this machine: by what the instance asks for and who loaded it. */
struct jit_options prog_object_jit_options(const struct prog_object *p, enum jit_tier tier);

/* vm/target_code.c */
struct jit_code;
/*
 * The program's code for traced processes of this machine, compiled by the first call, or
 * NULL: it is interpreted there. Valid while the program is. The lock is held.
 */
const struct jit_code *prog_object_target_code(struct prog_object *p);
void prog_object_target_code_free(struct prog_object *p);

#endif
