// SPDX-License-Identifier: BSD-2-Clause
/* What the rows of commands render to, option parsing over them, and messages. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/command.h"

#ifndef CYGNET_LIBDIR
#define CYGNET_LIBDIR "/usr/local/lib"
#endif

void command_plain(struct text *t, const char *keep)
{
	for (size_t i = 0; i < t->len; i++) {
		char *c = &t->buf[i];

		if (((u8)*c < ' ' || *c == 0x7f) && (!*c || !strchr(keep, *c)))
			*c = *c == '\t' ? ' ' : '?';
	}
}

static void message(const char *prefix, const char *fmt, va_list ap)
{
	struct text t;

	text_init_grow(&t);
	text_puts(&t, prefix);
	text_vfmt(&t, fmt, ap);
	command_plain(&t, "");
	text_putc(&t, '\n');
	fflush(stdout);
	fwrite(t.buf, 1, t.len, stderr);
	text_fini(&t);
}

int command_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message("cygnet: ", fmt, ap);
	va_end(ap);
	return EXIT_ERROR;
}

void command_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message("cygnet: ", fmt, ap);
	va_end(ap);
}

void command_note_more(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message("    ", fmt, ap);
	va_end(ap);
}

int command_usage(const struct command *cmd, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message("cygnet: ", fmt, ap);
	va_end(ap);
	fprintf(stderr, "usage: cygnet %s %s\n`cygnet %s --help` says more.\n", cmd->name,
		cmd->usage, cmd->name);
	return EXIT_USAGE;
}

#define MAX_OPTIONS 40

int command_getopt(const struct command *cmd, int argc, char **argv)
{
	static struct option longs[MAX_OPTIONS + 2];
	static char shorts[3 * MAX_OPTIONS];
	static const struct command *built;
	int c;

	if (built != cmd) {
		char *s = shorts;
		int n = 0;

		memset(longs, 0, sizeof(longs));
		*s++ = ':';
		for (const struct command_option *o = cmd->options; o->name && n < MAX_OPTIONS;
		     o++, n++) {
			longs[n] = (struct option){
				o->name, o->arg ? required_argument : no_argument, NULL, o->key};
			if (o->key < 256) {
				*s++ = o->key;
				if (o->arg)
					*s++ = ':';
			}
		}
		longs[n] = (struct option){"help", no_argument, NULL, 'h'};
		strcpy(s, "h");
		built = cmd;
		optind = 1;
	}
	opterr = 0;
	c = getopt_long(argc, argv, shorts, longs, NULL);
	if (c == 'h') {
		struct text t;

		text_init_grow(&t);
		command_help_text(cmd, &t);
		fwrite(t.buf, 1, t.len, stdout);
		text_fini(&t);
		exit(0);
	}
	if (c == ':') {
		command_usage(cmd, "%s: option %s needs a value", cmd->name, argv[optind - 1]);
		return '?';
	}
	if (c == '?') {
		const char *names[MAX_OPTIONS + 1];
		const char *bad = argv[optind - 1], *near;
		size_t n = 0;

		for (const struct command_option *o = cmd->options; o->name && n < MAX_OPTIONS; o++)
			names[n++] = o->name;
		near = !strncmp(bad, "--", 2) ? command_nearest(bad + 2, names, n) : NULL;
		if (near)
			command_usage(cmd, "%s: unknown option %s (did you mean --%s?)", cmd->name,
				      bad, near);
		else if (optopt && strncmp(bad, "--", 2))
			command_usage(cmd, "%s: unknown option -%c", cmd->name, optopt);
		else
			command_usage(cmd, "%s: unknown option %s", cmd->name, bad);
	}
	return c;
}

/* Levenshtein distance, capped by the row length. */
static unsigned distance(const char *a, const char *b)
{
	size_t n = strlen(b);
	unsigned row[128];

	if (n >= ARRAY_SIZE(row))
		return ~0u;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		unsigned diag = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			unsigned sub = diag + (a[i - 1] != b[j - 1]);

			diag = row[j];
			row[j] = MIN(sub, MIN(row[j], row[j - 1]) + 1);
		}
	}
	return row[n];
}

