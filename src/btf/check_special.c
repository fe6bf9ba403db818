// SPDX-License-Identifier: BSD-2-Clause
/*
 * Structs with fields whose bytes belong to the kernel: locks, list heads and
 * nodes, tree roots and nodes, reference counts. A struct that directly has one
 * is laid out as a record of such fields, and BTF that describes an impossible
 * one is refused: two locks, fields over each other, a list without a lock, a
 * list of what has no node, lists that own each other in a circle.
 *
 * Fields are found by the name of their type, through embedded structs and
 * arrays. Pointers tagged kptr are taken as they are: what they may point to is
 * the kernel's own BTF's business (map creation).
 */
#include "btf/check.h"

#include <errno.h>
#include <string.h>
#include "base/alloc.h"

#define FIELDS_MAX 11

enum {
	LOCK = 1 << 0,
	RES_LOCK = 1 << 1,
	LIST_HEAD = 1 << 2,
	LIST_NODE = 1 << 3,
	TREE_ROOT = 1 << 4,
	TREE_NODE = 1 << 5,
	REFCOUNT = 1 << 6,
	KPTR = 1 << 7,
	ROOTS = LIST_HEAD | TREE_ROOT,
	NODES = LIST_NODE | TREE_NODE,
	ONCE = LOCK | RES_LOCK, /* at most once in a struct */
};

static const struct special {
	const char *name;
	u16 flag;
	u8 size, align;
	bool finds; /* a struct with such a member is looked into */
} specials[] = {
	{"bpf_spin_lock", LOCK, 4, 4, true},          {"bpf_list_head", LIST_HEAD, 16, 8, true},
	{"bpf_list_node", LIST_NODE, 24, 8, true},    {"bpf_rb_root", TREE_ROOT, 16, 8, true},
	{"bpf_rb_node", TREE_NODE, 32, 8, true},      {"bpf_refcount", REFCOUNT, 4, 4, true},
	{"bpf_res_spin_lock", RES_LOCK, 4, 4, false},
};

struct found {
	const struct special *special; /* NULL: a kptr */
	u32 off;
	u32 owns;         /* roots: the struct on the list */
	const char *node; /* roots: the member of it that is the node */
};

struct special_checker {
	const struct btf_info *b;
	u16 *mask;                       /* per own id: flags of the record; 0: has none */
	u32 finds[ARRAY_SIZE(specials)]; /* ids of the types that make a struct special */
};

/* Unions do not count. */
static bool is_struct(const struct btf_type *t)
{
	return t && BTF_INFO_KIND(t->info) == BTF_KIND_STRUCT;
}

static const struct special *special_of(const struct btf_info *b, const struct btf_type *t)
{
	const char *name = btf_str(b, t->name_off);

	for (u32 i = 0; i < ARRAY_SIZE(specials); i++)
		if (!strcmp(specials[i].name, name))
			return &specials[i];
	return NULL;
}

/* The value of the decl tag "contains:STRUCT:MEMBER" of a member; -errno. */
static int find_contains(const struct btf_info *b, u32 owner, u32 member, const char **value)
{
	int found = -ENOENT;

	for (u32 id = btf_first(b); id < btf_count(b); id++) {
		const struct btf_type *t = btf_at(b, id);
		const struct btf_decl_tag *d = btf_tail(t);
		const char *s = btf_str(b, t->name_off);

		if (BTF_INFO_KIND(t->info) != BTF_KIND_DECL_TAG || t->type != owner ||
		    d->component_idx != (s32)member || strncmp(s, "contains:", 9))
			continue;
		if (!found)
			return -EEXIST;
		*value = s + 9;
		found = 0;
	}
	return found;
}

static int find_root(const struct btf_info *b, u32 owner, u32 member, struct found *f)
{
	const char *value, *colon;
	char name[256];

	if (find_contains(b, owner, member, &value))
		return -EINVAL;
	colon = strchr(value, ':');
	if (!colon)
		return -EINVAL;
	if ((size_t)(colon - value) >= sizeof(name))
		return -ENOENT;
	memcpy(name, value, colon - value);
	name[colon - value] = 0;
	f->owns = btf_find(b, name, BTF_KIND_STRUCT);
	if (!f->owns)
		return -ENOENT;
	f->node = colon + 1;
	return *f->node ? 0 : -EINVAL;
}

static int find_in_struct(const struct btf_info *b, u32 id, struct found *f, u32 room, u32 level);

