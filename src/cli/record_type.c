// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which struct a ring or perf buffer's records are. BPF has no place to say
 * it, so programs say it by convention: a value type in the map's definition,
 * or a global pointer to the struct (`struct event *unused;`) that only exists
 * to keep the type in BTF.
 */
#include <string.h>
#include <bpf/btf.h>

#include "cli/stream.h"

/* The type behind typedefs and qualifiers, by id; 0 for void. */
static u32 strip(const struct btf *btf, u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (id && (btf_is_mod(t) || btf_is_typedef(t))) {
		id = t->type;
		t = btf__type_by_id(btf, id);
	}
	return id;
}

/* A map's definition in the .maps section: the struct type, or NULL. */
static const struct btf_type *map_definition(const struct btf *btf, const char *map)
{
	int sec = btf__find_by_name_kind(btf, ".maps", BTF_KIND_DATASEC);
	const struct btf_type *t;

	if (sec < 0)
		return NULL;
	t = btf__type_by_id(btf, sec);
	for (int i = 0; i < btf_vlen(t); i++) {
		const struct btf_type *var = btf__type_by_id(btf, btf_var_secinfos(t)[i].type);

		if (!btf_is_var(var) || strcmp(btf__name_by_offset(btf, var->name_off), map))
			continue;
		var = btf__type_by_id(btf, strip(btf, var->type));
		return btf_is_struct(var) ? var : NULL;
	}
	return NULL;
}

/* The type a definition's `key` or `value` member points to; 0 when it has none. */
static u32 definition_member(const struct btf *btf, const struct btf_type *def, const char *name)
{
	for (int i = 0; def && i < btf_vlen(def); i++) {
		const struct btf_member *m = btf_members(def) + i;
		const struct btf_type *ptr;

		if (strcmp(btf__name_by_offset(btf, m->name_off), name))
			continue;
		ptr = btf__type_by_id(btf, m->type);
		return btf_is_ptr(ptr) ? ptr->type : 0;
	}
	return 0;
}

static bool is_struct(const struct btf *btf, u32 id)
{
	return id && btf_is_composite(btf__type_by_id(btf, id));
}

/* The struct that exactly one or several equal global pointers point to; 0 when none or they
 * differ. */
static u32 pointed_struct(const struct btf *btf)
{
	u32 found = 0;

	for (u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		u32 target;

		if (!btf_is_var(t))
			continue;
		t = btf__type_by_id(btf, strip(btf, t->type));
		if (!btf_is_ptr(t))
			continue;
		target = strip(btf, t->type);
		if (!is_struct(btf, target) || target == found)
			continue;
		if (found)
			return 0;
		found = target;
	}
	return found;
}

/* Is `id` a key or value of some map, or a map's definition? */
static bool used_by_maps(const struct btf *btf, struct bpf_object *obj, u32 id)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
	{
		const struct btf_type *def = map_definition(btf, bpf_map__name(map));

		if (!def)
			continue;
		if (def == btf__type_by_id(btf, id) ||
		    strip(btf, definition_member(btf, def, "key")) == id ||
		    strip(btf, definition_member(btf, def, "value")) == id)
			return true;
	}
	return false;
}

/* Structs that vmlinux.h programs carry along are the kernel's: contexts and what CO-RE reads
 * touch. */
static bool kernel_like(const char *name)
{
	static const char *const heads[] = {"trace_",       "pt_regs",   "task_struct", "bpf_",
					    "user_pt_regs", "__sk_buff", "xdp_md"};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		if (!strncmp(name, heads[i], strlen(heads[i])))
			return true;
	return strstr(name, "___") != NULL;
}

static u32 only_struct(const struct btf *btf, struct bpf_object *obj)
{
	u32 found = 0;

	for (u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *name = btf__name_by_offset(btf, t->name_off);

		if (!btf_is_struct(t) || !*name || kernel_like(name) || used_by_maps(btf, obj, id))
			continue;
		if (found)
			return 0;
		found = id;
	}
	return found;
}

u32 stream_record_type(struct bpf_object *obj, const struct bpf_map *map)
{
	const struct btf *btf = bpf_object__btf(obj);
	u32 id;

	if (!btf)
		return 0;
	id = strip(btf, definition_member(btf, map_definition(btf, bpf_map__name(map)), "value"));
	if (is_struct(btf, id))
		return id;
	id = pointed_struct(btf);
	return id ? id : only_struct(btf, obj);
}
