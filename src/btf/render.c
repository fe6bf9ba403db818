// SPDX-License-Identifier: BSD-2-Clause
/*
 * Values by their type. One walk over type and data drives two writers, text
 * and JSON. The walk carries what hostile types are held against: `size`, the
 * nesting, and a budget of leaves (types form a DAG, so a few hundred bytes of
 * unions in unions can describe 2^32 leaves).
 */
#include "btf/render.h"

#include <errno.h>
#include <string.h>
#include "btf/internal.h"
#include "btf/value.h"

#define NEST_MAX 32

struct render {
	const struct btf_info *b;
	const u8 *data;
	u32 size;
	u32 top_size; /* of the outermost type: what lies behind belongs to a flexible array */
	struct text *text;
	struct json *json; /* NULL: text */
	u32 flags;
	u32 budget;
	bool cut; /* the budget ran out, and that was said */
};

static void render_value(struct render *r, u32 id, u64 bit_offset, u32 bit_size, u32 depth);

/* Stands for what is left out. */
static void put_cut(struct render *r)
{
	if (r->json)
		json_null(r->json);
	else
		text_puts(r->text, "...");
}

static void put_hex_string(struct render *r, const u8 *data, u32 size)
{
	struct text t;
	char buf[2 * 256 + 1];

	if (!r->json) {
		btf_render_hex(data, size, r->text);
		return;
	}
	if (size <= 256) {
		text_init(&t, buf, sizeof(buf));
		btf_render_hex(data, size, &t);
		json_strn(r->json, buf, t.len);
		return;
	}
	text_init_grow(&t);
	btf_render_hex(data, size, &t);
	json_strn(r->json, t.buf ? t.buf : "", t.len);
	text_fini(&t);
}

static void put_unsigned(struct render *r, u64 v)
{
	if (r->json)
		json_u64(r->json, v);
	else
		text_fmt(r->text, r->flags & BTF_RENDER_HEX ? "0x%llx" : "%llu",
			 (unsigned long long)v);
}

static void put_signed(struct render *r, s64 v)
{
	if (r->json)
		json_s64(r->json, v);
	else
		text_fmt(r->text, "%lld", (long long)v);
}

static void put_char(struct render *r, u8 c)
{
	if (r->json)
		json_u64(r->json, c);
	else if (c < 0x20 || c > 0x7e)
		text_fmt(r->text, "%u", c);
	else if (r->flags & BTF_RENDER_BARE)
		text_putc(r->text, c);
	else
		btf_put_string(r->text, &c, 1, '\'');
}

static void put_pointer(struct render *r, u64 v)
{
	char buf[24];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	text_fmt(&t, "0x%llx", (unsigned long long)v);
	if (r->json)
		json_str(r->json, buf);
	else
		text_puts(r->text, buf);
}

static void put_double(struct render *r, double v, u32 size)
{
	char buf[40];
	struct text t;

	if (!r->json) {
		btf_put_double(r->text, v, size);
		return;
	}
	if (v != v || v - v != 0) { /* JSON has neither NaN nor infinity */
		json_null(r->json);
		return;
	}
	text_init(&t, buf, sizeof(buf));
	btf_put_double(&t, v, size);
	json_raw(r->json, buf);
}

static void put_enum(struct render *r, u32 id, u64 bit_offset, u32 bits)
{
	bool is_signed = BTF_INFO_KFLAG(btf_at(r->b, id)->info);
	u64 v = is_signed ? (u64)btf_signed_bits(r->data, bit_offset, bits)
			  : btf_bits(r->data, bit_offset, bits);
	const char *name = btf_enum_name(r->b, id, v);

	if (name && *name && r->json)
		json_str(r->json, name);
	else if (name && *name)
		text_puts(r->text, name);
	else if (is_signed)
		put_signed(r, (s64)v);
	else
		put_unsigned(r, v);
}

static void put_wide(struct render *r, const u8 *p, u32 size)
{
	u8 be[16];

	for (u32 i = 0; i < size; i++)
		be[i] = p[size - 1 - i];
	if (!r->json)
		text_puts(r->text, "0x");
	put_hex_string(r, be, size);
}

