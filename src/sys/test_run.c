// SPDX-License-Identifier: BSD-2-Clause
/*
 * PROG_TEST_RUN: one run (or `repeat` of them) in this process, in the checked
 * interpreter, with the caller as the current task: its memory is what the
 * program's user reads see. The lock is held throughout.
 */
#include <sys/random.h>
#include <time.h>
#include "core/prog.h"
#include "core/run.h"
#include "sys/run_env.h"
#include "sys/test_run.h"
#include "vm/engine.h"

#define RAW_TP_ARGS   12
#define REPEAT_BUDGET (64u << 20) /* instructions of one command, over all repeats */
#define RUN_BATCH     32u         /* runs between two looks at the clock */

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* A command that ran for too long is interrupted; reading the clock for each run would be most of
 * a short one. */
static int run_batch(struct test *t, struct run *run, u32 most, u32 *ran, u64 *budget)
{
	struct world_page *page = t->k->inst->page;
	struct world_prog *w = t->p->stats < WORLD_PROGS ? &page->prog[t->p->stats] : NULL;
	u64 start = now_ns(), left = *budget, ns, ret = 0;
	u64 each = run->watch && run->watch->budget ? run->watch->budget : RUN_BUDGET;
	struct map *const *maps = run->maps;
	u32 n = 0;
	int err = 0;

	run->start_ns = start;
	while (n < most && left && !err) {
		u64 before = run->budget = MIN(left, MIN(each, (u64)RUN_BUDGET));

		n++;
		run->tail_calls = 0;
		run->region_count = 0;
		run->inner_count = 0;
		err = prog_object_run(t->p, run, &ret);
		/* A tail call leaves those of where it went. */
		run->image = t->p->image;
		run->maps = maps;
		left -= before - MIN(run->budget, before);
	}
	ns = now_ns() - start;
	/* The plain engine counts no instructions: time stands for them. */
	*budget = MIN(left, *budget - MIN(*budget, ns / 16));
	*ran = n;
	t->total_ns += ns;
	prog_object_ran(t->p, n, ns);
	t->retval = ret;
	if (w && err)
		world_count_fault(w, run->fault.kind, run->fault.insn, run->fault.addr,
				  run->fault.size, run->fault.arg);
	if (w && page->stats_on) {
		__atomic_fetch_add(&w->runs, n, __ATOMIC_RELAXED);
		__atomic_fetch_add(&w->run_ns, ns, __ATOMIC_RELAXED);
	}
	return err;
}

static u64 random_seed(void)
{
	u64 seed = 0;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = now_ns();
	return seed;
}

static int run_repeats(struct test *t, struct map *const *maps, u32 cpu, u32 repeat)
{
	u64 budget = REPEAT_BUDGET, random = random_seed();
	struct run run = {
		.image = t->p->image,
		.maps = maps,
		.env = &sys_run_env,
		.env_data = t->k,
		.ctx = t->ctx,
		.ctx_size = t->ctx_size,
		.packet = t->packet,
		.locals = t->locals,
		.local_count = t->local_count,
		.cpu = cpu,
		.possible_cpus = t->k->inst->possible_cpus,
		.watch = t->k->inst->watch,
		.random = &random,
	};
	int err = 0;

	for (u32 done = 0, ran; done < repeat && !err; done += ran) {
		prog_object_warm(t->p, repeat - done);
		err = budget ? run_batch(t, &run, MIN(repeat - done, RUN_BATCH), &ran, &budget)
			     : -EINTR;
	}
	return err;
}

