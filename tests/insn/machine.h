/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine to run instructions on: the interpreters (plain, threaded and switched,
 * and checked), an image made of assembled text, and helpers and
 * maps of the test's own, as it defines the tables of core/. Included by the
 * one file of a test program.
 */
#ifndef TESTS_INSN_MACHINE_H
#define TESTS_INSN_MACHINE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <cygnet/abi.h>
#include "base/vec.h"
#include "core/handle.h"
#include "core/packet.h"
#include "core/run.h"
#include "isa/asm.h"
#include "isa/decode.h"
#include "isa/disasm.h"
#include "jit/jit.h"

/* The plain one as a switch, beside the library's threaded one. */
#define INTERP_SWITCH
#define interp_run   switch_run
#define interp_inner switch_inner
int switch_run(struct run *run, u64 *ret);
int switch_inner(struct run *run, u64 *ret);
#include "interp/plain.c"
#undef interp_run
#undef interp_inner

/* Native code, linked anew for each run; what it does not do is the plain interpreter's. */
static u32 jit_ran, jit_passed_on;

/* `features`: what of the processor it may use; `flags` beside the host's. */
static int jit_with(struct run *run, u64 *ret, enum jit_tier tier, u32 features, u32 flags)
{
	struct jit_options host = jit_host();
	struct jit_code *code = NULL;
	struct jit_linked *linked = NULL;
	struct diag d = {0};
	int err;

	host.tier = tier;
	host.features &= features;
	host.flags |= flags;
	host.seed = 12345;
	err = jit_compile(run->image, run->maps, &host, &code, &d);
	err = err ?: jit_link(code, run->image, run->maps, &linked);
	if (err == -EOPNOTSUPP) {
		jit_passed_on++;
		jit_code_free(code);
		return interp_run(run, ret);
	}
	assert_int_equal(err, 0);
	jit_ran++;
	err = native_run(jit_prog(linked), run, ret);
	jit_linked_free(linked);
	jit_code_free(code);
	return err;
}

static int jit_fresh(struct run *run, u64 *ret)
{
	return jit_with(run, ret, JIT_TIER_OPTIMISE, ~0u, 0);
}

/* aarch64 has one tier. */
static int jit_baseline(struct run *run, u64 *ret)
{
	return jit_with(run, ret,
			jit_host().target == JIT_AARCH64 ? JIT_TIER_OPTIMISE : JIT_TIER_BASELINE,
			~0u, 0);
}

static const struct engine {
	const char *name;
	int (*run)(struct run *run, u64 *ret);
	bool checked, native;
} engines[] = {
	{"plain", interp_run, false},          {"plain, switch", switch_run, false},
	{"jit", jit_fresh, false, true},       {"baseline", jit_baseline, false, true},
	{"checked", interp_run_checked, true},
};

/* ---- the tables of core/, for the test ---- */

enum {
	H_SUM = 1,   /* r1 + ... + r5 */
	H_VOID,      /* nothing, but leaves rubbish */
	H_LOOP,      /* (n, callback, context, flags): calls back n times */
	H_FAULT,     /* sets a fault itself */
	H_MAP_KEY,   /* map, key */
	H_MAP_VALUE, /* map, key, value to be written */
	H_MEM,       /* memory, size */
	H_MEM_NULL,  /* memory or NULL, size or 0 */
	H_MEM_WRITE, /* memory, size > 0 */
	H_FIXED,     /* 16 readable bytes, 8 writable */
	H_CTX,
	H_STR,
	H_LOCK,
	H_UNLOCK,
	H_RESERVE, /* size */
	H_SUBMIT,  /* record */
	H_BTF,
	H_RING, /* a map of type ring buffer only */
	H_LEND, /* (callback, context): calls back with memory that is live only meanwhile */
	H_COUNT
};

static u8 ring_memory[64][64]; /* records, handed out in turn */
static u32 discarded, helper_calls;

static u64 h_sum(struct run *run, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	/* Where the machine has rules for its stack, native code keeps them. */
	assert_int_equal((u64)__builtin_frame_address(0) % 16, 0);
	return a + b + c + d + e;
}

