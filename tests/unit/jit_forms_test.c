// SPDX-License-Identifier: BSD-2-Clause
/*
 * Inline forms of other helpers than lookups, natively and interpreted: bpf_loop,
 * spin locks, ring buffer records, random numbers. Each program leaves what it
 * saw in its context.
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
#include "core/run.h"
#include "isa/asm.h"
#include "isa/decode.h"
#include "jit/jit.h"
#include "map/ringbuf.h"
#include "vm/instance.h"
#include "vm/object.h"
#include "verify_btf.h"

#define ADDR(p) ((u64)(uintptr_t)(p))
#define CTX     32

struct form {
	struct cygnet *inst;
	long map_fd;
	struct map *map;
	const struct image *image;
	struct map *const *views;
	struct jit_linked *native;
	struct jit_code *code;
};

static struct object *newest(struct form *t, u32 kind)
{
	return t->inst->objects[kind].by_id.data[t->inst->objects[kind].by_id.len - 1];
}

static void begin(struct form *t)
{
	static const struct cygnet_opts opts = {
		.sz = sizeof(opts), .engine = 1, .possible_cpus = 4};

	memset(t, 0, sizeof(*t));
	assert_int_equal(cygnet_new(&opts, &t->inst), 0);
	t->map_fd = -1;
}

static void make_map(struct form *t, union bpf_attr *map)
{
	t->map_fd = cygnet_bpf(t->inst, BPF_MAP_CREATE, map, sizeof(*map));
	assert_true(t->map_fd >= 0);
	t->map = &container_of(newest(t, OBJECT_MAP), struct map_object, o)->map;
}

static int load_btf(struct form *t, const struct verify_btf *b)
{
	union bpf_attr a = {.btf = ADDR(b->blob), .btf_size = b->size};
	long fd = cygnet_bpf(t->inst, BPF_BTF_LOAD, &a, sizeof(a));

	assert_true(fd >= 0);
	return (int)fd;
}

/* `text` may have one %ld: the map's descriptor. */
static void load(struct form *t, const char *text)
{
	struct jit_options host = jit_host();
	struct bpf_func_info infos[VERIFY_BTF_FUNCS];
	static struct verify_btf btf;
	struct bpf_insn insns[128];
	struct prog_object *p;
	struct isa_op *ops;
	struct diag d = {0};
	char filled[2048], log[8192] = "";
	u32 count;
	union bpf_attr a = {.prog_type = BPF_PROG_TYPE_SYSCALL,
			    .insns = ADDR(insns),
			    .license = ADDR("GPL"),
			    .log_buf = ADDR(log),
			    .log_size = sizeof(log),
			    .log_level = 1,
			    .prog_flags = BPF_F_SLEEPABLE};

	snprintf(filled, sizeof(filled), text, t->map_fd);
	if (isa_assemble(filled, strlen(filled), &ops, &count, &d))
		fail_msg("%s: %s", filled, d.what);
	assert_int_equal(isa_encode(ops, count, insns), 0);
	base_free(ops);
	a.insn_cnt = count;
	a.func_info_cnt = verify_btf_functions(&btf, insns, count, infos);
	a.func_info = ADDR(infos);
	a.func_info_rec_size = sizeof(*infos);
	a.prog_btf_fd = (u32)load_btf(t, &btf);
	if (cygnet_bpf(t->inst, BPF_PROG_LOAD, &a, sizeof(a)) < 0)
		fail_msg("%s: %s", filled, log);
	close((int)a.prog_btf_fd);
	p = container_of(newest(t, OBJECT_PROG), struct prog_object, o);
	t->image = p->image;
	assert_int_equal(prog_object_views(p, &t->views), 0);
	assert_int_equal(jit_compile(p->image, t->views, &host, &t->code, &d), 0);
	assert_int_equal(jit_link(t->code, p->image, t->views, &t->native), 0);
}

static void end(struct form *t)
{
	jit_linked_free(t->native);
	jit_code_free(t->code);
	if (t->map_fd >= 0)
		close((int)t->map_fd);
	cygnet_free(t->inst);
}

