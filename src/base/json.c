// SPDX-License-Identifier: BSD-2-Clause
/* The JSON writer: separators from one bit per depth, strings escaped and made valid UTF-8. */
#include <string.h>
#include "base/json.h"

#define MAX_DEPTH 63

void json_init(struct json *j, struct text *t)
{
	*j = (struct json){.t = t};
}

/* What stands between the last value and the next. */
static void separate(struct json *j)
{
	u64 bit = 1ull << MIN(j->depth, MAX_DEPTH);

	if (j->after_key) {
		j->after_key = false;
		return;
	}
	if (j->depth && !(j->first & bit))
		text_putc(j->t, ',');
	j->first &= ~bit;
}

static void open(struct json *j, char c)
{
	separate(j);
	text_putc(j->t, c);
	j->depth++;
	j->first |= 1ull << MIN(j->depth, MAX_DEPTH);
}

static void close(struct json *j, char c)
{
	text_putc(j->t, c);
	j->after_key = false;
	if (j->depth)
		j->depth--;
}

void json_object(struct json *j)
{
	open(j, '{');
}

void json_end_object(struct json *j)
{
	close(j, '}');
}

void json_array(struct json *j)
{
	open(j, '[');
}

void json_end_array(struct json *j)
{
	close(j, ']');
}

/* Bytes of the well-formed UTF-8 sequence at `s`, or 0 (RFC 3629). */
static size_t utf8_len(const u8 *s, size_t n)
{
	size_t len = s[0] < 0x80                   ? 1
		     : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
		     : (s[0] & 0xf0) == 0xe0       ? 3
		     : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
						   : 0;

	if (!len || len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

static void put_escaped(struct json *j, u8 c)
{
	static const char from[] = "\"\\\n\r\t\b\f", to[] = "\"\\nrtbf";
	const char *p = c ? strchr(from, c) : NULL;

	if (p)
		text_fmt(j->t, "\\%c", to[p - from]);
	else
		text_fmt(j->t, "\\u%04x", c);
}

static void put_string(struct json *j, const char *str, size_t n)
{
	const u8 *s = (const u8 *)str;

	text_putc(j->t, '"');
	for (size_t i = 0; i < n;) {
		size_t len = utf8_len(s + i, n - i);

		if (!len || s[i] < 0x20 || s[i] == '"' || s[i] == '\\' || s[i] == 0x7f) {
			put_escaped(j, s[i++]);
			continue;
		}
		text_write(j->t, str + i, len);
		i += len;
	}
	text_putc(j->t, '"');
}

void json_key(struct json *j, const char *key)
{
	separate(j);
	put_string(j, key, strlen(key));
	text_putc(j->t, ':');
	j->after_key = true;
}

void json_strn(struct json *j, const char *s, size_t n)
{
	separate(j);
	put_string(j, s, n);
}

void json_str(struct json *j, const char *s)
{
	json_strn(j, s, strlen(s));
}

void json_u64(struct json *j, u64 v)
{
	separate(j);
	text_fmt(j->t, "%llu", (unsigned long long)v);
}

void json_s64(struct json *j, s64 v)
{
	separate(j);
	text_fmt(j->t, "%lld", (long long)v);
}

void json_bool(struct json *j, bool v)
{
	json_raw(j, v ? "true" : "false");
}

void json_null(struct json *j)
{
	json_raw(j, "null");
}

void json_raw(struct json *j, const char *s)
{
	separate(j);
	text_puts(j->t, s);
}
