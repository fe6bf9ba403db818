// SPDX-License-Identifier: BSD-2-Clause
/*
 * aarch64 encodings beside those of an independent assembler: every encoder with
 * each class of operands, as text to binutils' as and back as words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/text.h"
#include "base/vec.h"
#include "jit/a64_encode.h"

#define AS "aarch64-linux-gnu-as"

static VEC(u32) words;
static struct text source;
static VEC(u32) line_at; /* by word: where its line begins in the text */

static void expect(u32 w, const char *fmt, ...) __printf_like(2, 3);
static void expect(u32 w, const char *fmt, ...)
{
	va_list ap;

	assert_int_equal(vec_push(&words, w), 0);
	assert_int_equal(vec_push(&line_at, (u32)source.len), 0);
	va_start(ap, fmt);
	text_vfmt(&source, fmt, ap);
	va_end(ap);
	text_puts(&source, "\n");
}

static const u32 regs[] = {0, 1, 15, 16, 28, 30};

#define EACH(i, list) for (u32 i = 0; i < ARRAY_SIZE(list); i++)

static char letter(bool wide)
{
	return wide ? 'x' : 'w';
}

static const char *name(bool wide, u32 r)
{
	static char names[2][32][8];
	char *s = names[wide][r];

	if (r == A64_ZR)
		snprintf(s, 8, "%czr", letter(wide));
	else
		snprintf(s, 8, "%c%u", letter(wide), r);
	return s;
}

static const char *const shifts[] = {"lsl",  "lsr",  "asr",  "ror",  "uxtb", "uxth",
				     "uxtw", "uxtx", "sxtb", "sxth", "sxtw", "sxtx"};
static const char *const conds[] = {"eq", "ne", "cs", "cc", "mi", "pl", "vs",
				    "vc", "hi", "ls", "ge", "lt", "gt", "le"};

static void sums(void)
{
	static const char *const ops[] = {"add", "adds", "sub", "subs"};
	static const u32 imms[] = {0, 1, 255, 4095, 4096, 0xfff000};

	for (u32 op = 0; op < 4; op++)
		for (u32 w = 0; w < 2; w++)
			EACH(i, regs)
			{
				u32 d = regs[i], n = regs[(i + 1) % 6], m = regs[(i + 2) % 6];

				EACH(k, imms)
				expect(a64_addsub_imm(w, op, d, n, imms[k]), "%s %s, %s, #%u",
				       ops[op], name(w, d), name(w, n), imms[k]);
				for (u32 s = A64_LSL; s < A64_ROR; s++)
					for (u32 by = 0; by < (w ? 64u : 32u); by += 7)
						expect(a64_addsub_reg(w, op, d, n, m, s, by),
						       "%s %s, %s, %s, %s #%u", ops[op], name(w, d),
						       name(w, n), name(w, m), shifts[s], by);
				for (u32 s = A64_UXTB; s <= A64_SXTX; s++)
					for (u32 by = 0; by <= 4; by++)
						expect(a64_addsub_reg(w, op, d, n, m, s, by),
						       "%s %s, %s, %s, %s #%u", ops[op], name(w, d),
						       name(w, n), name(w && (s & 3) == 3, m),
						       shifts[s], by);
			}
	expect(a64_addsub_imm(true, A64_OP_SUB, A64_SP, A64_SP, 512), "sub sp, sp, #512");
	expect(a64_addsub_imm(true, A64_OP_ADD, 3, A64_SP, 8), "add x3, sp, #8");
	expect(a64_addsub_imm(true, A64_OP_SUBS, A64_ZR, 4, 9), "cmp x4, #9");
	expect(a64_addsub_reg(false, A64_OP_ADDS, A64_ZR, 4, 9, A64_LSL, 0), "cmn w4, w9");
	expect(a64_addsub_reg(true, A64_OP_SUB, 5, A64_ZR, 9, A64_ASR, 63), "neg x5, x9, asr #63");
}

