// SPDX-License-Identifier: BSD-2-Clause
/* Signals, forks and threads, all at the same time and thousands of times. `storms NAME` runs one,
 * without a name lists them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif
extern char **environ;
static char *self;
static volatile int hits, bad;
static __thread sigjmp_buf jump;
static __thread volatile sig_atomic_t can_jump;

static void set(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = {.sa_handler = fn, .sa_flags = flags};

	sigaction(sig, &sa, NULL);
}

static void every(int us)
{
	struct itimerval it = {{0, us}, {0, us}};

	setitimer(ITIMER_REAL, &it, NULL);
}

static int status_of(pid_t p)
{
	int st = 0;

	while (waitpid(p, &st, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

/* A round of calls whose results are known, EINTR aside. */
static void calls(int fds[2])
{
	struct pollfd p = {.fd = fds[0], .events = POLLIN};
	struct timespec ts = {0, 1000};
	char c = 0;
	void *m;

	while (write(fds[1], "x", 1) != 1)
		;
	if (poll(&p, 1, -1) != 1 && errno != EINTR)
		bad++;
	while (read(fds[0], &c, 1) != 1)
		;
	if (c != 'x')
		bad++;
	if (nanosleep(&ts, NULL) && errno != EINTR)
		bad++;
	m = mmap(NULL, 8192, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m == MAP_FAILED)
		bad++;
	else
		*(volatile char *)m = 1, munmap(m, 8192);
	if (getpid() != syscall(SYS_getpid) || !getenv("PATH"))
		bad++;
}

static void on_work(int sig)
{
	int keep = errno;

	hits++;
	if (getenv("NOTHING_AT_ALL") || getppid() <= 0)
		bad++;
	errno = keep;
}

static void storm(void)
{
	int fds[2];

	set(SIGALRM, on_work, 0);
	if (pipe(fds))
		exit(1);
	every(100);
	for (int i = 0; i < 3000 || hits < 300; i++)
		calls(fds);
	every(0);
}

static void on_fork(int sig)
{
	int keep = errno;
	pid_t p;

	if (++hits % 8)
		return;
	p = fork();
	if (!p) {
		every(0);
		_exit(getpid() == syscall(SYS_getpid) ? 3 : 4);
	}
	if (p > 0 && status_of(p) != 3)
		bad++;
	errno = keep;
}

static void handlers_fork(void)
{
	int fds[2];

	set(SIGALRM, on_fork, 0);
	if (pipe(fds))
		exit(1);
	every(300);
	while (hits < 1200)
		calls(fds);
	every(0);
}

static void on_jump(int sig)
{
	hits++;
	if (can_jump)
		siglongjmp(jump, 1);
}

static void jumps(void)
{
	int fds[2];

	set(SIGALRM, on_jump, 0);
	if (pipe(fds))
		exit(1);
	sigsetjmp(jump, 1);
	can_jump = 1;
	every(150);
	while (hits < 2000) {
		char c;

		getppid();
		getenv("PATH");
		write(fds[1], "x", 1);
		read(fds[0], &c, 1);
		fcntl(fds[0], F_SETFL, O_NONBLOCK);
		poll(NULL, 0, 1);
	}
	can_jump = 0;
	every(0);
}

/* The alternate stack: storms on it, jumps out of it, and stack overflow. */
static char alt[64 * 1024];
static volatile int depth;

static void overflow(int n)
{
	volatile char fill[4096];

	fill[0] = (char)n;
	getppid();
	overflow(n + 1);
	fill[1] = fill[0];
}

static void on_segv(int sig)
{
	char here;

	if (&here < alt || &here >= alt + sizeof(alt))
		bad++;
	depth++;
	getppid();
	siglongjmp(jump, 1);
}

static void altstack(void)
{
	stack_t ss = {.ss_sp = alt, .ss_size = sizeof(alt)}, old;
	struct rlimit rl = {256 * 1024, RLIM_INFINITY};
	int fds[2];

	setrlimit(RLIMIT_STACK, &rl);
	sigaltstack(&ss, NULL);
	set(SIGALRM, on_work, SA_ONSTACK);
	set(SIGSEGV, on_segv, SA_ONSTACK);
	if (pipe(fds))
		exit(1);
	every(200);
	for (volatile int i = 0; i < 100; i++) {
		if (!sigsetjmp(jump, 1))
			overflow(0);
		calls(fds);
		if (sigaltstack(NULL, &old) || old.ss_flags || old.ss_sp != alt)
			bad++;
	}
	every(0);
	if (depth != 100)
		bad++;
}

static void *with_timer(void *arg)
{
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN};
	struct itimerspec it = {{0, 200000}, {0, 200000}};
	volatile int rounds = 0;
	timer_t t;
	int fds[2];

	ev.sigev_notify_thread_id = (int)syscall(SYS_gettid);
	if (timer_create(CLOCK_MONOTONIC, &ev, &t) || pipe(fds))
		exit(1);
	if (arg) {
		sigsetjmp(jump, 1);
		can_jump = 1;
	}
	timer_settime(t, 0, &it, NULL);
	while (rounds++ < 1500) {
		if (arg) {
			getppid();
			getenv("PATH");
			sched_yield();
		} else {
			calls(fds);
		}
	}
	can_jump = 0;
	timer_delete(t);
	close(fds[0]), close(fds[1]);
	return NULL;
}

