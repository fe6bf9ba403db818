// SPDX-License-Identifier: BSD-2-Clause
/* The backend of the command: an instance of this very process. */
#include "shim/shim.h"
#include <fcntl.h>
#include <sys/syscall.h>
#include "sys/sys.h"

static struct cygnet *instance;

static struct cygnet *inst(void)
{
	return __atomic_load_n(&instance, __ATOMIC_ACQUIRE);
}

static long local_bpf(int cmd, u64 attr, u32 size, bool *is_fd)
{
	struct client *self = sys_self(inst());

	return self ? sys_bpf(inst(), self, cmd, attr, size, is_fd) : -ENOMEM;
}

static long local_perf_open(u64 attr, int pid, int cpu, int group_fd, u64 flags, bool *is_fd)
{
	struct client *self = sys_self(inst());

	return self ? sys_perf_event_open(inst(), self, attr, pid, cpu, group_fd, flags, is_fd)
		    : -ENOMEM;
}

static long local_perf_ioctl(const struct shim_file *f, u32 request, u64 arg)
{
	struct client *self = sys_self(inst());

	return self ? sys_perf_ioctl(inst(), self, f->dev, f->ino, request, arg) : -ENOMEM;
}

static bool local_is_ours(const struct shim_file *f)
{
	u32 kind, id;

	return sys_is_ours(inst(), f->dev, f->ino, &kind, &id);
}

static int local_mmap(const struct shim_file *f, const struct shim_mapping *m)
{
	return sys_mmap(inst(), f->dev, f->ino, m->offset, m->length, m->prot, m->flags);
}

static int local_poll_fd(const struct shim_file *f, u64 words[2])
{
	int fd = sys_poll_words(inst(), f->dev, f->ino, words);

	fd = fd ?: sys_poll_fd(inst(), f->dev, f->ino);
	/* The instance's own is borrowed. */
	return fd < 0 ? fd : RAW_3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0);
}

static int local_fdinfo(const struct shim_file *f, struct text *out)
{
	return sys_fdinfo(inst(), f->dev, f->ino, out);
}

static int local_file(const char *path)
{
	return sys_file_open(inst(), path);
}

_Static_assert((int)SHIM_PATH_KIND == SYS_PATH_KIND && (int)SHIM_PATH_MKDIR == SYS_PATH_MKDIR &&
		       (int)SHIM_PATH_RMDIR == SYS_PATH_RMDIR &&
		       (int)SHIM_PATH_UNLINK == SYS_PATH_UNLINK &&
		       (int)SHIM_PATH_DIR == SYS_PATH_DIR && (int)SHIM_PATH_PIN == SYS_PATH_PIN,
	       "the shim's path operations are the instance's");

static int local_path(enum shim_path_op op, const char *path)
{
	return sys_path(inst(), (enum sys_path_op)op, path);
}

static int local_uname(struct utsname *out)
{
	return sys_uname(inst(), out);
}

static const struct shim_backend local = {
	.bpf = local_bpf,
	.perf_open = local_perf_open,
	.perf_ioctl = local_perf_ioctl,
	.is_ours = local_is_ours,
	.mmap = local_mmap,
	.poll_fd = local_poll_fd,
	.fdinfo = local_fdinfo,
	.file = local_file,
	.path = local_path,
	.uname = local_uname,
};

void shim_use_instance(struct cygnet *i)
{
	__atomic_store_n(&instance, i, __ATOMIC_RELEASE);
	shim_set_backend(i ? &local : NULL);
}
