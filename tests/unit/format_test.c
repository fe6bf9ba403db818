// SPDX-License-Identifier: BSD-2-Clause
/*
 * The format engine against the kernel's bpf_snprintf: the answers of 6.18 as
 * stored in tests/data/format.txt, and those of the running kernel where
 * bpf(2) is allowed. With CYGNET_RECORD set the file is written anew.
 *
 * A line of the file: format, argument's name, result, text, by tabs, escaped.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include <cygnet/abi.h>
#include "core/image.h"
#include "core/run.h"
#include "helper/format.h"

#define FACTS     "tests/data/format.txt"
#define OUT_BYTES 1024
#define ARGS_OFF  OUT_BYTES
#define RET_OFF   (OUT_BYTES + 512)
#define MEM_OFF   (OUT_BYTES + 1024)
#define MAP_BYTES 4096

/* What arguments may be: a number, or the address of bytes in kernel or user memory. */
struct arg {
	const char *name;
	u64 value;
	const char *bytes; /* not NULL: the address of these */
	bool user;
};

static const struct arg args[] = {
	{"zero", 0},
	{"seven", 7},
	{"minus", (u64)-42},
	{"big", 0xfedcba9876543210ull},
	{"small", 0x1234},
	{"letter", 'Q'},
	{"error", (u64)-22},
	{"text", 0, "hello\0xxxxxxxxxxxx"},
	{"empty", 0, "\0xxxxxxxxxxxxxxxxxx"},
	{"address", 0, "\xc0\xa8\x01\x0a\x20\x01\x0d\xb8\0\0\0\0\0\0\0\x01"},
	{"usertext", 0, "from user\0xxxxxxxxx", true},
};

static const struct arg *arg_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(args); i++)
		if (!strcmp(args[i].name, name))
			return &args[i];
	return NULL;
}

/* --- ours --------------------------------------------------------------------------------- */

static int read_any(struct run *run, void *dst, u32 size, u64 addr)
{
	if (addr < 4096 || addr >> 47)
		return -EFAULT;
	memcpy(dst, (void *)addr, size);
	return 0;
}

static long read_any_str(struct run *run, char *dst, u32 size, u64 addr)
{
	size_t n;

	if (addr < 4096 || addr >> 47)
		return -EFAULT;
	n = strnlen((char *)addr, size - 1);
	memcpy(dst, (void *)addr, n);
	dst[n] = 0;
	return n + 1;
}

static const struct env_ops env = {
	.read_user = read_any,
	.read_kernel = read_any,
	.read_user_str = read_any_str,
	.read_kernel_str = read_any_str,
};

static long ours(char *out, size_t size, const char *fmt, const u64 *values, u32 count)
{
	struct image image = {0};
	struct run run = {.image = &image, .env = &env};
	long n;

	/* What is the kernel's in the kernel is the program's own here. */
	for (size_t i = 0; i < ARRAY_SIZE(args); i++)
		if (args[i].bytes && !args[i].user)
			run_region_add(&run, (u64)args[i].bytes, 17, false, REGION_PLAIN);
	n = format_bpf(&run, out, size, fmt, UINT32_MAX, values, count);
	return n < 0 ? n : n + 1;
}

/* --- the kernel's ------------------------------------------------------------------------- */

static long bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr)) < 0 ? -errno : 0;
}

static int map_new(u32 flags)
{
	union bpf_attr a = {.map_type = BPF_MAP_TYPE_ARRAY,
			    .key_size = 4,
			    .value_size = MAP_BYTES,
			    .max_entries = 1,
			    .map_flags = flags};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a));
}

static int map_set(int fd, const void *value)
{
	u32 key = 0;
	union bpf_attr a = {.map_fd = fd, .key = (u64)&key, .value = (u64)value};

	return bpf(BPF_MAP_UPDATE_ELEM, &a);
}

