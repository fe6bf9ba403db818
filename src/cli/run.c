// SPDX-License-Identifier: BSD-2-Clause
/*
 * cygnet run: programs watch a command. An instance in this process, the
 * objects loaded and attached through it, a world for the command's processes,
 * then one loop that prints what comes until the command has ended.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "cli/command.h"
#include "cli/compile.h"
#include "cli/dump.h"
#include "cli/notes.h"
#include "cli/unit.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/spawn.h"
#include "cli/stream.h"
#include "cli/summary.h"
#include "shim/backend.h"
#include "vm/instance.h"
#include "world/server.h"

enum {
	OPT_SET = 256,
	OPT_DURATION,
	OPT_BTF
};

static const struct command_option options[] = {
	{'s', "set", "NAME=VALUE",
	 "give a global (const volatile, or any other) its value; repeatable"},
	{'d', "duration", "SECONDS", "stop after that long: the command gets SIGTERM"},
	{'o', "output", "FILE", "write the data there instead of standard output"},
	{'q', "quiet", NULL, "print no data, only what went wrong"},
	{'j', "json", NULL, "data as JSON Lines"},
	{OPT_BTF, "btf", "FILE", "BTF to answer as the kernel's; `none`: as on a kernel without"},
	SESSION_KERNEL,
	SESSION_ENGINE,
	{'v', "verbose", NULL, "libbpf's messages too"},
	{0}};

static int cmd_run(int argc, char **argv);

const struct command command_run = {
	.name = "run",
	.run = cmd_run,
	.usage = "FILE.bpf.[co]... [OPTIONS] -- COMMAND [ARGUMENTS]",
	.doc = "Loads BPF programs and lets them watch a command and all it starts",
	.text = "Each FILE is a compiled BPF object, or C that is compiled first (vmlinux.h is "
		"made from the "
		"kernel's BTF and cached). Programs are loaded by libbpf into a private instance, "
		"not into the "
		"kernel, and attached by section name: tracepoint/syscalls/sys_enter_NAME and "
		"sys_exit_NAME, "
		"tracepoint/raw_syscalls/sys_enter and sys_exit, raw_tp/sys_enter and sys_exit, "
		"uprobe/FILE:FUNCTION[+OFFSET], uretprobe/FILE:FUNCTION, usdt/FILE:PROVIDER:NAME. "
		"Programs of other "
		"sections are named and left out; at least one must attach. No privilege is "
		"needed.\n\n"
		"The programs see every process the command starts, through fork and exec. Static "
		"and setuid "
		"executables run on untraced and are named once.\n\n"
		"While the command runs, bpf_printk lines and the records of ring buffers and perf "
		"buffers are "
		"printed as they come. A record's type is the value type in the map's definition, "
		"or else the one "
		"struct the program declares for it (`struct event *unused;` as a global keeps a "
		"type in BTF), or "
		"else it is printed as hex. At the end the maps that the program names are "
		"printed: keys and values "
		"by their BTF types, per-CPU values summed, arrays of log2 slots (a member or map "
		"called slots or "
		"hist) as histograms.\n\n"
		"A bad memory access of a program ends that run of it, is counted, and is reported "
		"at the end with "
		"its source line; it never harms the command.\n\n"
		"With --json each line is one object with a type: printk {pid, tid, comm, cpu, "
		"time_ns, text}; "
		"record {map, data} or {map, hex}; map {map, entries: [{key, value}]}; lost {map, "
		"count}; "
		"untraced {pid, what}; fault {program, kind, instruction, address, count, source}; "
		"count {program, "
		"what, count}.\n\n" SESSION_ENGINE_TEXT
		" It holds for programs that run in the command's processes too.\n\n"
		"Once the command has started the exit status is its own (128 + signal); otherwise "
		"1 for an error "
		"and 2 for wrong usage.",
	.examples =
		"cygnet run opensnoop.bpf.c -- ls -l /etc\tfiles a command opens\n"
		"cygnet run --set min_us=100 slow.bpf.o -- bash -c 'ls | wc -l'\ta tunable set\n"
		"cygnet run --json -o events.jsonl execsnoop.bpf.c -- make\tas data, to a file",
	.options = options,
};

struct run_session {
	struct unit_opts opts;
	VEC(const char *) sets;
	const char *output;
	struct session_wish wish;
	bool json, quiet;
	double duration;
	struct cygnet *inst;
	struct world *world;
	struct bpf_unit *units;
	size_t unit_count;
	struct streams streams;
	struct output out;
	char **cmd;
};

static int parse_duration(const char *s, double *out)
{
	char *end;
	double v = strtod(s, &end);

	if (end == s || !(v > 0) || v > 1e9)
		return -EINVAL;
	if (!strcmp(end, "ms"))
		v /= 1e3;
	else if (!strcmp(end, "m"))
		v *= 60;
	else if (*end && strcmp(end, "s"))
		return -EINVAL;
	*out = v;
	return 0;
}

static int parse(struct run_session *s, int argc, char **argv, char ***files, int *file_count)
{
	int split = session_split(argc, argv, &s->cmd), c;

	while ((c = command_getopt(&command_run, split, argv)) != -1) {
		switch (c) {
		case 's':
			if (vec_push(&s->sets, optarg))
				return command_fail("out of memory");
			break;
		case 'd':
			if (parse_duration(optarg, &s->duration))
				return command_usage(&command_run,
						     "--duration %s: want seconds (or 500ms, 2m)",
						     optarg);
			break;
		case 'o': s->output = optarg; break;
		case 'q': s->quiet = true; break;
		case 'j': s->json = true; break;
		case 'v': s->opts.verbose = true; break;
		case OPT_BTF: s->opts.btf = s->wish.btf = optarg; break;
		case SESSION_OPT_KERNEL: s->wish.kernel = optarg; break;
		case SESSION_OPT_ENGINE:
			s->wish.engine = optarg;
			if (session_engine(optarg, NULL))
				return EXIT_USAGE;
			break;
		default: return EXIT_USAGE;
		}
	}
	*files = argv + optind;
	*file_count = split - optind;
	if (*file_count < 1)
		return command_usage(&command_run, "run: no BPF file given");
	if (!s->cmd || !s->cmd[0])
		return command_usage(&command_run, "run: no command to watch (give it behind --)");
	return 0;
}

static int load(struct run_session *s, char **files, int count)
{
	int err = session_instance(&s->wish, &s->inst);

	if (err)
		return err;
	shim_use_instance(s->inst);
	s->units = base_calloc(count, sizeof(*s->units));
	if (!s->units)
		return command_fail("out of memory");
	for (int i = 0; i < count; i++) {
		s->unit_count = i + 1;
		err = unit_open(&s->units[i], files[i], &s->opts);
		if (err)
			return err;
	}
	vec_each (&s->sets, i) {
		err = unit_set(s->units, s->unit_count, s->sets.data[i]);
		if (err)
			return err;
	}
	for (int i = 0; i < count && !err; i++)
		err = unit_load(&s->units[i], &s->opts);
	for (int i = 0; i < count && !err; i++)
		err = unit_attach(&s->units[i], &s->opts);
	return err ? err : streams_open(&s->streams, s->units, s->unit_count, &s->out);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void drain(struct run_session *s)
{
	char line[512];

	while (world_trouble(s->world, line, sizeof(line)))
		command_note("%s", line);
	notes_drain(s->inst, &s->out);
	streams_drain(&s->streams);
	if (!s->out.quiet)
		fflush(s->out.f);
}

/* Prints until the command has ended (or the user insists); its exit status. */
static int watch(struct run_session *s, pid_t pid)
{
	double end = s->duration ? now() + s->duration : 0;
	struct pollfd fds[64];
	size_t n = 0;
	int status = 0, left;

	fds[n++] = (struct pollfd){.fd = spawn_fd(), .events = POLLIN};
	fds[n++] = (struct pollfd){.fd = notes_fd(s->inst), .events = POLLIN};
	n += streams_poll(&s->streams, fds + n, ARRAY_SIZE(fds) - n);
	while (!spawn_ended(pid, &status)) {
		left = 200;
		if (end) {
			double rest = end - now();

			if (rest <= 0) {
				kill(pid, SIGTERM);
				end = now() + 2; /* insist later */
			}
			left = MIN(left, MAX(1, (int)(rest * 1000)));
		}
		if (spawn_interrupts() > 2) {
			kill(pid, SIGKILL);
			command_note("the command did not stop; it was killed");
		}
		poll(fds, n, left);
		drain(s);
	}
	return status;
}

