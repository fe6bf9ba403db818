/* SPDX-License-Identifier: BSD-2-Clause */
/* From BPF C to an object file: clang, and the vmlinux.h it includes. */
#ifndef CLI_COMPILE_H
#define CLI_COMPILE_H

#include <stddef.h>

/*
 * Compiles `source` with clang for BPF. `btf`: file of the kernel's BTF that
 * vmlinux.h is made from (NULL: the host's; "none": the small shipped header).
 * The object's path is written to `out`; it lives in a private directory that
 * compile_cleanup() removes. 0, or an exit status after the message was printed.
 */
int compile_bpf(const char *source, const char *btf, char *out, size_t size);
void compile_cleanup(void);

/* The cache directory, made on first use; NULL (after one note) when none can be written. */
const char *compile_cache(void);

#endif
