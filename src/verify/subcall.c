// SPDX-License-Identifier: BSD-2-Clause
/*
 * Calls of subprograms.
 *
 * A static function is walked where it is called, in a frame of its own, with
 * whatever the caller's r1-r5 hold; the return goes on in the caller with r0. A
 * global function is taken for what its signature says and verified on its own.
 *
 * A callback is called by a helper any number of times, so a call that takes one
 * is a loop: one path goes on as if it had been called no further time, another
 * enters it; its exit leads back to the call itself. That converges since
 * numbers which change from one iteration to the next, and on which nothing
 * hangs, become unknown (verify_widen). An asynchronous one runs at some other
 * time: in a state of its own that knows nothing of the caller's.
 */
#include "verify/verifier.h"

static bool is_logging(const struct verifier *v)
{
	return v->in->log_level & (VERIFY_LOG_PATH | VERIFY_LOG_ALL);
}

/* Enters `sub` in state s; *out: its frame, registers not set. */
static int push_frame(struct verifier *v, struct vstate *s, u32 sub, u32 callsite,
		      struct vframe **out)
{
	int err;

	if (s->curframe + 1 >= VERIFY_MAX_FRAMES)
		return verify_fail(v, MSG_FRAMES, (int)s->curframe + 2);
	err = verify_frame_new(v, callsite, s->curframe + 1, sub, &s->frames[s->curframe + 1]);
	if (err)
		return err;
	s->curframe++;
	*out = s->frames[s->curframe];
	return 0;
}

static int check_global_place(struct verifier *v, const struct vsub *sub)
{
	const struct vstate *s = v->state;

	if (s->active_locks)
		return verify_fail(v, MSG_GLOBAL_LOCKED);
	if (sub->might_sleep &&
	    (s->active_rcu || s->active_preempt || s->active_irq || !s->sleepable))
		return verify_fail(v, MSG_GLOBAL_SLEEPS);
	return 0;
}

static int call_global(struct verifier *v, u32 s)
{
	struct vsub *sub = &v->subs[s];
	int args = verify_function_call(v, s);
	int err = args == -EFAULT || args == -ENOMEM ? args : check_global_place(v, sub);

	if (err)
		return err;
	if (args) {
		verify_fail(v, MSG_GLOBAL_ARGS, (int)s, sub->name ?: "");
		return args;
	}
	if (is_logging(v))
		verify_say(v, "Func#%u ('%s') is global and assumed valid.\n", s, sub->name ?: "");
	if (sub->changes_packet && verify_has(v, KERNEL_GLOBAL_CHANGES_PACKET))
		verify_packet_gone(v);
	sub->called = true;
	verify_clobber_caller_saved(v);
	*verify_reg(v, 0) = verify_unknown(v);
	return 0;
}

static int call_static(struct verifier *v, u32 sub, u32 *next)
{
	struct vframe *caller = verify_frame(v), *callee;
	int err = push_frame(v, v->state, sub, v->insn, &callee);

	if (err)
		return err;
	for (u32 i = 1; i <= 5; i++)
		callee->regs[i] = caller->regs[i];
	for (u32 i = 0; i <= 5; i++)
		caller->regs[i] = vreg_not_init();
	*next = v->subs[sub].start;
	if (is_logging(v)) {
		verify_say(v, "caller:\n");
		verify_log_state(v, v->state, caller->number, true);
		verify_say(v, "callee:\n");
		verify_log_state(v, v->state, callee->number, true);
	}
	return 0;
}

int verify_call_sub(struct verifier *v, const struct isa_op *op, u32 *next)
{
	u32 sub = verify_sub_starting(v, (u32)op->imm);

	if (sub == ~0u)
		return verify_bug(v, "a call that leads to no function");
	if (v->state->active_locks && !verify_has(v, KERNEL_LOCKED_STATIC_CALL))
		return verify_fail(v, MSG_CALL_LOCKED);
	return v->subs[sub].global ? call_global(v, sub) : call_static(v, sub, next);
}

