// SPDX-License-Identifier: BSD-2-Clause
/* Helpers that call back into the program. A fault in a callback ends the loop and the run. */
#include "helper/helper.h"

#define MAX_LOOPS (8u << 20)

HELPER_BODY(loop)
{
	u32 rounds = (u32)r1;
	u64 args[5] = {0, r3}, ret = 0;

	if (r4)
		return HELPER_RESULT(-EINVAL);
	if (rounds > MAX_LOOPS)
		return HELPER_RESULT(-E2BIG);
	for (u32 i = 0; i < rounds; i++) {
		args[0] = i;
		if (run->engine->call(run, (u32)r2, args, &ret))
			return HELPER_RESULT(-EFAULT);
		if (ret)
			return i + 1;
	}
	return rounds;
}

struct visit {
	struct run *run;
	struct map *map;
	u32 start; /* of the callback */
	u64 arg;
};

static long visit_element(void *data, const void *key, void *value)
{
	struct visit *v = data;
	u64 args[5] = {ptr_to_u64(v->map), ptr_to_u64(key), ptr_to_u64(value), v->arg}, ret;

	/* Keys may be the walk's own copies: readable while the callback runs. */
	if (run_region_add(v->run, args[1], v->map->key_size, false, REGION_PLAIN))
		return run_fault_set(v->run, FAULT_HELPER, RUN_INSN_HERE, args[1], v->map->key_size,
				     2);
	if (v->run->engine->call(v->run, v->start, args, &ret))
		return -EFAULT;
	run_region_del(v->run, args[1]);
	return (long)ret;
}

HELPER_BODY(for_each_map_elem)
{
	struct map *m = u64_to_ptr(r1);
	struct visit v = {.run = run, .map = m, .start = (u32)r2, .arg = r3};

	if (r4 || !m->ops->for_each)
		return HELPER_RESULT(-EINVAL);
	return HELPER_RESULT(m->ops->for_each(m, run, visit_element, &v));
}

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_tail_call,
	 .name = "bpf_tail_call",
	 .ret = RET_VOID,
	 .args = {ARG_CTX, ARG_MAP, ARG_ANY},
	 .flags = HELPER_TAIL_CALL,
	 .map_type = BPF_MAP_TYPE_PROG_ARRAY,
	 .doc = "Goes on in another program of the map, without return"},
	{.id = BPF_FUNC_loop,
	 .name = "bpf_loop",
	 .fn = loop,
	 .flags = HELPER_FAULTS,
	 .args = {ARG_ANY, ARG_FUNC, ARG_STACK_OR_NULL, ARG_ANY},
	 .since = 0x0511,
	 .doc = "Calls a function for 0, 1, 2 ... until it returns 1; the rounds made"},
	{.id = BPF_FUNC_for_each_map_elem,
	 .name = "bpf_for_each_map_elem",
	 .map_types = HELPER_MAP(HASH) | HELPER_MAP(ARRAY) | HELPER_MAP(PERCPU_HASH) |
		      HELPER_MAP(PERCPU_ARRAY) | HELPER_MAP(LRU_HASH) | HELPER_MAP(LRU_PERCPU_HASH),
	 .fn = for_each_map_elem,
	 .flags = HELPER_FAULTS,
	 .args = {ARG_MAP, ARG_FUNC, ARG_STACK_OR_NULL, ARG_ANY},
	 .since = 0x050d,
	 .doc = "Calls a function for each element until it returns 1; the elements seen"},
};
HELPER_FAMILY(helper_callback_family, protos);
