// SPDX-License-Identifier: BSD-2-Clause
/* Helpers that call a function of the program back: what that function is given. */
#include "verify/call.h"

static void forget(struct vframe *callee, u32 from)
{
	for (u32 i = from; i <= 5; i++)
		callee->regs[i] = vreg_not_init();
}

static void returns(struct vframe *callee, s32 lo, s32 hi)
{
	callee->callback_ret = (struct vrange){lo, hi};
}

static struct vreg map_pointer(u32 kind, const struct verify_map *map)
{
	struct vreg r = vreg_pointer(kind);

	r.map = map;
	return r;
}

/* fn(map, key, value, ctx) */
static int setup_element(struct verifier *v, struct vframe *caller, struct vframe *callee, u32 insn)
{
	const struct verify_map *map = caller->regs[1].map;

	callee->regs[1] = caller->regs[1];
	callee->regs[2] = map_pointer(REG_MAP_KEY, map);
	callee->regs[3] = map_pointer(REG_MAP_VALUE, map);
	callee->regs[4] = caller->regs[3];
	forget(callee, 5);
	callee->in_callback = true;
	returns(callee, 0, 1);
	return 0;
}

/* fn(index, ctx) */
static int setup_loop(struct verifier *v, struct vframe *caller, struct vframe *callee, u32 insn)
{
	callee->regs[1] = vreg_unknown();
	callee->regs[2] = caller->regs[3];
	forget(callee, 3);
	callee->in_callback = true;
	returns(callee, 0, 1);
	return 0;
}

/* fn(map, key, value), later */
static int setup_timer(struct verifier *v, struct vframe *caller, struct vframe *callee, u32 insn)
{
	const struct verify_map *map = caller->regs[1].map;

	callee->regs[1] = map_pointer(REG_MAP_PTR, map);
	callee->regs[2] = map_pointer(REG_MAP_KEY, map);
	callee->regs[3] = map_pointer(REG_MAP_VALUE, map);
	forget(callee, 4);
	callee->in_async_callback = true;
	returns(callee, 0, verify_has(v, KERNEL_TIMER_RETURN_ZERO) ? 0 : 1);
	return 0;
}

/* fn(task, vma, ctx) */
static int setup_vma(struct verifier *v, struct vframe *caller, struct vframe *callee, u32 insn)
{
	const struct btf_info *kernel = v->in->vmlinux;

	callee->regs[1] = caller->regs[1];
	callee->regs[2] = vreg_pointer(REG_BTF_ID);
	callee->regs[2].btf = kernel;
	callee->regs[2].btf_id = btf_find(kernel, "vm_area_struct", BTF_KIND_STRUCT);
	callee->regs[3] = caller->regs[4];
	forget(callee, 4);
	callee->in_callback = true;
	returns(callee, 0, 1);
	return 0;
}

/* fn(dynptr, ctx) */
static int setup_drain(struct verifier *v, struct vframe *caller, struct vframe *callee, u32 insn)
{
	callee->regs[1] = vreg_pointer(REG_DYNPTR);
	callee->regs[1].dynptr_kind = DYNPTR_LOCAL;
	callee->regs[1].first_slot = true;
	callee->regs[1].id = ++v->next_id;
	callee->regs[2] = caller->regs[3];
	forget(callee, 3);
	callee->in_callback = true;
	returns(callee, 0, 1);
	return 0;
}

/* Flags of 0 are what an inlined loop takes; then they must stay 0. */
static int check_flags(struct verifier *v, bool *zero)
{
	*zero = reg_is_null_const(verify_reg(v, 4));
	return *zero ? verify_mark_precise(v, 4) : 0;
}

/* A loop can be inlined when on every path it calls the same function with no flags. */
static int note_loop(struct verifier *v, u32 sub)
{
	struct vinsn *insn = &v->insns[v->insn];
	bool zero = false;
	int err;

	if (insn->loop == LOOP_MANY)
		return 0;
	err = check_flags(v, &zero);
	if (insn->loop == LOOP_NONE)
		insn->loop_sub = sub;
	insn->loop = zero && insn->loop_sub == sub ? LOOP_ONE : LOOP_MANY;
	return err;
}

/* Rounds that the walk has not seen yet: the count is known. */
static int call_loop(struct verifier *v, const struct call_meta *meta)
{
	struct vframe *f = verify_frame(v);
	int err = note_loop(v, meta->subprog) ?: verify_mark_precise(v, 1);

	if (err)
		return err;
	if (f->callback_depth < f->regs[1].s.umax)
		return verify_call_callback(v, v->insn, meta->subprog, setup_loop);
	f->callback_depth = 0;
	if (v->in->log_level & VERIFY_LOG_ALL)
		verify_say(v, "frame%u bpf_loop iteration limit reached\n", f->number);
	return 0;
}

/* Map types whose elements can be visited. */
static bool has_elements(u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH: return true;
	default: return false;
	}
}

int verify_helper_callback(struct verifier *v, const struct call_meta *meta)
{
	u32 sub = meta->subprog;

	switch (meta->func_id) {
	case BPF_FUNC_for_each_map_elem:
		if (!has_elements(meta->map->type))
			return verify_fail(v, MSG_CALLBACK_MAP);
		return verify_call_callback(v, v->insn, sub, setup_element);
	case BPF_FUNC_timer_set_callback:
		return verify_call_async(v, v->insn, sub, false, setup_timer);
	case BPF_FUNC_find_vma: return verify_call_callback(v, v->insn, sub, setup_vma);
	case BPF_FUNC_user_ringbuf_drain: return verify_call_callback(v, v->insn, sub, setup_drain);
	case BPF_FUNC_loop: return call_loop(v, meta);
	default: return 0;
	}
}
