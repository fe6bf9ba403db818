/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The intermediate form of one subprogram: SSA in basic blocks.
 *
 *	build.c    image -> IR, by the facts; SSA on the way (also the stack slots nobody points at)
 *	fold.c     constants, identities, narrower widths, known bits
 *	number.c   equal values once (dominators), loop-invariant ones before the loop
 *	memory.c   loads of what was stored or loaded before; stores nobody reads
 *	switch.c   chains of comparisons of one value
 *	divide.c   division by constants
 *	thread.c   branches decided by where one comes from (repair.c: SSA put right)
 *	idiom.c    many operations for what the machine does in one
 *	vector.c   loops over bytes and words, several rounds at a time
 *	gather.c   words that are read byte by byte
 *	edges.c    edges that do the same become one
 *	count.c    how often loops go round
 *	range.c    least and greatest values: what tests they decide, narrower widths
 *	blind.c    constants that no instruction may hold
 *	clean.c    unused values, empty blocks, straight jumps
 *	check.c    the invariants, between passes in debug builds
 *	print.c    as text
 *
 * A value is the index of its instruction (ir_ref), 0 is none. Instructions of a
 * block are a list; phis come first; exactly one END is last. Everything lives in
 * the function's arena; nothing is freed before. Functions that can fail do so
 * with -ENOMEM or -E2BIG only (then the interpreter runs the program).
 */
#ifndef JIT_IR_H
#define JIT_IR_H

#include "base/arena.h"
#include "base/text.h"
#include "base/vec.h"
#include "core/image.h"
#include "jit/vector.h"

struct map;
struct jit_options;

typedef u32 ir_ref;

enum ir_op {
#define IR(name, ...) IR_##name,
#include "jit/ir.def"
#undef IR
	IR_COUNT
};

enum ir_flag {
	IR_PURE = 1 << 0,
	IR_READS = 1 << 1,
	IR_EFFECT = 1 << 2,
	IR_END = 1 << 3,
	IR_COMM = 1 << 4,
};

enum ir_cond { /* of a and b; the low halves when bits is 32 */
	COND_EQ,
	COND_NE,
	COND_LT, /* unsigned */
	COND_GE,
	COND_GT,
	COND_LE,
	COND_SLT,
	COND_SGE,
	COND_SGT,
	COND_SLE,
	COND_TEST,  /* a & b */
	COND_NTEST, /* !(a & b) */
};

static inline enum ir_cond ir_cond_not(enum ir_cond c)
{
	return (enum ir_cond)(c ^ 1);
}

u32 ir_cond_flip(u32 cond); /* of b and a */
/* Of one pair of values `known` holds: does `asked`? 1, 0; -1: not told. */
int ir_cond_follows(u32 known, u32 asked);

enum ir_division {                 /* aux of divisions: what range.c knows where they stand */
	DIVISION_NONZERO = 1 << 0, /* the divisor is not 0 */
};

enum ir_atomic {
	ATOMIC_ADD,
	ATOMIC_OR,
	ATOMIC_AND,
	ATOMIC_XOR,
	ATOMIC_XCHG,
};

#define LOAD_FIXED 1 /* aux of LOAD: nobody writes there while programs run */

struct ir_ins {
	u8 op;            /* enum ir_op */
	u8 bits;          /* 32, 64 */
	u8 size;          /* bytes of memory or of the part taken */
	u8 aux;           /* enum ir_atomic; enum ir_division */
	u8 count;         /* arguments at f->args[args] */
	bool used_result; /* of calls and atomics: set by clean.c; false: nobody reads it */
	u16 map;          /* MAPVAL, MAPMEM: index */
	ir_ref a, b, c;
	u32 args;
	s64 imm;
	u32 insn;  /* the image's instruction it comes from */
	u32 block; /* 0: not in any (removed) */
	ir_ref prev, next;
	u32 uses;  /* kept by clean.c: how many operands refer to it */
	u64 zeros; /* fold.c: bits known to be 0 */
};

struct ir_case {
	u64 value;
	u32 block;
};

struct ir_block {
	ir_ref first, last;
	VEC(u32) preds;          /* in the order of phis' operands */
	u32 succ[2], succ_count; /* SWITCH: its cases' */
	u32 dom, depth;          /* immediate dominator; loop nesting depth */
	u32 loop;                /* head of the innermost loop; 0: none */
	u32 order;               /* place in reverse postorder, from 1; 0: unreachable */
	bool rare;               /* error paths: laid out last */
};

struct ir_function {
	struct arena *arena; /* borrowed: the compilation's */
	const struct image *image;
	const struct jit_options *opts; /* NULL: any machine */
	u32 sub;
	VEC(struct ir_ins) ins;      /* [0] unused */
	VEC(struct ir_block) blocks; /* [0] unused; 1: entry */
	VEC(ir_ref) phis, args;
	VEC(struct ir_case) cases;
	VEC(struct ir_vector) vectors;
	VEC(u32) order; /* blocks in reverse postorder: ir_order() */
	u32 stack;      /* bytes of BPF stack that must be memory */
	ir_ref frame;   /* the FRAME value */
	ir_ref *consts; /* by value: ir_const() */
	u32 const_room, const_count;
	bool failed;        /* memory ran out: passes look once, at their end */
	bool calls,         /* makes any call: the machine stack is aligned, registers saved */
		calls_back; /* its address is taken: entered from the runtime too */
};

