// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sizes and places of jumps, and padding before loops. All start short; a jump that does not reach
 * becomes long, which may put others out of reach, until all do. Jumps only grow, so this ends,
 * mostly after two rounds. Padding stands among the jumps with a size of its own; how much a loop
 * needs is told by where everything lies without it, one loop after the other.
 */
#include <errno.h>
#include <string.h>
#include "jit/layout.h"

#define LINE 64 /* of the instruction cache */

static void sum_sizes(struct mach_layout *l)
{
	u32 sum = 0;

	for (u32 i = 0; i < l->jump_count; i++) {
		l->before[i] = sum;
		sum += l->jumps[i].gone  ? 0
		       : l->jumps[i].pad ? l->jumps[i].pad
					 : l->forms->size(&l->jumps[i]);
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

		if (!j->is_long && !j->gone && !j->pad && !l->forms->reaches(j, distance(l, i))) {
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
		if (j->pad)
			p = l->forms->pad(p, j->pad);
		else if (!j->gone)
			p = l->forms->put(p, j, distance(l, i));
		done = j->at;
	}
	memcpy(p, l->body + done, l->size - done);
}

static int measure(struct mach_layout *l)
{
	u32 *before = base_realloc(l->before, (l->jump_count + 1) * sizeof(u32));

	if (!before)
		return -ENOMEM;
	l->before = before;
	while (grow(l))
		;
	return 0;
}

/* A pad before the label: whatever stood there stands behind it. */
static int insert_pad(struct mach_layout *l, struct mach_jumps *jumps, struct mach_label *labels,
		      u32 label_count, u32 head, u32 bytes)
{
	struct mach_jump pad = {.at = labels[head].at, .target = head, .pad = (u8)bytes};
	u32 at = labels[head].jumps;

	if (vec_push(jumps, pad))
		return -ENOMEM;
	memmove(&jumps->data[at + 1], &jumps->data[at],
		(jumps->len - 1 - at) * sizeof(struct mach_jump));
	jumps->data[at] = pad;
	for (u32 i = head; i < label_count; i++)
		labels[i].jumps++;
	l->jumps = jumps->data;
	l->jump_count = (u32)jumps->len;
	return measure(l);
}

/* Bytes of padding a loop is worth: less when it is entered often. */
#define PAD_OUTER 24
#define PAD_INNER 12

struct loop {
	u32 head, end; /* labels: of its head, and of what stands behind it */
};

/* Innermost loops whose blocks stand in a row. */
static int find_loops(const struct mach_layout *l, const struct mach_label *labels, u32 blocks,
		      u32 *count, struct loop **out)
{
	struct loop *loops = base_calloc(l->jump_count + 1, sizeof(*loops));
	u32 n = 0, block = 0;

	if (!loops)
		return -ENOMEM;
	for (u32 k = 0; k < l->jump_count; k++) {
		const struct mach_jump *j = &l->jumps[k];

		while (block + 1 < blocks && labels[block + 1].jumps <= k)
			block++;
		if (j->gone || j->target > block)
			continue;
		if (n && loops[n - 1].head == j->target)
			n--; /* another way around: the loop is longer */
		else if (n && loops[n - 1].head > j->target)
			continue; /* there is one within */
		loops[n++] = (struct loop){j->target, block + 1};
	}
	*count = n;
	*out = loops;
	return 0;
}

static int align(struct mach_layout *l, struct mach_jumps *jumps, struct mach_label *labels,
		 const struct mach_function *m, const struct loop *loop)
{
	u32 at = mach_label_place(l, &labels[loop->head]) % LINE;
	u32 size =
		mach_label_place(l, &labels[loop->end]) - mach_label_place(l, &labels[loop->head]);
	u32 most = m->blocks.data[loop->head].depth > 1 ? PAD_INNER : PAD_OUTER;

	if (size > LINE || at + size <= LINE || LINE - at > most)
		return 0;
	return insert_pad(l, jumps, labels, (u32)m->blocks.len + 1, loop->head, LINE - at);
}

int mach_align_loops(struct mach_layout *l, struct mach_jumps *jumps, struct mach_label *labels,
		     const struct mach_function *m, u32 start)
{
	struct loop *loops;
	u32 n;
	int err = find_loops(l, labels, (u32)m->blocks.len, &n, &loops);

	if (err)
		return err;
	l->start = start;
	if (n)
		err = measure(l);
	for (u32 i = 0; i < n && !err; i++)
		err = align(l, jumps, labels, m, &loops[i]);
	base_free(loops);
	return err;
}

int mach_lay_out(struct mach_layout *l, struct jit_buffer *code)
{
	u32 bytes;

	if (measure(l))
		return -ENOMEM;
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
