// SPDX-License-Identifier: BSD-2-Clause
/* Objects by id. */
#include <fcntl.h>
#include <limits.h>
#include "sys/call.h"

static long next_id(struct call *k, u32 kind)
{
	const union bpf_attr *a = k->attr;
	struct object *o;

	if (a->start_id >= INT_MAX)
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