const char *ir_name(u32 op); /* "ADD" */
const char *ir_text(u32 op); /* "+" */
u32 ir_flags(u32 op);
u32 ir_operands(u32 op);

/* making ------------------------------------------------------------------ */

/* A zeroed instruction with op and bits, in no block yet; 0 and f->failed when memory ran out. */
ir_ref ir_new(struct ir_function *f, u32 op, u32 bits);
ir_ref ir_append(struct ir_function *f, u32 block,
		 ir_ref ins); /* before the END when there is one */
void ir_insert_before(struct ir_function *f, ir_ref at, ir_ref ins);
void ir_insert_first(struct ir_function *f, u32 block, ir_ref ins);
void ir_remove(struct ir_function *f, ir_ref ins);
ir_ref ir_const(struct ir_function *f, u32 block,
		u64 value); /* may return an existing one that dominates */
u32 ir_block_new(struct ir_function *f);
void ir_edge(struct ir_function *f, u32 from, u32 to);
void ir_edge_remove(struct ir_function *f, u32 from, u32 to); /* drops phis' operands too */
void ir_pred_remove(struct ir_function *f, u32 block, u32 pred);
u32 ir_successor_count(const struct ir_function *f, u32 block);
u32 ir_successor(const struct ir_function *f, u32 block, u32 i);               /* switches' too */
u32 ir_successors(const struct ir_function *f, u32 block, u32 *out, u32 room); /* their number */
bool ir_dominates(const struct ir_function *f, u32 a, u32 b); /* blocks, after ir_order() */
/* Every value that the instruction refers to, phis' and calls' too. */
void ir_each_operand(struct ir_function *f, ir_ref r, void (*fn)(void *data, ir_ref *operand),
		     void *data);
/* All uses of `old` become uses of `by`. Walks the function. */
void ir_replace(struct ir_function *f, ir_ref old, ir_ref by);
/* The branch that ends the block goes one way only: a jump. */
void ir_take_way(struct ir_function *f, u32 block, u32 way);
struct ir_def {
	u32 block;
	ir_ref value;
};
/*
 * After a change of the graph: uses of `old` outside its block become uses of what
 * reaches them of these definitions, each at the end of its block, by new phis where
 * ways meet. 0, -ENOMEM.
 */
int ir_repair(struct ir_function *f, ir_ref old, const struct ir_def *defs, u32 count);
static inline bool ir_is_const(const struct ir_function *f, ir_ref r, u64 *value)
{
	if (f->ins.data[r].op != IR_CONST)
		return false;
	*value = (u64)f->ins.data[r].imm;
	return true;
}

/* Within a map, the stack or the run: never NULL, however the verifier let it be moved. */
bool ir_is_address(const struct ir_function *f, ir_ref r);

#define ir_at(f, r) (&(f)->ins.data[r])
#define ir_each_block(f, b)                                                                    \
	for (u32 i__##b = 0, b; i__##b < (f)->order.len && ((b = (f)->order.data[i__##b]), 1); \
	     i__##b++)
#define ir_each(f, blk, r) for (ir_ref r = (f)->blocks.data[blk].first; r; r = ir_at(f, r)->next)

/* counted loops (count.c), after ir_order() ----------------------------------- */

struct ir_count {
	u32 head, latch, test; /* blocks; the test that leaves is at the end of `test` */
	ir_ref phi, next;      /* phi is start + k * step in round k, next one step more */
	u64 start, step;       /* in next's width */
	u64 rounds;            /* in so many, at the most, the test is made */
};

/* false: not a loop's head, or nothing is told. */
bool ir_count(const struct ir_function *f, u32 head, struct ir_count *c);

/* passes: 0, -ENOMEM, -E2BIG ------------------------------------------------ */

int ir_build(const struct image *image, u32 sub, struct map *const *maps, struct arena *arena,
	     struct ir_function *out);
int ir_order(struct ir_function *f); /* order, dominators, loops: after any change of the graph */
/* Phis that choose between a value and themselves become that value. */
int ir_simplify_phis(struct ir_function *f);
/* Does the condition hold of constants? */
bool ir_cond_holds(enum ir_cond cond, u32 bits, u64 x, u64 y);
int ir_clean(struct ir_function *f);
/* What an operation makes of constants; false: not of constants. */
bool ir_compute(const struct ir_ins *i, u64 a, u64 b, u64 *result);
int ir_fold(struct ir_function *f);
int ir_number(struct ir_function *f);
int ir_memory(struct ir_function *f);
int ir_thread(struct ir_function *f);
int ir_gather(struct ir_function *f);
int ir_edges(struct ir_function *f);
int ir_divide(struct ir_function *f);
/* Tests decided by the values they may have, and by tests before. */
int ir_decide(struct ir_function *f);
/* Last of the passes that look at values: what it notes holds where they stand only. */
int ir_range(struct ir_function *f);
int ir_switch(struct ir_function *f);
int ir_idiom(struct ir_function *f);
int ir_vector(struct ir_function *f);
/* Under JIT_BLIND; last of all. */
int ir_blind(struct ir_function *f);
/* The whole pipeline in its order. */
int ir_optimise(struct ir_function *f);
void ir_fini(struct ir_function *f);

/* NULL, or what is wrong (static text), with the instruction. */
const char *ir_check(const struct ir_function *f, ir_ref *where);
void ir_print(const struct ir_function *f, struct text *t);

#endif
