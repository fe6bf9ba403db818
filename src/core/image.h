/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image: what PROG_LOAD yields and engines run. One immutable,
 * position-independent block of memory:
 *
 *	| struct image | ops | maps (u32 object ids) | subprograms |
 *
 * Offsets are from the start. Freestanding to read; vm/ builds it.
 */
#ifndef CORE_IMAGE_H
#define CORE_IMAGE_H

#include "isa/op.h"

#define IMAGE_MAGIC    0x31474d4954474e59ull
#define IMAGE_MAX_MAPS 64

struct image_sub {
	u32 start, end; /* instruction indexes [start, end) */
	u32 stack;      /* bytes of stack it touches, from the structural check */
	u32 flags;      /* IMAGE_SUB_* */
};

enum image_flag {
	IMAGE_GPL = 1 << 0,
	IMAGE_SLEEPABLE = 1 << 1,
	IMAGE_VERIFIED = 1 << 2, /* proven: may run in the plain interpreter */
};

struct image {
	u64 magic;
	u32 size; /* of the whole block */
	u32 prog_type;
	u32 attach_type;
	u32 prog_id;
	u32 flags;    /* enum image_flag */
	u32 ctx_size; /* bytes of context programs may read; 0: pointer-sized slots only */
	u32 ctx_write_lo, ctx_write_hi; /* writable byte range of the context, empty by default */
	u32 op_count, op_off;
	u32 map_count, map_off;
	u32 sub_count, sub_off; /* sub 0 is the main program */
	char name[16];
	u8 tag[8];
};

static inline const struct isa_op *image_ops(const struct image *img)
{
	return (const struct isa_op *)((const u8 *)img + img->op_off);
}

static inline const u32 *image_maps(const struct image *img)
{
	return (const u32 *)((const u8 *)img + img->map_off);
}

static inline const struct image_sub *image_subs(const struct image *img)
{
	return (const struct image_sub *)((const u8 *)img + img->sub_off);
}

#endif
