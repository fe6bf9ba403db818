// SPDX-License-Identifier: BSD-2-Clause
/*
 * What x86_encode.h writes, read back by Zydis: mnemonic, width, registers,
 * addresses and constants, for every register and on both sides of each shorter
 * form.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <Zydis/Zydis.h>
#include "jit/x86_encode.h"

static ZydisDecoder decoder;
static u8 code[32];
static ZydisDecodedInstruction in;
static ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];

/* Exactly one instruction, of that mnemonic. */
static void decode(const u8 *end, ZydisMnemonic m)
{
	assert_in_range(end - code, 1, 15);
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code, (size_t)(end - code), &in, op)))
		fail_msg("no instruction where %s should be", ZydisMnemonicGetString(m));
	if (in.mnemonic != m)
		fail_msg("%s in place of %s", ZydisMnemonicGetString(in.mnemonic),
			 ZydisMnemonicGetString(m));
	assert_int_equal(in.length, end - code);
}

/* The operand is register `reg` of `bits`. */
static void is_reg(u32 i, u32 reg, u32 bits)
{
	static const ZydisRegister first[] = {
		[1] = ZYDIS_REGISTER_AX, [2] = ZYDIS_REGISTER_EAX, [4] = ZYDIS_REGISTER_RAX};
	ZydisRegister want;

	assert_int_equal(op[i].type, ZYDIS_OPERAND_TYPE_REGISTER);
	if (bits == 8) /* al cl dl bl, (ah ch dh bh), spl bpl sil dil, r8b ... */
		want = reg < 4 ? ZYDIS_REGISTER_AL + reg : ZYDIS_REGISTER_SPL + (reg - 4);
	else
		want = first[bits / 16] + reg;
	if (op[i].reg.value != want)
		fail_msg("%s in place of %s", ZydisRegisterGetString(op[i].reg.value),
			 ZydisRegisterGetString(want));
}

static void is_const(u32 i, s64 value)
{
	assert_int_equal(op[i].type, ZYDIS_OPERAND_TYPE_IMMEDIATE);
	assert_int_equal(op[i].imm.value.s, value);
}

static void is_memory(u32 i, const struct x86_address *a, u32 bits)
{
	assert_int_equal(op[i].type, ZYDIS_OPERAND_TYPE_MEMORY);
	if (bits)
		assert_int_equal(op[i].size, bits);
	assert_int_equal(op[i].mem.base,
			 a->base == MACH_NONE ? ZYDIS_REGISTER_NONE : ZYDIS_REGISTER_RAX + a->base);
	assert_int_equal(op[i].mem.index, a->index == MACH_NONE ? ZYDIS_REGISTER_NONE
								: ZYDIS_REGISTER_RAX + a->index);
	if (a->index != MACH_NONE)
		assert_int_equal(op[i].mem.scale, a->scale);
	assert_int_equal(op[i].mem.disp.value, a->disp);
}

static const s32 numbers[] = {0,   1,   -1,   2,     127,        128,       -128,       -129,
			      255, 256, 4096, -4096, 0x7fffffff, INT32_MIN, 0x12345678, 64};
static const ZydisMnemonic group1[] = {ZYDIS_MNEMONIC_ADD, ZYDIS_MNEMONIC_OR,  ZYDIS_MNEMONIC_ADC,
				       ZYDIS_MNEMONIC_SBB, ZYDIS_MNEMONIC_AND, ZYDIS_MNEMONIC_SUB,
				       ZYDIS_MNEMONIC_XOR, ZYDIS_MNEMONIC_CMP};

static void test_registers(void **state)
{
	for (u32 wide = 0; wide < 2; wide++)
		for (u32 a = 0; a < 16; a++)
			for (u32 b = 0; b < 16; b++) {
				u32 bits = wide ? 64 : 32;

				for (u32 n = 0; n < ARRAY_SIZE(group1); n++) {
					decode(enc_op_reg(code, 0, n << 3 | 1, wide, b, a, false),
					       group1[n]);
					is_reg(0, a, bits);
					is_reg(1, b, bits);
				}
				decode(enc_op_reg(code, 0, 0x0faf, wide, a, b, false),
				       ZYDIS_MNEMONIC_IMUL);
				is_reg(0, a, bits);
				is_reg(1, b, bits);
				decode(enc_shift_register(code, 1, wide, a, b, 15 - a),
				       ZYDIS_MNEMONIC_SHLX);
				is_reg(0, a, bits);
				is_reg(1, b, bits);
				is_reg(2, 15 - a, bits);
				decode(enc_shift_register(code, 2, wide, a, b, b),
				       ZYDIS_MNEMONIC_SARX);
				decode(enc_shift_register(code, 3, wide, a, b, b),
				       ZYDIS_MNEMONIC_SHRX);
			}
}

