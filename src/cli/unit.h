/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A BPF object on its way into the instance: opened, globals set, loaded and
 * attached by libbpf, which reaches the instance through the shim. Every
 * failure ends in one line that names file, program and remedy.
 */
#ifndef CLI_UNIT_H
#define CLI_UNIT_H

#include <bpf/libbpf.h>
#include "base/vec.h"

struct btf_info;

struct unit_opts {
	const char *btf;         /* the kernel's BTF: NULL the host's, "none", or a file */
	const char *const *sets; /* NAME=VALUE */
	size_t set_count;
	bool verbose; /* libbpf's own messages too */
};

struct bpf_unit {
	const char *file; /* as the user named it */
	char path[4096];  /* the object file */
	struct bpf_object *obj;
	VEC(struct bpf_link *) links;
	VEC(const char *) unattached; /* programs left out, with the reason (base_free each) */
	struct btf_info *btf;         /* the object's, see unit_btf() */
};

/* 0, or an exit status after the message was printed; then nothing is left loaded. */
int unit_open(struct bpf_unit *u, const char *file, const struct unit_opts *opts);
/* Loads, then attaches all that can be attached here; at least one must. */
int unit_load(struct bpf_unit *u, const struct unit_opts *opts);
int unit_attach(struct bpf_unit *u, const struct unit_opts *opts);
/* Loads one program of it and the maps, whatever its section; 0 or -errno, and prints nothing. */
int unit_load_only(struct bpf_unit *u, const char *program);
/* Why the last load failed, in libbpf's words; valid until the next. */
const char *unit_reason(int err);
void unit_close(struct bpf_unit *u);

/* Applies NAME=VALUE to whichever unit has the global; 0 or an exit status. */
int unit_set(struct bpf_unit *units, size_t n, const char *assignment);

/* The object's BTF as btf/ reads it; NULL when it has none. The unit's. */
const struct btf_info *unit_btf(struct bpf_unit *u);

#endif
