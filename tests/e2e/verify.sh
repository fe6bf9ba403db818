#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cygnet verify: verdicts, the place, the path, an input that shows it, the oldest kernel; JSON; wrong usage.
. "$(dirname "$0")/tap.sh"
cd "$W" || exit 1

cat >prog.bpf.c <<'C'
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

SEC("xdp") int parse(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);

	if (eth + 1 > (struct ethhdr *)end)
		return XDP_PASS;
	if (eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	return ip->protocol == 6 ? XDP_DROP : XDP_PASS;
}

SEC("xdp") int count(struct xdp_md *ctx)
{
	__u32 key = ctx->rx_queue_index;
	__u64 *n = bpf_map_lookup_elem(&counts, &key);

	*n += 1;
	return XDP_PASS;
}

SEC("xdp") int good(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	__u64 sum = 0;

#pragma clang loop unroll(disable)
	for (int i = 0; i < 64; i++) {
		if (data + i + 1 > end)
			break;
		sum += *(__u8 *)(data + i);
	}
	return sum & 1 ? XDP_DROP : XDP_PASS;
}

SEC("xdp") int plain(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
C
chmod 644 prog.bpf.c

"$CYGNET" verify --kernel 6.18 prog.bpf.c >out 2>err
same "a refusal ends with 1" "$?" 1
has "a program that is taken" out "prog.bpf.c: plain \(xdp\): accepted by Linux 6.18"
has "another is refused" out "prog.bpf.c: parse \(xdp\): refused by Linux 6.18"
has "with file, line and the message's name" out "prog.bpf.c:25: .*outside of the packet.*\[PACKET_[A-Z]*\]"
has "the source line" out "25 \| return ip->protocol == 6"
has "the condition that was too weak" out "if \(eth \+ 1 > \(struct ethhdr \*\)end\)  \(the jump is not taken\)"
has "what is known there" out "r1=pkt\(r=14\)"
has "a packet on which it goes wrong" out "a packet of [0-9]* bytes"
has "what to do" out "What to do: "
has "how a value came about" out "bpf_map_lookup_elem\(&counts, &key\)"
has "since when it is taken" out "since Linux 5.3 \(modelled\); 5.2 says: back-edge"
has "a plain program is as old as the list" out "since Linux 4.19"

"$CYGNET" verify -n -p good prog.bpf.c >out 2>err
same "one program that is taken: 0" "$?" 0
same "one line" "$(wc -l <out)" 1
"$CYGNET" verify -n -p good --kernel 5.2 prog.bpf.c >out 2>err
same "an older kernel refuses it" "$?" 1
has "in its words" out "back-edge from insn"
has "and is labelled" out "refused by Linux 5.2 \(modelled\)"

"$CYGNET" verify --json prog.bpf.c >out 2>err
check "each line is JSON" python3 -c 'import json,sys; [json.loads(l) for l in open("out")]'
field() { python3 -c 'import json,sys
for l in open("out"):
    o = json.loads(l)
    if o["program"] == sys.argv[1]: print(eval(sys.argv[2]))' "$@"; }
same "verdict" "$(field parse 'o["verdict"], o["errno"], o["id"], o["function"]')" "('refused', 13, 'PACKET_OUTSIDE', 'parse')"
same "the path ends at the refused line" "$(field parse 'o["path"][-1]["role"], o["path"][-1]["line"]')" "('fails', 25)"
same "the packet is in hex and too short" "$(field parse '14 <= len(bytes.fromhex(o["witness"]["data"])) < 24')" True
same "costs of one that is taken" "$(field plain 'o["visited"], o["stack"]')" "(2, 0)"
same "oldest" "$(field good 'o["oldest"], o["below"], o["compared"]' | cut -d, -f1,2)" "('5.3', '5.2'"

printf 'not an object' >junk.o
"$CYGNET" verify junk.o >out 2>err
same "what is no object: 1" "$?" 1
has "named" err "junk.o"
"$CYGNET" verify >out 2>err
same "no file: 2" "$?" 2
"$CYGNET" verify --kernel 3.2 prog.bpf.c >out 2>err
same "a version that is not modelled: 2" "$?" 2
has "the range is told" err "4.19 to 6.18"
"$CYGNET" verify -p nothing prog.bpf.c >out 2>err
has "a program that is not there" err "no program is named nothing"

unprivileged "$CYGNET" verify -n prog.bpf.c >out 2>err
same "an ordinary user gets the same" "$(grep -c 'refused by' out)" 2
done_testing
