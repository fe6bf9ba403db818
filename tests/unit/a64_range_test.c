// SPDX-License-Identifier: BSD-2-Clause
/*
 * aarch64: jumps at the edges of what they reach (tbz 32 KiB; cbz, b.cond and adr
 * 1 MiB), forwards and backwards; tables out of reach of near references; switches
 * in code as long. Where such code runs, it runs beside the interpreter; elsewhere
 * its jumps are followed in the code itself.
 */
#include "../insn/machine.h"
#include "jit/a64_encode.h"
#include "jit/jit.h"

/* One word each, nothing to be known of them. */
static void pad(struct text *t, u32 words)
{
	for (u32 i = 0; i < words; i++)
		text_puts(t, i & 1 ? "r0 += r2\n" : "r0 ^= r3\n");
}

static const struct {
	const char *name, *test; /* of r4, which is the input */
	u64 taken, passed;
	u32 words; /* of reach */
} jumps[] = {
	{"bit", "if r4 & 16 goto %s\n", 16, 15, A64_REACH_TEST / 4},
	{"sign", "if r4 s< 0 goto %s\n", 1ull << 63, 1, A64_REACH_TEST / 4},
	{"zero", "if r4 == 0 goto %s\n", 0, 1, A64_REACH_COND / 4},
	{"zero of 32 bits", "if w4 != 0 goto %s\n", 1, 1ull << 32, A64_REACH_COND / 4},
	{"compared", "if r4 > 77 goto %s\n", 78, 77, A64_REACH_COND / 4},
};

/* The text with a label in place of %s, from where a longer jump goes on to the other. */
static void put_test(struct text *t, const char *test, const char *label)
{
	const char *at = strstr(test, "%s");

	text_write(t, test, (size_t)(at - test));
	text_fmt(t, "long%sgoto on\nlong:\ngotol %s\non:\n", at + 2, label);
}

static struct image *forwards(u32 k, u32 words)
{
	struct image *img;
	struct text t;

	text_init_grow(&t);
	text_puts(&t, "r4 = *(u64 *)(r1 +0)\nr2 = *(u64 *)(r1 +8)\nr3 = *(u64 *)(r1 +16)\n"
		      "r0 = *(u64 *)(r1 +24)\n");
	put_test(&t, jumps[k].test, "over");
	pad(&t, words);
	text_puts(&t, "over:\nr0 += 1\nexit\n");
	img = image_of(t.buf);
	text_fini(&t);
	return img;
}

/* The input is exchanged for the other each time round. */
static struct image *backwards(u32 k, u32 words)
{
	struct image *img;
	struct text t;

	text_init_grow(&t);
	text_puts(&t, "r4 = *(u64 *)(r1 +0)\nr2 = *(u64 *)(r1 +8)\nr3 = *(u64 *)(r1 +16)\n"
		      "r0 = *(u64 *)(r1 +24)\nr5 = *(u64 *)(r1 +32)\nagain:\n");
	pad(&t, words);
	text_puts(&t, "r4 ^= r5\n");
	put_test(&t, jumps[k].test, "again");
	text_puts(&t, "exit\n");
	img = image_of(t.buf);
	text_fini(&t);
	return img;
}

static u32 words_of(const struct jit_code *c, u32 at)
{
	u32 w;

	memcpy(&w, c->bytes + at, 4);
	return w;
}

/* Jumps that stand in the code: how many of each form, and that they lead into it. */
static void follow(const struct image *img, u32 *near, u32 *far)
{
	struct jit_options o = {.target = JIT_AARCH64};
	struct jit_code *c;
	struct diag d = {0};

	*near = *far = 0;
	assert_int_equal(jit_compile(img, maps, &o, &c, &d), 0);
	for (u32 at = 0; at + 4 <= c->size; at += 4) {
		u32 w = words_of(c, at), op = w >> 24;
		bool tests = (op & 0x7e) == 0x36, conditional = op == 0x54 || (op & 0x7e) == 0x34;
		s64 distance =
			tests ? (s64)((s32)(w << 13) >> 18) * 4 : (s64)((s32)(w << 8) >> 13) * 4;

		if (!tests && !conditional)
			continue;
		assert_in_range(at + distance, 0, c->size - 4);
		if (distance == 8 && words_of(c, at + 4) >> 26 == 5) {
			s64 to = (s64)((s32)(words_of(c, at + 4) << 6) >> 6) * 4;

			assert_in_range(at + 4 + to, 0, c->size - 4);
			++*far;
		} else {
			++*near;
		}
	}
	jit_code_free(c);
}

