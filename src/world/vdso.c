// SPDX-License-Identifier: BSD-2-Clause
/* The vDSO as a file: what analyses code reads files. Made once. */
#include <elf.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>
#include "world/plan.h"

#define SIZE_MOST (1u << 20)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char path[64];

static void make(void)
{
	const Elf64_Ehdr *eh = u64_to_ptr(getauxval(AT_SYSINFO_EHDR));
	size_t size;
	int fd;

	if (!eh || memcmp(eh->e_ident, ELFMAG, SELFMAG) || eh->e_ident[EI_CLASS] != ELFCLASS64)
		return;
	/* Its section headers are its end. */
	size = eh->e_shoff + (size_t)eh->e_shnum * sizeof(Elf64_Shdr);
	if (!eh->e_shoff || size > SIZE_MOST)
		return;
	fd = memfd_create("cygnet-vdso", MFD_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, eh, size) == (ssize_t)size)
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	else
		close(fd);
}

const char *vdso_path(void)
{
	pthread_once(&once, make);
	return path[0] ? path : NULL;
}
