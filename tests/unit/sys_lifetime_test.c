// SPDX-License-Identifier: BSD-2-Clause
/*
 * Objects live exactly as long as somebody holds them: through dup, fork,
 * SCM_RIGHTS, mmap and kill -9, by pins, links and programs; and every failing
 * allocation on the way leaves nothing behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cygnet/cygnet.h>
#include <cmocka.h>
#include <linux/perf_event.h>
#include "base/alloc.h"
#include "sys/sys.h"
#include "vm/instance.h"

static struct cygnet *inst;

static long call(int cmd, union bpf_attr a)
{
	return cygnet_bpf(inst, cmd, &a, sizeof(a));
}

#define CALL(cmd, ...) call(cmd, (union bpf_attr){__VA_ARGS__})

static int new_map(u32 flags)
{
	long fd = CALL(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
		       .value_size = 8, .max_entries = 4, .map_flags = flags);

	assert_true(fd >= 0);
	return fd;
}

static int new_prog(u32 type, int map)
{
	struct bpf_insn insns[] = {
		{.code = 0x18, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map},
		{0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	long fd = CALL(BPF_PROG_LOAD, .prog_type = type,
		       .insns = ptr_to_u64(map >= 0 ? insns : insns + 2),
		       .insn_cnt = map >= 0 ? 4 : 2, .license = ptr_to_u64("GPL"));

	assert_true(fd >= 0);
	return fd;
}

static u32 live(u32 kind)
{
	sys_settle(inst);
	return inst->objects[kind].live;
}

/* How many are left once the host has had time to tell us. */
static u32 live_soon(u32 kind, u32 want)
{
	for (int i = 0; i < 1000 && live(kind) != want; i++)
		usleep(1000);
	return live(kind);
}

static int setup(void **state)
{
	return cygnet_new(NULL, &inst);
}

static int teardown(void **state)
{
	int fds = 0;

	cygnet_free(inst);
	inst = NULL;
	for (int fd = 3; fd < 1024; fd++) {
		struct stat st;

		fds += !fstat(fd, &st) && S_ISREG(st.st_mode);
	}
	return fds; /* a memfd left open is a leak */
}

static void test_close_and_dup(void **state)
{
	int fd = new_map(0), other;

	assert_int_equal(live(OBJECT_MAP), 1);
	other = dup(fd);
	close(fd);
	assert_int_equal(live(OBJECT_MAP), 1);
	assert_int_equal(CALL(BPF_MAP_FREEZE, .map_fd = other), 0);
	close(other);
	assert_int_equal(live(OBJECT_MAP), 0);
	/* Closes of one file merge in the queue of notices. */
	fd = new_map(0);
	for (int i = 0; i < 100; i++)
		close(CALL(BPF_MAP_GET_FD_BY_ID, .map_id = 2));
	assert_int_equal(live(OBJECT_MAP), 1);
	close(fd);
	assert_int_equal(live(OBJECT_MAP), 0);
	assert_int_equal(CALL(BPF_MAP_GET_FD_BY_ID, .map_id = 2), -ENOENT);
	/* Ids are not used again. */
	fd = new_map(0);
	assert_int_equal(CALL(BPF_MAP_GET_FD_BY_ID, .map_id = 1), -ENOENT);
	close(fd);
}

static void test_mapping(void **state)
{
	int fd = new_map(BPF_F_MMAPABLE);
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	close(fd);
	assert_int_equal(live(OBJECT_MAP), 1);
	munmap(p, 4096);
	assert_int_equal(live(OBJECT_MAP), 0);
}

static void test_other_processes(void **state)
{
	int fd = new_map(0), pair[2], got, status;
	char buf[CMSG_SPACE(sizeof(int))] = {0}, byte = 0;
	struct iovec iov = {&byte, 1};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = buf,
			   .msg_controllen = sizeof(buf)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	pid_t pid;

	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	close(fd);
	assert_int_equal(live(OBJECT_MAP), 1);
	kill(pid, SIGKILL);
	assert_int_equal(live_soon(OBJECT_MAP, 0), 0);
	waitpid(pid, &status, 0);

	/* In flight, a descriptor holds its object too. */
	fd = new_map(0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	assert_int_equal(sendmsg(pair[0], &m, 0), 1);
	close(fd);
	assert_int_equal(live(OBJECT_MAP), 1);
	assert_int_equal(recvmsg(pair[1], &m, 0), 1);
	memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(got));
	close(pair[0]);
	close(pair[1]);
	assert_int_equal(live(OBJECT_MAP), 1);
	close(got);
	assert_int_equal(live_soon(OBJECT_MAP, 0), 0);
}

