// SPDX-License-Identifier: BSD-2-Clause
/*
 * From an object file to a program's first result, as a user meets it.
 *
 *	start [-r REPS] CYGNET PLAIN.o CORE.o BTF
 *
 * In this process: libbpf opens and loads the object, bpf(2) runs the program
 * once, in an instance as cygnet_new() makes it by default and in the kernel.
 * BTF is the reduced file that `cygnet test` keeps of the kernel's types for
 * CORE.o. And as the command: `cygnet test`, from fork to exit. Rows of
 * build/bench.json; ms by the clock on the wall, medians over REPS of the least
 * of SLICES.
 */
#include <getopt.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "jit/engine.h"

#define REPS_MOST 99
#define SLICES    20

extern char **environ;
static int reps = 7;

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* 0, or the program did not come to a result. */
static int first_result(const char *path, const char *btf)
{
	struct bpf_object_open_opts how = {.sz = sizeof(how), .btf_custom_path = btf};
	struct bpf_object *obj = bpf_object__open_file(path, &how);
	unsigned char out[PACKET_BYTES];
	struct bpf_program *p;
	int err = !obj;

	if (!err)
		err = bpf_object__load(obj);
	if (!err) {
		struct bpf_test_run_opts o = {.sz = sizeof(o)};

		p = bpf_object__next_program(obj, NULL);
		if (bpf_program__type(p) == BPF_PROG_TYPE_XDP) {
			o.data_in = packet;
			o.data_out = out;
			o.data_size_in = 64;
			o.data_size_out = sizeof(out);
		}
		err = bpf_prog_test_run_opts(bpf_program__fd(p), &o);
	}
	bpf_object__close(obj);
	return err;
}

static int command(const char *cygnet, const char *path, bool with_packet)
{
	static const char segment[] = "hex:020000000001020000000002080045000032000100004006000"
				      "00a0000010a00000204d2005000000001000000015010010000000000"
				      "78787878787878787878";
	const char *argv[] = {cygnet,  "test", path, with_packet ? "--data-in" : NULL,
			      segment, NULL};
	posix_spawn_file_actions_t quiet;
	int status = 1;
	pid_t pid;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", 1 /* O_WRONLY */, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", 1, 0);
	if (!posix_spawn(&pid, cygnet, &quiet, NULL, (char **)argv, environ))
		waitpid(pid, &status, 0);
	posix_spawn_file_actions_destroy(&quiet);
	return status;
}

struct start {
	const char *cygnet, *path, *btf;
	bool packet;
};

/* ms of one start; < 0: there is none. */
static double once(const struct start *s, int engine)
{
	double start = now_ms();

	if (engine == ENGINES ? command(s->cygnet, s->path, s->packet)
			      : first_result(s->path, s->btf))
		return -1;
	return now_ms() - start;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The first start is not counted: what it leaves in caches is there for all others. */
static double median_ms(const struct start *s, int engine)
{
	double ms[REPS_MOST];

	if (engine < ENGINES)
		engine_select(engine);
	if (once(s, engine) < 0)
		return -1;
	for (int i = 0; i < reps; i++)
		for (int k = 0; k < SLICES; k++) {
			double t = once(s, engine);

			if (!k || t < ms[i])
				ms[i] = t;
		}
	qsort(ms, (size_t)reps, sizeof(*ms), compare);
	return ms[reps / 2];
}

static void print_row(const char *name, double ours, double kernel)
{
	if (ours < 0)
		fprintf(stderr, "bench: %s: no result\n", name);
	if (ours < 0)
		return;
	printf("{\"group\":\"jit\",\"name\":\"%s\",\"unit\":\"ms\",\"cygnet\":%.3f", name, ours);
	if (kernel >= 0)
		printf(",\"kernel\":%.3f", kernel);
	printf(",\"reps\":%d}\n", reps);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct start plain = {.packet = true}, core = {0};

	for (int c; (c = getopt(argc, argv, "r:")) >= 0;)
		reps = c == 'r' ? atoi(optarg) : 0;
	if (argc - optind != 4 || reps < 1 || reps > REPS_MOST)
		engine_fail("usage: start [-r REPS] CYGNET PLAIN.o CORE.o BTF", NULL);
	plain.cygnet = core.cygnet = argv[optind];
	plain.path = argv[optind + 1];
	core.path = argv[optind + 2];
	core.btf = argv[optind + 3];
	memset(packet, 0, sizeof(packet));
	engine_start_default();
	print_row("first result, in a process", median_ms(&plain, CYGNET),
		  engine_there(KERNEL) ? median_ms(&plain, KERNEL) : -1);
	print_row("first result with CO-RE, in a process", median_ms(&core, CYGNET),
		  engine_there(KERNEL) ? median_ms(&core, KERNEL) : -1);
	print_row("first result, cygnet test", median_ms(&plain, ENGINES), -1);
	print_row("first result with CO-RE, cygnet test", median_ms(&core, ENGINES), -1);
	return 0;
}
