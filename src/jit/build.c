// SPDX-License-Identifier: BSD-2-Clause
/*
 * From the image to the intermediate form.
 *
 * A subprogram is cut into blocks. Its variables are r0 to r9 and those stack
 * slots that are reached only by r10 and a constant, always the same bytes: they
 * become values and their memory goes. What of them is alive at each block's
 * start is a backward flow. Blocks are translated in reverse postorder: one with
 * a single predecessor begins with what that left; any other begins with a phi for
 * each live variable, whose operands are filled in when all blocks are done. Phis
 * that turn out to choose between a value and themselves are then replaced.
 */
#include <errno.h>
#include <string.h>
#include <cygnet/abi.h>
#include "core/run.h"
#include "isa/decode.h"
#include "jit/build.h"
#include "jit/jit.h"

#define SLOT_VAR     10
#define MAY_GOTO_VAR 74

/* sets ------------------------------------------------------------------------ */

static void set_add(struct build_set *s, u32 v)
{
	if (v < 64)
		s->lo |= 1ull << v;
	else
		s->hi |= 1ull << (v - 64);
}

static bool set_has(const struct build_set *s, u32 v)
{
	return v < 64 ? s->lo >> v & 1 : s->hi >> (v - 64) & 1;
}

/* instructions ------------------------------------------------------------------ */

ir_ref build_ins(struct build *b, u32 op, u32 bits, ir_ref x, ir_ref y)
{
	ir_ref r = ir_new(b->f, op, bits);

	if (!r)
		return 0;
	ir_at(b->f, r)->a = x;
	ir_at(b->f, r)->b = y;
	ir_at(b->f, r)->insn = b->insn;
	return ir_append(b->f, b->at, r);
}

ir_ref build_const(struct build *b, u64 value)
{
	return ir_const(b->f, b->at, value);
}

ir_ref build_size(struct build *b, u32 op, u32 bits, u32 size, ir_ref x)
{
	ir_ref r = build_ins(b, op, bits, x, 0);

	if (r)
		ir_at(b->f, r)->size = (u8)size;
	return r;
}

ir_ref build_memory(struct build *b, u32 op, u32 size, ir_ref address, s64 disp, ir_ref value)
{
	ir_ref r = build_ins(b, op, 64, address, value);

	if (r) {
		ir_at(b->f, r)->size = (u8)size;
		ir_at(b->f, r)->imm = disp;
	}
	return r;
}

/* slots --------------------------------------------------------------------------- */

/* The base register of a load, store or atomic; ~0: no such instruction. */
static u32 base_of(const struct isa_op *op)
{
	const struct isa_info *info = isa_info(op->op);

	switch (info->cls) {
	case ISA_CLASS_LOAD: return op->src;
	case ISA_CLASS_STORE: return op->dst;
	case ISA_CLASS_ATOMIC: return info->kind == ISA_KIND_LOAD_ACQ ? op->src : op->dst;
	default: return ~0u;
	}
}

static u32 slot_of(s32 off)
{
	return off < 0 && off >= -ISA_STACK_SIZE ? (u32)(-off - 1) / 8 : ~0u;
}

/* Which slots can be variables: reached by plain accesses through r10, all alike. */
static void find_slots(struct build *b)
{
	u64 memory = b->sub->indirect;

	for (u32 i = b->sub->start; i < b->sub->end; i++) {
		const struct isa_op *op = &b->ops[i];
		const struct isa_info *info = isa_info(op->op);
		u32 size = info->bits / 8, slot = slot_of(op->off);

		if (base_of(op) != 10 || slot == ~0u)
			continue;
		if (info->cls == ISA_CLASS_ATOMIC || slot_of(op->off + (s32)size - 1) != slot) {
			memory |= 1ull << slot;
			if (slot)
				memory |= 1ull << (slot - 1);
			continue;
		}
		if (!b->slots[slot].size) {
			b->slots[slot].off = op->off;
			b->slots[slot].size = (u8)size;
		} else if (b->slots[slot].off != op->off || b->slots[slot].size != size) {
			memory |= 1ull << slot;
		}
	}
	for (u32 s = 0; s < 64; s++)
		if (memory >> s & 1)
			b->slots[s].size = 0;
}

