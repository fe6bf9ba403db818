// SPDX-License-Identifier: BSD-2-Clause
/*
 * `cygnet conformance`: the plugin protocol of bpf_conformance, which measures
 * runtimes against the instruction set alone: argument 1 is memory in hex,
 * standard input the program in hex, the last line printed is r0 in hex. r1
 * points to the memory, r2 is its size. No verifier, no maps: the checked
 * interpreter, which then also vouches for the program before another engine runs
 * it.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "cli/command.h"
#include "cli/hex.h"
#include "core/helper.h"
#include "core/run.h"
#include "isa/decode.h"
#include "jit/jit.h"

#define OPT_ENGINE 300

enum engine {
	ENGINE_CHECKED,
	ENGINE_PLAIN,
	ENGINE_BASE,
	ENGINE_OPTIMISING,
	ENGINES
};

static const char *const engine_names[ENGINES] = {"checked", "interp", "baseline", "jit"};

static int cmd_conformance(int argc, char **argv);

static const struct command_option options[] = {
	{'p', "program", "HEX", "the program, in place of standard input"},
	{OPT_ENGINE, "engine", "ENGINE", "what runs it: checked, interp, baseline, jit"},
	{0}};

const struct command command_conformance = {
	.name = "conformance",
	.run = cmd_conformance,
	.usage = "[-p HEX] [--engine ENGINE] [MEMORY]",
	.doc = "Runs raw instructions for the bpf_conformance suite",
	.text = "MEMORY and the program are hex bytes. The program comes from standard input or "
		"--program; r1 points to the memory, r2 holds its size, and r0 is printed in hex. "
		"Nothing is verified: instructions that no kernel takes (callx, shifts by more "
		"than the width) run as the instruction set defines them. --engine chooses what "
		"computes r0: checked (the default), the interpreter that tests each access; "
		"interp, "
		"the plain one; baseline and jit, native code of the compiler of one pass and of "
		"the "
		"optimising one. Whichever it is, the checked interpreter runs the program first, "
		"on "
		"a copy of the memory, and ends it where it does what it may not. What a compiler "
		"does not take is an error. As a plugin option of bpf_conformance: --engine=jit.",
	.examples = "echo 'b7 00 00 00 2a 00 00 00 95 00 00 00 00 00 00 00' | cygnet "
		    "conformance\tprints 2a",
	.options = options,
	.hidden = true,
};

static u64 env_clock(struct run *run, enum env_clock which)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000u + (u64)ts.tv_nsec;
}

static u64 env_zero(struct run *run)
{
	return 0;
}

static void env_comm(struct run *run, char comm[16])
{
	memset(comm, 0, 16);
}

static int env_read(struct run *run, void *dst, u32 size, u64 addr)
{
	return -EFAULT;
}

static int env_write(struct run *run, u64 addr, const void *src, u32 size)
{
	return -EFAULT;
}

static long env_read_str(struct run *run, char *dst, u32 size, u64 addr)
{
	return -EFAULT;
}

static long env_stack(struct run *run, u64 *ips, u32 max, u32 skip)
{
	return 0;
}

static long env_signal(struct run *run, u32 sig, bool thread)
{
	return -EPERM;
}

static void env_trace(struct run *run, const char *line, u32 len)
{
}

static void env_wake(struct run *run, struct map *ring)
{
}

static struct map *env_object(struct run *run, u32 id)
{
	return NULL;
}

/* Helpers can be called, but there is no event to ask about. */
static const struct env_ops env = {
	.clock = env_clock,
	.pid_tgid = env_zero,
	.uid_gid = env_zero,
	.comm = env_comm,
	.task = env_zero,
	.cgroup_id = env_zero,
	.random = env_zero,
	.read_user = env_read,
	.read_kernel = env_read,
	.write_user = env_write,
	.read_user_str = env_read_str,
	.read_kernel_str = env_read_str,
	.user_stack = env_stack,
	.send_signal = env_signal,
	.trace = env_trace,
	.wake = env_wake,
	.object = env_object,
};

