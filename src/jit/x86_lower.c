// SPDX-License-Identifier: BSD-2-Clause
/*
 * x86-64: from values to operations.
 *
 * Blocks are taken last to first, and each from its end, so that whoever uses a
 * value is seen before the value itself: a user may take it into its own operation
 * (an address, a constant, memory as an operand, a comparison into its jump), and
 * what nobody asked for is never made. A value asked for has a virtual register.
 * Each instruction's operations are a chunk; chunks are put in order when a block
 * is complete.
 */
#include <errno.h>
#include <string.h>
#include "jit/x86_lower.h"

#define CALLER_SAVED                                                                       \
	(1u << RAX | 1u << RCX | 1u << RDX | 1u << RSI | 1u << RDI | 1u << R8 | 1u << R9 | \
	 1u << R10 | 1u << R11)
#define FOLD_DISTANCE 48 /* a load is taken into an operation at most so far away */

/* making ---------------------------------------------------------------- */

const struct ir_ins *x86_val(const struct lowering *l, ir_ref r)
{
	return &l->f->ins.data[r];
}

u32 x86_fresh(struct lowering *l)
{
	return l->m->vregs++;
}

/* The next operation; valid until the one after. */
struct mach_ins *x86_put(struct lowering *l, u32 op, u32 size)
{
	static struct mach_ins nowhere;
	struct mach_ins i = {.op = (u16)op,
			     .size = (u8)size,
			     .def = MACH_NONE,
			     .src = {MACH_NONE, MACH_NONE, MACH_NONE},
			     .base = MACH_NONE,
			     .index = MACH_NONE,
			     .scale = 1,
			     .insn = l->insn};

	l->err = l->err ?: vec_push(&l->work, i);
	return l->err ? &nowhere : &l->work.data[l->work.len - 1];
}

void x86_move(struct lowering *l, u32 to, u32 from)
{
	struct mach_ins *i = x86_put(l, MACH_MOVE, 8);

	i->def = to;
	i->src[0] = from;
}

bool x86_constant(const struct lowering *l, ir_ref r, s64 *value)
{
	const struct ir_ins *i = x86_val(l, r);

	if (i->op != IR_CONST)
		return false;
	*value = i->imm;
	return true;
}

bool x86_fits32(s64 v)
{
	return v == (s32)v;
}

/* A constant as the immediate of an operation of `bits`. */
bool x86_immediate(const struct lowering *l, ir_ref r, u32 bits, s64 *value)
{
	if (!x86_constant(l, r, value))
		return false;
	if (bits == 32)
		*value = (s32)*value;
	return x86_fits32(*value);
}

/* The register that will hold the value; constants and the frame's address are made here. */
u32 x86_use(struct lowering *l, ir_ref r)
{
	const struct ir_ins *v = x86_val(l, r);
	struct mach_ins *i;
	u32 reg;

	switch (v->op) {
	case IR_CONST:
	case IR_CODE:
		reg = x86_fresh(l);
		i = x86_put(l, MACH_CONST, 8);
		i->def = reg;
		i->imm = v->imm;
		return reg;
	case IR_FRAME:
		reg = x86_fresh(l);
		i = x86_put(l, X86_LEA, 8);
		i->def = reg;
		i->base = X86_FRAME;
		return reg;
	case IR_RUN: return X86_RUN;
	}
	if (!l->vreg[r])
		l->vreg[r] = x86_fresh(l);
	return l->vreg[r];
}

bool x86_upper_zero(const struct lowering *l, ir_ref r)
{
	const struct ir_ins *i = x86_val(l, r);

	if (i->op == IR_CONST)
		return !((u64)i->imm >> 32);
	return i->zeros >> 32 == 0xffffffff;
}

/* addresses ---------------------------------------------------------------- */

bool x86_alone(const struct lowering *l, ir_ref r)
{
	return x86_val(l, r)->uses == 1 && !l->vreg[r];
}

