#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# --engine: every engine gives the same answers; which names are taken.
. "$(dirname "$0")/tap.sh"
cd "$W" || exit 1
chmod 777 .

cat >prog.bpf.c <<'C'
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u64);
} seen SEC(".maps");
static __attribute__((noinline)) u64 mix(u64 a, u64 b)
{
	return (a ^ b) * 0x9e3779b97f4a7c15 >> 7;
}
SEC("socket") int count(struct __sk_buff *skb)
{
	u64 sum = skb->len, one = 1;

	for (u32 i = 0; i < 50; i++) {
		u32 key = i & 15;
		u64 *v = bpf_map_lookup_elem(&seen, &key);

		if (v)
			*v += i;
		else
			bpf_map_update_elem(&seen, &key, &one, BPF_ANY);
		sum = mix(sum, i);
	}
	return sum & 0x7fffffff;
}
char LICENSE[] SEC("license") = "GPL";
C
data=hex:$(printf '%0120d' 0)
want=
for e in interp checked baseline jit auto; do
	unprivileged "$CYGNET" test prog.bpf.c --engine $e --repeat 20 --data-in $data --json >out 2>err
	same "$e: runs" "$?$(<err)" 0
	got=$(sed -E 's/"duration_ns":[0-9]+//' out)
	[ -n "$want" ] || want=$got
	same "$e: what it returns" "$got" "$want"
	has "$e: something did come out" out '"retval":[1-9]'
done
for e in interp checked baseline jit auto; do
	unprivileged "$CYGNET" run --engine $e --json "$EX"/opensnoop.bpf.c -- cat /etc/hostname >out 2>err
	same "run --engine $e: status" $? 0
	has "run --engine $e: the record" out /etc/hostname
done

# names
for c in "test prog.bpf.c" "run prog.bpf.c" exec; do
	"$CYGNET" $c --engine fast -- true >out 2>err
	same "${c%% *}: no such engine: status" $? 2
	has "${c%% *}: no such engine: those there are" err '^cygnet: --engine fast: .*auto, interp, checked, baseline and jit'
	"$CYGNET" help ${c%% *} >out
	has "${c%% *}: help" out '--engine ENGINE +what runs programs'
	"$CYGNET" help --man ${c%% *} >out
	has "${c%% *}: the man page" out 'engine ENGINE'
done
"$CYGNET" test prog.bpf.c --engine itnerp >out 2>err
has "a mistyped engine" err 'did you mean interp\?'
"$CYGNET" exec -w /nonexistent --engine jit -- true 2>err
same "exec: -w and --engine: status" $? 2
has "exec: -w and --engine" err '--engine is for an instance of our own'
"$CYGNET" help --completion >out
has "completion knows it" out 'test\) words=.*--engine'
done_testing
