// SPDX-License-Identifier: BSD-2-Clause
/*
 * Chains of equality tests on native code beside the interpreter: close together
 * (tables), far apart (searches), of both widths, with either sense, with targets
 * of their own, shared, and the way out itself; for every constant, its
 * neighbours, and others. The chains stand in a loop over the values.
 */
#include "../insn/machine.h"

#define VALUES 256

static u64 seed = 1;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static s64 constant(u32 kind)
{
	switch (kind) {
	case 0: return (s64)(rnd() % 40);
	case 1: return 1000 + (s64)(rnd() % 300);
	case 2: return (s32)rnd();
	case 3: return (s64)(rnd() % 16) - 8;
	case 4: return INT32_MAX - (s64)(rnd() % 20);
	default: return (s64)(rnd() % 4000);
	}
}

static void put_test(struct text *t, u32 i, char width, s64 value)
{
	char target[16];

	if (rnd() % 8)
		snprintf(target, sizeof(target), "t%u", i);
	else
		snprintf(target, sizeof(target), "%s", rnd() % 2 ? "next" : "shared");
	if (rnd() % 4)
		text_fmt(t, "if %c2 == %lld goto %s\n", width, (long long)value, target);
	else
		text_fmt(t, "if %c2 != %lld goto n%u\ngoto %s\nn%u:\n", width, (long long)value, i,
			 target, i);
}

static void compare(u32 count, u32 kind, bool narrow)
{
	u64 mem[2][VALUES];
	char width = rnd() % 2 ? 'r' : 'w';
	struct outcome o[2];
	struct image *img;
	struct text t;

	for (u32 i = 0; i < VALUES; i++)
		mem[0][i] = (u64)constant(kind);
	text_init_grow(&t);
	text_fmt(&t, "r0 = 7\nr6 = r1\nr7 = %u\nagain:\nr2 = *(u%u *)(r6 +0)\n", VALUES,
		 narrow ? 32 : 64);
	for (u32 i = 0; i < count; i++) {
		s64 value = constant(kind);

		mem[0][(2 * i) % VALUES] = (u64)value;
		mem[0][(2 * i + 1) % VALUES] =
			(u64)value + rnd() % 3 - 1 + (rnd() % 4 ? 0 : 1ull << 32);
		put_test(&t, i, width, value);
	}
	text_fmt(&t, "r0 += 1\ngoto next\nshared:\nr0 ^= r2\ngoto next\n");
	for (u32 i = 0; i < count; i++)
		text_fmt(&t, "t%u:\nr0 *= 31\nr0 += %u\ngoto next\n", i, i);
	text_puts(&t, "next:\nr0 *= 3\nr6 += 8\nr7 += -1\nif r7 != 0 goto again\nexit\n");
	img = image_of(t.buf);
	memcpy(mem[1], mem[0], sizeof(mem[0]));
	o[0] = run_on(&(struct engine){"plain", interp_run, false}, img,
		      &(struct input){.mem = (u8 *)mem[0], .mem_size = sizeof(mem[0])});
	o[1] = run_on(&(struct engine){"jit", jit_fresh, false}, img,
		      &(struct input){.mem = (u8 *)mem[1], .mem_size = sizeof(mem[1])});
	if (o[0].err || o[1].err || o[0].r0 != o[1].r0)
		fail_msg("%d %llx, native %d %llx:\n%s", o[0].err, (unsigned long long)o[0].r0,
			 o[1].err, (unsigned long long)o[1].r0, t.buf);
	base_free(img);
	text_fini(&t);
}

static void test_chains(void **state)
{
	const char *n = getenv("JIT_PROGRAMS");
	u32 rounds = n ? (u32)atoi(n) : 500;

	for (u32 i = 0; i < rounds; i++)
		for (u32 kind = 0; kind < 6; kind++)
			compare(1 + (u32)(rnd() % 30), kind, rnd() % 2);
	assert_int_equal(jit_passed_on, 0);
}

static void test_long(void **state)
{
	for (u32 kind = 0; kind < 6; kind++)
		for (u32 count = 190; count < 600; count += 45)
			compare(count, kind, kind & 1);
	assert_int_equal(jit_passed_on, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
