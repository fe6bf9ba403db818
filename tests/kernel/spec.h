/* SPDX-License-Identifier: BSD-2-Clause */
/* What an annotated program expects of the verifier, read from its function's BTF declaration tags.
 */
#ifndef KERNEL_SPEC_H
#define KERNEL_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#define SPEC_TEXTS 128
#define SPEC_ANY   0xbadcafeu /* any return value is right: a pointer */

struct btf;

struct spec_mode {
	bool wanted; /* the program is a test in this mode */
	bool failure;
	bool auxiliary; /* loaded beside each other program of the object */
	bool runs;
	uint32_t retval;
	unsigned int texts;
	const char *text[SPEC_TEXTS]; /* in the log, in this order; strings of the BTF */
};

struct spec {
	const char *description, *btf_path; /* NULL: none; strings of the BTF */
	bool annotated;
	bool here; /* for this architecture */
	int log_level;
	uint32_t flags;
	struct spec_mode mode[2]; /* privileged, unprivileged */
};

/* `btf` may be NULL. */
void spec_read(const struct btf *btf, const char *program, struct spec *out);

#endif
