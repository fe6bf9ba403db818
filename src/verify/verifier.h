/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of the verifier: what all its files share.
 *
 * A walk over the program with abstract registers. `v->state` is where the walk
 * is; a branch that can go both ways pushes a copy of it to come back to. Where
 * a state is met that an explored and finished one covers, the path ends
 * (prune.c). Whoever depends on the exact value of a number says so
 * (verify_mark_precise) so that states are compared by what matters.
 *
 *	subprog.c flow.c   functions, control flow, where to prune
 *	explore.c    the walk, one instruction after the other; branches put aside
 *	state.c      states, frames, references: copied, grown, freed
 *	subcall.c    calls of subprograms, callbacks, exits, exceptions
 *	prune.c      states kept, and paths that end because one of them covers them
 *	equality.c   when one state covers another
 *	loops.c      strongly connected code, iterations that converge
 *	precision.c backtrack.c   steps that led here, and marking backwards along them
 *	liveness.c slots.c   which registers and stack slots may still be read
 *	alu.c pointer.c branch.c link.c   arithmetic, on pointers, jumps
 *	load.c constant.c   instructions that load and store; 64-bit constants
 *	stack.c memory.c context.c packet.c object.c  loads and stores by what they hit
 *	region.c     memory handed to calls
 *	fastcall.c   spills around calls that keep registers
 *	call.c argument.c return.c   helper calls
 *	dynptr.c iterator.c lock.c reference.c graph.c   what lives on beyond a call
 *	kfunc*.c     kfunc calls
 *	function.c   global functions, by BTF
 *	target.c     what BTF-typed programs attach to
 *	log.c        the kernel's log
 *
 * Functions return 0 or the kernel's -errno after verify_fail(); -ENOMEM is
 * silent. Memory: states through state.c; what lives as long as the
 * verification through v->arena.
 */
#ifndef VERIFY_VERIFIER_H
#define VERIFY_VERIFIER_H

#include <errno.h>

#include <cygnet/abi.h>
#include "base/arena.h"
#include "base/vec.h"
#include "btf/fields.h"
#include "core/helper.h"
#include "core/kernel.h"
#include "core/prog.h"
#include "isa/decode.h"
#include "verify/reg.h"
#include "verify/verify.h"

#define VERIFY_STACK_SLOTS   (ISA_STACK_SIZE / 8)
#define VERIFY_MAX_FRAMES    ISA_MAX_FRAMES
#define VERIFY_BLOCK_CLASSES 32
#define ENOTSUPP             524 /* what bpf(2) says where user space has no name for it */

enum slot_type {
	SLOT_INVALID, /* nothing was stored */
	SLOT_SPILL,   /* a register */
	SLOT_MISC,    /* some number */
	SLOT_ZERO,    /* 0 */
	SLOT_DYNPTR,
	SLOT_ITER,
	SLOT_IRQ,
};

/*
 * Eight bytes of stack. Slot i holds the bytes [-8(i+1), -8i) of the frame;
 * type[k] is the byte at -8i-1-k, so type[7] is the one at the lowest address.
 * A spill of n bytes (its low end at -8(i+1)) has SLOT_SPILL at type[7] down to
 * type[8-n]: type[7] says that `reg` counts, type[0] that all of it was stored.
 */
struct vslot {
	struct vreg reg; /* SPILL, DYNPTR, ITER, IRQ */
	u8 type[8];
};

struct vrange { /* both ends included */
	s32 lo, hi;
};

struct vframe {
	struct vreg regs[ISA_REGS];
	u32 callsite; /* instruction of the call; main and async callbacks: ~0 */
	u32 number;   /* frame number: 0 is the main one */
	u32 subprog;
	u32 async_entry;
	struct vrange callback_ret; /* what the callback may return */
	bool in_callback, in_async_callback, in_exception_callback;
	u32 callback_depth;
	u32 slot_count; /* slots that exist; the rest is SLOT_INVALID */
	u32 slot_cap;
	struct vslot *slots;
	void *call; /* slots.c: this call in the tree of calls; NULL in new frames */
};

enum vref_kind {
	VREF_PTR = 1 << 0,
	VREF_IRQ = 1 << 1,
	VREF_LOCK = 1 << 2,     /* bpf_spin_lock */
	VREF_RES_LOCK = 1 << 3, /* bpf_res_spin_lock */
	VREF_RES_LOCK_IRQ = 1 << 4,
	VREF_ANY_LOCK = VREF_LOCK | VREF_RES_LOCK | VREF_RES_LOCK_IRQ,
};

struct vref {
	u32 kind, id, insn; /* insn: where it was acquired */
	const void *object; /* locks: the map or BTF the lock is in */
};

/* One step back for precision.c: instruction `insn` was reached from `from`. */
struct vstep {
	u32 insn, from;
	u16 flags;  /* enum vstep_flag | frame << 3 | slot << 6 */
	u64 linked; /* registers and slots that got the id of the one compared */
};