static void logicals(void)
{
	static const char *const ops[][2] = {
		{"and", "bic"}, {"orr", "orn"}, {"eor", "eon"}, {"ands", "bics"}};
	u32 fields, seen = 0;

	for (u32 op = 0; op < 4; op++)
		for (u32 w = 0; w < 2; w++)
			for (u32 inv = 0; inv < 2; inv++)
				for (u32 s = A64_LSL; s <= A64_ROR; s++)
					for (u32 by = 0; by < (w ? 64u : 32u); by += 5)
						expect(a64_logical_reg(w, op, inv, 2, 11, 30, s,
								       by),
						       "%s %s, %s, %s, %s #%u", ops[op][inv],
						       name(w, 2), name(w, 11), name(w, 30),
						       shifts[s], by);
	/* Every constant there is, of 64 bits; and of 32. */
	for (u32 width = 2; width <= 64; width *= 2)
		for (u32 ones = 1; ones < width; ones++)
			for (u32 by = 0; by < width; by++) {
				u64 all = width == 64 ? ~0ull : (1ull << width) - 1;
				u64 v = (1ull << ones) - 1;

				v = by ? ((v >> by) | (v << (width - by))) & all : v;
				for (u32 n = width; n < 64; n *= 2)
					v |= v << n;
				seen++;
				assert_true(a64_logical_fields(v, true, &fields));
				expect(a64_logical_imm(true, seen % 4, 3, 4, fields),
				       "%s x3, x4, #0x%llx", ops[seen % 4][0],
				       (unsigned long long)v);
				if (width == 64)
					continue;
				assert_true(a64_logical_fields(v, false, &fields));
				expect(a64_logical_imm(false, seen % 4, 3, 4, fields),
				       "%s w3, w4, #0x%llx", ops[seen % 4][0],
				       (unsigned long long)(u32)v);
			}
	expect(a64_mov(true, 4, 19), "mov x4, x19");
	expect(a64_mov(false, 4, A64_ZR), "mov w4, wzr");
}

static void fields(void)
{
	static const char *const ops[] = {"sbfm", "bfm", "ubfm"};
	static const char *const wides[] = {"movn", NULL, "movz", "movk"};

	for (u32 w = 0; w < 2; w++) {
		u32 bits = w ? 64 : 32;

		for (u32 op = 0; op < 3; op++)
			for (u32 r = 0; r < bits; r += 3)
				for (u32 s = 0; s < bits; s += 5)
					expect(a64_bitfield(w, op, 9, 20, r, s),
					       "%s %s, %s, #%u, #%u", ops[op], name(w, 9),
					       name(w, 20), r, s);
		for (u32 lsb = 0; lsb < bits; lsb++)
			expect(a64_extr(w, 1, 2, 3, lsb), "extr %s, %s, %s, #%u", name(w, 1),
			       name(w, 2), name(w, 3), lsb);
		for (u32 op = 0; op < 4; op++)
			for (u32 place = 0; wides[op] && place < bits / 16; place++)
				expect(a64_movewide(w, op, 17, 0x1234 + op, place),
				       "%s %s, #0x%x, lsl #%u", wides[op], name(w, 17), 0x1234 + op,
				       place * 16);
	}
}

static void others(void)
{
	static const struct {
		u32 op;
		const char *name;
	} two[] = {{A64_OP_UDIV, "udiv"}, {A64_OP_SDIV, "sdiv"}, {A64_OP_LSLV, "lslv"},
		   {A64_OP_LSRV, "lsrv"}, {A64_OP_ASRV, "asrv"}, {A64_OP_RORV, "rorv"}};
	static const char *const selects[] = {"csel", "csinc", "csinv", "csneg"};

	for (u32 w = 0; w < 2; w++) {
		EACH(i, regs)
		{
			const char *d = name(w, regs[i]), *n = name(w, regs[(i + 1) % 6]);
			u32 rd = regs[i], rn = regs[(i + 1) % 6], rm = regs[(i + 3) % 6];

			EACH(k, two)
			expect(a64_binary(w, two[k].op, rd, rn, rm), "%s %s, %s, %s", two[k].name,
			       d, n, name(w, rm));
			expect(a64_madd(w, false, rd, rn, rm, 7), "madd %s, %s, %s, %s", d, n,
			       name(w, rm), name(w, 7));
			expect(a64_madd(w, true, rd, rn, rm, A64_ZR), "msub %s, %s, %s, %s", d, n,
			       name(w, rm), name(w, A64_ZR));
			expect(a64_unary(w, A64_OP_RBIT, rd, rn), "rbit %s, %s", d, n);
			expect(a64_unary(w, A64_OP_REV16, rd, rn), "rev16 %s, %s", d, n);
			expect(a64_unary(w, A64_OP_CLZ, rd, rn), "clz %s, %s", d, n);
			expect(a64_unary(w, w ? A64_OP_REV64 : A64_OP_REV32, rd, rn), "rev %s, %s",
			       d, n);
		}
		for (u32 c = 0; c < ARRAY_SIZE(conds); c++) {
			for (u32 op = 0; op < 4; op++)
				expect(a64_select(w, op, 1, 2, 28, c), "%s %s, %s, %s, %s",
				       selects[op], name(w, 1), name(w, 2), name(w, 28), conds[c]);
			expect(a64_ccmp(w, false, 5, 6, c, c), "ccmp %s, %s, #%u, %s", name(w, 5),
			       name(w, 6), c, conds[c]);
			expect(a64_ccmp(w, true, 5, 31, 15 - c, c), "ccmp %s, #31, #%u, %s",
			       name(w, 5), 15 - c, conds[c]);
		}
	}
	expect(a64_umull(1, 2, 3), "umull x1, w2, w3");
	expect(a64_umulh(1, 2, 3), "umulh x1, x2, x3");
	expect(a64_fmov_in(true, 0, 9), "fmov d0, x9");
	expect(a64_fmov_in(false, 3, 9), "fmov s3, w9");
	expect(a64_fmov_out(9, 3), "fmov w9, s3");
	expect(a64_cnt8(1, 2), "cnt v1.8b, v2.8b");
	expect(a64_addv8(1, 2), "addv b1, v2.8b");
}

