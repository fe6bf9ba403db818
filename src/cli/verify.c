// SPDX-License-Identifier: BSD-2-Clause
/*
 * `cygnet verify`: the verdict on every program of an object, why, and since
 * which kernel. Each program is loaded alone, by libbpf, into an instance of the
 * version asked for, so that one refusal hides no other. The oldest kernel is
 * found by halving the list of series: what one takes, later ones take, as a rule.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>

#include "cli/command.h"
#include "cli/compile.h"
#include "cli/session.h"
#include "cli/unit.h"
#include "cli/verdict.h"
#include "core/kernel.h"
#include "shim/backend.h"
#include "vm/instance.h"
#include "vm/load.h"

#define OPT_BTF 256

static int cmd_verify(int argc, char **argv);

static const struct command_option options[] = {
	{'j', "json", NULL, "one JSON object per program"},
	{'p', "prog", "NAME", "this program only"},
	{'n', "no-oldest", NULL, "do not look for the oldest kernel that takes it"},
	{'v', "verbose", NULL, "the verifier's log too, as the kernel prints it"},
	SESSION_KERNEL,
	{OPT_BTF, "btf", "FILE", "the kernel's type information instead of the host's"},
	{0}};

const struct command command_verify = {
	.name = "verify",
	.run = cmd_verify,
	.usage = "[-jnv] [-p NAME] [--kernel X.Y] [--btf FILE] FILE...",
	.doc = "Says whether a kernel would take the programs, and why not",
	.text = "FILE is a BPF object, or a .c that clang compiles first. For each program: "
		"accepted "
		"or refused; for a refusal the source line, what is wrong, how the value that is "
		"wrong came about, and what to change, and where one is found a packet or context "
		"on which it would "
		"really have gone wrong; and the oldest kernel that would take the "
		"program with what the one before says.\n\n"
		"Verdicts of Linux 6.1, 6.12 and 6.18 were compared with those kernels; those of "
		"the "
		"others from 4.19 on are modelled from documentation, and labelled so.\n\n"
		"The exit status is 0 when all programs are accepted, 1 when one is refused. Each "
		"JSON object has file, program, section, type, kernel, compared, verdict "
		"(accepted, "
		"refused, skipped), oldest, below, missing; accepted ones instructions, visited, "
		"states, peak_states, peak_bytes, time_us, stack; refused ones errno, id (see "
		"docs/diagnostics.md), message, why, hint, function, insn, register, path_length, "
		"witness (data and ctx in hex on which it really fails; null: none found) and "
		"path: role, insn, text, values, file, line, column, source of each place.",
	.examples = "cygnet verify prog.bpf.o\tthe verdict of the host's kernel version\n"
		    "cygnet verify --kernel 5.15 prog.bpf.c\tof another\n"
		    "cygnet verify --json *.bpf.o\tfor other programs",
	.options = options,
};

struct verifying {
	struct unit_opts opts;
	const char *kernel, *prog;
	bool json, oldest, log;
	u32 refused, seen;
	/* the load being made */
	const char *loading;
	struct verdict *verdict;
	bool told;
};

/* The series, oldest first. */
static u32 series_count(void)
{
	return 2 + 20 + 19;
}

static u32 series_at(u32 i)
{
	if (i < 2)
		return CORE_KERNEL(4, 19 + i, 255);
	return i < 22 ? CORE_KERNEL(5, i - 2, 255) : CORE_KERNEL(6, i - 22, 255);
}

static u32 series_of(u32 kernel)
{
	u32 i = series_count() - 1;

	while (i && series_at(i) >> 8 > kernel >> 8)
		i--;
	return i;
}

/* A PROG_LOAD came to its verdict; libbpf's own probes are not meant. */
static void on_verdict(void *data, struct load_verdict *lv)
{
	struct verifying *s = data;
	struct verdict *v = s->verdict;

	if (!v || strncmp(lv->load->name, s->loading, sizeof(lv->load->name) - 1))
		return;
	explanation_fini(&v->why);
	s->told = true;
	v->err = lv->err;
	v->insns = lv->load->count;
	v->stack = lv->stack;
	v->stats = lv->stats;
	if (lv->why) {
		v->why = *lv->why;
		*lv->why = (struct explanation){0};
	}
}

/* Loads one program of a file into a fresh instance of `kernel` ("6.1"; NULL: the host's). */
static int load_alone(struct verifying *s, const char *path, const char *kernel, struct verdict *v)
{
	struct bpf_unit unit;
	struct cygnet *inst;
	int err = session_instance(&(struct session_wish){s->opts.btf, kernel}, &inst);

	if (err)
		return err;
	s->verdict = v;
	s->loading = v->program;
	s->told = false;
	v->kernel = inst->kernel;
	inst->on_verdict = on_verdict;
	inst->on_verdict_data = s;
	shim_use_instance(inst);
	err = unit_open(&unit, path, &s->opts);
	if (!err) {
		int failed = unit_load_only(&unit, v->program);

		if (failed && !s->told) {
			v->err = failed;
			snprintf(v->reason, sizeof(v->reason), "%s", unit_reason(failed));
		}
		unit_close(&unit);
	}
	shim_use_instance(NULL);
	cygnet_free(inst);
	return err;
}

