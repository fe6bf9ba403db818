// SPDX-License-Identifier: BSD-2-Clause
/*
 * How often are some of libc's functions called, and how often is
 * getenv's answer empty? Change the section names for functions of yours:
 * uprobe/FILE:FUNCTION, where FILE is a path or a library's name.
 *
 *	cygnet run funccount.bpf.c -- python3 -c 'import os; print(os.getenv("HOME"))'
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
enum function {
	FOPEN,
	REALLOC,
	GETENV,
	GETENV_EMPTY,
	FUNCTIONS
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FUNCTIONS);
	__type(key, u32);
	__type(value, u64);
} calls SEC(".maps");

static __always_inline int count(u32 f)
{
	u64 *n = bpf_map_lookup_elem(&calls, &f);

	if (n)
		*n += 1;
	return 0;
}

SEC("uprobe/libc.so.6:fopen")
int fopen_enter(struct pt_regs *ctx)
{
	return count(FOPEN);
}

SEC("uprobe/libc.so.6:realloc")
int realloc_enter(struct pt_regs *ctx)
{
	return count(REALLOC);
}

SEC("uprobe/libc.so.6:getenv")
int getenv_enter(struct pt_regs *ctx)
{
	return count(GETENV);
}

SEC("uretprobe/libc.so.6:getenv")
int getenv_return(struct pt_regs *ctx)
{
	return PT_REGS_RC(ctx) ? 0 : count(GETENV_EMPTY);
}

char LICENSE[] SEC("license") = "GPL";
