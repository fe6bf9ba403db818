// SPDX-License-Identifier: BSD-2-Clause
/* What a helper call leaves in r0, and what it makes the program owe. */
#include "verify/call.h"

#define MAX_ERRNO 4095

/* Converts a pointer: the result is the same object, under the argument's reference. */
static bool is_cast(u32 id)
{
	switch (id) {
	case BPF_FUNC_sk_fullsock:
	case BPF_FUNC_tcp_sock:
	case BPF_FUNC_skc_to_tcp_sock:
	case BPF_FUNC_skc_to_tcp6_sock:
	case BPF_FUNC_skc_to_udp6_sock:
	case BPF_FUNC_skc_to_mptcp_sock:
	case BPF_FUNC_skc_to_tcp_timewait_sock:
	case BPF_FUNC_skc_to_tcp_request_sock: return true;
	default: return false;
	}
}

static bool acquires(const struct call_meta *meta)
{
	if (meta->proto->flags & HELPER_ACQUIRES || meta->proto->ret == RET_RINGBUF_MEM_OR_NULL)
		return true;
	return meta->func_id == BPF_FUNC_map_lookup_elem && meta->map &&
	       (meta->map->type == BPF_MAP_TYPE_SOCKMAP ||
		meta->map->type == BPF_MAP_TYPE_SOCKHASH);
}

static u32 null_flag(u32 ret)
{
	switch (ret) {
	case RET_MAP_VALUE_OR_NULL:
	case RET_RINGBUF_MEM_OR_NULL:
	case RET_BTF_PTR_OR_NULL:
	case RET_MEM_OR_NULL:
	case RET_SOCK_OR_NULL:
	case RET_SOCK_COMMON_OR_NULL:
	case RET_TCP_SOCK_OR_NULL:
	case RET_DYNPTR_MEM_OR_NULL:
	case RET_PERCPU_MEM_OR_NULL: return REG_MAYBE_NULL;
	default: return 0;
	}
}

static int return_map_value(struct verifier *v, struct call_meta *meta, struct vreg *r0)
{
	const struct verify_map *map = meta->map;
	u32 null = null_flag(meta->proto->ret);

	if (!map)
		return verify_bug(v, "a map value without a map");
	if (meta->func_id == BPF_FUNC_map_lookup_elem && verify_map_key_tells(map) &&
	    meta->const_key >= 0 && meta->const_key < map->max_entries)
		null = 0;
	*r0 = vreg_pointer(REG_MAP_VALUE | null);
	r0->map = map;
	r0->map_uid = meta->map_uid;
	if (!null && map->fields && map->fields->mask & BTF_SPECIAL_LOCK)
		r0->id = ++v->next_id;
	return 0;
}

static void return_memory(struct vreg *r0, u32 type, u64 size)
{
	*r0 = vreg_pointer(REG_MEM | type);
	r0->mem_size = (u32)size;
}

/* One cpu's copy of a variable: a struct as such, anything else as memory. */
static int return_percpu(struct verifier *v, const struct call_meta *meta, struct vreg *r0)
{
	u32 id = btf_strip(meta->ret_btf, meta->ret_btf_id), size;
	u32 null = null_flag(meta->proto->ret);

	if (btf_kind_of(meta->ret_btf, id) == BTF_KIND_STRUCT) {
		*r0 = vreg_pointer(REG_BTF_ID | null |
				   (meta->percpu_object ? REG_ALLOC | REG_RCU : 0));
		if (meta->percpu_object)
			r0->type &= ~REG_MAYBE_NULL;
		r0->btf = meta->ret_btf;
		r0->btf_id = meta->ret_btf_id;
		return 0;
	}
	if (btf_size_of(meta->ret_btf, id, &size))
		return verify_fail(v, MSG_PERCPU_SIZE, btf_name(meta->ret_btf, id), -EINVAL);
	return_memory(r0, REG_RDONLY | null, size);
	return 0;
}

