// SPDX-License-Identifier: BSD-2-Clause
/* A program of some hundred instructions at each system call: a histogram by call in a hash. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct key {
	u32 nr, uid;
};
struct hist {
	u64 slots[32];
	u64 total;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct key);
	__type(value, struct hist);
} hists SEC(".maps");

static const struct hist none;
u64 calls;

static __always_inline u32 log2_of(u64 v)
{
	u32 r = 0, s;

	s = (v > 0xffffffff) << 5, v >>= s, r |= s;
	s = (v > 0xffff) << 4, v >>= s, r |= s;
	s = (v > 0xff) << 3, v >>= s, r |= s;
	s = (v > 0xf) << 2, v >>= s, r |= s;
	s = (v > 0x3) << 1, v >>= s, r |= s;
	return r | (u32)(v >> 1);
}

SEC("tracepoint/raw_syscalls/sys_enter")
int on_enter(struct trace_event_raw_sys_enter *ctx)
{
	struct key k = {.nr = (u32)ctx->id};
	struct hist *h;

	h = bpf_map_lookup_elem(&hists, &k);
	if (!h) {
		bpf_map_update_elem(&hists, &k, &none, BPF_NOEXIST);
		h = bpf_map_lookup_elem(&hists, &k);
		if (!h)
			return 0;
	}
	h->slots[log2_of(++calls) & 31]++;
	h->slots[log2_of(ctx->args[0] ^ ctx->args[1]) & 31]++;
	h->total += ctx->args[2] & 0xff;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
