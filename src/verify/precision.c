// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which numbers matter.
 *
 * Where a verdict hangs on a number's value (an offset, a size, a decided
 * branch), all that it was computed from on this path becomes precise in the
 * states kept along the path; only there, for only kept states are ever
 * compared. The way back is known: a kept state and the current one hold the
 * steps since their parent, one for each instruction that was not reached from
 * the one before it and for each that touched the stack.
 *
 * Going back, a set of registers and stack slots per frame is held that are
 * wanted before the instruction looked at. An assignment replaces its result by
 * its operands, a constant drops it, a store to a wanted slot moves the wish to
 * the register stored. At an exit (seen backwards: the callee is entered) wishes
 * for r0 move inside; at the call they move as r1-r5 to the caller. Callbacks get
 * nothing from the caller's registers and give nothing back. Numbers that were
 * refined together at a compare (`linked`) are wanted together.
 *
 * At each kept state, wanted scalars are marked; those that already were need no
 * further wish, since the path before that state was followed at that time.
 * What cannot be followed (stack accesses of unknown place, packet loads) makes
 * every scalar on the path precise.
 */
#include <string.h>
#include "verify/prune.h"

#define FALL_BACK 1 /* internal: mark everything */
#define R1_5      (ISA_R(1) | ISA_R(2) | ISA_R(3) | ISA_R(4) | ISA_R(5))

/* Steps ---------------------------------------------------------------- */

int verify_step_push(struct verifier *v, u16 flags, u64 linked)
{
	struct vstate *s = v->state;
	int err;

	if (v->step_open) {
		s->steps[s->step_count - 1].flags |= flags;
		s->steps[s->step_count - 1].linked = linked;
		return 0;
	}
	err = verify_block_grow(v, (void **)&s->steps, &s->step_cap, s->step_count + 1,
				sizeof(*s->steps));
	if (err)
		return err;
	s->steps[s->step_count++] = (struct vstep){
		.insn = v->insn, .from = v->prev_insn, .flags = flags, .linked = linked};
	v->step_open = true;
	return 0;
}

int verify_steps_copy(struct verifier *v, struct vstate *to, const struct vstate *from)
{
	int err = verify_block_grow(v, (void **)&to->steps, &to->step_cap, from->step_count,
				    sizeof(*to->steps));

	if (err)
		return err;
	if (from->step_count)
		memcpy(to->steps, from->steps, from->step_count * sizeof(*to->steps));
	to->step_count = from->step_count;
	return 0;
}

/* The step that tells of `insn` when it is the last of the first `left`. */
static const struct vstep *step_of(const struct vstate *s, u32 left, u32 insn)
{
	return left && s->steps[left - 1].insn == insn ? &s->steps[left - 1] : NULL;
}

/* One instruction back; false: `insn` was the state's first. */
static bool step_back(const struct vstate *s, u32 *left, u32 *insn)
{
	const struct vstep *step = step_of(s, *left, *insn);

	if (*insn == s->first_insn && (!*left || (*left == 1 && step)))
		return false;
	if (step) {
		*insn = step->from;
		(*left)--;
	} else {
		(*insn)--;
	}
	return true;
}

/* The set -------------------------------------------------------------- */

static bool set_is_empty(const struct precise_set *p)
{
	u64 any = 0;

	for (u32 f = 0; f <= p->frame; f++)
		any |= p->regs[f] | p->slots[f];
	return !any;
}

static void set_clear(struct precise_set *p)
{
	memset(p, 0, sizeof(*p));
}

static u32 *regs_of(struct precise_set *p)
{
	return &p->regs[p->frame];
}

static bool has_reg(const struct precise_set *p, u32 r)
{
	return p->regs[p->frame] >> r & 1;
}

static void want_reg(struct precise_set *p, u32 r)
{
	if (r != 10)
		*regs_of(p) |= ISA_R(r);
}

static void drop_reg(struct precise_set *p, u32 r)
{
	*regs_of(p) &= ~ISA_R(r);
}

static u32 step_frame(const struct vstep *step)
{
	return step->flags >> 3 & 7;
}

static u64 step_slot(const struct vstep *step)
{
	return 1ull << (step->flags >> 6 & 63);
}

