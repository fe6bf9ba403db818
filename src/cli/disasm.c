// SPDX-License-Identifier: BSD-2-Clause
/*
 * `cygnet disasm`: the instructions of an object file or of a raw program, as text or
 * JSON; or the machine code that a compiler makes of its programs (native_listing.h).
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <bpf/libbpf.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/compile.h"
#include "cli/listing.h"
#include "cli/native_listing.h"
#include "cli/session.h"
#include "cli/unit.h"
#include "core/helper.h"
#include "isa/decode.h"
#include "isa/disasm.h"
#include "shim/backend.h"
#include "vm/instance.h"

#define OPT_TARGET 256

static int cmd_disasm(int argc, char **argv);

static const struct command_option options[] = {
	{'j', "json", NULL, "one JSON object per instruction"},
	{'b', "bytes", NULL, "show the bytes of each instruction"},
	{'n', "no-source", NULL, "leave out the source lines"},
	{'N', "native", NULL, "machine code instead, beside the instructions it is made of"},
	{SESSION_OPT_ENGINE, "engine", "ENGINE", "of which compiler: jit (the default), baseline"},
	{OPT_TARGET, "target", "MACHINE", "for which machine: x86-64, aarch64; this one"},
	{0}};

const struct command command_disasm = {
	.name = "disasm",
	.run = cmd_disasm,
	.usage = "[-bjn] FILE... | --native [-bjn] [--engine E] [--target M] FILE [PROGRAM...]",
	.doc = "Prints the instructions of BPF objects, or the machine code made of them",
	.text = "FILE is an object as clang and gcc make it, or bare instructions, binary or in "
		"hex. "
		"Each function is headed by its section and name; instructions are numbered from "
		"its "
		"start. What relocations name is shown in place of numbers: map[NAME], &VARIABLE, "
		"&SECTION+N, functions. Source lines come from .BTF.ext (compile with -g).\n\n"
		"Each JSON object has section, function, program (whether it is an entry point), "
		"index, bytes, opcode (the name of the instruction), text; with debug information "
		"also file, line and source.\n\n"
		"With --native FILE (or a .c, which is compiled) is loaded into an instance as "
		"`cygnet test` does, which needs no privilege, and the machine code of each "
		"PROGRAM, or of all, is shown beneath the source line and the instruction it "
		"comes from. An optimising compiler moves, shares and drops instructions, so one "
		"may come up more than once or not at all; what verification proved unreachable is "
		"gone before. Code holds no addresses: maps, helpers and functions of the run time "
		"are words of a table behind it, shown by name: [map NAME], [value of NAME+N] "
		"(contents), [bpf_HELPER]. Each JSON object is a machine instruction: section, "
		"program, function, machine, offset, bytes, text; label when it is jumped to; "
		"index and instruction of the BPF instruction; with debug information file, line, "
		"source.",
	.examples = "cygnet disasm opensnoop.bpf.o\ta whole object\n"
		    "cygnet disasm --json opensnoop.bpf.o\tfor other programs\n"
		    "cygnet disasm --native filter.bpf.o drop\twhat runs of one program\n"
		    "cygnet disasm --native --engine baseline --target x86-64 -b filter.bpf.o\tthe "
		    "other compiler, with bytes",
	.options = options,
};

struct output {
	const struct listing *l;
	bool json, bytes, source;
	const struct listing_line *last; /* printed */
	u32 bad;                         /* instructions that cannot be decoded */
	char name[512];
};

struct place {
	struct output *out;
	const struct listing_function *f;
};

/* A map or variable, or a place in a section that has no symbol of its own. */
static const char *name_data(struct output *out, const struct listing_reference *r, s64 offset)
{
	struct text t;

	text_init(&t, out->name, sizeof(out->name));
	if (r->map)
		text_fmt(&t, "map[%s]", *r->symbol ? r->symbol : r->home);
	else if (*r->symbol)
		text_fmt(&t, "&%s", r->symbol);
	else
		text_fmt(&t, "&%s", r->home);
	if (offset)
		text_fmt(&t, "%+lld", (long long)offset);
	return out->name;
}

static const char *name_function(struct output *out, const struct listing_reference *r, s64 offset)
{
	const struct listing_function *f;

	if (*r->symbol)
		return r->symbol;
	f = r->home_index ? listing_function_at(out->l, r->home_index, r->value + (u64)offset)
			  : NULL;
	return f ? f->name : NULL;
}

