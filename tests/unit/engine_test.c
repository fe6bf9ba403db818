// SPDX-License-Identifier: BSD-2-Clause
/*
 * The choice of engine: by wish, by how long programs run, and down to the next
 * simpler one where a compiler does not take a program; results the same before
 * and after code is replaced.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <cygnet/cygnet.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/alloc.h"
#include "isa/asm.h"
#include "isa/decode.h"
#include "jit/jit.h"
#include "jit/pages.h"
#include "vm/engine.h"
#include "vm/instance.h"
#include "vm/object.h"

#define ADDR(p) ((u64)(uintptr_t)(p))

struct world {
	struct cygnet *inst;
	struct prog_object *p;
	int fd;
};

static struct cygnet *instance(u32 engine)
{
	const struct cygnet_opts opts = {.sz = sizeof(opts), .engine = engine, .possible_cpus = 2};
	struct cygnet *inst;

	assert_int_equal(cygnet_new(&opts, &inst), 0);
	return inst;
}

static struct world load_as(struct cygnet *inst, u32 type, const struct bpf_insn *insns, u32 count)
{
	struct world w = {.inst = inst};
	union bpf_attr a = {.prog_type = type,
			    .insns = ADDR(insns),
			    .insn_cnt = count,
			    .license = ADDR("GPL"),
			    .prog_flags = type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0};
	struct object_table *t = &w.inst->objects[OBJECT_PROG];

	w.fd = cygnet_bpf(w.inst, BPF_PROG_LOAD, &a, sizeof(a));
	assert_true(w.fd >= 0);
	w.p = container_of(t->by_id.data[t->by_id.len - 1], struct prog_object, o);
	return w;
}

static struct world load(struct cygnet *inst, const struct bpf_insn *insns, u32 count)
{
	return load_as(inst, BPF_PROG_TYPE_SYSCALL, insns, count);
}

static struct world load_into(struct cygnet *inst, u32 type, const char *text)
{
	struct bpf_insn insns[64];
	struct diag d = {0};
	struct isa_op *ops;
	u32 count;

	if (isa_assemble(text, strlen(text), &ops, &count, &d))
		fail_msg("%s: %s", text, d.what);
	assert_int_equal(isa_encode(ops, count, insns), 0);
	base_free(ops);
	return load_as(inst, type, insns, count);
}

static struct world load_text(u32 engine, const char *text)
{
	return load_into(instance(engine), BPF_PROG_TYPE_SYSCALL, text);
}

static void end(struct world *w)
{
	close(w->fd);
	cygnet_free(w->inst);
}

/* What the program makes of `in`, after `repeat` runs. */
static u32 run(const struct world *w, u64 in, u32 repeat)
{
	union bpf_attr a = {
		.test = {.prog_fd = (u32)w->fd, .ctx_in = ADDR(&in), .ctx_size_in = sizeof(in)}};

	for (u32 i = 0; i < repeat; i++)
		assert_int_equal(cygnet_bpf(w->inst, BPF_PROG_TEST_RUN, &a, sizeof(a)), 0);
	return a.test.retval;
}

/* Sums 1 to n. */
static const char sums[] = "r1 = *(u64 *)(r1 +0)\nr1 &= 0xffff\nr0 = 0\n"
			   "again:\nif r1 == 0 goto done\nr0 += r1\nr1 += -1\n"
			   "may_goto done\ngoto again\ndone:\nexit\n";

static void test_wish(void **state)
{
	for (u32 engine = ENGINE_INTERP; engine <= ENGINE_BASELINE; engine++) {
		struct world w = load_text(engine, sums);

		assert_null(w.p->native);
		assert_int_equal(run(&w, 100, 3), 5050);
		assert_int_equal(w.p->native != NULL, engine != ENGINE_INTERP);
		if (w.p->native)
			assert_int_equal(w.p->native_tier, engine == ENGINE_JIT
								   ? JIT_TIER_OPTIMISE
								   : JIT_TIER_BASELINE);
		end(&w);
	}
}

