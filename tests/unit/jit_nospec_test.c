// SPDX-License-Identifier: BSD-2-Clause
/*
 * Speculation: where verification for an ordinary user found that a wrong guess of
 * the processor leads outside, native code has a fence; a privileged loader's has
 * none, nor has it where fences are switched off. And the kernel's
 * net.core.bpf_jit_harden: whose constants are blinded.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <cygnet/cygnet.h>
#include <unistd.h>
#include "base/alloc.h"
#include "core/client.h"
#include "core/image.h"
#include "isa/asm.h"
#include "isa/decode.h"
#include "jit/jit.h"
#include "sys/sys.h"
#include "vm/engine.h"
#include "vm/instance.h"

#define ADDR(p) ((u64)(uintptr_t)(p))

struct loaded {
	struct cygnet *inst;
	struct prog_object *p;
	int map, fd;
};

static struct loaded load(const char *text, bool unprivileged, u32 harden)
{
	const struct cygnet_opts opts = {
		.sz = sizeof(opts), .engine = ENGINE_JIT, .possible_cpus = 2, .harden = harden};
	union bpf_attr m = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 64, .max_entries = 1};
	struct bpf_insn insns[64];
	union bpf_attr a = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
			    .insns = ADDR(insns),
			    .license = ADDR("GPL")};
	struct loaded l;
	struct diag d = {0};
	struct isa_op *ops;
	u32 count;

	assert_int_equal(cygnet_new(&opts, &l.inst), 0);
	sys_self(l.inst)->unprivileged = unprivileged;
	l.map = cygnet_bpf(l.inst, BPF_MAP_CREATE, &m, sizeof(m));
	assert_true(l.map >= 0);
	if (isa_assemble(text, strlen(text), &ops, &count, &d))
		fail_msg("%s: %s", text, d.what);
	for (u32 i = 0; i < count; i++)
		if (ops[i].op == ISA_OP_LDDW_MAP)
			ops[i].imm = l.map;
	assert_int_equal(isa_encode(ops, count, insns), 0);
	base_free(ops);
	a.insn_cnt = count;
	l.fd = cygnet_bpf(l.inst, BPF_PROG_LOAD, &a, sizeof(a));
	if (l.fd < 0)
		fail_msg("%s: %d", text, l.fd);
	l.p = object_prog(object_by_id(l.inst, OBJECT_PROG, 1));
	assert_non_null(l.p);
	return l;
}

static void end(struct loaded *l)
{
	sys_self(l->inst)->unprivileged = false;
	close(l->fd);
	close(l->map);
	cygnet_free(l->inst);
}

static u32 run(const struct loaded *l)
{
	u8 packet[64] = {0};
	union bpf_attr a = {.test = {.prog_fd = (u32)l->fd,
				     .data_in = ADDR(packet),
				     .data_size_in = sizeof(packet)}};

	sys_self(l->inst)->unprivileged = false;
	assert_int_equal(cygnet_bpf(l->inst, BPF_PROG_TEST_RUN, &a, sizeof(a)), 0);
	return a.test.retval;
}

static struct jit_code *compile(const struct loaded *l, enum jit_tier tier, u32 without)
{
	struct jit_options o = jit_host();
	struct jit_code *code = NULL;
	struct map *const *maps;
	struct diag d = {0};

	o.target = JIT_X86_64;
	o.tier = tier;
	o.flags &= ~without;
	assert_int_equal(prog_object_views(l->p, &maps), 0);
	assert_int_equal(jit_compile(l->p->image, maps, &o, &code, &d), 0);
	return code;
}

static u32 fences(const struct loaded *l, enum jit_tier tier, u32 without)
{
	struct jit_code *code = compile(l, tier, without);
	u32 n = 0;

	for (u32 i = 0; i + 3 <= code->size; i++)
		n += !memcmp(code->bytes + i, "\x0f\xae\xe8", 3);
	jit_code_free(code);
	return n;
}

/* A pointer moved by what was tested: where the test is guessed wrong it leads outside. */
static const char bounded[] = "r6 = r1\n*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\n"
			      "r1 = map[fd:0]\ncall 1\nif r0 == 0 goto out\n"
			      "r1 = *(u32 *)(r6 +0)\nif r1 > 60 goto out\n"
			      "r0 += r1\nr0 = *(u8 *)(r0 +0)\nexit\nout:\nr0 = 7\nexit\n";
