// SPDX-License-Identifier: BSD-2-Clause
/* Values of test cases: bytes from files, captures and digits; results by name; contexts. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/hex.h"
#include "cli/pcap.h"
#include "cli/test_case.h"
#include "cygnet/abi.h"

#define FILE_MOST (64u << 20)

/* --- Bytes. */
static int read_file(FILE *f, struct test_bytes *out)
{
	VEC(u8) all = {0};
	size_t n = 1;
	int err = 0;

	while (!err && n) {
		err = all.len < FILE_MOST ? vec_reserve(&all, 65536) : -EFBIG;
		n = err ? 0 : fread(all.data + all.len, 1, all.cap - all.len, f);
		all.len += n;
	}
	if (!err && ferror(f))
		err = -errno;
	if (err)
		vec_fini(&all);
	*out = (struct test_bytes){all.data, all.len};
	return err;
}

static int read_all(const struct test_setting *s, const char *name, struct test_bytes *out)
{
	const char *slash = s->file ? strrchr(s->file, '/') : NULL;
	char path[PATH_MAX];
	FILE *f;
	int err;

	if (slash && *name != '/')
		snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - s->file), s->file, name);
	else
		snprintf(path, sizeof(path), "%s", name);
	f = fopen(path, "re");
	if (!f)
		return test_complain(s, "%s: %s", path, strerror(errno));
	err = read_file(f, out);
	fclose(f);
	return err ? test_complain(s, "%s: %s", path, strerror(-err)) : 0;
}

/* "FILE:N" */
static int read_packet(const struct test_setting *s, const char *value, struct test_bytes *out)
{
	const char *colon = strrchr(value, ':'), *why;
	char name[PATH_MAX], *end;
	struct test_bytes file;
	unsigned long n = colon ? strtoul(colon + 1, &end, 10) : 0;
	size_t at;
	u32 len;
	int err;

	if (!n || *end || n > UINT32_MAX || colon - value >= (long)sizeof(name))
		return test_complain(s, "want pcap:FILE:N, N from 1");
	snprintf(name, sizeof(name), "%.*s", (int)(colon - value), value);
	err = read_all(s, name, &file);
	if (err)
		return err;
	why = pcap_packet(file.bytes, file.size, n, &at, &len);
	if (why) {
		base_free(file.bytes);
		return test_complain(s, "%s: %s", name, why);
	}
	memmove(file.bytes, file.bytes + at, len);
	*out = (struct test_bytes){file.bytes, len};
	return 0;
}

int test_bytes(const struct test_setting *s, const char *value, struct test_bytes *out)
{
	if (!strncmp(value, "hex:", 4)) {
		int err = hex_parse(value + 4, strlen(value + 4), &out->bytes, &out->size);

		return err ? test_complain(s, "pairs of hex digits stand behind hex:") : 0;
	}
	if (!strncmp(value, "pcap:", 5))
		return read_packet(s, value + 5, out);
	return read_all(s, value, out);
}

/* --- Numbers. */
static bool parse_number(const char *value, u64 *out)
{
	char *end;

	errno = 0;
	*out = value[0] == '-' ? (u64)strtoll(value, &end, 0) : strtoull(value, &end, 0);
	return !errno && end != value && !*end;
}

/* Does it fit `size` bytes, as a number with or without sign? */
static bool fits(u64 v, u32 size)
{
	return size >= 8 || v < 1ull << size * 8 || v >= -(1ull << (size * 8 - 1));
}

