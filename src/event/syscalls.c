// SPDX-License-Identifier: BSD-2-Clause
/*
 * Syscall tracepoints: syscalls:sys_enter_X, syscalls:sys_exit_X, and the raw
 * ones. Their ids, and the format files that describe the context bytes, as
 * tracefs has them; an instance answers both itself, for the real files are
 * root's. The facts are syscalls.def's.
 *
 * An id is a function of the syscall's number, so that it is the same in every
 * build, and lies above what a kernel hands out (common_type has 16 bits).
 */
#include <errno.h>
#include <string.h>
#include "core/attach.h"
#include "event/code.h"

#define ID_RAW_ENTER 20000u
#define ID_RAW_EXIT  20001u
#define ID_FIRST     20010u /* + 2 * nr: exit; + 2 * nr + 1: enter, the order the kernel has */

struct syscall_row {
	s32 nr;
	const char *name;
	const char *arg[6]; /* "type name", NULL from the first missing one */
};

static const struct syscall_row rows[] = {
#define SYSCALL(nr, name, ...) {nr, #name, {__VA_ARGS__}},
#include "event/syscalls.def"
#undef SYSCALL
};

static const struct syscall_row *row_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static const struct syscall_row *row_by_nr(s32 nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].nr == nr)
			return &rows[i];
	return NULL;
}

/* "sys_enter_read" → the row, and which side; NULL. */
static const struct syscall_row *row_by_event(const char *name, bool *is_exit)
{
	*is_exit = !strncmp(name, "sys_exit_", 9);
	if (*is_exit)
		return row_by_name(name + 9);
	return strncmp(name, "sys_enter_", 10) ? NULL : row_by_name(name + 10);
}

static int tracepoint_id(const char *category, const char *name, u32 *id)
{
	const struct syscall_row *row;
	bool is_exit;

	if (!strcmp(category, "raw_syscalls")) {
		if (strcmp(name, "sys_enter") && strcmp(name, "sys_exit"))
			return -ENOENT;
		*id = !strcmp(name, "sys_enter") ? ID_RAW_ENTER : ID_RAW_EXIT;
		return 0;
	}
	if (strcmp(category, "syscalls"))
		return -ENOENT;
	row = row_by_event(name, &is_exit);
	if (!row)
		return -ENOENT;
	*id = ID_FIRST + 2 * row->nr + !is_exit;
	return 0;
}

static int by_tracepoint_id(u32 id, struct attach *out)
{
	struct attach a = {.tp_id = id, .nr = -1};

	if (id == ID_RAW_ENTER || id == ID_RAW_EXIT) {
		a.kind = id == ID_RAW_ENTER ? ATTACH_SYS_ENTER : ATTACH_SYS_EXIT;
	} else {
		if (id < ID_FIRST || !row_by_nr((id - ID_FIRST) / 2))
			return -ENOENT;
		a.kind = (id - ID_FIRST) % 2 ? ATTACH_SYSCALL_ENTER : ATTACH_SYSCALL_EXIT;
		a.nr = (id - ID_FIRST) / 2;
	}
	*out = a;
	return 0;
}

static int tracepoint_name(u32 id, struct text *out)
{
	struct attach a;
	bool is_exit;

	if (by_tracepoint_id(id, &a))
		return -ENOENT;
	is_exit = a.kind == ATTACH_SYSCALL_EXIT || a.kind == ATTACH_SYS_EXIT;
	text_puts(out, is_exit ? "sys_exit" : "sys_enter");
	if (a.nr >= 0)
		text_fmt(out, "_%s", row_by_nr(a.nr)->name);
	return 0;
}

static int by_raw_name(const char *name, struct attach *out)
{
	bool is_enter = !strcmp(name, "sys_enter");

	if (!is_enter && strcmp(name, "sys_exit"))
		return -ENOENT;
	*out = (struct attach){.kind = is_enter ? ATTACH_RAW_SYS_ENTER : ATTACH_RAW_SYS_EXIT,
			       .nr = -1};
	return 0;
}

static void put_field(struct text *t, const char *decl, u32 offset, u32 size, bool is_signed)
{
	text_fmt(t, "\tfield:%s;\toffset:%u;\tsize:%u;\tsigned:%d;\n", decl, offset, size,
		 is_signed);
}

/* What stands before every event's own fields. */
static void put_head(struct text *t, const char *name, u32 id)
{
	text_fmt(t, "name: %s\nID: %u\nformat:\n", name, id);
	put_field(t, "unsigned short common_type", 0, 2, false);
	put_field(t, "unsigned char common_flags", 2, 1, false);
	put_field(t, "unsigned char common_preempt_count", 3, 1, false);
	put_field(t, "int common_pid", 4, 4, true);
	text_putc(t, '\n');
}

/* "const char * buf" → "buf". */
static const char *arg_name(const char *decl)
{
	return strrchr(decl, ' ') + 1;
}

static void put_enter(struct text *t, const struct syscall_row *row)
{
	u32 n = 0;

	put_field(t, "int __syscall_nr", 8, 4, true);
	for (; n < 6 && row->arg[n]; n++)
		put_field(t, row->arg[n], 16 + 8 * n, 8, false);
	text_puts(t, "\nprint fmt: \"");
	for (u32 i = 0; i < n; i++)
		text_fmt(t, "%s%s: 0x%%08lx", i ? ", " : "", arg_name(row->arg[i]));
	text_putc(t, '"');
	for (u32 i = 0; i < n; i++)
		text_fmt(t, ", ((unsigned long)(REC->%s))", arg_name(row->arg[i]));
	text_putc(t, '\n');
}

