/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Native code where it runs: how it is entered and left, what it calls, and
 * what it may take from its table. The same in the process that compiled it and
 * in traced targets. Freestanding.
 *
 * Code holds no address. It reaches what it needs through a table of 8-byte
 * words at a fixed distance behind it (x86-64: [rip + n]; aarch64: adrp and
 * ldr), which native_resolve() fills where the code runs. So the same pages of
 * code serve every process, and are never written there.
 *
 * Convention of a compiled main function and of subprograms:
 *	x86-64	r15 run; r1-r5 in rdi rsi rdx rcx r8; result rax
 *	aarch64	x28 run; r1-r5 in x0-x4; result x0
 * Helpers and the functions of enum native_call are C: run, then the arguments.
 */
#ifndef CORE_NATIVE_H
#define CORE_NATIVE_H

#include "core/helper.h"
#include "core/run.h"

/* C functions that code calls beside helpers and kfuncs; the first argument is the run. */
enum native_call {
	/* (map, index): where the next program starts, or 0: the caller goes on. The caller's
	 * frame is taken down, the first argument set to run->ctx, and jumped there. */
	NATIVE_TAIL,
	NATIVE_TAIL_SUB, /* the same, from a subprogram: its caller goes on in its own program */
	NATIVE_THROW,    /* (cookie): bpf_throw; never returns */
	/* (kind, insn): a fault, FAULT_NONE: the one that was set meanwhile; never returns. */
	NATIVE_STOP,
	NATIVE_LD_ABS, /* (offset, size): a packet load's value, or < 0: outside, which ends the
			  function with 0 */
	NATIVE_LOAD, /* (addr, size): of a kernel object, zero-extended; 0 when it cannot be read */
	NATIVE_CALLS
};

/* What a word of the table is. */
enum native_slot_kind {
	NATIVE_MAP,        /* struct map * of the image's map `index` */
	NATIVE_MAP_VALUE,  /* its contents, at addend (map_ops.direct) */
	NATIVE_MAP_MEMORY, /* where its segment is mapped, plus addend */
	NATIVE_HELPER,     /* helper_fn of the helper with id `index` */
	NATIVE_KFUNC,      /* helper_fn of the kfunc body with number `index` (core/kfunc.h) */
	NATIVE_CALL,       /* enum native_call `index` */
	NATIVE_SLOTS
};

struct native_slot {
	u32 kind, index;
	s64 addend;
};

/* Code offsets ascending: from here on, code of that instruction of the image; RUN_INSN_HERE: data.
 */
struct native_line {
	u32 offset, insn;
};

/* A load that may fault: then register `reg` (the machine's number; 0xff: none) is 0 and the code
 * goes on at `to`. */
struct native_fixup {
	u32 at, to;
	u32 reg;
};

/* A program's code in this process. */
struct native_prog {
	const struct image *image;
	struct map *const *maps; /* by the image's index; outlive it */
	u64 code;                /* address */
	u64 start;               /* of the main function: code + entry */
	u32 size;
	u32 entry;       /* offset of the main function */
	const u32 *subs; /* by subprogram: offset */
	u32 sub_count;
	u32 line_count;
	const struct native_line *lines;
	u32 fixup_count;
	const struct native_fixup *fixups;
};

/* A program to go on with. NULL code: it is interpreted. */
struct native_place {
	const struct native_prog *code;
	const struct image *image;
	struct map *const *maps;
};

/*
 * What a run in native code keeps beside struct run: engine_state. A tail call sets
 * `code`, run->image and run->maps; compiled code does so itself where it can.
 */
struct native_state {
	const struct native_prog *code;
	struct native_place next; /* what native_go_on() is to run */
	u64 entry;                /* stack pointer of the last native_enter() */
};

/* What one word of the table holds here. -EOPNOTSUPP: nothing (no such body). */
int native_resolve(const struct native_slot *s, struct map *const *maps, u64 *value);

/* The program on the run: as interp_run(). */
int native_run(const struct native_prog *p, struct run *run, u64 *ret);

/* The image's instruction that the address is of; RUN_INSN_HERE: none. */
u32 native_insn(const struct native_prog *p, u64 pc);

/*
 * Bytes of the machine's stack between the run's beginning and the last entry: callbacks and
 * programs in the place of subprograms that would need more end the run. What is called then has
 * as much as 8 frames and an interpreter take; agents have 64 KiB for all.
 */
#define NATIVE_STACK (36u << 10)

/* Where a thread goes on whose code faulted. */
struct native_resume {
	u64 pc;
	u32 clear;   /* the register (the machine's number) that is then 0; 0xff: none */
	bool leaves; /* the run ends: the first two arguments of C are these */
	u64 args[2];
};

/*
 * The code faulted at `pc`, which is p's, when it read or wrote `addr`: for a signal
 * handler, in the thread of the run. A load that may fault goes on; anything else ends
 * the run, as a fault that tells of program and instruction. False: no run is in p's code.
 */
bool native_recover(struct run *run, const struct native_prog *p, u64 pc, u64 addr, bool write,
		    struct native_resume *out);

/*
 * What calls back or takes a lock may set run->fault and return: behind such a helper code looks
 * whether it did, and then calls NATIVE_STOP. Kfuncs do so in checked runs only.
 */
static inline bool native_may_fault(const struct helper_proto *p)
{
	return p->flags & HELPER_FAULTS;
}

/* native/enter.c: assembly ------------------------------------------------------------- */

/* Saves the caller's registers, loads the run's and r1-r5, calls `code`. The stack pointer that
 * native_leave() goes back to is left in *stack when that is 0. */
u64 native_enter(struct run *run, u64 code, const u64 args[5], u64 *stack);
/* The same for a main function, whose one argument is the context; *stack is always set. */
u64 native_start(struct run *run, u64 code, const void *ctx, u64 *stack);
void native_leave(u64 stack, u64 value) __attribute__((noreturn));
/* Jumped to as a program is: calls native_go_on() in the place of the frame taken down. */
void native_next(void);
u64 native_go_on(struct run *run);

#endif
