/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The load pipeline: bytes -> decode -> resolve what they name -> check the
 * structure -> image. Everything is copied from the client before; the
 * instance's lock is held.
 */
#ifndef VM_LOAD_H
#define VM_LOAD_H

#include "base/text.h"
#include "verify/explain.h"
#include "vm/object.h"

enum load_diag {
	LOAD_DIAG_MAP = 300, /* a descriptor that is no map */
	LOAD_DIAG_MAP_VALUE, /* no direct value there */
	LOAD_DIAG_MAPS,      /* too many maps */
	LOAD_DIAG_FUNC_INFO,
	LOAD_DIAG_LINE_INFO,
	LOAD_DIAG_HELPER,    /* the helper is not the type's, or GPL only */
	LOAD_DIAG_EXCLUSIVE, /* the map is another program's */
};

/* Records the client sent: `rec_size` bytes each, as it declared them. */
struct load_records {
	const u8 *data;
	u32 count, rec_size;
};

struct load {
	/* given */
	struct cygnet *inst;
	u32 type, attach_type, prog_flags;
	char name[16];
	bool gpl;
	bool unprivileged; /* the rules for ordinary users apply */
	u32 without;       /* enum verify_right: rights that the caller lacks all the same */
	const u8 *insns;   /* 8 * count bytes */
	u32 count;
	struct btf_object *btf; /* NULL: none */
	struct load_records func_info, line_info;
	/* What it is to be attached to by BTF; no references. */
	struct btf_object *attach_btf;   /* the kernel's; NULL: none */
	struct prog_object *attach_prog; /* another program; NULL: none */
	u32 attach_btf_id;
	/*
	 * A map the program names, by descriptor or by index into fd_array; then *fd becomes the
	 * descriptor found there. 0 or -errno; no reference.
	 */
	int (*map)(void *data, s32 *fd, bool is_index, struct map_object **out);
	void *data;
	struct text *log; /* what the checks say; NULL: nobody listens */
	u32 log_level;    /* as bpf_attr has it */
	/* filled */
	bool logged;      /* the log has the reason and the closing line */
	struct diag diag; /* why it failed */
};

/* What cygnet.on_verdict is told. */
struct load_verdict {
	const struct load *load;
	int err; /* 0: accepted */
	struct verify_stats stats;
	u32 stack;
	struct explanation
		*why; /* of a refusal; the callee may take it, leaving it zeroed. NULL: none */
};

/* Loads; *out holds one reference. Errors are PROG_LOAD's. */
int prog_object_load(struct load *l, struct prog_object **out);

/*
 * func_info and line_info as the kernel checks them by themselves; then kept in
 * `p` with the kernel's record sizes. 0 or -errno. That they fit the program's
 * functions is the verifier's to check.
 */
int source_info_read(struct load *l, struct prog_object *p);

/* A function of a loaded program by name: the program's, its BTF's (cut), "sub1"; "": nameless. */
void prog_sub_name(const struct prog_object *p, u32 sub, char name[64]);

/* `op`, at `insn`, names a map: its operands become the image's, *p holds the map. 0 or -errno. */
struct isa_op;
int load_resolve_map(struct load *l, struct prog_object *p, struct isa_op *op, u32 insn);

/* SHA-256 (before 6.18: SHA-1) of the program, descriptors left out; the tag begins it. */
void prog_digest(const struct cygnet *inst, const u8 *insns, u32 count, u8 *scratch, u8 digest[32]);

#endif
