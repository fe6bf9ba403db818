// SPDX-License-Identifier: BSD-2-Clause
/*
 * The baseline compiler beside the interpreter where it takes decisions: jumps on
 * both sides of where the short form ends, many that make each other longer,
 * frames of functions that name any set of registers, pairs of instructions that
 * become one, and processors without what it would like to use.
 */
#include "../insn/machine.h"

static u64 seed = 1;

static u32 rnd(u32 below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(seed >> 33) % below;
}

static int plainest(struct run *run, u64 *ret)
{
	return jit_with(run, ret, JIT_TIER_BASELINE, 0, 0);
}

static int blinded(struct run *run, u64 *ret)
{
	return jit_with(run, ret, JIT_TIER_BASELINE, ~0u, JIT_BLIND | JIT_FENCE);
}

/* The same result everywhere; it is returned. */
static u64 same(const char *text)
{
	static const struct engine others[] = {
		{"baseline", jit_baseline}, {"without", plainest}, {"blinded", blinded}};
	u8 mem[2][64];
	struct image *img = image_of(text);
	struct outcome o[2];

	memset(mem[0], 0x5a, sizeof(mem[0]));
	o[0] = run_on(&(struct engine){"plain", interp_run}, img,
		      &(struct input){.mem = mem[0], .mem_size = sizeof(mem[0])});
	for (u32 i = 0; i < ARRAY_SIZE(others); i++) {
		memset(mem[1], 0x5a, sizeof(mem[1]));
		o[1] = run_on(&others[i], img,
			      &(struct input){.mem = mem[1], .mem_size = sizeof(mem[1])});
		if (o[0].err != o[1].err || o[0].r0 != o[1].r0 ||
		    memcmp(mem[0], mem[1], sizeof(mem[0])))
			fail_msg("%s: %llx, not %llx:\n%s", others[i].name,
				 (unsigned long long)o[1].r0, (unsigned long long)o[0].r0, text);
	}
	base_free(img);
	return o[0].r0;
}

/* Is the word anywhere in the code that is made with those flags? */
static bool has_word(const char *text, u32 flags, u32 word)
{
	struct image *img = image_of(text);
	struct jit_options host = jit_host();
	struct jit_code *code;
	struct diag d = {0};
	bool found = false;

	host.tier = JIT_TIER_BASELINE;
	host.flags |= flags;
	assert_int_equal(jit_compile(img, maps, &host, &code, &d), 0);
	for (u32 i = 0; i + 4 <= code->size; i++)
		found |= !memcmp(code->bytes + i, &word, 4);
	jit_code_free(code);
	base_free(img);
	return found;
}

static u32 bytes_of(const char *text)
{
	struct image *img = image_of(text);
	struct jit_options host = jit_host();
	struct jit_code *code;
	struct diag d = {0};
	u32 size;

	host.tier = JIT_TIER_BASELINE;
	assert_int_equal(jit_compile(img, maps, &host, &code, &d), 0);
	size = code->size;
	jit_code_free(code);
	base_free(img);
	return size;
}

static void fill(struct text *t, u32 bytes)
{
	if (bytes % 2) {
		text_puts(t, "w0 += 1\n"); /* three bytes */
		bytes -= 3;
	}
	for (; bytes; bytes -= 2)
		text_puts(t, "w0 ^= w0\n"); /* two */
}

/* A jump forward and one back over so many bytes. */
static void jump_over(struct text *t, u32 bytes, const char *jump)
{
	text_init_grow(t);
	text_fmt(t, "r2 = 2\nr0 = 0\n%s over\nr0 = 7\n", jump);
	fill(t, bytes);
	text_fmt(t, "over:\nr3 = 3\nback:\nr3 += -1\nif r3 == 0 goto out\n");
	fill(t, bytes);
	text_fmt(t, "%s back\nout:\nr0 += r3\nexit\n", jump);
}

static void test_jump_edges(void **state)
{
	static const char *const jumps[] = {"if r2 == 2 goto", "if w2 s> 1 goto", "goto"};

	for (u32 j = 0; j < ARRAY_SIZE(jumps); j++) {
		u32 before = 0, grew[2] = {0}, n = 0;

		for (u32 bytes = 20; bytes < 320; bytes++) {
			struct text t;
			u32 size;

			if (bytes == 21)
				before = 0;
			jump_over(&t, bytes, jumps[j]);
			assert_int_equal(same(t.buf), 0);
			size = bytes_of(t.buf);
			/* A longer jump beside the two bytes that were added. */
			if (before && size > before + 2)
				grew[n++ & 1] = bytes;
			before = size;
			text_fini(&t);
		}
		/* Each of the four jumps became longer once, some together. */
		assert_in_range(n, 2, 4);
		assert_in_range(grew[0], 100, 140);
	}
}

