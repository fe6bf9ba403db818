// SPDX-License-Identifier: BSD-2-Clause
/* The calls themselves: bpf(2) and perf_event_open(2) through syscall(3), mmap(2), ioctl(2). */
#include "shim/shim.h"
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static long call_bpf(int cmd, u64 attr, u32 size)
{
	struct shim_entry e;
	bool is_fd = false;
	long r;

	if (!shim_enter(&e))
		return RAW_3(SYS_bpf, cmd, attr, size);
	r = e.b->bpf(cmd, attr, size, &is_fd);
	shim_leave(&e);
	if (r >= 0 && is_fd)
		shim_fd_add(r);
	return r;
}

static long call_perf_open(u64 attr, int pid, int cpu, int group_fd, u64 flags)
{
	struct shim_entry e;
	bool is_fd = false;
	long r = -ENXIO;

	if (shim_enter(&e)) {
		r = e.b->perf_open(attr, pid, cpu, group_fd, flags, &is_fd);
		shim_leave(&e);
	}
	if (r == -ENXIO)
		return RAW_6(SYS_perf_event_open, attr, pid, cpu, group_fd, flags, 0);
	if (r < 0 || !is_fd)
		return r;
	if (!(flags & PERF_FLAG_FD_CLOEXEC))
		RAW_3(SYS_fcntl, r, F_SETFD, 0);
	shim_fd_add(r);
	return r;
}

/* What the caller did not pass is whatever registers and stack hold, as with libc's own. */
__attribute__((no_sanitize("address"))) SHIM_EXPORT long syscall(long nr, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (nr == SYS_bpf)
		return shim_result(call_bpf(a[0], a[1], a[2]));
	if (nr == SYS_perf_event_open)
		return shim_result(call_perf_open(a[0], a[1], a[2], a[3], a[4]));
	return shim_result(shim_raw(nr, a[0], a[1], a[2], a[3], a[4], a[5]));
}

/* 0: go on with the host's mmap. */
static int before_mmap(size_t length, int prot, int flags, int fd, off64_t offset)
{
	const struct shim_mapping m = {offset, length, prot, flags};
	struct shim_entry e;
	struct shim_file f;
	int err;

	if (flags & MAP_ANONYMOUS || fd < 0 || !shim_backend())
		return 0;
	/* Private mappings of other files, the loader's say, are never worth a question. */
	if (!(flags & MAP_SHARED ? shim_fd_look(fd, &f) : shim_fd_find(fd, &f)))
		return 0;
	if (!shim_enter(&e))
		return 0;
	err = e.b->mmap(&f, &m);
	shim_leave(&e);
	return err == -ENOENT ? 0 : err;
}

SHIM_EXPORT void *mmap64(void *addr, size_t length, int prot, int flags, int fd, off64_t offset)
{
	long r = before_mmap(length, prot, flags, fd, offset);

	r = r ?: RAW_6(SYS_mmap, addr, length, prot, flags, fd, offset);
	return (void *)shim_result(r);
}

SHIM_EXPORT void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	return mmap64(addr, length, prot, flags, fd, offset);
}

static bool is_perf_request(unsigned long request)
{
	return _IOC_TYPE(request) == _IOC_TYPE(PERF_EVENT_IOC_ENABLE);
}

SHIM_EXPORT int ioctl(int fd, unsigned long request, ...)
{
	struct shim_entry e;
	struct shim_file f;
	va_list ap;
	u64 arg;
	long r;

	va_start(ap, request);
	arg = va_arg(ap, u64);
	va_end(ap);
	if (is_perf_request(request) && shim_fd_look(fd, &f) && shim_enter(&e)) {
		r = e.b->perf_ioctl(&f, request, arg);
		shim_leave(&e);
		return shim_result(r);
	}
	return shim_result(RAW_3(SYS_ioctl, fd, request, arg));
}
