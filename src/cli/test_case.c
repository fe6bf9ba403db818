// SPDX-License-Identifier: BSD-2-Clause
/*
 * Files of cases:
 *
 *	# a comment
 *	prog: drop_telnet           settings before the first case hold for all
 *
 *	== telnet is dropped        a case and its name
 *	data: pcap:lan.pcap:3
 *	expect: XDP_DROP
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/test_case.h"

static const char *const keys[TEST_KEYS] = {
	[TEST_PROG] = "prog",
	[TEST_DATA] = "data",
	[TEST_CTX] = "ctx",
	[TEST_MAP] = "map",
	[TEST_SET] = "set",
	[TEST_REPEAT] = "repeat",
	[TEST_EXPECT] = "expect",
	[TEST_EXPECT_DATA] = "expect-data",
	[TEST_EXPECT_CTX] = "expect-ctx",
	[TEST_EXPECT_MAP] = "expect-map",
};

const struct test_setting *test_setting(const struct test_case *c, enum test_key key)
{
	for (size_t i = c->settings.len; i--;)
		if (c->settings.data[i].key == key)
			return &c->settings.data[i];
	return NULL;
}

static int add(struct test_case *c, struct test_setting s, const char *value)
{
	s.value = base_strdup(value);
	if (!s.value)
		return -ENOMEM;
	if (vec_push(&c->settings, s)) {
		base_free(s.value);
		return -ENOMEM;
	}
	return 0;
}

int test_case_add(struct test_case *c, enum test_key key, const char *value)
{
	return add(c, (struct test_setting){.key = key}, value);
}

static int add_all(struct test_case *c, const struct test_case *from)
{
	int err = 0;

	vec_each (&from->settings, i)
		err = err ?: add(c, from->settings.data[i], from->settings.data[i].value);
	return err;
}

/* A new case with the settings that hold for all. */
static int begin(struct test_cases *all, const char *name, const struct test_case *first)
{
	struct test_case c = {.name = base_strdup(name)};

	if (!c.name || add_all(&c, first) || vec_push(&all->cases, c)) {
		test_case_fini(&c);
		return -ENOMEM;
	}
	return 0;
}

static char *trim(char *s)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		*--end = 0;
	return s;
}

static int unknown_key(const char *path, u32 line, const char *key)
{
	const char *near = command_nearest(key, keys, TEST_KEYS);

	return near ? command_fail("%s:%u: no setting `%s` (did you mean `%s`?)", path, line, key,
				   near)
		    : command_fail("%s:%u: no setting `%s` (see cygnet-test(1))", path, line, key);
}

/* One line that is neither empty, nor a comment, nor a case's name. */
static int read_setting(struct test_case *c, const char *path, u32 line, char *text)
{
	struct test_setting s = {.line = line, .file = path};
	char *colon = strchr(text, ':'), *key;

	if (!colon)
		return command_fail("%s:%u: want SETTING: VALUE, or == NAME of a case", path, line);
	*colon = 0;
	key = trim(text);
	while (s.key < TEST_KEYS && strcmp(keys[s.key], key))
		s.key++;
	if (s.key == TEST_KEYS)
		return unknown_key(path, line, key);
	return add(c, s, trim(colon + 1)) ? command_fail("out of memory") : 0;
}

static int read_lines(struct test_cases *all, FILE *f, const char *path, struct test_case *common)
{
	char *text = NULL;
	size_t room = 0, before = all->cases.len;
	u32 line = 0;
	int err = 0;

	while (!err && getline(&text, &room, f) >= 0) {
		struct test_case *last =
			all->cases.len > before ? &all->cases.data[all->cases.len - 1] : common;
		char *s = trim(text);

		line++;
		if (!*s || *s == '#')
			continue;
		if (s[0] == '=' && s[1] == '=')
			err = begin(all, trim(s + 2), common) ? command_fail("out of memory") : 0;
		else
			err = read_setting(last, path, line, s);
	}
	free(text);
	if (!err && ferror(f))
		err = command_fail("%s: %s", path, strerror(errno));
	if (!err && all->cases.len == before)
		err = command_fail("%s: holds no case (a case begins with == NAME)", path);
	return err;
}

int test_cases_read(struct test_cases *all, const char *path, const struct test_case *first)
{
	struct test_case common = {0};
	char *name = base_strdup(path);
	FILE *f = fopen(path, "re");
	int err = 0;

	if (!f)
		err = command_fail("%s: %s", path, strerror(errno));
	else if (!name || vec_push(&all->files, name) || add_all(&common, first))
		err = command_fail("out of memory");
	else
		err = read_lines(all, f, name, &common);
	if (f)
		fclose(f);
	test_case_fini(&common);
	return err;
}

void test_case_fini(struct test_case *c)
{
	vec_each (&c->settings, i)
		base_free(c->settings.data[i].value);
	vec_fini(&c->settings);
	base_free(c->name);
	c->name = NULL;
}

void test_cases_fini(struct test_cases *all)
{
	vec_each (&all->cases, i)
		test_case_fini(&all->cases.data[i]);
	vec_fini(&all->cases);
	vec_each (&all->files, i)
		base_free(all->files.data[i]);
	vec_fini(&all->files);
}

static char complaint[512];

const char *test_complaint(void)
{
	static char last[sizeof(complaint)];

	memcpy(last, complaint, sizeof(last));
	complaint[0] = 0;
	return *last ? last : NULL;
}

int test_complain(const struct test_setting *s, const char *fmt, ...)
{
	struct text t;
	va_list ap;

	text_init_grow(&t);
	va_start(ap, fmt);
	text_vfmt(&t, fmt, ap);
	va_end(ap);
	if (s->file)
		command_fail("%s:%u: %s: %s", s->file, s->line, keys[s->key], t.buf ?: "");
	else
		command_fail("--%s%s: %s", keys[s->key],
			     s->key == TEST_DATA || s->key == TEST_CTX ? "-in" : "", t.buf ?: "");
	snprintf(complaint, sizeof(complaint), "%s: %s", keys[s->key], t.buf ?: "");
	text_fini(&t);
	return EXIT_ERROR;
}
