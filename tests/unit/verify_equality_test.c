// SPDX-License-Identifier: BSD-2-Clause
/* When one state covers another: registers by kind, stack slots, references, ids. */
#include "verify_states.h"

#define PROGRAM "r0 = 0\nr0 = r1\nr0 += r2\nr0 += r3\nexit\n"

struct pair {
	struct walk *w;
	struct vstate *old, *cur;
	struct vreg *o, *c; /* registers of both */
};

static struct pair pair_new(void)
{
	struct pair p = {.w = walk_new(PROGRAM, NULL)};

	walk_start(p.w);
	walk_at(p.w, 0, 1); /* r1, r2, r3 are live */
	p.cur = p.w->v.state;
	for (u32 i = 1; i <= 3; i++)
		p.cur->frames[0]->regs[i] = vreg_const(i);
	p.old = walk_copy(p.w, p.cur);
	p.o = p.old->frames[0]->regs;
	p.c = p.cur->frames[0]->regs;
	return p;
}

static bool covers(struct pair *p, enum match match)
{
	return verify_covers(&p->w->v, p->old, p->cur, match, NULL);
}

#define expect(p, safe, within, exact)                             \
	do {                                                       \
		assert_int_equal(covers(p, MATCH_SAFE), safe);     \
		assert_int_equal(covers(p, MATCH_WITHIN), within); \
		assert_int_equal(covers(p, MATCH_EXACT), exact);   \
	} while (0)

static struct vreg between(u64 lo, u64 hi)
{
	struct vreg r = vreg_unknown();

	r.s = scalar_unsigned(lo, hi);
	return r;
}

static void numbers(void **unused)
{
	struct pair p = pair_new();

	expect(&p, true, true, true);
	p.c[1] = between(2, 4);
	expect(&p, true, false, false); /* nobody asked for its value */
	p.o[1] = between(0, 9);
	expect(&p, true, true, false);
	p.o[1].precise = true;
	expect(&p, true, true, false);
	p.c[1] = between(2, 10);
	expect(&p, false, false, false);
	p.c[1] = vreg_pointer(REG_CTX);
	p.o[1].precise = false;
	expect(&p, false, false, false);
	walk_free(p.w);
}

static void dead_registers(void **unused)
{
	struct pair p = pair_new();

	p.o[5] = vreg_pointer(REG_CTX);
	p.c[5] = vreg_const(7);
	p.o[0] = vreg_pointer(REG_CTX);
	expect(&p, true, true, true);
	p.o[1] = vreg_not_init(); /* wiped as unread */
	expect(&p, true, false, false);
	walk_free(p.w);
}

static void ids_one_to_one(void **unused)
{
	struct pair p = pair_new();

	for (u32 i = 1; i <= 2; i++) {
		p.o[i] = between(0, 9);
		p.o[i].precise = true;
		p.c[i] = between(0, 9);
	}
	p.o[1].id = p.o[2].id = 5;
	p.c[1].id = p.c[2].id = 8;
	expect(&p, true, true, true);
	p.c[2].id = 9; /* no longer known to be equal */
	expect(&p, false, false, false);
	p.c[2].id = 0;
	expect(&p, false, false, false);
	p.o[1].id = p.o[2].id = 0;
	p.c[1].id = p.c[2].id = 0;
	expect(&p, true, true, true);
	p.c[1].id = 8; /* the only one with its id: as good as none */
	expect(&p, true, true, false);
	walk_free(p.w);
}

static void ids_with_delta(void **unused)
{
	struct pair p = pair_new();

	for (u32 i = 1; i <= 2; i++) {
		p.o[i] = between(0, 9);
		p.o[i].precise = true;
		p.c[i] = between(0, 9);
	}
	p.o[1].id = 5;
	p.o[2].id = 5 | REG_ADD_CONST;
	p.o[2].off = 4;
	p.c[1].id = 7;
	p.c[2].id = 7 | REG_ADD_CONST;
	p.c[2].off = 4;
	assert_true(covers(&p, MATCH_SAFE));
	p.c[2].off = 3;
	assert_false(covers(&p, MATCH_SAFE));
	p.c[2].off = 4;
	p.c[2].id = 6 | REG_ADD_CONST; /* the delta is to another number */
	assert_false(covers(&p, MATCH_SAFE));
	p.c[2].id = 7;
	assert_false(covers(&p, MATCH_SAFE));
	walk_free(p.w);
}

