// SPDX-License-Identifier: BSD-2-Clause
/*
 * States kept, and paths that end because one of them covers them.
 *
 * At prune points the current state is compared with those kept there before,
 * newest first. One that is finished (all paths from it have ended well) and
 * covers the current state ends the path: what follows has been looked at. One
 * that is not finished is an ancestor, so the path has come round: that is
 * progress of an iterator, a may_goto or a callback when it covers, an infinite
 * loop when nothing has changed at all.
 *
 * Which states are kept decides how much is walked twice, and with that which
 * programs stay below the limit, so it follows Linux: one after at least 8
 * instructions and 2 jumps since the last, or where the instruction asks for
 * it; in loops less often (100 instructions or 20 jumps). One that was compared
 * in vain too often is dropped. A dropped state whose paths have not ended is
 * still an ancestor; it is freed when they have.
 *
 * What is kept is a copy; the walk goes on with the original as its child, whose
 * steps and precision start anew. When a kept state is finished, registers and
 * slots that nothing read any more are wiped once, so that later comparisons
 * skip them.
 */
#include <string.h>
#include "core/kfunc.h"
#include "verify/prune.h"

#define STEPS_MOST  40 /* of one state: more make going back slow */
#define STATES_MOST 64 /* of one instruction, for loaders without CAP_BPF */

#define KEEP_JUMPS 2
#define KEEP_INSNS 8
#define LOOP_JUMPS 20
#define LOOP_INSNS 100

/* Misses that cost a kept state its place, per hit and at first. */
#define MISSES            3
#define MISSES_CHECKPOINT 64

struct kept **verify_bucket(const struct verifier *v, const struct vstate *s, u32 insn)
{
	struct prune *p = v->prune;

	return &p->buckets[(insn ^ s->frames[s->curframe]->callsite) % p->bucket_count];
}

static void mark_iterators(struct verifier *v)
{
	for (u32 i = 0; i < v->count; i++) {
		const struct verify_kfunc *k =
			v->ops[i].op == ISA_OP_CALL_KFUNC ? verify_kfunc_of(v, &v->ops[i]) : NULL;

		if (k && k->proto && k->proto->flags & KF_ITER_NEXT)
			v->insns[i].iter_next = true;
	}
}

