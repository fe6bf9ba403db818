// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a program run by PROG_TEST_RUN may ask. The caller's memory is read
 * through its client; of the kernel there is nothing to read.
 */
#include <linux/futex.h>
#include <limits.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "core/helper.h"
#include "core/note.h"
#include "core/run.h"
#include "sys/cgroup.h"
#include "sys/run_env.h"
#include "vm/engine.h"

#define PARTICIPANT_SELF 0 /* the instance's own index; targets' begin at 1 */

static struct call *call_of(struct run *run)
{
	return run->env_data;
}

static u64 env_clock(struct run *run, enum env_clock which)
{
	static const clockid_t ids[] = {
		[ENV_CLOCK_MONOTONIC] = CLOCK_MONOTONIC,      [ENV_CLOCK_BOOTTIME] = CLOCK_BOOTTIME,
		[ENV_CLOCK_COARSE] = CLOCK_MONOTONIC_COARSE,  [ENV_CLOCK_TAI] = CLOCK_TAI,
		[ENV_CLOCK_JIFFIES] = CLOCK_MONOTONIC_COARSE,
	};
	struct timespec t = {0};

	clock_gettime(ids[which], &t);
	if (which == ENV_CLOCK_JIFFIES) /* 250 a second */
		return t.tv_sec * 250ull + t.tv_nsec / 4000000;
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static u64 env_pid_tgid(struct run *run)
{
	struct call *k = call_of(run);
	u64 tgid = k->c->pid;

	return tgid << 32 | (k->c->pid == getpid() ? (u32)syscall(SYS_gettid) : tgid);
}

static u64 env_uid_gid(struct run *run)
{
	return (u64)getegid() << 32 | call_of(run)->c->uid;
}

static void env_comm(struct run *run, char comm[16])
{
	char path[64];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", call_of(run)->c->pid);
	f = fopen(path, "re");
	if (f) {
		n = fread(comm, 1, 15, f);
		fclose(f);
	}
	if (n && comm[n - 1] == '\n')
		n--;
	memset(comm + n, 0, 16 - n);
}

static u64 env_none(struct run *run)
{
	run->unknown++;
	return 0;
}

/* A test asks for it rarely: looked up each time. */
static bool cgroups(struct run *run, struct cgroup_path *p)
{
	if (!sys_cgroup_path(call_of(run)->c->pid, p))
		return true;
	run->unknown++;
	return false;
}

static u64 env_cgroup_id(struct run *run)
{
	struct cgroup_path p;

	return cgroups(run, &p) ? cgroup_own(&p) : 0;
}

static u64 env_ancestor_cgroup_id(struct run *run, u32 level)
{
	struct cgroup_path p;

	if (!cgroups(run, &p))
		return 0;
	run->unknown += !p.rooted;
	return p.rooted && level < p.count ? p.id[level] : 0;
}

static int env_under_cgroup(struct run *run, u64 id)
{
	struct cgroup_path p = {0};
	int under;

	sys_cgroup_path(call_of(run)->c->pid, &p);
	under = cgroup_under(&p, id);
	run->unknown += under < 0;
	return under < 0 ? -EFAULT : under;
}

static int env_pid_ns(struct run *run, u64 *dev, u64 *ino)
{
	int err = sys_pid_ns(call_of(run)->c->pid, dev, ino);

	run->unknown += err != 0;
	return err;
}

static u64 env_random(struct run *run)
{
	u64 v;

	return getrandom(&v, sizeof(v), 0) == sizeof(v) ? v : hash_u64(run->start_ns);
}

static int env_read_user(struct run *run, void *dst, u32 size, u64 addr)
{
	return call_read(call_of(run), dst, addr, size);
}

static int env_read_kernel(struct run *run, void *dst, u32 size, u64 addr)
{
	run->unknown++;
	return -EFAULT;
}

static int env_write_user(struct run *run, u64 addr, const void *src, u32 size)
{
	return call_write(call_of(run), addr, src, size);
}

static long env_read_user_str(struct run *run, char *dst, u32 size, u64 addr)
{
	long len;

	if (!size)
		return 0;
	len = call_read_str(call_of(run), dst, addr, size);
	if (len == -EFAULT)
		return -EFAULT;
	if (len < 0)
		len = size - 1;
	dst[len] = 0;
	return len + 1;
}

static long env_read_kernel_str(struct run *run, char *dst, u32 size, u64 addr)
{
	if (size)
		dst[0] = 0;
	run->unknown++;
	return -EFAULT;
}

static long env_user_stack(struct run *run, u64 *ips, u32 max, u32 skip)
{
	run->unknown++;
	return -EFAULT;
}

static long env_send_signal(struct run *run, u32 sig, bool thread)
{
	return -EPERM; /* a test does not signal its caller */
}

/* A note is a record of the instance's ring, written as a program would. */
static void env_trace(struct run *run, const char *line, u32 len)
{
	const struct helper_proto *output = core_helper(BPF_FUNC_ringbuf_output);
	struct call *k = call_of(run);
	u64 space[(sizeof(struct note) + 512) / sizeof(u64)] = {0};
	struct note *n = (struct note *)space;

	if (!output)
		return;
	len = MIN(len, 512u);
	n->kind = NOTE_TRACE;
	n->pid = n->tid = k->c->pid;
	n->cpu = run->cpu;
	n->time_ns = env_clock(run, ENV_CLOCK_MONOTONIC);
	env_comm(run, n->comm);
	n->len = len;
	memcpy(n->text, line, len);
	output->fn(run, ptr_to_u64(&k->inst->notes->map), ptr_to_u64(n), sizeof(*n) + len, 0, 0);
}

static void ring_doorbell(struct world_page *page)
{
	__atomic_fetch_add(&page->seq, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&page->sleeping, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, &page->seq, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void env_wake(struct run *run, struct map *ring)
{
	ring_doorbell(call_of(run)->inst->page);
}

static struct map *env_object(struct run *run, u32 id)
{
	struct perf_object *e = object_perf(object_by_id(call_of(run)->inst, OBJECT_PERF, id));

	struct map_object *m;

	if (e && e->ring_size)
		return &e->map;
	m = e ? NULL : object_map(object_by_id(call_of(run)->inst, OBJECT_MAP, id));
	if (m)
		return &m->map;
	run->unknown++;
	return NULL;
}

static const struct image *env_program(struct run *run, u32 id, struct map *const **maps)
{
	struct prog_object *p = object_prog(object_by_id(call_of(run)->inst, OBJECT_PROG, id));

	if (p && prog_object_views(p, maps))
		p = NULL;
	if (!p)
		run->unknown++;
	return p ? p->image : NULL;
}

static const struct native_prog *env_native(struct run *run, u32 id)
{
	struct cygnet *inst = call_of(run)->inst;
	struct prog_object *p = object_prog(object_by_id(inst, OBJECT_PROG, id));
	const struct native_prog *code = p ? prog_object_native(p) : NULL;

	/* There may be room for more of them. */
	run->natives = inst->natives.data;
	run->native_count = (u32)inst->natives.len;
	return code;
}

const struct env_ops sys_run_env = {
	.clock = env_clock,
	.pid_tgid = env_pid_tgid,
	.uid_gid = env_uid_gid,
	.comm = env_comm,
	.task = env_none,
	.cgroup_id = env_cgroup_id,
	.ancestor_cgroup_id = env_ancestor_cgroup_id,
	.under_cgroup = env_under_cgroup,
	.pid_ns = env_pid_ns,
	.random = env_random,
	.read_user = env_read_user,
	.read_kernel = env_read_kernel,
	.write_user = env_write_user,
	.read_user_str = env_read_user_str,
	.read_kernel_str = env_read_kernel_str,
	.user_stack = env_user_stack,
	.send_signal = env_send_signal,
	.trace = env_trace,
	.wake = env_wake,
	.object = env_object,
	.program = env_program,
	.native = env_native,
};

int run_env_claim(struct cygnet *inst, int want)
{
	struct world_page *page = inst->page;
	u32 first = want < 0 ? 0 : want;
	u32 end = want < 0 ? MIN(inst->possible_cpus, (u32)WORLD_SLOTS) : first + 1;

	for (u32 i = first; i < end && i < WORLD_SLOTS; i++) {
		u32 none = 0;

		if (__atomic_compare_exchange_n(&page->slot[i].owner, &none, PARTICIPANT_SELF + 1,
						false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
			__atomic_store_n(&page->slot[i].busy, 1, __ATOMIC_RELAXED);
			return i;
		}
	}
	return -EBUSY;
}

void run_env_release(struct cygnet *inst, u32 cpu)
{
	struct world_slot *s = &inst->page->slot[cpu];

	__atomic_store_n(&s->busy, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&s->owner, 0, __ATOMIC_RELEASE);
}
