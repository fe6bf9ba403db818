/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random BTF, mostly valid and wrong in one place or another: every kind, every
 * field of a record and of the header. The same seed gives the same bytes.
 */
#ifndef TESTS_BTF_GEN_H
#define TESTS_BTF_GEN_H

#include <cygnet/abi.h>
#include <stdio.h>
#include <string.h>
#include "base/types.h"

#define GEN_MAX (1u << 17)

struct gen {
	u64 seed;
	u8 types[GEN_MAX / 2];
	u32 types_len;
	char strings[1 << 14];
	u32 strings_len;
};

static inline u32 gen_u32(struct gen *g)
{
	g->seed ^= g->seed << 13;
	g->seed ^= g->seed >> 7;
	g->seed ^= g->seed << 17;
	return (u32)(g->seed >> 16);
}

/* 0 .. n-1 */
static inline u32 gen_below(struct gen *g, u32 n)
{
	return n ? gen_u32(g) % n : 0;
}

static inline bool gen_one_in(struct gen *g, u32 n)
{
	return !gen_below(g, n);
}

static inline void gen_start(struct gen *g, u64 seed)
{
	g->seed = (seed + 1) * 0x9e3779b97f4a7c15ull | 1;
	for (int i = 0; i < 8; i++)
		gen_u32(g);
	g->types_len = 0;
	g->strings[0] = 0;
	g->strings_len = 1;
}

static inline void gen_word(struct gen *g, u32 v)
{
	memcpy(g->types + g->types_len, &v, 4);
	g->types_len += 4;
}

static inline void gen_words(struct gen *g, u32 a, u32 b, u32 c)
{
	gen_word(g, a);
	gen_word(g, b);
	gen_word(g, c);
}

static inline u32 gen_string(struct gen *g, const char *s)
{
	u32 off = g->strings_len;

	strcpy(g->strings + off, s);
	g->strings_len += strlen(s) + 1;
	return off;
}

static inline u32 gen_name(struct gen *g)
{
	static const char *const good[] = {"a", "foo", "bar_1", "x.y", "_z", "T9"};
	static const char *const odd[] = {"9bad",     ".dot",     "sp ace", "q?",   ".data",
					  "?maps",    "\xc3\xbc", "a.",     "a..b", "-",
					  "\xc3\xe9", "q\xd7",    "tab\t",  "\x80"};

	if (gen_one_in(g, 40))
		return gen_below(g, g->strings_len + 20);
	if (gen_one_in(g, 12))
		return gen_string(g, odd[gen_below(g, ARRAY_SIZE(odd))]);
	return gen_string(g, good[gen_below(g, ARRAY_SIZE(good))]);
}

static inline u32 gen_maybe_name(struct gen *g)
{
	return gen_below(g, 3) ? 0 : gen_name(g);
}

static inline u32 gen_id(struct gen *g, u32 total)
{
	switch (gen_below(g, 10)) {
	case 0: return 0;
	case 1: return gen_below(g, total + 3);
	default: return 1 + gen_below(g, total);
	}
}

static inline u32 gen_info(struct gen *g, u32 kind, u32 vlen, u32 flag)
{
	if (gen_one_in(g, 60))
		vlen ^= gen_below(g, 4);
	if (gen_one_in(g, 60))
		flag ^= 1;
	return gen_one_in(g, 200) ? gen_u32(g) : kind << 24 | vlen | flag << 31;
}

static inline void gen_int(struct gen *g)
{
	u32 size = 1u << gen_below(g, 5), bits = size * 8, off = 0, encoding = gen_below(g, 4);

	if (gen_one_in(g, 8)) {
		bits = 1 + gen_below(g, size * 8);
		off = gen_below(g, 9) ? 0 : gen_below(g, 140);
	}
	if (gen_one_in(g, 30))
		size = gen_below(g, 20);
	encoding = gen_one_in(g, 40) ? gen_below(g, 16) : encoding == 3 ? 4 : encoding;
	gen_words(g, gen_maybe_name(g), gen_info(g, BTF_KIND_INT, 0, 0), size);
	gen_word(g, encoding << 24 | off << 16 | bits | (gen_one_in(g, 100) ? 1u << 12 : 0));
}

static inline void gen_struct(struct gen *g, u32 kind, u32 n, u32 total)
{
	u32 flag = gen_below(g, 2), off = 0;

	gen_words(g, gen_maybe_name(g), gen_info(g, kind, n, flag),
		  gen_one_in(g, 15) ? gen_below(g, 40) : n * 8 + gen_below(g, 9));
	for (u32 i = 0; i < n; i++) {
		u32 at = kind == BTF_KIND_UNION ? 0 : off, bits = 0;

		if (gen_one_in(g, 12))
			at += gen_below(g, 65);
		if (flag && gen_one_in(g, 4))
			bits = gen_below(g, gen_one_in(g, 12) ? 256 : 34);
		gen_words(g, gen_maybe_name(g), gen_id(g, total), flag ? bits << 24 | at : at);
		off += gen_below(g, 3) ? 64 : gen_below(g, 65);
	}
}

