// SPDX-License-Identifier: BSD-2-Clause
/*
 * What native code shares a run with, in every mixture of engines: programs gone on with in the
 * place of a main function and of a subprogram, callbacks before and after, exceptions, faults
 * of helpers, packet loads, loads of kernel objects. Images are made by hand, so that there are
 * some that no verification would pass.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <cygnet/abi.h>
#include "base/alloc.h"
#include "core/handle.h"
#include "core/kfunc.h"
#include "core/native.h"
#include "core/packet.h"
#include "isa/asm.h"
#include "isa/decode.h"
#include "jit/jit.h"

enum how {
	PLAIN,
	CHECKED,
	OPTIMISED,
	BASELINE,
	HOWS
};

static const char *const names[HOWS] = {"plain", "checked", "optimised", "baseline"};

struct prog {
	struct image *img;
	struct jit_linked *native;
	enum how how;
};

#define PROGS 4
static struct prog progs[PROGS]; /* by id */
static u32 ids[PROGS] = {0, 1, 2, 3};
static const struct map_ops array_ops = {.type = BPF_MAP_TYPE_PROG_ARRAY, .name = "prog_array"};
static struct map array = {.ops = &array_ops,
			   .type = BPF_MAP_TYPE_PROG_ARRAY,
			   .contents = (u8 *)ids,
			   .max_entries = PROGS,
			   .key_size = 4,
			   .value_size = 4};
#define PAGES 3
#define USER  0x7f12fffe0000ull /* where others have its first page */
static u8 pages[PAGES * PAGE_BYTES + 64];
static const struct map_ops arena_ops = {.type = BPF_MAP_TYPE_ARENA, .name = "arena"};
static struct map arena = {.ops = &arena_ops,
			   .type = BPF_MAP_TYPE_ARENA,
			   .contents = pages,
			   .max_entries = PAGES,
			   .extra = USER};
static struct map *const maps[] = {&array, &arena};

/* images -------------------------------------------------------------------------------- */

struct hand {
	struct image img;
	struct isa_op ops[128];
	struct image_sub subs[8];
	struct image_fact facts[128];
};

static void add_sub(struct hand *h, u32 start)
{
	u32 i = h->img.sub_count;

	for (u32 k = 0; k < h->img.sub_count; k++)
		if (h->subs[k].start == start)
			return;
	assert_true(h->img.sub_count++ < ARRAY_SIZE(h->subs));
	for (; i > 0 && h->subs[i - 1].start > start; i--)
		h->subs[i] = h->subs[i - 1];
	h->subs[i] = (struct image_sub){.start = start, .stack = ISA_STACK_SIZE, .indirect = ~0ull};
}

static struct hand *image_of(const char *text)
{
	struct hand *h = base_zalloc(sizeof(*h));
	struct diag d = {0};
	struct isa_op *ops;
	u32 count;

	if (isa_assemble(text, strlen(text), &ops, &count, &d))
		fail_msg("%s: %s", text, d.what);
	assert_true(count <= ARRAY_SIZE(h->ops));
	memcpy(h->ops, ops, count * sizeof(*ops));
	base_free(ops);
	h->img = (struct image){.magic = IMAGE_MAGIC,
				.size = sizeof(*h),
				.flags = IMAGE_VERIFIED,
				.op_count = count,
				.op_off = offsetof(struct hand, ops),
				.map_count = ARRAY_SIZE(maps),
				.sub_off = offsetof(struct hand, subs),
				.fact_off = offsetof(struct hand, facts)};
	add_sub(h, 0);
	for (u32 i = 0; i < count; i++) {
		h->facts[i].facts = FACT_SEEN;
		if (h->ops[i].op != ISA_OP_CALL_SUB && h->ops[i].op != ISA_OP_LDDW_FUNC)
			continue;
		h->ops[i].imm += i + 1;
		add_sub(h, (u32)h->ops[i].imm);
	}
	for (u32 i = 0; i < h->img.sub_count; i++)
		h->subs[i].end = i + 1 < h->img.sub_count ? h->subs[i + 1].start : count;
	return h;
}

