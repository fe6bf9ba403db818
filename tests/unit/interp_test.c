// SPDX-License-Identifier: BSD-2-Clause
/*
 * What only the checked interpreter does: live memory, helper arguments,
 * limits, release of what is held. tests/insn has what all of them do. Each
 * test runs through both dispatch forms.
 */
#include "../insn/machine.h"
#include "core/world_page.h"

/* Runs text on the checked engines, which must agree. */
static struct outcome check_with(const char *text, const struct input *in)
{
	struct image *img = image_of(text);
	struct outcome first = {0};

	for (u32 i = 0, n = 0; i < ARRAY_SIZE(engines); i++) {
		struct outcome o;

		if (!engines[i].checked)
			continue;
		o = run_on(&engines[i], img, in);
		if (n++) {
			assert_int_equal(o.err, first.err);
			assert_int_equal(o.fault.kind, first.fault.kind);
			assert_int_equal(o.fault.insn, first.fault.insn);
			assert_int_equal(o.run.budget, first.run.budget);
		}
		first = o;
	}
	base_free(img);
	first.run.image = NULL;
	return first;
}

static struct outcome check(const char *text)
{
	return check_with(text, &(struct input){0});
}

#define LOCK_AT "r1 = map[fd:0][0]+8\n"

static void arguments(void **state)
{
	/* argument 0: the call must be allowed */
	static const struct {
		u32 argument;
		const char *text;
	} cases[] = {
		{0, "r1 = map[fd:0]\n*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\ncall 5"},
		{1, "r1 = map[fd:0][0]+0\nr2 = r10\nr2 += -4\ncall 5"},
		{1, "r1 = 0\nr2 = r10\nr2 += -4\ncall 5"},
		{1, "r1 = map[fd:0]\nr1 += 8\nr2 = r10\nr2 += -4\ncall 5"},
		{2, "r1 = map[fd:0]\nr2 = r10\nr2 += -3\ncall 5"},
		{2, "r1 = map[fd:0]\nr2 = 0\ncall 5"},
		{0, "r1 = map[fd:0]\nr2 = r10\nr2 += -4\nr3 = r10\nr3 += -24\ncall 6"},
		{0, "r1 = map[fd:0]\nr2 = r10\nr2 += -4\nr3 = map[fd:0][0]+0\ncall 6"},
		{3, "r1 = map[fd:0]\nr2 = r10\nr2 += -4\nr3 = r10\nr3 += -23\ncall 6"},
		{3, "r1 = map[fd:1]\nr2 = r10\nr2 += -4\nr3 = map[fd:1][0]+0\ncall 6"},
		{0, "r1 = r10\nr1 += -512\nr2 = 512\ncall 7"},
		{1, "r1 = r10\nr1 += -512\nr2 = 513\ncall 7"},
		{2, "r1 = r10\nr1 += -512\nr2 = 0\ncall 7"},
		{1, "r1 = r10\nr1 += -8\nr2 = -1\ncall 7"},
		{1, "r1 = r10\nr1 += -8\nr2 = 0x100000008 ll\ncall 7"},
		{0, "r1 = map[fd:1][0]+1\nr2 = 5\ncall 7"},
		{1, "r1 = map[fd:1][0]+1\nr2 = 6\ncall 7"},
		{0, "r1 = 0\nr2 = 0\ncall 8"},
		{1, "r1 = 0\nr2 = 1\ncall 8"},
		{0, "r1 = r10\nr1 += -1\nr2 = 1\ncall 8"},
		{1, "r1 = map[fd:1][0]+0\nr2 = 1\ncall 9"},
		{0, "r1 = map[fd:0][0]+0\nr2 = 24\ncall 9"},
		{1, "r1 = map[fd:0][0]+0\nr2 = 25\ncall 9"},
		{0, "r1 = r10\nr1 += -16\nr2 = r10\nr2 += -8\ncall 10"},
		{1, "r1 = r10\nr1 += -15\nr2 = r10\nr2 += -8\ncall 10"},
		{2, "r1 = r10\nr1 += -16\nr2 = r10\nr2 += -7\ncall 10"},
		{0, "call 11"},
		{1, "r1 += 8\ncall 11"},
		{0, "r1 = map[fd:1][0]+0\ncall 12"},
		{1, "r1 = map[fd:0][0]+0\ncall 12"},
		{1, "r1 = r10\nr1 += -8\ncall 12"},
		{0, LOCK_AT "call 13\n" LOCK_AT "call 14"},
		{1, "r1 = map[fd:0][0]+4\ncall 13"},
		{1, "r1 = map[fd:0][0]+0\ncall 13"},
		{1, "r1 = r10\nr1 += -8\ncall 13"},
		{1, "r1 = map[fd:1][0]+0\ncall 13"},
		{1, "r1 = r10\nr1 += -8\ncall 16"},
		{0, "r1 = 0x00c6010000000000 ll\ncall 17"},
		{1, "r1 = 0x00c7010000000000 ll\ncall 17"},
		{1, "r1 = 0\ncall 17"},
		{1, "r1 = map[fd:0]\ncall 18"},
		{2, "r1 = 1\nr2 = 4\ncall 3"},
		{2, "r1 = 1\nr2 = -1\ncall 3"},
		{2, "r1 = 1\nr2 = 0\nr2 = 0x10000000000 ll\ncall 3"},
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 mem[2] = {0};
		char text[512];
		struct outcome o;

		snprintf(text, sizeof(text), "%s\nexit\n", cases[i].text);
		helper_calls = 0;
		o = check_with(text, &(struct input){.mem = mem, .mem_size = sizeof(mem)});
		if (!cases[i].argument && o.err)
			fail_msg("%s: fault %u, argument %u", text, o.fault.kind, o.fault.arg);
		if (!cases[i].argument)
			continue;
		if (o.fault.kind != FAULT_HELPER || o.fault.arg != cases[i].argument)
			fail_msg("%s: fault %u, argument %u", text, o.fault.kind, o.fault.arg);
		assert_int_equal(helper_calls, 0);
	}
}

