/* SPDX-License-Identifier: BSD-2-Clause */
/* What a target machine brings (x86*.c, a64*.c), and the code being made. */
#ifndef JIT_BACKEND_H
#define JIT_BACKEND_H

#include "core/map.h"
#include "jit/jit.h"
#include "jit/mach.h"

struct jit_call {
	u32 at, sub; /* what patch_call() fills in */
};

/* Code being made: all subprograms one after the other. */
struct jit_buffer {
	VEC(u8) bytes;
	VEC(struct native_slot) slots;
	VEC(struct jit_ref) refs;
	VEC(struct native_line) lines;
	VEC(struct native_fixup) fixups;
	VEC(struct jit_call) calls; /* of subprograms: to be patched when all are placed */
	u32 *subs;                  /* by subprogram: offset of its code */
	bool far;                   /* references reach any table: the code is beyond `reach` */
};

/* The table's word for this, a new one if need be; *slot. 0, -ENOMEM. */
int jit_slot(struct jit_buffer *code, u32 kind, u32 index, s64 addend, u32 *slot);

struct jit_backend {
	/* COND_TEST and COND_NTEST are "not zero" and "zero" after it. 0, -ENOMEM, -E2BIG. */
	int (*lower)(const struct ir_function *f, const struct jit_options *opts,
		     struct mach_function *out);
	const struct mach_target *registers;
	/* Appends the function, whose registers are assigned. 0, -ENOMEM, -E2BIG. */
	int (*emit)(const struct mach_function *m, const struct jit_options *opts,
		    struct jit_buffer *code);
	/* Bytes of code and table within which references reach unless they are far; 0: always. */
	u32 reach;
	void (*patch_call)(u8 *bytes, u32 at, u32 to);
	/* The reference at `at` is to a word `table` bytes from the code's start. */
	void (*patch_ref)(u8 *bytes, u32 at, s64 table);
	/* The whole image in one pass, calls still unpatched; NULL: there is none. */
	int (*baseline)(const struct image *image, struct map *const *maps,
			const struct jit_options *opts, struct jit_buffer *code);
};

#define JIT_TABLE_GAP 64 /* at most so many bytes between code and table */

extern const struct jit_backend jit_x86, jit_a64;

const struct jit_backend *jit_backend(enum jit_target target);

#endif
