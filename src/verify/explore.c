// SPDX-License-Identifier: BSD-2-Clause
/*
 * The walk.
 *
 * v->state goes from instruction to instruction. Where both ways of a branch
 * are possible the walk takes one and puts a copy of the state aside for the
 * other; when a path ends (an exit, a state that has been seen before, a
 * processor's guess that leads nowhere) the newest copy is taken up. A million
 * instructions on all paths together is the most that is looked at.
 *
 * A loader whom speculation concerns gets paths that only a wrong guess of the
 * processor takes. What would be an error there ends that path only: a fence
 * (nospec) is noted before the instruction, so that the guess goes no further.
 *
 * The main program is walked first, then every global function that something
 * reached calls, each on its own with arguments as its signature says.
 */
#include <string.h>
#include "verify/claim.h"
#include "verify/undecoded.h"
#include "verify/function.h"

#define OLD_INSNS 131072 /* walked, before 5.2 */

#define JUMPS_MOST 8192 /* branches put aside at once */

enum step {
	STEP_ON = 0,
	STEP_ENDED = 1, /* the path */
};

struct vbranch {
	struct vstate *state;
	u32 insn, prev;
	size_t mark; /* where the log was */
};

static bool is_logging(const struct verifier *v)
{
	return v->in->log_level & (VERIFY_LOG_PATH | VERIFY_LOG_ALL);
}

static int put_aside(struct verifier *v, struct vstate *s, u32 insn, u32 prev,
		     enum verify_message too_many)
{
	if (verify_block_grow(v, (void **)&v->branches, &v->branch_cap, v->branch_count + 1,
			      sizeof(*v->branches))) {
		verify_state_free(v, s);
		return -ENOMEM;
	}
	v->branches[v->branch_count++] = (struct vbranch){s, insn, prev, verify_log_mark(v)};
	if (v->branch_count > JUMPS_MOST)
		return verify_fail(v, too_many, (int)v->branch_count);
	return 0;
}

/* Which way of a branch someone goes: what is never taken needs no test at run time. */
static void note_way(struct verifier *v, u32 from, u32 to)
{
	struct vinsn *insn = &v->insns[from];

	if (v->state->speculative || isa_info(v->ops[from].op)->flow != ISA_FLOW_BRANCH)
		return;
	if (to == from + 1)
		insn->branch |= WAY_NEXT;
	if (to == isa_target(&v->ops[from], from))
		insn->branch |= WAY_JUMP;
}

int verify_push_branch(struct verifier *v, u32 insn, u32 prev, bool speculative,
		       struct vstate **out)
{
	struct vstate *s;
	int err = verify_state_new(v, &s);

	if (err)
		return err;
	err = verify_state_copy(v, s, v->state);
	err = err ?: verify_state_fork(v, s, v->state);
	if (err) {
		verify_state_free(v, s);
		return err;
	}
	s->speculative |= speculative;
	if (!speculative)
		note_way(v, v->insn, insn);
	err = put_aside(v, s, insn, prev, MSG_JUMPS_COMPLEX);
	if (err)
		return err;
	*out = s;
	return 0;
}

int verify_push_async(struct verifier *v, u32 insn, u32 prev, u32 sub, bool sleepable,
		      struct vframe **out)
{
	struct vstate *s;
	int err = verify_state_new(v, &s);

	if (err)
		return err;
	s->branches = 1;
	s->sleepable = sleepable;
	err = verify_frame_new(v, ~0u, 0, sub, &s->frames[0]);
	if (err) {
		verify_state_free(v, s);
		return err;
	}
	err = put_aside(v, s, insn, prev, MSG_JUMPS_ASYNC);
	if (err)
		return err;
	*out = s->frames[0];
	return 0;
}

int verify_resume(struct verifier *v, struct vstate *s)
{
	return put_aside(v, s, s->insn_at, s->last_insn, MSG_JUMPS_COMPLEX);
}

/* Takes up the newest path put aside; false: there is none. */
static bool take_up(struct verifier *v)
{
	struct vbranch *b;

	if (!v->branch_count)
		return false;
	b = &v->branches[--v->branch_count];
	verify_log_cut(v, b->mark);
	verify_state_free(v, v->state);
	v->state = b->state;
	v->insn = b->insn;
	v->prev_insn = b->prev;
	return true;
}

static void touch_all(struct verifier *v)
{
	v->touched_regs = ~0u;
	v->touched_slots = ~0ull;
}

static int check_helper_call(struct verifier *v, const struct isa_op *op, u32 *next)
{
	int err = verify_helper_call(v, op);

	if (err || !v->state->curframe || !verify_may_return(v, v->insn))
		return err;
	return verify_tail_call_return(v, next);
}

