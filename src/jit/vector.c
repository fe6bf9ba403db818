// SPDX-License-Identifier: BSD-2-Clause
/*
 * Loops over bytes and words in vector form.
 *
 * Taken are loops of one block that go round a known number of times, N, and in
 * which everything is one of these:
 *
 *	an induction		i = phi(start, i + constant)
 *	a reduction		s = phi(start, s op x): +, &, |, ^
 *	a value of lanes	loads from start + round * size, invariants, and what
 *				is computed of them
 *	one store		the like, if no round reads what another has written
 *
 * The loop itself stays as it is, for the last rounds: of the N, the first M (a
 * multiple of what one turn of vectors does, at least one less than N) are done by
 * an IR_VECTOR before it, one per reduction, and the phis start from where that
 * leaves off. So nothing of the graph changes but the block before the loop, and
 * values that are used behind the loop are the last round's as ever. Every load is
 * one that the loop would have made.
 *
 * The width of lanes is the least that cannot be told from 64 bits: for a store
 * its size; for a reduction 32 if it is one of 32 bits, or if all its values and
 * their sum are known to fit; else 64. Values of lanes are right in their low
 * `width` bits. That is enough for sums, products and bitwise operations; a shift to
 * the right needs its operand whole.
 */
#include <errno.h>
#include <string.h>
#include "jit/ir.h"
#include "jit/jit.h"
#include "jit/vector.h"

#define MOST_ROUNDS (1u << 24)
#define PHIS        8
#define NO_LANE     0xff

struct induction {
	ir_ref phi, init;
	s64 step;
	u32 bits;
};

/* inv[0] + inv[1] + off + round * coef */
struct affine {
	ir_ref inv[2];
	s64 coef, off;
};

struct loop {
	struct ir_function *f;
	u32 head, before; /* before: the block that leads to it; after split(): a new one */
	u32 back, enter;  /* places of the two in phis */
	struct induction ivs[PHIS];
	u32 iv_count;
	ir_ref sums[PHIS];
	u32 sum_count;
	ir_ref store;
	u64 rounds;
	/* the vector being made */
	struct ir_vector v;
	ir_ref args[VECTOR_ARGS], more[VECTOR_ARGS]; /* an address is the sum of both */
	u32 arg_count;
};

static ir_ref phi_operand(const struct loop *l, ir_ref phi, u32 at)
{
	return l->f->phis.data[ir_at(l->f, phi)->imm + at];
}

static bool inside(const struct loop *l, ir_ref r)
{
	return ir_at(l->f, r)->block == l->head;
}

/* inductions --------------------------------------------------------------------- */

static bool take_induction(struct loop *l, ir_ref phi)
{
	const struct ir_ins *next = ir_at(l->f, phi_operand(l, phi, l->back));
	u64 step, first;

	if (next->op != IR_ADD || next->a != phi || !ir_is_const(l->f, next->b, &step) ||
	    (s64)step != (s32)step)
		return false;
	/* One of 32 bits must not wrap: its start must be known. */
	if (next->bits == 32 && (!ir_is_const(l->f, phi_operand(l, phi, l->enter), &first) ||
				 first > UINT32_MAX || (s32)step < 0))
		return false;
	l->ivs[l->iv_count++] =
		(struct induction){phi, phi_operand(l, phi, l->enter),
				   next->bits == 32 ? (s32)step : (s64)step, next->bits};
	return true;
}

static bool sum_is_one(const struct loop *l, ir_ref phi)
{
	const struct ir_ins *next = ir_at(l->f, phi_operand(l, phi, l->back));

	return inside(l, phi_operand(l, phi, l->back)) &&
	       (next->op == IR_ADD || next->op == IR_AND || next->op == IR_OR ||
		next->op == IR_XOR) &&
	       (next->a == phi) != (next->b == phi) && ir_at(l->f, phi)->uses == 1;
}

static bool take_phis(struct loop *l)
{
	for (ir_ref r = l->f->blocks.data[l->head].first; ir_at(l->f, r)->op == IR_PHI;
	     r = ir_at(l->f, r)->next) {
		if (l->iv_count == PHIS || l->sum_count == PHIS)
			return false;
		if (take_induction(l, r))
			continue;
		if (!sum_is_one(l, r))
			return false;
		l->sums[l->sum_count++] = r;
	}
	return true;
}

/* One of 32 bits is as good as one of 64 if it never wraps. */
static bool fits(const struct loop *l, const struct affine *a)
{
	s64 last = a->off + a->coef * (s64)l->rounds;

	return !a->inv[0] && a->off >= 0 && last >= 0 && a->off <= UINT32_MAX && last <= UINT32_MAX;
}