/* Linked registers and slots: one wanted, all wanted. */
static void want_linked(struct precise_set *p, const struct vstep *step)
{
	u64 linked = step ? step->linked : 0;
	u32 count = linked >> 60;
	bool wanted = false;

	for (int pass = 0; pass < 2; pass++) {
		for (u32 i = 0; i < count; i++) {
			u32 e = linked >> 10 * i & 0x3ff, frame = e >> 1 & 7, at = e >> 4;

			if (!pass)
				wanted |= e & 1 ? p->regs[frame] >> at & 1
						: p->slots[frame] >> at & 1;
			else if (e & 1)
				p->regs[frame] |= 1u << at;
			else
				p->slots[frame] |= 1ull << at;
		}
		if (!wanted)
			return;
	}
}

/* One instruction, backwards ------------------------------------------- */

static int back_alu(struct precise_set *p, const struct isa_op *op, const struct isa_info *info)
{
	if (!has_reg(p, op->dst))
		return 0;
	switch (info->kind) {
	case ISA_KIND_MOV_REG:
	case ISA_KIND_CAST:
		drop_reg(p, op->dst);
		want_reg(p, op->src);
		break;
	case ISA_KIND_MOV_IMM: drop_reg(p, op->dst); break;
	case ISA_KIND_ALU_REG: want_reg(p, op->src); break;
	default: break;
	}
	return 0;
}

/* A load gives the register what the slot held; from elsewhere nothing comes that was known. */
static void back_load(struct precise_set *p, u32 reg, const struct vstep *step)
{
	if (!has_reg(p, reg))
		return;
	drop_reg(p, reg);
	if (step && step->flags & VSTEP_STACK)
		p->slots[step_frame(step)] |= step_slot(step);
}

static int back_store(struct precise_set *p, const struct isa_op *op, bool from_reg,
		      const struct vstep *step)
{
	u64 *slots;

	/* A number as the address: a difference of pointers was wanted. */
	if (has_reg(p, op->dst))
		return FALL_BACK;
	if (!step || !(step->flags & VSTEP_STACK))
		return 0;
	slots = &p->slots[step_frame(step)];
	if (!(*slots & step_slot(step)))
		return 0;
	*slots &= ~step_slot(step);
	if (from_reg)
		want_reg(p, op->src);
	return 0;
}

/*
 * What was in memory comes into a register, what was in the other one is stored.
 * The kernel does not see the first half, and goes on to want the register; with
 * it, what it wants and what is true are wanted both.
 */
static int back_atomic(struct precise_set *p, const struct isa_op *op, const struct isa_info *info,
		       const struct vstep *step)
{
	u32 into = info->kind == ISA_KIND_CMPXCHG ? 0 : op->src;
	bool fetches = info->kind == ISA_KIND_CMPXCHG || info->kind == ISA_KIND_ATOMIC_FETCH;
	bool wanted = fetches && has_reg(p, into);
	int err;

	if (info->kind == ISA_KIND_LOAD_ACQ) {
		back_load(p, op->dst, step);
		return 0;
	}
	if (!wanted)
		return back_store(p, op, true, step);
	if (into == op->dst)
		return FALL_BACK;
	err = back_store(p, op, true, step);
	if (!err && step && step->flags & VSTEP_STACK)
		p->slots[step_frame(step)] |= step_slot(step);
	return err;
}

/* Backwards over the call into the caller: the callee's frame is left. */
static int leave_frame(struct verifier *v, struct precise_set *p, bool pass_args)
{
	u32 regs = *regs_of(p);

	if (regs & ~R1_5 || p->slots[p->frame] || !p->frame)
		return verify_bug(v, "precision wanted before the callee's first instruction");
	*regs_of(p) = 0;
	p->frame--;
	if (pass_args)
		*regs_of(p) |= regs;
	return 0;
}

/* Back into a callee, by its end. */
static int enter_frame(struct verifier *v, struct precise_set *p)
{
	if (p->frame + 1 >= VERIFY_MAX_FRAMES)
		return verify_bug(v, "too many frames on the way back");
	p->frame++;
	return 0;
}

static int back_call_sub(struct verifier *v, struct precise_set *p, const struct isa_op *op,
			 u32 insn, u32 next)
{
	u32 sub = verify_sub_starting(v, (u32)op->imm);

	if (v->subs[sub].global && next == insn + 1) {
		drop_reg(p, 0);
		return *regs_of(p) & R1_5 ? verify_bug(v, "arguments wanted behind a call") : 0;
	}
	return leave_frame(v, p, true);
}

