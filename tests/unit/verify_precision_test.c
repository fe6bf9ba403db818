// SPDX-License-Identifier: BSD-2-Clause
/* Marking backwards: which registers and slots of kept states become precise. */
#include "verify_states.h"

/* Keeps the state at `insn`, whatever the odds, with all of r0-r9 numbers. */
static struct vstate *keep_at(struct walk *w, u32 from, u32 insn)
{
	struct vframe *f;

	walk_at(w, from, insn);
	f = verify_frame(&w->v);
	for (u32 i = 0; i < 10; i++)
		f->regs[i] = vreg_unknown();
	w->v.test_freq = true;
	assert_int_equal(verify_visited(&w->v, insn), 0);
	w->v.test_freq = false;
	return w->v.state->parent;
}

/*
 * A kept state at instruction 0 in whose parent all is precise, as if what the
 * program starts with came from somewhere: the last instruction, which is none.
 */
static struct vstate *keep_first(struct walk *w)
{
	u32 nop = w->v.count - 1;
	struct vframe *f;

	keep_at(w, ~0u, nop);
	f = w->v.state->parent->frames[0];
	for (u32 i = 0; i < 10; i++)
		f->regs[i].precise = true;
	for (u32 i = 0; i < f->slot_count; i++)
		f->slots[i].reg.precise = true;
	return keep_at(w, nop, 0);
}

static u32 precise(const struct vstate *s, u32 frame)
{
	u32 regs = 0;

	for (u32 i = 0; i < 10; i++)
		regs |= (u32)s->frames[frame]->regs[i].precise << i;
	return regs;
}

static void straight(struct walk *w, u32 from, u32 to)
{
	for (u32 i = from; i <= to; i++)
		walk_at(w, i - 1, i);
}

static void assignments(void **unused)
{
	struct walk *w = walk_new("r1 = r2\n"
				  "r1 += r3\n"
				  "r4 = 7\n"
				  "r1 <<= 2\n"
				  "r5 = r4\n"
				  "exit\nr0 = r0\n",
				  NULL);
	struct vstate *s;

	walk_start(w);
	s = keep_first(w);
	straight(w, 1, 5);
	assert_int_equal(verify_mark_precise(&w->v, 5), 0);
	assert_int_equal(precise(s, 0), 0); /* a constant */
	assert_int_equal(verify_mark_precise(&w->v, 1), 0);
	assert_int_equal(precise(s, 0), ISA_R(2) | ISA_R(3));
	walk_free(w);
}

/* The instruction that asks is not undone: r1 is wanted as it was before. */
static void current_instruction(void **unused)
{
	struct walk *w = walk_new("r1 = 1\nr1 = r2\nexit\nr0 = r0\n", NULL);
	struct vstate *s;

	walk_start(w);
	s = keep_first(w);
	straight(w, 1, 1);
	assert_int_equal(verify_mark_precise(&w->v, 2), 0);
	assert_int_equal(precise(s, 0), ISA_R(2));
	walk_free(w);
}

static void unprivileged(void **unused)
{
	struct walk *w = walk_new("r1 = r2\nexit\nr0 = r0\n", NULL);
	struct vstate *s;

	walk_start(w);
	s = keep_first(w);
	straight(w, 1, 1);
	w->v.bpf = false;
	assert_int_equal(verify_mark_precise(&w->v, 1), 0);
	assert_int_equal(precise(s, 0), 0); /* there all numbers are precise from the start */
	walk_free(w);
}

static void jumps(void **unused)
{
	struct walk *w = walk_new("if r6 > 3 goto l\n"
				  "r1 = r7\n"
				  "goto m\n"
				  "l:\n"
				  "r1 = r8\n"
				  "m:\n"
				  "if r1 > r9 goto l\n"
				  "exit\nr0 = r0\n",
				  NULL);
	struct vstate *s;

	walk_start(w);
	s = keep_first(w);
	walk_at(w, 0, 3);
	assert_int_equal(verify_step_push(&w->v, 0, 0), 0);
	walk_at(w, 3, 4);
	walk_at(w, 4, 5);
	assert_int_equal(verify_mark_precise(&w->v, 1), 0);
	/* By the jump, not past r1 = r7; a compare of two wants both. */
	assert_int_equal(precise(s, 0), ISA_R(8) | ISA_R(9));
	walk_free(w);
}