static void packets(void **unused)
{
	struct pair p = pair_new();

	p.o[1] = p.c[1] = vreg_pointer(REG_PACKET);
	p.o[1].range = 14;
	p.c[1].range = 34;
	expect(&p, true, true, false);
	p.c[1].range = 13;
	expect(&p, false, false, false);
	p.c[1].range = (u32)-1; /* beyond the end */
	expect(&p, false, false, false);
	p.o[1].range = (u32)-1;
	expect(&p, true, true, true);
	p.c[1].off = 2;
	expect(&p, false, false, false);
	walk_free(p.w);
}

static void map_values(void **unused)
{
	struct pair p = pair_new();
	struct verify_map map = {0}, other = {0};

	p.o[1] = p.c[1] = vreg_pointer(REG_MAP_VALUE | REG_MAYBE_NULL);
	p.o[1].map = p.c[1].map = &map;
	p.o[1].id = 3;
	p.c[1].id = 4;
	expect(&p, true, true, true);
	p.c[1].type = REG_MAP_VALUE;
	expect(&p, false, false, false);
	p.o[1].type = REG_MAP_VALUE;
	p.o[1].s = scalar_unsigned(0, 16);
	expect(&p, true, true, false);
	p.c[1].s = scalar_unsigned(0, 17);
	expect(&p, false, false, false);
	p.c[1].s = scalar_unsigned(0, 3);
	p.c[1].map = &other;
	expect(&p, false, false, false);
	p.c[1].map = &map;
	p.c[1].map_uid = 1;
	expect(&p, false, false, false);
	walk_free(p.w);
}

static void stack_pointers(void **unused)
{
	struct pair p = pair_new();

	p.o[1] = p.c[1] = vreg_pointer(REG_STACK);
	expect(&p, true, true, true);
	p.c[1].off = -8;
	expect(&p, false, false, false);
	p.c[1] = p.o[1];
	p.c[1].frame = 1;
	expect(&p, false, false, false);
	walk_free(p.w);
}

static void set_slot(struct vstate *s, u32 i, u8 type)
{
	memset(s->frames[0]->slots[i].type, type, 8);
}

static void slots(void **unused)
{
	struct pair p = pair_new();

	assert_int_equal(verify_frame_grow(&p.w->v, p.old->frames[0], 16), 0);
	expect(&p, true, false, false); /* the current frame has no such slots */
	set_slot(p.old, 0, SLOT_MISC);
	expect(&p, true, false, false); /* whoever may read uninitialised bytes */
	p.w->v.uninit_stack = false;
	expect(&p, false, false, false);
	assert_int_equal(verify_frame_grow(&p.w->v, p.cur->frames[0], 16), 0);
	expect(&p, false, false, false);
	set_slot(p.cur, 0, SLOT_ZERO);
	expect(&p, true, false, false);
	set_slot(p.old, 0, SLOT_ZERO);
	expect(&p, true, true, true);
	set_slot(p.cur, 0, SLOT_MISC);
	expect(&p, false, false, false);
	walk_free(p.w);
}

static void spills(void **unused)
{
	struct pair p = pair_new();
	struct vslot *o, *c;

	assert_int_equal(verify_frame_grow(&p.w->v, p.old->frames[0], 8), 0);
	assert_int_equal(verify_frame_grow(&p.w->v, p.cur->frames[0], 8), 0);
	o = &p.old->frames[0]->slots[0];
	c = &p.cur->frames[0]->slots[0];
	set_slot(p.old, 0, SLOT_SPILL);
	set_slot(p.cur, 0, SLOT_SPILL);
	o->reg = c->reg = vreg_pointer(REG_CTX);
	expect(&p, true, true, true);
	set_slot(p.cur, 0, SLOT_MISC); /* a pointer was expected there */
	expect(&p, false, false, false);
	o->reg = between(0, 9);
	expect(&p, true, false, false);
	o->reg = vreg_unknown();
	expect(&p, true, false, false); /* eight unknown bytes are an unknown number */
	o->reg = between(0, 9);
	o->reg.precise = true;
	expect(&p, false, false, false);
	/* A spill of four bytes is no number of eight. */
	memset(o->type, SLOT_MISC, 4);
	memset(c->type, SLOT_MISC, 4);
	memset(c->type + 4, SLOT_SPILL, 4);
	c->reg = between(1, 2);
	expect(&p, true, true, false);
	c->reg = between(1, 10);
	expect(&p, false, false, false);
	walk_free(p.w);
}

