// SPDX-License-Identifier: BSD-2-Clause
/*
 * Links: an attach point, a program, and a descriptor that keeps both. Raw
 * tracepoints are named; everything else an instance fires comes as a perf event.
 */
#include <fcntl.h>
#include <stdio.h>
#include "sys/call.h"
#include "sys/event.h"

/* The new link takes its own references; *out has one, the caller's. */
static int link_new(struct cygnet *inst, u32 type, struct prog_object *prog,
		    const struct attach *attach, const char *tp_name, struct link_object **out)
{
	struct link_object *l = base_zalloc(sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	err = object_init(inst, &l->o, OBJECT_LINK, "bpf-link");
	if (err) {
		base_free(l);
		return err;
	}
	l->type = type;
	l->attach = *attach;
	l->prog = prog;
	object_get(&prog->o);
	snprintf(l->tp_name, sizeof(l->tp_name), "%s", tp_name);
	*out = l;
	return 0;
}

/* The link fires from now on; without a descriptor it never did. */
static long link_return(struct call *k, struct link_object *l)
{
	long fd = call_return(k, &l->o, O_RDWR);

	if (fd >= 0) {
		l->live = true;
		k->inst->generation++;
	}
	object_put(&l->o);
	return fd;
}

static long raw_tracepoint(struct call *k, struct prog_object *p, u64 name_addr, u64 cookie)
{
	struct attach attach = {0};
	struct link_object *l;
	char name[128];
	long len;
	int err;

	len = call_read_str(k, name, name_addr, sizeof(name));
	if (len == -EFAULT)
		return -EFAULT;
	if (len < 0) /* the kernel cuts it, and then knows no such name */
		return -ENOENT;
	err = event_by_raw_name(name, &attach);
	if (err)
		return err;
	attach.pid = -1;
	attach.cookie = cookie;
	err = link_new(k->inst, BPF_LINK_TYPE_RAW_TRACEPOINT, p, &attach, name, &l);
	return err ?: link_return(k, l);
}

long sys_raw_tracepoint_open(struct call *k)
{
	const union bpf_attr *a = k->attr;
	struct prog_object *p;
	int err = call_prog(k, a->raw_tracepoint.prog_fd, &p);

	if (err)
		return err;
	if (p->type != BPF_PROG_TYPE_RAW_TRACEPOINT &&
	    p->type != BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE)
		return -EINVAL;
	return raw_tracepoint(k, p, a->raw_tracepoint.name, a->raw_tracepoint.cookie);
}

int event_check_prog(const struct perf_object *e, const struct prog_object *p)
{
	bool is_probe = e->attach.kind == ATTACH_UPROBE || e->attach.kind == ATTACH_URETPROBE;

	if (e->attach.kind == ATTACH_NONE)
		return -EINVAL;
	if (p->type != (is_probe ? BPF_PROG_TYPE_KPROBE : BPF_PROG_TYPE_TRACEPOINT))
		return -EINVAL;
	return e->prog || e->link ? -EEXIST : 0;
}

static long perf_link(struct call *k, struct prog_object *p)
{
	const union bpf_attr *a = k->attr;
	struct attach attach;
	struct link_object *l;
	struct object *o;
	int err;

	if (a->link_create.flags)
		return -EINVAL;
	/* Every way of not being a perf event is a bad descriptor. */
	if (call_object(k, a->link_create.target_fd, OBJECT_PERF, &o))
		return -EBADF;
	err = event_check_prog(object_perf(o), p);
	if (err)
		return err;
	attach = object_perf(o)->attach;
	attach.cookie = a->link_create.perf_event.bpf_cookie;
	err = link_new(k->inst, BPF_LINK_TYPE_PERF_EVENT, p, &attach, object_perf(o)->tp_name, &l);
	if (err)
		return err;
	l->perf = object_perf(o);
	l->perf->link = l;
	object_get(o);
	return link_return(k, l);
}

long sys_link_create(struct call *k)
{
	const union bpf_attr *a = k->attr;
	u32 type = a->link_create.attach_type;
	struct prog_object *p;
	int err;

	err = call_prog(k, a->link_create.prog_fd, &p);
	if (err)
		return err;
	switch (p->type) {
	case BPF_PROG_TYPE_PERF_EVENT:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_KPROBE: return type == BPF_PERF_EVENT ? perf_link(k, p) : -EINVAL;
	default: return -EINVAL; /* types that an instance does not attach yet */
	}
}

long sys_link_update(struct call *k)
{
	const union bpf_attr *a = k->attr;
	struct prog_object *p;
	struct object *o;
	int err;

	if (a->link_update.flags & ~BPF_F_REPLACE)
		return -EINVAL;
	err = call_object(k, a->link_update.link_fd, OBJECT_LINK, &o);
	err = err ?: call_prog(k, a->link_update.new_prog_fd, &p);
	if (!err && (a->link_update.flags & BPF_F_REPLACE))
		err = call_prog(k, a->link_update.old_prog_fd, &p);
	/* Neither raw tracepoint nor perf event links can be updated. */
	return err ?: -EINVAL;
}

long sys_link_detach(struct call *k)
{
	struct object *o;

	return call_object(k, k->attr->link_detach.link_fd, OBJECT_LINK, &o) ?: -EOPNOTSUPP;
}

long sys_iter_create(struct call *k)
{
	struct object *o;

	if (k->attr->iter_create.flags)
		return -EINVAL;
	return call_object(k, k->attr->iter_create.link_fd, OBJECT_LINK, &o) ?: -EINVAL;
}

static u32 fd_type_of(const struct attach *a)
{
	switch (a->kind) {
	case ATTACH_RAW_SYS_ENTER:
	case ATTACH_RAW_SYS_EXIT: return BPF_FD_TYPE_RAW_TRACEPOINT;
	case ATTACH_UPROBE: return BPF_FD_TYPE_UPROBE;
	case ATTACH_URETPROBE: return BPF_FD_TYPE_URETPROBE;
	default: return BPF_FD_TYPE_TRACEPOINT;
	}
}

/* The answer's name is cut to the client's buffer; buf_len becomes its whole length. */
static long write_query(struct call *k, u32 prog_id, const struct attach *a, const char *name)
{
	union bpf_attr r = *k->attr;
	u32 len = strlen(name), room = r.task_fd_query.buf_len, fit;
	int err = 0;
	char nul = 0;

	if (r.task_fd_query.buf && room) {
		fit = MIN(len, room - 1);
		if (call_write(k, r.task_fd_query.buf, name, fit) ||
		    call_write(k, r.task_fd_query.buf + fit, &nul, 1))
			return -EFAULT;
		err = fit < len ? -ENOSPC : 0;
	}
	r.task_fd_query.buf_len = len;
	r.task_fd_query.prog_id = prog_id;
	r.task_fd_query.fd_type = fd_type_of(a);
	r.task_fd_query.probe_offset = a->offset;
	r.task_fd_query.probe_addr = 0;
	if (call_write_attr(k, offsetof(union bpf_attr, task_fd_query.buf_len),
			    &r.task_fd_query.buf_len, 4) ||
	    call_write_attr(k, offsetof(union bpf_attr, task_fd_query.prog_id),
			    &r.task_fd_query.prog_id, 24))
		return -EFAULT;
	return err;
}

long sys_task_fd_query(struct call *k)
{
	const union bpf_attr *a = k->attr;
	struct link_object *l;
	struct perf_object *e;
	struct object *o;
	u64 dev, ino;
	int err;

	if (a->task_fd_query.flags)
		return -EINVAL;
	/* Only the caller's own descriptors are known. */
	if ((s32)a->task_fd_query.pid != k->c->pid)
		return -ENOENT;
	err = k->c->identify(k->c, a->task_fd_query.fd, &dev, &ino);
	if (err)
		return err;
	o = object_by_inode(k->inst, dev, ino);
	l = object_link(o);
	if (l && l->type == BPF_LINK_TYPE_RAW_TRACEPOINT)
		return write_query(k, l->prog->o.id, &l->attach, l->tp_name);
	e = object_perf(o);
	if (!e)
		return -ENOTSUPP;
	if (!e->prog && !e->link)
		return -ENOENT;
	return write_query(k, (e->prog ?: e->link->prog)->o.id, &e->attach,
			   fd_type_of(&e->attach) == BPF_FD_TYPE_TRACEPOINT ? e->tp_name
									    : e->attach.path);
}