static void test_references(void **state)
{
	int map = new_map(0), prog = new_prog(BPF_PROG_TYPE_RAW_TRACEPOINT, map), link;
	u32 generation = inst->generation;

	close(map);
	assert_int_equal(live(OBJECT_MAP), 1); /* the program's */
	link = CALL(BPF_RAW_TRACEPOINT_OPEN,
		    .raw_tracepoint = {.name = ptr_to_u64("sys_enter"), .prog_fd = prog});
	assert_true(link >= 0);
	assert_true(inst->generation != generation);
	close(prog);
	assert_int_equal(live(OBJECT_PROG), 1); /* the link's */
	generation = inst->generation;
	close(link);
	assert_int_equal(live(OBJECT_LINK), 0);
	assert_int_equal(live(OBJECT_PROG), 0);
	assert_int_equal(live(OBJECT_MAP), 0);
	assert_true(inst->generation != generation);
}

static void test_pins(void **state)
{
	u64 path = ptr_to_u64("/sys/fs/bpf/pinned");
	int map = new_map(0), again;

	assert_int_equal(CALL(BPF_OBJ_PIN, .pathname = path, .bpf_fd = map), 0);
	assert_int_equal(CALL(BPF_OBJ_PIN, .pathname = path, .bpf_fd = map), -EEXIST);
	close(map);
	assert_int_equal(live(OBJECT_MAP), 1);
	again = CALL(BPF_OBJ_GET, .pathname = path);
	assert_true(again >= 0);
	assert_int_equal(sys_unpin(inst, "/sys/fs/bpf/pinned"), 0);
	assert_int_equal(CALL(BPF_OBJ_GET, .pathname = path), -ENOENT);
	assert_int_equal(live(OBJECT_MAP), 1);
	close(again);
	assert_int_equal(live(OBJECT_MAP), 0);
	/* What is still pinned goes with the instance. */
	map = new_map(0);
	assert_int_equal(CALL(BPF_OBJ_PIN, .pathname = path, .bpf_fd = map), 0);
	close(map);
}

static int identify(int fd, u64 *dev, u64 *ino)
{
	struct stat st;
	int err = fstat(fd, &st);

	*dev = st.st_dev;
	*ino = st.st_ino;
	return err;
}

static void test_perf_events(void **state)
{
	struct perf_event_attr pa = {
		.size = sizeof(pa), .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_BPF_OUTPUT};
	u32 key = 2, bad = 9;
	u64 dev, ino;
	int array, event, prog;
	bool is_fd;

	array = CALL(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_PERF_EVENT_ARRAY, .key_size = 4,
		     .value_size = 4, .max_entries = 4);
	event = sys_perf_event_open(inst, sys_self(inst), ptr_to_u64(&pa), -1, 0, -1, 0, &is_fd);
	assert_true(array >= 0 && event >= 0 && is_fd);
#define PUT(k, v) \
	CALL(BPF_MAP_UPDATE_ELEM, .map_fd = array, .key = ptr_to_u64(k), .value = ptr_to_u64(v))
	assert_int_equal(PUT(&bad, &event), -E2BIG);
	assert_int_equal(PUT(&key, &array), -EBADF);
	assert_int_equal(PUT(&key, &event), 0);
	assert_int_equal(identify(event, &dev, &ino), 0);
	assert_int_equal(sys_perf_ioctl(inst, sys_self(inst), dev, ino, PERF_EVENT_IOC_ENABLE, 0),
			 0);
	close(event);
	assert_int_equal(live(OBJECT_PERF), 1);
	assert_int_equal(CALL(BPF_MAP_DELETE_ELEM, .map_fd = array, .key = ptr_to_u64(&key)), 0);
	assert_int_equal(live(OBJECT_PERF), 0);
	/* Held by a program only, the array lets its events go. */
	event = sys_perf_event_open(inst, sys_self(inst), ptr_to_u64(&pa), -1, 0, -1, 0, &is_fd);
	assert_int_equal(PUT(&key, &event), 0);
	close(event);
	prog = new_prog(BPF_PROG_TYPE_RAW_TRACEPOINT, array);
	assert_int_equal(live(OBJECT_PERF), 1);
	close(array);
	assert_int_equal(live(OBJECT_MAP), 1);
	assert_int_equal(live(OBJECT_PERF), 0);
	close(prog);
	assert_int_equal(live(OBJECT_MAP), 0);
	pa.config = PERF_COUNT_SW_CPU_CLOCK;
	assert_int_equal(
		sys_perf_event_open(inst, sys_self(inst), ptr_to_u64(&pa), -1, 0, -1, 0, &is_fd),
		-ENXIO);
}

