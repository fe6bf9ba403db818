// SPDX-License-Identifier: BSD-2-Clause
/*
 * The walk from an offset to a member. A struct's members are met in order; the
 * first one that [off, off + size) can lie in decides: a nested struct or union
 * is walked in turn, an array is entered at the element that holds `off`, a
 * pointer has to be read whole, anything else may be read in any part. So in a
 * union it is the first member long enough that counts, whatever the program
 * meant by it.
 *
 * A struct may end in an array without a length: what lies behind its end is an
 * element of that array.
 */
#include "btf/walk.h"

#include <errno.h>
#include <string.h>
#include "btf/internal.h"

/* Where the walk stands: `off` within struct `id`. */
struct place {
	const struct btf_info *b;
	u32 id, off, size;
	u32 flags;
};

enum step {
	STEP_FOUND,  /* a scalar or pointer: *out */
	STEP_STRUCT, /* exactly at the start of nested struct place->id; place->off is 0 */
	STEP_INSIDE, /* somewhere within it */
};

static const char *type_name(const struct btf_info *b, u32 id)
{
	const char *name = btf_name(b, id);

	return *name ? name : "(anon)";
}

static int fault(struct btf_access_fault *out, const struct place *p, enum btf_access_error what,
		 const char *field, u32 place)
{
	if (out)
		*out = (struct btf_access_fault){
			.what = what,
			.type = type_name(p->b, p->id),
			.field = field,
			.off = p->off,
			.size = p->size,
			.place = place,
		};
	return what == BTF_ACCESS_HOLE ? -EINVAL : what == BTF_ACCESS_SIZE ? -EFAULT : -EACCES;
}

/* Elements are what a load from an array finds: strips dimensions, counts bytes. */
static int element_of(const struct btf_info *b, u32 id, u32 *elem, u32 *elem_size, u32 *size)
{
	if (btf_size_of(b, id, size))
		return -EINVAL;
	*elem = btf_strip(b, id);
	for (u32 depth = 0; btf_kind_of(b, *elem) == BTF_KIND_ARRAY; depth++) {
		u32 next, n;

		if (depth >= BTF_NEST_MAX || btf_array_of(b, *elem, &next, &n))
			return -EINVAL;
		*elem = btf_strip(b, next);
	}
	return btf_size_of(b, *elem, elem_size);
}

enum behind {
	BEHIND_NOTHING,
	BEHIND_NUMBERS,
	BEHIND_STRUCT, /* *p is moved into the element */
};

/* Past the end of the struct: into its last member, an array of no length? */
static enum behind into_flexible(struct place *p, struct btf_field *f)
{
	u32 n = btf_field_count(p->b, p->id), elem, count, size;

	if (!n || btf_kind_of(p->b, p->id) != BTF_KIND_STRUCT)
		return BEHIND_NOTHING;
	btf_field_at(p->b, p->id, n - 1, f);
	if (btf_array_of(p->b, btf_strip(p->b, f->type), &elem, &count) || count ||
	    p->off < f->bit_offset / 8)
		return BEHIND_NOTHING;
	elem = btf_strip(p->b, elem);
	if (btf_kind_of(p->b, elem) == BTF_KIND_INT)
		return BEHIND_NUMBERS;
	if (!btf_is_compound(btf_kind_of(p->b, elem)) || btf_size_of(p->b, elem, &size) || !size)
		return BEHIND_NOTHING;
	p->off = (p->off - f->bit_offset / 8) % size;
	p->id = elem;
	return BEHIND_STRUCT;
}

bool btf_pointee(const struct btf_info *b, u32 id, u32 *target)
{
	const struct btf_type *t = btf_at(b, btf_strip(b, id));

	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_PTR)
		return false;
	*target = btf_strip(b, t->type);
	return true;
}

u32 btf_pointer_tags(const struct btf_info *b, u32 ptr_id)
{
	const struct btf_type *t = btf_at(b, btf_strip(b, ptr_id));
	u32 flags = 0;

	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_PTR)
		return 0;
	for (u32 steps = 0; steps < BTF_CHAIN_MAX; steps++) {
		const char *tag;

		t = btf_at(b, t->type);
		if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_TYPE_TAG || BTF_INFO_KFLAG(t->info))
			return flags;
		tag = btf_str(b, t->name_off);
		flags |= !strcmp(tag, "user")     ? BTF_FOUND_USER
			 : !strcmp(tag, "percpu") ? BTF_FOUND_PERCPU
			 : !strcmp(tag, "rcu")    ? BTF_FOUND_RCU
						  : 0;
	}
	return flags;
}

