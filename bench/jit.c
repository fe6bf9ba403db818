// SPDX-License-Identifier: BSD-2-Clause
/*
 * Native code beside the kernel's: the programs of an object, the very same
 * instructions on both, by BPF_PROG_TEST_RUN, in turns within one process.
 *
 *	jit OBJECT [REPS]
 *
 * Prints a row of build/bench.json per program: ns per run less those of the
 * first program; medians. Columns: cygnet (native), interp, kernel. A second
 * row has the bytes of code. DUMP=NAME writes that program's code to NAME.bin
 * and the kernel's to NAME.kernel.bin.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <bpf/libbpf.h>
#include <cygnet/cygnet.h>
#include "jit/jit.h"
#include "vm/instance.h"
#include "vm/object.h"

#define BYTES  1500
#define MAPS   16
#define TIME   2000000 /* ns that one measurement should take */
#define REPEAT 1000000u

enum engine {
	NATIVE,
	INTERP,
	KERNEL,
	ENGINES
};
static struct cygnet *inst[ENGINES];
static struct bpf_object *obj;
static int map_fd[ENGINES][MAPS];
static unsigned char packet[BYTES];

static int call(enum engine e, int cmd, union bpf_attr *a)
{
	if (e == KERNEL)
		return (int)syscall(SYS_bpf, cmd, a, sizeof(*a));
	return cygnet_bpf(inst[e], cmd, a, sizeof(*a));
}

static void fail(const char *what)
{
	fprintf(stderr, "jit: %s\n", what);
	exit(1);
}

/* The maps as the kernel has them, with the same contents in all. */
static void make_maps(enum engine e)
{
	struct bpf_map *m;
	int n = 0;

	bpf_object__for_each_map(m, obj)
	{
		union bpf_attr a = {.map_type = bpf_map__type(m),
				    .key_size = bpf_map__key_size(m),
				    .value_size = bpf_map__value_size(m),
				    .max_entries = bpf_map__max_entries(m)};

		if (n == MAPS)
			fail("too many maps");
		map_fd[e][n] = e == KERNEL ? bpf_map__fd(m) : call(e, BPF_MAP_CREATE, &a);
		if (map_fd[e][n] < 0)
			fail("no map");
		for (unsigned long i = 0; i < 256; i++) {
			unsigned long key = bpf_map__type(m) == BPF_MAP_TYPE_HASH ? i * 3 : i;
			unsigned long value[256];
			union bpf_attr u = {.map_fd = (unsigned)map_fd[e][n],
					    .key = (unsigned long)&key,
					    .value = (unsigned long)value};

			for (int k = 0; k < 256; k++)
				value[k] = i * i;
			if (call(e, BPF_MAP_UPDATE_ELEM, &u))
				fail("no element");
		}
		n++;
	}
}

static int load(enum engine e, const struct bpf_program *p)
{
	size_t n = bpf_program__insn_cnt(p);
	struct bpf_insn *insns = malloc(n * sizeof(*insns));
	union bpf_attr a = {.prog_type = BPF_PROG_TYPE_XDP,
			    .insn_cnt = (unsigned)n,
			    .insns = (unsigned long)insns,
			    .license = (unsigned long)"GPL"};
	int fd;

	memcpy(insns, bpf_program__insns(p), n * sizeof(*insns));
	for (size_t i = 0; i < n; i++)
		for (int m = 0; insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) && m < MAPS; m++)
			if (insns[i].src_reg == BPF_PSEUDO_MAP_FD && map_fd[KERNEL][m] &&
			    insns[i].imm == map_fd[KERNEL][m]) {
				insns[i].imm = map_fd[e][m];
				break;
			}
	fd = call(e, BPF_PROG_LOAD, &a);
	free(insns);
	if (fd < 0)
		fail(bpf_program__name(p));
	return fd;
}

/* ns per run; *result its value. */
static double run(enum engine e, int fd, unsigned repeat, unsigned *result)
{
	static unsigned char out[BYTES + 512];
	union bpf_attr a = {.test = {.prog_fd = (unsigned)fd,
				     .repeat = repeat,
				     .data_in = (unsigned long)packet,
				     .data_size_in = BYTES,
				     .data_out = (unsigned long)out,
				     .data_size_out = sizeof(out)}};

	if (call(e, BPF_PROG_TEST_RUN, &a))
		fail("a run failed");
	*result = a.test.retval;
	return a.test.duration;
}

static void dump(const char *name, const char *suffix, const void *bytes, unsigned size)
{
	char path[64];
	FILE *f;

	if (!getenv("DUMP") || strcmp(getenv("DUMP"), name))
		return;
	snprintf(path, sizeof(path), "%s%s.bin", name, suffix);
	f = fopen(path, "wb");
	if (!f || fwrite(bytes, 1, size, f) != size || fclose(f))
		fail("cannot write the code");
}

