// SPDX-License-Identifier: BSD-2-Clause
/*
 * x86-64: from operations with registers to bytes.
 *
 * Each block is encoded without its jumps; these are kept apart, start short and
 * grow until all reach, so that most stay two bytes. A block's last jump to the
 * one laid out behind it is none. The frame is made at the function's start and
 * left at each return: saved registers pushed, then spill slots and BPF stack,
 * aligned for calls.
 */
#include <errno.h>
#include <string.h>
#include "jit/x86.h"
#include "jit/x86_vector.h"
#include "jit/x86_layout.h"

#define LONGEST      64 /* bytes of one operation: the frame left, at most */
#define CALLEE_SAVED (1u << RBX | 1u << RBP | 1u << R12 | 1u << R13 | 1u << R14)

struct table { /* of a switch: where its lea stands, and its cases */
	u32 at, cases, count;
};

struct emitter {
	const struct mach_function *m;
	const struct jit_options *opts;
	struct jit_buffer *code;
	VEC(u8) body;
	u8 *p; /* its end, while an operation is encoded */
	VEC(struct mach_jump) jumps;
	VEC(struct native_line) lines;
	VEC(struct jit_ref) refs;
	VEC(struct jit_call) calls;
	VEC(struct table) tables;
	u32 *block_at;   /* in body */
	u32 *first_jump; /* by block: of its own jumps */
	u32 *cases;      /* of switches: as m->cases, then where those end */
	u32 frame, saved, pushes;
	int err;
};

/* bytes ---------------------------------------------------------------------------- */

/* Room for one operation; what follows writes at e->p. */
static bool open_body(struct emitter *e)
{
	if (!e->err && vec_reserve(&e->body, LONGEST))
		e->err = -ENOMEM;
	e->p = e->body.data + e->body.len;
	return !e->err;
}

static void close_body(struct emitter *e)
{
	e->body.len = (size_t)(e->p - e->body.data);
}

static u32 here(const struct emitter *e)
{
	return (u32)(e->p - e->body.data);
}

static void byte(struct emitter *e, u32 b)
{
	e->p = enc_byte(e->p, b);
}

static void word32(struct emitter *e, u32 v)
{
	e->p = enc_word32(e->p, v);
}

static void op_memory(struct emitter *e, u32 prefix, u32 op, bool wide, u32 reg,
		      const struct x86_address *a, bool byte_reg)
{
	e->p = enc_op_memory(e->p, prefix, op, wide, reg, a, byte_reg);
}

static void op_reg(struct emitter *e, u32 prefix, u32 op, bool wide, u32 reg, u32 rm, bool byte_rm)
{
	e->p = enc_op_reg(e->p, prefix, op, wide, reg, rm, byte_rm);
}

/* The address of an instruction, the frame's end resolved. */
static struct x86_address address_of(const struct emitter *e, const struct mach_ins *i)
{
	struct x86_address a = {i->base, i->index, i->scale, i->disp};

	if (a.base == X86_FRAME) {
		a.base = RSP;
		a.disp += (s32)e->frame;
	}
	return a;
}

static struct x86_address slot_address(s64 slot)
{
	return (struct x86_address){RSP, MACH_NONE, 1, (s32)slot * 8};
}

static bool has_memory(const struct mach_ins *i)
{
	return i->base != MACH_NONE || i->index != MACH_NONE;
}

/* moves ------------------------------------------------------------------------------ */

/* An operation with a word of the table. */
static void table_word(struct emitter *e, u32 op, bool wide, u32 reg, const struct mach_ins *i)
{
	struct jit_ref r = {0};

	e->p = enc_op_table(e->p, op, wide, reg);
	r.offset = here(e) - 4;
	e->err = e->err
			 ?: jit_slot(e->code, i->reloc - 1, (u32)(i->imm >> 32), (s32)i->imm,
				     &r.slot);
	e->err = e->err ?: vec_push(&e->refs, r);
}

