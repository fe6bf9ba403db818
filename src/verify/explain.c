// SPDX-License-Identifier: BSD-2-Clause
/*
 * The explanation of a refusal.
 *
 * A second verification records the failing path, instruction by instruction.
 * From its end the path is walked backwards with a set of what the failure
 * depends on: first the registers of the refused instruction, then whatever the
 * instructions that set those were given. An instruction that sets one of them
 * belongs to the story, as does a condition on one of them. Stack slots are
 * followed where they are addressed from r10 directly; other memory is where a
 * story begins. What belongs to it is told by source lines, each once, the last
 * ten of them.
 */
#include <string.h>
#include "btf/btf.h"
#include "isa/decode.h"
#include "isa/disasm.h"
#include "verify/explain.h"
#include "verify/verifier.h"

#define MAX_STORY 4096 /* steps that belong to it; more are not looked for */

/* What the failure depends on, per frame. */
struct needs {
	u32 regs[VERIFY_MAX_FRAMES];
	u64 slots[VERIFY_MAX_FRAMES];
};

struct story {
	const struct verify_input *in;
	const struct verify_trace *trace;
	const struct text *log;
	struct explanation *e;
	struct needs needs;
	bool packet; /* a pointer into a packet was refused: tests against its end matter */
	u32 count;   /* places found, the last of the path first */
	struct explain_place found[EXPLAIN_MAX_PLACES];
};

static const char *format_insn(struct story *s, u32 insn)
{
	char buf[128];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	isa_format(&t, &s->in->ops[insn], insn, NULL);
	return arena_strdup(&s->e->arena, buf) ?: "";
}

/* The value of one register in what the log says of a step: "R3=..." up to the next blank. */
static void add_value(struct story *s, const struct verify_trace_step *step, u32 reg,
		      struct text *t)
{
	const char *at, *end;
	char key[8];
	struct text k;

	if (!step->values || step->values >= s->log->len)
		return;
	text_init(&k, key, sizeof(key));
	text_fmt(&k, " R%u=", reg);
	at = s->log->buf + step->values;
	end = at + strcspn(at, "\n");
	for (const char *p = at; p + k.len <= end; p++)
		if (!memcmp(p, key, k.len)) {
			p += k.len;
			text_fmt(t, "%sr%u=", t->len ? " " : "", reg);
			for (u32 depth = 0; p < end && (*p != ' ' || depth); p++) {
				depth += *p == '(';
				depth -= *p == ')' && depth;
				text_putc(t, *p);
			}
			return;
		}
}

static void add_values(struct story *s, const struct verify_trace_step *step, u32 regs,
		       struct explain_place *place)
{
	char buf[512];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	for (u32 i = 0; i < ISA_REGS; i++)
		if (regs & ISA_R(i))
			add_value(s, step, i, &t);
	place->values = t.len ? arena_strdup(&s->e->arena, buf) : "";
	if (!place->values)
		place->values = "";
}

/* A step joins the story; a source line that is there already keeps its latest step only. */
static void tell(struct story *s, const struct verify_trace_step *step, enum explain_role role,
		 u32 regs)
{
	const struct verify_line *line = verify_line_of(s->in, step->insn);
	struct explain_place p = {.role = role, .insn = step->insn};

	if (line && s->in->btf && line->line_col >> 10) {
		const char *file = btf_str(s->in->btf, line->file_off);

		p.file = arena_strdup(&s->e->arena, file);
		p.source = arena_strdup(&s->e->arena, btf_str(s->in->btf, line->line_off));
		p.line = line->line_col >> 10;
		p.column = line->line_col & 0x3ff;
	}
	for (u32 i = 0; i < s->count; i++)
		if (s->found[i].insn == p.insn ||
		    (p.source && s->found[i].line == p.line && s->found[i].file &&
		     !strcmp(s->found[i].file, p.file) && s->found[i].role != EXPLAIN_TAKEN &&
		     s->found[i].role != EXPLAIN_NOT_TAKEN && role == EXPLAIN_SETS))
			return;
	if (s->count == EXPLAIN_MAX_PLACES) {
		s->e->more = true;
		return;
	}
	p.text = format_insn(s, step->insn);
	add_values(s, step, regs, &p);
	s->found[s->count++] = p;
}

