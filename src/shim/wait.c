// SPDX-License-Identifier: BSD-2-Clause
/*
 * Waiting for rings. A ring's descriptor is a memfd, which no host kernel can
 * wait on: epoll refuses it, poll calls it always ready. The instance has an
 * eventfd for each ring with a consumer; it stands in for the ring here.
 *
 * A watch is one such substitution: in an epoll set (epfd, ring) or for poll and
 * select (epfd -1). Each has a duplicate of the eventfd of its own, so that two
 * descriptors of one ring may stand in one set, as in the kernel.
 *
 * The kernel's poll is level-triggered: ready while there is data. An eventfd
 * stays readable until it is read. So before every wait the watches are settled:
 * each one's ring says in two words of its first pages whether there is data,
 * and the eventfd is made to say the same. That costs one poll(2) of all watches
 * and a look at each; a consumer that drained its ring does not spin, and data
 * is never overlooked because its notice is still under way.
 *
 * The pages are mapped through a description of our own. What keeps the object
 * alive is the lock on the client's descriptions; ours has none, so that a watch
 * never holds an object nobody else does.
 */
#include "shim/shim.h"
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WATCHES_MAX 4096
#define SETTLE_STEP 64
#define WATCH_BYTES (2 * PAGE_BYTES) /* where the words lie */

struct watch {
	int epfd; /* -1: poll and select */
	int fd;   /* the ring, as the client calls it */
	int event_fd;
	struct shim_file file, event_file;
	u64 words[2];    /* offsets, into: */
	const u8 *pages; /* NULL: not mapped (yet) */
	bool used;
	bool orphan; /* the client closed `fd`; the ring may live on, mapped */
};

/* All under the lock; `count` and `known` are also read without. */
static struct shim_lock lock = {.mutex = PTHREAD_MUTEX_INITIALIZER};
static struct watch watches[WATCHES_MAX];
static u32 high;             /* watches from here on were never used */
static u32 count;            /* used ones */
static u64 epoll_bits[1024]; /* epoll descriptors that have watches */

static bool is_epoll(int fd)
{
	return (unsigned int)fd < 65536 &&
	       __atomic_load_n(&epoll_bits[fd / 64], __ATOMIC_RELAXED) >> fd % 64 & 1;
}

static void mark_epoll(int fd, bool on)
{
	u64 bit = 1ull << fd % 64;

	if ((unsigned int)fd >= 65536)
		return;
	if (on)
		__atomic_fetch_or(&epoll_bits[fd / 64], bit, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&epoll_bits[fd / 64], ~bit, __ATOMIC_RELAXED);
}

/* A client that closes every number it finds may have put something else there. */
static bool is_event_fd(const struct watch *w)
{
	struct shim_file f;

	return !shim_fstat(w->event_fd, &f) && f.dev == w->event_file.dev &&
	       f.ino == w->event_file.ino;
}

static void drop(struct watch *w)
{
	if (is_event_fd(w)) {
		if (w->epfd >= 0)
			RAW_4(SYS_epoll_ctl, w->epfd, EPOLL_CTL_DEL, w->event_fd, NULL);
		RAW_1(SYS_close, w->event_fd);
	}
	if (w->pages)
		RAW_2(SYS_munmap, w->pages, WATCH_BYTES);
	w->used = false;
	__atomic_store_n(&count, count - 1, __ATOMIC_RELEASE);
}

static struct watch *find(int epfd, int fd)
{
	for (u32 i = 0; i < high; i++)
		if (watches[i].used && watches[i].epfd == epfd && watches[i].fd == fd)
			return &watches[i];
	return NULL;
}

