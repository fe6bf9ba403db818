/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A BPF object on its way into the instance: opened, globals set, loaded and
 * attached by libbpf, which reaches the instance through the shim. Every
 * failure ends in one line that names file, program and remedy.
 */
#ifndef CLI_OBJECT_H
#define CLI_OBJECT_H

#include <bpf/libbpf.h>
#include "base/vec.h"

struct object_opts {
	const char *btf;	  /* the kernel's BTF: NULL the host's, "none", or a file */
	const char *const *sets;  /* NAME=VALUE */
	size_t set_count;
	bool verbose;		  /* libbpf's own messages too */
};

struct bpf_unit {
	const char *file; /* as the user named it */
	char path[4096];  /* the object file */
	struct bpf_object *obj;
	VEC(struct bpf_link *) links;
	VEC(const char *) unattached; /* programs left out, with the reason (base_free each) */
};

/* 0, or an exit status after the message was printed; then nothing is left loaded. */
int object_open(struct bpf_unit *u, const char *file, const struct object_opts *opts);
/* Loads, then attaches all that can be attached here; at least one must. */
int object_load(struct bpf_unit *u, const struct object_opts *opts);
int object_attach(struct bpf_unit *u, const struct object_opts *opts);
void object_close(struct bpf_unit *u);

/* Applies NAME=VALUE to whichever unit has the global; 0 or an exit status. */
int object_set(struct bpf_unit *units, size_t n, const char *assignment);

#endif
