/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The native code of a plan's programs, in the one file that all processes with
 * these programs map: core/plan.h, struct plan_native.
 */
#ifndef WORLD_NATIVE_FILE_H
#define WORLD_NATIVE_FILE_H

#include "base/vec.h"
#include "jit/jit.h"
#include "vm/object.h"

/* Where a program's code lies in the file, and its words in the tables. */
struct native_at {
	const struct jit_code *code; /* the program's; NULL: it is interpreted */
	u32 offset, table;
};

struct native_file {
	int fd;                    /* sealed; -1: none of the programs has code */
	u32 code_size, table_size; /* whole pages */
	VEC(u32) ids;              /* of the programs, in order */
	VEC(struct native_at) at;  /* the same */
};

#define NATIVE_FILES 4 /* kept: processes differ in which probes they have, so in programs */

struct native_files {
	struct native_file file[NATIVE_FILES];
	u32 used, next;
};

/*
 * The file of these programs, made by the first call; compiles what is not compiled.
 * Valid until the next call. -ENOMEM, -EMFILE. The instance's lock is held.
 */
int native_file_get(struct native_files *all, struct prog_object *const *progs, u32 count,
		    const struct native_file **out);
void native_files_fini(struct native_files *all);

#endif
