// SPDX-License-Identifier: BSD-2-Clause
/*
 * aarch64: from operations with registers to words.
 *
 * Each block is encoded without its jumps, which layout.c then lays in. Two loads
 * or two stores of neighbouring places are one, also when a few operations stand
 * between that have nothing to do with them. The frame is made at the function's
 * start and left at each return:
 *
 *	sp	saved registers, two by two
 *		spill slots
 *		BPF stack
 *	r10
 *
 * The table's words are within reach of one load, as they follow the code, unless
 * that is very long: then jit_compile() makes all of it anew with far references.
 */
#include <errno.h>
#include <string.h>
#include "jit/a64.h"
#include "jit/layout.h"

#define CALLEE_SAVED  0x0ff80000u /* x19-x27 */
#define LARGEST_FRAME (1u << 23)
#define PAIR_DISTANCE 6 /* operations looked at for the other of a pair */

/* Conditions of jumps, beside those of b.cond (0-15): on the register `reg`. */
enum {
	JUMP_ZERO32 = 16, /* the next is "not zero" */
	JUMP_ZERO64 = 18,
	JUMP_BIT = 20, /* bit is 0 */
};

struct table { /* of a switch: the word that refers to it, and its cases */
	u32 at, cases, count;
};

struct emitter {
	const struct mach_function *m;
	const struct jit_options *opts;
	struct jit_buffer *code;
	VEC(u32) body;
	VEC(struct mach_jump) jumps;
	VEC(struct native_line) lines;
	VEC(struct jit_ref) refs;
	VEC(struct jit_call) calls;
	VEC(struct table) tables;
	u32 *block_at;   /* in body, bytes */
	u32 *first_jump; /* by block: of its own jumps */
	u32 *cases;      /* of switches: as m->cases, then where those end */
	u32 frame;       /* from sp to r10 */
	u32 slots;       /* from sp to spill slots */
	u8 saved[12], saved_count;
	u8 *done; /* by operation of the block: it is part of a pair */
	u32 done_room;
	int err;
};

static void word(struct emitter *e, u32 w)
{
	e->err = e->err ?: vec_push(&e->body, w);
}

static u32 here(const struct emitter *e)
{
	return (u32)e->body.len * 4;
}

static void load_const(struct emitter *e, u32 reg, u64 value)
{
	u32 words[A64_CONST_WORDS], n = a64_const(reg, value, words);

	for (u32 i = 0; i < n; i++)
		word(e, words[i]);
}

static u32 condition(u32 cond)
{
	static const u8 codes[] = {
		[COND_EQ] = A64_EQ,  [COND_NE] = A64_NE,   [COND_LT] = A64_CC,
		[COND_GE] = A64_CS,  [COND_GT] = A64_HI,   [COND_LE] = A64_LS,
		[COND_SLT] = A64_LT, [COND_SGE] = A64_GE,  [COND_SGT] = A64_GT,
		[COND_SLE] = A64_LE, [COND_TEST] = A64_NE, [COND_NTEST] = A64_EQ,
	};

	return codes[cond];
}

/* sp or a register, plus a constant of any size below 2^24. */
static void add_const(struct emitter *e, u32 rd, u32 rn, s64 value)
{
	u32 op = value < 0 ? A64_OP_SUB : A64_OP_ADD, n = (u32)(value < 0 ? -value : value);

	if (a64_is_addsub_imm(n)) {
		word(e, a64_addsub_imm(true, op, rd, rn, n));
		return;
	}
	word(e, a64_addsub_imm(true, op, rd, rn, n & 0xfff000));
	word(e, a64_addsub_imm(true, op, rd, rd, n & 0xfff));
}

/* words of the table ----------------------------------------------------------------------- */

/* Where what follows refers to a place that only patch_ref() knows. */
static void far_distance(struct emitter *e, u32 reg)
{
	word(e, a64_movewide(true, A64_OP_MOVZ, A64_SCRATCH2, 0, 0));
	word(e, a64_movewide(true, A64_OP_MOVK, A64_SCRATCH2, 0, 1));
	word(e, a64_adr(reg, 0));
}

