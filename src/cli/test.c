// SPDX-License-Identifier: BSD-2-Clause
/*
 * cygnet test: programs run on given input, by BPF_PROG_TEST_RUN, and what they
 * return and change compared. Each case has an instance of its own, so none sees
 * what another left in a map.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/compile.h"
#include "cli/notes.h"
#include "cli/session.h"
#include "cli/summary.h"
#include "cli/test_case.h"
#include "cli/test_map.h"
#include "cli/unit.h"
#include "cygnet/cygnet.h"
#include "shim/backend.h"

#define DATA_MOST (1u << 20)
#define CTX_MOST  4096u
#define ENOTSUPP  524

enum {
	OPT_PROG = 256, /* in the order of enum test_key */
	OPT_DATA,
	OPT_CTX,
	OPT_MAP,
	OPT_SET,
	OPT_REPEAT,
	OPT_EXPECT,
	OPT_EXPECT_DATA,
	OPT_EXPECT_CTX,
	OPT_EXPECT_MAP,
	OPT_BTF
};

static const struct command_option options[] = {
	{OPT_PROG, "prog", "NAME", "the program; not needed where the object has one"},
	{OPT_DATA, "data-in", "BYTES", "the packet"},
	{OPT_CTX, "ctx-in", "CTX", "the context"},
	{OPT_MAP, "map", "M KEY=VALUE", "an element to put into a map before; repeatable"},
	{OPT_SET, "set", "NAME=VALUE", "give a global its value; repeatable"},
	{OPT_REPEAT, "repeat", "N", "run it so often"},
	{OPT_EXPECT, "expect", "R", "what it must return: a number, or a name such as XDP_DROP"},
	{OPT_EXPECT_DATA, "expect-data", "BYTES", "the packet afterwards; `same`: unchanged"},
	{OPT_EXPECT_CTX, "expect-ctx", "CTX", "the context afterwards, as far as given"},
	{OPT_EXPECT_MAP, "expect-map", "M KEY=VALUE",
	 "an element afterwards; M=FILE: all of them; repeatable"},
	{'j', "json", NULL, "results as JSON Lines"},
	{OPT_BTF, "btf", "FILE", "BTF to answer as the kernel's"},
	SESSION_KERNEL,
	SESSION_ENGINE,
	SESSION_PERF,
	{'v', "verbose", NULL, "libbpf's messages too"},
	{0}};

static int cmd_test(int argc, char **argv);

const struct command command_test = {
	.name = "test",
	.run = cmd_test,
	.usage = "FILE.bpf.[co] [OPTIONS] [CASES...]",
	.doc = "Runs programs on given input and compares what they do",
	.text = "The program is run by BPF_PROG_TEST_RUN in a private instance, not in the kernel, "
		"and needs no privilege. Types that can be so run are socket_filter, sched_cls, "
		"sched_act, xdp, cgroup_skb, lwt_in, lwt_out, lwt_xmit, flow_dissector, sk_lookup, "
		"netfilter, "
		"raw_tracepoint and syscall; input and output are as with Linux 6.18: a packet "
		"begins with its Ethernet header.\n\n"
		"Each file of CASES has any number of cases, each with maps of its own:\n\n"
		"  # a comment\n"
		"  prog: drop_telnet              settings before the first case hold for all\n"
		"\n"
		"  == telnet is dropped           a case and its name\n"
		"  data: pcap:lan.pcap:3\n"
		"  map: ports 23 = 1\n"
		"  expect: XDP_DROP\n"
		"  expect-map: counts 0 = 1\n\n"
		"Settings are prog, data, ctx, map, set, repeat, expect, expect-data, expect-ctx "
		"and "
		"expect-map: the options (of data and ctx --data-in and --ctx-in). Options given "
		"with files of cases hold for all their cases. ctx, map, set, expect-ctx and "
		"expect-map may be repeated; of the others the last counts.\n\n"
		"BYTES are hex:DIGITS (white space between bytes is free), pcap:FILE:N (packet N "
		"of "
		"a capture, from 1) or the name of a file, relative to the file of cases. CTX are "
		"BYTES, or for packets FIELD=NUMBER ... with the fields of struct __sk_buff or "
		"struct "
		"xdp_md; with expect-ctx only the fields or bytes given are compared. A KEY or "
		"VALUE "
		"is a number, hex:DIGITS or an IPv4 address (in network order); of per-CPU maps "
		"the "
		"values of all CPUs count as one. expect-map: M=FILE names a file of KEY = VALUE "
		"lines: the map holds these and no others (elements of arrays that are all zero "
		"aside).\n\n"
		"Results are TAP: a line per case, differences and printk lines as comments. A "
		"case "
		"that expects nothing passes when the program ran, and shows what came out. With "
		"--json each case is one object: type \"case\", name, program, file, ok, retval, "
		"result "
		"(its name), duration_ns, data, ctx (hex), failures [{what, expected, got}], error "
		"where it could not be run; printk and fault objects as with "
		"run.\n\n" SESSION_ENGINE_TEXT "\n\n" SESSION_PERF_TEXT "\n\n"
		"The exit status is 0 when all cases passed, 1 when one did not or could not be "
		"run, "
		"2 for wrong usage.",
	.examples = "cygnet test xdp_filter.bpf.c xdp_filter.cases\ta file of cases\n"
		    "cygnet test drop.bpf.o --prog drop --data-in pcap:lan.pcap:3 --expect "
		    "XDP_DROP\tone "
		    "run\n"
		    "cygnet test drop.bpf.o --data-in hex:ffffffffffff0200000000010806 --ctx-in "
		    "rx_queue_index=0\tno expectation: what comes out",
	.options = options,
};

