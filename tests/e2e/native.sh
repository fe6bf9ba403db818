#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Programs inside traced processes run natively: the same counts by every engine, in threads, children, behind
# policies against executable memory; faults end a run and not the process.
. "$(dirname "$0")/tap.sh"
T=$TOP/tests/e2e/targets
cc=${CC:-gcc}
N=$W/native
O=$W/native.bpf.o
$cc -O2 -w -o "$N" "$T/native.c" -lpthread -ldl || exit 1
clang -target bpf -O2 -g -w -mcpu=v3 -DPROBED="\"$N\"" -I include/fallback -D__TARGET_ARCH_x86 \
	-c "$T/native.bpf.c" -o "$O" || exit 1
chmod 755 "$N" && chmod 644 "$O"

# table FILE: its table of counts as "key=value", by one line
table() { awk 'NF==2 && $1 ~ /^[0-9]+$/ {printf "%s%s=%s", s, $1, $2; s=" "}' "$1"; }
# counts OPTIONS... -- WORK: that of a run
counts() { "$RUN" "$CYGNET" run "$@" 2>>"$W/err.$who" | table /dev/stdin; }
# work N PIECES: what N times a piece of so many calls is
work() {
	local n=$1 p=$2
	local sum=$((n * (p * (p - 1) / 2 + 1000 * p))) values=$((n * (3 * p * (p - 1) / 2 + 1000 * p)))
	echo "0=$((n * p)) 1=$((n * p)) 2=$((n * p)) 3=$sum 4=$((n * p)) 5=$values 7=$((n * p))"
}
plain() { "$@"; }

for who in self nobody; do
	RUN=plain
	[ $who = nobody ] && RUN=unprivileged
	: >"$W/err.$who" && chmod 666 "$W/err.$who"
	for e in auto jit baseline interp checked; do
		same "$who: counts by $e" "$(counts --engine $e "$O" -- "$N" once 100)" "$(work 1 100)"
	done
	"$RUN" "$CYGNET" run -q "$O" -- "$N" maps >"$W/maps"
	"$RUN" "$CYGNET" run -q --engine interp "$O" -- "$N" maps >"$W/maps.interp"
	has "$who: code is mapped to be read and executed" "$W/maps" ' r-xp .*/memfd:cygnet-code'
	check "$who: ... once" test "$(grep -c cygnet-code "$W/maps")" = 1
	check "$who: nothing is writable and executable" test "$(grep -c ' rwx' "$W/maps")" = 0
	check "$who: the interpreter needs no code" test "$(grep -c cygnet-code "$W/maps.interp")" = 0
	same "$who: a hundred threads" "$(counts "$O" -- "$N" threads 500)" "$(work 100 500)"
	same "$who: forked children" "$(counts "$O" -- "$N" forks 100)" "$(work 9 100)"
	same "$who: children that exec" "$(counts "$O" -- "$N" execs 100)" "$(work 8 100)"
	same "$who: calls of the vDSO" "$(counts "$O" -- "$N" clock 50)" "6=50"
	same "$who: calls of code made at run time" "$(counts "$O" -- "$N" code 50)" "0=100 1=100 7=100"
	same "$who: calls of writable code" "$(counts "$O" -- "$N" code-rwx 50)" "0=100 1=100 7=100"
	if "$N" mdwe 0; then
		same "$who: memory deny write execute, in a child, and with a library loaded" \
			"$(counts "$O" -- "$N" mdwe 100 libm.so.6)" "$(work 3 100)"
	else
		skip "$who: memory deny write execute" "this kernel has no PR_SET_MDWE"
	fi
	check "$who: nothing was said" test ! -s "$W/err.$who"
done
who=self RUN=plain

# A map that the process takes away: the runs end, and the handler of the process gets its own fault only.
"$CYGNET" run "$O" -- "$N" unmap 1 >"$W/out" 2>"$W/err"
same "a run that faults does not end the process" $? 7
has "... and is told with its instruction" "$W/err" 'program on_exit: 1 run ended early: bad write at instruction [0-9]+'
has "... and its line" "$W/err" 'native.bpf.c:[0-9]+: .*__sync_fetch_and_add'

# A policy against the code's mapping: interpreted, and said once.
$cc -O2 -w -o "$W/noexec" "$T/noexec.c" || exit 1
if "$W/noexec" true; then
	"$W/noexec" "$CYGNET" run "$O" -- "$N" execs 100 >"$W/out" 2>"$W/err"
	same "code may not be mapped: interpreted" "$(table "$W/out")" "$(work 8 100)"
	same "... and said once" "$(sed 's/[0-9][0-9]*/PID/' "$W/err")" \
		"cygnet: pid PID: programs are interpreted: memory of code may not be mapped here"
else
	skip "code may not be mapped: interpreted" "no seccomp filters"
fi

# Ids by a load: of threads, children and what they start.
cat >"$W/ids.bpf.c" <<'EOF'
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
SEC("tracepoint/syscalls/sys_exit_getppid")
int ids(struct trace_event_raw_sys_exit *ctx)
{
	u64 id = bpf_get_current_pid_tgid();
	bpf_printk("%d %d", (int)(id >> 32), (int)id);
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
EOF
"$CYGNET" run -o "$W/ids" "$W/ids.bpf.c" -- "$N" ids >"$W/out" 2>"$W/err"
same "process and thread ids" "$(sed 's/.*: //' "$W/ids")" "$(cat "$W/out")"

# The instance dies while programs run.
setsid "$CYGNET" run -q "$O" -- "$N" loop 1000 >"$W/loop" 2>&1 &
for _ in $(seq 100); do grep -q started "$W/loop" && break; sleep 0.1; done
instance=$(pgrep -f "run -q $O -- $N loop" | head -1)
target=$(pgrep -f "^$N loop 1000" | head -1)
sleep 0.2
kill -9 "$instance"
sleep 0.5
if [ -n "$target" ] && kill -0 "$target" 2>/dev/null && [ "$(ps -o stat= -p "$target" | cut -c1)" = R ]; then
	ok "a process outlives its instance"
else
	not_ok "a process outlives its instance"
fi
[ -n "$target" ] && kill -9 "$target"
wait 2>/dev/null

# No file of memory may be executable: set in a pid namespace, which only tightens it for those inside.
try='echo 2 >/proc/sys/vm/memfd_noexec && test $(cat /proc/sys/vm/memfd_noexec) = 2'
if [ "$(id -u)" -eq 0 ] && unshare -pf --mount-proc sh -c "$try" 2>/dev/null; then
	unshare -pf --mount-proc sh -c "$try"' && exec "$@"' sh "$CYGNET" run "$O" -- "$N" once 100 >"$W/out" 2>"$W/err"
	same "vm.memfd_noexec = 2" "$(table "$W/out")" "$(work 1 100)"
	unshare -pf --mount-proc sh -c "$try"' && exec "$@"' sh "$CYGNET" run -q "$O" -- "$N" maps >"$W/maps" 2>"$W/err"
	has "... with code" "$W/maps" ' r-xp .*/memfd:cygnet-code'
else
	skip "vm.memfd_noexec = 2" "cannot be set in a pid namespace of ours"
fi
done_testing
