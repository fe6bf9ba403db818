// SPDX-License-Identifier: BSD-2-Clause
/* Bytes written in hex. */
#include <ctype.h>
#include <errno.h>

#include "base/alloc.h"
#include "cli/hex.h"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int hex_parse(const char *s, size_t len, u8 **bytes, size_t *size)
{
	u8 *out = base_alloc(len / 2 + 1);
	size_t n = 0;

	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < len;) {
		int high = digit(s[i]), low = i + 1 < len ? digit(s[i + 1]) : -1;

		if (isspace((unsigned char)s[i])) {
			i++;
			continue;
		}
		if (high < 0 || low < 0) {
			base_free(out);
			return -EINVAL;
		}
		out[n++] = (u8)(high << 4 | low);
		i += 2;
	}
	*bytes = out;
	*size = n;
	return 0;
}
