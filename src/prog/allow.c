// SPDX-License-Identifier: BSD-2-Clause
/* What program types have in common: helpers, attach types, results. */
#include "base/diag.h"
#include "prog/type.h"

static const u8 base[] = {BPF_FUNC_map_lookup_elem,
			  BPF_FUNC_map_update_elem,
			  BPF_FUNC_map_delete_elem,
			  BPF_FUNC_ktime_get_ns,
			  BPF_FUNC_trace_printk,
			  BPF_FUNC_get_prandom_u32,
			  BPF_FUNC_get_smp_processor_id,
			  BPF_FUNC_tail_call,
			  BPF_FUNC_get_current_pid_tgid,
			  BPF_FUNC_get_current_uid_gid,
			  BPF_FUNC_get_current_comm,
			  BPF_FUNC_get_cgroup_classid,
			  BPF_FUNC_perf_event_read,
			  BPF_FUNC_get_current_task,
			  BPF_FUNC_current_task_under_cgroup,
			  BPF_FUNC_get_numa_node_id,
			  BPF_FUNC_perf_event_read_value,
			  BPF_FUNC_get_current_cgroup_id,
			  BPF_FUNC_map_push_elem,
			  BPF_FUNC_map_pop_elem,
			  BPF_FUNC_map_peek_elem,
			  BPF_FUNC_spin_lock,
			  BPF_FUNC_spin_unlock,
			  BPF_FUNC_strtol,
			  BPF_FUNC_strtoul,
			  BPF_FUNC_send_signal,
			  BPF_FUNC_probe_read_user,
			  BPF_FUNC_probe_read_kernel,
			  BPF_FUNC_probe_read_user_str,
			  BPF_FUNC_probe_read_kernel_str,
			  BPF_FUNC_send_signal_thread,
			  BPF_FUNC_jiffies64,
			  BPF_FUNC_get_ns_current_pid_tgid,
			  BPF_FUNC_get_current_ancestor_cgroup_id,
			  BPF_FUNC_ktime_get_boot_ns,
			  BPF_FUNC_ringbuf_output,
			  BPF_FUNC_ringbuf_reserve,
			  BPF_FUNC_ringbuf_submit,
			  BPF_FUNC_ringbuf_discard,
			  BPF_FUNC_ringbuf_query,
			  BPF_FUNC_get_task_stack,
			  BPF_FUNC_copy_from_user,
			  BPF_FUNC_snprintf_btf,
			  BPF_FUNC_per_cpu_ptr,
			  BPF_FUNC_this_cpu_ptr,
			  BPF_FUNC_task_storage_get,
			  BPF_FUNC_task_storage_delete,
			  BPF_FUNC_get_current_task_btf,
			  BPF_FUNC_for_each_map_elem,
			  BPF_FUNC_snprintf,
			  BPF_FUNC_timer_init,
			  BPF_FUNC_timer_set_callback,
			  BPF_FUNC_timer_start,
			  BPF_FUNC_timer_cancel,
			  BPF_FUNC_task_pt_regs,
			  BPF_FUNC_get_branch_snapshot,
			  BPF_FUNC_trace_vprintk,
			  BPF_FUNC_find_vma,
			  BPF_FUNC_loop,
			  BPF_FUNC_strncmp,
			  BPF_FUNC_copy_from_user_task,
			  BPF_FUNC_kptr_xchg,
			  BPF_FUNC_map_lookup_percpu_elem,
			  BPF_FUNC_dynptr_from_mem,
			  BPF_FUNC_ringbuf_reserve_dynptr,
			  BPF_FUNC_ringbuf_submit_dynptr,
			  BPF_FUNC_ringbuf_discard_dynptr,
			  BPF_FUNC_dynptr_read,
			  BPF_FUNC_dynptr_write,
			  BPF_FUNC_dynptr_data,
			  BPF_FUNC_ktime_get_tai_ns,
			  BPF_FUNC_user_ringbuf_drain,
			  BPF_FUNC_cgrp_storage_get,
			  BPF_FUNC_cgrp_storage_delete};

bool prog_listed(const u8 *list, u32 count, u32 id)
{
	for (u32 i = 0; i < count; i++)
		if (list[i] == id)
			return true;
	return false;
}

bool prog_base_allows(u32 id)
{
	return PROG_LISTED(base, id);
}

/* Where the answer to the call is something else than yes or no. */
static const u8 own_answer[] = {
	BPF_CGROUP_INET_INGRESS,      BPF_CGROUP_INET_EGRESS,       BPF_CGROUP_SOCK_OPS,
	BPF_CGROUP_UDP4_RECVMSG,      BPF_CGROUP_UDP6_RECVMSG,      BPF_CGROUP_UNIX_RECVMSG,
	BPF_CGROUP_INET4_GETPEERNAME, BPF_CGROUP_INET6_GETPEERNAME, BPF_CGROUP_UNIX_GETPEERNAME,
	BPF_CGROUP_INET4_GETSOCKNAME, BPF_CGROUP_INET6_GETSOCKNAME, BPF_CGROUP_UNIX_GETSOCKNAME,
};

bool prog_has_retval(u32 id, u32 attach_type)
{
	return (id == BPF_FUNC_get_retval || id == BPF_FUNC_set_retval) &&
	       !PROG_LISTED(own_answer, attach_type);
}

int prog_attach_refused(u32 attach_type, struct diag *diag)
{
	diag_set(diag, -EINVAL, 0, -1, "expected_attach_type %u does not go with this program type",
		 attach_type);
	return -EINVAL;
}

int prog_attach_none(u32 attach_type, struct diag *diag)
{
	return attach_type ? prog_attach_refused(attach_type, diag) : 0;
}

bool prog_returns_bool(u32 attach_type, struct prog_range *out)
{
	*out = (struct prog_range){0, 1};
	return true;
}
