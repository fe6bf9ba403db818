// SPDX-License-Identifier: BSD-2-Clause
/* The command: its table of commands, help and version. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"

#define COMMAND(name) extern const struct command command_##name;
#include "cli/commands.def"
#undef COMMAND

#define COMMAND(name) &command_##name,
const struct command *const commands[] = {
#include "cli/commands.def"
	NULL};
#undef COMMAND

static const struct command *find(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (!strcmp((*c)->name, name))
			return *c;
	return NULL;
}

static int unknown(const char *name)
{
	const char *names[32];
	size_t n = 0;
	const char *near;

	for (const struct command *const *c = commands; *c && n < ARRAY_SIZE(names); c++)
		if (!(*c)->hidden)
			names[n++] = (*c)->name;
	near = command_nearest(name, names, n);
	if (near)
		command_note("no command `%s` (did you mean `%s`?); `cygnet help` lists them", name,
			     near);
	else
		command_note("no command `%s`; `cygnet help` lists them", name);
	return EXIT_USAGE;
}

static void list(FILE *to)
{
	fprintf(to, "cygnet %s: BPF without the kernel\n\nusage: cygnet COMMAND ...\n\n",
		CYGNET_VERSION);
	for (const struct command *const *c = commands; *c; c++)
		if (!(*c)->hidden)
			fprintf(to, "  %-10s %s\n", (*c)->name, (*c)->doc);
	fprintf(to, "\n`cygnet COMMAND --help` tells a command's options.\n");
}

static void put(struct text *t)
{
	fwrite(t->buf, 1, t->len, stdout);
	text_fini(t);
}

static int cmd_help(int argc, char **argv)
{
	const struct command *self = find("help"), *cmd = NULL;
	bool man = false, completion = false;
	struct text t;
	int c;

	while ((c = command_getopt(self, argc, argv)) != -1) {
		if (c == '?')
			return EXIT_USAGE;
		man |= c == 256;
		completion |= c == 257;
	}
	if (argv[optind] && !(cmd = find(argv[optind])))
		return unknown(argv[optind]);
	text_init_grow(&t);
	if (completion)
		command_completion(&t);
	else if (man)
		command_man(cmd, &t);
	else if (cmd)
		command_help_text(cmd, &t);
	else
		list(stdout);
	put(&t);
	return 0;
}

static const struct command_option help_options[] = {
	{256, "man", NULL, "the manual page in roff"},
	{257, "completion", NULL, "the bash completion script"},
	{0}};

const struct command command_help = {
	.name = "help",
	.run = cmd_help,
	.usage = "[COMMAND]",
	.doc = "Lists the commands, or explains one",
	.options = help_options,
};

static int cmd_version(int argc, char **argv)
{
	printf("cygnet %s\n", CYGNET_VERSION);
	return 0;
}

static const struct command_option no_options[] = {{0}};

const struct command command_version = {
	.name = "version",
	.run = cmd_version,
	.usage = "",
	.doc = "Prints the version",
	.options = no_options,
};

int main(int argc, char **argv)
{
	const struct command *cmd;
	int status;

	if (argc < 2) {
		list(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		argv[1] = "help";
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		argv[1] = "version";
	cmd = find(argv[1]);
	if (!cmd)
		return unknown(argv[1]);
	status = cmd->run(argc - 1, argv + 1);
	errno = 0;
	if (fflush(stdout) && errno != EPIPE && !status)
		status = command_fail("standard output: %s", strerror(errno));
	return status;
}
