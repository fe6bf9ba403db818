#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# --kernel: which versions are taken, what a client sees of one, and what an older kernel refuses.
. "$(dirname "$0")/tap.sh"

for c in run exec; do
	file=$EX/opensnoop.bpf.c
	[ $c = exec ] && file=
	"$CYGNET" $c --kernel 4.18 $file -- true >/dev/null 2>"$W/err"
	same "$c: before the oldest: status" $? 2
	has "$c: before the oldest: the range is named" "$W/err" '--kernel 4.18: versions from 4.19 to 6.18 are modelled'
	"$CYGNET" $c --kernel 6.19 $file -- true >/dev/null 2>"$W/err"
	same "$c: after the newest: status" $? 2
	"$CYGNET" $c --kernel 6.x $file -- true >/dev/null 2>"$W/err"
	has "$c: no version" "$W/err" '--kernel 6.x: not a version'
done
"$CYGNET" exec -w /nonexistent --kernel 6.1 -- true 2>"$W/err"
same "exec: -w and --kernel: status" $? 2
has "exec: -w and --kernel" "$W/err" '--kernel is for an instance of our own'

for v in 4.19 5.4 6.1; do
	same "exec: uname as $v" "$("$CYGNET" exec --kernel $v -- uname -r)" "$v.255"
done
same "exec: the patch level given" "$("$CYGNET" exec --kernel 6.1.20 -- uname -r)" 6.1.20

# Ring buffers came in 5.8.
for v in 5.7 5.8; do
	"$CYGNET" exec --kernel $v -- bpftool map create /sys/fs/bpf/r type ringbuf key 0 value 0 entries 4096 name r \
		>/dev/null 2>&1
	same "exec: ring buffer as $v" $? $([ $v = 5.8 ] && echo 0 || echo 255)
done
"$CYGNET" run --kernel 5.7 -q "$EX"/opensnoop.bpf.c -- true 2>"$W/err"
same "run: opensnoop as 5.7: status" $? 1
has "run: opensnoop as 5.7" "$W/err" "map 'events': failed to create: Invalid argument"
"$CYGNET" run --kernel 5.8 "$EX"/opensnoop.bpf.c -- cat /dev/null >"$W/out" 2>"$W/err"
same "run: opensnoop as 5.8: status" $? 0
has "run: opensnoop as 5.8" "$W/out" /dev/null
done_testing
