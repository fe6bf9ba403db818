// SPDX-License-Identifier: BSD-2-Clause
/*
 * A BPF object on its way into the instance. libbpf does the loading; what it
 * and the verifier say is kept and turned into one line when it fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "btf/btf.h"
#include "cli/command.h"
#include "cli/compile.h"
#include "cli/core_btf.h"
#include "cli/unit.h"
#include "cli/object_check.h"
#include "core/attach.h"

/* What libbpf said lately: the last warning lines explain a failure. */
static struct text said;
static bool say_all;

static int on_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char line[2048];

	vsnprintf(line, sizeof(line), fmt, ap);
	if (say_all)
		fputs(line, stderr);
	if (level == LIBBPF_WARN && said.len < 1 << 20)
		text_puts(&said, line);
	return 0;
}

static void said_reset(void)
{
	text_fini(&said);
	text_init_grow(&said);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The last line libbpf said that is not about unwinding, without its prefix; static buffer. */
static const char *reason(int err)
{
	static char line[512];
	const char *best = NULL;
	size_t best_len = 0;

	for (const char *p = said.buf; p && *p;) {
		size_t n = strcspn(p, "\n");

		if (n > 8 && !strncmp(p, "libbpf: ", 8) &&
		    !memmem(p, n, "BEGIN PROG LOAD LOG", 19) &&
		    !memmem(p, n, "END PROG LOAD LOG", 17) &&
		    !memmem(p, n, "Retrying without", 16) &&
		    !memmem(p, n, "failed to load object", 21)) {
			/* The first cause says most; what follows only unwinds. */
			if (!best) {
				best = p + 8;
				best_len = n - 8;
			}
		}
		p += n + (p[n] == '\n');
	}
	if (!best)
		return strerror(-err);
	snprintf(line, sizeof(line), "%.*s", (int)best_len, best);
	return line;
}

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), m = strlen(tail);

	return n >= m && !strcmp(s + n - m, tail);
}

/* Prints the message. */
static int check_object(const char *path, const char *file)
{
	char line[256];
	struct text why;

	text_init(&why, line, sizeof(line));
	if (!object_check_file(path, &why))
		return 0;
	return command_fail(
		"%s: %s (clang -target bpf -g -c makes an object; a .c file is compiled)", file,
		line);
}

int unit_open(struct bpf_unit *u, const char *file, const struct unit_opts *opts)
{
	LIBBPF_OPTS(bpf_object_open_opts, oo);
	static char btf_path[PATH_MAX];
	int err;

	memset(u, 0, sizeof(*u));
	u->file = file;
	say_all = opts->verbose;
	libbpf_set_print(on_print);
	said_reset();
	if (ends_with(file, ".c")) {
		err = compile_bpf(file, opts->btf, u->path, sizeof(u->path));
		if (err)
			return err;
	} else if (snprintf(u->path, sizeof(u->path), "%s", file) >= (int)sizeof(u->path)) {
		return command_fail("%.60s...: path too long", file);
	}
	err = check_object(u->path, file);
	if (err)
		return err;
	if (!core_btf_for(u->path, opts->btf, btf_path, sizeof(btf_path)))
		oo.btf_custom_path = btf_path;
	u->obj = bpf_object__open_file(u->path, &oo);
	if (!u->obj) {
		err = errno ? -errno : -EINVAL;
		return command_fail("%s: cannot be opened: %s", file, reason(err));
	}
	if (!bpf_object__next_program(u->obj, NULL))
		return command_fail(
			"%s: holds no programs (a program stands in a section: SEC(\"...\"))",
			file);
	return 0;
}

/* A global of .rodata, .data or .bss by name. */
static int find_global(struct bpf_object *obj, const char *name, struct bpf_map **map_out,
		       const struct btf_type **type_out, struct btf_var_secinfo *info)
{
	const struct btf *btf = bpf_object__btf(obj);
	struct bpf_map *map;

	if (!btf)
		return -ENOENT;
	bpf_object__for_each_map(map, obj)
	{
		const char *mapname = bpf_map__name(map), *sec = strchr(mapname, '.');
		const struct btf_type *t;
		int id;

		if (!bpf_map__is_internal(map) || !sec)
			continue;
		id = btf__find_by_name_kind(btf, sec, BTF_KIND_DATASEC);
		if (id < 0)
			continue;
		t = btf__type_by_id(btf, id);
		for (int i = 0; i < btf_vlen(t); i++) {
			const struct btf_var_secinfo *v = btf_var_secinfos(t) + i;
			const struct btf_type *var = btf__type_by_id(btf, v->type);

			if (!strcmp(btf__name_by_offset(btf, var->name_off), name)) {
				*map_out = map;
				*type_out = btf__type_by_id(btf, var->type);
				*info = *v;
				return 0;
			}
		}
	}
	return -ENOENT;
}

