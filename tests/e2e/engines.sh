#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The engines beside each other, shortly: programs at edges, random raw and verified ones, those that once
# differed. `make soak` is the long run; what differs is made small and kept in B/engines.
. "$(dirname "$0")/tap.sh"
E=$B/tests/fuzz/engines
mkdir -p "$B/engines"

# equal NAME ARGUMENTS...
equal() {
	local name=$1 rc
	shift
	"$E" "$@" >"$W/out" 2>&1
	rc=$?
	check "$name: $(grep -v '^1\.\.' "$W/out" | tail -1 | sed -E 's/^(# |(not )?ok 1 - )//')" test $rc -eq 0
	[ $rc -eq 0 ] || head -60 "$W/out" | sed 's/^/# /'
}
equal "at edges" edges
equal "raw programs" raw 1 3000000 "out=$B/engines"
equal "verified programs" verified 1 300000 "out=$B/engines"
equal "real programs, changed" verified 1 100000 "harvest=$B/seeds/programs.txt" "out=$B/engines" seconds=20
"$E" replay tests/fuzz/engines/*.txt >"$W/out" 2>&1
check "what once differed: $(grep -c '^ok' "$W/out") programs" test "$(grep -c '^not ok' "$W/out")" -eq 0
grep '^not ok' -A 1 "$W/out" | sed 's/^/# /'
done_testing
