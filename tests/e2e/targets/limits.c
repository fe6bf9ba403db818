// SPDX-License-Identifier: BSD-2-Clause
/* Programs at the edges of what a process may be: limits, mappings, generated code, libraries that
 * come and go. `limits NAME` runs one. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char *self;
static int bad;

static int status_of(pid_t p)
{
	int st = 0;

	while (waitpid(p, &st, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

static int run(const char *what)
{
	pid_t p = fork();

	if (!p) {
		execl(self, self, what, NULL);
		_exit(99);
	}
	return p < 0 ? -errno : status_of(p);
}

/* ---- descriptors ---- */
static void close_all(void)
{
	int keep = dup(1);

	syscall(SYS_close_range, 0, keep - 1, 0);
	syscall(SYS_close_range, keep + 1, ~0u, 0);
	for (int i = keep + 1; i < 300; i++)
		if (!close(i))
			bad++;
	if (open("/dev/null", O_RDONLY) != 0)
		bad++;
	dup2(keep, 1);
	dup2(keep, 2);
	printf("after: %d\n", run("open"));
}

/* Descriptors of a process just started: 0, 1, 2 and the next free one is 3. */
static void open_fds(void)
{
	int fd = open("/dev/null", O_RDONLY);

	printf("next %d\n", fd);
	for (int i = fd + 1; i < 1024; i++)
		if (fcntl(i, F_GETFD) >= 0)
			bad++;
	close(fd);
}

static void no_files(void)
{
	struct rlimit rl = {3, 3};
	pid_t p;

	setrlimit(RLIMIT_NOFILE, &rl);
	printf("open %d %d\n", open("/dev/null", O_RDONLY), errno);
	p = fork();
	if (!p)
		_exit(getenv("PATH") && getppid() > 0 ? 4 : 5);
	printf("fork %d, dlopen %d\n", status_of(p), !!dlopen("libm.so.6", RTLD_NOW | RTLD_NOLOAD));
	printf("exec %d\n", run("open")); /* the loader cannot open libc: 127 */
}

static void no_processes(void)
{
	struct rlimit rl = {0, 0}, as = {64 << 20, 64 << 20}, fsize = {0, 0};
	pid_t p;
	void *m;

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &fsize);
	setrlimit(RLIMIT_AS, &as);
	m = malloc(100 << 20);
	printf("malloc %d\n", !!m);
	p = fork();
	if (!p)
		_exit(6);
	printf("fork %d, exec %d\n", status_of(p), run("say"));
	setrlimit(RLIMIT_MEMLOCK, &rl);
	setrlimit(RLIMIT_SIGPENDING, &rl);
	printf("exec %d\n", run("say"));
}

static void locked(void)
{
	void *h;

	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		printf("mlockall %d\n", errno);
	h = dlopen("libm.so.6", RTLD_NOW);
	printf("dlopen %d, exec %d\n", !!h, run("say"));
}

static void small_stack(void)
{
	struct rlimit rl = {64 << 10, 64 << 10};

	setrlimit(RLIMIT_STACK, &rl);
	printf("exec %d\n", run("say"));
}

/* ---- who one is ---- */
static void not_dumpable(void)
{
	void *h;

	prctl(PR_SET_DUMPABLE, 0);
	h = dlopen("libanl.so.1", RTLD_NOW);
	if (!h)
		h = dlopen("libresolv.so.2", RTLD_NOW);
	printf("dlopen %d, getenv %d\n", !!h, !!getenv("PATH"));
	pid_t p = fork();
	if (!p)
		_exit(getppid() > 0 ? 3 : 4);
	printf("fork %d\n", status_of(p));
	printf("exec %d\n", run("say"));
}

static void no_aslr(void)
{
	personality(ADDR_NO_RANDOMIZE);
	for (int i = 0; i < 3; i++)
		printf("exec %d\n", run("say"));
}

/* ---- memory ---- */
static void mappings(void)
{
	char line[512], *own = NULL;
	FILE *f;
	void *p, *q;
	int odd = 0;

	p = mmap((void *)0x10000, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		 0);
	printf("low %d\n", p == (void *)0x10000);
	p = mmap(NULL, 1 << 20, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 200; i++) {
		q = mmap((char *)p + i * 4096, 4096, i & 1 ? 3 : 5,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		odd += q != (char *)p + i * 4096;
		munmap((char *)p + i * 4096, 4096);
	}
	printf("fixed %d\n", odd);
	f = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), f))
		if (strstr(line, "/limits"))
			own = line;
	fclose(f);
	printf("own %d\n", !!own);
	/* Reserve nearly everything near libc. */
	q = dlsym(RTLD_DEFAULT, "getppid");
	for (long d = -64; d < 64; d++)
		mmap((char *)((long)q & ~4095l) + d * (1 << 20), 4096, 0,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	p = dlopen("libm.so.6", RTLD_NOW);
	printf("dlopen %d\n", !!p);
}

