// SPDX-License-Identifier: BSD-2-Clause
/*
 * From BPF C to an object file. vmlinux.h is made once per kernel from its BTF
 * and kept in the cache; a host without BTF gets the small header shipped with
 * Cygnet, whose types relocate by name like the kernel's own.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/btf.h>

#include "base/hash.h"
#include "cli/command.h"
#include "cli/compile.h"

#define HOST_BTF "/sys/kernel/btf/vmlinux"

static char workdir[PATH_MAX];

static int make_dirs(char *path)
{
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		if (mkdir(path, 0700) && errno != EEXIST) {
			*p = '/';
			return -errno;
		}
		*p = '/';
	}
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

const char *compile_cache(void)
{
	static char dir[PATH_MAX];
	static int state; /* 0 unknown, 1 there, -1 none */
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (state)
		return state > 0 ? dir : NULL;
	state = -1;
	if (xdg && xdg[0] == '/')
		snprintf(dir, sizeof(dir), "%s/cygnet", xdg);
	else if (home && home[0] == '/')
		snprintf(dir, sizeof(dir), "%s/.cache/cygnet", home);
	else
		return NULL;
	if (make_dirs(dir) || access(dir, W_OK)) {
		command_note("%s: cannot be written, nothing is cached", dir);
		return NULL;
	}
	state = 1;
	return dir;
}

static const char *work_dir(void)
{
	const char *tmp = getenv("TMPDIR");

	if (workdir[0])
		return workdir;
	snprintf(workdir, sizeof(workdir), "%s/cygnet-bpf-XXXXXX",
		 tmp && tmp[0] == '/' ? tmp : "/tmp");
	if (!mkdtemp(workdir)) {
		command_fail("%s: %s (TMPDIR names another place)", workdir, strerror(errno));
		workdir[0] = 0;
		return NULL;
	}
	return workdir;
}

/* Everything in it: a compiler that was stopped leaves temporary files too. */
void compile_cleanup(void)
{
	DIR *d = workdir[0] ? opendir(workdir) : NULL;
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	if (workdir[0])
		rmdir(workdir);
	workdir[0] = 0;
}

static void dump_line(void *file, const char *fmt, va_list args)
{
	vfprintf(file, fmt, args);
}

/* Writes vmlinux.h for the BTF in `btf_file`; 0 or -errno. */
static int write_vmlinux(const char *btf_file, const char *path)
{
	LIBBPF_OPTS(btf_dump_opts, opts);
	struct btf *btf = btf__parse(btf_file, NULL);
	struct btf_dump *d = NULL;
	char tmp[PATH_MAX];
	FILE *f = NULL;
	int err = 0;

	if (!btf)
		return -errno;
	if (snprintf(tmp, sizeof(tmp), "%s.%d", path, getpid()) >= (int)sizeof(tmp)) {
		err = -ENAMETOOLONG;
		goto out;
	}
	f = fopen(tmp, "w");
	d = f ? btf_dump__new(btf, dump_line, f, &opts) : NULL;
	if (!d) {
		err = -errno;
		goto out;
	}
	fputs("#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n"
	      "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
	      "#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = "
	      "record)\n"
	      "#endif\n\n",
	      f);
	for (unsigned int id = 1; id < btf__type_cnt(btf) && !err; id++)
		err = btf_dump__dump_type(d, id);
	fputs("\n#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n#pragma clang attribute "
	      "pop\n#endif\n#endif\n",
	      f);
	if (fflush(f) || ferror(f))
		err = err ?: -EIO;
out:
	btf_dump__free(d);
	btf__free(btf);
	if (f && fclose(f))
		err = err ?: -errno;
	/* Renamed into place whole: two runs may race for it. */
	if (!err && rename(tmp, path))
		err = -errno;
	if (err && f)
		unlink(tmp);
	return err;
}