static void stack_pointer_compared(void **unused)
{
	struct walk *w = walk_new("r1 = r1\nif r1 > r9 goto +0\nr2 = r1\nexit\nr0 = r0\n", NULL);
	struct vstate *s;

	walk_start(w);
	s = keep_first(w);
	walk_at(w, 0, 1);
	assert_int_equal(verify_step_push(&w->v, VSTEP_SRC_STACK, 0), 0);
	straight(w, 2, 3);
	assert_int_equal(verify_mark_precise(&w->v, 2), 0);
	assert_int_equal(precise(s, 0), ISA_R(1));
	walk_free(w);
}

static void linked(void **unused)
{
	struct walk *w = walk_new("r1 = r1\nif r1 > 9 goto +0\nr2 = r3\nexit\nr0 = r0\n", NULL);
	u64 links = 3ull << 60 | (3 << 4 | 1) | (6 << 4 | 1) << 10 | (1ull << 4) << 20;
	struct vstate *s;

	walk_start(w);
	assert_int_equal(verify_frame_grow(&w->v, w->v.state->frames[0], 16), 0);
	memset(w->v.state->frames[0]->slots[1].type, SLOT_SPILL, 8);
	w->v.state->frames[0]->slots[1].reg = vreg_unknown();
	s = keep_first(w);
	walk_at(w, 0, 1);
	assert_int_equal(verify_step_push(&w->v, 0, links), 0);
	straight(w, 2, 3);
	assert_int_equal(verify_mark_precise(&w->v, 2), 0);
	assert_int_equal(precise(s, 0), ISA_R(3) | ISA_R(6));
	assert_true(s->frames[0]->slots[1].reg.precise);
	walk_free(w);
}

/* One that was linked is wanted: then so is what its twin was compared with. */
static void linked_compare(void **unused)
{
	struct walk *w = walk_new("r1 = r1\nif r1 > r2 goto +0\nr3 = r6\nexit\nr0 = r0\n", NULL);
	struct vstate *s;

	walk_start(w);
	s = keep_first(w);
	walk_at(w, 0, 1);
	assert_int_equal(verify_step_push(&w->v, 0, 2ull << 60 | (1 << 4 | 1) | (6 << 4 | 1) << 10),
			 0);
	straight(w, 2, 3);
	assert_int_equal(verify_mark_precise(&w->v, 3), 0);
	assert_int_equal(precise(s, 0), ISA_R(1) | ISA_R(2) | ISA_R(6));
	walk_free(w);
}

static void through_the_stack(void **unused)
{
	struct walk *w = walk_new("*(u64 *)(r10 - 8) = r6\n"
				  "r6 = 0\n"
				  "r1 = *(u64 *)(r10 - 8)\n"
				  "r2 = *(u64 *)(r10 - 16)\n"
				  "r3 = *(u64 *)(r7 + 0)\n"
				  "exit\nr0 = r0\n",
				  NULL);
	struct vstate *s;

	walk_start(w);
	assert_int_equal(verify_frame_grow(&w->v, w->v.state->frames[0], 16), 0);
	for (u32 i = 0; i < 2; i++) {
		memset(w->v.state->frames[0]->slots[i].type, SLOT_SPILL, 8);
		w->v.state->frames[0]->slots[i].reg = vreg_unknown();
	}
	s = keep_first(w);
	assert_int_equal(verify_step_push(&w->v, verify_step_stack(0, 0), 0), 0);
	walk_at(w, 0, 1);
	walk_at(w, 1, 2);
	assert_int_equal(verify_step_push(&w->v, verify_step_stack(0, 0), 0), 0);
	walk_at(w, 2, 3);
	assert_int_equal(verify_step_push(&w->v, verify_step_stack(0, 1), 0), 0);
	walk_at(w, 3, 4);
	walk_at(w, 4, 5);
	assert_int_equal(verify_mark_precise(&w->v, 3), 0);
	assert_int_equal(precise(s, 0), 0); /* from elsewhere: nothing was known */
	assert_int_equal(verify_mark_precise(&w->v, 2), 0);
	assert_int_equal(precise(s, 0), 0);
	assert_true(s->frames[0]->slots[1].reg.precise);
	assert_int_equal(verify_mark_precise(&w->v, 1), 0);
	assert_int_equal(precise(s, 0), ISA_R(6));
	assert_false(s->frames[0]->slots[0].reg.precise);
	walk_free(w);
}

