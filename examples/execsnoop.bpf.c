// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which programs does a command start, by whom, with which arguments?
 *	cygnet run execsnoop.bpf.c -- make -C somewhere
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define LEN 64

struct event {
	int pid;
	int ppid;
	unsigned int uid;
	char comm[16]; /* of the caller */
	char path[128];
	char args[8 * LEN]; /* the arguments, a space between */
};
struct event *unused;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 * 1024);
} events SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_execve")
int execve(struct trace_event_raw_sys_enter *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	const char **argv = (const char **)ctx->args[1];
	unsigned int at = 0;
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e)
		return 0;
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->ppid = BPF_CORE_READ(task, real_parent, tgid);
	e->uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	bpf_probe_read_user_str(e->path, sizeof(e->path), (const char *)ctx->args[0]);
	e->args[0] = 0;
	for (int i = 1; i <= 8; i++) {
		const char *arg = NULL;
		long n;

		bpf_probe_read_user(&arg, sizeof(arg), &argv[i]);
		if (!arg || at > 7 * LEN)
			break;
		if (at)
			e->args[at - 1] = ' ';
		n = bpf_probe_read_user_str(&e->args[at], LEN, arg);
		if (n > 0 && n <= LEN)
			at += n;
	}
	bpf_ringbuf_submit(e, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