static u64 h_void(struct run *run, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	return 0x5ec4e7;
}

static u64 h_count(struct run *run, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	helper_calls++;
	return 0;
}

static u64 h_loop(struct run *run, u64 n, u64 callback, u64 ctx, u64 flags, u64 e)
{
	for (u64 i = 0; i < n; i++) {
		u64 r0;

		if (run->engine->call(run, callback, (const u64[5]){i, ctx}, &r0))
			return -EFAULT;
		if (r0)
			return i + 1;
	}
	return n;
}

static u64 h_fault(struct run *run, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	return run_fault_set(run, FAULT_LOCK, RUN_INSN_HERE, 7, 0, 0);
}

static u64 h_lock(struct run *run, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	*(u32 *)a = 1;
	run->held_lock = (void *)a;
	return 0;
}

static u64 h_unlock(struct run *run, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	*(u32 *)a = 0;
	run->held_lock = NULL;
	return 0;
}

static void ring_discard(struct run *run, u64 base)
{
	assert_true(base - (u64)ring_memory < sizeof(ring_memory));
	assert_null(run_region_find(run, base));
	discarded++;
}

static u64 h_reserve(struct run *run, u64 size, u64 b, u64 c, u64 d, u64 e)
{
	static u32 turn;
	u8 *record = ring_memory[turn++ % ARRAY_SIZE(ring_memory)];

	if (size > sizeof(ring_memory[0]) ||
	    run_region_hold(run, (u64)record, (u32)size, ring_discard))
		return 0;
	return (u64)record;
}

static u64 h_submit(struct run *run, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	return run_region_del(run, a);
}

static u64 h_lend(struct run *run, u64 callback, u64 ctx, u64 c, u64 d, u64 e)
{
	static u64 lent = 5;
	u64 r0 = 0;

	assert_int_equal(run_region_add(run, (u64)&lent, sizeof(lent), false, REGION_PLAIN), 0);
	run->engine->call(run, callback, (const u64[5]){(u64)&lent, ctx}, &r0);
	run_region_del(run, (u64)&lent);
	return r0;
}

static const struct helper_proto protos[H_COUNT] = {
	[H_SUM] = {H_SUM, "bpf_sum", h_sum, RET_INT, {ARG_ANY, ARG_ANY, ARG_ANY, ARG_ANY, ARG_ANY}},
	[H_VOID] = {H_VOID, "bpf_void", h_void, RET_VOID},
	[H_LOOP] = {H_LOOP,
		    "bpf_loop",
		    h_loop,
		    RET_INT,
		    {ARG_ANY, ARG_FUNC, ARG_STACK_OR_NULL, ARG_ANY}},
	[H_FAULT] = {H_FAULT, "bpf_fault", h_fault, RET_INT},
	[H_MAP_KEY] = {H_MAP_KEY, "bpf_key", h_count, RET_INT, {ARG_MAP, ARG_MAP_KEY}},
	[H_MAP_VALUE] = {H_MAP_VALUE,
			 "bpf_value",
			 h_count,
			 RET_INT,
			 {ARG_MAP, ARG_MAP_KEY, ARG_MAP_VALUE_WRITE}},
	[H_MEM] = {H_MEM, "bpf_mem", h_count, RET_INT, {ARG_MEM, ARG_SIZE}},
	[H_MEM_NULL] =
		{H_MEM_NULL, "bpf_mem_null", h_count, RET_INT, {ARG_MEM_OR_NULL, ARG_SIZE_OR_ZERO}},
	[H_MEM_WRITE] = {H_MEM_WRITE, "bpf_mem_write", h_count, RET_INT, {ARG_MEM_WRITE, ARG_SIZE}},
	[H_FIXED] = {H_FIXED,
		     "bpf_fixed",
		     h_count,
		     RET_INT,
		     {ARG_MEM_FIXED, ARG_MEM_FIXED_WRITE},
		     {16, 8}},
	[H_CTX] = {H_CTX, "bpf_ctx", h_count, RET_INT, {ARG_CTX}},
	[H_STR] = {H_STR, "bpf_str", h_count, RET_INT, {ARG_CONST_STR}},
	[H_LOCK] = {H_LOCK, "bpf_lock", h_lock, RET_VOID, {ARG_SPIN_LOCK}},
	[H_UNLOCK] = {H_UNLOCK, "bpf_unlock", h_unlock, RET_VOID, {ARG_SPIN_LOCK}},
	[H_RESERVE] =
		{H_RESERVE, "bpf_reserve", h_reserve, RET_RINGBUF_MEM_OR_NULL, {ARG_ALLOC_SIZE}},
	[H_SUBMIT] = {H_SUBMIT,
		      "bpf_submit",
		      h_submit,
		      RET_VOID,
		      {ARG_RINGBUF_MEM},
		      {0},
		      HELPER_RELEASES_ARG1},
	[H_BTF] = {H_BTF, "bpf_btf", h_count, RET_INT, {ARG_BTF_PTR}},
	[H_LEND] = {H_LEND, "bpf_lend", h_lend, RET_INT, {ARG_FUNC, ARG_STACK_OR_NULL}},
	[H_RING] =
		{H_RING, "bpf_ring", h_count, RET_INT, {ARG_MAP}, {0}, 0, 0, BPF_MAP_TYPE_RINGBUF},
};

