/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two ranges of a scalar, taken out and put back, and the steps that
 * scalar.c shares with its operations and branches. Private to scalar*.c.
 */
#ifndef VERIFY_SCALAR_PARTS_H
#define VERIFY_SCALAR_PARTS_H

#include "verify/range.h"
#include "verify/scalar.h"

static inline struct range scalar_whole(const struct scalar *s)
{
	return (struct range){s->smin, s->smax, s->umin, s->umax};
}

static inline struct range scalar_low(const struct scalar *s)
{
	return (struct range){s->s32min, s->s32max, s->u32min, s->u32max};
}

static inline void scalar_set_whole(struct scalar *s, const struct range *r)
{
	s->smin = r->smin;
	s->smax = r->smax;
	s->umin = r->umin;
	s->umax = r->umax;
}

static inline void scalar_set_low(struct scalar *s, const struct range *r)
{
	s->s32min = (s32)r->smin;
	s->s32max = (s32)r->smax;
	s->u32min = (u32)r->umin;
	s->u32max = (u32)r->umax;
}

/* Bounds become those of the width; the known bits stay. */
void scalar_forget_whole(struct scalar *s);
void scalar_forget_low(struct scalar *s);
void scalar_forget_bounds(struct scalar *s);

/* The low half's bounds learn from the known bits. */
void scalar_learn_bits_low(struct scalar *s);

#endif
