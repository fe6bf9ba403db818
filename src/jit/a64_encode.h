/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * aarch64: instructions as words. Registers are numbers; 31 is the zero register,
 * or sp where the instruction has it there. `wide`: 64 bits. Distances are bytes.
 */
#ifndef JIT_A64_ENCODE_H
#define JIT_A64_ENCODE_H

#include "base/types.h"

enum a64_shift { /* of a second operand; from A64_UXTB on: extensions, of add and sub only */
	A64_LSL,
	A64_LSR,
	A64_ASR,
	A64_ROR,
	A64_UXTB,
	A64_UXTH,
	A64_UXTW,
	A64_UXTX,
	A64_SXTB,
	A64_SXTH,
	A64_SXTW,
	A64_SXTX,
};

enum a64_cond {
	A64_EQ,
	A64_NE,
	A64_CS,
	A64_CC,
	A64_MI,
	A64_PL,
	A64_VS,
	A64_VC,
	A64_HI,
	A64_LS,
	A64_GE,
	A64_LT,
	A64_GT,
	A64_LE,
};

#define A64_ZR 31
#define A64_SP 31
#define A64_LR 30

static inline u32 a64_sf(bool wide)
{
	return (u32)wide << 31;
}

static inline u32 a64_three(u32 op, u32 rd, u32 rn, u32 rm)
{
	return op | rm << 16 | rn << 5 | rd;
}

/* add, sub ------------------------------------------------------------------------- */

enum a64_addsub { /* op and S */
	A64_OP_ADD,
	A64_OP_ADDS,
	A64_OP_SUB,
	A64_OP_SUBS,
};

/* 12 bits, perhaps shifted by 12. */
static inline bool a64_is_addsub_imm(u64 v)
{
	return v < 1u << 12 || (!(v & 0xfff) && v < 1u << 24);
}

static inline u32 a64_addsub_imm(bool wide, enum a64_addsub op, u32 rd, u32 rn, u32 imm)
{
	u32 sh = imm > 0xfff;

	return a64_sf(wide) | (u32)op << 29 | 0x11000000 | sh << 22 | (sh ? imm >> 12 : imm) << 10 |
	       rn << 5 | rd;
}

static inline u32 a64_addsub_reg(bool wide, enum a64_addsub op, u32 rd, u32 rn, u32 rm,
				 enum a64_shift shift, u32 amount)
{
	if (shift >= A64_UXTB)
		return a64_three(a64_sf(wide) | (u32)op << 29 | 0x0b200000 |
					 (u32)(shift - A64_UXTB) << 13 | amount << 10,
				 rd, rn, rm);
	return a64_three(a64_sf(wide) | (u32)op << 29 | 0x0b000000 | (u32)shift << 22 |
				 amount << 10,
			 rd, rn, rm);
}

/* logical ---------------------------------------------------------------------------- */

enum a64_logical {
	A64_OP_AND,
	A64_OP_ORR,
	A64_OP_EOR,
	A64_OP_ANDS,
};

/*
 * A repeated element of 2, 4, ... 64 bits that is one run of ones, rotated: as the
 * fields N, immr, imms (13 bits together); false: the constant is none.
 */
bool a64_logical_fields(u64 value, bool wide, u32 *fields);

static inline u32 a64_logical_imm(bool wide, enum a64_logical op, u32 rd, u32 rn, u32 fields)
{
	return a64_sf(wide) | (u32)op << 29 | 0x12000000 | fields << 10 | rn << 5 | rd;
}

/* `invert`: of the second operand: bic, orn, eon, bics */
static inline u32 a64_logical_reg(bool wide, enum a64_logical op, bool invert, u32 rd, u32 rn,
				  u32 rm, enum a64_shift shift, u32 amount)
{
	return a64_three(a64_sf(wide) | (u32)op << 29 | 0x0a000000 | (u32)shift << 22 |
				 (u32)invert << 21 | amount << 10,
			 rd, rn, rm);
}

/* moves ------------------------------------------------------------------------------- */

enum a64_movewide {
	A64_OP_MOVN = 0,
	A64_OP_MOVZ = 2,
	A64_OP_MOVK = 3,
};

