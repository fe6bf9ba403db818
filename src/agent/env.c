// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a program may ask inside a target: the kernel's own answers by raw
 * system calls, the clock from the vDSO, the application's memory by a copy
 * that survives faults. What cannot be known here is counted in run->unknown.
 */
#include "agent/agent.h"
#include <cygnet/abi.h>
#include "core/helper.h"
#include "core/handle.h"

#define USER_END 0x7ffffffff000ull

/*
 * A fault's signal would start on the alternate stack. While a handler of the
 * application is on that, and we are not, the kernel copies instead.
 */
static bool on_other_stack(void)
{
	const struct block *b = agent_block_get();

	return unlikely(b && b->regs.sp > b->alt_lo && b->regs.sp <= b->alt_hi);
}

static __attribute__((noinline)) long copy_by_kernel(long nr, void *local, u64 remote, u64 n)
{
	const struct block *b = agent_block_get();
	u64 here[2] = {ptr_to_u64(local), n}, there[2] = {remote, n};

	if (agent.sealed)
		return -14;
	return sys6(nr, b->tgid, SYS_ARG(here), 1, SYS_ARG(there), 1, 0) == (long)n ? 0 : -14;
}

int user_read(void *dst, u64 addr, u64 n)
{
	if (addr >= USER_END || n > USER_END - addr)
		return -14;
	if (on_other_stack())
		return (int)copy_by_kernel(__NR_process_vm_readv, dst, addr, n);
	return (int)agent_copy(dst, u64_to_ptr(addr), n);
}

int user_write(u64 addr, const void *src, u64 n)
{
	if (addr >= USER_END || n > USER_END - addr)
		return -14;
	if (on_other_stack())
		return (int)copy_by_kernel(__NR_process_vm_writev, (void *)src, addr, n);
	return (int)agent_copy(u64_to_ptr(addr), src, n);
}

static struct block *block_of(struct run *run)
{
	return run->env_data;
}

/* The vDSO may fall back to a system call of its own, which dispatch and the patch of the
 * instruction must let pass. */
static long vdso_clock(struct block *b, int id, s64 ts[2])
{
	long r;

	if (!agent.vdso_clock || agent.shared_tls)
		return -38;
	__atomic_store_n(&b->selector, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&b->in_vdso, 1, __ATOMIC_RELAXED);
	r = agent.vdso_clock(id, ts);
	__atomic_store_n(&b->in_vdso, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&b->selector, 1, __ATOMIC_RELAXED);
	return r;
}

#define HZ 250 /* jiffies are only comparable with each other */

static u64 env_clock(struct run *run, enum env_clock which)
{
	static const int ids[] = {
		[ENV_CLOCK_MONOTONIC] = 1, [ENV_CLOCK_BOOTTIME] = 7, [ENV_CLOCK_COARSE] = 6,
		[ENV_CLOCK_TAI] = 11,      [ENV_CLOCK_JIFFIES] = 6,
	};
	s64 ts[2] = {0, 0};
	u64 ns;
	long r;

	if ((u32)which >= ARRAY_SIZE(ids))
		return 0;
	if (!agent.no_tsc) {
		r = vdso_clock(block_of(run), ids[which], ts);
	} else if (agent.sealed) { /* that one needs no counter */
		r = vdso_clock(block_of(run), 6 /* CLOCK_MONOTONIC_COARSE */, ts);
		run->unknown += which != ENV_CLOCK_COARSE && which != ENV_CLOCK_JIFFIES;
	} else {
		r = -38;
	}
	if (r && !agent.sealed)
		r = sys3(__NR_clock_gettime, ids[which], SYS_ARG(ts), 0);
	if (r) {
		run->unknown++;
		return 0;
	}
	ns = (u64)ts[0] * 1000000000ull + (u64)ts[1];
	return which == ENV_CLOCK_JIFFIES ? ns / (1000000000ull / HZ) : ns;
}

static u64 env_pid_tgid(struct run *run)
{
	struct block *b = block_of(run);

	if (!b->tid)
		run->unknown++;
	return (u64)b->tgid << 32 | b->tid;
}

