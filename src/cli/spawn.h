/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting a command in a world, passing signals on, and its exit status. */
#ifndef CLI_SPAWN_H
#define CLI_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Full path of a command as execvp(3) would find it; 0 or -ENOENT/-EACCES. */
int spawn_find(const char *name, char *path, size_t size);

/*
 * Starts argv with LD_PRELOAD=preload (before what is there already) and
 * CYGNET_WORLD=world. Signals that would end this process (INT, TERM, HUP,
 * QUIT) are passed on from now on. pid > 0 or -errno (of the exec too).
 */
pid_t spawn_start(char *const argv[], const char *preload, const char *world);

/* A descriptor that becomes readable when the child ends or a forwarded signal came. */
int spawn_fd(void);
/* Reaps without blocking: true once the child ended; *status is 0-255, 128+signal. */
bool spawn_ended(pid_t pid, int *status);
/* How often the user asked to stop (SIGINT, SIGTERM) so far. */
int spawn_interrupts(void);

#endif
