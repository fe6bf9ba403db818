// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which stack slots may still be read.
 *
 * What an instruction reads and writes of the stack is only known while the
 * walk goes over it, through whatever register points there, and differs with
 * the calls that lead to it. So facts are gathered per call: the calls of
 * subprograms form a tree (a node is a subprogram, the instruction that called
 * it and the node it was called from), and each node has, for each frame that
 * exists there and each instruction of the subprogram, a row
 *
 *	read   slots it has read on some visit
 *	kill   slots it has written whole on every visit
 *	live   slots that may be read from here on, before anything else is stored
 *
 * live is the least solution of
 *
 *	live(i) = read(i) | (behind(i) & ~kill(i))
 *	behind(i) of most     = union of live(next), live(target)
 *	behind(call)          = live of the callee's entry, for the frames of callers; what the
 *	                        callee leaves alone flows through it
 *	behind(callee's exit) = live behind the call
 *	behind(calls back)    = live behind the call and at the callback's entry; after
 *	                        the callback's exit, live before the call, which may come again
 *
 * that is, one data-flow problem over the program unfolded along calls: no path
 * enters a callee here and leaves it there, and a callee's stores to its
 * caller's frame count.
 *
 * The answer is asked for once per kept state, when all paths from it have
 * ended and so all reads that it can lead to are known, directly or at the
 * state that a path ended on (the same instruction in the same node). Reads
 * only ever grow and kills shrink, hence live grows: rows whose facts have
 * changed wait in a work list, and a question first works that off. What may
 * store carries nothing on before it was visited, for only then is known what it
 * kills, and what was live once stays so.
 *
 * A subprogram that is called from everywhere and is large could make this
 * large: past a limit nothing more is recorded and every slot is live.
 */
#include <string.h>
#include "verify/prune.h"

#define ROWS_PER_BLOCK 32
#define MAX_BYTES      ((size_t)96 << 20)
#define ALL_SLOTS      (~0ull)

struct row {
	u64 read, kill, live;
	u64 waits; /* in the work list */
};

struct node {
	struct node *parent;
	struct node *callbacks, *sibling; /* callees that are called_back */
	u32 number, callsite, sub, depth;
	u32 start, end;   /* instructions of the subprogram */
	bool called_back; /* from an instruction that calls any number of times */
	u64 *visited;     /* bit per instruction: its kills are known */
	struct row **blocks[VERIFY_MAX_FRAMES]; /* NULL: none of the frame's slots matter here */
};

struct item {
	struct node *node;
	u32 frame, insn;
};

struct slot_facts {
	struct node **roots; /* by subprogram: what is verified on its own, async callbacks */
	struct hash nodes;
	u32 node_count;
	size_t bytes;
	bool full;
	VEC(struct item) work;
	u32 **exits; /* by subprogram, exit_counts of them; filled when first needed */
	u32 *exit_counts;
	/* the current instruction */
	struct node *node;
	u32 insn;
	u64 written[VERIFY_MAX_FRAMES];
	u32 written_frames;
};

static void *take(struct verifier *v, size_t size)
{
	struct slot_facts *f = v->live->slots;
	void *p = f->full ? NULL : arena_alloc(&v->arena, size);

	f->bytes += size;
	if (!p || f->bytes > MAX_BYTES) {
		f->full = true;
		return NULL;
	}
	return p;
}

static bool may_store(const struct isa_op *op)
{
	const struct isa_info *info = isa_info(op->op);

	return info->cls == ISA_CLASS_STORE || info->cls == ISA_CLASS_ATOMIC ||
	       op->op == ISA_OP_CALL_HELPER || op->op == ISA_OP_CALL_KFUNC;
}

int verify_slots_init(struct verifier *v)
{
	struct slot_facts *f = arena_alloc(&v->arena, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->roots = arena_alloc(&v->arena, v->sub_count * sizeof(*f->roots));
	f->exits = arena_alloc(&v->arena, v->sub_count * sizeof(*f->exits));
	f->exit_counts = arena_alloc(&v->arena, v->sub_count * sizeof(*f->exit_counts));
	if (!f->roots || !f->exits || !f->exit_counts)
		return -ENOMEM;
	for (u32 i = 0; i < v->count; i++)
		v->insns[i].may_store = may_store(&v->ops[i]);
	v->live->slots = f;
	return 0;
}

void verify_slots_fini(struct verifier *v)
{
	struct slot_facts *f = v->live->slots;

	if (!f)
		return;
	hash_fini(&f->nodes);
	vec_fini(&f->work);
}

/* Nodes ---------------------------------------------------------------- */

static struct node *new_node(struct verifier *v, struct node *parent, u32 callsite, u32 sub)
{
	struct slot_facts *f = v->live->slots;
	struct node *n = take(v, sizeof(*n));
	u32 size = v->subs[sub].end - v->subs[sub].start;

	if (!n)
		return NULL;
	n->visited = take(v, (size / 64 + 1) * sizeof(u64));
	if (!n->visited)
		return NULL;
	n->parent = parent;
	n->number = f->node_count++;
	n->callsite = callsite;
	n->sub = sub;
	n->depth = parent ? parent->depth + 1 : 0;
	n->start = v->subs[sub].start;
	n->end = v->subs[sub].end;
	n->called_back = parent && v->insns[callsite].calls_callback;
	if (n->called_back) {
		n->sibling = parent->callbacks;
		parent->callbacks = n;
	}
	return n;
}

static u64 node_key(const struct node *parent, u32 callsite, u32 sub)
{
	return (u64)parent->number << 30 | (u64)callsite << 8 | sub;
}

/* The node of frame `depth` of a state. NULL: nothing is recorded any more. */
static struct node *node_of(struct verifier *v, const struct vstate *s, u32 depth)
{
	struct slot_facts *f = v->live->slots;
	struct vframe *frame = s->frames[depth];
	struct node *parent, *n;
	u64 key;

	if (frame->call)
		return frame->call;
	if (!depth) {
		n = f->roots[frame->subprog];
		if (!n)
			n = f->roots[frame->subprog] = new_node(v, NULL, 0, frame->subprog);
		return frame->call = n;
	}
	parent = node_of(v, s, depth - 1);
	if (!parent)
		return NULL;
	key = node_key(parent, frame->callsite, frame->subprog);
	n = hash_get(&f->nodes, key);
	if (!n) {
		n = new_node(v, parent, frame->callsite, frame->subprog);
		if (n && hash_set(&f->nodes, key, n)) {
			f->full = true;
			n = NULL;
		}
	}
	return frame->call = n;
}

/* Rows ----------------------------------------------------------------- */

static const struct row *row_at(const struct node *n, u32 frame, u32 insn)
{
	u32 i = insn - n->start;

	if (!n->blocks[frame] || !n->blocks[frame][i / ROWS_PER_BLOCK])
		return NULL;
	return &n->blocks[frame][i / ROWS_PER_BLOCK][i % ROWS_PER_BLOCK];
}

static u64 live_at(const struct node *n, u32 frame, u32 insn)
{
	const struct row *r = row_at(n, frame, insn);

	return r ? r->live : 0;
}

static void queue(struct verifier *v, struct node *n, u32 frame, u32 insn);

/* A subprogram's exits, from its text. */
static u32 exits_of(struct verifier *v, u32 sub, const u32 **exits)
{
	struct slot_facts *f = v->live->slots;
	const struct vsub *s = &v->subs[sub];

	if (!f->exits[sub]) {
		u32 n = 0;

		for (u32 i = s->start; i < s->end; i++)
			n += verify_may_return(v, i);
		f->exits[sub] = take(v, MAX(n, 1u) * sizeof(u32));
		if (!f->exits[sub])
			return 0;
		for (u32 i = s->start; i < s->end; i++)
			if (verify_may_return(v, i))
				f->exits[sub][f->exit_counts[sub]++] = i;
	}
	*exits = f->exits[sub];
	return f->exit_counts[sub];
}

static void queue_exits(struct verifier *v, struct node *n, u32 frame)
{
	const u32 *exits;
	u32 count = exits_of(v, n->sub, &exits);

	for (u32 i = 0; i < count; i++)
		queue(v, n, frame, exits[i]);
}

/* The row, made when there is none yet. */
static struct row *row_get(struct verifier *v, struct node *n, u32 frame, u32 insn)
{
	u32 i = insn - n->start, blocks = (n->end - n->start) / ROWS_PER_BLOCK + 1;
	struct row **block;

	if (!n->blocks[frame]) {
		n->blocks[frame] = take(v, blocks * sizeof(*n->blocks[frame]));
		if (!n->blocks[frame])
			return NULL;
		/* A caller's slots were carried around this callee so far, now through it. */
		if (frame < n->depth) {
			queue_exits(v, n, frame);
			queue(v, n->parent, frame, n->callsite);
		}
	}
	block = &n->blocks[frame][i / ROWS_PER_BLOCK];
	if (!*block)
		*block = take(v, ROWS_PER_BLOCK * sizeof(**block));
	return *block ? &(*block)[i % ROWS_PER_BLOCK] : NULL;
}

static void queue(struct verifier *v, struct node *n, u32 frame, u32 insn)
{
	struct slot_facts *f = v->live->slots;
	struct row *r = row_get(v, n, frame, insn);

	if (!r || r->waits)
		return;
	r->waits = 1;
	if (vec_push(&f->work, (struct item){n, frame, insn}))
		f->full = true;
}

static bool is_visited(const struct node *n, u32 insn)
{
	u32 i = insn - n->start;

	return n->visited[i / 64] >> i % 64 & 1;
}

/* The equations -------------------------------------------------------- */

/* The node that the static call at `insn` has led to; NULL: it is none, or has not yet. */
static struct node *static_callee(const struct verifier *v, const struct node *n, u32 insn)
{
	const struct isa_op *op = &v->ops[insn];

	if (op->op != ISA_OP_CALL_SUB)
		return NULL;
	return hash_get(&v->live->slots->nodes,
			node_key(n, insn, verify_sub_starting(v, (u32)op->imm)));
}

/* Live behind an instruction, within its subprogram. */
static u64 live_next(const struct verifier *v, const struct node *n, u32 frame, u32 insn)
{
	struct flow_to to = verify_flow_to(v, insn);
	u64 live = 0;

	for (u32 k = 0; k < to.count; k++)
		live |= live_at(n, frame, to.insns[k]);
	return live;
}

static u64 live_behind_exit(const struct verifier *v, const struct node *n, u32 frame)
{
	if (frame >= n->depth)
		return 0;
	return n->called_back ? live_at(n->parent, frame, n->callsite)
			      : live_next(v, n->parent, frame, n->callsite);
}

static u64 live_behind(const struct verifier *v, const struct node *n, u32 frame, u32 insn)
{
	const struct node *callee;
	u64 live;

	if (v->ops[insn].op == ISA_OP_EXIT)
		return live_behind_exit(v, n, frame);
	callee = static_callee(v, n, insn);
	if (callee && callee->blocks[frame])
		return live_at(callee, frame, callee->start);
	live = live_next(v, n, frame, insn);
	if (verify_may_return(v, insn))
		live |= live_behind_exit(v, n, frame);
	if (v->insns[insn].calls_callback)
		for (const struct node *c = n->callbacks; c; c = c->sibling)
			if (c->callsite == insn && c->blocks[frame])
				live |= live_at(c, frame, c->start);
	return live;
}

/* Something may be live before `insn` that was not. */
static void queue_before(struct verifier *v, struct node *n, u32 frame, u32 insn)
{
	struct flow_from from = verify_flow_from(v, insn);

	for (u32 k = 0; k < from.count; k++) {
		struct node *callee = static_callee(v, n, from.insns[k]);

		queue(v, n, frame, from.insns[k]);
		if (callee && callee->blocks[frame])
			queue_exits(v, callee, frame);
	}
	if (v->insns[insn].calls_callback)
		for (struct node *c = n->callbacks; c; c = c->sibling)
			if (c->callsite == insn && c->blocks[frame])
				queue_exits(v, c, frame);
	if (insn == n->start && frame < n->depth)
		queue(v, n->parent, frame, n->callsite);
}

static void settle(struct verifier *v)
{
	struct slot_facts *f = v->live->slots;

	while (f->work.len && !f->full) {
		struct item it = f->work.data[--f->work.len];
		struct row *r = row_get(v, it.node, it.frame, it.insn);
		u64 live;

		if (!r)
			return;
		r->waits = 0;
		if (v->insns[it.insn].may_store && !is_visited(it.node, it.insn))
			continue;
		live = r->read | (live_behind(v, it.node, it.frame, it.insn) & ~r->kill);
		if (!(live & ~r->live))
			continue;
		r->live |= live;
		queue_before(v, it.node, it.frame, it.insn);
	}
}

u64 verify_slots_live(struct verifier *v, const struct vstate *s, u32 frame)
{
	struct slot_facts *f = v->live->slots;
	u32 insn = s->insn_at;
	struct node *n;

	settle(v);
	n = f->full ? NULL : node_of(v, s, s->curframe);
	/* A callee that never touches a frame leaves it as its caller needs it afterwards. */
	while (n && !n->blocks[frame]) {
		if (frame >= n->depth)
			return 0;
		insn = n->called_back ? n->callsite : n->callsite + 1;
		n = n->parent;
	}
	return n ? live_at(n, frame, insn) : ALL_SLOTS;
}

void verify_slots_live_all(struct verifier *v, const struct vstate *s, u64 live[VERIFY_MAX_FRAMES])
{
	for (u32 f = 0; f <= s->curframe; f++)
		live[f] = verify_slots_live(v, s, f);
}

/* What the walk sees --------------------------------------------------- */

void verify_slots_read(struct verifier *v, u32 frame, u64 slots)
{
	struct node *n = node_of(v, v->state, v->state->curframe);
	struct row *r = n ? row_get(v, n, frame, v->insn) : NULL;

	if (!r || !(slots & ~r->read))
		return;
	r->read |= slots;
	queue(v, n, frame, v->insn);
}

void verify_slots_written(struct verifier *v, u32 frame, u64 slots)
{
	struct slot_facts *f = v->live->slots;

	f->written[frame] |= slots;
	f->written_frames |= 1u << frame;
}

void verify_slots_begin(struct verifier *v)
{
	struct slot_facts *f = v->live->slots;

	for (u32 left = f->written_frames; left; left &= left - 1)
		f->written[__builtin_ctz(left)] = 0;
	f->written_frames = 0;
	/* Its frame may be gone when it ends. */
	f->insn = v->insn;
	f->node = v->insns[v->insn].may_store ? node_of(v, v->state, v->state->curframe) : NULL;
}

/* The first visit: what it wrote it kills, and what waits behind it may pass. */
static void first_visit(struct verifier *v, struct node *n, u32 insn)
{
	struct slot_facts *f = v->live->slots;
	u32 i = insn - n->start;

	n->visited[i / 64] |= 1ull << i % 64;
	for (u32 left = f->written_frames; left; left &= left - 1) {
		u32 frame = __builtin_ctz(left);
		struct row *r = row_get(v, n, frame, insn);

		if (r)
			r->kill = f->written[frame];
	}
	for (u32 frame = 0; frame <= n->depth; frame++)
		if (n->blocks[frame])
			queue(v, n, frame, insn);
}

/*
 * Kills hold for all visits: the first one's writes, and of those what each
 * later one writes too. A frame that the first one left alone has none.
 */
void verify_slots_end(struct verifier *v)
{
	struct slot_facts *f = v->live->slots;
	struct node *n = f->node;

	if (!n || f->full)
		return;
	if (!is_visited(n, f->insn)) {
		first_visit(v, n, f->insn);
		return;
	}
	for (u32 frame = 0; frame <= n->depth; frame++) {
		struct row *r = (struct row *)row_at(n, frame, f->insn);

		if (!r || !(r->kill & ~f->written[frame]))
			continue;
		r->kill &= f->written[frame];
		queue(v, n, frame, f->insn);
	}
}
