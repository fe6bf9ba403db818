// SPDX-License-Identifier: BSD-2-Clause
/* The intermediate form as text. */
#include "jit/ir.h"

static const char *const cond_text[] = {
	"==", "!=", "<", ">=", ">", "<=", "s<", "s>=", "s>", "s<=", "&", "!&"};

static void put_ref(const struct ir_function *f, struct text *t, ir_ref r)
{
	const struct ir_ins *ins = &f->ins.data[r];

	if (!r)
		text_puts(t, "-");
	else if (ins->op == IR_CONST)
		text_fmt(t, ins->imm >= -4096 && ins->imm <= 65535 ? "%lld" : "0x%llx",
			 (long long)ins->imm);
	else
		text_fmt(t, "v%u", r);
}

static void put_list(const struct ir_function *f, struct text *t, const ir_ref *list, u32 n)
{
	text_putc(t, '(');
	for (u32 i = 0; i < n; i++) {
		text_puts(t, i ? ", " : "");
		put_ref(f, t, list[i]);
	}
	text_putc(t, ')');
}

static void put_memory(const struct ir_function *f, struct text *t, const struct ir_ins *ins)
{
	text_fmt(t, "u%u[", ins->size * 8);
	put_ref(f, t, ins->a);
	text_fmt(t, "%+lld]", (long long)ins->imm);
}

static void put_plain(const struct ir_function *f, struct text *t, const struct ir_ins *ins)
{
	text_puts(t, ir_text(ins->op));
	if (ins->op == IR_PARAM || ins->op == IR_MAP || ins->op == IR_MAPVAL ||
	    ins->op == IR_MAPMEM || ins->op == IR_CODE || ins->op == IR_STOP)
		text_fmt(t, " %lld", (long long)ins->imm);
	if (ins->op == IR_ZEXT || ins->op == IR_SEXT || ins->op == IR_BSWAP)
		text_fmt(t, "%u", ins->size * 8);
	if (ir_operands(ins->op) > 0) {
		text_putc(t, ' ');
		put_ref(f, t, ins->a);
	}
}

static void put_value(const struct ir_function *f, struct text *t, const struct ir_ins *ins)
{
	switch (ins->op) {
	case IR_PHI:
		text_puts(t, "phi");
		put_list(f, t, &f->phis.data[ins->imm], (u32)f->blocks.data[ins->block].preds.len);
		break;
	case IR_LOAD:
	case IR_LOADS:
	case IR_LOADX:
	case IR_ACQUIRE:
		text_fmt(t, "%s ", ir_text(ins->op));
		put_memory(f, t, ins);
		break;
	case IR_STORE:
	case IR_RELEASE:
	case IR_ATOMIC:
	case IR_CAS:
		text_fmt(t, "%s ", ir_text(ins->op));
		put_memory(f, t, ins);
		text_puts(t, " <- ");
		put_ref(f, t, ins->b);
		if (ins->op == IR_ATOMIC)
			text_fmt(t, " op %u", ins->aux);
		break;
	case IR_HELPER:
	case IR_KFUNC:
	case IR_CALL:
	case IR_CCALL:
	case IR_VECTOR:
	case IR_TAIL:
		text_fmt(t, "%s %lld", ir_text(ins->op), (long long)ins->imm);
		put_list(f, t, &f->args.data[ins->args], ins->count);
		break;
	case IR_CMP:
	case IR_BRANCH:
		text_puts(t, ins->op == IR_CMP ? "" : "if ");
		put_ref(f, t, ins->a);
		text_fmt(t, " %s%s ", cond_text[ins->imm % 12], ins->bits == 32 ? "w" : "");
		put_ref(f, t, ins->b);
		break;
	default:
		if (ir_operands(ins->op) == 2) {
			put_ref(f, t, ins->a);
			text_fmt(t, " %s%s ", ir_text(ins->op), ins->bits == 32 ? "w" : "");
			put_ref(f, t, ins->b);
		} else if (ins->op == IR_SELECT) {
			put_ref(f, t, ins->a);
			text_puts(t, " ? ");
			put_ref(f, t, ins->b);
			text_puts(t, " : ");
			put_ref(f, t, ins->c);
		} else {
			put_plain(f, t, ins);
		}
	}
}

static void put_successors(const struct ir_function *f, struct text *t, u32 block)
{
	const struct ir_ins *end = &f->ins.data[f->blocks.data[block].last];

	for (u32 i = 0; i < ir_successor_count(f, block); i++) {
		text_puts(t, i ? ", " : " -> ");
		if (end->op == IR_SWITCH && i + 1 < end->count)
			text_fmt(t,
				 "%llu: ", (unsigned long long)f->cases.data[end->args + i].value);
		text_fmt(t, "b%u", ir_successor(f, block, i));
	}
}

void ir_print(const struct ir_function *f, struct text *t)
{
	ir_each_block(f, b)
	{
		const struct ir_block *blk = &f->blocks.data[b];

		text_fmt(t, "b%u:", b);
		for (u32 i = 0; i < blk->preds.len; i++)
			text_fmt(t, "%s b%u", i ? "," : " from", blk->preds.data[i]);
		text_fmt(t, "%s%s\n", blk->depth ? " (loop)" : "", blk->rare ? " (rare)" : "");
		ir_each(f, b, r)
		{
			const struct ir_ins *ins = &f->ins.data[r];

			if (ins->op == IR_CONST)
				continue;
			text_puts(t, "\t");
			if (!(ir_flags(ins->op) & IR_END) && ins->op != IR_STORE)
				text_fmt(t, "v%u = ", r);
			put_value(f, t, ins);
			if (ir_flags(ins->op) & IR_END)
				put_successors(f, t, b);
			text_putc(t, '\n');
		}
	}
}
