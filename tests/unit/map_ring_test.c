// SPDX-License-Identifier: BSD-2-Clause
/*
 * Rings: what fits and what is refused (as the kernel answered, see FULL),
 * libbpf's own consumers of ring and perf buffers unmodified, producers in
 * many processes, producers that are killed.
 *
 * libbpf is given descriptors of segments; this program's own syscall(2),
 * ioctl(2) and epoll_ctl(2), which its calls resolve to, play the instance.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/perf_event.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include "../segment.h"

#define RING_BYTES 4096
#define RECORDS    200000
#define VICTIM     7 /* a participant */

static struct map ring, array, pages[TEST_CPUS];
static int ring_fd = -1, array_fd = -1, page_fd[TEST_CPUS], bell = -1;
static u32 wakes;

/* ---- the instance, as far as libbpf asks ---- */
static long raw_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static long info_of(union bpf_attr *a)
{
	struct bpf_map_info i = {.type = BPF_MAP_TYPE_RINGBUF, .max_entries = RING_BYTES};

	if ((int)a->info.bpf_fd == array_fd) {
		i.type = BPF_MAP_TYPE_PERF_EVENT_ARRAY;
		i.max_entries = TEST_CPUS;
	}
	memcpy(u64_to_ptr(a->info.info), &i, MIN(a->info.info_len, (u32)sizeof(i)));
	return 0;
}

static long own_bpf(int cmd, union bpf_attr *a)
{
	u32 key, id;

	switch (cmd) {
	case BPF_OBJ_GET_INFO_BY_FD: return info_of(a);
	case BPF_MAP_UPDATE_ELEM:
		memcpy(&key, u64_to_ptr(a->key), 4);
		id = 100 + key;
		return array.ops->sys_update(&array, &key, &id, 0);
	case BPF_MAP_DELETE_ELEM: return array.ops->sys_delete(&array, u64_to_ptr(a->key));
	default: return -EINVAL;
	}
}

__attribute__((visibility("default"))) long syscall(long nr, ...)
{
	long a[6], ret;
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (nr == SYS_bpf)
		ret = own_bpf(a[0], (void *)a[1]);
	else if (nr == SYS_perf_event_open)
		ret = dup(page_fd[a[2]]);
	else
		ret = raw_syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (ret >= 0 || ret < -4095)
		return ret;
	errno = -ret;
	return -1;
}

__attribute__((visibility("default"))) int ioctl(int fd, unsigned long request, ...)
{
	return 0; /* PERF_EVENT_IOC_ENABLE, DISABLE */
}

__attribute__((visibility("default"))) int epoll_ctl(int epfd, int op, int fd,
						     struct epoll_event *ev)
{
	return raw_syscall(SYS_epoll_ctl, epfd, op, op == EPOLL_CTL_ADD ? dup(bell) : fd, (long)ev,
			   0, 0);
}

/* ---- the environment ---- */
static void env_wake(struct run *run, struct map *m)
{
	u64 one = 1;

	wakes++;
	if (bell >= 0 && write(bell, &one, sizeof(one)) < 0)
		abort();
}

static struct map *env_object(struct run *run, u32 id)
{
	return id >= 100 && id < 100 + TEST_CPUS ? &pages[id - 100] : NULL;
}

static const struct env_ops env = {.wake = env_wake, .object = env_object};
static struct map *const maps[] = {&ring};
static const struct image image = {.map_count = 1};

static struct run run_new(u32 cpu)
{
	return (struct run){.env = &env,
			    .image = &image,
			    .maps = maps,
			    .cpu = cpu,
			    .possible_cpus = TEST_CPUS,
			    .flags = RUN_CHECKED};
}

#define HELP(run, name, ...) help(run, BPF_FUNC_##name, (u64[5]){__VA_ARGS__})

static s64 help(struct run *run, u32 id, const u64 a[5])
{
	return core_helper(id)->fn(run, a[0], a[1], a[2], a[3], a[4]);
}

