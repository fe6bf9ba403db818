/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image: what PROG_LOAD yields and engines run. One immutable,
 * position-independent block of memory:
 *
 *	| struct image | ops | maps (u32 object ids) | subprograms | facts |
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
	u32 stack;      /* bytes of stack it touches, from verification */
	u32 flags;      /* enum image_sub_flag */
	u64 indirect; /* 8-byte slots reached by pointers (bit i: [-8(i+1), -8i)); the others by r10
			 alone */
};

enum image_sub_flag {
	IMAGE_SUB_EXCEPTION = 1 << 0, /* called by bpf_throw, in place of the program */
};

enum image_flag {
	IMAGE_GPL = 1 << 0,
	IMAGE_SLEEPABLE = 1 << 1,
	IMAGE_VERIFIED = 1 << 2, /* proven: may run in the plain interpreter */
	/* ... but for accesses of kernel objects and arenas (FACT_BTF_LOAD, FACT_ARENA): the
	 * checked one, or native code */
	IMAGE_OBJECTS = 1 << 4,
	IMAGE_NOSPEC = 1 << 3, /* speculation concerns whoever loaded it: FACT_NOSPEC* tell */
};

/* What was proven of one operation. */
enum image_fact_flag {
	FACT_SEEN = 1 << 0,      /* some path reaches it */
	FACT_ALWAYS = 1 << 1,    /* a branch that is always taken */
	FACT_NEVER = 1 << 2,     /* ... never */
	FACT_CTX = 1 << 3,       /* a load or store of the context */
	FACT_BTF_LOAD = 1 << 4,  /* of a kernel object: may fault, and then reads 0 */
	FACT_ARENA = 1 << 5,     /* an access of an arena */
	FACT_ONE_MAP = 1 << 6,   /* a helper call that always gets map `map` */
	FACT_CONST_KEY = 1 << 7, /* ... and a key whose u32 is `key` */
	FACT_MANY = 1 << 8,      /* verify/'s own: differs between paths, so nothing is claimed */
	FACT_NOSPEC = 1 << 9,    /* must not run on a guess of the processor: */
	FACT_NOSPEC_AFTER = 1 << 10, /* ... nor must what follows it, before it is done */
};

struct image_fact {
	u16 facts; /* enum image_fact_flag */
	u16 map;   /* index into the image's maps */
	u32 key;
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
	u32 fact_off;           /* op_count of them; 0: nothing is known */
	u32 reserved;
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

/* The exception callback; NULL: a program that throws returns the cookie. */
static inline const struct image_sub *image_exception(const struct image *img)
{
	const struct image_sub *subs = image_subs(img);

	for (u32 i = 0; i < img->sub_count; i++)
		if (subs[i].flags & IMAGE_SUB_EXCEPTION)
			return &subs[i];
	return NULL;
}

/* May the plain interpreter run it? */
static inline bool image_is_plain(const struct image *img)
{
	return (img->flags & (IMAGE_VERIFIED | IMAGE_OBJECTS)) == IMAGE_VERIFIED;
}

/* NULL: nothing is known. */
static inline const struct image_fact *image_facts(const struct image *img)
{
	return img->fact_off ? (const struct image_fact *)((const u8 *)img + img->fact_off) : NULL;
}

#endif
