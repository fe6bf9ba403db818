#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh check|store|baseline: asks an instance every question of every suite and compares (check), asks
# the running kernel, and Debian's of 6.1 and 6.12 in an emulator, and keeps their answers (store), or keeps
# the present score as the one to hold.
#
# While writing the verifier, in a build directory of one's own and without preparing anew:
#   export KERNEL_PREP=/tmp/kernel-prep        where prepare.sh put its work, shared; default B/kernel-src
#   make check-kernel B=/tmp/b-me ONLY=arrays-6.1                 one suite; then B/verdicts/differences.txt
#   make check-kernel B=/tmp/b-me ONLY=arrays-6.1 FILTER='calls.c'   each picked test that differs, both sides
#   ... FILTER='"calls.c","test":17,' SAME=1 LOGS=1               whole logs of both, also where they agree
# FILTER is an extended regular expression over {"file":...,"test":...,"hash":...,"name":...}: in progs
# test is the program's name. As root the running kernel is asked beside (NOKERNEL=1: stored answers only).
# ONLY is a suite's name or a part of names, or engines: the runnable tests on every engine. A suite is arrays-6.1, arrays-6.12, progs-6.12 (the same with
# -unprivileged), packages, examples or matrix (which helper each program type may call); with -on-6.1 or
# -on-6.12 the instance imitates that kernel and its answers are what counts.
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
K=${KERNEL_PREP:-$B/kernel-src}
R=$B/verdicts
export FILTER SAME
[ -n "${LOGS:-}" ] && export LOGS || unset LOGS
mkdir -p "$R"
running='arrays-6.1 arrays-6.1-unprivileged arrays-6.12 arrays-6.12-unprivileged progs-6.12 progs-6.12-unprivileged
	packages examples matrix'
imitated='arrays-6.1-on-6.1 arrays-6.1-unprivileged-on-6.1 arrays-6.12-on-6.12 arrays-6.12-unprivileged-on-6.12
	progs-6.12-on-6.12 progs-6.12-unprivileged-on-6.12 packages-on-6.1 packages-on-6.12 examples-on-6.1
	examples-on-6.12 matrix-on-6.1 matrix-on-6.12'
# Stored as well, and asked by name only.
crossed='arrays-6.1-on-6.12 arrays-6.1-unprivileged-on-6.12 arrays-6.12-on-6.1 arrays-6.12-unprivileged-on-6.1
	progs-6.12-on-6.1 progs-6.12-unprivileged-on-6.1'
kernel=
if [ "$(id -u)" = 0 ] && [ -z "${NOKERNEL:-}" ]; then kernel=y; fi
knob=/proc/sys/kernel/unprivileged_bpf_disabled

# ask SIDE SUITE
ask() {
	local side=$1 suite=$2 out=$R/$1.$2.jsonl base=${2%-on-*} series= mode= start end objects=$K/objects
	[ "$base" = "$suite" ] || series=${suite##*-on-}
	case $base in *-unprivileged) mode=unprivileged base=${base%-unprivileged} ;; esac
	start=$(date +%s%N)
	(
		if [ -n "$series" ]; then
			export CYGNET_KERNEL=$series CYGNET_BTF=$K/image-$series/vmlinux.btf
			objects=$K/objects-on-$series
		fi
		case $base in
		arrays-*) "$B/tests/kernel/$base" "$side" $mode ;;
		progs-*) "$B/tests/kernel/objects" "$side" $mode "$objects"/*.bpf.o ;;
		examples) "$B/tests/kernel/objects" "$side" "$K"/examples/*.o ;;
		packages) "$B/tests/kernel/objects" "$side" "$K"/packaged/*.o ;;
		matrix) "$B/tests/kernel/matrix" "$side" ;;
		esac
	) >"$out.tmp" 2>"$out.err" </dev/null || {
		echo "check-kernel: $side $suite ended early, no score: $(tail -1 "$out.err")" >&2
		return
	}
	end=$(date +%s%N)
	mv "$out.tmp" "$out"
	echo "$(((end - start) / 1000000))" >"$out.ms"
}

# is_wanted SUITE: ONLY names it, or is a part of its name and no other suite's whole name.
is_wanted() {
	local s
	for s in $running $imitated $crossed; do
		[ "$s" = "${ONLY:-}" ] && { [ "$1" = "$s" ]; return; }
	done
	case $1 in *${ONLY:-}*) ;; *) return 1 ;; esac
}

# both SUITE: the two sides at once.
both() {
	case $1 in
	*-on-*)
		[ -f "$K/image-${1##*-on-}/vmlinux.btf" ] || {
			echo "check-kernel: $1: no types of ${1##*-on-} (prepare.sh could not get that kernel)" >&2
			return
		}
		;;
	esac
	suites="$suites $1"
	rm -f "$R"/cygnet."$1".jsonl
	case $1 in
	*-on-*) ;;
	*)
		rm -f "$R/kernel.$1.jsonl"
		if [ -n "$kernel" ] && { [ "${1%-unprivileged}" = "$1" ] || [ "$(cat $knob)" = 0 ]; }; then
			ask kernel "$1" &
		fi
		;;
	esac
	ask cygnet "$1"
	wait
}

# The suites' runnable tests on each engine of this machine, two engines at a time: all must say the same.
engines() {
	local e at=$R/engines ran=0
	rm -rf "$at" && mkdir -p "$at"
	for e in checked interp baseline jit; do
		(
			export CYGNET_ENGINE=$e
			for a in arrays-6.1 arrays-6.12; do
				"$B/tests/kernel/$a" cygnet >"$at/$e.$a.jsonl"
			done
			"$B/tests/kernel/objects" cygnet "$K"/objects/*.bpf.o >"$at/$e.progs-6.12.jsonl"
		) 2>"$at/$e.err" </dev/null &
		ran=$((ran + 1))
		[ $((ran % 2)) -ne 0 ] || wait
	done
	wait
	tests/kernel/engines.py "$at"
}

if [ "$1" = baseline ]; then
	exec tests/kernel/score.py baseline "$B"
fi
wanted=
for s in $running $imitated $crossed; do
	case " $crossed " in *[[:space:]]"$s"[[:space:]]*) [ "$1" = store ] || [ "$s" = "${ONLY:-}" ] || continue ;; esac
	is_wanted "$s" && wanted="$wanted $s"
done
if [ "$1" = store ]; then
	[ -n "$kernel" ] || { echo 'the running kernel answers root only' >&2; exit 1; }
	# Ordinary users may load programs while the suites run, and not longer.
	before=$(cat $knob)
	trap 'echo $before >$knob' EXIT
	trap 'exit 1' INT TERM
	echo 0 >$knob || exit 1
	for series in 6.1 6.12; do
		ours=
		for s in $wanted; do [ "$s" = "${s%-on-"$series"}" ] || ours="$ours ${s%-on-"$series"}"; done
		[ -z "$ours" ] || tests/kernel/boot.sh $series $ours
	done
else
	rm -f "$R"/kernel.*-on-*.jsonl
fi
suites=
for s in $wanted; do both "$s"; done
[ -z "$suites" ] || KERNEL_PREP=$K tests/kernel/score.py "$1" "$B" $suites || exit
case $1-${ONLY:-} in check- | check-engines) engines ;; esac