static void store(struct emitter *e, const struct mach_ins *i, const struct x86_address *a)
{
	if (i->src[0] != MACH_NONE)
		e->p = enc_store(e->p, i->src[0], i->size, a);
	else
		e->p = enc_store_const(e->p, (s32)i->imm, i->size, a);
}

/* arithmetic ---------------------------------------------------------------------------- */

/* add or and sub xor cmp with register, memory or constant. */
static void binary(struct emitter *e, const struct mach_ins *i)
{
	u32 n = i->op - X86_ADD, reg = i->src[0];
	bool wide = i->size == 8;
	struct x86_address a = address_of(e, i);

	if (has_memory(i) && i->op == X86_CMP && i->src[1] == MACH_NONE && reg == MACH_NONE) {
		op_memory(e, i->size == 2 ? 0x66 : 0,
			  i->size == 1      ? 0x80
			  : enc_is8(i->imm) ? 0x83
					    : 0x81,
			  wide, 7, &a, false);
		if (i->size == 1 || enc_is8(i->imm))
			byte(e, (u32)i->imm);
		else if (i->size == 2)
			byte(e, (u32)i->imm), byte(e, (u32)(i->imm >> 8));
		else
			word32(e, (u32)i->imm);
	} else if (has_memory(i)) {
		op_memory(e, 0, n << 3 | 3, wide, reg, &a, false);
	} else if (i->src[1] != MACH_NONE) {
		op_reg(e, 0, n << 3 | 1, wide, i->src[1], reg, false);
	} else {
		e->p = enc_alu_const(e->p, n, wide, reg, (s32)i->imm);
	}
}

static void test(struct emitter *e, const struct mach_ins *i)
{
	bool wide = i->size == 8;
	struct x86_address a = address_of(e, i);
	u32 reg = i->src[0];

	if (has_memory(i)) {
		op_memory(e, 0, i->size == 1 ? 0xf6 : 0xf7, wide, 0, &a, false);
		if (i->size == 1)
			byte(e, (u32)i->imm);
		else
			word32(e, (u32)i->imm);
	} else if (i->src[1] != MACH_NONE) {
		op_reg(e, 0, 0x85, wide, i->src[1], reg, false);
	} else {
		e->p = enc_test_const(e->p, wide, reg, (s32)i->imm);
	}
}

static void memory_binary(struct emitter *e, const struct mach_ins *i)
{
	u32 n = i->op - X86_MADD;
	u32 prefix = i->size == 2 ? 0x66 : 0;
	struct x86_address a = address_of(e, i);
	bool wide = i->size == 8;

	if (i->src[0] != MACH_NONE) {
		op_memory(e, prefix, n << 3 | (i->size != 1), wide, i->src[0], &a, i->size == 1);
		return;
	}
	op_memory(e, prefix,
		  i->size == 1      ? 0x80
		  : enc_is8(i->imm) ? 0x83
				    : 0x81,
		  wide, n, &a, false);
	if (i->size == 1 || enc_is8(i->imm))
		byte(e, (u32)i->imm);
	else if (i->size == 2)
		byte(e, (u32)i->imm), byte(e, (u32)(i->imm >> 8));
	else
		word32(e, (u32)i->imm);
}

static void shift(struct emitter *e, const struct mach_ins *i)
{
	static const u8 digit[] = {0, 4, 5, 7};
	u32 d = digit[i->op - X86_ROL];
	bool wide = i->size == 8;

	if (i->src[1] != MACH_NONE) {
		op_reg(e, 0, 0xd3, wide, d, i->def, false);
	} else {
		e->p = enc_shift_const(e->p, d, wide, i->def, (u32)i->imm);
	}
}

/* Three operands, VEX: def = src[0] shifted by src[1]. */
static void shift_by_register(struct emitter *e, const struct mach_ins *i)
{
	static const u8 pp[] = {1, 3, 2}; /* 66, f2, f3 */

	e->p = enc_shift_register(e->p, pp[i->op - X86_SHLX], i->size == 8, i->def, i->src[0],
				  i->src[1]);
}

