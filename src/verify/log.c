// SPDX-License-Identifier: BSD-2-Clause
/*
 * The verification log in the kernel's form, and the verdict's record.
 *
 * Level 1 keeps the failing path only: what a path wrote is cut off when the
 * walk goes back to a branch put aside. Level 2 keeps all. Level 4 alone has
 * messages and the statistics. An instruction's line is written before it is
 * checked, and the registers it changed are put behind it, in a column, before
 * the next one's.
 */
#include <string.h>
#include "btf/btf.h"
#include "isa/disasm.h"
#include "verify/explain.h"
#include "verify/verifier.h"

#define LEVELS    (VERIFY_LOG_PATH | VERIFY_LOG_ALL)
#define COLUMN    40
#define COLUMN_BY 8

/* What the instruction reads, for the explanation. */
static void trace_failure(struct verifier *v, s32 reg)
{
	struct verify_trace *trace = v->in->trace;
	u32 regs = v->insn < v->count ? isa_uses(&v->ops[v->insn]) & ~ISA_R(10) : 0;
	struct text t;

	if (!v->state || trace->failing[0])
		return;
	if (reg >= 0 && reg < ISA_REGS)
		regs = ISA_R(reg);
	text_init(&t, trace->failing, sizeof(trace->failing));
	for (u32 i = 0; i < ISA_REGS; i++) {
		if (!(regs & ISA_R(i)) || verify_reg(v, i)->type == REG_NOT_INIT)
			continue;
		text_fmt(&t, "%sr%u=", t.len ? " " : "", i);
		vreg_format(&t, verify_reg(v, i), v->state->curframe);
	}
}

static const struct {
	int err;
	const char *name, *text, *hint;
} messages[] = {
	[MSG_NONE] = {0, "", "", ""},
#define MESSAGE(name, err, text, hint) [MSG_##name] = {err, #name, text, hint},
#include "verify/messages.def"
#undef MESSAGE
};

static void tell(struct verifier *v, s32 reg, enum verify_message id, va_list ap, bool log)
{
	char line[512];
	struct text t;

	text_init(&t, line, sizeof(line));
	text_vfmt(&t, messages[id].text, ap);
	if (log && v->in->log && v->in->log_level) {
		text_puts(v->in->log, line);
		text_putc(v->in->log, '\n');
	}
	if (v->diag && !v->diag->id) {
		diag_set(v->diag, 0, VERIFY_DIAG_BASE + id, (s32)v->insn, "%s", line);
		diag_hint(v->diag, "%s", messages[id].hint);
		if (v->in->trace)
			trace_failure(v, reg);
		v->diag->reg = reg;
	}
}

static int fail(struct verifier *v, s32 reg, enum verify_message id, va_list ap)
{
	tell(v, reg, id, ap, true);
	return -messages[id].err;
}

int verify_fail(struct verifier *v, enum verify_message id, ...)
{
	va_list ap;
	int err;

	va_start(ap, id);
	err = fail(v, -1, id, ap);
	va_end(ap);
	return err;
}

int verify_fail_quiet(struct verifier *v, enum verify_message id, ...)
{
	va_list ap;

	va_start(ap, id);
	tell(v, -1, id, ap, false);
	va_end(ap);
	return -messages[id].err;
}

int verify_fail_reg(struct verifier *v, u32 regno, enum verify_message id, ...)
{
	va_list ap;
	int err;

	va_start(ap, id);
	err = fail(v, (s32)regno, id, ap);
	va_end(ap);
	return err;
}

const char *verify_message_name(u32 diag_id)
{
	u32 row = diag_id - VERIFY_DIAG_BASE;

	return row && row < MSG_COUNT ? messages[row].name : NULL;
}

void verify_say(struct verifier *v, const char *fmt, ...)
{
	va_list ap;

	if (!v->in->log || !v->in->log_level)
		return;
	va_start(ap, fmt);
	text_vfmt(v->in->log, fmt, ap);
	va_end(ap);
}

int verify_bug(struct verifier *v, const char *what)
{
	verify_say(v, "verifier bug: %s\n", what);
	return diag_set(v->diag, -EFAULT, VERIFY_DIAG_BASE, (s32)v->insn, "verifier bug: %s", what);
}

static bool logs_states(const struct verifier *v)
{
	return v->in->log && v->in->log_level & LEVELS;
}

