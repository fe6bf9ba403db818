// SPDX-License-Identifier: BSD-2-Clause
/* Which registers and stack slots may still be read, and what pruning makes of it. */
#include "verify_states.h"

static u32 live(struct walk *w, u32 insn)
{
	return w->v.insns[insn].live_before;
}

static void registers(void **unused)
{
	struct walk *w = walk_new("r6 = r1\n"
				  "l:\n"
				  "r7 += r2\n"
				  "if r7 > 9 goto l\n"
				  "r0 = r6\n"
				  "r6 = 0\n"
				  "exit\n",
				  NULL);

	walk_start(w);
	assert_int_equal(live(w, 0), ISA_R(1) | ISA_R(2) | ISA_R(7));
	assert_int_equal(live(w, 1), ISA_R(2) | ISA_R(6) | ISA_R(7));
	assert_int_equal(live(w, 2), ISA_R(2) | ISA_R(6) | ISA_R(7));
	assert_int_equal(live(w, 3), ISA_R(6));
	assert_int_equal(live(w, 4), ISA_R(0));
	assert_int_equal(live(w, 5), ISA_R(0));
	walk_free(w);
}

static void helper_arguments(void **unused)
{
	struct walk *w;

	core_helpers_init();
	w = walk_new("call 5\ncall 1\ncall 9999\nr1 = 0 ll\nexit\n", NULL);

	walk_start(w);
	/* ktime_get_ns takes none and clobbers r1-r5; nothing is known of the third. */
	assert_int_equal(live(w, 0), 0);
	assert_int_equal(live(w, 1), ISA_R(1) | ISA_R(2));
	assert_int_equal(live(w, 2), ISA_R(1) | ISA_R(2) | ISA_R(3) | ISA_R(4) | ISA_R(5));
	assert_int_equal(live(w, 3), ISA_R(0));
	walk_free(w);
}

/* Executes `insn`, which reads and writes slots of a frame. */
static void visit(struct walk *w, u32 insn, u32 frame, u64 reads, u64 writes)
{
	walk_at(w, w->v.insn, insn);
	if (reads)
		verify_slots_read(&w->v, frame, reads);
	if (writes)
		verify_slots_written(&w->v, frame, writes);
	assert_int_equal(verify_insn_end(&w->v), 0);
}

static u64 slots_at(struct walk *w, u32 insn, u32 frame)
{
	w->v.state->insn_at = insn;
	return verify_slots_live(&w->v, w->v.state, frame);
}

#define LOADS_AND_STORES            \
	"*(u64 *)(r10 - 8) = r1\n"  \
	"r0 = *(u64 *)(r10 - 8)\n"  \
	"l:\n"                      \
	"if r0 > 3 goto m\n"        \
	"*(u64 *)(r10 - 16) = r1\n" \
	"goto l\n"                  \
	"m:\n"                      \
	"r0 = *(u64 *)(r10 - 16)\n" \
	"exit\n"

static void slots(void **unused)
{
	struct walk *w = walk_new(LOADS_AND_STORES, NULL);

	walk_start(w);
	visit(w, 0, 0, 0, 1);
	visit(w, 1, 0, 1, 0);
	visit(w, 2, 0, 0, 0);
	visit(w, 3, 0, 0, 2);
	visit(w, 4, 0, 0, 0);
	visit(w, 5, 0, 2, 0);
	assert_int_equal(slots_at(w, 0, 0), 2);
	assert_int_equal(slots_at(w, 1, 0), 3);
	assert_int_equal(slots_at(w, 2, 0), 2);
	assert_int_equal(slots_at(w, 3, 0), 0); /* stored there before the load */
	assert_int_equal(slots_at(w, 4, 0), 2);
	assert_int_equal(slots_at(w, 5, 0), 2);
	assert_int_equal(slots_at(w, 6, 0), 0);
	/* A visit on which instruction 3 stores elsewhere. */
	visit(w, 3, 0, 0, 4);
	assert_int_equal(slots_at(w, 3, 0), 2);
	/* A visit on which 5 reads another slot. */
	visit(w, 5, 0, 8, 0);
	assert_int_equal(slots_at(w, 0, 0), 10);
	walk_free(w);
}

#define TWO_CALLS                   \
	"*(u64 *)(r10 - 8) = r1\n"  \
	"call f\n"                  \
	"r0 = *(u64 *)(r10 - 16)\n" \
	"call f\n"                  \
	"exit\n"                    \
	"f:\n"                      \
	"r0 = *(u64 *)(r1 + 0)\n"   \
	"*(u64 *)(r2 + 0) = r1\n"   \
	"exit\n"

/* A callee reads one of its caller's slots and stores to another, by the first call only. */
static void calls(void **unused)
{
	static const u32 subs[] = {0, 5, 0};
	struct walk *w = walk_new(TWO_CALLS, subs);

	walk_start(w);
	visit(w, 0, 0, 0, 1);
	visit(w, 1, 0, 0, 0);
	walk_enter(w, 1, 1);
	visit(w, 5, 0, 4, 0);
	visit(w, 6, 0, 0, 2);
	visit(w, 7, 0, 0, 0);
	walk_leave(w);
	visit(w, 2, 0, 2, 0);
	visit(w, 3, 0, 0, 0);
	walk_enter(w, 3, 1);
	visit(w, 5, 0, 1, 0);
	visit(w, 6, 1, 0, 2); /* its own frame */
	visit(w, 7, 0, 0, 0);
	assert_int_equal(slots_at(w, 6, 0), 0);
	assert_int_equal(slots_at(w, 5, 0), 1);
	walk_leave(w);
	assert_int_equal(slots_at(w, 4, 0), 0);
	assert_int_equal(slots_at(w, 3, 0), 1);
	assert_int_equal(slots_at(w, 2, 0), 3);
	assert_int_equal(slots_at(w, 1, 0), 5); /* the first call's store makes slot 1 dead */
	assert_int_equal(slots_at(w, 0, 0), 4);
	/* Inside of the first call what its caller reads later is live. */
	walk_enter(w, 1, 1);
	assert_int_equal(slots_at(w, 7, 0), 3);
	assert_int_equal(slots_at(w, 6, 0), 1);
	assert_int_equal(slots_at(w, 5, 0), 5);
	assert_int_equal(slots_at(w, 5, 1), 0);
	walk_free(w);
}