/* Bytes of code of the program last loaded. */
static unsigned native_size(const char *name)
{
	struct object_table *progs = &inst[NATIVE]->objects[OBJECT_PROG];
	struct prog_object *p =
		container_of(progs->by_id.data[progs->by_id.len - 1], struct prog_object, o);
	struct jit_options host = jit_host();
	struct map *const *views;
	struct jit_code *code;
	struct diag why;
	unsigned size;

	diag_init(&why);
	if (prog_object_views(p, &views) || jit_compile(p->image, views, &host, &code, &why))
		return 0;
	size = code->size;
	dump(name, "", code->bytes, size);
	jit_code_free(code);
	return size;
}

static unsigned kernel_size(const char *name, int fd)
{
	static unsigned char code[1 << 16];
	struct bpf_prog_info info = {.jited_prog_len = sizeof(code),
				     .jited_prog_insns = (unsigned long)code};
	union bpf_attr a = {.info = {.bpf_fd = (unsigned)fd,
				     .info_len = sizeof(info),
				     .info = (unsigned long)&info}};

	if (call(KERNEL, BPF_OBJ_GET_INFO_BY_FD, &a))
		return 0;
	dump(name, ".kernel", code, info.jited_prog_len);
	return info.jited_prog_len;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const struct bpf_program *p, int reps, double median[ENGINES],
		    unsigned size[ENGINES])
{
	double times[ENGINES][99];
	unsigned result[ENGINES], repeat[ENGINES];
	int fd[ENGINES];

	for (int e = 0; e < ENGINES; e++) {
		double ns;

		fd[e] = load(e, p);
		ns = run(e, fd[e], 50, &result[e]);
		repeat[e] = (unsigned)(TIME / (ns + 1));
		repeat[e] = repeat[e] < 20 ? 20 : repeat[e] > REPEAT ? REPEAT : repeat[e];
	}
	if (strcmp(bpf_program__name(p), "copy") &&
	    (result[NATIVE] != result[KERNEL] || result[INTERP] != result[KERNEL]))
		fail("results differ");
	size[NATIVE] = native_size(bpf_program__name(p));
	size[KERNEL] = kernel_size(bpf_program__name(p), fd[KERNEL]);
	for (int i = 0; i < reps; i++)
		for (int e = 0; e < ENGINES; e++)
			times[e][i] = run(e, fd[e], repeat[e], &result[e]);
	for (int e = 0; e < ENGINES; e++) {
		qsort(times[e], (size_t)reps, sizeof(double), compare);
		median[e] = times[e][reps / 2];
		close(fd[e]);
	}
}

int main(int argc, char **argv)
{
	static const struct cygnet_opts opts[] = {{.sz = sizeof(opts[0]), .engine = 2},
						  {.sz = sizeof(opts[0]), .engine = 1}};
	int reps = argc > 2 ? atoi(argv[2]) : 5;
	double null[ENGINES], ns[ENGINES];
	unsigned size[ENGINES];
	struct bpf_program *p;
	bool first = true;

	if (argc < 2 || reps < 1 || reps > 99)
		fail("usage: jit OBJECT [REPS]");
	for (int i = 0; i < BYTES; i++)
		packet[i] = (unsigned char)(i * 37 % 251 + 1);
	obj = bpf_object__open(argv[1]);
	if (!obj || bpf_object__load(obj))
		fail("the kernel does not load the object (root?)");
	for (int e = 0; e < KERNEL; e++)
		if (cygnet_new(&opts[e], &inst[e]))
			fail("no instance");
	for (int e = KERNEL; e >= 0; e--)
		make_maps(e);
	bpf_object__for_each_program(p, obj)
	{
		measure(p, reps, first ? null : ns, size);
		for (int e = 0; e < ENGINES && !first; e++)
			ns[e] = ns[e] - null[e] > 1 ? ns[e] - null[e] : 1;
		printf("{\"group\":\"jit\",\"name\":\"%s\",\"unit\":\"ns\",\"cygnet\":%.0f,"
		       "\"interp\":%.0f,\"kernel\":%.0f,\"reps\":%d}\n",
		       bpf_program__name(p), first ? null[NATIVE] : ns[NATIVE],
		       first ? null[INTERP] : ns[INTERP], first ? null[KERNEL] : ns[KERNEL], reps);
		printf("{\"group\":\"jit\",\"name\":\"code of "
		       "%s\",\"unit\":\"bytes\",\"cygnet\":%u,"
		       "\"kernel\":%u,\"reps\":1}\n",
		       bpf_program__name(p), size[NATIVE], size[KERNEL]);
		fflush(stdout);
		first = false;
	}
	return 0;
}