static const char slot_chars[] = {
	[SLOT_INVALID] = '?', [SLOT_SPILL] = 'r', [SLOT_MISC] = 'm', [SLOT_ZERO] = '0',
	[SLOT_DYNPTR] = 'd',  [SLOT_ITER] = 'i',  [SLOT_IRQ] = 'f',
};

static const char *iter_state_name(u32 state)
{
	static const char *const names[] = {"<invalid>", "active", "drained"};

	return state < ARRAY_SIZE(names) ? names[state] : "<unknown>";
}

/* "struct bpf_iter_num" is printed as "num". */
static const char *iter_name(const struct vreg *r)
{
	const char *name = r->btf ? btf_name(r->btf, r->btf_id) : "";

	return strncmp(name, "bpf_iter_", 9) ? name : name + 9;
}

static void format_dynptr(struct text *t, const struct vreg *r)
{
	const char *sep = "";

	text_fmt(t, "dynptr_%s(", dynptr_kind_name(r->dynptr_kind));
	if (r->id) {
		text_fmt(t, "%sid=%u", sep, r->id);
		sep = ",";
	}
	if (r->ref) {
		text_fmt(t, "%sref_id=%u", sep, r->ref);
		sep = ",";
	}
	if (r->dynptr_id)
		text_fmt(t, "%sdynptr_id=%u", sep, r->dynptr_id);
	text_putc(t, ')');
}

/* One slot; returns whether anything is there to print. */
static void format_slot(struct text *t, const struct vframe *f, u32 i)
{
	const struct vslot *slot = &f->slots[i];
	int off = -(int)(i + 1) * 8;
	char types[9] = {0};

	for (u32 k = 0; k < 8; k++)
		types[k] = slot_chars[slot->type[k]];
	switch (slot->type[7]) {
	case SLOT_SPILL:
		for (u32 k = 0; k < 8; k++)
			if (slot->type[k] == SLOT_SPILL) {
				types[k] = 0;
				break;
			}
		text_fmt(t, " fp%d=%s", off, types);
		vreg_format(t, &slot->reg, f->number);
		break;
	case SLOT_DYNPTR:
		text_fmt(t, " fp%d=", off);
		format_dynptr(t, &slot->reg);
		break;
	case SLOT_ITER:
		if (!slot->reg.ref)
			break;
		text_fmt(t, " fp%d=iter_%s(ref_id=%u,state=%s,depth=%u)", off,
			 iter_name(&slot->reg), slot->reg.ref,
			 iter_state_name(slot->reg.iter_state), slot->reg.iter_depth);
		break;
	default: text_fmt(t, " fp%d=%s", off, types);
	}
}

static bool slot_is_empty(const struct vslot *slot)
{
	static const u8 none[8];

	return !memcmp(slot->type, none, sizeof(none));
}

static void format_slots(struct verifier *v, struct text *t, const struct vframe *f, bool all)
{
	for (u32 i = 0; i < f->slot_count; i++) {
		if (slot_is_empty(&f->slots[i]) || !(all || v->touched_slots >> i & 1))
			continue;
		/* A dynptr's second slot is its first: printed once, at the lower address. */
		if (f->slots[i].type[7] == SLOT_DYNPTR && i + 1 < f->slot_count)
			i++;
		format_slot(t, f, i);
	}
}

void verify_log_state(struct verifier *v, const struct vstate *s, u32 frame, bool all)
{
	const struct vframe *f = s->frames[frame];
	struct text *t = v->in->log;

	if (!t || !v->in->log_level)
		return;
	if (f->number)
		text_fmt(t, " frame%u:", f->number);
	for (u32 i = 0; i < ISA_REGS; i++) {
		if (f->regs[i].type == REG_NOT_INIT || !(all || v->touched_regs >> i & 1))
			continue;
		text_fmt(t, " R%u=", i);
		vreg_format(t, &f->regs[i], f->number);
	}
	format_slots(v, t, f, all);
	for (u32 i = 0; i < s->ref_count; i++)
		text_fmt(t, "%s%u", i ? "," : " refs=", s->refs[i].id);
	if (f->in_callback)
		text_puts(t, " cb");
	if (f->in_async_callback)
		text_puts(t, " async_cb");
	text_putc(t, '\n');
	if (!all)
		v->touched_regs = v->touched_slots = 0;
}

/* Names as the kernel's listing has them: helpers with number, jumps from the next instruction. */
struct naming {
	const struct verifier *v;
	char buf[96];
};

