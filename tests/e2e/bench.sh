#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The programs that native code is measured by come to the same results in every engine and, as root, in the kernel.
. "$(dirname "$0")/tap.sh"
if PEERS=none bench/jit/build.sh >"$W/out" 2>&1; then
	"$B/bench/jit" -n "$B/bench/suite.bpf.o" >"$W/out" 2>"$W/err"
	check "all programs were run" grep -qE '^1\.\.[0-9]+$' "$W/out"
	while read -r line; do
		case $line in
		"ok "*) check "${line#ok * - }" true ;;
		"not ok "*) check "${line#not ok * - } alone agree" false ;;
		esac
	done <"$W/out"
	grep WRONG "$W/err" | sed 's/^/# /'
else
	check "the suite compiles" false
	sed 's/^/# /' "$W/out"
fi
done_testing
