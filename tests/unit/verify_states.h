/* SPDX-License-Identifier: BSD-2-Clause */
/* A verifier in the middle of a walk, made by hand: for tests of its parts. */
#ifndef TESTS_VERIFY_STATES_H
#define TESTS_VERIFY_STATES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "isa/asm.h"
#include "isa/decode.h"
#include "verify/prune.h"
#include "verify/verifier.h"

struct walk {
	struct verify_input in;
	struct verifier v;
	struct isa_op *ops;
	void *raw;
	struct text log;
};

/* A program; its subprograms start where `subs` says (0 first, ended by 0). */
static inline struct walk *walk_new(const char *text, const u32 *subs)
{
	struct walk *w = calloc(1, sizeof(*w));
	struct verifier *v = &w->v;
	u32 count, n = 0;

	assert_int_equal(isa_assemble(text, strlen(text), &w->ops, &count, NULL), 0);
	w->raw = calloc(count, 8);
	assert_int_equal(isa_encode(w->ops, count, w->raw), 0);
	/* As the load pipeline has them. */
	for (u32 i = 0; i < count; i++)
		if (w->ops[i].op == ISA_OP_CALL_SUB)
			w->ops[i].imm += i + 1;
	text_init_grow(&w->log);
	w->in = (struct verify_input){.ops = w->ops,
				      .raw = w->raw,
				      .count = count,
				      .log = &w->log,
				      .prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT};
	v->in = &w->in;
	v->type = core_prog_ops(w->in.prog_type);
	v->ops = w->ops;
	v->count = count;
	v->bpf = v->uninit_stack = v->ptr_leaks = true;
	v->next_id = 100;
	v->insns = arena_alloc(&v->arena, count * sizeof(*v->insns));
	v->subs = arena_alloc(&v->arena, 8 * sizeof(*v->subs));
	do {
		v->subs[n].start = subs ? subs[n] : 0;
		if (n)
			v->subs[n - 1].end = v->subs[n].start;
		n++;
	} while (subs && subs[n]);
	v->subs[n - 1].end = count;
	v->sub_count = n;
	v->scc_count = 8;
	return w;
}

static inline void walk_start(struct walk *w)
{
	struct verifier *v = &w->v;

	assert_int_equal(verify_prune_init(v), 0);
	assert_int_equal(verify_state_new(v, &v->state), 0);
	v->state->branches = 1;
	assert_int_equal(verify_frame_new(v, ~0u, 0, 0, &v->state->frames[0]), 0);
	v->state->last_insn = v->prev_insn = ~0u;
}

/* The walk is at `insn`, come from `from`. */
static inline void walk_at(struct walk *w, u32 from, u32 insn)
{
	w->v.prev_insn = from;
	w->v.insn = insn;
	w->v.processed++;
	verify_insn_begin(&w->v);
}

static inline void walk_enter(struct walk *w, u32 callsite, u32 sub)
{
	struct vstate *s = w->v.state;

	s->curframe++;
	assert_int_equal(
		verify_frame_new(&w->v, callsite, s->curframe, sub, &s->frames[s->curframe]), 0);
}

static inline void walk_leave(struct walk *w)
{
	struct vstate *s = w->v.state;

	verify_frame_free(&w->v, s->frames[s->curframe]);
	s->frames[s->curframe--] = NULL;
}

static inline struct vstate *walk_copy(struct walk *w, const struct vstate *of)
{
	struct vstate *s;

	assert_int_equal(verify_state_new(&w->v, &s), 0);
	assert_int_equal(verify_state_copy(&w->v, s, of), 0);
	return s;
}

static inline void walk_free(struct walk *w)
{
	verify_prune_fini(&w->v);
	arena_fini(&w->v.arena);
	text_fini(&w->log);
	free(w->raw);
	base_free(w->ops);
	free(w);
}

#endif
