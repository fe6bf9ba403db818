/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a map type or helper describes its inline form to a compiler: in a file
 * beside its own (map/array_inline.c), listed in core/inlines.def, compiled into
 * the instance only, never into targets.
 *
 * Values are 64-bit and immutable; variables can be set on several ways and read
 * where those meet; labels are bound once. A form computes what the helper would
 * return. What it leaves to the helper itself, it calls (call_out), on its rare ways.
 */
#ifndef CORE_BUILDER_H
#define CORE_BUILDER_H

#include "core/helper.h"
#include "core/map.h"

typedef u32 bvalue;
typedef u32 bvar;
typedef u32 blabel;

enum builder_op {
	B_ADD,
	B_SUB,
	B_MUL,
	B_AND,
	B_OR,
	B_XOR,
	B_SHL,
	B_SHR,
	B_SAR,
	B_ROL,
};

enum builder_cond {
	B_EQ,
	B_NE,
	B_LT, /* unsigned */
	B_GE,
	B_GT,
	B_LE,
	B_SLT,
	B_SGE,
};

struct builder;

struct builder_ops {
	bvalue (*constant)(struct builder *b, u64 value);
	bvalue (*run)(struct builder *b); /* struct run * */
	bvalue (*map)(struct builder *b); /* struct map * of the call's map */
	/* Address in that map's segment, from the start of its contents. */
	bvalue (*contents)(struct builder *b, u64 offset);
	/* bits 32: on the low halves, upper half of the result 0 */
	bvalue (*alu)(struct builder *b, enum builder_op op, u32 bits, bvalue x, bvalue y);
	bvalue (*mulhu)(struct builder *b, bvalue x,
			bvalue y); /* upper half of the 128-bit product */
	bvalue (*load)(struct builder *b, bvalue address, s32 disp, u32 bytes); /* zero-extended */
	/* Memory nobody writes while the program runs (a map's geometry, the run's cpu). */
	bvalue (*load_const)(struct builder *b, bvalue address, s32 disp, u32 bytes);
	void (*store)(struct builder *b, bvalue address, s32 disp, u32 bytes, bvalue value);
	bvalue (*load_acquire)(struct builder *b, bvalue address, s32 disp, u32 bytes);
	void (*store_release)(struct builder *b, bvalue address, s32 disp, u32 bytes, bvalue value);
	bvalue (*atomic_add)(struct builder *b, bvalue address, s32 disp, u32 bytes,
			     bvalue value); /* old */
	bvalue (*cas)(struct builder *b, bvalue address, s32 disp, u32 bytes, bvalue expect,
		      bvalue value);

	bvar (*var)(struct builder *b);
	void (*set)(struct builder *b, bvar var, bvalue value);
	bvalue (*get)(struct builder *b, bvar var);
	blabel (*label)(struct builder *b, bool rare); /* rare: laid out of the way */
	void (*bind)(struct builder *b, blabel label); /* falls into it */
	void (*jump)(struct builder *b, blabel to);
	void (*branch)(struct builder *b, enum builder_cond cond, u32 bits, bvalue x, bvalue y,
		       blabel to);
	/* The helper's body with the call's arguments. */
	bvalue (*call_out)(struct builder *b);
	/* The program's function that argument `arg` is (is_function): its r0. */
	bvalue (*call_function)(struct builder *b, u32 arg, const bvalue *args, u32 count);
};

/* One helper call being given its inline form. */
struct builder {
	const struct builder_ops *ops;
	const struct map
		*map; /* known: its type and geometry (attributes) may be looked at; or NULL */
	u32 helper;   /* BPF_FUNC_* */
	bvalue args[5];
	u64 constants[5]; /* of arguments that are constants */
	u8 is_constant;   /* bit per argument */
	u8 is_function;   /* the same: a function of the program that is known */
	u32 map_count;    /* of the program */
	u32 before;       /* forms of this helper that the function has already */
	u8 key_size;      /* bytes at args[1] when it is a map's key */
	bool key_known;   /* its u32 is always `key` */
	u32 key;
};

/*
 * Emits the form and returns the result's value in *result: true. False: there
 * is none for these arguments; nothing may have been emitted then.
 */
typedef bool builder_inline(struct builder *b, bvalue *result);

struct inline_row {
	u32 helper;
	u32 map_type; /* BPF_MAP_TYPE_*; ~0: any, or it takes no map */
	builder_inline *emit;
	const char *doc; /* one line */
};

/* NULL: none. */
const struct inline_row *core_inline(u32 helper, u32 map_type);

#endif
