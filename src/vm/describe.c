// SPDX-License-Identifier: BSD-2-Clause
/*
 * Describes what a program names for the verifier, which knows no instance:
 * maps with their types and contents, kfuncs by the kernel's type information,
 * what the loader may do. The kernel's type information is large, so it is
 * loaded only for programs that something of it may concern.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "btf/btf.h"
#include "core/kfunc.h"
#include "core/prog.h"
#include "isa/decode.h"
#include "vm/describe.h"
#include "vm/instance.h"

_Static_assert(sizeof(struct verify_record) == sizeof(struct bpf_func_info), "func_info");
_Static_assert(sizeof(struct verify_line) == sizeof(struct line_record), "line_info");

/* Contents that nothing can change any more. */
static int read_constant(const struct verify_map *map, u32 off, u32 size, u64 *value)
{
	struct map_object *m = map->object;
	u64 addr, read = 0;
	int err;

	if (!m->map.ops->direct || off > map->value_size || size > map->value_size - off ||
	    size > sizeof(read))
		return -EINVAL;
	err = m->map.ops->direct(&m->map, off, &addr);
	if (err)
		return err;
	memcpy(&read, u64_to_ptr(addr), size);
	*value = read;
	return 0;
}

static void describe_inner(struct verify_map *out, const struct map_meta *m)
{
	*out = (struct verify_map){
		.name = "",
		.type = m->attr.type,
		.key_size = m->attr.key_size,
		.value_size = m->attr.value_size,
		.max_entries = m->attr.max_entries,
		.flags = m->attr.flags,
		.extra = m->attr.extra,
		.btf = m->btf ? m->btf->btf : NULL,
		.fields = m->fields.count ? &m->fields : NULL,
	};
}

static void describe_map(struct verify_map *out, struct map_object *m, const struct verify_map *in)
{
	*out = (struct verify_map){
		.name = m->name,
		.type = m->attr.type,
		.key_size = m->attr.key_size,
		.value_size = m->attr.value_size,
		.max_entries = m->attr.max_entries,
		.flags = m->attr.flags,
		.extra = m->attr.extra,
		.btf = m->btf ? m->btf->btf : NULL,
		.btf_key = m->btf_key_type,
		.btf_value = m->btf_value_type,
		.fields = m->fields.count ? &m->fields : NULL,
		.inner = in,
		.unprivileged = m->unprivileged,
		.frozen = m->frozen && m->attr.flags & BPF_F_RDONLY_PROG,
		.read = m->map.ops->direct ? read_constant : NULL,
		.object = m,
	};
}

static int describe_maps(struct description *d, const struct prog_object *p)
{
	u32 n = p->maps.len;

	d->maps = base_calloc(MAX(n, 1u), sizeof(*d->maps));
	d->inner = base_calloc(MAX(n, 1u), sizeof(*d->inner));
	d->map_list = base_calloc(MAX(n, 1u), sizeof(*d->map_list));
	if (!d->maps || !d->inner || !d->map_list)
		return -ENOMEM;
	for (u32 i = 0; i < n; i++) {
		struct map_object *m = p->maps.data[i];

		if (m->inner_meta)
			describe_inner(&d->inner[i], m->inner_meta);
		describe_map(&d->maps[i], m, m->inner_meta ? &d->inner[i] : NULL);
		d->map_list[i] = &d->maps[i];
	}
	d->in.maps = d->map_list;
	d->in.map_count = n;
	return 0;
}

