// SPDX-License-Identifier: BSD-2-Clause
/*
 * bpf(2): the attr as the kernel takes it (a short one is filled with zeros,
 * what we do not know of a long one must be zero), the table of commands, and
 * what all of them need.
 */
#include <ctype.h>
#include <fcntl.h>
#include <unistd.h>
#include "sys/call.h"
#include "sys/rights.h"
#include "sys/versions.h"

struct command {
	u16 end;
	bool settle;
	long (*fn)(struct call *k);
};

#define COMMAND(cmd, end, settle, fn) [cmd] = {end, settle, sys_##fn},
static const struct command commands[] = {
#include "sys/commands.def"
};
#undef COMMAND

bool call_is_zero(const void *p, size_t n)
{
	const u8 *b = p;

	while (n--)
		if (b[n])
			return false;
	return true;
}

int call_read(struct call *k, void *dst, u64 addr, size_t size)
{
	return size ? k->c->read(k->c, dst, addr, size) : 0;
}

int call_write(struct call *k, u64 addr, const void *src, size_t size)
{
	return size ? k->c->write(k->c, addr, src, size) : 0;
}

int call_write_attr(struct call *k, u32 off, const void *src, size_t size)
{
	return call_write(k, k->addr + off, src, size);
}

long call_read_str(struct call *k, char *dst, u64 addr, size_t size)
{
	size_t len = 0;

	/* Never across a page that the string does not reach. */
	while (len < size) {
		size_t n = MIN(size - len, PAGE_BYTES - (addr + len) % PAGE_BYTES);
		char *end;

		n = MIN(n, (size_t)256);
		if (call_read(k, dst + len, addr + len, n))
			return -EFAULT;
		end = memchr(dst + len, 0, n);
		if (end)
			return end - dst;
		len += n;
	}
	return -E2BIG;
}

int call_object(struct call *k, int fd, u32 kind, struct object **out)
{
	struct object *o;
	u64 dev, ino;
	int err = k->c->identify(k->c, fd, &dev, &ino);

	if (err)
		return err;
	o = object_by_inode(k->inst, dev, ino);
	if (!o || o->kind != kind)
		return -EINVAL;
	*out = o;
	return 0;
}

int call_map(struct call *k, int fd, struct map_object **out)
{
	struct object *o;
	int err = call_object(k, fd, OBJECT_MAP, &o);

	if (!err)
		*out = object_map(o);
	return err;
}

int call_prog(struct call *k, int fd, struct prog_object **out)
{
	struct object *o;
	int err = call_object(k, fd, OBJECT_PROG, &o);

	if (!err)
		*out = object_prog(o);
	return err;
}

/* Asking costs a system call: only of objects that have descriptors of different modes. */
static int mode_of(struct call *k, int fd, const struct map_object *m)
{
	return m->o.one_way && k->c->mode ? k->c->mode(k->c, fd) : O_RDWR;
}

int call_may_read(struct call *k, int fd, const struct map_object *m)
{
	return mode_of(k, fd, m) == O_WRONLY ? -EPERM : 0;
}

int call_may_write(struct call *k, int fd, const struct map_object *m)
{
	return m->frozen || mode_of(k, fd, m) == O_RDONLY ? -EPERM : 0;
}

long call_return(struct call *k, struct object *o, int mode)
{
	int fd = object_open(o, mode);

	if (fd >= 0)
		k->is_fd = true;
	return fd;
}

long call_finish(struct call *k, long ret, long fd)
{
	if (ret != fd && k->is_fd) {
		close(fd);
		k->is_fd = false;
	}
	return ret;
}

int call_open_mode(u32 flags)
{
	switch (flags & (BPF_F_RDONLY | BPF_F_WRONLY)) {
	case 0: return O_RDWR;
	case BPF_F_RDONLY: return O_RDONLY;
	case BPF_F_WRONLY: return O_WRONLY;
	default: return -EINVAL;
	}
}

int call_name(char dst[16], const char *src)
{
	char name[16] = {0};
	u32 i;

	for (i = 0; i < sizeof(name) && src[i]; i++) {
		unsigned char c = src[i];

		if (!(c < 128 && isalnum(c)) && c != '_' && c != '.')
			return -EINVAL;
		name[i] = src[i];
	}
	if (i == sizeof(name))
		return -EINVAL;
	memcpy(dst, name, sizeof(name));
	return 0;
}

/* Bytes behind what we know must be zero; a whole page is the most that is looked at. */
static int read_attr(struct call *k, union bpf_attr *a)
{
	u32 known = MIN(version_attr_size(k->inst->kernel), (u32)sizeof(*a));
	u8 tail[PAGE_BYTES];

	if (k->size > PAGE_BYTES)
		return -E2BIG;
	if (k->size > known) {
		size_t n = k->size - known;

		if (call_read(k, tail, k->addr + known, n))
			return -EFAULT;
		if (!call_is_zero(tail, n))
			return -E2BIG;
	}
	memset(a, 0, sizeof(*a));
	return call_read(k, a, k->addr, MIN(k->size, known));
}

long sys_bpf(struct cygnet *inst, struct client *c, int cmd, u64 attr_addr, u32 size, bool *is_fd)
{
	struct call k = {.inst = inst, .c = c, .addr = attr_addr, .size = size};
	const struct command *command;
	union bpf_attr a;
	long ret;
	u32 end;

	instance_lock(inst);
	ret = read_attr(&k, &a);
	if (ret)
		goto out;
	k.attr = &a;
	ret = -EINVAL;
	if (cmd < 0 || cmd >= (int)ARRAY_SIZE(commands) || !version_has_command(inst->kernel, cmd))
		goto out;
	command = &commands[cmd];
	end = version_attr_end(inst->kernel, cmd, command->end);
	if (!call_is_zero((u8 *)&a + end, sizeof(a) - end))
		goto out;
	ret = -EPERM;
	if (!rights_for_command(c, cmd))
		goto out;
	ret = version_check(inst->kernel, cmd, &a);
	if (ret)
		goto out;
	if (command->settle)
		object_settle(inst);
	ret = command->fn(&k);
out:
	instance_unlock(inst);
	*is_fd = k.is_fd;
	return ret;
}

int cygnet_bpf(struct cygnet *inst, int cmd, union bpf_attr *attr, unsigned int size)
{
	struct client *self;
	bool is_fd;

	if (!inst)
		return -EINVAL;
	self = sys_self(inst);
	if (!self)
		return -ENOMEM;
	return sys_bpf(inst, self, cmd, ptr_to_u64(attr), size, &is_fd);
}

void sys_settle(struct cygnet *inst)
{
	instance_lock(inst);
	object_settle(inst);
	instance_unlock(inst);
}

int sys_watch_fd(struct cygnet *inst)
{
	int fd;

	instance_lock(inst);
	object_watch_all(inst);
	fd = inst->inotify;
	instance_unlock(inst);
	return fd;
}

bool sys_is_ours(struct cygnet *inst, u64 dev, u64 ino, u32 *kind, u32 *id)
{
	struct object *o;

	instance_lock(inst);
	o = object_by_inode(inst, dev, ino);
	if (o) {
		*kind = o->kind;
		*id = o->id;
	}
	instance_unlock(inst);
	return o != NULL;
}
