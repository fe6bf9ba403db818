// SPDX-License-Identifier: BSD-2-Clause
/*
 * .eh_frame, as far as it says where functions begin and end, and the exception
 * tables (LSDA), as far as they say where landing pads are. Both as hostile
 * input: a cursor that never passes its end, and entries that make no sense are
 * skipped.
 *
 *	.eh_frame: { u32 length; u32 id; ... }*  id 0: a CIE, how to read its FDEs;
 *	otherwise an FDE, id = distance back to its CIE: first address, length, LSDA
 */
#include <errno.h>
#include <string.h>
#include "event/elf.h"

/* Pointer encodings (DW_EH_PE_*). */
enum {
	PE_ABSPTR = 0,
	PE_ULEB = 1,
	PE_UDATA2 = 2,
	PE_UDATA4 = 3,
	PE_UDATA8 = 4,
	PE_SLEB = 9,
	PE_SDATA2 = 10,
	PE_SDATA4 = 11,
	PE_SDATA8 = 12,
	PE_PCREL = 0x10,
	PE_INDIRECT = 0x80,
	PE_OMIT = 0xff,
};

struct cursor {
	const u8 *p, *end;
	u64 va; /* of p */
	bool bad;
};

static u64 get_bytes(struct cursor *c, u32 n, bool is_signed)
{
	u64 v = 0;

	if (c->end - c->p < n) {
		c->bad = true;
		return 0;
	}
	memcpy(&v, c->p, n);
	c->p += n;
	c->va += n;
	return is_signed ? (u64)((s64)(v << (64 - 8 * n)) >> (64 - 8 * n)) : v;
}

static u64 get_leb(struct cursor *c, bool is_signed)
{
	u64 v = 0;
	u32 shift = 0;
	u8 b;

	do {
		b = get_bytes(c, 1, false);
		if (shift < 64)
			v |= (u64)(b & 0x7f) << shift;
		shift += 7;
	} while (b & 0x80 && !c->bad);
	if (is_signed && b & 0x40 && shift < 64)
		v |= ~0ull << shift;
	return v;
}

/* A value of the encoding's format, without its base. */
static u64 get_format(struct cursor *c, u8 enc)
{
	switch (enc & 0xf) {
	case PE_ABSPTR:
	case PE_UDATA8:
	case PE_SDATA8: return get_bytes(c, 8, false);
	case PE_UDATA2: return get_bytes(c, 2, false);
	case PE_SDATA2: return get_bytes(c, 2, true);
	case PE_UDATA4: return get_bytes(c, 4, false);
	case PE_SDATA4: return get_bytes(c, 4, true);
	case PE_ULEB: return get_leb(c, false);
	case PE_SLEB: return get_leb(c, true);
	}
	c->bad = true;
	return 0;
}

static u64 get_pointer(struct cursor *c, u8 enc)
{
	u64 base = (enc & 0x70) == PE_PCREL ? c->va : 0;
	u64 v = get_format(c, enc);

	if (enc & PE_INDIRECT || ((enc & 0x70) && (enc & 0x70) != PE_PCREL))
		c->bad = true;
	return v ? v + base : 0;
}

struct cie {
	const u8 *at; /* which CIE this is */
	u8 pc_enc, lsda_enc;
	bool augmented; /* 'z' */
	bool signal;    /* 'S' */
	bool bad;
};

static void read_cie(struct cursor c, struct cie *out)
{
	const char *aug;
	u8 version;

	*out = (struct cie){.at = out->at, .pc_enc = PE_ABSPTR, .lsda_enc = PE_OMIT};
	version = get_bytes(&c, 1, false);
	aug = (const char *)c.p;
	while (get_bytes(&c, 1, false) && !c.bad)
		;
	if (c.bad || (version != 1 && version != 3)) {
		out->bad = true;
		return;
	}
	get_leb(&c, false);
	get_leb(&c, true);
	if (version == 1)
		get_bytes(&c, 1, false);
	else
		get_leb(&c, false);
	out->augmented = *aug == 'z';
	if (out->augmented)
		get_leb(&c, false);
	else if (*aug)
		out->bad = true;
	for (const char *a = aug + out->augmented; *a && !c.bad && !out->bad; a++) {
		if (*a == 'R')
			out->pc_enc = get_bytes(&c, 1, false);
		else if (*a == 'L')
			out->lsda_enc = get_bytes(&c, 1, false);
		else if (*a == 'P')
			get_format(&c, get_bytes(&c, 1, false));
		else if (*a == 'S')
			out->signal = true;
		else if (*a != 'B')
			break; /* what follows in the augmentation is not ours to read */
	}
	out->bad |= c.bad;
}

