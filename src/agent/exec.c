// SPDX-License-Identifier: BSD-2-Clause
/*
 * execve: the next image must find the agent and the world. The environment
 * handed to the kernel is the application's with LD_PRELOAD and CYGNET_WORLD
 * put back (they were taken out of what the application sees at start); it
 * lies in memory mapped for the call. Images that the agent cannot enter are
 * named in a note.
 */
#include "agent/agent.h"

#define ENV_MAX   (1u << 20)
#define PATH_SIZE 4096

enum image_kind {
	IMAGE_DYNAMIC,
	IMAGE_STATIC,
	IMAGE_32BIT,
	IMAGE_SETID,
	IMAGE_CAPABLE,
	IMAGE_SCRIPT,
	IMAGE_UNKNOWN,
};
static const char *const image_why[] = {
	[IMAGE_STATIC] = "statically linked",
	[IMAGE_32BIT] = "not an x86-64 program",
	[IMAGE_SETID] = "setuid or setgid",
	[IMAGE_CAPABLE] = "has file capabilities",
};

struct stat_part { /* struct stat of x86-64 */
	u64 dev, ino, nlink;
	u32 mode, uid, gid, pad;
	u64 rest[15];
};

static bool changes_user(const struct stat_part *st)
{
	bool user = st->mode & 04000 && st->uid != (u32)sys3(__NR_geteuid, 0, 0, 0);
	bool group = (st->mode & 02010) == 02010 && st->gid != (u32)sys3(__NR_getegid, 0, 0, 0);

	return (user || group) && sys6(__NR_prctl, 39 /* NO_NEW_PRIVS */, 0, 0, 0, 0, 0) != 1;
}

static bool starts(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return false;
	return true;
}

static const char *base_name(const char *path)
{
	const char *base = path;

	for (; *path; path++)
		if (*path == '/')
			base = path + 1;
	return base;
}

static enum image_kind elf_kind(int fd, const u8 *head, const char *path)
{
	u8 ph[56 * 32];
	u16 phnum, phsize;
	u64 phoff;
	long n;

	if (head[4] != 2 || head[18] != 62)
		return IMAGE_32BIT;
	mem_copy(&phoff, head + 32, 8);
	mem_copy(&phsize, head + 54, 2);
	mem_copy(&phnum, head + 56, 2);
	if (phsize != 56)
		return IMAGE_UNKNOWN;
	n = sys4(__NR_pread64, fd, SYS_ARG(ph), sizeof(ph), (long)phoff);
	for (u32 i = 0; i < phnum && (long)(i + 1) * 56 <= n; i++)
		if (ph[i * 56] == 3 /* PT_INTERP */ && !ph[i * 56 + 1])
			return IMAGE_DYNAMIC;
	return starts(base_name(path), "ld-") ? IMAGE_DYNAMIC : IMAGE_STATIC;
}

/* The interpreter of "#!INTERP ..." into path. */
static bool script_interpreter(const u8 *head, long n, char *path)
{
	long i = 2, len = 0;

	while (i < n && (head[i] == ' ' || head[i] == '\t'))
		i++;
	while (i < n && head[i] > ' ' && len < PATH_SIZE - 1)
		path[len++] = (char)head[i++];
	path[len] = 0;
	return len > 0 && i < n;
}

/* What exec would start. `path` is replaced by a script's interpreter on IMAGE_SCRIPT. */
static enum image_kind image_kind(int fd, char *path)
{
	struct stat_part st;
	u8 head[256];
	long n = sys4(__NR_pread64, fd, SYS_ARG(head), sizeof(head), 0);

	if (n < 4)
		return IMAGE_UNKNOWN;
	if (head[0] == '#' && head[1] == '!')
		return script_interpreter(head, n, path) ? IMAGE_SCRIPT : IMAGE_UNKNOWN;
	if (n < 64 || head[0] != 0x7f || head[1] != 'E' || head[2] != 'L' || head[3] != 'F')
		return IMAGE_UNKNOWN;
	if (!sys3(__NR_fstat, fd, SYS_ARG(&st), 0)) {
		u8 cap[24];

		if (changes_user(&st))
			return IMAGE_SETID;
		if (sys4(__NR_fgetxattr, fd, SYS_ARG("security.capability"), SYS_ARG(cap),
			 sizeof(cap)) > 0 &&
		    sys3(__NR_geteuid, 0, 0, 0))
			return IMAGE_CAPABLE;
	}
	return elf_kind(fd, head, path);
}