/* index or index * 2, 4, 8 */
static void scaled(struct lowering *l, ir_ref r, struct place *p)
{
	const struct ir_ins *v = x86_val(l, r);
	s64 n;

	if (v->op == IR_SHL && v->bits == 64 && x86_constant(l, v->b, &n) && n > 0 && n <= 3 &&
	    (x86_alone(l, r) || !l->vreg[r])) {
		p->index = x86_use(l, v->a);
		p->scale = 1u << n;
		return;
	}
	p->index = x86_use(l, r);
	p->scale = 1;
}

struct place x86_address(struct lowering *l, ir_ref r, s64 disp)
{
	struct place p = {MACH_NONE, MACH_NONE, 1, disp};
	const struct ir_ins *v = x86_val(l, r);
	s64 n;

	while (v->op == IR_ADD && v->bits == 64 && x86_constant(l, v->b, &n) &&
	       x86_fits32(p.disp + n)) {
		p.disp += n;
		r = v->a;
		v = x86_val(l, r);
	}
	if (v->op == IR_FRAME) {
		p.base = X86_FRAME;
		return p;
	}
	if (v->op == IR_ADD && v->bits == 64 && x86_alone(l, r) &&
	    x86_val(l, v->b)->op != IR_CONST && x86_val(l, v->a)->op != IR_FRAME &&
	    x86_val(l, v->b)->op != IR_FRAME) {
		const struct ir_ins *a = x86_val(l, v->a);

		if (a->op == IR_SHL && x86_val(l, v->b)->op != IR_SHL) {
			p.base = x86_use(l, v->b);
			scaled(l, v->a, &p);
		} else {
			p.base = x86_use(l, v->a);
			scaled(l, v->b, &p);
		}
		return p;
	}
	p.base = x86_use(l, r);
	return p;
}

void x86_set_place(struct mach_ins *i, const struct place *p)
{
	i->base = p->base;
	i->index = p->index;
	i->scale = (u8)p->scale;
	i->disp = (s32)p->disp;
}

/* Does nothing that writes stand between the load and where its value is used? */
bool x86_can_take(const struct lowering *l, ir_ref load)
{
	const struct ir_ins *v = x86_val(l, load);
	u32 n = 0;

	if (v->op != IR_LOAD || !x86_alone(l, load) || v->block != x86_val(l, l->at)->block)
		return false;
	for (ir_ref r = v->next; r && r != l->at; r = x86_val(l, r)->next)
		if (ir_flags(x86_val(l, r)->op) & IR_EFFECT || ++n > FOLD_DISTANCE)
			return false;
	return true;
}

struct operand x86_operand(struct lowering *l, ir_ref r, u32 bits)
{
	struct operand o = {.reg = MACH_NONE};

	if (x86_immediate(l, r, bits, &o.imm)) {
		o.is_imm = true;
	} else if (x86_val(l, r)->size * 8u == bits && x86_can_take(l, r)) {
		o.is_mem = true;
		o.place = x86_address(l, x86_val(l, r)->a, x86_val(l, r)->imm);
	} else {
		o.reg = x86_use(l, r);
	}
	return o;
}

void x86_set_operand(struct mach_ins *i, const struct operand *o)
{
	if (o->is_imm)
		i->imm = o->imm;
	else if (o->is_mem)
		x86_set_place(i, &o->place);
	else
		i->src[1] = o->reg;
}

/* ends
 * --------------------------------------------------------------------------------------------- */

/* The laid block an edge leads to: its own, when it has copies to make. */
static u32 edge(const struct lowering *l, u32 from, u32 to)
{
	for (u32 i = l->place[from] + 1; i < l->laid.len && !l->laid.data[i].block; i++)
		if (l->laid.data[i].to == to)
			return i;
	return l->place[to];
}

static void jump(struct lowering *l, u32 to)
{
	struct mach_ins *i = x86_put(l, X86_JMP, 8);

	i->imm = to;
}

static void jump_if(struct lowering *l, u32 cond, u32 to)
{
	struct mach_ins *i = x86_put(l, X86_JCC, 8);

	i->cond = (u8)cond;
	i->imm = to;
}

