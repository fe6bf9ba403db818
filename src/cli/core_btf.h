/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel BTF that an object's CO-RE relocations need, reduced to those types and cached. */
#ifndef CLI_CORE_BTF_H
#define CLI_CORE_BTF_H

#include <stddef.h>

/*
 * Writes to `path` the file to give libbpf as btf_custom_path. 0; -ENOENT when
 * the object has no CO-RE relocations or there is no BTF: then libbpf is left
 * to its own ways. `btf` as in struct unit_opts.
 */
int core_btf_for(const char *object, const char *btf, char *path, size_t size);

#endif
