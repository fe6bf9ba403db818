// SPDX-License-Identifier: BSD-2-Clause
/*
 * Helpers' arguments. The running kernel is asked what it wants of each argument of each helper, as
 * programs of each type call it: the call is loaded with the arguments before it right, and it once
 * missing, once a number, once NULL, once memory that may not be written. What its log says to that
 * is put into a word; the prototype's word must be the same. The words are facts
 * (tests/data/helper_args.facts), so that the comparison needs no rights.
 *
 *	CYGNET_FACTS=write build/tests/unit/helper_args_test    (as root) renews them
 *
 * An argument behind one that cannot be made here (a socket, a callback, ...) is not asked about:
 * its word is "-".
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <cmocka.h>

#include <cygnet/abi.h>
#include "btf/btf.h"
#include "core/prog.h"

#define FACTS "tests/data/helper_args.facts"

/* The program types that calls are tried in. */
static const struct caller {
	u32 type, attach;
} callers[] = {
	{BPF_PROG_TYPE_SOCKET_FILTER, 0},
	{BPF_PROG_TYPE_KPROBE, 0},
	{BPF_PROG_TYPE_SCHED_CLS, 0},
	{BPF_PROG_TYPE_XDP, 0},
	{BPF_PROG_TYPE_PERF_EVENT, 0},
	{BPF_PROG_TYPE_CGROUP_SKB, 0},
	{BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE},
	{BPF_PROG_TYPE_LWT_IN, 0},
	{BPF_PROG_TYPE_LWT_XMIT, 0},
	{BPF_PROG_TYPE_LWT_SEG6LOCAL, 0},
	{BPF_PROG_TYPE_SOCK_OPS, BPF_SK_MSG_VERDICT},
	{BPF_PROG_TYPE_SK_SKB, 0},
	{BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE},
	{BPF_PROG_TYPE_SK_MSG, 0},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT},
	{BPF_PROG_TYPE_SK_REUSEPORT, 0},
	{BPF_PROG_TYPE_FLOW_DISSECTOR, 0},
	{BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL},
	{BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT},
	{BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP},
	{BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER},
	{BPF_PROG_TYPE_STRUCT_OPS, 0},
	{BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP},
	{BPF_PROG_TYPE_SYSCALL, 0},
	{BPF_PROG_TYPE_NETFILTER, BPF_NETFILTER},
};
#define CALLERS ARRAY_SIZE(callers)
#define WORDS   96

static char stored[__BPF_FUNC_MAX_ID][CALLERS][WORDS], asked[__BPF_FUNC_MAX_ID][CALLERS][WORDS];
static char stored_kernel[128], asked_kernel[128], log_text[1 << 15];

/* --- Our words. */
static const char *our_word(u32 arg)
{
	switch ((enum helper_arg)arg) {
	case ARG_NONE: return "";
	case ARG_ANY:
	case ARG_STACK_OR_NULL:
	case ARG_SIZE_OR_ZERO:
	case ARG_ALLOC_SIZE: return "any";
	case ARG_SIZE: return "size";
	case ARG_MAP: return "map";
	case ARG_MAP_KEY:
	case ARG_MAP_VALUE:
	case ARG_MEM:
	case ARG_MEM_FIXED: return "memory";
	case ARG_MAP_VALUE_OR_NULL:
	case ARG_MEM_OR_NULL: return "memory?";
	case ARG_MAP_VALUE_WRITE:
	case ARG_MEM_WRITE:
	case ARG_MEM_CHANGE:
	case ARG_MEM_FIXED_CHANGE:
	case ARG_MEM_FIXED_WRITE: return "memory!";
	case ARG_MEM_WRITE_OR_NULL: return "memory?!";
	case ARG_CTX: return "ctx";
	case ARG_CTX_OR_NULL: return "ctx?";
	case ARG_FUNC: return "func";
	case ARG_CONST_STR:
	case ARG_TIMER: return "value";
	case ARG_SPIN_LOCK:
	case ARG_KPTR: return "value-or-object";
	case ARG_RINGBUF_MEM: return "record";
	case ARG_BTF_PTR: return "object";
	case ARG_BTF_PTR_OR_NULL: return "object?";
	case ARG_BTF_RELEASED_OR_NULL: return "object?";
	case ARG_BTF_SOCK_COMMON: return "any-socket";
	case ARG_BTF_SOCK_COMMON_OR_NULL: return "any-socket?";
	case ARG_SOCK_COMMON: return "sock-common";
	case ARG_SOCK_OR_NULL: return "sock?";
	case ARG_PERCPU_BTF: return "percpu";
	case ARG_DYNPTR:
	case ARG_DYNPTR_NEW_LOCAL:
	case ARG_DYNPTR_NEW_RINGBUF:
	case ARG_DYNPTR_RINGBUF: return "dynptr";
	}
	return "?";
}

