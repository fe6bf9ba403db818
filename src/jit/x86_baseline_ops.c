// SPDX-License-Identifier: BSD-2-Clause
/* x86-64's baseline: arithmetic, loads, stores and atomics, one instruction at a time. */
#include <errno.h>
#include <cygnet/abi.h>
#include "jit/x86_baseline.h"

/* Digits of group 1 and, times 8, opcodes. */
enum {
	ALU_ADD = 0,
	ALU_OR = 1,
	ALU_AND = 4,
	ALU_SUB = 5,
	ALU_XOR = 6,
};

static void op_reg(struct baseline *b, u32 opcode, bool wide, u32 reg, u32 rm)
{
	b->p = enc_op_reg(b->p, 0, opcode, wide, reg, rm, false);
}

static void move(struct baseline *b, bool wide, u32 to, u32 from)
{
	op_reg(b, 0x89, wide, from, to);
}

/* A 32-bit operation that changes nothing still clears the upper half. */
static void nothing(struct baseline *b, bool wide, u32 reg)
{
	if (!wide)
		move(b, false, reg, reg);
}

/* arithmetic ------------------------------------------------------------------------ */

static void multiply(struct baseline *b, bool wide, u32 d, s32 n)
{
	if (n > 0 && !(n & (n - 1))) {
		if (n == 1)
			nothing(b, wide, d);
		else
			b->p = enc_shift_const(b->p, 4, wide, d, (u32)__builtin_ctz((u32)n));
	} else {
		b->p = enc_multiply_const(b->p, wide, d, d, n);
	}
}

static void and_const(struct baseline *b, bool wide, u32 d, s32 n)
{
	if (n == 0xff || n == 0xffff)
		b->p = enc_extend(b->p, d, d, n == 0xff ? 1 : 2, false, false);
	else if (n >= 0) /* the upper half becomes 0 either way */
		b->p = enc_alu_const(b->p, ALU_AND, false, d, n);
	else
		b->p = enc_alu_const(b->p, ALU_AND, wide, d, n);
}

static void add_const(struct baseline *b, bool wide, u32 d, s32 n, bool is_sub)
{
	if (!n)
		nothing(b, wide, d);
	else if (n == 128)
		b->p = enc_alu_const(b->p, is_sub ? ALU_ADD : ALU_SUB, wide, d, -128);
	else
		b->p = enc_alu_const(b->p, is_sub ? ALU_SUB : ALU_ADD, wide, d, n);
}

static void xor_const(struct baseline *b, bool wide, u32 d, s32 n)
{
	if (n == -1)
		op_reg(b, 0xf7, wide, 2, d); /* not */
	else
		b->p = enc_alu_const(b->p, ALU_XOR, wide, d, n);
}

static void shift_const(struct baseline *b, u32 digit, bool wide, u32 d, u32 n)
{
	n &= wide ? 63 : 31;
	if (n)
		b->p = enc_shift_const(b->p, digit, wide, d, n);
	else
		nothing(b, wide, d);
}

/* digit: shl 4, shr 5, sar 7 */
static void shift(struct baseline *b, u32 digit, bool wide, u32 d, u32 s)
{
	static const u8 pp[] = {[4] = 1, [5] = 3, [7] = 2};

	if (b->opts->features & JIT_X86_BMI2) {
		b->p = enc_shift_register(b->p, pp[digit], wide, d, d, s);
		return;
	}
	if (s == RCX) {
		op_reg(b, 0xd3, wide, digit, d);
		return;
	}
	move(b, true, R11, RCX);
	op_reg(b, 0x89, false, s, RCX);
	op_reg(b, 0xd3, wide, digit, d == RCX ? R11 : d);
	move(b, true, RCX, R11);
}

/* rdx:rax / r11, quotient or remainder to d; rax and rdx are kept unless they are d. */
static void divide_by_scratch(struct baseline *b, bool wide, u32 d, bool remainder, bool is_signed)
{
	if (d != RDX)
		move(b, true, R10, RDX);
	if (d != RAX) {
		move(b, true, RDI, RAX);
		move(b, wide, RAX, d);
	}
	if (is_signed) {
		b->p = enc_rex(b->p, wide, MACH_NONE, MACH_NONE, MACH_NONE, false);
		b->p = enc_byte(b->p, 0x99);
	} else {
		op_reg(b, 0x31, false, RDX, RDX);
	}
	op_reg(b, 0xf7, wide, is_signed ? 7 : 6, R11);
	if (d != (remainder ? RDX : RAX))
		move(b, wide, d, remainder ? RDX : RAX);
	if (d != RAX)
		move(b, true, RAX, RDI);
	if (d != RDX)
		move(b, true, RDX, R10);
}

