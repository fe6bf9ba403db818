/* SPDX-License-Identifier: BSD-2-Clause */
/* Aligned tables of BTF-typed records: one column per leaf member. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "base/text.h"
#include "btf/btf.h"

struct btf_column;

struct table {
	const struct btf_info *btf;
	struct btf_column *cols;
	u32 *widths; /* grow with what is printed */
	u32 count;
	u32 bytes; /* of data that the columns reach */
};

/* A type's columns; `scalar` names the only one of a type that is no struct. 0 or -errno. */
int table_init(struct table *t, const struct btf_info *btf, u32 type_id, const char *scalar);
void table_fini(struct table *t); /* zeroed is fine */

/* Widens the columns for this record, printing nothing. */
void table_measure(struct table *t, const void *data, u32 size);
/*
 * Headers, or the cells of a record, without the line's end; `last`: nothing
 * stands to the right, so the last column is not padded.
 */
void table_header(const struct table *t, bool last, struct text *out);
void table_cells(struct table *t, const void *data, u32 size, bool last, struct text *out);

/* An integer type, behind typedefs and qualifiers? */
bool table_is_integer(const struct btf_info *btf, u32 type_id);

/* An array of integers in a struct. */
struct table_slots {
	u32 off, size, count; /* bytes, bytes of one, how many */
};

/* The member `name` of a struct when it is an array of integers. */
bool table_find_slots(const struct btf_info *btf, u32 type_id, const char *name,
		      struct table_slots *out);

#endif
