// SPDX-License-Identifier: BSD-2-Clause
/*
 * PROG_TEST_RUN: one run (or `repeat` of them) in this process, in the checked
 * interpreter, with the caller as the current task: its memory is what the
 * program's user reads see. The lock is held throughout.
 */
#include <time.h>
#include "core/prog.h"
#include "core/run.h"
#include "sys/run_env.h"

#define ETH_HEADER    14
#define RAW_TP_ARGS   12
#define DATA_MOST     (64u << 10)
#define REPEAT_BUDGET (64u << 20) /* instructions of one command, over all repeats */

struct test {
	struct call *k;
	struct prog_object *p;
	u8 *data, *ctx;
	u32 data_size, ctx_size;
	u32 retval;
	int cpu; /* -1: any */
	u64 total_ns;
};

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int run_once(struct test *t, struct map *const *maps, u32 cpu, u64 *budget)
{
	struct world_page *page = t->k->inst->page;
	struct run run = {
		.image = t->p->image,
		.maps = maps,
		.env = &sys_run_env,
		.env_data = t->k,
		.ctx = t->ctx,
		.ctx_size = t->ctx_size,
		.cpu = cpu,
		.possible_cpus = t->k->inst->possible_cpus,
		.start_ns = now_ns(),
		.budget = MIN(*budget, (u64)RUN_BUDGET),
	};
	u64 before = run.budget, ret = 0;
	struct world_prog *w = t->p->stats < WORLD_PROGS ? &page->prog[t->p->stats] : NULL;
	int err = interp_run_checked(&run, &ret);

	*budget -= before - MIN(run.budget, before);
	t->total_ns += now_ns() - run.start_ns;
	if (w && err)
		world_count_fault(w, run.fault.kind, run.fault.insn, run.fault.addr, run.fault.size,
				  run.fault.arg);
	if (w && page->stats_on) {
		__atomic_fetch_add(&w->runs, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&w->run_ns, now_ns() - run.start_ns, __ATOMIC_RELAXED);
	}
	t->retval = ret;
	return err;
}

static int run_all(struct test *t, u32 repeat)
{
	u64 budget = REPEAT_BUDGET;
	struct map **maps = base_calloc(MAX(t->p->maps.len, (size_t)1), sizeof(*maps));
	struct cygnet *inst = t->k->inst;
	int cpu, err = 0;

	if (!maps)
		return -ENOMEM;
	vec_each (&t->p->maps, i)
		maps[i] = &t->p->maps.data[i]->map;
	cpu = run_env_claim(inst, t->cpu);
	if (cpu < 0) {
		base_free(maps);
		return -EAGAIN;
	}
	for (u32 i = 0; i < MAX(repeat, 1u) && !err; i++)
		err = budget ? run_once(t, maps, cpu, &budget) : -EINTR;
	run_env_release(inst, cpu);
	base_free(maps);
	return err;
}

static int write_u32(struct test *t, u32 off, u32 value)
{
	return call_write_attr(t->k, off, &value, sizeof(value));
}

#define TEST_FIELD(name) offsetof(union bpf_attr, test.name)

static long run_raw_tracepoint(struct test *t)
{
	const union bpf_attr *a = t->k->attr;
	int err;

	if (a->test.data_in || a->test.data_out || a->test.ctx_out || a->test.duration ||
	    a->test.repeat || a->test.batch_size)
		return -EINVAL;
	if (a->test.ctx_size_in < t->p->max_ctx_offset ||
	    a->test.ctx_size_in > RAW_TP_ARGS * sizeof(u64))
		return -EINVAL;
	if (!(a->test.flags & BPF_F_TEST_RUN_ON_CPU) && a->test.cpu)
		return -EINVAL;
	if (a->test.cpu >= t->k->inst->possible_cpus)
		return -ENXIO;
	if (a->test.flags & BPF_F_TEST_RUN_ON_CPU)
		t->cpu = a->test.cpu;
	t->ctx_size = RAW_TP_ARGS * sizeof(u64);
	t->ctx = base_zalloc(t->ctx_size);
	if (!t->ctx)
		return -ENOMEM;
	if (call_read(t->k, t->ctx, a->test.ctx_in, a->test.ctx_size_in))
		return -EFAULT;
	err = run_all(t, 1);
	return err ?: write_u32(t, TEST_FIELD(retval), t->retval);
}

