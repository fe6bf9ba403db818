// SPDX-License-Identifier: BSD-2-Clause
/*
 * Takes a plan: maps the world page and the segments, adds programs, probes
 * and attachments to what this process has, writes near pages, stubs and
 * patches. The plan stays mapped, programs run from it. Also the two kinds of
 * stub that the agent makes itself, because they need no decoding: gates, for
 * system calls that nobody patched, and return thunks.
 */
#include "agent/agent.h"

/* ---- memory that lives as long as the process ---- */
static u8 *pool, *pool_end;

static void *keep(size_t n)
{
	n = ROUND_UP(n, 16ul);
	if ((size_t)(pool_end - pool) < n) {
		size_t size = MAX(n, (size_t)1 << 16);
		u8 *p = sys_mmap(NULL, size, 3, 0x22, -1, 0);

		if (sys_failed(p))
			return NULL;
		pool = p;
		pool_end = p + size;
	}
	pool += n;
	return pool - n;
}

/* ---- code ---- */
static long mem_fd = -1; /* open only while a plan is written */

static void mem_open(void)
{
	mem_fd = sys_open("/proc/self/mem", 02000002);
}

static void mem_close(void)
{
	if (mem_fd >= 0)
		sys_close((int)mem_fd);
	mem_fd = -1;
}

/* Writes bytes of code: through /proc/self/mem, or with the pages made writable. */
int code_write(u64 addr, const void *src, u32 len)
{
	u64 start = addr & ~4095ull, size = ROUND_UP(addr + len, 4096ull) - start;
	long r = -1;

	if (mem_fd >= 0)
		r = sys4(__NR_pwrite64, mem_fd, SYS_ARG(src), len, (long)addr);
	if (r == len)
		return 0;
	r = sys3(__NR_mprotect, (long)start, (long)size, 7);
	if (r)
		return (int)r;
	mem_copy(u64_to_ptr(addr), src, len);
	sys3(__NR_mprotect, (long)start, (long)size, 5);
	return 0;
}

static void put32(u8 *p, s64 v)
{
	s32 x = (s32)v;

	mem_copy(p, &x, 4);
}

/*
 * A gate: lea data,%rcx; jmp *enter; syscall; lea data,%rcx; jmp *exit; jmp *back.
 * Its data lies at a fixed distance, so that every gate has the same bytes.
 */
struct gate_data {
	struct stub_head head;
	u64 pad[(STUB_HEAD_BYTES - sizeof(struct stub_head)) / 8];
	u64 enter, exit;
};
#define GATE_ENTER   offsetof(struct gate_data, enter)
#define GATE_EXIT    offsetof(struct gate_data, exit)
#define GATE_SYSCALL 13
#define GATE_END     34

static bool fill_pages(u8 *at, u32 size, const u8 *page, bool writable)
{
	for (u32 i = 0; i < size; i += 4096)
		if (writable)
			mem_copy(at + i, page, 4096);
		else if (code_write(ptr_to_u64(at + i), page, 4096))
			return false;
	return true;
}

static bool gates_fill(bool arena_writable)
{
	static const u8 bytes[GATE_END] = {
		0x48, 0x8d, 0x0d, 0,    0,    0,    0, 0xff, 0x25, 0, 0,    0,
		0,    0x0f, 0x05, 0x48, 0x8d, 0x0d, 0, 0,    0,    0, 0xff, 0x25,
		0,    0,    0,    0,    0xff, 0x25, 0, 0,    0,    0,
	};
	s64 distance = agent_gate_data - agent_gate_code;

	u8 page[4096];

	for (u32 i = 0; i < sizeof(page); i += GATE_BYTES) {
		u8 *p = page + i;

		mem_copy(p, bytes, GATE_END);
		put32(p + 3, distance - 7);
		put32(p + 9, distance + (s64)GATE_ENTER - 13);
		put32(p + 18, distance - 22);
		put32(p + 24, distance + (s64)GATE_EXIT - 28);
		put32(p + 30, distance + (s64)offsetof(struct stub_head, back) - 34);
	}
	return fill_pages(agent_gate_code, GATE_COUNT * GATE_BYTES, page, arena_writable);
}

