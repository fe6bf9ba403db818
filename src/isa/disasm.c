// SPDX-License-Identifier: BSD-2-Clause
/* The disassembler: fills the operands into a row's syntax. */
#include "isa/decode.h"
#include "isa/disasm.h"

static void format_operand(struct text *t, char what, const struct isa_op *op,
			   const struct isa_info *r)
{
	switch (what) {
	case 'd':
	case 'x': text_fmt(t, "r%u", op->dst); break;
	case 'D': text_fmt(t, "w%u", op->dst); break;
	case 's':
	case 'y': text_fmt(t, "r%u", op->src); break;
	case 'S': text_fmt(t, "w%u", op->src); break;
	case 'i': text_fmt(t, "%d", (s32)op->imm); break;
	case 'l': text_fmt(t, "0x%llx", (unsigned long long)op->imm); break;
	case 'h': text_fmt(t, "%u", (u32)isa_high(op)); break;
	case 'k': text_fmt(t, "%d", op->off); break;
	case 'o':
	case 'j': text_fmt(t, "%+d", op->off); break;
	case 'f': text_fmt(t, "%+d", (s32)op->imm); break;
	}
}

/* The part of a row's syntax that a name replaces; NULL: none. */
static const char *named_part(const struct isa_info *r, const char *p)
{
	switch (r->kind) {
	case ISA_KIND_LDDW: return p[0] == '=' && p[1] == ' ' ? "= " : NULL;
	case ISA_KIND_CALL_HELPER:
	case ISA_KIND_CALL_SUB:
	case ISA_KIND_CALL_KFUNC: return p == r->syntax ? "call " : NULL;
	}
	return NULL;
}

static void format(struct text *t, const struct isa_op *op, const struct isa_info *r,
		   const char *syntax, const char *name)
{
	for (const char *p = syntax; *p; p++) {
		const char *lead = name ? named_part(r, p) : NULL;

		if (lead) {
			text_puts(t, lead);
			text_puts(t, name);
			return;
		}
		if (*p != '$')
			text_putc(t, *p);
		else if (*++p == 'j' && name)
			text_puts(t, name);
		else
			format_operand(t, *p, op, r);
	}
}

void isa_format(struct text *t, const struct isa_op *op, u32 index, const struct isa_names *names)
{
	const struct isa_info *r = isa_info(op->op);

	if (!r)
		text_puts(t, "(invalid)");
	else
		format(t, op, r, r->syntax, names ? names->name(names->data, index, op) : NULL);
}

void isa_format_second(struct text *t, const struct isa_op *op)
{
	const struct isa_info *r = isa_info(op->op);

	if (!r)
		text_puts(t, "(invalid)");
	else
		format(t, op, r, *r->alt ? r->alt : r->syntax, NULL);
}

void isa_format_program(struct text *t, const struct isa_op *ops, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		if (ops[i].op == ISA_OP_HIGH)
			continue;
		isa_format(t, &ops[i], i, NULL);
		text_putc(t, '\n');
	}
}
