/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Type information for cases of tests/verify that need some: a function for every
 * subprogram, so that functions can be passed to helpers, a map's value with a
 * lock or a timer in it, and whatever a case's btf section has.
 */
#ifndef TESTS_VERIFY_BTF_H
#define TESTS_VERIFY_BTF_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cygnet/abi.h>
#include "base/types.h"

#define VERIFY_BTF_FUNCS 32
#define VERIFY_BTF_TYPES 64

struct verify_btf {
	u32 types[512], type_words;
	char strings[1024];
	u32 string_bytes;
	u8 blob[4096];
	u32 size, last_id;
	char labels[VERIFY_BTF_TYPES][32]; /* verify_btf_parse()'s, by id */
	u32 funcs[VERIFY_BTF_FUNCS], func_count;
};

static inline u32 verify_btf_string(struct verify_btf *b, const char *s)
{
	u32 at = b->string_bytes;

	strcpy(b->strings + at, s);
	b->string_bytes += strlen(s) + 1;
	return at;
}

/* A record; its id. */
static inline u32 verify_btf_type(struct verify_btf *b, const char *name, u32 info, u32 last)
{
	u32 *t = &b->types[b->type_words];

	t[0] = *name ? verify_btf_string(b, name) : 0;
	t[1] = info;
	t[2] = last;
	b->type_words += 3;
	return ++b->last_id;
}

static inline void verify_btf_word(struct verify_btf *b, u32 word)
{
	b->types[b->type_words++] = word;
}

static inline u32 verify_btf_int(struct verify_btf *b, const char *name, u32 size)
{
	u32 id = verify_btf_type(b, name, BTF_KIND_INT << 24, size);

	verify_btf_word(b, size * 8);
	return id;
}

static inline void verify_btf_member(struct verify_btf *b, const char *name, u32 type, u32 bits)
{
	verify_btf_word(b, verify_btf_string(b, name));
	verify_btf_word(b, type);
	verify_btf_word(b, bits);
}

static inline void verify_btf_start(struct verify_btf *b)
{
	memset(b, 0, sizeof(*b));
	b->string_bytes = 1;
}

static inline void verify_btf_finish(struct verify_btf *b)
{
	struct btf_header h = {.magic = 0xeb9f, .version = 1, .hdr_len = sizeof(h)};

	h.type_len = h.str_off = b->type_words * 4;
	h.str_len = b->string_bytes;
	memcpy(b->blob, &h, sizeof(h));
	memcpy(b->blob + sizeof(h), b->types, h.type_len);
	memcpy(b->blob + sizeof(h) + h.type_len, b->strings, h.str_len);
	b->size = sizeof(h) + h.type_len + h.str_len;
}

/* Text --------------------------------------------------------------------- */

/* The type of that label; void for "void", and for what is none. */
static inline u32 verify_btf_named(const struct verify_btf *b, const char *label)
{
	u32 id = b->last_id;

	while (id && strcmp(b->labels[id], label))
		id--;
	return id;
}

/* Members "NAME:TYPE:OFFSET" in bytes, parameters "NAME:TYPE". */
static inline u32 verify_btf_parts(struct verify_btf *b, char **save, bool offsets)
{
	u32 count = 0, at;
	char *word;

	while ((word = strtok_r(NULL, " ", save))) {
		char name[64] = "", type[32] = "";

		at = 0;
		sscanf(word, "%63[^:]:%31[^:]:%u", name, type, &at);
		verify_btf_word(b, verify_btf_string(b, name));
		verify_btf_word(b, verify_btf_named(b, type));
		if (offsets)
			verify_btf_word(b, at * 8);
		count++;
	}
	return count;
}