/* The gate of an unpatched syscall instruction; from SIGSYS, in any thread. NULL: none left. */
struct stub_head *gate_for(u64 site)
{
	struct gate_data *g = (struct gate_data *)agent_gate_data;
	u32 n = MIN(__atomic_load_n(&agent.gate_count, __ATOMIC_ACQUIRE), (u32)GATE_COUNT), at;

	_Static_assert(sizeof(*g) <= GATE_BYTES, "a gate's data fits");
	for (u32 i = 0; i < n; i++) {
		g = (struct gate_data *)(agent_gate_data + i * GATE_BYTES);
		if (__atomic_load_n(&g->head.site, __ATOMIC_ACQUIRE) == site)
			return &g->head;
	}
	at = __atomic_fetch_add(&agent.gate_count, 1, __ATOMIC_ACQ_REL);
	if (at >= GATE_COUNT) {
		__atomic_store_n(&agent.gate_count, GATE_COUNT, __ATOMIC_RELEASE);
		return NULL;
	}
	g = (struct gate_data *)(agent_gate_data + at * GATE_BYTES);
	g->head.unwind = site + 2;
	g->head.back = site + 2;
	g->head.kind = STUB_SYSCALL;
	g->head.at_enter = 0;
	g->head.at_syscall = GATE_SYSCALL;
	g->head.at_exit = GATE_SYSCALL + 2;
	g->head.at_after = GATE_END - 6;
	g->enter = ptr_to_u64(agent_syscall_enter);
	g->exit = ptr_to_u64(agent_syscall_exit);
	__atomic_store_n(&g->head.site, site, __ATOMIC_RELEASE);
	return &g->head;
}

extern const u8 agent_image_start[] __asm__("__ehdr_start") __attribute__((visibility("hidden")));

void dispatch_arm(struct block *b)
{
	if (!agent.dispatch || agent.sealed)
		return;
	b->selector = 1;
	sys6(__NR_prctl, 59 /* PR_SET_SYSCALL_USER_DISPATCH */, 1, SYS_ARG(agent_image_start),
	     agent_code_end - agent_image_start, SYS_ARG(&b->selector), 0);
	b->armed = 1;
}

/* ---- what a plan names ---- */
static struct map *map_find(u32 id, u32 kind)
{
	for (u32 i = 0; i < agent.map_count; i++)
		if (agent.maps[i].id == id && agent.map_kind[i] == kind)
			return &agent.maps[i];
	return NULL;
}

void *map_lazily(size_t size, int flags, int fd)
{
	void *p = sys_mmap(NULL, size, 0, flags, fd, 0);

	if (sys_failed(p))
		return p;
	sys3(__NR_munlock, SYS_ARG(p), (long)size, 0);
	if (!sys3(__NR_mprotect, SYS_ARG(p), (long)size, 3))
		return p;
	sys_munmap(p, size);
	return (void *)-12l;
}

static int map_add(const struct plan_map *m, const int *fds, u32 fd_count)
{
	struct map *view = &agent.maps[agent.map_count];
	void *base;
	int r;

	if (map_find(m->object_id, m->kind))
		return 0;
	if (agent.map_count >= MAP_MAX || m->fd >= fd_count || m->contents_size > m->size)
		return -7;
	base = map_lazily(m->size, 1 /* MAP_SHARED */, fds[m->fd]);
	if (sys_failed(base))
		return (int)(long)base;
	sys3(__NR_madvise, SYS_ARG(base), (long)m->size, 16 /* DONTDUMP */);
	r = map_view_init(view, &m->attr, m->object_id, m->name, base, agent.participant, false);
	if (r) {
		sys_munmap(base, m->size);
		return r;
	}
	agent.map_kind[agent.map_count++] = (u8)m->kind;
	return 0;
}