static void add_sub(struct image_sub *subs, u32 *n, u32 start)
{
	u32 i = *n;

	for (u32 k = 0; k < *n; k++)
		if (subs[k].start == start)
			return;
	for (; i > 0 && subs[i - 1].start > start; i--)
		subs[i] = subs[i - 1];
	subs[i] = (struct image_sub){.start = start, .stack = ISA_STACK_SIZE, .indirect = ~0ull};
	++*n;
}

/* Its functions: where calls lead to. Nothing is known of how they use their stacks. */
static void find_subs(struct image *img)
{
	struct image_sub *subs = (struct image_sub *)((u8 *)img + img->sub_off);
	const struct isa_op *ops = image_ops(img);

	add_sub(subs, &img->sub_count, 0);
	for (u32 i = 0; i < img->op_count; i++)
		if ((ops[i].op == ISA_OP_CALL_SUB || ops[i].op == ISA_OP_LDDW_FUNC) &&
		    ops[i].imm >= 0 && ops[i].imm < img->op_count)
			add_sub(subs, &img->sub_count, (u32)ops[i].imm);
	for (u32 i = 0; i < img->sub_count; i++)
		subs[i].end = i + 1 < img->sub_count ? subs[i + 1].start : img->op_count;
}

/* An image of the program behind one more instruction, r2 = size of the memory. */
static int make_image(const u8 *bytes, u32 count, u32 mem_size, struct image **out, struct diag *d)
{
	u32 size = sizeof(struct image) + (count + 1) * (u32)sizeof(struct isa_op);
	struct image *img = base_zalloc(size + (count + 1) * sizeof(struct image_sub));
	struct isa_op *ops;
	int err;

	if (!img)
		return diag_set(d, -ENOMEM, 0, -1, "out of memory");
	*img = (struct image){
		.magic = IMAGE_MAGIC,
		.size = size,
		.ctx_write_hi = mem_size,
		.op_count = count + 1,
		.op_off = sizeof(*img),
		.sub_off = size,
	};
	ops = (struct isa_op *)((u8 *)img + img->op_off);
	ops[0] = (struct isa_op){.op = ISA_OP_MOV64_IMM, .dst = 2, .imm = mem_size};
	err = isa_decode_flags(bytes, count, ISA_DECODE_PLAIN, ops + 1, d);
	for (u32 i = 1; !err && i <= count; i++) {
		if (ops[i].op == ISA_OP_CALL_SUB || ops[i].op == ISA_OP_LDDW_FUNC)
			ops[i].imm += i + 1;
		else if (isa_is_lddw(ops[i].op) && ops[i].op != ISA_OP_LDDW)
			err = diag_set(d, -EINVAL, 0, (s32)i - 1,
				       "maps and kernel variables are not "
				       "part of the instruction set");
	}
	if (err) {
		base_free(img);
		return err;
	}
	find_subs(img);
	*out = img;
	return 0;
}

/* All of standard input, or the argument. */
static int read_program(const char *arg, u8 **bytes, size_t *size)
{
	struct text t;
	int c, err;

	if (arg)
		return hex_parse(arg, strlen(arg), bytes, size);
	text_init_grow(&t);
	while ((c = getchar()) != EOF)
		text_putc(&t, (char)c);
	err = t.lost ? -ENOMEM : hex_parse(t.buf, t.len, bytes, size);
	text_fini(&t);
	return err;
}

static struct run start_run(const struct image *img, u8 *mem, size_t mem_size)
{
	return (struct run){
		.image = img,
		.env = &env,
		.ctx = mem,
		.ctx_size = (u32)mem_size,
		.possible_cpus = 1,
		.budget = RUN_BUDGET,
	};
}

static int fail_run(const struct run *run)
{
	static const char *const kinds[FAULT_COUNT] = {
		[FAULT_READ] = "a load from memory that is not the program's",
		[FAULT_WRITE] = "a store to memory that is not the program's",
		[FAULT_HELPER] = "a helper's argument is not what it must be",
		[FAULT_NO_HELPER] = "a helper that does not exist",
		[FAULT_BUDGET] = "too many instructions",
		[FAULT_STACK] = "too many frames",
		[FAULT_JUMP] = "a jump out of the program",
		[FAULT_INSN] = "an instruction that cannot run here",
	};

	return command_fail("program: instruction %d: %s (address 0x%llx)",
			    (int)run->fault.insn - 1, kinds[run->fault.kind] ?: "a fault",
			    (unsigned long long)run->fault.addr);
}

