/* SPDX-License-Identifier: BSD-2-Clause */
/* What `cygnet disasm --native` shows: a loaded program's machine code beside what it comes from.
 */
#ifndef CLI_NATIVE_LISTING_H
#define CLI_NATIVE_LISTING_H

#include "base/text.h"
#include "jit/jit.h"
#include "vm/object.h"

struct native_listing_opts {
	struct jit_options jit;
	const char *section; /* the program's */
	bool json, bytes, source;
};

/*
 * Appends the listing of code compiled from the program's image. 0, -ENOMEM. The
 * program lives, and the instance's lock is not needed: an image does not change.
 */
int native_listing(const struct prog_object *p, const struct jit_code *code,
		   const struct native_listing_opts *opts, struct text *out);

#endif
