// SPDX-License-Identifier: BSD-2-Clause
/* Programs of the fuzzers: their text, and instructions taken out. */
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "fuzz/program.h"
#include "isa/decode.h"
#include "isa/disasm.h"

#define LINE 256

u64 rng_number(struct rng *r)
{
	u32 bits = rng_below(r, 64);
	u64 n;

	switch (rng_below(r, 6)) {
	case 0: return rng_below(r, 16);
	case 1: return (u64)(s64)rng_range(r, -16, 16);
	case 2: return (1ull << bits) + (u64)(s64)rng_range(r, -2, 2);
	case 3:
		n = rng_pick(r, INT32_MAX, INT32_MIN, UINT32_MAX, INT64_MAX, INT64_MIN, -1, 0, 255,
			     65535);
		return n + (u64)(s64)rng_range(r, -1, 1);
	case 4: return rng_next(r) >> bits;
	default: return rng_next(r);
	}
}

static void write_insn(const struct program *p, const struct isa_op *ops, u32 i, FILE *out)
{
	char line[LINE];
	struct text t;
	u64 raw;

	memcpy(&raw, &p->insn[i], sizeof(raw));
	fprintf(out, "%016llx", (unsigned long long)raw);
	text_init(&t, line, sizeof(line));
	if (ops)
		isa_format(&t, &ops[i], i, NULL);
	fprintf(out, "\t; %u: %s\n", i, line);
}

void program_write(const struct program *p, FILE *out)
{
	struct isa_op *ops = base_calloc(p->count + 1, sizeof(*ops));
	struct diag d;

	diag_init(&d);
	if (ops && isa_decode((const u8 *)p->insn, p->count, ops, &d)) {
		base_free(ops);
		ops = NULL;
	}
	fprintf(out, "type %u attach %u flags %u\n", p->type, p->attach_type, p->flags);
	for (u32 i = 0; i < p->map_count; i++) {
		const struct map_shape *m = &p->maps[i];

		fprintf(out, "map %u %u %u %u %u inner %u locked %u frozen %u\n", m->type,
			m->key_size, m->value_size, m->max_entries, m->flags, m->inner, m->locked,
			m->frozen);
	}
	for (u32 i = 0; i < p->count; i++)
		write_insn(p, ops, i, out);
	base_free(ops);
}

static bool read_map(struct program *p, const char *line)
{
	struct map_shape m = {0};

	if (p->map_count == PROGRAM_MAPS ||
	    sscanf(line, "map %u %u %u %u %u inner %u locked %u frozen %u", &m.type, &m.key_size,
		   &m.value_size, &m.max_entries, &m.flags, &m.inner, &m.locked, &m.frozen) < 5)
		return false;
	if (m.inner > p->map_count)
		return false;
	p->maps[p->map_count++] = m;
	return true;
}

bool program_read(struct program *p, FILE *in)
{
	unsigned long long raw;
	char line[LINE];

	memset(p, 0, offsetof(struct program, insn));
	while (fgets(line, sizeof(line), in)) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (!strncmp(line, "---", 3))
			break;
		if (sscanf(line, "type %u attach %u flags %u", &p->type, &p->attach_type,
			   &p->flags) >= 1)
			continue;
		if (!strncmp(line, "map ", 4)) {
			if (!read_map(p, line))
				return false;
			continue;
		}
		if (p->count == PROGRAM_INSNS || sscanf(line, "%16llx", &raw) != 1)
			return false;
		memcpy(&p->insn[p->count++], &raw, sizeof(raw));
	}
	return p->count > 0;
}

static bool jumps(const struct bpf_insn *in)
{
	u8 cls = BPF_CLASS(in->code), op = BPF_OP(in->code);

	return (cls == BPF_JMP || cls == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT;
}

static bool names_code(const struct bpf_insn *in)
{
	return (in->code == (BPF_JMP | BPF_CALL) && in->src_reg == BPF_PSEUDO_CALL) ||
	       (in->code == (BPF_LD | BPF_IMM | BPF_DW) && in->src_reg == BPF_PSEUDO_FUNC);
}

/* A distance from `i` that may cross what goes. */
static s64 shorten(s64 i, s64 off, u32 at, u32 n)
{
	s64 to = i + 1 + off;
	s64 new_i = i >= at + n ? i - n : i;

	if (to >= at + n)
		to -= n;
	else if (to > at)
		to = at;
	return to - new_i - 1;
}

void program_cut(struct program *p, u32 at, u32 n)
{
	for (u32 i = 0; i < p->count; i++) {
		struct bpf_insn *in = &p->insn[i];

		if (i >= at && i < at + n)
			continue;
		if (jumps(in) && in->code == (BPF_JMP32 | BPF_JA))
			in->imm = (s32)shorten(i, in->imm, at, n);
		else if (jumps(in))
			in->off = (s16)shorten(i, in->off, at, n);
		else if (names_code(in))
			in->imm = (s32)shorten(i, in->imm, at, n);
	}
	memmove(&p->insn[at], &p->insn[at + n], (p->count - at - n) * sizeof(p->insn[0]));
	p->count -= n;
}
