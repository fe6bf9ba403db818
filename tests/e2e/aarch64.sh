#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The compilers for aarch64, under emulation: of a processor with atomics of one instruction, and of
# one without.
B=${B:-build}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
n=0
say() { n=$((n + 1)); echo "$1 $n - $2"; }

if [ -e "$B/aarch64/skipped" ]; then
	say ok "aarch64 # SKIP $(cat "$B/aarch64/skipped")"
	echo "1..$n"
	exit 0
fi
if [ ! -d "$B/aarch64/tests" ]; then
	say ok "aarch64 # SKIP make check-aarch64 builds and runs these"
	echo "1..$n"
	exit 0
fi
run() { # TEST CPU
	QEMU_CPU=$2 timeout 550 qemu-aarch64-static "$B/aarch64/tests/unit/$1_test" >"$out" 2>&1 </dev/null
	local rc=$? passed failed
	passed=$(grep -cE '^ok ' "$out") failed=$(grep -cE '^not ok [0-9]' "$out")
	if [ $rc -eq 0 ] && [ "$passed" -gt 0 ] && [ "$failed" -eq 0 ]; then
		say ok "$1 on $2: $passed tests"
	else
		say "not ok" "$1 on $2: status $rc, $failed of $((passed + failed)) failed"
		grep -vE '^ok ' "$out" | head -20 | sed 's/^/# /'
	fi
}
for t in $(make -s B="$B" aarch64-tests); do
	run "$t" max
	case $t in insn | jit_random) run "$t" cortex-a53 ;; esac
done
[ $n -gt 0 ] || say "not ok" "no test was built"
echo "1..$n"