/* The phis of `to`, as its predecessor `from` sets them. */
static void copies(struct lowering *l, u32 from, u32 to)
{
	const struct ir_block *b = &l->f->blocks.data[to];
	u32 first = (u32)l->m->copies.len, pred = 0;
	struct mach_ins *i;

	while (b->preds.data[pred] != from)
		pred++;
	for (ir_ref r = b->first; r; r = x86_val(l, r)->next) {
		struct mach_copy c = {.to = l->vreg[r], .from = MACH_NONE};
		ir_ref v;

		if (x86_val(l, r)->op != IR_PHI) {
			if (x86_val(l, r)->op == IR_CONST)
				continue;
			break;
		}
		if (!c.to)
			continue;
		v = l->f->phis.data[x86_val(l, r)->imm + pred];
		if (!x86_constant(l, v, &c.value))
			c.from = x86_use(l, v);
		l->err = l->err ?: vec_push(&l->m->copies, c);
	}
	if (l->m->copies.len == first)
		return;
	i = x86_put(l, MACH_PARALLEL, 8);
	i->args = first;
	i->count = (u32)l->m->copies.len - first;
}

static void branch(struct lowering *l, const struct ir_ins *v)
{
	const struct ir_block *b = &l->f->blocks.data[v->block];
	u32 cond = x86_compare(l, v->a, v->b, v->bits, (u32)v->imm);

	jump_if(l, cond, edge(l, v->block, b->succ[0]));
	jump(l, edge(l, v->block, b->succ[1]));
}

static void leave_for_another(struct lowering *l, const struct ir_ins *v)
{
	const ir_ref *args = &l->f->args.data[v->args];
	u32 values[2] = {x86_use(l, args[1]), x86_use(l, args[2])}, ctx = x86_use(l, args[0]), mask;
	struct mach_ins *i;

	mask = x86_pass(l, x86_helper_args, values, 2, true);
	x86_call_address(l, NATIVE_CALL, NATIVE_TAIL, mask, MACH_NONE);
	x86_compare_const(l, 8, RAX, 0);
	jump_if(l, COND_EQ, edge(l, v->block, l->f->blocks.data[v->block].succ[0]));
	x86_move(l, RDI, ctx);
	i = x86_put(l, X86_LEAVE, 8);
	i->src[0] = RAX;
	i->src[1] = RDI;
}

static void switch_to(struct lowering *l, const struct ir_ins *v)
{
	const struct ir_case *cases = &l->f->cases.data[v->args];
	u32 n = v->count - 1u, none = edge(l, v->block, cases[n].block), reg = x86_use(l, v->a), t;
	u64 min = ~0ull, max = 0;
	struct mach_ins *i;
	u32 first = (u32)l->m->cases.len;

	for (u32 k = 0; k < n; k++) {
		min = MIN(min, cases[k].value);
		max = MAX(max, cases[k].value);
	}
	t = x86_fresh(l);
	if (min) {
		struct place p = {reg, MACH_NONE, 1, -(s64)min};

		x86_lea(l, 8, t, &p);
	} else {
		x86_move(l, t, reg);
	}
	x86_compare_const(l, 8, t, (s64)(max - min));
	jump_if(l, COND_GT, none);
	for (u64 value = min; value <= max; value++) {
		u32 to = none;

		for (u32 k = 0; k < n; k++)
			if (cases[k].value == value)
				to = edge(l, v->block, cases[k].block);
		l->err = l->err ?: vec_push(&l->m->cases, to);
	}
	i = x86_put(l, X86_SWITCH, 8);
	i->src[0] = t;
	i->def = x86_fresh(l);
	i->args = first;
	i->count = (u32)(max - min + 1);
}

static void stop(struct lowering *l, const struct ir_ins *v)
{
	u32 values[2], mask;

	if (v->op == IR_THROW) {
		values[0] = x86_use(l, v->a);
		mask = x86_pass(l, x86_helper_args, values, 1, true);
		x86_call_address(l, NATIVE_CALL, NATIVE_THROW, mask, MACH_NONE);
	} else {
		values[0] = x86_const_register(l, v->imm);
		values[1] = x86_const_register(l, v->insn);
		mask = x86_pass(l, x86_helper_args, values, 2, true);
		x86_call_address(l, NATIVE_CALL, NATIVE_STOP, mask, MACH_NONE);
	}
	x86_put(l, X86_TRAP, 8);
}

