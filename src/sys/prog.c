// SPDX-License-Identifier: BSD-2-Clause
/* What is done to programs besides loading and running them. */
#include <fcntl.h>
#include "sys/call.h"

long sys_prog_bind_map(struct call *k)
{
	const union bpf_attr *a = k->attr;
	struct prog_object *p;
	struct map_object *m;
	int err;

	if (a->prog_bind_map.flags)
		return -EINVAL;
	err = call_prog(k, a->prog_bind_map.prog_fd, &p);
	err = err ?: call_map(k, a->prog_bind_map.map_fd, &m);
	if (err)
		return err;
	vec_each (&p->maps, i)
		if (p->maps.data[i] == m)
			return 0;
	err = vec_push(&p->maps, m);
	if (!err)
		object_get(&m->o);
	return err;
}

/* Attach types that PROG_ATTACH, DETACH and QUERY take, all of them of things no instance has yet.
 */
static bool is_attachable(u32 type)
{
	switch (type) {
	case BPF_TRACE_RAW_TP:
	case BPF_TRACE_FENTRY:
	case BPF_TRACE_FEXIT:
	case BPF_MODIFY_RETURN:
	case BPF_LSM_MAC:
	case BPF_TRACE_ITER:
	case BPF_XDP_DEVMAP:
	case BPF_XDP_CPUMAP:
	case BPF_XDP:
	case BPF_PERF_EVENT:
	case BPF_TRACE_KPROBE_MULTI:
	case BPF_SK_REUSEPORT_SELECT:
	case BPF_SK_REUSEPORT_SELECT_OR_MIGRATE:
	case BPF_STRUCT_OPS: return false;
	default: return type < __MAX_BPF_ATTACH_TYPE;
	}
}

long sys_prog_attach(struct call *k)
{
	const union bpf_attr *a = k->attr;
	struct prog_object *p;
	int err;

	if (!is_attachable(a->attach_type))
		return -EINVAL;
	err = call_prog(k, a->attach_bpf_fd, &p);
	/* No cgroup, socket or device here takes programs yet: every target is a wrong one. */
	return err ?: k->c->identify(k->c, a->target_fd, &(u64){0}, &(u64){0}) ?: -EBADF;
}

long sys_prog_detach(struct call *k)
{
	const union bpf_attr *a = k->attr;

	if (!is_attachable(a->attach_type))
		return -EINVAL;
	return k->c->identify(k->c, a->target_fd, &(u64){0}, &(u64){0}) ?: -EBADF;
}

long sys_prog_query(struct call *k)
{
	const union bpf_attr *a = k->attr;

	if (a->query.query_flags & ~BPF_F_QUERY_EFFECTIVE || !is_attachable(a->query.attach_type))
		return -EINVAL;
	return k->c->identify(k->c, a->query.target_fd, &(u64){0}, &(u64){0}) ?: -EBADF;
}

long sys_enable_stats(struct call *k)
{
	struct stats_object *s;
	long fd;
	int err;

	if (k->attr->enable_stats.type != BPF_STATS_RUN_TIME)
		return -EINVAL;
	s = base_zalloc(sizeof(*s));
	if (!s)
		return -ENOMEM;
	err = object_init(k->inst, &s->o, OBJECT_STATS, "bpf-stats");
	if (err) {
		base_free(s);
		return err;
	}
	k->inst->stats_users++;
	__atomic_store_n(&k->inst->page->stats_on, 1, __ATOMIC_RELAXED);
	fd = call_return(k, &s->o, O_RDWR);
	object_put(&s->o);
	return fd;
}

/* Tokens delegate rights of a bpffs mount: an instance has none to delegate. */
long sys_token_create(struct call *k)
{
	const union bpf_attr *a = k->attr;

	if (a->token_create.flags)
		return -EINVAL;
	return k->c->identify(k->c, a->token_create.bpffs_fd, &(u64){0}, &(u64){0}) ?: -EINVAL;
}

enum {
	STREAM_OUT = 1,
	STREAM_ERR = 2,
};

/* Streams are written by kfuncs that no program here can call: there is never anything to read. */
long sys_stream_read(struct call *k)
{
	const union bpf_attr *a = k->attr;
	struct prog_object *p;
	int err = call_prog(k, a->prog_stream_read.prog_fd, &p);

	if (err)
		return err;
	if (a->prog_stream_read.stream_id != STREAM_OUT &&
	    a->prog_stream_read.stream_id != STREAM_ERR)
		return -ENOENT;
	return 0;
}
