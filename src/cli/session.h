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
 * small shipped ones where it has none), "none" the shipped ones, or a file.
 * 0, or an exit status after the message.
 */
int session_instance(const char *btf, struct cygnet **out);

#endif