static void load_word(struct emitter *e, u32 reg, const struct mach_ins *i)
{
	struct jit_ref r = {.offset = here(e)};

	e->err = e->err
			 ?: jit_slot(e->code, i->reloc - 1, (u32)(i->imm >> 32), (s32)i->imm,
				     &r.slot);
	e->err = e->err ?: vec_push(&e->refs, r);
	if (!e->code->far) {
		word(e, a64_ldr_literal(reg, 0));
		return;
	}
	far_distance(e, reg);
	word(e, a64_memory_index(8, A64_OP_LOAD, reg, reg, A64_SCRATCH2, A64_SXTW, false));
}

/* At movz, movk: the distance from the adr behind them. */
static void patch_far(u8 *at, s64 distance)
{
	u32 w[2];

	memcpy(w, at, sizeof(w));
	distance -= 8;
	w[0] = (w[0] & ~(0xffffu << 5)) | ((u32)distance & 0xffff) << 5;
	w[1] = (w[1] & ~(0xffffu << 5)) | ((u32)distance >> 16) << 5;
	memcpy(at, w, sizeof(w));
}

static void patch_ref(u8 *bytes, u32 at, s64 table)
{
	u32 w;

	memcpy(&w, bytes + at, 4);
	if (!a64_is_ldr_literal(w)) {
		patch_far(bytes + at, table - at);
		return;
	}
	w = a64_ldr_literal(w & 31, table - at);
	memcpy(bytes + at, &w, 4);
}

static void patch_call(u8 *bytes, u32 at, u32 to)
{
	u32 w = a64_b(true, (s64)to - at);

	memcpy(bytes + at, &w, 4);
}

/* memory ------------------------------------------------------------------------------------- */

static void memory(struct emitter *e, u32 bytes, enum a64_access op, u32 rt, u32 rn, s64 disp)
{
	if (a64_is_scaled(disp, bytes) || a64_is_unscaled(disp)) {
		word(e, a64_memory(bytes, op, rt, rn, disp));
		return;
	}
	load_const(e, A64_SCRATCH2, (u64)disp);
	word(e, a64_memory_index(bytes, op, rt, rn, A64_SCRATCH2, A64_UXTX, false));
}

/* A load or store without an index. */
struct access {
	enum a64_access op;
	u32 bytes, rt, rn;
	s64 disp;
};

static bool access_of(const struct emitter *e, const struct mach_ins *i, struct access *a)
{
	switch (i->op) {
	case MACH_SPILL:
		*a = (struct access){A64_OP_STORE, 8, i->src[0], A64_SP, e->slots + i->imm * 8};
		return true;
	case MACH_FILL:
		*a = (struct access){A64_OP_LOAD, 8, i->def, A64_SP, e->slots + i->imm * 8};
		return true;
	case A64_LOAD: *a = (struct access){A64_OP_LOAD, i->size, i->def}; break;
	case A64_LOADS: *a = (struct access){A64_OP_LOADS, i->size, i->def}; break;
	case A64_STORE: *a = (struct access){A64_OP_STORE, i->size, i->src[0]}; break;
	default: return false;
	}
	if (i->index != MACH_NONE)
		return false;
	a->rn = i->base;
	a->disp = i->disp;
	if (i->base == A64_FRAME) {
		a->rn = A64_SP;
		a->disp += e->frame;
	}
	return true;
}

static bool can_pair(const struct access *a, const struct access *b)
{
	s64 first = MIN(a->disp, b->disp);

	return a->op == b->op && a->op != A64_OP_LOADS && a->bytes == b->bytes && a->bytes >= 4 &&
	       a->rn == b->rn && MAX(a->disp, b->disp) == first + a->bytes &&
	       a64_is_pair(first, a->bytes) &&
	       (a->op == A64_OP_STORE || (a->rt != b->rt && a->rt != a->rn));
}

static bool is_plain(u32 op)
{
	return op == MACH_MOVE || op == MACH_CONST || (op >= A64_ADD && op <= A64_CSNEG);
}

static bool reads(const struct mach_ins *i, u32 reg)
{
	return i->src[0] == reg || i->src[1] == reg || i->src[2] == reg || i->base == reg ||
	       i->index == reg;
}

/*
 * The other of a pair: a load comes forward to the first, a store waits for the
 * second; what stands between must not notice. 0: none.
 */