static enum image_kind exec_kind(struct block *b, char *path)
{
	bool at = b->now.nr == __NR_execveat;
	int dir = at ? (int)b->now.arg[0] : -100;
	enum image_kind kind = IMAGE_UNKNOWN;

	for (u32 depth = 0; depth < 5; depth++) {
		long fd;

		if (!depth && at && !path[0] && b->now.arg[4] & 0x1000 /* AT_EMPTY_PATH */) {
			kind = image_kind(dir, path);
		} else {
			fd = sys4(__NR_openat, dir, SYS_ARG(path), 02004000 /* CLOEXEC, NONBLOCK */,
				  0);
			if (sys_failed(fd))
				return IMAGE_UNKNOWN;
			kind = image_kind((int)fd, path);
			sys_close((int)fd);
		}
		if (kind != IMAGE_SCRIPT)
			return kind;
		dir = -100;
	}
	return kind;
}

static void note_untraced(struct block *b, const char *path, const char *why)
{
	char text[512];
	struct text t;

	text_init(&t, text, sizeof(text));
	text_fmt(&t, "%s: %s", path, why);
	note_put(b, NOTE_UNTRACED, text, (u32)t.len);
}

/* Is `path` one of the colon- or space-separated entries of `list`? */
static bool listed(const char *list, const char *path)
{
	size_t n = str_len(path);

	for (; *list; list++) {
		if (starts(list, path) && (!list[n] || list[n] == ':' || list[n] == ' '))
			return true;
		while (*list && *list != ':' && *list != ' ')
			list++;
		if (!*list)
			break;
	}
	return false;
}

struct env_build {
	bool world;
	bool listing; /* ldd: the loader only lists what it would load */
	u64 *vec;
	char *text;
	char *end;
};

static char *put(struct env_build *e, const char *a, const char *b, const char *c)
{
	const char *part[3] = {a, b, c};
	char *start = e->text;

	for (u32 i = 0; i < 3; i++)
		for (const char *s = part[i]; *s && e->text < e->end - 1; s++)
			*e->text++ = *s;
	*e->text++ = 0;
	return start;
}

/* One entry of the application's environment, or what takes its place. */
static u64 env_entry(struct env_build *e, u64 entry, char *buf, bool preload, bool *have)
{
	struct run none = {0};
	long n = agent_env.read_user_str(&none, buf, 25, entry);

	if (n < 0)
		return entry; /* the kernel will say so */
	if (starts(buf, "CYGNET_WORLD=")) {
		e->world = true; /* its own idea (a world inside ours): it gets that one */
		return entry;
	}
	if (starts(buf, "LD_TRACE_LOADED_OBJECTS="))
		e->listing = true;
	if (!preload || !starts(buf, "LD_PRELOAD="))
		return entry;
	if (agent_env.read_user_str(&none, buf, PATH_SIZE * 4, entry) < 0)
		return entry;
	*have = true;
	if (listed(buf + 11, agent.preload))
		return entry;
	return ptr_to_u64(put(e, "LD_PRELOAD=", agent.preload, buf[11] ? ":" : ""));
}

/* Appends the application's own list to the LD_PRELOAD just written (`put` left a NUL). */
static void append(struct env_build *e, const char *s)
{
	e->text--;
	put(e, s, "", "");
}