/* Code made at run time, patched in place, moved and thrown away. */
static void generated(void)
{
	/* mov $110,%eax; syscall; ret  (getppid) */
	static const unsigned char code[] = {0xb8, 110, 0, 0, 0, 0x0f, 0x05, 0xc3};
	unsigned char *p = mmap(NULL, 4096, 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *w, *x;
	long (*fn)(void) = (void *)p;
	int fd;

	memcpy(p, code, sizeof(code));
	for (int i = 0; i < 1000; i++) {
		if (fn() != getppid())
			bad++;
		p[1] = 39; /* getpid */
		if (fn() != getpid())
			bad++;
		p[1] = 110;
	}
	for (int i = 0; i < 600; i++) { /* more places than anybody keeps apart */
		unsigned char *m = mmap(NULL, 4096, 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		memcpy(m + i % 100, code, sizeof(code));
		if (((long (*)(void))(m + i % 100))() != getppid())
			bad++;
		if (i & 1)
			munmap(m, 4096);
	}
	fd = memfd_create("jit", 0); /* two views of one memory */
	ftruncate(fd, 4096);
	w = mmap(NULL, 4096, 3, MAP_SHARED, fd, 0);
	x = mmap(NULL, 4096, 5, MAP_SHARED, fd, 0);
	memcpy(w, code, sizeof(code));
	if (((long (*)(void))x)() != getppid())
		bad++;
	w[1] = 39;
	if (((long (*)(void))x)() != getpid())
		bad++;
	/* The kernel's own address for a syscall is seen by whoever looks: rcx is the next
	 * instruction. */
	static const unsigned char look[] = {0xb8, 110,  0,    0,    0,   0x0f,
					     0x05, 0x48, 0x89, 0xc8, 0xc3};
	memcpy(p, look, sizeof(look));
	if (fn() != (long)p + 7)
		bad++;
}

static void come_and_go(void)
{
	static const char *const libs[] = {"libm.so.6",         "libresolv.so.2",    "libutil.so.1",
					   "libanl.so.1",       "libthread_db.so.1", "libz.so.1",
					   "libnss_compat.so.2"};
	unsigned n = 0;

	for (int i = 0; i < 400; i++) {
		void *h = dlopen(libs[(unsigned)i % 7], RTLD_NOW);

		if (h && i % 7 == 0) {
			double (*f)(double) = dlsym(h, "cbrt");

			if (!f || (int)(f(27) + .5) != 3)
				bad++;
		}
		n += h != NULL;
		if (h)
			dlclose(h);
	}
	printf("opened %s\n", n > 200 ? "many" : "few");
}

static int namespace_ids(struct dl_phdr_info *i, size_t size, void *n)
{
	return 0;
}

/* A second libc beside the first. */
static void second_libc(void)
{
	void *h = dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW);
	char *(*env)(const char *) = h ? dlsym(h, "getenv") : NULL;
	int (*ppid)(void) = h ? dlsym(h, "getppid") : NULL;

	printf("dlmopen %d\n", !!h);
	if (h && ppid() != getppid())
		bad++;
	(void)env;
	dl_iterate_phdr(namespace_ids, NULL);
}

/* ---- a debugger of one's own ---- */
static void debugged(void)
{
	pid_t p = fork();
	int st, stops = 0;

	if (!p) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		for (int i = 0; i < 10; i++)
			getppid();
		getenv("PATH");
		_exit(8);
	}
	waitpid(p, &st, 0);
	while (stops < 30000 &&
	       ptrace(PTRACE_SINGLESTEP, p, 0,
		      WIFSTOPPED(st) && WSTOPSIG(st) != SIGTRAP && WSTOPSIG(st) != SIGSTOP
			      ? WSTOPSIG(st)
			      : 0) == 0 &&
	       waitpid(p, &st, 0) == p && WIFSTOPPED(st))
		stops++;
	while (WIFSTOPPED(st) && !ptrace(PTRACE_CONT, p, 0, 0) && waitpid(p, &st, 0) == p)
		;
	printf("stepped %s, %d\n", stops > 100 ? "on" : "not",
	       WIFEXITED(st) ? WEXITSTATUS(st) : -WSTOPSIG(st));
	p = fork();
	if (!p) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		for (int i = 0; i < 50; i++)
			getppid();
		_exit(8);
	}
	waitpid(p, &st, 0);
	stops = 0;
	while (!ptrace(PTRACE_SYSCALL, p, 0, 0) && waitpid(p, &st, 0) == p && WIFSTOPPED(st)) {
		struct user_regs_struct r;

		ptrace(PTRACE_GETREGS, p, 0, &r);
		stops += r.orig_rax == SYS_getppid;
	}
	printf("calls seen %d\n", stops);
}