enum vstep_flag {
	VSTEP_STACK = 1 << 0,     /* a load or store of a stack slot (frame and slot in flags) */
	VSTEP_SRC_STACK = 1 << 1, /* compare: src was a stack pointer, so nothing to be precise */
	VSTEP_DST_STACK = 1 << 2,
};

struct vstate {
	struct vframe *frames[VERIFY_MAX_FRAMES];
	u32 curframe;
	struct vstate *parent;
	struct vref *refs;
	u32 ref_count, ref_cap;
	u32 active_locks, active_preempt, active_irq, active_rcu;
	u32 active_lock_id;
	const void *active_lock_object;
	bool speculative, sleepable, pruned_clean;
	u32 first_insn, last_insn;
	struct vstep *steps; /* since the parent */
	u32 step_count, step_cap;
	u32 branches; /* children still being explored; prune.c */
	u32 depth;    /* kept states above it */
	u32 callback_unroll, may_goto, insn_at;
	void *prune; /* prune.c's */
};

enum {
	WAY_JUMP = 1,
	WAY_NEXT = 2,
};

enum loop_calls {
	LOOP_NONE, /* not seen yet */
	LOOP_ONE,  /* always the same function, and flags of 0 */
	LOOP_MANY,
};

/* What verification knows of an instruction, over all paths. */
struct vinsn {
	union {          /* by what the instruction is: there are a million of them */
		struct { /* a load or store */
			const struct btf_info *btf; /* of the pointer it goes through */
			u32 ptr_type;               /* and its type; 0: none yet */
		};
		struct {                              /* a helper call */
			const struct verify_map *map; /* given; NULL, or VERIFY_MAP_MANY */
			s64 key;                      /* the constant behind it; VERIFY_KEY_* */
			u32 loop_sub;                 /* a bpf_loop of this subprogram */
			u8 loop;                      /* enum loop_calls */
			bool fast_pair,
				fast_spills; /* fastcall.c: a spill or fill; a call between some */
			bool unprivileged_map; /* one of its maps is an ordinary user's */
		};
		struct { /* arithmetic */
			s64 alu_limit;
			u32 alu_state;
		};
		struct { /* a kfunc call: type allocated */
			const struct btf_info *obj_btf;
			u32 obj_type;
		};
	};
	bool sub_start : 1, prune_point : 1, jump_point : 1, force_checkpoint : 1,
		calls_callback : 1, iter_next : 1, nospec : 1, nospec_result : 1,
		may_store : 1; /* slots.c: writes memory, or calls what may */
	u8 branch;             /* WAY_*: the ways that paths went */
	u16 facts;             /* enum image_fact_flag, beside what the members above say */
	u16 live_before;       /* registers that may be read from here on; liveness.c */
	u8 seen;               /* passes: v->pass when some path has executed it */
	u32 scc;               /* loop it lies in; 0: none; prune.c */
};

struct vsub {
	u32 start, end;
	u32 stack;    /* bytes used */
	u64 indirect; /* slots reached otherwise than by r10 and a constant */
	u32 type_id;  /* its FUNC in the program's BTF; 0: none */
	const char *name;
	bool global, called, verified, callback, exception_callback, async_callback, has_tail_call,
		has_ld_abs, changes_packet, might_sleep, args_cached, keep_fastcall, private_stack;
	s32 fastcall_off; /* fastcall.c: what lies below is spilled around calls that keep it */
	u32 arg_count;
	struct varg *args;   /* function.c: global functions */
	bool global_linkage; /* also the main program may have it */
	bool unreliable;     /* signature and code may disagree (optimised static function) */
};

struct verifier {
	const struct verify_input *in;
	const struct prog_type_ops *type;
	const struct helper_proto **helpers; /* helper.c: by id, those found so far */
	struct diag *diag;
	struct arena arena;
	void *free_blocks[VERIFY_BLOCK_CLASSES]; /* state.c */
	const struct isa_op *ops;
	u32 count;
	struct vinsn *insns;
	struct vsub *subs;
	u32 sub_count;
	u32 scc_count;     /* ids of loops are below it */
	u32 exception_sub; /* 0: none */
	bool strict, sleepable, ptr_leaks, uninit_stack, no_spec_v1, no_spec_v4, bpf, test_freq;
	u32 pass;     /* numbers verifications of main and of each global function, from 1 */
	u32 pass_sub; /* the subprogram being verified on its own */

	struct verify_target *target; /* target.h: by_btf types, once found; else NULL */

	/* the walk */
	struct vstate *state;
	u32 insn, prev_insn;
	u32 next_insn; /* explore.c: the one after, when the current has been checked */
	u32 next_id;
	bool explore_alu_limits; /* numbers are compared whole: masks depend on them */
	u32 processed;           /* instructions on all paths */
	u32 jumps_processed;     /* the same of jumps, calls and exits */
	u32 prev_jumps, prev_processed;
	bool step_open; /* the state's last step is of the current instruction */
	bool failed;

	/* branches put aside: explore.c */
	struct vbranch *branches;
	u32 branch_count, branch_cap;