/* What a helper says of a fault is placed where it was called. */
static void helper_fault(void **state)
{
	struct outcome o = check("r0 = 0\ncall 4\nr0 = 1\nexit");

	assert_int_equal(o.fault.kind, FAULT_LOCK);
	assert_int_equal(o.fault.insn, 1);
	assert_int_equal(o.fault.addr, 7);
}

static void void_result(void **state)
{
	assert_int_equal(check("call 2\nexit").r0, 0);
}

/* A reservation is live from reserve to submit, and discarded when the run ends with it. */
static void reservations(void **state)
{
	struct outcome o;

	discarded = 0;
	o = check(
		"r1 = 64\ncall 15\n*(u64 *)(r0 +56) = 1\nr6 = r0\nr1 = r0\ncall 16\nr0 = 0\nexit");
	assert_int_equal(o.err, 0);
	assert_int_equal(discarded, 0);
	o = check("r1 = 64\ncall 15\n*(u8 *)(r0 +64) = 1\nexit");
	assert_int_equal(o.fault.kind, FAULT_WRITE);
	assert_int_equal(discarded, 1);
	o = check("r1 = 64\ncall 15\n*(u64 *)(r0 +0) = 1\nr6 = r0\nr1 = r0\ncall 16\n"
		  "*(u64 *)(r6 +0) = 1\nexit");
	assert_int_equal(o.fault.kind, FAULT_WRITE);
	assert_int_equal(o.fault.insn, 6);
	assert_int_equal(discarded, 1);
	o = check("r1 = 64\ncall 15\nr0 = 0\nexit");
	assert_int_equal(o.err, 0);
	assert_int_equal(o.run.region_count, 0);
	assert_int_equal(discarded, 2);
	o = check("r1 = 64\ncall 15\nr1 = r0\nr1 += 8\ncall 16\nexit");
	assert_int_equal(o.fault.kind, FAULT_HELPER);
	assert_int_equal(discarded, 3);
}

/* Memory lent to a callback is gone when the helper returns, though it was seen live before. */
static void lent_memory(void **state)
{
	static const char during[] = "r1 = subprog[f]\nr2 = 0\ncall 19\nexit\n"
				     "f: r0 = *(u64 *)(r1 +0)\nexit";
	static const char after[] = "r1 = subprog[f]\nr2 = r10\nr2 += -8\ncall 19\n"
				    "r1 = *(u64 *)(r10 -8)\nr0 = *(u64 *)(r1 +0)\nexit\n"
				    "f: *(u64 *)(r2 +0) = r1\nr0 = *(u64 *)(r1 +0)\nexit";
	struct outcome o;

	assert_int_equal(check(during).r0, 5);
	o = check(after);
	assert_int_equal(o.fault.kind, FAULT_READ);
	assert_int_equal(o.fault.insn, 6);
}

static void regions_are_bounded(void **state)
{
	struct outcome o =
		check("r6 = 20\nagain: r1 = 8\ncall 15\nr6 += -1\nif r6 != 0 goto again\n"
		      "exit");

	assert_int_equal(o.err, 0);
	assert_int_equal(o.r0, 0);
	assert_int_equal(o.run.region_count, 0);
}

