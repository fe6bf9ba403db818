/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ELF file read as hostile input, as far as patching needs it: loadable
 * segments, functions by unwind data and symbols, and every place in the code
 * that something may branch to. The bytes are read into memory, never mapped:
 * a file that shrinks meanwhile must not raise SIGBUS.
 *
 * Addresses (`va`) are the file's own virtual addresses.
 */
#ifndef EVENT_ELF_H
#define EVENT_ELF_H

#include "base/vec.h"

#define ELF_MAX_SEGMENTS 64

struct elf_segment {
	u64 offset, va, size; /* the part that is in the file */
	bool exec;
	u8 *data;    /* size bytes, or NULL: not loaded */
	u8 *targets; /* exec, once elf_find_targets() ran: one bit per byte */
};

struct elf_function {
	u64 start, end;
	u64 lsda;   /* exception table, or 0 */
	bool swept; /* its short branches are among the targets */
};

struct elf_range {
	u64 va, size;
};

struct elf_image {
	int fd; /* -1 once everything is loaded */
	u64 file_size;
	bool fixed; /* ET_EXEC: absolute addresses appear in code */
	u64 shoff;
	u32 shnum;
	u64 eh_frame_hdr; /* va, or 0 */
	u64 dynamic;
	VEC(struct elf_range)
	data; /* sections in executable segments that section headers call data */
	struct elf_segment seg[ELF_MAX_SEGMENTS];
	u32 seg_count;
	VEC(struct elf_function) functions; /* sorted by start; may overlap only by hostility */
	VEC(u64) labels;    /* symbols' addresses in code, .cold parts left out; sorted */
	u64 budget;         /* table entries still to be looked at: hostile tables end */
	bool targets_known; /* elf_find_targets() ran */
	u64 cancel_start;   /* __syscall_cancel_arch_start's address where symbols tell, or 0 */
};

/* Headers and executable bytes. Takes `fd` over, also on failure. 0, -ENOEXEC, -ENOMEM, -EIO. */
int elf_load_code(struct elf_image *e, int fd, u64 file_size);
/* The other segments, then the functions; 0 or -errno. Files without unwind data have none. */
int elf_load_rest(struct elf_image *e);
/* Fills seg.targets; needs elf_load_rest(). 0, -ENOMEM, -ENOEXEC (tables without end). */
int elf_find_targets(struct elf_image *e);
void elf_fini(struct elf_image *e);

/* Bytes at a va: a pointer and how many follow in its segment; NULL. */
const u8 *elf_at(const struct elf_image *e, u64 va, u64 *left);
const struct elf_segment *elf_code_at(const struct elf_image *e, u64 va);
/* Whether section headers say that va is data although its segment is executable. */
bool elf_is_data(const struct elf_image *e, u64 va);
/* The bytes at a va known to be code. */
static inline const u8 *elf_code_bytes(const struct elf_image *e, u64 va)
{
	const struct elf_segment *s = elf_code_at(e, va);

	return s->data + (va - s->va);
}
/* File offset to va, executable segments only; 0 or -ENOENT. */
int elf_code_va(const struct elf_image *e, u64 offset, u64 *va);
/* The function around va; NULL. */
struct elf_function *elf_function_at(const struct elf_image *e, u64 va);
/* The last function that starts at or before va, whether it reaches va or not; NULL. */
struct elf_function *elf_function_before(const struct elf_image *e, u64 va);

/* Whether a symbol names va: a function's entry, not a part that is only jumped to. */
bool elf_is_label(const struct elf_image *e, u64 va);

static inline bool elf_is_target(const struct elf_segment *s, u64 va)
{
	return s->targets[(va - s->va) / 8] >> (va - s->va) % 8 & 1;
}
/* Marks va as a place that is branched to, when it is code. */
void elf_mark_target(struct elf_image *e, u64 va);

/* unwind.c: adds the functions that .eh_frame describes; -ENOMEM or 0. */
int elf_read_unwind(struct elf_image *e, u64 eh_frame, u64 size);
/* unwind.c: marks the landing pads of a function's exception table. */
void elf_mark_landing_pads(struct elf_image *e, const struct elf_function *fn);

#endif