static int return_object(struct verifier *v, const struct call_meta *meta, struct vreg *r0)
{
	const struct helper_proto *proto = meta->proto;
	const struct btf_info *btf = v->in->vmlinux;
	u32 type = REG_BTF_ID | null_flag(proto->ret), id;

	if (meta->func_id == BPF_FUNC_kptr_xchg) {
		btf = meta->kptr.kernel ? btf : meta->kptr_btf;
		id = meta->kptr.type;
		if (!meta->kptr.kernel)
			type |= REG_ALLOC;
		if (!meta->kptr.kernel && meta->kptr.kind == BTF_SPECIAL_KPTR_PERCPU)
			type |= REG_PERCPU;
	} else {
		const char *name = proto->ret_btf ?: "task_struct";

		id = btf ? btf_find(btf, name, BTF_KIND_STRUCT) : 0;
	}
	if (meta->func_id == BPF_FUNC_get_current_task_btf && verify_has(v, KERNEL_TRUSTED))
		type |= REG_TRUSTED;
	if (!id)
		return verify_fail(v, MSG_RETURN_TYPE, proto->ret, proto->name, proto->id);
	*r0 = vreg_pointer(type);
	r0->btf = btf;
	r0->btf_id = id;
	return 0;
}

/* The numbers a helper may return. */
static void refine_number(const struct verifier *v, const struct call_meta *meta, struct vreg *r0)
{
	switch (meta->func_id) {
	case BPF_FUNC_get_stack:
	case BPF_FUNC_get_task_stack:
	case BPF_FUNC_probe_read_str:
	case BPF_FUNC_probe_read_kernel_str:
	case BPF_FUNC_probe_read_user_str:
		r0->s.smax = (s64)meta->msize_max;
		r0->s.s32max = (s32)meta->msize_max;
		r0->s.smin = r0->s.s32min = -MAX_ERRNO;
		scalar_sync(&r0->s);
		break;
	case BPF_FUNC_get_smp_processor_id:
		if (!v->in->cpus || !verify_has(v, KERNEL_CPU_RANGE))
			break;
		r0->s.umin = r0->s.u32min = 0;
		r0->s.smin = r0->s.s32min = 0;
		r0->s.umax = r0->s.u32max = v->in->cpus - 1;
		r0->s.smax = r0->s.s32max = (s32)v->in->cpus - 1;
		scalar_sync(&r0->s);
		break;
	}
}

static int set_result(struct verifier *v, struct call_meta *meta, struct vreg *r0)
{
	u32 ret = meta->proto->ret, null = null_flag(ret);

	switch (ret) {
	case RET_INT: *r0 = verify_unknown(v); return 0;
	case RET_VOID: *r0 = vreg_not_init(); return 0;
	case RET_MAP_VALUE:
	case RET_MAP_VALUE_OR_NULL: return return_map_value(v, meta, r0);
	case RET_SOCK_OR_NULL: *r0 = vreg_pointer(REG_SOCKET | null); return 0;
	case RET_SOCK_COMMON_OR_NULL: *r0 = vreg_pointer(REG_SOCK_COMMON | null); return 0;
	case RET_TCP_SOCK_OR_NULL: *r0 = vreg_pointer(REG_TCP_SOCK | null); return 0;
	case RET_RINGBUF_MEM_OR_NULL:
		return_memory(r0, REG_RINGBUF | null, meta->mem_size);
		return 0;
	case RET_MEM_OR_NULL:
	case RET_DYNPTR_MEM_OR_NULL: return_memory(r0, null, meta->mem_size); return 0;
	case RET_PERCPU_MEM:
	case RET_PERCPU_MEM_OR_NULL: return return_percpu(v, meta, r0);
	case RET_BTF_PTR:
	case RET_BTF_PTR_OR_NULL: return return_object(v, meta, r0);
	default: return verify_bug(v, "a helper without a result");
	}
}

int verify_helper_return(struct verifier *v, struct call_meta *meta)
{
	struct vreg r0;
	u32 id;
	int err;

	err = set_result(v, meta, &r0);
	if (err)
		return err;
	if (r0.type & REG_MAYBE_NULL)
		r0.id = ++v->next_id;
	if (meta->func_id == BPF_FUNC_dynptr_data)
		r0.dynptr_id = meta->dynptr_id;
	if (is_cast(meta->func_id) || meta->func_id == BPF_FUNC_dynptr_data) {
		r0.ref = meta->ref;
	} else if (acquires(meta)) {
		err = verify_ref_acquire(v, &id);
		if (err)
			return err;
		r0.id = r0.ref = id;
	}
	if (meta->proto->ret == RET_INT)
		refine_number(v, meta, &r0);
	verify_clobber_caller_saved(v);
	*verify_reg(v, 0) = r0;
	return 0;
}
