// SPDX-License-Identifier: BSD-2-Clause
/*
 * soundness run|diff SEED COUNT [unprivileged]: programs are generated and loaded; `run` executes
 * what was accepted in the checked interpreter, where a fault, or a register outside what the
 * verification claims of it, is a bug of the verifier; `diff` asks the running kernel too, and
 * makes every disagreement small. `refused` runs what was refused, to see that faults are seen;
 * `show` writes one program; `replay` takes them back from files, with what the kernel said of
 * them.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "fuzz/compare.h"
#include "fuzz/gen.h"
#include "fuzz/runner.h"
#include "vm/instance.h"

#define RUNS    4
#define POISON  0xa5c3a5c35a5a0bb1ull
#define HARVEST 2000  /* programs of real objects at most */
#define SHOWN   40    /* differences made small */
#define MOST    10000 /* instructions of a verification, where no verdict is compared */
#define REOPEN  20000 /* programs: an instance's tables only grow */

struct totals {
	u64 programs, accepted, runs, faults, helpers, budgets;
	u64 kinship[KINSHIPS];
};

struct fuzz {
	struct side ours, kernel;
	struct runner r;
	struct totals n;
	bool unprivileged, verbose, compared;
	struct comparison c;
	struct program p;
	struct program *harvest; /* programs of real objects; NULL: none */
	u32 harvest_count;
};

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
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

/* From what was harvested, or made up. */
static void make(struct fuzz *f, u64 seed)
{
	struct rng rng = rng_seeded(~seed);

	if (f->harvest_count) {
		f->p = f->harvest[rng_below(&rng, f->harvest_count)];
		f->p.varies = true;
		for (u32 n = rng_below(&rng, 4); n; n--)
			gen_mutate(&rng, &f->p);
		return;
	}
	gen_program(seed, f->unprivileged, &f->p);
	if (rng_chance(&rng, 4))
		gen_mutate(&rng, &f->p);
}

static void report(struct fuzz *f, u64 seed)
{
	printf("# BUG seed %llu%s: ", (unsigned long long)seed,
	       f->unprivileged ? " unprivileged" : "");
	runner_tell(&f->r, stdout);
	printf("\n");
	program_write(&f->p, stdout);
	fflush(stdout);
}

/* What the program may do and the instance cannot yet, or not for so long. */
static bool is_excused(struct fuzz *f)
{
	if (f->r.found != FOUND_FAULT)
		return false;
	if (f->r.fault.kind == FAULT_NO_HELPER) {
		f->n.helpers++;
		return true;
	}
	if (f->r.fault.kind == FAULT_BUDGET) {
		f->n.budgets++;
		return true;
	}
	return false;
}

static void execute(struct fuzz *f, u64 seed)
{
	for (u32 n = 0; n < RUNS; n++) {
		u32 first;

		f->r.watch.poison = POISON;
		if (runner_run(&f->r, &f->p, seed + n) == -EOPNOTSUPP)
			return;
		f->n.runs++;
		first = f->r.retval;
		if (!f->r.found && f->unprivileged && !f->p.varies && !f->p.map_count) {
			f->r.watch.poison = ~POISON;
			runner_run(&f->r, &f->p, seed + n);
			f->n.runs++;
			if (!f->r.found && f->r.retval != first)
				f->r.found = FOUND_DEPENDENCE;
		}
		if (!f->r.found)
			continue;
		if (!is_excused(f)) {
			f->n.faults++;
			report(f, seed);
		}
		return;
	}
}

/* Both sides anew: what maps remember of programs must be the same. */
static int reopen(struct fuzz *f)
{
	u64 steps = f->r.steps, checks = f->r.checks;
	int err;

	if (f->ours.log)
		side_close(&f->ours);
	if (f->kernel.log)
		side_close(&f->kernel);
	err = side_open(&f->ours, false, f->unprivileged, f->compared);
	if (!err && f->compared)
		err = side_open(&f->kernel, true, f->unprivileged, true);
	if (err)
		return err;
	runner_init(&f->r, &f->ours);
	f->ours.inst->most = f->compared ? 0 : MOST;
	f->r.steps = steps;
	f->r.checks = checks;
	return 0;
}

