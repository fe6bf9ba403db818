// SPDX-License-Identifier: BSD-2-Clause
/*
 * Conditional jumps: which ways can be gone, and what is known on each.
 *
 * Two numbers: the scalar domain decides and refines, and what is learned of a
 * number is learned of all that are linked to it. A pointer and 0: a pointer
 * that may be null becomes one that is not, or 0, with everything of its id.
 * Two packet pointers: one that was compared with the end gives all pointers of
 * its family the bytes up to it.
 */
#include <string.h>
#include "btf/fields.h"
#include "verify/verifier.h"

#define MAX_PACKET_OFFSET 0xffff

struct jump {
	const struct isa_op *op;
	struct scalar_test test;
	bool by_reg;
	struct vreg *a, *b; /* here: operands of the way not taken */
	struct vreg constant;
	u32 target;
};

static bool is_pointer(const struct vreg *r)
{
	return r->type != REG_SCALAR;
}

static bool is_packet_or_end(const struct vreg *r)
{
	return reg_is_packet(r->type) || r->type == REG_PACKET_END;
}

bool verify_is_trusted(const struct vreg *r)
{
	u32 flags = r->type & ~(u32)REG_KIND_MASK;
	const u32 safe = REG_ALLOC | REG_TRUSTED | REG_NON_OWN;

	if (r->ref)
		return true;
	if (flags & ~safe)
		return false;
	switch (reg_kind(r->type)) {
	case REG_SOCKET:
	case REG_SOCK_COMMON:
	case REG_TCP_SOCK:
	case REG_MAP_PTR: return true;
	default: return flags & safe;
	}
}

static bool is_not_null(const struct vreg *r)
{
	if (r->type & REG_MAYBE_NULL)
		return false;
	switch (reg_kind(r->type)) {
	case REG_SOCKET:
	case REG_TCP_SOCK:
	case REG_MAP_VALUE:
	case REG_MAP_KEY:
	case REG_SOCK_COMMON:
	case REG_MAP_PTR: return true;
	case REG_BTF_ID: return verify_is_trusted(r);
	case REG_MEM: return !(r->type & REG_UNTRUSTED);
	default: return false;
	}
}

/* The same test with its operands exchanged. */
static enum scalar_cond flipped(enum scalar_cond cond)
{
	switch (cond) {
	case SCALAR_GT: return SCALAR_LT;
	case SCALAR_GE: return SCALAR_LE;
	case SCALAR_LT: return SCALAR_GT;
	case SCALAR_LE: return SCALAR_GE;
	case SCALAR_SGT: return SCALAR_SLT;
	case SCALAR_SGE: return SCALAR_SLE;
	case SCALAR_SLT: return SCALAR_SGT;
	case SCALAR_SLE: return SCALAR_SGE;
	default: return cond;
	}
}

/* deciding ---------------------------------------------------------------- */

static enum scalar_taken packet_taken(const struct jump *j)
{
	const struct vreg *pkt = j->a;
	enum scalar_cond cond = j->test.cond;

	if (j->a->type == REG_PACKET_END) {
		pkt = j->b;
		cond = flipped(cond);
	} else if (j->b->type != REG_PACKET_END) {
		return SCALAR_UNKNOWN;
	}
	if ((s32)pkt->range >= 0)
		return SCALAR_UNKNOWN;
	switch (cond) {
	case SCALAR_LE:
	case SCALAR_GT:
		return pkt->range == PACKET_BEYOND_END ? (enum scalar_taken)(cond == SCALAR_GT)
						       : SCALAR_UNKNOWN;
	case SCALAR_LT:
	case SCALAR_GE: return (enum scalar_taken)(cond == SCALAR_GE);
	default: return SCALAR_UNKNOWN;
	}
}

static enum scalar_taken pointer_taken(const struct jump *j)
{
	const struct vreg *ptr = j->a, *number = j->b;
	u64 value;

	if (is_pointer(number) || !scalar_is_const(&number->s, j->test.width, &value)) {
		ptr = j->b;
		number = j->a;
	}
	if (is_pointer(number) || !scalar_is_const(&number->s, j->test.width, &value))
		return SCALAR_UNKNOWN;
	if (!is_not_null(ptr) || value)
		return SCALAR_UNKNOWN;
	if (j->test.cond == SCALAR_EQ)
		return SCALAR_NO;
	return j->test.cond == SCALAR_NE ? SCALAR_YES : SCALAR_UNKNOWN;
}