static const char *access_name(u32 op, u32 bytes)
{
	static const char *const names[3][4] = {{"strb", "strh", "str", "str"},
						{"ldrb", "ldrh", "ldr", "ldr"},
						{"ldrsb", "ldrsh", "ldrsw", NULL}};

	return names[op][a64_size(bytes)];
}

static const char *data(u32 op, u32 bytes, u32 r)
{
	return name(bytes == 8 || op == A64_OP_LOADS, r);
}

/* ldrb is ldurb, where the distance is no multiple. */
static void unscaled(char *out, size_t n, const char *mnemonic)
{
	snprintf(out, n, "%.2su%s", mnemonic, mnemonic + 2);
}

static void memories(void)
{
	for (u32 op = 0; op < 3; op++)
		for (u32 bytes = 1; bytes <= 8; bytes *= 2) {
			const char *mnemonic = access_name(op, bytes);
			char u[16];

			if (!mnemonic)
				continue;
			unscaled(u, sizeof(u), mnemonic);
			for (s64 d = 0; d < 4096 * bytes; d += 123 * bytes)
				expect(a64_memory(bytes, op, 7, 28, d), "%s %s, [x28, #%lld]",
				       mnemonic, data(op, bytes, 7), (long long)d);
			expect(a64_memory(bytes, op, 7, A64_SP, 4095 * bytes), "%s %s, [sp, #%u]",
			       mnemonic, data(op, bytes, 7), 4095 * bytes);
			for (s64 d = -256; d < 256; d += 51)
				if (!a64_is_scaled(d, bytes))
					expect(a64_memory(bytes, op, A64_ZR, 3, d),
					       "%s %s, [x3, #%lld]", u, data(op, bytes, A64_ZR),
					       (long long)d);
			for (u32 scaled = 0; scaled <= (bytes > 1); scaled++) {
				char by[8] = "";

				if (scaled)
					snprintf(by, sizeof(by), " #%u", a64_size(bytes));
				expect(a64_memory_index(bytes, op, 1, 2, 3, A64_UXTX, scaled),
				       "%s %s, [x2, x3%s%s]", mnemonic, data(op, bytes, 1),
				       scaled ? ", lsl" : "", by);
				expect(a64_memory_index(bytes, op, 1, 2, 3, A64_UXTW, scaled),
				       "%s %s, [x2, w3, uxtw%s]", mnemonic, data(op, bytes, 1), by);
				expect(a64_memory_index(bytes, op, 1, A64_SP, 3, A64_SXTW, scaled),
				       "%s %s, [sp, w3, sxtw%s]", mnemonic, data(op, bytes, 1), by);
			}
			if (op != A64_OP_LOADS) {
				expect(a64_memory_moving(bytes, op, true, 4, A64_SP, -16),
				       "%s %s, [sp, #-16]!", mnemonic, data(op, bytes, 4));
				expect(a64_memory_moving(bytes, op, false, 4, 5, 255),
				       "%s %s, [x5], #255", mnemonic, data(op, bytes, 4));
			}
		}
	for (u32 bytes = 4; bytes <= 8; bytes += 4)
		for (u32 load = 0; load < 2; load++)
			for (s64 d = -64 * (s64)bytes; d < 64 * (s64)bytes; d += 9 * bytes) {
				const char *op = load ? "ldp" : "stp", *a = name(bytes == 8, 19);
				const char *b = name(bytes == 8, 30);

				assert_true(a64_is_pair(d, bytes));
				expect(a64_pair(bytes, load, A64_AT, 19, 30, A64_SP, d),
				       "%s %s, %s, [sp, #%lld]", op, a, b, (long long)d);
				expect(a64_pair(bytes, load, A64_PRE, 19, 30, A64_SP, d),
				       "%s %s, %s, [sp, #%lld]!", op, a, b, (long long)d);
				expect(a64_pair(bytes, load, A64_POST, 19, 30, 2, d),
				       "%s %s, %s, [x2], #%lld", op, a, b, (long long)d);
			}
}