static int prog_add(const struct plan *plan, u64 size, const struct plan_prog *p,
		    const struct native_area *code)
{
	const struct image *img = plan_part(plan, size, p->image_off, 1, sizeof(*img));
	struct prog_ref *ref = &agent.progs[agent.prog_count];

	if (!img || img->size > size - p->image_off || img->magic != IMAGE_MAGIC ||
	    img->map_count > IMAGE_MAX_MAPS || agent.prog_count >= PROG_MAX)
		return -22;
	ref->image = img;
	ref->index = MIN(p->stats, WORLD_PROGS - 1u);
	ref->stats = &agent.page->prog[ref->index];
	ref->writes_ctx = img->ctx_write_lo < img->ctx_write_hi;
	ref->maps = keep(sizeof(*ref->maps) * (img->map_count + 1));
	if (!ref->maps)
		return -12;
	for (u32 i = 0; i < img->map_count; i++) {
		ref->maps[i] = map_find(image_maps(img)[i], 0);
		if (!ref->maps[i])
			return -2;
	}
	native_add(plan, size, p->native_off, code, ref);
	agent.prog_count++;
	return 0;
}

static struct fire_list *list_of(const struct plan_attach *a)
{
	bool known = a->nr >= 0 && a->nr < NR_MAX;

	switch (a->kind) {
	case ATTACH_SYSCALL_ENTER: return known ? &agent.enter[a->nr] : NULL;
	case ATTACH_SYSCALL_EXIT: return known ? &agent.exit[a->nr] : NULL;
	case ATTACH_SYS_ENTER: return &agent.sys_enter;
	case ATTACH_SYS_EXIT: return &agent.sys_exit;
	case ATTACH_RAW_SYS_ENTER: return &agent.raw_enter;
	case ATTACH_RAW_SYS_EXIT: return &agent.raw_exit;
	default: return NULL;
	}
}

/* Index + 1 is published last: other threads may be walking the list. */
static void list_append(u32 *first, u32 *last, u32 entry)
{
	if (*last)
		__atomic_store_n(&agent.attach[*last - 1].next, entry, __ATOMIC_RELEASE);
	else
		__atomic_store_n(first, entry, __ATOMIC_RELEASE);
	*last = entry;
}

static int attach_add(const struct plan_attach *a, u32 prog_base, u32 probe_base)
{
	struct attach_ref *ref = &agent.attach[agent.attach_count];
	struct fire_list *l = list_of(a);
	u32 entry = agent.attach_count + 1;

	if (entry > ATTACH_MAX || prog_base + a->prog >= agent.prog_count)
		return -7;
	ref->a = *a;
	ref->prog = &agent.progs[prog_base + a->prog];
	ref->next = 0;
	ref->odd = a->pid > 0 || ref->prog->writes_ctx || !ref->prog->native.code;
	agent.attach_count++;
	if (l) {
		list_append(&l->first, &l->last, entry);
	} else if (a->probe != ~0u && probe_base + a->probe < agent.probe_count) {
		struct probe_ref *p = &agent.probes[probe_base + a->probe];

		if (a->kind == ATTACH_URETPROBE)
			p->has_return = true;
		/* The kernel runs a probe's consumers newest first. */
		ref->next = p->first;
		__atomic_store_n(&p->first, entry, __ATOMIC_RELEASE);
	}
	return 0;
}

/* Adds n to a USDT semaphore; where there is no such memory yet, nothing. */
static bool semaphore_raise(u64 addr)
{
	u16 v;

	if (user_read(&v, addr, sizeof(v)))
		return false;
	v++;
	return !user_write(addr, &v, sizeof(v));
}

static int probe_add(const struct plan_probe *p)
{
	struct probe_ref *ref = &agent.probes[agent.probe_count];

	if (agent.probe_count >= PROBE_MAX)
		return -7;
	mem_zero(ref, sizeof(*ref));
	ref->p = *p;
	agent.probe_count++;
	if (p->semaphore && semaphore_raise(p->semaphore))
		ref->p.sem_ino = 0;
	return 0;
}