static void test_auto(void **state)
{
	struct world w = load_text(ENGINE_AUTO, sums);
	u32 runs = 0;

	assert_int_equal(run(&w, 100, 1), 5050);
	assert_non_null(w.p->native);
	assert_int_equal(w.p->native_tier, JIT_TIER_BASELINE);
	while (w.p->native_tier == JIT_TIER_BASELINE && runs++ < 10000)
		assert_int_equal(run(&w, 60000, 1), 60000u * 60001u / 2);
	assert_int_equal(w.p->native_tier, JIT_TIER_OPTIMISE);
	assert_true(runs > 1);
	assert_int_equal(run(&w, 60000, 10), 60000u * 60001u / 2);
	end(&w);
}

/* Once the time is known that many runs have taken, few more are enough. */
static void test_hot(void **state)
{
	struct world w = load_text(ENGINE_AUTO, sums);

	assert_int_equal(run(&w, 1, 1), 1);
	assert_int_equal(w.p->native_tier, JIT_TIER_BASELINE);
	prog_object_ran(w.p, 1000, 1000 * 1000);
	assert_int_equal(run(&w, 1, 1), 1);
	assert_int_equal(w.p->native_tier, JIT_TIER_OPTIMISE);
	end(&w);
}

/* What a program goes on with is native too, and optimised when that program is. */
static void test_tail_calls(void **state)
{
	struct cygnet *inst = instance(ENGINE_AUTO);
	union bpf_attr map = {.map_type = BPF_MAP_TYPE_PROG_ARRAY,
			      .key_size = 4,
			      .value_size = 4,
			      .max_entries = 3};
	int fd = cygnet_bpf(inst, BPF_MAP_CREATE, &map, sizeof(map));
	struct world to = load_into(inst, BPF_PROG_TYPE_RAW_TRACEPOINT,
				    "r0 = *(u64 *)(r1 +0)\nr0 += 1000\nexit\n"),
		     from;
	char text[200];
	u32 key = 2;
	union bpf_attr put = {.map_fd = (u32)fd, .key = ADDR(&key), .value = ADDR(&to.fd)};

	assert_int_equal(cygnet_bpf(inst, BPF_MAP_UPDATE_ELEM, &put, sizeof(put)), 0);
	snprintf(text, sizeof(text),
		 "r3 = *(u64 *)(r1 +0)\nr2 = map[fd:%d]\ncall 12\nr0 = 7\nexit\n", fd);
	from = load_into(inst, BPF_PROG_TYPE_RAW_TRACEPOINT, text);
	for (u32 i = 0; i < 3; i++) {
		assert_int_equal(run(&from, 1 + 2 * (i & 1), 1), 7);
		from.p->runs = from.p->run_ns = 0; /* as if it had been quick, on any machine */
		assert_int_equal(run(&from, 2, 1), 1002);
		from.p->runs = from.p->run_ns = 0; /* as if it had been quick, on any machine */
	}
	assert_int_equal(from.p->native_tier, JIT_TIER_BASELINE);
	assert_non_null(to.p->native);
	assert_int_equal(to.p->native_tier, JIT_TIER_BASELINE);
	prog_object_ran(from.p, 1000, 1000 * 1000);
	assert_int_equal(run(&from, 2, 1), 1002);
	assert_int_equal(from.p->native_tier, JIT_TIER_OPTIMISE);
	assert_int_equal(to.p->native_tier, JIT_TIER_OPTIMISE);
	assert_int_equal(run(&from, 2, 100), 1002);
	/* Nobody finds code that is gone. */
	put.value = 0;
	assert_int_equal(cygnet_bpf(inst, BPF_MAP_DELETE_ELEM, &put, sizeof(put)), 0);
	close(to.fd);
	assert_int_equal(run(&from, 2, 1), 7);
	close(from.fd);
	close(fd);
	cygnet_free(inst);
}

