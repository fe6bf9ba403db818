/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects from before BTF, which libbpf 1.x refuses and whose packages bring loaders of their own:
 * `struct bpf_map_def` in a section whose name ends in "maps", one program per section.
 */
#ifndef KERNEL_LEGACY_H
#define KERNEL_LEGACY_H

#include <linux/bpf.h>
#include <stddef.h>

struct legacy {
	char name[64]; /* of the program's section */
	enum bpf_prog_type type;
	struct bpf_insn *insns; /* as in the file */
	unsigned int count;
	struct legacy_fixup *fixups;
	unsigned int fixup_count;
};

/* The first program of the object. *out is the caller's, never freed. 0 or -errno. */
int legacy_open(const char *path, struct legacy **out);
/* Creates the maps and loads: a descriptor, or -errno of PROG_LOAD; *offered is false when a map
 * failed. */
int legacy_load(const struct legacy *l, char *log, size_t size, _Bool *offered);

#endif