static void render_scalar(struct render *r, enum btf_shape shape, u32 id, u64 bit_offset, u32 bits)
{
	const u8 *p = r->data + bit_offset / 8;

	switch (shape) {
	case SHAPE_SIGNED: put_signed(r, btf_signed_bits(r->data, bit_offset, bits)); break;
	case SHAPE_UNSIGNED: put_unsigned(r, btf_bits(r->data, bit_offset, bits)); break;
	case SHAPE_CHAR: put_char(r, btf_bits(r->data, bit_offset, bits)); break;
	case SHAPE_POINTER: put_pointer(r, btf_bits(r->data, bit_offset, bits)); break;
	case SHAPE_ENUM: put_enum(r, id, bit_offset, bits); break;
	case SHAPE_WIDE: put_wide(r, p, bits / 8); break;
	case SHAPE_FLOAT:
		if (bits == 32 || bits == 64)
			put_double(r, btf_double(p, bits / 8), bits / 8);
		else
			put_hex_string(r, p, bits / 8);
		break;
	case SHAPE_BOOL:
		if (r->json)
			json_bool(r->json, btf_bits(r->data, bit_offset, bits));
		else
			text_puts(r->text, btf_bits(r->data, bit_offset, bits) ? "true" : "false");
		break;
	default: put_cut(r);
	}
}

/* Members of a struct; those of anonymous members stand among them. Returns how many it wrote. */
static u32 render_members(struct render *r, u32 id, u64 bit_offset, u32 depth, u32 written)
{
	u32 n = btf_field_count(r->b, id);

	for (u32 i = 0; i < n; i++) {
		struct btf_field f;
		u32 inner, size;
		u64 at;

		btf_field_at(r->b, id, i, &f);
		inner = btf_strip(r->b, f.type);
		at = bit_offset + f.bit_offset;
		if (!r->budget)
			break;
		r->budget--;
		if (!*f.name && btf_field_count(r->b, inner) && depth < NEST_MAX) {
			written = render_members(r, inner, at, depth + 1, written);
			continue;
		}
		if (f.bit_size ? (at + f.bit_size + 7) / 8 > r->size
			       : btf_size_of(r->b, f.type, &size) || at / 8 + size > r->size)
			continue;
		if (r->json) {
			json_key(r->json, f.name);
		} else {
			text_puts(r->text, written ? ", " : "");
			if (*f.name)
				text_fmt(r->text, ".%s = ", f.name);
		}
		written++;
		render_value(r, f.type, at, f.bit_size, depth + 1);
	}
	if (!r->budget && !r->cut) {
		r->cut = true;
		if (!r->json)
			text_puts(r->text, written ? ", ..." : "...");
	}
	return written;
}

static void render_struct(struct render *r, u32 id, u64 bit_offset, u32 depth)
{
	if (r->json)
		json_object(r->json);
	else
		text_putc(r->text, '{');
	render_members(r, id, bit_offset, depth, 0);
	if (r->json)
		json_end_object(r->json);
	else
		text_putc(r->text, '}');
}

/* Elements of an array at byte `at`: a flexible one takes what the data has. */
static u32 array_length(const struct render *r, u32 id, u64 at, u32 *elem, u32 *elem_size)
{
	u32 n;

	if (btf_array_of(r->b, id, elem, &n) || btf_size_of(r->b, *elem, elem_size) ||
	    !*elem_size || at > r->size)
		return 0;
	if (!n && at >= r->top_size)
		n = UINT32_MAX;
	return MIN((u64)n, (r->size - at) / *elem_size);
}

