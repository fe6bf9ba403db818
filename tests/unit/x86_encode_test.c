// SPDX-License-Identifier: BSD-2-Clause
/*
 * What x86_emit.c writes, read back by an independent disassembler (Zydis): every
 * operation with every register, address form, size, displacement and constant
 * of each class must say what was asked for. The table says what an operation is
 * called and which operands it has; no encoding is written here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <Zydis/Zydis.h>
#include "base/alloc.h"
#include "jit/x86.h"

enum form {
	BINARY,     /* src[0]; register src[1], memory or constant */
	COMPARE,    /* ... and memory beside a constant */
	TEST,       /* as BINARY without memory; a narrower test of the same bits will do */
	TO_MEMORY,  /* memory; src[0] or constant */
	MULTIPLY,   /* def; src[1] or memory */
	MULTIPLY3,  /* def, src[0], constant */
	ADDRESS,    /* def, address */
	LOAD,       /* def of 4 or 8 bytes, memory */
	EXTEND,     /* def, src[0] */
	UNARY,      /* src[0] alone */
	SWAP,       /* def alone */
	SHIFT,      /* def; cl or constant */
	SHIFT3,     /* def, src[0], src[1] */
	MOVE_IF,    /* def, src[1], condition */
	SET_IF,     /* two instructions */
	COUNT,      /* def, src[0] */
	MOVBE_LOAD, /* def of `size`, memory */
	LOCKED,     /* memory, src[0] */
	PLAIN,      /* no operands */
	ELSEWHERE,  /* another test, or not emitted at all */
};

#define SIZES48   (4 | 8)
#define SIZES_ALL (1 | 2 | 4 | 8)

static const struct row {
	u32 op, mnemonic, form, sizes;
} rows[] = {
	{X86_ADD, ZYDIS_MNEMONIC_ADD, BINARY, SIZES48},
	{X86_OR, ZYDIS_MNEMONIC_OR, BINARY, SIZES48},
	{X86_ADC, 0, ELSEWHERE, 0},
	{X86_SBB, 0, ELSEWHERE, 0},
	{X86_AND, ZYDIS_MNEMONIC_AND, BINARY, SIZES48},
	{X86_SUB, ZYDIS_MNEMONIC_SUB, BINARY, SIZES48},
	{X86_XOR, ZYDIS_MNEMONIC_XOR, BINARY, SIZES48},
	{X86_CMP, ZYDIS_MNEMONIC_CMP, COMPARE, SIZES48},
	{X86_TEST, ZYDIS_MNEMONIC_TEST, TEST, SIZES48},
	{X86_MADD, ZYDIS_MNEMONIC_ADD, TO_MEMORY, SIZES_ALL},
	{X86_MOR, ZYDIS_MNEMONIC_OR, TO_MEMORY, SIZES_ALL},
	{X86_MADC, 0, ELSEWHERE, 0},
	{X86_MSBB, 0, ELSEWHERE, 0},
	{X86_MAND, ZYDIS_MNEMONIC_AND, TO_MEMORY, SIZES_ALL},
	{X86_MSUB, ZYDIS_MNEMONIC_SUB, TO_MEMORY, SIZES_ALL},
	{X86_MXOR, ZYDIS_MNEMONIC_XOR, TO_MEMORY, SIZES_ALL},
	{X86_IMUL, ZYDIS_MNEMONIC_IMUL, MULTIPLY, SIZES48},
	{X86_IMUL_IMM, ZYDIS_MNEMONIC_IMUL, MULTIPLY3, SIZES48},
	{X86_LEA, ZYDIS_MNEMONIC_LEA, ADDRESS, SIZES48},
	{X86_LOAD, 0, LOAD, SIZES_ALL},
	{X86_LOADS, 1, LOAD, 1 | 2 | 4},
	{X86_STORE, ZYDIS_MNEMONIC_MOV, TO_MEMORY, SIZES_ALL},
	{X86_MOVZX, 0, EXTEND, 1 | 2 | 4},
	{X86_MOVSX, 1, EXTEND, 1 | 2 | 4},
	{X86_NEG, ZYDIS_MNEMONIC_NEG, UNARY, SIZES48},
	{X86_NOT, ZYDIS_MNEMONIC_NOT, UNARY, SIZES48},
	{X86_BSWAP, ZYDIS_MNEMONIC_BSWAP, SWAP, SIZES48},
	{X86_ROL16, ZYDIS_MNEMONIC_ROL, SWAP, 2},
	{X86_ROL, ZYDIS_MNEMONIC_ROL, SHIFT, SIZES48},
	{X86_SHL, ZYDIS_MNEMONIC_SHL, SHIFT, SIZES48},
	{X86_SHR, ZYDIS_MNEMONIC_SHR, SHIFT, SIZES48},
	{X86_SAR, ZYDIS_MNEMONIC_SAR, SHIFT, SIZES48},
	{X86_SHLX, ZYDIS_MNEMONIC_SHLX, SHIFT3, SIZES48},
	{X86_SHRX, ZYDIS_MNEMONIC_SHRX, SHIFT3, SIZES48},
	{X86_SARX, ZYDIS_MNEMONIC_SARX, SHIFT3, SIZES48},
	{X86_MULH, ZYDIS_MNEMONIC_MUL, UNARY, SIZES48},
	{X86_DIV, ZYDIS_MNEMONIC_DIV, UNARY, SIZES48},
	{X86_IDIV, ZYDIS_MNEMONIC_IDIV, UNARY, SIZES48},
	{X86_CQO, 0, PLAIN, SIZES48},
	{X86_SETCC, 0, SET_IF, 4},
	{X86_CMOV, 0, MOVE_IF, SIZES48},
	{X86_POPCNT, ZYDIS_MNEMONIC_POPCNT, COUNT, SIZES48},
	{X86_MOVBE_LOAD, ZYDIS_MNEMONIC_MOVBE, MOVBE_LOAD, 2 | 4 | 8},
	{X86_MOVBE_STORE, ZYDIS_MNEMONIC_MOVBE, TO_MEMORY, 2 | 4 | 8},
	{X86_JCC, 0, ELSEWHERE, 0},
	{X86_JMP, 0, ELSEWHERE, 0},
	{X86_SWITCH, 0, ELSEWHERE, 0},
	{X86_CALL, 0, ELSEWHERE, 0},
	{X86_CALL_SUB, 0, ELSEWHERE, 0},
	{X86_RET, ZYDIS_MNEMONIC_RET, PLAIN, 8},
	{X86_LEAVE, 0, ELSEWHERE, 0},
	{X86_XADD, ZYDIS_MNEMONIC_XADD, LOCKED, SIZES48},
	{X86_XCHG, ZYDIS_MNEMONIC_XCHG, LOCKED, SIZES48},
	{X86_CMPXCHG, ZYDIS_MNEMONIC_CMPXCHG, LOCKED, SIZES48},
	{X86_FETCH, 0, ELSEWHERE, 0},
	{X86_LADD, ZYDIS_MNEMONIC_ADD, LOCKED, SIZES48},
	{X86_LOR, ZYDIS_MNEMONIC_OR, LOCKED, SIZES48},
	{X86_LAND, ZYDIS_MNEMONIC_AND, LOCKED, SIZES48},
	{X86_LXOR, ZYDIS_MNEMONIC_XOR, LOCKED, SIZES48},
	{X86_MFENCE, ZYDIS_MNEMONIC_MFENCE, PLAIN, 8},
	{X86_LFENCE, ZYDIS_MNEMONIC_LFENCE, PLAIN, 8},
	{X86_VECTOR, 0, ELSEWHERE, 0},
	{X86_TRAP, ZYDIS_MNEMONIC_UD2, PLAIN, 8},
};