static const char *name_helper(struct output *out, s64 id)
{
	const struct helper_proto *p = id > 0 && id <= UINT32_MAX ? core_helper((u32)id) : NULL;
	struct text t;

	if (!p)
		return NULL;
	text_init(&t, out->name, sizeof(out->name));
	text_fmt(&t, "%s#%lld", p->name, (long long)id);
	return out->name;
}

/* A call within the section, which needs no relocation. */
static const char *name_local(struct place *p, u32 index, s64 rel)
{
	s64 target = (s64)p->f->offset + ((s64)index + 1 + rel) * 8;
	const struct listing_function *f =
		target >= 0 ? listing_function_at(p->out->l, p->f->section_index, (u64)target)
			    : NULL;

	return f && *f->name ? f->name : NULL;
}

static const char *name_operand(void *data, u32 index, const struct isa_op *op)
{
	struct place *p = data;
	const struct listing_reference *r =
		listing_reference_at(p->out->l, p->f->section_index, p->f->offset + index * 8);
	const struct isa_info *info = isa_info(op->op);

	if (info->kind == ISA_KIND_LDDW) {
		if (!r)
			return NULL;
		/* The address of a function: its offset in the section, in bytes. */
		if (r->home_index &&
		    listing_function_at(p->out->l, r->home_index, r->value + (u64)isa_low(op)))
			return name_function(p->out, r, isa_low(op));
		return name_data(p->out, r, op->imm);
	}
	if (info->cls != ISA_CLASS_CALL)
		return NULL;
	if (r)
		return name_function(p->out, r, ((s64)op->imm + 1) * 8);
	if (op->op == ISA_OP_CALL_HELPER)
		return name_helper(p->out, op->imm);
	return op->op == ISA_OP_CALL_SUB ? name_local(p, index, op->imm) : NULL;
}

static void put_bytes(struct text *t, const u8 *p, u32 n, const char *between)
{
	for (u32 i = 0; i < n; i++)
		text_fmt(t, "%s%02x", i ? between : "", p[i]);
}

/* A line; names in it are the object's. */
static void put_line(struct text *t)
{
	command_plain(t, "\n\t");
	puts(t->buf ? t->buf : "");
	text_fini(t);
}

static void put_json(struct output *out, const struct listing_function *f, u32 index, u32 slots,
		     const struct isa_op *op, const char *text, const struct listing_line *line)
{
	const struct isa_info *info = isa_info(op->op);
	struct text t, hex;
	struct json j;

	text_init_grow(&t);
	text_init_grow(&hex);
	put_bytes(&hex, f->insns + index * 8, slots * 8, "");
	json_init(&j, &t);
	json_object(&j);
	json_key(&j, "section");
	json_str(&j, f->section);
	json_key(&j, "function");
	json_str(&j, f->name);
	json_key(&j, "program");
	json_bool(&j, f->program);
	json_key(&j, "index");
	json_u64(&j, index);
	json_key(&j, "bytes");
	json_str(&j, hex.buf ? hex.buf : "");
	json_key(&j, "opcode");
	if (info)
		json_str(&j, info->name);
	else
		json_null(&j);
	json_key(&j, info ? "text" : "error");
	json_str(&j, text);
	if (line) {
		json_key(&j, "file");
		json_str(&j, line->file);
		json_key(&j, "line");
		json_u64(&j, line->line);
		json_key(&j, "source");
		json_str(&j, line->text);
	}
	json_end_object(&j);
	put_line(&t);
	text_fini(&hex);
}

/* "; text @ file:line", when it is not the line just printed. */
static void put_source(struct output *out, const struct listing_line *line)
{
	const char *text = line->text, *file = strrchr(line->file, '/');
	struct text t;

	if (out->last && out->last->line == line->line && !strcmp(out->last->file, line->file))
		return;
	out->last = line;
	while (*text == ' ' || *text == '\t')
		text++;
	if (!*text && !line->line)
		return;
	text_init_grow(&t);
	text_fmt(&t, "; %s @ %s:%u", text, file ? file + 1 : line->file, line->line);
	put_line(&t);
}