static const struct btf_type *strip(const struct btf *btf, const struct btf_type *t)
{
	while (btf_is_mod(t) || btf_is_typedef(t))
		t = btf__type_by_id(btf, t->type);
	return t;
}

static int set_enum(const struct btf *btf, const struct btf_type *t, const char *value,
		    long long *out)
{
	for (int i = 0; i < btf_vlen(t); i++) {
		const struct btf_enum *e = btf_enum(t) + i;

		if (!strcmp(btf__name_by_offset(btf, e->name_off), value)) {
			*out = e->val;
			return 0;
		}
	}
	return -ENOENT;
}

/* Parses VALUE for the type into `bytes`; 0, or an exit status after the message. */
static int parse_value(const struct btf *btf, const struct btf_type *t, const char *name,
		       const char *value, unsigned char *bytes, unsigned int size)
{
	long long v = 0;
	char *end;

	t = strip(btf, t);
	if (btf_is_array(t)) {
		const struct btf_type *elem = strip(btf, btf__type_by_id(btf, btf_array(t)->type));

		if (elem->size != 1)
			return command_fail(
				"--set %s: an array of other than characters cannot be set", name);
		if (strlen(value) >= size)
			return command_fail("--set %s: at most %u characters fit", name, size - 1);
		memset(bytes, 0, size);
		memcpy(bytes, value, strlen(value));
		return 0;
	}
	if (!btf_is_int(t) && !btf_is_any_enum(t))
		return command_fail(
			"--set %s: only numbers, booleans, enums and strings can be set", name);
	if (btf_is_enum(t) && !set_enum(btf, t, value, &v))
		goto store;
	if (!strcmp(value, "true") || !strcmp(value, "false")) {
		v = value[0] == 't';
		goto store;
	}
	errno = 0;
	v = value[0] == '-' ? strtoll(value, &end, 0) : (long long)strtoull(value, &end, 0);
	if (errno || end == value || *end)
		return command_fail("--set %s: %s is not a number", name, value);
	if (size < 8) {
		bool is_signed = btf_is_int(t) && (btf_int_encoding(t) & BTF_INT_SIGNED);
		long long lo = is_signed ? -(1ll << (size * 8 - 1)) : 0;
		long long hi = is_signed ? (1ll << (size * 8 - 1)) - 1 : (1ll << (size * 8)) - 1;

		if (v < lo || v > hi)
			return command_fail("--set %s: %s does not fit (%lld to %lld)", name, value,
					    lo, hi);
	}
store:
	memcpy(bytes, &v, MIN(size, 8u));
	return 0;
}

static void collect_globals(struct bpf_object *obj, const char **names, size_t *n, size_t max)
{
	const struct btf *btf = bpf_object__btf(obj);

	for (unsigned int id = 1; btf && id < btf__type_cnt(btf) && *n < max; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id), *type;
		const char *name = btf__name_by_offset(btf, t->name_off);
		struct btf_var_secinfo info;
		struct bpf_map *map;

		if (btf_is_var(t) && !find_global(obj, name, &map, &type, &info))
			names[(*n)++] = name;
	}
}

int unit_set(struct bpf_unit *units, size_t n, const char *assignment)
{
	const char *eq = strchr(assignment, '='), *near;
	const char *names[512];
	size_t count = 0;
	char name[128];

	if (!eq || eq == assignment || eq - assignment >= (long)sizeof(name)) {
		command_fail("--set %s: want NAME=VALUE", assignment);
		return EXIT_USAGE;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(eq - assignment), assignment);
	for (size_t i = 0; i < n; i++) {
		struct btf_var_secinfo info;
		const struct btf_type *t;
		struct bpf_map *map;
		size_t size;
		void *data;

		if (find_global(units[i].obj, name, &map, &t, &info))
			continue;
		data = (void *)bpf_map__initial_value(map, &size);
		if (!data || info.offset + (size_t)info.size > size)
			return command_fail("--set %s: %s has no initial value there", name,
					    units[i].file);
		return parse_value(bpf_object__btf(units[i].obj), t, name, eq + 1,
				   (unsigned char *)data + info.offset, info.size);
	}
	for (size_t i = 0; i < n; i++)
		collect_globals(units[i].obj, names, &count, ARRAY_SIZE(names));
	near = command_nearest(name, names, count);
	if (near)
		return command_fail("--set %s: no such global in %s (did you mean %s?)", name,
				    units[0].file, near);
	return command_fail("--set %s: no such global in %s", name, units[0].file);
}

