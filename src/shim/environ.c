// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a client starts is a client too: LD_PRELOAD and CYGNET_WORLD are put
 * back when it executes a program with an environment that lost them (env -i,
 * a daemon that cleans up). Runs in forked children: stack only, no locks.
 */
#include "shim/shim.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PRELOAD "LD_PRELOAD="
#define WORLD   "CYGNET_WORLD="

extern char **environ;

static char own_path[PATH_MAX];
static char world_entry[256];

__attribute__((constructor)) static void environ_init(void)
{
	const char *world = getenv("CYGNET_WORLD");
	Dl_info info;

	if (!world || !*world || !dladdr(world_entry, &info) || !info.dli_fname)
		return;
	if (snprintf(world_entry, sizeof(world_entry), WORLD "%s", world) >=
		    (int)sizeof(world_entry) ||
	    snprintf(own_path, sizeof(own_path), "%s", info.dli_fname) >= (int)sizeof(own_path))
		own_path[0] = 0;
}

/* Is `path` in a list separated by colons and blanks? */
static bool is_listed(const char *list, const char *path)
{
	size_t n = strlen(path);

	for (const char *p = list; (p = strstr(p, path)); p += n)
		if ((p == list || strchr(": ", p[-1])) && strchr(": ", p[n]))
			return true;
	return false;
}

struct lost {
	size_t count;        /* entries of the environment */
	size_t preload_at;   /* of LD_PRELOAD's; count: none */
	const char *preload; /* its value without us, NULL: we stand in it */
	bool world;
};

static struct lost look(char *const *env)
{
	struct lost l = {.preload = "", .world = true};

	l.preload_at = SIZE_MAX;
	for (; env && env[l.count]; l.count++) {
		if (!strncmp(env[l.count], WORLD, strlen(WORLD)))
			l.world = false;
		if (strncmp(env[l.count], PRELOAD, strlen(PRELOAD)) || l.preload_at != SIZE_MAX)
			continue;
		l.preload_at = l.count;
		l.preload = env[l.count] + strlen(PRELOAD);
		if (is_listed(l.preload, own_path))
			l.preload = NULL;
	}
	return l;
}

static size_t entry_size(const struct lost *l)
{
	return l->preload ? strlen(PRELOAD) + strlen(own_path) + strlen(l->preload) + 2 : 0;
}

static char *const *fill(const struct lost *l, char *const *env, char **out, char *entry)
{
	size_t n = l->count;

	memcpy(out, env, n * sizeof(*out));
	if (l->preload) {
		strcpy(entry, PRELOAD);
		strcat(entry, own_path);
		if (*l->preload) {
			strcat(entry, ":");
			strcat(entry, l->preload);
		}
		out[l->preload_at == SIZE_MAX ? n++ : l->preload_at] = entry;
	}
	if (l->world)
		out[n++] = world_entry;
	out[n] = NULL;
	return out;
}

/* `env` with what it lost; memory of the caller's frame. */
#define WHOLE(env_)                                                                         \
	({                                                                                  \
		char *const *whole_ = (env_);                                               \
		struct lost lost_ = look(whole_);                                           \
                                                                                            \
		if (own_path[0] && (lost_.preload || lost_.world))                          \
			whole_ = fill(&lost_, whole_,                                       \
				      __builtin_alloca((lost_.count + 3) * sizeof(char *)), \
				      __builtin_alloca(entry_size(&lost_) + 1));            \
		whole_;                                                                     \
	})

SHIM_EXPORT int execve(const char *path, char *const argv[], char *const env[])
{
	return shim_result(RAW_3(SYS_execve, path, argv, WHOLE(env)));
}

SHIM_EXPORT int execv(const char *path, char *const argv[])
{
	return shim_result(RAW_3(SYS_execve, path, argv, WHOLE(environ)));
}

SHIM_EXPORT int execvpe(const char *file, char *const argv[], char *const env[])
{
	return NEXT(int (*)(const char *, char *const[], char *const[]), "execvpe")(file, argv,
										    WHOLE(env));
}

SHIM_EXPORT int execvp(const char *file, char *const argv[])
{
	return execvpe(file, argv, environ);
}

SHIM_EXPORT int fexecve(int fd, char *const argv[], char *const env[])
{
	return NEXT(int (*)(int, char *const[], char *const[]), "fexecve")(fd, argv, WHOLE(env));
}

typedef int spawn_fn(pid_t *, const char *, const posix_spawn_file_actions_t *,
		     const posix_spawnattr_t *, char *const[], char *const[]);

SHIM_EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
			    const posix_spawnattr_t *attr, char *const argv[], char *const env[])
{
	return NEXT(spawn_fn *, "posix_spawn")(pid, path, actions, attr, argv, WHOLE(env));
}

SHIM_EXPORT int posix_spawnp(pid_t *pid, const char *file,
			     const posix_spawn_file_actions_t *actions,
			     const posix_spawnattr_t *attr, char *const argv[], char *const env[])
{
	return NEXT(spawn_fn *, "posix_spawnp")(pid, file, actions, attr, argv, WHOLE(env));
}
