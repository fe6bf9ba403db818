// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which registers hold the context.
 *
 * A packet pointer in a context is loaded by another operation than a number is
 * (core/packet.h), so the image must know which loads go through the context.
 * What is known before an instruction is a set: the registers, and the 8-byte
 * slots of the frame, that hold the context as the program got it. The main
 * program begins with {r1}; a copy or a spill adds, anything else that writes
 * removes; where paths meet, only what both agree on stays; a function begins
 * with the arguments that all its callers agree on. Sets only shrink, so the
 * walk ends. The kernel refuses an instruction that works on the context by one
 * path and on something else by another.
 */
#include <errno.h>
#include "base/alloc.h"
#include "base/vec.h"
#include "isa/decode.h"
#include "vm/context.h"

#define SLOTS (ISA_STACK_SIZE / 8)

struct holders {
	u64 slots; /* bit n: the slot at r10 - 8 * (n + 1) */
	u16 regs;
	bool seen;
};

struct flow {
	const struct isa_op *ops;
	u32 count;
	struct holders *before; /* per instruction */
	VEC(u32) todo;
};

/* One more way to get to `insn`. */
static int arrive(struct flow *f, s64 insn, struct holders h)
{
	struct holders *b;

	if (insn < 0 || insn >= f->count)
		return 0;
	b = &f->before[insn];
	if (b->seen) {
		h.regs &= b->regs;
		h.slots &= b->slots;
		if (h.regs == b->regs && h.slots == b->slots)
			return 0;
	}
	*b = (struct holders){.regs = h.regs, .slots = h.slots, .seen = true};
	return vec_push(&f->todo, (u32)insn);
}

/* The slots that a store to the frame touches; `exact`: just one, whole. */
static u64 slots_at(s32 off, u32 bytes, bool *exact)
{
	s32 lo = -off - (s32)bytes, hi = -off - 1; /* distances below r10 */

	*exact = bytes == 8 && off % 8 == 0;
	if (lo < 0 || hi >= ISA_STACK_SIZE)
		return 0;
	return 1ull << lo / 8 | 1ull << hi / 8;
}

/* What one operation that is no jump makes of the set. */
static void step(const struct isa_op *op, const struct isa_info *info, struct holders *h)
{
	u32 defs = isa_defs(op) & 0x7ff;
	bool from = h->regs & ISA_R(op->src), exact = false;
	u64 slots = 0;

	if ((info->cls == ISA_CLASS_STORE || info->cls == ISA_CLASS_ATOMIC) && op->dst == 10) {
		slots = slots_at(op->off, info->bits / 8, &exact);
		h->slots &= ~slots;
		if (op->op == ISA_OP_STX64 && exact && from)
			h->slots |= slots;
	}
	if (op->op == ISA_OP_LDX64 && op->src == 10) {
		slots = slots_at(op->off, 8, &exact);
		from = exact && slots && (h->slots & slots) == slots;
	} else if (op->op != ISA_OP_MOV64_REG) {
		from = false;
	}
	h->regs &= ~defs;
	if (from && op->dst < 10)
		h->regs |= ISA_R(op->dst);
}

static int follow(struct flow *f, u32 i)
{
	const struct isa_op *op = &f->ops[i];
	const struct isa_info *info = isa_info(op->op);
	struct holders h = f->before[i];
	int err = 0;

	if (op->op == ISA_OP_CALL_SUB)
		err = arrive(f, op->imm, (struct holders){.regs = h.regs & 0x3e});
	else if (op->op == ISA_OP_LDDW_FUNC)
		err = arrive(f, op->imm, (struct holders){0});
	step(op, info, &h);
	if (err || info->flow == ISA_FLOW_EXIT)
		return err;
	if (info->flow == ISA_FLOW_BRANCH || info->flow == ISA_FLOW_JUMP)
		err = arrive(f, isa_target(op, i), h);
	if (!err && info->flow != ISA_FLOW_JUMP)
		err = arrive(f, i + 1 + isa_is_lddw(op->op), h);
	return err;
}

/* Has the type fields to rewrite at all? */
static bool concerns(const struct prog_type_ops *type)
{
	for (u32 i = 0; i < type->ctx_count; i++)
		if (type->ctx[i].kind != CTX_SCALAR || type->ctx[i].keeps)
			return true;
	return false;
}

static void rewrite(const struct flow *f, const struct prog_type_ops *type, struct isa_op *ops)
{
	for (u32 i = 0; i < f->count; i++) {
		const struct isa_info *info = isa_info(ops[i].op);
		u8 base = info->cls == ISA_CLASS_LOAD ? ops[i].src : ops[i].dst;

		if ((info->cls == ISA_CLASS_LOAD || info->cls == ISA_CLASS_STORE) &&
		    f->before[i].regs & ISA_R(base))
			prog_ctx_rewrite(type, &ops[i]);
	}
}

int context_rewrite(const struct prog_type_ops *type, struct isa_op *ops, u32 count)
{
	struct flow f = {.ops = ops, .count = count};
	int err;

	if (!concerns(type))
		return 0;
	f.before = base_calloc(count, sizeof(*f.before));
	err = f.before ? arrive(&f, 0, (struct holders){.regs = ISA_R(1)}) : -ENOMEM;
	while (!err && f.todo.len)
		err = follow(&f, f.todo.data[--f.todo.len]);
	if (!err)
		rewrite(&f, type, ops);
	vec_fini(&f.todo);
	base_free(f.before);
	return err;
}