/* Why a program of this section cannot be attached here; NULL when it can. */
static const char *cannot_attach(const struct bpf_program *p)
{
	const char *sec = bpf_program__section_name(p), *rest;
	struct attach at;

	if (bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC)
		return "unknown section";
	if (!strncmp(sec, "uprobe", 6) || !strncmp(sec, "uretprobe", 9) ||
	    !strncmp(sec, "usdt", 4)) {
		if (!strchr(sec, '/'))
			return "its section names no target (SEC(\"uprobe/FILE:FUNCTION\"))";
		return NULL;
	}
	rest = strchr(sec, '/');
	if (!strncmp(sec, "tp/", 3) || !strncmp(sec, "tracepoint/", 11)) {
		char category[64], name[128];
		u32 id;

		if (sscanf(rest + 1, "%63[^/]/%127s", category, name) != 2)
			return "its section names no tracepoint "
			       "(SEC(\"tracepoint/CATEGORY/NAME\"))";
		for (u32 i = 0; i < core_event_source_count; i++)
			if (core_event_sources[i]->tracepoint_id &&
			    !core_event_sources[i]->tracepoint_id(category, name, &id))
				return NULL;
		return "that tracepoint is not fired by processes (syscalls and raw_syscalls are)";
	}
	if (!strncmp(sec, "raw_tp/", 7) || !strncmp(sec, "raw_tracepoint/", 15)) {
		for (u32 i = 0; i < core_event_source_count; i++)
			if (core_event_sources[i]->by_raw_name &&
			    !core_event_sources[i]->by_raw_name(rest + 1, &at))
				return NULL;
		return "that raw tracepoint is not fired by processes (sys_enter and sys_exit are)";
	}
	return "programs of this section do not attach to processes";
}

static int note_unattached(struct bpf_unit *u, const struct bpf_program *p, const char *why)
{
	struct text t;
	char *line;

	text_init_grow(&t);
	text_fmt(&t, "%s (%s): %s", bpf_program__name(p), bpf_program__section_name(p), why);
	line = text_take(&t);
	return !line || vec_push(&u->unattached, line) ? -ENOMEM : 0;
}

/* The sections Cygnet attaches to, for a mistyped one. */
static const char *nearest_section(const char *sec)
{
	static const char *const heads[] = {"tracepoint", "tp",        "raw_tp", "raw_tracepoint",
					    "uprobe",     "uretprobe", "usdt",   "kprobe",
					    "fentry",     "fexit",     "xdp",    "tc",
					    "socket"};
	char head[64];

	snprintf(head, sizeof(head), "%.*s", (int)strcspn(sec, "/"), sec);
	return command_nearest(head, heads, ARRAY_SIZE(heads));
}

/* Chooses what to load: attachable programs. An unknown section is an error. */
static int choose_programs(struct bpf_unit *u)
{
	struct bpf_program *p;
	size_t chosen = 0;

	bpf_object__for_each_program(p, u->obj)
	{
		const char *why = cannot_attach(p), *near;

		if (!why) {
			chosen++;
			continue;
		}
		if (bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC) {
			near = nearest_section(bpf_program__section_name(p));
			if (near)
				return command_fail("%s: program %s: unknown section \"%s\" (did "
						    "you mean \"%s\"?)",
						    u->file, bpf_program__name(p),
						    bpf_program__section_name(p), near);
			return command_fail("%s: program %s: unknown section \"%s\" (see "
					    "cygnet-run(1) for those "
					    "that attach)",
					    u->file, bpf_program__name(p),
					    bpf_program__section_name(p));
		}
		bpf_program__set_autoload(p, false);
		if (note_unattached(u, p, why))
			return command_fail("%s: out of memory", u->file);
	}
	if (!chosen)
		return command_fail("%s: no program attaches here: %s", u->file,
				    u->unattached.data[0]);
	return 0;
}