/* The variable an access of the stack is of; ~0: memory. */
static u32 slot_var(const struct build *b, const struct isa_op *op)
{
	u32 slot = slot_of(op->off);

	if (base_of(op) != 10 || slot == ~0u || !b->slots[slot].size)
		return ~0u;
	return SLOT_VAR + slot;
}

/* The bytes of stack that stay memory. */
static u32 stack_left(const struct build *b)
{
	u32 bytes = 0;

	for (u32 s = 0; s < 64 && s * 8 < ROUND_UP(b->sub->stack, 8u); s++)
		if (!b->slots[s].size)
			bytes = (s + 1) * 8;
	return bytes;
}

/* blocks --------------------------------------------------------------------------- */

static void mark_start(struct build *b, u32 insn)
{
	if (insn >= b->sub->start && insn < b->sub->end)
		b->block_of[insn - b->sub->start] = 1;
}

static u32 next_insn(const struct build *b, u32 i)
{
	return i + 1 + (isa_is_lddw(b->ops[i].op) ? 1 : 0);
}

static u32 flow_of(const struct isa_op *op)
{
	return build_is_throw(op) ? ISA_FLOW_EXIT : isa_info(op->op)->flow;
}

static bool ends_block(const struct isa_op *op)
{
	u32 flow = flow_of(op);

	return flow == ISA_FLOW_BRANCH || flow == ISA_FLOW_JUMP || flow == ISA_FLOW_EXIT;
}

static int find_blocks(struct build *b)
{
	u32 count = b->sub->end - b->sub->start, n = 0;

	b->block_of = arena_alloc(b->arena, (count + 1) * sizeof(u32));
	if (!b->block_of)
		return -ENOMEM;
	b->block_of[0] = 1;
	for (u32 i = b->sub->start; i < b->sub->end; i++) {
		const struct isa_op *op = &b->ops[i];
		const struct isa_info *info = isa_info(op->op);

		if (info->flow == ISA_FLOW_BRANCH || info->flow == ISA_FLOW_JUMP)
			mark_start(b, (u32)isa_target(op, i));
		if (ends_block(op))
			mark_start(b, i + 1);
		b->has_may_goto |= op->op == ISA_OP_MAY_GOTO;
	}
	for (u32 i = 0; i < count; i++)
		n += b->block_of[i];
	b->blocks = arena_alloc(b->arena, n * sizeof(*b->blocks));
	if (!b->blocks)
		return -ENOMEM;
	for (u32 i = 0; i < count; i++) {
		if (!b->block_of[i])
			continue;
		if (b->block_count)
			b->blocks[b->block_count - 1].end = b->sub->start + i;
		b->blocks[b->block_count].start = b->sub->start + i;
		b->blocks[b->block_count].end = b->sub->end;
		b->block_of[i] = ++b->block_count;
	}
	return 0;
}

static struct build_block *block_at(const struct build *b, u32 insn)
{
	return &b->blocks[b->block_of[insn - b->sub->start] - 1];
}

/* Where a block may go on: instructions; returns how many. */
static u32 targets(const struct build *b, const struct build_block *blk, u32 out[2])
{
	u32 last = blk->end - 1;
	const struct isa_op *op = &b->ops[last];

	if (op->op == ISA_OP_HIGH)
		op = &b->ops[--last];
	switch (flow_of(op)) {
	case ISA_FLOW_EXIT: return 0;
	case ISA_FLOW_JUMP: out[0] = (u32)isa_target(op, last); return 1;
	case ISA_FLOW_BRANCH:
		out[0] = (u32)isa_target(op, last);
		out[1] = last + 1;
		return out[0] == out[1] ? 1 : 2;
	default: out[0] = blk->end; return blk->end < b->sub->end;
	}
}

/* liveness ------------------------------------------------------------------------- */

static void use(struct build_block *blk, u32 v)
{
	if (!set_has(&blk->defs, v))
		set_add(&blk->uses, v);
}

