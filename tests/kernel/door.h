/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The harness that asks one question of two sides: what says the running
 * kernel, and what says an instance, of this program? libbpf and all else in
 * this process call syscall(2) here, which leads bpf(2) through the open door.
 */
#ifndef KERNEL_DOOR_H
#define KERNEL_DOOR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum door {
	DOOR_KERNEL,
	DOOR_CYGNET,
};

/* The file of the kernel's types that is asked: $CYGNET_BTF, or the running kernel's. */
const char *door_btf(void);
/* Once per process, after the last fork: an instance belongs to one process. 0 or -errno. */
int door_open(enum door door);
/* Is the kernel that is asked, or imitated, older than KERNEL_VERSION `version`? */
bool door_before(uint32_t version);
/*
 * From here on bpf(2) is called with the capabilities for it, or as a user without any. 0 or
 * -errno.
 */
int door_privileged(bool on);
/*
 * Watches what libbpf does from here on: was a program offered with this log buffer, and with what
 * errno did that end; could a map not be created, of what type.
 */
#define DOOR_REPEATS 64
struct door_watch {
	const void *log;
	bool offered;
	int prog_errno;
	int map_errno;
	unsigned int map_type; /* of the map made last */
	int setup_errno;       /* of the first map or BTF that could not be made */
	int setup_cmd;
	/* A program that was taken is offered `repeats` times more: what each took to verify. */
	int repeats;
	int usec[DOOR_REPEATS];
};
extern struct door_watch door_watch;
/* "kernel" or "cygnet"; -1 for anything else. */
int door_by_name(const char *name);

#endif
