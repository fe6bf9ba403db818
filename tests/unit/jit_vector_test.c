// SPDX-License-Identifier: BSD-2-Clause
/*
 * Loops in vector form beside the interpreter: loads of every size, sums of both
 * widths, stores; numbers of rounds around what one turn of vectors does; loops
 * that must stay as they are because one round sees what another did. Random ones
 * follow. VECTOR_PROGRAMS=N runs N of them.
 */
#include "../insn/machine.h"

#define MEMORY 8192

static u64 seed = 7;

static u32 rnd(u32 below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(seed >> 33) % below;
}

static void fill(u8 *mem)
{
	for (u32 i = 0; i < MEMORY; i++)
		mem[i] = (u8)(rnd(4) ? rnd(256) : rnd(2) * 255);
}

/* Is there a loop over vectors in it? All end in vzeroupper. */
static bool has_vectors(const struct image *img)
{
	static const u8 end[] = {0xc5, 0xf8, 0x77};
	struct jit_options host = jit_host();
	struct jit_code *code;
	struct diag d = {0};
	bool found;

	assert_int_equal(jit_compile(img, maps, &host, &code, &d), 0);
	found = memmem(code->bytes, code->size, end, sizeof(end));
	jit_code_free(code);
	return found;
}

static void compare(const char *text, struct image *img)
{
	static u8 before[MEMORY] __attribute__((aligned(8))), x[MEMORY], y[MEMORY];
	struct input in = {.mem = x, .mem_size = MEMORY};
	struct outcome a, b;

	fill(before);
	memcpy(x, before, MEMORY);
	memcpy(y, before, MEMORY);
	a = run_on(&engines[0], img, &in);
	in.mem = y;
	b = run_on(&engines[2], img, &in);
	if (a.r0 != b.r0 || memcmp(x, y, MEMORY))
		fail_msg("%s: %llx, natively %llx", text, (unsigned long long)a.r0,
			 (unsigned long long)b.r0);
}

static bool machine_has_vectors(void)
{
	struct jit_options host = jit_host();

	return host.target == JIT_X86_64 && host.features & JIT_X86_AVX2;
}

struct loop_case {
	const char *body; /* r5: the element's address; r6: memory; r0: the sum; r7, r8: anything */
	u32 step, rounds;
	bool vectors;
};

static void loop_text(char *out, size_t room, const char *start, const char *body, u32 step,
		      u32 rounds, const char *cond)
{
	snprintf(out, room,
		 "r6 = r1\nr7 = *(u64 *)(r6 +0)\nr8 = *(u32 *)(r6 +8)\nr0 = %s\nr3 = 0\n"
		 "again:\nr5 = r6\nr5 += r3\n%sr3 += %u\nif r3 %s %u goto again\nexit\n",
		 start, body, step, cond, step * rounds);
}

static void test_cases(void **state)
{
	static const struct loop_case cases[] = {
		{"r2 = *(u8 *)(r5 +0)\nr0 += r2\n", 1, 1500, true},
		{"r2 = *(u16 *)(r5 +2)\nr0 += r2\n", 2, 750, true},
		{"r2 = *(u32 *)(r5 +4)\nr0 += r2\n", 4, 300, true},
		{"r2 = *(u64 *)(r5 +8)\nr0 += r2\n", 8, 128, true},
		{"r2 = *(u64 *)(r5 +8)\nr0 ^= r2\n", 8, 128, true},
		{"r2 = *(u8 *)(r5 +8)\nr0 |= r2\n", 1, 128, true},
		{"r2 = *(u16 *)(r5 +8)\nr0 &= r2\n", 2, 128, true},
		{"r2 = *(u32 *)(r5 +0)\nw0 += w2\n", 4, 100, true},
		{"r2 = *(s16 *)(r5 +0)\nr0 += r2\n", 2, 100, true},
		{"r2 = *(s8 *)(r5 +0)\nw0 += w2\n", 1, 100, true},
		{"r2 = *(u16 *)(r5 +0)\nr4 = *(u16 *)(r5 +1000)\nr2 *= r4\nr0 += r2\n", 2, 100,
		 true},
		{"r2 = *(u32 *)(r5 +0)\nr2 ^= r8\nr2 >>= 3\nr0 += r2\n", 4, 100, true},
		{"r2 = *(u64 *)(r5 +0)\nr2 -= r7\nr2 >>= 7\nr0 ^= r2\n", 8, 100, true},
		/* stores */
		{"*(u64 *)(r5 +0) = r7\n", 8, 100, true},
		{"*(u8 *)(r5 +0) = 7\n", 1, 100, true},
		{"r2 = *(u8 *)(r5 +0)\nr2 ^= 85\n*(u8 *)(r5 +2000) = r2\n", 1, 500, true},
		{"r2 = *(u8 *)(r5 +2000)\n*(u8 *)(r5 +0) = r2\n", 1, 500, true},
		{"r2 = *(u16 *)(r5 +1)\n*(u16 *)(r5 +0) = r2\n", 2, 500, true},
		{"r2 = *(u32 *)(r5 +0)\nr2 += r7\n*(u32 *)(r5 +0) = r2\n", 4, 500, true},
		/* a round reads what one not far before it wrote */
		{"r2 = *(u8 *)(r5 +0)\n*(u8 *)(r5 +1) = r2\n", 1, 500, false},
		{"r2 = *(u8 *)(r5 +0)\n*(u8 *)(r5 +31) = r2\n", 1, 500, false},
		{"r2 = *(u32 *)(r5 +0)\n*(u32 *)(r5 +28) = r2\n", 4, 500, false},
		{"r2 = *(u16 *)(r5 +0)\n*(u16 *)(r5 +1) = r2\n", 2, 500, false},
		/* not all bytes in turn; two kinds of thing; the sum is looked at */
		{"r2 = *(u8 *)(r5 +0)\nr0 += r2\n", 2, 500, false},
		{"r2 = *(u32 *)(r5 +0)\nr0 += r2\n", 2, 500, false},
		{"r2 = *(u8 *)(r5 +0)\nr0 += r2\n*(u8 *)(r5 +0) = 1\n", 1, 500, false},
		{"r2 = *(u8 *)(r5 +0)\nr0 += r2\nr7 ^= r0\n", 1, 500, false},
		{"r2 = *(u64 *)(r5 +0)\nr2 *= r7\nr0 += r2\n", 8, 100, false},
		{"r2 = *(u8 *)(r5 +0)\nr0 *= 31\nr0 += r2\n", 1, 500, false},
		{"r2 = *(u8 *)(r5 +0)\nr0 += r2\n", 1, 10, false},
	};
	bool vectors = machine_has_vectors();

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct loop_case *c = &cases[i];
		struct image *img;
		char text[1024];

		loop_text(text, sizeof(text), "1", c->body, c->step, c->rounds, "!=");
		img = image_of(text);
		if (has_vectors(img) != (c->vectors && vectors))
			fail_msg("%s: %s", text, c->vectors ? "no vectors" : "vectors");
		compare(text, img);
		base_free(img);
	}
}