static long run_syscall(struct test *t)
{
	const union bpf_attr *a = t->k->attr;
	int err;

	if (a->test.data_in || a->test.data_out || a->test.ctx_out || a->test.duration ||
	    a->test.repeat || a->test.flags || a->test.batch_size)
		return -EINVAL;
	if (a->test.ctx_size_in > UINT16_MAX)
		return -EINVAL;
	t->ctx_size = a->test.ctx_size_in;
	t->ctx = base_zalloc(MAX(t->ctx_size, 1u));
	if (!t->ctx)
		return -ENOMEM;
	if (call_read(t->k, t->ctx, a->test.ctx_in, t->ctx_size))
		return -EFAULT;
	err = run_all(t, 1);
	if (err)
		return err;
	if (call_write(t->k, a->test.ctx_in, t->ctx, t->ctx_size))
		return -EFAULT;
	return write_u32(t, TEST_FIELD(retval), t->retval);
}

/* The packet goes back cut to the client's room: -ENOSPC then, after everything was written. */
static long finish_packet(struct test *t)
{
	const union bpf_attr *a = t->k->attr;
	u32 copy = t->data_size, size = t->data_size;
	u64 each = t->total_ns / MAX(a->test.repeat, 1u);
	int err = 0;

	if (a->test.data_size_out && copy > a->test.data_size_out) {
		copy = a->test.data_size_out;
		err = -ENOSPC;
	}
	if (a->test.data_out && call_write(t->k, a->test.data_out, t->data, copy))
		return -EFAULT;
	if (write_u32(t, TEST_FIELD(data_size_out), size) ||
	    write_u32(t, TEST_FIELD(retval), t->retval) ||
	    write_u32(t, TEST_FIELD(duration), MIN(each, (u64)INT32_MAX)))
		return -EFAULT;
	return err;
}

static int copy_packet(struct test *t)
{
	const union bpf_attr *a = t->k->attr;

	if (a->test.data_size_in < ETH_HEADER || a->test.data_size_in > DATA_MOST)
		return -EINVAL;
	t->data_size = a->test.data_size_in;
	t->data = base_alloc(t->data_size);
	if (!t->data)
		return -ENOMEM;
	return call_read(t->k, t->data, a->test.data_in, t->data_size);
}

static long run_skb(struct test *t)
{
	const union bpf_attr *a = t->k->attr;
	struct __sk_buff *skb;
	u16 protocol;
	int err;

	if (a->test.flags & ~BPF_F_TEST_SKB_CHECKSUM_COMPLETE || a->test.cpu || a->test.batch_size)
		return -EINVAL;
	err = copy_packet(t);
	if (err)
		return err;
	t->ctx_size = sizeof(*skb);
	t->ctx = base_zalloc(t->ctx_size);
	if (!t->ctx)
		return -ENOMEM;
	skb = (struct __sk_buff *)t->ctx;
	memcpy(&protocol, t->data + ETH_HEADER - 2, sizeof(protocol));
	skb->len = t->data_size - (t->p->type == BPF_PROG_TYPE_SCHED_CLS ? 0 : ETH_HEADER);
	skb->protocol = protocol;
	skb->ifindex = 1;
	err = run_all(t, a->test.repeat);
	return err ?: finish_packet(t);
}

static long run_xdp(struct test *t)
{
	const union bpf_attr *a = t->k->attr;
	int err;

	if (a->test.flags || a->test.cpu || a->test.batch_size)
		return -EINVAL;
	err = copy_packet(t);
	if (err)
		return err;
	t->ctx_size = sizeof(struct xdp_md);
	t->ctx = base_zalloc(t->ctx_size);
	if (!t->ctx)
		return -ENOMEM;
	err = run_all(t, a->test.repeat);
	return err ?: finish_packet(t);
}

static long run_type(struct test *t)
{
	switch (t->p->type) {
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE: return run_raw_tracepoint(t);
	case BPF_PROG_TYPE_SYSCALL: return run_syscall(t);
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_CGROUP_SKB: return run_skb(t);
	case BPF_PROG_TYPE_XDP: return run_xdp(t);
	default: return -ENOTSUPP;
	}
}

long sys_prog_test_run(struct call *k)
{
	const union bpf_attr *a = k->attr;
	struct test t = {.k = k, .cpu = -1};
	long ret;

	if (!a->test.ctx_size_in != !a->test.ctx_in || !a->test.ctx_size_out != !a->test.ctx_out)
		return -EINVAL;
	ret = call_prog(k, a->test.prog_fd, &t.p);
	ret = ret ?: run_type(&t);
	base_free(t.data);
	base_free(t.ctx);
	return ret;
}