/* `n` fields at f[0], once per element of an array. The count of all, or -errno. */
static int repeat(struct found *f, u32 room, u32 n, u64 times, u32 size)
{
	for (u32 i = 0; i < n; i++)
		if (f[i].special && !(f[i].special->flag & ROOTS))
			return -EINVAL;
	if (n * times > room)
		return -E2BIG;
	for (u32 k = 1; k < times; k++)
		for (u32 i = 0; i < n; i++) {
			f[k * n + i] = f[i];
			f[k * n + i].off += k * size;
		}
	return n * times;
}

/* Is it a pointer with one of the kptr tags? 1, 0 or -EINVAL. */
static int is_kptr(const struct btf_info *b, const struct btf_type *t)
{
	const struct btf_type *tag, *in;
	const char *name;

	if (BTF_INFO_KIND(t->info) != BTF_KIND_PTR)
		return 0;
	tag = btf_at(b, t->type);
	if (!tag || BTF_INFO_KIND(tag->info) != BTF_KIND_TYPE_TAG || BTF_INFO_KFLAG(tag->info))
		return 0;
	in = btf_at(b, tag->type);
	if (in && BTF_INFO_KIND(in->info) == BTF_KIND_TYPE_TAG)
		return -EINVAL;
	name = btf_str(b, tag->name_off);
	if (strcmp(name, "kptr_untrusted") && strcmp(name, "kptr") && strcmp(name, "percpu_kptr"))
		return strcmp(name, "uptr") ? -EINVAL : 0;
	return is_struct(btf_at(b, btf_strip(b, tag->type))) ? 1 : -EINVAL;
}

/* Through arrays of arrays: the element's type and how many there are. -E2BIG when too deep. */
static int flatten(const struct btf_info *b, u32 *id, u64 *count)
{
	u32 elem, n;

	*count = 1;
	for (u32 depth = 0; depth < BTF_DEPTH_MAX; depth++) {
		if (btf_array_of(b, *id, &elem, &n))
			return 0;
		*count = (u32)(*count * n);
		*id = elem;
	}
	return -E2BIG;
}

/* An embedded struct: its fields are this one's. */
static int find_nested(const struct btf_info *b, u32 id, u32 off, u64 count, struct found *f,
		       u32 room, u32 level)
{
	int n;

	if (level + 1 >= BTF_DEPTH_MAX)
		return -E2BIG;
	n = find_in_struct(b, id, f, room, level + 1);
	for (int i = 0; i < n; i++)
		f[i].off += off;
	return n > 0 && count > 1 ? repeat(f, room, n, count, btf_at(b, id)->size) : n;
}

/* What member `index` of struct `owner` contributes: how many fields, or -errno. */
static int find_in_member(const struct btf_info *b, u32 owner, u32 index, const struct btf_field *m,
			  u32 *seen, struct found *f, u32 room, u32 level)
{
	u32 id = m->type, off = m->bit_offset / 8;
	struct found one = {.off = off};
	const struct special *s;
	const struct btf_type *t;
	u64 count;
	int err = flatten(b, &id, &count);

	t = btf_at(b, id);
	if (err || !count || !t)
		return err;
	one.special = s = special_of(b, t);
	if (s && (s->flag & ONCE & *seen))
		return -E2BIG;
	if (s)
		*seen |= s->flag;
	else if (is_struct(t))
		return find_nested(b, id, off, count, f, room, level);
	if (off % (s ? s->align : 8) || (s && (!is_struct(t) || t->size != s->size)))
		return 0;
	err = s ? 1 : is_kptr(b, t);
	if (err > 0 && s && (s->flag & ROOTS))
		err = find_root(b, owner, index, &one) ?: 1;
	if (err <= 0)
		return err;
	if (!room)
		return -E2BIG;
	*f = one;
	return count > 1 ? repeat(f, room, 1, count, s ? s->size : 8) : 1;
}

static int find_in_struct(const struct btf_info *b, u32 id, struct found *f, u32 room, u32 level)
{
	u32 seen = 0, n = 0;

	for (u32 i = 0; i < btf_field_count(b, id); i++) {
		struct btf_field m;
		int got;

		btf_field_at(b, id, i, &m);
		if (m.bit_offset % 8)
			return -EINVAL;
		got = find_in_member(b, id, i, &m, &seen, f + n, room - n, level);
		if (got < 0)
			return got;
		n += got;
	}
	return n;
}

