// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the client says of the source, against the functions found: a func_info
 * record begins each, and each one's first instruction has a line. The records
 * themselves are checked before (vm/source_info.c).
 */
#include "btf/btf.h"
#include "verify/verifier.h"

/* Packet loads and tail calls may end a function early, with a number for its result. */
static int check_untyped(struct verifier *v)
{
	for (u32 s = 1; s < v->sub_count; s++) {
		v->insn = v->subs[s].start;
		if (v->subs[s].has_ld_abs)
			return verify_fail(v, MSG_LD_ABS_NO_BTF);
		if (v->subs[s].has_tail_call)
			return verify_fail(v, MSG_TAIL_CALL_NO_BTF);
	}
	return 0;
}

static bool returns_number(const struct btf_info *btf, u32 func)
{
	const struct btf_type *t = btf_at(btf, func);
	u32 result, kind, size;

	t = t ? btf_at(btf, t->type) : NULL; /* its prototype */
	if (!t)
		return false;
	result = btf_strip(btf, t->type);
	kind = btf_kind_of(btf, result);
	if (kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64)
		return true;
	return kind == BTF_KIND_INT && !btf_size_of(btf, result, &size) && size <= 8 &&
	       IS_POW2(size);
}

static int check_funcs(struct verifier *v)
{
	const struct verify_input *in = v->in;

	if (!in->func_count)
		return check_untyped(v);
	if (in->func_count != v->sub_count)
		return verify_fail(v, MSG_FUNC_INFO_COUNT);
	for (u32 s = 0; s < v->sub_count; s++) {
		struct vsub *sub = &v->subs[s];

		v->insn = sub->start;
		if (in->funcs[s].insn != sub->start)
			return verify_fail(v, MSG_FUNC_INFO_LAYOUT);
		if (!s || returns_number(in->btf, in->funcs[s].type_id))
			continue;
		if (sub->has_ld_abs)
			return verify_fail(v, MSG_LD_ABS_RESULT);
		if (sub->has_tail_call)
			return verify_fail(v, MSG_TAIL_CALL_RESULT);
	}
	return 0;
}

static int check_lines(struct verifier *v)
{
	const struct verify_input *in = v->in;
	u32 s = 0;

	if (!in->line_count)
		return 0;
	for (u32 i = 0; i < in->line_count && s < v->sub_count; i++) {
		if (in->lines[i].insn < v->subs[s].start)
			continue;
		if (in->lines[i].insn > v->subs[s].start)
			break;
		s++;
	}
	v->insn = 0;
	return s < v->sub_count ? verify_fail(v, MSG_LINE_INFO_MISSING, s) : 0;
}

int verify_check_source(struct verifier *v)
{
	return check_funcs(v) ?: check_lines(v);
}
