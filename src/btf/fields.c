// SPDX-License-Identifier: BSD-2-Clause
/*
 * Special fields found and laid out. A type is walked member by member; what is
 * found goes into one array in the order met, which for honest BTF is the order
 * of offsets. An embedded struct contributes its own fields, moved; an array
 * its element's, repeated, as far as they may exist more than once.
 *
 * What is badly placed (misaligned, of the wrong size) is not refused: it is
 * plain bytes, as the kernel has it, and a helper that wants the field will not
 * find it.
 */
#include "btf/fields.h"

#include <errno.h>
#include <string.h>
#include "base/alloc.h"
#include "btf/check.h"

#define ONCE     (BTF_SPECIAL_LOCK | BTF_SPECIAL_TIMER | BTF_SPECIAL_WORKQUEUE | BTF_SPECIAL_TASK_WORK)
#define REPEATS  (BTF_SPECIAL_KPTR | BTF_SPECIAL_UPTR | BTF_SPECIAL_GRAPH_ROOT)
#define POINTERS (BTF_SPECIAL_KPTR | BTF_SPECIAL_UPTR)
#define WHOLE    UINT32_MAX /* a decl tag's component: the variable itself */

static const struct shape {
	const char *name;
	u16 kind;
	u8 size, align;
} shapes[] = {
	{"bpf_spin_lock", BTF_SPECIAL_SPIN_LOCK, 4, 4},
	{"bpf_res_spin_lock", BTF_SPECIAL_RES_SPIN_LOCK, 4, 4},
	{"bpf_timer", BTF_SPECIAL_TIMER, 16, 8},
	{"bpf_wq", BTF_SPECIAL_WORKQUEUE, 16, 8},
	{"bpf_task_work", BTF_SPECIAL_TASK_WORK, 8, 8},
	{"bpf_list_head", BTF_SPECIAL_LIST_HEAD, 16, 8},
	{"bpf_list_node", BTF_SPECIAL_LIST_NODE, 24, 8},
	{"bpf_rb_root", BTF_SPECIAL_RB_ROOT, 16, 8},
	{"bpf_rb_node", BTF_SPECIAL_RB_NODE, 32, 8},
	{"bpf_refcount", BTF_SPECIAL_REFCOUNT, 4, 4},
};

static const struct tag {
	const char *name;
	u16 kind;
} tags[] = {
	{"kptr_untrusted", BTF_SPECIAL_KPTR_UNREF},
	{"kptr", BTF_SPECIAL_KPTR_REF},
	{"percpu_kptr", BTF_SPECIAL_KPTR_PERCPU},
	{"uptr", BTF_SPECIAL_UPTR},
};

/* Before 6.4. */
static const struct tag old_tags[] = {
	{"kptr", BTF_SPECIAL_KPTR_UNREF},
	{"kptr_ref", BTF_SPECIAL_KPTR_REF},
};

/* What the kernel can destroy when a map's value goes: a kptr may own only such. */
static const char *const destroyed[] = {"task_struct",      "cgroup",
					"bpf_cpumask",      "bpf_crypto_ctx",
					"prog_test_member", "prog_test_ref_kfunc"};

/* One walk: what is looked for, and what was found so far. */
struct walk {
	const struct btf_info *b;
	u32 allowed;
	u32 count;
	struct btf_special at[BTF_FIELDS_MAX];
	const char *node[BTF_FIELDS_MAX]; /* roots: the member that is the node */
};

/* A member or variable: where it is, and what its decl tags hang from. */
struct place {
	u32 type, off;
	u32 size; /* of a variable, which its type's must be; 0: not told */
	u32 owner, index;
};

const char *btf_special_name(u32 kind)
{
	for (u32 i = 0; i < ARRAY_SIZE(shapes); i++)
		if (shapes[i].kind == kind)
			return shapes[i].name;
	if (kind == BTF_SPECIAL_KPTR_UNREF) /* not as its tag */
		return "kptr";
	for (u32 i = 0; i < ARRAY_SIZE(tags); i++)
		if (tags[i].kind == kind)
			return tags[i].name;
	return "unknown";
}

