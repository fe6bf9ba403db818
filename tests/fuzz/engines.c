// SPDX-License-Identifier: BSD-2-Clause
/*
 * engines raw|verified SEED COUNT [inputs=N] [seconds=N] [out=DIR] [harvest=FILE]: random programs
 * through every engine, COUNT runs of them; a run is one input of one program on all engines,
 * whose results, memory and maps must be equal. A worker does it, so that one that crashes or hangs
 * is a finding like others. What is found is made small and written to DIR as a file for `engines
 * replay FILE...`; `show raw|verified SEED` writes the program of a seed.
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/alloc.h"
#include "core/helper.h"
#include "fuzz/edges.h"
#include "fuzz/engine.h"
#include "fuzz/gen.h"
#include "fuzz/gen_raw.h"
#include "fuzz/verified.h"
#include "vm/instance.h"

#define INPUTS   64
#define HANGS    20    /* seconds after which a program does */
#define REOPEN   10000 /* verified programs: an instance's tables only grow */
#define FINDINGS 20
#define HARVEST  2000
#define BUDGET   (1u << 20)

/* What nobody has set: nothing may depend on it. */
static const u64 poisons[] = {0, 0xa5c3a5c35a5a0bb1ull, ~0xa5c3a5c35a5a0bb1ull};

/* Between worker and supervisor. */
struct shared {
	u64 seed; /* at which the worker is */
	u32 input;
	u64 programs, runs, refused, passed_on[ENGINE_KINDS];
	char what[160];
};

struct fuzz {
	bool verified;
	u32 inputs;
	double until; /* 0: no limit */
	const char *dir;
	struct shared *sh;
	struct program p, small, tried;
	struct verified v;
	bool open;
	struct program *harvest;
	u32 harvest_count;
};

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* raw programs --------------------------------------------------------------------- */

static void fill(u64 *mem, u64 seed)
{
	struct rng rng = rng_seeded(seed * 31);
	u32 n = RAW_MEMORY / 8;

	for (u32 i = 0; i < n; i++)
		mem[i] = i && rng_chance(&rng, 6) ? mem[rng_below(&rng, i)] : rng_number(&rng);
}

struct outcome {
	int err;
	u32 insn; /* where it faulted */
	u64 ret;
	u64 mem[RAW_MEMORY / 8];
};

static void run_raw_at(const struct engine_set *s, u32 kind, const u64 *mem,
		       struct run_watch *watch, void *at, struct outcome *o)
{
	struct run run = {.image = s->image,
			  .env = &engine_raw_env,
			  .ctx = at,
			  .ctx_size = RAW_MEMORY,
			  .cpu = 3,
			  .possible_cpus = 4,
			  .budget = BUDGET,
			  .watch = watch};

	memcpy(at, mem, RAW_MEMORY);
	o->ret = 0;
	o->err = engine_set_run(s, kind, &run, &o->ret);
	o->insn = run.fault.insn;
	if (at != o->mem)
		memcpy(o->mem, at, RAW_MEMORY);
}

static void run_raw(const struct engine_set *s, u32 kind, const u64 *mem, struct run_watch *watch,
		    struct outcome *o)
{
	run_raw_at(s, kind, mem, watch, o->mem, o);
}

static bool same(const struct outcome *a, const struct outcome *b)
{
	return a->err == b->err && a->ret == b->ret && !memcmp(a->mem, b->mem, RAW_MEMORY);
}

static bool compare_raw(const struct engine_set *s, u64 seed, char what[160])
{
	u64 mem[RAW_MEMORY / 8];
	struct outcome first, other;

	fill(mem, seed);
	run_raw(s, ENGINE_IS_CHECKED, mem, NULL, &first);
	for (u32 k = 0; k < ENGINE_KINDS; k++) {
		if (k == ENGINE_IS_CHECKED || !engine_set_has(s, k))
			continue;
		run_raw(s, k, mem, NULL, &other);
		if (same(&first, &other))
			continue;
		snprintf(what, 160,
			 "%s: %d, %#llx; checked interpreter: %d, %#llx; features %#x, flags %#x",
			 engine_names[k], other.err, (unsigned long long)other.ret, first.err,
			 (unsigned long long)first.ret, s->options.features, s->options.flags);
		return false;
	}
	return true;
}