static void scan_insn(const struct build *b, struct build_block *blk, const struct isa_op *op)
{
	const struct isa_info *info = isa_info(op->op);
	u32 uses = build_call_uses(op) & 0x3ff, defs = isa_defs(op) & 0x3ff, slot = slot_var(b, op);

	if (info->cls == ISA_CLASS_HIGH)
		return;
	for (u32 r = 0; r < 10; r++)
		if (uses >> r & 1)
			use(blk, r);
	if (slot != ~0u && info->cls == ISA_CLASS_LOAD)
		use(blk, slot);
	if (slot != ~0u && info->cls == ISA_CLASS_STORE)
		set_add(&blk->defs, slot);
	for (u32 r = 0; r < 10; r++)
		if (defs >> r & 1)
			set_add(&blk->defs, r);
	if (op->op == ISA_OP_MAY_GOTO) {
		use(blk, MAY_GOTO_VAR);
		set_add(&blk->defs, MAY_GOTO_VAR);
	}
}

static bool flow_back(struct build *b, struct build_block *blk)
{
	struct build_set live = {0};
	u32 to[2], n = targets(b, blk, to);

	for (u32 i = 0; i < n; i++) {
		live.lo |= block_at(b, to[i])->live.lo;
		live.hi |= block_at(b, to[i])->live.hi;
	}
	live.lo = blk->uses.lo | (live.lo & ~blk->defs.lo);
	live.hi = blk->uses.hi | (live.hi & ~blk->defs.hi);
	if (live.lo == blk->live.lo && live.hi == blk->live.hi)
		return false;
	blk->live = live;
	return true;
}

static void find_live(struct build *b)
{
	bool changed = true;

	for (u32 i = 0; i < b->block_count; i++)
		for (u32 k = b->blocks[i].start; k < b->blocks[i].end; k++)
			scan_insn(b, &b->blocks[i], &b->ops[k]);
	while (changed) {
		changed = false;
		for (u32 i = b->block_count; i-- > 0;)
			changed |= flow_back(b, &b->blocks[i]);
	}
}

/* translation ------------------------------------------------------------------------ */

ir_ref build_var(struct build *b, u32 v)
{
	ir_ref r = b->vars[v];

	/* What verification proved never to be read uninitialised may look so on dead ways. */
	return r ?: build_const(b, 0);
}

ir_ref build_reg(struct build *b, u32 r)
{
	return r == 10 ? b->f->frame : build_var(b, r);
}

static ir_ref operand(struct build *b, const struct isa_op *op)
{
	const struct isa_info *info = isa_info(op->op);

	if (info->kind == ISA_KIND_ALU_REG || info->kind == ISA_KIND_JMP_REG)
		return build_reg(b, op->src);
	return build_const(b, info->bits == 32 ? (u32)op->imm : (u64)op->imm);
}

static u32 alu_op(const struct isa_info *info)
{
	bool is_signed = info->off == 1;

	switch (info->code & 0xf0) {
	case BPF_ADD: return IR_ADD;
	case BPF_SUB: return IR_SUB;
	case BPF_MUL: return IR_MUL;
	case BPF_DIV: return is_signed ? IR_SDIV : IR_UDIV;
	case BPF_MOD: return is_signed ? IR_SMOD : IR_UMOD;
	case BPF_OR: return IR_OR;
	case BPF_AND: return IR_AND;
	case BPF_LSH: return IR_SHL;
	case BPF_RSH: return IR_SHR;
	case BPF_ARSH: return IR_SAR;
	default: return IR_XOR;
	}
}

static ir_ref unary(struct build *b, const struct isa_op *op)
{
	const struct isa_info *info = isa_info(op->op);
	ir_ref x = build_reg(b, op->dst);
	u32 size = info->bits / 8;

	switch (op->op) {
	case ISA_OP_NEG64: return build_ins(b, IR_NEG, 64, x, 0);
	case ISA_OP_NEG32: return build_ins(b, IR_NEG, 32, x, 0);
	case ISA_OP_LE64: return x;
	case ISA_OP_LE16:
	case ISA_OP_LE32: return build_size(b, IR_ZEXT, 64, size, x);
	default: return build_size(b, IR_BSWAP, 64, size, x);
	}
}