static void finish(struct run_session *s)
{
	drain(s);
	if (!s->out.quiet)
		for (size_t i = 0; i < s->unit_count; i++)
			dump_maps(s->inst, &s->units[i], &s->out);
	for (size_t i = 0; i < s->unit_count; i++)
		summary_print(s->inst, &s->units[i], &s->out);
}

static void release(struct run_session *s)
{
	streams_close(&s->streams);
	for (size_t i = 0; i < s->unit_count; i++)
		unit_close(&s->units[i]);
	base_free(s->units);
	world_stop(s->world);
	if (s->inst)
		shim_use_instance(NULL);
	cygnet_free(s->inst);
	vec_fini(&s->sets);
	compile_cleanup();
}

static int start(struct run_session *s, pid_t *pid)
{
	char agent[PATH_MAX], found[PATH_MAX];
	int err;

	err = spawn_find(s->cmd[0], found, sizeof(found));
	if (err)
		return command_fail("%s: %s", s->cmd[0],
				    err == -EACCES ? "not executable"
						   : "no such command (is it in PATH?)");
	err = session_preload("libcygnet-agent.so", "CYGNET_AGENT", agent, sizeof(agent));
	if (err)
		return err;
	err = world_start(s->inst, NULL, &s->world);
	if (err)
		return command_fail(
			"no socket for the traced processes: %s (TMPDIR names another place)",
			strerror(-err));
	*pid = spawn_start(s->cmd, agent, world_address(s->world));
	if (*pid < 0)
		return command_fail("%s: %s", s->cmd[0], strerror(-*pid));
	return 0;
}

static int cmd_run(int argc, char **argv)
{
	struct run_session s = {0};
	int status, files = 0;
	bool started = false;
	char **file = NULL;
	pid_t pid;

	status = parse(&s, argc, argv, &file, &files);
	if (!status)
		status = output_open(&s.out, s.output, s.json, s.quiet);
	if (!status)
		status = load(&s, file, files);
	if (!status)
		status = start(&s, &pid);
	if (!status) {
		started = true;
		status = watch(&s, pid);
		finish(&s);
	}
	release(&s);
	/* Once the command has started the status is its own. */
	if (output_close(&s.out) && !started)
		status = EXIT_ERROR;
	return status;
}