struct testing {
	struct unit_opts opts;
	const char *file;
	struct session_wish wish;
	char object[4096]; /* what `file` was compiled to, or itself */
	bool json;
	struct test_case given; /* the options */
	struct test_cases all;
	u32 failed, number;
};

/* One case being run. */
struct trial {
	struct testing *s;
	struct test_case *c;
	struct cygnet *inst;
	struct bpf_unit unit;
	struct bpf_program *prog;
	u32 type;
	struct test_bytes data;
	u8 ctx[CTX_MOST], ctx_mask[CTX_MOST], ctx_out[CTX_MOST];
	u32 ctx_size;
	u8 *out;
	struct bpf_test_run_opts run;
	struct test_report report;
	bool expects;
};

/* --- The program and its input. */
static int choose_program(struct trial *t)
{
	const struct test_setting *s = test_setting(t->c, TEST_PROG);
	const char *names[64], *near;
	struct bpf_program *p;
	size_t n = 0;

	bpf_object__for_each_program(p, t->unit.obj)
	{
		if (n < ARRAY_SIZE(names))
			names[n++] = bpf_program__name(p);
		if (!s || !strcmp(bpf_program__name(p), s->value))
			t->prog = p;
	}
	if (!s && n > 1)
		return command_fail("%s: has %zu programs: name one with --prog (%s, ...)",
				    t->s->file, n, names[0]);
	if (t->prog)
		return 0;
	near = command_nearest(s->value, names, n);
	return near ? test_complain(s, "no program `%s` (did you mean `%s`?)", s->value, near)
		    : test_complain(s, "no program `%s`", s->value);
}

static int set_globals(struct trial *t)
{
	int err = 0;

	vec_each (&t->c->settings, i) {
		const struct test_setting *s = &t->c->settings.data[i];

		if (!err && s->key == TEST_SET)
			err = unit_set(&t->unit, 1, s->value);
	}
	return err;
}

static int load(struct trial *t)
{
	int err = session_instance(&t->s->wish, &t->inst);

	if (err)
		return err;
	shim_use_instance(t->inst);
	err = unit_open(&t->unit, t->s->object, &t->s->opts);
	err = err ?: choose_program(t);
	err = err ?: set_globals(t);
	if (err)
		return err;
	err = unit_load_only(&t->unit, bpf_program__name(t->prog));
	if (err)
		return command_fail(
			"%s: program %s: cannot be loaded: %s (`cygnet verify` says why)",
			t->s->file, bpf_program__name(t->prog), unit_reason(err));
	t->type = bpf_program__type(t->prog);
	return 0;
}

static int fill_maps(struct trial *t)
{
	int err = 0;

	vec_each (&t->c->settings, i) {
		const struct test_setting *s = &t->c->settings.data[i];

		if (!err && s->key == TEST_MAP)
			err = test_map_put(&t->unit, s);
	}
	return err;
}

static bool takes_packet(u32 type)
{
	return type != BPF_PROG_TYPE_RAW_TRACEPOINT && type != BPF_PROG_TYPE_SYSCALL &&
	       type != BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE && type != BPF_PROG_TYPE_SK_LOOKUP;
}

/* Of an XDP context that names no end the packet's is meant. */
static void complete_ctx(struct trial *t)
{
	struct xdp_md *md = (struct xdp_md *)t->ctx;

	if (t->type != BPF_PROG_TYPE_XDP)
		return;
	t->ctx_size = MAX(t->ctx_size, (u32)sizeof(*md));
	if (!md->data_end)
		md->data_end = t->data.size;
}

