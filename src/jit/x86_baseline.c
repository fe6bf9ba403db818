// SPDX-License-Identifier: BSD-2-Clause
/*
 * x86-64's baseline: an image in one pass.
 *
 * Registers have fixed places (base_regs), chosen so that a helper is called
 * without a move: r1 to r5 stand where C takes what comes behind the run. Each
 * instruction is encoded by itself into the body, without jumps, which
 * layout.c then lays in. Before that a look over the function finds what it
 * names, so that only that is saved, and where its jumps lead.
 *
 *	| return address | rbp | BPF stack, count of may_goto | saved r6-r9 |
 *	                       ^ rbp: r10
 *
 * A function has two entries: native code's convention (core/native.h) passes r1
 * to r5 in rdi rsi rdx rcx r8; behind the moves to where they live here begins
 * what functions of the same image call.
 */
#include <errno.h>
#include <cygnet/abi.h>
#include "jit/x86_baseline.h"

#define LONGEST 192 /* bytes of one instruction, and of a function's start */

const struct base_row base_rows[ISA_OP_COUNT] = {
#define INSN(name, code, dst, src, off, imm, kind, bits, ...)                                 \
	[ISA_OP_##name] = {ISA_KIND_##kind, bits, (code)&0xf0,                                \
			   ISA_OP_##name == ISA_OP_LDSX8 || ISA_OP_##name == ISA_OP_LDSX16 || \
				   ISA_OP_##name == ISA_OP_LDSX32 || (off) == 1},
#include "isa/insn.def"
#undef INSN
};

static const u8 saved_regs[] = {6, 7, 8, 9};

static void move(struct baseline *b, u32 to, u32 from)
{
	b->p = enc_op_reg(b->p, 0, 0x89, true, from, to, false);
}

/* frames --------------------------------------------------------------------------------- */

static bool is_jump(u32 kind)
{
	return kind == ISA_KIND_JMP_REG || kind == ISA_KIND_JMP_IMM || kind == ISA_KIND_JA ||
	       kind == ISA_KIND_GOTOL || kind == ISA_KIND_MAY_GOTO;
}

/* Does it call anything, be it to stop? */
static bool is_call(const struct baseline *b, u32 i, u32 kind)
{
	return (kind >= ISA_KIND_CALL_HELPER && kind <= ISA_KIND_CALLX) ||
	       kind == ISA_KIND_LD_ABS || kind == ISA_KIND_LD_IND ||
	       b->ops[i].op == ISA_OP_LDDW_BTF || (b->facts && b->facts[i].facts & FACT_BTF_LOAD);
}

static void look_over(struct baseline *b, const struct image_sub *sub)
{
	b->used = 0;
	b->has_calls = b->loops = false;
	for (u32 i = sub->start; i < sub->end; i++) {
		const struct isa_op *op = &b->ops[i];
		u32 kind = base_rows[op->op].kind;
		s64 to = isa_target(op, i);

		b->used |= 1u << op->dst | 1u << op->src;
		/* Arguments are passed on without being named. */
		if (kind >= ISA_KIND_CALL_HELPER && kind <= ISA_KIND_CALLX)
			b->used |= (u32)isa_uses(op);
		b->has_calls |= is_call(b, i, kind);
		if (!is_jump(kind))
			continue;
		b->loops |= op->op == ISA_OP_MAY_GOTO;
		if (to >= sub->start && to < sub->end)
			b->marks[to] = 1;
		else
			b->err = b->err ?: -EOPNOTSUPP;
	}
}

static bool has_frame(const struct baseline *b)
{
	return b->loops || b->used >> 10 & 1;
}

static struct x86_address loops_at(const struct baseline *b)
{
	return (struct x86_address){RBP, MACH_NONE, 1, -(s32)b->stack};
}

/* What is below rbp or, without a frame, below the return address. */
static void lay_out_frame(struct baseline *b, const struct image_sub *sub)
{
	u32 bytes = has_frame(b) ? ROUND_UP(sub->stack, 8u) + 8 * b->loops : 0;

	b->stack = bytes;
	for (u32 k = 0; k < ARRAY_SIZE(saved_regs); k++)
		bytes += b->used >> saved_regs[k] & 1 ? 8 : 0;
	b->pad = !b->has_calls || bytes % 16 == (has_frame(b) ? 0 : 8) ? 0 : 8;
}

static void enter(struct baseline *b)
{
	struct x86_address loops = loops_at(b);

	if (has_frame(b)) {
		b->p = enc_push(b->p, RBP);
		move(b, RBP, RSP);
	}
	if (b->stack + b->pad)
		b->p = enc_alu_const(b->p, 5, true, RSP, (s32)(b->stack + b->pad));
	for (u32 k = 0; k < ARRAY_SIZE(saved_regs); k++)
		if (b->used >> saved_regs[k] & 1)
			b->p = enc_push(b->p, base_regs[saved_regs[k]]);
	if (b->loops)
		b->p = enc_store_const(b->p, RUN_LOOPS, 8, &loops);
}

void base_leave(struct baseline *b)
{
	for (u32 k = ARRAY_SIZE(saved_regs); k-- > 0;)
		if (b->used >> saved_regs[k] & 1)
			b->p = enc_pop(b->p, base_regs[saved_regs[k]]);
	if (has_frame(b))
		b->p = enc_byte(b->p, 0xc9);
	else if (b->pad)
		b->p = enc_alu_const(b->p, 0, true, RSP, (s32)b->pad);
}

void base_return(struct baseline *b)
{
	base_leave(b);
	b->p = enc_byte(b->p, 0xc3);
}

/* constants ------------------------------------------------------------------------------- */

static void constant(struct baseline *b, const struct isa_op *op)
{
	u32 d = base_regs[op->dst];

	switch (op->op) {
	case ISA_OP_LDDW:
	case ISA_OP_LDDW_FUNC: base_const(b, d, op->imm); break;
	case ISA_OP_LDDW_MAP: base_word(b, 0x8b, true, d, NATIVE_MAP, (u32)op->imm, 0); break;
	case ISA_OP_LDDW_MAP_VALUE:
		/* Where others have an arena may not be known yet. */
		if (b->maps && b->maps[(u16)op->off]->type == BPF_MAP_TYPE_ARENA)
			b->err = b->err ?: -EOPNOTSUPP;
		base_word(b, 0x8b, true, d, NATIVE_MAP_VALUE, (u32)op->off, op->imm);
		break;
	default: base_stop(b, FAULT_INSN);
	}
}

/* jumps ----------------------------------------------------------------------------------- */

static void jump(struct baseline *b, const struct isa_op *op, u32 cond)
{
	struct mach_jump j = {
		.at = base_here(b), .cond = (u8)cond, .target = (u32)isa_target(op, b->insn)};

	if (op->off)
		b->err = b->err ?: vec_push(&b->jumps, j);
}

static u32 condition(const struct base_row *row)
{
	static const u8 conditions[] = {
		[BPF_JEQ >> 4] = COND_EQ,   [BPF_JNE >> 4] = COND_NE,    [BPF_JGT >> 4] = COND_GT,
		[BPF_JGE >> 4] = COND_GE,   [BPF_JLT >> 4] = COND_LT,    [BPF_JLE >> 4] = COND_LE,
		[BPF_JSGT >> 4] = COND_SGT, [BPF_JSGE >> 4] = COND_SGE,  [BPF_JSLT >> 4] = COND_SLT,
		[BPF_JSLE >> 4] = COND_SLE, [BPF_JSET >> 4] = COND_TEST,
	};

	return enc_condition(conditions[row->code >> 4]);
}

static void compare(struct baseline *b, const struct isa_op *op, const struct base_row *row)
{
	u32 d = base_regs[op->dst], s = base_regs[op->src];
	bool wide = row->bits == 64, blind = b->opts->flags & JIT_BLIND;

	if (row->kind != ISA_KIND_JMP_REG && blind)
		base_const(b, s = R11, wide ? op->imm : (s64)(u32)op->imm);
	if (row->kind == ISA_KIND_JMP_REG || blind)
		b->p = enc_op_reg(b->p, 0, row->code == BPF_JSET ? 0x85 : 0x39, wide, s, d, false);
	else if (row->code == BPF_JSET)
		b->p = enc_test_const(b->p, wide, d, (s32)op->imm);
	else if (!op->imm)
		b->p = enc_op_reg(b->p, 0, 0x85, wide, d, d, false);
	else
		b->p = enc_alu_const(b->p, 7, wide, d, (s32)op->imm);
}

static void branch(struct baseline *b, const struct isa_op *op, const struct base_row *row)
{
	u32 facts = b->facts ? b->facts[b->insn].facts : 0;

	if (facts & FACT_NEVER)
		return;
	if (facts & FACT_ALWAYS) {
		jump(b, op, JUMP_ALWAYS);
		return;
	}
	compare(b, op, row);
	jump(b, op, condition(row));
}

static void may_goto(struct baseline *b, const struct isa_op *op)
{
	struct x86_address loops = loops_at(b);

	b->p = enc_op_memory(b->p, 0, 0x83, true, 7, &loops, false); /* cmp */
	b->p = enc_byte(b->p, 0);
	jump(b, op, enc_condition(COND_EQ));
	b->p = enc_op_memory(b->p, 0, 0xff, true, 1, &loops, false); /* dec */
}

/* translation ------------------------------------------------------------------------------ */

static void translate(struct baseline *b, const struct isa_op *op)
{
	const struct base_row *row = &base_rows[op->op];

	switch (row->kind) {
	case ISA_KIND_LDX: base_load(b, op, row); break;
	case ISA_KIND_ST:
	case ISA_KIND_STX: base_store(b, op, row); break;
	case ISA_KIND_JMP_REG:
	case ISA_KIND_JMP_IMM: branch(b, op, row); break;
	case ISA_KIND_JA:
	case ISA_KIND_GOTOL: jump(b, op, JUMP_ALWAYS); break;
	case ISA_KIND_MAY_GOTO: may_goto(b, op); break;
	case ISA_KIND_LDDW: constant(b, op); break;
	case ISA_KIND_HIGH: break;
	case ISA_KIND_EXIT: base_return(b); break;
	case ISA_KIND_LD_ABS:
	case ISA_KIND_LD_IND: base_packet_load(b, op, row); break;
	case ISA_KIND_CALL_HELPER:
	case ISA_KIND_CALL_SUB:
	case ISA_KIND_CALL_KFUNC:
	case ISA_KIND_CALLX: base_call_op(b, op); break;
	case ISA_KIND_ATOMIC:
	case ISA_KIND_ATOMIC_FETCH:
	case ISA_KIND_CMPXCHG:
	case ISA_KIND_LOAD_ACQ:
	case ISA_KIND_STORE_REL: base_atomic(b, op, row); break;
	default:
		if (op->op)
			base_alu(b, op, row);
		else
			b->err = b->err ?: -EOPNOTSUPP;
	}
}

/* Is `i` only reached from the instruction before, with nothing between them? */
static bool follows(const struct baseline *b, const struct image_sub *sub, u32 i)
{
	if (i >= sub->end || b->marks[i])
		return false;
	if (!b->facts)
		return true;
	return b->facts[i].facts & FACT_SEEN &&
	       !((b->facts[i - 1].facts & FACT_NOSPEC_AFTER) | (b->facts[i].facts & FACT_NOSPEC));
}

/* d = s; d += t or a constant */
static bool add_apart(struct baseline *b, const struct isa_op *op, const struct isa_op *next)
{
	struct x86_address sum = {base_regs[op->src], MACH_NONE, 1, 0};

	if (op->dst == op->src || op->dst != next->dst)
		return false;
	if (next->op == ISA_OP_ADD64_IMM && !(b->opts->flags & JIT_BLIND))
		sum.disp = (s32)next->imm;
	else if (next->op == ISA_OP_ADD64_REG && next->src != op->dst)
		sum.index = base_regs[next->src];
	else
		return false;
	b->p = enc_op_memory(b->p, 0, 0x8d, true, base_regs[op->dst], &sum, false);
	return true;
}

/* d <<= 32; d >>= 32: the low half, extended */
static bool extend_low(struct baseline *b, const struct isa_op *op, const struct isa_op *next)
{
	bool is_signed = next->op == ISA_OP_ARSH64_IMM;

	if (op->imm != 32 || next->imm != 32 || op->dst != next->dst ||
	    !(is_signed || next->op == ISA_OP_RSH64_IMM))
		return false;
	b->p = enc_extend(b->p, base_regs[op->dst], base_regs[op->dst], 4, is_signed, true);
	return true;
}

/* if c goto over; goto far; over: if !c goto far */
static bool branch_far(struct baseline *b, const struct isa_op *op, const struct isa_op *next)
{
	u32 facts = b->facts ? b->facts[b->insn].facts : 0;

	if (op->off != 1 || next->op != ISA_OP_JA || facts & (FACT_NEVER | FACT_ALWAYS))
		return false;
	compare(b, op, &base_rows[op->op]);
	b->insn++;
	jump(b, next, condition(&base_rows[op->op]) ^ 1);
	return true;
}

/* Two instructions as one. */
static bool fuse(struct baseline *b, const struct isa_op *op)
{
	switch (base_rows[op->op].kind) {
	case ISA_KIND_MOV_REG: return op->op == ISA_OP_MOV64_REG && add_apart(b, op, op + 1);
	case ISA_KIND_ALU_IMM: return op->op == ISA_OP_LSH64_IMM && extend_low(b, op, op + 1);
	case ISA_KIND_JMP_REG:
	case ISA_KIND_JMP_IMM: return branch_far(b, op, op + 1);
	default: return false;
	}
}

/* Room for one more instruction. */
static bool make_room(struct baseline *b)
{
	size_t used = b->p - b->body, room = (b->end - b->body) * 2 + 4096;
	u8 *body;

	if (b->end - b->p >= LONGEST)
		return true;
	body = base_realloc(b->body, room);
	if (!body) {
		b->err = -ENOMEM;
		return false;
	}
	b->body = body;
	b->p = body + used;
	b->end = body + room;
	return true;
}

static void trap(struct baseline *b)
{
	b->p = enc_byte(b->p, 0x0f);
	b->p = enc_byte(b->p, 0x0b);
}

static struct mach_label label_here(const struct baseline *b)
{
	return (struct mach_label){base_here(b), (u32)b->jumps.len};
}

/* Where verification says so, nothing behind is run on a guess of the processor. */
static void fence(struct baseline *b, u32 fact)
{
	if (b->opts->flags & JIT_FENCE && b->facts && b->facts[b->insn].facts & fact)
		b->p = enc_bytes(b->p, 0xe8ae0f, 3); /* lfence */
}

/* Does nothing come behind it? */
static bool is_last(const struct baseline *b, u32 i)
{
	u32 kind = base_rows[b->ops[i].op].kind;

	return kind == ISA_KIND_EXIT || kind == ISA_KIND_JA || kind == ISA_KIND_GOTOL;
}

/* From how others pass arguments to where they are here. */
static void take_arguments(struct baseline *b, u32 count)
{
	static const u8 passed[] = {0, RDI, RSI, RDX, RCX, R8};

	for (u32 r = count; r > 0; r--)
		if (b->used >> r & 1)
			move(b, base_regs[r], passed[r]);
}

/* Where nothing was proven, what nobody has set may be read: it is 0, as everywhere. */
static void clear_registers(struct baseline *b, u32 first, u32 last)
{
	for (u32 r = first; r <= last; r++)
		if (b->used >> r & 1)
			b->p = enc_load_const(b->p, base_regs[r], 0, false);
}

/* One instruction, or two as one: the last of them. */
static u32 translate_next(struct baseline *b, const struct image_sub *sub, u32 i)
{
	fence(b, FACT_NOSPEC);
	if (follows(b, sub, i + 1) && fuse(b, &b->ops[i])) {
		b->insn = ++i;
		b->labels[i] = label_here(b);
	} else {
		translate(b, &b->ops[i]);
	}
	fence(b, FACT_NOSPEC_AFTER);
	return i;
}

static void translate_sub(struct baseline *b, u32 s)
{
	const struct image_sub *sub = &image_subs(b->image)[s];
	bool seen = true;

	b->is_main = !s;
	look_over(b, sub);
	lay_out_frame(b, sub);
	if (!make_room(b))
		return;
	b->entries[s].outer = label_here(b);
	take_arguments(b, s ? 5 : 1);
	if (!s && !b->facts)
		clear_registers(b, 2, 5);
	b->entries[s].inner = label_here(b);
	enter(b);
	if (!s && !b->facts) {
		clear_registers(b, 0, 0);
		clear_registers(b, 6, 9);
	}
	for (u32 i = sub->start; i < sub->end && make_room(b); i++) {
		bool was_seen = seen;

		b->insn = i;
		b->labels[i] = label_here(b);
		seen = !b->facts || b->facts[i].facts & FACT_SEEN;
		if (!seen) { /* whoever comes here is stopped */
			if (was_seen)
				trap(b);
			else
				b->labels[i] = b->labels[i - 1];
			continue;
		}
		i = translate_next(b, sub, i);
	}
	if (make_room(b) && !is_last(b, sub->end - 1))
		trap(b);
}

/* places -------------------------------------------------------------------------------------- */

static int place_lines(struct baseline *b, const struct mach_layout *l)
{
	struct jit_buffer *c = b->code;

	for (u32 s = 0; s < b->image->sub_count; s++) {
		const struct image_sub *sub = &image_subs(b->image)[s];

		if (vec_reserve(&c->lines, sub->end - sub->start))
			return -ENOMEM;
		for (u32 i = sub->start; i < sub->end; i++)
			c->lines.data[c->lines.len++] =
				(struct native_line){mach_label_place(l, &b->labels[i]), i};
	}
	return 0;
}

static int place_all(struct baseline *b, const struct mach_layout *l)
{
	struct jit_buffer *c = b->code;
	u32 next = 0;

	if (vec_reserve(&c->refs, b->refs.len))
		return -ENOMEM;
	for (u32 i = 0; i < b->refs.len; i++) {
		struct jit_ref r = b->refs.data[i];

		r.offset = mach_byte_place(l, &next, r.offset);
		c->refs.data[c->refs.len++] = r;
	}
	for (u32 s = 0; s < b->image->sub_count; s++)
		c->subs[s] = mach_label_place(l, &b->entries[s].outer);
	next = 0;
	for (u32 i = 0; i < b->calls.len; i++) {
		const struct jit_call *call = &b->calls.data[i];
		u32 at = mach_byte_place(l, &next, call->at);
		u32 to = mach_label_place(l, &b->entries[call->sub].inner);

		enc_word32(c->bytes.data + at, to - (at + 4));
	}
	return place_lines(b, l);
}

static int translate_all(struct baseline *b)
{
	struct mach_layout l = {.forms = &x86_jump_forms, .labels = b->labels};
	int err;

	for (u32 s = 0; s < b->image->sub_count && !b->err; s++)
		translate_sub(b, s);
	if (b->loads && make_room(b)) {
		b->entries[b->image->sub_count].inner = label_here(b);
		base_loader(b);
	}
	if (b->err)
		return b->err;
	l.body = b->body;
	l.size = base_here(b);
	l.jumps = b->jumps.data;
	l.jump_count = (u32)b->jumps.len;
	err = mach_lay_out(&l, b->code);
	err = err ?: place_all(b, &l);
	mach_layout_fini(&l);
	return err;
}

int x86_baseline(const struct image *image, struct map *const *maps, const struct jit_options *opts,
		 struct jit_buffer *code)
{
	struct baseline b = {.image = image,
			     .ops = image_ops(image),
			     .facts = image_facts(image),
			     .maps = maps,
			     .opts = opts,
			     .code = code,
			     .random = opts->seed ?: 1};
	int err = -ENOMEM;

	b.labels = base_alloc(image->op_count * sizeof(*b.labels));
	b.entries = base_alloc((image->sub_count + 1) * sizeof(*b.entries));
	b.marks = base_zalloc(image->op_count);
	if (b.labels && b.entries && b.marks)
		err = translate_all(&b);
	base_free(b.labels);
	base_free(b.entries);
	base_free(b.marks);
	base_free(b.body);
	vec_fini(&b.jumps);
	vec_fini(&b.refs);
	vec_fini(&b.calls);
	return err;
}
