// SPDX-License-Identifier: BSD-2-Clause
/*
 * The structural half of the verifier.
 *
 * A program is a list of functions: the main one at 0, the others where a call
 * or a function address points. Each is a range that control does not leave but
 * by exit: every jump lands inside, never in the second half of a 16-byte
 * instruction, and the last instruction does not fall out. A walk along all
 * edges from the functions' entries must reach every instruction. The call
 * graph is a tree of at most 8 frames (so none is recursive) whose frames hold
 * 512 bytes together, or each in types with private stacks. A function whose
 * address is taken counts as called there: as a callback it will be.
 *
 * What of this the kernel decides while it follows values, it may decide
 * differently for code that values never reach; everything here is something
 * that no path can make right.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cygnet/abi.h>
#include "base/alloc.h"
#include "base/vec.h"
#include "core/kernel.h"
#include "core/prog.h"
#include "isa/decode.h"
#include "verify/structure.h"

#define MAX_INSNS 1000000
#define OLD_INSNS 131072 /* looked at, before 5.2 */
#define MAX_SUBS  256
#define ENOTSUPP  524 /* what bpf(2) says where user space has no name for it */

struct check {
	const struct isa_op *ops;
	u32 count;
	const struct verify_opts *opts;
	struct diag *diag;
	struct text *log;
	VEC(u32) starts; /* of functions, ascending */
	struct image_sub *subs;
	u8 *seen; /* per instruction: reached */
	u32 processed;
	u32 max_ctx;
};

static const struct {
	int err;
	const char *text, *hint;
} messages[] = {
#define MESSAGE(name, err, text, hint) {err, text, hint},
#include "verify/messages.def"
#undef MESSAGE
};

static int fail(struct check *c, enum verify_diag id, s32 insn, ...)
{
	u32 row = id - VERIFY_DIAG_BASE - 1;
	char line[160];
	struct text t;
	va_list ap;

	text_init(&t, line, sizeof(line));
	va_start(ap, insn);
	text_vfmt(&t, messages[row].text, ap);
	va_end(ap);
	if (c->log) {
		text_puts(c->log, line);
		text_putc(c->log, '\n');
	}
	diag_set(c->diag, 0, id, insn, "%s", line);
	diag_hint(c->diag, "%s", messages[row].hint);
	return -messages[row].err;
}

