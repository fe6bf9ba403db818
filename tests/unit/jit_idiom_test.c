// SPDX-License-Identifier: BSD-2-Clause
/*
 * The number of bits set, written out in fields, of 64 and 32 bits; and forms that
 * look like it but are not.
 */
#include "../insn/machine.h"

static bool has_popcnt(const struct image *img)
{
	struct jit_options host = jit_host();
	struct jit_code *code;
	struct diag d = {0};
	bool found = false;

	assert_int_equal(jit_compile(img, maps, &host, &code, &d), 0);
	for (u32 i = 0; i + 1 < code->size; i++)
		found |= code->bytes[i] == 0x0f && code->bytes[i + 1] == 0xb8;
	jit_code_free(code);
	return found;
}

static void check(u32 bits, const u64 masks[3], u64 factor, u32 shift, u32 first, bool is)
{
	static const u64 numbers[] = {0,
				      1,
				      ~0ull,
				      0x8000000000000000ull,
				      0x123456789abcdef0ull,
				      UINT32_MAX,
				      0xf0f0f0f0f0f0f0f0ull};
	struct jit_options host = jit_host();
	char w = bits == 64 ? 'r' : 'w', text[1024];
	struct image *img;
	u64 ctx;

	snprintf(text, sizeof(text),
		 "r6 = %lld ll\nr7 = %lld ll\nr8 = %lld ll\nr9 = %lld ll\n"
		 "r0 = *(u64 *)(r1 +0)\n@2 = @0\n@2 >>= %u\n@2 &= @6\n@0 -= @2\n"
		 "@2 = @0\n@2 >>= 2\n@2 &= @7\n@0 &= @7\n@0 += @2\n"
		 "@2 = @0\n@2 >>= 4\n@0 += @2\n@0 &= @8\n@0 *= @9\n@0 >>= %u\nexit\n",
		 (long long)masks[0], (long long)masks[1], (long long)masks[2], (long long)factor,
		 first, shift);
	for (char *c = text; *c; c++)
		*c = *c == '@' ? w : *c;
	img = image_of(text);
	if (host.features & JIT_X86_POPCNT && has_popcnt(img) != is)
		fail_msg("%s: %d", text, is);
	for (u32 i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct input in = {.mem = &ctx, .mem_size = 8};
		struct outcome a, b;

		ctx = numbers[i];
		a = run_on(&engines[0], img, &in);
		b = run_on(&engines[2], img, &in);
		assert_int_equal(a.r0, b.r0);
		if (is)
			assert_int_equal(a.r0, __builtin_popcountll(bits == 32 ? (u32)ctx : ctx));
	}
	base_free(img);
}

static void test_bits(void **state)
{
	static const u64 masks[] = {0x5555555555555555ull, 0x3333333333333333ull,
				    0x0f0f0f0f0f0f0f0full};
	static const u64 wrong[] = {0x5555555555555557ull, 0x3333333333333333ull,
				    0x0f0f0f0f0f0f0f0full};
	const u64 ones = 0x0101010101010101ull;

	(void)state;
	check(64, masks, ones, 56, 1, true);
	check(32, masks, ones, 24, 1, true);
	check(64, wrong, ones, 56, 1, false);
	check(32, wrong, ones, 24, 1, false);
	check(64, masks, ones, 55, 1, false);
	check(64, masks, ones + 2, 56, 1, false);
	check(64, masks, ones, 56, 2, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_bits)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
