/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands that hold an instance and start a program share. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "base/types.h"

struct cygnet;
struct cygnet_opts;
struct command;

/* What a command wants of its instance: the values of the options below, NULL where not given. */
struct session_wish {
	const char *btf;    /* the kernel's types: NULL the host's (the small shipped ones where it
			       has none), "none" the shipped ones, or a file */
	const char *kernel; /* the version it imitates, "6.1" */
	const char *engine; /* a name that session_engine() took */
	const char *perf;   /* ... session_perf() */
};

/*
 * Cuts the command line at "--": returns how many arguments stand before it,
 * and in *cmd what stands behind (NULL when there is no "--").
 */
int session_split(int argc, char **argv, char ***cmd);

/*
 * Full path of a library to preload: the one that the variable `env` names,
 * else the installed part. 0, or an exit status after the message.
 */
int session_preload(const char *part, const char *env, char *path, size_t size);

/* 0, or an exit status after the message. */
int session_instance(const struct session_wish *wish, struct cygnet **out);
/* The version named by --kernel as KERNEL_VERSION(), or EXIT_USAGE after the message. */
int session_kernel(const char *text, unsigned int *out);
/*
 * The engine named by --engine into opts->engine and opts->checked (opts may be NULL: is it one?);
 * or EXIT_USAGE after the message.
 */
int session_engine(const char *text, struct cygnet_opts *opts);

/* The same of --perf: map, jitdump or both. */
int session_perf(const char *text, struct cygnet_opts *opts);

/* The rows of --kernel, --engine and --perf, for a command's options. */
#define SESSION_OPT_KERNEL 300
#define SESSION_OPT_ENGINE 301
#define SESSION_OPT_PERF   302
#define SESSION_KERNEL                                                              \
	{                                                                           \
		SESSION_OPT_KERNEL, "kernel", "X.Y",                                \
			"imitate that version, 4.19 to 6.18, instead of the host's" \
	}
#define SESSION_ENGINE                                                             \
	{                                                                          \
		SESSION_OPT_ENGINE, "engine", "ENGINE",                            \
			"what runs programs: auto, interp, checked, baseline, jit" \
	}
#define SESSION_PERF                                                                             \
	{                                                                                        \
		SESSION_OPT_PERF, "perf", "KIND",                                                \
			"tell perf(1) of native code: map (/tmp/perf-PID.map), jitdump, or both" \
	}
/* What --perf means. */
#define SESSION_PERF_TEXT                                                                       \
	"--perf lets perf(1) name native code that runs in cygnet's own process (what "         \
	"BPF_PROG_TEST_RUN runs; not in traced commands): map writes /tmp/perf-PID.map, names " \
	"for `perf report`; jitdump a file below $JITDUMPDIR or $HOME with code and source "    \
	"lines, for `perf record -k 1`, `perf inject -j` and `perf annotate`. The files stay "  \
	"when cygnet ends."
/* What --engine means, a paragraph for a command's text. */
#define SESSION_ENGINE_TEXT                                                                       \
	"--engine chooses what runs verified programs: baseline, native code of the compiler of " \
	"one pass; jit, native code of the optimising compiler, slower to make and faster to "    \
	"run; interp, the interpreter; checked, the interpreter that tests each access against "  \
	"what the program may touch; auto, the default, baseline at first and jit for what runs " \
	"long enough to pay for it. What one compiler does not take the next simpler one does, "  \
	"and at last the interpreter."

#endif
