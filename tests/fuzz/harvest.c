// SPDX-License-Identifier: BSD-2-Clause
/*
 * harvest OBJECT...: the programs of BPF objects as the fuzzers read them, on stdout. libbpf loads
 * each object into an instance; what it asks of bpf(2) is written down on the way. Type information
 * is left behind, so what needs it is not taken.
 */
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include <cygnet/cygnet.h>
#include "core/client.h"
#include "fuzz/program.h"

#define FDS 4096

static struct cygnet *inst;
static struct map_shape shapes[FDS];
static bool is_map[FDS];
static u32 written;

static long raw_syscall(long nr, const long a[6])
{
	register long r10 __asm__("r10") = a[3];
	register long r8 __asm__("r8") = a[4];
	register long r9 __asm__("r9") = a[5];
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static int map_number(struct program *p, s32 fd)
{
	if (fd < 0 || fd >= FDS || !is_map[fd])
		return -1;
	for (u32 i = 0; i < p->map_count; i++)
		if (!memcmp(&p->maps[i], &shapes[fd], sizeof(shapes[fd])))
			return (int)i;
	if (p->map_count == PROGRAM_MAPS)
		return -1;
	p->maps[p->map_count] = shapes[fd];
	return (int)p->map_count++;
}

/* False: it names something that cannot be written down. */
static bool take_constants(struct program *p)
{
	for (u32 i = 0; i + 1 < p->count; i++) {
		struct bpf_insn *in = &p->insn[i];
		int n;

		if (in->code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		i++;
		if (in->src_reg == 0 || in->src_reg == BPF_PSEUDO_FUNC)
			continue;
		if (in->src_reg != BPF_PSEUDO_MAP_FD && in->src_reg != BPF_PSEUDO_MAP_VALUE)
			return false;
		n = map_number(p, in->imm);
		if (n < 0)
			return false;
		in->imm = n;
		in->src_reg = in->src_reg == BPF_PSEUDO_MAP_FD ? BPF_PSEUDO_MAP_IDX
							       : BPF_PSEUDO_MAP_IDX_VALUE;
	}
	return true;
}

static void take(const union bpf_attr *a)
{
	static struct program p;

	memset(&p, 0, offsetof(struct program, insn));
	if (a->insn_cnt > PROGRAM_INSNS || a->attach_btf_id)
		return;
	p.type = a->prog_type;
	p.attach_type = a->expected_attach_type;
	p.flags = a->prog_flags;
	p.count = a->insn_cnt;
	memcpy(p.insn, u64_to_ptr(a->insns), p.count * sizeof(p.insn[0]));
	if (!take_constants(&p))
		return;
	program_write(&p, stdout);
	printf("---\n");
	written++;
}

static void watch(int cmd, const union bpf_attr *a, long ret)
{
	if (cmd == BPF_PROG_LOAD && a->insn_cnt > 4)
		take(a);
	if (cmd != BPF_MAP_CREATE || ret < 0 || ret >= FDS)
		return;
	is_map[ret] = !a->inner_map_fd && a->map_type != BPF_MAP_TYPE_STRUCT_OPS;
	shapes[ret] = (struct map_shape){a->map_type, a->key_size, a->value_size, a->max_entries,
					 a->map_flags};
}

/* libbpf's way to bpf(2) leads through here. */
long syscall(long nr, ...)
{
	long a[6], ret;
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (nr == SYS_bpf && inst) {
		ret = cygnet_bpf(inst, (int)a[0], (union bpf_attr *)a[1], (unsigned int)a[2]);
		watch((int)a[0], (const union bpf_attr *)a[1], ret);
	} else {
		ret = raw_syscall(nr, a);
	}
	if (ret < 0 && ret > -4096) {
		errno = (int)-ret;
		return -1;
	}
	return ret;
}

/* Programs are offered one at a time: one that is refused must not hide the others. */
static void harvest(const char *path)
{
	struct bpf_object *o = bpf_object__open_file(path, NULL);
	struct bpf_program *p;
	int n = 0;

	if (libbpf_get_error(o))
		return;
	bpf_object__for_each_program(p, o) n++;
	bpf_object__close(o);
	for (int i = 0; i < n; i++) {
		int at = 0;

		o = bpf_object__open_file(path, NULL);
		if (libbpf_get_error(o))
			return;
		bpf_object__for_each_program(p, o) bpf_program__set_autoload(p, at++ == i);
		bpf_object__load(o);
		bpf_object__close(o);
	}
}

int main(int argc, char **argv)
{
	struct cygnet_opts o = {.sz = sizeof(o), .possible_cpus = 2};

	libbpf_set_print(NULL);
	if (cygnet_new(&o, &inst)) {
		fprintf(stderr, "harvest: no instance\n");
		return 1;
	}
	for (int i = 1; i < argc; i++)
		harvest(argv[i]);
	fprintf(stderr, "%u programs\n", written);
	return 0;
}
