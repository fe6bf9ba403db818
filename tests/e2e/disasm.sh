#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cygnet disasm: names, source lines and numbers of objects; raw programs; what cannot be read. cygnet conformance.
. "$(dirname "$0")/tap.sh"
cd "$W" || exit 1

cat >prog.bpf.c <<'C'
#define SEC(n) __attribute__((section(n), used))
#define __uint(name, val) int(*name)[val]
typedef unsigned long long u64;
typedef unsigned int u32;
struct {
	__uint(type, 2);
	__uint(key_size, 4);
	__uint(value_size, 8);
	__uint(max_entries, 1);
} counts SEC(".maps");
const volatile int limit = 5;
u64 total;
static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_loop)(u32 n, void *fn, void *ctx, u64 flags) = (void *)181;
static __attribute__((noinline)) int add(int n)
{
	total += n;
	return limit;
}
static long body(u32 i, void *ctx)
{
	return i == 3;
}
int shared(int n);
SEC("tracepoint/raw_syscalls/sys_enter") int enter(void *ctx)
{
	u32 key = 0;
	u64 *v = bpf_map_lookup_elem(&counts, &key);

	bpf_loop(4, body, 0, 0);
	return v ? add(*v) : 0;
}
SEC("socket") int second(void *ctx)
{
	return add(7);
}
char LICENSE[] SEC("license") = "GPL";
C
clang -g -O2 -target bpf -mcpu=v3 -c prog.bpf.c -o prog.bpf.o || exit 1

"$CYGNET" disasm prog.bpf.o >out 2>err
same "an object: exit status" $? 0
has "a program's section and name" out '^tracepoint/raw_syscalls/sys_enter enter:$'
has "another program" out '^socket second:$'
has "a subprogram" out '^\.text: subprogram add:$'
has "a map by name" out '= map\[counts\]$'
has "a constant by name" out '= &limit$'
has "a global by name" out '= &total$'
has "a callback by name" out '= body$'
has "a helper by name and number" out 'call bpf_map_lookup_elem#1$'
has "a subprogram called by name" out 'call add$'
has "source lines" out '^; total \+= n; @ prog.bpf.c:17$'
same "numbers start anew in each function" "$(grep -c '^     0: ' out)" 4
"$CYGNET" disasm -n prog.bpf.o >plain
same "-n leaves the source out" "$(grep -v '^;' out)" "$(cat plain)"
"$CYGNET" disasm -b prog.bpf.o >bytes
has "-b shows bytes" bytes '^ +[0-9]+: 95 00 00 00 00 00 00 00  exit$'

"$CYGNET" disasm --json prog.bpf.o >json
python3 - json prog.bpf.o >py 2>&1 <<'P'
import json, subprocess, sys
rows = [json.loads(l) for l in open(sys.argv[1])]
data = {}
for r in rows:
    data.setdefault(r["section"], []).append(r["bytes"])
for section, parts in data.items():
    subprocess.check_call(["llvm-objcopy", "-O", "binary", "--only-section=" + section, sys.argv[2], "sec.bin"])
    assert open("sec.bin", "rb").read().hex() == "".join(parts), section
assert {r["function"] for r in rows if r["program"]} == {"enter", "second"}
assert any(r.get("source", "").strip() == "total += n;" and r["line"] == 17 for r in rows)
assert all(r["opcode"] for r in rows)
P
same "--json: every instruction, with its bytes" "$(cat py)" ""

clang -O2 -target bpf -mcpu=v3 -c prog.bpf.c -o plain.o || exit 1
"$CYGNET" disasm plain.o >out 2>err
same "an object without debug information" "$? $(grep -c '^;' out)" "0 0"

echo "b7 00 00 00 2a 00 00 00 95 00 00 00 00 00 00 00" >raw.hex
printf '\267\0\0\0\52\0\0\0\225\0\0\0\0\0\0\0' >raw.bin
same "raw hex" "$("$CYGNET" disasm raw.hex)" "     0: r0 = 42
     1: exit"
same "raw binary" "$("$CYGNET" disasm raw.bin)" "$("$CYGNET" disasm raw.hex)"
printf '\377\0\0\0\0\0\0\0\225\0\0\0\0\0\0\0' >bad.bin
"$CYGNET" disasm bad.bin >out 2>err
same "an unknown instruction: exit status" $? 1
has "an unknown instruction is shown" out 'unknown opcode 0xff'
has "an unknown instruction is counted" err '^cygnet: bad.bin: 1 instruction cannot be decoded'
"$CYGNET" disasm nowhere.o >out 2>err
same "no such file" "$? $(cat err)" "1 cygnet: nowhere.o: No such file or directory"
head -c 700 prog.bpf.o >cut.o
"$CYGNET" disasm cut.o >out 2>err
same "a truncated object: exit status" $? 1
has "a truncated object" err '^cygnet: cut.o: '
"$CYGNET" disasm /bin/true >out 2>err
same "an object for another machine" $? 1
: >empty
"$CYGNET" disasm empty >out 2>err
same "an empty file" "$? $(wc -l <err)" "1 1"
"$CYGNET" disasm >out 2>err
same "no file named" $? 2

