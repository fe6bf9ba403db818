// SPDX-License-Identifier: BSD-2-Clause
/*
 * object_mutants [-j WORKERS] [-r CYGNET] COUNT SEED OBJECT...: mutated objects
 * through all that `cygnet disasm` and `cygnet run` do with them: check, libbpf,
 * BTF_LOAD, MAP_CREATE, PROG_LOAD, attach; what is accepted runs on invented
 * events and prints its streams and maps. Each mutant in a child of its own: it
 * may be refused, in one line that names the file, or accepted; nothing may
 * crash, hang or stay silent. With -r every 50th accepted one also watches a
 * real command. Same seed, same mutants; a failing one is kept and named.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "cli/command.h"
#include "cli/dump.h"
#include "cli/notes.h"
#include "cli/stream.h"
#include "cli/summary.h"
#include "cli/unit.h"
#include "cygnet/cygnet.h"
#include "fuzz/events.h"
#include "fuzz/mutate.h"
#include "shim/backend.h"

extern const struct command command_disasm;
const struct command *const commands[] = {&command_disasm, NULL};

#define SECONDS     30 /* a child that takes longer hangs */
#define REAL_EVERY  50
#define FAILED_MOST 20

/* How a child ends; what is not here (a sanitizer's 1 or 23, a signal) is a failure. */
enum outcome {
	ACCEPTED = 40,
	REFUSED,
	SILENT,  /* refused, not in one line that names the file */
	DIRTY,   /* control characters went to the terminal */
	NO_WORLD /* no instance could be made */
};

/* Shared by the workers. */
struct tally {
	u32 accepted, refused, failed, real, runs;
};

static struct tally *tally;
static char dir[] = "/tmp/cygnet-mutants-XXXXXX";
static const char *cygnet;
static unsigned long count, seed;
static unsigned int workers = 1;
static char **objects;
static int object_count;

static u32 add(u32 *n, u32 by)
{
	return __atomic_fetch_add(n, by, __ATOMIC_RELAXED);
}

static void read_object(const char *path, struct mutant *m)
{
	FILE *in = fopen(path, "rb");
	struct stat st;

	if (!in || fstat(fileno(in), &st) || !(m->data = malloc(st.st_size)) ||
	    fread(m->data, 1, st.st_size, in) != st.st_size) {
		perror(path);
		exit(2);
	}
	m->size = st.st_size;
	fclose(in);
}

/* One line since `from` on stderr, of printable characters, with the file's name? */
static bool said_well(off_t from, const char *path)
{
	char line[4096];
	ssize_t n = pread(2, line, sizeof(line) - 1, from);

	if (n <= 0 || line[n - 1] != '\n')
		return false;
	line[n] = 0;
	for (ssize_t i = 0; i < n - 1; i++)
		if ((u8)line[i] < ' ' || line[i] == 0x7f)
			return false;
	return strstr(line, strrchr(path, '/') + 1);
}

/* Has something been printed that no terminal should see? */
static bool is_clean(FILE *printed)
{
	int c;

	rewind(printed);
	while ((c = getc(printed)) != EOF)
		if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
			return false;
	return true;
}

/* As `--set NAME=1` would; what is said of it does not matter here. */
static void set_some_global(struct bpf_unit *u, struct mutant *m)
{
	const struct btf *btf = bpf_object__btf(u->obj);
	char assignment[256] = "none=1";

	for (u32 id = 1, seen = 0; btf && id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (btf_is_var(t) && !mutant_below(m, ++seen))
			snprintf(assignment, sizeof(assignment), "%s=%s",
				 btf__name_by_offset(btf, t->name_off),
				 mutant_below(m, 2) ? "1" : "abc");
	}
	unit_set(u, 1, assignment);
}

static void test_run(struct bpf_unit *u)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, u->obj)
	{
		u8 in[256] = {1, 2, 3}, out[256];
		LIBBPF_OPTS(bpf_test_run_opts, packet, .data_in = in, .data_size_in = sizeof(in),
			    .data_out = out, .data_size_out = sizeof(out));
		LIBBPF_OPTS(bpf_test_run_opts, context, .ctx_in = in, .ctx_size_in = 64);

		bpf_prog_test_run_opts(bpf_program__fd(p), &packet);
		bpf_prog_test_run_opts(bpf_program__fd(p), &context);
	}
}

/* The mutant has been attached: events, and what `run` prints of them. */
static void watch(struct cygnet *inst, struct bpf_unit *u, struct streams *s, struct mutant *m)
{
	add(&tally->runs, events_fire(inst, m));
	test_run(u);
	notes_drain(inst, s->out);
	streams_drain(s);
	dump_maps(inst, u, s->out);
	summary_print(inst, u, s->out);
}

static int run(const char *path, struct mutant *m)
{
	off_t before = lseek(2, 0, SEEK_CUR);
	struct unit_opts opts = {0};
	struct streams streams = {0};
	struct output out;
	struct cygnet *inst;
	struct bpf_unit u;
	int err;

	if (cygnet_new(NULL, &inst) || output_open(&out, NULL, mutant_below(m, 2), false))
		return NO_WORLD;
	shim_use_instance(inst);
	err = unit_open(&u, path, &opts);
	if (!err && !mutant_below(m, 4)) {
		set_some_global(&u, m);
		before = lseek(2, 0, SEEK_CUR);
	}
	err = err ?: unit_load(&u, &opts);
	err = err ?: unit_attach(&u, &opts);
	err = err ?: streams_open(&streams, &u, 1, &out);
	if (err)
		err = said_well(before, path) ? REFUSED : SILENT;
	else
		watch(inst, &u, &streams, m);
	streams_close(&streams);
	unit_close(&u);
	shim_use_instance(NULL);
	cygnet_free(inst);
	output_close(&out);
	return err ?: is_clean(stdout) ? ACCEPTED : DIRTY;
}

