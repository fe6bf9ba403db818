#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Stacks: bpf_get_stackid with its map printed at the end, bpf_get_stack, and what the map looks like to bpftool.
. "$(dirname "$0")/tap.sh"
[ -d /usr/include/bpf ] || { skip "stacks" "no libbpf headers"; done_testing; exit 0; }
cc -O0 -fno-omit-frame-pointer -o "$W/chain" tests/e2e/targets/chain.c || exit 1
chmod 755 "$W/chain"

cat >"$W/stacks.bpf.c" <<'SRC'
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#define FLAGS 0
#define RECORD 8
struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(key_size, 4);
	__uint(value_size, 20 * RECORD);
	__uint(max_entries, 1000);
	__uint(map_flags, FLAGS);
} stacks SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1000);
	__type(key, int);
	__type(value, u64);
} counts SEC(".maps");
SEC("uprobe/libc.so.6:malloc")
int BPF_KPROBE(on_malloc, u64 size)
{
	u64 one = 1, *count;
	int id;

	if (size != 4711)
		return 0;
	id = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
	count = bpf_map_lookup_elem(&counts, &id);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&counts, &id, &one, BPF_ANY);
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
SRC
sed 's/^#define FLAGS 0/#define FLAGS BPF_F_STACK_BUILD_ID/; s/RECORD 8/RECORD 32/' "$W/stacks.bpf.c" >"$W/build_ids.bpf.c"
cat >"$W/get_stack.bpf.c" <<'SRC'
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
SEC("uprobe/libc.so.6:malloc")
int BPF_KPROBE(on_malloc, u64 size)
{
	u64 all[16], rest[16], regs_ip = 0;
	struct bpf_stack_build_id record[2];
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs;
	long n, skipped, of_task;

	if (size != 4711)
		return 0;
	n = bpf_get_stack(ctx, all, sizeof(all), BPF_F_USER_STACK);
	skipped = bpf_get_stack(ctx, rest, sizeof(rest), BPF_F_USER_STACK | 2);
	bpf_printk("frames %d first %d", n >= 32, all[0] == PT_REGS_IP(ctx));
	bpf_printk("skip 2: %d %d", n - skipped == 16, rest[0] == all[2] && rest[1] == all[3]);
	of_task = bpf_get_task_stack(task, rest, sizeof(rest), BPF_F_USER_STACK);
	bpf_printk("of the task %d %d", of_task == n, rest[1] == all[1]);
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	bpf_probe_read_kernel(&regs_ip, sizeof(regs_ip), &regs->ip);
	bpf_printk("its registers %d", regs_ip == all[0]);
	bpf_printk("kernel stack %ld", bpf_get_stack(ctx, rest, sizeof(rest), 0));
	n = bpf_get_stack(ctx, record, sizeof(record), BPF_F_USER_STACK | BPF_F_USER_BUILD_ID);
	bpf_printk("build ids %ld %d %d", n, record[1].status, record[1].ip == all[1]);
	return 0;
}
SEC("uretprobe/libc.so.6:malloc")
int on_return(void *ctx)
{
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
SRC

run() { "$CYGNET" run "$@"; }
# The stack of id $2 in the output $1, names only.
names() { awk -v id="  $2:" '$0 == id {p=1; next} p && !/^    / {exit} p {print $2}' "$1" | sed 's/+.*//' | tr '\n' ' '; }
# The id with count $2 in the output $1.
id_of() { awk -v n="$2" '/^counts/ {p=1} p && $2 == n {print $1}' "$1"; }

for who in root nobody; do
	if [ $who = nobody ]; then
		[ "$(id -u)" -ne 0 ] && continue
		run() { unprivileged "$CYGNET" run "$@"; }
	fi
	run -o "$W/user/out.$who" "$W/stacks.bpf.c" -- "$W/chain" 100 2>"$W/err"
	same "$who: stackid: status" $? 0
	has "$who: stackid: two stacks" "$W/user/out.$who" '^stacks \(2 stacks\):$'
	check "$who: stackid: callers by name" test \
		"$(names "$W/user/out.$who" "$(id_of "$W/user/out.$who" 100)" | cut -d' ' -f1-4)" = "malloc chain_inner chain_left main"
	check "$who: stackid: the other callers" test \
		"$(names "$W/user/out.$who" "$(id_of "$W/user/out.$who" 200)" | cut -d' ' -f1-4)" = "malloc chain_inner chain_right main"
	has "$who: stackid: offset and file" "$W/user/out.$who" '^    [0-9a-f]{16} chain_left\+0x[0-9a-f]+ \(chain\)$'
	run -o "$W/user/fork.$who" "$W/stacks.bpf.c" -- sh -c "$W/chain 1; $W/chain 1" 2>"$W/err"
	has "$who: stackid: two processes" "$W/user/fork.$who" ' chain_right\+0x'
done
run() { "$CYGNET" run "$@"; }
run -o "$W/ids" "$W/build_ids.bpf.c" -- "$W/chain" 3 2>"$W/err"
has "build ids: addresses all the same" "$W/ids" ' chain_right\+0x'
has "build ids: that they are not known is counted" "$W/err" 'on_malloc'
run --json -o "$W/json" "$W/stacks.bpf.c" -- "$W/chain" 1 2>"$W/err"
check "--json: frames with their names" python3 -c '
import json, sys
maps = [json.loads(l) for l in open(sys.argv[1])]
m = [x for x in maps if x.get("map") == "stacks"][0]
assert len(m["entries"]) == 2
for e in m["entries"]:
    f = e["value"]
    assert isinstance(e["key"], int) and f[0]["symbol"] == "malloc" and f[0]["offset"] == 0, f
    assert f[1]["symbol"] == "chain_inner" and f[1]["file"].endswith("/chain") and int(f[1]["ip"], 16), f
' "$W/json"

run -o "$W/get" "$W/get_stack.bpf.c" -- "$W/chain" 1 2>"$W/err"
same "get_stack: what programs see" "$(sed -n 's/^chain-[0-9]*: //p' "$W/get" | sort | uniq -c | sed 's/^ *//')" \
	"$(printf '3 %s\n' 'build ids 64 2 1' 'frames 1 first 1' 'its registers 1' 'kernel stack -14' 'of the task 1 1' 'skip 2: 1 1')"

# The same frames as the running kernel's, in an executable that lies at fixed addresses.
cc -O0 -no-pie -fno-omit-frame-pointer -o "$W/fixed" tests/e2e/targets/chain.c || exit 1
sed "s,^SEC(\"uprobe.*,SEC(\"uprobe/$W/fixed:chain_inner\")," "$W/stacks.bpf.c" >"$W/inner.bpf.c"
own_frames() { grep -oE '\b00000000004[0-9a-f]{5}\b|^  [0-9]+:$' | awk '/:/ {if (s) print s; s = ""; next} {s = s $1 " "} END {if (s) print s}' | sort; }
run -o "$W/fixed.out" "$W/inner.bpf.c" -- "$W/fixed" 2>"$W/err"
own_frames <"$W/fixed.out" >"$W/fixed.own"
same "frames in the executable: two stacks of three" "$(awk '{print NF}' "$W/fixed.own" | tr '\n' ' ')" "3 3 "
"${CLANG:-clang}" -target bpf -O2 -g -D__TARGET_ARCH_x86 -I"$W/bin/fallback" -idirafter /usr/include/x86_64-linux-gnu \
	-c "$W/inner.bpf.c" -o "$W/inner.bpf.o" && cc -o "$W/client" tests/e2e/targets/stack_client.c -lbpf || exit 1
if [ "$(id -u)" -eq 0 ] && "$W/client" "$W/inner.bpf.o" "$W/fixed" >"$W/kernel.out" 2>/dev/null; then
	same "frames in the executable: the kernel's" "$(cat "$W/fixed.own")" \
		"$(tr ' ' '\n' <"$W/kernel.out" | sed 's/^$/  0:/' | own_frames)"
else
	skip "frames in the executable: the kernel's" "no right to trace"
fi

# An unmodified client.
if command -v bpftool >/dev/null; then
	"$CYGNET" exec -- bpftool map create /sys/fs/bpf/st type stack_trace key 4 value 64 entries 16 name st >"$W/out" 2>&1
	same "bpftool creates one" $? 0
	"$CYGNET" exec -- bpftool map create /sys/fs/bpf/st type stack_trace key 4 value 63 entries 16 name st >"$W/out" 2>&1
	has "a size the kernel refuses" "$W/out" 'Invalid argument'
fi
done_testing
