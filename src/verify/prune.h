/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What prune.c, equality.c, loops.c, precision.c, backtrack.c, liveness.c and
 * slots.c share among themselves.
 */
#ifndef VERIFY_PRUNE_H
#define VERIFY_PRUNE_H

#include "base/hash.h"
#include "verify/verifier.h"

/* A kept state, in the bucket of its instruction and callsite (struct vstate's `prune`). */
struct kept {
	struct vstate *state;
	struct kept *next;
	struct loop_visit *loop; /* loops.c: the one it is in; NULL: none */
	bool tainted;            /* loops.c: has paths that ended on a call that calls back */
	struct kept *next_tainted;
	u32 hits, misses;
	bool evicted; /* out of its bucket, kept for those who still point to it */
	struct kept *next_evicted, *prev_evicted;
};

/* Old and current ids that were taken for the same. */
struct id_pair {
	u32 old, cur;
};

#define ID_MAP_SIZE ((ISA_REGS + VERIFY_STACK_SLOTS) * VERIFY_MAX_FRAMES + 64)

struct id_map {
	u32 count;
	u32 fresh; /* the last id invented for a number that has none */
	struct id_pair pairs[ID_MAP_SIZE];
};

/* Where a state stands with respect to loops: the outermost frame that is in one. */
struct loop_key {
	u32 depth; /* frames above that one */
	u32 scc;
	u32 callsites[VERIFY_MAX_FRAMES];
};

/* A path that ended in a loop because a state of that same loop covers it. */
struct backedge {
	struct vstate *state; /* a copy, with its own steps */
	struct vstate *equal; /* what covers it */
	bool tentative;       /* as far as equal's marks went at the time */
	struct backedge *next;
};

struct loop_visit {
	struct loop_key key;
	struct vstate
		*entry; /* the first kept state in it whose paths have not all ended; NULL: none */
	struct backedge *backedges;
	u32 backedge_count;
	struct loop_visit *next;
};

/* Ends on calls that call back, until the topmost state that covers one has ended. */
struct around {
	struct kept *root; /* NULL: there are none */
	struct backedge *backedges;
	struct kept *tainted;
};

/* Registers and slots that must be precise, while going back. */
struct precise_set {
	u32 frame;
	u32 regs[VERIFY_MAX_FRAMES];
	u64 slots[VERIFY_MAX_FRAMES];
};

struct prune {
	struct kept **buckets;
	u32 bucket_count;
	struct kept *evicted;
	struct kept *free; /* to be used again */
	u32 kept_count, evicted_count, backedge_count;
	struct around around;
	struct hash visits;  /* by key's hash, then linked */
	struct vreg unknown; /* a number of which nothing is known */
	struct id_map ids;
	struct precise_set set;
	bool quiet; /* precision.c logs nothing: the kernel has no such step */
};

/* How alike two states have to be. */
enum match {
	MATCH_SAFE,   /* what is safe from old on is safe from cur on */
	MATCH_EXACT,  /* nothing has changed */
	MATCH_WITHIN, /* cur is one of old's, precise or not: old's marks are not complete */
};

/*
 * equality.c: does `old` cover `cur`? Both at the same instruction. `live`: per
 * frame, the slots that matter; NULL: all that old still has.
 */
bool verify_covers(struct verifier *v, const struct vstate *old, const struct vstate *cur,
		   enum match match, const u64 *live);
/* One register; ids are as those compared before in this id map. */
bool verify_reg_covers(struct verifier *v, const struct vreg *old, const struct vreg *cur,
		       enum match match);
/* Byte for byte the same registers in the current frames, so perhaps an infinite loop. */
bool verify_maybe_looping(const struct vstate *old, const struct vstate *cur);
bool verify_iter_depths_differ(const struct vstate *old, const struct vstate *cur);

/* loops.c */
/* Have paths of its loop ended on one another, with marks still to be exchanged? */
bool verify_loop_open(const struct kept *k);
int verify_loop_enter(struct verifier *v, struct kept *k); /* it has just been kept */
/* The last path from it has ended; it may turn out that some must be walked on. */
int verify_loop_leave(struct verifier *v, struct kept *k);
/* The current path ends on `old`, in the same loop. */
int verify_loop_backedge(struct verifier *v, struct kept *old);
/* ... or on one at a call that calls back, or tainted by such; `tentative`: to be compared again.
 */
int verify_around_backedge(struct verifier *v, struct kept *old, bool tentative);

/* prune.c: an evicted state goes when nothing can point to it any more. */
void verify_kept_release(struct verifier *v, struct kept *k);
/* States kept where `s` would be at `insn`, newest first. */
struct kept **verify_bucket(const struct verifier *v, const struct vstate *s, u32 insn);

/* backtrack.c */
#define BACKTRACK_LOST 1 /* nobody knows: all must be precise */
/*
 * From what is wanted behind `insn` to what is before it. `next`: the instruction
 * that came after it (~0: none did); `step`: what is noted of it; NULL. 0, BACKTRACK_LOST, -errno.
 */
int verify_backtrack(struct verifier *v, struct precise_set *p, const struct vstep *step, u32 insn,
		     u32 next);

/* precision.c */
/*
 * What is precise in `old` (and live, when that is told: slots per frame) becomes
 * so on the way to `cur`. *changed (or NULL) is set when a kept state changed.
 */
int verify_precision_spread(struct verifier *v, const struct vstate *old, struct vstate *cur,
			    const u64 *live, bool *changed);
void verify_all_precise(struct verifier *v, struct vstate *s);
void verify_none_precise(struct vstate *s);
/* Appends to any state's steps. */
int verify_steps_copy(struct verifier *v, struct vstate *to, const struct vstate *from);

/* liveness.c */
/* Instructions from which control comes straight to `insn`, within its subprogram. */
struct flow_from {
	const u32 *insns;
	u32 count;
};
struct flow_from verify_flow_from(const struct verifier *v, u32 insn);
struct flow_to {
	u32 insns[2];
	u32 count;
};
struct flow_to verify_flow_to(const struct verifier *v, u32 insn);

/* slots.c */
struct slot_facts;
int verify_slots_init(struct verifier *v);
void verify_slots_fini(struct verifier *v);
void verify_slots_begin(struct verifier *v); /* of an instruction, at v->insn */
void verify_slots_end(struct verifier *v);
/* Slots of frame `frame` of `s` that may be read from here on; of all its frames. */
u64 verify_slots_live(struct verifier *v, const struct vstate *s, u32 frame);
void verify_slots_live_all(struct verifier *v, const struct vstate *s, u64 live[VERIFY_MAX_FRAMES]);

struct liveness {
	u32 *from_start; /* count + 1 */
	u32 *from;
	struct slot_facts *slots;
};

static inline u32 state_insn(const struct vstate *s, u32 frame) /* where a frame stands */
{
	return frame == s->curframe ? s->insn_at : s->frames[frame + 1]->callsite;
}

static inline bool slot_is_spill(const struct vslot *s) /* of a register, of any width */
{
	return s->type[7] == SLOT_SPILL;
}

static inline bool slot_is_scalar(const struct vslot *s)
{
	return slot_is_spill(s) && s->reg.type == REG_SCALAR;
}

#endif