int verify_call_callback(struct verifier *v, u32 insn, u32 sub, verify_callback_setup *setup)
{
	struct vframe *callee;
	struct vstate *s;
	int err;

	v->subs[sub].callback = true;
	err = verify_push_branch(v, v->subs[sub].start, insn, false, &s);
	if (err)
		return -ENOMEM; /* as the kernel has it, too many branches too */
	err = push_frame(v, s, sub, insn, &callee);
	if (err)
		return err;
	err = setup(v, s->frames[s->curframe - 1], callee, insn);
	if (err)
		return err;
	s->callback_unroll++;
	s->frames[s->curframe - 1]->callback_depth++;
	verify_frame(v)->callback_depth = 0;
	return 0;
}

int verify_call_async(struct verifier *v, u32 insn, u32 sub, bool sleepable,
		      verify_callback_setup *setup)
{
	struct vframe *caller = verify_frame(v), *callee;
	int err;

	v->subs[sub].callback = v->subs[sub].async_callback = true;
	err = verify_push_async(v, v->subs[sub].start, insn, sub, sleepable, &callee);
	if (err)
		return err;
	callee->async_entry = caller->async_entry + 1;
	return setup(v, caller, callee, insn);
}

static int check_callback_result(struct verifier *v, const struct vframe *callee)
{
	int err;

	if (callee->regs[0].type != REG_SCALAR)
		return verify_fail_reg(v, 0, MSG_CALLBACK_NO_NUMBER);
	err = verify_mark_precise(v, 0);
	if (err)
		return err;
	return verify_check_range(v, 0, callee->callback_ret, false, "At callback return",
				  MSG_RETURN_RANGE);
}

static void log_return(struct verifier *v, u32 to)
{
	const struct vstate *s = v->state;

	if (!is_logging(v))
		return;
	verify_say(v, "returning from callee:\n");
	verify_log_state(v, s, s->curframe, true);
	verify_say(v, "to caller at %u:\n", to);
	verify_log_state(v, s, s->curframe - 1, true);
}

static int return_to_caller(struct verifier *v, u32 *next)
{
	struct vstate *s = v->state;
	struct vframe *callee = s->frames[s->curframe];
	bool again = callee->in_callback;
	int err;

	if (reg_kind(callee->regs[0].type) == REG_STACK)
		return verify_fail_reg(v, 0, MSG_STACK_RETURNED);
	if (again) {
		err = check_callback_result(v, callee);
		if (err)
			return err;
		*next = callee->callsite;
	} else {
		s->frames[s->curframe - 1]->regs[0] = callee->regs[0];
		*next = callee->callsite + 1;
	}
	log_return(v, *next);
	verify_frame_free(v, callee);
	s->frames[s->curframe--] = NULL;
	return again ? verify_widen(v, s, *next) : 0;
}

/*
 * A tail call inside a function: when it finds a program, that one's result is the
 * function's, whose caller goes on. When not, the function itself does.
 */
int verify_tail_call_return(struct verifier *v, u32 *next)
{
	struct vstate *missed;
	int err = verify_push_branch(v, v->insn + 1, v->insn, false, &missed);

	if (err)
		return err;
	verify_packet_gone(v);
	verify_touch(v, 0);
	*verify_reg(v, 0) = verify_unknown(v);
	return return_to_caller(v, next);
}

int verify_check_leaks(struct verifier *v, bool exception, bool within, const char *what)
{
	const struct vstate *s = v->state;
	int err;

	if (!within && s->active_locks)
		return verify_fail(v, MSG_HELD_LOCK, what);
	err = verify_ref_leaks(v, exception);
	if (err == -EINVAL)
		verify_say(v, "%s would lead to reference leak\n", what);
	if (err || within)
		return err;
	if (s->active_irq)
		return verify_fail(v, MSG_HELD_IRQ, what);
	if (s->active_rcu)
		return verify_fail(v, MSG_HELD_RCU, what);
	if (s->active_preempt)
		return verify_fail(v, MSG_HELD_PREEMPT, what);
	return 0;
}

int verify_exit(struct verifier *v, bool exception, u32 *next, bool *done)
{
	bool nested = v->state->curframe;
	bool within = !exception && nested &&
		      (!v->state->active_locks || verify_has(v, KERNEL_LOCKED_STATIC_CALL));
	int err = verify_check_leaks(v, exception, within,
				     exception ? "bpf_throw" : "BPF_EXIT instruction in main prog");

	if (err)
		return err;
	if (!exception && nested)
		return return_to_caller(v, next);
	err = exception ? 0 : verify_return_value(v, 0);
	if (!err)
		*done = true;
	return err;
}
