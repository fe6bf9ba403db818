// SPDX-License-Identifier: BSD-2-Clause
/*
 * perf's files. Names are the kernel's for compiled programs, bpf_prog_TAG_NAME. A
 * jitdump file is a header and records:
 *
 *	| id, size, time | fields | strings, code |
 *
 * of which two are ours: the lines of a function's code, then its load. perf learns
 * of the file because we map it, executable, while perf watches. Times are of
 * CLOCK_MONOTONIC, which is what -k 1 asks of perf.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "base/text.h"
#include "btf/btf.h"
#include "jit/jit.h"
#include "vm/load.h"
#include "vm/perf_map.h"

#define DUMP_MAGIC   0x4a695444u /* "JiTD" */
#define DUMP_VERSION 1
#define PATH_ROOM    4096

enum dump_record {
	DUMP_LOAD = 0,
	DUMP_LINES = 2,
};

struct dump_header {
	u32 magic, version, size, machine, pad, pid;
	u64 time, flags;
};

struct dump_prefix {
	u32 id, size;
	u64 time;
};

struct dump_load {
	struct dump_prefix prefix;
	u32 pid, tid;
	u64 vma, address, size, index;
};

struct dump_lines {
	struct dump_prefix prefix;
	u64 address, count;
};

struct dump_line {
	u64 address;
	u32 line, discriminator;
};

static struct {
	pthread_mutex_t lock;
	int map, dump; /* -1: not asked for */
	u64 index;     /* of the next function */
	char dump_path[PATH_ROOM];
} perf = {.lock = PTHREAD_MUTEX_INITIALIZER, .map = -1, .dump = -1};

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

static void put_all(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0) /* the disk is full: perf shows what got there */
			return;
		p += w;
		n -= (size_t)w;
	}
}

/* files ---------------------------------------------------------------------------------------- */

/* A new file; where one is in the way it must be a file of ours, which goes. */
static int create(const char *path)
{
	int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_APPEND;
	int fd = open(path, flags, 0600);
	struct stat st;

	if (fd < 0 && errno == EEXIST && !lstat(path, &st) && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && !unlink(path))
		fd = open(path, flags, 0600);
	return fd < 0 ? -errno : fd;
}

static int start_map(void)
{
	char path[64];
	int fd;

	if (perf.map >= 0)
		return 0;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	fd = create(path);
	if (fd < 0)
		return fd;
	perf.map = fd;
	return 0;
}

