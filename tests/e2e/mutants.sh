#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A short run of the object mutants, as root and as an ordinary user; `make asan` and `make soak` are the long ones.
. "$(dirname "$0")/tap.sh"
cp "$B/tests/fuzz/object_mutants" "$W/bin/" && cp -r "$B/seeds" "$W/seeds" && chmod -R a+rX "$W"

# mutants NAME COUNT SEED RUNNER...
mutants() {
	local name=$1 count=$2 seed=$3 rc
	shift 3
	"$@" "$W/bin/object_mutants" -j 2 -r "$CYGNET" "$count" "$seed" "$W"/seeds/*.bpf.o >out 2>&1
	rc=$?
	check "$name: $(tail -1 out | sed 's/^.*ok 1 - //')" test $rc -eq 0
	grep '^#' out
}
cd "$W" || exit 1
mutants "the same every time" 500 1 env
mutants "never the same" 300 "$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')" unprivileged
done_testing
