// SPDX-License-Identifier: BSD-2-Clause
/*
 * From bytes to a table: header, sections, record bounds. BTF_LOAD's checks of
 * the header come here, in the kernel's order, so that its errors and log lines
 * come out for the same inputs.
 */
#include "btf/internal.h"

#include <errno.h>
#include <string.h>
#include "base/alloc.h"
#include "btf/check.h"

static int bad(struct text *log, const char *line, int err)
{
	if (log)
		text_puts(log, line);
	return err;
}

static void log_header(struct text *log, const struct btf_header *h, u32 size)
{
	if (!log)
		return;
	text_fmt(log, "magic: 0x%x\nversion: %u\nflags: 0x%x\nhdr_len: %u\n", h->magic, h->version,
		 h->flags, h->hdr_len);
	text_fmt(log, "type_off: %u\ntype_len: %u\nstr_off: %u\nstr_len: %u\n", h->type_off,
		 h->type_len, h->str_off, h->str_len);
	text_fmt(log, "btf_total_size: %u\n", size);
}

static int open_header(struct btf_info *b, struct text *log)
{
	u32 hdr_len;

	if (b->size < offsetof(struct btf_header, type_off))
		return bad(log, "hdr_len not found", -EINVAL);
	memcpy(&hdr_len, b->raw + offsetof(struct btf_header, hdr_len), 4);
	if (b->size < hdr_len)
		return bad(log, "btf_header not found", -EINVAL);
	for (u32 i = sizeof(b->hdr); i < hdr_len; i++)
		if (b->raw[i])
			return bad(log, "Unsupported btf_header", -E2BIG);
	memset(&b->hdr, 0, sizeof(b->hdr));
	memcpy(&b->hdr, b->raw, MIN(hdr_len, (u32)sizeof(b->hdr)));
	log_header(log, &b->hdr, b->size);
	if (b->hdr.magic != BTF_MAGIC)
		return bad(log, "Invalid magic", -EINVAL);
	if (b->hdr.version != BTF_VERSION)
		return bad(log, "Unsupported version", -BTF_ENOTSUPP);
	if (b->hdr.flags)
		return bad(log, "Unsupported flags", -BTF_ENOTSUPP);
	if (!b->base && b->size == hdr_len)
		return bad(log, "No data", -EINVAL);
	return 0;
}

/* The two sections cover everything behind the header, once. */
static int check_cover(const struct btf_info *b, struct text *log)
{
	struct {
		u32 off, len;
	} s[2] = {{b->hdr.type_off, b->hdr.type_len}, {b->hdr.str_off, b->hdr.str_len}}, swap;
	u32 left = b->size - b->hdr.hdr_len, total = 0;

	/* the kernel sorts by the sign of the difference, also where that wraps */
	if ((s32)(s[0].off - s[1].off) > 0 ||
	    (s[0].off == s[1].off && (s32)(s[0].len - s[1].len) > 0)) {
		swap = s[0];
		s[0] = s[1];
		s[1] = swap;
	}
	for (int i = 0; i < 2; i++) {
		if (left < s[i].off)
			return bad(log, "Invalid section offset", -EINVAL);
		if (total < s[i].off)
			return bad(log, "Unsupported section found", -EINVAL);
		if (total > s[i].off)
			return bad(log, "Section overlap found", -EINVAL);
		if (left - total < s[i].len)
			return bad(log, "Total section length too long", -EINVAL);
		total += s[i].len;
	}
	return total == left ? 0 : bad(log, "Unsupported section found", -EINVAL);
}

static int open_strings(struct btf_info *b, struct text *log)
{
	const struct btf_header *h = &b->hdr;
	const char *s = (const char *)b->raw + h->hdr_len + h->str_off;

	if ((const u8 *)s + h->str_len != b->raw + b->size)
		return bad(log, "String section is not at the end", -EINVAL);
	b->strings = s;
	if (b->base && !h->str_len)
		return 0;
	if (!h->str_len || h->str_len - 1 > BTF_MAX_NAME_OFFSET || s[h->str_len - 1])
		return bad(log, "Invalid string section", -EINVAL);
	if (!b->base && s[0])
		return bad(log, "Invalid string section", -EINVAL);
	return 0;
}

int btf_open_sections(struct btf_info *b, struct text *log)
{
	int err = open_header(b, log);

	err = err ?: check_cover(b, log);
	err = err ?: open_strings(b, log);
	if (err)
		return err;
	b->types = b->raw + b->hdr.hdr_len + b->hdr.type_off;
	if (b->hdr.type_off & 3)
		return bad(log, "Unaligned type_off", -EINVAL);
	if (!b->base && !b->hdr.type_len)
		return bad(log, "No type found", -EINVAL);
	return 0;
}

