// SPDX-License-Identifier: BSD-2-Clause
/*
 * The engines. libbpf loads one program of an object at a time, into an instance
 * or into the kernel: its calls of syscall(2) resolve to this program's own, which
 * hands bpf(2) to the engine at work. Times are this thread's CPU time, so that
 * others at work on the machine are not counted.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <cygnet/cygnet.h>
#include "engine.h"
#include "jit/jit.h"
#include "vm/engine.h"
#include "vm/instance.h"
#include "vm/object.h"

#define ELEMENTS      256 /* of each map */
#define KEY_MOST      64
#define COMMAND_TRIES 5
#define RING_RUNS     1500 /* fill less than a ring of 1 MiB */

const char *const engine_names[ENGINES] = {"cygnet", "gpr",    "baseline", "interp",
					   "kernel", "native", "clang",    "dpdk"};
unsigned char packet[PACKET_BYTES];
static struct cygnet *inst[ENGINES];
static bool there[ENGINES];
static enum engine at_work = KERNEL;

/* this process as bpf(2)'s caller ------------------------------------------------ */

static long raw_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

__attribute__((visibility("default"))) long syscall(long nr, ...)
{
	long a[6], ret;
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (nr == SYS_bpf && inst[at_work])
		ret = cygnet_bpf(inst[at_work], (int)a[0], (void *)a[1], (unsigned)a[2]);
	else
		ret = raw_syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (ret < 0 && ret > -4096) {
		errno = (int)-ret;
		return -1;
	}
	return ret;
}

void engine_select(enum engine e)
{
	at_work = e;
}

void engine_fail(const char *what, const char *more)
{
	fprintf(stderr, "bench: %s%s%s\n", what, more ? ": " : "", more ? more : "");
	exit(1);
}

double thread_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

bool engine_there(enum engine e)
{
	return there[e];
}

static bool kernel_loads(void)
{
	struct bpf_insn insns[2] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K},
				    {.code = BPF_JMP | BPF_EXIT}};
	int fd;

	engine_select(KERNEL);
	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "null", "GPL", insns, 2, NULL);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

void engine_start(const char *dpdk)
{
	static const unsigned how[] = {ENGINE_JIT, ENGINE_JIT, ENGINE_BASELINE, ENGINE_INTERP};

	libbpf_set_print(NULL);
	for (int e = CYGNET; e <= INTERP; e++) {
		struct cygnet_opts opts = {.sz = sizeof(opts), .engine = how[e]};

		there[e] = !cygnet_new(&opts, &inst[e]);
		if (!there[e])
			fprintf(stderr, "bench: no instance for %s\n", engine_names[e]);
	}
	there[KERNEL] = kernel_loads();
	if (!there[KERNEL])
		fprintf(stderr, "bench: the kernel's bpf(2) is root's: no column for it\n");
	there[NATIVE] = there[CLANG] = true;
	there[DPDK] = dpdk && dpdk_start(dpdk);
	if (!there[DPDK])
		fprintf(stderr, "bench: no librte_bpf: no column for it\n");
}

void engine_start_default(void)
{
	libbpf_set_print(NULL);
	there[CYGNET] = !cygnet_new(NULL, &inst[CYGNET]);
	there[KERNEL] = kernel_loads();
}

/* maps --------------------------------------------------------------------------- */

/* The same contents everywhere: of element i, i * i in all words of its value. */
static void fill(const struct bpf_map *m)
{
	size_t size = bpf_map__value_size(m);
	unsigned n = bpf_map__max_entries(m), step;
	unsigned char key[KEY_MOST] = {0};
	uint64_t *value;

	step = bpf_map__type(m) == BPF_MAP_TYPE_HASH ? 3 : 1;
	size = (size + 7) / 8 * 8 * 256; /* as many CPUs as there may be */
	value = malloc(size);
	if (!value || bpf_map__key_size(m) > KEY_MOST)
		engine_fail("a map of that kind", bpf_map__name(m));
	for (uint64_t i = 0; i < ELEMENTS && i < n; i++) {
		uint64_t k = i * step;

		memcpy(key, &k, bpf_map__key_size(m) < 8 ? bpf_map__key_size(m) : 8);
		for (size_t w = 0; w < size / 8; w++)
			value[w] = i * i;
		if (bpf_map_update_elem(bpf_map__fd(m), key, value, 0))
			engine_fail("no element of", bpf_map__name(m));
	}
	free(value);
}

/* A ring has room again when somebody has consumed. */
static void map_ring(struct loaded *l, const struct bpf_map *m)
{
	long page = sysconf(_SC_PAGESIZE);
	int fd = bpf_map__fd(m);

	l->consumed = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	l->produced = mmap(NULL, (size_t)page, PROT_READ, MAP_SHARED, fd, page);
	if (l->consumed == MAP_FAILED || l->produced == MAP_FAILED)
		engine_fail("cannot map the ring", bpf_map__name(m));
	l->most = RING_RUNS;
}

static void unmap_ring(struct loaded *l)
{
	long page = sysconf(_SC_PAGESIZE);

	if (!l->consumed)
		return;
	munmap((void *)l->consumed, (size_t)page);
	munmap((void *)l->produced, (size_t)page);
}