static ir_ref move(struct build *b, const struct isa_op *op)
{
	ir_ref x = build_reg(b, op->src);

	switch (op->op) {
	case ISA_OP_MOV32_REG: return build_size(b, IR_ZEXT, 64, 4, x);
	case ISA_OP_MOVSX8_64: return build_size(b, IR_SEXT, 64, 1, x);
	case ISA_OP_MOVSX16_64: return build_size(b, IR_SEXT, 64, 2, x);
	case ISA_OP_MOVSX32_64: return build_size(b, IR_SEXT, 64, 4, x);
	case ISA_OP_MOVSX8_32: return build_size(b, IR_SEXT, 32, 1, x);
	case ISA_OP_MOVSX16_32: return build_size(b, IR_SEXT, 32, 2, x);
	default: return x;
	}
}

static void alu(struct build *b, const struct isa_op *op)
{
	const struct isa_info *info = isa_info(op->op);
	ir_ref r;

	switch (info->kind) {
	case ISA_KIND_MOV_IMM:
		r = build_const(b, info->bits == 32 ? (u32)op->imm : (u64)op->imm);
		break;
	case ISA_KIND_MOV_REG: r = move(b, op); break;
	case ISA_KIND_UNARY: r = unary(b, op); break;
	case ISA_KIND_CAST: r = build_arena_cast(b, op); break;
	default: r = build_ins(b, alu_op(info), info->bits, build_reg(b, op->dst), operand(b, op));
	}
	b->vars[op->dst] = r;
}

static void constant(struct build *b, const struct isa_op *op)
{
	ir_ref r = 0;

	switch (op->op) {
	case ISA_OP_LDDW: r = build_const(b, (u64)op->imm); break;
	case ISA_OP_LDDW_MAP: r = build_ins(b, IR_MAP, 64, 0, 0); break;
	case ISA_OP_LDDW_MAP_VALUE:
		b->vars[op->dst] = build_map_value(b, (u32)(u16)op->off, op->imm);
		return;
	case ISA_OP_LDDW_FUNC: r = build_ins(b, IR_CODE, 64, 0, 0); break;
	default: b->vars[op->dst] = build_stop(b, FAULT_INSN); return;
	}
	if (r && op->op != ISA_OP_LDDW)
		ir_at(b->f, r)->imm = op->imm;
	b->vars[op->dst] = r;
}

static u32 fact(const struct build *b)
{
	const struct image_fact *facts = image_facts(b->image);

	return facts ? facts[b->insn].facts : 0;
}

static void load(struct build *b, const struct isa_op *op, ir_ref base, s64 off)
{
	const struct isa_info *info = isa_info(op->op);
	u32 size = info->bits / 8, var = slot_var(b, op);
	bool is_signed =
		op->op == ISA_OP_LDSX8 || op->op == ISA_OP_LDSX16 || op->op == ISA_OP_LDSX32;
	ir_ref r;

	if (var != ~0u) {
		r = build_var(b, var);
		if (size < 8)
			r = build_size(b, is_signed ? IR_SEXT : IR_ZEXT, 64, size, r);
	} else if (fact(b) & FACT_BTF_LOAD) {
		r = build_memory(b, IR_LOADX, size, base, off, 0);
		if (r && is_signed)
			r = build_size(b, IR_SEXT, 64, size, r);
	} else {
		r = build_memory(b, is_signed ? IR_LOADS : IR_LOAD, size, base, off, 0);
	}
	b->vars[op->dst] = r;
}

static void store(struct build *b, const struct isa_op *op, ir_ref base, s64 off)
{
	const struct isa_info *info = isa_info(op->op);
	u32 size = info->bits / 8, var = slot_var(b, op);
	ir_ref value =
		info->kind == ISA_KIND_ST ? build_const(b, (u64)op->imm) : build_reg(b, op->src);

	if (fact(b) & FACT_BTF_LOAD)
		build_stop(b, FAULT_WRITE); /* of a kernel object: none is here */
	else if (var != ~0u)
		b->vars[var] = value;
	else
		build_memory(b, IR_STORE, size, base, off, value);
}

static u32 atomic_op(const struct isa_info *info)
{
	switch (info->imm & 0xf0) {
	case BPF_OR: return ATOMIC_OR;
	case BPF_AND: return ATOMIC_AND;
	case BPF_XOR: return ATOMIC_XOR;
	case 0xe0: return ATOMIC_XCHG;
	default: return ATOMIC_ADD;
	}
}

