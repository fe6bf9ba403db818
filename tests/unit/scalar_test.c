// SPDX-License-Identifier: BSD-2-Clause
/*
 * Soundness of the scalar domain at 64 bits: scalars made around known members,
 * and after every operation, load, deduction and branch the members' results
 * must still be members. (Equality with the kernel is scalar_kernel_test.c's,
 * all cases at small widths range_test.c's and tnum_test.c's.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "isa/decode.h"
#include "isa/sem.h"
#include "verify/range.h"
#include "verify/scalar.h"

#define MEMBERS 6

static u64 seed = 88172645463325252ull;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return (seed ^= seed << 17) * 0x2545f4914f6cdd1dull;
}

/* Halves that sit at seams, as often as anywhere. */
static u32 half(void)
{
	static const u32 edges[] = {0,          1,          2,          7,          0x7fffffff,
				    0x7ffffffe, 0x80000000, 0x80000001, 0xffffffff, 0xfffffffe};
	u64 r = rnd() >> 32;

	return r % 2 ? edges[r / 2 % ARRAY_SIZE(edges)] : (u32)(rnd() >> (r >> 8) % 64);
}

static u64 number(void)
{
	return (u64)half() << 32 | half();
}

/* Near x: in the low bits, a half away, or anywhere. */
static u64 near(u64 x)
{
	switch (rnd() >> 32 & 7) {
	case 0: return number();
	case 1: return x ^ 1ull << (rnd() >> 58);
	case 2: return (x & 0xffffffff00000000ull) | half();
	case 3: return (u32)x | (u64)half() << 32;
	default: return x + (rnd() >> 32 & 31) - 8;
	}
}

struct sample {
	struct scalar s;
	u64 member[MEMBERS];
};

static void widen_signed(struct range *r, u32 bits)
{
	s64 low = range_signed(number(), bits), high = range_signed(number(), bits);

	if (rnd() >> 63)
		r->smin = MIN(r->smin, low);
	if (rnd() >> 63)
		r->smax = MAX(r->smax, high);
}

static void widen_unsigned(struct range *r, u32 bits)
{
	u64 low = range_unsigned(number(), bits), high = range_unsigned(number(), bits);

	if (rnd() >> 63)
		r->umin = MIN(r->umin, low);
	if (rnd() >> 63)
		r->umax = MAX(r->umax, high);
}

static struct range around(const u64 *member, u32 bits)
{
	struct range r = range_const(member[0], bits);

	for (u32 i = 1; i < MEMBERS; i++) {
		s64 s = range_signed(member[i], bits);
		u64 u = range_unsigned(member[i], bits);

		r.smin = MIN(r.smin, s);
		r.smax = MAX(r.smax, s);
		r.umin = MIN(r.umin, u);
		r.umax = MAX(r.umax, u);
	}
	widen_signed(&r, bits);
	widen_unsigned(&r, bits);
	return r;
}

/* A scalar with these members: each of its parts as narrow as they allow, or wider. Not synced. */
static void draw(struct sample *out)
{
	struct tnum t;
	struct range whole, low;
	bool one = rnd() >> 61 == 0;

	out->member[0] = number();
	t = tnum_const(out->member[0]);
	for (u32 i = 1; i < MEMBERS; i++) {
		out->member[i] = one ? out->member[0] : near(out->member[0]);
		t = tnum_union(t, tnum_const(out->member[i]));
	}
	if (rnd() >> 63)
		t = tnum_union(t, (struct tnum){0, rnd() & rnd()});
	if (rnd() >> 62 == 0)
		t = TNUM_UNKNOWN;
	whole = around(out->member, 64);
	low = around(out->member, 32);
	out->s = (struct scalar){t,
				 whole.smin,
				 whole.smax,
				 whole.umin,
				 whole.umax,
				 (s32)low.smin,
				 (s32)low.smax,
				 (u32)low.umin,
				 (u32)low.umax};
}

static void draw_synced(struct sample *out)
{
	draw(out);
	scalar_sync(&out->s);
}

static void dump(const char *what, const struct scalar *s)
{
	char buf[500];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	scalar_format(&t, s, NULL);
	print_error("%s %s\n", what, buf);
}

static void must_have(const struct scalar *s, u64 x, const char *what)
{
	if (scalar_has(s, x))
		return;
	dump(what, s);
	fail_msg("%s: 0x%llx is lost", what, (unsigned long long)x);
}

/* ---- parts ---- */

