// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the examples do not use, for the mutants' sake: subprograms static and
 * global, callbacks, .kconfig and weak .ksyms, maps in maps and their initial
 * values, globals of every section, bitfields, enums, CO-RE questions, locks.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";
extern int LINUX_KERNEL_VERSION __kconfig;
extern bool CONFIG_BPF __kconfig __weak;
extern const char CONFIG_DEFAULT_HOSTNAME[64] __kconfig __weak;
extern const int no_such_symbol __ksym __weak;

enum color {
	RED,
	GREEN = 7,
	BLUE = -1
};
struct inner {
	short x : 3, y : 5;
	enum color color;
	union {
		double d;
		char text[8];
	};
};
struct event {
	unsigned int pid, count;
	char comm[16];
	struct inner in[2];
	void *where;
	bool flag;
	unsigned __int128 wide;
};

const volatile unsigned int limit = 100;
const volatile struct inner preset = {1, 2, GREEN, {.text = "abc"}};
static volatile unsigned long seen;
unsigned int table[64] = {1, 2, 3};
int custom SEC(".data.custom") = 5;

struct slot {
	struct bpf_spin_lock lock;
	unsigned long n;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, unsigned int);
	__type(value, struct slot);
} locked SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 64);
	__type(key, struct inner);
	__type(value, struct event);
} by_inner SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} perf SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 32);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, int);
	__type(value, struct event);
} records SEC(".maps");

static __noinline int bump(unsigned int key)
{
	struct slot zero = {0}, *s = bpf_map_lookup_elem(&locked, &key);

	if (!s) {
		bpf_map_update_elem(&locked, &key, &zero, BPF_NOEXIST);
		return 0;
	}
	bpf_spin_lock(&s->lock);
	s->n++;
	bpf_spin_unlock(&s->lock);
	return s->n;
}

__noinline int fill(struct event *e)
{
	if (!e)
		return 1;
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->in[1].y = seen;
	e->in[0].color = e->pid & 1 ? BLUE : preset.color;
	return bpf_get_current_comm(e->comm, sizeof(e->comm));
}

static long each(void *map, const void *key, struct slot *s, unsigned long *sum)
{
	*sum += s->n;
	return 0;
}

static long step(unsigned int i, void *ctx)
{
	table[i & 63] += i;
	return i > limit;
}

SEC("tp/raw_syscalls/sys_enter")
int enter(struct trace_event_raw_sys_enter *ctx)
{
	struct event e = {.count = LINUX_KERNEL_VERSION}, *r;
	unsigned int key = ctx->id;
	unsigned long sum = 0;

	fill(&e);
	e.count += bump(key) + CONFIG_BPF + (CONFIG_DEFAULT_HOSTNAME[0] == 'x');
	e.flag = bpf_core_field_exists(ctx->args) && !&no_such_symbol;
	bpf_map_update_elem(&by_inner, &e.in, &e, BPF_ANY);
	bpf_loop(10, step, &e, 0);
	bpf_for_each_map_elem(&locked, each, &sum, 0);
	key &= 31;
	bpf_map_update_elem(&records, &key, &e, BPF_ANY);
	r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);
	if (r) {
		*r = e;
		r->wide = sum;
		bpf_ringbuf_submit(r, 0);
	}
	bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &e, sizeof(e));
	bpf_printk("%s: %d of %lx", e.comm, key, sum);
	seen += custom;
	return 0;
}

SEC("raw_tp/sys_exit")
int leave(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (void *)ctx->args[0];
	struct task_struct *t = (void *)bpf_get_current_task();
	char buf[32];

	bpf_probe_read_kernel(&table[0], 4, &regs->ax);
	bpf_probe_read_user_str(buf, sizeof(buf), (void *)ctx->args[1]);
	table[1] = BPF_CORE_READ(t, real_parent, tgid) + bpf_core_type_size(struct task_struct);
	return bump(ctx->args[1]);
}

SEC("uprobe/libc.so.6:malloc")
int BPF_KPROBE(probe, unsigned long size)
{
	unsigned int key = size;

	bpf_map_delete_elem(&locked, &key);
	return bump(size / 8);
}

SEC("kprobe/vfs_read")
int elsewhere(struct pt_regs *ctx)
{
	return 0;
}
