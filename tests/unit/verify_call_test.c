// SPDX-License-Identifier: BSD-2-Clause
/*
 * Programs of random helper calls: verdict, errno, message and the number of
 * instructions looked at, beside the kernel's. Its answers are facts
 * (tests/data/verify_call.facts: seed, errno, instructions, message); where
 * bpf(2) is allowed and the kernel is that one, it is asked again.
 *
 *	CYGNET_FACTS=write build/tests/unit/verify_call_test   (as root) renews them
 *	CYGNET_FACTS=FROM-TO ...             asks both about these seeds, and compares
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <cmocka.h>

#include <cygnet/cygnet.h>
#include "verify_call_programs.h"

#define FACTS   "tests/data/verify_call.facts"
#define SEEDS   4000
#define LOG_MAX (1 << 18)

struct answer {
	int err;
	u32 insns;
	char message[200];
};

static struct cygnet *inst;
static char log_text[LOG_MAX];
static int maps[2][P_MAPS]; /* [kernel] */

static int bpf(bool kernel, int cmd, union bpf_attr *a)
{
	int r;

	if (!kernel)
		return cygnet_bpf(inst, cmd, a, sizeof(*a));
	r = (int)syscall(SYS_bpf, cmd, a, sizeof(*a));
	return r < 0 ? -errno : r;
}

static int load_types(bool kernel, const struct verify_btf *b)
{
	union bpf_attr a = {.btf = (u64)b->blob, .btf_size = b->size};

	return bpf(kernel, BPF_BTF_LOAD, &a);
}

static int make_map(bool kernel, enum program_map m)
{
	const struct program_map_shape *s = &program_maps[m];
	union bpf_attr a = {.map_type = s->type,
			    .key_size = s->key,
			    .value_size = s->value,
			    .max_entries = s->entries,
			    .map_flags = s->flags};
	struct verify_btf b;
	int fd, types = -1;

	if (m == P_INNER)
		a.inner_map_fd = (u32)maps[kernel][P_ARRAY];
	if (m == P_LOCK || m == P_TIMER) {
		a.btf_value_type_id = verify_btf_value(&b, m == P_TIMER, &a.btf_key_type_id);
		types = load_types(kernel, &b);
		a.btf_fd = (u32)types;
	}
	fd = bpf(kernel, BPF_MAP_CREATE, &a);
	if (types >= 0)
		close(types);
	if (fd >= 0 && m == P_TEXT) {
		union bpf_attr freeze = {.map_fd = (u32)fd};

		bpf(kernel, BPF_MAP_FREEZE, &freeze);
	}
	return fd;
}

static bool make_maps(bool kernel)
{
	for (u32 m = 0; m < P_MAPS; m++) {
		maps[kernel][m] = make_map(kernel, m);
		if (maps[kernel][m] < 0)
			return false;
	}
	return true;
}

/* A program array is its first user's: each program has its own. */
static void renew_programs(bool kernel)
{
	close(maps[kernel][P_PROGRAMS]);
	maps[kernel][P_PROGRAMS] = make_map(kernel, P_PROGRAMS);
}

static u32 attach_type(u32 type)
{
	return type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR ? BPF_CGROUP_INET4_CONNECT : 0;
}

