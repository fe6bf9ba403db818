// SPDX-License-Identifier: BSD-2-Clause
/*
 * The instance's own bpffs, always mounted at /sys/fs/bpf: directories, and
 * objects pinned by path. Errors are those of the kernel's.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/limits.h>
#include <stdio.h>
#include <unistd.h>
#include "sys/call.h"

#define ROOT     "/sys/fs/bpf"
#define ROOT_LEN (sizeof(ROOT) - 1)

/*
 * `path` without doubled slashes, `.` and `..`. 0, -ENOENT (empty) or
 * -ENAMETOOLONG; links are the host's and not followed.
 */
static int normalise(const char *path, char out[PATH_MAX])
{
	size_t len = 0;

	if (!*path)
		return -ENOENT;
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.') {
			while (len && out[--len] != '/')
				;
		} else if (n && !(n == 1 && path[0] == '.')) {
			if (n > NAME_MAX || len + 1 + n >= PATH_MAX)
				return -ENAMETOOLONG;
			out[len++] = '/';
			memcpy(out + len, path, n);
			len += n;
		}
		path += n + (path[n] == '/');
	}
	if (!len)
		out[len++] = '/';
	out[len] = 0;
	return 0;
}

static bool is_inside(const char *path)
{
	return !strncmp(path, ROOT "/", ROOT_LEN + 1);
}

static struct pin *find_pin(struct cygnet *inst, const char *path)
{
	vec_each (&inst->pins, i)
		if (!strcmp(inst->pins.data[i].path, path))
			return &inst->pins.data[i];
	return NULL;
}

/* Index of a directory below the root, or -1. */
static ssize_t find_dir(struct cygnet *inst, const char *path)
{
	vec_each (&inst->dirs, i)
		if (!strcmp(inst->dirs.data[i], path))
			return i;
	return -1;
}

static bool is_dir(struct cygnet *inst, const char *path)
{
	return !strcmp(path, ROOT) || find_dir(inst, path) >= 0;
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && path[n] == '/';
}

static void parent_of(const char *path, char out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	snprintf(out, PATH_MAX, "%.*s", (int)(slash - path), path);
}

/* Why there is nothing at `path`, which is normal and of the bpffs. */
static int why_absent(struct cygnet *inst, const char *path)
{
	char parent[PATH_MAX];

	parent_of(path, parent);
	if (find_pin(inst, parent))
		return -ENOTDIR;
	if (!is_dir(inst, parent))
		return -ENOENT;
	/* Dots are kept for the file system's own names. */
	return strchr(strrchr(path, '/'), '.') ? -EPERM : -ENOENT;
}

/* May something be made there? `path` is normal. */
static int check_new(struct cygnet *inst, const char *path)
{
	char parent[PATH_MAX];
	int why;

	if (!strcmp(path, ROOT))
		return -EEXIST;
	parent_of(path, parent);
	if (!is_inside(path))
		return access(path, F_OK) == 0 ? -EEXIST
		       : access(*parent ? parent : "/", F_OK) ? -ENOENT
							      : -EPERM;
	if (is_dir(inst, path) || find_pin(inst, path))
		return -EEXIST;
	why = why_absent(inst, path);
	return why == -ENOENT && is_dir(inst, parent) ? 0 : why;
}

/* A client's path, made absolute and normal; *slash: it ended in one. */
static int read_path(struct call *k, char out[PATH_MAX], bool *slash)
{
	char path[2 * PATH_MAX], link[64];
	ssize_t base = 0;
	long len;

	len = call_read_str(k, out, k->attr->pathname, PATH_MAX);
	if (len < 0)
		return len == -E2BIG ? -ENAMETOOLONG : len;
	if (!len)
		return -ENOENT;
	if (out[0] != '/') {
		snprintf(link, sizeof(link), "/proc/%d/cwd", k->c->pid);
		base = readlink(link, path, PATH_MAX - 1);
		if (base < 0)
			return -ENOENT;
		path[base++] = '/';
	}
	memcpy(path + base, out, len + 1);
	*slash = out[len - 1] == '/';
	return normalise(path, out);
}

static int check_attr(const union bpf_attr *a, u32 allowed)
{
	if (a->file_flags & ~allowed)
		return -EINVAL;
	if (!(a->file_flags & BPF_F_PATH_FD) && a->path_fd)
		return -EINVAL;
	return 0;
}

