// SPDX-License-Identifier: BSD-2-Clause
/*
 * The exception callback: what runs, and returns the program's value, when
 * something calls bpf_throw(). A declaration tag of the main function names it
 * ("exception_callback:NAME"): a global function that nothing may call.
 */
#include <string.h>
#include "btf/btf.h"
#include "verify/verifier.h"

#define TAG "exception_callback:"

/* The name behind the tag on function `func`; NULL: none. *count: tags found. */
static const char *find_tag(const struct btf_info *btf, u32 func, u32 *count)
{
	const char *name = NULL;

	*count = 0;
	for (u32 id = 1; id < btf_count(btf); id++) {
		const struct btf_type *t = btf_at(btf, id);
		const char *text;

		if (BTF_INFO_KIND(t->info) != BTF_KIND_DECL_TAG || t->type != func ||
		    ((const struct btf_decl_tag *)(t + 1))->component_idx != -1)
			continue;
		text = btf_str(btf, t->name_off);
		if (strncmp(text, TAG, strlen(TAG)))
			continue;
		name = text + strlen(TAG);
		(*count)++;
	}
	return name;
}

int verify_exception_callback(struct verifier *v, s64 *start)
{
	const struct verify_input *in = v->in;
	const char *name;
	u32 count, id;

	if (!in->func_count || !in->btf)
		return 0;
	name = find_tag(in->btf, in->funcs[0].type_id, &count);
	if (!name)
		return 0;
	if (count > 1)
		return verify_fail(v, MSG_EXCEPTION_TAGS);
	id = btf_find(in->btf, name, BTF_KIND_FUNC);
	if (!id)
		return verify_fail(v, MSG_EXCEPTION_NOT_FOUND, name);
	if (BTF_INFO_VLEN(btf_at(in->btf, id)->info) != BTF_FUNC_GLOBAL)
		return verify_fail(v, MSG_EXCEPTION_STATIC, name);
	for (u32 i = 1; i < in->func_count; i++)
		if (in->funcs[i].type_id == id) {
			*start = in->funcs[i].insn;
			return 0;
		}
	return verify_fail(v, MSG_EXCEPTION_NO_INFO);
}