/* The ring's first pages; a perf buffer has none before its consumer mapped it. */
static void map_pages(struct watch *w)
{
	char path[32] = "/proc/self/fd/";
	struct shim_file f;
	struct stat st;
	struct text t;
	long fd, p;

	if (w->words[0] > WATCH_BYTES - sizeof(u64) || w->words[1] > WATCH_BYTES - sizeof(u64) ||
	    w->words[0] % sizeof(u64) || w->words[1] % sizeof(u64))
		return;
	if (shim_fstat(w->fd, &f) || f.dev != w->file.dev || f.ino != w->file.ino)
		return;
	text_init(&t, path, sizeof(path));
	text_fmt(&t, "/proc/self/fd/%d", w->fd);
	fd = RAW_4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (!RAW_2(SYS_fstat, fd, &st) && st.st_size >= (off_t)WATCH_BYTES) {
		p = RAW_6(SYS_mmap, 0, WATCH_BYTES, PROT_READ, MAP_SHARED, fd, 0);
		if (p > 0 || p < -4095)
			w->pages = (const u8 *)p;
	}
	RAW_1(SYS_close, fd);
}

static u64 word_at(const struct watch *w, u32 i)
{
	return __atomic_load_n((const u64 *)(w->pages + w->words[i]), __ATOMIC_ACQUIRE);
}

static bool has_data(const struct watch *w)
{
	return w->pages && word_at(w, 0) != word_at(w, 1);
}

/* Makes the eventfd say what the ring says. `readable`: what it says now. */
static void settle(struct watch *w, bool readable)
{
	u64 one = 1, was;

	if (!w->pages && !w->orphan)
		map_pages(w);
	if (readable == has_data(w) || !is_event_fd(w))
		return;
	/* Drained first: what a producer adds from here on is signalled anew. */
	if (readable)
		RAW_3(SYS_read, w->event_fd, &was, sizeof(was));
	if (has_data(w))
		RAW_3(SYS_write, w->event_fd, &one, sizeof(one));
}

/* Takes event_fd. */
static struct watch *add(int epfd, int fd, const struct shim_file *f, int event_fd,
			 const u64 words[2])
{
	u32 i;

	for (i = 0; i < high && watches[i].used; i++)
		;
	if (i == WATCHES_MAX) {
		RAW_1(SYS_close, event_fd);
		return NULL;
	}
	if (i == high)
		high++;
	watches[i] = (struct watch){.epfd = epfd,
				    .fd = fd,
				    .event_fd = event_fd,
				    .file = *f,
				    .words = {words[0], words[1]},
				    .used = true};
	shim_fstat(event_fd, &watches[i].event_file);
	__atomic_store_n(&count, count + 1, __ATOMIC_RELEASE);
	settle(&watches[i], false);
	return &watches[i];
}

/* The instance's eventfd, an own descriptor out of the way of the client's numbers. */
static int event_fd_of(const struct shim_file *f, u64 words[2])
{
	struct shim_entry e;
	long fd, moved;

	if (!shim_enter(&e))
		return -EPERM;
	fd = e.b->poll_fd(f, words);
	shim_leave(&e);
	if (fd < 0)
		return fd == -ENOENT ? -EPERM : fd;
	moved = RAW_3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 512);
	if (moved < 0)
		return fd;
	RAW_1(SYS_close, fd);
	return moved;
}

static void settle_step(u32 from, u32 to)
{
	static const struct timespec now = {0};
	struct pollfd fds[SETTLE_STEP];
	u32 n = 0;

	for (u32 i = from; i < to; i++)
		fds[n++] = (struct pollfd){.fd = watches[i].used ? watches[i].event_fd : -1,
					   .events = POLLIN};
	RAW_6(SYS_ppoll, fds, n, &now, NULL, 0, 0);
	for (u32 i = 0; i < n; i++)
		if (watches[from + i].used && !(fds[i].revents & POLLNVAL))
			settle(&watches[from + i], fds[i].revents & POLLIN);
}

static void before_wait(void)
{
	if (likely(!__atomic_load_n(&count, __ATOMIC_ACQUIRE)))
		return;
	shim_lock(&lock);
	for (u32 i = 0; i < high; i += SETTLE_STEP)
		settle_step(i, MIN(high, i + SETTLE_STEP));
	shim_unlock(&lock);
}