static u32 partner(const struct emitter *e, const struct mach_block *b, u32 k,
		   const struct access *a)
{
	const struct mach_ins *ins = &e->m->ins.data[b->first];
	bool store = a->op == A64_OP_STORE;
	struct access other;

	for (u32 n = k + 1; n < b->count && n <= k + PAIR_DISTANCE; n++) {
		if (access_of(e, &ins[n], &other)) {
			if (e->done[n] || !can_pair(a, &other))
				return 0;
			for (u32 i = k + 1; i < n && !store; i++)
				if (reads(&ins[i], other.rt) || ins[i].def == other.rt)
					return 0;
			return n;
		}
		if (!is_plain(ins[n].op) || ins[n].def == a->rn || (store && ins[n].def == a->rt))
			return 0;
	}
	return 0;
}

static void put_pair(struct emitter *e, const struct access *a, const struct access *b)
{
	const struct access *lo = a->disp < b->disp ? a : b, *hi = lo == a ? b : a;

	word(e, a64_pair(a->bytes, a->op == A64_OP_LOAD, A64_AT, lo->rt, hi->rt, lo->rn, lo->disp));
}

/* False: not a plain access. */
static bool load_or_store(struct emitter *e, const struct mach_block *b, u32 k)
{
	const struct mach_ins *ins = &e->m->ins.data[b->first], *i = &ins[k];
	struct access a, other;
	u32 n;

	if (!access_of(e, i, &a))
		return false;
	if (e->done[k] && a.op != A64_OP_STORE)
		return true;
	if (e->done[k]) { /* a store whose partner waited */
		access_of(e, &ins[k - e->done[k]], &other);
		put_pair(e, &other, &a);
		return true;
	}
	n = a.bytes >= 4 ? partner(e, b, k, &a) : 0;
	if (!n) {
		memory(e, a.bytes, a.op, a.rt, a.rn, a.disp);
		return true;
	}
	e->done[n] = (u8)(n - k);
	if (a.op != A64_OP_STORE) {
		access_of(e, &ins[n], &other);
		put_pair(e, &a, &other);
	}
	return true;
}

static void indexed(struct emitter *e, const struct mach_ins *i)
{
	enum a64_access op = i->op == A64_LOAD    ? A64_OP_LOAD
			     : i->op == A64_LOADS ? A64_OP_LOADS
						  : A64_OP_STORE;

	word(e, a64_memory_index(i->size, op, op == A64_OP_STORE ? i->src[0] : i->def, i->base,
				 i->index, i->cond, i->scale > 1));
}

/* arithmetic ---------------------------------------------------------------------------------- */

static void sum(struct emitter *e, const struct mach_ins *i)
{
	bool flags = i->op == A64_CMP || i->op == A64_CMN;
	enum a64_addsub op = i->op == A64_ADD   ? A64_OP_ADD
			     : i->op == A64_SUB ? A64_OP_SUB
			     : i->op == A64_CMN ? A64_OP_ADDS
						: A64_OP_SUBS;
	u32 rd = flags ? A64_ZR : i->def;
	bool wide = i->size == 8;

	if (i->src[0] == A64_FRAME)
		add_const(e, rd, A64_SP, (s64)e->frame + (i->op == A64_ADD ? i->imm : -i->imm));
	else if (i->src[1] == MACH_NONE)
		word(e, a64_addsub_imm(wide, op, rd, i->src[0], (u32)i->imm));
	else
		word(e, a64_addsub_reg(wide, op, rd, i->src[0], i->src[1], i->cond, (u32)i->imm));
}

static void logical(struct emitter *e, const struct mach_ins *i)
{
	bool invert = i->op == A64_BIC || i->op == A64_ORN || i->op == A64_EON;
	enum a64_logical op = i->op == A64_TST ? A64_OP_ANDS
			      : invert         ? A64_OP_AND + (i->op - A64_BIC)
					       : A64_OP_AND + (i->op - A64_AND);
	u32 rd = i->op == A64_TST ? A64_ZR : i->def, fields;
	bool wide = i->size == 8;

	if (i->src[1] != MACH_NONE)
		word(e, a64_logical_reg(wide, op, invert, rd, i->src[0], i->src[1], i->cond,
					(u32)i->imm));
	else if (a64_logical_fields((u64)i->imm, wide, &fields))
		word(e, a64_logical_imm(wide, op, rd, i->src[0], fields));
	else
		e->err = e->err ?: -EINVAL;
}