static int setup(void **state)
{
	struct map_attr attr = segment_attr(BPF_MAP_TYPE_RINGBUF, 0, 0, RING_BYTES, 0);

	core_helpers_init();
	wakes = 0;
	return segment_new_fd(&ring, &attr, &ring_fd);
}

static int teardown(void **state)
{
	segment_free(&ring);
	close(ring_fd);
	ring_fd = -1;
	if (bell >= 0)
		close(bell);
	bell = -1;
	return 0;
}

static u64 *consumer(void)
{
	return (u64 *)ring.contents;
}

static u64 produced(void)
{
	return *(u64 *)(ring.contents + PAGE_BYTES);
}

/* ---- ring buffer ---- */
static void test_full(void **state)
{
	struct run run = run_new(0);
	u8 data[8192] = {0};
	u64 r = ptr_to_u64(&ring), d = ptr_to_u64(data), s;
	u32 n = 0;

	/* FULL: the same calls in Linux 6.18. */
	while ((s = HELP(&run, ringbuf_reserve, r, 56, 0))) {
		HELP(&run, ringbuf_submit, s, 0);
		n++;
	}
	assert_int_equal(n, 63);
	assert_int_equal(HELP(&run, ringbuf_query, r, BPF_RB_AVAIL_DATA), 4032);
	assert_int_equal(HELP(&run, ringbuf_query, r, BPF_RB_RING_SIZE), 4096);
	assert_int_equal(HELP(&run, ringbuf_query, r, BPF_RB_CONS_POS), 0);
	assert_int_equal(HELP(&run, ringbuf_query, r, BPF_RB_PROD_POS), 4032);
	assert_int_equal(HELP(&run, ringbuf_query, r, 4), 0);
	assert_int_equal(HELP(&run, ringbuf_query, r, 1ull << 40), 0);
	assert_int_equal(HELP(&run, ringbuf_output, r, d, 56, 0), -EAGAIN);
	assert_int_equal(HELP(&run, ringbuf_output, r, d, 0, 0), 0);
	assert_int_equal(HELP(&run, ringbuf_output, r, d, 56, 4), -EINVAL);
	assert_int_equal(HELP(&run, ringbuf_output, r, d, 56, 1), -EAGAIN);
	assert_int_equal(HELP(&run, ringbuf_reserve, r, 56, 1), 0);
	*consumer() = produced();
	assert_int_equal(HELP(&run, ringbuf_reserve, r, 4088, 0), 0);
	assert_int_equal(HELP(&run, ringbuf_output, r, d, 4080, 0), 0);
	*consumer() = produced();
	assert_int_equal(HELP(&run, ringbuf_output, r, d, 4081, 0), -EAGAIN);
	assert_int_equal(HELP(&run, ringbuf_output, r, d, 5000, 0), -EAGAIN);
	assert_int_equal(HELP(&run, ringbuf_reserve, r, 1ull << 40, 0), 0);
	assert_int_equal(HELP(&run, ringbuf_reserve, r, ~0ull, 0), 0);
	*consumer() = produced() + 64;
	assert_int_equal(HELP(&run, ringbuf_query, r, BPF_RB_AVAIL_DATA), -64);
	assert_int_equal(map_ringbuf_pending(&ring), 0);
	assert_true(HELP(&run, ringbuf_reserve, r, 56, 0) != 0);
	*consumer() = ~0ull;
	assert_int_equal(HELP(&run, ringbuf_reserve, r, 56, 0), 0);
	run_release(&run);
}