/* A pointer stored where a number was: a load that passes the store sees the number. */
static const char spilled[] = "*(u64 *)(r10 -8) = 5\nr2 = *(u64 *)(r10 -8)\n"
			      "*(u64 *)(r10 -8) = r1\nr3 = *(u64 *)(r10 -8)\n"
			      "r0 = *(u32 *)(r3 +0)\nr0 += r2\nexit\n";

static void test_fences(void **state)
{
	static const char *const texts[] = {bounded, spilled};

	for (u32 i = 0; i < ARRAY_SIZE(texts); i++) {
		struct loaded user = load(texts[i], true, 0), root = load(texts[i], false, 0);

		assert_true(user.p->image->flags & IMAGE_NOSPEC);
		assert_false(root.p->image->flags & IMAGE_NOSPEC);
		for (u32 tier = JIT_TIER_OPTIMISE; tier <= JIT_TIER_BASELINE; tier++) {
			assert_true(fences(&user, tier, 0) > 0);
			assert_int_equal(fences(&user, tier, JIT_FENCE), 0);
			assert_int_equal(fences(&root, tier, 0), 0);
		}
		assert_int_equal(run(&user), run(&root));
		end(&user);
		end(&root);
	}
}

/* The fence stands between the test and the load that it is for. */
static void test_place(void **state)
{
	struct loaded l = load(bounded, true, 0);
	const struct image_fact *facts = image_facts(l.p->image);
	u32 found = 0;

	for (u32 i = 0; i < l.p->image->op_count; i++)
		if (facts[i].facts & FACT_NOSPEC) {
			found++;
			assert_true(image_ops(l.p->image)[i].op == ISA_OP_ADD64_REG);
		}
	assert_int_equal(found, 1);
	end(&l);
}

/* As it is; aarch64: a part of it, in a movz or movk. */
static bool has_constant(const struct loaded *l)
{
	const struct native_prog *n;
	u32 value = 0x13572468, w;

	assert_int_equal(run(l), 0x13572468);
	assert_non_null(l->p->native);
	n = jit_prog(l->p->native);
	for (u32 at = 0; jit_host().target == JIT_AARCH64 && at + 4 <= n->size; at += 4) {
		memcpy(&w, (const void *)(uintptr_t)(n->code + at), 4);
		if ((w >> 23 & 0x3f) == 0x25 && (w >> 5 & 0xffff) == (value & 0xffff))
			return true;
	}
	return memmem((const void *)(uintptr_t)n->code, n->size, &value, 4);
}

/* 0 nobody's, 1 an ordinary user's, 2 everybody's constants are blinded, as bpf_jit_harden has it.
 */
static void test_harden(void **state)
{
	static const char text[] = "r0 = *(u32 *)(r1 +0)\nr0 &= 1\nr0 += 0x13572468\n"
				   "r1 = 0\nexit\n";

	for (u32 harden = 0; harden <= 2; harden++)
		for (u32 user = 0; user <= 1; user++) {
			struct loaded l = load(text, user, harden);
			struct jit_options o = prog_object_jit_options(l.p, JIT_TIER_OPTIMISE);

			assert_int_equal(!!(o.flags & JIT_BLIND), harden + user > 1 && harden);
			if (o.flags & JIT_BLIND) {
				assert_int_not_equal(
					o.seed,
					prog_object_jit_options(l.p, JIT_TIER_OPTIMISE).seed);
				assert_false(has_constant(&l));
			} else {
				assert_true(has_constant(&l));
			}
			end(&l);
		}
}

/* What clients see of it. */
static void test_files(void **state)
{
	static const char *const want[] = {"0\n", "1\n", "2\n"};

	for (u32 harden = 0; harden <= 2; harden++) {
		const struct cygnet_opts opts = {.sz = sizeof(opts), .harden = harden};
		struct cygnet *inst;
		struct text t;

		assert_int_equal(cygnet_new(&opts, &inst), 0);
		text_init_grow(&t);
		assert_int_equal(sys_file(inst, "/proc/sys/net/core/bpf_jit_harden", &t), 0);
		assert_string_equal(t.buf, want[harden]);
		text_cut(&t, 0);
		assert_int_equal(sys_file(inst, "/proc/sys/net/core/bpf_jit_enable", &t), 0);
		assert_string_equal(t.buf, "1\n");
		text_fini(&t);
		cygnet_free(inst);
	}
	{
		const struct cygnet_opts opts = {.sz = sizeof(opts), .harden = 3};
		struct cygnet *inst;

		assert_int_equal(cygnet_new(&opts, &inst), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fences),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_harden),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
