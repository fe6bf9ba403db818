// SPDX-License-Identifier: BSD-2-Clause
/* Programs at edges, enumerated: raw ones, as gen_raw.c's. */
#include <string.h>
#include "fuzz/edges.h"
#include "fuzz/gen_raw.h"

static struct program *p;

static void put(struct bpf_insn in)
{
	if (p->count < PROGRAM_INSNS)
		p->insn[p->count++] = in;
}

/* r6: the memory; r0, r2-r5, r7-r9: numbers from it. */
static void start(void)
{
	static const u8 regs[] = {0, 2, 3, 4, 5, 7, 8, 9};

	put(I_MOVR(6, 1));
	for (u32 i = 0; i < ARRAY_SIZE(regs); i++)
		put(I_LDX(BPF_DW, regs[i], 6, i * 8));
}

static void end(void)
{
	static const u8 regs[] = {2, 3, 4, 5, 7, 8, 9};

	for (u32 i = 0; i < ARRAY_SIZE(regs); i++) {
		put(I_ALU64(BPF_MUL, 0, 31));
		put(I_ALU64R(BPF_XOR, 0, regs[i]));
	}
	put(I_EXIT);
}

/*
 * Code that takes about three bytes (or four, a fixed-width instruction) a unit, and `odd` times
 * one byte more, and cannot be folded: so every length is met, whatever the machine.
 */
static void filler(u32 units, u32 odd)
{
	static const u8 regs[] = {2, 3, 4, 5, 7, 8, 9};

	for (u32 i = 0; i < units; i++)
		put(I_ALU64R(i & 1 ? BPF_XOR : BPF_ADD, regs[i % 7],
			     regs[(i + 1 + i / 7 % 6) % 7]));
	for (u32 i = 0; i < odd; i++)
		put(I_ALU64(BPF_ADD, regs[i % 7], 3 + i));
}

#define UNITS 48 /* from 24: 72 to 216 bytes */
#define ODDS  4

static void set_target(u32 jump)
{
	struct bpf_insn *in = &p->insn[jump];
	s32 off = (s32)(p->count - jump - 1);

	if (in->code == (BPF_JMP32 | BPF_JA))
		in->imm = off;
	else
		in->off = (s16)off;
}

static const u8 tests[] = {BPF_JEQ,  BPF_JNE,  BPF_JGT,  BPF_JGE,  BPF_JLT, BPF_JLE,
			   BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET};

/* A branch over so much. */
static void forward(u32 units, u32 odd, u32 form)
{
	u32 jump = p->count, op = tests[form % ARRAY_SIZE(tests)];

	if (form & 16)
		put(I_JMP32R(op, 3, 4, 0));
	else
		put(I_JMP(op, 3, (s32)form - 8, 0));
	filler(units, odd);
	set_target(jump);
}

/* Always over it: the way over is kept alive by another branch into it. */
static void forward_always(u32 units, u32 odd, u32 form)
{
	u32 into = p->count, over;

	put(I_JMP(BPF_JSGT, 3, 5, 0));
	put(I_ALU64(BPF_XOR, 2, 77));
	over = p->count;
	put(form & 1 ? FUZZ_INSN(BPF_JMP32 | BPF_JA, 0, 0, 0, 0) : I_JA(0));
	set_target(into);
	filler(units, odd);
	set_target(over);
}

/* Three times round so much. */
static void backward(u32 units, u32 odd, u32 form)
{
	u32 head;

	put(I_ST(BPF_DW, 10, -8, 3));
	head = p->count;
	filler(units, odd);
	put(I_LDX(BPF_DW, 0, 10, -8));
	put(I_ALU64(BPF_ADD, 0, -1));
	put(I_STX(BPF_DW, 10, 0, -8));
	if (form & 1)
		put(I_JMP32(BPF_JSGT, 0, 0, (s32)head - (s32)p->count - 1));
	else
		put(I_JMP(BPF_JNE, 0, 0, (s32)head - (s32)p->count - 1));
}