static void run_both(struct image *img, u64 first, u64 second)
{
	u64 mem[2][5] = {{first, 3, 5, 7, first ^ second}, {first, 3, 5, 7, first ^ second}};
	struct outcome o[2];

	o[0] = run_on(&engines[0], img, &(struct input){.mem = mem[0], .mem_size = sizeof(mem[0])});
	o[1] = run_on(&(struct engine){"jit", jit_fresh, false, true}, img,
		      &(struct input){.mem = mem[1], .mem_size = sizeof(mem[1])});
	assert_int_equal(o[0].err, 0);
	assert_int_equal(o[1].err, 0);
	assert_int_equal(o[0].r0, o[1].r0);
	assert_memory_equal(mem[0], mem[1], sizeof(mem[0]));
}

/* The last jump that reaches is among these, and the first that does not. */
static void edges_of(u32 k, bool back)
{
	u32 at_reach[2] = {0}, total[2], step = jumps[k].words > 100000 ? 8 : 1;

	for (s32 near = -8; near <= 8; near += step) {
		u32 words = jumps[k].words + (u32)near;
		struct image *img = back ? backwards(k, words) : forwards(k, words);

		follow(img, &total[0], &total[1]);
		assert_int_equal(total[0] + total[1], 1);
		at_reach[total[1]]++;
		/* Near ones first, then only far ones. */
		if (total[0])
			assert_int_equal(at_reach[1], 0);
		base_free(img);
	}
	if (!at_reach[0] || !at_reach[1])
		fail_msg("%s: %u near, %u far", jumps[k].name, at_reach[0], at_reach[1]);
}

/* Where code of this machine runs, under emulation perhaps, compiling is what takes long. */
static void run_edges(u32 k, bool back)
{
	bool is_long = jumps[k].words > 100000;

	for (s32 near = is_long ? 8 : -8; near <= 8; near += 4) {
		u32 words = jumps[k].words + (u32)near;
		struct image *img = back ? backwards(k, words) : forwards(k, words);

		run_both(img, jumps[k].taken, jumps[k].passed);
		if (!is_long)
			run_both(img, jumps[k].passed, jumps[k].taken);
		base_free(img);
	}
}

static void edges(bool back)
{
	for (u32 k = 0; k < ARRAY_SIZE(jumps); k++)
		if (jit_host().target != JIT_AARCH64)
			edges_of(k, back);
		else if (jumps[k].words < 100000 || k == (back ? 2 : 4))
			run_edges(k, back);
}

static void jumps_reach_forwards(void **state)
{
	edges(false);
}

static void jumps_reach_backwards(void **state)
{
	edges(true);
}

/* Code beyond a mebibyte: calls by the table, subprograms and a switch at either end. */
static void tables_are_far(void **state)
{
	static const u32 sizes[] = {1000, 261900};

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct image *img;
		struct text t;

		text_init_grow(&t);
		text_puts(&t,
			  "r6 = r1\nr8 = *(u64 *)(r1 +0)\nr1 = 1\nr2 = 2\nr3 = 3\nr4 = 4\n"
			  "r5 = 5\ncall 1\nr7 = r0\nr2 = *(u64 *)(r6 +8)\nr3 = *(u64 *)(r6 +16)\n"
			  "r0 = 0\n");
		for (u32 c = 0; c < 12; c++)
			text_fmt(&t, "if r8 == %u goto l%u\n", 10 + c, c);
		text_puts(&t, "gotol out\n");
		for (u32 c = 0; c < 12; c++)
			text_fmt(&t, "l%u:\ngotol c%u\n", c, c);
		for (u32 c = 0; c < 12; c++) {
			text_fmt(&t, "c%u:\nr0 = %u\n", c, 1000 + c * 7);
			if (c == 5)
				pad(&t, sizes[i]);
			text_puts(&t, "gotol out\n");
		}
		text_puts(&t, "out:\nr7 ^= r0\nr1 = r7\nr2 = r8\nr3 = 3\nr4 = 4\nr5 = r7\ncall 1\n"
			      "r1 = r0\nr2 = r7\nr3 = 30\nr4 = 40\nr5 = r8\ncall sub\nexit\n"
			      "sub:\nr0 = r1\nr0 -= r2\nr0 *= r3\nr0 += r4\nr0 ^= r5\nexit\n");
		img = image_of(t.buf);
		for (u64 v = i ? 12 : 9; v <= 22; v += i ? 8 : 1)
			run_both(img, v, 0);
		base_free(img);
		text_fini(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jumps_reach_forwards),
		cmocka_unit_test(jumps_reach_backwards),
		cmocka_unit_test(tables_are_far),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