static void drain(const struct loaded *l)
{
	if (l->consumed)
		*l->consumed = *l->produced;
}

static bool uses(const struct bpf_program *p, const struct bpf_map *m)
{
	const struct bpf_insn *insns = bpf_program__insns(p);

	for (size_t i = 0; i < bpf_program__insn_cnt(p); i++)
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) &&
		    insns[i].src_reg == BPF_PSEUDO_MAP_FD && insns[i].imm == bpf_map__fd(m))
			return true;
	return false;
}

/* The program of a suite that another one goes to. */
static void set_next(const struct loaded *l, const struct bpf_map *m)
{
	struct bpf_program *p = bpf_object__find_program_by_name(l->obj, ENGINE_NEXT);
	int fd = p ? bpf_program__fd(p) : -1, zero = 0;

	if (bpf_map_update_elem(bpf_map__fd(m), &zero, &fd, 0))
		engine_fail("no program in", bpf_map__name(m));
}

static void make_contents(struct loaded *l, const struct bpf_program *p, const struct bpf_map *m)
{
	if (!uses(p, m))
		return;
	switch (bpf_map__type(m)) {
	case BPF_MAP_TYPE_PROG_ARRAY: set_next(l, m); break;
	case BPF_MAP_TYPE_RINGBUF: map_ring(l, m); break;
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		if (!bpf_map__is_internal(m))
			fill(m);
		break;
	default: break;
	}
}

/* Settings that the packages' own loaders write before they load. */
static void settle(struct bpf_object *obj)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, obj)
	{
		size_t size;
		unsigned char *data = (unsigned char *)bpf_map__initial_value(m, &size);

		bpf_map__set_pin_path(m, NULL);
		/* xdp-dispatcher: ten programs, after each of which comes the next. */
		if (data && strstr(bpf_map__name(m), ".rodata") && size == 124) {
			data[2] = 10;
			memset(data + 4, 0xff, 40);
		}
	}
}

/* programs ------------------------------------------------------------------------ */

/* Cygnet's object behind a program's descriptor. */
static struct prog_object *own_program(enum engine e, int fd)
{
	struct bpf_prog_info info = {0};
	unsigned len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return NULL;
	return object_prog(object_by_id(inst[e], OBJECT_PROG, info.id));
}

/* The options that the engine compiles with. */
static struct jit_options options_of(enum engine e)
{
	struct jit_options o = jit_host();

	if (e == GPR)
		o.flags |= JIT_GPR_ONLY;
	if (e == BASELINE)
		o.tier = JIT_TIER_BASELINE;
	return o;
}

/* Native code without vector registers takes the place of what the instance would make. */
static bool make_gpr_only(struct prog_object *p)
{
	struct jit_options o = options_of(GPR);
	struct map *const *views;
	struct jit_code *code;
	struct diag why;
	int err;

	diag_init(&why);
	if (prog_object_views(p, &views) || jit_compile(p->image, views, &o, &code, &why))
		return false;
	prog_object_cool(p);
	err = jit_link(code, p->image, views, &p->native);
	jit_code_free(code);
	p->native_tried = true;
	return !err;
}

static bool load_bpf(enum engine e, const char *path, const char *program, struct loaded *l)
{
	struct bpf_program *p, *wanted = NULL;
	struct bpf_map *m;

	engine_select(e);
	l->obj = bpf_object__open(path);
	if (!l->obj)
		return false;
	settle(l->obj);
	bpf_object__for_each_program(p, l->obj)
	{
		bool it = !strcmp(bpf_program__name(p), program);
		bool next = !strcmp(bpf_program__name(p), ENGINE_NEXT);

		bpf_program__set_autoload(p, it || (next && strstr(program, "tail")));
		wanted = it ? p : wanted;
	}
	if (!wanted || bpf_object__load(l->obj))
		return false;
	l->fd = bpf_program__fd(wanted);
	l->insns = (unsigned)bpf_program__insn_cnt(wanted);
	l->own = inst[e] ? own_program(e, l->fd) : NULL;
	if (inst[e] && !l->own)
		return false;
	bpf_object__for_each_map(m, l->obj) make_contents(l, wanted, m);
	return e != GPR || make_gpr_only(l->own);
}

bool engine_load(enum engine e, const struct suite *s, const char *program, struct loaded *out,
		 const char **why)
{
	struct loaded l = {.engine = e, .fd = -1};
	bool ok;

	*why = NULL;
	if (e <= KERNEL) {
		ok = load_bpf(e, s->object, program, &l);
		*why = "refused";
	} else if (e == DPDK) {
		ok = s->dpdk && dpdk_load(s->dpdk, program, &l, why);
	} else {
		const char *path = e == NATIVE ? s->native : s->clang;

		ok = path && native_load(path, program, &l);
	}
	if (!ok) {
		engine_unload(&l);
		return false;
	}
	*out = l;
	return true;
}

void engine_unload(struct loaded *l)
{
	engine_select(l->engine);
	unmap_ring(l);
	bpf_object__close(l->obj);
	if (l->peer)
		dpdk_unload(l);
	memset(l, 0, sizeof(*l));
}