/* A callee that leaves the frame alone. */
static void calls_without_interest(void **unused)
{
	static const u32 subs[] = {0, 5, 0};
	struct walk *w = walk_new(TWO_CALLS, subs);

	walk_start(w);
	visit(w, 1, 0, 0, 0);
	walk_enter(w, 1, 1);
	visit(w, 5, 1, 1, 0);
	visit(w, 7, 0, 0, 0);
	walk_leave(w);
	visit(w, 2, 0, 2, 0);
	assert_int_equal(slots_at(w, 1, 0), 2);
	walk_enter(w, 1, 1);
	assert_int_equal(slots_at(w, 6, 0), 2);
	assert_int_equal(slots_at(w, 5, 1), 1);
	assert_int_equal(slots_at(w, 6, 1), 0);
	walk_free(w);
}

/* What a callback reads may be read again after it has returned. */
static void callbacks(void **unused)
{
	static const u32 subs[] = {0, 3, 0};
	struct walk *w = walk_new("call 181\n"
				  "r0 = *(u64 *)(r10 - 8)\n"
				  "exit\n"
				  "r0 = *(u64 *)(r2 + 0)\n"
				  "exit\n",
				  subs);

	walk_start(w);
	w->v.insns[0].calls_callback = true;
	visit(w, 0, 0, 0, 0);
	walk_enter(w, 0, 1);
	visit(w, 3, 0, 2, 0);
	visit(w, 4, 0, 0, 0);
	walk_leave(w);
	visit(w, 1, 0, 1, 0);
	assert_int_equal(slots_at(w, 1, 0), 1);
	assert_int_equal(slots_at(w, 0, 0), 3);
	walk_enter(w, 0, 1);
	assert_int_equal(slots_at(w, 4, 0), 3);
	walk_free(w);
}

/* A finished state forgets what nothing reads; then it covers one that differs there. */
static void finished_states(void **unused)
{
	struct walk *w = walk_new(LOADS_AND_STORES, NULL);
	struct verifier *v;
	struct vstate *first, *again;

	walk_start(w);
	v = &w->v;
	v->uninit_stack = false;
	assert_int_equal(verify_frame_grow(v, v->state->frames[0], 16), 0);
	for (u32 i = 0; i < 2; i++)
		memset(v->state->frames[0]->slots[i].type, SLOT_ZERO, 8);
	again = walk_copy(w, v->state);
	memset(again->frames[0]->slots[0].type, SLOT_MISC, 8);
	again->branches = 1;
	v->test_freq = true;
	walk_at(w, 1, 2);
	assert_int_equal(verify_visited(v, 2), 0);
	first = v->state->parent;
	assert_int_equal(first->branches, 1);
	visit(w, 5, 0, 2, 0);
	assert_int_equal(verify_path_done(v, v->state), 0);
	assert_int_equal(first->branches, 0);
	v->state = again;
	walk_at(w, 1, 2);
	assert_int_equal(verify_visited(v, 2), 1); /* slot 0 is not read from here on */
	memset(again->frames[0]->slots[1].type, SLOT_MISC, 8);
	assert_int_equal(verify_visited(v, 2), 0);
	walk_free(w);
}

static void endless(void **unused)
{
	struct walk *w = walk_new("l:\ngoto l\nexit\n", NULL);

	walk_start(w);
	w->in.log_level = 1;
	w->v.test_freq = true;
	walk_at(w, ~0u, 0);
	assert_int_equal(verify_visited(&w->v, 0), 0);
	walk_at(w, 0, 0);
	assert_int_equal(verify_visited(&w->v, 0), -EINVAL);
	assert_non_null(strstr(w->log.buf, "infinite loop detected at insn 0\n"));
	walk_free(w);
}

/* 8 instructions and 2 jumps apart; in loops 100 or 20. */
static void how_often(void **unused)
{
	struct walk *w = walk_new("l:\ngoto l\nexit\n", NULL);
	struct verifier *v = &w->v;

	walk_start(w);
	walk_at(w, ~0u, 0);
	assert_int_equal(verify_visited(v, 0), 0);
	assert_int_equal(v->stats.total_states, 0);
	v->processed += 8;
	assert_int_equal(verify_visited(v, 0), 0);
	assert_int_equal(v->stats.total_states, 0);
	v->jumps_processed += 2;
	assert_int_equal(verify_visited(v, 0), 0);
	assert_int_equal(v->stats.total_states, 1);
	v->state->frames[0]->regs[0] = vreg_const(1);
	v->processed += 50;
	v->jumps_processed += 10;
	assert_int_equal(verify_visited(v, 0), 0);
	assert_int_equal(v->stats.total_states, 1);
	v->jumps_processed += 10;
	assert_int_equal(verify_visited(v, 0), 0);
	assert_int_equal(v->stats.total_states, 2);
	walk_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers),
		cmocka_unit_test(helper_arguments),
		cmocka_unit_test(slots),
		cmocka_unit_test(calls),
		cmocka_unit_test(calls_without_interest),
		cmocka_unit_test(callbacks),
		cmocka_unit_test(finished_states),
		cmocka_unit_test(endless),
		cmocka_unit_test(how_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
