// SPDX-License-Identifier: BSD-2-Clause
/* A counting program at malloc's entry. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

u64 calls;

SEC("uprobe/libc.so.6:malloc")
int on_malloc(void *ctx)
{
	calls++;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