static u64 env_uid_gid(struct run *run)
{
	if (agent.sealed) {
		run->unknown++;
		return 0;
	}
	return (u64)sys3(__NR_getgid, 0, 0, 0) << 32 | (u32)sys3(__NR_getuid, 0, 0, 0);
}

static void comm_of_self(char comm[16])
{
	mem_zero(comm, 16);
	if (!agent.sealed)
		sys3(__NR_prctl, 16 /* PR_GET_NAME */, SYS_ARG(comm), 0);
	comm[15] = 0;
}

static void env_comm(struct run *run, char comm[16])
{
	if (agent.sealed)
		run->unknown++;
	comm_of_self(comm);
}

static u64 env_task(struct run *run)
{
	return handle_make(HANDLE_TASK, 0);
}

/* Of when the process began, or last said hello: the instance looked it up. */
static bool cgroup_known(struct run *run)
{
	run->unknown += !agent.cgroup.count;
	return agent.cgroup.count;
}

static u64 env_cgroup_id(struct run *run)
{
	return cgroup_known(run) ? cgroup_own(&agent.cgroup) : 0;
}

static u64 env_ancestor_cgroup_id(struct run *run, u32 level)
{
	if (!agent.cgroup.rooted) {
		run->unknown++;
		return 0;
	}
	return level < agent.cgroup.count ? agent.cgroup.id[level] : 0;
}

static int env_under_cgroup(struct run *run, u64 id)
{
	int under = cgroup_under(&agent.cgroup, id);

	run->unknown += under < 0;
	return under < 0 ? -14 : under;
}

static int env_pid_ns(struct run *run, u64 *dev, u64 *ino)
{
	if (!agent.pid_ns_ino) {
		run->unknown++;
		return -2;
	}
	*dev = agent.pid_ns_dev;
	*ino = agent.pid_ns_ino;
	return 0;
}

static u64 env_random(struct run *run)
{
	return run_random(&block_of(run)->random);
}

static int env_read_user(struct run *run, void *dst, u32 size, u64 addr)
{
	return user_read(dst, addr, size);
}

static int env_write_user(struct run *run, u64 addr, const void *src, u32 size)
{
	return user_write(addr, src, size);
}

/* A field of a kernel object: its value, or that it is not known here. */
struct field_value {
	u8 bytes[16];
	u32 size;
};

static bool value_int(struct field_value *v, u64 value, u32 size)
{
	mem_copy(v->bytes, &value, 8);
	v->size = size;
	return true;
}

static bool task_field(struct block *b, u32 kind, enum plan_field f, struct field_value *v)
{
	bool self = kind == HANDLE_TASK, leader = kind == HANDLE_TASK_LEADER;

	switch (f) {
	case FIELD_TASK_PID:
	case FIELD_TASK_TGID:
		if (self)
			return value_int(v, f == FIELD_TASK_PID ? b->tid : b->tgid, 4);
		if (leader)
			return value_int(v, b->tgid, 4);
		if (agent.sealed)
			return false;
		return value_int(v, (u64)sys3(__NR_getppid, 0, 0, 0), 4);
	case FIELD_TASK_COMM:
		if (!self && !(leader && b->tid == b->tgid))
			return false;
		comm_of_self((char *)v->bytes);
		v->size = 16;
		return true;
	case FIELD_TASK_REAL_PARENT:
	case FIELD_TASK_PARENT:
		if (kind == HANDLE_TASK_PARENT)
			return false;
		return value_int(v, handle_make(HANDLE_TASK_PARENT, 0), 8);
	case FIELD_TASK_GROUP_LEADER:
		return value_int(v,
				 handle_make(kind == HANDLE_TASK_PARENT ? HANDLE_TASK_PARENT
									: HANDLE_TASK_LEADER,
					     0),
				 8);
	case FIELD_TASK_CRED:
		if (kind == HANDLE_TASK_PARENT)
			return false;
		return value_int(v, handle_make(HANDLE_CRED, 0), 8);
	default: return false;
	}
}

static bool cred_field(enum plan_field f, struct field_value *v)
{
	u32 ids[3] = {0, 0, 0};
	bool group = f == FIELD_CRED_GID;

	if (agent.sealed || f < FIELD_CRED_UID)
		return false;
	sys3(group ? __NR_getresgid : __NR_getresuid, SYS_ARG(&ids[0]), SYS_ARG(&ids[1]),
	     SYS_ARG(&ids[2]));
	return value_int(v, f == FIELD_CRED_EUID ? ids[1] : ids[0], 4);
}

