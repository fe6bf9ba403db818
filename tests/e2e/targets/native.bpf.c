// SPDX-License-Identifier: BSD-2-Clause
/* What native.c does, counted: by system call, at entry and at return of probed(). */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

enum {
	PPIDS_ENTERED,
	PPIDS_LEFT,
	CALLS,
	ARGUMENTS,
	RETURNS,
	VALUES,
	CLOCKS,
	CHAINED,
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

int chained(struct trace_event_raw_sys_exit *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__array(values, int(struct trace_event_raw_sys_exit *));
} jumps SEC(".maps") = {.values = {[1] = &chained}};

static __always_inline void add(u32 slot, u64 n)
{
	u64 *v = bpf_map_lookup_elem(&counts, &slot);

	if (v)
		__sync_fetch_and_add(v, n);
}

SEC("raw_tp/sys_enter")
int BPF_PROG(on_enter, struct pt_regs *regs, long nr)
{
	if (nr == 110)
		add(PPIDS_ENTERED, 1);
	if (nr == 228)
		add(CLOCKS, 1);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_getppid")
int on_exit(struct trace_event_raw_sys_exit *ctx)
{
	add(PPIDS_LEFT, 1);
	bpf_tail_call(ctx, &jumps, 1);
	add(CHAINED, 1 << 20);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_getpgrp")
int chained(struct trace_event_raw_sys_exit *ctx)
{
	if (ctx->id == 110 && ctx->ret > 0)
		add(CHAINED, 1);
	return 0;
}

SEC("uprobe/" PROBED ":probed")
int BPF_KPROBE(on_call, long a, long b)
{
	add(CALLS, 1);
	add(ARGUMENTS, a + b);
	return 0;
}

SEC("uretprobe/" PROBED ":probed")
int BPF_KRETPROBE(on_return, long ret)
{
	add(RETURNS, 1);
	add(VALUES, ret);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
