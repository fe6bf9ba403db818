// SPDX-License-Identifier: BSD-2-Clause
/*
 * The decoder and encoder. Rows that share an opcode byte are chained; the one
 * whose fixed fields all match is the operation, so a field that no row
 * defines cannot get through.
 */
#include <errno.h>
#include <string.h>
#include <cygnet/abi.h>
#include "isa/decode.h"

enum {
#define KIND(name, cls, flow, uses, defs)                                                  \
	CLASS_##name = ISA_CLASS_##cls, FLOW_##name = ISA_FLOW_##flow, USES_##name = uses, \
	DEFS_##name = defs,
#include "isa/kind.def"
#undef KIND
};

static const struct isa_info infos[ISA_OP_COUNT] = {
#define INSN(name_, code_, dst_, src_, off_, imm_, kind_, bits_, sem, syntax_, alt_) \
	[ISA_OP_##name_] = {                                                         \
		.name = #name_,                                                      \
		.syntax = syntax_,                                                   \
		.alt = alt_,                                                         \
		.code = code_,                                                       \
		.kind = ISA_KIND_##kind_,                                            \
		.cls = CLASS_##kind_,                                                \
		.flow = FLOW_##kind_,                                                \
		.bits = bits_,                                                       \
		.dst = dst_,                                                         \
		.src = src_,                                                         \
		.off = off_,                                                         \
		.imm = imm_,                                                         \
		.uses = USES_##kind_,                                                \
		.defs = DEFS_##kind_,                                                \
	},
#include "isa/insn.def"
#undef INSN
};

const struct isa_info *isa_info(u32 op)
{
	return op > ISA_OP_INVALID && op < ISA_OP_COUNT ? &infos[op] : NULL;
}

static u32 resolve_fields(u32 set, const struct isa_op *op)
{
	u32 regs = set & 0xffff;

	if (set & ISA_DST)
		regs |= ISA_R(op->dst);
	if (set & ISA_SRC)
		regs |= ISA_R(op->src);
	return regs;
}

u32 isa_uses(const struct isa_op *op)
{
	const struct isa_info *info = isa_info(op->op);

	return info ? resolve_fields(info->uses, op) : 0;
}

u32 isa_defs(const struct isa_op *op)
{
	const struct isa_info *info = isa_info(op->op);

	return info ? resolve_fields(info->defs, op) : 0;
}

/* One slot as it lies in memory (little-endian hosts). */
struct slot {
	u8 code;
	u8 regs; /* dst in the low half */
	s16 off;
	s32 imm;
};

/* Rows by opcode byte: first[code], then next[row]; 0 ends the chain. */
struct row_index {
	u8 first[256];
	u8 next[ISA_OP_COUNT];
};
_Static_assert(ISA_OP_COUNT <= 256, "row numbers fit a byte");

static void index_rows(struct row_index *x)
{
	memset(x, 0, sizeof(*x));
	for (u32 op = ISA_OP_COUNT - 1; op > ISA_OP_INVALID; op--) {
		if (infos[op].kind == ISA_KIND_HIGH)
			continue;
		x->next[op] = x->first[infos[op].code];
		x->first[infos[op].code] = op;
	}
}

static bool field_fits(s32 want, s32 have)
{
	return want == ISA_ANY || want == have;
}

/* How many of the fixed fields a slot satisfies, from 0 to 4. */
static u32 fields_fitting(const struct isa_info *r, const struct slot *s)
{
	return field_fits(r->dst, s->regs & 0xf) + field_fits(r->src, s->regs >> 4) +
	       field_fits(r->off, s->off) + field_fits(r->imm, s->imm);
}

/* The row of the slot's opcode that comes nearest; 0: none has it. */
static u32 nearest_row(const struct row_index *x, const struct slot *s)
{
	u32 near = ISA_OP_INVALID, best = 0;

	for (u32 op = x->first[s->code]; op; op = x->next[op]) {
		u32 n = fields_fitting(&infos[op], s);

		if (infos[op].kind != ISA_KIND_CALLX && (!near || n > best))
			near = op, best = n;
	}
	return near;
}

/* Says which field of a slot no row defines, by the row that comes nearest. */
static int reject_fields(const struct row_index *x, const struct slot *s, u32 i, struct diag *d)
{
	u32 row = nearest_row(x, s);
	const struct isa_info *near = row ? &infos[row] : NULL;

	if (!near)
		return diag_set(d, -EINVAL, ISA_DIAG_OPCODE, i, "unknown opcode 0x%02x", s->code);
	if (!field_fits(near->dst, s->regs & 0xf))
		return diag_set(d, -EINVAL, ISA_DIAG_FIELD, i,
				"opcode 0x%02x: reserved field dst is %u", s->code, s->regs & 0xf);
	if (!field_fits(near->src, s->regs >> 4))
		return diag_set(d, -EINVAL, ISA_DIAG_FIELD, i,
				"opcode 0x%02x: undefined value %u in field src", s->code,
				s->regs >> 4);
	if (!field_fits(near->off, s->off))
		return diag_set(d, -EINVAL, ISA_DIAG_FIELD, i,
				"opcode 0x%02x: undefined value %d in field off", s->code, s->off);
	return diag_set(d, -EINVAL, ISA_DIAG_FIELD, i,
			"opcode 0x%02x: undefined value 0x%x in field imm", s->code, (u32)s->imm);
}

