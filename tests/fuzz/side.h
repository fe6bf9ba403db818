/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is asked: an instance in this process, or the running kernel. Maps are
 * made once per shape and used by all programs that want one like it.
 */
#ifndef FUZZ_SIDE_H
#define FUZZ_SIDE_H

#include "fuzz/program.h"

struct cygnet;

#define SIDE_MAPS 256
#define SIDE_LOG  (1u << 24) /* a log cut short would be the verdict */
#define SIDE_LAST 256

struct side {
	struct cygnet *inst; /* NULL: the kernel */
	bool unprivileged;
	u32 map_count;
	struct side_map {
		struct map_shape shape, inner;
		int fd;
	} maps[SIDE_MAPS];
	char *log; /* SIDE_LOG bytes */
	int btf;   /* of values with a lock; 0: not yet made */
};

struct verdict {
	int fd;               /* -1: refused */
	int err;              /* 0 or errno, positive */
	char last[SIDE_LAST]; /* last line before the statistics, when asked for */
};

/* 0 or -errno. `kernel`: the running one; needs its rights. `compared`: with it. */
int side_open(struct side *s, bool kernel, bool unprivileged, bool compared);
void side_close(struct side *s);
/* bpf(2) on that side: >= 0 or -errno. */
long side_bpf(struct side *s, int cmd, union bpf_attr *attr);
/* fds of the program's maps, in its order; false: one cannot be made. */
bool side_maps(struct side *s, const struct program *p, int fds[PROGRAM_MAPS]);
/* Loads; with_log asks for the verdict's last line. The caller closes v->fd. */
void side_load(struct side *s, const struct program *p, bool with_log, struct verdict *v);

#endif