static void test_regions(void **state)
{
	struct run run = run_new(0);
	u64 r = ptr_to_u64(&ring), s[RUN_MAX_REGIONS];
	u32 *header;

	for (u32 i = 0; i < RUN_MAX_REGIONS; i++) {
		s[i] = HELP(&run, ringbuf_reserve, r, 16, 0);
		assert_true(s[i]);
		assert_true(run_may_access(&run, s[i], 16, true));
		assert_false(run_may_access(&run, s[i], 17, true));
	}
	assert_int_equal(HELP(&run, ringbuf_reserve, r, 16, 0), 0);
	HELP(&run, ringbuf_submit, s[3], BPF_RB_NO_WAKEUP);
	HELP(&run, ringbuf_discard, s[4], BPF_RB_NO_WAKEUP);
	assert_false(run_may_access(&run, s[3], 1, false));
	assert_int_equal(run.region_count, RUN_MAX_REGIONS - 2);
	header = (u32 *)u64_to_ptr(s[3]) - 2;
	assert_int_equal(*header, 16);
	header = (u32 *)u64_to_ptr(s[4]) - 2;
	assert_int_equal(*header, 16 | BPF_RINGBUF_DISCARD_BIT);
	header = (u32 *)u64_to_ptr(s[5]) - 2;
	assert_int_equal(*header, 16 | BPF_RINGBUF_BUSY_BIT);
	/* What a run leaves open is discarded. */
	run_release(&run);
	assert_int_equal(*header, 16 | BPF_RINGBUF_DISCARD_BIT);
	assert_int_equal(run.region_count, 0);
}

static void test_wakes(void **state)
{
	struct run run = run_new(0);
	u64 r = ptr_to_u64(&ring), data = 1;

	HELP(&run, ringbuf_output, r, ptr_to_u64(&data), 8, 0);
	assert_int_equal(wakes, 1); /* the consumer stands at it */
	HELP(&run, ringbuf_output, r, ptr_to_u64(&data), 8, 0);
	assert_int_equal(wakes, 1); /* it has not come so far */
	HELP(&run, ringbuf_output, r, ptr_to_u64(&data), 8, BPF_RB_FORCE_WAKEUP);
	assert_int_equal(wakes, 2);
	*consumer() = produced();
	HELP(&run, ringbuf_output, r, ptr_to_u64(&data), 8, BPF_RB_NO_WAKEUP);
	assert_int_equal(wakes, 2);
}

struct record {
	u32 owner, size;
	u64 n;
	u8 fill[];
};

struct tally {
	u64 next[8], got, bad;
};

/* Of each producer all records in order; all bytes as written. */
static int on_record(void *ctx, void *data, size_t size)
{
	struct tally *t = ctx;
	const struct record *r = data;

	if (size < sizeof(*r) || r->size != size || r->owner >= 8 || r->n < t->next[r->owner])
		t->bad++;
	else
		t->next[r->owner] = r->n + 1;
	for (u32 i = 0; i < size - sizeof(*r); i++)
		if (r->fill[i] != (u8)(r->n + i))
			t->bad++;
	t->got++;
	return 0;
}

/* Sizes vary, so that records wrap everywhere; some are discarded. */
static u64 produce(struct run *run, u32 owner, u64 n, u64 *seed)
{
	u32 size = sizeof(struct record) + next_random(seed) % 90;
	struct record *r = u64_to_ptr(HELP(run, ringbuf_reserve, ptr_to_u64(&ring), size, 0));

	if (!r)
		return 0;
	r->owner = owner;
	r->size = size;
	r->n = n;
	for (u32 i = 0; i < size - sizeof(*r); i++)
		*(volatile u8 *)&r->fill[i] = n + i;
	if (owner == VICTIM && next_random(seed) % 16 == 0)
		usleep(100); /* to be killed with a record in hand */
	if (next_random(seed) % 8 == 0) {
		HELP(run, ringbuf_discard, ptr_to_u64(r), 0);
		return 2;
	}
	HELP(run, ringbuf_submit, ptr_to_u64(r), 0);
	return 1;
}