/* By vector register 0, which belongs to callees. */
static void count_bits(struct emitter *e, const struct mach_ins *i)
{
	word(e, a64_fmov_in(i->size == 8, 0, i->src[0]));
	word(e, a64_cnt8(0, 0));
	word(e, a64_addv8(0, 0));
	word(e, a64_fmov_out(i->def, 0));
}

static void give_old(struct emitter *e, const struct mach_ins *i)
{
	if (i->imm)
		word(e, A64_DMB_ISH);
	if (i->def != MACH_NONE)
		word(e, a64_mov(true, i->def, A64_SCRATCH));
}

/*
 * again: ldxr old; new = old op value; stlxr; cbnz again; dmb. The result is set
 * last, for its register may be one of those that the loop reads. With one, the
 * loop takes lr, which the frame keeps.
 */
static void fetch_loop(struct emitter *e, const struct mach_ins *i)
{
	static const u8 ops[] = {
		[ATOMIC_OR] = A64_OP_ORR, [ATOMIC_AND] = A64_OP_AND, [ATOMIC_XOR] = A64_OP_EOR};
	bool wide = i->size == 8, keeps = i->def != MACH_NONE && i->cond != ATOMIC_XCHG;
	u32 old = A64_SCRATCH, start = here(e), status = keeps ? A64_LR : A64_SCRATCH2;
	u32 new = keeps ? A64_SCRATCH2 : A64_SCRATCH;

	word(e, a64_ldxr(i->size, old, i->base));
	if (i->cond == ATOMIC_XCHG)
		new = i->src[0];
	else if (i->cond == ATOMIC_ADD)
		word(e, a64_addsub_reg(wide, A64_OP_ADD, new, old, i->src[0], A64_LSL, 0));
	else
		word(e,
		     a64_logical_reg(wide, ops[i->cond], false, new, old, i->src[0], A64_LSL, 0));
	word(e, i->imm ? a64_stlxr(i->size, status, new, i->base)
		       : a64_stxr(i->size, status, new, i->base));
	word(e, a64_cbz(false, true, status, (s64)start - here(e)));
	give_old(e, i);
}

/* again: ldxr old; cmp; b.ne out; stlxr; cbnz again; dmb; out: */
static void exchange_loop(struct emitter *e, const struct mach_ins *i)
{
	u32 start = here(e);

	word(e, a64_ldxr(i->size, A64_SCRATCH, i->base));
	word(e,
	     a64_addsub_reg(i->size == 8, A64_OP_SUBS, A64_ZR, A64_SCRATCH, i->src[0], A64_LSL, 0));
	word(e, a64_bcond(A64_NE, 16));
	word(e, a64_stlxr(i->size, A64_SCRATCH2, i->src[1], i->base));
	word(e, a64_cbz(false, true, A64_SCRATCH2, (s64)start - here(e)));
	word(e, A64_DMB_ISH);
	give_old(e, i);
}

static void atomic(struct emitter *e, const struct mach_ins *i)
{
	static const u8 lse[] = {
		[ATOMIC_ADD] = A64_OP_LDADD, [ATOMIC_OR] = A64_OP_LDSET,
		[ATOMIC_AND] = A64_OP_LDCLR, [ATOMIC_XOR] = A64_OP_LDEOR,
		[ATOMIC_XCHG] = A64_OP_SWP,
	};

	switch (i->op) {
	case A64_RMW:
		word(e, a64_lse(i->size, lse[i->cond], i->imm, i->src[0],
				i->def == MACH_NONE ? A64_ZR : i->def, i->base));
		break;
	case A64_RMWX: fetch_loop(e, i); break;
	case A64_CAS: word(e, a64_casal(i->size, i->def, i->src[1], i->base)); break;
	default: exchange_loop(e, i);
	}
}

/* the frame -------------------------------------------------------------------------------- */

static void lay_out_frame(struct emitter *e)
{
	const struct mach_function *m = e->m;
	u32 used = (u32)m->used & CALLEE_SAVED;
	u64 bytes;

	if (m->calls)
		e->saved[e->saved_count++] = A64_LR;
	for (u32 r = 19; r < 28; r++)
		if (used >> r & 1)
			e->saved[e->saved_count++] = (u8)r;
	e->slots = e->saved_count * 8;
	bytes = e->slots + m->slots * 8ull + ROUND_UP(m->ir->stack, 8u);
	if (bytes > LARGEST_FRAME)
		e->err = e->err ?: -E2BIG;
	e->frame = ROUND_UP((u32)bytes, 16u);
}