static inline u32 a64_movewide(bool wide, enum a64_movewide op, u32 rd, u32 imm16, u32 place)
{
	return a64_sf(wide) | (u32)op << 29 | 0x12800000 | place << 21 | imm16 << 5 | rd;
}

static inline u32 a64_mov(bool wide, u32 rd, u32 rn)
{
	return a64_logical_reg(wide, A64_OP_ORR, false, rd, A64_ZR, rn, A64_LSL, 0);
}

#define A64_CONST_WORDS 4

/* The shortest way to make a constant; the number of words. */
u32 a64_const(u32 rd, u64 value, u32 words[A64_CONST_WORDS]);

/* bit fields ---------------------------------------------------------------------------- */

enum a64_bitfield {
	A64_OP_SBFM,
	A64_OP_BFM,
	A64_OP_UBFM,
};

static inline u32 a64_bitfield(bool wide, enum a64_bitfield op, u32 rd, u32 rn, u32 immr, u32 imms)
{
	return a64_sf(wide) | (u32)op << 29 | 0x13000000 | (u32)wide << 22 | immr << 16 |
	       imms << 10 | rn << 5 | rd;
}

static inline u32 a64_extr(bool wide, u32 rd, u32 rn, u32 rm, u32 lsb)
{
	return a64_three(a64_sf(wide) | 0x13800000 | (u32)wide << 22 | lsb << 10, rd, rn, rm);
}

/* one, two, three sources ------------------------------------------------------------------ */

enum a64_unary {
	A64_OP_RBIT,
	A64_OP_REV16,
	A64_OP_REV32, /* rev of 32 bits */
	A64_OP_REV64, /* wide only */
	A64_OP_CLZ,
	A64_OP_CNT = 7, /* FEAT_CSSC */
};

static inline u32 a64_unary(bool wide, enum a64_unary op, u32 rd, u32 rn)
{
	return a64_sf(wide) | 0x5ac00000 | (u32)op << 10 | rn << 5 | rd;
}

enum a64_binary {
	A64_OP_UDIV = 2,
	A64_OP_SDIV = 3,
	A64_OP_LSLV = 8,
	A64_OP_LSRV = 9,
	A64_OP_ASRV = 10,
	A64_OP_RORV = 11,
};

static inline u32 a64_binary(bool wide, enum a64_binary op, u32 rd, u32 rn, u32 rm)
{
	return a64_three(a64_sf(wide) | 0x1ac00000 | (u32)op << 10, rd, rn, rm);
}

/* rd = ra +- rn * rm */
static inline u32 a64_madd(bool wide, bool sub, u32 rd, u32 rn, u32 rm, u32 ra)
{
	return a64_three(a64_sf(wide) | 0x1b000000 | (u32)sub << 15 | ra << 10, rd, rn, rm);
}

/* 64-bit product of two 32-bit values */
static inline u32 a64_umull(u32 rd, u32 rn, u32 rm)
{
	return a64_three(0x9ba07c00, rd, rn, rm);
}

static inline u32 a64_umulh(u32 rd, u32 rn, u32 rm)
{
	return a64_three(0x9bc07c00, rd, rn, rm);
}

/* conditions ------------------------------------------------------------------------------ */

enum a64_select {
	A64_OP_CSEL,
	A64_OP_CSINC,
	A64_OP_CSINV,
	A64_OP_CSNEG,
};

static inline u32 a64_select(bool wide, enum a64_select op, u32 rd, u32 rn, u32 rm,
			     enum a64_cond cond)
{
	return a64_three(a64_sf(wide) | (u32)(op >> 1) << 30 | 0x1a800000 | (u32)cond << 12 |
				 (u32)(op & 1) << 10,
			 rd, rn, rm);
}

/* If cond: compares; else sets nzcv. rm: a register, or 5 bits with `imm`. */
static inline u32 a64_ccmp(bool wide, bool imm, u32 rn, u32 rm, u32 nzcv, enum a64_cond cond)
{
	return a64_three(a64_sf(wide) | 0x7a400000 | (u32)imm << 11 | (u32)cond << 12, nzcv, rn,
			 rm);
}

