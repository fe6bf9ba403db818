/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checks of BTF_LOAD. First each record by itself (check_record.c), then the
 * graph they form (check_graph.c). Both write the kernel's log.
 */
#ifndef BTF_CHECK_H
#define BTF_CHECK_H

#include "btf/internal.h"

#define BTF_MAX_BYTES (16u << 20)
#define BTF_ENOTSUPP  524 /* the kernel's ENOTSUPP, which no header of userspace has */
#define BTF_DEPTH_MAX 32  /* types being resolved at once */

/* What a walk from one type has to get through: see btf_check_graph(). */
enum btf_walk {
	WALK_ANY,
	WALK_POINTER,
	WALK_COMPOUND
};

struct btf_frame {
	const struct btf_type *t;
	u32 id;
	u32 next_member;
};

struct btf_checker {
	struct btf_info *b;
	struct text *log; /* NULL: none */
	u32 log_id;       /* the type that log lines are about */
	bool graph;       /* second phase: members are logged behind their struct */
	u8 *state;        /* per own type: NOT_VISITED, VISITED, RESOLVED */
	u32 *resolved_id;
	u32 *resolved_size; /* arrays: bytes */
	struct btf_frame stack[BTF_DEPTH_MAX];
	u32 depth;
	enum btf_walk walk;
};

int btf_check(struct btf_info *b, struct text *log);
int btf_check_records(struct btf_checker *c);
int btf_check_graph(struct btf_checker *c);
/* Locks, lists, trees in structs (check_special.c); no log. Names may be indexed before. */
int btf_check_special(const struct btf_info *b, const struct btf_kernel *kernel);
/* Does member `m` of struct `s`, of (resolved) type `mt`, lie within it? */
int btf_check_member(struct btf_checker *c, const struct btf_type *s, const struct btf_member *m,
		     const struct btf_type *mt, u32 bits_offset, u32 bitfield_size);

/* A name that types, members and functions may have. */
bool btf_is_identifier(const struct btf_checker *c, u32 off);

/* The log (check_log.c). Each returns `err`; fmt NULL: only the description. */
int btf_log(struct btf_checker *c, int err, const char *fmt, ...) __printf_like(3, 4);
int btf_log_type(struct btf_checker *c, const struct btf_type *t, int err, const char *fmt, ...)
	__printf_like(4, 5);
/* As btf_log_type() without the details, for records too cut to have any. */
int btf_log_basic(struct btf_checker *c, const struct btf_type *t, int err, const char *fmt, ...)
	__printf_like(4, 5);
int btf_log_member(struct btf_checker *c, const struct btf_type *s, const struct btf_member *m,
		   int err, const char *fmt, ...) __printf_like(5, 6);
int btf_log_secinfo(struct btf_checker *c, const struct btf_type *s,
		    const struct btf_var_secinfo *v, int err, const char *fmt, ...)
	__printf_like(5, 6);

#endif