static bool small(s64 n)
{
	return n == (s32)n;
}

static bool affine_of(const struct loop *l, ir_ref r, struct affine *out);

static bool affine_sum(const struct loop *l, const struct ir_ins *i, struct affine *out)
{
	struct affine x, y;

	if (!affine_of(l, i->a, &x) || !affine_of(l, i->b, &y))
		return false;
	if (i->op == IR_SUB && (y.inv[0] || y.coef))
		return false;
	*out = x;
	out->off += i->op == IR_SUB ? -y.off : y.off;
	out->coef += y.coef;
	for (u32 k = 0; k < 2 && y.inv[k]; k++) {
		if (out->inv[1])
			return false;
		out->inv[out->inv[0] ? 1 : 0] = y.inv[k];
	}
	return true;
}

static bool affine_product(const struct loop *l, const struct ir_ins *i, struct affine *out)
{
	u64 by;

	if (!ir_is_const(l->f, i->b, &by) || !affine_of(l, i->a, out) || out->inv[0])
		return false;
	if (i->op == IR_SHL)
		by = 1ull << (by & 63);
	if (by > 1u << 20)
		return false;
	out->off *= (s64)by;
	out->coef *= (s64)by;
	return true;
}

static bool affine_inside(const struct loop *l, ir_ref r, struct affine *out)
{
	const struct ir_ins *i = ir_at(l->f, r);

	switch (i->op) {
	case IR_ADD:
	case IR_SUB: return affine_sum(l, i, out) && (i->bits == 64 || fits(l, out));
	case IR_SHL:
	case IR_MUL: return affine_product(l, i, out) && (i->bits == 64 || fits(l, out));
	case IR_ZEXT: return i->size >= 4 && affine_of(l, i->a, out) && fits(l, out);
	}
	for (u32 k = 0; k < l->iv_count; k++) {
		const struct induction *iv = &l->ivs[k];

		if (iv->phi != r || !affine_of(l, iv->init, out))
			continue;
		out->coef = iv->step;
		return iv->bits == 64 || fits(l, out);
	}
	return false;
}

/* What the value is in round n. Numbers stay far from where they could wrap. */
static bool affine_of(const struct loop *l, ir_ref r, struct affine *out)
{
	u64 n;

	memset(out, 0, sizeof(*out));
	if (ir_is_const(l->f, r, &n))
		out->off = (s64)n;
	else if (!inside(l, r))
		out->inv[0] = r;
	else if (!affine_inside(l, r, out))
		return false;
	return small(out->off) && small(out->coef);
}

/* lanes ------------------------------------------------------------------------------- */

static u8 argument(struct loop *l, ir_ref r, ir_ref more)
{
	for (u32 i = 0; i < l->arg_count; i++)
		if (l->args[i] == r && l->more[i] == more)
			return (u8)i;
	if (l->arg_count == VECTOR_ARGS)
		return NO_LANE;
	l->args[l->arg_count] = r;
	l->more[l->arg_count] = more;
	return (u8)l->arg_count++;
}

static u8 lane_put(struct loop *l, struct ir_lane lane)
{
	if (l->v.count == VECTOR_LANES || lane.arg == NO_LANE || lane.a == NO_LANE ||
	    lane.b == NO_LANE)
		return NO_LANE;
	l->v.lanes[l->v.count] = lane;
	return l->v.count++;
}

static u8 lane_splat(struct loop *l, ir_ref r)
{
	return lane_put(l, (struct ir_lane){.ref = r, .op = LANE_SPLAT, .arg = argument(l, r, 0)});
}

/* A load, or the store of lane `value`. */
static u8 lane_memory(struct loop *l, ir_ref r, u8 op, u8 value)
{
	const struct ir_ins *i = ir_at(l->f, r);
	struct affine at;

	if (!affine_of(l, i->a, &at) || at.coef != i->size || !at.inv[0] ||
	    !small(at.off + i->imm) || !small(at.off + i->imm + 4096))
		return NO_LANE;
	return lane_put(l, (struct ir_lane){.ref = r,
					    .op = op,
					    .size = i->size,
					    .a = value,
					    .arg = argument(l, at.inv[0], at.inv[1]),
					    .disp = (s32)(at.off + i->imm)});
}

static u8 lane_of(struct loop *l, ir_ref r);

static u8 lane_binary(struct loop *l, ir_ref r, u8 op)
{
	u8 a = lane_of(l, ir_at(l->f, r)->a), b = lane_of(l, ir_at(l->f, r)->b);

	return lane_put(l, (struct ir_lane){.ref = r, .op = op, .a = a, .b = b});
}