	struct prune *prune;   /* prune.c's tables and counts */
	struct liveness *live; /* liveness.c's */

	/* log.c: registers and slots of the current frame written since the last state printed */
	u32 touched_regs;
	u64 touched_slots;
	size_t log_insn_end; /* the log ends with an instruction's line when its length is this */
	u32 log_insn_len;
	const struct verify_line *prev_line;

	u32 max_ctx, max_tp_access, max_rdonly_access, max_rdwr_access; /* bytes accessed */
	u32 deepest;       /* bytes of the deepest chain of calls, each frame its own */
	bool flow_checked; /* every jump and call leads somewhere */
	bool calls_tail, changes_packet, seen_direct_write, seen_exception;
	struct verify_stats stats;
};

static inline struct vframe *verify_frame(struct verifier *v)
{
	return v->state->frames[v->state->curframe];
}

static inline struct vreg *verify_reg(struct verifier *v, u32 regno)
{
	return &v->state->frames[v->state->curframe]->regs[regno];
}

/* The frame a REG_STACK points into. */
static inline struct vframe *verify_frame_of(struct verifier *v, const struct vreg *r)
{
	return v->state->frames[r->frame];
}

static inline void verify_touch(struct verifier *v, u32 regno)
{
	v->touched_regs |= 1u << regno;
}

static inline void verify_touch_slot(struct verifier *v, u32 slot)
{
	v->touched_slots |= 1ull << slot;
}

static inline bool verify_has(const struct verifier *v, enum kernel_feature f)
{
	return core_kernel_has(v->in->kernel, f);
}

/* Are numbers compared by value only where a verdict hung on them? Else always. */
static inline bool verify_tracks_precision(const struct verifier *v)
{
	return v->bpf && (verify_has(v, KERNEL_PRECISION_SUBPROGS) ||
			  (verify_has(v, KERNEL_PRECISION) && v->sub_count == 1));
}

/* log.c ---------------------------------------------------------------- */

#define VERIFY_DIAG_BASE 1000 /* of diag ids: the message's number is added; behind vm/load.h's */

enum verify_message {
	MSG_NONE,
#define MESSAGE(name, ...) MSG_##name,
#include "verify/messages.def"
#undef MESSAGE
	MSG_COUNT
};

/*
 * The verdict's reason, once: a row of messages.def, formatted into the log (a
 * line) and the diagnostic. Returns -errno of the row.
 */
int verify_fail(struct verifier *v, enum verify_message id, ...);
/* The stable name of a diagnostic id; NULL when it is not of the verifier's. */
const char *verify_message_name(u32 diag_id);
/* The line_info record an instruction belongs to; NULL: none. */
const struct verify_line *verify_line_of(const struct verify_input *in, u32 insn);
/* ... of which the kernel's log says nothing: in the diagnostic alone. */
int verify_fail_quiet(struct verifier *v, enum verify_message id, ...);
/* The same about a register. */
int verify_fail_reg(struct verifier *v, u32 regno, enum verify_message id, ...);
/* Text in the log that is no verdict; not formatted unless level 1 or 2 is on. */
void verify_say(struct verifier *v, const char *fmt, ...) __printf_like(2, 3);
/* Our own mistake: -EFAULT. */
int verify_bug(struct verifier *v, const char *what);
/* Before the current instruction is checked: what the last one changed, source line, instruction.
 */
void verify_log_insn(struct verifier *v);
/* Level 2: after a branch came from the stack: "from 3 to 5:" and the whole state. */
void verify_log_arrive(struct verifier *v);
/* A path ends here, covered; `arrived`: before verify_log_arrive() was due. */
void verify_log_safe(struct verifier *v, bool arrived);
/* " R1=ctx() fp-8=0\n": registers and slots, all or those touched. */
void verify_log_state(struct verifier *v, const struct vstate *s, u32 frame, bool all);
/* Level 1 keeps the failing path only: a branch put aside marks where its text starts. */
/* What the last instruction changed, now. */
void verify_log_changes(struct verifier *v);
size_t verify_log_mark(const struct verifier *v);
void verify_log_cut(struct verifier *v, size_t mark);
/* One instruction as the log has it, without a newline: "(b7) r0 = 0". */
void verify_format_insn(const struct verifier *v, struct text *t, u32 insn);
void verify_log_stats(struct verifier *v);

/* state.c -------------------------------------------------------------- */

/*
 * Memory of states: blocks of powers of two from free lists, so that what one state gives back
 * the next one takes. All of it lives in v->arena. The size given back is the size asked for.
 */
void *verify_block_alloc(struct verifier *v, size_t size); /* not cleared; NULL: out of memory */
void verify_block_free(struct verifier *v, void *p, size_t size);
/*
 * Makes *array (of *cap elements, NULL at first) hold `need`: refs, steps, slots. 0 or -ENOMEM.
 * What is new is not cleared.
 */
int verify_block_grow(struct verifier *v, void **array, u32 *cap, u32 need, size_t elem);

