#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The examples compiled by clang 14, clang 19 and (where the source allows it) gcc-bpf give the same output.
. "$(dirname "$0")/tap.sh"
cd "$W" || exit 1

CYGNET_CACHE=$XDG_CACHE_HOME/cygnet
"$CYGNET" run -q "$EX/opensnoop.bpf.c" -- true || echo "# no vmlinux.h"
VMLINUX=$(ls -d "$CYGNET_CACHE"/vmlinux-* 2>/dev/null | head -1)
FLAGS="-O2 -g -D__TARGET_ARCH_x86 -I$VMLINUX -idirafter /usr/include/x86_64-linux-gnu"

compile() { # COMPILER SOURCE OBJECT
	case $1 in
	bpf-gcc) bpf-gcc -O2 -gbtf -mcpu=v3 -w -D__TARGET_ARCH_x86 "-I$VMLINUX" -I/usr/include \
		-idirafter /usr/include/x86_64-linux-gnu -c "$2" -o "$3" ;;
	*) "$1" -target bpf -mcpu=v3 $FLAGS -c "$2" -o "$3" ;;
	esac
}

# What is the same in two runs: no process numbers, addresses or times.
normal() { sed -E 's/^ *[0-9]+ +([0-9]+ +)?([0-9]+ +)?/N /; s/0x[0-9a-f]+/ADDR/g'; }

declare -A cmd=(
	[opensnoop]="cat /etc/hostname" [execsnoop]="sh -c /bin/true" [syscount]="cat /etc/hostname"
	[errsnoop]="cat /nonexistent" [mallochist]="cat /etc/hostname" [funccount]="cat /etc/hostname"
	[syslatency]="sleep 0.3" [usdt]="/usr/bin/python3 -I -S -c import\ json"
)
for name in opensnoop execsnoop syscount errsnoop mallochist funccount usdt; do
	want=
	for cc in clang-14 clang-19 bpf-gcc; do
		if ! command -v $cc >/dev/null; then
			skip "$name by $cc" "not installed"
			continue
		fi
		if ! compile $cc "$EX/$name.bpf.c" "$name.$cc.bpf.o" 2>"$name.$cc.err"; then
			if [ $cc = bpf-gcc ]; then
				skip "$name by $cc" "the source does not compile: $(grep -m1 error "$name.$cc.err" | cut -c1-80)"
			else
				not_ok "$name by $cc: compiles"
				head -5 "$name.$cc.err" | sed 's/^/# /'
			fi
			continue
		fi
		eval "set -- ${cmd[$name]}"
		"$CYGNET" run -o "$name.$cc.out" "$name.$cc.bpf.o" -- "$@" >/dev/null 2>"$name.$cc.err"
		got=$(normal <"$name.$cc.out")
		[ $name = usdt ] && got=$(awk '{print $2, $NF}' "$name.$cc.out")
		if [ $cc = bpf-gcc ] && [ -z "$got" ]; then
			skip "$name by $cc" "cannot be loaded: $(head -1 "$name.$cc.err" | cut -c1-150)"
			continue
		fi
		if [ -z "$want" ]; then
			want=$got
			check "$name by $cc: says something" test -n "$got"
		else
			same "$name by $cc: the same output" "$got" "$want"
		fi
	done
done
done_testing
