/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands that hold an instance and start a program share. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "base/types.h"

struct cygnet;

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

/*
 * An instance that answers `btf` as the kernel's types: NULL the host's (the
 * small shipped ones where it has none), "none" the shipped ones, or a file;
 * and imitates the version `kernel` ("6.1"; NULL: the host's). 0, or an exit
 * status after the message.
 */
int session_instance(const char *btf, const char *kernel, struct cygnet **out);
/* The version named by --kernel as KERNEL_VERSION(), or EXIT_USAGE after the message. */
int session_kernel(const char *text, unsigned int *out);

/* The rows of --btf and --kernel, for a command's options. */
#define SESSION_OPT_KERNEL 300
#define SESSION_KERNEL                                                              \
	{                                                                           \
		SESSION_OPT_KERNEL, "kernel", "X.Y",                                \
			"imitate that version, 4.19 to 6.18, instead of the host's" \
	}

#endif
