// SPDX-License-Identifier: BSD-2-Clause
/*
 * Inline forms of lookups beside the interpreter: hits and misses, keys from
 * registers and from memory, constant ones, every cpu, maps filled to the last
 * element; and a hash table that another thread keeps changing meanwhile.
 */
#include <pthread.h>
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
#include "map/walk.h"
#include "vm/instance.h"
#include "vm/object.h"

#define ADDR(p) ((u64)(uintptr_t)(p))
#define ENTRIES 1000

enum key_way {
	KEY_STORED, /* just before the call */
	KEY_MEMORY, /* with a call between */
	KEY_CONST,
};

struct bench {
	struct cygnet *inst;
	long map_fd;
	struct map *m;
	const struct image *image;
	struct map *const *views;
	struct jit_linked *native;
	u32 memory_relocs, calls;
};

static u64 seed = 1;

static u32 rnd(u32 below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(seed >> 33) % below;
}

static long sys(struct bench *b, int cmd, union bpf_attr *a)
{
	return cygnet_bpf(b->inst, cmd, a, sizeof(*a));
}

/* *(ctx + 16) = the value's first 8 bytes; 1 when there is one. */
static void program(char *out, size_t room, const struct bench *b, enum key_way way, u32 key)
{
	char first[80] = "*(u64 *)(r10 -16) = r2\n*(u64 *)(r10 -8) = r3\n";

	if (b->m->key_size == 4)
		snprintf(first, sizeof(first), "*(u32 *)(r10 -16) = w2\n");
	if (way == KEY_CONST)
		snprintf(first, sizeof(first), "*(u32 *)(r10 -16) = %u\n", key);
	snprintf(out, room,
		 "r6 = r1\nr2 = *(u64 *)(r1 +0)\nr3 = *(u64 *)(r1 +8)\n%s%s"
		 "r1 = map[fd:%ld]\nr2 = r10\nr2 += -16\ncall 1\nif r0 == 0 goto miss\n"
		 "r0 = *(u64 *)(r0 +0)\n*(u64 *)(r6 +16) = r0\nr0 = 1\nexit\n"
		 "miss:\nr0 = 0\nexit\n",
		 first, way == KEY_MEMORY ? "call 42\n" : "", b->map_fd);
}

static struct object *newest(struct bench *b, u32 kind)
{
	return b->inst->objects[kind].by_id.data[b->inst->objects[kind].by_id.len - 1];
}

static void make_map(struct bench *b, u32 type, u32 key_size, u32 entries)
{
	static const struct cygnet_opts opts = {
		.sz = sizeof(opts), .engine = 1, .possible_cpus = 16};
	union bpf_attr a = {
		.map_type = type, .key_size = key_size, .value_size = 12, .max_entries = entries};

	memset(b, 0, sizeof(*b));
	assert_int_equal(cygnet_new(&opts, &b->inst), 0);
	b->map_fd = sys(b, BPF_MAP_CREATE, &a);
	assert_true(b->map_fd >= 0);
	b->m = &container_of(newest(b, OBJECT_MAP), struct map_object, o)->map;
}

static void load_program(struct bench *b, enum key_way way, u32 key)
{
	struct jit_options host = jit_host();
	struct bpf_insn insns[64];
	struct jit_code *code;
	struct prog_object *p;
	struct isa_op *ops;
	struct diag d = {0};
	char text[512];
	u32 count;
	long fd;
	union bpf_attr a = {.prog_type = BPF_PROG_TYPE_SYSCALL,
			    .insns = ADDR(insns),
			    .license = ADDR("GPL"),
			    .prog_flags = BPF_F_SLEEPABLE};

	program(text, sizeof(text), b, way, key);
	if (isa_assemble(text, strlen(text), &ops, &count, &d))
		fail_msg("%s: %s", text, d.what);
	assert_int_equal(isa_encode(ops, count, insns), 0);
	base_free(ops);
	a.insn_cnt = count;
	fd = sys(b, BPF_PROG_LOAD, &a);
	if (fd < 0)
		fail_msg("%ld: %s", fd, text);
	p = container_of(newest(b, OBJECT_PROG), struct prog_object, o);
	b->image = p->image;
	assert_int_equal(prog_object_views(p, &b->views), 0);
	assert_int_equal(jit_compile(p->image, b->views, &host, &code, &d), 0);
	assert_int_equal(jit_link(code, p->image, b->views, &b->native), 0);
	b->memory_relocs = b->calls = 0;
	for (u32 i = 0; i < code->ref_count; i++) {
		b->memory_relocs += code->slots[code->refs[i].slot].kind == NATIVE_MAP_MEMORY;
		b->calls += code->slots[code->refs[i].slot].kind == NATIVE_HELPER &&
			    code->slots[code->refs[i].slot].index == 1;
	}
	jit_code_free(code);
}

