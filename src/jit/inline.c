// SPDX-License-Identifier: BSD-2-Clause
/*
 * Inline forms of helpers, as maps and helpers describe them (core/builder.h),
 * over the intermediate form. A jump to a label remembers what the variables
 * were; where a label is bound, a phi is made for each of them, whose operands
 * are filled in when the form is complete: so jumps back find them too.
 */
#include <errno.h>
#include <cygnet/abi.h>
#include "core/builder.h"
#include "jit/build.h"

#define LABELS 16
#define VARS   4
#define WAYS   8 /* to one label */

struct way {
	ir_ref vars[VARS];
};

struct label {
	u32 block, ways;
	bool bound;
	ir_ref phis[VARS];
	struct way way[WAYS];
};

struct inlining {
	struct builder b;
	struct build *build;
	u32 map; /* index in the image */
	u32 label_count, var_count;
	bool ended; /* the block at hand has its end */
	bool overflow;
	ir_ref vars[VARS];
	struct label labels[LABELS];
};

_Static_assert((u32)B_EQ == COND_EQ && (u32)B_NE == COND_NE && (u32)B_LT == COND_LT &&
		       (u32)B_GE == COND_GE && (u32)B_GT == COND_GT && (u32)B_LE == COND_LE &&
		       (u32)B_SLT == COND_SLT && (u32)B_SGE == COND_SGE,
	       "conditions are the same");

static struct inlining *self(struct builder *b)
{
	return (struct inlining *)b;
}

/* values ---------------------------------------------------------------------- */

static bvalue op_constant(struct builder *b, u64 value)
{
	return build_const(self(b)->build, value);
}

static bvalue op_run(struct builder *b)
{
	return build_run(self(b)->build);
}

static bvalue op_map(struct builder *b)
{
	return self(b)->b.args[0];
}

static bvalue op_contents(struct builder *b, u64 offset)
{
	struct build *build = self(b)->build;
	ir_ref r = build_ins(build, IR_MAPMEM, 64, 0, 0);

	if (!r)
		return 0;
	ir_at(build->f, r)->map = (u16)self(b)->map;
	if (offset > INT32_MAX)
		return build_ins(build, IR_ADD, 64, r, build_const(build, offset));
	ir_at(build->f, r)->imm = (s64)offset;
	return r;
}

static bvalue op_alu(struct builder *b, enum builder_op op, u32 bits, bvalue x, bvalue y)
{
	static const u8 ops[] = {
		[B_ADD] = IR_ADD, [B_SUB] = IR_SUB, [B_MUL] = IR_MUL, [B_AND] = IR_AND,
		[B_OR] = IR_OR,   [B_XOR] = IR_XOR, [B_SHL] = IR_SHL, [B_SHR] = IR_SHR,
		[B_SAR] = IR_SAR, [B_ROL] = IR_ROL,
	};
	u64 mask;

	if (op == B_AND && ir_is_const(self(b)->build->f, y, &mask) && mask == UINT32_MAX)
		return build_size(self(b)->build, IR_ZEXT, 64, 4, x);
	return build_ins(self(b)->build, ops[op], bits, x, y);
}

static bvalue op_mulhu(struct builder *b, bvalue x, bvalue y)
{
	return build_ins(self(b)->build, IR_MULHU, 64, x, y);
}

/* memory ------------------------------------------------------------------------ */

static bool of_frame(const struct ir_function *f, ir_ref r, s64 disp, s64 *at)
{
	const struct ir_ins *ins = &f->ins.data[r];
	u64 n = 0;

	if (ins->op == IR_ADD && ins->bits == 64 && ir_is_const(f, ins->b, &n))
		r = ins->a;
	*at = disp + (s64)n;
	return r == f->frame;
}

/*
 * The value that the block last stored in the same bytes of the stack, or 0:
 * keys are nearly always put there just before the call.
 */
static ir_ref stored(const struct build *b, ir_ref address, s32 disp, u32 bytes)
{
	const struct ir_function *f = b->f;
	s64 at, to;

	if (!of_frame(f, address, disp, &at))
		return 0;
	for (ir_ref r = f->blocks.data[b->at].last; r; r = f->ins.data[r].prev) {
		const struct ir_ins *ins = &f->ins.data[r];

		if (!(ir_flags(ins->op) & IR_EFFECT))
			continue;
		if (ins->op != IR_STORE || !of_frame(f, ins->a, ins->imm, &to))
			return 0;
		if (to == at && ins->size == bytes)
			return ins->b;
		if (to < at + bytes && at < to + ins->size)
			return 0;
	}
	return 0;
}

