// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reduced BTF. What CO-RE does with the target's types decides what has to stay:
 *
 * - Candidates are all types whose name, without its flavour, is that of the
 *   relocation's root. Every type with such a name stays, whole: with all of
 *   them there, libbpf finds the same matches and the same ambiguities.
 * - A path is followed by member names through what is embedded: structs, unions,
 *   arrays, typedefs and modifiers within a whole type are whole too.
 * - Behind a pointer nothing is followed, but whether a type exists is decided
 *   by comparing kinds through pointers and prototypes. A struct that is only
 *   met behind a pointer therefore stays as a shell: its kind, name and size
 *   without members. (A forward declaration would be another kind.)
 *
 * So each type is left out, a shell, or whole; marking is a worklist over ids,
 * writing goes through the ids in order, so that the order of candidates stays.
 */
#include "btf/reduce.h"

#include <errno.h>
#include "base/alloc.h"
#include "base/hash.h"
#include "base/vec.h"
#include "btf/internal.h"
#include "btf/names.h"

enum keep {
	KEEP_NOT,
	KEEP_SHELL,
	KEEP_WHOLE
};

struct reducer {
	const struct btf_info *full;
	const struct btf_names *names;
	u64 starts[1024]; /* bit per first two characters: is there a name like that? */
	u8 *keep;         /* per id */
	u32 *new_id;      /* per id */
	VEC(u32) work;
	VEC(u8) types;
	VEC(char) strings;
	struct hash string_at; /* old offset + 1 -> new offset + 1 */
};

static u32 start_of(const char *name)
{
	return (u8)name[0] | (*name ? (u32)(u8)name[1] << 8 : 0);
}

static bool is_named(const struct reducer *r, const char *name)
{
	u32 start = start_of(name);
	size_t len;

	/* a name of one character may be followed by its flavour or by nothing */
	if (!*name || !(r->starts[start / 64] >> start % 64 & 1))
		return false;
	len = btf_essential_length(name);
	for (u32 i = 0; i < r->names->count; i++)
		if (!strncmp(r->names->data[i], name, len) && !r->names->data[i][len])
			return true;
	return false;
}

static int mark(struct reducer *r, u32 id, enum keep how)
{
	if (!id || id >= btf_count(r->full) || r->keep[id] >= how)
		return 0;
	r->keep[id] = how;
	return vec_push(&r->work, id);
}

/* What `id` refers to stays too; `how` for structs met on the way. */
static int mark_refs(struct reducer *r, u32 id)
{
	const struct btf_type *t = btf_at(r->full, id);
	enum keep how = r->keep[id];
	u32 kind = BTF_INFO_KIND(t->info), n = BTF_INFO_VLEN(t->info);
	const struct btf_array *a = btf_tail(t);
	const struct btf_member *m = btf_tail(t);
	const struct btf_param *p = btf_tail(t);
	int err = 0;

	switch (kind) {
	case BTF_KIND_PTR: return mark(r, t->type, KEEP_SHELL);
	case BTF_KIND_ARRAY: return mark(r, a->type, how) ?: mark(r, a->index_type, KEEP_SHELL);
	case BTF_KIND_FUNC_PROTO:
		err = mark(r, t->type, how);
		for (u32 i = 0; i < n && !err; i++)
			err = mark(r, p[i].type, how);
		return err;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		for (u32 i = 0; i < n && !err && how == KEEP_WHOLE; i++)
			err = mark(r, m[i].type, KEEP_WHOLE);
		return err;
	}
	return btf_is_chain(kind) ? mark(r, t->type, how) : 0;
}

static bool is_candidate(u32 kind)
{
	return kind == BTF_KIND_INT || btf_is_compound(kind) || kind == BTF_KIND_ENUM ||
	       kind == BTF_KIND_ENUM64 || kind == BTF_KIND_FWD || kind == BTF_KIND_TYPEDEF ||
	       kind == BTF_KIND_FLOAT;
}

static int mark_all(struct reducer *r)
{
	int err = 0;

	for (u32 i = 0; i < r->names->count; i++) {
		const char *name = r->names->data[i];
		u32 start = start_of(name);

		r->starts[start / 64] |= 1ull << start % 64;
		if (name[0] && !name[1]) /* x___flavour */
			r->starts[(start | '_' << 8) / 64] |= 1ull << (start | '_' << 8) % 64;
	}
	for (u32 id = 1; id < btf_count(r->full) && !err; id++)
		if (is_named(r, btf_name(r->full, id)) && is_candidate(btf_kind_of(r->full, id)))
			err = mark(r, id, KEEP_WHOLE);
	while (!err && r->work.len)
		err = mark_refs(r, r->work.data[--r->work.len]);
	return err;
}

/* --- writing -------------------------------------------------------------------------------- */

static int put(struct reducer *r, const void *data, size_t size)
{
	if (vec_reserve(&r->types, size))
		return -ENOMEM;
	memcpy(r->types.data + r->types.len, data, size);
	r->types.len += size;
	return 0;
}

