// SPDX-License-Identifier: BSD-2-Clause
/*
 * Random programs on native code beside the interpreter: arithmetic of both
 * widths, shifts, divisions, extensions, byte swaps, memory and stack of every
 * width, atomics, branches forward and bounded loops, helper calls. Programs are
 * well formed by construction; results, memory and calls must be equal.
 * JIT_PROGRAMS=N runs N of them, JIT_SEED=N starts elsewhere.
 */
#include "../insn/machine.h"

#define MEMORY 64
#define MOST   120

static u64 seed;

static u32 rnd(u32 below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(seed >> 33) % below;
}

static s64 number(void)
{
	static const s64 edges[] = {0,   1,    -1,  2,   7,     8,         63,       127,
				    128, -128, 255, 256, 65535, INT32_MAX, INT32_MIN};

	return rnd(3) ? edges[rnd(ARRAY_SIZE(edges))] : (s32)(rnd(1u << 31) << 1 | rnd(2));
}

/* r0, r2-r5, r7-r9 hold numbers; r6 the memory, r1 is for calls. */
static u32 any_reg(void)
{
	static const u8 regs[] = {0, 2, 3, 4, 5, 7, 8, 9};

	return regs[rnd(ARRAY_SIZE(regs))];
}

static void put_alu(struct text *t)
{
	static const char *const ops[] = {"+=", "-=",  "*=",  "/=",   "%=", "|=",  "&=",
					  "^=", "<<=", ">>=", "s>>=", "=",  "s/=", "s%="};
	u32 n = rnd(ARRAY_SIZE(ops));
	char w = rnd(2) ? 'r' : 'w';

	if (rnd(2))
		text_fmt(t, "%c%u %s %c%u\n", w, any_reg(), ops[n], w, any_reg());
	else if (n >= 8 && n <= 10)
		text_fmt(t, "%c%u %s %u\n", w, any_reg(), ops[n], rnd(w == 'r' ? 64 : 32));
	else
		text_fmt(t, "%c%u %s %lld\n", w, any_reg(), ops[n], (long long)number());
}

static void put_unary(struct text *t)
{
	static const char *const swaps[] = {"be16", "be32",    "be64",    "le16",
					    "le32", "bswap16", "bswap32", "bswap64"};
	static const char *const casts[] = {"s8", "s16", "s32"};
	u32 r = any_reg(), to = any_reg(), n = 1 + rnd(31), wide = rnd(2);
	char w = wide ? 'r' : 'w';

	switch (rnd(5)) {
	case 0: text_fmt(t, "r%u = -r%u\n", r, r); break;
	case 1: text_fmt(t, "w%u = -w%u\n", r, r); break;
	case 2: text_fmt(t, "r%u = %s r%u\n", r, swaps[rnd(ARRAY_SIZE(swaps))], r); break;
	case 3: /* a rotation, or not quite one */
		if (to != r)
			text_fmt(t, "%c%u = %c%u\n%c%u <<= %u\n%c%u >>= %u\n%c%u |= %c%u\n", w, to,
				 w, r, w, to, n, w, r, (wide ? 64 : 32) - n + !rnd(8) - !rnd(8), w,
				 to, w, r);
		break;
	default: text_fmt(t, "r%u = (%s)r%u\n", r, casts[rnd(3)], any_reg());
	}
}

static void put_memory(struct text *t)
{
	static const char *const sizes[] = {"u8", "u16", "u32", "u64"};
	u32 n = rnd(4), bytes = 1u << n, base = rnd(2) ? 6 : 10;
	s32 off = base == 6 ? (s32)(rnd(MEMORY / bytes) * bytes)
			    : -(s32)((rnd(4) + 1) * 8) + (s32)(rnd(8 / bytes) * bytes);

	switch (rnd(5)) {
	case 0: text_fmt(t, "r%u = *(%s *)(r%u %+d)\n", any_reg(), sizes[n], base, off); break;
	case 1:
		if (n < 3)
			text_fmt(t, "r%u = *(s%u *)(r%u %+d)\n", any_reg(), bytes * 8, base, off);
		break;
	case 2: text_fmt(t, "*(%s *)(r%u %+d) = r%u\n", sizes[n], base, off, any_reg()); break;
	case 3:
		text_fmt(t, "*(%s *)(r%u %+d) = %lld\n", sizes[n], base, off, (long long)number());
		break;
	default: {
		static const char *const ops[] = {"+=", "|=", "&=", "^="};

		if (n >= 2)
			text_fmt(t, "lock *(%s *)(r%u %+d) %s %c%u\n", sizes[n], base,
				 off & -(s32)bytes, ops[rnd(4)], n == 3 ? 'r' : 'w', any_reg());
	}
	}
}

static void put_branch(struct text *t, u32 label)
{
	static const char *const ops[] = {
		"==", "!=", ">", ">=", "<", "<=", "s>", "s>=", "s<", "s<=", "&"};
	char w = rnd(2) ? 'r' : 'w';

	if (rnd(2))
		text_fmt(t, "if %c%u %s %c%u goto l%u\n", w, any_reg(), ops[rnd(ARRAY_SIZE(ops))],
			 w, any_reg(), label);
	else
		text_fmt(t, "if %c%u %s %lld goto l%u\n", w, any_reg(), ops[rnd(ARRAY_SIZE(ops))],
			 (long long)number(), label);
}

static void put_call(struct text *t)
{
	for (u32 r = 1; r <= 5; r++)
		text_fmt(t, "r%u = r%u\n", r, rnd(2) ? 7 : r == 1 ? 8 : 9);
	text_puts(t, "call 1\n");
	for (u32 r = 2; r <= 5; r++)
		text_fmt(t, "r%u = %u\n", r, rnd(1000));
}

