// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a client may see of native code, in the kernel's terms: the functions' code
 * one behind the other, where each stands and how long it is, and where each record
 * of line_info begins. Functions here stand in one block: each reaches to the next.
 *
 * Optimised code has no order of lines: a record's address is that of the first code
 * of its instructions, or its predecessor's when there is none or it stands before
 * that (readers expect that addresses ascend).
 */
#include "sys/jited.h"
#include "vm/engine.h"

static u32 function_end(const struct native_prog *n, u32 sub)
{
	u32 end = n->size;

	for (u32 s = 0; s < n->sub_count; s++)
		if (n->subs[s] > n->subs[sub])
			end = MIN(end, n->subs[s]);
	return end;
}

static int put_code(struct call *k, const struct native_prog *n, struct bpf_prog_info *info)
{
	u32 room = info->jited_prog_len, done = 0;
	int err = 0;

	for (u32 s = 0; s < n->sub_count && !err; s++) {
		u32 size = function_end(n, s) - n->subs[s], fit = MIN(size, room - MIN(room, done));

		err = call_write(k, info->jited_prog_insns + done, u64_to_ptr(n->code + n->subs[s]),
				 fit);
		done += size;
	}
	info->jited_prog_len = done;
	return err;
}

static int put_functions(struct call *k, const struct native_prog *n, struct bpf_prog_info *info)
{
	u32 symbols = MIN(info->nr_jited_ksyms, n->sub_count);
	u32 lengths = MIN(info->nr_jited_func_lens, n->sub_count);
	int err = 0;

	for (u32 s = 0; s < symbols && !err; s++) {
		u64 at = n->code + n->subs[s];

		err = call_write(k, info->jited_ksyms + 8ull * s, &at, sizeof(at));
	}
	for (u32 s = 0; s < lengths && !err; s++) {
		u32 size = function_end(n, s) - n->subs[s];

		err = call_write(k, info->jited_func_lens + 4ull * s, &size, sizeof(size));
	}
	info->nr_jited_ksyms = info->nr_jited_func_lens = n->sub_count;
	return err;
}

/* The first code of instructions [from, to) at or behind `least`; `least`: there is none. */
static u32 first_code(const struct native_prog *n, u32 from, u32 to, u32 least)
{
	for (u32 i = 0; i < n->line_count; i++)
		if (n->lines[i].insn >= from && n->lines[i].insn < to &&
		    n->lines[i].offset >= least)
			return n->lines[i].offset;
	return least;
}

static u32 sub_of(const struct image *image, u32 insn)
{
	u32 sub = 0;

	for (u32 s = 0; s < image->sub_count; s++)
		if (image_subs(image)[s].start <= insn &&
		    image_subs(image)[s].start >= image_subs(image)[sub].start)
			sub = s;
	return sub;
}

static int put_lines(struct call *k, const struct prog_object *p, const struct native_prog *n,
		     struct bpf_prog_info *info)
{
	const struct bpf_line_info *lines = p->line_info;
	u32 fit = MIN(info->nr_jited_line_info, p->line_info_count), last = ~0u, at = 0;
	int err = 0;

	info->nr_jited_line_info = p->line_info_count;
	for (u32 i = 0; i < fit && !err; i++) {
		u32 sub = sub_of(p->image, lines[i].insn_off), end = image_subs(p->image)[sub].end;
		u64 address;

		if (i + 1 < p->line_info_count)
			end = MIN(end, lines[i + 1].insn_off);
		/* A function's first record is where the function begins. */
		at = sub != last ? n->subs[sub] : first_code(n, lines[i].insn_off, end, at);
		last = sub;
		address = n->code + at;
		err = call_write(k, info->jited_line_info + 8ull * i, &address, sizeof(address));
	}
	return err;
}

int jited_info(struct call *k, struct prog_object *p, struct bpf_prog_info *info)
{
	const struct native_prog *n;

	prog_object_warm(p, 1);
	if (!p->native) {
		info->jited_prog_len = info->nr_jited_ksyms = info->nr_jited_func_lens = 0;
		info->nr_jited_line_info = 0;
		return 0;
	}
	n = jit_prog(p->native);
	return put_code(k, n, info) ?: put_functions(k, n, info) ?: put_lines(k, p, n, info);
}