static void atomics(void)
{
	static const char *const suffix[] = {"b", "h", "", ""};
	static const struct {
		u32 op;
		const char *name;
	} rmw[] = {{A64_OP_LDADD, "ldadd"},
		   {A64_OP_LDCLR, "ldclr"},
		   {A64_OP_LDEOR, "ldeor"},
		   {A64_OP_LDSET, "ldset"},
		   {A64_OP_SWP, "swp"}};

	for (u32 bytes = 1; bytes <= 8; bytes *= 2) {
		const char *s = suffix[a64_size(bytes)];
		bool w = bytes == 8;

		expect(a64_ldxr(bytes, 1, 2), "ldxr%s %s, [x2]", s, name(w, 1));
		expect(a64_stxr(bytes, 17, 1, 2), "stxr%s w17, %s, [x2]", s, name(w, 1));
		expect(a64_stlxr(bytes, 17, 1, 2), "stlxr%s w17, %s, [x2]", s, name(w, 1));
		expect(a64_ldar(bytes, 1, 2), "ldar%s %s, [x2]", s, name(w, 1));
		expect(a64_stlr(bytes, 1, A64_SP), "stlr%s %s, [sp]", s, name(w, 1));
		expect(a64_casal(bytes, 3, 4, 5), "casal%s %s, %s, [x5]", s, name(w, 3),
		       name(w, 4));
		EACH(k, rmw)
		{
			expect(a64_lse(bytes, rmw[k].op, true, 6, 7, 8), "%sal%s %s, %s, [x8]",
			       rmw[k].name, s, name(w, 6), name(w, 7));
			expect(a64_lse(bytes, rmw[k].op, false, 6, A64_ZR, 8), "%s%s %s, %s, [x8]",
			       rmw[k].name, s, name(w, 6), name(w, A64_ZR));
		}
	}
	expect(A64_DMB_ISH, "dmb ish");
	expect(A64_DSB_NSH, "dsb nsh");
	expect(A64_ISB, "isb");
	expect(A64_SB, "sb");
	expect(A64_NOP, "nop");
	expect(A64_BRK, "brk #0");
}

static void controls(void)
{
	static const s64 reach[] = {A64_REACH_B, A64_REACH_COND, A64_REACH_TEST};

	for (u32 k = 0; k < 3; k++) {
		s64 near[] = {0, 4, -4, 1024, reach[k] - 4, -reach[k]};

		EACH(i, near)
		{
			long long d = near[i];

			assert_true(a64_reaches(d, reach[k]));
			if (k == 0) {
				expect(a64_b(false, d), "b .%+lld", d);
				expect(a64_b(true, d), "bl .%+lld", d);
			} else if (k == 1) {
				EACH(c, conds)
				expect(a64_bcond(c, d), "b.%s .%+lld", conds[c], d);
				expect(a64_cbz(true, false, 3, d), "cbz x3, .%+lld", d);
				expect(a64_cbz(false, true, 30, d), "cbnz w30, .%+lld", d);
				expect(a64_ldr_literal(5, d), "ldr x5, .%+lld", d);
				expect(a64_adr(5, d), "adr x5, .%+lld", d);
			} else {
				for (u32 bit = 0; bit < 64; bit += 9) {
					expect(a64_tbz(false, 3, bit, d), "tbz x3, #%u, .%+lld",
					       bit, d);
					expect(a64_tbz(true, 3, bit, d), "tbnz x3, #%u, .%+lld",
					       bit, d);
				}
			}
		}
		assert_false(a64_reaches(reach[k], reach[k]));
		assert_false(a64_reaches(-reach[k] - 4, reach[k]));
	}
	expect(a64_adr(5, 3), "adr x5, .+3");
	expect(a64_br(16), "br x16");
	expect(a64_blr(30), "blr x30");
	expect(A64_RET_LR, "ret");
}