static const char *name_of(void *data, u32 index, const struct isa_op *op)
{
	struct naming *n = data;
	const struct isa_info *info = isa_info(op->op);
	const struct helper_proto *proto;
	struct text t;

	(void)index;
	text_init(&t, n->buf, sizeof(n->buf));
	switch (info->kind) {
	case ISA_KIND_CALL_HELPER:
		proto = op->imm >= 0 ? core_helper((u32)op->imm) : NULL;
		text_fmt(&t, "%s#%d", proto ? proto->name : "unknown", (int)op->imm);
		return n->buf;
	case ISA_KIND_CALL_KFUNC:
		for (u32 i = 0; i < n->v->in->kfunc_count; i++)
			if (n->v->in->kfuncs[i].id == (u32)op->imm)
				text_fmt(&t, "%s#%d", n->v->in->kfuncs[i].name ?: "", (int)op->imm);
		if (!t.len)
			text_fmt(&t, "kernel-function#%d", (int)op->imm);
		return n->buf;
	case ISA_KIND_CALL_SUB: text_fmt(&t, "pc%+d", (int)op->imm); return n->buf;
	case ISA_KIND_JA:
	case ISA_KIND_GOTOL:
	case ISA_KIND_MAY_GOTO:
	case ISA_KIND_JMP_REG:
	case ISA_KIND_JMP_IMM: text_fmt(&t, "pc%+d", (int)op->off); return n->buf;
	case ISA_KIND_LDDW: text_fmt(&t, "0x%llx", (unsigned long long)op->imm); return n->buf;
	default: return NULL;
	}
}

/* "if r1 == 0x7 goto pc+1": constants that are compared are in hexadecimal. */
static void format_compare(struct text *t, const struct isa_op *op, const char *target)
{
	const struct isa_info *info = isa_info(op->op);

	for (const char *p = info->syntax; *p; p++) {
		if (*p != '$') {
			text_putc(t, *p);
			continue;
		}
		switch (*++p) {
		case 'd': text_fmt(t, "r%u", op->dst); break;
		case 'D': text_fmt(t, "w%u", op->dst); break;
		case 'i': text_fmt(t, "0x%x", (u32)op->imm); break;
		default: text_puts(t, target);
		}
	}
}

void verify_format_insn(const struct verifier *v, struct text *t, u32 insn)
{
	const u8 *raw = (const u8 *)v->in->raw + (size_t)insn * 8;
	struct naming naming = {.v = v};
	struct isa_names names = {name_of, &naming};
	struct isa_op op[2];
	u32 n = v->count - insn > 1 && v->ops[insn + 1].op == ISA_OP_HIGH ? 2 : 1;

	text_fmt(t, "(%02x) ", raw[0]);
	if (isa_decode(raw, n, op, NULL))
		return;
	/* What an instruction names is told by what it was resolved to. */
	if (op[0].op == ISA_OP_CALL_SUB)
		op[0].imm = (s64)(s32)op[0].imm;
	if (isa_info(op[0].op)->kind == ISA_KIND_JMP_IMM)
		format_compare(t, &op[0], name_of(&naming, insn, &op[0]));
	else if (op[0].op == ISA_OP_CALL_KFUNC || op[0].op == ISA_OP_CALL_HELPER)
		text_fmt(t, "call %s", name_of(&naming, insn, &op[0]));
	else if (isa_info(op[0].op)->cls == ISA_CLASS_ATOMIC)
		isa_format_second(t, &op[0]);
	else if (n == 2)
		text_fmt(t, "r%u = %s", op[0].dst, name_of(&naming, insn, &op[0]));
	else
		isa_format(t, &op[0], insn, &names);
}

/* The source line, when the last one printed was another. */
static void log_source(struct verifier *v)
{
	const struct verify_line *line = verify_line_of(v->in, v->insn), *last = v->prev_line;
	const char *text, *file, *slash;

	if (!line || line == last)
		return;
	if (last && line->file_off == last->file_off &&
	    line->line_col >> 10 == last->line_col >> 10)
		return;
	v->prev_line = line;
	text = btf_str(v->in->btf, line->line_off);
	while (*text == ' ' || *text == '\t')
		text++;
	file = btf_str(v->in->btf, line->file_off);
	slash = strrchr(file, '/');
	verify_say(v, "; %s @ %s:%u\n", text, slash ? slash + 1 : file, line->line_col >> 10);
}