/* Digits of group 3: not 2, neg 3, mul 4, div 6, idiv 7. */
static void group3(struct emitter *e, const struct mach_ins *i, u32 digit)
{
	op_reg(e, 0, 0xf7, i->size == 8, digit, i->src[0], false);
}

static void multiply(struct emitter *e, const struct mach_ins *i)
{
	bool wide = i->size == 8;
	struct x86_address a = address_of(e, i);

	if (i->op == X86_IMUL && has_memory(i)) {
		op_memory(e, 0, 0x0faf, wide, i->def, &a, false);
	} else if (i->op == X86_IMUL) {
		op_reg(e, 0, 0x0faf, wide, i->def, i->src[1], false);
	} else {
		e->p = enc_multiply_const(e->p, wide, i->def, i->src[0], (s32)i->imm);
	}
}

/* again: mov r11, rax; op r11, src; lock cmpxchg [m], r11; jne again */
static void fetch(struct emitter *e, const struct mach_ins *i, const struct x86_address *a)
{
	static const u8 ops[] = {0x01, 0x09, 0x21, 0x31};
	bool wide = i->size == 8;
	u32 start = here(e);

	op_reg(e, 0, 0x89, wide, RAX, X86_SCRATCH, false);
	op_reg(e, 0, ops[i->cond & 3], wide, i->src[0], X86_SCRATCH, false);
	op_memory(e, 0xf0, 0x0fb1, wide, X86_SCRATCH, a, false);
	byte(e, 0x75);
	byte(e, start - (here(e) + 1));
}

static void atomic(struct emitter *e, const struct mach_ins *i)
{
	struct x86_address a = address_of(e, i);
	bool wide = i->size == 8;

	switch (i->op) {
	case X86_FETCH: fetch(e, i, &a); break;
	case X86_XADD: op_memory(e, 0xf0, 0x0fc1, wide, i->src[0], &a, false); break;
	case X86_XCHG: op_memory(e, 0, 0x87, wide, i->src[0], &a, false); break;
	case X86_CMPXCHG: op_memory(e, 0xf0, 0x0fb1, wide, i->src[0], &a, false); break;
	case X86_LADD: op_memory(e, 0xf0, 0x01, wide, i->src[0], &a, false); break;
	case X86_LOR: op_memory(e, 0xf0, 0x09, wide, i->src[0], &a, false); break;
	case X86_LAND: op_memory(e, 0xf0, 0x21, wide, i->src[0], &a, false); break;
	default: op_memory(e, 0xf0, 0x31, wide, i->src[0], &a, false);
	}
}

/* the frame -------------------------------------------------------------------------------- */

static const u8 push_order[] = {RBP, RBX, R14, R13, R12};

static void prologue(struct emitter *e)
{
	for (u32 k = 0; k < ARRAY_SIZE(push_order); k++)
		if (e->saved >> push_order[k] & 1)
			e->p = enc_push(e->p, push_order[k]);
	if (e->frame)
		e->p = enc_alu_const(e->p, 5, true, RSP, (s32)e->frame);
}

static void epilogue(struct emitter *e)
{
	if (e->frame)
		e->p = enc_alu_const(e->p, 0, true, RSP, (s32)e->frame);
	for (u32 k = ARRAY_SIZE(push_order); k-- > 0;)
		if (e->saved >> push_order[k] & 1)
			e->p = enc_pop(e->p, push_order[k]);
}

static void lay_out_frame(struct emitter *e)
{
	const struct mach_function *m = e->m;
	u32 bytes = m->slots * 8 + ROUND_UP(m->ir->stack, 8u);

	e->saved = (u32)m->used & CALLEE_SAVED;
	e->pushes = (u32)__builtin_popcount(e->saved);
	/* After the return address and the pushes, calls want rsp a multiple of 16. */
	if (m->calls && (8 + e->pushes * 8 + bytes) % 16)
		bytes += 8;
	e->frame = bytes;
}

