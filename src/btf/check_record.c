// SPDX-License-Identifier: BSD-2-Clause
/*
 * Each record by itself: is it whole, are its unused bits zero, its name allowed,
 * its ids possible, its members in order and inside? Whether the ids mean what
 * they should is the graph's business (check_graph.c).
 */
#include "btf/check.h"

#include <errno.h>

#define INFO_MASK     0x9f00ffffu
#define INT_DATA_MASK 0x0fffffffu
#define NAME_MAX_LEN  512 /* the kernel's KSYM_NAME_LEN */
#define ID_OK(id)     ((id) <= BTF_MAX_TYPE)

/* The kernel's character classes are Latin-1's. */
static bool is_alpha(u8 c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

static bool may_name(u8 c, bool first)
{
	return is_alpha(c) || c == '_' || c == '.' || (!first && c >= '0' && c <= '9');
}

bool btf_is_identifier(const struct btf_checker *c, u32 off)
{
	const char *s = btf_str(c->b, off);
	u32 i;

	for (i = 0; s[i]; i++)
		if (i >= NAME_MAX_LEN || !may_name(s[i], !i))
			return false;
	return i;
}

static bool is_section_name(const struct btf_checker *c, u32 off)
{
	const u8 *s = (const u8 *)btf_str(c->b, off);
	u32 i;

	for (i = 0; s[i]; i++)
		if (i >= NAME_MAX_LEN || s[i] < ' ' || (s[i] > '~' && s[i] < 0xa0))
			return false;
	return i;
}

static int check_int(struct btf_checker *c, const struct btf_type *t)
{
	u32 data = *(const u32 *)btf_tail(t), bits, encoding;

	if (BTF_INFO_VLEN(t->info))
		return btf_log_type(c, t, -EINVAL, "vlen != 0");
	if (BTF_INFO_KFLAG(t->info))
		return btf_log_type(c, t, -EINVAL, "Invalid btf_info kind_flag");
	if (data & ~INT_DATA_MASK)
		return btf_log_basic(c, t, -EINVAL, "Invalid int_data:%x", data);
	bits = BTF_INT_BITS(data) + BTF_INT_OFFSET(data);
	if (bits > 128)
		return btf_log_type(c, t, -EINVAL, "nr_bits exceeds %u", 128u);
	if ((bits + 7) / 8 > t->size)
		return btf_log_type(c, t, -EINVAL, "nr_bits exceeds type_size");
	encoding = BTF_INT_ENCODING(data);
	if (encoding && encoding != BTF_INT_SIGNED && encoding != BTF_INT_CHAR &&
	    encoding != BTF_INT_BOOL)
		return btf_log_type(c, t, -BTF_ENOTSUPP, "Unsupported encoding");
	return btf_log_type(c, t, 0, NULL);
}

/* Pointers, typedefs, modifiers, type tags. */
static int check_ref(struct btf_checker *c, const struct btf_type *t)
{
	u32 kind = BTF_INFO_KIND(t->info);

	if (BTF_INFO_VLEN(t->info))
		return btf_log_type(c, t, -EINVAL, "vlen != 0");
	if (BTF_INFO_KFLAG(t->info) && kind != BTF_KIND_TYPE_TAG)
		return btf_log_type(c, t, -EINVAL, "Invalid btf_info kind_flag");
	if (!ID_OK(t->type))
		return btf_log_type(c, t, -EINVAL, "Invalid type_id");
	if (kind == BTF_KIND_TYPEDEF    ? !btf_is_identifier(c, t->name_off)
	    : kind == BTF_KIND_TYPE_TAG ? !*btf_str(c->b, t->name_off)
					: t->name_off != 0)
		return btf_log_type(c, t, -EINVAL, "Invalid name");
	return btf_log_type(c, t, 0, NULL);
}

static int check_forward(struct btf_checker *c, const struct btf_type *t)
{
	if (BTF_INFO_VLEN(t->info))
		return btf_log_type(c, t, -EINVAL, "vlen != 0");
	if (t->type)
		return btf_log_type(c, t, -EINVAL, "type != 0");
	if (!btf_is_identifier(c, t->name_off))
		return btf_log_type(c, t, -EINVAL, "Invalid name");
	return btf_log_type(c, t, 0, NULL);
}

static int check_array(struct btf_checker *c, const struct btf_type *t)
{
	const struct btf_array *a = btf_tail(t);

	if (t->name_off)
		return btf_log_type(c, t, -EINVAL, "Invalid name");
	if (BTF_INFO_VLEN(t->info))
		return btf_log_type(c, t, -EINVAL, "vlen != 0");
	if (BTF_INFO_KFLAG(t->info))
		return btf_log_type(c, t, -EINVAL, "Invalid btf_info kind_flag");
	if (t->size)
		return btf_log_type(c, t, -EINVAL, "size != 0");
	if (!a->type || !ID_OK(a->type))
		return btf_log_type(c, t, -EINVAL, "Invalid elem");
	if (!a->index_type || !ID_OK(a->index_type))
		return btf_log_type(c, t, -EINVAL, "Invalid index");
	return btf_log_type(c, t, 0, NULL);
}

static int check_struct(struct btf_checker *c, const struct btf_type *t)
{
	bool is_union = BTF_INFO_KIND(t->info) == BTF_KIND_UNION;
	const struct btf_member *m = btf_tail(t);
	u32 last = 0;

	if (t->name_off && !btf_is_identifier(c, t->name_off))
		return btf_log_type(c, t, -EINVAL, "Invalid name");
	btf_log_type(c, t, 0, NULL);
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++, m++) {
		u32 offset = BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;

		if (!btf_str_ok(c->b, m->name_off))
			return btf_log_member(c, t, m, -EINVAL, "Invalid member name_offset:%u",
					      m->name_off);
		if (m->name_off && !btf_is_identifier(c, m->name_off))
			return btf_log_member(c, t, m, -EINVAL, "Invalid name");
		if (!m->type || !ID_OK(m->type))
			return btf_log_member(c, t, m, -EINVAL, "Invalid type_id");
		if ((is_union && offset) || last > offset)
			return btf_log_member(c, t, m, -EINVAL, "Invalid member bits_offset");
		if ((offset >> 3) + !!(offset & 7) > t->size)
			return btf_log_member(c, t, m, -EINVAL,
					      "Member bits_offset exceeds its struct size");
		btf_log_member(c, t, m, 0, NULL);
		last = offset;
	}
	return 0;
}

