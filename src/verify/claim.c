// SPDX-License-Identifier: BSD-2-Clause
/* Claims of a verification: recorded, joined, and held against a run. */
#include <errno.h>
#include "base/alloc.h"
#include "verify/claim.h"
#include "verify/verifier.h"

int verify_claims_new(u32 count, struct verify_claims **out)
{
	struct verify_claims *c = base_zalloc(sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->count = count;
	c->at = base_calloc(count, sizeof(*c->at));
	if (!c->at) {
		base_free(c);
		return -ENOMEM;
	}
	*out = c;
	return 0;
}

void verify_claims_free(struct verify_claims *c)
{
	if (!c)
		return;
	arena_fini(&c->arena);
	base_free(c->at);
	base_free(c);
}

/* Pointers that are never NULL, whoever made them. */
static bool is_object(u32 type)
{
	if (type & (REG_MAYBE_NULL | REG_UNTRUSTED))
		return false;
	switch (reg_kind(type)) {
	case REG_CTX:
	case REG_MAP_PTR:
	case REG_MAP_VALUE:
	case REG_MAP_KEY:
	case REG_STACK:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_PACKET_END:
	case REG_MEM: return true;
	case REG_BTF_ID: return type & REG_TRUSTED;
	default: return false;
	}
}

static void take(struct verify_claim *claim, const struct vframe *f, u32 live)
{
	claim->numbers = claim->objects = 0;
	for (u32 i = 0; i < ISA_REGS - 1; i++) {
		const struct vreg *r = &f->regs[i];

		if (!(live >> i & 1))
			continue;
		if (r->type == REG_SCALAR) {
			claim->numbers |= 1u << i;
			claim->s[i] = r->s;
		} else if (is_object(r->type)) {
			claim->objects |= 1u << i;
		}
	}
}

static void join_number(struct scalar *a, const struct scalar *b)
{
	u64 differ = a->bits.mask | b->bits.mask | (a->bits.value ^ b->bits.value);

	a->bits.mask = differ;
	a->bits.value &= ~differ;
	a->smin = MIN(a->smin, b->smin);
	a->smax = MAX(a->smax, b->smax);
	a->umin = MIN(a->umin, b->umin);
	a->umax = MAX(a->umax, b->umax);
	a->s32min = MIN(a->s32min, b->s32min);
	a->s32max = MAX(a->s32max, b->s32max);
	a->u32min = MIN(a->u32min, b->u32min);
	a->u32max = MAX(a->u32max, b->u32max);
}

/* What both say. */
static void join(struct verify_claim *a, const struct verify_claim *b)
{
	a->numbers &= b->numbers;
	a->objects &= b->objects;
	for (u32 left = a->numbers; left; left &= left - 1) {
		u32 i = __builtin_ctz(left);

		join_number(&a->s[i], &b->s[i]);
	}
}

int verify_claims_note(struct verify_claims *c, u32 insn, const struct vframe *f, u32 live)
{
	struct claim_list *l = &c->at[insn];
	struct verify_claim claim;

	if (l->n == CLAIMS_MOST) {
		take(&claim, f, live);
		join(l->claim[l->n - 1], &claim);
		return 0;
	}
	l->claim[l->n] = arena_alloc(&c->arena, sizeof(claim));
	if (!l->claim[l->n])
		return -ENOMEM;
	take(l->claim[l->n++], f, live);
	return 0;
}

void verify_claims_move(struct verify_claims *c, u32 to, u32 from)
{
	if (c)
		c->at[to] = c->at[from];
}

/* The first register that disagrees; ISA_REGS: none. */
static u32 disagrees(const struct verify_claim *claim, const u64 *regs)
{
	for (u32 left = claim->numbers; left; left &= left - 1) {
		u32 i = __builtin_ctz(left);

		if (!scalar_has(&claim->s[i], regs[i]))
			return i;
	}
	for (u32 left = claim->objects; left; left &= left - 1) {
		u32 i = __builtin_ctz(left);

		if (!regs[i])
			return i;
	}
	return ISA_REGS;
}

bool verify_claims_hold(const struct verify_claims *c, u32 insn, const u64 *regs, u32 *reg)
{
	const struct claim_list *l = &c->at[insn];

	*reg = ISA_REGS;
	for (u32 n = 0; n < l->n; n++) {
		*reg = disagrees(l->claim[n], regs);
		if (*reg == ISA_REGS)
			return true;
	}
	return false;
}