static u64 elsewhere[ARRAY_SIZE(poisons)][RAW_MEMORY / 8 + 13];

/* Is it safe, and does it depend on nothing that it was not given? */
static bool is_sound(const struct engine_set *s, u64 seed, char what[160])
{
	u64 mem[RAW_MEMORY / 8];
	struct outcome a, b;
	bool is = true;

	fill(mem, seed);
	run_raw(s, ENGINE_IS_CHECKED, mem, NULL, &a);
	for (u32 i = 0; i < ARRAY_SIZE(poisons); i++) {
		struct run_watch w = {.poison = poisons[i]};

		/* Elsewhere, too: no address may show. */
		run_raw_at(s, ENGINE_IS_CHECKED, mem, &w, elsewhere[i], &b);
		is &= same(&a, &b);
	}
	if (!a.err && is)
		return true;
	snprintf(what, 160, "no sound program: %s (%u)",
		 a.err ? "it faults" : "it uses what nobody has set", a.insn);
	return false;
}

/* 0: equal on inputs [from, to); 1: not; 2: not a program to be compared; 3: not compiled. */
static int try_raw(struct fuzz *f, const struct program *p, u32 from, u32 to, bool sound)
{
	struct image *img = engine_raw_image(p);
	struct engine_set s;
	int err, ret = 0;

	if (!img)
		return 2;
	if (sound) {
		s = (struct engine_set){.image = img};
		ret = engine_raw_whole(img) ? 0 : 2;
		for (u32 i = from; i < to && !ret; i++)
			ret = is_sound(&s, p->seed + i, f->sh->what) ? 0 : 2;
	}
	err = ret ? 0 : engine_set_init(&s, img, NULL, p->seed);
	if (err && err != -EOPNOTSUPP)
		snprintf(f->sh->what, sizeof(f->sh->what), "compiling fails: errno %d", -err);
	if (err)
		ret = err == -EOPNOTSUPP ? 3 : 1;
	for (u32 k = ENGINE_IS_BASELINE; !ret && k < ENGINE_KINDS; k++)
		f->sh->passed_on[k] += !s.native[k];
	for (u32 i = from; i < to && !ret; i++) {
		f->sh->input = i;
		f->sh->runs++;
		ret = compare_raw(&s, p->seed + i, f->sh->what) ? 0 : 1;
	}
	if (ret < 2 && !err)
		engine_set_fini(&s);
	base_free(img);
	return ret;
}

/* verified programs ---------------------------------------------------------------------- */

static bool reopen(struct fuzz *f)
{
	if (f->open)
		verified_close(&f->v);
	f->open = !verified_open(&f->v);
	return f->open;
}

/*
 * Does it depend on what nobody has set? Some rights let a program do that (the other half of a
 * slot of which a constant was stored counts as set).
 */
static bool is_independent(struct fuzz *f, const struct program *p, u32 from, u32 to)
{
	u64 digests[ARRAY_SIZE(poisons)];

	for (u32 i = 0; i < ARRAY_SIZE(poisons); i++) {
		if (!reopen(f) || verified_load(&f->v, p, p->seed))
			return false;
		digests[i] = verified_digest(&f->v, p, from, to, poisons[i]);
		verified_drop(&f->v);
	}
	return digests[0] == digests[1] && digests[0] == digests[2] && reopen(f);
}