const char *command_nearest(const char *name, const char *const *names, size_t n)
{
	const char *best = NULL;
	unsigned least = MAX(2u, (unsigned)strlen(name) / 3) + 1;

	for (size_t i = 0; i < n; i++) {
		unsigned d = distance(name, names[i]);

		if (d < least) {
			least = d;
			best = names[i];
		}
	}
	return best;
}

static void option_label(const struct command_option *o, struct text *out)
{
	if (o->key < 256)
		text_fmt(out, "-%c, ", o->key);
	else
		text_puts(out, "    ");
	text_fmt(out, "--%s", o->name);
	if (o->arg)
		text_fmt(out, " %s", o->arg);
}

void command_help_text(const struct command *cmd, struct text *out)
{
	text_fmt(out, "cygnet %s %s\n\n%s.\n", cmd->name, cmd->usage, cmd->doc);
	if (cmd->text)
		text_fmt(out, "\n%s\n", cmd->text);
	text_puts(out, "\nOptions:\n");
	for (const struct command_option *o = cmd->options; o->name; o++) {
		size_t start = out->len;

		text_puts(out, "  ");
		option_label(o, out);
		text_pad(out, ' ', MAX(1, 30 - (int)(out->len - start)));
		text_fmt(out, "%s\n", o->doc);
	}
	text_puts(out, "  -h, --help                  this text\n");
	if (cmd->examples) {
		text_puts(out, "\nExamples:\n");
		for (const char *p = cmd->examples; *p;) {
			size_t n = strcspn(p, "\n"), tab = strcspn(p, "\t");

			text_fmt(out, "  %.*s\n", (int)MIN(n, tab), p);
			if (tab < n)
				text_fmt(out, "      %.*s\n", (int)(n - tab - 1), p + tab + 1);
			p += n + (p[n] == '\n');
		}
	}
}

/* roff needs backslashes and leading dots quoted, and minus signs that stay minus signs. */
static void roff(struct text *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\\')
			text_puts(out, "\\e");
		else if (s[i] == '-')
			text_puts(out, "\\-");
		else if ((s[i] == '.' || s[i] == '\'') && (i == 0 || s[i - 1] == '\n'))
			text_fmt(out, "\\&%c", s[i]);
		else
			text_putc(out, s[i]);
	}
}

static void roff_s(struct text *out, const char *s)
{
	roff(out, s, strlen(s));
}

static void man_paragraphs(struct text *out, const char *s)
{
	while (*s) {
		const char *end = strstr(s, "\n\n");
		size_t n = end ? (size_t)(end - s) : strlen(s);

		text_puts(out, ".PP\n");
		if (s[0] == ' ')
			text_puts(out, ".nf\n");
		roff(out, s, n);
		text_putc(out, '\n');
		if (s[0] == ' ')
			text_puts(out, ".fi\n");
		s += n + (end ? 2 : 0);
	}
}

static void man_command(const struct command *cmd, struct text *out)
{
	text_fmt(out, ".TH CYGNET\\-%s 1 \"\" \"cygnet %s\" \"Cygnet\"\n.SH NAME\ncygnet\\-%s \\- ",
		 cmd->name, CYGNET_VERSION, cmd->name);
	roff_s(out, cmd->doc);
	text_fmt(out, "\n.SH SYNOPSIS\n.B cygnet %s\n", cmd->name);
	roff_s(out, cmd->usage);
	text_puts(out, "\n.SH DESCRIPTION\n");
	man_paragraphs(out, cmd->text ? cmd->text : cmd->doc);
	text_puts(out, ".SH OPTIONS\n");
	for (const struct command_option *o = cmd->options; o->name; o++) {
		struct text label;

		text_init_grow(&label);
		option_label(o, &label);
		text_puts(out, ".TP\n.B ");
		roff_s(out, label.buf + strspn(label.buf, " "));
		text_putc(out, '\n');
		roff_s(out, o->doc);
		text_putc(out, '\n');
		text_fini(&label);
	}
	if (cmd->examples) {
		text_puts(out, ".SH EXAMPLES\n");
		for (const char *p = cmd->examples; *p;) {
			size_t n = strcspn(p, "\n"), tab = strcspn(p, "\t");

			text_puts(out, ".TP\n.B ");
			roff(out, p, MIN(n, tab));
			text_putc(out, '\n');
			if (tab < n)
				roff(out, p + tab + 1, n - tab - 1);
			text_putc(out, '\n');
			p += n + (p[n] == '\n');
		}
	}
	text_puts(out, ".SH SEE ALSO\n.BR cygnet (1)\n");
}

