/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's kernel and its BTF, for tests that compare with it. */
#ifndef TESTS_BTF_HOST_H
#define TESTS_BTF_HOST_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "btf/btf.h"

/* KERNEL_VERSION without its third number: 0x0612 is 6.18. */
static inline unsigned int host_kernel(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname u;

	uname(&u);
	sscanf(u.release, "%u.%u", &major, &minor);
	return major << 8 | minor;
}

/* A whole file; free() it. NULL when it cannot be read. */
static inline void *host_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t cap = 1 << 20, len = 0;
	char *buf = malloc(cap);
	ssize_t n;

	while (fd >= 0 && (n = read(fd, buf + len, cap - len)) > 0) {
		len += n;
		if (len == cap)
			buf = realloc(buf, cap *= 2);
	}
	if (fd >= 0)
		close(fd);
	if (!len) {
		free(buf);
		return NULL;
	}
	*size = len;
	return buf;
}

#endif
