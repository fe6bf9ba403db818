// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which modules does Python import, and how long does each take, with what it
 * imports in turn? Debian's interpreter has tracepoints (USDT) for it.
 *
 *	cygnet run usdt.bpf.c -- /usr/bin/python3 -c 'import json'
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/usdt.bpf.h>
struct event {
	int pid, depth;
	u64 us;
	char module[64];
};
struct event *unused;
struct nest {
	u32 depth;
	u64 start[64];
} empty;
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, struct nest);
} threads SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

SEC("usdt//usr/bin/python3:python:import__find__load__start")
int BPF_USDT(load_start, const char *module)
{
	u64 id = bpf_get_current_pid_tgid();
	struct nest *n;

	bpf_map_update_elem(&threads, &id, &empty, BPF_NOEXIST);
	n = bpf_map_lookup_elem(&threads, &id);
	if (n)
		n->start[n->depth++ & 63] = bpf_ktime_get_ns();
	return 0;
}

SEC("usdt//usr/bin/python3:python:import__find__load__done")
int BPF_USDT(load_done, const char *module)
{
	u64 id = bpf_get_current_pid_tgid();
	struct nest *n = bpf_map_lookup_elem(&threads, &id);
	struct event *e;
	if (!n || !n->depth || !(e = bpf_ringbuf_reserve(&events, sizeof(*e), 0)))
		return 0;
	e->pid = id >> 32;
	e->depth = --n->depth;
	e->us = (bpf_ktime_get_ns() - n->start[n->depth & 63]) / 1000;
	bpf_probe_read_user_str(e->module, sizeof(e->module), module);
	bpf_ringbuf_submit(e, 0);
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