void shim_wait_closed(int fd)
{
	bool was_epoll = is_epoll(fd);

	if (!__atomic_load_n(&count, __ATOMIC_ACQUIRE))
		return;
	shim_lock(&lock);
	for (u32 i = 0; i < high; i++) {
		struct watch *w = &watches[i];

		if (!w->used)
			continue;
		if (w->epfd == fd || (w->fd == fd && w->epfd < 0))
			drop(w);
		else if (w->fd == fd)
			w->orphan = true;
	}
	if (was_epoll)
		mark_epoll(fd, false);
	shim_unlock(&lock);
}

bool shim_wait_concerns(int fd)
{
	return is_epoll(fd);
}

/* Before the backend's lock, as everywhere: linked behind it, so registered later. */
static void before_fork(void)
{
	shim_lock(&lock);
}

static void after_fork(void)
{
	shim_unlock(&lock);
}

__attribute__((constructor)) static void wait_init(void)
{
	pthread_atfork(before_fork, after_fork, after_fork);
}

/* Room for writing never is news of a ring; an eventfd has it always. */
static u32 ring_events(u32 events)
{
	return events & ~(EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
}

static long ctl_add(int epfd, int fd, const struct shim_file *f, const struct epoll_event *ev)
{
	struct epoll_event own;
	struct watch *w = find(epfd, fd);
	u64 words[2];
	int event_fd;
	long r;

	if (w && !w->orphan)
		return -EEXIST;
	if (w)
		drop(w);
	event_fd = event_fd_of(f, words);
	if (event_fd < 0)
		return event_fd;
	own = *ev;
	own.events = ring_events(ev->events);
	r = RAW_4(SYS_epoll_ctl, epfd, EPOLL_CTL_ADD, event_fd, &own);
	if (r) {
		RAW_1(SYS_close, event_fd);
		return r;
	}
	w = add(epfd, fd, f, event_fd, words);
	if (!w)
		return -ENOSPC;
	mark_epoll(epfd, true);
	return 0;
}

static long ctl(int epfd, int op, int fd, const struct shim_file *f, struct epoll_event *ev)
{
	struct epoll_event own;
	struct watch *w;

	if (op == EPOLL_CTL_ADD)
		return ctl_add(epfd, fd, f, ev);
	w = find(epfd, fd);
	if (!w || w->orphan)
		return RAW_4(SYS_epoll_ctl, epfd, op, fd, ev);
	if (op == EPOLL_CTL_DEL) {
		drop(w);
		return 0;
	}
	own = *ev;
	own.events = ring_events(ev->events);
	return RAW_4(SYS_epoll_ctl, epfd, op, w->event_fd, &own);
}

SHIM_EXPORT int epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev)
{
	struct shim_file f;
	long r = -EPERM;

	/* A ring received from elsewhere is known by the host's refusal. */
	if (!shim_fd_known(fd)) {
		r = RAW_4(SYS_epoll_ctl, epfd, op, fd, ev);
		if (r != -EPERM)
			return shim_result(r);
	}
	if ((op == EPOLL_CTL_DEL || ev) && shim_fd_look(fd, &f)) {
		shim_lock(&lock);
		r = ctl(epfd, op, fd, &f, ev);
		shim_unlock(&lock);
	} else {
		r = RAW_4(SYS_epoll_ctl, epfd, op, fd, ev);
	}
	return shim_result(r);
}

SHIM_EXPORT int epoll_wait(int epfd, struct epoll_event *evs, int max, int timeout)
{
	before_wait();
	return NEXT(int (*)(int, struct epoll_event *, int, int), "epoll_wait")(epfd, evs, max,
										timeout);
}

SHIM_EXPORT int epoll_pwait(int epfd, struct epoll_event *evs, int max, int timeout,
			    const sigset_t *mask)
{
	before_wait();
	return NEXT(int (*)(int, struct epoll_event *, int, int, const sigset_t *),
		    "epoll_pwait")(epfd, evs, max, timeout, mask);
}

