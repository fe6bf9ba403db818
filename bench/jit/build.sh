#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# build.sh: the suite of bench/jit.c for everything that runs it, into $B/bench. A peer that cannot be had is left
# out: its file is missing then. PEERS=none: only what Cygnet and the kernel run.
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
O=$B/bench
multiarch=$(gcc -print-multiarch)
mkdir -p "$O"

# newer OUT IN...: is there anything to do?
newer() {
	local out=$1 in
	shift
	[ -e "$out" ] || return 0
	for in in "$@"; do [ "$in" -nt "$out" ] && return 0; done
	return 1
}
# make OUT "IN..." COMMAND...: the command writes to $O/OUT.
make_file() {
	local out=$O/$1 in=$2
	shift 2
	newer "$out" $in || return 0
	rm -f "$out"
	"$@" -o "$out" || { rm -f "$out"; return 1; }
}

suite="bench/jit/suite.bpf.c bench/jit/program.h"
bpf="clang -target bpf -O2 -g -idirafter /usr/include/$multiarch -c"
native="-fno-strict-aliasing -shared -fPIC -fvisibility=hidden -x c bench/jit/suite.bpf.c"
make_file suite.bpf.o "$suite" $bpf -mcpu=v3 bench/jit/suite.bpf.c || exit 1
for f in plain core; do
	make_file start_$f.bpf.o bench/jit/start_$f.bpf.c $bpf -mcpu=v3 -D__TARGET_ARCH_x86 -I"$B/fallback" \
		bench/jit/start_$f.bpf.c || exit 1
done
peers() {
	make_file suite.gcc.so "$suite" gcc -O2 -Wno-unknown-pragmas $native ||
		echo "bench: no gcc: no column for it" >&2
	make_file suite.clang.so "$suite" clang -O3 -march=native $native || echo "bench: no clang: no column for it" >&2
	make_file suite.dpdk.o "$suite" $bpf -mcpu=v2 -Xclang -target-feature -Xclang +alu32 -DWIDE bench/jit/suite.bpf.c

	# DPDK's compiler apart from its checker, out of the static library.
	if [ ! -e "$O/dpdk.so" ]; then
		(
			a=/usr/lib/$multiarch/librte_bpf.a
			cd "$O" && rm -rf dpdk && mkdir dpdk && cd dpdk || exit 1
			if [ ! -e "$a" ]; then
				apt-get download libdpdk-dev && dpkg-deb --fsys-tarfile libdpdk-dev_*.deb |
					tar -xf - --wildcards '*/librte_bpf.a' --strip-components=4 && rm -f libdpdk-dev_*.deb
				a=$(find . -name librte_bpf.a)
			fi
			ar x "$a"
		) >"$O/dpdk.log" 2>&1 &&
			make_file dpdk.so bench/jit/dpdk_open.c gcc -O2 -shared -fPIC bench/jit/dpdk_open.c \
				"$O"/dpdk/bpf_bpf{,_exec,_load,_jit_x86}.c.o -l:librte_eal.so.23 -l:librte_mbuf.so.23 \
				>>"$O/dpdk.log" 2>&1 || echo "bench: no librte_bpf: no column for it" >&2
	fi
}
[ "${PEERS:-}" = none ] || peers

for program in jit start; do
	[ -e bench/$program.c ] || continue
	make_file $program "bench/$program.c $(echo bench/jit/*.[ch]) $B/libcygnet.a" \
		gcc -O2 -Wall -std=gnu11 -D_GNU_SOURCE -rdynamic -Ibench/jit -Isrc -Iinclude \
		bench/$program.c bench/jit/{engine,native,dpdk}.c "$B/libcygnet.a" \
		-lbpf -lelf -lZydis -lz -lpthread -ldl || exit 1
done
