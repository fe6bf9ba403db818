// SPDX-License-Identifier: BSD-2-Clause
/*
 * arrays kernel|cygnet [unprivileged]: the kernel's own `struct bpf_test` arrays, one line of JSON
 * for each test. Upstream's runner is included as it is installed on this machine, for its arrays
 * and for what it does to a program before loading (maps, program arrays, generated programs, kfunc
 * ids); loading and judging is ours. With a header of markers between the arrays (kernel.mk) each
 * test knows the file it comes from.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include "kernel/door.h"

/*
 * Type tags were renamed in 6.4, and a kernel after that refuses BTF with the old ones: "kptr_ref"
 * became "kptr", and what was "kptr" became "kptr_untrusted".
 */
static int rename_tags(struct btf *btf)
{
	int untrusted = btf__add_str(btf, "kptr_untrusted"), kptr = btf__add_str(btf, "kptr");
	bool old = btf__find_str(btf, "kptr_ref") > 0;

	if (untrusted < 0 || kptr < 0)
		return -ENOMEM;
	for (unsigned int i = 1; old && i < btf__type_cnt(btf); i++) {
		struct btf_type *t = (struct btf_type *)btf__type_by_id(btf, i);

		if (btf_is_type_tag(t))
			t->name_off = t->name_off == kptr ? untrusted : kptr;
	}
	return 0;
}

static int load_renamed(const void *raw, size_t size, const struct bpf_btf_load_opts *opts)
{
	struct btf *btf = btf__new(raw, size);
	uint32_t n = 0;
	int fd;

	if (door_before(0x060400) || !btf || rename_tags(btf)) {
		btf__free(btf);
		return bpf_btf_load(raw, size, (struct bpf_btf_load_opts *)opts);
	}
	raw = btf__raw_data(btf, &n);
	fd = bpf_btf_load(raw, n, (struct bpf_btf_load_opts *)opts);
	n = errno;
	btf__free(btf);
	errno = n;
	return fd;
}

#ifdef RUNNER_HAS_OLD_TAGS
#define bpf_btf_load load_renamed
#endif
#define main static upstream_main /* unused, and what only it uses */
#include UPSTREAM_RUNNER
#undef main
#undef bpf_btf_load

#include "kernel/worker.h"

#define LOG_BYTES (16u << 20)
#define MARKER    "@@"

static struct {
	struct bpf_test *test;
	const char *file;
	unsigned int index; /* within the file */
} table[ARRAY_SIZE(tests)];

/* One loaded test: what upstream's fixups made, and the outcome. */
struct attempt {
	struct bpf_test *t;
	struct bpf_insn *insns;
	int count, type, maps[MAX_NR_MAPS], btf;
	int fds[2]; /* fd_array: kfuncs of modules */
	int fd, err;
	bool unprivileged;
};

static char *log_text;

static unsigned int find_tests(void)
{
	const char *file = "";
	unsigned int n = 0, first = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		if (!strncmp(tests[i].descr, MARKER, 2)) {
			file = tests[i].descr + 2;
			first = n;
			continue;
		}
		table[n].test = &tests[i];
		table[n].file = file;
		table[n].index = n - first;
		n++;
	}
	return n;
}

static int type_of(const struct bpf_test *t)
{
	return t->prog_type ?: BPF_PROG_TYPE_SOCKET_FILTER;
}

/* The description and the instructions as written: a changed test is another test. */
static uint32_t hash_of(const struct bpf_test *t)
{
	uint32_t h = worker_hash(WORKER_HASH, t->descr, strlen(t->descr));

	return t->fill_helper ? h
			      : worker_hash(h, t->insns,
					    sizeof(t->insns[0]) * probe_filter_length(t->insns));
}

static bool expects_reject(const struct bpf_test *t, bool unprivileged)
{
	return (unprivileged && t->result_unpriv != UNDEF ? t->result_unpriv : t->result) == REJECT;
}

static void identify(const struct suite *s, unsigned int i, FILE *out)
{
	const struct bpf_test *t = table[i].test;

	fprintf(out,
		"\"file\":\"%s\",\"test\":%u,\"hash\":\"%08x\",\"type\":%d,\"expect\":\"%s\","
		"\"name\":",
		table[i].file, table[i].index, hash_of(t), type_of(t),
		expects_reject(t, s->unprivileged) ? "reject" : "accept");
	worker_string(out, t->descr);
}