long sys_pin_put(struct call *k)
{
	const union bpf_attr *a = k->attr;
	char path[PATH_MAX], *copy;
	struct object *o;
	u64 dev, ino;
	bool slash;
	int err;

	err = check_attr(a, BPF_F_PATH_FD);
	if (err)
		return err;
	/* A bad descriptor is just another thing that cannot be pinned. */
	if (k->c->identify(k->c, a->bpf_fd, &dev, &ino))
		return -EINVAL;
	o = object_by_inode(k->inst, dev, ino);
	if (!o || (o->kind != OBJECT_MAP && o->kind != OBJECT_PROG && o->kind != OBJECT_LINK))
		return -EINVAL;
	err = read_path(k, path, &slash);
	err = err ?: check_new(k->inst, path);
	/* "name/" names a directory that is not there. */
	err = err ?: slash ? -ENOENT : 0;
	if (err)
		return err;
	copy = base_strdup(path);
	if (!copy || vec_push(&k->inst->pins, (struct pin){copy, o})) {
		base_free(copy);
		return -ENOMEM;
	}
	object_get(o);
	return 0;
}

long sys_pin_get(struct call *k)
{
	const union bpf_attr *a = k->attr;
	char path[PATH_MAX];
	struct pin *p;
	int err, mode;
	bool slash;

	err = a->bpf_fd ? -EINVAL : check_attr(a, BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_PATH_FD);
	mode = call_open_mode(a->file_flags);
	err = err ?: MIN(mode, 0);
	err = err ?: read_path(k, path, &slash);
	if (err)
		return err;
	if (is_dir(k->inst, path))
		return -EACCES;
	if (!is_inside(path))
		return access(path, F_OK) ? -ENOENT : -EACCES;
	p = find_pin(k->inst, path);
	if (!p)
		return why_absent(k->inst, path);
	if (slash)
		return -ENOTDIR;
	/* Only maps can be opened one way. */
	if (p->object->kind != OBJECT_MAP && mode != O_RDWR)
		return -EINVAL;
	return call_return(k, p->object, mode);
}

static int do_mkdir(struct cygnet *inst, const char *path)
{
	int err = check_new(inst, path);
	char *copy;

	if (err)
		return err;
	copy = base_strdup(path);
	if (!copy || vec_push(&inst->dirs, copy)) {
		base_free(copy);
		return -ENOMEM;
	}
	return 0;
}

static int do_rmdir(struct cygnet *inst, const char *path)
{
	ssize_t at = find_dir(inst, path);

	if (!strcmp(path, ROOT))
		return -EBUSY;
	if (at < 0)
		return find_pin(inst, path) ? -ENOTDIR : why_absent(inst, path);
	vec_each (&inst->dirs, i)
		if (is_below(inst->dirs.data[i], path))
			return -ENOTEMPTY;
	vec_each (&inst->pins, i)
		if (is_below(inst->pins.data[i].path, path))
			return -ENOTEMPTY;
	base_free(inst->dirs.data[at]);
	inst->dirs.data[at] = inst->dirs.data[--inst->dirs.len];
	return 0;
}

static int do_unlink(struct cygnet *inst, const char *path)
{
	struct pin *p = find_pin(inst, path), gone;

	if (!p)
		return is_dir(inst, path) ? -EISDIR : why_absent(inst, path);
	gone = *p;
	*p = inst->pins.data[--inst->pins.len];
	base_free(gone.path);
	if (object_map(gone.object) && !gone.object->open && gone.object->refs > 1)
		map_object_closed(object_map(gone.object));
	object_put(gone.object);
	return 0;
}

static int do_kind(struct cygnet *inst, const char *path)
{
	struct pin *p = find_pin(inst, path);

	if (is_dir(inst, path))
		return SYS_PATH_DIR;
	return p ? SYS_PATH_PIN : why_absent(inst, path);
}

int sys_path(struct cygnet *inst, enum sys_path_op op, const char *path)
{
	static int (*const ops[])(struct cygnet *, const char *) = {
		[SYS_PATH_KIND] = do_kind,
		[SYS_PATH_MKDIR] = do_mkdir,
		[SYS_PATH_RMDIR] = do_rmdir,
		[SYS_PATH_UNLINK] = do_unlink,
	};
	char normal[PATH_MAX];
	int err;

	if ((u32)op >= ARRAY_SIZE(ops))
		return -EINVAL;
	err = normalise(path, normal);
	if (err)
		return err;
	instance_lock(inst);
	err = ops[op](inst, normal);
	instance_unlock(inst);
	return err;
}

int sys_unpin(struct cygnet *inst, const char *path)
{
	return sys_path(inst, SYS_PATH_UNLINK, path);
}