static pid_t producer_start(u32 owner, u64 records)
{
	pid_t pid = fork();
	struct run run = run_new(owner % TEST_CPUS);
	u64 seed = owner * 7919 + 1;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGSEGV, SIG_DFL);
	ring.owner = owner;
	for (u64 n = 0; n < records;) {
		u64 r = produce(&run, owner, n, &seed);

		n += r != 0;
		if (!r)
			sched_yield();
	}
	_exit(0);
}

static void test_libbpf_consumer(void **state)
{
	struct tally t = {{0}};
	struct ring_buffer *rb;
	pid_t pid[3];
	u32 alive = 3;

	bell = eventfd(0, EFD_NONBLOCK);
	rb = ring_buffer__new(ring_fd, on_record, &t, NULL);
	assert_non_null(rb);
	for (u32 i = 0; i < 3; i++)
		pid[i] = producer_start(i + 1, RECORDS);
	while (alive) {
		u64 count;

		/* The kernel's poll looks at the ring before it sleeps; this bell does not. */
		assert_true(ring_buffer__consume(rb) >= 0);
		assert_true(ring_buffer__poll(rb, 1) >= 0);
		if (read(bell, &count, sizeof(count)) < 0)
			count = 0;
		for (u32 i = 0; i < 3; i++)
			if (pid[i] && waitpid(pid[i], NULL, WNOHANG) == pid[i]) {
				pid[i] = 0;
				alive--;
			}
	}
	assert_true(ring_buffer__consume(rb) >= 0);
	ring_buffer__free(rb);
	assert_int_equal(t.bad, 0);
	/* One in eight was discarded, nothing was lost. */
	assert_true(t.got > 3 * RECORDS * 0.86 && t.got < 3 * RECORDS * 0.89);
	assert_int_equal(map_ringbuf_pending(&ring), 0);
}

static bool owner_dead(void *data, u32 owner)
{
	return owner == VICTIM;
}

/*
 * Producers that died between the swap of the tail and the header, or the
 * position, as the tail in the metadata tells: others go on, and the sweep
 * alone puts it right too.
 */