/* Bytes of a kernel object: inside one field that is known here. */
static int read_handle(struct run *run, void *dst, u32 size, u64 addr)
{
	u32 kind = handle_kind(addr), off = handle_offset(addr);

	for (u32 f = 0; f < FIELD_COUNT; f++) {
		struct field_value v = {{0}, 0};
		u32 at = (u32)agent.field[f];

		if (agent.field[f] < 0 || (f >= FIELD_CRED_UID) != (kind == HANDLE_CRED) ||
		    off < at || off - at >= 16)
			continue;
		if (!(kind == HANDLE_CRED ? cred_field(f, &v)
					  : task_field(block_of(run), kind, f, &v)))
			continue;
		if (off - at + (u64)size > v.size)
			continue;
		mem_copy(dst, v.bytes + (off - at), size);
		return 0;
	}
	run->unknown++;
	return -14;
}

static int env_read_kernel(struct run *run, void *dst, u32 size, u64 addr)
{
	u64 regs = ptr_to_u64(run->regs);

	if (handle_is(addr))
		return read_handle(run, dst, size, addr);
	if (run->regs && addr >= regs && addr - regs <= sizeof(*run->regs) &&
	    size <= sizeof(*run->regs) - (addr - regs)) {
		mem_copy(dst, (const u8 *)run->regs + (addr - regs), size);
		return 0;
	}
	if (run_may_access(run, addr, size, false)) {
		mem_copy(dst, u64_to_ptr(addr), size);
		return 0;
	}
	run->unknown++;
	return -14;
}

typedef int read_fn(struct run *run, void *dst, u32 size, u64 addr);

/* In pieces that do not cross a page, so that a string may end just before a hole. */
static long read_str(struct run *run, char *dst, u32 size, u64 addr, read_fn *read, u32 piece)
{
	u32 done = 0;

	if (!size)
		return 0;
	while (done < size) {
		u32 n = MIN(size - done, piece - (u32)((addr + done) & (piece - 1)));

		if (read(run, dst + done, n, addr + done)) {
			dst[0] = 0;
			return -14;
		}
		for (u32 i = 0; i < n; i++, done++)
			if (!dst[done])
				return done + 1;
	}
	dst[size - 1] = 0;
	return size;
}

static long env_read_user_str(struct run *run, char *dst, u32 size, u64 addr)
{
	return read_str(run, dst, size, addr, env_read_user, 4096);
}

static long env_read_kernel_str(struct run *run, char *dst, u32 size, u64 addr)
{
	char comm[16];

	/* A task's comm is the one string a handle leads to. */
	if (handle_is(addr)) {
		u32 n = MIN(size, 16u);
		long r;

		if (!size || read_handle(run, comm, 16, addr)) {
			if (size)
				dst[0] = 0;
			return size ? -14 : 0;
		}
		for (r = 0; r < n - 1 && comm[r]; r++)
			dst[r] = comm[r];
		dst[r] = 0;
		return r + 1;
	}
	return read_str(run, dst, size, addr, env_read_kernel, 1);
}

#define STACK_SPAN (8u << 20)

/* Is the event a probe of a function's first instruction, before which nothing was pushed? */
static bool at_entry(struct run *run)
{
	const struct stub_head *h = u64_to_ptr(block_of(run)->head & ~(u64)(STUB_BYTES - 1));
	u64 off = ptr_to_u64(h) - ptr_to_u64(agent_arena);

	return run->func_ip && run->func_ip == run->regs->ip &&
	       off < (u64)STUB_SLOTS * STUB_BYTES && h->kind == STUB_PROBE &&
	       h->site == run->func_ip && !(h->flags & STUB_FLAGS_LIVE);
}

struct frames {
	u64 *ips;
	u32 max, skip, count;
};

static void frame_add(struct frames *f, u64 ip)
{
	if (f->skip)
		f->skip--;
	else if (f->count < f->max)
		f->ips[f->count++] = ip;
}