static void render_array(struct render *r, enum btf_shape shape, u32 id, u64 bit_offset, u32 depth)
{
	u64 at = bit_offset / 8;
	u32 elem, size, n = array_length(r, id, at, &elem, &size);

	if (shape == SHAPE_STRING && r->json) {
		json_strn(r->json, (const char *)r->data + at,
			  strnlen((const char *)r->data + at, n));
		return;
	}
	if (shape == SHAPE_STRING) {
		btf_put_string(r->text, r->data + at, n, r->flags & BTF_RENDER_BARE ? 0 : '"');
		return;
	}
	if (shape == SHAPE_BYTES) {
		put_hex_string(r, r->data + at, n);
		return;
	}
	if (r->json)
		json_array(r->json);
	else
		text_putc(r->text, '[');
	for (u32 i = 0; i < n && r->budget; i++) {
		if (i && !r->json)
			text_puts(r->text, ", ");
		render_value(r, elem, bit_offset + (u64)i * size * 8, 0, depth + 1);
	}
	if (!r->budget && !r->cut && !r->json) {
		r->cut = true;
		text_puts(r->text, ", ...");
	}
	if (r->json)
		json_end_array(r->json);
	else
		text_putc(r->text, ']');
}

/* The value of type `id` at a bit offset, which lies inside the data with all its bits. */
static void render_value(struct render *r, u32 id, u64 bit_offset, u32 bit_size, u32 depth)
{
	enum btf_shape shape = btf_shape_of(r->b, &id);
	u32 size;

	if (r->budget)
		r->budget--;
	if (shape == SHAPE_NONE || depth > NEST_MAX || btf_size_of(r->b, id, &size)) {
		put_cut(r);
		return;
	}
	switch (shape) {
	case SHAPE_STRUCT:
	case SHAPE_UNION: render_struct(r, id, bit_offset, depth); break;
	case SHAPE_ARRAY:
	case SHAPE_STRING:
	case SHAPE_BYTES: render_array(r, shape, id, bit_offset, depth); break;
	default:
		/* bitfields of what has none (floats, more than 64 bits) have no reading */
		if (bit_size ? bit_size > 64 || shape == SHAPE_WIDE || shape == SHAPE_FLOAT
			     : bit_offset % 8)
			put_cut(r);
		else
			render_scalar(r, shape, id, bit_offset, bit_size ? bit_size : size * 8);
	}
}

static int render(const struct btf_info *b, u32 id, const void *data, u32 size, struct text *text,
		  struct json *json, u32 flags)
{
	struct render r = {
		.b = b,
		.data = data,
		.size = size,
		.text = text,
		.json = json,
		.flags = flags,
		.budget = BTF_RENDER_LEAVES,
	};
	u32 end = id;
	enum btf_shape shape = btf_shape_of(b, &end);

	if (shape == SHAPE_NONE || btf_size_of(b, id, &r.top_size))
		return -EINVAL;
	if (r.top_size > size && shape < SHAPE_STRUCT)
		put_cut(&r);
	else
		render_value(&r, id, 0, 0, 0);
	return 0;
}

int btf_render_text(const struct btf_info *b, u32 id, const void *data, u32 size, struct text *out,
		    u32 flags)
{
	return render(b, id, data, size, out, NULL, flags);
}

int btf_render_json(const struct btf_info *b, u32 id, const void *data, u32 size, struct json *out)
{
	return render(b, id, data, size, NULL, out, 0);
}

void btf_render_hex(const void *data, u32 size, struct text *out)
{
	static const char digits[] = "0123456789abcdef";
	const u8 *p = data;

	for (u32 i = 0; i < size; i++) {
		char two[2] = {digits[p[i] >> 4], digits[p[i] & 15]};

		text_write(out, two, 2);
	}
}

int btf_render_cell(const struct btf_info *b, const struct btf_column *col, const void *data,
		    u32 size, struct text *out, u32 flags)
{
	struct render r = {
		.b = b,
		.data = data,
		.size = size,
		.top_size = col->top_size,
		.text = out,
		.flags = flags | BTF_RENDER_BARE,
		.budget = BTF_RENDER_LEAVES,
	};
	u32 bytes;

	if (btf_size_of(b, col->type, &bytes))
		return -EINVAL;
	if (((u64)col->bit_offset + (col->bit_size ? col->bit_size : (u64)bytes * 8) + 7) / 8 >
	    size)
		return 0;
	render_value(&r, col->type, col->bit_offset, col->bit_size, 0);
	return 0;
}
