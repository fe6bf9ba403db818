// SPDX-License-Identifier: BSD-2-Clause
/*
 * PROG_LOAD by BTF through an instance: which descriptors and ids it takes, with
 * the errno and words that Linux 6.18 gave; beside the running kernel where
 * bpf(2) may be used.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include <cygnet/abi.h>
#include <cygnet/cygnet.h>
#include "btf/btf.h"
#include "btf_host.h"

static struct cygnet *inst;
static struct btf_info *types;
static char log_buf[1 << 16];

typedef long bpf_fn(int cmd, union bpf_attr *attr, u32 size);

static long kernel_bpf(int cmd, union bpf_attr *attr, u32 size)
{
	long r = syscall(SYS_bpf, cmd, attr, size);

	return r < 0 ? -errno : r;
}

static long instance_bpf(int cmd, union bpf_attr *attr, u32 size)
{
	return cygnet_bpf(inst, cmd, attr, size);
}

enum fd_kind {
	FD_NONE,
	FD_BAD,
	FD_VMLINUX,
	FD_OTHER_BTF,
	FD_MAP,
	FD_PROG,
	FD_KINDS
};

static const char *const fd_names[] = {"none", "bad", "vmlinux", "other BTF", "map", "prog"};

static const struct bpf_insn code[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K},
	{.code = BPF_JMP | BPF_EXIT},
};

static long load(bpf_fn *bpf, u32 type, u32 attach, u32 id, int fd)
{
	union bpf_attr attr = {
		.prog_type = type,
		.insns = ptr_to_u64(code),
		.insn_cnt = ARRAY_SIZE(code),
		.license = ptr_to_u64("GPL"),
		.expected_attach_type = attach,
		.attach_btf_id = id,
		.attach_prog_fd = (u32)fd,
		.log_level = 1,
		.log_buf = ptr_to_u64(log_buf),
		.log_size = sizeof(log_buf),
	};

	log_buf[0] = 0;
	return bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* The kernel's own BTF: the first of all. */
static long vmlinux_fd(bpf_fn *bpf)
{
	union bpf_attr attr = {0};

	if (bpf(BPF_BTF_GET_NEXT_ID, &attr, sizeof(attr)))
		return -1;
	attr = (union bpf_attr){.btf_id = attr.next_id};
	return bpf(BPF_BTF_GET_FD_BY_ID, &attr, sizeof(attr));
}

static long other_btf_fd(bpf_fn *bpf)
{
	static const struct {
		struct btf_header hdr;
		struct btf_type type;
		u32 encoding;
		char strings[5];
	} __attribute__((packed)) btf = {
		{.magic = BTF_MAGIC,
		 .version = 1,
		 .hdr_len = sizeof(struct btf_header),
		 .type_len = 16,
		 .str_off = 16,
		 .str_len = 5},
		{.name_off = 1, .info = BTF_KIND_INT << 24, .size = 4},
		32,
		"\0int",
	};
	union bpf_attr attr = {.btf = ptr_to_u64(&btf), .btf_size = sizeof(btf)};

	return bpf(BPF_BTF_LOAD, &attr, sizeof(attr));
}

static long map_fd(bpf_fn *bpf)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	return bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static void open_all(bpf_fn *bpf, int fds[FD_KINDS])
{
	fds[FD_NONE] = 0;
	fds[FD_BAD] = 999;
	fds[FD_VMLINUX] = (int)vmlinux_fd(bpf);
	fds[FD_OTHER_BTF] = (int)other_btf_fd(bpf);
	fds[FD_MAP] = (int)map_fd(bpf);
	fds[FD_PROG] = (int)load(bpf, BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0, 0);
	for (u32 i = FD_VMLINUX; i < FD_KINDS; i++)
		assert_true(fds[i] > 0);
}

static void close_all(int fds[FD_KINDS])
{
	for (u32 i = FD_VMLINUX; i < FD_KINDS; i++)
		close(fds[i]);
}

/* The line before the statistics, if there is one beside the list of functions. */
static void reason(char out[128])
{
	char *end = strstr(log_buf, "processed "), *at;

	out[0] = 0;
	if (!end || end == log_buf)
		return;
	end[-1] = 0;
	at = strrchr(log_buf, '\n');
	at = at ? at + 1 : log_buf;
	if (strncmp(at, "func#", 5))
		snprintf(out, 128, "%.127s", at);
}

