// SPDX-License-Identifier: BSD-2-Clause
/*
 * matrix kernel|cygnet: which helper each program type may call, by attach type and by whether it
 *may sleep. Each question is one PROG_LOAD of a call without any argument, under a GPL licence:
 *what the log says tells a helper that may not be called from one whose arguments are not right.
 *One line of JSON for each type and attach type that a program without calls is taken with, the
 *answers of all helpers in one string, by their numbers:
 *
 *	y  may be called	n  not by this type	i  no such helper
 *	s  only by one that may sleep	c  not here for another reason	e  no answer
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cygnet/abi.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "kernel/worker.h"

#define HELPERS   (__BPF_FUNC_MAX_ID - 1)
#define LOG_BYTES 65536

/* What programs that are attached by BTF are attached to here: something every kernel has. */
static const struct {
	int type, attach;
	const char *name; /* with the prefix its kind of attachment has */
} targets[] = {
	{BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "btf_trace_sched_switch"},
	{BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "bpf_fentry_test1"},
	{BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, "bpf_fentry_test1"},
	{BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, "bpf_modify_return_test"},
	{BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "bpf_iter_task"},
	{BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_file_open"},
	{BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP, "bpf_lsm_socket_bind"},
};

struct question {
	int type, attach;
	const char *target;
	bool sleepable;
};

static struct question *questions;
static struct btf *types;
static char *log_text;

static void identify(const struct suite *s, unsigned int i, FILE *out)
{
	const struct question *q = &questions[i];

	fprintf(out, "\"file\":\"%s\",\"test\":\"%d%s\",\"hash\":\"0\",\"type\":%d",
		libbpf_bpf_prog_type_str(q->type) ?: "?", q->attach, q->sleepable ? ".s" : "",
		q->type);
}

static uint32_t target_id(const struct question *q)
{
	uint32_t kind = q->type == BPF_PROG_TYPE_STRUCT_OPS ? BTF_KIND_STRUCT
			: q->attach == BPF_TRACE_RAW_TP     ? BTF_KIND_TYPEDEF
							    : BTF_KIND_FUNC;
	int id = q->target ? btf__find_by_name_kind(types, q->target, kind) : 0;

	return id < 0 ? 0 : id;
}

static int load(const struct question *q, uint32_t target, const struct bpf_insn *insns,
		uint32_t count)
{
	union bpf_attr a = {
		.prog_type = q->type,
		.expected_attach_type = q->attach,
		.insns = (uintptr_t)insns,
		.insn_cnt = count,
		.license = (uintptr_t) "GPL",
		.log_buf = (uintptr_t)log_text,
		.log_size = LOG_BYTES,
		.log_level = 1,
		.prog_flags = q->sleepable ? BPF_F_SLEEPABLE : 0,
		.attach_btf_id = target,
	};
	long fd;

	log_text[0] = 0;
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &a, offsetof(union bpf_attr, attach_prog_fd));
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* A program of this kind without calls: an error that is its return value's is none here. */
static int try_empty(const struct question *q, uint32_t target)
{
	struct bpf_insn insns[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
				   {.code = BPF_JMP | BPF_EXIT}};
	int err = load(q, target, insns, 2);

	insns[0].imm = 1;
	return err == -EINVAL ? load(q, target, insns, 2) : err;
}

static char classify(int err)
{
	if (!err || strstr(log_text, "!read_ok"))
		return 'y';
	if (strstr(log_text, "cannot use helper") || strstr(log_text, "unknown func "))
		return 'n';
	if (strstr(log_text, "invalid func "))
		return 'i';
	if (strstr(log_text, "might sleep in a non-sleepable"))
		return 's';
	if (strstr(log_text, "not allowed in probe") ||
	    strstr(log_text, "not supported for program type"))
		return 'c';
	return log_text[0] ? 'y' : 'e';
}

static void run(const struct suite *s, unsigned int i, FILE *out)
{
	const struct question *q = &questions[i];
	uint32_t target = target_id(q);
	int err = q->target && !target ? -ENOENT : try_empty(q, target);
	struct bpf_insn insns[] = {{.code = BPF_JMP | BPF_CALL},
				   {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
				   {.code = BPF_JMP | BPF_EXIT}};

	if (err) {
		fprintf(out, ",\"verdict\":\"reject\",\"errno\":%d", -err);
		worker_last_line(out, log_text);
		return;
	}
	fprintf(out, ",\"verdict\":\"accept\",\"errno\":0,\"answers\":\"");
	for (insns[0].imm = 1; insns[0].imm <= HELPERS; insns[0].imm++)
		fputc(classify(load(q, target, insns, 3)), out);
	fputc('"', out);
}

static const char *target_of(int type, int attach)
{
	/* Its attach type is the number of a member. */
	if (type == BPF_PROG_TYPE_STRUCT_OPS)
		return "tcp_congestion_ops";
	for (unsigned int i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (targets[i].type == type && targets[i].attach == attach)
			return targets[i].name;
	return NULL;
}

static unsigned int ask_all(void)
{
	unsigned int n = 0;

	questions = calloc(__MAX_BPF_PROG_TYPE * __MAX_BPF_ATTACH_TYPE * 2, sizeof(*questions));
	for (int type = 1; questions && type < __MAX_BPF_PROG_TYPE; type++)
		for (int attach = 0; attach < __MAX_BPF_ATTACH_TYPE; attach++)
			for (int sleepable = 0; sleepable < 2; sleepable++)
				questions[n++] = (struct question){
					type, attach, target_of(type, attach), sleepable};
	return n;
}

int main(int argc, char **argv)
{
	struct suite s = {.identify = identify, .run = run, .seconds = 300};
	int door = argc > 1 ? door_by_name(argv[1]) : -1;

	if (door < 0) {
		fprintf(stderr, "usage: matrix kernel|cygnet\n");
		return 2;
	}
	s.door = door;
	setvbuf(stdout, NULL, _IOFBF, 1 << 20);
	types = btf__parse(door_btf(), NULL);
	log_text = malloc(LOG_BYTES);
	s.count = ask_all();
	return log_text && types && !worker_run(&s, stdout) ? 0 : 1;
}