static enum scalar_taken taken(const struct verifier *v, const struct jump *j)
{
	if (is_packet_or_end(j->a) && is_packet_or_end(j->b) && j->test.width == 64)
		return packet_taken(j);
	if ((j->a->type == REG_MAP_PTR || j->b->type == REG_MAP_PTR) &&
	    !verify_has(v, KERNEL_MAP_PTR_NOT_NULL))
		return SCALAR_UNKNOWN;
	if (is_pointer(j->a) || is_pointer(j->b))
		return pointer_taken(j);
	if (!verify_older_decides(v, j->test, &j->a->s, &j->b->s))
		return SCALAR_UNKNOWN;
	return scalar_taken(j->test, &j->a->s, &j->b->s);
}

/* learning ---------------------------------------------------------------- */

bool verify_may_hold_lock(const struct vreg *r)
{
	struct btf_fields fields;

	if (reg_kind(r->type) == REG_MAP_VALUE)
		return r->map->fields && r->map->fields->mask & BTF_SPECIAL_LOCK;
	if (reg_kind(r->type) != REG_BTF_ID || !(r->type & REG_ALLOC))
		return false;
	return !btf_fields_of_object(r->btf, r->btf_id, NULL, &fields) &&
	       fields.mask & BTF_SPECIAL_LOCK;
}

static void mark_not_null(struct vreg *r)
{
	const struct verify_map *map = r->map;

	if (reg_kind(r->type) != REG_MAP_VALUE) {
		r->type &= ~(u32)REG_MAYBE_NULL;
		return;
	}
	if (map->inner) {
		r->type = REG_MAP_PTR;
		r->map = map->inner;
		/* Which lookup it was tells apart the timers within. */
		if (map->inner->fields &&
		    map->inner->fields->mask &
			    (BTF_SPECIAL_TIMER | BTF_SPECIAL_WORKQUEUE | BTF_SPECIAL_TASK_WORK))
			r->map_uid = r->id;
		return;
	}
	switch (map->type) {
	case BPF_MAP_TYPE_XSKMAP: r->type = REG_XDP_SOCK; break;
	case BPF_MAP_TYPE_SOCKMAP:
	case BPF_MAP_TYPE_SOCKHASH: r->type = REG_SOCKET; break;
	default: r->type = REG_MAP_VALUE;
	}
}

static void mark_null_or_not(const struct verifier *v, struct vreg *r, u32 id, bool is_null)
{
	if (!(r->type & REG_MAYBE_NULL) || r->id != id)
		return;
	if (is_null) {
		*r = vreg_const(0);
		r->precise = !v->bpf;
		return;
	}
	mark_not_null(r);
	if (!verify_may_hold_lock(r))
		r->id = 0;
}

/* Nobody holds a reference to what is not there. */
static void forget_reference(struct vstate *s, u32 id)
{
	for (u32 i = 0; i < s->ref_count; i++)
		if (s->refs[i].kind == VREF_PTR && s->refs[i].id == id) {
			memmove(&s->refs[i], &s->refs[i + 1],
				(s->ref_count - i - 1) * sizeof(s->refs[0]));
			s->ref_count--;
			return;
		}
}

/* Registers with the id of a _or_null one become the pointer, or 0. */
static void mark_null(struct verifier *v, struct vstate *s, u32 regno, bool is_null)
{
	struct vreg *r = &s->frames[s->curframe]->regs[regno];
	u32 id = r->id;

	if (r->ref && r->ref == id && is_null)
		forget_reference(s, id);
	for (u32 n = 0; n <= s->curframe; n++) {
		struct vframe *f = s->frames[n];

		for (u32 i = 0; i < ISA_REGS; i++)
			mark_null_or_not(v, &f->regs[i], id, is_null);
		for (u32 i = 0; i < f->slot_count; i++)
			if (f->slots[i].type[7] == SLOT_SPILL)
				mark_null_or_not(v, &f->slots[i].reg, id, is_null);
	}
}

/* All pointers of the family have at least `range` bytes from their fixed offset 0. */
static void give_range(struct vstate *s, const struct vreg *pkt, u32 range)
{
	for (u32 n = 0; n <= s->curframe; n++) {
		struct vframe *f = s->frames[n];

		for (u32 i = 0; i < ISA_REGS + f->slot_count; i++) {
			struct vreg *r = i < ISA_REGS ? &f->regs[i] : &f->slots[i - ISA_REGS].reg;

			if (i >= ISA_REGS && f->slots[i - ISA_REGS].type[7] != SLOT_SPILL)
				continue;
			if (r->type == pkt->type && r->id == pkt->id)
				r->range = (u32)MAX((s32)r->range, (s32)range);
		}
	}
}

