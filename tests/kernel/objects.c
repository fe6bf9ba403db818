// SPDX-License-Identifier: BSD-2-Clause
/*
 * objects kernel|cygnet [unprivileged] FILE...: every program of every object, loaded by libbpf,
 * one line of JSON for each. Annotations (tags on the program's function in BTF) say what is
 * expected of it; an object without any is loaded program by program as it is.
 * LOGS in the environment: logs go with the answers; a number above 1 is their level.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "kernel/legacy.h"
#include "kernel/spec.h"
#include "kernel/worker.h"

#define LOG_BYTES (16u << 20)

struct entry {
	const char *path, *file;
	struct legacy *legacy;    /* instead of prog: libbpf refuses the object */
	struct bpf_program *prog; /* of the parent's open object: never loaded */
	struct spec *specs;       /* of all programs of the object */
	unsigned int index, count;
};

static struct entry *entries;
static unsigned int entry_count;
static char *log_text;
static char said[512]; /* libbpf's last warning */

static int on_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	/* The first warning is the cause, unless it only tells of a retry. */
	if (level == LIBBPF_WARN && (!said[0] || strstr(said, "etrying")))
		vsnprintf(said, sizeof(said), fmt, ap);
	return 0;
}

static void identify_legacy(const struct entry *e, FILE *out)
{
	const struct legacy *l = e->legacy;

	fprintf(out, "\"file\":\"%s\",\"test\":\"%s\",\"hash\":\"%08x\",\"type\":%d", e->file,
		l->name, worker_hash(WORKER_HASH, l->insns, l->count * 8), l->type);
}

static void identify_program(const struct entry *e, bool unprivileged, FILE *out)
{
	const struct spec *spec = &e->specs[e->index];
	const struct spec_mode *m = &spec->mode[unprivileged];
	uint32_t h = worker_hash(WORKER_HASH, bpf_program__insns(e->prog),
				 bpf_program__insn_cnt(e->prog) * 8);

	fprintf(out, "\"file\":\"%s\",\"test\":\"%s\",\"hash\":\"%08x\",\"type\":%d", e->file,
		bpf_program__name(e->prog), h, bpf_program__type(e->prog));
	if (spec->annotated)
		fprintf(out, ",\"expect\":\"%s\"", m->failure ? "reject" : "accept");
	fprintf(out, ",\"name\":");
	worker_string(out, spec->description);
}

static void identify(const struct suite *s, unsigned int i, FILE *out)
{
	if (entries[i].legacy)
		identify_legacy(&entries[i], out);
	else
		identify_program(&entries[i], s->unprivileged, out);
}

/* Map types that need no capability; others are left out of an unprivileged load. */
static bool is_ordinary(enum bpf_map_type type)
{
	switch (type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_RINGBUF: return true;
	default: return false;
	}
}

/* Sizes that the packaged tools set before they load. */
static void complete_maps(struct bpf_object *obj, bool unprivileged)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, obj)
	{
		enum bpf_map_type type = bpf_map__type(m);

		if (!bpf_map__max_entries(m) &&
		    (type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_ARRAY ||
		     type == BPF_MAP_TYPE_STACK_TRACE))
			bpf_map__set_max_entries(m, 4096);
		if (type == BPF_MAP_TYPE_STACK_TRACE && !bpf_map__value_size(m))
			bpf_map__set_value_size(m, 127 * 8);
		if (unprivileged && !is_ordinary(type))
			bpf_map__set_autocreate(m, false);
	}
}

/* The program in question, and those that it needs beside it. */
static struct bpf_program *select_programs(const struct entry *e, struct bpf_object *obj,
					   bool unprivileged)
{
	struct bpf_program *p, *chosen = NULL;
	unsigned int i = 0;

	bpf_object__for_each_program(p, obj)
	{
		bpf_program__set_autoload(p, i == e->index ||
						     e->specs[i].mode[unprivileged].auxiliary);
		if (i++ == e->index)
			chosen = p;
	}
	return chosen;
}

static struct bpf_object *open_entry(const struct entry *e, bool unprivileged,
				     struct bpf_program **prog)
{
	const struct spec *spec = &e->specs[e->index];
	const struct spec_mode *m = &spec->mode[unprivileged];
	LIBBPF_OPTS(bpf_object_open_opts, o, .btf_custom_path = spec->btf_path);
	struct bpf_object *obj = bpf_object__open_file(e->path, &o);
	const char *logs = getenv("LOGS");