const struct helper_proto *core_helper(u32 id)
{
	return id > 0 && id < H_COUNT ? &protos[id] : NULL;
}

const struct helper_proto *core_helper_by_name(const char *name)
{
	return NULL;
}

void core_helpers_init(void)
{
}

const struct map_ops *core_map_ops(u32 type)
{
	return NULL;
}

const struct prog_type_ops *core_prog_ops(u32 type);
const struct prog_type_ops *core_prog_ops(u32 type)
{
	return NULL;
}

/* An array of 4 values of 24 bytes with a lock at 8, and a frozen string. */
static u64 array_values[12];
static char rodata[] = "hello";

static int array_span(struct map *m, u64 addr, struct map_span *out)
{
	u64 off = addr - (u64)m->contents;

	if (off >= m->contents_size)
		return -EACCES;
	*out = (struct map_span){(u64)m->contents + off / m->value_stride * m->value_stride,
				 m->value_size, m->contents != (u8 *)rodata};
	return 0;
}

static int array_direct(struct map *m, u64 off, u64 *addr)
{
	if (off >= m->value_size)
		return -EACCES;
	*addr = (u64)m->contents + off;
	return 0;
}

static const struct map_ops array_ops = {
	.type = BPF_MAP_TYPE_ARRAY, .name = "array", .span = array_span, .direct = array_direct};

static struct map array = {.ops = &array_ops,
			   .contents = (u8 *)array_values,
			   .contents_size = sizeof(array_values),
			   .type = BPF_MAP_TYPE_ARRAY,
			   .key_size = 4,
			   .value_size = 24,
			   .value_stride = 24,
			   .max_entries = 4,
			   .spin_lock_off = 8};
static struct map strings = {.ops = &array_ops,
			     .contents = (u8 *)rodata,
			     .contents_size = sizeof(rodata),
			     .type = BPF_MAP_TYPE_ARRAY,
			     .key_size = 4,
			     .value_size = sizeof(rodata),
			     .value_stride = sizeof(rodata),
			     .max_entries = 1,
			     .spin_lock_off = -1};
static struct map *const maps[] = {&array, &strings};

static int test_read_kernel(struct run *run, void *dst, u32 size, u64 addr)
{
	static const u8 object[8] = {0x80, 0xff, 3, 4, 5, 6, 7, 8};
	u32 off = handle_offset(addr);

	if (handle_kind(addr) != HANDLE_TASK || off > 8 || size > 8 - off)
		return -EFAULT;
	memcpy(dst, object + off, size);
	return 0;
}

static const struct env_ops env = {.read_kernel = test_read_kernel};

/* ---- running ---- */

struct outcome {
	int err;
	u64 r0;
	struct run_fault fault;
	struct run run;
};

#define MAX_SUBS 16