/* No time-stamp counter: strict seccomp, and on request. */
static void no_counter(void)
{
	pid_t p = fork();

	if (!p) {
		prctl(PR_SET_SECCOMP, 1);
		for (int i = 0; i < 100; i++)
			free(malloc(10));
		syscall(SYS_exit, getenv("PATH") ? 3 : 4);
	}
	printf("strict %d\n", status_of(p));
	prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
	p = fork();
	if (!p)
		_exit(getppid() > 0 ? 3 : 4);
	printf("fork %d, exec %d\n", status_of(p), run("say"));
}

static void many_threads(void)
{
	pthread_t t[200];
	pthread_attr_t a;
	int n = 0;
	void *brief(void *);

	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 16384);
	for (int r = 0; r < 3; r++) {
		for (int i = 0; i < 200; i++)
			n += !pthread_create(&t[i], &a, brief, NULL);
		for (int i = 0; i < 200; i++)
			pthread_join(t[i], NULL);
	}
	printf("threads %d\n", n);
}

void *brief(void *arg)
{
	usleep(1000);
	free(malloc(100));
	return getenv("PATH");
}

static int raw(void *arg)
{
	syscall(SYS_getppid);
	return 5;
}

/* Children that share memory and thread pointer, on little stacks. */
static void raw_clones(void)
{
	for (int i = 0; i < 50; i++) {
		char *stack = malloc(32768);
		pid_t p = clone(raw, stack + 32768, CLONE_VM | SIGCHLD | (i & 1 ? CLONE_VFORK : 0),
				NULL);

		if (p < 0 || status_of(p) != 5)
			bad++;
		free(stack);
	}
}

static void spawns(void)
{
	for (int i = 0; i < 30; i++) {
		char *argv[] = {self, i % 3 ? "say" : "open", NULL}, *none[] = {"A=1", NULL};
		posix_spawn_file_actions_t fa;
		posix_spawnattr_t at;
		sigset_t all;
		pid_t p;

		posix_spawn_file_actions_init(&fa);
		posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
		posix_spawnattr_init(&at);
		sigfillset(&all);
		posix_spawnattr_setsigdefault(&at, &all);
		posix_spawnattr_setsigmask(&at, &all);
		posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETPGROUP);
		if (posix_spawn(&p, self, &fa, &at, argv, i & 1 ? none : environ) ||
		    status_of(p) != (i % 3 ? 21 : 0))
			bad++;
		if (posix_spawn(&p, "/no/such", &fa, &at, argv, environ) != ENOENT)
			bad++;
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} edges[] = {
	{"close_all", close_all},       {"no_files", no_files},
	{"no_processes", no_processes}, {"locked", locked},
	{"small_stack", small_stack},   {"not_dumpable", not_dumpable},
	{"no_aslr", no_aslr},           {"mappings", mappings},
	{"generated", generated},       {"come_and_go", come_and_go},
	{"second_libc", second_libc},   {"debugged", debugged},
	{"no_counter", no_counter},     {"many_threads", many_threads},
	{"raw_clones", raw_clones},     {"spawns", spawns},
};

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	self = argv[0];
	setvbuf(stdout, NULL, _IONBF, 0);
	if (!strcmp(name, "say"))
		return 21;
	if (!strcmp(name, "open")) {
		open_fds();
		return bad;
	}
	for (unsigned i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		if (!*name)
			printf("%s\n", edges[i].name);
		if (strcmp(name, edges[i].name))
			continue;
		edges[i].run();
		printf("%s: bad %d\n", name, bad);
	}
	return 0;
}