/* What is too large for the optimising compiler is the baseline's. */
static void test_large(void **state)
{
	u32 count = (256u << 10) + 8;
	struct bpf_insn *insns = calloc(count, sizeof(*insns));
	struct world w;

	insns[0] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1};
	for (u32 i = 1; i < count - 1; i++)
		insns[i] = (struct bpf_insn){.code = BPF_ALU | BPF_MUL | BPF_K, .imm = 3};
	insns[count - 1] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
	w = load(instance(ENGINE_JIT), insns, count);
	assert_int_equal(run(&w, 0, 1), run(&w, 0, 1));
	assert_non_null(w.p->native);
	assert_int_equal(w.p->native_tier, JIT_TIER_BASELINE);
	end(&w);
	free(insns);
}

/* Pages of code are given back and used again, programs come and go in any order. */
static void test_pages(void **state)
{
	struct cygnet *inst = instance(ENGINE_BASELINE);
	struct world w[100];
	u64 seed = 7;

	for (u32 i = 0; i < ARRAY_SIZE(w); i++)
		w[i].fd = -1;
	for (u32 n = 0; n < 3000; n++) {
		u32 i = (u32)((seed = seed * 6364136223846793005ull + 1) >> 33) % ARRAY_SIZE(w);
		u32 large = n % 16 ? 4 : n % 256 ? 4000 : 60000;
		struct bpf_insn *insns;

		if (w[i].fd >= 0) {
			close(w[i].fd);
			w[i].fd = -1;
			continue;
		}
		insns = calloc(large, sizeof(*insns));
		for (u32 k = 0; k < large - 1; k++)
			insns[k] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K,
						     .imm = (s32)n};
		insns[large - 1] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
		w[i] = load(inst, insns, large);
		assert_int_equal(run(&w[i], 0, 1), n);
		assert_non_null(w[i].p->native);
		free(insns);
	}
	for (u32 i = 0; i < ARRAY_SIZE(w); i++)
		if (w[i].fd >= 0)
			close(w[i].fd);
	cygnet_free(inst);
}

/* What was given back is taken again before there are more mappings. */
static void test_pages_again(void **state)
{
	struct jit_pages *p;
	u8 *at[64], *low = NULL, *large;

	assert_int_equal(jit_pages_new(&p), 0);
	for (u32 round = 0; round < 3; round++) {
		for (u32 i = 0; i < ARRAY_SIZE(at); i++) {
			assert_int_equal(jit_pages_take(p, 4096, &at[i]), 0);
			low = !low ? at[i] : low;
			assert_in_range(at[i] - low, 0, 63 * 4096);
			for (u32 k = 0; k < i; k++)
				assert_ptr_not_equal(at[i], at[k]);
			memset(at[i], 0xc3, 4096);
			assert_int_equal(jit_pages_seal(at[i], 4096), 0);
		}
		for (u32 i = 0; i < ARRAY_SIZE(at); i++)
			jit_pages_give(p, at[i * 37 % 64], 4096);
	}
	assert_int_equal(jit_pages_take(p, 64 * 4096, &large), 0);
	assert_ptr_equal(large, low);
	jit_pages_give(p, large, 64 * 4096);
	assert_int_equal(jit_pages_take(p, 65 * 4096, &large), 0);
	jit_pages_give(p, large, 65 * 4096);
	jit_pages_free(p);
}

#ifndef PR_SET_MDWE
#define PR_SET_MDWE              65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

/* Native code also where nothing writable may become executable. */
static void test_strict_system(void **state)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct world w = load_text(ENGINE_BASELINE, sums);

		if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0))
			_exit(77);
		for (u32 i = 0; i < 3; i++) {
			if (run(&w, 100, 2) != 5050 || !w.p->native)
				_exit(1);
			prog_object_cool(w.p);
			w.p->native_tried = 0;
		}
		end(&w);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wish),        cmocka_unit_test(test_auto),
		cmocka_unit_test(test_hot),         cmocka_unit_test(test_tail_calls),
		cmocka_unit_test(test_large),       cmocka_unit_test(test_pages),
		cmocka_unit_test(test_pages_again), cmocka_unit_test(test_strict_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
