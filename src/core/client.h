/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who calls bpf(2): its memory and its descriptors. In process these are
 * plain; for a client of a world they go through the kernel's
 * process_vm_readv/writev and /proc/PID/fd. Copies behave as
 * copy_from_user/copy_to_user: all bytes or -EFAULT.
 */
#ifndef CORE_CLIENT_H
#define CORE_CLIENT_H

#include "base/types.h"

struct client {
	int (*read)(struct client *c, void *dst, u64 addr, size_t size);
	int (*write)(struct client *c, u64 addr, const void *src, size_t size);
	/* Identity of an open descriptor: 0 or -EBADF. */
	int (*identify)(struct client *c, int fd, u64 *dev, u64 *ino);
	/* How it was opened: O_RDONLY, O_WRONLY or O_RDWR, or -EBADF. NULL: O_RDWR is assumed. */
	int (*mode)(struct client *c, int fd);
	s32 pid;
	u32 uid;
	bool unprivileged; /* without CAP_BPF and its kin: the rules for ordinary users apply */
	void *data;
};

#endif
