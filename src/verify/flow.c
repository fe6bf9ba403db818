// SPDX-License-Identifier: BSD-2-Clause
/*
 * Control flow: every instruction is reached, and where the walk should look
 * whether it has been before.
 *
 * A depth-first search from instruction 0 (and the exception callback's first)
 * along all edges: to the next instruction, to a jump's target, into a callee.
 * An edge to an instruction that the search is still below of closes a loop.
 *
 * A prune point is where states are compared: branches, their targets, what
 * follows a call, a callee's caller. A jump point is where the way here is
 * written down for precision: what is reached by other ways than from the
 * instruction before. A checkpoint is where a state is kept whatever the odds:
 * what makes loops without a counter converge.
 *
 * Then the strongly connected components of each function's graph (Tarjan's
 * algorithm, its stack in memory instead of in calls): instructions in one lie
 * on a common loop.
 */
#include <string.h>
#include "core/kfunc.h"
#include "verify/verifier.h"

enum visit {
	UNSEEN,
	ON_PATH,
	DONE,
};

struct search {
	struct verifier *v;
	u8 *state; /* enum visit, and in the upper half the edges followed */
	u32 *path;
	u32 depth;
};

#define EDGE_SHIFT 4

struct edges {
	s64 to[2];
	u32 count;
};

static void mark_prune(struct verifier *v, s64 insn)
{
	if (insn >= 0 && insn < v->count)
		v->insns[insn].prune_point = true;
}

static void mark_jump(struct verifier *v, s64 insn)
{
	if (insn >= 0 && insn < v->count)
		v->insns[insn].jump_point = true;
}

static bool named(const struct verify_kfunc *k, const char *name)
{
	return k && k->name && !strcmp(k->name, name);
}

static bool is_async_kfunc(const struct verify_kfunc *k)
{
	static const char *const names[] = {
		"bpf_wq_set_callback_impl",           "bpf_task_work_schedule_signal_impl",
		"bpf_task_work_schedule_resume_impl", "bpf_task_work_schedule_signal",
		"bpf_task_work_schedule_resume",
	};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (named(k, names[i]))
			return true;
	return false;
}

static void mark_calls_back(struct verifier *v, u32 i)
{
	struct vinsn *insn = &v->insns[i];

	insn->calls_callback = insn->force_checkpoint = true;
	insn->prune_point = insn->jump_point = true;
}

static void mark_helper(struct verifier *v, u32 i, struct vsub *sub)
{
	s64 id = v->ops[i].imm;
	const struct helper_proto *proto =
		id > 0 && id <= UINT32_MAX ? core_helper_for(id, v->in->prog_type) : NULL;

	switch (id) {
	case BPF_FUNC_timer_set_callback: mark_prune(v, i); break;
	case BPF_FUNC_for_each_map_elem:
	case BPF_FUNC_find_vma:
	case BPF_FUNC_loop:
	case BPF_FUNC_user_ringbuf_drain: mark_calls_back(v, i); break;
	case BPF_FUNC_tail_call:
		if (verify_has(v, KERNEL_TAIL_CALL_PACKET))
			sub->changes_packet = true;
		break;
	}
	if (!proto)
		return;
	if (proto->flags & HELPER_SLEEPABLE)
		sub->might_sleep = true;
	if (proto->flags & HELPER_CHANGES_PACKET)
		sub->changes_packet = true;
}

static void mark_kfunc(struct verifier *v, u32 i, struct vsub *sub)
{
	const struct verify_kfunc *k = verify_kfunc_of(v, &v->ops[i]);

	if (is_async_kfunc(k))
		mark_prune(v, i);
	if (named(k, "bpf_rbtree_add_impl"))
		mark_calls_back(v, i);
	if (named(k, "bpf_xdp_pull_data"))
		sub->changes_packet = true;
	if (!k || !k->proto)
		return;
	if (k->proto->flags & KF_ITER_NEXT) {
		mark_prune(v, i);
		v->insns[i].force_checkpoint = true;
	}
	if (k->proto->flags & KF_SLEEPABLE)
		sub->might_sleep = true;
}