static const struct {
	u32 cond, jump, set, move;
} conditions[] = {
#define C(cond, name)                                                                             \
	{                                                                                         \
		cond, ZYDIS_MNEMONIC_J##name, ZYDIS_MNEMONIC_SET##name, ZYDIS_MNEMONIC_CMOV##name \
	}
	C(COND_EQ, Z),    C(COND_NE, NZ),  C(COND_LT, B),    C(COND_GE, NB),
	C(COND_GT, NBE),  C(COND_LE, BE),  C(COND_SLT, L),   C(COND_SGE, NL),
	C(COND_SGT, NLE), C(COND_SLE, LE), C(COND_TEST, NZ), C(COND_NTEST, Z),
#undef C
};

/* asked for ------------------------------------------------------------------------ */

#define MOST 20000 /* operations of one function */

static struct mach_ins *asked;
static u32 asked_count;
static u64 checked;

static struct mach_ins *ask(u32 op, u32 size)
{
	struct mach_ins *i = &asked[asked_count++];

	assert_true(asked_count < MOST);
	*i = (struct mach_ins){.op = (u16)op,
			       .size = (u8)size,
			       .scale = 1,
			       .def = MACH_NONE,
			       .src = {MACH_NONE, MACH_NONE, MACH_NONE},
			       .base = MACH_NONE,
			       .index = MACH_NONE};
	return i;
}

/* The bytes of what was asked, as one function of `frame` bytes of stack. */
static void encode(struct jit_buffer *code, u32 frame)
{
	struct ir_function ir = {.stack = frame};
	struct mach_function m = {.ir = &ir};
	struct jit_options opts = {.target = JIT_X86_64};
	static u32 subs[1];

	memset(code, 0, sizeof(*code));
	code->subs = subs;
	m.ins.data = asked;
	m.ins.len = asked_count;
	assert_int_equal(vec_push(&m.blocks, ((struct mach_block){.count = asked_count})), 0);
	assert_int_equal(x86_emit(&m, &opts, code), 0);
	vec_fini(&m.blocks);
}

static void release(struct jit_buffer *code)
{
	vec_fini(&code->bytes);
	vec_fini(&code->slots);
	vec_fini(&code->refs);
	vec_fini(&code->lines);
	vec_fini(&code->fixups);
	vec_fini(&code->calls);
}