/* ---- return thunks ---- */
struct thunk {
	u64 ret;    /* where the probed function was to return */
	u64 unwind; /* what an unwinder takes for it: the address before, as behind a call */
	u64 entry;
	u32 probe; /* + 1; 0: free */
	u16 depth; /* thunks behind thunks (tail calls) */
	u16 ready;
};
_Static_assert(sizeof(struct thunk) == THUNK_BYTES, "thunks");
static bool thunks_ready;

static void thunks_fill(bool arena_writable)
{
	s64 distance = agent_thunk_data - agent_thunk_code;
	u8 page[4096];

	__builtin_memset(page, 0xcc, sizeof(page));
	for (u32 i = 0; i < sizeof(page); i += THUNK_BYTES) {
		page[i] = 0x68;                /* push $number */
		page[i + THUNK_PUSHED] = 0xff; /* jmp *entry(%rip) */
		page[i + THUNK_PUSHED + 1] = 0x25;
		put32(page + i + THUNK_PUSHED + 2,
		      distance + (s64)offsetof(struct thunk, entry) - THUNK_PUSHED - 6);
	}
	for (u32 i = 0; i < THUNK_COUNT * THUNK_BYTES; i += sizeof(page)) {
		for (u32 k = 0; k < sizeof(page); k += THUNK_BYTES)
			put32(page + k + 1, (i + k) / THUNK_BYTES);
		if (arena_writable)
			mem_copy(agent_thunk_code + i, page, sizeof(page));
		else if (code_write(ptr_to_u64(agent_thunk_code + i), page, sizeof(page)))
			return;
	}
	thunks_ready = true;
}

static struct thunk *thunk_of(u64 code)
{
	u64 off = code - ptr_to_u64(agent_thunk_code);

	return off < THUNK_COUNT * THUNK_BYTES
		       ? (struct thunk *)agent_thunk_data + off / THUNK_BYTES
		       : NULL;
}

u64 plan_return(u64 ret)
{
	struct thunk *t;

	for (u32 depth = 0; depth < 64 && (t = thunk_of(ret)); depth++)
		ret = __atomic_load_n(&t->ret, __ATOMIC_RELAXED);
	return ret;
}