static u32 find_row(const struct row_index *x, const struct slot *s, u32 flags)
{
	for (u32 op = x->first[s->code]; op; op = x->next[op]) {
		if (infos[op].kind == ISA_KIND_CALLX && !(flags & ISA_DECODE_PLAIN))
			continue;
		if (fields_fitting(&infos[op], s) == 4)
			return op;
	}
	return ISA_OP_INVALID;
}

/* Joins the second slot of a 16-byte instruction. */
static int decode_pair(struct isa_op *op, const struct slot *high, u32 i, struct diag *d)
{
	if (!high)
		return diag_set(d, -EINVAL, ISA_DIAG_PAIR, i,
				"16-byte instruction is cut off by the program's end");
	if (high->code || high->regs || high->off)
		return diag_set(d, -EINVAL, ISA_DIAG_PAIR, i + 1,
				"second half of a 16-byte instruction has non-zero fields");
	switch (op->op) {
	case ISA_OP_LDDW_MAP:
	case ISA_OP_LDDW_MAP_IDX:
	case ISA_OP_LDDW_FUNC:
		if (high->imm)
			return diag_set(d, -EINVAL, ISA_DIAG_PAIR, i + 1,
					"second half of a 16-byte instruction: reserved field imm "
					"is 0x%x",
					(u32)high->imm);
		return 0;
	}
	op->imm = (s64)((u64)(u32)high->imm << 32 | (u32)op->imm);
	return 0;
}

/* `op` with the slot's operands. */
static void fill(struct isa_op *out, u32 op, const struct slot *s)
{
	const struct isa_info *r = &infos[op];

	*out = (struct isa_op){
		.op = op, .dst = s->regs & 0xf, .src = s->regs >> 4, .off = s->off, .imm = s->imm};
	if (r->kind == ISA_KIND_GOTOL)
		out->off = s->imm, out->imm = 0;
	/* A selector is in the op already; images reuse the fields. */
	if (r->src != ISA_ANY)
		out->src = 0;
	if (r->off != ISA_ANY && r->kind != ISA_KIND_GOTOL)
		out->off = 0;
	if (r->imm != ISA_ANY)
		out->imm = 0;
}

static int decode_slot(const struct row_index *x, const struct slot *s, u32 i, u32 flags,
		       struct isa_op *out, struct diag *d)
{
	u32 dst = s->regs & 0xf, src = s->regs >> 4;
	u32 op = find_row(x, s, flags);
	const struct isa_info *r = &infos[op];

	if (!op)
		return reject_fields(x, s, i, d);
	if (dst >= ISA_REGS || (r->src == ISA_ANY && src >= ISA_REGS)) {
		int err = diag_set(d, -EINVAL, ISA_DIAG_REGISTER, i, "R%u is invalid",
				   r->src == ISA_ANY && src >= ISA_REGS ? src : dst);

		diag_why(d, "registers are r0 to r10");
		return err;
	}
	fill(out, op, s);
	return 0;
}

int isa_decode_flags(const void *insns, u32 count, u32 flags, struct isa_op *out, struct diag *diag)
{
	struct row_index x;

	index_rows(&x);
	for (u32 i = 0; i < count; i++) {
		struct slot s[2];
		bool more = i + 1 < count;
		int err;

		memcpy(s, (const u8 *)insns + (size_t)i * 8, more ? 16 : 8);
		err = decode_slot(&x, &s[0], i, flags, &out[i], diag);
		if (err)
			return err;
		if (infos[out[i].op].kind != ISA_KIND_LDDW)
			continue;
		err = decode_pair(&out[i], more ? &s[1] : NULL, i, diag);
		if (err)
			return err;
		out[++i] = (struct isa_op){.op = ISA_OP_HIGH};
	}
	return 0;
}

int isa_decode(const void *insns, u32 count, struct isa_op *out, struct diag *diag)
{
	return isa_decode_flags(insns, count, 0, out, diag);
}

