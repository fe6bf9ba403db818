// SPDX-License-Identifier: BSD-2-Clause
/* Lines for whoever traces, and what an event says of itself. */
#include "helper/format.h"
#include "helper/helper.h"

#define PRINTK_ARGS 3

static u64 print(struct run *run, u64 fmt, u64 fmt_size, const u64 *args, u32 count)
{
	char line[FORMAT_MAX_LINE];
	u32 len;
	long n;

	n = format_bpf(run, line, sizeof(line), u64_to_ptr(fmt), (u32)fmt_size, args, count);
	if (n < 0)
		return HELPER_RESULT(n);
	len = (u32)MIN(n, FORMAT_MAX_LINE - 1);
	/* The line's end is whoever prints it's to make. */
	if (len && line[len - 1] == '\n')
		len--;
	if (HELPER_CAN(run, trace))
		run->env->trace(run, line, len);
	return HELPER_RESULT(n);
}

HELPER_BODY(trace_printk)
{
	u64 args[PRINTK_ARGS] = {r3, r4, r5};

	return print(run, r1, r2, args, PRINTK_ARGS);
}

HELPER_BODY(trace_vprintk)
{
	u32 data_len = (u32)r4;

	if (data_len % 8 || data_len > FORMAT_MAX_ARGS * 8 || (data_len && !r3))
		return HELPER_RESULT(-EINVAL);
	return print(run, r1, r2, u64_to_ptr(r3), data_len / 8);
}

HELPER_BODY(get_attach_cookie)
{
	return run->cookie;
}

HELPER_BODY(get_func_ip)
{
	return run->func_ip;
}

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_trace_printk,
	 .name = "bpf_trace_printk",
	 .fn = trace_printk,
	 .args = {ARG_MEM, ARG_SIZE},
	 .flags = HELPER_GPL_ONLY | HELPER_VARIADIC,
	 .doc = "Prints a line with up to 3 arguments; its length"},
	{.id = BPF_FUNC_trace_vprintk,
	 .name = "bpf_trace_vprintk",
	 .fn = trace_vprintk,
	 .args = {ARG_MEM, ARG_SIZE, ARG_MEM_OR_NULL, ARG_SIZE_OR_ZERO},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x0510,
	 .doc = "Prints a line with up to 12 arguments; its length"},
	{.id = BPF_FUNC_get_attach_cookie,
	 .name = "bpf_get_attach_cookie",
	 .fn = get_attach_cookie,
	 .args = {ARG_CTX},
	 .since = 0x050f,
	 .doc = "The number the program was attached with"},
	{.id = BPF_FUNC_get_func_ip,
	 .name = "bpf_get_func_ip",
	 .fn = get_func_ip,
	 .args = {ARG_CTX},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x050f,
	 .doc = "The address of the probed instruction"},
};
HELPER_FAMILY(helper_trace_family, protos);
