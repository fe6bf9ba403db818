/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command: one file, one row. Parsing, --help, the man page and the shell
 * completion all read the row's options.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/text.h"
#include "base/types.h"

struct command_option {
	int key;          /* the short option's letter, or a number from 256 for long-only ones */
	const char *name; /* long name */
	const char *arg;  /* metavariable, or NULL */
	const char *doc;
};

struct command {
	const char *name;
	int (*run)(int argc,
		   char **argv); /* argv[0] is the command's name; returns the exit status */
	const char *usage;       /* behind "cygnet NAME" */
	const char *doc;         /* one line */
	const char *text;        /* paragraphs for --help and the man page, \n\n between */
	const char *examples;    /* lines "COMMAND\tWHAT" */
	const struct command_option *options; /* ends with {0} */
	bool hidden;
};

extern const struct command *const commands[]; /* ends with NULL */

enum {
	EXIT_ERROR = 1,
	EXIT_USAGE = 2
};

/*
 * getopt_long over the row's options: the option's key, -1 at the end, '?' for
 * a bad one (the message is printed; return EXIT_USAGE). --help is handled
 * here and exits 0. Values in optarg, position in optind.
 */
int command_getopt(const struct command *cmd, int argc, char **argv);

/*
 * Names and strings come from hostile files and processes: control characters
 * other than those in `keep` do not reach the terminal.
 */
void command_plain(struct text *t, const char *keep);

/* "cygnet: " + message + newline on stderr; returns EXIT_ERROR. */
int command_fail(const char *fmt, ...) __printf_like(1, 2);
/* The same for wrong usage, with a pointer to --help; returns EXIT_USAGE. */
int command_usage(const struct command *cmd, const char *fmt, ...) __printf_like(2, 3);
/* A notice on stderr: "cygnet: ..." */
void command_note(const char *fmt, ...) __printf_like(1, 2);
/* A line that belongs to the notice above it, indented. */
void command_note_more(const char *fmt, ...) __printf_like(1, 2);

/* Renders of the rows. */
void command_help_text(const struct command *cmd, struct text *out); /* --help */
void command_man(const struct command *cmd, struct text *out);       /* roff; NULL: cygnet(1) */
void command_completion(struct text *out);                           /* bash */

/* The nearest of `n` names to a mistyped one, or NULL when none is near. */
const char *command_nearest(const char *name, const char *const *names, size_t n);

/* Where an installed part is (agent, shim, headers): beside the executable, else the data
 * directory. */
int command_find_part(const char *name, char *path, size_t size);

#endif
