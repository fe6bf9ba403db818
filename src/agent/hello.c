// SPDX-License-Identifier: BSD-2-Clause
/*
 * The talk with the world: one connection per hello, closed before we return.
 * What arrives is a plan and its descriptors; plan_load() maps them and they
 * are closed here, whatever happens.
 */
#include "agent/agent.h"
#include "core/wire.h"

#define TALK_BYTES                                                                    \
	(4u << 20) /* address space for maps' text and the message; touched as needed \
		    */
#define TIMEOUT_S 10

struct text_in {
	const char *p, *end;
};

static u64 number(struct text_in *t, u32 base)
{
	u64 v = 0;

	for (; t->p < t->end; t->p++) {
		char c = *t->p;
		u32 d = c >= '0' && c <= '9'   ? (u32)(c - '0')
			: c >= 'a' && c <= 'f' ? (u32)(c - 'a' + 10)
					       : 99;

		if (d >= base)
			break;
		v = v * base + d;
	}
	if (t->p < t->end)
		t->p++; /* the separator */
	return v;
}

/* stat(2)'s encoding of a device number. */
static u64 device(u64 major, u64 minor)
{
	return (major & 0xfff) << 8 | (minor & 0xff) | (minor & ~0xffull) << 12 |
	       (major & ~0xfffull) << 32;
}

static void protection(struct text_in *t, u32 *prot)
{
	static const u8 bit[4] = {1, 2, 4, 0};

	*prot = 0;
	for (u32 i = 0; i < 4 && t->p < t->end; i++, t->p++)
		if (*t->p != '-')
			*prot |= bit[i];
	t->p++;
}

/* One line of /proc/self/maps behind `at`; returns the new end, or NULL: no room. */
static u8 *mapping(struct text_in *line, u8 *at, u8 *limit)
{
	struct plan_mapping m;
	u64 major, minor;
	size_t len;

	mem_zero(&m, sizeof(m));
	m.start = number(line, 16);
	m.end = number(line, 16);
	protection(line, &m.prot);
	m.offset = number(line, 16);
	major = number(line, 16);
	minor = number(line, 16);
	m.dev = device(major, minor);
	m.ino = number(line, 10);
	while (line->p < line->end && *line->p == ' ')
		line->p++;
	len = (size_t)(line->end - line->p);
	m.path_len = len < 4096 ? (u32)len : 0;
	if (at + sizeof(m) + ROUND_UP(m.path_len, 8u) > limit)
		return NULL;
	mem_copy(at, &m, sizeof(m));
	at += sizeof(m);
	mem_zero(at, ROUND_UP(m.path_len, 8u));
	mem_copy(at, line->p, m.path_len);
	return at + ROUND_UP(m.path_len, 8u);
}

/* Reads a whole file of /proc; bytes or -errno. */
static long slurp(const char *path, char *buf, size_t size)
{
	long fd = sys_open(path, 02000000), n = 0, r = 1;

	if (sys_failed(fd))
		return fd;
	while (r > 0 && (size_t)n < size) {
		r = sys3(__NR_read, fd, SYS_ARG(buf + n), (long)(size - (size_t)n));
		if (r > 0)
			n += r;
		else if (r == -4)
			r = 1;
	}
	sys_close((int)fd);
	return r < 0 ? r : n;
}

/* Hello and mappings into msg; its size, or -errno. */
static long compose(u32 why, u64 start, u64 end, u32 parent, u8 *msg, u8 *limit)
{
	struct plan_hello *h = (struct plan_hello *)(msg + sizeof(struct wire_header));
	char *maps = (char *)msg + TALK_BYTES;
	u8 *at = (u8 *)(h + 1);
	long n = 0;

	mem_zero(h, sizeof(*h));
	h->why = why;
	h->pid = (u32)sys3(__NR_getpid, 0, 0, 0);
	h->tid = (u32)sys3(__NR_gettid, 0, 0, 0);
	h->parent = why == HELLO_FORK ? parent : ~0u;
	h->participant = why == HELLO_MAP ? agent.participant : ~0u;
	h->slot_base = agent.slot_count;
	h->probe_base = agent.probe_count;
	h->new_start = start;
	h->new_end = end;
	h->arena = ptr_to_u64(agent_arena);
	h->syscall_enter = ptr_to_u64(agent_syscall_enter);
	h->syscall_exit = ptr_to_u64(agent_syscall_exit);
	h->probe_entry = ptr_to_u64(agent_probe_entry);
	h->vdso_enter = ptr_to_u64(agent_vdso_enter);
	h->vdso_exit = ptr_to_u64(agent_vdso_exit);
	mem_copy(h->agent_path, agent.own_path, sizeof(h->agent_path));
	if (why != HELLO_FORK)
		n = slurp("/proc/self/maps", maps, TALK_BYTES);
	if (n < 0)
		return n;
	for (const char *p = maps, *stop = maps + n; p < stop;) {
		struct text_in line = {p, p};

		while (line.end < stop && *line.end != '\n')
			line.end++;
		p = line.end + 1;
		u8 *next = mapping(&line, at, limit);
		if (!next)
			break;
		at = next;
		h->mapping_count++;
	}
	*(struct wire_header *)msg = (struct wire_header){
		.magic = WIRE_MAGIC,
		.version = WIRE_VERSION,
		.type = WIRE_AGENT_HELLO,
		.size = (u32)(at - (u8 *)h),
	};
	return at - msg;
}