/* The code that stands for (probe, return address): found or claimed; 0: no room. */
static u64 thunk_for(u32 probe, u64 ret)
{
	struct thunk *t, *chained = thunk_of(ret);
	u64 hash = (ret ^ (u64)probe << 40) * 0x9e3779b97f4a7c15ull >> 40;

	for (u32 i = 0; i < 256; i++) {
		u32 at = 1 + (u32)((hash + i) % (THUNK_COUNT - 1)), want = 0;

		t = (struct thunk *)agent_thunk_data + at;
		if (!__atomic_load_n(&t->probe, __ATOMIC_ACQUIRE) &&
		    __atomic_compare_exchange_n(&t->probe, &want, probe + 1, false,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
			t->ret = ret;
			t->unwind = chained ? ret : ret - 1;
			t->entry = ptr_to_u64(agent_probe_return);
			t->depth = chained ? chained->depth + 1 : 0;
			__atomic_store_n(&t->ready, 1, __ATOMIC_RELEASE);
		}
		while (!__atomic_load_n(&t->ready, __ATOMIC_ACQUIRE))
			__builtin_ia32_pause();
		if (t->probe == probe + 1 && t->ret == ret)
			return ptr_to_u64(agent_thunk_code + at * THUNK_BYTES);
	}
	return 0;
}

/* The same, as this thread found it before. 0: no room. */
static u64 thunk_recent(struct block *b, u32 probe, u64 ret)
{
	u32 at = (u32)(ret >> 2 ^ ret >> 7 ^ probe) % THUNKS_RECENT;
	struct thunk *t;

	if (b->thunks[at].ret != ret || b->thunks[at].probe != probe + 1) {
		t = thunk_of(ret);
		b->thunks[at].code = t && t->depth >= 63 ? 0 : thunk_for(probe, ret);
		b->thunks[at].ret = ret;
		b->thunks[at].probe = probe + 1;
	}
	return b->thunks[at].code;
}

void probe_take_return(struct block *b, const struct stub_head *h)
{
	u64 ret, code;

	if (!thunks_ready || user_read(&ret, b->regs.sp, 8))
		return;
	code = thunk_recent(b, h->probe, ret);
	if (code)
		user_write(b->regs.sp, &code, 8);
}

void agent_return(struct block *b)
{
	struct thunk *t = (struct thunk *)agent_thunk_data + b->head;
	struct probe_ref *p = &agent.probes[t->probe - 1];

	b->busy = 1;
	b->resume = t->ret;
	b->regs.ip = t->ret;
	b->regs.orig_ax = ~0ull;
	fire_return(b, p);
	b->busy = 0;
}

/* ---- writing ---- */
#define NEAR_MAX 1024

static bool near_map(const struct plan_near *n)
{
	void *p =
		sys_mmap(u64_to_ptr(n->address), n->size, 5, 0x100022 /* FIXED_NOREPLACE */, -1, 0);

	if (p == u64_to_ptr(n->address))
		return true;
	if (!sys_failed(p))
		sys_munmap(p, n->size);
	return false;
}

static bool stub_write(u64 address, const u8 *bytes, u32 len, bool direct)
{
	u64 slot = (address - ptr_to_u64(agent_arena)) / STUB_BYTES;

	if (slot >= STUB_SLOTS || len > STUB_BYTES)
		return false;
	if (slot >= agent.slot_count)
		agent.slot_count = (u32)slot + 1;
	if (!direct)
		return !code_write(address, bytes, len);
	mem_copy(u64_to_ptr(address), bytes, len);
	return true;
}

/*
 * At start the mappings that are patched are made writable as a whole: one call
 * instead of one per patch. What may not be (a policy against it) is written
 * through /proc/self/mem.
 */
static u32 spans_open(const struct plan *plan, u64 size, const struct plan_near **spans)
{
	*spans = plan_part(plan, size, plan->span_off, plan->span_count, sizeof(**spans));
	if (!*spans)
		return 0;
	for (u32 i = 0; i < plan->span_count; i++)
		if (sys3(__NR_mprotect, (long)(*spans)[i].address, (long)(*spans)[i].size, 7))
			return i;
	return plan->span_count;
}

static void spans_close(const struct plan_near *spans, u32 n)
{
	for (u32 i = 0; i < n; i++)
		sys3(__NR_mprotect, (long)spans[i].address, (long)spans[i].size, 5);
}

static bool in_span(const struct plan_near *spans, u32 n, u64 address, u32 len)
{
	for (u32 i = 0; i < n; i++)
		if (address >= spans[i].address && address - spans[i].address < spans[i].size &&
		    len <= spans[i].size - (address - spans[i].address))
			return true;
	return false;
}

/*
 * Stubs (first: into an arena that is still writable), or everything else. What cannot
 * be written is left to dispatch.
 */
static void write_some(const struct plan *plan, u64 size, const u64 *mapped, bool stubs, bool first)
{
	const struct plan_write *w =
		plan_part(plan, size, plan->write_off, plan->write_count, sizeof(*w));
	const struct plan_near *spans = NULL;
	u32 open = first && !stubs ? spans_open(plan, size, &spans) : 0;

	for (u32 i = 0; w && i < plan->write_count; i++) {
		const u8 *bytes = (const u8 *)plan + w[i].off;
		u32 n = w[i].near;
		bool done = true;

		if (w[i].off > size || w[i].len > size - w[i].off ||
		    (w[i].kind == PLAN_STUB) != stubs)
			continue;
		if (n && !(n <= NEAR_MAX && mapped[(n - 1) / 64] >> (n - 1) % 64 & 1))
			done = false;
		else if (stubs)
			done = stub_write(w[i].address, bytes, w[i].len, first);
		else if (in_span(spans, open, w[i].address, w[i].len))
			mem_copy(u64_to_ptr(w[i].address), bytes, w[i].len);
		else
			done = !code_write(w[i].address, bytes, w[i].len);
		agent.dispatch |= !done;
	}
	spans_close(spans, open);
}

static bool wants_returns(void)
{
	for (u32 i = 0; i < agent.probe_count; i++)
		if (agent.probes[i].has_return)
			return true;
	return false;
}

static void near_map_all(const struct plan *plan, u64 size, u64 *mapped)
{
	const struct plan_near *near =
		plan_part(plan, size, plan->near_off, plan->near_count, sizeof(*near));

	for (u32 i = 0; near && i < plan->near_count && i < NEAR_MAX; i++)
		if (near_map(&near[i]))
			mapped[i / 64] |= 1ull << i % 64;
}

/*
 * The arena, gates and thunks: written while they are data, and then made code. Where
 * memory that was writable may not become executable, there are fresh pages of code
 * in its place, which /proc/self/mem writes. False: neither.
 */
static bool arena_fill(const struct plan *plan, u64 size, const u64 *mapped)
{
	size_t bytes = agent_code_end - agent_arena;
	bool returns = wants_returns();

	gates_fill(true);
	if (returns)
		thunks_fill(true);
	write_some(plan, size, mapped, true, true);
	if (!sys3(__NR_mprotect, SYS_ARG(agent_arena), (long)bytes, 5))
		return true;
	if (sys_failed(
		    sys_mmap(agent_arena, bytes, 5, 0x32 /* PRIVATE, FIXED, ANONYMOUS */, -1, 0)))
		return false;
	thunks_ready = false;
	if (returns)
		thunks_fill(false);
	write_some(plan, size, mapped, true, false);
	return gates_fill(false);
}

static void write_all(const struct plan *plan, u64 size, bool first)
{
	u64 mapped[NEAR_MAX / 64] = {0};

	near_map_all(plan, size, mapped);
	if (first && !arena_fill(plan, size, mapped)) {
		/* No executable memory to be had: nothing can be patched or dispatched. */
		agent.dispatch = false;
		agent.slot_count = 0;
		return;
	}
	if (!first && !thunks_ready && wants_returns())
		thunks_fill(false);
	if (!first)
		write_some(plan, size, mapped, true, false);
	write_some(plan, size, mapped, false, first);
}

static int load_page(const struct plan *plan, const struct plan_reply *reply, const int *fds,
		     u32 fd_count)
{
	void *lock;

	if (fd_count < 3)
		return -71;
	if (!agent.page) {
		void *page = sys_mmap(NULL, plan->page_size, 3, 1, fds[2], 0);

		if (sys_failed(page) || plan->page_size < sizeof(struct world_page))
			return -12;
		agent.page = page;
		sys3(__NR_madvise, SYS_ARG(page), (long)plan->page_size, 16);
	}
	/* Holding the mapping holds the lock; a forked child must not. */
	lock = sys_mmap(NULL, 4096, 1, 1, fds[1], 0);
	if (sys_failed(lock))
		return -12;
	sys3(__NR_madvise, SYS_ARG(lock), 4096, 10 /* DONTFORK */);
	agent.participant = reply->participant;
	for (u32 i = 0; i < agent.map_count; i++)
		agent.maps[i].owner = reply->participant;
	return 0;
}

static int load_objects(const struct plan *plan, u64 size, const int *fds, u32 fd_count)
{
	const struct plan_map *m =
		plan_part(plan, size, plan->map_off, plan->map_count, sizeof(*m));
	const struct plan_prog *p =
		plan_part(plan, size, plan->prog_off, plan->prog_count, sizeof(*p));
	const struct plan_attach *a =
		plan_part(plan, size, plan->attach_off, plan->attach_count, sizeof(*a));
	const struct plan_probe *q =
		plan_part(plan, size, plan->probe_off, plan->probe_count, sizeof(*q));
	u32 prog_base = agent.prog_count, probe_base = agent.probe_count;
	struct native_area code;
	int r = 0;

	if (!m || !p || !a || !q)
		return -71;
	for (u32 i = 0; i < plan->map_count && !r; i++)
		r = map_add(&m[i], fds, fd_count);
	agent.notes = map_find(plan->notes, 0);
	agent.no_code = native_open(plan, fds, fd_count, &code);
	for (u32 i = 0; i < plan->prog_count && !r; i++)
		r = prog_add(plan, size, &p[i], &code);
	native_close(&code);
	for (u32 i = 0; i < plan->probe_count && !r; i++)
		r = probe_add(&q[i]);
	for (u32 i = 0; i < plan->attach_count && !r; i++)
		r = attach_add(&a[i], prog_base, probe_base);
	return r;
}

/* What a plan does not say, an earlier one may have said. */
static void load_facts(const struct plan *plan, bool first)
{
	for (u32 f = 0; f < FIELD_COUNT; f++)
		if (first || plan->field[f] >= 0)
			agent.field[f] = plan->field[f];
	if (plan->cgroup.count && plan->cgroup.count <= CGROUP_LEVELS)
		mem_copy(&agent.cgroup, &plan->cgroup, sizeof(agent.cgroup));
	if (plan->pid_ns_ino) {
		agent.pid_ns_dev = plan->pid_ns_dev;
		agent.pid_ns_ino = plan->pid_ns_ino;
	}
}

int plan_load(const struct plan *plan, u64 size, const struct plan_reply *reply, const int *fds,
	      u32 fd_count, u32 why)
{
	bool first = !agent.page;
	int r;

	if (plan->magic != PLAN_MAGIC || plan->size > size)
		return -71;
	load_facts(plan, first);
	if (why != HELLO_MAP) {
		r = load_page(plan, reply, fds, fd_count);
		if (r || why == HELLO_FORK)
			return r;
	}
	agent.possible_cpus = MAX(1u, MIN(plan->possible_cpus, (u32)WORLD_SLOTS));
	agent.first_shared = world_first_shared(agent.possible_cpus);
	if (plan->dispatch)
		agent.dispatch = true;
	if (first) {
		mem_copy(agent.preload, plan->preload, sizeof(agent.preload) - 1);
		/* Probes' semaphores are written below: faults must be ours by then. */
		signal_start();
	}
	r = load_objects(plan, size, fds, fd_count);
	if (r)
		return r;
	mem_open();
	write_all(plan, size, first);
	mem_close();
	return 0;
}

/* ---- later mappings ---- */
static void semaphores_later(u64 start, u64 len)
{
	/* A file's data segment appeared: semaphores that had no memory yet may lie in it. */
	for (u32 i = 0; i < agent.probe_count; i++) {
		struct plan_probe *p = &agent.probes[i].p;

		if (p->sem_ino && p->semaphore >= start && p->semaphore - start < len &&
		    semaphore_raise(p->semaphore))
			p->sem_ino = 0;
	}
}

/* Threads that map code at the same time take plans one after the other. */
static u32 plan_busy;

void plan_mapped(u64 start, u64 len, u64 prot)
{
	if (!agent.live || agent.sealed || !(prot & 6))
		return;
	while (__atomic_exchange_n(&plan_busy, 1, __ATOMIC_ACQUIRE))
		sys3(__NR_sched_yield, 0, 0, 0);
	if (prot & 4) {
		if (hello_send(HELLO_MAP, start, start + ROUND_UP(len, 4096ull), 0))
			agent.dispatch = true;
	} else {
		semaphores_later(start, len);
	}
	__atomic_store_n(&plan_busy, 0, __ATOMIC_RELEASE);
}

/* Whoever held it is not in the child. */
void plan_fork_child(void)
{
	plan_busy = 0;
	mem_fd = -1;
}