static int check_enum(struct btf_checker *c, const struct btf_type *t)
{
	bool wide = BTF_INFO_KIND(t->info) == BTF_KIND_ENUM64;
	u32 words = wide ? 3 : 2;
	const u32 *e = btf_tail(t);

	if (t->size > 8 || !IS_POW2(t->size))
		return btf_log_type(c, t, -EINVAL, "Unexpected size");
	if (t->name_off && !btf_is_identifier(c, t->name_off))
		return btf_log_type(c, t, -EINVAL, "Invalid name");
	btf_log_type(c, t, 0, NULL);
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++, e += words) {
		u64 value = wide ? (u64)e[2] << 32 | e[1] : (u64)(s64)(s32)e[1];

		if (!btf_str_ok(c->b, e[0]))
			return btf_log(c, -EINVAL, "\tInvalid name_offset:%u", e[0]);
		if (!e[0] || !btf_is_identifier(c, e[0]))
			return btf_log_type(c, t, -EINVAL, "Invalid name");
		if (BTF_INFO_KFLAG(t->info))
			btf_log(c, 0, "\t%s val=%lld\n", btf_str(c->b, e[0]), (long long)value);
		else
			btf_log(c, 0, "\t%s val=%llu\n", btf_str(c->b, e[0]),
				(unsigned long long)(wide ? value : (u32)value));
	}
	return 0;
}