static void put(u32 id, enum how how, struct hand *h)
{
	struct jit_options host = jit_host();
	struct prog *p = &progs[id];
	struct jit_code *code = NULL;
	struct diag d = {0};

	jit_linked_free(p->native);
	if (p->img != &h->img)
		base_free(p->img);
	*p = (struct prog){.img = &h->img, .how = how};
	if (how == CHECKED)
		h->img.flags &= ~(u32)IMAGE_VERIFIED;
	else
		h->img.flags |= IMAGE_VERIFIED;
	if (how < OPTIMISED)
		return;
	host.tier = how == BASELINE ? JIT_TIER_BASELINE : JIT_TIER_OPTIMISE;
	if (jit_compile(p->img, maps, &host, &code, &d) == -EOPNOTSUPP && how == BASELINE)
		return; /* what it leaves to others, see arenas() */
	assert_non_null(code);
	assert_int_equal(jit_link(code, p->img, maps, &p->native), 0);
	jit_code_free(code);
}

static void put_text(u32 id, enum how how, const char *text)
{
	put(id, how, image_of(text));
}

static void clear(void)
{
	for (u32 i = 0; i < PROGS; i++) {
		jit_linked_free(progs[i].native);
		base_free(progs[i].img);
		progs[i] = (struct prog){0};
	}
}

/* running ------------------------------------------------------------------------------ */

static const struct image *env_program(struct run *run, u32 id, struct map *const **out)
{
	(void)run;
	*out = maps;
	return id < PROGS ? progs[id].img : NULL;
}

static const struct native_prog *env_native(struct run *run, u32 id)
{
	(void)run;
	return id < PROGS && progs[id].native ? jit_prog(progs[id].native) : NULL;
}

static int env_read(struct run *run, void *dst, u32 size, u64 addr)
{
	(void)run;
	if (handle_kind(addr) != HANDLE_TASK || handle_offset(addr) > 64)
		return -EFAULT;
	memset(dst, 0x80 + (int)handle_offset(addr), size);
	return 0;
}

static const struct env_ops env = {
	.program = env_program, .native = env_native, .read_kernel = env_read};

static u64 ctx[8];
static struct packet packet;

/* Runs program 1: its result; a fault is in *run. */
static u64 run_first(struct run *run)
{
	const struct prog *p = &progs[1];
	u64 r0 = 0;
	int err;

	*run = (struct run){.image = p->img,
			    .maps = maps,
			    .env = &env,
			    .ctx = ctx,
			    .ctx_size = sizeof(ctx),
			    .packet = packet.head ? &packet : NULL,
			    .budget = RUN_BUDGET};
	p->img->ctx_write_hi = sizeof(ctx);
	memset(ctx, 0, sizeof(ctx));
	err = p->native ? native_run(jit_prog(p->native), run, &r0) : interp_start(run, &r0);
	assert_int_equal(err, run->fault.kind ? -EFAULT : 0);
	assert_int_equal(run->region_count, 0);
	assert_null(run->held_lock);
	if (!err)
		assert_ptr_equal(run->image, p->img);
	return r0;
}

/* programs gone on with ------------------------------------------------------------------ */

/* Calls back three times, so that whose function it is counts. */
#define THRICE                                                                           \
	"*(u64 *)(r10 -8) = 0\nr1 = 3\nr2 = subprog[back]\nr3 = r10\nr3 += -8\nr4 = 0\n" \
	"call 181\nr1 = *(u64 *)(r10 -8)\n"
#define BACK(n) "back:\nr1 = *(u64 *)(r2 +0)\nr1 += " n "\n*(u64 *)(r2 +0) = r1\nr0 = 0\nexit\n"

static const char goes_on[] = "call there\nr6 = r0\n" THRICE "r6 *= 100\nr0 = r6\nr0 += r1\nexit\n"
			      "there:\nr2 = map[fd:0]\nr3 = 2\ncall 12\nr0 = 7\nexit\n" BACK("1");
static const char leaf[] = "r6 = r1\nr7 = 1\nr8 = 2\nr9 = 3\n" THRICE
			   "*(u64 *)(r6 +0) = r1\nr0 = r1\nr0 += 10\nexit\n" BACK("10");

