// SPDX-License-Identifier: BSD-2-Clause
/* Remote controls. */
#include "prog/type.h"

/* Its helpers are these alone: not the base set. */
static const u8 helpers[] = {
	BPF_FUNC_rc_repeat,       BPF_FUNC_rc_keydown,        BPF_FUNC_rc_pointer_rel,
	BPF_FUNC_map_lookup_elem, BPF_FUNC_map_update_elem,   BPF_FUNC_map_delete_elem,
	BPF_FUNC_map_push_elem,   BPF_FUNC_map_pop_elem,      BPF_FUNC_map_peek_elem,
	BPF_FUNC_ktime_get_ns,    BPF_FUNC_ktime_get_boot_ns, BPF_FUNC_tail_call,
	BPF_FUNC_get_prandom_u32, BPF_FUNC_trace_printk};

static bool allows(const struct helper_proto *proto, u32 attach_type)
{
	return PROG_LISTED(helpers, proto->id);
}

static const struct prog_ctx_range ctx[] = {{.hi = sizeof(u32), .reads = CTX_WORD}};

const struct prog_type_ops prog_lirc_mode2_ops = {
	.type = BPF_PROG_TYPE_LIRC_MODE2,
	.name = "lirc_mode2",
	.doc = "Infrared signals, decoded into keys",
	.ctx_size = sizeof(u32),
	.allows = allows,
	PROG_CTX(ctx),
};
