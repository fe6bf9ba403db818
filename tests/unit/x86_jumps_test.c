// SPDX-License-Identifier: BSD-2-Clause
/*
 * Jumps as x86_emit.c lays them, read back by a disassembler: functions of blocks
 * with known lengths, whose jumps are at the edges of what two bytes reach, cross
 * each other, and go both ways. Each must lead where it was to lead, and be long
 * only where a short one would not reach.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <Zydis/Zydis.h>
#include "base/alloc.h"
#include "jit/x86.h"

#define MOST 64
#define NONE ~0u

struct block {
	u32 filler;  /* bytes */
	u32 branch;  /* block it leads to when COND_LT; NONE */
	u32 jump;    /* block it leads to else; NONE: it returns */
	u32 at, end; /* found: where it starts and ends */
};

static struct block blocks[MOST];
static u32 count;
static ZydisDecoder decoder;
static u64 longs, shorts;

static void put(struct mach_function *m, struct mach_ins i)
{
	i.base = i.index = MACH_NONE;
	i.src[1] = i.src[2] = MACH_NONE;
	i.src[0] = MACH_NONE;
	assert_int_equal(vec_push(&m->ins, i), 0);
}

/* A mark that tells the block, a comparison, so many bytes, and its jumps. */
static void put_block(struct mach_function *m, u32 n)
{
	const struct block *b = &blocks[n];
	struct mach_block mb = {.first = (u32)m->ins.len};
	u32 left = b->filler;

	put(m, (struct mach_ins){.op = MACH_CONST, .size = 8, .def = RCX, .imm = 1000000 + n});
	for (; left >= 5 || left == 3; left -= 3)
		put(m, (struct mach_ins){.op = X86_LFENCE, .size = 8, .def = MACH_NONE});
	for (; left >= 2; left -= 2)
		put(m, (struct mach_ins){.op = X86_TRAP, .size = 8, .def = MACH_NONE});
	if (b->branch != NONE)
		put(m, (struct mach_ins){.op = X86_JCC,
					 .size = 8,
					 .cond = COND_LT,
					 .def = MACH_NONE,
					 .imm = b->branch});
	if (b->jump != NONE)
		put(m,
		    (struct mach_ins){.op = X86_JMP, .size = 8, .def = MACH_NONE, .imm = b->jump});
	else
		put(m, (struct mach_ins){.op = X86_RET, .size = 8, .def = MACH_NONE});
	mb.count = (u32)m->ins.len - mb.first;
	assert_int_equal(vec_push(&m->blocks, mb), 0);
}

struct jump {
	u32 at, end, to, mnemonic;
};

