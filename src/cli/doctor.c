// SPDX-License-Identifier: BSD-2-Clause
/*
 * cygnet doctor: what this host allows, what each missing thing costs, and the
 * one command that grants it. Every row is one check that is really made.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/libbpf.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/compile.h"
#include "cli/machine.h"
#include "jit/pages.h"

enum verdict {
	OK,
	PARTLY,
	MISSING
};

struct finding {
	enum verdict verdict;
	char detail[256];
	const char *remedy; /* NULL: none needed or none known */
};

struct check {
	const char *name;
	const char *doc; /* what it is needed for */
	void (*run)(struct finding *f);
};

#define PR_SUD         59 /* PR_SET_SYSCALL_USER_DISPATCH */
#define MEMBARRIER_REG 64 /* MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE */

static void say(struct finding *f, enum verdict v, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void say(struct finding *f, enum verdict v, const char *remedy, const char *fmt, ...)
{
	va_list ap;

	f->verdict = v;
	f->remedy = remedy;
	va_start(ap, fmt);
	vsnprintf(f->detail, sizeof(f->detail), fmt, ap);
	va_end(ap);
}

static void check_kernel(struct finding *f)
{
	struct utsname u;

	uname(&u);
	say(f, OK, NULL, "Linux %s %s", u.release, u.machine);
#ifndef __x86_64__
	say(f, PARTLY, NULL, "Linux %s %s: programs run, targets cannot be traced (x86-64 only)",
	    u.release, u.machine);
#endif
}

/* In a child: dispatch is switched on for the process it is tried in. */
static void check_dispatch(struct finding *f)
{
	pid_t pid = fork();
	int st = 0;

	if (!pid) {
		static char selector;

		_exit(prctl(PR_SUD, 1, 0, 0, &selector) ? 1 : 0);
	}
	if (pid > 0 && waitpid(pid, &st, 0) == pid && WIFEXITED(st) && !WEXITSTATUS(st))
		say(f, OK, NULL, "syscall user dispatch works");
	else
		say(f, PARTLY, "a kernel of 5.11 or later, outside of a sandbox that forbids prctl",
		    "no syscall user dispatch: sites that cannot be rewritten are not seen");
}

static void check_self_mem(struct finding *f)
{
	static const char page[] = "x";
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	char *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (fd >= 0 && p != MAP_FAILED && pwrite(fd, page, 1, (off_t)(uintptr_t)p) == 1 &&
	    *p == 'x')
		say(f, OK, NULL, "code is written through /proc/self/mem");
	else
		say(f, PARTLY, "mount -t proc proc /proc",
		    "/proc/self/mem: %s: mprotect is used instead",
		    fd < 0 ? strerror(errno) : "not writable");
	if (p != MAP_FAILED)
		munmap(p, 4096);
	if (fd >= 0)
		close(fd);
}

static void check_read_memory(struct finding *f)
{
	char a = 'a', b = 0;
	struct iovec to = {&b, 1}, from = {&a, 1};

	if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 1)
		say(f, OK, NULL, "process_vm_readv works");
	else
		say(f, MISSING, "allow process_vm_readv in the sandbox's seccomp profile",
		    "process_vm_readv: %s: programs cannot read their target's memory safely",
		    strerror(errno));
}

static void check_memfd(struct finding *f)
{
	int fd = memfd_create("cygnet-doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING), again = -1;
	char path[64];

	if (fd >= 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		again = open(path, O_RDWR | O_CLOEXEC);
	}
	if (again >= 0)
		say(f, OK, NULL, "memfds can be made and re-opened");
	else
		say(f, MISSING, "mount -t proc proc /proc",
		    "memfd: %s: maps cannot be shared with targets", strerror(errno));
	if (again >= 0)
		close(again);
	if (fd >= 0)
		close(fd);
}

static void check_membarrier(struct finding *f)
{
	if (!syscall(SYS_membarrier, MEMBARRIER_REG, 0, 0))
		say(f, OK, NULL, "membarrier SYNC_CORE works");
	else
		say(f, PARTLY, "a kernel of 4.16 or later",
		    "membarrier: %s: only programs started by cygnet can be probed",
		    strerror(errno));
}

static void check_part(struct finding *f, const char *name, const char *env)
{
	char path[PATH_MAX];

	if (getenv(env))
		say(f, access(getenv(env), R_OK) ? MISSING : OK, NULL, "%s (from %s)", getenv(env),
		    env);
	else if (!command_find_part(name, path, sizeof(path)))
		say(f, OK, NULL, "%s", path);
	else
		say(f, MISSING, "make install", "%s is not beside the executable", name);
}

static void check_agent(struct finding *f)
{
	check_part(f, "libcygnet-agent.so", "CYGNET_AGENT");
}

static void check_shim(struct finding *f)
{
	check_part(f, "libcygnet-shim.so", "CYGNET_SHIM");
}

static void check_btf(struct finding *f)
{
	if (!access("/sys/kernel/btf/vmlinux", R_OK))
		say(f, OK, NULL, "/sys/kernel/btf/vmlinux");
	else
		say(f, PARTLY, "a kernel built with CONFIG_DEBUG_INFO_BTF",
		    "no kernel BTF: a small shipped vmlinux.h is used");
}

static bool in_path(const char *name)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "command -v %s >/dev/null 2>&1", name);
	return system(cmd) == 0;
}

static void check_clang(struct finding *f)
{
	if (in_path("\"${CLANG:-clang}\"") || in_path("clang-19") || in_path("clang-14"))
		say(f, OK, NULL, "found");
	else
		say(f, PARTLY, "apt-get install clang",
		    "not found: only compiled objects (.bpf.o) can be run");
}

