/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x86-64 instructions as bytes: shared by x86_emit.c and the baseline. Each
 * function writes at `p`, where there is room for X86_LONGEST bytes, and returns
 * where the next instruction begins.
 */
#ifndef JIT_X86_ENCODE_H
#define JIT_X86_ENCODE_H

#include <string.h>
#include "jit/mach.h"

#define X86_LONGEST 16

enum x86_reg {
	RAX,
	RCX,
	RDX,
	RBX,
	RSP,
	RBP,
	RSI,
	RDI,
	R8,
	R9,
	R10,
	R11,
	R12,
	R13,
	R14,
	R15,
};

/* base + index * scale + disp; MACH_NONE: without. */
struct x86_address {
	u32 base, index, scale;
	s32 disp;
};

static inline bool enc_is8(s64 v)
{
	return v == (s8)v;
}

static inline bool enc_is32(s64 v)
{
	return v == (s32)v;
}

static inline u8 *enc_byte(u8 *p, u32 b)
{
	*p = (u8)b;
	return p + 1;
}

/* The low `n` bytes. */
static inline u8 *enc_bytes(u8 *p, u64 v, u32 n)
{
	memcpy(p, &v, n);
	return p + n;
}

static inline u8 *enc_word32(u8 *p, u32 v)
{
	return enc_bytes(p, v, 4);
}

/* REX when one is needed: width, the high registers, or a byte register's new meaning. */
static inline u8 *enc_rex(u8 *p, bool wide, u32 reg, u32 index, u32 base, bool byte_reg)
{
	u32 b = (wide ? 8 : 0) | (reg != MACH_NONE && reg >= 8 ? 4 : 0) |
		(index != MACH_NONE && index >= 8 ? 2 : 0) |
		(base != MACH_NONE && base >= 8 ? 1 : 0);

	*p = (u8)(0x40 | b);
	return p + (b || byte_reg);
}