static void summary(const struct fuzz *f, double took)
{
	printf("# %llu programs, %llu accepted, %llu runs, %llu instructions, %llu held against "
	       "claims; %llu bugs; "
	       "%llu lacked a helper, %llu went on for too long; %.0f programs/s\n",
	       (unsigned long long)f->n.programs, (unsigned long long)f->n.accepted,
	       (unsigned long long)f->n.runs, (unsigned long long)f->r.steps,
	       (unsigned long long)f->r.checks, (unsigned long long)f->n.faults,
	       (unsigned long long)f->n.helpers, (unsigned long long)f->n.budgets,
	       f->n.programs / took);
	fflush(stdout);
}

static void run(struct fuzz *f, u64 first, u64 count)
{
	double start = seconds();

	for (u64 seed = first; seed < first + count; seed++) {
		double begun = seconds();
		int err;

		if (f->n.programs % REOPEN == REOPEN - 1 && reopen(f))
			return;
		make(f, seed);
		err = runner_load(&f->r, &f->p, seed % 2);
		f->n.programs++;
		if (f->verbose && seconds() - begun > 0.002)
			printf("slow: seed %llu, %u instructions, %.1f ms, errno %d\n",
			       (unsigned long long)seed, f->p.count, 1e3 * (seconds() - begun),
			       -err);
		if (f->n.programs % 1000000 == 0)
			summary(f, seconds() - start);
		if (err)
			continue;
		f->n.accepted++;
		execute(f, seed);
		runner_drop(&f->r);
	}
	summary(f, seconds() - start);
}

/* With refused programs kept and run: does the oracle see what is wrong with them? */
static void run_refused(struct fuzz *f, u64 first, u64 count)
{
	u64 refused = 0, seen = 0;

	for (u64 seed = first; seed < first + count; seed++) {
		u32 before = f->n.programs;

		make(f, seed);
		if (!runner_load(&f->r, &f->p, false)) {
			runner_drop(&f->r);
			continue;
		}
		f->ours.inst->keep_refused = true;
		if (!runner_load(&f->r, &f->p, false)) {
			refused++;
			for (u32 n = 0; n < RUNS && f->n.programs == before; n++) {
				runner_run(&f->r, &f->p, seed + n);
				if (f->r.found && f->r.fault.kind != FAULT_NO_HELPER)
					f->n.programs++;
			}
			seen += f->n.programs != before;
			runner_drop(&f->r);
		}
		f->ours.inst->keep_refused = false;
	}
	printf("# %llu refused programs run, %llu of them caught\n", (unsigned long long)refused,
	       (unsigned long long)seen);
	f->n.faults = seen < refused / 10;
}

/* What the kernel said, kept in the file: "# expect ERRNO MESSAGE". */
static bool read_expected(const char *path, struct verdict *v)
{
	FILE *in = fopen(path, "r");
	char line[SIDE_LAST + 32];
	bool found = false;

	while (in && !found && fgets(line, sizeof(line), in)) {
		int at = 0;

		line[strcspn(line, "\n")] = 0;
		found = sscanf(line, "# expect %d %n", &v->err, &at) == 1;
		if (found)
			snprintf(v->last, sizeof(v->last), "%s", at ? line + at : "");
	}
	if (in)
		fclose(in);
	return found;
}