/* Every number of rounds up to a few turns. */
static void test_rounds(void **state)
{
	static const char *const conds[] = {"!=", "<", "<=", "s<"};

	(void)state;
	for (u32 rounds = 1; rounds < 150; rounds++)
		for (u32 i = 0; i < ARRAY_SIZE(conds); i++) {
			char text[1024];
			struct image *img;

			loop_text(text, sizeof(text), "r7", "r2 = *(u16 *)(r5 +0)\nr0 += r2\n", 2,
				  rounds, conds[i]);
			img = image_of(text);
			compare(text, img);
			base_free(img);
		}
}

static const char *const sizes[] = {"u8", "u16", "u32", "u64"};

static void put_load(struct text *t, u32 reg, u32 log, bool narrow)
{
	u32 size = narrow ? rnd(log + 1) : log;
	static const char *const sign[] = {"s8", "s16", "s32"};

	if (size == log && log < 3 && !rnd(4))
		text_fmt(t, "r%u = *(%s *)(r5 +%u)\n", reg, sign[log], rnd(64));
	else
		text_fmt(t, "r%u = *(%s *)(r5 +%u)\n", reg, sizes[size], rnd(64));
}

static void put_op(struct text *t)
{
	static const char *const ops[] = {"+=", "-=", "&=", "|=", "^=", "*="};
	static const u8 from[] = {4, 7, 8, 2};
	char w = rnd(3) ? 'r' : 'w';

	switch (rnd(4)) {
	case 0:
		text_fmt(t, "%c2 %s %u\n", w, rnd(2) ? "<<=" : ">>=", rnd(w == 'r' ? 64 : 32));
		break;
	case 1: text_fmt(t, "%c2 %s %d\n", w, ops[rnd(6)], (int)rnd(1u << 16) - 30000); break;
	default: text_fmt(t, "%c2 %s %c%u\n", w, ops[rnd(6)], w, from[rnd(4)]);
	}
}

static void put_body(struct text *t, u32 log)
{
	static const char *const sums[] = {"+=", "^=", "|=", "&="};
	char w = rnd(3) ? 'r' : 'w';

	put_load(t, 2, log, false);
	put_load(t, 4, log, !rnd(4));
	for (u32 n = rnd(4); n; n--)
		put_op(t);
	if (rnd(3))
		text_fmt(t, "%c0 %s %c2\n", w, sums[rnd(4)], w);
	else
		text_fmt(t, "*(%s *)(r5 +%u) = r2\n", sizes[log], rnd(200));
}

static void test_random(void **state)
{
	const char *given = getenv("VECTOR_PROGRAMS");
	u32 programs = given ? (u32)atoi(given) : 6000, found = 0;

	(void)state;
	for (u32 i = 0; i < programs; i++) {
		char body[512], text[1024], start[16];
		u32 log = rnd(4), rounds = 1 + rnd(7000 >> log);
		static const char *const conds[] = {"!=", "<", "<=", "s<="};
		struct image *img;
		struct text t;

		text_init(&t, body, sizeof(body));
		put_body(&t, log);
		snprintf(start, sizeof(start), "%u", rnd(3) ? rnd(1u << 30) : 0);
		loop_text(text, sizeof(text), rnd(4) ? start : "r7", body, 1u << log, rounds,
			  conds[rnd(4)]);
		img = image_of(text);
		found += has_vectors(img);
		compare(text, img);
		base_free(img);
	}
	if (machine_has_vectors())
		assert_true(found > programs / 10);
	print_message("%u programs, %u with vectors\n", programs, found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_rounds),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
