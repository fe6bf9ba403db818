// SPDX-License-Identifier: BSD-2-Clause
/* BTF_LOAD. */
#include <fcntl.h>
#include "btf/btf.h"
#include "sys/log.h"

#define BTF_SIZE_MOST (16u << 20)

static const struct btf_info *kernel_types(void *data)
{
	struct cygnet *inst = data;

	return btf_object_load_kernel(inst->vmlinux) ? NULL : inst->vmlinux->btf;
}

static long load(struct call *k, struct log *log)
{
	const union bpf_attr *a = k->attr;
	struct btf_info *btf = NULL;
	struct btf_object *b;
	struct btf_kernel kernel = {kernel_types, k->inst, k->inst->kernel};
	void *raw;
	long ret;

	raw = base_alloc(MAX(a->btf_size, 1u));
	if (!raw)
		return -ENOMEM;
	ret = call_read(k, raw, a->btf, a->btf_size);
	ret = ret
		      ?: btf_parse_beside(raw, a->btf_size, NULL, &kernel, &btf, NULL,
					  log->level ? &log->text : NULL);
	base_free(raw);
	if (ret) {
		btf_free(btf);
		return ret;
	}
	ret = btf_object_new(k->inst, btf, &b);
	if (ret) {
		btf_free(btf);
		return ret;
	}
	ret = call_return(k, &b->o, O_RDWR);
	object_put(&b->o);
	return ret;
}

long sys_btf_load(struct call *k)
{
	const union bpf_attr *a = k->attr;
	struct log log;
	long ret;

	if (a->btf_flags & ~BPF_F_TOKEN_FD)
		return -EINVAL;
	if (a->btf_flags & BPF_F_TOKEN_FD)
		return k->c->identify(k->c, a->btf_token_fd, &(u64){0}, &(u64){0}) ?: -EINVAL;
	if (k->c->unprivileged)
		return -EPERM;
	if (a->btf_size > BTF_SIZE_MOST)
		return -E2BIG;
	ret = log_init(&log, a->btf_log_level, a->btf_log_size, a->btf_log_buf);
	if (ret)
		return ret;
	ret = load(k, &log);
	return call_finish(k, log_finish(&log, k, offsetof(union bpf_attr, btf_log_true_size), ret),
			   ret);
}
