// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of types: where each record lies, strings, names, and the questions
 * that are answered by following ids. Every loop here is bounded, so that types
 * which nobody checked (a view) can neither crash nor hang a caller.
 */
#include "btf/internal.h"

#include <errno.h>
#include <string.h>
#include "base/alloc.h"
#include "base/hash.h"

static const struct btf_type void_type;

u32 btf_tail_size(u32 info)
{
	u32 n = BTF_INFO_VLEN(info);

	switch (BTF_INFO_KIND(info)) {
	case BTF_KIND_INT: return 4;
	case BTF_KIND_ARRAY: return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: return n * sizeof(struct btf_member);
	case BTF_KIND_ENUM: return n * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64: return n * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO: return n * sizeof(struct btf_param);
	case BTF_KIND_VAR: return sizeof(struct btf_var);
	case BTF_KIND_DATASEC: return n * sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG: return sizeof(struct btf_decl_tag);
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG: return 0;
	}
	return ~0u;
}

const char *btf_kind_name(u32 kind)
{
	static const char *const names[NR_BTF_KINDS] = {
		"unknown",  "int",     "pointer",  "array",    "struct",   "union",    "enum",
		"forward",  "typedef", "volatile", "const",    "restrict", "function", "prototype",
		"variable", "section", "float",    "decl tag", "type tag", "enum64",
	};

	return names[kind < NR_BTF_KINDS ? kind : 0];
}

u32 btf_count(const struct btf_info *b)
{
	return b->start_id + b->own;
}

u32 btf_first(const struct btf_info *b)
{
	return b->start_id;
}

const void *btf_raw(const struct btf_info *b, u32 *size)
{
	*size = b->size;
	return b->raw;
}

const struct btf_info *btf_base(const struct btf_info *b)
{
	return b->base;
}

const struct btf_type *btf_at(const struct btf_info *b, u32 id)
{
	if (!id)
		return &void_type;
	while (id < b->start_id)
		b = b->base;
	if (id - b->start_id >= b->own)
		return NULL;
	return (const struct btf_type *)(b->types + b->at[id - b->start_id]);
}

bool btf_str_ok(const struct btf_info *b, u32 off)
{
	while (off < b->start_str)
		b = b->base;
	return off - b->start_str < b->hdr.str_len;
}

const char *btf_str(const struct btf_info *b, u32 off)
{
	while (off < b->start_str)
		b = b->base;
	off -= b->start_str;
	return off < b->hdr.str_len ? b->strings + off : "";
}

const char *btf_name(const struct btf_info *b, u32 id)
{
	const struct btf_type *t = btf_at(b, id);

	return t ? btf_str(b, t->name_off) : "";
}

u32 btf_kind_of(const struct btf_info *b, u32 id)
{
	const struct btf_type *t = btf_at(b, id);

	return t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;
}

u32 btf_strip(const struct btf_info *b, u32 id)
{
	for (u32 steps = 0; steps < BTF_CHAIN_MAX; steps++) {
		const struct btf_type *t = btf_at(b, id);

		if (!t)
			return 0;
		if (!btf_is_chain(BTF_INFO_KIND(t->info)))
			return id;
		id = t->type;
	}
	return 0;
}

int btf_array_of(const struct btf_info *b, u32 id, u32 *elem, u32 *nelems)
{
	const struct btf_type *t = btf_at(b, id);
	const struct btf_array *a;

	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_ARRAY)
		return -EINVAL;
	a = btf_tail(t);
	*elem = a->type;
	*nelems = a->nelems;
	return 0;
}