/* Notes where each record is; -EINVAL when one is cut or of an unknown kind. */
static int place_records(struct btf_info *b)
{
	u32 len = b->hdr.type_len, off = 0;

	b->at = base_alloc((len / sizeof(struct btf_type) + 1) * sizeof(*b->at));
	if (!b->at)
		return -ENOMEM;
	while (off < len) {
		const struct btf_type *t = (const struct btf_type *)(b->types + off);
		u32 tail;

		if (len - off < sizeof(*t))
			return -EINVAL;
		tail = btf_tail_size(t->info);
		if (tail == ~0u || len - off - sizeof(*t) < tail || btf_count(b) >= BTF_MAX_TYPE)
			return -EINVAL;
		b->at[b->own++] = off;
		off += sizeof(*t) + tail;
	}
	return 0;
}

static struct btf_info *new_info(const void *raw, u32 size, const struct btf_info *base)
{
	struct btf_info *b = base_zalloc(sizeof(*b));

	if (!b)
		return NULL;
	b->base = base;
	b->start_id = base ? btf_count(base) : 1;
	b->start_str = base ? base->start_str + base->hdr.str_len : 0;
	b->raw = raw;
	b->size = size;
	return b;
}

void btf_free(struct btf_info *b)
{
	if (!b)
		return;
	base_free(b->owned);
	base_free(b->at);
	base_free(b->heads);
	base_free(b->tags);
	base_free(b);
}

int btf_view(const void *raw, u32 size, const struct btf_info *base, struct btf_info **out)
{
	struct btf_info *b = new_info(raw, size, base);
	int err;

	if (!b)
		return -ENOMEM;
	err = btf_open_sections(b, NULL);
	if (!err && (uintptr_t)b->types & 3) {
		b->owned = base_memdup(b->types, b->hdr.type_len);
		b->types = b->owned;
		err = b->types ? 0 : -ENOMEM;
	}
	err = err ?: place_records(b);
	if (err) {
		btf_free(b);
		return err;
	}
	*out = b;
	return 0;
}

/* Copies `raw` so that the types are aligned, whatever the header's length is. */
static int copy_aligned(struct btf_info *b)
{
	u32 hdr_len = 0;
	u8 *copy;

	if (b->size >= offsetof(struct btf_header, type_off))
		memcpy(&hdr_len, b->raw + offsetof(struct btf_header, hdr_len), 4);
	b->owned = base_alloc((size_t)b->size + 4);
	if (!b->owned)
		return -ENOMEM;
	copy = (u8 *)b->owned + (-hdr_len & 3);
	memcpy(copy, b->raw, b->size);
	b->raw = copy;
	return 0;
}

/* The last line of the log says what was wrong. */
static void explain(struct diag *diag, const struct text *log, size_t from, int err)
{
	size_t end = log->len, start;

	while (end > from && log->buf[end - 1] == '\n')
		end--;
	for (start = end; start > from && log->buf[start - 1] != '\n';)
		start--;
	diag_set(diag, err, 0, -1, "BTF is not valid");
	if (end > start)
		diag_why(diag, "%.*s", (int)(end - start), log->buf + start);
}

int btf_parse(const void *raw, u32 size, const struct btf_info *base, struct btf_info **out,
	      struct diag *diag, struct text *log)
{
	return btf_parse_beside(raw, size, base, NULL, out, diag, log);
}

int btf_parse_beside(const void *raw, u32 size, const struct btf_info *base,
		     const struct btf_kernel *kernel, struct btf_info **out, struct diag *diag,
		     struct text *log)
{
	struct text own;
	size_t from = log ? log->len : 0;
	struct btf_info *b;
	int err;

	if (size > BTF_MAX_BYTES)
		return diag_set(diag, -E2BIG, 0, -1, "BTF is larger than 16 MiB");
	b = new_info(raw, size, base);
	if (!b)
		return -ENOMEM;
	b->kernel = kernel ? kernel->version : 0;
	err = copy_aligned(b);
	err = err ?: btf_open_sections(b, log);
	err = err ?: btf_check(b, log);
	err = err ?: btf_index_names(b);
	err = err ?: btf_index_tags(b);
	err = err ?: btf_check_special(b, kernel);
	if (!err) {
		*out = b;
		return 0;
	}
	btf_free(b);
	if (!diag || err == -ENOMEM)
		return err;
	if (log) {
		explain(diag, log, from, err);
		return err;
	}
	/* once more, for the words */
	text_init_grow(&own);
	if (!btf_parse_beside(raw, size, base, kernel, &b, NULL, &own))
		btf_free(b);
	explain(diag, &own, 0, err);
	text_fini(&own);
	return err;
}