static u8 lane_shift(struct loop *l, ir_ref r, u8 op)
{
	const struct ir_ins *i = ir_at(l->f, r);
	u64 by;

	if (!ir_is_const(l->f, i->b, &by))
		return NO_LANE;
	return lane_put(l, (struct ir_lane){.ref = r,
					    .op = op,
					    .a = lane_of(l, i->a),
					    .disp = (s32)(by & (i->bits - 1))});
}

static u8 lane_of(struct loop *l, ir_ref r)
{
	for (u32 i = 0; i < l->v.count; i++)
		if (l->v.lanes[i].ref == r)
			return (u8)i;
	if (!inside(l, r))
		return lane_splat(l, r);
	switch (ir_at(l->f, r)->op) {
	case IR_LOAD: return lane_memory(l, r, LANE_LOAD, 0);
	case IR_LOADS: return lane_memory(l, r, LANE_LOADS, 0);
	case IR_ADD: return lane_binary(l, r, LANE_ADD);
	case IR_SUB: return lane_binary(l, r, LANE_SUB);
	case IR_AND: return lane_binary(l, r, LANE_AND);
	case IR_OR: return lane_binary(l, r, LANE_OR);
	case IR_XOR: return lane_binary(l, r, LANE_XOR);
	case IR_MUL: return lane_binary(l, r, LANE_MUL);
	case IR_SHL: return lane_shift(l, r, LANE_SHL);
	case IR_SHR: return lane_shift(l, r, LANE_SHR);
	default: return NO_LANE;
	}
}

/* widths ------------------------------------------------------------------------------- */

/* The most that the value can be. */
static u64 most(const struct ir_function *f, ir_ref r)
{
	u64 n;

	return ir_is_const(f, r, &n) ? n : ~ir_at(f, r)->zeros;
}

static bool below(const struct ir_function *f, ir_ref r, u32 bits)
{
	return bits >= 64 || !(most(f, r) >> bits);
}

/* Is the lane right in its low `width` bits, if those before are? */
static bool lane_is_right(const struct loop *l, const struct ir_lane *lane, u32 width)
{
	const struct ir_ins *i = ir_at(l->f, lane->ref);
	bool narrow = i->bits == 32 && width == 64; /* must have its upper half cleared */

	switch (lane->op) {
	case LANE_SPLAT: return true;
	case LANE_LOAD:
	case LANE_LOADS: return lane->size * 8u <= width;
	case LANE_STORE: return lane->size * 8u == width;
	case LANE_ADD:
	case LANE_SUB:
	case LANE_SHL: return !narrow && (width > 8 || lane->op != LANE_SHL);
	case LANE_AND:
	case LANE_OR:
	case LANE_XOR: return !narrow || (below(l->f, i->a, 32) && below(l->f, i->b, 32));
	case LANE_MUL:
		if (width == 64)
			return !narrow && below(l->f, i->a, 32) && below(l->f, i->b, 32);
		return width > 8;
	case LANE_SHR:
		if (width == 8)
			return false;
		return below(l->f, i->a, MIN(width, i->bits)) || (i->bits == width);
	default: return false;
	}
}

static bool width_is_right(const struct loop *l, u32 width)
{
	for (u32 i = 0; i < l->v.count; i++)
		if (!lane_is_right(l, &l->v.lanes[i], width))
			return false;
	return true;
}

/* Does the reduction of `x` fit 32 bits, all rounds together? */
static bool fits32(const struct loop *l, const struct ir_ins *sum, ir_ref x)
{
	if (sum->bits == 32)
		return true;
	if (!below(l->f, x, 32))
		return false;
	return sum->op != IR_ADD || most(l->f, x) * l->rounds <= UINT32_MAX;
}

/* The width, the unrolling and how many rounds; false: not worth it. */
static bool shape(struct loop *l, u32 width)
{
	u32 turn;

	l->v.width = (u8)width;
	l->v.unroll = 2;
	turn = vector_elements(&l->v);
	if (l->v.reduce == LANE_OPS || l->rounds <= turn * 4) {
		l->v.unroll = 1;
		turn = vector_elements(&l->v);
	}
	l->v.rounds = (u32)((l->rounds - 1) / turn * turn);
	return l->v.rounds >= 2 * turn;
}

/* candidates ----------------------------------------------------------------------------- */

static void start(struct loop *l)
{
	memset(&l->v, 0, sizeof(l->v));
	l->v.reduce = LANE_OPS;
	l->arg_count = 0;
}

