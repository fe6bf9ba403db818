#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What programs in a target hear of its cgroup and pid namespace; across fork and exec, and in other namespaces.
. "$(dirname "$0")/tap.sh"

cat >"$W/where.bpf.c" <<'SRC'
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
const volatile u64 dev, ino;
struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 1);
} cgroups SEC(".maps");
SEC("tracepoint/syscalls/sys_enter_exit_group")
int bye(void *ctx)
{
	struct bpf_pidns_info ids = {};
	long r = bpf_get_ns_current_pid_tgid(dev, ino, &ids, sizeof(ids));

	bpf_printk("cgroup %llu root %llu level 1 %llu", bpf_get_current_cgroup_id(),
		   bpf_get_current_ancestor_cgroup_id(0), bpf_get_current_ancestor_cgroup_id(1));
	bpf_printk("namespace %ld same %d", r, ids.pid == (u32)bpf_get_current_pid_tgid());
	bpf_printk("empty %ld far %ld", bpf_current_task_under_cgroup(&cgroups, 0),
		   bpf_current_task_under_cgroup(&cgroups, 1));
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
SRC
set -- $(stat -L -c '%d %i' /proc/self/ns/pid)
run() { "$CYGNET" run --set dev="$1" --set ino="$2" -o "$W/out" "$W/where.bpf.c" -- "${@:3}" >/dev/null 2>"$W/err"; }

run "$1" "$2" true
has "pid namespace: its own" "$W/out" '^true-[0-9]+: namespace 0 same 1$'
run "$1" 1 true
has "pid namespace: another" "$W/out" '^true-[0-9]+: namespace -22 same 0$'
has "no cgroup at the index; no such index" "$W/out" '^true-[0-9]+: empty -11 far -7$'

CG=
for at in /sys/fs/cgroup/unified /sys/fs/cgroup; do
	[ "$(stat -f -c %T "$at" 2>/dev/null)" = cgroup2fs ] && [ "$(stat -c %i "$at")" = 1 ] && CG=$at && break
done
dir=$CG/cygnet-e2e-$$
if [ -z "$CG" ] || ! mkdir -p "$dir/sub dir" 2>/dev/null; then
	skip "cgroup ids" "no cgroup2 hierarchy to make groups in"
	done_testing
	exit 0
fi
trap 'rmdir "$dir/sub dir" "$dir" 2>/dev/null; rm -rf "$W"' EXIT
inside=$(stat -c %i "$dir/sub dir") level1=$(stat -c %i "$dir")
# The subshell moves; what it starts is there from the beginning.
(
	echo 0 >"$dir/sub dir/cgroup.procs"
	run "$1" "$2" sh -c 'true & wait; exec true'
)
same "cgroup ids: of the shell's child and of the shell" \
	"$(sed -n 's/^.*: cgroup/cgroup/p' "$W/out" | sort | uniq -c | sed 's/^ *//')" \
	"2 cgroup $inside root 1 level 1 $level1"
# Programs that a moved process starts are seen where it is.
run "$1" "$2" sh -c "echo \$\$ >'$dir/cgroup.procs'; /bin/true; /bin/true"
same "cgroup ids: found again at exec" "$(grep -c "^true-[0-9]*: cgroup $level1 root 1 level 1 $level1$" "$W/out")" 2
if command -v unshare >/dev/null && unshare -C true 2>/dev/null; then
	(
		echo 0 >"$dir/cgroup.procs"
		exec unshare -C "$BASH" -c '. /dev/stdin' <<-SH
			"$CYGNET" run -o "$W/out" "$W/where.bpf.c" -- true >"$W/err" 2>&1
		SH
	)
	has "in a cgroup namespace: the level is not known" "$W/out" ' root 0 level 1 0$'
fi
done_testing