int verify_state_new(struct verifier *v, struct vstate **out);
/* Makes dst (new, or older with memory to reuse) equal to src, without steps and tree links. */
int verify_state_copy(struct verifier *v, struct vstate *dst, const struct vstate *src);
void verify_state_free(struct verifier *v, struct vstate *s); /* NULL is fine */
int verify_frame_new(struct verifier *v, u32 callsite, u32 number, u32 subprog,
		     struct vframe **out);
void verify_frame_free(struct verifier *v, struct vframe *f);
/* Slots for `bytes` of stack (rounded up); new ones SLOT_INVALID. */
int verify_frame_grow(struct verifier *v, struct vframe *f, u32 bytes);
/* r0, r6-r9 ... as at entry: all not init but r10 */
void verify_frame_init(struct verifier *v, struct vframe *f);

int verify_ref_push(struct verifier *v, enum vref_kind kind, u32 id, const void *object);
int verify_ref_acquire(struct verifier *v,
		       u32 *id); /* VREF_PTR of the current instruction, fresh id */
bool verify_ref_remove(struct verifier *v, enum vref_kind kind, u32 id); /* false: there is none */
const struct vref *verify_ref_find(const struct verifier *v, u32 kinds, u32 id, const void *object);
/* Forgets every register and slot that holds reference `id`, then removes it: -EINVAL if none. */
int verify_ref_release(struct verifier *v, u32 id);
/* Removes a lock: false if that one is not held. */
bool verify_ref_unlock(struct verifier *v, enum vref_kind kind, u32 id, const void *object);
/* What the register pointed to is no more: a number, or (no right to see addresses) unreadable. */
void verify_reg_invalidate(const struct verifier *v, struct vreg *r);
/* Nodes that lists and trees own are out of reach: their lock is released. */
void verify_non_owning_gone(struct verifier *v);
/* Leaks are the verdict: at an exit (`exception`: by bpf_throw) of `what`. */
int verify_ref_leaks(struct verifier *v, bool exception);

/* Calls fn for every register and every spilled register of all frames of the state. */
#define verify_each_reg(v, frame_, reg_, ...)                                                     \
	for (u32 f__ = 0; f__ <= (v)->state->curframe; f__++) {                                   \
		struct vframe *frame_ = (v)->state->frames[f__];                                  \
		for (u32 i__ = 0; i__ < ISA_REGS + frame_->slot_count; i__++) {                   \
			struct vreg *reg_ = i__ < ISA_REGS ? &frame_->regs[i__]                   \
					    : frame_->slots[i__ - ISA_REGS].type[7] == SLOT_SPILL \
						    ? &frame_->slots[i__ - ISA_REGS].reg          \
						    : NULL;                                       \
			if (!reg_)                                                                \
				continue;                                                         \
			__VA_ARGS__                                                               \
		}                                                                                 \
	}

/* reg access: "R%d !read_ok", "frame pointer is read only" and touching; clears nothing. */
int verify_reg_read(struct verifier *v, u32 regno);
int verify_reg_write(struct verifier *v, u32 regno); /* for a result; the caller sets the value */
/* r0-r5 after a call. */
void verify_clobber_caller_saved(struct verifier *v);
/* An unknown number: precise at once when the loader lacks RIGHT_BPF. */
struct vreg verify_unknown(const struct verifier *v);

/* explore.c ------------------------------------------------------------ */

/* The other way: a copy of the state, to continue at `insn`, reached from `prev`. *out: to refine.
 */
int verify_push_branch(struct verifier *v, u32 insn, u32 prev, bool speculative,
		       struct vstate **out);
/* A fresh state that runs subprogram `sub` as an asynchronous callback. *out: its frame 0. */
int verify_push_async(struct verifier *v, u32 insn, u32 prev, u32 sub, bool sleepable,
		      struct vframe **out);
/* `s` is to be walked on from where it stands (its insn_at); frees s when it fails. */
int verify_resume(struct verifier *v, struct vstate *s);
int verify_explore(struct verifier *v); /* main, then the global functions that are called */

/* subcall.c ------------------------------------------------------------ */

int verify_call_sub(struct verifier *v, const struct isa_op *op, u32 *next);
typedef int verify_callback_setup(struct verifier *v, struct vframe *caller, struct vframe *callee,
				  u32 insn);
/*
 * A call (of helper or kfunc, at the current instruction) that calls `sub` back
 * zero or more times, synchronously; `setup` gives the callee its arguments.
 * The path that skips the callback goes on.
 */
int verify_call_callback(struct verifier *v, u32 insn, u32 sub, verify_callback_setup *setup);
int verify_call_async(struct verifier *v, u32 insn, u32 sub, bool sleepable,
		      verify_callback_setup *setup);
int verify_exit(struct verifier *v, bool exception, u32 *next, bool *done);
/* After a tail call in a function other than the main one: see verify_may_return(). */
int verify_tail_call_return(struct verifier *v, u32 *next);
/*
 * What may not be left behind by `what` ("tail_call"): references, and unless `within` is set
 * locks and sections too. Exits, tail calls, packet loads and bpf_throw ask it.
 */