static void locks(void **state)
{
	struct outcome o;

	((u32 *)array_values)[2] = 0;
	o = check(LOCK_AT "call 13\n" LOCK_AT "call 14\nr0 = 0\nexit");
	assert_int_equal(o.err, 0);
	o = check(LOCK_AT "call 13\nr0 = *(u64 *)(r0 +0)\nexit");
	assert_int_equal(o.fault.kind, FAULT_READ);
	assert_null(o.run.held_lock);
	assert_int_equal(((u32 *)array_values)[2], 0);
	/* Returning with it: the lock comes back, and the run counts as one that ended early. */
	o = check(LOCK_AT "call 13\nr0 = 0\nexit");
	assert_int_equal(o.fault.kind, FAULT_LOCK);
	assert_int_equal(((u32 *)array_values)[2], 0);
}

static void context(void **state)
{
	u8 mem[32] = {[4] = 7};
	struct input in = {.mem = mem,
			   .mem_size = 32,
			   .ctx_limits = true,
			   .ctx_size = 16,
			   .ctx_write_lo = 8,
			   .ctx_write_hi = 12};

	assert_int_equal(check_with("r0 = *(u8 *)(r1 +4)\nexit", &in).r0, 7);
	assert_int_equal(check_with("r0 = *(u64 *)(r1 +8)\nexit", &in).err, 0);
	assert_int_equal(check_with("r0 = *(u8 *)(r1 +16)\nexit", &in).fault.kind, FAULT_READ);
	assert_int_equal(check_with("*(u32 *)(r1 +8) = 1\nr0 = 0\nexit", &in).err, 0);
	assert_int_equal(check_with("*(u64 *)(r1 +8) = 1\nexit", &in).fault.kind, FAULT_WRITE);
	assert_int_equal(check_with("*(u8 *)(r1 +7) = 1\nexit", &in).fault.kind, FAULT_WRITE);
	assert_int_equal(check_with("*(u8 *)(r1 +12) = 1\nexit", &in).fault.kind, FAULT_WRITE);
	/* A read makes the context known; that must not make it writable. */
	assert_int_equal(
		check_with("r0 = *(u8 *)(r1 +4)\n*(u8 *)(r1 +4) = 1\nexit", &in).fault.kind,
		FAULT_WRITE);
	in.mem_size = 8; /* an event may bring less than the type has */
	assert_int_equal(check_with("r0 = *(u64 *)(r1 +8)\nexit", &in).fault.kind, FAULT_READ);
}

/* Each frame has its 512 bytes; how much a chain may take together is the verifier's to say. */
static void stack_of_each_frame(void **state)
{
	static const char text[] = "*(u64 *)(r10 -512) = 1\ncall f\nr1 = *(u64 *)(r10 -512)\n"
				   "r0 += r1\nexit\nf: *(u64 *)(r10 -512) = 2\n"
				   "r0 = *(u64 *)(r10 -512)\nexit";

	assert_int_equal(check(text).r0, 3);
}

static void budget(void **state)
{
	static const char loop[] = "r0 = 0\nagain: r0 += 1\nif r0 < 10 goto again\nexit";
	static const char callback[] =
		"r1 = 5\nr2 = subprog[f]\nr3 = 0\nr4 = 0\ncall 3\nexit\nf: r0 = 0\nexit";

	assert_int_equal(check_with(loop, &(struct input){.budget = 22}).err, 0);
	assert_int_equal(check_with(loop, &(struct input){.budget = 21}).fault.kind, FAULT_BUDGET);
	/* What callbacks spend counts. */
	assert_int_equal(check_with(callback, &(struct input){.budget = 16}).err, 0);
	assert_int_equal(check_with(callback, &(struct input){.budget = 15}).fault.kind,
			 FAULT_BUDGET);
}

static void nested_callbacks(void **state)
{
	struct outcome o = check("r1 = 1\nr2 = subprog[f]\nr3 = 0\nr4 = 0\ncall 3\nexit\n"
				 "f: r1 = 1\nr2 = subprog[f]\nr3 = 0\nr4 = 0\ncall 3\nexit");

	assert_int_equal(o.fault.kind, FAULT_STACK);
	assert_int_equal(o.fault.insn, 12);
}

static void unknown_is_counted(void **state)
{
	struct outcome o = check("r1 = 0x00c6010000000000 ll\nr0 = *(u64 *)(r1 +0)\n"
				 "r0 = *(u64 *)(r1 +64)\nr0 = *(u64 *)(r1 +65)\nexit");

	assert_int_equal(o.err, 0);
	assert_int_equal(o.run.unknown, 2);
}

/* The plain interpreter takes verified images only. */
static void unverified(void **state)
{
	struct image *img = image_of("r0 = 0\nexit");
	struct run run = {.image = img, .maps = maps, .env = &env, .budget = 100};
	u64 r0 = 5;

	img->flags = 0;
	assert_int_equal(interp_run(&run, &r0), -EFAULT);
	assert_int_equal(r0, 5);
	assert_int_equal(
		interp_run_checked(&(struct run){.image = img, .maps = maps, .budget = 2}, &r0), 0);
	assert_int_equal(r0, 0);
	img->op_count = 0;
	run.fault.kind = FAULT_NONE;
	assert_int_equal(interp_run_checked(&run, &r0), -EFAULT);
	base_free(img);
}