static bool keeps_values(u32 map_type)
{
	return map_type == BPF_MAP_TYPE_CGROUP_STORAGE || map_type == BPF_MAP_TYPE_SK_STORAGE ||
	       map_type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

/* Room for what the run's socket and cgroup keep, for all repeats. */
static int make_locals(struct test *t)
{
	if (t->locals)
		return 0;
	t->locals = base_calloc(MAX(t->p->maps.len, (size_t)1), sizeof(*t->locals));
	if (!t->locals)
		return -ENOMEM;
	vec_each (&t->p->maps, i) {
		struct run_local *l = &t->locals[t->local_count];

		l->map = &t->p->maps.data[i]->map;
		if (!keeps_values(l->map->type))
			continue;
		l->value = base_zalloc(MAX(ROUND_UP(l->map->value_size, 8), 8u));
		if (!l->value)
			return -ENOMEM;
		t->local_count++;
	}
	return 0;
}

static void free_locals(struct test *t)
{
	for (u32 i = 0; i < t->local_count; i++)
		base_free(t->locals[i].value);
	base_free(t->locals);
}

int test_run_all(struct test *t, u32 repeat)
{
	struct map **maps = base_calloc(MAX(t->p->maps.len, (size_t)1), sizeof(*maps));
	struct cygnet *inst = t->k->inst;
	int cpu, err = make_locals(t);

	if (!maps || err) {
		base_free(maps);
		return -ENOMEM;
	}
	vec_each (&t->p->maps, i)
		maps[i] = &t->p->maps.data[i]->map;
	cpu = run_env_claim(inst, t->cpu);
	if (cpu < 0) {
		base_free(maps);
		return -EAGAIN;
	}
	err = run_repeats(t, maps, cpu, MAX(repeat, 1u));
	run_env_release(inst, cpu);
	base_free(maps);
	return err;
}

int test_write_u32(struct test *t, u32 off, u32 value)
{
	return call_write_attr(t->k, off, &value, sizeof(value));
}

/* Is all that was given behind `size` zero? 0, -E2BIG or -EFAULT. */
static int check_tail(struct test *t, u64 addr, u32 size, u32 given)
{
	u8 chunk[256];

	for (u32 off = size, n; off < given; off += n) {
		n = MIN(given - off, (u32)sizeof(chunk));
		if (call_read(t->k, chunk, addr + off, n))
			return -EFAULT;
		if (!call_is_zero(chunk, n))
			return -E2BIG;
	}
	return 0;
}

int test_ctx_in(struct test *t, u32 size, void **out)
{
	const union bpf_attr *a = t->k->attr;
	u32 given = a->test.ctx_size_in;
	int err;

	if (!a->test.ctx_in && !a->test.ctx_out)
		return 0;
	t->user_ctx = base_zalloc(size);
	if (!t->user_ctx)
		return -ENOMEM;
	if (a->test.ctx_in) {
		if (given > PAGE_BYTES) /* what the kernel would look at at most */
			return -E2BIG;
		err = check_tail(t, a->test.ctx_in, size, given);
		if (err)
			return err;
		if (call_read(t->k, t->user_ctx, a->test.ctx_in, MIN(given, size)))
			return -EFAULT;
	}
	*out = t->user_ctx;
	return 0;
}

int test_ctx_out(struct test *t, const void *ctx, u32 size)
{
	const union bpf_attr *a = t->k->attr;
	u32 copy = size;
	int err = 0;

	if (!ctx || !a->test.ctx_out)
		return 0;
	if (a->test.ctx_size_out && copy > a->test.ctx_size_out) {
		copy = a->test.ctx_size_out;
		err = -ENOSPC;
	}
	if (call_write(t->k, a->test.ctx_out, ctx, copy) ||
	    test_write_u32(t, TEST_FIELD(ctx_size_out), size))
		return -EFAULT;
	return err;
}

int test_finish(struct test *t, const u8 *bytes, u32 linear, const u8 *frags, u32 frag_size)
{
	const union bpf_attr *a = t->k->attr;
	u32 size = linear + frag_size, copy = size;
	u64 each = t->total_ns / MAX(a->test.repeat, 1u);
	int err = 0;

	if (a->test.data_size_out && copy > a->test.data_size_out) {
		copy = a->test.data_size_out;
		err = -ENOSPC;
	}
	if (a->test.data_out) {
		/* The kernel places what is not linear at the end of the room there is. */
		if (copy < frag_size)
			return -ENOSPC;
		if (call_write(t->k, a->test.data_out, bytes, copy - frag_size) ||
		    call_write(t->k, a->test.data_out + copy - frag_size, frags, frag_size))
			return -EFAULT;
	}
	if (test_write_u32(t, TEST_FIELD(data_size_out), size) ||
	    test_write_u32(t, TEST_FIELD(retval), t->retval) ||
	    test_write_u32(t, TEST_FIELD(duration), MIN(each, (u64)INT32_MAX)))
		return -EFAULT;
	return err;
}

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
	t->ctx = t->own_ctx = base_zalloc(t->ctx_size);
	if (!t->ctx)
		return -ENOMEM;
	if (call_read(t->k, t->ctx, a->test.ctx_in, a->test.ctx_size_in))
		return -EFAULT;
	err = test_run_all(t, 1);
	return err ?: test_write_u32(t, TEST_FIELD(retval), t->retval);
}

static long run_syscall(struct test *t)
{
	const union bpf_attr *a = t->k->attr;
	int err;

	if (a->test.data_in || a->test.data_out || a->test.ctx_out || a->test.duration ||
	    a->test.repeat || a->test.flags || a->test.batch_size)
		return -EINVAL;
	if (a->test.ctx_size_in < t->p->max_ctx_offset || a->test.ctx_size_in > UINT16_MAX)
		return -EINVAL;
	t->ctx_size = a->test.ctx_size_in;
	t->ctx = t->own_ctx = base_zalloc(MAX(t->ctx_size, 1u));
	if (!t->ctx)
		return -ENOMEM;
	if (call_read(t->k, t->ctx, a->test.ctx_in, t->ctx_size))
		return -EFAULT;
	err = test_run_all(t, 1);
	if (err)
		return err;
	if (call_write(t->k, a->test.ctx_in, t->ctx, t->ctx_size))
		return -EFAULT;
	return test_write_u32(t, TEST_FIELD(retval), t->retval);
}

static long run_type(struct test *t)
{
	switch (t->p->type) {
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE: return run_raw_tracepoint(t);
	case BPF_PROG_TYPE_SYSCALL: return run_syscall(t);
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_CGROUP_SKB: return test_run_skb(t);
	case BPF_PROG_TYPE_XDP: return test_run_xdp(t);
	case BPF_PROG_TYPE_FLOW_DISSECTOR: return test_run_flow(t);
	case BPF_PROG_TYPE_NETFILTER: return test_run_netfilter(t);
	case BPF_PROG_TYPE_SK_LOOKUP: return test_run_lookup(t);
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
	free_locals(&t);
	base_free(t.packet);
	base_free(t.buffer);
	base_free(t.frags);
	base_free(t.own_ctx);
	base_free(t.user_ctx);
	return ret;
}