static u32 refs_to(const struct form *t, u32 kind, u32 index)
{
	u32 n = 0;

	for (u32 i = 0; i < t->code->ref_count; i++) {
		const struct native_slot *s = &t->code->slots[t->code->refs[i].slot];

		n += s->kind == kind && s->index == index;
	}
	return n;
}

/* 0, or the fault's kind. */
static u32 run_form(const struct form *t, bool native, u64 *ctx, u64 *random, u64 *ret)
{
	struct run run = {.image = t->image,
			  .maps = t->views,
			  .ctx = ctx,
			  .ctx_size = CTX,
			  .possible_cpus = 4,
			  .random = random};
	int err = native ? native_run(jit_prog(t->native), &run, ret) : interp_run(&run, ret);

	assert_int_equal(err != 0, run.fault.kind != FAULT_NONE);
	return run.fault.kind;
}

/* Both the same, from the same context? */
static u64 both(const struct form *t, const u64 ctx[CTX / 8])
{
	u64 x[CTX / 8], y[CTX / 8], a = 0, b = 0, random = 99, again = 99;

	memcpy(x, ctx, CTX);
	memcpy(y, ctx, CTX);
	assert_int_equal(run_form(t, false, x, &random, &a), run_form(t, true, y, &again, &b));
	assert_int_equal(a, b);
	assert_memory_equal(x, y, CTX);
	return a;
}

/* bpf_loop ------------------------------------------------------------------------ */

/* Adds the round to *ctx's third word; ends in the round that the second says. */
static const char loop_text[] = "r6 = r1\n"
				"r7 = *(u64 *)(r1 +8)\n"
				"*(u64 *)(r10 -8) = r7\n"
				"*(u64 *)(r10 -16) = 0\n"
				"r1 = *(u64 *)(r6 +0)\n"
				"r2 = subprog[body]\n"
				"r3 = r10\n"
				"r3 += -16\n"
				"r4 = 0\n"
				"call 181\n"
				"r1 = *(u64 *)(r10 -16)\n"
				"*(u64 *)(r6 +16) = r1\n"
				"exit\n"
				"body:\n"
				"r3 = *(u64 *)(r2 +0)\n"
				"r3 += r1\n"
				"r3 += 3\n"
				"*(u64 *)(r2 +0) = r3\n"
				"r4 = *(u64 *)(r2 +8)\n"
				"r0 = 0\n"
				"if r4 != r1 goto on\n"
				"r0 = 1\n"
				"on:\n"
				"exit\n";

static void test_loop(void **state)
{
	static const u64 rounds[] = {0, 1, 2, 7, 1000, 8u << 20, (8u << 20) + 1, 1ull << 32 | 5};
	struct form t;

	(void)state;
	begin(&t);
	load(&t, loop_text);
	assert_int_equal(refs_to(&t, NATIVE_HELPER, BPF_FUNC_loop), 0);
	for (u32 i = 0; i < ARRAY_SIZE(rounds); i++) {
		u64 whole[CTX / 8] = {rounds[i], ~0ull}, part[CTX / 8] = {rounds[i], 3};

		both(&t, whole);
		both(&t, part);
	}
	assert_int_equal(both(&t, (u64[CTX / 8]){100, ~0ull}), 100);
	assert_int_equal(both(&t, (u64[CTX / 8]){100, 50}), 51);
	assert_int_equal(both(&t, (u64[CTX / 8]){(8u << 20) + 1, 50}), (u64)-E2BIG);
	end(&t);
}

/* locks --------------------------------------------------------------------------- */

static const char lock_text[] = "r6 = r1\n"
				"r1 = *(u64 *)(r6 +0)\n"
				"*(u32 *)(r10 -4) = w1\n"
				"r1 = map[fd:%ld]\n"
				"r2 = r10\n"
				"r2 += -4\n"
				"call 1\n"
				"if r0 == 0 goto out\n"
				"r7 = r0\n"
				"r1 = r7\n"
				"r1 += 4\n"
				"call 93\n"
				"r2 = *(u32 *)(r7 +0)\n"
				"w2 += 1\n"
				"*(u32 *)(r7 +0) = w2\n"
				"r1 = r7\n"
				"r1 += 4\n"
				"call 94\n"
				"r0 = 1\n"
				"out:\n"
				"exit\n";

