// SPDX-License-Identifier: BSD-2-Clause
/*
 * Loops whose iterations converge.
 *
 * A loop with a counter is simply walked until it ends. Others (iterators,
 * may_goto, callbacks that are called any number of times) end because a state
 * is met again: the path that comes round is covered by a state of an earlier
 * iteration, whose own paths have not ended yet. Then neither is complete: what
 * the earlier state's paths will find to need precision must hold for the path
 * that came round too, and that can reach back into the earlier state once more.
 *
 * So such an end is kept as a back edge of the loop: a copy of the state with
 * its way there, and the state that covers it. Loops are the strongly connected
 * components of a function's control flow, per chain of calls that led into it (a
 * visit). When the last path from the first kept state in the component has
 * ended, precision is carried along all its back edges until nothing changes;
 * only then are its states complete. Until then they cover only what lies within
 * them with every number taken for precise, and are not cleaned.
 */
#include <string.h>
#include "verify/prune.h"

#define MAX_ROUNDS 64

static bool find_key(const struct verifier *v, const struct vstate *s, struct loop_key *key)
{
	memset(key, 0, sizeof(*key));
	for (u32 i = 0; i <= s->curframe; i++) {
		u32 insn = state_insn(s, i);

		key->depth = i;
		key->scc = v->insns[insn].scc;
		if (key->scc)
			return true;
		key->callsites[i] = insn;
	}
	return false;
}

static u64 key_hash(const struct loop_key *key)
{
	return hash_bytes(key, sizeof(*key), 0);
}

static struct loop_visit *find_visit(const struct verifier *v, const struct loop_key *key)
{
	struct loop_visit *l = hash_get(&v->prune->visits, key_hash(key));

	while (l && memcmp(&l->key, key, sizeof(*key)) != 0)
		l = l->next;
	return l;
}

static void say(struct verifier *v, const char *what, const struct loop_key *key)
{
	char line[128];
	struct text t;

	if (!(v->in->log_level & VERIFY_LOG_ALL))
		return;
	text_init(&t, line, sizeof(line));
	for (u32 i = 0; i < key->depth; i++)
		text_fmt(&t, "%u,", key->callsites[i]);
	verify_say(v, "SCC %s (%s%u)\n", what, line, key->scc);
}

bool verify_loop_open(const struct kept *k)
{
	return k->visit && k->visit->backedges;
}

static struct loop_visit *new_visit(struct verifier *v, const struct loop_key *key)
{
	struct loop_visit *l = arena_alloc(&v->arena, sizeof(*l));
	u64 hash = key_hash(key);

	if (!l)
		return NULL;
	l->key = *key;
	l->next = hash_get(&v->prune->visits, hash);
	return hash_set(&v->prune->visits, hash, l) ? NULL : l;
}

int verify_loop_enter(struct verifier *v, struct kept *k)
{
	struct loop_key key;

	k->visit = NULL;
	if (!find_key(v, k->state, &key))
		return 0;
	k->visit = find_visit(v, &key) ?: new_visit(v, &key);
	if (!k->visit)
		return -ENOMEM;
	if (k->visit->entry)
		return 0;
	k->visit->entry = k->state;
	say(v, "enter", &key);
	return 0;
}

int verify_loop_backedge(struct verifier *v, struct kept *old)
{
	struct loop_visit *l = old->visit;
	struct backedge *b;
	int err;

	if (!l)
		return verify_bug(v, "a path ends in a loop that was not entered");
	b = arena_alloc(&v->arena, sizeof(*b));
	err = b ? verify_state_new(v, &b->state) : -ENOMEM;
	if (err)
		return err;
	err = verify_state_copy(v, b->state, v->state);
	err = err ?: verify_steps_copy(v, b->state, v->state);
	if (err) {
		verify_state_free(v, b->state);
		return err;
	}
	b->state->parent = v->state->parent;
	b->equal = old->state;
	b->next = l->backedges;
	l->backedges = b;
	l->backedge_count++;
	v->prune->backedge_count++;
	say(v, "backedge", &l->key);
	return 0;
}

static int settle(struct verifier *v, struct loop_visit *l)
{
	bool changed = true;
	int err;

	for (u32 round = 0; changed; round++) {
		if (round > MAX_ROUNDS) {
			for (struct backedge *b = l->backedges; b; b = b->next)
				verify_all_precise(v, b->state);
			return 0;
		}
		changed = false;
		for (struct backedge *b = l->backedges; b; b = b->next) {
			err = verify_precision_spread(v, b->equal, b->state, &changed);
			if (err)
				return err;
		}
	}
	return 0;
}

int verify_loop_leave(struct verifier *v, struct kept *k)
{
	struct loop_visit *l = k->visit;
	int err;

	if (!l || l->entry != k->state)
		return 0;
	say(v, "exit", &l->key);
	l->entry = NULL;
	v->prune->backedge_count -= l->backedge_count;
	l->backedge_count = 0;
	err = settle(v, l);
	for (struct backedge *b = l->backedges; b; b = b->next)
		verify_state_free(v, b->state);
	l->backedges = NULL;
	return err;
}

/* Widening ------------------------------------------------------------- */

/* The newest kept state at `insn` that the walk is still below of. */
static const struct vstate *find_entry(const struct verifier *v, const struct vstate *s, u32 insn)
{
	for (const struct kept *k = *verify_bucket(v, s, insn); k; k = k->next)
		if (k->state->insn_at == insn && k->state->branches && k->state->depth < s->depth &&
		    verify_same_callsites(k->state, s))
			return k->state;
	return NULL;
}

static void widen_reg(struct verifier *v, const struct vreg *old, struct vreg *cur)
{
	if (old->type != REG_SCALAR || cur->type != REG_SCALAR || old->precise || cur->precise ||
	    verify_reg_covers(v, old, cur, MATCH_EXACT))
		return;
	*cur = verify_unknown(v);
}

int verify_widen(struct verifier *v, struct vstate *s, u32 insn)
{
	const struct vstate *old = find_entry(v, s, insn);

	if (!old)
		return 0;
	v->prune->ids.count = 0;
	for (u32 f = 0; f <= s->curframe; f++) {
		const struct vframe *was = old->frames[f];
		struct vframe *is = s->frames[f];

		for (u32 i = 0; i < ISA_REGS; i++)
			widen_reg(v, &was->regs[i], &is->regs[i]);
		for (u32 i = 0; i < MIN(was->slot_count, is->slot_count); i++)
			if (slot_is_spill(&was->slots[i]) && slot_is_spill(&is->slots[i]))
				widen_reg(v, &was->slots[i].reg, &is->slots[i].reg);
	}
	return 0;
}