int verify_check_leaks(struct verifier *v, bool exception, bool within, const char *what);
u32 verify_sub_at(const struct verifier *v, u32 insn);       /* that contains it */
u32 verify_sub_starting(const struct verifier *v, u32 insn); /* ~0: none does */
/* 512 bytes over every chain. */
int verify_stack_depth(struct verifier *v);

/* result.c: what is returned by the program, at its exit or by bpf_throw; ... */
int verify_return_value(struct verifier *v, u32 regno);
/* ... and that a number lies in a range, by its lower half if `low`: `id` with when, register,
 * bounds, range. */
int verify_check_range(struct verifier *v, u32 regno, struct vrange range, bool low,
		       const char *when, enum verify_message id);

/* prune.c, equality.c, loops.c, precision.c, liveness.c, slots.c --------- */

/*
 * How the walk uses them. Before the first instruction: verify_prune_init(), after
 * verify_check_structure(). For every instruction:
 *
 *	verify_insn_begin(v);             v->insn and v->prev_insn say where we are
 *	if (v->insns[i].prune_point)      verify_visited(v, i): 1 ends the path
 *	if (v->insns[i].jump_point)       verify_step_push(v, 0, 0)
 *	... check it ...
 *	verify_insn_end(v);               also when the path ends with this instruction
 *
 * v->processed counts all instructions, v->jumps_processed all jumps, both before
 * the calls above. A state that is pushed for later is copied by
 * verify_state_copy() and then verify_state_fork(); one whose path has ended
 * (exit, pruned, impossible) goes through verify_path_done() once, before another one is taken.
 */
int verify_prune_init(struct verifier *v);
void verify_prune_fini(struct verifier *v);
void verify_prune_pass(struct verifier *v); /* before another subprogram is verified on its own */
void verify_insn_begin(struct verifier *v);
int verify_insn_end(struct verifier *v);
/* At a prune point: 1 the path ends here, 0 goes on (the state may have been kept), -errno. */
int verify_visited(struct verifier *v, u32 insn);
/* `copy` becomes a second child of of's parent, reached by the same steps. */
int verify_state_fork(struct verifier *v, struct vstate *copy, const struct vstate *of);
/* The path of `s` has ended: counts `branches` of the chain; loops that this finishes are settled.
 */
int verify_path_done(struct verifier *v, struct vstate *s);
/*
 * The state comes round to `insn` again (next of an iterator, a callback that
 * has returned): imprecise numbers that changed since it was there become unknown.
 */
int verify_widen(struct verifier *v, struct vstate *s, u32 insn);
/* Two frames' chains of calls are the same. */
bool verify_same_callsites(const struct vstate *a, const struct vstate *b);

/* Numbers whose exact value matters from here back. */
int verify_mark_precise(struct verifier *v, u32 regno);
int verify_mark_precise_slot(struct verifier *v, u32 frame, u32 slot); /* a number spilled there */
int verify_mark_precise_frame(struct verifier *v, struct vframe *f,
			      u32 regno); /* of a caller's frame */
/*
 * Notes how the current instruction was reached and what it did, for marking
 * backwards: flags of a second call are added to the first's, `linked` replaces.
 * linked: up to 6 entries of 10 bits, lowest first: bit 0 a register (else a
 * slot), bits 1-3 frame, bits 4-9 which; the high 4 bits are their count.
 */
int verify_step_push(struct verifier *v, u16 flags, u64 linked);
static inline u16 verify_step_stack(u32 frame, u32 slot)
{
	return VSTEP_STACK | frame << 3 | slot << 6;
}

int verify_liveness_init(struct verifier *v); /* vinsn.live_before; prune_init does it */
void verify_liveness_fini(struct verifier *v);
/* Bytes [lo, hi) of a frame are reached by a pointer: slots that stay memory in native code. */
static inline void verify_slots_indirect(struct verifier *v, const struct vframe *f, s64 lo, s64 hi)
{
	for (s64 off = lo & ~7ll; off < hi; off += 8)
		if (off < 0 && off >= -ISA_STACK_SIZE)
			v->subs[f->subprog].indirect |= 1ull << (-off / 8 - 1);
}
/* A pointer goes where nobody follows it: an argument that is not checked, but may be read. */
static inline void verify_stack_escapes(struct verifier *v, const struct vreg *r)
{
	if (r->type == REG_STACK)
		v->subs[verify_frame_of(v, r)->subprog].indirect = ~0ull;
}
/* Stack reads and writes as they happen: bit i is slot i of `frame`. */
void verify_slots_read(struct verifier *v, u32 frame, u64 slots);
void verify_slots_written(struct verifier *v, u32 frame, u64 slots); /* surely, all eight bytes */

/* alu.c, pointer.c, branch.c, link.c ----------------------------------- */

int verify_alu(struct verifier *v, const struct isa_op *op);
int verify_branch(struct verifier *v, const struct isa_op *op, u32 *next);
/* A number of its own: no id that others share. */
void verify_unlink(struct vreg *r);
/* Gives a number an id, so that copies of it are refined together. */
void verify_link(struct verifier *v, struct vreg *r);

