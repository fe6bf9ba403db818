// SPDX-License-Identifier: BSD-2-Clause
/*
 * Runs the cases of tests/verify (*.t) through PROG_LOAD of an instance and, where
 * bpf(2) is allowed, of the running kernel: same errno, same words. One TAP line
 * per case. A case:
 *
 *	== name
 *	-- type		program type by name; raw_tracepoint when absent
 *	-- license	GPL when absent
 *	-- flags	words: sleepable, strict (alignment), freq (states), unprivileged, stats
 *(the log is the statistics alone)
 *	-- maps		one per line: type name, key size, value size, entries, and words:
 *			rdonly, wronly (to programs), frozen, filled (all bits), percent (a %);
 *lock, timer: the value has one, of its type information: at 4 of 8 bytes, at 8 of 24; value=LABEL:
 *the value is of that type
 *	-- btf		type information, one type per line, LABEL KIND ...: int SIZE; ptr, const,
 *			typedef TYPE; array TYPE COUNT; struct, union SIZE MEMBER:TYPE:OFFSET...;
 *			tag NAME TYPE; decl NAME TYPE [INDEX]; fwd struct; proto TYPE ARG:TYPE...;
 *			func PROTO [global]. A label is the type's name where it has one; a TYPE is
 *			the label of one above, or void. The first functions are those of the
 *			program's, in order
 *	-- attach	expected_attach_type, and the function or typedef of the kernel, or the
 *			number of the type, that it is attached to
 *	-- onto		a sched_cls program that it is attached to instead, by a function's label:
 *			the first of the functions are its
 *	-- version	kernel version that is imitated, such as 5.8; the running one is not asked
 *	-- asm		the program; map[fd:N] is the Nth of the maps, from 0, kfunc:NAME a
 *			function of the host's kernel (without it, the case is skipped); type:LABEL
 *			the number of a type, kernel:NAME of one of the kernel's
 *	-- id		the diagnostic's stable name, then those of what the log says after it
 *	-- verdict	ok, or an errno and a part of the log
 *	-- kernel	the same of the kernel, where it has other words for it; - for cases
 *			that the running kernel cannot answer
 *
 * KERNEL_ONLY=1 in the environment asks the kernel alone, for whoever writes cases.
 * Unprivileged cases go to the kernel only where it lets ordinary users load programs.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cygnet/abi.h>
#include <cygnet/cygnet.h>
#include "base/alloc.h"
#include "btf/btf.h"
#include "core/map.h"
#include "core/prog.h"
#include "isa/asm.h"
#include "isa/decode.h"
#include "sys/sys.h"
#include "verify/verifier.h"
#include "verify_btf.h"
#include "vm/instance.h"
#include "vm/load.h"

#define MAX_MAPS 8

struct test_case {
	char name[100], type[64], license[32], flags[64], maps[512], text[8192], verdict[256],
		kernel[256], id[32], btf[4096], attach[64], version[16], onto[1024];
};

static char problem[1 << 14];
static char log_text[1 << 16];
static struct cygnet *inst;
static const char *refused_id; /* of the instance's last refusal; "" */
static struct verify_btf case_btf;
static int case_fd = -1;
/* The program a case is attached to: its descriptor, how many of the functions are its. */
static int onto_fd = -1;
static u32 onto_funcs;
static bool onto_loading;

static bool fails(const char *fmt, ...) __printf_like(1, 2);
static bool fails(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(problem, sizeof(problem), fmt, ap);
	va_end(ap);
	return false;
}

static int errno_named(const char *name)
{
	static const struct {
		const char *name;
		int err;
	} names[] = {{"EINVAL", EINVAL}, {"EACCES", EACCES},         {"E2BIG", E2BIG},
		     {"EPERM", EPERM},   {"ENOTSUPP", 524},          {"EFAULT", EFAULT},
		     {"ENOENT", ENOENT}, {"EDEADLK", EDEADLK},       {"EBUSY", EBUSY},
		     {"EEXIST", EEXIST}, {"EOPNOTSUPP", EOPNOTSUPP}, {"EPROTO", EPROTO}};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(name, names[i].name, strlen(names[i].name)))
			return -names[i].err;
	return 0;
}