/* The kernel's: what its log expects instead of a number. */
static const struct {
	const char *expected, *word;
} kernel_words[] = {
	{"map_ptr", "map"},
	{"fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_", "memory"},
	{"ctx", "ctx"},
	{"func", "func"},
	{"map_value", "value"},
	{"map_value, ptr_", "value-or-object"},
	{"ringbuf_mem", "record"},
	{"ptr_, trusted_ptr_, rcu_ptr_", "object"},
	{"sock_common, sock, tcp_sock, xdp_sock, ptr_, trusted_ptr_", "any-socket"},
	{"sock_common, sock, tcp_sock, xdp_sock", "sock-common"},
	{"sock", "sock"},
	{"percpu_ptr_, percpu_rcu_ptr_, percpu_trusted_ptr_", "percpu"},
	{"fp, dynptr_ptr", "dynptr"},
};

/* --- Programs of one call. */
static struct btf_info *vmlinux;
static void *vmlinux_bytes;

struct program {
	struct bpf_insn insns[96];
	u32 count;
};

static void add(struct program *p, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	p->insns[p->count++] = (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm};
}

#define MOV_REG  (BPF_ALU64 | BPF_MOV | BPF_X)
#define MOV_IMM  (BPF_ALU64 | BPF_MOV | BPF_K)
#define ADD_IMM  (BPF_ALU64 | BPF_ADD | BPF_K)
#define LOAD_IMM (BPF_LD | BPF_IMM | BPF_DW)

static long map_new(u32 type, u32 key, u32 value, u32 entries, u32 flags)
{
	union bpf_attr a = {.map_type = type,
			    .key_size = key,
			    .value_size = value,
			    .max_entries = entries,
			    .map_flags = flags};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a));
}

/* A map that the helper takes; 0: of no type that can be made so. */
static int map_for(const struct helper_proto *p)
{
	static int fds[64];
	u32 type = p->map_type;

	if (!type)
		switch (p->id) {
		case BPF_FUNC_redirect_map: type = BPF_MAP_TYPE_DEVMAP; break;
		case BPF_FUNC_sk_redirect_map:
		case BPF_FUNC_sock_map_update:
		case BPF_FUNC_msg_redirect_map: type = BPF_MAP_TYPE_SOCKMAP; break;
		case BPF_FUNC_sk_redirect_hash:
		case BPF_FUNC_sock_hash_update:
		case BPF_FUNC_msg_redirect_hash: type = BPF_MAP_TYPE_SOCKHASH; break;
		case BPF_FUNC_sk_select_reuseport: type = BPF_MAP_TYPE_REUSEPORT_SOCKARRAY; break;
		case BPF_FUNC_map_push_elem:
		case BPF_FUNC_map_pop_elem:
		case BPF_FUNC_map_peek_elem: type = BPF_MAP_TYPE_QUEUE; break;
		case BPF_FUNC_map_lookup_percpu_elem: type = BPF_MAP_TYPE_PERCPU_HASH; break;
		default: type = BPF_MAP_TYPE_HASH;
		}
	if (fds[type])
		return fds[type];
	switch (type) {
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF: fds[type] = map_new(type, 0, 0, 4096, 0); break;
	case BPF_MAP_TYPE_QUEUE: fds[type] = map_new(type, 0, 8, 1, 0); break;
	case BPF_MAP_TYPE_STACK_TRACE: fds[type] = map_new(type, 4, 80, 1, 0); break;
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_REUSEPORT_SOCKARRAY: fds[type] = map_new(type, 4, 8, 1, 0); break;
	default: fds[type] = map_new(type, 4, 4, 1, 0);
	}
	return fds[type] = MAX(fds[type], 0);
}