static int compare_starts(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

/* Where a call or function address leads; false for other instructions. */
static bool callee_of(const struct isa_op *op, s64 *target)
{
	if (op->op != ISA_OP_CALL_SUB && op->op != ISA_OP_LDDW_FUNC)
		return false;
	*target = op->imm;
	return true;
}

static int find_functions(struct check *c)
{
	u32 n = 0;
	s64 target;

	if (vec_push(&c->starts, 0))
		return -ENOMEM;
	for (u32 i = 0; i < c->count; i++) {
		if (!callee_of(&c->ops[i], &target))
			continue;
		if (target < 0 || target >= c->count || c->ops[target].op == ISA_OP_HIGH)
			return fail(c, VERIFY_CALL_TARGET, i);
		if (vec_push(&c->starts, (u32)target))
			return -ENOMEM;
	}
	qsort(c->starts.data, c->starts.len, sizeof(u32), compare_starts);
	vec_each (&c->starts, i)
		if (!i || c->starts.data[i] != c->starts.data[n - 1])
			c->starts.data[n++] = c->starts.data[i];
	c->starts.len = n;
	if (n > MAX_SUBS)
		return -E2BIG;
	c->subs = base_calloc(n, sizeof(*c->subs));
	if (!c->subs)
		return -ENOMEM;
	for (u32 s = 0; s < n; s++)
		c->subs[s] = (struct image_sub){
			.start = c->starts.data[s],
			.end = s + 1 < n ? c->starts.data[s + 1] : c->count,
		};
	return 0;
}

/* The function an instruction belongs to. */
static u32 function_of(const struct check *c, u32 insn)
{
	u32 lo = 0, hi = c->starts.len;

	while (hi - lo > 1) {
		u32 mid = (lo + hi) / 2;

		if (c->starts.data[mid] <= insn)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

static int check_jumps(struct check *c)
{
	for (u32 s = 0; s < c->starts.len; s++) {
		const struct image_sub *sub = &c->subs[s];
		u8 flow;

		for (u32 i = sub->start; i < sub->end; i++) {
			const struct isa_info *info = isa_info(c->ops[i].op);
			s64 to;

			if (!info || (info->flow != ISA_FLOW_BRANCH && info->flow != ISA_FLOW_JUMP))
				continue;
			to = isa_target(&c->ops[i], i);
			if (to < sub->start || to >= sub->end)
				return fail(c, VERIFY_JUMP_RANGE, i, (int)i, (int)to);
		}
		flow = isa_info(c->ops[sub->end - 1].op) ? isa_info(c->ops[sub->end - 1].op)->flow
							 : 0;
		if (flow != ISA_FLOW_EXIT && flow != ISA_FLOW_JUMP)
			return fail(c, VERIFY_LAST_INSN, sub->end - 1);
	}
	return 0;
}

/* Marks everything that an edge leads to, from every function's entry that is called from reached
 * code. */
static int walk(struct check *c)
{
	VEC(u32) todo = {0};
	int err = vec_push(&todo, 0);

	while (!err && todo.len) {
		u32 i = todo.data[--todo.len];

		while (!err && i < c->count && !c->seen[i]) {
			const struct isa_op *op = &c->ops[i];
			const struct isa_info *info = isa_info(op->op);
			s64 target;

			c->seen[i] = 1;
			c->processed++;
			if (callee_of(op, &target) && !c->seen[target])
				err = vec_push(&todo, (u32)target);
			if (!info || info->flow == ISA_FLOW_EXIT)
				break;
			if (info->flow == ISA_FLOW_BRANCH && !c->seen[isa_target(op, i)])
				err = err ?: vec_push(&todo, (u32)isa_target(op, i));
			i = info->flow == ISA_FLOW_JUMP ? isa_target(op, i)
							: i + 1 + isa_is_lddw(op->op);
		}
	}
	vec_fini(&todo);
	return err;
}

/*
 * Before loops were followed a program was a graph without cycles: a depth-first search, fall
 * through first, that comes back to an instruction it is still below of has found one. A call is an
 * edge as well.
 */
enum {
	EDGE_NEXT = 1,
	EDGE_JUMP,
	EDGE_DONE,
};

static s64 edge(const struct check *c, u32 i, u8 which)
{
	const struct isa_info *info = isa_info(c->ops[i].op);
	s64 target;

	if (!info || info->flow == ISA_FLOW_EXIT)
		return -1;
	if (which == EDGE_NEXT)
		return info->flow == ISA_FLOW_JUMP ? -1 : i + 1 + isa_is_lddw(c->ops[i].op);
	if (callee_of(&c->ops[i], &target))
		return target;
	return info->flow == ISA_FLOW_BRANCH || info->flow == ISA_FLOW_JUMP
		       ? isa_target(&c->ops[i], i)
		       : -1;
}

static int check_acyclic(struct check *c)
{
	u8 *at = base_zalloc(c->count);
	VEC(u32) path = {0};
	int err = at ? vec_push(&path, 0) : -ENOMEM;

	while (!err && path.len) {
		u32 i = path.data[path.len - 1];
		s64 to = at[i] < EDGE_DONE ? edge(c, i, ++at[i]) : -1;

		if (at[i] == EDGE_DONE)
			path.len--;
		else if (to < 0 || to >= c->count || at[to] == EDGE_DONE)
			continue;
		else if (at[to])
			err = fail(c, VERIFY_BACK_EDGE, i, (int)i, (int)to);
		else
			err = vec_push(&path, (u32)to);
	}
	vec_fini(&path);
	base_free(at);
	return err;
}

static int check_reached(struct check *c)
{
	int err = walk(c);

	for (u32 i = 0; i < c->count && !err; i++) {
		if (!c->seen[i])
			err = fail(c, VERIFY_UNREACHABLE, i, (int)i);
		if (err || !isa_is_lddw(c->ops[i].op))
			continue;
		if (i + 1 < c->count && c->seen[i + 1])
			err = fail(c, VERIFY_JUMP_LDDW, i, (int)i);
		i++;
	}
	return err;
}

/* Names of all the helpers there are, bodies here or not. */
static const char *helper_name(u32 id)
{
	static const char *const names[__BPF_FUNC_MAX_ID] = {
#define NAME(name, number, ...) [number] = "bpf_" #name,
		___BPF_FUNC_MAPPER(NAME)
#undef NAME
	};

	return id < __BPF_FUNC_MAX_ID && names[id] ? names[id] : "unknown";
}

static bool loads_packets(u32 type)
{
	return type == BPF_PROG_TYPE_SOCKET_FILTER || type == BPF_PROG_TYPE_SCHED_CLS ||
	       type == BPF_PROG_TYPE_SCHED_ACT;
}

static int check_helper(struct check *c, u32 i)
{
	const struct prog_type_ops *type = core_prog_ops(c->opts->prog_type);
	s64 id = c->ops[i].imm;
	const struct helper_proto *proto = id >= 0 && id <= UINT32_MAX ? core_helper(id) : NULL;

	if (id == BPF_FUNC_unspec)
		return fail(c, VERIFY_HELPER_TYPE, i, helper_name(0), 0);
	if (id < 0 || id >= __BPF_FUNC_MAX_ID ||
	    (proto && !core_kernel_since(c->opts->kernel, proto->since)))
		return fail(c, VERIFY_INVALID_FUNC, i, "unknown", (int)id);
	if (!proto)
		return fail(c, VERIFY_UNKNOWN_FUNC, i, helper_name(id), (int)id);
	if (!type || !type->allows(proto, c->opts->attach_type))
		return fail(c, VERIFY_HELPER_TYPE, i, proto->name, (int)id);
	if ((proto->flags & HELPER_GPL_ONLY) && !c->opts->gpl)
		return fail(c, VERIFY_HELPER_GPL, i);
	if ((proto->flags & HELPER_SLEEPABLE) && !c->opts->sleepable)
		return fail(c, VERIFY_HELPER_SLEEPS, i);
	if (id == BPF_FUNC_get_func_ip && c->opts->prog_type != BPF_PROG_TYPE_KPROBE)
		return fail(c, VERIFY_HELPER_FUNC_IP, i, proto->name, (int)id,
			    (int)c->opts->prog_type);
	return 0;
}

/* Memory reached from r10 by a constant offset: inside the frame, and how deep. */
static int check_frame_access(struct check *c, u32 i, const struct isa_info *info, u32 *deepest)
{
	const struct isa_op *op = &c->ops[i];
	bool load = info->cls == ISA_CLASS_LOAD;
	u8 base = load ? op->src : op->dst;
	int size = info->bits / 8;

	if (base != 10)
		return 0;
	if (op->off < -ISA_STACK_SIZE || op->off + size > 0)
		return fail(c, load ? VERIFY_STACK_READ : VERIFY_STACK_WRITE, i, (int)op->off,
			    size);
	*deepest = MAX(*deepest, (u32)-op->off);
	return 0;
}

static int check_insn(struct check *c, u32 i, u32 *deepest)
{
	const struct isa_op *op = &c->ops[i];
	const struct isa_info *info = isa_info(op->op);

	if (info->cls != ISA_CLASS_HIGH && isa_defs(op) & ISA_R(10))
		return fail(c, VERIFY_FRAME_POINTER, i);
	switch (info->cls) {
	case ISA_CLASS_LOAD:
	case ISA_CLASS_STORE:
	case ISA_CLASS_ATOMIC: return check_frame_access(c, i, info, deepest);
	case ISA_CLASS_PACKET:
		return loads_packets(c->opts->prog_type) ? 0 : fail(c, VERIFY_PACKET_LOAD, i);
	case ISA_CLASS_CALL:
		if (op->op == ISA_OP_CALL_HELPER)
			return check_helper(c, i);
		return op->op == ISA_OP_CALL_SUB ? 0 : fail(c, VERIFY_KFUNC, i, (int)op->imm);
	default: return 0;
	}
}

/* Pointers made from r10 reach down as well: r2 = r10; r2 += -24. */
static void note_frame_pointers(const struct check *c, const struct image_sub *sub, u32 *deepest)
{
	s32 offset[ISA_REGS];
	u32 known = 0;

	for (u32 i = sub->start; i < sub->end; i++) {
		const struct isa_op *op = &c->ops[i];
		u32 defs = isa_defs(op);

		if (op->op == ISA_OP_MOV64_REG && (op->src == 10 || known & ISA_R(op->src)) &&
		    op->dst < 10) {
			offset[op->dst] = op->src == 10 ? 0 : offset[op->src];
			known |= ISA_R(op->dst);
			continue;
		}
		if (op->op == ISA_OP_ADD64_IMM && op->dst < 10 && known & ISA_R(op->dst)) {
			offset[op->dst] += (s32)op->imm;
			if (offset[op->dst] < 0 && offset[op->dst] >= -ISA_STACK_SIZE)
				*deepest = MAX(*deepest, (u32)-offset[op->dst]);
			continue;
		}
		known &= ~defs;
	}
}

/* Context bytes read through r1 before anything writes it: what attaching to a tracepoint checks.
 */
static void note_context(struct check *c)
{
	u32 holders = ISA_R(1); /* registers that hold the context, along the straight path */

	for (u32 i = 0; i < c->subs[0].end; i++) {
		const struct isa_op *op = &c->ops[i];
		const struct isa_info *info = isa_info(op->op);

		if (info->cls == ISA_CLASS_LOAD && op->src < 10 && holders & ISA_R(op->src) &&
		    op->off >= 0)
			c->max_ctx = MAX(c->max_ctx, (u32)op->off + info->bits / 8);
		if (op->op == ISA_OP_MOV64_REG && holders & ISA_R(op->src)) {
			holders |= ISA_R(op->dst);
			continue;
		}
		holders &= ~isa_defs(op);
	}
}

static int check_insns(struct check *c)
{
	for (u32 s = 0; s < c->starts.len; s++) {
		struct image_sub *sub = &c->subs[s];

		for (u32 i = sub->start; i < sub->end; i++) {
			int err = check_insn(c, i, &sub->stack);

			if (err)
				return err;
		}
		note_frame_pointers(c, sub, &sub->stack);
	}
	note_context(c);
	return 0;
}

/*
 * Follows every chain of calls. Depth is bounded by 8, breadth by remembering
 * the deepest chain below each function (a function's own is never needed while
 * it is being followed: that would be recursion, which the depth bound ends).
 */
struct chain {
	u32 stack; /* bytes of this frame and all below, 0: not known yet */
	u32 frames;
	bool open;
};

static int follow(struct check *c, u32 s, u32 depth, struct chain *chains)
{
	const struct image_sub *sub = &c->subs[s];
	u32 own = ROUND_UP(MAX(sub->stack, 1u), 16u), below = 0, frames = 0;

	if (chains[s].open || depth >= ISA_MAX_FRAMES)
		return fail(c, VERIFY_CALL_DEPTH, sub->start, (int)ISA_MAX_FRAMES + 1);
	if (chains[s].stack)
		return 0;
	chains[s].open = true;
	for (u32 i = sub->start; i < sub->end; i++) {
		u32 callee;
		s64 target;
		int err;

		if (!callee_of(&c->ops[i], &target))
			continue;
		callee = function_of(c, (u32)target);
		err = follow(c, callee, depth + 1, chains);
		if (err)
			return err;
		below = MAX(below, chains[callee].stack);
		frames = MAX(frames, chains[callee].frames);
	}
	chains[s] = (struct chain){.stack = own + below, .frames = frames + 1};
	return 0;
}

static int check_chains(struct check *c, u32 *stack)
{
	const struct prog_type_ops *type = core_prog_ops(c->opts->prog_type);
	bool together = !type || !type->private_stack;
	struct chain *chains = base_calloc(c->starts.len, sizeof(*chains));
	int err = chains ? 0 : -ENOMEM;

	for (u32 s = 0; s < c->starts.len && !err; s++) {
		err = follow(c, s, 0, chains);
		if (!err && together && chains[s].stack > ISA_STACK_SIZE)
			err = fail(c, VERIFY_STACK_CHAIN, c->subs[s].start, (int)chains[s].frames,
				   (int)chains[s].stack);
		if (!err && chains[s].frames > ISA_MAX_FRAMES)
			err = fail(c, VERIFY_CALL_DEPTH, c->subs[s].start, (int)chains[s].frames);
	}
	*stack = err ? 0 : chains[0].stack;
	base_free(chains);
	return err;
}

static int check_sleeps(struct check *c)
{
	const struct prog_type_ops *type = core_prog_ops(c->opts->prog_type);

	if (!type)
		return 0;
	if (type->sleeps == PROG_SLEEPS_NEVER && c->opts->sleepable)
		return fail(c, VERIFY_SLEEPS_NEVER, -1);
	if (type->sleeps == PROG_SLEEPS_ALWAYS && !c->opts->sleepable)
		return fail(c, VERIFY_SLEEPS_ALWAYS, -1);
	return 0;
}

int verify_structure(const struct isa_op *ops, u32 count, const struct verify_opts *opts,
		     struct verify_result *out, struct diag *diag, struct text *log)
{
	struct check c = {.ops = ops, .count = count, .opts = opts, .diag = diag, .log = log};
	u32 stack = 0;
	int err;

	if (!count || count > MAX_INSNS)
		return fail(&c, VERIFY_SIZE, -1, count);
	c.seen = base_zalloc(count);
	err = c.seen ? 0 : -ENOMEM;
	err = err ?: find_functions(&c);
	err = err ?: check_jumps(&c);
	if (!core_kernel_has(opts->kernel, KERNEL_BOUNDED_LOOPS))
		err = err ?: check_acyclic(&c);
	err = err ?: check_reached(&c);
	err = err ?: check_sleeps(&c);
	err = err ?: check_insns(&c);
	err = err ?: check_chains(&c, &stack);
	if (log && err != -ENOMEM)
		text_fmt(log,
			 "processed %u insns (limit %u) max_states_per_insn 0 total_states 0 "
			 "peak_states 0 "
			 "mark_read 0\n",
			 c.processed,
			 core_kernel_has(opts->kernel, KERNEL_INSNS_1M) ? MAX_INSNS : OLD_INSNS);
	if (!err)
		*out = (struct verify_result){.subs = c.subs,
					      .sub_count = c.starts.len,
					      .stack = stack,
					      .processed = c.processed,
					      .max_ctx_offset = c.max_ctx};
	else
		base_free(c.subs);
	vec_fini(&c.starts);
	base_free(c.seen);
	return err;
}
