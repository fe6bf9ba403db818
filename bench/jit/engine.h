/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What runs the same program: Cygnet's engines and the kernel, which libbpf
 * loads it into by bpf(2), and peers that take its instructions or its source.
 */
#ifndef BENCH_ENGINE_H
#define BENCH_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

enum engine {
	CYGNET,   /* optimising compiler */
	GPR,      /* the same, for targets: no vector registers */
	BASELINE, /* one pass */
	INTERP,
	KERNEL, /* root only */
	NATIVE, /* gcc -O2, of the source */
	CLANG,  /* clang -O3 -march=native, of the source */
	DPDK,
	ENGINES
};

extern const char *const engine_names[ENGINES]; /* as bench.json's columns */

#define PACKET_BYTES 1500
#define ENGINE_NEXT  "hop" /* of a suite's object: where others go by tail call; before them */

struct prog_object;
struct bpf_object;

struct loaded {
	enum engine engine;
	struct bpf_object *obj;      /* of those that are loaded by bpf(2) */
	int fd;                      /* its program */
	struct prog_object *own;     /* Cygnet's view of it */
	uint64_t (*call)(void *ctx); /* of peers in this process */
	void *peer;                  /* DPDK's handle */
	unsigned insns;              /* as loaded */
	unsigned most;               /* runs between two looks at its rings; 0: any number */
	unsigned told;               /* ns per run, as bpf(2) said at last */
	unsigned tries;
	double command;              /* ns of a command for two runs, the least of `tries` */
	volatile uint64_t *consumed; /* of the ring that it fills */
	volatile uint64_t *produced;
};

/* Files of one suite by engine: objects; a shared object for NATIVE, CLANG; NULL: not there. */
struct suite {
	const char *object, *native, *clang, *dpdk;
};

/*
 * Makes what the engines need: instances, the peers' libraries (`dpdk`: its path, or NULL).
 * What is not there stays out, with a line on stderr.
 */
void engine_start(const char *dpdk);
/* Only CYGNET, which is an instance as it is by default, and the kernel. */
void engine_start_default(void);
bool engine_there(enum engine e);
/* false: the engine does not take the program, *why says why (static, or NULL: no such column). */
bool engine_load(enum engine e, const struct suite *s, const char *program, struct loaded *out,
		 const char **why);
void engine_unload(struct loaded *l);
/* ns of this thread per run of `repeat` > 2; *result is the last one's. < 0: it did not run. */
double engine_run(struct loaded *l, unsigned repeat, uint32_t *result);
/* Bytes of its machine code; 0: unknown. DUMP=program writes them to files. */
unsigned engine_code_size(const struct loaded *l, const char *program);
/* ns of this thread from the image to code that can be called; < 0: it is not compiled. */
double engine_compile(const struct loaded *l);
/* The engine is at work on bpf(2) calls of this process from now on. */
void engine_select(enum engine e);

/* peers (native.c, dpdk.c) */
bool native_load(const char *path, const char *program, struct loaded *out);
bool dpdk_start(const char *path);
bool dpdk_load(const char *object, const char *program, struct loaded *out, const char **why);
void dpdk_unload(struct loaded *l);
unsigned dpdk_code_size(const struct loaded *l);

extern unsigned char packet[PACKET_BYTES];
double thread_ns(void);
void engine_fail(const char *what, const char *more) __attribute__((noreturn));

#endif