/* A slot of the frame that [r10 + off] lies in; ~0: no such access. */
static u32 slot_of(u8 base, s32 off)
{
	return base == 10 && off < 0 && off >= -ISA_STACK_SIZE ? (u32)(-off - 1) / 8 : ~0u;
}

static void follow_load(struct needs *n, const struct isa_op *op, u32 f)
{
	u32 slot = slot_of(op->src, op->off);

	if (slot != ~0u)
		n->slots[f] |= 1ull << slot;
	else
		n->regs[f] |= ISA_R(op->src) & ~ISA_R(10);
}

/* Does the store fill a slot that is needed? */
static bool follow_store(struct needs *n, const struct isa_op *op, u32 f)
{
	u32 slot = slot_of(op->dst, op->off);

	if (slot == ~0u || !(n->slots[f] >> slot & 1))
		return false;
	n->slots[f] &= ~(1ull << slot);
	if (isa_info(op->op)->kind == ISA_KIND_STX)
		n->regs[f] |= ISA_R(op->src);
	return true;
}

/* The step sets something that is needed: now what it was set from is. */
static void follow_set(struct story *s, const struct verify_trace_step *step,
		       const struct isa_op *op, u32 set)
{
	struct needs *n = &s->needs;
	u32 f = step->frame;

	/* A mere copy tells nothing. */
	if (isa_info(op->op)->kind != ISA_KIND_MOV_REG)
		tell(s, step, EXPLAIN_SETS, set);
	n->regs[f] &= ~set;
	switch (isa_info(op->op)->cls) {
	case ISA_CLASS_LOAD: follow_load(n, op, f); break;
	case ISA_CLASS_CALL: break;
	default: n->regs[f] |= isa_uses(op) & ~ISA_R(10);
	}
}

/* Into a function: what its parameters must be, the caller's registers were. */
static void follow_call(struct story *s, const struct verify_trace_step *step)
{
	struct needs *n = &s->needs;
	u32 f = step->frame, args = 0x3e;

	if (f + 1 >= VERIFY_MAX_FRAMES)
		return;
	if (n->regs[f + 1] & args)
		tell(s, step, EXPLAIN_CALLS, n->regs[f + 1] & args);
	n->regs[f] |= n->regs[f + 1] & args;
	n->regs[f + 1] = 0;
	n->slots[f + 1] = 0;
}

/* Does the log say that of the registers a step concerns? */
static bool mentions(const struct story *s, const struct verify_trace_step *step, const char *what)
{
	const char *at;

	if (!step->values || step->values >= s->log->len)
		return false;
	at = s->log->buf + step->values;
	return memmem(at, strcspn(at, "\n"), what, strlen(what));
}

static void follow(struct story *s, size_t i)
{
	const struct verify_trace_step *step = &s->trace->steps.data[i];
	const struct verify_trace_step *next = &s->trace->steps.data[i + 1];
	const struct isa_op *op = &s->in->ops[step->insn];
	const struct isa_info *info = isa_info(op->op);
	u32 f = step->frame, set = s->needs.regs[f] & isa_defs(op);

	if (info->kind == ISA_KIND_CALL_SUB && next->frame == f + 1) {
		follow_call(s, step);
	} else if (info->cls == ISA_CLASS_EXIT) {
		if (f && s->needs.regs[f - 1] & ISA_R(0)) {
			s->needs.regs[f - 1] &= ~ISA_R(0);
			s->needs.regs[f] |= ISA_R(0);
		}
	} else if (info->flow == ISA_FLOW_BRANCH) {
		u32 tested = isa_uses(op) & s->needs.regs[f];

		if (!tested && s->packet && mentions(s, step, "=pkt_end("))
			tested = isa_uses(op);
		if (tested)
			tell(s, step,
			     next->insn == (u32)isa_target(op, step->insn) ? EXPLAIN_TAKEN
									   : EXPLAIN_NOT_TAKEN,
			     tested);
	} else if (info->cls == ISA_CLASS_STORE) {
		if (follow_store(&s->needs, op, f))
			tell(s, step, EXPLAIN_SETS, isa_uses(op) & ~ISA_R(10));
	} else if (set) {
		follow_set(s, step, op, set);
	}
}