/* The eventfd to wait on for `fd`, or `fd` itself. */
static int stand_in(int fd)
{
	struct shim_file f;
	struct watch *w;
	int event_fd = fd;

	if (likely(!shim_fd_known(fd)) || !shim_fd_find(fd, &f))
		return fd;
	shim_lock(&lock);
	w = find(-1, fd);
	if (w && (w->file.dev != f.dev || w->file.ino != f.ino)) {
		drop(w);
		w = NULL;
	}
	if (!w) {
		u64 words[2];
		int new = event_fd_of(&f, words);

		w = new < 0 ? NULL : add(-1, fd, &f, new, words);
	}
	if (w)
		event_fd = w->event_fd;
	shim_unlock(&lock);
	return event_fd;
}

/* Not const: libc declares poll(2) to only write the array, and gcc would warn of reading it. */
static bool any_known(struct pollfd *fds, nfds_t n)
{
	for (nfds_t i = 0; i < n; i++)
		if (shim_fd_known(fds[i].fd))
			return true;
	return false;
}

typedef int poll_fn(void *data, struct pollfd *fds, nfds_t n);

/* Polls a copy in which rings are replaced. */
static int poll_copy(struct pollfd *fds, nfds_t n, poll_fn *fn, void *data)
{
	struct pollfd few[64], *copy = few;
	int r;

	if (n > ARRAY_SIZE(few))
		copy = malloc(n * sizeof(*copy));
	if (!copy) {
		errno = ENOMEM;
		return -1;
	}
	for (nfds_t i = 0; i < n; i++) {
		copy[i] = fds[i];
		copy[i].fd = stand_in(fds[i].fd);
		if (copy[i].fd != fds[i].fd)
			copy[i].events = ring_events(copy[i].events);
	}
	before_wait();
	r = fn(data, copy, n);
	for (nfds_t i = 0; r >= 0 && i < n; i++)
		fds[i].revents = copy[i].revents;
	if (copy != few)
		free(copy);
	return r;
}

static int poll_next(void *data, struct pollfd *fds, nfds_t n)
{
	return NEXT(int (*)(struct pollfd *, nfds_t, int), "poll")(fds, n, *(int *)data);
}

SHIM_EXPORT int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	if (unlikely(any_known(fds, n)))
		return poll_copy(fds, n, poll_next, &timeout);
	before_wait();
	return poll_next(&timeout, fds, n);
}

int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t size);
SHIM_EXPORT int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t size)
{
	if (size / sizeof(*fds) < n)
		abort();
	return poll(fds, n, timeout);
}

struct ppoll_arg {
	const struct timespec *timeout;
	const sigset_t *mask;
};

static int ppoll_next(void *data, struct pollfd *fds, nfds_t n)
{
	const struct ppoll_arg *a = data;

	return NEXT(int (*)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *),
		    "ppoll")(fds, n, a->timeout, a->mask);
}

SHIM_EXPORT int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		      const sigset_t *mask)
{
	struct ppoll_arg a = {timeout, mask};

	if (unlikely(any_known(fds, n)))
		return poll_copy(fds, n, ppoll_next, &a);
	before_wait();
	return ppoll_next(&a, fds, n);
}

/* What select(2) means in poll(2)'s terms. */
#define SELECT_IN  (POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)
#define SELECT_OUT (POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)
#define SELECT_PRI POLLPRI

static bool in_set(int fd, const fd_set *s)
{
	return s && FD_ISSET(fd, s);
}

static bool sets_known(int n, const fd_set *r, const fd_set *w, const fd_set *x)
{
	for (int fd = 0; fd < n; fd++)
		if (shim_fd_known(fd) && (in_set(fd, r) || in_set(fd, w) || in_set(fd, x)))
			return true;
	return false;
}

static void clear_set(fd_set *s, int n)
{
	for (int fd = 0; s && fd < n; fd++)
		FD_CLR(fd, s);
}

