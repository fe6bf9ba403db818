// SPDX-License-Identifier: BSD-2-Clause
/*
 * Loads of what is known already, and stores that nobody reads.
 *
 * Within an extended block (a block, and those after it that nothing else leads
 * to) the pass remembers what memory holds: what was stored or loaded last at a
 * base value, offset and size. A load at the same base and offset, of no more
 * bytes, takes that value. A store forgets what it may have overwritten; calls
 * and atomic operations forget all that others can see. The program cannot tell
 * this from the case that both loads came close after one another, so memory
 * shared with others counts too; but nothing is carried into a loop's head or a
 * join, so that whoever waits for a change sees it.
 *
 * The frame: a function's BPF stack is reached through FRAME, through pointers to
 * it that were given to calls (`given`: then calls may read and write it), or
 * through pointers that went any other way (`derived`: then any access may be
 * one of it). In functions without the latter, which bytes of the frame are read
 * later on is a backward flow over all blocks; a store to others is removed.
 */
#include <errno.h>
#include <string.h>
#include "jit/ir.h"

#define KNOWN       32 /* places remembered */
#define FRAME_BYTES 512
#define FRAME_WORDS (FRAME_BYTES / 64)

enum upper { /* what of the value lies above the bytes */
	UPPER_ANY,
	UPPER_ZERO,
	UPPER_SIGN,
};

struct known {
	ir_ref base, value;
	s64 offset;
	u8 size, upper;
};

struct state {
	struct known known[KNOWN];
	u32 count, oldest;
};

struct bytes { /* of the frame, from its start */
	u64 words[FRAME_WORDS];
};

struct memory {
	struct ir_function *f;
	struct state now;
	struct state **at_end; /* by block; NULL: nothing, or nobody wants it */
	ir_ref *is;            /* by value: the one that takes its place */
	u32 limit;             /* values below it have an entry in `is` */
	bool given, derived, called_back;
	ir_ref at; /* the user whose operands are looked at */
};

static bool is_call(u32 op)
{
	return op == IR_HELPER || op == IR_KFUNC || op == IR_CALL || op == IR_CCALL ||
	       op == IR_VECTOR || op == IR_TAIL;
}

static bool has_address(u32 op)
{
	switch (op) {
	case IR_LOAD:
	case IR_LOADS:
	case IR_LOADX:
	case IR_STORE:
	case IR_ATOMIC:
	case IR_CAS:
	case IR_ACQUIRE:
	case IR_RELEASE: return true;
	default: return false;
	}
}

/* pointers to the frame ----------------------------------------------------------- */

static bool is_frame_sum(const struct ir_function *f, ir_ref r)
{
	const struct ir_ins *i = &f->ins.data[r];

	return i->op == IR_ADD && i->bits == 64 && f->ins.data[i->a].op == IR_FRAME &&
	       f->ins.data[i->b].op == IR_CONST;
}

static void look_at_use(void *data, ir_ref *operand)
{
	struct memory *m = data;
	const struct ir_ins *user = ir_at(m->f, m->at);
	bool frame = ir_at(m->f, *operand)->op == IR_FRAME;

	m->called_back |= ir_at(m->f, *operand)->op == IR_CODE;
	if (!frame && !is_frame_sum(m->f, *operand))
		return;
	if (frame && ((has_address(user->op) && operand == &user->a) || is_frame_sum(m->f, m->at)))
		return;
	if (is_call(user->op))
		m->given = true;
	if (user->op != IR_HELPER && user->op != IR_CCALL)
		m->derived = true;
}

static void find_pointers(struct memory *m)
{
	for (m->at = 1; m->at < m->f->ins.len; m->at++)
		if (ir_at(m->f, m->at)->block)
			ir_each_operand(m->f, m->at, look_at_use, m);
	/* A callback can leave pointers to what it was given in there. */
	m->derived |= m->given && m->called_back;
}

static bool is_frame(const struct memory *m, ir_ref base)
{
	return ir_at(m->f, base)->op == IR_FRAME;
}

/* what is known --------------------------------------------------------------------- */

static void forget(struct state *s, u32 i)
{
	s->known[i] = s->known[--s->count];
}

static bool overlap(s64 a, u32 a_size, s64 b, u32 b_size)
{
	return a < b + (s64)b_size && b < a + (s64)a_size;
}

