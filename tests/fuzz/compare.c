// SPDX-License-Identifier: BSD-2-Clause
/* Verdicts compared, and differences made small. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "fuzz/compare.h"

static void load(struct side *s, const struct program *p, bool with_log, struct verdict *v)
{
	side_load(s, p, with_log, v);
	if (v->fd >= 0)
		close(v->fd);
}

void compare(struct comparison *c, const struct program *p, struct compared *out)
{
	struct verdict *a = &out->ours, *b = &out->kernels;

	load(c->ours, p, false, a);
	load(c->kernel, p, false, b);
	out->kinship = !a->err != !b->err ? DISAGREE : a->err != b->err ? OTHER_ERRNO : ALIKE;
	if (out->kinship == ALIKE && (!c->words || !a->err || a->err == E2BIG))
		return;
	load(c->ours, p, true, a);
	load(c->kernel, p, true, b);
	if (out->kinship == ALIKE && strcmp(a->last, b->last))
		out->kinship = OTHER_TEXT;
}

/* The same but for numbers. */
static bool same_words(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a >= '0' && *a <= '9')
			a++;
		while (*b >= '0' && *b <= '9')
			b++;
		if (*a != *b)
			return false;
		if (!*a)
			return true;
	}
}

static bool same_difference(const struct compared *a, const struct compared *b)
{
	return a->kinship == b->kinship && a->ours.err == b->ours.err &&
	       a->kernels.err == b->kernels.err && same_words(a->ours.last, b->ours.last) &&
	       same_words(a->kernels.last, b->kernels.last);
}

void compare_minimise(struct comparison *c, const struct program *p)
{
	struct compared first, now;
	bool smaller = true;

	compare(c, p, &first);
	c->small = *p;
	while (smaller) {
		smaller = false;
		for (u32 n = MAX(c->small.count / 2, 1u); n; n /= 2)
			for (u32 at = 0; at + n <= c->small.count && c->small.count > n;) {
				c->tried = c->small;
				program_cut(&c->tried, at, n);
				compare(c, &c->tried, &now);
				if (!same_difference(&first, &now)) {
					at++;
					continue;
				}
				c->small = c->tried;
				smaller = true;
			}
	}
}

void compare_tell(struct comparison *c, u64 seed, FILE *out)
{
	static const char *const names[KINSHIPS] = {"none", "text", "errno", "verdict"};
	struct compared is;

	compare(c, &c->small, &is);
	fprintf(out, "# difference: %s, seed %llu%s\n# ours %d %s\n# expect %d %s\n",
		names[is.kinship], (unsigned long long)seed,
		c->ours->unprivileged ? " unprivileged" : "", is.ours.err, is.ours.last,
		is.kernels.err, is.kernels.last);
	program_write(&c->small, out);
	fprintf(out, "\n");
	fflush(out);
}
