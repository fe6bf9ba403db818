// SPDX-License-Identifier: BSD-2-Clause
/*
 * Dead code, out of a verified program.
 *
 * A conditional jump one of whose ways no path goes becomes a jump, or nothing.
 * Then all instructions that no path has reached go, and jumps to the next
 * instruction. What is left moves together: `at[i]` is the new index of
 * instruction i, or of the first one behind it that stays, so that jumps, calls,
 * functions and lines follow by one look-up. A function of which nothing stays
 * goes with its record. A line whose instruction went passes to the next one
 * that stays, unless that has its own.
 *
 * The operations and the raw instructions (what bpf(2) shows) are cut alike.
 */
#include <errno.h>
#include <string.h>
#include "base/alloc.h"
#include "isa/decode.h"
#include "verify/claim.h"
#include "vm/trim.h"

struct trim {
	struct prog_object *p;
	struct isa_op *ops;
	struct verify_output *proven;
	u32 count; /* before */
	u32 *at;   /* count + 1 */
	u8 *insns;
};

static bool is_seen(const struct verify_output *proven, u32 i)
{
	return proven->facts[i].facts & FACT_SEEN;
}

/* A jump, as raw bytes have it; the operand is set when all has its place. */
static void make_jump(u8 *insn, struct isa_op *op, s32 off)
{
	struct bpf_insn raw = {.code = BPF_JMP | BPF_JA, .off = (s16)off};

	memcpy(insn, &raw, sizeof(raw));
	*op = (struct isa_op){.op = ISA_OP_JA, .off = off};
}

static void decide_branches(struct trim *t)
{
	for (u32 i = 0; i < t->count; i++) {
		struct isa_op *op = &t->ops[i];
		const struct isa_info *info = isa_info(op->op);
		s64 to;

		if (!is_seen(t->proven, i) || info->flow != ISA_FLOW_BRANCH)
			continue;
		to = isa_target(op, i);
		if (!is_seen(t->proven, i + 1))
			make_jump(t->insns + (size_t)i * 8, op, op->off);
		else if (!is_seen(t->proven, (u32)to))
			make_jump(t->insns + (size_t)i * 8, op, 0);
	}
}

static bool is_dead(const struct trim *t, u32 i)
{
	return !is_seen(t->proven, i);
}

static bool is_idle(const struct trim *t, u32 i)
{
	const struct isa_op *op = &t->ops[i];

	return (op->op == ISA_OP_JA || op->op == ISA_OP_MAY_GOTO) && !op->off;
}

/* False: all stays where it is. */
static bool number(struct trim *t, bool (*goes)(const struct trim *t, u32 i))
{
	u32 next = 0;

	for (u32 i = 0; i < t->count; i++) {
		t->at[i] = next;
		if (!goes(t, i))
			next++;
	}
	t->at[t->count] = next;
	return next != t->count;
}

static bool stays(const struct trim *t, u32 i)
{
	return t->at[i + 1] != t->at[i];
}

static void set_raw_imm(u8 *insn, s64 imm)
{
	s32 low = (s32)imm;

	memcpy(insn + 4, &low, sizeof(low));
}

/* What an instruction says of another place. */
static void redirect(struct trim *t, u32 i)
{
	struct isa_op *op = &t->ops[i];
	const struct isa_info *info = isa_info(op->op);
	u8 *insn = t->insns + (size_t)i * 8;
	s16 off;

	if (info->flow == ISA_FLOW_BRANCH || info->flow == ISA_FLOW_JUMP) {
		op->off = (s32)t->at[isa_target(op, i)] - (s32)t->at[i] - 1;
		off = (s16)op->off;
		if (op->op == ISA_OP_GOTOL)
			set_raw_imm(insn, op->off);
		else
			memcpy(insn + 2, &off, sizeof(off));
	} else if (op->op == ISA_OP_CALL_SUB || op->op == ISA_OP_LDDW_FUNC) {
		op->imm = t->at[op->imm];
		set_raw_imm(insn, op->imm - (s64)t->at[i] - 1);
	}
}

static void move_code(struct trim *t)
{
	for (u32 i = 0; i < t->count; i++) {
		u32 to = t->at[i];

		if (!stays(t, i))
			continue;
		redirect(t, i);
		t->ops[to] = t->ops[i];
		t->proven->facts[to] = t->proven->facts[i];
		verify_claims_move(t->p->claims, to, i);
		memmove(t->insns + (size_t)to * 8, t->insns + (size_t)i * 8, 8);
	}
}

/* Functions, and the records of those that have some. */
static void move_functions(struct trim *t)
{
	struct bpf_func_info *records = t->p->func_info;
	u32 kept = 0;

	for (u32 s = 0; s < t->proven->sub_count; s++) {
		struct image_sub sub = t->proven->subs[s];

		sub.start = t->at[sub.start];
		sub.end = t->at[sub.end];
		if (sub.start == sub.end)
			continue;
		if (s < t->p->func_info_count) {
			records[kept] = records[s];
			records[kept].insn_off = sub.start;
		}
		t->proven->subs[kept++] = sub;
	}
	if (t->p->func_info_count)
		t->p->func_info_count = kept;
	t->proven->sub_count = kept;
}

static void move_lines(struct trim *t)
{
	struct bpf_line_info *records = t->p->line_info;
	u32 kept = 0;

	vec_each (&t->p->lines, i) {
		struct line_record line = t->p->lines.data[i];
		struct bpf_line_info record = records[i];

		line.insn = record.insn_off = t->at[line.insn];
		if (line.insn == t->at[t->count])
			break;
		if (kept && t->p->lines.data[kept - 1].insn == line.insn)
			kept--;
		t->p->lines.data[kept] = line;
		records[kept++] = record;
	}
	t->p->lines.len = kept;
	t->p->line_info_count = kept;
}

static void cut(struct trim *t, bool (*goes)(const struct trim *t, u32 i))
{
	if (!number(t, goes))
		return;
	move_code(t);
	move_functions(t);
	move_lines(t);
	t->count = t->p->insn_count = t->at[t->count];
}

int program_trim(struct prog_object *p, struct isa_op *ops, struct verify_output *proven)
{
	struct trim t = {.p = p, .ops = ops, .proven = proven, .count = p->insn_count};

	t.at = base_calloc((size_t)t.count + 1, sizeof(*t.at));
	if (!t.at)
		return -ENOMEM;
	t.insns = p->insns;
	decide_branches(&t);
	cut(&t, is_dead);
	cut(&t, is_idle);
	base_free(t.at);
	return 0;
}

void program_fill(struct prog_object *p, struct isa_op *ops, const struct verify_output *proven)
{
	for (u32 i = 0; i < p->insn_count; i++)
		if (!is_seen(proven, i))
			make_jump((u8 *)p->insns + (size_t)i * 8, &ops[i], -1);
}
