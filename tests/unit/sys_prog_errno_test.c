// SPDX-License-Identifier: BSD-2-Clause
/* Programs, type information, links and perf events: the kernel's results (sys_facts.h). */
#define FACTS "tests/data/bpf_prog.facts"
#include "sys_facts.h"

static const struct bpf_insn r0_exit[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K},
					  {.code = BPF_JMP | BPF_EXIT}};

#define PROG(t) .prog_type = t, .insns = ADDR(r0_exit), .insn_cnt = 2, .license = ADDR("GPL")

static void prog_load(struct pass *p)
{
	static const struct bpf_insn bad_fd[] = {
		{.code = 0x18, .src_reg = BPF_PSEUDO_MAP_FD, .imm = 999},
		{0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	static const struct bpf_insn bad_map[] = {
		{.code = 0x18, .src_reg = BPF_PSEUDO_MAP_FD, .imm = 0},
		{0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	static const struct bpf_insn idx[] = {
		{.code = 0x18, .src_reg = BPF_PSEUDO_MAP_IDX, .imm = 0},
		{0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	static const struct bpf_insn wild[] = {{.code = 0xff}, {.code = BPF_JMP | BPF_EXIT}};
	static const struct bpf_insn endless[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}};
	static const struct bpf_insn far[] = {{.code = BPF_JMP | BPF_JA, .off = 9},
					      {.code = BPF_JMP | BPF_EXIT}};
	static const struct bpf_insn nohelper[] = {{.code = BPF_JMP | BPF_CALL, .imm = 100000},
						   {.code = BPF_JMP | BPF_EXIT}};
	char log[64], name[64];
	u32 rec[4] = {0};

	for (u32 t = 0; t < 8; t++) {
		snprintf(name, sizeof(name), "load type %u", t);
		if (t != 4)
			TRY(name, BPF_PROG_LOAD, ALL, PROG(t));
	}
	TRY("load type 9", BPF_PROG_LOAD, ALL, PROG(9));
	TRY("load type 9 attach 2", BPF_PROG_LOAD, ALL, PROG(9), .expected_attach_type = 2);
	TRY("load type 9 attach 3", BPF_PROG_LOAD, ALL, PROG(9), .expected_attach_type = 3);
	TRY("load type 17", BPF_PROG_LOAD, ALL, PROG(17));
	TRY("load type 33", BPF_PROG_LOAD, ALL, PROG(33));
	TRY("load type 500", BPF_PROG_LOAD, ALL, PROG(500));
	TRY("load attach type 55 of type 1", BPF_PROG_LOAD, ALL, PROG(1),
	    .expected_attach_type = 55);
	TRY("load no insns", BPF_PROG_LOAD, ALL, .prog_type = 1, .license = ADDR("GPL"));
	TRY("load 1000001 insns", BPF_PROG_LOAD, ALL, .prog_type = 1, .insn_cnt = 1000001,
	    .insns = ADDR(r0_exit), .license = ADDR("GPL"));
	TRY("load insns at a bad address", BPF_PROG_LOAD, ALL, .prog_type = 1, .insn_cnt = 2,
	    .insns = BAD, .license = ADDR("GPL"));
	TRY("load license at a bad address", BPF_PROG_LOAD, ALL, .prog_type = 1, .insn_cnt = 2,
	    .insns = ADDR(r0_exit), .license = BAD);
	TRY("load empty license", BPF_PROG_LOAD, ALL, .prog_type = 1, .insn_cnt = 2,
	    .insns = ADDR(r0_exit), .license = ADDR(""));
	TRY("load badly named", BPF_PROG_LOAD, ALL, PROG(1), .prog_name = "a-b");
	TRY("load flags 1 << 30", BPF_PROG_LOAD, ALL, PROG(1), .prog_flags = 1u << 30);
	TRY("load strict alignment", BPF_PROG_LOAD, ALL, PROG(1),
	    .prog_flags = BPF_F_STRICT_ALIGNMENT);
	TRY("load log buffer, no level", BPF_PROG_LOAD, ALL, PROG(1), .log_buf = ADDR(log),
	    .log_size = sizeof(log));
	TRY("load log level, no buffer", BPF_PROG_LOAD, ALL, PROG(1), .log_level = 1);
	TRY("load log level 16", BPF_PROG_LOAD, ALL, PROG(1), .log_level = 16);
	TRY("load log of 1 byte", BPF_PROG_LOAD, ALL, PROG(1), .log_level = 1, .log_buf = ADDR(log),
	    .log_size = 1);
	TRY("load log size, no buffer", BPF_PROG_LOAD, ALL, PROG(1), .log_level = 1,
	    .log_size = 64);
	TRY("load log at a bad address", BPF_PROG_LOAD, ALL, PROG(1), .log_level = 1,
	    .log_buf = BAD, .log_size = 64);
	TRY("load stats level", BPF_PROG_LOAD, ALL, PROG(1), .log_level = 4);
	TRY("load attach_btf_id of type 1", BPF_PROG_LOAD, ALL, PROG(1), .attach_btf_id = 1);
	TRY("load attach_prog_fd", BPF_PROG_LOAD, ALL, PROG(1), .attach_prog_fd = 999);
	TRY("load btf fd ignored", BPF_PROG_LOAD, ALL, PROG(1), .prog_btf_fd = 999);
	TRY("load func_info, no btf", BPF_PROG_LOAD, ALL, PROG(1), .prog_btf_fd = 999,
	    .func_info_cnt = 1, .func_info_rec_size = 8, .func_info = ADDR(rec));
	TRY("load map fd 999", BPF_PROG_LOAD, ALL, .prog_type = 1, .insns = ADDR(bad_fd),
	    .insn_cnt = 3, .license = ADDR("GPL"));
	TRY("load map fd is stdin", BPF_PROG_LOAD, ALL, .prog_type = 1, .insns = ADDR(bad_map),
	    .insn_cnt = 3, .license = ADDR("GPL"));
	TRY("load map index, no array", BPF_PROG_LOAD, ALL, .prog_type = 1, .insns = ADDR(idx),
	    .insn_cnt = 3, .license = ADDR("GPL"));
	TRY("load map index, bad array", BPF_PROG_LOAD, ALL, .prog_type = 1, .insns = ADDR(idx),
	    .insn_cnt = 3, .license = ADDR("GPL"), .fd_array = BAD);
	TRY("load unknown opcode", BPF_PROG_LOAD, ALL, .prog_type = 1, .insns = ADDR(wild),
	    .insn_cnt = 2, .license = ADDR("GPL"));
	TRY("load no exit", BPF_PROG_LOAD, ALL, .prog_type = 1, .insns = ADDR(endless),
	    .insn_cnt = 1, .license = ADDR("GPL"));
	TRY("load jump out", BPF_PROG_LOAD, ALL, .prog_type = 1, .insns = ADDR(far), .insn_cnt = 2,
	    .license = ADDR("GPL"));
	TRY("load no such helper", BPF_PROG_LOAD, ALL, .prog_type = 1, .insns = ADDR(nohelper),
	    .insn_cnt = 2, .license = ADDR("GPL"));
	TRY("load short attr", BPF_PROG_LOAD, 48, PROG(1));
}

static void progs(struct pass *p)
{
	u32 one = 1, ids[4];
	u8 packet[64] = {0}, info[512] = {0};
	long sf, kp, tp, rt, map;

	sf = OPEN("prog: socket filter", BPF_PROG_LOAD, ALL, PROG(1));
	kp = OPEN("prog: kprobe", BPF_PROG_LOAD, ALL, PROG(2));
	tp = OPEN("prog: tracepoint", BPF_PROG_LOAD, ALL, PROG(5));
	rt = OPEN("prog: raw tracepoint", BPF_PROG_LOAD, ALL, PROG(17));
	map = OPEN("prog: map", BPF_MAP_CREATE, ALL, ARRAY_OF4);
	CALL("run kprobe", BPF_PROG_TEST_RUN, ALL, .test = {.prog_fd = kp});
	CALL("run tracepoint", BPF_PROG_TEST_RUN, ALL, .test = {.prog_fd = tp});
	CALL("run map", BPF_PROG_TEST_RUN, ALL, .test = {.prog_fd = map});
	CALL("run raw tracepoint", BPF_PROG_TEST_RUN, ALL, .test = {.prog_fd = rt});
	CALL("run raw tracepoint data", BPF_PROG_TEST_RUN, ALL,
	     .test = {.prog_fd = rt, .data_in = ADDR(packet)});
	CALL("run raw tracepoint repeat", BPF_PROG_TEST_RUN, ALL,
	     .test = {.prog_fd = rt, .repeat = 2});
	CALL("run raw tracepoint cpu", BPF_PROG_TEST_RUN, ALL, .test = {.prog_fd = rt, .cpu = 1});
	CALL("run raw tracepoint flags", BPF_PROG_TEST_RUN, ALL,
	     .test = {.prog_fd = rt, .flags = 8});
	CALL("run raw tracepoint cpu 9999", BPF_PROG_TEST_RUN, ALL,
	     .test = {.prog_fd = rt, .cpu = 9999, .flags = 1});
	CALL("run raw tracepoint ctx 104", BPF_PROG_TEST_RUN, ALL,
	     .test = {.prog_fd = rt, .ctx_size_in = 104, .ctx_in = ADDR(info)});
	CALL("run ctx without size", BPF_PROG_TEST_RUN, ALL,
	     .test = {.prog_fd = rt, .ctx_in = ADDR(info)});
	CALL("run socket filter", BPF_PROG_TEST_RUN, ALL,
	     .test = {.prog_fd = sf, .data_in = ADDR(packet), .data_size_in = 64});
	CALL("run socket filter 13 bytes", BPF_PROG_TEST_RUN, ALL,
	     .test = {.prog_fd = sf, .data_in = ADDR(packet), .data_size_in = 13});
	CALL("run socket filter bad data", BPF_PROG_TEST_RUN, ALL,
	     .test = {.prog_fd = sf, .data_in = BAD, .data_size_in = 64});
	CALL("run socket filter short out", BPF_PROG_TEST_RUN, ALL,
	     .test = {.prog_fd = sf,
		      .data_in = ADDR(packet),
		      .data_size_in = 64,
		      .data_out = ADDR(info),
		      .data_size_out = 8});
	CALL("bind map", BPF_PROG_BIND_MAP, ALL, .prog_bind_map = {.prog_fd = sf, .map_fd = map});
	CALL("bind map twice", BPF_PROG_BIND_MAP, ALL,
	     .prog_bind_map = {.prog_fd = sf, .map_fd = map});
	CALL("bind swapped", BPF_PROG_BIND_MAP, ALL,
	     .prog_bind_map = {.prog_fd = map, .map_fd = sf});
	CALL("bind flags", BPF_PROG_BIND_MAP, ALL,
	     .prog_bind_map = {.prog_fd = sf, .map_fd = map, .flags = 1});
	TRY("raw_tp of socket filter", BPF_RAW_TRACEPOINT_OPEN, ALL,
	    .raw_tracepoint = {.prog_fd = sf, .name = ADDR("sys_enter")});
	TRY("raw_tp unknown", BPF_RAW_TRACEPOINT_OPEN, ALL,
	    .raw_tracepoint = {.prog_fd = rt, .name = ADDR("no_such_event")});
	TRY("raw_tp bad name", BPF_RAW_TRACEPOINT_OPEN, ALL,
	    .raw_tracepoint = {.prog_fd = rt, .name = BAD});
	TRY("raw_tp", BPF_RAW_TRACEPOINT_OPEN, ALL,
	    .raw_tracepoint = {.prog_fd = rt, .name = ADDR("sys_enter")});
	TRY("raw_tp of map", BPF_RAW_TRACEPOINT_OPEN, ALL,
	    .raw_tracepoint = {.prog_fd = map, .name = ADDR("sys_enter")});
	TRY("link no target", BPF_LINK_CREATE, ALL,
	    .link_create = {.prog_fd = tp, .target_fd = -1, .attach_type = BPF_PERF_EVENT});
	TRY("link target is stdin", BPF_LINK_CREATE, ALL,
	    .link_create = {.prog_fd = tp, .target_fd = 0, .attach_type = BPF_PERF_EVENT});
	TRY("link flags", BPF_LINK_CREATE, ALL,
	    .link_create = {
		    .prog_fd = tp, .target_fd = -1, .attach_type = BPF_PERF_EVENT, .flags = 1});
	TRY("link wrong attach type", BPF_LINK_CREATE, ALL,
	    .link_create = {.prog_fd = tp, .target_fd = -1, .attach_type = BPF_XDP});
	TRY("link socket filter", BPF_LINK_CREATE, ALL,
	    .link_create = {.prog_fd = sf, .target_fd = -1, .attach_type = BPF_PERF_EVENT});
	TRY("link of map", BPF_LINK_CREATE, ALL,
	    .link_create = {.prog_fd = map, .target_fd = -1, .attach_type = BPF_PERF_EVENT});
	CALL("link update of prog", BPF_LINK_UPDATE, ALL,
	     .link_update = {.link_fd = tp, .new_prog_fd = tp});
	CALL("link detach of prog", BPF_LINK_DETACH, ALL, .link_detach = {.link_fd = tp});
	TRY("iter of prog", BPF_ITER_CREATE, ALL, .iter_create = {.link_fd = tp});
	CALL("info of stdin", BPF_OBJ_GET_INFO_BY_FD, ALL,
	     .info = {.bpf_fd = 0, .info_len = 64, .info = ADDR(info)});
	CALL("info bad address", BPF_OBJ_GET_INFO_BY_FD, ALL,
	     .info = {.bpf_fd = sf, .info_len = 64, .info = BAD});
	CALL("info too long", BPF_OBJ_GET_INFO_BY_FD, ALL,
	     .info = {.bpf_fd = sf, .info_len = 5000, .info = ADDR(info)});
	info[300] = 1;
	CALL("info with a tail", BPF_OBJ_GET_INFO_BY_FD, ALL,
	     .info = {.bpf_fd = sf, .info_len = 400, .info = ADDR(info)});
	memset(info, 0, sizeof(info));
	CALL("info of prog", BPF_OBJ_GET_INFO_BY_FD, ALL,
	     .info = {.bpf_fd = sf, .info_len = sizeof(info), .info = ADDR(info)});
	CALL("info of map", BPF_OBJ_GET_INFO_BY_FD, ALL,
	     .info = {.bpf_fd = map, .info_len = 8, .info = ADDR(info)});
	memset(info, 0, sizeof(info));
	((struct bpf_prog_info *)info)->nr_map_ids = 4;
	((struct bpf_prog_info *)info)->map_ids = BAD;
	CALL("info map ids bad", BPF_OBJ_GET_INFO_BY_FD, ALL,
	     .info = {.bpf_fd = sf, .info_len = sizeof(info), .info = ADDR(info)});
	memset(info, 0, sizeof(info));
	((struct bpf_prog_info *)info)->nr_map_ids = 4;
	((struct bpf_prog_info *)info)->map_ids = ADDR(ids);
	CALL("info map ids", BPF_OBJ_GET_INFO_BY_FD, ALL,
	     .info = {.bpf_fd = sf, .info_len = sizeof(info), .info = ADDR(info)});
	note(p, "info map ids count", ((struct bpf_prog_info *)info)->nr_map_ids);
	note(p, "info xlated length", ((struct bpf_prog_info *)info)->xlated_prog_len);
	note(p, "info tag", (long)*(u32 *)((struct bpf_prog_info *)info)->tag);
	CALL("task query of map", BPF_TASK_FD_QUERY, ALL,
	     .task_fd_query = {.pid = getpid(), .fd = map});
	CALL("task query of prog", BPF_TASK_FD_QUERY, ALL,
	     .task_fd_query = {.pid = getpid(), .fd = tp});
	CALL("task query flags", BPF_TASK_FD_QUERY, ALL,
	     .task_fd_query = {.pid = getpid(), .fd = tp, .flags = 1});
	CALL("task query bad fd", BPF_TASK_FD_QUERY, ALL,
	     .task_fd_query = {.pid = getpid(), .fd = 999});
	TRY("stats", BPF_ENABLE_STATS, ALL, .enable_stats = {.type = BPF_STATS_RUN_TIME});
	TRY("stats type 1", BPF_ENABLE_STATS, ALL, .enable_stats = {.type = 1});
	TRY("pin to tmp", BPF_OBJ_PIN, ALL, .bpf_fd = map, .pathname = ADDR("/tmp/no-bpffs"));
	TRY("pin stdin", BPF_OBJ_PIN, ALL, .bpf_fd = 0, .pathname = ADDR("/tmp/no-bpffs"));
	TRY("pin bad fd", BPF_OBJ_PIN, ALL, .bpf_fd = 999, .pathname = ADDR("/tmp/no-bpffs"));
	TRY("pin bad path", BPF_OBJ_PIN, ALL, .bpf_fd = map, .pathname = BAD);
	TRY("pin flags", BPF_OBJ_PIN, ALL, .bpf_fd = map, .pathname = ADDR("/tmp/x"),
	    .file_flags = 1);
	TRY("get no path", BPF_OBJ_GET, ALL, .pathname = ADDR("/sys/fs/bpf/no/such/thing"));
	TRY("get empty path", BPF_OBJ_GET, ALL, .pathname = ADDR(""));
	TRY("get both modes", BPF_OBJ_GET, ALL, .pathname = ADDR("/sys/fs/bpf/none"),
	    .file_flags = BPF_F_RDONLY | BPF_F_WRONLY);
	TRY("prog by id 0", BPF_PROG_GET_FD_BY_ID, ALL, .prog_id = 0);
	TRY("prog by id ~0", BPF_PROG_GET_FD_BY_ID, ALL, .prog_id = ~0u);
	TRY("map by id ~0", BPF_MAP_GET_FD_BY_ID, ALL, .map_id = ~0u);
	TRY("map by id flags", BPF_MAP_GET_FD_BY_ID, ALL, .map_id = 1, .open_flags = 1);
	TRY("btf by id ~0", BPF_BTF_GET_FD_BY_ID, ALL, .btf_id = ~0u);
	TRY("link by id ~0", BPF_LINK_GET_FD_BY_ID, ALL, .link_id = ~0u);
	CALL("next id of INT_MAX", BPF_MAP_GET_NEXT_ID, ALL, .start_id = 0x7fffffff);
	CALL("next id of INT_MAX - 1", BPF_MAP_GET_NEXT_ID, ALL, .start_id = 0x7ffffffe);
	CALL("next id given", BPF_MAP_GET_NEXT_ID, ALL, .next_id = one);
	CALL("attach nothing", BPF_PROG_ATTACH, ALL, .target_fd = 999, .attach_bpf_fd = 999);
	CALL("attach type 500", BPF_PROG_ATTACH, ALL, .target_fd = 0, .attach_type = 500);
	CALL("query type 500", BPF_PROG_QUERY, ALL, .query = {.attach_type = 500});
	CALL("query cgroup bad fd", BPF_PROG_QUERY, ALL, .query = {.target_fd = 999});
	CALL("query flags", BPF_PROG_QUERY, ALL, .query = {.query_flags = 8});
	close(sf);
	close(kp);
	close(tp);
	close(rt);
	close(map);
}

/* The smallest type information: an int of 4 bytes named "int". */
struct tiny_btf {
	struct btf_header h;
	struct btf_type t;
	u32 enc;
	char str[8];
};

static const struct tiny_btf tiny = {
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

static void btfs(struct pass *p)
{
	u32 size = offsetof(struct tiny_btf, str) + 5;
	struct tiny_btf b = tiny;
	u8 info[64] = {0};
	char log[256], name[32];
	long fd, map;
	u32 rec[4] = {0};

#define LOAD .btf = ADDR(&tiny), .btf_size = size
	fd = OPEN("btf: load", BPF_BTF_LOAD, ALL, LOAD);
	TRY("btf: size 0", BPF_BTF_LOAD, ALL, .btf = ADDR(&tiny));
	TRY("btf: size 17 MiB", BPF_BTF_LOAD, ALL, .btf = ADDR(&tiny), .btf_size = 17 << 20);
	TRY("btf: bad address", BPF_BTF_LOAD, ALL, .btf = BAD, .btf_size = size);
	TRY("btf: cut", BPF_BTF_LOAD, ALL, .btf = ADDR(&tiny), .btf_size = size - 1);
	TRY("btf: log, no level", BPF_BTF_LOAD, ALL, LOAD, .btf_log_buf = ADDR(log),
	    .btf_log_size = sizeof(log));
	TRY("btf: log", BPF_BTF_LOAD, ALL, LOAD, .btf_log_buf = ADDR(log),
	    .btf_log_size = sizeof(log), .btf_log_level = 1);
	TRY("btf: log of 4 bytes", BPF_BTF_LOAD, ALL, LOAD, .btf_log_buf = ADDR(log),
	    .btf_log_size = 4, .btf_log_level = 1);
	TRY("btf: log level 32", BPF_BTF_LOAD, ALL, LOAD, .btf_log_level = 32);
	TRY("btf: flags", BPF_BTF_LOAD, ALL, LOAD, .btf_flags = 1);
	b.h.magic = 1;
	TRY("btf: magic", BPF_BTF_LOAD, ALL, .btf = ADDR(&b), .btf_size = size);
	b = tiny;
	b.h.version = 2;
	TRY("btf: version", BPF_BTF_LOAD, ALL, .btf = ADDR(&b), .btf_size = size);
	b = tiny;
	b.t.info = 31u << 24;
	TRY("btf: kind 31", BPF_BTF_LOAD, ALL, .btf = ADDR(&b), .btf_size = size);
	CALL("btf: info", BPF_OBJ_GET_INFO_BY_FD, ALL,
	     .info = {.bpf_fd = fd, .info_len = 32, .info = ADDR(info)});
	note(p, "btf: info size", ((struct bpf_btf_info *)info)->btf_size);
	((struct bpf_btf_info *)info)->btf_size = 0;
	((struct bpf_btf_info *)info)->name = ADDR(name);
	CALL("btf: info name, no length", BPF_OBJ_GET_INFO_BY_FD, ALL,
	     .info = {.bpf_fd = fd, .info_len = 32, .info = ADDR(info)});
	map = OPEN("btf: typed array", BPF_MAP_CREATE, ALL, .map_type = 2, .key_size = 4,
		   .value_size = 4, .max_entries = 1, .btf_fd = fd, .btf_key_type_id = 1,
		   .btf_value_type_id = 1);
	CALL("btf: typed array freeze", BPF_MAP_FREEZE, ALL, .map_fd = map);
	close(map);
#define TYPED(t, k, v) .map_type = t, .key_size = k, .value_size = v, .max_entries = 4, .btf_fd = fd
	TRY("btf: array, value too large", BPF_MAP_CREATE, ALL, TYPED(2, 4, 8),
	    .btf_key_type_id = 1, .btf_value_type_id = 1);
	TRY("btf: array, no such type", BPF_MAP_CREATE, ALL, TYPED(2, 4, 4), .btf_key_type_id = 1,
	    .btf_value_type_id = 9);
	TRY("btf: array, no key type", BPF_MAP_CREATE, ALL, TYPED(2, 4, 4), .btf_value_type_id = 1);
	TRY("btf: hash, no key type", BPF_MAP_CREATE, ALL, TYPED(1, 4, 4), .btf_value_type_id = 1);
	TRY("btf: hash", BPF_MAP_CREATE, ALL, TYPED(1, 4, 4), .btf_key_type_id = 1,
	    .btf_value_type_id = 1);
	TRY("btf: lru", BPF_MAP_CREATE, ALL, TYPED(9, 4, 4), .btf_key_type_id = 1,
	    .btf_value_type_id = 1);
	TRY("btf: percpu array", BPF_MAP_CREATE, ALL, TYPED(6, 4, 4), .btf_key_type_id = 1,
	    .btf_value_type_id = 1);
	TRY("btf: percpu array, no key type", BPF_MAP_CREATE, ALL, TYPED(6, 4, 4),
	    .btf_value_type_id = 1);
	TRY("btf: perf array", BPF_MAP_CREATE, ALL, TYPED(4, 4, 4), .btf_key_type_id = 1,
	    .btf_value_type_id = 1);
	TRY("btf: perf array, no key type", BPF_MAP_CREATE, ALL, TYPED(4, 4, 4),
	    .btf_value_type_id = 1);
	TRY("btf: ringbuf", BPF_MAP_CREATE, ALL, .map_type = 27, .max_entries = 4096, .btf_fd = fd,
	    .btf_value_type_id = 1);
	TRY("btf: func info not a func", BPF_PROG_LOAD, ALL, PROG(1), .prog_btf_fd = fd,
	    .func_info_cnt = 1, .func_info_rec_size = 8, .func_info = ADDR(rec));
	TRY("btf: func info record 4", BPF_PROG_LOAD, ALL, PROG(1), .prog_btf_fd = fd,
	    .func_info_cnt = 1, .func_info_rec_size = 4, .func_info = ADDR(rec));
	rec[2] = 1;
	TRY("btf: func info tail", BPF_PROG_LOAD, ALL, PROG(1), .prog_btf_fd = fd,
	    .func_info_cnt = 1, .func_info_rec_size = 12, .func_info = ADDR(rec));
	TRY("btf: func info bad address", BPF_PROG_LOAD, ALL, PROG(1), .prog_btf_fd = fd,
	    .func_info_cnt = 1, .func_info_rec_size = 8, .func_info = BAD);
	rec[2] = 0;
	TRY("btf: line info", BPF_PROG_LOAD, ALL, PROG(1), .prog_btf_fd = fd, .line_info_cnt = 1,
	    .line_info_rec_size = 16, .line_info = ADDR(rec));
	rec[0] = 1;
	TRY("btf: line info not first", BPF_PROG_LOAD, ALL, PROG(1), .prog_btf_fd = fd,
	    .line_info_cnt = 1, .line_info_rec_size = 16, .line_info = ADDR(rec));
	rec[0] = 9;
	TRY("btf: line info outside", BPF_PROG_LOAD, ALL, PROG(1), .prog_btf_fd = fd,
	    .line_info_cnt = 1, .line_info_rec_size = 16, .line_info = ADDR(rec));
	rec[0] = 0;
	rec[2] = 77;
	TRY("btf: line info bad string", BPF_PROG_LOAD, ALL, PROG(1), .prog_btf_fd = fd,
	    .line_info_cnt = 1, .line_info_rec_size = 16, .line_info = ADDR(rec));
	close(fd);
}

/* Where this function's first instruction lies in the program's file. */
static u64 probe_offset(void)
{
	u64 addr = ptr_to_u64(probe_offset), start, end, off, found = 0;
	char line[512];
	FILE *f = fopen("/proc/self/maps", "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &off) == 3 && addr >= start &&
		    addr < end)
			found = addr - start + off;
	fclose(f);
	return found;
}

static void note_open(struct pass *p, const char *name, long fd)
{
	note(p, name, fd < 0 ? fd : 0);
	if (fd >= 0)
		close(fd);
}

static void perf_open(struct pass *p)
{
	u32 type = p->uprobe_type();
	struct perf_event_attr pa, ok = {.size = sizeof(pa),
					 .type = type,
					 .config1 = ptr_to_u64("/proc/self/exe"),
					 .config2 = probe_offset()};

#define UPROBE(name, pid, cpu, flags, ...)                                         \
	do {                                                                       \
		pa = ok;                                                           \
		__VA_ARGS__;                                                       \
		note_open(p, "uprobe: " name, p->perf_open(&pa, pid, cpu, flags)); \
	} while (0)
	UPROBE("all", -1, 0, 8);
	UPROBE("own", 0, -1, 8);
	UPROBE("nobody, nowhere", -1, -1, 8);
	UPROBE("cpu 100000", -1, 100000, 8);
	UPROBE("flags", -1, 0, 1 << 20);
	UPROBE("size 0", -1, 0, 8, pa.size = 0);
	UPROBE("size 32", -1, 0, 8, pa.size = 32);
	UPROBE("size 5000", -1, 0, 8, pa.size = 5000);
	UPROBE("retprobe", -1, 0, 8, pa.config = 1);
	UPROBE("no path", -1, 0, 8, pa.config1 = 0);
	UPROBE("bad path", -1, 0, 8, pa.config1 = BAD);
	UPROBE("empty path", -1, 0, 8, pa.config1 = ptr_to_u64(""));
	UPROBE("no such file", -1, 0, 8, pa.config1 = ptr_to_u64("/no/such/file"));
	UPROBE("a directory", -1, 0, 8, pa.config1 = ptr_to_u64("/tmp"));
	UPROBE("a device", -1, 0, 8, pa.config1 = ptr_to_u64("/dev/null"));
	UPROBE("offset behind the end", -1, 0, 8, pa.config2 = 1ull << 40);
	note(p, "attr at a bad address", p->perf_open((void *)BAD, -1, 0, 8));
}

static void perf_links(struct pass *p)
{
	struct perf_event_attr pa = {.size = sizeof(pa),
				     .type = p->uprobe_type(),
				     .config1 = ptr_to_u64("/proc/self/exe"),
				     .config2 = probe_offset()};
	struct bpf_link_info info = {0};
	u32 query[4] = {2};
	long kp, tp, map, ev, out, link;

	kp = OPEN("links: kprobe", BPF_PROG_LOAD, ALL, PROG(2));
	tp = OPEN("links: tracepoint", BPF_PROG_LOAD, ALL, PROG(5));
	map = OPEN("links: map", BPF_MAP_CREATE, ALL, ARRAY_OF4);
	ev = p->perf_open(&pa, -1, 0, 8);
	note(p, "links: uprobe", ev < 0);
	pa = (struct perf_event_attr){
		.size = sizeof(pa), .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_BPF_OUTPUT};
	out = p->perf_open(&pa, -1, 0, 8);
	note(p, "links: output event", out < 0);
#define PERF_LINK(name, prog, target)              \
	OPEN("links: " name, BPF_LINK_CREATE, ALL, \
	     .link_create = {.prog_fd = prog, .target_fd = target, .attach_type = BPF_PERF_EVENT})
	PERF_LINK("tracepoint program on uprobe", tp, ev);
	PERF_LINK("kprobe program on a map", kp, map);
	PERF_LINK("kprobe program on output", kp, out);
	note(p, "links: query none",
	     p->perf_ioctl(ev, PERF_EVENT_IOC_QUERY_BPF, ptr_to_u64(query)));
	note(p, "links: set bad fd", p->perf_ioctl(ev, PERF_EVENT_IOC_SET_BPF, 999));
	note(p, "links: set a map", p->perf_ioctl(ev, PERF_EVENT_IOC_SET_BPF, map));
	note(p, "links: set a tracepoint program", p->perf_ioctl(ev, PERF_EVENT_IOC_SET_BPF, tp));
	note(p, "links: set on output", p->perf_ioctl(out, PERF_EVENT_IOC_SET_BPF, kp));
	link = PERF_LINK("kprobe program on uprobe", kp, ev);
	PERF_LINK("a second one", kp, ev);
	note(p, "links: set as well", p->perf_ioctl(ev, PERF_EVENT_IOC_SET_BPF, kp));
	note(p, "links: query one", p->perf_ioctl(ev, PERF_EVENT_IOC_QUERY_BPF, ptr_to_u64(query)));
	note(p, "links: query count", query[1]);
	query[0] = 0;
	note(p, "links: query no room",
	     p->perf_ioctl(ev, PERF_EVENT_IOC_QUERY_BPF, ptr_to_u64(query)));
	note(p, "links: enable", p->perf_ioctl(ev, PERF_EVENT_IOC_ENABLE, 0));
	note(p, "links: disable", p->perf_ioctl(ev, PERF_EVENT_IOC_DISABLE, 0));
	note(p, "links: bad request", p->perf_ioctl(ev, _IO('$', 99), 0));
	CALL("links: update", BPF_LINK_UPDATE, ALL,
	     .link_update = {.link_fd = link, .new_prog_fd = kp});
	CALL("links: update flags", BPF_LINK_UPDATE, ALL,
	     .link_update = {.link_fd = link, .new_prog_fd = kp, .flags = 1});
	CALL("links: detach", BPF_LINK_DETACH, ALL, .link_detach = {.link_fd = link});
	TRY("links: iter", BPF_ITER_CREATE, ALL, .iter_create = {.link_fd = link});
	CALL("links: info", BPF_OBJ_GET_INFO_BY_FD, ALL,
	     .info = {.bpf_fd = link, .info_len = sizeof(info), .info = ADDR(&info)});
	note(p, "links: info type", info.type);
	note(p, "links: info perf type", info.perf_event.type);
	note(p, "links: info offset", info.perf_event.uprobe.offset == probe_offset());
	memset(&info, 0, sizeof(info));
	info.perf_event.uprobe.name_len = 5;
	CALL("links: info length, no name", BPF_OBJ_GET_INFO_BY_FD, ALL,
	     .info = {.bpf_fd = link, .info_len = sizeof(info), .info = ADDR(&info)});
	close(link);
	close(ev);
	close(out);
	close(kp);
	close(tp);
	close(map);
}

static void run_calls(struct pass *p)
{
	prog_load(p);
	progs(p);
	btfs(p);
	perf_open(p);
	perf_links(p);
}

FACTS_MAIN("bpf(2) on programs")
