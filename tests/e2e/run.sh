#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cygnet run, as a person types it: the examples, outputs, options, exit status; as root and as nobody.
. "$(dirname "$0")/tap.sh"

json_ok() { python3 -c 'import json,sys
for l in open(sys.argv[1]): json.loads(l)["type"]' "$1"; }

for who in root nobody; do
	run() { "$CYGNET" run "$@"; }
	cache=$HOME
	if [ $who = nobody ]; then
		run() { unprivileged "$CYGNET" run "$@"; }
	fi
	[ $who = nobody ] && [ "$(id -u)" -ne 0 ] && continue

	run "$EX/opensnoop.bpf.c" -o "$W/user/open.$who" -- ls -l /etc >"$W/out" 2>"$W/err"
	same "$who: opensnoop: status" $? 0
	same "$who: opensnoop: the command's output" "$(cat "$W/out")" "$(ls -l /etc)"
	same "$who: opensnoop: nothing on stderr" "$(cat "$W/err")" ""
	has "$who: opensnoop: header" "$W/user/open.$who" '^ *PID +COMM +RET +PATH$'
	has "$who: opensnoop: a row" "$W/user/open.$who" '^ *[0-9]+ +ls +[0-9]+ +/etc$'
	check "$who: opensnoop: as often as strace sees it" test \
		"$(grep -c ' /etc/\(passwd\|group\|nsswitch.conf\)$' "$W/user/open.$who")" -ge 2
	head -3 "$W/user/open.$who" | sed 's/^/# /'

	run --json -o "$W/user/json.$who" "$EX/opensnoop.bpf.c" -- ls /etc >/dev/null 2>&1
	check "$who: --json: every line is JSON with a type" json_ok "$W/user/json.$who"
	has "$who: --json: a record" "$W/user/json.$who" '^\{"type":"record","map":"events","data":\{"pid":[0-9]+,"comm":"ls"'

	run -o "$W/user/count.$who" "$EX/syscount.bpf.c" -- sh -c 'ls /etc | cat' >/dev/null 2>"$W/err"
	same "$who: syscount: status" $? 0
	has "$who: syscount: a map per command" "$W/user/count.$who" '^  cat +[0-9]+ +[0-9]+$'
	same "$who: syscount: total is the sum" \
		"$(awk '/^  (sh|ls|cat|cygnet) /{s+=$3} END{print s}' "$W/user/count.$who")" \
		"$(awk '/^total/{t=1} t && /^ +0 +[0-9]+$/{print $2}' "$W/user/count.$who")"

	run -o "$W/user/malloc.$who" "$EX/mallochist.bpf.c" -- git --version >/dev/null 2>"$W/err"
	has "$who: mallochist: a histogram" "$W/user/malloc.$who" '^  \[[0-9K]+, [0-9KM]+\) +[0-9]+ \|@+ *\|$'

	run -o "$W/user/exec.$who" "$EX/execsnoop.bpf.c" -- sh -c '/bin/echo one two; exec /bin/true x' >/dev/null 2>&1
	has "$who: execsnoop: a child with its arguments" "$W/user/exec.$who" '/bin/echo +one two$'
	has "$who: execsnoop: the same process again" "$W/user/exec.$who" '/bin/true +x$'

	run -o "$W/user/lat.$who" "$EX/syslatency.bpf.c" -- sleep 0.1 2>"$W/err"
	has "$who: syslatency: the sleep is in its slot" "$W/user/lat.$who" '^  \[64K, 128K\) +1 '

	run -o "$W/user/func.$who" "$EX/funccount.bpf.c" -- bash -c 'true' 2>"$W/err"
	has "$who: funccount: calls by index" "$W/user/func.$who" '^ +[0-9]+ +[0-9]+$'

	if [ -x /usr/bin/python3 ] && readelf -n /usr/bin/python3 2>/dev/null | grep -q import__find__load; then
		run -o "$W/user/usdt.$who" "$EX/usdt.bpf.c" -- /usr/bin/python3 -c 'import json' 2>"$W/err"
		has "$who: usdt: json was imported" "$W/user/usdt.$who" ' json$'
	else
		skip "$who: usdt" "no python3 with USDT"
	fi

	run --set verbose=1 -o "$W/user/errs.$who" "$EX/errsnoop.bpf.c" -- cat /nonexistent >/dev/null 2>"$W/err"
	same "$who: errsnoop: the command's status" $? 1
	has "$who: errsnoop: printk lines" "$W/user/errs.$who" '^cat-[0-9]+: syscall 257 failed with errno 2$'
	has "$who: errsnoop: the map" "$W/user/errs.$who" '^  cat +257 +2 +[0-9]+$'
done

run() { "$CYGNET" run "$@"; }
run -q "$EX/opensnoop.bpf.c" -- true >"$W/out" 2>"$W/err"
same "-q prints nothing" "$(cat "$W/out" "$W/err")" ""
run -q "$EX/opensnoop.bpf.c" -- sh -c 'exit 7'
same "exit status is the command's" $? 7
run -q "$EX/opensnoop.bpf.c" -- sh -c 'kill -9 $$'
same "128 + signal" $? 137
run -q "$EX/opensnoop.bpf.c" "$EX/syscount.bpf.c" -- true
same "two files" $? 0
start=$(date +%s%N)
run -q --duration 300ms "$EX/opensnoop.bpf.c" -- sleep 20
same "--duration ends the command" $? 143
check "--duration: in time" test $((($(date +%s%N) - start) / 1000000)) -lt 5000
run -q "$EX/opensnoop.bpf.c" -- sh -c 'kill -TERM $PPID; sleep 20'
same "signals are passed on" $? 143
run --btf none -o "$W/o" "$EX/execsnoop.bpf.c" -- sh -c '/bin/true'
has "without kernel BTF: the shipped header" "$W/o" '/bin/true'

# A program whose accesses are bad does not run, and neither does the command.
cat >"$W/fault.bpf.c" <<'EOF'
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
SEC("tracepoint/raw_syscalls/sys_enter")
int bad(void *ctx)
{
	long *p = (long *)0x1234;
	return *(volatile long *)p;
}
char LICENSE[] SEC("license") = "GPL";
EOF
run "$W/fault.bpf.c" -- ls /etc >"$W/out" 2>"$W/err"
same "a program that is refused: the status" $? 1
same "a program that is refused: no output" "$(cat "$W/out")" ""
has "a program that is refused: the reason" "$W/err" "program bad: rejected: R1 invalid mem access 'scalar'"

# A helper that exists but does nothing here: the run ends there, with its name.
cat >"$W/nobody.bpf.c" <<'EOF'
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
SEC("tracepoint/syscalls/sys_enter_openat")
int nobody(void *ctx)
{
	char entries[96] = {};

	return bpf_get_branch_snapshot(entries, sizeof(entries), 0);
}
char LICENSE[] SEC("license") = "GPL";
EOF
run "$W/nobody.bpf.c" -- ls /etc >"$W/out" 2>"$W/err"
same "a helper without a body: the command's output" "$(cat "$W/out")" "$(ls /etc)"
has "a helper without a body: named" "$W/err" 'helper without a body at instruction [0-9]+ .bpf_get_branch_snapshot.'
# More maps than a plan can carry: the command runs untraced, and that is said.
{
	printf '#include "vmlinux.h"\n#include <bpf/bpf_helpers.h>\n'
	for i in 0 1 2 3 4; do
		printf 'struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4); __uint(value_size, 4); } o%s SEC(".maps");\n' $i
	done
	printf 'SEC("tracepoint/raw_syscalls/sys_enter")\nint many(void *ctx)\n{\n\tlong x = 1;\n'
	for i in 0 1 2 3 4; do printf '\tbpf_perf_event_output(ctx, &o%s, BPF_F_CURRENT_CPU, &x, sizeof(x));\n' $i; done
	printf '\treturn 0;\n}\nchar LICENSE[] SEC("license") = "GPL";\n'
} >"$W/many.bpf.c"
run "$W/many.bpf.c" -- sh -c 'exit 6' >"$W/out" 2>"$W/err"
same "too many perf buffers: the command's status" $? 6
has "too many perf buffers: untraced, said with the reason" "$W/err" 'pid [0-9]+ runs on untraced: .*more than 250'
done_testing
