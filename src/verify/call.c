// SPDX-License-Identifier: BSD-2-Clause
/*
 * Helper calls: may the program call this helper here, do the arguments suit,
 * what does the call end, and what does it leave. Whether it may is helper.c's,
 * arguments are argument.c's, callbacks callback.c's, the result return.c's.
 */
#include "core/map.h"
#include "verify/call.h"

/* Sections in which nothing may sleep. */
static int check_sections(struct verifier *v, const struct helper_proto *proto)
{
	const struct vstate *s = v->state;
	const char *where = s->active_rcu       ? "rcu_read_lock"
			    : s->active_preempt ? "non-preemptible"
			    : s->active_irq     ? "IRQ-disabled"
						: NULL;

	if (!where || !(proto->flags & HELPER_SLEEPABLE))
		return 0;
	return verify_fail(v, MSG_HELPER_SLEEPS_IN, proto->name, proto->id, where);
}

/* ---- maps ---- */

/* Map types that only these helpers may be given. A type without a row: any helper. */
static const struct {
	u8 type;
	u8 helpers[7];
} map_helpers[] = {
	{BPF_MAP_TYPE_PROG_ARRAY, {BPF_FUNC_tail_call}},
	{BPF_MAP_TYPE_PERF_EVENT_ARRAY,
	 {BPF_FUNC_perf_event_read, BPF_FUNC_perf_event_output, BPF_FUNC_skb_output,
	  BPF_FUNC_perf_event_read_value, BPF_FUNC_xdp_output}},
	{BPF_MAP_TYPE_RINGBUF,
	 {BPF_FUNC_ringbuf_output, BPF_FUNC_ringbuf_reserve, BPF_FUNC_ringbuf_query,
	  BPF_FUNC_ringbuf_reserve_dynptr, BPF_FUNC_ringbuf_submit_dynptr,
	  BPF_FUNC_ringbuf_discard_dynptr}},
	{BPF_MAP_TYPE_USER_RINGBUF, {BPF_FUNC_user_ringbuf_drain}},
	{BPF_MAP_TYPE_STACK_TRACE, {BPF_FUNC_get_stackid}},
	{BPF_MAP_TYPE_CGROUP_ARRAY,
	 {BPF_FUNC_skb_under_cgroup, BPF_FUNC_current_task_under_cgroup}},
	{BPF_MAP_TYPE_CGROUP_STORAGE, {BPF_FUNC_get_local_storage}},
	{BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, {BPF_FUNC_get_local_storage}},
	{BPF_MAP_TYPE_DEVMAP, {BPF_FUNC_redirect_map, BPF_FUNC_map_lookup_elem}},
	{BPF_MAP_TYPE_DEVMAP_HASH, {BPF_FUNC_redirect_map, BPF_FUNC_map_lookup_elem}},
	{BPF_MAP_TYPE_CPUMAP, {BPF_FUNC_redirect_map}},
	{BPF_MAP_TYPE_XSKMAP, {BPF_FUNC_redirect_map, BPF_FUNC_map_lookup_elem}},
	{BPF_MAP_TYPE_ARRAY_OF_MAPS, {BPF_FUNC_map_lookup_elem}},
	{BPF_MAP_TYPE_HASH_OF_MAPS, {BPF_FUNC_map_lookup_elem}},
	{BPF_MAP_TYPE_SOCKMAP,
	 {BPF_FUNC_sk_redirect_map, BPF_FUNC_sock_map_update, BPF_FUNC_msg_redirect_map,
	  BPF_FUNC_sk_select_reuseport, BPF_FUNC_map_lookup_elem, BPF_FUNC_map_update_elem,
	  BPF_FUNC_map_delete_elem}},
	{BPF_MAP_TYPE_SOCKHASH,
	 {BPF_FUNC_sk_redirect_hash, BPF_FUNC_sock_hash_update, BPF_FUNC_msg_redirect_hash,
	  BPF_FUNC_sk_select_reuseport, BPF_FUNC_map_lookup_elem, BPF_FUNC_map_update_elem,
	  BPF_FUNC_map_delete_elem}},
	{BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, {BPF_FUNC_sk_select_reuseport}},
	{BPF_MAP_TYPE_QUEUE,
	 {BPF_FUNC_map_peek_elem, BPF_FUNC_map_pop_elem, BPF_FUNC_map_push_elem}},
	{BPF_MAP_TYPE_STACK,
	 {BPF_FUNC_map_peek_elem, BPF_FUNC_map_pop_elem, BPF_FUNC_map_push_elem}},
	{BPF_MAP_TYPE_BLOOM_FILTER, {BPF_FUNC_map_peek_elem, BPF_FUNC_map_push_elem}},
	{BPF_MAP_TYPE_SK_STORAGE,
	 {BPF_FUNC_sk_storage_get, BPF_FUNC_sk_storage_delete, BPF_FUNC_kptr_xchg}},
	{BPF_MAP_TYPE_INODE_STORAGE,
	 {BPF_FUNC_inode_storage_get, BPF_FUNC_inode_storage_delete, BPF_FUNC_kptr_xchg}},
	{BPF_MAP_TYPE_TASK_STORAGE,
	 {BPF_FUNC_task_storage_get, BPF_FUNC_task_storage_delete, BPF_FUNC_kptr_xchg}},
	{BPF_MAP_TYPE_CGRP_STORAGE,
	 {BPF_FUNC_cgrp_storage_get, BPF_FUNC_cgrp_storage_delete, BPF_FUNC_kptr_xchg}},
};