/* control ------------------------------------------------------------------------------------- */

static void jump(struct emitter *e, u32 target, u32 cond)
{
	struct mach_jump j = {.at = here(e), .target = target, .cond = (u8)cond};

	e->err = e->err ?: vec_push(&e->jumps, j);
}

static void call(struct emitter *e, const struct mach_ins *i)
{
	if (i->op == X86_CALL_SUB) {
		struct jit_call c = {here(e) + 1, (u32)i->imm};

		byte(e, 0xe8);
		e->err = e->err ?: vec_push(&e->calls, c);
		word32(e, 0);
		return;
	}
	table_word(e, 0xff, false, 2, i);
}

/* lea scratch, [rip + table]; movsxd def, [scratch + src * 4]; add def, scratch; jmp def */
static void switch_to(struct emitter *e, const struct mach_ins *i)
{
	struct table t = {.cases = i->args, .count = i->count};
	struct x86_address a = {X86_SCRATCH, i->src[0], 4, 0};

	/* The offset may replace the number: they can be one register. */
	e->p = enc_op_table(e->p, 0x8d, true, X86_SCRATCH);
	t.at = here(e) - 4;
	e->err = e->err ?: vec_push(&e->tables, t);
	op_memory(e, 0, 0x63, true, i->def, &a, false);
	op_reg(e, 0, 0x01, true, X86_SCRATCH, i->def, false); /* def += table */
	op_reg(e, 0, 0xff, false, 4, i->def, false);
}

/* Is a flag set before read from here on? */
static bool flags_live(const struct emitter *e, const struct mach_block *b, u32 k)
{
	for (; k < b->count; k++) {
		u32 op = e->m->ins.data[b->first + k].op;

		if (op == X86_JCC || op == X86_SETCC || op == X86_CMOV)
			return true;
		if (op >= MACH_TARGET && op != X86_LOAD && op != X86_LOADS && op != X86_STORE &&
		    op != X86_LEA && op != X86_MOVZX && op != X86_MOVSX)
			return false;
	}
	return false;
}

/* An address that is a sum in place: one register and a constant or another register. */
static void lea(struct emitter *e, const struct mach_block *b, u32 k, const struct x86_address *a)
{
	const struct mach_ins *i = &e->m->ins.data[b->first + k];
	bool wide = i->size == 8, alone = i->def == a->base && a->index == MACH_NONE;
	u32 other = i->def == a->base ? a->index : i->def == a->index ? a->base : MACH_NONE;

	if (flags_live(e, b, k + 1))
		op_memory(e, 0, 0x8d, wide, i->def, a, false);
	else if (alone && (a->disp == 1 || a->disp == -1))
		op_reg(e, 0, 0xff, wide, a->disp < 0, i->def, false);
	else if (alone)
		e->p = enc_alu_const(e->p, 0, wide, i->def, a->disp);
	else if (a->base == MACH_NONE && i->def == a->index && !a->disp)
		e->p = enc_shift_const(e->p, 4, wide, i->def, (u32)__builtin_ctz(a->scale));
	else if (other != MACH_NONE && other != RSP && !a->disp && a->scale == 1)
		op_reg(e, 0, 0x01, wide, other, i->def, false);
	else
		op_memory(e, 0, 0x8d, wide, i->def, a, false);
}

/* Does the operation set the zero flag by its result? */
static bool tells_zero(const struct mach_ins *i)
{
	switch (i->op) {
	case X86_ADD:
	case X86_OR:
	case X86_AND:
	case X86_SUB:
	case X86_XOR:
	case X86_NEG: return true;
	case X86_SHL:
	case X86_SHR:
	case X86_SAR: return i->src[1] == MACH_NONE && i->imm & (i->size * 8 - 1);
	case X86_LEA: /* as lea() emits it, since what follows tests */
		return i->index == MACH_NONE && i->base == i->def;
	default: return false;
	}
}