static int found_pointer(const struct place *p, const struct btf_field *f, u32 id, u32 moff,
			 struct btf_access *out, struct btf_access_fault *err)
{
	u32 target;

	if (p->off != moff || p->size != 8)
		return fault(err, p, BTF_ACCESS_POINTER, f->name, moff);
	btf_pointee(p->b, id, &target);
	*out = (struct btf_access){
		.found = btf_is_compound(btf_kind_of(p->b, target)) ? BTF_FOUND_OBJECT
								    : BTF_FOUND_OTHER,
		.flags = p->flags | btf_pointer_tags(p->b, id),
		.field = f->name,
	};
	if (out->found == BTF_FOUND_OBJECT)
		out->type = target;
	return STEP_FOUND;
}

enum met {
	MET_PASSED, /* the access lies behind this member */
	MET_BEFORE, /* ... before it: no later one can hold it */
	MET_SCALAR, /* a whole bitfield */
	MET_INSIDE,
};

/* Member against access; INSIDE: *moff becomes the offset of the array element that holds it. */
static enum met meet(const struct place *p, const struct btf_field *f, u32 *moff, u32 *mend,
		     u32 *elem)
{
	u32 size, each;

	*moff = f->bit_offset / 8;
	if ((u64)p->off + p->size <= *moff)
		return MET_BEFORE;
	if (f->bit_size) {
		/* compilers read more than the field where that is simpler */
		if ((u64)p->off * 8 <= f->bit_offset &&
		    (u64)f->bit_offset + f->bit_size <= ((u64)p->off + p->size) * 8)
			return MET_SCALAR;
		return MET_PASSED;
	}
	if (p->off < *moff)
		return MET_BEFORE;
	if (element_of(p->b, f->type, elem, &each, &size))
		return MET_PASSED;
	*mend = *moff + size;
	if (p->off >= *mend)
		return MET_PASSED;
	if (each)
		*moff += (p->off - *moff) / each * each;
	return MET_INSIDE;
}

static int found_scalar(const struct place *p, const struct btf_field *f, struct btf_access *out)
{
	*out = (struct btf_access){
		.found = BTF_FOUND_SCALAR,
		.flags = p->flags,
		.field = f->name,
	};
	return STEP_FOUND;
}

/*
 * One struct, in whose bounds the access lies: found, a fault, or STEP_STRUCT
 * with *p at the start of a nested one, or STEP_INSIDE with *p within it.
 */
static int walk_members(struct place *p, struct btf_access *out, struct btf_access_fault *err)
{
	for (u32 i = 0; i < btf_field_count(p->b, p->id); i++) {
		struct btf_field f;
		u32 moff, mend, elem;

		btf_field_at(p->b, p->id, i, &f);
		switch (meet(p, &f, &moff, &mend, &elem)) {
		case MET_PASSED: continue;
		case MET_BEFORE: return fault(err, p, BTF_ACCESS_HOLE, "", 0);
		case MET_SCALAR: return found_scalar(p, &f, out);
		case MET_INSIDE: break;
		}
		if (btf_is_compound(btf_kind_of(p->b, elem))) {
			p->id = elem;
			p->off -= moff;
			return p->off ? STEP_INSIDE : STEP_STRUCT;
		}
		if (btf_kind_of(p->b, elem) == BTF_KIND_PTR)
			return found_pointer(p, &f, elem, moff, out, err);
		/* mend: of an array's last element; of a union another member may be meant */
		if ((u64)p->off + p->size > mend && !(p->flags & BTF_FOUND_IN_UNION))
			return fault(err, p, BTF_ACCESS_MEMBER, f.name, mend);
		return found_scalar(p, &f, out);
	}
	return fault(err, p, BTF_ACCESS_HOLE, "", 0);
}