/* A kfunc that the kernel (or its test module, not loaded here) lacks. */
static const char *missing_function(const struct bpf_test *t)
{
	static struct btf *btf;

	btf = btf ?: btf__parse(door_btf(), NULL);
	for (int i = 0; i < MAX_FIXUPS && t->fixup_kfunc_btf_id[i].kfunc; i++)
		if (btf__find_by_name_kind(btf, t->fixup_kfunc_btf_id[i].kfunc, BTF_KIND_FUNC) < 0)
			return t->fixup_kfunc_btf_id[i].kfunc;
	return NULL;
}

/* false: something the test needs cannot be had; the reason is written. */
static bool prepare(struct attempt *a, FILE *out)
{
	struct bpf_test *t = a->t;
	int before = skips;

	door_watch = (struct door_watch){0};
	memset(a->maps, 0xff, sizeof(a->maps));
	a->fds[0] = a->fds[1] = a->btf = -1;
	if (missing_function(t)) {
		fprintf(out, ",\"verdict\":\"skip\",\"message\":\"no kfunc %s\"",
			missing_function(t));
		return false;
	}
#ifdef RUNNER_TAKES_FD_ARRAY
	do_test_fixup(t, a->type, t->insns, a->maps, &a->fds[1]);
#else
	do_test_fixup(t, a->type, t->insns, a->maps);
#endif
	a->insns = t->fill_insns ?: t->insns;
	a->count = t->fill_insns ? t->prog_len : probe_filter_length(t->insns);
	if (skips != before || door_watch.setup_errno) {
		fprintf(out, ",\"verdict\":\"missing\",\"errno\":%d,\"message\":\"%s\"",
			door_watch.setup_errno,
			door_watch.setup_cmd == BPF_BTF_LOAD ? "BTF of a map" : "map");
		return false;
	}
	return true;
}

static void set_options(struct attempt *a, struct bpf_prog_load_opts *o)
{
	struct bpf_test *t = a->t;

	o->prog_flags = BPF_F_TEST_RND_HI32;
#ifdef RUNNER_TESTS_INVARIANTS
	o->prog_flags |= BPF_F_TEST_REG_INVARIANTS;
#endif
	if (t->flags & F_LOAD_WITH_STRICT_ALIGNMENT)
		o->prog_flags |= BPF_F_STRICT_ALIGNMENT;
	if (t->flags & F_NEEDS_EFFICIENT_UNALIGNED_ACCESS)
		o->prog_flags |= BPF_F_ANY_ALIGNMENT;
	if (t->flags & ~7)
		o->prog_flags |= t->flags & ~7;
	o->expected_attach_type = t->expected_attach_type;
	if (a->fds[1] >= 0)
		o->fd_array = a->fds;
	if (a->btf >= 0)
		o->prog_btf_fd = a->btf;
	if (t->func_info_cnt) {
		o->func_info = t->func_info;
		o->func_info_cnt = t->func_info_cnt;
		o->func_info_rec_size = sizeof(t->func_info[0]);
	}
	o->log_buf = log_text;
	o->log_size = LOG_BYTES;
}

/* Level 2 of a large program overflows any log: then the statistics alone. */
static void load(struct attempt *a)
{
	LIBBPF_OPTS(bpf_prog_load_opts, o);
	struct bpf_test *t = a->t;

	set_options(a, &o);
	if ((a->type == BPF_PROG_TYPE_TRACING || a->type == BPF_PROG_TYPE_LSM) && t->kfunc) {
		int id = libbpf_find_vmlinux_btf_id(t->kfunc, o.expected_attach_type);

		o.attach_btf_id = id > 0 ? id : 0;
	}
	if (a->unprivileged)
		door_privileged(false);
	for (int level = 2; level <= 4; level += 2) {
		o.log_level = level;
		log_text[0] = 0;
		a->fd = bpf_prog_load(a->type, NULL, "GPL", a->insns, a->count, &o);
		a->err = a->fd < 0 ? errno : 0;
		if (a->err != ENOSPC)
			break;
	}
	if (a->unprivileged)
		door_privileged(true);
}