static void special_slots(void **unused)
{
	struct pair p = pair_new();
	struct vslot *o, *c;

	assert_int_equal(verify_frame_grow(&p.w->v, p.old->frames[0], 8), 0);
	assert_int_equal(verify_frame_grow(&p.w->v, p.cur->frames[0], 8), 0);
	o = &p.old->frames[0]->slots[0];
	c = &p.cur->frames[0]->slots[0];
	set_slot(p.old, 0, SLOT_ITER);
	set_slot(p.cur, 0, SLOT_ITER);
	o->reg = c->reg = vreg_not_init();
	o->reg.iter_state = c->reg.iter_state = ITER_ACTIVE;
	o->reg.ref = 1;
	c->reg.ref = 2;
	c->reg.iter_depth = 3;
	expect(&p, true, true, true);
	assert_true(verify_iter_depths_differ(p.old, p.cur));
	c->reg.iter_state = ITER_DRAINED;
	expect(&p, false, false, false);
	set_slot(p.old, 0, SLOT_DYNPTR);
	set_slot(p.cur, 0, SLOT_DYNPTR);
	expect(&p, true, true, true);
	c->reg.dynptr_kind = DYNPTR_SKB;
	expect(&p, false, false, false);
	c->reg.dynptr_kind = 0;
	c->reg.first_slot = true;
	expect(&p, false, false, false);
	set_slot(p.old, 0, SLOT_IRQ);
	set_slot(p.cur, 0, SLOT_IRQ);
	expect(&p, true, true, true);
	c->reg.irq_kind = 1;
	expect(&p, false, false, false);
	walk_free(p.w);
}

static void states(void **unused)
{
	struct pair p = pair_new();

	p.old->active_rcu = 1;
	expect(&p, false, false, false);
	p.old->active_rcu = 0;
	p.old->speculative = true;
	expect(&p, false, false, false);
	p.cur->speculative = true;
	p.old->speculative = false;
	expect(&p, true, true, true);
	p.old->frames[0]->callback_depth = 1;
	expect(&p, false, false, false);
	p.cur->frames[0]->callback_depth = 2;
	expect(&p, true, true, true);
	assert_int_equal(verify_ref_push(&p.w->v, VREF_PTR, 30, NULL), 0);
	expect(&p, false, false, false);
	walk_free(p.w);
}

/* Ids of references, locks and registers are the same ids. */
static void references(void **unused)
{
	struct pair p = pair_new();
	struct vstate *first;

	assert_int_equal(verify_ref_push(&p.w->v, VREF_PTR, 30, NULL), 0);
	p.c[1] = vreg_pointer(REG_SOCKET);
	p.c[1].ref = p.c[1].id = 30;
	first = walk_copy(p.w, p.cur);
	first->refs[0].id = 20;
	first->frames[0]->regs[1].ref = first->frames[0]->regs[1].id = 20;
	p.old = first;
	expect(&p, true, true, true);
	p.c[1].ref = 31; /* another reference than the one to release */
	expect(&p, false, false, false);
	walk_free(p.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),        cmocka_unit_test(dead_registers),
		cmocka_unit_test(ids_one_to_one), cmocka_unit_test(ids_with_delta),
		cmocka_unit_test(packets),        cmocka_unit_test(map_values),
		cmocka_unit_test(stack_pointers), cmocka_unit_test(slots),
		cmocka_unit_test(spills),         cmocka_unit_test(special_slots),
		cmocka_unit_test(states),         cmocka_unit_test(references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