/* A link on a perf event: who holds what, and that one event takes one program. */
static void test_perf_link(void **state)
{
	struct perf_event_attr pa = {.size = sizeof(pa), .type = PERF_TYPE_TRACEPOINT};
	struct bpf_link_info info = {0};
	char name[64];
	struct text t;
	int prog = new_prog(BPF_PROG_TYPE_TRACEPOINT, -1), event, link, again;
	u64 dev, ino;
	bool is_fd;

	text_init(&t, name, sizeof(name));
	assert_int_equal(
		sys_file(inst, "/sys/kernel/tracing/events/syscalls/sys_enter_openat/id", &t), 0);
	pa.config = strtoul(name, NULL, 10);
	event = sys_perf_event_open(inst, sys_self(inst), ptr_to_u64(&pa), -1, 0, -1, 0, &is_fd);
	assert_true(event >= 0);
#define LINK                                                                 \
	CALL(BPF_LINK_CREATE, .link_create = {.prog_fd = prog,               \
					      .target_fd = event,            \
					      .attach_type = BPF_PERF_EVENT, \
					      .perf_event = {.bpf_cookie = 77}})
	link = LINK;
	assert_true(link >= 0);
	assert_int_equal(LINK, -EEXIST);
	assert_int_equal(identify(event, &dev, &ino), 0);
	assert_int_equal(
		sys_perf_ioctl(inst, sys_self(inst), dev, ino, PERF_EVENT_IOC_SET_BPF, prog),
		-EEXIST);
	info.perf_event.tracepoint.tp_name = ptr_to_u64(name);
	info.perf_event.tracepoint.name_len = sizeof(name);
	assert_int_equal(
		CALL(BPF_OBJ_GET_INFO_BY_FD,
		     .info = {.bpf_fd = link, .info_len = sizeof(info), .info = ptr_to_u64(&info)}),
		0);
	assert_int_equal(info.type, BPF_LINK_TYPE_PERF_EVENT);
	assert_int_equal(info.perf_event.type, BPF_PERF_EVENT_TRACEPOINT);
	assert_string_equal(name, "sys_enter_openat");
	assert_int_equal(info.perf_event.tracepoint.cookie, 77);
	assert_int_equal(CALL(BPF_LINK_DETACH, .link_detach = {.link_fd = link}), -EOPNOTSUPP);
	close(link);
	assert_int_equal(live(OBJECT_LINK), 0);
	/* The event is free again. */
	again = LINK;
	assert_true(again >= 0);
	close(event);
	close(prog);
	assert_int_equal(live(OBJECT_PERF), 1);
	close(again);
	assert_int_equal(live(OBJECT_PERF), 0);
	assert_int_equal(live(OBJECT_PROG), 0);
}

static void test_poll(void **state)
{
	u64 dev, ino, count;
	int fd, ev;

	fd = CALL(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096);
	assert_true(fd >= 0);
	assert_int_equal(identify(fd, &dev, &ino), 0);
	ev = sys_poll_fd(inst, dev, ino);
	assert_true(ev >= 0);
	assert_int_equal(sys_poll_fd(inst, dev, ino), ev);
	assert_int_equal(sys_poll_settle(inst, dev, ino), 0);
	assert_int_equal(read(ev, &count, sizeof(count)), -1); /* empty */
	u64 *prod = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);

	assert_ptr_not_equal(prod, MAP_FAILED);
	__atomic_store_n(prod, 16, __ATOMIC_RELEASE);
	for (int i = 0; i < 1000 && read(ev, &count, sizeof(count)) < 0; i++)
		usleep(1000);
	/* Still unread by the consumer: settling makes it readable again. */
	assert_int_equal(sys_poll_settle(inst, dev, ino), 0);
	assert_int_equal(read(ev, &count, sizeof(count)), 8);
	munmap(prod, 4096);
	close(fd);
	fd = new_map(0);
	identify(fd, &dev, &ino);
	assert_int_equal(sys_poll_fd(inst, dev, ino), -EPERM);
	assert_int_equal(sys_poll_fd(inst, dev, ino + 100000), -ENOENT);
	close(fd);
}

static const struct {
	struct btf_header h;
	struct btf_type t;
	u32 enc;
	char str[5];
} tiny_btf = {
	.h = {.magic = BTF_MAGIC,
	      .version = 1,
	      .hdr_len = sizeof(struct btf_header),
	      .type_len = sizeof(struct btf_type) + 4,
	      .str_off = sizeof(struct btf_type) + 4,
	      .str_len = 5},
	.t = {.name_off = 1, .info = BTF_KIND_INT << 24, .size = 4},
	.enc = 1 << 24 | 32,
	.str = "\0int",
};