static void run_loaded(struct attempt *a, FILE *out)
{
	struct bpf_test *t = a->t;
	int n = t->runs < 0 ? 0 : t->runs ?: 1;

	fprintf(out, ",\"runs\":[");
	for (int i = 0; i < n; i++) {
		uint8_t back[TEST_DATA_LEN << 2];
		uint32_t want = a->unprivileged && t->retvals[i].retval_unpriv
					? t->retvals[i].retval_unpriv
					: t->retvals[i].retval;
		LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = t->retvals[i].data,
			    .data_size_in = TEST_DATA_LEN, .data_out = back,
			    .data_size_out = sizeof(back), .repeat = 1);

		if (i)
			fputc(',', out);
		worker_run_once(out, a->fd, &o, want, want == POINTER_VALUE);
	}
	fprintf(out, "]");
}

/* Is the expected text in the log? Parts are separated by tabs. */
static void judge_message(struct attempt *a, FILE *out)
{
	struct bpf_test *t = a->t;
	const char *want = a->unprivileged && t->errstr_unpriv ? t->errstr_unpriv : t->errstr;
	const char *parts[32];
	unsigned int n = 0;
	char *copy, *save;

	if (!want || !*want)
		return;
	copy = strdup(want);
	for (char *p = strtok_r(copy, "\t", &save); p && n < ARRAY_SIZE(parts);
	     p = strtok_r(NULL, "\t", &save))
		parts[n++] = p;
	fprintf(out, ",\"text\":%s", worker_log_has(log_text, parts, n) ? "true" : "false");
	free(copy);
}

static void release(struct attempt *a)
{
	close(a->fd);
	close(a->btf);
	for (int i = 0; i < MAX_NR_MAPS; i++)
		if (a->maps[i] >= 0)
			close(a->maps[i]);
	free(a->t->fill_insns);
	a->t->fill_insns = NULL;
}

static void run(const struct suite *s, unsigned int i, FILE *out)
{
	struct bpf_test *t = table[i].test;
	struct attempt a = {.t = t, .type = type_of(t), .fd = -1, .unprivileged = s->unprivileged};

	if (s->unprivileged && !test_as_unpriv(t)) {
		fprintf(out, ",\"verdict\":\"none\"");
		return;
	}
	if (!prepare(&a, out)) {
		release(&a);
		return;
	}
	if (t->btf_types[0]) {
		a.btf = load_btf_for_test(t);
		if (a.btf < 0)
			fprintf(out, ",\"btf_errno\":%d", errno);
	}
	load(&a);
	if (worker_lacks_type(a.type, a.err, log_text)) {
		fprintf(out,
			",\"verdict\":\"missing\",\"errno\":%d,\"message\":\"no program of type "
			"%d\"",
			a.err, a.type);
		release(&a);
		return;
	}
	fprintf(out, ",\"verdict\":\"%s\",\"errno\":%d", a.fd < 0 ? "reject" : "accept", a.err);
	if (a.fd < 0)
		worker_last_line(out, log_text);
	worker_log(out, log_text);
	if (expects_reject(t, s->unprivileged) == (a.fd < 0))
		judge_message(&a, out);
	if (a.fd >= 0)
		run_loaded(&a, out);
	release(&a);
}

int main(int argc, char **argv)
{
	struct suite s = {.identify = identify, .run = run, .seconds = 60};
	int door = argc > 1 ? door_by_name(argv[1]) : -1;
	FILE *out = fdopen(dup(STDOUT_FILENO), "w");

	if (door < 0 || !out) {
		fprintf(stderr, "usage: arrays kernel|cygnet [unprivileged]\n");
		return 2;
	}
	s.door = door;
	s.unprivileged = argc > 2;
	/* Upstream's code talks on stdout. */
	if (!freopen("/dev/null", "w", stdout))
		return 1;
	setvbuf(out, NULL, _IOFBF, 1 << 20);
	libbpf_set_print(NULL);
	log_text = malloc(LOG_BYTES);
	bpf_semi_rand_init();
	s.count = find_tests();
	return log_text && !worker_run(&s, out) ? 0 : 1;
}