static inline u8 *enc_modrm_reg(u8 *p, u32 reg, u32 rm)
{
	return enc_byte(p, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

static inline u32 enc_scale_bits(u32 scale)
{
	return scale == 8 ? 3 : scale == 4 ? 2 : scale == 2 ? 1 : 0;
}

static inline u8 *enc_modrm_memory(u8 *p, u32 reg, const struct x86_address *a)
{
	bool sib = a->index != MACH_NONE || a->base == MACH_NONE || (a->base & 7) == RSP;
	u32 mod = a->base == MACH_NONE               ? 0
		  : !a->disp && (a->base & 7) != RBP ? 0
		  : enc_is8(a->disp)                 ? 1
						     : 2;

	p = enc_byte(p, mod << 6 | (reg & 7) << 3 | (sib ? 4 : a->base & 7));
	if (sib)
		p = enc_byte(p, enc_scale_bits(a->scale) << 6 |
					(a->index == MACH_NONE ? 4 : a->index & 7) << 3 |
					(a->base == MACH_NONE ? 5 : a->base & 7));
	if (a->base == MACH_NONE || mod == 2)
		return enc_word32(p, (u32)a->disp);
	return mod == 1 ? enc_byte(p, (u32)a->disp) : p;
}

/* One, two or three bytes, as the number has them. */
static inline u8 *enc_opcode(u8 *p, u32 op)
{
	if (op > 0xffff)
		p = enc_byte(p, op >> 16);
	if (op > 0xff)
		p = enc_byte(p, op >> 8);
	return enc_byte(p, op);
}

/* An operation with a register and memory; `prefix` 0x66, 0xf2, 0xf3, 0xf0 or 0. */
static inline u8 *enc_op_memory(u8 *p, u32 prefix, u32 op, bool wide, u32 reg,
				const struct x86_address *a, bool byte_reg)
{
	if (prefix)
		p = enc_byte(p, prefix);
	p = enc_rex(p, wide, reg, a->index, a->base, byte_reg && reg >= 4);
	p = enc_opcode(p, op);
	return enc_modrm_memory(p, reg, a);
}

static inline u8 *enc_op_reg(u8 *p, u32 prefix, u32 op, bool wide, u32 reg, u32 rm, bool byte_rm)
{
	if (prefix)
		p = enc_byte(p, prefix);
	p = enc_rex(p, wide, reg, MACH_NONE, rm, byte_rm && rm >= 4);
	p = enc_opcode(p, op);
	return enc_modrm_reg(p, reg, rm);
}

/* An operation with a word of the table, [rip + n]: its last 4 bytes are to be patched. */
static inline u8 *enc_op_table(u8 *p, u32 op, bool wide, u32 reg)
{
	p = enc_rex(p, wide, reg, MACH_NONE, MACH_NONE, false);
	p = enc_opcode(p, op);
	p = enc_byte(p, (reg & 7) << 3 | 5);
	return enc_word32(p, 0);
}

/* The shortest form; flags keep what they are when so asked. */
static inline u8 *enc_load_const(u8 *p, u32 reg, s64 value, bool keep_flags)
{
	if (!value && !keep_flags)
		return enc_op_reg(p, 0, 0x31, false, reg, reg, false);
	if (enc_is32(value) && value < 0) {
		p = enc_op_reg(p, 0, 0xc7, true, 0, reg, false);
		return enc_word32(p, (u32)value);
	}
	p = enc_rex(p, value != (s64)(u32)value, MACH_NONE, MACH_NONE, reg, false);
	p = enc_byte(p, 0xb8 | (reg & 7));
	return enc_bytes(p, (u64)value, value == (s64)(u32)value ? 4 : 8);
}

/* The low `size` bytes of memory, extended to 64 bits. */
static inline u8 *enc_load(u8 *p, u32 reg, u32 size, bool is_signed, const struct x86_address *a)
{
	switch (size) {
	case 1: return enc_op_memory(p, 0, is_signed ? 0x0fbe : 0x0fb6, is_signed, reg, a, false);
	case 2: return enc_op_memory(p, 0, is_signed ? 0x0fbf : 0x0fb7, is_signed, reg, a, false);
	case 4: return enc_op_memory(p, 0, is_signed ? 0x63 : 0x8b, is_signed, reg, a, false);
	default: return enc_op_memory(p, 0, 0x8b, true, reg, a, false);
	}
}

static inline u8 *enc_store(u8 *p, u32 reg, u32 size, const struct x86_address *a)
{
	return enc_op_memory(p, size == 2 ? 0x66 : 0, size == 1 ? 0x88 : 0x89, size == 8, reg, a,
			     size == 1);
}

static inline u8 *enc_store_const(u8 *p, s32 value, u32 size, const struct x86_address *a)
{
	p = enc_op_memory(p, size == 2 ? 0x66 : 0, size == 1 ? 0xc6 : 0xc7, size == 8, 0, a, false);
	return enc_bytes(p, (u32)value, size == 8 ? 4 : size);
}

/* A register's low `size` bytes into another; `wide`: extended to 64 bits. */
static inline u8 *enc_extend(u8 *p, u32 to, u32 from, u32 size, bool is_signed, bool wide)
{
	switch (size) {
	case 1:
		return enc_op_reg(p, 0, is_signed ? 0x0fbe : 0x0fb6, wide && is_signed, to, from,
				  true);
	case 2:
		return enc_op_reg(p, 0, is_signed ? 0x0fbf : 0x0fb7, wide && is_signed, to, from,
				  false);
	default: return enc_op_reg(p, 0, is_signed ? 0x63 : 0x8b, is_signed, to, from, false);
	}
}

/* add or adc sbb and sub xor cmp, 0 to 7, with a constant. */
static inline u8 *enc_alu_const(u8 *p, u32 n, bool wide, u32 reg, s32 value)
{
	if (enc_is8(value)) {
		p = enc_op_reg(p, 0, 0x83, wide, n, reg, false);
		return enc_byte(p, (u32)value);
	}
	if (reg == RAX) {
		p = enc_rex(p, wide, MACH_NONE, MACH_NONE, MACH_NONE, false);
		p = enc_byte(p, n << 3 | 5);
	} else {
		p = enc_op_reg(p, 0, 0x81, wide, n, reg, false);
	}
	return enc_word32(p, (u32)value);
}

static inline u8 *enc_test_const(u8 *p, bool wide, u32 reg, s32 value)
{
	if (value > 0 && value < 128) { /* the sign bit must not change meaning */
		p = enc_op_reg(p, 0, 0xf6, false, 0, reg, true);
		return enc_byte(p, (u32)value);
	}
	p = enc_op_reg(p, 0, 0xf7, wide && value < 0, 0, reg, false);
	return enc_word32(p, (u32)value);
}

/* rol ror shl shr sar: 0 1 4 5 7. */
static inline u8 *enc_shift_const(u8 *p, u32 digit, bool wide, u32 reg, u32 count)
{
	if (count == 1)
		return enc_op_reg(p, 0, 0xd1, wide, digit, reg, false);
	p = enc_op_reg(p, 0, 0xc1, wide, digit, reg, false);
	return enc_byte(p, count);
}

/* BMI2's shlx (pp 1), sarx (2), shrx (3): to = from shifted by `count`. */
static inline u8 *enc_shift_register(u8 *p, u32 pp, bool wide, u32 to, u32 from, u32 count)
{
	p = enc_byte(p, 0xc4);
	p = enc_byte(p, (to >= 8 ? 0 : 0x80) | 0x40 | (from >= 8 ? 0 : 0x20) | 2);
	p = enc_byte(p, (wide ? 0x80 : 0) | (~count & 15) << 3 | pp);
	p = enc_byte(p, 0xf7);
	return enc_modrm_reg(p, to, from);
}

static inline u8 *enc_multiply_const(u8 *p, bool wide, u32 to, u32 from, s32 value)
{
	if (enc_is8(value)) {
		p = enc_op_reg(p, 0, 0x6b, wide, to, from, false);
		return enc_byte(p, (u32)value);
	}
	p = enc_op_reg(p, 0, 0x69, wide, to, from, false);
	return enc_word32(p, (u32)value);
}

static inline u8 *enc_push(u8 *p, u32 reg)
{
	p = enc_rex(p, false, MACH_NONE, MACH_NONE, reg, false);
	return enc_byte(p, 0x50 | (reg & 7));
}

static inline u8 *enc_pop(u8 *p, u32 reg)
{
	p = enc_rex(p, false, MACH_NONE, MACH_NONE, reg, false);
	return enc_byte(p, 0x58 | (reg & 7));
}

static inline u8 *enc_byte_swap(u8 *p, bool wide, u32 reg)
{
	p = enc_rex(p, wide, MACH_NONE, MACH_NONE, reg, false);
	p = enc_byte(p, 0x0f);
	return enc_byte(p, 0xc8 | (reg & 7));
}

/* The low half of a register's condition code, enum ir_cond: of jcc, setcc, cmovcc. */
static inline u32 enc_condition(u32 cond)
{
	static const u8 codes[] = {
		[COND_EQ] = 4,   [COND_NE] = 5,   [COND_LT] = 2,   [COND_GE] = 3,
		[COND_GT] = 7,   [COND_LE] = 6,   [COND_SLT] = 12, [COND_SGE] = 13,
		[COND_SGT] = 15, [COND_SLE] = 14, [COND_TEST] = 5, [COND_NTEST] = 4,
	};

	return codes[cond];
}

#endif