static void test_sync(void **state)
{
	for (u32 i = 0; i < 500000; i++) {
		struct sample a;

		draw(&a);
		for (u32 k = 0; k < MEMBERS; k++)
			must_have(&a.s, a.member[k], "drawn");
		scalar_sync(&a.s);
		for (u32 k = 0; k < MEMBERS; k++)
			must_have(&a.s, a.member[k], "sync");
		assert_true(scalar_settle(&a.s));
	}
}

/*
 * -5..10, not below 3 unsigned, then the low half not negative: 0..10 and no
 * more 3, since the kernel puts the low half's ends in the place of all others.
 */
static void test_sync_forgets(void **state)
{
	struct scalar s = scalar_signed(-5, 10);

	s.umin = 3;
	scalar_sync(&s);
	assert_int_equal(s.umin, 3);
	s.s32min = 0;
	scalar_sync(&s);
	assert_true(s.smin == 0 && s.smax == 10 && s.umin == 0 && s.umax == 10);
}

/* What is within has no member that the other has not. */
static void test_within(void **state)
{
	u32 within = 0;

	for (u32 i = 0; i < 300000; i++) {
		struct sample a, b;

		draw_synced(&a);
		draw_synced(&b);
		assert_true(scalar_within(&a.s, &a.s));
		if (!scalar_within(&a.s, &b.s))
			continue;
		within++;
		for (u32 k = 0; k < MEMBERS; k++)
			must_have(&a.s, b.member[k], "within");
	}
	assert_true(within > 1000);
}

static void test_settle(void **state)
{
	struct scalar s = scalar_unknown(), unknown = s;

	s.bits = tnum_range(16, 31);
	s.umin = 5;
	s.umax = 4;
	assert_false(scalar_settle(&s));
	assert_int_equal(s.bits.value, 16);
	assert_true(s.umin == 0 && s.umax == UINT64_MAX);
	s = scalar_const(7);
	assert_true(scalar_settle(&s));
	s.s32max = 6;
	s.s32min = 6;
	assert_false(scalar_settle(&s));
	s = scalar_const(7);
	s.umax = 8;
	assert_false(scalar_settle(&s));
	assert_true(scalar_settle(&unknown));
	/* either operand of a branch */
	for (u32 i = 0; i < 2; i++) {
		struct scalar_test lt = {SCALAR_LT, 64};
		struct scalar a = scalar_unknown(), b = a;

		assert_true(scalar_refine(lt, true, &a, &b));
		(i ? &a : &b)->s32min = 10;
		(i ? &a : &b)->s32max = 5;
		assert_false(scalar_refine(lt, true, &a, &b));
	}
}

/* Each of the nine keeps a number out. */
static void test_has(void **state)
{
	const struct scalar all = scalar_unknown();
	struct scalar s[9];

	for (u32 i = 0; i < ARRAY_SIZE(s); i++)
		s[i] = all;
	s[0].bits.mask = ~1ull;
	s[1].smin = 102;
	s[2].smax = 100;
	s[3].umin = 102;
	s[4].umax = 100;
	s[5].s32min = 102;
	s[6].s32max = 100;
	s[7].u32min = 102;
	s[8].u32max = 100;
	assert_true(scalar_has(&all, 101));
	for (u32 i = 0; i < ARRAY_SIZE(s); i++) {
		assert_false(scalar_has(&s[i], 101));
		assert_false(scalar_within(&s[i], &all));
		assert_true(scalar_within(&all, &s[i]));
	}
}

/* ---- operations ---- */