static int mark_set(fd_set *s, int fd, bool asked, bool on)
{
	if (!s || !asked || !on)
		return 0;
	FD_SET(fd, s);
	return 1;
}

/* select by poll: sets with rings in them, fewer than FD_SETSIZE descriptors. */
static int select_by_poll(int n, fd_set *r, fd_set *w, fd_set *x, poll_fn *fn, void *data)
{
	struct pollfd fds[FD_SETSIZE];
	nfds_t len = 0;
	int ret;

	for (int fd = 0; fd < n; fd++) {
		short ev = (in_set(fd, r) ? POLLIN | POLLRDNORM | POLLRDBAND : 0) |
			   (in_set(fd, w) ? POLLOUT | POLLWRNORM | POLLWRBAND : 0) |
			   (in_set(fd, x) ? POLLPRI : 0);

		if (ev)
			fds[len++] = (struct pollfd){.fd = fd, .events = ev};
	}
	ret = poll_copy(fds, len, fn, data);
	if (ret < 0)
		return ret;
	for (nfds_t i = 0; i < len; i++)
		if (fds[i].revents & POLLNVAL) {
			errno = EBADF;
			return -1;
		}
	clear_set(r, n);
	clear_set(w, n);
	clear_set(x, n);
	ret = 0;
	for (nfds_t i = 0; i < len; i++) {
		short ev = fds[i].events, got = fds[i].revents;

		ret += mark_set(r, fds[i].fd, ev & POLLIN, got & SELECT_IN);
		ret += mark_set(w, fds[i].fd, ev & POLLOUT, got & SELECT_OUT);
		ret += mark_set(x, fds[i].fd, ev & POLLPRI, got & SELECT_PRI);
	}
	return ret;
}

/* Linux' select leaves in *timeout what is left of it. */
static void time_left(struct timeval *timeout, const struct timespec *start,
		      const struct timespec *span)
{
	struct timespec now;
	s64 left;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left = (span->tv_sec - (now.tv_sec - start->tv_sec)) * 1000000000ll + span->tv_nsec -
	       (now.tv_nsec - start->tv_nsec);
	left = MAX(left, 0ll);
	timeout->tv_sec = left / 1000000000;
	timeout->tv_usec = left % 1000000000 / 1000;
}

SHIM_EXPORT int select(int n, fd_set *r, fd_set *w, fd_set *x, struct timeval *timeout)
{
	struct timespec start, span;
	struct ppoll_arg a = {0};
	int ret;

	if (likely(n > FD_SETSIZE || !sets_known(n, r, w, x))) {
		before_wait();
		return NEXT(int (*)(int, fd_set *, fd_set *, fd_set *, struct timeval *),
			    "select")(n, r, w, x, timeout);
	}
	if (timeout) {
		if (timeout->tv_sec < 0 || timeout->tv_usec < 0) {
			errno = EINVAL;
			return -1;
		}
		span.tv_sec = timeout->tv_sec + timeout->tv_usec / 1000000;
		span.tv_nsec = timeout->tv_usec % 1000000 * 1000;
		a.timeout = &span;
		clock_gettime(CLOCK_MONOTONIC, &start);
	}
	ret = select_by_poll(n, r, w, x, ppoll_next, &a);
	if (timeout)
		time_left(timeout, &start, &span);
	return ret;
}

SHIM_EXPORT int pselect(int n, fd_set *r, fd_set *w, fd_set *x, const struct timespec *timeout,
			const sigset_t *mask)
{
	struct ppoll_arg a = {timeout, mask};

	if (likely(n > FD_SETSIZE || !sets_known(n, r, w, x))) {
		before_wait();
		return NEXT(int (*)(int, fd_set *, fd_set *, fd_set *, const struct timespec *,
				    const sigset_t *),
			    "pselect")(n, r, w, x, timeout, mask);
	}
	return select_by_poll(n, r, w, x, ppoll_next, &a);
}
