// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sizes and places of jumps. All start short; a jump that does not reach becomes
 * long, which may put others out of reach, until all do. Jumps only grow, so this
 * ends, mostly after two rounds.
 */
#include <errno.h>
#include <string.h>
#include "jit/x86_layout.h"
#include "jit/x86_encode.h"

static u32 jump_size(const struct mach_jump *j)
{
	return j->gone ? 0 : !j->is_long ? 2 : j->cond == JUMP_ALWAYS ? 5 : 6;
}

static void sum_sizes(struct x86_layout *l)
{
	u32 sum = 0;

	for (u32 i = 0; i < l->jump_count; i++) {
		l->before[i] = sum;
		sum += jump_size(&l->jumps[i]);
	}
	l->before[l->jump_count] = sum;
}

static bool grow(struct x86_layout *l)
{
	bool changed = false;

	sum_sizes(l);
	for (u32 i = 0; i < l->jump_count; i++) {
		struct mach_jump *j = &l->jumps[i];
		const struct x86_label *to = &l->labels[j->target];
		s64 from = (s64)j->at + l->before[i] + 2;

		if (!j->is_long && !j->gone &&
		    !enc_is8((s64)to->at + l->before[to->jumps] - from)) {
			j->is_long = true;
			changed = true;
		}
	}
	return changed;
}

static u8 *put_jump(u8 *p, const struct mach_jump *j, s32 distance)
{
	if (j->gone)
		return p;
	if (!j->is_long) {
		p = enc_byte(p, j->cond == JUMP_ALWAYS ? 0xeb : 0x70 | j->cond);
		return enc_byte(p, (u32)distance);
	}
	p = j->cond == JUMP_ALWAYS ? enc_byte(p, 0xe9) : enc_opcode(p, 0x0f80 | j->cond);
	return enc_word32(p, (u32)distance);
}

static void put_all(const struct x86_layout *l, u8 *p)
{
	u32 done = 0;

	for (u32 i = 0; i < l->jump_count; i++) {
		const struct mach_jump *j = &l->jumps[i];
		const struct x86_label *to = &l->labels[j->target];
		u32 from = j->at + l->before[i] + jump_size(j);

		memcpy(p, l->body + done, j->at - done);
		p = put_jump(p + (j->at - done), j, (s32)(to->at + l->before[to->jumps] - from));
		done = j->at;
	}
	memcpy(p, l->body + done, l->size - done);
}

int x86_lay_out(struct x86_layout *l, struct jit_buffer *code)
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

void x86_layout_fini(struct x86_layout *l)
{
	base_free(l->before);
	l->before = NULL;
}
