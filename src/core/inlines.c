// SPDX-License-Identifier: BSD-2-Clause
/* The inline forms of helpers, reached by name so that nothing includes those files. */
#include "core/builder.h"

#define INLINE_ROW(row) extern const struct inline_row row;
#include "core/inlines.def"
#undef INLINE_ROW

#define INLINE_ROW(row) &row,
static const struct inline_row *const rows[] = {
#include "core/inlines.def"
};

const struct inline_row *core_inline(u32 helper, u32 map_type)
{
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i]->helper == helper &&
		    (rows[i]->map_type == ~0u || rows[i]->map_type == map_type))
			return rows[i];
	return NULL;
}
