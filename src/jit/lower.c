// SPDX-License-Identifier: BSD-2-Clause
/*
 * From values to a target's operations.
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
#include "jit/lower.h"

#define FOLD_DISTANCE 48 /* a load is taken into an operation at most so far away */
#define KEPT_BACK     64 /* so far back a constant made elsewhere is looked for */

/* making ---------------------------------------------------------------- */

u32 lower_fresh(struct lowering *l)
{
	return l->m->vregs++;
}

/* The next operation; valid until the one after. */
struct mach_ins *lower_put(struct lowering *l, u32 op, u32 size)
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

void lower_move(struct lowering *l, u32 to, u32 from)
{
	struct mach_ins *i = lower_put(l, MACH_MOVE, 8);

	i->def = to;
	i->src[0] = from;
}

void lower_move_low(struct lowering *l, u32 to, u32 from)
{
	lower_move(l, to, from);
	if (!l->err)
		l->work.data[l->work.len - 1].size = 4;
}

/* The value; half as wide a move does when its upper half is zero. */
void lower_move_value(struct lowering *l, u32 to, ir_ref r)
{
	u32 from = lower_use(l, r);

	if (lower_upper_zero(l, r))
		lower_move_low(l, to, from);
	else
		lower_move(l, to, from);
}

void lower_const(struct lowering *l, u32 d, s64 value)
{
	struct mach_ins *i = lower_put(l, MACH_CONST, 8);

	i->def = d;
	i->imm = value;
}

/*
 * Where the user of a constant that costs `cost` stands: the block before its outermost loop, at
 * whose end the constant had better be made; when others want it too, at its own block's head. 0:
 * right there.
 */
static u32 home_of(const struct lowering *l, u32 cost, bool shared, bool *at_head)
{
	u32 own = lower_val(l, l->at)->block, block = own, head;

	while ((head = l->f->blocks.data[block].loop)) {
		u32 to = l->f->blocks.data[head].dom;

		if (!to || l->f->blocks.data[to].depth >= l->f->blocks.data[head].depth)
			break;
		block = to;
	}
	*at_head = block == own;
	return block != own || (shared && cost > 1) ? block : 0;
}

static u32 constant_register(struct lowering *l, s64 value, bool shared)
{
	u32 cost = l->target->const_cost ? l->target->const_cost((u64)value) : 0, n, home;
	struct lower_kept k = {.value = value};

	home = cost ? home_of(l, cost, shared, &k.at_head) : 0;
	if (!home) {
		n = lower_fresh(l);
		lower_const(l, n, value);
		return n;
	}
	n = (u32)l->kept.len;
	for (u32 i = n; i-- > 0 && n - i <= KEPT_BACK;) {
		const struct lower_kept *o = &l->kept.data[i];

		if (o->value == value && o->home == home && o->at_head == k.at_head)
			return o->reg;
	}
	k.home = home;
	k.reg = lower_fresh(l);
	l->err = l->err ?: vec_push(&l->kept, k);
	return k.reg;
}

u32 lower_const_register(struct lowering *l, s64 value)
{
	return constant_register(l, value, false);
}

/* values ---------------------------------------------------------------- */

bool lower_constant(const struct lowering *l, ir_ref r, s64 *value)
{
	const struct ir_ins *i = lower_val(l, r);

	if (i->op != IR_CONST)
		return false;
	*value = i->imm;
	return true;
}

u32 lower_use(struct lowering *l, ir_ref r)
{
	const struct ir_ins *v = lower_val(l, r);
	u32 reg;

	switch (v->op) {
	case IR_CONST:
	case IR_CODE: return constant_register(l, v->imm, v->uses > 1);
	case IR_FRAME:
		reg = lower_fresh(l);
		l->target->frame(l, reg);
		return reg;
	case IR_RUN: return l->target->run;
	}
	if (!l->vreg[r])
		l->vreg[r] = lower_fresh(l);
	return l->vreg[r];
}

bool lower_upper_zero(const struct lowering *l, ir_ref r)
{
	const struct ir_ins *i = lower_val(l, r);

	if (i->op == IR_CONST)
		return !((u64)i->imm >> 32);
	return i->zeros >> 32 == 0xffffffff;
}

bool lower_alone(const struct lowering *l, ir_ref r)
{
	return lower_val(l, r)->uses == 1 && !l->vreg[r];
}

