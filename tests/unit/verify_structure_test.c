// SPDX-License-Identifier: BSD-2-Clause
/*
 * Runs the cases of tests/verify (*.t) through verify_structure() and, where
 * bpf(2) is allowed, through the running kernel: same errno, same words. One
 * TAP line per case. A case:
 *
 *	== name
 *	-- type		program type by name; raw_tracepoint when absent
 *	-- license	GPL when absent
 *	-- flags	sleepable
 *	-- asm		the program
 *	-- verdict	ok, or an errno and a part of the log
 *	-- kernel	the same of the kernel, where it has other words for it
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cygnet/abi.h>
#include "base/alloc.h"
#include "core/prog.h"
#include "isa/asm.h"
#include "isa/decode.h"
#include "verify/structure.h"

struct test_case {
	char name[100], type[64], license[32], flags[32], text[4096], verdict[160], kernel[160];
};

static char problem[8192];
static char log_text[1 << 16];

static bool fails(const char *fmt, ...) __printf_like(1, 2);
static bool fails(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(problem, sizeof(problem), fmt, ap);
	va_end(ap);
	return false;
}

static int errno_named(const char *name)
{
	static const struct {
		const char *name;
		int err;
	} names[] = {{"EINVAL", EINVAL},
		     {"EACCES", EACCES},
		     {"E2BIG", E2BIG},
		     {"EPERM", EPERM},
		     {"ENOTSUPP", 524}};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(name, names[i].name, strlen(names[i].name)))
			return -names[i].err;
	return 0;
}

/* Is what happened (0 or an errno, and log_text) what was expected? */
static bool matches(const char *who, const char *want, int err)
{
	const char *words = strchr(want, ' ');

	if (errno_named(want) != err)
		return fails("%s: error %d, not %s: %.800s", who, err, want, log_text);
	if (words && !strstr(log_text, words + 1))
		return fails("%s: the log lacks \"%s\": %.4000s", who, words + 1, log_text);
	return true;
}

static u32 type_named(const char *name)
{
	for (u32 t = 1; t < 64; t++)
		if (core_prog_ops(t) && !strcmp(core_prog_ops(t)->name, name))
			return t;
	return 0;
}

/* As the load pipeline leaves operations: absolute callees. */
static int verify(const struct test_case *c, struct isa_op *ops, u32 count, u32 type)
{
	struct verify_opts opts = {.prog_type = type,
				   .gpl = !strcmp(c->license, "GPL"),
				   .sleepable = !strcmp(c->flags, "sleepable")};
	struct verify_result r = {0};
	struct diag d;
	struct text log;
	int err;

	for (u32 i = 0; i < count; i++)
		if (ops[i].op == ISA_OP_CALL_SUB || ops[i].op == ISA_OP_LDDW_FUNC)
			ops[i].imm += i + 1;
	diag_init(&d);
	text_init(&log, log_text, sizeof(log_text));
	err = verify_structure(ops, count, &opts, &r, &d, &log);
	base_free(r.subs);
	if (err && !d.id)
		strcpy(log_text, "no diagnostic");
	return err;
}

static int load(const struct test_case *c, const void *insns, u32 count, u32 type)
{
	union bpf_attr a = {.prog_type = type,
			    .insns = (u64)insns,
			    .insn_cnt = count,
			    .license = (u64)c->license,
			    .prog_flags = strcmp(c->flags, "sleepable") ? 0 : BPF_F_SLEEPABLE,
			    .log_buf = (u64)log_text,
			    .log_size = sizeof(log_text),
			    .log_level = 1};
	int fd;

	log_text[0] = 0;
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static bool kernel_allows(void)
{
	struct test_case least = {.license = "GPL"};
	struct bpf_insn insns[] = {{.code = 0xb7}, {.code = 0x95}};

	return !load(&least, insns, 2, BPF_PROG_TYPE_RAW_TRACEPOINT);
}

static bool run_case(const struct test_case *c, bool kernel)
{
	struct isa_op *ops = NULL;
	struct diag d;
	u32 count = 0, type = type_named(c->type);
	u8 insns[8 * 256];
	bool good;

	diag_init(&d);
	if (!type)
		return fails("no program type %s", c->type);
	if (isa_assemble(c->text, strlen(c->text), &ops, &count, &d) || count > 256 ||
	    isa_encode(ops, count, insns))
		return fails("not assembled: %s", d.what);
	good = matches("cygnet", c->verdict, verify(c, ops, count, type));
	if (good && kernel)
		good = matches("kernel", *c->kernel ? c->kernel : c->verdict,
			       load(c, insns, count, type));
	base_free(ops);
	return good;
}

static unsigned cases, failed;

static void finish(const struct test_case *c, const char *file, bool kernel)
{
	if (!*c->name)
		return;
	if (run_case(c, kernel)) {
		printf("ok %u - %s: %s\n", ++cases, file, c->name);
		return;
	}
	failed++;
	printf("not ok %u - %s: %s\n# %s\n", ++cases, file, c->name, problem);
}

static char *section(struct test_case *c, const char *name, size_t *size)
{
#define SECTION(field, title)             \
	if (!strcmp(name, title)) {       \
		*size = sizeof(c->field); \
		c->field[0] = 0;          \
		return c->field;          \
	}
	SECTION(type, "type")
	SECTION(license, "license")
	SECTION(flags, "flags")
	SECTION(text, "asm")
	SECTION(verdict, "verdict")
	SECTION(kernel, "kernel")
	fprintf(stderr, "no section %s\n", name);
	exit(2);
}

static void run_file(const char *dir, const char *file, bool kernel)
{
	static const struct test_case fresh = {.type = "raw_tracepoint", .license = "GPL"};
	struct test_case c = fresh;
	char path[512], line[512], *into = NULL;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "== ", 3)) {
			finish(&c, file, kernel);
			c = fresh;
			into = NULL;
			snprintf(c.name, sizeof(c.name), "%.90s", line + 3);
		} else if (!strncmp(line, "-- ", 3)) {
			into = section(&c, line + 3, &size);
		} else if (into && *line) {
			size_t len = strlen(into);

			snprintf(into + len, size - len, "%s%s", line, into == c.text ? "\n" : "");
		}
	}
	finish(&c, file, kernel);
	if (f)
		fclose(f);
}

int main(void)
{
	const char *dir = "tests/verify";
	bool kernel = kernel_allows();
	struct dirent *e;
	DIR *d = opendir(dir);

	core_helpers_init();
	while (d && (e = readdir(d))) {
		size_t n = strlen(e->d_name);

		if (n > 2 && !strcmp(e->d_name + n - 2, ".t"))
			run_file(dir, e->d_name, kernel);
	}
	if (d)
		closedir(d);
	if (kernel)
		printf("ok %u - the running kernel says the same\n", ++cases);
	else
		printf("ok %u - the running kernel says the same # SKIP no right to bpf(2)\n",
		       ++cases);
	printf("1..%u\n", cases);
	return failed || cases < 10;
}