/* Unions do not count. */
static bool is_struct(const struct btf_type *t)
{
	return t && BTF_INFO_KIND(t->info) == BTF_KIND_STRUCT;
}

static const struct shape *shape_of(const struct btf_info *b, const struct btf_type *t, u32 allowed)
{
	const char *name = btf_str(b, t->name_off);

	for (u32 i = 0; i < ARRAY_SIZE(shapes); i++)
		if (shapes[i].kind & allowed && !strcmp(shapes[i].name, name))
			return &shapes[i];
	return NULL;
}

static const char contains[] = "contains:";

static bool is_contains(const struct btf_info *b, const struct btf_type *t)
{
	return BTF_INFO_KIND(t->info) == BTF_KIND_DECL_TAG &&
	       !strncmp(btf_str(b, t->name_off), contains, sizeof(contains) - 1);
}

int btf_index_tags(struct btf_info *b)
{
	for (u32 i = b->own; i-- > 0;) {
		const struct btf_type *t = btf_at(b, b->start_id + i);
		u32 owner = t->type - b->start_id;

		if (!is_contains(b, t) || owner >= b->own)
			continue;
		if (!b->tags) {
			b->tags = base_calloc(2 * (size_t)b->own, sizeof(*b->tags));
			if (!b->tags)
				return -ENOMEM;
			b->next_tag = b->tags + b->own;
		}
		b->next_tag[i] = b->tags[owner];
		b->tags[owner] = b->start_id + i;
	}
	return 0;
}

/* The first tag after `id` (0: of all) that may be on type `owner`; 0: none. */
static u32 next_tag(const struct btf_info *b, u32 owner, u32 id)
{
	u32 first = btf_first(b);

	if (b->tags)
		return id ? b->next_tag[id - first] : owner < first ? 0 : b->tags[owner - first];
	for (id = id ? id + 1 : first; id < btf_count(b); id++)
		if (is_contains(b, btf_at(b, id)) && btf_at(b, id)->type == owner)
			return id;
	return 0;
}

/* The value of the decl tag "contains:STRUCT:MEMBER"; -errno. */
static int find_contains(const struct btf_info *b, u32 owner, u32 member, const char **value)
{
	int found = -ENOENT;

	for (u32 id = next_tag(b, owner, 0); id; id = next_tag(b, owner, id)) {
		const struct btf_type *t = btf_at(b, id);
		const struct btf_decl_tag *d = btf_tail(t);

		if (d->component_idx != (s32)member)
			continue;
		if (!found)
			return -EEXIST;
		*value = btf_str(b, t->name_off) + sizeof(contains) - 1;
		found = 0;
	}
	return found;
}

static int find_root(const struct btf_info *b, const struct place *p, struct btf_special *f,
		     const char **node)
{
	const char *value, *colon;
	char name[256];

	if (find_contains(b, p->owner, p->index, &value))
		return -EINVAL;
	colon = strchr(value, ':');
	if (!colon)
		return -EINVAL;
	if ((size_t)(colon - value) >= sizeof(name))
		return -ENOENT;
	memcpy(name, value, colon - value);
	name[colon - value] = 0;
	f->type = btf_find(b, name, BTF_KIND_STRUCT);
	if (!f->type)
		return -ENOENT;
	*node = colon + 1;
	return **node ? 0 : -EINVAL;
}

static u32 kind_of_tag(const struct btf_info *b, const char *name)
{
	const struct tag *rows = btf_before(b, 0x0604) ? old_tags : tags;
	u32 count = btf_before(b, 0x0604) ? ARRAY_SIZE(old_tags) : ARRAY_SIZE(tags);

	for (u32 i = 0; i < count; i++)
		if (!strcmp(rows[i].name, name))
			return rows[i].kind;
	return 0;
}