/* ns of one bpf(2) call, < 0 when it fails. */
static double call_bpf(struct loaded *l, unsigned repeat, uint32_t *result)
{
	static unsigned char out[PACKET_BYTES + 512];
	struct bpf_test_run_opts o = {.sz = sizeof(o),
				      .data_in = packet,
				      .data_size_in = PACKET_BYTES,
				      .data_out = out,
				      .data_size_out = sizeof(out),
				      .repeat = (int)repeat};
	double start;

	engine_select(l->engine);
	start = thread_ns();
	if (bpf_prog_test_run_opts(l->fd, &o))
		return -1;
	start = thread_ns() - start;
	*result = o.retval;
	l->told = o.duration;
	return start;
}

/*
 * The command itself costs as much as thousands of runs in the kernel, which
 * patches its dispatcher when there is more than one run: what a call for two
 * takes is not counted.
 */
static double run_bpf(struct loaded *l, unsigned repeat, uint32_t *result)
{
	double ns;

	for (; l->tries < COMMAND_TRIES; l->tries++) {
		ns = call_bpf(l, 2, result);
		if (ns < 0)
			return -1;
		if (!l->tries || ns < l->command)
			l->command = ns;
	}
	drain(l);
	ns = call_bpf(l, repeat, result);
	if (ns < 0)
		return -1;
	if (l->most) /* few runs, long ones: its own measure is better */
		return l->told;
	return ns > l->command ? (ns - l->command) / (repeat - 2) : 0;
}

/* What the program's context is where it is called as C: bench/jit/program.h. */
struct wide_context {
	uint64_t data, data_end, data_meta;
	uint32_t ingress_ifindex, rx_queue_index, egress_ifindex;
};

static double run_call(struct loaded *l, unsigned repeat, uint32_t *result)
{
	static unsigned char copy[PACKET_BYTES];
	struct wide_context ctx = {
		(uintptr_t)copy, (uintptr_t)copy + PACKET_BYTES, (uintptr_t)copy, 1, 0, 0};
	uint64_t ret = 0;
	double start;

	memcpy(copy, packet, PACKET_BYTES);
	start = thread_ns();
	for (unsigned i = 0; i < repeat; i++)
		ret = l->call(&ctx);
	*result = (uint32_t)ret;
	return (thread_ns() - start) / repeat;
}

double engine_run(struct loaded *l, unsigned repeat, uint32_t *result)
{
	if (l->most && repeat > l->most)
		repeat = l->most;
	drain(l);
	return l->call ? run_call(l, repeat, result) : run_bpf(l, repeat, result);
}

/* machine code -------------------------------------------------------------------- */

static void dump(const char *name, enum engine e, const void *bytes, unsigned size)
{
	char path[96];
	FILE *f;

	if (!getenv("DUMP") || strcmp(getenv("DUMP"), name))
		return;
	snprintf(path, sizeof(path), "%s.%s.bin", name, engine_names[e]);
	f = fopen(path, "wb");
	if (!f || fwrite(bytes, 1, size, f) != size || fclose(f))
		engine_fail("cannot write", path);
}

static unsigned own_size(const struct loaded *l, const char *name)
{
	struct jit_options o = options_of(l->engine);
	struct map *const *views;
	struct jit_code *code;
	struct diag why;
	unsigned size;

	diag_init(&why);
	if (prog_object_views(l->own, &views) || jit_compile(l->own->image, views, &o, &code, &why))
		return 0;
	size = code->size;
	dump(name, l->engine, code->bytes, size);
	jit_code_free(code);
	return size;
}

double engine_compile(const struct loaded *l)
{
	struct jit_options o = options_of(l->engine);
	struct jit_linked *linked = NULL;
	struct jit_code *code = NULL;
	struct map *const *views;
	struct diag why;
	double start;
	int err;

	diag_init(&why);
	if (!l->own || prog_object_views(l->own, &views))
		return -1;
	start = thread_ns();
	err = jit_compile(l->own->image, views, &o, &code, &why);
	err = err ?: jit_link_in(l->own->o.inst->code, code, l->own->image, views, &linked);
	start = thread_ns() - start;
	jit_code_free(code);
	jit_linked_free(linked);
	return err ? -1 : start;
}

static unsigned kernel_size(const struct loaded *l, const char *name)
{
	static unsigned char code[1 << 18];
	struct bpf_prog_info info = {.jited_prog_len = sizeof(code),
				     .jited_prog_insns = (uintptr_t)code};
	unsigned len = sizeof(info);

	engine_select(KERNEL);
	if (bpf_obj_get_info_by_fd(l->fd, &info, &len))
		return 0;
	dump(name, KERNEL, code, info.jited_prog_len);
	return info.jited_prog_len;
}

unsigned engine_code_size(const struct loaded *l, const char *program)
{
	if (l->engine == KERNEL)
		return kernel_size(l, program);
	if (l->engine == DPDK)
		return dpdk_code_size(l);
	return l->own && l->engine != INTERP ? own_size(l, program) : 0;
}
