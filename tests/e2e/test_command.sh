#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cygnet test, as an unprivileged user: cases, input of every kind, differences, JSON, mistakes.
. "$(dirname "$0")/tap.sh"
cd "$W" || exit 1
chmod 777 .
run() { unprivileged "$CYGNET" test "$@"; }

cat >prog.bpf.c <<'C'
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
const volatile u32 limit = 5;
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u64);
} table SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");
SEC("xdp") int shorten(struct xdp_md *ctx)
{
	u32 zero = 0;
	u64 *n = bpf_map_lookup_elem(&counts, &zero);

	if (n)
		*n += 1;
	return bpf_xdp_adjust_tail(ctx, -(int)limit) ? XDP_ABORTED : XDP_TX;
}
SEC("tc") int mark(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	u32 key = skb->len;
	u64 *v = bpf_map_lookup_elem(&table, &key);
	u64 one = 1;

	if (data + 14 > end)
		return 2;
	*(u8 *)data = 0xfe;
	skb->mark += 7;
	skb->cb[1] = v ? *v : 0;
	bpf_map_update_elem(&table, &key, &one, 0);
	bpf_printk("length %d", key);
	return -1;
}
SEC("raw_tp") int raw(struct bpf_raw_tracepoint_args *ctx)
{
	return ctx->args[0] + ctx->args[1];
}
SEC("syscall") int sys(u64 *ctx)
{
	ctx[0] += 1;
	return 42;
}
SEC("kprobe/x") int probe(void *ctx)
{
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
C
clang -g -O2 -target bpf -mcpu=v3 -I"$W/bin/fallback" -idirafter /usr/include/x86_64-linux-gnu -c prog.bpf.c -o prog.bpf.o || exit 1
python3 - <<'P'
import struct
packets = [bytes(range(40)), b"\xaa" * 60]
with open("two.pcap", "wb") as f:
    f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for p in packets:
        f.write(struct.pack("<IIII", 0, 0, len(p), len(p)) + p)
with open("big_endian.pcap", "wb") as f:
    f.write(struct.pack(">IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for p in packets:
        f.write(struct.pack(">IIII", 0, 0, len(p), len(p)) + p)
open("cut.pcap", "wb").write(open("two.pcap", "rb").read()[:60])
open("ng.pcap", "wb").write(b"\x0a\x0d\x0d\x0a" + bytes(40))
open("packet.bin", "wb").write(packets[0])
open("shorter.bin", "wb").write(packets[0][:35])
P

run "$EX/xdp_filter.bpf.c" "$EX/xdp_filter.cases" >out 2>err
same "the example: exit status" $? 0
same "the example: all cases pass" "$(grep -c '^ok ' out) $(grep -c '^not ok ' out) $(head -1 out)" "6 0 1..6"
has "printk lines are comments" out '^# dropped a packet to port 23$'
same "nothing on standard error" "$(cat err)" ""

run prog.bpf.o --prog shorten --data-in packet.bin >out 2>err
same "no expectation passes" "$(sed -n 1,3p out)" "1..1
ok 1 - shorten
# result: 3 (XDP_TX)"
has "and shows the packet" out '^# data: hex:000102030405.*2122$'
run prog.bpf.o --prog shorten --data-in packet.bin --expect XDP_TX --expect-data shorter.bin --expect-map 'counts 0=1' >out 2>err
same "result, data and per-CPU map as expected" $? 0
run prog.bpf.o --prog shorten --data-in packet.bin --repeat 3 --expect 3 --expect-map 'counts 0 = 3' >out 2>err
same "--repeat" $? 0
run prog.bpf.o --prog shorten --set limit=0 --data-in packet.bin --expect-data same >out 2>err
same "--set, and the packet unchanged" $? 0
run prog.bpf.o --prog shorten --data-in packet.bin --expect XDP_DROP --expect-data same --expect-map 'counts 0 = 9' >out 2>err
same "differences: exit status" $? 1
has "the case failed" out '^not ok 1 - shorten$'
has "what was expected of the result" out '^# result: expected 1 \(XDP_DROP\)$'
has "what came" out '^# +got 3 \(XDP_TX\)$'
has "the size of the data" out '^# size of the data: expected 40 bytes$'
has "the element" out '^# counts\[0\]: expected 9$'
run prog.bpf.o --prog shorten --data-in pcap:two.pcap:1 --expect-data shorter.bin >out 2>err
same "a packet of a capture" $? 0
run prog.bpf.o --prog shorten --data-in pcap:big_endian.pcap:2 --expect-data hex:$(printf 'aa%.0s' $(seq 55)) >out 2>err
same "the second, of the other byte order" $? 0
run prog.bpf.o --prog shorten --data-in pcap:two.pcap:3 >out 2>err
has "no third" err 'two.pcap: has fewer packets than that'
run prog.bpf.o --prog shorten --data-in pcap:cut.pcap:1 >out 2>err
has "a cut capture" err 'cut in the middle'
run prog.bpf.o --prog shorten --data-in pcap:ng.pcap:1 >out 2>err
has "a pcapng file" err 'pcapng'
run prog.bpf.o --prog shorten --data-in pcap:packet.bin:1 >out 2>err
has "no capture at all" err 'is not a capture file'

run prog.bpf.o --prog mark --data-in packet.bin --ctx-in "mark=3 cb[0]=9" --map 'table 40 = 0x77' \
	--expect TCX_NEXT --expect-ctx "mark=10 cb[0]=9 cb[1]=0x77" --expect-map 'table 40 = 1' >out 2>err
same "context and map, by fields" $? 0
has "its printk" out '^# length 40$'
run prog.bpf.o --prog mark --data-in packet.bin --expect-ctx "mark=8" >out 2>err
has "a field that differs" out '^# ctx mark: expected 8$'
has "and what it is" out '^# +got 7$'
cat >all.txt <<'T'
# all of the map
40 = 1
192.0.2.1 = hex:0500000000000000
T
run prog.bpf.o --prog mark --data-in packet.bin --map 'table hex:c0000201 = 5' --expect-map table=all.txt >out 2>err
same "a whole map" $? 0
run prog.bpf.o --prog mark --data-in packet.bin --map 'table 6 = 5' --expect-map table=all.txt >out 2>err
has "an element too many" out '^# table\[6\]: expected no such element$'
has "one too few" out '^# table\[192.0.2.1\]: expected 5$'
run prog.bpf.o --prog raw --ctx-in hex:05000000000000000600000000000000 --expect 11 >out 2>err
same "a raw tracepoint" $? 0
run prog.bpf.o --prog sys --ctx-in hex:ff00000000000000 --expect 42 --expect-ctx hex:0001000000000000 >out 2>err
same "a syscall program, its context in place" $? 0
run prog.bpf.o --prog probe >out 2>err
has "a type that cannot be so run" out 'cannot be run by BPF_PROG_TEST_RUN'

cat >own.cases <<'T'
prog: mark
data: packet.bin

== first
expect-map: table 40 = 1
== second, with a map of its own
ctx: mark=1
expect-ctx: mark=8 cb[1]=0
== third
expect: TCX_DROP
T
mkdir -p sub && cp own.cases packet.bin sub/
run prog.bpf.o sub/own.cases >out 2>err
same "cases: exit status" $? 1
same "cases: each on its own" "$(grep -E '^(not )?ok' out)" "ok 1 - first
ok 2 - second, with a map of its own
not ok 3 - third"
run --json prog.bpf.o sub/own.cases >out 2>err
same "JSON Lines" "$(python3 -c '
import json
for line in open("out"):
    o = json.loads(line)
    if o["type"] == "case":
        print(o["name"], o["ok"], o["retval"], o.get("result"), len(o["data"]), [f["what"] for f in o["failures"]])
    else:
        print(o["type"], o["text"])')" "first True -1 TC_ACT_UNSPEC 80 []
printk length 40
second, with a map of its own True -1 TC_ACT_UNSPEC 80 []
printk length 40
third False -1 TC_ACT_UNSPEC 80 ['result']
printk length 40"

# Kfuncs of open-coded iterators, as the kernel's BTF names them.
cat >loop.bpf.c <<'C'
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
struct bpf_iter_num { u64 opaque[1]; } __attribute__((aligned(8)));
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __attribute__((section(".ksyms")));
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __attribute__((section(".ksyms")));
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __attribute__((section(".ksyms")));
SEC("syscall") int sum(int *ctx)
{
	struct bpf_iter_num it;
	int total = 0, *i;

	if (bpf_iter_num_new(&it, ctx[0], ctx[1]))
		total = 1000;
	while ((i = bpf_iter_num_next(&it)))
		total += *i;
	bpf_iter_num_destroy(&it);
	return total;
}
char LICENSE[] SEC("license") = "GPL";
C
cat >loop.cases <<'T'
== up to ten
ctx: hex:00000000 0a000000
expect: 45
== around zero
ctx: hex:fdffffff 02000000
expect: -5
== none
ctx: hex:05000000 05000000
expect: 0
== backwards
ctx: hex:05000000 04000000
expect: 1000
== too many
ctx: hex:00000000 01008000
expect: 1000
== from the lowest number
ctx: hex:00000080 01000080
expect: -2147483648
T
if [ -r /sys/kernel/btf/vmlinux ] && clang -g -O2 -target bpf -mcpu=v3 -I"$W/bin/fallback" \
	-idirafter /usr/include/x86_64-linux-gnu -c loop.bpf.c -o loop.bpf.o; then
	run loop.bpf.o loop.cases >out 2>err
	same "iterators over numbers" "$(grep -c '^ok' out) $?" "6 0"
else
	skip "iterators over numbers" "the host has no BTF"
fi

# Mistakes.
run >out 2>err
same "no object: usage" $? 2
run prog.bpf.o --data-in packet.bin >out 2>err
has "several programs" err 'has 5 programs: name one with --prog'
run prog.bpf.o --prog shorte --data-in packet.bin >out 2>err
has "a program mistyped" err 'did you mean `shorten`'
run prog.bpf.o --prog mark --data-in packet.bin --map 'tabel 1 = 1' >out 2>err
has "a map mistyped" err 'did you mean `table`'
run prog.bpf.o --prog mark --data-in packet.bin --map 'table 1 = 5x' >out 2>err
has "no number" err '`5x` is no number'
run prog.bpf.o --prog mark --data-in packet.bin --map 'table 0x100000000 = 5' >out 2>err
has "a number too wide" err 'does not fit 4 bytes'
run prog.bpf.o --prog mark --data-in packet.bin --map 'table hex:0102 = 5' >out 2>err
has "bytes of another size" err 'is of 2 bytes, not of 4'
run prog.bpf.o --prog mark --data-in packet.bin --expect XDP_PASS >out 2>err
has "a result of another type" err 'neither a number nor'
run prog.bpf.o --prog shorten --data-in packet.bin --expect XDP_PAS >out 2>err
has "a result mistyped" err 'did you mean XDP_PASS'
run prog.bpf.o --prog mark --data-in packet.bin --ctx-in 'makr=1' >out 2>err
has "a field mistyped" err 'no field `makr`'
run prog.bpf.o --prog mark --data-in packet.bin --ctx-in 'pkt_type=1' >out 2>err
has "a field that may not be set" out 'field of the context that may not be set'
run prog.bpf.o --prog mark --data-in hex:0 >out 2>err
has "half a byte" err 'pairs of hex digits'
run prog.bpf.o --prog mark --data-in nowhere.bin >out 2>err
has "no such file" err 'nowhere.bin: No such file'
run prog.bpf.o --prog mark --data-in packet.bin --repeat 0 >out 2>err
has "no count" err '`0` is no count'
printf 'prog: mark\n' >none.cases
run prog.bpf.o none.cases >out 2>err
has "a file without cases" err 'none.cases: holds no case'
printf '== a\nexpext: 1\n' >typo.cases
run prog.bpf.o typo.cases >out 2>err
has "a setting mistyped" err 'typo.cases:2: no setting `expext` \(did you mean `expect`'
printf '== a\nnonsense\n' >bad.cases
run prog.bpf.o bad.cases >out 2>err
has "a line that is none" err 'bad.cases:2: want SETTING: VALUE'
head -c 3000 /dev/urandom >random.cases
run prog.bpf.o random.cases >out 2>err
same "random bytes as cases" $? 1
done_testing