static bvalue op_load(struct builder *b, bvalue address, s32 disp, u32 bytes)
{
	struct build *build = self(b)->build;
	ir_ref value = stored(build, address, disp, bytes);

	if (value)
		return bytes < 8 ? build_size(build, IR_ZEXT, 64, bytes, value) : value;
	return build_memory(build, IR_LOAD, bytes, address, disp, 0);
}

static bvalue op_load_const(struct builder *b, bvalue address, s32 disp, u32 bytes)
{
	struct build *build = self(b)->build;
	ir_ref r = build_memory(build, IR_LOAD, bytes, address, disp, 0);

	if (r)
		ir_at(build->f, r)->aux = LOAD_FIXED;
	return r;
}

static void op_store(struct builder *b, bvalue address, s32 disp, u32 bytes, bvalue value)
{
	build_memory(self(b)->build, IR_STORE, bytes, address, disp, value);
}

static bvalue op_load_acquire(struct builder *b, bvalue address, s32 disp, u32 bytes)
{
	return build_memory(self(b)->build, IR_ACQUIRE, bytes, address, disp, 0);
}

static void op_store_release(struct builder *b, bvalue address, s32 disp, u32 bytes, bvalue value)
{
	build_memory(self(b)->build, IR_RELEASE, bytes, address, disp, value);
}

static bvalue op_atomic_add(struct builder *b, bvalue address, s32 disp, u32 bytes, bvalue value)
{
	/* ATOMIC_ADD is what `aux` of a new instruction says. */
	return build_memory(self(b)->build, IR_ATOMIC, bytes, address, disp, value);
}

static bvalue op_cas(struct builder *b, bvalue address, s32 disp, u32 bytes, bvalue expect,
		     bvalue value)
{
	struct build *build = self(b)->build;
	ir_ref r = build_memory(build, IR_CAS, bytes, address, disp, value);

	if (r)
		ir_at(build->f, r)->c = expect;
	return r;
}

/* flow --------------------------------------------------------------------------- */

static bvar op_var(struct builder *b)
{
	struct inlining *s = self(b);

	s->overflow |= s->var_count == VARS;
	return s->overflow ? 0 : s->var_count++;
}

static void op_set(struct builder *b, bvar var, bvalue value)
{
	self(b)->vars[var] = value;
}

static bvalue op_get(struct builder *b, bvar var)
{
	return self(b)->vars[var] ?: op_constant(b, 0);
}

static blabel op_label(struct builder *b, bool rare)
{
	struct inlining *s = self(b);
	u32 block = ir_block_new(s->build->f);

	s->overflow |= s->label_count == LABELS;
	if (s->overflow || !block)
		return 0;
	s->build->f->blocks.data[block].rare = rare;
	s->labels[s->label_count].block = block;
	return s->label_count++;
}

/* The block at hand may go on at the label. */
static void arrive(struct inlining *s, struct label *l)
{
	s->overflow |= l->ways == WAYS;
	if (s->overflow || !l->block)
		return;
	for (u32 v = 0; v < s->var_count; v++)
		l->way[l->ways].vars[v] = s->vars[v];
	l->ways++;
	ir_edge(s->build->f, s->build->at, l->block);
}

static void op_jump(struct builder *b, blabel to)
{
	struct inlining *s = self(b);

	if (s->ended)
		return;
	build_ins(s->build, IR_JUMP, 64, 0, 0);
	arrive(s, &s->labels[to]);
	s->ended = true;
}

static void op_bind(struct builder *b, blabel label)
{
	struct inlining *s = self(b);
	struct label *l = &s->labels[label];

	op_jump(b, label);
	if (!l->block)
		return;
	s->build->at = l->block;
	s->ended = false;
	l->bound = true;
	for (u32 v = 0; v < s->var_count; v++) {
		ir_ref r = build_ins(s->build, IR_PHI, 64, 0, 0);

		if (r)
			ir_at(s->build->f, r)->aux = BUILD_PHI_WHOLE;
		l->phis[v] = s->vars[v] = r;
	}
}

static void op_branch(struct builder *b, enum builder_cond cond, u32 bits, bvalue x, bvalue y,
		      blabel to)
{
	struct inlining *s = self(b);
	struct build *build = s->build;
	u32 goes_on = ir_block_new(build->f);
	ir_ref r;

	if (s->ended || !goes_on)
		return;
	r = build_ins(build, IR_BRANCH, bits, x, y);
	if (r)
		ir_at(build->f, r)->imm = cond;
	arrive(s, &s->labels[to]);
	ir_edge(build->f, build->at, goes_on);
	build->f->blocks.data[goes_on].rare = build->f->blocks.data[build->at].rare;
	build->at = goes_on;
}

