// SPDX-License-Identifier: BSD-2-Clause
/* The growing form of the text writer. */
#include <errno.h>
#include "base/alloc.h"
#include "base/text.h"

#define FIRST_CAP 128

static int grow(struct text *t, size_t need)
{
	size_t cap = MAX(t->cap, FIRST_CAP);
	char *buf;

	while (cap < need)
		cap = cap <= SIZE_MAX / 2 ? cap * 2 : need;
	buf = base_realloc(t->cap ? t->buf : NULL, cap);
	if (!buf)
		return -ENOMEM;
	if (!t->cap)
		buf[0] = 0;
	t->buf = buf;
	t->cap = cap;
	return 0;
}

void text_init_grow(struct text *t)
{
	/* A string from the start; with cap 0 nobody writes to it or frees it. */
	*t = (struct text){.buf = (char *)"", .grow = grow};
}

void text_fini(struct text *t)
{
	if (t->grow && t->cap)
		base_free(t->buf);
	*t = (struct text){.buf = (char *)"", .grow = t->grow};
}

char *text_take(struct text *t)
{
	char *buf = NULL;

	if (!t->lost && (t->cap || !grow(t, 1))) {
		buf = t->buf;
		t->cap = 0;
	}
	text_fini(t);
	return buf;
}