static long world_connect(void)
{
	struct {
		u16 family;
		char path[108];
	} addr = {.family = 1};
	s64 timeout[2] = {TIMEOUT_S, 0};
	size_t n = str_len(agent.world);
	long fd, r;

	if (n >= sizeof(addr.path))
		return -36;
	mem_copy(addr.path, agent.world, n);
	fd = sys3(__NR_socket, 1, 1 | 02000000, 0);
	if (sys_failed(fd))
		return fd;
	for (int opt = 20; opt <= 21; opt++) /* SO_RCVTIMEO, SO_SNDTIMEO */
		sys6(__NR_setsockopt, fd, 1, opt, SYS_ARG(timeout), sizeof(timeout), 0);
	do
		r = sys3(__NR_connect, fd, SYS_ARG(&addr), (long)(2 + n + 1));
	while (r == -4);
	if (!r)
		return fd;
	sys_close((int)fd);
	return r;
}

static long send_all(int fd, const u8 *p, size_t n)
{
	while (n) {
		long r =
			sys6(__NR_sendto, fd, SYS_ARG(p), (long)n, 0x4000 /* MSG_NOSIGNAL */, 0, 0);

		if (r == -4)
			continue;
		if (r <= 0)
			return r ? r : -32;
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

struct io_message {
	void *name;
	u32 name_len, pad;
	struct {
		void *base;
		u64 len;
	} * iov;
	u64 iov_count;
	void *control;
	u64 control_len;
	u32 flags, pad2;
};

struct control {
	u64 len;
	s32 level, type;
	s32 fd[WIRE_MAX_FDS + 1];
};

/* Receives the answer; the descriptors it brought are the caller's even on error. */
static long receive(int sock, struct plan_reply *reply, int *fds, u32 *count)
{
	struct {
		struct wire_header h;
		struct plan_reply r;
	} in;
	struct control c;
	u64 have = 0;

	*count = 0;
	while (have < sizeof(in)) {
		__typeof__(*((struct io_message *)0)->iov) iov = {(u8 *)&in + have,
								  sizeof(in) - have};
		struct io_message m = {.iov = (void *)&iov,
				       .iov_count = 1,
				       .control = &c,
				       .control_len = sizeof(c)};
		long r = sys3(__NR_recvmsg, sock, SYS_ARG(&m), 0x40000000 /* CMSG_CLOEXEC */);

		if (r == -4)
			continue;
		if (r <= 0)
			return r ? r : -104;
		if (m.control_len >= 16 && c.level == 1 && c.type == 1)
			for (u64 i = 0; i < (c.len - 16) / 4 && *count < WIRE_MAX_FDS; i++)
				fds[(*count)++] = c.fd[i];
		have += (u64)r;
	}
	if (in.h.magic != WIRE_MAGIC || in.h.type != WIRE_AGENT_PLAN || in.h.size != sizeof(in.r))
		return -71;
	*reply = in.r;
	return reply->error;
}

static long load(const struct plan_reply *reply, const int *fds, u32 count, u32 why)
{
	struct stat_size {
		u64 head[6], size, rest[11];
	} st;
	struct plan *plan;
	long r;

	if (!count || count != reply->fd_count)
		return -71;
	r = sys3(__NR_fstat, fds[0], SYS_ARG(&st), 0);
	if (r)
		return r;
	if (st.size < sizeof(*plan) || st.size > (1u << 30))
		return -71;
	plan = sys_mmap(NULL, st.size, 1, 2 /* MAP_PRIVATE */, fds[0], 0);
	if (sys_failed(plan))
		return (long)plan;
	return plan_load(plan, st.size, reply, fds, count, why);
}

/* 0: a plan was loaded. */
int hello_send(u32 why, u64 start, u64 end, u32 parent)
{
	int fds[WIRE_MAX_FDS];
	struct plan_reply reply;
	u32 count = 0;
	u8 *msg;
	long n, sock;

	msg = map_lazily(2 * TALK_BYTES, 0x22 | 0x4000 /* NORESERVE */, -1);
	if (sys_failed(msg))
		return -12;
	n = compose(why, start, end, parent, msg, msg + TALK_BYTES - 4096);
	sock = n < 0 ? n : world_connect();
	if (!sys_failed(sock)) {
		long r = send_all((int)sock, msg, (size_t)n);

		if (!r)
			r = receive((int)sock, &reply, fds, &count);
		if (!r)
			r = load(&reply, fds, count, why);
		for (u32 i = 0; i < count; i++)
			sys_close(fds[i]);
		sys_close((int)sock);
		sock = r;
	}
	sys_munmap(msg, 2 * TALK_BYTES);
	return (int)sock;
}
