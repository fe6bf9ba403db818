// SPDX-License-Identifier: BSD-2-Clause
/*
 * States of the walk: made, copied, grown, given back.
 *
 * A walk copies a state at every branch and gives one back at every path's end,
 * so their memory goes in circles: blocks whose size is a power of two, in one
 * free list per power, cut from the verification's arena and never returned to
 * it before the end. What is alive at once is bounded by the branches put aside
 * and the states kept to prune by.
 *
 * A copy touches only what is used: slots up to slot_count, references that
 * exist, frames that are entered.
 */
#include <string.h>
#include "verify/verifier.h"

/* What a free block holds. */
struct free_block {
	struct free_block *next;
};

static u32 block_class(size_t size)
{
	return size <= sizeof(struct free_block) ? 3 : 64 - __builtin_clzll(size - 1);
}

void *verify_block_alloc(struct verifier *v, size_t size)
{
	u32 class = block_class(size);
	struct free_block *b;

	if (class >= VERIFY_BLOCK_CLASSES)
		return NULL;
	b = v->free_blocks[class];
	if (!b)
		return arena_alloc(&v->arena, (size_t)1 << class);
	v->free_blocks[class] = b->next;
	return b;
}

void verify_block_free(struct verifier *v, void *p, size_t size)
{
	struct free_block *b = p;
	u32 class = block_class(size);

	if (!p)
		return;
	b->next = v->free_blocks[class];
	v->free_blocks[class] = b;
}

int verify_block_grow(struct verifier *v, void **array, u32 *cap, u32 need, size_t elem)
{
	size_t size = (size_t)1 << block_class(need * elem);
	void *p;

	if (need <= *cap)
		return 0;
	p = verify_block_alloc(v, size);
	if (!p)
		return -ENOMEM;
	if (*cap)
		memcpy(p, *array, *cap * elem);
	verify_block_free(v, *array, *cap * elem);
	*array = p;
	*cap = size / elem;
	return 0;
}

int verify_state_new(struct verifier *v, struct vstate **out)
{
	struct vstate *s = verify_block_alloc(v, sizeof(*s));

	if (!s)
		return -ENOMEM;
	memset(s, 0, sizeof(*s));
	*out = s;
	return 0;
}

int verify_frame_new(struct verifier *v, u32 callsite, u32 number, u32 subprog, struct vframe **out)
{
	struct vframe *f = verify_block_alloc(v, sizeof(*f));

	if (!f)
		return -ENOMEM;
	memset(f, 0, sizeof(*f));
	f->callsite = callsite;
	f->number = number;
	f->subprog = subprog;
	verify_frame_init(v, f);
	*out = f;
	return 0;
}

void verify_frame_init(struct verifier *v, struct vframe *f)
{
	for (u32 i = 0; i < ISA_REGS - 1; i++)
		f->regs[i] = vreg_not_init();
	f->regs[10] = vreg_pointer(REG_STACK);
	f->regs[10].frame = f->number;
	v->touched_regs = ~0u;
	v->touched_slots = ~0ull;
}

void verify_frame_free(struct verifier *v, struct vframe *f)
{
	if (!f)
		return;
	verify_block_free(v, f->slots, f->slot_cap * sizeof(*f->slots));
	verify_block_free(v, f, sizeof(*f));
}

int verify_frame_grow(struct verifier *v, struct vframe *f, u32 bytes)
{
	u32 need = (bytes + 7) / 8;
	int err;

	if (need <= f->slot_count)
		return 0;
	err = verify_block_grow(v, (void **)&f->slots, &f->slot_cap, need, sizeof(*f->slots));
	if (err)
		return err;
	memset(&f->slots[f->slot_count], 0, (need - f->slot_count) * sizeof(*f->slots));
	f->slot_count = need;
	return 0;
}

void verify_state_free(struct verifier *v, struct vstate *s)
{
	if (!s)
		return;
	for (u32 i = 0; i < VERIFY_MAX_FRAMES; i++)
		verify_frame_free(v, s->frames[i]);
	verify_block_free(v, s->refs, s->ref_cap * sizeof(*s->refs));
	verify_block_free(v, s->steps, s->step_cap * sizeof(*s->steps));
	verify_block_free(v, s, sizeof(*s));
}

static int copy_frame(struct verifier *v, struct vframe **out, const struct vframe *src)
{
	struct vframe *dst = *out;
	struct vslot *slots;
	u32 cap;
	int err;

	if (!dst) {
		dst = verify_block_alloc(v, sizeof(*dst));
		if (!dst)
			return -ENOMEM;
		dst->slots = NULL;
		dst->slot_cap = 0;
		*out = dst;
	}
	/* What it had is overwritten, so only the room counts. */
	if (dst->slot_cap < src->slot_count) {
		verify_block_free(v, dst->slots, dst->slot_cap * sizeof(*dst->slots));
		dst->slots = NULL;
		dst->slot_cap = 0;
	}
	dst->slot_count = 0;
	err = verify_block_grow(v, (void **)&dst->slots, &dst->slot_cap, src->slot_count,
				sizeof(*dst->slots));
	if (err)
		return err;
	slots = dst->slots;
	cap = dst->slot_cap;
	*dst = *src;
	dst->slots = slots;
	dst->slot_cap = cap;
	if (src->slot_count)
		memcpy(slots, src->slots, src->slot_count * sizeof(*slots));
	return 0;
}

int verify_state_copy(struct verifier *v, struct vstate *dst, const struct vstate *src)
{
	struct vstate own = *dst;
	int err;

	err = verify_block_grow(v, (void **)&own.refs, &own.ref_cap, src->ref_count,
				sizeof(*own.refs));
	dst->refs = own.refs;
	dst->ref_cap = own.ref_cap;
	if (err)
		return err;
	for (u32 i = 0; i < VERIFY_MAX_FRAMES; i++) {
		if (i <= src->curframe) {
			err = copy_frame(v, &dst->frames[i], src->frames[i]);
			if (err)
				return err;
			continue;
		}
		verify_frame_free(v, dst->frames[i]);
		dst->frames[i] = NULL;
	}
	memcpy(own.frames, dst->frames, sizeof(own.frames));
	*dst = *src;
	memcpy(dst->frames, own.frames, sizeof(own.frames));
	if (src->ref_count)
		memcpy(own.refs, src->refs, src->ref_count * sizeof(*own.refs));
	dst->refs = own.refs;
	dst->ref_cap = own.ref_cap;
	dst->steps = own.steps;
	dst->step_cap = own.step_cap;
	dst->step_count = 0;
	dst->parent = NULL;
	dst->prune = NULL;
	dst->branches = 0;
	return 0;
}

int verify_reg_read(struct verifier *v, u32 regno)
{
	verify_touch(v, regno);
	if (verify_reg(v, regno)->type == REG_NOT_INIT)
		return verify_fail_reg(v, regno, MSG_REG_NOT_INIT, (int)regno);
	return 0;
}

int verify_reg_write(struct verifier *v, u32 regno)
{
	verify_touch(v, regno);
	if (regno == 10)
		return verify_fail_reg(v, regno, MSG_FRAME_POINTER);
	return 0;
}

void verify_clobber_caller_saved(struct verifier *v)
{
	struct vreg *regs = verify_frame(v)->regs;

	for (u32 i = 0; i <= 5; i++)
		regs[i] = vreg_not_init();
	v->touched_regs |= 0x3f;
}

struct vreg verify_unknown(const struct verifier *v)
{
	struct vreg r = vreg_unknown();

	r.precise = !verify_tracks_precision(v);
	return r;
}