static void atomic(struct build *b, const struct isa_op *op, ir_ref base, s64 off)
{
	const struct isa_info *info = isa_info(op->op);
	u32 size = info->bits / 8;
	ir_ref r;

	if (fact(b) & FACT_BTF_LOAD) {
		build_stop(b, FAULT_WRITE);
		if (isa_defs(op))
			b->vars[info->kind == ISA_KIND_CMPXCHG    ? 0
				: info->kind == ISA_KIND_LOAD_ACQ ? op->dst
								  : op->src] = build_const(b, 0);
		return;
	}
	switch (info->kind) {
	case ISA_KIND_LOAD_ACQ:
		b->vars[op->dst] = build_memory(b, IR_ACQUIRE, size, base, off, 0);
		return;
	case ISA_KIND_STORE_REL:
		build_memory(b, IR_RELEASE, size, base, off, build_reg(b, op->src));
		return;
	case ISA_KIND_CMPXCHG:
		r = build_memory(b, IR_CAS, size, base, off, build_reg(b, op->src));
		if (r)
			ir_at(b->f, r)->c = build_reg(b, 0);
		b->vars[0] = r;
		return;
	}
	r = build_memory(b, IR_ATOMIC, size, base, off, build_reg(b, op->src));
	if (!r)
		return;
	ir_at(b->f, r)->aux = (u8)atomic_op(info);
	if (info->kind == ISA_KIND_ATOMIC_FETCH)
		b->vars[op->src] = r;
}

void build_access(struct build *b, const struct isa_op *op, ir_ref base, s64 off)
{
	switch (isa_info(op->op)->cls) {
	case ISA_CLASS_LOAD: load(b, op, base, off); break;
	case ISA_CLASS_STORE: store(b, op, base, off); break;
	default: atomic(b, op, base, off);
	}
}

static void access(struct build *b, const struct isa_op *op)
{
	if (fact(b) & FACT_ARENA)
		build_arena_access(b, op);
	else
		build_access(b, op, build_reg(b, base_of(op)), op->off);
}

/* ends ------------------------------------------------------------------------------- */

static enum ir_cond condition(const struct isa_info *info)
{
	switch (info->code & 0xf0) {
	case BPF_JEQ: return COND_EQ;
	case BPF_JNE: return COND_NE;
	case BPF_JGT: return COND_GT;
	case BPF_JGE: return COND_GE;
	case BPF_JLT: return COND_LT;
	case BPF_JLE: return COND_LE;
	case BPF_JSGT: return COND_SGT;
	case BPF_JSGE: return COND_SGE;
	case BPF_JSLT: return COND_SLT;
	case BPF_JSLE: return COND_SLE;
	default: return COND_TEST;
	}
}

static void jump_to(struct build *b, u32 insn)
{
	build_ins(b, IR_JUMP, 64, 0, 0);
	ir_edge(b->f, b->at, block_at(b, insn)->entry);
}

static void branch(struct build *b, const struct isa_op *op)
{
	const struct isa_info *info = isa_info(op->op);
	u32 to = (u32)isa_target(op, b->insn);
	ir_ref x, y, r;

	if (to == b->insn + 1) {
		jump_to(b, to);
		return;
	}
	if (op->op == ISA_OP_MAY_GOTO) {
		/* Counted down past 0, and it stays there: once over, it is over for all. */
		x = build_ins(b, IR_SUB, 64, build_var(b, MAY_GOTO_VAR), build_const(b, 1));
		b->vars[MAY_GOTO_VAR] = x;
		r = build_ins(b, IR_BRANCH, 64, x, build_const(b, RUN_LOOPS));
		if (r)
			ir_at(b->f, r)->imm = COND_GE;
	} else {
		x = build_reg(b, op->dst);
		y = operand(b, op);
		r = build_ins(b, IR_BRANCH, info->bits, x, y);
		if (r)
			ir_at(b->f, r)->imm = condition(info);
	}
	ir_edge(b->f, b->at, block_at(b, to)->entry);
	ir_edge(b->f, b->at, block_at(b, b->insn + 1)->entry);
}