/* By 0: the quotient is 0, the remainder what was to be divided. By -1 the machine would trap. */
static void divide(struct baseline *b, const struct base_row *row, u32 d, u32 s)
{
	bool wide = row->bits == 64, remainder = row->code == BPF_MOD;
	struct x86_address next = {s, MACH_NONE, 1, 1};
	u8 *regular, *over;

	if (row->is_signed) {
		/* s is 0 or -1: the quotient is d * s, the remainder d * (s + 1) */
		b->p = enc_op_memory(b->p, 0, 0x8d, wide, RDI, &next, false);
		b->p = enc_alu_const(b->p, 7, wide, RDI, 1);
		regular = base_skip(b, COND_GT);
		op_reg(b, 0x0faf, wide, d, remainder ? RDI : s);
	} else {
		op_reg(b, 0x85, wide, s, s);
		regular = base_skip(b, COND_NE);
		if (remainder)
			nothing(b, wide, d);
		else
			op_reg(b, 0x31, false, d, d);
	}
	over = base_skip(b, JUMP_ALWAYS);
	base_land(b, regular);
	move(b, wide, R11, s);
	divide_by_scratch(b, wide, d, remainder, row->is_signed);
	base_land(b, over);
}

static void divide_const(struct baseline *b, const struct base_row *row, u32 d, s32 n)
{
	bool wide = row->bits == 64, remainder = row->code == BPF_MOD;

	if (!n || (row->is_signed && n == -1)) {
		if (n == -1 && !remainder)
			op_reg(b, 0xf7, wide, 3, d); /* neg */
		else if (!n == remainder)
			nothing(b, wide, d);
		else
			op_reg(b, 0x31, false, d, d);
	} else if (!row->is_signed && n > 0 && !(n & (n - 1)) && !(b->opts->flags & JIT_BLIND)) {
		if (remainder)
			b->p = enc_alu_const(b->p, ALU_AND, false, d, n - 1);
		else
			shift_const(b, 5, wide, d, (u32)__builtin_ctz((u32)n));
	} else {
		base_const(b, R11, wide ? n : (s64)(u32)n);
		divide_by_scratch(b, wide, d, remainder, row->is_signed);
	}
}

static void alu_const(struct baseline *b, const struct base_row *row, u32 d, s32 n)
{
	bool wide = row->bits == 64;

	switch (row->code) {
	case BPF_ADD: add_const(b, wide, d, n, false); break;
	case BPF_SUB: add_const(b, wide, d, n, true); break;
	case BPF_MUL: multiply(b, wide, d, n); break;
	case BPF_DIV:
	case BPF_MOD: divide_const(b, row, d, n); break;
	case BPF_OR: b->p = enc_alu_const(b->p, ALU_OR, wide, d, n); break;
	case BPF_AND: and_const(b, wide, d, n); break;
	case BPF_LSH: shift_const(b, 4, wide, d, (u32)n); break;
	case BPF_RSH: shift_const(b, 5, wide, d, (u32)n); break;
	case BPF_ARSH: shift_const(b, 7, wide, d, (u32)n); break;
	default: xor_const(b, wide, d, n);
	}
}

static void alu_reg(struct baseline *b, const struct base_row *row, u32 d, u32 s)
{
	bool wide = row->bits == 64;

	switch (row->code) {
	case BPF_ADD: op_reg(b, 0x01, wide, s, d); break;
	case BPF_SUB: op_reg(b, 0x29, wide, s, d); break;
	case BPF_MUL: op_reg(b, 0x0faf, wide, d, s); break;
	case BPF_DIV:
	case BPF_MOD: divide(b, row, d, s); break;
	case BPF_OR: op_reg(b, 0x09, wide, s, d); break;
	case BPF_AND: op_reg(b, 0x21, wide, s, d); break;
	case BPF_LSH: shift(b, 4, wide, d, s); break;
	case BPF_RSH: shift(b, 5, wide, d, s); break;
	case BPF_ARSH: shift(b, 7, wide, d, s); break;
	default: op_reg(b, 0x31, wide, s, d);
	}
}

/* Shifts are no constants that an attacker could use. */
static bool is_blinded(const struct baseline *b, const struct base_row *row)
{
	return b->opts->flags & JIT_BLIND && row->code != BPF_LSH && row->code != BPF_RSH &&
	       row->code != BPF_ARSH && row->code != BPF_DIV && row->code != BPF_MOD;
}