static void end(struct lowering *l, const struct ir_ins *v)
{
	const struct ir_block *b = &l->f->blocks.data[v->block];

	switch (v->op) {
	case IR_JUMP:
		if (edge(l, v->block, b->succ[0]) == l->place[b->succ[0]])
			copies(l, v->block, b->succ[0]);
		jump(l, edge(l, v->block, b->succ[0]));
		break;
	case IR_BRANCH: branch(l, v); break;
	case IR_SWITCH: switch_to(l, v); break;
	case IR_RETURN: {
		s64 n;

		if (x86_constant(l, v->a, &n)) {
			struct mach_ins *i = x86_put(l, MACH_CONST, 8);

			i->def = RAX;
			i->imm = n;
		} else {
			x86_move(l, RAX, x86_use(l, v->a));
		}
		x86_put(l, X86_RET, 8);
		break;
	}
	case IR_TAIL: leave_for_another(l, v); break;
	default: stop(l, v);
	}
}

/* instructions
 * ---------------------------------------------------------------------------------------- */

static void relocated(struct lowering *l, const struct ir_ins *v, u32 d)
{
	struct mach_ins *i = x86_put(l, MACH_CONST, 8);

	i->def = d;
	i->reloc = (v->op == IR_MAP      ? NATIVE_MAP
		    : v->op == IR_MAPVAL ? NATIVE_MAP_VALUE
					 : NATIVE_MAP_MEMORY) +
		   1;
	i->imm =
		v->op == IR_MAP ? (s64)((u64)v->imm << 32) : (s64)((u64)v->map << 32 | (u32)v->imm);
}

static void value(struct lowering *l, const struct ir_ins *v, u32 d)
{
	switch (v->op) {
	case IR_PARAM: x86_move(l, d, x86_sub_args[v->imm - 1]); break;
	case IR_MAP:
	case IR_MAPVAL:
	case IR_MAPMEM: relocated(l, v, d); break;
	case IR_COPY: x86_move(l, d, x86_use(l, v->a)); break;
	case IR_ADD:
	case IR_SUB:
	case IR_AND:
	case IR_OR:
	case IR_XOR: x86_binary(l, v, d); break;
	case IR_MUL: x86_multiply(l, v, d); break;
	case IR_MULHU: x86_high_product(l, v, d); break;
	case IR_UDIV:
	case IR_UMOD:
	case IR_SDIV:
	case IR_SMOD: x86_divide(l, v, d); break;
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
	case IR_ROL: x86_shift(l, v, d); break;
	case IR_NEG:
	case IR_NOT:
	case IR_POPCNT: x86_unary(l, v, d); break;
	case IR_BSWAP: x86_swap_bytes(l, v, d); break;
	case IR_ZEXT:
	case IR_SEXT: x86_extend(l, v, d); break;
	case IR_CMP: x86_set_flag(l, v, d); break;
	case IR_SELECT: x86_select_value(l, v, d); break;
	case IR_LOAD:
	case IR_LOADS:
	case IR_ACQUIRE: x86_load(l, v, d); break;
	default: l->err = l->err ?: -EOPNOTSUPP;
	}
}

static void effect(struct lowering *l, ir_ref r, const struct ir_ins *v)
{
	u32 d = l->vreg[r] ?: MACH_NONE;

	switch (v->op) {
	case IR_STORE:
	case IR_RELEASE: x86_store(l, v); break;
	case IR_ATOMIC: x86_atomic(l, v, d); break;
	case IR_CAS: x86_compare_exchange(l, v, d); break;
	case IR_FENCE: x86_put(l, X86_MFENCE, 8); break;
	case IR_ACQUIRE:
		if (d != MACH_NONE)
			x86_load(l, v, d);
		break;
	case IR_LOADX: x86_load_carefully(l, v, d); break;
	default: x86_call(l, v, d);
	}
}

