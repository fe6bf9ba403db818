#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh check|store|baseline: asks an instance every question of every suite and compares (check), asks
# the running kernel and keeps its answers (store), or keeps the present score as the one to hold.
#
# While writing the verifier, in a build directory of one's own and without preparing anew:
#   export KERNEL_PREP=/tmp/kernel-prep        where prepare.sh put its work, shared; default B/kernel-src
#   make check-kernel B=/tmp/b-me ONLY=arrays-6.1                 one suite; then B/verdicts/differences.txt
#   make check-kernel B=/tmp/b-me ONLY=arrays-6.1 FILTER='calls.c'   each picked test that differs, both sides
#   ... FILTER='"calls.c","test":17,' SAME=1 LOGS=1               whole logs of both, also where they agree
# FILTER is an extended regular expression over {"file":...,"test":...,"hash":...,"name":...}: in progs
# test is the program's name. As root the running kernel is asked beside (NOKERNEL=1: stored answers only).
# ONLY is a suite's name or a part of names. Suites: arrays-6.1 arrays-6.12 progs-6.12, the same with
# -unprivileged, packages, examples.
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
K=${KERNEL_PREP:-$B/kernel-src}
export FILTER SAME
[ -n "${LOGS:-}" ] && export LOGS || unset LOGS
R=$B/verdicts
mkdir -p "$R"
all='arrays-6.1 arrays-6.12 progs-6.12 packages examples'
kernel=
if [ "$(id -u)" = 0 ] && [ -z "${NOKERNEL:-}" ]; then kernel=y; fi
knob=/proc/sys/kernel/unprivileged_bpf_disabled

# ask SIDE SUITE [unprivileged]
ask() {
	local out=$R/$1.$2${3:+-$3}.jsonl start end
	start=$(date +%s%N)
	case $2 in
	arrays-*) "$B/tests/kernel/$2" "$1" $3 ;;
	progs-*) "$B/tests/kernel/objects" "$1" $3 "$K"/objects/*.bpf.o ;;
	examples) "$B/tests/kernel/objects" "$1" $3 "$K"/examples/*.o ;;
	packages) "$B/tests/kernel/objects" "$1" $3 "$K"/packaged/*.o ;;
	esac >"$out.tmp" 2>"$out.err" </dev/null || {
		echo "check-kernel: $1 $2 $3 ended early, no score: $(tail -1 "$out.err")" >&2
		return
	}
	end=$(date +%s%N)
	mv "$out.tmp" "$out"
	echo "$(((end - start) / 1000000))" >"$out.ms"
}

# is_wanted SUITE: ONLY names it, or is a part of its name and no other suite's whole name.
is_wanted() {
	local s
	for s in $all arrays-6.1-unprivileged arrays-6.12-unprivileged progs-6.12-unprivileged; do
		[ "$s" = "${ONLY:-}" ] && { [ "$1" = "$s" ]; return; }
	done
	case $1 in *${ONLY:-}*) ;; *) return 1 ;; esac
}

# both SUITE [unprivileged]: the two sides at once.
both() {
	is_wanted "$1${2:+-$2}" || return 0
	suites="$suites $1${2:+-$2}"
	rm -f "$R"/{kernel,cygnet}."$1${2:+-$2}".jsonl
	if [ -n "$kernel" ] && { [ -z "$2" ] || [ "$(cat $knob)" = 0 ]; }; then ask kernel "$@" & fi
	ask cygnet "$@"
	wait
}

if [ "$1" = baseline ]; then
	exec tests/kernel/score.py baseline "$B"
fi
if [ "$1" = store ]; then
	[ -n "$kernel" ] || { echo 'the running kernel answers root only' >&2; exit 1; }
	# Ordinary users may load programs while the suites run, and not longer.
	before=$(cat $knob)
	trap 'echo $before >$knob' EXIT
	trap 'exit 1' INT TERM
	echo 0 >$knob || exit 1
fi
suites=
for s in $all; do
	both "$s"
	case $s in arrays-* | progs-*) both "$s" unprivileged ;; esac
done
tests/kernel/score.py "$1" "$B" $suites