/* In native code. */
static int run_native(struct image *img, enum engine engine, struct run *run, u64 *r0)
{
	struct jit_options o = jit_host();
	struct jit_linked *linked = NULL;
	struct jit_code *code = NULL;
	struct diag why;
	int err;

	diag_init(&why);
	o.tier = engine == ENGINE_BASE ? JIT_TIER_BASELINE : JIT_TIER_OPTIMISE;
	err = jit_compile(img, NULL, &o, &code, &why);
	err = err ?: jit_link(code, img, NULL, &linked);
	jit_code_free(code);
	if (err)
		return command_fail("program: %s does not take it: %s", engine_names[engine],
				    *why.what ? why.what : strerror(-err));
	err = native_run(jit_prog(linked), run, r0);
	jit_linked_free(linked);
	return err ? fail_run(run) : 0;
}

static int run_image(struct image *img, enum engine engine, u8 *mem, size_t mem_size, u64 *r0)
{
	u8 *copy = mem ? base_memdup(mem, mem_size) : NULL;
	struct run run;
	int status;

	if (mem && !copy)
		return command_fail("out of memory");
	run = start_run(img, engine == ENGINE_CHECKED ? mem : copy, mem_size);
	status = interp_run_checked(&run, r0) ? fail_run(&run) : 0;
	base_free(copy);
	if (status || engine == ENGINE_CHECKED)
		return status;
	img->flags |= IMAGE_VERIFIED;
	run = start_run(img, mem, mem_size);
	if (engine != ENGINE_PLAIN)
		return run_native(img, engine, &run, r0);
	return interp_run(&run, r0) ? fail_run(&run) : 0;
}

static int run_program(const u8 *program, size_t size, enum engine engine, u8 *mem, size_t mem_size)
{
	struct diag d = {0};
	struct image *img = NULL;
	u64 r0 = 0;
	int status;

	if (size == 0 || size % 8 || size > 8u << 20)
		return command_fail("program: %zu bytes (instructions have 8 bytes each, at most a "
				    "million of them)",
				    size);
	if (make_image(program, (u32)(size / 8), (u32)mem_size, &img, &d))
		return command_fail("program: instruction %d: %s", d.insn, d.what);
	core_helpers_init();
	status = run_image(img, engine, mem, mem_size, &r0);
	base_free(img);
	if (!status)
		printf("%llx\n", (unsigned long long)r0);
	return status;
}

/* True, or the message is given. */
static bool parse_engine(const char *name, enum engine *out)
{
	for (u32 i = 0; i < ENGINES; i++)
		if (!strcmp(name, engine_names[i])) {
			*out = i;
			return true;
		}
	command_usage(&command_conformance,
		      "--engine %s: there are checked, interp, baseline and jit", name);
	return false;
}

static int cmd_conformance(int argc, char **argv)
{
	const char *program_hex = NULL;
	enum engine engine = ENGINE_CHECKED;
	u8 *mem = NULL, *program = NULL;
	size_t mem_size = 0, size = 0;
	int c, status;

	while ((c = command_getopt(&command_conformance, argc, argv)) != -1) {
		if (c == '?' || (c == OPT_ENGINE && !parse_engine(optarg, &engine)))
			return EXIT_USAGE;
		if (c == 'p')
			program_hex = optarg;
	}
	/* The suite passes its plugin options as one more argument, empty when there are none. */
	while (argc - optind > 1 && !*argv[argc - 1])
		argc--;
	if (argc - optind > 1)
		return command_usage(&command_conformance, "too many arguments");
	if (optind < argc && hex_parse(argv[optind], strlen(argv[optind]), &mem, &mem_size))
		return command_fail("memory: '%.40s' is not hex bytes", argv[optind]);
	if (read_program(program_hex, &program, &size))
		status = command_fail("program: not hex bytes");
	else
		status = run_program(program, size, engine, mem, mem_size);
	base_free(mem);
	base_free(program);
	return status;
}