int btf_fields_pointer(const struct btf_info *b, u32 id, u32 allowed, struct btf_special *out)
{
	const struct btf_type *t = btf_at(b, id), *tag, *in;
	u32 kind, to;

	if (t && BTF_INFO_KIND(t->info) == BTF_KIND_VOLATILE)
		t = btf_at(b, t->type);
	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_PTR)
		return 0;
	tag = btf_at(b, t->type);
	if (!tag || BTF_INFO_KIND(tag->info) != BTF_KIND_TYPE_TAG || BTF_INFO_KFLAG(tag->info))
		return 0;
	in = btf_at(b, tag->type);
	if (in && BTF_INFO_KIND(in->info) == BTF_KIND_TYPE_TAG)
		return -EINVAL;
	kind = kind_of_tag(b, btf_str(b, tag->name_off));
	if (!kind)
		return -EINVAL;
	if (!(kind & allowed))
		return 0;
	to = btf_strip(b, tag->type);
	if (!is_struct(btf_at(b, to)))
		return -EINVAL;
	*out = (struct btf_special){.kind = kind, .size = 8, .type = to};
	return 1;
}

/* The fields from `first` on are an array's first element's: `times` of them, `size` apart. */
static int repeat(struct walk *w, u32 first, u64 times, u32 size)
{
	u32 n = w->count - first;

	for (u32 i = first; i < w->count; i++)
		if (!(w->at[i].kind & REPEATS))
			return -EINVAL;
	if (n * times > BTF_FIELDS_MAX - first)
		return -E2BIG;
	for (u32 k = 1; k < times; k++)
		for (u32 i = first; i < first + n; i++) {
			w->at[w->count] = w->at[i];
			w->at[w->count].offset += k * size;
			w->node[w->count++] = w->node[i];
		}
	return 0;
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

static int walk_struct(struct walk *w, u32 id, u32 level);

/* An embedded struct: its fields are this one's. */
static int walk_nested(struct walk *w, u32 id, u32 off, u64 count, u32 level)
{
	u32 first = w->count;
	int err;

	if (level + 1 >= BTF_DEPTH_MAX)
		return -E2BIG;
	err = walk_struct(w, id, level + 1);
	for (u32 i = first; i < w->count; i++)
		w->at[i].offset += off;
	return err || w->count == first || count < 2
		       ? err
		       : repeat(w, first, count, btf_at(w->b, id)->size);
}

static int walk_place(struct walk *w, const struct place *p, u32 *seen, u32 level)
{
	struct btf_special one = {0};
	const char *node = NULL;
	const struct shape *s;
	const struct btf_type *t;
	u32 id = p->type, size;
	u64 count;
	int err = flatten(w->b, &id, &count);

	t = btf_at(w->b, id);
	if (err || !count || !t)
		return err;
	s = shape_of(w->b, t, w->allowed);
	if (s && s->kind & ONCE & *seen)
		return -E2BIG;
	if (s)
		*seen |= s->kind;
	size = s ? s->size : is_struct(t) ? t->size : 8;
	if (!s && !is_struct(t) && !(w->allowed & POINTERS))
		return 0;
	if (p->size && p->size != (u32)(size * count))
		return 0;
	if (!s && is_struct(t))
		return walk_nested(w, id, p->off, count, level);
	if (p->off % (s ? s->align : 8) || (s && (!is_struct(t) || t->size != s->size)))
		return 0;
	if (s)
		one = (struct btf_special){.kind = s->kind, .size = s->size};
	err = s ? 1 : btf_fields_pointer(w->b, id, w->allowed, &one);
	if (err > 0 && one.kind & BTF_SPECIAL_GRAPH_ROOT)
		err = find_root(w->b, p, &one, &node) ?: 1;
	if (err <= 0)
		return err;
	if (w->count == BTF_FIELDS_MAX)
		return -E2BIG;
	one.offset = p->off;
	w->node[w->count] = node;
	w->at[w->count++] = one;
	return count > 1 ? repeat(w, w->count - 1, count, size) : 0;
}

static int walk_struct(struct walk *w, u32 id, u32 level)
{
	u32 seen = 0;

	for (u32 i = 0; i < btf_field_count(w->b, id); i++) {
		struct btf_field m;
		int err;

		btf_field_at(w->b, id, i, &m);
		if (m.bit_offset % 8)
			return -EINVAL;
		err = walk_place(
			w,
			&(struct place){
				.type = m.type, .off = m.bit_offset / 8, .owner = id, .index = i},
			&seen, level);
		if (err)
			return err;
	}
	return 0;
}

static int walk_section(struct walk *w, u32 id)
{
	const struct btf_type *t = btf_at(w->b, id);
	const struct btf_var_secinfo *v = btf_tail(t);
	u32 seen = 0;

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_type *var = btf_at(w->b, v[i].type);
		int err;

		if (!var)
			continue;
		err = walk_place(w,
				 &(struct place){.type = var->type,
						 .off = v[i].offset,
						 .size = v[i].size,
						 .owner = v[i].type,
						 .index = WHOLE},
				 &seen, 0);
		if (err)
			return err;
	}
	return 0;
}

