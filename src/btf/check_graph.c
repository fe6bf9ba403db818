// SPDX-License-Identifier: BSD-2-Clause
/*
 * The graph that types form: every id must lead to something that makes sense
 * where it stands, sizes must be computable and members lie inside their structs.
 *
 * Depth first with an explicit stack of at most BTF_DEPTH_MAX types. Types may
 * refer to each other in circles as long as a pointer is among them (struct a {
 * struct a *next; }), so a walk that came from a struct or an array does not look
 * behind pointers, and one that came from a pointer does not look into structs:
 * each looks only for the loops that would make its own sizes undefined (struct a
 * { struct a x; }; a pointer's chain of typedefs that never ends). What ends a
 * walk depends on where it began; pointers and modifiers left behind as ends are
 * walked later, from the outer loop over all ids.
 *
 * A resolved type notes where its chain of modifiers ended (resolved_id) and,
 * for arrays, its size. A forward step never happens twice.
 */
#include "btf/check.h"

#include <errno.h>
#include "base/alloc.h"

enum {
	NOT_VISITED,
	VISITED,
	RESOLVED
};

static const struct btf_type *type_of(const struct btf_checker *c, u32 id)
{
	return btf_at(c->b, id);
}

static u32 kind_of(const struct btf_type *t)
{
	return t->info ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;
}

/* No value has this type. */
static bool is_sizeless(const struct btf_type *t)
{
	switch (kind_of(t)) {
	case BTF_KIND_UNKN:
	case BTF_KIND_FWD:
	case BTF_KIND_FUNC:
	case BTF_KIND_FUNC_PROTO:
	case BTF_KIND_DECL_TAG: return true;
	}
	return false;
}

/* Nothing may refer to it by type id, save those that say so. */
static bool is_source_only(const struct btf_type *t)
{
	u32 kind = kind_of(t);

	return kind == BTF_KIND_VAR || kind == BTF_KIND_DECL_TAG || kind == BTF_KIND_DATASEC;
}

static bool has_own_size(u32 kind)
{
	return kind == BTF_KIND_INT || btf_is_compound(kind) || kind == BTF_KIND_ENUM ||
	       kind == BTF_KIND_ENUM64 || kind == BTF_KIND_FLOAT || kind == BTF_KIND_DATASEC;
}

static bool needs_resolving(u32 kind)
{
	return btf_is_chain(kind) || kind == BTF_KIND_PTR || btf_is_compound(kind) ||
	       kind == BTF_KIND_ARRAY || kind == BTF_KIND_VAR || kind == BTF_KIND_FUNC ||
	       kind == BTF_KIND_DECL_TAG || kind == BTF_KIND_DATASEC;
}

static bool is_resolved(const struct btf_checker *c, u32 id)
{
	return id < c->b->start_id || c->state[id - c->b->start_id] == RESOLVED;
}

static u32 resolved_id(const struct btf_checker *c, u32 id)
{
	return id < c->b->start_id ? btf_strip(c->b, id) : c->resolved_id[id - c->b->start_id];
}

static bool array_size(const struct btf_checker *c, u32 id, u32 *size)
{
	if (id < c->b->start_id)
		return !btf_size_of(c->b, id, size);
	*size = c->resolved_size[id - c->b->start_id];
	return true;
}

/* The type that gives `*id` its size, which becomes *id; NULL: it has none. */
static const struct btf_type *sized(const struct btf_checker *c, u32 *id, u32 *size)
{
	const struct btf_type *t = type_of(c, *id);
	u32 at = *id, kind, bytes = 0;

	if (!t || is_sizeless(t))
		return NULL;
	kind = kind_of(t);
	if (!has_own_size(kind) && kind != BTF_KIND_ARRAY && kind != BTF_KIND_PTR) {
		/* a modifier or a variable */
		at = resolved_id(c, at);
		t = type_of(c, at);
		if (!t || is_sizeless(t))
			return NULL;
		kind = kind_of(t);
	}
	if (has_own_size(kind))
		bytes = t->size;
	else if (kind == BTF_KIND_PTR)
		bytes = 8;
	else if (kind != BTF_KIND_ARRAY || !array_size(c, at, &bytes))
		return NULL;
	*id = at;
	if (size)
		*size = bytes;
	return t;
}

