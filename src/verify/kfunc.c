// SPDX-License-Identifier: BSD-2-Clause
/*
 * Calls of kernel functions. The table (core/kfunc.h) says who may call one and
 * what it does with references; the kernel's BTF says what it takes and returns.
 * Then come the sections that kfuncs enter and leave, what they release or give
 * away, their callbacks, and r0.
 */
#include <string.h>
#include "verify/kfunc.h"

#define MAX_ERRNO 4095

/* finding it ---------------------------------------------------------------- */

static int find_function(struct verifier *v, const struct isa_op *op,
			 const struct verify_kfunc **out, struct btf_function *func)
{
	const struct verify_kfunc *k = verify_kfunc_of(v, op);

	if (!k || !k->btf || btf_function_of(k->btf, k->id, func))
		return verify_fail(v, MSG_KFUNC_UNKNOWN, (int)op->imm);
	*out = k;
	return 0;
}

int verify_kfunc_exists(struct verifier *v, const struct isa_op *op)
{
	const struct verify_kfunc *k;
	struct btf_function func;
	int err;

	if (!v->in->gpl)
		return verify_fail(v, MSG_KFUNC_GPL);
	if (!op->imm || !v->in->vmlinux)
		return 0;
	err = find_function(v, op, &k, &func);
	/* What a device knows of its packets: asked of that device only. */
	if (!err && !(v->in->prog_flags & BPF_F_XDP_DEV_BOUND_ONLY) &&
	    !__builtin_strncmp(btf_name(k->btf, k->id), "bpf_xdp_metadata_rx_", 20))
		err = verify_fail(v, MSG_KFUNC_DEVICE);
	return err;
}

static int find(struct verifier *v, const struct isa_op *op, struct kfunc_call *c)
{
	const struct verify_kfunc *k;
	int err;

	err = find_function(v, op, &k, &c->func);
	if (err)
		return err;
	c->k = k;
	c->name = btf_name(k->btf, k->id);
	c->special = kfunc_special_of(c->name);
	c->flags = k->proto ? k->proto->flags : 0;
	if (!core_kfunc_for(c->name, v->in->kernel, v->in->prog_type, v->in->attach_type))
		return verify_fail(v, MSG_KFUNC_NOT_ALLOWED, c->name);
	return 0;
}

static int check_place(struct verifier *v, const struct kfunc_call *c)
{
	if (v->state->active_locks && (c->k->fd_index || !kfunc_under_lock(c)))
		return verify_fail(v, MSG_KFUNC_LOCKED);
	if (c->flags & KF_SLEEPABLE && !v->state->sleepable)
		return verify_fail(v, MSG_KFUNC_SLEEPS, c->name);
	return 0;
}

/* sections -------------------------------------------------------------------- */

/* What RCU protected is of no use any more. */
static void leave_rcu(struct verifier *v)
{
	verify_each_reg(v, f, r, {
		if (r->type & REG_RCU) {
			r->type &= ~(u32)(REG_RCU | REG_MAYBE_NULL);
			r->type |= REG_UNTRUSTED;
		}
	});
	verify_iters_untrusted(v);
}

static int check_rcu(struct verifier *v, const struct kfunc_call *c)
{
	bool lock = c->special == KF_rcu_read_lock, unlock = c->special == KF_rcu_read_unlock;
	struct vstate *s = v->state;

	if (s->active_rcu) {
		if (verify_in_rbtree_callback(v) && (lock || unlock))
			return verify_fail(v, MSG_KFUNC_RCU_IN_TREE);
		if (lock)
			return verify_fail(v, MSG_KFUNC_RCU_NESTED, c->name);
		if (unlock) {
			s->active_rcu = 0;
			leave_rcu(v);
		} else if (c->flags & KF_SLEEPABLE) {
			return verify_fail(v, MSG_KFUNC_RCU_SLEEPS, c->name);
		}
	} else if (lock) {
		s->active_rcu = 1;
	} else if (unlock) {
		return verify_fail(v, MSG_KFUNC_RCU_UNMATCHED, c->name);
	}
	return 0;
}

static int check_preempt(struct verifier *v, const struct kfunc_call *c)
{
	bool disable = c->special == KF_preempt_disable, enable = c->special == KF_preempt_enable;
	struct vstate *s = v->state;

	if (disable)
		s->active_preempt++;
	else if (enable && !s->active_preempt)
		return verify_fail(v, MSG_KFUNC_PREEMPT_UNMATCHED, c->name);
	else if (enable)
		s->active_preempt--;
	else if (s->active_preempt && c->flags & KF_SLEEPABLE)
		return verify_fail(v, MSG_KFUNC_PREEMPT_SLEEPS, c->name);
	if (s->active_irq && c->flags & KF_SLEEPABLE)
		return verify_fail(v, MSG_KFUNC_IRQ_SLEEPS, c->name);
	if (c->flags & KF_RCU_PROTECTED && !verify_in_rcu(v))
		return verify_fail(v, MSG_KFUNC_NEEDS_RCU, c->name);
	return 0;
}

/* callbacks -------------------------------------------------------------------- */

static void forget(struct vframe *callee, u32 from)
{
	for (u32 i = from; i <= 5; i++)
		callee->regs[i] = vreg_not_init();
}