/* Does the first save make the whole frame, and the last load take it away? */
static bool moves_at_once(const struct emitter *e)
{
	return e->saved_count && e->frame <= (e->saved_count > 1 ? 504u : 255u);
}

static void prologue(struct emitter *e)
{
	bool at_once = moves_at_once(e);

	if (e->frame && !at_once)
		add_const(e, A64_SP, A64_SP, -(s64)e->frame);
	for (u32 k = 0; k < e->saved_count; k += 2) {
		bool first = at_once && !k;
		s64 disp = first ? -(s64)e->frame : k * 8;

		if (k + 1 < e->saved_count)
			word(e, a64_pair(8, false, first ? A64_PRE : A64_AT, e->saved[k],
					 e->saved[k + 1], A64_SP, disp));
		else if (first)
			word(e,
			     a64_memory_moving(8, A64_OP_STORE, true, e->saved[k], A64_SP, disp));
		else
			word(e, a64_memory(8, A64_OP_STORE, e->saved[k], A64_SP, disp));
	}
}

static void epilogue(struct emitter *e)
{
	bool at_once = moves_at_once(e);

	for (u32 k = ROUND_UP(e->saved_count, 2u); k > 0;) {
		bool last = at_once && k == 2;

		k -= 2;
		if (k + 1 < e->saved_count)
			word(e, a64_pair(8, true, last ? A64_POST : A64_AT, e->saved[k],
					 e->saved[k + 1], A64_SP, last ? e->frame : k * 8));
		else if (last)
			word(e, a64_memory_moving(8, A64_OP_LOAD, false, e->saved[k], A64_SP,
						  e->frame));
		else
			word(e, a64_memory(8, A64_OP_LOAD, e->saved[k], A64_SP, k * 8));
	}
	if (e->frame && !at_once)
		add_const(e, A64_SP, A64_SP, e->frame);
}

/* control ------------------------------------------------------------------------------------- */

static void jump(struct emitter *e, const struct mach_ins *i)
{
	struct mach_jump j = {.at = here(e), .target = (u32)i->imm, .cond = JUMP_ALWAYS};

	switch (i->op) {
	case A64_JCC: j.cond = (u8)condition(i->cond); break;
	case A64_JZ:
		j.cond = (u8)((i->size == 8 ? JUMP_ZERO64 : JUMP_ZERO32) + (i->cond == COND_NE));
		break;
	case A64_JBIT:
		j.cond = (u8)(JUMP_BIT + (i->cond == COND_TEST));
		j.bit = (u8)i->disp;
		break;
	}
	j.reg = (u8)i->src[0];
	e->err = e->err ?: vec_push(&e->jumps, j);
}

static u32 jump_size(const struct mach_jump *j)
{
	return j->is_long ? 8 : 4;
}

static bool jump_reaches(const struct mach_jump *j, s64 distance)
{
	return a64_reaches(distance, j->cond == JUMP_ALWAYS ? A64_REACH_B
				     : j->cond >= JUMP_BIT  ? A64_REACH_TEST
							    : A64_REACH_COND);
}

static u32 jump_word(const struct mach_jump *j, u32 cond, s64 distance)
{
	if (cond == JUMP_ALWAYS)
		return a64_b(false, distance);
	if (cond >= JUMP_BIT)
		return a64_tbz(cond & 1, j->reg, j->bit, distance);
	if (cond >= JUMP_ZERO32)
		return a64_cbz(cond >= JUMP_ZERO64, cond & 1, j->reg, distance);
	return a64_bcond(cond, distance);
}

static u8 *put_jump(u8 *p, const struct mach_jump *j, s64 distance)
{
	u32 words[2] = {jump_word(j, j->cond, distance)};

	if (j->is_long) { /* the opposite leads over one that reaches far */
		words[0] = jump_word(j, j->cond ^ 1, 8);
		words[1] = a64_b(false, distance - 4);
	}
	memcpy(p, words, jump_size(j));
	return p + jump_size(j);
}

static const struct mach_jump_forms forms = {
	.size = jump_size, .reaches = jump_reaches, .put = put_jump};