static void check_headers(struct finding *f)
{
	if (!access("/usr/include/bpf/bpf_helpers.h", R_OK))
		say(f, OK, NULL, "libbpf %s, headers installed", libbpf_version_string() + 1);
	else
		say(f, PARTLY, "apt-get install libbpf-dev",
		    "libbpf %s without its headers: .c files do not compile",
		    libbpf_version_string() + 1);
}

static void check_cache(struct finding *f)
{
	const char *dir = compile_cache();

	if (dir)
		say(f, OK, NULL, "%s", dir);
	else
		say(f, PARTLY, "set XDG_CACHE_HOME to a writable directory",
		    "no writable cache: vmlinux.h is made anew each time");
}

/* What a program's code needs of this host, by making some: engine.c interprets where that fails.
 */
static void check_native(struct finding *f)
{
	static const u8 ret[] = {
#ifdef __x86_64__
		0xb8, 42, 0, 0, 0, 0xc3 /* mov eax, 42; ret */
#else
		0x40, 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6 /* mov w0, 42; ret */
#endif
	};
	const char *features = "";
	u8 *at = NULL;
	int err = jit_pages_take(NULL, sizeof(ret), &at);

#ifdef __x86_64__
	features = jit_host().features & JIT_X86_AVX2 ? ", AVX2" : "";
#endif
	if (!err) {
		memcpy(at, ret, sizeof(ret));
		__builtin___clear_cache((char *)at, (char *)at + sizeof(ret));
		err = jit_pages_seal(at, sizeof(ret));
		if (!err && ((int (*)(void))(uintptr_t)at)() != 42)
			err = -EFAULT;
		jit_pages_give(NULL, at, sizeof(ret));
	}
	if (err)
		say(f, PARTLY, "a policy that lets files of memory be mapped executable",
		    "no executable memory: %s: programs are interpreted", strerror(-err));
	else
		say(f, OK, NULL, "programs run as native code (%s%s), in pages never writable then",
		    machine_name(jit_host().target), features);
}

static void check_yama(struct finding *f)
{
	FILE *file = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
	int scope = 0;

	if (file && fscanf(file, "%d", &scope) != 1)
		scope = 0;
	if (file)
		fclose(file);
	if (scope <= 1)
		say(f, OK, NULL, "ptrace_scope %d: commands started by cygnet can be served",
		    scope);
	else
		say(f, PARTLY, "sysctl kernel.yama.ptrace_scope=1",
		    "ptrace_scope %d: `cygnet exec` cannot read its clients' memory", scope);
}

static const struct check checks[] = {
	{"kernel", "everything", check_kernel},
	{"memfd", "maps in shared memory", check_memfd},
	{"agent", "tracing processes", check_agent},
	{"shim", "serving other bpf(2) clients", check_shim},
	{"dispatch", "seeing every syscall", check_dispatch},
	{"self-mem", "rewriting code in targets", check_self_mem},
	{"membarrier", "patching running code", check_membarrier},
	{"read-memory", "bpf_probe_read_user", check_read_memory},
	{"yama", "clients of cygnet exec", check_yama},
	{"native", "running fast", check_native},
	{"btf", "CO-RE and vmlinux.h", check_btf},
	{"clang", "running .c files", check_clang},
	{"libbpf", "loading objects", check_headers},
	{"cache", "fast starts", check_cache},
};

static const struct command_option options[] = {{'j', "json", NULL, "one JSON object per line"},
						{0}};

static int cmd_doctor(int argc, char **argv);

const struct command command_doctor = {
	.name = "doctor",
	.run = cmd_doctor,
	.usage = "[--json]",
	.doc = "Tells what works on this host, and what to do about what does not",
	.text = "Each line is one check: its name, ok, partly or missing, and what was found. "
		"Below a line that is "
		"not ok stands what grants it.\n\nExits 0 when everything or part of it works, 1 "
		"when commands "
		"cannot be traced at all.",
	.options = options,
};

static void print_json(const struct check *c, const struct finding *f, const char *verdict)
{
	struct text t;
	struct json j;

	text_init_grow(&t);
	json_init(&j, &t);
	json_object(&j);
	json_key(&j, "check");
	json_str(&j, c->name);
	json_key(&j, "for");
	json_str(&j, c->doc);
	json_key(&j, "verdict");
	json_str(&j, verdict);
	json_key(&j, "detail");
	json_str(&j, f->detail);
	if (f->verdict != OK && f->remedy) {
		json_key(&j, "remedy");
		json_str(&j, f->remedy);
	}
	json_end_object(&j);
	puts(t.buf);
	text_fini(&t);
}

static int cmd_doctor(int argc, char **argv)
{
	static const char *const words[] = {"ok", "partly", "missing"};
	bool json = false;
	int status = 0, c;

	while ((c = command_getopt(&command_doctor, argc, argv)) != -1) {
		if (c == '?')
			return EXIT_USAGE;
		json |= c == 'j';
	}
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		struct finding f = {0};

		checks[i].run(&f);
		if (f.verdict == MISSING)
			status = EXIT_ERROR;
		if (json) {
			print_json(&checks[i], &f, words[f.verdict]);
			continue;
		}
		printf("%-12s %-8s %s\n", checks[i].name, words[f.verdict], f.detail);
		if (f.verdict != OK && f.remedy)
			printf("%-12s %-8s needed for %s; to mend: %s\n", "", "", checks[i].doc,
			       f.remedy);
	}
	return status;
}
