// SPDX-License-Identifier: BSD-2-Clause
/*
 * Paths an instance may have something to say about: its bpffs, descriptors'
 * fdinfo, and the files that name attach points and limits. The rest, nearly
 * everything, is told apart by its first bytes. Relative paths are the host's.
 */
#include "shim/shim.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BPFFS "/sys/fs/bpf"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u
#endif

static const char *const file_prefixes[] = {
	"/sys/kernel/tracing/",           "/sys/kernel/debug/tracing/", "/sys/kernel/btf/",
	"/sys/bus/event_source/devices/", "/sys/devices/system/cpu/",   "/proc/sys/kernel/",
	"/proc/sys/net/core/bpf_",
};

/* Without doubled slashes, `.` and `..`, as lexically as the kernel would where no link is. */
static bool normalise(const char *path, char *out, size_t size)
{
	size_t len = 0;

	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.') {
			while (len && out[--len] != '/')
				;
		} else if (n && !(n == 1 && path[0] == '.')) {
			if (len + 1 + n >= size)
				return false;
			out[len++] = '/';
			memcpy(out + len, path, n);
			len += n;
		}
		path += n + (path[n] == '/');
	}
	if (!len)
		out[len++] = '/';
	out[len] = 0;
	return true;
}

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

/* N of /proc/self/fdinfo/N, or of this process by number; -1: not that. */
static int fdinfo_fd(const char *name)
{
	const char *p = name + strlen("/proc/");
	char *end;
	long n;

	if (starts(p, "self/")) {
		p += 5;
	} else if (starts(p, "thread-self/")) {
		p += 12;
	} else {
		n = strtol(p, &end, 10);
		if (end == p || *end != '/' || n != getpid())
			return -1;
		p = end + 1;
	}
	if (!starts(p, "fdinfo/"))
		return -1;
	p += 7;
	n = strtol(p, &end, 10);
	return end == p || *end || n < 0 || n > 0x7fffffff ? -1 : (int)n;
}

bool shim_path_parse(struct shim_path *p, int dirfd, const char *path)
{
	p->place = SHIM_HOST;
	if (!shim_backend() || !path || path[0] != '/')
		return false;
	/* "/proc" or "/sys/", also with more slashes in front. */
	while (path[1] == '/')
		path++;
	if (!starts(path, "/sys/") && !starts(path, "/proc/"))
		return false;
	if (!normalise(path, p->name, sizeof(p->name)))
		return false;
	if (starts(p->name, BPFFS) && (!p->name[strlen(BPFFS)] || p->name[strlen(BPFFS)] == '/')) {
		p->place = SHIM_BPFFS;
		return true;
	}
	if (starts(p->name, "/proc/")) {
		p->fd = fdinfo_fd(p->name);
		if (p->fd >= 0)
			p->place = SHIM_FDINFO;
	}
	for (size_t i = 0; p->place == SHIM_HOST && i < ARRAY_SIZE(file_prefixes); i++)
		if (starts(p->name, file_prefixes[i]))
			p->place = SHIM_FILE;
	return p->place != SHIM_HOST;
}

static bool write_all(int fd, const char *s, size_t n)
{
	while (n) {
		long w = RAW_3(SYS_write, fd, s, n);

		if (w <= 0)
			return false;
		s += w;
		n -= w;
	}
	return true;
}

int shim_text_fd(struct text *t, const char *name)
{
	long fd = -ENOMEM;

	if (!t->lost)
		fd = RAW_2(SYS_memfd_create, name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	if (fd == -EINVAL)
		fd = RAW_2(SYS_memfd_create, name, MFD_CLOEXEC);
	if (fd >= 0 &&
	    (!write_all(fd, t->buf ?: "", t->len) || RAW_3(SYS_lseek, fd, 0, SEEK_SET) < 0)) {
		RAW_1(SYS_close, fd);
		fd = -ENOSPC;
	}
	text_fini(t);
	return fd;
}

/* The host's lines of a descriptor's fdinfo, then ours. */
static int open_fdinfo(const struct shim_path *p)
{
	struct shim_entry e;
	struct shim_file f;
	struct text t, own;
	char buf[512];
	long in, n;
	int fd = -ENOENT;

	if (!shim_fd_look(p->fd, &f))
		return -ENOENT;
	in = RAW_3(SYS_openat, AT_FDCWD, p->name, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return in;
	if (shim_enter(&e)) {
		text_init_grow(&t);
		text_init_grow(&own);
		while ((n = RAW_3(SYS_read, in, buf, sizeof(buf))) > 0)
			text_write(&t, buf, n);
		fd = e.b->fdinfo(&f, &own);
		/* The lock that keeps the object alive is no business of the client's. */
		if (!fd) {
			char *lock = t.buf ? strstr(t.buf, "lock:") : NULL;

			if (lock)
				t.len = lock - t.buf;
			text_write(&t, own.buf ?: "", own.len);
			fd = shim_text_fd(&t, "fdinfo");
		}
		text_fini(&t);
		text_fini(&own);
		shim_leave(&e);
	}
	RAW_1(SYS_close, in);
	return fd;
}

int shim_path_open(const struct shim_path *p, int flags)
{
	struct shim_entry e;
	int fd = -ENOENT;

	if ((flags & O_ACCMODE) != O_RDONLY || flags & O_DIRECTORY)
		return -ENOENT;
	if (p->place == SHIM_FDINFO)
		fd = open_fdinfo(p);
	else if (p->place == SHIM_FILE && shim_enter(&e)) {
		fd = e.b->file(p->name);
		shim_leave(&e);
	}
	if (fd >= 0 && !(flags & O_CLOEXEC))
		RAW_3(SYS_fcntl, fd, F_SETFD, 0);
	return fd;
}
