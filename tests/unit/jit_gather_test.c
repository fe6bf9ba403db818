// SPDX-License-Identifier: BSD-2-Clause
/*
 * Words read byte by byte: pieces of all sizes, in either order, complete or with one
 * piece missing, doubled, shifted wrongly or behind a store; native code beside the
 * interpreter. And that a complete one is one load.
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

/* r0 |= the piece, by its own register or one of a pair. */
static void put_piece(struct text *t, u32 offset, u32 size, u32 shift, bool narrow)
{
	text_fmt(t, "r2 = *(u%u *)(r1 +%u)\n", size * 8, offset);
	if (shift)
		text_fmt(t, "%c2 <<= %u\n", narrow ? 'w' : 'r', shift);
	if (rnd() % 12 == 0)
		text_fmt(t, "*(u8 *)(r1 +%u) = %u\n", offset + (u32)(rnd() % 3),
			 (u32)(rnd() % 100));
	text_fmt(t, "%c0 |= %c2\n", narrow ? 'w' : 'r', narrow ? 'w' : 'r');
}

static void compare(void)
{
	u8 mem[2][64];
	struct outcome o[2];
	struct image *img;
	struct text t;

	for (u32 i = 0; i < 64; i++)
		mem[0][i] = mem[1][i] = (u8)rnd();
	text_init_grow(&t);
	text_puts(&t, "r9 = 0\n");
	for (u32 n = 0; n < 8; n++) {
		u32 size = 2u << rnd() % 3, base = (u32)(rnd() % 40);
		bool narrow = size < 8 && rnd() % 2, swapped = rnd() % 2;

		text_puts(&t, "r0 = 0\n");
		for (u32 done = 0; done < size;) {
			u32 piece = 1u << (swapped ? 0 : rnd() % 3), at = done;

			if (done + piece > size)
				continue;
			if (rnd() % 20 == 0)
				at += (u32)(rnd() % 2);
			put_piece(&t, base + at, piece, (swapped ? size - 1 - done : done) * 8,
				  narrow);
			done += piece;
			if (rnd() % 40 == 0)
				done--;
		}
		text_puts(&t, "r9 *= 31\nr9 += r0\n");
	}
	text_puts(&t, "r0 = r9\nexit\n");
	img = image_of(t.buf);
	o[0] = run_on(&(struct engine){"plain", interp_run, false}, img,
		      &(struct input){.mem = mem[0], .mem_size = sizeof(mem[0])});
	o[1] = run_on(&(struct engine){"jit", jit_fresh, false}, img,
		      &(struct input){.mem = mem[1], .mem_size = sizeof(mem[1])});
	if (o[0].err || o[1].err || o[0].r0 != o[1].r0)
		fail_msg("%d %llx, native %d %llx:\n%s", o[0].err, (unsigned long long)o[0].r0,
			 o[1].err, (unsigned long long)o[1].r0, t.buf);
	assert_memory_equal(mem[0], mem[1], sizeof(mem[0]));
	base_free(img);
	text_fini(&t);
}

static void words_are_right(void **state)
{
	const char *n = getenv("JIT_PROGRAMS");

	(void)state;
	for (u32 i = 0; i < (n ? (u32)atoi(n) : 2000); i++)
		compare();
}

static u32 loads_of(const char *text)
{
	struct image *img = image_of(text);
	struct arena a = {0};
	struct ir_function f;
	u32 n = 0;

	assert_int_equal(ir_build(img, 0, NULL, &a, &f), 0);
	assert_int_equal(ir_optimise(&f), 0);
	ir_each_block(&f, b) ir_each(&f, b, r) n += ir_at(&f, r)->op == IR_LOAD;
	ir_fini(&f);
	arena_fini(&a);
	base_free(img);
	return n;
}

static void complete_words_are_one_load(void **state)
{
	(void)state;
	assert_int_equal(
		loads_of("r0 = *(u8 *)(r1 +13)\nr0 <<= 8\nr2 = *(u8 *)(r1 +12)\nr0 |= r2\nexit\n"),
		1);
	assert_int_equal(loads_of("r0 = *(u8 *)(r1 +5)\nr2 = *(u8 *)(r1 +4)\nr2 <<= 8\nr0 |= r2\n"
				  "r3 = *(u8 *)(r1 +3)\nr3 <<= 16\nr0 |= r3\n"
				  "r4 = *(u8 *)(r1 +2)\nr4 <<= 24\nr0 |= r4\nexit\n"),
			 1);
	assert_int_equal(loads_of("r0 = *(u8 *)(r1 +13)\nr0 <<= 8\n*(u8 *)(r1 +12) = 7\n"
				  "*(u8 *)(r1 +13) = 9\nr2 = *(u8 *)(r1 +11)\nr0 |= r2\nexit\n"),
			 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_right),
		cmocka_unit_test(complete_words_are_one_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