static inline void gen_datasec(struct gen *g, u32 n, u32 total)
{
	u32 name =
		gen_below(g, 4) ? gen_string(g, gen_below(g, 2) ? ".data" : ".maps") : gen_name(g);

	gen_words(g, name, gen_info(g, BTF_KIND_DATASEC, n, 0), n * 16 + gen_below(g, 2));
	for (u32 i = 0; i < n; i++)
		gen_words(g, gen_id(g, total), gen_one_in(g, 20) ? gen_below(g, 50) : i * 16,
			  gen_one_in(g, 20) ? gen_below(g, 50) : 8 + gen_below(g, 9));
}

static inline void gen_enum(struct gen *g, u32 kind, u32 n)
{
	bool wide = kind == BTF_KIND_ENUM64;

	gen_words(g, gen_maybe_name(g), gen_info(g, kind, n, gen_below(g, 2)),
		  gen_one_in(g, 10) ? gen_below(g, 10)
		  : wide            ? 8
				    : 4);
	for (u32 i = 0; i < n; i++) {
		gen_word(g, gen_name(g));
		gen_word(g, gen_below(g, 2) ? gen_below(g, 10) : gen_u32(g) * 2);
		if (wide)
			gen_word(g, gen_below(g, 2) ? 0 : gen_u32(g));
	}
}

/* One record of a random kind; ids run to `total`. */
static inline void gen_type(struct gen *g, u32 kind, u32 total)
{
	u32 n = gen_below(g, 4);

	switch (kind) {
	case BTF_KIND_INT: gen_int(g); break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: gen_struct(g, kind, n, total); break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64: gen_enum(g, kind, n); break;
	case BTF_KIND_DATASEC: gen_datasec(g, n, total); break;
	case BTF_KIND_ARRAY:
		gen_words(g, gen_one_in(g, 80) ? gen_name(g) : 0, gen_info(g, kind, 0, 0),
			  gen_one_in(g, 80) ? 4 : 0);
		gen_words(g, gen_id(g, total), gen_below(g, 2) ? 1 : gen_id(g, total),
			  gen_one_in(g, 20) ? gen_u32(g) : gen_below(g, 5));
		break;
	case BTF_KIND_FUNC_PROTO:
		gen_words(g, gen_one_in(g, 80) ? gen_name(g) : 0, gen_info(g, kind, n, 0),
			  gen_id(g, total));
		while (n--) {
			gen_word(g, gen_maybe_name(g));
			gen_word(g, gen_id(g, total));
		}
		break;
	case BTF_KIND_FWD:
		gen_words(g, gen_name(g), gen_info(g, kind, 0, gen_below(g, 2)), gen_one_in(g, 30));
		break;
	case BTF_KIND_FUNC:
		gen_words(g, gen_name(g), gen_info(g, kind, gen_below(g, 3), 0), gen_id(g, total));
		break;
	case BTF_KIND_VAR:
		gen_words(g, gen_name(g), gen_info(g, kind, 0, 0), gen_id(g, total));
		gen_word(g, gen_below(g, gen_one_in(g, 20) ? 4 : 2));
		break;
	case BTF_KIND_FLOAT:
		gen_words(g, gen_name(g), gen_info(g, kind, 0, 0),
			  gen_one_in(g, 10) ? gen_below(g, 20) : 2u << gen_below(g, 4));
		break;
	case BTF_KIND_DECL_TAG:
		gen_words(g, gen_name(g), gen_info(g, kind, 0, gen_below(g, 2)), gen_id(g, total));
		gen_word(g, gen_below(g, 3) ? ~0u : gen_below(g, 5) - 2);
		break;
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_TYPE_TAG:
		gen_words(g, gen_name(g), gen_info(g, kind, 0, 0), gen_id(g, total));
		break;
	default:
		gen_words(g, gen_one_in(g, 50) ? gen_name(g) : 0, gen_info(g, kind, 0, 0),
			  gen_id(g, total));
	}
}

static inline void gen_damage(struct gen *g, u8 *out, u32 *size)
{
	u32 word = gen_below(g, 6) * 4, v;

	memcpy(&v, out + word, 4);
	switch (gen_below(g, 6)) {
	case 0: v ^= 1u << gen_below(g, 32); break;
	case 1: v = gen_u32(g); break;
	case 2: v += gen_below(g, 9) - 4; break;
	case 3: *size -= gen_below(g, *size); return;
	case 4: *size = gen_below(g, 30); return;
	case 5: out[gen_below(g, *size)] ^= 1 << gen_below(g, 8); return;
	}
	memcpy(out + word, &v, 4);
}