static int check_call(struct verifier *v, const struct isa_op *op, u32 *next, bool *done)
{
	switch (op->op) {
	case ISA_OP_CALL_HELPER:
		if (op->imm >= 0 && !verify_lock_allows_call(v, (u32)op->imm))
			return verify_fail(v, MSG_CALL_LOCKED);
		return check_helper_call(v, op, next);
	case ISA_OP_CALL_SUB: return verify_call_sub(v, op, next);
	default: return verify_kfunc_call(v, op, next, done);
	}
}

/*
 * A loop that the machine ends when it has gone on for too long: what follows
 * it is another path, and so is going round once more.
 */
static int check_may_goto(struct verifier *v, const struct isa_op *op, u32 *next)
{
	struct vstate *s;
	int err = verify_push_branch(v, v->insn + 1, v->insn, false, &s);

	if (err)
		return -ENOMEM; /* as the kernel has it, too many branches too */
	s->may_goto++;
	err = verify_widen(v, s, v->insn);
	*next = (u32)isa_target(op, v->insn);
	return err;
}

static int check_jump(struct verifier *v, const struct isa_op *op, u32 *next)
{
	int err;

	switch (op->op) {
	case ISA_OP_JA:
	case ISA_OP_GOTOL: *next = (u32)isa_target(op, v->insn); return 0;
	case ISA_OP_MAY_GOTO: err = check_may_goto(v, op, next); break;
	default: err = verify_branch(v, op, next); break;
	}
	if (!err)
		note_way(v, v->insn, *next);
	return err;
}

/* Some path leads to an instruction that is none. */
static int fail_undecoded(struct verifier *v)
{
	char words[96];
	struct text t;

	text_init(&t, words, sizeof(words));
	undecoded_format(&t, v->in->raw, v->count, v->insn, v->in->bad[v->insn]);
	return verify_fail(v, MSG_UNDECODED, words);
}

/* One instruction: 0, v->insn is the next; STEP_ENDED; -errno. */
static int check_insn(struct verifier *v)
{
	const struct isa_op *op = &v->ops[v->insn];
	u32 next = v->insn + 1;
	bool done = false;
	int err;

	if (v->in->bad && v->in->bad[v->insn])
		return fail_undecoded(v);
	switch (isa_info(op->op)->cls) {
	case ISA_CLASS_ALU: err = verify_alu(v, op); break;
	case ISA_CLASS_CONST:
		next++;
		err = verify_lddw(v, op);
		break;
	case ISA_CLASS_PACKET: err = verify_ld_abs(v, op, &next); break;
	case ISA_CLASS_LOAD: err = verify_load(v, op); break;
	case ISA_CLASS_STORE: err = verify_store(v, op); break;
	case ISA_CLASS_ATOMIC: err = verify_atomic(v, op); break;
	case ISA_CLASS_JUMP: err = check_jump(v, op, &next); break;
	case ISA_CLASS_CALL: err = check_call(v, op, &next, &done); break;
	case ISA_CLASS_EXIT: err = verify_exit(v, false, &next, &done); break;
	default: return verify_bug(v, "this instruction is never executed");
	}
	if (err)
		return err;
	v->next_insn = next;
	return done ? STEP_ENDED : STEP_ON;
}

/* Errors that a fence prevents where only a guess of the processor leads. */
static bool fence_helps(const struct verifier *v, int err)
{
	return verify_has(v, KERNEL_SPEC_NOSPEC_FALLBACK) &&
	       (err == -EPERM || err == -EACCES || err == -EINVAL);
}

static void forget_verdict(struct verifier *v)
{
	if (v->diag)
		diag_init(v->diag);
}

static int check_and_fence(struct verifier *v)
{
	struct vinsn *insn = &v->insns[v->insn];
	bool speculative = v->state->speculative;
	int r, err;

	if (speculative && insn->nospec)
		return STEP_ENDED;
	r = check_insn(v);
	if (r >= 0 || fence_helps(v, r)) {
		err = verify_insn_end(v);
		if (err)
			return err;
	}
	if (speculative && fence_helps(v, r)) {
		forget_verdict(v);
		insn->nospec = true;
		if (isa_info(v->ops[v->insn].op)->cls == ISA_CLASS_ALU)
			insn->alu_state = 0; /* no mask is needed where nothing is reached */
		return STEP_ENDED;
	}
	if (!r && speculative && insn->nospec_result)
		return STEP_ENDED;
	return r;
}

static bool is_jump(const struct verifier *v)
{
	u8 cls = isa_info(v->ops[v->insn].op)->cls;

	return cls == ISA_CLASS_JUMP || cls == ISA_CLASS_CALL || cls == ISA_CLASS_EXIT;
}