/* The directory holding the vmlinux.h for this kernel; 0 or an exit status. */
static int vmlinux_dir(const char *btf, char *dir, size_t size)
{
	const char *cache = compile_cache(), *file = btf ? btf : HOST_BTF;
	char path[PATH_MAX];
	struct utsname u;
	struct stat st;
	u64 key;
	int err;

	if ((btf && !strcmp(btf, "none")) || (!btf && access(HOST_BTF, R_OK))) {
		if (command_find_part("fallback/vmlinux.h", path, sizeof(path)))
			return command_fail("fallback/vmlinux.h: not found beside the executable "
					    "(reinstall Cygnet)");
		*strrchr(path, '/') = 0;
		snprintf(dir, size, "%s", path);
		return 0;
	}
	if (stat(file, &st))
		return command_fail("%s: %s", file, strerror(errno));
	uname(&u);
	key = hash_bytes(file, strlen(file), st.st_size);
	key = hash_bytes(u.release, strlen(u.release), key);
	key = hash_bytes(u.version, strlen(u.version), key);
	if (btf)
		key = hash_bytes(&st.st_mtim, sizeof(st.st_mtim), key);
	if (cache)
		snprintf(dir, size, "%s/vmlinux-%016llx", cache, (unsigned long long)key);
	else if (work_dir())
		snprintf(dir, size, "%s", workdir);
	else
		return EXIT_ERROR;
	mkdir(dir, 0700);
	if (snprintf(path, sizeof(path), "%s/vmlinux.h", dir) >= (int)sizeof(path))
		return command_fail("%s: path too long", dir);
	if (!access(path, R_OK))
		return 0;
	err = write_vmlinux(file, path);
	if (err)
		return command_fail("%s: no vmlinux.h can be made of it: %s", file, strerror(-err));
	return 0;
}

static bool runs(const char *program)
{
	const char *path = getenv("PATH") ?: "/usr/bin:/bin";
	char full[PATH_MAX];

	if (strchr(program, '/'))
		return !access(program, X_OK);
	while (*path) {
		size_t n = strcspn(path, ":");

		if (snprintf(full, sizeof(full), "%.*s/%s", (int)n, path, program) <
			    (int)sizeof(full) &&
		    !access(full, X_OK))
			return true;
		path += n + (path[n] == ':');
	}
	return false;
}

static const char *find_clang(void)
{
	static const char *const names[] = {"clang",    "clang-19", "clang-18", "clang-17",
					    "clang-16", "clang-15", "clang-14"};
	const char *env = getenv("CLANG");

	if (env && *env)
		return runs(env) ? env : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (runs(names[i]))
			return names[i];
	return NULL;
}

/* Whether the text of a file mentions a word; unreadable files do (clang will say why). */
static bool mentions(const char *file, const char *word)
{
	char buf[65536];
	FILE *f = fopen(file, "r");
	size_t n;

	if (!f)
		return true;
	n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	return n == sizeof(buf) || memmem(buf, n, word, strlen(word));
}

static int run_clang(const char *clang, const char *source, const char *dir, const char *out)
{
	char inc[PATH_MAX + 2];
	pid_t pid;
	int st;

	snprintf(inc, sizeof(inc), "-I%s", dir);
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return command_fail("fork: %s", strerror(errno));
	if (!pid) {
		execlp(clang, clang, "-target", "bpf", "-mcpu=v3", "-O2", "-g", "-Wall",
		       "-Wno-unused-function",
#ifdef __aarch64__
		       "-D__TARGET_ARCH_arm64", "-idirafter", "/usr/include/aarch64-linux-gnu",
#else
		       "-D__TARGET_ARCH_x86", "-idirafter", "/usr/include/x86_64-linux-gnu",
#endif
		       inc, "-c", source, "-o", out, NULL);
		_exit(127);
	}
	while (waitpid(pid, &st, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(st) && !WEXITSTATUS(st) ? 0 : 1;
}

int compile_bpf(const char *source, const char *btf, char *out, size_t size)
{
	static int count;
	const char *clang = find_clang();
	char dir[PATH_MAX] = ".";
	int err;

	if (access(source, R_OK))
		return command_fail("%s: %s", source, strerror(errno));
	if (!clang)
		return command_fail("%s: compiling needs clang, which is not installed "
				    "(apt-get install clang; or give a compiled .bpf.o)",
				    source);
	if (access("/usr/include/bpf/bpf_helpers.h", R_OK))
		command_note("bpf/bpf_helpers.h is not installed (apt-get install libbpf-dev)");
	if (mentions(source, "vmlinux.h")) {
		err = vmlinux_dir(btf, dir, sizeof(dir));
		if (err)
			return err;
	}
	if (!work_dir())
		return EXIT_ERROR;
	if (count >= 64)
		return command_fail("%s: more than 64 source files in one run", source);
	snprintf(out, size, "%s/%d.bpf.o", workdir, count++);
	if (run_clang(clang, source, dir, out))
		return command_fail("%s: does not compile (%s's messages are above)", source,
				    clang);
	return 0;
}
