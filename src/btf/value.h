/* SPDX-License-Identifier: BSD-2-Clause */
/* Scalars out of bytes, and strings made safe for a terminal: what rendering is built from. */
#ifndef BTF_VALUE_H
#define BTF_VALUE_H

#include "btf/btf.h"

enum btf_shape {
	SHAPE_NONE, /* no value: void, functions, forward, broken */
	SHAPE_UNSIGNED,
	SHAPE_SIGNED,
	SHAPE_BOOL,
	SHAPE_CHAR,
	SHAPE_WIDE, /* an integer of more than 64 bits */
	SHAPE_ENUM,
	SHAPE_POINTER,
	SHAPE_FLOAT,
	SHAPE_STRUCT,
	SHAPE_UNION,
	SHAPE_ARRAY,
	SHAPE_STRING, /* array of char */
	SHAPE_BYTES,  /* array of unsigned 8-bit integers */
};

/* What a type's values look like; *id becomes the type behind typedefs and modifiers. */
enum btf_shape btf_shape_of(const struct btf_info *b, u32 *id);

/* Bits [bit_offset, +bits) of data, bits <= 64; the caller knows that they lie inside. */
u64 btf_bits(const void *data, u64 bit_offset, u32 bits);
/* The same, sign-extended. */
s64 btf_signed_bits(const void *data, u64 bit_offset, u32 bits);
double btf_double(const void *data, u32 size); /* 4 or 8 bytes; else NaN */

/* Up to the first NUL: UTF-8 as it is, the rest as C escapes; `quote` 0: no quotes around. */
void btf_put_string(struct text *out, const void *data, size_t size, char quote);
/* The shortest decimal that reads back as the same, into a type of `size` bytes. */
void btf_put_double(struct text *out, double v, u32 size);

#endif