/*
 * By frame pointers, as the kernel does it. A function without one hides its
 * caller, but for a probe of its entry: the return address is still on top.
 */
static long env_user_stack(struct run *run, u64 *ips, u32 max, u32 skip)
{
	struct frames f = {.ips = ips, .max = max, .skip = skip};
	const struct core_regs *r = run->regs;
	u64 frame[2], bp;

	if (!r)
		return -14;
	frame_add(&f, r->ip);
	if (at_entry(run) && !user_read(frame, r->sp, sizeof(*frame)))
		frame_add(&f, plan_return(frame[0]));
	for (bp = r->bp; f.count < max; bp = frame[0]) {
		if (bp < r->sp || bp - r->sp > STACK_SPAN || bp & 7 ||
		    user_read(frame, bp, sizeof(frame)) || !frame[1])
			break;
		frame_add(&f, plan_return(frame[1]));
		if (frame[0] <= bp)
			break;
	}
	return f.count;
}

static long env_send_signal(struct run *run, u32 sig, bool thread)
{
	struct block *b = block_of(run);

	if (agent.sealed)
		return -1;
	return thread ? sys3(__NR_tgkill, b->tgid, b->tid, sig) : sys3(__NR_kill, b->tgid, sig, 0);
}

static void doorbell(void)
{
	__atomic_fetch_add(&agent.page->seq, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&agent.page->sleeping, __ATOMIC_SEQ_CST) && !agent.sealed)
		sys6(__NR_futex, SYS_ARG(&agent.page->seq), 1 /* FUTEX_WAKE */, 0x7fffffff, 0, 0,
		     0);
}

static void env_wake(struct run *run, struct map *ring)
{
	doorbell();
}

/* A note is a record of the instance's ring, written as a program would. */
void note_put(struct block *b, u32 kind, const char *text, u32 len)
{
	u8 space[sizeof(struct note) + 512] __attribute__((aligned(8)));
	struct note *rec = (struct note *)space;
	struct run run;
	s64 ts[2] = {0, 0};

	const struct helper_proto *output = core_helper(BPF_FUNC_ringbuf_output);

	if (!agent.notes || !output)
		return;
	mem_zero(rec, sizeof(*rec));
	mem_zero(&run, sizeof(run));
	run.env = &agent_env;
	run.env_data = b;
	run.possible_cpus = agent.possible_cpus;
	len = MIN(len, 512u);
	rec->kind = kind;
	rec->pid = b->tgid;
	rec->tid = b->tid;
	rec->cpu = b->slot_hint;
	vdso_clock(b, agent.no_tsc ? 6 : 1 /* CLOCK_MONOTONIC_COARSE, CLOCK_MONOTONIC */, ts);
	rec->time_ns = (u64)ts[0] * 1000000000ull + (u64)ts[1];
	comm_of_self(rec->comm);
	rec->len = len;
	mem_copy(rec->text, text, len);
	output->fn(&run, ptr_to_u64(agent.notes), ptr_to_u64(rec), sizeof(*rec) + len, 0, 0);
}

static void env_trace(struct run *run, const char *line, u32 len)
{
	note_put(block_of(run), NOTE_TRACE, line, len);
}

static struct map *env_object(struct run *run, u32 id)
{
	for (u32 i = 0; i < agent.map_count; i++)
		if (agent.maps[i].id == id)
			return &agent.maps[i];
	run->unknown++;
	return NULL;
}

static const struct image *env_program(struct run *run, u32 id, struct map *const **maps)
{
	for (u32 i = 0; i < agent.prog_count; i++)
		if (agent.progs[i].image->prog_id == id) {
			*maps = agent.progs[i].maps;
			return agent.progs[i].image;
		}
	run->unknown++;
	return NULL;
}

static const struct native_prog *env_native(struct run *run, u32 id)
{
	(void)run;
	for (u32 i = 0; i < agent.prog_count; i++)
		if (agent.progs[i].image->prog_id == id)
			return agent.progs[i].native.code ? &agent.progs[i].native : NULL;
	return NULL;
}

const struct env_ops agent_env = {
	.clock = env_clock,
	.pid_tgid = env_pid_tgid,
	.uid_gid = env_uid_gid,
	.comm = env_comm,
	.task = env_task,
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