	if (!obj)
		return NULL;
	*prog = select_programs(e, obj, unprivileged);
	complete_maps(obj, unprivileged);
	bpf_program__set_log_buf(*prog, log_text, LOG_BYTES);
	if (logs)
		bpf_program__set_log_level(*prog, atoi(logs) > 1 ? atoi(logs) : 2 | 4);
	else if (spec->annotated)
		bpf_program__set_log_level(*prog, spec->log_level          ? spec->log_level | 4
						  : m->texts || m->failure ? 1 | 4
									   : 4);
	if (spec->annotated)
		bpf_program__set_flags(*prog, bpf_program__flags(*prog) | spec->flags);
	return obj;
}

/* Upstream's runner gives these maps a value before the programs of two files run. */
static void fill_map(const struct entry *e, struct bpf_object *obj)
{
	const char *name = !strcmp(e->file, "verifier_array_access.bpf.o")      ? "map_array_ro"
			   : !strcmp(e->file, "verifier_value_ptr_arith.bpf.o") ? "map_array_48b"
										: NULL;
	struct bpf_map *m = name ? bpf_object__find_map_by_name(obj, name) : NULL;
	uint32_t value[12] = {7 * sizeof(int), [7] = 0xabcdef12}, key = 0;

	if (m)
		bpf_map_update_elem(bpf_map__fd(m), &key, value, 0);
}

static void run_loaded(const struct spec_mode *m, struct bpf_program *p, FILE *out)
{
	char in[64] = {0}, back[256];
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = in, .data_size_in = sizeof(in),
		    .data_out = back, .data_size_out = sizeof(back), .repeat = 1);

	if (bpf_program__type(p) == BPF_PROG_TYPE_SYSCALL)
		o = (struct bpf_test_run_opts){.sz = sizeof(o)};
	fprintf(out, ",\"runs\":[");
	worker_run_once(out, bpf_program__fd(p), &o, m->retval, m->retval == SPEC_ANY);
	fprintf(out, "]");
}

static void write_verdict(int type, int err, FILE *out)
{
	const struct door_watch *w = &door_watch;

	if (!err) {
		fprintf(out, ",\"verdict\":\"accept\",\"errno\":0");
	} else if (w->offered && worker_lacks_type(type, w->prog_errno, log_text)) {
		fprintf(out,
			",\"verdict\":\"missing\",\"errno\":%d,\"message\":\"no program of type "
			"%d\"",
			w->prog_errno, type);
	} else if (w->offered && w->prog_errno) {
		fprintf(out, ",\"verdict\":\"reject\",\"errno\":%d", w->prog_errno);
		worker_last_line(out, log_text);
	} else if (w->map_errno) {
		fprintf(out,
			",\"verdict\":\"missing\",\"errno\":%d,\"message\":\"no map of type %u\"",
			w->map_errno, w->map_type);
	} else {
		fprintf(out, ",\"verdict\":\"skip\",\"errno\":%d,\"message\":", -err);
		said[strcspn(said, "\n")] = 0;
		worker_string(out, said);
	}
	worker_log(out, log_text);
}

static void run_legacy(const struct legacy *l, FILE *out)
{
	bool offered;
	int fd;

	log_text[0] = 0;
	door_watch = (struct door_watch){.log = log_text};
	fd = legacy_load(l, log_text, LOG_BYTES, &offered);
	door_watch.offered = offered;
	door_watch.prog_errno = fd < 0 ? -fd : 0;
	write_verdict(l->type, fd < 0 ? fd : 0, out);
	if (fd >= 0)
		close(fd);
}

/* TIMES=N: what N more loads of it took to verify. */
static void write_times(FILE *out)
{
	if (!door_watch.repeats)
		return;
	fprintf(out, ",\"usec\":[");
	for (int i = 0; i < door_watch.repeats; i++)
		fprintf(out, "%s%d", i ? "," : "", door_watch.usec[i]);
	fprintf(out, "]");
}

static int wanted_times(void)
{
	const char *times = getenv("TIMES");
	int n = times ? atoi(times) : 0;

	return n < 0 ? 0 : n > DOOR_REPEATS ? DOOR_REPEATS : n;
}

