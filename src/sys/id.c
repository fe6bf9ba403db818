// SPDX-License-Identifier: BSD-2-Clause
/* Objects by id, and the instance's own bpffs: pins by path. */
#include <fcntl.h>
#include <limits.h>
#include <linux/limits.h>
#include "sys/call.h"

static long next_id(struct call *k, u32 kind)
{
	const union bpf_attr *a = k->attr;
	struct object *o;

	if (a->start_id >= INT_MAX || a->open_flags || a->next_id)
		return -EINVAL;
	o = object_next(k->inst, kind, a->start_id);
	if (!o)
		return -ENOENT;
	return call_write_attr(k, offsetof(union bpf_attr, next_id), &o->id, sizeof(o->id));
}

static long by_id(struct call *k, u32 kind, u32 id, int mode)
{
	struct object *o = object_by_id(k->inst, kind, id);

	if (!o)
		return -ENOENT;
	return call_return(k, o, mode);
}

long sys_prog_next_id(struct call *k)
{
	return next_id(k, OBJECT_PROG);
}

long sys_map_next_id(struct call *k)
{
	return next_id(k, OBJECT_MAP);
}

long sys_btf_next_id(struct call *k)
{
	return next_id(k, OBJECT_BTF);
}

long sys_link_next_id(struct call *k)
{
	return next_id(k, OBJECT_LINK);
}

long sys_prog_by_id(struct call *k)
{
	return by_id(k, OBJECT_PROG, k->attr->prog_id, O_RDWR);
}

long sys_map_by_id(struct call *k)
{
	int mode;

	if (k->attr->open_flags & ~(BPF_F_RDONLY | BPF_F_WRONLY))
		return -EINVAL;
	mode = call_open_mode(k->attr->open_flags);
	return mode < 0 ? mode : by_id(k, OBJECT_MAP, k->attr->map_id, mode);
}

long sys_btf_by_id(struct call *k)
{
	if (k->attr->open_flags & ~BPF_F_TOKEN_FD)
		return -EINVAL;
	return by_id(k, OBJECT_BTF, k->attr->btf_id, O_RDWR);
}

long sys_link_by_id(struct call *k)
{
	return by_id(k, OBJECT_LINK, k->attr->link_id, O_RDWR);
}

/* The part of bpffs an instance has: any path under the usual mount point. */
#define BPFFS "/sys/fs/bpf/"

static int read_path(struct call *k, char path[PATH_MAX])
{
	long len = call_read_str(k, path, k->attr->pathname, PATH_MAX);

	if (len < 0)
		return len == -E2BIG ? -ENAMETOOLONG : len;
	return len ? 0 : -ENOENT;
}

static struct pin *find_pin(struct cygnet *inst, const char *path)
{
	vec_each (&inst->pins, i)
		if (!strcmp(inst->pins.data[i].path, path))
			return &inst->pins.data[i];
	return NULL;
}

static int check_pin_attr(const union bpf_attr *a, u32 allowed)
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
	int err;
	u64 dev, ino;

	err = check_pin_attr(a, BPF_F_PATH_FD);
	if (err)
		return err;
	err = k->c->identify(k->c, a->bpf_fd, &dev, &ino);
	if (err)
		return err;
	o = object_by_inode(k->inst, dev, ino);
	if (!o || (o->kind != OBJECT_MAP && o->kind != OBJECT_PROG && o->kind != OBJECT_LINK))
		return -EINVAL;
	err = read_path(k, path);
	if (err)
		return err;
	if (strncmp(path, BPFFS, strlen(BPFFS)) || path[strlen(path) - 1] == '/')
		return -EPERM; /* what the kernel says outside of a bpffs */
	if (find_pin(k->inst, path))
		return -EEXIST;
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

	err = a->bpf_fd ? -EINVAL : check_pin_attr(a, BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_PATH_FD);
	mode = call_open_mode(a->file_flags);
	err = err ?: MIN(mode, 0);
	err = err ?: read_path(k, path);
	if (err)
		return err;
	p = find_pin(k->inst, path);
	if (!p)
		return -ENOENT;
	/* Only maps can be opened one way. */
	if (p->object->kind != OBJECT_MAP && mode != O_RDWR)
		return -EINVAL;
	return call_return(k, p->object, mode);
}

int sys_unpin(struct cygnet *inst, const char *path)
{
	int err = -ENOENT;

	instance_lock(inst);
	vec_each (&inst->pins, i)
		if (!strcmp(inst->pins.data[i].path, path)) {
			object_put(inst->pins.data[i].object);
			base_free(inst->pins.data[i].path);
			inst->pins.data[i] = inst->pins.data[--inst->pins.len];
			err = 0;
			break;
		}
	instance_unlock(inst);
	return err;
}
