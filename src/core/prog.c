// SPDX-License-Identifier: BSD-2-Clause
/* Contexts of programs: what may be loaded and stored where. */
#include "core/prog.h"

static bool covers(const struct prog_ctx_range *r, u32 off, u32 size, u32 sizes)
{
	if (!(sizes & size & CTX_ANY) || off % size || off < r->lo || off + size > r->hi)
		return false;
	return !(sizes & CTX_AT_LO) || off == r->lo;
}

const struct prog_ctx_range *core_prog_ctx(const struct prog_type_ops *ops, u32 attach_type,
					   u32 off, u32 size, bool write)
{
	if (!size || size > CTX_LONG || size & (size - 1) || off > UINT16_MAX)
		return NULL;
	for (u32 i = 0; i < ops->ctx_count; i++) {
		const struct prog_ctx_range *r = &ops->ctx[i];

		if (r->attach && (attach_type >= 64 || !(r->attach >> attach_type & 1)))
			continue;
		if (covers(r, off, size, write ? r->writes : r->reads))
			return r;
	}
	return NULL;
}

void core_prog_ctx_writes(const struct prog_type_ops *ops, u32 *lo, u32 *hi)
{
	*lo = *hi = 0;
	for (u32 i = 0; i < ops->ctx_count; i++) {
		const struct prog_ctx_range *r = &ops->ctx[i];

		if (!r->writes)
			continue;
		*lo = *hi ? MIN(*lo, r->lo) : r->lo;
		*hi = MAX(*hi, r->hi);
	}
}