/* Is what happened (0 or an errno, and log_text) what was expected? */
static bool matches(const char *who, const char *want, int err)
{
	const char *words = strchr(want, ' ');

	if (errno_named(want) != err)
		return fails("%s: error %d, not %s: %.8000s", who, err, want, log_text);
	if (words && !strstr(log_text, words + 1))
		return fails("%s: the log lacks \"%s\": %.8000s", who, words + 1, log_text);
	return true;
}

static u32 prog_type_named(const char *name)
{
	for (u32 t = 1; t < 64; t++)
		if (core_prog_ops(t) && !strcmp(core_prog_ops(t)->name, name))
			return t;
	return 0;
}

static u32 map_type_named(const char *name)
{
	for (u32 t = 1; t < 64; t++)
		if (core_map_ops(t) && !strcmp(core_map_ops(t)->name, name))
			return t;
	return 0;
}

/* bpf(2) of the kernel, or of the instance. */
static int bpf(bool kernel, int cmd, union bpf_attr *a)
{
	int r;

	if (!kernel)
		return cygnet_bpf(inst, cmd, a, sizeof(*a));
	r = (int)syscall(SYS_bpf, cmd, a, sizeof(*a));
	return r < 0 ? -errno : r;
}

static int load_btf(bool kernel, const struct verify_btf *b)
{
	union bpf_attr a = {.btf = (u64)b->blob, .btf_size = b->size};

	return bpf(kernel, BPF_BTF_LOAD, &a);
}

/* The case's own, one for all its maps and the program. */
static int case_btf_fd(bool kernel)
{
	if (case_fd < 0)
		case_fd = load_btf(kernel, &case_btf);
	return case_fd;
}

/* The map's value has a lock or a timer. */
static int add_value_type(bool kernel, union bpf_attr *a, bool timer)
{
	struct verify_btf b;
	int fd;

	a->btf_value_type_id = verify_btf_value(&b, timer, &a->btf_key_type_id);
	fd = load_btf(kernel, &b);
	a->btf_fd = (u32)fd;
	return fd;
}

/* Element 0 of an array: `byte`s, or where that is 0 the string "%". */
static void fill_map(bool kernel, int fd, u32 value_size, u8 byte)
{
	u8 value[256];
	u32 key = 0;
	union bpf_attr a = {.map_fd = (u32)fd, .key = (u64)&key, .value = (u64)value};

	memset(value, byte, sizeof(value));
	value[0] = byte ?: '%';
	if (value_size <= sizeof(value))
		bpf(kernel, BPF_MAP_UPDATE_ELEM, &a);
}

static int make_map(bool kernel, const char *line)
{
	char type[32] = "", words[64] = "";
	union bpf_attr a = {0};
	const char *label;
	int fd, n, btf = -1;

	n = sscanf(line, "%31s %u %u %u %63[a-z0-9_= ]", type, &a.key_size, &a.value_size,
		   &a.max_entries, words);
	a.map_type = map_type_named(type);
	label = strstr(words, "value=");
	if (n < 4 || !a.map_type)
		return -EINVAL;
	a.map_flags = (strstr(words, "rdonly") ? BPF_F_RDONLY_PROG : 0) |
		      (strstr(words, "wronly") ? BPF_F_WRONLY_PROG : 0);
	if (!strcmp(type, "arena"))
		a.map_flags |= BPF_F_MMAPABLE, a.map_extra = 1ULL << 44;
	if (label) {
		a.btf_fd = (u32)case_btf_fd(kernel);
		a.btf_key_type_id = a.key_size ? verify_btf_named(&case_btf, "int") : 0;
		a.btf_value_type_id = verify_btf_named(&case_btf, label + 6);
		a.map_flags |= strstr(type, "storage") ? BPF_F_NO_PREALLOC : 0;
	} else if (strstr(words, "lock") || strstr(words, "timer")) {
		btf = add_value_type(kernel, &a, strstr(words, "timer"));
	}
	if ((int)a.btf_fd < 0)
		return (int)a.btf_fd;
	fd = bpf(kernel, BPF_MAP_CREATE, &a);
	if (btf >= 0)
		close(btf);
	if (fd >= 0 && strstr(words, "filled"))
		fill_map(kernel, fd, a.value_size, 0xff);
	if (fd >= 0 && strstr(words, "percent"))
		fill_map(kernel, fd, a.value_size, 0);
	if (fd >= 0 && strstr(words, "frozen")) {
		union bpf_attr freeze = {.map_fd = (u32)fd};

		n = bpf(kernel, BPF_MAP_FREEZE, &freeze);
		if (n) {
			close(fd);
			return n;
		}
	}
	return fd;
}