static void put_insn(struct output *out, const struct listing_function *f, u32 index, u32 slots,
		     const struct isa_op *op, const char *text)
{
	const struct listing_line *line =
		listing_line_at(out->l, f->section_index, f->offset + index * 8);
	struct text t;

	if (out->json) {
		put_json(out, f, index, slots, op, text, line);
		return;
	}
	if (out->source && line)
		put_source(out, line);
	text_init_grow(&t);
	text_fmt(&t, "%6u: ", index);
	if (out->bytes) {
		put_bytes(&t, f->insns + index * 8, 8, " ");
		text_puts(&t, "  ");
	}
	text_puts(&t, text);
	if (out->bytes && slots == 2) {
		text_fmt(&t, "\n%8s", "");
		put_bytes(&t, f->insns + index * 8 + 8, 8, " ");
	}
	put_line(&t);
}

static void put_function(struct output *out, const struct listing_function *f)
{
	struct place place = {out, f};
	const struct isa_names names = {name_operand, &place};

	out->last = NULL;
	if (!out->json && *f->name) {
		struct text t;

		text_init_grow(&t);
		text_fmt(&t, "%s%s %s:", f->section, f->program ? "" : ": subprogram", f->name);
		put_line(&t);
	}
	for (u32 i = 0; i < f->count;) {
		struct isa_op op[2] = {{0}};
		bool pair = f->insns[i * 8] == 0x18 && i + 1 < f->count;
		struct diag d = {0};
		struct text t;

		text_init_grow(&t);
		if (isa_decode_flags(f->insns + i * 8, pair ? 2 : 1, ISA_DECODE_PLAIN, op, &d)) {
			op[0].op = ISA_OP_INVALID;
			pair = false;
			out->bad++;
			if (!out->json)
				put_bytes(&t, f->insns + i * 8, 8, " ");
			text_fmt(&t, "%s%s", out->json ? "" : "  ; ", d.what);
		} else {
			isa_format(&t, &op[0], i, &names);
		}
		put_insn(out, f, i, pair ? 2 : 1, &op[0], t.buf ? t.buf : "");
		text_fini(&t);
		i += pair ? 2 : 1;
	}
}

static bool is_source(const char *path)
{
	size_t n = strlen(path);

	return n > 2 && !strcmp(path + n - 2, ".c");
}

static int disasm_file(struct output *out, const char *path)
{
	char buf[300], object[PATH_MAX];
	struct listing l;
	struct text why;
	int status = is_source(path) ? compile_bpf(path, NULL, object, sizeof(object)) : 0;

	if (status)
		return status;
	text_init(&why, buf, sizeof(buf));
	if (listing_read(&l, is_source(path) ? object : path, &why))
		return command_fail("%s: %s", path, buf);
	out->l = &l;
	out->bad = 0;
	vec_each (&l.functions, i) {
		if (i && !out->json)
			putchar('\n');
		put_function(out, &l.functions.data[i]);
	}
	listing_fini(&l);
	if (!out->bad)
		return 0;
	return command_fail("%s: %u instruction%s cannot be decoded (made for a newer kernel, or "
			    "damaged)",
			    path, out->bad, out->bad == 1 ? "" : "s");
}

/* native code ------------------------------------------------------------------------------- */

struct native {
	struct native_listing_opts opts;
	struct cygnet *inst;
	const char *file;
	char **programs; /* named, up to NULL; none: all */
	u32 shown;
};

static int show_code(const struct native *n, struct prog_object *p, const char *name)
{
	struct jit_code *code = NULL;
	struct map *const *maps;
	struct diag why;
	struct text t;
	int err;

	diag_init(&why);
	instance_lock(n->inst);
	err = prog_object_views(p, &maps);
	instance_unlock(n->inst);
	err = err ?: jit_compile(p->image, maps, &n->opts.jit, &code, &why);
	if (err == -EOPNOTSUPP)
		return command_fail("%s: program %s: this compiler does not take it%s%s: it is "
				    "interpreted",
				    n->file, name, *why.what ? ": " : "", why.what);
	text_init_grow(&t);
	err = err ?: native_listing(p, code, &n->opts, &t);
	jit_code_free(code);
	if (!err) {
		command_plain(&t, "\n\t");
		fputs(t.buf ? t.buf : "", stdout);
	}
	text_fini(&t);
	return err ? command_fail("%s: program %s: %s", n->file, name, strerror(-err)) : 0;
}

static bool is_named(struct native *n, const char *name)
{
	bool named = !*n->programs;

	for (char **p = n->programs; *p && !named; p++)
		named = !strcmp(*p, name);
	return named;
}

