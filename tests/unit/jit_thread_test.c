// SPDX-License-Identifier: BSD-2-Clause
/*
 * Branches that are decided by where one comes from: chains of selections by few
 * conditions, again and again of the same registers and of what they selected, in
 * loops; native code beside the interpreter. And that a chain of one condition is
 * one branch in the end.
 */
#include "../insn/machine.h"
#include "jit/ir.h"

static u64 seed = 1;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static const char *const signs[] = {
	"==", "!=", "<", ">=", ">", "<=", "s<", "s>=", "s>", "s<=", "&"};

/* One of few conditions: of r6, r7 (set per round), and r2 to r5 (selected before). */
static void put_condition(struct text *t)
{
	char w = rnd() % 2 ? 'r' : 'w';
	u32 a = rnd() % 2 ? 6 + (u32)(rnd() % 2) : 2 + (u32)(rnd() % 4);

	if (rnd() % 3)
		text_fmt(t, "if %c%u %s %d ", w, a, signs[rnd() % ARRAY_SIZE(signs)],
			 (int)(rnd() % 4));
	else
		text_fmt(t, "if %c6 %s %c7 ", w, signs[rnd() % ARRAY_SIZE(signs)], w);
}

static void put_value(struct text *t)
{
	u32 d = 2 + (u32)(rnd() % 4);

	switch (rnd() % 4) {
	case 0:
	case 1: text_fmt(t, "r%u = %d\n", d, (int)(rnd() % 4)); break;
	case 2: text_fmt(t, "r%u = r%u\n", d, 2 + (u32)(rnd() % 6)); break;
	default: text_fmt(t, "r%u += r%u\n", d, 2 + (u32)(rnd() % 4));
	}
}

static void put_part(struct text *t, u32 depth, u32 *labels)
{
	u32 n = (*labels)++;

	switch (rnd() % 5) {
	case 0:
	case 1: /* if-then */
		put_condition(t);
		text_fmt(t, "goto l%u\n", n);
		put_value(t);
		text_fmt(t, "l%u:\n", n);
		break;
	case 2: /* if-then-else */
		put_condition(t);
		text_fmt(t, "goto l%u\n", n);
		put_value(t);
		text_fmt(t, "goto e%u\nl%u:\n", n, n);
		if (depth)
			put_part(t, depth - 1, labels);
		put_value(t);
		text_fmt(t, "e%u:\n", n);
		break;
	case 3: /* a loop that ends by itself */
		text_fmt(t, "r8 = %u\nl%u:\n", 1 + (u32)(rnd() % 3), n);
		for (u32 i = 0; i < 3 && depth == 2; i++)
			put_part(t, 1, labels);
		put_value(t);
		text_fmt(t, "r8 += -1\nif r8 s> 0 goto l%u\n", n);
		break;
	default: put_value(t);
	}
}

static void compare(void)
{
	u64 mem[64];
	struct input in = {.mem = (u8 *)mem, .mem_size = sizeof(mem)};
	struct outcome o[2];
	struct image *img;
	struct text t;
	u32 labels = 0;

	for (u32 i = 0; i < ARRAY_SIZE(mem); i++)
		mem[i] = rnd() % 4 ? rnd() % 4 : rnd();
	text_init_grow(&t);
	text_puts(&t, "r9 = r1\nr0 = 0\nr1 = 31\nr2 = 0\nr3 = 1\nr4 = 2\nr5 = 3\nround:\n");
	text_puts(&t, "r6 = *(u64 *)(r9 +0)\nr7 = *(u64 *)(r9 +8)\nr9 += 16\n");
	for (u32 i = 0; i < 12; i++)
		put_part(&t, 2, &labels);
	for (u32 i = 2; i < 8; i++)
		text_fmt(&t, "r0 *= 31\nr0 += r%u\n", i);
	text_puts(&t, "r1 += -1\nif r1 != 0 goto round\nexit\n");
	img = image_of(t.buf);
	o[0] = run_on(&(struct engine){"plain", interp_run, false}, img, &in);
	o[1] = run_on(&(struct engine){"jit", jit_fresh, false}, img, &in);
	if (o[0].err || o[1].err || o[0].r0 != o[1].r0)
		fail_msg("%d %llx, native %d %llx:\n%s", o[0].err, (unsigned long long)o[0].r0,
			 o[1].err, (unsigned long long)o[1].r0, t.buf);
	base_free(img);
	text_fini(&t);
}

static void selections_are_right(void **state)
{
	const char *n = getenv("JIT_PROGRAMS"), *s = getenv("JIT_SEED");

	(void)state;
	seed = s ? strtoull(s, NULL, 0) | 1 : 1;
	for (u32 i = 0; i < (n ? (u32)atoi(n) : 1500); i++)
		compare();
}

static u32 branches_of(const char *text)
{
	struct image *img = image_of(text);
	struct arena a = {0};
	struct ir_function f;
	u32 n = 0;

	assert_int_equal(ir_build(img, 0, NULL, &a, &f), 0);
	assert_int_equal(ir_optimise(&f), 0);
	ir_each_block(&f, b) n += ir_at(&f, f.blocks.data[b].last)->op == IR_BRANCH;
	ir_fini(&f);
	arena_fini(&a);
	base_free(img);
	return n;
}

static void one_condition_is_one_branch(void **state)
{
	(void)state;
	assert_int_equal(branches_of("r0 = *(u64 *)(r1 +0)\nr2 = 5\nif r0 > 9 goto +1\nr2 = 7\n"
				     "r3 = 1000\nif r0 <= 9 goto +1\nr3 = 77\n"
				     "r4 = r0\nif r0 > 9 goto +1\nr4 = 3\n"
				     "r0 = r2\nr0 *= r3\nr0 *= r4\nexit\n"),
			 1);
	assert_int_equal(branches_of("r0 = *(u64 *)(r1 +0)\nr2 = 1\nif r0 > 9 goto +1\nr2 = 0\n"
				     "r0 = r2\nexit\n"),
			 0);
}

/* Ways into the block that returns. */
static void same_values_come_by_one_edge(void **state)
{
	struct image *img = image_of("r6 = *(u64 *)(r1 +0)\nr0 = 5\nif r6 == 1 goto out\n"
				     "r7 = *(u64 *)(r1 +8)\nif r7 == 3 goto out\n"
				     "r8 = *(u64 *)(r1 +16)\nif r8 == r7 goto out\n"
				     "r0 = r8\nr0 *= r7\nout:\nexit\n");
	struct arena a = {0};
	struct ir_function f;
	u32 ways = 0;

	(void)state;
	assert_int_equal(ir_build(img, 0, NULL, &a, &f), 0);
	assert_int_equal(ir_optimise(&f), 0);
	ir_each_block(&f, b) if (ir_at(&f, f.blocks.data[b].last)->op == IR_RETURN) ways =
		(u32)f.blocks.data[b].preds.len;
	assert_int_equal(ways, 2);
	ir_fini(&f);
	arena_fini(&a);
	base_free(img);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selections_are_right),
		cmocka_unit_test(one_condition_is_one_branch),
		cmocka_unit_test(same_values_come_by_one_edge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
