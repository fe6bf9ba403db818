// SPDX-License-Identifier: BSD-2-Clause
/* One verdict as text for people, or as one JSON object. */
#include <string.h>

#include "base/json.h"
#include "cli/verdict.h"
#include "core/run.h"

bool verdict_is_compared(u32 kernel)
{
	u32 series = kernel >> 8;

	return series == 0x0601 || series == 0x060c || series == 0x0612;
}

static void put_version(struct text *t, u32 kernel)
{
	text_fmt(t, "%u.%u", kernel >> 16, kernel >> 8 & 255);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *past_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/* text ---------------------------------------------------------------------- */

/* The refused line with a caret below the column, where one is known. */
static void put_source(struct text *t, const struct explain_place *p)
{
	const char *source;
	u32 lead;

	if (!p->source)
		return;
	source = past_blanks(p->source);
	lead = (u32)(source - p->source);
	text_fmt(t, "  %6u | %s\n", p->line, source);
	if (p->column > lead)
		text_fmt(t, "         | %*s^\n", (int)(p->column - lead - 1), "");
}

static const char *const role_words[] = {
	[EXPLAIN_FAILS] = "",
	[EXPLAIN_SETS] = "",
	[EXPLAIN_TAKEN] = "  (the jump is taken)",
	[EXPLAIN_NOT_TAKEN] = "  (the jump is not taken)",
	[EXPLAIN_CALLS] = "  (is called)",
};

static void put_place(struct text *t, const struct explain_place *p)
{
	if (p->source)
		text_fmt(t, "  %6u | %s", p->line, past_blanks(p->source));
	else
		text_fmt(t, "  insn %u: %s", p->insn, p->text);
	text_fmt(t, "%s\n", role_words[p->role]);
	if (*p->values)
		text_fmt(t, "         |   %s\n", p->values);
}

static void put_path(struct text *t, const struct explanation *e)
{
	if (e->place_count < 2)
		return;
	text_fmt(t, "  How it comes about%s:\n", e->more ? " (the last steps)" : "");
	for (u32 i = 0; i + 1 < e->place_count; i++)
		put_place(t, &e->places[i]);
}

static void put_hex(struct text *t, const u8 *p, u32 n)
{
	for (u32 i = 0; i < n; i++)
		text_fmt(t, "%02x", p[i]);
}

/* Bytes in lines of 32, and what runs of them are not shown. */
static void put_bytes(struct text *t, const char *what, const u8 *p, u32 n)
{
	for (u32 i = 0; i < n; i += 32) {
		text_fmt(t, i ? "    %9s " : "    %s of %u bytes:\n              ", i ? "" : what,
			 n);
		put_hex(t, p + i, MIN(n - i, 32u));
		text_putc(t, '\n');
	}
}

static const char *fault_word(u32 kind)
{
	switch (kind) {
	case FAULT_READ: return "reads memory that is not there";
	case FAULT_WRITE: return "writes memory that is not there, or not its own";
	case FAULT_HELPER: return "calls a helper with what it does not take";
	default: return "does what no program may";
	}
}

static void put_witness(struct text *t, const struct verdict *v)
{
	const struct witness *w = &v->witness;

	if (!w->found)
		return;
	text_fmt(t, "  It %s, for example, on this input (attempt %u):\n", fault_word(w->kind),
		 w->runs);
	put_bytes(t, "a packet", w->data, w->data_size);
	put_bytes(t, "a context", w->ctx, w->ctx_size);
}

static void put_refusal(struct text *t, const struct verdict *v)
{
	const struct explanation *e = &v->why;
	const struct explain_place *last = e->place_count ? &e->places[e->place_count - 1] : NULL;

	if (!*e->what) {
		text_fmt(t, "  %s\n", *v->reason ? v->reason : strerror(-v->err));
		return;
	}
	text_puts(t, "  ");
	if (last && last->source)
		text_fmt(t, "%s:%u: ", base_name(last->file), last->line);
	text_fmt(t, "%s", e->what);
	if (*e->name)
		text_fmt(t, " [%s]", e->name);
	text_putc(t, '\n');
	if (last)
		put_source(t, last);
	if (last)
		text_fmt(t, "         | instruction %u%s%s: %s\n", last->insn,
			 *e->function ? " in " : "", e->function, last->text);
	if (last && *last->values)
		text_fmt(t, "         |   %s\n", last->values);
	if (*e->why)
		text_fmt(t, "  %s\n", e->why);
	put_path(t, e);
	put_witness(t, v);
	if (*e->hint)
		text_fmt(t, "  What to do: %s\n", e->hint);
}

static void put_age(struct text *t, const struct verdict *v)
{
	if (!v->oldest)
		return;
	if (v->err) {
		text_puts(t, "  Linux ");
		put_version(t, v->oldest);
		text_puts(t, " takes it");
	} else {
		text_puts(t, "  since Linux ");
		put_version(t, v->oldest);
	}
	text_puts(t, verdict_is_compared(v->oldest) ? "" : " (modelled)");
	if (v->below) {
		text_puts(t, "; ");
		put_version(t, v->below);
		text_fmt(t, " says: %s", v->missing);
	}
	text_putc(t, '\n');
}

void verdict_text(const struct verdict *v, struct text *t)
{
	text_fmt(t, "%s: %s (%s): ", base_name(v->file), v->program, v->section);
	if (v->skipped) {
		text_fmt(t, "skipped: %s\n", v->reason);
		return;
	}
	text_fmt(t, "%s by Linux ", v->err ? "refused" : "accepted");
	put_version(t, v->kernel);
	if (!verdict_is_compared(v->kernel))
		text_puts(t, " (modelled)");
	if (v->err) {
		text_putc(t, '\n');
		put_refusal(t, v);
	} else {
		text_fmt(t, ": %u instructions, %u visited, %u bytes of stack\n", v->insns,
			 v->stats.processed, v->stack);
	}
	put_age(t, v);
}

/* JSON ---------------------------------------------------------------------- */

static void member(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	if (value)
		json_str(j, value);
	else
		json_null(j);
}

static void number(struct json *j, const char *key, u64 value)
{
	json_key(j, key);
	json_u64(j, value);
}

static void version(struct json *j, const char *key, u32 kernel)
{
	char buf[16];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	put_version(&t, kernel);
	member(j, key, kernel ? buf : NULL);
}

static void json_place(struct json *j, const struct explain_place *p)
{
	static const char *const roles[] = {"fails", "sets", "taken", "not_taken", "calls"};

	json_object(j);
	member(j, "role", roles[p->role]);
	number(j, "insn", p->insn);
	member(j, "text", p->text);
	member(j, "values", p->values);
	member(j, "file", p->file);
	member(j, "source", p->source ? past_blanks(p->source) : NULL);
	if (p->source) {
		number(j, "line", p->line);
		number(j, "column", p->column);
	}
	json_end_object(j);
}

static void member_hex(struct json *j, const char *key, const u8 *p, u32 n)
{
	struct text t;

	text_init_grow(&t);
	put_hex(&t, p, n);
	member(j, key, t.buf ? t.buf : "");
	text_fini(&t);
}

static void json_witness(struct json *j, const struct witness *w)
{
	json_key(j, "witness");
	if (!w->found) {
		json_null(j);
		return;
	}
	json_object(j);
	member_hex(j, "data", w->data, w->data_size);
	member_hex(j, "ctx", w->ctx, w->ctx_size);
	number(j, "address", w->addr);
	number(j, "size", w->size);
	json_end_object(j);
}

static void json_refusal(struct json *j, const struct verdict *v)
{
	const struct explanation *e = &v->why;

	number(j, "errno", (u64)-v->err);
	member(j, "id", e->name && *e->name ? e->name : NULL);
	member(j, "message", e->what && *e->what ? e->what : v->reason);
	member(j, "why", e->why && *e->why ? e->why : NULL);
	member(j, "hint", e->hint && *e->hint ? e->hint : NULL);
	member(j, "function", e->function && *e->function ? e->function : NULL);
	json_key(j, "insn");
	json_s64(j, e->what ? e->insn : -1);
	json_key(j, "register");
	json_s64(j, e->what ? e->reg : -1);
	number(j, "path_length", e->path_length);
	json_key(j, "path");
	json_array(j);
	for (u32 i = 0; i < e->place_count; i++)
		json_place(j, &e->places[i]);
	json_end_array(j);
	json_witness(j, &v->witness);
}

static void json_cost(struct json *j, const struct verdict *v)
{
	number(j, "instructions", v->insns);
	number(j, "visited", v->stats.processed);
	number(j, "states", v->stats.total_states);
	number(j, "peak_states", v->stats.peak_states);
	number(j, "peak_bytes", v->stats.peak_bytes);
	number(j, "time_us", v->stats.ns / 1000);
	number(j, "stack", v->stack);
}

void verdict_json(const struct verdict *v, struct text *t)
{
	struct json j;

	json_init(&j, t);
	json_object(&j);
	member(&j, "file", v->file);
	member(&j, "program", v->program);
	member(&j, "section", v->section);
	member(&j, "type", v->type);
	version(&j, "kernel", v->kernel);
	json_key(&j, "compared");
	json_bool(&j, verdict_is_compared(v->kernel));
	member(&j, "verdict", v->skipped ? "skipped" : v->err ? "refused" : "accepted");
	if (v->skipped)
		member(&j, "message", v->reason);
	else if (v->err)
		json_refusal(&j, v);
	else
		json_cost(&j, v);
	version(&j, "oldest", v->oldest);
	version(&j, "below", v->below);
	if (v->below)
		member(&j, "missing", v->missing);
	json_end_object(&j);
	text_putc(t, '\n');
}

void verdict_fini(struct verdict *v)
{
	explanation_fini(&v->why);
}
