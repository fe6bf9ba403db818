// SPDX-License-Identifier: BSD-2-Clause
/*
 * Does a member lie inside its struct, and may its type be a member at all?
 * Bitfields come in two forms: the member says its width (kind flag), or, before
 * that, an int type of odd width does.
 */
#include "btf/check.h"

#include <errno.h>

static u32 bytes_of(u32 bits)
{
	return (bits >> 3) + !!(bits & 7);
}

static int fits(struct btf_checker *c, const struct btf_type *s, const struct btf_member *m,
		u32 offset, u32 size)
{
	if (s->size < offset || s->size - offset < size)
		return btf_log_member(c, s, m, -EINVAL, "Member exceeds struct_size");
	return 0;
}

static int whole(struct btf_checker *c, const struct btf_type *s, const struct btf_member *m,
		 u32 bits_offset, u32 size)
{
	if (bits_offset & 7)
		return btf_log_member(c, s, m, -EINVAL, "Member is not byte aligned");
	return fits(c, s, m, bits_offset >> 3, size);
}

static int plain_int(struct btf_checker *c, const struct btf_type *s, const struct btf_member *m,
		     const struct btf_type *t, u32 bits_offset)
{
	u32 data = *(const u32 *)btf_tail(t), bits;

	if (UINT32_MAX - bits_offset < BTF_INT_OFFSET(data))
		return btf_log_member(c, s, m, -EINVAL, "bits_offset exceeds U32_MAX");
	bits_offset += BTF_INT_OFFSET(data);
	bits = BTF_INT_BITS(data) + (bits_offset & 7);
	if (bits > 128)
		return btf_log_member(c, s, m, -EINVAL, "nr_copy_bits exceeds 128");
	return fits(c, s, m, bits_offset >> 3, bytes_of(bits));
}

static int flagged_int(struct btf_checker *c, const struct btf_type *s, const struct btf_member *m,
		       const struct btf_type *t, u32 bits_offset, u32 width)
{
	u32 data = *(const u32 *)btf_tail(t), bits = BTF_INT_BITS(data), bytes = bits / 8;

	if ((bits & 7) || BTF_INT_OFFSET(data) ||
	    (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8 && bytes != 16))
		return btf_log_member(c, s, m, -EINVAL, "Invalid member base type");
	if (!width) {
		width = bits;
		if (bits_offset & 7)
			return btf_log_member(c, s, m, -EINVAL, "Invalid member offset");
	} else if (width > bits) {
		return btf_log_member(c, s, m, -EINVAL, "Invalid member bitfield_size");
	}
	width += bits_offset & 7;
	if (width > 128)
		return btf_log_member(c, s, m, -EINVAL, "nr_copy_bits exceeds 128");
	return fits(c, s, m, bits_offset >> 3, bytes_of(width));
}

static int flagged_enum(struct btf_checker *c, const struct btf_type *s, const struct btf_member *m,
			u32 bits_offset, u32 width)
{
	if (!width) {
		if (bits_offset & 7)
			return btf_log_member(c, s, m, -EINVAL, "Member is not byte aligned");
		width = 32;
	} else if (width > 32) {
		return btf_log_member(c, s, m, -EINVAL, "Invalid member bitfield_size");
	}
	return fits(c, s, m, 0, bytes_of(bits_offset + width));
}

static int a_float(struct btf_checker *c, const struct btf_type *s, const struct btf_member *m,
		   const struct btf_type *t, u32 bits_offset)
{
	if (bits_offset % (MIN(t->size, 8u) * 8))
		return btf_log_member(c, s, m, -EINVAL, "Member is not properly aligned");
	return fits(c, s, m, bits_offset >> 3, t->size);
}

int btf_check_member(struct btf_checker *c, const struct btf_type *s, const struct btf_member *m,
		     const struct btf_type *mt, u32 bits_offset, u32 width)
{
	bool kflag = BTF_INFO_KFLAG(s->info);
	u32 kind = BTF_INFO_KIND(mt->info), size = 0;

	if (kflag && kind == BTF_KIND_INT)
		return flagged_int(c, s, m, mt, bits_offset, width);
	if (kflag && (kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64))
		return flagged_enum(c, s, m, bits_offset, width);
	if (width)
		return btf_log_member(c, s, m, -EINVAL, "Invalid member bitfield_size");
	switch (kind) {
	case BTF_KIND_INT: return plain_int(c, s, m, mt, bits_offset);
	case BTF_KIND_PTR: return whole(c, s, m, bits_offset, 8);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: return whole(c, s, m, bits_offset, mt->size);
	case BTF_KIND_FLOAT: return a_float(c, s, m, mt, bits_offset);
	case BTF_KIND_ARRAY:
		btf_size_of(c->b, m->type, &size);
		return whole(c, s, m, bits_offset, size);
	}
	return btf_log_member(c, s, m, -EINVAL, "Invalid member");
}
