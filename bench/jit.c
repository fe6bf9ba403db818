// SPDX-License-Identifier: BSD-2-Clause
/*
 * Native code beside its peers': the very same programs, in turns within one
 * process.
 *
 *	jit [-n] [-r REPS] [-g GCC.so] [-c CLANG.so] [-d DPDK.so -p DPDK.o] SUITE.o [REAL.o
 *PROGRAM]...
 *
 * Prints rows of build/bench.json, three per program: ns per run less those of
 * the suite's first program, which is empty; bytes of code; us to compile. Each
 * time is the median over REPS repetitions of the least of SLICES measurements.
 * With -n nothing is measured: TAP tells whether all come to the same results.
 * PROGRAM=name measures one alone; DUMP=name writes its machine code to
 * name.ENGINE.bin.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "jit/engine.h"
#include "vm/object.h"

#define REPS_MOST 99
#define SLICES    3
#define TIME      4000000 /* ns that one measurement should take */
#define RUNS_MOST (1u << 19)
#define RUNS_LESS 20u
#define WARM_UP   50

struct measure {
	double ns[ENGINES];      /* < 0: the engine does not take it */
	double compile[ENGINES]; /* ns; 0: it compiles none */
	unsigned bytes[ENGINES], insns;
	const char *why[ENGINES];
	unsigned wrong;   /* engines that came to another result */
	const char *less; /* what runs it where Cygnet's optimising compiler does not take it */
};

static int reps = 7; /* 0: only results */
static unsigned tested;
static double empty[ENGINES];

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), compare);
	return v[n / 2];
}

/* How many runs make a measurement long enough; the first ones are slower, and some are
 * interrupted. */
static unsigned enough(struct loaded *l)
{
	unsigned n = RUNS_LESS;
	uint32_t result;

	for (int seen = 0; n < RUNS_MOST && seen < SLICES; seen++) {
		double ns = engine_run(l, n, &result);

		if ((l->call ? ns : l->told) * n > TIME / 2)
			continue;
		n *= 2;
		seen = -1;
	}
	return n;
}

/* Is it what the column says? Only Cygnet's own may be less than that, and says so. */
static bool as_named(struct loaded *l, struct measure *m)
{
	if (!l->own || l->engine == INTERP || (l->own->native && engine_compile(l) >= 0))
		return true;
	m->why[l->engine] = "not compiled";
	if (l->engine == CYGNET)
		m->less = l->own->native ? "baseline" : "interp";
	return l->engine == CYGNET;
}

static double compile_ns(const struct loaded *l)
{
	double ns[REPS_MOST];

	for (int i = 0; i < reps; i++)
		for (int k = 0; k < SLICES; k++) {
			double t = engine_compile(l);

			if (!k || t < ns[i])
				ns[i] = t;
		}
	return median(ns, reps);
}

/* Loads the program and runs it a few times; false: it has no column. */
static bool prepare(enum engine e, const struct suite *s, const char *program, struct loaded *l,
		    uint32_t *result, struct measure *m)
{
	m->ns[e] = -1;
	if (!engine_there(e) || !engine_load(e, s, program, l, &m->why[e]))
		return false;
	if (engine_run(l, WARM_UP, result) < 0)
		engine_fail("a run failed", program);
	if (as_named(l, m))
		return true;
	engine_unload(l);
	return false;
}

/* The result that is right: the kernel's, else the interpreter's, else anyone's. */
static uint32_t right_result(const bool has[ENGINES], const uint32_t result[ENGINES])
{
	enum engine e = KERNEL;

	if (!has[e])
		e = INTERP;
	while (!has[e] && e != DPDK)
		e++;
	return result[e];
}

/* Those that take the program and come to the right result stay loaded: has[] says which. */
static void load_all(const struct suite *s, const char *program, struct loaded l[ENGINES],
		     bool has[ENGINES], struct measure *m)
{
	uint32_t result[ENGINES] = {0}, right;

	for (int e = 0; e < ENGINES; e++)
		has[e] = prepare(e, s, program, &l[e], &result[e], m);
	right = right_result(has, result);
	for (int e = 0; e < ENGINES; e++) {
		if (!has[e] || result[e] == right)
			continue;
		fprintf(stderr, "bench: WRONG: %s: %s gives %u, not %u\n", program, engine_names[e],
			result[e], right);
		m->why[e] = "wrong";
		m->wrong++;
		engine_unload(&l[e]);
		has[e] = false;
	}
}