static void translate_insn(struct build *b, const struct isa_op *op)
{
	switch (isa_info(op->op)->cls) {
	case ISA_CLASS_ALU: alu(b, op); break;
	case ISA_CLASS_CONST: constant(b, op); break;
	case ISA_CLASS_LOAD:
	case ISA_CLASS_STORE:
	case ISA_CLASS_ATOMIC: access(b, op); break;
	case ISA_CLASS_CALL: build_calls(b, op); break;
	case ISA_CLASS_PACKET: build_packet_load(b, op); break;
	case ISA_CLASS_EXIT: build_ins(b, IR_RETURN, 64, build_var(b, 0), 0); break;
	case ISA_CLASS_JUMP:
		if (isa_info(op->op)->flow == ISA_FLOW_JUMP)
			jump_to(b, (u32)isa_target(op, b->insn));
		else
			branch(b, op);
		break;
	}
}

/* Phis for what is alive, their operands to follow. */
static void begin_with_phis(struct build *b, struct build_block *blk)
{
	for (u32 v = 0; v < BUILD_VARS; v++) {
		ir_ref r;

		b->vars[v] = 0;
		if (!set_has(&blk->live, v))
			continue;
		r = build_ins(b, IR_PHI, 64, 0, 0);
		if (r)
			ir_at(b->f, r)->aux = (u8)v;
		b->vars[v] = r;
	}
}

/* Is it entered from outside alone, with the context and nothing else? */
static bool is_started(const struct build *b)
{
	if (b->sub != image_subs(b->image))
		return false;
	for (u32 i = 0; i < b->image->op_count; i++)
		if ((b->ops[i].op == ISA_OP_CALL_SUB || b->ops[i].op == ISA_OP_LDDW_FUNC) &&
		    !b->ops[i].imm)
			return false;
	return true;
}

static void begin_entry(struct build *b)
{
	u32 params = is_started(b) ? 1 : 5;

	b->f->frame = build_ins(b, IR_FRAME, 64, 0, 0);
	for (u32 r = 1; r <= params; r++) {
		ir_ref p = build_ins(b, IR_PARAM, 64, 0, 0);

		if (p)
			ir_at(b->f, p)->imm = r;
		b->vars[r] = p;
	}
	if (b->has_may_goto)
		b->vars[MAY_GOTO_VAR] = build_const(b, RUN_LOOPS);
}

static const struct build_block *block_ending_in(const struct build *b, u32 ir)
{
	u32 i = ir < b->exits.len ? b->exits.data[ir] : 0;

	return i ? &b->blocks[i - 1] : NULL;
}

static int note_exit(struct build *b, u32 i)
{
	while (b->exits.len <= b->at)
		if (vec_push(&b->exits, 0))
			return -ENOMEM;
	b->exits.data[b->at] = i + 1;
	return 0;
}

static void begin(struct build *b, u32 i)
{
	struct build_block *blk = &b->blocks[i];
	const struct ir_block *ir = &b->f->blocks.data[blk->entry];
	const struct build_block *pred;

	b->at = blk->entry;
	pred = ir->preds.len == 1 && b->single[i] ? block_ending_in(b, ir->preds.data[0]) : NULL;
	if (pred)
		memcpy(b->vars, pred->out, sizeof(b->vars));
	else
		begin_with_phis(b, blk);
}

static int translate_block(struct build *b, u32 i)
{
	struct build_block *blk = &b->blocks[i];
	u32 insn;

	b->insn = blk->start;
	begin(b, i);
	for (insn = blk->start; insn < blk->end && !b->err; insn = next_insn(b, insn)) {
		b->insn = insn;
		if (fact(b) & FACT_NOSPEC)
			build_ins(b, IR_NOSPEC, 64, 0, 0);
		translate_insn(b, &b->ops[insn]);
		if (fact(b) & FACT_NOSPEC_AFTER && !ends_block(&b->ops[insn]))
			build_ins(b, IR_NOSPEC, 64, 0, 0);
	}
	if (!b->err && !ends_block(&b->ops[b->insn]) && blk->end < b->sub->end)
		jump_to(b, blk->end);
	blk->out = arena_memdup(b->arena, b->vars, sizeof(b->vars));
	if (!b->err && (!blk->out || b->f->failed))
		return -ENOMEM;
	return b->err ?: note_exit(b, i);
}