/* `pkt` is not beyond the end (`open`: before it) in state s. */
static void learn_in_range(struct vstate *s, struct vreg pkt, bool open)
{
	if (pkt.off < 0 || (!pkt.off && open))
		return;
	if (pkt.s.umax > MAX_PACKET_OFFSET || pkt.s.umax + (u32)pkt.off > MAX_PACKET_OFFSET)
		return;
	give_range(s, &pkt, (u32)pkt.off + open);
}

/* It is at the end or beyond (`open`: beyond): good for deciding the next such test. */
static void learn_at_end(struct vstate *s, u32 regno, bool open)
{
	struct vreg *r = &s->frames[s->curframe]->regs[regno];

	if (r->type == REG_PACKET)
		r->range = open ? PACKET_BEYOND_END : PACKET_AT_END;
}

static bool is_packet_start(const struct vreg *r)
{
	return r->type == REG_PACKET && !r->id && !r->off && reg_is_const(r) && !r->s.bits.value;
}

/* `r` marks where data of `pkt`'s kind ends: the packet's end, or its start for what precedes it.
 */
static bool bounds(const struct vreg *r, const struct vreg *pkt)
{
	return (pkt->type == REG_PACKET && r->type == REG_PACKET_END) ||
	       (pkt->type == REG_PACKET_META && is_packet_start(r));
}

/* False when the test is not one of a packet pointer with its end. */
static bool learn_packet(struct verifier *v, const struct jump *j, struct vstate *other)
{
	struct vstate *here = v->state, *inside, *outside;
	enum scalar_cond cond = j->test.cond;
	const struct vreg *pkt = j->a;
	u32 regno = j->op->dst;

	if (!j->by_reg || j->test.width != 64)
		return false;
	if (!bounds(j->b, j->a)) {
		if (!bounds(j->a, j->b))
			return false;
		pkt = j->b;
		regno = j->op->src;
		cond = flipped(cond);
	}
	switch (cond) {
	case SCALAR_GT:
	case SCALAR_GE:
		inside = here;
		outside = other;
		break;
	case SCALAR_LT:
	case SCALAR_LE:
		inside = other;
		outside = here;
		break;
	default: return false;
	}
	/* >= and <: inside means strictly before the end. */
	learn_in_range(inside, *pkt, cond == SCALAR_GE || cond == SCALAR_LT);
	learn_at_end(outside, regno, cond == SCALAR_GT || cond == SCALAR_LE);
	return true;
}

static int learn_numbers(struct verifier *v, const struct jump *j, struct vstate *other,
			 const struct vlinked *linked)
{
	struct vreg *regs = other->frames[other->curframe]->regs;
	struct vreg constant = j->constant;
	struct vreg *oa = &regs[j->op->dst], *ob = j->by_reg ? &regs[j->op->src] : &constant;
	bool fine = true;

	if (j->a->type == REG_SCALAR && j->b->type == REG_SCALAR && j->a != j->b) {
		fine = verify_older_refine(v, j->test, true, &oa->s, &ob->s);
		fine &= verify_older_refine(v, j->test, false, &j->a->s, &j->b->s);
	}
	if (!fine && v->in->prog_flags & BPF_F_TEST_REG_INVARIANTS)
		return verify_fail(v, MSG_INVARIANT);
	if (j->by_reg && j->b->type == REG_SCALAR && j->b->id) {
		verify_linked_learn(v->state, j->b, linked);
		verify_linked_learn(other, ob, linked);
	}
	if (j->a->type == REG_SCALAR && j->a->id) {
		verify_linked_learn(v->state, j->a, linked);
		verify_linked_learn(other, oa, linked);
	}
	return 0;
}

/* A pointer equal to one that is not null is not null either. */
static void learn_nonnull(struct verifier *v, const struct jump *j, struct vstate *other)
{
	bool a_may = j->a->type & REG_MAYBE_NULL, b_may = j->b->type & REG_MAYBE_NULL;
	struct vstate *equal = j->test.cond == SCALAR_EQ   ? other
			       : j->test.cond == SCALAR_NE ? v->state
							   : NULL;

	if (!verify_has(v, KERNEL_BRANCH_NULLNESS) || !equal || !j->by_reg || j->test.width != 64 ||
	    a_may == b_may || !is_pointer(j->a) || !is_pointer(j->b) ||
	    reg_kind(j->a->type) == REG_BTF_ID || reg_kind(j->b->type) == REG_BTF_ID)
		return;
	mark_not_null(&equal->frames[equal->curframe]->regs[a_may ? j->op->dst : j->op->src]);
}

