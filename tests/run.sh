#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh: runs every test program and script, counts TAP lines, closes with "N passed, N failed, N skipped".
cd "$(dirname "$0")/.." || exit 1
B=${B:-build}
export B CMOCKA_MESSAGE_OUTPUT=TAP
pass=0 fail=0 skip=0
log=$B/tests/log
mkdir -p "$log"
for t in "$B"/tests/unit/*_test "$B"/tests/model/*_test tests/insn/*.sh tests/e2e/*.sh; do
	[ -x "$t" ] || continue
	case $t in *${ONLY:-}*) ;; *) continue ;; esac
	name=$(basename "$(dirname "$t")")/$(basename "$t")
	out=$log/${name//\//_}.log
	start=$(date +%s%N)
	timeout "${TEST_TIMEOUT:-600}" "$t" >"$out" 2>&1 </dev/null
	rc=$?
	ms=$((($(date +%s%N) - start) / 1000000))
	# cmocka says "not ok N # SKIP name" of a test that called skip().
	sed -i -E 's/^not ok ([0-9]+) # SKIP (.*)/ok \1 - \2 # SKIP/' "$out"
	s=$(grep -cE '^ok .*# [Ss][Kk][Ii][Pp]' "$out")
	p=$(($(grep -cE '^ok ' "$out") - s))
	f=$(grep -cE '^not ok ' "$out")
	# A program that died, or said nothing, failed.
	if [ $rc -ne 0 ] && [ "$f" -eq 0 ]; then f=1; echo "not ok - $name ended with status $rc" >>"$out"; fi
	if [ $((p + f + s)) -eq 0 ]; then f=1; echo "not ok - $name ran no test" >>"$out"; fi
	pass=$((pass + p)) fail=$((fail + f)) skip=$((skip + s))
	printf '%-44s %5d passed %3d failed %3d skipped  %6d ms\n' "$name" "$p" "$f" "$s" "$ms"
	[ "$s" -gt 0 ] && grep -E '^ok .*# [Ss][Kk][Ii][Pp]' "$out" | sed 's/^/    /' | head -20
	[ "$f" -gt 0 ] && grep -vE '^ok ' "$out" | head -40 | sed 's/^/    /'
done
echo
echo "$pass passed, $fail failed, $skip skipped"
[ "$fail" -eq 0 ] && [ "$pass" -gt 0 ]