int btf_size_of(const struct btf_info *b, u32 id, u32 *size)
{
	u64 count = 1;

	for (u32 steps = 0; steps < BTF_CHAIN_MAX; steps++) {
		const struct btf_type *t = btf_at(b, id);
		u32 kind = t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;
		u64 each;

		if (btf_is_chain(kind) || kind == BTF_KIND_VAR) {
			id = t->type;
			continue;
		}
		if (kind == BTF_KIND_ARRAY) {
			const struct btf_array *a = btf_tail(t);

			count = MIN(count * a->nelems,
				    1ull << 32); /* "too many", unless of nothing */
			id = a->type;
			continue;
		}
		switch (kind) {
		case BTF_KIND_PTR: each = 8; break;
		case BTF_KIND_INT:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
		case BTF_KIND_FLOAT:
		case BTF_KIND_DATASEC: each = t->size; break;
		default: return -EINVAL;
		}
		if (count * each > UINT32_MAX)
			return -EINVAL;
		*size = count * each;
		return 0;
	}
	return -EINVAL;
}

static u32 align_of(const struct btf_info *b, u32 id, u32 depth, u32 *budget)
{
	const struct btf_type *t;
	u32 align = 1, elem = 0, nelems;

	id = btf_strip(b, id);
	t = btf_at(b, id);
	if (!id || depth > BTF_NEST_MAX || !*budget)
		return 1;
	--*budget;
	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_PTR: return 8;
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FLOAT: return IS_POW2(t->size) ? MIN(t->size, 16u) : t->size == 12 ? 4 : 1;
	case BTF_KIND_ARRAY:
		btf_array_of(b, id, &elem, &nelems);
		return align_of(b, elem, depth + 1, budget);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: break;
	default: return 1;
	}
	for (u32 i = 0; i < btf_field_count(b, id); i++) {
		struct btf_field f;
		u32 a;

		btf_field_at(b, id, i, &f);
		a = align_of(b, f.type, depth + 1, budget);
		/* a member where its type could not be: the struct is packed */
		if (!f.bit_size && f.bit_offset % (a * 8))
			return 1;
		align = MAX(align, a);
	}
	return t->size % align ? 1 : align;
}

u32 btf_align_of(const struct btf_info *b, u32 id)
{
	u32 budget = BTF_CHAIN_MAX;

	return align_of(b, id, 0, &budget);
}

/* --- names ---------------------------------------------------------------------------------- */

static u32 name_hash(const char *name)
{
	return hash_bytes(name, strlen(name), 0);
}

int btf_index_names(struct btf_info *b)
{
	u32 cap = 8;

	if (b->heads)
		return 0;
	while (cap < b->own)
		cap *= 2;
	b->heads = base_calloc(cap + (size_t)b->own, sizeof(*b->heads));
	if (!b->heads)
		return -ENOMEM;
	b->heads_mask = cap - 1;
	b->next = b->heads + cap;
	/* backwards, so that each chain runs from the smallest id up */
	for (u32 i = b->own; i-- > 0;) {
		const char *name = btf_name(b, b->start_id + i);
		u32 *head = &b->heads[name_hash(name) & b->heads_mask];

		if (!*name)
			continue;
		b->next[i] = *head;
		*head = b->start_id + i;
	}
	return 0;
}

static bool name_fits(const struct btf_info *b, u32 id, const char *name, u32 kind)
{
	u32 k = btf_kind_of(b, id);

	if (kind ? k != kind : k == BTF_KIND_FWD)
		return false;
	return !strcmp(btf_name(b, id), name);
}

u32 btf_find(const struct btf_info *b, const char *name, u32 kind)
{
	u32 found = b->base ? btf_find(b->base, name, kind) : 0;

	if (found || !*name)
		return found;
	if (!b->heads) {
		for (u32 i = 0; i < b->own; i++)
			if (name_fits(b, b->start_id + i, name, kind))
				return b->start_id + i;
		return 0;
	}
	for (u32 id = b->heads[name_hash(name) & b->heads_mask]; id; id = b->next[id - b->start_id])
		if (name_fits(b, id, name, kind))
			return id;
	return 0;
}

/* --- members and enumerators ---------------------------------------------------------------- */

u32 btf_field_count(const struct btf_info *b, u32 id)
{
	const struct btf_type *t = btf_at(b, id);

	return t && btf_is_compound(BTF_INFO_KIND(t->info)) ? BTF_INFO_VLEN(t->info) : 0;
}

