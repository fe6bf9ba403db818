// SPDX-License-Identifier: BSD-2-Clause
/*
 * The client's log buffer: which arguments are valid, and what an overflow keeps.
 * What cannot reach the client any more is not kept either, as far as nobody
 * cuts the log back to what is before it (level 1 does).
 */
#include "core/kernel.h"
#include "sys/log.h"

#define KEPT_BEYOND (1u << 20) /* bytes beside those that the client has room for */

static int grow(struct text *t, size_t need)
{
	struct log *log = container_of(t, struct log, text);
	size_t keep = (size_t)log->size + KEPT_BEYOND;

	if (!(log->level & LOG_WHOLE) || need <= 2 * keep || t->len <= keep)
		return log->grow(t, need);
	log->dropped += t->len - keep;
	if (!(log->level & LOG_FIXED))
		memmove(t->buf, t->buf + t->len - keep, keep);
	t->len = keep;
	return need <= t->cap ? 0 : log->grow(t, 2 * keep);
}

int log_init(struct log *log, u32 level, u32 size, u64 buf)
{
	*log = (struct log){.level = level, .size = size, .buf = buf};
	if (!buf != !size || (buf && !level) || level & ~(LOG_LEVELS | LOG_STATS | LOG_FIXED) ||
	    size > UINT32_MAX >> 2)
		return -EINVAL;
	text_init_grow(&log->text);
	log->grow = log->text.grow;
	log->text.grow = grow;
	return 0;
}

/* All of it there has been at once; before 6.4 what is there at the end. */
static u64 log_length(const struct log *log, const struct call *k)
{
	bool most = core_kernel_since(k->inst->kernel, 0x0604);

	return log->dropped + MAX(log->text.len, most ? log->text.peak : 0);
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
	return log_length(log, k) > room ? -ENOSPC : 0;
}

long log_finish(struct log *log, struct call *k, u32 true_size, long err)
{
	u32 size = log->level ? (u32)MIN(log_length(log, k) + 1, UINT32_MAX) : 0;
	int failed = log->buf ? write_log(log, k) : 0;

	if (core_kernel_since(k->inst->kernel, 0x0604) && k->size >= true_size + sizeof(size) &&
	    call_write_attr(k, true_size, &size, sizeof(size)))
		failed = -EFAULT;
	text_fini(&log->text);
	return failed ?: err;
}
