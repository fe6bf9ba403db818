// SPDX-License-Identifier: BSD-2-Clause
/* 64-bit constants: numbers, maps, bytes of maps, functions, and variables of the kernel. */
#include "btf/btf.h"
#include "verify/memory.h"

/* Does a DATASEC of per-CPU variables list it? */
static bool is_percpu(const struct btf_info *btf, u32 var)
{
	u32 section = btf_find(btf, ".data..percpu", BTF_KIND_DATASEC);
	const struct btf_type *t = btf_at(btf, section);
	const struct btf_var_secinfo *at;

	if (!section || !t)
		return false;
	at = (const struct btf_var_secinfo *)(t + 1);
	for (u32 i = 0; i < (t->info & 0xffff); i++)
		if (at[i].type == var)
			return true;
	return false;
}

static int load_variable(struct verifier *v, const struct btf_info *btf, u32 id, struct vreg *to)
{
	u32 type = btf_strip(btf, btf_at(btf, id)->type);
	u32 kind = btf_kind_of(btf, type);
	bool percpu = is_percpu(btf, id);
	int err;

	if (percpu || kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION) {
		*to = vreg_pointer(REG_BTF_ID | (percpu ? REG_PERCPU : 0));
		to->btf = btf;
		to->btf_id = type;
		return 0;
	}
	*to = vreg_pointer(REG_MEM | REG_RDONLY);
	err = btf_size_of(btf, type, &to->mem_size);
	return err ? verify_fail(v, MSG_KSYM_SIZE, btf_name(btf, type), err) : 0;
}

/* What of the kernel has an address: a variable, or a function (of which nothing may be read). */
static int load_symbol(struct verifier *v, const struct isa_op *op, struct vreg *to)
{
	const struct btf_info *btf = v->in->vmlinux;
	u32 id = (u32)isa_low(op);

	if (isa_high(op))
		return verify_fail(v, MSG_KSYM_MODULE);
	if (!btf)
		return verify_fail(v, MSG_KSYM_NO_BTF);
	if (!btf_at(btf, id))
		return verify_fail(v, MSG_KSYM_ID, id);
	switch (btf_kind_of(btf, id)) {
	case BTF_KIND_VAR: return load_variable(v, btf, id, to);
	case BTF_KIND_FUNC:
		*to = vreg_pointer(REG_MEM | REG_RDONLY);
		to->mem_size = 0;
		return 0;
	default: return verify_fail(v, MSG_KSYM_KIND, id);
	}
}

static int load_function(struct verifier *v, const struct isa_op *op, struct vreg *to)
{
	u32 sub = verify_sub_starting(v, (u32)op->imm);

	if (sub == ~0u)
		return verify_bug(v, "the address of no function");
	if (!v->in->func_count)
		return verify_fail(v, MSG_CALLBACK_INFO);
	if (v->subs[sub].global)
		return verify_fail(v, MSG_CALLBACK_GLOBAL);
	*to = vreg_pointer(REG_FUNC);
	to->subprog = sub;
	return 0;
}

/* Bytes of a map; of an arena, an address that is a number until it is cast. */
static struct vreg map_bytes(const struct verifier *v, const struct isa_op *op)
{
	const struct verify_map *map = v->in->maps[op->off];
	struct vreg r = vreg_pointer(REG_MAP_VALUE);

	if (map->type == BPF_MAP_TYPE_ARENA)
		return verify_unknown(v);
	r.map = map;
	r.off = (s32)op->imm;
	return r;
}

int verify_lddw(struct verifier *v, const struct isa_op *op)
{
	struct vreg to = mem_const(v, (u64)op->imm);
	int err = verify_reg_write(v, op->dst);

	if (err)
		return err;
	switch (op->op) {
	case ISA_OP_LDDW: break;
	case ISA_OP_LDDW_MAP:
	case ISA_OP_LDDW_MAP_IDX:
		to = vreg_pointer(REG_MAP_PTR);
		to.map = v->in->maps[op->imm];
		break;
	case ISA_OP_LDDW_MAP_VALUE:
	case ISA_OP_LDDW_MAP_IDX_VALUE: to = map_bytes(v, op); break;
	case ISA_OP_LDDW_BTF: err = load_symbol(v, op, &to); break;
	case ISA_OP_LDDW_FUNC: err = load_function(v, op, &to); break;
	default: err = verify_bug(v, "a constant of an unknown kind");
	}
	if (!err)
		*verify_reg(v, op->dst) = to;
	return err;
}