static void look_at_code(const struct loaded *l, const char *program, struct measure *m)
{
	m->bytes[l->engine] = engine_code_size(l, program);
	if ((l->engine == CYGNET && !m->less) || l->engine == BASELINE)
		m->compile[l->engine] = compile_ns(l);
	m->insns = l->insns ? l->insns : m->insns;
}

/* The least of SLICES measurements each, in turns. */
static void take_turns(struct loaded l[ENGINES], const bool has[ENGINES],
		       const unsigned runs[ENGINES], double times[ENGINES])
{
	uint32_t result;

	for (int k = 0; k < SLICES; k++)
		for (int e = 0; e < ENGINES; e++) {
			double ns = has[e] ? engine_run(&l[e], runs[e], &result) : 0;

			if (!k || ns < times[e])
				times[e] = ns;
		}
}

/* Every repetition has programs and maps of its own: where they lie makes a difference. */
static void repeat(const struct suite *s, const char *program, struct loaded l[ENGINES],
		   const bool has[ENGINES], const unsigned runs[ENGINES], struct measure *m)
{
	static double times[REPS_MOST][ENGINES];
	const char *why;

	for (int i = 0; i < reps; i++) {
		for (int e = 0; e < ENGINES && i; e++)
			if (has[e] && !engine_load(e, s, program, &l[e], &why))
				engine_fail("cannot be loaded again", program);
		take_turns(l, has, runs, times[i]);
		for (int e = 0; e < ENGINES; e++)
			if (has[e])
				engine_unload(&l[e]);
	}
	for (int e = 0; e < ENGINES; e++) {
		double column[REPS_MOST];

		for (int i = 0; i < reps; i++)
			column[i] = times[i][e];
		m->ns[e] = has[e] ? median(column, reps) : -1;
	}
}

static void measure(const struct suite *s, const char *program, struct measure *m)
{
	struct loaded l[ENGINES] = {{0}};
	unsigned runs[ENGINES] = {0};
	bool has[ENGINES];

	memset(m, 0, sizeof(*m));
	load_all(s, program, l, has, m);
	for (int e = 0; e < ENGINES; e++) {
		if (!has[e])
			continue;
		m->ns[e] = 0;
		if (!reps) {
			engine_unload(&l[e]);
			continue;
		}
		runs[e] = enough(&l[e]);
		look_at_code(&l[e], program, m);
	}
	if (reps)
		repeat(s, program, l, has, runs, m);
}

static void print_test(const char *name, const struct measure *m)
{
	printf("%sok %u - %s:", m->wrong ? "not " : "", ++tested, name);
	for (int e = 0; e < ENGINES; e++)
		if (m->ns[e] >= 0)
			printf(" %s", engine_names[e]);
	printf("\n");
	fflush(stdout);
}

static void print_row(const char *name, const struct measure *m)
{
	printf("{\"group\":\"jit\",\"name\":\"%s\",\"unit\":\"ns\"", name);
	for (int e = 0; e < ENGINES; e++) {
		double ns = m->ns[e] - empty[e];

		if (m->ns[e] >= 0)
			printf(",\"%s\":%.2f", engine_names[e], ns > 0.1 ? ns : 0.1);
	}
	if (m->less)
		printf(",\"by\":\"%s\"", m->less);
	printf(",\"insns\":%u,\"reps\":%d}\n", m->insns, reps);
	printf("{\"group\":\"jit\",\"name\":\"code of %s\",\"unit\":\"bytes\"", name);
	for (int e = 0; e < ENGINES; e++)
		if (m->bytes[e])
			printf(",\"%s\":%u", engine_names[e], m->bytes[e]);
	printf(",\"reps\":1}\n");
	printf("{\"group\":\"jit\",\"name\":\"compiling %s\",\"unit\":\"us\"", name);
	for (int e = 0; e < ENGINES; e++)
		if (m->compile[e] > 0)
			printf(",\"%s\":%.2f", engine_names[e], m->compile[e] / 1e3);
	printf(",\"insns\":%u,\"reps\":%d}\n", m->insns, reps);
	fflush(stdout);
	for (int e = 0; e < ENGINES && getenv("WHY"); e++)
		if (engine_there(e) && m->why[e] && m->ns[e] < 0)
			fprintf(stderr, "bench: %s: %s: %s\n", name, engine_names[e], m->why[e]);
}

