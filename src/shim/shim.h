/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shim's inside. It comes first in each of its files: the wrapped names are
 * defined here, so libc's fortified inline forms of them must not be.
 *
 * A wrapper decides with a few compares whether the call concerns us; if not it
 * goes on to libc's own (cancellation points stay cancellation points) or, where
 * that is exact, to the kernel.
 */
#ifndef SHIM_SHIM_H
#define SHIM_SHIM_H

#undef _FORTIFY_SOURCE

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include "base/text.h"
#include "shim/backend.h"

#define SHIM_EXPORT __attribute__((visibility("default")))

/* The system call itself: a result, or -errno. */
long shim_raw(long nr, long a, long b, long c, long d, long e, long f);
#define RAW_1(nr, a)          shim_raw(nr, (long)(a), 0, 0, 0, 0, 0)
#define RAW_2(nr, a, b)       shim_raw(nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define RAW_3(nr, a, b, c)    shim_raw(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define RAW_4(nr, a, b, c, d) shim_raw(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define RAW_6(nr, a, b, c, d, e, f) \
	shim_raw(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* As libc returns it: -1 and errno for -errno. */
static inline long shim_result(long r)
{
	if (r >= 0 || r < -4095)
		return r;
	errno = -r;
	return -1;
}

/* libc's own function of that name, found behind us. */
void *shim_next(const char *name, void **cache);
#define NEXT(type, name)                        \
	({                                      \
		static void *next_;             \
		(type) shim_next(name, &next_); \
	})

/*
 * Calls into the backend: entering fails when there is none, or when this
 * thread is inside an instance of this process already (which itself opens files
 * and maps memory). A world's client makes raw calls only and is never inside;
 * so a signal handler's bpf(2) reaches the world too. errno survives.
 */
struct shim_entry {
	const struct shim_backend *b;
	int saved_errno;
};
bool shim_enter(struct shim_entry *e);
void shim_leave(struct shim_entry *e);

/* A lock no signal handler of this thread can meet, and that a forked child finds free. */
struct shim_lock {
	pthread_mutex_t mutex;
	u64 mask; /* of the holder, before */
};
void shim_lock(struct shim_lock *l);
void shim_unlock(struct shim_lock *l);

/* table.c: the descriptors known to be an instance's. */
bool shim_fd_known(int fd);                       /* a bit test: maybe ours */
bool shim_fd_find(int fd, struct shim_file *out); /* ours, confirmed */
bool shim_fd_look(int fd, struct shim_file *out); /* also asks the backend; then remembers */
void shim_fd_add(int fd);
void shim_fd_copy(int from, int to); /* `to` is a duplicate of `from` now */
void shim_fd_forget(int fd);
int shim_fstat(int fd, struct shim_file *out); /* 0 or -errno */

/* wait.c: `fd` is about to be closed. */
void shim_wait_closed(int fd);
bool shim_wait_concerns(int fd); /* an epoll set with rings in it */

/* path.c */
enum shim_place {
	SHIM_HOST,   /* not ours */
	SHIM_FILE,   /* a file the instance may answer */
	SHIM_FDINFO, /* of descriptor `fd` */
	SHIM_BPFFS,
};
struct shim_path {
	enum shim_place place;
	int fd;
	char name[512]; /* normalised; longer ones are the host's */
};
bool shim_path_parse(struct shim_path *p, int dirfd, const char *path); /* false: SHIM_HOST */
/* An own descriptor of the text an instance answers with; -ENOENT: the host's file. */
int shim_path_open(const struct shim_path *p, int flags);
/* A memfd of `t`, at its beginning. Takes the text. */
int shim_text_fd(struct text *t, const char *name);

#endif