/* What a first visit makes of an instruction. */
static void mark_insn(struct verifier *v, u32 i)
{
	const struct isa_op *op = &v->ops[i];
	const struct isa_info *info = isa_info(op->op);
	u32 next = i + 1 + isa_is_lddw(op->op);
	s64 target;

	if (op->op == ISA_OP_CALL_HELPER)
		mark_helper(v, i, &v->subs[verify_sub_at(v, i)]);
	else if (op->op == ISA_OP_CALL_KFUNC)
		mark_kfunc(v, i, &v->subs[verify_sub_at(v, i)]);
	if (info->flow == ISA_FLOW_CALL || verify_callee(op, &target)) {
		mark_prune(v, next);
		mark_jump(v, next);
	}
	if (verify_callee(op, &target)) {
		mark_prune(v, i);
		mark_prune(v, target);
		mark_jump(v, target);
	}
	if (info->flow == ISA_FLOW_BRANCH || info->flow == ISA_FLOW_JUMP) {
		mark_prune(v, isa_target(op, i));
		mark_jump(v, isa_target(op, i));
	}
	if (info->flow == ISA_FLOW_BRANCH)
		mark_prune(v, i);
	if (op->op == ISA_OP_MAY_GOTO)
		v->insns[i].force_checkpoint = true;
}

static struct edges edges_of(const struct verifier *v, u32 i)
{
	const struct isa_op *op = &v->ops[i];
	u8 flow = isa_info(op->op)->flow;
	struct edges e = {.count = 0};
	s64 target;

	if (flow == ISA_FLOW_EXIT)
		return e;
	if (flow != ISA_FLOW_JUMP)
		e.to[e.count++] = i + 1 + isa_is_lddw(op->op);
	if (flow == ISA_FLOW_BRANCH || flow == ISA_FLOW_JUMP)
		e.to[e.count++] = isa_target(op, i);
	else if (verify_callee(op, &target))
		e.to[e.count++] = target;
	return e;
}

static int enter(struct search *s, u32 i)
{
	mark_insn(s->v, i);
	s->state[i] = ON_PATH;
	s->path[s->depth++] = i;
	return 0;
}

/* To an instruction the search is still below of. */
static bool may_lead_back(const struct verifier *v, u32 from)
{
	u8 flow = isa_info(v->ops[from].op)->flow;

	if (!v->bpf || !verify_has(v, KERNEL_BOUNDED_LOOPS))
		return false;
	return verify_has(v, KERNEL_LOOP_ANY_ENTRY) || flow == ISA_FLOW_BRANCH ||
	       flow == ISA_FLOW_JUMP || v->ops[from].op == ISA_OP_LDDW_FUNC;
}

static int follow(struct search *s, u32 from, s64 to)
{
	struct verifier *v = s->v;

	v->insn = from;
	if (to < 0 || to >= v->count)
		return verify_fail(v, MSG_JUMP_RANGE, (int)from, (int)to);
	switch (s->state[to] & ((1 << EDGE_SHIFT) - 1)) {
	case UNSEEN: return enter(s, (u32)to);
	case ON_PATH:
		if (may_lead_back(v, from))
			return 0;
		return verify_fail(v, MSG_BACK_EDGE, (int)from, (int)to);
	default: return 0;
	}
}

static int search_from(struct search *s, u32 start)
{
	int err = s->state[start] == UNSEEN ? enter(s, start) : 0;

	while (!err && s->depth) {
		u32 i = s->path[s->depth - 1];
		struct edges e = edges_of(s->v, i);
		u32 at = s->state[i] >> EDGE_SHIFT;

		if (at < e.count) {
			s->state[i] = ON_PATH | (at + 1) << EDGE_SHIFT;
			err = follow(s, i, e.to[at]);
		} else {
			s->state[i] = DONE;
			s->depth--;
		}
	}
	return err;
}

static int check_reached(struct search *s)
{
	struct verifier *v = s->v;

	for (u32 i = 0; i < v->count; i++) {
		v->insn = i;
		if (!s->state[i])
			return verify_fail(v, MSG_UNREACHABLE, (int)i);
		if (!isa_is_lddw(v->ops[i].op))
			continue;
		if (i + 1 < v->count && s->state[i + 1])
			return verify_fail(v, MSG_JUMP_LDDW, (int)i);
		i++;
	}
	v->insn = 0;
	return 0;
}