/* Runs a refused program on many inputs until one shows what it was refused for. */
static int find_witness(struct verifying *s, const char *path, struct verdict *v)
{
	struct bpf_unit unit;
	struct cygnet *inst;
	struct bpf_program *p;
	int err;

	if (!v->err || v->why.insn < 0 || !v->why.place_count)
		return 0;
	err = session_instance(&(struct session_wish){s->opts.btf, s->kernel}, &inst);
	if (err)
		return err;
	inst->keep_refused = true;
	shim_use_instance(inst);
	err = unit_open(&unit, path, &s->opts);
	if (!err && !unit_load_only(&unit, v->program)) {
		p = bpf_object__find_program_by_name(unit.obj, v->program);
		witness_find(inst, bpf_program__fd(p), bpf_program__type(p), bpf_program__insns(p),
			     (u32)bpf_program__insn_cnt(p), (u32)v->why.insn, &v->witness);
	}
	if (!err)
		unit_close(&unit);
	shim_use_instance(NULL);
	cygnet_free(inst);
	return err;
}

static const char *words(const struct verdict *v)
{
	if (v->why.what && *v->why.what)
		return v->why.what;
	return *v->reason ? v->reason : strerror(-v->err);
}

static int probe(struct verifying *s, const char *path, const struct verdict *of, u32 series,
		 struct verdict *out)
{
	char kernel[16];
	u32 version = series_at(series);

	*out = (struct verdict){.file = of->file, .program = of->program, .section = of->section};
	snprintf(kernel, sizeof(kernel), "%u.%u", version >> 16, version >> 8 & 255);
	return load_alone(s, path, kernel, out);
}

/* The oldest series that takes it, and the word of the one below. */
static int find_oldest(struct verifying *s, const char *path, struct verdict *v)
{
	u32 lo = 0, hi = series_of(v->kernel); /* hi: known to take it; below lo: known not to */
	struct verdict old;
	int err;

	if (v->err)
		return 0;
	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		err = probe(s, path, v, mid, &old);
		if (err)
			return err;
		if (old.err) {
			lo = mid + 1;
			v->below = series_at(mid);
			snprintf(v->missing, sizeof(v->missing), "%s", words(&old));
		} else {
			hi = mid;
		}
		verdict_fini(&old);
	}
	v->oldest = series_at(hi);
	return 0;
}

static void show(struct verifying *s, const struct verdict *v)
{
	struct text t;

	text_init_grow(&t);
	if (s->json)
		verdict_json(v, &t);
	else
		verdict_text(v, &t);
	command_plain(&t, "\n\t");
	fputs(t.buf ? t.buf : "", stdout);
	text_fini(&t);
	fflush(stdout);
}

static int verify_program_of(struct verifying *s, const char *path, const struct bpf_program *p,
			     const char *file)
{
	struct verdict v = {
		.file = file,
		.program = bpf_program__name(p),
		.section = bpf_program__section_name(p),
	};
	int err = 0;

	s->seen++;
	if (bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC) {
		v.skipped = true;
		snprintf(v.reason, sizeof(v.reason), "its section names no program type");
	} else {
		v.type = libbpf_bpf_prog_type_str(bpf_program__type(p));
		err = load_alone(s, path, s->kernel, &v);
		err = err ?: find_witness(s, path, &v);
		if (!err && s->oldest)
			err = find_oldest(s, path, &v);
	}
	if (!err)
		show(s, &v);
	s->refused += v.err != 0;
	verdict_fini(&v);
	return err;
}

static int verify_file(struct verifying *s, const char *file)
{
	struct bpf_unit unit;
	struct bpf_program *p;
	int err = unit_open(&unit, file, &s->opts);

	if (err)
		return err;
	bpf_object__for_each_program(p, unit.obj)
	{
		if (s->prog && strcmp(bpf_program__name(p), s->prog))
			continue;
		err = verify_program_of(s, unit.path, p, file);
		if (err)
			break;
	}
	unit_close(&unit);
	return err;
}

static int parse(struct verifying *s, int argc, char **argv)
{
	int key;

	while ((key = command_getopt(&command_verify, argc, argv)) != -1)
		switch (key) {
		case 'j': s->json = true; break;
		case 'p': s->prog = optarg; break;
		case 'n': s->oldest = false; break;
		case 'v': s->opts.verbose = true; break;
		case SESSION_OPT_KERNEL: s->kernel = optarg; break;
		case OPT_BTF: s->opts.btf = optarg; break;
		default: return EXIT_USAGE;
		}
	return optind < argc ? 0 : command_usage(&command_verify, "verify: no file given");
}

static int cmd_verify(int argc, char **argv)
{
	struct verifying s = {.oldest = true};
	int err = parse(&s, argc, argv);

	for (int i = optind; i < argc && !err; i++)
		err = verify_file(&s, argv[i]);
	compile_cleanup();
	if (!err && s.prog && !s.seen)
		err = command_fail("no program is named %s", s.prog);
	return err ?: s.refused ? EXIT_ERROR : 0;
}