static int push(struct btf_checker *c, const struct btf_type *t, u32 id)
{
	u32 kind = kind_of(t);

	if (c->depth == BTF_DEPTH_MAX)
		return -E2BIG;
	if (id < c->b->start_id || c->state[id - c->b->start_id] != NOT_VISITED)
		return -EEXIST;
	c->state[id - c->b->start_id] = VISITED;
	c->stack[c->depth++] = (struct btf_frame){.t = t, .id = id};
	if (c->walk == WALK_ANY)
		c->walk = kind == BTF_KIND_PTR                              ? WALK_POINTER
			  : btf_is_compound(kind) || kind == BTF_KIND_ARRAY ? WALK_COMPOUND
									    : WALK_ANY;
	return 0;
}

static int pop(struct btf_checker *c, u32 id, u32 size)
{
	u32 own = c->stack[--c->depth].id - c->b->start_id;

	c->resolved_id[own] = id;
	c->resolved_size[own] = size;
	c->state[own] = RESOLVED;
	return 0;
}

/* Need this walk look behind `t`? */
static bool must_follow(const struct btf_checker *c, const struct btf_type *t, u32 id)
{
	u32 kind = kind_of(t);
	bool end;

	switch (c->walk) {
	case WALK_POINTER: end = !btf_is_chain(kind) && kind != BTF_KIND_PTR; break;
	case WALK_COMPOUND:
		end = !btf_is_chain(kind) && kind != BTF_KIND_ARRAY && !btf_is_compound(kind);
		break;
	default: end = !needs_resolving(kind);
	}
	return !end && !is_resolved(c, id);
}

static bool is_regular_int(const struct btf_type *t)
{
	u32 data = *(const u32 *)btf_tail(t), bytes = BTF_INT_BITS(data) / 8;

	return !(BTF_INT_BITS(data) & 7) && !BTF_INT_OFFSET(data) &&
	       (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8 || bytes == 16);
}

/*
 * Where a chain that need not have a size ends: void, forward and prototype will
 * do. A function that is resolved already stands for its prototype (one that is
 * not is refused: the kernel's verdict depends on the order of ids).
 */
static bool may_end_sizeless(const struct btf_checker *c, u32 *id)
{
	u32 end = *id;
	const struct btf_type *t = type_of(c, end);

	if (t && end >= c->b->start_id && is_resolved(c, end)) {
		end = resolved_id(c, end);
		t = type_of(c, end);
	}
	if (!t || (kind_of(t) != BTF_KIND_UNKN && kind_of(t) != BTF_KIND_FWD &&
		   kind_of(t) != BTF_KIND_FUNC_PROTO))
		return false;
	*id = end;
	return true;
}

static int resolve_modifier(struct btf_checker *c, struct btf_frame *f)
{
	u32 id = f->t->type;
	const struct btf_type *next = type_of(c, id);

	if (!next || is_source_only(next))
		return btf_log_type(c, f->t, -EINVAL, "Invalid type_id");
	if (must_follow(c, next, id))
		return push(c, next, id);
	if (!sized(c, &id, NULL) && !may_end_sizeless(c, &id))
		return btf_log_type(c, f->t, -EINVAL, "Invalid type_id");
	return pop(c, id, 0);
}

/*
 * A modifier resolved by a walk through structs may have ended at a pointer that
 * this walk, through pointers, has to look behind: -EAGAIN when nothing was pushed.
 */
static int follow_pointer_behind(struct btf_checker *c, const struct btf_type *next, u32 id)
{
	const struct btf_type *end;
	u32 end_id;

	if (!btf_is_chain(kind_of(next)))
		return -EAGAIN;
	end_id = resolved_id(c, id);
	end = type_of(c, end_id);
	if (end && kind_of(end) == BTF_KIND_PTR && must_follow(c, end, end_id))
		return push(c, end, end_id);
	return -EAGAIN;
}