void command_man(const struct command *cmd, struct text *out)
{
	if (cmd) {
		man_command(cmd, out);
		return;
	}
	text_fmt(out,
		 ".TH CYGNET 1 \"\" \"cygnet %s\" \"Cygnet\"\n.SH NAME\ncygnet \\- BPF without the "
		 "kernel\n"
		 ".SH SYNOPSIS\n.B cygnet\n.I COMMAND\n[ARGUMENTS]\n.SH DESCRIPTION\n",
		 CYGNET_VERSION);
	man_paragraphs(
		out,
		"Runs unmodified BPF objects and unmodified libbpf programs as an ordinary user: "
		"no "
		"root, no VM, no kernel support. Data goes to standard output, notices to standard "
		"error. `cygnet COMMAND --help` tells a command's options.");
	text_puts(out, ".SH COMMANDS\n");
	for (const struct command *const *c = commands; *c; c++) {
		if ((*c)->hidden)
			continue;
		text_fmt(out, ".TP\n.B %s ", (*c)->name);
		roff_s(out, (*c)->usage);
		text_putc(out, '\n');
		roff_s(out, (*c)->doc);
		text_putc(out, '\n');
	}
	text_puts(out, ".SH EXIT STATUS\n");
	man_paragraphs(out, "Once a command given behind -- has started, its own (128 + signal if "
			    "one ended it). "
			    "Otherwise 0 done, 1 error, 2 wrong usage.");
	text_puts(out, ".SH ENVIRONMENT\n");
	man_paragraphs(
		out,
		"CLANG names the compiler for .c files. XDG_CACHE_HOME (or ~/.cache) holds the "
		"generated vmlinux.h and reduced BTF. CYGNET_AGENT and CYGNET_SHIM name the "
		"preloaded "
		"parts where they are not beside the executable. CYGNET_WORLD is set for traced "
		"commands and clients.");
	text_puts(out, ".SH SEE ALSO\n.BR cygnet\\-run (1),\n.BR cygnet\\-exec (1),\n.BR "
		       "cygnet\\-disasm (1),\n"
		       ".BR bpf (2)\n");
}

void command_completion(struct text *out)
{
	text_puts(out,
		  "# bash completion of cygnet, generated from the command rows\n"
		  "_cygnet() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} cmd=${COMP_WORDS[1]} words=\n"
		  "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\tCOMPREPLY=($(compgen -W \"");
	for (const struct command *const *c = commands; *c; c++)
		if (!(*c)->hidden)
			text_fmt(out, "%s ", (*c)->name);
	text_puts(out, "\" -- \"$cur\"))\n\t\treturn\n\tfi\n\tcase $cmd in\n");
	for (const struct command *const *c = commands; *c; c++) {
		if ((*c)->hidden)
			continue;
		text_fmt(out, "\t%s) words=\"", (*c)->name);
		for (const struct command_option *o = (*c)->options; o->name; o++)
			text_fmt(out, "--%s ", o->name);
		text_puts(out, "--help\" ;;\n");
	}
	text_puts(out, "\tesac\n\tcase $cur in\n\t-*) COMPREPLY=($(compgen -W \"$words\" -- "
		       "\"$cur\")) ;;\n"
		       "\t*) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n\tesac\n}\n"
		       "complete -o filenames -F _cygnet cygnet\n");
}

int command_find_part(const char *name, char *path, size_t size)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (n > 0) {
		exe[n] = 0;
		slash = strrchr(exe, '/');
		if (slash) {
			*slash = 0;
			if (snprintf(path, size, "%s/%s", exe, name) < (int)size &&
			    !access(path, R_OK))
				return 0;
			/* PREFIX/bin/cygnet -> PREFIX/lib/cygnet/NAME */
			if (snprintf(path, size, "%s/../lib/cygnet/%s", exe, name) < (int)size &&
			    !access(path, R_OK))
				return 0;
		}
	}
	if (snprintf(path, size, CYGNET_LIBDIR "/cygnet/%s", name) < (int)size &&
	    !access(path, R_OK))
		return 0;
	return -1;
}
