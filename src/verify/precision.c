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
 * wanted before the instruction looked at (backtrack.c).
 *
 * At each kept state, wanted scalars are marked; those that already were need no
 * further wish, since the path before that state was followed at that time.
 * What cannot be followed (stack accesses of unknown place, packet loads) makes
 * every scalar on the path precise.
 */
#include <string.h>
#include "verify/prune.h"

#define R1_5 (ISA_R(1) | ISA_R(2) | ISA_R(3) | ISA_R(4) | ISA_R(5))

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

	if (v->ops[insn].op == ISA_OP_HIGH)
		return 0;
	if (is_logged(v)) {
		say_set(v, "", p->frame, p, " before ");
		say_insn(v, insn);
	}
	return verify_backtrack(v, p, step, insn, next);
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
	u32 regs = p->regs[p->frame];

	if (s->curframe || !s->frames[0]->subprog || p->slots[0] || regs & ~R1_5)
		return verify_bug(v, "precision wanted before the first instruction");
	p->regs[p->frame] = 0;
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
 * BACKTRACK_LOST + 1, or an error.
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
		if (err == BACKTRACK_LOST)
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