static int resolve_pointer(struct btf_checker *c, struct btf_frame *f)
{
	u32 id = f->t->type;
	const struct btf_type *next = type_of(c, id);
	int err;

	if (!next || is_source_only(next))
		return btf_log_type(c, f->t, -EINVAL, "Invalid type_id");
	if (must_follow(c, next, id))
		return push(c, next, id);
	err = follow_pointer_behind(c, next, id);
	if (err != -EAGAIN)
		return err;
	if (!sized(c, &id, NULL) && !may_end_sizeless(c, &id))
		return btf_log_type(c, f->t, -EINVAL, "Invalid type_id");
	return pop(c, id, 0);
}

static int resolve_var(struct btf_checker *c, struct btf_frame *f)
{
	u32 id = f->t->type;
	const struct btf_type *next = type_of(c, id);
	int err;

	if (!next || is_source_only(next))
		return btf_log_type(c, f->t, -EINVAL, "Invalid type_id");
	if (must_follow(c, next, id))
		return push(c, next, id);
	err = follow_pointer_behind(c, next, id);
	if (err != -EAGAIN)
		return err;
	if (!sized(c, &id, NULL))
		return btf_log_type(c, f->t, -EINVAL, "Invalid type_id");
	return pop(c, id, 0);
}

static int resolve_array(struct btf_checker *c, struct btf_frame *f)
{
	const struct btf_array *a = btf_tail(f->t);
	u32 id = a->index_type, size;
	const struct btf_type *t = type_of(c, id);

	if (!t || is_sizeless(t) || is_source_only(t))
		return btf_log_type(c, f->t, -EINVAL, "Invalid index");
	if (must_follow(c, t, id))
		return push(c, t, id);
	t = sized(c, &id, NULL);
	if (!t || kind_of(t) != BTF_KIND_INT || !is_regular_int(t))
		return btf_log_type(c, f->t, -EINVAL, "Invalid index");

	id = a->type;
	t = type_of(c, id);
	if (!t || is_sizeless(t) || is_source_only(t))
		return btf_log_type(c, f->t, -EINVAL, "Invalid elem");
	if (must_follow(c, t, id))
		return push(c, t, id);
	t = sized(c, &id, &size);
	if (!t)
		return btf_log_type(c, f->t, -EINVAL, "Invalid elem");
	if (kind_of(t) == BTF_KIND_INT && !is_regular_int(t))
		return btf_log_type(c, f->t, -EINVAL, "Invalid array of int");
	if (a->nelems && size > UINT32_MAX / a->nelems)
		return btf_log_type(c, f->t, -EINVAL, "Array size overflows U32_MAX");
	return pop(c, id, size * a->nelems);
}

/* Member `m`, whose type is resolved: is it one, and does it lie within the struct? */
static int check_resolved_member(struct btf_checker *c, const struct btf_type *s,
				 struct btf_member m, const struct btf_type *t)
{
	bool kflag = BTF_INFO_KFLAG(s->info);

	if (btf_is_chain(kind_of(t))) {
		u32 id = resolved_id(c, m.type);

		t = type_of(c, id);
		if (!t || is_sizeless(t))
			return btf_log_member(c, s, &m, -EINVAL, "Invalid member");
		m.type = id; /* what the log names from here on */
	}
	return btf_check_member(c, s, &m, t, kflag ? BTF_MEMBER_BIT_OFFSET(m.offset) : m.offset,
				kflag ? BTF_MEMBER_BITFIELD_SIZE(m.offset) : 0);
}

static int resolve_struct(struct btf_checker *c, struct btf_frame *f)
{
	const struct btf_member *m = btf_tail(f->t);

	for (u32 i = f->next_member; i < BTF_INFO_VLEN(f->t->info); i++) {
		const struct btf_type *t = type_of(c, m[i].type);
		int err;

		if (!t || is_sizeless(t) || is_source_only(t))
			return btf_log_member(c, f->t, &m[i], -EINVAL, "Invalid member");
		if (must_follow(c, t, m[i].type)) {
			f->next_member = i; /* comes back to the same one, resolved */
			return push(c, t, m[i].type);
		}
		err = check_resolved_member(c, f->t, m[i], t);
		if (err)
			return err;
	}
	return pop(c, 0, 0);
}

