// SPDX-License-Identifier: BSD-2-Clause
/*
 * Division by constants in native code beside what the instructions mean
 * (isa/sem.h): every divisor from 1 to 1000 and its negative, powers of two and
 * their neighbours, random ones of all widths; dividends at the edges, around
 * multiples of the divisor, and random.
 */
#include "isa/sem.h"
#include "../insn/machine.h"

#define VALUES  24
#define RESULTS 8

static u64 seed = 1;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static const struct {
	const char *op;
	char width;
	u64 (*means)(u64 a, u64 b);
} ops[RESULTS] = {
	{"/=", 'r', isa_DIV64},   {"%=", 'r', isa_MOD64},   {"s/=", 'r', isa_SDIV64},
	{"s%=", 'r', isa_SMOD64}, {"/=", 'w', isa_DIV32},   {"%=", 'w', isa_MOD32},
	{"s/=", 'w', isa_SDIV32}, {"s%=", 'w', isa_SMOD32},
};

struct item {
	u64 x, results[RESULTS];
};

/* mem: struct item[VALUES]; `narrow`: the dividend is known to be below 2^32. */
static struct image *divisions(u64 d, bool narrow)
{
	struct image *img;
	struct text t;

	text_init_grow(&t);
	text_fmt(&t, "r6 = r1\nr7 = %u\nagain:\nr2 = *(u%u *)(r6 +0)\n", VALUES, narrow ? 32 : 64);
	text_fmt(&t, "r3 = %llu ll\n", (unsigned long long)d);
	for (u32 k = 0; k < RESULTS; k++)
		text_fmt(&t, "r4 = r2\n%c4 %s %c3\n*(u64 *)(r6 +%u) = r4\n", ops[k].width,
			 ops[k].op, ops[k].width, 8 + 8 * k);
	text_fmt(&t, "r6 += %u\nr7 += -1\nif r7 != 0 goto again\nr0 = 0\nexit\n",
		 (u32)sizeof(struct item));
	img = image_of(t.buf);
	text_fini(&t);
	return img;
}

static u64 dividend(u32 i, u64 d)
{
	static const u64 edges[] = {0,          1,          ~0ull,      1ull << 63,
				    ~0ull >> 1, 0xffffffff, 1ull << 31, 0x7fffffff};
	u64 q;

	if (i < ARRAY_SIZE(edges))
		return edges[i];
	q = rnd() >> (rnd() & 63);
	/* Around the largest and other multiples. */
	switch (i % 4) {
	case 0: return ~0ull / d * d - (q & 1);
	case 1: return (u32)(0xffffffff / d * d - (q & 1));
	case 2: return q / d * d - (rnd() & 1);
	default: return q;
	}
}

static void divide_by(u64 d, bool narrow)
{
	struct item items[VALUES] = {0};
	struct image *img = divisions(d, narrow);
	struct outcome o;

	for (u32 i = 0; i < VALUES; i++)
		items[i].x = dividend(i, d);
	o = run_on(&(struct engine){"jit", jit_fresh, false}, img,
		   &(struct input){.mem = (u8 *)items, .mem_size = sizeof(items)});
	assert_int_equal(o.err, 0);
	for (u32 i = 0; i < VALUES; i++)
		for (u32 k = 0; k < RESULTS; k++) {
			u64 x = narrow ? (u32)items[i].x : items[i].x;

			if (items[i].results[k] != ops[k].means(x, d))
				fail_msg("%llx %c%s %llx is %llx, not %llx", (unsigned long long)x,
					 ops[k].width, ops[k].op, (unsigned long long)d,
					 (unsigned long long)items[i].results[k],
					 (unsigned long long)ops[k].means(x, d));
		}
	base_free(img);
}

static void both(u64 d)
{
	if (!d)
		return;
	divide_by(d, false);
	divide_by(d, true);
}

static void test_small(void **state)
{
	for (u64 d = 1; d <= 1000; d++) {
		both(d);
		both(-d);
	}
}

static void test_powers(void **state)
{
	for (u32 k = 0; k < 64; k++)
		for (s32 near = -2; near <= 2; near++) {
			both((1ull << k) + (u64)(s64)near);
			both((1ull << k) * 3 + (u64)(s64)near);
		}
}

static void test_random(void **state)
{
	for (u32 i = 0; i < 2000; i++)
		both(rnd() >> (i % 64));
	assert_int_equal(jit_passed_on, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_powers),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