/* Does it ask for time, chance, stacks or foreign memory? Two runs of it are not alike. */
static bool varies(const struct program *p)
{
	static const u16 asks[] = {
		BPF_FUNC_ktime_get_ns,
		BPF_FUNC_ktime_get_boot_ns,
		BPF_FUNC_ktime_get_coarse_ns,
		BPF_FUNC_ktime_get_tai_ns,
		BPF_FUNC_jiffies64,
		BPF_FUNC_get_prandom_u32,
		BPF_FUNC_get_smp_processor_id,
		BPF_FUNC_get_numa_node_id,
		BPF_FUNC_get_stackid,
		BPF_FUNC_get_stack,
		BPF_FUNC_get_current_task,
		BPF_FUNC_get_current_task_btf,
		BPF_FUNC_probe_read,
		BPF_FUNC_probe_read_kernel,
		BPF_FUNC_probe_read_user,
		BPF_FUNC_probe_read_str,
		BPF_FUNC_probe_read_user_str,
		BPF_FUNC_probe_read_kernel_str,
		BPF_FUNC_get_func_ip,
	};

	for (u32 i = 0; i < p->count; i++)
		for (u32 k = 0; k < ARRAY_SIZE(asks); k++)
			if (p->insn[i].code == (BPF_JMP | BPF_CALL) && !p->insn[i].src_reg &&
			    p->insn[i].imm == asks[k])
				return true;
	return p->varies;
}

/* As try_raw(). */
static int try_verified(struct fuzz *f, const struct program *p, u32 from, u32 to, bool sound)
{
	int err, ret = 0;

	if (varies(p) || (sound && !is_independent(f, p, from, to)))
		return 2;
	if (!f->open && !reopen(f))
		return 2;
	err = verified_load(&f->v, p, p->seed);
	if (err)
		return err == -EOPNOTSUPP ? 3 : 2;
	for (u32 k = ENGINE_IS_BASELINE; k < ENGINE_KINDS; k++)
		f->sh->passed_on[k] += !f->v.set.native[k];
	for (u32 i = from; i < to && !ret; i++) {
		f->sh->input = i;
		ret = verified_run(&f->v, p, p->seed + i, f->sh->what);
		f->sh->runs += !ret;
	}
	if (!ret)
		ret = verified_compare_maps(&f->v, f->sh->what);
	verified_drop(&f->v);
	if (ret == -EAGAIN) {
		reopen(f);
		return 2;
	}
	return ret;
}

static void make(struct fuzz *f, u64 seed, struct program *p)
{
	struct rng rng = rng_seeded(~seed);

	if (!f->verified) {
		gen_raw(seed, p);
		return;
	}
	if (f->harvest_count) {
		*p = f->harvest[rng_below(&rng, f->harvest_count)];
		for (u32 n = rng_below(&rng, 4); n; n--)
			gen_mutate(&rng, p);
	} else {
		gen_program(seed, false, p);
		if (rng_chance(&rng, 8))
			gen_mutate(&rng, p);
	}
	p->seed = seed;
}

static int try(struct fuzz *f, const struct program *p, u32 from, u32 to, bool sound)
{
	return f->verified ? try_verified(f, p, from, to, sound) : try_raw(f, p, from, to, sound);
}

/* the worker ------------------------------------------------------------------------------- */

static void work(struct fuzz *f, u64 first, u64 runs)
{
	struct shared *sh = f->sh;

	for (u64 seed = first; sh->runs < runs; seed++) {
		int ret;

		if (f->until && seconds() > f->until)
			break;
		sh->seed = seed;
		sh->input = 0;
		if (f->verified && sh->programs % REOPEN == REOPEN - 1 && !reopen(f))
			_exit(2);
		alarm(HANGS);
		make(f, seed, &f->p);
		ret = try(f, &f->p, 0, f->inputs, false);
		sh->programs++;
		sh->refused += ret >= 2;
		if (ret == 1)
			_exit(1);
	}
	_exit(0);
}

/* making it small ------------------------------------------------------------------------------ */