/* What a callee does, its caller does: until nothing is added. */
static void spread_effects(struct verifier *v)
{
	bool more = true;

	while (more) {
		more = false;
		for (u32 i = 0; i < v->count; i++) {
			struct vsub *to, *from;
			s64 target;

			if (!verify_callee(&v->ops[i], &target))
				continue;
			to = &v->subs[verify_sub_at(v, i)];
			from = &v->subs[verify_sub_at(v, (u32)target)];
			more |= from->might_sleep > to->might_sleep ||
				from->changes_packet > to->changes_packet;
			to->might_sleep |= from->might_sleep;
			to->changes_packet |= from->changes_packet;
		}
	}
}

/* Tarjan's numbers of an instruction. */
struct node {
	u32 index, low; /* index 0: not visited yet */
	u8 edge;
	bool stacked;
};

struct components {
	struct verifier *v;
	struct node *nodes;
	u32 *path, *stack; /* being visited; visited, in no component yet */
	u32 path_len, stack_len, next, next_scc;
};

/* Within a function: a call goes on behind itself. */
static struct edges inner_edges(const struct verifier *v, u32 i)
{
	struct edges e = edges_of(v, i);
	s64 target;

	if (verify_callee(&v->ops[i], &target))
		e.count = 1;
	return e;
}

static bool is_own_loop(const struct verifier *v, u32 i)
{
	struct edges e = inner_edges(v, i);

	for (u32 k = 0; k < e.count; k++)
		if (e.to[k] == i)
			return true;
	return false;
}

static void visit(struct components *c, u32 i)
{
	c->nodes[i] = (struct node){.index = c->next, .low = c->next, .stacked = true};
	c->next++;
	c->path[c->path_len++] = i;
	c->stack[c->stack_len++] = i;
}

/* The component whose first instruction is i lies on top of the stack. */
static void close_component(struct components *c, u32 i)
{
	u32 size = 0, scc = 0, member;

	while (c->stack[c->stack_len - 1 - size] != i)
		size++;
	if (size || is_own_loop(c->v, i))
		scc = c->next_scc++;
	do {
		member = c->stack[--c->stack_len];
		c->nodes[member].stacked = false;
		c->v->insns[member].scc = scc;
	} while (member != i);
}

static void find_components(struct components *c, u32 start)
{
	visit(c, start);
	while (c->path_len) {
		u32 i = c->path[c->path_len - 1];
		struct node *n = &c->nodes[i];
		struct edges e = inner_edges(c->v, i);

		if (n->edge < e.count) {
			u32 to = (u32)e.to[n->edge++];

			if (!c->nodes[to].index)
				visit(c, to);
			else if (c->nodes[to].stacked)
				n->low = MIN(n->low, c->nodes[to].index);
			continue;
		}
		if (n->low == n->index)
			close_component(c, i);
		c->path_len--;
		if (c->path_len) {
			struct node *up = &c->nodes[c->path[c->path_len - 1]];

			up->low = MIN(up->low, n->low);
		}
	}
}

static int mark_loops(struct verifier *v, u32 *path)
{
	struct components c = {.v = v, .path = path, .next = 1, .next_scc = 1};
	int err = -ENOMEM;

	c.nodes = base_calloc(v->count, sizeof(*c.nodes));
	c.stack = base_calloc(v->count, sizeof(*c.stack));
	if (c.nodes && c.stack) {
		for (u32 s = 0; s < v->sub_count; s++)
			if (!c.nodes[v->subs[s].start].index)
				find_components(&c, v->subs[s].start);
		v->scc_count = c.next_scc;
		err = 0;
	}
	base_free(c.nodes);
	base_free(c.stack);
	return err;
}

int verify_check_flow(struct verifier *v)
{
	struct search s = {.v = v};
	int err = -ENOMEM;

	s.state = base_zalloc(v->count);
	s.path = base_calloc(v->count, sizeof(*s.path));
	if (s.state && s.path) {
		err = search_from(&s, 0);
		if (!err && v->exception_sub)
			err = search_from(&s, v->subs[v->exception_sub].start);
		err = err ?: check_reached(&s);
	}
	if (!err) {
		spread_effects(v);
		err = mark_loops(v, s.path);
	}
	base_free(s.state);
	base_free(s.path);
	return err;
}