static bool plan_sum(struct loop *l, ir_ref phi)
{
	const struct ir_ins *sum = ir_at(l->f, phi_operand(l, phi, l->back));
	ir_ref x = sum->a == phi ? sum->b : sum->a;
	static const u8 reduce[IR_COUNT] = {
		[IR_ADD] = LANE_ADD, [IR_AND] = LANE_AND, [IR_OR] = LANE_OR, [IR_XOR] = LANE_XOR};
	u8 lane;

	start(l);
	/* Something else must not see the sum so far. */
	for (ir_ref r = ir_at(l->f, phi)->next; r; r = ir_at(l->f, r)->next) {
		const struct ir_ins *i = ir_at(l->f, r);

		if (i->a == phi_operand(l, phi, l->back) || i->b == phi_operand(l, phi, l->back) ||
		    i->c == phi_operand(l, phi, l->back))
			return false;
	}
	lane = lane_of(l, x);
	if (lane == NO_LANE || lane + 1u != l->v.count)
		return false;
	l->v.reduce = reduce[sum->op];
	l->v.bytes = l->v.count == 1 && l->v.lanes[0].op == LANE_LOAD && l->v.lanes[0].size == 1 &&
		     sum->op == IR_ADD;
	if (l->v.bytes)
		return shape(l, 64);
	if (fits32(l, sum, x) && width_is_right(l, 32))
		return shape(l, 32);
	return sum->bits == 64 && width_is_right(l, 64) && shape(l, 64);
}

/* No round may read or write what another one wrote in the same turn. */
static bool apart(const struct loop *l, const struct ir_lane *store)
{
	s64 turn = (s64)vector_elements(&l->v) * store->size;

	for (u32 i = 0; i < l->v.count; i++) {
		const struct ir_lane *lane = &l->v.lanes[i];
		s64 behind = (s64)store->disp - lane->disp;

		if (lane->op != LANE_LOAD && lane->op != LANE_LOADS)
			continue;
		if (lane->arg != store->arg || lane->size != store->size)
			return false;
		if (behind > 0 && behind < turn + store->size)
			return false;
	}
	return true;
}

static bool plan_store(struct loop *l)
{
	const struct ir_ins *store = ir_at(l->f, l->store);
	u8 value, lane;

	start(l);
	value = lane_of(l, store->b);
	lane = value == NO_LANE ? NO_LANE : lane_memory(l, l->store, LANE_STORE, value);
	return lane != NO_LANE && width_is_right(l, store->size * 8u) &&
	       shape(l, store->size * 8u) && apart(l, &l->v.lanes[lane]);
}

/* Nothing but what can be left out of the first rounds. */
static bool body_is_plain(struct loop *l)
{
	const struct ir_block *b = &l->f->blocks.data[l->head];

	for (ir_ref r = b->first; r != b->last; r = ir_at(l->f, r)->next) {
		const struct ir_ins *i = ir_at(l->f, r);

		if (i->op == IR_STORE && !l->store)
			l->store = r;
		else if (!(ir_flags(i->op) & (IR_PURE | IR_READS)))
			return false;
	}
	return true;
}

static bool find(struct loop *l)
{
	const struct ir_block *b = &l->f->blocks.data[l->head];
	struct ir_count count;

	if (b->preds.len != 2 || ir_at(l->f, b->last)->op != IR_BRANCH ||
	    b->succ[0] == b->succ[1] || (b->succ[0] != l->head && b->succ[1] != l->head))
		return false;
	l->back = b->preds.data[0] == l->head ? 0 : 1;
	l->enter = 1 - l->back;
	l->before = b->preds.data[l->enter];
	if (b->preds.data[l->back] != l->head || l->before == l->head ||
	    ir_at(l->f, l->f->blocks.data[l->before].last)->op == IR_SWITCH)
		return false;
	if (!body_is_plain(l) || !take_phis(l) || !l->store == !l->sum_count ||
	    !ir_count(l->f, l->head, &count))
		return false;
	l->rounds = count.rounds; /* the one test there is tells exactly */
	return l->rounds > 16 && l->rounds < MOST_ROUNDS;
}

/* changing ------------------------------------------------------------------------------- */

/* A block of its own before the loop: what is in it runs only if the loop does. */
static void split(struct loop *l)
{
	struct ir_function *f = l->f;
	u32 new = ir_block_new(f);
	ir_ref jump = ir_new(f, IR_JUMP, 64);
	struct ir_block *from = &f->blocks.data[l->before];

	if (f->failed)
		return;
	for (u32 i = 0; i < from->succ_count; i++)
		if (from->succ[i] == l->head)
			from->succ[i] = new;
	f->blocks.data[l->head].preds.data[l->enter] = new;
	f->blocks.data[new].succ[0] = l->head;
	f->blocks.data[new].succ_count = 1;
	f->blocks.data[new].rare = f->blocks.data[l->head].rare;
	f->failed |= vec_push(&f->blocks.data[new].preds, l->before) != 0;
	ir_append(f, new, jump);
	l->before = new;
}