static int back_call(struct verifier *v, struct precise_set *p, const struct isa_op *op, u32 insn,
		     u32 next)
{
	if (op->op == ISA_OP_CALL_SUB)
		return back_call_sub(v, p, op, insn, next);
	/* Not straight on: a callback's first instruction came next. */
	if (v->insns[insn].calls_callback && next != insn + 1) {
		*regs_of(p) &= ~R1_5;
		return leave_frame(v, p, false);
	}
	drop_reg(p, 0);
	/* A tail call in a function that ended it: what came next is its caller's. */
	if (verify_may_return(v, insn) && next != insn + 1)
		return enter_frame(v, p);
	return *regs_of(p) & R1_5 ? verify_bug(v, "arguments wanted behind a call") : 0;
}

/* Backwards through an exit: what stands behind the call is the caller's, then the callee's. */
static int back_exit(struct verifier *v, struct precise_set *p, u32 next)
{
	bool returns =
		next && next <= v->count && v->ops[next - 1].op == ISA_OP_CALL_SUB && has_reg(p, 0);
	int err;

	if (next < v->count && v->insns[next].calls_callback)
		*regs_of(p) &= ~R1_5;
	if (*regs_of(p) & R1_5)
		return verify_bug(v, "arguments wanted behind an exit");
	drop_reg(p, 0);
	err = enter_frame(v, p);
	if (!err && returns)
		want_reg(p, 0);
	return err;
}

static void back_branch(struct precise_set *p, const struct isa_op *op, const struct isa_info *info,
			const struct vstep *step)
{
	if (info->kind != ISA_KIND_JMP_REG || (!has_reg(p, op->dst) && !has_reg(p, op->src)))
		return;
	if (!step || !(step->flags & VSTEP_SRC_STACK))
		want_reg(p, op->src);
	if (!step || !(step->flags & VSTEP_DST_STACK))
		want_reg(p, op->dst);
}

static int back_class(struct verifier *v, struct precise_set *p, const struct isa_op *op,
		      const struct vstep *step, u32 insn, u32 next)
{
	const struct isa_info *info = isa_info(op->op);

	switch (info->cls) {
	case ISA_CLASS_ALU: return back_alu(p, op, info);
	case ISA_CLASS_CONST: drop_reg(p, op->dst); return 0;
	case ISA_CLASS_PACKET: return has_reg(p, 0) ? FALL_BACK : 0;
	case ISA_CLASS_LOAD: back_load(p, op->dst, step); return 0;
	case ISA_CLASS_STORE: return back_store(p, op, info->kind == ISA_KIND_STX, step);
	case ISA_CLASS_ATOMIC: return back_atomic(p, op, info, step);
	case ISA_CLASS_CALL: return back_call(v, p, op, insn, next);
	case ISA_CLASS_EXIT: return back_exit(v, p, next);
	case ISA_CLASS_JUMP: back_branch(p, op, info, step); return 0;
	default: return 0;
	}
}

/* Logging -------------------------------------------------------------- */

static void format_regs(struct text *t, u32 regs)
{
	for (u32 left = regs; left; left &= left - 1)
		text_fmt(t, "%sr%d", left == regs ? "" : ",", (int)__builtin_ctz(left));
}

static void format_slots(struct text *t, u64 slots)
{
	for (u64 left = slots; left; left &= left - 1)
		text_fmt(t, "%s%d", left == slots ? "" : ",", -8 * (__builtin_ctzll(left) + 1));
}

static bool is_logged(const struct verifier *v)
{
	return v->in->log_level & VERIFY_LOG_ALL && !v->prune->quiet;
}

static void say_set(struct verifier *v, const char *what, u32 frame, const struct precise_set *p,
		    const char *end)
{
	char regs[64], slots[384];
	struct text r, s;

	text_init(&r, regs, sizeof(regs));
	text_init(&s, slots, sizeof(slots));
	format_regs(&r, p->regs[frame]);
	format_slots(&s, p->slots[frame]);
	verify_say(v, "mark_precise: frame%d: %sregs=%s stack=%s%s", (int)frame, what, regs, slots,
		   end);
}

static void say_spread(struct verifier *v, u32 frame, const struct precise_set *p)
{
	const char *before = "propagating ";

	verify_say(v, "frame %d: ", (int)frame);
	for (u32 left = p->regs[frame]; left; left &= left - 1) {
		verify_say(v, "%sr%d", before, (int)__builtin_ctz(left));
		before = ",";
	}
	for (u64 left = p->slots[frame]; left; left &= left - 1) {
		verify_say(v, "%sfp%d", before, -8 * (__builtin_ctzll(left) + 1));
		before = ",";
	}
	verify_say(v, "\n");
}