bool verify_map_takes_helper(u32 type, u32 id)
{
	for (u32 i = 0; i < ARRAY_SIZE(map_helpers); i++) {
		if (map_helpers[i].type != type)
			continue;
		for (u32 k = 0; k < ARRAY_SIZE(map_helpers[i].helpers); k++)
			if (map_helpers[i].helpers[k] == id)
				return true;
		return false;
	}
	return true;
}

/* Programs that may change what sockets a map holds by the common helpers. */
static bool may_update_sockets(const struct verifier *v, u32 id)
{
	switch (v->type->type) {
	case BPF_PROG_TYPE_TRACING: return v->in->attach_type == BPF_TRACE_ITER;
	case BPF_PROG_TYPE_SOCK_OPS: return id == BPF_FUNC_map_delete_elem;
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_SK_REUSEPORT:
	case BPF_PROG_TYPE_FLOW_DISSECTOR:
	case BPF_PROG_TYPE_SK_LOOKUP: return true;
	default: return false;
	}
}

/* Map and helper go together, as both see it. */
static int check_pair(struct verifier *v, const struct call_meta *meta)
{
	const struct verify_map *map = meta->map;
	u32 id = meta->func_id;

	if (!map)
		return 0;
	if (!verify_map_takes_helper(map->type, id) ||
	    !core_helper_takes_map(meta->proto, map->type))
		return verify_fail(v, MSG_MAP_HELPER, map->type, meta->proto->name, id);
	if ((map->type == BPF_MAP_TYPE_SOCKMAP || map->type == BPF_MAP_TYPE_SOCKHASH) &&
	    (id == BPF_FUNC_map_update_elem || id == BPF_FUNC_map_delete_elem) &&
	    !may_update_sockets(v, id)) {
		verify_say(v, "cannot update sockmap in this context\n");
		return verify_fail(v, MSG_MAP_HELPER, map->type, meta->proto->name, id);
	}
	return 0;
}

/* Do engines want to know the map that such a call always gets? */
static bool is_map_call(u32 id)
{
	switch (id) {
	case BPF_FUNC_tail_call:
	case BPF_FUNC_map_lookup_elem:
	case BPF_FUNC_map_update_elem:
	case BPF_FUNC_map_delete_elem:
	case BPF_FUNC_map_push_elem:
	case BPF_FUNC_map_pop_elem:
	case BPF_FUNC_map_peek_elem:
	case BPF_FUNC_for_each_map_elem:
	case BPF_FUNC_redirect_map:
	case BPF_FUNC_map_lookup_percpu_elem: return true;
	default: return false;
	}
}

static bool is_write(u32 id)
{
	return id == BPF_FUNC_map_update_elem || id == BPF_FUNC_map_delete_elem ||
	       id == BPF_FUNC_map_push_elem || id == BPF_FUNC_map_pop_elem;
}

static void note_key(struct vinsn *insn, bool first, s64 key)
{
	if (first)
		insn->key = key;
	else if (insn->key != key)
		insn->key = VERIFY_KEY_MANY;
}