static int compare_kfuncs(const void *a, const void *b)
{
	const struct verify_kfunc *x = a, *y = b;

	if (x->fd_index != y->fd_index)
		return x->fd_index < y->fd_index ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void find_kfunc(struct verify_kfunc *k, const struct btf_info *kernel)
{
	if (k->fd_index || !kernel || btf_kind_of(kernel, k->id) != BTF_KIND_FUNC)
		return;
	k->btf = kernel;
	k->name = btf_name(kernel, k->id);
	k->proto = core_kfunc(k->name);
}

static int describe_kfuncs(struct description *d, const struct load *l, const struct isa_op *ops)
{
	u32 n = 0, unique = 0;

	for (u32 i = 0; i < l->count; i++)
		n += ops[i].op == ISA_OP_CALL_KFUNC;
	if (!n)
		return 0;
	d->kfuncs = base_calloc(n, sizeof(*d->kfuncs));
	if (!d->kfuncs)
		return -ENOMEM;
	n = 0;
	for (u32 i = 0; i < l->count; i++)
		if (ops[i].op == ISA_OP_CALL_KFUNC)
			d->kfuncs[n++] = (struct verify_kfunc){.id = (u32)ops[i].imm,
							       .fd_index = (u16)ops[i].off};
	qsort(d->kfuncs, n, sizeof(*d->kfuncs), compare_kfuncs);
	for (u32 i = 0; i < n; i++)
		if (!unique || compare_kfuncs(&d->kfuncs[i], &d->kfuncs[unique - 1]))
			d->kfuncs[unique++] = d->kfuncs[i];
	for (u32 i = 0; i < unique; i++)
		find_kfunc(&d->kfuncs[i], d->in.vmlinux);
	d->in.kfuncs = d->kfuncs;
	d->in.kfunc_count = unique;
	return 0;
}

static bool helper_names_kernel(s64 id)
{
	const struct helper_proto *proto = id > 0 && id <= UINT32_MAX ? core_helper((u32)id) : NULL;

	if (!proto)
		return false;
	for (u32 i = 0; i < ARRAY_SIZE(proto->btf); i++)
		if (proto->btf[i] || proto->args[i] == ARG_BTF_PTR)
			return true;
	return proto->ret_btf || proto->ret == RET_BTF_PTR || proto->ret == RET_BTF_PTR_OR_NULL ||
	       proto->ret == RET_PERCPU_MEM || proto->ret == RET_PERCPU_MEM_OR_NULL;
}

static bool type_names_kernel(const struct prog_type_ops *type)
{
	if (type->by_btf)
		return true;
	for (u32 i = 0; i < type->ctx_count; i++)
		if (type->ctx[i].kind == CTX_BTF)
			return true;
	return false;
}

/* Arguments of global functions that are said to be the kernel's. */
static bool tags_name_kernel(const struct btf_info *btf)
{
	for (u32 id = btf ? btf_first(btf) : 0; btf && id < btf_count(btf); id++)
		if (btf_kind_of(btf, id) == BTF_KIND_DECL_TAG &&
		    !strncmp(btf_name(btf, id), "arg:", 4))
			return true;
	return false;
}

static bool needs_kernel(const struct load *l, const struct prog_object *p,
			 const struct isa_op *ops)
{
	const struct prog_type_ops *type = core_prog_ops(l->type);

	if (type_names_kernel(type) || (l->btf && tags_name_kernel(l->btf->btf)))
		return true;
	vec_each (&p->maps, i)
		if (p->maps.data[i]->fields.mask & BTF_SPECIAL_KPTR)
			return true;
	for (u32 i = 0; i < l->count; i++)
		if (ops[i].op == ISA_OP_CALL_KFUNC || ops[i].op == ISA_OP_LDDW_BTF ||
		    (ops[i].op == ISA_OP_CALL_HELPER && helper_names_kernel(ops[i].imm)))
			return true;
	return false;
}

/* The kernel's type information, where it matters and there is some. */
static const struct btf_info *kernel_types(const struct load *l, const struct prog_object *p,
					   const struct isa_op *ops, bool wanted)
{
	struct btf_object *b = l->inst->vmlinux;

	if (!b || (!b->raw && !wanted && !needs_kernel(l, p, ops)) || btf_object_load_kernel(b))
		return NULL;
	return b->btf;
}

/* The functions of a program that is attached to. */
static int describe_attach(struct description *d, const struct load *l)
{
	const struct prog_object *p = l->attach_prog;
	struct verify_attach_sub *subs;

	d->in.attach_btf_id = l->attach_btf_id;
	d->in.attach_btf = l->attach_btf ? l->attach_btf->btf : NULL;
	if (!p)
		return 0;
	subs = base_calloc(MAX(p->func_info_count, 1u), sizeof(*subs));
	if (!subs)
		return -ENOMEM;
	for (u32 i = 0; i < p->func_info_count; i++) {
		const struct bpf_func_info *f =
			(const void *)((const u8 *)p->func_info + (size_t)i * p->func_info_size);
		const struct btf_type *t = btf_at(p->btf->btf, f->type_id);

		subs[i] = (struct verify_attach_sub){
			.type_id = f->type_id,
			.global = t && BTF_INFO_VLEN(t->info) == BTF_FUNC_GLOBAL,
		};
	}
	d->attach_subs = subs;
	d->attach_prog = (struct verify_attach_prog){
		.btf = p->btf ? p->btf->btf : NULL,
		.subs = subs,
		.sub_count = p->func_info_count,
		.type = p->type,
		.attach_type = p->attach_type,
	};
	d->in.attach_prog = &d->attach_prog;
	return 0;
}

int describe(const struct load *l, const struct prog_object *p, const struct isa_op *ops,
	     bool kernel, struct description *d)
{
	int err;

	*d = (struct description){
		.in =
			{
				.ops = ops,
				.raw = l->insns,
				.count = l->count,
				.prog_type = l->type,
				.attach_type = l->attach_type,
				.prog_flags = l->prog_flags,
				.gpl = l->gpl,
				.kernel = l->inst->kernel,
				.most = l->inst->most,
				.cpus = l->inst->possible_cpus,
				.rights = l->unprivileged ? 0 : RIGHT_PRIVILEGED & ~l->without,
				.btf = l->btf ? l->btf->btf : NULL,
				.vmlinux = kernel_types(l, p, ops, kernel),
				.funcs = p->func_info,
				.func_count = p->func_info_count,
				.lines = (const struct verify_line *)p->lines.data,
				.line_count = p->lines.len,
				.name = l->name,
				.scratch = &l->inst->scratch,
				.log_level = l->log ? l->log_level : 0,
				.log = l->log,
			},
	};
	err = describe_attach(d, l);
	err = err ?: describe_maps(d, p);
	err = err ?: describe_kfuncs(d, l, ops);
	if (err)
		describe_fini(d);
	return err;
}

void describe_fini(struct description *d)
{
	base_free(d->maps);
	base_free(d->inner);
	base_free(d->map_list);
	base_free(d->kfuncs);
	base_free(d->attach_subs);
}