static void subprogram_goes_on(void **state)
{
	struct run run;

	(void)state;
	for (u32 a = 0; a < HOWS; a++)
		for (u32 b = 0; b < HOWS; b++) {
			put_text(1, a, goes_on);
			put_text(2, b, leaf);
			progs[2].img->ctx_write_hi = sizeof(ctx);
			if (run_first(&run) != 4003 || ctx[0] != 30)
				fail_msg("%s, %s: fault %u at %u", names[a], names[b],
					 run.fault.kind, run.fault.insn);
			assert_int_equal(run.tail_calls, 1);
			ids[2] = 0; /* there is none */
			assert_int_equal(run_first(&run), 703);
			ids[2] = 2;
		}
}

static void main_goes_on(void **state)
{
	struct run run;

	(void)state;
	for (u32 a = 0; a < HOWS; a++)
		for (u32 b = 0; b < HOWS; b++)
			for (u32 c = 0; c < HOWS; c++) {
				put_text(1, a, "r2 = map[fd:0]\nr3 = 3\ncall 12\nr0 = 7\nexit\n");
				put_text(3, b, goes_on);
				put_text(2, c, leaf);
				progs[2].img->ctx_write_hi = sizeof(ctx);
				assert_int_equal(run_first(&run), 4003);
				assert_int_equal(run.fault.kind, FAULT_NONE);
			}
}

/* 33 times, whichever way they are reached; the kernel's TEST_RUN says 34 of both. */
static void no_more_than_allowed(void **state)
{
	static const char self[] = "r2 = *(u64 *)(r1 +0)\nr2 += 1\n*(u64 *)(r1 +0) = r2\n"
				   "r2 = map[fd:0]\nr3 = 1\ncall 12\nr0 = 7\nexit\n";
	static const char through[] =
		"r6 = r1\nr2 = *(u64 *)(r1 +0)\nr2 += 1\n*(u64 *)(r1 +0) = r2\n"
		"call there\nr0 += 1\nexit\n"
		"there:\nr2 = map[fd:0]\nr3 = 1\ncall 12\nr0 = 0\nexit\n";
	struct run run;

	(void)state;
	for (u32 a = 0; a < HOWS; a++) {
		put_text(1, a, self);
		assert_int_equal(run_first(&run), 7);
		assert_int_equal(ctx[0], 34);
		if (a < OPTIMISED)
			continue; /* they have frames for 8 */
		put_text(1, a, through);
		assert_int_equal(run_first(&run), 34);
		assert_int_equal(ctx[0], 34);
	}
}

/* exceptions ------------------------------------------------------------------------------ */

static struct hand *thrower(const char *format, bool callback)
{
	struct hand *h;
	char text[1024];

	snprintf(text, sizeof(text), format, core_kfunc_body_number("bpf_throw"));
	h = image_of(text);
	if (callback)
		h->subs[h->img.sub_count - 1].flags = IMAGE_SUB_EXCEPTION;
	return h;
}

static void exceptions(void **state)
{
	static const char from_main[] = "r1 = 5\ncall kfunc#1 module %u\nr0 = 1\nexit\n";
	static const char deep[] = "r6 = 9\ncall one\nr0 = 1\nexit\n"
				   "one:\nr6 = 8\ncall two\nr0 = 2\nexit\n"
				   "two:\nr1 = 6\ncall kfunc#1 module %u\nr0 = 3\nexit\n";
	static const char caught[] =
		"r6 = 9\ncall one\nr0 = 1\nexit\n"
		"one:\nr1 = 6\ncall kfunc#1 module %u\nr0 = 3\nexit\n"
		"call cb\n" /* so that it is a function */
		"cb:\n*(u64 *)(r10 -8) = r1\nr0 = *(u64 *)(r10 -8)\nr0 += 50\nexit\n";
	struct run run;

	(void)state;
	for (u32 a = 0; a < HOWS; a++) {
		put(1, a, thrower(from_main, false));
		assert_int_equal(run_first(&run), 5);
		put(1, a, thrower(deep, false));
		assert_int_equal(run_first(&run), 6);
		put(1, a, thrower(caught, true));
		assert_int_equal(run_first(&run), 56);
		/* It ends the program that throws: whose subprogram went on in it goes on. */
		for (u32 b = 0; b < HOWS; b++) {
			put_text(1, a, goes_on);
			put(2, b, thrower(deep, false));
			assert_int_equal(run_first(&run), 603);
			put(2, b, thrower(caught, true));
			assert_int_equal(run_first(&run), 5603);
		}
	}
}