/* Branches across each other: one's length decides the others'. */
static void across(u32 units, u32 odd, u32 form)
{
	u32 jumps[8], n = 2 + form % 7;

	for (u32 i = 0; i < n; i++) {
		jumps[i] = p->count;
		put(I_JMPR(tests[(form + i) % ARRAY_SIZE(tests)], 2 + i % 4, 7 + i % 3, 0));
		put(I_ALU64R(BPF_ADD, 2 + i % 4, 7));
	}
	filler(units - n, odd);
	for (u32 i = 0; i < n; i++) {
		set_target(jumps[form & 8 ? i : n - 1 - i]);
		put(I_ALU64R(BPF_XOR, 7 + i % 3, 2 + i % 4));
	}
}

/* A call over so much, and one back. */
static void calls(u32 units, u32 odd, u32 form)
{
	u32 call = p->count, again;
	u32 args = form % 6;

	for (u32 r = 1; r <= args; r++)
		put(I_LDX(BPF_DW, r, 6, r * 16));
	call = p->count;
	put(FUZZ_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0));
	for (u32 r = 2; r <= 5; r++)
		put(I_LDX(BPF_DW, r, 6, r * 8));
	filler(units, odd);
	end();
	p->insn[call].imm = (s32)(p->count - call - 1);
	again = p->count;
	put(I_MOV(0, 5));
	for (u32 r = 1; r <= args; r++) {
		put(I_ALU64(BPF_MUL, 0, 7));
		put(I_ALU64R(BPF_ADD, 0, r));
	}
	if (args && form & 8) { /* calls itself, a few times */
		put(I_MOVR(7, 0));
		put(I_ALU64(BPF_AND, 1, 3));
		put(I_JMP(BPF_JEQ, 1, 0, 4));
		put(I_ALU64(BPF_ADD, 1, -1));
		for (u32 r = 2; r <= args; r++)
			put(I_ALU64(BPF_XOR, r, 0x55));
		p->insn[again + 1 + 2 * args + 2].off = (s16)(args + 3 - 1);
		put(FUZZ_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0,
			      (s32)again - (s32)p->count - 1));
		put(I_ALU64R(BPF_ADD, 0, 7));
		put(I_MOVR(7, 0));
		put(I_MOVR(0, 7));
	}
	put(I_EXIT);
}

/* A switch whose arms are so long. */
static void switches(u32 units, u32 odd, u32 form)
{
	u32 n = 3 + form, first, out[64], arms[64];

	put(I_ALU64(BPF_AND, 3, 63));
	first = p->count;
	for (u32 i = 0; i < n; i++)
		put(I_JMP(BPF_JEQ, 3, form & 1 ? i : i * 3, 0));
	out[0] = p->count;
	put(I_JA(0));
	for (u32 i = 0; i < n; i++) {
		arms[i] = p->count;
		put(I_MOV(0, i * 1000 + 7));
		filler((units * (i % 3)) / n, odd);
		out[i + 1] = p->count;
		put(I_JA(0));
	}
	for (u32 i = 0; i < n; i++)
		p->insn[first + i].off = (s16)(arms[i] - (first + i) - 1);
	for (u32 i = 0; i <= n; i++)
		set_target(out[i]);
}

/* A stack of `bytes`, some of it reached by a pointer; values in slots across calls. */
static void frame(u32 bytes, u32 form)
{
	u32 slots = bytes / 8;

	start();
	for (u32 s = 1; s <= slots; s++) {
		if (form & 1 || s == slots || s < 3)
			put(I_STX(BPF_DW, 10, 2 + s % 4, -(s32)s * 8));
		else
			put(I_ST(BPF_DW, 10, -(s32)s * 8, s * 77));
	}
	if (bytes >= RAW_AREA && form & 2) {
		put(I_MOVR(8, 10));
		put(I_ALU64(BPF_ADD, 8, -(s32)bytes));
		put(I_LDX(BPF_W, 9, 8, 0));
		put(I_STX(BPF_H, 8, 9, 8));
		put(I_MOV(8, 1));
	}
	if (form & 4) {
		put(I_CALL(BPF_FUNC_get_smp_processor_id));
		for (u32 r = 2; r <= 5; r++)
			put(I_MOVR(r, 7));
	}
	for (u32 s = slots; s >= 1; s--) {
		put(I_LDX(BPF_DW, 1, 10, -(s32)s * 8));
		put(I_ALU64(BPF_MUL, 0, 3));
		put(I_ALU64R(BPF_ADD, 0, 1));
	}
	end();
}