static int check_func(struct btf_checker *c, const struct btf_type *t)
{
	if (!btf_is_identifier(c, t->name_off))
		return btf_log_type(c, t, -EINVAL, "Invalid name");
	if (BTF_INFO_VLEN(t->info) > BTF_FUNC_GLOBAL)
		return btf_log_type(c, t, -EINVAL, "Invalid func linkage");
	if (BTF_INFO_KFLAG(t->info))
		return btf_log_type(c, t, -EINVAL, "Invalid btf_info kind_flag");
	return btf_log_type(c, t, 0, NULL);
}

static int check_prototype(struct btf_checker *c, const struct btf_type *t)
{
	if (t->name_off)
		return btf_log_type(c, t, -EINVAL, "Invalid name");
	if (BTF_INFO_KFLAG(t->info))
		return btf_log_type(c, t, -EINVAL, "Invalid btf_info kind_flag");
	return btf_log_type(c, t, 0, NULL);
}

static int check_var(struct btf_checker *c, const struct btf_type *t)
{
	const struct btf_var *v = btf_tail(t);

	if (BTF_INFO_VLEN(t->info))
		return btf_log_type(c, t, -EINVAL, "vlen != 0");
	if (BTF_INFO_KFLAG(t->info))
		return btf_log_type(c, t, -EINVAL, "Invalid btf_info kind_flag");
	if (!btf_is_identifier(c, t->name_off))
		return btf_log_type(c, t, -EINVAL, "Invalid name");
	if (!t->type || !ID_OK(t->type))
		return btf_log_type(c, t, -EINVAL, "Invalid type_id");
	if (v->linkage != BTF_VAR_STATIC && v->linkage != BTF_VAR_GLOBAL_ALLOCATED)
		return btf_log_type(c, t, -EINVAL, "Linkage not supported");
	return btf_log_type(c, t, 0, NULL);
}

static int check_datasec(struct btf_checker *c, const struct btf_type *t)
{
	const struct btf_var_secinfo *v = btf_tail(t);
	u64 last_end = 0, sum = 0;

	if (!t->size)
		return btf_log_type(c, t, -EINVAL, "size == 0");
	if (BTF_INFO_KFLAG(t->info))
		return btf_log_type(c, t, -EINVAL, "Invalid btf_info kind_flag");
	if (!is_section_name(c, t->name_off))
		return btf_log_type(c, t, -EINVAL, "Invalid name");
	btf_log_type(c, t, 0, NULL);
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++, v++) {
		if (!v->type || !ID_OK(v->type))
			return btf_log_secinfo(c, t, v, -EINVAL, "Invalid type_id");
		if (v->offset < last_end || v->offset >= t->size)
			return btf_log_secinfo(c, t, v, -EINVAL, "Invalid offset");
		if (!v->size || v->size > t->size)
			return btf_log_secinfo(c, t, v, -EINVAL, "Invalid size");
		last_end = (u64)v->offset + v->size;
		if (last_end > t->size)
			return btf_log_secinfo(c, t, v, -EINVAL, "Invalid offset+size");
		btf_log_secinfo(c, t, v, 0, NULL);
		sum += v->size;
	}
	if (t->size < sum)
		return btf_log_type(c, t, -EINVAL, "Invalid btf_info size");
	return 0;
}

static int check_float(struct btf_checker *c, const struct btf_type *t)
{
	if (BTF_INFO_VLEN(t->info))
		return btf_log_type(c, t, -EINVAL, "vlen != 0");
	if (BTF_INFO_KFLAG(t->info))
		return btf_log_type(c, t, -EINVAL, "Invalid btf_info kind_flag");
	if (t->size != 2 && t->size != 4 && t->size != 8 && t->size != 12 && t->size != 16)
		return btf_log_type(c, t, -EINVAL, "Invalid type_size");
	return btf_log_type(c, t, 0, NULL);
}

