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
 * branches of their own too expensive. So there a state covers another by the
 * marks that it has and by what was read so far, and each path that ends so is a
 * tentative back edge: when the call's first state has ended and precision was
 * carried along, such pairs are compared again, and a path that is not covered
 * after all is walked on.
 */
#include <string.h>
#include "verify/prune.h"

#define MAX_ROUNDS 64
#define AROUND     (1u << 31) /* in a key's scc: a call that calls back, by its instruction */

/* Of the outermost frame in a loop; `around`: at a call that calls back. */
static bool find_key(const struct verifier *v, const struct vstate *s, bool around,
		     struct loop_key *key)
{
	memset(key, 0, sizeof(*key));
	for (u32 i = 0; i <= s->curframe; i++) {
		u32 insn = state_insn(s, i);

		key->depth = i;
		key->scc = v->insns[insn].scc;
		if (around)
			key->scc = v->insns[insn].calls_callback ? AROUND | insn : 0;
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

	if (!(v->in->log_level & VERIFY_LOG_ALL) || key->scc & AROUND)
		return;
	text_init(&t, line, sizeof(line));
	for (u32 i = 0; i < key->depth; i++)
		text_fmt(&t, "%u,", key->callsites[i]);
	verify_say(v, "SCC %s (%s%u)\n", what, line, key->scc);
}

bool verify_loop_open(const struct kept *k)
{
	return k->loop && k->loop->backedges;
}

bool verify_around_open(const struct kept *k)
{
	return k->around && k->around->backedges;
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

static int enter(struct verifier *v, struct kept *k, bool around, struct loop_visit **out)
{
	struct loop_key key;

	*out = NULL;
	if (!find_key(v, k->state, around, &key))
		return 0;
	*out = find_visit(v, &key) ?: new_visit(v, &key);
	if (!*out)
		return -ENOMEM;
	if ((*out)->entry)
		return 0;
	(*out)->entry = k->state;
	say(v, "enter", &key);
	return 0;
}

int verify_loop_enter(struct verifier *v, struct kept *k)
{
	int err = enter(v, k, false, &k->loop);

	return err ?: enter(v, k, true, &k->around);
}

static int add_backedge(struct verifier *v, struct loop_visit *l, struct vstate *equal,
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
	b->next = l->backedges;
	l->backedges = b;
	return 0;
}

int verify_loop_backedge(struct verifier *v, struct kept *old)
{
	struct loop_visit *l = old->loop;

	if (!l)
		return verify_bug(v, "a path ends in a loop that was not entered");
	l->backedge_count++;
	v->prune->backedge_count++;
	say(v, "backedge", &l->key);
	return add_backedge(v, l, old->state, false);
}

int verify_around_backedge(struct verifier *v, struct kept *old, bool tentative)
{
	if (!old->around)
		return verify_bug(v, "a callback ends that was not called");
	return add_backedge(v, old->around, old->state, tentative);
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
	err = settle(v, l);
	for (struct backedge *b = l->backedges; b; b = b->next)
		verify_state_free(v, b->state);
	l->backedges = NULL;
	return err;
}

static bool still_covers(struct verifier *v, const struct backedge *b)
{
	u64 live[VERIFY_MAX_FRAMES];

	if (!b->tentative)
		return true;
	for (u32 f = 0; f <= b->equal->curframe; f++)
		live[f] = verify_slots_live(v, b->equal, f);
	return verify_covers(v, b->equal, b->state, MATCH_SAFE, live);
}

/* A path that was ended is open again, and with it the states above it. */
static int reopen(struct verifier *v, struct vstate *s)
{
	s->branches = 1;
	for (struct vstate *up = s->parent; up; up = up->parent)
		if (up->branches++)
			break;
	return verify_resume(v, s);
}

static int leave_around(struct verifier *v, struct kept *k)
{
	struct loop_visit *l = k->around;
	struct backedge **link, *b;
	int err;

	if (!l || l->entry != k->state)
		return 0;
	v->prune->quiet = true;
	err = settle(v, l);
	v->prune->quiet = false;
	for (link = &l->backedges; !err && (b = *link) != NULL;) {
		if (still_covers(v, b)) {
			link = &b->next;
			continue;
		}
		*link = b->next;
		err = reopen(v, b->state);
	}
	if (err || k->state->branches)
		return err;
	l->entry = NULL;
	for (b = l->backedges; b; b = b->next)
		verify_state_free(v, b->state);
	l->backedges = NULL;
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