static void call(struct emitter *e, const struct mach_ins *i)
{
	if (i->op == A64_CALL_SUB) {
		struct jit_call c = {here(e), (u32)i->imm};

		e->err = e->err ?: vec_push(&e->calls, c);
		word(e, a64_b(true, 0));
		return;
	}
	load_word(e, A64_SCRATCH, i);
	word(e, a64_blr(A64_SCRATCH));
}

/* adr table; ldrsw distance; add; br */
static void switch_to(struct emitter *e, const struct mach_ins *i)
{
	struct table t = {.at = here(e), .cases = i->args, .count = i->count};

	e->err = e->err ?: vec_push(&e->tables, t);
	if (e->code->far) {
		far_distance(e, A64_SCRATCH);
		word(e, a64_addsub_reg(true, A64_OP_ADD, A64_SCRATCH, A64_SCRATCH, A64_SCRATCH2,
				       A64_SXTW, 0));
	} else {
		word(e, a64_adr(A64_SCRATCH, 0));
	}
	word(e, a64_memory_index(4, A64_OP_LOADS, A64_SCRATCH2, A64_SCRATCH, i->src[0], A64_UXTX,
				 true));
	word(e,
	     a64_addsub_reg(true, A64_OP_ADD, A64_SCRATCH, A64_SCRATCH, A64_SCRATCH2, A64_LSL, 0));
	word(e, a64_br(A64_SCRATCH));
}

/* operations --------------------------------------------------------------------------------------
 */

static void emit_common(struct emitter *e, const struct mach_ins *i)
{
	switch (i->op) {
	case MACH_NOP: break;
	case MACH_MOVE: word(e, a64_mov(true, i->def, i->src[0])); break;
	case MACH_CONST:
		if (i->reloc)
			load_word(e, i->def, i);
		else
			load_const(e, i->def, (u64)i->imm);
		break;
	default: e->err = e->err ?: -EINVAL;
	}
}

static void emit_control(struct emitter *e, const struct mach_ins *i)
{
	switch (i->op) {
	case A64_DMB: word(e, A64_DMB_ISH); break;
	case A64_NOSPEC:
		word(e, A64_DSB_SY);
		word(e, A64_ISB);
		break;
	case A64_JCC:
	case A64_JZ:
	case A64_JBIT:
	case A64_JMP: jump(e, i); break;
	case A64_SWITCH: switch_to(e, i); break;
	case A64_CALL:
	case A64_CALL_SUB: call(e, i); break;
	case A64_RET:
		epilogue(e);
		word(e, A64_RET_LR);
		break;
	case A64_LEAVE:
		word(e, a64_mov(true, A64_SCRATCH, i->src[0]));
		epilogue(e);
		word(e, a64_br(A64_SCRATCH));
		break;
	case A64_TRAP: word(e, A64_BRK); break;
	default: emit_common(e, i);
	}
}

