// SPDX-License-Identifier: BSD-2-Clause
/*
 * Equal blocks once: programs end in many places with the same few instructions,
 * and phis leave the same constants at the end of many. When registers are assigned,
 * a block that another one equals, jumps included, becomes a jump there, which
 * laying out the jumps then passes by. Blocks in loops stay: there each way's own
 * jumps are predicted by themselves, which is worth more than bytes. Merged ends can
 * make those before them equal, so it is done a few times over.
 */
#include <errno.h>
#include <string.h>
#include "base/alloc.h"
#include "jit/mach.h"

#define ROUNDS 4

struct merging {
	struct mach_function *m;
	const struct mach_target *target;
	u32 *heads, *chain; /* blocks by hash; + 1 */
	u32 mask;
};

/* What an operation does, without where it comes from. */
static struct mach_ins meaning(const struct mach_ins *i)
{
	struct mach_ins plain;

	memset(&plain, 0, sizeof(plain)); /* bytes between fields too: it is hashed and compared */
	plain.op = i->op;
	plain.size = i->size;
	plain.cond = i->cond;
	plain.scale = i->scale;
	plain.def = i->def;
	memcpy(plain.src, i->src, sizeof(plain.src));
	plain.base = i->base;
	plain.index = i->index;
	plain.disp = i->disp;
	plain.imm = i->imm;
	plain.args = i->args;
	plain.count = i->count;
	plain.reloc = i->reloc;
	return plain;
}

/* ~0: not to be merged. */
static u32 hash(const struct merging *p, const struct mach_block *b)
{
	u64 h = b->count;

	if (!b->count || b->case_count || b->depth)
		return ~0u;
	for (u32 k = 0; k < b->count; k++) {
		struct mach_ins i = meaning(&p->m->ins.data[b->first + k]);
		u64 words[sizeof(i) / 8];

		memcpy(words, &i, sizeof(words));
		for (u32 w = 0; w < ARRAY_SIZE(words); w++)
			h = (h ^ words[w] ^ h >> 31) * 0x9e3779b97f4a7c15ull;
	}
	return (u32)(h >> 33);
}

static bool equal(const struct merging *p, const struct mach_block *x, const struct mach_block *y)
{
	if (x->count != y->count)
		return false;
	for (u32 k = 0; k < x->count; k++) {
		struct mach_ins a = meaning(&p->m->ins.data[x->first + k]);
		struct mach_ins b = meaning(&p->m->ins.data[y->first + k]);

		if (memcmp(&a, &b, sizeof(a)))
			return false;
	}
	return true;
}

/* Does the block leave for where its instructions say, and never fall out of its end? */
static bool is_closed(const struct merging *p, const struct mach_block *b)
{
	const struct mach_ins *last = b->count ? &p->m->ins.data[b->first + b->count - 1] : NULL;

	return last && (last->op == p->target->jump || !b->succ_count);
}

static bool only_jumps(const struct merging *p, const struct mach_block *b)
{
	return b->count == 1 && p->m->ins.data[b->first].op == p->target->jump;
}

static void become_jump(const struct merging *p, u32 block, u32 to)
{
	struct mach_block *b = &p->m->blocks.data[block];
	struct mach_ins *i = &p->m->ins.data[b->first];
	u32 insn = i->insn;

	*i = (struct mach_ins){.op = p->target->jump,
			       .size = 8,
			       .def = MACH_NONE,
			       .src = {MACH_NONE, MACH_NONE, MACH_NONE},
			       .base = MACH_NONE,
			       .index = MACH_NONE,
			       .scale = 1,
			       .imm = to,
			       .insn = insn};
	b->count = 1;
	b->succ[0] = to;
	b->succ_count = 1;
}

/* Jumps go past blocks that only jump, so that more become equal. */
static void follow(const struct merging *p)
{
	for (u32 n = 0; n < p->m->blocks.len; n++) {
		struct mach_block *b = &p->m->blocks.data[n];

		for (u32 k = 0; k < b->succ_count; k++) {
			u32 to = b->succ[k], end;
			const struct mach_block *t = &p->m->blocks.data[to];

			if (b->case_count || to == n || !only_jumps(p, t))
				continue;
			end = t->succ[0];
			for (u32 i = 0; i < b->count; i++) {
				struct mach_ins *ins = &p->m->ins.data[b->first + i];

				if (ins->op >= p->target->branch && ins->op <= p->target->jump &&
				    ins->imm == to)
					ins->imm = end;
			}
			b->succ[k] = end;
		}
	}
}

static bool merge(struct merging *p)
{
	bool changed = false;

	memset(p->heads, 0, (p->mask + 1) * sizeof(u32));
	for (u32 n = 1; n < p->m->blocks.len; n++) {
		const struct mach_block *b = &p->m->blocks.data[n];
		u32 h = is_closed(p, b) && !only_jumps(p, b) ? hash(p, b) : ~0u, o;

		if (h == ~0u)
			continue;
		for (o = p->heads[h & p->mask]; o; o = p->chain[o - 1])
			if (equal(p, &p->m->blocks.data[o - 1], b))
				break;
		if (o) {
			become_jump(p, n, o - 1);
			changed = true;
			continue;
		}
		p->chain[n] = p->heads[h & p->mask];
		p->heads[h & p->mask] = n + 1;
	}
	return changed;
}

int mach_merge(struct mach_function *m, const struct mach_target *target)
{
	struct merging p = {.m = m, .target = target, .mask = 15};

	while (p.mask < m->blocks.len)
		p.mask = p.mask * 2 + 1;
	p.heads = base_calloc(p.mask + 1, sizeof(u32));
	p.chain = base_calloc(m->blocks.len + 1, sizeof(u32));
	for (u32 n = 0; n < ROUNDS && p.heads && p.chain && merge(&p); n++)
		follow(&p);
	base_free(p.heads);
	base_free(p.chain);
	return p.heads && p.chain ? 0 : -ENOMEM;
}
