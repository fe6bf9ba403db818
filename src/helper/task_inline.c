// SPDX-License-Identifier: BSD-2-Clause
/* What helpers of helper/task.c are in native code. */
#include <cygnet/abi.h>
#include "core/builder.h"
#include "core/run.h"

static bool emit_cpu(struct builder *b, bvalue *result)
{
	*result = b->ops->load(b, b->ops->run(b), offsetof(struct run, cpu), 4);
	return true;
}

const struct inline_row helper_cpu_inline = {
	.helper = BPF_FUNC_get_smp_processor_id,
	.map_type = ~0u,
	.emit = emit_cpu,
	.doc = "The run's cpu slot, read where it lies",
};