static void alu_imm(struct baseline *b, const struct isa_op *op, const struct base_row *row)
{
	u32 d = base_regs[op->dst];

	if (is_blinded(b, row)) {
		base_const(b, R11, row->bits == 64 ? op->imm : (s64)(u32)op->imm);
		alu_reg(b, row, d, R11);
	} else {
		alu_const(b, row, d, (s32)op->imm);
	}
}

static void move_reg(struct baseline *b, const struct isa_op *op, u32 d, u32 s)
{
	switch (op->op) {
	case ISA_OP_MOV32_REG: move(b, false, d, s); break;
	case ISA_OP_MOVSX8_64: b->p = enc_extend(b->p, d, s, 1, true, true); break;
	case ISA_OP_MOVSX16_64: b->p = enc_extend(b->p, d, s, 2, true, true); break;
	case ISA_OP_MOVSX32_64: b->p = enc_extend(b->p, d, s, 4, true, true); break;
	case ISA_OP_MOVSX8_32: b->p = enc_extend(b->p, d, s, 1, true, false); break;
	case ISA_OP_MOVSX16_32: b->p = enc_extend(b->p, d, s, 2, true, false); break;
	default:
		if (d != s)
			move(b, true, d, s);
	}
}

static void unary(struct baseline *b, const struct isa_op *op, u32 d)
{
	switch (op->op) {
	case ISA_OP_NEG64: op_reg(b, 0xf7, true, 3, d); break;
	case ISA_OP_NEG32: op_reg(b, 0xf7, false, 3, d); break;
	case ISA_OP_LE16: b->p = enc_extend(b->p, d, d, 2, false, false); break;
	case ISA_OP_LE32: move(b, false, d, d); break;
	case ISA_OP_LE64: break;
	case ISA_OP_BE16:
	case ISA_OP_BSWAP16: /* rol d16, 8 */
		b->p = enc_op_reg(b->p, 0x66, 0xc1, false, 0, d, false);
		b->p = enc_byte(b->p, 8);
		b->p = enc_extend(b->p, d, d, 2, false, false);
		break;
	default: b->p = enc_byte_swap(b->p, op->op == ISA_OP_BE64 || op->op == ISA_OP_BSWAP64, d);
	}
}

void base_alu(struct baseline *b, const struct isa_op *op, const struct base_row *row)
{
	u32 d = base_regs[op->dst], s = base_regs[op->src];

	switch (row->kind) {
	case ISA_KIND_ALU_REG: alu_reg(b, row, d, s); break;
	case ISA_KIND_ALU_IMM: alu_imm(b, op, row); break;
	case ISA_KIND_MOV_REG: move_reg(b, op, d, s); break;
	case ISA_KIND_MOV_IMM:
		base_const(b, d, row->bits == 32 ? (s64)(u32)op->imm : op->imm);
		break;
	case ISA_KIND_UNARY: unary(b, op, d); break;
	case ISA_KIND_CAST: /* for others' addresses it takes the arena's place */
		if (op->op != ISA_OP_CAST_KERN)
			b->err = b->err ?: -EOPNOTSUPP;
		move(b, false, d, s);
		break;
	default: base_stop(b, FAULT_INSN);
	}
}

/* memory ---------------------------------------------------------------------------------- */

static struct x86_address at(u32 reg, s32 off)
{
	return (struct x86_address){base_regs[reg], MACH_NONE, 1, off};
}

static u32 facts(const struct baseline *b)
{
	return b->facts ? b->facts[b->insn].facts : 0;
}

/* Of a kernel object, by the runtime: what cannot be read is 0. */
static void load_object(struct baseline *b, const struct isa_op *op, const struct base_row *row)
{
	struct x86_address a = at(op->src, op->off);
	u32 d = base_regs[op->dst], size = row->bits / 8;

	b->p = enc_op_memory(b->p, 0, 0x8d, true, R11, &a, false);
	b->p = enc_load_const(b->p, R10, size, false);
	base_call(b, BASE_LOADER);
	if (row->is_signed)
		b->p = enc_extend(b->p, d, R11, size, true, true);
	else
		move(b, true, d, R11);
}

static const u8 loader_keeps[] = {RAX, RCX, RDX, RSI, R8, R9};

/* R11 = the R10 bytes at R11: NATIVE_LOAD with all registers of the program kept. */
void base_loader(struct baseline *b)
{
	for (u32 i = 0; i < ARRAY_SIZE(loader_keeps); i++)
		b->p = enc_push(b->p, loader_keeps[i]);
	b->p = enc_push(b->p, R11); /* what it holds is not needed, its place is */
	move(b, true, RSI, R11);
	move(b, false, RDX, R10);
	base_call_native(b, NATIVE_LOAD);
	b->p = enc_pop(b->p, R11);
	move(b, true, R11, RAX);
	for (u32 i = ARRAY_SIZE(loader_keeps); i-- > 0;)
		b->p = enc_pop(b->p, loader_keeps[i]);
	b->p = enc_byte(b->p, 0xc3);
}

