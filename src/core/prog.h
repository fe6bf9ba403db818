/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The contract of a program type: one file per type (or close family) in
 * prog/, ending in `const struct prog_type_ops prog_<type>_ops`, listed in
 * core/tables.def. Freestanding.
 */
#ifndef CORE_PROG_H
#define CORE_PROG_H

#include "base/diag.h"
#include "core/helper.h"

enum prog_sleeps {
	PROG_SLEEPS_NEVER,
	PROG_SLEEPS_MAY, /* with BPF_F_SLEEPABLE */
	PROG_SLEEPS_ALWAYS,
};

/* What r0 may be at the program's exit, both ends included. */
struct prog_range {
	s32 lo, hi;
};

/* What a load from the context yields. */
enum prog_ctx_kind {
	CTX_SCALAR,
	CTX_PACKET, /* also other data with an end: a message, an option's value */
	CTX_PACKET_END,
	CTX_PACKET_META,
	CTX_SOCK,
	CTX_SOCK_OR_NULL,
	CTX_SOCK_COMMON_OR_NULL,
	CTX_FLOW_KEYS,
	CTX_BUFFER, /* memory whose size is known when the program is attached */
	CTX_BTF,    /* a kernel object, trusted */
};

enum prog_ctx_sizes {
	CTX_BYTE = 1,
	CTX_HALF = 2,
	CTX_WORD = 4,
	CTX_LONG = 8,
	CTX_NARROW = CTX_BYTE | CTX_HALF | CTX_WORD,
	CTX_ANY = CTX_NARROW | CTX_LONG,
	CTX_AT_LO = 16, /* only from the range's first byte */
};

/*
 * Bytes [lo, hi) of a context: a load or store of one of the sizes, aligned to it, inside the
 * range, is allowed. Ranges may overlap: one of them must allow it.
 */
struct prog_ctx_range {
	u16 lo, hi;
	u8 reads, writes; /* enum prog_ctx_sizes */
	u8 kind;          /* enum prog_ctx_kind, of what is read */
	u8 keeps;         /* a store keeps only the lowest bytes of what is written; 0: all */
	bool reads_bpf, writes_bpf; /* ask for CAP_BPF */
	u64 attach;                 /* for these expected attach types only (1 << type); 0: all */
	const char *btf;            /* CTX_BTF: the struct's name */
};

struct prog_type_ops {
	u32 type;         /* BPF_PROG_TYPE_* */
	const char *name; /* as bpftool prints it */
	u16 since;        /* first kernel, 0xMMmm */
	bool tracing;     /* fires from events of processes */
	/* Since 6.13 each function of these has a stack of its own: 512 bytes each, not together.
	 */
	bool private_stack;
	bool writes_packet; /* may store into the packet directly */
	bool by_btf;        /* attached by BTF id: PROG_LOAD names what to, or fails with -EINVAL */
	u8 sleeps;          /* enum prog_sleeps */
	const char *doc;    /* one line; lint: never NULL */
	/* Bytes of context a program may read; 0: unlimited pointer-sized slots (raw tracepoints).
	 */
	u32 ctx_size;
	/* What may be read and written, as the kernel allows it; none for types whose context is by
	 * BTF. */
	const struct prog_ctx_range *ctx;
	u32 ctx_count;
	/* expected_attach_type allowed at PROG_LOAD? 0 or -EINVAL. NULL: the kernel does not look.
	 */
	int (*check_attach)(u32 attach_type, struct diag *diag);
	/* May this type call the helper? (GPL is checked by the caller.) */
	bool (*allows)(const struct helper_proto *proto, u32 attach_type);
	/* What it may return; false, or NULL: anything. */
	bool (*returns)(u32 attach_type, struct prog_range *out);
};

const struct prog_type_ops *core_prog_ops(u32 type); /* NULL: unknown */

/*
 * May programs of the type call the helper in that kernel (KERNEL_VERSION; 0: the newest)? That the
 * helper itself is there is another question: its `since`.
 */
bool core_prog_allows(const struct prog_type_ops *ops, const struct helper_proto *proto,
		      u32 attach_type, u32 kernel);

/* The range that allows a load or store of `size` bytes at `off`, or NULL. */
const struct prog_ctx_range *core_prog_ctx(const struct prog_type_ops *ops, u32 attach_type,
					   u32 off, u32 size, bool write);
/* The same for any list of ranges. */
const struct prog_ctx_range *core_ctx_row(const struct prog_ctx_range *rows, u32 count,
					  u32 attach_type, u32 off, u32 size, bool write);
/*
 * Makes of a load or store whose base register holds the context what engines run: a load of a
 * packet pointer that the context has only 32 bits for becomes one of 8 bytes from where
 * core/packet.h keeps it; a store into a field that holds less becomes narrower. True: changed.
 */
struct isa_op;
bool prog_ctx_rewrite(const struct prog_type_ops *ops, struct isa_op *op);

/* All that may be written lies in [lo, hi); empty: nothing may. */
void core_prog_ctx_writes(const struct prog_type_ops *ops, u32 *lo, u32 *hi);

#endif