int test_element(const struct test_setting *s, const char *value, u32 size, u8 *out)
{
	struct in_addr ip;
	u64 number;

	memset(out, 0, size);
	if (!strncmp(value, "hex:", 4)) {
		struct test_bytes b;
		int err = test_bytes(s, value, &b);

		if (err)
			return err;
		if (b.size == size)
			memcpy(out, b.bytes, size);
		else
			err = test_complain(s, "`%s` is of %zu byte%s, not of %u", value, b.size,
					    b.size == 1 ? "" : "s", size);
		base_free(b.bytes);
		return err;
	}
	if (size >= 4 && strchr(value, '.') && inet_pton(AF_INET, value, &ip) == 1) {
		memcpy(out, &ip, sizeof(ip));
		return 0;
	}
	if (!parse_number(value, &number))
		return test_complain(s, "`%s` is no number, IPv4 address or hex:...", value);
	if (!fits(number, size))
		return test_complain(s, "%s does not fit %u byte%s", value, size,
				     size == 1 ? "" : "s");
	memcpy(out, &number, MIN(size, 8u));
	return 0;
}

/* --- Results. */
struct result_name {
	const char *name;
	u32 value;
};

static const struct result_name xdp_results[] = {{"XDP_ABORTED", 0},  {"XDP_DROP", 1},
						 {"XDP_PASS", 2},     {"XDP_TX", 3},
						 {"XDP_REDIRECT", 4}, {0}};
static const struct result_name tc_results[] = {
	{"TC_ACT_UNSPEC", -1u}, {"TC_ACT_OK", 0},     {"TC_ACT_RECLASSIFY", 1},
	{"TC_ACT_SHOT", 2},     {"TC_ACT_PIPE", 3},   {"TC_ACT_STOLEN", 4},
	{"TC_ACT_QUEUED", 5},   {"TC_ACT_REPEAT", 6}, {"TC_ACT_REDIRECT", 7},
	{"TC_ACT_TRAP", 8},     {"TCX_NEXT", -1u},    {"TCX_PASS", 0},
	{"TCX_DROP", 2},        {"TCX_REDIRECT", 7},  {0}};
static const struct result_name lwt_results[] = {
	{"BPF_OK", 0}, {"BPF_DROP", 2}, {"BPF_REDIRECT", 7}, {"BPF_LWT_REROUTE", 128}, {0}};
static const struct result_name verdicts[] = {{"SK_DROP", 0}, {"SK_PASS", 1}, {0}};
static const struct result_name none[] = {{0}};

static const struct result_name *results_of(u32 type)
{
	switch (type) {
	case BPF_PROG_TYPE_XDP: return xdp_results;
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT: return tc_results;
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT: return lwt_results;
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_SK_LOOKUP: return verdicts;
	default: return none;
	}
}

const char *test_result_name(u32 prog_type, u32 value)
{
	for (const struct result_name *r = results_of(prog_type); r->name; r++)
		if (r->value == value)
			return r->name;
	return NULL;
}

int test_result(const struct test_setting *s, u32 prog_type, u32 *out)
{
	const char *names[ARRAY_SIZE(tc_results)], *near;
	size_t n = 0;
	u64 number;

	for (const struct result_name *r = results_of(prog_type); r->name; r++) {
		if (!strcmp(r->name, s->value)) {
			*out = r->value;
			return 0;
		}
		names[n++] = r->name;
	}
	if (parse_number(s->value, &number) && fits(number, 4)) {
		*out = number;
		return 0;
	}
	near = command_nearest(s->value, names, n);
	if (near)
		return test_complain(s, "no result `%s` (did you mean %s?)", s->value, near);
	return test_complain(s, "`%s` is neither a number nor a result's name", s->value);
}

/* --- Contexts. */
struct ctx_field {
	const char *name;
	u16 off, size;
};
#define FIELD(type, f)                                                      \
	{                                                                   \
#f, offsetof(struct type, f), sizeof(((struct type *)0)->f) \
	}
static const struct ctx_field xdp_fields[] = {FIELD(xdp_md, data),
					      FIELD(xdp_md, data_end),
					      FIELD(xdp_md, data_meta),
					      FIELD(xdp_md, ingress_ifindex),
					      FIELD(xdp_md, rx_queue_index),
					      FIELD(xdp_md, egress_ifindex),
					      {0}};
