/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values by their type: text as a person reads it, JSON, and a struct laid out as
 * the columns of a table.
 *
 *	int	 decimal, by its encoding; bool true/false; char 'c'
 *	char[]	 "text", up to the first NUL; \xNN for what does not print
 *	u8[]	 hex digits
 *	enum	 the name, or the number
 *	pointer	 0x...
 *	struct	 {.a = 1, .b = {...}}; union the same, each member
 *
 * Types and data may be hostile: nothing outside data[size] is read, members
 * that lie behind `size` are left out, and what a type would blow up to is cut
 * after BTF_RENDER_LEAVES leaves with "...".
 */
#ifndef BTF_RENDER_H
#define BTF_RENDER_H

#include "base/json.h"
#include "btf/btf.h"

#define BTF_RENDER_LEAVES 65536

enum btf_render_flag {
	BTF_RENDER_HEX = 1 << 0,  /* unsigned integers as 0x... */
	BTF_RENDER_BARE = 1 << 1, /* strings without quotes (table cells) */
};

/* 0; -EINVAL when the type has no values (void, functions). */
int btf_render_text(const struct btf_info *b, u32 id, const void *data, u32 size, struct text *out,
		    u32 flags);
/* Objects, arrays, numbers, strings; 64-bit integers beyond 2^53 stay exact numbers; pointers are
 * strings. */
int btf_render_json(const struct btf_info *b, u32 id, const void *data, u32 size, struct json *out);
/* Bytes without a type, as hex digits. */
void btf_render_hex(const void *data, u32 size, struct text *out);

/* One leaf of a struct: what a table has a column for. */
struct btf_column {
	char *name; /* "pid", "args.fd" */
	u32 type;
	u32 bit_offset;
	u32 bit_size; /* of a bitfield; 0: not one */
	u32 top_size; /* bytes of the whole struct: where a flexible array begins */
	bool numeric; /* aligned right */
};

/*
 * The columns of a struct or union: named members, nested structs as a.b,
 * anonymous ones inlined; unions, arrays and anything else one column each. A
 * type that is no struct is one column, "value". base_free() through
 * btf_columns_free(). -EINVAL (no size), -E2BIG (more than 1024), -ENOMEM.
 */
int btf_columns(const struct btf_info *b, u32 id, struct btf_column **out, u32 *count);
void btf_columns_free(struct btf_column *cols, u32 count);
/* A cell, with BTF_RENDER_BARE unless `flags` say more. Nothing when it lies behind `size`. */
int btf_render_cell(const struct btf_info *b, const struct btf_column *col, const void *data,
		    u32 size, struct text *out, u32 flags);

#endif