bool lower_can_take(const struct lowering *l, ir_ref load)
{
	const struct ir_ins *v = lower_val(l, load);
	u32 n = 0;

	if (v->op != IR_LOAD || !lower_alone(l, load) || v->block != lower_val(l, l->at)->block)
		return false;
	for (ir_ref r = v->next; r && r != l->at; r = lower_val(l, r)->next)
		if (ir_flags(lower_val(l, r)->op) & IR_EFFECT || ++n > FOLD_DISTANCE)
			return false;
	return true;
}

/* control ---------------------------------------------------------------- */

/* An edge with copies to make has a block of its own. */
u32 lower_edge(const struct lowering *l, u32 from, u32 to)
{
	for (u32 i = l->place[from] + 1; i < l->laid.len && !l->laid.data[i].block; i++)
		if (l->laid.data[i].to == to)
			return i;
	return l->place[to];
}

void lower_jump(struct lowering *l, u32 to)
{
	struct mach_ins *i = lower_put(l, l->target->jump, 8);

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
	for (ir_ref r = b->first; r; r = lower_val(l, r)->next) {
		struct mach_copy c = {.to = l->vreg[r], .from = MACH_NONE};
		ir_ref v;

		if (lower_val(l, r)->op != IR_PHI) {
			if (lower_val(l, r)->op == IR_CONST)
				continue;
			break;
		}
		if (!c.to)
			continue;
		v = l->f->phis.data[lower_val(l, r)->imm + pred];
		if (!lower_constant(l, v, &c.value)) {
			c.from = lower_use(l, v);
			c.narrow = lower_upper_zero(l, v);
		}
		l->err = l->err ?: vec_push(&l->m->copies, c);
	}
	if (l->m->copies.len == first)
		return;
	i = lower_put(l, MACH_PARALLEL, 8);
	i->args = first;
	i->count = (u32)l->m->copies.len - first;
}

struct lower_cases lower_switch(struct lowering *l, const struct ir_ins *v)
{
	const struct ir_case *cases = &l->f->cases.data[v->args];
	u32 n = v->count - 1u;
	struct lower_cases c = {.min = ~0ull,
				.first = (u32)l->m->cases.len,
				.none = lower_edge(l, v->block, cases[n].block)};

	for (u32 k = 0; k < n; k++) {
		c.min = MIN(c.min, cases[k].value);
		c.max = MAX(c.max, cases[k].value);
	}
	for (u64 value = c.min; value <= c.max; value++) {
		u32 to = c.none;

		for (u32 k = 0; k < n; k++)
			if (cases[k].value == value)
				to = lower_edge(l, v->block, cases[k].block);
		l->err = l->err ?: vec_push(&l->m->cases, to);
	}
	return c;
}

/* calls ---------------------------------------------------------------- */

static void pass(struct lowering *l, struct mach_copy c, u32 *mask)
{
	l->err = l->err ?: vec_push(&l->m->copies, c);
	*mask |= 1u << c.to;
}

/* The copies from `first` on, that of the run added, at once. */
static u32 pass_all(struct lowering *l, u32 first, u32 mask, bool c)
{
	struct mach_ins *i;

	if (c)
		pass(l, (struct mach_copy){.to = l->target->c_run, .from = l->target->run}, &mask);
	i = lower_put(l, MACH_PARALLEL, 8);
	i->args = first;
	i->count = (u32)l->m->copies.len - first;
	return mask;
}

u32 lower_pass(struct lowering *l, const u32 *values, u32 n, bool c)
{
	const u8 *regs = c ? l->target->c_args : l->target->args;
	u32 first = (u32)l->m->copies.len, mask = 0;

	for (u32 k = 0; k < n; k++)
		pass(l, (struct mach_copy){.to = regs[k], .from = values[k]}, &mask);
	return pass_all(l, first, mask, c);
}

/* Constants go into their registers by the copies themselves. */
static u32 pass_values(struct lowering *l, const struct ir_ins *v, u32 n, bool c)
{
	const u8 *regs = c ? l->target->c_args : l->target->args;
	struct mach_copy copies[5];
	u32 first, mask = 0;

	for (u32 k = 0; k < n; k++) {
		ir_ref r = l->f->args.data[v->args + k];

		copies[k] = (struct mach_copy){.to = regs[k], .from = MACH_NONE};
		if (!lower_constant(l, r, &copies[k].value))
			copies[k].from = lower_use(l, r);
	}
	first = (u32)l->m->copies.len;
	for (u32 k = 0; k < n; k++)
		pass(l, copies[k], &mask);
	return pass_all(l, first, mask, c);
}