static const struct ctx_field skb_fields[] = {FIELD(__sk_buff, len),
					      FIELD(__sk_buff, pkt_type),
					      FIELD(__sk_buff, mark),
					      FIELD(__sk_buff, queue_mapping),
					      FIELD(__sk_buff, protocol),
					      FIELD(__sk_buff, vlan_present),
					      FIELD(__sk_buff, vlan_tci),
					      FIELD(__sk_buff, vlan_proto),
					      FIELD(__sk_buff, priority),
					      FIELD(__sk_buff, ingress_ifindex),
					      FIELD(__sk_buff, ifindex),
					      FIELD(__sk_buff, tc_index),
					      FIELD(__sk_buff, cb[0]),
					      FIELD(__sk_buff, cb[1]),
					      FIELD(__sk_buff, cb[2]),
					      FIELD(__sk_buff, cb[3]),
					      FIELD(__sk_buff, cb[4]),
					      FIELD(__sk_buff, hash),
					      FIELD(__sk_buff, tc_classid),
					      FIELD(__sk_buff, tstamp),
					      FIELD(__sk_buff, wire_len),
					      FIELD(__sk_buff, gso_segs),
					      FIELD(__sk_buff, gso_size),
					      FIELD(__sk_buff, hwtstamp),
					      {0}};

static u32 ctx_size(u32 type)
{
	switch (type) {
	case BPF_PROG_TYPE_XDP: return sizeof(struct xdp_md);
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT: return sizeof(struct __sk_buff);
	default: return 0;
	}
}

static const struct ctx_field *find_field(u32 type, const char *name)
{
	const struct ctx_field *f = type == BPF_PROG_TYPE_XDP ? xdp_fields : skb_fields;

	while (f->name && strcmp(f->name, name))
		f++;
	return f->name ? f : NULL;
}

const char *test_ctx_field(u32 prog_type, u32 at, u32 *off, u32 *size)
{
	const struct ctx_field *f = prog_type == BPF_PROG_TYPE_XDP ? xdp_fields : skb_fields;

	while (ctx_size(prog_type) && f->name && (at < f->off || at >= f->off + f->size))
		f++;
	if (!ctx_size(prog_type) || !f->name)
		return NULL;
	*off = f->off;
	*size = f->size;
	return f->name;
}

/* "FIELD=NUMBER" */
static int set_field(const struct test_setting *s, u32 type, char *word, u8 *ctx, u8 *mask)
{
	char *eq = strchr(word, '=');
	const struct ctx_field *f;

	if (!eq)
		return test_complain(s, "want FIELD=NUMBER, not `%s`", word);
	*eq = 0;
	f = find_field(type, word);
	if (!f)
		return test_complain(s, "the context has no field `%s` that can be named", word);
	memset(mask + f->off, 0xff, f->size);
	return test_element(s, eq + 1, f->size, ctx + f->off);
}

static int set_fields(const struct test_setting *s, u32 type, u8 *ctx, u8 *mask)
{
	char *copy = base_strdup(s->value), *rest = copy, *word;
	int err = copy ? 0 : command_fail("out of memory");

	while (!err && (word = strtok_r(rest, " \t", &rest)))
		err = set_field(s, type, word, ctx, mask);
	base_free(copy);
	return err;
}

int test_ctx(const struct test_setting *s, u32 prog_type, u8 *ctx, u8 *mask, u32 room, u32 *size)
{
	bool named = strchr(s->value, '=') && strncmp(s->value, "hex:", 4);
	struct test_bytes b;
	int err;

	if (named && ctx_size(prog_type)) {
		*size = ctx_size(prog_type);
		return set_fields(s, prog_type, ctx, mask);
	}
	err = test_bytes(s, s->value, &b);
	if (err)
		return err;
	if (b.size > room) {
		base_free(b.bytes);
		return test_complain(s, "at most %u bytes", room);
	}
	memcpy(ctx, b.bytes, b.size);
	memset(mask, 0xff, b.size);
	*size = b.size;
	base_free(b.bytes);
	return 0;
}