static void forget_stored(struct memory *m, const struct ir_ins *store)
{
	struct state *s = &m->now;

	for (u32 i = s->count; i-- > 0;) {
		const struct known *k = &s->known[i];
		bool may = k->base == store->a
				   ? overlap(k->offset, k->size, store->imm, store->size)
				   : m->derived || is_frame(m, k->base) == is_frame(m, store->a);

		if (may)
			forget(s, i);
	}
}

/* What others may change; `frame`: they know the frame too. */
static void forget_shared(struct memory *m, bool frame)
{
	for (u32 i = m->now.count; i-- > 0;)
		if (frame || m->derived || !is_frame(m, m->now.known[i].base))
			forget(&m->now, i);
}

static void remember(struct memory *m, const struct ir_ins *i, ir_ref value, u32 upper)
{
	struct state *s = &m->now;
	struct known k = {i->a, value, i->imm, i->size, (u8)upper};

	if (s->count < KNOWN)
		s->known[s->count++] = k;
	else
		s->known[s->oldest++ % KNOWN] = k;
}

static const struct known *find(const struct memory *m, const struct ir_ins *load)
{
	for (u32 i = m->now.count; i-- > 0;) {
		const struct known *k = &m->now.known[i];

		if (k->base == load->a && k->offset == load->imm && k->size >= load->size)
			return k;
	}
	return NULL;
}

/* The load as an operation on the known value; or, when it is that value, the value. */
static ir_ref known_value(struct memory *m, ir_ref r, const struct known *k)
{
	struct ir_ins *i = ir_at(m->f, r);
	bool is_signed = i->op == IR_LOADS;

	if (i->size == 8 ||
	    (k->size == i->size && k->upper == (is_signed ? UPPER_SIGN : UPPER_ZERO)))
		return k->value;
	i->op = is_signed ? IR_SEXT : IR_ZEXT;
	i->bits = 64;
	i->a = k->value;
	i->imm = 0;
	return 0;
}

static void take_load(struct memory *m, ir_ref r)
{
	const struct known *k = find(m, ir_at(m->f, r));
	ir_ref value;

	if (!k) {
		remember(m, ir_at(m->f, r), r,
			 ir_at(m->f, r)->op == IR_LOADS ? UPPER_SIGN : UPPER_ZERO);
		return;
	}
	value = known_value(m, r, k);
	if (!value)
		return;
	m->is[r] = value;
	ir_remove(m->f, r);
}

static void take(struct memory *m, ir_ref r)
{
	struct ir_ins *i = ir_at(m->f, r);

	switch (i->op) {
	case IR_LOAD:
	case IR_LOADS: take_load(m, r); break;
	case IR_STORE:
		forget_stored(m, i);
		remember(m, i, i->b, UPPER_ANY);
		break;
	case IR_ATOMIC:
	case IR_CAS:
	case IR_RELEASE:
		forget_stored(m, i);
		forget_shared(m, false);
		break;
	case IR_ACQUIRE:
	case IR_FENCE: forget_shared(m, false); break;
	default:
		if (is_call(i->op))
			forget_shared(m, m->given);
	}
}

static void resolve(void *data, ir_ref *operand)
{
	const struct memory *m = data;

	if (*operand < m->limit && m->is[*operand])
		*operand = m->is[*operand];
}

static bool wanted(const struct ir_function *f, u32 block)
{
	for (u32 i = 0; i < ir_successor_count(f, block); i++)
		if (f->blocks.data[ir_successor(f, block, i)].preds.len == 1)
			return true;
	return false;
}

static int forward_block(struct memory *m, u32 block)
{
	struct ir_function *f = m->f;
	const struct ir_block *b = &f->blocks.data[block];
	const struct state *before = b->preds.len == 1 ? m->at_end[b->preds.data[0]] : NULL;
	ir_ref next;

	if (before)
		m->now = *before;
	else
		m->now.count = m->now.oldest = 0;
	for (ir_ref r = b->first; r; r = next) {
		next = ir_at(f, r)->next;
		if (ir_at(f, r)->op != IR_PHI)
			ir_each_operand(f, r, resolve, m);
		take(m, r);
	}
	if (!m->now.count || !wanted(f, block))
		return 0;
	m->at_end[block] = base_zalloc(sizeof(m->now));
	if (!m->at_end[block])
		return -ENOMEM;
	*m->at_end[block] = m->now;
	return 0;
}