# Objects with bytes changed end in a listing or in one line.
python3 - prog.bpf.o "$CYGNET" >py 2>&1 <<'P'
import random, subprocess, sys
data, random.seed = open(sys.argv[1], "rb").read(), random.Random(1).seed
rng = random.Random(7)
for n in range(300):
    m = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8, 40))):
        m[rng.randrange(len(m))] = rng.choice((0, 1, 0x7f, 0x80, 0xff, rng.randrange(256)))
    if n % 10 == 0:
        m = m[: rng.randrange(len(m))]
    open("mutant.o", "wb").write(m)
    for args in ([], ["--json"]):
        p = subprocess.run([sys.argv[2], "disasm", *args, "mutant.o"], capture_output=True, timeout=20)
        lines = p.stderr.decode(errors="replace").splitlines()
        if p.returncode not in (0, 1) or len(lines) != p.returncode:
            print("mutant", n, "status", p.returncode, lines[:3])
P
same "300 mutants end in a listing or one line" "$(cat py)" ""

# ---- conformance ----
conf() { echo "$1" | "$CYGNET" conformance "${@:2}" 2>err; }
same "conformance: a constant" "$(conf 'b7 00 00 00 2a 00 00 00 95 00 00 00 00 00 00 00')" 2a
same "conformance: memory in r1" "$(conf '79 10 00 00 00 00 00 00 95 00 00 00 00 00 00 00' 1122334455667788)" 8877665544332211
same "conformance: its size in r2" "$(conf 'bf 20 00 00 00 00 00 00 95 00 00 00 00 00 00 00' '11 22 33')" 3
same "conformance: memory can be written" "$(conf '72 01 00 00 05 00 00 00 71 10 00 00 00 00 00 00 95 00 00 00 00 00 00 00' 00)" 5
same "conformance: no plugin options" "$(conf 'bf 20 00 00 00 00 00 00 95 00 00 00 00 00 00 00' '11  22  ' '')" 2
same "conformance: a shift beyond the width" "$(conf 'b7 00 00 00 01 00 00 00 67 00 00 00 41 00 00 00 95 00 00 00 00 00 00 00')" 2
# Each engine says the same: arithmetic, memory, a loop, a subprogram; only the interpreters know callx.
prog='b7 00 00 00 00 00 00 00 b7 03 00 00 0a 00 00 00 0f 30 00 00 00 00 00 00 17 03 00 00 01 00 00 00
	55 03 fd ff 00 00 00 00 7b 01 00 00 00 00 00 00 79 11 00 00 00 00 00 00 85 10 00 00 01 00 00 00 95 00 00 00 00 00 00 00
	bf 10 00 00 00 00 00 00 27 00 00 00 03 00 00 00 dc 00 00 00 40 00 00 00 95 00 00 00 00 00 00 00'
callx='b7 02 00 00 05 00 00 00 8d 02 00 00 00 00 00 00 b7 00 00 00 02 00 00 00 95 00 00 00 00 00 00 00'
for e in checked interp baseline jit; do
	same "conformance: --engine $e" "$(conf "$prog" --engine $e '00 00 00 00 00 00 00 00')" a500000000000000
	same "conformance: its plugin option --engine=$e" "$(conf "$prog" '00 00 00 00 00 00 00 00' --engine=$e)" a500000000000000
	conf '79 10 08 00 00 00 00 00 95 00 00 00 00 00 00 00' --engine $e '00 00 00 00 00 00 00 00' >out
	check "conformance: --engine $e runs nothing unsafe" grep -q 'instruction 0: a load' err
