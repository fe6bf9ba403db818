/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Code of an ELF file that is to be patched: where its syscall instructions
 * are, which bytes around one may become a jump, and how a probe at any
 * instruction can be placed. Then the bytes themselves, for one process'
 * addresses.
 *
 * Analysis is of the file (cached per dev, ino, size, mtime), emission is of a
 * process. Nothing here writes into a process: world/ puts the bytes into a
 * plan, agent/ writes them.
 *
 *	code_file_open() ─▶ code_file_sites() ─▶ code_emit_syscall() ─▶ stub, patch, near piece
 *	                 └▶ code_probe()      ─▶ code_emit_probe()   ─▶ the same
 *
 * x86-64 only: an ELF file of another machine is -ENOEXEC.
 */
#ifndef EVENT_CODE_H
#define EVENT_CODE_H

#include "core/plan.h"

#define CODE_WINDOW_BYTES 32  /* longest run of instructions a patch replaces */
#define CODE_WINDOW_INSNS 8   /* as many as struct stub_head can translate */
#define CODE_PATCH_BYTES  5   /* jmp rel32 */
#define CODE_NEAR_BYTES   160 /* room one near piece may need */

/* Whole instructions that a patch displaces. `len` counts only those that are moved. */
struct code_window {
	u64 offset; /* file offset of the first one: where the patch is written */
	u8 len;     /* bytes of the moved instructions, a syscall among them included */
	u8 insns;   /* how many, the syscall included */
	u8 before;  /* syscall windows: instructions ahead of the syscall */
	u8 over;    /* bytes that the patch overwrites: >= len only when padding is used up */
	u8 bytes[CODE_WINDOW_BYTES]; /* the file's bytes at offset, MAX(len, over) of them: compare
					before patching */
};

enum code_site_kind {
	CODE_SITE_PATCH, /* a syscall instruction with a window */
	CODE_SITE_BARE,  /* a syscall instruction, none of whose surroundings may be patched */
	CODE_SITE_KEEP,  /* must run at its own address (glibc >= 2.41 checks it on cancellation) */
	CODE_SITE_UNKNOWN, /* 0f 05 in executable bytes that belong to no decodable function */
};

struct code_site {
	u64 offset;      /* file offset of the 0f 05 */
	u32 kind;        /* enum code_site_kind; only PATCH has a window */
	const char *why; /* not PATCH: the reason, static text */
	struct code_window window;
};

/*
 * Analyses the file, or finds it in the cache. It is opened by path and must
 * still be (dev, ino), unless both are 0. -ENOENT and what open(2) says,
 * -ESTALE when it is another file, -ENOEXEC when it is no x86-64 ELF file or a
 * broken one, -ENOMEM. Safe from several threads. The caller puts what it got.
 */
struct code_file;
int code_file_open(const char *path, u64 dev, u64 ino, struct code_file **out);
void code_file_put(struct code_file *f); /* NULL is fine */
void code_cache_fini(void);              /* drops what nobody holds */

/* The 0f 05 pairs that are not proven to lie inside an instruction, by offset. */
const struct code_site *code_file_sites(const struct code_file *f, u32 *count);
/* Every pair is patched or lies inside an instruction: dispatch has nothing to catch in this file.
 */
bool code_fully_known(const struct code_file *f);
/* Whether a file offset lies in an executable PT_LOAD. */
bool code_is_executable(const struct code_file *f, u64 offset);
/* The function (from unwind data or symbols) around a file offset; -ENOENT. */
int code_function(struct code_file *f, u64 offset, u64 *start, u64 *end);

enum code_probe_mode {
	CODE_PROBE_JUMP, /* patch: jmp rel32 to the stub (or its near piece) */
	CODE_PROBE_INT3, /* patch: one byte 0xCC; the agent's SIGTRAP moves the thread to the stub
			  */
};

struct code_probe {
	u64 offset; /* file offset of the probed instruction; window.offset may be 4 more (endbr64)
		     */
	u32 mode;   /* enum code_probe_mode */
	u32 flags;  /* STUB_FLAGS_LIVE or 0 */
	const char *why; /* INT3: why not a jump, static text */
	struct code_window window;
};

/*
 * How to probe the instruction at a file offset. `limit`: bytes from offset
 * that may be touched, because another patch begins behind them (~0u: no
 * limit). 0, -EINVAL (not executable, or in the middle of an instruction),
 * -ENOTSUP (an instruction that cannot be moved: *why, may be NULL, says which).
 */
int code_probe(struct code_file *f, u64 offset, u32 limit, struct code_probe *out,
	       const char **why);

/*
 * How a probe and a syscall site of the same file get along:
 * APART: they do not touch.
 * CHAIN: both begin at the same byte. Emit the syscall first and pass its
 *   `entry` as `chain` to code_emit_probe(); write only the probe's patch.
 * CHAIN_BARE: the probe sits on the syscall instruction itself: the same, with
 *   the syscall emitted bare.
 * CLASH: leave the site to dispatch, unpatched.
 * With CHAIN the probe takes over the site's window (and may become a jump).
 */
enum code_relation {
	CODE_APART,
	CODE_CHAIN,
	CODE_CHAIN_BARE,
	CODE_CLASH
};
enum code_relation code_relate(struct code_probe *p, const struct code_site *s);

/* Addresses in the process: the agent's entries (within 2 GiB of the arena). */
struct code_entries {
	u64 syscall_enter, syscall_exit, probe_entry;
};

struct code_emitted {
	u8 stub[STUB_BYTES]; /* the whole slot: struct stub_head and code, the rest int3 */
	u8 patch[16];
	u8 near[CODE_NEAR_BYTES];
	u64 entry;      /* where the slot is entered: in it, or in the near piece */
	u64 patch_addr; /* where patch goes */
	u32 patch_len;  /* 0: a bare site, nothing to patch */
	u32 near_len;   /* 0: no near piece used */
};

/*
 * Emits one slot. `site_addr`: the syscall instruction's address in the
 * process; `near_addr`: where the near piece would go (CODE_NEAR_BYTES within 2
 * GiB of the site), or 0. -ERANGE: the arena is too far, call again with a
 * near_addr; -ENOTSUP: cannot be done with these addresses (leave it to
 * dispatch). A site that is not PATCH, or `bare`, gets a slot without patch: the
 * code begins at the syscall (for dispatch and for CODE_CHAIN).
 */
int code_emit_syscall(const struct code_site *s, u64 site_addr, u64 slot_addr, u64 near_addr,
		      bool bare, const struct code_entries *e, struct code_emitted *out);
/*
 * The same for a probe. `probe`: the plan's index. `chain`: 0, or the address
 * of code that continues in place of the moved instructions (a syscall slot's
 * code: CODE_CHAIN), for which no near piece is needed behind the patch.
 */
int code_emit_probe(const struct code_probe *p, u64 probe_addr, u64 slot_addr, u64 near_addr,
		    u64 chain, u32 probe, const struct code_entries *e, struct code_emitted *out);

/*
 * A page-aligned free range of `size` bytes for near pieces, every byte of it
 * within reach of every byte of the mapping around `around`; 0: there is none. `maps` need not be
 * sorted.
 */
u64 code_pick_near(const struct plan_mapping *maps, u32 n, u64 around, u64 size);

/*
 * The nearest existing name for one that does not exist ("sys_enter_opnat" in
 * "syscalls"): 0 and the name, or -ENOENT when nothing is near. category NULL:
 * raw tracepoints.
 */
int event_suggest(const char *category, const char *name, char out[64]);

#endif
