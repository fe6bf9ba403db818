// SPDX-License-Identifier: BSD-2-Clause
/* The instruction table through its four readers: decode, encode, disassemble, assemble. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/alloc.h"
#include "isa/asm.h"
#include "isa/decode.h"
#include "isa/disasm.h"

static u64 seed = 88172645463325252ull;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

/* Values that sit at edges as often as anywhere. */
static s64 rnd_edge(u32 bits)
{
	static const s64 edges[] = {0, 1, -1, 2, 7, 8, 255, 256, -128};
	u32 pick = rnd() % 16;

	if (pick < ARRAY_SIZE(edges))
		return edges[pick];
	if (pick == 10)
		return (s64)((1ull << (bits - 1)) - 1);
	if (pick == 11)
		return bits == 64 ? INT64_MIN : -(s64)(1ull << (bits - 1));
	return (s64)(rnd() << (64 - bits)) >> (64 - bits);
}

/* An op of this row with random operands, and its second slot. */
static u32 random_op(u32 row, struct isa_op out[2])
{
	const struct isa_info *r = isa_info(row);
	struct isa_op op = {.op = row};

	if (r->dst == ISA_ANY)
		op.dst = rnd() % ISA_REGS;
	if (r->src == ISA_ANY)
		op.src = rnd() % ISA_REGS;
	if (r->off == ISA_ANY)
		op.off = rnd_edge(16);
	if (r->imm == ISA_ANY)
		op.imm = rnd_edge(32);
	if (r->kind == ISA_KIND_GOTOL) {
		op.off = op.imm;
		op.imm = 0;
	}
	if (row == ISA_OP_LDDW)
		op.imm = rnd_edge(64);
	if (row == ISA_OP_LDDW_MAP_VALUE || row == ISA_OP_LDDW_MAP_IDX_VALUE ||
	    row == ISA_OP_LDDW_BTF)
		op.imm = (s64)rnd();
	out[0] = op;
	out[1] = (struct isa_op){.op = ISA_OP_HIGH};
	return r->kind == ISA_KIND_LDDW ? 2 : 1;
}

static bool same_op(const struct isa_op *a, const struct isa_op *b)
{
	return a->op == b->op && a->dst == b->dst && a->src == b->src && a->off == b->off &&
	       a->imm == b->imm;
}

/* op -> bytes -> op and op -> text -> op are the identity, for every row. */
static void round_trip(void **state)
{
	for (u32 row = ISA_OP_INVALID + 1; row < ISA_OP_COUNT; row++) {
		if (row == ISA_OP_HIGH)
			continue;
		for (u32 n = 0; n < 300; n++) {
			struct isa_op ops[2], back[2], *parsed;
			u32 count = random_op(row, ops), parsed_count;
			u8 bytes[16], again[16];
			char buf[200];
			struct text t;
			struct diag d = {0};

			assert_int_equal(isa_encode(ops, count, bytes), 0);
			if (isa_decode_flags(bytes, count, ISA_DECODE_PLAIN, back, &d))
				fail_msg("%s: %s", isa_info(row)->name, d.what);
			for (u32 i = 0; i < count; i++)
				if (!same_op(&ops[i], &back[i]))
					fail_msg("%s: decodes as %s", isa_info(row)->name,
						 isa_info(back[i].op)->name);
			text_init(&t, buf, sizeof(buf));
			isa_format(&t, ops, 0, NULL);
			if (isa_assemble(buf, t.len, &parsed, &parsed_count, &d))
				fail_msg("%s: \"%s\": %s", isa_info(row)->name, buf, d.what);
			assert_int_equal(parsed_count, count);
			if (isa_encode(parsed, count, again) || memcmp(bytes, again, count * 8))
				fail_msg("%s: \"%s\" assembles as %s", isa_info(row)->name, buf,
					 isa_info(parsed[0].op)->name);
			base_free(parsed);
		}
	}
}

/* Every byte string decodes to something that encodes to the same bytes, or is refused by name. */
static void decode_all_fields(void **state)
{
	u32 good = 0, bad = 0;

	for (u32 code = 0; code < 256; code++)
		for (u32 n = 0; n < 20000; n++) {
			struct isa_op ops[2];
			struct diag d = {0};
			u8 bytes[16] = {code, n < 256 ? n : rnd()}, again[16];
			s16 off = rnd_edge(16);
			s32 imm = n & 1 ? (s32)rnd_edge(32) : (s32)(rnd() & 0x1ff);
			u32 count = 1 + (code == 0x18);

			if (rnd() & 1)
				off = 0;
			memcpy(bytes + 2, &off, 2);
			memcpy(bytes + 4, &imm, 4);
			if (isa_decode(bytes, count, ops, &d)) {
				assert_true(d.id >= ISA_DIAG_OPCODE && d.what[0]);
				assert_int_equal(d.insn, 0);
				bad++;
				continue;
			}
			good++;
			assert_int_equal(isa_encode(ops, count, again), 0);
			assert_memory_equal(bytes, again, count * 8);
		}
	assert_true(good > 1000 && bad > 1000);
}