static void emit(struct emitter *e, const struct mach_ins *i)
{
	u32 rd = i->def, rn = i->src[0], rm = i->src[1];
	bool wide = i->size == 8;

	switch (i->op) {
	case A64_ADD:
	case A64_SUB:
	case A64_CMP:
	case A64_CMN: sum(e, i); break;
	case A64_AND:
	case A64_ORR:
	case A64_EOR:
	case A64_BIC:
	case A64_ORN:
	case A64_EON:
	case A64_TST: logical(e, i); break;
	case A64_CCMP:
		word(e, a64_ccmp(wide, rm == MACH_NONE, rn, rm == MACH_NONE ? (u32)i->imm : rm,
				 i->scale, condition(i->cond)));
		break;
	case A64_MADD:
	case A64_MSUB: word(e, a64_madd(wide, i->op == A64_MSUB, rd, rn, rm, i->src[2])); break;
	case A64_UMULL: word(e, a64_umull(rd, rn, rm)); break;
	case A64_UMULH: word(e, a64_umulh(rd, rn, rm)); break;
	case A64_UDIV: word(e, a64_binary(wide, A64_OP_UDIV, rd, rn, rm)); break;
	case A64_SDIV: word(e, a64_binary(wide, A64_OP_SDIV, rd, rn, rm)); break;
	case A64_LSLV: word(e, a64_binary(wide, A64_OP_LSLV, rd, rn, rm)); break;
	case A64_LSRV: word(e, a64_binary(wide, A64_OP_LSRV, rd, rn, rm)); break;
	case A64_ASRV: word(e, a64_binary(wide, A64_OP_ASRV, rd, rn, rm)); break;
	case A64_RORV: word(e, a64_binary(wide, A64_OP_RORV, rd, rn, rm)); break;
	case A64_UBFM:
		word(e, a64_bitfield(wide, A64_OP_UBFM, rd, rn, (u32)i->imm, (u32)i->disp));
		break;
	case A64_SBFM:
		word(e, a64_bitfield(wide, A64_OP_SBFM, rd, rn, (u32)i->imm, (u32)i->disp));
		break;
	case A64_BFM:
		word(e, a64_bitfield(wide, A64_OP_BFM, rd, rn, (u32)i->imm, (u32)i->disp));
		break;
	case A64_EXTR: word(e, a64_extr(wide, rd, rn, rm, (u32)i->imm)); break;
	case A64_REV16: word(e, a64_unary(wide, A64_OP_REV16, rd, rn)); break;
	case A64_REV: word(e, a64_unary(wide, wide ? A64_OP_REV64 : A64_OP_REV32, rd, rn)); break;
	case A64_CNT: count_bits(e, i); break;
	case A64_CSEL:
	case A64_CSINC:
	case A64_CSINV:
	case A64_CSNEG:
		word(e, a64_select(wide, A64_OP_CSEL + (i->op - A64_CSEL), rd, rn, rm,
				   condition(i->cond)));
		break;
	case A64_LOAD:
	case A64_LOADS:
	case A64_STORE: indexed(e, i); break;
	case A64_LDAR: word(e, a64_ldar(i->size, rd, i->base)); break;
	case A64_STLR: word(e, a64_stlr(i->size, rn, i->base)); break;
	case A64_RMW:
	case A64_RMWX:
	case A64_CAS:
	case A64_CASX: atomic(e, i); break;
	default: emit_control(e, i);
	}
}

static bool room_for_marks(struct emitter *e, u32 count)
{
	if (count > e->done_room) {
		base_free(e->done);
		e->done = base_alloc(count);
		e->done_room = e->done ? count : 0;
	}
	if (e->done)
		memset(e->done, 0, count);
	return e->done;
}

static void emit_block(struct emitter *e, const struct mach_block *b)
{
	u32 insn = ~0u;

	if (b->count && !room_for_marks(e, b->count))
		e->err = -ENOMEM;
	for (u32 k = 0; k < b->count && !e->err; k++) {
		const struct mach_ins *i = &e->m->ins.data[b->first + k];

		if (i->insn != insn)
			e->err = vec_push(&e->lines, ((struct native_line){here(e), i->insn}));
		insn = i->insn;
		if (!load_or_store(e, b, k))
			emit(e, i);
	}
}

static void emit_blocks(struct emitter *e)
{
	prologue(e);
	for (u32 n = 0; n < e->m->blocks.len && !e->err; n++) {
		e->block_at[n] = here(e);
		e->first_jump[n] = (u32)e->jumps.len;
		emit_block(e, &e->m->blocks.data[n]);
	}
	e->block_at[e->m->blocks.len] = here(e);
	e->first_jump[e->m->blocks.len] = (u32)e->jumps.len;
}

static int thread_jumps(struct emitter *e)
{
	struct mach_flow f = {.jumps = e->jumps.data,
			      .jump_count = (u32)e->jumps.len,
			      .block_at = e->block_at,
			      .first_jump = e->first_jump,
			      .block_count = (u32)e->m->blocks.len,
			      .cases = e->cases,
			      .case_count = (u32)e->m->cases.len};

	if (e->m->cases.len)
		memcpy(e->cases, e->m->cases.data, e->m->cases.len * sizeof(u32));
	return e->err = e->err ?: mach_thread_jumps(&f);
}

/* all in its place ----------------------------------------------------------------------------- */

static void put(struct emitter *e, u32 w)
{
	struct jit_buffer *c = e->code;

	if (e->err || vec_reserve(&c->bytes, 4)) {
		e->err = e->err ?: -ENOMEM;
		return;
	}
	memcpy(c->bytes.data + c->bytes.len, &w, 4);
	c->bytes.len += 4;
}