static void unload(struct bench *b)
{
	jit_linked_free(b->native);
	b->native = NULL;
}

static void end(struct bench *b)
{
	close((int)b->map_fd);
	cygnet_free(b->inst);
}

static u64 run_on(const struct bench *b, bool native, u32 cpu, u64 ctx[3])
{
	struct run run = {.image = b->image,
			  .maps = b->views,
			  .ctx = ctx,
			  .ctx_size = 24,
			  .cpu = cpu,
			  .possible_cpus = 16};
	u64 ret = ~0ull;

	assert_int_equal(
		native ? native_run(jit_prog(b->native), &run, &ret) : interp_run(&run, &ret), 0);
	return ret;
}

/* The same on both? Tells whether there was a value. */
static bool look(const struct bench *b, const u64 key[2], u32 cpu)
{
	u64 x[3] = {key[0], key[1], 7}, y[3] = {key[0], key[1], 7};
	u64 found = run_on(b, false, cpu, x);

	assert_int_equal(run_on(b, true, cpu, y), found);
	assert_int_equal(x[2], y[2]);
	return found;
}

static u64 random_word(void)
{
	return (u64)rnd(1u << 31) << 33 ^ rnd(1u << 31);
}

static void put(struct bench *b, const u64 key[2], u64 value, u32 cpu)
{
	u64 words[2] = {value, value >> 7};
	struct run run = {.cpu = cpu, .possible_cpus = 16};

	assert_int_equal(b->m->ops->update(b->m, &run, key, words, 0), 0);
}

static void check_hash(u32 type, u32 key_size, enum key_way way)
{
	static u64 keys[ENTRIES][2];
	u32 hits = 0;
	struct bench b;

	make_map(&b, type, key_size, ENTRIES);
	for (u32 i = 0; i < ENTRIES; i++) {
		keys[i][0] = key_size == 4 ? i * 2654435761u : random_word();
		keys[i][1] = random_word();
	}
	load_program(&b, way, 0);
	assert_true(b.memory_relocs > 0);
	assert_int_equal(look(&b, keys[0], 0), 0); /* empty */
	for (u32 i = 0; i < ENTRIES; i++)
		put(&b, keys[i], random_word(), i % 16);
	for (u32 i = 0; i < 4 * ENTRIES; i++) {
		u64 other[2] = {random_word(), random_word()};
		u32 n = rnd(ENTRIES);

		hits += look(&b, keys[n], rnd(20));
		look(&b, other, rnd(16));
		/* The other half of a longer key counts as well. */
		other[0] = keys[n][0];
		look(&b, other, rnd(16));
	}
	assert_true(hits > ENTRIES);
	unload(&b);
	end(&b);
}

static void test_hash(void **state)
{
	static const u32 types[] = {BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH,
				    BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH};
	static const u32 sizes[] = {4, 8, 16};

	(void)state;
	for (u32 t = 0; t < ARRAY_SIZE(types); t++)
		for (u32 s = 0; s < ARRAY_SIZE(sizes); s++)
			for (u32 way = KEY_STORED; way <= KEY_MEMORY; way++)
				check_hash(types[t], sizes[s], way);
}

/* A looked-up element of an LRU table is marked as such, in native code too. */
static void test_lru_touch(void **state)
{
	const u64 key[2] = {5};
	struct bench b;
	u64 ctx[3] = {5};

	(void)state;
	make_map(&b, BPF_MAP_TYPE_LRU_HASH, 8, 3);
	load_program(&b, KEY_STORED, 0);
	put(&b, key, 99, 0);
	for (u64 i = 100; i < 120; i++) {
		const u64 other[2] = {i};

		put(&b, other, i, 0);
		assert_int_equal(run_on(&b, true, 0, ctx), 1);
		assert_int_equal(ctx[2], 99);
	}
	unload(&b);
	end(&b);
}