static bool needs_nothing(const struct needs *n)
{
	for (u32 f = 0; f < VERIFY_MAX_FRAMES; f++)
		if (n->regs[f] || n->slots[f])
			return false;
	return true;
}

static void walk_back(struct story *s)
{
	size_t count = s->trace->steps.len;
	const struct verify_trace_step *last = &s->trace->steps.data[count - 1];
	const struct isa_op *op = &s->in->ops[last->insn];
	u32 regs = isa_uses(op);

	if (s->e->reg >= 0 && s->e->reg < ISA_REGS && regs & ISA_R(s->e->reg))
		regs = ISA_R(s->e->reg);
	tell(s, last, EXPLAIN_FAILS, 0);
	s->found[0].values = arena_strdup(&s->e->arena, s->trace->failing) ?: "";
	s->packet = strstr(s->trace->failing, "=pkt");
	s->needs.regs[last->frame] = regs & ~ISA_R(10);
	for (size_t i = count - 1, n = 0; i-- > 0 && n < MAX_STORY; n++) {
		if (needs_nothing(&s->needs) && !s->packet)
			break;
		follow(s, i);
	}
	for (u32 i = 0; i < s->count; i++)
		s->e->places[i] = s->found[s->count - 1 - i];
	s->e->place_count = s->count;
}

/* The function that holds the instruction, by the client's func_info. */
static const char *function_of(const struct verify_input *in, s32 insn)
{
	const char *name = "";

	for (u32 i = 0; insn >= 0 && i < in->func_count && in->funcs[i].insn <= (u32)insn; i++)
		name = btf_name(in->btf, in->funcs[i].type_id);
	return name;
}

static void start(const struct verify_input *in, int err, const struct diag *diag,
		  struct explanation *e)
{
	const char *name = verify_message_name(diag->id);

	*e = (struct explanation){.err = err, .id = diag->id, .insn = diag->insn, .reg = diag->reg};
	e->name = name ?: "";
	e->what = arena_strdup(&e->arena, diag->what) ?: "";
	e->why = arena_strdup(&e->arena, diag->why) ?: "";
	e->hint = arena_strdup(&e->arena, diag->hint) ?: "";
	e->function = in->btf ? arena_strdup(&e->arena, function_of(in, diag->insn)) : NULL;
	if (!e->function)
		e->function = "";
}

/* A place without a path: what is wrong was seen before anything was walked. */
static void tell_place(struct story *s, s32 insn)
{
	struct verify_trace_step step = {.insn = (u32)insn};

	if (insn < 0 || (u32)insn >= s->in->count)
		return;
	tell(s, &step, EXPLAIN_FAILS, 0);
	s->e->places[0] = s->found[0];
	s->e->place_count = 1;
}

int verify_explain(const struct verify_input *in, int err, const struct diag *diag,
		   struct explanation *out)
{
	struct verify_input again = *in;
	struct verify_output output = {0};
	struct verify_trace trace = {0};
	struct diag ignored;
	struct text log;
	struct story s = {.in = in, .trace = &trace, .log = &log, .e = out};

	start(in, err, diag, out);
	text_init_grow(&log);
	again.log_level = VERIFY_LOG_PATH;
	again.log = &log;
	again.trace = &trace;
	diag_init(&ignored);
	if (!verify_program(&again, &output, &ignored)) {
		base_free(output.facts);
		base_free(output.subs);
	}
	out->path_length = (u32)trace.steps.len;
	if (trace.steps.len && diag->insn >= 0 &&
	    trace.steps.data[trace.steps.len - 1].insn == (u32)diag->insn)
		walk_back(&s);
	else
		tell_place(&s, diag->insn);
	vec_fini(&trace.steps);
	text_fini(&log);
	return trace.lost ? -ENOMEM : 0;
}

void explanation_fini(struct explanation *e)
{
	arena_fini(&e->arena);
	*e = (struct explanation){0};
}
