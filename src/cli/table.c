// SPDX-License-Identifier: BSD-2-Clause
/*
 * Aligned tables of BTF-typed records. Records stream, so widths are guessed
 * from the types and only grow: what is printed above stays where it is.
 */
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "btf/render.h"
#include "cli/table.h"

#define GAP       2
#define MAX_GUESS 16
#define MAX_WIDTH 48 /* what is wider sticks out */

/* A first width for a column's values. */
static u32 guess(const struct btf_info *btf, const struct btf_column *c)
{
	static const u8 digits[] = {4, 4, 5, 5, 7, 7, 7, 7, 10};
	u32 size;

	if (btf_size_of(btf, c->type, &size))
		size = 8;
	if (c->numeric)
		return digits[MIN(size, 8u)];
	return MIN(size, (u32)MAX_GUESS);
}

int table_init(struct table *t, const struct btf_info *btf, u32 type_id, const char *scalar)
{
	int err;

	*t = (struct table){.btf = btf};
	err = btf_columns(btf, type_id, &t->cols, &t->count);
	if (err)
		return err;
	t->widths = base_calloc(t->count + 1, sizeof(*t->widths));
	if (!t->widths || btf_size_of(btf, type_id, &t->bytes)) {
		table_fini(t);
		return -ENOMEM;
	}
	if (scalar && t->count == 1 && !btf_field_count(btf, btf_strip(btf, type_id))) {
		char *name = base_strdup(scalar);

		if (name) {
			base_free(t->cols[0].name);
			t->cols[0].name = name;
		}
	}
	for (u32 i = 0; i < t->count; i++)
		t->widths[i] = MAX(guess(btf, &t->cols[i]), (u32)strlen(t->cols[i].name));
	return 0;
}

void table_fini(struct table *t)
{
	btf_columns_free(t->cols, t->count);
	base_free(t->widths);
	*t = (struct table){0};
}

static void cell(const struct table *t, u32 i, const char *s, bool last, struct text *out)
{
	size_t n = strlen(s), pad = t->widths[i] > n ? t->widths[i] - n : 0;

	if (i)
		text_pad(out, ' ', GAP);
	if (t->cols[i].numeric)
		text_pad(out, ' ', pad);
	text_puts(out, s);
	if (!t->cols[i].numeric && !(last && i + 1 == t->count))
		text_pad(out, ' ', pad);
}

void table_header(const struct table *t, bool last, struct text *out)
{
	for (u32 i = 0; i < t->count; i++) {
		char name[128];
		u32 n = 0;

		for (const char *s = t->cols[i].name; *s && n < sizeof(name) - 1; s++)
			name[n++] = *s >= 'a' && *s <= 'z' ? *s - 32 : *s;
		name[n] = 0;
		cell(t, i, name, last, out);
	}
}

static void render(struct table *t, u32 i, const void *data, u32 size, struct text *out)
{
	btf_render_cell(t->btf, &t->cols[i], data, size, out, BTF_RENDER_BARE);
	t->widths[i] = MAX(t->widths[i], MIN((u32)out->len, (u32)MAX_WIDTH));
}

void table_measure(struct table *t, const void *data, u32 size)
{
	struct text one;

	for (u32 i = 0; i < t->count; i++) {
		text_init_grow(&one);
		render(t, i, data, size, &one);
		text_fini(&one);
	}
}

void table_cells(struct table *t, const void *data, u32 size, bool last, struct text *out)
{
	struct text one;

	for (u32 i = 0; i < t->count; i++) {
		text_init_grow(&one);
		if (last && i + 1 == t->count && !t->cols[i].numeric)
			btf_render_cell(t->btf, &t->cols[i], data, size, &one, BTF_RENDER_BARE);
		else
			render(t, i, data, size, &one);
		cell(t, i, one.buf ? one.buf : "", last, out);
		text_fini(&one);
	}
}

bool table_is_integer(const struct btf_info *btf, u32 type_id)
{
	return btf && btf_kind_of(btf, btf_strip(btf, type_id)) == BTF_KIND_INT;
}

bool table_find_slots(const struct btf_info *btf, u32 type_id, const char *name,
		      struct table_slots *out)
{
	struct btf_field f;
	u32 elem, count, size;

	if (!btf || btf_field_find(btf, btf_strip(btf, type_id), name, &f) || f.bit_size ||
	    btf_array_of(btf, btf_strip(btf, f.type), &elem, &count) ||
	    !table_is_integer(btf, elem) || btf_size_of(btf, elem, &size) || !size || size > 8)
		return false;
	*out = (struct table_slots){f.bit_offset / 8, size, count};
	return true;
}