/* Which map, and which key, over all paths. */
static int note_map(struct verifier *v, const struct call_meta *meta)
{
	struct vinsn *insn = &v->insns[v->insn];
	const struct verify_map *map = meta->map;
	const struct vreg *index = verify_reg(v, 3);
	bool first = !insn->map;
	s64 key = meta->const_key;
	int err = 0;

	if (!is_map_call(meta->func_id))
		return 0;
	if (!map)
		return verify_bug(v, "a map helper without a map");
	if (map->flags & BPF_F_RDONLY_PROG && is_write(meta->func_id))
		return verify_fail(v, MSG_MAP_WRITE);
	if (meta->func_id == BPF_FUNC_tail_call) {
		if (map->type != BPF_MAP_TYPE_PROG_ARRAY)
			return verify_fail(v, MSG_TAIL_CALL_MAP);
		key = VERIFY_KEY_MANY;
		if (index->type == REG_SCALAR && reg_is_const(index) &&
		    index->s.bits.value < map->max_entries) {
			key = (s64)index->s.bits.value;
			err = verify_mark_precise(v, 3);
		}
	}
	note_key(insn, first, key);
	insn->unprivileged_map |= map->unprivileged;
	if (first)
		insn->map = map;
	else if (insn->map != map)
		insn->map = VERIFY_MAP_MANY;
	return err;
}

static int check_weak(struct verifier *v)
{
	for (u32 i = 0; i < v->count; i++)
		if (v->ops[i].op == ISA_OP_CALL_KFUNC && !v->ops[i].imm && v->insns[i].seen) {
			v->insn = i;
			return verify_fail(v, MSG_KFUNC_ZERO);
		}
	return 0;
}

int verify_calls_finish(struct verifier *v)
{
	int err = check_weak(v);

	if (err || v->no_spec_v1)
		return err;
	for (u32 i = 0; i < v->count; i++)
		if (v->ops[i].op == ISA_OP_CALL_HELPER && v->ops[i].imm == BPF_FUNC_tail_call &&
		    v->insns[i].map == VERIFY_MAP_MANY && v->insns[i].unprivileged_map) {
			v->insn = i;
			return verify_fail(v, MSG_TAIL_CALL_MAPS);
		}
	return 0;
}

/* ---- what the call ends ---- */

/* Another cpu's or under RCU: the object given to kptr_xchg stays readable. */
static int release_to_kptr(struct verifier *v, u32 id)
{
	bool rcu = verify_in_rcu(v);

	if (!verify_ref_remove(v, VREF_PTR, id))
		return -EINVAL;
	verify_each_reg(v, frame, reg, {
		if (reg->ref != id)
			continue;
		if (rcu && reg->type & REG_ALLOC && reg->type & REG_PERCPU) {
			reg->ref = 0;
			reg->type = (reg->type & ~REG_ALLOC) | REG_RCU;
		} else {
			verify_reg_invalidate(v, reg);
		}
	});
	return 0;
}

static int release(struct verifier *v, const struct call_meta *meta)
{
	u32 regno = meta->release_regno;
	int err = -EINVAL;

	if (!regno)
		return 0;
	if (meta->proto->args[regno - 1] == ARG_DYNPTR_RINGBUF)
		err = verify_dynptr_release(v, regno);
	else if (meta->func_id == BPF_FUNC_kptr_xchg && meta->ref)
		err = release_to_kptr(v, meta->ref);
	else if (meta->ref)
		err = verify_ref_release(v, meta->ref);
	else if (reg_is_null_const(verify_reg(v, regno)))
		err = 0;
	return err ? verify_fail_reg(v, regno, MSG_RELEASE_UNKNOWN, meta->proto->name,
				     meta->func_id)
		   : 0;
}

/* ---- helpers with rules of their own ---- */

static int check_dynptr_data(struct verifier *v, struct call_meta *meta)
{
	const struct vreg *d = verify_dynptr_of(v, 1);

	if (!d)
		return verify_bug(v, "dynptr_data without a dynptr");
	meta->dynptr_id = d->id;
	meta->ref = d->ref;
	return 0;
}

/* The address of a cpu's copy of a program's own object. */
static int check_percpu(struct verifier *v, struct call_meta *meta)
{
	const struct vreg *r = verify_reg(v, 1);

	if (!(r->type & REG_RCU))
		return 0;
	if (btf_kind_of(r->btf, r->btf_id) != BTF_KIND_STRUCT)
		return verify_fail_reg(v, 1, MSG_PERCPU_STRUCT);
	meta->percpu_object = true;
	return 0;
}

