/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verified programs on every engine: loaded once, run by each engine on maps of
 * its own, which are equal at the start and must be so afterwards.
 */
#ifndef FUZZ_VERIFIED_H
#define FUZZ_VERIFIED_H

#include "fuzz/engine.h"
#include "fuzz/runner.h"
#include "vm/object.h"

struct verified {
	struct side sides[ENGINE_KINDS]; /* the maps; one instance, the first side's */
	struct runner r;
	struct engine_set set;
	struct prog_object *prog; /* the first engine's; NULL: none is loaded */
	struct prog_object as[ENGINE_KINDS];
	struct image *unverified; /* for the checked interpreter */
	u32 map_count;
	struct map_object *objects[ENGINE_KINDS][PROGRAM_MAPS];
	struct map *views[ENGINE_KINDS][PROGRAM_MAPS];
	u8 out[ENGINE_KINDS][RUNNER_DATA];
};

/* 0 or -errno. */
int verified_open(struct verified *v);
void verified_close(struct verified *v);
/* 0; -EACCES...: the verifier does not want it; -EOPNOTSUPP: no compiler does. */
int verified_load(struct verified *v, const struct program *p, u64 seed);
void verified_drop(struct verified *v);
/*
 * One input on all engines: 0 equal, 1 not, and *what says which; -EAGAIN: it cannot be compared
 * and the maps are no longer equal.
 */
int verified_run(struct verified *v, const struct program *p, u64 seed, char what[160]);
/* What the checked interpreter alone makes of inputs [from, to), what is unset being `poison`. */
u64 verified_digest(struct verified *v, const struct program *p, u32 from, u32 to, u64 poison);
/* 0: the engines' maps hold the same; 1: not. */
int verified_compare_maps(struct verified *v, char what[160]);

#endif