/* `live` values alive at once, in slots that hold one each, so that they compete for registers. */
static void pressure(u32 live, u32 form)
{
	start();
	for (u32 s = 1; s <= live; s++) {
		put(I_LDX(BPF_DW, 1, 6, (s % 32) * 8));
		if (form & 1)
			put(I_ALU64(BPF_ADD, 1, s));
		else
			put(I_ALU64(BPF_MUL, 1, s + 1));
		put(I_STX(BPF_DW, 10, 1, -(s32)s * 8));
	}
	for (u32 round = 0; round < 2; round++) {
		for (u32 s = 1; s <= live; s++) {
			put(I_LDX(BPF_DW, 1, 10, -(s32)s * 8));
			put(I_LDX(BPF_DW, 2, 10, -(s32)(1 + (s * 7 + round) % live) * 8));
			put(FUZZ_INSN((form & 2 ? BPF_ALU : BPF_ALU64) |
					      (s % 3 ? BPF_ADD : BPF_LSH) | BPF_X,
				      1, 2, 0, 0));
			put(I_STX(BPF_DW, 10, 1, -(s32)s * 8));
			if (s % 5 == 0 && form & 4) {
				put(I_JMPR(BPF_JGT, 1, 2, 1));
				put(I_ALU64(BPF_DIV, 0, 3));
			}
		}
		if (form & 8) {
			put(I_CALL(BPF_FUNC_get_smp_processor_id));
			for (u32 r = 2; r <= 5; r++)
				put(I_MOVR(r, 7));
		}
	}
	for (u32 s = 1; s <= live; s++) {
		put(I_LDX(BPF_DW, 1, 10, -(s32)s * 8));
		put(I_ALU64(BPF_MUL, 0, 3));
		put(I_ALU64R(BPF_XOR, 0, 1));
	}
	end();
}

struct family {
	void (*make)(u32 units, u32 odd, u32 form);
	u32 forms;
	bool ends; /* makes its own end */
};

static const struct family families[] = {
	{forward, 22, false}, {forward_always, 2, false}, {backward, 2, false},
	{across, 16, false},  {calls, 16, true},          {switches, 20, false},
};

/* Distances far beyond a byte, and near 16 bits of instructions. */
static void far(u32 form)
{
	static const u32 units[] = {1000, 2000, 3000, 3800};
	u32 jump = p->count;

	put(I_JMP(BPF_JGT, 3, 0, 0));
	filler(units[form], 0);
	set_target(jump);
}

bool edge_program(u32 n, struct program *out)
{
	p = out;
	memset(p, 0, offsetof(struct program, insn));
	p->seed = n;
	for (u32 f = 0; f < ARRAY_SIZE(families); f++) {
		u32 count = families[f].forms * UNITS * ODDS;

		if (n < count) {
			start();
			families[f].make(24 + n / ODDS % UNITS, n % ODDS, n / ODDS / UNITS);
			if (!families[f].ends)
				end();
			return true;
		}
		n -= count;
	}
	if (n < 65 * 8)
		return frame(n / 8 * 8, n % 8), true;
	n -= 65 * 8;
	if (n < 64 * 16)
		return pressure(1 + n / 16, n % 16), true;
	n -= 64 * 16;
	if (n >= 4)
		return false;
	start();
	far(n);
	end();
	return true;
}
