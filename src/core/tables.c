// SPDX-License-Identifier: BSD-2-Clause
/* The tables of level 3, reached by name so that nothing above or below includes it. */
#include "core/helper.h"
#include "core/map.h"
#include "core/prog.h"

#define MAP_TYPE(ops)          extern const struct map_ops ops;
#define HELPER_FAMILY_ROW(fam) extern const struct helper_family fam;
#define PROG_TYPE(ops)         extern const struct prog_type_ops ops;
#include "core/tables.def"
#undef MAP_TYPE
#undef HELPER_FAMILY_ROW
#undef PROG_TYPE

#define MAP_TYPE(ops) &ops,
#define HELPER_FAMILY_ROW(fam)
#define PROG_TYPE(ops)
static const struct map_ops *const map_types[] = {
#include "core/tables.def"
};
#undef MAP_TYPE
#undef HELPER_FAMILY_ROW
#undef PROG_TYPE

#define MAP_TYPE(ops)
#define HELPER_FAMILY_ROW(fam) &fam,
#define PROG_TYPE(ops)
static const struct helper_family *const helper_families[] = {
#include "core/tables.def"
};
#undef MAP_TYPE
#undef HELPER_FAMILY_ROW
#undef PROG_TYPE

#define MAP_TYPE(ops)
#define HELPER_FAMILY_ROW(fam)
#define PROG_TYPE(ops) &ops,
static const struct prog_type_ops *const prog_types[] = {
#include "core/tables.def"
};

#define HELPER_IDS 256
static struct {
	const struct helper_proto
		*proto; /* the row for all types but those with one of their own */
	bool varies;    /* there are such types */
} helper_by_id[HELPER_IDS];

void core_helpers_init(void)
{
	for (u32 f = 0; f < ARRAY_SIZE(helper_families); f++)
		for (u32 i = 0; i < helper_families[f]->count; i++) {
			const struct helper_proto *p = &helper_families[f]->protos[i];

			if (p->id < HELPER_IDS && !p->types)
				helper_by_id[p->id].proto = p;
			else if (p->id < HELPER_IDS)
				helper_by_id[p->id].varies = true;
		}
}

u32 core_helper_duplicate(void)
{
	u8 rows[HELPER_IDS] = {0};

	for (u32 f = 0; f < ARRAY_SIZE(helper_families); f++)
		for (u32 i = 0; i < helper_families[f]->count; i++) {
			const struct helper_proto *p = &helper_families[f]->protos[i];

			if (p->id < HELPER_IDS && !p->types && rows[p->id]++)
				return p->id;
		}
	return 0;
}

const struct helper_proto *core_helper(u32 id)
{
	return id < HELPER_IDS ? helper_by_id[id].proto : NULL;
}

const struct helper_proto *core_helper_for(u32 id, u32 prog_type)
{
	if (id < HELPER_IDS && !helper_by_id[id].varies)
		return core_helper(id);
	for (u32 f = 0; f < ARRAY_SIZE(helper_families); f++)
		for (u32 i = 0; i < helper_families[f]->count; i++) {
			const struct helper_proto *p = &helper_families[f]->protos[i];

			if (p->id == id && prog_type < 64 && p->types >> prog_type & 1)
				return p;
		}
	return core_helper(id);
}

static bool name_equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

const struct helper_proto *core_helper_by_name(const char *name)
{
	for (u32 id = 0; id < HELPER_IDS; id++) {
		const struct helper_proto *p = helper_by_id[id].proto;

		if (p && (name_equal(p->name, name) || name_equal(p->name + 4, name)))
			return p;
	}
	return NULL;
}

const struct map_ops *core_map_ops(u32 type)
{
	for (u32 i = 0; i < ARRAY_SIZE(map_types); i++)
		if (map_types[i]->type == type)
			return map_types[i];
	return NULL;
}

const struct prog_type_ops *core_prog_ops(u32 type)
{
	for (u32 i = 0; i < ARRAY_SIZE(prog_types); i++)
		if (prog_types[i]->type == type)
			return prog_types[i];
	return NULL;
}
