// SPDX-License-Identifier: BSD-2-Clause
/*
 * Waiting for a ring through the shim, in every way there is: level-triggered
 * as the kernel's poll, quiet once drained, across closes, duplicates and threads.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <cygnet/cygnet.h>
#include "shim/backend.h"
#include "shim/shim.h"
#include "vm/instance.h"

static struct cygnet *inst;

struct ring {
	int fd;
	struct map_object *m;
};

static int make_map(u32 type)
{
	union bpf_attr a = {.map_type = type, .max_entries = 4096};

	if (type == BPF_MAP_TYPE_ARRAY)
		a.key_size = a.value_size = 4;
	return syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a));
}

static struct ring make_ring(void)
{
	struct ring r = {.fd = make_map(BPF_MAP_TYPE_RINGBUF)};
	struct shim_file f;

	assert_true(r.fd >= 0);
	assert_true(shim_fd_find(r.fd, &f));
	instance_lock(inst);
	r.m = object_map(object_by_inode(inst, f.dev, f.ino));
	instance_unlock(inst);
	assert_non_null(r.m);
	return r;
}

/* A committed record of 8 bytes and its header, as a program's bpf_ringbuf_output leaves it. */
static void produce(struct ring *r)
{
	u64 *prod = (u64 *)(r->m->map.contents + 4096);
	u8 *data = r->m->map.contents + 8192 + *prod % 4096;

	*(u32 *)data = 8;
	__atomic_store_n(prod, *prod + 16, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&inst->page->seq, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&inst->page->sleeping, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, &inst->page->seq, 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0);
}

