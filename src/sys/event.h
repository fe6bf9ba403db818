/* SPDX-License-Identifier: BSD-2-Clause */
/* What names an attach point, asked of every event source (core/attach.h). */
#ifndef SYS_EVENT_H
#define SYS_EVENT_H

#include "core/attach.h"
#include "vm/object.h"

int event_by_raw_name(const char *name, struct attach *out); /* 0 or -ENOENT */
/* The tracepoint's bare name into out[size]; "" when no source knows the id. */
void event_tracepoint_name(u32 id, char *out, size_t size);
/* May the program be attached to that perf event? 0, -EINVAL, -EEXIST. */
int event_check_prog(const struct perf_object *e, const struct prog_object *p);

#endif