static void replay(struct fuzz *f, const char *path, u32 number)
{
	struct verdict want = {0}, have = {0};
	FILE *in = fopen(path, "r");
	bool ok = in && program_read(&f->p, in);

	if (in)
		fclose(in);
	ok = ok && read_expected(path, &want);
	if (ok) {
		side_load(&f->ours, &f->p, true, &have);
		if (have.fd >= 0)
			close(have.fd);
		ok = have.err == want.err && !strcmp(have.last, want.last);
	}
	if (ok && !have.err && !runner_load(&f->r, &f->p, true)) {
		u64 before = f->n.faults;

		execute(f, number);
		runner_drop(&f->r);
		ok = f->n.faults == before;
	}
	printf("%sok %u - %s\n", ok ? "" : "not ", number,
	       strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	if (!ok)
		printf("# expected %d %s\n# but got %d %s\n", want.err, want.last, have.err,
		       have.last);
	f->n.faults += !ok;
}

static void tell_agreement(const struct fuzz *f, double took)
{
	const u64 *k = f->n.kinship;

	printf("# %llu programs, %llu accepted by the kernel; %llu alike, %llu with other words, "
	       "%llu with "
	       "another errno, %llu with another verdict; %.0f "
	       "programs/s\n",
	       (unsigned long long)f->n.programs, (unsigned long long)f->n.accepted,
	       (unsigned long long)k[ALIKE], (unsigned long long)k[OTHER_TEXT],
	       (unsigned long long)k[OTHER_ERRNO], (unsigned long long)k[DISAGREE],
	       f->n.programs / took);
	fflush(stdout);
}

static void diff(struct fuzz *f, u64 first, u64 count)
{
	struct comparison *c = &f->c;
	double start = seconds();
	u32 shown = 0;

	*c = (struct comparison){.ours = &f->ours, .kernel = &f->kernel, .words = f->verbose};
	for (u64 seed = first; seed < first + count; seed++) {
		struct compared is;

		if (f->n.programs % REOPEN == REOPEN - 1 && reopen(f))
			return;
		make(f, seed);
		compare(c, &f->p, &is);
		f->n.programs++;
		f->n.accepted += !is.kernels.err;
		f->n.kinship[is.kinship]++;
		if (is.kinship && shown < SHOWN) {
			compare_minimise(c, &f->p);
			compare_tell(c, seed, stdout);
			shown++;
		}
		if (f->n.programs % 10000 == 0)
			tell_agreement(f, seconds() - start);
	}
	tell_agreement(f, seconds() - start);
}

/* A program from a file, with what the kernel says of it. */
static void ask_kernel(struct fuzz *f, const char *path)
{
	FILE *in = fopen(path, "r");

	f->c = (struct comparison){.ours = &f->ours, .kernel = &f->kernel, .words = true};
	if (in && program_read(&f->c.small, in))
		compare_tell(&f->c, 0, stdout);
	if (in)
		fclose(in);
}

static void show(struct fuzz *f, u64 seed)
{
	struct verdict v;

	make(f, seed);
	side_load(&f->ours, &f->p, true, &v);
	printf("# expect %d %s\n", v.err, v.last);
	program_write(&f->p, stdout);
}

static int usage(void)
{
	fprintf(stderr,
		"usage: soundness run|refused|diff|show SEED [COUNT] [unprivileged] [verbose] "
		"[harvest=FILE]\n"
		"       soundness replay|ask[-unprivileged] FILE...\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct fuzz *f = calloc(1, sizeof(*f));
	const char *mode = argc > 2 ? argv[1] : "";
	u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;
	u64 count = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
	bool replays = !strncmp(mode, "replay", 6), asks = !strncmp(mode, "ask", 3);
	int err;

	/* Memory stays with us from one program to the next. */
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	mallopt(M_TOP_PAD, 64 << 20);
	for (int i = 4; i < argc && !replays && !asks; i++) {
		f->unprivileged |= !strcmp(argv[i], "unprivileged");
		f->verbose |= !strcmp(argv[i], "verbose");
		if (!strncmp(argv[i], "harvest=", 8))
			read_harvest(f, argv[i] + 8);
	}
	f->unprivileged |= strstr(mode, "-unprivileged") != NULL;
	f->compared = asks || !strcmp(mode, "diff");
	err = reopen(f);
	if (err) {
		fprintf(stderr, "soundness: no instance: %s\n", strerror(-err));
		return 1;
	}
	if (!strcmp(mode, "show"))
		show(f, seed);
	else if (!strcmp(mode, "diff"))
		diff(f, seed, count);
	else if (!strcmp(mode, "run"))
		run(f, seed, count);
	else if (!strcmp(mode, "refused"))
		run_refused(f, seed, count);
	else if (asks)
		for (int i = 2; i < argc; i++)
			ask_kernel(f, argv[i]);
	else if (replays)
		for (int i = 2; i < argc; i++)
			replay(f, argv[i], (u32)i - 1);
	else
		return usage();
	err = f->n.faults != 0;
	side_close(&f->ours);
	free(f->harvest);
	free(f);
	return err;
}