/* The member of the struct on a list or in a tree that links it there. */
static int check_node(const struct btf_info *b, const struct found *f)
{
	const char *want = f->special->flag == LIST_HEAD ? "bpf_list_node" : "bpf_rb_node";

	for (u32 i = 0; i < btf_field_count(b, f->owns); i++) {
		struct btf_field m;

		btf_field_at(b, f->owns, i, &m);
		if (strcmp(m.name, f->node))
			continue;
		if (!is_struct(btf_at(b, m.type)) || strcmp(btf_name(b, m.type), want) ||
		    m.bit_offset % 64)
			return -EINVAL;
		return 0;
	}
	return -ENOENT;
}

/* The record of struct `id`: its flags, or -errno. */
static int check_record(const struct btf_info *b, u32 id, struct found *f, int *count)
{
	u32 next = 0, mask = 0, size = btf_at(b, id)->size;

	*count = find_in_struct(b, id, f, FIELDS_MAX, 0);
	if (*count <= 0)
		return *count ? *count : -EFAULT;
	for (int i = 0; i < *count; i++) {
		u32 bytes = f[i].special ? f[i].special->size : 8;
		int err = 0;

		if (f[i].off + bytes > size)
			return -EFAULT;
		if (f[i].off < next)
			return -EEXIST;
		next = f[i].off + bytes;
		mask |= f[i].special ? f[i].special->flag : KPTR;
		if (f[i].special && (f[i].special->flag & ROOTS))
			err = check_node(b, &f[i]);
		if (err)
			return err;
	}
	if ((mask & LOCK) && (mask & RES_LOCK))
		return -EINVAL;
	if ((mask & ROOTS) && !(mask & (LOCK | RES_LOCK)))
		return -EINVAL;
	if ((mask & NODES) == NODES && !(mask & REFCOUNT))
		return -EINVAL;
	return mask;
}

static bool is_special(const struct special_checker *s, u32 id)
{
	for (u32 i = 0; is_struct(btf_at(s->b, id)) && i < btf_field_count(s->b, id); i++) {
		struct btf_field m;

		btf_field_at(s->b, id, i, &m);
		for (u32 k = 0; k < ARRAY_SIZE(specials); k++)
			if (m.type && m.type == s->finds[k])
				return true;
		/* or a pointer to what is tagged kptr */
		if (is_kptr(s->b, btf_at(s->b, m.type)) > 0)
			return true;
	}
	return false;
}

/* What is owned has a record, and is no owner itself where its owner may be owned. */
static int check_ownership(const struct special_checker *s, u32 id)
{
	struct found f[FIELDS_MAX];
	u32 first = btf_first(s->b), mask = s->mask[id - first];
	int count;

	if (!(mask & ROOTS))
		return 0;
	check_record(s->b, id, f, &count);
	for (int i = 0; i < count; i++) {
		if (!f[i].special || !(f[i].special->flag & ROOTS))
			continue;
		if (!s->mask[f[i].owns - first])
			return -EFAULT;
		if ((mask & NODES) && (s->mask[f[i].owns - first] & ROOTS))
			return -ELOOP;
	}
	return 0;
}

int btf_check_special(const struct btf_info *b)
{
	struct special_checker s = {.b = b};
	bool any = false;
	int err = 0;

	for (u32 i = 0; i < ARRAY_SIZE(specials); i++) {
		s.finds[i] = specials[i].finds ? btf_find(b, specials[i].name, BTF_KIND_STRUCT) : 0;
		any |= s.finds[i];
	}
	for (u32 id = btf_first(b); id < btf_count(b) && !any; id++)
		any = is_kptr(b, btf_at(b, id)) > 0;
	if (!any)
		return 0;
	s.mask = base_calloc(btf_count(b) - btf_first(b) + 1, sizeof(*s.mask));
	if (!s.mask)
		return -ENOMEM;
	for (u32 id = btf_first(b); id < btf_count(b) && err >= 0; id++) {
		struct found f[FIELDS_MAX];
		int count;

		if (!is_special(&s, id))
			continue;
		err = check_record(b, id, f, &count);
		if (err > 0)
			s.mask[id - btf_first(b)] = err;
	}
	for (u32 id = btf_first(b); id < btf_count(b) && err >= 0; id++)
		err = check_ownership(&s, id);
	base_free(s.mask);
	return MIN(err, 0);
}