#define VERIFY_MAX_LINKED 6

struct vlinked { /* registers and slots with the id of the one compared */
	u32 count;
	struct vlink_at {
		u32 frame, index; /* index: of a register or slot */
		bool is_reg;
	} at[VERIFY_MAX_LINKED];
};

void verify_linked_collect(struct verifier *v, u32 id, struct vlinked *set);
void verify_linked_learn(struct vstate *s, const struct vreg *known, const struct vlinked *set);
/* As vstep.linked keeps it. */
u64 verify_linked_pack(const struct vlinked *set);
void verify_linked_unpack(u64 packed, struct vlinked *set);

/* Has the pointer surely an object behind it, of a type that is trusted? (calls, branches) */
bool verify_is_trusted(const struct vreg *r);
/* Could the object contain a lock, so that its id matters? */
bool verify_may_hold_lock(const struct vreg *r);
/* A pointer that must be as it came; fixed_ok: but for a constant at or above 0. */
int verify_ptr_off(struct verifier *v, const struct vreg *r, u32 regno, bool fixed_ok);
/* "+=", as messages name an operation. */
const char *verify_operator_name(const struct isa_op *op);
/* dst = ptr op off; dst is one of both. */
int verify_pointer_alu(struct verifier *v, const struct isa_op *op, const struct vreg *ptr,
		       const struct vreg *off);
/*
 * What an older kernel would not know (older.c): *dst, computed of `was` and `src`, is weakened;
 * may the test be decided; what is learned of its operands (false: scalar_settle() had to forget).
 */
void verify_older_alu(const struct verifier *v, const struct isa_op *op, const struct scalar *was,
		      const struct scalar *src, struct scalar *dst);
bool verify_older_decides(const struct verifier *v, struct scalar_test test, const struct scalar *a,
			  const struct scalar *b);
bool verify_older_refine(const struct verifier *v, struct scalar_test test, bool taken,
			 struct scalar *a, struct scalar *b);
/* Of arithmetic: would the kernel mask its offset, lest a wrong guess lead outside? */
bool verify_is_masked(const struct vinsn *insn);
/* dst op= a number, for loaders whom speculation concerns. */
int verify_spec_scalar(struct verifier *v, const struct isa_op *op);

#define PACKET_AT_END     ((u32)-1) /* of vreg.range: at the end, or beyond it */
#define PACKET_BEYOND_END ((u32)-2)

/* memory.c and its parts ----------------------------------------------- */

enum verify_access {
	ACCESS_READ = 1,
	ACCESS_WRITE = 2,
};

int verify_load(struct verifier *v, const struct isa_op *op);
int verify_store(struct verifier *v, const struct isa_op *op);
int verify_atomic(struct verifier *v, const struct isa_op *op);
int verify_ld_abs(struct verifier *v, const struct isa_op *op, u32 *next);
int verify_lddw(struct verifier *v, const struct isa_op *op);
/*
 * `size` bytes at regno+off: bounds, alignment, rights; a load puts what it
 * finds into `value` (a register number, or -1).
 */
int verify_mem_access(struct verifier *v, u32 insn, u32 regno, s32 off, u32 size,
		      enum verify_access access, int value, bool strict, bool sign_extend);

struct call_meta;
struct btf_special;
/* Memory handed to a helper: [regno, regno + size). */
int verify_mem_region(struct verifier *v, u32 regno, u32 size, enum verify_access access,
		      bool zero_ok, struct call_meta *meta);
/* ... whose size is a register: refined through its bounds, marked precise. */
int verify_mem_size(struct verifier *v, u32 regno, u32 size_regno, enum verify_access access,
		    bool zero_ok, struct call_meta *meta);
int verify_stack_range(struct verifier *v, u32 regno, s32 off, u32 size, enum verify_access access,
		       struct call_meta *meta); /* all of it initialised, or (raw) to be written */
/* By a helper or kfunc; `off` includes the register's fixed offset, here and below. */
int verify_map_access(struct verifier *v, u32 regno, s32 off, u32 size, bool zero_ok,
		      enum verify_access access);
int verify_packet_access(struct verifier *v, u32 regno, s32 off, u32 size, bool zero_ok);
int verify_btf_access(struct verifier *v, u32 regno, s32 off, u32 size, enum verify_access access,
		      int value);
/* Is a field's kernel pointer, loaded here, under RCU rather than untrusted? REG_* flags. */
u32 verify_kptr_flags(const struct verifier *v, const struct btf_special *field,
		      const struct btf_info *btf);
/* Does RCU hold objects alive here: in a section, under a lock, in programs that do not sleep? */
bool verify_in_rcu(const struct verifier *v);
/* Destroys slots [slot, slot + count) that hold special things when plain data overwrites them. */
int verify_slots_destroy(struct verifier *v, struct vframe *f, u32 slot);
/*
 * Bytes [lo, hi) of the frame (negative offsets), to which `regno` points, become SLOT_MISC: a
 * callee writes there.
 */
