// SPDX-License-Identifier: BSD-2-Clause
/* Timers in map values. */
#include "helper/helper.h"

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_timer_init,
	 .name = "bpf_timer_init",
	 .args = {ARG_TIMER, ARG_MAP, ARG_ANY},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x050f,
	 .doc = "Makes a timer ready"},
	{.id = BPF_FUNC_timer_set_callback,
	 .name = "bpf_timer_set_callback",
	 .args = {ARG_TIMER, ARG_FUNC},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x050f,
	 .doc = "What the timer will call"},
	{.id = BPF_FUNC_timer_start,
	 .name = "bpf_timer_start",
	 .args = {ARG_TIMER, ARG_ANY, ARG_ANY},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x050f,
	 .doc = "Starts a timer"},
	{.id = BPF_FUNC_timer_cancel,
	 .name = "bpf_timer_cancel",
	 .args = {ARG_TIMER},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x050f,
	 .doc = "Stops a timer and waits for its function"},
};
HELPER_FAMILY(helper_timer_family, protos);