static void lower_ins(struct lowering *l, ir_ref r)
{
	const struct ir_ins *v = x86_val(l, r);
	struct chunk c = {.first = (u32)l->work.len};

	l->at = r;
	l->insn = v->insn;
	if (ir_flags(v->op) & IR_END)
		end(l, v);
	else if (ir_flags(v->op) & IR_EFFECT)
		effect(l, r, v);
	else if (l->vreg[r] && v->op != IR_PHI)
		value(l, v, l->vreg[r]);
	c.count = (u32)l->work.len - c.first;
	if (c.count)
		l->err = l->err ?: vec_push(&l->chunks, c);
}

/* The block's chunks, last made first. */
static void keep(struct lowering *l, struct laid *out)
{
	for (u32 k = (u32)l->chunks.len; k-- > 0 && !l->err;)
		for (u32 i = 0; i < l->chunks.data[k].count && !l->err; i++)
			l->err = vec_push(&out->ins, l->work.data[l->chunks.data[k].first + i]);
	l->work.len = l->chunks.len = 0;
}

static void lower_block(struct lowering *l, struct laid *out)
{
	const struct ir_block *b = &l->f->blocks.data[out->block];

	for (ir_ref r = b->last; r && !l->err; r = x86_val(l, r)->prev)
		lower_ins(l, r);
	keep(l, out);
}

static void lower_edge(struct lowering *l, struct laid *out)
{
	struct chunk c = {0};

	l->insn = x86_val(l, l->f->blocks.data[out->from].last)->insn;
	copies(l, out->from, out->to);
	jump(l, l->place[out->to]);
	c.count = (u32)l->work.len;
	l->err = l->err ?: vec_push(&l->chunks, c);
	keep(l, out);
}

/* layout
 * --------------------------------------------------------------------------------------------- */

static bool has_phis(const struct lowering *l, u32 block)
{
	for (ir_ref r = l->f->blocks.data[block].first; r; r = x86_val(l, r)->next) {
		if (x86_val(l, r)->op == IR_PHI)
			return true;
		if (x86_val(l, r)->op != IR_CONST)
			return false;
	}
	return false;
}

static int lay(struct lowering *l, u32 block)
{
	u32 n = ir_successor_count(l->f, block);
	int err;

	l->place[block] = (u32)l->laid.len;
	err = vec_push(&l->laid, ((struct laid){.block = block}));
	for (u32 i = 0; i < n && !err; i++) {
		u32 to = ir_successor(l->f, block, i);
		bool twice = false;

		for (u32 k = 0; k < i; k++)
			twice |= ir_successor(l->f, block, k) == to;
		if (n > 1 && !twice && has_phis(l, to))
			err = vec_push(&l->laid, ((struct laid){.from = block, .to = to}));
	}
	return err;
}

static int lay_out(struct lowering *l)
{
	int err = 0;

	for (u32 rare = 0; rare < 2; rare++)
		for (u32 i = 0; i < l->f->order.len && !err; i++)
			if (l->f->blocks.data[l->f->order.data[i]].rare == rare)
				err = lay(l, l->f->order.data[i]);
	return err;
}

/* Phis that somebody uses, and what flows into them. */
static void want_phis(struct lowering *l)
{
	for (ir_ref r = 1; r < l->f->ins.len; r++)
		if (x86_val(l, r)->block && x86_val(l, r)->op == IR_PHI && x86_val(l, r)->uses)
			x86_use(l, r);
	for (ir_ref r = 1; r < l->f->ins.len; r++) {
		const struct ir_ins *phi = x86_val(l, r);

		if (!phi->block || phi->op != IR_PHI || !l->vreg[r])
			continue;
		for (u32 i = 0; i < l->f->blocks.data[phi->block].preds.len; i++) {
			ir_ref v = l->f->phis.data[phi->imm + i];
			u32 op = x86_val(l, v)->op;

			if (op != IR_CONST && op != IR_FRAME && op != IR_RUN && op != IR_CODE)
				x86_use(l, v);
		}
	}
}

