// SPDX-License-Identifier: BSD-2-Clause
/*
 * The backend of the preloaded library: a world, by its socket (core/wire.h).
 *
 * One connection per process, made when first needed, and trusted for nothing:
 * a client may close it with everything else it has open, so before each call
 * the number must still be our socket (by identity) and the process the one
 * that connected (fork, vfork). A connection that ends before an answer began
 * is made anew, once. Only raw system calls, signals blocked: bpf(2) itself can
 * be called from a signal handler and is no cancellation point.
 */
#include "shim/shim.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "core/wire.h"

#define FD_FLOOR 512 /* the connection stays out of the way of the client's numbers */

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static struct shim_lock lock = {.mutex = PTHREAD_MUTEX_INITIALIZER};
static struct {
	int fd;
	pid_t pid;
	struct shim_file file;
} link_ = {.fd = -1};

/* What a world reads to see that it can. */
static volatile u64 word;

struct remote_call {
	struct wire_call c;
	const char *path;
};

struct remote_reply {
	s64 result; /* a descriptor when is_fd */
	bool is_fd;
	struct text *text; /* where bytes go; NULL: nowhere */
};

static bool is_connected(void)
{
	struct shim_file f;

	return link_.fd >= 0 && link_.pid == RAW_1(SYS_getpid, 0) && !shim_fstat(link_.fd, &f) &&
	       f.dev == link_.file.dev && f.ino == link_.file.ino;
}

static void disconnect(void)
{
	struct shim_file f;

	if (link_.fd >= 0 && !shim_fstat(link_.fd, &f) && f.dev == link_.file.dev &&
	    f.ino == link_.file.ino)
		RAW_1(SYS_close, link_.fd);
	link_.fd = -1;
}

static int send_all(int fd, struct iovec *iov, size_t n)
{
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = n};

	while (m.msg_iovlen) {
		long sent = RAW_3(SYS_sendmsg, fd, &m, MSG_NOSIGNAL);

		if (sent < 0)
			return sent;
		while (m.msg_iovlen && sent >= (long)m.msg_iov->iov_len) {
			sent -= m.msg_iov->iov_len;
			m.msg_iov++;
			m.msg_iovlen--;
		}
		if (m.msg_iovlen) {
			m.msg_iov->iov_base = (char *)m.msg_iov->iov_base + sent;
			m.msg_iov->iov_len -= sent;
		}
	}
	return 0;
}

static int send_message(int fd, u16 type, const void *a, size_t an, const void *b, size_t bn)
{
	struct wire_header h = {WIRE_MAGIC, WIRE_VERSION, type, an + bn, 0};
	struct iovec iov[] = {{&h, sizeof(h)}, {(void *)a, an}, {(void *)b, bn}};

	return send_all(fd, iov, bn ? 3 : 2);
}

/* -EPIPE when the peer closed. `control` may be NULL. */
static int receive(int fd, void *buf, size_t size, void *control, size_t *control_size)
{
	size_t got = 0;

	while (got < size) {
		struct iovec iov = {(char *)buf + got, size - got};
		struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
		long n;

		if (!got && control) {
			m.msg_control = control;
			m.msg_controllen = *control_size;
		}
		n = RAW_3(SYS_recvmsg, fd, &m, MSG_CMSG_CLOEXEC);
		if (n <= 0)
			return n ?: -EPIPE;
		if (!got && control)
			*control_size = m.msg_controllen;
		got += n;
	}
	return 0;
}

static int receive_text(int fd, u32 len, struct text *out)
{
	char buf[512];

	while (len) {
		size_t n = MIN(len, (u32)sizeof(buf));
		int err = receive(fd, buf, n, NULL, NULL);

		if (err)
			return err;
		if (out)
			text_write(out, buf, n);
		len -= n;
	}
	return 0;
}