static void consume_all(struct ring *r)
{
	u64 *cons = (u64 *)r->m->map.contents;

	__atomic_store_n(cons, *(u64 *)(r->m->map.contents + 4096), __ATOMIC_SEQ_CST);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int wait_epoll(int ep, int ms)
{
	struct epoll_event ev = {0};
	int n = epoll_wait(ep, &ev, 1, ms);

	if (n == 1)
		assert_int_equal(ev.data.u64, 42);
	return n;
}

static int add(int ep, int fd, u32 events)
{
	struct epoll_event ev = {.events = events, .data.u64 = 42};

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
}

static void test_epoll(void **state)
{
	struct ring r = make_ring();
	struct epoll_event ev = {.events = EPOLLIN, .data.u64 = 42};
	int ep = epoll_create1(EPOLL_CLOEXEC);

	assert_int_equal(add(ep, r.fd, EPOLLIN), 0);
	assert_int_equal(add(ep, r.fd, EPOLLIN), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(wait_epoll(ep, 0), 0);
	produce(&r);
	assert_int_equal(wait_epoll(ep, 2000), 1);
	/* Level-triggered: still ready. */
	for (int i = 0; i < 100; i++)
		assert_int_equal(wait_epoll(ep, 100), 1);
	consume_all(&r);
	/* A notice may have been on its way. */
	wait_epoll(ep, 0);
	usleep(2000);
	for (int i = 0; i < 100; i++)
		assert_int_equal(wait_epoll(ep, 0), 0);
	ev.events = 0;
	assert_int_equal(epoll_ctl(ep, EPOLL_CTL_MOD, r.fd, &ev), 0);
	produce(&r);
	assert_int_equal(wait_epoll(ep, 100), 0);
	ev.events = EPOLLIN | EPOLLOUT;
	assert_int_equal(epoll_ctl(ep, EPOLL_CTL_MOD, r.fd, &ev), 0);
	assert_int_equal(wait_epoll(ep, 2000), 1);
	assert_int_equal(epoll_ctl(ep, EPOLL_CTL_DEL, r.fd, NULL), 0);
	assert_int_equal(wait_epoll(ep, 50), 0);
	assert_int_equal(epoll_ctl(ep, EPOLL_CTL_DEL, r.fd, NULL), -1);
	assert_int_equal(epoll_ctl(ep, EPOLL_CTL_MOD, r.fd, &ev), -1);
	close(ep);
	close(r.fd);
}

/* A consumer that drains and waits must not spin: no more wakes than records, or about that. */
static void test_no_spin(void **state)
{
	struct ring r = make_ring();
	int ep = epoll_create1(EPOLL_CLOEXEC), wakes = 0;
	double end;

	assert_int_equal(add(ep, r.fd, EPOLLIN), 0);
	end = now() + 0.5;
	for (int i = 0; now() < end; i++) {
		if (i < 20)
			produce(&r);
		if (wait_epoll(ep, 10) == 1) {
			wakes++;
			consume_all(&r);
		}
	}
	assert_in_range(wakes, 20, 45);
	close(ep);
	close(r.fd);
}

/* Output room never wakes; data there before ADD does. */
static void test_epoll_edges(void **state)
{
	struct ring r = make_ring();
	int ep = epoll_create1(EPOLL_CLOEXEC), array = make_map(BPF_MAP_TYPE_ARRAY), copy;

	assert_int_equal(add(ep, array, EPOLLIN), -1);
	assert_int_equal(errno, EPERM);
	produce(&r);
	assert_int_equal(add(ep, r.fd, EPOLLIN), 0);
	assert_int_equal(wait_epoll(ep, 0), 1);
	consume_all(&r);
	/* Two descriptors of one ring in one set; the set lives on when one is closed. */
	copy = dup(r.fd);
	assert_int_equal(add(ep, copy, EPOLLIN), 0);
	close(r.fd);
	produce(&r);
	assert_int_equal(wait_epoll(ep, 2000), 1);
	close(copy);
	close(ep);
	close(array);
	/* A new ring under the same number, in the same set. */
	ep = epoll_create1(EPOLL_CLOEXEC);
	r = make_ring();
	assert_int_equal(add(ep, r.fd, EPOLLIN), 0);
	close(r.fd);
	copy = r.fd;
	r = make_ring();
	assert_int_equal(r.fd, copy);
	assert_int_equal(add(ep, r.fd, EPOLLIN), 0);
	produce(&r);
	assert_int_equal(wait_epoll(ep, 2000), 1);
	close(r.fd);
	close(ep);
}

static void test_poll(void **state)
{
	struct ring r = make_ring();
	int p[2];
	struct pollfd fds[3];

	assert_int_equal(pipe(p), 0);
	fds[0] = (struct pollfd){.fd = r.fd, .events = POLLIN | POLLOUT};
	fds[1] = (struct pollfd){.fd = p[0], .events = POLLIN};
	fds[2] = (struct pollfd){.fd = -1};
	assert_int_equal(poll(fds, 3, 0), 0);
	produce(&r);
	assert_int_equal(poll(fds, 3, 2000), 1);
	assert_int_equal(fds[0].revents, POLLIN);
	assert_int_equal(fds[0].fd, r.fd);
	assert_int_equal(fds[0].events, POLLIN | POLLOUT);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(ppoll(fds, 3, &(struct timespec){1}, NULL), 2);
	consume_all(&r);
	poll(fds, 1, 0);
	usleep(2000);
	assert_int_equal(poll(fds, 3, 0), 1);
	assert_int_equal(fds[0].revents, 0);
	close(p[0]);
	close(p[1]);
	close(r.fd);
}

static void test_select(void **state)
{
	struct ring r = make_ring();
	struct timeval tv = {0, 20000};
	fd_set in, out;
	int p[2];

	assert_int_equal(pipe(p), 0);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(r.fd, &in);
	FD_SET(p[0], &in);
	assert_int_equal(select(64, &in, NULL, NULL, &tv), 0);
	assert_false(FD_ISSET(r.fd, &in));
	assert_int_equal(tv.tv_sec, 0);
	assert_int_equal(tv.tv_usec, 0);
	produce(&r);
	FD_SET(r.fd, &in);
	FD_SET(p[0], &in);
	FD_SET(p[1], &out);
	tv.tv_sec = 5;
	assert_int_equal(select(64, &in, &out, NULL, &tv), 2);
	assert_true(FD_ISSET(r.fd, &in) && !FD_ISSET(p[0], &in) && FD_ISSET(p[1], &out));
	assert_true(tv.tv_sec >= 3);
	FD_ZERO(&in);
	FD_SET(r.fd, &in);
	FD_SET(1000, &in);
	assert_int_equal(select(1001, &in, NULL, NULL, &tv), -1);
	assert_int_equal(errno, EBADF);
	FD_ZERO(&in);
	FD_SET(r.fd, &in);
	assert_int_equal(pselect(64, &in, NULL, NULL, &(struct timespec){1}, NULL), 1);
	close(p[0]);
	close(p[1]);
	close(r.fd);
}

static void *waiter(void *data)
{
	int ep = *(int *)data;

	return (void *)(long)wait_epoll(ep, 5000);
}

/* A wait under way hears of what comes later. */
static void test_wakes_a_waiter(void **state)
{
	struct ring r = make_ring();
	int ep = epoll_create1(EPOLL_CLOEXEC);
	pthread_t t;
	double start;
	void *n;

	assert_int_equal(add(ep, r.fd, EPOLLIN), 0);
	pthread_create(&t, NULL, waiter, &ep);
	usleep(30000);
	start = now();
	produce(&r);
	pthread_join(t, &n);
	assert_int_equal((long)n, 1);
	assert_true(now() - start < 1);
	close(ep);
	close(r.fd);
}

/* Cancellation and signals end a wait, as libc's own. */
static void *forever(void *data)
{
	struct pollfd p = {.fd = *(int *)data, .events = POLLIN};

	poll(&p, 1, -1);
	return NULL;
}

static void on_signal(int sig)
{
}

static void test_interrupts(void **state)
{
	struct sigaction sa = {.sa_handler = on_signal};
	struct ring r = make_ring();
	struct pollfd p = {.fd = r.fd, .events = POLLIN};
	pthread_t t;
	void *ret;

	pthread_create(&t, NULL, forever, &r.fd);
	usleep(20000);
	pthread_cancel(t);
	pthread_join(t, &ret);
	assert_ptr_equal(ret, PTHREAD_CANCELED);
	sigaction(SIGALRM, &sa, NULL);
	ualarm(20000, 0);
	assert_int_equal(poll(&p, 1, 5000), -1);
	assert_int_equal(errno, EINTR);
	close(r.fd);
}

static int setup(void **state)
{
	assert_int_equal(cygnet_new(NULL, &inst), 0);
	shim_use_instance(inst);
	return 0;
}

static int teardown(void **state)
{
	shim_use_instance(NULL);
	cygnet_free(inst);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_epoll),       cmocka_unit_test(test_no_spin),
		cmocka_unit_test(test_epoll_edges), cmocka_unit_test(test_poll),
		cmocka_unit_test(test_select),      cmocka_unit_test(test_wakes_a_waiter),
		cmocka_unit_test(test_interrupts),
	};

	return cmocka_run_group_tests_name("shim_wait", tests, setup, teardown);
}