void base_load(struct baseline *b, const struct isa_op *op, const struct base_row *row)
{
	struct x86_address a = at(op->src, op->off);

	if (facts(b) & FACT_ARENA) {
		b->err = -EOPNOTSUPP;
	} else if (facts(b) & FACT_BTF_LOAD) {
		load_object(b, op, row);
	} else {
		b->p = enc_load(b->p, base_regs[op->dst], row->bits / 8, row->is_signed, &a);
	}
}

void base_store(struct baseline *b, const struct isa_op *op, const struct base_row *row)
{
	struct x86_address a = at(op->dst, op->off);

	if (facts(b) & (FACT_ARENA | FACT_BTF_LOAD))
		b->err = -EOPNOTSUPP;
	if (row->kind == ISA_KIND_ST && b->opts->flags & JIT_BLIND) {
		base_const(b, R11, op->imm);
		b->p = enc_store(b->p, R11, row->bits / 8, &a);
	} else if (row->kind == ISA_KIND_ST) {
		b->p = enc_store_const(b->p, (s32)op->imm, row->bits / 8, &a);
	} else {
		b->p = enc_store(b->p, base_regs[op->src], row->bits / 8, &a);
	}
}

/* or and xor, the old value fetched: by compare and exchange, which takes it in rax */
static void fetch(struct baseline *b, const struct isa_op *op, u32 opcode, bool wide)
{
	u32 s = base_regs[op->src], value = s == RAX ? R10 : s;
	struct x86_address a = at(op->dst, op->off);
	u8 *again;

	if (a.base == RAX) {
		b->p = enc_op_memory(b->p, 0, 0x8d, true, R11, &a, false);
		a = (struct x86_address){R11, MACH_NONE, 1, 0};
	}
	move(b, true, R10, RAX);
	b->p = enc_load(b->p, RAX, wide ? 8 : 4, false, &a);
	again = b->p;
	move(b, true, RDI, RAX);
	op_reg(b, opcode, wide, value, RDI);
	b->p = enc_op_memory(b->p, 0xf0, 0x0fb1, wide, RDI, &a, false);
	b->p = enc_byte(b->p, 0x75);
	b->p = enc_byte(b->p, (u32)(again - (b->p + 1)));
	if (s == RAX)
		return;
	move(b, true, s, RAX);
	move(b, true, RAX, R10);
}

static void fetching(struct baseline *b, const struct isa_op *op, u32 what, bool wide)
{
	struct x86_address a = at(op->dst, op->off);
	u32 s = base_regs[op->src];

	switch (what) {
	case BPF_ADD: b->p = enc_op_memory(b->p, 0xf0, 0x0fc1, wide, s, &a, false); break;
	case BPF_OR: fetch(b, op, 0x09, wide); break;
	case BPF_AND: fetch(b, op, 0x21, wide); break;
	case BPF_XOR: fetch(b, op, 0x31, wide); break;
	default: b->p = enc_op_memory(b->p, 0, 0x87, wide, s, &a, false);
	}
}

void base_atomic(struct baseline *b, const struct isa_op *op, const struct base_row *row)
{
	struct x86_address a = at(op->dst, op->off);
	u32 what = isa_info(op->op)->imm & 0xf0, s = base_regs[op->src];
	bool wide = row->bits == 64;

	if (facts(b) & (FACT_ARENA | FACT_BTF_LOAD))
		b->err = -EOPNOTSUPP;
	switch (row->kind) {
	case ISA_KIND_LOAD_ACQ: base_load(b, op, row); break;
	case ISA_KIND_STORE_REL: base_store(b, op, row); break;
	case ISA_KIND_CMPXCHG:
		b->p = enc_op_memory(b->p, 0xf0, 0x0fb1, wide, s, &a, false);
		if (!wide)
			move(b, false, RAX, RAX);
		break;
	case ISA_KIND_ATOMIC_FETCH: fetching(b, op, what, wide); break;
	default: /* lock add, or, and, xor */
		b->p = enc_op_memory(b->p, 0xf0,
				     what == BPF_OR    ? 0x09
				     : what == BPF_AND ? 0x21
				     : what == BPF_XOR ? 0x31
						       : 0x01,
				     wide, s, &a, false);
	}
}
