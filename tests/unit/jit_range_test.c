// SPDX-License-Identifier: BSD-2-Clause
/*
 * Intervals against every value in them: operations, conditions, what those tell.
 * Counted loops against the loop itself; and such loops, with divisions and tests
 * that their intervals decide, on native code beside the interpreter.
 */
#include "../insn/machine.h"
#include "jit/interval.h"

#define WIDTH 6 /* values of an interval */

static u64 seed = 1;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Near where things change. */
static struct interval some(void)
{
	static const u64 edges[] = {0,         3,       31,         64,         255,
				    0x7fff,    1 << 20, 0x7fffffff, 0xffffffff, 0x100000000ull,
				    1ull << 62};
	u64 from = edges[rnd() % ARRAY_SIZE(edges)] - rnd() % 4;
	struct interval x = {from, from + rnd() % WIDTH};

	if (rnd() % 8 == 0)
		x = (struct interval){-(u64)(rnd() % 10 + WIDTH), ~0ull - rnd() % WIDTH};
	if (x.min > x.max || x.max - x.min > WIDTH * 3)
		x = (struct interval){from & 0xff, (from & 0xff) + WIDTH};
	return x;
}

static void operations_stay_within(void **state)
{
	static const u8 ops[] = {IR_ADD,  IR_SUB,  IR_MUL,    IR_MULHU, IR_UDIV, IR_UMOD,
				 IR_SDIV, IR_SMOD, IR_AND,    IR_OR,    IR_XOR,  IR_SHL,
				 IR_SHR,  IR_SAR,  IR_ROL,    IR_NEG,   IR_NOT,  IR_BSWAP,
				 IR_ZEXT, IR_SEXT, IR_POPCNT, IR_CMP};

	(void)state;
	for (u32 n = 0; n < 60000; n++) {
		struct ir_ins i = {.op = ops[n % ARRAY_SIZE(ops)], .bits = rnd() % 2 ? 64 : 32};
		struct interval o[3] = {some(), some(), some()}, r;

		i.size = (u8)(1u << rnd() % 3);
		if (i.op == IR_BSWAP)
			i.size = (u8)(2u << rnd() % 3);
		i.imm = i.op == IR_CMP ? (s64)(rnd() % (COND_NTEST + 1)) : 0;
		r = interval_of(&i, o);
		for (u64 x = o[0].min; x - o[0].min <= o[0].max - o[0].min; x++)
			for (u64 y = o[1].min; y - o[1].min <= o[1].max - o[1].min; y++) {
				u64 v;

				assert_true(ir_compute(&i, x, y, &v));
				if (v < r.min || v > r.max)
					fail_msg("%s%u of %llx, %llx: %llx is not in [%llx, %llx]",
						 ir_name(i.op), i.bits, (unsigned long long)x,
						 (unsigned long long)y, (unsigned long long)v,
						 (unsigned long long)r.min,
						 (unsigned long long)r.max);
			}
	}
}

static void conditions_cut_and_decide(void **state)
{
	(void)state;
	for (u32 n = 0; n < 100000; n++) {
		struct interval x = some(), y = some(), cut;
		u32 cond = n % (COND_NTEST + 1), bits = rnd() % 2 ? 64 : 32;
		int holds = interval_holds(x, cond, bits, y);

		cut = interval_where(x, cond, bits, y);
		for (u64 a = x.min; a - x.min <= x.max - x.min; a++)
			for (u64 b = y.min; b - y.min <= y.max - y.min; b++) {
				bool is = ir_cond_holds((enum ir_cond)cond, bits, a, b);

				assert_true(holds < 0 || holds == is);
				assert_true(!is || (a >= cut.min && a <= cut.max));
			}
	}
}

/* loops ------------------------------------------------------------------------------- */

static const char *const signs[] = {"!=", "<", "<=", ">", ">=", "s<", "s<=", "s>", "s>="};

static struct image *loop_image(u64 start, s64 step, s64 end, const char *sign, bool narrow,
				bool of_phi)
{
	char w = narrow ? 'w' : 'r';
	struct text t;
	struct image *img;

	text_init_grow(&t);
	text_fmt(&t, "r0 = 0\nr4 = 5000\nr2 = %lld ll\n", (long long)start);
	text_puts(&t, "again:\nr0 += 1\nr5 = r2\nr5 /= 7\nr0 ^= r5\nr4 += -1\n");
	text_puts(&t, "r5 = 1000\nr5 %= r2\nr0 += r5\nif r2 > 1000 goto +1\nr0 ^= 64\n");
	text_puts(&t, "r5 = r2\nr5 >>= 3\nr5 += 4096\nr0 += r5\nif r4 == 0 goto out\n");
	if (of_phi)
		text_fmt(&t, "r3 = r2\n%c2 += %lld\nif %c3 %s %lld goto again\n", w,
			 (long long)step, w, sign, (long long)end);
	else
		text_fmt(&t, "%c2 += %lld\nif %c2 %s %lld goto again\n", w, (long long)step, w,
			 sign, (long long)end);
	text_puts(&t, "out:\nr0 <<= 13\nr0 += r4\nexit\n");
	img = image_of(t.buf);
	text_fini(&t);
	return img;
}

/* The rounds that the loop makes, of 5000 at most, from its own result. */
static void loops_are_counted(void **state)
{
	u64 mem[2] = {0};
	u32 counted = 0;

	(void)state;
	for (u32 n = 0; n < 4000; n++) {
		s64 step = (s64)(rnd() % 9) - 4, end = (s64)(rnd() % 200) - (rnd() % 4 ? 0 : 100);
		u64 start = rnd() % 4   ? rnd() % 200
			    : rnd() % 2 ? -(rnd() % 100)
					: 0xffffffff - rnd() % 9;
		struct image *img =
			loop_image(start, step ?: 8, end, signs[rnd() % ARRAY_SIZE(signs)],
				   rnd() % 2, rnd() % 2);
		struct input in = {.mem = (u8 *)mem, .mem_size = sizeof(mem)};
		struct outcome o[2];
		struct arena a = {0};
		struct ir_function f;
		struct ir_count c;

		o[0] = run_on(&(struct engine){"plain", interp_run, false}, img, &in);
		o[1] = run_on(&(struct engine){"jit", jit_fresh, false}, img, &in);
		assert_int_equal(o[0].err, 0);
		assert_int_equal(o[1].err, 0);
		assert_int_equal(o[0].r0, o[1].r0);
		assert_int_equal(ir_build(img, 0, NULL, &a, &f), 0);
		assert_int_equal(ir_clean(&f), 0);
		assert_int_equal(ir_fold(&f), 0);
		ir_each_block(&f, b)
		{
			u64 made = 5000 - (o[0].r0 & 0x1fff);

			if (!ir_count(&f, b, &c) || c.start == 5000)
				continue;
			counted++;
			if (o[0].r0 & 0x1fff && c.rounds != made)
				fail_msg("%llu rounds, counted %llu", (unsigned long long)made,
					 (unsigned long long)c.rounds);
			assert_true(c.rounds >= made);
		}
		ir_fini(&f);
		arena_fini(&a);
		base_free(img);
	}
	assert_true(counted > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations_stay_within),
		cmocka_unit_test(conditions_cut_and_decide),
		cmocka_unit_test(loops_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