/* less(a, b): two elements of the tree, which it owns. */
static int setup_less(struct verifier *v, struct vframe *caller, struct vframe *callee, u32 insn)
{
	const struct vreg *root = &caller->regs[1];
	const struct btf_special *at = NULL;
	const struct btf_fields *fields;
	struct btf_fields room;
	int err = 0;

	(void)insn;
	fields = verify_fields_of(v, root, &room);
	if (fields)
		at = btf_fields_find(fields, (u32)root->off, BTF_SPECIAL_RB_ROOT);
	if (!at)
		return verify_bug(v, "a tree without a root");
	for (u32 i = 1; i <= 2 && !err; i++) {
		callee->regs[i] = vreg_pointer(REG_BTF_ID | REG_ALLOC);
		callee->regs[i].btf =
			reg_kind(root->type) == REG_MAP_VALUE ? root->map->btf : root->btf;
		callee->regs[i].btf_id = at->type;
		callee->regs[i].off = (s32)at->node_offset;
		err = verify_set_non_owning(v, &callee->regs[i]);
	}
	forget(callee, 3);
	callee->in_callback = true;
	callee->callback_ret = (struct vrange){0, 1};
	return err;
}

/* fn(map, key, value), later */
static void setup_later(struct vframe *callee, const struct verify_map *map)
{
	static const u32 kinds[] = {REG_MAP_PTR, REG_MAP_KEY, REG_MAP_VALUE};

	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++) {
		callee->regs[1 + i] = vreg_pointer(kinds[i]);
		callee->regs[1 + i].map = map;
	}
	forget(callee, 4);
	callee->in_async_callback = true;
}

static int setup_wq(struct verifier *v, struct vframe *caller, struct vframe *callee, u32 insn)
{
	(void)v;
	(void)insn;
	setup_later(callee, caller->regs[1].map);
	callee->callback_ret = (struct vrange){0, 0};
	return 0;
}

static int setup_task_work(struct verifier *v, struct vframe *caller, struct vframe *callee,
			   u32 insn)
{
	(void)v;
	(void)insn;
	setup_later(callee, caller->regs[3].map);
	callee->callback_ret = (struct vrange){INT32_MIN, INT32_MAX};
	return 0;
}

static int call_back(struct verifier *v, const struct kfunc_call *c)
{
	switch (c->special) {
	case KF_rbtree_add_impl: return verify_call_callback(v, v->insn, c->callback, setup_less);
	case KF_wq_set_callback_impl:
		return verify_call_async(v, v->insn, c->callback, true, setup_wq);
	case KF_task_work_schedule_signal_impl:
	case KF_task_work_schedule_resume_impl:
		return verify_call_async(v, v->insn, c->callback, true, setup_task_work);
	default: return 0;
	}
}

/* references ---------------------------------------------------------------------- */

static int release(struct verifier *v, const struct kfunc_call *c)
{
	if (c->special == KF_dynptr_file_discard)
		return verify_dynptr_release(v, 1);
	if (!c->release_regno)
		return 0;
	if (verify_ref_release(v, verify_reg(v, c->release_regno)->ref))
		return verify_fail(v, MSG_KFUNC_UNREFERENCED, c->name, c->k->id);
	return 0;
}

static int give_away(struct verifier *v, const struct kfunc_call *c)
{
	switch (c->special) {
	case KF_list_push_front_impl:
	case KF_list_push_back_impl:
	case KF_rbtree_add_impl: return verify_give_to_graph(v, verify_reg(v, 2)->ref);
	default: return 0;
	}
}

/* The way on which a resilient lock could not be taken. */
static int push_lock_failure(struct verifier *v, const struct kfunc_call *c)
{
	struct vstate *other;
	struct vreg *regs;
	int err;

	if (c->special != KF_res_spin_lock && c->special != KF_res_spin_lock_irqsave)
		return 0;
	err = verify_push_branch(v, v->insn + 1, v->insn, false, &other);
	if (err)
		return err;
	regs = other->frames[other->curframe]->regs;
	for (u32 i = 1; i <= 5; i++)
		regs[i] = vreg_not_init();
	regs[0] = verify_unknown(v);
	regs[0].s = scalar_signed(-MAX_ERRNO, -1);
	return 0;
}

static int throw(struct verifier * v, u32 *next, bool *done)
{
	int err = 0;

	v->seen_exception = true;
	if (!v->exception_sub)
		err = verify_return_value(v, 1);
	if (err)
		return err;
	verify_clobber_caller_saved(v);
	return verify_exit(v, true, next, done);
}

int verify_kfunc_call(struct verifier *v, const struct isa_op *op, u32 *next, bool *done)
{
	struct kfunc_call c = {0};
	int err;

	/* A weak one that is not there: for the end to refuse, if some path does call it. */
	if (!op->imm)
		return 0;
	err = find(v, op, &c);
	err = err ?: check_place(v, &c);
	err = err ?: push_lock_failure(v, &c);
	err = err ?: kfunc_check_args(v, &c);
	err = err ?: call_back(v, &c);
	err = err ?: check_rcu(v, &c);
	err = err ?: check_preempt(v, &c);
	err = err ?: release(v, &c);
	err = err ?: give_away(v, &c);
	if (err)
		return err;
	if (c.special == KF_throw)
		return throw(v, next, done);
	verify_clobber_caller_saved(v);
	err = kfunc_set_result(v, &c);
	if (err)
		return err;
	if (c.special == KF_xdp_pull_data)
		verify_packet_gone(v);
	return c.flags & KF_ITER_NEXT && c.has_iter ? verify_iter_next(v, &c.iter) : 0;
}