/* In a child, as it may crash: does it still differ, crash or hang? */
static bool differs(struct fuzz *f, const struct program *p, u32 from, u32 to)
{
	int status;
	pid_t child = fork();

	if (!child) {
		alarm(5);
		_exit(try(f, p, from, to, true));
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return false;
	return WIFSIGNALED(status) || WEXITSTATUS(status) == 1;
}

static bool depends(struct fuzz *f, u32 from, u32 to)
{
	int status;
	pid_t child = fork();

	if (!child)
		_exit(is_independent(f, &f->p, from, to));
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       !WEXITSTATUS(status);
}

/* f->small: f->p without what the finding does not need. */
static void minimise(struct fuzz *f, u32 from, u32 to)
{
	bool smaller = true;

	f->small = f->p;
	while (smaller) {
		smaller = false;
		for (u32 n = MAX(f->small.count / 2, 1u); n; n /= 2)
			for (u32 at = 0; at + n <= f->small.count && f->small.count > n;) {
				f->tried = f->small;
				program_cut(&f->tried, at, n);
				if (!differs(f, &f->tried, from, to)) {
					at++;
					continue;
				}
				f->small = f->tried;
				smaller = true;
			}
	}
}

static void keep(struct fuzz *f, u64 seed, const char *why, u32 from, u32 to)
{
	char path[400];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s-%llu.txt", f->dir, f->verified ? "verified" : "raw",
		 (unsigned long long)seed);
	out = fopen(path, "w");
	printf("# BUG seed %llu, input %u: %s; %s\n", (unsigned long long)seed, from, why, path);
	if (!out)
		out = stdout;
	fprintf(out, "# %s, seed %llu, inputs %u to %u: %s\n# inputs %llu %u %u\n",
		f->verified ? "verified" : "raw", (unsigned long long)seed, from, to - 1, why,
		(unsigned long long)f->small.seed, from, to);
	program_write(&f->small, out);
	if (out != stdout)
		fclose(out);
	fflush(stdout);
}

/*
 * Makes it small and keeps it. False: it is none, but a program that shows what nobody has set; so
 * does one that does not differ again with fresh maps, most likely.
 */
static bool found(struct fuzz *f, int status)
{
	u64 seed = f->sh->seed;
	u32 from = f->sh->input, to = from + 1;
	bool again = false;
	char why[200];

	if (WIFSIGNALED(status))
		snprintf(why, sizeof(why), "signal %d", WTERMSIG(status));
	else
		snprintf(why, sizeof(why), "%s", f->sh->what);
	printf("# finding at seed %llu, input %u: %s\n", (unsigned long long)seed, from, why);
	fflush(stdout);
	make(f, seed, &f->p);
	if (!differs(f, &f->p, from, to)) {
		from = 0;
		to = f->inputs;
	}
	f->small = f->p;
	if (differs(f, &f->p, from, to)) {
		minimise(f, from, to);
		again = true;
	} else if (f->verified && depends(f, from, to)) {
		return false;
	}
	keep(f, seed, why, from, to);
	return again || !f->verified || WIFSIGNALED(status);
}

/* all of it -------------------------------------------------------------------------------------
 */

static void tell(const struct fuzz *f, double took)
{
	const struct shared *sh = f->sh;

	printf("# %s: %llu programs (%llu refused), %llu runs on all engines, %.0f runs/s; not "
	       "compiled by baseline %llu, optimising %llu\n",
	       f->verified ? "verified" : "raw", (unsigned long long)sh->programs,
	       (unsigned long long)sh->refused, (unsigned long long)sh->runs, sh->runs / took,
	       (unsigned long long)sh->passed_on[ENGINE_IS_BASELINE],
	       (unsigned long long)sh->passed_on[ENGINE_IS_OPTIMISING]);
	fflush(stdout);
}

static int supervise(struct fuzz *f, u64 first, u64 runs)
{
	double start = seconds();
	u32 findings = 0;

	for (;;) {
		int status;
		pid_t worker = fork();

		if (!worker)
			work(f, first, runs);
		for (u32 n = 1; waitpid(worker, &status, WNOHANG) == 0; n++) {
			usleep(20000);
			if (n % 3000 == 0)
				tell(f, seconds() - start);
		}
		if (WIFEXITED(status) && WEXITSTATUS(status) != 1)
			break;
		findings += found(f, status);
		first = f->sh->seed + 1;
		if (findings == FINDINGS)
			break;
	}
	tell(f, seconds() - start);
	return findings != 0;
}