/* faults ------------------------------------------------------------------------------------ */

static void expect_fault(const char *text, u32 kind, u32 insn)
{
	struct run run;

	for (u32 a = 0; a < HOWS; a++) {
		put_text(1, a, text);
		run_first(&run);
		if (run.fault.kind != kind || run.fault.insn != insn || ctx[1])
			fail_msg("%s: fault %u at %u, not %u at %u:\n%s", names[a], run.fault.kind,
				 run.fault.insn, kind, insn, text);
	}
}

static void faults(void **state)
{
	struct run run;

	(void)state;
	/* A helper without a body: in main, in a callback, in a callback's subprogram. */
	expect_fault("r6 = r1\nr1 = 0\nr2 = 0\ncall 4000\n*(u64 *)(r6 +8) = 1\nr0 = 0\nexit\n",
		     FAULT_NO_HELPER, 3);
	expect_fault("r6 = r1\nr1 = 3\nr2 = subprog[back]\nr3 = 0\nr4 = 0\ncall 181\n"
		     "*(u64 *)(r6 +8) = 1\nr0 = 0\nexit\n"
		     "back:\ncall 4000\nr0 = 0\nexit\n",
		     FAULT_NO_HELPER, 10);
	/* A callback that calls itself back, which nobody verified: stacks have an end. */
	for (u32 a = 0; a < HOWS; a++) {
		if (a == OPTIMISED)
			continue; /* calls it without the helper */
		put_text(1, a,
			 "r6 = r1\nr1 = 1\nr2 = subprog[back]\nr3 = 0\nr4 = 0\ncall 181\n"
			 "*(u64 *)(r6 +8) = 1\nr0 = 0\nexit\n"
			 "back:\n*(u64 *)(r10 -512) = 1\nr1 = 1\nr2 = subprog[back]\nr3 = 0\nr4 = "
			 "0\n"
			 "call 181\nr0 = *(u64 *)(r10 -512)\nr0 = 0\nexit\n");
		run_first(&run);
		assert_int_equal(run.fault.kind, FAULT_STACK);
		assert_int_equal(ctx[1], 0);
	}
	/* In a program gone on with from a subprogram: all of the run ends. */
	for (u32 a = 0; a < HOWS; a++)
		for (u32 b = 0; b < HOWS; b++) {
			put_text(1, a, goes_on);
			put_text(2, b, "r0 = 0\ncall 4000\nexit\n");
			run_first(&run);
			assert_int_equal(run.fault.kind, FAULT_NO_HELPER);
			assert_int_equal(run.fault.insn, 1);
			assert_ptr_equal(run.image, progs[2].img);
		}
}

static void locks(void **state)
{
	static const char twice[] = "r6 = r1\nr1 += 32\ncall 93\nr1 = r6\nr1 += 40\ncall 93\n"
				    "*(u64 *)(r6 +8) = 1\nr0 = 0\nexit\n";
	struct run run;

	(void)state;
	for (u32 a = 0; a < HOWS; a++) {
		if (a == CHECKED)
			continue; /* sees that it is no lock */
		put_text(1, a, twice);
		run_first(&run);
		assert_int_equal(run.fault.kind, FAULT_LOCK);
		assert_int_equal(run.fault.insn, 5);
		assert_int_equal(ctx[1], 0);
		assert_int_equal(ctx[4], 0); /* given back */
	}
}

/* packets ------------------------------------------------------------------------------------- */