/* Short jumps over short jumps: what grows pushes others out of reach. */
static void test_jump_chains(void **state)
{
	for (u32 n = 0; n < 300; n++) {
		u32 blocks = 10 + rnd(80);
		struct text t;

		text_init_grow(&t);
		text_puts(&t, "r0 = 1\nr2 = 3000\n");
		for (u32 b = 0; b < blocks; b++) {
			text_fmt(&t, "l%u:\nr2 += -1\nif r2 == 0 goto end\n", b);
			for (u32 k = rnd(6); k > 0; k--)
				text_puts(&t, rnd(2) ? "r0 *= 31\n" : "r0 += r2\n");
			if (rnd(4))
				text_fmt(&t, "if r0 & %u goto l%u\n", 1u << rnd(8), rnd(blocks));
			if (!rnd(6))
				text_fmt(&t, "goto l%u\n", rnd(blocks));
		}
		text_puts(&t, "end:\nexit\n");
		same(t.buf);
		text_fini(&t);
	}
}

static void test_far_jump(void **state)
{
	struct text t;

	text_init_grow(&t);
	text_puts(&t, "r1 = 5\nr0 = 1\ngotol far\nagain:\nr0 += 1\nr1 += -1\nif r1 != 0 goto more\n"
		      "gotol out\nmore:\n");
	for (u32 i = 0; i < 70000; i++)
		text_puts(&t, "r0 += 3\n");
	text_puts(&t, "far:\nr0 ^= 64\ngotol again\nout:\nexit\n");
	assert_true(same(t.buf) != 0);
	text_fini(&t);
}

/* A function naming the registers of `set` among r6-r9, r10 when bit 4 is set. */
static void function(struct text *t, u32 set, const char *body)
{
	for (u32 r = 6; r < 10; r++)
		if (set >> (r - 6) & 1)
			text_fmt(t, "r%u = r1\nr%u += %u\n", r, r, r * 100);
	if (set >> 4 & 1)
		text_puts(t, "r0 = 9\n*(u64 *)(r10 -8) = r0\n*(u64 *)(r10 -512) = r1\n");
	text_puts(t, body);
	for (u32 r = 6; r < 10; r++)
		if (set >> (r - 6) & 1)
			text_fmt(t, "r0 *= 7\nr0 += r%u\n", r);
	if (set >> 4 & 1)
		text_puts(t,
			  "r1 = *(u64 *)(r10 -8)\nr0 ^= r1\nr1 = *(u64 *)(r10 -512)\nr0 ^= r1\n");
	text_puts(t, "exit\n");
}

/* Helpers check the alignment of the machine's stack (machine.h). */
static void test_frames(void **state)
{
	for (u32 outer = 0; outer < 32; outer++)
		for (u32 inner = 0; inner < 32; inner++) {
			struct text t;

			text_init_grow(&t);
			text_puts(&t, "r1 = 1\n");
			function(&t, outer,
				 "r1 = 11\nr2 = 22\nr3 = 33\nr4 = 44\nr5 = 55\ncall sub\n");
			text_puts(&t, "sub:\n");
			function(&t, inner,
				 "r0 = r1\nr0 <<= 8\nr0 |= r5\nr1 = r0\nr2 = r3\nr3 = r4\nr4 = 1\n"
				 "r5 = 2\ncall 1\n");
			same(t.buf);
			text_fini(&t);
		}
}

/* Callbacks come in by native code's convention, calls by the baseline's own. */
static void test_entries(void **state)
{
	same("r1 = 3\nr2 = subprog[callback]\nr3 = r10\nr3 += -8\nr4 = 0\n*(u64 *)(r10 -8) = 5\n"
	     "call 3\nr6 = r0\nr1 = 1\nr2 = r10\nr2 += -8\nr3 = 3\nr4 = 4\nr5 = 5\n"
	     "call callback\nr0 = *(u64 *)(r10 -8)\nr0 += r6\nexit\n"
	     "callback:\nr3 = *(u64 *)(r2 +0)\nr3 *= 3\nr3 += r1\n*(u64 *)(r2 +0) = r3\nr0 = 0\n"
	     "exit\n");
}

