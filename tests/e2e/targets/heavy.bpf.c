// SPDX-License-Identifier: BSD-2-Clause
/*
 * Everything at once, so that whatever can disturb a command does: every system call's enter and
 * exit, twice, and the functions of libc that programs call most, on entry and on return.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, u64);
} count SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, u64);
} began SEC(".maps");

static void add(u32 slot, u64 v)
{
	u64 *n = bpf_map_lookup_elem(&count, &slot);

	if (n)
		*n += v;
}

SEC("raw_tp/sys_enter")
int BPF_PROG(raw_enter, struct pt_regs *regs, long id)
{
	u64 who = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();

	bpf_map_update_elem(&began, &who, &now, BPF_ANY);
	add(0, 1);
	return 0;
}

SEC("raw_tp/sys_exit")
int BPF_PROG(raw_exit, struct pt_regs *regs, long ret)
{
	u64 who = bpf_get_current_pid_tgid(), *then;

	then = bpf_map_lookup_elem(&began, &who);
	if (then)
		add(1, bpf_ktime_get_ns() - *then);
	bpf_map_delete_elem(&began, &who);
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_enter")
int enter(struct trace_event_raw_sys_enter *ctx)
{
	add(2, 1);
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_exit")
int leave(struct trace_event_raw_sys_exit *ctx)
{
	add(3, ctx->ret < 0);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int openat(struct trace_event_raw_sys_enter *ctx)
{
	char path[64];

	add(4, bpf_probe_read_user_str(path, sizeof(path), (void *)ctx->args[1]) > 0);
	return 0;
}

SEC("uprobe/libc.so.6:malloc")
int malloc_enter(struct pt_regs *ctx)
{
	add(5, PT_REGS_PARM1(ctx));
	return 0;
}

SEC("uretprobe/libc.so.6:malloc")
int malloc_return(struct pt_regs *ctx)
{
	add(6, PT_REGS_RC(ctx) != 0);
	return 0;
}

SEC("uprobe/libc.so.6:free")
int free_enter(struct pt_regs *ctx)
{
	add(7, 1);
	return 0;
}

SEC("uprobe/libc.so.6:getenv")
int getenv_enter(struct pt_regs *ctx)
{
	char name[32];

	add(8, bpf_probe_read_user_str(name, sizeof(name), (void *)PT_REGS_PARM1(ctx)) > 0);
	return 0;
}

SEC("uretprobe/libc.so.6:getenv")
int getenv_return(struct pt_regs *ctx)
{
	add(9, PT_REGS_RC(ctx) != 0);
	return 0;
}

SEC("uprobe/libc.so.6:read")
int read_enter(struct pt_regs *ctx)
{
	add(10, PT_REGS_PARM3(ctx));
	return 0;
}

SEC("uretprobe/libc.so.6:read")
int read_return(struct pt_regs *ctx)
{
	add(11, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
