// SPDX-License-Identifier: BSD-2-Clause
/* The diagnostic record. */
#include "base/diag.h"
#include "base/text.h"

void diag_init(struct diag *d)
{
	__builtin_memset(d, 0, sizeof(*d));
	d->insn = -1;
	d->reg = -1;
}

/* Formats into an empty field; the first text stays. */
static void fill(char *field, size_t size, const char *fmt, va_list ap)
{
	struct text t;

	if (field[0])
		return;
	text_init(&t, field, size);
	text_vfmt(&t, fmt, ap);
}

int diag_set(struct diag *d, int err, u16 id, s32 insn, const char *what, ...)
{
	va_list ap;

	if (!d || d->id || d->what[0])
		return err;
	d->id = id;
	d->insn = insn;
	va_start(ap, what);
	fill(d->what, sizeof(d->what), what, ap);
	va_end(ap);
	return err;
}

void diag_why(struct diag *d, const char *why, ...)
{
	va_list ap;

	if (!d)
		return;
	va_start(ap, why);
	fill(d->why, sizeof(d->why), why, ap);
	va_end(ap);
}

void diag_hint(struct diag *d, const char *hint, ...)
{
	va_list ap;

	if (!d)
		return;
	va_start(ap, hint);
	fill(d->hint, sizeof(d->hint), hint, ap);
	va_end(ap);
}