static void say_insn(struct verifier *v, u32 insn)
{
	char line[160];
	struct text t;

	text_init(&t, line, sizeof(line));
	verify_format_insn(v, &t, insn);
	verify_say(v, "%d: %s\n", (int)insn, line);
}

static int back_insn(struct verifier *v, const struct vstate *s, u32 left, u32 insn, u32 next)
{
	struct precise_set *p = &v->prune->set;
	const struct vstep *step = step_of(s, left, insn);
	int err;

	if (v->ops[insn].op == ISA_OP_HIGH)
		return 0;
	if (is_logged(v)) {
		say_set(v, "", p->frame, p, " before ");
		say_insn(v, insn);
	}
	want_linked(p, step);
	err = back_class(v, p, &v->ops[insn], step, insn, next);
	if (!err)
		want_linked(p, step);
	return err;
}

/* Marks ---------------------------------------------------------------- */

static void mark(struct vreg *r, bool *changed)
{
	r->precise = true;
	*changed = true;
}

/* Wanted in the frame of a kept state: marked; what is no number or has been before is done with.
 */
static int mark_frame(struct verifier *v, struct vframe *f, u32 *regs, u64 *slots, bool *changed)
{
	for (u32 left = *regs; left; left &= left - 1) {
		u32 i = __builtin_ctz(left);
		struct vreg *r = &f->regs[i];

		if (r->type != REG_SCALAR || r->precise)
			*regs &= ~(1u << i);
		else
			mark(r, changed);
	}
	for (u64 left = *slots; left; left &= left - 1) {
		u32 i = __builtin_ctzll(left);

		if (i >= f->slot_count)
			return verify_bug(v, "precision of a slot that is not there");
		if (!slot_is_scalar(&f->slots[i]) || f->slots[i].reg.precise)
			*slots &= ~(1ull << i);
		else
			mark(&f->slots[i].reg, changed);
	}
	return 0;
}

static int mark_state(struct verifier *v, struct vstate *s, bool *changed)
{
	struct precise_set *p = &v->prune->set;

	for (u32 f = p->frame + 1; f-- > 0;) {
		int err = mark_frame(v, s->frames[f], &p->regs[f], &p->slots[f], changed);

		if (err)
			return err;
		if (is_logged(v)) {
			say_set(v, "parent state ", f, p, ": ");
			verify_log_state(v, s, f, true);
		}
	}
	return 0;
}

static void force(struct verifier *v, u32 frame, const char *what, int which, struct vreg *r)
{
	if (r->type != REG_SCALAR || r->precise)
		return;
	r->precise = true;
	if (is_logged(v))
		verify_say(v, "force_precise: frame%d: forcing %s%d to be precise\n", (int)frame,
			   what, which);
}

void verify_all_precise(struct verifier *v, struct vstate *s)
{
	if (is_logged(v))
		verify_say(v,
			   "mark_precise: frame%d: falling back to forcing all scalars precise\n",
			   (int)s->curframe);
	for (s = s->parent; s; s = s->parent)
		for (u32 f = 0; f <= s->curframe; f++) {
			struct vframe *frame = s->frames[f];

			for (u32 i = 0; i < 10; i++)
				force(v, f, "r", (int)i, &frame->regs[i]);
			for (u32 i = 0; i < frame->slot_count; i++)
				if (slot_is_spill(&frame->slots[i]))
					force(v, f, "fp", -8 * ((int)i + 1), &frame->slots[i].reg);
		}
}

void verify_none_precise(struct vstate *s)
{
	for (u32 f = 0; f <= s->curframe; f++) {
		struct vframe *frame = s->frames[f];

		for (u32 i = 0; i < 10; i++)
			frame->regs[i].precise = false;
		for (u32 i = 0; i < frame->slot_count; i++)
			frame->slots[i].reg.precise = false;
	}
}

/* The way back --------------------------------------------------------- */

/* Before the first instruction of a function that is verified on its own: its arguments. */
static int mark_arguments(struct verifier *v, struct vstate *s, bool *changed)
{
	struct precise_set *p = &v->prune->set;
	u32 regs = *regs_of(p);

	if (s->curframe || !s->frames[0]->subprog || p->slots[0] || regs & ~R1_5)
		return verify_bug(v, "precision wanted before the first instruction");
	*regs_of(p) = 0;
	for (; regs; regs &= regs - 1) {
		struct vreg *r = &s->frames[0]->regs[__builtin_ctz(regs)];

		if (r->type == REG_SCALAR)
			mark(r, changed);
	}
	return 0;
}

