// SPDX-License-Identifier: BSD-2-Clause
/* One record to a ring buffer and one to a perf buffer per run. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} perf SEC(".maps");

SEC("raw_tp")
int emit(void *ctx)
{
	int n = 7;

	bpf_ringbuf_output(&ring, &n, sizeof(n), 0);
	bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &n, sizeof(n));
	return 0;
}

char _license[] SEC("license") = "GPL";
