/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs numbered tests in a child process, so that one that crashes or hangs
 * costs itself only: the next child goes on behind it. $FILTER, an extended
 * regular expression over what identify() writes, picks some of them. Each test is one line
 * of JSON, opened by the parent's knowledge of what the test is and closed by
 * what the child found.
 */
#ifndef KERNEL_WORKER_H
#define KERNEL_WORKER_H

#include <stdio.h>
#include "kernel/door.h"

struct suite {
	/* Members that say which test this is, without the closing brace. Runs in parent and child.
	 */
	void (*identify)(const struct suite *s, unsigned int i, FILE *out);
	/* Members with the outcome, each preceded by a comma. Runs in the child only, door open. */
	void (*run)(const struct suite *s, unsigned int i, FILE *out);
	/* Once in each child, door open; may be NULL. */
	void (*start)(const struct suite *s);
	unsigned int count;
	enum door door;
	bool unprivileged;
	unsigned int seconds; /* a test may take */
};

/* 0, or -errno when not even a child can be had. */
int worker_run(const struct suite *s, FILE *out);

/* A string as JSON; NULL is null. */
void worker_string(FILE *out, const char *s);

/* 32-bit FNV-1a over `size` bytes, continuing from `h`; start with WORKER_HASH. */
#define WORKER_HASH 2166136261u
uint32_t worker_hash(uint32_t h, const void *p, size_t size);

/*
 * Writes ,"message":... : the verifier's last line before its statistics.
 * And whether `log` holds all of `n` patterns in this order: a pattern is text, with regular
 * expressions between {{ and }}.
 */
void worker_last_line(FILE *out, char *log);
/* Writes ,"log":... , the whole of it, when the environment asks for LOGS. */
void worker_log(FILE *out, const char *log);
/*
 * One run of a loaded program: its errno, or its return value and whether that is the one the test
 * wants. Where any is right the value is an address and not told.
 */
struct bpf_test_run_opts;
void worker_run_once(FILE *out, int fd, struct bpf_test_run_opts *o, uint32_t want, bool any);
/* Refused without a word: because there are no programs of that type here? */
bool worker_lacks_type(int type, int err, const char *log);
bool worker_log_has(const char *log, const char *const *patterns, unsigned int n);

#endif