/* The member of the struct on a list or in a tree that links it there. */
static int find_node(const struct btf_info *b, struct btf_special *f, const char *node)
{
	const char *want = f->kind == BTF_SPECIAL_LIST_HEAD ? "bpf_list_node" : "bpf_rb_node";

	for (u32 i = 0; i < btf_field_count(b, f->type); i++) {
		struct btf_field m;

		btf_field_at(b, f->type, i, &m);
		if (strcmp(m.name, node))
			continue;
		if (!is_struct(btf_at(b, m.type)) || strcmp(btf_name(b, m.type), want) ||
		    m.bit_offset % 64)
			return -EINVAL;
		f->node_offset = m.bit_offset / 8;
		return 0;
	}
	return -ENOENT;
}

/* A pointer to what the kernel has by that name points to the kernel's. */
static int find_pointee(const struct btf_info *b, const struct btf_info *kernel,
			struct btf_special *f)
{
	const char *name = btf_name(b, f->type);
	u32 id = kernel ? btf_find(kernel, name, BTF_KIND_STRUCT) : 0;

	if (!id)
		return 0;
	f->type = id;
	f->kernel = true;
	for (u32 i = 0; i < ARRAY_SIZE(destroyed); i++)
		if (!strcmp(destroyed[i], name))
			return 0;
	return f->kind == BTF_SPECIAL_KPTR_REF ? -ENOENT : 0;
}

static int lay_out(struct walk *w, u32 size, const struct btf_info *kernel, u32 *mask)
{
	u32 next = 0;

	*mask = 0;
	for (u32 i = 0; i < w->count; i++) {
		struct btf_special *f = &w->at[i];
		int err = 0;

		if ((u64)f->offset + f->size > size)
			return -EFAULT;
		if (f->offset < next)
			return -EEXIST;
		next = f->offset + f->size;
		*mask |= f->kind;
		if (f->kind & BTF_SPECIAL_GRAPH_ROOT)
			err = find_node(w->b, f, w->node[i]);
		else if (f->kind & POINTERS)
			err = find_pointee(w->b, kernel, f);
		if (err)
			return err;
	}
	if ((*mask & BTF_SPECIAL_LOCK) == BTF_SPECIAL_LOCK)
		return -EINVAL;
	if (*mask & BTF_SPECIAL_GRAPH_ROOT && !(*mask & BTF_SPECIAL_LOCK))
		return -EINVAL;
	if ((*mask & BTF_SPECIAL_GRAPH_NODE) == BTF_SPECIAL_GRAPH_NODE &&
	    !(*mask & BTF_SPECIAL_REFCOUNT))
		return -EINVAL;
	return 0;
}