/* Error: the connection is useless; *begun says whether an answer had begun. */
static int receive_reply(int fd, struct remote_reply *out, bool *begun)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	size_t control_size = sizeof(control);
	struct {
		struct wire_header h;
		struct wire_reply r;
	} head;
	struct cmsghdr *c = (struct cmsghdr *)control;
	int received = -1;
	int err;

	err = receive(fd, &head, sizeof(head), control, &control_size);
	if (err)
		return err;
	*begun = true;
	if (control_size >= sizeof(*c) && c->cmsg_type == SCM_RIGHTS)
		memcpy(&received, CMSG_DATA(c), sizeof(received));
	if (head.h.magic != WIRE_MAGIC || head.h.type != WIRE_CLIENT_REPLY ||
	    head.h.size != sizeof(head.r) + head.r.len || head.h.size > WIRE_MAX)
		err = -EPROTO;
	err = err ?: receive_text(fd, head.r.len, out->text);
	if (!err && head.r.is_fd && received < 0)
		err = -EMFILE; /* no number was free here */
	if (err && received >= 0)
		RAW_1(SYS_close, received);
	if (err && err != -EMFILE)
		return err;
	out->is_fd = !err && head.r.is_fd;
	out->result = err ?: out->is_fd ? received : head.r.result;
	return 0;
}

static int greet(int fd)
{
	struct wire_hello h = {.addr = ptr_to_u64(&word)};
	struct remote_reply r = {0};
	bool begun;
	int err;

	word = h.value = ptr_to_u64(&h) ^ (u64)RAW_1(SYS_getpid, 0) << 32 ^ 0x9e3779b97f4a7c15ull;
	err = send_message(fd, WIRE_CLIENT_HELLO, &h, sizeof(h), NULL, 0);
	err = err ?: receive_reply(fd, &r, &begun);
	return err ?: (int)r.result;
}

/* Yama lets only ancestors look in, unless they were named. */
static void allow_reader(int fd)
{
	struct ucred cred = {0};
	socklen_t len = sizeof(cred);

	if (!shim_raw(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, (long)&cred, (long)&len, 0))
		shim_raw(SYS_prctl, PR_SET_PTRACER, cred.pid, 0, 0, 0, 0);
}

static int connect_world(void)
{
	long fd, moved;
	int err;

	disconnect();
	fd = RAW_3(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	moved = RAW_3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, FD_FLOOR);
	if (moved >= 0) {
		RAW_1(SYS_close, fd);
		fd = moved;
	}
	err = RAW_3(SYS_connect, fd, &address, sizeof(address));
	err = err ?: greet(fd);
	if (err == -EPERM) {
		allow_reader(fd);
		err = greet(fd);
	}
	err = err ?: shim_fstat(fd, &link_.file);
	if (err) {
		RAW_1(SYS_close, fd);
		return err;
	}
	link_.fd = fd;
	link_.pid = RAW_1(SYS_getpid, 0);
	return 0;
}

static int ask(const struct remote_call *call, struct remote_reply *r)
{
	bool begun = false;
	int err = -EPIPE;

	for (int attempt = 0; attempt < 2 && err && !begun; attempt++) {
		err = is_connected() ? 0 : connect_world();
		if (err)
			break;
		err = send_message(link_.fd, WIRE_CLIENT_CALL, &call->c, sizeof(call->c),
				   call->path, call->c.len);
		err = err ?: receive_reply(link_.fd, r, &begun);
		if (err)
			disconnect();
	}
	return err;
}

/* The world's answer; -EIO when there is none, -EPERM when it may not read our memory. */
static s64 remote(struct remote_call *call, struct remote_reply *r)
{
	int err;

	if (call->path)
		call->c.len = strlen(call->path);
	if (call->c.len > WIRE_PATH_MAX)
		return -ENAMETOOLONG;
	shim_lock(&lock);
	err = ask(call, r);
	shim_unlock(&lock);
	if (err)
		return err == -EPERM || err == -EMFILE ? err : -EIO;
	return r->result;
}

#define CALL(kind_, ...) (&(struct remote_call){.c = {.kind = kind_, .a = {__VA_ARGS__}}})

static s64 simple(struct remote_call *call)
{
	struct remote_reply r = {0};
	s64 ret = remote(call, &r);

	/* A descriptor nobody asked for. */
	if (ret >= 0 && r.is_fd)
		RAW_1(SYS_close, ret);
	return ret >= 0 && r.is_fd ? -EPROTO : ret;
}

static int descriptor(struct remote_call *call)
{
	struct remote_reply r = {0};
	s64 ret = remote(call, &r);

	return ret >= 0 && !r.is_fd ? -EPROTO : (int)ret;
}

static long remote_bpf(int cmd, u64 attr, u32 size, bool *is_fd)
{
	struct remote_reply r = {0};
	s64 ret = remote(CALL(WIRE_CALL_BPF, (u32)cmd, attr, size), &r);

	*is_fd = ret >= 0 && r.is_fd;
	return ret;
}

