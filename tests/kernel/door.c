// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where bpf(2) of this process goes: to the kernel, or into an instance. The instance imitates the
 * kernel that $CYGNET_KERNEL names; the types of that kernel are $CYGNET_BTF, which libbpf, who
 * asks for the running kernel's by path, then gets in their place.
 */
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <linux/capability.h>
#include <cygnet/cygnet.h>
#include "core/client.h"
#include "core/kernel.h"
#include "sys/sys.h"
#include "vm/engine.h"
#include "kernel/door.h"

#define HOST_BTF "/sys/kernel/btf/vmlinux"

static struct cygnet *inst;
struct door_watch door_watch;

static long raw_syscall(long nr, const long a[6])
{
	register long r10 __asm__("r10") = a[3];
	register long r8 __asm__("r8") = a[4];
	register long r9 __asm__("r9") = a[5];
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static long call_bpf(long a[6])
{
	return inst ? cygnet_bpf(inst, a[0], (union bpf_attr *)a[1], a[2])
		    : raw_syscall(SYS_bpf, a);
}

/* The log's statistics give the time. */
static void repeat(const long a[6])
{
	static char log[1 << 16];
	struct door_watch *w = &door_watch;
	union bpf_attr attr = {0};
	long again[6] = {a[0], (long)&attr, a[2]};
	const char *found;
	long fd;

	for (int i = 0; i < w->repeats && i < DOOR_REPEATS; i++) {
		memcpy(&attr, (const void *)a[1], a[2]);
		attr.log_buf = (uintptr_t)log;
		attr.log_size = sizeof(log);
		attr.log_level = 4;
		log[0] = 0;
		fd = call_bpf(again);
		found = strstr(log, "verification time ");
		w->usec[i] = found ? atoi(found + strlen("verification time ")) : 0;
		if (fd >= 0)
			close(fd);
	}
}

static void watch(int cmd, const union bpf_attr *attr, long ret)
{
	struct door_watch *w = &door_watch;

	if (cmd == BPF_PROG_LOAD && w->log && attr->log_buf == (uintptr_t)w->log) {
		w->offered = true;
		w->prog_errno = ret < 0 ? -ret : 0;
	}
	if ((cmd == BPF_MAP_CREATE || cmd == BPF_BTF_LOAD) && ret < 0 && !w->setup_errno) {
		w->setup_errno = -ret;
		w->setup_cmd = cmd;
	}
	if (cmd == BPF_MAP_CREATE) {
		w->map_errno = ret < 0 ? -ret : 0;
		w->map_type = attr->map_type;
	}
}

bool door_before(uint32_t version)
{
	const char *imitated = getenv("CYGNET_KERNEL");
	struct utsname u;
	u32 asked = 0;
	char *dash;

	if (inst) {
		if (!imitated || core_kernel_parse(imitated, &asked))
			return false;
		return asked < version;
	}
	if (uname(&u))
		return false;
	dash = strpbrk(u.release, "-+");
	if (dash)
		*dash = 0;
	return !core_kernel_parse(u.release, &asked) && asked < version;
}

/* Upstream loads with a flag for its own bugs, which is nothing for a kernel that lacks it to
 * refuse. */
static void adapt(union bpf_attr *attr)
{
	static int old = -1;

	if (!(attr->prog_flags & BPF_F_TEST_REG_INVARIANTS))
		return;
	if (old < 0)
		old = door_before(CORE_KERNEL(6, 8, 0));
	if (old)
		attr->prog_flags &= ~BPF_F_TEST_REG_INVARIANTS;
}

long syscall(long nr, ...)
{
	long a[6], ret;
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (nr == SYS_bpf && a[0] == BPF_PROG_LOAD)
		adapt((union bpf_attr *)a[1]);
	ret = nr == SYS_bpf ? call_bpf(a) : raw_syscall(nr, a);
	if (nr == SYS_bpf)
		watch(a[0], (const union bpf_attr *)a[1], ret);
	if (nr == SYS_bpf && a[0] == BPF_PROG_LOAD && ret >= 0 && door_watch.offered)
		repeat(a);
	if (ret < 0 && ret > -4096) {
		errno = -ret;
		return -1;
	}
	return ret;
}

int door_by_name(const char *name)
{
	return !strcmp(name, "kernel") ? DOOR_KERNEL : !strcmp(name, "cygnet") ? DOOR_CYGNET : -1;
}

const char *door_btf(void)
{
	const char *file = getenv("CYGNET_BTF");

	return file && *file ? file : HOST_BTF;
}

static const char *redirect(const char *path)
{
	return strcmp(path, HOST_BTF) ? path : door_btf();
}

int open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return openat(AT_FDCWD, redirect(path), flags, mode);
}

FILE *fopen64(const char *path, const char *mode)
{
	int how = *mode == 'r' ? O_RDONLY : *mode == 'w' ? O_WRONLY | O_CREAT | O_TRUNC : O_APPEND;
	int fd = openat(AT_FDCWD, redirect(path), how | (strchr(mode, 'e') ? O_CLOEXEC : 0), 0666);

	return fd < 0 ? NULL : fdopen(fd, mode);
}

/* interp, checked, baseline, jit; nothing: as it comes. */
static bool set_engine(const char *name, struct cygnet_opts *o)
{
	static const char *const names[] = {
		[ENGINE_INTERP] = "interp", [ENGINE_JIT] = "jit", [ENGINE_BASELINE] = "baseline"};

	if (!name || !*name)
		return true;
	o->checked = !strcmp(name, "checked");
	o->engine = ENGINE_INTERP;
	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i] && !strcmp(name, names[i])) {
			o->engine = i;
			return true;
		}
	return o->checked;
}

int door_open(enum door door)
{
	struct cygnet_opts o = {.sz = sizeof(o)};
	const char *kernel = getenv("CYGNET_KERNEL");

	if (door != DOOR_CYGNET)
		return 0;
	if (kernel && *kernel && core_kernel_parse(kernel, &o.kernel))
		return -EINVAL;
	if (strcmp(door_btf(), HOST_BTF))
		o.btf_path = door_btf();
	if (!set_engine(getenv("CYGNET_ENGINE"), &o))
		return -EINVAL;
	return cygnet_new(&o, &inst);
}

/* What bpf(2) asks for: CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN, and CAP_SYS_ADMIN, which stands for
 * all. */
static int set_capabilities(bool on)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];
	uint32_t low = 1u << CAP_NET_ADMIN | 1u << CAP_SYS_ADMIN;
	uint32_t high = 1u << (CAP_PERFMON - 32) | 1u << (CAP_BPF - 32);

	if (syscall(SYS_capget, &head, data))
		return -errno;
	data[0].effective = on ? data[0].effective | low : data[0].effective & ~low;
	data[1].effective = on ? data[1].effective | high : data[1].effective & ~high;
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

int door_privileged(bool on)
{
	if (!inst)
		return set_capabilities(on);
	sys_self(inst)->unprivileged = !on;
	return 0;
}