done
conf "$callx" --engine jit >out
check "conformance: what a compiler does not take is said" grep -q 'jit does not take it' err
conf "$prog" --engine=none >out
check "conformance: the engines there are" grep -q 'checked, interp, baseline and jit' err
same "conformance: callx" "$(conf 'b7 02 00 00 05 00 00 00 8d 02 00 00 00 00 00 00 b7 00 00 00 02 00 00 00 95 00 00 00 00 00 00 00')" 2
same "conformance: --program" "$("$CYGNET" conformance -p 'b7000000070000009500000000000000' </dev/null)" 7
conf 'zz' >out
same "conformance: not hex" "$? $(cat err)" "1 cygnet: program: not hex bytes"
conf '79 10 00 00 00 00 00 00 95 00 00 00 00 00 00 00' >out
same "conformance: a bad access" $? 1
has "conformance: a bad access is named" err 'instruction 0: a load from memory that is not'
# --- native code
cat >native.bpf.c <<'C'
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u64);
} seen SEC(".maps");
u64 total;
static __attribute__((noinline)) u64 mix(u64 a, u64 b)
{
	return (a ^ b) * 0x9e3779b97f4a7c15 >> 7;
}
SEC("socket") int count(struct __sk_buff *skb)
{
	u64 one = 1;
	u32 key = skb->len;

	bpf_map_update_elem(&seen, &key, &one, BPF_ANY);
	total += mix(skb->len, total);
	for (u32 i = 0; i < skb->mark && i < 100; i++)
		total ^= bpf_get_prandom_u32();
	return 0;
}
SEC("xdp") int refused(struct xdp_md *ctx)
{
	return *(int *)(long)ctx->data;
}
SEC("xdp") int other(struct xdp_md *ctx)
{
	switch (ctx->ingress_ifindex) {
	case 1: return 7;
	case 2: return 19;
	case 3: return 4;
	case 4: return 44;
	case 5: return 12;
	case 6: return 71;
	case 7: return 3;
	case 8: return 30;
	}
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
C
if [ "$(uname -m)" = x86_64 ]; then
	unprivileged "$CYGNET" disasm --native native.bpf.c count other >out 2>err
	same "--native: status" "$?$(<err)" 0
	has "--native: the head" out '^socket count: x86-64, jit: [0-9]+ instructions, [0-9]+ bytes of code, table of [0-9]+ words?$'
	has "--native: the function and its size" out '^count: [0-9]+ bytes$'
	has "--native: the subprogram" out '^mix: [0-9]+ bytes$'
	has "--native: the other program" out '^xdp other: x86-64'
	has "--native: a source line" out '^; bpf_map_update_elem\(&seen, &key, &one, BPF_ANY\); @ native.bpf.c:19$'
	has "--native: an instruction" out '^ +[0-9]+: call bpf_map_update_elem$'
	has "--native: a helper by name" out '^ +[0-9a-f]+  call    \[bpf_map_update_elem\]$'
	has "--native: a map by name" out '^ +[0-9a-f]+  [a-z]+ .*\[map seen\]'
	has "--native: the contents of a map" out '\[value of [^ ]*.bss(\+[0-9]+)?\]'
	has "--native: a subprogram by name" out '^ +[0-9a-f]+  (call|jmp) +mix$'
	has "--native: a label" out '^L1:$'
	has "--native: a jump to it" out '^ +[0-9a-f]+  j[a-z]+ +L1$'
	same "--native: nothing undecoded" "$(grep -c '\.byte\|\.word' out)" 0
	unprivileged "$CYGNET" disasm --native --engine baseline -b -n native.bpf.c count >out 2>err
	same "--native --engine baseline: status" "$?$(<err)" 0
	has "--native --engine baseline" out '^socket count: x86-64, baseline:'
	has "--native -b: bytes" out '^ +[0-9a-f]+  ff 15 [0-9a-f ]+ call    \[bpf_map_update_elem\]$'
	same "--native -n: no source" "$(grep -c '^;' out)" 0
	unprivileged "$CYGNET" disasm --native --json native.bpf.c >out 2>err
	same "--native --json with a program that is refused: status" $? 1
	has "--native: what was refused is named" err 'program refused: cannot be loaded: .*`cygnet verify` says why'
	check "--native --json: each line is an object" python3 -c '
import json, sys
rows = [json.loads(l) for l in open("out")]
at = {}
for r in rows:
    key = r["program"]
    assert r["machine"] == "x86-64" and r["text"] and r["section"] in ("socket", "xdp")
    n = len(bytes.fromhex(r["bytes"]))
    assert r["offset"] >= at.get(key, 0) and n
    at[key] = r["offset"] + n
assert {r["program"] for r in rows} == {"count", "other"}
assert {r["function"] for r in rows} == {"count", "mix", "other"}
assert any(r.get("instruction") == "call mix" and r["line"] == 20 and "mix(skb" in r["source"] for r in rows)'
fi
"$CYGNET" disasm --native native.bpf.c nosuch >out 2>err
same "--native: no such program: status" $? 1
has "--native: no such program" err 'no program is named nosuch'
"$CYGNET" disasm --native --engine interp native.bpf.c >out 2>err
same "--native --engine interp: status" $? 2
has "--native --engine interp" err 'want jit or baseline'
"$CYGNET" disasm --native --target vax native.bpf.c >out 2>err
same "--native --target vax: status" $? 2
has "--native --target vax" err 'want x86-64 or aarch64'
"$CYGNET" disasm --target aarch64 native.bpf.c >out 2>err
same "--target without --native: status" $? 2
printf 'not an object' >bad.o
"$CYGNET" disasm --native bad.o >out 2>err
same "--native: no object: status" $? 1
has "--native: no object" err '^cygnet: bad.o: '
done_testing