static int map_get(int fd, void *value)
{
	u32 key = 0;
	union bpf_attr a = {.map_fd = fd, .key = (u64)&key, .value = (u64)value};

	return bpf(BPF_MAP_LOOKUP_ELEM, &a);
}

#define LD_VALUE(r, fd, off)                                                      \
	{.code = 0x18, .dst_reg = r, .src_reg = BPF_PSEUDO_MAP_VALUE, .imm = fd}, \
	{                                                                         \
		.imm = off                                                        \
	}

/* bpf_snprintf(data, OUT_BYTES, fmt, data + ARGS_OFF, count * 8); its result at data + RET_OFF. */
static int load(int fmt, int data, u32 count, bool memory)
{
	struct bpf_insn prog[] = {
		LD_VALUE(6, data, 0),
		LD_VALUE(7, data, MEM_OFF),
		{.code = memory ? 0x7b : 0xbf,
		 .dst_reg = 6,
		 .src_reg = memory ? 7 : 6,
		 .off = memory ? ARGS_OFF : 0},
		{.code = 0xbf, .dst_reg = 1, .src_reg = 6},
		{.code = 0xb7, .dst_reg = 2, .imm = OUT_BYTES},
		LD_VALUE(3, fmt, 0),
		LD_VALUE(4, data, ARGS_OFF),
		{.code = 0xb7, .dst_reg = 5, .imm = count * 8},
		{.code = 0x85, .imm = BPF_FUNC_snprintf},
		{.code = 0x7b, .dst_reg = 6, .src_reg = 0, .off = RET_OFF},
		{.code = 0xb7},
		{.code = 0x95},
	};
	union bpf_attr a = {.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
			    .insns = (u64)prog,
			    .insn_cnt = ARRAY_SIZE(prog),
			    .license = (u64) "GPL"};
	int fd = syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));

	return fd < 0 ? -errno : fd;
}

/* The kernel's result and text; -EINVAL when it refuses the format at load. */
static long kernels(char out[OUT_BYTES], const char *fmt, const struct arg *arg, u32 count)
{
	static u8 value[MAP_BYTES];
	int fmt_fd = map_new(BPF_F_RDONLY_PROG), data_fd = map_new(0), prog;
	union bpf_attr freeze = {.map_fd = fmt_fd}, run = {0};
	long ret;
	u64 v = arg->user ? (u64)arg->bytes : arg->value;

	memset(value, 0, sizeof(value));
	strcpy((char *)value, fmt);
	assert_int_equal(map_set(fmt_fd, value), 0);
	assert_int_equal(bpf(BPF_MAP_FREEZE, &freeze), 0);
	memset(value, 0, sizeof(value));
	for (u32 i = 0; i < count; i++)
		memcpy(value + ARGS_OFF + 8 * i, &v, 8);
	if (arg->bytes)
		memcpy(value + MEM_OFF, arg->bytes, 16);
	assert_int_equal(map_set(data_fd, value), 0);
	prog = load(fmt_fd, data_fd, count, arg->bytes && !arg->user);
	ret = prog;
	if (prog >= 0) {
		run.test.prog_fd = prog;
		assert_int_equal(bpf(BPF_PROG_TEST_RUN, &run), 0);
		assert_int_equal(map_get(data_fd, value), 0);
		memcpy(&ret, value + RET_OFF, 8);
		memcpy(out, value, OUT_BYTES);
		close(prog);
	}
	close(fmt_fd);
	close(data_fd);
	return ret;
}

/* --- cases -------------------------------------------------------------------------------- */

typedef void case_fn(const char *fmt, const char *arg);

/* Whether the kernel prints a hash instead of the address. */
static bool is_hashed(const char *conv, const char *arg)
{
	return (!strcmp(conv, "p") || !strcmp(conv, "pK")) && strcmp(arg, "zero") &&
	       strcmp(arg, "error");
}

