#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Kfuncs that have a body answer as the kernel's: tests/data/kfuncs.txt is what Linux 6.18 said.
. "$(dirname "$0")/tap.sh"
T=$TOP/tests/e2e/targets
cd "$W" || exit 1
if ! [ -r /sys/kernel/btf/vmlinux ]; then
	skip "kfuncs" "the host has no BTF"
	done_testing
	exit 0
fi
${CC:-gcc} -O2 -w -o client "$T/kfuncs.c" -lbpf || not_ok "the client compiles"
clang -g -O2 -target bpf -mcpu=v3 -I"$W/bin/fallback" -idirafter /usr/include/x86_64-linux-gnu \
	-c "$T/kfuncs.bpf.c" -o kfuncs.bpf.o || not_ok "the programs compile"
"$CYGNET" exec -- ./client kfuncs.bpf.o >ours 2>err
case $? in
0) same "strings and dynptrs, as the kernel has them" "$(cat ours)" "$(cat "$TOP/tests/data/kfuncs.txt")" ;;
77) skip "strings and dynptrs" "the kernel imitated has not all of them" ;;
*) not_ok "strings and dynptrs" ;;
esac
if [ "$(id -u)" -eq 0 ] && ./client kfuncs.bpf.o >kernel 2>err; then
	same "the running kernel says the same" "$(cat ours)" "$(cat kernel)"
else
	skip "the running kernel says the same" "not root, or another kernel"
fi
done_testing