static int resolve_datasec(struct btf_checker *c, struct btf_frame *f)
{
	const struct btf_var_secinfo *v = btf_tail(f->t);

	c->walk = WALK_ANY;
	for (u32 i = f->next_member; i < BTF_INFO_VLEN(f->t->info); i++) {
		const struct btf_type *var = type_of(c, v[i].type);
		u32 id, size;

		if (!var || kind_of(var) != BTF_KIND_VAR)
			return btf_log_secinfo(c, f->t, &v[i], -EINVAL, "Not a VAR kind member");
		if (must_follow(c, var, v[i].type)) {
			f->next_member = i + 1; /* the kernel takes its size on trust */
			return push(c, var, v[i].type);
		}
		id = var->type;
		if (!sized(c, &id, &size))
			return btf_log_secinfo(c, f->t, &v[i], -EINVAL, "Invalid type");
		if (v[i].size < size)
			return btf_log_secinfo(c, f->t, &v[i], -EINVAL, "Invalid size");
	}
	return pop(c, 0, 0);
}

static int resolve_decl_tag(struct btf_checker *c, struct btf_frame *f)
{
	const struct btf_decl_tag *d = btf_tail(f->t);
	u32 id = f->t->type, kind, members;
	const struct btf_type *next = type_of(c, id);

	kind = next ? kind_of(next) : BTF_KIND_UNKN;
	if (!btf_is_compound(kind) && kind != BTF_KIND_FUNC && kind != BTF_KIND_VAR &&
	    kind != BTF_KIND_TYPEDEF)
		return btf_log_type(c, f->t, -EINVAL, "Invalid type_id");
	if (must_follow(c, next, id))
		return push(c, next, id);
	if (d->component_idx != -1) {
		if (kind == BTF_KIND_VAR || kind == BTF_KIND_TYPEDEF)
			return btf_log_type(c, f->t, -EINVAL, "Invalid component_idx");
		members = BTF_INFO_VLEN(next->info);
		if (kind == BTF_KIND_FUNC) {
			next = type_of(c, next->type);
			members = next ? BTF_INFO_VLEN(next->info) : 0;
		}
		if ((u32)d->component_idx >= members)
			return btf_log_type(c, f->t, -EINVAL, "Invalid component_idx");
	}
	return pop(c, id, 0);
}

static int resolve_func(struct btf_checker *c, struct btf_frame *f)
{
	const struct btf_type *proto = type_of(c, f->t->type);
	const struct btf_param *p;

	if (!proto || kind_of(proto) != BTF_KIND_FUNC_PROTO)
		return btf_log_type(c, f->t, -EINVAL, "Invalid type_id");
	p = btf_tail(proto);
	for (u32 i = 0; i < BTF_INFO_VLEN(proto->info); i++)
		if (!p[i].name_off && p[i].type)
			return btf_log_type(c, f->t, -EINVAL, "Invalid arg#%u", i + 1);
	return pop(c, f->t->type, 0);
}

static int resolve_top(struct btf_checker *c)
{
	struct btf_frame *f = &c->stack[c->depth - 1];

	c->log_id = f->id;
	switch (kind_of(f->t)) {
	case BTF_KIND_PTR: return resolve_pointer(c, f);
	case BTF_KIND_VAR: return resolve_var(c, f);
	case BTF_KIND_ARRAY: return resolve_array(c, f);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: return resolve_struct(c, f);
	case BTF_KIND_DATASEC: return resolve_datasec(c, f);
	case BTF_KIND_DECL_TAG: return resolve_decl_tag(c, f);
	case BTF_KIND_FUNC: return resolve_func(c, f);
	}
	return resolve_modifier(c, f);
}

static int resolve(struct btf_checker *c, const struct btf_type *t, u32 id)
{
	u32 log_id = c->log_id;
	int err;

	c->walk = WALK_ANY;
	c->depth = 0;
	err = push(c, t, id);
	while (!err && c->depth)
		err = resolve_top(c);
	c->log_id = id;
	if (err == -E2BIG)
		btf_log_type(c, t, 0, "Exceeded max resolving depth:%u", BTF_DEPTH_MAX);
	else if (err == -EEXIST)
		btf_log_type(c, t, 0, "Loop detected");
	c->log_id = log_id;
	return err;
}