/* decoded -------------------------------------------------------------------------------- */

static ZydisDecoder decoder;

struct insn {
	ZydisDecodedInstruction i;
	ZydisDecodedOperand o[ZYDIS_MAX_OPERAND_COUNT];
};

struct reader {
	const u8 *p;
	u32 left, at;
	const struct mach_ins *of; /* what is being checked */
};

static void wrong(const struct reader *r, const struct insn *d, const char *why)
{
	ZydisFormatter f;
	char text[128] = "undecoded";

	ZydisFormatterInit(&f, ZYDIS_FORMATTER_STYLE_INTEL);
	if (d)
		ZydisFormatterFormatInstruction(&f, &d->i, d->o, d->i.operand_count_visible, text,
						sizeof(text), 0, NULL);
	fail_msg(
		"%s: op %u size %u def %d src %d %d base %d index %d scale %u disp %d imm %lld: %s",
		why, r->of->op - MACH_TARGET, r->of->size, (int)r->of->def, (int)r->of->src[0],
		(int)r->of->src[1], (int)r->of->base, (int)r->of->index, r->of->scale, r->of->disp,
		(long long)r->of->imm, text);
}

static void next(struct reader *r, struct insn *d)
{
	if (ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, r->p, r->left, &d->i, d->o)))
		wrong(r, NULL, "no instruction");
	r->p += d->i.length;
	r->left -= d->i.length;
	r->at += d->i.length;
	checked++;
}

static ZydisRegister reg_of(u32 reg, u32 size)
{
	static const ZydisRegisterClass classes[] = {
		[1] = ZYDIS_REGCLASS_GPR8,
		[2] = ZYDIS_REGCLASS_GPR16,
		[4] = ZYDIS_REGCLASS_GPR32,
		[8] = ZYDIS_REGCLASS_GPR64,
	};

	/* Zydis counts ah, ch, dh, bh among the bytes, which nobody means here. */
	return ZydisRegisterEncode(classes[size], (ZyanU8)(size == 1 && reg >= 4 ? reg + 4 : reg));
}

static void want(const struct reader *r, const struct insn *d, u32 mnemonic, u32 operands)
{
	if (d->i.mnemonic != mnemonic)
		wrong(r, d, "another operation");
	if (operands != ~0u && d->i.operand_count_visible != operands)
		wrong(r, d, "another number of operands");
}

static void want_reg(const struct reader *r, const struct insn *d, u32 n, u32 reg, u32 size)
{
	const ZydisDecodedOperand *o = &d->o[n];

	if (o->type != ZYDIS_OPERAND_TYPE_REGISTER || o->reg.value != reg_of(reg, size))
		wrong(r, d, "another register");
}

static void want_imm(const struct reader *r, const struct insn *d, u32 n, s64 value, u32 size)
{
	const ZydisDecodedOperand *o = &d->o[n];
	u64 mask = size == 8 ? ~0ull : (1ull << (size * 8)) - 1;

	if (o->type != ZYDIS_OPERAND_TYPE_IMMEDIATE || ((o->imm.value.u ^ (u64)value) & mask))
		wrong(r, d, "another constant");
}

static void want_address(const struct reader *r, const struct insn *d, u32 n, u32 base, s64 disp)
{
	const ZydisDecodedOperand *o = &d->o[n];
	const struct mach_ins *i = r->of;

	if (o->type != ZYDIS_OPERAND_TYPE_MEMORY)
		wrong(r, d, "no address");
	if (o->mem.base != (base == MACH_NONE ? ZYDIS_REGISTER_NONE : reg_of(base, 8)))
		wrong(r, d, "another base");
	if (o->mem.index != (i->index == MACH_NONE ? ZYDIS_REGISTER_NONE : reg_of(i->index, 8)))
		wrong(r, d, "another index");
	if (i->index != MACH_NONE && o->mem.scale != i->scale)
		wrong(r, d, "another scale");
	if (o->mem.disp.value != disp)
		wrong(r, d, "another displacement");
}

static void want_memory(const struct reader *r, const struct insn *d, u32 n, u32 size)
{
	want_address(r, d, n, r->of->base, r->of->disp);
	if (d->o[n].size != size * 8)
		wrong(r, d, "another size");
}

static bool in_memory(const struct mach_ins *i)
{
	return i->base != MACH_NONE || i->index != MACH_NONE;
}

static void check_binary(struct reader *r, const struct insn *d)
{
	const struct mach_ins *i = r->of;

	if (in_memory(i) && i->src[0] == MACH_NONE) {
		want_memory(r, d, 0, i->size);
		want_imm(r, d, 1, i->imm, i->size);
		return;
	}
	want_reg(r, d, 0, i->src[0], i->size);
	if (in_memory(i))
		want_memory(r, d, 1, i->size);
	else if (i->src[1] != MACH_NONE)
		want_reg(r, d, 1, i->src[1], i->size);
	else
		want_imm(r, d, 1, i->imm, i->size);
}