/* Where the host has no inotify to give, every lock is asked. */
static void test_without_notices(void **state)
{
	int fd, other;

	close(inst->inotify);
	inst->inotify = -1;
	fd = new_map(0);
	other = dup(fd);
	close(fd);
	assert_int_equal(live(OBJECT_MAP), 1);
	close(other);
	assert_int_equal(live(OBJECT_MAP), 0);
}

static void *hammer(void *data)
{
	u32 *failed = data;

	for (int i = 0; i < 500; i++) {
		long map = CALL(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_HASH, .key_size = 4,
				.value_size = 8, .max_entries = 4);
		u64 key = i, value = i, got = ~0ull;

		*failed += map < 0;
		*failed += CALL(BPF_MAP_UPDATE_ELEM, .map_fd = map, .key = ptr_to_u64(&key),
				.value = ptr_to_u64(&value)) != 0;
		*failed += CALL(BPF_MAP_LOOKUP_ELEM, .map_fd = map, .key = ptr_to_u64(&key),
				.value = ptr_to_u64(&got)) != 0;
		*failed += got != (u64)i;
		close(new_prog(BPF_PROG_TYPE_SOCKET_FILTER, map));
		close(map);
	}
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t t[4];
	u32 failed[4] = {0};

	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, hammer, &failed[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		assert_int_equal(failed[i], 0);
	}
	assert_int_equal(live_soon(OBJECT_MAP, 0), 0);
	assert_int_equal(live_soon(OBJECT_PROG, 0), 0);
}

/* Everything a load touches, in one go; whatever was made is closed. */
static long make_all(void)
{
	struct bpf_insn insns[] = {
		{.code = 0x18, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD},
		{0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	struct bpf_line_info line = {0};
	long btf, map = -1, prog = -1, link = -1, ret;
	u32 key = 1;
	u64 value = 5;
	char log[4096];

	ret = btf = CALL(BPF_BTF_LOAD, .btf = ptr_to_u64(&tiny_btf), .btf_size = 45);
	if (ret < 0)
		goto out;
	ret = map =
		CALL(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 4,
		     .max_entries = 4, .btf_fd = btf, .btf_key_type_id = 1, .btf_value_type_id = 1);
	if (ret < 0)
		goto out;
	ret = CALL(BPF_MAP_UPDATE_ELEM, .map_fd = map, .key = ptr_to_u64(&key),
		   .value = ptr_to_u64(&value));
	if (ret < 0)
		goto out;
	insns[0].imm = map;
	ret = prog = CALL(BPF_PROG_LOAD, .prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
			  .insns = ptr_to_u64(insns), .insn_cnt = 4, .license = ptr_to_u64("GPL"),
			  .prog_btf_fd = btf, .line_info = ptr_to_u64(&line), .line_info_cnt = 1,
			  .line_info_rec_size = sizeof(line), .log_level = 1,
			  .log_buf = ptr_to_u64(log), .log_size = sizeof(log));
	if (ret < 0)
		goto out;
	ret = link = CALL(BPF_RAW_TRACEPOINT_OPEN,
			  .raw_tracepoint = {.name = ptr_to_u64("sys_enter"), .prog_fd = prog});
out:
	for (u32 i = 0; i < 4; i++) {
		long fd = (long[]){btf, map, prog, link}[i];

		if (fd >= 0)
			close(fd);
	}
	return ret;
}

static void test_failing_allocations(void **state)
{
	long ret = -ENOMEM;
	u32 n = 0;

	assert_non_null(sys_self(inst));
	while (ret < 0) {
		base_alloc_fail_nth(++n);
		ret = make_all();
		base_alloc_fail_nth(0);
		if (ret < 0)
			assert_int_equal(ret, -ENOMEM);
		assert_int_equal(live(OBJECT_MAP), 0);
		assert_int_equal(live(OBJECT_PROG), 0);
		assert_int_equal(live(OBJECT_LINK), 0);
		assert_int_equal(live(OBJECT_BTF), 1); /* the kernel's own */
	}
	assert_true(n > 10);
}

static void test_failing_new(void **state)
{
	struct cygnet *other;
	int err = -ENOMEM;
	u32 n = 0;

	while (err) {
		base_alloc_fail_nth(++n);
		err = cygnet_new(NULL, &other);
		base_alloc_fail_nth(0);
		assert_true(!err || err == -ENOMEM);
	}
	cygnet_free(other);
	assert_true(n > 3);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_close_and_dup),
		TEST(test_mapping),
		TEST(test_other_processes),
		TEST(test_references),
		TEST(test_pins),
		TEST(test_perf_events),
		TEST(test_perf_link),
		TEST(test_poll),
		TEST(test_without_notices),
		TEST(test_threads),
		TEST(test_failing_allocations),
		TEST(test_failing_new),
	};

	return cmocka_run_group_tests_name("lifetime of objects", tests, NULL, NULL);
}
