/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Type information (BTF) as hostile input. Two ways in: btf_parse() makes every
 * check that the kernel's BTF_LOAD makes, with its errors and its log;
 * btf_view() only makes sure that the accessors below are safe, which is what
 * large trusted files (/sys/kernel/btf/vmlinux) need. Either way the accessors
 * neither crash nor loop, whatever the types say.
 *
 * The names here differ from libbpf's (struct btf, btf__*, and the inlines of
 * <bpf/btf.h>), so that one file may use both. The record layouts (struct
 * btf_type and what follows it) are <cygnet/abi.h>'s, which libbpf sees too.
 *
 * Immutable once made; any number of threads may read.
 */
#ifndef BTF_BTF_H
#define BTF_BTF_H

#include <cygnet/abi.h>
#include "base/diag.h"
#include "base/text.h"
#include "base/types.h"

struct btf_info;

/*
 * Checks `raw` as BTF_LOAD does and copies it. `base` (or NULL): split BTF, whose
 * ids and strings continue base's; it must outlive *out. `log` (or NULL) takes
 * the kernel's verifier log, `diag` (or NULL) its last line. Errors: the
 * kernel's (-EINVAL, -E2BIG, -ENOTSUPP 524, -ELOOP, ...), -ENOMEM.
 */
int btf_parse(const void *raw, u32 size, const struct btf_info *base, struct btf_info **out,
	      struct diag *diag, struct text *log);

/* The kernel beside which a program's types are checked. */
struct btf_kernel {
	/* Its own type information, asked for when first needed; it may have none. */
	const struct btf_info *(*types)(void *data);
	void *data;
	/* KERNEL_VERSION(), 0: the newest. Kinds of types and tags are those it has. */
	u32 version;
};

/*
 * The same beside a kernel (NULL: none): pointers tagged kptr in structs must
 * point to what it can destroy (-ENOENT).
 */
int btf_parse_beside(const void *raw, u32 size, const struct btf_info *base,
		     const struct btf_kernel *kernel, struct btf_info **out, struct diag *diag,
		     struct text *log);

/*
 * Lays out `raw`, which must stay mapped as long as *out lives; no semantic
 * check. -EINVAL when the header, a section or a record is cut or unknown.
 */
int btf_view(const void *raw, u32 size, const struct btf_info *base, struct btf_info **out);

void btf_free(struct btf_info *b); /* NULL is fine */

/* Ids run from 1 to btf_count() - 1, base's included; 0 is void. */
u32 btf_count(const struct btf_info *b);
u32 btf_first(const struct btf_info *b); /* the first id that is not base's */
const void *btf_raw(const struct btf_info *b, u32 *size);
const struct btf_info *btf_base(const struct btf_info *b);

/* The record of a type; NULL for an id out of range. Id 0 is a record of kind UNKN. */
const struct btf_type *btf_at(const struct btf_info *b, u32 id);
/* A string; "" when the offset is out of range. */
const char *btf_str(const struct btf_info *b, u32 off);
const char *btf_name(const struct btf_info *b, u32 id); /* "" when it has none */
u32 btf_kind_of(const struct btf_info *b, u32 id);      /* BTF_KIND_UNKN for void and bad ids */
const char *btf_kind_name(u32 kind);                    /* "struct"; "unknown" */
const char *btf_kind_word(u32 kind);                    /* as the kernel prints it: "STRUCT" */

/* Through typedef, const, volatile, restrict, type tags; 0 when that ends nowhere. */
u32 btf_strip(const struct btf_info *b, u32 id);
/* Bytes of a value of the type; -EINVAL when it has no size (void, functions, forward). */
int btf_size_of(const struct btf_info *b, u32 id, u32 *size);
/* Natural alignment in bytes, as C has it; 1 when unknown. */
u32 btf_align_of(const struct btf_info *b, u32 id);

/* First type of that name and kind (BTF_KIND_UNKN: any kind but forward); 0 when there is none. */
u32 btf_find(const struct btf_info *b, const char *name, u32 kind);
/* Makes btf_find() a hash lookup; btf_parse() has done it. 0 or -ENOMEM. */
int btf_index_names(struct btf_info *b);

/* A member of a struct or union. */
struct btf_field {
	const char *name; /* "" when anonymous */
	u32 type;
	u32 bit_offset; /* from the start of the struct */
	u32 bit_size;   /* of a bitfield; 0: not one */
};

u32 btf_field_count(const struct btf_info *b, u32 id); /* 0 unless struct or union */
/* -ENOENT when there is no such member. */
int btf_field_at(const struct btf_info *b, u32 id, u32 index, struct btf_field *out);
/* By name, also inside anonymous members (the offset is the outer struct's). -ENOENT. */
int btf_field_find(const struct btf_info *b, u32 id, const char *name, struct btf_field *out);
/* Element type and count of an array; -EINVAL when it is none. */
int btf_array_of(const struct btf_info *b, u32 id, u32 *elem, u32 *nelems);
/* Name of an enum's value (either width); NULL when it has none. */
const char *btf_enum_name(const struct btf_info *b, u32 id, u64 value);
/* Value of an enum's name; -ENOENT. */
int btf_enum_value(const struct btf_info *b, u32 id, const char *name, u64 *value);

#endif