static void rejects(void **state)
{
	static const struct {
		u8 bytes[16];
		u32 count;
		u16 id;
		const char *what;
	} cases[] = {
		{{0xff}, 1, ISA_DIAG_OPCODE, "unknown opcode 0xff"},
		{{0x00}, 1, ISA_DIAG_OPCODE, "unknown opcode 0x00"},
		{{0x8d}, 1, ISA_DIAG_OPCODE, "unknown opcode 0x8d"},
		{{0x0f, 0xb0}, 1, ISA_DIAG_REGISTER, "R11 is invalid"},
		{{0x07, 0x0f}, 1, ISA_DIAG_REGISTER, "R15 is invalid"},
		{{0x07, 0x10}, 1, ISA_DIAG_FIELD, "opcode 0x07: undefined value 1 in field src"},
		{{0x0f, 0, 1}, 1, ISA_DIAG_FIELD, "opcode 0x0f: undefined value 1 in field off"},
		{{0x0f, 0, 0, 0, 1},
		 1,
		 ISA_DIAG_FIELD,
		 "opcode 0x0f: undefined value 0x1 in field imm"},
		{{0x3f, 0, 2}, 1, ISA_DIAG_FIELD, "opcode 0x3f: undefined value 2 in field off"},
		{{0xdc, 0, 0, 0, 24},
		 1,
		 ISA_DIAG_FIELD,
		 "opcode 0xdc: undefined value 0x18 in field imm"},
		{{0x95, 1}, 1, ISA_DIAG_FIELD, "opcode 0x95: reserved field dst is 1"},
		{{0x85, 0x30}, 1, ISA_DIAG_FIELD, "opcode 0x85: undefined value 3 in field src"},
		{{0xdb, 0, 0, 0, 2},
		 1,
		 ISA_DIAG_FIELD,
		 "opcode 0xdb: undefined value 0x2 in field imm"},
		{{0x18}, 1, ISA_DIAG_PAIR, "16-byte instruction is cut off by the program's end"},
		{{0x18, 0, 0, 0, 0, 0, 0, 0, 1},
		 2,
		 ISA_DIAG_PAIR,
		 "second half of a 16-byte instruction has non-zero fields"},
		{{0x18, 0x10, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1},
		 2,
		 ISA_DIAG_PAIR,
		 "second half of a 16-byte instruction: reserved field imm is 0x1"},
		{{0x18, 0x70}, 2, ISA_DIAG_FIELD, "opcode 0x18: undefined value 7 in field src"},
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct isa_op ops[2];
		struct diag d = {0};

		assert_int_equal(isa_decode(cases[i].bytes, cases[i].count, ops, &d), -EINVAL);
		assert_string_equal(d.what, cases[i].what);
		assert_int_equal(d.id, cases[i].id);
	}
}

/* Text that other tools print, or people write. */
static void spellings(void **state)
{
	static const struct {
		const char *text, *canonical;
	} cases[] = {
		{"r1=*(u64*)(r10-8)", "r1 = *(u64 *)(r10 -8)"},
		{"  r1 = *(u64 *)(r10 - 0x8)  ", "r1 = *(u64 *)(r10 -8)"},
		{"w1 = *(u8 *)(r2 + 0)", "r1 = *(u8 *)(r2 +0)"},
		{"r1 = *(u8 *)(r2)", "r1 = *(u8 *)(r2 +0)"},
		{"*(u32 *)(r1 + 4) = w2", "*(u32 *)(r1 +4) = r2"},
		{"*(u8 *)(r1 + 4) = 255", "*(u8 *)(r1 +4) = 255"},
		{"12: (b7) r0 = 0x10 ; why", "r0 = 16"},
		{"0:\tr1 = 0x123 ll", "r1 = 0x123 ll"},
		{"r1 = -1 ll", "r1 = 0xffffffffffffffff ll"},
		{"w1 = 0xffffffff", "w1 = -1"},
		{"if r1 s> 5 goto pc+3", "if r1 s> 5 goto +3"},
		{"if r1 s> 0x5 goto +0x3 <LBB0_2>", "if r1 s> 5 goto +3"},
		{"lock *(u32 *)(r1 + 0x0) += r2", "lock *(u32 *)(r1 +0) += w2"},
		{"r0 = atomic64_fetch_add((u64 *)(r1 +0), r0)",
		 "r0 = atomic_fetch_add((u64 *)(r1 +0), r0)"},
		{"w0 = xchg32_32(r1 + 0x0, w0)", "w0 = xchg32_32(r1 +0, w0)"},
		{"r0 = atomic_cmpxchg((u32 *)(r1 -4), r0, r2)", "w0 = cmpxchg32_32(r1 -4, w0, w2)"},
		{"r0 = *(u16 *)skb[r6]", "r0 = *(u16 *)skb[r6 + 0]"},
		{"call +3", "call pc+3"},
		{"r3=-r3", "r3 = -r3"},
		{"r3 s>>= r4 // comment", "r3 s>>= r4"},
		{"gotol -100000", "gotol -100000"},
		{"may_goto pc+2", "may_goto +2"},
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct isa_op *ops;
		struct diag d = {0};
		char buf[200];
		struct text t;
		u32 count;

		if (isa_assemble(cases[i].text, strlen(cases[i].text), &ops, &count, &d))
			fail_msg("\"%s\": %s", cases[i].text, d.what);
		text_init(&t, buf, sizeof(buf));
		isa_format(&t, ops, 0, NULL);
		assert_string_equal(buf, cases[i].canonical);
		base_free(ops);
	}
}

