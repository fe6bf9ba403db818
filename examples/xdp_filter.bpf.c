// SPDX-License-Identifier: BSD-2-Clause
/*
 * An XDP filter: drops IPv4 TCP packets to blocked ports and counts what passed
 * and what was dropped, by protocol. Its tests are in xdp_filter.cases:
 *
 *	cygnet test xdp_filter.bpf.c xdp_filter.cases
 */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_P_IP 0x0800

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u16); /* a port */
	__type(value, u8);
} blocked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2); /* enum xdp_action: dropped, passed */
	__type(key, u32);
	__type(value, u64);
} verdicts SEC(".maps");

static int count(u32 action)
{
	u32 slot = action == XDP_PASS;
	u64 *n = bpf_map_lookup_elem(&verdicts, &slot);

	if (n)
		__sync_fetch_and_add(n, 1);
	return action;
}

SEC("xdp")
int xdp_filter(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp;
	u16 port;

	if ((void *)(ip + 1) > end)
		return count(XDP_DROP); /* not even a header */
	if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != IPPROTO_TCP)
		return count(XDP_PASS);
	tcp = (void *)ip + ip->ihl * 4;
	if (ip->ihl < 5 || (void *)(tcp + 1) > end)
		return count(XDP_DROP);
	port = bpf_ntohs(tcp->dest);
	if (!bpf_map_lookup_elem(&blocked, &port))
		return count(XDP_PASS);
	bpf_printk("dropped a packet to port %d", port);
	return count(XDP_DROP);
}

char LICENSE[] SEC("license") = "GPL";