int verify_prune_init(struct verifier *v)
{
	struct prune *p = arena_alloc(&v->arena, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->bucket_count = MAX(v->count, 1u);
	p->buckets = arena_alloc(&v->arena, p->bucket_count * sizeof(*p->buckets));
	if (!p->buckets)
		return -ENOMEM;
	p->unknown = vreg_unknown();
	v->prune = p;
	mark_iterators(v);
	return verify_liveness_init(v);
}

void verify_prune_fini(struct verifier *v)
{
	if (v->prune)
		hash_fini(&v->prune->visits);
	verify_liveness_fini(v);
	v->prune = NULL;
}

static void free_kept(struct verifier *v, struct kept *k)
{
	verify_state_free(v, k->state);
	k->next = v->prune->free;
	v->prune->free = k;
}

void verify_prune_pass(struct verifier *v)
{
	struct prune *p = v->prune;

	for (u32 i = 0; i < p->bucket_count; i++) {
		for (struct kept *k = p->buckets[i], *next; k; k = next) {
			next = k->next;
			free_kept(v, k);
		}
		p->buckets[i] = NULL;
	}
	for (struct kept *k = p->evicted, *next; k; k = next) {
		next = k->next_evicted;
		free_kept(v, k);
	}
	p->evicted = NULL;
	p->backedge_count = 0; /* the other counts go on, as the kernel's do */
	hash_fini(&p->visits);
	memset(&p->around, 0, sizeof(p->around));
}

void verify_insn_begin(struct verifier *v)
{
	v->state->insn_at = v->insn;
	v->state->last_insn = v->prev_insn;
	v->step_open = false;
	verify_slots_begin(v);
}

int verify_insn_end(struct verifier *v)
{
	verify_slots_end(v);
	return 0;
}

/* The tree of states ---------------------------------------------------- */

static void count_peak(struct verifier *v)
{
	struct prune *p = v->prune;

	v->stats.peak_states =
		MAX(v->stats.peak_states, p->kept_count + p->evicted_count + p->backedge_count);
}

int verify_state_fork(struct verifier *v, struct vstate *copy, const struct vstate *of)
{
	int err = verify_steps_copy(v, copy, of);

	if (err)
		return err;
	copy->parent = of->parent;
	copy->branches = 1;
	if (copy->parent)
		copy->parent->branches++;
	return 0;
}

void verify_kept_release(struct verifier *v, struct kept *k)
{
	struct prune *p = v->prune;

	if (!k->evicted || k->state->branches || verify_loop_open(k) || k->tainted)
		return;
	if (k->prev_evicted)
		k->prev_evicted->next_evicted = k->next_evicted;
	else
		p->evicted = k->next_evicted;
	if (k->next_evicted)
		k->next_evicted->prev_evicted = k->prev_evicted;
	p->evicted_count--;
	free_kept(v, k);
}

int verify_path_done(struct verifier *v, struct vstate *s)
{
	struct vstate *up = s->parent;

	while (up && !--up->branches) {
		struct kept *k = up->prune;
		int err = verify_loop_leave(v, k);

		if (err)
			return err;
		if (up->branches)
			break;
		count_peak(v);
		up = up->parent;
		verify_kept_release(v, k);
	}
	return 0;
}

/* Keeping ---------------------------------------------------------------- */

static struct kept *new_kept(struct verifier *v)
{
	struct prune *p = v->prune;
	struct kept *k = p->free;

	if (k)
		p->free = k->next;
	else
		k = arena_alloc(&v->arena, sizeof(*k));
	if (k)
		memset(k, 0, sizeof(*k));
	return k;
}

/* The way since the parent becomes the kept state's; the walk's starts here. */
static void hand_over_steps(struct vstate *to, struct vstate *from)
{
	struct vstep *steps = to->steps;
	u32 cap = to->step_cap;

	to->steps = from->steps;
	to->step_count = from->step_count;
	to->step_cap = from->step_cap;
	from->steps = steps;
	from->step_count = 0;
	from->step_cap = cap;
}

static int keep(struct verifier *v, u32 insn)
{
	struct vstate *cur = v->state, *s;
	struct kept *k = new_kept(v), **bucket;
	int err = k ? verify_state_new(v, &k->state) : -ENOMEM;

	if (err)
		return err;
	if (v->bpf)
		verify_none_precise(cur);
	s = k->state;
	err = verify_state_copy(v, s, cur);
	if (err)
		return err;
	hand_over_steps(s, cur);
	s->parent = cur->parent;
	s->branches = 1;
	s->pruned_clean = false;
	s->prune = k;
	bucket = verify_bucket(v, s, insn);
	k->next = *bucket;
	*bucket = k;
	v->prune->kept_count++;
	v->stats.total_states++;
	count_peak(v);
	v->prev_jumps = v->jumps_processed;
	v->prev_processed = v->processed;
	cur->parent = s;
	cur->first_insn = insn;
	cur->depth = s->depth + 1;
	return verify_loop_enter(v, k);
}

static void evict(struct verifier *v, struct kept *k, struct kept **link)
{
	struct prune *p = v->prune;

	*link = k->next;
	k->evicted = true;
	k->prev_evicted = NULL;
	k->next_evicted = p->evicted;
	if (p->evicted)
		p->evicted->prev_evicted = k;
	p->evicted = k;
	p->kept_count--;
	p->evicted_count++;
	verify_kept_release(v, k);
}

static void clean_frame(struct vframe *f, u32 live_regs, u64 live_slots)
{
	for (u32 dead = ~live_regs & 0x3ff; dead; dead &= dead - 1)
		f->regs[__builtin_ctz(dead)] = vreg_not_init();
	for (u32 i = 0; i < f->slot_count; i++)
		if (!(live_slots >> i & 1))
			memset(&f->slots[i], 0, sizeof(f->slots[i]));
}

/* Of a finished state, what nobody has read is forgotten. */
static void clean(struct verifier *v, struct kept *k)
{
	struct vstate *s = k->state;

	if (s->pruned_clean || !verify_same_callsites(s, v->state))
		return;
	s->pruned_clean = true;
	for (u32 f = 0; f <= s->curframe; f++)
		clean_frame(s->frames[f], v->insns[state_insn(s, f)].live_before,
			    verify_slots_live(v, s, f));
}

/* Comparing ---------------------------------------------------------------- */

enum verdict {
	NO_MATCH,
	NO_MATCH_LOOP, /* ... with a state that the path has come round to */
	COVERED,
	COVERED_LOOP,      /* by a state whose marks are not complete */
	COVERED_AROUND,    /* the same of the state at a call that calls back */
	COVERED_TENTATIVE, /* ... of another one in such a call */
};

/* The iterator that the call at hand advances, in a state where it is valid. */
static bool iterator_is_active(struct verifier *v)
{
	const struct vreg *r = verify_reg(v, 1);
	s64 off = r->off + (s64)r->s.bits.value;
	const struct vframe *f = verify_frame_of(v, r);
	u32 slot = (u32)(-off - 1) / 8;

	return off < 0 && slot < f->slot_count && f->slots[slot].reg.iter_state == ITER_ACTIVE;
}

static int fail_endless(struct verifier *v, const struct vstate *old, u32 insn)
{
	int err = verify_fail(v, MSG_INFINITE_LOOP, (int)insn);

	verify_say(v, "cur state:");
	verify_log_state(v, v->state, v->state->curframe, true);
	verify_say(v, "old state:");
	verify_log_state(v, old, v->state->curframe, true);
	return err;
}

/* The other entry of an asynchronous callback: not an iteration of this one. */
static bool is_other_entry(const struct vstate *old, const struct vstate *cur)
{
	const struct vframe *o = old->frames[old->curframe], *c = cur->frames[cur->curframe];

	return o->in_async_callback && o->async_entry != c->async_entry;
}

/* With an ancestor, that is a state on the way here. */
static int compare_ancestor(struct verifier *v, struct kept *k, u32 insn)
{
	const struct vinsn *i = &v->insns[insn];
	struct vstate *old = k->state, *cur = v->state;

	if (is_other_entry(old, cur))
		return NO_MATCH_LOOP;
	if (i->iter_next)
		return verify_covers(v, old, cur, MATCH_WITHIN, NULL) && iterator_is_active(v)
			       ? COVERED_LOOP
			       : NO_MATCH_LOOP;
	if (v->ops[insn].op == ISA_OP_MAY_GOTO && old->may_goto != cur->may_goto &&
	    verify_covers(v, old, cur, MATCH_WITHIN, NULL))
		return COVERED_LOOP;
	if (i->calls_callback)
		return verify_covers(v, old, cur, MATCH_WITHIN, NULL) ? COVERED_AROUND
								      : NO_MATCH_LOOP;
	if (verify_maybe_looping(old, cur) && verify_covers(v, old, cur, MATCH_EXACT, NULL) &&
	    !verify_iter_depths_differ(old, cur) && old->may_goto == cur->may_goto &&
	    old->callback_unroll == cur->callback_unroll)
		return fail_endless(v, old, insn);
	return NO_MATCH_LOOP;
}

static int compare(struct verifier *v, struct kept *k, u32 insn)
{
	u64 live[VERIFY_MAX_FRAMES];

	if (k->state->branches)
		return compare_ancestor(v, k, insn);
	if (verify_loop_open(k))
		return verify_covers(v, k->state, v->state, MATCH_WITHIN, NULL) ? COVERED_LOOP
										: NO_MATCH;
	if (!k->tainted) {
		clean(v, k);
		return verify_covers(v, k->state, v->state, MATCH_SAFE, NULL) ? COVERED : NO_MATCH;
	}
	verify_slots_live_all(v, k->state, live);
	return verify_covers(v, k->state, v->state, MATCH_SAFE, live) ? COVERED_TENTATIVE
								      : NO_MATCH;
}

/* The path ends; what mattered from the old state on matters on the way here too. */
static int end_path(struct verifier *v, struct kept *k, u32 insn, enum verdict how)
{
	int err = v->insns[insn].jump_point ? verify_step_push(v, 0, 0) : 0;
	u64 live[VERIFY_MAX_FRAMES];

	k->hits++;
	if (how >= COVERED_AROUND)
		verify_slots_live_all(v, k->state, live);
	err = err
		      ?: verify_precision_spread(v, k->state, v->state,
						 how >= COVERED_AROUND ? live : NULL, NULL);
	if (!err && how == COVERED_LOOP)
		err = verify_loop_backedge(v, k);
	if (!err && (how >= COVERED_AROUND || k->tainted))
		err = verify_around_backedge(v, k, how == COVERED_TENTATIVE);
	count_peak(v);
	return err ?: 1;
}

static bool is_past(const struct verifier *v, u32 jumps, u32 insns)
{
	return v->jumps_processed - v->prev_jumps >= jumps &&
	       v->processed - v->prev_processed >= insns;
}

static bool is_useless(const struct verifier *v, const struct kept *k, u32 insn)
{
	u32 n = v->insns[insn].force_checkpoint && k->state->branches ? MISSES_CHECKPOINT : MISSES;

	return k->misses > k->hits * n + n;
}

int verify_visited(struct verifier *v, u32 insn)
{
	bool forced = v->test_freq || v->insns[insn].force_checkpoint ||
		      v->state->step_count > STEPS_MOST;
	bool keeps = forced || is_past(v, KEEP_JUMPS, KEEP_INSNS);
	struct kept **link = verify_bucket(v, v->state, insn);
	u32 states = 0;

	for (struct kept *k = *link, *next; k; k = next) {
		int r;

		next = k->next;
		states++;
		if (k->state->insn_at != insn) {
			link = &k->next;
			continue;
		}
		r = compare(v, k, insn);
		if (r < 0)
			return r;
		if (r >= COVERED)
			return end_path(v, k, insn, r);
		if (r == NO_MATCH_LOOP && !forced &&
		    v->jumps_processed - v->prev_jumps < LOOP_JUMPS &&
		    v->processed - v->prev_processed < LOOP_INSNS)
			keeps = false;
		k->misses += keeps;
		if (is_useless(v, k, insn))
			evict(v, k, link);
		else
			link = &k->next;
	}
	v->stats.max_states_per_insn = MAX(v->stats.max_states_per_insn, states);
	if (!keeps || (!v->bpf && states > STATES_MOST))
		return 0;
	return keep(v, insn);
}