/* From here on only equality with zero is asked for, until flags are set again. */
static bool only_zero_asked(const struct emitter *e, const struct mach_block *b, u32 k)
{
	for (; k < b->count; k++) {
		const struct mach_ins *i = &e->m->ins.data[b->first + k];

		if (i->op == X86_JCC || i->op == X86_SETCC || i->op == X86_CMOV) {
			if (i->cond != COND_EQ && i->cond != COND_NE && i->cond != COND_TEST &&
			    i->cond != COND_NTEST)
				return false;
		} else if (!flags_live(e, b, k)) {
			return true;
		}
	}
	return true;
}

/* A test of a register against itself, right behind the operation that made it. */
static bool is_told(const struct emitter *e, const struct mach_block *b, u32 k)
{
	const struct mach_ins *i = &e->m->ins.data[b->first + k], *before;

	if (!k || has_memory(i) || i->src[1] == MACH_NONE || i->src[0] != i->src[1])
		return false;
	before = i - 1;
	return before->def == i->src[0] && tells_zero(before) &&
	       (before->size == i->size || (before->size == 4 && i->size == 8) || i->keeps) &&
	       only_zero_asked(e, b, k + 1);
}

/* A jump to nothing but the return, which is no longer than the jump. */
static bool leads_out(const struct emitter *e, const struct mach_block *b, u32 target)
{
	const struct mach_block *to = &e->m->blocks.data[target];

	return !e->frame && !e->pushes && to->count == 1 && to != b + 1 &&
	       e->m->ins.data[to->first].op == X86_RET;
}

/* May a load not guess past a spill, where the slot held another value before? */
static bool is_fenced(const struct emitter *e)
{
	return e->opts->flags & JIT_FENCE && e->m->ir->image->flags & IMAGE_NOSPEC;
}

static void load_fence(struct emitter *e)
{
	byte(e, 0x0f);
	byte(e, 0xae);
	byte(e, 0xe8);
}

/* Longer than other operations: it takes room of its own. */
static void vector(struct emitter *e, const struct mach_ins *i)
{
	const u32 args[VECTOR_ARGS] = {i->src[0], i->src[1], i->src[2], i->base, i->index};
	u8 code[X86_VECTOR_BYTES];
	u32 n = x86_vector(&e->m->ir->vectors.data[i->imm], args, i->def, code);

	close_body(e);
	e->err = e->err ?: n > sizeof(code) ? -E2BIG : vec_reserve(&e->body, n);
	e->p = e->body.data + e->body.len;
	if (e->err)
		return;
	memcpy(e->p, code, n);
	e->p += n;
}