static void test_pairs(void **state)
{
	static const char *const pairs[] = {
		"r3 = r4\nr3 += 100\n",
		"r3 = r4\nr3 += -129\n",
		"r3 = r4\nr3 += r5\n",
		"r3 = r4\nr3 += r4\n",
		"r3 = r4\nr3 += r3\n",
		"r3 = r10\nr3 += -8\nr3 -= r10\n",
		"r3 = r3\nr3 += 5\n",
		"r9 = r8\nr9 += r7\nr3 = r9\n",
		"r8 = r9\nr8 += 0\nr3 = r8\n",
		"r3 <<= 32\nr3 >>= 32\n",
		"r3 <<= 32\nr3 s>>= 32\n",
		"r3 <<= 32\nr3 >>= 31\n",
		"r3 <<= 32\nr4 >>= 32\n",
		"if r3 > r4 goto +1\ngoto a\nr3 ^= 1\na:\n",
		"if w3 s< 9 goto +1\ngoto a\nr3 ^= 1\na:\n",
		"if r3 & 0x10 goto +1\ngoto a\nr3 ^= 1\na:\n",
		"if r3 & r4 goto +1\ngoto a\nr3 ^= 1\na:\n",
		/* the second of the two is jumped to */
		"if r5 & 1 goto a\nr3 = r4\na:\nr3 += 100\n",
		"if r5 & 1 goto a\nr3 <<= 32\na:\nr3 >>= 32\n",
		"if r5 & 1 goto a\nif r3 > r4 goto b\na:\ngoto c\nb:\nr3 ^= 1\nc:\n",
	};

	for (u32 p = 0; p < ARRAY_SIZE(pairs); p++)
		for (u32 n = 0; n < 40; n++) {
			struct text t;

			text_init_grow(&t);
			for (u32 r = 3; r < 10; r++)
				if (r != 6)
					text_fmt(
						&t, "r%u = %lld ll\n", r,
						rnd(2) ? (long long)(rnd(1u << 31) * 0x123456789ull)
						       : (long long)rnd(40) - 20);
			text_puts(&t, pairs[p]);
			for (u32 r = 3; r < 10; r++)
				if (r != 6)
					text_fmt(&t, "r0 *= 31\nr0 += r%u\n", r);
			text_puts(&t, "exit\n");
			same(t.buf);
			text_fini(&t);
		}
}

/* Every operation with every pair of registers: fixed ones are in the way of shifts and divisions.
 */
static void test_registers(void **state)
{
	static const char *const ops[] = {"<<=", ">>=", "s>>=", "/=", "%=", "s/=", "s%=", "*="};

	for (u32 wide = 0; wide < 2; wide++)
		for (u32 o = 0; o < ARRAY_SIZE(ops); o++)
			for (u32 d = 0; d < 10; d++)
				for (u32 s = 0; s < 11; s++) {
					struct text t;

					text_init_grow(&t);
					for (u32 r = 0; r < 10; r++)
						text_fmt(&t, "r%u = %lld ll\n", r,
							 rnd(3) ? (long long)(rnd(1u << 31) *
									      0x923456789ull)
								: (long long)rnd(5) - 2);
					if (s < 10)
						text_fmt(&t, "%c%u %s %c%u\n", wide ? 'r' : 'w', d,
							 ops[o], wide ? 'r' : 'w', s);
					else
						text_fmt(&t, "%c%u %s %d\n", wide ? 'r' : 'w', d,
							 ops[o], 1 + (int)rnd(31));
					for (u32 r = 1; r < 10; r++)
						text_fmt(&t, "r0 *= 31\nr0 += r%u\n", r);
					text_puts(&t, "exit\n");
					same(t.buf);
					text_fini(&t);
				}
}