/* What the assembler makes of the text; false: there is none. */
static bool assembled(u32 *out)
{
	char dir[] = "/tmp/a64-XXXXXX", path[64], command[256];
	bool ok;
	FILE *f;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/t.s", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fwrite(source.buf, 1, source.len, f);
	fclose(f);
	snprintf(command, sizeof(command),
		 "cd %s && " AS " -march=armv8.5-a -o t.o t.s && "
		 "aarch64-linux-gnu-objcopy -O binary t.o t.bin",
		 dir);
	ok = system(command) == 0;
	snprintf(path, sizeof(path), "%s/t.bin", dir);
	f = ok ? fopen(path, "r") : NULL;
	ok = f && fread(out, 4, words.len, f) == words.len && fgetc(f) == EOF;
	if (f)
		fclose(f);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
	return ok;
}

static void every_form_is_as_assembled(void **state)
{
	u32 *theirs, wrong = 0;

	(void)state;
	if (system("command -v " AS " >/dev/null 2>&1"))
		skip();
	text_init_grow(&source);
	sums();
	logicals();
	fields();
	others();
	memories();
	atomics();
	controls();
	theirs = calloc(words.len, 4);
	assert_true(assembled(theirs));
	for (u32 i = 0; i < words.len; i++)
		if (theirs[i] != words.data[i] && wrong++ < 20)
			print_error("%08x, not %08x: %.*s\n", words.data[i], theirs[i],
				    (int)strcspn(source.buf + line_at.data[i], "\n"),
				    source.buf + line_at.data[i]);
	assert_int_equal(wrong, 0);
	assert_true(words.len > 8000);
	free(theirs);
	text_fini(&source);
	vec_fini(&words);
	vec_fini(&line_at);
}

/* Constants as the machine would compute them from the words. */
static u64 computed(const u32 *w, u32 n)
{
	u64 v = 0;

	for (u32 i = 0; i < n; i++) {
		u64 part = w[i] >> 5 & 0xffff;
		u32 place = (w[i] >> 21 & 3) * 16, op = w[i] >> 23 & 0x3f;
		bool wide = w[i] >> 31;

		if (op == 0x25) {
			u64 is = w[i] >> 29 & 3;

			v = is == 3   ? (v & ~(0xffffull << place)) | part << place
			    : is == 2 ? part << place
				      : ~(part << place);
			v = wide ? v : (u32)v;
		} else if ((w[i] & 0xff800000) == 0xb3000000) { /* bfi 32, 32 */
			v = (u32)v | v << 32;
		} else { /* orr, of a pattern */
			u32 size = 64, r = w[i] >> 16 & 63, s = w[i] >> 10 & 63;

			if (!(w[i] >> 22 & 1))
				for (size = 32; size > 2 && s & size; size /= 2)
					;
			s &= size - 1;
			r &= size - 1;
			v = s == 63 ? ~0ull : (1ull << (s + 1)) - 1;
			v = r ? v >> r | v << (size - r) : v;
			if (size < 64)
				v &= (1ull << size) - 1;
			for (; size < 64; size *= 2)
				v |= v << size;
			v = wide ? v : (u32)v;
		}
	}
	return v;
}

static void check_constant(u64 v)
{
	u32 w[A64_CONST_WORDS], n = a64_const(9, v, w);

	assert_in_range(n, 1, 4);
	if (computed(w, n) != v)
		fail_msg("%llx is made as %llx", (unsigned long long)v,
			 (unsigned long long)computed(w, n));
}

static void constants_are_made(void **state)
{
	u64 x = 88172645463325252ull;

	(void)state;
	for (u32 i = 0; i < 64; i++)
		for (s64 near = -2; near <= 2; near++) {
			check_constant((1ull << i) + (u64)near);
			check_constant(~((1ull << i) + (u64)near));
			check_constant((u32)((1ull << i) + (u64)near));
		}
	for (u32 i = 0; i < 1000000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		check_constant(x >> (i % 64));
		check_constant((x & 0xffff) << (i % 49) | ((x >> 20 & 0xffff) << (i % 33)));
		check_constant(~((x & 0xffff) << (i % 49)));
		check_constant((u32)x | x << 32);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_as_assembled),
		cmocka_unit_test(constants_are_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