void lower_call_address(struct lowering *l, u32 kind, u32 index, u32 mask, u32 d)
{
	struct mach_ins *i = lower_put(l, l->target->call, 8);

	i->reloc = kind + 1;
	i->imm = (s64)((u64)index << 32);
	i->args = mask;
	l->m->calls = true;
	if (d != MACH_NONE)
		lower_move(l, d, l->target->result);
}

static u32 helper_arg_count(u32 id)
{
	const struct helper_proto *p = core_helper(id);

	return p ? core_helper_reads(p) : 5;
}

static void call(struct lowering *l, const struct ir_ins *v, u32 d)
{
	u32 n = v->op == IR_HELPER ? helper_arg_count((u32)v->imm) : v->count, mask;
	struct mach_ins *i;

	mask = pass_values(l, v, n, v->op != IR_CALL);
	if (v->op != IR_CALL) {
		lower_call_address(l,
				   v->op == IR_HELPER  ? NATIVE_HELPER
				   : v->op == IR_KFUNC ? NATIVE_KFUNC
						       : NATIVE_CALL,
				   (u32)v->imm, mask, d);
		return;
	}
	i = lower_put(l, l->target->call_sub, 8);
	i->imm = v->imm;
	i->args = mask;
	l->m->calls = true;
	if (d != MACH_NONE)
		lower_move(l, d, l->target->result);
}

static void stop(struct lowering *l, const struct ir_ins *v)
{
	u32 values[2], mask;

	if (v->op == IR_THROW) {
		values[0] = lower_use(l, v->a);
		mask = lower_pass(l, values, 1, true);
		lower_call_address(l, NATIVE_CALL, NATIVE_THROW, mask, MACH_NONE);
	} else {
		values[0] = lower_const_register(l, v->imm);
		values[1] = lower_const_register(l, v->insn);
		mask = lower_pass(l, values, 2, true);
		lower_call_address(l, NATIVE_CALL, NATIVE_STOP, mask, MACH_NONE);
	}
	lower_put(l, l->target->trap, 8);
}

static void end(struct lowering *l, const struct ir_ins *v)
{
	const struct ir_block *b = &l->f->blocks.data[v->block];
	s64 n;

	switch (v->op) {
	case IR_JUMP:
		if (lower_edge(l, v->block, b->succ[0]) == l->place[b->succ[0]])
			copies(l, v->block, b->succ[0]);
		lower_jump(l, lower_edge(l, v->block, b->succ[0]));
		break;
	case IR_RETURN:
		if (lower_constant(l, v->a, &n))
			lower_const(l, l->target->result, n);
		else
			lower_move_value(l, l->target->result, v->a);
		lower_put(l, l->target->ret, 8);
		break;
	case IR_THROW:
	case IR_STOP: stop(l, v); break;
	default: l->target->end(l, v);
	}
}

/* instructions ---------------------------------------------------------------- */

static void relocated(struct lowering *l, const struct ir_ins *v, u32 d)
{
	struct mach_ins *i = lower_put(l, MACH_CONST, 8);

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
	s64 n;

	switch (v->op) {
	case IR_PARAM: lower_move(l, d, l->target->args[v->imm - 1]); break;
	case IR_MAP:
	case IR_MAPVAL:
	case IR_MAPMEM: relocated(l, v, d); break;
	case IR_COPY:
		if (lower_constant(l, v->a, &n))
			lower_const(l, d, n);
		else
			lower_move(l, d, lower_use(l, v->a));
		break;
	default: l->target->value(l, v, d);
	}
}

static void effect(struct lowering *l, const struct ir_ins *v, u32 d)
{
	switch (v->op) {
	case IR_HELPER:
	case IR_KFUNC:
	case IR_CALL:
	case IR_CCALL: call(l, v, d); break;
	default: l->target->effect(l, v, d);
	}
}