static bool env_build(struct block *b, u64 envp, bool preload, u64 *out)
{
	u64 count = 0, entry, size;
	struct env_build e;
	bool have = false;
	char *buf;
	u8 *mem;
	u64 n = 0;

	while (envp && count < ENV_MAX && !user_read(&entry, envp + count * 8, 8) && entry)
		count++;
	size = ROUND_UP((count + 3) * 8 + PATH_SIZE * 16, 4096ull);
	mem = sys_mmap(NULL, size, 3, 0x22, -1, 0);
	if (sys_failed(mem))
		return false;
	e = (struct env_build){.vec = (u64 *)mem, .text = (char *)(mem + (count + 3) * 8)};
	e.end = (char *)mem + size - PATH_SIZE * 4;
	buf = e.end;
	for (u64 i = 0; i < count; i++) {
		u64 kept;

		if (user_read(&entry, envp + i * 8, 8))
			break;
		kept = env_entry(&e, entry, buf, preload, &have);
		if (kept != entry)
			append(&e, buf + 11);
		e.vec[n++] = kept;
	}
	if (preload && !have)
		e.vec[n++] = ptr_to_u64(put(&e, "LD_PRELOAD=", agent.preload, ""));
	if (!e.world)
		e.vec[n++] = ptr_to_u64(put(&e, "CYGNET_WORLD=", agent.world, ""));
	e.vec[n] = 0;
	if (e.listing) {
		sys_munmap(mem, size);
		return false;
	}
	b->now.scratch = ptr_to_u64(mem);
	b->now.scratch_size = size;
	*out = ptr_to_u64(e.vec);
	return true;
}

/* The limit leaves the loader none beside the usual three: it would complain about our library
 * first. */
static bool no_descriptor_left(void)
{
	u64 limit[2];

	return !sys4(__NR_prlimit64, 0, 7 /* NOFILE */, 0, SYS_ARG(limit)) && limit[0] <= 3;
}

/*
 * A world belongs to one user; the process may have become another, who cannot
 * reach it, or will not after exec, when capabilities kept so far are gone.
 */
static bool world_refuses(void)
{
	u32 uid = (u32)sys3(__NR_geteuid, 0, 0, 0);
	struct stat_part st;

	if (sys4(__NR_faccessat2, -100, SYS_ARG(agent.world), 2 /* W_OK */,
		 0x200 /* AT_EACCESS */) == -13)
		return true;
	return uid && !sys3(__NR_stat, SYS_ARG(agent.world), SYS_ARG(&st), 0) && st.uid != uid;
}

void exec_enter(struct block *b)
{
	bool at = b->now.nr == __NR_execveat;
	u64 *envp = at ? &b->regs.r10 : &b->regs.dx;
	char path[PATH_SIZE], first[PATH_SIZE];
	struct run none = {0};
	enum image_kind kind;

	if (!agent.live)
		return;
	if (agent_env.read_user_str(&none, path, sizeof(path), b->now.arg[at ? 1 : 0]) < 0)
		return;
	if (agent.sealed) {
		note_untraced(b, path, "started behind a seccomp filter");
		return;
	}
	mem_copy(first, path, sizeof(first));
	kind = exec_kind(b, path);
	if (no_descriptor_left()) {
		note_untraced(b, first, "no descriptor left to load the agent");
		return;
	}
	if (sys4(__NR_faccessat, -100, SYS_ARG(agent.own_path), 4 /* R_OK */, 0)) {
		/* Another root: the loader would complain about a library it cannot find. */
		if (kind != IMAGE_UNKNOWN)
			note_untraced(b, first, "the agent's file is not there");
		return;
	}
	if (world_refuses()) {
		if (kind != IMAGE_UNKNOWN)
			note_untraced(b, first, "runs as another user");
		return;
	}
	if (kind < ARRAY_SIZE(image_why) && image_why[kind])
		note_untraced(b, path[0] ? path : first, image_why[kind]);
	if (!env_build(b, *envp, kind != IMAGE_32BIT, envp))
		return;
	signal_exec(b, false);
}

/* The call failed: as if nothing had been prepared. */
void exec_exit(struct block *b, bool done)
{
	if (!b->now.scratch)
		return;
	sys_munmap(u64_to_ptr(b->now.scratch), b->now.scratch_size);
	b->now.scratch = 0;
	if (!done)
		signal_exec(b, true);
}