static void successors(struct lowering *l, u32 n, struct mach_block *b)
{
	const struct laid *laid = &l->laid.data[n];

	if (!laid->block) {
		b->succ[b->succ_count++] = l->place[laid->to];
		b->depth =
			MIN(l->f->blocks.data[laid->from].depth, l->f->blocks.data[laid->to].depth);
		return;
	}
	b->depth = l->f->blocks.data[laid->block].depth;
	for (u32 i = 0; i < ir_successor_count(l->f, laid->block); i++) {
		u32 to = edge(l, laid->block, ir_successor(l->f, laid->block, i));

		if (b->succ_count < 2) {
			b->succ[b->succ_count++] = to;
			continue;
		}
		if (!b->case_count)
			b->cases = (u32)l->m->cases.len;
		b->case_count++;
		l->err = l->err ?: vec_push(&l->m->cases, to);
	}
}

static int assemble(struct lowering *l)
{
	for (u32 n = 0; n < l->laid.len && !l->err; n++) {
		struct mach_block b = {.first = (u32)l->m->ins.len};

		successors(l, n, &b);
		b.count = (u32)l->laid.data[n].ins.len;
		l->err = l->err ?: vec_reserve(&l->m->ins, b.count);
		if (!l->err && b.count)
			memcpy(l->m->ins.data + l->m->ins.len, l->laid.data[n].ins.data,
			       b.count * sizeof(struct mach_ins));
		l->m->ins.len += b.count;
		l->err = l->err ?: vec_push(&l->m->blocks, b);
	}
	return l->err;
}

int x86_lower(const struct ir_function *f, const struct jit_options *opts,
	      struct mach_function *out)
{
	struct lowering l = {.f = f, .opts = opts, .m = out};

	*out = (struct mach_function){.ir = f, .vregs = MACH_VREG};
	l.vreg = base_calloc(f->ins.len, sizeof(u32));
	l.place = base_calloc(f->blocks.len, sizeof(u32));
	l.err = l.vreg && l.place ? lay_out(&l) : -ENOMEM;
	if (!l.err)
		want_phis(&l);
	/* Reverse postorder backwards: users come before what they use. */
	for (u32 i = (u32)f->order.len; i-- > 0 && !l.err;) {
		u32 at = l.place[f->order.data[i]];

		for (u32 k = at + 1; k < l.laid.len && !l.laid.data[k].block; k++)
			lower_edge(&l, &l.laid.data[k]);
		lower_block(&l, &l.laid.data[at]);
	}
	if (!l.err)
		assemble(&l);
	for (u32 n = 0; n < l.laid.len; n++)
		vec_fini(&l.laid.data[n].ins);
	vec_fini(&l.laid);
	vec_fini(&l.work);
	vec_fini(&l.chunks);
	base_free(l.vreg);
	base_free(l.place);
	return l.err;
}

/* the target
 * ------------------------------------------------------------------------------------------ */

static void implicit(const struct mach_ins *i, u64 *uses, u64 *defs)
{
	switch (i->op) {
	case X86_CALL:
	case X86_CALL_SUB:
		*uses = i->args;
		*defs = CALLER_SAVED;
		break;
	case X86_MULH:
		*uses = 1u << RAX;
		*defs = 1u << RAX | 1u << RDX;
		break;
	case X86_DIV:
	case X86_IDIV:
		*uses = 1u << RAX | 1u << RDX;
		*defs = 1u << RAX | 1u << RDX;
		break;
	case X86_CQO:
		*uses = 1u << RAX;
		*defs = 1u << RDX;
		break;
	case X86_CMPXCHG:
	case X86_FETCH:
		*uses = 1u << RAX;
		*defs = 1u << RAX;
		break;
	case X86_RET: *uses = 1u << RAX; break;
	}
}

static const u8 preference[] = {RAX, RCX, RDX, RSI, RDI, R8,  R9,
				R10, RBX, RBP, R12, R13, R14, 0xff};

const struct mach_target x86_target = {
	.name = "x86-64",
	.allocatable = 0x77ff & ~(1u << RSP | 1u << R11),
	.order = preference,
	.scratch = X86_SCRATCH,
	.implicit = implicit,
};