static void lower_ins(struct lowering *l, ir_ref r)
{
	const struct ir_ins *v = lower_val(l, r);
	struct chunk c = {.first = (u32)l->work.len};

	l->at = r;
	l->insn = v->insn;
	if (ir_flags(v->op) & IR_END)
		end(l, v);
	else if (ir_flags(v->op) & IR_EFFECT)
		effect(l, v, l->vreg[r] ?: MACH_NONE);
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

/* The constants that later blocks want made at this one's end, or it at its own head. */
static void make_kept(struct lowering *l, u32 block, bool at_head)
{
	struct chunk c = {.first = (u32)l->work.len};
	u32 left = 0;

	for (u32 i = 0; i < l->kept.len && !l->err; i++) {
		struct lower_kept *k = &l->kept.data[i];

		if (k->home == block && k->at_head == at_head)
			lower_const(l, k->reg, k->value);
		else
			l->kept.data[left++] = *k;
	}
	l->kept.len = left;
	c.count = (u32)l->work.len - c.first;
	if (c.count)
		l->err = l->err ?: vec_push(&l->chunks, c);
}

static void lower_block(struct lowering *l, struct laid *out)
{
	const struct ir_block *b = &l->f->blocks.data[out->block];

	for (ir_ref r = b->last; r && !l->err; r = lower_val(l, r)->prev) {
		lower_ins(l, r);
		if (r == b->last)
			make_kept(l, out->block, false);
	}
	make_kept(l, out->block, true);
	keep(l, out);
}

static void edge_block(struct lowering *l, struct laid *out)
{
	struct chunk c = {0};

	l->at = l->f->blocks.data[out->from].last;
	l->insn = lower_val(l, l->at)->insn;
	copies(l, out->from, out->to);
	lower_jump(l, l->place[out->to]);
	c.count = (u32)l->work.len;
	l->err = l->err ?: vec_push(&l->chunks, c);
	keep(l, out);
}

/* layout ---------------------------------------------------------------- */

static bool has_phis(const struct lowering *l, u32 block)
{
	for (ir_ref r = l->f->blocks.data[block].first; r; r = lower_val(l, r)->next) {
		if (lower_val(l, r)->op == IR_PHI)
			return true;
		if (lower_val(l, r)->op != IR_CONST)
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
		if (lower_val(l, r)->block && lower_val(l, r)->op == IR_PHI &&
		    lower_val(l, r)->uses)
			lower_use(l, r);
	for (ir_ref r = 1; r < l->f->ins.len; r++) {
		const struct ir_ins *phi = lower_val(l, r);

		if (!phi->block || phi->op != IR_PHI || !l->vreg[r])
			continue;
		for (u32 i = 0; i < l->f->blocks.data[phi->block].preds.len; i++) {
			ir_ref v = l->f->phis.data[phi->imm + i];
			u32 op = lower_val(l, v)->op;

			l->feeds_phi[v] = true;
			if (op != IR_CONST && op != IR_FRAME && op != IR_RUN && op != IR_CODE)
				lower_use(l, v);
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
		u32 to = lower_edge(l, laid->block, ir_successor(l->f, laid->block, i));

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

int lower_function(const struct ir_function *f, const struct jit_options *opts,
		   const struct lower_target *target, struct mach_function *out)
{
	struct lowering l = {.f = f, .opts = opts, .target = target, .m = out};

	*out = (struct mach_function){.ir = f, .vregs = MACH_VREG};
	l.vreg = base_calloc(f->ins.len, sizeof(u32));
	l.feeds_phi = base_calloc(f->ins.len, sizeof(bool));
	l.place = base_calloc(f->blocks.len, sizeof(u32));
	l.err = l.vreg && l.feeds_phi && l.place ? lay_out(&l) : -ENOMEM;
	if (!l.err)
		want_phis(&l);
	/* Reverse postorder backwards: users come before what they use. */
	for (u32 i = (u32)f->order.len; i-- > 0 && !l.err;) {
		u32 at = l.place[f->order.data[i]];

		for (u32 k = at + 1; k < l.laid.len && !l.laid.data[k].block; k++)
			edge_block(&l, &l.laid.data[k]);
		lower_block(&l, &l.laid.data[at]);
	}
	if (!l.err)
		assemble(&l);
	for (u32 n = 0; n < l.laid.len; n++)
		vec_fini(&l.laid.data[n].ins);
	vec_fini(&l.laid);
	vec_fini(&l.work);
	vec_fini(&l.chunks);
	vec_fini(&l.kept);
	base_free(l.vreg);
	base_free(l.feeds_phi);
	base_free(l.place);
	return l.err;
}
