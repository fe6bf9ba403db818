// SPDX-License-Identifier: BSD-2-Clause
/* Counting programs at a function's entry and at another one's return. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

u64 calls, returns;

SEC("uprobe/" PROBED ":probed_call")
int on_call(void *ctx)
{
	calls++;
	return 0;
}

SEC("uretprobe/" PROBED ":probed_return")
int on_return(void *ctx)
{
	returns++;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