/*
 * The code a signal handler returns to. Its FDE begins a byte early, because
 * unwinders look up return addresses minus one; so it is believed only where
 * rt_sigreturn is called, one byte further or right there.
 */
static bool find_sigreturn(struct elf_function *fn, const struct elf_segment *s)
{
	static const u8 code[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};

	for (u64 skip = 0; skip < 2; skip++)
		if (fn->end - fn->start >= skip + sizeof(code) &&
		    !memcmp(s->data + (fn->start + skip - s->va), code, sizeof(code))) {
			fn->start += skip;
			return true;
		}
	return false;
}

static int read_fde(struct elf_image *e, struct cursor c, const struct cie *cie)
{
	struct elf_function fn = {0};
	const struct elf_segment *s;
	u64 size;

	fn.start = get_pointer(&c, cie->pc_enc);
	size = get_format(&c, cie->pc_enc & 0xf);
	if (cie->augmented) {
		get_leb(&c, false);
		if (cie->lsda_enc != PE_OMIT) {
			struct cursor at = c;

			fn.lsda = get_pointer(&c, cie->lsda_enc);
			c.bad = c.bad && at.p == c.p;
		}
	}
	s = c.bad ? NULL : elf_code_at(e, fn.start);
	if (!s || !size || size > s->size - (fn.start - s->va))
		return 0;
	fn.end = fn.start + size;
	if (cie->signal && !find_sigreturn(&fn, s))
		return 0;
	return vec_push(&e->functions, fn);
}

/* The CIE at p, unless it is the one already read. */
static void find_cie(const u8 *p, const u8 *end, struct cie *out)
{
	struct cursor c = {p, end, 0, false};
	u64 len;

	if (out->at == p)
		return;
	out->at = p;
	len = get_bytes(&c, 4, false);
	out->bad = c.bad || len > (u64)(c.end - c.p) || len < 4;
	if (out->bad)
		return;
	c.end = c.p + len;
	out->bad = get_bytes(&c, 4, false) != 0;
	if (!out->bad)
		read_cie(c, out);
}

int elf_read_unwind(struct elf_image *e, u64 eh_frame, u64 size)
{
	u64 left;
	const u8 *base = elf_at(e, eh_frame, &left);
	struct cursor c = {.p = base, .va = eh_frame};
	struct cie cie = {0};
	int err = 0;

	if (!base)
		return 0;
	c.end = base + MIN(left, size);
	while (!err) {
		struct cursor entry = c;
		u64 len = get_bytes(&entry, 4, false);
		const u8 *id_at;
		u32 id;

		if (len == 0xffffffff)
			len = get_bytes(&entry, 8, false);
		if (entry.bad || !len || len > (u64)(entry.end - entry.p))
			break; /* the terminator, or the end of what can be read */
		c = (struct cursor){entry.p + len, entry.end, entry.va + len, false};
		entry.end = entry.p + len;
		id_at = entry.p;
		id = get_bytes(&entry, 4, false);
		if (!id || entry.bad || id > (u64)(id_at - base))
			continue;
		find_cie(id_at - id, c.end, &cie);
		if (!cie.bad)
			err = read_fde(e, entry, &cie);
	}
	return err;
}

void elf_mark_landing_pads(struct elf_image *e, const struct elf_function *fn)
{
	u64 left, pad_base = fn->start, table;
	const u8 *p = elf_at(e, fn->lsda, &left);
	struct cursor c = {.p = p, .end = p + (p ? left : 0), .va = fn->lsda};
	u8 enc;

	if (!p)
		return;
	enc = get_bytes(&c, 1, false);
	if (enc != PE_OMIT)
		pad_base = get_pointer(&c, enc);
	enc = get_bytes(&c, 1, false);
	if (enc != PE_OMIT)
		get_leb(&c, false);
	enc = get_bytes(&c, 1, false);
	table = get_leb(&c, false);
	if (c.bad || table > (u64)(c.end - c.p))
		return;
	c.end = c.p + table;
	while (c.p < c.end && !c.bad && e->budget) {
		u64 pad;

		e->budget--;
		get_format(&c, enc);
		get_format(&c, enc);
		pad = get_format(&c, enc);
		get_leb(&c, false);
		if (!c.bad && pad)
			elf_mark_target(e, pad_base + pad);
	}
}
