// SPDX-License-Identifier: BSD-2-Clause
/*
 * Constants that appear in no instruction: what a program's author chooses shall
 * not be found as bytes of executable memory, where a jump into the middle of an
 * instruction would run them. Each use of a constant gets an exclusive or of two
 * numbers of its own, one random, the other the constant against it; so do offsets
 * of loads and stores that are larger than an instruction of BPF can hold (the sum
 * of constants). Last of the passes, so nothing folds the two together again.
 *
 * 0 is left: no byte of code says it. What stands in the table (addresses of maps,
 * with an offset) is data behind the code. Values of switches would be operands of
 * comparisons, constants of vectors would stand in instructions: switch.c and
 * vector.c make none when constants are blinded.
 */
#include <errno.h>
#include "jit/ir.h"
#include "jit/jit.h"

struct blinding {
	struct ir_function *f;
	u64 random;
	ir_ref before; /* values are made before this one */
};

/* splitmix64 */
static u64 next_random(struct blinding *b)
{
	u64 z = b->random += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static ir_ref make(struct blinding *b, u32 op, u32 bits)
{
	ir_ref r = ir_new(b->f, op, bits);

	if (!r)
		return 0;
	ir_at(b->f, r)->insn = ir_at(b->f, b->before)->insn;
	ir_insert_before(b->f, b->before, r);
	return r;
}

static ir_ref make_const(struct blinding *b, u64 value)
{
	ir_ref r = make(b, IR_CONST, 64);

	ir_at(b->f, r)->imm = (s64)value;
	return r;
}

static ir_ref blind(struct blinding *b, u64 value)
{
	bool narrow = value <= UINT32_MAX;
	u64 key = narrow ? (u32)next_random(b) : next_random(b);
	ir_ref x = make_const(b, value ^ key), y = make_const(b, key), r;

	r = make(b, IR_XOR, narrow ? 32 : 64);
	ir_at(b->f, r)->a = x;
	ir_at(b->f, r)->b = y;
	if (narrow)
		ir_at(b->f, r)->zeros = ~(u64)UINT32_MAX;
	return r;
}

static void blind_operand(void *data, ir_ref *operand)
{
	struct blinding *b = data;
	u64 value;

	if (ir_is_const(b->f, *operand, &value) && value)
		*operand = blind(b, value);
}

static bool is_access(u32 op)
{
	return op == IR_LOAD || op == IR_LOADS || op == IR_LOADX || op == IR_STORE ||
	       op == IR_ATOMIC || op == IR_CAS || op == IR_ACQUIRE || op == IR_RELEASE;
}

/* base + a large offset: the sum, before the access. */
static void blind_offset(struct blinding *b, ir_ref r)
{
	s64 offset = ir_at(b->f, r)->imm;
	ir_ref sum, number;

	if (offset >= INT16_MIN && offset <= INT16_MAX)
		return;
	number = blind(b, (u64)offset);
	sum = make(b, IR_ADD, 64);
	ir_at(b->f, sum)->a = ir_at(b->f, r)->a;
	ir_at(b->f, sum)->b = number;
	ir_at(b->f, r)->a = sum;
	ir_at(b->f, r)->imm = 0;
}

/* What a phi gets along an edge is made at the end of the block that the edge comes from. */
static int blind_phi(struct blinding *b, ir_ref phi)
{
	struct ir_function *f = b->f;
	u32 block = ir_at(f, phi)->block;

	for (u32 i = 0; i < f->blocks.data[block].preds.len; i++) {
		u32 at = (u32)ir_at(f, phi)->imm + i;
		ir_ref value = f->phis.data[at];

		if (vec_reserve(&f->ins, 3))
			return -ENOMEM;
		b->before = f->blocks.data[f->blocks.data[block].preds.data[i]].last;
		blind_operand(b, &value);
		f->phis.data[at] = value;
	}
	return 0;
}

static int blind_ins(struct blinding *b, ir_ref r)
{
	struct ir_ins *i = ir_at(b->f, r);

	if (i->op == IR_PHI)
		return blind_phi(b, r);
	/* Operands are changed in place: what is made for them must not move them. */
	if (vec_reserve(&b->f->ins, 3 * (3 + i->count) + 4))
		return -ENOMEM;
	b->before = r;
	ir_each_operand(b->f, r, blind_operand, b);
	if (is_access(ir_at(b->f, r)->op))
		blind_offset(b, r);
	return 0;
}

int ir_blind(struct ir_function *f)
{
	struct blinding b = {.f = f};
	u32 made = (u32)f->ins.len;
	int err = 0;

	if (!f->opts || !(f->opts->flags & JIT_BLIND))
		return 0;
	b.random = f->opts->seed ^ (f->sub + 1ull) << 40;
	for (ir_ref r = 1; r < made && !err; r++)
		if (ir_at(f, r)->block && ir_at(f, r)->op != IR_CONST)
			err = blind_ins(&b, r);
	return err;
}