static int check_func_ip(struct verifier *v, const struct call_meta *meta)
{
	u32 type = v->type->type, attach = v->in->attach_type;

	if (type == BPF_PROG_TYPE_KPROBE)
		return 0;
	if (type != BPF_PROG_TYPE_TRACING)
		return verify_fail(v, MSG_HELPER_FUNC_IP, meta->proto->name, meta->func_id, type);
	if (attach == BPF_TRACE_FENTRY || attach == BPF_TRACE_FEXIT || attach == BPF_MODIFY_RETURN)
		return 0;
	return verify_fail(v, MSG_FUNC_IP_TRACING, meta->proto->name, meta->func_id);
}

static int check_special(struct verifier *v, struct call_meta *meta, bool *moves_packet)
{
	const struct vreg *d;

	switch (meta->func_id) {
	case BPF_FUNC_tail_call:
		v->calls_tail = true;
		*moves_packet = verify_has(v, KERNEL_TAIL_CALL_PACKET) &&
				!verify_has(v, KERNEL_TAIL_CALL_RETURNS);
		return verify_check_leaks(v, false, false, "tail_call");
	case BPF_FUNC_get_local_storage:
		return reg_is_null_const(verify_reg(v, 2))
			       ? 0
			       : verify_fail_reg(v, 2, MSG_LOCAL_STORAGE_FLAGS);
	case BPF_FUNC_snprintf: return verify_format_call(v);
	case BPF_FUNC_dynptr_from_mem:
		return reg_kind(verify_reg(v, 1)->type) == REG_MAP_VALUE &&
				       !(verify_reg(v, 1)->type & ~REG_KIND_MASK)
			       ? 0
			       : verify_fail_reg(v, 1, MSG_DYNPTR_MEMORY,
						 reg_type_name(verify_reg(v, 1)->type).s);
	case BPF_FUNC_dynptr_data: return check_dynptr_data(v, meta);
	case BPF_FUNC_dynptr_write:
		d = verify_dynptr_of(v, 1);
		*moves_packet =
			d && (d->dynptr_kind == DYNPTR_SKB || d->dynptr_kind == DYNPTR_SKB_META);
		return 0;
	case BPF_FUNC_per_cpu_ptr:
	case BPF_FUNC_this_cpu_ptr: return check_percpu(v, meta);
	default: return verify_helper_callback(v, meta);
	}
}

/* Memory on the stack that the helper has written without reading. */
static int note_written(struct verifier *v, const struct call_meta *meta)
{
	const struct vreg *r;
	s32 lo;

	if (!meta->access_size)
		return 0;
	r = verify_reg(v, meta->regno);
	lo = r->off + (s32)r->s.bits.value;
	return verify_slots_misc(v, verify_frame_of(v, r), meta->regno, lo,
				 lo + (s32)meta->access_size);
}

int verify_helper_call(struct verifier *v, const struct isa_op *op)
{
	struct call_meta meta = {.const_key = VERIFY_KEY_NONE};
	bool moves_packet;
	int err;

	if (!verify_lock_allows_call(v, op->imm > 0 && op->imm <= UINT32_MAX ? (u32)op->imm : 0))
		return verify_fail(v, MSG_CALL_UNDER_LOCK);
	err = verify_helper_find(v, op->imm, &meta.proto);
	err = err ?: check_sections(v, meta.proto);
	if (err)
		return err;
	meta.func_id = meta.proto->id;
	meta.packet_access = meta.proto->flags & HELPER_TAKES_PACKET;
	moves_packet = meta.proto->flags & HELPER_CHANGES_PACKET;
	for (u32 i = 0; i < 5 && !err; i++)
		err = verify_helper_argument(v, &meta, i);
	err = err ?: note_map(v, &meta);
	if (err)
		return err;
	err = note_written(v, &meta);
	err = err ?: release(v, &meta);
	err = err ?: check_special(v, &meta, &moves_packet);
	err = err ?: verify_helper_return(v, &meta);
	err = err ?: check_pair(v, &meta);
	if (err)
		return err;
	if (meta.func_id == BPF_FUNC_get_func_ip)
		err = check_func_ip(v, &meta);
	if (!err && moves_packet)
		verify_packet_gone(v);
	return err;
}
