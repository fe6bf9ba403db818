// SPDX-License-Identifier: BSD-2-Clause
/*
 * A world's server and those who talk to it badly: garbage, pieces, floods,
 * silence, foreign users, connections without end. Whatever they do, an honest
 * client beside them is answered, and nothing is left behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <cygnet/cygnet.h>
#include "core/wire.h"
#include "world/server.h"

static struct cygnet *inst;
static struct world *world;
static u64 word = 0x1122334455667788;

static int join(void)
{
	struct timeval patience = {10, 0};
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(a.sun_path, world_address(world));
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(s, (struct sockaddr *)&a, sizeof(a))) {
		int err = -errno;

		close(s);
		return err;
	}
	return s;
}

static void put(int s, u16 type, const void *body, u32 size)
{
	struct wire_header h = {WIRE_MAGIC, WIRE_VERSION, type, size, 0};
	u8 msg[8192];

	memcpy(msg, &h, sizeof(h));
	if (size)
		memcpy(msg + sizeof(h), body, size);
	send(s, msg, sizeof(h) + size, MSG_NOSIGNAL);
}

/* The reply's result and descriptor (or -1); -1000: the world closed. */
static s64 take(int s, int *fd)
{
	struct {
		struct wire_header h;
		struct wire_reply r;
		u8 rest[4096];
	} m;
	char control[64] __attribute__((aligned(8)));
	struct iovec iov = {&m, sizeof(m.h) + sizeof(m.r)};
	struct msghdr mh = {.msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(s, &mh, MSG_CMSG_CLOEXEC | MSG_WAITALL);

	if (n <= 0)
		return -1000;
	assert_int_equal(n, sizeof(m.h) + sizeof(m.r));
	assert_int_equal(m.h.type, WIRE_CLIENT_REPLY);
	if (m.r.len)
		assert_int_equal(recv(s, m.rest, m.r.len, MSG_WAITALL), m.r.len);
	*fd = m.r.is_fd ? *(int *)CMSG_DATA(CMSG_FIRSTHDR(&mh)) : -1;
	return m.r.result;
}

static s64 greet(int s)
{
	struct wire_hello h = {ptr_to_u64(&word), word};
	int fd;

	put(s, WIRE_CLIENT_HELLO, &h, sizeof(h));
	return take(s, &fd);
}

static void put_bpf(int s, int cmd, union bpf_attr *a)
{
	struct wire_call c = {.kind = WIRE_CALL_BPF, .a = {cmd, ptr_to_u64(a), sizeof(*a)}};

	put(s, WIRE_CLIENT_CALL, &c, sizeof(c));
}

/* An honest client's map creation. */
static void check_alive(void)
{
	union bpf_attr a = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
	int s = join(), fd = -1;

	assert_true(s >= 0);
	assert_int_equal(greet(s), 0);
	put_bpf(s, BPF_MAP_CREATE, &a);
	assert_int_equal(take(s, &fd), 0);
	assert_true(fd >= 0);
	close(fd);
	close(s);
}

static bool is_closed(int s)
{
	char c;

	return recv(s, &c, 1, 0) <= 0 && errno != EAGAIN;
}

static void test_socket(void **state)
{
	char dir[128];
	struct stat st;

	assert_int_equal(stat(world_address(world), &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
	snprintf(dir, sizeof(dir), "%s", world_address(world));
	*strrchr(dir, '/') = 0;
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	check_alive();
}

static void test_bad_headers(void **state)
{
	struct wire_header bad[] = {
		{0, WIRE_VERSION, WIRE_CLIENT_CALL, 0, 0},
		{WIRE_MAGIC, 9, WIRE_CLIENT_CALL, 0, 0},
		{WIRE_MAGIC, WIRE_VERSION, 99, 0, 0},
		{WIRE_MAGIC, WIRE_VERSION, WIRE_CLIENT_REPLY, 0, 0},
		{WIRE_MAGIC, WIRE_VERSION, WIRE_CLIENT_CALL, 1 << 20, 0},
		{WIRE_MAGIC, WIRE_VERSION, WIRE_AGENT_HELLO, WIRE_MAX + 1, 0},
		{WIRE_MAGIC, WIRE_VERSION, WIRE_AGENT_HELLO, ~0u, 0},
		{WIRE_MAGIC, WIRE_VERSION, WIRE_CLIENT_CALL, 0, 0},
		{WIRE_MAGIC, WIRE_VERSION, WIRE_CLIENT_HELLO, 3, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int s = join();

		assert_int_equal(send(s, &bad[i], sizeof(bad[i]), MSG_NOSIGNAL), sizeof(bad[i]));
		send(s, "abc", 3, MSG_NOSIGNAL);
		assert_true(is_closed(s));
		close(s);
	}
	check_alive();
}

/* A call before the hello, a path with a NUL, lengths that lie, kinds that are none. */
static void test_bad_calls(void **state)
{
	struct {
		struct wire_call c;
		char path[32];
	} m;
	struct wire_call bad[] = {
		{.kind = WIRE_CALL_KINDS},           {.kind = ~0u},
		{.kind = WIRE_CALL_FILE, .len = 31}, {.kind = WIRE_CALL_FILE, .len = ~0u},
		{.kind = WIRE_CALL_FILE, .len = 32},
	};
	union bpf_attr a = {0};
	int s = join();

	put_bpf(s, BPF_MAP_CREATE, &a);
	assert_true(is_closed(s));
	close(s);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		memset(&m, 0, sizeof(m));
		m.c = bad[i];
		s = join();
		assert_int_equal(greet(s), 0);
		put(s, WIRE_CLIENT_CALL, &m, sizeof(m));
		assert_true(is_closed(s));
		close(s);
	}
	check_alive();
}

/* Calls whose arguments are nonsense have answers. */
static void test_random_calls(void **state)
{
	static const u64 odd[] = {0, 1, ~0ull, 1ull << 63, 4096, 0x7fffffff, 0xffffffff, 64};
	struct wire_call c = {0};
	int s = join(), fd;

	srand(1);
	assert_int_equal(greet(s), 0);
	for (int i = 0; i < 20000; i++) {
		c.kind = rand() % WIRE_CALL_KINDS;
		for (int j = 0; j < 6; j++)
			c.a[j] = rand() % 3 ? odd[rand() % ARRAY_SIZE(odd)] : (u64)rand() % 64;
		put(s, WIRE_CLIENT_CALL, &c, sizeof(c));
		fd = -1;
		assert_int_not_equal(take(s, &fd), -1000);
		if (fd >= 0)
			close(fd);
	}
	close(s);
	check_alive();
}

/* Byte by byte; and one that stops in the middle while others go on. */
static void test_pieces(void **state)
{
	struct wire_header h = {WIRE_MAGIC, WIRE_VERSION, WIRE_CLIENT_HELLO,
				sizeof(struct wire_hello), 0};
	struct wire_hello hello = {ptr_to_u64(&word), word};
	int s = join(), stuck = join(), fd;
	u8 msg[sizeof(h) + sizeof(hello)];

	memcpy(msg, &h, sizeof(h));
	memcpy(msg + sizeof(h), &hello, sizeof(hello));
	send(stuck, msg, 20, MSG_NOSIGNAL);
	for (size_t i = 0; i < sizeof(msg); i++) {
		send(s, msg + i, 1, MSG_NOSIGNAL);
		usleep(200);
	}
	assert_int_equal(take(s, &fd), 0);
	/* Two messages at once. */
	put(s, WIRE_CLIENT_HELLO, &hello, sizeof(hello));
	put(s, WIRE_CLIENT_HELLO, &hello, sizeof(hello));
	assert_int_equal(take(s, &fd), 0);
	assert_int_equal(take(s, &fd), 0);
	check_alive();
	close(s);
	close(stuck);
}

/* A memory the world cannot find the word in is not served. */
static void test_lying_hello(void **state)
{
	struct wire_hello h = {ptr_to_u64(&word), word + 1}, bad = {16, word};
	int s = join(), fd;

	put(s, WIRE_CLIENT_HELLO, &h, sizeof(h));
	assert_int_equal(take(s, &fd), -EPROTO);
	put(s, WIRE_CLIENT_HELLO, &bad, sizeof(bad));
	assert_int_equal(take(s, &fd), -EFAULT);
	close(s);
}

/* One that asks and never reads is cut off; the rest is served meanwhile. */
static void test_flood(void **state)
{
	struct wire_call c = {.kind = WIRE_CALL_UNAME};
	int s = join();
	struct pollfd p = {.fd = s, .events = POLLOUT};

	assert_int_equal(greet(s), 0);
	for (int i = 0; i < 1000000; i++) {
		if (poll(&p, 1, 2000) <= 0 || p.revents & (POLLHUP | POLLERR))
			break;
		put(s, WIRE_CLIENT_CALL, &c, sizeof(c));
		if (i == 500)
			check_alive();
	}
	assert_true(p.revents & (POLLHUP | POLLERR));
	close(s);
	check_alive();
}

static void random_bytes(int s)
{
	u8 junk[4096];

	for (size_t i = 0; i < sizeof(junk); i++)
		junk[i] = rand();
	if (rand() % 2) {
		struct wire_header h = {WIRE_MAGIC, WIRE_VERSION, 1 + rand() % 5, rand() % 256, 0};

		memcpy(junk, &h, sizeof(h));
	}
	send(s, junk, rand() % sizeof(junk), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Connections that come, babble and go, descriptors riding along. */
static void test_crowd(void **state)
{
	int socks[64] = {0};

	srand(2);
	for (int i = 0; i < 4000; i++) {
		int *s = &socks[rand() % 64];

		if (*s > 0 && rand() % 3 == 0) {
			close(*s);
			*s = 0;
		} else if (*s <= 0) {
			*s = join();
		} else {
			random_bytes(*s);
		}
	}
	for (int i = 0; i < 64; i++)
		if (socks[i] > 0)
			close(socks[i]);
	check_alive();
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 4096; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Descriptors a peer sends are not kept. */
static void test_gifts(void **state)
{
	struct wire_hello h = {ptr_to_u64(&word), word};
	struct wire_header head = {WIRE_MAGIC, WIRE_VERSION, WIRE_CLIENT_HELLO, sizeof(h), 8};
	char control[CMSG_SPACE(8 * sizeof(int))] __attribute__((aligned(8))) = {0};
	struct iovec iov[] = {{&head, sizeof(head)}, {&h, sizeof(h)}};
	struct msghdr m = {.msg_iov = iov,
			   .msg_iovlen = 2,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *c = (struct cmsghdr *)control;
	int s = join(), before, fd;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(8 * sizeof(int));
	memset(CMSG_DATA(c), 0, 8 * sizeof(int));
	assert_int_equal(greet(s), 0);
	before = open_fds();
	for (int i = 0; i < 10; i++) {
		assert_true(sendmsg(s, &m, 0) > 0);
		assert_int_equal(take(s, &fd), 0);
	}
	assert_int_equal(open_fds(), before);
	close(s);
}

/* More connections than descriptors: idle ones make room and lose nothing. */
static void test_many(void **state)
{
	struct rlimit old, few = {256, 0};
	int pipefd[2], ok = 0;
	char c;
	pid_t pid;

	getrlimit(RLIMIT_NOFILE, &old);
	few.rlim_max = old.rlim_max;
	assert_int_equal(pipe(pipefd), 0);
	pid = fork();
	if (!pid) {
		static int s[600];

		close(pipefd[0]);
		for (int i = 0; i < 600; i++) {
			s[i] = join();
			if (s[i] < 0 || greet(s[i]))
				_exit(1);
		}
		_exit(write(pipefd[1], "k", 1) != 1);
	}
	close(pipefd[1]);
	setrlimit(RLIMIT_NOFILE, &few);
	ok = read(pipefd[0], &c, 1) == 1;
	waitpid(pid, NULL, 0);
	setrlimit(RLIMIT_NOFILE, &old);
	close(pipefd[0]);
	assert_true(ok);
	check_alive();
}

static void test_other_user(void **state)
{
	int status;
	pid_t pid;

	if (geteuid())
		skip();
	/* Even where the directory lets it in. */
	char dir[128];

	snprintf(dir, sizeof(dir), "%s", world_address(world));
	*strrchr(dir, '/') = 0;
	assert_int_equal(chmod(dir, 0711), 0);
	assert_int_equal(chmod(world_address(world), 0666), 0);
	pid = fork();
	if (!pid) {
		int s;

		if (setgid(65534) || setuid(65534))
			_exit(2);
		s = join();
		_exit(s >= 0 && greet(s) == -1000 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	chmod(world_address(world), 0600);
	chmod(dir, 0700);
	assert_int_equal(status, 0);
}

/* Objects of a client that was killed go with it. */
static void test_killed_client(void **state)
{
	union bpf_attr a = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
	int pipefd[2], found = -1;
	pid_t pid;
	char c;

	assert_int_equal(pipe(pipefd), 0);
	pid = fork();
	if (!pid) {
		int s = join(), fd;

		greet(s);
		for (int i = 0; i < 10; i++) {
			put_bpf(s, BPF_MAP_CREATE, &a);
			take(s, &fd);
		}
		(void)!write(pipefd[1], "k", 1);
		pause();
	}
	assert_int_equal(read(pipefd[0], &c, 1), 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 300 && found != -ENOENT; i++) {
		a = (union bpf_attr){0};
		usleep(10000);
		found = cygnet_bpf(inst, BPF_MAP_GET_NEXT_ID, &a, sizeof(a));
	}
	assert_int_equal(found, -ENOENT);
	close(pipefd[0]);
	close(pipefd[1]);
}

static void test_start_stop(void **state)
{
	struct world *w;
	struct stat st;
	char path[128], line[256];

	assert_int_equal(world_start(inst, "/nonexistent/dir/sock", &w), -ENOENT);
	memset(path, 'x', sizeof(path));
	path[127] = 0;
	assert_int_equal(world_start(inst, path, &w), -ENAMETOOLONG);
	assert_int_equal(world_start(inst, world_address(world), &w), -EADDRINUSE);
	assert_int_equal(stat(world_address(world), &st), 0);
	setenv("XDG_RUNTIME_DIR", "relative", 1);
	setenv("TMPDIR", "/nonexistent", 1);
	assert_int_equal(world_start(inst, NULL, &w), 0);
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("TMPDIR");
	assert_false(world_trouble(w, line, sizeof(line)));
	strcpy(path, world_address(w));
	assert_int_equal(strncmp(path, "/tmp/cygnet-", 12), 0);
	world_stop(w);
	assert_int_equal(stat(path, &st), -1);
	*strrchr(path, '/') = 0;
	assert_int_equal(stat(path, &st), -1);
	world_stop(NULL);
	check_alive();
}

static int setup(void **state)
{
	assert_int_equal(cygnet_new(NULL, &inst), 0);
	assert_int_equal(world_start(inst, NULL, &world), 0);
	return 0;
}

static int teardown(void **state)
{
	world_stop(world);
	cygnet_free(inst);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_socket),     cmocka_unit_test(test_bad_headers),
		cmocka_unit_test(test_bad_calls),  cmocka_unit_test(test_random_calls),
		cmocka_unit_test(test_pieces),     cmocka_unit_test(test_lying_hello),
		cmocka_unit_test(test_flood),      cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_gifts),      cmocka_unit_test(test_many),
		cmocka_unit_test(test_other_user), cmocka_unit_test(test_killed_client),
		cmocka_unit_test(test_start_stop),
	};

	return cmocka_run_group_tests_name("world_server", tests, setup, teardown);
}
