// SPDX-License-Identifier: BSD-2-Clause
/*
 * Runs the cases of tests/insn (*.t) through the interpreters and through
 * assemble, disassemble, assemble. One TAP line per case. A case:
 *
 *	== name
 *	-- asm		the program; r1 is the memory, r10 the stack
 *	-- mem		hex bytes of memory, readable and writable
 *	-- packet	hex bytes for classic packet loads
 *	-- result	r0 at the end
 *	-- after	what the memory is afterwards
 *	-- fault	kind and instruction, of the checked interpreters; the plain ones do not run
 *	-- error	part of the assembler's or decoder's message
 *	-- only		"checked": the plain interpreters and native code do not run;
 *			"interp": native code does not
 *	-- raw		hex bytes of instructions in place of asm
 */
#include "../insn/machine.h"
#include <dirent.h>

#define MAX_BYTES 4096

struct test_case {
	char name[100];
	char asm_text[8192];
	char result[64], fault[64], error[160];
	u8 mem[MAX_BYTES], packet[MAX_BYTES], after[MAX_BYTES], raw[MAX_BYTES];
	u32 mem_size, packet_size, after_size, raw_size;
	bool has_after, only_checked, only_interp;
};

static char problem[512];

static bool fails(const char *fmt, ...) __printf_like(1, 2);
static bool fails(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(problem, sizeof(problem), fmt, ap);
	va_end(ap);
	return false;
}

static const char *const fault_names[] = {"none",   "read",  "write", "helper", "no_helper",
					  "budget", "stack", "jump",  "insn",   "lock"};

static bool check_run(const struct engine *e, const struct test_case *c, struct image *img)
{
	u8 mem[MAX_BYTES];
	struct input in = {.mem = mem, .mem_size = c->mem_size};
	struct outcome o;

	memcpy(mem, c->mem, c->mem_size);
	in.packet = c->packet_size ? c->packet : NULL;
	in.packet_size = c->packet_size;
	o = run_on(e, img, &in);
	if (*c->fault) {
		char got[64];

		snprintf(got, sizeof(got), "%s %u", fault_names[o.fault.kind], o.fault.insn);
		return !strcmp(got, c->fault) || fails("%s: fault %s", e->name, got);
	}
	if (o.err)
		return fails("%s: fault %s at %u, address %llx", e->name, fault_names[o.fault.kind],
			     o.fault.insn, (unsigned long long)o.fault.addr);
	if (*c->result && o.r0 != strtoull(c->result, NULL, 0))
		return fails("%s: r0 is 0x%llx", e->name, (unsigned long long)o.r0);
	for (u32 i = 0; c->has_after && i < c->after_size; i++)
		if (mem[i] != c->after[i])
			return fails("%s: memory at %u is %02x", e->name, i, mem[i]);
	return true;
}

/* What was assembled, once more through text, must be the same bytes. */
static bool check_text(const struct isa_op *ops, u32 count)
{
	struct isa_op *again = NULL;
	struct diag d = {0};
	u8 *bytes = base_alloc(count * 16);
	struct text t;
	u32 n = 0;
	bool ok;

	text_init_grow(&t);
	isa_format_program(&t, ops, count);
	ok = !isa_assemble(t.buf, t.len, &again, &n, &d) && n == count &&
	     !isa_encode(ops, count, bytes) && !isa_encode(again, count, bytes + count * 8) &&
	     !memcmp(bytes, bytes + count * 8, count * 8);
	text_fini(&t);
	base_free(bytes);
	base_free(again);
	return ok || fails("the disassembly assembles to something else: %s", d.what);
}

/* The program of a case, through bytes, as a loader would get it. */
static int load(const struct test_case *c, struct isa_op **ops, u32 *count, struct diag *d)
{
	u8 bytes[MAX_BYTES];
	int err;

	if (!c->raw_size) {
		err = isa_assemble(c->asm_text, strlen(c->asm_text), ops, count, d);
		if (err)
			return err;
		assert_int_equal(isa_encode(*ops, *count, bytes), 0);
	} else {
		*count = c->raw_size / 8;
		*ops = base_calloc(*count, sizeof(**ops));
		memcpy(bytes, c->raw, c->raw_size);
	}
	err = isa_decode_flags(bytes, *count, ISA_DECODE_PLAIN, *ops, d);
	if (err)
		base_free(*ops);
	return err;
}

