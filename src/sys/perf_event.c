// SPDX-License-Identifier: BSD-2-Clause
/*
 * perf_event_open(2) and the ioctls of perf events: what libbpf uses to name an
 * attach point (tracepoint ids, the uprobe PMU) and to open output buffers.
 * Events that are counters stay the host's.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <unistd.h>
#include "sys/call.h"
#include "sys/event.h"

int event_by_raw_name(const char *name, struct attach *out)
{
	for (u32 i = 0; i < core_event_source_count; i++) {
		const struct event_source_ops *ops = core_event_sources[i];
		int err = ops->by_raw_name ? ops->by_raw_name(name, out) : -ENOENT;

		if (err != -ENOENT)
			return err;
	}
	return -ENOENT;
}

static int by_tracepoint_id(u32 id, struct attach *out)
{
	for (u32 i = 0; i < core_event_source_count; i++) {
		const struct event_source_ops *ops = core_event_sources[i];
		int err = ops->by_tracepoint_id ? ops->by_tracepoint_id(id, out) : -ENOENT;

		if (err != -ENOENT)
			return err;
	}
	return -ENOENT;
}

void event_tracepoint_name(u32 id, char *out, size_t size)
{
	struct text t;

	text_init(&t, out, size);
	for (u32 i = 0; i < core_event_source_count; i++)
		if (core_event_sources[i]->tracepoint_name &&
		    !core_event_sources[i]->tracepoint_name(id, &t))
			return;
}

static int by_probe(const char *path, u64 offset, u64 ref, bool is_ret, struct attach *out)
{
	u32 why = 0;

	for (u32 i = 0; i < core_event_source_count; i++)
		if (core_event_sources[i]->by_probe)
			return core_event_sources[i]->by_probe(path, offset, ref, is_ret, out,
							       &why);
	return -ENOENT;
}

/* As the kernel copies it: the size is the client's, what we do not know must be zero. */
static int read_perf_attr(struct call *k, struct perf_event_attr *pa)
{
	u8 tail[PAGE_BYTES];
	u32 size, known = sizeof(*pa);

	if (call_read(k, &size, k->addr + offsetof(struct perf_event_attr, size), sizeof(size)))
		return -EFAULT;
	if (!size)
		size = PERF_ATTR_SIZE_VER0;
	if (size < PERF_ATTR_SIZE_VER0 || size > PAGE_BYTES)
		goto too_big;
	if (size > known) {
		if (call_read(k, tail, k->addr + known, size - known))
			return -EFAULT;
		if (!call_is_zero(tail, size - known))
			goto too_big;
	}
	memset(pa, 0, sizeof(*pa));
	if (call_read(k, pa, k->addr, MIN(size, known)))
		return -EFAULT;
	pa->size = size;
	return 0;
too_big:
	call_write(k, k->addr + offsetof(struct perf_event_attr, size), &known, sizeof(known));
	return -E2BIG;
}

/* A client's relative path means its own directory, not ours. */
static int read_probe_path(struct call *k, u64 addr, char out[PATH_MAX + 32])
{
	char path[PATH_MAX];
	long len = addr ? call_read_str(k, path, addr, sizeof(path)) : 0;

	if (len < 0)
		return len;
	if (!len)
		return -EINVAL;
	if (path[0] == '/' || k->c->pid == getpid())
		snprintf(out, PATH_MAX + 32, "%s", path);
	else
		snprintf(out, PATH_MAX + 32, "/proc/%d/cwd/%s", k->c->pid, path);
	return 0;
}

static int resolve(struct call *k, const struct perf_event_attr *pa, struct perf_object *e)
{
	char path[PATH_MAX + 32];
	int err;

	switch (pa->type) {
	case PERF_TYPE_TRACEPOINT:
		err = by_tracepoint_id(pa->config, &e->attach);
		if (!err)
			event_tracepoint_name(pa->config, e->tp_name, sizeof(e->tp_name));
		return err == -ENOENT ? -ENXIO : err; /* the host's tracepoint, perhaps */
	case ATTACH_UPROBE_PMU:
		if (pa->config & ~(1ull | 0xffffffffull << 32))
			return -EINVAL;
		err = read_probe_path(k, pa->uprobe_path, path);
		return err
			       ?: by_probe(path, pa->probe_offset, pa->config >> 32, pa->config & 1,
					   &e->attach);
	case PERF_TYPE_SOFTWARE:
		if (pa->config != PERF_COUNT_SW_BPF_OUTPUT)
			return -ENXIO;
		e->is_output = true;
		return 0;
	default: return -ENXIO;
	}
}

