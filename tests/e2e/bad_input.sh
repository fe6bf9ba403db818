#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Bad input ends in one clear line that names the file, exit 1 (usage: 2), and the command is not started.
. "$(dirname "$0")/tap.sh"
cd "$W" || exit 1
mkdir scratch
export TMPDIR=$W/scratch

# refused STATUS PATTERN ARGS...: runs cygnet run ARGS -- touch marker
refused() {
	local want=$1 pattern=$2 name=$3 rc lines
	shift 3
	rm -f marker
	"$CYGNET" run "$@" -- touch marker >out 2>err
	rc=$?
	same "$name: status" $rc "$want"
	has "$name: says so" err "$pattern"
	lines=$(grep -c '^cygnet: ' err)
	check "$name: one line" test "$lines" -eq 1
	check "$name: the command was not started" test ! -e marker
}

compile() { clang -target bpf -O2 -g -mcpu=v3 -I "$TOP/include/fallback" -idirafter /usr/include/x86_64-linux-gnu -D__TARGET_ARCH_x86 -c "$1" -o "$2"; }
compile "$EX/opensnoop.bpf.c" good.bpf.o
prog() { printf '#include "vmlinux.h"\n#include <bpf/bpf_helpers.h>\n%s\n' "$1"; }

refused 1 'missing.bpf.o: No such file' "a missing file" missing.bpf.o
refused 1 'missing.bpf.c: No such file' "a missing source" missing.bpf.c
: >empty.bpf.o
refused 1 'empty.bpf.o: not an object file' "an empty file" empty.bpf.o
echo hello >text.bpf.o
refused 1 'text.bpf.o: not an object file' "a text file" text.bpf.o
head -c 3000 good.bpf.o >cut.bpf.o
refused 1 'cut.bpf.o: truncated or corrupt' "a truncated object" cut.bpf.o
refused 1 "$W/bin: is a directory|bin: is a directory" "a directory" bin
cp /bin/true elf.o
refused 1 'elf.o: ' "an executable" elf.o
python3 - <<'EOF'
import struct
d = bytearray(open('good.bpf.o','rb').read())
shoff = struct.unpack_from('<Q', d, 40)[0]; n = struct.unpack_from('<H', d, 60)[0]; x = struct.unpack_from('<H', d, 62)[0]
def sec(i): return struct.unpack_from('<IIQQQQIIQQ', d, shoff + 64*i)
names = sec(x)[4]
for i in range(n):
    s = sec(i); name = d[names+s[0]:d.index(0, names+s[0])].decode()
    if name == '.BTF':
        b = bytearray(d); hdr = struct.unpack_from('<I', d, s[4]+4)[0]
        struct.pack_into('<I', b, s[4]+hdr+8, 0xffffff)   # a type that refers nowhere
        open('liar.bpf.o','wb').write(b)
EOF
refused 1 'liar.bpf.o: BTF' "BTF that lies" liar.bpf.o
sed 's/max_entries/max_\x1b[2Jess/' good.bpf.o >escape.bpf.o
refused 1 'escape.bpf.o: .*max_\?\[2Jess' "escape sequences in names" escape.bpf.o
prog 'struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1 << 28); __type(key, int); __type(value, int); } m SEC(".maps");
SEC("raw_tp/sys_enter") int p(void *c) { int k = 0; return bpf_map_delete_elem(&m, &k); } char L[] SEC("license") = "GPL";' >huge.bpf.c
refused 1 'huge.bpf.c: .*m.: failed to create: Argument list too long' "a map larger than any kernel's" huge.bpf.c
prog 'SEC("tracepont/syscalls/sys_enter_openat") int p(void *c) { return 0; } char L[] SEC("license") = "GPL";' >section.bpf.c
refused 1 'section.bpf.c: program p: unknown section "tracepont/.*did you mean "tracepoint"' "an unknown section" section.bpf.c
prog 'SEC("tracepoint/syscalls/sys_enter_opnat") int p(void *c) { return 0; } char L[] SEC("license") = "GPL";' >event.bpf.c
refused 1 'event.bpf.c: .*sys_enter_opnat' "an unknown tracepoint" event.bpf.c
prog 'SEC("uprobe/libc.so.6:no_such_function") int p(void *c) { return 0; } char L[] SEC("license") = "GPL";' >symbol.bpf.c
refused 1 'symbol.bpf.c: program p: cannot be attached.*no_such_function' "a missing symbol" symbol.bpf.c
prog 'SEC("uprobe/libnowhere.so:f") int p(void *c) { return 0; } char L[] SEC("license") = "GPL";' >library.bpf.c
refused 1 'library.bpf.c: program p: ' "a missing library" library.bpf.c
prog 'SEC("tracepoint/syscalls/sys_enter_openat") int p(void *c) { bpf_printk("x"); return 0; }' >license.bpf.c
refused 1 'license.bpf.c: program p: .*GPL.*SEC."license"' "no license" license.bpf.c
prog 'SEC("kprobe/do_sys_open") int p(void *c) { return 0; } char L[] SEC("license") = "GPL";' >kprobe.bpf.c
refused 1 'kprobe.bpf.c: no program attaches here: p \(kprobe/do_sys_open\)' "nothing attaches" kprobe.bpf.c
echo 'int main(' >syntax.bpf.c
refused 1 'syntax.bpf.c: does not compile' "a syntax error" syntax.bpf.c
rm -f marker
PATH=$W/nowhere CLANG=$W/nowhere/clang "$CYGNET" run "$EX/opensnoop.bpf.c" -- /bin/true >out 2>err
same "no clang: status" $? 1
has "no clang: the remedy" err 'opensnoop.bpf.c: compiling needs clang.*apt-get install clang'
"$CYGNET" run good.bpf.o -- no-such-command >out 2>err
same "no such command: status" $? 1
has "no such command: says so" err '^cygnet: no-such-command: no such command'
refused 1 'set failed_onl: no such global.*did you mean failed_only' "a mistyped --set" --set failed_onl=1 good.bpf.o
refused 1 'set failed_only: zzz is not a number' "a bad value" --set failed_only=zzz good.bpf.o
refused 2 'unknown option --jsn .did you mean --json' "a mistyped option" --jsn good.bpf.o
"$CYGNET" run good.bpf.o >out 2>err
same "no command to watch: usage" $? 2
"$CYGNET" rum >out 2>err
same "a mistyped command: usage" $? 2
has "a mistyped command: the right one" err 'did you mean `run`'

# A mixture attaches what it can and names the rest.
prog 'SEC("kprobe/do_sys_open") int k(void *c) { return 0; }
SEC("tracepoint/raw_syscalls/sys_enter") int t(void *c) { return 0; } char L[] SEC("license") = "GPL";' >mixed.bpf.c
"$CYGNET" run mixed.bpf.c -- true 2>err
same "a mixture: runs" $? 0
has "a mixture: the rest is named" err 'mixed.bpf.c: not attached: k \(kprobe/do_sys_open\)'
same "nothing is left behind" "$(ls scratch)" ""
done_testing