static bvalue op_call_out(struct builder *b)
{
	return build_helper(self(b)->build, b->helper, b->args);
}

static bvalue op_call_function(struct builder *b, u32 arg, const bvalue *args, u32 count)
{
	struct build *build = self(b)->build;
	ir_ref all[5];
	u32 sub = build_sub(build, (u32)ir_at(build->f, b->args[arg])->imm);

	for (u32 i = 0; i < 5; i++)
		all[i] = i < count ? args[i] : op_constant(b, 0);
	return build_call(build, IR_CALL, sub, all, 5);
}

static void fill_label(struct inlining *s, const struct label *l)
{
	struct ir_function *f = s->build->f;

	for (u32 v = 0; v < VARS; v++) {
		if (!l->phis[v])
			continue;
		ir_at(f, l->phis[v])->imm = (s64)f->phis.len;
		for (u32 i = 0; i < l->ways; i++) {
			ir_ref value = l->way[i].vars[v] ?: build_const(s->build, 0);

			f->failed |= vec_push(&f->phis, value) != 0;
		}
	}
}

/* the call ------------------------------------------------------------------------- */

static const struct builder_ops ops = {
	.constant = op_constant,
	.run = op_run,
	.map = op_map,
	.contents = op_contents,
	.alu = op_alu,
	.mulhu = op_mulhu,
	.load = op_load,
	.load_const = op_load_const,
	.store = op_store,
	.load_acquire = op_load_acquire,
	.store_release = op_store_release,
	.atomic_add = op_atomic_add,
	.cas = op_cas,
	.var = op_var,
	.set = op_set,
	.get = op_get,
	.label = op_label,
	.bind = op_bind,
	.jump = op_jump,
	.branch = op_branch,
	.call_out = op_call_out,
	.call_function = op_call_function,
};

const struct map *build_known_map(const struct build *b, ir_ref arg, u32 *index)
{
	const struct image_fact *facts = image_facts(b->image);

	if (ir_at(b->f, arg)->op == IR_MAP)
		*index = (u32)ir_at(b->f, arg)->imm;
	else if (facts && facts[b->insn].facts & FACT_ONE_MAP)
		*index = facts[b->insn].map;
	else
		return NULL;
	return b->maps && *index < b->image->map_count ? b->maps[*index] : NULL;
}

static void describe(struct inlining *s, const ir_ref args[5])
{
	const struct build *b = s->build;
	const struct image_fact *facts = image_facts(b->image);

	s->b.ops = &ops;
	s->b.map = build_known_map(b, args[0], &s->map);
	s->b.helper = (u32)image_ops(b->image)[b->insn].imm;
	s->b.map_count = b->image->map_count;
	s->b.before = b->forms[s->b.helper & 255];
	for (u32 i = 0; i < 5; i++) {
		s->b.args[i] = args[i];
		if (ir_is_const(b->f, args[i], &s->b.constants[i]))
			s->b.is_constant |= (u8)(1u << i);
		if (ir_at(b->f, args[i])->op == IR_CODE)
			s->b.is_function |= (u8)(1u << i);
	}
	if (!s->b.map)
		return;
	s->b.key_size = (u8)MIN(s->b.map->key_size, 255u);
	if (facts && facts[b->insn].facts & FACT_CONST_KEY) {
		s->b.key_known = true;
		s->b.key = facts[b->insn].key;
	}
}

bool build_inline(struct build *b, const ir_ref args[5], ir_ref *result)
{
	struct inlining *s = arena_alloc(b->arena, sizeof(*s));
	const struct inline_row *row;
	bvalue value = 0;

	if (!s)
		return false;
	s->build = b;
	describe(s, args);
	row = core_inline(s->b.helper, s->b.map ? s->b.map->type : ~0u);
	if (!row || !row->emit(&s->b, &value))
		return false;
	/* Forms are few and known: one with more labels than there is room for is a bug. */
	if (s->overflow)
		b->err = -E2BIG;
	for (u32 i = 0; i < s->label_count; i++)
		fill_label(s, &s->labels[i]);
	b->forms[s->b.helper & 255] += b->forms[s->b.helper & 255] < 255;
	*result = value;
	return true;
}
