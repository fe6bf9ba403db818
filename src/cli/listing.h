/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `cygnet disasm` shows: the functions of an object file, with the names
 * their instructions refer to and the source they come from.
 */
#ifndef CLI_LISTING_H
#define CLI_LISTING_H

#include "base/text.h"
#include "base/vec.h"

/* A stretch of instructions: a function of an object, or a whole raw file. */
struct listing_function {
	const char *section; /* "tracepoint/syscalls/sys_enter_openat"; "" for a raw file */
	const char *name;
	const u8 *insns;
	u32 count; /* of 8-byte slots */
	u32 section_index;
	u32 offset;   /* bytes from the start of its section */
	bool program; /* an entry point; else a subprogram */
};

/* What one instruction refers to, from a relocation. */
struct listing_reference {
	u32 section, offset; /* where: section and byte offset of the instruction */
	const char *symbol;  /* "" for a section's own */
	const char
		*home; /* name of the section the symbol lies in; "" when it is not defined here */
	u32 home_index;
	u64 value; /* of the symbol: offset in its section */
	bool map;  /* a map, not a variable or function */
	bool call;
};

/* The source of the instructions from here on. */
struct listing_line {
	u32 section, offset;
	const char *file, *text;
	u32 line;
};

struct listing {
	u8 *data; /* the file; owned */
	size_t size;
	VEC(struct listing_function) functions;
	VEC(struct listing_reference) references; /* by section, offset */
	VEC(struct listing_line) lines;           /* by section, offset */
};

/*
 * Reads a file (hostile): a BPF object, or raw instructions, binary or hex.
 * Everything in *l points into l->data. 0, or -errno with one line in `why`
 * (no file name, no newline); *l is then empty.
 */
int listing_read(struct listing *l, const char *path, struct text *why);
void listing_fini(struct listing *l);

/* By place; NULL when there is none. */
const struct listing_reference *listing_reference_at(const struct listing *l, u32 section,
						     u32 offset);
const struct listing_line *listing_line_at(const struct listing *l, u32 section, u32 offset);
/* The function that starts at this place, or NULL. */
const struct listing_function *listing_function_at(const struct listing *l, u32 section,
						   u64 offset);

#endif
