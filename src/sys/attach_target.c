// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a program of PROG_LOAD is to be attached to by BTF: the kernel's types, or
 * another program. That it can be attached there is the verifier's to say.
 */
#include "sys/attach_target.h"

#include <errno.h>
#include "sys/call.h"
#include "vm/instance.h"

#define BTF_ID_MOST 0xfffff
#define ENOTSUPP    524

static bool is_by_btf(u32 type)
{
	return type == BPF_PROG_TYPE_TRACING || type == BPF_PROG_TYPE_LSM ||
	       type == BPF_PROG_TYPE_STRUCT_OPS || type == BPF_PROG_TYPE_EXT;
}

/* The descriptor, called attach_prog_fd or attach_btf_obj_fd: a program, or the kernel's BTF. */
static int find_object(struct call *k, struct load *l)
{
	struct object *o;
	int fd = (int)k->attr->attach_prog_fd;

	if (!call_object(k, fd, OBJECT_PROG, &o)) {
		l->attach_prog = object_prog(o);
		return 0;
	}
	if (call_object(k, fd, OBJECT_BTF, &o))
		return -EINVAL;
	l->attach_btf = object_btf(o);
	return l->attach_btf->kernel ? 0 : -ENOTSUPP;
}

int attach_target(struct call *k, struct load *l)
{
	const union bpf_attr *a = k->attr;
	int err = 0;

	l->attach_btf_id = a->attach_btf_id;
	if (a->attach_prog_fd)
		err = find_object(k, l);
	else if (a->attach_btf_id)
		l->attach_btf = l->inst->vmlinux;
	if (err)
		return err;
	if (l->attach_btf && btf_object_load_kernel(l->attach_btf))
		return -EINVAL;
	if (a->attach_btf_id && (!is_by_btf(a->prog_type) || a->attach_btf_id > BTF_ID_MOST))
		return -EINVAL;
	if (l->attach_btf && !a->attach_btf_id)
		return -EINVAL;
	if (l->attach_prog && a->prog_type != BPF_PROG_TYPE_TRACING &&
	    a->prog_type != BPF_PROG_TYPE_EXT)
		return -EINVAL;
	return 0;
}
