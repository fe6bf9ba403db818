// SPDX-License-Identifier: BSD-2-Clause
/*
 * Files by path: the open and stat families, access, statfs, and what changes a
 * bpffs. An instance's bpffs is always mounted at /sys/fs/bpf, whatever the host
 * has there; other files it answers exist beside the host's.
 */
#include "shim/shim.h"
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int bpffs_op(const struct shim_path *p, enum shim_path_op op)
{
	struct shim_entry e;
	int r = -ENOENT;

	if (shim_enter(&e)) {
		r = e.b->path(op, p->name);
		shim_leave(&e);
	}
	return r;
}

/* -ENOENT: ask the host. */
static int open_ours(const struct shim_path *p, int flags)
{
	int kind;

	if (p->place != SHIM_BPFFS)
		return shim_path_open(p, flags);
	kind = bpffs_op(p, SHIM_PATH_KIND);
	if (kind == SHIM_PATH_PIN)
		return flags & O_DIRECTORY ? -ENOTDIR
		       : (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)
			       ? -EEXIST
			       : -EIO; /* as the kernel for programs */
	if (kind == SHIM_PATH_DIR && (flags & O_ACCMODE) != O_RDONLY)
		return -EISDIR;
	return -ENOENT;
}

static int do_open(int dirfd, const char *path, int flags, mode_t mode)
{
	struct shim_path p;
	int fd;

	if (unlikely(shim_path_parse(&p, dirfd, path))) {
		fd = open_ours(&p, flags);
		if (fd != -ENOENT)
			return shim_result(fd);
	}
	return NEXT(int (*)(int, const char *, int, ...), "openat64")(dirfd, path, flags, mode);
}

static bool needs_mode(int flags)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
}

#define OPEN_MODE(flags)                             \
	({                                           \
		va_list ap_;                         \
		mode_t mode_ = 0;                    \
                                                     \
		if (needs_mode(flags)) {             \
			va_start(ap_, flags);        \
			mode_ = va_arg(ap_, mode_t); \
			va_end(ap_);                 \
		}                                    \
		mode_;                               \
	})

SHIM_EXPORT int open(const char *path, int flags, ...)
{
	return do_open(AT_FDCWD, path, flags, OPEN_MODE(flags));
}

SHIM_EXPORT int open64(const char *path, int flags, ...)
{
	return do_open(AT_FDCWD, path, flags, OPEN_MODE(flags));
}

SHIM_EXPORT int openat(int dirfd, const char *path, int flags, ...)
{
	return do_open(dirfd, path, flags, OPEN_MODE(flags));
}

SHIM_EXPORT int openat64(int dirfd, const char *path, int flags, ...)
{
	return do_open(dirfd, path, flags, OPEN_MODE(flags));
}

/* The fortified forms abort when a mode is due and not given. */
static int open_2(int dirfd, const char *path, int flags)
{
	if (needs_mode(flags))
		abort();
	return do_open(dirfd, path, flags, 0);
}

int __open_2(const char *path, int flags);
SHIM_EXPORT int __open_2(const char *path, int flags)
{
	return open_2(AT_FDCWD, path, flags);
}

int __open64_2(const char *path, int flags);
SHIM_EXPORT int __open64_2(const char *path, int flags)
{
	return open_2(AT_FDCWD, path, flags);
}

int __openat_2(int dirfd, const char *path, int flags);
SHIM_EXPORT int __openat_2(int dirfd, const char *path, int flags)
{
	return open_2(dirfd, path, flags);
}

int __openat64_2(int dirfd, const char *path, int flags);
SHIM_EXPORT int __openat64_2(int dirfd, const char *path, int flags)
{
	return open_2(dirfd, path, flags);
}

static FILE *do_fopen(const char *path, const char *mode)
{
	struct shim_path p;
	FILE *file;
	int fd;

	/* Reading only: "r", "rb", "re", not "r+". */
	if (unlikely(mode && mode[0] == 'r' && !strchr(mode, '+') &&
		     shim_path_parse(&p, AT_FDCWD, path))) {
		fd = open_ours(&p, O_RDONLY | (strchr(mode, 'e') ? O_CLOEXEC : 0));
		if (fd >= 0) {
			file = fdopen(fd, "r");
			if (!file)
				RAW_1(SYS_close, fd);
			return file;
		}
		if (fd != -ENOENT) {
			errno = -fd;
			return NULL;
		}
	}
	return NEXT(FILE * (*)(const char *, const char *), "fopen64")(path, mode);
}

SHIM_EXPORT FILE *fopen(const char *path, const char *mode)
{
	return do_fopen(path, mode);
}

SHIM_EXPORT FILE *fopen64(const char *path, const char *mode)
{
	return do_fopen(path, mode);
}

/* What a path is: the mode of a file or directory of ours, 0: the host's, or -errno. */
static int mode_of(const struct shim_path *p)
{
	struct shim_path event;
	int fd;

	if (p->place == SHIM_BPFFS) {
		int kind = bpffs_op(p, SHIM_PATH_KIND);

		return kind == SHIM_PATH_DIR   ? S_IFDIR | S_ISVTX | 0700
		       : kind == SHIM_PATH_PIN ? S_IFREG | 0600
					       : kind;
	}
	fd = p->place == SHIM_FILE ? shim_path_open(p, O_RDONLY) : -ENOENT;
	if (fd >= 0) {
		RAW_1(SYS_close, fd);
		return S_IFREG | 0444;
	}
	/* The directory of an event is one that holds an id. */
	event = *p;
	if (p->place == SHIM_FILE && strlen(p->name) + 4 < sizeof(event.name)) {
		strcat(event.name, "/id");
		fd = shim_path_open(&event, O_RDONLY);
	}
	if (fd < 0)
		return 0;
	RAW_1(SYS_close, fd);
	return S_IFDIR | 0755;
}

