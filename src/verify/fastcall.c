// SPDX-License-Identifier: BSD-2-Clause
/*
 * Calls that clobber few registers. A compiler that does not count on it
 * surrounds such a call by spills and fills of what the call keeps:
 *
 *	*(u64 *)(r10 - 16) = r1
 *	*(u64 *)(r10 - 8) = r2
 *	call bpf_get_smp_processor_id
 *	r2 = *(u64 *)(r10 - 8)
 *	r1 = *(u64 *)(r10 - 16)
 *
 * The kernel removes them, and then their slots count for nothing: a function
 * needs what lies above the lowest of them only. The pairs are found before the
 * walk: symmetric, of registers the call would not clobber, in slots from the
 * lowest one that the function spills to, nearest to the call first. Whoever else
 * touches those slots, or a pair around a call that is not known to keep
 * registers, makes all of the function's stay.
 */
#include "btf/walk.h"
#include "core/kfunc.h"
#include "verify/verifier.h"

#define OFF_NONE INT16_MIN

/* Registers (bits) that the callee leaves alone, and whether it is known to. */
struct kept {
	u32 regs;
	bool known;
};

#define CALLER_SAVED 0x3fu /* r0-r5 */

static u32 kept_regs(bool is_void, u32 args)
{
	u32 clobbered = is_void ? 0 : 1;

	for (u32 i = 1; i <= args && i <= 5; i++)
		clobbered |= 1u << i;
	return CALLER_SAVED & ~clobbered;
}

static bool kept_by_helper(const struct verifier *v, u32 id, struct kept *out)
{
	const struct helper_proto *p = core_helper_for(id, v->in->prog_type);
	u32 args = 0;

	if (!p || !core_prog_allows(v->type, p, v->in->attach_type, v->in->kernel))
		return false;
	while (args < 5 && p->args[args] != ARG_NONE)
		args++;
	*out = (struct kept){kept_regs(p->ret == RET_VOID, args), p->flags & HELPER_FASTCALL};
	return true;
}

static bool kept_by_kfunc(const struct verifier *v, const struct isa_op *op, struct kept *out)
{
	const struct verify_kfunc *k = verify_kfunc_of(v, op);
	struct btf_function f;

	if (!k || !k->btf || !k->proto || btf_function_of(k->btf, k->id, &f))
		return false;
	*out = (struct kept){kept_regs(!f.ret, f.arg_count), k->proto->flags & KF_FASTCALL};
	return true;
}

static bool kept_by(const struct verifier *v, const struct isa_op *op, struct kept *out)
{
	switch (op->op) {
	case ISA_OP_CALL_HELPER: return kept_by_helper(v, (u32)op->imm, out);
	case ISA_OP_CALL_KFUNC: return kept_by_kfunc(v, op, out);
	default: return false;
	}
}

/* A spill of a register and the fill of it, on both sides of a call. */
static bool is_pair(const struct isa_op *spill, const struct isa_op *fill, u32 regs, s32 off)
{
	return spill->op == ISA_OP_STX64 && fill->op == ISA_OP_LDX64 && spill->dst == 10 &&
	       fill->src == 10 && spill->src == fill->dst && regs >> spill->src & 1 &&
	       spill->off == off && fill->off == off;
}

static void mark_call(struct verifier *v, struct vsub *sub, u32 call, s32 lowest)
{
	struct kept kept;
	u32 n = 0;

	if (!kept_by(v, &v->ops[call], &kept))
		return;
	while (n < 6 && call >= n + 1 && call + n + 1 < v->count) {
		const struct isa_op *spill = &v->ops[call - n - 1];

		if (!is_pair(spill, &v->ops[call + n + 1], kept.regs, lowest + 8 * (s32)n))
			break;
		kept.regs &= ~(1u << spill->src);
		v->insns[call - n - 1].fast_pair = v->insns[call + n + 1].fast_pair = true;
		n++;
	}
	if (!n)
		return;
	if (kept.known)
		v->insns[call].fast_spills = true;
	else
		sub->keep_fastcall = true;
	sub->fastcall_off = MIN(sub->fastcall_off, lowest + 8 * (s32)n);
}

static void mark_sub(struct verifier *v, struct vsub *sub)
{
	s32 lowest = 0;

	for (u32 i = sub->start; i < sub->end; i++)
		if (v->ops[i].op == ISA_OP_STX64 && v->ops[i].dst == 10)
			lowest = MIN(lowest, v->ops[i].off);
	for (u32 i = sub->start; lowest && i < sub->end; i++)
		mark_call(v, sub, i, lowest);
}

void verify_fastcall_init(struct verifier *v)
{
	if (!verify_has(v, KERNEL_FASTCALL))
		return;
	for (u32 s = 0; s < v->sub_count; s++)
		mark_sub(v, &v->subs[s]);
}

void verify_fastcall_access(struct verifier *v, const struct vframe *f, u32 insn, s32 off)
{
	struct vsub *sub = &v->subs[f->subprog];

	if (sub->fastcall_off <= off || v->insns[insn].fast_pair)
		return;
	sub->fastcall_off = OFF_NONE;
	for (u32 i = sub->start; i < sub->end; i++)
		v->insns[i].fast_spills = v->insns[i].fast_pair = false;
}

u32 verify_sub_depth(const struct verifier *v, u32 s)
{
	const struct vsub *sub = &v->subs[s];

	if (sub->keep_fastcall || sub->fastcall_off == OFF_NONE)
		return sub->stack;
	for (u32 i = sub->start; i < sub->end; i++)
		if (v->insns[i].fast_spills)
			return (u32)-sub->fastcall_off;
	return sub->stack;
}