static void packets(void **state)
{
	static u8 bytes[64];
	static const char *const sizes[] = {"u8", "u16", "u32"};
	static const s64 offsets[] = {0,
				      1,
				      31,
				      37,
				      38,
				      39,
				      40,
				      41,
				      60,
				      0x7fffffff,
				      -1,
				      -0x100000,
				      -0x100000 + 4,
				      -0x200000,
				      -0x200000 + 9,
				      -0x200001,
				      INT32_MIN};
	char text[256];
	struct run run;

	(void)state;
	for (u32 i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i * 37 + 0x81);
	packet = (struct packet){.head = bytes,
				 .data = ptr_to_u64(bytes + 10),
				 .end = ptr_to_u64(bytes + 50),
				 .link = 2,
				 .net = 24};
	for (u32 s = 0; s < ARRAY_SIZE(sizes); s++)
		for (u32 i = 0; i < ARRAY_SIZE(offsets); i++)
			for (u32 ind = 0; ind < 2; ind++) {
				u64 want = 0;

				if (ind)
					snprintf(text, sizeof(text),
						 "r6 = r1\nr7 = 0x%llx ll\n"
						 "r0 = *(%s *)skb[r7 +3]\n*(u64 *)(r6 +0) = "
						 "1\nexit\n",
						 (unsigned long long)offsets[i] - 3, sizes[s]);
				else
					snprintf(text, sizeof(text),
						 "r6 = r1\nr7 = 0\n"
						 "r0 = *(%s *)skb[%d]\n*(u64 *)(r6 +0) = 1\nexit\n",
						 sizes[s], (s32)offsets[i]);
				for (u32 a = 0; a < HOWS; a++) {
					u64 r0;

					put_text(1, a, text);
					r0 = run_first(&run) << 1 | ctx[0];
					assert_int_equal(run.fault.kind, FAULT_NONE);
					if (a && r0 != want)
						fail_msg("%s: %llx, not %llx:\n%s", names[a],
							 (unsigned long long)r0,
							 (unsigned long long)want, text);
					want = r0;
				}
			}
	packet.head = NULL;
	for (u32 a = 0; a < HOWS; a++) {
		put_text(1, a, "r6 = r1\nr0 = *(u8 *)skb[0]\nr0 = 1\nexit\n");
		assert_int_equal(run_first(&run), 0);
	}
}

/* kernel objects ------------------------------------------------------------------------------- */

static void objects(void **state)
{
	static const u64 junk[] = {0, 8, 0x123456789000, ~0ull - 100, 0x8000000000000000};
	char text[256];
	struct run run;

	(void)state;
	for (u32 a = CHECKED; a < HOWS; a++)
		for (u32 i = 0; i < ARRAY_SIZE(junk) + 2; i++) {
			bool handle = i == ARRAY_SIZE(junk), live = i > ARRAY_SIZE(junk);
			u64 addr = handle ? handle_make(HANDLE_TASK, 0)
				   : live ? ptr_to_u64(&ctx[2]) - 2
					  : junk[i];
			struct hand *h;
			u64 r0;

			snprintf(text, sizeof(text),
				 "*(u64 *)(r1 +16) = -3\nr2 = 0x%llx ll\nr0 = *(u32 *)(r2 +2)\n"
				 "r3 = *(s8 *)(r2 +2)\nr4 = *(u64 *)(r2 +2)\n"
				 "*(u64 *)(r1 +0) = r3\n*(u64 *)(r1 +8) = r4\nexit\n",
				 (unsigned long long)addr);
			h = image_of(text);
			h->facts[3].facts = h->facts[4].facts = h->facts[5].facts =
				FACT_SEEN | FACT_BTF_LOAD;
			h->img.flags |= IMAGE_OBJECTS;
			put(1, a, h);
			r0 = run_first(&run);
			assert_int_equal(run.fault.kind, FAULT_NONE);
			assert_int_equal(r0, handle ? 0x82828282u : live ? 0xfffffffdu : 0);
			assert_int_equal(ctx[0], handle ? (u64)(s64)(s8)0x82 : live ? -3ull : 0);
			assert_int_equal(ctx[1], handle ? 0x8282828282828282ull : live ? -3ull : 0);
			assert_int_equal(run.unknown, handle || live ? 0 : 3);
			/* The same from a program that the plain interpreter ran. */
			put_text(3, PLAIN, "r0 = 0\nexit\n");
			jit_linked_free(progs[2].native);
			base_free(progs[2].img);
			progs[2] = progs[1];
			progs[1] = (struct prog){0};
			progs[2].img->ctx_write_hi = sizeof(ctx);
			put_text(1, PLAIN, "r2 = map[fd:0]\nr3 = 2\ncall 12\nr0 = 7\nexit\n");
			assert_int_equal(run_first(&run), r0);
		}
}

