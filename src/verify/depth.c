// SPDX-License-Identifier: BSD-2-Clause
/*
 * Stack over chains of calls.
 *
 * The frames of a chain hold 512 bytes together and are at most 8. A function
 * whose address is taken counts as called there, but for asynchronous
 * callbacks: they start chains of their own. Where the engine gives functions
 * stacks of their own (programs that fire from events), each large one has 512
 * bytes and only small ones share. A function that makes tail calls may stand
 * on at most 256 bytes: 33 of them may follow one another.
 *
 * Chains are as many as calls multiply to, so what has been found well is
 * remembered: below a function entered at some depth and frame nothing is wrong
 * that is not wrong at a greater depth and frame. Functions that asynchronous
 * callbacks reach share, in the main program's chains too; so theirs come first.
 */
#include <string.h>
#include "verify/verifier.h"

#define OWN_STACK_FROM 64  /* bytes from which a stack of its own pays */
#define TAIL_CALL_MOST 256 /* bytes that callers of a tail-calling function may use */
#define DEPTH_STEP     16
#define LOOP_ROOM      24 /* registers of a loop that was a call */

enum edge_kind {
	EDGE_CALL,
	EDGE_ADDRESS,
	EDGE_THROW,
};

struct call_edge {
	u32 insn, to;
	u8 kind; /* enum edge_kind */
};

struct chain_sub {
	struct call_edge *edges; /* each callee once per kind */
	u32 edge_count, edge_cap;
	bool shares; /* never a stack of its own */
	bool own;    /* has one */
	/* Depth + 1 up to which it was entered well, at each frame; [1]: below a callback. */
	u16 well[2][VERIFY_MAX_FRAMES];
};

struct chains {
	struct verifier *v;
	struct chain_sub *subs;
	bool own_stacks; /* for this root */
	u32 path[VERIFY_MAX_FRAMES];
};

static u32 rounded(const struct verifier *v, u32 s)
{
	return ROUND_UP(verify_sub_depth(v, s), DEPTH_STEP);
}

static int add_edge(struct chains *c, u32 from, struct call_edge e)
{
	struct chain_sub *sub = &c->subs[from];

	for (u32 i = 0; i < sub->edge_count; i++)
		if (sub->edges[i].to == e.to && sub->edges[i].kind == e.kind)
			return 0;
	if (verify_block_grow(c->v, (void **)&sub->edges, &sub->edge_cap, sub->edge_count + 1,
			      sizeof(*sub->edges)))
		return -ENOMEM;
	sub->edges[sub->edge_count++] = e;
	return 0;
}

static int find_edges(struct chains *c)
{
	struct verifier *v = c->v;
	int err = 0;

	for (u32 s = 0; s < v->sub_count && !err; s++)
		for (u32 i = v->subs[s].start; i < v->subs[s].end && !err; i++) {
			const struct isa_op *op = &v->ops[i];
			s64 to;

			if (verify_callee(op, &to))
				err = add_edge(c, s,
					       (struct call_edge){i, verify_sub_at(v, (u32)to),
								  op->op == ISA_OP_CALL_SUB
									  ? EDGE_CALL
									  : EDGE_ADDRESS});
			else if (verify_is_throw(v, op))
				err = add_edge(c, s, (struct call_edge){i, s, EDGE_THROW});
		}
	return err;
}

static bool known_well(const struct chain_sub *sub, bool below_callback, u32 depth, u32 frame)
{
	for (u32 f = frame; f < VERIFY_MAX_FRAMES; f++)
		if (sub->well[below_callback][f] > depth)
			return true;
	return false;
}

/* A function's own frame; *depth: of the chain with it. */
static int check_frame(struct chains *c, u32 s, u32 frame, u32 *depth)
{
	struct verifier *v = c->v;
	struct chain_sub *sub = &c->subs[s];
	u32 own = rounded(v, s);

	if (s && v->subs[s].has_tail_call && *depth >= TAIL_CALL_MOST)
		return verify_fail(v, MSG_STACK_TAIL_CALL, (int)*depth);
	if (!c->own_stacks)
		sub->shares = true;
	else if (!sub->shares && own >= OWN_STACK_FROM)
		sub->own = true;
	if (sub->own && !sub->shares) {
		if (own > ISA_STACK_SIZE)
			return verify_fail(v, MSG_STACK_SUB, (int)s, (int)own);
		return 0;
	}
	*depth += own;
	if (*depth > ISA_STACK_SIZE)
		return verify_fail(v, MSG_STACK_CHAIN, (int)frame + 1, (int)*depth);
	return 0;
}