/* An address that is a number: pointers were subtracted. Everything, then, of all states before. */
static void fall_back(void **unused)
{
	struct walk *w = walk_new("*(u64 *)(r1 + 0) = r6\nexit\nr0 = r0\n", NULL);
	struct vstate *s;

	walk_start(w);
	s = keep_first(w);
	s->frames[0]->regs[4] = vreg_pointer(REG_CTX);
	walk_at(w, 0, 1);
	assert_int_equal(verify_mark_precise(&w->v, 1), 0);
	assert_int_equal(precise(s, 0), 0x3ff & ~ISA_R(4));
	walk_free(w);
}

static void several_states(void **unused)
{
	struct walk *w = walk_new("r1 = r2\nr2 = r3\nr4 = r2\nr4 += r1\nexit\nr0 = r0\n", NULL);
	struct vstate *a, *b, *c;

	walk_start(w);
	a = keep_first(w);
	b = keep_at(w, 0, 1);
	c = keep_at(w, 1, 2);
	straight(w, 3, 4);
	assert_int_equal(verify_mark_precise(&w->v, 4), 0);
	assert_int_equal(precise(c, 0), ISA_R(1) | ISA_R(2));
	assert_int_equal(precise(b, 0), ISA_R(1) | ISA_R(3));
	assert_int_equal(precise(a, 0), ISA_R(2) | ISA_R(3));
	walk_free(w);
}

/* What is precise already was followed when it became so. */
static void stops_where_known(void **unused)
{
	struct walk *w = walk_new("r1 = r2\nr4 = r1\nexit\nr0 = r0\n", NULL);
	struct vstate *a, *b;

	walk_start(w);
	a = keep_first(w);
	b = keep_at(w, 0, 1);
	b->frames[0]->regs[1].precise = true;
	walk_at(w, 1, 2);
	assert_int_equal(verify_mark_precise(&w->v, 4), 0);
	assert_int_equal(precise(a, 0), 0);
	walk_free(w);
}

#define CALLS       \
	"r1 = r6\n" \
	"r2 = r7\n" \
	"call f\n"  \
	"r8 = r0\n" \
	"exit\n"    \
	"f:\n"      \
	"r0 = r1\n" \
	"r6 = r2\n" \
	"exit\nr0 = r0\n"

static void calls(void **unused)
{
	static const u32 subs[] = {0, 5, 0};
	struct walk *w = walk_new(CALLS, subs);
	struct vstate *s;

	walk_start(w);
	s = keep_first(w);
	straight(w, 1, 2);
	walk_enter(w, 2, 1);
	walk_at(w, 2, 5);
	assert_int_equal(verify_step_push(&w->v, 0, 0), 0);
	verify_frame(&w->v)->regs[2] = vreg_unknown();
	assert_int_equal(verify_mark_precise(&w->v, 2), 0);
	assert_int_equal(precise(s, 0), ISA_R(7));
	straight(w, 6, 7);
	walk_leave(w);
	walk_at(w, 7, 3);
	assert_int_equal(verify_step_push(&w->v, 0, 0), 0);
	walk_at(w, 3, 4);
	assert_int_equal(verify_mark_precise(&w->v, 8), 0);
	assert_int_equal(precise(s, 0), ISA_R(7) | ISA_R(6));
	walk_free(w);
}

