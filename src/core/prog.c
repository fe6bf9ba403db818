// SPDX-License-Identifier: BSD-2-Clause
/* Contexts of programs: what may be loaded and stored where. */
#include "core/packet.h"
#include "core/prog.h"
#include "isa/op.h"

static bool covers(const struct prog_ctx_range *r, u32 off, u32 size, u32 sizes)
{
	if (!(sizes & size & CTX_ANY) || off % size || off < r->lo || off + size > r->hi)
		return false;
	return !(sizes & CTX_AT_LO) || off == r->lo;
}

const struct prog_ctx_range *core_ctx_row(const struct prog_ctx_range *rows, u32 count,
					  u32 attach_type, u32 off, u32 size, bool write)
{
	if (!size || size > CTX_LONG || size & (size - 1) || off > UINT16_MAX)
		return NULL;
	for (u32 i = 0; i < count; i++) {
		const struct prog_ctx_range *r = &rows[i];

		if (r->attach && (attach_type >= 64 || !(r->attach >> attach_type & 1)))
			continue;
		if (covers(r, off, size, write ? r->writes : r->reads))
			return r;
	}
	return NULL;
}

const struct prog_ctx_range *core_prog_ctx(const struct prog_type_ops *ops, u32 attach_type,
					   u32 off, u32 size, bool write)
{
	return core_ctx_row(ops->ctx, ops->ctx_count, attach_type, off, size, write);
}

/* Where the pointer lies that a field of 32 bits stands for; 0: it is no such field. */
static s32 shadow_of(const struct prog_ctx_range *r)
{
	switch (r->reads & CTX_WORD ? r->kind : CTX_SCALAR) {
	case CTX_PACKET: return PACKET_SHADOW_DATA;
	case CTX_PACKET_END: return PACKET_SHADOW_END;
	case CTX_PACKET_META: return PACKET_SHADOW_META;
	default: return 0;
	}
}

bool prog_ctx_rewrite(const struct prog_type_ops *ops, struct isa_op *op)
{
	bool load = op->op == ISA_OP_LDX32;

	if (!load && op->op != ISA_OP_STX32 && op->op != ISA_OP_ST32)
		return false;
	for (u32 i = 0; i < ops->ctx_count; i++) {
		const struct prog_ctx_range *r = &ops->ctx[i];

		if (op->off < 0 || !covers(r, op->off, 4, load ? r->reads : r->writes))
			continue;
		if (load && shadow_of(r)) {
			op->op = ISA_OP_LDX64;
			op->off = shadow_of(r);
			return true;
		}
		if (!load && r->keeps == 2) {
			op->op = op->op == ISA_OP_ST32 ? ISA_OP_ST16 : ISA_OP_STX16;
			return true;
		}
	}
	return false;
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
