/* SPDX-License-Identifier: BSD-2-Clause */
/* An object file, checked before libbpf sees it: libbpf trusts much of what it reads. */
#ifndef CLI_OBJECT_CHECK_H
#define CLI_OBJECT_CHECK_H

#include "base/text.h"

/*
 * Checks the ELF file and its .BTF and .BTF.ext: every offset, index and size
 * that a loader follows stays inside what it points into. 0, or -errno with
 * one line in `why` (no file name, no newline): -EINVAL malformed.
 */
int object_check(const void *file, size_t size, struct text *why);
int object_check_file(const char *path, struct text *why);

#endif
