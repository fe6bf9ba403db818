// SPDX-License-Identifier: BSD-2-Clause
/* What the commands that hold an instance and start a program share. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/session.h"
#include "core/kernel.h"
#include "cygnet/cygnet.h"
#include "vm/engine.h"
#include "vm/perf_map.h"

int session_split(int argc, char **argv, char ***cmd)
{
	*cmd = NULL;
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--")) {
			*cmd = argv + i + 1;
			argv[i] = NULL;
			return i;
		}
	return argc;
}

int session_preload(const char *part, const char *env, char *path, size_t size)
{
	const char *named = getenv(env);
	char found[PATH_MAX], *full = NULL;

	if (named && *named)
		full = realpath(named, NULL);
	else if (!command_find_part(part, found, sizeof(found)))
		full = realpath(found, NULL);
	if (!full || strlen(full) >= size) {
		free(full);
		return command_fail("%s: not found beside the executable (`make install`, or name "
				    "it in %s)",
				    part, env);
	}
	strcpy(path, full);
	free(full);
	if (strpbrk(path, ": "))
		return command_fail("%s: the loader takes no path with `:` or a blank; %s names a "
				    "copy elsewhere",
				    path, env);
	return 0;
}

int session_kernel(const char *text, unsigned int *out)
{
	u32 version;
	int err = core_kernel_parse(text, &version);

	if (!err) {
		*out = version;
		return 0;
	}
	if (err == -ERANGE)
		command_note("--kernel %s: versions from 4.19 to 6.18 are modelled", text);
	else
		command_note("--kernel %s: not a version (want 6.1, or 6.1.20)", text);
	return EXIT_USAGE;
}

static const struct engine_name {
	const char *name;
	u8 engine;
	bool checked;
} engines[] = {
	{"auto", ENGINE_AUTO, false},     {"interp", ENGINE_INTERP, false},
	{"checked", ENGINE_INTERP, true}, {"baseline", ENGINE_BASELINE, false},
	{"jit", ENGINE_JIT, false},
};

int session_engine(const char *text, struct cygnet_opts *opts)
{
	const char *names[ARRAY_SIZE(engines)], *near;

	for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
		names[i] = engines[i].name;
		if (strcmp(text, names[i]))
			continue;
		if (opts) {
			opts->engine = engines[i].engine;
			opts->checked = engines[i].checked;
		}
		return 0;
	}
	near = command_nearest(text, names, ARRAY_SIZE(names));
	command_note("--engine %s: no such engine%s%s%s; there are auto, interp, checked, baseline "
		     "and jit",
		     text, near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
	return EXIT_USAGE;
}

int session_perf(const char *text, struct cygnet_opts *opts)
{
	static const char *const kinds[] = {"map", "jitdump", "both"};

	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(text, kinds[i])) {
			if (opts)
				opts->perf = i + 1;
			return 0;
		}
	command_note("--perf %s: want map, jitdump or both", text);
	return EXIT_USAGE;
}

int session_instance(const struct session_wish *wish, struct cygnet **out)
{
	struct cygnet_opts opts = {.sz = sizeof(opts)};
	const char *btf = wish->btf;
	char small[PATH_MAX];
	int err = wish->kernel ? session_kernel(wish->kernel, &opts.kernel) : 0;

	if (!err && wish->engine)
		err = session_engine(wish->engine, &opts);
	if (!err && wish->perf)
		err = session_perf(wish->perf, &opts);
	if (err)
		return err;
	if (btf && strcmp(btf, "none"))
		opts.btf_path = btf;
	else if ((btf || access("/sys/kernel/btf/vmlinux", R_OK)) &&
		 !command_find_part("fallback/vmlinux.btf", small, sizeof(small)))
		opts.btf_path = small;
	if (opts.btf_path && access(opts.btf_path, R_OK))
		return command_fail("%s: cannot be read (BTF to answer as the kernel's)",
				    opts.btf_path);
	err = perf_map_start(opts.perf);
	if (err)
		return command_fail("--perf %s: /tmp/perf-%d.map or the jitdump file: %s",
				    wish->perf, getpid(), strerror(-err));
	err = cygnet_new(&opts, out);
	if (err)
		return command_fail("no instance can be made: %s (`cygnet doctor` says why)",
				    strerror(-err));
	return 0;
}