static void labels(void **state)
{
	static const char src[] = "# counts down\n"
				  "	r1 = subprog[callee]\n"
				  "	r0 = 0\n"
				  "loop: r0 += 1\n"
				  "	if r0 < 10 goto loop\n"
				  "	call callee\n"
				  "	goto end\n"
				  "end:\n"
				  "	exit\n"
				  "\n"
				  "callee: exit\n";
	static const char want[] = "r1 = subprog[+7]\nr0 = 0\nr0 += 1\nif r0 < 10 goto -2\n"
				   "call pc+2\ngoto +0\nexit\nexit\n";
	struct isa_op *ops;
	struct diag d = {0};
	char buf[400];
	struct text t;
	u32 count;

	if (isa_assemble(src, strlen(src), &ops, &count, &d))
		fail_msg("%s", d.what);
	text_init(&t, buf, sizeof(buf));
	isa_format_program(&t, ops, count);
	assert_string_equal(buf, want);
	base_free(ops);
}

static void errors(void **state)
{
	static const struct {
		const char *text, *what;
	} cases[] = {
		{"r1 = r11",
		 "line 1, column 7: found '11' where a register number, 0 to 10 is due"},
		{"r1 += ", "line 1, column 6: the line ends where a register, r0 to r10 is due"},
		{"exit\n r1 +* r2", "line 2, column 5: found '+' where an operator is due"},
		{"frobnicate r1",
		 "line 1, column 1: found 'frobnicate' where an instruction is due"},
		{"r1 = 0x1ffffffff", "line 1, column 17: the line ends where 'll' is due"},
		{"w1 = 0x1ffffffff",
		 "line 1, column 6: found '0x1ffffffff' where a number of 32 bits is due"},
		{"r1 = *(u64 *)(r2 +40000)",
		 "line 1, column 18: found '+' where a number of 16 bits, -32768 to 32767 is due"},
		{"r1 = *(u65 *)(r2 +0)", "line 1, column 8: found 'u65' where 'u8' is due"},
		{"goto nowhere", "line 1, column 6: no label 'nowhere'"},
		{"a: exit\na: exit", "line 2, column 1: label 'a' is there twice"},
		{"r1 = be16 r2",
		 "line 1, column 11: found 'r2' where the same register as before is due"},
		{"exit exit", "line 1, column 6: found 'exit' where the end of the line is due"},
		{"r1 = 0x", "line 1, column 7: found 'x' where a digit is due"},
		{"r1 = 12z", "line 1, column 8: found 'z' where a digit is due"},
		{"r1 = 99999999999999999999999 ll",
		 "line 1, column 6: found '99999999999999999999' where a number of at most 64 bits "
		 "is due"},
		{"if r1 == w2 goto +1",
		 "line 1, column 10: found 'w2' where a register, r0 to r10 is due"},
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct isa_op *ops = NULL;
		struct diag d = {0};
		u32 count = 0;

		assert_int_equal(
			isa_assemble(cases[i].text, strlen(cases[i].text), &ops, &count, &d),
			-EINVAL);
		assert_string_equal(d.what, cases[i].what);
		assert_null(ops);
	}
}