static long remote_perf_open(u64 attr, int pid, int cpu, int group_fd, u64 flags, bool *is_fd)
{
	struct remote_reply r = {0};
	s64 ret = remote(CALL(WIRE_CALL_PERF_OPEN, attr, (s64)pid, (s64)cpu, (s64)group_fd, flags),
			 &r);

	*is_fd = ret >= 0 && r.is_fd;
	return ret;
}

static long remote_perf_ioctl(const struct shim_file *f, u32 request, u64 arg)
{
	return simple(CALL(WIRE_CALL_PERF_IOCTL, f->dev, f->ino, request, arg));
}

static bool remote_is_ours(const struct shim_file *f)
{
	return simple(CALL(WIRE_CALL_IS_OURS, f->dev, f->ino)) == 1;
}

static int remote_mmap(const struct shim_file *f, const struct shim_mapping *m)
{
	return simple(
		CALL(WIRE_CALL_MMAP, f->dev, f->ino, m->offset, m->length, m->prot, m->flags));
}

static int remote_poll_fd(const struct shim_file *f, u64 words[2])
{
	u8 bytes[2 * sizeof(u64) + 1]; /* and the text's NUL */
	struct text t;
	struct remote_reply r = {.text = &t};
	s64 ret;

	text_init(&t, (char *)bytes, sizeof(bytes));
	ret = remote(CALL(WIRE_CALL_POLL_FD, f->dev, f->ino), &r);
	if (ret < 0)
		return ret;
	if (!r.is_fd)
		return -EPROTO;
	if (t.len != 2 * sizeof(u64)) {
		RAW_1(SYS_close, ret);
		return -EPROTO;
	}
	memcpy(words, bytes, 2 * sizeof(u64));
	return ret;
}

static int remote_fdinfo(const struct shim_file *f, struct text *out)
{
	struct remote_reply r = {.text = out};

	return remote(CALL(WIRE_CALL_FDINFO, f->dev, f->ino), &r);
}

/* Without a world the host answers. */
static int remote_file(const char *path)
{
	struct remote_call call = {.c = {.kind = WIRE_CALL_FILE}, .path = path};
	int fd = descriptor(&call);

	return fd == -EIO || fd == -EPERM ? -ENOENT : fd;
}

static int remote_path(enum shim_path_op op, const char *path)
{
	struct remote_call call = {.c = {.kind = WIRE_CALL_PATH, .a = {op}}, .path = path};

	return simple(&call);
}

static int remote_uname(struct utsname *out)
{
	struct utsname u;
	struct text t;
	struct remote_reply r = {.text = &t};

	text_init(&t, (char *)&u, sizeof(u));
	/* The last byte, a NUL, is the text's own. */
	if (remote(CALL(WIRE_CALL_UNAME), &r) || t.len + t.lost != sizeof(u))
		return RAW_1(SYS_uname, out);
	*out = u;
	return 0;
}

static const struct shim_backend remote_backend = {
	.foreign = true,
	.bpf = remote_bpf,
	.perf_open = remote_perf_open,
	.perf_ioctl = remote_perf_ioctl,
	.is_ours = remote_is_ours,
	.mmap = remote_mmap,
	.poll_fd = remote_poll_fd,
	.fdinfo = remote_fdinfo,
	.file = remote_file,
	.path = remote_path,
	.uname = remote_uname,
};

static void before_fork(void)
{
	shim_lock(&lock);
}

static void after_fork(void)
{
	shim_unlock(&lock);
}

/* Descriptors of ours that came through exec: told by their memfd's name. */
static void adopt(void)
{
	static const char *const names[] = {"/memfd:bpf", "/memfd:perf_event"};
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *d;
	char link[32];

	while (dir && (d = readdir(dir))) {
		long n = RAW_4(SYS_readlinkat, dirfd(dir), d->d_name, link, sizeof(link) - 1);

		link[MAX(n, 0l)] = 0;
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (!strncmp(link, names[i], strlen(names[i])))
				shim_fd_add(atoi(d->d_name));
	}
	if (dir)
		closedir(dir);
}

__attribute__((constructor)) static void remote_init(void)
{
	const char *world = getenv("CYGNET_WORLD");
	int saved = errno;

	if (!world || !*world || strlen(world) >= sizeof(address.sun_path))
		return;
	strcpy(address.sun_path, world);
	pthread_atfork(before_fork, after_fork, after_fork);
	adopt();
	shim_set_backend(&remote_backend);
	errno = saved;
}