/* memory ------------------------------------------------------------------------------------ */

enum a64_access {
	A64_OP_STORE,
	A64_OP_LOAD,  /* zero-extended */
	A64_OP_LOADS, /* sign-extended to 64 bits */
};

/* log2 of the access's bytes */
static inline u32 a64_size(u32 bytes)
{
	return (u32)__builtin_ctz(bytes);
}

static inline bool a64_is_scaled(s64 disp, u32 bytes)
{
	return disp >= 0 && !(disp & (bytes - 1)) && disp / bytes < 4096;
}

static inline bool a64_is_unscaled(s64 disp)
{
	return disp >= -256 && disp < 256;
}

/* disp must be one of the two. */
static inline u32 a64_memory(u32 bytes, enum a64_access op, u32 rt, u32 rn, s64 disp)
{
	u32 w = a64_size(bytes) << 30 | (u32)op << 22 | rn << 5 | rt;

	if (a64_is_scaled(disp, bytes))
		return w | 0x39000000 | (u32)(disp >> a64_size(bytes)) << 10;
	return w | 0x38000000 | ((u32)disp & 0x1ff) << 12;
}

/* extend: A64_UXTW, A64_UXTX (the register as it is), A64_SXTW; scaled: times bytes */
static inline u32 a64_memory_index(u32 bytes, enum a64_access op, u32 rt, u32 rn, u32 rm,
				   enum a64_shift extend, bool scaled)
{
	return a64_three(a64_size(bytes) << 30 | 0x38200800 | (u32)op << 22 |
				 (u32)(extend - A64_UXTB) << 13 | (u32)scaled << 12,
			 rt, rn, rm);
}

enum a64_pair_mode {
	A64_POST = 1,
	A64_AT = 2,
	A64_PRE = 3,
};

/* bytes: 4, 8 each */
static inline bool a64_is_pair(s64 disp, u32 bytes)
{
	return !(disp & (bytes - 1)) && disp >= -64 * (s64)bytes && disp < 64 * (s64)bytes;
}

static inline u32 a64_pair(u32 bytes, bool load, enum a64_pair_mode mode, u32 rt, u32 rt2, u32 rn,
			   s64 disp)
{
	return (bytes == 8 ? 2u << 30 : 0) | 0x28000000 | (u32)mode << 23 | (u32)load << 22 |
	       ((u32)(disp >> a64_size(bytes)) & 0x7f) << 15 | rt2 << 10 | rn << 5 | rt;
}

/* Before or after the access, rn moves by disp (unscaled). */
static inline u32 a64_memory_moving(u32 bytes, enum a64_access op, bool before, u32 rt, u32 rn,
				    s64 disp)
{
	return a64_size(bytes) << 30 | 0x38000400 | (u32)before << 11 | (u32)op << 22 |
	       ((u32)disp & 0x1ff) << 12 | rn << 5 | rt;
}

static inline u32 a64_ldxr(u32 bytes, u32 rt, u32 rn)
{
	return a64_size(bytes) << 30 | 0x085f7c00 | rn << 5 | rt;
}

/* with release; rs: 0 when it was stored */
static inline u32 a64_stlxr(u32 bytes, u32 rs, u32 rt, u32 rn)
{
	return a64_size(bytes) << 30 | 0x0800fc00 | rs << 16 | rn << 5 | rt;
}

static inline u32 a64_stxr(u32 bytes, u32 rs, u32 rt, u32 rn)
{
	return a64_size(bytes) << 30 | 0x08007c00 | rs << 16 | rn << 5 | rt;
}

static inline u32 a64_ldar(u32 bytes, u32 rt, u32 rn)
{
	return a64_size(bytes) << 30 | 0x08dffc00 | rn << 5 | rt;
}

static inline u32 a64_stlr(u32 bytes, u32 rt, u32 rn)
{
	return a64_size(bytes) << 30 | 0x089ffc00 | rn << 5 | rt;
}

