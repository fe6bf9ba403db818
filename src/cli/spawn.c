// SPDX-License-Identifier: BSD-2-Clause
/* Starting a command in a world, passing signals on, and its exit status. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/types.h"
#include "cli/spawn.h"

static const int forwarded[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};
static sigset_t before;
static void (*pipe_before)(int) = SIG_DFL;
static int sigfd = -1;
static pid_t child;
static int interrupts;

int spawn_find(const char *name, char *path, size_t size)
{
	const char *dirs = getenv("PATH") ?: "/usr/local/bin:/usr/bin:/bin";
	int err = -ENOENT;
	struct stat st;

	if (strchr(name, '/')) {
		if (snprintf(path, size, "%s", name) >= (int)size)
			return -ENAMETOOLONG;
		if (stat(path, &st))
			return -errno;
		return S_ISREG(st.st_mode) && !access(path, X_OK) ? 0 : -EACCES;
	}
	while (*name) {
		size_t n = strcspn(dirs, ":");

		if (snprintf(path, size, "%.*s%s%s", (int)n, dirs, n ? "/" : "./", name) <
			    (int)size &&
		    !stat(path, &st) && S_ISREG(st.st_mode)) {
			if (!access(path, X_OK))
				return 0;
			err = -EACCES;
		}
		if (!dirs[n])
			break;
		dirs += n + 1;
	}
	return err;
}

static void child_env(const char *preload, const char *world)
{
	const char *old = getenv("LD_PRELOAD");
	char value[PATH_MAX * 2];

	if (old && *old)
		snprintf(value, sizeof(value), "%s:%s", preload, old);
	else
		snprintf(value, sizeof(value), "%s", preload);
	setenv("LD_PRELOAD", value, 1);
	setenv("CYGNET_WORLD", world, 1);
}

pid_t spawn_start(char *const argv[], const char *preload, const char *world)
{
	int report[2], err = 0;
	sigset_t set;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		sigaddset(&set, forwarded[i]);
	if (pipe2(report, O_CLOEXEC))
		return -errno;
	pthread_sigmask(SIG_BLOCK, &set, &before);
	sigfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	/* A reader that goes away ends our printing, not the command. */
	pipe_before = signal(SIGPIPE, SIG_IGN);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		signal(SIGPIPE, pipe_before);
		child_env(preload, world);
		execvp(argv[0], argv);
		err = errno;
		(void)!write(report[1], &err, sizeof(err));
		_exit(127);
	}
	close(report[1]);
	if (pid < 0)
		err = errno;
	else if (read(report[0], &err, sizeof(err)) == sizeof(err))
		waitpid(pid, NULL, 0);
	close(report[0]);
	child = err ? 0 : pid;
	return err ? -err : pid;
}

int spawn_fd(void)
{
	return sigfd;
}

int spawn_interrupts(void)
{
	return interrupts;
}

/*
 * A terminal's Ctrl-C reaches the whole foreground group, the child included;
 * only a signal sent to this process alone (si_code of kill) is passed on.
 */
static void take_signals(void)
{
	struct signalfd_siginfo si;

	while (read(sigfd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			continue;
		if (si.ssi_signo == SIGINT || si.ssi_signo == SIGTERM)
			interrupts++;
		if (child && si.ssi_code != SI_KERNEL)
			kill(child, si.ssi_signo);
	}
}

bool spawn_ended(pid_t pid, int *status)
{
	int st;

	take_signals();
	if (waitpid(pid, &st, WNOHANG) != pid)
		return false;
	child = 0;
	*status = WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
	return true;
}