static int check_decl_tag(struct btf_checker *c, const struct btf_type *t)
{
	const struct btf_decl_tag *d = btf_tail(t);

	if (!*btf_str(c->b, t->name_off))
		return btf_log_type(c, t, -EINVAL, "Invalid value");
	if (BTF_INFO_VLEN(t->info))
		return btf_log_type(c, t, -EINVAL, "vlen != 0");
	if (d->component_idx < -1)
		return btf_log_type(c, t, -EINVAL, "Invalid component_idx");
	return btf_log_type(c, t, 0, NULL);
}

static int check_kind(struct btf_checker *c, const struct btf_type *t)
{
	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT: return check_int(c, t);
	case BTF_KIND_ARRAY: return check_array(c, t);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: return check_struct(c, t);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64: return check_enum(c, t);
	case BTF_KIND_FWD: return check_forward(c, t);
	case BTF_KIND_FUNC: return check_func(c, t);
	case BTF_KIND_FUNC_PROTO: return check_prototype(c, t);
	case BTF_KIND_VAR: return check_var(c, t);
	case BTF_KIND_DATASEC: return check_datasec(c, t);
	case BTF_KIND_FLOAT: return check_float(c, t);
	case BTF_KIND_DECL_TAG: return check_decl_tag(c, t);
	}
	return check_ref(c, t);
}

/* Of the kinds of types there were then. */
static u32 last_kind(const struct btf_info *b)
{
	static const struct {
		u16 series;
		u8 kind;
	} last[] = {
		{0x0500, BTF_KIND_RESTRICT}, {0x0502, BTF_KIND_FUNC_PROTO},
		{0x050d, BTF_KIND_DATASEC},  {0x0510, BTF_KIND_FLOAT},
		{0x0511, BTF_KIND_DECL_TAG}, {0x0600, BTF_KIND_TYPE_TAG},
	};

	for (u32 i = 0; i < ARRAY_SIZE(last); i++)
		if (btf_before(b, last[i].series))
			return last[i].kind;
	return BTF_KIND_MAX;
}

/* One record at `t` with `left` bytes of the section from there on; its size or -errno. */
static int check_record(struct btf_checker *c, const struct btf_type *t, u32 left)
{
	u32 kind, tail;
	int err;

	if (left < sizeof(*t))
		return btf_log(c, -EINVAL, "[%u] meta_left:%u meta_needed:%zu", c->log_id, left,
			       sizeof(*t));
	left -= sizeof(*t);
	if (t->info & ~INFO_MASK)
		return btf_log(c, -EINVAL, "[%u] Invalid btf_info:%x", c->log_id, t->info);
	kind = BTF_INFO_KIND(t->info);
	if (!kind || kind > last_kind(c->b))
		return btf_log(c, -EINVAL, "[%u] Invalid kind:%u", c->log_id, kind);
	if (!btf_str_ok(c->b, t->name_off))
		return btf_log(c, -EINVAL, "[%u] Invalid name_offset:%u", c->log_id, t->name_off);
	tail = btf_tail_size(t->info);
	if (left < tail)
		return btf_log_basic(c, t, -EINVAL, "meta_left:%u meta_needed:%u", left, tail);
	err = check_kind(c, t);
	return err ?: (int)(sizeof(*t) + tail);
}

int btf_check_records(struct btf_checker *c)
{
	struct btf_info *b = c->b;

	for (u32 off = 0; off < b->hdr.type_len;) {
		int size;

		c->log_id = btf_count(b);
		if (c->log_id == BTF_MAX_TYPE)
			return btf_log(c, -E2BIG, "Too many types");
		size = check_record(c, (const struct btf_type *)(b->types + off),
				    b->hdr.type_len - off);
		if (size < 0)
			return size;
		b->at[b->own++] = off;
		off += size;
	}
	return 0;
}
