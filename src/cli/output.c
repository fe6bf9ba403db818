// SPDX-License-Identifier: BSD-2-Clause
/* The lines of a run: printk, records, notices, as text or JSON. Maps are in table.c. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "btf/render.h"
#include "cli/command.h"
#include "cli/output.h"
#include "core/helper.h"
#include "core/run.h"

int output_open(struct output *o, const char *file, bool json, bool quiet)
{
	memset(o, 0, sizeof(*o));
	o->f = stdout;
	o->json = json;
	o->quiet = quiet;
	if (!file)
		return 0;
	o->f = fopen(file, "we");
	if (!o->f) {
		o->f = stdout;
		return command_fail("%s: %s", file, strerror(errno));
	}
	return 0;
}

int output_close(struct output *o)
{
	int err = 0;

	if (!o->f)
		return 0;
	errno = 0;
	if (fflush(o->f) || ferror(o->f))
		err = errno ?: EIO;
	if (o->f != stdout && fclose(o->f))
		err = err ?: errno;
	o->f = NULL;
	/* A reader that had enough is no failure. */
	if (!err || err == EPIPE)
		return 0;
	return command_fail("the output could not be written whole: %s", strerror(err));
}

static void put(struct output *o, struct text *t)
{
	command_plain(t, "\n\t");
	fwrite(t->buf, 1, t->len, o->f);
	text_fini(t);
}

/* A JSON line of one type, open for more keys. */
static void json_line(struct text *t, struct json *j, const char *type)
{
	text_init_grow(t);
	json_init(j, t);
	json_object(j);
	json_key(j, "type");
	json_str(j, type);
}

static void json_end(struct output *o, struct text *t, struct json *j)
{
	json_end_object(j);
	text_putc(t, '\n');
	put(o, t);
}

static void key_str(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_str(j, value);
}

static void key_u64(struct json *j, const char *key, u64 value)
{
	json_key(j, key);
	json_u64(j, value);
}

void output_trace(struct output *o, const struct note *n)
{
	struct text t;
	struct json j;

	if (o->quiet)
		return;
	if (!o->json) {
		text_init_grow(&t);
		text_fmt(&t, "%s-%u: %.*s\n", n->comm, n->tid, (int)n->len, n->text);
		o->last_table = NULL;
		put(o, &t);
		return;
	}
	json_line(&t, &j, "printk");
	key_u64(&j, "pid", n->pid);
	key_u64(&j, "tid", n->tid);
	key_str(&j, "comm", n->comm);
	key_u64(&j, "cpu", n->cpu);
	key_u64(&j, "time_ns", n->time_ns);
	json_key(&j, "text");
	json_strn(&j, n->text, n->len);
	json_end(o, &t, &j);
}

void record_type_init(struct record_type *rt, const char *map, const struct btf_info *btf,
		      u32 type_id)
{
	*rt = (struct record_type){.map = map, .btf = btf, .type_id = btf ? type_id : 0};
	if (rt->type_id && table_init(&rt->table, btf, type_id, "value"))
		rt->type_id = 0;
}

void record_type_fini(struct record_type *rt)
{
	table_fini(&rt->table);
}

static void record_json(struct output *o, struct record_type *rt, const void *data, u32 size,
			bool typed)
{
	struct text t;
	struct json j;

	json_line(&t, &j, "record");
	key_str(&j, "map", rt->map);
	if (typed) {
		json_key(&j, "data");
		btf_render_json(rt->btf, rt->type_id, data, size, &j);
	} else {
		struct text h;

		text_init_grow(&h);
		btf_render_hex(data, size, &h);
		key_str(&j, "hex", h.buf ? h.buf : "");
		text_fini(&h);
	}
	json_end(o, &t, &j);
}

void output_record(struct output *o, struct record_type *rt, const void *data, u32 size)
{
	bool typed = rt->type_id && size >= rt->table.bytes;
	struct text t;

	if (o->quiet)
		return;
	if (o->json) {
		record_json(o, rt, data, size, typed);
		return;
	}
	text_init_grow(&t);
	if (!typed) {
		text_fmt(&t, "%s: ", rt->map);
		btf_render_hex(data, size, &t);
		text_putc(&t, '\n');
		o->last_table = NULL;
	} else {
		if (o->last_table != rt) {
			table_header(&rt->table, true, &t);
			text_putc(&t, '\n');
		}
		o->last_table = rt;
		table_cells(&rt->table, data, size, true, &t);
		text_putc(&t, '\n');
	}
	put(o, &t);
}