enum a64_lse { /* o3 and opc */
	A64_OP_LDADD = 0,
	A64_OP_LDCLR = 1,
	A64_OP_LDEOR = 2,
	A64_OP_LDSET = 3,
	A64_OP_SWP = 8,
};

/* rt = the old value (zr: nobody wants it); ordered: with acquire and release */
static inline u32 a64_lse(u32 bytes, enum a64_lse op, bool ordered, u32 rs, u32 rt, u32 rn)
{
	return a64_size(bytes) << 30 | 0x38200000 | (ordered ? 3u << 22 : 0) | rs << 16 |
	       (u32)op << 12 | rn << 5 | rt;
}

/* rs: expected and old; rt: new; acquire and release */
static inline u32 a64_casal(u32 bytes, u32 rs, u32 rt, u32 rn)
{
	return a64_size(bytes) << 30 | 0x08e0fc00 | rs << 16 | rn << 5 | rt;
}

#define A64_DMB_ISH 0xd5033bbf
#define A64_DSB_SY  0xd5033f9f
#define A64_ISB     0xd5033fdf
#define A64_DSB_NSH 0xd503379f
#define A64_ISB     0xd5033fdf
#define A64_SB      0xd50330ff
#define A64_NOP     0xd503201f
#define A64_BRK     0xd4200000

/* control ------------------------------------------------------------------------------------- */

#define A64_REACH_B    (1ll << 27) /* either way; forwards one instruction less */
#define A64_REACH_COND (1ll << 20) /* b.cond, cbz, adr */
#define A64_REACH_TEST (1ll << 15) /* tbz */

static inline bool a64_reaches(s64 distance, s64 reach)
{
	return distance >= -reach && distance < reach;
}

static inline u32 a64_b(bool link, s64 distance)
{
	return (u32)link << 31 | 0x14000000 | ((u32)(distance >> 2) & 0x3ffffff);
}

static inline u32 a64_bcond(enum a64_cond cond, s64 distance)
{
	return 0x54000000 | ((u32)(distance >> 2) & 0x7ffff) << 5 | (u32)cond;
}

static inline u32 a64_cbz(bool wide, bool nonzero, u32 rt, s64 distance)
{
	return a64_sf(wide) | 0x34000000 | (u32)nonzero << 24 |
	       ((u32)(distance >> 2) & 0x7ffff) << 5 | rt;
}

static inline u32 a64_tbz(bool nonzero, u32 rt, u32 bit, s64 distance)
{
	return (bit >> 5) << 31 | 0x36000000 | (u32)nonzero << 24 | (bit & 31) << 19 |
	       ((u32)(distance >> 2) & 0x3fff) << 5 | rt;
}

static inline u32 a64_br(u32 rn)
{
	return 0xd61f0000 | rn << 5;
}

static inline u32 a64_blr(u32 rn)
{
	return 0xd63f0000 | rn << 5;
}

#define A64_RET_LR 0xd65f03c0

static inline u32 a64_adr(u32 rd, s64 distance)
{
	return 0x10000000 | ((u32)distance & 3) << 29 | ((u32)(distance >> 2) & 0x7ffff) << 5 | rd;
}

/* 8 bytes at a distance */
static inline u32 a64_ldr_literal(u32 rt, s64 distance)
{
	return 0x58000000 | ((u32)(distance >> 2) & 0x7ffff) << 5 | rt;
}

static inline bool a64_is_ldr_literal(u32 w)
{
	return w >> 24 == 0x58;
}

/* vector registers: population count ------------------------------------------------------------
 */

static inline u32 a64_fmov_in(bool wide, u32 vd, u32 rn)
{
	return (wide ? 0x9e670000u : 0x1e270000u) | rn << 5 | vd;
}

static inline u32 a64_fmov_out(u32 rd, u32 vn) /* 32 bits */
{
	return 0x1e260000 | vn << 5 | rd;
}

static inline u32 a64_cnt8(u32 vd, u32 vn)
{
	return 0x0e205800 | vn << 5 | vd;
}

static inline u32 a64_addv8(u32 vd, u32 vn)
{
	return 0x0e31b800 | vn << 5 | vd;
}

#endif
