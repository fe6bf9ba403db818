/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program names, as the verifier wants it described. */
#ifndef VM_DESCRIBE_H
#define VM_DESCRIBE_H

#include "verify/verify.h"
#include "vm/load.h"

/* Points into the load, the program and itself; valid while they are. */
struct description {
	struct verify_input in;
	struct verify_map *maps, *inner;
	const struct verify_map **map_list;
	struct verify_kfunc *kfuncs;
	struct verify_attach_prog attach_prog;
	struct verify_attach_sub *attach_subs;
};

/*
 * `ops` are resolved; p has its maps, functions and lines. `kernel`: with the kernel's type
 * information even if nothing seems to need it. 0 or -ENOMEM.
 */
int describe(const struct load *l, const struct prog_object *p, const struct isa_op *ops,
	     bool kernel, struct description *d);
void describe_fini(struct description *d);

#endif