static ir_ref put(struct loop *l, u32 op, u32 bits, ir_ref a, ir_ref b)
{
	struct ir_ins known = {.op = (u8)op, .bits = (u8)bits};
	u64 x, y, n;
	ir_ref r;

	if (ir_is_const(l->f, a, &x) && ir_is_const(l->f, b, &y) && ir_compute(&known, x, y, &n))
		return ir_const(l->f, l->before, n);
	r = ir_new(l->f, op, bits);
	if (!r)
		return 0;
	ir_at(l->f, r)->a = a;
	ir_at(l->f, r)->b = b;
	return ir_append(l->f, l->before, r);
}

static ir_ref put_vector(struct loop *l, ir_ref at)
{
	struct ir_function *f = l->f;
	ir_ref r = ir_new(f, IR_VECTOR, 64), args[VECTOR_ARGS];

	for (u32 i = 0; i < l->arg_count; i++)
		args[i] = l->more[i] ? put(l, IR_ADD, 64, l->args[i], l->more[i]) : l->args[i];
	if (!r || vec_push(&f->vectors, l->v)) {
		f->failed = true;
		return 0;
	}
	ir_at(f, r)->imm = (s64)f->vectors.len - 1;
	ir_at(f, r)->insn = ir_at(f, at)->insn;
	ir_at(f, r)->args = (u32)f->args.len;
	ir_at(f, r)->count = (u8)l->arg_count;
	for (u32 i = 0; i < l->arg_count; i++)
		f->failed |= vec_push(&f->args, args[i]) != 0;
	return ir_append(f, l->before, r);
}

static void start_from(struct loop *l, ir_ref phi, ir_ref value)
{
	l->f->phis.data[ir_at(l->f, phi)->imm + l->enter] = value;
}

static void put_sum(struct loop *l, ir_ref phi)
{
	const struct ir_ins *sum = ir_at(l->f, phi_operand(l, phi, l->back));
	u32 op = sum->op, bits = sum->bits;
	ir_ref v = put_vector(l, phi_operand(l, phi, l->back));

	start_from(l, phi, put(l, op, bits, phi_operand(l, phi, l->enter), v));
}

/* The inductions go on where the vectors stop. */
static void advance(struct loop *l, u32 rounds)
{
	for (u32 i = 0; i < l->iv_count; i++) {
		const struct induction *iv = &l->ivs[i];
		ir_ref by = ir_const(l->f, l->before, (u64)(iv->step * (s64)rounds));

		start_from(l, iv->phi, put(l, IR_ADD, iv->bits, iv->init, by));
	}
}

/* All sums must do the same rounds: those of the one that does fewest. */
static bool agree(struct loop *l, u32 *rounds)
{
	u32 turns = 1;

	*rounds = 0;
	for (u32 i = 0; i < l->sum_count; i++) {
		if (!plan_sum(l, l->sums[i]))
			return false;
		turns = MAX(turns, vector_elements(&l->v));
	}
	*rounds = (u32)((l->rounds - 1) / turns * turns);
	return *rounds >= 2 * turns;
}

static bool vectorise(struct loop *l)
{
	u32 rounds;

	if (l->store) {
		if (!plan_store(l))
			return false;
		rounds = l->v.rounds;
		split(l);
		if (!l->f->failed)
			put_vector(l, l->store);
	} else {
		if (!agree(l, &rounds))
			return false;
		split(l);
		for (u32 i = 0; i < l->sum_count && !l->f->failed; i++) {
			plan_sum(l, l->sums[i]);
			l->v.rounds = rounds;
			put_sum(l, l->sums[i]);
		}
	}
	if (!l->f->failed)
		advance(l, rounds);
	return true;
}

int ir_vector(struct ir_function *f)
{
	u32 blocks = (u32)f->blocks.len;
	bool changed = false;

	if (!f->opts || f->opts->flags & (JIT_GPR_ONLY | JIT_BLIND) ||
	    f->opts->target != JIT_X86_64 || !(f->opts->features & JIT_X86_AVX2))
		return 0;
	for (u32 b = 1; b < blocks && !f->failed; b++) {
		struct loop l = {.f = f, .head = b};

		if (f->blocks.data[b].order && f->blocks.data[b].loop == b)
			changed |= find(&l) && vectorise(&l);
	}
	if (f->failed)
		return -ENOMEM;
	return changed ? ir_order(f) ?: ir_clean(f) : 0;
}
