// SPDX-License-Identifier: BSD-2-Clause
/* PROG_LOAD: copies what the client sends, runs the pipeline, says why not. */
#include <fcntl.h>
#include "core/prog.h"
#include "isa/decode.h"
#include "sys/attach_target.h"
#include "sys/log.h"
#include "sys/rights.h"
#include "verify/undecoded.h"
#include "vm/load.h"

#define INSNS_MOST    1000000u
#define LICENSE_BYTES 128
#define RECORDS_MOST  (INT32_MAX / 252)

static const u32 known_flags = BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT |
			       BPF_F_TEST_STATE_FREQ | BPF_F_SLEEPABLE | BPF_F_TEST_RND_HI32 |
			       BPF_F_XDP_HAS_FRAGS | BPF_F_XDP_DEV_BOUND_ONLY |
			       BPF_F_TEST_REG_INVARIANTS | BPF_F_TOKEN_FD;

/* Everything copied for one load. */
struct copies {
	u8 *insns, *func_info, *line_info;
};

static bool is_gpl(const char *license)
{
	static const char *const compatible[] = {
		"GPL",          "GPL v2",       "GPL and additional rights",
		"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
	};

	for (u32 i = 0; i < ARRAY_SIZE(compatible); i++)
		if (!strcmp(license, compatible[i]))
			return true;
	return false;
}

static int check_attr(struct call *k, struct load *l)
{
	const union bpf_attr *a = k->attr;
	const struct prog_type_ops *type = core_prog_ops(a->prog_type);
	int err;

	if (a->prog_flags & ~known_flags)
		return -EINVAL;
	if (a->prog_flags & BPF_F_TOKEN_FD)
		return k->c->identify(k->c, a->prog_token_fd, &(u64){0}, &(u64){0}) ?: -EINVAL;
	if (!a->insn_cnt || a->insn_cnt > (k->c->unprivileged ? RIGHTS_INSNS : INSNS_MOST))
		return -E2BIG;
	if (!rights_for_prog(k->c, a->prog_type))
		return -EPERM;
	l->inst = k->inst;
	err = attach_target(k, l);
	if (err)
		return err;
	l->attach_type = a->expected_attach_type;
	if (a->prog_type == BPF_PROG_TYPE_CGROUP_SOCK && !l->attach_type)
		l->attach_type = BPF_CGROUP_INET_SOCK_CREATE;
	if (a->signature || a->signature_size)
		return -EINVAL;
	/* Of types attached by BTF it is the verifier that looks at the attach type. */
	return type && type->check_attach && (!type->by_btf || type->type == BPF_PROG_TYPE_EXT)
		       ? type->check_attach(l->attach_type, NULL)
		       : 0;
}

static int copy_in(struct call *k, u64 addr, size_t size, u8 **out)
{
	u8 *p = base_alloc(MAX(size, (size_t)1));
	int err;

	if (!p)
		return -ENOMEM;
	err = call_read(k, p, addr, size);
	if (err) {
		base_free(p);
		return err;
	}
	*out = p;
	return 0;
}

/* Records, unless their declared size makes them invalid anyway. */
static int copy_records(struct call *k, u64 addr, u32 count, u32 rec_size, u8 **out,
			struct load_records *r)
{
	int err = 0;

	if (count > RECORDS_MOST)
		return -EINVAL;
	if (count && rec_size <= 252)
		err = copy_in(k, addr, (size_t)count * rec_size, out);
	*r = (struct load_records){*out, count, rec_size};
	return err;
}

static int read_btf(struct call *k, struct load *l)
{
	const union bpf_attr *a = k->attr;
	struct object *o;
	int err;

	/* Without records the descriptor is not looked at. */
	if (!a->func_info_cnt && !a->line_info_cnt)
		return 0;
	err = call_object(k, a->prog_btf_fd, OBJECT_BTF, &o);
	if (err)
		return err;
	if (object_btf(o)->kernel)
		return -EACCES;
	l->btf = object_btf(o);
	return 0;
}

/* A map by descriptor, or by index into the client's array of descriptors. */
static int find_map(void *data, s32 *fd, bool is_index, struct map_object **out)
{
	struct call *k = data;
	u64 array = k->attr->fd_array;

	if (is_index) {
		if (!array)
			return -EPROTO;
		if (call_read(k, fd, array + (s64)*fd * 4, sizeof(*fd)))
			return -EFAULT;
	}
	return call_map(k, *fd, out);
}

/* All that the pipeline needs is in our memory from here on. */
static int copy_request(struct call *k, struct load *l, struct copies *c)
{
	const union bpf_attr *a = k->attr;
	char license[LICENSE_BYTES + 1];
	long len;
	int err;

	l->inst = k->inst;
	l->type = a->prog_type;
	l->prog_flags = a->prog_flags;
	l->count = a->insn_cnt;
	l->unprivileged = k->c->unprivileged;
	l->map = find_map;
	l->data = k;
	err = copy_in(k, a->insns, (size_t)a->insn_cnt * 8, &c->insns);
	if (err)
		return err;
	l->insns = c->insns;
	len = call_read_str(k, license, a->license, LICENSE_BYTES);
	if (len == -EFAULT)
		return -EFAULT;
	license[len < 0 ? LICENSE_BYTES - 1 : len] = 0;
	l->gpl = is_gpl(license);
	if (!core_prog_ops(a->prog_type))
		return -EINVAL;
	return call_name(l->name, a->prog_name);
}

static int copy_info(struct call *k, struct load *l, struct copies *c)
{
	const union bpf_attr *a = k->attr;
	int err;

	err = read_btf(k, l);
	err = err
		      ?: copy_records(k, a->func_info, a->func_info_cnt, a->func_info_rec_size,
				      &c->func_info, &l->func_info);
	return err
		       ?: copy_records(k, a->line_info, a->line_info_cnt, a->line_info_rec_size,
				       &c->line_info, &l->line_info);
}

/* The reason, where the structural checks have not said it themselves. */
static void write_verdict(struct log *log, const struct load *l, int err)
{
	struct text *t = &log->text;

	if (!err || !log->level || l->logged || !l->diag.id)
		return;
	if (l->diag.id >= ISA_DIAG_OPCODE && l->diag.id <= ISA_DIAG_PAIR)
		undecoded_format(t, l->insns, l->count, (u32)l->diag.insn, l->diag.id);
	else
		text_puts(t, l->diag.what);
	text_puts(t, "\nprocessed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 "
		     "peak_states 0 mark_read 0\n");
}

static long load(struct call *k, struct load *l, struct copies *c, struct log *log)
{
	struct prog_object *p;
	long fd;
	int err;

	l->log = log->level ? &log->text : NULL;
	l->log_level = log->level;
	err = copy_info(k, l, c);
	err = err ?: prog_object_load(l, &p);
	write_verdict(log, l, err);
	if (err)
		return err;
	p->uid = k->c->uid;
	fd = call_return(k, &p->o, O_RDWR);
	object_put(&p->o);
	return fd;
}

long sys_prog_load(struct call *k)
{
	const union bpf_attr *a = k->attr;
	struct load l = {0};
	struct copies c = {0};
	struct log log;
	long ret;

	ret = check_attr(k, &l);
	ret = ret ?: copy_request(k, &l, &c);
	ret = ret ?: log_init(&log, a->log_level, a->log_size, a->log_buf);
	if (!ret) {
		ret = load(k, &l, &c, &log);
		ret = call_finish(
			k, log_finish(&log, k, offsetof(union bpf_attr, log_true_size), ret), ret);
	}
	base_free(c.insns);
	base_free(c.func_info);
	base_free(c.line_info);
	return ret;
}