/* From the struct the walk stands in to what it finds, or to a struct that starts right there. */
static int walk(struct place *p, struct btf_access *out, struct btf_access_fault *err)
{
	/* nesting is finite in checked BTF; in a view it may be anything */
	for (u32 depth = 0; depth <= BTF_NEST_MAX; depth++) {
		struct btf_field f;
		int step;

		if (btf_kind_of(p->b, p->id) == BTF_KIND_UNION && btf_field_count(p->b, p->id) != 1)
			p->flags |= BTF_FOUND_IN_UNION;
		if ((u64)p->off + p->size > btf_at(p->b, p->id)->size) {
			switch (into_flexible(p, &f)) {
			case BEHIND_NOTHING: return fault(err, p, BTF_ACCESS_BEYOND, "", 0);
			case BEHIND_NUMBERS: return found_scalar(p, &f, out);
			case BEHIND_STRUCT: continue;
			}
		}
		step = walk_members(p, out, err);
		if (step != STEP_INSIDE)
			return step;
	}
	return fault(err, p, BTF_ACCESS_SIZE, "", 0);
}

int btf_struct_access(const struct btf_info *b, u32 id, u32 off, u32 size, struct btf_access *out,
		      struct btf_access_fault *err)
{
	struct place p = {.b = b, .id = btf_strip(b, id), .off = off, .size = size};
	struct btf_access found;
	int r = STEP_STRUCT;

	if (!btf_is_compound(btf_kind_of(b, p.id)))
		return fault(err, &p, BTF_ACCESS_SIZE, "", 0);
	for (u32 depth = 0; r == STEP_STRUCT; depth++) {
		if (depth > BTF_NEST_MAX)
			return fault(err, &p, BTF_ACCESS_SIZE, "", 0);
		r = walk(&p, &found, err);
	}
	if (r < 0)
		return r;
	*out = found;
	return 0;
}

bool btf_types_are_same(const struct btf_info *b1, u32 id1, const struct btf_info *b2, u32 id2)
{
	if (b1 == b2)
		return id1 == id2;
	return btf_at(b1, id1) == btf_at(b2, id2);
}

bool btf_struct_ids_match(const struct btf_info *b, u32 id, u32 off, const struct btf_info *need_b,
			  u32 need_id, bool strict)
{
	struct place p = {.b = b, .id = btf_strip(b, id), .off = off, .size = 1};
	struct btf_access unused;

	need_id = btf_strip(need_b, need_id);
	if (!off && btf_types_are_same(b, p.id, need_b, need_id))
		return true;
	if (strict || !btf_is_compound(btf_kind_of(b, p.id)))
		return false;
	for (u32 depth = 0; depth <= BTF_NEST_MAX; depth++) {
		if (walk(&p, &unused, NULL) != STEP_STRUCT)
			return false;
		if (btf_types_are_same(b, p.id, need_b, need_id))
			return true;
	}
	return false;
}

bool btf_name_ends(const char *name, const char *suffix)
{
	size_t n = strlen(name), s = strlen(suffix);

	return n > s && !memcmp(name + n - s, suffix, s);
}

bool btf_names_alias(const struct btf_info *b1, u32 id1, const struct btf_info *b2, u32 id2)
{
	static const char suffix[] = "___init";
	const char *n1 = btf_name(b1, id1), *n2 = btf_name(b2, id2);
	size_t l1 = strlen(n1), l2 = strlen(n2);

	if (l1 > l2)
		return l1 - l2 == sizeof(suffix) - 1 && !memcmp(n1, n2, l2) &&
		       !strcmp(n1 + l2, suffix);
	return l2 - l1 == sizeof(suffix) - 1 && !memcmp(n1, n2, l1) && !strcmp(n2 + l1, suffix);
}

int btf_function_of(const struct btf_info *b, u32 id, struct btf_function *out)
{
	const struct btf_type *t = btf_at(b, id);

	if (t && BTF_INFO_KIND(t->info) == BTF_KIND_FUNC) {
		id = t->type;
		t = btf_at(b, id);
	}
	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_FUNC_PROTO)
		return -EINVAL;
	*out = (struct btf_function){
		.proto = id,
		.ret = t->type,
		.arg_count = BTF_INFO_VLEN(t->info),
		.args = btf_tail(t),
	};
	if (out->arg_count) {
		const struct btf_param *last = &out->args[out->arg_count - 1];

		out->variadic = !last->type && !last->name_off;
	}
	return 0;
}
