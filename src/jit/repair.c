// SPDX-License-Identifier: BSD-2-Clause
/*
 * SSA put right: when ways were made that go around a definition.
 *
 * A variable has a value at the end of some blocks (its definitions). What reaches
 * a use is looked for backwards: a block with one way in has what that left; one with
 * several gets a phi, which is noted before its operands are looked for, so that
 * loops end. Operands still to find wait in a list instead of on the C stack.
 */
#include <errno.h>
#include "jit/ir.h"

struct repairing {
	struct ir_function *f;
	const struct ir_def *defs;
	u32 count;
	ir_ref old;
	ir_ref *begin;    /* by block: the value there, when known */
	VEC(ir_ref) phis; /* whose operands are to be found */
	VEC(u32) way;     /* blocks passed while looking */
	bool found;       /* a user of the old value */
	ir_ref by;        /* what it takes instead */
};

static ir_ref defined(const struct repairing *p, u32 block)
{
	for (u32 i = 0; i < p->count; i++)
		if (p->defs[i].block == block)
			return p->defs[i].value;
	return 0;
}

static ir_ref new_phi(struct repairing *p, u32 block)
{
	struct ir_function *f = p->f;
	ir_ref r = ir_new(f, IR_PHI, 64);

	if (!r)
		return 0;
	ir_at(f, r)->imm = (s64)f->phis.len;
	ir_at(f, r)->insn = ir_at(f, p->old)->insn;
	for (u32 k = 0; k < f->blocks.data[block].preds.len; k++)
		f->failed |= vec_push(&f->phis, 0) != 0;
	f->failed |= vec_push(&p->phis, r) != 0;
	ir_insert_first(f, block, r);
	return r;
}

/* What reaches the start of the block. */
static ir_ref at_begin(struct repairing *p, u32 block)
{
	struct ir_function *f = p->f;
	ir_ref r = 0;
	u32 b = block;

	p->way.len = 0;
	while (!r) {
		const struct ir_block *blk = &f->blocks.data[b];

		r = p->begin[b];
		if (r)
			break;
		f->failed |= vec_push(&p->way, b) != 0;
		if (f->failed)
			return 0;
		/* Nobody reads it where no way leads, or only that of a ring nobody enters. */
		if (!blk->preds.len || p->way.len > f->blocks.len) {
			r = ir_const(f, 1, 0);
		} else if (blk->preds.len > 1) {
			r = new_phi(p, b);
		} else {
			b = blk->preds.data[0];
			r = defined(p, b);
			continue;
		}
		if (!r)
			return 0;
	}
	for (u32 i = 0; i < p->way.len; i++)
		p->begin[p->way.data[i]] = r;
	return r;
}

static ir_ref at_end(struct repairing *p, u32 block)
{
	return defined(p, block) ?: at_begin(p, block);
}

static void find_old(void *data, ir_ref *operand)
{
	struct repairing *p = data;

	p->found |= *operand == p->old;
}

static void take_new(void *data, ir_ref *operand)
{
	const struct repairing *p = data;

	if (*operand == p->old)
		*operand = p->by;
}

/* First what it becomes, since a new phi moves all instructions in memory. */
static void rewrite(struct repairing *p, ir_ref user)
{
	struct ir_function *f = p->f;
	u32 block = ir_at(f, user)->block;

	p->found = false;
	if (block != ir_at(f, p->old)->block)
		ir_each_operand(f, user, find_old, p);
	if (!p->found)
		return;
	p->by = at_begin(p, block);
	if (p->by)
		ir_each_operand(f, user, take_new, p);
}

static void rewrite_phi(struct repairing *p, ir_ref phi)
{
	struct ir_function *f = p->f;
	u32 block = ir_at(f, phi)->block;

	for (u32 k = 0; k < f->blocks.data[block].preds.len; k++) {
		u32 at = (u32)ir_at(f, phi)->imm + k;
		ir_ref r;

		if (f->phis.data[at] != p->old && f->phis.data[at])
			continue;
		r = at_end(p, f->blocks.data[block].preds.data[k]);
		if (r)
			f->phis.data[at] = r;
	}
}

int ir_repair(struct ir_function *f, ir_ref old, const struct ir_def *defs, u32 count)
{
	struct repairing p = {.f = f, .defs = defs, .count = count, .old = old};
	u32 limit = (u32)f->ins.len;

	p.begin = base_calloc(f->blocks.len, sizeof(ir_ref));
	if (!p.begin)
		return -ENOMEM;
	for (ir_ref r = 1; r < limit && !f->failed; r++) {
		if (!ir_at(f, r)->block)
			continue;
		if (ir_at(f, r)->op == IR_PHI)
			rewrite_phi(&p, r);
		else
			rewrite(&p, r);
	}
	while (p.phis.len && !f->failed)
		rewrite_phi(&p, p.phis.data[--p.phis.len]);
	vec_fini(&p.phis);
	vec_fini(&p.way);
	base_free(p.begin);
	return f->failed ? -ENOMEM : 0;
}