/* Header, types and strings together into out[GEN_MAX]; the size. */
static inline u32 gen_finish(struct gen *g, u32 hdr_len, u8 *out)
{
	struct btf_header h = {.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = hdr_len};

	h.type_len = h.str_off = g->types_len;
	h.str_len = g->strings_len;
	memset(out, 0, 64);
	memcpy(out, &h, sizeof(h));
	memcpy(out + hdr_len, g->types, g->types_len);
	memcpy(out + hdr_len + g->types_len, g->strings, g->strings_len);
	return hdr_len + g->types_len + g->strings_len;
}

/* A blob into out[GEN_MAX]; its size. */
static inline u32 gen_btf(struct gen *g, u64 seed, u8 *out)
{
	u32 total, size;

	gen_start(g, seed);
	total = 1 + gen_below(g, gen_below(g, 3) ? 8 : 24);
	for (u32 i = 0; i < total; i++) {
		u32 kind = gen_one_in(g, 4) ? BTF_KIND_INT : 1 + gen_below(g, BTF_KIND_MAX);

		if (gen_one_in(g, 200))
			kind = gen_below(g, 33);
		gen_type(g, i ? kind : BTF_KIND_INT, total);
	}
	size = gen_finish(
		g, sizeof(struct btf_header) + (gen_one_in(g, 100) ? gen_below(g, 3) * 4 : 0), out);
	if (gen_one_in(g, 60))
		gen_damage(g, out, &size);
	return size;
}

/* Members of special types (locks, lists, trees, counts) and what tags say of them. */
static inline u32 gen_special(struct gen *g, u64 seed, u8 *out)
{
	static const char *const names[] = {"bpf_spin_lock",     "bpf_list_head", "bpf_list_node",
					    "bpf_rb_root",       "bpf_rb_node",   "bpf_refcount",
					    "bpf_res_spin_lock", "other"};
	static const u8 sizes[] = {4, 16, 24, 16, 32, 4, 4, 8};
	u32 id = 2, arrays, first, structs, roots = 0, root_owner[16], root_member[16];
	char name[32];

	gen_start(g, seed);
	gen_words(g, gen_string(g, "int"), BTF_KIND_INT << 24, 4);
	gen_word(g, 1u << 24 | 32);
	for (u32 k = 0; k < 8; k++, id++)
		gen_words(g, gen_string(g, names[k]),
			  (gen_one_in(g, 40) ? BTF_KIND_UNION : BTF_KIND_STRUCT) << 24,
			  sizes[k] + (gen_one_in(g, 25) ? 4 : 0));
	arrays = gen_below(g, 3);
	for (u32 i = 0; i < arrays; i++, id++) {
		gen_words(g, 0, BTF_KIND_ARRAY << 24, 0);
		gen_words(g, 2 + gen_below(g, 8), 1, gen_below(g, 4));
	}
	first = id;
	structs = 1 + gen_below(g, 3);
	for (u32 s = 0; s < structs; s++, id++) {
		u32 n = 1 + gen_below(g, 4), off = 0, size_at;

		snprintf(name, sizeof(name), "s%u", s);
		gen_words(g, gen_string(g, name), BTF_KIND_STRUCT << 24 | n, 0);
		size_at = g->types_len - 4;
		for (u32 m = 0; m < n; m++) {
			u32 k = gen_below(g, 8), type = 2 + k, size = sizes[k];

			if (arrays && gen_one_in(g, 5)) {
				type = first - 1 - gen_below(g, arrays);
				size = 64;
			} else if (s && gen_one_in(g, 5)) {
				type = first + gen_below(g, s);
				size = 64 + gen_below(g, 2) * 64;
			} else if (k == 1 || k == 3) {
				root_owner[roots] = id;
				root_member[roots++] = m;
			}
			off = ROUND_UP(off, 8) + (gen_one_in(g, 30) ? 4 : 0);
			snprintf(name, sizeof(name), "m%u", m);
			gen_words(g, gen_one_in(g, 30) ? 0 : gen_string(g, name), type, off * 8);
			off += gen_one_in(g, 40) ? 4 : size;
		}
		off += gen_below(g, 2) * 16 + 64;
		memcpy(g->types + size_at, &off, 4);
	}
	for (u32 i = 0; i < roots; i++)
		for (u32 times = gen_one_in(g, 20) ? gen_below(g, 3) : 1; times; times--) {
			snprintf(name, sizeof(name), "contains:%s%u%sm%u",
				 gen_one_in(g, 20) ? "x" : "s", gen_below(g, structs),
				 gen_one_in(g, 30) ? "" : ":", gen_below(g, 4));
			gen_words(g, gen_string(g, gen_one_in(g, 30) ? "contains:s0:" : name),
				  BTF_KIND_DECL_TAG << 24, root_owner[i]);
			gen_word(g, gen_one_in(g, 20) ? gen_below(g, 4) : root_member[i]);
		}
	return gen_finish(g, sizeof(struct btf_header), out);
}

/* One of both, by the seed. */
static inline u32 gen_any(struct gen *g, u64 seed, u8 *out)
{
	return seed % 4 ? gen_btf(g, seed, out) : gen_special(g, seed, out);
}

#endif