int btf_fields_parse(const struct btf_info *b, u32 type, u32 allowed, const struct btf_info *kernel,
		     struct btf_fields *out)
{
	struct walk w = {.b = b, .allowed = allowed};
	u32 mask = 0, size;
	int err = 0;

	if (is_struct(btf_at(b, type)))
		err = walk_struct(&w, type, 0);
	else if (btf_kind_of(b, type) == BTF_KIND_DATASEC)
		err = walk_section(&w, type);
	if (!err && w.count) {
		size = btf_at(b, type)->size;
		err = lay_out(&w, size, kernel, &mask);
	}
	if (err)
		return err;
	*out = (struct btf_fields){.mask = mask, .count = w.count};
	memcpy(out->at, w.at, w.count * sizeof(w.at[0]));
	return 0;
}

bool btf_fields_in_object(const struct btf_info *b, u32 id)
{
	const u32 finds = BTF_SPECIAL_IN_OBJECTS & ~BTF_SPECIAL_RES_SPIN_LOCK;
	struct btf_special f;

	for (u32 i = 0; is_struct(btf_at(b, id)) && i < btf_field_count(b, id); i++) {
		const struct btf_type *t;
		struct btf_field m;

		btf_field_at(b, id, i, &m);
		t = btf_at(b, m.type);
		/* of the first type of that name, or a pointer to what is tagged kptr */
		if ((is_struct(t) && shape_of(b, t, finds) &&
		     btf_find(b, btf_str(b, t->name_off), BTF_KIND_STRUCT) == m.type) ||
		    btf_fields_pointer(b, m.type, BTF_SPECIAL_KPTR, &f) > 0)
			return true;
	}
	return false;
}

int btf_fields_of_object(const struct btf_info *b, u32 type, const struct btf_info *kernel,
			 struct btf_fields *out)
{
	return btf_fields_in_object(b, type)
		       ? btf_fields_parse(b, type, BTF_SPECIAL_IN_OBJECTS, kernel, out)
		       : -ENOENT;
}

int btf_fields_check_ownership(const struct btf_info *b, const struct btf_fields *fields)
{
	u32 size;

	for (u32 i = 0; i < fields->count; i++) {
		const struct btf_special *f = &fields->at[i];
		struct btf_fields owned;
		int err;

		if (f->kind == BTF_SPECIAL_UPTR) {
			if (f->kernel || btf_size_of(b, f->type, &size) || !size)
				return -EINVAL;
			if (size > PAGE_BYTES)
				return -E2BIG;
		}
		if (!(f->kind & BTF_SPECIAL_GRAPH_ROOT))
			continue;
		err = btf_fields_of_object(b, f->type, NULL, &owned);
		err = err ?: btf_fields_check_owned(fields->mask, owned.mask);
		if (err)
			return err == -ENOENT ? -EFAULT : err;
	}
	return 0;
}

int btf_fields_check_owned(u32 owner, u32 owned)
{
	if (!owned)
		return -EFAULT;
	return owner & BTF_SPECIAL_GRAPH_NODE && owned & BTF_SPECIAL_GRAPH_ROOT ? -ELOOP : 0;
}

const struct btf_special *btf_fields_find(const struct btf_fields *fields, u32 offset, u32 kinds)
{
	for (u32 i = 0; i < fields->count; i++)
		if (fields->at[i].offset == offset && fields->at[i].kind & kinds)
			return &fields->at[i];
	return NULL;
}

const struct btf_special *btf_fields_first(const struct btf_fields *fields, u32 kinds)
{
	for (u32 i = 0; fields->mask & kinds && i < fields->count; i++)
		if (fields->at[i].kind & kinds)
			return &fields->at[i];
	return NULL;
}

const struct btf_special *btf_fields_touched(const struct btf_fields *fields, u32 offset, u32 size)
{
	for (u32 i = 0; i < fields->count; i++) {
		const struct btf_special *f = &fields->at[i];

		if (f->offset < (u64)offset + size && offset < f->offset + f->size)
			return f;
	}
	return NULL;
}
