// SPDX-License-Identifier: BSD-2-Clause
/*
 * Special fields in map values: random values of locks, timers, lists, tagged
 * pointers, in structs, arrays and sections, loaded as BTF and made maps of each
 * type that knows such fields: the kernel's results (sys_facts.h).
 */
#define FACTS "tests/data/map_fields.facts"
#include "sys_facts.h"
#include "btf_gen.h"

#define SEEDS 1500

static struct gen gen;
static u8 blob[GEN_MAX];

static const struct {
	const char *name;
	u8 size;
} specials[] = {
	{"bpf_spin_lock", 4},  {"bpf_res_spin_lock", 4}, {"bpf_timer", 16},   {"bpf_wq", 16},
	{"bpf_task_work", 8},  {"bpf_list_head", 16},    {"bpf_rb_root", 16}, {"bpf_refcount", 4},
	{"bpf_list_node", 24}, {"bpf_rb_node", 32},      {"long", 8},
};

enum {
	INT = 1,
	SPECIAL = 2, /* the first of the specials */
	NODES = SPECIAL + ARRAY_SIZE(specials),
	POINTERS = NODES + 2, /* 4 tags x 5 pointees */
	POINTEES = 5,
	TAGS = 6,
	FIRST = POINTERS + 3 * TAGS * POINTEES + POINTEES,
};

static const char *const tag_names[TAGS] = {"kptr_untrusted", "kptr", "percpu_kptr",
					    "uptr",           "user", "kptr_what"};
static const char *const pointees[POINTEES] = {"task_struct", "file", "mine", "bpf_cpumask",
					       "nothing"};

/* Ids up to FIRST: an int, the special structs, two structs with nodes, tagged pointers. */
static void put_basics(void)
{
	u32 id;

	gen_words(&gen, gen_string(&gen, "int"), BTF_KIND_INT << 24, 4);
	gen_word(&gen, 1u << 24 | 32);
	for (u32 k = 0; k < ARRAY_SIZE(specials); k++)
		gen_words(&gen, gen_string(&gen, specials[k].name), BTF_KIND_STRUCT << 24,
			  specials[k].size + (gen_one_in(&gen, 60) ? 4 : 0));
	gen_words(&gen, gen_string(&gen, "on_list"), BTF_KIND_STRUCT << 24 | 1, 24);
	gen_words(&gen, gen_string(&gen, "node"), SPECIAL + 8, 0);
	gen_words(&gen, gen_string(&gen, "in_tree"), BTF_KIND_STRUCT << 24 | 2, 40);
	gen_words(&gen, gen_string(&gen, "x"), INT, 0);
	gen_words(&gen, gen_string(&gen, "node"), SPECIAL + 9, 64);
	id = POINTERS;
	for (u32 p = 0; p < POINTEES; p++) {
		u32 pointee = id++;

		gen_words(&gen, gen_string(&gen, pointees[p]), BTF_KIND_STRUCT << 24,
			  p == 4                 ? 0
			  : gen_one_in(&gen, 10) ? 4097
						 : 8);
		for (u32 t = 0; t < TAGS; t++, id += 3) {
			gen_words(&gen, gen_string(&gen, tag_names[t]), BTF_KIND_TYPE_TAG << 24,
				  gen_one_in(&gen, 80) ? INT : pointee);
			gen_words(&gen, 0, BTF_KIND_PTR << 24, id);
			gen_words(&gen, 0, BTF_KIND_VOLATILE << 24, id + 1);
		}
	}
	assert_int_equal(id, FIRST);
}

static u32 pick_pointer(u32 *size)
{
	u32 p = gen_below(&gen, POINTEES), t = gen_below(&gen, gen_one_in(&gen, 6) ? 6 : 4);

	*size = 8;
	return POINTERS + p * (3 * TAGS + 1) + 1 + 3 * t + (gen_one_in(&gen, 6) ? 2 : 1);
}

static void tag_root(u32 owner, u32 member, bool list)
{
	const char *to = gen_one_in(&gen, 8) ? "contains:on_list:x"
			 : list              ? "contains:on_list:node"
					     : "contains:in_tree:node";

	if (gen_one_in(&gen, 12))
		return;
	gen_words(&gen, gen_string(&gen, to), BTF_KIND_DECL_TAG << 24, owner);
	gen_word(&gen, member);
}

struct root {
	u32 owner, member;
	bool list;
};

