/* SPDX-License-Identifier: BSD-2-Clause */
/* The log a client asks for with PROG_LOAD and BTF_LOAD. */
#ifndef SYS_LOG_H
#define SYS_LOG_H

#include "sys/call.h"

#define LOG_LEVELS 3u /* 1: the verdict's reason, 2: everything */
#define LOG_WHOLE  2u
#define LOG_STATS  4u
#define LOG_FIXED  8u /* keep the head of a log that is too long, not its tail */

struct log {
	u32 level, size;
	u64 buf;
	struct text text; /* grows; written only when level is not 0 */
	u64 dropped;      /* bytes that are no more in it */
	int (*grow)(struct text *t, size_t need);
};

/* What the client asks for, checked: 0 or -EINVAL. */
int log_init(struct log *log, u32 level, u32 size, u64 buf);
/*
 * Hands the log over: NUL-terminated, cut to its buffer (-ENOSPC), and its true
 * size written to attr offset `true_size` when the client's attr reaches that far.
 * Returns `err` unless something went wrong here. Frees the text.
 */
long log_finish(struct log *log, struct call *k, u32 true_size, long err);

#endif
