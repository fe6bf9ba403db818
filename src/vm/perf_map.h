/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What perf(1) is told of native code in this process: /tmp/perf-PID.map, names by
 * address, and a jitdump file, which has the code and its source lines too (`perf
 * record -k 1`, then `perf inject -j`). Once for the process, whose they are.
 */
#ifndef VM_PERF_MAP_H
#define VM_PERF_MAP_H

#include "vm/object.h"

enum perf_kind {
	PERF_MAP = 1 << 0,
	PERF_JITDUMP = 1 << 1,
};

/*
 * Makes the files that are not there yet; they stay when the process ends, for perf
 * reads them then. New ones (a file of an ended process with our number is replaced
 * when it is our user's), never through a link, readable by this user alone. 0 or -errno.
 */
int perf_map_start(u32 kinds);
/* The program's native code is linked: it is told of as far as perf_map_start() was asked to. */
void perf_map_add(const struct prog_object *p);

#endif
