/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compilers: an image to native code (core/native.h tells how that runs). A
 * compilation knows no address: what it needs is a list of words, the table, to be
 * filled in where it will run. Two tiers share everything but the way from image
 * to instructions: the optimising one (ir.h) and a baseline of one pass.
 */
#ifndef JIT_JIT_H
#define JIT_JIT_H

#include "base/diag.h"
#include "core/native.h"

enum jit_target {
	JIT_X86_64,
	JIT_AARCH64,
};

/* What the code may use of the processor: bits are the target's. */
enum jit_x86_feature {
	JIT_X86_BMI2 = 1 << 0,
	JIT_X86_MOVBE = 1 << 1,
	JIT_X86_POPCNT = 1 << 2,
	JIT_X86_AVX2 = 1 << 3,
};

enum jit_a64_feature {
	JIT_A64_LSE = 1 << 0, /* atomics of one instruction */
};

enum jit_flag {
	JIT_GPR_ONLY = 1 << 0, /* no vector registers: targets' hold values at any probe */
	JIT_BLIND = 1 << 1,    /* constants of the program appear in no instruction */
	JIT_FENCE = 1 << 2,    /* against speculation, where the image asks for it (IMAGE_NOSPEC) */
};

enum jit_tier {
	JIT_TIER_OPTIMISE,
	JIT_TIER_BASELINE, /* one pass; -EOPNOTSUPP where the target has none */
};

struct jit_options {
	enum jit_target target;
	u32 features; /* enum jit_x86_feature, jit_a64_feature */
	u32 flags;    /* enum jit_flag */
	enum jit_tier tier;
	u64 seed; /* of JIT_BLIND */
};

/* Where code refers to a word of the table: x86-64: its rel32 is at `offset`; aarch64: a load of 8
 * bytes is, or in code of more than 1 MiB the distance from the second instruction behind as movz,
 * movk. */
struct jit_ref {
	u32 offset, slot;
};

/* Position-independent but for the table; immutable, owns its memory. */
struct jit_code {
	struct jit_options options;
	u8 *bytes;
	u32 size;
	u32 entry;                 /* offset of the main function */
	struct native_slot *slots; /* the table's words */
	u32 slot_count;
	struct jit_ref *refs;
	u32 ref_count;
	struct native_line *lines;
	u32 line_count;
	struct native_fixup *fixups;
	u32 fixup_count;
	u32 *subs; /* by subprogram: offset */
	u32 sub_count;
};

/*
 * Compiles a verified image. `maps`: views by the image's index, looked at for
 * their kind and shape (for inlining), never for addresses. 0; -EOPNOTSUPP
 * (something no engine but the interpreter does: *diag says what); -ENOMEM.
 */
int jit_compile(const struct image *image, struct map *const *maps, const struct jit_options *opts,
		struct jit_code **out, struct diag *diag);
void jit_code_free(struct jit_code *code);

/*
 * The code as it runs with its table at `table` bytes from its start (at most 1 GiB either way;
 * a multiple of 8; aarch64: within 1 MiB of all the code unless that is longer): `size` bytes to
 * `out`.
 */
void jit_place(const struct jit_code *code, s64 table, u8 *out);

struct jit_pages;
struct jit_linked; /* executable memory of this process */

/* Addresses of this process; W^X. `image` and `maps` outlive it. -ENOMEM, -EPERM (the system
 * forbids executable memory). */
int jit_link(const struct jit_code *code, const struct image *image, struct map *const *maps,
	     struct jit_linked **out);
/* The same in pages that are shared (jit/pages.h), which must outlive it: faster. */
int jit_link_in(struct jit_pages *pages, const struct jit_code *code, const struct image *image,
		struct map *const *maps, struct jit_linked **out);
void jit_linked_free(struct jit_linked *l);
/* What runs: native_run(). Lives as long as `l`. */
const struct native_prog *jit_prog(const struct jit_linked *l);

/* The host's target and features. */
struct jit_options jit_host(void);

#endif