static void test_died_reserving(void **state)
{
	struct run run = run_new(0);
	u64 *tail = (u64 *)ring.meta, r = ptr_to_u64(&ring), data = 5, at;
	u32 *header;

	for (u32 round = 0; round < 2000; round++) {
		bool wrote = round & 1, others = round & 2;
		u32 size = round % 56;

		*consumer() = at = produced();
		header = (u32 *)(ring.contents + 2 * PAGE_BYTES + at % RING_BYTES);
		*tail = (at + ROUND_UP(size + 8, 8)) / 8 << 20 | (VICTIM + 1);
		if (wrote) {
			header[0] = size | BPF_RINGBUF_BUSY_BIT;
			header[1] = VICTIM + 1;
		}
		if (others) {
			assert_int_equal(HELP(&run, ringbuf_output, r, ptr_to_u64(&data), 8, 0), 0);
			assert_int_equal(produced(), at + ROUND_UP(size + 8, 8) + 16);
			assert_true(header[0] & BPF_RINGBUF_BUSY_BIT);
		}
		ring.ops->sweep(&ring, owner_dead, NULL);
		assert_int_equal(produced(), at + ROUND_UP(size + 8, 8) + (others ? 16 : 0));
		assert_int_equal(ROUND_UP(header[0] & ~BPF_RINGBUF_DISCARD_BIT, 8),
				 ROUND_UP(size, 8));
		assert_true(header[0] & BPF_RINGBUF_DISCARD_BIT);
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static void test_killed(void **state)
{
	struct tally t = {{0}};
	struct ring_buffer *rb;
	u64 seed = 3, count;
	pid_t mate;

	bell = eventfd(0, EFD_NONBLOCK);
	rb = ring_buffer__new(ring_fd, on_record, &t, NULL);
	mate = producer_start(2, UINT64_MAX);
	for (u32 k = 0; k < 200; k++) {
		pid_t pid = producer_start(VICTIM, UINT64_MAX);
		u64 end;
		u32 us = next_random(&seed) % 1500;

		/* Busy, so that the producers are seldom kept waiting. */
		for (double end_at = now() + us * 1e-6; now() < end_at;)
			ring_buffer__consume(rb);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		ring.ops->sweep(&ring, owner_dead, NULL);
		/* The other goes on: the consumer passes everything produced until now. */
		end = produced();
		for (u32 i = 0; *consumer() < end && i < 10000; i++) {
			ring_buffer__consume(rb);
			usleep(10);
		}
		assert_true(*consumer() >= end);
		t.next[VICTIM] = 0;
		if (read(bell, &count, sizeof(count)) < 0)
			count = 0;
	}
	kill(mate, SIGKILL);
	waitpid(mate, NULL, 0);
	ring_buffer__free(rb);
	assert_int_equal(t.bad, 0);
	assert_true(t.got > 1000);
}

/* ---- perf buffer ---- */
static u64 samples, lost, sample_bad;

static void on_sample(void *ctx, int cpu, void *data, __u32 size)
{
	const u32 *w = data;

	/* The size is rounded up, as the kernel's is. */
	if (w[0] != (u32)cpu || size != ROUND_UP(w[1] + 4, 8) - 4)
		sample_bad++;
	for (u32 i = 8; i < w[1]; i++)
		if (((u8 *)data)[i] != (u8)i)
			sample_bad++;
	samples++;
}

static void on_lost(void *ctx, int cpu, __u64 count)
{
	lost += count;
}

static void perf_setup(void)
{
	struct map_attr attr = segment_attr(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, TEST_CPUS, 0);

	assert_int_equal(segment_new_fd(&array, &attr, &array_fd), 0);
	for (u32 c = 0; c < TEST_CPUS; c++) {
		attr = segment_attr(MAP_TYPE_PERF_RING, c + 1, 0, 4096, 0);
		assert_int_equal(segment_new_fd(&pages[c], &attr, &page_fd[c]), 0);
	}
}

static void perf_teardown(void)
{
	segment_free(&array);
	close(array_fd);
	for (u32 c = 0; c < TEST_CPUS; c++) {
		segment_free(&pages[c]);
		close(page_fd[c]);
	}
}

static void test_perf_errors(void **state)
{
	struct run run = run_new(0);
	u64 a = ptr_to_u64(&array), data[32] = {0}, d = ptr_to_u64(data), ctx = 0;
	struct perf_event_mmap_page *page;
	struct perf_event_header *h;
	u32 key = 0, id = 100;

	perf_setup();
	page = (void *)pages[0].contents;
	/* As Linux 6.18 answered the same calls. */
	assert_int_equal(HELP(&run, perf_event_output, ctx, a, BPF_F_CURRENT_CPU, d, 8), -ENOENT);
	assert_int_equal(HELP(&run, perf_event_output, ctx, a, TEST_CPUS, d, 8), -E2BIG);
	assert_int_equal(HELP(&run, perf_event_output, ctx, a, 1ull << 32, d, 8), -EINVAL);
	assert_int_equal(HELP(&run, perf_event_read, a, 0), -ENOENT);
	assert_int_equal(HELP(&run, perf_event_read, a, TEST_CPUS), -E2BIG);
	assert_int_equal(HELP(&run, perf_event_read, a, 1ull << 33), -EINVAL);
	for (; key < 2; key++, id++)
		assert_int_equal(array.ops->sys_update(&array, &key, &id, 0), 0);
	id = 7; /* an event that nobody mapped */
	assert_int_equal(array.ops->sys_update(&array, &key, &id, 0), 0);
	assert_int_equal(HELP(&run, perf_event_output, ctx, a, 2, d, 8), -ENOSPC);
	assert_int_equal(HELP(&run, perf_event_output, ctx, a, 1, d, 8), -EOPNOTSUPP);
	assert_int_equal(HELP(&run, perf_event_read, a, 1), -EINVAL);
	assert_int_equal(HELP(&run, perf_event_read, a, BPF_F_CURRENT_CPU), 0);
	assert_int_equal(HELP(&run, perf_event_read_value, a, 0, d, 24), 0);
	assert_int_equal(HELP(&run, perf_event_read_value, a, 1, d, 24), -EINVAL);
	assert_int_equal(HELP(&run, perf_event_read_value, a, 0, d, 16), -EINVAL);
	for (u32 n = 0; n < 9; n++) {
		u64 head = page->data_head;

		assert_int_equal(HELP(&run, perf_event_output, ctx, a, 0, d, n), 0);
		h = (void *)(pages[0].contents + PAGE_BYTES + head);
		assert_int_equal(h->type, PERF_RECORD_SAMPLE);
		assert_int_equal(h->size, n < 5 ? 16 : 24);
		assert_int_equal(page->data_head, head + h->size);
	}
	assert_int_equal(HELP(&run, perf_event_output, ctx, a, 0, d, 8000), -ENOSPC);
	assert_int_equal(HELP(&run, perf_event_output, ctx, a, 0, d, 70000), -E2BIG);
	assert_int_equal(array.ops->sys_delete(&array, &(u32){0}), 0);
	assert_int_equal(array.ops->sys_delete(&array, &(u32){0}), -ENOENT);
	assert_int_equal(array.ops->sys_delete(&array, &(u32){9}), -E2BIG);
	perf_teardown();
}

static void test_libbpf_perf(void **state)
{
	LIBBPF_OPTS(perf_buffer_raw_opts, opts, .cpu_cnt = TEST_CPUS);
	struct perf_event_attr pa = {.size = sizeof(pa)};
	int cpus[] = {0, 1, 2, 3}, keys[] = {0, 1, 2, 3};
	struct perf_buffer *pb;
	u64 seed = 5, sent = 0, refused = 0;
	u8 data[512];

	perf_setup();
	bell = eventfd(0, EFD_NONBLOCK);
	samples = lost = sample_bad = 0;
	opts.cpus = cpus;
	opts.map_keys = keys;
	pb = perf_buffer__new(array_fd, 1, on_sample, on_lost, NULL, NULL);
	assert_non_null(pb);
	for (u32 i = 0; i < sizeof(data); i++)
		data[i] = i;
	for (u32 i = 0; i < 100000; i++) {
		struct run run = run_new(next_random(&seed) % perf_buffer__buffer_cnt(pb));
		u32 size = 8 + next_random(&seed) % 200;

		((u32 *)data)[0] = run.cpu;
		((u32 *)data)[1] = size;
		if (HELP(&run, perf_event_output, 0, ptr_to_u64(&array), BPF_F_CURRENT_CPU,
			 ptr_to_u64(data), size))
			refused++;
		else
			sent++;
		/* At times too late. */
		if (next_random(&seed) % 40 == 0)
			assert_true(perf_buffer__consume(pb) >= 0);
	}
	/* Each ring's last losses are told by its next record. */
	perf_buffer__consume(pb);
	for (u32 c = 0; c < perf_buffer__buffer_cnt(pb); c++) {
		struct run run = run_new(c);

		((u32 *)data)[0] = c;
		((u32 *)data)[1] = 8;
		assert_int_equal(HELP(&run, perf_event_output, 0, ptr_to_u64(&array),
				      BPF_F_CURRENT_CPU, ptr_to_u64(data), 8),
				 0);
		sent++;
	}
	perf_buffer__consume(pb);
	assert_int_equal(samples, sent);
	assert_int_equal(lost, refused);
	assert_true(refused > 100);
	assert_int_equal(sample_bad, 0);
	perf_buffer__free(pb);
	perf_teardown();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_regions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wakes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_libbpf_consumer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_died_reserving, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_perf_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_libbpf_perf, setup, teardown),
	};

	return cmocka_run_group_tests_name("rings", tests, NULL, NULL);
}
