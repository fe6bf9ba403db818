// SPDX-License-Identifier: BSD-2-Clause
/*
 * `cygnet conformance`: the plugin protocol of bpf_conformance, which measures
 * runtimes against the instruction set alone: argument 1 is memory in hex,
 * standard input the program in hex, the last line printed is r0 in hex. r1
 * points to the memory, r2 is its size. No verifier, no maps; the checked
 * interpreter.
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

static int cmd_conformance(int argc, char **argv);

static const struct command_option options[] = {
	{'p', "program", "HEX", "the program, in place of standard input"}, {0}};

const struct command command_conformance = {
	.name = "conformance",
	.run = cmd_conformance,
	.usage = "[-p HEX] [MEMORY]",
	.doc = "Runs raw instructions for the bpf_conformance suite",
	.text = "MEMORY and the program are hex bytes. The program comes from standard input or "
		"--program; r1 points to the memory, r2 holds its size, and r0 is printed in hex. "
		"Nothing is verified: instructions that no kernel takes (callx, shifts by more "
		"than the width) run as the instruction set defines them.",
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

/* An image of the program behind one more instruction, r2 = size of the memory. */
static int make_image(const u8 *bytes, u32 count, u32 mem_size, struct image **out, struct diag *d)
{
	u32 size = sizeof(struct image) + (count + 1) * (u32)sizeof(struct isa_op);
	struct image *img = base_zalloc(size);
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
	if (err)
		base_free(img);
	else
		*out = img;
	return err;
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

static int run_program(const u8 *program, size_t size, u8 *mem, size_t mem_size)
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
	struct diag d = {0};
	struct image *img = NULL;
	struct run run;
	u64 r0;

	if (size == 0 || size % 8 || size > 8u << 20)
		return command_fail("program: %zu bytes (instructions have 8 bytes each, at most a "
				    "million of them)",
				    size);
	if (make_image(program, (u32)(size / 8), (u32)mem_size, &img, &d))
		return command_fail("program: instruction %d: %s", d.insn, d.what);
	run = (struct run){
		.image = img,
		.env = &env,
		.ctx = mem,
		.ctx_size = (u32)mem_size,
		.possible_cpus = 1,
		.budget = RUN_BUDGET,
	};
	core_helpers_init();
	if (interp_run_checked(&run, &r0)) {
		base_free(img);
		return command_fail("program: instruction %d: %s (address 0x%llx)",
				    (int)run.fault.insn - 1, kinds[run.fault.kind] ?: "a fault",
				    (unsigned long long)run.fault.addr);
	}
	base_free(img);
	printf("%llx\n", (unsigned long long)r0);
	return 0;
}

static int cmd_conformance(int argc, char **argv)
{
	const char *program_hex = NULL;
	u8 *mem = NULL, *program = NULL;
	size_t mem_size = 0, size = 0;
	int c, status;

	while ((c = command_getopt(&command_conformance, argc, argv)) != -1) {
		if (c == '?')
			return EXIT_USAGE;
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
		status = run_program(program, size, mem, mem_size);
	base_free(mem);
	base_free(program);
	return status;
}
