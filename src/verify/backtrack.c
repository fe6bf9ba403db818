// SPDX-License-Identifier: BSD-2-Clause
/*
 * One instruction, backwards: what must be precise before it so that what must
 * be precise behind it is.
 *
 * An assignment replaces its result by its operands, a constant drops it, a
 * store to a wanted slot moves the wish to the register stored. At an exit (seen
 * backwards: the callee is entered) wishes for r0 move inside; at the call they
 * move as r1-r5 to the caller. Callbacks get nothing from the caller's registers
 * and give nothing back. Numbers that were refined together at a compare
 * (`linked`) are wanted together.
 */
#include "verify/prune.h"

#define R1_5 (ISA_R(1) | ISA_R(2) | ISA_R(3) | ISA_R(4) | ISA_R(5))

static u32 *regs_of(struct precise_set *p)
{
	return &p->regs[p->frame];
}

static bool has_reg(const struct precise_set *p, u32 r)
{
	return p->regs[p->frame] >> r & 1;
}

static void want_reg(struct precise_set *p, u32 r)
{
	if (r != 10)
		*regs_of(p) |= ISA_R(r);
}

static void drop_reg(struct precise_set *p, u32 r)
{
	*regs_of(p) &= ~ISA_R(r);
}

static u32 step_frame(const struct vstep *step)
{
	return step->flags >> 3 & 7;
}

static u64 step_slot(const struct vstep *step)
{
	return 1ull << (step->flags >> 6 & 63);
}

/* Linked registers and slots: one wanted, all wanted. */
static void want_linked(struct precise_set *p, const struct vstep *step)
{
	struct vlinked set = {0};
	bool wanted = false;

	if (step)
		verify_linked_unpack(step->linked, &set);
	for (u32 i = 0; i < set.count; i++)
		wanted |= set.at[i].is_reg ? p->regs[set.at[i].frame] >> set.at[i].index & 1
					   : p->slots[set.at[i].frame] >> set.at[i].index & 1;
	for (u32 i = 0; wanted && i < set.count; i++)
		if (set.at[i].is_reg)
			p->regs[set.at[i].frame] |= 1u << set.at[i].index;
		else
			p->slots[set.at[i].frame] |= 1ull << set.at[i].index;
}

static void back_alu(struct precise_set *p, const struct isa_op *op, const struct isa_info *info)
{
	if (!has_reg(p, op->dst))
		return;
	switch (info->kind) {
	case ISA_KIND_MOV_REG:
	case ISA_KIND_CAST:
		drop_reg(p, op->dst);
		want_reg(p, op->src);
		break;
	case ISA_KIND_MOV_IMM: drop_reg(p, op->dst); break;
	case ISA_KIND_ALU_REG: want_reg(p, op->src); break;
	default: break;
	}
}

/* A load gives the register what the slot held; from elsewhere nothing comes that was known. */
static void back_load(struct precise_set *p, u32 reg, const struct vstep *step)
{
	if (!has_reg(p, reg))
		return;
	drop_reg(p, reg);
	if (step && step->flags & VSTEP_STACK)
		p->slots[step_frame(step)] |= step_slot(step);
}

static int back_store(struct precise_set *p, const struct isa_op *op, bool from_reg,
		      const struct vstep *step)
{
	u64 *slots;

	/* A number as the address: a difference of pointers was wanted. */
	if (has_reg(p, op->dst))
		return BACKTRACK_LOST;
	if (!step || !(step->flags & VSTEP_STACK))
		return 0;
	slots = &p->slots[step_frame(step)];
	if (!(*slots & step_slot(step)))
		return 0;
	*slots &= ~step_slot(step);
	if (from_reg)
		want_reg(p, op->src);
	return 0;
}

/*
 * What was in memory comes into a register, what was in the other one is stored.
 * The kernel does not see the first half, and goes on to want the register; with
 * it, what it wants and what is true are wanted both.
 */
static int back_atomic(struct precise_set *p, const struct isa_op *op, const struct isa_info *info,
		       const struct vstep *step)
{
	u32 into = info->kind == ISA_KIND_CMPXCHG ? 0 : op->src;
	bool fetches = info->kind == ISA_KIND_CMPXCHG || info->kind == ISA_KIND_ATOMIC_FETCH;
	bool wanted = fetches && has_reg(p, into);
	int err;

	if (info->kind == ISA_KIND_LOAD_ACQ) {
		back_load(p, op->dst, step);
		return 0;
	}
	if (!wanted)
		return back_store(p, op, true, step);
	if (into == op->dst)
		return BACKTRACK_LOST;
	err = back_store(p, op, true, step);
	if (!err && step && step->flags & VSTEP_STACK)
		p->slots[step_frame(step)] |= step_slot(step);
	return err;
}

