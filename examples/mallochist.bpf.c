// SPDX-License-Identifier: BSD-2-Clause
/*
 * How large are a command's allocations, and how much does each process ask for?
 *
 *	cygnet run mallochist.bpf.c -- git log
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define SLOTS 32

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, u32);
	__type(value, u64);
} size_hist SEC(".maps");

struct use {
	char comm[16];
	u64 calls;
	u64 bytes;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32); /* pid */
	__type(value, struct use);
} processes SEC(".maps");

SEC("uprobe/libc.so.6:malloc")
int malloc_enter(struct pt_regs *ctx)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32, slot = 0;
	u64 size = PT_REGS_PARM1(ctx), *n;
	struct use zero = {}, *u;

	for (u64 v = size; v > 1 && slot < SLOTS - 1; v >>= 1)
		slot++;
	n = bpf_map_lookup_elem(&size_hist, &slot);
	if (n)
		__sync_fetch_and_add(n, 1);

	u = bpf_map_lookup_elem(&processes, &pid);
	if (!u) {
		bpf_get_current_comm(zero.comm, sizeof(zero.comm));
		bpf_map_update_elem(&processes, &pid, &zero, BPF_NOEXIST);
		u = bpf_map_lookup_elem(&processes, &pid);
	}
	if (u) {
		__sync_fetch_and_add(&u->calls, 1);
		__sync_fetch_and_add(&u->bytes, size);
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