static void limits(const char *messages)
{
	struct rlimit cpu = {SECONDS, SECONDS}, core = {0, 0};

	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_CORE, &core);
	alarm(4 * SECONDS); /* where many share the machine */
	dup2(open(messages, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600), 2);
}

static int outcome(pid_t pid)
{
	int st;

	waitpid(pid, &st, 0);
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

static int attempt(const char *path, const char *messages, struct mutant *m)
{
	char *disasm[] = {"disasm", mutant_below(m, 2) ? "--json" : "--", (char *)path, NULL};
	char printed[80];
	pid_t pid = fork();

	if (pid)
		return outcome(pid);
	limits(messages);
	snprintf(printed, sizeof(printed), "%s.out", messages);
	if (!freopen(printed, "w+", stdout))
		_exit(NO_WORLD);
	command_disasm.run(3, disasm);
	exit(run(path, m));
}

/* `cygnet run` of it, watching a command that must not notice. */
static bool watches(const char *path, const char *messages)
{
	static const char want[] = "/\ndone\n";
	char got[64] = "";
	int out[2];
	size_t n = 0;
	ssize_t more;
	pid_t pid;

	if (pipe(out))
		return false;
	pid = fork();
	if (!pid) {
		limits(messages);
		dup2(out[1], 1);
		close(out[0]);
		close(out[1]);
		execl(cygnet, "cygnet", "run", "-o", "/dev/null", path, "--", "sh", "-c",
		      "ls -d /; echo done", NULL);
		_exit(127);
	}
	close(out[1]);
	while (n < sizeof(got) && (more = read(out[0], got + n, sizeof(got) - n)) > 0)
		n += more;
	close(out[0]);
	return !outcome(pid) && n == sizeof(want) - 1 && !memcmp(got, want, n);
}

static void complain(unsigned long i, const char *path, const char *messages, const char *what,
		     int status)
{
	FILE *in = fopen(messages, "r");
	char line[256], all[8192];
	int len = snprintf(all, sizeof(all), "# mutant %lu of %s: %s (%d), kept as %s\n", seed + i,
			   objects[i % object_count], what, status, path);

	for (int n = 0; n < 24 && in && fgets(line, sizeof(line), in); n++)
		len += snprintf(all + len, sizeof(all) - len, "#   %s", line);
	if (in)
		fclose(in);
	fputs(all, stdout);
	fflush(stdout);
	add(&tally->failed, 1);
}

static void one(unsigned long i, const char *messages)
{
	struct mutant m;
	char path[128];
	int status;
	FILE *out;

	read_object(objects[i % object_count], &m);
	mutant_seed(&m, seed + i);
	mutant_change(&m);
	snprintf(path, sizeof(path), "%s/%lu.bpf.o", dir, seed + i);
	out = fopen(path, "wb");
	if (!out || fwrite(m.data, 1, m.size, out) != m.size || fclose(out)) {
		perror(path);
		exit(2);
	}
	status = attempt(path, messages, &m);
	free(m.data);
	if (status == REFUSED) {
		add(&tally->refused, 1);
	} else if (status != ACCEPTED) {
		complain(i, path, messages,
			 status == SILENT  ? "no good message"
			 : status == DIRTY ? "control characters printed"
					   : "failed",
			 status);
		return;
	} else if (!((add(&tally->accepted, 1) + 1) % REAL_EVERY) && cygnet) {
		add(&tally->real, 1);
		if (!watches(path, messages)) {
			complain(i, path, messages, "its run harmed the command", 0);
			return;
		}
	}
	unlink(path);
}

static void work(unsigned int worker)
{
	char messages[64];

	snprintf(messages, sizeof(messages), "%s/messages%u", dir, worker);
	for (unsigned long i = worker; i < count && tally->failed < FAILED_MOST; i += workers)
		one(i, messages);
	unlink(messages);
	_exit(0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

static bool parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "j:r:")) != -1) {
		switch (c) {
		case 'j': workers = strtoul(optarg, NULL, 0); break;
		case 'r': cygnet = optarg; break;
		default: return false;
		}
	}
	if (argc - optind < 3 || !workers)
		return false;
	count = strtoul(argv[optind], NULL, 0);
	seed = strtoul(argv[optind + 1], NULL, 0);
	objects = argv + optind + 2;
	object_count = argc - optind - 2;
	return count;
}

int main(int argc, char **argv)
{
	int bad = 0;

	if (!parse(argc, argv)) {
		fprintf(stderr,
			"usage: object_mutants [-j WORKERS] [-r CYGNET] COUNT SEED OBJECT...\n");
		return 2;
	}
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (tally == MAP_FAILED || !mkdtemp(dir))
		return 2;
	setenv("XDG_CACHE_HOME", dir, 1);
	for (unsigned int w = 0; w < workers; w++)
		if (!fork())
			work(w);
	for (unsigned int w = 0; w < workers; w++) {
		int st;

		wait(&st);
		bad |= st;
	}
	if (!tally->failed)
		nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	bad |= tally->failed || tally->accepted + tally->refused != count;
	printf("%sok 1 - %lu mutants from seed %lu: %u accepted (%u runs, %u beside a command), %u "
	       "refused with a message, %u failed\n",
	       bad ? "not " : "", count, seed, tally->accepted, tally->runs, tally->real,
	       tally->refused, tally->failed);
	return bad != 0;
}
