/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent's own system calls: raw, inlined, so that every `syscall`
 * instruction lies inside the agent's image, which dispatch lets pass.
 * Results are >= 0 or -errno.
 */
#ifndef AGENT_SYS_H
#define AGENT_SYS_H

#include <asm/unistd_64.h>
#include "base/types.h"

static inline long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline long sys3(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline long sys4(long nr, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return ret;
}

#define SYS_ARG(x)    ((long)(x))
#define sys_failed(r) ((unsigned long)(r) > -4096ul)

static inline void *sys_mmap(void *addr, size_t len, int prot, int flags, int fd, u64 off)
{
	return (void *)sys6(__NR_mmap, SYS_ARG(addr), (long)len, prot, flags, fd, (long)off);
}

static inline long sys_munmap(void *addr, size_t len)
{
	return sys3(__NR_munmap, SYS_ARG(addr), (long)len, 0);
}

static inline long sys_open(const char *path, int flags)
{
	return sys4(__NR_openat, -100 /* AT_FDCWD */, SYS_ARG(path), flags, 0);
}

static inline long sys_close(int fd)
{
	return sys3(__NR_close, fd, 0, 0);
}

#endif
