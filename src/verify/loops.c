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
 * So such an end is kept as a back edge: a copy of the state with its way there,
 * and the state that covers it. Loops are the strongly connected components of
 * a function's control flow, per chain of calls that led into it (a visit). When
 * the last path from the first kept state in the component has ended, precision
 * is carried along all its back edges until nothing changes; only then are its
 * states complete. Until then they cover only what lies within them with every
 * number taken for precise, and are not cleaned.
 *
 * A call that calls back is such a loop too, of the call and the whole callback.
 * To compare all states in there so strictly would make callbacks with loops and
 * branches of their own too expensive. So there a path that has come round to the
 * call taints the states on its way, up to the one that covers it. A tainted
 * state that has ended covers others by the marks that it has and by what was
 * read so far; such an end is noted too, as tentative, and taints in turn. When
 * the topmost of the covering states (the root) has ended, precision is carried
 * along all these ends until nothing changes, and the tentative ones are compared
 * again. A path that is not covered after all is walked on, and the root with it.
 */
#include <string.h>
#include "verify/prune.h"

#define MAX_ROUNDS 64

/* Of the outermost frame in a loop. */
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
	/* A call at instruction 0 is not shown. */
	for (u32 i = 0; i < key->depth && key->callsites[i]; i++)
		text_fmt(&t, "%u,", key->callsites[i]);
	verify_say(v, "SCC %s (%s%u)\n", what, line, key->scc);
}

bool verify_loop_open(const struct kept *k)
{
	return k->loop && k->loop->backedges;
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

	if (!find_key(v, k->state, &key))
		return 0;
	k->loop = find_visit(v, &key) ?: new_visit(v, &key);
	if (!k->loop)
		return -ENOMEM;
	if (k->loop->entry)
		return 0;
	k->loop->entry = k->state;
	say(v, "enter", &key);
	return 0;
}

static int add_backedge(struct verifier *v, struct backedge **list, struct vstate *equal,
			bool tentative)
{
	struct backedge *b = arena_alloc(&v->arena, sizeof(*b));
	int err = b ? verify_state_new(v, &b->state) : -ENOMEM;

	if (err)
		return err;
	err = verify_state_copy(v, b->state, v->state);
	err = err ?: verify_steps_copy(v, b->state, v->state);
	if (err) {
		verify_state_free(v, b->state);
		return err;
	}
	b->state->parent = v->state->parent;
	b->equal = equal;
	b->tentative = tentative;
	b->next = *list;
	*list = b;
	return 0;
}

static void free_backedges(struct verifier *v, struct backedge **list)
{
	for (struct backedge *b = *list; b; b = b->next)
		verify_state_free(v, b->state);
	*list = NULL;
}

int verify_loop_backedge(struct verifier *v, struct kept *old)
{
	struct loop_visit *l = old->loop;

	if (!l)
		return verify_bug(v, "a path ends in a loop that was not entered");
	l->backedge_count++;
	v->prune->backedge_count++;
	say(v, "backedge", &l->key);
	return add_backedge(v, &l->backedges, old->state, false);
}

/* Carries precision along back edges; `masked`: of what is live only. */
static int settle(struct verifier *v, struct backedge *list, bool masked)
{
	u64 live[VERIFY_MAX_FRAMES];
	bool changed = true;
	int err;

	for (u32 round = 0; changed; round++) {
		if (round > MAX_ROUNDS) {
			for (struct backedge *b = list; b; b = b->next)
				verify_all_precise(v, b->state);
			return 0;
		}
		changed = false;
		for (struct backedge *b = list; b; b = b->next) {
			if (masked)
				verify_slots_live_all(v, b->equal, live);
			err = verify_precision_spread(v, b->equal, b->state, masked ? live : NULL,
						      &changed);
			if (err)
				return err;
		}
	}
	return 0;
}

static int leave_loop(struct verifier *v, struct kept *k)
{
	struct loop_visit *l = k->loop;
	int err;

	if (!l || l->entry != k->state)
		return 0;
	say(v, "exit", &l->key);
	l->entry = NULL;
	v->prune->backedge_count -= l->backedge_count;
	l->backedge_count = 0;
	err = settle(v, l->backedges, false);
	free_backedges(v, &l->backedges);
	return err;
}

/* Calls that call back --------------------------------------------------- */

int verify_around_backedge(struct verifier *v, struct kept *old, bool tentative)
{
	struct around *a = &v->prune->around;
	bool moved = false;

	if (!old->tainted && (!a->root || old->state->depth < a->root->state->depth)) {
		a->root = old;
		moved = true;
	}
	for (struct vstate *s = v->state->parent; s && s->depth >= a->root->state->depth;
	     s = s->parent) {
		struct kept *k = s->prune;

		if (k->tainted && !moved)
			break;
		if (k->tainted)
			continue;
		k->tainted = true;
		k->next_tainted = a->tainted;
		a->tainted = k;
	}
	return add_backedge(v, &a->backedges, old->state, tentative);
}

static bool still_covers(struct verifier *v, const struct backedge *b)
{
	u64 live[VERIFY_MAX_FRAMES];

	if (!b->tentative)
		return true;
	verify_slots_live_all(v, b->equal, live);
	return verify_covers(v, b->equal, b->state, MATCH_SAFE, live);
}

/* A state that had ended is on the walk's path again; of its loop it may be the first. */
static void reopen_kept(struct kept *k)
{
	struct loop_visit *l = k->loop;

	if (l && (!l->entry || l->entry->depth > k->state->depth))
		l->entry = k->state;
}

/*
 * A path that was ended is open again, and with it the states above it. It will
 * come to its instruction anew, so the step there is taken back.
 */
static int reopen(struct verifier *v, struct vstate *s)
{
	s->branches = 1;
	s->step_count -= v->insns[s->insn_at].jump_point;
	for (struct vstate *up = s->parent; up && !up->branches++; up = up->parent)
		reopen_kept(up->prune);
	return verify_resume(v, s);
}

static int leave_around(struct verifier *v, struct kept *k)
{
	struct around *a = &v->prune->around;
	struct backedge **link, *b;
	int err;

	if (a->root != k)
		return 0;
	v->prune->quiet = true;
	err = settle(v, a->backedges, true);
	v->prune->quiet = false;
	for (link = &a->backedges; !err && (b = *link) != NULL;) {
		if (still_covers(v, b)) {
			link = &b->next;
			continue;
		}
		*link = b->next;
		err = reopen(v, b->state);
	}
	if (err || k->state->branches)
		return err;
	free_backedges(v, &a->backedges);
	a->root = NULL;
	for (struct kept *t = a->tainted, *next; t; t = next) {
		next = t->next_tainted;
		t->tainted = false;
		verify_kept_release(v, t);
	}
	a->tainted = NULL;
	return 0;
}

int verify_loop_leave(struct verifier *v, struct kept *k)
{
	int err = leave_around(v, k);

	if (err || k->state->branches)
		return err;
	return leave_loop(v, k);
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
	/* A checkpoint of this very round was made before the call or jump was looked at. */
	const struct vstate *from = v->insns[insn].calls_callback ? s : s->parent;
	const struct vstate *old = from ? find_entry(v, from, insn) : NULL;

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