int verify_slots_misc(struct verifier *v, struct vframe *f, u32 regno, s32 lo, s32 hi);
/* Packet pointers become unknown (a helper may have moved the packet). */
void verify_packet_gone(struct verifier *v);
bool verify_may_write_packet(const struct verifier *v, const struct call_meta *meta);

/* Does a function end here, or perhaps (a tail call that finds a program) end? */
static inline bool verify_may_return(const struct verifier *v, u32 insn)
{
	const struct isa_op *op = &v->ops[insn];

	if (op->op == ISA_OP_CALL_HELPER && op->imm == BPF_FUNC_tail_call)
		return verify_has(v, KERNEL_TAIL_CALL_RETURNS);
	return op->op == ISA_OP_EXIT;
}

/* call.c and its parts -------------------------------------------------- */

/* What the arguments of one helper call have told so far. */
struct call_meta {
	u32 func_id;
	const struct helper_proto *proto;
	const struct verify_map *map; /* ARG_MAP */
	u32 map_uid;
	s64 const_key; /* of a map lookup, or VERIFY_KEY_NONE */
	bool packet_access;
	bool raw;        /* memory looked at: need not be initialised, the helper writes it */
	u32 regno;       /* ... and, when such memory is on the stack, where it is */
	u32 access_size; /* ... and how much; 0: none */
	u64 msize_max;   /* the most that the last size may be */
	u64 mem_size;    /* constant size of what is returned */
	u32 ref;         /* reference among the arguments */
	u32 release_regno;
	u32 dynptr_id;                  /* the dynptr that a slice is of */
	u32 subprog;                    /* the callback */
	const struct btf_info *ret_btf; /* ARG_PERCPU_BTF: what is returned */
	u32 ret_btf_id;
	bool percpu_object;              /* ... is one cpu's copy of an allocated object */
	struct btf_special kptr;         /* ARG_KPTR: the field */
	const struct btf_info *kptr_btf; /* ... and of which BTF its type is */
};

#define VERIFY_MAP_MANY ((const struct verify_map *)~0ul) /* vinsn.map: differs between paths */
#define VERIFY_KEY_NONE (-1)
#define VERIFY_KEY_MANY (-2)

/* map.c, before the walk: may the program name its maps? */
int verify_check_maps(struct verifier *v);
int verify_helper_call(struct verifier *v, const struct isa_op *op);
/* After the walk: what only all paths together tell of calls (tail calls of many maps). */
int verify_calls_finish(struct verifier *v);
/*
 * A map value argument points to its field of `kind` (a timer, ...), called `name` in messages;
 * of which a value has at most one.
 */
int verify_map_field(struct verifier *v, u32 regno, u32 kind, const char *name);
/* A NUL-terminated constant in a frozen map. *at: its offset in the value; *len: its length (or
 * NULL). */
int verify_const_string(struct verifier *v, u32 regno, u32 *at, u32 *len);
/* The register's object may be kept in the kptr `field`, whose type is of `btf`. */
int verify_kptr_match(struct verifier *v, u32 regno, const struct btf_special *field,
		      const struct btf_info *btf);
/* May a REG_BTF_ID argument point into the object? */
bool verify_object_may_have_offset(const struct vreg *r);
/* The kernel's name of an instruction's helper ("bpf_map_lookup_elem", or "unknown"). */
const char *verify_helper_name(const struct verifier *v, u32 id);
int verify_kfunc_call(struct verifier *v, const struct isa_op *op, u32 *next, bool *done);
int verify_kfunc_exists(struct verifier *v, const struct isa_op *op); /* before the walk */
/* Is the call at `insn` of a kind that a section (lock, rcu, preempt, irq) forbids? */
bool verify_in_sleepable_place(const struct verifier *v);

/* dynptr.c, iterator.c, lock.c ------------------------------------------ */

/* Argument regno is room for a new one: on the stack; `clone_of_ref` of a clone (0: no clone). */
int verify_dynptr_new(struct verifier *v, u32 regno, enum dynptr_kind kind, u32 clone_of_ref);
/* It is one, of kind `want` (0: any); `changes`: not one that was only lent (REG_DYNPTR). */
int verify_dynptr_arg(struct verifier *v, u32 regno, u32 want, bool changes);
int verify_dynptr_destroy_slot(struct verifier *v, struct vframe *f, u32 slot);
/* Ends it, its clones, slices and reference. */
int verify_dynptr_release(struct verifier *v, u32 regno);
/* The dynptr that a register points at: its slot's register, or itself. NULL: none. */
const struct vreg *verify_dynptr_of(struct verifier *v, u32 regno);
/*
 * Things of `count` slots on the stack ("dynptr", "iter", "irq_flag"): the slot that a pointer
 * to one leads to, the highest of them. -ERANGE: the frame has no such slots yet; -EINVAL after
 * verify_fail().
 */
int verify_slot_of(struct verifier *v, const struct vreg *r, const char *what, u32 count,
		   u32 *slot);
