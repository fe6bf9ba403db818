// SPDX-License-Identifier: BSD-2-Clause
/*
 * Arenas (core/arena.h), from the image to the intermediate form. Each access is a
 * test of the offset in the contents, on whose rare way nothing is stored and 0
 * loaded; no signal is needed for what programs may do.
 */
#include <stddef.h>
#include "core/arena.h"
#include "isa/decode.h"
#include "jit/build.h"

static ir_ref arena(struct build *b, u32 index)
{
	ir_ref r = build_ins(b, IR_MAP, 64, 0, 0);

	if (r)
		ir_at(b->f, r)->imm = index;
	return r;
}

/* The program's arena; ~0: a program without one makes no such access. */
static u32 index_of(struct build *b)
{
	u32 index = b->maps ? arena_index(b->image, b->maps) : ~0u;

	if (index == ~0u)
		build_stop(b, FAULT_INSN);
	return index;
}

/* The register that the access sets; ~0: none. */
static u32 result_of(const struct isa_op *op)
{
	switch (isa_info(op->op)->kind) {
	case ISA_KIND_LDX:
	case ISA_KIND_LOAD_ACQ: return op->dst;
	case ISA_KIND_ATOMIC_FETCH: return op->src;
	case ISA_KIND_CMPXCHG: return 0;
	default: return ~0u;
	}
}

static u32 base_of(const struct isa_op *op)
{
	const struct isa_info *info = isa_info(op->op);

	return info->cls == ISA_CLASS_LOAD || info->kind == ISA_KIND_LOAD_ACQ ? op->src : op->dst;
}

void build_arena_access(struct build *b, const struct isa_op *op)
{
	u32 size = isa_info(op->op)->bits / 8, index = index_of(b), to = result_of(op), joined,
	    outside;
	ir_ref first, at, contents, zero = build_const(b, 0);

	if (index == ~0u) {
		if (to != ~0u)
			b->vars[to] = zero;
		return;
	}
	first = build_memory(b, IR_LOAD, 4, arena(b, index), offsetof(struct map, extra), 0);
	at = build_ins(b, IR_SUB, 64, build_size(b, IR_ZEXT, 64, 4, build_reg(b, base_of(op))),
		       first);
	at = build_ins(b, IR_ADD, 64, at, build_const(b, (u64)(s64)op->off));
	outside = build_unlikely(b, COND_GT, 64, at,
				 build_const(b, arena_bytes(b->maps[index]) - size));
	contents = build_ins(b, IR_MAPMEM, 64, 0, 0);
	if (contents)
		ir_at(b->f, contents)->map = (u16)index;
	build_access(b, op, build_ins(b, IR_ADD, 64, contents, at), 0);
	joined = ir_block_new(b->f);
	build_join(b, joined);
	b->at = outside;
	build_join(b, joined);
	b->at = joined;
	if (to != ~0u)
		b->vars[to] = build_phi(b, b->vars[to], zero);
}

ir_ref build_arena_cast(struct build *b, const struct isa_op *op)
{
	ir_ref low = build_size(b, IR_ZEXT, 64, 4, build_reg(b, op->src)), high, r;
	u32 index;

	if (op->op == ISA_OP_CAST_KERN)
		return low;
	index = b->maps ? arena_index(b->image, b->maps) : ~0u;
	if (index == ~0u || b->maps[index]->flags & BPF_F_NO_USER_CONV)
		return low;
	high = build_memory(b, IR_LOAD, 8, arena(b, index), offsetof(struct map, extra), 0);
	high = build_ins(b, IR_AND, 64, high, build_const(b, ~(u64)UINT32_MAX));
	r = build_ins(b, IR_SELECT, 64, low, build_ins(b, IR_OR, 64, low, high));
	if (r)
		ir_at(b->f, r)->c = low;
	return r;
}

ir_ref build_map_value(struct build *b, u32 map, s64 off)
{
	ir_ref r;

	if (b->maps && map < b->image->map_count && b->maps[map]->type == BPF_MAP_TYPE_ARENA) {
		r = build_memory(b, IR_LOAD, 8, arena(b, map), offsetof(struct map, extra), 0);
		return build_ins(b, IR_ADD, 64, r, build_const(b, (u64)off));
	}
	r = build_ins(b, IR_MAPVAL, 64, 0, 0);
	if (r) {
		ir_at(b->f, r)->imm = off;
		ir_at(b->f, r)->map = (u16)map;
	}
	return r;
}