/* No row has the opcode: a jump stays one. */
static void fill_unknown(struct isa_op *out, const struct slot *s)
{
	u8 cls = s->code & 7, op = s->code & 0xf0;
	bool jumps = (cls == BPF_JMP || cls == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT;

	*out = (struct isa_op){.op = jumps ? ISA_OP_JEQ_IMM : ISA_OP_MOV64_IMM,
			       .off = jumps ? s->off : 0};
}

static u8 decode_nearest(const struct row_index *x, const struct slot *s, bool more,
			 struct isa_op *out)
{
	struct diag d;
	u8 bad = 0;
	u32 row;

	diag_init(&d);
	if (decode_slot(x, s, 0, 0, out, &d)) {
		bad = (u8)d.id;
		row = nearest_row(x, s);
		if (row)
			fill(out, row, s);
		else
			fill_unknown(out, s);
		out->dst = out->dst < ISA_REGS ? out->dst : 0;
		out->src = out->src < ISA_REGS ? out->src : 0;
	}
	if (infos[out->op].kind == ISA_KIND_LDDW && decode_pair(out, more ? s + 1 : NULL, 0, &d)) {
		fill_unknown(out, s);
		bad = ISA_DIAG_PAIR;
	}
	return bad;
}

bool isa_decode_nearest(const void *insns, u32 count, struct isa_op *out, u8 *bad)
{
	struct row_index x;
	bool right = true;

	index_rows(&x);
	for (u32 i = 0; i < count; i++) {
		struct slot s[2];
		bool more = i + 1 < count;

		memcpy(s, (const u8 *)insns + (size_t)i * 8, more ? 16 : 8);
		bad[i] = decode_nearest(&x, s, more, &out[i]);
		right &= !bad[i];
		if (infos[out[i].op].kind != ISA_KIND_LDDW)
			continue;
		out[++i] = (struct isa_op){.op = ISA_OP_HIGH};
		bad[i] = 0;
	}
	return right;
}

int isa_check_operands(const struct isa_op *ops, u32 count, struct diag *diag)
{
	for (u32 i = 0; i < count; i++) {
		u32 bits = 0;

		switch (ops[i].op) {
		case ISA_OP_LSH64_IMM:
		case ISA_OP_RSH64_IMM:
		case ISA_OP_ARSH64_IMM: bits = 64; break;
		case ISA_OP_LSH32_IMM:
		case ISA_OP_RSH32_IMM:
		case ISA_OP_ARSH32_IMM: bits = 32; break;
		case ISA_OP_DIV64_IMM:
		case ISA_OP_DIV32_IMM:
		case ISA_OP_MOD64_IMM:
		case ISA_OP_MOD32_IMM:
		case ISA_OP_SDIV64_IMM:
		case ISA_OP_SDIV32_IMM:
		case ISA_OP_SMOD64_IMM:
		case ISA_OP_SMOD32_IMM:
			if (!ops[i].imm)
				return diag_set(diag, -EINVAL, ISA_DIAG_OPERAND, i,
						"division by zero");
			break;
		}
		if (bits && (u64)ops[i].imm >= bits)
			return diag_set(diag, -EINVAL, ISA_DIAG_OPERAND, i, "invalid shift %d",
					(s32)ops[i].imm);
	}
	return 0;
}

/* The fields of one op that is not the second half of a pair. */
static int encode_slot(const struct isa_info *r, const struct isa_op *op, struct slot *s)
{
	bool wide = r->kind == ISA_KIND_LDDW;
	s64 imm = r->kind == ISA_KIND_GOTOL ? op->off : r->imm == ISA_ANY ? op->imm : r->imm;
	s32 off = r->off == ISA_ANY ? op->off : r->off;
	u32 dst = r->dst == ISA_ANY ? op->dst : (u32)r->dst;
	u32 src = r->src == ISA_ANY ? op->src : (u32)r->src;

	if (dst >= ISA_REGS || src >= ISA_REGS || off != (s16)off || (!wide && imm != (s32)imm))
		return -EINVAL;
	*s = (struct slot){.code = r->code, .regs = src << 4 | dst, .off = off, .imm = (s32)imm};
	return 0;
}

int isa_encode(const struct isa_op *ops, u32 count, void *insns)
{
	for (u32 i = 0; i < count; i++) {
		const struct isa_info *r = isa_info(ops[i].op);
		struct slot s[2] = {0};
		bool pair = r && r->kind == ISA_KIND_LDDW;

		if (!r || r->kind == ISA_KIND_HIGH || encode_slot(r, &ops[i], s))
			return -EINVAL;
		if (pair) {
			if (i + 1 >= count || ops[i + 1].op != ISA_OP_HIGH)
				return -EINVAL;
			if (ops[i].op != ISA_OP_LDDW_MAP && ops[i].op != ISA_OP_LDDW_MAP_IDX &&
			    ops[i].op != ISA_OP_LDDW_FUNC)
				s[1].imm = isa_high(&ops[i]);
			else if (ops[i].imm != (s32)ops[i].imm)
				return -EINVAL;
		}
		memcpy((u8 *)insns + (size_t)i * 8, s, pair ? 16 : 8);
		i += pair;
	}
	return 0;
}