static int learn_pointers(struct verifier *v, const struct jump *j, struct vstate *other)
{
	bool equality = j->test.cond == SCALAR_EQ || j->test.cond == SCALAR_NE;

	learn_nonnull(v, j, other);
	if (j->test.width == 64 && !j->by_reg && !j->op->imm && equality &&
	    j->a->type & REG_MAYBE_NULL) {
		mark_null(v, v->state, j->op->dst, j->test.cond == SCALAR_NE);
		mark_null(v, other, j->op->dst, j->test.cond == SCALAR_EQ);
		return 0;
	}
	if (!learn_packet(v, j, other) && !v->ptr_leaks && is_pointer(j->a))
		return verify_fail_reg(v, j->op->dst, MSG_PTR_COMPARE, j->op->dst);
	return 0;
}

/* the jump ----------------------------------------------------------------- */

/* The branch not taken, for the processor that takes it all the same. */
static int push_speculated(struct verifier *v, const struct isa_op *op, u32 to)
{
	struct vstate *other;
	struct vreg *regs;
	int err;

	if (v->no_spec_v1)
		return 0;
	err = verify_push_branch(v, to, v->insn, true, &other);
	if (err)
		return err;
	regs = other->frames[other->curframe]->regs;
	regs[op->dst] = verify_unknown(v);
	if (isa_info(op->op)->kind == ISA_KIND_JMP_REG)
		regs[op->src] = verify_unknown(v);
	return 0;
}

static int check_operands(struct verifier *v, struct jump *j)
{
	const struct isa_op *op = j->op;
	u16 flags = 0;
	int err = verify_reg_read(v, op->dst);

	if (err)
		return err;
	j->a = verify_reg(v, op->dst);
	j->b = &j->constant;
	if (j->by_reg) {
		err = verify_reg_read(v, op->src);
		if (err)
			return err;
		j->b = verify_reg(v, op->src);
		if (!(is_packet_or_end(j->a) && is_packet_or_end(j->b)) && !v->ptr_leaks &&
		    is_pointer(j->b))
			return verify_fail_reg(v, op->src, MSG_PTR_COMPARE, op->src);
		if (j->b->type == REG_STACK)
			flags |= VSTEP_SRC_STACK;
	}
	if (j->a->type == REG_STACK)
		flags |= VSTEP_DST_STACK;
	return flags ? verify_step_push(v, flags, 0) : 0;
}

static int go_one_way(struct verifier *v, const struct jump *j, bool jumps, u32 *next)
{
	u32 other = jumps ? v->insn + 1 : j->target;
	int err = 0;

	if (j->a->type == REG_SCALAR)
		err = verify_mark_precise(v, j->op->dst);
	if (!err && j->by_reg && j->b->type == REG_SCALAR)
		err = verify_mark_precise(v, j->op->src);
	err = err ?: push_speculated(v, j->op, other);
	if (err)
		return err;
	v->insns[v->insn].branch |= jumps ? 1 : 2;
	verify_log_changes(v);
	*next = jumps ? j->target : v->insn + 1;
	return 0;
}

static int go_both_ways(struct verifier *v, const struct jump *j, u32 *next)
{
	struct vlinked linked = {0};
	struct vstate *other;
	int err = 0;

	if (j->by_reg && j->b->type == REG_SCALAR && j->b->id)
		verify_linked_collect(v, j->b->id, &linked);
	if (j->a->type == REG_SCALAR && j->a->id)
		verify_linked_collect(v, j->a->id, &linked);
	if (linked.count > 1)
		err = verify_step_push(v, 0, verify_linked_pack(&linked));
	err = err ?: verify_push_branch(v, j->target, v->insn, false, &other);
	err = err ?: learn_numbers(v, j, other, &linked);
	err = err ?: learn_pointers(v, j, other);
	if (err)
		return err;
	v->insns[v->insn].branch |= 3;
	verify_log_changes(v);
	*next = v->insn + 1;
	return 0;
}

int verify_branch(struct verifier *v, const struct isa_op *op, u32 *next)
{
	struct jump j = {
		.op = op,
		.by_reg = isa_info(op->op)->kind == ISA_KIND_JMP_REG,
		.constant = vreg_const((u64)op->imm),
		.target = (u32)isa_target(op, v->insn),
	};
	enum scalar_taken way;
	int err;

	scalar_test_of(op, &j.test);
	err = check_operands(v, &j);
	if (err)
		return err;
	way = taken(v, &j);
	if (way != SCALAR_UNKNOWN)
		return go_one_way(v, &j, way == SCALAR_YES, next);
	return go_both_ways(v, &j, next);
}
