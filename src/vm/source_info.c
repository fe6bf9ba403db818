// SPDX-License-Identifier: BSD-2-Clause
/*
 * What ties a program to its source: func_info gives every subprogram a type,
 * line_info gives instructions lines. Both are the client's word and checked
 * as the kernel does, errno for errno.
 */
#include <errno.h>
#include <string.h>
#include "btf/btf.h"
#include "vm/instance.h"
#include "vm/load.h"

#define RECORD_MOST 252 /* bytes a client may declare for one record */

/* The record's size is the client's; bytes that we do not know must be zero. */
static int check_sizes(struct load *l, const struct load_records *r, u32 known, const char *what,
		       u16 id)
{
	if (r->rec_size < known || r->rec_size > RECORD_MOST || r->rec_size % sizeof(u32))
		return diag_set(&l->diag, -EINVAL, id, -1, "invalid %s info rec size %u", what,
				r->rec_size);
	for (u32 i = 0; i < r->count; i++) {
		const u8 *rec = r->data + (size_t)i * r->rec_size;

		for (u32 b = known; b < r->rec_size; b++)
			if (rec[b])
				return diag_set(&l->diag, -E2BIG, id, -1,
						"nonzero tailing record in %s info", what);
	}
	return 0;
}

static int check_func(struct load *l, const struct bpf_func_info *f, u32 i, u32 prev)
{
	const struct btf_info *btf = l->btf->btf;
	const struct btf_type *t = btf_at(btf, f->type_id);

	if (!i && f->insn_off)
		return diag_set(&l->diag, -EINVAL, LOAD_DIAG_FUNC_INFO, -1,
				"nonzero insn_off %u for the first func info record", f->insn_off);
	if (i && f->insn_off <= prev)
		return diag_set(
			&l->diag, -EINVAL, LOAD_DIAG_FUNC_INFO, -1,
			"same or smaller insn offset (%u) than previous func info record (%u)",
			f->insn_off, prev);
	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_FUNC)
		return diag_set(&l->diag, -EINVAL, LOAD_DIAG_FUNC_INFO, -1,
				"invalid type id %u in func info", f->type_id);
	t = btf_at(btf, t->type);
	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_FUNC_PROTO)
		return diag_set(&l->diag, -EINVAL, LOAD_DIAG_FUNC_INFO, -1,
				"type id %u in func info has no prototype", f->type_id);
	return 0;
}

static int read_funcs(struct load *l, struct prog_object *p)
{
	struct load_records *r = &l->func_info;
	struct bpf_func_info *out;
	u32 prev = 0;
	int err;

	if (!r->count)
		return 0;
	if (!l->btf)
		return diag_set(&l->diag, -EINVAL, LOAD_DIAG_FUNC_INFO, -1,
				"func info without BTF");
	err = check_sizes(l, r, sizeof(*out), "func", LOAD_DIAG_FUNC_INFO);
	if (err)
		return err;
	out = base_calloc(r->count, sizeof(*out));
	if (!out)
		return -ENOMEM;
	p->func_info = out;
	p->func_info_count = r->count;
	p->func_info_size = sizeof(*out);
	for (u32 i = 0; i < r->count; i++) {
		memcpy(&out[i], r->data + (size_t)i * r->rec_size, sizeof(*out));
		err = check_func(l, &out[i], i, prev);
		if (err)
			return err;
		prev = out[i].insn_off;
	}
	return 0;
}

static bool has_string(const struct btf_info *btf, u32 off)
{
	/* Any offset within the strings will do, the empty one too. */
	return !off || *btf_str(btf, off);
}

static int check_line(struct load *l, const struct bpf_line_info *line, u32 i, u32 prev)
{
	if ((i && line->insn_off <= prev) || line->insn_off >= l->count)
		return diag_set(&l->diag, -EINVAL, LOAD_DIAG_LINE_INFO, -1,
				"Invalid line_info[%u].insn_off:%u (prev_offset:%u prog->len:%u)",
				i, line->insn_off, prev, l->count);
	if (!l->insns[8 * (size_t)line->insn_off])
		return diag_set(&l->diag, -EINVAL, LOAD_DIAG_LINE_INFO, -1,
				"Invalid insn code at line_info[%u].insn_off", i);
	if (!has_string(l->btf->btf, line->line_off) ||
	    !has_string(l->btf->btf, line->file_name_off))
		return diag_set(&l->diag, -EINVAL, LOAD_DIAG_LINE_INFO, -1,
				"Invalid line_info[%u].line_off or .file_name_off", i);
	return 0;
}

static int keep_lines(struct prog_object *p, const struct bpf_line_info *lines, u32 count)
{
	if (vec_reserve(&p->lines, count))
		return -ENOMEM;
	for (u32 i = 0; i < count; i++)
		p->lines.data[p->lines.len++] =
			(struct line_record){lines[i].insn_off, lines[i].file_name_off,
					     lines[i].line_off, lines[i].line_col};
	return 0;
}

static int read_lines(struct load *l, struct prog_object *p)
{
	struct load_records *r = &l->line_info;
	struct bpf_line_info *out;
	u32 prev = 0;
	int err;

	if (!r->count)
		return 0;
	if (!l->btf)
		return diag_set(&l->diag, -EINVAL, LOAD_DIAG_LINE_INFO, -1,
				"line info without BTF");
	err = check_sizes(l, r, sizeof(*out), "line", LOAD_DIAG_LINE_INFO);
	if (err)
		return err;
	out = base_calloc(r->count, sizeof(*out));
	if (!out)
		return -ENOMEM;
	p->line_info = out;
	p->line_info_count = r->count;
	p->line_info_size = sizeof(*out);
	for (u32 i = 0; i < r->count; i++) {
		memcpy(&out[i], r->data + (size_t)i * r->rec_size, sizeof(*out));
		err = check_line(l, &out[i], i, prev);
		if (err)
			return err;
		prev = out[i].insn_off;
	}
	return keep_lines(p, out, r->count);
}

int source_info_read(struct load *l, struct prog_object *p)
{
	return read_funcs(l, p) ?: read_lines(l, p);
}

void prog_sub_name(const struct prog_object *p, u32 sub, char name[64])
{
	const struct bpf_func_info *f = p->func_info;
	u32 start = image_subs(p->image)[sub].start;
	struct text t;

	text_init(&t, name, 64);
	if (!sub && *p->name) {
		text_fmt(&t, "%.*s", (int)sizeof(p->name), p->name);
		return;
	}
	for (u32 i = 0; p->btf && i < p->func_info_count; i++) {
		const struct btf_type *type = btf_at(p->btf->btf, f[i].type_id);

		if (f[i].insn_off == start && type) {
			text_puts(&t, btf_str(p->btf->btf, type->name_off));
			return;
		}
	}
	if (sub)
		text_fmt(&t, "sub%u", sub);
}