/* arenas -------------------------------------------------------------------------------------- */

/* Runs it with its accesses of r2 (behind the LDDW) said to be of the arena. */
static u64 run_arena(enum how how, const char *text, struct run *run)
{
	struct hand *h = image_of(text);

	for (u32 i = 0; i < h->img.op_count; i++) {
		const struct isa_info *info = isa_info(h->ops[i].op);
		u32 base = info->cls == ISA_CLASS_LOAD || info->kind == ISA_KIND_LOAD_ACQ
				   ? h->ops[i].src
				   : h->ops[i].dst;

		if (base == 2 && (info->cls == ISA_CLASS_LOAD || info->cls == ISA_CLASS_STORE ||
				  info->cls == ISA_CLASS_ATOMIC))
			h->facts[i].facts |= FACT_ARENA;
	}
	h->img.flags |= IMAGE_OBJECTS;
	put(1, how, h);
	return run_first(run);
}

static void arenas(void **state)
{
	static const char program[] =
		"r6 = r1\nr3 = 0x%llx ll\nr2 = addr_space_cast(r3, 0, 1)\n"
		"r0 = *(u64 *)(r2 %+d)\n*(u64 *)(r6 +0) = r0\n"
		"*(u16 *)(r2 %+d) = 0x1234\nr4 = 7\nr4 = atomic_fetch_add((u32 *)(r2 %+d), r4)\n"
		"*(u64 *)(r6 +8) = r4\nr0 = 5\nr5 = 6\n"
		"r0 = cmpxchg_64(r2 %+d, r0, r5)\n*(u64 *)(r6 +16) = r0\n"
		"r0 = *(s8 *)(r2 %+d)\n*(u64 *)(r6 +24) = r0\n"
		"r0 = addr_space_cast(r2, 1, 0)\nexit\n";
	static const struct {
		u64 addr;
		s32 off;
		s64 at; /* in the contents; < 0: outside */
	} cases[] = {
		{USER, 0, 0},
		{USER + 8, -8, 0},
		{USER, -8, -1},
		{(u32)USER + 4096, 16, 4112},
		{USER + PAGES * PAGE_BYTES - 8, 0, PAGES * PAGE_BYTES - 8},
		{USER + PAGES * PAGE_BYTES, 0, -1},
		{USER + PAGES * PAGE_BYTES - 8, 8, -1},
		{USER + PAGES * PAGE_BYTES, -8, PAGES * PAGE_BYTES - 8},
		{USER - 8, 8, 0},
		{0, 0, -1},
		{0x1234567800000000 | (u32)(USER + 64), 0, 64},
	};
	char text[1024];
	struct run run;

	(void)state;
	/* Partly outside is outside. */
	snprintf(text, sizeof(text), "r2 = 0x%llx ll\nr0 = *(u64 *)(r2 -7)\nexit\n",
		 USER + PAGES * PAGE_BYTES);
	memset(pages, 0xff, PAGES * PAGE_BYTES);
	for (u32 a = CHECKED; a < HOWS; a++)
		assert_int_equal(run_arena(a, text, &run), 0);
	for (u32 a = CHECKED; a < HOWS; a++)
		for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
			s32 off = cases[i].off;
			bool in = cases[i].at >= 0;
			u8 *at = pages + (in ? cases[i].at : 0);
			u64 old = 0x8182838485868788, r0;

			memset(pages, 0, sizeof(pages));
			if (in)
				memcpy(at, &old, 8);
			snprintf(text, sizeof(text), program, (unsigned long long)cases[i].addr,
				 off, off, off, off, off);
			r0 = run_arena(a, text, &run);
			if (run.fault.kind)
				fail_msg("%s: fault %u at %u", names[a], run.fault.kind,
					 run.fault.insn);
			assert_int_equal(ctx[0], in ? old : 0);
			assert_int_equal(ctx[1], in ? 0x85861234 : 0);
			assert_int_equal(ctx[2], in ? 0x818283848586123bull : 0);
			assert_int_equal(ctx[3], in ? 0x3b : 0);
			assert_int_equal(r0, (u32)cases[i].addr
						     ? (USER >> 32 << 32) | (u32)cases[i].addr
						     : 0);
			if (in)
				memset(at, 0, 8);
			for (u32 k = 0; k < sizeof(pages); k++)
				assert_int_equal(pages[k], 0);
		}
}

