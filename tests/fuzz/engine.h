/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One image on every engine: both interpreters, and what the compilers make of
 * it here. The same in a process that has no compiler for its machine: then the
 * interpreters are compared.
 */
#ifndef FUZZ_ENGINE_H
#define FUZZ_ENGINE_H

#include "core/run.h"
#include "jit/jit.h"
#include "fuzz/program.h"

enum engine_kind {
	ENGINE_IS_PLAIN,
	ENGINE_IS_CHECKED,
	ENGINE_IS_BASELINE,
	ENGINE_IS_OPTIMISING,
	ENGINE_KINDS
};

extern const char *const engine_names[ENGINE_KINDS];

struct engine_set {
	const struct image *image;
	struct jit_linked *native[ENGINE_KINDS]; /* NULL: this one does not take it */
	struct jit_options options;
};

/*
 * Compiles. `maps`: by engine, views in the image's order, or NULL. `seed` chooses what of the
 * machine the compilers may use. 0; -EOPNOTSUPP: no compiler takes it; -errno: a compiler failed,
 * which is a bug.
 */
int engine_set_init(struct engine_set *s, const struct image *image,
		    struct map *const *const maps[ENGINE_KINDS], u64 seed);
void engine_set_fini(struct engine_set *s);
static inline bool engine_set_has(const struct engine_set *s, u32 kind)
{
	return kind <= ENGINE_IS_CHECKED || s->native[kind];
}
/* As interp_run(). */
int engine_set_run(const struct engine_set *s, u32 kind, struct run *run, u64 *ret);

/*
 * The image of a raw program: what the load pipeline does, without its checks. Maps are not part
 * of it. NULL: it cannot be decoded.
 */
struct image *engine_raw_image(const struct program *p);

/* Does no way lead out of a function but by exit? */
bool engine_raw_whole(const struct image *img);

/* What raw programs may ask: always the same answers. */
extern const struct env_ops engine_raw_env;

#endif