static int read_input(struct trial *t)
{
	const struct test_setting *data = test_setting(t->c, TEST_DATA), *repeat;
	bool wants_ctx = test_setting(t->c, TEST_EXPECT_CTX);
	int err = data ? test_bytes(data, data->value, &t->data) : 0;
	char *end;

	vec_each (&t->c->settings, i)
		if (!err && t->c->settings.data[i].key == TEST_CTX)
			err = test_ctx(&t->c->settings.data[i], t->type, t->ctx, t->ctx_mask,
				       CTX_MOST, &t->ctx_size);
	if (err)
		return err;
	if (t->ctx_size || wants_ctx)
		complete_ctx(t);
	t->run = (struct bpf_test_run_opts){.sz = sizeof(t->run), .repeat = 0};
	repeat = test_setting(t->c, TEST_REPEAT);
	if (repeat) {
		long n = strtol(repeat->value, &end, 0);

		if (n < 1 || n > INT32_MAX || *end)
			return test_complain(repeat, "`%s` is no count", repeat->value);
		t->run.repeat = n;
	}
	if (t->ctx_size) {
		t->run.ctx_in = t->ctx;
		t->run.ctx_size_in = t->ctx_size;
	}
	if (takes_packet(t->type)) {
		t->out = base_alloc(DATA_MOST);
		if (!t->out)
			return command_fail("out of memory");
		t->run.data_in = t->data.bytes;
		t->run.data_size_in = t->data.size;
		t->run.data_out = t->out;
		t->run.data_size_out = DATA_MOST;
		if (t->ctx_size || wants_ctx) {
			t->run.ctx_out = t->ctx_out;
			t->run.ctx_size_out = CTX_MOST;
		}
	}
	return 0;
}

/* --- What came out. */
static void compare_result(struct trial *t, const struct test_setting *s)
{
	char got[48], want[48];
	const char *name;
	u32 value = 0;

	if (test_result(s, t->type, &value)) {
		t->report.broken = true;
		return;
	}
	if (value == t->run.retval)
		return;
	name = test_result_name(t->type, value);
	snprintf(want, sizeof(want), name ? "%d (%s)" : "%d", (int)value, name);
	name = test_result_name(t->type, t->run.retval);
	snprintf(got, sizeof(got), name ? "%d (%s)" : "%d", (int)t->run.retval, name);
	test_failure(&t->report, "result", want, got);
}

static void compare_data(struct trial *t, const struct test_setting *s)
{
	struct test_bytes want = t->data;
	bool same = !strcmp(s->value, "same");

	if (!same && test_bytes(s, s->value, &want)) {
		t->report.broken = true;
		return;
	}
	test_compare_bytes(&t->report, "data", want.bytes, want.size, t->out, t->run.data_size_out,
			   NULL);
	if (!same)
		base_free(want.bytes);
}

static u64 number(const u8 *p, u32 size)
{
	u64 v = 0;

	memcpy(&v, p, MIN(size, 8u));
	return v;
}

/* Fields that differ, by name; false where bytes differ that are no field's. */
static bool compare_fields(struct trial *t, const u8 *want, const u8 *got, const u8 *mask, u32 size)
{
	char what[64], a[32], b[32];
	u32 off, len;

	for (u32 at = 0; at < size; at++) {
		const char *name;

		if (!mask[at] || want[at] == got[at])
			continue;
		name = test_ctx_field(t->type, at, &off, &len);
		if (!name)
			return false;
		snprintf(what, sizeof(what), "ctx %s", name);
		snprintf(a, sizeof(a), "%llu", (unsigned long long)number(want + off, len));
		snprintf(b, sizeof(b), "%llu", (unsigned long long)number(got + off, len));
		test_failure(&t->report, what, a, b);
		at = off + len - 1;
	}
	return true;
}

static void compare_ctx(struct trial *t, const struct test_setting *s)
{
	bool in_place = t->type == BPF_PROG_TYPE_SYSCALL;
	u8 *want = base_zalloc(2 * CTX_MOST), *mask = want + CTX_MOST;
	u8 *got = in_place ? t->ctx : t->ctx_out;
	u32 got_size = in_place ? t->ctx_size : t->run.ctx_size_out, size = 0;

	if (!want || test_ctx(s, t->type, want, mask, CTX_MOST, &size))
		t->report.broken = true;
	else if (size > got_size || !compare_fields(t, want, got, mask, size))
		test_compare_bytes(&t->report, "ctx", want, size, got, got_size, mask);
	base_free(want);
}

