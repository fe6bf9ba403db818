// SPDX-License-Identifier: BSD-2-Clause
/* Compiled for its BTF alone: what an instance answers as the kernel's where the host has none. */
#include "vmlinux.h"

struct task_struct *task;
struct pt_regs *regs;
struct trace_event_raw_sys_enter *sys_enter;
struct trace_event_raw_sys_exit *sys_exit;
struct bpf_raw_tracepoint_args *raw;