/* A program: everything set, then pieces with branches forward over some of them, a loop or two. */
static void make(struct text *t)
{
	u32 pieces = 4 + rnd(MOST), pending = 0, label = 0, until = 0;
	bool loop = false;

	text_puts(t, "r6 = r1\n");
	for (u32 s = 1; s <= 4; s++)
		text_fmt(t, "*(u64 *)(r10 -%u) = %u\n", s * 8, rnd(1u << 30));
	for (u32 i = 0; i < 10; i++)
		if (i != 1 && i != 6)
			text_fmt(t, "r%u = *(u64 *)(r6 +%u)\n", i, rnd(8) * 8);
	for (u32 i = 0; i < pieces; i++) {
		if (pending && i >= until) {
			text_fmt(t, "l%u:\n", label++);
			pending = 0;
		}
		if (!loop && !pending && !rnd(30)) {
			text_fmt(t, "*(u64 *)(r10 -40) = %u\nagain:\n", 1 + rnd(20));
			loop = true;
		}
		switch (rnd(12)) {
		case 0:
		case 1: put_unary(t); break;
		case 2:
		case 3:
		case 4: put_memory(t); break;
		case 5:
			if (!pending) {
				put_branch(t, label);
				pending = 1;
				until = i + 1 + rnd(8);
			}
			break;
		case 6:
			if (!rnd(4))
				put_call(t);
			break;
		default: put_alu(t);
		}
	}
	if (pending)
		text_fmt(t, "l%u:\n", label);
	if (loop)
		text_puts(t, "r1 = *(u64 *)(r10 -40)\nr1 += -1\n*(u64 *)(r10 -40) = r1\nif r1 != 0 "
			     "goto again\n");
	for (u32 i = 2; i < 10; i++)
		if (i != 6)
			text_fmt(t, "r0 ^= r%u\nr0 *= 31\n", i);
	for (u32 s = 1; s <= 4; s++)
		text_fmt(t, "r1 = *(u64 *)(r10 -%u)\nr0 ^= r1\n", s * 8);
	text_puts(t, "exit\n");
}

/* Of the program's constants those that do not look like anything else. */
static bool is_telling(s64 n)
{
	u32 v = (u32)n;

	return n == (s32)n && (v & 0xff) != (v >> 8 & 0xff) && (v >> 16 & 0xff) != (v >> 24) &&
	       v >> 24 && v >> 24 != 0xff && (v >> 24 != 0x7f || (v & 0xffff) != 0xffff);
}

/* The optimising compiler with constants blinded: none of the program's stands in the code. */
static int jit_blind(struct run *run, u64 *ret)
{
	struct jit_options host = jit_host();
	struct jit_linked *linked = NULL;
	struct jit_code *code = NULL;
	struct diag d = {0};
	int err;

	host.flags |= JIT_BLIND;
	host.seed = seed;
	assert_int_equal(jit_compile(run->image, run->maps, &host, &code, &d), 0);
	for (u32 i = 0; i < run->image->op_count; i++) {
		const struct isa_op *op = &image_ops(run->image)[i];

		if (is_telling(op->imm) && memmem(code->bytes, code->size, &op->imm, 4))
			fail_msg("%llx of instruction %u stands in the code", (long long)op->imm,
				 i);
	}
	assert_int_equal(jit_link(code, run->image, run->maps, &linked), 0);
	err = native_run(jit_prog(linked), run, ret);
	jit_linked_free(linked);
	jit_code_free(code);
	return err;
}

static bool equal(const char *source)
{
	static const struct engine ran_by[] = {{"plain", interp_run, false},
					       {"jit", jit_fresh, false},
					       {"baseline", jit_baseline, false},
					       {"jit, blinded", jit_blind, false}};
	_Alignas(8) u8 mem[ARRAY_SIZE(ran_by)][MEMORY];
	struct image *img = image_of(source);
	struct outcome o[ARRAY_SIZE(ran_by)];
	bool same = true;

	/* Slots are addressed by r10 alone, so they may become values. */
	((struct image_sub *)image_subs(img))->indirect = 0;
	for (u32 i = 0; i < MEMORY; i++)
		mem[0][i] = (u8)(rnd(4) ? rnd(256) : 0);
	for (u32 e = 1; e < ARRAY_SIZE(ran_by); e++)
		memcpy(mem[e], mem[0], MEMORY);
	for (u32 e = 0; e < ARRAY_SIZE(ran_by); e++) {
		o[e] = run_on(&ran_by[e], img, &(struct input){.mem = mem[e], .mem_size = MEMORY});
		if (o[0].err == o[e].err && o[0].r0 == o[e].r0 && !memcmp(mem[0], mem[e], MEMORY))
			continue;
		printf("# by %s\n", ran_by[e].name);
		same = false;
	}
	base_free(img);
	return same;
}

static void test_random(void **state)
{
	const char *n = getenv("JIT_PROGRAMS"), *s = getenv("JIT_SEED");
	u32 count = n ? (u32)atoi(n) : 3000;

	(void)state;
	for (u32 i = 0; i < count; i++) {
		struct text t;

		seed = (s ? (u64)atoi(s) : 1) + i;
		text_init_grow(&t);
		make(&t);
		if (!equal(t.buf))
			fail_msg("seed %llu differs:\n%s",
				 (unsigned long long)((s ? (u64)atoi(s) : 1) + i), t.buf);
		text_fini(&t);
	}
	assert_int_equal(jit_passed_on, 0);
	assert_int_equal(jit_ran, 2 * count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