/* A struct of random members; `special` of the kinds allowed. Its size. */
static u32 put_struct(const char *name, u32 id, u32 array, u32 array_size, u32 nested,
		      u32 nested_size, struct root *roots, u32 *nroots)
{
	u32 n = 1 + gen_below(&gen, 4), off = 0, at;
	u32 kinds = gen_one_in(&gen, 2) ? 11 : 1 + gen_below(&gen, 11);

	gen_words(&gen, gen_string(&gen, name), BTF_KIND_STRUCT << 24 | n, 0);
	at = gen.types_len - 4;
	for (u32 m = 0; m < n; m++) {
		u32 k = gen_below(&gen, kinds), type = SPECIAL + k, size = specials[k].size;
		char member[8];

		if (gen_one_in(&gen, 3)) {
			type = pick_pointer(&size);
		} else if (array && gen_one_in(&gen, 5)) {
			type = array;
			size = array_size;
		} else if (nested && gen_one_in(&gen, 4)) {
			type = nested;
			size = nested_size;
		} else if (k == 5 || k == 6) {
			roots[*nroots] = (struct root){id, m, k == 5};
			++*nroots;
		}
		off = ROUND_UP(off, 8) + (gen_one_in(&gen, 30) ? 4 : 0);
		snprintf(member, sizeof(member), "m%u", m);
		gen_words(&gen, gen_string(&gen, member), type, off * 8);
		off += size;
	}
	off = ROUND_UP(off, 8);
	memcpy(gen.types + at, &off, 4);
	return off;
}

/* The blob of a seed: *value of *size is what the map shall hold. */
static u32 make(u64 seed, u32 *value, u32 *size)
{
	u32 elem, elem_size, count, array, inner, inner_size, outer, nroots = 0;
	struct root roots[32];

	gen_start(&gen, seed);
	put_basics();
	array = FIRST;
	count = gen_below(&gen, 4);
	if (gen_below(&gen, 2)) {
		elem = pick_pointer(&elem_size);
	} else {
		u32 k = gen_below(&gen, ARRAY_SIZE(specials));

		elem = SPECIAL + k;
		elem_size = specials[k].size;
	}
	gen_words(&gen, 0, BTF_KIND_ARRAY << 24, 0);
	gen_words(&gen, elem, INT, count);
	inner = array + 1;
	inner_size = put_struct("inner", inner, array, elem_size * count, 0, 0, roots, &nroots);
	outer = inner + 1;
	*value = outer;
	*size = put_struct("outer", outer, array, elem_size * count, inner, inner_size, roots,
			   &nroots);
	if (gen_one_in(&gen, 4)) {
		/* A section of one or two variables instead. */
		u32 n = 1 + gen_below(&gen, 2), second = SPECIAL + gen_below(&gen, 8);

		gen_words(&gen, gen_string(&gen, "one"), BTF_KIND_VAR << 24, outer);
		gen_word(&gen, 1);
		gen_words(&gen, gen_string(&gen, "two"), BTF_KIND_VAR << 24, second);
		gen_word(&gen, 1);
		gen_words(&gen, gen_string(&gen, ".data"), BTF_KIND_DATASEC << 24 | n,
			  *size + (n - 1) * 32);
		gen_words(&gen, outer + 1, 0, *size);
		if (n == 2)
			gen_words(&gen, outer + 2, *size, specials[second - SPECIAL].size);
		if (second == SPECIAL + 5 || second == SPECIAL + 6)
			roots[nroots++] = (struct root){outer + 2, ~0u, second == SPECIAL + 5};
		*value = outer + 3;
		*size += (n - 1) * 32;
	}
	for (u32 i = 0; i < nroots; i++)
		tag_root(roots[i].owner, roots[i].member, roots[i].list);
	return gen_finish(&gen, sizeof(struct btf_header), blob);
}

static void run_calls(struct pass *p)
{
	static const struct {
		u8 type;
		u32 flags;
	} types[] = {{1, 0},  {2, 0},  {5, 0},  {6, 0},  {9, 0},  {10, 0}, {2, BPF_F_RDONLY_PROG},
		     {11, 1}, {22, 0}, {24, 1}, {28, 1}, {29, 1}, {32, 1}, {19, 0},
		     {21, 0}};
	char name[64];

	for (u64 seed = 0; seed < SEEDS; seed++) {
		u32 value, value_size, size = make(seed, &value, &value_size);

		u32 t = seed % 2 ? gen_below(&gen, 3) : gen_below(&gen, ARRAY_SIZE(types));
		long btf, fd;

		snprintf(name, sizeof(name), "seed %u load", (u32)seed);
		btf = OPEN(name, BPF_BTF_LOAD, ALL, .btf = ADDR(blob), .btf_size = size);
		if (btf < 0)
			continue;
		snprintf(name, sizeof(name), "seed %u type %u flags %u", (u32)seed, types[t].type,
			 types[t].flags);
		fd = OPEN(name, BPF_MAP_CREATE, ALL, .map_type = types[t].type,
			  .key_size = types[t].type == 22 ? 0 : 4, .value_size = value_size,
			  .max_entries = types[t].flags == 1 && types[t].type != 11 ? 0 : 1,
			  .map_flags = types[t].flags, .btf_fd = btf,
			  .btf_key_type_id = types[t].type == 22 ? 0 : INT,
			  .btf_value_type_id = value);
		if (fd >= 0)
			close(fd);
		close(btf);
	}
}

FACTS_MAIN("special fields of map values")
