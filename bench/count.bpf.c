// SPDX-License-Identifier: BSD-2-Clause
/* The counting programs that benchmarks attach: one increment of a global. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

u64 entered, left;

SEC("raw_tp/sys_enter")
int on_enter(void *ctx)
{
	entered++;
	return 0;
}

SEC("raw_tp/sys_exit")
int on_exit(void *ctx)
{
	left++;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
