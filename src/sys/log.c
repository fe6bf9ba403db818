// SPDX-License-Identifier: BSD-2-Clause
/* The client's log buffer: which arguments are valid, and what an overflow keeps. */
#include "core/kernel.h"
#include "sys/log.h"

int log_init(struct log *log, u32 level, u32 size, u64 buf)
{
	*log = (struct log){.level = level, .size = size, .buf = buf};
	if (!buf != !size || (buf && !level) || level & ~(LOG_LEVELS | LOG_STATS | LOG_FIXED) ||
	    size > UINT32_MAX >> 2)
		return -EINVAL;
	text_init_grow(&log->text);
	return 0;
}

static int write_log(struct log *log, struct call *k)
{
	const char *text = log->text.buf ?: "";
	size_t len = log->text.len, room = log->size - 1, from = 0;
	char nul = 0;

	if (len > room && !(log->level & LOG_FIXED))
		from = len - room;
	len = MIN(len, room);
	if (call_write(k, log->buf, text + from, len) || call_write(k, log->buf + len, &nul, 1))
		return -EFAULT;
	return log->text.len > room ? -ENOSPC : 0;
}

long log_finish(struct log *log, struct call *k, u32 true_size, long err)
{
	u32 size = log->level ? log->text.len + 1 : 0;
	int failed = log->buf ? write_log(log, k) : 0;

	if (core_kernel_since(k->inst->kernel, 0x0604) && k->size >= true_size + sizeof(size) &&
	    call_write_attr(k, true_size, &size, sizeof(size)))
		failed = -EFAULT;
	text_fini(&log->text);
	return failed ?: err;
}