static void test_extensions(void **state)
{
	for (u32 a = 0; a < 16; a++)
		for (u32 b = 0; b < 16; b++)
			for (u32 size = 1; size < 4; size++) {
				u32 bits = size == 3 ? 32 : size * 8;

				decode(enc_extend(code, a, b, bits / 8, false, true),
				       bits == 32 ? ZYDIS_MNEMONIC_MOV : ZYDIS_MNEMONIC_MOVZX);
				is_reg(0, a, 32);
				is_reg(1, b, bits);
				decode(enc_extend(code, a, b, bits / 8, true, true),
				       bits == 32 ? ZYDIS_MNEMONIC_MOVSXD : ZYDIS_MNEMONIC_MOVSX);
				is_reg(0, a, 64);
				is_reg(1, b, bits);
				if (bits == 32)
					continue;
				decode(enc_extend(code, a, b, bits / 8, true, false),
				       ZYDIS_MNEMONIC_MOVSX);
				is_reg(0, a, 32);
			}
}

static void test_constants(void **state)
{
	for (u32 reg = 0; reg < 16; reg++)
		for (u32 i = 0; i < ARRAY_SIZE(numbers); i++)
			for (u32 wide = 0; wide < 2; wide++) {
				s32 n = numbers[i];
				u32 bits = wide ? 64 : 32;

				for (u32 g = 0; g < ARRAY_SIZE(group1); g++) {
					decode(enc_alu_const(code, g, wide, reg, n), group1[g]);
					is_reg(0, reg, bits);
					is_const(1, n);
				}
				decode(enc_multiply_const(code, wide, reg, 15 - reg, n),
				       ZYDIS_MNEMONIC_IMUL);
				is_reg(0, reg, bits);
				is_reg(1, 15 - reg, bits);
				is_const(2, n);
				/* Tests of fewer bits where the others are none. */
				decode(enc_test_const(code, wide, reg, n), ZYDIS_MNEMONIC_TEST);
				is_reg(0, reg, n > 0 && n < 128 ? 8 : wide && n < 0 ? 64 : 32);
				is_const(1, n);
			}
}

static void test_shifts(void **state)
{
	static const u8 digits[] = {0, 1, 4, 5, 7};
	static const ZydisMnemonic names[] = {ZYDIS_MNEMONIC_ROL, ZYDIS_MNEMONIC_ROR,
					      ZYDIS_MNEMONIC_SHL, ZYDIS_MNEMONIC_SHR,
					      ZYDIS_MNEMONIC_SAR};

	for (u32 i = 0; i < ARRAY_SIZE(digits); i++)
		for (u32 reg = 0; reg < 16; reg++)
			for (u32 n = 1; n < 64; n++) {
				decode(enc_shift_const(code, digits[i], true, reg, n), names[i]);
				is_reg(0, reg, 64);
				is_const(1, n);
				decode(enc_shift_const(code, digits[i], false, reg, n % 32 ?: 1),
				       names[i]);
				is_reg(0, reg, 32);
			}
}

static void test_load_const(void **state)
{
	static const s64 far[] = {0x80000000ll, 0xffffffffll, 0x100000000ll,
				  INT64_MIN,    INT64_MAX,    -0x80000001ll};

	for (u32 reg = 0; reg < 16; reg++)
		for (u32 i = 0; i < ARRAY_SIZE(numbers) + ARRAY_SIZE(far); i++) {
			s64 v = i < ARRAY_SIZE(numbers) ? numbers[i] : far[i - ARRAY_SIZE(numbers)];

			for (u32 keep = 0; keep < 2; keep++) {
				decode(enc_load_const(code, reg, v, keep),
				       v || keep ? ZYDIS_MNEMONIC_MOV : ZYDIS_MNEMONIC_XOR);
				if (!v && !keep) {
					is_reg(0, reg, 32);
					is_reg(1, reg, 32);
					continue;
				}
				assert_int_equal(op[1].type, ZYDIS_OPERAND_TYPE_IMMEDIATE);
				is_reg(0, reg, v == (s64)(u32)v ? 32 : 64);
				assert_int_equal(v == (s64)(u32)v ? (u32)op[1].imm.value.u
								  : op[1].imm.value.u,
						 v);
			}
		}
}