static long open_event(struct call *k, const struct perf_event_attr *pa, int pid, int cpu,
		       u64 flags)
{
	struct perf_object *e = base_zalloc(sizeof(*e));
	int err;

	if (!e)
		return -ENOMEM;
	e->eventfd = -1;
	err = resolve(k, pa, e);
	if (!err && (flags & ~(u64)(PERF_FLAG_FD_NO_GROUP | PERF_FLAG_FD_OUTPUT |
				    PERF_FLAG_PID_CGROUP | PERF_FLAG_FD_CLOEXEC)))
		err = -EINVAL;
	if (!err && pid == -1 && cpu == -1)
		err = -EINVAL;
	if (!err && cpu >= (int)k->inst->possible_cpus)
		err = e->is_output ? -ENODEV : -EINVAL;
	if (!err)
		err = object_init(k->inst, &e->o, OBJECT_PERF, "perf_event");
	if (err) {
		base_free(e);
		return err;
	}
	e->type = pa->type;
	e->config = pa->config;
	e->attach.pid = pid > 0 ? pid : pid == 0 ? k->c->pid : -1;
	e->cpu = cpu;
	e->enabled = !pa->disabled;
	long fd = call_return(k, &e->o, O_RDWR);

	object_put(&e->o);
	return fd;
}

long sys_perf_event_open(struct cygnet *inst, struct client *c, u64 attr_addr, int pid, int cpu,
			 int group_fd, u64 flags, bool *is_fd)
{
	struct call k = {.inst = inst, .c = c, .addr = attr_addr};
	struct perf_event_attr pa;
	long ret;

	instance_lock(inst);
	object_settle(inst);
	ret = read_perf_attr(&k, &pa);
	ret = ret ?: open_event(&k, &pa, pid, cpu, flags);
	instance_unlock(inst);
	*is_fd = k.is_fd;
	return ret;
}

static int set_prog(struct call *k, struct perf_object *e, int fd)
{
	struct prog_object *p;
	int err = call_prog(k, fd, &p);

	err = err ?: event_check_prog(e, p);
	if (err)
		return err;
	object_get(&p->o);
	e->prog = p;
	k->inst->generation++;
	return 0;
}

/* PERF_EVENT_IOC_QUERY_BPF: { u32 ids_len; u32 prog_cnt; u32 ids[]; } */
static int query_progs(struct call *k, const struct perf_object *e, u64 arg)
{
	struct prog_object *p = e->prog ?: e->link ? e->link->prog : NULL;
	u32 room, count = p ? 1 : 0;

	if (e->type != PERF_TYPE_TRACEPOINT)
		return -EINVAL;
	if (call_read(k, &room, arg, sizeof(room)))
		return -EFAULT;
	if (call_write(k, arg + 4, &count, sizeof(count)))
		return -EFAULT;
	if (room < count)
		return -ENOSPC;
	return count ? call_write(k, arg + 8, &p->o.id, sizeof(p->o.id)) : 0;
}

static long do_ioctl(struct call *k, struct perf_object *e, u32 request, u64 arg)
{
	u64 id = e->o.id;

	switch (request) {
	case PERF_EVENT_IOC_ENABLE:
	case PERF_EVENT_IOC_DISABLE: e->enabled = request == PERF_EVENT_IOC_ENABLE; return 0;
	case PERF_EVENT_IOC_RESET:
	case PERF_EVENT_IOC_PAUSE_OUTPUT: return 0;
	case PERF_EVENT_IOC_ID: return call_write(k, arg, &id, sizeof(id));
	case PERF_EVENT_IOC_SET_BPF: return set_prog(k, e, arg);
	case PERF_EVENT_IOC_QUERY_BPF: return query_progs(k, e, arg);
	default: return -ENOTTY;
	}
}

long sys_perf_ioctl(struct cygnet *inst, struct client *c, u64 dev, u64 ino, u32 request, u64 arg)
{
	struct call k = {.inst = inst, .c = c};
	struct perf_object *e;
	long ret;

	instance_lock(inst);
	e = object_perf(object_by_inode(inst, dev, ino));
	ret = e ? do_ioctl(&k, e, request, arg) : -ENOTTY;
	instance_unlock(inst);
	return ret;
}