/* Whatever the bytes, a run or a fault; under sanitizers nothing else is touched. */
static void random_programs(void **state)
{
	u64 seed = 0x9e3779b97f4a7c15ull;
	u32 finished = 0, faulted = 0;

	for (u32 n = 0; n < 20000; n++) {
		struct isa_op ops[24];
		u32 count = 0;
		u64 mem[4];
		struct image *img;

		while (count < 20) {
			u32 row;
			const struct isa_info *r;
			struct isa_op op = {0};

			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			row = 1 + (u32)(seed >> 32) % (ISA_OP_COUNT - 1);
			r = isa_info(row);
			if (r->kind == ISA_KIND_HIGH || r->kind == ISA_KIND_CALL_SUB ||
			    row == ISA_OP_LDDW_FUNC)
				continue;
			op.op = row;
			op.dst = seed % ISA_REGS;
			op.src = (seed >> 8) % ISA_REGS;
			if (op.dst == 10 && r->defs & ISA_DST)
				op.dst = 0;
			op.off = r->off == ISA_ANY ? (s32)(seed >> 16) % 8 : 0;
			op.imm = r->imm == ISA_ANY ? (s32)(seed >> 20) % 32 : 0;
			ops[count++] = op;
			if (r->kind == ISA_KIND_LDDW)
				ops[count++] = (struct isa_op){.op = ISA_OP_HIGH};
		}
		ops[count++] = (struct isa_op){.op = ISA_OP_EXIT};
		img = make_image(ops, count);
		for (u32 i = 0; i < ARRAY_SIZE(engines); i++) {
			struct outcome o;

			if (!engines[i].checked)
				continue;
			memset(mem, 0, sizeof(mem));
			o = run_on(&engines[i], img,
				   &(struct input){.mem = mem, .mem_size = 32, .budget = 5000});
			finished += !o.err;
			faulted += !!o.err;
		}
		base_free(img);
	}
	assert_true(finished > 100 && faulted > 100);
}

static void fault_sites(void **state)
{
	struct world_prog *p = base_zalloc(sizeof(*p));

	for (u32 i = 0; i < 20; i++)
		world_count_fault(p, FAULT_READ, i % 10, 0x1000 + i, 8, i);
	assert_int_equal(p->faults, 20);
	for (u32 i = 0; i < WORLD_FAULT_SITES; i++) {
		assert_int_equal(p->sites[i].kind, FAULT_READ);
		assert_int_equal(p->sites[i].insn, i);
		assert_int_equal(p->sites[i].count, 2);
		assert_int_equal(p->sites[i].addr, 0x1000 + i);
	}
	base_free(p);
}

static void region_lists(void **state)
{
	struct image *img = image_of("exit");
	struct run run = {.image = img, .maps = maps};

	for (u32 i = 0; i < RUN_MAX_REGIONS; i++)
		assert_int_equal(run_region_add(&run, 0x1000 + i * 0x100, 16, i & 1, REGION_PLAIN),
				 0);
	assert_int_equal(run_region_add(&run, 0x9000, 16, true, REGION_PLAIN), -ENOSPC);
	assert_true(run_may_access(&run, 0x1000, 16, false));
	assert_false(run_may_access(&run, 0x1000, 16, true));
	assert_true(run_may_access(&run, 0x1108, 8, true));
	assert_false(run_may_access(&run, 0x1108, 9, true));
	assert_false(run_may_access(&run, 0x10ff, 2, true));
	assert_false(run_may_access(&run, UINT64_MAX, 2, false));
	assert_int_equal(run_region_del(&run, 0x1100), 0);
	assert_int_equal(run_region_del(&run, 0x1100), -ENOENT);
	assert_false(run_may_access(&run, 0x1100, 1, false));
	/* What nobody must give back stays. */
	run_release(&run);
	assert_int_equal(run.region_count, RUN_MAX_REGIONS - 1);
	base_free(img);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments),
		cmocka_unit_test(helper_fault),
		cmocka_unit_test(void_result),
		cmocka_unit_test(reservations),
		cmocka_unit_test(lent_memory),
		cmocka_unit_test(regions_are_bounded),
		cmocka_unit_test(locks),
		cmocka_unit_test(context),
		cmocka_unit_test(stack_of_each_frame),
		cmocka_unit_test(budget),
		cmocka_unit_test(nested_callbacks),
		cmocka_unit_test(unknown_is_counted),
		cmocka_unit_test(unverified),
		cmocka_unit_test(random_programs),
		cmocka_unit_test(fault_sites),
		cmocka_unit_test(region_lists),
	};

	return cmocka_run_group_tests_name("interp", tests, NULL, NULL);
}
