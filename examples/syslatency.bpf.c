// SPDX-License-Identifier: BSD-2-Clause
/*
 * How long do a command's system calls take? A histogram in microseconds for
 * all of them, or for one (by number).
 *
 *	cygnet run syslatency.bpf.c -- bash -c 'ls | wc -l'
 *	cygnet run --set only=0 --set min_us=100 syslatency.bpf.c -- cat /dev/zero | head -c 1M
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

const volatile int only = -1;
const volatile u64 min_us;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, u64);
	__type(value, u64);
} start SEC(".maps");

struct hist {
	u32 slots[32]; /* slot n: [2^n, 2^(n+1)) us */
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct hist);
} latency_us SEC(".maps");

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	u64 id = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();

	if (only < 0 || (long)ctx->args[1] == only)
		bpf_map_update_elem(&start, &id, &now, BPF_ANY);
	return 0;
}

SEC("raw_tp/sys_exit")
int on_exit(struct bpf_raw_tracepoint_args *ctx)
{
	u64 id = bpf_get_current_pid_tgid(), *then = bpf_map_lookup_elem(&start, &id), us;
	u32 zero = 0, slot = 0;
	struct hist *h = bpf_map_lookup_elem(&latency_us, &zero);

	if (!then || !h)
		return 0;
	us = (bpf_ktime_get_ns() - *then) / 1000;
	bpf_map_delete_elem(&start, &id);
	for (u64 v = us; v > 1 && slot < 31; v >>= 1)
		slot++;
	if (us >= min_us)
		__sync_fetch_and_add(&h->slots[slot & 31], 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