static void emit(struct emitter *e, const struct mach_block *b, u32 k)
{
	const struct mach_ins *i = &e->m->ins.data[b->first + k];
	struct x86_address a = address_of(e, i);
	bool wide = i->size == 8;

	switch (i->op) {
	case MACH_NOP: break;
	case MACH_MOVE: op_reg(e, 0, 0x89, wide, i->src[0], i->def, false); break;
	case MACH_CONST:
		if (i->reloc)
			table_word(e, 0x8b, true, i->def, i);
		else
			e->p = enc_load_const(e->p, i->def, i->imm, flags_live(e, b, k + 1));
		break;
	case MACH_SPILL:
		a = slot_address(i->imm);
		op_memory(e, 0, 0x89, true, i->src[0], &a, false);
		if (is_fenced(e))
			load_fence(e);
		break;
	case MACH_FILL:
		a = slot_address(i->imm);
		op_memory(e, 0, 0x8b, true, i->def, &a, false);
		break;
	case X86_ADD:
	case X86_OR:
	case X86_AND:
	case X86_SUB:
	case X86_XOR:
	case X86_CMP: binary(e, i); break;
	case X86_TEST:
		if (!is_told(e, b, k))
			test(e, i);
		break;
	case X86_MADD:
	case X86_MOR:
	case X86_MAND:
	case X86_MSUB:
	case X86_MXOR: memory_binary(e, i); break;
	case X86_IMUL:
	case X86_IMUL_IMM: multiply(e, i); break;
	case X86_LEA: lea(e, b, k, &a); break;
	case X86_LOAD: e->p = enc_load(e->p, i->def, i->size, false, &a); break;
	case X86_LOADS: e->p = enc_load(e->p, i->def, i->size, true, &a); break;
	case X86_STORE: store(e, i, &a); break;
	case X86_MOVZX: e->p = enc_extend(e->p, i->def, i->src[0], i->size, false, false); break;
	case X86_MOVSX:
		e->p = enc_extend(e->p, i->def, i->src[0], i->size, true, i->scale == 8);
		break;
	case X86_NEG: group3(e, i, 3); break;
	case X86_NOT: group3(e, i, 2); break;
	case X86_BSWAP: e->p = enc_byte_swap(e->p, wide, i->def); break;
	case X86_ROL16:
		op_reg(e, 0x66, 0xc1, false, 0, i->def, false);
		byte(e, 8);
		break;
	case X86_ROL:
	case X86_SHL:
	case X86_SHR:
	case X86_SAR: shift(e, i); break;
	case X86_SHLX:
	case X86_SHRX:
	case X86_SARX: shift_by_register(e, i); break;
	case X86_MULH: group3(e, i, 4); break;
	case X86_DIV: group3(e, i, 6); break;
	case X86_IDIV: group3(e, i, 7); break;
	case X86_CQO:
		e->p = enc_rex(e->p, wide, MACH_NONE, MACH_NONE, MACH_NONE, false);
		byte(e, 0x99);
		break;
	case X86_SETCC:
		op_reg(e, 0, 0x0f90 | enc_condition(i->cond), false, 0, i->def, true);
		op_reg(e, 0, 0x0fb6, false, i->def, i->def, true);
		break;
	case X86_CMOV:
		op_reg(e, 0, 0x0f40 | enc_condition(i->cond), wide, i->def, i->src[1], false);
		break;
	case X86_POPCNT: op_reg(e, 0xf3, 0x0fb8, wide, i->def, i->src[0], false); break;
	case X86_MOVBE_LOAD:
		op_memory(e, i->size == 2 ? 0x66 : 0, 0x0f38f0, wide, i->def, &a, false);
		break;
	case X86_MOVBE_STORE:
		op_memory(e, i->size == 2 ? 0x66 : 0, 0x0f38f1, wide, i->src[0], &a, false);
		break;
	case X86_JCC: jump(e, (u32)i->imm, enc_condition(i->cond)); break;
	case X86_JMP:
		if (leads_out(e, b, (u32)i->imm))
			byte(e, 0xc3);
		else
			jump(e, (u32)i->imm, 0xff);
		break;
	case X86_SWITCH: switch_to(e, i); break;
	case X86_CALL:
	case X86_CALL_SUB: call(e, i); break;
	case X86_RET:
		epilogue(e);
		byte(e, 0xc3);
		break;
	case X86_LEAVE:
		epilogue(e);
		op_reg(e, 0, 0xff, false, 4, RAX, false);
		break;
	case X86_XADD:
	case X86_XCHG:
	case X86_CMPXCHG:
	case X86_FETCH:
	case X86_LADD:
	case X86_LOR:
	case X86_LAND:
	case X86_LXOR: atomic(e, i); break;
	case X86_MFENCE: byte(e, 0x0f), byte(e, 0xae), byte(e, 0xf0); break;
	case X86_LFENCE: load_fence(e); break;
	case X86_VECTOR: vector(e, i); break;
	case X86_TRAP: byte(e, 0x0f), byte(e, 0x0b); break;
	default: e->err = e->err ?: -EINVAL;
	}
}

