// SPDX-License-Identifier: BSD-2-Clause
/*
 * cygnet exec: a client of bpf(2), unmodified, and everything it starts, run
 * against an instance this process holds. The shim is preloaded into it and
 * asks us over a socket.
 */
#include <elf.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/session.h"
#include "cli/spawn.h"
#include "cygnet/cygnet.h"
#include "world/server.h"

enum {
	OPT_BTF = 256
};

static const struct command_option options[] = {
	{'w', "world", "SOCKET", "join the world served there instead of making an instance"},
	{OPT_BTF, "btf", "FILE", "BTF to answer as the kernel's"},
	SESSION_KERNEL,
	SESSION_ENGINE,
	SESSION_PERF,
	{0}};

static int cmd_exec(int argc, char **argv);

const struct command command_exec = {
	.name = "exec",
	.run = cmd_exec,
	.usage = "[OPTIONS] -- CLIENT [ARGUMENTS]",
	.doc = "Runs a bpf(2) client, and all it starts, against an instance",
	.text = "CLIENT is any program that uses bpf(2): bpftool, a libbpf program, a loader of "
		"your own. Its bpf calls, perf events of BPF, ring buffers, and the files around "
		"them (/sys/fs/bpf, tracepoint ids, fdinfo) are answered by an instance that lives "
		"as long as the command: maps, programs, links and pins are shared by all "
		"processes "
		"CLIENT starts, as a kernel's would be, and no privilege is needed.\n\n"
		"CLIENT must be dynamically linked to libc and not setuid: a static executable's "
		"calls reach the host. The socket is in a directory of mode 0700 and answers only "
		"processes of the same user; CYGNET_WORLD holds its path, which -w "
		"takes.\n\n" SESSION_ENGINE_TEXT "\n\n" SESSION_PERF_TEXT "\n\n"
		"The exit status is CLIENT's own (128 + signal); otherwise 1 for an error and 2 "
		"for "
		"wrong usage.",
	.examples =
		"cygnet exec -- bpftool prog load prog.bpf.o /sys/fs/bpf/p\tdoes it load?\n"
		"cygnet exec -- sh -c 'bpftool map create /sys/fs/bpf/m type hash key 4 value 8 "
		"entries 16 name m; bpftool map show'\tseveral clients, one instance\n"
		"cygnet exec -- bash\ta shell in which bpf(2) is the instance's",
	.options = options,
};

struct exec_session {
	const char *join;
	struct session_wish wish;
	char **cmd;
	struct cygnet *inst;
	struct world *world;
};

static int parse(struct exec_session *s, int argc, char **argv)
{
	int split = session_split(argc, argv, &s->cmd), c;

	while ((c = command_getopt(&command_exec, split, argv)) != -1) {
		switch (c) {
		case 'w': s->join = optarg; break;
		case OPT_BTF: s->wish.btf = optarg; break;
		case SESSION_OPT_KERNEL: s->wish.kernel = optarg; break;
		case SESSION_OPT_PERF:
			s->wish.perf = optarg;
			if (session_perf(optarg, NULL))
				return EXIT_USAGE;
			break;
		case SESSION_OPT_ENGINE:
			s->wish.engine = optarg;
			if (session_engine(optarg, NULL))
				return EXIT_USAGE;
			break;
		default: return EXIT_USAGE;
		}
	}
	if (optind < split)
		return command_usage(&command_exec, "exec: `%s`: the client stands behind --",
				     argv[optind]);
	if (!s->cmd || !s->cmd[0])
		return command_usage(&command_exec, "exec: no client to run (give it behind --)");
	if (s->join && (s->wish.btf || s->wish.kernel || s->wish.engine || s->wish.perf))
		return command_usage(&command_exec,
				     "exec: --%s is for an instance of our own, -w joins another",
				     s->wish.btf      ? "btf"
				     : s->wish.kernel ? "kernel"
				     : s->wish.engine ? "engine"
						      : "perf");
	return 0;
}