/*
 * From `insn` (looked at unless `skip`) to the state's first instruction, *next
 * following what was looked at last. 0: more is wanted before, 1: nothing is,
 * FALL_BACK + 1, or an error.
 */
enum {
	WAY_GOES_ON,
	WAY_DONE,
	WAY_LOST,
};

static int go_back(struct verifier *v, const struct vstate *s, u32 insn, u32 next, bool skip)
{
	u32 left = s->step_count;

	for (;;) {
		int err = skip ? 0 : back_insn(v, s, left, insn, next);

		skip = false;
		if (err < 0)
			return err;
		if (err == FALL_BACK)
			return WAY_LOST;
		if (set_is_empty(&v->prune->set))
			return WAY_DONE;
		next = insn;
		if (!step_back(s, &left, &insn))
			return WAY_GOES_ON;
		if (insn >= v->count)
			return verify_bug(v, "precision wanted before the program");
	}
}

/* Satisfies v->prune->set for the way to `start`; the set is empty afterwards. */
static int mark_back(struct verifier *v, struct vstate *start, bool *changed)
{
	struct precise_set *p = &v->prune->set;
	u32 insn = start->insn_at, first = start->first_insn, next = ~0u;
	struct vstate *s = start;
	int err = 0;

	while (!set_is_empty(p)) {
		if (is_logged(v))
			verify_say(
				v,
				"mark_precise: frame%d: last_idx %d first_idx %d subseq_idx %d \n",
				(int)p->frame, (int)insn, (int)first, (int)next);
		if ((s32)insn < 0)
			return mark_arguments(v, s, changed);
		err = go_back(v, s, insn, next, s == start);
		if (err < 0 || err == WAY_DONE)
			break;
		s = err == WAY_LOST ? NULL : s->parent;
		if (!s)
			break;
		err = mark_state(v, s, changed);
		if (err)
			break;
		next = first;
		insn = s->last_insn;
		first = s->first_insn;
	}
	if (err >= 0 && !set_is_empty(p))
		verify_all_precise(v, start);
	set_clear(p);
	return MIN(err, 0);
}

int verify_mark_precise(struct verifier *v, u32 regno)
{
	return verify_mark_precise_frame(v, verify_frame(v), regno);
}

int verify_mark_precise_frame(struct verifier *v, struct vframe *f, u32 regno)
{
	struct precise_set *p = &v->prune->set;
	bool changed;

	if (!verify_tracks_precision(v))
		return 0;
	if (f->regs[regno].type != REG_SCALAR)
		return verify_bug(v, "precision of what is no number");
	set_clear(p);
	p->frame = v->state->curframe;
	p->regs[f->number] = ISA_R(regno);
	return mark_back(v, v->state, &changed);
}

int verify_mark_precise_slot(struct verifier *v, u32 frame, u32 slot)
{
	struct precise_set *p = &v->prune->set;
	bool changed;

	if (!verify_tracks_precision(v))
		return 0;
	set_clear(p);
	p->frame = v->state->curframe;
	p->slots[frame] = 1ull << slot;
	return mark_back(v, v->state, &changed);
}

/* The precise ones of one frame: only what is live, when that is told; what cur has as a number. */
static void want_frame(struct precise_set *p, u32 f, const struct vframe *old,
		       const struct vframe *cur, u32 regs, u64 slots)
{
	for (u32 left = regs & 0x3ff; left; left &= left - 1) {
		const struct vreg *r = &old->regs[__builtin_ctz(left)];

		if (r->type == REG_SCALAR && r->precise)
			p->regs[f] |= left & -left;
	}
	for (u32 i = 0; i < MIN(old->slot_count, cur->slot_count); i++)
		if (slots >> i & 1 && slot_is_scalar(&old->slots[i]) && old->slots[i].reg.precise)
			p->slots[f] |= 1ull << i;
}

int verify_precision_spread(struct verifier *v, const struct vstate *old, struct vstate *cur,
			    const u64 *live, bool *changed)
{
	struct precise_set *p = &v->prune->set;
	bool ignored;

	if (!verify_tracks_precision(v))
		return 0;
	set_clear(p);
	p->frame = cur->curframe;
	for (u32 f = old->curframe + 1; f-- > 0;) {
		u32 regs = live ? v->insns[state_insn(old, f)].live_before : ~0u;

		want_frame(p, f, old->frames[f], cur->frames[f], regs, live ? live[f] : ~0ull);
		if (is_logged(v) && (p->regs[f] || p->slots[f]))
			say_spread(v, f, p);
	}
	return mark_back(v, cur, changed ?: &ignored);
}
