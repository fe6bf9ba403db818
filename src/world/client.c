// SPDX-License-Identifier: BSD-2-Clause
/*
 * Another process as a client of bpf(2). Its memory is copied by
 * process_vm_readv(2) and process_vm_writev(2), which fail politely on bad
 * addresses and respect its mappings; where a sandbox filters these calls, by
 * /proc/PID/mem. Both need the right to trace it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "world/peer.h"

static struct peer *peer_of(struct client *c)
{
	return container_of(c, struct peer, c);
}

/* The way round a filter. 0 or -errno. */
static int open_mem(struct peer *p)
{
	char path[32];

	if (p->mem_fd >= 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/mem", p->c.pid);
	p->mem_fd = open(path, O_RDWR | O_CLOEXEC);
	if (p->mem_fd >= 0)
		return 0;
	p->refused = errno == EACCES || errno == EPERM;
	return p->refused ? -EPERM : -EFAULT;
}

static int copy_mem(struct peer *p, u64 addr, void *buf, size_t size, bool write)
{
	int err = open_mem(p);

	while (!err && size) {
		ssize_t n = write ? pwrite(p->mem_fd, buf, size, addr)
				  : pread(p->mem_fd, buf, size, addr);

		if (n <= 0)
			return -EFAULT;
		buf = (u8 *)buf + n;
		addr += n;
		size -= n;
	}
	return err;
}

/* All bytes, or -EFAULT; -EPERM when nothing of it may be reached. */
static int copy(struct peer *p, u64 addr, void *buf, size_t size, bool write)
{
	while (size) {
		struct iovec own = {buf, size}, theirs = {u64_to_ptr(addr), size};
		ssize_t n = write ? process_vm_writev(p->c.pid, &own, 1, &theirs, 1, 0)
				  : process_vm_readv(p->c.pid, &own, 1, &theirs, 1, 0);

		if (n < 0 && (errno == EPERM || errno == ENOSYS))
			return copy_mem(p, addr, buf, size, write);
		if (n <= 0)
			return -EFAULT;
		buf = (u8 *)buf + n;
		addr += n;
		size -= n;
	}
	return 0;
}

static int peer_read(struct client *c, void *dst, u64 addr, size_t size)
{
	return copy(peer_of(c), addr, dst, size, false);
}

static int peer_write(struct client *c, u64 addr, const void *src, size_t size)
{
	return copy(peer_of(c), addr, (void *)src, size, true);
}

static int peer_identify(struct client *c, int fd, u64 *dev, u64 *ino)
{
	char path[48];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", c->pid, fd);
	if (fd < 0 || stat(path, &st))
		return -EBADF;
	*dev = st.st_dev;
	*ino = st.st_ino;
	return 0;
}

/* The link's own permissions say how the file is open. */
static int peer_mode(struct client *c, int fd)
{
	char path[48];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", c->pid, fd);
	if (fd < 0 || lstat(path, &st))
		return -EBADF;
	switch (st.st_mode & (S_IRUSR | S_IWUSR)) {
	case S_IRUSR: return O_RDONLY;
	case S_IWUSR: return O_WRONLY;
	default: return O_RDWR;
	}
}

void peer_init(struct peer *p, s32 pid, u32 uid)
{
	*p = (struct peer){
		.c =
			{
				.read = peer_read,
				.write = peer_write,
				.identify = peer_identify,
				.mode = peer_mode,
				.pid = pid,
				.uid = uid,
			},
		.mem_fd = -1,
	};
}

void peer_fini(struct peer *p)
{
	if (p->mem_fd >= 0)
		close(p->mem_fd);
	p->mem_fd = -1;
}
