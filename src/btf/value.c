// SPDX-License-Identifier: BSD-2-Clause
/* Scalars out of bytes, and strings made safe for a terminal. */
#include "btf/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "btf/internal.h"

static enum btf_shape int_shape(const struct btf_info *b, const struct btf_type *t)
{
	u32 data = *(const u32 *)btf_tail(t);

	if (!t->size || t->size > 16)
		return SHAPE_NONE;
	if (t->size > 8)
		return SHAPE_WIDE;
	if (BTF_INT_ENCODING(data) & BTF_INT_BOOL)
		return SHAPE_BOOL;
	/* compilers say of plain char only that it is signed */
	if (t->size == 1 &&
	    ((BTF_INT_ENCODING(data) & BTF_INT_CHAR) || !strcmp(btf_str(b, t->name_off), "char")))
		return SHAPE_CHAR;
	return BTF_INT_ENCODING(data) & BTF_INT_SIGNED ? SHAPE_SIGNED : SHAPE_UNSIGNED;
}

static enum btf_shape array_shape(const struct btf_info *b, const struct btf_type *t)
{
	u32 id = ((const struct btf_array *)btf_tail(t))->type;
	const struct btf_type *elem;

	id = btf_strip(b, id);
	elem = btf_at(b, id);
	if (!id || BTF_INFO_KIND(elem->info) != BTF_KIND_INT || elem->size != 1)
		return SHAPE_ARRAY;
	switch (int_shape(b, elem)) {
	case SHAPE_CHAR: return SHAPE_STRING;
	case SHAPE_UNSIGNED: return SHAPE_BYTES;
	default: return SHAPE_ARRAY;
	}
}

enum btf_shape btf_shape_of(const struct btf_info *b, u32 *id)
{
	u32 at = btf_strip(b, *id);
	const struct btf_type *t = btf_at(b, at);

	*id = at;
	if (!at)
		return SHAPE_NONE;
	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT: return int_shape(b, t);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64: return t->size && t->size <= 8 ? SHAPE_ENUM : SHAPE_NONE;
	case BTF_KIND_PTR: return SHAPE_POINTER;
	case BTF_KIND_FLOAT: return SHAPE_FLOAT;
	case BTF_KIND_STRUCT: return SHAPE_STRUCT;
	case BTF_KIND_UNION: return SHAPE_UNION;
	case BTF_KIND_ARRAY: return array_shape(b, t);
	}
	return SHAPE_NONE;
}

u64 btf_bits(const void *data, u64 bit_offset, u32 bits)
{
	const u8 *p = (const u8 *)data + bit_offset / 8;
	u32 shift = bit_offset % 8;
	unsigned __int128 v = 0;

	for (u32 i = 0; i < (shift + bits + 7) / 8; i++)
		v |= (unsigned __int128)p[i] << 8 * i;
	v >>= shift;
	return bits < 64 ? (u64)v & ((1ull << bits) - 1) : (u64)v;
}

s64 btf_signed_bits(const void *data, u64 bit_offset, u32 bits)
{
	u64 v = btf_bits(data, bit_offset, bits);

	return bits && bits < 64 ? (s64)(v << (64 - bits)) >> (64 - bits) : (s64)v;
}

double btf_double(const void *data, u32 size)
{
	float f;
	double d = __builtin_nan("");

	if (size == 4) {
		memcpy(&f, data, 4);
		d = f;
	} else if (size == 8) {
		memcpy(&d, data, 8);
	}
	return d;
}

void btf_put_double(struct text *out, double v, u32 size)
{
	char buf[40];

	for (int digits = 6; digits <= 17; digits++) {
		snprintf(buf, sizeof(buf), "%.*g", digits, v);
		if (size == 4 ? strtof(buf, NULL) == (float)v : strtod(buf, NULL) == v)
			break;
	}
	text_puts(out, buf);
}

/* Bytes of the UTF-8 character at s[0..n), or 0: none that may be shown. */
static u32 utf8_length(const u8 *s, size_t n)
{
	u32 len = s[0] < 0x80                   ? 1
		  : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
		  : (s[0] & 0xf0) == 0xe0       ? 3
		  : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
						: 0;
	u32 point;

	if (len == 1)
		return s[0] >= 0x20 && s[0] != 0x7f;
	if (!len || n < len)
		return 0;
	point = s[0] & (0x7f >> len);
	for (u32 i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (s[i] & 0x3f);
	}
	/* C1 controls, overlong forms, surrogates, beyond Unicode, and what turns the line around
	 */
	if (point < 0xa0 || (len == 3 && point < 0x800) || (len == 4 && point < 0x10000) ||
	    (point >= 0xd800 && point < 0xe000) || point > 0x10ffff ||
	    (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069))
		return 0;
	return len;
}

void btf_put_string(struct text *out, const void *data, size_t size, char quote)
{
	const u8 *s = data;
	size_t n = 0;

	while (n < size && s[n])
		n++;
	if (quote)
		text_putc(out, quote);
	for (size_t i = 0; i < n;) {
		u32 len = utf8_length(s + i, n - i);

		if (s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
			text_putc(out, '\\');
			text_putc(out, s[i] == '\n' ? 'n' : s[i] == '\t' ? 't' : 'r');
			i++;
		} else if (!len) {
			text_fmt(out, "\\x%02x", s[i++]);
		} else {
			if (s[i] == '\\' || (quote && s[i] == quote))
				text_putc(out, '\\');
			text_write(out, (const char *)s + i, len);
			i += len;
		}
	}
	if (quote)
		text_putc(out, quote);
}
