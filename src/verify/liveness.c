// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which registers may still be read: what is not need not be compared.
 *
 * The textbook backward analysis over the program text, each subprogram on its
 * own: a register is live before an instruction that reads it, or when it is
 * live behind one that does not write it. A call of a function of known
 * prototype reads as many of r1-r5 as that has arguments, and writes r0-r5; an
 * exit reads r0. An instruction is looked at again when something behind it has
 * changed; the work list is a stack that begins in program order, so the end
 * of the program comes first and a loop's body settles before what leads to it.
 */
#include <string.h>
#include "btf/btf.h"
#include "verify/prune.h"

#define R1_5 (ISA_R(1) | ISA_R(2) | ISA_R(3) | ISA_R(4) | ISA_R(5))

struct flow_to verify_flow_to(const struct verifier *v, u32 insn)
{
	const struct isa_op *op = &v->ops[insn];
	const struct isa_info *info = isa_info(op->op);
	struct flow_to to = {.count = 0};

	if (info->flow != ISA_FLOW_EXIT && info->flow != ISA_FLOW_JUMP) {
		u32 next = insn + 1 + (info->kind == ISA_KIND_LDDW);

		if (next < v->count)
			to.insns[to.count++] = next;
	}
	if (info->flow == ISA_FLOW_BRANCH || info->flow == ISA_FLOW_JUMP)
		to.insns[to.count++] = (u32)isa_target(op, insn);
	return to;
}

struct flow_from verify_flow_from(const struct verifier *v, u32 insn)
{
	const struct liveness *l = v->live;

	return (struct flow_from){.insns = l->from + l->from_start[insn],
				  .count = l->from_start[insn + 1] - l->from_start[insn]};
}

static int index_flow(struct verifier *v)
{
	struct liveness *l = v->live;
	u32 total = 0;

	l->from_start = base_calloc(v->count + 2, sizeof(*l->from_start));
	if (!l->from_start)
		return -ENOMEM;
	for (u32 i = 0; i < v->count; i++) {
		struct flow_to to = verify_flow_to(v, i);

		for (u32 k = 0; k < to.count; k++)
			l->from_start[to.insns[k] + 2]++;
		total += to.count;
	}
	l->from = base_calloc(MAX(total, 1u), sizeof(*l->from));
	if (!l->from)
		return -ENOMEM;
	/* Sums, one place further on than where they belong: filling moves them there. */
	for (u32 i = 2; i < v->count + 2; i++)
		l->from_start[i] += l->from_start[i - 1];
	for (u32 i = 0; i < v->count; i++) {
		struct flow_to to = verify_flow_to(v, i);

		for (u32 k = 0; k < to.count; k++)
			l->from[l->from_start[to.insns[k] + 1]++] = i;
	}
	return 0;
}

/* r1 to the last argument. */
static u32 first_args(u32 n)
{
	return R1_5 & ((1u << (MIN(n, 5u) + 1)) - 1);
}

static u32 helper_args(const struct verifier *v, const struct isa_op *op)
{
	const struct helper_proto *proto = op->imm > 0 && op->imm <= UINT32_MAX
						   ? core_helper_for((u32)op->imm, v->in->prog_type)
						   : NULL;
	u32 n = 0;

	if (!proto || !core_prog_allows(v->type, proto, v->in->attach_type, v->in->kernel))
		return R1_5;
	while (n < 5 && proto->args[n] != ARG_NONE)
		n++;
	return first_args(n);
}

static u32 kfunc_args(const struct verifier *v, const struct isa_op *op)
{
	const struct verify_kfunc *k = verify_kfunc_of(v, op);
	const struct btf_type *t = k && k->btf ? btf_at(k->btf, k->id) : NULL;

	if (!t || btf_kind_of(k->btf, k->id) != BTF_KIND_FUNC)
		return R1_5;
	t = btf_at(k->btf, t->type);
	return t && BTF_INFO_KIND(t->info) == BTF_KIND_FUNC_PROTO
		       ? first_args(BTF_INFO_VLEN(t->info))
		       : R1_5;
}

/* Of these the kernel does not say what they use and change: so all, and nothing. */
static bool is_packet_load(const struct isa_op *op)
{
	return isa_info(op->op)->cls == ISA_CLASS_PACKET;
}

static u32 uses_of(const struct verifier *v, const struct isa_op *op)
{
	switch (op->op) {
	case ISA_OP_CALL_HELPER: return helper_args(v, op);
	case ISA_OP_CALL_KFUNC: return kfunc_args(v, op);
	default: return is_packet_load(op) ? ISA_R(10) - 1 : isa_uses(op);
	}
}

static u32 defs_of(const struct isa_op *op)
{
	return is_packet_load(op) ? 0 : isa_defs(op);
}

static u32 live_behind(const struct verifier *v, u32 insn)
{
	struct flow_to to = verify_flow_to(v, insn);
	u32 live = 0;

	for (u32 k = 0; k < to.count; k++)
		live |= v->insns[to.insns[k]].live_before;
	return live;
}

static int find_live_regs(struct verifier *v)
{
	u32 *work = base_calloc(v->count, sizeof(*work));
	u8 *waits = base_zalloc(v->count);
	u32 len = 0;

	if (!work || !waits) {
		base_free(work);
		base_free(waits);
		return -ENOMEM;
	}
	for (u32 i = 0; i < v->count; i++) {
		if (v->ops[i].op == ISA_OP_HIGH)
			continue;
		work[len++] = i;
		waits[i] = 1;
	}
	while (len) {
		u32 i = work[--len];
		const struct isa_op *op = &v->ops[i];
		u32 live = (live_behind(v, i) & ~defs_of(op)) | uses_of(v, op);
		struct flow_from from = verify_flow_from(v, i);

		waits[i] = 0;
		if (live == v->insns[i].live_before)
			continue;
		v->insns[i].live_before = live;
		for (u32 k = 0; k < from.count; k++) {
			u32 p = from.insns[k];

			if (!waits[p]) {
				work[len++] = p;
				waits[p] = 1;
			}
		}
	}
	base_free(work);
	base_free(waits);
	return 0;
}

/* As the kernel lists them: the loop, the live ones of r0-r9, the instruction. */
static void say_live_regs(struct verifier *v)
{
	struct text *t = v->in->log;

	if (!t || !(v->in->log_level & VERIFY_LOG_ALL))
		return;
	text_puts(t, "Live regs before insn:\n");
	for (u32 i = 0; i < v->count; i++) {
		const struct vinsn *insn = &v->insns[i];

		if (insn->scc)
			text_fmt(t, "%3u ", insn->scc);
		else
			text_puts(t, "    ");
		text_fmt(t, "%3u: ", i);
		for (u32 r = 0; r < 10; r++)
			text_putc(t, insn->live_before >> r & 1 ? (char)('0' + r) : '.');
		text_putc(t, ' ');
		verify_format_insn(v, t, i);
		text_putc(t, '\n');
		i += isa_is_lddw(v->ops[i].op);
	}
}

int verify_liveness_init(struct verifier *v)
{
	int err;

	v->live = arena_alloc(&v->arena, sizeof(*v->live));
	if (!v->live)
		return -ENOMEM;
	err = index_flow(v);
	err = err ?: find_live_regs(v);
	err = err ?: verify_slots_init(v);
	if (!err)
		say_live_regs(v);
	return err;
}

void verify_liveness_fini(struct verifier *v)
{
	struct liveness *l = v->live;

	if (!l)
		return;
	verify_slots_fini(v);
	base_free(l->from_start);
	base_free(l->from);
	v->live = NULL;
}