static void threads_storm(void)
{
	pthread_t t[6];

	set(SIGRTMIN, on_jump, 0);
	for (long i = 0; i < 6; i++)
		pthread_create(&t[i], NULL, with_timer, (void *)(i & 1));
	for (int i = 0; i < 6; i++)
		pthread_join(t[i], NULL);
}

static void *brief(void *arg)
{
	free(malloc(100));
	return getenv("PATH");
}

static void *forks(void *arg)
{
	for (int i = 0; i < 40; i++) {
		pid_t p = fork();

		if (!p) {
			pthread_t t;

			if (i % 4 == 0 && !pthread_create(&t, NULL, brief, NULL))
				pthread_join(t, NULL);
			_exit(i);
		}
		if (p < 0 || status_of(p) != i)
			__atomic_fetch_add(&bad, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *breeds(void *arg)
{
	for (int i = 0; i < 150; i++) {
		pthread_t t[4];

		for (int k = 0; k < 4; k++)
			pthread_create(&t[k], NULL, brief, NULL);
		for (int k = 0; k < 4; k++)
			pthread_join(t[k], NULL);
	}
	return NULL;
}

static void threads_and_forks(void)
{
	pthread_t t[6];

	for (int i = 0; i < 6; i++)
		pthread_create(&t[i], NULL, i & 1 ? breeds : forks, NULL);
	for (int i = 0; i < 6; i++)
		pthread_join(t[i], NULL);
}

static pid_t vfork_exec(const char *path, int code)
{
	pid_t p = vfork();

	if (!p) {
		execl(path, "sh", "-c", "exit 5", NULL);
		_exit(code);
	}
	return p;
}

static void *vforks(void *arg)
{
	for (int i = 0; i < 60; i++) {
		if (status_of(vfork_exec("/no/such/file", 9)) != 9)
			bad++;
		if (i % 6 == 0 && status_of(vfork_exec("/bin/sh", 9)) != 5)
			bad++;
		if (getpid() != syscall(SYS_getpid))
			bad++;
	}
	return NULL;
}

static void vfork_fails(void)
{
	pthread_t t[3];

	set(SIGALRM, on_work, SA_RESTART);
	every(500);
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, vforks, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	every(0);
}

static int tree(int d)
{
	pid_t p[2];
	int n = 1;

	if (!d)
		return 1;
	for (int i = 0; i < 2; i++) {
		p[i] = fork();
		if (!p[i])
			_exit(tree(d - 1));
	}
	for (int i = 0; i < 2; i++)
		n += status_of(p[i]);
	return n;
}

static int chain(int d)
{
	pid_t p;

	if (!d)
		return 0;
	p = fork();
	if (!p)
		_exit(chain(d - 1));
	return status_of(p) + 1;
}

static void fork_trees(void)
{
	printf("tree %d, chain %d\n", tree(6), chain(60));
}

static void *execs(void *arg)
{
	execl(self, self, "say", NULL);
	return NULL;
}

static void *spins(void *arg)
{
	for (;;)
		getppid();
	return NULL;
}

static void exec_in_thread(void)
{
	for (int i = 0; i < 12; i++) {
		pid_t p = fork();

		if (!p) {
			pthread_t t;

			for (int k = 0; k < 3; k++)
				pthread_create(&t, NULL, spins, NULL);
			pthread_create(&t, NULL, execs, NULL);
			pthread_join(t, NULL);
			_exit(1);
		}
		if (status_of(p) != 21)
			bad++;
	}
}

/* Children killed in the middle of whatever they do: the others go on. */
static void murders(void)
{
	for (int i = 0; i < 60; i++) {
		pid_t p[4];

		for (int k = 0; k < 4; k++) {
			p[k] = fork();
			if (!p[k])
				for (;;) {
					pid_t q = i % 3 ? 0 : fork();

					if (i % 3 == 0 && !q)
						_exit(0);
					if (q > 0)
						status_of(q);
					free(malloc(10));
					getenv("PATH");
					getppid();
				}
		}
		usleep(500 + (unsigned)(i * 137 % 4000));
		for (int k = 0; k < 4; k++) {
			kill(p[k], SIGKILL);
			if (status_of(p[k]) != 128 + SIGKILL)
				bad++;
		}
	}
}

static void *cancelled(void *arg)
{
	int *fds = arg;
	char c;

	for (;;)
		if (read(fds[0], &c, 1) != 1)
			poll(NULL, 0, 1);
	return NULL;
}

/* Cancelled inside a function whose return is probed, and jumped out of it. */
static void leave_read(void)
{
	int fds[2], n = 0;

	if (pipe(fds))
		exit(1);
	for (int i = 0; i < 200; i++) {
		pthread_t t;
		void *r;

		pthread_create(&t, NULL, cancelled, fds);
		if (i & 1)
			usleep(100);
		pthread_cancel(t);
		pthread_join(t, &r);
		n += r == PTHREAD_CANCELED;
	}
	printf("cancelled in read: %d\n", n);
	set(SIGALRM, on_jump, 0);
	sigsetjmp(jump, 1);
	can_jump = 1;
	if (hits < 200) {
		char c;

		every(1000);
		read(fds[0], &c, 1);
		bad++;
	}
	can_jump = 0;
	every(0);
}

static ucontext_t main_ctx, co[8];
static volatile int switches;

static void coroutine(int me)
{
	for (int i = 0; i < 200; i++) {
		free(malloc(20));
		getenv("PATH");
		getppid();
		switches++;
		swapcontext(&co[me], &main_ctx);
	}
}

static void coroutines(void)
{
	set(SIGALRM, on_work, SA_RESTART);
	every(200);
	for (int i = 0; i < 8; i++) {
		getcontext(&co[i]);
		co[i].uc_stack.ss_sp = malloc(32768);
		co[i].uc_stack.ss_size = 32768;
		co[i].uc_link = &main_ctx;
		makecontext(&co[i], (void (*)(void))coroutine, 1, i);
	}
	for (int r = 0; r < 200; r++)
		for (int i = 0; i < 8; i++)
			swapcontext(&main_ctx, &co[i]);
	every(0);
	printf("switches %d\n", switches);
}

static void reset_hand(void)
{
	sigset_t s;
	struct signalfd_siginfo si;
	int fd, got = 0;

	for (int i = 0; i < 50; i++) {
		pid_t p = fork();

		if (!p) {
			set(SIGUSR1, on_work, SA_RESETHAND);
			set(SIGSEGV, on_work, SA_RESETHAND);
			raise(SIGUSR1);
			raise(SIGSEGV);
			if (hits != 2)
				_exit(1);
			raise(i & 1 ? SIGUSR1 : SIGSEGV);
			_exit(2);
		}
		if (status_of(p) != 128 + (i & 1 ? SIGUSR1 : SIGSEGV))
			bad++;
	}
	sigemptyset(&s);
	sigaddset(&s, SIGUSR2);
	sigprocmask(SIG_BLOCK, &s, NULL);
	fd = signalfd(-1, &s, SFD_NONBLOCK);
	for (int i = 0; i < 100; i++) {
		kill(getpid(), SIGUSR2);
		got += read(fd, &si, sizeof(si)) == sizeof(si);
	}
	printf("signalfd %d\n", got);
	hits = 0;
	sigaddset(&s, SIGTRAP);
	sigaddset(&s, SIGSEGV);
	set(SIGTRAP, on_work, 0);
	set(SIGSEGV, on_work, 0);
	for (int i = 0; i < 50; i++) {
		sigprocmask(SIG_BLOCK, &s, NULL);
		raise(SIGTRAP);
		raise(SIGTRAP);
		raise(SIGSEGV);
		if (hits != 2 * i)
			bad++;
		sigprocmask(SIG_UNBLOCK, &s, NULL);
		if (hits != 2 * i + 2)
			bad++;
	}
}

static void deaths(void)
{
	const int sigs[] = {SIGSEGV, SIGBUS,  SIGTRAP, SIGSYS,  SIGABRT, SIGILL,
			    SIGFPE,  SIGTERM, SIGALRM, SIGKILL, SIGPIPE, SIGRTMIN};

	for (unsigned i = 0; i < sizeof(sigs) / sizeof(sigs[0]) + 5; i++) {
		pid_t p = fork();

		if (!p) {
			struct rlimit none = {0, 0};

			setrlimit(RLIMIT_CORE, &none);
			if (i < sizeof(sigs) / sizeof(sigs[0]))
				raise(sigs[i]);
			switch (i - sizeof(sigs) / sizeof(sigs[0])) {
			case 0: *(volatile int *)16 = 1; break;
			case 1: __asm__ volatile("ud2"); break;
			case 2: __asm__ volatile("int3"); break;
			case 3: overflow(0); break;
			case 4:
				alarm(1);
				pause();
				break;
			}
			_exit(0);
		}
		printf("%d ", status_of(p));
	}
	printf("\n");
}

static const struct {
	const char *name;
	void (*run)(void);
} storms[] = {
	{"storm", storm},
	{"handlers_fork", handlers_fork},
	{"jumps", jumps},
	{"altstack", altstack},
	{"threads_storm", threads_storm},
	{"threads_and_forks", threads_and_forks},
	{"vfork_fails", vfork_fails},
	{"fork_trees", fork_trees},
	{"exec_in_thread", exec_in_thread},
	{"murders", murders},
	{"leave_read", leave_read},
	{"coroutines", coroutines},
	{"reset_hand", reset_hand},
	{"deaths", deaths},
};

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	self = argv[0];
	setvbuf(stdout, NULL, _IONBF, 0);
	if (!strcmp(name, "say"))
		return 21;
	for (unsigned i = 0; i < sizeof(storms) / sizeof(storms[0]); i++) {
		if (!*name)
			printf("%s\n", storms[i].name);
		if (strcmp(name, storms[i].name))
			continue;
		storms[i].run();
		printf("%s: bad %d\n", name, bad);
	}
	return 0;
}
