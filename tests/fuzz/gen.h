/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The generator: programs that are nearly accepted. It keeps a rough notion of
 * what each register holds, composes recipes (gen_*.c) that would be right, and
 * slips now and then: a bound off by one, a missing check, a register too late.
 * What it believes need not be true; the verifier decides.
 */
#ifndef FUZZ_GEN_H
#define FUZZ_GEN_H

#include "fuzz/program.h"

enum gkind {
	G_NONE,
	G_SCALAR,
	G_STACK, /* off: from r10 */
	G_VALUE, /* map value or other memory of `size` bytes */
	G_CTX,
	G_PACKET, /* size: bytes checked */
	G_PACKET_END,
	G_PACKET_META,
	G_RECORD, /* ring buffer's */
	G_MAP,
	G_SOCK,
};

struct greg {
	u8 kind, map;
	bool maybe_null, bounded;
	s32 off;  /* fixed offset */
	u32 size; /* of what it points to */
	u64 max;  /* bounded scalars: 0..max; pointers: variable part */
};

#define GEN_SLOTS 16 /* of 8 bytes, used by the recipes */
#define GEN_SUBS  4

struct gen {
	struct rng rng;
	struct program *p;
	u32 budget; /* instructions left */
	u32 slips;  /* once in so many; 0: never */
	u32 depth;
	bool unprivileged, in_callback, over;
	struct greg r[11];
	struct greg slot[GEN_SLOTS]; /* slot i: [-8(i+1), -8i) */
	u32 sub_count;
	struct gsub {
		u32 calls[4], call_count; /* instructions to be patched */
		bool callback, address;
		u32 args;
	} subs[GEN_SUBS];
};

/* Any program that `seed` stands for. */
void gen_program(u64 seed, bool unprivileged, struct program *p);
/* Changes a few instructions of a program, as a mistake or an attack would. */
void gen_mutate(struct rng *rng, struct program *p);

/* What recipes use of each other. */
void gen_emit(struct gen *g, struct bpf_insn in);
s64 gen_slip(struct gen *g, s64 v);
bool gen_forgets(struct gen *g);              /* a check left out */
u32 gen_size(struct gen *g, u8 *code);        /* of an access: bytes, and BPF_B.. */
u32 gen_fresh(struct gen *g);                 /* a register to write */
u32 gen_kept(struct gen *g);                  /* ... that calls preserve */
s32 gen_find(struct gen *g, enum gkind kind); /* a register that holds one; -1 */
u32 gen_scalar(struct gen *g);                /* a register with a number, made if need be */
u32 gen_bounded(struct gen *g, u64 max);      /* ... made to be at most max */
void gen_set(struct gen *g, u32 reg, enum gkind kind);
void gen_block(struct gen *g, u32 statements); /* a few recipes */
/* A jump whose target is set by gen_land(). */
u32 gen_jump(struct gen *g, struct bpf_insn in);
void gen_land(struct gen *g, u32 jump);
u8 gen_map(struct gen *g, const struct map_shape *shape);
void gen_load_map(struct gen *g, u32 reg, u8 map);
void gen_clobber(struct gen *g); /* r1-r5 after a call */

void gen_alu(struct gen *g);
void gen_if(struct gen *g);
void gen_loop(struct gen *g);
void gen_ld_abs(struct gen *g);

void gen_stack(struct gen *g);
void gen_stack_var(struct gen *g);
void gen_spill(struct gen *g);
void gen_value(struct gen *g);
void gen_packet(struct gen *g);
void gen_ctx(struct gen *g);
void gen_atomic(struct gen *g);
/* Loads and stores through a pointer register at a constant offset it should allow. */
void gen_access(struct gen *g, u32 reg, s32 lo, s32 hi);

void gen_lookup(struct gen *g);
void gen_update(struct gen *g);
void gen_inner(struct gen *g);
void gen_direct(struct gen *g);
void gen_helper(struct gen *g);
void gen_ringbuf(struct gen *g);
void gen_lock(struct gen *g);
void gen_tail_call(struct gen *g);
void gen_sub_call(struct gen *g);
void gen_callback(struct gen *g);
void gen_dynptr(struct gen *g);
void gen_socket(struct gen *g);
void gen_memory_helper(struct gen *g);
/* The functions that were called, behind the main program. */
void gen_subs(struct gen *g);

#endif