static void note_deepest(struct chains *c, u32 s, u32 frame)
{
	u32 sum = rounded(c->v, s);

	for (u32 i = 0; i < frame; i++)
		sum += rounded(c->v, c->path[i]);
	c->v->deepest = MAX(c->v->deepest, sum);
}

static int check_tail_calls(struct chains *c, u32 frame)
{
	for (u32 i = 0; i < frame; i++)
		if (c->v->subs[c->path[i]].exception_callback)
			return verify_fail(c->v, MSG_EXCEPTION_TAIL_CALL);
	return 0;
}

static int follow(struct chains *c, u32 s, u32 frame, u32 depth, bool below_callback);

static int follow_edge(struct chains *c, u32 s, const struct call_edge *e, u32 frame, u32 depth,
		       bool below_callback)
{
	struct verifier *v = c->v;
	const struct vsub *to = &v->subs[e->to];

	if (e->kind == EDGE_THROW) {
		if (!below_callback)
			return 0;
		return verify_fail(v, MSG_THROW_IN_CALLBACK, (int)e->insn, (int)s);
	}
	if (to->async_callback && e->kind == EDGE_ADDRESS)
		return 0;
	if (to->exception_callback && e->kind == EDGE_CALL)
		return verify_fail(v, MSG_EXCEPTION_CALLED, (int)e->insn);
	if (frame + 1 >= VERIFY_MAX_FRAMES)
		return verify_fail(v, MSG_FRAMES_STATIC, (int)frame + 1);
	c->path[frame] = s;
	return follow(c, e->to, frame + 1, depth, below_callback);
}

static int follow(struct chains *c, u32 s, u32 frame, u32 depth, bool below_callback)
{
	struct chain_sub *sub = &c->subs[s];
	u32 at = depth;
	int err;

	below_callback |= c->v->subs[s].callback;
	if (known_well(sub, below_callback, depth, frame))
		return 0;
	note_deepest(c, s, frame);
	err = check_frame(c, s, frame, &depth);
	if (!err && c->v->subs[s].has_tail_call)
		err = check_tail_calls(c, frame);
	for (u32 i = 0; i < sub->edge_count && !err; i++)
		err = follow_edge(c, s, &sub->edges[i], frame, depth, below_callback);
	if (!err)
		sub->well[below_callback][frame] = MAX(sub->well[below_callback][frame], at + 1);
	return err;
}

/* Does the engine give functions of this program stacks of their own? */
static bool has_own_stacks(const struct verifier *v)
{
	if (!v->type->private_stack || !verify_has(v, KERNEL_PRIVATE_STACK) ||
	    (v->in->prog_type == BPF_PROG_TYPE_TRACING && v->in->attach_type == BPF_TRACE_ITER))
		return false;
	for (u32 s = 0; s < v->sub_count; s++)
		if (v->subs[s].has_tail_call)
			return false;
	return true;
}

int verify_stack_depth(struct verifier *v)
{
	struct chains c = {.v = v};
	bool own = has_own_stacks(v);
	int err;

	c.subs = arena_alloc(&v->arena, v->sub_count * sizeof(*c.subs));
	if (!c.subs)
		return -ENOMEM;
	err = find_edges(&c);
	for (u32 s = v->sub_count; s-- > 0 && !err;) {
		if (s && !v->subs[s].async_callback)
			continue;
		v->insn = v->subs[s].start;
		c.own_stacks = own && !s;
		for (u32 i = 0; i < v->sub_count; i++)
			memset(c.subs[i].well, 0, sizeof(c.subs[i].well));
		err = follow(&c, s, 0, 0, false);
	}
	for (u32 s = 0; s < v->sub_count && !err; s++)
		v->subs[s].private_stack = c.subs[s].own && !c.subs[s].shares;
	return err;
}

/*
 * What is shown of a function: with the room that engines add for calls of bpf_loop that they
 * make loops of, and for counting what may_goto ends.
 */
u32 verify_sub_depth_shown(const struct verifier *v, u32 s)
{
	u32 depth = verify_sub_depth(v, s), loops = 0, ends = 0;

	for (u32 i = v->subs[s].start; i < v->subs[s].end; i++) {
		const struct isa_op *op = &v->ops[i];

		if (!v->insns[i].seen)
			continue;
		if (op->op == ISA_OP_CALL_HELPER && op->imm == BPF_FUNC_loop &&
		    v->insns[i].loop == LOOP_ONE && verify_has(v, KERNEL_INLINE_LOOP))
			loops = LOOP_ROOM;
		if (op->op == ISA_OP_MAY_GOTO && op->off)
			ends = verify_has(v, KERNEL_TIMED_MAY_GOTO) ? 16 : 8;
	}
	return (loops ? ROUND_UP(depth, 8) : depth) + loops + ends;
}