/* Has this ELF file a loader to preload with? Other files (scripts) do for all we know. */
static bool is_static(const char *path)
{
	FILE *f = fopen(path, "re");
	Elf64_Phdr ph;
	Elf64_Ehdr eh;
	bool interp;

	if (!f)
		return false;
	interp = fread(&eh, sizeof(eh), 1, f) != 1 || memcmp(eh.e_ident, ELFMAG, SELFMAG) ||
		 eh.e_ident[EI_CLASS] != ELFCLASS64 || fseek(f, eh.e_phoff, SEEK_SET);
	for (int i = 0; !interp && i < eh.e_phnum && fread(&ph, sizeof(ph), 1, f) == 1; i++)
		interp = ph.p_type == PT_INTERP;
	fclose(f);
	return !interp;
}

/* 0, or an exit status. */
static int check_client(const char *name)
{
	char path[PATH_MAX];
	struct stat st;
	int err = spawn_find(name, path, sizeof(path));

	if (err)
		return command_fail("%s: %s", name,
				    err == -EACCES ? "not executable"
						   : "no such command (is it in PATH?)");
	if (!stat(path, &st) && (st.st_mode & S_ISUID) && st.st_uid != geteuid())
		command_note("%s is setuid: its bpf calls go to the host", path);
	else if (is_static(path))
		command_note("%s is statically linked: its bpf calls go to the host", path);
	return 0;
}

/* Is a world served there? */
static int check_world(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int sock, err = 0;

	if (snprintf(a.sun_path, sizeof(a.sun_path), "%s", path) >= (int)sizeof(a.sun_path))
		return -ENAMETOOLONG;
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock < 0 || connect(sock, (struct sockaddr *)&a, sizeof(a)))
		err = -errno;
	if (sock >= 0)
		close(sock);
	return err;
}

static int make_world(struct exec_session *s)
{
	int err = session_instance(&s->wish, &s->inst);

	if (err)
		return err;
	err = world_start(s->inst, NULL, &s->world);
	if (err)
		return command_fail("no socket for the clients: %s (TMPDIR names another place)",
				    strerror(-err));
	return 0;
}

static int start(struct exec_session *s, pid_t *pid)
{
	char shim[PATH_MAX], world[PATH_MAX];
	int err = check_client(s->cmd[0]);

	err = err ?: session_preload("libcygnet-shim.so", "CYGNET_SHIM", shim, sizeof(shim));
	if (err)
		return err;
	if (s->join) {
		err = check_world(s->join);
		if (err)
			return command_fail("%s: no world is served there: %s", s->join,
					    strerror(-err));
		/* Clients may change their directory. */
		if (!realpath(s->join, world))
			return command_fail("%s: %s", s->join, strerror(errno));
	} else {
		err = make_world(s);
		if (err)
			return err;
		snprintf(world, sizeof(world), "%s", world_address(s->world));
	}
	*pid = spawn_start(s->cmd, shim, world);
	if (*pid < 0)
		return command_fail("%s: %s", s->cmd[0], strerror(-*pid));
	return 0;
}

static void say_trouble(struct world *w)
{
	char line[512];

	while (w && world_trouble(w, line, sizeof(line)))
		command_note("%s", line);
}

static int wait_for(struct exec_session *s, pid_t pid)
{
	struct pollfd p = {.fd = spawn_fd(), .events = POLLIN};
	int status = 0;

	while (!spawn_ended(pid, &status)) {
		poll(&p, 1, 200);
		say_trouble(s->world);
	}
	say_trouble(s->world);
	return status;
}

static int cmd_exec(int argc, char **argv)
{
	struct exec_session s = {0};
	int status;
	pid_t pid;

	status = parse(&s, argc, argv);
	if (!status)
		status = start(&s, &pid);
	if (!status)
		status = wait_for(&s, pid);
	world_stop(s.world);
	cygnet_free(s.inst);
	return status;
}