/* Backwards over the call into the caller: the callee's frame is left. */
static int leave_frame(struct verifier *v, struct precise_set *p, bool pass_args)
{
	u32 regs = *regs_of(p);

	if (regs & ~R1_5 || p->slots[p->frame] || !p->frame)
		return verify_bug(v, "precision wanted before the callee's first instruction");
	*regs_of(p) = 0;
	p->frame--;
	if (pass_args)
		*regs_of(p) |= regs;
	return 0;
}

/* Back into a callee, by its end. */
static int enter_frame(struct verifier *v, struct precise_set *p)
{
	if (p->frame + 1 >= VERIFY_MAX_FRAMES)
		return verify_bug(v, "too many frames on the way back");
	p->frame++;
	return 0;
}

static int back_call_sub(struct verifier *v, struct precise_set *p, const struct isa_op *op,
			 u32 insn, u32 next)
{
	u32 sub = verify_sub_starting(v, (u32)op->imm);

	if (v->subs[sub].global && next == insn + 1) {
		drop_reg(p, 0);
		return *regs_of(p) & R1_5 ? verify_bug(v, "arguments wanted behind a call") : 0;
	}
	return leave_frame(v, p, true);
}

static int back_call(struct verifier *v, struct precise_set *p, const struct isa_op *op, u32 insn,
		     u32 next)
{
	if (op->op == ISA_OP_CALL_SUB)
		return back_call_sub(v, p, op, insn, next);
	/* Not straight on: a callback's first instruction came next. */
	if (v->insns[insn].calls_callback && next != insn + 1) {
		*regs_of(p) &= ~R1_5;
		return leave_frame(v, p, false);
	}
	drop_reg(p, 0);
	/* A tail call in a function that ended it: what came next is its caller's. */
	if (verify_may_return(v, insn) && next != insn + 1)
		return enter_frame(v, p);
	return *regs_of(p) & R1_5 ? verify_bug(v, "arguments wanted behind a call") : 0;
}

/* Backwards through an exit: what stands behind the call is the caller's, then the callee's. */
static int back_exit(struct verifier *v, struct precise_set *p, u32 next)
{
	bool returns =
		next && next <= v->count && v->ops[next - 1].op == ISA_OP_CALL_SUB && has_reg(p, 0);
	int err;

	if (next < v->count && v->insns[next].calls_callback)
		*regs_of(p) &= ~R1_5;
	if (*regs_of(p) & R1_5)
		return verify_bug(v, "arguments wanted behind an exit");
	drop_reg(p, 0);
	err = enter_frame(v, p);
	if (!err && returns)
		want_reg(p, 0);
	return err;
}

static void back_branch(struct precise_set *p, const struct isa_op *op, const struct isa_info *info,
			const struct vstep *step)
{
	if (info->kind != ISA_KIND_JMP_REG || (!has_reg(p, op->dst) && !has_reg(p, op->src)))
		return;
	if (!step || !(step->flags & VSTEP_SRC_STACK))
		want_reg(p, op->src);
	if (!step || !(step->flags & VSTEP_DST_STACK))
		want_reg(p, op->dst);
}

static int back_class(struct verifier *v, struct precise_set *p, const struct isa_op *op,
		      const struct vstep *step, u32 insn, u32 next)
{
	const struct isa_info *info = isa_info(op->op);

	switch (info->cls) {
	case ISA_CLASS_ALU: back_alu(p, op, info); return 0;
	case ISA_CLASS_CONST: drop_reg(p, op->dst); return 0;
	case ISA_CLASS_PACKET: return has_reg(p, 0) ? BACKTRACK_LOST : 0;
	case ISA_CLASS_LOAD: back_load(p, op->dst, step); return 0;
	case ISA_CLASS_STORE: return back_store(p, op, info->kind == ISA_KIND_STX, step);
	case ISA_CLASS_ATOMIC: return back_atomic(p, op, info, step);
	case ISA_CLASS_CALL: return back_call(v, p, op, insn, next);
	case ISA_CLASS_EXIT: return back_exit(v, p, next);
	case ISA_CLASS_JUMP: back_branch(p, op, info, step); return 0;
	default: return 0;
	}
}

int verify_backtrack(struct verifier *v, struct precise_set *p, const struct vstep *step, u32 insn,
		     u32 next)
{
	int err;

	want_linked(p, step);
	err = back_class(v, p, &v->ops[insn], step, insn, next);
	if (!err)
		want_linked(p, step);
	return err;
}