/* Notices: JSON goes with the data, text to stderr; quiet or not, they are about trouble. */
static bool as_json(struct output *o)
{
	return o->json && !o->quiet;
}

void output_lost(struct output *o, const char *map, u64 count)
{
	struct text t;
	struct json j;

	if (!as_json(o)) {
		command_note("%s: %llu records lost (they came faster than they were read)", map,
			     (unsigned long long)count);
		return;
	}
	json_line(&t, &j, "lost");
	key_str(&j, "map", map);
	key_u64(&j, "count", count);
	json_end(o, &t, &j);
}

void output_untraced(struct output *o, const struct note *n)
{
	struct text t;
	struct json j;

	if (!as_json(o)) {
		command_note("pid %u: %.*s", n->pid, (int)n->len, n->text);
		return;
	}
	json_line(&t, &j, "untraced");
	key_u64(&j, "pid", n->pid);
	json_key(&j, "what");
	json_strn(&j, n->text, n->len);
	json_end(o, &t, &j);
}

static const char *fault_words(u32 kind)
{
	static const char *const words[FAULT_COUNT] = {
		[FAULT_READ] = "bad read",
		[FAULT_WRITE] = "bad write",
		[FAULT_HELPER] = "bad helper argument",
		[FAULT_NO_HELPER] = "helper without a body",
		[FAULT_BUDGET] = "too many instructions",
		[FAULT_STACK] = "stack overflow",
		[FAULT_JUMP] = "jump out of the program",
		[FAULT_INSN] = "instruction not allowed",
		[FAULT_LOCK] = "spin lock misused",
	};

	return kind < FAULT_COUNT && words[kind] ? words[kind] : "fault";
}

/* core_helpers_init() has run with the first instance. */
static const char *helper_name(u64 id)
{
	const struct helper_proto *p = id <= UINT32_MAX ? core_helper((u32)id) : NULL;

	return p ? p->name : "a kfunc or an unknown id";
}

void output_fault(struct output *o, const char *prog, const struct world_fault *f,
		  const char *source)
{
	struct text t;
	struct json j;

	if (!as_json(o)) {
		text_init_grow(&t);
		text_fmt(&t, "program %s: %llu run%s ended early: %s at instruction %u", prog,
			 (unsigned long long)f->count, f->count == 1 ? "" : "s",
			 fault_words(f->kind), f->insn);
		if ((f->kind == FAULT_READ || f->kind == FAULT_WRITE) && f->size)
			text_fmt(&t, " (%u bytes at 0x%llx)", f->size, (unsigned long long)f->addr);
		else if (f->kind == FAULT_READ || f->kind == FAULT_WRITE)
			text_fmt(&t, " (at 0x%llx)", (unsigned long long)f->addr);
		if (f->kind == FAULT_HELPER)
			text_fmt(&t, " (argument %u is 0x%llx)", f->arg,
				 (unsigned long long)f->addr);
		if (f->kind == FAULT_NO_HELPER)
			text_fmt(&t, " (%s)", helper_name(f->addr));
		command_note("%s", t.buf);
		if (source)
			command_note_more("%s", source);
		text_fini(&t);
		return;
	}
	json_line(&t, &j, "fault");
	key_str(&j, "program", prog);
	key_str(&j, "kind", fault_words(f->kind));
	key_u64(&j, "instruction", f->insn);
	key_u64(&j, "address", f->addr);
	if (f->kind == FAULT_NO_HELPER)
		key_str(&j, "helper", helper_name(f->addr));
	key_u64(&j, "count", f->count);
	if (source)
		key_str(&j, "source", source);
	json_end(o, &t, &j);
}

void output_count(struct output *o, const char *prog, const char *what, u64 count)
{
	struct text t;
	struct json j;

	if (!as_json(o)) {
		command_note("program %s: %llu %s", prog, (unsigned long long)count, what);
		return;
	}
	json_line(&t, &j, "count");
	key_str(&j, "program", prog);
	key_str(&j, "what", what);
	key_u64(&j, "count", count);
	json_end(o, &t, &j);
}