/* Blocks in reverse postorder, and whether one edge alone leads to each. */
static int order_blocks(struct build *b, u32 *order, u32 *count)
{
	VEC(u32) stack = {0}; /* block << 2 | next */
	u8 *seen = arena_alloc(b->arena, b->block_count);
	int err = seen && b->single ? vec_push(&stack, 0) : -ENOMEM;
	u32 n = 0;

	while (!err && stack.len) {
		u32 top = stack.data[stack.len - 1], blk = top >> 2, to[2];
		u32 targets_n = targets(b, &b->blocks[blk], to);

		if ((top & 3) < targets_n) {
			u32 next = b->block_of[to[top & 3] - b->sub->start] - 1;

			stack.data[stack.len - 1]++;
			b->single[next]++;
			if (!seen[next] && next) {
				seen[next] = 1;
				err = vec_push(&stack, next << 2);
			}
			continue;
		}
		order[n++] = blk;
		stack.len--;
	}
	vec_fini(&stack);
	for (u32 i = 0; i < n / 2; i++) {
		u32 t = order[i];

		order[i] = order[n - 1 - i];
		order[n - 1 - i] = t;
	}
	for (u32 i = 0; i < b->block_count; i++)
		b->single[i] = b->single[i] == 1;
	*count = n;
	return err;
}

static void fill_phi(struct build *b, ir_ref r)
{
	u32 block = ir_at(b->f, r)->block, var = ir_at(b->f, r)->aux;

	ir_at(b->f, r)->imm = (s64)b->f->phis.len;
	for (u32 k = 0; k < b->f->blocks.data[block].preds.len; k++) {
		const struct build_block *pred =
			block_ending_in(b, b->f->blocks.data[block].preds.data[k]);
		ir_ref value = pred ? pred->out[var] : b->entry_vars[var];

		value = value ?: build_const(b, 0);
		b->f->failed |= vec_push(&b->f->phis, value) != 0;
	}
}

static int fill_phis(struct build *b)
{
	for (ir_ref r = 1; r < b->f->ins.len; r++)
		if (ir_at(b->f, r)->op == IR_PHI && ir_at(b->f, r)->block &&
		    ir_at(b->f, r)->aux != BUILD_PHI_WHOLE)
			fill_phi(b, r);
	return b->f->failed ? -ENOMEM : 0;
}

static int translate(struct build *b)
{
	u32 *order = arena_alloc(b->arena, b->block_count * sizeof(u32)), n = 0;
	int err;

	b->single = arena_alloc(b->arena, b->block_count);
	err = order ? order_blocks(b, order, &n) : -ENOMEM;
	if (err)
		return err;
	ir_block_new(b->f); /* 0 */
	b->at = ir_block_new(b->f);
	for (u32 i = 0; i < b->block_count; i++)
		b->blocks[i].entry = ir_block_new(b->f);
	if (b->f->failed)
		return -ENOMEM;
	begin_entry(b);
	memcpy(b->entry_vars, b->vars, sizeof(b->vars));
	jump_to(b, b->sub->start);
	for (u32 i = 0; i < n && !err; i++)
		err = translate_block(b, order[i]);
	return err ?: fill_phis(b);
}

int ir_build(const struct image *image, u32 sub, struct map *const *maps, struct arena *arena,
	     struct ir_function *out)
{
	struct build *b = arena_alloc(arena, sizeof(*b));
	int err;

	*out = (struct ir_function){.arena = arena, .image = image, .sub = sub};
	if (!b)
		return -ENOMEM;
	b->f = out;
	b->image = image;
	b->sub = &image_subs(image)[sub];
	b->ops = image_ops(image);
	b->maps = maps;
	b->arena = arena;
	err = vec_push(&out->ins, ((struct ir_ins){0}));
	find_slots(b);
	err = err ?: find_blocks(b);
	if (err)
		return err;
	find_live(b);
	err = translate(b);
	vec_fini(&b->exits);
	out->stack = stack_left(b);
	return err ?: ir_order(out) ?: ir_simplify_phis(out);
}
