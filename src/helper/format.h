/* SPDX-License-Identifier: BSD-2-Clause */
/* The format engine behind bpf_trace_printk, bpf_trace_vprintk and bpf_snprintf. Freestanding. */
#ifndef HELPER_FORMAT_H
#define HELPER_FORMAT_H

#include "base/text.h"

struct run;

#define FORMAT_MAX_ARGS 12
#define FORMAT_MAX_LINE 1024 /* of a printed line, with its NUL */

/*
 * Formats into out[size], NUL-terminated when size > 0. `fmt` is read up to its
 * NUL, which must stand within fmt_size bytes. Returns the length the whole
 * text has, without the NUL. Errors, before anything is written: -EINVAL (a
 * conversion the kernel does not take, more of them than arguments, bytes that
 * are neither printable nor space), -ENOSPC (strings and numbers of more than
 * 512 bytes together).
 */
long format_bpf(struct run *run, char *out, size_t size, const char *fmt, u32 fmt_size,
		const u64 *args, u32 num_args);

#endif