/* A jump that ends its block and leads to the one behind: none. */
static void drop_last_jump(struct emitter *e, u32 block, u32 first_jump)
{
	struct mach_jump *last =
		e->jumps.len > first_jump ? &e->jumps.data[e->jumps.len - 1] : NULL;
	struct mach_jump *before;

	if (!last || last->at != e->body.len || last->cond != 0xff)
		return;
	if (last->target == block + 1) {
		e->jumps.len--;
		return;
	}
	before = e->jumps.len > first_jump + 1 ? last - 1 : NULL;
	/* if c goto next; goto far: if !c goto far */
	if (before && before->at == last->at && before->cond != 0xff &&
	    before->target == block + 1) {
		before->cond ^= 1;
		before->target = last->target;
		e->jumps.len--;
	}
}

static void emit_blocks(struct emitter *e)
{
	if (!open_body(e))
		return;
	prologue(e);
	close_body(e);
	for (u32 n = 0; n < e->m->blocks.len && !e->err; n++) {
		const struct mach_block *b = &e->m->blocks.data[n];
		u32 first_jump = (u32)e->jumps.len, insn = ~0u;

		e->block_at[n] = (u32)e->body.len;
		e->first_jump[n] = first_jump;
		for (u32 k = 0; k < b->count && !e->err; k++) {
			u32 of = e->m->ins.data[b->first + k].insn;

			if (of != insn)
				e->err = vec_push(&e->lines,
						  ((struct native_line){(u32)e->body.len, of}));
			insn = of;
			if (open_body(e))
				emit(e, b, k);
			close_body(e);
		}
		drop_last_jump(e, n, first_jump);
	}
	e->block_at[e->m->blocks.len] = (u32)e->body.len;
	e->first_jump[e->m->blocks.len] = (u32)e->jumps.len;
}

static int thread_jumps(struct emitter *e)
{
	struct mach_flow f = {.jumps = e->jumps.data,
			      .jump_count = (u32)e->jumps.len,
			      .block_at = e->block_at,
			      .first_jump = e->first_jump,
			      .block_count = (u32)e->m->blocks.len,
			      .cases = e->cases,
			      .case_count = (u32)e->m->cases.len};

	if (e->m->cases.len)
		memcpy(e->cases, e->m->cases.data, e->m->cases.len * sizeof(u32));
	return e->err = e->err ?: mach_thread_jumps(&f);
}

/* all in its place ----------------------------------------------------------------------------- */

static void put(struct emitter *e, const void *p, u32 n)
{
	struct jit_buffer *c = e->code;

	if (e->err || vec_reserve(&c->bytes, n)) {
		e->err = e->err ?: -ENOMEM;
		return;
	}
	memcpy(c->bytes.data + c->bytes.len, p, n);
	c->bytes.len += n;
}

/* Tables of switches stand behind the function: distances from the table's own start. */
static void put_tables(struct emitter *e, const struct mach_layout *l)
{
	u32 next = 0;

	for (u32 i = 0; i < e->tables.len && !e->err; i++) {
		const struct table *t = &e->tables.data[i];
		u32 lea = mach_byte_place(l, &next, t->at), at;
		s32 rel;

		if (!i)
			e->err = vec_push(
				&e->code->lines,
				((struct native_line){(u32)e->code->bytes.len, RUN_INSN_HERE}));
		while (e->code->bytes.len % 4)
			put(e, "\xcc", 1);
		at = (u32)e->code->bytes.len;
		rel = (s32)(at - (lea + 4));
		if (!e->err)
			memcpy(e->code->bytes.data + lea, &rel, 4);
		for (u32 k = 0; k < t->count; k++) {
			rel = (s32)(mach_label_place(l, &l->labels[e->cases[t->cases + k]]) - at);
			put(e, &rel, 4);
		}
	}
}