/* One type of a case's btf section; see verify_test.c. False: not understood. */
static inline bool verify_btf_line(struct verify_btf *b, char *line)
{
	static const struct {
		const char *word;
		u32 kind;
	} kinds[] = {{"int", BTF_KIND_INT},         {"ptr", BTF_KIND_PTR},
		     {"array", BTF_KIND_ARRAY},     {"struct", BTF_KIND_STRUCT},
		     {"union", BTF_KIND_UNION},     {"fwd", BTF_KIND_FWD},
		     {"typedef", BTF_KIND_TYPEDEF}, {"const", BTF_KIND_CONST},
		     {"func", BTF_KIND_FUNC},       {"proto", BTF_KIND_FUNC_PROTO},
		     {"tag", BTF_KIND_TYPE_TAG},    {"decl", BTF_KIND_DECL_TAG}};
	char *save = NULL, *label = strtok_r(line, " ", &save), *word = strtok_r(NULL, " ", &save);
	u32 kind = 0, at = b->type_words, id, count = 0;
	char *first, *second, *third;

	for (size_t i = 0; word && i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(word, kinds[i].word))
			kind = kinds[i].kind;
	first = strtok_r(NULL, " ", &save);
	if (!kind || !first || b->last_id + 1 >= VERIFY_BTF_TYPES)
		return false;
	switch (kind) {
	case BTF_KIND_INT: id = verify_btf_int(b, label, (u32)atoi(first)); break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		id = verify_btf_type(b, label, 0, (u32)atoi(first));
		count = verify_btf_parts(b, &save, true);
		break;
	case BTF_KIND_FUNC_PROTO:
		id = verify_btf_type(b, "", 0, verify_btf_named(b, first));
		count = verify_btf_parts(b, &save, false);
		break;
	case BTF_KIND_FUNC:
		id = verify_btf_type(b, label, 0, verify_btf_named(b, first));
		count = strtok_r(NULL, " ", &save) ? BTF_FUNC_GLOBAL : BTF_FUNC_STATIC;
		b->funcs[b->func_count++ % VERIFY_BTF_FUNCS] = id;
		break;
	case BTF_KIND_ARRAY:
		second = strtok_r(NULL, " ", &save);
		id = verify_btf_type(b, "", 0, 0);
		verify_btf_word(b, verify_btf_named(b, first));
		verify_btf_word(b, verify_btf_named(b, "int"));
		verify_btf_word(b, second ? (u32)atoi(second) : 0);
		break;
	case BTF_KIND_TYPE_TAG:
		second = strtok_r(NULL, " ", &save);
		id = verify_btf_type(b, first, 0, verify_btf_named(b, second ? second : ""));
		break;
	case BTF_KIND_DECL_TAG:
		second = strtok_r(NULL, " ", &save);
		third = strtok_r(NULL, " ", &save);
		id = verify_btf_type(b, first, 0, verify_btf_named(b, second ? second : ""));
		verify_btf_word(b, third ? (u32)atoi(third) : ~0U);
		break;
	case BTF_KIND_FWD: id = verify_btf_type(b, label, 0, 0); break;
	case BTF_KIND_TYPEDEF: id = verify_btf_type(b, label, 0, verify_btf_named(b, first)); break;
	default: id = verify_btf_type(b, "", 0, verify_btf_named(b, first)); break;
	}
	b->types[at + 1] = kind << 24 | count;
	snprintf(b->labels[id], sizeof(b->labels[id]), "%s", label);
	return true;
}

static inline bool verify_btf_parse(struct verify_btf *b, const char *text)
{
	char copy[4096], *save = NULL, *line;

	verify_btf_start(b);
	snprintf(copy, sizeof(copy), "%s", text);
	for (line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!verify_btf_line(b, line))
			return false;
	verify_btf_finish(b);
	return true;
}

/* struct value { u32 data; struct bpf_spin_lock lock; } or { u64 data; struct bpf_timer timer; } */
static inline u32 verify_btf_value(struct verify_btf *b, bool timer, u32 *key)
{
	const char *name = timer ? "bpf_timer" : "bpf_spin_lock";
	u32 word, field, value;

	verify_btf_start(b);
	*key = verify_btf_int(b, "int", 4);
	word = timer ? verify_btf_int(b, "long", 8) : *key;
	field = verify_btf_type(b, name, BTF_KIND_STRUCT << 24 | (timer ? 2 : 1), timer ? 16 : 4);
	verify_btf_member(b, "a", word, 0);
	if (timer)
		verify_btf_member(b, "b", word, 64);
	value = verify_btf_type(b, "value", BTF_KIND_STRUCT << 24 | 2, timer ? 24 : 8);
	verify_btf_member(b, "data", word, 0);
	verify_btf_member(b, timer ? "timer" : "lock", field, timer ? 64 : 32);
	verify_btf_finish(b);
	return value;
}

/* Where subprograms start: 0, and what is called or passed. */
static inline u32 verify_btf_starts(const struct bpf_insn *insns, u32 count, u32 *starts)
{
	u32 n = 1;

	starts[0] = 0;
	for (u32 i = 0; i < count; i++) {
		const struct bpf_insn *in = &insns[i];
		bool is = (in->code == 0x85 && in->src_reg == 1) ||
			  (in->code == 0x18 && in->src_reg == 4);
		u32 at = i + 1 + (u32)in->imm, k = 0;

		while (is && k < n && starts[k] < at)
			k++;
		if (!is || n == VERIFY_BTF_FUNCS || (k < n && starts[k] == at))
			continue;
		memmove(&starts[k + 1], &starts[k], (n++ - k) * sizeof(*starts));
		starts[k] = at;
	}
	return n;
}

static inline u32 verify_btf_functions(struct verify_btf *b, const struct bpf_insn *insns,
				       u32 count, struct bpf_func_info *infos)
{
	u32 starts[VERIFY_BTF_FUNCS + 1], n = verify_btf_starts(insns, count, starts), proto;
	char name[] = "f00";

	verify_btf_start(b);
	proto = verify_btf_type(b, "", BTF_KIND_FUNC_PROTO << 24, verify_btf_int(b, "int", 4));
	for (u32 i = 0; i < n; i++) {
		name[1] = (char)('0' + i / 10);
		name[2] = (char)('0' + i % 10);
		infos[i].insn_off = starts[i];
		infos[i].type_id = verify_btf_type(b, name, BTF_KIND_FUNC << 24, proto);
	}
	verify_btf_finish(b);
	return n;
}

#endif