/* what a wrong verifier would let pass --------------------------------------------------------- */

static void wild(const char *text, u32 kind, u32 insn, u64 addr)
{
	struct run run;

	for (u32 a = OPTIMISED; a < HOWS; a++) {
		put_text(1, a, text);
		run_first(&run);
		if (run.fault.kind != kind || run.fault.insn != insn || run.fault.addr != addr ||
		    ctx[1])
			fail_msg("%s: fault %u at %u, %llx:\n%s", names[a], run.fault.kind,
				 run.fault.insn, (unsigned long long)run.fault.addr, text);
		/* And the next one runs. */
		put_text(1, a, "r0 = 9\nexit\n");
		assert_int_equal(run_first(&run), 9);
	}
}

static volatile sig_atomic_t passed_on;

static void other_handler(int sig)
{
	passed_on = sig;
}

static void wrong_programs(void **state)
{
	struct sigaction other = {.sa_handler = other_handler}, old;

	(void)state;
	wild("r6 = r1\nr2 = 0x1000 ll\nr0 = *(u64 *)(r2 +8)\n*(u64 *)(r6 +8) = 1\nexit\n",
	     FAULT_READ, 3, 0x1008);
	wild("r6 = r1\nr2 = 0x1000 ll\n*(u32 *)(r2 +4) = 5\n*(u64 *)(r6 +8) = 1\nr0 = 0\nexit\n",
	     FAULT_WRITE, 3, 0x1004);
	/* Not canonical: the processor names no address. */
	wild("r6 = r1\nr2 = 0x1234567812345678 ll\nr3 = 1\nlock *(u64 *)(r2 +0) += r3\n"
	     "*(u64 *)(r6 +8) = 1\nr0 = 0\nexit\n",
	     FAULT_READ, 4, 0);
	/* In a callback, and in a subprogram of it. */
	wild("r6 = r1\nr1 = 3\nr2 = subprog[back]\nr3 = 0\nr4 = 0\ncall 181\n"
	     "*(u64 *)(r6 +8) = 1\nr0 = 0\nexit\n"
	     "back:\ncall deep\nr0 = 0\nexit\n"
	     "deep:\nr2 = 4096\nr0 = *(u8 *)(r2 +1)\nexit\n",
	     FAULT_READ, 14, 0x1001);
	/* What others are to see they see, whoever came later. */
	put_text(1, OPTIMISED, "r0 = 0\nexit\n");
	assert_int_equal(sigaction(SIGFPE, &other, &old), 0);
	put_text(1, OPTIMISED, "r0 = 1\nexit\n");
	raise(SIGFPE);
	assert_int_equal(passed_on, SIGFPE);
	wild("r6 = r1\nr2 = 4096\nr0 = *(u64 *)(r2 +8)\n*(u64 *)(r6 +8) = 1\nexit\n", FAULT_READ, 2,
	     0x1008);
	sigaction(SIGFPE, &old, NULL);
}

static int setup(void **state)
{
	(void)state;
	core_helpers_init();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	clear();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subprogram_goes_on),
		cmocka_unit_test(main_goes_on),
		cmocka_unit_test(no_more_than_allowed),
		cmocka_unit_test(exceptions),
		cmocka_unit_test(faults),
		cmocka_unit_test(locks),
		cmocka_unit_test(packets),
		cmocka_unit_test(objects),
		cmocka_unit_test(arenas),
		cmocka_unit_test(wrong_programs),
	};

	return cmocka_run_group_tests_name("native", tests, setup, teardown);
}