static u64 eval(u32 row, u64 a, u64 b)
{
#define BOTH(name)                                                        \
	if (row == ISA_OP_##name##64_REG || row == ISA_OP_##name##64_IMM) \
		return isa_##name##64(a, b);                              \
	if (row == ISA_OP_##name##32_REG || row == ISA_OP_##name##32_IMM) \
	return isa_##name##32(a, b)
#define ONE(name, x)              \
	if (row == ISA_OP_##name) \
	return isa_##name(x)
	BOTH(ADD);
	BOTH(SUB);
	BOTH(MUL);
	BOTH(DIV);
	BOTH(SDIV);
	BOTH(MOD);
	BOTH(SMOD);
	BOTH(AND);
	BOTH(OR);
	BOTH(XOR);
	BOTH(LSH);
	BOTH(RSH);
	BOTH(ARSH);
	ONE(NEG64, a);
	ONE(NEG32, a);
	ONE(LE16, a);
	ONE(LE32, a);
	ONE(LE64, a);
	ONE(BE16, a);
	ONE(BE32, a);
	ONE(BE64, a);
	ONE(BSWAP16, a);
	ONE(BSWAP32, a);
	ONE(BSWAP64, a);
	ONE(MOVSX8_64, b);
	ONE(MOVSX16_64, b);
	ONE(MOVSX32_64, b);
	ONE(MOVSX8_32, b);
	ONE(MOVSX16_32, b);
	if (row == ISA_OP_MOV64_REG || row == ISA_OP_MOV64_IMM)
		return b;
	if (row == ISA_OP_MOV32_REG || row == ISA_OP_MOV32_IMM)
		return (u32)b;
	fail_msg("no meaning here: %s", isa_info(row)->name);
	return 0;
#undef BOTH
#undef ONE
}

static bool is_shift(u32 row)
{
	return (row >= ISA_OP_LSH64_REG && row <= ISA_OP_ARSH64_IMM) ||
	       (row >= ISA_OP_LSH32_REG && row <= ISA_OP_ARSH32_IMM);
}

static void one_operation(const struct isa_info *info, u32 row)
{
	bool imm = info->kind == ISA_KIND_ALU_IMM || info->kind == ISA_KIND_MOV_IMM;
	struct isa_op op = {.op = row, .imm = imm ? (s32)half() : 0};
	struct sample a, b;
	struct scalar d, zero;
	bool forked;

	draw_synced(&a);
	draw_synced(&b);
	if (is_shift(row)) {
		op.imm = imm ? rnd() % info->bits : 0;
		if (rnd() >> 63) {
			b.s = scalar_const(rnd() % info->bits);
			for (u32 k = 0; k < MEMBERS; k++)
				b.member[k] = b.s.bits.value;
		}
	}
	d = a.s;
	forked = scalar_fork(&d, &op, &b.s, &zero);
	for (u32 k = 0; k < MEMBERS && forked; k++)
		assert_true(scalar_has(&d, a.member[k]) || scalar_has(&zero, a.member[k]));
	d = a.s;
	scalar_alu(&d, &op, &b.s);
	for (u32 k = 0; k < MEMBERS * MEMBERS; k++)
		must_have(
			&d,
			eval(row, a.member[k % MEMBERS], imm ? (u64)op.imm : b.member[k / MEMBERS]),
			info->name);
	/* the register with itself */
	if (imm)
		return;
	d = a.s;
	scalar_alu(&d, &op, &d);
	for (u32 k = 0; k < MEMBERS; k++)
		must_have(&d, eval(row, a.member[k], a.member[k]), info->name);
}

static void test_operations(void **state)
{
	u32 rows = 0;

	for (u32 row = 1; row < ISA_OP_COUNT; row++) {
		const struct isa_info *info = isa_info(row);

		if (info->cls != ISA_CLASS_ALU || info->kind == ISA_KIND_CAST)
			continue;
		for (u32 i = 0; i < 6000; i++)
			one_operation(info, row);
		rows++;
	}
	print_message("%u rows\n", rows);
}

/* A count whose bounds contradicted one another is no count any more, known bits or not. */
static void test_forgotten_count(void **state)
{
	struct isa_op shift = {.op = ISA_OP_RSH64_REG}, low = {.op = ISA_OP_RSH32_REG};
	struct scalar count = scalar_const(60), s = scalar_unknown();

	scalar_alu(&s, &shift, &count);
	assert_int_equal(s.umax, 15);
	count.umin = 61;
	assert_false(scalar_settle(&count));
	assert_true(tnum_is_const(count.bits));
	scalar_alu(&s, &shift, &count);
	assert_int_equal(s.umax, UINT64_MAX);
	/* and one that is known in its low half only, which is all that counts, is none */
	count = scalar_const(1ull << 32 | 3);
	scalar_alu(&s, &low, &count);
	assert_int_equal(s.umax, UINT64_MAX);
}

/* Masks of 0 or -1, which the kernel splits. */
static void test_fork(void **state)
{
	struct isa_op and = {.op = ISA_OP_AND64_IMM, .imm = 12};
	struct isa_op add = {.op = ISA_OP_ADD64_IMM, .imm = 12};
	struct isa_op sign = {.op = ISA_OP_ARSH32_IMM, .imm = 31};
	struct scalar s = scalar_signed(-1, 0), zero = s;

	assert_false(scalar_fork(&s, &add, NULL, &zero));
	assert_true(scalar_fork(&s, &and, NULL, &zero));
	assert_true(tnum_is_const(s.bits) && s.smin == -1);
	assert_true(tnum_is_const(zero.bits) && zero.umax == 0);
	s = scalar_unknown();
	assert_false(scalar_fork(&s, &and, NULL, &zero));
	scalar_alu(&s, &sign, NULL);
	assert_true(scalar_fork(&s, &and, NULL, &zero));
	assert_true(scalar_has(&s, UINT32_MAX) && scalar_has(&zero, 0));
	assert_false(scalar_has(&s, 0) || scalar_has(&zero, UINT32_MAX));
}

static void test_loads(void **state)
{
	for (u32 i = 0; i < 300000; i++) {
		u32 bytes = 1u << i % 4, bits = 8 * bytes;
		struct sample a;
		struct scalar z, s;

		draw_synced(&a);
		z = s = a.s;
		scalar_zero_extend(&z, bytes);
		scalar_sign_extend(&s, bytes);
		for (u32 k = 0; k < MEMBERS; k++) {
			must_have(&z, range_unsigned(a.member[k], bits), "zero extension");
			must_have(&s, (u64)range_signed(a.member[k], bits), "sign extension");
		}
		assert_true(z.umax <= range_umax(bits));
		assert_true(s.smin >= range_smin(bits) && s.smax <= range_smax(bits));
	}
}

static void must_ascend(const struct scalar *s)
{
	assert_true(s->smin <= s->smax && s->umin <= s->umax);
	assert_true(s->s32min <= s->s32max && s->u32min <= s->u32max);
	assert_false(s->bits.value & s->bits.mask);
}

/* Scalars that contradict themselves reach no undefined operation (asan) and no end is left open.
 */
static void test_nonsense(void **state)
{
	for (u32 i = 0; i < 300000; i++) {
		u64 mask = rnd();
		struct scalar s[3];
		struct isa_op op = {.op = 1 + rnd() % (ISA_OP_COUNT - 1), .imm = (s32)half()};
		const struct isa_info *info = isa_info(op.op);
		struct scalar_test t = {(enum scalar_cond)(rnd() % 12), rnd() >> 63 ? 32 : 64};

		for (u32 k = 0; k < 3; k++)
			s[k] = (struct scalar){{number() & ~mask, rnd() >> 63 ? mask : 0},
					       (s64)number(),
					       (s64)number(),
					       number() % 70,
					       number() % 70,
					       (s32)half(),
					       (s32)half(),
					       half() % 40,
					       half() % 40};
		if (is_shift(op.op))
			op.imm = rnd() % info->bits;
		scalar_taken(t, &s[0], &s[1]);
		scalar_refine(t, rnd() >> 63, &s[0], &s[1]);
		must_ascend(&s[0]);
		must_ascend(&s[1]);
		if (info->cls != ISA_CLASS_ALU || info->kind == ISA_KIND_CAST)
			continue;
		scalar_alu(&s[2], &op, &s[rnd() % 3]);
		must_ascend(&s[2]);
	}
}

/* ---- branches ---- */

static bool holds(struct scalar_test t, u64 a, u64 b)
{
#define HOLDS(c) \
	case SCALAR_##c: return t.width == 32 ? isa_J##c##32(a, b) : isa_J##c##64(a, b)
	switch (t.cond) {
		HOLDS(EQ);
		HOLDS(NE);
		HOLDS(GT);
		HOLDS(GE);
		HOLDS(LT);
		HOLDS(LE);
		HOLDS(SGT);
		HOLDS(SGE);
		HOLDS(SLT);
		HOLDS(SLE);
		HOLDS(SET);
	case SCALAR_CLEAR: return t.width == 32 ? !isa_JSET32(a, b) : !isa_JSET64(a, b);
	}
	return false;
#undef HOLDS
}

static void one_branch(struct scalar_test t, u32 *decided)
{
	struct sample a, b;
	struct scalar side[2][2];
	enum scalar_taken taken;

	draw_synced(&a);
	if (rnd() >> 63) {
		draw_synced(&b);
	} else {
		b = a;
		b.s = scalar_const(a.member[rnd() % MEMBERS] + rnd() % 3 - 1);
		for (u32 k = 0; k < MEMBERS; k++)
			b.member[k] = b.s.bits.value;
	}
	taken = scalar_taken(t, &a.s, &b.s);
	for (u32 i = 0; i < 2; i++) {
		side[i][0] = a.s;
		side[i][1] = b.s;
		if (taken == SCALAR_UNKNOWN)
			scalar_refine(t, i, &side[i][0], &side[i][1]);
	}
	*decided += taken != SCALAR_UNKNOWN;
	for (u32 k = 0; k < MEMBERS * MEMBERS; k++) {
		u64 x = a.member[k % MEMBERS], y = b.member[k / MEMBERS];
		bool h = holds(t, x, y);

		if (taken != SCALAR_UNKNOWN && h != (taken == SCALAR_YES)) {
			dump("a", &a.s);
			dump("b", &b.s);
			fail_msg("test %u of %u decided wrongly", t.cond, t.width);
		}
		must_have(&side[h][0], x, "dst of a branch");
		must_have(&side[h][1], y, "src of a branch");
	}
}

/* A register compared with itself. */
static void one_reflexive(struct scalar_test t)
{
	struct sample a;
	struct scalar side[2];
	enum scalar_taken taken;

	draw_synced(&a);
	side[0] = side[1] = a.s;
	taken = scalar_taken(t, &a.s, &a.s);
	for (u32 k = 0; k < MEMBERS; k++) {
		bool h = holds(t, a.member[k], a.member[k]);

		if (taken != SCALAR_UNKNOWN) {
			assert_int_equal(h, taken == SCALAR_YES);
			continue;
		}
		side[h] = a.s;
		scalar_refine(t, h, &side[h], &side[h]);
		must_have(&side[h], a.member[k], "one register");
	}
}

static void test_branches(void **state)
{
	for (u32 cond = SCALAR_EQ; cond <= SCALAR_CLEAR; cond++) {
		for (u32 width = 32; width <= 64; width += 32) {
			struct scalar_test t = {(enum scalar_cond)cond, width};
			u32 decided = 0;

			for (u32 i = 0; i < 20000; i++) {
				one_branch(t, &decided);
				one_reflexive(t);
			}
			assert_true(decided > 100 && decided < 19900);
			assert_int_equal(scalar_cond_not(scalar_cond_not(t.cond)), t.cond);
		}
	}
}

static void test_rows(void **state)
{
	for (u32 row = 0; row < ISA_OP_COUNT; row++) {
		const struct isa_info *info = isa_info(row);
		struct isa_op op = {.op = row};
		struct scalar_test t;
		bool is =
			info && (info->kind == ISA_KIND_JMP_REG || info->kind == ISA_KIND_JMP_IMM);

		assert_int_equal(scalar_test_of(&op, &t), is);
		if (is)
			assert_int_equal(t.width, info->bits);
	}
}

/* ---- text ---- */

static void prints(const struct scalar *s, const char *first, const char *want)
{
	char buf[400];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	scalar_format(&t, s, first);
	assert_string_equal(buf, want);
}

/* As Linux 6.18 printed them. */
static void test_text(void **state)
{
	struct scalar s = scalar_unknown();

	prints(&s, NULL, "scalar()");
	prints(&s, "id=3", "scalar(id=3)");
	s = scalar_const(0);
	prints(&s, "id=3", "0");
	s = scalar_const(-32768ull);
	prints(&s, NULL, "-32768");
	s = scalar_const(-32769ull);
	prints(&s, NULL, "0xffffffffffff7fff");
	s = scalar_const(32767);
	prints(&s, NULL, "32767");
	s = scalar_const(32768);
	prints(&s, NULL, "0x8000");
	s = scalar_unsigned(0, 1);
	prints(&s, "id=1",
	       "scalar(id=1,smin=smin32=0,smax=umax=smax32=umax32=1,var_off=(0x0; 0x1))");
	s = scalar_unknown();
	scalar_zero_extend(&s, 4);
	prints(&s, NULL, "scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))");
	s = scalar_signed(-1, 0);
	prints(&s, NULL, "scalar(smin=smin32=-1,smax=smax32=0)");
	s = scalar_unsigned(0x80000000, 0xffffffff);
	prints(&s, NULL,
	       "scalar(smin=umin=umin32=0x80000000,smax=umax=0xffffffff,smax32=-1,"
	       "var_off=(0x80000000; 0x7fffffff))");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sync),     cmocka_unit_test(test_sync_forgets),
		cmocka_unit_test(test_within),   cmocka_unit_test(test_settle),
		cmocka_unit_test(test_has),      cmocka_unit_test(test_operations),
		cmocka_unit_test(test_fork),     cmocka_unit_test(test_forgotten_count),
		cmocka_unit_test(test_loads),    cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_branches), cmocka_unit_test(test_rows),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests_name("scalar", tests, NULL, NULL);
}