/* *arrived: the path has just been taken up, and the log does not yet say so. */
static int step(struct verifier *v, bool *arrived)
{
	u32 i = v->insn;
	int err;

	if (i >= v->count)
		return verify_bug(v, "the walk has left the program");
	v->state->last_insn = v->prev_insn;
	v->state->insn_at = i;
	if (++v->processed > (v->in->most ?: VERIFY_MAX_INSNS) ||
	    (v->processed > OLD_INSNS && !verify_has(v, KERNEL_INSNS_1M)))
		return verify_fail(v, MSG_TOO_LARGE, (int)v->processed);
	verify_insn_begin(v);
	if (v->insns[i].prune_point) {
		err = verify_visited(v, i);
		if (err < 0)
			return err;
		if (err) {
			verify_log_safe(v, *arrived);
			return STEP_ENDED;
		}
	}
	if (v->insns[i].jump_point) {
		err = verify_step_push(v, 0, 0);
		if (err)
			return err;
	}
	if (is_logging(v)) {
		if (*arrived)
			verify_log_arrive(v);
		*arrived = false;
		verify_log_insn(v);
	}
	if (!v->state->speculative)
		v->insns[i].seen = (u8)MIN(v->pass, 255u);
	if (is_jump(v))
		v->jumps_processed++;
	if (v->in->claims && !v->state->speculative) {
		err = verify_claims_note(v->in->claims, i, verify_frame(v),
					 v->insns[i].live_before);
		if (err)
			return err;
	}
	err = check_and_fence(v);
	v->prev_insn = i;
	if (!err && v->ops[i].op == ISA_OP_EXIT)
		*arrived = true; /* behind the call */
	if (err == STEP_ON)
		v->insn = v->next_insn;
	return err;
}

static int walk(struct verifier *v)
{
	bool arrived = false;
	int err;

	for (;;) {
		err = step(v, &arrived);
		if (err < 0)
			return err;
		if (err == STEP_ON)
			continue;
		touch_all(v);
		err = verify_path_done(v, v->state);
		if (err)
			return err;
		if (!take_up(v))
			return 0;
		arrived = true;
	}
}

/* r1 and what follows it, where the walk of a function begins. */
static int enter(struct verifier *v, u32 sub, struct vframe *f)
{
	if (!sub && v->in->prog_type != BPF_PROG_TYPE_EXT) {
		verify_function_main(v);
		f->regs[1] = vreg_pointer(REG_CTX);
		return verify_target_enter(v);
	}
	if (is_logging(v))
		verify_say(v, "Validating %s() func#%u...\n", v->subs[sub].name ?: "", sub);
	f->in_exception_callback = v->subs[sub].exception_callback;
	return verify_function_entry(v, sub, f);
}

static int check_function(struct verifier *v, u32 sub)
{
	struct vstate *s;
	int err = verify_state_new(v, &s);

	if (err)
		return err;
	v->pass++;
	v->pass_sub = sub;
	v->prev_line = NULL;
	v->insn = v->subs[sub].start;
	v->prev_insn = ~0u;
	verify_state_free(v, v->state);
	v->state = s;
	s->sleepable = v->sleepable;
	s->branches = 1;
	s->first_insn = v->insn;
	s->last_insn = ~0u;
	verify_prune_pass(v);
	err = verify_frame_new(v, ~0u, 0, sub, &s->frames[0]);
	err = err ?: enter(v, sub, s->frames[0]);
	err = err ?: walk(v);
	if (!err)
		verify_log_cut(v, 0);
	return err;
}

static int check_global(struct verifier *v, u32 s)
{
	struct vsub *sub = &v->subs[s];
	int err = check_function(v, s);

	if (err)
		return err;
	sub->verified = true;
	if (is_logging(v))
		verify_say(v, "Func#%u ('%s') is safe for any args that match its prototype\n", s,
			   sub->name ?: "");
	return 0;
}

/* Verifying one may call another: until nothing new is called. */
static int check_globals(struct verifier *v, bool all)
{
	bool more = true;
	int err;

	if (!v->in->func_count)
		return 0;
	if (v->exception_sub)
		v->subs[v->exception_sub].called = true;
	while (more) {
		more = false;
		for (u32 s = 1; s < v->sub_count; s++) {
			struct vsub *sub = &v->subs[s];

			if (!sub->global || !(sub->called || all) || sub->verified)
				continue;
			more = true;
			err = check_global(v, s);
			if (err)
				return err;
		}
	}
	return 0;
}

int verify_explore(struct verifier *v)
{
	int err = 0;

	/* Kernels before 6.8 verified them all, and first. */
	if (!verify_has(v, KERNEL_GLOBAL_FUNC_LAZY))
		err = check_globals(v, true);
	err = err ?: check_function(v, 0);
	return err ?: check_globals(v, false);
}