static void each_case(case_fn *fn)
{
	static const char *const numbers[] = {"d",  "i",  "u",   "x",   "X",   "ld", "lu",
					      "lx", "li", "lld", "llu", "llx", "lX"};
	static const char *const addresses[] = {"pI4", "pi4", "pI6", "pi6"};
	static const char *const strings[] = {"s", "pks"};
	static const char *const pointers[] = {"p", "px", "pK", "ps", "pS", "pB"};
	static const char *const widths[] = {"",    "1",    "8", "30",   "-",   "-8",
					     "08",  "+8",   "+", " ",    " 8",  "-08",
					     "+-8", "0-12", "0", "-030", "+ 8", "0+10"};
	static const char *const behind[] = {"",  " ", "z",    "9", ".", "\n", "%%",
					     "-", "_", "\x7f", ")", "k", "ks", "q q"};
	static const char *const odd[] = {
		"",        "plain",       "%%",       "%%%%",     "100%%",       "%",
		"%%%",     "%q",          "%ll",      "%5",       "%n",          "%.3d",
		"%#x",     "%hd",         "%*d",      "%o",       "%lp",         "%ls",
		"%lc",     "%zu",         "%lllx",    "%pz",      "%pI5",        "%pI",
		"%pkx",    "%pus",        "%pusq",    "%s%",      "%-",          "%05",
		"%p%",     "%px%",        "%p%%",     "%s%%",     "a\tb\nc",     "\x01",
		"\x80",    "caf\xc3\xa9", "%\x80",    "%1$d",     "%e",          "%f",
		"%g",      "%a",          "%C",       "%S",       "%L",          "%hhd",
		"%jd",     "%td",         "%  d",     "%0+ -5d|", "%I4",         "%pM",
		"%pU",     "%pe",         "%pd",      "%pV",      "%pr",         "%ph",
		"%pf",     "%pF",         "%pBb",     "%pb",      "%pI4x",       "%pI6c",
		"%pi4 %%", "%d %d",       "%s %s %s", "%c%c%c",   "%10c|%-10c|", "%px%px",
		"%200d",   "%-900d%900d",
	};
	char fmt[64];

#define EACH(list, ...)                                                                     \
	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {                                     \
		const char *const names[] = {__VA_ARGS__};                                  \
                                                                                            \
		for (size_t a = 0; a < ARRAY_SIZE(names); a++) {                            \
			if (is_hashed(list[i], names[a]))                                   \
				continue;                                                   \
			for (size_t w = 0; w < ARRAY_SIZE(widths); w++) {                   \
				snprintf(fmt, sizeof(fmt), "<%%%s%s>", widths[w], list[i]); \
				fn(fmt, names[a]);                                          \
			}                                                                   \
			for (size_t b = 0; b < ARRAY_SIZE(behind); b++) {                   \
				snprintf(fmt, sizeof(fmt), "%%%s%s", list[i], behind[b]);   \
				fn(fmt, names[a]);                                          \
			}                                                                   \
		}                                                                           \
	}
	EACH(numbers, "zero", "minus", "big")
	EACH(addresses, "address", "zero")
	EACH(strings, "text", "empty", "zero")
	EACH(pointers, "zero", "big", "small", "error")
	for (size_t w = 0; w < ARRAY_SIZE(widths); w++) {
		snprintf(fmt, sizeof(fmt), "<%%%sc>", widths[w]);
		fn(fmt, "letter");
		snprintf(fmt, sizeof(fmt), "<%%%spus>", widths[w]);
		fn(fmt, "usertext");
	}
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		fn(odd[i], "error");
}

static FILE *record;
static unsigned wrong;

static void put_escaped(FILE *f, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] > ' ' && s[i] != '\\' && s[i] != 0x7f)
			fputc(s[i], f);
		else
			fprintf(f, "\\x%02x", (u8)s[i]);
}