static void close_maps(int *maps)
{
	if (case_fd >= 0)
		close(case_fd);
	case_fd = -1;
	for (u32 i = 0; i < MAX_MAPS; i++)
		if (maps[i] >= 0)
			close(maps[i]);
}

static int make_maps(bool kernel, const char *text, int *maps)
{
	char lines[512], *save = NULL, *line;
	u32 n = 0;

	for (u32 i = 0; i < MAX_MAPS; i++)
		maps[i] = -1;
	snprintf(lines, sizeof(lines), "%s", text);
	for (line = strtok_r(lines, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (n == MAX_MAPS)
			return -E2BIG;
		maps[n] = make_map(kernel, line);
		if (maps[n] < 0)
			return maps[n];
		n++;
	}
	return 0;
}

/* ... of the case's btf section. */
static void add_case_functions(bool kernel, union bpf_attr *a, struct bpf_func_info *infos)
{
	u32 starts[VERIFY_BTF_FUNCS + 1], n, count, first = onto_loading ? 0 : onto_funcs;

	n = verify_btf_starts((const void *)a->insns, a->insn_cnt, starts);
	count = onto_loading ? MIN(n, case_btf.func_count) : case_btf.func_count - first;
	for (u32 i = 0; i < count; i++)
		infos[i] = (struct bpf_func_info){i < n ? starts[i] : a->insn_cnt - 2,
						  case_btf.funcs[first + i]};
	a->func_info_cnt = count;
	onto_funcs = onto_loading ? count : 0;
	a->prog_btf_fd = (u32)case_btf_fd(kernel);
	a->func_info = (u64)infos;
	a->func_info_rec_size = sizeof(*infos);
}

/* Functions that are called or passed are static ones of the program's type information. */
static int add_functions(bool kernel, union bpf_attr *a, struct bpf_func_info *infos)
{
	struct verify_btf b;
	int fd;

	if (case_btf.func_count) {
		add_case_functions(kernel, a, infos);
		return -1;
	}
	a->func_info_cnt = verify_btf_functions(&b, (const void *)a->insns, a->insn_cnt, infos);
	if (a->func_info_cnt < 2) {
		a->func_info_cnt = 0;
		return -1;
	}
	fd = load_btf(kernel, &b);
	a->prog_btf_fd = (u32)fd;
	a->func_info = (u64)infos;
	a->func_info_rec_size = sizeof(*infos);
	return fd;
}

static bool is_unprivileged(const struct test_case *c)
{
	return strstr(c->flags, "unprivileged");
}

static const struct btf_info *kernel_types(void);

/* False: this kernel has no such function. */
static bool read_attach(const struct test_case *c, union bpf_attr *a)
{
	char target[48] = "";

	if (sscanf(c->attach, "%u %47s", &a->expected_attach_type, target) < 2)
		return true;
	if (sscanf(target, "%u", &a->attach_btf_id) == 1)
		return true;
	if (*c->onto) {
		a->attach_prog_fd = onto_fd < 0 || onto_loading ? 0 : (u32)onto_fd;
		a->attach_btf_id = onto_loading ? 0 : verify_btf_named(&case_btf, target);
		return true;
	}
	if (kernel_types())
		a->attach_btf_id = btf_find(kernel_types(), target, BTF_KIND_UNKN);
	return a->attach_btf_id;
}

static int load(bool kernel, const struct test_case *c, const struct bpf_insn *from, u32 count,
		u32 type, const int *maps)
{
	struct bpf_func_info infos[VERIFY_BTF_FUNCS];
	struct bpf_insn insns[512];
	union bpf_attr a = {.prog_type = type,
			    .insns = (u64)insns,
			    .insn_cnt = count,
			    .license = (u64)c->license,
			    .log_buf = (u64)log_text,
			    .log_size = sizeof(log_text),
			    .log_level = strstr(c->flags, "stats") ? 4 : 2};
	int fd, btf;

	memcpy(insns, from, count * sizeof(*insns));
	for (u32 i = 0; i < count; i++)
		if (insns[i].code == 0x18 && (insns[i].src_reg == 1 || insns[i].src_reg == 2))
			insns[i].imm = maps[insns[i].imm % MAX_MAPS];
	if (strstr(c->flags, "sleepable"))
		a.prog_flags |= BPF_F_SLEEPABLE;
	if (strstr(c->flags, "strict"))
		a.prog_flags |= BPF_F_STRICT_ALIGNMENT;
	if (strstr(c->flags, "freq"))
		a.prog_flags |= BPF_F_TEST_STATE_FREQ;
	read_attach(c, &a);
	btf = is_unprivileged(c) || strstr(c->flags, "untyped") ? -1
								: add_functions(kernel, &a, infos);
	if (strstr(c->flags, "shifted"))
		infos[a.func_info_cnt - 1].insn_off++;
	log_text[0] = 0;
	refused_id = "";
	if (onto_loading)
		a.expected_attach_type = 0;
	fd = bpf(kernel, BPF_PROG_LOAD, &a);
	if (fd >= 0 && onto_loading)
		onto_fd = fd;
	else if (fd >= 0)
		close(fd);
	if (btf >= 0)
		close(btf);
	return fd < 0 ? fd : 0;
}

/* The program that the case's is attached to. */
static int load_onto(bool kernel, const struct test_case *c, const int *maps)
{
	struct isa_op *ops = NULL;
	struct bpf_insn insns[64];
	struct diag d;
	u32 count = 0;
	int err;

	diag_init(&d);
	err = isa_assemble(c->onto, strlen(c->onto), &ops, &count, &d);
	if (!err)
		err = count > ARRAY_SIZE(insns) ? -E2BIG : isa_encode(ops, count, insns);
	base_free(ops);
	onto_loading = true;
	if (!err)
		err = load(kernel, c, insns, count, BPF_PROG_TYPE_SCHED_CLS, maps);
	onto_loading = false;
	return err;
}

static bool ask(bool kernel, const struct test_case *c, const struct bpf_insn *insns, u32 count,
		u32 type)
{
	const char *want = kernel && *c->kernel ? c->kernel : c->verdict;
	int maps[MAX_MAPS], err;

	err = make_maps(kernel, c->maps, maps);
	if (err) {
		close_maps(maps);
		return fails("%s: no map: %d", kernel ? "kernel" : "cygnet", err);
	}
	err = *c->onto ? load_onto(kernel, c, maps) : 0;
	if (err) {
		close_maps(maps);
		return fails("%s: no program to attach to: %d %.4000s",
			     kernel ? "kernel" : "cygnet", err, log_text);
	}
	if (!kernel)
		sys_self(inst)->unprivileged = is_unprivileged(c);
	err = load(kernel, c, insns, count, type, maps);
	if (!kernel)
		sys_self(inst)->unprivileged = false;
	if (onto_fd >= 0)
		close(onto_fd);
	onto_fd = -1;
	onto_funcs = 0;
	close_maps(maps);
	return matches(kernel ? "kernel" : "cygnet", want, err);
}

static void on_verdict(void *data, struct load_verdict *verdict)
{
	const char *name = verify_message_name(verdict->load->diag.id);

	(void)data;
	refused_id = verdict->err && name ? name : "";
}

/* IDS=1 in the environment: prints the diagnostic's name, for whoever writes cases. */
static bool ask_instance(const struct test_case *c, const struct bpf_insn *insns, u32 count,
			 u32 type)
{
	u32 kernel = inst->kernel, major, minor;
	bool good;

	if (sscanf(c->version, "%u.%u", &major, &minor) == 2)
		inst->kernel = major << 16 | minor << 8;
	good = ask(false, c, insns, count, type);
	inst->kernel = kernel;
	if (getenv("IDS"))
		printf("# id %s\n", refused_id);
	if (good && *c->id && (strncmp(c->id, refused_id, strlen(refused_id)) || !*refused_id))
		return fails("cygnet: refused as %s, not %s", refused_id, c->id);
	return good;
}

/* The kernel asked by an ordinary user: a child's answer. */
static bool ask_as_user(const struct test_case *c, const struct bpf_insn *insns, u32 count,
			u32 type)
{
	int pipes[2], status;
	bool good = false;
	pid_t child;

	if (pipe(pipes))
		return fails("no pipe");
	child = fork();
	if (!child) {
		good = !setresgid(65534, 65534, 65534) && !setresuid(65534, 65534, 65534) &&
		       ask(true, c, insns, count, type);
		if (write(pipes[1], problem, sizeof(problem)) < 0)
			_exit(2);
		_exit(!good);
	}
	close(pipes[1]);
	for (size_t n = 0; n < sizeof(problem);) {
		ssize_t got = read(pipes[0], problem + n, sizeof(problem) - n);

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	close(pipes[0]);
	return waitpid(child, &status, 0) == child && !status;
}

static bool users_may_load(void)
{
	FILE *f = fopen("/proc/sys/kernel/unprivileged_bpf_disabled", "r");
	int c = f ? fgetc(f) : '2';

	if (f)
		fclose(f);
	return c == '0';
}

static const struct btf_info *kernel_types(void)
{
	static struct btf_info *types;
	static bool tried;
	static char raw[16 << 20];
	FILE *f = tried ? NULL : fopen("/sys/kernel/btf/vmlinux", "r");
	size_t n;

	tried = true;
	if (!f)
		return types;
	n = fread(raw, 1, sizeof(raw), f);
	fclose(f);
	btf_view(raw, (u32)n, NULL, &types);
	return types;
}

/* "type:LABEL" and "kernel:NAME": their numbers. */
static void name_types(const char *text, char *out, size_t size)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	size_t len = 0;

	for (const char *at = text; *at; text = at) {
		bool own = !strncmp(at, "type:", 5), kernel = !strncmp(at, "kernel:", 7);
		size_t skip = own ? 5 : kernel ? 7 : 0, n = skip ? strspn(at + skip, chars) : 0;
		char name[64] = "";
		u32 id;

		at += MAX(skip + n, (size_t)1);
		if (!skip) {
			len += (size_t)snprintf(out + len, size - len, "%c", *text);
			continue;
		}
		snprintf(name, sizeof(name), "%.*s", (int)n, text + skip);
		id = own              ? verify_btf_named(&case_btf, name)
		     : kernel_types() ? btf_find(kernel_types(), name, BTF_KIND_UNKN)
				      : 0;
		len += (size_t)snprintf(out + len, size - len, "%u", id);
	}
}

/* "kfunc:NAME" as the assembler has it. False: this kernel has no such function. */
static bool name_kfuncs(const char *text, char *out, size_t size)
{
	const struct btf_info *types = kernel_types();
	size_t len = 0;

	for (const char *at; (at = strstr(text, "kfunc:")); text = at) {
		char name[64] = "";
		u32 id;

		sscanf(at + 6, "%63[a-z0-9_]", name);
		id = types ? btf_find(types, name, BTF_KIND_FUNC) : 0;
		if (!id)
			return false;
		len += (size_t)snprintf(out + len, size - len, "%.*skfunc#%u module 0",
					(int)(at - text), text, id);
		at += 6 + strlen(name);
	}
	snprintf(out + len, size - len, "%s", text);
	return true;
}

static bool run_case(const struct test_case *c, bool kernel)
{
	struct isa_op *ops = NULL;
	struct diag d;
	u32 count = 0, type = prog_type_named(c->type);
	struct bpf_insn insns[512];
	char text[2 * sizeof(c->text)], typed[2 * sizeof(c->text)];
	bool good;

	diag_init(&d);
	if (!verify_btf_parse(&case_btf, c->btf))
		return fails("a line of btf is not understood");
	name_types(c->text, typed, sizeof(typed));
	if (!name_kfuncs(typed, text, sizeof(text)) || !read_attach(c, &(union bpf_attr){0}))
		return true;
	if (!type)
		return fails("no program type %s", c->type);
	if (isa_assemble(text, strlen(text), &ops, &count, &d) || count > ARRAY_SIZE(insns) ||
	    isa_encode(ops, count, insns)) {
		base_free(ops);
		return fails("not assembled: %s", d.what);
	}
	base_free(ops);
	good = getenv("KERNEL_ONLY") || ask_instance(c, insns, count, type);
	if (!good || !kernel || !strcmp(c->kernel, "-") || *c->version)
		return good;
	if (!is_unprivileged(c))
		return ask(true, c, insns, count, type);
	return !users_may_load() || ask_as_user(c, insns, count, type);
}

static bool kernel_allows(void)
{
	struct test_case least = {.license = "GPL"};
	struct bpf_insn insns[] = {{.code = 0xb7}, {.code = 0x95}};

	return !load(true, &least, insns, 2, BPF_PROG_TYPE_RAW_TRACEPOINT, NULL);
}

static unsigned cases, failed;

static void finish(const struct test_case *c, const char *file, bool kernel)
{
	if (!*c->name)
		return;
	if (run_case(c, kernel)) {
		printf("ok %u - %s: %s\n", ++cases, file, c->name);
		return;
	}
	failed++;
	printf("not ok %u - %s: %s\n", ++cases, file, c->name);
	for (char *save = NULL, *line = strtok_r(problem, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		printf("# %s\n", line);
}

static char *section(struct test_case *c, const char *name, size_t *size)
{
#define SECTION(field, title)             \
	if (!strcmp(name, title)) {       \
		*size = sizeof(c->field); \
		c->field[0] = 0;          \
		return c->field;          \
	}
	SECTION(type, "type")
	SECTION(license, "license")
	SECTION(flags, "flags")
	SECTION(maps, "maps")
	SECTION(text, "asm")
	SECTION(verdict, "verdict")
	SECTION(kernel, "kernel")
	SECTION(id, "id")
	SECTION(btf, "btf")
	SECTION(attach, "attach")
	SECTION(version, "version")
	SECTION(onto, "onto")
	fprintf(stderr, "no section %s\n", name);
	exit(2);
}

static void run_file(const char *dir, const char *file, bool kernel)
{
	static const struct test_case fresh = {.type = "raw_tracepoint", .license = "GPL"};
	struct test_case c = fresh;
	char path[512], line[512], *into = NULL;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "== ", 3)) {
			finish(&c, file, kernel);
			c = fresh;
			into = NULL;
			snprintf(c.name, sizeof(c.name), "%.90s", line + 3);
		} else if (!strncmp(line, "-- ", 3)) {
			into = section(&c, line + 3, &size);
		} else if (into && *line) {
			size_t len = strlen(into);
			bool lines =
				into == c.text || into == c.maps || into == c.onto || into == c.btf;

			snprintf(into + len, size - len, "%s%s", line, lines ? "\n" : "");
		}
	}
	finish(&c, file, kernel);
	if (f)
		fclose(f);
}

/* verify_test [FILE.t]: all, or one of the directory's. */
int main(int argc, char **argv)
{
	const char *dir = "tests/verify";
	bool kernel;
	struct dirent *e;
	DIR *d = opendir(dir);

	if (cygnet_new(NULL, &inst))
		return 1;
	inst->on_verdict = on_verdict;
	kernel = kernel_allows();
	while (d && (e = readdir(d))) {
		size_t n = strlen(e->d_name);

		if (n > 2 && !strcmp(e->d_name + n - 2, ".t") &&
		    (argc < 2 || !strcmp(argv[1], e->d_name)))
			run_file(dir, e->d_name, kernel);
	}
	if (d)
		closedir(d);
	if (kernel)
		printf("ok %u - the running kernel says the same\n", ++cases);
	else
		printf("ok %u - the running kernel says the same # SKIP no right to bpf(2)\n",
		       ++cases);
	printf("1..%u\n", cases);
	cygnet_free(inst);
	return failed || cases < 2;
}