/* One more function, in its place. */
static void add_sub(struct image_sub *subs, u32 *n, u32 start)
{
	u32 i = *n;

	for (u32 k = 0; k < *n; k++)
		if (subs[k].start == start)
			return;
	for (; i > 0 && subs[i - 1].start > start; i--)
		subs[i] = subs[i - 1];
	subs[i] = (struct image_sub){.start = start, .stack = ISA_STACK_SIZE, .indirect = ~0ull};
	(*n)++;
}

/* Makes an image of raw ops: what the load pipeline does, without its checks. */
static struct image *make_image(const struct isa_op *ops, u32 count)
{
	u32 size =
		sizeof(struct image) + count * sizeof(*ops) + MAX_SUBS * sizeof(struct image_sub);
	struct image *img = base_zalloc(size);
	struct isa_op *out;
	struct image_sub *subs;

	assert_non_null(img);
	*img = (struct image){.magic = IMAGE_MAGIC,
			      .size = size,
			      .flags = IMAGE_VERIFIED,
			      .op_count = count,
			      .op_off = sizeof(*img),
			      .map_count = ARRAY_SIZE(maps),
			      .sub_off = sizeof(*img) + count * sizeof(*ops),
			      .sub_count = 1};
	out = (struct isa_op *)((u8 *)img + img->op_off);
	subs = (struct image_sub *)((u8 *)img + img->sub_off);
	subs[0] = (struct image_sub){.stack = ISA_STACK_SIZE, .indirect = ~0ull};
	for (u32 i = 0; i < count; i++) {
		out[i] = ops[i];
		if (ops[i].op == ISA_OP_CALL_SUB || ops[i].op == ISA_OP_LDDW_FUNC) {
			out[i].imm += i + 1;
			assert_true(img->sub_count < MAX_SUBS);
			add_sub(subs, &img->sub_count, (u32)out[i].imm);
		} else if (ops[i].op == ISA_OP_LDDW_MAP_VALUE) {
			out[i].off = isa_low(&ops[i]);
			out[i].imm = isa_high(&ops[i]);
		}
	}
	for (u32 i = 0; i < img->sub_count; i++)
		subs[i].end = i + 1 < img->sub_count ? subs[i + 1].start : count;
	return img;
}

struct input {
	void *mem;
	u32 mem_size;
	const void *packet;
	u32 packet_size;
	u32 link; /* the packet starts so many bytes behind its link header; 0: with it */
	u64 budget;
	u32 ctx_size, ctx_write_lo, ctx_write_hi;
	bool ctx_limits;
};

static struct outcome run_on(const struct engine *e, struct image *img, const struct input *in)
{
	u8 *first = (u8 *)in->packet;
	struct packet packet = {.head = first - in->link,
				.net = in->link ?: 14,
				.data = ptr_to_u64(first),
				.end = ptr_to_u64(first + in->packet_size)};
	struct outcome o = {0};

	img->ctx_write_hi = in->mem_size;
	if (in->ctx_limits) {
		img->ctx_size = in->ctx_size;
		img->ctx_write_lo = in->ctx_write_lo;
		img->ctx_write_hi = in->ctx_write_hi;
	}
	o.run = (struct run){.image = img,
			     .maps = maps,
			     .env = &env,
			     .ctx = in->mem,
			     .ctx_size = in->mem_size,
			     .budget = in->budget ?: RUN_BUDGET,
			     .packet = first ? &packet : NULL};
	o.r0 = 0xdead;
	o.err = e->run(&o.run, &o.r0);
	o.run.packet = NULL;
	o.fault = o.run.fault;
	assert_true(o.err == 0 ? o.fault.kind == FAULT_NONE : o.fault.kind != FAULT_NONE);
	if (o.err)
		assert_int_equal(o.r0, 0xdead);
	return o;
}

/* Assembles or fails the test. */
static inline struct isa_op *assemble(const char *text, u32 *count)
{
	struct isa_op *ops;
	struct diag d = {0};

	if (isa_assemble(text, strlen(text), &ops, count, &d))
		fail_msg("%s: %s", text, d.what);
	return ops;
}

static inline struct image *image_of(const char *text)
{
	u32 count;
	struct isa_op *ops = assemble(text, &count);
	struct image *img = make_image(ops, count);

	base_free(ops);
	return img;
}

#endif