/* The verifier's last word in libbpf's load log: the line before "processed N insns". */
static bool verifier_words(char *line, size_t size, char *prog, size_t prog_size)
{
	const char *begin, *end, *best = NULL, *failed;
	size_t best_len = 0;

	if (!said.buf)
		return false;
	failed = strstr(said.buf, "prog '");
	if (failed)
		snprintf(prog, prog_size, "%.*s", (int)strcspn(failed + 6, "'"), failed + 6);
	begin = strstr(said.buf, "BEGIN PROG LOAD LOG");
	end = begin ? strstr(begin, "END PROG LOAD LOG") : NULL;
	if (!end)
		return false;
	for (const char *p = begin + strcspn(begin, "\n") + 1; p < end;) {
		size_t n = strcspn(p, "\n");

		if (n && strncmp(p, "processed ", 10) && strncmp(p, "-- ", 3) &&
		    strncmp(p, "libbpf:", 7)) {
			best = p;
			best_len = n;
		}
		p += n + 1;
	}
	if (!best)
		return false;
	snprintf(line, size, "%.*s", (int)best_len, best);
	return true;
}

static const char *remedy(const char *words)
{
	if (strstr(words, "GPL"))
		return " (add: char LICENSE[] SEC(\"license\") = \"GPL\";)";
	if (strstr(words, "unknown func"))
		return " (this helper does not exist in the kernel that is imitated, or has no "
		       "body yet)";
	if (strstr(words, "cannot use helper"))
		return " (another program type may call it)";
	return "";
}

static int load_failed(struct bpf_unit *u, int err)
{
	char words[512], prog[128] = "?";

	if (verifier_words(words, sizeof(words), prog, sizeof(prog)))
		return command_fail("%s: program %s: rejected: %s%s", u->file, prog, words,
				    remedy(words));
	if (strcmp(prog, "?"))
		return command_fail("%s: program %s: cannot be loaded: %s", u->file, prog,
				    reason(err));
	return command_fail("%s: cannot be loaded: %s", u->file, reason(err));
}

int unit_load(struct bpf_unit *u, const struct unit_opts *opts)
{
	int err = choose_programs(u);

	if (err)
		return err;
	said_reset();
	err = bpf_object__load(u->obj);
	if (err)
		return load_failed(u, err);
	return 0;
}

int unit_load_only(struct bpf_unit *u, const char *program)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, u->obj)
		bpf_program__set_autoload(p, !strcmp(bpf_program__name(p), program));
	said_reset();
	return bpf_object__load(u->obj);
}

const char *unit_reason(int err)
{
	return reason(err);
}

static const char *attach_remedy(const struct bpf_program *p, int err)
{
	const char *sec = bpf_program__section_name(p);

	if (!strncmp(sec, "u", 1) && err == -ENOENT)
		return " (is the file there and does it have the symbol? `nm -D FILE` lists them)";
	if (err == -ENOENT)
		return " (no such event)";
	return "";
}

int unit_attach(struct bpf_unit *u, const struct unit_opts *opts)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, u->obj)
	{
		struct bpf_link *link;
		int err;

		if (!bpf_program__autoload(p))
			continue;
		said_reset();
		link = bpf_program__attach(p);
		if (!link) {
			err = -errno;
			return command_fail("%s: program %s: cannot be attached to %s: %s%s",
					    u->file, bpf_program__name(p),
					    bpf_program__section_name(p), reason(err),
					    attach_remedy(p, err));
		}
		if (vec_push(&u->links, link)) {
			bpf_link__destroy(link);
			return command_fail("%s: out of memory", u->file);
		}
	}
	for (size_t i = 0; i < u->unattached.len; i++)
		command_note("%s: not attached: %s", base_name(u->file), u->unattached.data[i]);
	return 0;
}

const struct btf_info *unit_btf(struct bpf_unit *u)
{
	const struct btf *btf = bpf_object__btf(u->obj);
	const void *raw;
	__u32 size;

	if (!u->btf && btf) {
		raw = btf__raw_data(btf, &size);
		if (raw && btf_view(raw, size, NULL, &u->btf))
			u->btf = NULL;
	}
	return u->btf;
}

void unit_close(struct bpf_unit *u)
{
	vec_each (&u->links, i)
		bpf_link__destroy(u->links.data[i]);
	vec_fini(&u->links);
	vec_each (&u->unattached, i)
		base_free((void *)u->unattached.data[i]);
	vec_fini(&u->unattached);
	btf_free(u->btf);
	u->btf = NULL;
	bpf_object__close(u->obj);
	u->obj = NULL;
}