static void compare(struct trial *t)
{
	vec_each (&t->c->settings, i) {
		const struct test_setting *s = &t->c->settings.data[i];

		switch ((enum test_key)s->key) {
		case TEST_EXPECT:
			if (s == test_setting(t->c, TEST_EXPECT))
				compare_result(t, s);
			break;
		case TEST_EXPECT_DATA:
			if (s == test_setting(t->c, TEST_EXPECT_DATA))
				compare_data(t, s);
			break;
		case TEST_EXPECT_CTX: compare_ctx(t, s); break;
		case TEST_EXPECT_MAP:
			if (test_map_expect(&t->unit, s, &t->report))
				t->report.broken = true;
			break;
		default: continue;
		}
		t->expects = true;
	}
}

static const char *why_not(u32 type, int err)
{
	if (err == -ENOTSUPP)
		return "programs of its type cannot be run by BPF_PROG_TEST_RUN";
	if (err == -EINVAL && takes_packet(type))
		return "Invalid argument (too short or long a packet, or a field of the context "
		       "that may not be set?)";
	if (err == -EFAULT)
		return "the run ended in a bad access";
	return strerror(-err);
}

static void run_program(struct trial *t)
{
	int err = bpf_prog_test_run_opts(bpf_program__fd(t->prog), &t->run);

	if (err)
		test_failure(&t->report, "run", "to end with a result", why_not(t->type, err));
	else
		compare(t);
	t->report.ran = !err;
}

/* --- Telling. */
static void put_hex(struct text *t, const u8 *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		text_fmt(t, "%02x", p[i]);
}

static void tell_json(struct trial *t, bool ok)
{
	const struct test_setting *first = t->c->settings.len ? t->c->settings.data : NULL;
	const char *result = test_result_name(t->type, t->run.retval);
	const char *complaint;
	struct text line, hex;
	struct json j;

	text_init_grow(&line);
	text_init_grow(&hex);
	json_init(&j, &line);
	json_object(&j);
	json_key(&j, "type");
	json_str(&j, "case");
	json_key(&j, "name");
	json_str(&j, t->c->name);
	if (first && first->file) {
		json_key(&j, "file");
		json_str(&j, first->file);
	}
	json_key(&j, "program");
	json_str(&j, t->prog ? bpf_program__name(t->prog) : "");
	json_key(&j, "ok");
	json_bool(&j, ok);
	if (t->report.ran) {
		json_key(&j, "retval");
		json_s64(&j, (s32)t->run.retval);
		if (result) {
			json_key(&j, "result");
			json_str(&j, result);
		}
		json_key(&j, "duration_ns");
		json_u64(&j, t->run.duration);
	}
	if (t->report.ran && t->out) {
		put_hex(&hex, t->out, t->run.data_size_out);
		json_key(&j, "data");
		json_str(&j, hex.buf ?: "");
	}
	if (t->report.ran && t->run.ctx_out) {
		hex.len = 0;
		put_hex(&hex, t->ctx_out, t->run.ctx_size_out);
		json_key(&j, "ctx");
		json_str(&j, hex.buf ?: "");
	}
	test_report_json(&t->report, &j);
	complaint = test_complaint();
	if (t->report.broken) {
		json_key(&j, "error");
		json_str(&j, complaint ?: "could not be run: see standard error");
	}
	json_end_object(&j);
	puts(line.buf ?: "");
	text_fini(&line);
	text_fini(&hex);
}

/* A case without expectations: what came out. */
static void tell_output(struct trial *t, struct text *out)
{
	const char *result = test_result_name(t->type, t->run.retval);

	text_fmt(out, "# result: %d", (int)t->run.retval);
	if (result)
		text_fmt(out, " (%s)", result);
	text_putc(out, '\n');
	if (!t->out)
		return;
	if (t->run.data_size_out == t->data.size && !memcmp(t->out, t->data.bytes, t->data.size)) {
		text_puts(out, "# data: unchanged\n");
		return;
	}
	text_puts(out, "# data: hex:");
	put_hex(out, t->out, t->run.data_size_out);
	text_putc(out, '\n');
}

static void tell_tap(struct trial *t, bool ok)
{
	struct text out;

	text_init_grow(&out);
	text_fmt(&out, "%sok %u - %s\n", ok ? "" : "not ", t->s->number, t->c->name);
	if (t->report.ran && !t->expects)
		tell_output(t, &out);
	test_report_text(&t->report, &out);
	command_plain(&out, "\n");
	fputs(out.buf ?: "", stdout);
	text_fini(&out);
}

