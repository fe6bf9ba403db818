// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which system calls fail, with which errno, and how often? With --set
 * verbose=1 each failure is a line as well.
 *
 *	cygnet run errsnoop.bpf.c -- python3 -c 'import json'
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

const volatile bool verbose;

struct failure {
	char comm[16];
	int syscall;
	int errno;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct failure);
	__type(value, u64);
} failures SEC(".maps");

SEC("tracepoint/raw_syscalls/sys_exit")
int on_exit(struct trace_event_raw_sys_exit *ctx)
{
	struct failure f = {.syscall = ctx->id, .errno = -ctx->ret};
	u64 one = 1, *n;

	if (ctx->ret >= 0 || ctx->ret < -4095)
		return 0;
	bpf_get_current_comm(f.comm, sizeof(f.comm));
	if (verbose)
		bpf_printk("syscall %d failed with errno %d", f.syscall, f.errno);
	n = bpf_map_lookup_elem(&failures, &f);
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&failures, &f, &one, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