static int forward(struct memory *m)
{
	struct ir_function *f = m->f;
	int err = 0;

	m->limit = (u32)f->ins.len;
	m->is = base_calloc(f->ins.len, sizeof(ir_ref));
	m->at_end = base_calloc(f->blocks.len, sizeof(*m->at_end));
	if (!m->is || !m->at_end)
		err = -ENOMEM;
	for (u32 i = 0; i < f->order.len && !err; i++)
		err = forward_block(m, f->order.data[i]);
	for (ir_ref r = 1; r < f->ins.len && !err; r++)
		if (ir_at(f, r)->block && ir_at(f, r)->op == IR_PHI)
			ir_each_operand(f, r, resolve, m);
	for (u32 i = 0; m->at_end && i < f->blocks.len; i++)
		base_free(m->at_end[i]);
	base_free(m->at_end);
	base_free(m->is);
	return err;
}

/* dead stores ------------------------------------------------------------------------ */

static bool set_bytes(struct bytes *s, s64 offset, u32 size, bool value)
{
	s64 start = offset + FRAME_BYTES;

	if (start < 0 || start + (s64)size > FRAME_BYTES)
		return false;
	for (u32 i = (u32)start; i < (u32)start + size; i++)
		if (value)
			s->words[i / 64] |= 1ull << (i % 64);
		else
			s->words[i / 64] &= ~(1ull << (i % 64));
	return true;
}

static bool any_byte(const struct bytes *s, s64 offset, u32 size)
{
	s64 start = offset + FRAME_BYTES;

	if (start < 0 || start + (s64)size > FRAME_BYTES)
		return true;
	for (u32 i = (u32)start; i < (u32)start + size; i++)
		if (s->words[i / 64] >> (i % 64) & 1)
			return true;
	return false;
}

/* One instruction, backwards; `remove`: stores of what is not read go. */
static void read_before(struct memory *m, ir_ref r, struct bytes *live, bool remove)
{
	const struct ir_ins *i = ir_at(m->f, r);

	if (is_call(i->op) && m->given) {
		memset(live, 0xff, sizeof(*live));
		return;
	}
	if (!has_address(i->op) || !is_frame(m, i->a))
		return;
	if (i->op != IR_STORE) {
		if (!set_bytes(live, i->imm, i->size, true))
			memset(live, 0xff, sizeof(*live));
		return;
	}
	if (remove && !any_byte(live, i->imm, i->size)) {
		ir_remove(m->f, r);
		return;
	}
	set_bytes(live, i->imm, i->size, false);
}

static struct bytes live_after(const struct memory *m, const struct bytes *before, u32 block)
{
	struct bytes live = {0};

	for (u32 i = 0; i < ir_successor_count(m->f, block); i++)
		for (u32 w = 0; w < FRAME_WORDS; w++)
			live.words[w] |= before[ir_successor(m->f, block, i)].words[w];
	return live;
}

static int drop_stores(struct memory *m)
{
	struct ir_function *f = m->f;
	struct bytes *before = base_calloc(f->blocks.len, sizeof(*before));
	bool changed = true;

	if (!before)
		return -ENOMEM;
	while (changed) {
		changed = false;
		for (u32 i = (u32)f->order.len; i-- > 0;) {
			u32 block = f->order.data[i];
			struct bytes live = live_after(m, before, block);

			for (ir_ref r = f->blocks.data[block].last; r; r = ir_at(f, r)->prev)
				read_before(m, r, &live, false);
			changed |= memcmp(&live, &before[block], sizeof(live)) != 0;
			before[block] = live;
		}
	}
	for (u32 i = 0; i < f->order.len; i++) {
		struct bytes live = live_after(m, before, f->order.data[i]);
		ir_ref prev;

		for (ir_ref r = f->blocks.data[f->order.data[i]].last; r; r = prev) {
			prev = ir_at(f, r)->prev;
			read_before(m, r, &live, true);
		}
	}
	base_free(before);
	return 0;
}

static bool touches_memory(const struct ir_function *f)
{
	for (ir_ref r = 1; r < f->ins.len; r++)
		if (f->ins.data[r].block &&
		    (f->ins.data[r].op == IR_STORE || ir_flags(f->ins.data[r].op) & IR_READS))
			return true;
	return false;
}

int ir_memory(struct ir_function *f)
{
	struct memory m = {.f = f};
	int err;

	if (!touches_memory(f))
		return 0;
	find_pointers(&m);
	err = forward(&m);
	if (!err && !m.derived)
		err = drop_stores(&m);
	return err ?: ir_clean(f);
}