/* The code's marks and jumps. */
static u32 read_back(const u8 *code, u32 size, struct jump *jumps)
{
	ZydisDecodedOperand o[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction i;
	u32 n = 0;

	for (u32 at = 0; at < size; at += i.length) {
		assert_true(ZYAN_SUCCESS(
			ZydisDecoderDecodeFull(&decoder, code + at, size - at, &i, o)));
		if (i.mnemonic == ZYDIS_MNEMONIC_MOV && o[1].imm.value.u >= 1000000) {
			u32 b = (u32)o[1].imm.value.u - 1000000;

			assert_in_range(b, 0, count - 1);
			blocks[b].at = at;
		} else if (i.meta.branch_type == ZYDIS_BRANCH_TYPE_SHORT ||
			   i.meta.branch_type == ZYDIS_BRANCH_TYPE_NEAR) {
			if (i.mnemonic == ZYDIS_MNEMONIC_RET)
				continue;
			jumps[n++] =
				(struct jump){at, at + i.length,
					      (u32)(at + i.length + o[0].imm.value.s), i.mnemonic};
		}
	}
	return n;
}

/* Where block `n` goes on when the condition holds, and when not. */
static u32 way(const struct jump *jumps, u32 jump_count, u32 n, bool holds)
{
	u32 end = n + 1 < count ? blocks[n + 1].at : NONE;

	for (u32 k = 0; k < jump_count; k++) {
		bool taken = jumps[k].mnemonic == ZYDIS_MNEMONIC_JMP ||
			     (jumps[k].mnemonic == ZYDIS_MNEMONIC_JB && holds) ||
			     (jumps[k].mnemonic == ZYDIS_MNEMONIC_JNB && !holds);

		if (jumps[k].at < blocks[n].at || jumps[k].at >= end)
			continue;
		if (taken)
			return jumps[k].to;
	}
	return end;
}

static void check_function(const char *what)
{
	struct ir_function ir = {0};
	struct mach_function m = {.ir = &ir};
	struct jit_options opts = {.target = JIT_X86_64};
	struct jit_buffer code = {0};
	struct jump jumps[2 * MOST];
	u32 subs[1], n;

	code.subs = subs;
	for (u32 b = 0; b < count; b++)
		put_block(&m, b);
	assert_int_equal(x86_emit(&m, &opts, &code), 0);
	n = read_back(code.bytes.data, (u32)code.bytes.len, jumps);
	for (u32 b = 0; b < count; b++) {
		if (blocks[b].jump == NONE && blocks[b].branch == NONE)
			continue;
		if (blocks[b].branch != NONE &&
		    way(jumps, n, b, true) != blocks[blocks[b].branch].at)
			fail_msg("%s: block %u leads elsewhere when the condition holds", what, b);
		if (blocks[b].jump != NONE && way(jumps, n, b, false) != blocks[blocks[b].jump].at)
			fail_msg("%s: block %u leads elsewhere", what, b);
	}
	for (u32 k = 0; k < n; k++) {
		bool is_short = jumps[k].end - jumps[k].at == 2;
		s64 distance = (s64)jumps[k].to -
			       (jumps[k].to > jumps[k].at ? jumps[k].end : jumps[k].at + 2);

		longs += !is_short;
		shorts += is_short;
		if (!is_short && distance >= -128 && distance <= 127)
			fail_msg("%s: a long jump over %lld bytes", what, (long long)distance);
	}
	vec_fini(&m.ins);
	vec_fini(&m.blocks);
	vec_fini(&code.bytes);
	vec_fini(&code.lines);
	vec_fini(&code.refs);
	vec_fini(&code.calls);
	vec_fini(&code.slots);
	vec_fini(&code.fixups);
}

static struct block *add(u32 filler, u32 branch, u32 jump)
{
	struct block *b = &blocks[count++];

	*b = (struct block){.filler = filler == 1 ? 2 : filler, .branch = branch, .jump = jump};
	return b;
}

/* Over exactly so many bytes, forward and back, with a condition and without. */
static void test_edges(void **state)
{
	(void)state;
	for (u32 bytes = 90; bytes < 150; bytes++) {
		count = 0; /* over block 1, whose mark has 5 bytes */
		add(0, 2, 1);
		add(bytes, NONE, 2);
		add(0, NONE, NONE);
		check_function("branch forward");
		count = 0;
		add(0, NONE, 2);
		add(bytes, NONE, 2);
		add(0, 1, 3);
		add(0, NONE, NONE);
		check_function("jump forward, branch back");
		count = 0;
		add(bytes, NONE, 1);
		add(0, 3, 2);
		add(0, NONE, 0);
		add(0, NONE, NONE);
		check_function("jump back");
	}
}

/* Many jumps near the edge, each of which may lengthen the others. */
static void test_dependent(void **state)
{
	(void)state;
	for (u32 n = 2; n < 30; n++)
		for (u32 bytes = 0; bytes < 130; bytes++) {
			count = 0;
			for (u32 b = 0; b < n; b++)
				add(bytes / n + (b < bytes % n), 2 * n - 1 - b, b + 1);
			for (u32 b = 0; b < n; b++)
				add(b == 0 ? bytes : 2, n - 1 - b, n + b + 1);
			add(0, NONE, NONE);
			check_function("jumps across jumps");
		}
}

static u64 random_state = 1;

static u32 rnd(u32 n)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(random_state >> 33) % n;
}

static void test_random(void **state)
{
	(void)state;
	for (u32 round = 0; round < 20000; round++) {
		u32 n = 2 + rnd(30), most = 1 + rnd(60);

		count = 0;
		for (u32 b = 0; b < n; b++)
			add(rnd(most), rnd(3) ? rnd(n + 1) : NONE, rnd(2) ? b + 1 : rnd(n + 1));
		add(0, NONE, NONE);
		check_function("at random");
	}
	print_message("# %llu short jumps, %llu long ones\n", (unsigned long long)shorts,
		      (unsigned long long)longs);
	assert_true(shorts > 1000 && longs > 1000);
}

static int setup(void **state)
{
	(void)state;
	return ZYAN_FAILED(
		ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_edges),
					   cmocka_unit_test(test_dependent),
					   cmocka_unit_test(test_random)};

	return cmocka_run_group_tests(tests, setup, NULL);
}