static void put_notes(struct emitter *e, const struct mach_layout *l)
{
	u32 next = 0;

	for (u32 i = 0; i < e->refs.len && !e->err; i++) {
		struct jit_ref r = e->refs.data[i];

		r.offset = mach_byte_place(l, &next, r.offset);
		e->err = vec_push(&e->code->refs, r);
	}
	next = 0;
	for (u32 i = 0; i < e->calls.len && !e->err; i++) {
		struct jit_call c = e->calls.data[i];

		c.at = mach_byte_place(l, &next, c.at);
		e->err = vec_push(&e->code->calls, c);
	}
	next = 0;
	for (u32 i = 0; i < e->lines.len && !e->err; i++) {
		struct native_line line = e->lines.data[i];

		line.offset = mach_byte_place(l, &next, line.offset);
		e->err = vec_push(&e->code->lines, line);
	}
}

static int align_loops(struct emitter *e, struct mach_layout *l, struct mach_label *labels)
{
	struct mach_jumps jumps = {e->jumps.data, e->jumps.len, e->jumps.cap};
	int err = mach_align_loops(l, &jumps, labels, e->m, (u32)e->code->bytes.len);

	memcpy(&e->jumps, &jumps, sizeof(jumps));
	return err;
}

static int finish(struct emitter *e)
{
	struct mach_layout l = {.forms = &x86_jump_forms,
				.body = e->body.data,
				.size = here(e),
				.jumps = e->jumps.data,
				.jump_count = (u32)e->jumps.len};
	struct mach_label *labels = base_calloc(e->m->blocks.len + 1, sizeof(*labels));

	if (!labels)
		return e->err = -ENOMEM;
	/* A block begins before the jumps at its start that are its own. */
	for (u32 b = 0; b <= e->m->blocks.len; b++)
		labels[b] = (struct mach_label){e->block_at[b], e->first_jump[b]};
	l.labels = labels;
	while (e->code->bytes.len % 16)
		put(e, "\xcc", 1);
	e->err = e->err ?: align_loops(e, &l, labels);
	e->err = e->err ?: mach_lay_out(&l, e->code);
	if (!e->err) {
		e->code->subs[e->m->ir->sub] = l.start;
		put_notes(e, &l);
		put_tables(e, &l);
	}
	mach_layout_fini(&l);
	base_free(labels);
	return e->err;
}

int x86_emit(const struct mach_function *m, const struct jit_options *opts, struct jit_buffer *code)
{
	struct emitter e = {.m = m, .opts = opts, .code = code};

	e.block_at = base_calloc(m->blocks.len + 1, sizeof(u32));
	e.first_jump = base_calloc(m->blocks.len + 1, sizeof(u32));
	e.cases = base_calloc(m->cases.len + 1, sizeof(u32));
	if (!e.block_at || !e.first_jump || !e.cases)
		e.err = -ENOMEM;
	if (!e.err) {
		lay_out_frame(&e);
		emit_blocks(&e);
	}
	if (!e.err && !thread_jumps(&e))
		finish(&e);
	base_free(e.block_at);
	base_free(e.first_jump);
	base_free(e.cases);
	vec_fini(&e.body);
	vec_fini(&e.jumps);
	vec_fini(&e.lines);
	vec_fini(&e.refs);
	vec_fini(&e.calls);
	vec_fini(&e.tables);
	return e.err;
}

static void patch_call(u8 *bytes, u32 at, u32 to)
{
	s32 rel = (s32)(to - (at + 4));

	memcpy(bytes + at, &rel, 4);
}

static void patch_ref(u8 *bytes, u32 at, s64 table)
{
	s32 rel = (s32)(table - (at + 4));

	memcpy(bytes + at, &rel, 4);
}

const struct jit_backend jit_x86 = {.lower = x86_lower,
				    .registers = &x86_target,
				    .emit = x86_emit,
				    .patch_call = patch_call,
				    .patch_ref = patch_ref,
				    .baseline = x86_baseline};