static void put_exit(struct text *t)
{
	put_field(t, "int __syscall_nr", 8, 4, true);
	put_field(t, "long ret", 16, 8, true);
	text_puts(t, "\nprint fmt: \"0x%lx\", REC->ret\n");
}

static void put_raw(struct text *t, bool is_exit)
{
	put_field(t, "long id", 8, 8, true);
	if (is_exit) {
		put_field(t, "long ret", 16, 8, true);
		text_puts(t, "\nprint fmt: \"NR %ld = %ld\", REC->id, REC->ret\n");
		return;
	}
	put_field(t, "unsigned long args[6]", 16, 48, false);
	text_puts(t, "\nprint fmt: \"NR %ld (%lx, %lx, %lx, %lx, %lx, %lx)\", REC->id");
	for (u32 i = 0; i < 6; i++)
		text_fmt(t, ", REC->args[%u]", i);
	text_putc(t, '\n');
}

static void put_format(struct text *t, const char *category, const char *name, u32 id)
{
	bool is_exit;
	const struct syscall_row *row = row_by_event(name, &is_exit);

	put_head(t, name, id);
	if (!strcmp(category, "raw_syscalls"))
		put_raw(t, !strcmp(name, "sys_exit"));
	else if (is_exit)
		put_exit(t);
	else
		put_enter(t, row);
}

/* ".../events/CATEGORY/NAME/LEAF" below either mount point; false: not such a path. */
static bool split_path(const char *path, char category[32], char name[64], char leaf[16])
{
	static const char *const mounts[] = {"/sys/kernel/tracing/", "/sys/kernel/debug/tracing/"};
	struct {
		char *buf;
		size_t cap;
	} part[] = {{category, 32}, {name, 64}, {leaf, 16}};
	const char *at = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++)
		if (!strncmp(path, mounts[i], strlen(mounts[i])))
			at = path + strlen(mounts[i]);
	if (!at || strncmp(at, "events/", 7))
		return false;
	at += 7;
	for (size_t i = 0; i < ARRAY_SIZE(part); i++) {
		size_t len = strcspn(at, "/");

		if (!len || len >= part[i].cap || (at[len] == '/') != (i + 1 < ARRAY_SIZE(part)))
			return false;
		memcpy(part[i].buf, at, len);
		part[i].buf[len] = 0;
		at += len + 1;
	}
	return true;
}

static int file(const char *path, struct text *out)
{
	char category[32], name[64], leaf[16];
	u32 id;

	if (!split_path(path, category, name, leaf) || tracepoint_id(category, name, &id))
		return -ENOENT;
	if (!strcmp(leaf, "id")) {
		text_fmt(out, "%u\n", id);
		return 0;
	}
	if (strcmp(leaf, "format"))
		return -ENOENT;
	put_format(out, category, name, id);
	return 0;
}

/* Edits (insert, delete, replace, swap of neighbours) between two short names; 99 when too long. */
static u32 edit_distance(const char *a, const char *b)
{
	u8 d[3][66];
	size_t n = strlen(a), m = strlen(b);

	if (n > 63 || m > 63)
		return 99;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		u8 *row = d[i % 3], *up = d[(i - 1) % 3], *upup = d[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			u8 best = MIN(up[j], row[j - 1]) + 1;

			best = MIN(best, up[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = MIN(best, upup[j - 2] + 1);
			row[j] = best;
		}
	}
	return d[n % 3][m];
}

/* Keeps `candidate` when it is nearer to `name` than the best so far. */
static void consider(const char *name, const char *candidate, u32 *best, char out[64])
{
	u32 d = edit_distance(name, candidate);

	if (d >= *best)
		return;
	*best = d;
	memcpy(out, candidate, strlen(candidate) + 1);
}

int event_suggest(const char *category, const char *name, char out[64])
{
	/* libc's name, where the tracepoint has another. */
	static const char *const alias[][2] = {{"stat", "newstat"},        {"fstat", "newfstat"},
					       {"lstat", "newlstat"},      {"uname", "newuname"},
					       {"sendfile", "sendfile64"}, {"umount2", "umount"}};
	u32 best = MIN(strlen(name) / 4 + 2, 5); /* a distance of this much is another word */
	const char *prefix = !strncmp(name, "sys_exit_", 9) ? "sys_exit_" : "sys_enter_";
	char full[64], found[64];
	struct text t;
	u32 limit = best;

	if (!category || !strcmp(category, "raw_syscalls")) {
		consider(name, "sys_enter", &best, found);
		consider(name, "sys_exit", &best, found);
	} else if (!strcmp(category, "syscalls")) {
		for (size_t i = 0; i < ARRAY_SIZE(alias); i++)
			if (!strncmp(name, prefix, strlen(prefix)) &&
			    !strcmp(name + strlen(prefix), alias[i][0])) {
				text_init(&t, out, 64);
				text_fmt(&t, "%s%s", prefix, alias[i][1]);
				return 0;
			}
		for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
			text_init(&t, full, sizeof(full));
			text_fmt(&t, "%s%s", i % 2 ? "sys_exit_" : "sys_enter_", rows[i / 2].name);
			consider(name, full, &best, found);
		}
	}
	if (best == limit)
		return -ENOENT;
	memcpy(out, found, sizeof(found));
	return 0;
}

const struct event_source_ops event_syscalls_source = {
	.name = "syscalls",
	.doc = "tracepoints syscalls:* and raw_syscalls:*, raw tracepoints sys_enter and sys_exit",
	.tracepoint_id = tracepoint_id,
	.by_tracepoint_id = by_tracepoint_id,
	.tracepoint_name = tracepoint_name,
	.by_raw_name = by_raw_name,
	.file = file,
};