/* A printk line without whose it is: ours. */
static const char *bare(const char *line)
{
	char self[32];
	const char *at;

	snprintf(self, sizeof(self), "-%d: ", getpid());
	at = strstr(line, self);
	return at && at - line < 16 ? at + strlen(self) : line;
}

/* printk lines and bad accesses: JSON as they are, else as comments. */
static void tell_notes(struct trial *t)
{
	struct output out = {.f = stdout, .json = t->s->json};
	char *text = NULL, *rest, *line;
	size_t size = 0;

	if (!out.json)
		out.f = open_memstream(&text, &size);
	if (!out.f)
		return;
	notes_drain(t->inst, &out);
	summary_print(t->inst, &t->unit, &out);
	if (out.json)
		return;
	fclose(out.f);
	rest = text;
	while ((line = strsep(&rest, "\n")))
		if (*line)
			printf("# %s\n", bare(line));
	free(text);
}

/* --- Cases. */
static void run_case(struct testing *s, struct test_case *c)
{
	struct trial *t = base_zalloc(sizeof(*t));
	bool ok;
	int err;

	s->number++;
	if (!t) {
		s->failed++;
		printf("not ok %u - %s\n# out of memory\n", s->number, c->name);
		return;
	}
	t->s = s;
	t->c = c;
	err = load(t);
	err = err ?: read_input(t);
	err = err ?: fill_maps(t);
	if (!err)
		run_program(t);
	else
		t->report.broken = true;
	ok = !t->report.broken && !t->report.failures.len;
	s->failed += !ok;
	if (s->json)
		tell_json(t, ok);
	else
		tell_tap(t, ok);
	if (t->inst && t->unit.obj)
		tell_notes(t);
	fflush(stdout);
	unit_close(&t->unit);
	shim_use_instance(NULL);
	cygnet_free(t->inst);
	test_report_fini(&t->report);
	base_free(t->data.bytes);
	base_free(t->out);
	base_free(t);
}

static int parse(struct testing *s, int argc, char **argv)
{
	int c;

	while ((c = command_getopt(&command_test, argc, argv)) != -1) {
		switch (c) {
		case 'j': s->json = true; break;
		case 'v': s->opts.verbose = true; break;
		case OPT_BTF: s->opts.btf = s->wish.btf = optarg; break;
		case SESSION_OPT_KERNEL: s->wish.kernel = optarg; break;
		case SESSION_OPT_PERF:
			s->wish.perf = optarg;
			if (session_perf(optarg, NULL))
				return EXIT_USAGE;
			break;
		case SESSION_OPT_ENGINE:
			s->wish.engine = optarg;
			if (session_engine(optarg, NULL))
				return EXIT_USAGE;
			break;
		case '?': return EXIT_USAGE;
		default:
			if (test_case_add(&s->given, (enum test_key)(c - OPT_PROG), optarg))
				return command_fail("out of memory");
		}
	}
	if (optind >= argc)
		return command_usage(&command_test, "test: no object named");
	s->file = argv[optind++];
	return 0;
}

/* The cases of the files named, or the one that the options are. */
static int gather(struct testing *s, int argc, char **argv)
{
	const struct test_setting *prog = test_setting(&s->given, TEST_PROG);
	int err = 0;

	for (int i = optind; i < argc && !err; i++)
		err = test_cases_read(&s->all, argv[i], &s->given);
	if (optind < argc)
		return err;
	s->given.name = base_strdup(prog ? prog->value : s->file);
	if (!s->given.name || vec_push(&s->all.cases, s->given))
		return command_fail("out of memory");
	s->given = (struct test_case){0};
	return 0;
}

static int find_object(struct testing *s)
{
	size_t n = strlen(s->file);

	if (n > 2 && !strcmp(s->file + n - 2, ".c"))
		return compile_bpf(s->file, s->opts.btf, s->object, sizeof(s->object));
	if (n >= sizeof(s->object))
		return command_fail("%.60s...: path too long", s->file);
	memcpy(s->object, s->file, n + 1);
	return 0;
}

static int cmd_test(int argc, char **argv)
{
	struct testing s = {0};
	int status = parse(&s, argc, argv);

	status = status ?: gather(&s, argc, argv);
	status = status ?: find_object(&s);
	if (!status) {
		if (!s.json)
			printf("1..%zu\n", s.all.cases.len);
		vec_each (&s.all.cases, i)
			run_case(&s, &s.all.cases.data[i]);
		status = s.failed ? EXIT_ERROR : 0;
	}
	test_case_fini(&s.given);
	test_cases_fini(&s.all);
	compile_cleanup();
	return status;
}