static void replay(struct fuzz *f, const char *path, u32 n)
{
	FILE *in = fopen(path, "r");
	unsigned long long seed = 1;
	u32 from = 0, to = INPUTS;
	char line[256];
	bool ok = in;
	int ret = 2;

	while (ok && fgets(line, sizeof(line), in))
		if (sscanf(line, "# inputs %llu %u %u", &seed, &from, &to) == 3)
			break;
	if (in)
		rewind(in);
	ok = ok && program_read(&f->p, in);
	if (in)
		fclose(in);
	f->p.seed = seed;
	f->verified = f->p.type != BPF_PROG_TYPE_UNSPEC;
	if (ok)
		ret = try(f, &f->p, from, to, true);
	printf("%sok %u - %s\n", ret ? "not " : "", n,
	       strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	if (ret)
		printf("# %s\n", *f->sh->what ? f->sh->what : "cannot be run");
}

/* All programs of edges.c: TAP. */
static int run_edges(struct fuzz *f)
{
	u32 n = 0, failed = 0;

	for (; edge_program(n, &f->p) && failed < 10; n++) {
		int status = try(f, &f->p, 0, f->inputs, true);

		f->sh->programs++;
		if (!status)
			continue;
		failed++;
		printf("# edge %u: %s\n", n, f->sh->what);
		program_write(&f->p, stdout);
	}
	printf("%sok 1 - %u programs at edges, %llu runs on all engines; not compiled by baseline "
	       "%llu, "
	       "optimising %llu\n1..1\n",
	       failed ? "not " : "", n, (unsigned long long)f->sh->runs,
	       (unsigned long long)f->sh->passed_on[ENGINE_IS_BASELINE],
	       (unsigned long long)f->sh->passed_on[ENGINE_IS_OPTIMISING]);
	return failed != 0;
}

static void read_harvest(struct fuzz *f, const char *path)
{
	FILE *in = fopen(path, "r");

	f->harvest = calloc(HARVEST, sizeof(*f->harvest));
	while (in && f->harvest && f->harvest_count < HARVEST &&
	       program_read(&f->harvest[f->harvest_count], in))
		f->harvest_count++;
	if (in)
		fclose(in);
}

static int usage(void)
{
	fprintf(stderr, "usage: engines raw|verified SEED RUNS [inputs=N] [seconds=N] [out=DIR] "
			"[harvest=FILE]\n"
			"       engines show raw|verified SEED\n"
			"       engines replay FILE...\n"
			"       engines edges\n");
	return 2;
}

static void options(struct fuzz *f, int argc, char **argv)
{
	for (int i = 4; i < argc; i++) {
		if (!strncmp(argv[i], "inputs=", 7))
			f->inputs = MAX((u32)atoi(argv[i] + 7), 1u);
		else if (!strncmp(argv[i], "seconds=", 8))
			f->until = seconds() + atof(argv[i] + 8);
		else if (!strncmp(argv[i], "out=", 4))
			f->dir = argv[i] + 4;
		else if (!strncmp(argv[i], "harvest=", 8))
			read_harvest(f, argv[i] + 8);
	}
}

int main(int argc, char **argv)
{
	struct fuzz *f = calloc(1, sizeof(*f));
	const char *mode = argc > 2 ? argv[1] : "";

	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	f->inputs = INPUTS;
	f->dir = ".";
	f->sh = mmap(NULL, sizeof(*f->sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	core_helpers_init();
	if (!strcmp(mode, "replay")) {
		for (int i = 2; i < argc; i++)
			replay(f, argv[i], (u32)i - 1);
		printf("1..%d\n", argc - 2);
		return 0;
	}
	if (argc > 1 && !strcmp(argv[1], "edges")) {
		f->inputs = 8;
		return run_edges(f);
	}
	if (argc < 4)
		return usage();
	if (!strcmp(mode, "show")) {
		f->verified = !strcmp(argv[2], "verified");
		make(f, strtoull(argv[3], NULL, 0), &f->p);
		program_write(&f->p, stdout);
		return 0;
	}
	f->verified = !strcmp(mode, "verified");
	if (!f->verified && strcmp(mode, "raw"))
		return usage();
	options(f, argc, argv);
	return supervise(f, strtoull(argv[2], NULL, 0), strtoull(argv[3], NULL, 0));
}