/* Special fields of what a map value or allocated object holds; `room` may be used. NULL: none. */
const struct btf_fields *verify_fields_of(struct verifier *v, const struct vreg *r,
					  struct btf_fields *room);
int verify_spin_lock(struct verifier *v, u32 regno, bool lock, bool resilient, bool irq);
/* The dynptr's slot that a stack pointer leads to, whatever it holds now. NULL: none. */
const struct vreg *verify_dynptr_slot(struct verifier *v, const struct vreg *r);
/* Inside the callback of a kfunc that holds the tree's lock meanwhile. */
bool verify_in_rbtree_callback(const struct verifier *v);
bool verify_lock_allows_call(const struct verifier *v, u32 func_id);
int verify_irq_save(struct verifier *v, u32 regno, u32 kind);
int verify_irq_restore(struct verifier *v, u32 regno, u32 kind);

/* target.c, target_context.c ---------------------------------------------- */

int verify_target_find(struct verifier *v); /* by_btf types: fills v->target */
/* References that arguments come with (struct_ops, "__ref"): where the program begins. */
int verify_target_enter(struct verifier *v);

/*
 * A load (to register `value`, or -1) or store of the context that BTF describes: by_btf types.
 * The register is set whole; sizes below 8 are cut by the caller.
 */
int verify_target_ctx_access(struct verifier *v, s32 off, u32 size, enum verify_access access,
			     int value);

/* What an iterator's kfuncs say of it. */
struct iter_kind {
	const struct btf_info *btf;
	u32 id; /* struct bpf_iter_x there */
	u32 slots;
	bool rcu;         /* KF_RCU_PROTECTED: lives in an RCU section only */
	const char *func; /* the kfunc called */
};

struct iter_at { /* where it is: frame, its first (highest) slot */
	u32 frame, slot, ref;
};

/* Argument regno becomes a new one (the kfunc is its new). */
int verify_iter_new(struct verifier *v, u32 regno, const struct iter_kind *kind);
/* It is a live one of that kind. */
int verify_iter_arg(struct verifier *v, u32 regno, const struct iter_kind *kind,
		    struct iter_at *at);
int verify_iter_destroy(struct verifier *v, const struct iter_at *at, u32 slots);
/*
 * After a next, when r0 holds what it returns (_or_null, with its id): puts aside the way with
 * an element, and goes on at the end, r0 0.
 */
int verify_iter_next(struct verifier *v, const struct iter_at *at);
/* The RCU section ends: those that lived in it are of no use. */
void verify_iters_untrusted(struct verifier *v);

struct graph_root { /* of a list or a tree */
	struct btf_special at;
	const struct btf_info *btf; /* of its element's type */
};

/* Argument regno is a root of `kind`, and its lock is held. */
int verify_graph_root(struct verifier *v, u32 regno, u32 kind, struct graph_root *root);
/* ... a node of `kind` in an element for that root. */
int verify_graph_node(struct verifier *v, u32 regno, u32 kind, const struct graph_root *root);
/* A pointer to what a list or tree owns. */
int verify_set_non_owning(struct verifier *v, struct vreg *r);
/* The object with that reference is put into a list or tree. */
int verify_give_to_graph(struct verifier *v, u32 ref);

/* function.c ------------------------------------------------------------ */

int verify_functions_check(struct verifier *v); /* func_info against subs; names, linkage */
/* Registers r1-r5 of frame 0 as a global function's signature has them, for its own verification.
 */
int verify_function_entry(struct verifier *v, u32 sub, struct vframe *f);
/* A call of a global function: arguments suit its signature. Registers are subcall.c's to set. */
int verify_function_call(struct verifier *v, u32 sub);

/* fastcall.c ------------------------------------------------------------ */

void verify_fastcall_init(struct verifier *v);
/* Instruction `insn` touches a frame's stack from `off` on. */
void verify_fastcall_access(struct verifier *v, const struct vframe *f, u32 insn, s32 off);
/* Bytes of stack that count against the limit: without such spills. */
u32 verify_sub_depth(const struct verifier *v, u32 s);
u32 verify_sub_depth_shown(const struct verifier *v, u32 s); /* depth.c */

/* subprog.c, flow.c ------------------------------------------------------ */

int verify_find_subs(struct verifier *v);    /* and that jumps stay inside them */
int verify_check_flow(struct verifier *v);   /* all is reached; prune and jump points; loops */
int verify_check_source(struct verifier *v); /* source.c: func_info, line_info against functions */
/* Where a call of a subprogram or its address leads; false for other instructions. */
bool verify_callee(const struct isa_op *op, s64 *target);
/* What a CALL_KFUNC names; NULL: nothing that is known. in->kfuncs ascend by (fd_index, id). */
const struct verify_kfunc *verify_kfunc_of(const struct verifier *v, const struct isa_op *op);
bool verify_is_throw(const struct verifier *v, const struct isa_op *op);
/* exception.c: where the exception callback starts, by the main program's tag; 0: it has none. */
int verify_exception_callback(struct verifier *v, s64 *start);

#endif
