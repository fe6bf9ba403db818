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
# no mapping of a traced command is writable and executable
for e in baseline jit; do
	"$CYGNET" run -q --engine $e "$EX"/opensnoop.bpf.c -- cat /proc/self/maps >out 2>err
	same "run --engine $e: mappings of the command" "$(grep -c '^[^ ]* .wx' out) $(grep -c '^[^ ]* r.x' out | sed 's/[1-9][0-9]*/some/')" "0 some"
done

# what clients see of native code
if command -v bpftool >/dev/null; then
	clang -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -Ibin/fallback -c prog.bpf.c -o prog.bpf.o
	show='bpftool prog load prog.bpf.o /sys/fs/bpf/p && bpftool prog show pinned /sys/fs/bpf/p'
	"$CYGNET" exec -- sh -c "$show" >out 2>err
	has "bpftool: its size" out 'jited [1-9][0-9]*B'
	"$CYGNET" exec --engine interp -- sh -c "$show" >out 2>err
	has "bpftool: what is interpreted is not jited" out 'not jited'
fi

# perf
cat >spin.bpf.c <<'C'
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
static __attribute__((noinline)) u64 mix(u64 a, u64 b)
{
	for (u32 i = 0; i < 100; i++)
		a = (a ^ b) * 0x9e3779b97f4a7c15 >> 7;
	return a;
}
SEC("socket") int spin(struct __sk_buff *skb)
{
	u64 sum = skb->len;

	for (u32 i = 0; i < 20; i++)
		sum = mix(sum, i);
	return sum & 0x7fffffff;
}
char LICENSE[] SEC("license") = "GPL";
C
mkdir -m 777 dump
export JITDUMPDIR=$W/dump
if [ "$(uname -m)" = x86_64 ]; then
	unprivileged "$CYGNET" test spin.bpf.c --engine jit --perf both --data-in $data >out 2>err
	same "--perf: status" "$?$(<err)" 0
	dump=$(echo dump/.debug/jit/cygnet-*/jit-*.dump)
	map=/tmp/perf-${dump##*-}
	map=${map%.dump}.map
	check "--perf: its files" python3 - "$map" "$dump" <<'P'
import os, stat, struct, sys
map_path, dump_path = sys.argv[1:]
names = {}
for line in open(map_path):
    at, size, name = line.split(" ", 2)
    names[name.strip()] = int(at, 16), int(size, 16)
assert sorted(n.split("_")[3] for n in names) == ["mix", "spin"], names
assert all(n.startswith("bpf_prog_") and size for n, (at, size) in names.items())
for p in sys.argv[1:]:
    s = os.lstat(p)
    assert stat.S_ISREG(s.st_mode) and stat.S_IMODE(s.st_mode) == 0o600
assert stat.S_IMODE(os.stat(os.path.dirname(dump_path)).st_mode) == 0o700
d = open(dump_path, "rb").read()
magic, version, size, machine, pad, pid, time, flags = struct.unpack_from("<IIIIIIQQ", d)
assert (magic, version, size, machine) == (0x4a695444, 1, 40, 62) and str(pid) in dump_path
at, loads, lines = size, {}, {}
while at < len(d):
    id, size, when = struct.unpack_from("<IIQ", d, at)
    assert size >= 16 and when >= time
    if id == 0:
        _, _, vma, addr, n, index = struct.unpack_from("<IIQQQQ", d, at + 16)
        name, code = d[at + 56:at + size].split(b"\0", 1)
        assert len(code) == n and vma == addr and index == len(loads)
        loads[name.decode()] = addr, n
    else:
        assert id == 2
        addr, n = struct.unpack_from("<QQ", d, at + 16)
        p, found = at + 32, []
        for _ in range(n):
            a, line, _ = struct.unpack_from("<QII", d, p)
            end = d.index(b"\0", p + 16)
            found.append((a, line, d[p + 16:end].decode()))
            p = end + 1
        assert p <= at + size and all(addr <= f[0] and f[2].endswith("spin.bpf.c") for f in found)
        lines[addr] = {f[1] for f in found}
    at += size
assert at == len(d) and loads == names
assert 6 in lines[[v for k, v in names.items() if k.endswith("mix")][0][0]]
P
	rm -f "$map"
	# Never through a link that another has put there.
	echo kept >target
	sh -c 'ln -s "$1" /tmp/perf-$$.map && exec "$2" test spin.bpf.c --perf map --data-in "$3"' sh "$W/target" "$CYGNET" $data >out 2>err
	same "--perf: a link in the way: status" $? 1
	has "--perf: a link in the way is named" err 'perf-[0-9]+.map'
	same "--perf: a link in the way: what it leads to" "$(<target)" kept
	find /tmp -maxdepth 1 -type l -name 'perf-*.map' -lname "$W/target" -delete
	"$CYGNET" test spin.bpf.c --perf all >out 2>err
	same "--perf all: status" $? 2
	has "--perf all" err 'want map, jitdump or both'
	if command -v perf >/dev/null && perf record -q -o no.data -e cpu-clock true 2>/dev/null; then
		perf record -q -k 1 -e cpu-clock -o perf.data "$CYGNET" test spin.bpf.c --engine jit --perf both \
			--repeat 60000 --data-in $data >out 2>err
		perf report -i perf.data --stdio >report 2>/dev/null
		has "perf report names the function" report ' bpf_prog_[0-9a-f]{16}_mix'
		perf inject -j -i perf.data -o injected.data >/dev/null 2>&1
		perf report -i injected.data --stdio >report 2>/dev/null
		has "perf inject: so does the dump" report 'jitted-[0-9]+-[0-9]+\.so +\[\.\] bpf_prog_[0-9a-f]{16}_mix'
		perf script -i perf.data -F pid 2>/dev/null | sort -u | while read -r p; do rm -f /tmp/perf-$p.map; done
	else
		skip "perf report names the function" "no perf here, or no right to it"
		skip "perf inject: so does the dump" "no perf here, or no right to it"
	fi
fi
done_testing