/* A jump that 16 bits cannot hold is an error, through gotol it is not. */
static void far_jumps(void **state)
{
	for (u32 wide = 0; wide < 2; wide++) {
		struct text t;
		struct isa_op *ops;
		struct diag d = {0};
		u32 count;
		int err;

		text_init_grow(&t);
		text_puts(&t, wide ? "gotol end\n" : "goto end\n");
		for (u32 i = 0; i < 40000; i++)
			text_puts(&t, "r0 = 0\n");
		text_puts(&t, "end: exit\n");
		err = isa_assemble(t.buf, t.len, &ops, &count, &d);
		text_fini(&t);
		if (!wide) {
			assert_int_equal(err, -EINVAL);
			assert_non_null(strstr(d.what, "too far"));
			continue;
		}
		assert_int_equal(err, 0);
		assert_int_equal(ops[0].off, 40000);
		base_free(ops);
	}
}

/* Whatever the text, an error or a program that encodes: never a crash. */
static void hostile_text(void **state)
{
	static const char bits[] =
		"r0123456789w=+-*/%&|^<>!()[]u816s, \n;:#x.goto call exit ll if pc";

	for (u32 n = 0; n < 30000; n++) {
		char buf[64];
		u32 len = rnd() % sizeof(buf);
		struct isa_op *ops;
		struct diag d = {0};
		u8 bytes[8 * 128];
		u32 count;

		for (u32 i = 0; i < len; i++)
			buf[i] = rnd() % 50 ? bits[rnd() % (sizeof(bits) - 1)] : (char)rnd();
		if (isa_assemble(buf, len, &ops, &count, &d)) {
			assert_true(d.what[0]);
			continue;
		}
		assert_true(count <= 128);
		assert_int_equal(isa_encode(ops, count, bytes), 0);
		base_free(ops);
	}
}

/* The nth allocation fails, for every n: an error, and nothing is lost. */
static void out_of_memory(void **state)
{
	struct text t;
	int err = -ENOMEM;

	text_init_grow(&t);
	for (u32 i = 0; i < 40; i++)
		text_fmt(&t, "l%u: goto l%u\nr1 = 5 ll\n", i, 39 - i);
	for (u32 n = 1; err; n++) {
		struct isa_op *ops = NULL;
		struct diag d = {0};
		u32 count = 0;

		assert_true(n < 100);
		base_alloc_fail_nth(n);
		err = isa_assemble(t.buf, t.len, &ops, &count, &d);
		base_alloc_fail_nth(0);
		assert_true(err == -ENOMEM || !err);
		assert_int_equal(!err, ops != NULL);
		base_free(ops);
	}
	text_fini(&t);
}

static void register_sets(void **state)
{
	const struct isa_op add = {.op = ISA_OP_ADD64_REG, .dst = 3, .src = 4};
	const struct isa_op call = {.op = ISA_OP_CALL_HELPER, .imm = 1};
	const struct isa_op cmp = {.op = ISA_OP_CMPXCHG32, .dst = 1, .src = 2};

	assert_int_equal(isa_uses(&add), ISA_R(3) | ISA_R(4));
	assert_int_equal(isa_defs(&add), ISA_R(3));
	assert_int_equal(isa_defs(&call), 0x3f);
	assert_int_equal(isa_uses(&cmp), 0x7);
	assert_int_equal(isa_defs(&cmp), 1);
	assert_null(isa_info(ISA_OP_INVALID));
	assert_null(isa_info(ISA_OP_COUNT));
}

static void operands(void **state)
{
	static const struct {
		const char *text;
		int err;
	} cases[] = {
		{"r1 <<= 63", 0},        {"r1 <<= 64", -EINVAL}, {"w1 >>= 31", 0},
		{"w1 s>>= 32", -EINVAL}, {"r1 >>= -1", -EINVAL}, {"r1 /= 0", -EINVAL},
		{"w1 s%= 0", -EINVAL},   {"w1 s%= -1", 0},
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct isa_op *ops;
		struct diag d = {0};
		u32 count;

		assert_int_equal(
			isa_assemble(cases[i].text, strlen(cases[i].text), &ops, &count, &d), 0);
		assert_int_equal(isa_check_operands(ops, count, &d), cases[i].err);
		base_free(ops);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),    cmocka_unit_test(decode_all_fields),
		cmocka_unit_test(rejects),       cmocka_unit_test(spellings),
		cmocka_unit_test(labels),        cmocka_unit_test(errors),
		cmocka_unit_test(far_jumps),     cmocka_unit_test(hostile_text),
		cmocka_unit_test(register_sets), cmocka_unit_test(out_of_memory),
		cmocka_unit_test(operands),
	};

	return cmocka_run_group_tests_name("asm", tests, NULL, NULL);
}