/* Where perf's own agents put such files: a directory of its own below .debug/jit. */
static int dump_directory(char *path)
{
	const char *home = getenv("JITDUMPDIR");
	static const char *const below[] = {"/.debug", "/jit", "/cygnet-XXXXXX"};
	size_t n;

	if (!home || !*home)
		home = getenv("HOME");
	n = (size_t)snprintf(path, PATH_ROOM, "%s", home && *home ? home : ".");
	if (n >= PATH_ROOM - 64)
		return -ENAMETOOLONG;
	for (u32 i = 0; i < ARRAY_SIZE(below); i++) {
		strcat(path, below[i]);
		if (i + 1 == ARRAY_SIZE(below) ? !mkdtemp(path)
					       : mkdir(path, 0700) && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int start_dump(void)
{
	struct dump_header h = {.magic = DUMP_MAGIC,
				.version = DUMP_VERSION,
				.size = sizeof(h),
				.machine = jit_host().target == JIT_X86_64 ? EM_X86_64 : EM_AARCH64,
				.pid = (u32)getpid(),
				.time = now()};
	char path[PATH_ROOM];
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd, err;

	if (perf.dump >= 0)
		return 0;
	err = dump_directory(path);
	if (err)
		return err;
	snprintf(path + strlen(path), 32, "/jit-%d.dump", getpid());
	fd = create(path);
	if (fd < 0)
		return fd;
	put_all(fd, &h, sizeof(h));
	/* What tells perf of the file; never touched, never unmapped. */
	if (mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED) {
		err = -errno;
		close(fd);
		return err;
	}
	perf.dump = fd;
	strcpy(perf.dump_path, path);
	return 0;
}

int perf_map_start(u32 kinds)
{
	int err = 0;

	pthread_mutex_lock(&perf.lock);
	if (kinds & PERF_MAP)
		err = start_map();
	if (!err && kinds & PERF_JITDUMP)
		err = start_dump();
	pthread_mutex_unlock(&perf.lock);
	return err;
}

/* functions ------------------------------------------------------------------------------------ */

struct function {
	const struct prog_object *p;
	const struct native_prog *n;
	u32 sub, start, end; /* offsets in the code */
	char name[128];
};

static struct function function_at(const struct prog_object *p, u32 sub)
{
	struct function f = {.p = p, .n = jit_prog(p->native), .sub = sub};
	char own[64];
	struct text t;

	f.start = f.n->subs[sub];
	f.end = f.n->size;
	for (u32 s = 0; s < f.n->sub_count; s++)
		if (f.n->subs[s] > f.start)
			f.end = MIN(f.end, f.n->subs[s]);
	prog_sub_name(p, sub, own);
	text_init(&t, f.name, sizeof(f.name));
	text_puts(&t, "bpf_prog_");
	for (u32 i = 0; i < sizeof(p->tag); i++)
		text_fmt(&t, "%02x", p->tag[i]);
	if (*own)
		text_fmt(&t, "_%s", own);
	/* Names are the client's; lines of the file are ours. */
	for (size_t i = 0; i < t.len; i++)
		if ((u8)f.name[i] <= ' ' || f.name[i] == 0x7f)
			f.name[i] = '_';
	return f;
}

static void put_map(const struct function *f)
{
	char line[200];
	struct text t;

	text_init(&t, line, sizeof(line));
	text_fmt(&t, "%llx %x %s\n", (unsigned long long)(f->n->code + f->start), f->end - f->start,
		 f->name);
	put_all(perf.map, line, t.len);
}

static const struct line_record *line_of(const struct prog_object *p, u32 insn)
{
	const struct line_record *best = NULL;

	for (size_t i = 0; i < p->lines.len && p->lines.data[i].insn <= insn; i++)
		best = &p->lines.data[i];
	return best;
}

static void put_dump_lines(const struct function *f, u64 time)
{
	struct dump_lines head = {.prefix = {.id = DUMP_LINES, .time = time},
				  .address = f->n->code + f->start};
	const struct btf_info *btf = f->p->btf ? f->p->btf->btf : NULL;
	struct text t;

	text_init_grow(&t);
	text_write(&t, (const char *)&head, sizeof(head));
	for (u32 i = 0; btf && i < f->n->line_count; i++) {
		const struct native_line *at = &f->n->lines[i];
		const struct line_record *l =
			at->insn < f->p->image->op_count ? line_of(f->p, at->insn) : NULL;
		struct dump_line line = {.address = f->n->code + at->offset};

		if (at->offset < f->start || at->offset >= f->end || !l || !(l->line_col >> 10))
			continue;
		line.line = l->line_col >> 10;
		text_write(&t, (const char *)&line, sizeof(line));
		text_puts(&t, btf_str(btf, l->file_off));
		text_putc(&t, 0);
		head.count++;
	}
	text_pad(&t, 0, -t.len % 8);
	head.prefix.size = (u32)t.len;
	if (head.count && !t.lost) {
		memcpy(t.buf, &head, sizeof(head));
		put_all(perf.dump, t.buf, t.len);
	}
	text_fini(&t);
}

static void put_dump(const struct function *f)
{
	struct dump_load load = {.prefix = {.id = DUMP_LOAD, .time = now()},
				 .pid = (u32)getpid(),
				 .tid = (u32)syscall(SYS_gettid),
				 .vma = f->n->code + f->start,
				 .address = f->n->code + f->start,
				 .size = f->end - f->start,
				 .index = perf.index++};
	struct text t;

	put_dump_lines(f, load.prefix.time);
	load.prefix.size = (u32)(sizeof(load) + strlen(f->name) + 1 + load.size);
	text_init_grow(&t);
	text_write(&t, (const char *)&load, sizeof(load));
	text_write(&t, f->name, strlen(f->name) + 1);
	text_write(&t, u64_to_ptr(load.address), load.size);
	if (!t.lost)
		put_all(perf.dump, t.buf, t.len);
	text_fini(&t);
}

void perf_map_add(const struct prog_object *p)
{
	pthread_mutex_lock(&perf.lock);
	for (u32 s = 0; (perf.map >= 0 || perf.dump >= 0) && s < p->image->sub_count; s++) {
		struct function f = function_at(p, s);

		if (perf.map >= 0)
			put_map(&f);
		if (perf.dump >= 0)
			put_dump(&f);
	}
	pthread_mutex_unlock(&perf.lock);
}
