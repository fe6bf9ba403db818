/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a client's calls go. The shim's body (the wrapped libc names, the table
 * of descriptors, polling, paths) is the same in its two homes; what differs is
 * the backend: an instance of this process (local.c: the command) or a world
 * served by another (remote.c: the library preloaded into clients). Without a
 * backend every call passes through to the host, untouched.
 *
 * Functions return >= 0 or -errno and leave errno alone.
 */
#ifndef SHIM_BACKEND_H
#define SHIM_BACKEND_H

#include "base/types.h"

struct cygnet;
struct text;
struct utsname;

/* Identity of an open file: never a number, always what fstat says. */
struct shim_file {
	u64 dev, ino;
};

enum shim_path_op {
	SHIM_PATH_KIND, /* SHIM_PATH_DIR, SHIM_PATH_PIN, or -ENOENT */
	SHIM_PATH_MKDIR,
	SHIM_PATH_RMDIR,
	SHIM_PATH_UNLINK,
};

enum shim_path_kind {
	SHIM_PATH_DIR = 1,
	SHIM_PATH_PIN,
};

struct shim_mapping {
	u64 offset, length;
	u32 prot, flags;
};

struct shim_backend {
	/* Descriptors of ours may come without our knowledge: by exec, SCM_RIGHTS, pidfd_getfd. */
	bool foreign;
	/* *is_fd: the result is a descriptor, close-on-exec, the client's from now on. */
	long (*bpf)(int cmd, u64 attr, u32 size, bool *is_fd);
	/* -ENXIO: the host's event. */
	long (*perf_open)(u64 attr, int pid, int cpu, int group_fd, u64 flags, bool *is_fd);
	long (*perf_ioctl)(const struct shim_file *f, u32 request, u64 arg);
	bool (*is_ours)(const struct shim_file *f);
	/* 0: now mmap the descriptor itself; -ENOENT: not ours. */
	int (*mmap)(const struct shim_file *f, const struct shim_mapping *m);
	/*
	 * A descriptor to wait on, the caller's own, and where in the object's file two
	 * words differ while there is data. -EPERM: that object cannot be polled.
	 */
	int (*poll_fd)(const struct shim_file *f, u64 words[2]);
	/* What stands in fdinfo behind the host's lines; -ENOENT: not ours. */
	int (*fdinfo)(const struct shim_file *f, struct text *out);
	/* A readable descriptor of a file the instance answers, the caller's own; -ENOENT. */
	int (*file)(const char *path);
	/* The instance's bpffs; `path` is absolute and has no ., .. or doubled slashes. */
	int (*path)(enum shim_path_op op, const char *path);
	int (*uname)(struct utsname *out);
};

/* The backend in use; NULL: none. */
const struct shim_backend *shim_backend(void);
void shim_set_backend(const struct shim_backend *b);

/* The command: routes this process' calls to `inst` from now on; NULL: to the host again. */
void shim_use_instance(struct cygnet *inst);

#endif
