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
	buf = base_realloc(t->buf, cap);
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
	*t = (struct text){.grow = grow};
}

void text_fini(struct text *t)
{
	if (t->grow)
		base_free(t->buf);
	*t = (struct text){.grow = t->grow};
}

char *text_take(struct text *t)
{
	char *buf = NULL;

	if (!t->lost && (t->buf || !grow(t, 1))) {
		buf = t->buf;
		t->buf = NULL;
	}
	text_fini(t);
	return buf;
}