static void check_array(u32 type, enum key_way way, u32 constant)
{
	struct bench b;

	make_map(&b, type, 4, 37);
	load_program(&b, way, constant);
	assert_int_equal(b.calls, 0);
	for (u64 i = 0; i < 37; i++)
		for (u32 cpu = 0; cpu < 16; cpu++) {
			const u64 key[2] = {i};

			put(&b, key, random_word(), cpu);
		}
	for (u32 i = 0; i < 2000; i++) {
		u64 key[2] = {rnd(4) ? rnd(40) : random_word()};
		u32 index = way == KEY_CONST ? constant : (u32)key[0];
		/* A constant key in range is never NULL: the verifier knows. */
		u32 cpu = rnd(type == BPF_MAP_TYPE_ARRAY || way == KEY_CONST ? 16 : 20);

		assert_int_equal(look(&b, key, cpu), index < 37 && cpu < 16);
	}
	unload(&b);
	end(&b);
}

static void test_array(void **state)
{
	static const u32 types[] = {BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY};
	static const u32 keys[] = {0, 1, 36, 37, 4000000000u};

	(void)state;
	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		check_array(types[t], KEY_STORED, 0);
		check_array(types[t], KEY_MEMORY, 0);
		for (u32 i = 0; i < ARRAY_SIZE(keys); i++)
			check_array(types[t], KEY_CONST, keys[i]);
	}
}

/* Of keys 0-63 the low half comes and goes; 64-95 are replaced all the time; 96-127 rest. */
struct changer {
	struct bench *b;
	bool stop;
	u64 changes;
};

static void *change(void *data)
{
	struct changer *c = data;
	struct run run = {.cpu = 1, .possible_cpus = 16};
	u64 n = 88172645463325252ull;

	while (!__atomic_load_n(&c->stop, __ATOMIC_RELAXED)) {
		u64 key[2] = {0}, value[2];

		n ^= n << 13, n ^= n >> 7, n ^= n << 17;
		key[0] = n % 96;
		value[0] = value[1] = key[0];
		if (key[0] >= 64 || n >> 63)
			c->b->m->ops->update(c->b->m, &run, key, value, 0);
		else
			c->b->m->ops->remove(c->b->m, &run, key);
		__atomic_fetch_add(&c->changes, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void check_changing(u32 key_size)
{
	struct changer c = {0};
	pthread_t thread;
	struct bench b;

	make_map(&b, BPF_MAP_TYPE_HASH, key_size, 160);
	load_program(&b, KEY_STORED, 0);
	for (u64 i = 64; i < 128; i++) {
		const u64 key[2] = {i};

		put(&b, key, i, 0);
	}
	c.b = &b;
	assert_int_equal(pthread_create(&thread, NULL, change, &c), 0);
	/* Both at work, whenever they come to run. */
	for (u32 i = 0; i < 300000 || __atomic_load_n(&c.changes, __ATOMIC_RELAXED) < 10000; i++) {
		u64 key = rnd(192), ctx[3] = {key}, found = run_on(&b, true, 0, ctx);

		if (key >= 64 && found != (key < 128))
			fail_msg("key %llu: %llu", (unsigned long long)key,
				 (unsigned long long)found);
		if (key >= 96 && key < 128)
			assert_int_equal(ctx[2], key);
	}
	__atomic_store_n(&c.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	unload(&b);
	end(&b);
}

static void test_changing(void **state)
{
	(void)state;
	check_changing(4);
	check_changing(8);
	check_changing(16);
}

/* An element deleted, but by one who died before it was out of the list. */
static void test_marked(void **state)
{
	const u64 key[2] = {77};
	u64 ctx[3] = {77};
	struct table *t;
	struct bench b;
	u32 first;

	(void)state;
	make_map(&b, BPF_MAP_TYPE_HASH, 8, 4);
	load_program(&b, KEY_STORED, 0);
	put(&b, key, 1, 0);
	assert_int_equal(run_on(&b, true, 0, ctx), 1);
	t = table_of(b.m);
	first = link_index(t->heads[table_hash(b.m, key) & t->mask]);
	table_node(t, first - 1)->next |= (u64)MARK_ENTRY << 62;
	assert_int_equal(run_on(&b, true, 0, ctx), 0);
	/* A head that a hostile process bent. */
	t->heads[table_hash(b.m, key) & t->mask] = UINT32_MAX;
	assert_int_equal(run_on(&b, true, 0, ctx), 0);
	unload(&b);
	end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_array),     cmocka_unit_test(test_hash),
		cmocka_unit_test(test_lru_touch), cmocka_unit_test(test_marked),
		cmocka_unit_test(test_changing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