static void test_lock(void **state)
{
	u64 ctx[CTX / 8] = {0}, ret = 0;
	static struct verify_btf btf;
	struct form t;
	u32 *word, key;
	union bpf_attr map = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 2};

	(void)state;
	begin(&t);
	map.btf_value_type_id = verify_btf_value(&btf, false, &key);
	map.btf_key_type_id = key;
	map.btf_fd = (u32)load_btf(&t, &btf);
	make_map(&t, &map);
	close((int)map.btf_fd);
	load(&t, lock_text);
	word = (u32 *)t.map->contents + 1;
	for (u32 i = 1; i < 20; i++) {
		assert_int_equal(run_form(&t, true, ctx, NULL, &ret), FAULT_NONE);
		assert_int_equal(ret, 1);
		assert_int_equal(*word, 0);
		assert_int_equal(word[-1], i);
	}
	/* Held by this very slot: waiting would be forever. */
	*word = map_lock_word(t.map->owner, 0);
	assert_int_equal(run_form(&t, true, ctx, NULL, &ret), FAULT_LOCK);
	assert_int_equal(run_form(&t, false, ctx, NULL, &ret), FAULT_LOCK);
	end(&t);
}

/* ring buffers ----------------------------------------------------------------------- */

static const char ring_text[] = "r6 = r1\n"
				"r1 = map[fd:%ld]\n"
				"r2 = 20\n"
				"r3 = 0\n"
				"call 131\n"
				"if r0 == 0 goto out\n"
				"r1 = *(u64 *)(r6 +0)\n"
				"*(u64 *)(r0 +0) = r1\n"
				"*(u64 *)(r0 +8) = r1\n"
				"*(u32 *)(r0 +16) = w1\n"
				"r1 = r0\n"
				"r2 = 0\n"
				"call 132\n"
				"r0 = 1\n"
				"out:\n"
				"exit\n";

/* What producers of either kind leave is what a consumer reads, until the ring is full. */
static void test_ring(void **state)
{
	union bpf_attr map = {.map_type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096};
	struct form t;
	u64 *cons, *prod, sent = 0, got = 0;

	(void)state;
	begin(&t);
	make_map(&t, &map);
	load(&t, ring_text);
	assert_true(refs_to(&t, NATIVE_MAP_MEMORY, 0) > 0);
	cons = (u64 *)t.map->contents;
	prod = (u64 *)(t.map->contents + PAGE_BYTES);
	for (u32 round = 0; round < 50; round++) {
		u64 ctx[CTX / 8], ret;

		for (u32 i = 0; i < 200; i++) {
			ctx[0] = sent * 0x0101010101010101ull;
			assert_int_equal(run_form(&t, (sent + round) % 3, ctx, NULL, &ret), 0);
			if (!ret)
				break;
			sent++;
		}
		assert_true(*prod - *cons <= 4096 && *prod - *cons + 32 >= 4096);
		while (*cons < *prod - round % 5 * 32) {
			const u8 *at = t.map->contents + RING_DATA + (*cons & 4095);
			u64 word;

			assert_int_equal(*(const u32 *)at, 20);
			memcpy(&word, at + 16, sizeof(word));
			assert_int_equal(word, got * 0x0101010101010101ull);
			*cons += 32;
			got++;
		}
	}
	assert_true(got > 5000);
	end(&t);
}

/* random numbers --------------------------------------------------------------------- */

static void test_random(void **state)
{
	const char *text = "r6 = r1\ncall 7\n*(u64 *)(r6 +0) = r0\ncall 7\n"
			   "*(u64 *)(r6 +8) = r0\nr0 = 0\nexit\n";
	u64 ctx[CTX / 8] = {0};
	struct form t;

	(void)state;
	begin(&t);
	load(&t, text);
	both(&t, ctx);
	/* Nobody's generator, no environment: 0, and no crash. */
	assert_int_equal(run_form(&t, true, ctx, NULL, &(u64){0}), FAULT_NONE);
	assert_int_equal(ctx[0], 0);
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
