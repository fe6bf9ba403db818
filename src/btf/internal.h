/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of btf/ share: the table behind struct btf_info, and the sizes
 * of records.
 */
#ifndef BTF_INTERNAL_H
#define BTF_INTERNAL_H

#include "btf/btf.h"

#define BTF_CHAIN_MAX 4096 /* typedefs and modifiers followed before giving up */
#define BTF_NEST_MAX  64   /* structs and arrays within each other */

/*
 * Own types are those from start_id on; `at` holds for each the byte offset of
 * its record from `types`, in order. Id 0 belongs to the bottom-most base.
 */
struct btf_info {
	const struct btf_info *base;
	u32 start_id;  /* first own id; 1 without a base */
	u32 start_str; /* string offset that is our strings[0] */
	void *owned;   /* base_free() it; NULL for a view */
	const u8 *raw;
	u32 size;
	struct btf_header hdr;
	const u8 *types; /* 4-aligned; hdr.type_len bytes */
	const char *strings;
	u32 *at;
	u32 own;    /* types of our own */
	u32 kernel; /* KERNEL_VERSION it was checked for; 0: the newest */
	/* names: chains of ids through next[id - start_id], 0 ends one; heads NULL: not indexed */
	u32 *heads, *next;
	u32 heads_mask;
	/* decl tags "contains:...": per own type the first one on it, per own tag the next on the
	 * same type; ids, 0 ends. NULL: not indexed, or there is none. */
	u32 *tags, *next_tag;
};

/* Makes finding them quick; btf_parse() does it. 0 or -ENOMEM. */
int btf_index_tags(struct btf_info *b);

/* Is it checked for a kernel older than 0xMMmm? */
static inline bool btf_before(const struct btf_info *b, u32 series)
{
	return b->kernel && b->kernel >> 8 < series;
}

/* Bytes behind struct btf_type in a record with this info word; ~0 for an unknown kind. */
u32 btf_tail_size(u32 info);

static inline const void *btf_tail(const struct btf_type *t)
{
	return t + 1;
}

static inline bool btf_is_chain(u32 kind)
{
	return kind == BTF_KIND_TYPEDEF || kind == BTF_KIND_CONST || kind == BTF_KIND_VOLATILE ||
	       kind == BTF_KIND_RESTRICT || kind == BTF_KIND_TYPE_TAG;
}

/* Does btf_type's union hold a type id (else a size, or nothing)? */
static inline bool btf_is_ref(u32 kind)
{
	return btf_is_chain(kind) || kind == BTF_KIND_PTR || kind == BTF_KIND_FUNC ||
	       kind == BTF_KIND_FUNC_PROTO || kind == BTF_KIND_VAR || kind == BTF_KIND_DECL_TAG;
}

static inline bool btf_is_compound(u32 kind)
{
	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

/* Is `off` inside the strings (base's or ours)? */
bool btf_str_ok(const struct btf_info *b, u32 off);

/* Header and sections as BTF_LOAD checks them, in its order; fills the table up to `strings`. */
int btf_open_sections(struct btf_info *b, struct text *log);

#endif
