#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Measures beside peers in one run and writes build/bench.json, {"rows":[{group, name, unit, cygnet, peers..., reps}]},
# and docs/performance.md from it (bench/report.py).
cd "$(dirname "$0")/.." || exit 1
B=${B:-build}
REPS=${REPS:-5}
rows=

median() { sort -g | awk '{v[NR]=$1} END{if (NR) print v[int((NR+1)/2)]}'; }
repeat() { for _ in $(seq "$REPS"); do "$@" 2>/dev/null; done | median; }
ms() { local t=$(date +%s%N); "$@" >/dev/null 2>&1; echo "$((($(date +%s%N) - t) / 1000))" | awk '{print $1/1000}'; }

# row GROUP NAME UNIT KEY=VALUE...
row() {
	local group=$1 name=$2 unit=$3 json line
	[ -n "${ONLY:-}" ] && [ "$ONLY" != "$group" ] && return
	shift 3
	json="{\"group\":\"$group\",\"name\":\"$name\",\"unit\":\"$unit\""
	line=$(printf '%-8s %-34s %-5s' "$group" "$name" "$unit")
	for kv in "$@"; do
		[ -n "${kv#*=}" ] || continue
		json+=",\"${kv%%=*}\":${kv#*=}"
		line+=$(printf '  %s %s' "${kv%%=*}" "${kv#*=}")
	done
	rows+="$json,\"reps\":$REPS}"$'\n'
	echo "$line"
}

O=$B/bench
mkdir -p "$O"
gcc -O2 -o "$O/loop" bench/syscall_loop.c
for f in count malloc probe hist; do
	clang -target bpf -mcpu=v3 -O2 -g -D__TARGET_ARCH_x86 -DPROBED="\"$(realpath "$O/loop")\"" -I"$B/fallback" \
		-idirafter /usr/include/x86_64-linux-gnu -c bench/$f.bpf.c -o "$O/$f.bpf.o"
done
cy() { "$B/cygnet" run -q "$@"; }

# engines WHERE [LOOP ARGUMENT]: "WHERE:NS:NS", what 32 searches in a table of 64 at an event of a traced process
# takes beyond an empty one: by default, and in the checked interpreter.
engines() {
	local where=$1 s e ns=()
	for s in 0 32; do
		clang -target bpf -mcpu=v3 -O2 -g -D__TARGET_ARCH_x86 -DSTEPS=$s $([ "$where" = function ] && echo -DAT_FUNCTION) \
			-I"$B/fallback" -idirafter /usr/include/x86_64-linux-gnu -c bench/work.bpf.c -o "$O/work-$where-$s.bpf.o"
		for e in auto checked; do
			ns+=("$(repeat cy --engine $e "$O/work-$where-$s.bpf.o" -- "$O/loop" 2000 ${2:-getppid} cpu)")
		done
	done
	awk -v w="$where" -v a="${ns[0]}" -v b="${ns[1]}" -v c="${ns[2]}" -v d="${ns[3]}" \
		'BEGIN { print w ":" (c > a ? c - a : "") ":" (d > b ? d - b : "") }'
}

if [ -z "${ONLY:-}" ] || [ "$ONLY" = trace ]; then
	row trace "getppid, nothing attached" ns native="$(repeat "$O/loop" 50000 getppid cpu)"
	row trace "getppid, count at enter and exit" ns cygnet="$(repeat cy "$O/count.bpf.o" -- "$O/loop" 50000 getppid cpu)" \
		strace="$(repeat strace -f -o /dev/null "$O/loop" 2000)"
	row trace "malloc+free, nothing attached" ns native="$(repeat "$O/loop" 200000 malloc cpu)"
	row trace "malloc+free, count at malloc" ns cygnet="$(repeat cy "$O/malloc.bpf.o" -- "$O/loop" 200000 malloc cpu)"
	row trace "getppid, histogram at enter" ns cygnet="$(repeat cy "$O/hist.bpf.o" -- "$O/loop" 50000 getppid cpu)" \
		interpreted="$(repeat cy --engine interp "$O/hist.bpf.o" -- "$O/loop" 50000 getppid cpu)" \
		checked="$(repeat cy --engine checked "$O/hist.bpf.o" -- "$O/loop" 20000 getppid cpu)"
	row trace "a function, nothing attached" ns native="$(repeat "$O/loop" 200000 call cpu)"
	row trace "a function, count at entry" ns cygnet="$(repeat cy "$O/probe.bpf.o" -- "$O/loop" 200000 call cpu)" \
		checked="$(repeat cy --engine checked "$O/probe.bpf.o" -- "$O/loop" 50000 call cpu)"
	row trace "a function, count at return" ns cygnet="$(repeat cy "$O/probe.bpf.o" -- "$O/loop" 200000 return cpu)" \
		checked="$(repeat cy --engine checked "$O/probe.bpf.o" -- "$O/loop" 50000 return cpu)"
fi
if [ -z "${ONLY:-}" ] || [ "$ONLY" = start ]; then
	row start "true" ms native="$(repeat ms true)"
	row start "run an object on true" ms cygnet="$(repeat ms cy "$O/count.bpf.o" -- true)" \
		strace="$(repeat ms strace -f -o /dev/null true)"
	row start "run opensnoop.bpf.c on true" ms cygnet="$(repeat ms cy examples/opensnoop.bpf.c -- true)"
fi
if [ -z "${ONLY:-}" ] || [ "$ONLY" = verify ]; then
	K=${KERNEL_PREP:-$B/kernel-src}
	rows+=$(bench/verify.py "$B" "$REPS" "$K"/packaged/*.o "$K"/objects/*.bpf.o)$'\n'
fi
if [ -z "${ONLY:-}" ] || [ "$ONLY" = jit ]; then
	B=$B bench/jit/build.sh || exit 1
	rows+=$(bench/jit.py "$B" "$REPS" "$(engines syscall)" "$(engines function malloc)")$'\n'
fi
printf '%s' "$rows" | bench/report.py "$B" ${ONLY:-}
