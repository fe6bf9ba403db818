// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which files does a command open, and with what result?
 *
 *	cygnet run opensnoop.bpf.c -- ls -l /etc
 *	cygnet run --set failed_only=1 opensnoop.bpf.c -- python3 -c 'import json'
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct event {
	int pid;
	char comm[16];
	int ret; /* descriptor, or -errno */
	char path[256];
};
struct event *unused; /* keeps the record's type in BTF */
const volatile bool failed_only;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, u64);
	__type(value, const char *); /* the path argument */
} start SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_openat")
int on_enter(struct trace_event_raw_sys_enter *ctx)
{
	u64 id = bpf_get_current_pid_tgid();
	const char *path = (const char *)ctx->args[1];

	bpf_map_update_elem(&start, &id, &path, BPF_ANY);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_openat")
int on_exit(struct trace_event_raw_sys_exit *ctx)
{
	u64 id = bpf_get_current_pid_tgid();
	const char **path = bpf_map_lookup_elem(&start, &id);
	struct event *e;

	if (path && (!failed_only || ctx->ret < 0) &&
	    (e = bpf_ringbuf_reserve(&events, sizeof(*e), 0))) {
		e->pid = id >> 32;
		e->ret = ctx->ret;
		bpf_get_current_comm(e->comm, sizeof(e->comm));
		bpf_probe_read_user_str(e->path, sizeof(e->path), *path);
		bpf_ringbuf_submit(e, 0);
	}
	bpf_map_delete_elem(&start, &id);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