#define NO_ID  "Tracing programs must provide btf_id"
#define NO_BTF "FENTRY/FEXIT program can only be attached to another program annotated with BTF"

static u32 tracepoint, iterator, operations;

static const struct {
	u32 type, attach;
	u32 *id; /* or NULL: `number` */
	u32 number;
	int err[FD_KINDS];
	const char *words[FD_KINDS];
} cases[] = {
	{26, 23, NULL, 0, {-22, -22, -22, -524, -22, -22}, {NO_ID, "", "", "", "", NO_ID}},
	{26, 23, &tracepoint, 0, {0, -22, 0, -524, -22, -22}, {"", "", "", "", "", NO_BTF}},
	{26,
	 23,
	 NULL,
	 0xfffff,
	 {-22, -22, -22, -524, -22, -22},
	 {"attach_btf_id 1048575 is invalid", "", "attach_btf_id 1048575 is invalid", "", "",
	  NO_BTF}},
	{26, 23, NULL, 0x100000, {-22, -22, -22, -524, -22, -22}, {"", "", "", "", "", ""}},
	{26, 0, &tracepoint, 0, {-22, -22, -22, -524, -22, -22}, {"", "", "", "", "", NO_BTF}},
	{26, 28, &iterator, 0, {0, -22, 0, -524, -22, -22}, {"", "", "", "", "", NO_BTF}},
	{26, 28, &tracepoint, 0, {-22, -22, -22, -524, -22, -22}, {NULL, "", NULL, "", "", NO_BTF}},
	{27, 0, &operations, 0, {0, -22, 0, -524, -22, -22}, {"", "", "", "", "", ""}},
	{27, 0, NULL, 0, {-524, -22, -22, -524, -22, -22}, {"", "", "", "", "", ""}},
	{27,
	 0,
	 NULL,
	 1,
	 {-524, -22, -524, -524, -22, -22},
	 {"attach_btf_id 1 is not a supported struct", "",
	  "attach_btf_id 1 is not a supported struct", "", "", ""}},
	{1, 0, NULL, 0, {0, -22, -22, -524, -22, -22}, {"", "", "", "", "", ""}},
	{1, 0, NULL, 1, {-22, -22, -22, -524, -22, -22}, {"", "", "", "", "", ""}},
	{2, 0, NULL, 1, {-22, -22, -22, -524, -22, -22}, {"", "", "", "", "", ""}},
};

static u32 check(bpf_fn *bpf, const char *who)
{
	int fds[FD_KINDS];
	u32 wrong = 0;

	open_all(bpf, fds);
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++)
		for (u32 f = 0; f < FD_KINDS; f++) {
			u32 id = cases[i].id ? *cases[i].id : cases[i].number;
			const char *words = cases[i].words[f];
			char said[128];
			long r = load(bpf, cases[i].type, cases[i].attach, id, fds[f]);

			reason(said);
			if (r > 0)
				close((int)r);
			if (MIN(r, 0) != cases[i].err[f] ||
			    (cases[i].err[f] && words && strcmp(said, words))) {
				print_error("%s: type %u attach %u id %u %s: %ld \"%s\", not %d "
					    "\"%s\"\n",
					    who, cases[i].type, cases[i].attach, id, fd_names[f], r,
					    said, cases[i].err[f], words ? words : "");
				wrong++;
			}
		}
	close_all(fds);
	return wrong;
}

static void instance(void **state)
{
	if (!types)
		skip();
	assert_int_equal(check(instance_bpf, "instance"), 0);
}

static void kernel(void **state)
{
	long fd = types && host_kernel() == 0x0612
			  ? load(kernel_bpf, BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0, 0)
			  : -1;

	if (fd < 0)
		skip();
	close((int)fd);
	assert_int_equal(check(kernel_bpf, "kernel"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instance),
		cmocka_unit_test(kernel),
	};
	size_t size = 0;
	void *raw = host_file("/sys/kernel/btf/vmlinux", &size);
	int failed;

	if (cygnet_new(NULL, &inst))
		return 1;
	if (raw && !btf_view(raw, size, NULL, &types) && !btf_index_names(types)) {
		tracepoint = btf_find(types, "btf_trace_sched_switch", BTF_KIND_TYPEDEF);
		iterator = btf_find(types, "bpf_iter_task", BTF_KIND_FUNC);
		operations = btf_find(types, "tcp_congestion_ops", BTF_KIND_STRUCT);
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	btf_free(types);
	free(raw);
	cygnet_free(inst);
	return failed;
}