/* A function that is verified on its own: its result is whatever it is. */
static void global_calls(void **unused)
{
	static const u32 subs[] = {0, 5, 0};
	struct walk *w = walk_new(CALLS, subs);
	struct vstate *s;

	walk_start(w);
	w->v.subs[1].global = true;
	s = keep_first(w);
	straight(w, 1, 2);
	walk_at(w, 2, 3);
	assert_int_equal(verify_step_push(&w->v, 0, 0), 0);
	walk_at(w, 3, 4);
	assert_int_equal(verify_mark_precise(&w->v, 8), 0);
	assert_int_equal(precise(s, 0), 0);
	walk_free(w);
}

/* A callback's result does not become the caller's r0, nor the caller's r1-r5 its arguments. */
static void callbacks(void **unused)
{
	static const u32 subs[] = {0, 4, 0};
	struct walk *w = walk_new("r6 = r7\n"
				  "call 181\n"
				  "r8 = r6\n"
				  "exit\n"
				  "r9 = r1\n"
				  "r0 = r9\n"
				  "exit\nr0 = r0\n",
				  subs);
	struct vstate *s;

	walk_start(w);
	w->v.insns[1].calls_callback = true;
	s = keep_first(w);
	walk_at(w, 0, 1);
	assert_int_equal(verify_step_push(&w->v, 0, 0), 0);
	walk_enter(w, 1, 1);
	walk_at(w, 1, 4);
	assert_int_equal(verify_step_push(&w->v, 0, 0), 0);
	walk_at(w, 4, 5);
	verify_frame(&w->v)->regs[9] = vreg_unknown();
	assert_int_equal(verify_mark_precise(&w->v, 9), 0);
	assert_int_equal(precise(s, 0), 0);
	walk_at(w, 5, 6);
	walk_leave(w);
	walk_at(w, 6, 1);
	assert_int_equal(verify_step_push(&w->v, 0, 0), 0);
	walk_at(w, 1, 2);
	assert_int_equal(verify_step_push(&w->v, 0, 0), 0);
	walk_at(w, 2, 3);
	assert_int_equal(verify_mark_precise(&w->v, 8), 0);
	assert_int_equal(precise(s, 0), ISA_R(7));
	walk_free(w);
}

static void spread(void **unused)
{
	struct walk *w = walk_new("r1 = r2\nr2 = r3\nr0 = 0\nexit\nr0 = r0\n", NULL);
	struct vstate *a, *old;
	bool changed = false;

	walk_start(w);
	a = keep_first(w);
	straight(w, 1, 3);
	old = walk_copy(w, w->v.state);
	old->frames[0]->regs[1].precise = true;
	assert_int_equal(verify_precision_spread(&w->v, old, w->v.state, NULL, &changed), 0);
	assert_true(changed);
	assert_int_equal(precise(a, 0), ISA_R(2));
	changed = false;
	assert_int_equal(verify_precision_spread(&w->v, old, w->v.state, NULL, &changed), 0);
	assert_false(changed);
	walk_free(w);
}

static void words(void **unused)
{
	struct walk *w = walk_new("r1 = r2\nr3 = r1\nexit\nr0 = r0\n", NULL);

	walk_start(w);
	keep_first(w);
	straight(w, 1, 2);
	w->in.log_level = 2;
	assert_int_equal(verify_mark_precise(&w->v, 3), 0);
	assert_non_null(strstr(w->log.buf,
			       "mark_precise: frame0: last_idx 2 first_idx 0 subseq_idx -1 \n"
			       "mark_precise: frame0: regs=r3 stack= before 1: (bf) r3 = r1\n"
			       "mark_precise: frame0: regs=r1 stack= before 0: (bf) r1 = r2\n"
			       "mark_precise: frame0: parent state regs=r2 stack=: "));
	walk_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(assignments),
		cmocka_unit_test(current_instruction),
		cmocka_unit_test(unprivileged),
		cmocka_unit_test(jumps),
		cmocka_unit_test(linked),
		cmocka_unit_test(linked_compare),
		cmocka_unit_test(stack_pointer_compared),
		cmocka_unit_test(through_the_stack),
		cmocka_unit_test(fall_back),
		cmocka_unit_test(several_states),
		cmocka_unit_test(stops_where_known),
		cmocka_unit_test(calls),
		cmocka_unit_test(global_calls),
		cmocka_unit_test(callbacks),
		cmocka_unit_test(spread),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