int btf_field_at(const struct btf_info *b, u32 id, u32 index, struct btf_field *out)
{
	const struct btf_type *t = btf_at(b, id);
	const struct btf_member *m;

	if (index >= btf_field_count(b, id))
		return -ENOENT;
	m = (const struct btf_member *)btf_tail(t) + index;
	*out = (struct btf_field){.name = btf_str(b, m->name_off), .type = m->type};
	if (BTF_INFO_KFLAG(t->info)) {
		out->bit_offset = BTF_MEMBER_BIT_OFFSET(m->offset);
		out->bit_size = BTF_MEMBER_BITFIELD_SIZE(m->offset);
	} else {
		const struct btf_type *in = btf_at(b, btf_strip(b, m->type));

		/* before the kind flag, a bitfield was an int of odd width */
		out->bit_offset = m->offset;
		if (in && BTF_INFO_KIND(in->info) == BTF_KIND_INT) {
			u32 data = *(const u32 *)btf_tail(in);

			if (BTF_INT_OFFSET(data) || BTF_INT_BITS(data) != (u64)in->size * 8) {
				out->bit_offset += BTF_INT_OFFSET(data);
				out->bit_size = BTF_INT_BITS(data);
			}
		}
	}
	return 0;
}

static int field_find(const struct btf_info *b, u32 id, const char *name, u32 depth, u32 *budget,
		      struct btf_field *out)
{
	u32 n = btf_field_count(b, id);

	for (u32 i = 0; i < n && *budget; i++) {
		struct btf_field f, in;

		--*budget;
		btf_field_at(b, id, i, &f);
		if (*f.name) {
			if (strcmp(f.name, name))
				continue;
			*out = f;
			return 0;
		}
		if (depth >= BTF_NEST_MAX ||
		    field_find(b, btf_strip(b, f.type), name, depth + 1, budget, &in))
			continue;
		in.bit_offset += f.bit_offset;
		*out = in;
		return 0;
	}
	return -ENOENT;
}

int btf_field_find(const struct btf_info *b, u32 id, const char *name, struct btf_field *out)
{
	u32 budget = 1u << 20;

	return *name ? field_find(b, btf_strip(b, id), name, 0, &budget, out) : -ENOENT;
}

static u64 enum_at(const struct btf_type *t, u32 i, u32 *name_off)
{
	if (BTF_INFO_KIND(t->info) == BTF_KIND_ENUM64) {
		const struct btf_enum64 *e = (const struct btf_enum64 *)btf_tail(t) + i;

		*name_off = e->name_off;
		return (u64)e->val_hi32 << 32 | e->val_lo32;
	} else {
		const struct btf_enum *e = (const struct btf_enum *)btf_tail(t) + i;

		*name_off = e->name_off;
		return BTF_INFO_KFLAG(t->info) ? (u64)(s64)e->val : (u64)(u32)e->val;
	}
}

static const struct btf_type *enum_of(const struct btf_info *b, u32 id)
{
	const struct btf_type *t = btf_at(b, btf_strip(b, id));
	u32 kind = t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;

	return kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64 ? t : NULL;
}

const char *btf_enum_name(const struct btf_info *b, u32 id, u64 value)
{
	const struct btf_type *t = enum_of(b, id);
	u64 mask;

	if (!t)
		return NULL;
	mask = t->size >= 8 ? ~0ull : (1ull << t->size * 8) - 1;
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		u32 name_off;

		if (((enum_at(t, i, &name_off) ^ value) & mask) == 0)
			return btf_str(b, name_off);
	}
	return NULL;
}

int btf_enum_value(const struct btf_info *b, u32 id, const char *name, u64 *value)
{
	const struct btf_type *t = enum_of(b, id);

	for (u32 i = 0; t && i < BTF_INFO_VLEN(t->info); i++) {
		u32 name_off;
		u64 v = enum_at(t, i, &name_off);

		if (!strcmp(btf_str(b, name_off), name)) {
			*value = v;
			return 0;
		}
	}
	return -ENOENT;
}
