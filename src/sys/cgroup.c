// SPDX-License-Identifier: BSD-2-Clause
/*
 * A cgroup's id is the inode number of its directory in the one cgroup2
 * hierarchy. Which a process is in is a path in /proc/PID/cgroup, as seen from
 * our own cgroup namespace; what lies above that namespace's root cannot be
 * seen, and then the levels are not known.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "sys/cgroup.h"

#define CGROUP2_MAGIC 0x63677270
#define ROOT_INO      1 /* of the whole hierarchy's root */

/* Undoes mountinfo's octal escapes, in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++, to++) {
		unsigned c;

		if (*s == '\\' && sscanf(s + 1, "%3o", &c) == 1) {
			*to = (char)c;
			s += 3;
		} else {
			*to = *s;
		}
	}
	*to = 0;
}

/* A mount of cgroup2: where, and which of its directories is seen there. 0 or -ENOENT. */
static int find_mount(char at[PATH_MAX], char root[PATH_MAX])
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[2 * PATH_MAX + 512];
	int err = -ENOENT;

	while (f && err && fgets(line, sizeof(line), f)) {
		const char *type = strstr(line, " - ");

		if (!type || strncmp(type + 3, "cgroup2 ", 8) ||
		    sscanf(line, "%*s %*s %*s %4095s %4095s", root, at) != 2)
			continue;
		unescape(root);
		unescape(at);
		/* What is above our namespace's root is of no use: no path leads below it. */
		err = strncmp(root, "/..", 3) ? 0 : -ENOENT;
	}
	if (f)
		fclose(f);
	return err;
}

static int read_path(s32 pid, char path[PATH_MAX])
{
	char name[48], line[PATH_MAX + 8];
	int err = -ENOENT;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/cgroup", pid);
	f = fopen(name, "re");
	while (f && err && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (strncmp(line, "0::/", 4) || strlen(line + 3) >= PATH_MAX)
			continue;
		strcpy(path, line + 3);
		err = 0;
	}
	if (f)
		fclose(f);
	return err;
}

static int directory_id(const char *path, u64 *id)
{
	struct statfs fs;
	struct stat st;

	if (stat(path, &st) || !S_ISDIR(st.st_mode) || statfs(path, &fs) ||
	    (u32)fs.f_type != CGROUP2_MAGIC)
		return -ENOENT;
	*id = st.st_ino;
	return 0;
}

/* Of more than fit, those nearest to the process. */
static void add(struct cgroup_path *p, u64 id)
{
	if (p->count == CGROUP_LEVELS) {
		memmove(p->id, p->id + 1, (CGROUP_LEVELS - 1) * sizeof(*p->id));
		p->count--;
		p->rooted = 0;
		p->cut = 1;
	}
	p->id[p->count++] = id;
}

/* The ids of `base` and of each directory of `rest` below it. */
static int walk(const char *base, const char *rest, struct cgroup_path *p)
{
	char path[2 * PATH_MAX];
	u64 id;

	for (size_t len = 0;; len += 1 + strcspn(rest + len + 1, "/")) {
		snprintf(path, sizeof(path), "%s%.*s", base, (int)len, rest);
		if (directory_id(path, &id))
			return -ENOENT;
		if (!len)
			p->rooted = id == ROOT_INO;
		add(p, id);
		if (!rest[len] || !rest[len + 1])
			return 0;
	}
}

int sys_cgroup_path(s32 pid, struct cgroup_path *out)
{
	char at[PATH_MAX], root[PATH_MAX], path[PATH_MAX];
	struct cgroup_path p = {0};
	size_t skip;
	int err;

	err = find_mount(at, root);
	err = err ?: read_path(pid, path);
	if (err)
		return err;
	skip = strcmp(root, "/") ? strlen(root) : 0;
	/* Outside of our namespace, or of what is mounted here. */
	if (!strncmp(path, "/..", 3) || strncmp(path, root, skip) ||
	    (skip && path[skip] && path[skip] != '/'))
		return -ENOENT;
	err = walk(at, path + skip, &p);
	if (!err)
		*out = p;
	return err;
}

int sys_cgroup_of_fd(const struct client *c, int fd, u64 *id)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", c->pid, fd);
	return fd < 0 || directory_id(path, id) ? -EBADF : 0;
}

int sys_pid_ns(s32 pid, u64 *dev, u64 *ino)
{
	char path[48];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	if (stat(path, &st))
		return -ENOENT;
	*dev = st.st_dev;
	*ino = st.st_ino;
	return 0;
}
