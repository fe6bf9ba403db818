// SPDX-License-Identifier: BSD-2-Clause
/*
 * Contexts, and the structs that programs see through fixed layouts: sockets
 * and flow keys. The layouts are tables of core/; contexts that BTF describes
 * are target.c's.
 */
#include "btf/btf.h"
#include "core/socket.h"
#include "verify/memory.h"

/* What a field of the context holds; scalars stay with the caller. */
static u32 loaded_type(u32 kind)
{
	switch (kind) {
	case CTX_PACKET: return REG_PACKET;
	case CTX_PACKET_END: return REG_PACKET_END;
	case CTX_PACKET_META: return REG_PACKET_META;
	case CTX_SOCK: return REG_SOCKET;
	case CTX_SOCK_OR_NULL: return REG_SOCKET | REG_MAYBE_NULL;
	case CTX_SOCK_COMMON_OR_NULL: return REG_SOCK_COMMON | REG_MAYBE_NULL;
	case CTX_FLOW_KEYS: return REG_FLOW_KEYS;
	case CTX_BUFFER: return REG_TP_BUFFER;
	case CTX_BTF: return REG_BTF_ID | REG_TRUSTED;
	default: return REG_SCALAR;
	}
}

static int load_field(struct verifier *v, const struct mem_access *a,
		      const struct prog_ctx_range *row)
{
	struct vreg to = vreg_pointer(loaded_type(row->kind));

	if (to.type == REG_SCALAR || a->value < 0) {
		mem_loaded(v, a);
		return 0;
	}
	if (to.type & REG_MAYBE_NULL)
		to.id = ++v->next_id;
	if (reg_kind(to.type) == REG_BTF_ID) {
		to.btf = v->in->vmlinux;
		if (!to.btf)
			return verify_fail(v, MSG_MAP_OBJECT_NO_BTF);
		to.btf_id = btf_find(to.btf, row->btf, BTF_KIND_STRUCT);
		if (!to.btf_id)
			return verify_fail(v, MSG_CTX_ACCESS, a->off, a->size);
	}
	*verify_reg(v, (u32)a->value) = to;
	return 0;
}

static int access_by_table(struct verifier *v, const struct mem_access *a)
{
	const struct prog_ctx_range *row = NULL;

	if (a->off >= 0)
		row = core_prog_ctx(v->type, v->in->attach_type, (u32)a->off, a->size,
				    mem_writes(a));
	if (row && !v->bpf && (mem_writes(a) ? row->writes_bpf : row->reads_bpf))
		row = NULL;
	/* Half of a pointer stands for all of it, but its sign for nothing. */
	if (!row || (a->sign_extend && row->kind != CTX_SCALAR))
		return verify_fail(v, MSG_CTX_ACCESS, a->off, a->size);
	return load_field(v, a, row);
}

int mem_access_context(struct verifier *v, const struct mem_access *a)
{
	int err;

	if (mem_leaks(v, a))
		return verify_fail_reg(v, a->regno, MSG_MEM_LEAK, a->value, "ctx");
	err = verify_ptr_off(v, verify_reg(v, a->regno), a->regno, false);
	if (err)
		return err;
	if (v->type->by_btf)
		err = verify_target_ctx_access(v, a->off, a->size, a->kind, a->value);
	else
		err = access_by_table(v, a);
	if (err)
		return err;
	v->insns[a->insn].facts |= FACT_CTX;
	v->max_ctx = MAX(v->max_ctx, (u32)a->off + a->size);
	return 0;
}

int mem_access_flow_keys(struct verifier *v, const struct mem_access *a)
{
	if (mem_leaks(v, a))
		return verify_fail_reg(v, a->regno, MSG_MEM_LEAK, a->value, "flow keys");
	if (a->off < 0 || (u32)a->off + a->size > sizeof(struct bpf_flow_keys))
		return verify_fail_reg(v, a->regno, MSG_FLOW_KEYS_ACCESS, a->off, a->size);
	mem_loaded(v, a);
	return 0;
}

static enum core_sock_kind sock_kind(u32 type)
{
	switch (reg_kind(type)) {
	case REG_SOCK_COMMON: return CORE_SOCK_COMMON;
	case REG_TCP_SOCK: return CORE_SOCK_TCP;
	case REG_XDP_SOCK: return CORE_SOCK_XDP;
	default: return CORE_SOCK;
	}
}

int mem_access_socket(struct verifier *v, const struct mem_access *a)
{
	const struct vreg *r = verify_reg(v, a->regno);

	if (mem_writes(a))
		return verify_fail_reg(v, a->regno, MSG_MEM_READ_ONLY, a->regno,
				       reg_type_name(r->type).s);
	if (r->s.smin < 0)
		return verify_fail_reg(v, a->regno, MSG_MEM_MIN_NEGATIVE, a->regno);
	if (a->off < 0 || !core_sock_readable(sock_kind(r->type), (u32)a->off, a->size))
		return verify_fail_reg(v, a->regno, MSG_SOCK_ACCESS, a->regno,
				       reg_type_name(r->type).s, a->off, a->size);
	mem_loaded(v, a);
	return 0;
}
