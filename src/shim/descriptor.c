// SPDX-License-Identifier: BSD-2-Clause
/* Descriptors come and go: close(2), dup(2) and its kin, fcntl(2). */
#include "shim/shim.h"
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

SHIM_EXPORT int close(int fd)
{
	/* Before the number is free for others. */
	if (unlikely(shim_fd_known(fd) || shim_wait_concerns(fd))) {
		shim_fd_forget(fd);
		shim_wait_closed(fd);
	}
	return NEXT(int (*)(int), "close")(fd);
}

/* After `to` was made a duplicate of `from`. */
static int duplicated(int from, long to)
{
	if (to >= 0 && to != from &&
	    (shim_fd_known(from) || shim_fd_known(to) || shim_wait_concerns(to))) {
		int saved = errno;

		shim_wait_closed(to);
		shim_fd_copy(from, to);
		errno = saved;
	}
	return shim_result(to);
}

SHIM_EXPORT int dup(int fd)
{
	return duplicated(fd, RAW_1(SYS_dup, fd));
}

SHIM_EXPORT int dup3(int from, int to, int flags)
{
	return duplicated(from, RAW_3(SYS_dup3, from, to, flags));
}

SHIM_EXPORT int dup2(int from, int to)
{
	/* dup3 refuses equal numbers; dup2 then only checks that it is open. */
	if (from == to) {
		long r = RAW_2(SYS_fcntl, from, F_GETFD);

		return shim_result(r < 0 ? r : to);
	}
	return dup3(from, to, 0);
}

static int do_fcntl(int fd, int cmd, long arg)
{
	int r = NEXT(int (*)(int, int, ...), "fcntl64")(fd, cmd, arg);

	if (r >= 0 && (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC) && shim_fd_known(fd))
		return duplicated(fd, r);
	return r;
}

SHIM_EXPORT int fcntl64(int fd, int cmd, ...)
{
	va_list ap;
	long arg;

	va_start(ap, cmd);
	arg = va_arg(ap, long);
	va_end(ap);
	return do_fcntl(fd, cmd, arg);
}

SHIM_EXPORT int fcntl(int fd, int cmd, ...)
{
	va_list ap;
	long arg;

	va_start(ap, cmd);
	arg = va_arg(ap, long);
	va_end(ap);
	return do_fcntl(fd, cmd, arg);
}