static void run_program(const struct entry *e, bool unprivileged, FILE *out)
{
	const struct spec *spec = &e->specs[e->index];
	const struct spec_mode *m = &spec->mode[unprivileged];
	struct bpf_program *prog;
	struct bpf_object *obj;
	int err;

	if (!m->wanted || !spec->here) {
		fprintf(out, ",\"verdict\":\"none\"");
		return;
	}
	obj = open_entry(e, unprivileged, &prog);
	if (!obj) {
		fprintf(out, ",\"verdict\":\"skip\",\"errno\":%d,\"message\":\"open\"", errno);
		return;
	}
	log_text[0] = said[0] = 0;
	door_watch = (struct door_watch){.log = log_text, .repeats = wanted_times()};
	if (unprivileged)
		door_privileged(false);
	err = bpf_object__load(obj);
	if (unprivileged)
		door_privileged(true);
	write_verdict(bpf_program__type(prog), err, out);
	if (m->texts && !err == !m->failure)
		fprintf(out, ",\"text\":%s",
			worker_log_has(log_text, m->text, m->texts) ? "true" : "false");
	if (!err && m->runs) {
		fill_map(e, obj);
		run_loaded(m, prog, out);
	}
	bpf_object__close(obj);
	if (!err)
		write_times(out);
}

static void run(const struct suite *s, unsigned int i, FILE *out)
{
	if (entries[i].legacy)
		run_legacy(entries[i].legacy, out);
	else
		run_program(&entries[i], s->unprivileged, out);
}

/* libbpf asks what the kernel can do when it first needs to know; let that be with all
 * capabilities. */
static void start(const struct suite *s)
{
	struct bpf_program *prog;
	struct bpf_object *obj = NULL;

	for (unsigned int i = 0; i < s->count && !obj; i++)
		obj = entries[i].legacy ? NULL : open_entry(&entries[i], false, &prog);
	if (obj)
		bpf_object__load(obj);
	bpf_object__close(obj);
}

static int add_legacy(const char *path, const char *file)
{
	struct legacy *l;

	if (legacy_open(path, &l)) {
		fprintf(stderr, "%s: not an object\n", path);
		return 0;
	}
	entries = realloc(entries, (entry_count + 1) * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	entries[entry_count++] = (struct entry){.path = path, .file = file, .legacy = l};
	return 0;
}

static int add_file(const char *path)
{
	struct bpf_object *obj = bpf_object__open(path);
	const char *slash = strrchr(path, '/');
	unsigned int n = 0, first = entry_count;
	struct spec *specs;
	struct bpf_program *p;

	if (!obj)
		return add_legacy(path, slash ? slash + 1 : path);
	bpf_object__for_each_program(p, obj) n++;
	specs = calloc(n, sizeof(*specs));
	entries = realloc(entries, (first + n) * sizeof(*entries));
	if (n && (!specs || !entries))
		return -ENOMEM;
	bpf_object__for_each_program(p, obj)
	{
		struct entry *e = &entries[entry_count];

		*e = (struct entry){.path = path,
				    .file = slash ? slash + 1 : path,
				    .prog = p,
				    .specs = specs,
				    .index = entry_count - first,
				    .count = n};
		spec_read(bpf_object__btf(obj), bpf_program__name(p), &specs[e->index]);
		entry_count++;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct suite s = {.identify = identify, .run = run, .start = start, .seconds = 60};
	int door = argc > 1 ? door_by_name(argv[1]) : -1, arg = 2;

	if (door < 0) {
		fprintf(stderr, "usage: objects kernel|cygnet [unprivileged] FILE...\n");
		return 2;
	}
	s.door = door;
	if (arg < argc && !strcmp(argv[arg], "unprivileged")) {
		s.unprivileged = true;
		arg++;
	}
	setvbuf(stdout, NULL, _IOFBF, 1 << 20);
	libbpf_set_print(on_print);
	log_text = malloc(LOG_BYTES);
	for (; arg < argc; arg++)
		if (add_file(argv[arg]))
			return 1;
	s.count = entry_count;
	return log_text && (!s.count || !worker_run(&s, stdout)) ? 0 : 1;
}
