// SPDX-License-Identifier: BSD-2-Clause
/* A struct laid out as the columns of a table: its leaves, with their dotted names. */
#include "btf/render.h"

#include <errno.h>
#include <string.h>
#include "base/alloc.h"
#include "base/vec.h"
#include "btf/internal.h"
#include "btf/value.h"

#define COLUMNS_MAX 1024
#define VISITS_MAX                                                                    \
	65536 /* members looked at: empty structs in structs have no columns to count \
	       */

struct columns {
	const struct btf_info *b;
	u32 top_size;
	u32 visits;
	VEC(struct btf_column) list;
	char prefix[512];
};

static int add(struct columns *c, const char *name, const struct btf_field *f)
{
	u32 id = f->type;
	enum btf_shape shape = btf_shape_of(c->b, &id);
	struct btf_column col = {
		.type = f->type,
		.bit_offset = f->bit_offset,
		.bit_size = f->bit_size,
		.top_size = c->top_size,
		.numeric = shape == SHAPE_UNSIGNED || shape == SHAPE_SIGNED ||
			   shape == SHAPE_POINTER || shape == SHAPE_FLOAT || shape == SHAPE_WIDE,
	};
	size_t prefix = strlen(c->prefix), len = strlen(name);

	if (c->list.len >= COLUMNS_MAX)
		return -E2BIG;
	col.name = base_alloc(prefix + len + 1);
	if (!col.name)
		return -ENOMEM;
	memcpy(col.name, c->prefix, prefix);
	memcpy(col.name + prefix, name, len + 1);
	if (vec_push(&c->list, col)) {
		base_free(col.name);
		return -ENOMEM;
	}
	return 0;
}

static int add_members(struct columns *c, u32 id, u64 bit_offset, u32 depth)
{
	u32 n = btf_field_count(c->b, id);
	size_t prefix = strlen(c->prefix);

	for (u32 i = 0; i < n; i++) {
		struct btf_field f;
		u32 inner, size;
		enum btf_shape shape;
		size_t len;
		int err;

		if (++c->visits > VISITS_MAX)
			return -E2BIG;
		btf_field_at(c->b, id, i, &f);
		if (bit_offset + f.bit_offset > UINT32_MAX || btf_size_of(c->b, f.type, &size))
			continue;
		f.bit_offset += bit_offset;
		inner = f.type;
		shape = btf_shape_of(c->b, &inner);
		len = strlen(f.name);
		if (depth < BTF_NEST_MAX && prefix + len + 2 < sizeof(c->prefix) &&
		    btf_field_count(c->b, inner) && (shape == SHAPE_STRUCT || !len)) {
			if (len) {
				memcpy(c->prefix + prefix, f.name, len);
				memcpy(c->prefix + prefix + len, ".", 2);
			}
			err = add_members(c, inner, f.bit_offset, depth + 1);
			c->prefix[prefix] = 0;
		} else {
			err = add(c, len ? f.name : "?", &f);
		}
		if (err)
			return err;
	}
	return 0;
}

int btf_columns(const struct btf_info *b, u32 id, struct btf_column **out, u32 *count)
{
	struct columns c = {.b = b};
	struct btf_field whole = {.name = "value", .type = id};
	u32 end = id;
	enum btf_shape shape = btf_shape_of(b, &end);
	int err;

	if (shape == SHAPE_NONE || btf_size_of(b, id, &c.top_size))
		return -EINVAL;
	if (shape == SHAPE_STRUCT || shape == SHAPE_UNION)
		err = add_members(&c, end, 0, 0);
	else
		err = add(&c, whole.name, &whole);
	if (err) {
		btf_columns_free(c.list.data, c.list.len);
		return err;
	}
	*out = c.list.data;
	*count = c.list.len;
	return 0;
}

void btf_columns_free(struct btf_column *cols, u32 count)
{
	for (u32 i = 0; i < count; i++)
		base_free(cols[i].name);
	base_free(cols);
}
