// SPDX-License-Identifier: BSD-2-Clause
/* The like of start_plain.bpf.c with fields of kernel types, which libbpf relocates. */
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct seen {
	u64 count;
	u32 parent, uid;
	char name[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, struct seen);
} tasks SEC(".maps");

SEC("raw_tp/sys_enter") int start(u64 *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	u32 pid = BPF_CORE_READ(task, tgid);
	struct seen first = {.count = 1}, *s;

	s = bpf_map_lookup_elem(&tasks, &pid);
	if (s) {
		__sync_fetch_and_add(&s->count, 1);
		return 0;
	}
	first.parent = BPF_CORE_READ(task, real_parent, tgid);
	first.uid = BPF_CORE_READ(task, cred, uid.val);
	BPF_CORE_READ_STR_INTO(&first.name, task, comm);
	bpf_map_update_elem(&tasks, &pid, &first, BPF_ANY);
	return first.name[0] != 0;
}

char _license[] SEC("license") = "GPL";