/* One program of the file, loaded alone: another that is refused does not matter. */
static int show_program(struct native *n, const char *name, const char *path)
{
	struct unit_opts opts = {0};
	struct bpf_program *prog;
	struct prog_object *p;
	struct bpf_unit u;
	struct stat st;
	int err = unit_open(&u, path, &opts);

	if (err)
		return err;
	err = unit_load_only(&u, name);
	prog = bpf_object__find_program_by_name(u.obj, name);
	if (err || !prog || fstat(bpf_program__fd(prog), &st)) {
		err = command_fail(
			"%s: program %s: cannot be loaded: %s (`cygnet verify` says why)", n->file,
			name, unit_reason(err));
	} else {
		instance_lock(n->inst);
		p = object_prog(object_by_inode(n->inst, st.st_dev, st.st_ino));
		instance_unlock(n->inst);
		if (n->shown++ && !n->opts.json)
			putchar('\n');
		n->opts.section = bpf_program__section_name(prog);
		err = p ? show_code(n, p, name) : command_fail("%s: no such object", name);
	}
	unit_close(&u);
	return err;
}

static int show_programs(struct native *n, const char *path)
{
	struct unit_opts opts = {0};
	struct bpf_program *p;
	struct bpf_unit u;
	int status = 0, err = unit_open(&u, path, &opts);

	if (err)
		return err;
	bpf_object__for_each_program(p, u.obj)
	{
		const char *name = bpf_program__name(p);

		if (!is_named(n, name))
			continue;
		if (bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC)
			err = command_fail("%s: program %s: its section names no program type",
					   n->file, name);
		else
			err = show_program(n, name, u.path);
		status = status ?: err;
	}
	if (!n->shown && !status)
		status = command_fail("%s: no program is named %s", n->file, n->programs[0]);
	unit_close(&u);
	return status;
}

static int show_native(struct native *n, char **args)
{
	struct session_wish wish = {0};
	int err = session_instance(&wish, &n->inst);

	if (err)
		return err;
	n->file = args[0];
	n->programs = args + 1;
	shim_use_instance(n->inst);
	err = show_programs(n, n->file);
	shim_use_instance(NULL);
	cygnet_free(n->inst);
	return err;
}

static int set_engine(struct jit_options *jit, const char *name)
{
	if (strcmp(name, "jit") && strcmp(name, "baseline"))
		return command_usage(&command_disasm,
				     "disasm: --engine %s: want jit or baseline: they make machine "
				     "code",
				     name);
	jit->tier = *name == 'j' ? JIT_TIER_OPTIMISE : JIT_TIER_BASELINE;
	return 0;
}

static int set_target(struct jit_options *jit, const char *name)
{
	enum jit_target target;

	if (!strcmp(name, "x86-64") || !strcmp(name, "x86_64"))
		target = JIT_X86_64;
	else if (!strcmp(name, "aarch64") || !strcmp(name, "arm64"))
		target = JIT_AARCH64;
	else
		return command_usage(&command_disasm, "disasm: --target %s: want x86-64 or aarch64",
				     name);
	if (target != jit->target)
		jit->features = 0;
	jit->target = target;
	return 0;
}

static int cmd_disasm(int argc, char **argv)
{
	struct output out = {.source = true};
	struct native n = {.opts.jit = jit_host()};
	bool native = false, native_only = false;
	int status = 0, c;

	while ((c = command_getopt(&command_disasm, argc, argv)) != -1) {
		if (c == '?')
			return EXIT_USAGE;
		out.json |= c == 'j';
		out.bytes |= c == 'b';
		native |= c == 'N';
		native_only |= c == SESSION_OPT_ENGINE || c == OPT_TARGET;
		if (c == 'n')
			out.source = false;
		if (c == SESSION_OPT_ENGINE)
			status = status ?: set_engine(&n.opts.jit, optarg);
		if (c == OPT_TARGET)
			status = status ?: set_target(&n.opts.jit, optarg);
	}
	if (status)
		return status;
	if (optind == argc)
		return command_usage(&command_disasm, "no file named");
	if (native_only && !native)
		return command_usage(&command_disasm,
				     "disasm: --engine and --target are of --native");
	core_helpers_init();
	if (native) {
		n.opts.json = out.json;
		n.opts.bytes = out.bytes;
		n.opts.source = out.source;
		status = show_native(&n, argv + optind);
	}
	for (int i = optind; i < argc && !native; i++) {
		int err = disasm_file(&out, argv[i]);

		status = status ? status : err;
	}
	compile_cleanup();
	return status;
}
