/* SPDX-License-Identifier: BSD-2-Clause */
/* A function decoded from its first byte to its last, and windows in it. */
#ifndef EVENT_BODY_H
#define EVENT_BODY_H

#include "event/code.h"
#include "event/elf.h"
#include "event/insn.h"

struct body_insn {
	u64 va;
	u8 len, kind;
	bool is_nop;
};

struct body {
	const struct elf_function *fn;
	const u8 *bytes; /* of fn->start */
	VEC(struct body_insn) insns;
	/*
	 * Why the decoding is not to be trusted (undecodable bytes, a branch into
	 * the middle of an instruction: data among the code), or NULL.
	 */
	const char *doubt;
};

/* Decodes fn, and adds the short branches of it and of what lies within their reach to the targets.
 * -ENOMEM or 0. */
int body_decode(struct elf_image *e, struct elf_function *fn, struct body *out);
/* Moves fn's end behind what control reaches by falling out of it. */
void body_extend(struct elf_image *e, struct elf_function *fn);
void body_fini(struct body *b);
/* Index of the instruction that contains va; -1. */
s64 body_find(const struct body *b, u64 va);

/*
 * The window for the syscall at index i, which must not begin below `from`
 * (where the previous window ends); NULL, or why there is none.
 */
const char *body_syscall_window(const struct elf_image *e, const struct body *b, size_t i, u64 from,
				struct code_window *out);
/* The window for a jump written at index i, touching no byte at or behind `end`; NULL, or why there
 * is none. */
const char *body_probe_window(const struct elf_image *e, const struct body *b, size_t i, u64 end,
			      struct code_window *out);

#endif
