// SPDX-License-Identifier: BSD-2-Clause
/* A program of about 100 instructions with two maps: what loading to the first result is measured
 * by. */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u64);
} flows SEC(".maps");

static __attribute__((always_inline)) inline void count(__u32 what)
{
	__u64 *n = bpf_map_lookup_elem(&counts, &what);

	if (n)
		__sync_fetch_and_add(n, 1);
}

SEC("xdp") int start(struct xdp_md *ctx)
{
	__u8 *p = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u64 flow, one = 1, *seen;

	if (p + 54 > end)
		return XDP_DROP;
	if (*(__u16 *)(p + 12) != bpf_htons(0x0800)) {
		count(1);
		return XDP_PASS;
	}
	if (p[14] != 0x45 || p[23] != 6) {
		count(2);
		return XDP_PASS;
	}
	flow = (__u64)bpf_ntohl(*(__u32 *)(p + 26)) << 32 | bpf_ntohl(*(__u32 *)(p + 30));
	flow ^= (__u64)bpf_ntohs(*(__u16 *)(p + 34)) << 16 | bpf_ntohs(*(__u16 *)(p + 36));
	seen = bpf_map_lookup_elem(&flows, &flow);
	if (seen) {
		__sync_fetch_and_add(seen, 1);
		count(3);
		return XDP_PASS;
	}
	count(p[47] & 2 ? 4 : 5);
	if (bpf_map_update_elem(&flows, &flow, &one, BPF_NOEXIST))
		return XDP_ABORTED;
	return p[36] == 0 && p[37] == 23 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