static void print_empty(const struct measure *m)
{
	printf("{\"group\":\"jit\",\"name\":\"(empty program)\",\"unit\":\"ns\"");
	for (int e = 0; e < ENGINES; e++)
		if (m->ns[e] >= 0)
			printf(",\"%s\":%.2f", engine_names[e], m->ns[e]);
	printf(",\"reps\":%d}\n", reps);
}

/* The suite's programs, the empty one first. */
static void measure_suite(const struct suite *s)
{
	struct bpf_object *obj = bpf_object__open(s->object);
	const char *only = getenv("PROGRAM");
	struct bpf_program *p;
	bool first = true;
	struct measure m;

	if (!obj)
		engine_fail("cannot open", s->object);
	for (int i = 0; i < PACKET_BYTES; i++)
		packet[i] = (unsigned char)(i * 37 % 251 + 1);
	bpf_object__for_each_program(p, obj)
	{
		const char *name = bpf_program__name(p);

		if (!strcmp(name, ENGINE_NEXT) || (!first && only && strcmp(only, name)))
			continue;
		measure(s, name, &m);
		if (!reps) {
			print_test(name, &m);
		} else if (first) {
			memcpy(empty, m.ns, sizeof(empty));
			print_empty(&m);
		} else {
			print_row(name, &m);
		}
		first = false;
	}
	bpf_object__close(obj);
}

/* A TCP segment over IPv4, as the programs of xdp-tools want to see one. */
static void make_segment(void)
{
	static const unsigned char headers[] = {
		2,    0,    0, 0,   0, 1, 2,    0, 0,  0, 0, 2, 8,    0, /* Ethernet */
		0x45, 0,    5, 206, 0, 1, 0x40, 0, 64, 6, 0, 0, 10,   0,    0, 1, 10, 0, 0, 2,
		0x04, 0xd2, 0, 80,  0, 0, 0,    1, 0,  0, 0, 1, 0x50, 0x10, 1, 0, 0,  0, 0, 0};

	memset(packet, 'x', sizeof(packet));
	memcpy(packet, headers, sizeof(headers));
}

static void measure_real(const char *object, const char *program)
{
	const char *slash = strrchr(object, '/');
	struct suite s = {.object = object};
	struct measure m;
	char name[64];

	snprintf(name, sizeof(name), "%s", slash ? slash + 1 : object);
	name[strcspn(name, ".")] = 0;
	if (getenv("PROGRAM") && strcmp(getenv("PROGRAM"), name))
		return;
	measure(&s, program, &m);
	if (reps)
		print_row(name, &m);
	else
		print_test(name, &m);
}

int main(int argc, char **argv)
{
	const char *dpdk = NULL;
	struct suite s = {0};

	for (int c; (c = getopt(argc, argv, "nr:g:c:d:p:")) >= 0;)
		switch (c) {
		case 'n': reps = 0; break;
		case 'r': reps = atoi(optarg); break;
		case 'g': s.native = optarg; break;
		case 'c': s.clang = optarg; break;
		case 'd': dpdk = optarg; break;
		case 'p': s.dpdk = optarg; break;
		default: return 2;
		}
	if (optind == argc || reps < 0 || reps > REPS_MOST)
		engine_fail("usage: jit [-n] [-r REPS] [-g GCC.so] [-c CLANG.so] [-d DPDK.so -p "
			    "DPDK.o] "
			    "SUITE.o [REAL.o PROGRAM]...",
			    NULL);
	s.object = argv[optind++];
	engine_start(dpdk);
	measure_suite(&s);
	make_segment();
	for (; optind + 1 < argc; optind += 2)
		measure_real(argv[optind], argv[optind + 1]);
	if (!reps)
		printf("1..%u\n", tested);
	return 0;
}
