// SPDX-License-Identifier: BSD-2-Clause
/* Program types that fire from events of processes. */
#include "core/regs.h"
#include "prog/type.h"

static const u8 helpers[] = {BPF_FUNC_probe_read,        BPF_FUNC_perf_event_output,
			     BPF_FUNC_get_stackid,       BPF_FUNC_probe_read_str,
			     BPF_FUNC_get_stack,         BPF_FUNC_get_func_ip,
			     BPF_FUNC_get_attach_cookie, BPF_FUNC_probe_write_user};
static const u8 sample_helpers[] = {BPF_FUNC_perf_prog_read_value, BPF_FUNC_read_branch_records};

bool prog_tracing_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_base_allows(proto->id) || PROG_LISTED(helpers, proto->id);
}

static bool kprobe_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_tracing_allows(proto, attach_type) || proto->id == BPF_FUNC_override_return;
}

static bool sample_allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_tracing_allows(proto, attach_type) || PROG_LISTED(sample_helpers, proto->id);
}

/* A session's entry decides whether its exit runs. */
static bool kprobe_returns(u32 attach_type, struct prog_range *out)
{
	if (attach_type != BPF_TRACE_KPROBE_SESSION && attach_type != BPF_TRACE_UPROBE_SESSION)
		return false;
	return prog_returns_bool(attach_type, out);
}

#define TRACEPOINT_BYTES 8192 /* most that an event's record may have */
#define RAW_BYTES        96   /* 12 arguments */

static const struct prog_ctx_range probe_ctx[] = {
	{.hi = sizeof(struct core_regs), .reads = CTX_ANY},
};

/* The fields that all records share are not the program's to see. */
static const struct prog_ctx_range record_ctx[] = {
	{.lo = sizeof(u64), .hi = TRACEPOINT_BYTES, .reads = CTX_ANY},
};

/* Registers, then the sample's period and address. */
static const struct prog_ctx_range sample_ctx[] = {
	{.hi = sizeof(struct core_regs), .reads = CTX_LONG},
	{.lo = sizeof(struct core_regs),
	 .hi = sizeof(struct core_regs) + 2 * sizeof(u64),
	 .reads = CTX_ANY},
};

static const struct prog_ctx_range raw_ctx[] = {{.hi = RAW_BYTES, .reads = CTX_ANY}};

/* The first argument is what may be written; the bytes of its pointer are readable behind the
 * first. */
static const struct prog_ctx_range writable_ctx[] = {
	{.hi = sizeof(u64), .reads = CTX_LONG, .kind = CTX_BUFFER},
	{.lo = 1, .hi = RAW_BYTES, .reads = CTX_ANY},
};

const struct prog_type_ops prog_kprobe_ops = {
	.type = BPF_PROG_TYPE_KPROBE,
	.name = "kprobe",
	.tracing = true,
	.private_stack = true,
	.sleeps = PROG_SLEEPS_MAY, /* uprobes: attaching elsewhere is refused */
	.doc = "Entry and return of functions: kprobes, uprobes, USDT",
	.ctx_size = sizeof(struct core_regs),
	.allows = kprobe_allows,
	.returns = kprobe_returns,
	PROG_CTX(probe_ctx),
};

const struct prog_type_ops prog_tracepoint_ops = {
	.type = BPF_PROG_TYPE_TRACEPOINT,
	.name = "tracepoint",
	.tracing = true,
	.private_stack = true,
	.doc = "Tracepoints, with the record their format file describes",
	.ctx_size = TRACEPOINT_BYTES,
	.allows = prog_tracing_allows,
	PROG_CTX(record_ctx),
};

const struct prog_type_ops prog_perf_event_ops = {
	.type = BPF_PROG_TYPE_PERF_EVENT,
	.name = "perf_event",
	.tracing = true,
	.private_stack = true,
	.doc = "Samples of perf events",
	.ctx_size = sizeof(struct core_regs) + 2 * sizeof(u64), /* sample_period, addr */
	.allows = sample_allows,
	PROG_CTX(sample_ctx),
};

const struct prog_type_ops prog_raw_tracepoint_ops = {
	.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
	.name = "raw_tracepoint",
	.tracing = true,
	.private_stack = true,
	.doc = "Tracepoints, with the arguments they were called with",
	.allows = prog_tracing_allows,
	PROG_CTX(raw_ctx),
};

const struct prog_type_ops prog_raw_tracepoint_writable_ops = {
	.type = BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
	.name = "raw_tracepoint_writable",
	.since = 0x0502,
	.tracing = true,
	.doc = "Tracepoints whose first argument a program may change",
	.allows = prog_tracing_allows,
	PROG_CTX(writable_ctx),
};