/* What a function takes or returns: a type that has a size. */
static int resolve_value(struct btf_checker *c, u32 id, bool *ok)
{
	const struct btf_type *t = type_of(c, id);

	*ok = t && !is_source_only(t);
	if (*ok && needs_resolving(kind_of(t)) && !is_resolved(c, id)) {
		int err = resolve(c, t, id);

		if (err)
			return err;
	}
	*ok = *ok && sized(c, &id, NULL);
	return 0;
}

static int check_prototype(struct btf_checker *c, const struct btf_type *t)
{
	const struct btf_param *p = btf_tail(t);
	u32 n = BTF_INFO_VLEN(t->info);
	bool ok;
	int err;

	if (t->type) {
		err = resolve_value(c, t->type, &ok);
		if (err)
			return err;
		if (!ok)
			return btf_log_type(c, t, -EINVAL, "Invalid return type");
	}
	if (n && !p[n - 1].type) { /* varargs */
		if (p[n - 1].name_off)
			return btf_log_type(c, t, -EINVAL, "Invalid arg#%u", n);
		n--;
	}
	for (u32 i = 0; i < n; i++) {
		if (!type_of(c, p[i].type) || is_source_only(type_of(c, p[i].type)))
			return btf_log_type(c, t, -EINVAL, "Invalid arg#%u", i + 1);
		if (p[i].name_off && !btf_is_identifier(c, p[i].name_off))
			return btf_log_type(c, t, -EINVAL, "Invalid arg#%u", i + 1);
		err = resolve_value(c, p[i].type, &ok);
		if (err)
			return err;
		if (!ok)
			return btf_log_type(c, t, -EINVAL, "Invalid arg#%u", i + 1);
	}
	return 0;
}

int btf_check_graph(struct btf_checker *c)
{
	for (u32 id = c->b->start_id; id < btf_count(c->b); id++) {
		const struct btf_type *t = type_of(c, id);
		int err = 0;

		c->log_id = id;
		if (needs_resolving(kind_of(t)) && !is_resolved(c, id))
			err = resolve(c, t, id);
		if (!err && kind_of(t) == BTF_KIND_FUNC_PROTO)
			err = check_prototype(c, t);
		if (err)
			return err;
	}
	return 0;
}

/* Type tags stand before const, volatile and so on, never behind; chains end. */
static int check_tag_order(struct btf_checker *c)
{
	u32 good = c->b->start_id - 1;

	for (u32 i = c->b->start_id; i < btf_count(c->b); good = i++) {
		const struct btf_type *t = type_of(c, i);
		bool in_tags = kind_of(t) == BTF_KIND_TYPE_TAG;
		u32 id = i;

		if (!btf_is_chain(kind_of(t)))
			continue;
		for (u32 steps = 0; btf_is_chain(kind_of(t)); steps++) {
			if (steps == BTF_DEPTH_MAX)
				return btf_log(c, -ELOOP, "Max chain length or cycle detected");
			if (kind_of(t) != BTF_KIND_TYPE_TAG)
				in_tags = false;
			else if (!in_tags)
				return btf_log(c, -EINVAL, "Type tags don't precede modifiers");
			if (id <= good)
				break;
			id = t->type;
			t = type_of(c, id);
			if (!t)
				return -EINVAL;
		}
	}
	return 0;
}

int btf_check(struct btf_info *b, struct text *log)
{
	struct btf_checker c = {.b = b, .log = log};
	size_t most = b->hdr.type_len / sizeof(struct btf_type) + 1;
	int err;

	b->at = base_alloc(most * sizeof(*b->at));
	if (!b->at)
		return -ENOMEM;
	err = btf_check_records(&c);
	if (err)
		return err;
	c.graph = true;
	c.state = base_zalloc((size_t)b->own + 1);
	c.resolved_id = base_calloc((size_t)b->own + 1, 2 * sizeof(u32));
	err = -ENOMEM;
	if (c.state && c.resolved_id) {
		c.resolved_size = c.resolved_id + b->own + 1;
		err = btf_check_graph(&c) ?: check_tag_order(&c);
	}
	base_free(c.state);
	base_free(c.resolved_id);
	return err;
}
