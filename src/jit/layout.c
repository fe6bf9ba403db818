// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sizes and places of jumps. All start short; a jump that does not reach becomes
 * long, which may put others out of reach, until all do. Jumps only grow, so this
 * ends, mostly after two rounds.
 */
#include <errno.h>
#include <string.h>
#include "jit/layout.h"

static void sum_sizes(struct mach_layout *l)
{
	u32 sum = 0;

	for (u32 i = 0; i < l->jump_count; i++) {
		l->before[i] = sum;
		sum += l->jumps[i].gone ? 0 : l->forms->size(&l->jumps[i]);
	}
	l->before[l->jump_count] = sum;
}

/* How far jump `i` leads, from its start. */
static s64 distance(const struct mach_layout *l, u32 i)
{
	const struct mach_label *to = &l->labels[l->jumps[i].target];

	return (s64)to->at + l->before[to->jumps] - l->jumps[i].at - l->before[i];
}

static bool grow(struct mach_layout *l)
{
	bool changed = false;

	sum_sizes(l);
	for (u32 i = 0; i < l->jump_count; i++) {
		struct mach_jump *j = &l->jumps[i];

		if (!j->is_long && !j->gone && !l->forms->reaches(j, distance(l, i))) {
			j->is_long = true;
			changed = true;
		}
	}
	return changed;
}

static void put_all(const struct mach_layout *l, u8 *p)
{
	u32 done = 0;

	for (u32 i = 0; i < l->jump_count; i++) {
		const struct mach_jump *j = &l->jumps[i];

		memcpy(p, l->body + done, j->at - done);
		p += j->at - done;
		if (!j->gone)
			p = l->forms->put(p, j, distance(l, i));
		done = j->at;
	}
	memcpy(p, l->body + done, l->size - done);
}

int mach_lay_out(struct mach_layout *l, struct jit_buffer *code)
{
	u32 bytes;

	l->before = base_alloc((l->jump_count + 1) * sizeof(u32));
	if (!l->before)
		return -ENOMEM;
	while (grow(l))
		;
	bytes = l->size + l->before[l->jump_count];
	if (vec_reserve(&code->bytes, bytes))
		return -ENOMEM;
	l->start = (u32)code->bytes.len;
	put_all(l, code->bytes.data + l->start);
	code->bytes.len += bytes;
	return 0;
}

void mach_layout_fini(struct mach_layout *l)
{
	base_free(l->before);
	l->before = NULL;
}
