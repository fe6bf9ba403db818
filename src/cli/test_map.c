// SPDX-License-Identifier: BSD-2-Clause
/* The maps that a case of `cygnet test` fills and compares. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <bpf/bpf.h>

#include "cli/command.h"
#include "cli/test_map.h"
#include "cygnet/abi.h"

#define BYTES_MOST (1u << 20) /* of one key or value */

/* An element named by a text, or all of a map. */
struct named {
	const struct bpf_map *map;
	u8 *key, *value;   /* base_free() them; NULL: all of the map */
	char *words;       /* the text, cut in words */
	const char *label; /* the key as written; with all of the map the file's name */
};

static void named_fini(struct named *e)
{
	base_free(e->key);
	base_free(e->value);
	base_free(e->words);
}

static bool is_percpu(const struct bpf_map *m)
{
	switch (bpf_map__type(m)) {
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY: return true;
	default: return false;
	}
}

static u32 value_room(const struct bpf_map *m)
{
	u32 size = bpf_map__value_size(m);

	return is_percpu(m) ? ROUND_UP(size, 8) * libbpf_num_possible_cpus() : size;
}

static char *trim(char *s)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	for (n = strlen(s); n && isspace((unsigned char)s[n - 1]);)
		s[--n] = 0;
	return s;
}

static int find_map(struct bpf_unit *u, const struct test_setting *s, const char *name,
		    const struct bpf_map **out)
{
	const char *names[64], *near;
	struct bpf_map *m;
	size_t n = 0;

	bpf_object__for_each_map(m, u->obj)
	{
		if (!strcmp(bpf_map__name(m), name)) {
			*out = m;
			return bpf_map__key_size(m) < BYTES_MOST && value_room(m) < BYTES_MOST
				       ? 0
				       : test_complain(s, "map %s: too large elements", name);
		}
		if (n < ARRAY_SIZE(names))
			names[n++] = bpf_map__name(m);
	}
	near = command_nearest(name, names, n);
	return near ? test_complain(s, "no map `%s` (did you mean `%s`?)", name, near)
		    : test_complain(s, "no map `%s`", name);
}

static int alloc_element(struct named *e)
{
	e->key = base_zalloc(MAX(bpf_map__key_size(e->map), 1u));
	e->value = base_zalloc(MAX(value_room(e->map), 1u));
	return e->key && e->value ? 0 : command_fail("out of memory");
}

static int parse_pair(const struct test_setting *s, struct named *e, const char *key,
		      const char *value)
{
	int err = alloc_element(e);

	err = err ?: test_element(s, key, bpf_map__key_size(e->map), e->key);
	return err ?: test_element(s, value, bpf_map__value_size(e->map), e->value);
}

/* "NAME KEY = VALUE" or "NAME = FILE" */
static int parse_named(struct bpf_unit *u, const struct test_setting *s, struct named *e)
{
	char *eq, *key, *value;
	int err;

	*e = (struct named){.words = base_strdup(s->value)};
	if (!e->words)
		return command_fail("out of memory");
	eq = strchr(e->words, '=');
	if (!eq)
		return test_complain(s, "want MAP KEY = VALUE");
	*eq = 0;
	value = trim(eq + 1);
	key = trim(e->words);
	while (*key && !isspace((unsigned char)*key))
		key++;
	if (*key)
		*key++ = 0;
	key = trim(key);
	err = find_map(u, s, trim(e->words), &e->map);
	if (err)
		return err;
	e->label = *key ? key : value;
	return *key ? parse_pair(s, e, key, value) : 0;
}

int test_map_put(struct bpf_unit *u, const struct test_setting *s)
{
	struct named e;
	int err = parse_named(u, s, &e);

	if (!err && !e.key)
		err = test_complain(s, "want MAP KEY = VALUE");
	if (!err && is_percpu(e.map)) /* every CPU's copy */
		for (u32 size = bpf_map__value_size(e.map), stride = ROUND_UP(size, 8), at = stride;
		     at < value_room(e.map); at += stride)
			memcpy(e.value + at, e.value, size);
	if (!err && bpf_map_update_elem(bpf_map__fd(e.map), e.key, e.value, BPF_ANY))
		err = test_complain(s, "map %s takes no such element: %s", bpf_map__name(e.map),
				    strerror(errno));
	named_fini(&e);
	return err;
}

static void put_value(struct text *t, const u8 *p, u32 size)
{
	u64 n = 0;

	text_init_grow(t);
	if (size <= 8) {
		memcpy(&n, p, size);
		text_fmt(t, "%llu", (unsigned long long)n);
		return;
	}
	text_puts(t, "hex:");
	for (u32 i = 0; i < size; i++)
		text_fmt(t, "%02x", p[i]);
}

/* The element's value; of per-CPU values that of the CPU that has one: a test runs on one. */
static bool look_up(const struct bpf_map *m, const u8 *key, u8 *value)
{
	u32 size = bpf_map__value_size(m), stride = ROUND_UP(size, 8);

	if (bpf_map_lookup_elem(bpf_map__fd(m), key, value))
		return false;
	for (u32 at = stride; is_percpu(m) && at < value_room(m); at += stride) {
		bool first = true;

		for (u32 i = 0; i < size; i++)
			first &= !value[i];
		if (first)
			memcpy(value, value + at, size);
	}
	return true;
}