static int put_string(struct reducer *r, u32 old, u32 *off)
{
	const char *s = btf_str(r->full, old);
	uintptr_t at = (uintptr_t)hash_get(&r->string_at, (u64)old + 1);
	size_t size = strlen(s) + 1;

	if (!*s) {
		*off = 0;
		return 0;
	}
	if (at) {
		*off = at - 1;
		return 0;
	}
	*off = r->strings.len;
	if (vec_reserve(&r->strings, size))
		return -ENOMEM;
	memcpy(r->strings.data + r->strings.len, s, size);
	r->strings.len += size;
	return hash_set(&r->string_at, (u64)old + 1, (void *)(uintptr_t)(*off + 1ul));
}

static u32 renumber(const struct reducer *r, u32 id)
{
	return id < btf_count(r->full) ? r->new_id[id] : 0;
}

/* Copies `n` entries of `words` words: a name at [0], an id at [id_at] (0: none). */
static int put_entries(struct reducer *r, const u32 *e, u32 n, u32 words, u32 id_at)
{
	for (u32 i = 0; i < n; i++, e += words) {
		u32 w[3];

		memcpy(w, e, words * sizeof(*w));
		if (put_string(r, e[0], &w[0]))
			return -ENOMEM;
		if (id_at)
			w[id_at] = renumber(r, e[id_at]);
		if (put(r, w, words * sizeof(*w)))
			return -ENOMEM;
	}
	return 0;
}

static int put_tail(struct reducer *r, const struct btf_type *t)
{
	u32 n = BTF_INFO_VLEN(t->info);
	struct btf_array a;

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: return put_entries(r, btf_tail(t), n, 3, 1);
	case BTF_KIND_FUNC_PROTO: return put_entries(r, btf_tail(t), n, 2, 1);
	case BTF_KIND_ENUM: return put_entries(r, btf_tail(t), n, 2, 0);
	case BTF_KIND_ENUM64: return put_entries(r, btf_tail(t), n, 3, 0);
	case BTF_KIND_ARRAY:
		memcpy(&a, btf_tail(t), sizeof(a));
		a.type = renumber(r, a.type);
		a.index_type = renumber(r, a.index_type);
		return put(r, &a, sizeof(a));
	}
	return put(r, btf_tail(t), btf_tail_size(t->info));
}

static int put_type(struct reducer *r, u32 id)
{
	const struct btf_type *t = btf_at(r->full, id);
	struct btf_type copy = *t;
	bool shell = btf_is_compound(BTF_INFO_KIND(t->info)) && r->keep[id] == KEEP_SHELL;
	int err = put_string(r, t->name_off, &copy.name_off);

	if (shell)
		copy.info &= ~(u32)BTF_MAX_VLEN;
	if (btf_is_ref(BTF_INFO_KIND(t->info)))
		copy.type = renumber(r, t->type);
	err = err ?: put(r, &copy, sizeof(copy));
	return err || shell ? err : put_tail(r, t);
}

/* What stands where a type was left out; also what an empty result holds. */
static int put_filler(struct reducer *r)
{
	struct btf_type filler = {.info = (u32)BTF_KIND_PTR << 24};

	return put(r, &filler, sizeof(filler));
}

static int put_all(struct reducer *r)
{
	u32 last = 0, next = 1;
	int err = vec_push(&r->strings, 0);

	for (u32 id = 1; id < btf_count(r->full); id++) {
		if (!r->keep[id])
			continue;
		r->new_id[id] = r->names->keep_ids ? id : next++;
		last = id;
	}
	for (u32 id = 1; id <= last && !err; id++)
		if (r->keep[id])
			err = put_type(r, id);
		else if (r->names->keep_ids)
			err = put_filler(r);
	return err || last ? err : put_filler(r);
}

static int assemble(const struct reducer *r, void **blob, u32 *size)
{
	struct btf_header h = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(h),
		.type_len = r->types.len,
		.str_off = r->types.len,
		.str_len = r->strings.len,
	};
	u8 *p = base_alloc(sizeof(h) + r->types.len + r->strings.len);

	if (!p)
		return -ENOMEM;
	memcpy(p, &h, sizeof(h));
	if (r->types.len)
		memcpy(p + sizeof(h), r->types.data, r->types.len);
	memcpy(p + sizeof(h) + r->types.len, r->strings.data, r->strings.len);
	*blob = p;
	*size = sizeof(h) + r->types.len + r->strings.len;
	return 0;
}

int btf_reduce(const struct btf_info *full, const struct btf_names *names, void **blob, u32 *size)
{
	struct reducer *r = base_zalloc(sizeof(*r));
	int err = -ENOMEM;

	if (!r)
		return err;
	r->full = full;
	r->names = names;
	r->keep = base_zalloc(btf_count(full));
	r->new_id = base_calloc(btf_count(full), sizeof(*r->new_id));
	if (r->keep && r->new_id)
		err = mark_all(r) ?: put_all(r) ?: assemble(r, blob, size);
	base_free(r->keep);
	base_free(r->new_id);
	vec_fini(&r->work);
	vec_fini(&r->types);
	vec_fini(&r->strings);
	hash_fini(&r->string_at);
	base_free(r);
	return err;
}
