// SPDX-License-Identifier: BSD-2-Clause
/* Maps when memory runs out: the Nth allocation fails, for every N; nothing is left behind. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <cygnet/cygnet.h>
#include "base/alloc.h"
#include "sys/sys.h"
#include "btf_gen.h"

static struct cygnet *inst;
static struct gen gen;
static u8 blob[GEN_MAX];

static long bpf(int cmd, union bpf_attr a)
{
	return cygnet_bpf(inst, cmd, &a, sizeof(a));
}

static long load_types(void)
{
	u32 size;

	gen_start(&gen, 1);
	gen_words(&gen, gen_string(&gen, "int"), BTF_KIND_INT << 24, 4);
	gen_word(&gen, 1u << 24 | 32);
	gen_words(&gen, gen_string(&gen, "bpf_spin_lock"), BTF_KIND_STRUCT << 24, 4);
	gen_words(&gen, gen_string(&gen, "value"), BTF_KIND_STRUCT << 24 | 2, 8);
	gen_words(&gen, gen_string(&gen, "x"), 1, 0);
	gen_words(&gen, gen_string(&gen, "lock"), 2, 32);
	size = gen_finish(&gen, sizeof(struct btf_header), blob);
	return bpf(BPF_BTF_LOAD, (union bpf_attr){.btf = ptr_to_u64(blob), .btf_size = size});
}

static u32 maps_alive(void)
{
	u32 id = 0, n = 0;

	for (;; n++) {
		union bpf_attr a = {.start_id = id};

		if (cygnet_bpf(inst, BPF_MAP_GET_NEXT_ID, &a, sizeof(a)))
			return n;
		id = a.next_id;
	}
}

/* Types, a map of them, a map of such maps, the one in the other: how far it came, and why not. */
static long all_of_it(u32 *steps)
{
	union bpf_attr a;
	long btf, like, outer = -1, ret;
	u32 key = 1, fd;

	*steps = 0;
	btf = load_types();
	if (btf < 0)
		return btf;
	a = (union bpf_attr){.map_type = BPF_MAP_TYPE_HASH,
			     .key_size = 4,
			     .value_size = 8,
			     .max_entries = 4,
			     .btf_fd = btf,
			     .btf_key_type_id = 1,
			     .btf_value_type_id = 3};
	like = ret = bpf(BPF_MAP_CREATE, a);
	close(btf);
	if (ret < 0)
		return ret;
	++*steps;
	a = (union bpf_attr){.map_type = BPF_MAP_TYPE_HASH_OF_MAPS,
			     .key_size = 4,
			     .value_size = 4,
			     .max_entries = 4,
			     .inner_map_fd = like};
	outer = ret = bpf(BPF_MAP_CREATE, a);
	if (ret >= 0) {
		++*steps;
		fd = like;
		a = (union bpf_attr){
			.map_fd = outer, .key = ptr_to_u64(&key), .value = ptr_to_u64(&fd)};
		ret = bpf(BPF_MAP_UPDATE_ELEM, a);
		*steps += !ret;
		close(outer);
	}
	close(like);
	return ret;
}

static void test_every_allocation(void **state)
{
	u32 steps, reached = 0;
	unsigned long n;
	long err;

	assert_int_equal(all_of_it(&steps), 0); /* what is only made once */
	for (n = 1; n < 1000; n++) {
		base_alloc_fail_nth(n);
		err = all_of_it(&steps);
		base_alloc_fail_nth(0);
		if (!err)
			break;
		assert_int_equal(err, -ENOMEM);
		reached |= 1u << steps;
	}
	assert_int_equal(steps, 3);
	assert_int_equal(reached, 7);
	for (u32 i = 0; i < 100 && maps_alive(); i++)
		usleep(10000);
	assert_int_equal(maps_alive(), 0);
}

static int setup(void **state)
{
	struct cygnet_opts o = {.sz = sizeof(o), .kernel = 0x061200};

	return cygnet_new(&o, &inst);
}

static int teardown(void **state)
{
	cygnet_free(inst);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation)};

	return cmocka_run_group_tests_name("maps without memory", tests, setup, teardown);
}