static bool run_case(const struct test_case *c)
{
	struct isa_op *ops;
	struct diag d = {0};
	struct image *img;
	u32 count;
	bool ok = true;

	if (load(c, &ops, &count, &d))
		return *c->error ? strstr(d.what, c->error) || fails("says: %s", d.what)
				 : fails("%s", d.what);
	if (*c->error)
		ok = fails("is accepted");
	img = make_image(ops, count);
	for (u32 i = 0; ok && i < ARRAY_SIZE(engines); i++)
		if (engines[i].checked ||
		    !(*c->fault || c->only_checked || (c->only_interp && engines[i].native)))
			ok = check_run(&engines[i], c, img);
	ok = ok && check_text(ops, count);
	base_free(ops);
	base_free(img);
	return ok;
}

/* ---- reading the files ---- */

static u32 parse_hex(const char *line, u8 *out, u32 at)
{
	unsigned int byte;

	for (; *line && at < MAX_BYTES; line++)
		if (sscanf(line, "%2x", &byte) == 1 && *line != ' ') {
			out[at++] = byte;
			line++;
		}
	return at;
}

static void copy(char *dst, size_t size, const char *s)
{
	struct text t;

	text_init(&t, dst, size);
	text_puts(&t, s);
}

static void add_line(struct test_case *c, const char *section, const char *line)
{
	if (!strcmp(section, "asm")) {
		size_t n = strlen(c->asm_text);

		snprintf(c->asm_text + n, sizeof(c->asm_text) - n, "%s\n", line);
	} else if (!*line || *line == '#') {
		return;
	} else if (!strcmp(section, "mem")) {
		c->mem_size = parse_hex(line, c->mem, c->mem_size);
	} else if (!strcmp(section, "packet")) {
		c->packet_size = parse_hex(line, c->packet, c->packet_size);
	} else if (!strcmp(section, "raw")) {
		c->raw_size = parse_hex(line, c->raw, c->raw_size);
	} else if (!strcmp(section, "after")) {
		c->has_after = true;
		c->after_size = parse_hex(line, c->after, c->after_size);
	} else if (!strcmp(section, "only")) {
		c->only_checked = !strcmp(line, "checked");
		c->only_interp = !strcmp(line, "interp");
	} else if (!strcmp(section, "result")) {
		copy(c->result, sizeof(c->result), line);
	} else if (!strcmp(section, "fault")) {
		copy(c->fault, sizeof(c->fault), line);
	} else if (!strcmp(section, "error")) {
		copy(c->error, sizeof(c->error), line);
	}
}

static u32 ran, failed;

static void finish_case(const char *file, struct test_case *c)
{
	bool ok;

	if (!*c->name)
		return;
	*problem = 0;
	ok = *c->result || *c->fault || *c->error || c->has_after ? run_case(c)
								  : fails("expects nothing");
	printf("%sok %u - %s: %s\n", ok ? "" : "not ", ++ran, file, c->name);
	if (!ok)
		printf("# %s\n", problem);
	failed += !ok;
	memset(c, 0, sizeof(*c));
}

static void run_file(const char *dir, const char *file)
{
	static struct test_case c;
	char path[512], line[1024], section[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "r");
	if (!f) {
		printf("not ok %u - %s cannot be read\n", ++ran, path);
		failed++;
		return;
	}
	memset(&c, 0, sizeof(c));
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "== ", 3)) {
			finish_case(file, &c);
			copy(c.name, sizeof(c.name), line + 3);
			*section = 0;
		} else if (!strncmp(line, "-- ", 3)) {
			copy(section, sizeof(section), line + 3);
		} else {
			add_line(&c, section, line);
		}
	}
	finish_case(file, &c);
	fclose(f);
}

static int is_test(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 2 && !strcmp(e->d_name + n - 2, ".t");
}

int main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : "tests/insn";
	struct dirent **files;
	int n = scandir(dir, &files, is_test, alphasort);

	for (int i = 0; i < n; i++) {
		run_file(dir, files[i]->d_name);
		free(files[i]);
	}
	if (n >= 0)
		free(files);
	printf("1..%u\n", ran);
	return failed || n <= 0;
}
