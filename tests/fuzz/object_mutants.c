// SPDX-License-Identifier: BSD-2-Clause
/*
 * object_mutants COUNT SEED OBJECT...: mutated objects through all that `cygnet
 * run` does before its command starts: check, libbpf, BTF_LOAD, MAP_CREATE,
 * PROG_LOAD, attach. Each in a child of its own: it may refuse or accept the
 * mutant, with a message when it refuses; it may not crash, hang or stay silent.
 * Same seed, same mutants; a failing one is kept and named.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/unit.h"
#include "cygnet/cygnet.h"
#include "shim/backend.h"

const struct command *const commands[] = {NULL}; /* the command's table is not linked here */

#define SECONDS 20 /* a child that takes longer hangs */

static u64 state;

static u64 next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static u64 below(u64 n)
{
	return n ? next() % n : 0;
}

struct file {
	u8 *data;
	size_t size;
};

static struct file slurp(const char *path)
{
	struct file f = {0};
	FILE *in = fopen(path, "rb");
	struct stat st;

	if (!in || fstat(fileno(in), &st)) {
		perror(path);
		exit(2);
	}
	f.size = st.st_size;
	f.data = malloc(f.size);
	if (fread(f.data, 1, f.size, in) != f.size)
		exit(2);
	fclose(in);
	return f;
}

/* A place worth hitting: the header, the section table, or a section chosen evenly. */
static size_t somewhere(const struct file *f)
{
	u64 shoff;
	u16 n;

	memcpy(&shoff, f->data + 40, 8);
	memcpy(&n, f->data + 60, 2);
	if (f->size < 64 || shoff > f->size || n > 200 || shoff + n * 64ull > f->size)
		return below(f->size);
	switch (below(8)) {
	case 0: return below(64);
	case 1: return shoff + below(n * 64ull);
	default: {
		u64 off, size;

		memcpy(&off, f->data + shoff + 64 * below(n) + 24, 8);
		memcpy(&size, f->data + shoff + 64 * below(n) + 32, 8);
		return off < f->size ? off + below(MIN(size, f->size - off)) : below(f->size);
	}
	}
}

static void mutate(struct file *f)
{
	static const u64 odd[] = {0,    1,      7,          8,          0x7f,       0x80,
				  0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, ~0ull};
	int times = 1 + below(4);

	while (times--) {
		size_t at = somewhere(f), n = 1ull << below(4);

		if (at + n > f->size)
			continue;
		switch (below(6)) {
		case 0: f->data[at] ^= 1 << below(8); break;
		case 1: f->data[at] = next(); break;
		case 2: memcpy(f->data + at, &odd[below(ARRAY_SIZE(odd))], n); break;
		case 3: {
			u64 v = 0;

			memcpy(&v, f->data + at, n);
			v += (s64)below(33) - 16;
			memcpy(f->data + at, &v, n);
			break;
		}
		case 4: memcpy(f->data + at, f->data + below(f->size - n), n); break;
		case 5:
			if (!below(8))
				f->size = 1 + below(f->size);
			break;
		}
	}
}

/* The child: 0 accepted, 1 refused with a message. */
static int attempt(const char *path)
{
	struct unit_opts opts = {0};
	struct cygnet *inst;
	struct bpf_unit u;
	int err;

	if (cygnet_new(NULL, &inst))
		return 3;
	shim_use_instance(inst);
	err = unit_open(&u, path, &opts);
	err = err ?: unit_load(&u, &opts);
	err = err ?: unit_attach(&u, &opts);
	unit_close(&u);
	shim_use_instance(NULL);
	cygnet_free(inst);
	return err ? 1 : 0;
}

static bool run_one(const char *path, const char *messages, unsigned *accepted)
{
	int st, fd;
	struct stat said;
	pid_t pid = fork();

	if (!pid) {
		struct rlimit cpu = {SECONDS, SECONDS}, core = {0, 0};

		setrlimit(RLIMIT_CPU, &cpu);
		setrlimit(RLIMIT_CORE, &core);
		alarm(3 * SECONDS);
		fd = open(messages, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		dup2(fd, 2);
		exit(attempt(path));
	}
	waitpid(pid, &st, 0);
	if (!WIFEXITED(st) || WEXITSTATUS(st) > 1)
		return false;
	*accepted += !WEXITSTATUS(st);
	/* refused in silence is a failure too */
	return !WEXITSTATUS(st) || (!stat(messages, &said) && said.st_size > 0);
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 3 ? strtoul(argv[1], NULL, 0) : 0,
		      seed = argc > 3 ? strtoul(argv[2], NULL, 0) : 0;
	char dir[] = "/tmp/cygnet-mutants-XXXXXX", path[128], messages[128];
	unsigned accepted = 0, failed = 0;

	if (!count) {
		fprintf(stderr, "usage: object_mutants COUNT SEED OBJECT...\n");
		return 2;
	}
	if (!mkdtemp(dir))
		return 2;
	setenv("XDG_CACHE_HOME", dir, 1);
	snprintf(messages, sizeof(messages), "%s/messages", dir);
	for (unsigned long i = 0; i < count; i++) {
		struct file f = slurp(argv[3 + i % (argc - 3)]);
		FILE *out;

		state = (seed + i) * 0x9e3779b97f4a7c15ull + 1;
		for (int n = 0; n < 8; n++)
			next();
		mutate(&f);
		snprintf(path, sizeof(path), "%s/%lu.bpf.o", dir, i);
		out = fopen(path, "wb");
		fwrite(f.data, 1, f.size, out);
		fclose(out);
		if (run_one(path, messages, &accepted)) {
			unlink(path);
		} else {
			FILE *in = fopen(messages, "r");
			char line[256];

			printf("# mutant %lu of %s failed, kept as %s\n", seed + i,
			       argv[3 + i % (argc - 3)], path);
			for (int n = 0; n < 12 && in && fgets(line, sizeof(line), in); n++)
				printf("#   %s", line);
			if (in)
				fclose(in);
			if (++failed >= 20)
				break;
		}
		free(f.data);
	}
	printf("%sok 1 - %lu mutants: %u accepted, the rest refused with a message, %u failed\n",
	       failed ? "not " : "", count, accepted, failed);
	unlink(messages);
	return failed ? 1 : 0;
}