/* Memory that programs may read only. */
static int constant_map(void)
{
	static int fd;

	if (!fd)
		fd = map_new(BPF_MAP_TYPE_ARRAY, 4, 64, 1, BPF_F_RDONLY_PROG);
	return fd;
}

static bool is_memory(u32 arg)
{
	return !strncmp(our_word(arg), "memory", 6);
}

/* Puts a right value for an argument into its register; false: none can be made. */
static bool add_argument(struct program *p, const struct helper_proto *h, u32 i)
{
	u32 arg = h->args[i], reg = i + 1;
	int fd;

	if (is_memory(arg)) {
		add(p, MOV_REG, reg, 10, 0, 0);
		add(p, ADD_IMM, reg, 0, 0, -64);
		return true;
	}
	switch (arg) {
	case ARG_CTX:
	case ARG_CTX_OR_NULL: add(p, MOV_REG, reg, 6, 0, 0); return true;
	case ARG_ANY:
	case ARG_STACK_OR_NULL: add(p, MOV_IMM, reg, 0, 0, 0); return true;
	case ARG_SIZE:
	case ARG_SIZE_OR_ZERO:
	case ARG_ALLOC_SIZE: add(p, MOV_IMM, reg, 0, 0, 8); return true;
	case ARG_MAP:
		fd = map_for(h);
		add(p, LOAD_IMM, reg, BPF_PSEUDO_MAP_FD, 0, fd);
		add(p, 0, 0, 0, 0, 0);
		return fd > 0;
	case ARG_BTF_PTR:
	case ARG_BTF_PTR_OR_NULL:
		add(p, MOV_REG, reg, 7, 0, 0);
		return h->btf[i] && !strcmp(h->btf[i], "task_struct");
	default: return false;
	}
}

/* r6 the context, r7 the current task, the stack zeroed, the first `count` arguments right. */
static bool begin(struct program *p, const struct helper_proto *h, u32 count)
{
	p->count = 0;
	add(p, MOV_REG, 6, 1, 0, 0);
	add(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_current_task_btf);
	add(p, MOV_REG, 7, 0, 0, 0);
	for (s16 off = -64; off < 0; off += 8)
		add(p, BPF_ST | BPF_MEM | BPF_DW, 10, 0, off, 0);
	for (u32 i = 0; i < count; i++)
		if (!add_argument(p, h, i))
			return false;
	return true;
}

static u32 attach_btf_id(const struct caller *c)
{
	switch (c->type) {
	case BPF_PROG_TYPE_TRACING:
		if (c->attach == BPF_TRACE_ITER)
			return btf_find(vmlinux, "bpf_iter_task", BTF_KIND_FUNC);
		return btf_find(vmlinux, "btf_trace_sched_switch", BTF_KIND_TYPEDEF);
	case BPF_PROG_TYPE_STRUCT_OPS:
		return btf_find(vmlinux, "tcp_congestion_ops", BTF_KIND_STRUCT);
	default: return 0;
	}
}