static size_t unescape(char *dst, const char *src)
{
	size_t n = 0;
	unsigned byte;

	for (; *src; src++, n++)
		if (src[0] == '\\' && sscanf(src + 2, "%2x", &byte) == 1)
			dst[n] = (char)byte, src += 3;
		else
			dst[n] = *src;
	dst[n] = 0;
	return n;
}

static void values_of(u64 values[3], const char *name)
{
	const struct arg *arg = arg_named(name);

	for (int i = 0; i < 3; i++)
		values[i] = arg->bytes && (i == 0 || arg->user) ? (u64)arg->bytes : arg->value;
}

static void compare(const char *fmt, const char *arg, long want, const char *text, size_t len)
{
	char out[OUT_BYTES] = "";
	u64 values[3];
	long got;

	values_of(values, arg);
	got = ours(out, sizeof(out), fmt, values, 3);
	if (got == want && (got <= 0 || !memcmp(out, text, len)))
		return;
	wrong++;
	print_error("\"%s\" of %s: %ld \"%s\", kernel %ld \"%s\"\n", fmt, arg, got, out, want,
		    text);
}

static void compare_with_kernel(const char *fmt, const char *arg)
{
	char out[OUT_BYTES] = "";
	long ret = kernels(out, fmt, arg_named(arg), 3);
	size_t len = ret > 0 ? MIN(ret, OUT_BYTES) - 1 : 0;

	compare(fmt, arg, ret, out, len);
	if (!record)
		return;
	fputc('"', record);
	put_escaped(record, fmt, strlen(fmt));
	fprintf(record, "\t%s\t%ld\t\"", arg, ret);
	put_escaped(record, out, len);
	fputc('\n', record);
}

static void test_kernel(void **state)
{
	int fd = map_new(0);

	if (fd < 0)
		skip();
	close(fd);
	if (getenv("CYGNET_RECORD"))
		record = fopen(FACTS, "w");
	wrong = 0;
	each_case(compare_with_kernel);
	if (record)
		fclose(record);
	assert_int_equal(wrong, 0);
}

static void test_facts(void **state)
{
	char line[8192], fmt[2048], text[4096], *field[4], *save;
	FILE *f = fopen(FACTS, "r");
	unsigned lines = 0;

	assert_non_null(f);
	wrong = 0;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		for (int i = 0; i < 4; i++) {
			field[i] = strtok_r(i ? NULL : line, "\t", &save);
			assert_non_null(field[i]);
		}
		unescape(fmt, field[0] + 1);
		compare(fmt, field[1], atol(field[2]), text, unescape(text, field[3] + 1));
		lines++;
	}
	fclose(f);
	assert_int_equal(wrong, 0);
	assert_true(lines > 1000);
}

/* What the helper alone decides. */
static void test_limits(void **state)
{
	u64 many[12], str;
	char big[600], out[2048];

	memset(big, 'x', sizeof(big));
	big[599] = 0;
	str = (u64)big;
	for (int i = 0; i < 12; i++)
		many[i] = str;
	/* 512 bytes hold all strings: the first is cut, a second has no room. */
	assert_int_equal(ours(out, sizeof(out), "%s", &str, 1), 512);
	assert_int_equal(ours(out, sizeof(out), "%s%s", many, 2), -ENOSPC);
	assert_int_equal(ours(out, sizeof(out), "%s%d", many, 2), -ENOSPC);
	assert_int_equal(ours(out, sizeof(out), "%d%d", many, 1), -EINVAL);
	assert_int_equal(ours(out, 4, "abcdef", NULL, 0), 7);
	assert_string_equal(out, "abc");
	assert_int_equal(ours(NULL, 0, "abcdef", NULL, 0), 7);
	assert_int_equal(format_bpf(&(struct run){0}, out, 4, "abcdef", 6, NULL, 0), -EINVAL);
	assert_int_equal(format_bpf(&(struct run){0}, out, 4, "abcdef", 7, NULL, 0), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
