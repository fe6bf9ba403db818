// SPDX-License-Identifier: BSD-2-Clause
/* What a run reports of its programs at the end: faults with source lines, misses, unanswered
 * questions. */
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "cli/summary.h"
#include "vm/instance.h"

/* Line information of a loaded program, as bpf(2) gives it to anybody. */
static struct bpf_prog_linfo *line_info(int fd)
{
	struct bpf_prog_info info = {0};
	struct bpf_prog_linfo *out = NULL;
	__u32 len = sizeof(info), count, size;
	void *lines;

	if (bpf_obj_get_info_by_fd(fd, &info, &len) || !info.nr_line_info ||
	    !info.line_info_rec_size)
		return NULL;
	count = info.nr_line_info;
	size = info.line_info_rec_size;
	lines = base_calloc(count, size);
	if (!lines)
		return NULL;
	memset(&info, 0, sizeof(info));
	info.nr_line_info = count;
	info.line_info_rec_size = size;
	info.line_info = ptr_to_u64(lines);
	len = sizeof(info);
	if (!bpf_obj_get_info_by_fd(fd, &info, &len))
		out = bpf_prog_linfo__new(&info);
	base_free(lines);
	return out;
}

/* "file.c:12: text of the line" of an instruction. */
static void source_line(const struct bpf_prog_linfo *lines, const struct btf *btf, u32 insn,
			struct text *out)
{
	const struct bpf_line_info *l = lines ? bpf_prog_linfo__lfind(lines, insn, 0) : NULL;
	const char *file, *slash, *line;

	if (!l || !btf)
		return;
	file = btf__name_by_offset(btf, l->file_name_off) ?: "";
	slash = strrchr(file, '/');
	line = btf__name_by_offset(btf, l->line_off) ?: "";
	while (*line == ' ' || *line == '\t')
		line++;
	text_fmt(out, "%s:%u: %s", slash ? slash + 1 : file, BPF_LINE_INFO_LINE_NUM(l->line_col),
		 line);
}

static void print_faults(const struct bpf_program *p, const struct bpf_unit *u,
			 const struct world_prog *w, struct output *out)
{
	struct bpf_prog_linfo *lines = line_info(bpf_program__fd(p));

	for (u32 i = 0; i < WORLD_FAULT_SITES; i++) {
		struct world_fault f = w->sites[i];
		struct text source;

		if (!f.kind)
			continue;
		text_init_grow(&source);
		source_line(lines, bpf_object__btf(u->obj), f.insn, &source);
		output_fault(out, bpf_program__name(p), &f, source.len ? source.buf : NULL);
		text_fini(&source);
	}
	bpf_prog_linfo__free(lines);
}

static struct prog_object *loaded(struct cygnet *inst, const struct bpf_program *p)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);
	struct object *o;

	if (bpf_program__fd(p) < 0 || bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len))
		return NULL;
	pthread_mutex_lock(&inst->lock);
	o = object_by_id(inst, OBJECT_PROG, info.id);
	pthread_mutex_unlock(&inst->lock);
	return o ? container_of(o, struct prog_object, o) : NULL;
}

void summary_print(struct cygnet *inst, struct bpf_unit *u, struct output *out)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, u->obj)
	{
		struct prog_object *prog = loaded(inst, p);
		const struct world_prog *w;

		if (!prog || prog->stats >= WORLD_PROGS)
			continue;
		w = &inst->page->prog[prog->stats];
		if (w->faults)
			print_faults(p, u, w, out);
		if (w->recursion_misses)
			output_count(out, bpf_program__name(p),
				     "events missed (a run was in progress, or no slot free)",
				     w->recursion_misses);
		if (w->unknown)
			output_count(out, bpf_program__name(p),
				     "questions about the event that cannot be answered here",
				     w->unknown);
	}
}
