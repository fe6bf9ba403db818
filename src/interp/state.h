/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What both interpreters keep of a run: frames, stacks, caches. Lives on the
 * runner's stack for the length of one run. Freestanding.
 *
 * The stacks of all frames lie in one array, a gap before each and behind the
 * last, so that an access beyond its frame never lands in a neighbour:
 *
 *	| gap | frame 0, 512 bytes | gap | frame 1 ... | frame 7 | gap |
 *	                           ^ r10 of frame 0
 */
#ifndef INTERP_STATE_H
#define INTERP_STATE_H

#include "core/run.h"

#define INTERP_GAP    64
#define INTERP_STRIDE (INTERP_GAP + ISA_STACK_SIZE)
#define INTERP_SPANS  2

enum interp_access {
	ACCESS_READ,
	ACCESS_WRITE,   /* bit 0: the memory must be writable */
	ACCESS_ALIGNED, /* bit 1: it must be naturally aligned */
	ACCESS_ATOMIC,  /* both */
};

struct interp_frame {
	bool main;    /* a program begins here: where an exception unwinds to */
	u32 ret;      /* index of the instruction after the call */
	u32 loops;    /* may_goto: rounds left */
	u64 saved[4]; /* the caller's r6-r9 */
	/* The caller's program: a tail call makes the frame another's. */
	const struct image *image;
	struct map *const *maps;
};

struct interp {
	struct run *run;
	const struct isa_op *ops;
	u32 count;
	u32 depth;   /* index of the current frame */
	u64 frame;   /* address of the current frame's stack */
	u64 nowhere; /* what is outside of an arena */
	bool missed; /* a load through a handle found no answer */
	u32 next_span;
	struct map_span spans[INTERP_SPANS]; /* memory found live by the last checks */
	struct interp_frame frames[ISA_MAX_FRAMES];
	u64 stack[(ISA_MAX_FRAMES * INTERP_STRIDE + INTERP_GAP) / 8];
};

static inline u8 *interp_frame_base(struct interp *in, u32 depth)
{
	return (u8 *)in->stack + depth * INTERP_STRIDE + INTERP_GAP;
}

/* Makes the frame at `depth` the current one. */
static inline void interp_set_frame(struct interp *in, u32 depth)
{
	in->depth = depth;
	in->frame = ptr_to_u64(interp_frame_base(in, depth));
	in->run->stack_size = depth * INTERP_STRIDE + ISA_STACK_SIZE;
}

/*
 * Makes a fresh frame of the one at `depth`: zeroed (or what the watch wants there), with the gap
 * that helpers may read across.
 */
static inline void interp_new_frame(struct interp *in, u32 depth)
{
	interp_set_frame(in, depth);
	in->frames[depth].loops = RUN_LOOPS;
	__builtin_memset(u64_to_ptr(in->frame - INTERP_GAP),
			 in->run->watch ? (int)in->run->watch->poison : 0, INTERP_STRIDE);
}

/* Goes on in another program. What was live for the one may not be for the other. */
static inline void interp_set_image(struct interp *in, const struct image *image,
				    struct map *const *maps)
{
	in->run->image = image;
	in->run->maps = maps;
	in->ops = image_ops(image);
	in->count = image->op_count;
	__builtin_memset(in->spans, 0, sizeof(in->spans));
}

/* Starts a run in frame 0. */
static inline void interp_init(struct interp *in, struct run *run)
{
	in->run = run;
	run->stack = ptr_to_u64(interp_frame_base(in, 0));
	in->missed = false;
	in->next_span = 0;
	interp_set_image(in, run->image, run->maps);
	interp_new_frame(in, 0);
	in->frames[0].main = true;
}

/* Enters a frame; false when there is none left. */
static inline bool interp_push(struct interp *in, u32 ret)
{
	if (in->depth + 1 >= ISA_MAX_FRAMES)
		return false;
	interp_new_frame(in, in->depth + 1);
	in->frames[in->depth].main = false;
	in->frames[in->depth].ret = ret;
	in->frames[in->depth].image = in->run->image;
	in->frames[in->depth].maps = in->run->maps;
	return true;
}

enum interp_next {
	NEXT_NONE,  /* no such program, or too many were gone through */
	NEXT_HERE,  /* the current frame is a fresh one of that program */
	NEXT_INNER, /* run->image is the program, which only interp_inner() runs */
};

/* bpf_tail_call: what of the program at `index` of the program array? */
enum interp_next interp_tail_call(struct interp *in, struct map *array, u32 index, bool plain);
/*
 * bpf_throw: makes the frame in which the program began the current one, anew. False: that is
 * below `bottom`, in another call of the engine.
 */
bool interp_unwind(struct interp *in, u32 bottom);
/* interp_inner() of an image that is not verified. */
u64 interp_inner_checked(struct run *run);
/* A load through a kernel object's handle: 0 and counted where nobody knows. */
u64 interp_load_handle(struct interp *in, u64 addr, u32 size, bool is_signed);
/* addr_space_cast to the addresses of the processes that map the program's arena. */
u64 interp_user_address(const struct run *run, u64 addr);
/* Address of byte `off` of the only value of the image's map `index`; false when there is none. */
bool interp_direct(const struct run *run, u32 index, u64 off, u64 *addr);

#endif
