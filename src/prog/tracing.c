// SPDX-License-Identifier: BSD-2-Clause
/* Program types that fire from events of processes. */
#include "core/regs.h"
#include "prog/type.h"

bool prog_tracing_allows(const struct helper_proto *proto, u32 attach_type)
{
	return !(proto->flags & HELPER_NET);
}

#define TRACEPOINT_BYTES 8192 /* most that an event's record may have */

const struct prog_type_ops prog_kprobe_ops = {
	.type = BPF_PROG_TYPE_KPROBE,
	.name = "kprobe",
	.tracing = true,
	.private_stack = true,
	.sleeps = PROG_SLEEPS_MAY, /* uprobes: attaching elsewhere is refused */
	.doc = "Entry and return of functions: kprobes, uprobes, USDT",
	.ctx_size = sizeof(struct core_regs),
	.allows = prog_tracing_allows,
};

const struct prog_type_ops prog_tracepoint_ops = {
	.type = BPF_PROG_TYPE_TRACEPOINT,
	.name = "tracepoint",
	.tracing = true,
	.private_stack = true,
	.doc = "Tracepoints, with the record their format file describes",
	.ctx_size = TRACEPOINT_BYTES,
	.allows = prog_tracing_allows,
};

const struct prog_type_ops prog_perf_event_ops = {
	.type = BPF_PROG_TYPE_PERF_EVENT,
	.name = "perf_event",
	.tracing = true,
	.private_stack = true,
	.doc = "Samples of perf events",
	.ctx_size = sizeof(struct core_regs) + 2 * sizeof(u64), /* sample_period, addr */
	.allows = prog_tracing_allows,
};

const struct prog_type_ops prog_raw_tracepoint_ops = {
	.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
	.name = "raw_tracepoint",
	.tracing = true,
	.private_stack = true,
	.doc = "Tracepoints, with the arguments they were called with",
	.allows = prog_tracing_allows,
};

const struct prog_type_ops prog_raw_tracepoint_writable_ops = {
	.type = BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
	.name = "raw_tracepoint_writable",
	.since = 0x0502,
	.tracing = true,
	.doc = "Tracepoints whose first argument a program may change",
	.allows = prog_tracing_allows,
};