/* Offsets in every register, inside the packet, across its end and far away. */
static void test_packets(void **state)
{
	static const struct engine by[] = {
		{"plain", interp_run}, {"baseline", jit_baseline}, {"blinded", blinded}};
	static const s64 offsets[] = {0,  1,  13, 14, 15,           16,           17,           18,
				      -1, -2, -4, 99, 0x7fffffffll, 0xffffffffll, 0x100000001ll};
	static const char *const sizes[] = {"u8", "u16", "u32"};
	u8 packet[17], mem[8] = {0};

	for (u32 i = 0; i < sizeof(packet); i++)
		packet[i] = (u8)(0x81 + i * 7);
	for (u32 reg = 0; reg < 10; reg++)
		for (u32 n = 0; n < ARRAY_SIZE(offsets) * ARRAY_SIZE(sizes); n++) {
			struct outcome o[ARRAY_SIZE(by)];
			struct image *img;
			char text[200];

			if (reg == 6)
				continue;
			snprintf(text, sizeof(text),
				 "r6 = r1\nr%u = %lld ll\nr0 = *(%s *)skb[r%u + %d]\nr0 += 1\n"
				 "exit\n",
				 reg, (long long)offsets[n / 3], sizes[n % 3], reg, n % 5 ? 0 : 1);
			img = image_of(text);
			for (u32 e = 0; e < ARRAY_SIZE(by); e++) {
				o[e] = run_on(&by[e], img,
					      &(struct input){.mem = mem,
							      .mem_size = sizeof(mem),
							      .packet = packet,
							      .packet_size = sizeof(packet)});
				if (o[0].r0 != o[e].r0)
					fail_msg("%s: %llx, not %llx: %s", by[e].name,
						 (unsigned long long)o[e].r0,
						 (unsigned long long)o[0].r0, text);
			}
			base_free(img);
		}
}

/* No constant of the program stands in code that is blinded. */
static void test_blinded(void **state)
{
	static const char *const texts[] = {
		"r2 = 0x13572468\n",
		"w2 = 0x13572468\n",
		"r2 = 0x1357246813572468 ll\n",
		"r2 += 0x13572468\n",
		"w2 -= 0x13572468\n",
		"r2 ^= 0x13572468\n",
		"w2 |= 0x13572468\n",
		"r2 &= 0x13572468\n",
		"r2 *= 0x13572468\n",
		"r2 /= 0x13572468\n",
		"w2 s%= 0x13572468\n",
		"r2 = r1\nr2 += 0x13572468\nr2 -= r1\n",
		"*(u64 *)(r1 +0) = 0x13572468\n",
		"*(u32 *)(r1 +4) = 0x13572468\n",
		"if r2 == 0x13572468 goto +0\n",
		"if w2 s> 0x13572468 goto +1\nw2 = 1\n",
		"if r2 & 0x13572468 goto +1\ngoto +0\n",
		"r6 = r1\nr0 = *(u32 *)skb[0x13572468]\n",
	};

	for (u32 i = 0; i < ARRAY_SIZE(texts); i++) {
		char text[200];

		snprintf(text, sizeof(text), "r0 = 0\nr2 = 77\n%sr0 = r2\nexit\n", texts[i]);
		assert_true(has_word(text, 0, 0x13572468));
		if (has_word(text, JIT_BLIND, 0x13572468))
			fail_msg("%s", text);
		if (!strstr(text, "skb"))
			same(text);
	}
}

/* The Nth allocation fails, for every N: nothing is made, nothing is lost. */
static void test_memory(void **state)
{
	struct image *img = image_of("r6 = r1\nr1 = map[fd:0]\nr2 = map[fd:1][0]+2\ncall 1\n"
				     "if r0 == 1 goto a\ncall sub\na:\nmay_goto b\nb:\nexit\n"
				     "sub:\nr0 = 1\nexit\n");
	struct jit_options host = jit_host();
	int err = -ENOMEM;

	host.tier = JIT_TIER_BASELINE;
	for (u32 nth = 1; err; nth++) {
		struct jit_linked *linked = NULL;
		struct jit_code *code = NULL;
		struct diag d = {0};

		base_alloc_fail_nth(nth);
		err = jit_compile(img, maps, &host, &code, &d);
		err = err ?: jit_link(code, img, maps, &linked);
		base_alloc_fail_nth(0);
		if (err)
			assert_int_equal(err, -ENOMEM);
		else
			assert_true(nth > 8);
		jit_linked_free(linked);
		jit_code_free(code);
	}
	base_free(img);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jump_edges), cmocka_unit_test(test_jump_chains),
		cmocka_unit_test(test_far_jump),   cmocka_unit_test(test_frames),
		cmocka_unit_test(test_entries),    cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_registers),  cmocka_unit_test(test_blinded),
		cmocka_unit_test(test_packets),    cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
