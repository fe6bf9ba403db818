/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verifier as the load pipeline sees it: what it is given, what it proves.
 * It knows no descriptors and no instance; vm/ describes every map, kfunc and
 * type that the program names.
 */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

#include "base/diag.h"
#include "base/text.h"
#include "core/image.h"
#include "isa/op.h"

struct arena;
struct btf_info;
struct btf_fields;
struct kfunc_proto;
struct verify_trace;
struct verify_claims;

#define VERIFY_MAX_MAPS  64
#define VERIFY_MAX_SUBS  256
#define VERIFY_MAX_INSNS 1000000

/* A map as the program's instructions name it, by index. */
struct verify_map {
	const char *name;
	u32 type, key_size, value_size, max_entries, flags;
	u64 extra;
	const struct btf_info *btf; /* NULL: none */
	u32 btf_key, btf_value;     /* type ids in btf */
	const struct btf_fields *fields;
	const struct verify_map *inner; /* map of maps: what the inner ones look like */
	bool unprivileged;              /* made without CAP_PERFMON: speculation counts */
	bool frozen;                    /* and read-only to programs: contents are constants */
	/* `size` bytes of such contents at `off` of element 0: 0 or -errno. */
	int (*read)(const struct verify_map *map, u32 off, u32 size, u64 *value);
	void *object;               /* vm's */
	u64 arena_start, arena_end; /* arenas: the client's addresses */
};

/* What one instruction with BPF_PSEUDO_CALL kfunc or BTF id means. */
struct verify_kfunc {
	u32 id; /* as the instruction has it: FUNC in btf */
	u16 fd_index;
	const struct btf_info *btf; /* NULL: not found */
	const char *name;
	const struct kfunc_proto *proto; /* row of the table; NULL: none */
};

enum verify_right {                  /* what the loader may do */
	RIGHT_PTR_LEAKS = 1 << 0,    /* CAP_PERFMON */
	RIGHT_UNINIT_STACK = 1 << 1, /* CAP_PERFMON: reads of stack never written */
	RIGHT_NO_SPEC_V1 = 1 << 2,   /* speculation is not the loader's concern */
	RIGHT_NO_SPEC_V4 = 1 << 3,
	RIGHT_BPF = 1 << 4, /* CAP_BPF: loops, calls, ... */
	RIGHT_PRIVILEGED = 0x1f,
};

/* Log levels, as bpf_attr.log_level has them. */
#define VERIFY_LOG_PATH  1 /* the failing path */
#define VERIFY_LOG_ALL   2 /* every path */
#define VERIFY_LOG_STATS 4

struct verify_record { /* func_info */
	u32 insn, type_id;
};

struct verify_line { /* line_info, ascending */
	u32 insn, file_off, line_off, line_col;
};

struct verify_attach_sub {
	u32 type_id; /* its FUNC in the program's BTF */
	bool global, exception;
};

/* Another program, to attach to or to replace a function of. */
struct verify_attach_prog {
	const struct btf_info *btf; /* NULL: it has none */
	const struct verify_attach_sub *subs;
	u32 sub_count;
	u32 type, attach_type;
};

struct verify_input {
	const struct isa_op *ops; /* resolved: see isa/op.h; CALL_SUB and LDDW_FUNC absolute */
	const void *raw;          /* the 8-byte instructions: for the log */
	const u8 *bad;            /* isa_decode_nearest()'s; NULL: all of them are right */
	u32 count;
	u32 prog_type, attach_type;
	u32 prog_flags; /* BPF_F_* of PROG_LOAD: SLEEPABLE, STRICT_ALIGNMENT, TEST_*... */
	bool gpl;
	u32 kernel; /* KERNEL_VERSION() imitated */
	u32 cpus;   /* numbers of processors end below; 0: not told */
	u32 rights; /* enum verify_right */
	const struct verify_map *const *maps;
	u32 map_count;
	const struct verify_kfunc *kfuncs;
	u32 kfunc_count;
	const struct btf_info *btf;     /* the program's; NULL */
	const struct btf_info *vmlinux; /* the kernel's; NULL: none at hand */
	const struct verify_record *funcs;
	u32 func_count;
	const struct verify_line *lines;
	u32 line_count;
	/* by_btf types: what it attaches to, as PROG_LOAD names it */
	const struct btf_info *attach_btf; /* of attach_btf_obj_fd; NULL: vmlinux */
	u32 attach_btf_id;
	const struct verify_attach_prog *attach_prog; /* of attach_prog_fd; NULL: the kernel */
	const char *name;
	struct arena
		*scratch; /* memory of verifications before, taken and given back; NULL: none */
	u32 log_level;
	bool keep; /* make the output of a refused program too, as far as its structure is sound */
	struct verify_trace *trace;   /* explain.c's: the path, kept with a level 1 log; NULL */
	u32 most;                     /* instructions looked at on all paths; 0: VERIFY_MAX_INSNS */
	struct verify_claims *claims; /* claim.h's: recorded, for tests; NULL */
	struct text *log; /* growing, or NULL. Level 1 is cut back where a path turned out well */
};

struct verify_stats {
	u32 processed, max_states_per_insn, total_states, peak_states, mark_read;
	u32 stack[VERIFY_MAX_SUBS]; /* bytes of each subprogram, sub_count of them */
	u64 ns;                     /* spent verifying */
	size_t peak_bytes;
};

struct verify_output {
	struct image_fact *facts; /* per instruction; base_free() it */
	struct image_sub *subs;   /* by start; base_free() it */
	u32 sub_count;
	u32 stack;          /* bytes of the deepest call chain */
	u32 max_ctx_offset; /* bytes of context that are read */
	bool changes_packet, tail_calls;
	bool speculation; /* it concerns the loader: facts tell where it must stop */
	struct verify_stats stats;
};

/* 0, or the kernel's error: *diag says why (may be NULL), the log ends with its statistics line. */
int verify_program(const struct verify_input *in, struct verify_output *out, struct diag *diag);

/*
 * The first of its checks alone, functions and where their jumps lead, which come before an
 * instruction's own faults and those of the maps it names: these are what could not be resolved.
 */
int verify_structure(const struct verify_input *in, struct diag *diag);

#endif
