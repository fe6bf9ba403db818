#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A short run of the verifier's soundness tests, the same every time; `make fuzz` and `make soak` are the long ones.
. "$(dirname "$0")/tap.sh"
S=$B/tests/fuzz/soundness

# sound NAME MODE SEED COUNT [unprivileged]
sound() {
	local name=$1 rc
	shift
	"$S" "$@" >"$W/out" 2>&1
	rc=$?
	check "$name: $(tail -1 "$W/out" | sed 's/^# //')" test $rc -eq 0
	[ $rc -eq 0 ] || head -60 "$W/out" | sed 's/^/# /'
}
sound "what is refused is seen to be wrong" refused 1 2000
sound "what is accepted runs without a fault" run 1 30000
sound "... by an ordinary user" run 1 15000 unprivileged
sound "... of real programs, changed" run 1 10000 "harvest=$B/seeds/programs.txt"
# What costs most ends in the kernel's verdict, in bounded time and memory.
"$B/tests/fuzz/bounds" >"$W/out" 2>&1
rc=$?
check "hostile programs end: $(grep -c '^ok' "$W/out") of $(grep -c ' - ' "$W/out")" test $rc -eq 0
sed 's/^/# /' "$W/out"
# Programs of which the kernel's verdict is known; the fuzzers found them.
for f in tests/fuzz/corpus/*.txt; do
	mode=replay
	case $f in *unprivileged*) mode=replay-unprivileged ;; esac
	"$S" $mode "$f" >"$W/out" 2>&1
	check "$(basename "$f" .txt)" test $? -eq 0
	grep '^#' "$W/out"
done
done_testing