/* Every address with every register, through one instruction of each size. */
static void check_address(const struct x86_address *a, u32 reg)
{
	static const u8 sizes[] = {1, 2, 4, 8};

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		u32 bits = sizes[i] * 8;

		decode(enc_load(code, reg, sizes[i], false, a),
		       bits < 32 ? ZYDIS_MNEMONIC_MOVZX : ZYDIS_MNEMONIC_MOV);
		is_reg(0, reg, bits == 64 ? 64 : 32);
		is_memory(1, a, bits);
		decode(enc_store(code, reg, sizes[i], a), ZYDIS_MNEMONIC_MOV);
		is_memory(0, a, bits);
		is_reg(1, reg, bits);
		decode(enc_store_const(code, -2, sizes[i], a), ZYDIS_MNEMONIC_MOV);
		is_memory(0, a, bits);
		is_const(1, -2);
		if (bits == 64)
			continue;
		decode(enc_load(code, reg, sizes[i], true, a),
		       bits == 32 ? ZYDIS_MNEMONIC_MOVSXD : ZYDIS_MNEMONIC_MOVSX);
		is_reg(0, reg, 64);
		is_memory(1, a, bits);
	}
	decode(enc_op_memory(code, 0, 0x8d, true, reg, a, false), ZYDIS_MNEMONIC_LEA);
	is_reg(0, reg, 64);
	is_memory(1, a, 0);
	decode(enc_op_memory(code, 0xf0, 0x0fb1, true, reg, a, false), ZYDIS_MNEMONIC_CMPXCHG);
	assert_true(in.attributes & ZYDIS_ATTRIB_HAS_LOCK);
	is_memory(0, a, 64);
	is_reg(1, reg, 64);
	decode(enc_op_memory(code, 0xf0, 0x0fc1, false, reg, a, false), ZYDIS_MNEMONIC_XADD);
	assert_true(in.attributes & ZYDIS_ATTRIB_HAS_LOCK);
	is_memory(0, a, 32);
	is_reg(1, reg, 32);
}

static void test_addresses(void **state)
{
	for (u32 i = 0; i < ARRAY_SIZE(numbers); i++)
		for (u32 base = 0; base < 17; base++)
			for (u32 index = 0; index < 17; index++) {
				struct x86_address a = {base == 16 ? MACH_NONE : base,
							index == 16 ? MACH_NONE : index,
							1u << (base + index + i) % 4, numbers[i]};

				if (index == RSP)
					continue; /* none has it */
				check_address(&a, (base * 7 + index * 3 + i) % 16);
			}
}

static void test_others(void **state)
{
	for (u32 reg = 0; reg < 16; reg++) {
		decode(enc_push(code, reg), ZYDIS_MNEMONIC_PUSH);
		is_reg(0, reg, 64);
		decode(enc_pop(code, reg), ZYDIS_MNEMONIC_POP);
		is_reg(0, reg, 64);
		decode(enc_byte_swap(code, true, reg), ZYDIS_MNEMONIC_BSWAP);
		is_reg(0, reg, 64);
		decode(enc_byte_swap(code, false, reg), ZYDIS_MNEMONIC_BSWAP);
		is_reg(0, reg, 32);
		decode(enc_op_table(code, 0x8b, true, reg), ZYDIS_MNEMONIC_MOV);
		is_reg(0, reg, 64);
		assert_int_equal(op[1].mem.base, ZYDIS_REGISTER_RIP);
		assert_int_equal(in.raw.disp.offset, in.length - 4);
		decode(enc_op_reg(code, 0xf3, 0x0fb8, true, reg, 15 - reg, false),
		       ZYDIS_MNEMONIC_POPCNT);
		is_reg(0, reg, 64);
		is_reg(1, 15 - reg, 64);
	}
	decode(enc_op_table(code, 0xff, false, 2), ZYDIS_MNEMONIC_CALL);
	assert_int_equal(op[0].mem.base, ZYDIS_REGISTER_RIP);
}

static void test_conditions(void **state)
{
	static const ZydisMnemonic names[] = {
		[COND_EQ] = ZYDIS_MNEMONIC_JZ,    [COND_NE] = ZYDIS_MNEMONIC_JNZ,
		[COND_LT] = ZYDIS_MNEMONIC_JB,    [COND_GE] = ZYDIS_MNEMONIC_JNB,
		[COND_GT] = ZYDIS_MNEMONIC_JNBE,  [COND_LE] = ZYDIS_MNEMONIC_JBE,
		[COND_SLT] = ZYDIS_MNEMONIC_JL,   [COND_SGE] = ZYDIS_MNEMONIC_JNL,
		[COND_SGT] = ZYDIS_MNEMONIC_JNLE, [COND_SLE] = ZYDIS_MNEMONIC_JLE,
		[COND_TEST] = ZYDIS_MNEMONIC_JNZ, [COND_NTEST] = ZYDIS_MNEMONIC_JZ,
	};

	for (u32 c = 0; c < ARRAY_SIZE(names); c++) {
		decode(enc_byte(enc_byte(code, 0x70 | enc_condition(c)), 5), names[c]);
		decode(enc_word32(enc_opcode(code, 0x0f80 | enc_condition(c)), 500), names[c]);
		assert_int_equal(enc_condition(c) ^ 1, enc_condition(ir_cond_not(c)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registers),  cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_constants),  cmocka_unit_test(test_shifts),
		cmocka_unit_test(test_load_const), cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_others),     cmocka_unit_test(test_conditions),
	};

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
