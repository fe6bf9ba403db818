/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Native code. Compiling (image -> code) and linking (code -> executable memory
 * of some process) are apart: a compilation knows no address; what it needs is a
 * list of relocations, filled in where it will run.
 *
 * Calling convention of a compiled main function: C,
 *	u64 entry(struct run *run, u64 ctx)
 * Subprograms are called by compiled code only, or through the runtime for
 * callbacks (struct engine_ops.call), by
 *	u64 enter(struct run *run, u64 args[5])    of their table of entries.
 * `run` stays in one register throughout; helpers are plain C calls
 * (helper_fn: run, r1-r5). Faults and exceptions unwind to the entry by the
 * stack pointer kept in the run's frame (jit_frame).
 */
#ifndef JIT_JIT_H
#define JIT_JIT_H

#include "base/diag.h"
#include "core/image.h"
#include "core/run.h"

enum jit_target {
	JIT_X86_64,
	JIT_AARCH64,
};

/* What the code may use of the processor: bits are the target's. */
enum jit_x86_feature {
	JIT_X86_BMI2 = 1 << 0,
	JIT_X86_MOVBE = 1 << 1,
	JIT_X86_POPCNT = 1 << 2,
	JIT_X86_AVX2 = 1 << 3,
};

enum jit_runtime {       /* C functions that code calls beside helpers */
	JIT_RT_TAIL,     /* struct jit_code *(run, map, index): next program, or NULL */
	JIT_RT_THROW,    /* never returns to its caller */
	JIT_RT_STOP,     /* (run, kind, insn): a fault; never returns */
	JIT_RT_LD_ABS,   /* (run, offset, size): packet load, or leaves */
	JIT_RT_LOAD_BTF, /* (run, addr, size | sign << 8): 0 when it cannot be read */
	JIT_RT_COUNT
};

enum jit_reloc_kind {
	JIT_RELOC_MAP,       /* 64-bit: address of the image's map `index`'s struct map */
	JIT_RELOC_MAP_VALUE, /* 64-bit: its contents, plus addend */
	JIT_RELOC_HELPER,    /* 64-bit: helper_fn of id `index` */
	JIT_RELOC_KFUNC,
	JIT_RELOC_RUNTIME,    /* 64-bit: enum jit_runtime */
	JIT_RELOC_SELF,       /* 64-bit: this code's start plus addend */
	JIT_RELOC_MAP_MEMORY, /* 64-bit: where its segment is mapped, plus addend */
};

struct jit_reloc {
	u32 kind, offset; /* where in the code, 8 bytes */
	u32 index;
	s64 addend;
};

struct jit_line { /* code offsets in ascending order: instruction of the image */
	u32 offset, insn;
};

struct jit_options {
	enum jit_target target;
	u32 features;
};

/* Position-independent but for relocations; immutable, owns its memory. */
struct jit_code {
	struct jit_options options;
	u8 *bytes;
	u32 size;
	u32 entry; /* offset of the main function's entry */
	struct jit_reloc *relocs;
	u32 reloc_count;
	struct jit_line *lines;
	u32 line_count;
	u32 *subs; /* per subprogram: offset of its enter() thunk, or ~0 */
	u32 sub_count;
};

/*
 * Compiles a verified image. `maps`: views by the image's index, looked at for
 * their kind and shape (for inlining), never for addresses. 0; -EOPNOTSUPP
 * (something no engine but the interpreter does: *diag says what); -ENOMEM.
 */
int jit_compile(const struct image *image, struct map *const *maps, const struct jit_options *opts,
		struct jit_code **out, struct diag *diag);
void jit_code_free(struct jit_code *code);

struct jit_linked; /* executable memory of this process */

/* Addresses of this process; W^X. -ENOMEM, -EPERM (the system forbids executable memory). */
int jit_link(const struct jit_code *code, const struct image *image, struct map *const *maps,
	     struct jit_linked **out);
void jit_linked_free(struct jit_linked *l);
/* The program on the run: as interp_run(). */
int jit_run(const struct jit_linked *l, struct run *run, u64 *ret);

/* The host's target and features. */
struct jit_options jit_host(void);

#endif
