// SPDX-License-Identifier: BSD-2-Clause
/*
 * How many system calls does each command name make, by number?
 *
 *	cygnet run syscount.bpf.c -- make -C somewhere
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct call {
	char comm[16];
	int syscall;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, struct call);
	__type(value, u64);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} total SEC(".maps");

SEC("tracepoint/raw_syscalls/sys_enter")
int count(struct trace_event_raw_sys_enter *ctx)
{
	struct call k = {.syscall = ctx->id};
	u64 one = 1, *n;
	u32 zero = 0;

	n = bpf_map_lookup_elem(&total, &zero);
	if (n)
		*n += 1;
	bpf_get_current_comm(k.comm, sizeof(k.comm));
	n = bpf_map_lookup_elem(&calls, &k);
	if (n)
		__sync_fetch_and_add(n, 1);
	else if (bpf_map_update_elem(&calls, &k, &one, BPF_NOEXIST) &&
		 (n = bpf_map_lookup_elem(&calls, &k)))
		__sync_fetch_and_add(n, 1); /* another process was first */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