const struct verify_line *verify_line_of(const struct verify_input *in, u32 insn)
{
	const struct verify_line *lines = in->lines;
	u32 lo = 0, hi = in->line_count;

	if (!hi || lines[0].insn > insn)
		return NULL;
	while (hi - lo > 1) {
		u32 mid = (lo + hi) / 2;

		if (lines[mid].insn <= insn)
			lo = mid;
		else
			hi = mid;
	}
	return &lines[lo];
}

/* What the last instruction changed: behind its line when nothing was said since. */
void verify_log_changes(struct verifier *v)
{
	struct text *t = v->in->log;

	if (!logs_states(v))
		return;
	if (v->log_insn_end && t->len == v->log_insn_end) {
		u32 at = v->log_insn_len,
		    width = ROUND_UP(MAX(at + COLUMN_BY / 2, COLUMN), COLUMN_BY);

		t->len--;
		t->buf[t->len] = 0;
		text_pad(t, ' ', width - at - 1);
		text_putc(t, ';');
	} else {
		text_fmt(t, "%u:", v->insn);
	}
	if (v->in->trace && v->in->trace->steps.len)
		v->in->trace->steps.data[v->in->trace->steps.len - 1].values = t->len;
	verify_log_state(v, v->state, v->state->curframe, false);
}

static void trace_insn(struct verifier *v, size_t line)
{
	struct verify_trace *trace = v->in->trace;
	struct verify_trace_step step = {v->insn, v->state->curframe, line, 0};

	trace->lost |= vec_push(&trace->steps, step) != 0;
}

void verify_log_insn(struct verifier *v)
{
	struct text *t = v->in->log;
	size_t start;

	if (!logs_states(v))
		return;
	if (v->touched_regs || v->touched_slots)
		verify_log_changes(v);
	log_source(v);
	start = t->len;
	if (v->in->trace)
		trace_insn(v, start);
	text_fmt(t, "%u: ", v->insn);
	verify_format_insn(v, t, v->insn);
	text_putc(t, '\n');
	v->log_insn_end = t->len;
	v->log_insn_len = (u32)(t->len - start);
}

void verify_log_arrive(struct verifier *v)
{
	if (!v->in->log || !(v->in->log_level & VERIFY_LOG_ALL))
		return;
	verify_say(v, "\nfrom %u to %u%s:", v->prev_insn, v->insn,
		   v->state->speculative ? " (speculative execution)" : "");
	verify_log_state(v, v->state, v->state->curframe, true);
}

void verify_log_safe(struct verifier *v, bool arrived)
{
	if (!logs_states(v))
		return;
	if (arrived)
		verify_say(v, "\nfrom %u to %u%s: safe\n", v->prev_insn, v->insn,
			   v->state->speculative ? " (speculative execution)" : "");
	else
		verify_say(v, "%u: safe\n", v->insn);
}

size_t verify_log_mark(const struct verifier *v)
{
	return v->in->log ? v->in->log->len : 0;
}

void verify_log_cut(struct verifier *v, size_t mark)
{
	struct text *t = v->in->log;

	if (!t || v->in->log_level & VERIFY_LOG_ALL || mark >= t->len)
		return;
	text_cut(t, mark);
	while (v->in->trace && v->in->trace->steps.len &&
	       v->in->trace->steps.data[v->in->trace->steps.len - 1].line >= mark)
		v->in->trace->steps.len--;
	v->log_insn_end = 0;
	v->prev_line = NULL;
}

static void log_time_and_stack(struct verifier *v)
{
	verify_say(v, "verification time %llu usec\nstack depth ",
		   (unsigned long long)(v->stats.ns / 1000));
	for (u32 i = 0; i < v->sub_count; i++) {
		/* Functions that nothing reaches have been cut out by now. */
		if (!v->failed && v->bpf && !v->insns[v->subs[i].start].seen)
			continue;
		verify_say(v, "%s%u", i ? "+" : "",
			   v->failed ? verify_sub_depth(v, i) : verify_sub_depth_shown(v, i));
	}
	verify_say(v, "\n");
}

void verify_log_stats(struct verifier *v)
{
	const struct verify_stats *s = &v->stats;

	if (v->in->log_level & VERIFY_LOG_STATS)
		log_time_and_stack(v);
	verify_say(v,
		   "processed %u insns (limit %u) max_states_per_insn %u total_states %u "
		   "peak_states %u mark_read %u\n",
		   s->processed, VERIFY_MAX_INSNS, s->max_states_per_insn, s->total_states,
		   s->peak_states, s->mark_read);
}
