/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What targets tell the instance besides events: records of the instance's
 * own ring buffer (an ordinary ringbuf segment, object id in the plan).
 */
#ifndef CORE_NOTE_H
#define CORE_NOTE_H

#include "base/types.h"

enum note_kind {
	NOTE_TRACE,    /* a bpf_trace_printk line */
	NOTE_UNTRACED, /* a child that runs on untraced: text = "path: why" */
	NOTE_AGENT,    /* something the agent could not do */
};

struct note {
	u32 kind;
	u32 pid, tid, cpu;
	u64 time_ns; /* CLOCK_MONOTONIC */
	char comm[16];
	u32 len;
	u32 pad;
	char text[]; /* len bytes, no NUL */
};

#endif