static bool call(struct program *p, const struct helper_proto *h, const struct caller *c)
{
	static u32 btf_ids[CALLERS];
	union bpf_attr a = {.prog_type = c->type,
			    .expected_attach_type = c->attach,
			    .insns = (u64)p->insns,
			    .license = (u64) "GPL",
			    .log_level = 1,
			    .log_size = sizeof(log_text),
			    .log_buf = (u64)log_text};
	long fd;

	add(p, BPF_JMP | BPF_CALL, 0, 0, 0, h->id);
	add(p, MOV_IMM, 0, 0, 0, 1);
	add(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	a.insn_cnt = p->count;
	if (c->type == BPF_PROG_TYPE_SYSCALL || (h->flags & HELPER_SLEEPABLE))
		a.prog_flags = BPF_F_SLEEPABLE;
	if (!btf_ids[c - callers])
		btf_ids[c - callers] = attach_btf_id(c);
	a.attach_btf_id = btf_ids[c - callers];
	log_text[0] = 0;
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Does the log complain of this argument, or say that it needs it? */
static bool complains(u32 reg, const char *what)
{
	char text[64];

	snprintf(text, sizeof(text), "R%u %s", reg, what);
	return strstr(log_text, text) != NULL;
}

/* Any complaint of the register: of NULL, or of memory behind it. */
static bool is_refused(u32 reg)
{
	return complains(reg, "type=") || complains(reg, "invalid") || complains(reg, "NULL") ||
	       strstr(log_text, "Possibly NULL pointer passed") ||
	       strstr(log_text, "write into map forbidden");
}

static const char *expected_word(u32 reg)
{
	char text[256];

	for (u32 i = 0; i < ARRAY_SIZE(kernel_words); i++) {
		snprintf(text, sizeof(text), "R%u type=scalar expected=%s\n", reg,
			 kernel_words[i].expected);
		if (strstr(log_text, text))
			return kernel_words[i].word;
	}
	return NULL;
}

/* NULL, with no size behind it. */
static bool takes_null(struct program *p, const struct helper_proto *h, const struct caller *c,
		       u32 i)
{
	begin(p, h, i);
	add(p, MOV_IMM, i + 1, 0, 0, 0);
	if (i < 4 && (h->args[i + 1] == ARG_SIZE || h->args[i + 1] == ARG_SIZE_OR_ZERO))
		add(p, MOV_IMM, i + 2, 0, 0, 0);
	return call(p, h, c) || !is_refused(i + 1);
}

static bool writes(struct program *p, const struct helper_proto *h, const struct caller *c, u32 i)
{
	begin(p, h, i);
	add(p, LOAD_IMM, i + 1, BPF_PSEUDO_MAP_VALUE, 0, constant_map());
	add(p, 0, 0, 0, 0, 0);
	if (i < 4 && (h->args[i + 1] == ARG_SIZE || h->args[i + 1] == ARG_SIZE_OR_ZERO))
		add(p, MOV_IMM, i + 2, 0, 0, 8);
	return !call(p, h, c) && strstr(log_text, "write into map forbidden");
}

/* The word for one argument: "" when there is none, "-" when it cannot be asked about. */
static void ask_argument(const struct helper_proto *h, const struct caller *c, u32 i, char *out)
{
	struct program p;
	const char *word;

	strcpy(out, "-");
	if (!begin(&p, h, i))
		return;
	if (call(&p, h, c) || !complains(i + 1, "!read_ok")) {
		/* Refused for another reason: what is missing does not count. */
		if (!log_text[0] || strstr(log_text, "Sleepable programs can only") ||
		    strstr(log_text, "helper call") || strstr(log_text, "can be sleepable") ||
		    strstr(log_text, "cannot use helper"))
			return;
		out[0] = 0;
		return;
	}
	begin(&p, h, i);
	add(&p, MOV_IMM, i + 1, 0, 0, 7);
	call(&p, h, c);
	word = expected_word(i + 1);
	if (word) {
		bool memory = !strcmp(word, "memory");

		sprintf(out, "%s%s%s", word, takes_null(&p, h, c, i) ? "?" : "",
			memory && writes(&p, h, c, i) ? "!" : "");
		return;
	}
	begin(&p, h, i);
	add(&p, MOV_IMM, i + 1, 0, 0, 0);
	call(&p, h, c);
	strcpy(out, strstr(log_text, "invalid zero-sized") ? "size" : "any");
}

static void ask(void)
{
	struct utsname u;

	uname(&u);
	snprintf(asked_kernel, sizeof(asked_kernel), "%s", u.release);
	for (u32 id = 1; id < __BPF_FUNC_MAX_ID; id++)
		for (u32 c = 0; c < CALLERS; c++) {
			const struct helper_proto *h = core_helper_for(id, callers[c].type);
			char *out = asked[id][c], word[64];

			if (!core_prog_ops(callers[c].type)->allows(h, callers[c].attach))
				continue;
			strcpy(out, "(");
			for (u32 i = 0; i < 5; i++) {
				ask_argument(h, &callers[c], i, word);
				if (!word[0])
					break;
				sprintf(out + strlen(out), "%s%s", i ? "," : "", word);
			}
			strcat(out, ")");
		}
}

/* --- The file: one line for the callers that get the same words. */
static void write_facts(void)
{
	FILE *out = fopen(FACTS, "w");

	assert_non_null(out);
	fprintf(out,
		"# Linux %s\n# helper id, its arguments, callers: program type / attach type. "
		"\"?\": "
		"or NULL, \"!\": written.\n",
		asked_kernel);
	for (u32 id = 1; id < __BPF_FUNC_MAX_ID; id++)
		for (u32 c = 0; c < CALLERS; c++) {
			bool first = asked[id][c][0];

			for (u32 d = 0; d < c; d++)
				first &= strcmp(asked[id][c], asked[id][d]) != 0;
			if (!first)
				continue;
			fprintf(out, "%u %s", id, asked[id][c]);
			for (u32 d = c; d < CALLERS; d++)
				if (!strcmp(asked[id][c], asked[id][d]))
					fprintf(out, " %u/%u", callers[d].type, callers[d].attach);
			fprintf(out, "\n");
		}
	fclose(out);
}

static void read_facts(void)
{
	char line[1024], words[WORDS];
	FILE *in = fopen(FACTS, "r");
	unsigned id, type, attach;
	int at, n;

	assert_non_null(in);
	while (fgets(line, sizeof(line), in)) {
		if (sscanf(line, "# Linux %127s", stored_kernel) == 1 || *line == '#')
			continue;
		assert_int_equal(sscanf(line, "%u %95s%n", &id, words, &at), 2);
		assert_true(id < __BPF_FUNC_MAX_ID);
		for (char *p = line + at; sscanf(p, " %u/%u%n", &type, &attach, &n) == 2; p += n)
			for (u32 c = 0; c < CALLERS; c++)
				if (callers[c].type == type && callers[c].attach == attach)
					strcpy(stored[id][c], words);
	}
	fclose(in);
}

/* --- Comparisons. */
static unsigned compare(u32 id, u32 c)
{
	const struct helper_proto *h = core_helper_for(id, callers[c].type);
	char words[WORDS], ours[WORDS] = "(", *save, *w;
	u32 i = 0;

	strcpy(words, stored[id][c] + 1);
	words[strlen(words) - 1] = 0;
	for (w = strtok_r(words, ",", &save); w; w = strtok_r(NULL, ",", &save), i++)
		sprintf(ours + strlen(ours), "%s%s", i ? "," : "",
			!strcmp(w, "-") ? "-"
			: i < 5         ? our_word(h->args[i])
					: "");
	strcat(ours, i < 5 && h->args[i] != ARG_NONE ? ",...)" : ")");
	if (!strcmp(ours, stored[id][c]))
		return 0;
	print_error("%s from type %u, attach type %u: %s, kernel %s\n", h->name, callers[c].type,
		    callers[c].attach, ours, stored[id][c]);
	return 1;
}

static void test_arguments(void **state)
{
	unsigned wrong = 0, compared = 0;

	for (u32 id = 1; id < __BPF_FUNC_MAX_ID; id++)
		for (u32 c = 0; c < CALLERS; c++)
			if (stored[id][c][0]) {
				wrong += compare(id, c);
				compared++;
			}
	assert_int_equal(wrong, 0);
	assert_true(compared > 2000);
}

static void test_kernel(void **state)
{
	if (!*asked_kernel || strcmp(asked_kernel, stored_kernel))
		skip();
	for (u32 id = 1; id < __BPF_FUNC_MAX_ID; id++)
		for (u32 c = 0; c < CALLERS; c++)
			assert_string_equal(asked[id][c], stored[id][c]);
}

static int open_vmlinux(void)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY);
	struct stat st;
	size_t at = 0;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st))
		return -1;
	vmlinux_bytes = malloc(st.st_size);
	while (vmlinux_bytes && (n = read(fd, (char *)vmlinux_bytes + at, st.st_size - at)) > 0)
		at += n;
	close(fd);
	return vmlinux_bytes ? btf_view(vmlinux_bytes, at, NULL, &vmlinux) : -1;
}

static int setup(void **state)
{
	const char *mode = getenv("CYGNET_FACTS");
	bool renew = mode && !strcmp(mode, "write");

	core_helpers_init();
	if (constant_map() >= 0 && !open_vmlinux())
		ask();
	if (renew)
		write_facts();
	read_facts();
	return 0;
}

static int teardown(void **state)
{
	btf_free(vmlinux);
	free(vmlinux_bytes);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_arguments),
					   cmocka_unit_test(test_kernel)};

	return cmocka_run_group_tests_name("helper_args", tests, setup, teardown);
}