/* Is there such an element? The difference otherwise. */
static int compare_element(const struct named *e, struct test_report *r)
{
	u32 size = bpf_map__value_size(e->map);
	u8 *got = base_alloc(MAX(value_room(e->map), 1u));
	struct text what, want, have;

	if (!got)
		return command_fail("out of memory");
	text_init_grow(&what);
	text_fmt(&what, "%s[%s]", bpf_map__name(e->map), e->label);
	put_value(&want, e->value, size);
	if (!look_up(e->map, e->key, got)) {
		test_failure(r, what.buf ?: "", want.buf ?: "", "no such element");
	} else if (memcmp(got, e->value, size)) {
		put_value(&have, got, size);
		test_failure(r, what.buf ?: "", want.buf ?: "", have.buf ?: "");
		text_fini(&have);
	}
	text_fini(&what);
	text_fini(&want);
	base_free(got);
	return 0;
}

/* --- All of a map. */
typedef VEC(struct named) named_list;

static int parse_line(const struct test_setting *s, const struct bpf_map *m, char *line,
		      named_list *all)
{
	struct named e = {.map = m};
	char *eq;
	int err;

	line = trim(line);
	if (!*line || *line == '#')
		return 0;
	eq = strchr(line, '=');
	if (!eq)
		return test_complain(s, "want KEY = VALUE, not `%s`", line);
	*eq = 0;
	e.words = base_strdup(trim(line));
	e.label = e.words;
	err = e.words ? parse_pair(s, &e, e.words, trim(eq + 1)) : command_fail("out of memory");
	if (!err && vec_push(all, e))
		err = command_fail("out of memory");
	if (err)
		named_fini(&e);
	return err;
}

static int parse_file(const struct test_setting *s, const struct named *map, named_list *all)
{
	struct test_bytes b;
	char *text, *rest, *line;
	int err = test_bytes(s, map->label, &b);

	if (err)
		return err;
	text = base_zalloc(b.size + 1);
	if (text)
		memcpy(text, b.bytes, b.size);
	else
		err = command_fail("out of memory");
	base_free(b.bytes);
	rest = text;
	while (!err && (line = strsep(&rest, "\n")))
		err = parse_line(s, map->map, line, all);
	base_free(text);
	return err;
}

static bool is_listed(const named_list *all, const u8 *key, u32 size)
{
	vec_each (all, i)
		if (!memcmp(all->data[i].key, key, size))
			return true;
	return false;
}

static bool all_zero(const u8 *p, u32 size)
{
	for (u32 i = 0; i < size; i++)
		if (p[i])
			return false;
	return true;
}

/* An element that the file does not have: arrays have all theirs, zero counts as none. */
static void report_extra(const struct bpf_map *m, const u8 *key, const u8 *value,
			 struct test_report *r)
{
	bool array = bpf_map__type(m) == BPF_MAP_TYPE_ARRAY ||
		     bpf_map__type(m) == BPF_MAP_TYPE_PERCPU_ARRAY;
	struct text k, v, what;

	if (array && all_zero(value, bpf_map__value_size(m)))
		return;
	put_value(&k, key, bpf_map__key_size(m));
	put_value(&v, value, bpf_map__value_size(m));
	text_init_grow(&what);
	text_fmt(&what, "%s[%s]", bpf_map__name(m), k.buf ?: "");
	test_failure(r, what.buf ?: "", "no such element", v.buf ?: "");
	text_fini(&k);
	text_fini(&v);
	text_fini(&what);
}

static int compare_rest(const struct bpf_map *m, const named_list *all, struct test_report *r)
{
	u32 size = bpf_map__key_size(m);
	u8 *keys = base_zalloc(2 * MAX(size, 1u)), *next = keys + size, *prev = NULL;
	u8 *value = base_alloc(MAX(value_room(m), 1u));
	int err = keys && value ? 0 : command_fail("out of memory");

	while (!err && !bpf_map_get_next_key(bpf_map__fd(m), prev, next)) {
		if (!is_listed(all, next, size) && look_up(m, next, value))
			report_extra(m, next, value, r);
		memcpy(keys, next, size);
		prev = keys;
	}
	base_free(keys);
	base_free(value);
	return err;
}

static int compare_all(const struct test_setting *s, const struct named *map, struct test_report *r)
{
	named_list all = {0};
	int err = parse_file(s, map, &all);

	vec_each (&all, i)
		err = err ?: compare_element(&all.data[i], r);
	err = err ?: compare_rest(map->map, &all, r);
	vec_each (&all, i)
		named_fini(&all.data[i]);
	vec_fini(&all);
	return err;
}

int test_map_expect(struct bpf_unit *u, const struct test_setting *s, struct test_report *r)
{
	struct named e;
	int err = parse_named(u, s, &e);

	if (!err)
		err = e.key ? compare_element(&e, r) : compare_all(s, &e, r);
	named_fini(&e);
	return err;
}