/* Of the same bits: a test of fewer bytes where the rest of the constant is zero. */
static void check_test(struct reader *r, const struct insn *d)
{
	const struct mach_ins *i = r->of;
	u32 size = d->o[0].size / 8;
	u64 is, mask = i->size == 8 ? ~0ull : 0xffffffffull;

	if (i->src[1] != MACH_NONE) {
		check_binary(r, d);
		return;
	}
	want_reg(r, d, 0, i->src[0], size);
	if (d->o[1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
		wrong(r, d, "no constant");
	is = d->o[1].imm.value.u & (size == 8 ? ~0ull : (1ull << (size * 8)) - 1);
	if (size > i->size || is != ((u64)i->imm & mask))
		wrong(r, d, "other bits");
}

static u32 load_mnemonic(bool is_signed, u32 size)
{
	if (size == 8 || (!is_signed && size == 4))
		return ZYDIS_MNEMONIC_MOV;
	if (!is_signed)
		return ZYDIS_MNEMONIC_MOVZX;
	return size == 4 ? ZYDIS_MNEMONIC_MOVSXD : ZYDIS_MNEMONIC_MOVSX;
}

static u32 condition_row(u32 cond)
{
	for (u32 k = 0; k < ARRAY_SIZE(conditions); k++)
		if (conditions[k].cond == cond)
			return k;
	fail_msg("condition %u", cond);
	return 0;
}

/* Where nobody asks for the flags, a sum in place may be an addition, a product a shift. */
static void check_address(struct reader *r, const struct insn *d)
{
	const struct mach_ins *i = r->of;
	u32 other = i->def == i->base ? i->index : i->base;

	if (d->i.mnemonic == ZYDIS_MNEMONIC_LEA) {
		want(r, d, ZYDIS_MNEMONIC_LEA, 2);
		want_reg(r, d, 0, i->def, i->size);
		want_address(r, d, 1, i->base, i->disp);
		return;
	}
	if (i->def != i->base && i->def != i->index)
		wrong(r, d, "no sum in place");
	want_reg(r, d, 0, i->def, i->size);
	if (d->i.mnemonic == ZYDIS_MNEMONIC_INC || d->i.mnemonic == ZYDIS_MNEMONIC_DEC) {
		if (i->disp != (d->i.mnemonic == ZYDIS_MNEMONIC_INC ? 1 : -1) || other != MACH_NONE)
			wrong(r, d, "another sum");
		return;
	}
	if (d->i.mnemonic == ZYDIS_MNEMONIC_SHL) {
		if (i->disp || i->base != MACH_NONE || 1u << d->o[1].imm.value.u != i->scale)
			wrong(r, d, "another sum");
		return;
	}
	want(r, d, ZYDIS_MNEMONIC_ADD, 2);
	if (other == MACH_NONE) {
		want_imm(r, d, 1, i->disp, i->size);
		return;
	}
	if (i->disp || i->scale != 1)
		wrong(r, d, "another sum");
	want_reg(r, d, 1, other, i->size);
}

static void check_one(struct reader *r, const struct row *row)
{
	const struct mach_ins *i = r->of;
	bool is_signed = row->mnemonic;
	struct insn d;
	u32 size = i->size;

	next(r, &d);
	switch (row->form) {
	case BINARY:
	case COMPARE:
		want(r, &d, row->mnemonic, 2);
		check_binary(r, &d);
		break;
	case TEST:
		want(r, &d, row->mnemonic, 2);
		check_test(r, &d);
		break;
	case TO_MEMORY:
		want(r, &d, row->mnemonic, 2);
		want_memory(r, &d, 0, size);
		if (i->src[0] != MACH_NONE)
			want_reg(r, &d, 1, i->src[0], size);
		else
			want_imm(r, &d, 1, i->imm, size);
		break;
	case MULTIPLY:
		want(r, &d, row->mnemonic, 2);
		want_reg(r, &d, 0, i->def, size);
		if (in_memory(i))
			want_memory(r, &d, 1, size);
		else
			want_reg(r, &d, 1, i->src[1], size);
		break;
	case MULTIPLY3:
		want(r, &d, row->mnemonic, 3);
		want_reg(r, &d, 0, i->def, size);
		want_reg(r, &d, 1, i->src[0], size);
		want_imm(r, &d, 2, i->imm, size);
		break;
	case ADDRESS: check_address(r, &d); break;
	case LOAD:
		want(r, &d, load_mnemonic(is_signed, size), 2);
		want_reg(r, &d, 0, i->def, is_signed || size == 8 ? 8 : 4);
		want_memory(r, &d, 1, size);
		break;
	case EXTEND:
		want(r, &d, load_mnemonic(is_signed, size), 2);
		want_reg(r, &d, 0, i->def, is_signed && (i->scale == 8 || size == 4) ? 8 : 4);
		want_reg(r, &d, 1, i->src[0], size);
		break;
	case UNARY:
		want(r, &d, row->mnemonic, 1);
		want_reg(r, &d, 0, i->src[0], size);
		break;
	case SWAP:
		want(r, &d, row->mnemonic, row->op == X86_ROL16 ? 2 : 1);
		want_reg(r, &d, 0, i->def, size);
		if (row->op == X86_ROL16)
			want_imm(r, &d, 1, 8, 1);
		break;
	case SHIFT:
		want(r, &d, row->mnemonic, ~0u);
		want_reg(r, &d, 0, i->def, size);
		if (i->src[1] != MACH_NONE)
			want_reg(r, &d, 1, RCX, 1);
		else
			want_imm(r, &d, 1, i->imm, 1);
		break;
	case SHIFT3:
		want(r, &d, row->mnemonic, 3);
		want_reg(r, &d, 0, i->def, size);
		want_reg(r, &d, 1, i->src[0], size);
		want_reg(r, &d, 2, i->src[1], size);
		break;
	case MOVE_IF:
		want(r, &d, conditions[condition_row(i->cond)].move, 2);
		want_reg(r, &d, 0, i->def, size);
		want_reg(r, &d, 1, i->src[1], size);
		break;
	case SET_IF:
		want(r, &d, conditions[condition_row(i->cond)].set, 1);
		want_reg(r, &d, 0, i->def, 1);
		next(r, &d);
		want(r, &d, ZYDIS_MNEMONIC_MOVZX, 2);
		want_reg(r, &d, 0, i->def, 4);
		want_reg(r, &d, 1, i->def, 1);
		break;
	case COUNT:
		want(r, &d, row->mnemonic, 2);
		want_reg(r, &d, 0, i->def, size);
		want_reg(r, &d, 1, i->src[0], size);
		break;
	case MOVBE_LOAD:
		want(r, &d, row->mnemonic, 2);
		want_reg(r, &d, 0, i->def, size);
		want_memory(r, &d, 1, size);
		break;
	case LOCKED:
		want(r, &d, row->mnemonic, 2);
		want_memory(r, &d, 0, size);
		want_reg(r, &d, 1, i->src[0], size);
		if (row->op != X86_XCHG && !(d.i.attributes & ZYDIS_ATTRIB_HAS_LOCK))
			wrong(r, &d, "no lock");
		break;
	default:
		if (row->op == X86_CQO)
			want(r, &d, size == 8 ? ZYDIS_MNEMONIC_CQO : ZYDIS_MNEMONIC_CDQ, 0);
		else
			want(r, &d, row->mnemonic, 0);
	}
}

/* Encodes all that was asked since, decodes and compares. */
static void check(const struct row *row)
{
	struct jit_buffer code;
	struct reader r;

	encode(&code, 0);
	r = (struct reader){.p = code.bytes.data, .left = (u32)code.bytes.len};
	for (u32 k = 0; k < asked_count; k++) {
		r.of = &asked[k];
		check_one(&r, row);
	}
	assert_int_equal(r.left, 0);
	release(&code);
	asked_count = 0;
}

/* every form --------------------------------------------------------------------------------- */

static const s32 disps[] = {0,      1,       -1,      8,        126,       127,       128,
			    129,    -127,    -128,    -129,     -130,      255,       256,
			    0x7fff, -0x8000, 0x12345, -0x12345, INT32_MAX, INT32_MIN, INT32_MIN + 1,
			    512,    -512};

static const s64 imms[] = {0,       1,         -1,        2,     -2,    126,    127,    128,
			   129,     -127,      -128,      -129,  -130,  255,    256,    257,
			   0x7fff,  0x8000,    -256,      65535, 65536, -32768, -32769, 0x12345,
			   -0x1234, INT32_MAX, INT32_MIN, 3,     64};

static u64 random_state = 1;

static u32 rnd(u32 n)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(random_state >> 33) % n;
}

typedef void (*put_fn)(const struct row *row, u32 size, u32 base, u32 index, u32 scale, s32 disp);

/* Each base, index, scale and displacement; `all`: each with each. */
static void each_address(const struct row *row, u32 size, put_fn put, bool all)
{
	for (u32 base = 0; base <= 16; base++)
		for (u32 index = 0; index <= 16; index++) {
			if (index == RSP || (base == 16 && index == 16))
				continue;
			for (u32 s = 0; s < (index == 16 ? 1 : 4); s++)
				for (u32 k = 0; k < ARRAY_SIZE(disps); k++)
					if (all || !rnd(8))
						put(row, size, base == 16 ? MACH_NONE : base,
						    index == 16 ? MACH_NONE : index, 1u << s,
						    disps[k]);
			if (asked_count > MOST / 2)
				check(row);
		}
	check(row);
}

static struct mach_ins *ask_at(const struct row *row, u32 size, u32 base, u32 index, u32 scale,
			       s32 disp)
{
	struct mach_ins *i = ask(row->op, size);

	i->base = base;
	i->index = index;
	i->scale = (u8)scale;
	i->disp = disp;
	return i;
}

static void put_def(const struct row *row, u32 size, u32 base, u32 index, u32 scale, s32 disp)
{
	ask_at(row, size, base, index, scale, disp)->def = rnd(16);
}

static void put_source(const struct row *row, u32 size, u32 base, u32 index, u32 scale, s32 disp)
{
	ask_at(row, size, base, index, scale, disp)->src[0] = rnd(16);
}

static void put_constant(const struct row *row, u32 size, u32 base, u32 index, u32 scale, s32 disp)
{
	struct mach_ins *i = ask_at(row, size, base, index, scale, disp);

	i->imm = imms[rnd(ARRAY_SIZE(imms))];
	if (size == 1)
		i->imm = (s8)i->imm;
	else if (size == 2)
		i->imm = (s16)i->imm;
}

static void each_pair(const struct row *row, u32 size, bool def)
{
	for (u32 a = 0; a < 16; a++)
		for (u32 b = 0; b < 16; b++) {
			struct mach_ins *i = ask(row->op, size);

			i->def = a;
			i->src[0] = def ? b : a;
			i->src[1] = b;
		}
	check(row);
}

static void each_constant(const struct row *row, u32 size)
{
	for (u32 a = 0; a < 16; a++)
		for (u32 k = 0; k < ARRAY_SIZE(imms); k++) {
			struct mach_ins *i = ask(row->op, size);

			i->def = a;
			i->src[0] = row->form == MULTIPLY3 ? rnd(16) : a;
			i->imm = imms[k];
		}
	check(row);
}

static void each_form(const struct row *row, u32 size)
{
	switch (row->form) {
	case COMPARE:
	case BINARY:
		each_address(row, size, put_source, false);
		each_pair(row, size, false);
		each_constant(row, size);
		break;
	case TEST:
		each_pair(row, size, false);
		each_constant(row, size);
		break;
	case TO_MEMORY:
		each_address(row, size, put_source, row->op == X86_STORE);
		if (row->op != X86_MOVBE_STORE)
			each_address(row, size, put_constant, false);
		break;
	case LOCKED: each_address(row, size, put_source, false); break;
	case MULTIPLY:
		each_address(row, size, put_def, false);
		each_pair(row, size, false);
		break;
	case MULTIPLY3: each_constant(row, size); break;
	case ADDRESS:
	case LOAD: each_address(row, size, put_def, true); break;
	case MOVBE_LOAD: each_address(row, size, put_def, false); break;
	case EXTEND:
	case COUNT:
	case SHIFT3: each_pair(row, size, true); break;
	case UNARY:
	case SWAP: each_pair(row, size, false); break;
	case SHIFT:
		for (u32 a = 0; a < 16; a++)
			for (u32 n = 0; n <= size * 8; n++) {
				struct mach_ins *i = ask(row->op, size);

				i->def = a;
				if (n == size * 8)
					i->src[1] = RCX;
				else
					i->imm = n;
			}
		check(row);
		break;
	case MOVE_IF:
	case SET_IF:
		for (u32 c = 0; c < ARRAY_SIZE(conditions); c++)
			for (u32 a = 0; a < 256; a++) {
				struct mach_ins *i = ask(row->op, size);

				i->def = a & 15;
				i->src[1] = a >> 4;
				i->cond = (u8)conditions[c].cond;
			}
		check(row);
		break;
	case PLAIN:
		ask(row->op, size);
		check(row);
		break;
	}
}

static void test_operations(void **state)
{
	(void)state;
	for (u32 op = MACH_TARGET; op <= X86_TRAP; op++) {
		const struct row *row = NULL;

		for (u32 k = 0; k < ARRAY_SIZE(rows); k++)
			if (rows[k].op == op)
				row = &rows[k];
		if (!row)
			fail_msg("operation %u has no row here", op - MACH_TARGET);
		for (u32 size = 1; size <= 8; size *= 2)
			if (row->sizes & size)
				each_form(row, size);
	}
	print_message("# %llu instructions\n", (unsigned long long)checked);
}

/* Sign-extension to 32 and 64 bits. */
static void test_extensions(void **state)
{
	(void)state;
	for (u32 k = 0; k < ARRAY_SIZE(rows); k++)
		for (u32 scale = 4; scale <= 8; scale *= 2)
			for (u32 size = 1; size <= 4; size *= 2) {
				if (rows[k].form != EXTEND)
					continue;
				for (u32 a = 0; a < 256; a++) {
					struct mach_ins *i = ask(rows[k].op, size);

					i->def = a & 15;
					i->src[0] = a >> 4;
					i->scale = (u8)scale;
				}
				check(&rows[k]);
			}
}

/* cmp memory, constant: of every size. */
static void test_compare_memory(void **state)
{
	const struct row *row = NULL;

	(void)state;
	for (u32 k = 0; k < ARRAY_SIZE(rows); k++)
		if (rows[k].op == X86_CMP)
			row = &rows[k];
	for (u32 size = 1; size <= 8; size *= 2)
		each_address(row, size, put_constant, false);
}

/* Moves and constants: the value must be there, whatever the form; with flags to be kept, no xor.
 */
static void test_moves(void **state)
{
	static const s64 more[] = {INT64_MAX,    INT64_MIN,     0x123456789abcdefll, 0xffffffffll,
				   0x80000000ll, 0x100000000ll, -0x80000001ll};
	struct jit_buffer code;
	struct reader r;
	struct insn d;

	(void)state;
	for (u32 reg = 0; reg < 16; reg++)
		for (u32 k = 0; k < ARRAY_SIZE(imms) + ARRAY_SIZE(more); k++) {
			s64 v = k < ARRAY_SIZE(imms) ? imms[k] : more[k - ARRAY_SIZE(imms)];

			for (u32 keep = 0; keep < 2; keep++) {
				struct mach_ins *i = ask(MACH_CONST, 8);

				i->def = reg;
				i->imm = v;
				i = ask(keep ? X86_SETCC : X86_TEST, 8);
				i->def = i->src[0] = i->src[1] = reg;
				i->cond = COND_EQ;
			}
		}
	encode(&code, 0);
	r = (struct reader){.p = code.bytes.data, .left = (u32)code.bytes.len};
	for (u32 k = 0; k < asked_count; k += 2) {
		u64 v;

		r.of = &asked[k];
		next(&r, &d);
		if (d.i.mnemonic == ZYDIS_MNEMONIC_XOR) {
			want_reg(&r, &d, 0, r.of->def, 4);
			want_reg(&r, &d, 1, r.of->def, 4);
			assert_int_not_equal(asked[k + 1].op, X86_SETCC);
			v = 0;
		} else {
			want(&r, &d, ZYDIS_MNEMONIC_MOV, 2);
			want_reg(&r, &d, 0, r.of->def, d.o[0].size / 8);
			v = d.o[1].imm.value.u;
			if (d.o[0].size == 32)
				v = (u32)v;
			assert_true(d.o[0].size >= 32);
		}
		if (v != (u64)r.of->imm)
			wrong(&r, &d, "another value");
		next(&r, &d);
		if (asked[k + 1].op == X86_SETCC)
			next(&r, &d);
	}
	assert_int_equal(r.left, 0);
	release(&code);
	asked_count = 0;
	for (u32 a = 0; a < 256; a++) {
		struct mach_ins *i = ask(MACH_MOVE, 8);

		i->def = a & 15;
		i->src[0] = a >> 4;
	}
	encode(&code, 0);
	r = (struct reader){.p = code.bytes.data, .left = (u32)code.bytes.len};
	for (u32 k = 0; k < asked_count; k++) {
		r.of = &asked[k];
		next(&r, &d);
		want(&r, &d, ZYDIS_MNEMONIC_MOV, 2);
		want_reg(&r, &d, 0, r.of->def, 8);
		want_reg(&r, &d, 1, r.of->src[0], 8);
	}
	release(&code);
	asked_count = 0;
}

/* The frame's end, spill slots, and how a frame is made and left: every size of the stack. */
static void test_frames(void **state)
{
	static const u32 slots[] = {0, 1, 14, 15, 16, 17, 62, 63, 64, 65, 1000};

	(void)state;
	for (u32 stack = 0; stack <= 512; stack += 8) {
		struct jit_buffer code;
		struct reader r;
		struct insn d;

		for (u32 k = 0; k < ARRAY_SIZE(slots); k++) {
			struct mach_ins *i = ask(k % 2 ? MACH_SPILL : MACH_FILL, 8);

			i->def = i->src[0] = k;
			i->imm = slots[k];
		}
		for (s32 off = -(s32)stack; off < 0; off += 8) {
			struct mach_ins *i = ask(X86_LOAD, 8);

			i->def = RDX;
			i->base = X86_FRAME;
			i->disp = off;
		}
		ask(X86_RET, 8);
		encode(&code, stack);
		r = (struct reader){.p = code.bytes.data, .left = (u32)code.bytes.len, .of = asked};
		if (stack) {
			next(&r, &d);
			want(&r, &d, ZYDIS_MNEMONIC_SUB, 2);
			want_reg(&r, &d, 0, RSP, 8);
			want_imm(&r, &d, 1, stack, 8);
		}
		for (u32 k = 0; k + 1 < asked_count; k++) {
			const struct mach_ins *i = r.of = &asked[k];
			bool spills = i->op == MACH_SPILL;

			next(&r, &d);
			want(&r, &d, ZYDIS_MNEMONIC_MOV, 2);
			want_reg(&r, &d, spills, spills ? i->src[0] : i->def, 8);
			want_address(&r, &d, !spills, RSP,
				     i->op == X86_LOAD ? (s64)stack + i->disp : i->imm * 8);
		}
		if (stack) {
			next(&r, &d);
			want(&r, &d, ZYDIS_MNEMONIC_ADD, 2);
			want_imm(&r, &d, 1, stack, 8);
		}
		next(&r, &d);
		want(&r, &d, ZYDIS_MNEMONIC_RET, 0);
		assert_int_equal(r.left, 0);
		release(&code);
		asked_count = 0;
	}
}

/* mov r11, rax; op r11, src; lock cmpxchg [m], r11; jne back to the mov */
static void test_fetch(void **state)
{
	static const u32 ops[] = {ZYDIS_MNEMONIC_ADD, ZYDIS_MNEMONIC_OR, ZYDIS_MNEMONIC_AND,
				  ZYDIS_MNEMONIC_XOR};

	(void)state;
	for (u32 n = 0; n < 2000; n++) {
		struct mach_ins *i = ask(X86_FETCH, rnd(2) ? 8 : 4);

		i->src[0] = rnd(16);
		i->base = rnd(16);
		i->index = rnd(2) ? rnd(4) : MACH_NONE;
		i->scale = (u8)(1u << rnd(4));
		i->disp = disps[rnd(ARRAY_SIZE(disps))];
		i->cond = (u8)rnd(4);
	}
	{
		struct jit_buffer code;
		struct reader r;
		struct insn d;

		encode(&code, 0);
		r = (struct reader){.p = code.bytes.data, .left = (u32)code.bytes.len};
		for (u32 k = 0; k < asked_count; k++) {
			u32 start = r.at;

			r.of = &asked[k];
			next(&r, &d);
			want(&r, &d, ZYDIS_MNEMONIC_MOV, 2);
			want_reg(&r, &d, 0, X86_SCRATCH, r.of->size);
			want_reg(&r, &d, 1, RAX, r.of->size);
			next(&r, &d);
			want(&r, &d, ops[r.of->cond], 2);
			want_reg(&r, &d, 0, X86_SCRATCH, r.of->size);
			want_reg(&r, &d, 1, r.of->src[0], r.of->size);
			next(&r, &d);
			want(&r, &d, ZYDIS_MNEMONIC_CMPXCHG, 2);
			want_memory(&r, &d, 0, r.of->size);
			want_reg(&r, &d, 1, X86_SCRATCH, r.of->size);
			assert_true(d.i.attributes & ZYDIS_ATTRIB_HAS_LOCK);
			next(&r, &d);
			want(&r, &d, ZYDIS_MNEMONIC_JNZ, 1);
			assert_int_equal((s64)r.at + d.o[0].imm.value.s, start);
		}
		assert_int_equal(r.left, 0);
		release(&code);
		asked_count = 0;
	}
}

/* Words of the table and calls: [rip + n] whose offset is reported, call rel32 likewise. */
static void test_references(void **state)
{
	struct jit_buffer code;
	struct reader r;
	struct insn d;
	u32 ref = 0;

	(void)state;
	for (u32 reg = 0; reg < 16; reg++) {
		struct mach_ins *i = ask(MACH_CONST, 8);

		i->def = reg;
		i->reloc = NATIVE_MAP + 1;
		i->imm = (s64)reg << 32;
		i = ask(X86_CALL, 8);
		i->reloc = NATIVE_HELPER + 1;
		i->imm = (s64)reg << 32;
		ask(X86_CALL_SUB, 8);
	}
	encode(&code, 0);
	assert_int_equal(code.refs.len, 32);
	assert_int_equal(code.calls.len, 16);
	for (u32 k = 0; k < code.refs.len; k++)
		jit_x86.patch_ref(code.bytes.data, code.refs.data[k].offset, 100000 + 8 * k);
	for (u32 k = 0; k < code.calls.len; k++)
		jit_x86.patch_call(code.bytes.data, code.calls.data[k].at, 7 * k);
	r = (struct reader){.p = code.bytes.data, .left = (u32)code.bytes.len};
	for (u32 k = 0; k < asked_count; k++) {
		r.of = &asked[k];
		next(&r, &d);
		if (r.of->op == X86_CALL_SUB) {
			want(&r, &d, ZYDIS_MNEMONIC_CALL, 1);
			assert_int_equal((s64)r.at + d.o[0].imm.value.s, 7 * (k / 3));
			continue;
		}
		want(&r, &d, r.of->op == X86_CALL ? ZYDIS_MNEMONIC_CALL : ZYDIS_MNEMONIC_MOV,
		     r.of->op == X86_CALL ? 1 : 2);
		if (r.of->op == MACH_CONST)
			want_reg(&r, &d, 0, r.of->def, 8);
		assert_int_equal(d.o[r.of->op == MACH_CONST].mem.base, ZYDIS_REGISTER_RIP);
		assert_int_equal((s64)r.at + d.o[r.of->op == MACH_CONST].mem.disp.value,
				 100000 + 8 * ref);
		ref++;
	}
	assert_int_equal(r.left, 0);
	release(&code);
	asked_count = 0;
}

static int setup(void **state)
{
	(void)state;
	asked = base_calloc(MOST, sizeof(*asked));
	return !asked || ZYAN_FAILED(ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64,
						      ZYDIS_STACK_WIDTH_64));
}

static int teardown(void **state)
{
	(void)state;
	base_free(asked);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operations),     cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_compare_memory), cmocka_unit_test(test_moves),
		cmocka_unit_test(test_frames),         cmocka_unit_test(test_fetch),
		cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