/* Tables of switches stand behind the function: distances from the table's own start. */
static void put_tables(struct emitter *e, const struct mach_layout *l)
{
	u32 next = 0;

	for (u32 i = 0; i < e->tables.len && !e->err; i++) {
		const struct table *t = &e->tables.data[i];
		u32 ref = mach_byte_place(l, &next, t->at), at = (u32)e->code->bytes.len;

		if (!i)
			e->err = vec_push(&e->code->lines,
					  ((struct native_line){at, RUN_INSN_HERE}));
		if (e->code->far) {
			patch_far(e->code->bytes.data + ref, (s64)at - ref);
		} else {
			u32 w = a64_adr(A64_SCRATCH, (s64)at - ref);

			memcpy(e->code->bytes.data + ref, &w, 4);
		}
		for (u32 k = 0; k < t->count; k++)
			put(e, mach_label_place(l, &l->labels[e->cases[t->cases + k]]) - at);
	}
}

static void put_notes(struct emitter *e, const struct mach_layout *l)
{
	u32 next = 0;

	for (u32 i = 0; i < e->refs.len && !e->err; i++) {
		struct jit_ref r = e->refs.data[i];

		r.offset = mach_byte_place(l, &next, r.offset);
		e->err = vec_push(&e->code->refs, r);
	}
	next = 0;
	for (u32 i = 0; i < e->calls.len && !e->err; i++) {
		struct jit_call c = e->calls.data[i];

		c.at = mach_byte_place(l, &next, c.at);
		e->err = vec_push(&e->code->calls, c);
	}
	next = 0;
	for (u32 i = 0; i < e->lines.len && !e->err; i++) {
		struct native_line line = e->lines.data[i];

		line.offset = mach_byte_place(l, &next, line.offset);
		e->err = vec_push(&e->code->lines, line);
	}
}

static int finish(struct emitter *e)
{
	struct mach_layout l = {.forms = &forms,
				.body = (const u8 *)e->body.data,
				.size = here(e),
				.jumps = e->jumps.data,
				.jump_count = (u32)e->jumps.len};
	struct mach_label *labels = base_calloc(e->m->blocks.len + 1, sizeof(*labels));

	if (!labels)
		return e->err = -ENOMEM;
	/* A block begins before the jumps at its start that are its own. */
	for (u32 b = 0; b < e->m->blocks.len; b++)
		labels[b] = (struct mach_label){e->block_at[b], e->first_jump[b]};
	l.labels = labels;
	while (e->code->bytes.len % 16 && !e->err)
		put(e, A64_BRK);
	e->err = e->err ?: mach_lay_out(&l, e->code);
	if (!e->err) {
		e->code->subs[e->m->ir->sub] = l.start;
		put_notes(e, &l);
		put_tables(e, &l);
	}
	if (e->code->bytes.len > A64_LARGEST)
		e->err = e->err ?: -E2BIG;
	mach_layout_fini(&l);
	base_free(labels);
	return e->err;
}

int a64_emit(const struct mach_function *m, const struct jit_options *opts, struct jit_buffer *code)
{
	struct emitter e = {.m = m, .opts = opts, .code = code};

	e.block_at = base_calloc(m->blocks.len + 1, sizeof(u32));
	e.first_jump = base_calloc(m->blocks.len + 1, sizeof(u32));
	e.cases = base_calloc(m->cases.len + 1, sizeof(u32));
	if (!e.block_at || !e.first_jump || !e.cases)
		e.err = -ENOMEM;
	if (!e.err)
		lay_out_frame(&e);
	if (!e.err)
		emit_blocks(&e);
	if (!e.err && !thread_jumps(&e))
		finish(&e);
	base_free(e.block_at);
	base_free(e.first_jump);
	base_free(e.cases);
	base_free(e.done);
	vec_fini(&e.body);
	vec_fini(&e.jumps);
	vec_fini(&e.lines);
	vec_fini(&e.refs);
	vec_fini(&e.calls);
	vec_fini(&e.tables);
	return e.err;
}

const struct jit_backend jit_a64 = {
	.lower = a64_lower,
	.registers = &a64_target,
	.emit = a64_emit,
	.patch_call = patch_call,
	.patch_ref = patch_ref,
	.reach = A64_REACH_COND,
};