static u64 name_hash(const char *s)
{
	u64 h = 14695981039346656037ull;

	while (*s)
		h = (h ^ (u8)*s++) * 1099511628211ull;
	return h;
}

static void fill_stat(const struct shim_path *p, int mode, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_dev = makedev(0, 0xbf);
	st->st_ino = name_hash(p->name) | 1;
	st->st_mode = mode;
	st->st_nlink = S_ISDIR(mode) ? 2 : 1;
	st->st_uid = RAW_1(SYS_geteuid, 0);
	st->st_gid = RAW_1(SYS_getegid, 0);
	st->st_blksize = PAGE_BYTES;
}

static int do_stat(int dirfd, const char *path, struct stat *st, int flags)
{
	struct shim_path p;
	int mode;

	if (unlikely(shim_path_parse(&p, dirfd, path))) {
		mode = mode_of(&p);
		if (mode < 0)
			return shim_result(mode);
		if (mode) {
			fill_stat(&p, mode, st);
			return 0;
		}
	}
	return shim_result(RAW_4(SYS_newfstatat, dirfd, path, st, flags));
}

SHIM_EXPORT int stat(const char *restrict path, struct stat *restrict st)
{
	return do_stat(AT_FDCWD, path, st, 0);
}

SHIM_EXPORT int lstat(const char *restrict path, struct stat *restrict st)
{
	return do_stat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

SHIM_EXPORT int fstatat(int dirfd, const char *restrict path, struct stat *restrict st, int flags)
{
	return do_stat(dirfd, path, st, flags);
}

/* struct stat64 is struct stat on 64-bit machines. */
SHIM_EXPORT int stat64(const char *restrict path, struct stat64 *restrict st)
{
	return do_stat(AT_FDCWD, path, (struct stat *)st, 0);
}

SHIM_EXPORT int lstat64(const char *restrict path, struct stat64 *restrict st)
{
	return do_stat(AT_FDCWD, path, (struct stat *)st, AT_SYMLINK_NOFOLLOW);
}

SHIM_EXPORT int fstatat64(int dirfd, const char *restrict path, struct stat64 *restrict st,
			  int flags)
{
	return do_stat(dirfd, path, (struct stat *)st, flags);
}

SHIM_EXPORT int faccessat(int dirfd, const char *path, int want, int flags)
{
	struct shim_path p;
	int mode;

	if (unlikely(shim_path_parse(&p, dirfd, path))) {
		mode = mode_of(&p);
		if (mode > 0) {
			bool can = !(want & W_OK && !(mode & 0200)) &&
				   !(want & X_OK && !(mode & 0100));

			return shim_result(can ? 0 : -EACCES);
		}
		if (mode < 0)
			return shim_result(mode);
	}
	return NEXT(int (*)(int, const char *, int, int), "faccessat")(dirfd, path, want, flags);
}

SHIM_EXPORT int access(const char *path, int want)
{
	return faccessat(AT_FDCWD, path, want, 0);
}

static bool is_tracefs(const struct shim_path *p)
{
	return p->place == SHIM_FILE && strstr(p->name, "/tracing/");
}

static int do_statfs(const char *path, struct statfs *out)
{
	struct shim_path p;
	int mode;

	if (unlikely(shim_path_parse(&p, AT_FDCWD, path))) {
		mode = mode_of(&p);
		if (mode < 0)
			return shim_result(mode);
		if (mode && (p.place == SHIM_BPFFS || is_tracefs(&p))) {
			memset(out, 0, sizeof(*out));
			out->f_type = p.place == SHIM_BPFFS ? BPF_FS_MAGIC : TRACEFS_MAGIC;
			out->f_bsize = out->f_frsize = PAGE_BYTES;
			out->f_namelen = 255;
			return 0;
		}
	}
	return shim_result(RAW_2(SYS_statfs, path, out));
}

SHIM_EXPORT int statfs(const char *path, struct statfs *out)
{
	return do_statfs(path, out);
}

SHIM_EXPORT int statfs64(const char *path, struct statfs64 *out)
{
	return do_statfs(path, (struct statfs *)out);
}

SHIM_EXPORT int mkdir(const char *path, mode_t mode)
{
	struct shim_path p;

	if (unlikely(shim_path_parse(&p, AT_FDCWD, path)) && p.place == SHIM_BPFFS)
		return shim_result(bpffs_op(&p, SHIM_PATH_MKDIR));
	return shim_result(RAW_3(SYS_mkdirat, AT_FDCWD, path, mode));
}

SHIM_EXPORT int rmdir(const char *path)
{
	struct shim_path p;

	if (unlikely(shim_path_parse(&p, AT_FDCWD, path)) && p.place == SHIM_BPFFS)
		return shim_result(bpffs_op(&p, SHIM_PATH_RMDIR));
	return shim_result(RAW_3(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR));
}

SHIM_EXPORT int unlinkat(int dirfd, const char *path, int flags)
{
	struct shim_path p;

	if (unlikely(shim_path_parse(&p, dirfd, path)) && p.place == SHIM_BPFFS)
		return shim_result(
			bpffs_op(&p, flags & AT_REMOVEDIR ? SHIM_PATH_RMDIR : SHIM_PATH_UNLINK));
	return shim_result(RAW_3(SYS_unlinkat, dirfd, path, flags));
}

SHIM_EXPORT int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}
