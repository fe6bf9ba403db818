/* SPDX-License-Identifier: BSD-2-Clause */
/* Machine instructions as text: x86-64 by Zydis, aarch64 by capstone. */
#ifndef CLI_MACHINE_H
#define CLI_MACHINE_H

#include "base/text.h"
#include "jit/jit.h"

/* Names for addresses; code starts at address 0. NULL: the number is printed. */
struct machine_names {
	const char *(*name)(void *data, u64 address);
	void *data;
};

struct machine_insn {
	u32 size;   /* bytes; of what is no instruction 1 (aarch64: 4) */
	bool leads; /* a jump or call of a known place: */
	u64 to;
	char text[160];
};

const char *machine_name(enum jit_target target); /* "x86-64" */
/* The instruction at `at` of code[size], at < size. */
void machine_decode(enum jit_target target, const u8 *code, u32 size, u32 at,
		    const struct machine_names *names, struct machine_insn *out);

#endif