static int load(bool kernel, const struct program *p)
{
	struct bpf_insn insns[PROGRAM_INSNS];
	struct bpf_func_info infos[VERIFY_BTF_FUNCS];
	struct verify_btf b;
	union bpf_attr a = {.prog_type = p->type,
			    .expected_attach_type = attach_type(p->type),
			    .insns = (u64)insns,
			    .insn_cnt = p->count,
			    .license = (u64) "GPL",
			    .log_buf = (u64)log_text,
			    .log_size = LOG_MAX,
			    .log_level = 2};
	int fd, types = -1;

	memcpy(insns, p->insns, p->count * sizeof(*insns));
	for (u32 i = 0; i < p->count; i++)
		if (insns[i].code == 0x18 && insns[i].src_reg <= BPF_PSEUDO_MAP_VALUE)
			insns[i].imm = maps[kernel][insns[i].imm % P_MAPS];
	a.func_info_cnt = verify_btf_functions(&b, insns, p->count, infos);
	if (a.func_info_cnt > 1) {
		types = load_types(kernel, &b);
		a.prog_btf_fd = (u32)types;
		a.func_info = (u64)infos;
		a.func_info_rec_size = sizeof(*infos);
	} else {
		a.func_info_cnt = 0;
	}
	log_text[0] = 0;
	fd = bpf(kernel, BPF_PROG_LOAD, &a);
	if (types >= 0)
		close(types);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

/* The line before the statistics. */
static void read_log(struct answer *out)
{
	const char *stats = strstr(log_text, "processed "), *start, *end;

	out->message[0] = 0;
	out->insns = stats ? (u32)strtoul(stats + 10, NULL, 10) : 0;
	if (!stats || !out->err)
		return;
	end = stats > log_text && stats[-1] == '\n' ? stats - 1 : stats;
	for (start = end; start > log_text && start[-1] != '\n';)
		start--;
	snprintf(out->message, sizeof(out->message), "%.*s", (int)(end - start), start);
	/* Errors without words end in some line of the log. */
	if (!strncmp(out->message, "mark_precise", 12) || strstr(out->message, ": (") ||
	    strstr(out->message, "live stack update") || strstr(out->message, "array of u64"))
		out->message[0] = 0;
}

static struct answer ask(bool kernel, u64 seed)
{
	static struct program p;
	struct answer a;

	program_generate(&p, seed);
	renew_programs(kernel);
	a.err = load(kernel, &p);
	read_log(&a);
	return a;
}

static bool is_same(u64 seed, const char *who, const struct answer *want, const struct answer *have)
{
	/* Its own mistakes are not ours to make. */
	if (strstr(want->message, "verifier bug"))
		return true;
	if (want->err == have->err && want->insns == have->insns &&
	    !strcmp(want->message, have->message))
		return true;
	print_error("seed %llu: kernel %d, %u instructions, \"%s\"\n    %s %d, %u, \"%s\"\n",
		    (unsigned long long)seed, want->err, want->insns, want->message, who, have->err,
		    have->insns, have->message);
	return false;
}

static void write_facts(void)
{
	FILE *out = fopen(FACTS, "w");
	struct utsname u;

	assert_non_null(out);
	assert_true(make_maps(true));
	uname(&u);
	fprintf(out, "# Linux %s\n# seed errno instructions message\n", u.release);
	for (u64 seed = 1; seed <= SEEDS; seed++) {
		struct answer a = ask(true, seed);

		/* Most refusals are alike: every fourth will do. */
		if (!a.err || seed % 4 == 0)
			fprintf(out, "%llu %d %u %s\n", (unsigned long long)seed, a.err, a.insns,
				a.message);
	}
	fclose(out);
}

static bool is_running(const char *line)
{
	struct utsname u;

	uname(&u);
	return strstr(line, u.release) && make_maps(true);
}

static void test_facts(void **state)
{
	FILE *in = fopen(FACTS, "r");
	char line[400];
	bool kernel = false;
	u32 asked = 0, accepted = 0, wrong = 0;

	assert_non_null(in);
	while (fgets(line, sizeof(line), in)) {
		struct answer want = {0}, have;
		unsigned long long seed;
		int at = 0;

		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "# Linux", 7))
			kernel = is_running(line);
		if (line[0] == '#' ||
		    sscanf(line, "%llu %d %u %n", &seed, &want.err, &want.insns, &at) != 3)
			continue;
		snprintf(want.message, sizeof(want.message), "%s", line + at);
		have = ask(false, seed);
		wrong += !is_same(seed, "cygnet", &want, &have);
		if (kernel) {
			have = ask(true, seed);
			wrong += !is_same(seed, "asked again", &want, &have);
		}
		asked++;
		accepted += !want.err;
	}
	fclose(in);
	assert_int_equal(wrong, 0);
	assert_true(asked > 1000 && accepted > 300);
}

/* Both sides about seeds of one's choice. */
static int compare(u64 from, u64 to)
{
	u32 wrong = 0, accepted = 0;

	if (!make_maps(true))
		return 1;
	for (u64 seed = from; seed < to; seed++) {
		struct answer want = ask(true, seed), have = ask(false, seed);

		wrong += !is_same(seed, "cygnet", &want, &have);
		accepted += !want.err;
	}
	printf("%llu programs, %u accepted, %u differ\n", (unsigned long long)(to - from), accepted,
	       wrong);
	return wrong != 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_facts)};
	struct cygnet_opts opts = {.sz = sizeof(opts)};
	const char *mode = getenv("CYGNET_FACTS");
	unsigned long long from, to;

	if (cygnet_new(&opts, &inst) || !make_maps(false))
		return 1;
	if (mode && !strcmp(mode, "write"))
		write_facts();
	else if (mode && sscanf(mode, "%llu-%llu", &from, &to) == 2)
		return compare(from, to);
	return cmocka_run_group_tests_name("verify_call", tests, NULL, NULL);
}
